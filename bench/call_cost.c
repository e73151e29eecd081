/* What a call of an empty function costs its executor, alone: no scheduler, no journal.
 *
 *     bench/call_cost SHAPE COUNT THREADS AT_A_TIME LIBRARY FUNCTION
 *
 * SHAPE chain: each call is launched by the end of the one before; free: as many as AT_A_TIME at a
 * time. Prints nanoseconds a call; under `valgrind --tool=callgrind`, instructions are what counts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "execute/execute.h"
#include "value/value.h"

struct bench {
    struct executor *executor;
    struct launch *launches;
    uint32_t left, running;
};

static void on_started(void *context, uint32_t node, uint32_t attempt, int process, int64_t at)
{
    (void)context, (void)node, (void)attempt, (void)process, (void)at;
}

static void on_finished(void *context, uint32_t node, uint32_t attempt,
                        const struct exit_report *report)
{
    struct bench *bench = context;
    (void)attempt;
    if (report->kind != EXIT_RETURNED) {
        fprintf(stderr, "call_cost: %s\n", report->detail != NULL ? report->detail : "failed");
        exit(1);
    }
    bench->running--;
    if (bench->left == 0)
        return;
    bench->left--;
    bench->running++;
    bench->executor->methods->launch(bench->executor, &bench->launches[node]);
}

static int64_t after(void *context)
{
    return ((struct bench *)context)->running == 0 ? 0 : INT64_MAX;
}

static void run(struct bench *bench, struct loop *loop, uint32_t window)
{
    for (uint32_t i = 0; i < window && bench->left > 0; i++) {
        bench->left--;
        bench->running++;
        bench->executor->methods->launch(bench->executor, &bench->launches[i]);
    }
    loop_set_after(loop, after, bench);
    while (bench->running > 0)
        if (!loop_turn(loop, INT64_MAX, NULL))
            exit(1);
}

int main(int argc, char **argv)
{
    if (argc != 7)
        return fputs("usage: call_cost chain|free COUNT THREADS AT_A_TIME LIBRARY FUNCTION\n",
                     stderr),
               2;
    uint32_t count = (uint32_t)strtoul(argv[2], NULL, 10);
    uint32_t window = strcmp(argv[1], "chain") == 0 ? 1 : (uint32_t)strtoul(argv[4], NULL, 10);
    struct names names;
    value_init();
    names_init(&names);
    struct bench bench = {.left = count};
    struct reports reports = {.context = &bench, .started = on_started, .finished = on_finished};
    struct function_options options = {.names = &names, .default_size = 1, .directory = "/"};
    struct function function = {.kind = FUNCTION_LIBRARY,
                                .file = names_add_text(&names, argv[5]),
                                .text = names_add_text(&names, argv[6])};
    struct pool pool = {.size = (uint32_t)strtoul(argv[3], NULL, 10)};
    struct invocation invocation = {.function = &function, .pool = &pool};
    struct loop *loop = loop_new(NULL);
    bench.executor = thread_executor_new(loop, &reports, &options, NULL);
    bench.launches = memory_array(window, sizeof *bench.launches);
    for (uint32_t i = 0; i < window; i++)
        bench.launches[i] = (struct launch){.node = i, .attempt = 1, .call = &invocation};
    int64_t begin = clock_monotonic();
    run(&bench, loop, window);
    printf("%s: %.1f ns a call\n", argv[1], (double)(clock_monotonic() - begin) / count);
    bench.executor->methods->close(bench.executor);
    loop_free(loop);
    free(bench.launches);
    names_release(&names);
    return 0;
}
