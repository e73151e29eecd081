/* The words of the language: which keys fit in which map, and what people of other tools write. */
#ifndef WORKFLOW_LANGUAGE_H
#define WORKFLOW_LANGUAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/names.h"

enum table {
    TABLE_TOP,
    TABLE_TASK,
    TABLE_DEFAULTS, /* indices are TABLE_TASK's */
    TABLE_PARAM,
    TABLE_RETRY,
    TABLE_STDIN,
    TABLE_STREAM, /* stdout, stderr */
    TABLE_OUTPUT,
    TABLE_COUNT,
};

enum { FIELDS_MOST = 56, NO_FIELD = -1 };

enum top_field {
    TOP_PARGRAPH,
    TOP_NAME,
    TOP_DESCRIPTION,
    TOP_TIMEOUT,
    TOP_FAILURE_POLICY,
    TOP_PARAMS,
    TOP_ENV,
    TOP_DEFAULTS,
    TOP_RESOURCES,
    TOP_TASKS,
    TOP_FINALLY,
    TOP_INCLUDE,
};

/* First those of struct details, in the order they are read in. */
enum task_field {
    TASK_SHELL,
    TASK_ENV,
    TASK_CWD,
    TASK_DESCRIPTION,
    TASK_IF,
    TASK_STDIN,
    TASK_STDOUT,
    TASK_STDERR,
    TASK_OUTPUTS,
    TASK_RESOURCES,
    TASK_PRIORITY,
    TASK_MAX_PARALLEL,
    TASK_TIMEOUT,
    TASK_RETRY,
    TASK_CONTINUE_ON_ERROR,
    TASK_CLEANUP,
    TASK_MANUAL,
    TASK_DETAIL_COUNT,
    TASK_RUN = TASK_DETAIL_COUNT,
    TASK_EXEC,
    TASK_NEEDS,
    TASK_MATRIX,
    TASK_CALL,
    TASK_MPI,
    TASK_STEPS,
};

enum {
    PARAM_TYPE,
    PARAM_DEFAULT,
    PARAM_MIN,
    PARAM_MAX,
    PARAM_ENUM,
    PARAM_REQUIRED,
    PARAM_DESCRIPTION
};
enum {
    RETRY_FIELD_MAX,
    RETRY_FIELD_DELAY,
    RETRY_FIELD_BACKOFF,
    RETRY_FIELD_MAX_DELAY,
    RETRY_FIELD_WHEN
};
enum { STREAM_FIELD_FILE, STREAM_FIELD_TEXT, STREAM_FIELD_FROM };
enum { OUTPUT_TYPE, OUTPUT_DEFAULT };

struct field {
    const char *key;
    bool is_later;   /* of the language, but not supported yet */
    bool is_default; /* fits in `defaults` too */
};

/* The keys of a table, by index. */
const struct field *language_fields(enum table table, size_t *ret_count);
/* "at the top level of the file", "on a task" */
const char *language_where(enum table table);

/* What a word of another tool stands for: a key (a field of this table in *ret_field), or advice.
 * NULL if it is not known. */
const char *language_foreign(enum table table, const char *word, int *ret_field);

/* Which names are which keys. */
struct tables {
    uint8_t *index[TABLE_COUNT]; /* name → field + 1, for names below most */
    uint32_t most;
};
void tables_init(struct tables *tables, struct names *names);
void tables_release(struct tables *tables);
int tables_find(const struct tables *tables, enum table table, name key);

#endif
