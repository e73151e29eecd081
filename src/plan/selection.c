/* What a run is of: what was named, or else all that is not manual; whatever that needs; and all of
 * finally. finally's own needs order it and give it values, but choose nothing: it waits for what
 * runs. */
#include <string.h>

#include "base/memory.h"
#include "plan/build.h"

/* A task's instances, or its template. */
static void select_task(struct plan *plan, uint32_t task)
{
    struct instances *instances = &plan->instances[task];
    for (uint32_t i = 0; i < instances->count; i++)
        plan->is_selected[instances->first + i] = true;
    if (instances->template == NO_NODE)
        return;
    plan->is_selected[instances->template] = true;
    instances->is_chosen = true;
}

static void select_nodes(struct plan *plan, const node_list *nodes)
{
    for (uint32_t i = 0; i < nodes->count; i++)
        plan->is_selected[nodes->items[i]] = true;
}

/* Of the name of a task that there is. */
static uint32_t task_of(const struct plan *plan, const char *text)
{
    return workflow_task(plan->workflow, names_find(plan->workflow->names, text, strlen(text)));
}

static void select_named(struct plan *plan, const struct plan_options *options,
                         struct diagnostics *diagnostics)
{
    for (uint32_t i = 0; i < options->selection_count; i++) {
        CLEANUP_ERROR struct error error = {0};
        node_list nodes = {0};
        if (!plan_find(plan, options->selection[i], &nodes, &error))
            diagnostics_take(diagnostics, &error);
        else if (nodes.count == 0)
            select_task(plan, task_of(plan, options->selection[i]));
        else
            select_nodes(plan, &nodes);
        VEC_RELEASE(&nodes);
    }
}

static void select_usual(struct plan *plan)
{
    const struct workflow *workflow = plan->workflow;
    for (uint32_t task = 0; task < workflow->task_count - workflow->finally_count; task++)
        if (!workflow->tasks[task].details->is_manual)
            select_task(plan, task);
}

/* A gang is selected as a whole. Its members come after what any of them needs. */
static void select_gangs(struct plan *plan)
{
    for (uint32_t i = 1; i < plan->gang_count; i++) {
        const struct gang *gang = &plan->gangs[i];
        bool is_selected = false;
        for (uint32_t k = 0; k < gang->count; k++)
            is_selected |= plan->is_selected[gang->nodes[k]];
        for (uint32_t k = 0; k < gang->count; k++)
            plan->is_selected[gang->nodes[k]] = is_selected;
    }
}

/* What the chosen need, through joins. A named task of finally is of finally, not chosen. */
static void select_needed(struct plan *plan, uint32_t finally_first)
{
    const struct workflow *workflow = plan->workflow;
    for (uint32_t node = finally_first; node < plan->instance_count; node++)
        plan->is_selected[node] = false;
    for (uint32_t i = 1; i <= workflow->finally_count; i++)
        if (plan->instances[workflow->task_count - i].template != NO_NODE)
            plan->is_selected[plan->instances[workflow->task_count - i].template] = false;
    struct graph needs;
    graph_reverse(&needs, &plan->dependents);
    graph_reach(&needs, plan->is_selected);
    graph_release(&needs);
    select_gangs(plan);
    for (uint32_t task = 0; task < workflow->task_count; task++) {
        struct instances *instances = &plan->instances[task];
        if (instances->template != NO_NODE && instances->join != NO_NODE)
            instances->is_chosen |= plan->is_selected[instances->join];
    }
}

/* A join that only orders what is selected already. */
static bool select_join(struct plan *plan, uint32_t node)
{
    const struct graph *graph = &plan->dependents;
    if (plan->is_selected[node] || plan->is_join[node] == JOIN_TEMPLATE)
        return false;
    for (uint32_t i = graph->first[node]; i < graph->first[node + 1]; i++)
        plan->is_selected[node] |= plan->is_selected[graph->targets[i]];
    return plan->is_selected[node];
}

static void select_finally(struct plan *plan)
{
    const struct workflow *workflow = plan->workflow;
    for (uint32_t i = 1; i <= workflow->finally_count; i++)
        select_task(plan, workflow->task_count - i);
    /* Few rounds: a join of all, an order, and no more stand one behind the other. */
    for (bool has_more = true; has_more;) {
        has_more = false;
        for (uint32_t node = plan->instance_count; node < plan->node_count; node++)
            has_more |= select_join(plan, node);
    }
    if (plan->finally_join != NO_NODE)
        plan->is_selected[plan->finally_join] = true;
}

static void count_needs(struct plan *plan)
{
    for (uint32_t node = 0; node < plan->node_count; node++) {
        if (!plan->is_selected[node])
            continue;
        plan->selected_count += plan_is_counted(plan, node);
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
    select_finally(plan);
    count_needs(plan);
}
