/* One process: its pipes, then a child that shares our memory until it executes (CLONE_VM and
 * CLONE_VFORK, as posix_spawn does it, but with a working directory). What fails in the child is
 * told through that memory. The child runs on a stack of its own, calls nothing but system calls,
 * and the calling thread waits for it.
 *
 * Descriptors 0, 1 and 2 are always open here, so no other is ever one of them, and dup2 in the
 * child never meets its own source. All others are close-on-exec, those that were handed down to
 * this process too.
 *
 * To copy and close the table of descriptors takes time for each. So the child shares ours until it
 * has taken a copy of only the lowest: those that stay open for long are above (file_raise). What
 * emulates a system for one program (QEMU, valgrind) makes no such child, but the whole table's
 * copy, and of our memory too: what fails in the child is then told by its exit status alone. */
#include "execute/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

#define FILE_MODE 0666

/* A sanitizer must keep away from the child: frames on its stack are never left by a return, and
 * what a library notes of its descriptors and signals would be noted of this process's. So it is
 * not instrumented, and its system calls are bare ones. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IN_CHILD __attribute__((no_sanitize("address", "undefined", "thread")))
extern __typeof__(clone) __clone;
#define clone __clone
#else
#define IN_CHILD
#endif

/* What the child reads and writes. */
struct child {
    const struct spawn_setup *setup;
    const struct launch *launch;
    const char *program;
    char *const *argv;
    const char *directory; /* to go to; NULL: none */
    int streams[3];        /* descriptors, or -1: the launch's paths */
    bool is_sharing;       /* our descriptors, until it has taken a copy of some */
    unsigned above;        /* all that it needs: from here on no descriptor is copied */
    char *stack;
    bool is_opening_fifos; /* the program is a shell that opens them */
    volatile int fifos;    /* a bit per stream that is one */
    volatile int step, error;
};

IN_CHILD static bool child_failed(struct child *child, int step)
{
    child->error = errno;
    child->step = step;
    return false;
}

/* A FIFO is not opened here, where it would block the thread that waits for us. */
IN_CHILD static int child_open(struct child *child, int stream)
{
    const char *path = stream == 0 ? child->launch->stdin_path : child->launch->paths[stream];
    struct stat status;
    bool is_there = stat(path, &status) == 0;
    if (is_there && S_ISFIFO(status.st_mode)) {
        child->fifos |= 1 << stream;
        return child->setup->null;
    }
    int how = child->launch->is_appended ? O_APPEND : O_TRUNC;
    if (stream != 0)
        return (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | how | O_CLOEXEC,
                            FILE_MODE);
    if (!is_there || !S_ISDIR(status.st_mode))
        return (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    errno = EISDIR;
    return -1;
}

IN_CHILD static bool child_stream(struct child *child, int stream)
{
    static const int steps[] = {SPAWN_STDIN, SPAWN_STDOUT, SPAWN_STDERR};
    int from = child->streams[stream] < 0 ? child_open(child, stream) : child->streams[stream];
    return (from >= 0 && syscall(SYS_dup3, from, stream, 0) >= 0) ||
           child_failed(child, steps[stream]);
}

/* What was sent to the group that we were born into, before we left it, is not for us: this
 * program's own processes deal with it. A Ctrl-Z would stop us before we execute, and for good the
 * thread that waits for us. A signal that is pending is gone once it is ignored. */
IN_CHILD static void child_forget(void)
{
    static const uint64_t ignored[8] = {1}, defaults[8];
    uint64_t pending = 0;
    syscall(SYS_rt_sigpending, &pending, SPAWN_MASK_SIZE);
    for (int number = 1; pending != 0; number++, pending >>= 1)
        if (pending & 1) {
            syscall(SYS_rt_sigaction, number, ignored, NULL, SPAWN_MASK_SIZE);
            syscall(SYS_rt_sigaction, number, defaults, NULL, SPAWN_MASK_SIZE);
        }
}

IN_CHILD static void child_signals(const struct spawn_setup *setup)
{
    static const uint64_t defaults[8]; /* the kernel's struct sigaction, all zero */
    for (int i = 0; i < setup->reset_count; i++)
        syscall(SYS_rt_sigaction, setup->resets[i], defaults, NULL, SPAWN_MASK_SIZE);
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &setup->child_mask, NULL, SPAWN_MASK_SIZE);
}

/* From the table that it shares with us to one of its own. */
IN_CHILD static bool child_descriptors(struct child *child)
{
    return !child->is_sharing ||
           syscall(SYS_close_range, child->above, ~0U, CLOSE_RANGE_UNSHARE) == 0 ||
           child_failed(child, SPAWN_RESOURCES);
}

