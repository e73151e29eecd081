/* What a worker process says and writes, line by line, and what is told of it. Nobody's word is
 * taken: an answer to another call, or no message at all, is the end of the worker. */
#include <string.h>

#include "execute/process.h"
#include "execute/worker.h"

enum { LARGE_INPUT = 256 * 1024 };

void worker_output(struct worker *worker, int stream, const char *bytes, size_t length)
{
    const struct reports *reports = &worker->crew->executor->reports;
    const struct job *job = STAILQ_FIRST(&worker->jobs);
    if (job != NULL && length > 0)
        reports->output(reports->context, job->node, job->attempt, stream, bytes, length);
}

static void tell_progress(struct worker *worker, const struct worker_said *said)
{
    const struct reports *reports = &worker->crew->executor->reports;
    const struct job *job = STAILQ_FIRST(&worker->jobs);
    if (job != NULL && reports->progress != NULL)
        reports->progress(reports->context, job->node, job->attempt, said->done, said->text);
}

/* What it wrote to its streams so far. */
void worker_take_output(struct worker *worker)
{
    struct process_executor *processes =
        (struct process_executor *)worker->crew->executor->processes;
    struct attempt *attempt = process_find(processes, worker->seat, worker->number);
    if (attempt != NULL && attempt->state == ATTEMPT_RUNNING)
        pipes_drain(attempt);
}

static void raise_traceback(struct worker *worker, const struct worker_said *said)
{
    if (said->traceback != NULL)
        worker_output(worker, 2, said->traceback, strlen(said->traceback));
}

/* What it is at cannot be known any more: it is of no use. */
static void give_up(struct worker *worker, const char *message)
{
    if (worker->job_count > 0)
        worker_finish_job(worker, &(struct exit_report){.kind = EXIT_RAISED, .detail = message});
    worker_end(worker, true);
}

static void init_answered(struct worker *worker, const struct worker_said *said)
{
    CLEANUP_BUFFER struct buffer text = {0};
    worker->has_begun = true;
    if (said->word == WORKER_RESULT)
        return;
    raise_traceback(worker, said);
    buffer_add_text(&text, "init of its pool failed: ");
    buffer_add(&text, said->text, said->length);
    give_up(worker, buffer_text(&text));
}

static void call_answered(struct worker *worker, const struct worker_said *said)
{
    struct job *job = STAILQ_FIRST(&worker->jobs);
    bool is_error = said->word == WORKER_ERROR;
    if (job == NULL || said->id != job->id) {
        give_up(worker, "its worker answered another call");
        return;
    }
    raise_traceback(worker, said);
    worker_finish_job(worker, &(struct exit_report){.kind = is_error ? EXIT_RAISED : EXIT_RETURNED,
                                                    .detail = is_error ? said->text : NULL,
                                                    .result = said->result,
                                                    .user_time = said->user_time,
                                                    .system_time = said->system_time,
                                                    .memory = said->memory});
    worker_begin_job(worker);
}

static void take_said(struct worker *worker, const struct worker_said *said)
{
    switch (said->word) {
    case WORKER_OUTPUT:
        worker_output(worker, said->stream, said->text, said->length);
        break;
    case WORKER_PROGRESS:
        tell_progress(worker, said);
        break;
    default:
        if (!worker->has_begun && said->id == 0)
            init_answered(worker, said);
        else
            call_answered(worker, said);
        break;
    }
}

static void take_line(struct worker *worker, const char *line, size_t length)
{
    struct worker_said said;
    if (worker_said_read(&said, line, length)) {
        take_said(worker, &said);
        worker_said_release(&said);
        return;
    }
    CLEANUP_BUFFER struct buffer text = {0};
    buffer_add_text(&text, "its worker said what cannot be understood: ");
    buffer_add(&text, line, length < 200 ? length : 200);
    give_up(worker, buffer_text(&text));
}

void worker_take_lines(struct worker *worker)
{
    struct buffer *in = &worker->in;
    size_t begin = 0;
    while (!worker->is_ended && worker->looked < in->length) {
        char *end = memchr(in->bytes + worker->looked, '\n', in->length - worker->looked);
        if (end == NULL) {
            worker->looked = in->length;
            break;
        }
        size_t length = (size_t)(end - in->bytes) - begin;
        take_line(worker, in->bytes + begin, length);
        begin += length + 1;
        worker->looked = begin;
    }
    if (begin == 0)
        return;
    memmove(in->bytes, in->bytes + begin, in->length - begin);
    in->length -= begin;
    worker->looked -= begin;
    if (in->length == 0 && in->capacity > LARGE_INPUT)
        buffer_release(in);
}
