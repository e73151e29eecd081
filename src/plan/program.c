/* From the steps and words of a task to its program, a chain without branches: a group is an ENTER
 * and its LEAVE around what is inside. On a task the order is: waits, barriers, the body or the
 * steps, sets; what the task holds is in its request. A step that holds something is a group around
 * its body, and the group has the step's `if`, timeout and continue-on-error. */
#include <stdlib.h>

#include "base/memory.h"
#include "plan/build.h"
#include "plan/inside.h"
#include "plan/view.h"
#include "value/value.h"

void build_gates(struct plan *plan)
{
    static const uint8_t kinds[] = {[PRIMITIVE_BARRIER] = GATE_BARRIER,
                                    [PRIMITIVE_CONDITION] = GATE_CONDITION,
                                    [PRIMITIVE_EVENT] = GATE_EVENT,
                                    [PRIMITIVE_QUEUE] = GATE_QUEUE};
    const struct workflow *workflow = plan->workflow;
    uint32_t count = workflow->primitive_count;
    plan->gates = memory_array(count, sizeof *plan->gates);
    plan->gate_of_primitive = memory_array(count, sizeof *plan->gate_of_primitive);
    for (uint32_t i = 0; i < count; i++) {
        const struct primitive *primitive = &workflow->primitives[i];
        plan->gate_of_primitive[i] = UINT32_MAX;
        if (primitive->kind == PRIMITIVE_LOCK || primitive->kind == PRIMITIVE_SEMAPHORE)
            continue;
        bool is_condition = primitive->kind == PRIMITIVE_CONDITION;
        plan->gate_of_primitive[i] = plan->gate_count;
        plan->gates[plan->gate_count++] = (struct gate){
            .kind = kinds[primitive->kind],
            .primitive = i,
            .count = primitive->count,
            .lock = is_condition ? plan->token_of_primitive[primitive->lock] : UINT32_MAX};
    }
}

struct compiler {
    struct view view;
    struct diagnostics *diagnostics;
    VEC(struct operation) operations;
    VEC(struct gate_use) uses;
    uint32_t group; /* the innermost that is open */
};

static struct operation *emit(struct compiler *compiler, enum operation_kind kind,
                              const struct step *step, place at)
{
    struct operation *operation = VEC_PUSH(&compiler->operations);
    *operation = (struct operation){.kind = kind,
                                    .partner = NO_OPERATION,
                                    .group = compiler->group,
                                    .gate = NO_GATE,
                                    .step = step,
                                    .at = at};
    return operation;
}

/* --- gate uses --- */

static void add_use(struct compiler *compiler, uint32_t primitive, uint8_t role, uint32_t first,
                    uint32_t last)
{
    uint32_t gate = compiler->view.plan->gate_of_primitive[primitive];
    for (uint32_t i = 0; i < compiler->uses.count; i++) {
        struct gate_use *use = &compiler->uses.items[i];
        if (use->gate != gate || use->role != role)
            continue;
        use->first = first < use->first ? first : use->first;
        use->last = last > use->last ? last : use->last;
        return;
    }
    *VEC_PUSH(&compiler->uses) = (struct gate_use){gate, role, first, last};
}

static void add_declared(struct compiler *compiler, const struct use *uses, uint32_t count,
                         uint32_t first, uint32_t last)
{
    for (uint32_t i = 0; i < count; i++)
        add_use(compiler, uses[i].primitive, uses[i].role, first, last);
}

/* The last operation to be made comes to a gate. */
static void add_gate(struct compiler *compiler, uint32_t primitive, enum use_role role)
{
    uint32_t at = compiler->operations.count - 1;
    compiler->operations.items[at].gate = compiler->view.plan->gate_of_primitive[primitive];
    add_use(compiler, primitive, role, at, at);
}

/* Only reads the gate. */
static void add_wait(struct compiler *compiler, uint32_t primitive)
{
    compiler->operations.items[compiler->operations.count - 1].gate =
        compiler->view.plan->gate_of_primitive[primitive];
}

/* --- steps --- */

static void set_step(struct operation *operation, const struct step *step)
{
    operation->timeout = step->timeout;
    if (step->condition != NO_EXPRESSION)
        operation->flags |= OPERATION_ASKS;
    if (step->continue_on_error)
        operation->flags |= OPERATION_CONTINUES;
}

static uint32_t enter(struct compiler *compiler, const struct step *step)
{
    CLEANUP_ERROR struct error error = {0};
    place at = step->hold_count > 0 ? step->holds[0].at : step->at;
    uint32_t index = compiler->operations.count;
    struct operation *operation = emit(compiler, OPERATION_ENTER, step, at);
    set_step(operation, step);
    if (!holds_are_constant(&compiler->view, step->holds, step->hold_count)) {
        operation->flags |= OPERATION_ASKS;
        operation->vector = NO_VECTOR;
    } else if (!holds_vector(&compiler->view, step->holds, step->hold_count, &operation->vector,
                             &error))
        diagnostics_take(compiler->diagnostics, &error);
    compiler->group = index;
    return index;
}

