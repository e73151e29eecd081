/* From a launch to a process, and to its end.
 *
 * The spawners give an attempt back when its process has ended, or its first moment (moment.c): so
 * `started` is late by as much. From then on its pidfd and its pipes are watched. An attempt that
 * could not be watched, for want of resources or of pidfds (before Linux 5.3), is looked after
 * every LOOK.
 *
 * When a start fails for want of resources, the attempt is held and the window shrinks to what
 * runs; it opens by one at every end and every RETRY. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "execute/process.h"

#define MILLISECOND INT64_C(1000000)
#define LOOK        (2 * MILLISECOND)
#define RETRY       (50 * MILLISECOND)
#define PATIENCE    (10000 * MILLISECOND) /* with nothing running and nothing to be started */

/* --- the end --- */

static int64_t nanoseconds(struct timeval time)
{
    return time.tv_sec * INT64_C(1000000000) + time.tv_usec * INT64_C(1000);
}

/* A child that shared our memory until it executed is accounted our size. So a figure is one of the
 * child's own only if it is above ours. */
static uint64_t resident(struct process_executor *executor, const struct rusage *usage)
{
    struct rusage own;
    if (usage->ru_maxrss > executor->own_memory && getrusage(RUSAGE_SELF, &own) == 0)
        executor->own_memory = own.ru_maxrss;
    return usage->ru_maxrss > executor->own_memory ? (uint64_t)usage->ru_maxrss * 1024 : 0;
}

static struct exit_report report_of(struct process_executor *executor, int status,
                                    const struct rusage *usage)
{
    bool is_signal = WIFSIGNALED(status);
    return (struct exit_report){.kind = is_signal ? EXIT_SIGNAL : EXIT_CODE,
                                .code = is_signal ? WTERMSIG(status) : WEXITSTATUS(status),
                                .user_time = nanoseconds(usage->ru_utime),
                                .system_time = nanoseconds(usage->ru_stime),
                                .memory = resident(executor, usage)};
}

static void drain_over(void *context)
{
    struct attempt *attempt = context;
    attempt->drain_limit = NULL;
    pipes_drain(attempt);
    process_finish(attempt, &attempt->report);
}

static void leave_unwatched(struct attempt *attempt)
{
    if (attempt->is_unwatched)
        TAILQ_REMOVE(&attempt->executor->unwatched, attempt, link);
    attempt->is_unwatched = false;
}

/* The process has ended. Then the attempt has, or is drained. */
static void end(struct attempt *attempt, int status, const struct rusage *usage)
{
    struct process_executor *executor = attempt->executor;
    leave_unwatched(attempt);
    executor->processes--;
    loop_remove(executor->loop, attempt->watch);
    attempt->watch = NULL;
    file_close(&attempt->handle);
    loop_cancel(executor->loop, attempt->drain_limit);
    attempt->drain_limit = NULL;
    attempt->report = report_of(executor, status, usage);
    if (status != 0)
        kill(-attempt->job.spawn.process, SIGKILL);
    if (attempt->is_stopped)
        stop_ended(attempt);
    attempt->state = ATTEMPT_DRAINING;
    if (pipes_drain(attempt)) {
        process_finish(attempt, &attempt->report);
        return;
    }
    pipes_watch(attempt); /* without, what comes is read when the time is over */
    attempt->drain_limit =
        loop_at(executor->loop, clock_monotonic() + executor->drain, drain_over, attempt);
    process_release_held(executor);
}

/* Is the process over? */
static bool end_if_over(struct attempt *attempt)
{
    int status;
    struct rusage usage;
    pid_t process = attempt->job.spawn.process;
    if (wait4(process, &status, WNOHANG, &usage) != process)
        return false;
    end(attempt, status, &usage);
    return true;
}

static void process_event(void *context, uint32_t events)
{
    struct attempt *attempt = context;
    (void)events;
    if (attempt->state == ATTEMPT_RUNNING)
        end_if_over(attempt);
}

/* --- watching --- */

