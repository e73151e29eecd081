/* One attempt's call of a function: its arguments, with all values put in. What holds no expression
 * is the workflow's own value, counted once more: a million equal calls make nothing. */
#include <string.h>

#include "base/memory.h"
#include "plan/build.h"
#include "plan/command.h"
#include "plan/values.h"

/* Of the program, or the task's; NULL: the body is none. */
static const struct call *call_of(const struct plan *plan, uint32_t node, uint32_t operation)
{
    uint32_t index = plan->task[node];
    const struct task *task = &plan->workflow->tasks[index];
    const struct step *step = NULL;
    if (operation != NO_OPERATION)
        step = plan_task_program(plan, index)->operations[operation].step;
    if (step == NULL)
        return task->body == BODY_CALL ? task->call : NULL;
    return step->kind == STEP_CALL ? step->call : NULL;
}

bool plan_is_call(const struct plan *plan, uint32_t node, uint32_t operation)
{
    return plan->is_join[node] == JOIN_NOT && call_of(plan, node, operation) != NULL;
}

/* An element that is one expression, and gives a list, is as many arguments as that has. */
static bool add_argument(struct view *view, const struct spec *item, json_t *args,
                         struct error *error)
{
    json_t *value = view_spec(view, item, error);
    if (value == NULL)
        return false;
    bool is_spliced = item->kind == SPEC_TEXT && item->text.is_expression && json_is_array(value);
    if (is_spliced)
        json_array_extend(args, value);
    else
        json_array_append(args, value);
    json_decref(value);
    return true;
}

static json_t *make_list(struct view *view, const struct spec *spec, struct error *error)
{
    json_t *args = json_array();
    for (uint32_t i = 0; i < spec->count; i++)
        if (!add_argument(view, &spec->items[i], args, error)) {
            json_decref(args);
            return NULL;
        }
    return args;
}

/* Nothing for no arguments. False with an error. */
static bool make_arguments(struct view *view, const struct spec *spec, json_t **ret,
                           struct error *error)
{
    if (spec->kind == SPEC_CONSTANT) {
        bool is_none = json_array_size(spec->constant) + json_object_size(spec->constant) == 0;
        *ret = is_none ? NULL : json_incref(spec->constant);
        return true;
    }
    *ret = spec->kind == SPEC_LIST ? make_list(view, spec, error) : view_spec(view, spec, error);
    return *ret != NULL;
}

/* What one whole expression gave is known only now. */
static bool check_arguments(const struct call *call, const struct invocation *invocation,
                            struct error *error)
{
    const json_t *args = invocation->args, *kwargs = invocation->kwargs;
    const struct function *function = invocation->function;
    if (args != NULL && !json_is_array(args) && !json_is_object(args))
        return error_set(error, call->args.at, "'args' must be a list or a map, and this gives %s",
                         value_kind_text(args));
    if (kwargs != NULL && !json_is_object(kwargs))
        return error_set(error, call->kwargs.at, "'kwargs' must be a map, and this gives %s",
                         value_kind_text(kwargs));
    bool is_by_name = json_is_object(args);
    if (is_by_name && json_object_size(kwargs) > 0) {
        error_set(error, call->kwargs.at, "'args' is a map, and so has arguments by name already");
        return error_hint(error, "write all of them in one");
    }
    if (!is_by_name || function->kind != FUNCTION_LUA || call->args.kind != SPEC_TEXT)
        return true;
    error_set(error, call->args.at, "the names of Lua's local variables must stand in the file");
    return error_hint(error, "write a map: {NAME: value}");
}

/* Only C and Lua can be called in this process. */
static bool is_on_thread(const struct function *function, const struct pool *pool)
{
    bool is_callable = function->kind == FUNCTION_LIBRARY || function->kind == FUNCTION_LUA;
    return is_callable && pool->backend != BACKEND_PROCESS;
}

/* On a thread of this process nobody looks for what it is not told. */
static bool make_env(struct view *view, struct invocation *invocation, struct error *error)
{
    text_list entries = {0};
    bool is_given = !invocation->is_on_thread;
    if (!is_given && view->details->env_count == 0)
        return true;
    bool is_made = command_add_env(view, &entries, error) &&
                   (!is_given || command_add_given(view, &entries, error));
    *VEC_PUSH(&entries) = NULL;
    invocation->env = entries.items;
    return is_made;
}

static bool make_cwd(struct view *view, struct invocation *invocation, struct error *error)
{
    const struct text *cwd = &view->details->cwd;
    return cwd->at == PLACE_NONE || command_make_path(view, cwd, &invocation->cwd, error);
}

/* Nothing in it can differ from one attempt to the next. */
static bool is_constant(const struct call *call, const struct details *details)
{
    return call->args.kind == SPEC_CONSTANT && call->kwargs.kind == SPEC_CONSTANT &&
           details->env_count == 0 && details->cwd.at == PLACE_NONE && details->request_count == 0;
}

/* What is constant needs no view. */
static bool fill(struct view *view, const struct call *call, struct invocation *ret,
                 struct error *error)
{
    return make_arguments(view, &call->args, &ret->args, error) &&
           make_arguments(view, &call->kwargs, &ret->kwargs, error) &&
           ((ret->args == NULL && ret->kwargs == NULL) || check_arguments(call, ret, error)) &&
           (view == NULL || (make_env(view, ret, error) && make_cwd(view, ret, error) &&
                             command_count_gpus(view, &ret->gpus, error)));
}

bool plan_call(struct plan *plan, uint32_t node, uint32_t attempt, uint32_t operation,
               const struct results *results, struct invocation *ret, struct error *error)
{
    const struct workflow *workflow = plan->workflow;
    const struct call *call = call_of(plan, node, operation);
    const struct details *details = workflow->tasks[plan->task[node]].details;
    const struct function *function = &workflow->functions[call->function];
    const struct pool *pool = &workflow->pools[details->pool];
    *ret = (struct invocation){
        .function = function, .pool = pool, .is_on_thread = is_on_thread(function, pool)};
    bool is_done;
    if (ret->is_on_thread && operation == NO_OPERATION && is_constant(call, details)) {
        is_done = fill(NULL, call, ret, error);
    } else {
        CLEANUP_VIEW struct view view;
        view_init(&view, plan, plan->task[node], node);
        if (operation != NO_OPERATION)
            view_enter(&view, operation);
        view.attempt = attempt;
        view.results = results;
        view.flags = CALLS_ALWAYS;
        is_done = fill(&view, call, ret, error);
    }
    if (!is_done)
        invocation_release(ret);
    return is_done;
}

void invocation_release(struct invocation *invocation)
{
    json_decref(invocation->args);
    json_decref(invocation->kwargs);
    command_release_words(invocation->env);
    memory_free(invocation->cwd);
    *invocation = (struct invocation){0};
}

void plan_write_function(const struct plan *plan, const struct function *function,
                         struct buffer *out)
{
    const struct names *names = plan->workflow->names;
    const char *file = names_text(names, function->file), *slash = strrchr(file, '/');
    switch (function->kind) {
    case FUNCTION_LIBRARY:
        buffer_printf(out, "library %s: %s", slash != NULL ? slash + 1 : file,
                      names_text(names, function->text));
        return;
    case FUNCTION_PYTHON:
        buffer_printf(out, "python:%s", names_text(names, function->text));
        return;
    case FUNCTION_WORKER:
        buffer_printf(out, "worker %s: %s", names_text(names, function->worker[0]),
                      names_text(names, function->text));
        return;
    default:
        buffer_add_text(out, "lua");
    }
}
