/* Checks of the index: whatever becomes of the database, the list of runs is complete. */
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/file.h"
#include "base/memory.h"
#include "history/history_support.h"

/* One line a run: id name file started elapsed status succeeded/failed/total. */
static void check_runs(const char *scratch, const char *expected)
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

static struct index_run row_of(const char *id)
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
#define ROW " 'it's \"named\"' 'a/flow.yml' 1 9223372036854775807 130 4294967295/2/3\n"

static void check_put(const char *scratch, const char *id)
{
    struct error error = {0};
    struct index_run row = row_of(id);
    CU_ASSERT(index_put(path_of(scratch, "state"), &row, 1, &error));
    CHECK_TEXT(error.message, NULL);
    error_release(&error);
}

static void make_runs(const char *scratch, int count)
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

#define BARE(number) WALL_ID number " '' '' 1795474501000000000 0 -1 0/0/0\n"

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

/* --- damaged databases --- */

/* Put makes a new one, and the old one is kept aside. */
static void check_replaced(const char *scratch, long size)
{
    check_runs(scratch, BARE(""));
    CU_ASSERT_EQUAL(file_size(path_of(scratch, "state/index.db.bad")), -1);
    check_put(scratch, WALL_ID);
    check_runs(scratch, WALL_ID ROW);
    CU_ASSERT_EQUAL(file_size(path_of(scratch, "state/index.db.bad")), size);
    unlink(path_of(scratch, "state/index.db.bad"));
    unlink(path_of(scratch, "state/index.db"));
}

