/* Building a plan, stage by stage, each on the arrays of those before. Errors are gathered as far
 * as the stages do not depend on what failed. */
#include "plan/plan.h"

#include "base/memory.h"
#include "plan/build.h"
#include "plan/group.h"
#include "plan/matrix.h"
#include "plan/needs.h"

const char *status_text(enum status status)
{
    static const char *const texts[] = {
        [STATUS_NONE] = "none",       [STATUS_SUCCESS] = "success",
        [STATUS_SKIPPED] = "skipped", [STATUS_CANCELLED] = "cancelled",
        [STATUS_BLOCKED] = "blocked", [STATUS_FAILURE] = "failure",
    };
    return texts[status];
}

void inside_init(struct inside *inside, struct names *names)
{
    static const char *const texts[WORD_COUNT] = {
        [WORD_PARAMS] = "params",
        [WORD_ENV] = "env",
        [WORD_MATRIX] = "matrix",
        [WORD_NEEDS] = "needs",
        [WORD_TASK] = "task",
        [WORD_RUN] = "run",
        [WORD_HERE] = "here",
        [WORD_NAME] = "name",
        [WORD_INSTANCE] = "instance",
        [WORD_ATTEMPT] = "attempt",
        [WORD_ID] = "id",
        [WORD_DIR] = "dir",
        [WORD_ELAPSED] = "elapsed",
        [WORD_FAILED] = "failed",
        [WORD_STDOUT] = "stdout",
        [WORD_STDERR] = "stderr",
        [WORD_EXIT_CODE] = "exit_code",
        [WORD_OUTPUTS] = "outputs",
        [WORD_STATUS] = "status",
        [WORD_INSTANCES] = "instances",
        [WORD_EVENTS] = "events",
        [WORD_QUEUES] = "queues",
        [WORD_RESULT] = "result",
    };
    for (int i = 0; i < WORD_COUNT; i++)
        inside->words[i] = names_add_text(names, texts[i]);
}

/* Gives instances their nodes. False if there are too many. */
static bool number_nodes(struct plan *plan, struct diagnostics *diagnostics)
{
    const struct workflow *workflow = plan->workflow;
    for (uint32_t i = 0; i < workflow->task_count; i++) {
        struct instances *instances = &plan->instances[i];
        if (instances->count > MOST_NODES - plan->node_count)
            return diagnostics_add(diagnostics, workflow->tasks[i].at,
                                   "too many instances: a plan holds %u nodes at most",
                                   (uint32_t)MOST_NODES);
        instances->first = plan->node_count;
        plan->node_count += instances->count;
    }
    plan->instance_count = plan->node_count;
    plan->task = memory_array(plan->node_count, sizeof *plan->task);
    plan->is_join = memory_array(plan->node_count, sizeof *plan->is_join);
    for (uint32_t i = 0; i < workflow->task_count; i++)
        for (uint32_t k = 0; k < plan->instances[i].count; k++)
            plan->task[plan->instances[i].first + k] = i;
    return true;
}

bool plan_build(struct plan *ret, struct workflow *workflow, const struct plan_options *options,
                struct diagnostics *diagnostics)
{
    uint32_t errors = diagnostics->error_count;
    *ret = (struct plan){.workflow = workflow, .finally_join = NO_NODE};
    ret->inside = memory_new(sizeof *ret->inside);
    inside_init(ret->inside, workflow->names);
    ret->instances = memory_array(workflow->task_count, sizeof *ret->instances);
    build_tokens(ret, options);
    build_gates(ret);
    for (uint32_t i = 0; i < workflow->task_count; i++)
        matrix_expand(ret, i, diagnostics);
    if (!number_nodes(ret, diagnostics))
        return false;
    build_gangs(ret, diagnostics);
    build_rules(ret, diagnostics);
    build_edges(ret, diagnostics);
    build_levels(ret, diagnostics);
    build_selection(ret, options, diagnostics);
    build_waiting(ret);
    return diagnostics->error_count == errors;
}

void plan_release(struct plan *plan)
{
    for (uint32_t i = 0; plan->instances != NULL && i < plan->workflow->task_count; i++) {
        groups_release(&plan->instances[i]);
        instances_release(&plan->instances[i]);
    }
    if (plan->inside != NULL)
        resolvers_release(plan->inside);
    if (plan->inside != NULL) {
        memory_free(plan->inside->waiting);
        memory_free(plan->inside->keyed);
        memory_free(plan->inside->program_of);
        memory_free(plan->inside->gang_of);
    }
    VEC_RELEASE(&plan->ended_needs);
    graph_release(&plan->dependents);
    vectors_release(&plan->vectors);
    memory_free(plan->inside);
    memory_free(plan->instances);
    memory_free(plan->task);
    memory_free(plan->is_join);
    memory_free(plan->need_counts);
    memory_free(plan->levels);
    memory_free(plan->is_selected);
    memory_free(plan->rules);
    memory_free(plan->rule_of);
    memory_free(plan->tokens);
    memory_free(plan->programs);
    memory_free(plan->gates);
    memory_free(plan->gate_of_primitive);
    memory_free(plan->token_of_primitive);
    memory_free(plan->gangs);
    arena_release(&plan->arena);
    *plan = (struct plan){0};
}
