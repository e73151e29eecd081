/* Checks of how a run is listed and chosen. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "history/history_support.h"

static void make_entries(const char *scratch)
{
    static const char *const folders[] = {
        "20260102-000000-10", "20260102-000000-2",  "20260102-000000",
        "20250101-000000",    "20260102-000000-02", "20260102-000000-1",
        "20260102-000000-",   "20260102-00000x",    "2026",
        "x20260102-000000",   "20260102-0000000",   "20260102-000000-1234567890"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        CU_ASSERT(mkdir(text_of("%s/state/runs/%s", scratch, folders[i]), 0700) == 0);
    put_file(path_of(scratch, "state/runs/20270101-000000"), "", 0);
    CU_ASSERT(symlink("/", path_of(scratch, "state/runs/20270101-000001")) == 0);
}

static void list_has_runs_only_in_order(void)
{
    static const char *const expected[] = {"20250101-000000", "20260102-000000",
                                           "20260102-000000-2", "20260102-000000-10"};
    char *scratch = scratch_new();
    char **ids;
    uint32_t count;
    struct error error = {0};
    CU_ASSERT(run_folder_list(path_of(scratch, "state"), &ids, &count, &error));
    CU_ASSERT(count == 0 && ids == NULL);
    CU_ASSERT(file_make_directories(path_of(scratch, "state/runs"), 0700, &error));
    make_entries(scratch);
    CU_ASSERT(run_folder_list(path_of(scratch, "state"), &ids, &count, &error));
    CU_ASSERT_EQUAL(count, 4);
    for (uint32_t i = 0; i < count; i++) {
        CHECK_TEXT(ids[i], i < 4 ? expected[i] : NULL);
        free(ids[i]);
    }
    free(ids);
    put_file(path_of(scratch, "runs"), "", 0);
    CU_ASSERT_FALSE(run_folder_list(scratch, &ids, &count, &error));
    CHECK_ERROR(&error, text_of("cannot list %s/runs: Not a directory", scratch));
    scratch_remove(scratch);
}

static void check_opens(const char *scratch, const char *id, const char *expected)
{
    struct run_folder folder = {0};
    struct error error = {0};
    CU_ASSERT(run_folder_open(&folder, path_of(scratch, "state"), id, &error));
    CHECK_TEXT(folder.id, expected);
    CHECK_TEXT(folder.path, text_of("%s/state/runs/%s", scratch, expected));
    error_release(&error);
    run_folder_close(&folder);
}

static void check_opens_not(const char *scratch, const char *id, const char *message,
                            const char *hint)
{
    struct run_folder folder = {0};
    struct error error = {0};
    CU_ASSERT_FALSE(run_folder_open(&folder, path_of(scratch, "state"), id, &error));
    CHECK_TEXT(error.hint, hint);
    CHECK_ERROR(&error, message);
    run_folder_close(&folder);
}

static void run_is_chosen(void)
{
    char *scratch = scratch_new();
    check_opens_not(scratch, NULL, text_of("there are no runs in %s/state", scratch), NULL);
    check_opens_not(scratch, "x", text_of("there are no runs in %s/state", scratch), NULL);
    CU_ASSERT(file_make_directories(path_of(scratch, "state/runs"), 0700, NULL));
    make_entries(scratch);
    check_opens(scratch, NULL, "20260102-000000-10");
    check_opens(scratch, "20260102-000000", "20260102-000000");
    check_opens(scratch, "20260102-000000-1", "20260102-000000-10");
    check_opens(scratch, "2025", "20250101-000000");
    check_opens_not(scratch, "2026", "3 runs begin with '2026'",
                    "20260102-000000, 20260102-000000-2, 20260102-000000-10");
    scratch_remove(scratch);
}

static void many_matches_are_cut(void)
{
    char *scratch = scratch_new();
    for (int i = 0; i < 7; i++) {
        struct run_folder folder = run_new(scratch);
        run_folder_close(&folder);
    }
    check_opens_not(scratch, "2", "7 runs begin with '2'",
                    WALL_ID ", " WALL_ID "-2, " WALL_ID "-3, " WALL_ID "-4, " WALL_ID "-5, ...");
    scratch_remove(scratch);
}

static void no_name_leaves_the_state(void)
{
    static const char *const names[][2] = {
        {"", ""},
        {".", "."},
        {"..", ".."},
        {"/", "/"},
        {"../runs/" WALL_ID, "../runs/" WALL_ID},
        {WALL_ID "/", WALL_ID "/"},
        {WALL_ID "/..", WALL_ID "/.."},
        {WALL_ID "/../../../etc", WALL_ID "/../../../etc"},
        {"/etc/passwd", "/etc/passwd"},
        {"20270101-000000", "20270101-000000"},
        {"20270101-000001", "20270101-000001"},
        {"a\033[2Jb\n", "a?[2Jb?"},
    };
    char *scratch = scratch_new();
    struct run_folder folder = run_new(scratch);
    run_folder_close(&folder);
    make_entries(scratch);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        check_opens_not(scratch, names[i][0],
                        text_of("there is no run '%s' in %s/state", names[i][1], scratch), NULL);
    scratch_remove(scratch);
}

const struct check choose_checks[] = {
    {"list has runs only, in order", list_has_runs_only_in_order},
    {"run is chosen", run_is_chosen},
    {"many matches are cut", many_matches_are_cut},
    {"no name leaves the state", no_name_leaves_the_state},
    {NULL, NULL},
};
