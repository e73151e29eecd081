/* Scratch folders and limits for the checks; see history_support.h. */
#include "history/history_support.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"

static void give_up(const char *what)
{
    perror(what);
    exit(99);
}

char *scratch_in_use;

char *scratch_new(void)
{
    const char *folder = getenv("TMPDIR");
    char *path = NULL;
    if (asprintf(&path, "%s/history.XXXXXX", folder != NULL && *folder ? folder : "/tmp") < 0 ||
        mkdtemp(path) == NULL)
        give_up("mkdtemp");
    scratch_in_use = realpath(path, NULL);
    free(path);
    return scratch_in_use;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

void scratch_remove(char *scratch)
{
    nftw(scratch, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(scratch);
    scratch_in_use = NULL;
}

struct run_folder run_new(const char *scratch)
{
    struct run_folder folder;
    struct error error = {0};
    if (!run_folder_create(&folder, path_of(scratch, "state"), WALL, &error)) {
        fprintf(stderr, "%s\n", error.message);
        exit(99);
    }
    return folder;
}

struct run_folder run_reopen(const char *scratch)
{
    struct run_folder folder;
    struct error error = {0};
    if (!run_folder_open(&folder, path_of(scratch, "state"), NULL, &error)) {
        fprintf(stderr, "%s\n", error.message);
        exit(99);
    }
    return folder;
}

const char *text_of(const char *format, ...)
{
    static char texts[8][8192];
    static unsigned turn;
    char *text = texts[turn++ % 8];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof texts[0], format, arguments);
    va_end(arguments);
    return text;
}

const char *path_of(const char *a, const char *b)
{
    return text_of("%s/%s", a, b);
}

void put_file(const char *path, const void *bytes, size_t length)
{
    CLEANUP_CLOSE int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    /* Not O_TRUNC: some file systems flush a file that was emptied and written again. */
    if (file < 0 || !file_write_all(file, bytes, length) || ftruncate(file, (off_t)length) < 0)
        give_up(path);
}

long file_size(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 ? (long)status.st_size : -1;
}

mode_t file_mode(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 ? status.st_mode & 07777 : 0;
}

void put_byte(const char *path, long at, char byte)
{
    CLEANUP_CLOSE int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0 || pwrite(file, &byte, 1, at) != 1)
        give_up(path);
}

static void set_limit(int what, rlim_t most)
{
    struct rlimit limit;
    getrlimit(what, &limit);
    limit.rlim_cur = most < limit.rlim_max ? most : limit.rlim_max;
    setrlimit(what, &limit);
}

static rlim_t descriptors_before;

void limit_file_size(size_t bytes)
{
    signal(SIGXFSZ, SIG_IGN);
    set_limit(RLIMIT_FSIZE, bytes);
}

void limit_descriptors(int first)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    descriptors_before = limit.rlim_cur;
    set_limit(RLIMIT_NOFILE, (rlim_t)first);
}

void limit_release(void)
{
    set_limit(RLIMIT_FSIZE, RLIM_INFINITY);
    if (descriptors_before > 0)
        set_limit(RLIMIT_NOFILE, descriptors_before);
    descriptors_before = 0;
}

int next_descriptor(void)
{
    int next = dup(0);
    close(next);
    return next;
}

/* --- pwrite(), as a bad day would have it --- */

struct write_day write_day;

/* Takes the place of libc's for the whole program. */
ssize_t pwrite(int descriptor, const void *bytes, size_t length, off_t offset)
{
    write_day.calls++;
    if (write_day.is_interrupted && write_day.calls % 2 == 1) {
        errno = EINTR;
        return -1;
    }
    if (write_day.has_room_for_one && write_day.calls > 1) {
        errno = ENOSPC;
        return -1;
    }
    if (write_day.most > 0 && length > write_day.most)
        length = write_day.most;
    return syscall(SYS_pwrite64, descriptor, bytes, length, offset);
}
