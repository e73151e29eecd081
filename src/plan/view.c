/* Evaluation of expressions and of the texts and values that hold them. While planning there are no
 * results: what mentions them is an error, except in env, whose entry is then not to be had. */
#include "plan/view.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "plan/build.h"
#include "plan/inside.h"
#include "plan/values.h"
#include "value/value.h"

void view_init(struct view *view, struct plan *plan, uint32_t task, uint32_t node)
{
    const struct task *the = &plan->workflow->tasks[task];
    *view = (struct view){.plan = plan,
                          .task = the,
                          .details = the->details,
                          .operation = NO_OPERATION,
                          .node = node};
}

void view_move(struct view *view, uint32_t node)
{
    view_release(view);
    view->node = node;
}

void view_release(struct view *view)
{
    json_decref(view->env);
    view->env = NULL;
}

static const struct program *program_of(const struct view *view)
{
    return plan_task_program(view->plan, (uint32_t)(view->task - view->plan->workflow->tasks));
}

void view_enter(struct view *view, uint32_t operation)
{
    const struct step *step = program_of(view)->operations[operation].step;
    view_release(view);
    view->operation = operation;
    view->details = step != NULL && step->details != NULL ? step->details : view->task->details;
}

static const char *text_of(const struct view *view, name id)
{
    return names_text(view->plan->workflow->names, id);
}

static bool is_word(const struct view *view, name id, enum known_word word)
{
    return view->plan->inside->words[word] == id;
}

static json_t *instance_name(const struct view *view)
{
    CLEANUP_BUFFER struct buffer text = {0};
    plan_write_name(view->plan, view->node, &text);
    return json_stringn_nocheck(text.bytes, text.length);
}

static json_t *not_yet(const char *what, struct error *error)
{
    error_set(error, PLACE_NONE, "%s is not known while planning", what);
    return NULL;
}

static json_t *matrix_value(const struct view *view, const struct reference *reference,
                            struct error *error)
{
    if (view->node == NO_NODE)
        return not_yet("matrix", error);
    if (reference->depth < 2)
        return plan_matrix(view->plan, view->node);
    const json_t *value = plan_matrix_value(view->plan, view->node, reference->names[1]);
    return json_incref((json_t *)value);
}

/* A variable that is not set has no value, so that `env.X or "default"` gives the default. */
static json_t *value_or_none(json_t *value)
{
    if (!json_is_null(value))
        return value;
    json_decref(value);
    return NULL;
}

static json_t *env_value(const struct view *view, const struct reference *reference,
                         struct error *error)
{
    if (reference->depth < 2) {
        error_set(error, PLACE_NONE, "env is no value: env.NAME is");
        return NULL;
    }
    const char *variable = text_of(view, reference->names[1]);
    json_t *value = json_object_get(view->env, variable);
    if (json_is_true(value))
        return not_yet("what this variable is made of", error);
    value = value != NULL ? json_incref(value)
                          : snapshot_env(view->plan->workflow->snapshot, variable, error);
    return value_or_none(value);
}

static json_t *task_value(const struct view *view, name field, struct error *error)
{
    if (is_word(view, field, WORD_NAME))
        return json_string(text_of(view, view->task->name));
    if (is_word(view, field, WORD_INSTANCE) && view->node != NO_NODE)
        return instance_name(view);
    if (is_word(view, field, WORD_ATTEMPT) && view->attempt > 0)
        return json_integer(view->attempt);
    return not_yet(is_word(view, field, WORD_ATTEMPT) ? "task.attempt" : "task.instance", error);
}

static json_t *run_value(const struct view *view, name field, struct error *error)
{
    const struct results *results = view->results;
    if (results == NULL)
        return not_yet("run", error);
    if (is_word(view, field, WORD_ID))
        return json_string(results->run_id);
    if (is_word(view, field, WORD_DIR))
        return json_string(results->run_directory);
    if (is_word(view, field, WORD_ELAPSED))
        return json_real((double)results->elapsed(results->context) / 1e9);
    return results->failed(results->context);
}

static uint32_t gate_of(const struct view *view, name primitive)
{
    const struct plan *plan = view->plan;
    return plan->gate_of_primitive[workflow_primitive(plan->workflow, primitive)];
}