IN_CHILD static int child_main(void *argument)
{
    struct child *child = argument;
    const struct launch *launch = child->launch;
    setpgid(0, 0);
    child_forget();
    if (!child_descriptors(child))
        _exit(127);
    /* In the background of a terminal, whoever asked it for something would be stopped for ever. */
    if (child->setup->terminal >= 0)
        syscall(SYS_ioctl, child->setup->terminal, TIOCNOTTY, 0);
    if (child->directory != NULL && chdir(child->directory) != 0)
        child_failed(child, SPAWN_DIRECTORY);
    else if (child_stream(child, 0) && child_stream(child, 1) && child_stream(child, 2)) {
        if (child->fifos != 0 && !child->is_opening_fifos)
            _exit(127);
        child_signals(child->setup);
        if (child->setup->has_files)
            syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, &child->setup->files, NULL);
        execve(child->program, child->argv, launch->env);
        child_failed(child, SPAWN_PROGRAM);
    }
    _exit(127);
}

static bool failed(struct spawn *spawn, int step, int error)
{
    spawn->step = (uint8_t)step;
    spawn->error = error;
    return false;
}

/* Held while an unborn child is ended, and to end its being that: only then may it be reaped. */
static pthread_mutex_t births = PTHREAD_MUTEX_INITIALIZER;

void spawn_abort(struct spawn *spawn)
{
    pthread_mutex_lock(&births);
    if (spawn->unborn > 0)
        kill(spawn->unborn, SIGKILL);
    pthread_mutex_unlock(&births);
}

/* The kernel writes the child's id before the child runs, and before we wait for it. */
static pid_t clone_child(struct child *child, struct spawn *spawn)
{
    int flags = CLONE_VM | CLONE_VFORK | CLONE_PARENT_SETTID | SIGCHLD |
                (child->is_sharing ? CLONE_FILES : 0);
    return clone(child_main, child->stack + SPAWN_STACK, flags, child, (pid_t *)&spawn->unborn);
}

/* What makes no child that shares descriptors says so each time: once is enough. */
static atomic_bool is_sharing_refused;

static pid_t make_child(struct child *child, struct spawn *spawn)
{
    child->is_sharing = child->setup->is_sharing && !atomic_load(&is_sharing_refused);
    pid_t process = clone_child(child, spawn);
    if (process < 0 && errno == EINVAL && child->is_sharing) {
        atomic_store(&is_sharing_refused, true);
        child->is_sharing = false;
        process = clone_child(child, spawn);
    }
    int error = errno;
    pthread_mutex_lock(&births);
    spawn->unborn = 0;
    pthread_mutex_unlock(&births);
    errno = error;
    return process;
}

/* One attempt to execute child->program. */
static bool execute(struct child *child, struct spawn *spawn)
{
    child->error = child->fifos = 0;
    pid_t process = make_child(child, spawn);
    if (process < 0)
        return failed(spawn, SPAWN_RESOURCES, errno);
    if (child->error == 0 && (child->fifos == 0 || child->is_opening_fifos)) {
        spawn->process = process;
        return true;
    }
    while (waitpid(process, NULL, 0) < 0 && errno == EINTR)
        ;
    return failed(spawn, child->step, child->error);
}

static uint32_t argument_count(char *const *argv)
{
    uint32_t count = 0;
    while (argv[count] != NULL)
        count++;
    return count;
}

/* A script without a first line that names its interpreter is the shell's, as execvp has it. */
static bool execute_script(struct child *child, struct spawn *spawn)
{
    uint32_t count = argument_count(child->argv);
    CLEANUP_FREE char **argv = memory_array((size_t)count + 2, sizeof *argv);
    argv[0] = (char *)"/bin/sh";
    argv[1] = (char *)child->program;
    for (uint32_t i = 1; i < count; i++)
        argv[i + 1] = child->argv[i];
    child->program = "/bin/sh";
    child->argv = argv;
    return execute(child, spawn);
}

/* A shell opens the FIFOs, as it may wait there for as long as it likes, then becomes the program.
 */
static bool execute_with_fifos(struct child *child, struct spawn *spawn)
{
    static const char *const opens[3] = {"exec <\"$1\"\n", "exec >\"$2\"\n", "exec 2>\"$3\"\n"};
    const struct launch *launch = child->launch;
    const char *paths[3] = {launch->stdin_path, launch->paths[1], launch->paths[2]};
    CLEANUP_BUFFER struct buffer script = {0};
    uint32_t count = argument_count(child->argv);
    CLEANUP_FREE char **argv = memory_array((size_t)count + 8, sizeof *argv);
    for (int stream = 0; stream < 3; stream++) {
        bool is_fifo = (child->fifos & 1 << stream) != 0;
        if (is_fifo)
            buffer_add_text(&script, opens[stream]);
        argv[4 + stream] = (char *)(is_fifo ? paths[stream] : "");
    }
    if (child->streams[2] == STDOUT_FILENO && (child->fifos & 2) != 0)
        buffer_add_text(&script, "exec 2>&1\n");
    buffer_add_text(&script, "shift 3\nexec \"$@\"\n");
    argv[0] = argv[3] = (char *)"/bin/sh";
    argv[1] = (char *)"-c";
    argv[2] = (char *)buffer_text(&script);
    argv[7] = (char *)child->program;
    for (uint32_t i = 1; i < count; i++)
        argv[7 + i] = child->argv[i];
    child->program = "/bin/sh";
    child->argv = argv;
    child->is_opening_fifos = true;
    return execute(child, spawn);
}