static void execute(const char *scratch, const char *sql)
{
    sqlite3 *connection;
    CU_ASSERT(sqlite3_open(path_of(scratch, "state/index.db"), &connection) == SQLITE_OK);
    CU_ASSERT(sqlite3_exec(connection, sql, NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_close(connection);
}

/* The table of runs itself: the first page holds the schema only. */
static void damage_second_page(const char *scratch)
{
    CLEANUP_FREE char *bytes = NULL;
    size_t length;
    const char *path = path_of(scratch, "state/index.db");
    CU_ASSERT_FATAL(file_read(path, 1 << 20, &bytes, &length, NULL));
    CU_ASSERT_FATAL(length == 3 * 4096); /* the schema, a page for each table */
    memset(bytes + 4096, 0xff, 4096);
    put_file(path, bytes, length);
}

static void unusable_databases_are_made_anew(void)
{
    char *scratch = scratch_new();
    make_runs(scratch, 1);
    const char *path = path_of(scratch, "state/index.db");
    char garbage[5000];
    memset(garbage, 'x', sizeof garbage);
    put_file(path, garbage, sizeof garbage);
    check_replaced(scratch, sizeof garbage);
    memset(garbage, 0, sizeof garbage);
    memcpy(garbage, "SQLite format 3", 16);
    put_file(path, garbage, sizeof garbage);
    check_replaced(scratch, sizeof garbage);
    path = path_of(scratch, "state/index.db");
    execute(scratch, "PRAGMA user_version = 2");
    check_replaced(scratch, file_size(path));
    execute(scratch, "CREATE TABLE runs(other)");
    check_replaced(scratch, 3 * 4096); /* that its table is another shows after ours was added */
    check_put(scratch, WALL_ID);
    damage_second_page(scratch);
    path = path_of(scratch, "state/index.db");
    check_replaced(scratch, file_size(path));
    scratch_remove(scratch);
}

static void stale_rollback_journal_is_survived(void)
{
    char *scratch = scratch_new();
    make_runs(scratch, 1);
    put_file(path_of(scratch, "state/index.db"), "garbage, and long enough to be so", 33);
    put_file(path_of(scratch, "state/index.db-journal"), "whatever", 8);
    check_put(scratch, WALL_ID);
    CU_ASSERT_EQUAL(file_size(path_of(scratch, "state/index.db-journal")), -1);
    check_runs(scratch, WALL_ID ROW);
    scratch_remove(scratch);
}

/* Any byte of the database damaged: the runs are listed and a row can be put. */
static void damaged_bytes_are_survived(void)
{
    char *scratch = scratch_new();
    make_runs(scratch, 2);
    check_put(scratch, WALL_ID);
    check_put(scratch, WALL_ID "-2");
    struct run_folder folder = run_reopen(scratch);
    char *bytes = NULL;
    size_t length;
    CU_ASSERT_FATAL(file_read(path_of(scratch, "state/index.db"), 1 << 20, &bytes, &length, NULL));
    unsigned seed = 3;
    for (int round = 0; round < 200; round++) {
        char *damaged = memory_copy(bytes, length);
        for (int i = 0; i < 1 + round % 10; i++)
            damaged[(unsigned)rand_r(&seed) % (round % 2 == 0 ? 128 : length)] =
                (char)rand_r(&seed);
        put_file(path_of(scratch, "state/index.db"), damaged,
                 round % 20 == 0 ? (unsigned)rand_r(&seed) % length : length);
        free(damaged);
        struct index_run *runs, row = row_of(WALL_ID);
        uint32_t count;
        CU_ASSERT_FATAL(index_runs(path_of(scratch, "state"), &runs, &count, NULL));
        CU_ASSERT_EQUAL(count, 2);
        for (uint32_t i = 0; i < count; i++) {
            CHECK_TEXT(runs[i].id, i == 0 ? WALL_ID : WALL_ID "-2");
            index_run_release(&runs[i]);
        }
        free(runs);
        index_put(path_of(scratch, "state"), &row, 1, NULL);
    }
    free(bytes);
    run_folder_close(&folder);
    scratch_remove(scratch);
}

/* --- failures --- */

static void check_put_fails(const char *state, const char *expected)
{
    struct error error = {0};
    struct index_run row = row_of(WALL_ID);
    CU_ASSERT_FALSE(index_put(state, &row, 1, &error));
    CHECK_ERROR(&error, expected);
}

static void failures_are_told(void)
{
    char *scratch = scratch_new();
    check_put_fails(path_of(scratch, "none"),
                    text_of("cannot find %s/none: No such file or directory", scratch));
    make_runs(scratch, 1);
    CU_ASSERT(mkdir(path_of(scratch, "state/index.db"), 0700) == 0);
    check_put_fails(path_of(scratch, "state"),
                    text_of("cannot open %s/state/index.db: Is a directory", scratch));
    check_runs(scratch, BARE(""));
    CU_ASSERT(rmdir(path_of(scratch, "state/index.db")) == 0);
    limit_file_size(0);
    struct index_run row = row_of(WALL_ID);
    struct error error = {0};
    bool is_put = index_put(path_of(scratch, "state"), &row, 1, &error);
    limit_release();
    CU_ASSERT_FALSE(is_put);
    CHECK_ERROR(&error, text_of("cannot write %s/state/index.db: disk I/O error", scratch));
    check_put(scratch, WALL_ID);
    check_runs(scratch, WALL_ID ROW);
    scratch_remove(scratch);
}

static void no_link_is_followed(void)
{
    char *scratch = scratch_new();
    make_runs(scratch, 1);
    check_put(scratch, WALL_ID);
    CU_ASSERT(rename(path_of(scratch, "state/index.db"), path_of(scratch, "mine")) == 0);
    CU_ASSERT(symlink("../mine", path_of(scratch, "state/index.db")) == 0);
    check_put_fails(
        path_of(scratch, "state"),
        text_of("cannot open %s/state/index.db: Too many levels of symbolic links", scratch));
    check_runs(scratch, BARE(""));
    CU_ASSERT(unlink(path_of(scratch, "state/index.db")) == 0);
    CU_ASSERT(rename(path_of(scratch, "mine"), path_of(scratch, "state/index.db")) == 0);
    check_runs(scratch, WALL_ID ROW);
    scratch_remove(scratch);
}

static void busy_database_is_no_hang(void)
{
    char *scratch = scratch_new();
    make_runs(scratch, 1);
    check_put(scratch, WALL_ID);
    sqlite3 *other;
    CU_ASSERT(sqlite3_open(path_of(scratch, "state/index.db"), &other) == SQLITE_OK);
    CU_ASSERT(sqlite3_exec(other, "BEGIN EXCLUSIVE", NULL, NULL, NULL) == SQLITE_OK);
    check_put_fails(path_of(scratch, "state"),
                    text_of("cannot read %s/state/index.db: database is locked", scratch));
    check_runs(scratch, BARE(""));
    CU_ASSERT_EQUAL(file_size(path_of(scratch, "state/index.db.bad")), -1);
    sqlite3_close(other);
    check_runs(scratch, WALL_ID ROW);
    scratch_remove(scratch);
}

/* Durations: of one workflow, by name; a new one counts for half. */
static void check_durations(const char *scratch, const char *workflow, const char *expected)
{
    struct buffer text = {0};
    struct duration *items;
    uint32_t count;
    CU_ASSERT(durations_read(path_of(scratch, "state"), workflow, &items, &count, NULL));
    for (uint32_t i = 0; i < count; i++)
        buffer_printf(&text, "%s %lld\n", items[i].name, (long long)items[i].mean);
    durations_free(items, count);
    CHECK_TEXT(buffer_text(&text), expected);
    buffer_release(&text);
}

static void durations_come_back(void)
{
    char *scratch = scratch_new();
    make_runs(scratch, 1);
    struct duration items[] = {{.name = (char *)"a[x=\"it's\"]", .mean = 100},
                               {.name = (char *)"b", .mean = INT64_MAX}};
    struct duration *none;
    uint32_t count;
    CU_ASSERT_FALSE(durations_read(path_of(scratch, "state"), "/w.yml", &none, &count, NULL));
    CU_ASSERT_EQUAL(count, 0);
    durations_free(none, count);
    CU_ASSERT(durations_put(path_of(scratch, "state"), "/w.yml", items, 2, NULL));
    items[0].mean = 300;
    CU_ASSERT(durations_put(path_of(scratch, "state"), "/w.yml", items, 1, NULL));
    CU_ASSERT(durations_put(path_of(scratch, "state"), "/other.yml", items, 1, NULL));
    check_durations(scratch, "/w.yml", "a[x=\"it's\"] 200\nb 9223372036854775807\n");
    check_durations(scratch, "/none.yml", "");
    check_put(scratch, WALL_ID); /* rows of runs are beside them */
    check_runs(scratch, WALL_ID ROW);
    put_file(path_of(scratch, "state/index.db"), "damaged", 7);
    CU_ASSERT(durations_put(path_of(scratch, "state"), "/w.yml", items, 1, NULL));
    check_durations(scratch, "/w.yml", "a[x=\"it's\"] 300\n");
    CU_ASSERT(file_size(path_of(scratch, "state/index.db.bad")) == 7);
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
    {"unusable databases are made anew", unusable_databases_are_made_anew},
    {"stale rollback journal is survived", stale_rollback_journal_is_survived},
    {"damaged bytes are survived", damaged_bytes_are_survived},
    {"failures are told", failures_are_told},
    {"no link is followed", no_link_is_followed},
    {"busy database is no hang", busy_database_is_no_hang},
    {"processes put side by side", processes_put_side_by_side},
    {"index: durations come back", durations_come_back},
    {"version is SQLite's", version_is_sqlites},
    {NULL, NULL},
};
