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

/* The check of document_corpus.c. */
void check_corpus(void);

#endif
