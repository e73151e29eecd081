/* Runs that are there: listed, opened, read; see history.h. Only entries of runs/ that look like
 * ids are runs, and an id is only ever compared with them. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "history/folder.h"
#include "history/run_id.h"

static int compare_ids(const void *a, const void *b)
{
    return run_id_compare(*(char *const *)a, *(char *const *)b);
}

void run_ids_free(char **ids, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        free(ids[i]);
    free(ids);
}

static bool is_run(DIR *runs, const struct dirent *entry)
{
    if (!run_id_is_valid(entry->d_name))
        return false;
    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type == DT_DIR;
    struct stat status;
    return fstatat(dirfd(runs), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISDIR(status.st_mode);
}

bool run_folder_list(const char *state, char ***ret_ids, uint32_t *ret_count, struct error *error)
{
    *ret_ids = NULL;
    *ret_count = 0;
    CLEANUP_FREE char *path = file_join(state, "runs");
    DIR *runs = opendir(path);
    if (runs == NULL)
        return errno == ENOENT || error_set_system(error, errno, "cannot list %s", path);
    VEC(char *) ids = {0};
    const struct dirent *entry;
    while (errno = 0, (entry = readdir(runs)) != NULL)
        if (is_run(runs, entry))
            *VEC_PUSH(&ids) = memory_text(entry->d_name);
    int number = errno;
    closedir(runs);
    if (number != 0) {
        run_ids_free(ids.items, ids.count);
        return error_set_system(error, number, "cannot list %s", path);
    }
    if (ids.count > 0)
        qsort(ids.items, ids.count, sizeof *ids.items, compare_ids);
    *ret_ids = ids.items;
    *ret_count = ids.count;
    return true;
}

/* --- choosing one --- */

static bool report_ambiguous(char *const *ids, uint32_t count, const char *begins,
                             struct error *error)
{
    CLEANUP_BUFFER struct buffer some = {0};
    uint32_t matches = 0;
    for (uint32_t i = 0; i < count; i++)
        if (strncmp(ids[i], begins, strlen(begins)) == 0 && ++matches <= 5)
            buffer_printf(&some, "%s%s", matches > 1 ? ", " : "", ids[i]);
    error_set(error, PLACE_NONE, "%u runs begin with '%s'", matches, begins);
    return error_hint(error, "%s%s", buffer_text(&some), matches > 5 ? ", ..." : "");
}

/* The index of the run that is meant, count if there is none or more than one. */
static uint32_t find_id(char *const *ids, uint32_t count, const char *state, const char *id,
                        struct error *error)
{
    if (id == NULL && count > 0)
        return count - 1;
    uint32_t matches = 0, last = count;
    for (uint32_t i = 0; i < count && id != NULL && *id != '\0'; i++) {
        if (strcmp(ids[i], id) == 0)
            return i;
        if (strncmp(ids[i], id, strlen(id)) == 0) {
            matches++;
            last = i;
        }
    }
    if (matches == 1)
        return last;
    CLEANUP_BUFFER struct buffer shown = {0};
    if (id != NULL)
        text_printable(id, strlen(id), &shown);
    if (count == 0)
        error_set(error, PLACE_NONE, "there are no runs in %s", state);
    else if (matches == 0)
        error_set(error, PLACE_NONE, "there is no run '%s' in %s", buffer_text(&shown), state);
    else
        report_ambiguous(ids, count, id, error);
    return count;
}

