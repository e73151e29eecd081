/* The guardian: the runner's parent, made before anything is planned, so that it is small, and does
 * next to nothing, so that nothing can end it but a SIGKILL. It waits for the runner, passes
 * signals on, holds descriptors, and at the end of the runner ends what is left below it.
 *
 * It prints one line itself, when the runner was killed: nobody else is left to do it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "execute/execute.h"

#define GRACE INT64_C(10000000000)

static const int passed_on[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGUSR1, SIGUSR2};

/* A message of the runner's: this byte, with a descriptor to hold; or that one: it ends now, and as
 * it is to; or a path, to remove. */
static const char HOLD = 0, LEAVE = 1;
static const size_t PATH_MOST = sizeof((struct sockaddr_un *)0)->sun_path;

struct post {
    pid_t runner;
    int channel;          /* -1 when the runner has closed it */
    int signals;          /* a signalfd */
    int terminal;         /* the controlling one; -1: there is none */
    struct termios modes; /* of the terminal, at the beginning */
    char *socket;         /* of the verbs, which a killed runner leaves; or NULL */
    bool is_left;         /* the runner has said that it ends */
};

static void guarded_signals(sigset_t *ret)
{
    sigemptyset(ret);
    sigaddset(ret, SIGCHLD);
    for (size_t i = 0; i < sizeof passed_on / sizeof *passed_on; i++)
        sigaddset(ret, passed_on[i]);
}

/* Takes one message and answers with 0, or with the errno that its descriptor did not come for;
 * false at the end of the channel, or if the answer cannot be given, which the runner waits for. */
static bool take_message(struct post *post)
{
    char text[sizeof((struct sockaddr_un *)0)->sun_path + 1];
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec part = {text, PATH_MOST};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    ssize_t length = recvmsg(post->channel, &message, MSG_CMSG_CLOEXEC);
    if (length == 0 || (length < 0 && (errno == EINTR || errno == EAGAIN)))
        return length < 0;
    bool is_leave = length > 0 && text[0] == LEAVE;
    bool is_path = length > 0 && text[0] != HOLD && !is_leave;
    bool is_held =
        length > 0 && CMSG_FIRSTHDR(&message) != NULL && (message.msg_flags & MSG_CTRUNC) == 0;
    if (is_path) {
        text[length] = '\0';
        memory_free(post->socket);
        post->socket = memory_text(text);
    }
    post->is_left = post->is_left || is_leave;
    char answer = is_path || is_held || is_leave ? 0 : length < 0 ? (char)errno : EMFILE;
    return send(post->channel, &answer, 1, MSG_NOSIGNAL) == 1 && length > 0;
}

/* What the terminal sends comes from the kernel, to the whole foreground group: the runner has it.
 */
static void pass_on(const struct post *post)
{
    struct signalfd_siginfo info;
    if (read(post->signals, &info, sizeof info) != sizeof info)
        return;
    if ((int)info.ssi_signo != SIGCHLD && info.ssi_code != SI_KERNEL)
        kill(post->runner, (int)info.ssi_signo);
}

/* The runner has taken its line off the screen, told the tasks to stop, and stopped: only now may
 * the shell know, which waits for us. Where nobody could ever let us go on (no job control), the
 * kernel stops neither. The shell's CONT is for the whole group; a CONT for us alone is passed on.
 */
static void stop_with(pid_t runner)
{
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTSTP);
    raise(SIGTSTP);
    sigprocmask(SIG_UNBLOCK, &stop, NULL);
    sigprocmask(SIG_BLOCK, &stop, NULL);
    kill(runner, SIGCONT);
}

