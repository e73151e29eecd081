// bench/functions by oneTBB's flow graph: functions_tbb free|chain|tree|wavefront COUNT [THREADS]
#include "functions_shapes.h"

#include <atomic>
#include <deque>
#include <tbb/flow_graph.h>
#include <tbb/global_control.h>

using node = tbb::flow::continue_node<tbb::flow::continue_msg>;

int main(int argc, char **argv)
{
    struct shape shape = shape_read(argc, argv);
    size_t threads = argc > 3 ? strtoul(argv[3], nullptr, 10) : 2;
    tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
    std::atomic<uint32_t> done{0};
    double begin = shape_now();
    tbb::flow::graph graph;
    std::deque<node> nodes;
    std::deque<node *> roots;
    for (uint32_t i = 0; i < shape.count; i++) {
        uint32_t needs[2];
        int count = shape_needs(&shape, i, needs);
        nodes.emplace_back(graph, [&done](const tbb::flow::continue_msg &) {
            done.fetch_add(1, std::memory_order_relaxed);
        });
        for (int k = 0; k < count; k++)
            tbb::flow::make_edge(nodes[needs[k]], nodes[i]);
        if (count == 0)
            roots.push_back(&nodes[i]);
    }
    double built = shape_now();
    for (node *root : roots)
        root->try_put(tbb::flow::continue_msg());
    graph.wait_for_all();
    shape_print(begin, built, shape_now());
    return done == shape.count ? 0 : 1;
}
