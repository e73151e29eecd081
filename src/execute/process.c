/* The process executor: which attempts there are, and who may start now. See start.c for an
 * attempt's way to a process and its end, output.c for what it writes, stop.c for signals. */
#include "execute/process.h"

#include <errno.h>
#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"

#define SECOND INT64_C(1000000000)
enum { SPAWNERS_LEAST = 2, SPAWNERS_MOST = 8, BUCKETS = 64 };
enum { STARTS_AWAITED = 50 /* milliseconds */ };

/* --- the table of attempts --- */

static struct attempt **bucket(const struct process_executor *executor, uint32_t node,
                               uint32_t number)
{
    uint64_t key = ((uint64_t)number << 32 | node) * UINT64_C(0x9E3779B97F4A7C15);
    return &executor->buckets[(key >> 32) & (executor->bucket_count - 1)];
}

struct attempt *process_find(struct process_executor *executor, uint32_t node, uint32_t number)
{
    struct attempt *attempt = *bucket(executor, node, number);
    while (attempt != NULL && (attempt->node != node || attempt->number != number))
        attempt = attempt->next;
    return attempt;
}

static void insert(struct process_executor *executor, struct attempt *attempt)
{
    struct attempt **head = bucket(executor, attempt->node, attempt->number);
    attempt->next = *head;
    *head = attempt;
}

static void grow(struct process_executor *executor)
{
    struct attempt **old = executor->buckets;
    uint32_t old_count = executor->bucket_count;
    executor->bucket_count = old_count == 0 ? BUCKETS : 2 * old_count;
    executor->buckets = memory_array(executor->bucket_count, sizeof(struct attempt *));
    for (uint32_t i = 0; i < old_count; i++)
        for (struct attempt *attempt = old[i], *next; attempt != NULL; attempt = next) {
            next = attempt->next;
            insert(executor, attempt);
        }
    free(old);
}

static struct attempt *add(struct process_executor *executor, const struct launch *launch)
{
    struct attempt *attempt = executor->spare;
    if (attempt != NULL)
        executor->spare = attempt->next;
    else
        attempt = memory_new(sizeof *attempt);
    *attempt = (struct attempt){
        .executor = executor,
        .launch = launch,
        .node = launch->node,
        .number = launch->attempt,
        .handle = -1,
        .job.spawn.outputs = {-1, -1},
        .pipes = {{.attempt = attempt, .descriptor = -1}, {.attempt = attempt, .descriptor = -1}}};
    if (executor->count == executor->bucket_count)
        grow(executor);
    insert(executor, attempt);
    executor->count++;
    return attempt;
}

static void drop(struct attempt *attempt)
{
    struct process_executor *executor = attempt->executor;
    struct attempt **link = bucket(executor, attempt->node, attempt->number);
    while (*link != attempt)
        link = &(*link)->next;
    *link = attempt->next;
    pipes_close(attempt);
    loop_remove(executor->loop, attempt->watch);
    loop_cancel(executor->loop, attempt->drain_limit);
    loop_cancel(executor->loop, attempt->aborting);
    file_close(&attempt->handle);
    attempt->next = executor->spare;
    executor->spare = attempt;
    executor->count--;
}

/* --- from launch to finish --- */

void process_finish(struct attempt *attempt, const struct exit_report *report)
{
    struct process_executor *executor = attempt->executor;
    struct exit_report copy = *report;
    uint32_t node = attempt->node, number = attempt->number;
    drop(attempt);
    executor->reports.finished(executor->reports.context, node, number, &copy);
    process_release_held(executor);
}

static bool is_room(const struct process_executor *executor)
{
    return !executor->is_paused && executor->with_spawners + executor->processes < executor->window;
}

void process_release_held(struct process_executor *executor)
{
    while (!TAILQ_EMPTY(&executor->held) && is_room(executor)) {
        struct attempt *attempt = TAILQ_FIRST(&executor->held);
        TAILQ_REMOVE(&executor->held, attempt, link);
        process_submit(attempt);
    }
    if (TAILQ_EMPTY(&executor->held) && executor->try_again == NULL)
        executor->window = UINT32_MAX;
}

/* Processes that lost their parent come to us, as the subreaper, to be waited for. They are
 * children of this thread; those of the spawners are not, so none of an attempt is taken here. */
static void reap(void *context)
{
    struct process_executor *executor = context;
    while (waitpid(-1, NULL, WNOHANG | __WNOTHREAD) > 0)
        ;
    executor->reaping = NULL;
    if (executor->count > 0)
        executor->reaping = loop_at(executor->loop, clock_monotonic() + SECOND, reap, executor);
}

static void process_launch(struct executor *base, const struct launch *launch)
{
    struct process_executor *executor = (struct process_executor *)base;
    struct attempt *attempt = add(executor, launch);
    if (executor->reaping == NULL)
        executor->reaping = loop_at(executor->loop, clock_monotonic() + SECOND, reap, executor);
    if (TAILQ_EMPTY(&executor->held) && is_room(executor)) {
        process_submit(attempt);
        return;
    }
    attempt->state = ATTEMPT_HELD;
    TAILQ_INSERT_TAIL(&executor->held, attempt, link);
}

