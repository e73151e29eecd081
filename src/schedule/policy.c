/* What a failure or a cancel does to the others.
 *
 * Each only takes away the right to start, and, when it comes, sweeps once over all nodes: who
 * stands in a line or waits for a retry is refused, who runs may be signalled. Nodes that still
 * wait for needs are left alone: they are refused when these have ended, so that each ends after
 * its needs and with the worst of the reasons (blocked before cancelled).
 *
 * finally's tasks are out of reach of everything but a kill: policies are about what came before
 * them, and the first interrupt is what they are there to clean up after. */
#include "schedule/sync.h"

bool node_is_finally(const struct plan *plan, uint32_t node)
{
    return plan->task[node] != NO_TASK &&
           plan_task_rule(plan, plan->task[node])->flags & RULE_FINALLY;
}

bool policy_lets_start(const struct scheduler *scheduler, const struct rule *rule)
{
    if (rule->flags & RULE_FINALLY)
        return !scheduler->is_killed;
    if (scheduler->is_cancelled)
        return false;
    return !scheduler->is_policy_on || (rule->flags & RULE_HEEDS_FAILURE);
}

void policy_heed_failure(struct scheduler *scheduler, uint32_t node)
{
    const struct course *course = course_of(scheduler, node);
    if (scheduler->is_policy_on || scheduler->failure_policy == POLICY_KEEP_GOING ||
        node_is_finally(scheduler->plan, node) || (course != NULL && course->was_lost))
        return;
    scheduler->is_policy_on = true;
    scheduler->is_sweep_due = true;
    fact_add(scheduler, FACT_POLICY, node);
}

void policy_cancel(struct scheduler *scheduler)
{
    uint8_t how = scheduler->in->verdict;
    scheduler->is_timed_out |= how == CANCEL_TIMEOUT;
    if (scheduler->is_killed)
        return;
    scheduler->is_killed =
        how == CANCEL_KILL || (how == CANCEL_INTERRUPT && scheduler->is_interrupted);
    scheduler->is_interrupted |= how == CANCEL_INTERRUPT;
    scheduler->is_cancelled = true;
    scheduler->is_sweep_due = true;
}

bool policy_reaches(const struct scheduler *scheduler, uint32_t node)
{
    if (scheduler->is_killed)
        return true;
    bool is_on = scheduler->is_cancelled ||
                 (scheduler->is_policy_on && scheduler->failure_policy == POLICY_FAST);
    return is_on && !node_is_finally(scheduler->plan, node);
}

void sweep_running(struct scheduler *scheduler, uint32_t node)
{
    bool is_being_ended = scheduler->marks[node] & (MARK_STOPPED | MARK_TIMEOUT);
    if (scheduler->is_killed)
        node_signal(scheduler, node, SIGNAL_KILL, MARK_STOPPED);
    else if (!is_being_ended && policy_reaches(scheduler, node))
        node_signal(scheduler, node, SIGNAL_STOP, MARK_STOPPED);
}

void policy_sweep(struct scheduler *scheduler)
{
    scheduler->is_sweep_due = false;
    for (uint32_t node = 0; node < scheduler->node_count; node++) {
        uint8_t state = scheduler->states[node];
        if (state == STATE_PENDING || state == STATE_ENDED ||
            (daemon_is_ready(scheduler, node) && !scheduler->is_killed))
            continue;
        struct course *course = course_of(scheduler, node);
        if (course_is_under_way(scheduler, course))
            course_sweep(scheduler, course);
        else if (node_body_is_live(scheduler, node))
            sweep_running(scheduler, node);
        else if ((state == STATE_READY || state == STATE_DELAY ||
                  (state == STATE_EVALUATE && node_is_taker(scheduler, node) &&
                   !taker_holds_item(scheduler, node))) &&
                 !policy_lets_start(scheduler, plan_rule(scheduler->plan, node)))
            node_refuse(scheduler, node);
    }
    lines_filter(scheduler);
}
