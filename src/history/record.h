/* Inputs and the head as bytes of the journal, and back. */
#ifndef HISTORY_RECORD_H
#define HISTORY_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "fact/fact.h"
#include "history/history.h"

#define JOURNAL_MAGIC "pgjrnl1\n"
enum {
    JOURNAL_MAGIC_LENGTH = 8,
    RECORD_FRAME = 9, /* length, checksum, kind */
    RECORD_END_LENGTH = 21,
    VECTOR_AMOUNT = 12, /* u32 token, u64 amount */
    TOKEN_HEAD = 8,     /* u32 token, u32 primitive */
    MOST_INPUT = 192,   /* bytes of an input without its detail, never more */
    MOST_DETAIL = 65536,
    EXTENT_LENGTH = 20,    /* u64 offset, u64 length, u32 checksum */
    EXPANSION_HEAD = 5,    /* u32 node, u8 where the JSON is */
    MOST_EXPANSION = 4096, /* of JSON in the journal itself */
};

char *record_put_extent(char *at, const struct extent *extent);
/* False if it cannot be the place of anything in a file. */
bool record_get_extent(const char *at, struct extent *ret);

/* Writes the input at `at`, where there is room for MOST_INPUT and its detail (of which at most
 * MOST_DETAIL is taken); returns the end. */
char *record_put_input(char *at, const struct input *in);
/* False if the bytes are no input. The detail is put into *detail, which in->outcome.detail points
 * to. */
bool record_get_input(const char *bytes, size_t length, struct input *in, struct buffer *detail);

void record_put_head(const struct journal_head *head, struct buffer *out);
bool record_get_head(const char *bytes, size_t length, struct journal_head *ret);

#endif
