/* What `needs.T.x` gives: a single value or a list, as the workflow's text alone decides, whatever
 * the guards say. The value of what did not succeed is null; its exit code is there if it ran. */
#include "base/memory.h"
#include "plan/inside.h"
#include "plan/needs.h"
#include "plan/view.h"

/* Does the name give one value? Not if an expression of its one need gave a list to select by. */
static bool is_single(const struct view *view, name as)
{
    if (!workflow_need_is_single(view->plan->workflow, view->task, as))
        return false;
    const struct resolver *resolver = resolver_find(
        view->plan, &view->task->needs[workflow_need(view->plan->workflow, view->task, as)]);
    return resolver == NULL || !resolver->is_list;
}

/* All instances that a name of a need stands for, in order of the needs, then of the matrix. */
static bool nodes_of(struct view *view, name as, node_list *nodes, struct error *error)
{
    uint32_t task = (uint32_t)(view->task - view->plan->workflow->tasks);
    for (uint32_t i = 0; i < view->task->need_count; i++) {
        const struct need *need = &view->task->needs[i];
        if (workflow_need_name(view->plan->workflow, need) == as &&
            !need_nodes(view->plan, task, view->node, need, nodes, error))
            return false;
    }
    return true;
}

static enum status status_of(const struct view *view, uint32_t node)
{
    return view->results->status(view->results->context, node);
}

static json_t *stream_of(const struct view *view, uint32_t node, int descriptor)
{
    if (status_of(view, node) != STATUS_SUCCESS)
        return json_null();
    json_t *text = view->results->stream(view->results->context, node, descriptor);
    return text == NULL ? json_null() : text;
}

static json_t *exit_code_of(const struct view *view, uint32_t node)
{
    enum status status = status_of(view, node);
    if (status != STATUS_SUCCESS && status != STATUS_FAILURE)
        return json_null();
    return json_integer(view->results->exit_code(view->results->context, node));
}

/* {name: value} with defaults for what was not written. */
static json_t *outputs_of(const struct view *view, uint32_t node)
{
    if (status_of(view, node) != STATUS_SUCCESS)
        return json_null();
    const struct workflow *workflow = view->plan->workflow;
    const struct details *details = workflow->tasks[view->plan->task[node]].details;
    json_t *written = view->results->outputs(view->results->context, node);
    json_t *all = json_object();
    for (uint32_t i = 0; i < details->output_count; i++) {
        const char *text = names_text(workflow->names, details->outputs[i].name);
        json_t *value = json_object_get(written, text);
        if (value == NULL)
            value = details->outputs[i].value;
        json_object_set_nocheck(all, text, value == NULL ? json_null() : value);
    }
    json_decref(written);
    return all;
}

static json_t *output_of(const struct view *view, uint32_t node, name output)
{
    json_t *all = outputs_of(view, node);
    const char *text = names_text(view->plan->workflow->names, output);
    json_t *value = json_object_get(all, text);
    value = value == NULL ? json_null() : json_incref(value);
    json_decref(all);
    return value;
}

static json_t *function_result_of(const struct view *view, uint32_t node)
{
    if (status_of(view, node) != STATUS_SUCCESS)
        return json_null();
    json_t *value = view->results->result(view->results->context, node);
    return value == NULL ? json_null() : value;
}

static json_t *instance_of(const struct view *view, uint32_t node)
{
    CLEANUP_BUFFER struct buffer text = {0};
    plan_write_name(view->plan, node, &text);
    json_t *all = json_object();
    json_object_set_new(all, "name", json_stringn_nocheck(text.bytes, text.length));
    json_object_set_new(all, "matrix", plan_matrix(view->plan, node));
    json_object_set_new(all, "status", json_string(status_text(status_of(view, node))));
    json_object_set_new(all, "exit_code", exit_code_of(view, node));
    json_object_set_new(all, "stdout", stream_of(view, node, 1));
    json_object_set_new(all, "result", function_result_of(view, node));
    json_object_set_new(all, "outputs", outputs_of(view, node));
    return all;
}

static json_t *field_of(const struct view *view, uint32_t node, const struct reference *reference)
{
    const name *words = view->plan->inside->words;
    name field = reference->names[2];
    if (field == words[WORD_STDOUT])
        return stream_of(view, node, 1);
    if (field == words[WORD_STDERR])
        return stream_of(view, node, 2);
    if (field == words[WORD_EXIT_CODE])
        return exit_code_of(view, node);
    if (field == words[WORD_RESULT])
        return function_result_of(view, node);
    if (field == words[WORD_INSTANCES])
        return instance_of(view, node);
    return output_of(view, node, reference->names[3]);
}

static json_t *worst_status(const struct view *view, const node_list *nodes)
{
    enum status worst = STATUS_SUCCESS;
    for (uint32_t i = 0; i < nodes->count; i++)
        if (status_of(view, nodes->items[i]) > worst)
            worst = status_of(view, nodes->items[i]);
    return json_string(status_text(worst));
}

json_t *view_need(struct view *view, const struct reference *reference, struct error *error)
{
    const name *words = view->plan->inside->words;
    bool is_output = reference->depth == 4 && reference->names[2] == words[WORD_OUTPUTS];
    if (reference->depth != 3 && !is_output) {
        error_set(error, PLACE_NONE, "needs is no value: needs.T.stdout and the like are");
        return NULL;
    }
    name as = reference->names[1], field = reference->names[2];
    node_list nodes = {0};
    json_t *value = NULL;
    bool is_found = nodes_of(view, as, &nodes, error);
    if (is_found && field == words[WORD_STATUS])
        value = worst_status(view, &nodes);
    else if (is_found && field != words[WORD_INSTANCES] && is_single(view, as))
        value = nodes.count == 0 ? json_null() : field_of(view, nodes.items[0], reference);
    else if (is_found) {
        value = json_array();
        for (uint32_t i = 0; i < nodes.count; i++)
            json_array_append_new(value, field_of(view, nodes.items[i], reference));
    }
    VEC_RELEASE(&nodes);
    return value;
}

bool view_write_stdout(struct view *view, name as, struct buffer *out, struct error *error)
{
    node_list nodes = {0};
    bool is_found = nodes_of(view, as, &nodes, error);
    for (uint32_t i = 0; i < nodes.count; i++) {
        json_t *text = stream_of(view, nodes.items[i], 1);
        if (json_string_length(text) > 0) {
            buffer_add(out, json_string_value(text), json_string_length(text));
            buffer_add_byte(out, '\n');
        }
        json_decref(text);
    }
    VEC_RELEASE(&nodes);
    return is_found;
}
