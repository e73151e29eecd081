/* From an instance and one of its needs to the instances it stands for. What is the same for all
 * instances of the task (which variables are fixed, the table to look in, arithmetic instead of
 * Lua) is found out once. */
#include "plan/needs.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "plan/instance.h"

bool need_is_plain(const struct need *need)
{
    return need->choice->guard == NO_EXPRESSION && need->choice->selector_count == 0 &&
           !need->choice->is_same;
}

static struct resolver **find_slot(const struct inside *inside, const struct need *need)
{
    uint32_t mask = inside->resolver_slots - 1;
    uint32_t at = (uint32_t)((uintptr_t)need / sizeof *need * 0x9e3779b97f4a7c15u >> 32) & mask;
    while (inside->resolvers[at] != NULL && inside->resolvers[at]->need != need)
        at = (at + 1) & mask;
    return &inside->resolvers[at];
}

struct resolver *resolver_find(const struct plan *plan, const struct need *need)
{
    return plan->inside->resolver_slots == 0 ? NULL : *find_slot(plan->inside, need);
}

static void insert(struct inside *inside, struct resolver *resolver)
{
    if (2 * inside->resolver_count >= inside->resolver_slots) {
        struct resolver **old = inside->resolvers;
        uint32_t old_slots = inside->resolver_slots;
        inside->resolver_slots = old_slots == 0 ? 16 : 2 * old_slots;
        inside->resolvers = memory_array(inside->resolver_slots, sizeof(struct resolver *));
        for (uint32_t i = 0; i < old_slots; i++)
            if (old[i] != NULL)
                *find_slot(inside, old[i]->need) = old[i];
        memory_free(old);
    }
    *find_slot(inside, resolver->need) = resolver;
    inside->resolver_count++;
}

static void release(struct resolver *resolver)
{
    for (uint32_t i = 0; i < resolver->bound_count; i++)
        VEC_RELEASE(&resolver->bounds[i].ids);
    VEC_RELEASE(&resolver->groups);
}

void resolvers_release(struct inside *inside)
{
    for (uint32_t i = 0; i < inside->resolver_slots; i++) {
        struct resolver *resolver = inside->resolvers[i];
        if (resolver != NULL)
            release(resolver);
    }
    memory_free(inside->resolvers);
}

static const char *task_text(const struct plan *plan, uint32_t task)
{
    return names_text(plan->workflow->names, plan->workflow->tasks[task].name);
}

static void bind_same(struct plan *plan, struct resolver *resolver)
{
    const struct instances *own = &plan->instances[resolver->task];
    const struct instances *other = &plan->instances[resolver->need->task];
    resolver->bounds = ARENA_ARRAY(&plan->arena, struct bound, instances_variable_count(other));
    for (uint32_t i = 0; i < instances_variable_count(other); i++) {
        uint32_t at = instances_variable(own, other->shape->variables[i]);
        if (at != UINT32_MAX)
            resolver->bounds[resolver->bound_count++] = (struct bound){.variable = i, .own = at};
    }
}

/* The one expression of a selector's value, or NO_EXPRESSION. */
static uint32_t expression_of(const struct spec *spec)
{
    if (spec->kind != SPEC_TEXT || !spec->text.is_expression)
        return NO_EXPRESSION;
    for (uint32_t i = 0; i < spec->text.piece_count; i++)
        if (spec->text.pieces[i].expression != NO_EXPRESSION)
            return spec->text.pieces[i].expression;
    return NO_EXPRESSION;
}

static void read_forms(struct plan *plan, uint32_t task, struct bound *bound)
{
    const struct selector *selector = bound->selector;
    bound->forms = arena_new(&plan->arena, sizeof(const struct affine *) * selector->value_count);
    for (uint32_t i = 0; i < selector->value_count; i++) {
        uint32_t expression = expression_of(&selector->values[i]);
        if (expression != NO_EXPRESSION)
            bound->forms[i] = affine_read(plan, task, expression);
    }
}

static int compare_bounds(const void *a, const void *b)
{
    const struct bound *x = a, *y = b;
    return x->variable < y->variable ? -1 : x->variable > y->variable;
}

