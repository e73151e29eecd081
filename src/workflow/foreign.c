/* Words of other tools, in kebab-case, in the tables of a mask: each stands for a key, or there is
 * advice for who writes it. */
#include <string.h>

#include "workflow/language.h"

enum {
    ON_TOP = 1 << TABLE_TOP,
    ON_TASK = 1 << TABLE_TASK,
    ON_DEFAULTS = 1 << TABLE_DEFAULTS,
    ON_PARAM = 1 << TABLE_PARAM,
    ON_RETRY = 1 << TABLE_RETRY,
    ON_STREAM = 1 << TABLE_STREAM | 1 << TABLE_STDIN,
    ON_STEP = 1 << TABLE_STEP,
    ON_LOCK = 1 << TABLE_LOCK,
    ON_SEMAPHORE = 1 << TABLE_SEMAPHORE,
    ON_BARRIER = 1 << TABLE_BARRIER,
    ON_CONDITION = 1 << TABLE_CONDITION,
    ON_QUEUE = 1 << TABLE_QUEUE,
    ON_READY = 1 << TABLE_READY,
    ON_USES = 1 << TABLE_USES,
    ON_BODY = ON_TASK | ON_STEP,
    ON_ANY = ON_TASK | ON_DEFAULTS,
    ON_EACH = ON_ANY | ON_STEP
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
    {"cmds", ON_BODY, "run", NULL},
    {"cmd", ON_BODY, "run", NULL},
    {"command", ON_BODY, "run", NULL},
    {"commands", ON_BODY, "run", NULL},
    {"script", ON_BODY, "run", NULL},
    {"sh", ON_BODY, "run", NULL},
    {"bash", ON_BODY, "run", NULL},
    {"shell-command", ON_BODY, "run", NULL},
    {"when", ON_BODY, "if", NULL},
    {"only", ON_BODY, "if", NULL},
    {"condition", ON_BODY, "if", NULL},
    {"mutex", ON_BODY, "lock", NULL},
    {"strategy", ON_TASK, "matrix", NULL},
    {"with-items", ON_TASK, "matrix", NULL},
    {"foreach", ON_TASK, "matrix", NULL},
    {"for-each", ON_TASK, "matrix", NULL},
    {"loop", ON_TASK, "matrix", NULL},
    {"parallelism", ON_ANY, "max-parallel", NULL},
    {"jobs", ON_ANY, "max-parallel", NULL},
    {"concurrency", ON_ANY, "max-parallel", NULL},
    {"allow-failure", ON_EACH, "continue-on-error", NULL},
    {"ignore-errors", ON_EACH, "continue-on-error", NULL},
    {"ignore-error", ON_EACH, "continue-on-error", NULL},
    {"retries", ON_ANY, "retry", NULL},
    {"working-directory", ON_EACH, "cwd", NULL},
    {"workdir", ON_EACH, "cwd", NULL},
    {"directory", ON_EACH, "cwd", NULL},
    {"dir", ON_EACH, "cwd", NULL},
    {"environment", ON_EACH | ON_TOP, "env", NULL},
    {"vars", ON_EACH, "env", NULL},
    {"variables", ON_EACH, "env", NULL},
    {"desc", ON_TASK | ON_TOP | ON_PARAM, "description", NULL},
    {"doc", ON_TASK | ON_TOP | ON_PARAM, "description", NULL},
    {"help", ON_PARAM, "description", NULL},
    {"walltime", ON_EACH, "timeout", NULL},
    {"time-limit", ON_EACH, "timeout", NULL},
    {"inputs", ON_TASK, "sources", NULL},
    {"input", ON_TASK, "sources", NULL},
    {"output", ON_TASK, NULL,
     "files that it makes are 'generates', values that it gives 'outputs'"},
    {"for", ON_TASK, "matrix", NULL},
    {"log", ON_TASK, NULL, "output is kept (pargraph logs); for a file write stdout: {file: PATH}"},
    {"timeout-minutes", ON_EACH, NULL, "write timeout: 5m"},
    {"timeout-seconds", ON_EACH, NULL, "write timeout: 5s"},
    {"message", ON_TASK, "description", NULL},
    {"preconditions", ON_TASK, "if", NULL},
    {"unless", ON_BODY, NULL, "write if: not (...)"},
    {"name", ON_TASK, NULL, "a task's name is its key; say more in 'description'"},
    {"id", ON_TASK, NULL, "a task's name is its key under 'tasks'"},
    {"nice", ON_ANY, "priority", NULL},
    {"rule", ON_TOP, "tasks", NULL},
    {"dotenv", ON_TOP, "env-file", NULL},
    {"concurrency", ON_TOP, NULL, "say how much runs at once by resources: {cpu: N} or -j N"},
    {"image", ON_EACH, NULL, "a task runs on this machine; start the container in 'run'"},
    {"container", ON_EACH, NULL, "a task runs on this machine; start the container in 'run'"},
    {"runs-on", ON_ANY, NULL, "a task runs on this machine; say what it takes in 'resources'"},
    {"with", ON_BODY, NULL, "there are no actions to call; write the commands in 'run'"},
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
    {"mutex", ON_TOP, "locks", NULL},
    {"lock", ON_TOP, "locks", NULL},
    {"semaphore", ON_TOP, "semaphores", NULL},
    {"sems", ON_TOP, "semaphores", NULL},
    {"sem", ON_TOP, "semaphores", NULL},
    {"barrier", ON_TOP, "barriers", NULL},
    {"condition-variables", ON_TOP, "conditions", NULL},
    {"condition", ON_TOP, "conditions", NULL},
    {"event", ON_TOP, "events", NULL},
    {"flags", ON_TOP, "events", NULL},
    {"queue", ON_TOP, "queues", NULL},
    {"channels", ON_TOP, "queues", NULL},
    {"pipes", ON_TOP, NULL, "a pipe is declared by its use: stdout: {pipe: NAME}"},
    {"locks", ON_BODY, "lock", NULL},
    {"sem", ON_BODY, "semaphore", NULL},
    {"semaphores", ON_BODY, "semaphore", NULL},
    {"barriers", ON_BODY, "barrier", NULL},
    {"step", ON_BODY, "steps", NULL},
    {"ready-when", ON_TASK, "ready", NULL},
    {"healthcheck", ON_TASK, "ready", NULL},
    {"background", ON_TASK, "daemon", NULL},
    {"service", ON_TASK, "daemon", NULL},
    {"emits", ON_TASK, "set", NULL},
    {"wait-for", ON_BODY, "wait", NULL},
    {"name", ON_STEP, NULL, "a step has no name; say what it does in a comment"},
    {"id", ON_STEP, NULL, "a step has no name; 'as' gives one to what it puts out"},
    {"register", ON_STEP, "as", NULL},
    {"output", ON_STEP, "as", NULL},
    {"delay", ON_STEP, "sleep", NULL},
    {"pause", ON_STEP, "sleep", NULL},
    {"signal", ON_STEP, "notify", NULL},
    {"broadcast", ON_STEP, "notify-all", NULL},
    {"enqueue", ON_STEP, "put", NULL},
    {"push", ON_STEP, "put", NULL},
    {"dequeue", ON_STEP, "get", NULL},
    {"pop", ON_STEP, "get", NULL},
    {"arrive", ON_STEP, "barrier", NULL},
    {"acquire", ON_STEP, NULL, "write what it is held for inside: {lock: NAME, steps: [...]}"},
    {"release", ON_STEP, NULL, "a lock is given back at the end of the step that takes it"},
    {"unlock", ON_STEP, NULL, "a lock is given back at the end of the step that takes it"},
    {"count", ON_SEMAPHORE, "permits", NULL},
    {"value", ON_SEMAPHORE, "permits", NULL},
    {"max", ON_SEMAPHORE, "permits", NULL},
    {"count", ON_BARRIER, "parties", NULL},
    {"size", ON_BARRIER, "parties", NULL},
    {"members", ON_BARRIER, "parties", NULL},
    {"mutex", ON_CONDITION, "lock", NULL},
    {"path", ON_LOCK, "file", NULL},
    {"maxsize", ON_QUEUE, "max", NULL},
    {"size", ON_QUEUE, "max", NULL},
    {"capacity", ON_QUEUE, "max", NULL},
    {"port", ON_READY, "tcp", NULL},
    {"http", ON_READY, NULL, "write run: curl -fsS URL"},
    {"url", ON_READY, NULL, "write run: curl -fsS URL"},
    {"path", ON_READY, "file", NULL},
    {"exec", ON_READY, "run", NULL},
    {"command", ON_READY, "run", NULL},
    {"output", ON_READY, "log", NULL},
    {"lock", ON_USES, NULL, "a lock needs no declaration: pargraph lock NAME takes it"},
    {"semaphore", ON_USES, NULL,
     "a semaphore needs no declaration: pargraph semaphore NAME takes it"},
    {"wait", ON_USES, NULL, "a wait needs no declaration: pargraph wait NAME waits"},
    {"notify-all", ON_USES, "notify", NULL},
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
    size_t count;
    const struct field *fields = language_fields(table, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(fields[i].key, key) == 0)
            return (int)i;
    return NO_FIELD;
}

const char *language_foreign(enum table table, const char *word, int *ret_field)
{
    size_t count;
    const struct field *fields = language_fields(table, &count);
    *ret_field = field_of(table, word);
    if (*ret_field != NO_FIELD && (table != TABLE_DEFAULTS || fields[*ret_field].is_default))
        return fields[*ret_field].key;
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
