/* The pipes between tasks. A set of tasks that pipes join is launched in one turn, with one number
 * of attempt: the first end that somebody takes of a pipe for an attempt makes it, and drops
 * whatever an earlier attempt has left. Between one writer and one reader there is nothing but the
 * kernel; several readers have a pipe each, and a tee gives all of them what is written.
 *
 * An end here is one that its task has not taken yet, or a tee's. One that was taken is its
 * attempt's, until the process has it: as long as anybody holds a writer's end, no reader sees the
 * end of what is written. */
#include "run/pipes.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"

struct run_pipe {
    uint32_t attempt; /* for which it was made; 0: none */
    int number;       /* why it could not be made: an errno; or 0 */
    int writer;       /* -1: taken, or none */
    int *readers;     /* in order of the workflow's */
    struct tee *tee;  /* NULL: one reader */
};

static const struct pipe *declared(const struct run *run, uint32_t index)
{
    return &run->plan->workflow->pipes[index];
}

/* --- making --- */

static void drop(struct run *run, uint32_t index)
{
    struct run_pipe *pipe = &run->pipes[index];
    file_close(&pipe->writer);
    for (uint32_t i = 0; i < declared(run, index)->reader_count; i++)
        file_close(&pipe->readers[i]);
    tee_stop(pipe->tee);
    pipe->tee = NULL;
    pipe->number = 0;
}

static bool open_ends(int *ret_read, int *ret_write)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    *ret_read = file_raise(ends[0]);
    *ret_write = file_raise(ends[1]);
    return true;
}

/* A pipe to the tee, and one from it to each reader. */
static bool open_tee(struct run_pipe *pipe, uint32_t count)
{
    int from = -1;
    CLEANUP_FREE int *to = memory_array(count, sizeof *to);
    uint32_t made = 0;
    bool is_good = open_ends(&from, &pipe->writer);
    while (is_good && made < count && open_ends(&pipe->readers[made], &to[made]))
        made++;
    if (is_good && made == count) {
        pipe->tee = tee_start(from, to, count);
        return pipe->tee != NULL;
    }
    while (made > 0)
        file_close(&to[--made]);
    file_close(&from);
    return false;
}

static void make(struct run *run, uint32_t index)
{
    struct run_pipe *pipe = &run->pipes[index];
    uint32_t count = declared(run, index)->reader_count;
    drop(run, index);
    if (count == 1 ? open_ends(&pipe->readers[0], &pipe->writer) : open_tee(pipe, count))
        return;
    int number = errno;
    drop(run, index);
    pipe->number = number;
}

static void open_pipes(struct run *run)
{
    const struct workflow *workflow = run->plan->workflow;
    run->pipes = memory_array(workflow->pipe_count, sizeof *run->pipes);
    for (uint32_t i = 0; i < workflow->pipe_count; i++) {
        struct run_pipe *pipe = &run->pipes[i];
        pipe->writer = -1;
        pipe->readers = memory_array(workflow->pipes[i].reader_count, sizeof *pipe->readers);
        for (uint32_t k = 0; k < workflow->pipes[i].reader_count; k++)
            pipe->readers[k] = -1;
    }
}

/* --- taking --- */

static int *end_of(struct run *run, uint32_t index, uint32_t task, int stream)
{
    const struct pipe *the = declared(run, index);
    uint32_t reader = 0;
    while (stream == 0 && the->readers[reader] != task)
        reader++;
    return stream == 0 ? &run->pipes[index].readers[reader] : &run->pipes[index].writer;
}

static bool take(struct attempt *attempt, int stream, const struct stream *declared_as,
                 struct error *error)
{
    struct run *run = attempt->run;
    struct run_pipe *pipe = &run->pipes[declared_as->pipe];
    if (pipe->attempt != attempt->number) {
        pipe->attempt = attempt->number;
        make(run, declared_as->pipe);
    }
    if (pipe->number != 0) {
        error_set_system(
            error, pipe->number, "cannot make pipe '%s'",
            names_text(run->plan->workflow->names, declared(run, declared_as->pipe)->name));
        error->at = declared_as->at;
        return false;
    }
    int *end = end_of(run, declared_as->pipe, run->plan->task[attempt->node], stream);
    attempt->ends[stream] = *end;
    *end = -1;
    return true;
}

