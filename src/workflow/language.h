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
    TABLE_STEP,
    TABLE_LOCK, /* the declaration of one; likewise: */
    TABLE_SEMAPHORE,
    TABLE_BARRIER,
    TABLE_CONDITION,
    TABLE_EVENT,
    TABLE_QUEUE,
    TABLE_READY,
    TABLE_USES,
    TABLE_CALL,
    TABLE_POOL,
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
    TOP_LOCKS, /* in the order of enum primitive_kind */
    TOP_SEMAPHORES,
    TOP_BARRIERS,
    TOP_CONDITIONS,
    TOP_EVENTS,
    TOP_QUEUES,
    TOP_POOLS,
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
    TASK_POOL,
    TASK_DETAIL_COUNT,
    TASK_RUN = TASK_DETAIL_COUNT,
    TASK_EXEC,
    TASK_NEEDS,
    TASK_MATRIX,
    TASK_CALL,
    TASK_MPI,
    TASK_STEPS,
    TASK_LOCK, /* from here on synchronisation */
    TASK_SEMAPHORE,
    TASK_BARRIER,
    TASK_WAIT,
    TASK_SET,
    TASK_USES,
    TASK_DAEMON,
    TASK_READY,
    TASK_FIELD_COUNT,
};

/* First the bodies and words, of which a step has one, in the order of enum step_kind but for
 * STEP_CONDITION_WAIT. */
enum step_field {
    STEP_FIELD_RUN,
    STEP_FIELD_EXEC,
    STEP_FIELD_CALL,
    STEP_FIELD_STEPS,
    STEP_FIELD_SLEEP,
    STEP_FIELD_BARRIER,
    STEP_FIELD_WAIT,
    STEP_FIELD_SET,
    STEP_FIELD_CLEAR,
    STEP_FIELD_NOTIFY,
    STEP_FIELD_NOTIFY_ALL,
    STEP_FIELD_PUT,
    STEP_FIELD_GET,
    STEP_FIELD_CLOSE,
    STEP_WORD_COUNT,
    STEP_FIELD_IF = STEP_WORD_COUNT,
    STEP_FIELD_UNTIL,
    STEP_FIELD_AS,
    STEP_FIELD_TIMEOUT,
    STEP_FIELD_CONTINUE_ON_ERROR,
    STEP_FIELD_LOCK, /* from here on of run, exec, call and steps alone */
    STEP_FIELD_SEMAPHORE,
    STEP_FIELD_ENV,
    STEP_FIELD_CWD,
    STEP_FIELD_SHELL,
    STEP_FIELD_USES, /* of run, exec and call alone */
    STEP_FIELD_COUNT,
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
enum { STREAM_FIELD_FILE, STREAM_FIELD_PIPE, STREAM_FIELD_TEXT, STREAM_FIELD_FROM };
enum { LOCK_FILE };
enum { SEMAPHORE_PERMITS };
enum { BARRIER_PARTIES, BARRIER_TIMEOUT };
enum { CONDITION_LOCK };
enum { QUEUE_MAX };
/* First those of enum ready_kind but for READY_AT_ONCE, in its order. */
enum { READY_FIELD_TCP, READY_FIELD_FILE, READY_FIELD_RUN, READY_FIELD_LOG, READY_FIELD_TIMEOUT };
enum { OUTPUT_TYPE, OUTPUT_DEFAULT };
/* First those of enum function_kind, in its order. */
enum { CALL_LIBRARY, CALL_LUA, CALL_PYTHON, CALL_WORKER, CALL_FUNCTION, CALL_ARGS, CALL_KWARGS };
enum { POOL_SIZE, POOL_BACKEND, POOL_CHUNK, POOL_MAX_TASKS, POOL_INIT };

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
