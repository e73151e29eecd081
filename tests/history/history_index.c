/* Checks of the index: whatever becomes of the database, the list of runs is complete. */
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/memory.h"
#include "history/history_index.h"

void check_runs(const char *scratch, const char *expected)
{
    struct buffer text = {0};
    struct index_run *runs;
    uint32_t count;
    struct error error = {0};
    CU_ASSERT_FATAL(index_runs(path_of(scratch, "state"), &runs, &count, &error));
    for (uint32_t i = 0; i < count; i++) {
        struct index_run *run = &runs[i];
        buffer_printf(&text, "%s '%s' '%s' %lld %lld %d %u/%u/%u\n", run->id, run->name, run->file,
                      (long long)run->started, (long long)run->elapsed, run->exit_status,
                      run->succeeded, run->failed, run->total);
        index_run_release(run);
    }
    free(runs);
    CHECK_TEXT(buffer_text(&text), expected);
    buffer_release(&text);
}

struct index_run row_of(const char *id)
{
    return (struct index_run){.id = (char *)id,
                              .name = (char *)"it's \"named\"",
                              .file = (char *)"a/flow.yml",
                              .started = 1,
                              .elapsed = INT64_MAX,
                              .exit_status = 130,
                              .succeeded = UINT32_MAX,
                              .failed = 2,
                              .total = 3};
}

void check_put(const char *scratch, const char *id)
{
    struct error error = {0};
    struct index_run row = row_of(id);
    CU_ASSERT(index_put(path_of(scratch, "state"), &row, 1, &error));
    CHECK_TEXT(error.message, NULL);
    error_release(&error);
}

void make_runs(const char *scratch, int count)
{
    for (int i = 0; i < count; i++) {
        struct run_folder folder = run_new(scratch);
        run_folder_close(&folder);
    }
}

/* A journal that was begun, with one input, and an end if status is not negative. */
static void make_journal(const char *scratch, int status)
{
    struct run_folder folder = run_new(scratch);
    struct journal_head head = {.scheduler_version = 1, .wall = 5};
    struct journal *journal = journal_create(&folder, &head, NULL);
    journal_add_input(journal, &(struct input){.kind = INPUT_STARTED, .now = 70});
    if (status >= 0)
        journal_add_end(
            journal,
            &(struct journal_end){
                .exit_status = status, .time = 80, .succeeded = 7, .failed = 2, .total = 10});
    CU_ASSERT(journal_write(journal, NULL));
    journal_close(journal);
    static const char frozen[] = "{\"name\": \"killed\", \"file\": \"k.yml\", \"more\": [1]}";
    CU_ASSERT(run_folder_write(&folder, "frozen.json", frozen, sizeof frozen - 1, NULL));
    run_folder_close(&folder);
}

static void rows_come_back(void)
{
    char *scratch = scratch_new();
    check_runs(scratch, "");
    make_runs(scratch, 10);
    check_put(scratch, WALL_ID "-10");
    CU_ASSERT_EQUAL(file_mode(path_of(scratch, "state/index.db")), 0600);
    check_put(scratch, WALL_ID "-2");
    check_put(scratch, WALL_ID);
    check_put(scratch, WALL_ID);
    for (int i = 3; i < 10; i++)
        CU_ASSERT(remove(text_of("%s/state/runs/" WALL_ID "-%d/lock", scratch, i)) == 0 &&
                  remove(text_of("%s/state/runs/" WALL_ID "-%d/tmp", scratch, i)) == 0 &&
                  remove(text_of("%s/state/runs/" WALL_ID "-%d", scratch, i)) == 0);
    check_put(scratch, WALL_ID "-5");            /* a row of a run whose folder is gone */
    check_put(scratch, "../../nothing of mine"); /* and of what was never one */
    check_runs(scratch, WALL_ID ROW WALL_ID "-2" ROW WALL_ID "-10" ROW);
    struct index_run empty = {.id = (char *)WALL_ID, .exit_status = -1};
    CU_ASSERT(index_put(path_of(scratch, "state"), &empty, 1, NULL));
    check_runs(scratch, WALL_ID " '' '' 0 0 -1 0/0/0\n" WALL_ID "-2" ROW WALL_ID "-10" ROW);
    scratch_remove(scratch);
}

