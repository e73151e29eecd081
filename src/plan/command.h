/* What the bodies of tasks share, commands and calls of functions. */
#ifndef PLAN_COMMAND_H
#define PLAN_COMMAND_H

#include "plan/shelltext.h"
#include "plan/view.h"

/* Appends the variables that the view's details set, NAME=value, or NAME alone for one unset. */
bool command_add_env(struct view *view, text_list *entries, struct error *error);
/* Appends what every task is given: PARGRAPH_TASK and the like. */
bool command_add_given(struct view *view, text_list *entries, struct error *error);
/* How many GPUs the attempt has. */
bool command_count_gpus(struct view *view, uint64_t *ret, struct error *error);
/* A path, which may not be empty. The caller's. */
bool command_make_path(struct view *view, const struct text *text, char **ret, struct error *error);
/* Frees a list that ends in NULL, and what is in it. NULL is fine. */
void command_release_words(char **words);

#endif
