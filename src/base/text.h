/* Small readings and writings of text. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* The candidate nearest to word (Damerau-Levenshtein, at most a third of its length and 2 or more
 * letters in common), or NULL. For "did you mean". */
const char *text_nearest(const char *word, const char *const *candidates, size_t count);
/* The edit distance of two texts, each up to 64 bytes; longer ones give SIZE_MAX. */
size_t text_distance(const char *a, const char *b);

/* 500ms, 2s, 1h30m, 1.5h, a bare number is seconds; result in nanoseconds, at most 292 years. */
bool text_duration(const char *text, int64_t *ret_nanoseconds);
/* 512, 4K, 1.5G: K, M, G, T are binary, in either case, with an optional B or iB. In bytes. */
bool text_size(const char *text, uint64_t *ret_bytes);
/* A whole decimal number with an optional sign and nothing else. */
bool text_integer(const char *text, int64_t *ret);

/* 850ms, 4.2s, 3m05s, 2h07m: for people. */
void text_write_duration(int64_t nanoseconds, struct buffer *out);
/* 512 B, 4.0 KiB, 1.5 GiB: for people. */
void text_write_size(uint64_t bytes, struct buffer *out);

/* The length of valid UTF-8 at the start of bytes: `length` when all is valid. Overlong forms and
 * surrogates are invalid (RFC 3629). */
size_t text_valid_utf8(const char *bytes, size_t length);
/* How many ASCII bytes stand at the start. Fast over long ones. */
size_t text_ascii_run(const char *bytes, size_t length);
/* Copies text so that a terminal takes no command from it: control characters (but tab, and C1)
 * and bytes that are not UTF-8 become '?'. */
void text_printable(const char *bytes, size_t length, struct buffer *out);

/* How many bytes of text, which text_printable made, a terminal shows in `room` columns, and in how
 * many it does. Marks that combine with the last character that fits are with it. For one thread.
 */
size_t text_fit(const char *text, size_t length, uint32_t room, uint32_t *ret_columns);

/* For tables in memory; not the same on every machine. */
uint64_t text_hash(const char *bytes, size_t length);

/* A name of the workflow language: letters, digits, '_' and '-', one at least. */
bool text_is_name(const char *text, size_t length);

/* SIGKILL, SIGRTMIN+3; "signal 99" for one that has no name. */
void text_write_signal(int number, struct buffer *out);
/* Text as one word of a shell's command line: as it is, or in single quotes. */
void text_write_shell_word(const char *text, size_t length, struct buffer *out);

#endif