bool run_folder_open_exact(struct run_folder *ret, const char *state, const char *id,
                           struct error *error)
{
    CLEANUP_FREE char *runs = file_join(state, "runs");
    CLEANUP_FREE char *absolute = realpath(runs, NULL);
    if (absolute == NULL)
        return error_set_system(error, errno, "cannot find %s", runs);
    CLEANUP_FREE char *path = file_join(absolute, id);
    int directory = file_raise(open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (directory < 0)
        return error_set_system(error, errno, "cannot open %s", path);
    *ret = (struct run_folder){
        .id = memory_text(id), .path = path, .directory = directory, .lock = -1};
    path = NULL;
    return true;
}

bool run_folder_open(struct run_folder *ret, const char *state, const char *id, struct error *error)
{
    char **ids;
    uint32_t count;
    if (!run_folder_list(state, &ids, &count, error))
        return false;
    uint32_t found = find_id(ids, count, state, id, error);
    bool is_open = found < count && run_folder_open_exact(ret, state, ids[found], error);
    run_ids_free(ids, count);
    return is_open;
}

bool run_folder_is_alive(const struct run_folder *folder)
{
    CLEANUP_CLOSE int lock =
        openat(folder->directory, "lock", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    return lock >= 0 && flock(lock, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

bool run_folder_is_there(const struct run_folder *folder)
{
    return faccessat(folder->directory, "journal", F_OK, 0) == 0 || errno != ENOENT;
}

enum { LOCK_TRIES = 40, LOCK_PAUSE = 10 }; /* milliseconds */

/* Whoever asks whether a run is alive holds the lock for a moment too. */
bool run_folder_lock(struct run_folder *folder, struct error *error)
{
    CLEANUP_CLOSE int lock =
        openat(folder->directory, "lock", O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (lock < 0)
        return error_set_system(error, errno, "cannot open %s/lock", folder->path);
    for (int tries = 0; flock(lock, LOCK_EX | LOCK_NB) < 0; tries++) {
        if (errno != EWOULDBLOCK)
            return error_set_system(error, errno, "cannot lock %s/lock", folder->path);
        if (tries == LOCK_TRIES)
            return error_set(error, PLACE_NONE, "run %s is running: another pargraph owns it",
                             folder->id);
        poll(NULL, 0, LOCK_PAUSE);
    }
    folder->lock = file_raise(lock);
    lock = -1;
    return true;
}

void run_folder_close(struct run_folder *folder)
{
    if (folder->path == NULL)
        return;
    file_close(&folder->directory);
    file_close(&folder->lock);
    free(folder->id);
    free(folder->path);
    *folder = (struct run_folder){0};
}

/* --- files of it --- */

static bool stays_inside(const char *file_name)
{
    if (*file_name == '\0' || *file_name == '/')
        return false;
    for (const char *at = file_name;;) {
        size_t length = strcspn(at, "/");
        if (strncmp(at, "..", length) == 0)
            return false; /* "", "." or ".." */
        if (at[length] == '\0')
            return true;
        at += length + 1;
    }
}

/* The path of a file that is to be written; NULL with an error. */
static char *path_to_write(const struct run_folder *folder, const char *file_name,
                           struct error *error)
{
    CLEANUP_FREE char *path = file_join(folder->path, file_name);
    if (!stays_inside(file_name)) {
        error_set(error, PLACE_NONE, "cannot write %s: it is not in the run's folder", path);
        return NULL;
    }
    CLEANUP_FREE char *above = file_directory(path);
    if (strchr(file_name, '/') != NULL && !file_make_directories(above, 0700, error))
        return NULL;
    return memory_text(path);
}

bool run_folder_write(const struct run_folder *folder, const char *file_name, const void *bytes,
                      size_t length, struct error *error)
{
    CLEANUP_FREE char *path = path_to_write(folder, file_name, error);
    return path != NULL && file_replace(path, bytes, length, error);
}

bool run_folder_copy(const struct run_folder *folder, const char *file_name,
                     const struct source *source, struct error *error)
{
    CLEANUP_FREE char *path = path_to_write(folder, file_name, error);
    return path != NULL && source_copy(source, path, error);
}

bool run_folder_read(const struct run_folder *folder, const char *file_name, char **ret_text,
                     size_t *ret_length, struct error *error)
{
    CLEANUP_FREE char *path = file_join(folder->path, file_name);
    if (!stays_inside(file_name))
        return error_set(error, PLACE_NONE, "cannot read %s: it is not in the run's folder", path);
    struct stat status;
    if (fstatat(folder->directory, file_name, &status, AT_SYMLINK_NOFOLLOW) < 0)
        return error_set_system(error, errno, "cannot open %s", path);
    if (!S_ISREG(status.st_mode))
        return error_set(error, PLACE_NONE, "cannot open %s: it is not a plain file", path);
    return file_read(path, SSIZE_MAX, ret_text, ret_length, error);
}
