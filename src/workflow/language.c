/* The words of the language: which keys fit in which map, and what people of other tools write.
 *
 * Every key of the language is in a table. One that is marked as later is refused where it stands,
 * so that nothing an author wrote is ignored. */
#include "workflow/language.h"

#include <string.h>

#include "base/memory.h"
#include "workflow/workflow.h"

static const struct field top_fields[] = {
    [TOP_PARGRAPH] = {.key = "pargraph"},
    [TOP_NAME] = {.key = "name"},
    [TOP_DESCRIPTION] = {.key = "description"},
    [TOP_TIMEOUT] = {.key = "timeout"},
    [TOP_FAILURE_POLICY] = {.key = "failure-policy"},
    [TOP_PARAMS] = {.key = "params"},
    [TOP_ENV] = {.key = "env"},
    [TOP_DEFAULTS] = {.key = "defaults"},
    [TOP_RESOURCES] = {.key = "resources"},
    [TOP_TASKS] = {.key = "tasks"},
    [TOP_FINALLY] = {.key = "finally"},
    [TOP_INCLUDE] = {.key = "include", .is_later = true},
    [TOP_LOCKS] = {.key = "locks"},
    [TOP_SEMAPHORES] = {.key = "semaphores"},
    [TOP_BARRIERS] = {.key = "barriers"},
    [TOP_CONDITIONS] = {.key = "conditions"},
    [TOP_EVENTS] = {.key = "events"},
    [TOP_QUEUES] = {.key = "queues"},
    [TOP_POOLS] = {.key = "pools"},
    {.key = "env-file", .is_later = true},
    {.key = "secrets", .is_later = true},
};

static const struct field task_fields[] = {
    [TASK_SHELL] = {.key = "shell", .is_default = true},
    [TASK_ENV] = {.key = "env", .is_default = true},
    [TASK_CWD] = {.key = "cwd", .is_default = true},
    [TASK_DESCRIPTION] = {.key = "description"},
    [TASK_IF] = {.key = "if"},
    [TASK_STDIN] = {.key = "stdin"},
    [TASK_STDOUT] = {.key = "stdout", .is_default = true},
    [TASK_STDERR] = {.key = "stderr", .is_default = true},
    [TASK_OUTPUTS] = {.key = "outputs"},
    [TASK_RESOURCES] = {.key = "resources", .is_default = true},
    [TASK_PRIORITY] = {.key = "priority", .is_default = true},
    [TASK_MAX_PARALLEL] = {.key = "max-parallel", .is_default = true},
    [TASK_TIMEOUT] = {.key = "timeout", .is_default = true},
    [TASK_RETRY] = {.key = "retry", .is_default = true},
    [TASK_CONTINUE_ON_ERROR] = {.key = "continue-on-error", .is_default = true},
    [TASK_CLEANUP] = {.key = "cleanup", .is_default = true},
    [TASK_MANUAL] = {.key = "manual", .is_default = true},
    [TASK_POOL] = {.key = "pool", .is_default = true},
    [TASK_RUN] = {.key = "run"},
    [TASK_EXEC] = {.key = "exec"},
    [TASK_NEEDS] = {.key = "needs"},
    [TASK_MATRIX] = {.key = "matrix"},
    [TASK_CALL] = {.key = "call"},
    [TASK_MPI] = {.key = "mpi", .is_later = true},
    [TASK_STEPS] = {.key = "steps"},
    [TASK_LOCK] = {.key = "lock"},
    [TASK_SEMAPHORE] = {.key = "semaphore"},
    [TASK_BARRIER] = {.key = "barrier"},
    [TASK_WAIT] = {.key = "wait"},
    [TASK_SET] = {.key = "set"},
    [TASK_USES] = {.key = "uses"},
    [TASK_DAEMON] = {.key = "daemon"},
    [TASK_READY] = {.key = "ready"},
    {.key = "sources", .is_later = true},
    {.key = "generates", .is_later = true},
    {.key = "depfile", .is_later = true},
};

