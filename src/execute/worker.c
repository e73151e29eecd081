/* One worker process: its start, what goes to it and comes from it, its end.
 *
 * Its answers are read only from when its process is known, and what it wrote to its streams is
 * taken up before an answer counts: so whatever a function writes is reported before its end, and
 * as its own. */
#include "execute/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

enum { READ_SIZE = 64 * 1024, DEFAULT_GRACE_SECONDS = 10 };

static void socket_event(void *context, uint32_t events);

static int64_t grace_of(const struct worker *worker)
{
    int64_t grace = worker->crew->executor->options.grace;
    return grace != 0 ? grace : DEFAULT_GRACE_SECONDS * INT64_C(1000000000);
}

/* --- start --- */

static uint32_t take_seat(struct worker_executor *executor, struct worker *worker)
{
    for (uint32_t i = 0; i < executor->workers.count; i++)
        if (executor->workers.items[i] == NULL) {
            executor->workers.items[i] = worker;
            return i;
        }
    *VEC_PUSH(&executor->workers) = worker;
    return executor->workers.count - 1;
}

static bool open_socket(struct worker *worker, struct error *error)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return error_set_system(error, errno, "cannot make a socket for a worker process");
    worker->socket = file_raise(pair[0]);
    worker->ends[0] = pair[1];
    worker->ends[1] = worker->ends[2] = -1;
    return true;
}

static uint32_t function_number(const struct worker *worker, const struct function *function)
{
    return (uint32_t)(function - worker->crew->executor->options.functions);
}

static void define(struct worker *worker, const struct function *function)
{
    const struct function_options *options = &worker->crew->executor->options;
    uint32_t number = function_number(worker, function);
    if (worker->defined[number])
        return;
    worker->defined[number] = true;
    message_write_define(number, function, options->names, &worker->out);
}

static void say_init(struct worker *worker)
{
    const struct call *init = worker->crew->pool->init;
    worker->has_begun = init == NULL;
    if (init == NULL)
        return;
    const struct function *function = &worker->crew->executor->options.functions[init->function];
    define(worker, function);
    message_write_init(init->function, init, &worker->out);
}

struct worker *worker_start(struct crew *crew, struct error *error)
{
    struct worker_executor *executor = crew->executor;
    struct worker *worker = memory_new(sizeof *worker);
    *worker = (struct worker){.crew = crew, .socket = -1, .number = ++executor->started};
    if (!open_socket(worker, error)) {
        free(worker);
        return NULL;
    }
    STAILQ_INIT(&worker->jobs);
    worker->seat = take_seat(executor, worker);
    worker->defined = memory_array(executor->options.function_count, 1);
    TAILQ_INSERT_TAIL(&crew->workers, worker, link);
    crew->count++;
    worker->launch = (struct launch){.node = worker->seat,
                                     .attempt = worker->number,
                                     .argv = crew->argv,
                                     .env = executor->options.environment,
                                     .directory = executor->options.directory,
                                     .is_split = true,
                                     .descriptors = worker->ends};
    say_init(worker);
    executor->processes->methods->launch(executor->processes, &worker->launch);
    return worker;
}

void worker_started(struct worker *worker, int process)
{
    worker->process = process;
    file_close(&worker->ends[0]);
    if (worker->socket < 0)
        return;
    worker->watch =
        loop_add(worker->crew->executor->loop, worker->socket, EPOLLIN, socket_event, worker, NULL);
    if (worker->watch == NULL)
        worker_end(worker, true); /* for want of memory */
    else
        worker_send(worker);
}

/* --- what goes to it --- */

static void rewatch(struct worker *worker, bool is_writable)
{
    struct loop *loop = worker->crew->executor->loop;
    if (worker->watch == NULL || worker->is_writable_watched == is_writable)
        return;
    loop_remove(loop, worker->watch);
    worker->watch = loop_add(loop, worker->socket, EPOLLIN | (is_writable ? EPOLLOUT : 0),
                             socket_event, worker, NULL);
    worker->is_writable_watched = is_writable;
    if (worker->watch == NULL)
        worker_end(worker, true);
}

/* What cannot be sent because the worker is gone is told by its end. */
void worker_send(struct worker *worker)
{
    struct buffer *out = &worker->out;
    while (worker->socket >= 0 && worker->sent < out->length) {
        ssize_t length = send(worker->socket, out->bytes + worker->sent, out->length - worker->sent,
                              MSG_NOSIGNAL | MSG_DONTWAIT);
        if (length < 0 && errno == EINTR)
            continue;
        if (length < 0 && (errno == EAGAIN || errno == ENOBUFS)) {
            rewatch(worker, true);
            return;
        }
        if (length < 0)
            break;
        worker->sent += (size_t)length;
    }
    rewatch(worker, false);
    worker->sent = 0;
    if (out->capacity > READ_SIZE)
        buffer_release(out);
    buffer_clear(out);
}

/* It is at another job now. */
void worker_begin_job(struct worker *worker)
{
    struct job *job = STAILQ_FIRST(&worker->jobs);
    if (job == NULL)
        return;
    job->begun = clock_monotonic();
    if (job->is_stopped)
        worker_end(worker, true);
}