static bool bind_selectors(struct plan *plan, struct resolver *resolver, struct error *error)
{
    const struct need *need = resolver->need;
    const struct instances *other = &plan->instances[need->task];
    resolver->bounds = ARENA_ARRAY(&plan->arena, struct bound, need->choice->selector_count);
    for (uint32_t i = 0; i < need->choice->selector_count; i++) {
        const struct selector *selector = &need->choice->selectors[i];
        uint32_t at = instances_variable(other, selector->variable);
        if (at == UINT32_MAX)
            return error_set(error, selector->at, "no instance of '%s' has a variable '%s'",
                             task_text(plan, need->task),
                             names_text(plan->workflow->names, selector->variable));
        struct bound *bound = &resolver->bounds[resolver->bound_count++];
        *bound = (struct bound){.variable = at, .selector = selector};
        read_forms(plan, resolver->task, bound);
    }
    qsort(resolver->bounds, resolver->bound_count, sizeof *resolver->bounds, compare_bounds);
    return true;
}

static bool bind(struct plan *plan, struct resolver *resolver, struct error *error)
{
    const struct need *need = resolver->need;
    if (plan->instances[need->task].count == 0 ||
        (need->choice->selector_count == 0 && !need->choice->is_same)) {
        resolver->is_whole = true;
        return true;
    }
    if (need->choice->is_same)
        bind_same(plan, resolver);
    else if (!bind_selectors(plan, resolver, error))
        return false;
    if (resolver->bound_count == 0)
        return error_set(error, need->at, "'%s' and '%s' have no variable in common",
                         task_text(plan, resolver->task), task_text(plan, need->task));
    resolver->scratch = ARENA_ARRAY(&plan->arena, uint32_t, 2 * (size_t)resolver->bound_count);
    uint32_t *variables = resolver->scratch;
    for (uint32_t i = 0; i < resolver->bound_count; i++) {
        variables[i] = resolver->bounds[i].variable;
        resolver->bounds[i].column = column_of(plan, need->task, variables[i]);
    }
    resolver->grouping = grouping_of(plan, need->task, variables, resolver->bound_count);
    memset(resolver->scratch, 0, 2 * sizeof *variables * resolver->bound_count);
    return true;
}

void resolver_init(struct resolver *resolver, struct plan *plan, uint32_t task,
                   const struct need *need)
{
    *resolver = (struct resolver){.need = need, .task = task};
    if (need->choice->guard != NO_EXPRESSION)
        resolver->guard = affine_test_read(plan, task, need->choice->guard);
}

bool resolver_add(struct plan *plan, uint32_t task, const struct need *need, struct error *error)
{
    struct resolver *resolver = resolver_find(plan, need);
    if (resolver != NULL) {
        release(resolver);
        resolver_init(resolver, plan, task, need);
    } else {
        resolver = arena_new(&plan->arena, sizeof *resolver);
        resolver_init(resolver, plan, task, need);
        insert(plan->inside, resolver);
    }
    return bind(plan, resolver, error);
}

bool resolver_guard(struct resolver *resolver, struct view *view, bool *ret, struct error *error)
{
    *ret = true;
    if (resolver->need->choice->guard == NO_EXPRESSION)
        return true;
    if (resolver->guard != NULL && view->node != NO_NODE &&
        affine_test_holds(resolver->guard, view->plan, view->node, ret))
        return true;
    return view_condition(view, resolver->need->choice->guard, ret, error);
}

static void add_value(struct bound *bound, const json_t *value)
{
    uint32_t id = value_set_find(&bound->column->set, value);
    if (id > 0)
        *VEC_PUSH(&bound->ids) = id;
}

static bool add_spec(struct bound *bound, uint32_t i, struct view *view, bool *ret_is_list,
                     struct error *error)
{
    const struct spec *spec = &bound->selector->values[i];
    int64_t integer;
    if (bound->forms[i] != NULL && view->node != NO_NODE &&
        affine_value(bound->forms[i], view->plan, view->node, &integer)) {
        uint32_t id = value_set_find_integer(&bound->column->set, integer);
        if (id > 0)
            *VEC_PUSH(&bound->ids) = id;
        return true;
    }
    json_t *value = view_spec(view, spec, error);
    if (value == NULL)
        return false;
    bool is_any_of =
        bound->selector->value_count == 1 && spec->kind == SPEC_TEXT && json_is_array(value);
    if (!is_any_of)
        add_value(bound, value);
    *ret_is_list = *ret_is_list || is_any_of;
    for (uint32_t k = 0; is_any_of && k < json_array_size(value); k++)
        add_value(bound, json_array_get(value, k));
    json_decref(value);
    return true;
}

