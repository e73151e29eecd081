/* The guardian. Each check forks, so that the program of the checks itself is not split. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "execute_stage.h"

/* What the runner tells the check: lines through a pipe. */
static int telling;

static void tell(int number)
{
    char line[32];
    int length = snprintf(line, sizeof line, "%d\n", number);
    (void)!write(telling, line, (size_t)length);
}

struct pair {
    pid_t guardian;
    FILE *told;
    int errors; /* what both wrote to stderr */
};

static struct pair split(void (*runner)(struct guardian *guardian))
{
    int ends[2], errors[2];
    CU_ASSERT_EQUAL_FATAL(pipe2(ends, O_CLOEXEC), 0);
    CU_ASSERT_EQUAL_FATAL(pipe2(errors, O_CLOEXEC), 0);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    pid_t guardian = fork();
    if (guardian == 0) {
        struct guardian mine;
        telling = ends[1];
        dup2(errors[1], STDERR_FILENO);
        alarm(60); /* the runner's too, set below: no check may leave a process */
        if (!guardian_split(&mine, NULL))
            _exit(99);
        alarm(60);
        tell(getpid());
        runner(&mine);
        _exit(98);
    }
    close(ends[1]);
    close(errors[1]);
    return (struct pair){guardian, fdopen(ends[0], "r"), errors[0]};
}

static int hear(struct pair *pair)
{
    int number = 0;
    return fscanf(pair->told, "%d", &number) == 1 ? number : -1;
}

