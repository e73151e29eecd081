/* The first moment of a process, every way out of it; then what comes before and after it, put
 * together. Each process is waited for in the state that is to be met, so no time decides. */
#include "execute/moment.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "execute_stage.h"

static struct spawn_setup setup;
static struct launch launch;
static struct spawn spawn;
static struct moment moment;
static int calls[2];

static void begin(const char *text)
{
    static char *environment[] = {(char *)"PATH=/usr/local/bin:/usr/bin:/bin", NULL};
    static char *argv[] = {(char *)"sh", (char *)"-c", NULL, NULL};
    argv[2] = (char *)text;
    launch = (struct launch){.argv = argv, .env = environment, .directory = "/"};
    spawn = (struct spawn){.launch = &launch, .program = "/bin/sh", .outputs = {-1, -1}};
    moment = (struct moment){0};
    CU_ASSERT_TRUE_FATAL(spawn_setup_init(&setup, NULL));
    CU_ASSERT_EQUAL_FATAL(pipe2(calls, O_CLOEXEC | O_NONBLOCK), 0);
}

static void start(void)
{
    CLEANUP_FREE char *stack = memory_new(SPAWN_STACK);
    spawn_start(&setup, &spawn, stack);
    CU_ASSERT_TRUE_FATAL(spawn.is_started);
}

static void watch(void)
{
    moment_watch(&moment, &spawn, calls[0]);
}

static void await_end(void)
{
    siginfo_t info;
    CU_ASSERT_EQUAL(waitid(P_PID, (id_t)spawn.process, &info, WEXITED | WNOWAIT), 0);
}

static void await_output(int which, int length)
{
    int there = 0;
    for (int i = 0; i < PATIENCE * 1000 && there < length; i++) {
        poll(NULL, 0, 1);
        CU_ASSERT_EQUAL_FATAL(ioctl(spawn.outputs[which], FIONREAD, &there), 0);
    }
    CU_ASSERT_TRUE(there >= length);
}

static void end(void)
{
    if (!moment.is_over) {
        CU_ASSERT_EQUAL(kill(-spawn.process, SIGKILL), 0);
        CU_ASSERT_EQUAL(waitpid(spawn.process, NULL, 0), spawn.process);
    } else {
        CU_ASSERT_EQUAL(waitpid(spawn.process, NULL, WNOHANG), -1); /* it was reaped */
    }
    file_close(&spawn.outputs[0]);
    file_close(&spawn.outputs[1]);
    file_close(&calls[0]);
    file_close(&calls[1]);
    spawn_setup_release(&setup);
}

static void check_over(void)
{
    begin("echo out; echo err >&2; exit 3");
    launch.is_split = true;
    start();
    await_end();
    watch();
    CU_ASSERT_TRUE(moment.is_over);
    CU_ASSERT_TRUE(WIFEXITED(moment.status) && WEXITSTATUS(moment.status) == 3);
    CU_ASSERT_TRUE(moment.usage.ru_maxrss > 0);
    CU_ASSERT_EQUAL(moment.lengths[0], 4);
    CU_ASSERT_EQUAL(memcmp(moment.bytes[0], "out\n", 4), 0);
    CU_ASSERT_EQUAL(moment.lengths[1], 4);
    CU_ASSERT_EQUAL(memcmp(moment.bytes[1], "err\n", 4), 0);
    CU_ASSERT_TRUE(spawn.outputs[0] < 0 && spawn.outputs[1] < 0);
    end();
}

/* By the process itself: it has no pipe, or closes it, and goes on; moment after moment. */
static void check_over_by_handle(void)
{
    for (int is_closing = 0; is_closing < 2; is_closing++) {
        begin(is_closing ? "exec >&- 2>&-; sleep 0.03; exit 4" : "sleep 0.03; exit 4");
        launch.is_discarded[1] = launch.is_discarded[2] = !is_closing;
        start();
        for (int i = 0; i < PATIENCE * 1000 && !moment.is_over; i++)
            watch();
        CU_ASSERT_TRUE(moment.is_over);
        CU_ASSERT_TRUE(WIFEXITED(moment.status) && WEXITSTATUS(moment.status) == 4);
        CU_ASSERT_TRUE(spawn.outputs[0] < 0 && spawn.outputs[1] < 0);
        end();
    }
}

/* The process has ended, a child of it holds the pipe: that is for others to see. */
static void check_held(void)
{
    begin("sleep 1000 & exit 0");
    start();
    await_end();
    watch();
    CU_ASSERT_FALSE(moment.is_over);
    CU_ASSERT_TRUE(spawn.outputs[0] >= 0);
    end();
}

static void check_time_over(void)
{
    begin("echo hello; kill -STOP $$");
    start();
    await_output(0, 6);
    watch();
    CU_ASSERT_FALSE(moment.is_over);
    CU_ASSERT_EQUAL(moment.lengths[0], 6);
    CU_ASSERT_TRUE(spawn.outputs[0] >= 0);
    end();
}

