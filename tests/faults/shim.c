/* A library to be preloaded that makes one call of a kind fail: the FAULT_AT-th of all calls of the
 * function FAULT in the program's processes together, with FAULT_ERRNO, or, with FAULT_EVER, that
 * one and all that follow. It counts in FAULT_FILE, which all share. It touches pargraph alone, not
 * what its tasks run. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

static atomic_long *count; /* NULL: nothing is to fail */
static const char *function;
static long first;
static int number;
static bool is_ever;

__attribute__((constructor)) static void begin(void)
{
    const char *file = getenv("FAULT_FILE"), *at = getenv("FAULT_AT"),
               *error = getenv("FAULT_ERRNO");
    function = getenv("FAULT");
    if (file == NULL || function == NULL || strcmp(program_invocation_short_name, "pargraph") != 0)
        return;
    first = at != NULL ? strtol(at, NULL, 10) : 0;
    number = error != NULL ? (int)strtol(error, NULL, 10) : EIO;
    is_ever = getenv("FAULT_EVER") != NULL;
    int descriptor = (int)syscall(SYS_openat, AT_FDCWD, file, O_RDWR | O_CLOEXEC);
    void *shared = descriptor < 0 ? MAP_FAILED
                                  : mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED,
                                         descriptor, 0);
    if (descriptor >= 0)
        syscall(SYS_close, descriptor);
    count = shared != MAP_FAILED ? shared : NULL;
}

/* Counts a call; is it the one? Leaves errno alone unless it is. */
static bool fails(const char *name)
{
    if (count == NULL || strcmp(name, function) != 0)
        return false;
    long at = atomic_fetch_add(count, 1) + 1;
    if (at != first && !(is_ever && first > 0 && at > first))
        return false;
    errno = number;
    return true;
}

