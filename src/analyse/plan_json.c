/* The plan for programs. What is the same for all instances of a task is said once, at the task; a
 * need for all instances of a matrix is one name, so that the text grows with the plan's own edges.
 */
#include "analyse/critical_path.h"
#include "analyse/program_json.h"
#include "analyse/words.h"
#include "base/memory.h"

static json_t *name_to_json(const struct plan *plan, name id)
{
    const struct names *names = plan->workflow->names;
    return words_json_text(names_text(names, id), names_length(names, id));
}

static json_t *written(const struct plan *plan, const struct text *text)
{
    CLEANUP_BUFFER struct buffer out = {0};
    words_add_text(plan->workflow, text, &out);
    return words_json_text(out.bytes, out.length);
}

static void set_description(const struct plan *plan, json_t *object, name description)
{
    if (names_length(plan->workflow->names, description) > 0)
        json_object_set_new(object, "description", name_to_json(plan, description));
}

static json_t *capacities(const struct plan *plan)
{
    json_t *capacities = json_object();
    for (uint32_t i = 0; i < plan->workflow->resource_count && i < plan->token_count; i++)
        if (plan->tokens[i].capacity != UINT64_MAX)
            json_object_set_new(capacities, names_text(plan->workflow->names, plan->tokens[i].name),
                                json_integer((json_int_t)plan->tokens[i].capacity));
    return capacities;
}

static json_t *call_to_json(const struct plan *plan, const struct call *call)
{
    const struct workflow *workflow = plan->workflow;
    CLEANUP_BUFFER struct buffer function = {0};
    json_t *object = json_object();
    plan_write_function(plan, &workflow->functions[call->function], &function);
    json_object_set_new(object, "function", words_json_text(function.bytes, function.length));
    json_object_set_new(object, "args", words_json_spec(workflow, &call->args));
    json_object_set_new(object, "kwargs", words_json_spec(workflow, &call->kwargs));
    return object;
}

static void set_body(const struct plan *plan, json_t *object, const struct task *task)
{
    static const char *const bodies[] = {[BODY_NONE] = "none",
                                         [BODY_RUN] = "run",
                                         [BODY_EXEC] = "exec",
                                         [BODY_CALL] = "call",
                                         [BODY_STEPS] = "steps"};
    json_object_set_new(object, "body", json_string(bodies[task->body]));
    if (task->body == BODY_RUN)
        json_object_set_new(object, "run", written(plan, task->run));
    if (task->body == BODY_CALL)
        json_object_set_new(object, "call", call_to_json(plan, task->call));
    if (task->body != BODY_EXEC)
        return;
    json_t *words = json_array();
    for (uint32_t i = 0; i < task->exec_count; i++)
        json_array_append_new(words, written(plan, &task->exec[i]));
    json_object_set_new(object, "exec", words);
}

/* What the task asks for in all; what it says itself where that is evaluated for each attempt, or
 * asked for together with others. */
static json_t *resources(const struct plan *plan, uint32_t index)
{
    const struct workflow *workflow = plan->workflow;
    const struct details *details = workflow->tasks[index].details;
    const struct vectors *vectors = &plan->vectors;
    const struct rule *rule = plan_task_rule(plan, index);
    uint32_t vector = rule->vector;
    json_t *resources = json_object();
    if (vector >= vectors->count || rule->gang != NO_GANG) {
        for (uint32_t i = 0; i < details->request_count; i++)
            json_object_set_new(resources,
                                names_text(workflow->names,
                                           workflow->resources[details->requests[i].resource].name),
                                written(plan, &details->requests[i].amount));
        return resources;
    }
    for (uint32_t i = vectors->first[vector]; i < vectors->first[vector + 1]; i++)
        if (vectors->amounts[i].token < workflow->resource_count)
            json_object_set_new(
                resources,
                names_text(workflow->names, plan->tokens[vectors->amounts[i].token].name),
                json_integer((json_int_t)vectors->amounts[i].amount));
    return resources;
}

static void add_name(const struct plan *plan, json_t *list, uint32_t node)
{
    json_array_append_new(list, words_json_name(plan, node));
}

/* A need that names all of a matrix. */
static void add_all(const struct plan *plan, json_t *list, uint32_t task)
{
    const struct names *names = plan->workflow->names;
    CLEANUP_BUFFER struct buffer text = {0};
    buffer_printf(&text, "%s[*]", names_text(names, plan->workflow->tasks[task].name));
    json_array_append_new(list, words_json_text(text.bytes, text.length));
}

static void add_need(struct plan *plan, uint32_t node, const struct need *need, json_t *list)
{
    const struct instances *needed = &plan->instances[need->task];
    bool has_matrix = plan->workflow->tasks[need->task].matrix != NULL;
    bool is_whole = has_matrix && need->choice->selector_count == 0 && !need->choice->is_same;
    if ((is_whole && need->choice->guard == NO_EXPRESSION) || !instances_are_known(needed)) {
        add_all(plan, list, need->task);
        return;
    }
    node_list nodes = {0};
    CLEANUP_ERROR struct error error = {0};
    if (!plan_need_nodes(plan, node, need, &nodes, &error))
        nodes.count = 0;
    if (is_whole && nodes.count > 0 && nodes.count == needed->count)
        add_all(plan, list, need->task);
    else
        for (uint32_t i = 0; i < nodes.count; i++)
            add_name(plan, list, nodes.items[i]);
    VEC_RELEASE(&nodes);
}

