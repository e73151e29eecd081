/* Starting: programs found and not found, streams opened and not, hygiene. */
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
    check_not_started(&stage, 0, ENOENT, "cannot run 'no-such-program'");
    check_not_started(&stage, 1, ENOENT, "cannot run './absent'");
    check_not_started(&stage, 2, ENOENT, "cannot run ''");
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
    check_not_started(&stage, 0, EACCES, "cannot run 'plain'");
    check_not_started(&stage, 1, EACCES, "cannot run './plain'");
    check_not_started(&stage, 2, EACCES, "cannot run '/tmp'");
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
    check_not_started(&stage, 1, ENOENT, "cannot run './lost'");
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
    check_not_started(&stage, 4, ENOENT, "cannot run 'tool'");
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
    check_not_started(&stage, 1, ENOENT, "cannot enter '/no/such/folder'");
    check_not_started(&stage, 2, ENOTDIR, "cannot enter '/dev/null'");
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
    check_not_started(&stage, 0, ENOENT, "cannot read '/no/input'");
    check_not_started(&stage, 1, EISDIR, "cannot read '/tmp'");
    check_not_started(&stage, 2, ENOENT, "cannot create '/no/folder/out'");
    check_not_started(&stage, 3, EISDIR, "cannot create '/tmp'");
    stage_close(&stage);
}

static void check_too_long(void)
{
    enum { LENGTH = 300000 };
    stage_open(&stage, NULL);
    CLEANUP_FREE char *word = memory_new(LENGTH + 1);
    memset(word, 'x', LENGTH);
    run(ARGV((char *)"true", word));
    check_not_started(&stage, 0, E2BIG, "cannot run 'true'");
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

/* However many descriptors are open here: those that a child needs are its own, none else. */
static void check_many_descriptors(void)
{
    enum { MANY = 200 };
    int opened[MANY];
    for (int i = 0; i < MANY; i++)
        opened[i] = dup(STDIN_FILENO);
    stage_open(&stage, NULL);
    char *argv[] = {(char *)"sh", (char *)"-c",
                    (char *)"cat; echo two >&2; ls /proc/self/fd; exit 3", NULL};
    struct launch *launch = stage_prepare(&stage, 0, argv);
    launch->stdin_text = "one\n";
    launch->stdin_length = 4;
    launch->is_split = true;
    stage_launch(&stage, 0);
    CU_ASSERT_TRUE(stage_wait(&stage));
    CHECK_EXIT(&stage, 0, 3);
    CHECK_TEXT(stage_output(&stage, 0, 1), "one\n0\n1\n2\n3\n");
    CHECK_TEXT(stage_output(&stage, 0, 2), "two\n");
    stage_close(&stage);
    for (int i = 0; i < MANY; i++) {
        CU_ASSERT_TRUE(fcntl(opened[i], F_GETFD) >= 0);
        close(opened[i]);
    }
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
    {"process: many descriptors", check_many_descriptors},
    {"process: the signal mask asked for", check_child_mask},
    {NULL, NULL},
};
