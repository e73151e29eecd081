/* What is said of operations and gates, and what bodies are declared to do to these. */
#include "base/memory.h"
#include "plan/build.h"
#include "plan/inside.h"

static bool has_use(const struct plan *plan, const struct use *uses, uint32_t count, uint32_t gate,
                    enum use_role role)
{
    for (uint32_t i = 0; i < count; i++)
        if (uses[i].role == role && plan->gate_of_primitive[uses[i].primitive] == gate)
            return true;
    return false;
}

bool plan_is_declared(const struct plan *plan, uint32_t node, uint32_t operation, uint32_t gate,
                      enum use_role role)
{
    uint32_t task = plan->task[node];
    const struct synchronisation *all = plan->workflow->tasks[task].synchronisation;
    const struct program *program = plan_task_program(plan, task);
    if (all != NULL && has_use(plan, all->uses, all->use_count, gate, role))
        return true;
    if (program == NULL || operation == NO_OPERATION)
        return false;
    const struct step *step = program->operations[operation].step;
    return step != NULL && has_use(plan, step->uses, step->use_count, gate, role);
}

/* "2.1": the first step inside the second. */
static bool write_number(const struct step *steps, uint32_t count, const struct step *step,
                         struct buffer *out)
{
    size_t begin = out->length;
    for (uint32_t i = 0; i < count; i++) {
        buffer_printf(out, "%s%u", begin > 0 && out->bytes[begin - 1] != ' ' ? "." : "", i + 1);
        if (&steps[i] == step || write_number(steps[i].steps, steps[i].step_count, step, out))
            return true;
        out->length = begin;
    }
    return false;
}

static void write_held(const struct plan *plan, const struct step *step, struct buffer *out)
{
    const struct workflow *workflow = plan->workflow;
    if (step->hold_count == 0)
        buffer_add_text(out, "steps");
    for (uint32_t i = 0; i < step->hold_count; i++) {
        const struct primitive *primitive = &workflow->primitives[step->holds[i].primitive];
        buffer_printf(out, "%s%s %s", i > 0 ? ", " : "", primitive_kind_text(primitive->kind),
                      names_text(workflow->names, primitive->name));
    }
}

static void write_word(const struct plan *plan, uint32_t task, const struct operation *operation,
                       struct buffer *out)
{
    static const char *const words[] = {
        [OPERATION_SLEEP] = "sleep",   [OPERATION_BARRIER] = "barrier",
        [OPERATION_WAIT] = "wait",     [OPERATION_SET] = "set",
        [OPERATION_CLEAR] = "clear",   [OPERATION_CONDITION_WAIT] = "wait",
        [OPERATION_NOTIFY] = "notify", [OPERATION_NOTIFY_ALL] = "notify-all",
        [OPERATION_PUT] = "put",       [OPERATION_GET] = "get",
        [OPERATION_CLOSE] = "close",
    };
    const struct workflow *workflow = plan->workflow;
    const struct step *step = operation->step;
    if (operation->kind == OPERATION_BODY) {
        uint8_t body = workflow->tasks[task].body;
        bool is_run = step != NULL ? step->kind == STEP_RUN : body == BODY_RUN;
        bool is_call = step != NULL ? step->kind == STEP_CALL : body == BODY_CALL;
        buffer_add_text(out, is_run ? "run" : is_call ? "call" : "exec");
        return;
    }
    if (operation->kind == OPERATION_ENTER || operation->kind == OPERATION_LEAVE) {
        write_held(plan, step, out);
        return;
    }
    buffer_add_text(out, words[operation->kind]);
    if (operation->gate != NO_GATE)
        buffer_printf(
            out, " %s",
            names_text(workflow->names,
                       workflow->primitives[plan->gates[operation->gate].primitive].name));
}

void plan_write_operation(const struct plan *plan, uint32_t node, uint32_t operation,
                          struct buffer *out, place *ret_at)
{
    plan_write_task_operation(plan, plan->task[node], operation, out, ret_at);
}

void plan_write_task_operation(const struct plan *plan, uint32_t task, uint32_t operation,
                               struct buffer *out, place *ret_at)
{
    const struct synchronisation *all = plan->workflow->tasks[task].synchronisation;
    const struct operation *the = &plan_task_program(plan, task)->operations[operation];
    *ret_at = the->at;
    if (the->step == NULL) {
        write_word(plan, task, the, out);
        return;
    }
    buffer_add_text(out, "step ");
    write_number(all->steps, all->step_count, the->step, out);
    buffer_add_text(out, " (");
    write_word(plan, task, the, out);
    buffer_add_byte(out, ')');
}

void plan_write_gate(const struct plan *plan, uint32_t gate, struct buffer *out)
{
    const struct workflow *workflow = plan->workflow;
    const struct primitive *primitive = &workflow->primitives[plan->gates[gate].primitive];
    buffer_printf(out, "%s %s", primitive_kind_text(primitive->kind),
                  names_text(workflow->names, primitive->name));
}
