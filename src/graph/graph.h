/* Directed graphs on dense integers, in compressed rows: the algorithms the plan needs, linear in
 * nodes and edges, without recursion. Knows no tasks. */
#ifndef GRAPH_GRAPH_H
#define GRAPH_GRAPH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"

/* Row i is targets[first[i]] .. targets[first[i + 1] - 1]. */
struct graph {
    uint32_t node_count;
    uint32_t edge_count;
    uint32_t *first; /* node_count + 1 */
    uint32_t *targets;
    uint32_t first_capacity, target_capacity; /* graph_append's; 0: no more than is there */
};

struct edge {
    uint32_t from, to;
};

/* Builds rows from an edge list by counting sort: within a row, edges keep the list's order.
 * Duplicate edges stay. */
void graph_build(struct graph *ret, uint32_t node_count, const struct edge *edges,
                 uint32_t edge_count);
/* Adds nodes, and edges out of the new nodes only (old rows never change). Costs what is added,
 * on average over many calls. */
void graph_append(struct graph *graph, uint32_t new_nodes, const struct edge *edges,
                  uint32_t edge_count);
void graph_reverse(struct graph *ret, const struct graph *graph);
void graph_release(struct graph *graph);

/* Kahn's algorithm. order (node_count long) gets a topological order; the number of nodes in it is
 * returned: fewer than node_count if there is a cycle. */
uint32_t graph_order(const struct graph *graph, uint32_t *order);
/* A shortest cycle through some node of a cycle: a list n0, n1, ..., nk with edges n0→n1→...→n0.
 * Returns its length, 0 if the graph has none. Nodes go to cycle (node_count long). */
uint32_t graph_cycle(const struct graph *graph, uint32_t *cycle);
/* For each node the greatest sum of weights on a path that begins with it (its own included): the
 * b-level of list scheduling (Hu 1961). NULL weights: all 1. The graph must have no cycle. */
void graph_levels(const struct graph *graph, const uint32_t *order, const uint64_t *weights,
                  uint64_t *levels);
/* Marks all nodes from which a marked node can be reached, given the reversed graph. */
void graph_reach(const struct graph *reversed, bool *marks);

#endif
