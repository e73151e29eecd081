/* Needs become edges. A need on all of several instances, or on a group of them, goes by way of a
 * join that all such needs share: N+M edges, not N×M; a need on one instance is an edge alone. */
#include "base/memory.h"
#include "plan/build.h"
#include "plan/instance.h"
#include "plan/matrix.h"
#include "plan/needs.h"

struct weaver {
    struct plan *plan;
    struct diagnostics *diagnostics;
    VEC(struct edge) edges;
    VEC(uint32_t) joined; /* the task of each join, from plan->instance_count on */
    node_list members;    /* scratch */
    bool is_full;         /* more nodes or edges than there are numbers */
};

static void add_edge(struct weaver *weaver, uint32_t from, uint32_t to)
{
    if (weaver->edges.count == UINT32_MAX)
        weaver->is_full = true;
    else
        *VEC_PUSH(&weaver->edges) = (struct edge){from, to};
}

static uint32_t add_join(struct weaver *weaver, uint32_t task)
{
    if (weaver->plan->node_count == MOST_NODES) {
        weaver->is_full = true;
        return weaver->plan->node_count - 1;
    }
    *VEC_PUSH(&weaver->joined) = task;
    return weaver->plan->node_count++;
}

/* The node that ends when all of a task's instances have. */
static uint32_t task_end(struct weaver *weaver, uint32_t task)
{
    struct instances *instances = &weaver->plan->instances[task];
    if (instances->count == 1)
        return instances->first;
    if (instances->join == NO_NODE) {
        instances->join = add_join(weaver, task);
        for (uint32_t i = 0; i < instances->count; i++)
            add_edge(weaver, instances->first + i, instances->join);
    }
    return instances->join;
}

/* The node that ends when all of a group's members have. */
static uint32_t group_end(struct weaver *weaver, uint32_t task, struct grouping *grouping,
                          uint32_t group)
{
    uint32_t size = grouping_size(grouping, group);
    if (size == weaver->plan->instances[task].count)
        return task_end(weaver, task);
    if (size > 1 && grouping->joins != NULL && grouping->joins[group] != NO_NODE)
        return grouping->joins[group];
    weaver->members.count = 0;
    grouping_members(grouping, group, &weaver->members);
    if (size == 1)
        return weaver->members.items[0];
    if (grouping->joins == NULL) {
        grouping->joins = memory_array(grouping->group_count, sizeof *grouping->joins);
        for (uint32_t i = 0; i < grouping->group_count; i++)
            grouping->joins[i] = NO_NODE;
    }
    uint32_t join = add_join(weaver, task);
    for (uint32_t i = 0; i < size; i++)
        add_edge(weaver, weaver->members.items[i], join);
    return grouping->joins[group] = join;
}

/* What a bound's selector came to: the values themselves are gone, so they are asked for again. */
static void write_wanted(const struct resolver *resolver, struct view *view, struct buffer *out)
{
    const struct instances *own = &view->plan->instances[view->plan->task[view->node]];
    const struct instances *other = &view->plan->instances[resolver->need->task];
    const struct names *names = view->plan->workflow->names;
    for (uint32_t i = 0; i < resolver->bound_count; i++) {
        const struct bound *bound = &resolver->bounds[i];
        buffer_printf(out, "%s%s=", i == 0 ? "" : ", ",
                      names_text(names, other->variables[bound->variable]));
        if (bound->selector == NULL) {
            const json_t *value = instances_value(own, names, view->node - own->first, bound->own);
            if (value != NULL)
                value_write_json(value, out);
        }
        for (uint32_t k = 0; bound->selector != NULL && k < bound->selector->value_count; k++) {
            json_t *value = view_spec(view, &bound->selector->values[k], NULL);
            buffer_add_text(out, k == 0 ? "" : " or ");
            if (value != NULL)
                value_write_json(value, out);
            json_decref(value);
        }
    }
}

static bool matches_nothing(struct weaver *weaver, const struct resolver *resolver,
                            struct view *view)
{
    const struct workflow *workflow = weaver->plan->workflow;
    CLEANUP_BUFFER struct buffer own = {0};
    CLEANUP_BUFFER struct buffer wanted = {0};
    plan_write_name(weaver->plan, view->node, &own);
    write_wanted(resolver, view, &wanted);
    diagnostics_add(weaver->diagnostics, resolver->need->at,
                    "%s needs '%s' with %s, and there is no such instance", buffer_text(&own),
                    names_text(workflow->names, workflow->tasks[resolver->need->task].name),
                    buffer_text(&wanted));
    if (resolver->need->guard == NO_EXPRESSION)
        diagnostics_hint(weaver->diagnostics,
                         "give the need an 'if' that is false where there is nothing to need");
    return false;
}

