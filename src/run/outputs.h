/* What a task wrote to $PARGRAPH_OUTPUT. */
#ifndef RUN_OUTPUTS_H
#define RUN_OUTPUTS_H

#include <jansson.h>
#include <stddef.h>

#include "base/error.h"
#include "plan/plan.h"

/* Reads lines `name=value`, or `name<<END`, lines of the value, `END`; empty lines are passed over.
 * The last of two of one name holds. Values get their declared types; what was not written its
 * default. Gives {name: value} (new), or NULL with an error that names the output: not declared,
 * not written, not of its type, not closed. */
json_t *outputs_parse(const struct workflow *workflow, const struct task *task, const char *text,
                      size_t length, struct error *error);

#endif
