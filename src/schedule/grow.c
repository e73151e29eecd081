/* The arrays by node, and their growth by an expansion.
 *
 * A template is expanded when its needs have ended, and ends with that. One at a time: so all nodes
 * that are new at INPUT_EXPANDED are that template's, whatever the driver's order of work. They
 * inherit what the needs told the template, and are told what became of those nodes that had ended
 * before and that they need themselves. Their edges go to each other and to nodes that need the
 * template, which therefore have not left PENDING. */
#include "schedule/sync.h"

#include <string.h>

static void *grown(void *items, uint32_t old, uint32_t count, size_t size)
{
    items = memory_resize(items, count, size);
    memset((char *)items + (size_t)old * size, 0, (size_t)(count - old) * size);
    return items;
}

/* By half at least, so that many small expansions cost no more than one large one. */
static void reserve(struct scheduler *scheduler, uint32_t count)
{
    uint32_t old = scheduler->node_capacity;
    if (count <= old)
        return;
    if (old > 0 && count < UINT32_MAX - old / 2 && count < old + old / 2)
        count = old + old / 2;
    scheduler->states = grown(scheduler->states, old, count, sizeof *scheduler->states);
    scheduler->statuses = grown(scheduler->statuses, old, count, sizeof *scheduler->statuses);
    scheduler->marks = grown(scheduler->marks, old, count, sizeof *scheduler->marks);
    scheduler->attempts = grown(scheduler->attempts, old, count, sizeof *scheduler->attempts);
    scheduler->needs_left = grown(scheduler->needs_left, old, count, sizeof *scheduler->needs_left);
    scheduler->vectors = grown(scheduler->vectors, old, count, sizeof *scheduler->vectors);
    scheduler->timers = grown(scheduler->timers, old, count, sizeof *scheduler->timers);
    scheduler->node_capacity = count;
}

void nodes_reach(struct scheduler *scheduler, uint32_t count)
{
    const struct plan *plan = scheduler->plan;
    uint32_t old = scheduler->node_count;
    if (count <= old)
        return;
    reserve(scheduler, count);
    scheduler->node_count = count;
    for (uint32_t node = old; node < count; node++) {
        scheduler->needs_left[node] = plan->need_counts[node];
        if (!plan->is_selected[node])
            continue;
        scheduler->remaining++;
        scheduler->daemons_left += (plan_rule(plan, node)->flags & RULE_DAEMON) != 0;
        scheduler->counts.pending += plan_is_counted(plan, node);
        if (node_is_taker(scheduler, node))
            taker_new(scheduler, node);
        if (scheduler->sync != NULL)
            uses_count(scheduler, node);
    }
}

/* Asks for the first that may still start. */
static void ask_for_next(struct scheduler *scheduler)
{
    for (; scheduler->templates_first < scheduler->templates.count; scheduler->templates_first++) {
        uint32_t node = scheduler->templates.items[scheduler->templates_first];
        if (policy_lets_start(scheduler, plan_rule(scheduler->plan, node))) {
            struct action *action = action_add(scheduler, ACTION_EXPAND, node);
            action->flags = node_flags(scheduler, node);
            if (node_is_taker(scheduler, node))
                action->item = taker_of(scheduler, scheduler->plan->task[node])->item;
            return;
        }
        node_refuse(scheduler, node);
    }
    scheduler->templates_first = scheduler->templates.count = 0;
}

void template_expand(struct scheduler *scheduler, uint32_t node)
{
    *VEC_PUSH(&scheduler->templates) = node;
    if (scheduler->templates.count - scheduler->templates_first == 1)
        ask_for_next(scheduler);
}

