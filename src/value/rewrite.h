/* An expression's source with its references replaced by names of Lua: `matrix.i - 1` becomes
 * ` __1 - 1`, where __1 is the first reference. */
#ifndef VALUE_REWRITE_H
#define VALUE_REWRITE_H

#include "base/memory.h"
#include "value/sandbox.h"

enum { MOST_REFERENCES = 200 }; /* as many locals as a function of Lua may have */

/* One token of the result. */
struct piece {
    size_t text, length;          /* in struct rewritten's text */
    size_t offset, source_length; /* in the source */
};

struct rewritten {
    struct buffer text;
    VEC(struct piece) pieces;
    VEC(struct reference) references; /* distinct, in order of first mention */
    uint8_t calls;
    bool reads_files;
    bool is_reference; /* one reference and nothing else */
};

struct expression_source {
    const char *text;
    size_t length;
    place at; /* of the first character */
};

/* False with an error for what can be told without Lua: unknown names, other languages' operators,
 * brackets that do not match. rewritten_release in either case. */
bool rewrite(struct rewritten *ret, const struct expression_source *source, struct names *names,
             const struct scope *scope, struct error *error);
void rewritten_release(struct rewritten *rewritten);

/* The place of the character at a byte's offset. */
place expression_place(const struct expression_source *source, size_t offset);

/* A hint, or nothing, for a name that nobody knows. roots are names that the scope knows. */
void names_suggest(const char *word, const char *const *roots, size_t root_count,
                   struct error *error);
/* The hint for an operator of another language that begins here, with the length of the operator;
 * NULL if there is none. */
const char *operator_hint(const char *text, size_t length, size_t *ret_length);

#endif
