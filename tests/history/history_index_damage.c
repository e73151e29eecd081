/* Checks of an index that is damaged, or cannot be had: runs are listed and rows put all the same,
 * or what is wrong is told. */
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "history/history_index.h"

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

const struct check index_damage_checks[] = {
    {"unusable databases are made anew", unusable_databases_are_made_anew},
    {"stale rollback journal is survived", stale_rollback_journal_is_survived},
    {"damaged bytes are survived", damaged_bytes_are_survived},
    {"failures are told", failures_are_told},
    {"no link is followed", no_link_is_followed},
    {"busy database is no hang", busy_database_is_no_hang},
    {NULL, NULL},
};
