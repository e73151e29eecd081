/* The program while one call of it fails: the n-th of a function, for every n; or that one and all
 * that follow. Whatever fails: no crash, no hang, no success that is none, nothing left running,
 * and a reason told.
 *
 * FAULTS_MOST: so many places of a function; 0: all of them. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/memory.h"
#include "faults.h"
#include "support/check.h"

static char folder[64];

/* The cleanup outlives the moment in which a process is waited for by who started it (moment.c), so
 * that the calls of both ways are there in each run. */
static const char flow[] =
    "pargraph: 1\n"
    "tasks:\n"
    "  a: {cwd: sub, run: 'echo a >>../done; echo value'}\n"
    "  b: {needs: a, matrix: {i: [1, 2]}, run: 'echo b${{ matrix.i }} >>done; echo ${{ "
    "needs.a.stdout }}'}\n"
    "  c:\n"
    "    needs: b\n"
    "    outputs: {x: int}\n"
    "    run: 'test ! -e stop && echo c >>done && echo x=3 >>\"$PARGRAPH_OUTPUT\"'\n"
    "    cleanup: sleep 0.01; echo cleaned\n"
    "  d: {needs: c, stdin: {text: '${{ needs.c.outputs.x }}'}, exec: [cat], stdout: {file: d}}\n";

static void forget_state(void)
{
    (void)!system("rm -rf .pargraph done d");
}

/* --- what must hold --- */

/* What is wrong with the ending of a run; NULL: nothing. */
const char *judge_run(const struct ending *ending)
{
    CLEANUP_FREE char *done = read_text("done");
    CLEANUP_FREE char *result = read_text("d");
    static const char *const lines[] = {"a\n", "b1\n", "b2\n", "c\n"};
    if (ending->has_hung)
        return "it hangs";
    if (!WIFEXITED(ending->status))
        return "it crashed";
    if (ending->left > 0)
        return "it left processes";
    int status = WEXITSTATUS(ending->status);
    if (status != 0 && status != 1 && status != 2 && status != 4)
        return "its status is not documented";
    for (int i = 0; i < 4; i++) {
        uint32_t times = count_text(done, lines[i]);
        if (status == 0 && times != 1)
            return "it claims a success that is none";
        if (times > 1)
            return "a task ran twice";
    }
    if (status == 0 && strcmp(result, "3") != 0)
        return "it claims a success that is none: d";
    if (status != 0 && ending->said[0] == '\0')
        return "it does not say why";
    return NULL;
}

/* With all well again: what the state says of the run that met the fault. */
static void check_state(const struct fault *fault, bool was_success)
{
    struct fault none = {.function = "none"};
    char *status[] = {program, (char *)"status", NULL};
    if (access(".pargraph/runs", F_OK) != 0)
        return;
    struct ending ending = call(&none, status);
    const char *what = NULL;
    if (!is_status(&ending, 0) && !is_status(&ending, 4))
        what = "the state is not readable";
    else if (was_success && (!is_status(&ending, 0) || strstr(ending.out, "5 ok") == NULL))
        what = "the state does not know of the success";
    if (what != NULL)
        complain(fault, &ending, "status", what);
    release(&ending);
}

/* One run with one fault. False when there was no such call any more. */
static bool check_run(const struct fault *fault)
{
    char *argv[] = {program, (char *)"run", (char *)"-j2", (char *)"flow.yml", NULL};
    forget_state();
    struct ending ending = call(fault, argv);
    bool is_reached = *counter >= fault->at;
    const char *what = judge_run(&ending);
    if (what != NULL)
        complain(fault, &ending, "run", what);
    check_state(fault, is_status(&ending, 0));
    release(&ending);
    return is_reached;
}

/* How many calls a run makes of a function. */
static long count_calls(const char *function)
{
    struct fault none = {.function = function};
    char *argv[] = {program, (char *)"run", (char *)"-j2", (char *)"flow.yml", NULL};
    forget_state();
    struct ending ending = call(&none, argv);
    CU_ASSERT_TRUE(is_status(&ending, 0));
    release(&ending);
    return *counter;
}

static void check_function(const char *function, const int *errors, bool is_ever)
{
    long calls = count_calls(function), most = most_places();
    long step = most == 0 || calls <= most ? 1 : calls / most;
    CU_ASSERT(calls > 0); /* else it is not what the program calls */
    for (const int *error = errors; *error != 0; error++)
        for (long at = 1 + step / 2; at <= calls || step == 1; at += step) {
            struct fault fault = {function, *error, is_ever, at};
            if (!check_run(&fault))
                break;
        }
}