/* Connects one instance; false after an error. */
static bool connect_instance(struct weaver *weaver, struct resolver *resolver, struct view *view)
{
    CLEANUP_ERROR struct error error = {0};
    bool is_needed;
    if (!resolver_guard(resolver, view, &is_needed, &error))
        return diagnostics_take(weaver->diagnostics, &error);
    if (!is_needed)
        return true;
    uint32_t task = resolver->need->task;
    if (resolver->is_whole) {
        add_edge(weaver, task_end(weaver, task), view->node);
        return true;
    }
    if (!resolver_groups(resolver, view, &error))
        return diagnostics_take(weaver->diagnostics, &error);
    if (resolver->groups.count == 0)
        return matches_nothing(weaver, resolver, view);
    for (uint32_t i = 0; i < resolver->groups.count; i++)
        add_edge(weaver, group_end(weaver, task, resolver->grouping, resolver->groups.items[i]),
                 view->node);
    return true;
}

static void connect_need(struct weaver *weaver, uint32_t task, const struct need *need)
{
    struct plan *plan = weaver->plan;
    const struct instances *instances = &plan->instances[task];
    if (need_is_plain(need)) {
        for (uint32_t i = 0; i < instances->count; i++)
            add_edge(weaver, task_end(weaver, need->task), instances->first + i);
        return;
    }
    CLEANUP_ERROR struct error error = {0};
    if (!resolver_add(plan, task, need, &error)) {
        diagnostics_take(weaver->diagnostics, &error);
        return;
    }
    struct resolver *resolver = resolver_find(plan, need);
    CLEANUP_VIEW struct view view;
    view_init(&view, plan, task, instances->first);
    /* One error tells what is wrong with a need; a million instances would repeat it. */
    for (uint32_t i = 0; i < instances->count && !weaver->is_full; i++) {
        view_move(&view, instances->first + i);
        if (!connect_instance(weaver, resolver, &view))
            return;
    }
}

/* All that is not finally's own ends before any of finally's tasks begins. */
static void connect_finally(struct weaver *weaver)
{
    struct plan *plan = weaver->plan;
    const struct workflow *workflow = plan->workflow;
    if (workflow->finally_count == 0)
        return;
    uint32_t first = plan->instances[workflow->task_count - workflow->finally_count].first;
    uint32_t join = add_join(weaver, NO_TASK);
    for (uint32_t node = 0; node < first; node++)
        add_edge(weaver, node, join);
    for (uint32_t node = first; node < plan->instance_count; node++)
        add_edge(weaver, join, node);
    plan->finally_join = join;
}

static void finish(struct weaver *weaver)
{
    struct plan *plan = weaver->plan;
    uint32_t count = plan->node_count, begin = plan->instance_count;
    plan->task = memory_resize(plan->task, count, sizeof *plan->task);
    plan->is_join = memory_resize(plan->is_join, count, sizeof *plan->is_join);
    for (uint32_t node = begin; node < count; node++) {
        plan->task[node] = weaver->joined.items[node - begin];
        plan->is_join[node] = JOIN_PLAIN;
    }
    graph_build(&plan->dependents, count, weaver->edges.items, weaver->edges.count);
    VEC_RELEASE(&weaver->edges);
    VEC_RELEASE(&weaver->joined);
    VEC_RELEASE(&weaver->members);
}

void build_edges(struct plan *plan, struct diagnostics *diagnostics)
{
    struct weaver weaver = {.plan = plan, .diagnostics = diagnostics};
    const struct workflow *workflow = plan->workflow;
    for (uint32_t task = 0; task < workflow->task_count; task++)
        for (uint32_t i = 0; i < workflow->tasks[task].need_count; i++)
            connect_need(&weaver, task, &workflow->tasks[task].needs[i]);
    connect_finally(&weaver);
    if (weaver.is_full)
        diagnostics_add(diagnostics, PLACE_NONE,
                        "the plan is too large: it holds %u nodes and %u edges at most",
                        (uint32_t)MOST_NODES, UINT32_MAX);
    finish(&weaver);
}
