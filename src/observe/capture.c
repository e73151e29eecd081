/* Decides what stays of an attempt's output: the first head_limit bytes and the last tail_limit.
 * The memory held stays below head_limit + 2 * tail_limit however much comes, and every byte is
 * moved a constant number of times. */
#include "observe/capture.h"

#include <string.h>

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

void capture_add(struct capture *capture, const char *bytes, size_t length)
{
    capture->total += length;
    size_t first = least(length, capture->head_limit - capture->head.length);
    buffer_add(&capture->head, bytes, first);
    bytes += first;
    length -= first;
    struct buffer *tail = &capture->tail;
    if (length >= capture->tail_limit) {
        bytes += length - capture->tail_limit;
        length = capture->tail_limit;
        buffer_clear(tail);
    } else if (tail->length + length > 2 * (size_t)capture->tail_limit) {
        memmove(tail->bytes, tail->bytes + tail->length - capture->tail_limit, capture->tail_limit);
        tail->length = capture->tail_limit;
    }
    buffer_add(tail, bytes, length);
}

void capture_release(struct capture *capture)
{
    buffer_release(&capture->head);
    buffer_release(&capture->tail);
}

void capture_parts(const struct capture *capture, struct capture_parts *ret)
{
    const struct buffer *tail = &capture->tail;
    *ret = (struct capture_parts){.head = capture->head.bytes, .head_length = capture->head.length};
    ret->tail_length = least(tail->length, capture->tail_limit);
    if (tail->length == 0)
        return;
    ret->tail = tail->bytes + tail->length - ret->tail_length;
    ret->left_out = capture->total - ret->head_length - ret->tail_length;
    const char *newline = ret->left_out ? memchr(ret->tail, '\n', ret->tail_length) : NULL;
    if (newline == NULL || newline + 1 == ret->tail + ret->tail_length)
        return;
    size_t cut = (size_t)(newline + 1 - ret->tail);
    ret->tail += cut;
    ret->tail_length -= cut;
    ret->left_out += cut;
}

void capture_last_lines(const struct capture *capture, uint32_t lines, struct buffer *out)
{
    CLEANUP_BUFFER struct buffer end = {0};
    const struct buffer *head = &capture->head, *tail = &capture->tail;
    size_t from_tail = least(tail->length, capture->tail_limit);
    size_t from_head = least(head->length, capture->tail_limit - from_tail);
    if (capture->total == 0)
        return;
    buffer_add(&end, head->bytes + head->length - from_head, from_head);
    buffer_add(&end, tail->bytes + tail->length - from_tail, from_tail);
    size_t at = end.length;
    for (uint32_t newlines = 0; at > 0; at--)
        if (end.bytes[at - 1] == '\n' && at < end.length && ++newlines == lines)
            break;
    buffer_add(out, end.bytes + at, end.length - at);
}
