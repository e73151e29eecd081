/* What each expression may mention: the names of LANGUAGE.md, section 5, as far as they are known
 * where it stands. After a dot the longest declared name wins, so that matrix.mesh-size is one name
 * and matrix.i-1 is not.
 *
 * An unknown name is not complained of where the declarations could not be read in whole: the error
 * in them has been reported, and the name may well be right. */
#include <ctype.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "workflow/reader.h"

enum root {
    ROOT_PARAMS,
    ROOT_ENV,
    ROOT_HERE,
    ROOT_TASK,
    ROOT_RUN,
    ROOT_MATRIX,
    ROOT_NEEDS,
    ROOT_COUNT
};
static const char *const roots[ROOT_COUNT] = {"params", "env",    "here", "task",
                                              "run",    "matrix", "needs"};
static const char *const task_names[] = {"name", "instance", "attempt"};
static const char *const run_names[] = {"id", "dir", "elapsed", "failed"};
static const char *const need_names[] = {"stdout", "stderr",    "exit_code", "outputs",
                                         "status", "instances", "result"};
enum { TASK_NAME_COUNT = 3, RUN_NAME_COUNT = 4, NEED_NAME_COUNT = 7 };

static int root_of(const char *text, size_t length)
{
    for (int i = 0; i < ROOT_COUNT; i++)
        if (strlen(roots[i]) == length && memcmp(roots[i], text, length) == 0)
            return i;
    return -1;
}

static int identifier_length(const char *text, int length)
{
    int end = 0;
    while (end < length && text[end] != '-')
        end++;
    return end;
}

/* Tries text whole, then without its last part behind a '-', and so on. */
static int longest(const struct reader *reader, const char *text, int length,
                   bool (*is_known)(const struct reader *reader, name found, const void *context),
                   const void *context)
{
    for (int end = length; end > 0; end--) {
        if (end < length && text[end] != '-')
            continue;
        name found = names_find(reader->names, text, (size_t)end);
        if (found != UINT32_MAX && is_known(reader, found, context))
            return end;
    }
    return 0;
}

static int unknown(struct error *error, const char *what, const char *text, int length)
{
    error_set(error, PLACE_NONE, "unknown %s '%.*s'", what, length, text);
    return SCOPE_UNKNOWN;
}

static void suggest(struct error *error, const char *text, int length,
                    const char *const *candidates, size_t count)
{
    char *word = memory_text_n(text, (size_t)length);
    const char *nearest = text_nearest(word, candidates, count);
    if (nearest != NULL)
        error_hint(error, "did you mean '%s'?", nearest);
    memory_free(word);
}

/* Names in an array of structures that hold one each. */
struct name_column {
    const void *first;
    size_t stride;
    uint32_t count;
};

static void suggest_names(struct reader *reader, struct error *error, const char *text, int length,
                          struct name_column column)
{
    reader->suggestion_work += column.count;
    if (reader->suggestion_work > SUGGESTION_WORK)
        return;
    VEC(const char *) known = {0};
    for (uint32_t i = 0; i < column.count; i++)
        *VEC_PUSH(&known) = names_text(
            reader->names, *(const name *)((const char *)column.first + i * column.stride));
    suggest(error, text, length, known.items, known.count);
    VEC_RELEASE(&known);
}

/* One of a few names that are always the same. */
static int fixed(const char *what, const char *const *names, size_t count, const char *text,
                 int length, struct error *error)
{
    int end = identifier_length(text, length);
    for (size_t i = 0; i < count; i++)
        if (strlen(names[i]) == (size_t)end && memcmp(names[i], text, (size_t)end) == 0)
            return end;
    error_set(error, PLACE_NONE, "%s has no '%.*s'", what, length, text);
    CLEANUP_BUFFER struct buffer all = {0};
    for (size_t i = 0; i < count; i++)
        buffer_printf(&all, "%s%s", i == 0 ? "" : i + 1 < count ? ", " : " and ", names[i]);
    error_hint(error, "it has %s", buffer_text(&all));
    suggest(error, text, length, names, count);
    return SCOPE_UNKNOWN;
}

static int follow_up(struct scope_state *state, struct error *error)
{
    state->is_follow_up = true;
    error_set(error, PLACE_NONE, "follows from another error");
    return SCOPE_UNKNOWN;
}

/* --- roots --- */

static const char *missing_reason(const struct scope_state *state, int root)
{
    switch (state->context) {
    case CONTEXT_PARAM:
        return "a param's default may mention earlier params, env and here";
    case CONTEXT_SETTING:
        return root == ROOT_RUN ? NULL
                                : "it is needed before anything runs: only params, env, run.id "
                                  "and here are known by then";
    case CONTEXT_MATRIX:
        return root == ROOT_NEEDS ? NULL : "a matrix may mention params, env, here and needs";
    case CONTEXT_SELECTOR:
        return root == ROOT_MATRIX ? NULL
                                   : "a need may mention params, env, here and the task's own "
                                     "matrix";
    case CONTEXT_SHARED:
        return root == ROOT_TASK || root == ROOT_RUN
                   ? NULL
                   : "what holds for all tasks may mention params, env, task, run and here";
    case CONTEXT_TASK:
    case CONTEXT_IF:
        break;
    }
    return NULL;
}

