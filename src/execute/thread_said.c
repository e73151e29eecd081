/* What functions ask and say while they are called, from whatever thread: kept in the thread that
 * calls, until somebody who has the lock comes for it. A call that lasts rings for that; of others
 * it is told with their end. Who says more than is taken has to wait. */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "execute/threads.h"

enum { SAID_SOON = 4096, SAID_MOST = 1 << 20 };

static void ring(struct thread *thread)
{
    uint64_t one = 1;
    file_ring(thread->pool->executor->bell, &one, sizeof one);
}

static bool is_told(const struct thread *thread)
{
    return thread->told == thread->base + thread_current(thread) + 1;
}

static void on_output(void *context, int stream, const char *bytes, size_t length)
{
    struct thread *thread = context;
    pthread_mutex_lock(&thread->saying);
    struct buffer *said = &thread->said[stream - 1];
    while (said->length > SAID_MOST && !thread->is_dropped)
        pthread_cond_wait(&thread->heard, &thread->saying);
    if (!thread->is_dropped) {
        bool was_quiet = said->length == 0;
        buffer_add(said, bytes, length);
        atomic_store_explicit(&thread->has_said, true, memory_order_relaxed);
        if ((was_quiet && is_told(thread)) || said->length > SAID_SOON)
            ring(thread);
    }
    pthread_mutex_unlock(&thread->saying);
}

static void on_progress(void *context, double done, const char *text)
{
    struct thread *thread = context;
    pthread_mutex_lock(&thread->saying);
    if (!thread->is_dropped) {
        thread->progress = done;
        free(thread->progress_text);
        thread->progress_text = memory_text(text);
        atomic_store_explicit(&thread->has_said, true, memory_order_relaxed);
        if (is_told(thread))
            ring(thread);
    }
    pthread_mutex_unlock(&thread->saying);
}

/* Who waits for the lock here may be left to itself meanwhile, and then nobody holds the lock. */
static void on_name(void *context, struct buffer *out)
{
    struct thread *thread = context;
    bool is_dropped = false, is_locked = false;
    while (!is_dropped && !is_locked) {
        pthread_mutex_lock(&thread->saying);
        is_dropped = thread->is_dropped;
        is_locked = !is_dropped && loop_try_lock(thread->pool->executor->loop);
        pthread_mutex_unlock(&thread->saying);
        if (!is_dropped && !is_locked)
            sched_yield();
    }
    if (is_dropped)
        return;
    struct thread_executor *executor = thread->pool->executor;
    executor->options.write_name(executor->options.name_context,
                                 thread->jobs[thread_current(thread)].launch->node, out);
    loop_unlock(executor->loop);
}

void thread_report_said(struct thread *thread)
{
    if (!atomic_load_explicit(&thread->has_said, memory_order_relaxed))
        return;
    struct buffer said[2];
    pthread_mutex_lock(&thread->saying);
    atomic_store_explicit(&thread->has_said, false, memory_order_relaxed);
    double done = thread->progress;
    CLEANUP_FREE char *text = thread->progress_text;
    memcpy(said, thread->said, sizeof said);
    memset(thread->said, 0, sizeof said);
    thread->progress = -1;
    thread->progress_text = NULL;
    const struct launch *launch = thread->jobs[thread_current(thread)].launch;
    pthread_cond_broadcast(&thread->heard);
    pthread_mutex_unlock(&thread->saying);
    struct reports *reports = &thread->pool->executor->reports;
    for (int i = 0; i < 2; i++) {
        if (said[i].length > 0)
            reports->output(reports->context, launch->node, launch->attempt, i + 1, said[i].bytes,
                            said[i].length);
        buffer_release(&said[i]);
    }
    if (done >= 0 && reports->progress != NULL)
        reports->progress(reports->context, launch->node, launch->attempt, done, text);
}

struct caller *thread_caller(struct thread *thread)
{
    struct caller_host host = {.context = thread,
                               .output = on_output,
                               .progress = on_progress,
                               .name = on_name,
                               .directory = thread->pool->executor->options.directory};
    return caller_new(&host);
}
