/* The output kept of one running attempt, in bounded memory: its beginning and its end. */
#ifndef OBSERVE_CAPTURE_H
#define OBSERVE_CAPTURE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* Zeroed but for its limits it is an empty one. */
struct capture {
    uint32_t head_limit, tail_limit; /* bytes; tail_limit is not 0 */
    struct buffer head, tail;        /* tail may hold up to twice its limit */
    uint64_t total;                  /* bytes that came */
};

void capture_add(struct capture *capture, const char *bytes, size_t length);
void capture_release(struct capture *capture);

/* What is kept: head, then, where bytes were left out, the whole lines of the end. */
struct capture_parts {
    const char *head, *tail;
    size_t head_length, tail_length;
    uint64_t left_out; /* bytes between them */
};
void capture_parts(const struct capture *capture, struct capture_parts *ret);

/* Appends the last lines, at most `lines` and at most tail_limit bytes of them, as they came. */
void capture_last_lines(const struct capture *capture, uint32_t lines, struct buffer *out);

#endif