static void leave(struct compiler *compiler, uint32_t begin)
{
    struct operation *operations = compiler->operations.items;
    const struct step *step = operations[begin].step;
    compiler->group = operations[begin].group;
    emit(compiler, OPERATION_LEAVE, step, operations[begin].at)->partner = begin;
    compiler->operations.items[begin].partner = compiler->operations.count - 1;
}

static void add_body(struct compiler *compiler, const struct step *step)
{
    bool is_group = step->hold_count > 0;
    uint32_t begin = is_group ? enter(compiler, step) : NO_OPERATION;
    uint32_t index = compiler->operations.count;
    struct operation *body = emit(compiler, OPERATION_BODY, step, step->at);
    if (!is_group)
        set_step(body, step);
    if (step->use_count > 0)
        body->flags |= OPERATION_USES;
    add_declared(compiler, step->uses, step->use_count, index, index);
    if (is_group)
        leave(compiler, begin);
}

static void add_sleep(struct compiler *compiler, const struct step *step)
{
    CLEANUP_ERROR struct error error = {0};
    struct operation *operation = emit(compiler, OPERATION_SLEEP, step, step->at);
    set_step(operation, step);
    if (!view_is_constant(&compiler->view, &step->duration))
        operation->flags |= OPERATION_ASKS;
    else if (!view_duration(&compiler->view, &step->duration, &operation->duration, &error))
        diagnostics_take(compiler->diagnostics, &error);
}

static void add_barrier(struct compiler *compiler, const struct step *step, uint32_t primitive,
                        place at)
{
    struct operation *operation = emit(compiler, OPERATION_BARRIER, step, at);
    if (step != NULL)
        set_step(operation, step);
    if (operation->timeout == UNLIMITED)
        operation->timeout = compiler->view.plan->workflow->primitives[primitive].timeout;
    add_gate(compiler, primitive, USE_BARRIER);
}

/* A step of one word. */
static void add_word(struct compiler *compiler, const struct step *step)
{
    static const struct {
        uint8_t kind, role;
        bool is_use;
    } words[] = {
        [STEP_WAIT] = {OPERATION_WAIT, 0, false},
        [STEP_SET] = {OPERATION_SET, USE_SET, true},
        [STEP_CLEAR] = {OPERATION_CLEAR, USE_CLEAR, true},
        [STEP_CONDITION_WAIT] = {OPERATION_CONDITION_WAIT, 0, false},
        [STEP_NOTIFY] = {OPERATION_NOTIFY, USE_NOTIFY, true},
        [STEP_NOTIFY_ALL] = {OPERATION_NOTIFY_ALL, USE_NOTIFY, true},
        [STEP_PUT] = {OPERATION_PUT, USE_PUT, true},
        [STEP_GET] = {OPERATION_GET, USE_GET, true},
        [STEP_CLOSE] = {OPERATION_CLOSE, USE_CLOSE, true},
    };
    struct operation *operation = emit(compiler, words[step->kind].kind, step, step->at);
    set_step(operation, step);
    if (step->kind == STEP_PUT)
        operation->flags |= OPERATION_ASKS;
    if (step->kind == STEP_CONDITION_WAIT && step->until != NO_EXPRESSION)
        operation->flags |= OPERATION_ASKS | OPERATION_UNTIL;
    if (words[step->kind].is_use)
        add_gate(compiler, step->primitive, words[step->kind].role);
    else
        add_wait(compiler, step->primitive);
}

/* Nested no deeper than a document is. */
static void add_steps(struct compiler *compiler, const struct step *steps, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct step *step = &steps[i];
        if (step->kind == STEP_RUN || step->kind == STEP_EXEC || step->kind == STEP_CALL) {
            add_body(compiler, step);
        } else if (step->kind == STEP_GROUP) {
            uint32_t begin = enter(compiler, step);
            add_steps(compiler, step->steps, step->step_count);
            leave(compiler, begin);
        } else if (step->kind == STEP_SLEEP) {
            add_sleep(compiler, step);
        } else if (step->kind == STEP_BARRIER) {
            add_barrier(compiler, step, step->primitive, step->at);
        } else {
            add_word(compiler, step);
        }
    }
}

/* --- a task --- */

static bool needs_program(const struct task *task)
{
    const struct synchronisation *all = task->synchronisation;
    return task->body == BODY_STEPS ||
           (all != NULL && all->hold_count + all->wait_count + all->barrier_count + all->set_count +
                                   all->use_count >
                               0);
}

