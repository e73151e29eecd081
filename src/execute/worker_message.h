/* What is said to a worker process, and what it says: a JSON object on a line each
 * (man/pargraph-worker.7 is the whole of it). */
#ifndef EXECUTE_WORKER_MESSAGE_H
#define EXECUTE_WORKER_MESSAGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/names.h"
#include "plan/plan.h"

/* {"define": number, ...}: what calls of this number mean from now on. */
void message_write_define(uint32_t number, const struct function *function,
                          const struct names *names, struct buffer *out);
/* {"init": number, "args", "kwargs"}: to be called once, before anything else. Answered as 0. */
void message_write_init(uint32_t number, const struct call *call, struct buffer *out);
/* {"id": id, "call": number, ...}. id is not 0. cwd NULL: where the worker was started. */
void message_write_call(uint32_t id, uint32_t number, const struct invocation *call,
                        char *const *env, const char *cwd, struct buffer *out);

enum worker_word { WORKER_RESULT, WORKER_ERROR, WORKER_OUTPUT, WORKER_PROGRESS };
struct worker_said {
    uint8_t word;
    json_t *line;                   /* what all below borrows from */
    uint32_t id;                    /* RESULT, ERROR: of the call; 0: of init */
    json_t *result;                 /* RESULT; NULL: null */
    int stream;                     /* OUTPUT: 1 or 2 */
    const char *text;               /* OUTPUT; ERROR: the message; PROGRESS: or NULL */
    size_t length;                  /* of text */
    const char *traceback;          /* ERROR; or NULL */
    double done;                    /* PROGRESS */
    int64_t user_time, system_time; /* RESULT, ERROR: nanoseconds; 0: not said */
    uint64_t memory;                /* the same, bytes */
};
/* Reads one line. False, with nothing to release, for one that no worker may say. */
bool worker_said_read(struct worker_said *ret, const char *line, size_t length);
void worker_said_release(struct worker_said *said);

#endif