/* One past the highest descriptor that the child needs, but at least all the low ones. */
static unsigned above(const struct child *child)
{
    int highest = FILE_RAISED - 1;
    const int needed[] = {child->setup->null, child->setup->terminal, child->streams[0],
                          child->streams[1], child->streams[2]};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        highest = needed[i] > highest ? needed[i] : highest;
    return (unsigned)highest + 1;
}

static bool execute_any(struct child *child, struct spawn *spawn)
{
    child->above = above(child);
    if (execute(child, spawn))
        return true;
    if (child->error == 0 && child->fifos != 0)
        return execute_with_fifos(child, spawn);
    return spawn->step == SPAWN_PROGRAM && spawn->error == ENOEXEC && execute_script(child, spawn);
}

static bool text_descriptor(const struct launch *launch, int *ret)
{
    *ret = memfd_create("stdin", MFD_CLOEXEC);
    return *ret >= 0 && file_write_all(*ret, launch->stdin_text, launch->stdin_length) &&
           lseek(*ret, 0, SEEK_SET) == 0;
}

static bool output_pipe(int *ret_read, int *ret_write)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    *ret_read = ends[0];
    *ret_write = ends[1];
    return true;
}

static bool is_one_file(const struct launch *launch)
{
    return launch->paths[1] != NULL && launch->paths[2] != NULL &&
           strcmp(launch->paths[1], launch->paths[2]) == 0;
}

enum target { TARGET_PIPE, TARGET_NULL, TARGET_FILE, TARGET_STDOUT, TARGET_GIVEN };

static bool is_given(const struct launch *launch, int stream)
{
    return launch->descriptors != NULL && launch->descriptors[stream] >= 0;
}

static enum target stream_target(const struct launch *launch, int stream)
{
    if (is_given(launch, stream))
        return TARGET_GIVEN;
    if (stream == 2 && (launch->is_joined || is_one_file(launch)))
        return TARGET_STDOUT;
    if (launch->paths[stream] != NULL)
        return TARGET_FILE;
    return launch->is_discarded[stream] ? TARGET_NULL : TARGET_PIPE;
}

/* Makes the pipes, and says where the child's streams go. */
static bool open_outputs(struct child *child, struct spawn *spawn, int writers[2])
{
    const struct launch *launch = spawn->launch;
    bool is_one_pipe = !launch->is_split;
    enum target targets[3] = {TARGET_NULL, stream_target(launch, 1), stream_target(launch, 2)};
    for (int stream = 1; stream <= 2; stream++) {
        int *to = &child->streams[stream];
        if (targets[stream] == TARGET_STDOUT)
            *to = STDOUT_FILENO;
        else if (targets[stream] == TARGET_GIVEN)
            *to = launch->descriptors[stream];
        else if (targets[stream] == TARGET_NULL)
            *to = child->setup->null;
        else if (targets[stream] == TARGET_FILE)
            *to = -1;
        else if (stream == 2 && is_one_pipe && targets[1] == TARGET_PIPE)
            *to = writers[0];
        else if (output_pipe(&spawn->outputs[stream - 1], &writers[stream - 1]))
            *to = writers[stream - 1];
        else
            return failed(spawn, SPAWN_RESOURCES, errno);
    }
    return true;
}

static bool open_input(struct child *child, struct spawn *spawn, int *text)
{
    const struct launch *launch = spawn->launch;
    if (is_given(launch, 0)) {
        child->streams[0] = launch->descriptors[0];
        return true;
    }
    if (launch->stdin_path != NULL) {
        child->streams[0] = -1;
        return true;
    }
    child->streams[0] = child->setup->null;
    if (launch->stdin_text == NULL)
        return true;
    if (!text_descriptor(launch, text))
        return failed(spawn, SPAWN_RESOURCES, errno);
    child->streams[0] = *text;
    return true;
}

void spawn_start(const struct spawn_setup *setup, struct spawn *spawn, char *stack)
{
    CLEANUP_CLOSE int text = -1;
    int writers[2] = {-1, -1};
    struct child child = {.setup = setup,
                          .launch = spawn->launch,
                          .program = spawn->program,
                          .argv = spawn->launch->argv,
                          .stack = stack};
    const char *directory = spawn->launch->directory;
    if (directory != NULL && (setup->directory == NULL || strcmp(directory, setup->directory) != 0))
        child.directory = directory;
    spawn->outputs[0] = spawn->outputs[1] = -1;
    spawn->is_started = open_input(&child, spawn, &text) && open_outputs(&child, spawn, writers) &&
                        execute_any(&child, spawn);
    file_close(&writers[0]);
    file_close(&writers[1]);
    if (!spawn->is_started) {
        file_close(&spawn->outputs[0]);
        file_close(&spawn->outputs[1]);
    }
}
