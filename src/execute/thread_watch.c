/* Looking after threads with a batch in hand. While there are any that are not known to last, each
 * is looked at every 2 ms: one that is in the same call as at the last look is reported started,
 * what it has called before is reported, and what waits behind that call goes to others.
 *
 * A call that is to end is told so by its flag, and by a signal that interrupts what it waits for
 * and stops code of Lua; again and again until the grace is over, for a signal may come between the
 * looking at the flag and the waiting. */
#include <signal.h>

#include "base/clock.h"
#include "execute/threads.h"

/* Nanoseconds. */
#define NAG_EVERY   INT64_C(50000000)
#define KILLED_NAGS 2 /* a call that is to be killed has still so long to see its flag */

void thread_put_back(struct thread *thread)
{
    uint64_t cursor = atomic_load_explicit(&thread->cursor, memory_order_relaxed);
    uint32_t next, end;
    do {
        next = CURSOR_NEXT(cursor);
        end = CURSOR_END(cursor);
        if ((cursor & (CURSOR_DONE | CURSOR_DROPPED)) != 0 || next == end)
            return;
    } while (!atomic_compare_exchange_weak_explicit(&thread->cursor, &cursor,
                                                    (uint64_t)next << 32 | next,
                                                    memory_order_acq_rel, memory_order_relaxed));
    while (end > next)
        thread_pool_push_front(thread->pool, &thread->jobs[--end]);
}

/* The call under way has lasted. */
static void tell(struct thread *thread, uint32_t current)
{
    struct thread_executor *executor = thread->pool->executor;
    const struct launch *launch = thread->jobs[current].launch;
    int64_t at = thread->began != 0 && current == 0 ? thread->began : thread->seen_at;
    thread->pool->soon -= thread->is_short;
    thread->is_short = false;
    thread_put_back(thread);
    thread_report(thread, current);
    pthread_mutex_lock(&thread->saying);
    thread->told = thread->base + current + 1;
    pthread_mutex_unlock(&thread->saying);
    executor->reports.started(executor->reports.context, launch->node, launch->attempt, 0, at);
    thread_report_said(thread);
}

/* Is it to be looked at again? */
static bool look_at(struct thread *thread, int64_t now)
{
    uint64_t cursor = atomic_load_explicit(&thread->cursor, memory_order_acquire);
    uint32_t next = CURSOR_NEXT(cursor);
    if (next == 0 || (cursor & CURSOR_DONE) != 0)
        return true;
    uint64_t number = thread->base + next;
    if (thread->told == number)
        return false;
    if (thread->seen == number) {
        tell(thread, next - 1);
        return false;
    }
    thread->seen = number;
    thread->seen_at = now;
    return true;
}

static void look(void *context)
{
    struct thread_executor *executor = context;
    bool is_needed = false;
    int64_t now = clock_monotonic();
    executor->watching = NULL;
    for (uint32_t i = 0; i < executor->pools.count; i++) {
        struct thread_pool *pool = executor->pools.items[i];
        for (uint32_t k = 0; k < pool->threads.count; k++)
            if (pool->threads.items[k]->is_in_hand)
                is_needed |= look_at(pool->threads.items[k], now);
        thread_pool_wake(pool);
    }
    if (is_needed)
        thread_watch(executor);
}

void thread_watch(struct thread_executor *executor)
{
    if (executor->watching == NULL)
        executor->watching =
            loop_at(executor->loop, clock_monotonic() + FIRST_MOMENT, look, executor);
}

/* --- ending calls --- */

/* Arguments that calls may read which were left to themselves: kept as long as the process lives,
 * which is not to be long. */
static VEC(json_t *) left_alone;

bool thread_drop(struct thread *thread)
{
    struct thread_pool *pool = thread->pool;
    thread_put_back(thread);
    const struct invocation *invocation = thread->jobs[thread_current(thread)].launch->call;
    pthread_mutex_lock(&thread->saying);
    thread->is_dropped = true;
    pthread_cond_broadcast(&thread->heard);
    pthread_mutex_unlock(&thread->saying);
    loop_cancel(pool->executor->loop, thread->nagging);
    thread->nagging = NULL;
    bool is_short = thread->is_short;
    uint64_t cursor = atomic_load_explicit(&thread->cursor, memory_order_relaxed);
    do {
        if ((cursor & CURSOR_DONE) != 0)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(&thread->cursor, &cursor,
                                                    cursor | CURSOR_DROPPED, memory_order_acq_rel,
                                                    memory_order_relaxed));
    /* From here on the thread may end at any time. */
    *VEC_PUSH(&left_alone) = json_incref(invocation->args);
    *VEC_PUSH(&left_alone) = json_incref(invocation->kwargs);
    pool->soon -= is_short;
    pool->executor->dropped++;
    for (uint32_t i = 0; i < pool->threads.count; i++)
        if (pool->threads.items[i] == thread)
            pool->threads.items[i] = pool->threads.items[--pool->threads.count];
    return true;
}

