/* A thread of a pool: takes a batch, calls, reports, and takes the next under the same lock, so
 * that a chain of calls wakes nobody. It asks for the time only of calls that are long enough for
 * that to cost little, and of one batch in some. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "execute/threads.h"

enum { MEASURE_EVERY = 16, RUSAGE_WORTH = 20000 };

/* --- calls --- */

/* The number of the next job in *ret, or false at the end: of the batch (or earlier, where what the
 * last one said is to be told as its own), or of this thread's being the executor's. */
static bool claim(struct thread *thread, uint32_t *ret)
{
    bool is_over = atomic_load_explicit(&thread->has_said, memory_order_relaxed);
    uint64_t cursor = atomic_load_explicit(&thread->cursor, memory_order_relaxed), next;
    do {
        *ret = CURSOR_NEXT(cursor);
        if ((cursor & CURSOR_DROPPED) != 0)
            return false;
        bool is_end = *ret == CURSOR_END(cursor) || (is_over && *ret > 0);
        next = is_end ? cursor | CURSOR_DONE : cursor + 1;
    } while (!atomic_compare_exchange_weak_explicit(&thread->cursor, &cursor, next,
                                                    memory_order_acq_rel, memory_order_relaxed));
    return (next & CURSOR_DONE) == 0;
}

static int64_t nanoseconds(struct timeval time)
{
    return time.tv_sec * INT64_C(1000000000) + time.tv_usec * INT64_C(1000);
}

static void read_usage(struct thread *thread)
{
    struct rusage usage;
    thread->is_timed = getrusage(RUSAGE_THREAD, &usage) == 0;
    thread->user_time = nanoseconds(usage.ru_utime);
    thread->system_time = nanoseconds(usage.ru_stime);
}

static void note_usage(struct thread *thread, struct job *job)
{
    int64_t user_time = thread->user_time, system_time = thread->system_time;
    read_usage(thread);
    job->user_time = thread->user_time - user_time;
    job->system_time = thread->system_time - system_time;
}

static void free_env(struct thread *thread)
{
    for (char **entry = thread->env; entry != NULL && *entry != NULL; entry++)
        free(*entry);
    free(thread->env);
    thread->env = NULL;
}

static char **copy_env(char *const *env)
{
    size_t count = 0;
    while (env[count] != NULL)
        count++;
    char **copy = memory_array(count + 1, sizeof *copy);
    for (size_t i = 0; i < count; i++)
        copy[i] = memory_text(env[i]);
    return copy;
}

static void call(struct thread *thread, uint32_t i)
{
    struct job *job = &thread->jobs[i];
    const struct invocation *invocation = job->launch->call;
    struct calling calling = {.callable = job->function->callable,
                              .args = invocation->args,
                              .kwargs = invocation->kwargs,
                              .cwd = invocation->cwd,
                              .attempt = job->launch->attempt,
                              .number = thread->base + i + 1};
    if (job->launch->env != NULL)
        calling.env = thread->env = copy_env(job->launch->env);
    caller_call(thread->caller, &calling, &job->called);
    if (thread->env != NULL)
        free_env(thread);
}

/* An estimate rises at once and falls slowly: it is worse to take a long call for a short one. */
static void learn(struct thread_function *function, int64_t took)
{
    int64_t estimate = function->estimate, sample = took > 0 ? took : 1;
    function->estimate += (sample - estimate) / (sample > estimate ? 2 : 4);
    if (function->estimate < 1)
        function->estimate = 1;
    function->unmeasured = 0;
}

/* Is this batch to be measured? What is read here others write only under the lock, which this
 * thread holds. */
static void prepare(struct thread *thread)
{
    struct thread_function *function = thread->jobs[0].function;
    bool is_measured =
        function->estimate >= WORTH_MEASURING || ++function->unmeasured >= MEASURE_EVERY;
    thread->began = is_measured ? clock_monotonic() : 0;
    thread->is_timed = false;
    thread->seen = 0;
    if (function->estimate >= RUSAGE_WORTH)
        read_usage(thread);
}

/* False if the thread has been left to itself. */
static bool call_batch(struct thread *thread)
{
    uint32_t i;
    while (claim(thread, &i)) {
        call(thread, i);
        thread_crash_check_fork();
        if (thread->began != 0)
            thread->ended = clock_monotonic();
        if (thread->is_timed)
            note_usage(thread, &thread->jobs[i]);
    }
    return (atomic_load_explicit(&thread->cursor, memory_order_acquire) & CURSOR_DROPPED) == 0;
}

static void dispose(struct job *job)
{
    if (job->called.result != NULL)
        json_decref(job->called.result);
    if (job->called.message != NULL)
        free(job->called.message);
}

static void report_one(struct thread *thread, struct job *job)
{
    struct thread_executor *executor = thread->pool->executor;
    struct exit_report report = {.kind = EXIT_RETURNED,
                                 .result = job->called.result,
                                 .user_time = job->user_time,
                                 .system_time = job->system_time};
    if (job->called.kind == CALLED_RAISED) {
        report.kind = EXIT_RAISED;
        report.detail = job->called.message;
    } else if (job->called.kind == CALLED_CANCELLED) {
        report.kind = EXIT_SIGNAL;
        report.code = SIGTERM;
    }
    if (!executor->is_closing)
        executor->reports.finished(executor->reports.context, job->launch->node,
                                   job->launch->attempt, &report);
    dispose(job);
}