static json_t *gate_value(const struct view *view, const struct reference *reference,
                          struct error *error)
{
    const struct results *results = view->results;
    bool is_event = is_word(view, reference->names[0], WORD_EVENTS);
    if (results == NULL)
        return not_yet(is_event ? "events" : "queues", error);
    if (reference->depth < 2) {
        error_set(error, PLACE_NONE,
                  is_event ? "events is no value: events.NAME is"
                           : "queues is no value: queues.NAME.length is");
        return NULL;
    }
    uint32_t gate = gate_of(view, reference->names[1]);
    if (is_event)
        return json_boolean(results->is_set(results->context, gate));
    json_int_t length = results->queue_length(results->context, gate);
    return reference->depth < 3 ? json_pack("{s:I}", "length", length) : json_integer(length);
}

/* The last operation before this one that bound the name and was not skipped says what it is. */
static json_t *bound_value(const struct view *view, name as, struct error *error)
{
    const struct results *results = view->results;
    const struct program *program = program_of(view);
    if (results == NULL || program == NULL)
        return not_yet(text_of(view, as), error);
    uint32_t end = view->operation == NO_OPERATION ? program->count : view->operation;
    for (uint32_t i = end; i-- > 0;) {
        const struct operation *operation = &program->operations[i];
        bool binds = operation->kind == OPERATION_BODY || operation->kind == OPERATION_GET;
        if (!binds || operation->step == NULL || operation->step->as != as)
            continue;
        json_t *value = results->bound(results->context, view->node, i);
        if (value != NULL)
            return value;
    }
    return NULL;
}

static json_t *reference_value(void *context, const struct reference *reference,
                               struct error *error)
{
    struct view *view = context;
    const struct workflow *workflow = view->plan->workflow;
    name root = reference->names[0];
    name field = reference->depth > 1 ? reference->names[1] : 0;
    if (is_word(view, root, WORD_MATRIX))
        return matrix_value(view, reference, error);
    if (is_word(view, root, WORD_ENV))
        return env_value(view, reference, error);
    if (is_word(view, root, WORD_NEEDS))
        return view->results == NULL ? not_yet("needs", error) : view_need(view, reference, error);
    if (is_word(view, root, WORD_TASK))
        return task_value(view, field, error);
    if (is_word(view, root, WORD_RUN))
        return run_value(view, field, error);
    if (is_word(view, root, WORD_HERE))
        return json_string(workflow->snapshot->directory);
    if (is_word(view, root, WORD_EVENTS) || is_word(view, root, WORD_QUEUES))
        return gate_value(view, reference, error);
    if (!is_word(view, root, WORD_PARAMS))
        return bound_value(view, root, error);
    if (reference->depth < 2)
        return json_incref(workflow->params_value);
    json_t *value = json_object_get(workflow->params_value, text_of(view, field));
    return value == NULL ? json_null() : json_incref(value);
}

static bool mentions(const struct view *view, const struct expression *expression,
                     enum known_word root)
{
    for (uint16_t i = 0; i < expression->reference_count; i++)
        if (is_word(view, expression->references[i].names[0], root))
            return true;
    return false;
}

json_t *view_value(struct view *view, uint32_t expression_id, struct error *error)
{
    const struct expression *expression = &view->plan->workflow->expressions[expression_id];
    if (view->env == NULL && mentions(view, expression, WORD_ENV) && !view_make_env(view, error))
        return NULL;
    struct evaluation evaluation = {
        .context = view, .value = reference_value, .flags = view->flags};
    json_t *value = sandbox_evaluate(view->plan->workflow->sandbox, expression, &evaluation, error);
    if (value == NULL && error != NULL && error->at == PLACE_NONE)
        error->at = expression->at;
    return value;
}

bool view_condition(struct view *view, uint32_t expression, bool *ret, struct error *error)
{
    json_t *value = view_value(view, expression, error);
    if (value == NULL)
        return false;
    bool is_boolean = json_is_boolean(value);
    *ret = json_is_true(value);
    if (!is_boolean)
        error_set(error, view->plan->workflow->expressions[expression].at,
                  "a condition must give true or false, this one gives %s", value_kind_text(value));
    json_decref(value);
    return is_boolean;
}

bool view_write_text(struct view *view, const struct text *text, struct buffer *out,
                     struct error *error)
{
    const struct names *names = view->plan->workflow->names;
    if (text->piece_count == 0)
        buffer_add(out, names_text(names, text->literal), names_length(names, text->literal));
    for (uint32_t i = 0; i < text->piece_count; i++) {
        const struct piece *piece = &text->pieces[i];
        buffer_add(out, names_text(names, piece->literal), names_length(names, piece->literal));
        if (piece->expression == NO_EXPRESSION)
            continue;
        json_t *value = view_value(view, piece->expression, error);
        bool is_text = value != NULL && value_write_text(value, out, error);
        if (value != NULL && !is_text && error != NULL)
            error->at = view->plan->workflow->expressions[piece->expression].at;
        json_decref(value);
        if (!is_text)
            return false;
    }
    return true;
}

