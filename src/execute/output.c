/* What attempts write. A pipe is read once per event, so that one that floods takes its turn with
 * the others, and nothing is kept here. */
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/file.h"
#include "execute/process.h"

/* A pipe holds 64 KiB, often; more than this after the end is written by somebody else. */
enum { LAST_READS = 20 };

static void close_pipe(struct attempt_pipe *pipe)
{
    loop_remove(pipe->attempt->executor->loop, pipe->watch);
    pipe->watch = NULL;
    file_close(&pipe->descriptor);
}

/* False when nothing is there now; closes the pipe at its end. */
static bool read_pipe(struct attempt_pipe *pipe)
{
    struct attempt *attempt = pipe->attempt;
    struct process_executor *executor = attempt->executor;
    ssize_t length;
    do
        length = read(pipe->descriptor, executor->bytes, OUTPUT_SIZE);
    while (length < 0 && errno == EINTR);
    if (length > 0) {
        executor->reports.output(executor->reports.context, attempt->node, attempt->number,
                                 pipe->stream, executor->bytes, (size_t)length);
        return true;
    }
    if (length == 0 || errno != EAGAIN)
        close_pipe(pipe);
    return false;
}

static bool is_any_open(const struct attempt *attempt)
{
    return attempt->pipes[0].descriptor >= 0 || attempt->pipes[1].descriptor >= 0;
}

static void pipe_event(void *context, uint32_t events)
{
    struct attempt_pipe *pipe = context;
    struct attempt *attempt = pipe->attempt;
    (void)events;
    read_pipe(pipe);
    if (attempt->state == ATTEMPT_DRAINING && !is_any_open(attempt))
        process_finish(attempt, &attempt->report);
}

/* Our end must not block; the child's is its own affair. */
static int set_nonblocking(int descriptor)
{
    if (descriptor >= 0)
        fcntl(descriptor, F_SETFL, O_NONBLOCK);
    return descriptor;
}

void pipes_open(struct attempt *attempt)
{
    const struct launch *launch = attempt->launch;
    bool is_stdout_elsewhere = launch->paths[1] != NULL || launch->is_discarded[1];
    for (int i = 0; i < 2; i++)
        attempt->pipes[i] = (struct attempt_pipe){
            .attempt = attempt,
            .descriptor = set_nonblocking(attempt->job.spawn.outputs[i]),
            .stream = i == 1 || (is_stdout_elsewhere && !launch->is_joined) ? REPORT_STDERR
                                                                            : REPORT_STDOUT};
}

bool pipes_watch(struct attempt *attempt)
{
    for (int i = 0; i < 2; i++) {
        struct attempt_pipe *pipe = &attempt->pipes[i];
        if (pipe->descriptor < 0 || pipe->watch != NULL)
            continue;
        pipe->watch =
            loop_add(attempt->executor->loop, pipe->descriptor, EPOLLIN, pipe_event, pipe, NULL);
        if (pipe->watch == NULL)
            return false;
    }
    return true;
}

bool pipes_drain(struct attempt *attempt)
{
    for (int i = 0; i < 2; i++)
        for (int reads = 0; attempt->pipes[i].descriptor >= 0 && reads < LAST_READS; reads++)
            if (!read_pipe(&attempt->pipes[i]))
                break;
    return !is_any_open(attempt);
}

void pipes_close(struct attempt *attempt)
{
    close_pipe(&attempt->pipes[0]);
    close_pipe(&attempt->pipes[1]);
}
