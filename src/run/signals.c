/* Signals as events: the first INT, TERM or HUP cancels the run, the second kills it; WINCH tells
 * the terminal. Blocked before there are other threads, so that only the loop sees them.
 *
 * One request may come several times: who signals the whole process group reaches us and the
 * guardian, which passes it on, and some (timeout) signal both the front process and the group. So
 * what came to us and what was passed on are counted apart, and what follows at once is no second.
 *
 * TSTP (Ctrl-Z): tasks have process groups of their own, which the terminal does not reach, so it
 * is passed on to each: a run stops as a whole, and goes on as a whole. Time stands still with it:
 * no timeout, delay or grace passes while the run is stopped, and no age counts it. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/file.h"
#include "base/clock.h"
#include "base/memory.h"
#include "run/executors.h"

/* What comes sooner than this after a request is part of it. */
#define ONE_REQUEST INT64_C(100000000)

struct run_signals {
    pid_t guardian;               /* 0: there is none */
    uint32_t passed[SIGTERM + 1]; /* on by the guardian; the kernel's count as both */
    uint32_t direct[SIGTERM + 1];
    int64_t asked_at; /* the last request; 0: none yet */
    int descriptor;
    struct watch *watch, *guardian_watch;
    sigset_t original;
};

static void resize(struct run *run)
{
    struct winsize size;
    if (ioctl(run->outputs[1], TIOCGWINSZ, &size) == 0)
        terminal_resize(run->terminal, size.ws_col);
}

static void cancel(struct run *run, int number)
{
    bool is_first = run->signal == 0;
    if (is_first)
        run->signal = number;
    run_push(run, INPUT_CANCEL)->verdict = is_first ? CANCEL_INTERRUPT : CANCEL_KILL;
    if (is_first)
        run_say(run, "interrupted: ending what runs (once more to kill it)");
}

/* The default action, here and now. Where the kernel will not have it (nobody could ever let this
 * group go on), nothing happens. */
static void stop_here(void)
{
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTSTP);
    raise(SIGTSTP);
    pthread_sigmask(SIG_UNBLOCK, &stop, NULL);
    pthread_sigmask(SIG_BLOCK, &stop, NULL);
}

static void stop(struct run *run)
{
    terminal_flush(run->terminal);
    executors_pause(run, true);
    int64_t stopped = clock_monotonic();
    stop_here();
    executors_pause(run, false);
    int64_t lost = clock_monotonic() - stopped;
    loop_delay(run->loop, lost);
    run->began += lost;
    resize(run);
}

/* Is this INT, TERM or HUP a request of its own? */
static bool is_request(struct run_signals *signals, const struct signalfd_siginfo *info)
{
    uint32_t *passed = &signals->passed[info->ssi_signo];
    uint32_t *direct = &signals->direct[info->ssi_signo];
    uint32_t before = *passed > *direct ? *passed : *direct;
    bool is_kernels = info->ssi_code == SI_KERNEL;
    bool is_passed =
        !is_kernels && signals->guardian != 0 && (pid_t)info->ssi_pid == signals->guardian;
    *passed += is_kernels || is_passed;
    *direct += !is_passed;
    int64_t now = clock_monotonic();
    if ((*passed <= before && *direct <= before) ||
        (signals->asked_at != 0 && now - signals->asked_at < ONE_REQUEST))
        return false;
    signals->asked_at = now;
    return true;
}

static void arrived(void *context, uint32_t events)
{
    struct run *run = context;
    (void)events;
    struct signalfd_siginfo info;
    while (read(run->signals->descriptor, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGWINCH || info.ssi_signo == SIGCONT)
            resize(run);
        else if (info.ssi_signo == SIGTSTP)
            stop(run);
        else if (is_request(run->signals, &info))
            cancel(run, (int)info.ssi_signo);
    }
}

/* The run ends as if it had been killed too: nothing is told as cancelled, so that a resume finds
 * each where it stood. */
static void guardian_gone(void *context, uint32_t events)
{
    struct run *run = context;
    (void)events;
    loop_remove(run->loop, run->signals->guardian_watch);
    run->signals->guardian_watch = NULL;
    run->has_lost_guardian = true;
    if (run->signal == 0)
        run->signal = SIGTERM;
    run->has_ended = true;
    run_say(run, "the guardian process was killed: ending the run");
}

bool signals_open(struct run *run, struct error *error)
{
    struct run_signals *signals = memory_new(sizeof *signals);
    run->signals = signals;
    sigset_t wanted;
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGINT);
    sigaddset(&wanted, SIGTERM);
    sigaddset(&wanted, SIGHUP);
    sigaddset(&wanted, SIGWINCH);
    sigaddset(&wanted, SIGCONT);
    struct sigaction action;
    if (sigaction(SIGTSTP, NULL, &action) == 0 && action.sa_handler == SIG_DFL)
        sigaddset(&wanted, SIGTSTP);
    sigprocmask(SIG_BLOCK, &wanted, &signals->original);
    sigdelset(&signals->original, SIGINT);
    sigdelset(&signals->original, SIGTERM);
    signal(SIGPIPE, SIG_IGN);
    signals->descriptor = file_raise(signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC));
    if (signals->descriptor < 0)
        return error_set_system(error, errno, "cannot watch for signals");
    signals->watch = loop_add(run->loop, signals->descriptor, EPOLLIN, arrived, run, error);
    if (signals->watch == NULL)
        return false;
    const struct guardian *guardian = run->options->guardian;
    if (guardian == NULL || guardian->channel < 0)
        return true;
    signals->guardian = getppid();
    /* Not when it is readable: an answer of the guardian's may be there for a moment, which is for
     * the thread that asked. */
    signals->guardian_watch =
        loop_add(run->loop, guardian->channel, EPOLLRDHUP, guardian_gone, run, error);
    return signals->guardian_watch != NULL;
}

const sigset_t *signals_original_mask(const struct run *run)
{
    return &run->signals->original;
}

void signals_close(struct run *run)
{
    struct run_signals *signals = run->signals;
    if (signals == NULL)
        return;
    loop_remove(run->loop, signals->watch);
    loop_remove(run->loop, signals->guardian_watch);
    if (signals->descriptor >= 0)
        close(signals->descriptor);
    free(signals);
    run->signals = NULL;
}
