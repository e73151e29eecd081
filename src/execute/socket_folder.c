/* The folder of a run's socket: made for this run alone, mode 0700, and locked (flock) as long as
 * its runner lives. Where both a runner and its guardian were killed it stays behind, until the run
 * goes on, or until the next one that makes such a folder beside it: that removes those of this
 * user which nobody has locked, with the socket in them, and nothing else. It does so while it has
 * the lock itself, and whoever has made a folder and then finds it gone makes another; so none is
 * removed between its making and its locking. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/memory.h"
#include "execute/verbs.h"

static const char FOLDER[] = "/pargraph.XXXXXX";
enum { PREFIX = sizeof FOLDER - 7, LOOKED_AT = 10000 /* names beside it, at most */, TRIES = 8 };

static bool fits(const char *above)
{
    return strlen(above) + sizeof FOLDER + sizeof "/" SOCKET_NAME <=
           sizeof((struct sockaddr_un *)0)->sun_path;
}

static bool is_own(const struct stat *status)
{
    return S_ISDIR(status->st_mode) && status->st_uid == geteuid() && (status->st_mode & 077) == 0;
}

/* The user's own, and closed to others. */
static bool is_private(const char *folder)
{
    struct stat status;
    return stat(folder, &status) == 0 && is_own(&status) && access(folder, W_OK | X_OK) == 0;
}

static const char *folder_above(void)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR"), *temporary = getenv("TMPDIR");
    if (runtime != NULL && *runtime == '/' && fits(runtime) && is_private(runtime))
        return runtime;
    if (temporary != NULL && *temporary == '/' && fits(temporary) &&
        access(temporary, W_OK | X_OK) == 0)
        return temporary;
    return "/tmp";
}

/* --- what the dead have left --- */

static void remove_dead(int above, const char *name)
{
    struct stat status;
    CLEANUP_CLOSE int folder =
        openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (folder < 0 || fstat(folder, &status) < 0 || !is_own(&status) ||
        flock(folder, LOCK_EX | LOCK_NB) < 0)
        return;
    if (fstatat(folder, SOCKET_NAME, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISSOCK(status.st_mode))
        unlinkat(folder, SOCKET_NAME, 0);
    unlinkat(above, name, AT_REMOVEDIR); /* not if anything else is in it */
}

static void remove_all_dead(const char *above)
{
    DIR *names = opendir(above);
    struct dirent *name;
    for (int i = 0; names != NULL && i < LOOKED_AT && (name = readdir(names)) != NULL; i++)
        if (strncmp(name->d_name, FOLDER + 1, PREFIX - 1) == 0 &&
            strlen(name->d_name) == sizeof FOLDER - 2)
            remove_dead(dirfd(names), name->d_name);
    if (names != NULL)
        closedir(names);
}

/* --- our own --- */

/* Locks what was just made; EBUSY or ENOENT if another has taken it for a dead one's. A file system
 * without such locks is no obstacle: nobody else can lock there, either, and so remove anything. */
static int lock(struct socket_folder *folder)
{
    struct stat made, there;
    folder->lock = file_raise(open(folder->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (folder->lock < 0)
        return errno;
    if (flock(folder->lock, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
        return EBUSY;
    if (fstat(folder->lock, &made) < 0 || lstat(folder->path, &there) < 0)
        return errno;
    return made.st_dev == there.st_dev && made.st_ino == there.st_ino ? 0 : EBUSY;
}

static int make(struct socket_folder *folder, const char *above)
{
    struct buffer path = {0};
    buffer_printf(&path, "%s%s", above, FOLDER);
    folder->path = buffer_take(&path);
    return mkdtemp(folder->path) != NULL ? lock(folder) : errno;
}

bool socket_folder_make(struct socket_folder *folder, struct error *error)
{
    const char *above = folder_above();
    int number;
    remove_all_dead(above);
    for (int i = 0; i < TRIES; i++) {
        number = make(folder, above);
        if (number == 0)
            return true;
        error_set_system(error, number, "cannot make the folder %s", folder->path);
        socket_folder_remove(folder);
        if (number != EBUSY && number != ENOENT)
            return false;
    }
    return false;
}

void socket_folder_remove(struct socket_folder *folder)
{
    if (folder->path != NULL)
        rmdir(folder->path);
    file_close(&folder->lock);
    memory_free(folder->path);
    folder->path = NULL;
}

void verbs_remove(const char *path)
{
    size_t length = strlen(path), end = sizeof "/" SOCKET_NAME - 1;
    struct stat status;
    if (length < end || strcmp(path + length - end, "/" SOCKET_NAME) != 0 ||
        lstat(path, &status) < 0 || !S_ISSOCK(status.st_mode))
        return;
    CLEANUP_FREE char *folder = memory_text_n(path, length - end);
    const char *name = strrchr(folder, '/');
    if (name == NULL || strncmp(name, FOLDER, PREFIX) != 0 || !is_private(folder))
        return;
    unlink(path);
    rmdir(folder);
}
