/* The graph's promises, by small cases to the letter, by comparison with slow and plain algorithms
 * on many random graphs, and by chains too long for any recursion. */
#include "graph/graph.h"

#include <stdlib.h>
#include <string.h>

#include "support/check.h"

static uint32_t random_state;

static uint32_t random_below(uint32_t most)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % most;
}

static void check_row(const struct graph *graph, uint32_t node, uint32_t count,
                      const uint32_t *targets)
{
    CU_ASSERT_EQUAL_FATAL(graph->first[node + 1] - graph->first[node], count);
    for (uint32_t i = 0; i < count; i++)
        CU_ASSERT_EQUAL(graph->targets[graph->first[node] + i], targets[i]);
}

static void test_build_keeps_order(void)
{
    const struct edge edges[] = {{2, 0}, {0, 3}, {2, 1}, {0, 1}, {2, 0}};
    struct graph graph;
    graph_build(&graph, 4, edges, 5);
    CU_ASSERT_EQUAL(graph.node_count, 4);
    CU_ASSERT_EQUAL(graph.edge_count, 5);
    check_row(&graph, 0, 2, (uint32_t[]){3, 1});
    check_row(&graph, 1, 0, NULL);
    check_row(&graph, 2, 3, (uint32_t[]){0, 1, 0});
    check_row(&graph, 3, 0, NULL);
    graph_release(&graph);
    CU_ASSERT_PTR_NULL(graph.first);
}

static void test_empty(void)
{
    struct graph graph, reversed;
    graph_build(&graph, 0, NULL, 0);
    CU_ASSERT_EQUAL(graph.first[0], 0);
    uint32_t nothing[1];
    CU_ASSERT_EQUAL(graph_order(&graph, nothing), 0);
    CU_ASSERT_EQUAL(graph_cycle(&graph, nothing), 0);
    graph_reverse(&reversed, &graph);
    graph_reach(&reversed, NULL);
    graph_levels(&graph, nothing, NULL, NULL);
    graph_release(&graph);
    graph_release(&reversed);
}

static void test_append(void)
{
    const struct edge old[] = {{0, 1}};
    struct graph graph;
    graph_build(&graph, 2, old, 1);
    const struct edge more[] = {{3, 1}, {2, 0}, {3, 2}};
    graph_append(&graph, 2, more, 3);
    CU_ASSERT_EQUAL(graph.node_count, 4);
    CU_ASSERT_EQUAL(graph.edge_count, 4);
    check_row(&graph, 0, 1, (uint32_t[]){1});
    check_row(&graph, 1, 0, NULL);
    check_row(&graph, 2, 1, (uint32_t[]){0});
    check_row(&graph, 3, 2, (uint32_t[]){1, 2});
    graph_append(&graph, 0, NULL, 0);
    CU_ASSERT_EQUAL(graph.node_count, 4);
    graph_release(&graph);
    graph_append(&graph, 2, (struct edge[]){{0, 1}}, 1);
    check_row(&graph, 0, 1, (uint32_t[]){1});
    graph_release(&graph);
}

static void test_reverse(void)
{
    const struct edge edges[] = {{0, 2}, {1, 2}, {0, 1}, {0, 2}};
    struct graph graph, reversed;
    graph_build(&graph, 3, edges, 4);
    graph_reverse(&reversed, &graph);
    check_row(&reversed, 0, 0, NULL);
    check_row(&reversed, 1, 1, (uint32_t[]){0});
    check_row(&reversed, 2, 3, (uint32_t[]){0, 0, 1});
    graph_release(&graph);
    graph_release(&reversed);
}

static void test_shortest_cycle_through_its_node(void)
{
    /* 0 leads into 1→2→3→1 with the short cut 2→1, and to 4 behind it. */
    const struct edge edges[] = {{0, 1}, {1, 2}, {2, 3}, {3, 1}, {2, 1}, {3, 4}};
    struct graph graph;
    graph_build(&graph, 5, edges, 6);
    uint32_t cycle[5];
    uint32_t length = graph_cycle(&graph, cycle);
    CU_ASSERT(length == 2 || length == 3);
    for (uint32_t i = 0; i < length; i++)
        CU_ASSERT(cycle[i] >= 1 && cycle[i] <= 3);
    graph_release(&graph);

    graph_build(&graph, 2, (struct edge[]){{0, 1}, {1, 1}}, 2);
    CU_ASSERT_EQUAL(graph_cycle(&graph, cycle), 1);
    CU_ASSERT_EQUAL(cycle[0], 1);
    graph_release(&graph);
}

static void test_levels(void)
{
    /* 0→1→3, 0→2→3, 4 alone */
    const struct edge edges[] = {{0, 1}, {1, 3}, {0, 2}, {2, 3}};
    const uint64_t weights[] = {1, 10, 2, 0, 7};
    struct graph graph;
    graph_build(&graph, 5, edges, 4);
    uint32_t order[5];
    uint64_t levels[5];
    CU_ASSERT_EQUAL_FATAL(graph_order(&graph, order), 5);
    graph_levels(&graph, order, weights, levels);
    CU_ASSERT(memcmp(levels, (uint64_t[]){11, 10, 2, 0, 7}, sizeof levels) == 0);
    graph_levels(&graph, order, NULL, levels);
    CU_ASSERT(memcmp(levels, (uint64_t[]){3, 2, 2, 1, 1}, sizeof levels) == 0);
    graph_release(&graph);
}

