/* The executor of functions on threads: which pool, which function a launch is for; the begin and
 * the end of all. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/file.h"
#include "execute/threads.h"

#define UNKNOWN_ESTIMATE                                                                           \
    INT64_C(1000000) /* nanoseconds: no call waits for one that is not known                       \
                      */
#define USUAL_GRACE INT64_C(10000000000)

static struct thread_pool *pool_of(struct thread_executor *executor, const struct pool *of)
{
    for (uint32_t i = 0; i < executor->pools.count; i++)
        if (executor->pools.items[i]->pool == of)
            return executor->pools.items[i];
    struct thread_pool *pool = memory_new(sizeof *pool);
    pool->executor = executor;
    pool->pool = of;
    pool->size = of->size > 0 ? of->size : executor->options.default_size;
    if (pool->size == 0)
        pool->size = 1;
    SLIST_INIT(&pool->idle);
    return *VEC_PUSH(&executor->pools) = pool;
}

static struct thread_function *function_new(struct thread_executor *executor,
                                            const struct function *of)
{
    const struct names *names = executor->options.names;
    struct thread_function *function = memory_new(sizeof *function);
    CLEANUP_FREE const char **arguments = memory_array(of->argument_count, sizeof *arguments);
    struct callable_source source = {
        .kind = of->kind == FUNCTION_LUA ? CALLABLE_LUA : CALLABLE_LIBRARY,
        .file = names_text(names, of->file),
        .text = names_text(names, of->text),
        .arguments = arguments,
        .argument_count = of->argument_count,
    };
    for (uint32_t i = 0; i < of->argument_count; i++)
        arguments[i] = names_text(names, of->arguments[i]);
    *function = (struct thread_function){
        .function = of, .callable = callable_new(&source), .estimate = UNKNOWN_ESTIMATE};
    return function;
}

static struct thread_function **slot_of(const struct thread_executor *executor,
                                        const struct function *of)
{
    uint32_t mask = executor->function_capacity - 1;
    uint32_t i = (uint32_t)(((uintptr_t)of / sizeof *of) * UINT32_C(2654435769) >> 7) & mask;
    while (executor->functions[i] != NULL && executor->functions[i]->function != of)
        i = (i + 1) & mask;
    return &executor->functions[i];
}

static void grow_functions(struct thread_executor *executor)
{
    struct thread_function **old = executor->functions;
    uint32_t capacity = executor->function_capacity;
    executor->function_capacity = capacity > 0 ? 2 * capacity : 16;
    executor->functions = memory_array(executor->function_capacity, sizeof(*old));
    for (uint32_t i = 0; i < capacity; i++)
        if (old[i] != NULL)
            *slot_of(executor, old[i]->function) = old[i];
    free(old);
}

static struct thread_function *function_of(struct thread_executor *executor,
                                           const struct function *of)
{
    if (2 * executor->function_count >= executor->function_capacity)
        grow_functions(executor);
    struct thread_function **slot = slot_of(executor, of);
    if (*slot == NULL) {
        *slot = function_new(executor, of);
        executor->function_count++;
    }
    return *slot;
}

static void launch(struct executor *base, const struct launch *of)
{
    struct thread_executor *executor = (struct thread_executor *)base;
    struct thread_pool *pool = pool_of(executor, of->call->pool);
    struct job job = {.launch = of, .function = function_of(executor, of->call->function)};
    thread_pool_push(pool, &job);
    if (!pool->has_taker)
        thread_pool_wake(pool);
}

/* --- those that end without having begun: told in the loop's next turn --- */

static void tell_withdrawn(void *context)
{
    struct thread_executor *executor = context;
    executor->withdrawing = NULL;
    executor->ending.count = 0;
    for (uint32_t i = 0; i < executor->withdrawn.count; i++)
        *VEC_PUSH(&executor->ending) = executor->withdrawn.items[i];
    executor->withdrawn.count = 0;
    for (uint32_t i = 0; i < executor->ending.count; i++) {
        struct withdrawn one = executor->ending.items[i];
        executor->reports.finished(executor->reports.context, one.node, one.attempt, &one.report);
    }
}

void thread_executor_withdraw(struct thread_executor *executor, uint32_t node, uint32_t attempt,
                              const struct exit_report *report)
{
    *VEC_PUSH(&executor->withdrawn) = (struct withdrawn){node, attempt, *report};
    if (executor->withdrawing == NULL)
        executor->withdrawing = loop_at(executor->loop, 0, tell_withdrawn, executor);
}

/* --- all threads --- */

