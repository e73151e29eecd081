/* What the model's texts and values are made of: constants and expressions. Part of workflow.h. */
#ifndef WORKFLOW_SPEC_H
#define WORKFLOW_SPEC_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/names.h"
#include "base/source.h"

enum { NO_EXPRESSION = 0, UNLIMITED = 0, NO_TASK = UINT32_MAX, NO_PRIMITIVE = UINT32_MAX };

/* Where in shell text an expression stands, and so how its value is put in (LANGUAGE.md, section 5:
 * each becomes a reference to an environment variable). */
enum quoting {
    QUOTING_NONE,    /* not shell text */
    QUOTING_WORD,    /* unquoted: "${V}", or one "${V}" an element of a list, none if empty */
    QUOTING_DOUBLE,  /* inside double quotes: ${V} */
    QUOTING_SINGLE,  /* inside single quotes: '"${V}"' */
    QUOTING_HEREDOC, /* inside a plain here-document: ${V} */
    QUOTING_ONE,     /* unquoted where only one word can stand: a redirection's, case's: "${V}" */
};

struct piece {
    name literal;        /* put out first; may be empty */
    uint32_t expression; /* then this one's value; NO_EXPRESSION: none */
    uint8_t quoting;     /* of the expression */
};

/* Text that may hold expressions. literal is the text as written; without any expression
 * piece_count is 0. */
struct text {
    place at;
    name literal;
    const struct piece *pieces;
    uint32_t piece_count;
    bool is_expression; /* one whole `${{ }}` and nothing else: its value keeps its type */
};

/* A value that may hold expressions. */
enum spec_kind { SPEC_CONSTANT, SPEC_TEXT, SPEC_LIST, SPEC_MAP };
struct spec {
    uint8_t kind;
    place at;
    json_t *constant;   /* SPEC_CONSTANT: no expression anywhere inside; owned by the workflow */
    struct text text;   /* SPEC_TEXT */
    struct spec *items; /* SPEC_LIST, SPEC_MAP */
    name *keys;         /* SPEC_MAP */
    uint32_t count;
};

#endif
