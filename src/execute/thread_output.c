/* Whose is what comes from descriptors 1 and 2? The call's that was the only one under way, as far
 * as can be told when it is read: at the end of each call that was not very short, or of a function
 * that is known to write, and whenever the loop sees it. */
#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "execute/raw_output.h"
#include "execute/threads.h"

enum { PIECE = 64 * 1024 };

/* The job of the thread's batch that was called alone; NULL if there were several. */
static const struct job *only_job(struct thread *thread)
{
    uint32_t current = thread_current(thread);
    return current == 0 ? &thread->jobs[0] : NULL;
}

/* Also notes which functions write, to look after them from now on. */
static const struct job *find_writer(struct thread_executor *executor, struct thread *ended)
{
    const struct job *writer = ended != NULL ? only_job(ended) : NULL;
    uint32_t count = ended != NULL;
    if (ended != NULL)
        ended->jobs[0].function->writes = true;
    for (uint32_t i = 0; i < executor->pools.count; i++) {
        struct thread_pool *pool = executor->pools.items[i];
        for (uint32_t k = 0; k < pool->threads.count; k++) {
            struct thread *thread = pool->threads.items[k];
            if (!thread->is_in_hand || thread == ended)
                continue;
            count++;
            writer = only_job(thread);
            thread->jobs[0].function->writes = true;
        }
    }
    return count == 1 ? writer : NULL;
}

static void tell(struct thread_executor *executor, struct thread *ended, int stream,
                 const char *bytes, size_t length)
{
    const struct job *writer = find_writer(executor, ended);
    struct reports *reports = &executor->reports;
    if (writer != NULL)
        reports->output(reports->context, writer->launch->node, writer->launch->attempt, stream,
                        bytes, length);
    else if (executor->options.said != NULL)
        executor->options.said(executor->options.said_context, stream, bytes, length);
}

/* A function closed the descriptor: nothing will come any more. */
static int end_raw(struct thread_executor *executor, int i)
{
    loop_remove(executor->loop, executor->raw_watches[i]);
    executor->raw_watches[i] = NULL;
    return -1;
}

void thread_executor_listen(struct thread_executor *executor, struct thread *ended)
{
    struct raw_output *raw = executor->options.raw;
    if (raw == NULL)
        return;
    fflush(stdout);
    struct pollfd polled[2];
    for (int i = 0; i < 2; i++)
        polled[i] = (struct pollfd){
            .fd = executor->raw_watches[i] != NULL ? raw_output_end(raw, i + 1) : -1,
            .events = POLLIN};
    static char bytes[PIECE]; /* under the lock */
    while (poll(polled, 2, 0) > 0) {
        for (int i = 0; i < 2; i++) {
            ssize_t length = polled[i].revents != 0 ? read(polled[i].fd, bytes, PIECE) : 0;
            if (length > 0)
                tell(executor, ended, i + 1, bytes, (size_t)length);
            else if (length == 0 && polled[i].revents != 0)
                polled[i].fd = end_raw(executor, i);
        }
    }
}

static void on_raw(void *context, uint32_t events)
{
    (void)events;
    thread_executor_listen(context, NULL);
}

bool thread_executor_listen_to_raw(struct thread_executor *executor, struct error *error)
{
    for (int i = 0; i < 2 && executor->options.raw != NULL; i++) {
        executor->raw_watches[i] =
            loop_add(executor->loop, raw_output_end(executor->options.raw, i + 1), EPOLLIN, on_raw,
                     executor, error);
        if (executor->raw_watches[i] == NULL)
            return false;
    }
    return true;
}