static bool has_matrix(const struct reader *reader)
{
    const struct shape *shape = reader_shape(reader, reader->task_index);
    return shape != NULL && shape->has_matrix;
}

static int root_name(struct scope_state *state, const char *text, int length, struct error *error)
{
    int end = identifier_length(text, length), root = root_of(text, (size_t)end);
    if (root < 0)
        return SCOPE_DATA;
    const struct reader *reader = state->reader;
    const char *reason = root <= ROOT_HERE ? NULL : missing_reason(state, root);
    if (reason != NULL) {
        error_set(error, PLACE_NONE, "'%s' is not known here", roots[root]);
        error_hint(error, "%s", reason);
        return SCOPE_UNKNOWN;
    }
    if (root == ROOT_MATRIX && !reader->is_matrix_broken && !has_matrix(reader)) {
        error_set(error, PLACE_NONE, "this task has no matrix");
        return SCOPE_UNKNOWN;
    }
    return end;
}

/* --- the names behind a root --- */

static bool is_param(const struct reader *reader, name found, const void *context)
{
    (void)context;
    return name_map_get(&reader->param_of_name, found) != 0;
}

static int param_name(struct scope_state *state, const char *text, int length, struct error *error)
{
    struct reader *reader = state->reader;
    int end = longest(reader, text, length, is_param, NULL);
    if (end == 0 && reader->is_params_broken)
        return follow_up(state, error);
    const struct workflow *workflow = reader->workflow;
    if (end == 0) {
        unknown(error, "param", text, length);
        if (workflow->param_count == 0)
            error_hint(error, "declare it under 'params' at the top level");
        else
            suggest_names(reader, error, text, length,
                          (struct name_column){&workflow->params->name, sizeof(struct param),
                                               workflow->param_count});
        return SCOPE_UNKNOWN;
    }
    name found = names_find(reader->names, text, (size_t)end);
    if (state->context == CONTEXT_PARAM &&
        name_map_get(&reader->param_of_name, found) > reader->param_limit) {
        error_set(error, PLACE_NONE, "param '%.*s' is not known here", end, text);
        error_hint(error, "a default may mention only params declared above it");
        return SCOPE_UNKNOWN;
    }
    return end;
}

static int variable_name(const char *text, int length, struct error *error)
{
    int end = identifier_length(text, length);
    if (end > 0 && !isdigit((unsigned char)text[0]))
        return end;
    return unknown(error, "environment variable", text, length);
}

static bool is_sorted_name(const struct reader *reader, name found, const void *context)
{
    (void)reader;
    const struct shape *shape = context;
    return shape_has(shape->variables, shape->variable_count, found);
}

static int matrix_name(struct scope_state *state, const char *text, int length, struct error *error)
{
    struct reader *reader = state->reader;
    const struct shape *shape = reader_shape(reader, reader->task_index);
    int end = shape != NULL ? longest(reader, text, length, is_sorted_name, shape) : 0;
    if (end > 0)
        return end;
    if (shape == NULL || reader->is_matrix_broken)
        return follow_up(state, error);
    if (shape->is_open)
        return identifier_length(text, length);
    unknown(error, "matrix variable", text, length);
    suggest_names(reader, error, text, length,
                  (struct name_column){shape->variables, sizeof(name), shape->variable_count});
    return SCOPE_UNKNOWN;
}

static bool is_need(const struct reader *reader, name found, const void *context)
{
    (void)context;
    return needs_find(reader, found) != 0;
}

/* A matrix comes before its instances, so it cannot mention what only an instance knows it needs.
 */
static bool is_known_to_matrix(const struct reader *reader, const char *text, int length,
                               struct error *error)
{
    const struct task *task = reader->task;
    name as = names_find(reader->names, text, (size_t)length);
    for (uint32_t i = 0; i < task->need_count; i++) {
        const struct need *need = &task->needs[i];
        if (need->as != as)
            continue;
        if (need->task == reader->task_index)
            return error_set(error, PLACE_NONE,
                             "the matrix of a task cannot mention the task itself");
        if (need->choice->is_by_instance) {
            error_set(error, PLACE_NONE,
                      "which instances '%.*s' stands for is known only when the matrix is", length,
                      text);
            return error_hint(error,
                              "to list them all, need them once more by another name: "
                              "{%s: {}, as: NAME}",
                              names_text(reader->names, reader->workflow->tasks[need->task].name));
        }
    }
    return true;
}

static int need_name(struct scope_state *state, const char *text, int length, struct error *error)
{
    struct reader *reader = state->reader;
    int end = longest(reader, text, length, is_need, NULL);
    if (end > 0)
        return state->context == CONTEXT_MATRIX && !is_known_to_matrix(reader, text, end, error)
                   ? SCOPE_UNKNOWN
                   : end;
    if (reader->is_needs_broken)
        return follow_up(state, error);
    name found = names_find(reader->names, text, (size_t)length);
    if (found != UINT32_MAX && workflow_task(reader->workflow, found) != NO_TASK) {
        error_set(error, PLACE_NONE, "'%.*s' is not among the needs of this task", length, text);
        error_hint(error, "add it to the task's 'needs'");
        return SCOPE_UNKNOWN;
    }
    unknown(error, "need", text, length);
    if (reader->task->need_count > 0)
        suggest_names(reader, error, text, length,
                      (struct name_column){&reader->task->needs->as, sizeof(struct need),
                                           reader->task->need_count});
    return SCOPE_UNKNOWN;
}

