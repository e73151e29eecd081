/* The words of the language: which keys fit in which map, and what people of other tools write.
 *
 * Every key of the language is in a table. One that is marked as later is refused where it stands,
 * so that nothing an author wrote is ignored. */
#include "workflow/language.h"

#include <string.h>

#include "base/memory.h"

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
    {.key = "env-file", .is_later = true},
    {.key = "secrets", .is_later = true},
    {.key = "locks", .is_later = true},
    {.key = "semaphores", .is_later = true},
    {.key = "barriers", .is_later = true},
    {.key = "conditions", .is_later = true},
    {.key = "events", .is_later = true},
    {.key = "queues", .is_later = true},
    {.key = "pools", .is_later = true},
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
    [TASK_RUN] = {.key = "run"},
    [TASK_EXEC] = {.key = "exec"},
    [TASK_NEEDS] = {.key = "needs"},
    [TASK_MATRIX] = {.key = "matrix"},
    [TASK_CALL] = {.key = "call", .is_later = true},
    [TASK_MPI] = {.key = "mpi", .is_later = true},
    [TASK_STEPS] = {.key = "steps", .is_later = true},
    {.key = "sources", .is_later = true},
    {.key = "generates", .is_later = true},
    {.key = "depfile", .is_later = true},
    {.key = "pool", .is_later = true, .is_default = true},
    {.key = "daemon", .is_later = true},
    {.key = "ready", .is_later = true},
    {.key = "lock", .is_later = true},
    {.key = "semaphore", .is_later = true},
    {.key = "barrier", .is_later = true},
    {.key = "wait", .is_later = true},
    {.key = "set", .is_later = true},
    {.key = "uses", .is_later = true},
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
    [STREAM_FIELD_TEXT] = {.key = "text"},
    [STREAM_FIELD_FROM] = {.key = "from"},
    {.key = "pipe", .is_later = true},
};

static const struct field stream_fields[] = {
    [STREAM_FIELD_FILE] = {.key = "file"},
    {.key = "pipe", .is_later = true},
};

