/* The event loop. An event carries its watch by address; a watch that is removed is not reused
 * before the batch of events at hand is done with, so an event of it that was fetched already finds
 * it dead. Alarms cost no system call: the time of the next is the limit of the wait (epoll_pwait2,
 * in nanoseconds; a timerfd would cost a timerfd_settime each time that the next alarm changes).
 *
 * While the loop's thread waits, others may act in its place (loop.h). It is woken, by a bell,
 * only if something is due before it would wake by itself. Alarms are its own affair. */
#include "execute/loop.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"

enum { BATCH = 64 };

/* Shorter waits end as exactly as any (nanoseconds). */
static const int64_t LONG_WAIT = 10000000;

struct watch {
    int descriptor;          /* -1: dead */
    loop_callback *callback; /* NULL: dead */
    void *context;
    struct watch *next; /* among the dead or the spare */
};

struct loop {
    pthread_mutex_t lock;   /* of all below; see loop.h */
    _Atomic bool is_wanted; /* the loop's thread waits for the lock */
    int epoll;
    int bell;
    struct watch *bell_watch;
    int64_t waiting_until; /* the loop's thread waits, at most until then; INT64_MIN: it does not */
    int64_t due;           /* what the callback after the last batch has asked for */
    loop_after_callback *after;
    void *after_context;
    int depth; /* of loop_turn within a callback */
    bool has_no_pwait2;
    struct alarms alarms;
    struct watch *dead; /* removed, perhaps with an event in the batch at hand */
    struct watch *spare;
};

static void silence_bell(void *context, uint32_t events)
{
    uint64_t count;
    (void)events;
    (void)!read(((struct loop *)context)->bell, &count, sizeof count);
}

struct loop *loop_new(struct error *error)
{
    struct loop *loop = memory_new(sizeof *loop);
    *loop = (struct loop){.waiting_until = INT64_MIN, .due = INT64_MAX};
    pthread_mutex_init(&loop->lock, NULL);
    loop_lock(loop);
    loop->epoll = file_raise(epoll_create1(EPOLL_CLOEXEC));
    loop->bell = file_raise(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (loop->epoll < 0 || loop->bell < 0)
        error_set_system(error, errno, "cannot wait for events");
    else
        loop->bell_watch = loop_add(loop, loop->bell, EPOLLIN, silence_bell, loop, error);
    if (loop->bell_watch != NULL)
        return loop;
    loop_free(loop);
    return NULL;
}

static void free_watches(struct watch *watch)
{
    while (watch != NULL) {
        struct watch *next = watch->next;
        free(watch);
        watch = next;
    }
}

void loop_free(struct loop *loop)
{
    if (loop == NULL)
        return;
    loop_remove(loop, loop->bell_watch);
    file_close(&loop->bell);
    file_close(&loop->epoll);
    loop_unlock(loop);
    pthread_mutex_destroy(&loop->lock);
    free_watches(loop->dead);
    free_watches(loop->spare);
    alarms_release(&loop->alarms);
    free(loop);
}

void loop_lock(struct loop *loop)
{
    pthread_mutex_lock(&loop->lock);
}

void loop_unlock(struct loop *loop)
{
    pthread_mutex_unlock(&loop->lock);
}

bool loop_try_lock(struct loop *loop)
{
    return pthread_mutex_trylock(&loop->lock) == 0;
}

void loop_give_way(struct loop *loop)
{
    if (!atomic_load_explicit(&loop->is_wanted, memory_order_relaxed))
        return;
    loop_unlock(loop);
    while (atomic_load_explicit(&loop->is_wanted, memory_order_relaxed))
        sched_yield();
    loop_lock(loop);
}

void loop_set_after(struct loop *loop, loop_after_callback *callback, void *context)
{
    loop->after = callback;
    loop->after_context = context;
}

static void follow(struct loop *loop)
{
    if (loop->after != NULL)
        loop->due = loop->after(loop->after_context);
}

static int64_t next_due(const struct loop *loop)
{
    int64_t alarm = alarms_next(&loop->alarms);
    return alarm < loop->due ? alarm : loop->due;
}

static void ring(struct loop *loop)
{
    uint64_t one = 1;
    loop->waiting_until = INT64_MIN; /* it will not wait; once is enough */
    file_ring(loop->bell, &one, sizeof one);
}

void loop_wake(struct loop *loop)
{
    if (next_due(loop) < loop->waiting_until)
        ring(loop);
}

void loop_follow(struct loop *loop)
{
    follow(loop);
    if (loop->after == NULL || next_due(loop) < loop->waiting_until)
        ring(loop);
}

struct watch *loop_add(struct loop *loop, int descriptor, uint32_t events, loop_callback *callback,
                       void *context, struct error *error)
{
    struct watch *watch = loop->spare;
    if (watch != NULL)
        loop->spare = watch->next;
    else
        watch = memory_new(sizeof *watch);
    *watch = (struct watch){.descriptor = descriptor, .callback = callback, .context = context};
    struct epoll_event event = {.events = events, .data.ptr = watch};
    if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, descriptor, &event) == 0)
        return watch;
    error_set_system(error, errno, "cannot watch descriptor %d", descriptor);
    watch->descriptor = -1;
    loop_remove(loop, watch);
    return NULL;
}

