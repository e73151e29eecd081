/* Checks of the files of a run's folder: kept whole, and never outside it. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "history/history_support.h"

static void check_file(const struct run_folder *folder, const char *name, const char *bytes,
                       size_t length)
{
    struct error error = {0};
    char *text = NULL;
    size_t read = 0;
    CU_ASSERT(run_folder_write(folder, name, bytes, length, &error));
    CU_ASSERT(run_folder_read(folder, name, &text, &read, &error));
    CU_ASSERT_EQUAL(read, length);
    CU_ASSERT(text != NULL && memcmp(text, bytes, length) == 0 && text[length] == '\0');
    CU_ASSERT_EQUAL(file_mode(path_of(folder->path, name)), 0600);
    error_release(&error);
    free(text);
}

static void files_are_kept_whole(void)
{
    char *scratch = scratch_new();
    struct run_folder folder = run_new(scratch);
    check_file(&folder, "frozen.json", "{\"a\": \0}", 8);
    check_file(&folder, "frozen.json", "{}", 2);
    check_file(&folder, "empty", "", 0);
    check_file(&folder, "workflow/sub/main.yml", "a: b\n", 5);
    check_file(&folder, "..dots", "x", 1);
    CU_ASSERT_EQUAL(file_mode(path_of(folder.path, "workflow")), 0700);
    struct error error = {0};
    limit_file_size(3);
    CU_ASSERT_FALSE(run_folder_write(&folder, "frozen.json", "12345", 5, &error));
    limit_release();
    CHECK_ERROR(&error, text_of("cannot write %s/frozen.json: File too large", folder.path));
    CU_ASSERT_EQUAL(file_size(path_of(folder.path, "frozen.json")), 2);
    run_folder_close(&folder);
    scratch_remove(scratch);
}

static void names_outside_are_refused(void)
{
    static const char *const names[] = {"",    "/etc/passwd", "..",        "../x", "a/../../x",
                                        "a/.", ".",           "workflow/", "a//b", "a/.."};
    char *scratch = scratch_new();
    struct run_folder folder = run_new(scratch);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct error error = {0};
        char *text, *path = file_join(folder.path, names[i]);
        size_t length;
        CU_ASSERT_FALSE(run_folder_write(&folder, names[i], "x", 1, &error));
        CHECK_ERROR(&error, text_of("cannot write %s: it is not in the run's folder", path));
        CU_ASSERT_FALSE(run_folder_read(&folder, names[i], &text, &length, &error));
        CHECK_ERROR(&error, text_of("cannot read %s: it is not in the run's folder", path));
        free(path);
    }
    run_folder_close(&folder);
    scratch_remove(scratch);
}

static void only_plain_files_are_read(void)
{
    char *scratch = scratch_new();
    struct run_folder folder = run_new(scratch);
    CU_ASSERT(mkfifo(path_of(folder.path, "fifo"), 0600) == 0);
    CU_ASSERT(symlink("/etc/passwd", path_of(folder.path, "link")) == 0);
    static const char *const names[] = {"fifo", "link", "tmp"};
    struct error error = {0};
    char *text;
    size_t length;
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_FALSE(run_folder_read(&folder, names[i], &text, &length, &error));
        CHECK_ERROR(&error,
                    text_of("cannot open %s/%s: it is not a plain file", folder.path, names[i]));
    }
    CU_ASSERT_FALSE(run_folder_read(&folder, "none", &text, &length, &error));
    CHECK_ERROR(&error, text_of("cannot open %s/none: No such file or directory", folder.path));
    run_folder_close(&folder);
    scratch_remove(scratch);
}

const struct check files_checks[] = {
    {"files are kept whole", files_are_kept_whole},
    {"names outside are refused", names_outside_are_refused},
    {"only plain files are read", only_plain_files_are_read},
    {NULL, NULL},
};
