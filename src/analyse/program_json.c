/* Programs as lists of operations, each in words and with what it refers to by name: numbers of
 * this plan would mean nothing to a reader, but those of the operations in their own list, from 1.
 */
#include "analyse/program_json.h"

#include "analyse/words.h"
#include "base/memory.h"

static json_t *taken(struct buffer *text)
{
    json_t *value = words_json_text(text->bytes, text->length);
    buffer_release(text);
    return value;
}

static json_t *token_name(const struct plan *plan, uint32_t token)
{
    struct buffer text = {0};
    plan_write_token(plan, token, &text);
    return taken(&text);
}

static json_t *gate_name(const struct plan *plan, uint32_t gate)
{
    struct buffer text = {0};
    plan_write_gate(plan, gate, &text);
    return taken(&text);
}

static json_t *task_name(const struct plan *plan, uint32_t task)
{
    const struct names *names = plan->workflow->names;
    name id = plan->workflow->tasks[task].name;
    return words_json_text(names_text(names, id), names_length(names, id));
}

static json_t *seconds(int64_t time)
{
    return json_real((double)time / 1e9);
}

/* --- the workflow's --- */

static json_t *token_to_json(const struct plan *plan, uint32_t index)
{
    const struct token *token = &plan->tokens[index];
    json_t *object = json_object();
    json_object_set_new(object, "name", token_name(plan, index));
    json_object_set_new(object, "kept", json_boolean(token->kind == TOKEN_KEPT));
    json_object_set_new(object, "capacity",
                        token->capacity == UINT64_MAX || token->is_file
                            ? json_null()
                            : json_integer((json_int_t)token->capacity));
    if (token->is_file) {
        CLEANUP_BUFFER struct buffer file = {0};
        words_add_text(plan->workflow, &plan->workflow->primitives[token->primitive].file, &file);
        json_object_set_new(object, "file", words_json_text(file.bytes, file.length));
    }
    return object;
}

static json_t *gate_to_json(const struct plan *plan, uint32_t index)
{
    const struct gate *gate = &plan->gates[index];
    json_t *object = json_object();
    json_object_set_new(object, "name", gate_name(plan, index));
    if (gate->kind == GATE_BARRIER)
        json_object_set_new(object, "parties",
                            gate->count > 0 ? json_integer(gate->count) : json_null());
    if (gate->kind == GATE_QUEUE)
        json_object_set_new(object, "max",
                            gate->count > 0 ? json_integer(gate->count) : json_null());
    if (gate->kind == GATE_CONDITION)
        json_object_set_new(object, "lock", token_name(plan, gate->lock));
    return object;
}

static json_t *pipe_to_json(const struct plan *plan, const struct pipe *pipe)
{
    const struct names *names = plan->workflow->names;
    json_t *object = json_object(), *readers = json_array();
    for (uint32_t i = 0; i < pipe->reader_count; i++)
        json_array_append_new(readers, task_name(plan, pipe->readers[i]));
    json_object_set_new(
        object, "name",
        words_json_text(names_text(names, pipe->name), names_length(names, pipe->name)));
    json_object_set_new(object, "writer", task_name(plan, pipe->writer));
    json_object_set_new(object, "readers", readers);
    return object;
}

void program_json_set_primitives(const struct plan *plan, json_t *object)
{
    const struct workflow *workflow = plan->workflow;
    json_t *tokens = json_array(), *gates = json_array(), *pipes = json_array();
    for (uint32_t i = 0; i < plan->token_count; i++)
        if (plan->tokens[i].primitive != NO_PRIMITIVE)
            json_array_append_new(tokens, token_to_json(plan, i));
    for (uint32_t i = 0; i < plan->gate_count; i++)
        json_array_append_new(gates, gate_to_json(plan, i));
    for (uint32_t i = 0; i < workflow->pipe_count; i++)
        json_array_append_new(pipes, pipe_to_json(plan, &workflow->pipes[i]));
    if (workflow->primitive_count > 0) {
        json_object_set(object, "tokens", tokens);
        json_object_set(object, "gates", gates);
    }
    if (workflow->pipe_count > 0)
        json_object_set(object, "pipes", pipes);
    json_decref(tokens);
    json_decref(gates);
    json_decref(pipes);
}

/* --- a task's --- */

