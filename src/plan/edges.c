/* The edges of a plan: of all needs, one task after the other, and of what comes before finally. */
#include "base/memory.h"
#include "plan/build.h"
#include "plan/gang.h"
#include "plan/matrix.h"
#include "plan/weaver.h"

static void add_templates(struct weaver *weaver)
{
    struct plan *plan = weaver->plan;
    for (uint32_t task = 0; task < plan->workflow->task_count; task++)
        if (!instances_are_known(&plan->instances[task]))
            plan->instances[task].template = weaver_add_join(weaver, task, JOIN_TEMPLATE);
}

/* A guard that holds for all instances alike. */
static bool is_needed(struct weaver *weaver, uint32_t task, const struct need *need)
{
    CLEANUP_ERROR struct error error = {0};
    CLEANUP_VIEW struct view view;
    bool holds = true;
    view_init(&view, weaver->plan, task, NO_NODE);
    if (need->choice->guard != NO_EXPRESSION && !need->choice->is_by_instance &&
        !view_condition(&view, need->choice->guard, &holds, &error))
        return diagnostics_take(weaver->diagnostics, &error);
    return holds;
}

/* An item does not wait for another: they come one by one, and nobody knows which. */
static void refuse_own(struct weaver *weaver, uint32_t task, const struct need *need)
{
    const struct workflow *workflow = weaver->plan->workflow;
    diagnostics_add(weaver->diagnostics, need->at,
                    "'%s' has an instance for each item of a queue: these cannot need each other",
                    names_text(workflow->names, workflow->tasks[task].name));
}

/* A template comes after whole tasks. What becomes of their instances means something to the
 * template only where each instance needs all of them; else it is told to the instances, by the
 * expansion. order: the template's JOIN_ORDER, made when it is wanted. */
static void connect_template(struct weaver *weaver, uint32_t task, const struct need *need,
                             uint32_t *order)
{
    struct plan *plan = weaver->plan;
    const struct instances *needed = &plan->instances[need->task];
    uint32_t template = plan->instances[task].template;
    bool is_of_all = !need->choice->is_by_instance && need->choice->selector_count == 0;
    bool is_among_own =
        need->task == task && (need->choice->selector_count > 0 || need->choice->is_same);
    if (is_among_own && plan->workflow->tasks[task].matrix->is_queue)
        refuse_own(weaver, task, need);
    if (is_among_own || !is_needed(weaver, task, need))
        return;
    if (is_of_all) {
        weaver_add_edge(weaver, weaver_task_end(weaver, need->task), template);
        return;
    }
    if (*order == NO_NODE) {
        *order = weaver_add_join(weaver, task, JOIN_ORDER);
        weaver_add_edge(weaver, *order, template);
    }
    weaver_add_edge(weaver, weaver_task_end(weaver, need->task), *order);
    if (!instances_are_known(needed))
        weaver_add_edge(weaver, needed->template, template);
}

/* An instance that needs some of a template's: they are not there yet. */
static bool connect_to_template(struct weaver *weaver, struct resolver *resolver, struct view *view)
{
    CLEANUP_ERROR struct error error = {0};
    const struct need *need = resolver->need;
    bool holds;
    if (!resolver_guard(resolver, view, &holds, &error))
        return diagnostics_take(weaver->diagnostics, &error);
    uint32_t template = weaver->plan->instances[need->task].template;
    const struct matrix *matrix = weaver->plan->workflow->tasks[need->task].matrix;
    bool is_of_all =
        matrix->is_queue || (need->choice->selector_count == 0 && !need->choice->is_same);
    if (holds)
        weaver_add_edge(weaver, is_of_all ? weaver_task_end(weaver, need->task) : template,
                        view->node);
    return true;
}

