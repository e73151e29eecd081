/* Checks of the values file. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "history/history_support.h"

static void check_value(struct values *values, const struct extent *extent, const char *bytes,
                        size_t length)
{
    struct error error = {0};
    char *got = NULL;
    CU_ASSERT_EQUAL(extent->length, length);
    CU_ASSERT(values_get(values, extent, &got, &error));
    CU_ASSERT(got != NULL && memcmp(got, bytes, length) == 0 && got[length] == '\0');
    error_release(&error);
    free(got);
}

static void check_no_value(struct values *values, struct extent extent, const char *message)
{
    struct error error = {0};
    char *bytes = NULL;
    CU_ASSERT_FALSE(values_get(values, &extent, &bytes, &error));
    CU_ASSERT_PTR_NULL(bytes);
    CHECK_ERROR(&error, message);
}

static void values_come_back(void)
{
    char *scratch = scratch_new();
    struct run_folder folder = run_new(scratch);
    struct values *values = values_create(&folder, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(values);
    struct values *reader = values_open(&folder, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(reader);
    struct extent first, second, none = {1, 2, 3};
    CU_ASSERT(values_add(values, "a\0b", 3, &first, NULL));
    CU_ASSERT(values_add(values, NULL, 0, &none, NULL));
    CU_ASSERT(none.offset == 0 && none.length == 0 && none.checksum == 0);
    CU_ASSERT(values_add(values, "{}", 2, &second, NULL));
    CU_ASSERT_EQUAL(file_size(path_of(folder.path, "values")), 0);
    check_value(values, &first, "a\0b", 3); /* before they are written, too */
    check_value(values, &second, "{}", 2);
    CU_ASSERT(values_write(values, NULL));
    CU_ASSERT_EQUAL(file_size(path_of(folder.path, "values")), 5);
    CU_ASSERT_EQUAL(file_mode(path_of(folder.path, "values")), 0600);
    CU_ASSERT(values_sync(values, NULL));
    for (int i = 0; i < 2; i++) { /* a reader sees what came after it was opened */
        struct values *from = i == 0 ? values : reader;
        check_value(from, &first, "a\0b", 3);
        check_value(from, &second, "{}", 2);
        check_value(from, &none, "", 0);
    }
    values_close(reader);
    values_close(values);
    run_folder_close(&folder);
    scratch_remove(scratch);
}

static void damaged_values_are_told(void)
{
    char *scratch = scratch_new();
    struct run_folder folder = run_new(scratch);
    struct values *values = values_create(&folder, NULL);
    struct extent extent;
    CU_ASSERT(values_add(values, "hello", 5, &extent, NULL));
    CU_ASSERT(values_add(values, "world", 5, &extent, NULL));
    CU_ASSERT(values_write(values, NULL));
    const char *path = path_of(folder.path, "values");
    const char *is_short = text_of("%s is damaged: it is too short", path);
    check_no_value(values, (struct extent){0, UINT64_MAX, 0}, is_short);
    check_no_value(values, (struct extent){UINT64_MAX, 2, 0}, is_short);
    check_no_value(values, (struct extent){6, 5, extent.checksum}, is_short);
    check_no_value(values, (struct extent){0, 5, extent.checksum},
                   text_of("%s is damaged at 0: the checksum is wrong", path));
    put_byte(path, 7, 'R');
    check_no_value(values, extent, text_of("%s is damaged at 5: the checksum is wrong", path));
    put_byte(path, 7, 'r');
    check_value(values, &extent, "world", 5);
    CU_ASSERT(truncate(path, 9) == 0);
    check_no_value(values, extent, is_short);
    values_close(values);
    run_folder_close(&folder);
    scratch_remove(scratch);
}

static void full_disk_adds_no_value(void)
{
    char *scratch = scratch_new();
    struct run_folder folder = run_new(scratch);
    struct values *values = values_create(&folder, NULL);
    struct error error = {0};
    struct extent first, second = {1, 2, 3};
    char *many = calloc(1, 100000);
    CU_ASSERT(values_add(values, "hello", 5, &first, NULL) && values_write(values, NULL));
    limit_file_size(7);
    CU_ASSERT_FALSE(values_add(values, many, 100000, &second, &error)); /* long: at once */
    CHECK_ERROR(&error, text_of("cannot write %s/values: File too large", folder.path));
    CU_ASSERT(second.length == 0);
    CU_ASSERT(values_add(values, "world", 5, &second, &error));
    CU_ASSERT_FALSE(values_write(values, &error));
    limit_release();
    CHECK_ERROR(&error, text_of("cannot write %s/values: File too large", folder.path));
    CU_ASSERT_EQUAL(file_size(path_of(folder.path, "values")), 5);
    CU_ASSERT(values_write(values, &error)); /* all of it again */
    check_value(values, &first, "hello", 5);
    check_value(values, &second, "world", 5);
    CU_ASSERT(values_add(values, many, 100000, &second, &error));
    check_value(values, &second, many, 100000);
    free(many);
    values_close(values);
    run_folder_close(&folder);
    scratch_remove(scratch);
}

static void files_are_made_once(void)
{
    char *scratch = scratch_new();
    struct run_folder folder = run_new(scratch);
    struct error error = {0};
    CU_ASSERT_PTR_NULL(values_open(&folder, &error));
    CHECK_ERROR(&error, text_of("cannot open %s/values: No such file or directory", folder.path));
    values_close(values_create(&folder, NULL));
    log_close(log_create(&folder, NULL));
    CU_ASSERT_PTR_NULL(values_create(&folder, &error));
    CHECK_ERROR(&error, text_of("cannot create %s/values: File exists", folder.path));
    CU_ASSERT_PTR_NULL(log_create(&folder, &error));
    CHECK_ERROR(&error, text_of("cannot create %s/log: File exists", folder.path));
    run_folder_close(&folder);
    scratch_remove(scratch);
}

const struct check values_checks[] = {
    {"values come back", values_come_back},
    {"damaged values are told", damaged_values_are_told},
    {"full disk adds no value", full_disk_adds_no_value},
    {"files are made once", files_are_made_once},
    {NULL, NULL},
};
