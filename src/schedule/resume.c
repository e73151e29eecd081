/* Going on with a run that was killed, or ended badly, under a new runner.
 *
 * What ended well stays: successes, failures that were tolerated, and what was skipped, as long as
 * all that its condition could ask about stays too. All else is reopened: it waits for its needs as
 * if nothing had been, with all its attempts before it; so are all tasks of finally. Cancels,
 * policies and deadlines of the time before are forgotten.
 *
 * Nothing that was asked for is on its way any more: evaluations and expansions are asked for
 * again, delays begin again. What was running stays in RUN, marked as gone, until it is told as
 * lost; then its attempt is repeated, or it waits for a need that was reopened.
 *
 * A template that has its instances keeps them. If it waits for a need again, it is a join from
 * then on: those of its instances that have not ended well wait for it, and heed what it is told.
 *
 * A success may so have needs that have not ended. It is never told of their ends again.
 *
 * A node with a program goes on from where a retry would: its course was kept for that, with the
 * gates that it is done with. If others have seen what it did since, nothing can be made of it: it
 * stays the failure that it was, or becomes one, and what needs it is told so again. That is none
 * that a policy heeds: it would keep all others from going on, each time.
 *
 * Tasks of finally begin at their beginning, all of them, so what they alone use is reset. */
#include "schedule/sync.h"

#include <stdlib.h>

/* Tasks of finally, and daemons, which what goes on may need: however they ended, and wherever they
 * stood, they begin at their beginning. */
static bool begins_anew(const struct scheduler *scheduler, uint32_t node)
{
    return node_is_finally(scheduler->plan, node) ||
           plan_rule(scheduler->plan, node)->flags & RULE_DAEMON;
}

static bool is_kept(const struct scheduler *scheduler, uint32_t node)
{
    const struct plan *plan = scheduler->plan;
    uint8_t status = scheduler->statuses[node];
    bool is_taker = node_is_taker(scheduler, node);
    if (is_taker && !scheduler->sync->gates[plan_rule(plan, node)->gate].is_closed)
        return false; /* whoever is reopened may put again */
    if (is_taker)
        return status == STATUS_SUCCESS || status == STATUS_SKIPPED;
    if (!node_is_counted(scheduler, node))
        return !(scheduler->marks[node] & (MARK_FAILED | MARK_CANCELLED));
    if (begins_anew(scheduler, node))
        return false;
    return status == STATUS_SUCCESS || status == STATUS_SKIPPED ||
           (status == STATUS_FAILURE && plan_rule(plan, node)->flags & RULE_CONTINUE);
}

static int compare_edges(const void *a, const void *b)
{
    const struct edge *one = a, *two = b;
    if (one->from != two->from)
        return one->from < two->from ? -1 : 1;
    return one->to < two->to ? -1 : one->to > two->to;
}

static void sort_late(struct scheduler *scheduler)
{
    struct edge *edges = scheduler->late.items;
    /* Those that come to be counted now are of needs that have ended. */
    if (scheduler->late.count > scheduler->late_sorted)
        qsort(edges, scheduler->late.count, sizeof *edges, compare_edges);
    scheduler->late_sorted = scheduler->late.count;
}

const struct edge *late_edges(const struct scheduler *scheduler, uint32_t node,
                              const struct edge **ret_end)
{
    const struct edge *edges = scheduler->late.items;
    uint32_t low = 0, high = scheduler->late_sorted;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (edges[middle].from < node)
            low = middle + 1;
        else
            high = middle;
    }
    for (high = low; high < scheduler->late_sorted && edges[high].from == node;)
        high++;
    *ret_end = edges + high;
    return edges + low;
}

static void count_as_need(struct scheduler *scheduler, uint32_t node)
{
    const struct graph *graph = &scheduler->plan->dependents;
    for (uint32_t i = graph->first[node]; i < graph->first[node + 1]; i++)
        if (scheduler->plan->is_selected[graph->targets[i]])
            scheduler->needs_left[graph->targets[i]]++;
    const struct edge *end, *late = late_edges(scheduler, node, &end);
    for (; late < end; late++)
        scheduler->needs_left[late->to]++;
}

static void count_as_pending(struct scheduler *scheduler, uint32_t node)
{
    scheduler->remaining++;
    scheduler->daemons_left += (plan_rule(scheduler->plan, node)->flags & RULE_DAEMON) != 0;
    count_as_need(scheduler, node);
    if (!node_is_counted(scheduler, node))
        return;
    bool is_failure = scheduler->statuses[node] == STATUS_FAILURE;
    scheduler->counts.pending++;
    scheduler->counts.by_status[scheduler->statuses[node]]--;
    scheduler->counts.tolerated -=
        is_failure && plan_rule(scheduler->plan, node)->flags & RULE_CONTINUE;
}

static uint32_t place_to_go_on(const struct scheduler *scheduler, uint32_t node)
{
    const struct course *course = course_of(scheduler, node);
    bool is_anew = course == NULL || course->restart == 0 || begins_anew(scheduler, node);
    return is_anew ? NO_OPERATION : course->restart;
}

