/* Shell text with references to environment variables where its expressions stood. */
#ifndef PLAN_SHELLTEXT_H
#define PLAN_SHELLTEXT_H

#include "plan/view.h"

typedef VEC(char *) text_list;

/* An environment, and how many values it holds: PARGRAPH_V1 .. PARGRAPH_V<value_count>. */
struct environment {
    text_list entries;
    uint32_t value_count;
};

/* "No value becomes code" (LANGUAGE.md, section 5). The values go to env, numbered on; with
 * results->is_shown none does, and they stand in the text. False with an error for what no variable
 * can hold. */
bool shelltext_write(struct view *view, const struct text *text, struct buffer *out,
                     struct environment *env, struct error *error);

/* Can a program be given this as one argument or variable, with `more` bytes beside it? where: of
 * the expression or text. */
bool shelltext_check(const struct buffer *text, size_t more, place at, struct error *error);

#endif
