/* Making a run's folder; see history.h. The name is taken by mkdir, which gives it to one process
 * only. The lock file is locked before it gets its name, so whoever asks for a lock file in between
 * sees none, and no question can get in the way of the locking. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "history/folder.h"
#include "history/history.h"
#include "history/run_id.h"

static bool is_directory(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* ret_is_new: whether it was made by this call. */
static bool make_directory(const char *path, bool *ret_is_new, struct error *error)
{
    *ret_is_new = mkdir(path, 0700) == 0;
    if (*ret_is_new)
        return true;
    if (errno != EEXIST)
        return error_set_system(error, errno, "cannot create directory %s", path);
    if (!is_directory(path))
        return error_set(error, PLACE_NONE,
                         "cannot create directory %s: a file of that name is in the way", path);
    return true;
}

/* Only a directory made for this alone ignores itself: one that was there may hold other things. */
static bool make_state(const char *state, struct error *error)
{
    CLEANUP_FREE char *above = file_directory(state);
    bool is_new;
    if (!is_directory(above) && !file_make_directories(above, 0700, error))
        return false;
    if (!make_directory(state, &is_new, error))
        return false;
    CLEANUP_FREE char *ignore = file_join(state, ".gitignore");
    if (is_new && !file_replace(ignore, "*\n", 2, error)) {
        rmdir(state);
        return false;
    }
    CLEANUP_FREE char *runs = file_join(state, "runs");
    return make_directory(runs, &is_new, error);
}

static bool next_id(const char *id, struct buffer *ret, struct error *error)
{
    return run_id_write_next(id, ret) ||
           error_set(error, PLACE_NONE, "no run can be named behind %s", id);
}

/* The first id to try: that of the wall clock, unless it has been put back since the newest run
 * began. Then the one behind that run's: the newest must stay the one that began last. */
static bool first_id(const char *state, int64_t wall, struct buffer *ret, struct error *error)
{
    char **ids;
    uint32_t count;
    if (!run_folder_list(state, &ids, &count, error))
        return false;
    run_id_write(wall, ret);
    const char *newest = count > 0 ? ids[count - 1] : NULL;
    bool is_later = newest == NULL || run_id_compare(newest, buffer_text(ret)) < 0;
    bool is_chosen = is_later || next_id(newest, ret, error);
    run_ids_free(ids, count);
    return is_chosen;
}

/* The id and the path of a folder that was not there before. */
static bool make_run(struct run_folder *folder, const char *state, int64_t wall,
                     struct error *error)
{
    CLEANUP_FREE char *runs = file_join(state, "runs");
    CLEANUP_FREE char *absolute = realpath(runs, NULL);
    if (absolute == NULL)
        return error_set_system(error, errno, "cannot find %s", runs);
    CLEANUP_BUFFER struct buffer id = {0};
    bool has_id = first_id(state, wall, &id, error);
    while (has_id) {
        CLEANUP_FREE char *path = file_join(absolute, buffer_text(&id));
        if (mkdir(path, 0700) == 0) {
            folder->id = buffer_take(&id);
            folder->path = path;
            path = NULL;
            return true;
        }
        if (errno != EEXIST)
            return error_set_system(error, errno, "cannot create directory %s", path);
        CLEANUP_FREE char *taken = buffer_take(&id);
        has_id = next_id(taken, &id, error);
    }
    return false;
}

static bool take_lock(struct run_folder *folder, struct error *error)
{
    folder->lock = file_raise(openat(folder->directory, "lock.new",
                                     O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (folder->lock < 0)
        return error_set_system(error, errno, "cannot create %s/lock", folder->path);
    if (flock(folder->lock, LOCK_EX | LOCK_NB) < 0)
        return error_set_system(error, errno, "cannot lock %s/lock", folder->path);
    if (renameat(folder->directory, "lock.new", folder->directory, "lock") < 0)
        return error_set_system(error, errno, "cannot create %s/lock", folder->path);
    return true;
}

static bool fill_run(struct run_folder *folder, struct error *error)
{
    folder->directory =
        file_raise(open(folder->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (folder->directory < 0)
        return error_set_system(error, errno, "cannot open %s", folder->path);
    if (mkdirat(folder->directory, "tmp", 0700) < 0)
        return error_set_system(error, errno, "cannot create directory %s/tmp", folder->path);
    return take_lock(folder, error);
}

static void remove_run(struct run_folder *folder)
{
    if (folder->directory >= 0) {
        unlinkat(folder->directory, "lock.new", 0);
        unlinkat(folder->directory, "tmp", AT_REMOVEDIR);
    }
    rmdir(folder->path);
    run_folder_close(folder);
}

bool run_folder_create(struct run_folder *ret, const char *state, int64_t wall, struct error *error)
{
    CLEANUP_FREE char *directory = memory_text(state);
    for (size_t length = strlen(directory); length > 1 && directory[length - 1] == '/'; length--)
        directory[length - 1] = '\0';
    struct run_folder folder = {.directory = -1, .lock = -1};
    if (!make_state(directory, error) || !make_run(&folder, directory, wall, error))
        return false;
    if (!fill_run(&folder, error)) {
        remove_run(&folder);
        return false;
    }
    *ret = folder;
    return true;
}