static void tell_reopened(struct scheduler *scheduler, uint32_t node)
{
    struct fact *fact = fact_add(scheduler, FACT_REOPENED, node);
    fact->status = scheduler->statuses[node];
    fact->is_tolerated =
        fact->status == STATUS_FAILURE && plan_rule(scheduler->plan, node)->flags & RULE_CONTINUE;
    fact->operation = place_to_go_on(scheduler, node);
}

void node_reopen(struct scheduler *scheduler, uint32_t node)
{
    bool is_of_queue = plan_rule(scheduler->plan, node)->gate != NO_GATE;
    bool was_started = is_of_queue && !is_unstarted(scheduler, node);
    if (is_of_queue && node_is_taker(scheduler, node))
        taker_stop(scheduler, node);
    if (node_is_counted(scheduler, node))
        tell_reopened(scheduler, node);
    if (scheduler->states[node] == STATE_ENDED)
        count_as_pending(scheduler, node);
    struct course *course = course_of(scheduler, node);
    if (course != NULL && begins_anew(scheduler, node)) {
        uses_again(scheduler, course);
        course_free(scheduler, course);
    }
    timer_disarm(scheduler, node);
    if (node_has_gang(scheduler, node))
        gang_reopened(scheduler, node);
    scheduler->statuses[node] = STATUS_NONE;
    scheduler->marks[node] &= scheduler->plan->is_join[node] == JOIN_TEMPLATE ? MARK_EXPANDED : 0;
    scheduler->attempts[node] = 0;
    scheduler->states[node] = STATE_PENDING;
    if (was_started && !node_is_taker(scheduler, node))
        taker_count(scheduler, node, true);
}

/* One that had gone on without what it needs. */
static void reopen_dependent(struct scheduler *scheduler, uint32_t node, node_list *reopened)
{
    uint8_t state = scheduler->states[node];
    const struct course *course = course_of(scheduler, node);
    if (!scheduler->plan->is_selected[node] || state == STATE_PENDING || state == STATE_RUN ||
        (course != NULL && course->has_begun))
        return;
    if (state == STATE_ENDED && node_is_counted(scheduler, node) &&
        scheduler->statuses[node] != STATUS_SKIPPED)
        return;
    node_reopen(scheduler, node);
    if (state == STATE_ENDED)
        *VEC_PUSH(reopened) = node;
}

static void reopen_dependents(struct scheduler *scheduler, uint32_t node, node_list *reopened)
{
    const struct graph *graph = &scheduler->plan->dependents;
    for (uint32_t i = graph->first[node]; i < graph->first[node + 1]; i++)
        reopen_dependent(scheduler, graph->targets[i], reopened);
    const struct edge *end, *late = late_edges(scheduler, node, &end);
    for (; late < end; late++)
        reopen_dependent(scheduler, late->to, reopened);
}

/* --- what cannot go on --- */

static bool is_dead(const struct scheduler *scheduler, uint32_t node)
{
    const struct course *course = course_of(scheduler, node);
    return course != NULL && course->is_seen && scheduler->states[node] == STATE_ENDED &&
           !begins_anew(scheduler, node);
}

static void tell_again(struct scheduler *scheduler, uint32_t node)
{
    const struct graph *graph = &scheduler->plan->dependents;
    for (uint32_t i = graph->first[node]; i < graph->first[node + 1]; i++)
        node_tell(scheduler, node, graph->targets[i]);
    const struct edge *end, *late = late_edges(scheduler, node, &end);
    for (; late < end; late++)
        node_tell(scheduler, node, late->to);
}

/* To end once more, as a failure: it has had its attempts. */
static void reopen_dead(struct scheduler *scheduler, uint32_t node)
{
    tell_reopened(scheduler, node);
    count_as_pending(scheduler, node);
    scheduler->statuses[node] = STATUS_NONE;
    scheduler->states[node] = STATE_PENDING;
}

static void bury(struct scheduler *scheduler, uint32_t node)
{
    static const struct outcome seen = {.kind = OUTCOME_STUCK, .code = CAUSE_SEEN};
    if (scheduler->states[node] == STATE_ENDED) {
        tell_again(scheduler, node);
        return;
    }
    course_of(scheduler, node)->was_lost = true;
    node_end(scheduler, node, STATUS_FAILURE, &seen);
}

/* --- finally --- */

/* Of one that waits, or is concluded: nothing of it is on its way. */
static void begin_finally_anew(struct scheduler *scheduler, struct course *course)
{
    uint32_t node = course->node;
    course_give_all(scheduler, course);
    course_goes_on(scheduler, course);
    course_move(scheduler, course, STATE_PENDING);
    node_reopen(scheduler, node);
}

