/* Pauses while starts are under way, and what the terminal sends meanwhile. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "execute_stage.h"

static struct stage stage;

static void pause_all(bool is_paused)
{
    stage.executor->methods->pause(stage.executor, is_paused);
}

static int count_started(void)
{
    int started = 0;
    for (uint32_t i = 0; i < STAGE_TASKS; i++)
        started += stage.acts[i].started;
    return started;
}

static void launch_next(struct stage *on, uint32_t node)
{
    if (node + 4 >= STAGE_TASKS)
        return;
    on->acts[node + 4].launch = on->acts[node].launch;
    on->acts[node + 4].launch.node = node + 4;
    on->acts[node + 4].launch.attempt = node + 11;
    stage_launch(on, node + 4);
}

/* Short processes whose ends launch the next: a pause ends that, and it goes on after. */
static void check_chain(void)
{
    stage_open(&stage, NULL);
    stage.on_finished = launch_next;
    char *argv[] = {(char *)"true", NULL};
    for (uint32_t i = 0; i < 4; i++) {
        stage_prepare(&stage, i, argv);
        stage_launch(&stage, i);
    }
    while (count_started() < 20)
        CU_ASSERT_TRUE_FATAL(loop_turn(stage.loop, clock_monotonic() + 1000000, NULL));
    pause_all(true);
    int before = count_started();
    CU_ASSERT_TRUE(before < STAGE_TASKS);
    for (int i = 0; i < 20; i++)
        CU_ASSERT_TRUE(loop_turn(stage.loop, clock_monotonic() + 1000000, NULL));
    CU_ASSERT_EQUAL(count_started(), before);
    pause_all(false);
    CU_ASSERT_TRUE(stage_wait(&stage));
    CU_ASSERT_EQUAL(count_started(), STAGE_TASKS);
    stage_close(&stage);
}

/* One that was made before a pause and is heard of after has not run for as long. */
static void check_beginning(void)
{
    enum { STOOD = 300000 /* microseconds */ };
    stage_open(&stage, &(struct process_options){.spawners = 1});
    char *argv[] = {(char *)"true", NULL};
    int64_t launched = clock_monotonic();
    for (uint32_t i = 0; i < STAGE_TASKS; i++) {
        stage_prepare(&stage, i, argv);
        stage_launch(&stage, i);
    }
    pause_all(true);
    static bool was_started[STAGE_TASKS];
    for (uint32_t i = 0; i < STAGE_TASKS; i++)
        was_started[i] = stage.acts[i].started > 0;
    usleep(STOOD); /* whose start is under way is heard of after this: the lock is ours */
    pause_all(false);
    CU_ASSERT_TRUE(stage_wait(&stage));
    int64_t now = clock_monotonic();
    for (uint32_t i = 0; i < STAGE_TASKS; i++) {
        CHECK_EXIT(&stage, i, 0);
        CU_ASSERT_TRUE(stage.acts[i].at <= now);
        CU_ASSERT_TRUE(stage.acts[i].at >= launched + (was_started[i] ? 0 : STOOD * 1000));
    }
    stage_close(&stage);
}

/* Held by a pause, and stopped: it ends without a start. */
static void check_stopped(void)
{
    stage_open(&stage, NULL);
    pause_all(true);
    stage_shell(&stage, 0, "exit 0");
    stage_shell(&stage, 1, "exit 5");
    stage_signal(&stage, 0, false);
    pause_all(false);
    CU_ASSERT_TRUE(stage_wait(&stage));
    CHECK_SIGNAL(&stage, 0, SIGTERM);
    CU_ASSERT_EQUAL(stage.acts[0].started, 0);
    CHECK_EXIT(&stage, 1, 5);
    stage_close(&stage);
}

/* A grace does not pass in a pause, though another stop has it looked at. */
static void check_grace(void)
{
    stage_open(&stage, &(struct process_options){.grace = INT64_C(600000000)});
    stage_shell(&stage, 0,
                "trap 'sleep 0.02; sleep 0.02; sleep 0.02; exit 6' TERM; echo 1; "
                "while :; do sleep 0.01; done");
    stage_shell(&stage, 1, "echo 1; exec sleep 1000");
    CU_ASSERT_EQUAL(stage_number(&stage, 0), 1);
    CU_ASSERT_EQUAL(stage_number(&stage, 1), 1);
    stage_signal(&stage, 0, false);
    CU_ASSERT_TRUE(loop_turn(stage.loop, INT64_MAX, NULL)); /* TERM is sent */
    pause_all(true);
    int64_t before = clock_monotonic();
    usleep(700000);
    pause_all(false);
    loop_delay(stage.loop, clock_monotonic() - before);
    stage_signal(&stage, 1, true);
    CU_ASSERT_TRUE(stage_wait(&stage));
    CHECK_EXIT(&stage, 0, 6);
    CHECK_SIGNAL(&stage, 1, SIGKILL);
    stage_close(&stage);
}

/* Signals without end to this process's group, as from the terminal; this process blocks them. */
static pid_t storm(void)
{
    pid_t group = getpid(), sender = fork();
    if (sender != 0)
        return sender;
    setpgid(0, 0);
    while (kill(-group, SIGTSTP) == 0 && kill(-group, SIGINT) == 0)
        ;
    _exit(0);
}

/* Which promise is broken? 0: none. */
static int run_in_storm(void)
{
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTSTP);
    sigaddset(&blocked, SIGINT);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    setpgid(0, 0);
    pid_t sender = storm();
    stage_open(&stage, NULL);
    char *argv[] = {(char *)"true", NULL};
    for (uint32_t i = 0; i < STAGE_TASKS; i++) {
        stage_prepare(&stage, i, argv);
        stage_launch(&stage, i);
    }
    bool has_ended = stage_wait(&stage);
    kill(sender, SIGKILL);
    uint32_t good = 0;
    for (uint32_t i = 0; i < STAGE_TASKS; i++)
        good += stage.acts[i].finished == 1 && stage.acts[i].report.kind == EXIT_CODE &&
                stage.acts[i].report.code == 0;
    if (!has_ended || good < STAGE_TASKS)
        return has_ended ? 2 : 1; /* as it is: the close would wait, too */
    stage_close(&stage);
    return 0;
}

/* A process that is just born is in our group still: what is sent to that is not its own. */
static void check_group(void)
{
    int status;
    pid_t child = fork();
    CU_ASSERT_TRUE_FATAL(child >= 0);
    if (child == 0)
        _exit(run_in_storm());
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT_TRUE(WIFEXITED(status));
    CU_ASSERT_EQUAL(WEXITSTATUS(status), 0);
}

const struct check pause_checks[] = {
    {"pause: ends what launches itself", check_chain},
    {"pause: when a process began", check_beginning},
    {"pause: a launch is held, and can be stopped", check_stopped},
    {"pause: a grace stands still", check_grace},
    {"pause: signals to our group are not for those just born", check_group},
    {NULL, NULL},
};
