/* Files, paths, descriptors. */
#include "base/base_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "support/check.h"

static char *temporary_folder(void)
{
    struct buffer path = {0};
    const char *base = getenv("TMPDIR");
    buffer_printf(&path, "%s/base_test.XXXXXX", base != NULL ? base : "/tmp");
    buffer_text(&path);
    return mkdtemp(path.bytes) != NULL ? buffer_take(&path) : NULL;
}

void files(void)
{
    CLEANUP_FREE char *folder = temporary_folder();
    CLEANUP_FREE char *deep = file_join(folder, "a/b/c");
    CLEANUP_FREE char *path = file_join(deep, "file");
    CLEANUP_ERROR struct error error = {0};
    CU_ASSERT(file_make_directories(deep, 0700, &error));
    CU_ASSERT(file_make_directories(deep, 0700, &error));
    CU_ASSERT(file_replace(path, "one", 3, &error));
    CU_ASSERT(file_replace(path, "three", 5, &error));
    CLEANUP_FREE char *text = NULL;
    size_t length = 0;
    CU_ASSERT(file_read(path, 5, &text, &length, &error));
    CHECK_TEXT(text, "three");
    char *more;
    CU_ASSERT_FALSE(file_read(path, 4, &more, &length, &error));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "is larger than 4 bytes"));
    CU_ASSERT_FALSE(file_read(deep, 100, &more, &length, &error));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "Is a directory"));
    CLEANUP_FREE char *below = file_join(path, "x/y");
    CU_ASSERT_FALSE(file_make_directories(below, 0700, &error));
    CLEANUP_FREE char *command = NULL;
    CU_ASSERT(asprintf(&command, "rm -r '%s'", folder) > 0 && system(command) == 0);
}

void paths(void)
{
    static const struct {
        const char *directory, *name, *joined;
    } joins[] = {
        {"a", "b", "a/b"}, {"a/", "b", "a/b"}, {"a", "/b", "/b"}, {"", "b", "b"}, {NULL, "b", "b"}};
    for (size_t i = 0; i < 5; i++) {
        CLEANUP_FREE char *joined = file_join(joins[i].directory, joins[i].name);
        CHECK_TEXT(joined, joins[i].joined);
    }
    CLEANUP_FREE char *bare = file_directory("x"), *root = file_directory("/x"),
                      *deep = file_directory("a/b/c");
    CHECK_TEXT(bare, ".");
    CHECK_TEXT(root, "/");
    CHECK_TEXT(deep, "a/b");
}

/* Above all that is low, still open, and closed by an execve; what cannot move stays. */
void raised_descriptors(void)
{
    char path[] = "/tmp/raised-XXXXXX", bytes[4] = {0};
    int low = mkstemp(path);
    CU_ASSERT_FATAL(low >= 0);
    unlink(path);
    CU_ASSERT_EQUAL(write(low, "here", 4), 4);
    int high = file_raise(low);
    CU_ASSERT(high >= FILE_RAISED);
    CU_ASSERT_EQUAL(fcntl(low, F_GETFD), -1);
    CU_ASSERT_EQUAL(fcntl(high, F_GETFD), FD_CLOEXEC);
    CU_ASSERT_EQUAL(pread(high, bytes, 4, 0), 4);
    CU_ASSERT_EQUAL(memcmp(bytes, "here", 4), 0);
    CU_ASSERT_EQUAL(file_raise(high), high);
    struct rlimit limit, few;
    getrlimit(RLIMIT_NOFILE, &limit);
    few = (struct rlimit){FILE_RAISED, limit.rlim_max};
    low = dup(high);
    setrlimit(RLIMIT_NOFILE, &few);
    errno = ENOENT;
    CU_ASSERT_EQUAL(file_raise(low), low);
    CU_ASSERT_EQUAL(file_raise(-1), -1);
    CU_ASSERT_EQUAL(errno, ENOENT);
    setrlimit(RLIMIT_NOFILE, &limit);
    CU_ASSERT_EQUAL(pread(low, bytes, 4, 0), 4);
    close(low);
    close(high);
}
