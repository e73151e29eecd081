/* Threads that live as long as the executor. A job passes: queue → a thread, which starts it and
 * stays with it for a moment → its report, under the loop's lock.
 *
 * Whoever reports an end makes the loop's turn that follows from it, and so adds the next job by
 * itself. That job it also takes, being free: nobody is woken for it. A thread without work waits
 * at the pipe of calls; one that stays with a process looks at it as well, and leaves when it is
 * called. A byte too many only makes somebody look. */
#include "execute/spawners.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"

struct spawners {
    struct loop *loop;
    const struct spawn_setup *setup;
    spawners_report *report;
    void *context;
    bool has_taker; /* the loop's: a thread reports, and will take the next job itself */
    pthread_t *threads;
    uint32_t most;
    int calls[2]; /* a pipe */

    pthread_mutex_t lock; /* of all below; taken under the loop's, never before it */
    struct spawn_jobs queue;
    uint32_t queued;      /* jobs */
    uint32_t count, busy; /* threads; those that have a job */
    bool is_ending;
};

/* What a thread works with. */
struct spawner {
    struct spawners *spawners;
    char *stack;
    struct moment moment;
};

static struct spawn_job *take(struct spawners *spawners)
{
    struct spawn_job *job = spawners->is_ending ? NULL : TAILQ_FIRST(&spawners->queue);
    if (job == NULL)
        return NULL;
    TAILQ_REMOVE(&spawners->queue, job, link);
    job->is_queued = false;
    spawners->queued--;
    return job;
}

static void await_call(struct spawners *spawners)
{
    char byte;
    struct pollfd polled = {.fd = spawners->calls[0], .events = POLLIN};
    pthread_mutex_unlock(&spawners->lock);
    if (poll(&polled, 1, -1) > 0)
        (void)!read(spawners->calls[0], &byte, 1);
    pthread_mutex_lock(&spawners->lock);
}

static bool is_short(const struct spawners *spawners)
{
    return spawners->queued > spawners->count - spawners->busy;
}

/* NULL at the end. *ret_is_hurried: others are waiting behind it, and no thread is free. */
static struct spawn_job *next_job(struct spawners *spawners, bool *ret_is_hurried)
{
    struct spawn_job *job;
    pthread_mutex_lock(&spawners->lock);
    while ((job = take(spawners)) == NULL && !spawners->is_ending)
        await_call(spawners);
    spawners->busy += job != NULL;
    *ret_is_hurried = is_short(spawners);
    pthread_mutex_unlock(&spawners->lock);
    return job;
}

static void work(struct spawner *spawner, struct spawn_job *job, bool is_hurried)
{
    struct spawners *spawners = spawner->spawners;
    spawner->moment.is_over = false;
    spawner->moment.lengths[0] = spawner->moment.lengths[1] = 0;
    job->spawn.began = clock_monotonic();
    spawn_start(spawners->setup, &job->spawn, spawner->stack);
    if (job->spawn.is_started && !is_hurried)
        moment_watch(&spawner->moment, &job->spawn, spawners->calls[0]);
    loop_lock(spawners->loop);
    spawners->has_taker = true;
    spawners->report(spawners->context, job, &spawner->moment);
    loop_follow(spawners->loop);
    spawners->has_taker = false;
    loop_unlock(spawners->loop);
    pthread_mutex_lock(&spawners->lock);
    spawners->busy--;
    pthread_mutex_unlock(&spawners->lock);
}

static void *thread_main(void *argument)
{
    struct spawner *spawner = argument;
    struct spawn_job *job;
    bool is_hurried;
    while ((job = next_job(spawner->spawners, &is_hurried)) != NULL)
        work(spawner, job, is_hurried);
    free(spawner->stack);
    free(spawner);
    return NULL;
}

/* With all signals blocked, so that the child gets none before its dispositions are its own; but
 * for SIGCHLD, which the kernel drops if the thread that made the child does not block it, and else
 * wakes the loop's thread for. */
static int add_thread(struct spawners *spawners)
{
    sigset_t all, before;
    struct spawner *spawner = memory_new(sizeof *spawner);
    spawner->spawners = spawners;
    spawner->stack = memory_new(SPAWN_STACK);
    sigfillset(&all);
    sigdelset(&all, SIGCHLD);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_mutex_lock(&spawners->lock); /* it is counted before it takes a job */
    int error = pthread_create(&spawners->threads[spawners->count], NULL, thread_main, spawner);
    spawners->count += error == 0;
    pthread_mutex_unlock(&spawners->lock);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error == 0)
        return 0;
    free(spawner->stack);
    free(spawner);
    return error;
}

static bool open_calls(struct spawners *spawners)
{
    if (pipe2(spawners->calls, O_CLOEXEC | O_NONBLOCK) != 0)
        return false;
    for (int i = 0; i < 2; i++)
        spawners->calls[i] = file_raise(spawners->calls[i]);
    return true;
}

struct spawners *spawners_new(struct loop *loop, const struct spawn_setup *setup, uint32_t most,
                              spawners_report *report, void *context, struct error *error)
{
    struct spawners *spawners = memory_new(sizeof *spawners);
    *spawners = (struct spawners){.loop = loop,
                                  .setup = setup,
                                  .report = report,
                                  .context = context,
                                  .most = most,
                                  .calls = {-1, -1}};
    TAILQ_INIT(&spawners->queue);
    pthread_mutex_init(&spawners->lock, NULL);
    spawners->threads = memory_array(most, sizeof *spawners->threads);
    int number = open_calls(spawners) ? add_thread(spawners) : errno;
    if (number == 0)
        return spawners;
    error_set_system(error, number, "cannot start a thread");
    spawners_free(spawners);
    return NULL;
}

void spawners_add(struct spawners *spawners, struct spawn_job *job)
{
    pthread_mutex_lock(&spawners->lock);
    TAILQ_INSERT_TAIL(&spawners->queue, job, link);
    job->is_queued = true;
    spawners->queued++;
    bool is_growing = spawners->count < spawners->most && is_short(spawners) &&
                      (!spawners->has_taker || spawners->queued > 1);
    pthread_mutex_unlock(&spawners->lock);
    if (spawners->has_taker)
        spawners->has_taker = false;
    else
        file_ring(spawners->calls[1], "", 1);
    if (is_growing)
        add_thread(spawners); /* those that are there do the work if it fails */
}

bool spawners_withdraw(struct spawners *spawners, struct spawn_job *job)
{
    pthread_mutex_lock(&spawners->lock);
    bool was_queued = job->is_queued;
    if (was_queued) {
        TAILQ_REMOVE(&spawners->queue, job, link);
        job->is_queued = false;
        spawners->queued--;
    }
    pthread_mutex_unlock(&spawners->lock);
    return was_queued;
}

void spawners_free(struct spawners *spawners)
{
    pthread_mutex_lock(&spawners->lock);
    spawners->is_ending = true;
    pthread_mutex_unlock(&spawners->lock);
    /* A byte for each: a child that a function forked may hold the pipe open. */
    for (uint32_t i = 0; i < spawners->count; i++)
        file_ring(spawners->calls[1], "", 1);
    file_close(&spawners->calls[1]);
    loop_unlock(spawners->loop); /* for the last reports */
    for (uint32_t i = 0; i < spawners->count; i++)
        pthread_join(spawners->threads[i], NULL);
    loop_lock(spawners->loop);
    pthread_mutex_destroy(&spawners->lock);
    file_close(&spawners->calls[0]);
    free(spawners->threads);
    free(spawners);
}
