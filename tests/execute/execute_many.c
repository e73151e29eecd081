/* Starting many: side by side, from within reports, late heard of, and with too few descriptors. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "execute_stage.h"

static struct stage stage;

static uint32_t count_output(uint32_t count, const char *text)
{
    uint32_t right = 0;
    for (uint32_t i = 0; i < count; i++)
        right += stage.acts[i].finished == 1 && stage.acts[i].report.kind == EXIT_CODE &&
                 stage.acts[i].report.code == 0 && strcmp(stage_output(&stage, i, 1), text) == 0;
    return right;
}

static void check_many_at_once(void)
{
    enum { COUNT = 500 };
    stage_open(&stage, NULL);
    char *argv[] = {(char *)"echo", (char *)"hello", NULL};
    for (uint32_t i = 0; i < COUNT; i++) {
        stage_prepare(&stage, i, argv);
        stage_launch(&stage, i);
    }
    CU_ASSERT_TRUE(stage_wait(&stage));
    CU_ASSERT_EQUAL(count_output(COUNT, "hello\n"), COUNT);
    stage_close(&stage);
}

static void launch_next(struct stage *on, uint32_t node)
{
    if (node + 2 < STAGE_TASKS) {
        on->acts[node + 2].launch = on->acts[node].launch;
        on->acts[node + 2].launch.node = node + 2;
        on->acts[node + 2].launch.attempt = node + 9;
        stage_launch(on, node + 2);
    }
}

/* Launches from within reports, two at a time, some of them not to be found. */
static void check_launched_by_reports(void)
{
    stage_open(&stage, NULL);
    stage.on_finished = launch_next;
    char *good[] = {(char *)"true", NULL}, *bad[] = {(char *)"no-such-program", NULL};
    stage_prepare(&stage, 0, good);
    stage_prepare(&stage, 1, bad);
    stage_launch(&stage, 0);
    stage_launch(&stage, 1);
    CU_ASSERT_TRUE(stage_wait(&stage));
    for (uint32_t i = 0; i < STAGE_TASKS; i++) {
        CU_ASSERT_EQUAL(stage.acts[i].finished, 1);
        CU_ASSERT_EQUAL(stage.acts[i].report.kind, i % 2 == 0 ? EXIT_CODE : EXIT_NOT_STARTED);
    }
    stage_close(&stage);
}

/* However late the loop hears of a start, it is told when it was. */
static void check_late_start(void)
{
    stage_open(&stage, NULL);
    char file[] = "/tmp/pargraph-XXXXXX";
    CLEANUP_CLOSE int watched = mkstemp(file);
    CLEANUP_BUFFER struct buffer text = {0};
    buffer_printf(&text, "rm %s", file);
    int64_t before = clock_monotonic();
    stage_shell(&stage, 0, buffer_text(&text));
    while (access(file, F_OK) == 0)
        usleep(1000);
    int64_t after = clock_monotonic();
    CU_ASSERT_EQUAL(stage.acts[0].started, 0);
    CU_ASSERT_TRUE(stage_wait(&stage));
    CHECK_EXIT(&stage, 0, 0);
    CU_ASSERT_TRUE(stage.acts[0].at >= before && stage.acts[0].at <= after);
    stage_close(&stage);
}

static struct rlimit limit_descriptors(int more)
{
    struct rlimit before, now;
    getrlimit(RLIMIT_NOFILE, &before);
    int next = open("/dev/null", O_RDONLY | O_CLOEXEC);
    close(next);
    now = before;
    now.rlim_cur = (rlim_t)(next + more);
    CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_NOFILE, &now), 0);
    return before;
}

/* Few descriptors: all run, some of them later. */
static void check_few_descriptors(void)
{
    enum { COUNT = 60 };
    stage_open(&stage, NULL);
    struct rlimit before = limit_descriptors(12);
    for (uint32_t i = 0; i < COUNT; i++)
        stage_shell(&stage, i, "sleep 0.05; echo hello");
    CU_ASSERT_TRUE(stage_wait(&stage));
    setrlimit(RLIMIT_NOFILE, &before);
    CU_ASSERT_EQUAL(count_output(COUNT, "hello\n"), COUNT);
    stage_close(&stage);
}

/* No descriptors at all: patience, then a report, which also holds for one that waited behind. */
static void check_no_descriptors(void)
{
    stage_open(&stage, &(struct process_options){.patience = 60000000});
    struct rlimit before = limit_descriptors(0);
    for (uint32_t i = 0; i < 3; i++)
        stage_shell(&stage, i, "echo hello");
    CU_ASSERT_TRUE(stage_wait(&stage));
    setrlimit(RLIMIT_NOFILE, &before);
    for (uint32_t i = 0; i < 3; i++)
        check_not_started(&stage, i, EMFILE, "cannot start a process");
    stage_shell(&stage, 3, "echo hello");
    CU_ASSERT_TRUE(stage_wait(&stage));
    CHECK_EXIT(&stage, 3, 0);
    stage_close(&stage);
}

static int count_started(uint32_t count)
{
    int started = 0;
    for (uint32_t i = 0; i < count; i++)
        started += stage.acts[i].started;
    return started;
}

/* Held ones that are stopped end without a start. Which of them are held is the threads' affair. */
static void check_held_stopped(void)
{
    stage_open(&stage, NULL);
    struct rlimit before = limit_descriptors(4);
    for (uint32_t i = 0; i < 8; i++)
        stage_shell(&stage, i, "echo 1; sleep 1000");
    while (count_started(8) == 0)
        loop_turn(stage.loop, INT64_MAX, NULL);
    for (uint32_t i = 0; i < 8; i++)
        stage_signal(&stage, i, false);
    CU_ASSERT_TRUE(stage_wait(&stage));
    setrlimit(RLIMIT_NOFILE, &before);
    for (uint32_t i = 0; i < 8; i++)
        CHECK_SIGNAL(&stage, i, SIGTERM);
    CU_ASSERT_TRUE(count_started(8) < 8);
    stage_close(&stage);
}

const struct check many_checks[] = {
    {"process: 500 at once", check_many_at_once},
    {"process: launched from within reports", check_launched_by_reports},
    {"process: a start heard of late", check_late_start},
    {"process: few descriptors", check_few_descriptors},
    {"process: no descriptors", check_no_descriptors},
    {"process: held ones are stopped", check_held_stopped},
    {NULL, NULL},
};