/* Is all of it watched now? */
static bool watch_all(struct attempt *attempt)
{
    struct process_executor *executor = attempt->executor;
    if (attempt->handle < 0)
        attempt->handle = (int)syscall(SYS_pidfd_open, attempt->job.spawn.process, 0);
    if (attempt->watch == NULL && attempt->handle >= 0)
        attempt->watch =
            loop_add(executor->loop, attempt->handle, EPOLLIN, process_event, attempt, NULL);
    return pipes_watch(attempt) && attempt->watch != NULL;
}

static void look_later(struct process_executor *executor);

static void look(void *context)
{
    struct process_executor *executor = context;
    executor->look = NULL;
    struct attempt *next;
    for (struct attempt *attempt = TAILQ_FIRST(&executor->unwatched); attempt != NULL;
         attempt = next) {
        next = TAILQ_NEXT(attempt, link);
        if (watch_all(attempt))
            leave_unwatched(attempt);
        else if (!end_if_over(attempt))
            pipes_drain(attempt);
    }
    if (executor->look == NULL && !TAILQ_EMPTY(&executor->unwatched))
        look_later(executor);
}

static void look_later(struct process_executor *executor)
{
    executor->look = loop_at(executor->loop, clock_monotonic() + LOOK, look, executor);
}

static void watch(struct attempt *attempt)
{
    struct process_executor *executor = attempt->executor;
    if (watch_all(attempt))
        return;
    attempt->is_unwatched = true;
    TAILQ_INSERT_TAIL(&executor->unwatched, attempt, link);
    if (executor->look == NULL)
        look_later(executor);
}

/* --- the start --- */

static void fail(struct attempt *attempt, const char *what, const char *which)
{
    const struct spawn *spawn = &attempt->job.spawn;
    CLEANUP_BUFFER struct buffer detail = {0};
    buffer_add_text(&detail, what);
    if (which != NULL)
        buffer_printf(&detail, " '%s'", which);
    struct exit_report report = {.kind = EXIT_NOT_STARTED,
                                 .step = spawn->step,
                                 .code = spawn->error,
                                 .detail = buffer_text(&detail)};
    process_finish(attempt, &report);
}

static void fail_step(struct attempt *attempt)
{
    const struct launch *launch = attempt->launch;
    int step = attempt->job.spawn.step;
    switch (step) {
    case SPAWN_DIRECTORY:
        fail(attempt, "cannot enter", launch->directory);
        break;
    case SPAWN_STDIN:
        fail(attempt, "cannot read", launch->stdin_path);
        break;
    case SPAWN_STDOUT:
    case SPAWN_STDERR:
        fail(attempt, "cannot create", launch->paths[step == SPAWN_STDOUT ? 1 : 2]);
        break;
    case SPAWN_PROGRAM:
        fail(attempt, "cannot run", launch->argv[0]);
        break;
    default:
        fail(attempt, "cannot start a process", NULL);
    }
}

static bool is_shortage(int error)
{
    return error == EAGAIN || error == EMFILE || error == ENFILE || error == ENOMEM;
}

static void try_later(struct process_executor *executor);

static void try_again(void *context)
{
    struct process_executor *executor = context;
    executor->try_again = NULL;
    if (executor->window < UINT32_MAX)
        executor->window++;
    process_release_held(executor);
    if (!TAILQ_EMPTY(&executor->held) && executor->try_again == NULL)
        try_later(executor);
}

static void try_later(struct process_executor *executor)
{
    executor->try_again = loop_at(executor->loop, clock_monotonic() + RETRY, try_again, executor);
}

/* False if there was no hope for too long. */
static bool hold(struct attempt *attempt)
{
    struct process_executor *executor = attempt->executor;
    uint32_t live = executor->with_spawners + executor->processes;
    int64_t now = clock_monotonic();
    if (executor->processes > 0)
        executor->failing = 0;
    else if (executor->failing == 0)
        executor->failing = now;
    else if (now - executor->failing > executor->patience)
        return false;
    executor->window = live > 1 ? live : 1;
    attempt->state = ATTEMPT_HELD;
    TAILQ_INSERT_HEAD(&executor->held, attempt, link);
    if (executor->try_again == NULL)
        try_later(executor);
    return true;
}

