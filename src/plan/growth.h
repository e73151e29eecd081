/* An expansion's second half: the plan grows by values that are known. */
#ifndef PLAN_GROWTH_H
#define PLAN_GROWTH_H

#include "plan/plan.h"

/* Appends the instances of a template (values: see matrix_evaluate). On failure, after errors, the
 * plan is as it was. */
bool growth_make(struct plan *plan, uint32_t template, const json_t *values,
                 struct diagnostics *diagnostics);

/* The same of one more item of a queue's matrix. */
bool growth_add_item(struct plan *plan, uint32_t template, const json_t *item,
                     struct diagnostics *diagnostics);

#endif