enum group { MEMORY, FILES, PROCESSES, EVENTS };
struct kind {
    enum group group;
    const char *function;
    int errors[4];
    bool is_lasting; /* with is_ever, too */
};

static const struct kind kinds[] = {
    {MEMORY, "malloc", {ENOMEM}, true},
    {FILES, "open", {EMFILE, EIO}, true},
    {FILES, "openat", {EMFILE, ENOSPC}, true},
    {FILES, "realpath", {EIO}, true},
    {FILES, "read", {EIO, EINTR}, false},
    {FILES, "write", {EIO, ENOSPC, EINTR}, false},
    {FILES, "pread", {EIO}, true},
    {FILES, "pread", {EINTR}, false},
    {FILES, "pwrite", {ENOSPC, EIO}, true},
    {FILES, "pwrite", {EINTR}, false},
    {FILES, "lseek", {EIO}, true},
    {FILES, "fcntl", {EINVAL}, true},
    {FILES, "flock", {ENOLCK}, true},
    {FILES, "fdatasync", {EIO, ENOSPC}, true},
    {FILES, "rename", {EIO}, true},
    {FILES, "renameat", {EIO}, true},
    {FILES, "mkdir", {ENOSPC, EACCES}, true},
    {FILES, "mkdirat", {ENOSPC}, true},
    {FILES, "mkostemp", {ENOSPC}, true},
    {FILES, "unlink", {EIO}, true},
    {FILES, "stat", {EIO}, true},
    {FILES, "fstat", {EIO}, true},
    {FILES, "access", {EACCES}, true},
    {FILES, "faccessat", {EIO}, true},
    {FILES, "close", {EIO, EINTR}, true},
    {PROCESSES, "fork", {EAGAIN}, true},
    {PROCESSES, "clone", {EAGAIN, ENOMEM, EPERM}, false},
    {PROCESSES, "pthread_create", {EAGAIN}, true},
    {PROCESSES, "execve", {EACCES}, true},
    {PROCESSES, "execve", {ENOMEM}, false},
    {PROCESSES, "chdir", {EACCES}, true},
    {PROCESSES, "setpgid", {EPERM}, true},
    {PROCESSES, "dup3", {EMFILE}, true},
    {PROCESSES, "close_range", {ENOSYS}, true},
    {PROCESSES, "pidfd_open", {EMFILE, ENOSYS}, true},
    {PROCESSES, "waitpid", {EINTR}, false},
    {PROCESSES, "wait4", {EINTR}, false},
    {PROCESSES, "prctl", {EINVAL}, true},
    {PROCESSES, "pipe2", {EMFILE}, false},
    {PROCESSES, "memfd_create", {EMFILE}, false},
    {EVENTS, "sendmsg", {EIO, EINTR}, false},
    {EVENTS, "recvmsg", {EINTR, EIO}, false},
    {EVENTS, "send", {EPIPE}, true},
    {EVENTS, "recv", {EIO, EINTR}, false},
    {EVENTS, "poll", {EINTR, ENOMEM}, false},
    {EVENTS, "ppoll", {EINTR, ENOMEM}, false},
    {EVENTS, "epoll_create1", {EMFILE}, true},
    {EVENTS, "epoll_ctl", {ENOSPC, ENOMEM}, true},
    {EVENTS, "epoll_pwait2", {EINTR, ENOSYS}, false},
    {EVENTS, "eventfd", {EMFILE}, true},
    {EVENTS, "signalfd", {EMFILE}, true},
    {EVENTS, "socketpair", {EMFILE}, true},
};

static void check_group(enum group group)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const struct kind *kind = &kinds[i];
        if (kind->group != group)
            continue;
        check_function(kind->function, kind->errors, false);
        if (kind->is_lasting)
            check_function(kind->function, kind->errors, true);
    }
}

static void check_memory(void)
{
    check_group(MEMORY);
}

static void check_files(void)
{
    check_group(FILES);
}

static void check_processes(void)
{
    check_group(PROCESSES);
}

static void check_events(void)
{
    check_group(EVENTS);
}