static void note_gates(const struct scheduler *scheduler, uint32_t node, bool *is_used)
{
    const struct program *program = node_program(scheduler, node);
    for (uint32_t i = 0; i < program->count; i++)
        if (program->operations[i].kind >= OPERATION_BARRIER)
            is_used[program->operations[i].gate] = true;
    for (uint32_t i = 0; i < program->use_count; i++)
        is_used[program->uses[i].gate] = true;
    if (node_is_taker(scheduler, node))
        is_used[plan_rule(scheduler->plan, node)->gate] = true;
}

static void reset_gates_of_finally(struct scheduler *scheduler)
{
    struct sync *sync = scheduler->sync;
    CLEANUP_FREE bool *by_finally = memory_array(sync->gate_count, sizeof(bool));
    CLEANUP_FREE bool *by_others = memory_array(sync->gate_count, sizeof(bool));
    for (uint32_t node = 0; node < scheduler->node_count; node++) {
        bool has_program = scheduler->plan->is_selected[node] && node_has_program(scheduler, node);
        if (has_program)
            note_gates(scheduler, node,
                       node_is_finally(scheduler->plan, node) ? by_finally : by_others);
    }
    for (uint32_t gate = 0; gate < sync->gate_count; gate++)
        if (by_finally[gate] && !by_others[gate])
            gate_reset(scheduler, gate);
}

/* --- all of it --- */

static void reopen_under_way(struct scheduler *scheduler, uint32_t node)
{
    struct course *course = course_of(scheduler, node);
    if (course != NULL && course->has_begun && !course->is_at_body &&
        node_is_finally(scheduler->plan, node)) {
        begin_finally_anew(scheduler, course);
    } else if (course != NULL && course->has_begun) {
        course_resume(scheduler, course);
    } else if (node_body_is_live(scheduler, node)) {
        scheduler->marks[node] |= MARK_GONE;
        timer_disarm(scheduler, node);
    }
}

static void reopen(struct scheduler *scheduler)
{
    node_list reopened = {0}, dead = {0};
    sort_late(scheduler);
    for (uint32_t node = 0; node < scheduler->node_count; node++) {
        if (!scheduler->plan->is_selected[node])
            continue;
        if (is_dead(scheduler, node)) {
            *VEC_PUSH(&dead) = node;
            if (scheduler->statuses[node] == STATUS_FAILURE)
                continue;
            reopen_dead(scheduler, node);
            *VEC_PUSH(&reopened) = node;
        } else if (scheduler->states[node] == STATE_ENDED) {
            if (node_has_gang(scheduler, node) ? gang_is_kept(scheduler, node, is_kept)
                                               : is_kept(scheduler, node))
                continue;
            node_reopen(scheduler, node);
            *VEC_PUSH(&reopened) = node;
        }
        scheduler->marks[node] &=
            (uint8_t) ~(MARK_FAILED | MARK_CANCELLED | MARK_MAIN_FAILED | MARK_MAIN_CANCELLED);
        if (daemon_is_ready(scheduler, node)) { /* its dependents wait for the next that is */
            count_as_need(scheduler, node);
            *VEC_PUSH(&reopened) = node;
        }
        reopen_under_way(scheduler, node);
    }
    for (uint32_t i = 0; i < reopened.count; i++)
        reopen_dependents(scheduler, reopened.items[i], &reopened);
    for (uint32_t i = 0; i < dead.count; i++)
        bury(scheduler, dead.items[i]);
    VEC_RELEASE(&reopened);
    VEC_RELEASE(&dead);
}

static void go_on(struct scheduler *scheduler, uint32_t node)
{
    switch (scheduler->states[node]) {
    case STATE_PENDING:
        if (scheduler->needs_left[node] == 0)
            node_needs_ended(scheduler, node);
        break;
    case STATE_EVALUATE:
        if (!scheduler->plan->is_join[node] &&
            !course_is_under_way(scheduler, course_of(scheduler, node)))
            node_ask(scheduler, node);
        break;
    case STATE_DELAY:
        node_delay(scheduler, node);
        break;
    }
}

void resume_run(struct scheduler *scheduler)
{
    fact_add(scheduler, FACT_RESUMED, NO_NODE);
    scheduler->is_resumed = true;
    scheduler->has_ended = scheduler->is_policy_on = scheduler->is_cancelled = false;
    scheduler->is_interrupted = scheduler->is_timed_out = scheduler->is_killed = false;
    scheduler->is_stuck = false;
    scheduler->is_stopping = false;
    reopen(scheduler);
    if (scheduler->sync != NULL) {
        scheduler->sync->watch = (scheduler->sync->watch + 1) & ~1u;
        scheduler->sync->watched = WATCH_NOTHING;
        scheduler->sync->is_suspect = true;
        reset_gates_of_finally(scheduler);
        uses_recount(scheduler);
        files_resume(scheduler);
    }
    lines_filter(scheduler);
    templates_ask_again(scheduler);
    uint32_t count = scheduler->node_count;
    for (uint32_t node = 0; node < count; node++)
        if (scheduler->plan->is_selected[node])
            go_on(scheduler, node);
    if (scheduler->sync != NULL)
        takers_resume(scheduler);
}