static void *next(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

/* --- plain calls --- */

#define FAIL(type, name, bad, parameters, arguments)                                               \
    EXPORT type name parameters                                                                    \
    {                                                                                              \
        static type(*real) parameters;                                                             \
        if (fails(#name))                                                                          \
            return bad;                                                                            \
        if (real == NULL)                                                                          \
            *(void **)&real = next(#name);                                                         \
        return real arguments;                                                                     \
    }
#define FAIL_INT(name, parameters, arguments) FAIL(int, name, -1, parameters, arguments)

/* All of memory is one kind. What is next is a sanitizer's where the program has one. */
#define FAIL_MEMORY(name, parameters, arguments)                                                   \
    EXPORT void *name parameters                                                                   \
    {                                                                                              \
        static void *(*real)parameters;                                                            \
        if (fails("malloc"))                                                                       \
            return NULL;                                                                           \
        if (real == NULL)                                                                          \
            *(void **)&real = next(#name);                                                         \
        return real arguments;                                                                     \
    }
FAIL_MEMORY(malloc, (size_t size), (size))
FAIL_MEMORY(calloc, (size_t items, size_t size), (items, size))
FAIL_MEMORY(realloc, (void *old, size_t size), (old, size))
FAIL_MEMORY(reallocarray, (void *old, size_t items, size_t size), (old, items, size))
FAIL(ssize_t, read, -1, (int descriptor, void *bytes, size_t length), (descriptor, bytes, length))
FAIL(ssize_t, write, -1, (int descriptor, const void *bytes, size_t length),
     (descriptor, bytes, length))
FAIL(ssize_t, pread, -1, (int descriptor, void *bytes, size_t length, off_t at),
     (descriptor, bytes, length, at))
FAIL(ssize_t, pwrite, -1, (int descriptor, const void *bytes, size_t length, off_t at),
     (descriptor, bytes, length, at))
/* The same calls by their other names. */
EXPORT ssize_t pread64(int descriptor, void *bytes, size_t length, off64_t at)
{
    return pread(descriptor, bytes, length, at);
}
EXPORT ssize_t pwrite64(int descriptor, const void *bytes, size_t length, off64_t at)
{
    return pwrite(descriptor, bytes, length, at);
}
FAIL(ssize_t, sendmsg, -1, (int descriptor, const struct msghdr *message, int flags),
     (descriptor, message, flags))
FAIL(ssize_t, recvmsg, -1, (int descriptor, struct msghdr *message, int flags),
     (descriptor, message, flags))
FAIL(off_t, lseek, -1, (int descriptor, off_t at, int whence), (descriptor, at, whence))
FAIL(pid_t, fork, -1, (void), ())
FAIL(pid_t, waitpid, -1, (pid_t process, int *status, int options), (process, status, options))
FAIL(DIR *, opendir, NULL, (const char *path), (path))
FAIL(struct dirent *, readdir, NULL, (DIR * directory), (directory))
FAIL(FILE *, fopen, NULL, (const char *path, const char *mode), (path, mode))
FAIL(char *, realpath, NULL, (const char *path, char *resolved), (path, resolved))
/* As Linux has it (close(2)): whatever it answers, the descriptor is gone. */
EXPORT int close(int descriptor)
{
    static int (*real)(int);
    bool has_failed = fails("close");
    if (real == NULL)
        *(void **)&real = next("close");
    int status = real(descriptor);
    if (has_failed)
        errno = number;
    return has_failed ? -1 : status;
}
FAIL_INT(fdatasync, (int descriptor), (descriptor))
FAIL_INT(ftruncate, (int descriptor, off_t length), (descriptor, length))
FAIL_INT(rename, (const char *from, const char *to), (from, to))
FAIL_INT(renameat, (int from_at, const char *from, int to_at, const char *to),
         (from_at, from, to_at, to))
FAIL_INT(mkdir, (const char *path, mode_t mode), (path, mode))
FAIL_INT(mkdirat, (int at, const char *path, mode_t mode), (at, path, mode))
FAIL_INT(mkostemp, (char *path, int flags), (path, flags))
FAIL_INT(unlink, (const char *path), (path))
FAIL_INT(unlinkat, (int at, const char *path, int flags), (at, path, flags))
FAIL_INT(rmdir, (const char *path), (path))
FAIL_INT(stat, (const char *path, struct stat *status), (path, status))
FAIL_INT(lstat, (const char *path, struct stat *status), (path, status))
FAIL_INT(fstat, (int descriptor, struct stat *status), (descriptor, status))
FAIL_INT(fstatat, (int at, const char *path, struct stat *status, int flags),
         (at, path, status, flags))
FAIL_INT(access, (const char *path, int mode), (path, mode))
FAIL_INT(faccessat, (int at, const char *path, int mode, int flags), (at, path, mode, flags))
FAIL_INT(flock, (int descriptor, int operation), (descriptor, operation))
FAIL_INT(socketpair, (int domain, int type, int protocol, int ends[2]),
         (domain, type, protocol, ends))
FAIL_INT(pipe2, (int ends[2], int flags), (ends, flags))
FAIL_INT(memfd_create, (const char *name, unsigned flags), (name, flags))
FAIL_INT(eventfd, (unsigned value, int flags), (value, flags))
FAIL_INT(signalfd, (int descriptor, const sigset_t *mask, int flags), (descriptor, mask, flags))
FAIL_INT(epoll_create1, (int flags), (flags))
FAIL_INT(epoll_ctl, (int epoll, int operation, int descriptor, struct epoll_event *event),
         (epoll, operation, descriptor, event))
FAIL_INT(epoll_pwait2,
         (int epoll, struct epoll_event *events, int most, const struct timespec *limit,
          const sigset_t *mask),
         (epoll, events, most, limit, mask))
FAIL_INT(ppoll,
         (struct pollfd * polled, nfds_t many, const struct timespec *limit, const sigset_t *mask),
         (polled, many, limit, mask))
FAIL(ssize_t, recv, -1, (int descriptor, void *bytes, size_t length, int flags),
     (descriptor, bytes, length, flags))
FAIL(ssize_t, send, -1, (int descriptor, const void *bytes, size_t length, int flags),
     (descriptor, bytes, length, flags))
FAIL_INT(poll, (struct pollfd * polled, nfds_t many, int limit), (polled, many, limit))
FAIL_INT(kill, (pid_t process, int signal_number), (process, signal_number))
FAIL_INT(setpgid, (pid_t process, pid_t group), (process, group))
FAIL_INT(chdir, (const char *path), (path))
FAIL_INT(execve, (const char *path, char *const argv[], char *const env[]), (path, argv, env))

/* --- those that return the error, or take what they like --- */

EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*main)(void *), void *argument)
{
    static int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    if (fails("pthread_create"))
        return number;
    if (real == NULL)
        *(void **)&real = next("pthread_create");
    return real(thread, attributes, main, argument);
}

/* Some calls that the program makes by number. */
EXPORT long syscall(long which, ...)
{
    static long (*real)(long, ...); /* known before any process shares our memory: see begin */
    long given[6];
    va_list more;
    va_start(more, which);
    for (int i = 0; i < 6; i++)
        given[i] = va_arg(more, long);
    va_end(more);
    if ((which == SYS_pidfd_open && fails("pidfd_open")) ||
        (which == SYS_close_range && fails("close_range")) || (which == SYS_dup3 && fails("dup3")))
        return -1;
    if (real == NULL)
        *(void **)&real = next("syscall");
    return real(which, given[0], given[1], given[2], given[3], given[4], given[5]);
}

EXPORT pid_t wait4(pid_t process, int *status, int options, struct rusage *usage)
{
    static pid_t (*real)(pid_t, int *, int, struct rusage *);
    if (fails("wait4"))
        return -1;
    if (real == NULL)
        *(void **)&real = next("wait4");
    return real(process, status, options, usage);
}

#define FAIL_OPEN(name)                                                                            \
    EXPORT int name(const char *path, int flags, ...)                                              \
    {                                                                                              \
        va_list more;                                                                              \
        va_start(more, flags);                                                                     \
        int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, int) : 0;                          \
        va_end(more);                                                                              \
        return fails("open") ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);         \
    }
FAIL_OPEN(open)
FAIL_OPEN(open64)

EXPORT int openat(int at, const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, int) : 0;
    va_end(more);
    return fails("openat") ? -1 : (int)syscall(SYS_openat, at, path, flags, mode);
}

