/* What a run is of: what was named, or else all that is not manual; whatever that needs; and all of
 * finally. finally's own needs order it and give it values, but choose nothing: it waits for what
 * runs. */
#include "base/memory.h"
#include "plan/build.h"

static void select_nodes(struct plan *plan, uint32_t first, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        plan->is_selected[first + i] = true;
}

static void select_named(struct plan *plan, const struct plan_options *options,
                         struct diagnostics *diagnostics)
{
    for (uint32_t i = 0; i < options->selection_count; i++) {
        CLEANUP_ERROR struct error error = {0};
        uint32_t first, count;
        if (plan_find(plan, options->selection[i], &first, &count, &error))
            select_nodes(plan, first, count);
        else
            diagnostics_take(diagnostics, &error);
    }
}

static void select_usual(struct plan *plan)
{
    const struct workflow *workflow = plan->workflow;
    for (uint32_t task = 0; task < workflow->task_count - workflow->finally_count; task++)
        if (!workflow->tasks[task].details->is_manual)
            select_nodes(plan, plan->instances[task].first, plan->instances[task].count);
}

/* What the chosen need, through joins. A named task of finally is of finally, not chosen. */
static void select_needed(struct plan *plan, uint32_t finally_first)
{
    for (uint32_t node = finally_first; node < plan->instance_count; node++)
        plan->is_selected[node] = false;
    struct graph needs;
    graph_reverse(&needs, &plan->dependents);
    graph_reach(&needs, plan->is_selected);
    graph_release(&needs);
}

static void select_finally(struct plan *plan, uint32_t finally_first)
{
    select_nodes(plan, finally_first, plan->instance_count - finally_first);
    for (uint32_t node = plan->instance_count; node < plan->node_count; node++)
        for (uint32_t i = plan->dependents.first[node]; i < plan->dependents.first[node + 1]; i++)
            plan->is_selected[node] |= plan->is_selected[plan->dependents.targets[i]];
    if (plan->finally_join != NO_NODE)
        plan->is_selected[plan->finally_join] = true;
}

static void count_needs(struct plan *plan)
{
    for (uint32_t node = 0; node < plan->node_count; node++) {
        if (!plan->is_selected[node])
            continue;
        plan->selected_count += plan->is_join[node] == JOIN_NOT;
        for (uint32_t i = plan->dependents.first[node]; i < plan->dependents.first[node + 1]; i++)
            plan->need_counts[plan->dependents.targets[i]]++;
    }
}

void build_selection(struct plan *plan, const struct plan_options *options,
                     struct diagnostics *diagnostics)
{
    const struct workflow *workflow = plan->workflow;
    uint32_t main_count = workflow->task_count - workflow->finally_count;
    uint32_t finally_first =
        workflow->finally_count > 0 ? plan->instances[main_count].first : plan->instance_count;
    plan->is_selected = memory_array(plan->node_count, sizeof *plan->is_selected);
    plan->need_counts = memory_array(plan->node_count, sizeof *plan->need_counts);
    if (options->selection_count > 0)
        select_named(plan, options, diagnostics);
    else
        select_usual(plan);
    select_needed(plan, finally_first);
    select_finally(plan, finally_first);
    count_needs(plan);
}
