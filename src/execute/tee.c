/* A pipe with several readers: what its writer writes goes to each of them, by a thread.
 *
 * Nothing is copied: tee(2) gives a reader's pipe the pages that stand at the head of the writer's.
 * As it always begins at that head, a reader that got some of what stands there is ahead, and gets
 * no more until all the others have as much: then so much is taken off. So the slowest holds the
 * writer, and what is kept is in pipes alone. A reader that is gone holds nobody. At the end of
 * the writer all readers get theirs; when the last reader has gone the writer gets its own, the
 * signal of a pipe that nobody reads. The thread closes what it holds when it is done, as it is by
 * those closings that the others learn of it.
 *
 * Pages that a writer has lent to its pipe (vmsplice) are those its readers see: it may change them
 * when they have been read, not when its pipe is empty. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "execute/execute.h"

enum { FROM = 0, STOP = 1, READERS = 2 }; /* the order of what is polled */

#define MOST ((size_t)1 << 30) /* more than any pipe holds */
enum { WIDE = 256 * 1024 };    /* a pipe's size: users have 64 MiB for all their pipes */

struct tee {
    pthread_t thread;
    int stop; /* an eventfd */
    int null; /* where goes what everybody has */
    int from;
    int *to;       /* -1: gone */
    size_t *ahead; /* by reader: how much of what is in `from` it has */
    uint32_t count;
    struct pollfd *polled;
};

static bool is_read(const struct tee *tee)
{
    for (uint32_t i = 0; i < tee->count; i++)
        if (tee->to[i] >= 0)
            return true;
    return false;
}

/* Waits for something to give, or where there is, for room at those who lack it. A reader's end is
 * always polled: that it is gone is to be seen without anything to write. False at the end of what
 * is written, or when all is to stop. */
static bool await(struct tee *tee)
{
    int there = 0;
    ioctl(tee->from, FIONREAD, &there);
    tee->polled[FROM] = (struct pollfd){.fd = there == 0 ? tee->from : -1, .events = POLLIN};
    tee->polled[STOP] = (struct pollfd){.fd = tee->stop, .events = POLLIN};
    for (uint32_t i = 0; i < tee->count; i++)
        tee->polled[READERS + i] = (struct pollfd){
            .fd = tee->to[i], .events = there > 0 && tee->ahead[i] == 0 ? POLLOUT : 0};
    if (poll(tee->polled, READERS + tee->count, -1) < 0)
        return errno == EINTR;
    short from = tee->polled[FROM].revents;
    return tee->polled[STOP].revents == 0 && (from == 0 || (from & POLLIN) != 0);
}

/* Copies references to what is at the head: a number of bytes, 0 or -1 with errno. */
static ssize_t duplicate(int from, int to)
{
    return tee(from, to, MOST, SPLICE_F_NONBLOCK);
}

static void give(struct tee *tee, uint32_t reader)
{
    int *to = &tee->to[reader];
    if ((tee->polled[READERS + reader].revents & POLLERR) != 0) {
        file_close(to);
        return;
    }
    if (tee->ahead[reader] > 0)
        return;
    ssize_t length = duplicate(tee->from, *to);
    if (length > 0)
        tee->ahead[reader] = (size_t)length;
    else if (length < 0 && errno == EPIPE)
        file_close(to);
}

/* Takes off what all readers have. */
static void take_off(struct tee *tee)
{
    size_t all = MOST;
    for (uint32_t i = 0; i < tee->count; i++)
        if (tee->to[i] >= 0 && tee->ahead[i] < all)
            all = tee->ahead[i];
    for (uint32_t i = 0; i < tee->count; i++)
        if (tee->to[i] >= 0)
            tee->ahead[i] -= all;
    while (all > 0) {
        ssize_t length = splice(tee->from, NULL, tee->null, NULL, all, 0);
        assert(length > 0);
        all -= (size_t)length;
    }
}

static void close_all(struct tee *tee)
{
    file_close(&tee->from);
    for (uint32_t i = 0; i < tee->count; i++)
        file_close(&tee->to[i]);
}

static void *tee_main(void *argument)
{
    struct tee *tee = argument;
    while (is_read(tee) && await(tee)) {
        for (uint32_t i = 0; i < tee->count; i++)
            if (tee->to[i] >= 0)
                give(tee, i);
        if (is_read(tee))
            take_off(tee);
    }
    close_all(tee);
    return NULL;
}

static void free_tee(struct tee *tee)
{
    close_all(tee);
    file_close(&tee->null);
    file_close(&tee->stop);
    free(tee->to);
    free(tee->ahead);
    free(tee->polled);
    free(tee);
}

/* With all signals blocked: they are for others, and a reader that is gone is told by an error. */
static int start(struct tee *tee)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&tee->thread, NULL, tee_main, tee);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

/* Can the thread do its work? Nothing is written yet, so a system that has what it needs says that
 * it would have to wait. */
static bool open_tee(struct tee *tee)
{
    tee->stop = file_raise(eventfd(0, EFD_CLOEXEC));
    tee->null = file_raise(open("/dev/null", O_WRONLY | O_CLOEXEC));
    return tee->stop >= 0 && tee->null >= 0 &&
           (duplicate(tee->from, tee->to[0]) >= 0 || errno == EAGAIN);
}

/* The more there is at a time, the fewer turns it takes. If not, it works all the same. */
static void widen(int pipe)
{
    fcntl(pipe, F_SETPIPE_SZ, WIDE);
}

struct tee *tee_start(int from, const int *to, uint32_t count)
{
    struct tee *tee = memory_new(sizeof *tee);
    *tee = (struct tee){.stop = -1, .null = -1, .from = from, .count = count};
    tee->to = memory_array(count, sizeof *tee->to);
    tee->ahead = memory_array(count, sizeof *tee->ahead);
    tee->polled = memory_array((size_t)count + READERS, sizeof *tee->polled);
    widen(from);
    for (uint32_t i = 0; i < count; i++) {
        tee->to[i] = to[i];
        widen(to[i]);
    }
    int number = open_tee(tee) ? start(tee) : errno;
    if (number == 0)
        return tee;
    free_tee(tee);
    errno = number;
    return NULL;
}

void tee_stop(struct tee *tee)
{
    if (tee == NULL)
        return;
    eventfd_write(tee->stop, 1);
    pthread_join(tee->thread, NULL);
    free_tee(tee);
}
