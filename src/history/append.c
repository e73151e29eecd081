/* Appending, whole or not at all; see append.h. The length of the whole pieces is kept here and
 * every write goes to that offset, so a piece torn by a full disk is cut off, and where even that
 * fails the next try covers it: what is tried again begins with the same bytes. */
#include "history/append.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

bool append_create(struct append_file *ret, const struct run_folder *folder, const char *file_name,
                   struct error *error)
{
    int descriptor = openat(folder->directory, file_name,
                            O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return error_set_system(error, errno, "cannot create %s/%s", folder->path, file_name);
    *ret = (struct append_file){.descriptor = file_raise(descriptor),
                                .path = file_join(folder->path, file_name)};
    return true;
}

bool append_resume(struct append_file *ret, const struct run_folder *folder, const char *file_name,
                   struct error *error)
{
    CLEANUP_CLOSE int opened = openat(folder->directory, file_name,
                                      O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    struct stat status;
    if (opened < 0 || fstat(opened, &status) < 0)
        return error_set_system(error, errno, "cannot open %s/%s", folder->path, file_name);
    if (!S_ISREG(status.st_mode))
        return error_set(error, PLACE_NONE, "cannot open %s/%s: it is not a plain file",
                         folder->path, file_name);
    *ret = (struct append_file){.descriptor = file_raise(opened),
                                .path = file_join(folder->path, file_name),
                                .length = (uint64_t)status.st_size};
    opened = -1;
    return true;
}

bool append_cut(struct append_file *file, uint64_t length, struct error *error)
{
    if (ftruncate(file->descriptor, (off_t)length) < 0)
        return error_set_system(error, errno, "cannot cut %s", file->path);
    file->length = length;
    file->is_unsynced = true;
    return true;
}

bool append_open(struct append_file *ret, const struct run_folder *folder, const char *file_name,
                 struct error *error)
{
    /* Opening a fifo must not wait for its other end. */
    CLEANUP_CLOSE int opened =
        openat(folder->directory, file_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat status;
    if (opened < 0 || fstat(opened, &status) < 0)
        return error_set_system(error, errno, "cannot open %s/%s", folder->path, file_name);
    if (!S_ISREG(status.st_mode))
        return error_set(error, PLACE_NONE, "cannot open %s/%s: it is not a plain file",
                         folder->path, file_name);
    *ret = (struct append_file){.descriptor = opened,
                                .path = file_join(folder->path, file_name),
                                .length = (uint64_t)status.st_size};
    opened = -1;
    return true;
}

static bool write_at(int descriptor, uint64_t offset, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = pwrite(descriptor, bytes, length, (off_t)offset);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        bytes += written;
        offset += (uint64_t)written;
        length -= (size_t)written;
    }
    return true;
}

bool append_write(struct append_file *file, const void *bytes, size_t length, struct error *error)
{
    if (!write_at(file->descriptor, file->length, bytes, length)) {
        int number = errno;
        int ignored = ftruncate(file->descriptor, (off_t)file->length);
        (void)ignored;
        return error_set_system(error, number, "cannot write %s", file->path);
    }
    file->length += length;
    file->is_unsynced = file->is_unsynced || length > 0;
    return true;
}

size_t append_read(const struct append_file *file, uint64_t offset, void *bytes, size_t length,
                   struct error *error)
{
    size_t done = 0;
    while (done < length && offset + done <= INT64_MAX) {
        ssize_t got =
            pread(file->descriptor, (char *)bytes + done, length - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            error_set_system(error, errno, "cannot read %s", file->path);
            return SIZE_MAX;
        }
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return done;
}

int append_duplicate(const struct append_file *file)
{
    return file_raise(fcntl(file->descriptor, F_DUPFD_CLOEXEC, FILE_RAISED));
}

bool append_sync(struct append_file *file, struct error *error)
{
    if (!file->is_unsynced)
        return true;
    if (fdatasync(file->descriptor) < 0)
        return error_set_system(error, errno, "cannot bring %s to the disk", file->path);
    file->is_unsynced = false;
    return true;
}

void append_close(struct append_file *file)
{
    file_close(&file->descriptor);
    free(file->path);
}
