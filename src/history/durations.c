/* How long tasks took in earlier runs, in the index database: a mean for each name in which each
 * run counts as much as all before it together, so that it follows what changes. */
#include <sqlite3.h>
#include <stdlib.h>

#include "base/memory.h"
#include "history/database.h"

static bool put_once(const char *state, const char *workflow, const struct duration *items,
                     uint32_t count, bool *ret_is_unusable, struct error *error)
{
    struct database *database = database_open(state, true, ret_is_unusable, error);
    bool is_put = database != NULL &&
                  database_put_durations(database, workflow, items, count, ret_is_unusable, error);
    database_close(database);
    return is_put;
}

bool durations_put(const char *state, const char *workflow, const struct duration *items,
                   uint32_t count, struct error *error)
{
    bool is_unusable;
    if (put_once(state, workflow, items, count, &is_unusable, error))
        return true;
    if (!is_unusable || !database_move_aside(state, error) ||
        !put_once(state, workflow, items, count, &is_unusable, error))
        return false;
    if (error != NULL)
        error_release(error);
    return true;
}

bool durations_read(const char *state, const char *workflow, struct duration **ret,
                    uint32_t *ret_count, struct error *error)
{
    struct duration_rows rows = {0};
    bool is_unusable;
    struct database *database = database_open(state, false, &is_unusable, error);
    bool is_read = database != NULL && database_durations(database, workflow, &rows, error);
    database_close(database);
    *ret = rows.items;
    *ret_count = rows.count;
    return is_read;
}

void durations_free(struct duration *items, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        free(items[i].name);
    free(items);
}
