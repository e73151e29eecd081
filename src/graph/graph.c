/* Compressed rows and the walks over them. Every walk keeps its own queue or stack in an array, so
 * the longest chain costs memory in proportion, never the program's stack. */
#include "graph/graph.h"

#include <string.h>

#include "base/memory.h"

/* Turns the counts in first[1..node_count] into the rows' beginnings. */
static void sum_up(uint32_t *first, uint32_t node_count)
{
    for (uint32_t i = 0; i < node_count; i++)
        first[i + 1] += first[i];
}

/* Rows are filled by moving first[] forward; this moves it back by one row. */
static void step_back(uint32_t *first, uint32_t node_count)
{
    memmove(first + 1, first, sizeof *first * node_count);
    first[0] = 0;
}

void graph_build(struct graph *ret, uint32_t node_count, const struct edge *edges,
                 uint32_t edge_count)
{
    *ret = (struct graph){.node_count = node_count, .edge_count = edge_count};
    ret->first = memory_array((size_t)node_count + 1, sizeof *ret->first);
    ret->targets = memory_array(edge_count, sizeof *ret->targets);
    for (uint32_t i = 0; i < edge_count; i++)
        ret->first[edges[i].from + 1]++;
    sum_up(ret->first, node_count);
    for (uint32_t i = 0; i < edge_count; i++)
        ret->targets[ret->first[edges[i].from]++] = edges[i].to;
    step_back(ret->first, node_count);
}

void graph_append(struct graph *graph, uint32_t new_nodes, const struct edge *edges,
                  uint32_t edge_count)
{
    uint32_t old_nodes = graph->node_count;
    graph->first = memory_grow(graph->first, old_nodes, new_nodes + 1, &graph->first_capacity,
                               sizeof *graph->first);
    graph->targets = memory_grow(graph->targets, graph->edge_count, edge_count,
                                 &graph->target_capacity, sizeof *graph->targets);
    if (old_nodes == 0)
        graph->first[0] = 0;
    uint32_t *first = graph->first + old_nodes;
    memset(first + 1, 0, sizeof *first * new_nodes);
    for (uint32_t i = 0; i < edge_count; i++)
        first[edges[i].from - old_nodes + 1]++;
    sum_up(first, new_nodes);
    for (uint32_t i = 0; i < edge_count; i++)
        graph->targets[first[edges[i].from - old_nodes]++] = edges[i].to;
    memmove(first + 1, first, sizeof *first * new_nodes);
    first[0] = graph->edge_count;
    graph->node_count += new_nodes;
    graph->edge_count += edge_count;
}

void graph_reverse(struct graph *ret, const struct graph *graph)
{
    uint32_t count = graph->node_count;
    *ret = (struct graph){.node_count = count, .edge_count = graph->edge_count};
    ret->first = memory_array((size_t)count + 1, sizeof *ret->first);
    ret->targets = memory_array(graph->edge_count, sizeof *ret->targets);
    for (uint32_t i = 0; i < graph->edge_count; i++)
        ret->first[graph->targets[i] + 1]++;
    sum_up(ret->first, count);
    for (uint32_t from = 0; from < count; from++)
        for (uint32_t i = graph->first[from]; i < graph->first[from + 1]; i++)
            ret->targets[ret->first[graph->targets[i]]++] = from;
    step_back(ret->first, count);
}

void graph_release(struct graph *graph)
{
    memory_free(graph->first);
    memory_free(graph->targets);
    *graph = (struct graph){0};
}

uint32_t graph_order(const struct graph *graph, uint32_t *order)
{
    uint32_t count = graph->node_count, end = 0;
    CLEANUP_FREE uint32_t *missing = memory_array(count, sizeof *missing);
    for (uint32_t i = 0; i < graph->edge_count; i++)
        missing[graph->targets[i]]++;
    for (uint32_t node = 0; node < count; node++)
        if (missing[node] == 0)
            order[end++] = node;
    for (uint32_t next = 0; next < end; next++) {
        uint32_t node = order[next];
        for (uint32_t i = graph->first[node]; i < graph->first[node + 1]; i++)
            if (--missing[graph->targets[i]] == 0)
                order[end++] = graph->targets[i];
    }
    return end;
}