static const struct field param_fields[] = {
    [PARAM_TYPE] = {.key = "type"},
    [PARAM_DEFAULT] = {.key = "default"},
    [PARAM_MIN] = {.key = "min"},
    [PARAM_MAX] = {.key = "max"},
    [PARAM_ENUM] = {.key = "enum"},
    [PARAM_REQUIRED] = {.key = "required"},
    [PARAM_DESCRIPTION] = {.key = "description"},
};

static const struct field retry_fields[] = {
    [RETRY_FIELD_MAX] = {.key = "max"},         [RETRY_FIELD_DELAY] = {.key = "delay"},
    [RETRY_FIELD_BACKOFF] = {.key = "backoff"}, [RETRY_FIELD_MAX_DELAY] = {.key = "max-delay"},
    [RETRY_FIELD_WHEN] = {.key = "when"},
};

static const struct field stdin_fields[] = {
    [STREAM_FIELD_FILE] = {.key = "file"},
    [STREAM_FIELD_PIPE] = {.key = "pipe"},
    [STREAM_FIELD_TEXT] = {.key = "text"},
    [STREAM_FIELD_FROM] = {.key = "from"},
};

static const struct field stream_fields[] = {
    [STREAM_FIELD_FILE] = {.key = "file"},
    [STREAM_FIELD_PIPE] = {.key = "pipe"},
};

static const struct field output_fields[] = {
    [OUTPUT_TYPE] = {.key = "type"},
    [OUTPUT_DEFAULT] = {.key = "default"},
};

static const struct field step_fields[] = {
    [STEP_FIELD_RUN] = {.key = "run"},
    [STEP_FIELD_EXEC] = {.key = "exec"},
    [STEP_FIELD_CALL] = {.key = "call"},
    [STEP_FIELD_STEPS] = {.key = "steps"},
    [STEP_FIELD_SLEEP] = {.key = "sleep"},
    [STEP_FIELD_BARRIER] = {.key = "barrier"},
    [STEP_FIELD_WAIT] = {.key = "wait"},
    [STEP_FIELD_SET] = {.key = "set"},
    [STEP_FIELD_CLEAR] = {.key = "clear"},
    [STEP_FIELD_NOTIFY] = {.key = "notify"},
    [STEP_FIELD_NOTIFY_ALL] = {.key = "notify-all"},
    [STEP_FIELD_PUT] = {.key = "put"},
    [STEP_FIELD_GET] = {.key = "get"},
    [STEP_FIELD_CLOSE] = {.key = "close"},
    [STEP_FIELD_IF] = {.key = "if"},
    [STEP_FIELD_UNTIL] = {.key = "until"},
    [STEP_FIELD_AS] = {.key = "as"},
    [STEP_FIELD_TIMEOUT] = {.key = "timeout"},
    [STEP_FIELD_CONTINUE_ON_ERROR] = {.key = "continue-on-error"},
    [STEP_FIELD_LOCK] = {.key = "lock"},
    [STEP_FIELD_SEMAPHORE] = {.key = "semaphore"},
    [STEP_FIELD_ENV] = {.key = "env"},
    [STEP_FIELD_CWD] = {.key = "cwd"},
    [STEP_FIELD_SHELL] = {.key = "shell"},
    [STEP_FIELD_USES] = {.key = "uses"},
    {.key = "mpi", .is_later = true},
};

static const struct field lock_fields[] = {[LOCK_FILE] = {.key = "file"}};
static const struct field semaphore_fields[] = {[SEMAPHORE_PERMITS] = {.key = "permits"}};
static const struct field barrier_fields[] = {
    [BARRIER_PARTIES] = {.key = "parties"},
    [BARRIER_TIMEOUT] = {.key = "timeout"},
};
static const struct field condition_fields[] = {[CONDITION_LOCK] = {.key = "lock"}};
static const struct field queue_fields[] = {[QUEUE_MAX] = {.key = "max"}};

static const struct field ready_fields[] = {
    [READY_FIELD_TCP] = {.key = "tcp"},         [READY_FIELD_FILE] = {.key = "file"},
    [READY_FIELD_RUN] = {.key = "run"},         [READY_FIELD_LOG] = {.key = "log"},
    [READY_FIELD_TIMEOUT] = {.key = "timeout"},
};

