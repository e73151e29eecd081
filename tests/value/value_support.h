/* Expressions for tests: a scope of known names, their values, and an evaluation as one text. */
#ifndef TESTS_VALUE_SUPPORT_H
#define TESTS_VALUE_SUPPORT_H

#include "base/memory.h"
#include "support/check.h"
#include "value/sandbox.h"
#include "value/value.h"

struct bench {
    struct names names;
    struct snapshot snapshot;
    struct sandbox *sandbox;
    json_t *values;
    uint8_t flags;
    struct buffer text;
};

/* Known names: see value_support.c. */
void bench_open(struct bench *bench);
void bench_close(struct bench *bench);
extern const struct scope bench_scope;
/* What the expression gives, as JSON, or "OFFSET: message [hint]". Lives until the next call. */
const char *bench_evaluate(struct bench *bench, const char *expression);
const char *bench_evaluate_n(struct bench *bench, const char *expression, size_t length);
bool bench_compile(struct bench *bench, const char *expression, struct expression *ret,
                   struct error *error);
/* The references of an expression, "matrix.i needs.align.stdout", or the error. */
const char *bench_references(struct bench *bench, const char *expression);

struct example {
    const char *expression, *expected;
};
void check_examples(const struct example *examples, size_t count, const char *file, int line);
#define CHECK_EXAMPLES(examples)                                                                   \
    check_examples((examples), sizeof(examples) / sizeof *(examples), __FILE__, __LINE__)

/* "message [hint]" */
const char *error_text(const struct error *error);

/* A folder that is there until scratch_close. */
const char *scratch_open(void);
void scratch_close(void);
void scratch_write(const char *name, const char *text); /* makes folders as needed */

extern const struct check scalar_checks[], expression_checks[], message_checks[], limit_checks[],
    outside_checks[], pattern_checks[];

#endif