static int wait_status(pid_t process)
{
    int status = -1;
    while (waitpid(process, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

static void end(struct pair *pair)
{
    fclose(pair->told);
    close(pair->errors);
    CU_ASSERT_EQUAL(waitpid(-1, NULL, WNOHANG), -1); /* nothing is left to us */
}

static void exit_with_seven(struct guardian *guardian)
{
    (void)guardian;
    _exit(7);
}

static void check_status(void)
{
    struct pair pair = split(exit_with_seven);
    int status = wait_status(pair.guardian);
    CU_ASSERT_TRUE(WIFEXITED(status));
    CU_ASSERT_EQUAL(WEXITSTATUS(status), 7);
    end(&pair);
}

static void exit_silently(struct guardian *guardian)
{
    (void)guardian;
    _exit(0);
}

/* A success that the runner has not told is none. */
static void check_gone(void)
{
    struct pair pair = split(exit_silently);
    int status = wait_status(pair.guardian);
    CU_ASSERT_TRUE(WIFEXITED(status));
    CU_ASSERT_EQUAL(WEXITSTATUS(status), 1);
    end(&pair);
}

/* A tree: a child, one in a session of its own, one that was forked twice. */
static void start_tree(void)
{
    if (fork() == 0) {
        dup2(telling, STDOUT_FILENO);
        execl("/bin/sh", "sh", "-c",
              "setsid sh -c 'echo $$; exec sleep 1000' & "
              "(setsid sh -c 'echo $$; exec sleep 1000' &) & "
              "echo $$; exec sleep 1000",
              (char *)NULL);
        _exit(127);
    }
}

static void wait_for_ever(struct guardian *guardian)
{
    (void)guardian;
    start_tree();
    for (;;)
        pause();
}

static void leave_tree(struct guardian *guardian)
{
    start_tree();
    char byte;
    (void)!read(STDIN_FILENO, &byte, 0);
    usleep(200000);
    guardian_leave(guardian);
    _exit(0);
}

static void check_tree_gone(struct pair *pair, int status)
{
    int members[3];
    for (int i = 0; i < 3; i++) {
        members[i] = hear(pair);
        CU_ASSERT_TRUE(members[i] > 1);
        CU_ASSERT_FALSE(is_running(members[i]));
    }
    (void)status;
}

static void check_runner_killed(void)
{
    struct pair pair = split(wait_for_ever);
    int runner = hear(&pair), members[3];
    for (int i = 0; i < 3; i++) {
        members[i] = hear(&pair);
        CU_ASSERT_TRUE(members[i] > 1 && is_running(members[i]));
    }
    kill(runner, SIGKILL);
    int status = wait_status(pair.guardian);
    CU_ASSERT_TRUE(WIFEXITED(status));
    CU_ASSERT_EQUAL(WEXITSTATUS(status), 128 + SIGKILL);
    for (int i = 0; i < 3; i++)
        CU_ASSERT_FALSE(is_running(members[i]));
    char line[256];
    ssize_t length = read(pair.errors, line, sizeof line - 1);
    line[length > 0 ? length : 0] = '\0';
    CHECK_TEXT(line, "pargraph: the runner was killed by SIGKILL; ending what it started "
                     "('pargraph resume' goes on)\n");
    end(&pair);
}

/* Whatever the runner left goes with its end, too. */
static void check_runner_leaves(void)
{
    struct pair pair = split(leave_tree);
    hear(&pair);
    int status = wait_status(pair.guardian);
    CU_ASSERT_TRUE(WIFEXITED(status));
    CU_ASSERT_EQUAL(WEXITSTATUS(status), 0);
    check_tree_gone(&pair, status);
    end(&pair);
}

static void watch_channel(struct guardian *guardian)
{
    struct pollfd polled = {.fd = guardian->channel, .events = POLLIN};
    tell(poll(&polled, 1, 50)); /* nothing, as yet */
    poll(&polled, 1, 30000);
    char byte;
    tell((int)read(guardian->channel, &byte, 1));
    _exit(0);
}

static void check_guardian_killed(void)
{
    struct pair pair = split(watch_channel);
    int runner = hear(&pair);
    CU_ASSERT_EQUAL(hear(&pair), 0);
    kill(pair.guardian, SIGKILL);
    CU_ASSERT_TRUE(WIFSIGNALED(wait_status(pair.guardian)));
    CU_ASSERT_EQUAL(hear(&pair), 0); /* the end of the channel */
    CU_ASSERT_EQUAL(wait_status(runner), 0);
    end(&pair);
}

static volatile sig_atomic_t caught;

static void catch_signal(int number)
{
    caught = number;
}

static void tell_signals(struct guardian *guardian)
{
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    sigdelset(&before, SIGUSR1);
    const int numbers[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        signal(numbers[i], catch_signal);
    tell(0);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        sigsuspend(&before);
        tell(caught);
    }
    guardian_leave(guardian);
    _exit(0);
}

static void check_signals_passed(void)
{
    const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGQUIT, SIGUSR2};
    struct pair pair = split(tell_signals);
    hear(&pair);
    CU_ASSERT_EQUAL(hear(&pair), 0);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        kill(pair.guardian, numbers[i]);
        CU_ASSERT_EQUAL(hear(&pair), numbers[i]);
    }
    CU_ASSERT_EQUAL(wait_status(pair.guardian), 0);
    end(&pair);
}

static char lock_path[64];

static void hold_lock(struct guardian *guardian)
{
    int file = open(lock_path, O_RDWR | O_CLOEXEC);
    bool is_held = flock(file, LOCK_EX | LOCK_NB) == 0 && guardian_hold(guardian, file, NULL);
    start_tree();
    tell(is_held ? 0 : 1);
    for (;;)
        pause();
}

static bool is_locked(void)
{
    CLEANUP_CLOSE int file = open(lock_path, O_RDWR | O_CLOEXEC);
    return flock(file, LOCK_EX | LOCK_NB) != 0;
}

static int drain_numbers(struct pair *pair, int count)
{
    int zeros = 0;
    for (int i = 0; i < count; i++)
        zeros += hear(pair) == 0;
    return zeros;
}

/* The lock outlives the runner for as long as the guardian has to end its tree. */
static void check_hold(void)
{
    strcpy(lock_path, "/tmp/execute-lock.XXXXXX");
    int file = mkstemp(lock_path);
    CU_ASSERT_TRUE_FATAL(file >= 0);
    close(file);
    struct pair pair = split(hold_lock);
    int runner = hear(&pair);
    CU_ASSERT_EQUAL(drain_numbers(&pair, 4), 1);
    CU_ASSERT_TRUE(is_locked());
    kill(pair.guardian, SIGSTOP);
    waitpid(pair.guardian, NULL, WUNTRACED);
    kill(runner, SIGKILL);
    for (int i = 0; i < 3000 && is_running(runner); i++)
        usleep(1000);
    CU_ASSERT_TRUE(is_locked()); /* by the guardian alone */
    kill(pair.guardian, SIGCONT);
    wait_status(pair.guardian);
    CU_ASSERT_FALSE(is_locked());
    unlink(lock_path);
    end(&pair);
}

/* One more than the greatest descriptor of a process. */
static rlim_t descriptors_of(pid_t process)
{
    char path[64];
    rlim_t most = 0;
    snprintf(path, sizeof path, "/proc/%d/fd", (int)process);
    DIR *folder = opendir(path);
    CU_ASSERT_PTR_NOT_NULL_FATAL(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        if ((rlim_t)atoi(entry->d_name) + 1 > most)
            most = (rlim_t)atoi(entry->d_name) + 1;
    closedir(folder);
    return most;
}

static void kill_in_want(int resource)
{
    struct pair pair = split(wait_for_ever);
    int runner = hear(&pair), members[3];
    for (int i = 0; i < 3; i++)
        members[i] = hear(&pair);
    rlim_t most = resource == RLIMIT_NOFILE ? descriptors_of(pair.guardian) : 4096;
    struct rlimit limit = {most, most};
    CU_ASSERT_EQUAL(prlimit(pair.guardian, resource, &limit, NULL), 0);
    kill(runner, SIGKILL);
    CU_ASSERT_TRUE(WIFEXITED(wait_status(pair.guardian)));
    for (int i = 0; i < 3; i++)
        CU_ASSERT_FALSE(members[i] < 2 || is_running(members[i]));
    end(&pair);
}

/* Without memory, or with no more descriptors than it has, the guardian does its work all the same.
 */
static void check_guardian_in_want(void)
{
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    kill_in_want(RLIMIT_AS);
#endif
    kill_in_want(RLIMIT_NOFILE);
}

static void give_descriptor(struct guardian *guardian)
{
    pid_t parent = getppid();
    struct rlimit none = {descriptors_of(parent), descriptors_of(parent)};
    tell(guardian_hold(guardian, STDIN_FILENO, NULL));
    CU_ASSERT_EQUAL(prlimit(parent, RLIMIT_NOFILE, &none, NULL), 0);
    rlim_t held = 0;
    while (held < none.rlim_cur && guardian_hold(guardian, STDIN_FILENO, NULL))
        held++; /* in the gaps between those it has */
    tell(held < none.rlim_cur);
    guardian_leave(guardian);
    _exit(0);
}

static void check_not_held(void)
{
    struct pair pair = split(give_descriptor);
    hear(&pair);
    CU_ASSERT_EQUAL(hear(&pair), 1);
    CU_ASSERT_EQUAL(hear(&pair), 1);
    CU_ASSERT_EQUAL(wait_status(pair.guardian), 0);
    end(&pair);
}

const struct check guardian_checks[] = {
    {"guardian: the runner's status is its own", check_status},
    {"guardian: a runner that is ended by a function", check_gone},
    {"guardian: a killed runner", check_runner_killed},
    {"guardian: a runner that leaves processes", check_runner_leaves},
    {"guardian: a killed guardian", check_guardian_killed},
    {"guardian: signals are passed on", check_signals_passed},
    {"guardian: it holds a lock", check_hold},
    {"guardian: in want of memory and descriptors", check_guardian_in_want},
    {"guardian: it says what it cannot hold", check_not_held},
    {NULL, NULL},
};
