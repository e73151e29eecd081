/* What an expression may mention of needs: those of its own task, what is known of each, and the
 * outputs that the needed task declares. */
#include <string.h>

#include "base/memory.h"
#include "workflow/reader.h"
#include "workflow/scope.h"

static const char *const need_names[] = {"stdout", "stderr",    "exit_code", "outputs",
                                         "status", "instances", "result"};
enum { NEED_NAME_COUNT = 7 };

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
        if (workflow_need_name(reader->workflow, need) != as)
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

static void suggest_need(struct reader *reader, struct error *error, const char *text, int length)
{
    const struct task *task = reader->task;
    CLEANUP_FREE name *called = memory_array(task->need_count, sizeof *called);
    for (uint32_t i = 0; i < task->need_count; i++)
        called[i] = workflow_need_name(reader->workflow, &task->needs[i]);
    scope_suggest(reader, error, text, length,
                  (struct name_column){called, sizeof *called, task->need_count});
}

int scope_need_name(struct scope_state *state, const char *text, int length, struct error *error)
{
    struct reader *reader = state->reader;
    int end = scope_longest(reader, text, length, is_need, NULL);
    if (end > 0)
        return state->context == CONTEXT_MATRIX && !is_known_to_matrix(reader, text, end, error)
                   ? SCOPE_UNKNOWN
                   : end;
    if (reader->is_needs_broken)
        return scope_follow_up(state, error);
    name found = names_find(reader->names, text, (size_t)length);
    if (found != UINT32_MAX && workflow_task(reader->workflow, found) != NO_TASK) {
        error_set(error, PLACE_NONE, "'%.*s' is not among the needs of this task", length, text);
        error_hint(error, "add it to the task's 'needs'");
        return SCOPE_UNKNOWN;
    }
    scope_unknown(error, "need", text, length);
    if (reader->task->need_count > 0)
        suggest_need(reader, error, text, length);
    return SCOPE_UNKNOWN;
}

/* What a daemon gave is known only when it has ended, which is after all that need it. */
static bool is_daemon(const struct reader *reader, const char *as)
{
    uint32_t need = needs_find(reader, names_find(reader->names, as, strlen(as)));
    const struct shape *shape = reader_shape(reader, reader->task->needs[need - 1].task);
    return shape != NULL && shape->is_daemon;
}

static bool calls(const struct reader *reader, const char *as)
{
    uint32_t need = needs_find(reader, names_find(reader->names, as, strlen(as)));
    const struct shape *shape = reader_shape(reader, reader->task->needs[need - 1].task);
    return shape != NULL && shape->has_call;
}

int scope_need_field(struct scope_state *state, const char *as, const char *text, int length,
                     struct error *error)
{
    if (is_daemon(state->reader, as)) {
        error_set(error, PLACE_NONE, "nothing is known of '%s' while it runs: it is a daemon", as);
        return SCOPE_UNKNOWN;
    }
    int end = scope_fixed("a need", need_names, NEED_NAME_COUNT, text, length, error);
    if (end != (int)strlen("result") || strncmp(text, "result", (size_t)end) != 0 ||
        calls(state->reader, as))
        return end;
    error_set(error, PLACE_NONE, "'%s' calls no function, and so has no result", as);
    error_hint(error, "what it prints is in 'stdout', whether it succeeded in 'status'");
    return SCOPE_UNKNOWN;
}

static bool is_output(const struct reader *reader, name found, const void *context)
{
    (void)reader;
    const struct shape *shape = context;
    return shape_has(shape->outputs, shape->output_count, found);
}

int scope_output_name(struct scope_state *state, const char *as, const char *text, int length,
                      struct error *error)
{
    struct reader *reader = state->reader;
    uint32_t need = needs_find(reader, names_find(reader->names, as, strlen(as)));
    uint32_t task = reader->task->needs[need - 1].task;
    const struct shape *shape = reader_shape(reader, task);
    int end = shape != NULL ? scope_longest(reader, text, length, is_output, shape) : 0;
    if (end > 0)
        return end;
    if (shape != NULL && shape->is_outputs_broken)
        return scope_follow_up(state, error);
    const char *of = names_text(reader->names, reader->workflow->tasks[task].name);
    error_set(error, PLACE_NONE, "task '%s' has no output '%.*s'", of, length, text);
    if (shape == NULL || shape->output_count == 0)
        error_hint(error, "declare it in the 'outputs' of '%s'", of);
    else
        scope_suggest(reader, error, text, length,
                      (struct name_column){shape->outputs, sizeof(name), shape->output_count});
    return SCOPE_UNKNOWN;
}
