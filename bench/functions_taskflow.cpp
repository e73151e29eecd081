// bench/functions by Taskflow: functions_taskflow free|chain|tree|wavefront COUNT [THREADS]
#include "functions_shapes.h"

#include <atomic>
#include <taskflow/taskflow.hpp>
#include <vector>

int main(int argc, char **argv)
{
    struct shape shape = shape_read(argc, argv);
    tf::Executor executor(argc > 3 ? strtoul(argv[3], nullptr, 10) : 2);
    std::atomic<uint32_t> done{0};
    double begin = shape_now();
    tf::Taskflow flow;
    std::vector<tf::Task> tasks;
    tasks.reserve(shape.count);
    for (uint32_t i = 0; i < shape.count; i++) {
        uint32_t needs[2];
        tasks.push_back(flow.emplace([&done] { done.fetch_add(1, std::memory_order_relaxed); }));
        for (int k = shape_needs(&shape, i, needs); k-- > 0;)
            tasks[needs[k]].precede(tasks[i]);
    }
    double built = shape_now();
    executor.run(flow).wait();
    shape_print(begin, built, shape_now());
    return done == shape.count ? 0 : 1;
}
