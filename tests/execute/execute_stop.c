/* Stop, kill, and what must not survive. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "execute_stage.h"

static struct stage stage;
static char *marked_environment[] = {
    (char *)"PATH=/usr/bin:/bin", (char *)"PARGRAPH_RUN_ID=run-of-the-stop-test",
    (char *)"PARGRAPH_INSTANCE=a[1]", (char *)"PARGRAPH_ATTEMPT=1", NULL};
static char *other_environment[] = {
    (char *)"PATH=/usr/bin:/bin", (char *)"PARGRAPH_RUN_ID=run-of-the-stop-test",
    (char *)"PARGRAPH_INSTANCE=a[2]", (char *)"PARGRAPH_ATTEMPT=1", NULL};

static void shell_marked(uint32_t node, const char *text, char *const *env)
{
    static char *argvs[4][4];
    argvs[node][0] = (char *)"sh";
    argvs[node][1] = (char *)"-c";
    argvs[node][2] = (char *)text;
    stage_prepare(&stage, node, argvs[node])->env = env;
    stage_launch(&stage, node);
}

static void check_stop(void)
{
    stage_open(&stage, NULL);
    stage_shell(&stage, 0, "echo 1; exec sleep 1000");
    stage_shell(
        &stage, 1,
        "exec 2>/dev/null; trap 'echo cleaned; exit 5' TERM; echo 1; while :; do sleep 0.01; done");
    stage_shell(&stage, 2, "echo 1; kill -STOP $$; sleep 1000");
    for (uint32_t i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(stage_number(&stage, i), 1);
    for (uint32_t i = 0; i < 3; i++) {
        stage_signal(&stage, i, false);
        stage_signal(&stage, i, false);
    }
    stage.executor->methods->signal(stage.executor, 77, 1, false); /* unknown: nothing */
    stage.executor->methods->signal(stage.executor, 0, 1, true);   /* another attempt of it */
    CU_ASSERT_TRUE(stage_wait(&stage));
    CHECK_SIGNAL(&stage, 0, SIGTERM);
    CHECK_EXIT(&stage, 1, 5);
    CHECK_TEXT(stage_output(&stage, 1, 1), "1\ncleaned\n");
    CHECK_SIGNAL(&stage, 2, SIGTERM); /* CONT came, too */
    stage_close(&stage);
}

static void check_stubborn(void)
{
    stage_open(&stage, &(struct process_options){.grace = 50000000});
    stage_shell(&stage, 0, "trap '' TERM; echo 1; while :; do sleep 0.01; done");
    CU_ASSERT_EQUAL(stage_number(&stage, 0), 1);
    stage_signal(&stage, 0, false);
    CU_ASSERT_TRUE(stage_wait(&stage));
    CHECK_SIGNAL(&stage, 0, SIGKILL);
    stage_close(&stage);
}

/* A kill does not wait for the grace of an earlier stop. */
static void check_stop_then_kill(void)
{
    stage_open(&stage, &(struct process_options){.grace = INT64_C(1000000000) * 3600});
    stage_shell(&stage, 0, "trap '' TERM; echo 1; while :; do sleep 0.01; done");
    CU_ASSERT_EQUAL(stage_number(&stage, 0), 1);
    stage_signal(&stage, 0, false);
    loop_turn(stage.loop, 0, NULL);
    stage_signal(&stage, 0, true);
    CU_ASSERT_TRUE(stage_wait(&stage));
    CHECK_SIGNAL(&stage, 0, SIGKILL);
    stage.executor->methods->close(stage.executor);
    stage.executor = NULL;
    stage_close(&stage);
}

/* Signals that come before the start, in one turn with the launch. */
static void check_before_start(void)
{
    enum { COUNT = 50 };
    stage_open(&stage, &(struct process_options){.spawners = 1});
    for (uint32_t i = 0; i < COUNT; i++)
        stage_shell(&stage, i, "exec sleep 1000");
    for (uint32_t i = 0; i < COUNT; i++)
        stage_signal(&stage, i, i % 2 == 1);
    for (uint32_t i = 0; i < COUNT; i++)
        CU_ASSERT_EQUAL(stage.acts[i].finished, 0);
    CU_ASSERT_TRUE(stage_wait(&stage));
    int started = 0;
    for (uint32_t i = 0; i < COUNT; i++) {
        CHECK_SIGNAL(&stage, i, i % 2 == 1 ? SIGKILL : SIGTERM);
        started += stage.acts[i].started;
    }
    CU_ASSERT_TRUE(started < COUNT);
    stage_close(&stage);
}

