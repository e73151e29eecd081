/* A process that ends at once costs the loop nothing but its report: the thread that started it,
 * which has nothing else to do, waits for it, without a watch, an alarm or a waking of anybody. So
 * the work of a start and an end stays on one processor, with all that it has in its caches. What
 * lives longer is the loop's.
 *
 * The end is looked for where it shows first: at the pipes, which a process closes shortly before
 * it can be waited for. Only one that closed them and goes on is asked about through a pidfd. */
#include "execute/moment.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

#define LONGEST INT64_C(2000000)

enum wait_result { WAIT_READY, WAIT_CALLED, WAIT_OVER };

static void take_call(int call)
{
    char byte;
    (void)!read(call, &byte, 1);
}

/* Waits for one of the descriptors: two of the process (-1: not that), and the call. */
static enum wait_result await(struct pollfd polled[3], int64_t limit)
{
    int64_t left = limit - clock_monotonic();
    struct timespec time = {.tv_nsec = left > 0 ? left : 0};
    int count = ppoll(polled, 3, &time, NULL);
    if (count < 0 && errno == EINTR)
        return WAIT_READY; /* none is, and revents are as they were: who looks finds nothing */
    if (count <= 0)
        return WAIT_OVER;
    if (polled[2].revents == 0)
        return WAIT_READY;
    take_call(polled[2].fd);
    return WAIT_CALLED;
}

/* False when it wrote too much. */
static bool take_output(struct moment *moment, struct spawn *spawn, int which)
{
    size_t *length = &moment->lengths[which];
    ssize_t count =
        read(spawn->outputs[which], moment->bytes[which] + *length, MOMENT_OUTPUT - *length);
    if (count > 0)
        *length += (size_t)count;
    else if (count == 0)
        file_close(&spawn->outputs[which]);
    return *length < MOMENT_OUTPUT;
}

static bool watch_pipes(struct moment *moment, struct spawn *spawn, int call, int64_t limit)
{
    while (spawn->outputs[0] >= 0 || spawn->outputs[1] >= 0) {
        struct pollfd polled[3] = {{.fd = spawn->outputs[0], .events = POLLIN},
                                   {.fd = spawn->outputs[1], .events = POLLIN},
                                   {.fd = call, .events = POLLIN}};
        if (await(polled, limit) != WAIT_READY)
            return false;
        for (int which = 0; which < 2; which++)
            if (polled[which].revents != 0 && !take_output(moment, spawn, which))
                return false;
    }
    return true;
}

static bool reap(struct moment *moment, const struct spawn *spawn)
{
    moment->is_over = wait4(spawn->process, &moment->status, WNOHANG, &moment->usage) > 0;
    return moment->is_over;
}

static void watch_process(struct moment *moment, const struct spawn *spawn, int call, int64_t limit)
{
    CLEANUP_CLOSE int handle = (int)syscall(SYS_pidfd_open, spawn->process, 0);
    struct pollfd polled[3] = {
        {.fd = handle, .events = POLLIN}, {.fd = -1}, {.fd = call, .events = POLLIN}};
    while (handle >= 0 && await(polled, limit) == WAIT_READY)
        if (reap(moment, spawn))
            return;
}

void moment_watch(struct moment *moment, struct spawn *spawn, int call)
{
    int64_t limit = clock_monotonic() + LONGEST;
    bool has_pipes = spawn->outputs[0] >= 0 || spawn->outputs[1] >= 0;
    if (!watch_pipes(moment, spawn, call, limit))
        return;
    if (has_pipes) {
        if (reap(moment, spawn))
            return;
        sched_yield(); /* it may be on this very processor, about to end */
    }
    if (!reap(moment, spawn))
        watch_process(moment, spawn, call, limit);
}
