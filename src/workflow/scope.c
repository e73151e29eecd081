/* What each expression may mention: the names of LANGUAGE.md, section 5, as far as they are known
 * where it stands. After a dot the longest declared name wins, so that matrix.mesh-size is one name
 * and matrix.i-1 is not.
 *
 * An unknown name is not complained of where the declarations could not be read in whole: the error
 * in them has been reported, and the name may well be right. */
#include <ctype.h>
#include <string.h>

#include "workflow/reader.h"
#include "workflow/scope.h"

enum root {
    ROOT_PARAMS,
    ROOT_ENV,
    ROOT_HERE,
    ROOT_TASK,
    ROOT_RUN,
    ROOT_MATRIX,
    ROOT_NEEDS,
    ROOT_EVENTS,
    ROOT_QUEUES,
    ROOT_COUNT
};
static const char *const roots[ROOT_COUNT] = {"params", "env",   "here",   "task",  "run",
                                              "matrix", "needs", "events", "queues"};
static const char *const task_names[] = {"name", "instance", "attempt"};
static const char *const queue_names[] = {"length"};
static const char *const run_names[] = {"id", "dir", "elapsed", "failed"};
enum { TASK_NAME_COUNT = 3, RUN_NAME_COUNT = 4 };

static int root_of(const char *text, size_t length)
{
    for (int i = 0; i < ROOT_COUNT; i++)
        if (strlen(roots[i]) == length && memcmp(roots[i], text, length) == 0)
            return i;
    return -1;
}

/* --- roots --- */

static const char *missing_reason(const struct scope_state *state, int root)
{
    if (root >= ROOT_EVENTS)
        return state->context == CONTEXT_UNTIL
                   ? NULL
                   : "events and queues change all the time: only the 'until' of a step that "
                     "waits for a condition may mention them";
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
    case CONTEXT_UNTIL:
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
    const struct reader *reader = state->reader;
    int end = scope_identifier(text, length), root = root_of(text, (size_t)end);
    if (root < 0)
        return scope_bound_name(state, text, end, error);
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
    int end = scope_longest(reader, text, length, is_param, NULL);
    if (end == 0 && reader->is_params_broken)
        return scope_follow_up(state, error);
    const struct workflow *workflow = reader->workflow;
    if (end == 0) {
        scope_unknown(error, "param", text, length);
        if (workflow->param_count == 0)
            error_hint(error, "declare it under 'params' at the top level");
        else
            scope_suggest(reader, error, text, length,
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
    int end = scope_identifier(text, length);
    if (end > 0 && !isdigit((unsigned char)text[0]))
        return end;
    return scope_unknown(error, "environment variable", text, length);
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
    int end = shape != NULL ? scope_longest(reader, text, length, is_sorted_name, shape) : 0;
    if (end > 0)
        return end;
    if (shape == NULL || reader->is_matrix_broken)
        return scope_follow_up(state, error);
    if (shape->is_open)
        return scope_identifier(text, length);
    scope_unknown(error, "matrix variable", text, length);
    scope_suggest(reader, error, text, length,
                  (struct name_column){shape->variables, sizeof(name), shape->variable_count});
    return SCOPE_UNKNOWN;
}

static int run_name(const struct scope_state *state, const char *text, int length,
                    struct error *error)
{
    int end = scope_fixed("'run'", run_names, RUN_NAME_COUNT, text, length, error);
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
        return scope_need_field(state, path[1], text, length, error);
    if (depth == 3 && root == ROOT_NEEDS && strcmp(path[2], "outputs") == 0)
        return scope_output_name(state, path[1], text, length, error);
    if (depth == 2 && root == ROOT_QUEUES)
        return scope_fixed("a queue", queue_names, 1, text, length, error);
    if (depth > 1)
        return SCOPE_DATA;
    switch (root) {
    case ROOT_PARAMS:
        return param_name(state, text, length, error);
    case ROOT_ENV:
        return variable_name(text, length, error);
    case ROOT_TASK:
        return scope_fixed("'task'", task_names, TASK_NAME_COUNT, text, length, error);
    case ROOT_RUN:
        return run_name(state, text, length, error);
    case ROOT_MATRIX:
        return matrix_name(state, text, length, error);
    case ROOT_NEEDS:
        return scope_need_name(state, text, length, error);
    case ROOT_EVENTS:
        return scope_primitive_name(state, PRIMITIVE_EVENT, text, length, error);
    case ROOT_QUEUES:
        return scope_primitive_name(state, PRIMITIVE_QUEUE, text, length, error);
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
    if (depth == 1 && root == ROOT_EVENTS)
        return error_set(error, PLACE_NONE, "the name of an event must follow: events.NAME");
    if (root == ROOT_QUEUES && depth < 3)
        return error_set(error, PLACE_NONE, "what is known of a queue is queues.NAME.length");
    if (depth == 2 && root == ROOT_NEEDS) {
        error_set(error, PLACE_NONE, "needs.%s must say which value of it", path[1]);
        return error_hint(error,
                          "stdout, stderr, exit_code, result, outputs.NAME, status or instances");
    }
    if (depth == 3 && root == ROOT_NEEDS && strcmp(path[2], "outputs") == 0)
        return error_set(error, PLACE_NONE, "the name of an output must follow: outputs.NAME");
    return true;
}

struct scope scope_of(struct scope_state *state)
{
    return (struct scope){.context = state, .declared = declared, .may_end = may_end};
}