/* What is left in the group of a failure ends at once. */
/* Until the lease is given up, or for 45 s, whoever opens the file waits in the kernel. */
static int lease(const char *path)
{
    write_file(path, "x", 0600);
    signal(SIGIO, SIG_IGN);
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0 || fcntl(file, F_SETLEASE, F_WRLCK) == 0)
        return file;
    printf("skipped: no leases here: %s\n", strerror(errno));
    close(file);
    return -1;
}

/* A child that never comes to execute is ended with the grace, or at once by a kill. */
static void check_stuck_start(void)
{
    static char *cat[] = {(char *)"cat", NULL};
    stage_open(&stage, NULL);
    int file = lease(stage_path(&stage, "leased"));
    for (uint32_t i = 0; i < 2 && file >= 0; i++) {
        struct launch *launch = stage_prepare(&stage, i, cat);
        launch->stdin_path = i == 0 ? "leased" : NULL;
        launch->paths[1] = i == 1 ? "leased" : NULL;
        stage_launch(&stage, i);
    }
    usleep(50000);
    for (uint32_t i = 0; i < 2 && file >= 0; i++)
        stage_signal(&stage, i, i == 1);
    CU_ASSERT_TRUE(stage_wait(&stage));
    for (uint32_t i = 0; i < 2 && file >= 0; i++)
        CHECK_SIGNAL(&stage, i, SIGKILL);
    if (file >= 0)
        close(file);
    signal(SIGIO, SIG_DFL);
    stage_close(&stage);
}

static void check_failure_ends_group(void)
{
    stage_open(&stage, NULL);
    stage_shell(&stage, 0, "sleep 1000 >/dev/null 2>&1 & echo $!; exit 3");
    CU_ASSERT_TRUE(stage_wait(&stage));
    CHECK_EXIT(&stage, 0, 3);
    CU_ASSERT_TRUE(stage_wait_gone(&stage, atoi(stage_output(&stage, 0, 1))));
    stage_close(&stage);
}

/* A session of its own, within the line of descent or, by a double fork, out of it. */
static void check_sessions(void)
{
    stage_open(&stage, NULL);
    shell_marked(0, "setsid sh -c 'echo $$; exec sleep 1000' & wait", marked_environment);
    shell_marked(1, "(setsid sh -c 'echo $$; exec sleep 1000' &); exec sleep 1000",
                 other_environment);
    int first = stage_number(&stage, 0), second = stage_number(&stage, 1);
    CU_ASSERT_TRUE_FATAL(first > 1 && second > 1);
    stage_signal(&stage, 0, false);
    while (stage.acts[0].finished == 0)
        loop_turn(stage.loop, INT64_MAX, NULL);
    CHECK_SIGNAL(&stage, 0, SIGTERM);
    CU_ASSERT_TRUE(stage_wait_gone(&stage, first));
    CU_ASSERT_TRUE(is_running(second)); /* another instance's */
    stage_signal(&stage, 1, false);
    CU_ASSERT_TRUE(stage_wait(&stage));
    CU_ASSERT_TRUE(stage_wait_gone(&stage, second));
    stage_close(&stage);
}

/* The same with TERM ignored: KILL after the grace, though the attempt was over before. */
static void check_stubborn_session(void)
{
    stage_open(&stage, &(struct process_options){.grace = 50000000});
    shell_marked(0,
                 "(trap '' TERM; setsid sh -c 'echo $$; while :; do sleep 0.01; done' &) &"
                 " exec sleep 1000",
                 marked_environment);
    int stubborn = stage_number(&stage, 0);
    stage_signal(&stage, 0, false);
    CU_ASSERT_TRUE(stage_wait(&stage));
    CHECK_SIGNAL(&stage, 0, SIGTERM);
    CU_ASSERT_TRUE(stage_wait_gone(&stage, stubborn));
    stage_close(&stage);
}

