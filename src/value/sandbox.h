/* Expressions: Lua 5.4 without io, os, load or anything else that reaches outside, with limits of
 * instructions (10 million), memory (1 GiB at a time, 4 GiB in all) and steps of built-in functions
 * such as the matching of patterns (200 million) an evaluation.
 *
 * Of Lua's own it has math (without random), string, table, utf8, assert, error, ipairs, pairs (in
 * the same order in every run), select, tonumber, tostring, type; and the functions of LANGUAGE.md.
 * All are read-only; names that nobody declared are errors when an expression is compiled. Numbers
 * become text as value_write_number has it, but by `..` and table.concat as Lua has it: 2.0 .. "x"
 * is 2.0x.
 *
 * An expression is compiled once, to a function of its references: `matrix.i - 1` becomes
 * `function(a) return a - 1 end` with the one reference matrix.i. A reference is a root (matrix)
 * and as many dotted names behind it as the scope declares fixed; so it is known before anything
 * runs what an expression mentions, and an evaluation converts only that. */
#ifndef VALUE_SANDBOX_H
#define VALUE_SANDBOX_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/names.h"
#include "value/snapshot.h"

struct sandbox;

enum { REFERENCE_DEPTH = 4 };
struct reference {
    uint8_t depth;               /* how many of names are there; the root is names[0] */
    name names[REFERENCE_DEPTH]; /* needs, align, outputs, mean */
};

/* The status functions an expression calls. */
enum { CALLS_SUCCESS = 1, CALLS_FAILURE = 2, CALLS_ALWAYS = 4, CALLS_CANCELLED = 8 };

/* The expression is its one reference and nothing else: its value is given as it is. */
enum { EXPRESSION_IS_REFERENCE = -1 };

struct expression {
    place at;
    int function;     /* in the sandbox's registry, or EXPRESSION_IS_REFERENCE */
    uint8_t calls;    /* CALLS_... */
    bool reads_files; /* calls glob, read, lines or csv */
    uint16_t reference_count;
    struct reference *references; /* in the sandbox's arena */
    const char *source;           /* its text, for messages; in the sandbox's arena */
};

/* Which names an expression may use.
 *
 * declared() is asked at each dotted name: path[0..depth-1] are the names so far (path[0] the root,
 * or nothing at depth 0), text the characters that follow, up to `length` (1024 at most) of
 * [A-Za-z0-9_-]. It returns how many of them make the longest declared name, or SCOPE_DATA when
 * what follows is data of a value, not a name of ours (the reference ends before it), or
 * SCOPE_UNKNOWN with an error (with "did you mean") when a declared name must stand there. At depth
 * 0 SCOPE_DATA means an ordinary Lua name. may_end(): a reference may not end at this path
 * (`needs` alone, say): an error then, else true. */
enum { SCOPE_DATA = 0, SCOPE_UNKNOWN = -1 };
struct scope {
    void *context;
    int (*declared)(void *context, const char *const *path, int depth, const char *text, int length,
                    struct error *error);
    bool (*may_end)(void *context, const char *const *path, int depth, struct error *error);
};

/* names (borrowed) interns references; snapshot (borrowed) answers glob, read, lines, csv. */
struct sandbox *sandbox_new(struct names *names, struct snapshot *snapshot);
void sandbox_free(struct sandbox *sandbox);

/* The end of the `${{ ... }}` whose text starts at `text` (behind the opening braces): the offset
 * of the first `}}` outside Lua strings, comments and brackets, or -1 if there is none. */
long sandbox_expression_end(const char *text, size_t length);

/* Compiles text[0..length-1]; `at` is the place of its first character. An error says what is wrong
 * and hints at the words of other languages (&&, ||, !=, !x, ?:). In *ret on success. */
bool sandbox_compile(struct sandbox *sandbox, const char *text, size_t length, place at,
                     const struct scope *scope, struct expression *ret, struct error *error);

/* What an evaluation is given. value() returns the value of one reference: new; NULL with an error,
 * or NULL without one for a name that has no value (a matrix variable that this instance lacks):
 * nil in the expression, so that `matrix.x or 5` is 5, which JSON null is not. It is called once
 * for each reference, in order. flags: which status functions are true now (CALLS_... bits;
 * always() is always true). */
struct evaluation {
    void *context;
    json_t *(*value)(void *context, const struct reference *reference, struct error *error);
    uint8_t flags;
};

/* New; NULL with an error whose place is the expression's. Lua's integers are JSON integers, a
 * table whose keys are 1..n is a list (an empty table is a list), any other with text keys a map;
 * NaN, infinities, functions and mixed tables are errors. nil is null. */
json_t *sandbox_evaluate(struct sandbox *sandbox, const struct expression *expression,
                         const struct evaluation *evaluation, struct error *error);

/* Can the text be read as Lua's statements, those of a function? Nothing of it is done. False with
 * an error without a place, and the line of the text, from 1, that it is about. */
bool sandbox_check_source(struct sandbox *sandbox, const char *text, size_t length,
                          uint32_t *ret_line, struct error *error);

/* "Lua 5.4.4" */
const char *sandbox_version(void);

#endif
