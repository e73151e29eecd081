/* Reading a text and writing down what came of it. */
#ifndef TESTS_DOCUMENT_SUPPORT_H
#define TESTS_DOCUMENT_SUPPORT_H

#include "base/error.h"
#include "document/document.h"

struct reading {
    struct sources sources;
    struct names names;
    struct diagnostics diagnostics;
    struct document document;
    struct buffer text; /* the nodes as `{key: [value]}` with marks of style, or the diagnostics */
    bool is_read;
};

/* Scalars: plain as they are, 'single', "double", |literal|, >folded>; flow style is not told from
 * block style; a merged key has a '+' before it. */
void reading_of(struct reading *reading, const char *text, size_t length);
void reading_release(struct reading *reading);

/* What is read of the text. */
void check_reading(const char *text, size_t length, const char *expected);
/* How many errors there are, and the first with its hint, without the lines shown. */
void check_refusal(const char *text, size_t length, unsigned count, const char *expected);
#define READS(text, expected)            check_reading(text, sizeof(text) - 1, expected)
#define REFUSES(text, expected)          check_refusal(text, sizeof(text) - 1, 1, expected)
#define REFUSES_MANY(text, count, first) check_refusal(text, sizeof(text) - 1, count, first)

/* The checks of document_syntax.c. */
void check_syntax(void);
void check_flow_syntax(void);
void check_layout(void);
void check_damaged_text(void);
/* The check of document_corpus.c. */
void check_corpus(void);

#endif
