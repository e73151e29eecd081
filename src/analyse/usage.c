/* Reads off the program what its task does with others: holds, waits, and the uses of gates, which
 * hold what is declared for verbs too. */
#include "analyse/usage.h"

#include "base/memory.h"

static void add(usage_list *list, uint32_t primitive, uint8_t way)
{
    for (uint32_t i = 0; i < list->count; i++)
        if (list->items[i].primitive == primitive) {
            list->items[i].ways |= way;
            return;
        }
    *VEC_PUSH(list) = (struct usage){primitive, way};
}

static void add_holds(usage_list *list, const struct hold *holds, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        add(list, holds[i].primitive, USAGE_MEETS);
}

static void add_operation(const struct plan *plan, usage_list *list,
                          const struct operation *operation)
{
    if (operation->kind == OPERATION_ENTER)
        add_holds(list, operation->step->holds, operation->step->hold_count);
    else if (operation->kind == OPERATION_WAIT || operation->kind == OPERATION_CONDITION_WAIT)
        add(list, plan->gates[operation->gate].primitive, USAGE_TAKES);
}

static void add_use(const struct plan *plan, usage_list *list, const struct gate_use *use)
{
    uint8_t way = use->role == USE_BARRIER ? USAGE_MEETS
                  : use->role == USE_GET   ? USAGE_TAKES
                                           : USAGE_GIVES;
    add(list, plan->gates[use->gate].primitive, way);
}

static void add_pipes(const struct workflow *workflow, uint32_t task, usage_list *list)
{
    for (uint32_t i = 0; i < workflow->pipe_count; i++) {
        const struct pipe *pipe = &workflow->pipes[i];
        if (pipe->writer == task)
            add(list, workflow->primitive_count + i, USAGE_GIVES);
        for (uint32_t k = 0; k < pipe->reader_count; k++)
            if (pipe->readers[k] == task)
                add(list, workflow->primitive_count + i, USAGE_TAKES);
    }
}

void usage_of_task(const struct plan *plan, uint32_t task, usage_list *ret)
{
    const struct workflow *workflow = plan->workflow;
    const struct task *the = &workflow->tasks[task];
    const struct program *program = NULL;
    if (plan_task_rule(plan, task)->program != NO_PROGRAM)
        program = &plan->programs[plan_task_rule(plan, task)->program];
    if (the->synchronisation != NULL)
        add_holds(ret, the->synchronisation->holds, the->synchronisation->hold_count);
    if (the->matrix != NULL && the->matrix->is_queue)
        add(ret, the->matrix->queue, USAGE_TAKES);
    for (uint32_t i = 0; program != NULL && i < program->count; i++)
        add_operation(plan, ret, &program->operations[i]);
    for (uint32_t i = 0; program != NULL && i < program->use_count; i++)
        add_use(plan, ret, &program->uses[i]);
    add_pipes(workflow, task, ret);
}

void usage_write(const struct plan *plan, uint32_t primitive, struct buffer *out)
{
    const struct workflow *workflow = plan->workflow;
    bool is_pipe = primitive >= workflow->primitive_count;
    name name = is_pipe ? workflow->pipes[primitive - workflow->primitive_count].name
                        : workflow->primitives[primitive].name;
    const char *kind = is_pipe ? "pipe" : primitive_kind_text(workflow->primitives[primitive].kind);
    buffer_printf(out, "%s %s", kind, names_text(workflow->names, name));
}
