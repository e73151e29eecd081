/* The values file: bytes one behind the other; see history.h. What is where, the journal knows.
 * What is gathered stands behind what is written, so it has its place already. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/checksum.h"
#include "base/memory.h"
#include "history/append.h"

enum { MOST_GATHERED = 1 << 20, LONG_VALUE = 1 << 16 };

struct values {
    struct append_file file;
    struct buffer gathered;
    bool is_damaged; /* what was last asked for */
};

static struct values *new_values(const struct append_file *file)
{
    return memory_copy(&(struct values){.file = *file}, sizeof(struct values));
}

struct values *values_create(const struct run_folder *folder, struct error *error)
{
    struct append_file file;
    return append_create(&file, folder, "values", error) ? new_values(&file) : NULL;
}

struct values *values_open(const struct run_folder *folder, struct error *error)
{
    struct append_file file;
    return append_open(&file, folder, "values", error) ? new_values(&file) : NULL;
}

struct values *values_resume(const struct run_folder *folder, struct error *error)
{
    struct append_file file;
    return append_resume(&file, folder, "values", error) ? new_values(&file) : NULL;
}

bool values_add(struct values *values, const void *bytes, size_t length, struct extent *ret,
                struct error *error)
{
    struct buffer *gathered = &values->gathered;
    bool is_long = length > LONG_VALUE;
    *ret = (struct extent){0};
    if (length == 0)
        return true;
    if ((is_long || gathered->length > MOST_GATHERED) && !values_write(values, error))
        return false;
    struct extent extent = {.offset = values->file.length + gathered->length,
                            .length = length,
                            .checksum = checksum_crc32c(0, bytes, length)};
    if (is_long && !append_write(&values->file, bytes, length, error))
        return false;
    if (!is_long)
        buffer_add(gathered, bytes, length);
    *ret = extent;
    return true;
}

bool values_write(struct values *values, struct error *error)
{
    struct buffer *gathered = &values->gathered;
    if (gathered->length > 0 &&
        !append_write(&values->file, gathered->bytes, gathered->length, error))
        return false;
    buffer_clear(gathered);
    return true;
}

bool values_are_damaged(const struct values *values)
{
    return values->is_damaged;
}

bool values_exist(const struct run_folder *folder)
{
    return faccessat(folder->directory, "values", F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
           errno != ENOENT;
}

/* Whole pieces are gathered, or none of one. */
static bool is_gathered(const struct values *values, const struct extent *extent)
{
    uint64_t begin = values->file.length, length = values->gathered.length;
    return length > 0 && extent->offset >= begin && extent->length <= length &&
           extent->offset - begin <= length - extent->length;
}

bool values_get(struct values *values, const struct extent *extent, char **ret_bytes,
                struct error *error)
{
    const struct append_file *file = &values->file;
    values->is_damaged = false;
    if (is_gathered(values, extent)) {
        *ret_bytes =
            memory_text_n(values->gathered.bytes + (extent->offset - file->length), extent->length);
        return true;
    }
    /* Asked before so much memory is taken; a run that is alive makes the file longer. */
    struct stat status;
    if (fstat(file->descriptor, &status) < 0)
        return error_set_system(error, errno, "cannot read %s", file->path);
    values->is_damaged = extent->length > (uint64_t)status.st_size;
    if (values->is_damaged)
        return error_set(error, PLACE_NONE, "%s is damaged: it is too short", file->path);
    CLEANUP_FREE char *bytes = memory_resize(NULL, extent->length + 1, 1);
    size_t got = append_read(file, extent->offset, bytes, extent->length, error);
    if (got == SIZE_MAX)
        return false;
    values->is_damaged = true;
    if (got < extent->length)
        return error_set(error, PLACE_NONE, "%s is damaged: it is too short", file->path);
    if (checksum_crc32c(0, bytes, got) != extent->checksum)
        return error_set(error, PLACE_NONE, "%s is damaged at %llu: the checksum is wrong",
                         file->path, (unsigned long long)extent->offset);
    values->is_damaged = false;
    bytes[got] = '\0';
    *ret_bytes = bytes;
    bytes = NULL;
    return true;
}

int values_duplicate(const struct values *values)
{
    return append_duplicate(&values->file);
}

bool values_sync(struct values *values, struct error *error)
{
    return values_write(values, error) && append_sync(&values->file, error);
}

void values_close(struct values *values)
{
    append_close(&values->file);
    buffer_release(&values->gathered);
    free(values);
}