/* A byte, which is taken, or the end of the calls; at the pipes, or at the process. */
static void check_called(void)
{
    for (int way = 0; way < 4; way++) {
        bool is_byte = way % 2 == 0, has_pipes = way < 2;
        char byte;
        begin("sleep 1000");
        launch.is_discarded[1] = launch.is_discarded[2] = !has_pipes;
        start();
        CU_ASSERT_EQUAL(write(calls[1], "ab", 2 * is_byte), 2 * is_byte);
        if (!is_byte)
            file_close(&calls[1]);
        watch();
        CU_ASSERT_FALSE(moment.is_over);
        CU_ASSERT_EQUAL(read(calls[0], &byte, 1), is_byte);
        CU_ASSERT_TRUE(!is_byte || byte == 'b');
        end();
    }
}

/* As much as can be kept, on either stream, though the process has ended: the rest is in the pipe,
 * be it only the end. One byte less is over. */
static void check_output_full(void)
{
    for (int which = 0; which < 2; which++)
        for (int more = -1; more <= 1; more++) {
            char text[128], rest[8];
            snprintf(text, sizeof text, "head -c %d /dev/zero%s", MOMENT_OUTPUT + more,
                     which == 0 ? "" : " >&2");
            begin(text);
            launch.is_split = true;
            start();
            await_end();
            watch();
            CU_ASSERT_EQUAL(moment.is_over, more < 0);
            CU_ASSERT_EQUAL(moment.lengths[which], (size_t)(MOMENT_OUTPUT + (more < 0 ? -1 : 0)));
            if (more >= 0)
                CU_ASSERT_EQUAL(read(spawn.outputs[which], rest, sizeof rest), more);
            end();
        }
}

/* --- through the executor --- */

static struct stage stage;

static void check_length(uint32_t node, int stream, size_t length, char byte)
{
    const struct buffer *output = &stage.acts[node].outputs[stream];
    size_t right = 0;
    for (size_t i = 0; i < output->length; i++)
        right += output->bytes[i] == byte;
    CU_ASSERT_EQUAL(output->length, length);
    CU_ASSERT_EQUAL(right, length);
}

/* Whatever of it is read in the first moment, and whatever after: all comes, in its order. */
static void check_lengths(void)
{
    static const int sizes[] = {
        MOMENT_OUTPUT - 1, MOMENT_OUTPUT, MOMENT_OUTPUT + 1, 65536, 65537, 1 << 20};
    enum { SIZES = sizeof sizes / sizeof *sizes, COUNT = 4 * SIZES };
    static char texts[COUNT][160], *argvs[COUNT][4];
    stage_open(&stage, NULL);
    for (uint32_t i = 0; i < COUNT; i++) {
        int size = sizes[i % SIZES];
        snprintf(texts[i], sizeof texts[i],
                 "head -c %d /dev/zero | tr '\\0' x; head -c %d /dev/zero | tr '\\0' y >&2", size,
                 size);
        argvs[i][0] = (char *)"sh";
        argvs[i][1] = (char *)"-c";
        argvs[i][2] = texts[i];
        stage_prepare(&stage, i, argvs[i])->is_split = true;
        stage_launch(&stage, i);
    }
    CU_ASSERT_TRUE(stage_wait(&stage));
    for (uint32_t i = 0; i < COUNT; i++) {
        CHECK_EXIT(&stage, i, 0);
        check_length(i, 1, (size_t)sizes[i % SIZES], 'x');
        check_length(i, 2, (size_t)sizes[i % SIZES], 'y');
    }
    stage_close(&stage);
}

/* Ends around the end of the moment, pipes closed before, stopped processes: each is told once. */
static void check_mixed(void)
{
    static const char *const texts[] = {
        "exit 0",
        "sleep 0.001",
        "sleep 0.0015",
        "sleep 0.1",
        "exec >&- 2>&-; sleep 0.002",
        "(while kill -CONT $$; do sleep 0.01; done) >&- 2>&- & kill -STOP $$; exit 0",
    };
    enum { KINDS = sizeof texts / sizeof *texts, COUNT = 40 * KINDS };
    stage_open(&stage, NULL);
    for (uint32_t i = 0; i < COUNT; i++)
        stage_shell(&stage, i, texts[i % KINDS]);
    CU_ASSERT_TRUE(stage_wait(&stage));
    for (uint32_t i = 0; i < COUNT; i++) {
        CHECK_EXIT(&stage, i, 0);
        CU_ASSERT_EQUAL(stage.acts[i].finished, 1);
    }
    stage_close(&stage);
}

const struct check moment_checks[] = {
    {"moment: over", check_over},
    {"moment: over, seen by the process alone", check_over_by_handle},
    {"moment: a pipe that is held", check_held},
    {"moment: the time is over", check_time_over},
    {"moment: called", check_called},
    {"moment: more output than is kept", check_output_full},
    {"moment: outputs of every length", check_lengths},
    {"moment: ends before, at and after its own", check_mixed},
    {NULL, NULL},
};