static int need_field(const char *text, int length, struct error *error)
{
    int end = fixed("a need", need_names, NEED_NAME_COUNT, text, length, error);
    if (end == (int)strlen("result") && strncmp(text, "result", (size_t)end) == 0) {
        error_set(error, PLACE_NONE, "'result' of a need is not supported yet");
        error_hint(error, "whether it succeeded is in 'status'");
        return SCOPE_UNKNOWN;
    }
    return end;
}

static bool is_output(const struct reader *reader, name found, const void *context)
{
    (void)reader;
    const struct shape *shape = context;
    return shape_has(shape->outputs, shape->output_count, found);
}

static int output_name(struct scope_state *state, const char *as, const char *text, int length,
                       struct error *error)
{
    struct reader *reader = state->reader;
    uint32_t need = needs_find(reader, names_find(reader->names, as, strlen(as)));
    uint32_t task = reader->task->needs[need - 1].task;
    const struct shape *shape = reader_shape(reader, task);
    int end = shape != NULL ? longest(reader, text, length, is_output, shape) : 0;
    if (end > 0)
        return end;
    if (shape != NULL && shape->is_outputs_broken)
        return follow_up(state, error);
    const char *of = names_text(reader->names, reader->workflow->tasks[task].name);
    error_set(error, PLACE_NONE, "task '%s' has no output '%.*s'", of, length, text);
    if (shape == NULL || shape->output_count == 0)
        error_hint(error, "declare it in the 'outputs' of '%s'", of);
    else
        suggest_names(reader, error, text, length,
                      (struct name_column){shape->outputs, sizeof(name), shape->output_count});
    return SCOPE_UNKNOWN;
}

static int run_name(const struct scope_state *state, const char *text, int length,
                    struct error *error)
{
    int end = fixed("'run'", run_names, RUN_NAME_COUNT, text, length, error);
    if (end <= 0 || state->context != CONTEXT_SETTING || strncmp(text, "id", (size_t)end) == 0)
        return end;
    error_set(error, PLACE_NONE, "run.%.*s is not known before anything runs", end, text);
    return SCOPE_UNKNOWN;
}

/* --- the scope --- */

static int declared(void *context, const char *const *path, int depth, const char *text, int length,
                    struct error *error)
{
    struct scope_state *state = context;
    if (depth == 0)
        return root_name(state, text, length, error);
    int root = root_of(path[0], strlen(path[0]));
    if (depth == 2 && root == ROOT_NEEDS)
        return need_field(text, length, error);
    if (depth == 3 && root == ROOT_NEEDS && strcmp(path[2], "outputs") == 0)
        return output_name(state, path[1], text, length, error);
    if (depth > 1)
        return SCOPE_DATA;
    switch (root) {
    case ROOT_PARAMS:
        return param_name(state, text, length, error);
    case ROOT_ENV:
        return variable_name(text, length, error);
    case ROOT_TASK:
        return fixed("'task'", task_names, TASK_NAME_COUNT, text, length, error);
    case ROOT_RUN:
        return run_name(state, text, length, error);
    case ROOT_MATRIX:
        return matrix_name(state, text, length, error);
    case ROOT_NEEDS:
        return need_name(state, text, length, error);
    default:
        return SCOPE_DATA;
    }
}

static bool may_end(void *context, const char *const *path, int depth, struct error *error)
{
    (void)context;
    int root = root_of(path[0], strlen(path[0]));
    if (depth == 1 && root == ROOT_NEEDS)
        return error_set(error, PLACE_NONE, "the name of a need must follow: needs.NAME.stdout");
    if (depth == 1 && root == ROOT_ENV)
        return error_set(error, PLACE_NONE, "the name of a variable must follow: env.NAME");
    if (depth == 1 && root == ROOT_TASK)
        return error_set(error, PLACE_NONE,
                         "a name must follow: task.name, task.instance or task.attempt");
    if (depth == 1 && root == ROOT_RUN)
        return error_set(error, PLACE_NONE,
                         "a name must follow: run.id, run.dir, run.elapsed or run.failed");
    if (depth == 2 && root == ROOT_NEEDS) {
        error_set(error, PLACE_NONE, "needs.%s must say which value of it", path[1]);
        return error_hint(error, "stdout, stderr, exit_code, outputs.NAME, status or instances");
    }
    if (depth == 3 && root == ROOT_NEEDS && strcmp(path[2], "outputs") == 0)
        return error_set(error, PLACE_NONE, "the name of an output must follow: outputs.NAME");
    return true;
}

struct scope scope_of(struct scope_state *state)
{
    return (struct scope){.context = state, .declared = declared, .may_end = may_end};
}
