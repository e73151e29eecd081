/* The worker executor: crews, who of them gets which call, and what is told of it.
 *
 * A call waits in its crew's line until a worker has room: one that has nothing to do, then a new
 * one while there are fewer than the pool's size, then, with `chunk`, one that has least. A worker
 * that was told to end takes no more; a call that was sent to it, but that it is not at, goes back
 * to the line. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "execute/process.h"
#include "execute/worker.h"

/* Calls that are over within this are not told as started. */
#define FIRST_MOMENT INT64_C(2000000)

/* --- jobs --- */

void job_finish(struct worker_executor *executor, struct job *job, const struct exit_report *report)
{
    uint32_t node = job->node, attempt = job->attempt;
    free(job);
    executor->reports.finished(executor->reports.context, node, attempt, report);
}

void worker_finish_job(struct worker *worker, const struct exit_report *report)
{
    struct job *job = STAILQ_FIRST(&worker->jobs);
    STAILQ_REMOVE_HEAD(&worker->jobs, link);
    if (--worker->job_count == 0)
        worker->crew->executor->at_work--;
    job_finish(worker->crew->executor, job, report);
}

static void report_stopped(void *context)
{
    struct worker_executor *executor = context;
    struct jobs stopped = STAILQ_HEAD_INITIALIZER(stopped);
    executor->stopping = NULL;
    STAILQ_CONCAT(&stopped, &executor->stopped);
    while (!STAILQ_EMPTY(&stopped)) {
        struct job *job = STAILQ_FIRST(&stopped);
        STAILQ_REMOVE_HEAD(&stopped, link);
        job_finish(executor, job, &(struct exit_report){.kind = EXIT_SIGNAL, .code = SIGTERM});
    }
}

/* It never began: told in the next turn. */
static void stop_waiting(struct worker_executor *executor, struct job *job)
{
    STAILQ_INSERT_TAIL(&executor->stopped, job, link);
    if (executor->stopping == NULL)
        executor->stopping = loop_at(executor->loop, 0, report_stopped, executor);
}

/* --- crews --- */

static bool is_of(const struct crew *crew, const struct invocation *call)
{
    const struct function *function = call->function, *example = crew->example;
    bool is_own = function->kind == FUNCTION_LIBRARY || function->kind == FUNCTION_LUA;
    uint8_t kind = is_own ? (uint8_t)FUNCTION_LIBRARY : function->kind;
    if (crew->pool != call->pool || crew->kind != kind)
        return false;
    return kind != FUNCTION_WORKER ||
           (example->worker_count == function->worker_count &&
            memcmp(example->worker, function->worker,
                   function->worker_count * sizeof *function->worker) == 0);
}

static char *python_text(void)
{
    struct buffer text = {0};
    for (const char *const *line = worker_lines; *line != NULL; line++)
        buffer_add_text(&text, *line);
    return buffer_take(&text);
}

static char **crew_argv(const struct crew *crew)
{
    const struct function *function = crew->example;
    const char *python = getenv("PARGRAPH_PYTHON");
    char **argv = memory_array((size_t)function->worker_count + 4, sizeof *argv);
    if (crew->kind == FUNCTION_PYTHON) {
        argv[0] = memory_text(python != NULL && *python != '\0' ? python : "python3");
        argv[1] = memory_text("-c");
        argv[2] = python_text();
    } else if (crew->kind == FUNCTION_LIBRARY) {
        argv[0] = memory_text("/proc/self/exe");
        argv[1] = memory_text("worker");
    } else {
        for (uint32_t i = 0; i < function->worker_count; i++)
            argv[i] = memory_text(names_text(crew->executor->options.names, function->worker[i]));
    }
    return argv;
}

static struct crew *crew_of(struct worker_executor *executor, const struct invocation *call)
{
    for (uint32_t i = 0; i < executor->crews.count; i++)
        if (is_of(executor->crews.items[i], call))
            return executor->crews.items[i];
    const struct pool *pool = call->pool;
    struct crew *crew = memory_new(sizeof *crew);
    *crew = (struct crew){.executor = executor,
                          .pool = pool,
                          .kind = call->function->kind,
                          .example = call->function,
                          .size = pool->size > 0 ? pool->size : executor->options.default_size,
                          .chunk = pool->chunk > 0 ? pool->chunk : 1};
    if (crew->kind == FUNCTION_LUA)
        crew->kind = FUNCTION_LIBRARY;
    crew->argv = crew_argv(crew);
    TAILQ_INIT(&crew->workers);
    STAILQ_INIT(&crew->waiting);
    *VEC_PUSH(&executor->crews) = crew;
    return crew;
}

