/* Threads that live as long as the executor. A job passes: queue → a thread → done → the loop.
 *
 * A thread that has started a process arms its watch at once and wakes nobody: the loop has nothing
 * to do for a process before its end, and learns of the start then, or when it next looks (which it
 * does every few milliseconds while jobs are out). So a short process costs one waking of the loop,
 * not two. */
#include "execute/spawners.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"

struct spawners {
    struct loop *loop;
    const struct spawn_setup *setup;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t is_needed;
    struct spawn_jobs queue, done;
    uint32_t queued, idle;
    bool is_ending;
    int bell;
    pthread_t *threads;
    uint32_t count, most;
};

static void ring(struct spawners *spawners)
{
    /* It cannot fail but by a counter near its limit, which rings as well. */
    uint64_t one = 1;
    (void)!write(spawners->bell, &one, sizeof one);
}

static void start(struct spawners *spawners, struct spawn_job *job, char *stack)
{
    job->spawn.began = clock_monotonic();
    spawn_start(spawners->setup, &job->spawn, stack);
    job->is_armed =
        job->spawn.is_started && loop_arm(spawners->loop, job->watch, job->spawn.handle, EPOLLIN);
}

static struct spawn_job *next_job(struct spawners *spawners)
{
    while (TAILQ_EMPTY(&spawners->queue) && !spawners->is_ending) {
        spawners->idle++;
        pthread_cond_wait(&spawners->is_needed, &spawners->lock);
        spawners->idle--;
    }
    struct spawn_job *job = spawners->is_ending ? NULL : TAILQ_FIRST(&spawners->queue);
    if (job != NULL) {
        TAILQ_REMOVE(&spawners->queue, job, link);
        job->is_queued = false;
        spawners->queued--;
    }
    return job;
}

static void *thread_main(void *argument)
{
    struct spawners *spawners = argument;
    CLEANUP_FREE char *stack = memory_new(SPAWN_STACK);
    pthread_mutex_lock(&spawners->lock);
    for (struct spawn_job *job; (job = next_job(spawners)) != NULL;) {
        pthread_mutex_unlock(&spawners->lock);
        start(spawners, job, stack);
        bool is_started = job->spawn.is_started;
        pthread_mutex_lock(&spawners->lock);
        TAILQ_INSERT_TAIL(&spawners->done, job, link);
        if (!is_started)
            ring(spawners);
    }
    pthread_mutex_unlock(&spawners->lock);
    return NULL;
}

/* With all signals blocked, so that the child gets none before its dispositions are its own. */
static int add_thread(struct spawners *spawners)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&spawners->threads[spawners->count], NULL, thread_main, spawners);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error == 0)
        spawners->count++;
    return error;
}

struct spawners *spawners_new(struct loop *loop, const struct spawn_setup *setup, uint32_t most,
                              struct error *error)
{
    struct spawners *spawners = memory_new(sizeof *spawners);
    *spawners = (struct spawners){.loop = loop, .setup = setup, .most = most};
    TAILQ_INIT(&spawners->queue);
    TAILQ_INIT(&spawners->done);
    pthread_mutex_init(&spawners->lock, NULL);
    pthread_cond_init(&spawners->is_needed, NULL);
    spawners->threads = memory_array(most, sizeof *spawners->threads);
    spawners->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int number = spawners->bell < 0 ? errno : add_thread(spawners);
    if (number == 0)
        return spawners;
    error_set_system(error, number, "cannot start a thread");
    spawners_free(spawners, &(struct spawn_jobs){0});
    return NULL;
}

void spawners_add(struct spawners *spawners, struct spawn_job *job)
{
    pthread_mutex_lock(&spawners->lock);
    TAILQ_INSERT_TAIL(&spawners->queue, job, link);
    job->is_queued = true;
    spawners->queued++;
    bool is_waking = spawners->idle > 0;
    bool is_short = spawners->queued > spawners->idle && spawners->count < spawners->most;
    pthread_mutex_unlock(&spawners->lock);
    if (is_waking)
        pthread_cond_signal(&spawners->is_needed);
    if (is_short)
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

void spawners_collect(struct spawners *spawners, struct spawn_jobs *ret)
{
    pthread_mutex_lock(&spawners->lock);
    TAILQ_CONCAT(ret, &spawners->done, link);
    pthread_mutex_unlock(&spawners->lock);
}

int spawners_bell(const struct spawners *spawners)
{
    return spawners->bell;
}

void spawners_free(struct spawners *spawners, struct spawn_jobs *ret)
{
    pthread_mutex_lock(&spawners->lock);
    spawners->is_ending = true;
    pthread_cond_broadcast(&spawners->is_needed);
    pthread_mutex_unlock(&spawners->lock);
    for (uint32_t i = 0; i < spawners->count; i++)
        pthread_join(spawners->threads[i], NULL);
    TAILQ_CONCAT(ret, &spawners->queue, link);
    TAILQ_CONCAT(ret, &spawners->done, link);
    pthread_cond_destroy(&spawners->is_needed);
    pthread_mutex_destroy(&spawners->lock);
    file_close(&spawners->bell);
    free(spawners->threads);
    free(spawners);
}
