/* From a task's matrix to its instances. */
#ifndef PLAN_MATRIX_H
#define PLAN_MATRIX_H

#include "plan/plan.h"

/* Ids would go further, but few machines' memory: a node takes some 30 bytes here, and more in a
 * run. */
enum { MOST_NODES = 100000000 };

/* Fills plan->instances[task] but for first, join and template. Errors go to diagnostics; then it
 * has none. A dynamic matrix is left without instances. */
void matrix_expand(struct plan *plan, uint32_t task, struct diagnostics *diagnostics);
/* The values of a dynamic matrix's lists, as JSON:
 *     {"rows": list, "exclude": list, "include": list, "axes": [list]}
 * New; NULL after errors. view: of the task, with results. */
struct view;
json_t *matrix_evaluate(struct view *view, struct diagnostics *diagnostics);
/* Fills plan->instances[task] from such values; on failure it is as it was. */
bool matrix_fill(struct plan *plan, uint32_t task, const json_t *values,
                 struct diagnostics *diagnostics);
void instances_release(struct instances *instances);

#endif