static json_t *instance_to_json(struct plan *plan, uint32_t node)
{
    const struct task *task = &plan->workflow->tasks[plan->task[node]];
    json_t *instance = json_object(), *needs = json_array();
    json_object_set_new(instance, "name", words_json_name(plan, node));
    json_object_set_new(instance, "matrix", plan_matrix(plan, node));
    json_object_set_new(instance, "is_selected", json_boolean(plan->is_selected[node]));
    for (uint32_t i = 0; i < task->need_count; i++)
        add_need(plan, node, &task->needs[i], needs);
    json_object_set_new(instance, "needs", needs);
    return instance;
}

static void set_settings(json_t *object, const struct task *task)
{
    const struct details *details = task->details;
    json_object_set_new(object, "is_finally", json_boolean(task->is_finally));
    json_object_set_new(object, "is_manual", json_boolean(details->is_manual));
    json_object_set_new(object, "priority", json_integer(details->priority));
    json_object_set_new(object, "timeout",
                        details->timeout != UNLIMITED ? json_real((double)details->timeout / 1e9)
                                                      : json_null());
    json_object_set_new(object, "retries", json_integer(details->retry.max));
}

/* Whole tasks, each once. */
static json_t *needs_of_template(const struct plan *plan, const struct task *task)
{
    json_t *needs = json_array();
    uint32_t last = NO_TASK;
    for (uint32_t i = 0; i < task->need_count; i++) {
        uint32_t needed = task->needs[i].task;
        if (needed == last)
            continue;
        if (plan->workflow->tasks[needed].matrix != NULL)
            add_all(plan, needs, needed);
        else
            json_array_append_new(needs, name_to_json(plan, plan->workflow->tasks[needed].name));
        last = needed;
    }
    return needs;
}

static json_t *task_to_json(struct plan *plan, uint32_t index)
{
    const struct task *task = &plan->workflow->tasks[index];
    const struct instances *instances = &plan->instances[index];
    json_t *object = json_object(), *variables = json_array(), *list = json_array();
    json_object_set_new(object, "name", name_to_json(plan, task->name));
    set_description(plan, object, task->details->description);
    set_body(plan, object, task);
    set_settings(object, task);
    if (task->details->pool != 0)
        json_object_set_new(object, "pool",
                            name_to_json(plan, plan->workflow->pools[task->details->pool].name));
    json_object_set_new(object, "resources", resources(plan, index));
    program_json_set_task(plan, index, object);
    for (uint32_t i = 0; i < instances_variable_count(instances); i++)
        json_array_append_new(variables, name_to_json(plan, instances->shape->variables[i]));
    json_object_set_new(object, "matrix", variables);
    if (instances->template != NO_NODE)
        json_object_set_new(object, "is_dynamic", json_true());
    if (!instances_are_known(instances))
        json_object_set_new(object, "needs", needs_of_template(plan, task));
    for (uint32_t i = 0; i < instances->count; i++)
        json_array_append_new(list, instance_to_json(plan, instances_node(instances, i)));
    json_object_set_new(object, "instances", list);
    return object;
}

static json_t *pool_to_json(const struct plan *plan, const struct pool *pool)
{
    static const char *const backends[] = {
        [BACKEND_DEFAULT] = "default", [BACKEND_THREAD] = "thread", [BACKEND_PROCESS] = "process"};
    json_int_t size = pool->size > 0 ? pool->size : (json_int_t)plan->tokens[0].capacity;
    json_t *object = json_object();
    json_object_set_new(object, "name", name_to_json(plan, pool->name));
    json_object_set_new(object, "size", json_integer(size));
    json_object_set_new(object, "backend", json_string(backends[pool->backend]));
    json_object_set_new(object, "chunk", json_integer(pool->chunk));
    json_object_set_new(object, "max_tasks",
                        pool->max_tasks != UNLIMITED ? json_integer(pool->max_tasks) : json_null());
    if (pool->init != NULL)
        json_object_set_new(object, "init", call_to_json(plan, pool->init));
    return object;
}

static json_t *pools(const struct plan *plan)
{
    json_t *list = json_array();
    for (uint32_t i = 1; i < plan->workflow->pool_count; i++)
        json_array_append_new(list, pool_to_json(plan, &plan->workflow->pools[i]));
    return list;
}

json_t *plan_to_json(struct plan *plan)
{
    json_t *object = json_object(), *tasks = json_array();
    json_object_set_new(object, "name", name_to_json(plan, plan->workflow->name));
    set_description(plan, object, plan->workflow->description);
    json_object_set_new(object, "instance_count", json_integer(plan->selected_count));
    json_object_set_new(object, "critical_path",
                        json_integer((json_int_t)critical_path_length(plan)));
    json_object_set_new(object, "capacities", capacities(plan));
    program_json_set_primitives(plan, object);
    if (plan->workflow->pool_count > 1)
        json_object_set_new(object, "pools", pools(plan));
    for (uint32_t task = 0; task < plan->workflow->task_count; task++)
        json_array_append_new(tasks, task_to_json(plan, task));
    json_object_set_new(object, "tasks", tasks);
    return object;
}
