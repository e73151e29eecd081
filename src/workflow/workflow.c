/* Reading a workflow from its document: what stands at the top level, in the order in which one
 * part depends on another; and the questions others ask of the model. */
#include "workflow/workflow.h"

#include <string.h>

#include "base/memory.h"
#include "workflow/reader.h"

const struct choice choice_all = {.guard = NO_EXPRESSION};

/* --- questions --- */

uint32_t workflow_task(const struct workflow *workflow, name key)
{
    return key < workflow->task_of_name_count ? workflow->task_of_name[key] : NO_TASK;
}

name workflow_need_name(const struct workflow *workflow, const struct need *need)
{
    return need->choice->as != 0 ? need->choice->as : workflow->tasks[need->task].name;
}

uint32_t workflow_need(const struct workflow *workflow, const struct task *task, name as)
{
    for (uint32_t i = 0; i < task->need_count; i++)
        if (workflow_need_name(workflow, &task->needs[i]) == as)
            return i;
    return UINT32_MAX;
}

static bool is_fixed(const struct need *need, name variable, const struct matrix *own)
{
    for (uint32_t i = 0; i < need->choice->selector_count; i++)
        if (need->choice->selectors[i].variable == variable)
            return need->choice->selectors[i].value_count == 1;
    return need->choice->is_same && own != NULL &&
           shape_has(own->variables, own->variable_count, variable);
}

bool workflow_need_is_single(const struct workflow *workflow, const struct task *task, name as)
{
    uint32_t index = workflow_need(workflow, task, as);
    if (index == UINT32_MAX)
        return false;
    for (uint32_t i = index + 1; i < task->need_count; i++)
        if (workflow_need_name(workflow, &task->needs[i]) == as)
            return false;
    const struct need *need = &task->needs[index];
    const struct matrix *matrix = workflow->tasks[need->task].matrix;
    if (matrix == NULL)
        return true;
    for (uint32_t i = 0; i < matrix->variable_count; i++)
        if (!is_fixed(need, matrix->variables[i], task->matrix))
            return false;
    return !matrix->is_open && matrix->variable_count > 0;
}

/* --- the top level --- */

static void version_read(struct reader *reader, const struct section *section)
{
    uint32_t node = section->values[TOP_PARGRAPH];
    if (node == 0 && !section_is_guessed(section, TOP_PARGRAPH)) {
        reader_error(reader, section->map, "'pargraph: 1' is missing");
        reader_hint(reader, "write it at the top of the file: the version of the language");
    } else if (node != 0 && reader_node(reader, node)->kind != NODE_SCALAR) {
        reader_wrong_kind(reader, node, "1, the version of the language");
    } else if (node != 0 && strcmp(reader_text(reader, node), "1") != 0) {
        reader_error(reader, node, "version '%s' of the language is not known",
                     reader_text(reader, node));
        reader_hint(reader, "write pargraph: 1");
    }
}

static void policy_read(struct reader *reader, uint32_t node)
{
    static const char *const words[] = {"drain", "fast", "keep-going"};
    int word = reader_word(reader, node, words, 3);
    if (word >= 0)
        reader->workflow->failure_policy = (uint8_t)word;
}

static void head_read(struct reader *reader, const struct section *section)
{
    struct workflow *workflow = reader->workflow;
    const uint32_t *values = section->values;
    version_read(reader, section);
    if (values[TOP_NAME] != 0)
        reader_constant(reader, values[TOP_NAME], &workflow->name);
    if (values[TOP_DESCRIPTION] != 0)
        reader_constant(reader, values[TOP_DESCRIPTION], &workflow->description);
    if (values[TOP_FAILURE_POLICY] != 0)
        policy_read(reader, values[TOP_FAILURE_POLICY]);
    reader->is_params_broken = section_is_guessed(section, TOP_PARAMS);
    if (values[TOP_PARAMS] != 0)
        params_read(reader, values[TOP_PARAMS]);
    params_check_given(reader);
    if (values[TOP_ENV] != 0)
        env_read(reader, values[TOP_ENV], CONTEXT_SHARED, &workflow->env, &workflow->env_count);
    if (values[TOP_TIMEOUT] != 0)
        timeout_read(reader, values[TOP_TIMEOUT], &workflow->timeout);
    capacities_read(reader, values[TOP_RESOURCES]);
    primitives_read(reader, section);
    reader->is_pools_broken = section_is_guessed(section, TOP_POOLS);
    pools_read(reader, values[TOP_POOLS]);
}