static int compare_ids(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static uint32_t sort_once(uint32_t *ids, uint32_t count)
{
    if (count < 2)
        return count;
    qsort(ids, count, sizeof *ids, compare_ids);
    uint32_t kept = 1;
    for (uint32_t i = 1; i < count; i++)
        if (ids[i] != ids[kept - 1])
            ids[kept++] = ids[i];
    return kept;
}

/* Fills bound->ids; sets *ret_is_list if an expression gives a list of them. */
static bool find_ids(struct bound *bound, struct view *view, bool *ret_is_list, struct error *error)
{
    bound->ids.count = 0;
    if (bound->selector == NULL) {
        const struct instances *own = &view->plan->instances[view->plan->task[view->node]];
        const json_t *value = instances_value(own, view->plan->workflow->names,
                                              instances_index(own, view->node), bound->own);
        if (value == NULL)
            *VEC_PUSH(&bound->ids) = 0;
        else
            add_value(bound, value);
        return true;
    }
    for (uint32_t i = 0; i < bound->selector->value_count; i++)
        if (!add_spec(bound, i, view, ret_is_list, error))
            return false;
    bound->ids.count = sort_once(bound->ids.items, bound->ids.count);
    return true;
}

/* Every combination of the bounds' ids, looked up. */
static void look_up(struct resolver *resolver)
{
    uint32_t count = resolver->bound_count, moving;
    uint32_t *ids = resolver->scratch, *at = ids + count;
    do {
        for (uint32_t i = 0; i < count; i++)
            ids[i] = resolver->bounds[i].ids.items[at[i]];
        uint32_t group = grouping_find(resolver->grouping, ids);
        if (group != NO_GROUP)
            *VEC_PUSH(&resolver->groups) = group;
        moving = count;
        while (moving > 0 && ++at[moving - 1] == resolver->bounds[moving - 1].ids.count)
            at[--moving] = 0;
    } while (moving > 0);
}

static bool has_ids(const struct resolver *resolver, const uint32_t *key)
{
    for (uint32_t i = 0; i < resolver->bound_count; i++) {
        const struct bound *bound = &resolver->bounds[i];
        if (bsearch(&key[i], bound->ids.items, bound->ids.count, sizeof *key, compare_ids) == NULL)
            return false;
    }
    return true;
}

/* The other way round, when there are more combinations of ids than groups. */
static void look_through(struct resolver *resolver)
{
    for (uint32_t group = 0; group < resolver->grouping->group_count; group++)
        if (has_ids(resolver, grouping_key(resolver->grouping, group)))
            *VEC_PUSH(&resolver->groups) = group;
}

bool resolver_groups(struct resolver *resolver, struct view *view, struct error *error)
{
    resolver->groups.count = 0;
    resolver->is_list = false;
    double combinations = 1;
    for (uint32_t i = 0; i < resolver->bound_count; i++) {
        if (!find_ids(&resolver->bounds[i], view, &resolver->is_list, error))
            return false;
        combinations *= resolver->bounds[i].ids.count;
    }
    if (combinations == 0)
        return true;
    if (combinations > resolver->grouping->group_count)
        look_through(resolver);
    else
        look_up(resolver);
    return true;
}

static void add_all(const struct plan *plan, uint32_t task, node_list *nodes)
{
    const struct instances *instances = &plan->instances[task];
    for (uint32_t i = 0; i < instances->count; i++)
        *VEC_PUSH(nodes) = instances_node(instances, i);
}

bool need_nodes(struct plan *plan, uint32_t task, uint32_t node, const struct need *need,
                node_list *nodes, struct error *error)
{
    struct resolver *resolver = need_is_plain(need) ? NULL : resolver_find(plan, need);
    /* A queue's matrix is looked up only when no item comes any more. */
    if (!need_is_plain(need) && plan->instances[need->task].shape != NULL &&
        plan->instances[need->task].shape->items != NULL) {
        if (!resolver_add(plan, task, need, error))
            return false;
        resolver = resolver_find(plan, need);
    }
    if (resolver == NULL) {
        add_all(plan, need->task, nodes);
        return true;
    }
    CLEANUP_VIEW struct view view;
    view_init(&view, plan, task, node);
    bool is_needed;
    if (!resolver_guard(resolver, &view, &is_needed, error))
        return false;
    if (!is_needed)
        return true;
    if (resolver->is_whole) {
        add_all(plan, need->task, nodes);
        return true;
    }
    if (!resolver_groups(resolver, &view, error))
        return false;
    uint32_t begin = nodes->count;
    for (uint32_t i = 0; i < resolver->groups.count; i++)
        grouping_members(resolver->grouping, resolver->groups.items[i], nodes);
    if (resolver->groups.count > 1)
        qsort(nodes->items + begin, nodes->count - begin, sizeof *nodes->items, compare_ids);
    return true;
}

bool plan_need_nodes(struct plan *plan, uint32_t node, const struct need *need, node_list *nodes,
                     struct error *error)
{
    return need_nodes(plan, plan->task[node], node, need, nodes, error);
}