/* Without marks: known by descent at the time of the stop. */
static void check_session_without_marks(void)
{
    for (int is_kill = 0; is_kill < 2; is_kill++) {
        stage_open(&stage, NULL);
        shell_marked(0, "setsid env -i /bin/sh -c 'echo $$; exec /bin/sleep 1000' & wait",
                     marked_environment);
        int sleeper = stage_number(&stage, 0);
        CU_ASSERT_TRUE_FATAL(sleeper > 1);
        stage_signal(&stage, 0, is_kill == 1);
        CU_ASSERT_TRUE(stage_wait(&stage));
        CHECK_SIGNAL(&stage, 0, is_kill == 1 ? SIGKILL : SIGTERM);
        CU_ASSERT_TRUE(stage_wait_gone(&stage, sleeper));
        stage_close(&stage);
    }
}

/* Out of the line of descent and without marks: until the close. */
static void check_close_ends_all(void)
{
    stage_open(&stage, NULL);
    shell_marked(0, "(setsid env -i /bin/sh -c 'echo $$; exec /bin/sleep 1000' &); exit 0",
                 marked_environment);
    int sleeper = stage_number(&stage, 0);
    CU_ASSERT_TRUE(stage_wait(&stage));
    CU_ASSERT_TRUE(is_running(sleeper));
    stage.executor->methods->close(stage.executor);
    stage.executor = NULL;
    CU_ASSERT_FALSE(is_running(sleeper));
    stage_close(&stage);
}

/* Closed while attempts run, and others are waiting: all end, nothing is reported any more. */
static void check_close_running(void)
{
    stage_open(&stage, &(struct process_options){.spawners = 1});
    stage_shell(&stage, 0, "echo $$; exec sleep 1000");
    int sleeper = stage_number(&stage, 0);
    for (uint32_t i = 1; i < 20; i++)
        stage_shell(&stage, i, "exec sleep 1000");
    stage_signal(&stage, 19, false);
    stage.executor->methods->close(stage.executor);
    stage.executor = NULL;
    CU_ASSERT_FALSE(is_running(sleeper));
    for (uint32_t i = 0; i < 20; i++)
        CU_ASSERT_EQUAL(stage.acts[i].finished, 0);
    CU_ASSERT_TRUE(loop_turn(stage.loop, 0, NULL));
    stage_close(&stage);
}

/* Zombies that come to the subreaper while tasks run are waited for. */
static void check_orphans_reaped(void)
{
    stage_open(&stage, NULL);
    stage_shell(&stage, 0, "(sh -c 'echo $$' &); exec sleep 1000");
    int orphan = stage_number(&stage, 0);
    CU_ASSERT_TRUE(stage_wait_gone(&stage, orphan));
    int tries = 0;
    while (kill(orphan, 0) == 0 && tries++ < 3000)
        loop_turn(stage.loop, INT64_MAX, NULL);
    CU_ASSERT_TRUE(kill(orphan, 0) != 0);
    stage_signal(&stage, 0, true);
    CU_ASSERT_TRUE(stage_wait(&stage));
    stage_close(&stage);
}

static void check_tree_end(void)
{
    stage_open(&stage, NULL); /* makes this process a subreaper */
    CU_ASSERT_EQUAL(tree_end(0), 0);
    pid_t child = fork();
    if (child == 0) {
        execl("/bin/sh", "sh", "-c",
              "trap '' TERM; setsid sleep 1000 & (setsid sleep 1000 &) & sleep 1000", (char *)NULL);
        _exit(127);
    }
    usleep(50000);
    CU_ASSERT_TRUE(tree_end(20000000) >= 2);
    CU_ASSERT_FALSE(is_running(child));
    CU_ASSERT_EQUAL(waitpid(-1, NULL, WNOHANG), -1);
    stage_close(&stage);
}

const struct check stop_checks[] = {
    {"stop: TERM and CONT", check_stop},
    {"stop: KILL after the grace", check_stubborn},
    {"stop: a kill after a stop", check_stop_then_kill},
    {"stop: before the start", check_before_start},
    {"stop: stuck before the start", check_stuck_start},
    {"stop: a failure ends its group", check_failure_ends_group},
    {"stop: sessions of their own", check_sessions},
    {"stop: a session that ignores TERM", check_stubborn_session},
    {"stop: a session without marks", check_session_without_marks},
    {"stop: a close ends all", check_close_ends_all},
    {"stop: a close while tasks run", check_close_running},
    {"stop: orphans are reaped", check_orphans_reaped},
    {"stop: tree_end", check_tree_end},
    {NULL, NULL},
};