/* --- dispatch --- */

/* Who of the crew has least to do, and room. */
static struct worker *least_busy(const struct crew *crew)
{
    struct worker *best = NULL;
    for (struct worker *worker = TAILQ_FIRST(&crew->workers); worker != NULL;
         worker = TAILQ_NEXT(worker, link))
        if (!worker->is_retiring && worker->job_count < crew->chunk &&
            (best == NULL || worker->job_count < best->job_count))
            best = worker;
    return best;
}

static void send_all(void *context)
{
    struct worker_executor *executor = context;
    executor->sending = NULL;
    for (uint32_t i = 0; i < executor->workers.count; i++)
        if (executor->workers.items[i] != NULL && executor->workers.items[i]->out.length > 0)
            worker_send(executor->workers.items[i]);
}

static void tick(void *context)
{
    struct worker_executor *executor = context;
    int64_t now = clock_monotonic();
    executor->ticking = NULL;
    for (uint32_t i = 0; i < executor->workers.count; i++) {
        struct worker *worker = executor->workers.items[i];
        struct job *job = worker != NULL ? STAILQ_FIRST(&worker->jobs) : NULL;
        if (job == NULL || job->is_told || worker->process == 0 || now - job->begun < FIRST_MOMENT)
            continue;
        job->is_told = true;
        executor->reports.started(executor->reports.context, job->node, job->attempt,
                                  worker->process, job->begun);
    }
    if (executor->at_work > 0)
        executor->ticking = loop_at(executor->loop, now + FIRST_MOMENT, tick, executor);
}

/* Alone it is sent at once; several go together, once this turn has given them all. */
static void send_later(struct worker *worker)
{
    struct worker_executor *executor = worker->crew->executor;
    if (worker->crew->chunk == 1)
        worker_send(worker);
    else if (executor->sending == NULL)
        executor->sending = loop_at(executor->loop, 0, send_all, executor);
    if (executor->ticking == NULL)
        executor->ticking =
            loop_at(executor->loop, clock_monotonic() + FIRST_MOMENT, tick, executor);
}

static void fail_without_worker(struct crew *crew, struct job *job, struct error *error)
{
    CLEANUP_BUFFER struct buffer text = {0};
    buffer_add_text(&text, error->message);
    job_finish(crew->executor, job,
               &(struct exit_report){.kind = EXIT_RAISED, .detail = buffer_text(&text)});
}

/* Who is to have the next job; NULL: nobody yet, or, with an error, nobody ever. */
static struct worker *next_worker(struct crew *crew, struct error *error)
{
    struct worker *worker = least_busy(crew);
    bool is_free = worker != NULL && worker->job_count == 0;
    return is_free || crew->count == crew->size ? worker : worker_start(crew, error);
}

/* What was sent to a worker that is gone may have been stopped meanwhile. */
static void drop_stopped(struct crew *crew)
{
    struct job *job;
    while ((job = STAILQ_FIRST(&crew->waiting)) != NULL && job->is_stopped) {
        STAILQ_REMOVE_HEAD(&crew->waiting, link);
        stop_waiting(crew->executor, job);
    }
}

void crew_dispatch(struct crew *crew)
{
    drop_stopped(crew);
    while (!STAILQ_EMPTY(&crew->waiting) && !crew->executor->is_closing) {
        CLEANUP_ERROR struct error error = {0};
        struct worker *worker = next_worker(crew, &error);
        if (worker == NULL && error.message == NULL)
            return;
        struct job *job = STAILQ_FIRST(&crew->waiting);
        STAILQ_REMOVE_HEAD(&crew->waiting, link);
        if (worker == NULL) {
            fail_without_worker(crew, job, &error);
        } else {
            worker_give(worker, job);
            send_later(worker);
        }
        drop_stopped(crew);
    }
}

/* --- the executor --- */

static void workers_launch(struct executor *base, const struct launch *launch)
{
    struct worker_executor *executor = (struct worker_executor *)base;
    struct crew *crew = crew_of(executor, launch->call);
    struct job *job = memory_new(sizeof *job);
    *job = (struct job){.launch = launch, .node = launch->node, .attempt = launch->attempt};
    STAILQ_INSERT_TAIL(&crew->waiting, job, link);
    crew_dispatch(crew);
}

