/* Starting: programs found and not found, streams opened and not, hygiene, want of resources. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "execute_stage.h"

#define ARGV(...) ((char *[]){__VA_ARGS__, NULL})

static struct stage stage;

static void check_not_started(uint32_t node, int error, const char *detail)
{
    CU_ASSERT_EQUAL(stage.acts[node].report.kind, EXIT_NOT_STARTED);
    CU_ASSERT_EQUAL(stage.acts[node].report.code, error);
    CU_ASSERT_EQUAL(stage.acts[node].started, 0);
    CHECK_TEXT(stage.acts[node].detail, detail);
}

/* Launches one and waits; node 0. */
static void run(char *const *argv)
{
    stage_prepare(&stage, 0, argv);
    stage_launch(&stage, 0);
    CU_ASSERT_TRUE(stage_wait(&stage));
}

static void check_exits(void)
{
    stage_open(&stage, NULL);
    CHECK_TEXT(stage.executor->methods->name, "process");
    stage_shell(&stage, 0, "exit 0");
    stage_shell(&stage, 1, "exit 3");
    stage_shell(&stage, 2, "exit 255");
    stage_shell(&stage, 3, "kill -SEGV $$");
    stage_shell(&stage, 4, "kill -KILL $$");
    CU_ASSERT_TRUE(stage_wait(&stage));
    CHECK_EXIT(&stage, 0, 0);
    CHECK_EXIT(&stage, 1, 3);
    CHECK_EXIT(&stage, 2, 255);
    CHECK_SIGNAL(&stage, 3, SIGSEGV);
    CHECK_SIGNAL(&stage, 4, SIGKILL);
    for (int i = 0; i < 5; i++) {
        CU_ASSERT_EQUAL(stage.acts[i].started, 1);
        CU_ASSERT_TRUE(stage.acts[i].process > 1);
    }
    stage_close(&stage);
}

static void check_usage(void)
{
    struct rusage own;
    stage_open(&stage, NULL);
    stage_prepare(&stage, 0,
                  ARGV((char *)"dd", (char *)"if=/dev/zero", (char *)"of=/dev/null",
                       (char *)"bs=400M", (char *)"count=1"));
    stage_launch(&stage, 0);
    stage_shell(&stage, 1, "exit 0");
    CU_ASSERT_TRUE(stage_wait(&stage));
    getrusage(RUSAGE_SELF, &own);
    const struct exit_report *big = &stage.acts[0].report, *small = &stage.acts[1].report;
    CHECK_EXIT(&stage, 0, 0);
    CU_ASSERT_TRUE(big->memory > UINT64_C(400) << 20);
    CU_ASSERT_TRUE(big->user_time + big->system_time > 0);
    CU_ASSERT_TRUE(small->memory == 0 || small->memory > (uint64_t)own.ru_maxrss * 1024);
    stage_close(&stage);
}

static void check_not_found(void)
{
    stage_open(&stage, NULL);
    char *absent[] = {(char *)"no-such-program", NULL};
    char *absent_file[] = {(char *)"./absent", NULL};
    char *empty[] = {(char *)"", NULL};
    stage_prepare(&stage, 0, absent);
    stage_prepare(&stage, 1, absent_file);
    stage_prepare(&stage, 2, empty);
    for (uint32_t i = 0; i < 3; i++)
        stage_launch(&stage, i);
    CU_ASSERT_EQUAL(stage.acts[0].finished, 0); /* never from within launch */
    CU_ASSERT_TRUE(stage_wait(&stage));
    check_not_started(0, ENOENT, "cannot run 'no-such-program'");
    check_not_started(1, ENOENT, "cannot run './absent'");
    check_not_started(2, ENOENT, "cannot run ''");
    stage_close(&stage);
}

static void check_not_executable(void)
{
    stage_open(&stage, NULL);
    write_file(stage_path(&stage, "plain"), "echo no\n", 0644);
    char *by_name[] = {(char *)"plain", NULL}, *by_path[] = {(char *)"./plain", NULL};
    char *folder[] = {(char *)"/tmp", NULL};
    char path[128];
    snprintf(path, sizeof path, "PATH=%s:/bin", stage.folder);
    char *env[] = {path, NULL};
    stage_prepare(&stage, 0, by_name)->env = env;
    stage_prepare(&stage, 1, by_path);
    stage_prepare(&stage, 2, folder);
    for (uint32_t i = 0; i < 3; i++)
        stage_launch(&stage, i);
    CU_ASSERT_TRUE(stage_wait(&stage));
    check_not_started(0, EACCES, "cannot run 'plain'");
    check_not_started(1, EACCES, "cannot run './plain'");
    check_not_started(2, EACCES, "cannot run '/tmp'");
    stage_close(&stage);
}