static const struct field uses_fields[] = {
    [USE_BARRIER] = {.key = "barrier"}, [USE_SET] = {.key = "set"}, [USE_CLEAR] = {.key = "clear"},
    [USE_NOTIFY] = {.key = "notify"},   [USE_PUT] = {.key = "put"}, [USE_GET] = {.key = "get"},
    [USE_CLOSE] = {.key = "close"},
};

static const struct field call_fields[] = {
    [CALL_LIBRARY] = {.key = "library"},   [CALL_LUA] = {.key = "lua"},
    [CALL_PYTHON] = {.key = "python"},     [CALL_WORKER] = {.key = "worker"},
    [CALL_FUNCTION] = {.key = "function"}, [CALL_ARGS] = {.key = "args"},
    [CALL_KWARGS] = {.key = "kwargs"},
};

static const struct field pool_fields[] = {
    [POOL_SIZE] = {.key = "size"},   [POOL_BACKEND] = {.key = "backend"},
    [POOL_CHUNK] = {.key = "chunk"}, [POOL_MAX_TASKS] = {.key = "max-tasks"},
    [POOL_INIT] = {.key = "init"},
};

#define TABLE(array, where)                                                                        \
    {                                                                                              \
        (array), sizeof(array) / sizeof *(array), (where)                                          \
    }
static const struct {
    const struct field *fields;
    size_t count;
    const char *where;
} all[TABLE_COUNT] = {
    [TABLE_TOP] = TABLE(top_fields, "at the top level of the file"),
    [TABLE_TASK] = TABLE(task_fields, "on a task"),
    [TABLE_DEFAULTS] = TABLE(task_fields, "in 'defaults'"),
    [TABLE_PARAM] = TABLE(param_fields, "on a param"),
    [TABLE_RETRY] = TABLE(retry_fields, "in 'retry'"),
    [TABLE_STDIN] = TABLE(stdin_fields, "in 'stdin'"),
    [TABLE_STREAM] = TABLE(stream_fields, "in 'stdout' and 'stderr'"),
    [TABLE_OUTPUT] = TABLE(output_fields, "on an output"),
    [TABLE_STEP] = TABLE(step_fields, "on a step"),
    [TABLE_LOCK] = TABLE(lock_fields, "on a lock"),
    [TABLE_SEMAPHORE] = TABLE(semaphore_fields, "on a semaphore"),
    [TABLE_BARRIER] = TABLE(barrier_fields, "on a barrier"),
    [TABLE_CONDITION] = TABLE(condition_fields, "on a condition"),
    [TABLE_EVENT] = {NULL, 0, "on an event"},
    [TABLE_QUEUE] = TABLE(queue_fields, "on a queue"),
    [TABLE_READY] = TABLE(ready_fields, "in 'ready'"),
    [TABLE_USES] = TABLE(uses_fields, "in 'uses'"),
    [TABLE_CALL] = TABLE(call_fields, "in 'call'"),
    [TABLE_POOL] = TABLE(pool_fields, "on a pool"),
};

const struct field *language_fields(enum table table, size_t *ret_count)
{
    *ret_count = all[table].count;
    return all[table].fields;
}

const char *language_where(enum table table)
{
    return all[table].where;
}

void tables_init(struct tables *tables, struct names *names)
{
    name ids[TABLE_COUNT][FIELDS_MOST];
    *tables = (struct tables){0};
    for (int table = 0; table < TABLE_COUNT; table++)
        for (size_t i = 0; i < all[table].count; i++) {
            ids[table][i] = names_add_text(names, all[table].fields[i].key);
            if (ids[table][i] >= tables->most)
                tables->most = ids[table][i] + 1;
        }
    for (int table = 0; table < TABLE_COUNT; table++) {
        tables->index[table] = memory_array(tables->most, 1);
        for (size_t i = 0; i < all[table].count; i++)
            if (table != TABLE_DEFAULTS || all[table].fields[i].is_default)
                tables->index[table][ids[table][i]] = (uint8_t)(i + 1);
    }
}

void tables_release(struct tables *tables)
{
    for (int table = 0; table < TABLE_COUNT; table++)
        memory_free(tables->index[table]);
    *tables = (struct tables){0};
}

int tables_find(const struct tables *tables, enum table table, name key)
{
    return key < tables->most ? tables->index[table][key] - 1 : NO_FIELD;
}