/* Waits for the runner; reaps what else was left to us. Returns its status. */
static int watch_runner(struct post *post)
{
    for (;;) {
        int status;
        pid_t ended;
        while ((ended = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0 ||
               (ended < 0 && errno == EINTR))
            if (ended == post->runner && !WIFSTOPPED(status))
                return status;
            else if (ended == post->runner && WSTOPSIG(status) == SIGTSTP)
                stop_with(ended);
        struct pollfd polled[2] = {{.fd = post->signals, .events = POLLIN},
                                   {.fd = post->channel, .events = POLLIN}};
        if (poll(polled, 2, -1) < 0)
            continue;
        if (polled[0].revents != 0)
            pass_on(post);
        if (polled[1].revents != 0 && !take_message(post))
            file_close(&post->channel);
    }
}

/* The terminal is left as it was, if it is ours still: a shell that has it back has its own modes.
 * Tasks have no terminal of theirs, but can open any by its name. */
static void restore_terminal(const struct post *post)
{
    struct termios now;
    if (post->terminal >= 0 && tcgetpgrp(post->terminal) == getpgrp() &&
        tcgetattr(post->terminal, &now) == 0 && memcmp(&now, &post->modes, sizeof now) != 0)
        tcsetattr(post->terminal, TCSANOW, &post->modes);
}

static void tell_killed(int signal)
{
    CLEANUP_BUFFER struct buffer line = {0};
    buffer_add_text(&line, "pargraph: the runner was killed by ");
    text_write_signal(signal, &line);
    buffer_add_text(&line, "; ending what it started ('pargraph resume' goes on)\n");
    file_write_all(STDERR_FILENO, line.bytes, line.length);
}

/* Whoever called _exit in it, a function on a thread: success would be a lie. */
static int tell_gone(void)
{
    static const char line[] =
        "pargraph: the runner ended with exit status 0 before the run had ended: a function on a "
        "thread called _exit() ('pargraph resume' goes on)\n";
    file_write_all(STDERR_FILENO, line, sizeof line - 1);
    return EXIT_FAILURE;
}

/* Nobody else is left to end what runs. */
static void end_without_memory(void)
{
    static const char line[] = "pargraph: out of memory; ending what runs\n";
    (void)!write(STDERR_FILENO, line, sizeof line - 1);
    tree_kill();
    _exit(4);
}

static _Noreturn void guard(struct post *post)
{
    sigset_t all;
    sigfillset(&all); /* a broken pipe must not end it, nor an alarm set before */
    sigprocmask(SIG_SETMASK, &all, NULL);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    memory_exhausted = end_without_memory;
    int status = watch_runner(post);
    /* What is read of /proc needs two descriptors, which there may be no more of. */
    file_close(&post->channel);
    file_close(&post->signals);
    int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    if (WIFSIGNALED(status))
        tell_killed(WTERMSIG(status));
    else if (code == EXIT_SUCCESS && !post->is_left)
        code = tell_gone();
    tree_end(GRACE);
    if (post->socket != NULL)
        verbs_remove(post->socket);
    restore_terminal(post);
    _exit(code);
}

bool guardian_split(struct guardian *ret, struct error *error)
{
    int ends[2];
    sigset_t guarded, before;
    ret->channel = -1;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return error_set_system(error, errno, "cannot make the guardian's channel");
    CLEANUP_CLOSE int ours = ends[0], guardians = ends[1];
    guarded_signals(&guarded);
    CLEANUP_CLOSE int signals = signalfd(-1, &guarded, SFD_CLOEXEC);
    if (signals < 0)
        return error_set_system(error, errno, "cannot receive signals");
    signal(SIGCHLD, SIG_DFL); /* ignored, it would take the runner's status */
    sigprocmask(SIG_BLOCK, &guarded, &before);
    pid_t runner = fork();
    if (runner > 0) {
        file_close(&ours);
        struct post post = {.runner = runner, .channel = guardians, .signals = signals};
        post.terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
        if (post.terminal >= 0 && tcgetattr(post.terminal, &post.modes) != 0)
            file_close(&post.terminal);
        guard(&post);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (runner < 0)
        return error_set_system(error, errno, "cannot start the guardian");
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    ret->channel = file_raise(ours);
    ours = -1;
    return true;
}

/* Sends a message, and waits for its answer. */
static bool tell(struct guardian *guardian, const struct msghdr *message, struct error *error)
{
    ssize_t sent;
    do
        sent = sendmsg(guardian->channel, message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent < 1)
        return error_set_system(error, errno, "cannot tell the guardian anything");
    unsigned char answer;
    ssize_t answered;
    do
        answered = recv(guardian->channel, &answer, 1, 0);
    while (answered < 0 && errno == EINTR);
    if (answered < 0)
        return error_set_system(error, errno, "cannot hear from the guardian");
    if (answered == 0)
        return error_set(error, PLACE_NONE, "the guardian process has ended, or cannot answer");
    return answer == 0 || error_set_system(error, answer, "the guardian cannot take a descriptor");
}

bool guardian_hold(struct guardian *guardian, int descriptor, struct error *error)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct iovec part = {(void *)&HOLD, sizeof HOLD};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof descriptor);
    memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
    return tell(guardian, &message, error);
}

bool guardian_remove(struct guardian *guardian, const char *socket, struct error *error)
{
    struct iovec part = {(void *)socket, strlen(socket)};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    return tell(guardian, &message, error);
}

void guardian_leave(struct guardian *guardian)
{
    struct iovec part = {(void *)&LEAVE, sizeof LEAVE};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    CLEANUP_ERROR struct error error = {0}; /* without a guardian nobody asks */
    if (guardian->channel >= 0)
        tell(guardian, &message, &error);
}