void loop_remove(struct loop *loop, struct watch *watch)
{
    if (watch == NULL)
        return;
    if (watch->descriptor >= 0)
        epoll_ctl(loop->epoll, EPOLL_CTL_DEL, watch->descriptor, NULL);
    watch->descriptor = -1;
    watch->callback = NULL;
    watch->next = loop->dead;
    loop->dead = watch;
}

struct alarm *loop_at(struct loop *loop, int64_t at, loop_timer_callback *callback, void *context)
{
    return alarms_add(&loop->alarms, at, callback, context);
}

void loop_delay(struct loop *loop, int64_t by)
{
    alarms_delay(&loop->alarms, by);
}

void loop_cancel(struct loop *loop, struct alarm *alarm)
{
    if (alarm != NULL)
        alarms_cancel(&loop->alarms, alarm);
}

/* For kernels before 5.11: whole milliseconds, rounded up so that no wait ends early. */
static int wait_milliseconds(struct loop *loop, struct epoll_event *events, int64_t left)
{
    int limit = -1;
    if (left != INT64_MAX)
        limit = left / 1000000 >= INT32_MAX ? INT32_MAX : (int)((left + 999999) / 1000000);
    return epoll_wait(loop->epoll, events, BATCH, limit);
}

static int wait_for(struct loop *loop, struct epoll_event *events, int64_t left)
{
    if (!loop->has_no_pwait2) {
        struct timespec limit = {left / 1000000000, left % 1000000000};
        int count =
            epoll_pwait2(loop->epoll, events, BATCH, left == INT64_MAX ? NULL : &limit, NULL);
        if (count >= 0 || (errno != ENOSYS && errno != EPERM))
            return count;
        loop->has_no_pwait2 = true;
    }
    return wait_milliseconds(loop, events, left);
}

/* The kernel lets a wait end late by a thousandth of it (with a nice value by five), at most by 100
 * ms, and waits that follow one another would add that up. So a long one is cut short by a little
 * more than that, and what is left is waited for by itself. */
static int wait_events(struct loop *loop, struct epoll_event *events, int64_t until)
{
    if (until == INT64_MAX)
        return wait_for(loop, events, INT64_MAX);
    for (;;) {
        int64_t now = clock_monotonic(), left = until > now ? until - now : 0;
        bool is_long = left > LONG_WAIT;
        int count = wait_for(loop, events, is_long ? left - left / 128 : left);
        if (count != 0 || !is_long)
            return count;
    }
}

static void bury(struct loop *loop)
{
    while (loop->dead != NULL) {
        struct watch *watch = loop->dead;
        loop->dead = watch->next;
        watch->next = loop->spare;
        loop->spare = watch;
    }
}

bool loop_turn(struct loop *loop, int64_t deadline, struct error *error)
{
    struct epoll_event events[BATCH];
    int64_t next = next_due(loop);
    loop->waiting_until = next < deadline ? next : deadline;
    int64_t until = loop->waiting_until;
    loop_unlock(loop);
    int count = wait_events(loop, events, until);
    int number = errno;
    atomic_store_explicit(&loop->is_wanted, true, memory_order_relaxed);
    loop_lock(loop);
    atomic_store_explicit(&loop->is_wanted, false, memory_order_relaxed);
    loop->waiting_until = INT64_MIN;
    if (count < 0 && number != EINTR)
        return error_set_system(error, number, "cannot wait for events");
    loop->depth++;
    for (int i = 0; i < count; i++) {
        struct watch *watch = events[i].data.ptr;
        if (watch->callback != NULL)
            watch->callback(watch->context, events[i].events);
    }
    if (alarms_next(&loop->alarms) != INT64_MAX)
        alarms_run(&loop->alarms, clock_monotonic());
    if (--loop->depth == 0)
        bury(loop);
    follow(loop);
    return true;
}
