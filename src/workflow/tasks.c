/* The tasks: their names first, all at once, so that each may name any other; then what other tasks
 * may say of them (shapes.c); then each in whole. */
#include <string.h>

#include "base/memory.h"
#include "workflow/reader.h"

/* --- declarations --- */

static uint32_t pair_count(struct reader *reader, uint32_t node)
{
    return node != 0 && reader_node(reader, node)->kind == NODE_MAP
               ? reader_node(reader, node)->text
               : 0;
}

static void declare_map(struct reader *reader, uint32_t node, bool is_finally)
{
    struct workflow *workflow = reader->workflow;
    if (node == 0)
        return;
    if (!reader_expect(reader, node, NODE_MAP, "a map of tasks")) {
        if (reader_node(reader, node)->kind == NODE_LIST)
            reader_hint(reader, "write each task under its name: build: {run: make}");
        reader->is_tasks_broken = true;
        return;
    }
    uint32_t end = reader_node(reader, node)->end;
    for (uint32_t key = node + 1; key < end; key = reader_node(reader, key + 1)->end) {
        const struct node *one = reader_node(reader, key);
        reader_check_name(reader, key, "a task");
        if (workflow->task_of_name[one->text] != NO_TASK) {
            reader_error(reader, key, "a task '%s' is declared under 'tasks' too",
                         reader_text(reader, key));
            continue;
        }
        workflow->task_of_name[one->text] = workflow->task_count;
        reader->task_nodes[workflow->task_count] = key + 1;
        workflow->tasks[workflow->task_count++] =
            (struct task){.at = one->at, .name = one->text, .is_finally = is_finally};
        workflow->finally_count += is_finally;
    }
}

void tasks_declare(struct reader *reader, uint32_t tasks, uint32_t finally)
{
    struct workflow *workflow = reader->workflow;
    uint32_t most = pair_count(reader, tasks) + pair_count(reader, finally);
    workflow->tasks = ARENA_ARRAY(&workflow->arena, struct task, most);
    reader->task_nodes = memory_array((size_t)most + 1, sizeof *reader->task_nodes);
    workflow->task_of_name_count = reader->names->count;
    workflow->task_of_name = ARENA_ARRAY(&workflow->arena, uint32_t, reader->names->count);
    memset(workflow->task_of_name, 0xff, reader->names->count * sizeof(uint32_t));
    declare_map(reader, tasks, false);
    declare_map(reader, finally, true);
}

uint32_t tasks_find(struct reader *reader, uint32_t node)
{
    const struct workflow *workflow = reader->workflow;
    uint32_t task = workflow_task(workflow, reader_node(reader, node)->text);
    if (task != NO_TASK || reader->is_tasks_broken)
        return task;
    if (reader_has_holes(reader, node)) {
        reader_error(reader, node, "the name of a need cannot hold an expression");
        reader_hint(reader, "name the task, and choose its instances by {TASK: {VARIABLE: value}}");
        return NO_TASK;
    }
    reader_error(reader, node, "unknown task '%s'", reader_text(reader, node));
    if (reader->task_names.count == 0)
        for (uint32_t i = 0; i < workflow->task_count; i++)
            *VEC_PUSH(&reader->task_names) = names_text(reader->names, workflow->tasks[i].name);
    if (strpbrk(reader_text(reader, node), ", \t") != NULL)
        reader_hint(reader, "write a list: needs: [a, b]");
    else if (strchr(reader_text(reader, node), '[') != NULL)
        reader_hint(reader, "choose instances by a map: {TASK: {VARIABLE: value}}");
    else
        reader_suggest(reader, reader_text(reader, node), reader->task_names.items,
                       reader->task_names.count);
    return NO_TASK;
}

/* --- bodies --- */

/* `shell: make all` alone would do nothing at all. */
static void check_shell(struct reader *reader, const struct section *section)
{
    static const enum task_field users[] = {TASK_RUN, TASK_EXEC, TASK_CLEANUP, TASK_MPI,
                                            TASK_STEPS};
    if (section->values[TASK_SHELL] == 0)
        return;
    for (size_t i = 0; i < sizeof users / sizeof *users; i++)
        if (section->values[users[i]] != 0 || section_is_guessed(section, users[i]))
            return;
    diagnostics_warn(reader->diagnostics, reader_node(reader, section->values[TASK_SHELL] - 1)->at,
                     "'shell' says what runs the text of 'run', and there is none");
    reader_hint(reader, "write the commands in 'run'");
}

