/* Synchronisation for programs that read plans. */
#ifndef ANALYSE_PROGRAM_JSON_H
#define ANALYSE_PROGRAM_JSON_H

#include "plan/plan.h"

/* Sets "tokens", "gates" and "pipes" where the workflow declares primitives, or has pipes. */
void program_json_set_primitives(const struct plan *plan, json_t *object);
/* Sets "program", "uses", "together" and "is_daemon" of a task that has some. */
void program_json_set_task(const struct plan *plan, uint32_t task, json_t *object);

#endif
