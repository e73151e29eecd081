/* Follows plan->levels: from the selected node with the greatest, the first of the greatest ones
 * behind it, to the end. Each edge is looked at once at most. */
#include "analyse/critical_path.h"

#include "base/memory.h"

/* The selected node with the greatest level among those that the row of `from` leads to. */
static uint32_t next_of(const struct plan *plan, uint32_t from)
{
    const struct graph *graph = &plan->dependents;
    uint32_t best = NO_NODE;
    for (uint32_t i = graph->first[from]; i < graph->first[from + 1]; i++) {
        uint32_t node = graph->targets[i];
        if (plan->is_selected[node] && (best == NO_NODE || plan->levels[node] > plan->levels[best]))
            best = node;
    }
    return best;
}

static uint32_t first_of(const struct plan *plan)
{
    uint32_t best = NO_NODE;
    for (uint32_t node = 0; node < plan->node_count; node++)
        if (plan->is_selected[node] && (best == NO_NODE || plan->levels[node] > plan->levels[best]))
            best = node;
    return best;
}

uint32_t *critical_path(const struct plan *plan)
{
    uint32_t *next = memory_array(plan->node_count, sizeof *next);
    for (uint32_t node = 0; node < plan->node_count; node++)
        next[node] = NO_NODE;
    for (uint32_t node = first_of(plan); node != NO_NODE;) {
        uint32_t behind = next_of(plan, node);
        next[node] = behind != NO_NODE ? behind : node;
        node = behind;
    }
    return next;
}

uint64_t critical_path_length(const struct plan *plan)
{
    uint32_t first = first_of(plan);
    return first != NO_NODE ? plan->levels[first] : 0;
}