/* Some node on a cycle, UINT32_MAX if there is none. A node that Kahn's algorithm leaves over has a
 * predecessor that is left over too, so a walk backward must come round. */
static uint32_t cyclic_node(const struct graph *graph, uint32_t *scratch)
{
    uint32_t count = graph->node_count;
    uint32_t ordered = graph_order(graph, scratch);
    if (ordered == count)
        return UINT32_MAX;
    CLEANUP_FREE bool *is_done = memory_array(count, sizeof *is_done);
    for (uint32_t i = 0; i < ordered; i++)
        is_done[scratch[i]] = true;
    uint32_t *before = scratch;
    uint32_t node = 0;
    for (uint32_t from = count; from-- > 0;) {
        if (is_done[from])
            continue;
        node = from;
        for (uint32_t i = graph->first[from]; i < graph->first[from + 1]; i++)
            before[graph->targets[i]] = from;
    }
    while (!is_done[node]) {
        is_done[node] = true;
        node = before[node];
    }
    return node;
}

/* The length of the chain start ... last by the parents of a search, written to cycle. */
static uint32_t write_chain(const uint32_t *parent, uint32_t start, uint32_t last, uint32_t *cycle)
{
    uint32_t length = 1;
    for (uint32_t node = last; node != start; node = parent[node])
        length++;
    uint32_t i = length;
    for (uint32_t node = last; i > 0; node = parent[node])
        cycle[--i] = node;
    return length;
}

uint32_t graph_cycle(const struct graph *graph, uint32_t *cycle)
{
    uint32_t start = cyclic_node(graph, cycle);
    if (start == UINT32_MAX)
        return 0;
    CLEANUP_FREE uint32_t *parent = memory_array(graph->node_count, sizeof *parent);
    memset(parent, 0xff, sizeof *parent * graph->node_count);
    uint32_t *queue = cycle, end = 0;
    parent[start] = start;
    queue[end++] = start;
    for (uint32_t next = 0; next < end; next++) {
        uint32_t node = queue[next];
        for (uint32_t i = graph->first[node]; i < graph->first[node + 1]; i++) {
            uint32_t target = graph->targets[i];
            if (target == start)
                return write_chain(parent, start, node, cycle);
            if (parent[target] == UINT32_MAX) {
                parent[target] = node;
                queue[end++] = target;
            }
        }
    }
    return 0;
}

void graph_levels(const struct graph *graph, const uint32_t *order, const uint64_t *weights,
                  uint64_t *levels)
{
    for (uint32_t at = graph->node_count; at-- > 0;) {
        uint32_t node = order[at];
        uint64_t longest = 0;
        for (uint32_t i = graph->first[node]; i < graph->first[node + 1]; i++)
            if (levels[graph->targets[i]] > longest)
                longest = levels[graph->targets[i]];
        levels[node] = longest + (weights == NULL ? 1 : weights[node]);
    }
}

void graph_reach(const struct graph *reversed, bool *marks)
{
    CLEANUP_FREE uint32_t *stack = memory_array(reversed->node_count, sizeof *stack);
    uint32_t depth = 0;
    for (uint32_t node = 0; node < reversed->node_count; node++)
        if (marks[node])
            stack[depth++] = node;
    while (depth > 0) {
        uint32_t node = stack[--depth];
        for (uint32_t i = reversed->first[node]; i < reversed->first[node + 1]; i++) {
            uint32_t target = reversed->targets[i];
            if (!marks[target]) {
                marks[target] = true;
                stack[depth++] = target;
            }
        }
    }
}