bool run_pipes_take(struct attempt *attempt, struct error *error)
{
    struct run *run = attempt->run;
    const struct details *details = attempt_task(attempt)->details;
    bool is_good = true;
    if (run->plan->workflow->pipe_count == 0 || run->folder == NULL)
        return true;
    if (run->pipes == NULL)
        open_pipes(run);
    for (int stream = 0; stream < 3; stream++)
        if (details->streams[stream].kind == STREAM_PIPE)
            is_good =
                take(attempt, stream, &details->streams[stream], is_good ? error : NULL) && is_good;
    return is_good;
}

void run_pipes_let_go(struct attempt *attempt)
{
    for (int stream = 0; stream < 3; stream++)
        file_close(&attempt->ends[stream]);
}

/* --- ends ---
 *
 * A reader that fails takes its writer with it, by SIGPIPE, and the end of the writer may be known
 * first. The set's story begins with the first failure that the scheduler is told of. */

enum { HELD_MOST = 1000000000 /* ns; for readers that have closed their end and run on */ };

static struct attempt *attempt_of(const struct run *run, uint32_t task)
{
    return sparse_get(&run->attempts, run->plan->instances[task].first);
}

static bool is_for_want_of_readers(const struct outcome *outcome)
{
    return (outcome->kind == OUTCOME_SIGNALLED && outcome->code == SIGPIPE) ||
           (outcome->kind == OUTCOME_EXITED && outcome->code == 128 + SIGPIPE);
}

typedef bool attempt_test(const struct attempt *attempt);

static bool is_any(const struct attempt *attempt)
{
    return attempt != NULL;
}

/* Its process has ended, its end is still to be told. */
static bool is_ending(const struct attempt *attempt)
{
    return attempt != NULL && (attempt->is_cleaning || attempt->holding != NULL);
}

static bool has_reader(const struct attempt *attempt, attempt_test *test)
{
    const struct stream *streams = attempt_task(attempt)->details->streams;
    for (int stream = 1; stream < 3; stream++) {
        if (streams[stream].kind != STREAM_PIPE)
            continue;
        const struct pipe *pipe = declared(attempt->run, streams[stream].pipe);
        for (uint32_t i = 0; i < pipe->reader_count; i++)
            if (test(attempt_of(attempt->run, pipe->readers[i])))
                return true;
    }
    return false;
}

static void held_long(void *context)
{
    struct attempt *attempt = context;
    attempt->holding = NULL;
    attempt->is_held_enough = !has_reader(attempt, is_ending);
    attempt_end(attempt);
}

bool run_pipes_hold(struct attempt *attempt)
{
    if (!is_for_want_of_readers(&attempt->outcome) || attempt->is_held_enough ||
        attempt->run->pipes == NULL || !has_reader(attempt, is_any))
        return false;
    if (attempt->holding == NULL)
        attempt->holding =
            loop_at(attempt->run->loop, clock_monotonic() + HELD_MOST, held_long, attempt);
    return true;
}

struct attempt *run_pipes_held_writer(const struct attempt *attempt)
{
    const struct stream *in = &attempt_task(attempt)->details->streams[0];
    if (attempt->run->pipes == NULL || in->kind != STREAM_PIPE)
        return NULL;
    struct attempt *writer = attempt_of(attempt->run, declared(attempt->run, in->pipe)->writer);
    return writer != NULL && writer->holding != NULL ? writer : NULL;
}

void run_pipes_close(struct run *run)
{
    for (uint32_t i = 0; run->pipes != NULL && i < run->plan->workflow->pipe_count; i++) {
        drop(run, i);
        free(run->pipes[i].readers);
    }
    free(run->pipes);
    run->pipes = NULL;
}
