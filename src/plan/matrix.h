/* From a task's matrix to its instances. */
#ifndef PLAN_MATRIX_H
#define PLAN_MATRIX_H

#include "plan/plan.h"

/* Ids would go further, but few machines' memory: a node takes some 30 bytes here, and more in a
 * run. */
enum { MOST_NODES = 100000000 };

/* Fills plan->instances[task] but for first and join. Errors go to diagnostics; then it has none.
 */
void matrix_expand(struct plan *plan, uint32_t task, struct diagnostics *diagnostics);
void instances_release(struct instances *instances);

#endif
