/* Daemons: they run beside the others, and what needs them waits until they are ready, not for
 * their end. When all others have ended they are stopped; how they end then is their success. */
#include "schedule/sync.h"

static bool is_daemon(const struct scheduler *scheduler, uint32_t node)
{
    return plan_rule(scheduler->plan, node)->flags & RULE_DAEMON;
}

bool daemon_is_ready(const struct scheduler *scheduler, uint32_t node)
{
    const struct course *course = course_of(scheduler, node);
    return is_daemon(scheduler, node) && course != NULL && course->is_ready;
}

void daemon_ready(struct scheduler *scheduler)
{
    uint32_t node = scheduler->in->node;
    if (!is_daemon(scheduler, node) || !node_body_is_live(scheduler, node) ||
        scheduler->in->attempt != scheduler->attempts[node] || daemon_is_ready(scheduler, node))
        return;
    course_at_body(scheduler, node)->is_ready = true;
    fact_add(scheduler, FACT_READY, node);
    *VEC_PUSH(&scheduler->ended) = node;
}
