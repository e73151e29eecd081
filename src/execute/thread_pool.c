/* What waits for a thread of a pool, who takes how much of it, and who is woken for it.
 *
 * Empty functions take some ten nanoseconds, waking a thread some microseconds, so what decides is
 * how long calls of each function took so far. A thread takes as many as are over soon, and others
 * are woken only for what it would not come to soon. Of a function that is not known yet each call
 * has a thread of its own. Where an estimate is wrong, thread_watch.c mends it within a few
 * milliseconds: it puts back what waits behind a call that lasts, and wakes others. */
#include <stdlib.h>
#include <string.h>

#include "execute/threads.h"

enum { LEAST_RING = 64 };

static struct job *job_at(const struct thread_pool *pool, uint32_t i)
{
    return &pool->ring[(pool->first + i) & (pool->capacity - 1)];
}

static void grow(struct thread_pool *pool)
{
    uint32_t capacity = pool->capacity > 0 ? 2 * pool->capacity : LEAST_RING;
    if (capacity < pool->capacity)
        memory_exhausted();
    struct job *ring = memory_array(capacity, sizeof *ring);
    for (uint32_t i = 0; i < pool->count; i++)
        ring[i] = *job_at(pool, i);
    free(pool->ring);
    pool->ring = ring;
    pool->capacity = capacity;
    pool->first = 0;
}

void thread_pool_push(struct thread_pool *pool, const struct job *job)
{
    if (pool->count == pool->capacity)
        grow(pool);
    *job_at(pool, pool->count++) = *job;
    pool->work += job->function->estimate;
}

void thread_pool_push_front(struct thread_pool *pool, const struct job *job)
{
    if (pool->count == pool->capacity)
        grow(pool);
    pool->first--;
    pool->count++;
    *job_at(pool, 0) = *job;
    pool->work += job->function->estimate;
}

static void drop_first(struct thread_pool *pool)
{
    pool->work -= job_at(pool, 0)->function->estimate;
    pool->first++;
    pool->count--;
    if (pool->count == 0)
        pool->work = 0; /* estimates change while jobs wait */
}

/* So much of what waits is one thread's share, if others come as well. */
static uint32_t share(const struct thread_pool *pool)
{
    uint32_t others = pool->idle_count + pool->waking;
    if (pool->work < WORTH_WAKING || others == 0)
        return pool->count;
    return (pool->count + others) / (others + 1);
}

/* Only calls too short to be measured one by one share a batch with those of other functions. */
static bool goes_with(const struct thread *thread, const struct job *job)
{
    const struct thread_function *first = thread->jobs[0].function;
    if (job->function->writes || first->writes) /* so that it is known whose it is */
        return false;
    return job->function == first ||
           (job->function->estimate < WORTH_MEASURING && first->estimate < WORTH_MEASURING);
}

bool thread_pool_take(struct thread_pool *pool, struct thread *thread)
{
    uint32_t most = share(pool), count = 0;
    int64_t work = 0;
    if (pool->executor->is_paused)
        return false;
    thread->is_uniform = true;
    while (pool->count > 0 && count < most && count < BATCH_MOST) {
        const struct job *job = job_at(pool, 0);
        if (job->launch != NULL) {
            work += job->function->estimate;
            if (count > 0 && (work > WORTH_A_BATCH || !goes_with(thread, job)))
                break;
            thread->is_uniform &= count == 0 || job->function == thread->jobs[0].function;
            thread->jobs[count++] = *job;
        }
        drop_first(pool);
    }
    if (count == 0)
        return false;
    thread->reported = 0;
    thread->is_in_hand = true;
    thread->is_short = work <= WORTH_A_BATCH;
    pool->soon += thread->is_short;
    atomic_store_explicit(&thread->cursor, (uint64_t)count << 32, memory_order_relaxed);
    return true;
}

/* A thread in hand of short work comes back soon; without one, whatever waits is worth it. */
static bool is_worth_waking(const struct thread_pool *pool)
{
    if (pool->count <= pool->waking)
        return false;
    if (pool->soon + pool->waking == 0)
        return true;
    return pool->work > (int64_t)(pool->waking + 1) * WORTH_WAKING;
}

static bool wake_idle(struct thread_pool *pool)
{
    struct thread *thread = SLIST_FIRST(&pool->idle);
    if (thread == NULL)
        return false;
    SLIST_REMOVE_HEAD(&pool->idle, link);
    pool->idle_count--;
    pool->waking++;
    sem_post(&thread->waking);
    return true;
}

static void give_up(struct thread_pool *pool, int error)
{
    struct exit_report report = {.kind = EXIT_NOT_STARTED,
                                 .step = SPAWN_RESOURCES,
                                 .code = error,
                                 .detail = "cannot start a thread"};
    for (; pool->count > 0; drop_first(pool)) {
        const struct launch *launch = job_at(pool, 0)->launch;
        if (launch != NULL)
            thread_executor_withdraw(pool->executor, launch->node, launch->attempt, &report);
    }
}

void thread_pool_wake(struct thread_pool *pool)
{
    int error;
    if (pool->executor->is_paused)
        return;
    while (is_worth_waking(pool) && !wake_idle(pool)) {
        if (pool->threads.count >= pool->size)
            return;
        if (!thread_start(pool, &error)) {
            /* Those that are there do the work. */
            if (pool->threads.count == 0)
                give_up(pool, error);
            return;
        }
    }
}

bool thread_pool_withdraw(struct thread_pool *pool, uint32_t node, uint32_t attempt)
{
    for (uint32_t i = 0; i < pool->count; i++) {
        struct job *job = job_at(pool, i);
        if (job->launch == NULL || job->launch->node != node || job->launch->attempt != attempt)
            continue;
        job->launch = NULL;
        while (pool->count > 0 && job_at(pool, 0)->launch == NULL)
            drop_first(pool);
        return true;
    }
    return false;
}