static void kill_call(struct thread *thread)
{
    struct thread_executor *executor = thread->pool->executor;
    const struct launch *launch = thread->jobs[thread_current(thread)].launch;
    struct exit_report report = {.kind = EXIT_SIGNAL, .code = SIGKILL};
    if (thread_drop(thread))
        executor->reports.finished(executor->reports.context, launch->node, launch->attempt,
                                   &report);
}

static bool is_under_way(const struct thread *thread, uint64_t number)
{
    uint64_t cursor = atomic_load_explicit(&thread->cursor, memory_order_acquire);
    return thread->is_in_hand && (cursor & CURSOR_DONE) == 0 &&
           thread->base + CURSOR_NEXT(cursor) == number;
}

static void nag(void *context)
{
    struct thread *thread = context;
    struct thread_executor *executor = thread->pool->executor;
    thread->nagging = NULL;
    if (!is_under_way(thread, thread->stopped))
        return;
    if (thread->nags_left-- > 0) {
        pthread_kill(thread->id, SIGURG);
        thread->nagging = loop_at(executor->loop, clock_monotonic() + NAG_EVERY, nag, thread);
        return;
    }
    const struct launch *launch = thread->jobs[thread_current(thread)].launch;
    bool is_killed = thread->is_killed;
    thread->unstoppable = thread->stopped;
    executor->reports.unstoppable(executor->reports.context, launch->node, launch->attempt);
    if (is_killed && is_under_way(thread, thread->stopped))
        kill_call(thread);
}

/* A report from within signal would be against the contract: so who cannot be stopped is dropped by
 * an alarm. */
static void kill_later(void *context)
{
    struct thread *thread = context;
    thread->nagging = NULL;
    if (is_under_way(thread, thread->unstoppable))
        kill_call(thread);
}

static void stop_call(struct thread *thread, uint64_t number, bool is_kill)
{
    struct thread_executor *executor = thread->pool->executor;
    if (thread->unstoppable == number) {
        if (is_kill && thread->nagging == NULL)
            thread->nagging = loop_at(executor->loop, 0, kill_later, thread);
        return;
    }
    if (thread->stopped != number) {
        thread->stopped = number;
        thread->nags_left = executor->options.grace / NAG_EVERY;
        caller_cancel(thread->caller, number);
        if (thread->nagging == NULL)
            thread->nagging = loop_at(executor->loop, 0, nag, thread);
    }
    if (is_kill && thread->nags_left > KILLED_NAGS)
        thread->nags_left = KILLED_NAGS;
    thread->is_killed |= is_kill;
}

/* The thread that has it in hand, and as which of its jobs; NULL. */
static struct thread *find(struct thread_executor *executor, uint32_t node, uint32_t attempt,
                           uint32_t *ret)
{
    for (uint32_t i = 0; i < executor->pools.count; i++) {
        struct thread_pool *pool = executor->pools.items[i];
        for (uint32_t k = 0; k < pool->threads.count; k++) {
            struct thread *thread = pool->threads.items[k];
            uint32_t end = CURSOR_END(atomic_load_explicit(&thread->cursor, memory_order_acquire));
            for (*ret = thread->reported; thread->is_in_hand && *ret < end; ++*ret) {
                const struct launch *launch = thread->jobs[*ret].launch;
                if (launch->node == node && launch->attempt == attempt)
                    return thread;
            }
        }
    }
    return NULL;
}

static bool withdraw(struct thread_executor *executor, uint32_t node, uint32_t attempt,
                     bool is_kill)
{
    struct exit_report report = {.kind = EXIT_SIGNAL, .code = is_kill ? SIGKILL : SIGTERM};
    for (uint32_t i = 0; i < executor->pools.count; i++) {
        if (!thread_pool_withdraw(executor->pools.items[i], node, attempt))
            continue;
        thread_executor_withdraw(executor, node, attempt, &report);
        return true;
    }
    return false;
}

void thread_signal(struct executor *base, uint32_t node, uint32_t attempt, bool is_kill)
{
    struct thread_executor *executor = (struct thread_executor *)base;
    uint32_t i;
    struct thread *thread = find(executor, node, attempt, &i);
    if (thread != NULL)
        thread_put_back(thread); /* perhaps it is behind the one under way */
    if (thread == NULL || !is_under_way(thread, thread->base + i + 1))
        withdraw(executor, node, attempt, is_kill);
    else
        stop_call(thread, thread->base + i + 1, is_kill);
}
