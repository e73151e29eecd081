/* The index of runs; see history.h. The folders say which runs there are; the database only saves
 * reading their journals and is brought up to date when they are read. So whatever is wrong with
 * the database, the list is complete. */
#include <jansson.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "history/database.h"
#include "history/folder.h"
#include "history/run_id.h"

static bool put_once(const char *state, const struct index_run *runs, uint32_t count,
                     bool *ret_is_unusable, struct error *error)
{
    struct database *database = database_open(state, true, ret_is_unusable, error);
    bool is_put = database != NULL && database_put(database, runs, count, ret_is_unusable, error);
    database_close(database);
    return is_put;
}

bool index_put(const char *state, const struct index_run *runs, uint32_t count, struct error *error)
{
    bool is_unusable;
    if (put_once(state, runs, count, &is_unusable, error))
        return true;
    if (!is_unusable || !database_move_aside(state, error) ||
        !put_once(state, runs, count, &is_unusable, error))
        return false;
    if (error != NULL)
        error_release(error);
    return true;
}

void index_run_release(struct index_run *run)
{
    free(run->id);
    free(run->name);
    free(run->file);
    *run = (struct index_run){0};
}

/* --- a run without a row --- */

static char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return memory_text(text != NULL ? text : "");
}

static void read_frozen(const struct run_folder *folder, struct index_run *run)
{
    CLEANUP_FREE char *text = NULL;
    size_t length;
    json_t *object = NULL;
    if (run_folder_read(folder, "frozen.json", &text, &length, NULL))
        object = json_loadb(text, length, 0, NULL);
    run->name = text_of(object, "name");
    run->file = text_of(object, "file");
    json_decref(object);
}

static void read_journal(const struct run_folder *folder, struct index_run *run)
{
    struct journal_reader reader;
    run->started = run_id_wall(folder->id);
    run->exit_status = -1;
    if (!journal_open(&reader, folder, NULL))
        return;
    run->started = reader.head.wall;
    run->journal = reader.length;
    for (struct input in; journal_next(&reader, &in);)
        run->elapsed = in.now;
    if (reader.has_ended) {
        run->exit_status = reader.end.exit_status;
        run->elapsed = reader.end.time;
        run->succeeded = reader.end.succeeded;
        run->failed = reader.end.failed;
        run->total = reader.end.total;
    }
    journal_reader_close(&reader);
}

/* False if the folder is gone. */
static bool derive(const char *state, const char *id, struct index_run *ret)
{
    struct run_folder folder;
    if (!run_folder_open_exact(&folder, state, id, NULL))
        return false;
    *ret = (struct index_run){.id = memory_text(id)};
    read_frozen(&folder, ret);
    read_journal(&folder, ret);
    run_folder_close(&folder);
    return true;
}

/* --- all runs --- */

static void release_rows(struct index_rows *rows)
{
    for (uint32_t i = 0; i < rows->count; i++)
        index_run_release(&rows->items[i]);
    VEC_RELEASE(rows);
}

static int compare_runs(const void *a, const void *b)
{
    return run_id_compare(((const struct index_run *)a)->id, ((const struct index_run *)b)->id);
}

/* Rows of the database, sorted; none if it cannot be read. */
static struct index_rows read_rows(struct database *database)
{
    struct index_rows rows = {0}, valid = {0};
    if (database == NULL || !database_rows(database, &rows, NULL)) {
        release_rows(&rows);
        return rows;
    }
    for (uint32_t i = 0; i < rows.count; i++)
        if (run_id_is_valid(rows.items[i].id))
            *VEC_PUSH(&valid) = rows.items[i];
        else
            index_run_release(&rows.items[i]);
    VEC_RELEASE(&rows);
    if (valid.count > 0)
        qsort(valid.items, valid.count, sizeof *valid.items, compare_runs);
    return valid;
}

/* The row of an id, moved out of rows, which are searched from *next on: ids come in order too. */
static bool take_row(struct index_rows *rows, uint32_t *next, const char *id, struct index_run *ret)
{
    while (*next < rows->count && run_id_compare(rows->items[*next].id, id) < 0)
        ++*next;
    if (*next == rows->count || run_id_compare(rows->items[*next].id, id) != 0)
        return false;
    *ret = rows->items[*next];
    rows->items[(*next)++] = (struct index_run){0};
    return true;
}

static uint64_t journal_length(const char *state, const char *id)
{
    CLEANUP_BUFFER struct buffer path = {0};
    struct stat status;
    buffer_printf(&path, "%s/runs/%s/journal", state, id);
    return stat(buffer_text(&path), &status) == 0 ? (uint64_t)status.st_size : 0;
}

/* The row of an id: of those that were read if it is right still. False if the folder is gone. */
static bool find_run(const char *state, const char *id, struct index_rows *rows, uint32_t *next,
                     struct index_run *ret, bool *ret_is_new)
{
    bool has_row = take_row(rows, next, id, ret);
    *ret_is_new = !has_row || ret->journal != journal_length(state, id);
    if (!*ret_is_new)
        return true;
    if (has_row)
        index_run_release(ret);
    return derive(state, id, ret);
}

/* Puts in those that are new and have ended; whether it can be done is nobody's concern. */
static void save(const char *state, const struct index_rows *runs, const bool *is_new)
{
    struct index_rows ended = {0};
    for (uint32_t i = 0; i < runs->count; i++)
        if (is_new[i] && runs->items[i].exit_status >= 0)
            *VEC_PUSH(&ended) = runs->items[i];
    if (ended.count > 0)
        index_put(state, ended.items, ended.count, NULL);
    VEC_RELEASE(&ended);
}

bool index_runs(const char *state, struct index_run **ret_runs, uint32_t *ret_count,
                struct error *error)
{
    char **ids;
    uint32_t count, next = 0;
    if (!run_folder_list(state, &ids, &count, error))
        return false;
    bool is_unusable;
    struct database *database = database_open(state, false, &is_unusable, NULL);
    struct index_rows rows = read_rows(database), runs = {0};
    database_close(database);
    CLEANUP_FREE bool *is_new = memory_array(count, sizeof *is_new);
    for (uint32_t i = 0; i < count; i++) {
        struct index_run run;
        if (find_run(state, ids[i], &rows, &next, &run, &is_new[runs.count]))
            *VEC_PUSH(&runs) = run;
    }
    save(state, &runs, is_new);
    release_rows(&rows);
    run_ids_free(ids, count);
    *ret_runs = runs.items;
    *ret_count = runs.count;
    return true;
}
