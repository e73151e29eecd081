/* The critical path: a longest chain of instances with work among those selected. */
#ifndef ANALYSE_CRITICAL_PATH_H
#define ANALYSE_CRITICAL_PATH_H

#include "plan/plan.h"

/* node → the one behind it on the path; the last: itself; all others: NO_NODE. The caller's. */
uint32_t *critical_path(const struct plan *plan);
/* Its length, in instances with work. */
uint64_t critical_path_length(const struct plan *plan);

#endif
