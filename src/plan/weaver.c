/* Needs become edges. A need on all of several instances, or on a group of them, goes by way of a
 * join that all such needs share: N+M edges, not N×M; a need on one instance is an edge alone. */
#include "plan/weaver.h"

#include "base/memory.h"
#include "plan/instance.h"
#include "plan/matrix.h"

void weaver_add_edge(struct weaver *weaver, uint32_t from, uint32_t to)
{
    if (from < weaver->old_count)
        *VEC_PUSH(&weaver->ended) = (struct edge){from, to};
    else if (weaver->edges.count == UINT32_MAX)
        weaver->is_full = true;
    else
        *VEC_PUSH(&weaver->edges) = (struct edge){from, to};
}

uint32_t weaver_add_join(struct weaver *weaver, uint32_t task, enum join_kind kind)
{
    if (weaver->plan->node_count == MOST_NODES) {
        weaver->is_full = true;
        return weaver->plan->node_count - 1;
    }
    *VEC_PUSH(&weaver->joined) = (struct joined){task, kind};
    return weaver->plan->node_count++;
}

/* Remembers that it is a join of this weaver's, so that weaver_undo can forget it. */
static void set_join(struct weaver *weaver, uint32_t *at, uint32_t join)
{
    *at = join;
    *VEC_PUSH(&weaver->made) = at;
}

void weaver_undo(struct weaver *weaver)
{
    for (uint32_t i = 0; i < weaver->made.count; i++)
        *weaver->made.items[i] = NO_NODE;
}

void weaver_release(struct weaver *weaver)
{
    VEC_RELEASE(&weaver->edges);
    VEC_RELEASE(&weaver->ended);
    VEC_RELEASE(&weaver->joined);
    VEC_RELEASE(&weaver->made);
    VEC_RELEASE(&weaver->members);
}

/* The node that ends when all of a task's instances have. */
uint32_t weaver_task_end(struct weaver *weaver, uint32_t task)
{
    struct instances *instances = &weaver->plan->instances[task];
    if (instances->join != NO_NODE)
        return instances->join;
    if (instances->count == 1)
        return instances->first;
    set_join(weaver, &instances->join, weaver_add_join(weaver, task, JOIN_PLAIN));
    if (!instances_are_known(instances))
        weaver_add_edge(weaver, instances->template, instances->join);
    for (uint32_t i = 0; i < instances->count; i++)
        weaver_add_edge(weaver, instances->first + i, instances->join);
    return instances->join;
}

/* The node that ends when all of a group's members have. */
static uint32_t group_end(struct weaver *weaver, uint32_t task, struct grouping *grouping,
                          uint32_t group)
{
    uint32_t size = grouping_size(grouping, group);
    bool is_whole = size == weaver->plan->instances[task].count;
    if (is_whole && !(weaver->old_count > 0 && task == weaver->grown_task))
        return weaver_task_end(weaver, task);
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
    uint32_t join = weaver_add_join(weaver, task, JOIN_PLAIN);
    set_join(weaver, &grouping->joins[group], join);
    for (uint32_t i = 0; i < size; i++)
        weaver_add_edge(weaver, weaver->members.items[i], join);
    return join;
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
                      names_text(names, other->shape->variables[bound->variable]));
        if (bound->selector == NULL) {
            const json_t *value =
                instances_value(own, names, instances_index(own, view->node), bound->own);
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
    if (resolver->need->choice->guard == NO_EXPRESSION)
        diagnostics_hint(weaver->diagnostics,
                         "give the need an 'if' that is false where there is nothing to need");
    return false;
}

/* Connects one instance; false after an error. */
bool weaver_connect(struct weaver *weaver, struct resolver *resolver, struct view *view)
{
    CLEANUP_ERROR struct error error = {0};
    bool is_needed;
    if (!resolver_guard(resolver, view, &is_needed, &error))
        return diagnostics_take(weaver->diagnostics, &error);
    if (!is_needed)
        return true;
    uint32_t task = resolver->need->task;
    if (resolver->is_whole) {
        weaver_add_edge(weaver, weaver_task_end(weaver, task), view->node);
        return true;
    }
    if (!resolver_groups(resolver, view, &error))
        return diagnostics_take(weaver->diagnostics, &error);
    if (resolver->groups.count == 0)
        return matches_nothing(weaver, resolver, view);
    for (uint32_t i = 0; i < resolver->groups.count; i++)
        weaver_add_edge(weaver,
                        group_end(weaver, task, resolver->grouping, resolver->groups.items[i]),
                        view->node);
    return true;
}
