/* The state of a rewriting, shared by its parts: tokens (rewrite.c), references (reference.c) and
 * the names of functions (global.c). */
#ifndef VALUE_REWRITER_H
#define VALUE_REWRITER_H

#include "value/lexer.h"
#include "value/rewrite.h"

/* Where names are being declared. */
enum declaring {
    DECLARING_NOTHING,
    DECLARING_LOCALS,     /* behind local and for */
    DECLARING_ATTRIBUTE,  /* local x <const> */
    DECLARING_PARAMETERS, /* between the parentheses of a function */
};

struct mark {
    size_t offset, length;
};

struct rewriter {
    const struct expression_source *source;
    struct lexer lexer;
    const struct scope *scope;
    struct names *names;
    struct rewritten *result;
    struct error *error;
    struct token before;
    enum declaring declaring;
    bool has_function;      /* so '=' may be an assignment */
    bool awaits_parameters; /* between `function` and its parenthesis */
    struct names locals;
    VEC(struct mark) strangers; /* names that must turn out to be locals */
    VEC(struct mark) brackets;  /* that are open */
};

struct path {
    const char *names[REFERENCE_DEPTH];
    struct reference reference;
    size_t last; /* offset of the last name */
};

place rewriter_place(const struct rewriter *rewriter, size_t offset);
const char *rewriter_text(const struct rewriter *rewriter, size_t offset);
/* Adds a token to the result. */
void rewriter_emit(struct rewriter *rewriter, const char *text, size_t length, struct mark source);
bool rewriter_emit_token(struct rewriter *rewriter, const struct token *token);
/* The token behind the one being read. */
struct token rewriter_following(const struct rewriter *rewriter);

/* What the scope says of the name at offset behind path; the error has its place. */
int rewriter_declared(struct rewriter *rewriter, const struct path *path, size_t offset);
/* Reads on from a root of `length` characters; widens the token to the whole reference. */
bool rewriter_read_reference(struct rewriter *rewriter, struct token *root, int length);

/* A name that is no reference: a local, a function, or one that may yet turn out to be a local. */
bool rewriter_read_global(struct rewriter *rewriter, struct token *token);
/* The error for one that did not. */
bool rewriter_refuse_stranger(struct rewriter *rewriter, const struct mark *mark);

#endif