static const struct field output_fields[] = {
    [OUTPUT_TYPE] = {.key = "type"},
    [OUTPUT_DEFAULT] = {.key = "default"},
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

/* A word of another tool, in kebab-case, in the tables of a mask: a key, or advice. */
enum {
    ON_TOP = 1 << TABLE_TOP,
    ON_TASK = 1 << TABLE_TASK,
    ON_DEFAULTS = 1 << TABLE_DEFAULTS,
    ON_PARAM = 1 << TABLE_PARAM,
    ON_RETRY = 1 << TABLE_RETRY,
    ON_STREAM = 1 << TABLE_STREAM | 1 << TABLE_STDIN,
    ON_ANY = ON_TASK | ON_DEFAULTS
};
static const struct foreign {
    const char *word;
    uint32_t tables;
    const char *key, *advice;
} foreign_words[] = {
    {"depends-on", ON_TASK, "needs", NULL},
    {"depends", ON_TASK, "needs", NULL},
    {"dependencies", ON_TASK, "needs", NULL},
    {"dependson", ON_TASK, "needs", NULL},
    {"deps", ON_TASK, "needs", NULL},
    {"after", ON_TASK, "needs", NULL},
    {"requires", ON_TASK, "needs", NULL},
    {"upstream", ON_TASK, "needs", NULL},
    {"cmds", ON_TASK, "run", NULL},
    {"cmd", ON_TASK, "run", NULL},
    {"command", ON_TASK, "run", NULL},
    {"commands", ON_TASK, "run", NULL},
    {"script", ON_TASK, "run", NULL},
    {"sh", ON_TASK, "run", NULL},
    {"bash", ON_TASK, "run", NULL},
    {"shell-command", ON_TASK, "run", NULL},
    {"when", ON_TASK, "if", NULL},
    {"only", ON_TASK, "if", NULL},
    {"condition", ON_TASK, "if", NULL},
    {"mutex", ON_TASK, "lock", NULL},
    {"strategy", ON_TASK, "matrix", NULL},
    {"with-items", ON_TASK, "matrix", NULL},
    {"foreach", ON_TASK, "matrix", NULL},
    {"for-each", ON_TASK, "matrix", NULL},
    {"loop", ON_TASK, "matrix", NULL},
    {"parallelism", ON_ANY, "max-parallel", NULL},
    {"jobs", ON_ANY, "max-parallel", NULL},
    {"concurrency", ON_ANY, "max-parallel", NULL},
    {"allow-failure", ON_ANY, "continue-on-error", NULL},
    {"ignore-errors", ON_ANY, "continue-on-error", NULL},
    {"ignore-error", ON_ANY, "continue-on-error", NULL},
    {"retries", ON_ANY, "retry", NULL},
    {"working-directory", ON_ANY, "cwd", NULL},
    {"workdir", ON_ANY, "cwd", NULL},
    {"directory", ON_ANY, "cwd", NULL},
    {"dir", ON_ANY, "cwd", NULL},
    {"environment", ON_ANY | ON_TOP, "env", NULL},
    {"vars", ON_ANY, "env", NULL},
    {"variables", ON_ANY, "env", NULL},
    {"desc", ON_TASK | ON_TOP | ON_PARAM, "description", NULL},
    {"doc", ON_TASK | ON_TOP | ON_PARAM, "description", NULL},
    {"help", ON_PARAM, "description", NULL},
    {"walltime", ON_ANY, "timeout", NULL},
    {"time-limit", ON_ANY, "timeout", NULL},
    {"inputs", ON_TASK, "sources", NULL},
    {"input", ON_TASK, "sources", NULL},
    {"output", ON_TASK, NULL,
     "files that it makes are 'generates', values that it gives 'outputs'"},
    {"for", ON_TASK, "matrix", NULL},
    {"log", ON_TASK, NULL, "output is kept (pargraph logs); for a file write stdout: {file: PATH}"},
    {"timeout-minutes", ON_ANY, NULL, "write timeout: 5m"},
    {"timeout-seconds", ON_ANY, NULL, "write timeout: 5s"},
    {"message", ON_TASK, "description", NULL},
    {"preconditions", ON_TASK, "if", NULL},
    {"unless", ON_TASK, NULL, "write if: not (...)"},
    {"name", ON_TASK, NULL, "a task's name is its key; say more in 'description'"},
    {"id", ON_TASK, NULL, "a task's name is its key under 'tasks'"},
    {"nice", ON_ANY, "priority", NULL},
    {"rule", ON_TOP, "tasks", NULL},
    {"dotenv", ON_TOP, "env-file", NULL},
    {"concurrency", ON_TOP, NULL, "say how much runs at once by resources: {cpu: N} or -j N"},
    {"image", ON_ANY, NULL, "a task runs on this machine; start the container in 'run'"},
    {"container", ON_ANY, NULL, "a task runs on this machine; start the container in 'run'"},
    {"runs-on", ON_ANY, NULL, "a task runs on this machine; say what it takes in 'resources'"},
    {"with", ON_TASK, NULL, "there are no actions to call; write the commands in 'run'"},
    {"cpus", ON_ANY, NULL, "write resources: {cpu: N}"},
    {"cpu", ON_ANY, NULL, "write resources: {cpu: N}"},
    {"cores", ON_ANY, NULL, "write resources: {cpu: N}"},
    {"threads", ON_ANY, NULL, "write resources: {cpu: N}"},
    {"mem", ON_ANY, NULL, "write resources: {mem: 4G}"},
    {"memory", ON_ANY, NULL, "write resources: {mem: 4G}"},
    {"gpu", ON_ANY, NULL, "write resources: {gpu: N}"},
    {"gpus", ON_ANY, NULL, "write resources: {gpu: N}"},
    {"on-failure", ON_TASK | ON_TOP, NULL, "write a task under 'finally' with if: failure()"},
    {"on-error", ON_TASK | ON_TOP, NULL, "write a task under 'finally' with if: failure()"},
    {"jobs", ON_TOP, "tasks", NULL},
    {"targets", ON_TOP, "tasks", NULL},
    {"rules", ON_TOP, "tasks", NULL},
    {"stages", ON_TOP, "tasks", NULL},
    {"steps", ON_TOP, "tasks", NULL},
    {"version", ON_TOP, "pargraph", NULL},
    {"inputs", ON_TOP, "params", NULL},
    {"parameters", ON_TOP, "params", NULL},
    {"vars", ON_TOP, NULL, "declare values under 'params', environment variables under 'env'"},
    {"variables", ON_TOP, NULL, "declare values under 'params', environment variables under 'env'"},
    {"parallelism", ON_TOP, NULL, "say how much runs at once by resources: {cpu: N} or -j N"},
    {"max-parallel", ON_TOP, NULL, "say how much runs at once by resources: {cpu: N} or -j N"},
    {"on", ON_TOP, NULL, "a workflow runs when it is told to; it has no triggers"},
    {"mutexes", ON_TOP, "locks", NULL},
    {"choices", ON_PARAM, "enum", NULL},
    {"options", ON_PARAM, "enum", NULL},
    {"values", ON_PARAM, "enum", NULL},
    {"value", ON_PARAM, "default", NULL},
    {"times", ON_RETRY, "max", NULL},
    {"path", ON_STREAM, "file", NULL},
    {"attempts", ON_RETRY, "max", NULL},
    {"count", ON_RETRY, "max", NULL},
};

static int field_of(enum table table, const char *key)
{
    for (size_t i = 0; i < all[table].count; i++)
        if (strcmp(all[table].fields[i].key, key) == 0)
            return (int)i;
    return NO_FIELD;
}

const char *language_foreign(enum table table, const char *word, int *ret_field)
{
    *ret_field = field_of(table, word);
    if (*ret_field != NO_FIELD && (table != TABLE_DEFAULTS || task_fields[*ret_field].is_default))
        return all[table].fields[*ret_field].key;
    for (size_t i = 0; i < sizeof foreign_words / sizeof *foreign_words; i++) {
        const struct foreign *one = &foreign_words[i];
        if ((one->tables >> table & 1) == 0 || strcmp(one->word, word) != 0)
            continue;
        *ret_field = one->key != NULL ? field_of(table, one->key) : NO_FIELD;
        return one->key != NULL ? one->key : one->advice;
    }
    *ret_field = NO_FIELD;
    return NULL;
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