static void test_reach(void)
{
    const struct edge edges[] = {{0, 1}, {1, 2}, {3, 2}, {4, 4}};
    struct graph graph, reversed;
    graph_build(&graph, 5, edges, 4);
    graph_reverse(&reversed, &graph);
    bool marks[5] = {[1] = true, [4] = true};
    graph_reach(&reversed, marks);
    CU_ASSERT(memcmp(marks, (bool[]){true, true, false, false, true}, sizeof marks) == 0);
    bool all[5] = {[2] = true};
    graph_reach(&reversed, all);
    CU_ASSERT(memcmp(all, (bool[]){true, true, true, true, false}, sizeof all) == 0);
    graph_release(&graph);
    graph_release(&reversed);
}

enum { MOST = 9 };

/* Transitive closure by Warshall: what the quick walks are compared with. */
static void close_over(bool reaches[MOST][MOST], uint32_t count)
{
    for (uint32_t k = 0; k < count; k++)
        for (uint32_t i = 0; i < count; i++)
            for (uint32_t j = 0; j < count; j++)
                reaches[i][j] |= reaches[i][k] && reaches[k][j];
}

static bool has_edge(const struct graph *graph, uint32_t from, uint32_t to)
{
    for (uint32_t i = graph->first[from]; i < graph->first[from + 1]; i++)
        if (graph->targets[i] == to)
            return true;
    return false;
}

static void check_order(const struct graph *graph, bool is_cyclic)
{
    uint32_t order[MOST], position[MOST], cycle[MOST];
    uint32_t ordered = graph_order(graph, order);
    uint32_t length = graph_cycle(graph, cycle);
    CU_ASSERT_EQUAL(ordered < graph->node_count, is_cyclic);
    CU_ASSERT_EQUAL(length > 0, is_cyclic);
    for (uint32_t i = 0; i < length; i++)
        CU_ASSERT(has_edge(graph, cycle[i], cycle[(i + 1) % length]));
    if (is_cyclic)
        return;
    for (uint32_t i = 0; i < ordered; i++)
        position[order[i]] = i;
    for (uint32_t from = 0; from < graph->node_count; from++)
        for (uint32_t i = graph->first[from]; i < graph->first[from + 1]; i++)
            CU_ASSERT(position[from] < position[graph->targets[i]]);
}

static void check_random(void)
{
    uint32_t count = 1 + random_below(MOST - 1), edge_count = random_below(2 * count);
    struct edge edges[2 * MOST];
    bool reaches[MOST][MOST] = {0};
    for (uint32_t i = 0; i < edge_count; i++) {
        edges[i] = (struct edge){random_below(count), random_below(count)};
        reaches[edges[i].from][edges[i].to] = true;
    }
    close_over(reaches, count);
    bool is_cyclic = false;
    for (uint32_t i = 0; i < count; i++)
        is_cyclic |= reaches[i][i];
    struct graph graph, reversed;
    graph_build(&graph, count, edges, edge_count);
    check_order(&graph, is_cyclic);
    graph_reverse(&reversed, &graph);
    uint32_t goal = random_below(count);
    bool marks[MOST] = {0};
    marks[goal] = true;
    graph_reach(&reversed, marks);
    for (uint32_t i = 0; i < count; i++)
        CU_ASSERT_EQUAL(marks[i], i == goal || reaches[i][goal]);
    graph_release(&graph);
    graph_release(&reversed);
}

static void test_random_graphs(void)
{
    random_state = 1;
    for (int i = 0; i < 20000; i++)
        check_random();
}

static void test_long_chain(void)
{
    enum { LENGTH = 1000000 };
    struct edge *edges = malloc(sizeof *edges * LENGTH);
    for (uint32_t i = 0; i < LENGTH; i++)
        edges[i] = (struct edge){i, (i + 1) % LENGTH};
    uint32_t *order = malloc(sizeof *order * LENGTH);
    uint64_t *levels = malloc(sizeof *levels * LENGTH);
    bool *marks = calloc(LENGTH, 1);
    struct graph graph, reversed;
    graph_build(&graph, LENGTH, edges, LENGTH - 1);
    CU_ASSERT_EQUAL(graph_order(&graph, order), LENGTH);
    graph_levels(&graph, order, NULL, levels);
    CU_ASSERT_EQUAL(levels[0], LENGTH);
    graph_reverse(&reversed, &graph);
    marks[LENGTH - 1] = true;
    graph_reach(&reversed, marks);
    CU_ASSERT(marks[0]);
    graph_release(&graph);
    graph_release(&reversed);
    graph_build(&graph, LENGTH, edges, LENGTH);
    CU_ASSERT_EQUAL(graph_cycle(&graph, order), LENGTH);
    graph_release(&graph);
    free(edges);
    free(order);
    free(levels);
    free(marks);
}

int main(int argc, char **argv)
{
    static const struct check checks[] = {
        {"build keeps the order of edges", test_build_keeps_order},
        {"an empty graph", test_empty},
        {"append adds rows behind", test_append},
        {"reverse", test_reverse},
        {"the shortest cycle through a node", test_shortest_cycle_through_its_node},
        {"levels", test_levels},
        {"reach", test_reach},
        {"random graphs agree with plain algorithms", test_random_graphs},
        {"a chain of a million", test_long_chain},
        {NULL, NULL},
    };
    return check_main(argc, argv, "graph", checks);
}