static bool has_one_body(struct reader *reader, const struct section *section)
{
    static const enum task_field bodies[] = {TASK_RUN, TASK_EXEC, TASK_CALL, TASK_STEPS};
    uint32_t first = 0, second = 0;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        uint32_t value = section->values[bodies[i]];
        if (value != 0 && (first == 0 || value < first))
            second = first, first = value;
        else if (value != 0 && (second == 0 || value < second))
            second = value;
    }
    return second == 0 ||
           reader_error(reader, second - 1, "a task has one body: '%s' or '%s', not both",
                        reader_text(reader, first - 1), reader_text(reader, second - 1));
}

static void body_read(struct reader *reader, const struct section *section,
                      struct synchronisation *synchronisation)
{
    uint32_t run = section->values[TASK_RUN], exec = section->values[TASK_EXEC];
    uint32_t call = section->values[TASK_CALL], steps = section->values[TASK_STEPS];
    struct task *task = reader->task;
    struct body_words words = {0};
    if (!has_one_body(reader, section))
        return;
    if (run != 0)
        task->body = BODY_RUN, run_read(reader, run, &words);
    else if (exec != 0)
        task->body = BODY_EXEC, exec_read(reader, exec, &words);
    else if (call != 0)
        task->body = BODY_CALL, task->call = call_read(reader, call, CONTEXT_TASK),
        call_check_streams(reader, task->details, false);
    else if (steps != 0)
        task->body = BODY_STEPS,
        steps_read(reader, steps, &synchronisation->steps, &synchronisation->step_count);
    task->run = words.run;
    task->exec = words.exec;
    task->exec_count = words.exec_count;
    task->is_plain_command = words.is_plain_command;
    check_shell(reader, section);
}

/* --- reading --- */

static void task_read(struct reader *reader, uint32_t index, const struct details *defaults)
{
    struct task *task = &reader->workflow->tasks[index];
    uint32_t node = reader->task_nodes[index];
    struct section section = {.table = TABLE_TASK};
    task->details = defaults;
    if (reader_is_plain_null(reader, node))
        return;
    if (!section_read(reader, node, TABLE_TASK, "a map", &section)) {
        if (reader_node(reader, node)->kind == NODE_SCALAR)
            reader_hint(reader, "for shell text write {run: ...}");
        return;
    }
    reader->task = task;
    reader->task_index = index;
    reader->is_needs_broken = section_is_guessed(&section, TASK_NEEDS);
    reader->is_matrix_broken = section_is_guessed(&section, TASK_MATRIX);
    struct details *shared = reader->details;
    if (section.values[TASK_NEEDS] != 0)
        needs_read(reader, section.values[TASK_NEEDS]);
    if (section.values[TASK_MATRIX] != 0)
        matrix_read(reader, section.values[TASK_MATRIX]);
    if (section.values[TASK_STEPS] != 0)
        bindings_collect(reader, section.values[TASK_STEPS]);
    details_read(reader, &section);
    task->details = reader->details;
    struct synchronisation *synchronisation = synchronisation_read(reader, &section);
    task->synchronisation = synchronisation;
    body_read(reader, &section, synchronisation);
    if (synchronisation != NULL)
        synchronisation_check(reader, &section);
    needs_forget(reader);
    reader->details = shared;
}

enum { GIVEN_BACK = 1 << 16 }; /* nodes at a time */

/* The model grows while the nodes it is made of are read for the last time: what lies between the
 * first of them and these is given back, so that a large workflow is not there twice. */
static uint32_t give_back(struct reader *reader, uint32_t first, uint32_t end)
{
    struct node *nodes = reader->document.nodes;
    bool is_next = first < end;
    if (is_next && end - first < GIVEN_BACK)
        return first;
    if (is_next)
        memory_give_back(nodes + first, (end - first) * sizeof *nodes);
    return end;
}

void tasks_read(struct reader *reader)
{
    shapes_read(reader);
    const struct workflow *workflow = reader->workflow;
    uint32_t count = workflow->task_count, main_count = count - workflow->finally_count;
    uint32_t first = count > 0 ? reader->task_nodes[0] : 0;
    for (uint32_t task = 0; task < count; task++) {
        /* Between the two maps there may be other things. */
        first = task == main_count ? reader->task_nodes[task]
                                   : give_back(reader, first, reader->task_nodes[task]);
        task_read(reader, task, reader->details);
    }
}
