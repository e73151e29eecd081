/* Runs pargraph and kills it at its n-th system call: kill_at_call VICTIM N COUNT PROGRAM
 * ARGUMENT...
 *
 * VICTIM is runner, guardian or both. All calls of both are counted together, in the order in which
 * their threads, and the processes that they have just made, come to them; a task is nobody's
 * concern from its execve on. What is killed dies before the call is made. Writes the number of
 * calls to the file COUNT. Exits with 0 if the call was come to, 1 if there are not so many, 99 if
 * it cannot trace. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CANNOT = 99, INFO_SIZE = 128 };

static struct {
    pid_t guardian, runner; /* 0: not there yet */
    bool has_begun;         /* the program is running, not this one's child */
    bool is_runner, is_both;
    unsigned long count, at;
} run;

static _Noreturn void cannot(const char *what)
{
    fprintf(stderr, "kill_at_call: %s: %s\n", what, strerror(errno));
    if (run.guardian != 0)
        kill(run.guardian, SIGKILL);
    exit(CANNOT);
}

static void start(char **argv)
{
    run.guardian = fork();
    if (run.guardian < 0)
        cannot("fork");
    if (run.guardian == 0) {
        raise(SIGSTOP);
        execv(argv[0], argv);
        _exit(127);
    }
    int status;
    if (waitpid(run.guardian, &status, WUNTRACED) != run.guardian || !WIFSTOPPED(status))
        cannot("the program");
    long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                   PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
    if (ptrace(PTRACE_SEIZE, run.guardian, NULL, options) != 0)
        cannot("ptrace");
    kill(run.guardian, SIGCONT);
}

static bool is_entry(pid_t thread)
{
    unsigned char info[INFO_SIZE] = {0};
    if (ptrace(PTRACE_GET_SYSCALL_INFO, thread, (void *)sizeof info, info) <= 0)
        return false;
    return info[0] == PTRACE_SYSCALL_INFO_ENTRY;
}

/* Both at once: neither may have time to do anything about the other's end. */
static void kill_victim(void)
{
    bool has_runner = run.runner != 0;
    if (run.is_both && has_runner)
        kill(run.runner, SIGSTOP);
    if (run.is_both || !run.is_runner || !has_runner)
        kill(run.guardian, SIGKILL);
    if (has_runner && (run.is_both || run.is_runner))
        kill(run.runner, SIGKILL);
}

static void go_on(pid_t thread, long how, int signal)
{
    /* ESRCH: it was killed meanwhile. */
    if (ptrace((enum __ptrace_request)how, thread, NULL, (void *)(long)signal) != 0 &&
        errno != ESRCH)
        cannot("ptrace");
}

static void executed(pid_t thread)
{
    bool is_first = thread == run.guardian && !run.has_begun;
    run.has_begun = run.has_begun || is_first;
    go_on(thread, is_first ? PTRACE_SYSCALL : PTRACE_DETACH, 0);
}

static void forked(pid_t thread)
{
    unsigned long child;
    if (thread == run.guardian && run.runner == 0 &&
        ptrace(PTRACE_GETEVENTMSG, thread, NULL, &child) == 0)
        run.runner = (pid_t)child;
    go_on(thread, PTRACE_SYSCALL, 0);
}

static void called(pid_t thread)
{
    if (run.has_begun && is_entry(thread) && ++run.count == run.at)
        kill_victim();
    go_on(thread, PTRACE_SYSCALL, 0);
}

static void stopped(pid_t thread, int status)
{
    int signal = WSTOPSIG(status), event = status >> 16;
    if (signal == (SIGTRAP | 0x80))
        called(thread);
    else if (event == PTRACE_EVENT_EXEC)
        executed(thread);
    else if (event == PTRACE_EVENT_FORK)
        forked(thread);
    else if (event == PTRACE_EVENT_STOP && signal != SIGTRAP)
        go_on(thread, PTRACE_LISTEN, 0);
    else
        go_on(thread, PTRACE_SYSCALL, event != 0 ? 0 : signal);
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        fprintf(stderr, "usage: kill_at_call runner|guardian|both N COUNT PROGRAM ARGUMENT...\n");
        return CANNOT;
    }
    run.is_both = strcmp(argv[1], "both") == 0;
    run.is_runner = strcmp(argv[1], "runner") == 0;
    run.at = strtoul(argv[2], NULL, 10);
    start(argv + 4);
    int status;
    pid_t thread;
    while ((thread = waitpid(-1, &status, __WALL)) > 0)
        if (WIFSTOPPED(status))
            stopped(thread, status);
    FILE *file = fopen(argv[3], "we");
    if (file == NULL || fprintf(file, "%lu\n", run.count) < 0 || fclose(file) != 0)
        cannot(argv[3]);
    return run.at != 0 && run.count >= run.at ? 0 : 1;
}
