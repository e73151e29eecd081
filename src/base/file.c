/* Files and descriptors; see file.h. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/checksum.h"
#include "base/memory.h"

static bool read_to_end(int descriptor, const char *path, size_t most, struct buffer *out,
                        struct error *error)
{
    for (;;) {
        char *end = buffer_reserve(out, 65536);
        ssize_t got = read(descriptor, end, 65536);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set_system(error, errno, "cannot read %s", path);
        if (got == 0)
            return true;
        out->length += (size_t)got;
        if (out->length > most)
            return error_set(error, PLACE_NONE, "%s is larger than %zu bytes", path, most);
    }
}

bool file_read(const char *path, size_t most, char **ret_text, size_t *ret_length,
               struct error *error)
{
    bool is_stdin = strcmp(path, "-") == 0;
    CLEANUP_CLOSE int opened = is_stdin ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (!is_stdin && opened < 0)
        return error_set_system(error, errno, "cannot open %s", path);
    CLEANUP_BUFFER struct buffer text = {0};
    struct stat status;
    if (opened >= 0 && fstat(opened, &status) == 0 && S_ISREG(status.st_mode) &&
        status.st_size > 0 && (size_t)status.st_size <= most)
        buffer_reserve(&text, (size_t)status.st_size + 65537);
    if (!read_to_end(is_stdin ? STDIN_FILENO : opened, is_stdin ? "standard input" : path, most,
                     &text, error))
        return false;
    *ret_length = text.length;
    *ret_text = buffer_take(&text);
    return true;
}

bool file_write_all(int descriptor, const void *bytes, size_t length)
{
    const char *at = bytes;
    while (length > 0) {
        ssize_t written = write(descriptor, at, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        at += written;
        length -= (size_t)written;
    }
    return true;
}

void file_ring(int descriptor, const void *bytes, size_t length)
{
    for (int tries = 0; tries < 100; tries++)
        if (write(descriptor, bytes, length) >= 0 || errno == EAGAIN)
            return;
}

/* What is to stand in a file that is replaced: bytes, or another file as long as it is what it was.
 */
struct content {
    const void *bytes;
    size_t length;
    int from; /* where bytes is NULL */
    uint32_t checksum;
};

/* False leaves errno; 0: it was changed. */
static bool copy_all(int descriptor, const struct content *content)
{
    enum { PIECE = 65536 };
    CLEANUP_FREE char *piece = memory_bare(PIECE);
    size_t length = 0;
    uint32_t checksum = 0;
    for (;;) {
        ssize_t got = read(content->from, piece, PIECE);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 || (got > 0 && !file_write_all(descriptor, piece, (size_t)got)))
            return false;
        if (got == 0)
            break;
        length += (size_t)got;
        checksum = checksum_crc32c(checksum, piece, (size_t)got);
    }
    errno = 0;
    return length == content->length && checksum == content->checksum;
}

static bool replace(const char *path, const struct content *content, struct error *error)
{
    CLEANUP_BUFFER struct buffer name = {0};
    buffer_printf(&name, "%s.XXXXXX", path);
    char *temporary = (char *)buffer_text(&name);
    CLEANUP_CLOSE int descriptor = mkostemp(temporary, O_CLOEXEC);
    if (descriptor < 0)
        return error_set_system(error, errno, "cannot create %s", path);
    bool is_written = content->bytes != NULL
                          ? file_write_all(descriptor, content->bytes, content->length)
                          : copy_all(descriptor, content);
    if (is_written && rename(temporary, path) == 0)
        return true;
    int number = errno;
    unlink(temporary);
    if (number == 0)
        return error_set(error, PLACE_NONE, "what was to be copied was changed meanwhile");
    return error_set_system(error, number, "cannot write %s", path);
}

bool file_replace(const char *path, const void *bytes, size_t length, struct error *error)
{
    return replace(path, &(struct content){.bytes = bytes, .length = length, .from = -1}, error);
}

bool file_copy(const char *from, const char *path, size_t length, uint32_t checksum,
               struct error *error)
{
    CLEANUP_CLOSE int opened = open(from, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (opened < 0)
        return error_set_system(error, errno, "cannot open %s", from);
    struct content content = {.length = length, .from = opened, .checksum = checksum};
    if (replace(path, &content, error))
        return true;
    return error_wrap(error, "cannot copy %s", from);
}

bool file_make_directories(const char *path, unsigned mode, struct error *error)
{
    CLEANUP_FREE char *copy = memory_text(path);
    for (char *at = copy + 1; copy[0] != '\0'; at++) {
        if (*at != '/' && *at != '\0')
            continue;
        char was = *at;
        *at = '\0';
        if (mkdir(copy, mode) < 0 && errno != EEXIST && errno != EROFS && errno != EACCES)
            return error_set_system(error, errno, "cannot create directory %s", copy);
        *at = was;
        if (was == '\0')
            break;
    }
    struct stat status;
    if (stat(path, &status) < 0 && mkdir(path, mode) < 0)
        return error_set_system(error, errno, "cannot create directory %s", path);
    if (stat(path, &status) == 0 && !S_ISDIR(status.st_mode))
        return error_set_system(error, ENOTDIR, "cannot create directory %s", path);
    return true;
}

char *file_join(const char *directory, const char *name)
{
    if (name[0] == '/' || directory == NULL || directory[0] == '\0')
        return memory_text(name);
    struct buffer path = {0};
    size_t length = strlen(directory);
    buffer_printf(&path, "%s%s%s", directory, directory[length - 1] == '/' ? "" : "/", name);
    return buffer_take(&path);
}

char *file_directory(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return memory_text(".");
    return memory_text_n(path, slash == path ? 1 : (size_t)(slash - path));
}

int file_raise(int descriptor)
{
    int error = errno;
    int raised = descriptor < 0 || descriptor >= FILE_RAISED
                     ? -1
                     : fcntl(descriptor, F_DUPFD_CLOEXEC, FILE_RAISED);
    if (raised >= 0)
        close(descriptor);
    errno = error;
    return raised >= 0 ? raised : descriptor;
}

void file_close(int *descriptor)
{
    int number = errno;
    if (*descriptor >= 0)
        close(*descriptor);
    *descriptor = -1;
    errno = number;
}