#define FAIL_FCNTL(name)                                                                           \
    EXPORT int name(int descriptor, int command, ...)                                              \
    {                                                                                              \
        va_list more;                                                                              \
        va_start(more, command);                                                                   \
        long argument = va_arg(more, long);                                                        \
        va_end(more);                                                                              \
        return fails("fcntl") ? -1 : (int)syscall(SYS_fcntl, descriptor, command, argument);       \
    }
FAIL_FCNTL(fcntl)
FAIL_FCNTL(fcntl64)

EXPORT int prctl(int option, ...)
{
    va_list more;
    va_start(more, option);
    unsigned long argument = va_arg(more, unsigned long);
    va_end(more);
    return fails("prctl") ? -1 : (int)syscall(SYS_prctl, option, argument, 0, 0, 0);
}

#define FAIL_CLONE(name)                                                                           \
    EXPORT int name(int (*main)(void *), void *stack, int flags, void *argument, ...)              \
    {                                                                                              \
        static int (*real)(int (*)(void *), void *, int, void *, ...);                             \
        va_list more;                                                                              \
        va_start(more, argument);                                                                  \
        pid_t *parent = va_arg(more, pid_t *);                                                     \
        va_end(more);                                                                              \
        if (fails("clone"))                                                                        \
            return -1;                                                                             \
        if (real == NULL)                                                                          \
            *(void **)&real = next(#name);                                                         \
        return real(main, stack, flags, argument, parent);                                         \
    }
FAIL_CLONE(clone)
FAIL_CLONE(__clone) /* that of a program with a sanitizer */
