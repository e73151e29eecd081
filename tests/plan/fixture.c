/* Reading, planning and asking; see fixture.h. */
#include "plan/fixture.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

void fixture_open_with(struct fixture *fixture, const char *text,
                       const struct plan_options *options)
{
    *fixture = (struct fixture){0};
    names_init(&fixture->names);
    snapshot_init(&fixture->snapshot, ".");
    sources_add(&fixture->sources, "flow.yml", memory_text(text), strlen(text));
    const struct workflow_options none = {.run_id = ""};
    bool is_read = workflow_read(&fixture->workflow, &fixture->sources, &fixture->sources.items[0],
                                 &fixture->names, &fixture->snapshot, &none, &fixture->diagnostics);
    CHECK_TEXT(fixture_errors(fixture), "");
    CU_ASSERT_FATAL(is_read);
    fixture->is_built =
        plan_build(&fixture->plan, &fixture->workflow, options, &fixture->diagnostics);
}

void fixture_open_selected(struct fixture *fixture, const char *text, const char *const *selection)
{
    struct plan_options options = {.cpu_capacity = 4, .selection = selection};
    while (selection != NULL && selection[options.selection_count] != NULL)
        options.selection_count++;
    fixture_open_with(fixture, text, &options);
}

void fixture_open(struct fixture *fixture, const char *text)
{
    fixture_open_selected(fixture, text, NULL);
}

void fixture_close(struct fixture *fixture)
{
    plan_release(&fixture->plan);
    workflow_release(&fixture->workflow);
    snapshot_release(&fixture->snapshot);
    sources_release(&fixture->sources);
    names_release(&fixture->names);
    diagnostics_release(&fixture->diagnostics);
    buffer_release(&fixture->text);
    json_decref(fixture->results);
}

const char *fixture_errors(struct fixture *fixture)
{
    buffer_clear(&fixture->text);
    diagnostics_write(&fixture->diagnostics, &fixture->sources, &fixture->text);
    return buffer_text(&fixture->text);
}

static void add_name(struct fixture *fixture, uint32_t node)
{
    if (fixture->text.length > 0)
        buffer_add_byte(&fixture->text, ' ');
    plan_write_name(&fixture->plan, node, &fixture->text);
}

const char *fixture_instances(struct fixture *fixture, const char *task)
{
    node_list nodes = {0};
    struct error error = {0};
    buffer_clear(&fixture->text);
    CU_ASSERT_FATAL(plan_find(&fixture->plan, task, &nodes, &error));
    for (uint32_t i = 0; i < nodes.count; i++)
        add_name(fixture, nodes.items[i]);
    VEC_RELEASE(&nodes);
    return buffer_text(&fixture->text);
}

uint32_t fixture_node(struct fixture *fixture, const char *node)
{
    struct buffer text = {0};
    uint32_t found = NO_NODE;
    for (uint32_t i = fixture->plan.node_count; i-- > 0 && found == NO_NODE;) {
        buffer_clear(&text);
        plan_write_name(&fixture->plan, i, &text);
        if (strcmp(buffer_text(&text), node) == 0)
            found = i;
    }
    buffer_release(&text);
    CU_ASSERT_NOT_EQUAL_FATAL(found, NO_NODE);
    return found;
}

const char *fixture_needs(struct fixture *fixture, const char *node)
{
    const struct graph *graph = &fixture->plan.dependents;
    uint32_t to = fixture_node(fixture, node);
    buffer_clear(&fixture->text);
    for (uint32_t from = 0; from < graph->node_count; from++)
        for (uint32_t i = graph->first[from]; i < graph->first[from + 1]; i++)
            if (graph->targets[i] == to)
                add_name(fixture, from);
    return buffer_text(&fixture->text);
}

const char *fixture_selected(struct fixture *fixture)
{
    buffer_clear(&fixture->text);
    for (uint32_t node = 0; node < fixture->plan.node_count; node++)
        if (fixture->plan.is_selected[node] && fixture->plan.is_join[node] == JOIN_NOT)
            add_name(fixture, node);
    return buffer_text(&fixture->text);
}

