/* The tee: what is written to one pipe comes out of several. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "execute_stage.h"

enum { READERS = 3, ROOM = 16 << 20 /* more than all pipes hold */ };

static int writer, readers[READERS];
static struct tee *tee_at_work;
static size_t written, seen[READERS];

static char byte_at(size_t at)
{
    return (char)(at ^ at >> 8 ^ at >> 16);
}

static void begin(void)
{
    int ends[2], to[READERS];
    CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    int from = ends[0];
    writer = ends[1];
    for (int i = 0; i < READERS; i++) {
        CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC), 0);
        readers[i] = ends[0];
        to[i] = ends[1];
        seen[i] = 0;
    }
    written = 0;
    signal(SIGPIPE, SIG_IGN);
    tee_at_work = tee_start(from, to, READERS);
    CU_ASSERT_PTR_NOT_NULL_FATAL(tee_at_work);
}

static void end(void)
{
    tee_stop(tee_at_work);
    for (int i = 0; i < READERS; i++)
        if (readers[i] >= 0)
            close(readers[i]);
    if (writer >= 0)
        close(writer);
}

/* As much of `most` bytes as there is room for. */
static ssize_t write_some(size_t most)
{
    static char bytes[1 << 16];
    if (most > sizeof bytes)
        most = sizeof bytes;
    for (size_t i = 0; i < most; i++)
        bytes[i] = byte_at(written + i);
    ssize_t length = write(writer, bytes, most);
    written += length > 0 ? (size_t)length : 0;
    return length;
}

/* Waits for something, and takes at most so much of it: 0 at the end. */
static size_t read_some(int reader, size_t most)
{
    static char bytes[1 << 16];
    struct pollfd polled = {.fd = readers[reader], .events = POLLIN};
    CU_ASSERT_EQUAL_FATAL(poll(&polled, 1, PATIENCE * 1000), 1);
    ssize_t length = read(readers[reader], bytes, most < sizeof bytes ? most : sizeof bytes);
    CU_ASSERT_TRUE_FATAL(length >= 0);
    size_t wrong = 0;
    for (ssize_t i = 0; i < length; i++)
        wrong += bytes[i] != byte_at(seen[reader] + (size_t)i);
    CU_ASSERT_EQUAL(wrong, 0);
    seen[reader] += (size_t)length;
    return (size_t)length;
}

static bool is_there(int reader)
{
    struct pollfd polled = {.fd = readers[reader], .events = POLLIN};
    return poll(&polled, 1, 0) == 1;
}

static void read_all(int reader)
{
    while (read_some(reader, 1 << 16) > 0)
        continue;
    CU_ASSERT_EQUAL(seen[reader], written);
}

/* All of them, each when something is there: whoever is behind holds up the others. */
static void read_together(void)
{
    bool is_over[READERS] = {false};
    for (int left = READERS; left > 0;) {
        struct pollfd polled[READERS];
        for (int i = 0; i < READERS; i++)
            polled[i] = (struct pollfd){.fd = is_over[i] ? -1 : readers[i], .events = POLLIN};
        CU_ASSERT_TRUE_FATAL(poll(polled, READERS, PATIENCE * 1000) > 0);
        for (int i = 0; i < READERS; i++)
            if (polled[i].revents != 0 && read_some(i, 1 << 16) == 0) {
                is_over[i] = true;
                left--;
            }
    }
    for (int i = 0; i < READERS; i++)
        CU_ASSERT_EQUAL(seen[i], written);
}

static bool is_gone_soon(void)
{
    struct pollfd polled = {.fd = writer};
    return poll(&polled, 1, PATIENCE * 1000) == 1 && (polled.revents & POLLERR) != 0;
}

/* Pieces of all lengths, readers of all speeds: whoever is behind gets the same. */
static void check_pieces(void)
{
    begin();
    unsigned seed = 1;
    for (int step = 0; step < 20000; step++) {
        if (rand_r(&seed) % 3 == 0)
            write_some(rand_r(&seed) % 4 == 0 ? 1 << 16 : rand_r(&seed) % 100);
        int reader = (int)(rand_r(&seed) % READERS);
        if (is_there(reader))
            read_some(reader, rand_r(&seed) % 8 == 0 ? 1 << 16 : rand_r(&seed) % 5000);
    }
    close(writer);
    writer = -1;
    read_together();
    end();
}

static bool has_room(void)
{
    struct pollfd polled = {.fd = writer, .events = POLLOUT};
    return poll(&polled, 1, 50) == 1;
}

/* Writes as long as there is room, while all but the first `idle` readers read. */
static void write_on(int idle)
{
    while (written < ROOM && has_room()) {
        write_some(1 << 16);
        for (int i = idle; i < READERS; i++)
            while (is_there(i) && read_some(i, 1 << 16) > 0)
                continue;
    }
}

/* One that reads nothing holds the writer; when it does, it gets all. */
static void check_slow(void)
{
    begin();
    write_on(1);
    CU_ASSERT_TRUE(written < ROOM);
    CU_ASSERT_TRUE(is_there(0));
    close(writer);
    writer = -1;
    for (int i = 0; i < READERS; i++)
        read_all(i);
    end();
}

/* One that goes, even one that held the writer, ends nobody else; the last ends the writer. */
static void check_gone(void)
{
    begin();
    write_on(1);
    close(readers[0]);
    readers[0] = -1;
    CU_ASSERT_TRUE(poll(&(struct pollfd){.fd = writer, .events = POLLOUT}, 1, PATIENCE * 1000) ==
                   1);
    write_on(1);
    CU_ASSERT_TRUE(written >= ROOM);
    for (int i = 1; i < READERS; i++) {
        while (seen[i] < written)
            read_some(i, 1 << 16);
        close(readers[i]);
        readers[i] = -1;
    }
    CU_ASSERT_TRUE(is_gone_soon());
    CU_ASSERT_EQUAL(write_some(1), -1);
    CU_ASSERT_EQUAL(errno, EPIPE);
    end();
}

/* All learn of it at once, though some of what was written has not been read. */
static void check_stopped(void)
{
    begin();
    write_on(READERS);
    tee_stop(tee_at_work);
    tee_at_work = NULL;
    CU_ASSERT_TRUE(is_gone_soon());
    for (int i = 0; i < READERS; i++)
        while (read_some(i, 1 << 16) > 0)
            continue;
    end();
}

/* What cannot be had is told when it begins, and nothing is left open. */
static void check_not_a_pipe(void)
{
    int from = open("/dev/null", O_RDONLY | O_CLOEXEC),
        to = open("/dev/null", O_WRONLY | O_CLOEXEC);
    errno = 0;
    CU_ASSERT_PTR_NULL(tee_start(from, &to, 1));
    CU_ASSERT_EQUAL(errno, EINVAL);
    CU_ASSERT_EQUAL(fcntl(from, F_GETFD), -1);
    CU_ASSERT_EQUAL(fcntl(to, F_GETFD), -1);
}

const struct check tee_checks[] = {
    {"tee: pieces of all lengths, readers of all speeds", check_pieces},
    {"tee: the slowest reader holds the writer", check_slow},
    {"tee: readers that go", check_gone},
    {"tee: stopped", check_stopped},
    {"tee: no pipe", check_not_a_pipe},
    {NULL, NULL},
};
