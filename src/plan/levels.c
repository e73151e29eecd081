/* Order and levels of the finished graph, or the cycle that it has instead: shown as who needs
 * whom, without the joins between, each with the place of the need. */
#include "base/memory.h"
#include "plan/build.h"
#include "plan/needs.h"

enum { MOST_SHOWN = 8 };

static bool stands_for(struct plan *plan, uint32_t node, const struct need *need, uint32_t needed)
{
    node_list nodes = {0};
    bool is_found = false;
    if (need->task != plan->task[needed])
        return false;
    if (need_is_plain(need) || plan->is_join[node] || plan->is_join[needed])
        return true;
    if (plan_need_nodes(plan, node, need, &nodes, NULL))
        for (uint32_t i = 0; i < nodes.count && !is_found; i++)
            is_found = nodes.items[i] == needed;
    VEC_RELEASE(&nodes);
    return is_found;
}

/* The need by which a task makes an edge from needed to node, or NULL. */
static const struct need *need_of(struct plan *plan, uint32_t task, uint32_t needed, uint32_t node)
{
    const struct task *the = &plan->workflow->tasks[task];
    for (uint32_t i = 0; i < the->need_count; i++)
        if (stands_for(plan, node, &the->needs[i], needed))
            return &the->needs[i];
    return NULL;
}

/* Whose need it is: the node's own, or of one that pipes make it start with. */
static const struct need *find_need(struct plan *plan, uint32_t needed, uint32_t node,
                                    uint32_t *ret_node)
{
    const struct need *need = need_of(plan, plan->task[node], needed, node);
    const struct gang *gang = plan_task_gang(plan, plan->task[node]);
    *ret_node = node;
    for (uint32_t i = 0; need == NULL && gang != NULL && i < gang->count; i++) {
        *ret_node = gang->nodes[i];
        need = need_of(plan, plan->task[*ret_node], needed, *ret_node);
    }
    return need;
}

/* The place of the need that makes an edge from needed to node. */
static place place_of_edge(struct plan *plan, uint32_t needed, uint32_t node)
{
    uint32_t whose;
    const struct need *need = find_need(plan, needed, node, &whose);
    return need != NULL ? need->at : plan->workflow->tasks[plan->task[node]].at;
}

/* Drops the joins and turns the cycle so that each needs the next, from the smallest. */
static uint32_t arrange(const struct plan *plan, uint32_t *cycle, uint32_t length, uint32_t *ret)
{
    uint32_t count = 0, smallest = 0;
    for (uint32_t i = 0; i < length; i++)
        if (plan_is_counted(plan, cycle[i]))
            cycle[count++] = cycle[i];
    for (uint32_t i = 1; i < count; i++)
        if (cycle[i] < cycle[smallest])
            smallest = i;
    for (uint32_t i = 0; i < count; i++)
        ret[i] = cycle[(smallest + count - i) % count];
    return count;
}

static void write_pair(struct plan *plan, uint32_t node, uint32_t needed, struct buffer *out)
{
    uint32_t whose;
    bool is_found = find_need(plan, needed, node, &whose) != NULL;
    plan_write_name(plan, node, out);
    if (is_found && whose != node) {
        buffer_add_text(out, " starts with ");
        plan_write_name(plan, whose, out);
        buffer_add_text(out, ", which");
    }
    buffer_add_text(out, " needs ");
    if (node == needed)
        buffer_add_text(out, "itself");
    else
        plan_write_name(plan, needed, out);
}

static void write_place(const struct plan *plan, place at, struct buffer *out)
{
    struct location location;
    if (sources_locate(plan->workflow->sources, at, &location))
        buffer_printf(out, " at %s:%u", location.file, location.line);
}

static void report_cycle(struct plan *plan, const uint32_t *chain, uint32_t count,
                         struct diagnostics *diagnostics)
{
    CLEANUP_BUFFER struct buffer message = {0};
    CLEANUP_BUFFER struct buffer hint = {0};
    for (uint32_t i = 0; i < count; i++) {
        uint32_t needed = chain[(i + 1) % count];
        if (i >= MOST_SHOWN && i + 1 < count)
            continue;
        const char *between = i == 0 ? "" : i > MOST_SHOWN ? ", ..., " : ", ";
        buffer_add_text(&message, between);
        write_pair(plan, chain[i], needed, &message);
        buffer_add_text(&hint, between);
        write_pair(plan, chain[i], needed, &hint);
        write_place(plan, place_of_edge(plan, needed, chain[i]), &hint);
    }
    place first = place_of_edge(plan, chain[count > 1 ? 1 : 0], chain[0]);
    if (count == 1) {
        diagnostics_add(diagnostics, first, "%s", buffer_text(&message));
        return;
    }
    diagnostics_add(diagnostics, first, "a cycle of needs: %s", buffer_text(&message));
    diagnostics_hint(diagnostics, "take one out: %s", buffer_text(&hint));
}

void levels_find_cycle(struct plan *plan, const struct graph *graph, uint32_t first,
                       struct diagnostics *diagnostics)
{
    CLEANUP_FREE uint32_t *cycle = memory_array(graph->node_count, sizeof *cycle);
    CLEANUP_FREE uint32_t *chain = memory_array(graph->node_count, sizeof *chain);
    uint32_t length = graph_cycle(graph, cycle);
    for (uint32_t i = 0; i < length; i++)
        cycle[i] += first;
    report_cycle(plan, chain, arrange(plan, cycle, length, chain), diagnostics);
}

uint64_t node_weight(const struct plan *plan, uint32_t node)
{
    if (!plan_is_counted(plan, node))
        return 0;
    uint32_t task = plan->task[node];
    const struct program *program = plan_task_program(plan, task);
    return program != NULL ? program->weight : plan->workflow->tasks[task].body != BODY_NONE;
}

void build_levels(struct plan *plan, struct diagnostics *diagnostics)
{
    CLEANUP_FREE uint32_t *order = memory_array(plan->node_count, sizeof *order);
    plan->levels = memory_array(plan->node_count, sizeof *plan->levels);
    if (graph_order(&plan->dependents, order) < plan->node_count) {
        levels_find_cycle(plan, &plan->dependents, 0, diagnostics);
        return;
    }
    CLEANUP_FREE uint64_t *weights = memory_array(plan->node_count, sizeof *weights);
    for (uint32_t node = 0; node < plan->node_count; node++)
        weights[node] = node_weight(plan, node);
    graph_levels(&plan->dependents, order, weights, plan->levels);
}
