/* The event loop. An event carries its watch by address; a watch that is removed is not reused
 * before the batch of events at hand is done with, so an event of it that was fetched already finds
 * it dead. Alarms cost no system call: the time of the next is the limit of the wait (epoll_pwait2,
 * in nanoseconds; a timerfd would cost a timerfd_settime each time that the next alarm changes). */
#include "execute/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"

enum { BATCH = 64 };

struct watch {
    int descriptor;          /* -1: not armed, or dead */
    loop_callback *callback; /* NULL: dead */
    void *context;
    struct watch *next; /* among the dead or the spare */
};

struct loop {
    int epoll;
    int depth; /* of loop_turn within a callback */
    bool has_no_pwait2;
    struct alarms alarms;
    struct watch *dead; /* removed, perhaps with an event in the batch at hand */
    struct watch *spare;
};

struct loop *loop_new(struct error *error)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0) {
        error_set_system(error, errno, "cannot wait for events");
        return NULL;
    }
    struct loop *loop = memory_new(sizeof *loop);
    loop->epoll = epoll;
    return loop;
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
    file_close(&loop->epoll);
    free_watches(loop->dead);
    free_watches(loop->spare);
    alarms_release(&loop->alarms);
    free(loop);
}

struct watch *loop_reserve(struct loop *loop, loop_callback *callback, void *context)
{
    struct watch *watch = loop->spare;
    if (watch != NULL)
        loop->spare = watch->next;
    else
        watch = memory_new(sizeof *watch);
    *watch = (struct watch){.descriptor = -1, .callback = callback, .context = context};
    return watch;
}

bool loop_arm(struct loop *loop, struct watch *watch, int descriptor, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = watch};
    watch->descriptor = descriptor;
    if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, descriptor, &event) == 0)
        return true;
    watch->descriptor = -1;
    return false;
}

struct watch *loop_add(struct loop *loop, int descriptor, uint32_t events, loop_callback *callback,
                       void *context, struct error *error)
{
    struct watch *watch = loop_reserve(loop, callback, context);
    if (loop_arm(loop, watch, descriptor, events))
        return watch;
    error_set_system(error, errno, "cannot watch descriptor %d", descriptor);
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

static int wait_events(struct loop *loop, struct epoll_event *events, int64_t until)
{
    int64_t left = INT64_MAX;
    if (until != INT64_MAX) {
        int64_t now = clock_monotonic();
        left = until > now ? until - now : 0;
    }
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
    int64_t next = alarms_next(&loop->alarms);
    int count = wait_events(loop, events, next < deadline ? next : deadline);
    if (count < 0 && errno != EINTR)
        return error_set_system(error, errno, "cannot wait for events");
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
    return true;
}