/* What the group takes: {name: amount}; null: that is evaluated when it begins. */
static json_t *held(const struct plan *plan, const struct operation *operation)
{
    const struct vectors *vectors = &plan->vectors;
    if (operation->vector == NO_VECTOR)
        return json_null();
    json_t *all = json_object();
    for (uint32_t i = vectors->first[operation->vector]; i < vectors->first[operation->vector + 1];
         i++) {
        CLEANUP_BUFFER struct buffer name = {0};
        plan_write_token(plan, vectors->amounts[i].token, &name);
        json_object_set_new(all, buffer_text(&name),
                            json_integer((json_int_t)vectors->amounts[i].amount));
    }
    return all;
}

static json_t *operation_to_json(const struct plan *plan, uint32_t task, uint32_t index)
{
    static const char *const kinds[] = {
        [OPERATION_BODY] = "body",
        [OPERATION_ENTER] = "enter",
        [OPERATION_LEAVE] = "leave",
        [OPERATION_SLEEP] = "sleep",
        [OPERATION_BARRIER] = "barrier",
        [OPERATION_WAIT] = "wait",
        [OPERATION_SET] = "set",
        [OPERATION_CLEAR] = "clear",
        [OPERATION_CONDITION_WAIT] = "condition-wait",
        [OPERATION_NOTIFY] = "notify",
        [OPERATION_NOTIFY_ALL] = "notify-all",
        [OPERATION_PUT] = "put",
        [OPERATION_GET] = "get",
        [OPERATION_CLOSE] = "close",
    };
    const struct program *program = &plan->programs[plan_task_rule(plan, task)->program];
    const struct operation *operation = &program->operations[index];
    struct location location;
    struct buffer words = {0};
    place at;
    json_t *object = json_object();
    plan_write_task_operation(plan, task, index, &words, &at);
    json_object_set_new(object, "kind", json_string(kinds[operation->kind]));
    json_object_set_new(object, "text", taken(&words));
    if (sources_locate(plan->workflow->sources, at, &location))
        json_object_set_new(object, "line", json_integer(location.line));
    if (operation->gate != NO_GATE)
        json_object_set_new(object, "gate", gate_name(plan, operation->gate));
    if (operation->group != NO_OPERATION)
        json_object_set_new(object, "group", json_integer((json_int_t)operation->group + 1));
    if (operation->partner != NO_OPERATION)
        json_object_set_new(object, "partner", json_integer((json_int_t)operation->partner + 1));
    if (operation->kind == OPERATION_ENTER)
        json_object_set_new(object, "holds", held(plan, operation));
    if (operation->timeout != UNLIMITED)
        json_object_set_new(object, "timeout", seconds(operation->timeout));
    if (operation->kind == OPERATION_SLEEP && !(operation->flags & OPERATION_ASKS))
        json_object_set_new(object, "duration", seconds(operation->duration));
    if (operation->flags & OPERATION_CONTINUES)
        json_object_set_new(object, "continue_on_error", json_true());
    return object;
}

static json_t *use_to_json(const struct plan *plan, const struct gate_use *use)
{
    static const char *const roles[] = {
        [USE_BARRIER] = "barrier", [USE_SET] = "set", [USE_CLEAR] = "clear",
        [USE_NOTIFY] = "notify",   [USE_PUT] = "put", [USE_GET] = "get",
        [USE_CLOSE] = "close",
    };
    return json_pack("{s:s, s:o, s:I, s:I}", "role", roles[use->role], "gate",
                     gate_name(plan, use->gate), "first", (json_int_t)use->first + 1, "last",
                     (json_int_t)use->last + 1);
}

static void set_program(const struct plan *plan, uint32_t task, json_t *object)
{
    const struct program *program = &plan->programs[plan_task_rule(plan, task)->program];
    json_t *operations = json_array(), *uses = json_array();
    for (uint32_t i = 0; i < program->count; i++)
        json_array_append_new(operations, operation_to_json(plan, task, i));
    for (uint32_t i = 0; i < program->use_count; i++)
        json_array_append_new(uses, use_to_json(plan, &program->uses[i]));
    json_object_set_new(object, "program", operations);
    json_object_set_new(object, "uses", uses);
}

void program_json_set_task(const struct plan *plan, uint32_t task, json_t *object)
{
    const struct rule *rule = plan_task_rule(plan, task);
    if (rule->flags & RULE_DAEMON)
        json_object_set_new(object, "is_daemon", json_true());
    if (rule->program != NO_PROGRAM)
        set_program(plan, task, object);
    if (rule->gang == NO_GANG)
        return;
    json_t *together = json_array();
    for (uint32_t i = 0; i < plan->gangs[rule->gang].count; i++)
        json_array_append_new(together, words_json_name(plan, plan->gangs[rule->gang].nodes[i]));
    json_object_set_new(object, "together", together);
}