bool view_duration(struct view *view, const struct text *text, int64_t *ret, struct error *error)
{
    CLEANUP_BUFFER struct buffer out = {0};
    if (!view_write_text(view, text, &out, error))
        return false;
    if (text_duration(buffer_text(&out), ret))
        return true;
    error_set(error, text->at, "'%s' is not a duration", buffer_text(&out));
    return error_hint(error, "write 500ms, 2s, 1h30m or a number of seconds");
}

static uint32_t whole_expression(const struct text *text)
{
    for (uint32_t i = 0; i < text->piece_count; i++)
        if (text->pieces[i].expression != NO_EXPRESSION)
            return text->pieces[i].expression;
    return NO_EXPRESSION;
}

json_t *view_text(struct view *view, const struct text *text, struct error *error)
{
    if (text->is_expression)
        return view_value(view, whole_expression(text), error);
    CLEANUP_BUFFER struct buffer out = {0};
    if (!view_write_text(view, text, &out, error))
        return NULL;
    return json_stringn_nocheck(buffer_text(&out), out.length);
}

static bool add_item(json_t *whole, const char *key, json_t *item)
{
    if (item == NULL)
        return false;
    if (key == NULL)
        json_array_append_new(whole, item);
    else
        json_object_set_new_nocheck(whole, key, item);
    return true;
}

json_t *view_spec(struct view *view, const struct spec *spec, struct error *error)
{
    if (spec->kind == SPEC_CONSTANT)
        return json_incref(spec->constant);
    if (spec->kind == SPEC_TEXT)
        return view_text(view, &spec->text, error);
    json_t *whole = spec->kind == SPEC_LIST ? json_array() : json_object();
    for (uint32_t i = 0; i < spec->count; i++) {
        const char *key = spec->kind == SPEC_MAP ? text_of(view, spec->keys[i]) : NULL;
        if (!add_item(whole, key, view_spec(view, &spec->items[i], error))) {
            json_decref(whole);
            return NULL;
        }
    }
    return whole;
}

/* Can a reference be answered now? */
static bool is_known(const struct view *view, const struct reference *reference)
{
    name root = reference->names[0];
    if (is_word(view, root, WORD_ENV) && reference->depth > 1)
        return !json_is_true(json_object_get(view->env, text_of(view, reference->names[1])));
    if (is_word(view, root, WORD_MATRIX))
        return view->node != NO_NODE;
    if (is_word(view, root, WORD_TASK) && !is_word(view, reference->names[1], WORD_NAME))
        return view->attempt > 0;
    return view->results != NULL || is_word(view, root, WORD_PARAMS) ||
           is_word(view, root, WORD_HERE) || is_word(view, root, WORD_TASK);
}

static bool text_is_known(const struct view *view, const struct text *text)
{
    for (uint32_t i = 0; i < text->piece_count; i++) {
        const struct expression *expression =
            &view->plan->workflow->expressions[text->pieces[i].expression];
        if (text->pieces[i].expression == NO_EXPRESSION)
            continue;
        for (uint16_t k = 0; k < expression->reference_count; k++)
            if (!is_known(view, &expression->references[k]))
                return false;
    }
    return true;
}

bool view_make_env(struct view *view, struct error *error)
{
    const struct details *details = view->details;
    CLEANUP_BUFFER struct buffer text = {0};
    view->env = json_object();
    for (uint32_t i = 0; i < details->env_count; i++) {
        const struct variable *variable = &details->env[i];
        json_t *value = NULL;
        buffer_clear(&text);
        if (variable->is_unset)
            value = json_null();
        else if (!text_is_known(view, &variable->value))
            value = json_true();
        else if (view_write_text(view, &variable->value, &text, error))
            value = json_stringn_nocheck(buffer_text(&text), text.length);
        if (!add_item(view->env, text_of(view, variable->name), value))
            return false;
    }
    return true;
}

bool view_is_constant(const struct view *view, const struct text *text)
{
    for (uint32_t i = 0; i < text->piece_count; i++) {
        if (text->pieces[i].expression == NO_EXPRESSION)
            continue;
        const struct expression *expression =
            &view->plan->workflow->expressions[text->pieces[i].expression];
        if (expression->reads_files || expression->calls != 0)
            return false;
        for (uint16_t k = 0; k < expression->reference_count; k++) {
            name root = expression->references[k].names[0];
            if (!is_word(view, root, WORD_PARAMS) && !is_word(view, root, WORD_HERE))
                return false;
        }
    }
    return true;
}