static void for_each(struct thread_executor *executor, void (*act)(struct thread *thread))
{
    for (uint32_t i = 0; i < executor->pools.count; i++) {
        struct thread_pool *pool = executor->pools.items[i];
        for (uint32_t k = pool->threads.count; k > 0; k--)
            act(pool->threads.items[k - 1]);
    }
}

static void hear_one(struct thread *thread)
{
    if (thread->is_in_hand)
        thread_report_said(thread);
}

static void hear(void *context, uint32_t events)
{
    struct thread_executor *executor = context;
    uint64_t count;
    (void)events;
    (void)!read(executor->bell, &count, sizeof count);
    for_each(executor, hear_one);
}

static void put_back_one(struct thread *thread)
{
    if (thread->is_in_hand)
        thread_put_back(thread);
}

static void set_paused(struct executor *base, bool is_paused)
{
    struct thread_executor *executor = (struct thread_executor *)base;
    executor->is_paused = is_paused;
    if (is_paused)
        for_each(executor, put_back_one);
    for (uint32_t i = 0; i < executor->pools.count && !is_paused; i++)
        thread_pool_wake(executor->pools.items[i]);
}

/* One that calls even now is left to itself. */
static void end_thread(struct thread *thread)
{
    thread->is_ending = true;
    if (thread->is_in_hand && thread_drop(thread))
        return;
    sem_post(&thread->waking);
}

static void free_pool(struct thread_pool *pool)
{
    for (uint32_t i = 0; i < pool->threads.count; i++) {
        pthread_join(pool->threads.items[i]->id, NULL);
        thread_free(pool->threads.items[i]);
    }
    VEC_RELEASE(&pool->threads);
    free(pool->ring);
    free(pool);
}

/* Functions that calls may use which were left to themselves: kept as long as the process lives. */
static VEC(struct callable *) left_alone;

static void executor_free(struct thread_executor *executor)
{
    for (uint32_t i = 0; i < executor->function_capacity; i++) {
        if (executor->functions[i] == NULL)
            continue;
        if (executor->dropped == 0)
            callable_free(executor->functions[i]->callable);
        else
            *VEC_PUSH(&left_alone) = executor->functions[i]->callable;
        free(executor->functions[i]);
    }
    free(executor->functions);
    for (int i = 0; i < 2; i++)
        loop_remove(executor->loop, executor->raw_watches[i]);
    loop_remove(executor->loop, executor->bell_watch);
    file_close(&executor->bell);
    loop_cancel(executor->loop, executor->watching);
    loop_cancel(executor->loop, executor->withdrawing);
    VEC_RELEASE(&executor->pools);
    VEC_RELEASE(&executor->withdrawn);
    VEC_RELEASE(&executor->ending);
    free(executor);
}

static void close_all(struct executor *base)
{
    struct thread_executor *executor = (struct thread_executor *)base;
    executor->is_closing = true;
    for_each(executor, end_thread);
    loop_unlock(executor->loop);
    for (uint32_t i = 0; i < executor->pools.count; i++)
        free_pool(executor->pools.items[i]);
    loop_lock(executor->loop);
    thread_executor_listen(executor, NULL);
    thread_crash_close();
    executor_free(executor);
}

static void on_interrupt(int number)
{
    int kept = errno;
    struct thread *thread = thread_self();
    (void)number;
    if (thread != NULL)
        caller_interrupt(thread->caller);
    errno = kept;
}

struct executor *thread_executor_new(struct loop *loop, const struct reports *reports,
                                     const struct function_options *options, struct error *error)
{
    static const struct executor_methods methods = {"thread", launch, thread_signal, set_paused,
                                                    close_all};
    struct thread_executor *executor = memory_new(sizeof *executor);
    executor->base.methods = &methods;
    executor->loop = loop;
    executor->reports = *reports;
    executor->options = *options;
    if (options->grace == 0)
        executor->options.grace = USUAL_GRACE;
    executor->bell = file_raise(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (executor->bell < 0)
        error_set_system(error, errno, "cannot hear of threads");
    else
        executor->bell_watch = loop_add(loop, executor->bell, EPOLLIN, hear, executor, error);
    if (executor->bell_watch == NULL || !thread_executor_listen_to_raw(executor, error)) {
        executor_free(executor);
        return NULL;
    }
    /* Without SA_RESTART: it is to interrupt what a function waits for. */
    struct sigaction action = {.sa_handler = on_interrupt};
    sigaction(SIGURG, &action, NULL);
    thread_crash_open(executor);
    return &executor->base;
}