/* --- pauses --- */

/* For a moment: those that are being started are to stand still, too. One that starts later runs on
 * while the others stand. */
static void await_starts(struct process_executor *executor)
{
    static const struct timespec pause = {.tv_nsec = 1000000};
    for (int i = 0; i < STARTS_AWAITED && executor->with_spawners > 0; i++) {
        loop_unlock(executor->loop);
        nanosleep(&pause, NULL);
        loop_lock(executor->loop);
    }
}

static void signal_running(const struct process_executor *executor, int number)
{
    for (uint32_t i = 0; i < executor->bucket_count; i++)
        for (const struct attempt *at = executor->buckets[i]; at != NULL; at = at->next)
            if (at->state == ATTEMPT_RUNNING)
                kill(-at->job.spawn.process, number);
}

static void go_on(struct process_executor *executor)
{
    int64_t stood = clock_monotonic() - executor->paused_at;
    executor->stood += stood;
    stop_delay(executor, stood);
    if (executor->failing != 0)
        executor->failing += stood;
    executor->is_paused = false;
    process_release_held(executor);
}

/* What is launched in a pause is held: the end of a short process, told of while starts are
 * awaited, would make the next start for ever. */
static void process_pause(struct executor *base, bool is_paused)
{
    struct process_executor *executor = (struct process_executor *)base;
    if (is_paused) {
        executor->is_paused = true;
        await_starts(executor);
        signal_running(executor, SIGTSTP);
        executor->paused_at = clock_monotonic();
    } else {
        signal_running(executor, SIGCONT);
        go_on(executor);
    }
}

/* --- the whole --- */

static void close_attempts(struct process_executor *executor)
{
    for (uint32_t i = 0; i < executor->bucket_count; i++)
        while (executor->buckets[i] != NULL)
            drop(executor->buckets[i]);
    while (executor->spare != NULL) {
        struct attempt *attempt = executor->spare;
        executor->spare = attempt->next;
        free(attempt);
    }
    free(executor->buckets);
}

static void release(struct process_executor *executor)
{
    stop_close(executor);
    loop_cancel(executor->loop, executor->try_again);
    loop_cancel(executor->loop, executor->look);
    loop_cancel(executor->loop, executor->reaping);
    loop_cancel(executor->loop, executor->settling);
    spawn_setup_release(&executor->setup);
    lookup_release(&executor->lookup);
    free(executor->bytes);
    free(executor);
}

/* Attempts that are still there, as after an error of the loop, end with the tree, unreported. */
static void process_close(struct executor *base)
{
    struct process_executor *executor = (struct process_executor *)base;
    executor->is_closing = true;
    spawners_free(executor->spawners);
    tree_end(executor->grace);
    close_attempts(executor);
    release(executor);
}

static uint32_t spawner_count(uint32_t asked)
{
    cpu_set_t mask;
    if (asked > 0)
        return asked;
    int cpus = sched_getaffinity(0, sizeof mask, &mask) == 0 ? CPU_COUNT(&mask) : SPAWNERS_MOST;
    return cpus < SPAWNERS_LEAST  ? SPAWNERS_LEAST
           : cpus > SPAWNERS_MOST ? SPAWNERS_MOST
                                  : (uint32_t)cpus;
}

/* An ignored SIGCHLD would let the kernel throw the exit statuses away. */
static void keep_statuses(void)
{
    struct sigaction action;
    if (sigaction(SIGCHLD, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
        signal(SIGCHLD, SIG_DFL);
}

static bool open_spawners(struct process_executor *executor, const struct process_options *options,
                          struct error *error)
{
    keep_statuses();
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (!spawn_setup_init(&executor->setup, options->child_mask))
        return error_set_system(error, errno, "cannot open /dev/null");
    if (options->is_wide)
        spawn_setup_widen(&executor->setup);
    executor->spawners =
        spawners_new(executor->loop, &executor->setup, spawner_count(options->spawners),
                     process_given_back, executor, error);
    return executor->spawners != NULL;
}

struct executor *process_executor_new(struct loop *loop, const struct reports *reports,
                                      const struct process_options *options, struct error *error)
{
    static const struct executor_methods methods = {"process", process_launch, process_signal,
                                                    process_pause, process_close};
    struct process_executor *executor = memory_new(sizeof *executor);
    mallopt(M_ARENA_MAX, 1); /* one thread at a time works, whichever it is */
    executor->base.methods = &methods;
    executor->loop = loop;
    executor->reports = *reports;
    executor->grace = options->grace > 0 ? options->grace : 10 * SECOND;
    executor->drain = options->drain > 0 ? options->drain : SECOND / 10;
    executor->patience = options->patience > 0 ? options->patience : 10 * SECOND;
    executor->window = UINT32_MAX;
    TAILQ_INIT(&executor->held);
    TAILQ_INIT(&executor->unwatched);
    TAILQ_INIT(&executor->settled);
    lookup_init(&executor->lookup);
    executor->bytes = memory_new(OUTPUT_SIZE);
    grow(executor);
    if (open_spawners(executor, options, error))
        return &executor->base;
    free(executor->buckets);
    release(executor);
    return NULL;
}