static void start_failed(struct attempt *attempt)
{
    struct process_executor *executor = attempt->executor;
    const struct spawn *spawn = &attempt->job.spawn;
    bool is_moved = spawn->step == SPAWN_PROGRAM && spawn->error == ENOENT &&
                    spawn->program != NULL && spawn->program != attempt->launch->argv[0] &&
                    !attempt->is_looked_up;
    if (attempt->is_stopped || attempt->is_killed) {
        struct exit_report report = {.kind = EXIT_SIGNAL,
                                     .code = attempt->is_killed ? SIGKILL : SIGTERM};
        process_finish(attempt, &report);
    } else if (is_moved) {
        attempt->is_looked_up = true;
        lookup_forget(&executor->lookup, attempt->launch->argv[0]);
        process_submit(attempt);
    } else if (!is_shortage(spawn->error) || !hold(attempt)) {
        fail_step(attempt);
    }
}

/* When the process was made. For how long all stood still since it was handed to the spawners does
 * not count: it would seem to have run all the while. */
static int64_t beginning(const struct attempt *attempt)
{
    int64_t stood = attempt->executor->stood - attempt->stood;
    int64_t at = attempt->job.spawn.began + stood;
    if (stood == 0)
        return at;
    int64_t now = clock_monotonic(); /* it may have been made after */
    return at < now ? at : now;
}

static void start_succeeded(struct attempt *attempt)
{
    struct process_executor *executor = attempt->executor;
    attempt->state = ATTEMPT_RUNNING;
    executor->processes++;
    executor->failing = 0;
    pipes_open(attempt);
    executor->reports.started(executor->reports.context, attempt->node, attempt->number,
                              attempt->job.spawn.process, beginning(attempt));
    if (attempt->is_stopped || attempt->is_killed)
        stop_started(attempt);
}

static void report_output(struct attempt *attempt, const struct moment *moment)
{
    const struct reports *reports = &attempt->executor->reports;
    for (int i = 0; i < 2; i++)
        if (moment->lengths[i] > 0)
            reports->output(reports->context, attempt->node, attempt->number,
                            attempt->pipes[i].stream, moment->bytes[i], moment->lengths[i]);
}

void process_given_back(void *context, struct spawn_job *job, const struct moment *moment)
{
    struct process_executor *executor = context;
    struct attempt *attempt = (struct attempt *)job;
    executor->with_spawners--;
    loop_cancel(executor->loop, attempt->aborting);
    attempt->aborting = NULL;
    if (!job->spawn.is_started) {
        if (!executor->is_closing)
            start_failed(attempt);
        return;
    }
    if (executor->is_closing) {
        pipes_open(attempt);
        return;
    }
    start_succeeded(attempt);
    report_output(attempt, moment);
    if (moment->is_over)
        end(attempt, moment->status, &moment->usage);
    else
        watch(attempt);
}

static void settle(void *context)
{
    struct process_executor *executor = context;
    executor->settling = NULL;
    for (struct spawn_job *job; (job = TAILQ_FIRST(&executor->settled)) != NULL;) {
        TAILQ_REMOVE(&executor->settled, job, link);
        executor->with_spawners--;
        start_failed((struct attempt *)job);
    }
}

void process_settle_later(struct attempt *attempt)
{
    struct process_executor *executor = attempt->executor;
    TAILQ_INSERT_TAIL(&executor->settled, &attempt->job, link);
    if (executor->settling == NULL)
        executor->settling = loop_at(executor->loop, 0, settle, executor);
}

void process_submit(struct attempt *attempt)
{
    struct process_executor *executor = attempt->executor;
    const struct launch *launch = attempt->launch;
    int error = 0;
    const char *program =
        lookup_find(&executor->lookup, launch->argv[0], launch->env, launch->directory, &error);
    attempt->state = ATTEMPT_SPAWNING;
    attempt->stood = executor->stood;
    attempt->job.spawn = (struct spawn){.launch = launch,
                                        .program = program,
                                        .step = SPAWN_PROGRAM,
                                        .error = error,
                                        .outputs = {-1, -1}};
    executor->with_spawners++;
    if (program == NULL) {
        process_settle_later(attempt);
        return;
    }
    spawners_add(executor->spawners, &attempt->job);
}