void template_ask(struct scheduler *scheduler, uint32_t node)
{
    /* Whether a queue's one heeds a failure is not asked: no instance is made to be blocked. */
    uint16_t accepts = node_is_taker(scheduler, node) ? RULE_HEEDS_FAILURE : RULE_CONDITION;
    const struct rule *rule = plan_rule(scheduler->plan, node);
    uint8_t marks = scheduler->marks[node] & (MARK_FAILED | MARK_CANCELLED);
    if (!policy_lets_start(scheduler, rule)) {
        node_refuse(scheduler, node);
    } else if (marks != 0 && !(rule->flags & accepts)) {
        node_end(scheduler, node, marks & MARK_FAILED ? STATUS_BLOCKED : STATUS_CANCELLED, NULL);
    } else if (node_is_taker(scheduler, node)) {
        taker_begin(scheduler, node);
    } else {
        scheduler->states[node] = STATE_EVALUATE;
        template_expand(scheduler, node);
    }
}

/* The answer to the last question will not come; those that are not asked about any more go. */
void templates_ask_again(struct scheduler *scheduler)
{
    uint32_t kept = 0;
    for (uint32_t i = scheduler->templates_first; i < scheduler->templates.count; i++)
        if (scheduler->states[scheduler->templates.items[i]] == STATE_EVALUATE)
            scheduler->templates.items[kept++] = scheduler->templates.items[i];
    scheduler->templates.count = kept;
    scheduler->templates_first = 0;
    ask_for_next(scheduler);
}

/* Edges out of new nodes into old ones: into those that need the template. */
static void count_new_needs(struct scheduler *scheduler, uint32_t old)
{
    const struct plan *plan = scheduler->plan;
    const struct graph *graph = &plan->dependents;
    for (uint32_t node = old; node < scheduler->node_count; node++)
        for (uint32_t i = graph->first[node]; i < graph->first[node + 1]; i++)
            if (plan->is_selected[node] && graph->targets[i] < old)
                scheduler->needs_left[graph->targets[i]]++;
}

static void take_in(struct scheduler *scheduler, uint32_t template)
{
    const struct plan *plan = scheduler->plan;
    uint32_t old = scheduler->node_count;
    nodes_reach(scheduler, plan->node_count);
    count_new_needs(scheduler, old);
    for (uint32_t node = old; node < scheduler->node_count; node++)
        if (plan->is_join[node] == JOIN_NOT)
            scheduler->marks[node] = scheduler->marks[template] & (uint8_t)~MARK_EXPANDED;
    for (uint32_t i = 0; i < plan->ended_needs.count; i++) {
        const struct edge *edge = &plan->ended_needs.items[i];
        if (!plan->is_selected[edge->from] || !plan->is_selected[edge->to] || edge->from >= old ||
            edge->to < old)
            continue;
        node_tell(scheduler, edge->from, edge->to);
        *VEC_PUSH(&scheduler->late) = *edge;
    }
    bool is_taker = node_is_taker(scheduler, template);
    for (uint32_t node = old; node < scheduler->node_count; node++)
        if (plan->is_join[node] == JOIN_NOT && plan->is_selected[node] && is_taker)
            taker_count(scheduler, node, true);
        else if (plan->is_join[node] == JOIN_NOT && plan->is_selected[node])
            *VEC_PUSH(&scheduler->late) = (struct edge){.from = template, .to = node};
    for (uint32_t node = old; node < scheduler->node_count; node++)
        if (plan->is_selected[node] && scheduler->needs_left[node] == 0)
            node_needs_ended(scheduler, node);
}

void template_expanded(struct scheduler *scheduler)
{
    const struct input *in = scheduler->in;
    uint32_t template = in->node;
    if (scheduler->templates.count == 0 ||
        scheduler->templates.items[scheduler->templates_first] != template)
        return;
    scheduler->templates_first++;
    enum status status = in->is_invalid ? STATUS_FAILURE : status_of_verdict(in->verdict);
    if (status == STATUS_SUCCESS)
        take_in(scheduler, template);
    if (status == STATUS_SUCCESS && node_is_taker(scheduler, template)) {
        taker_expanded(scheduler, template);
        ask_for_next(scheduler);
        return;
    }
    node_end(scheduler, template, status, in->is_invalid ? &in->outcome : NULL);
    if (status == STATUS_SUCCESS)
        scheduler->marks[template] |= MARK_EXPANDED;
    ask_for_next(scheduler);
}
