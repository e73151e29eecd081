/* What a function does that is the end of the whole process: it crashes, aborts, exits. The process
 * ends by it, for nobody knows what is left whole in it; but first it says who it was. What was
 * done is in the journal. A child that a function forks has this process's threads no more, and
 * must not go on as if it were the runner. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "execute/raw_output.h"
#include "execute/threads.h"

enum { STACK = 128 * 1024, ROOM = 16 * 1024, PATIENCE = 2 /* seconds */ };

static const int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
enum { CRASHES = sizeof crashes / sizeof *crashes };

static struct sigaction before[CRASHES];
static const struct thread_executor *watched;
static char *room; /* for the message: no memory can be had in a handler */
static bool is_registered;
static volatile sig_atomic_t is_child; /* of a fork by a function */

static void say(const char *text)
{
    (void)!write(STDERR_FILENO, text, strlen(text));
}

/* Names the task. Should that take memory in a process whose memory is in disorder, an alarm ends
 * the process: the rest has been said. */
static void say_task(const struct thread *thread)
{
    sigset_t alarm_only;
    struct buffer name = {.bytes = room, .capacity = ROOM};
    const struct function_options *options = &watched->options;
    sigemptyset(&alarm_only);
    sigaddset(&alarm_only, SIGALRM);
    signal(SIGALRM, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, &alarm_only, NULL);
    alarm(PATIENCE);
    options->write_name(options->name_context, thread->jobs[thread_current(thread)].launch->node,
                        &name);
    say(", in task ");
    (void)!write(STDERR_FILENO, name.bytes, name.length);
    alarm(0);
}

static void say_all(const struct thread *thread, const char *what)
{
    struct buffer text = {.bytes = room, .capacity = ROOM};
    raw_output_restore();
    callable_write(caller_current(thread->caller)->callable, &text);
    say(isatty(STDERR_FILENO) ? "\npargraph: function " : "pargraph: function ");
    (void)!write(STDERR_FILENO, text.bytes, text.length);
    say(what);
    say(", and with it the runner, on a thread of which it was called");
    say_task(thread);
    say("\n          what was done is recorded: 'pargraph resume' goes on from there; in a pool "
        "with "
        "'backend: process' only the task would have failed\n");
}

static const char *crash_text(int number)
{
    switch (number) {
    case SIGSEGV:
        return " crashed (SIGSEGV)";
    case SIGBUS:
        return " crashed (SIGBUS)";
    case SIGILL:
        return " crashed (SIGILL)";
    case SIGFPE:
        return " crashed (SIGFPE)";
    default:
        return " aborted (SIGABRT)";
    }
}

static bool is_calling(const struct thread *thread)
{
    return thread != NULL && !is_child && caller_current(thread->caller) != NULL;
}

/* Then as it would have been without: by returning, a fault happens again. */
static void on_crash(int number, siginfo_t *info, void *context)
{
    (void)context;
    for (int i = 0; i < CRASHES; i++)
        if (crashes[i] == number)
            sigaction(number, &before[i], NULL);
    if (is_calling(thread_self()))
        say_all(thread_self(), crash_text(number));
    if (info->si_code <= 0 || number == SIGABRT)
        raise(number);
}

static void on_exit_of_process(void)
{
    struct thread *thread = thread_self();
    if (!is_calling(thread))
        return;
    say_all(thread, " called exit(): it ended");
    signal(SIGABRT, SIG_DFL);
    abort();
}

static void in_child(void)
{
    static const sigset_t none;
    if (thread_self() == NULL)
        return;
    is_child = true;
    const sigset_t *mask = watched != NULL ? watched->options.child_mask : NULL;
    pthread_sigmask(SIG_SETMASK, mask != NULL ? mask : &none, NULL);
}

void thread_crash_open(const struct thread_executor *executor)
{
    struct sigaction action = {.sa_sigaction = on_crash,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    watched = executor;
    if (room == NULL)
        room = memory_bare(ROOM);
    if (!is_registered) {
        atexit(on_exit_of_process);
        pthread_atfork(NULL, NULL, in_child);
        is_registered = true;
    }
    for (int i = 0; i < CRASHES; i++)
        sigaction(crashes[i], &action, &before[i]);
}

void thread_crash_close(void)
{
    for (int i = 0; i < CRASHES; i++)
        sigaction(crashes[i], &before[i], NULL);
    watched = NULL;
    free(room);
    room = NULL;
}

void thread_crash_begin(struct thread *thread)
{
    thread->stack = (stack_t){.ss_sp = memory_bare(STACK), .ss_size = STACK};
    sigaltstack(&thread->stack, &thread->stack_before);
}

void thread_crash_end(struct thread *thread)
{
    sigaltstack(&thread->stack_before, NULL);
    free(thread->stack.ss_sp);
}

void thread_crash_check_fork(void)
{
    if (!is_child)
        return;
    say("pargraph: a function forked, and returned in the child: the child ends\n");
    _exit(1);
}