static void connect_instances(struct weaver *weaver, uint32_t task, const struct need *need)
{
    struct plan *plan = weaver->plan;
    const struct instances *instances = &plan->instances[task];
    CLEANUP_ERROR struct error error = {0};
    bool is_known = instances_are_known(&plan->instances[need->task]);
    struct resolver guard, *resolver = &guard;
    resolver_init(&guard, plan, task, need);
    if (is_known && !resolver_add(plan, task, need, &error)) {
        diagnostics_take(weaver->diagnostics, &error);
        return;
    }
    if (is_known)
        resolver = resolver_find(plan, need);
    CLEANUP_VIEW struct view view;
    view_init(&view, plan, task, instances->first);
    /* One error tells what is wrong with a need; a million instances would repeat it. */
    for (uint32_t i = 0; i < instances->count && !weaver->is_full; i++) {
        view_move(&view, instances->first + i);
        if (!(is_known ? weaver_connect(weaver, resolver, &view)
                       : connect_to_template(weaver, resolver, &view)))
            return;
    }
}

static void connect_task(struct weaver *weaver, uint32_t task)
{
    const struct plan *plan = weaver->plan;
    const struct instances *instances = &plan->instances[task];
    const struct task *the = &plan->workflow->tasks[task];
    uint32_t order = NO_NODE;
    for (uint32_t i = 0; i < the->need_count; i++) {
        const struct need *need = &the->needs[i];
        if (instances->template != NO_NODE)
            connect_template(weaver, task, need, &order);
        else if (!need_is_plain(need))
            connect_instances(weaver, task, need);
        else
            for (uint32_t k = 0; k < instances->count; k++)
                weaver_add_edge(weaver, weaver_task_end(weaver, need->task), instances->first + k);
    }
}

/* All that is not finally's own ends before any of finally's tasks begins. */
static void connect_finally(struct weaver *weaver)
{
    struct plan *plan = weaver->plan;
    const struct workflow *workflow = plan->workflow;
    if (workflow->finally_count == 0)
        return;
    uint32_t main_count = workflow->task_count - workflow->finally_count;
    uint32_t first = plan->instances[main_count].first;
    uint32_t join = weaver_add_join(weaver, NO_TASK, JOIN_PLAIN);
    for (uint32_t node = 0; node < first; node++)
        weaver_add_edge(weaver, node, join);
    for (uint32_t node = first; node < plan->instance_count; node++)
        weaver_add_edge(weaver, join, node);
    for (uint32_t task = 0; task < workflow->task_count; task++) {
        uint32_t template = plan->instances[task].template;
        if (template != NO_NODE && task < main_count)
            weaver_add_edge(weaver, template, join);
        else if (template != NO_NODE)
            weaver_add_edge(weaver, join, template);
    }
    plan->finally_join = join;
}

static void finish(struct weaver *weaver)
{
    struct plan *plan = weaver->plan;
    uint32_t count = plan->node_count, begin = plan->instance_count;
    plan->task = memory_resize(plan->task, count, sizeof *plan->task);
    plan->is_join = memory_resize(plan->is_join, count, sizeof *plan->is_join);
    for (uint32_t node = begin; node < count; node++) {
        plan->task[node] = weaver->joined.items[node - begin].task;
        plan->is_join[node] = weaver->joined.items[node - begin].kind;
    }
    plan->node_capacity = count;
    graph_build(&plan->dependents, count, weaver->edges.items, weaver->edges.count);
    weaver_release(weaver);
}

void build_edges(struct plan *plan, struct diagnostics *diagnostics)
{
    struct weaver weaver = {.plan = plan, .diagnostics = diagnostics};
    add_templates(&weaver);
    for (uint32_t task = 0; task < plan->workflow->task_count; task++)
        connect_task(&weaver, task);
    gangs_connect(&weaver);
    connect_finally(&weaver);
    if (weaver.is_full)
        diagnostics_add(diagnostics, PLACE_NONE,
                        "the plan is too large: it holds %u nodes and %u edges at most",
                        (uint32_t)MOST_NODES, UINT32_MAX);
    finish(&weaver);
}
