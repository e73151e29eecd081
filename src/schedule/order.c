/* The order in which tasks that want the same begin: the author's priority, then the longest chain
 * behind (list scheduling by critical path), then the order of the file. It is total, so the same
 * run always goes the same way. It orders beginnings only; nobody who runs is ever displaced. */
#include "schedule/state.h"

bool node_is_before(const struct scheduler *scheduler, uint32_t a, uint32_t b)
{
    const struct plan *plan = scheduler->plan;
    int32_t priority_a = plan_rule(plan, a)->priority;
    int32_t priority_b = plan_rule(plan, b)->priority;
    if (priority_a != priority_b)
        return priority_a > priority_b;
    if (plan->levels[a] != plan->levels[b])
        return plan->levels[a] > plan->levels[b];
    return a < b;
}