static void runs_without_rows_are_derived(void)
{
    char *scratch = scratch_new();
    make_journal(scratch, -1);
    make_journal(scratch, 3);
    make_runs(scratch, 1); /* killed before it had a journal */
    make_runs(scratch, 1);
    put_file(path_of(scratch, "state/runs/" WALL_ID "-4/journal"), "no journal", 10);
    put_file(path_of(scratch, "state/runs/" WALL_ID "-4/frozen.json"), "{\"name\": ", 9);
    const char *expected =
        text_of("%s", WALL_ID " 'killed' 'k.yml' 5 70 -1 0/0/0\n" WALL_ID
                              "-2 'killed' 'k.yml' 5 80 3 7/2/10\n" BARE("-3") BARE("-4"));
    check_runs(scratch, expected);
    CU_ASSERT_EQUAL(file_mode(path_of(scratch, "state/index.db")), 0600); /* made by reading */
    check_put(scratch, WALL_ID "-3");
    const char *with_row =
        WALL_ID " 'killed' 'k.yml' 5 70 -1 0/0/0\n" WALL_ID
                "-2 'killed' 'k.yml' 5 80 3 7/2/10\n" WALL_ID "-3" ROW BARE("-4");
    check_runs(scratch, with_row);
    /* The row of the one that ended was kept: its journal is not needed any more. */
    const char *journal = path_of(scratch, "state/runs/" WALL_ID "-2/journal");
    char *bytes;
    size_t length;
    CU_ASSERT_FATAL(file_read(journal, 1 << 20, &bytes, &length, NULL));
    memset(bytes, 'x', length);
    put_file(journal, bytes, length);
    check_runs(scratch, with_row);
    /* With a journal of another length the row is of the past, and so is one put in by hand. */
    put_file(journal, bytes, length - 1);
    const char *stale =
        WALL_ID " 'killed' 'k.yml' 5 70 -1 0/0/0\n" WALL_ID
                "-2 'killed' 'k.yml' 1795474501000000000 0 -1 0/0/0\n" WALL_ID "-3" ROW BARE("-4");
    check_runs(scratch, stale);
    check_put(scratch, WALL_ID "-2");
    check_runs(scratch, stale);
    free(bytes);
    scratch_remove(scratch);
}

static void hostile_frozen_files_are_survived(void)
{
    static const char *const texts[] = {"",         "null", "[]",  "{\"name\": 1, \"file\": []}",
                                        "\"name\"", "{",    "\xff"};
    char *scratch = scratch_new();
    make_runs(scratch, 1);
    const char *path = text_of("%s/state/runs/" WALL_ID "/frozen.json", scratch);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        put_file(path, texts[i], strlen(texts[i]));
        check_runs(scratch, BARE(""));
    }
    char *deep = memory_new(1 << 20);
    memset(deep, '[', 1 << 20);
    put_file(path, deep, 1 << 20);
    check_runs(scratch, BARE(""));
    free(deep);
    scratch_remove(scratch);
}

enum { PROCESSES = 8 };

static void put_some(const char *state, int number)
{
    for (int i = 0; i < 3; i++) {
        struct index_run row = row_of(text_of(WALL_ID "-%d", 2 + number * 3 + i));
        if (!index_put(state, &row, 1, NULL))
            _exit(1);
    }
    _exit(0);
}

static void processes_put_side_by_side(void)
{
    char *scratch = scratch_new();
    make_runs(scratch, 1 + PROCESSES * 3);
    const char *state = path_of(scratch, "state");
    pid_t children[PROCESSES];
    for (int i = 0; i < PROCESSES; i++)
        if ((children[i] = fork()) == 0)
            put_some(state, i);
    for (int i = 0; i < PROCESSES; i++) {
        int status = -1;
        waitpid(children[i], &status, 0);
        CU_ASSERT_EQUAL(status, 0);
    }
    struct buffer expected = {0};
    buffer_add_text(&expected, BARE(""));
    for (int i = 2; i <= 1 + PROCESSES * 3; i++)
        buffer_printf(&expected, WALL_ID "-%d%s", i, ROW);
    check_runs(scratch, buffer_text(&expected));
    buffer_release(&expected);
    scratch_remove(scratch);
}

static void version_is_sqlites(void)
{
    CHECK_TEXT(history_sqlite_version(), sqlite3_libversion());
}

const struct check index_checks[] = {
    {"rows come back", rows_come_back},
    {"runs without rows are derived", runs_without_rows_are_derived},
    {"hostile frozen files are survived", hostile_frozen_files_are_survived},
    {"processes put side by side", processes_put_side_by_side},
    {"version is SQLite's", version_is_sqlites},
    {NULL, NULL},
};
