/* The arrays by node, and their growth by an expansion.
 *
 * A template is expanded when its needs have ended. One at a time: so all nodes that are new at
 * INPUT_EXPANDED are that template's, whatever the driver's order of work. They inherit what the
 * needs told the template's join; the join is plain from then on and passes on what they tell it.
 */
#include "schedule/state.h"

#include <string.h>

static void *grown(void *items, uint32_t old, uint32_t count, size_t size)
{
    items = memory_resize(items, count, size);
    memset((char *)items + (size_t)old * size, 0, (size_t)(count - old) * size);
    return items;
}

void nodes_reach(struct scheduler *scheduler, uint32_t count)
{
    const struct plan *plan = scheduler->plan;
    uint32_t old = scheduler->node_count;
    if (count <= old)
        return;
    scheduler->states = grown(scheduler->states, old, count, sizeof *scheduler->states);
    scheduler->statuses = grown(scheduler->statuses, old, count, sizeof *scheduler->statuses);
    scheduler->marks = grown(scheduler->marks, old, count, sizeof *scheduler->marks);
    scheduler->attempts = grown(scheduler->attempts, old, count, sizeof *scheduler->attempts);
    scheduler->needs_left = grown(scheduler->needs_left, old, count, sizeof *scheduler->needs_left);
    scheduler->vectors = grown(scheduler->vectors, old, count, sizeof *scheduler->vectors);
    scheduler->timers = grown(scheduler->timers, old, count, sizeof *scheduler->timers);
    scheduler->node_count = count;
    for (uint32_t node = old; node < count; node++) {
        scheduler->needs_left[node] = plan->need_counts[node];
        if (!plan->is_selected[node])
            continue;
        scheduler->remaining++;
        scheduler->counts.pending += !plan->is_join[node];
    }
}

static void ask_for_first(struct scheduler *scheduler)
{
    if (scheduler->templates.count > 0)
        action_add(scheduler, ACTION_EXPAND, scheduler->templates.items[0]);
}

void template_ask(struct scheduler *scheduler, uint32_t node)
{
    const struct plan *plan = scheduler->plan;
    const struct rule *rule = &plan->rules[plan->task[node]];
    uint8_t marks = scheduler->marks[node] & (MARK_FAILED | MARK_CANCELLED);
    bool may_start = policy_lets_start(scheduler, rule);
    if (!may_start && marks == 0)
        scheduler->marks[node] |= MARK_CANCELLED;
    if (!may_start || (marks != 0 && !(rule->flags & RULE_CONDITION))) {
        node_end(scheduler, node, STATUS_SUCCESS, NULL);
        return;
    }
    scheduler->states[node] = STATE_EVALUATE;
    *VEC_PUSH(&scheduler->templates) = node;
    if (scheduler->templates.count == 1)
        ask_for_first(scheduler);
}

/* Edges out of new nodes into old ones: into the template's join. */
static void count_new_needs(struct scheduler *scheduler, uint32_t old)
{
    const struct plan *plan = scheduler->plan;
    const struct graph *graph = &plan->dependents;
    for (uint32_t node = old; node < scheduler->node_count; node++)
        for (uint32_t i = graph->first[node]; i < graph->first[node + 1]; i++)
            if (plan->is_selected[node] && graph->targets[i] < old)
                scheduler->needs_left[graph->targets[i]]++;
}

static void take_in(struct scheduler *scheduler, uint32_t join)
{
    uint32_t old = scheduler->node_count;
    nodes_reach(scheduler, scheduler->plan->node_count);
    tokens_reach(scheduler, scheduler->plan->token_count);
    count_new_needs(scheduler, old);
    uint8_t inherited = scheduler->marks[join];
    scheduler->marks[join] = 0;
    for (uint32_t node = old; node < scheduler->node_count; node++)
        if (!scheduler->plan->is_join[node])
            scheduler->marks[node] = inherited;
    for (uint32_t node = old; node < scheduler->node_count; node++)
        if (scheduler->plan->is_selected[node] && scheduler->needs_left[node] == 0)
            node_needs_ended(scheduler, node);
}

void template_expanded(struct scheduler *scheduler)
{
    uint32_t join = scheduler->in->node;
    if (scheduler->templates.count == 0 || scheduler->templates.items[0] != join)
        return;
    memmove(scheduler->templates.items, scheduler->templates.items + 1,
            --scheduler->templates.count * sizeof *scheduler->templates.items);
    if (scheduler->in->is_invalid) {
        scheduler->marks[join] |= MARK_FAILED;
        scheduler->has_failed_expansion = true;
        policy_heed_failure(scheduler, join);
    } else {
        take_in(scheduler, join);
    }
    if (scheduler->needs_left[join] == 0)
        node_end(scheduler, join, STATUS_SUCCESS, NULL);
    ask_for_first(scheduler);
}