const char *fixture_matrix(struct fixture *fixture, const char *node)
{
    json_t *matrix = plan_matrix(&fixture->plan, fixture_node(fixture, node));
    buffer_clear(&fixture->text);
    value_write_json(matrix, &fixture->text);
    json_decref(matrix);
    return buffer_text(&fixture->text);
}

const char *fixture_vector(struct fixture *fixture, uint32_t vector)
{
    const struct vectors *vectors = &fixture->plan.vectors;
    buffer_clear(&fixture->text);
    CU_ASSERT_FATAL(vector < vectors->count);
    for (uint32_t i = vectors->first[vector]; i < vectors->first[vector + 1]; i++)
        buffer_printf(
            &fixture->text, "%s%s=%llu", fixture->text.length > 0 ? " " : "",
            names_text(&fixture->names, fixture->plan.tokens[vectors->amounts[i].token].name),
            (unsigned long long)vectors->amounts[i].amount);
    return buffer_text(&fixture->text);
}

const char *fixture_words(struct fixture *fixture, char **argv)
{
    buffer_clear(&fixture->text);
    for (char **word = argv; *word != NULL; word++)
        buffer_printf(&fixture->text, "%s%s", word == argv ? "" : "|", *word);
    return buffer_text(&fixture->text);
}

const char *command_env(const struct command *command, const char *variable)
{
    const char *found = NULL;
    size_t length = strlen(variable);
    for (char **entry = command->env; *entry != NULL; entry++)
        if (strncmp(*entry, variable, length) == 0 &&
            ((*entry)[length] == '=' || (*entry)[length] == '\0')) {
            CU_ASSERT_PTR_NULL(found);
            found = *entry;
        }
    return found;
}

/* --- results --- */

static const json_t *result_of(struct fixture *fixture, uint32_t node)
{
    struct buffer text = {0};
    plan_write_name(&fixture->plan, node, &text);
    const json_t *result = json_object_get(fixture->results, buffer_text(&text));
    buffer_release(&text);
    return result;
}

static enum status answer_status(void *context, uint32_t node)
{
    const char *text = json_string_value(json_object_get(result_of(context, node), "status"));
    for (enum status status = STATUS_NONE; text != NULL && status <= STATUS_FAILURE; status++)
        if (strcmp(text, status_text(status)) == 0)
            return status;
    return STATUS_SUCCESS;
}

static int answer_exit_code(void *context, uint32_t node)
{
    return (int)json_integer_value(json_object_get(result_of(context, node), "exit_code"));
}

static json_t *answer_stream(void *context, uint32_t node, int descriptor)
{
    json_t *text = json_object_get(result_of(context, node), descriptor == 1 ? "stdout" : "stderr");
    return text == NULL ? NULL : json_incref(text);
}

static json_t *answer_outputs(void *context, uint32_t node)
{
    json_t *outputs = json_object_get(result_of(context, node), "outputs");
    return outputs == NULL ? NULL : json_incref(outputs);
}

static json_t *answer_result(void *context, uint32_t node)
{
    json_t *result = json_object_get(result_of(context, node), "result");
    return result == NULL ? NULL : json_incref(result);
}

static json_t *answer_failed(void *context)
{
    (void)context;
    return json_pack("[s]", "a[i=1]");
}

static int64_t answer_elapsed(void *context)
{
    (void)context;
    return 1500000000;
}

void fixture_answer(struct fixture *fixture, const char *json)
{
    json_decref(fixture->results);
    fixture->results = json_loads(json, 0, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(fixture->results);
    fixture->answers = (struct results){.context = fixture,
                                        .status = answer_status,
                                        .exit_code = answer_exit_code,
                                        .stream = answer_stream,
                                        .outputs = answer_outputs,
                                        .result = answer_result,
                                        .failed = answer_failed,
                                        .elapsed = answer_elapsed,
                                        .run_id = "20240101-000000",
                                        .run_directory = "/state/runs/1"};
}

const char *fixture_asked(struct fixture *fixture, const char *node)
{
    return fixture_vector(fixture, plan_rule(&fixture->plan, fixture_node(fixture, node))->vector);
}