/* The guardian that cannot take the run's lock says why, and is not said to have been killed. */
static void check_guardian(void)
{
    struct fault fault = {.function = "recvmsg", .error = EIO, .at = 1};
    char *argv[] = {program, (char *)"run", (char *)"flow.yml", NULL};
    forget_state();
    struct ending ending = call(&fault, argv);
    if (!is_status(&ending, 4) || strcmp(ending.said, "pargraph: the guardian cannot take a "
                                                      "descriptor: Input/output error\n") != 0)
        complain(&fault, &ending, "run", "it does not say what failed");
    release(&ending);
}

/* --- commands that only read --- */

static const char *judge_reading(const struct ending *ending, const char *expected)
{
    if (ending->has_hung)
        return "it hangs";
    if (!WIFEXITED(ending->status))
        return "it crashed";
    int status = WEXITSTATUS(ending->status);
    if (status != 0 && status != 1 && status != 2 && status != 4)
        return "its status is not documented";
    if (status == 0 && strcmp(ending->out, expected) != 0)
        return "it claims a success that is none";
    return NULL;
}

static void read_with_faults(char *const *argv, const char *function, int error)
{
    struct fault fault = {.function = function, .error = error};
    struct ending good = call(&fault, argv);
    CU_ASSERT_TRUE(is_status(&good, 0));
    long calls = *counter, most = most_places(), step = most == 0 ? 1 : calls / most + 1;
    for (fault.at = 1 + step / 2; fault.at <= calls; fault.at += step) {
        struct ending ending = call(&fault, argv);
        const char *what = judge_reading(&ending, good.out);
        if (what != NULL)
            complain(&fault, &ending, argv[1], what);
        release(&ending);
    }
    release(&good);
}

static void check_readers(void)
{
    static const struct {
        const char *function;
        int error;
    } faults[] = {{"malloc", ENOMEM},  {"open", EMFILE}, {"openat", EIO}, {"read", EIO},
                  {"write", ENOSPC},   {"pread", EIO},   {"fstat", EIO},  {"realpath", EIO},
                  {"opendir", EMFILE}, {"fcntl", EINVAL}};
    char *const commands[][5] = {{program, (char *)"check", (char *)"flow.yml"},
                                 {program, (char *)"plan", (char *)"--json", (char *)"flow.yml"},
                                 {program, (char *)"dot", (char *)"flow.yml"},
                                 {program, (char *)"status"},
                                 {program, (char *)"logs", (char *)"b"},
                                 {program, (char *)"runs"}};
    forget_state();
    char *run[] = {program, (char *)"run", (char *)"flow.yml", NULL};
    struct fault none = {.function = "none"};
    struct ending ending = call(&none, run);
    CU_ASSERT_TRUE(is_status(&ending, 0));
    release(&ending);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        for (size_t j = 0; j < sizeof faults / sizeof *faults; j++)
            read_with_faults(commands[i], faults[j].function, faults[j].error);
}

/* --- the stage --- */

static bool open_stage(void)
{
    const char *given = getenv("PARGRAPH");
    snprintf(folder, sizeof folder, "/tmp/faults.XXXXXX");
    if (realpath(given != NULL ? given : "pargraph", program) == NULL ||
        realpath("tests/faults/shim.so", shim) == NULL || mkdtemp(folder) == NULL ||
        chdir(folder) != 0 || mkdir("sub", 0700) != 0)
        return false;
    CLEANUP_CLOSE int file = open("counter", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    CLEANUP_CLOSE int text = open("flow.yml", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (ftruncate(file, sizeof *counter) != 0 || !file_write_all(text, flow, sizeof flow - 1))
        return false;
    counter = mmap(NULL, sizeof *counter, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    return counter != MAP_FAILED && prctl(PR_SET_CHILD_SUBREAPER, 1) == 0;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status, (void)type, (void)walk;
    return remove(path);
}

static const struct check checks[] = {
    {"faults: memory", check_memory},       {"faults: files", check_files},
    {"faults: processes", check_processes}, {"faults: events", check_events},
    {"faults: guardian", check_guardian},   {"faults: readers", check_readers},
    {"faults: resume", check_resume},       {NULL, NULL},
};

int main(int argc, char **argv)
{
    if (!open_stage()) {
        perror("faults_test");
        return 99;
    }
    unsetenv("PARGRAPH_STATE");
    int status = check_main(argc, argv, "faults", checks);
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    return status;
}