static void check_scripts(void)
{
    stage_open(&stage, NULL);
    write_file(stage_path(&stage, "bare"), "echo \"bare $1 $2 $#\"\n", 0755);
    write_file(stage_path(&stage, "lost"), "#!/no/such/interpreter\n", 0755);
    char *bare[] = {(char *)"./bare", (char *)"a b", (char *)"c", NULL};
    char *lost[] = {(char *)"./lost", NULL};
    stage_prepare(&stage, 0, bare);
    stage_prepare(&stage, 1, lost);
    stage_launch(&stage, 0);
    stage_launch(&stage, 1);
    CU_ASSERT_TRUE(stage_wait(&stage));
    CHECK_EXIT(&stage, 0, 0);
    CHECK_TEXT(stage_output(&stage, 0, 1), "bare a b c 2\n");
    check_not_started(1, ENOENT, "cannot run './lost'");
    stage_close(&stage);
}

/* A program found in one folder of PATH, then only in the other; then PATH relative. */
static void check_search(void)
{
    stage_open(&stage, NULL);
    mkdir(stage_path(&stage, "one"), 0755);
    mkdir(stage_path(&stage, "two"), 0755);
    write_file(stage_path(&stage, "one/tool"), "#!/bin/sh\necho one\n", 0755);
    write_file(stage_path(&stage, "two/tool"), "#!/bin/sh\necho two\n", 0755);
    char path[256];
    snprintf(path, sizeof path, "PATH=%s/one:%s/two", stage.folder, stage.folder);
    char *env[] = {path, NULL}, *relative[] = {(char *)"PATH=/nowhere:two", NULL};
    char *argv[] = {(char *)"tool", NULL};
    for (uint32_t i = 0; i < 3; i++) {
        if (i == 2)
            CU_ASSERT_EQUAL(unlink(stage_path(&stage, "one/tool")), 0);
        stage_prepare(&stage, i, argv)->env = env;
        stage_launch(&stage, i);
        CU_ASSERT_TRUE(stage_wait(&stage));
        CHECK_TEXT(stage_output(&stage, i, 1), i < 2 ? "one\n" : "two\n");
    }
    stage_prepare(&stage, 3, argv)->env = relative;
    stage_launch(&stage, 3);
    stage_prepare(&stage, 4, argv)->env = relative;
    stage.acts[4].launch.directory = "/";
    stage_launch(&stage, 4);
    CU_ASSERT_TRUE(stage_wait(&stage));
    CHECK_TEXT(stage_output(&stage, 3, 1), "two\n");
    check_not_started(4, ENOENT, "cannot run 'tool'");
    stage_close(&stage);
}

static void check_directory(void)
{
    stage_open(&stage, NULL);
    char *argv[] = {(char *)"pwd", NULL};
    stage_prepare(&stage, 0, argv)->directory = "/usr/bin";
    stage_prepare(&stage, 1, argv)->directory = "/no/such/folder";
    stage_prepare(&stage, 2, argv)->directory = "/dev/null";
    for (uint32_t i = 0; i < 3; i++)
        stage_launch(&stage, i);
    CU_ASSERT_TRUE(stage_wait(&stage));
    CHECK_TEXT(stage_output(&stage, 0, 1), "/usr/bin\n");
    check_not_started(1, ENOENT, "cannot enter '/no/such/folder'");
    check_not_started(2, ENOTDIR, "cannot enter '/dev/null'");
    stage_close(&stage);
}

