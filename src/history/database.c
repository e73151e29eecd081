/* The index as SQLite; see database.h. It is derived from the journals, so it is never brought to
 * the disk by force, and never waited for beyond the busy timeout. It has a rollback journal and
 * not a WAL, which does not work on network file systems. */
#include "history/database.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/memory.h"

enum { SCHEMA_VERSION = 3, BUSY_MILLISECONDS = 2000 };

struct database {
    sqlite3 *connection;
    char *path;
};

static const char schema[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE IF NOT EXISTS runs(id TEXT PRIMARY KEY, name TEXT, file TEXT, started INTEGER,"
    " elapsed INTEGER, exit_status INTEGER, succeeded INTEGER, failed INTEGER, total INTEGER,"
    " journal INTEGER)"
    " WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS durations(workflow TEXT, name TEXT, mean INTEGER,"
    " PRIMARY KEY(workflow, name)) WITHOUT ROWID;"
    "PRAGMA user_version = 3;"
    "COMMIT;";

/* What SQLite says is wrong. An error in SQL means tables other than ours. */
static bool report(struct database *database, const char *verb, bool *ret_is_unusable,
                   struct error *error)
{
    int code = sqlite3_errcode(database->connection);
    if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_ERROR)
        *ret_is_unusable = true;
    return error_set(error, PLACE_NONE, "cannot %s %s: %s", verb, database->path,
                     sqlite3_errmsg(database->connection));
}

static bool read_version(struct database *database, int *ret, bool *ret_is_unusable,
                         struct error *error)
{
    sqlite3_stmt *statement = NULL;
    bool is_read = sqlite3_prepare_v2(database->connection, "PRAGMA user_version", -1, &statement,
                                      NULL) == SQLITE_OK &&
                   sqlite3_step(statement) == SQLITE_ROW;
    if (is_read)
        *ret = sqlite3_column_int(statement, 0);
    else
        report(database, "read", ret_is_unusable, error);
    sqlite3_finalize(statement);
    return is_read;
}

static bool prepare(struct database *database, bool *ret_is_unusable, struct error *error)
{
    sqlite3 *connection = database->connection;
    sqlite3_busy_timeout(connection, BUSY_MILLISECONDS);
    const char *settings = "PRAGMA trusted_schema = OFF; PRAGMA synchronous = OFF";
    if (sqlite3_exec(connection, settings, NULL, NULL, NULL) != SQLITE_OK)
        return report(database, "read", ret_is_unusable, error);
    int version;
    if (!read_version(database, &version, ret_is_unusable, error))
        return false;
    if (version == 0)
        return sqlite3_exec(connection, schema, NULL, NULL, NULL) == SQLITE_OK ||
               report(database, "write", ret_is_unusable, error);
    *ret_is_unusable = version != SCHEMA_VERSION;
    return version == SCHEMA_VERSION ||
           error_set(error, PLACE_NONE, "%s is of another version", database->path);
}

/* SQLite would make the file readable for all. */
static bool make_file(const char *path, struct error *error)
{
    CLEANUP_CLOSE int made =
        open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    return made >= 0 || error_set_system(error, errno, "cannot open %s", path);
}

/* The path has no symbolic links: SQLite is told to follow none. */
static char *database_path(const char *state, struct error *error)
{
    CLEANUP_FREE char *absolute = realpath(state, NULL);
    if (absolute != NULL)
        return file_join(absolute, "index.db");
    error_set_system(error, errno, "cannot find %s", state);
    return NULL;
}

struct database *database_open(const char *state, bool is_made, bool *ret_is_unusable,
                               struct error *error)
{
    *ret_is_unusable = false;
    char *path = database_path(state, error);
    if (path == NULL)
        return NULL;
    struct database *database = memory_new(sizeof *database);
    database->path = path;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;
    bool is_open = !is_made || make_file(path, error);
    if (is_open && sqlite3_open_v2(path, &database->connection, flags, NULL) != SQLITE_OK)
        is_open = report(database, "open", ret_is_unusable, error);
    if (is_open && prepare(database, ret_is_unusable, error))
        return database;
    database_close(database);
    return NULL;
}

void database_close(struct database *database)
{
    if (database == NULL)
        return;
    sqlite3_close(database->connection);
    free(database->path);
    free(database);
}

static void bind_run(sqlite3_stmt *statement, const struct index_run *run)
{
    const char *texts[] = {run->id, run->name, run->file};
    int64_t numbers[] = {run->started, run->elapsed, run->exit_status,     run->succeeded,
                         run->failed,  run->total,   (int64_t)run->journal};
    int parameter = 1;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        sqlite3_bind_text(statement, parameter++, texts[i] != NULL ? texts[i] : "", -1,
                          SQLITE_STATIC);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sqlite3_bind_int64(statement, parameter++, numbers[i]);
}

static bool put_all(struct database *database, const struct index_run *runs, uint32_t count)
{
    static const char sql[] = "INSERT OR REPLACE INTO runs VALUES(?,?,?,?,?,?,?,?,?,?)";
    sqlite3_stmt *statement = NULL;
    bool is_put = sqlite3_prepare_v2(database->connection, sql, -1, &statement, NULL) == SQLITE_OK;
    for (uint32_t i = 0; is_put && i < count; i++) {
        bind_run(statement, &runs[i]);
        is_put = sqlite3_step(statement) == SQLITE_DONE && sqlite3_reset(statement) == SQLITE_OK;
    }
    sqlite3_finalize(statement);
    return is_put;
}

static bool begin(struct database *database)
{
    return sqlite3_exec(database->connection, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK;
}

/* Ends what begin began: all of it, or, where something failed, nothing. */
static bool commit(struct database *database, bool is_good, bool *ret_is_unusable,
                   struct error *error)
{
    if (is_good && sqlite3_exec(database->connection, "COMMIT", NULL, NULL, NULL) == SQLITE_OK)
        return true;
    report(database, "write", ret_is_unusable, error);
    sqlite3_exec(database->connection, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

bool database_put(struct database *database, const struct index_run *runs, uint32_t count,
                  bool *ret_is_unusable, struct error *error)
{
    bool is_good = begin(database) && put_all(database, runs, count);
    return commit(database, is_good, ret_is_unusable, error);
}

static bool put_durations(struct database *database, const char *workflow,
                          const struct duration *items, uint32_t count)
{
    static const char sql[] = "INSERT INTO durations VALUES(?,?,?) ON CONFLICT(workflow, name)"
                              " DO UPDATE SET mean = mean + (excluded.mean - mean) / 2";
    sqlite3_stmt *statement = NULL;
    bool is_put = sqlite3_prepare_v2(database->connection, sql, -1, &statement, NULL) == SQLITE_OK;
    for (uint32_t i = 0; is_put && i < count; i++) {
        sqlite3_bind_text(statement, 1, workflow, -1, SQLITE_STATIC);
        sqlite3_bind_text(statement, 2, items[i].name, -1, SQLITE_STATIC);
        sqlite3_bind_int64(statement, 3, items[i].mean);
        is_put = sqlite3_step(statement) == SQLITE_DONE && sqlite3_reset(statement) == SQLITE_OK;
    }
    sqlite3_finalize(statement);
    return is_put;
}

bool database_put_durations(struct database *database, const char *workflow,
                            const struct duration *items, uint32_t count, bool *ret_is_unusable,
                            struct error *error)
{
    bool is_good = begin(database) && put_durations(database, workflow, items, count);
    return commit(database, is_good, ret_is_unusable, error);
}

static char *column_text(sqlite3_stmt *statement, int column)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);
    return memory_text(text != NULL ? text : "");
}

static void read_run(sqlite3_stmt *statement, struct index_run *ret)
{
    *ret = (struct index_run){
        .id = column_text(statement, 0),
        .name = column_text(statement, 1),
        .file = column_text(statement, 2),
        .started = sqlite3_column_int64(statement, 3),
        .elapsed = sqlite3_column_int64(statement, 4),
        .exit_status = sqlite3_column_int(statement, 5),
        .succeeded = (uint32_t)sqlite3_column_int64(statement, 6),
        .failed = (uint32_t)sqlite3_column_int64(statement, 7),
        .total = (uint32_t)sqlite3_column_int64(statement, 8),
        .journal = (uint64_t)sqlite3_column_int64(statement, 9),
    };
}

bool database_rows(struct database *database, struct index_rows *rows, struct error *error)
{
    static const char sql[] = "SELECT id, name, file, started, elapsed, exit_status, succeeded,"
                              " failed, total, journal FROM runs";
    sqlite3_stmt *statement;
    bool is_unusable;
    if (sqlite3_prepare_v2(database->connection, sql, -1, &statement, NULL) != SQLITE_OK)
        return report(database, "read", &is_unusable, error);
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW)
        read_run(statement, VEC_PUSH(rows));
    bool is_read = code == SQLITE_DONE || report(database, "read", &is_unusable, error);
    sqlite3_finalize(statement);
    return is_read;
}

bool database_durations(struct database *database, const char *workflow, struct duration_rows *rows,
                        struct error *error)
{
    static const char sql[] = "SELECT name, mean FROM durations WHERE workflow = ?";
    sqlite3_stmt *statement;
    bool is_unusable;
    if (sqlite3_prepare_v2(database->connection, sql, -1, &statement, NULL) != SQLITE_OK)
        return report(database, "read", &is_unusable, error);
    sqlite3_bind_text(statement, 1, workflow, -1, SQLITE_STATIC);
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW)
        *VEC_PUSH(rows) = (struct duration){.name = column_text(statement, 0),
                                            .mean = sqlite3_column_int64(statement, 1)};
    bool is_read = code == SQLITE_DONE || report(database, "read", &is_unusable, error);
    sqlite3_finalize(statement);
    return is_read;
}

/* No rollback journal is left beside it: SQLite has played that back before it could tell that the
 * database is unusable. */
bool database_move_aside(const char *state, struct error *error)
{
    CLEANUP_FREE char *path = file_join(state, "index.db");
    CLEANUP_FREE char *aside = file_join(state, "index.db.bad");
    if (rename(path, aside) < 0)
        return error_set_system(error, errno, "cannot rename %s to %s", path, aside);
    return true;
}

const char *history_sqlite_version(void)
{
    return sqlite3_libversion();
}
