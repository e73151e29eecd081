/* index.db: an SQLite database of two tables: a row for each run that ended, and mean durations by
 * workflow and name. */
#ifndef HISTORY_DATABASE_H
#define HISTORY_DATABASE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "history/history.h"

struct database; /* struct sqlite3 */

struct index_rows {
    struct index_run *items;
    uint32_t count, capacity;
};

struct duration_rows {
    struct duration *items;
    uint32_t count, capacity;
};

/* Opens the database of a state directory, and makes it, where it is new, if is_made. NULL with an
 * error; *ret_is_unusable tells (of each function that has it) that no other try would help: the
 * file is damaged or not ours. */
struct database *database_open(const char *state, bool is_made, bool *ret_is_unusable,
                               struct error *error);
void database_close(struct database *database);
/* All rows, in place of those that are there, or none. */
bool database_put(struct database *database, const struct index_run *runs, uint32_t count,
                  bool *ret_is_unusable, struct error *error);
/* All of them or none. */
bool database_put_durations(struct database *database, const char *workflow,
                            const struct duration *items, uint32_t count, bool *ret_is_unusable,
                            struct error *error);
bool database_durations(struct database *database, const char *workflow, struct duration_rows *rows,
                        struct error *error);
/* Adds all rows, in no order. */
bool database_rows(struct database *database, struct index_rows *rows, struct error *error);
/* Renames the database to index.db.bad. */
bool database_move_aside(const char *state, struct error *error);

#endif