static void check_bad_files(void)
{
    stage_open(&stage, NULL);
    char *argv[] = {(char *)"true", NULL};
    stage_prepare(&stage, 0, argv)->stdin_path = "/no/input";
    stage_prepare(&stage, 1, argv)->stdin_path = "/tmp";
    stage_prepare(&stage, 2, argv)->paths[1] = "/no/folder/out";
    stage_prepare(&stage, 3, argv)->paths[2] = "/tmp";
    for (uint32_t i = 0; i < 4; i++)
        stage_launch(&stage, i);
    CU_ASSERT_TRUE(stage_wait(&stage));
    check_not_started(0, ENOENT, "cannot read '/no/input'");
    check_not_started(1, EISDIR, "cannot read '/tmp'");
    check_not_started(2, ENOENT, "cannot create '/no/folder/out'");
    check_not_started(3, EISDIR, "cannot create '/tmp'");
    stage_close(&stage);
}

static void check_too_long(void)
{
    enum { LENGTH = 300000 };
    stage_open(&stage, NULL);
    CLEANUP_FREE char *word = memory_new(LENGTH + 1);
    memset(word, 'x', LENGTH);
    run(ARGV((char *)"true", word));
    check_not_started(0, E2BIG, "cannot run 'true'");
    stage_close(&stage);
}

/* A child has three descriptors, no signal blocked or ignored, a group of its own, and exactly the
 * environment it was given; whatever this process has. */
static void check_hygiene(void)
{
    sigset_t usr1, before;
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    sigprocmask(SIG_BLOCK, &usr1, &before);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGUSR2, SIG_IGN);
    int leaking = dup(STDIN_FILENO);
    stage_open(&stage, NULL);
    char *list[] = {(char *)"ls", (char *)"/proc/self/fd", NULL};
    char *env[] = {(char *)"ONE=1", (char *)"PATH=/usr/bin:/bin", NULL};
    char *print[] = {(char *)"env", NULL};
    stage_prepare(&stage, 0, list);
    stage_launch(&stage, 0);
    char *signals[] = {(char *)"grep", (char *)"-E", (char *)"Sig(Blk|Ign)",
                       (char *)"/proc/self/status", NULL};
    stage_prepare(&stage, 1, signals);
    stage_launch(&stage, 1);
    stage_shell(&stage, 2, "set -- $(cat /proc/self/stat); echo $$ $5; readlink /proc/self/fd/0");
    stage_prepare(&stage, 3, print)->env = env;
    stage_launch(&stage, 3);
    CU_ASSERT_TRUE(stage_wait(&stage));
    CHECK_TEXT(stage_output(&stage, 0, 1), "0\n1\n2\n3\n"); /* 3: the folder that ls reads */
    CHECK_TEXT(stage_output(&stage, 1, 1),
               "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
    char expected[64];
    snprintf(expected, sizeof expected, "%d %d\n/dev/null\n", stage.acts[2].process,
             stage.acts[2].process);
    CHECK_TEXT(stage_output(&stage, 2, 1), expected);
    CHECK_TEXT(stage_output(&stage, 3, 1), "ONE=1\nPATH=/usr/bin:/bin\n");
    stage_close(&stage);
    close(leaking);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGUSR2, SIG_DFL);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

static void check_child_mask(void)
{
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGHUP);
    stage_open(&stage, &(struct process_options){.child_mask = &mask});
    run(ARGV((char *)"grep", (char *)"SigBlk", (char *)"/proc/self/status"));
    CHECK_TEXT(stage_output(&stage, 0, 1), "SigBlk:\t0000000000000001\n");
    stage_close(&stage);
}

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
        check_not_started(i, EMFILE, "cannot start a process");
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

const struct check process_checks[] = {
    {"process: exit codes and signals", check_exits},
    {"process: times and memory", check_usage},
    {"process: programs that are not there", check_not_found},
    {"process: files that may not be run", check_not_executable},
    {"process: scripts without and with an interpreter", check_scripts},
    {"process: the search along PATH", check_search},
    {"process: the directory", check_directory},
    {"process: files that cannot be opened", check_bad_files},
    {"process: too long a command line", check_too_long},
    {"process: descriptors, signals, group, environment", check_hygiene},
    {"process: the signal mask asked for", check_child_mask},
    {"process: 500 at once", check_many_at_once},
    {"process: launched from within reports", check_launched_by_reports},
    {"process: few descriptors", check_few_descriptors},
    {"process: no descriptors", check_no_descriptors},
    {"process: held ones are stopped", check_held_stopped},
    {NULL, NULL},
};