void worker_give(struct worker *worker, struct job *job)
{
    const struct pool *pool = worker->crew->pool;
    const struct function_options *options = &worker->crew->executor->options;
    const struct launch *launch = job->launch;
    bool is_elsewhere = strcmp(launch->directory, options->directory) != 0;
    job->id = ++worker->taken;
    define(worker, launch->call->function);
    message_write_call(job->id, function_number(worker, launch->call->function), launch->call,
                       launch->env, is_elsewhere ? launch->directory : NULL, &worker->out);
    STAILQ_INSERT_TAIL(&worker->jobs, job, link);
    if (worker->job_count++ == 0) {
        worker->crew->executor->at_work++;
        worker_begin_job(worker);
    }
    if (pool->max_tasks != UNLIMITED && worker->taken >= pool->max_tasks)
        worker->is_retiring = true;
}

/* --- its socket --- */

static void close_socket(struct worker *worker)
{
    loop_remove(worker->crew->executor->loop, worker->watch);
    worker->watch = NULL;
    file_close(&worker->socket);
}

static void overdue(void *context)
{
    struct worker *worker = context;
    worker->limit = NULL;
    worker_end(worker, false);
}

/* It should end by itself now. */
static void await_end(struct worker *worker)
{
    worker->is_retiring = true;
    close_socket(worker);
    if (worker->limit == NULL && !worker->is_ended)
        worker->limit = loop_at(worker->crew->executor->loop, clock_monotonic() + grace_of(worker),
                                overdue, worker);
}

void worker_retire(struct worker *worker)
{
    worker->is_retiring = true;
    if (worker->job_count == 0 && worker->has_begun)
        await_end(worker);
}

/* False at the end of what it says, or for now. */
static bool read_some(struct worker *worker)
{
    char *room = buffer_reserve(&worker->in, READ_SIZE);
    ssize_t length = recv(worker->socket, room, READ_SIZE, MSG_DONTWAIT);
    if (length < 0 && (errno == EINTR || errno == EAGAIN))
        return false;
    if (length <= 0) {
        await_end(worker);
        return false;
    }
    worker->in.length += (size_t)length;
    return length == READ_SIZE;
}

static void socket_event(void *context, uint32_t events)
{
    struct worker *worker = context;
    struct crew *crew = worker->crew;
    if (events & EPOLLOUT)
        worker_send(worker);
    if (events & ~(uint32_t)EPOLLOUT)
        read_some(worker);
    worker_take_output(worker); /* was written before what was just read */
    worker_take_lines(worker);
    if (worker->is_retiring)
        worker_retire(worker);
    crew_dispatch(crew);
}

/* --- its end --- */

void worker_end(struct worker *worker, bool is_kill)
{
    struct executor *processes = worker->crew->executor->processes;
    worker->is_retiring = worker->is_ended = true;
    processes->methods->signal(processes, worker->seat, worker->number, is_kill);
}

/* What it said before its end counts. */
static void read_rest(struct worker *worker)
{
    while (worker->socket >= 0 && read_some(worker))
        ;
    worker_take_lines(worker);
}

static void fail_first(struct worker *worker, const struct exit_report *report)
{
    struct exit_report copy = *report;
    CLEANUP_BUFFER struct buffer text = {0};
    if (worker->job_count == 0)
        return;
    if (report->kind == EXIT_NOT_STARTED) {
        buffer_printf(&text, "its worker process could not be started: %s: %s",
                      report->detail != NULL ? report->detail : worker->crew->argv[0],
                      strerror(report->code));
        copy = (struct exit_report){.kind = EXIT_RAISED, .detail = buffer_text(&text)};
    }
    worker_finish_job(worker, &copy);
}

void worker_ended(struct worker *worker, const struct exit_report *report)
{
    struct crew *crew = worker->crew;
    bool was_ended = worker->is_ended;
    worker->is_ended = false;
    if (!was_ended)
        read_rest(worker);
    worker->is_ended = true;
    close_socket(worker);
    fail_first(worker, report);
    worker_free(worker);
    crew_dispatch(crew);
}

/* Jobs that it was not at go back to the front of their crew's line, in order. */
static void give_back(struct worker *worker)
{
    struct crew *crew = worker->crew;
    struct jobs rest = STAILQ_HEAD_INITIALIZER(rest);
    STAILQ_CONCAT(&rest, &worker->jobs);
    STAILQ_CONCAT(&rest, &crew->waiting);
    STAILQ_CONCAT(&crew->waiting, &rest);
}

void worker_free(struct worker *worker)
{
    struct crew *crew = worker->crew;
    struct worker_executor *executor = crew->executor;
    if (worker->job_count > 0)
        executor->at_work--;
    give_back(worker);
    TAILQ_REMOVE(&crew->workers, worker, link);
    crew->count--;
    executor->workers.items[worker->seat] = NULL;
    loop_cancel(executor->loop, worker->limit);
    close_socket(worker);
    file_close(&worker->ends[0]);
    buffer_release(&worker->in);
    buffer_release(&worker->out);
    free(worker->defined);
    free(worker);
}
