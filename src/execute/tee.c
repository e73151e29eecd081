/* A pipe with several readers: what its writer writes goes to each of them, by a thread.
 *
 * There is one piece at a time, and the next is read when every reader has it: so the slowest holds
 * the writer, and nothing is kept but that piece. A reader that is gone holds nobody. At the end of
 * the writer all readers get theirs; when the last reader has gone the writer gets its own, the
 * signal of a pipe that nobody reads. The thread closes what it holds when it is done, as it is by
 * those closings that the others learn of it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "execute/execute.h"

enum { PIECE = 64 * 1024, FROM = 0, STOP = 1, READERS = 2 }; /* the order of what is polled */

struct tee {
    pthread_t thread;
    int stop; /* an eventfd */
    int from;
    int *to;       /* -1: gone */
    size_t *given; /* of the piece */
    uint32_t count;
    struct pollfd *polled;
    size_t length; /* of the piece */
    char piece[PIECE];
};

static bool is_piece_given(const struct tee *tee)
{
    for (uint32_t i = 0; i < tee->count; i++)
        if (tee->to[i] >= 0 && tee->given[i] < tee->length)
            return false;
    return true;
}

static bool is_read(const struct tee *tee)
{
    for (uint32_t i = 0; i < tee->count; i++)
        if (tee->to[i] >= 0)
            return true;
    return false;
}

/* A reader's end is always polled: that it is gone is to be seen without anything to write. */
static bool await(struct tee *tee)
{
    tee->polled[FROM] =
        (struct pollfd){.fd = is_piece_given(tee) ? tee->from : -1, .events = POLLIN};
    tee->polled[STOP] = (struct pollfd){.fd = tee->stop, .events = POLLIN};
    for (uint32_t i = 0; i < tee->count; i++) {
        bool has_all = tee->given[i] == tee->length;
        tee->polled[READERS + i] =
            (struct pollfd){.fd = tee->to[i], .events = has_all ? 0 : POLLOUT};
    }
    int count = poll(tee->polled, READERS + tee->count, -1);
    return (count >= 0 || errno == EINTR) && (count < 0 || tee->polled[STOP].revents == 0);
}

/* False at the end of what is written. */
static bool take(struct tee *tee)
{
    ssize_t length = read(tee->from, tee->piece, PIECE);
    if (length < 0)
        return errno == EINTR || errno == EAGAIN;
    tee->length = (size_t)length;
    for (uint32_t i = 0; i < tee->count; i++)
        tee->given[i] = 0;
    return length > 0;
}

static void give(struct tee *tee, uint32_t reader)
{
    size_t *given = &tee->given[reader];
    if ((tee->polled[READERS + reader].revents & POLLERR) != 0) {
        file_close(&tee->to[reader]);
        return;
    }
    if (*given == tee->length)
        return;
    ssize_t length = write(tee->to[reader], tee->piece + *given, tee->length - *given);
    if (length > 0)
        *given += (size_t)length;
    else if (length < 0 && errno != EAGAIN && errno != EINTR)
        file_close(&tee->to[reader]);
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
            if (tee->polled[READERS + i].revents != 0)
                give(tee, i);
        if (tee->polled[FROM].revents != 0 && is_read(tee) && !take(tee))
            break;
    }
    close_all(tee);
    return NULL;
}

static void free_tee(struct tee *tee)
{
    close_all(tee);
    file_close(&tee->stop);
    free(tee->to);
    free(tee->given);
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

struct tee *tee_start(int from, const int *to, uint32_t count)
{
    struct tee *tee = memory_new(sizeof *tee);
    *tee = (struct tee){.stop = file_raise(eventfd(0, EFD_CLOEXEC)), .from = from, .count = count};
    tee->to = memory_array(count, sizeof *tee->to);
    tee->given = memory_array(count, sizeof *tee->given);
    tee->polled = memory_array((size_t)count + READERS, sizeof *tee->polled);
    fcntl(from, F_SETFL, O_NONBLOCK);
    for (uint32_t i = 0; i < count; i++) {
        tee->to[i] = to[i];
        fcntl(to[i], F_SETFL, O_NONBLOCK);
    }
    int number = tee->stop < 0 ? EMFILE : start(tee);
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
