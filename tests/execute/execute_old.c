/* A kernel, or a container, that lacks what is newer than Linux 5.2: pidfd_open, close_range,
 * epoll_pwait2; and what makes no child but by the flags of fork, vfork or threads. A filter has
 * them fail, in a process of its own, for it cannot be taken off. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "execute_stage.h"

static struct stage stage;

static bool filter(const struct sock_fprog *program)
{
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program) == 0;
}

static bool forbid(int error)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pidfd_open, 3, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close_range, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_epoll_pwait2, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
    };
    struct sock_fprog program = {sizeof code / sizeof *code, code};
    return filter(&program);
}

/* A child that shares our descriptors, and is no thread: EINVAL, as QEMU says of it. */
static bool forbid_sharing(int error)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, CLONE_FILES | CLONE_THREAD),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, CLONE_FILES, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
    };
    struct sock_fprog program = {sizeof code / sizeof *code, code};
    return filter(&program);
}

static bool is_exit(uint32_t node, int code, const char *output)
{
    const struct act *act = &stage.acts[node];
    return act->finished == 1 && act->report.kind == EXIT_CODE && act->report.code == code &&
           strcmp(stage_output(&stage, node, 1), output) == 0;
}

static bool is_signal(uint32_t node, int number)
{
    const struct exit_report *report = &stage.acts[node].report;
    return report->kind == EXIT_SIGNAL && report->code == number;
}

/* Which of the promises is broken? 0: none. */
static int run_all(void)
{
    enum { LEAKING = 77 };
    if (dup2(STDIN_FILENO, LEAKING) != LEAKING)
        return 2;
    stage_open(&stage, NULL);
    stage_shell(&stage, 0, "exit 0");
    stage_shell(&stage, 1, "sleep 0.05; echo late; exit 3");
    stage_shell(&stage, 2, "exec >&- 2>&-; sleep 0.05; exit 4");
    stage_shell(&stage, 3, "test ! -e /proc/self/fd/77");
    stage_shell(&stage, 4, "echo 1; exec sleep 1000");
    stage_shell(&stage, 5, "sleep 0.02; echo early; kill -KILL $$");
    if (stage_number(&stage, 4) != 1)
        return 3;
    stage_signal(&stage, 4, false);
    if (!stage_wait(&stage))
        return 4;
    if (!is_exit(0, 0, "") || !is_exit(1, 3, "late\n") || !is_exit(2, 4, ""))
        return 5;
    if (!is_exit(3, 0, ""))
        return 6;
    if (!is_signal(4, SIGTERM) || !is_signal(5, SIGKILL))
        return 7;
    stage_close(&stage);
    return 0;
}

static void check_forbidden(bool (*install)(int error), int error)
{
    int status;
    pid_t child = fork();
    CU_ASSERT_TRUE_FATAL(child >= 0);
    if (child == 0)
        _exit(install(error) ? run_all() : 1);
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT_TRUE(WIFEXITED(status));
    CU_ASSERT_EQUAL(WEXITSTATUS(status), 0);
}

static void check_old_kernel(void)
{
    check_forbidden(forbid, ENOSYS);
}

static void check_container(void)
{
    check_forbidden(forbid, EPERM);
}

static void check_emulator(void)
{
    check_forbidden(forbid_sharing, EINVAL);
}

const struct check old_checks[] = {
    {"old: a kernel without pidfds", check_old_kernel},
    {"old: a container that forbids them", check_container},
    {"old: an emulator that refuses children with our descriptors", check_emulator},
    {NULL, NULL},
};
