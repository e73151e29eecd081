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
    return course != NULL && course->is_ready;
}

void daemon_ready(struct scheduler *scheduler)
{
    uint32_t node = scheduler->in->node;
    if (!is_daemon(scheduler, node) || !node_body_is_live(scheduler, node) ||
        scheduler->in->attempt != scheduler->attempts[node] || daemon_is_ready(scheduler, node))
        return;
    course_at_body(scheduler, node)->is_ready = true;
    fact_add(scheduler, FACT_READY, node);
    scheduler->sync->is_suspect = true;
    scheduler->sync->has_keeper |= scheduler->vectors[node] != 0;
    *VEC_PUSH(&scheduler->ended) = node;
}

/* Those that need it were told when it was ready. */
void daemon_ended(struct scheduler *scheduler, uint32_t node)
{
    scheduler->daemons_left--;
    if (!daemon_is_ready(scheduler, node) && !scheduler->was_daemon_ready)
        *VEC_PUSH(&scheduler->ended) = node;
}

void daemon_finished(struct scheduler *scheduler, uint32_t node, uint8_t marks, bool was_ready)
{
    const struct outcome *outcome = &scheduler->in->outcome;
    scheduler->was_daemon_ready = was_ready;
    if (marks & MARK_STOPPED && scheduler->is_stopping)
        node_end(scheduler, node, STATUS_SUCCESS, outcome);
    else if (marks & MARK_STOPPED)
        node_end(scheduler, node, STATUS_CANCELLED, outcome);
    else if (was_ready)
        node_end(scheduler, node, STATUS_FAILURE, outcome);
    else
        node_fail(scheduler, node);
    scheduler->was_daemon_ready = false;
}

static void stop(struct scheduler *scheduler, uint32_t node)
{
    uint8_t state = scheduler->states[node];
    const struct course *course = course_of(scheduler, node);
    bool is_being_ended = scheduler->marks[node] & (MARK_STOPPED | MARK_TIMEOUT);
    bool is_concluding = course != NULL && course->phase == PHASE_CONCLUDE;
    if (is_being_ended || is_concluding)
        return;
    if (state == STATE_RUN || node_body_is_live(scheduler, node))
        node_signal(scheduler, node, SIGNAL_STOP, MARK_STOPPED);
    else if (scheduler->marks[node] & MARK_RETRY)
        node_end(scheduler, node, STATUS_FAILURE, NULL);
    else
        node_end(scheduler, node, STATUS_SKIPPED, NULL);
}

bool daemons_stop(struct scheduler *scheduler)
{
    if (!scheduler->has_begun || scheduler->is_stopping || scheduler->daemons_left == 0 ||
        scheduler->remaining > scheduler->daemons_left)
        return false;
    scheduler->is_stopping = true;
    for (uint32_t node = 0; node < scheduler->node_count; node++)
        if (scheduler->plan->is_selected[node] && is_daemon(scheduler, node) &&
            scheduler->states[node] != STATE_ENDED)
            stop(scheduler, node);
    lines_filter(scheduler);
    return true;
}
