/* The executor that starts nothing. Launches are answered in the next turn of the loop, not from
 * within launch, so that a chain of tasks of any length does not become a chain of calls. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "execute/execute.h"

struct pair {
    uint32_t node, attempt;
};

struct dry_executor {
    struct executor base;
    struct loop *loop;
    struct reports reports;
    struct alarm *alarm; /* armed while anything is launched */
    VEC(struct pair) launched;
    VEC(struct pair) answering;
};

static void answer(void *context)
{
    struct dry_executor *dry = context;
    static const struct exit_report success = {.kind = EXIT_CODE};
    dry->alarm = NULL;
    dry->answering.count = 0;
    for (uint32_t i = 0; i < dry->launched.count; i++)
        *VEC_PUSH(&dry->answering) = dry->launched.items[i];
    dry->launched.count = 0;
    for (uint32_t i = 0; i < dry->answering.count; i++) {
        struct pair pair = dry->answering.items[i];
        dry->reports.started(dry->reports.context, pair.node, pair.attempt, 0, clock_monotonic());
        dry->reports.finished(dry->reports.context, pair.node, pair.attempt, &success);
    }
}

static void dry_launch(struct executor *executor, const struct launch *launch)
{
    struct dry_executor *dry = (struct dry_executor *)executor;
    *VEC_PUSH(&dry->launched) = (struct pair){launch->node, launch->attempt};
    if (dry->alarm == NULL)
        dry->alarm = loop_at(dry->loop, 0, answer, dry);
}

/* All have succeeded already. */
static void dry_signal(struct executor *executor, uint32_t node, uint32_t attempt, bool is_kill)
{
    (void)executor, (void)node, (void)attempt, (void)is_kill;
}

static void dry_pause(struct executor *executor, bool is_paused)
{
    (void)executor, (void)is_paused;
}

static void dry_close(struct executor *executor)
{
    struct dry_executor *dry = (struct dry_executor *)executor;
    loop_cancel(dry->loop, dry->alarm);
    VEC_RELEASE(&dry->launched);
    VEC_RELEASE(&dry->answering);
    free(dry);
}

struct executor *dry_executor_new(struct loop *loop, const struct reports *reports)
{
    static const struct executor_methods methods = {"dry", dry_launch, dry_signal, dry_pause,
                                                    dry_close};
    struct dry_executor *dry = memory_new(sizeof *dry);
    dry->base.methods = &methods;
    dry->loop = loop;
    dry->reports = *reports;
    return &dry->base;
}