static void defaults_read(struct reader *reader, uint32_t node)
{
    struct workflow *workflow = reader->workflow;
    struct details *details = arena_new(&workflow->arena, sizeof *details);
    details->env = workflow->env;
    details->env_count = workflow->env_count;
    details->retry = (struct retry){.backoff = 1, .when = RETRY_ANY};
    shell_make(reader, "sh", &details->shell);
    reader->details = details;
    struct section section;
    if (node != 0 && section_read(reader, node, TABLE_DEFAULTS, "a map", &section))
        details_read(reader, &section);
}

static void root_read(struct reader *reader)
{
    struct section section;
    if (!section_read(reader, 0, TABLE_TOP, "a map with 'pargraph' and 'tasks'", &section))
        return;
    head_read(reader, &section);
    defaults_read(reader, section.values[TOP_DEFAULTS]);
    reader->is_tasks_broken = section_is_guessed(&section, TOP_TASKS) ||
                              section_is_guessed(&section, TOP_FINALLY) ||
                              section_is_guessed(&section, TOP_INCLUDE);
    reader->is_resources_broken =
        reader->is_resources_broken || section_is_guessed(&section, TOP_RESOURCES);
    tasks_declare(reader, section.values[TOP_TASKS], section.values[TOP_FINALLY]);
    tasks_read(reader);
    usages_check(reader);
    pipes_check(reader);
}

/* --- reading --- */

static void reader_release(struct reader *reader)
{
    document_release(&reader->document);
    tables_release(&reader->tables);
    name_map_release(&reader->param_of_name);
    name_map_release(&reader->resource_of_name);
    name_map_release(&reader->need_of_name);
    name_map_release(&reader->primitive_of_name);
    name_map_release(&reader->pipe_of_name);
    name_map_release(&reader->pool_of_name);
    memory_free(reader->usages);
    memory_free(reader->task_nodes);
    memory_free(reader->shape_of);
    VEC_RELEASE(&reader->shapes);
    VEC_RELEASE(&reader->task_names);
    VEC_RELEASE(&reader->held);
    VEC_RELEASE(&reader->bound);
    VEC_RELEASE(&reader->binding);
    VEC_RELEASE(&reader->pipe_ends);
}

/* From here on the text is wanted only to find the places of what is wrong, and of expressions: it
 * is read again for these if need be. */
static void give_back_text(struct sources *sources, const struct source *source)
{
    if (memmem(source->text, source->length, "${{", 3) == NULL)
        sources_give_back(sources, SOURCE_LARGE);
}

static void read_document(struct reader *reader, struct source *source)
{
    struct workflow *workflow = reader->workflow;
    if (!document_read(&reader->document, source, reader->names, reader->diagnostics))
        return;
    give_back_text(workflow->sources, source);
    root_read(reader);
    sources_give_back(workflow->sources, SOURCE_LARGE);
}

bool workflow_read(struct workflow *ret, struct sources *sources, struct source *source,
                   struct names *names, struct snapshot *snapshot,
                   const struct workflow_options *options, struct diagnostics *diagnostics)
{
    *ret = (struct workflow){.names = names,
                             .sources = sources,
                             .snapshot = snapshot,
                             .sandbox = sandbox_new(names, snapshot),
                             .params_value = json_object(),
                             .constants = json_array()};
    struct reader reader = {
        .workflow = ret, .names = names, .diagnostics = diagnostics, .options = options};
    uint32_t before = diagnostics->error_count;
    tables_init(&reader.tables, names);
    reader_init_nulls(&reader);
    finder_init(&reader.finder, source);
    *VEC_PUSH(&reader.expressions) = (struct expression){0};
    read_document(&reader, source);
    ret->expressions = reader.expressions.items;
    ret->expression_count = reader.expressions.count;
    functions_keep(&reader);
    reader_release(&reader);
    reader_drop_repeated(diagnostics);
    return diagnostics->error_count == before;
}

void workflow_release(struct workflow *workflow)
{
    for (uint32_t i = 0; i < workflow->param_count; i++)
        json_decref(workflow->params[i].value);
    json_decref(workflow->params_value);
    json_decref(workflow->constants);
    sandbox_free(workflow->sandbox);
    memory_free(workflow->expressions);
    arena_release(&workflow->arena);
    *workflow = (struct workflow){0};
}