static struct job *find_in(struct jobs *jobs, uint32_t node, uint32_t attempt)
{
    struct job *job;
    STAILQ_FOREACH(job, jobs, link)
    if (job->node == node && job->attempt == attempt)
        return job;
    return NULL;
}

static void stop_sent(struct worker *worker, struct job *job, bool is_kill)
{
    job->is_stopped = true;
    if (job == STAILQ_FIRST(&worker->jobs))
        worker_end(worker, is_kill);
}

static void workers_signal(struct executor *base, uint32_t node, uint32_t attempt, bool is_kill)
{
    struct worker_executor *executor = (struct worker_executor *)base;
    struct job *job;
    for (uint32_t i = 0; i < executor->crews.count; i++) {
        struct crew *crew = executor->crews.items[i];
        if ((job = find_in(&crew->waiting, node, attempt)) == NULL)
            continue;
        STAILQ_REMOVE(&crew->waiting, job, job, link);
        stop_waiting(executor, job);
        return;
    }
    for (uint32_t i = 0; i < executor->workers.count; i++) {
        struct worker *worker = executor->workers.items[i];
        if (worker != NULL && (job = find_in(&worker->jobs, node, attempt)) != NULL) {
            stop_sent(worker, job, is_kill);
            return;
        }
    }
}

static void workers_pause(struct executor *base, bool is_paused)
{
    struct worker_executor *executor = (struct worker_executor *)base;
    executor->processes->methods->pause(executor->processes, is_paused);
}

static void free_crew(struct crew *crew)
{
    for (char **word = crew->argv; *word != NULL; word++)
        free(*word);
    free(crew->argv);
    free(crew);
}

static void free_jobs(struct jobs *jobs)
{
    while (!STAILQ_EMPTY(jobs)) {
        struct job *job = STAILQ_FIRST(jobs);
        STAILQ_REMOVE_HEAD(jobs, link);
        free(job);
    }
}

static void workers_close(struct executor *base)
{
    struct worker_executor *executor = (struct worker_executor *)base;
    executor->is_closing = true;
    for (uint32_t i = 0; i < executor->workers.count; i++)
        if (executor->workers.items[i] != NULL)
            worker_free(executor->workers.items[i]);
    executor->processes->methods->close(executor->processes);
    for (uint32_t i = 0; i < executor->crews.count; i++) {
        free_jobs(&executor->crews.items[i]->waiting);
        free_crew(executor->crews.items[i]);
    }
    free_jobs(&executor->stopped);
    loop_cancel(executor->loop, executor->stopping);
    loop_cancel(executor->loop, executor->ticking);
    loop_cancel(executor->loop, executor->sending);
    VEC_RELEASE(&executor->crews);
    VEC_RELEASE(&executor->workers);
    free(executor);
}

/* --- what the processes' executor tells --- */

static struct worker *worker_of(struct worker_executor *executor, uint32_t seat, uint32_t number)
{
    struct worker *worker = seat < executor->workers.count ? executor->workers.items[seat] : NULL;
    return worker != NULL && worker->number == number ? worker : NULL;
}

static void on_started(void *context, uint32_t seat, uint32_t number, int process, int64_t at)
{
    struct worker *worker = worker_of(context, seat, number);
    (void)at;
    if (worker != NULL)
        worker_started(worker, process);
}

static void on_output(void *context, uint32_t seat, uint32_t number, int stream, const char *bytes,
                      size_t length)
{
    struct worker *worker = worker_of(context, seat, number);
    if (worker != NULL)
        worker_output(worker, stream, bytes, length);
}

static void on_finished(void *context, uint32_t seat, uint32_t number,
                        const struct exit_report *report)
{
    struct worker *worker = worker_of(context, seat, number);
    if (worker != NULL)
        worker_ended(worker, report);
}

struct executor *worker_executor_new(struct loop *loop, const struct reports *reports,
                                     const struct function_options *options, struct error *error)
{
    static const struct executor_methods methods = {"process", workers_launch, workers_signal,
                                                    workers_pause, workers_close};
    struct worker_executor *executor = memory_new(sizeof *executor);
    *executor = (struct worker_executor){
        .base.methods = &methods, .loop = loop, .reports = *reports, .options = *options};
    STAILQ_INIT(&executor->stopped);
    struct reports own = {
        .context = executor, .started = on_started, .output = on_output, .finished = on_finished};
    struct process_options processes = {.grace = options->grace, .child_mask = options->child_mask};
    executor->processes = process_executor_new(loop, &own, &processes, error);
    if (executor->processes != NULL)
        return &executor->base;
    free(executor);
    return NULL;
}