static void add_task(struct compiler *compiler, const struct task *task)
{
    static const struct synchronisation none;
    const struct synchronisation *all =
        task->synchronisation != NULL ? task->synchronisation : &none;
    for (uint32_t i = 0; i < all->wait_count; i++) {
        emit(compiler, OPERATION_WAIT, NULL, all->wait_at);
        add_wait(compiler, all->waits[i]);
    }
    for (uint32_t i = 0; i < all->barrier_count; i++)
        add_barrier(compiler, NULL, all->barriers[i], all->barrier_at);
    uint32_t first = compiler->operations.count;
    if (task->body == BODY_STEPS)
        add_steps(compiler, all->steps, all->step_count);
    else if (task->body != BODY_NONE)
        emit(compiler, OPERATION_BODY, NULL, task->at);
    for (uint32_t i = first; i < compiler->operations.count && all->use_count > 0; i++)
        if (compiler->operations.items[i].kind == OPERATION_BODY)
            compiler->operations.items[i].flags |= OPERATION_USES;
    if (compiler->operations.count > first)
        add_declared(compiler, all->uses, all->use_count, first, compiler->operations.count - 1);
    for (uint32_t i = 0; i < all->set_count; i++) {
        emit(compiler, OPERATION_SET, NULL, all->set_at);
        add_gate(compiler, all->sets[i], USE_SET);
    }
}

static int compare_uses(const void *a, const void *b)
{
    const struct gate_use *one = a, *two = b;
    if (one->last != two->last)
        return one->last < two->last ? -1 : 1;
    if (one->gate != two->gate)
        return one->gate < two->gate ? -1 : 1;
    return one->role < two->role ? -1 : one->role > two->role;
}

static struct program compile(struct plan *plan, uint32_t task, struct diagnostics *diagnostics)
{
    struct compiler compiler = {.diagnostics = diagnostics, .group = NO_OPERATION};
    const struct task *the = &plan->workflow->tasks[task];
    view_init(&compiler.view, plan, task, NO_NODE);
    add_task(&compiler, the);
    view_release(&compiler.view);
    if (compiler.uses.count > 1)
        qsort(compiler.uses.items, compiler.uses.count, sizeof *compiler.uses.items, compare_uses);
    struct program program = {
        .operations = arena_copy(&plan->arena, compiler.operations.items,
                                 sizeof(struct operation) * compiler.operations.count),
        .count = compiler.operations.count,
        .uses = arena_copy(&plan->arena, compiler.uses.items,
                           sizeof(struct gate_use) * compiler.uses.count),
        .use_count = compiler.uses.count,
        .has_cleanup = the->details->cleanup.at != PLACE_NONE,
    };
    for (uint32_t i = 0; i < program.count; i++) {
        bool is_body = program.operations[i].kind == OPERATION_BODY;
        program.has_body |= is_body;
        program.weight += is_body || program.operations[i].kind == OPERATION_SLEEP;
    }
    VEC_RELEASE(&compiler.operations);
    VEC_RELEASE(&compiler.uses);
    return program;
}

/* A gang's request holds what its members do; whatever else would make a program of one would let
 * it wait while the others run. */
static void refuse_member(struct plan *plan, const struct task *task,
                          struct diagnostics *diagnostics)
{
    const struct synchronisation *all = task->synchronisation;
    uint32_t words =
        all != NULL ? all->wait_count + all->barrier_count + all->set_count + all->use_count : 0;
    if (task->body != BODY_STEPS && words == 0)
        return;
    diagnostics_add(diagnostics, task->at,
                    "'%s' is joined to another task by a pipe, and has steps or words of "
                    "synchronisation: not supported yet",
                    names_text(plan->workflow->names, task->name));
    diagnostics_hint(diagnostics, "join a task with one 'run' or 'exec' of its own; locks and "
                                  "semaphores on it are fine");
}

static bool has_program(struct plan *plan, uint32_t task, struct diagnostics *diagnostics)
{
    const struct task *the = &plan->workflow->tasks[task];
    if (!needs_program(the) || plan_task_gang(plan, task) == NULL)
        return needs_program(the);
    refuse_member(plan, the, diagnostics);
    return false;
}

void build_programs(struct plan *plan, struct diagnostics *diagnostics)
{
    const struct workflow *workflow = plan->workflow;
    uint32_t count = 0;
    for (uint32_t i = 0; i < workflow->task_count; i++)
        count += needs_program(&workflow->tasks[i]);
    plan->program_count = 1;
    if (count == 0)
        return;
    plan->programs = memory_array((size_t)count + 1, sizeof *plan->programs);
    plan->inside->program_of = memory_array(workflow->task_count, sizeof(uint32_t));
    for (uint32_t i = 0; i < workflow->task_count; i++)
        if (has_program(plan, i, diagnostics)) {
            plan->inside->program_of[i] = plan->program_count;
            plan->programs[plan->program_count++] = compile(plan, i, diagnostics);
        }
}

const struct program *plan_task_program(const struct plan *plan, uint32_t task)
{
    const uint32_t *program_of = plan->inside->program_of;
    bool has_one = program_of != NULL && program_of[task] != NO_PROGRAM;
    return has_one ? &plan->programs[program_of[task]] : NULL;
}