void thread_report(struct thread *thread, uint32_t end)
{
    while (thread->reported < end)
        report_one(thread, &thread->jobs[thread->reported++]);
}

/* --- the thread --- */

/* What of the batch was not begun, for the last call had something to say, goes back. */
static void put_back_rest(struct thread *thread, uint32_t begun, uint32_t end)
{
    while (end > begun)
        thread_pool_push_front(thread->pool, &thread->jobs[--end]);
}

/* The batch has been called: what is learnt of it, and its reports. */
static void finish_batch(struct thread *thread)
{
    struct thread_pool *pool = thread->pool;
    uint64_t cursor = atomic_load_explicit(&thread->cursor, memory_order_relaxed);
    uint32_t begun = CURSOR_NEXT(cursor);
    if (thread->nagging != NULL) {
        loop_cancel(pool->executor->loop, thread->nagging);
        thread->nagging = NULL;
    }
    const struct thread_function *last = thread->jobs[begun - 1].function;
    bool is_to_listen = last->writes || last->estimate >= WORTH_LISTENING;
    thread->is_killed = false;
    pool->soon -= thread->is_short;
    thread->is_in_hand = thread->is_short = false;
    put_back_rest(thread, begun, CURSOR_END(cursor));
    if (is_to_listen)
        thread_executor_listen(pool->executor, thread);
    if (thread->began != 0 && thread->is_uniform)
        learn(thread->jobs[0].function, (thread->ended - thread->began) / begun);
    pool->has_taker = true;
    thread_report_said(thread);
    thread_report(thread, begun);
    loop_follow(pool->executor->loop);
    pool->has_taker = false;
    thread->base += begun;
}

static void await_work(struct thread *thread)
{
    struct thread_pool *pool = thread->pool;
    SLIST_INSERT_HEAD(&pool->idle, thread, link);
    pool->idle_count++;
    loop_unlock(pool->executor->loop);
    while (sem_wait(&thread->waking) != 0)
        ;
    loop_lock(pool->executor->loop);
    pool->waking--;
}

/* Under the lock. False at the end. */
static bool next_batch(struct thread *thread)
{
    struct thread_pool *pool = thread->pool;
    loop_give_way(pool->executor->loop);
    while (!thread->is_ending && !thread_pool_take(pool, thread))
        await_work(thread);
    if (thread->is_ending)
        return false;
    thread_pool_wake(pool);
    thread_watch(pool->executor);
    loop_wake(pool->executor->loop);
    prepare(thread);
    return true;
}

/* Nobody waits for this thread any more: what it was left to do is done. */
static void end_dropped(struct thread *thread)
{
    dispose(&thread->jobs[thread_current(thread)]);
    thread_free(thread);
    pthread_detach(pthread_self());
}

static _Thread_local struct thread *self;

struct thread *thread_self(void)
{
    return self;
}

static void *thread_main(void *argument)
{
    struct thread *thread = argument;
    struct loop *loop = thread->pool->executor->loop;
    self = thread;
    thread_crash_begin(thread);
    loop_lock(loop);
    thread->pool->waking--;
    while (next_batch(thread)) {
        loop_unlock(loop);
        if (!call_batch(thread)) {
            self = NULL;
            thread_crash_end(thread);
            end_dropped(thread);
            return NULL;
        }
        loop_lock(loop);
        finish_batch(thread);
    }
    loop_unlock(loop);
    self = NULL;
    thread_crash_end(thread);
    return NULL;
}

static struct thread *thread_new(struct thread_pool *pool)
{
    struct thread *thread = memory_new(sizeof *thread);
    thread->pool = pool;
    thread->progress = -1;
    thread->caller = thread_caller(thread);
    sem_init(&thread->waking, 0, 0);
    pthread_mutex_init(&thread->saying, NULL);
    pthread_cond_init(&thread->heard, NULL);
    return thread;
}

void thread_free(struct thread *thread)
{
    free_env(thread);
    free(thread->progress_text);
    buffer_release(&thread->said[0]);
    buffer_release(&thread->said[1]);
    caller_free(thread->caller);
    pthread_cond_destroy(&thread->heard);
    pthread_mutex_destroy(&thread->saying);
    sem_destroy(&thread->waking);
    free(thread);
}

bool thread_start(struct thread_pool *pool, int *ret_error)
{
    sigset_t blocked, before;
    struct thread *thread = thread_new(pool);
    static const int taken[] = {SIGURG, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
    sigfillset(&blocked);
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        sigdelset(&blocked, taken[i]);
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
    *ret_error = pthread_create(&thread->id, NULL, thread_main, thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (*ret_error != 0) {
        thread_free(thread);
        return false;
    }
    *VEC_PUSH(&pool->threads) = thread;
    pool->waking++;
    return true;
}
