/* Lookups by value, built once for each task and set of variables and then asked once an instance,
 * so that edges cost what they are. A plain product needs no table: a group is a number in the
 * mixed radix of its fixed axes, and its members are the product of the free ones. */
#include "plan/group.h"

#include <string.h>

#include "base/memory.h"
#include "plan/instance.h"

struct lookup {
    struct column *columns; /* by variable */
    struct grouping *groupings;
};

static struct lookup *lookup_of(struct instances *instances)
{
    if (instances->shape->lookup == NULL) {
        instances->shape->lookup = memory_new(sizeof *instances->shape->lookup);
        instances->shape->lookup->columns = memory_array(instances_variable_count(instances),
                                                         sizeof *instances->shape->lookup->columns);
    }
    return instances->shape->lookup;
}

static void number_instances(struct column *column, const struct instances *instances,
                             const struct names *names, uint32_t variable)
{
    column->ids = memory_array(instances->count, sizeof *column->ids);
    for (uint32_t i = 0; i < instances->count; i++) {
        const json_t *value = instances_value(instances, names, i, variable);
        if (value == NULL)
            continue;
        uint32_t id = value_set_find(&column->set, value);
        column->ids[i] = id > 0 ? id : value_set_add(&column->set, value);
    }
}

struct column *column_of(struct plan *plan, uint32_t task, uint32_t variable)
{
    struct instances *instances = &plan->instances[task];
    struct column *column = &lookup_of(instances)->columns[variable];
    if (column->is_built)
        return column;
    column->is_built = true;
    bool is_product = instances_are_product(instances);
    if (is_product) {
        value_set_of_list(&column->set, instances->shape->axis_values[variable], NULL);
        column->is_unique = column->set.count == instances_axis_size(instances, variable);
    }
    if (!column->is_unique)
        number_instances(column, instances, plan->workflow->names, variable);
    return column;
}

static bool are_unique(struct plan *plan, uint32_t task, const uint32_t *variables, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (!column_of(plan, task, variables[i])->is_unique)
            return false;
    return true;
}

static void group_product(struct grouping *grouping, struct arena *arena)
{
    const struct instances *instances = grouping->instances;
    uint32_t axis_count = instances->shape->axis_count, stride = 1;
    grouping->is_product = true;
    grouping->strides = ARENA_ARRAY(arena, uint32_t, axis_count);
    grouping->sizes = ARENA_ARRAY(arena, uint32_t, axis_count);
    for (uint32_t axis = axis_count; axis-- > 0;) {
        grouping->strides[axis] = stride;
        grouping->sizes[axis] = instances_axis_size(instances, axis);
        stride *= grouping->sizes[axis];
    }
    grouping->group_count = 1;
    for (uint32_t i = 0; i < grouping->variable_count; i++)
        grouping->group_count *= grouping->sizes[grouping->variables[i]];
    grouping->group_size =
        grouping->group_count == 0 ? 0 : instances->count / grouping->group_count;
}

static uint32_t *key_slot(const struct grouping *grouping, const uint32_t *ids)
{
    uint64_t hash = 0;
    for (uint32_t i = 0; i < grouping->variable_count; i++) {
        hash = (hash ^ ids[i]) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 32;
    }
    uint32_t mask = grouping->slot_count - 1, at = (uint32_t)hash & mask;
    size_t size = sizeof *ids * grouping->variable_count;
    while (grouping->slots[at] != 0 &&
           memcmp(grouping_key(grouping, grouping->slots[at] - 1), ids, size) != 0)
        at = (at + 1) & mask;
    return &grouping->slots[at];
}

/* Gives each instance its group; groups are numbered by their first instance. */
static void number_groups(struct grouping *grouping, struct column *const *columns,
                          uint32_t *group_of)
{
    uint32_t count = grouping->instances->count, width = grouping->variable_count;
    grouping->slot_count = 16;
    while (grouping->slot_count < 2 * (uint64_t)count && grouping->slot_count < 1u << 31)
        grouping->slot_count *= 2;
    grouping->slots = memory_array(grouping->slot_count, sizeof *grouping->slots);
    grouping->keys = memory_array((size_t)count * width, sizeof *grouping->keys);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t *key = grouping->keys + (size_t)grouping->group_count * width;
        for (uint32_t k = 0; k < width; k++)
            key[k] = columns[k]->ids[i];
        uint32_t *slot = key_slot(grouping, key);
        if (*slot == 0)
            *slot = ++grouping->group_count;
        group_of[i] = *slot - 1;
    }
}

static void group_by_table(struct grouping *grouping, struct plan *plan, uint32_t task)
{
    uint32_t count = grouping->instances->count;
    CLEANUP_FREE struct column **columns = memory_array(grouping->variable_count, sizeof *columns);
    for (uint32_t i = 0; i < grouping->variable_count; i++) {
        columns[i] = column_of(plan, task, grouping->variables[i]);
        if (columns[i]->ids == NULL)
            number_instances(columns[i], grouping->instances, plan->workflow->names,
                             grouping->variables[i]);
    }
    CLEANUP_FREE uint32_t *group_of = memory_array(count, sizeof *group_of);
    number_groups(grouping, columns, group_of);
    grouping->first = memory_array((size_t)grouping->group_count + 1, sizeof *grouping->first);
    grouping->members = memory_array(count, sizeof *grouping->members);
    for (uint32_t i = 0; i < count; i++)
        grouping->first[group_of[i] + 1]++;
    for (uint32_t i = 0; i < grouping->group_count; i++)
        grouping->first[i + 1] += grouping->first[i];
    for (uint32_t i = count; i-- > 0;)
        grouping->members[--grouping->first[group_of[i] + 1]] = i;
    memmove(grouping->first, grouping->first + 1, sizeof *grouping->first * grouping->group_count);
    grouping->first[grouping->group_count] = count;
}

struct grouping *grouping_of(struct plan *plan, uint32_t task, const uint32_t *variables,
                             uint32_t variable_count)
{
    struct instances *instances = &plan->instances[task];
    struct lookup *lookup = lookup_of(instances);
    size_t size = sizeof *variables * variable_count;
    for (struct grouping *old = lookup->groupings; old != NULL; old = old->next)
        if (old->variable_count == variable_count && memcmp(old->variables, variables, size) == 0)
            return old;
    struct grouping *grouping = arena_new(&plan->arena, sizeof *grouping);
    *grouping = (struct grouping){.instances = instances,
                                  .variable_count = variable_count,
                                  .variables = arena_copy(&plan->arena, variables, size),
                                  .next = lookup->groupings};
    lookup->groupings = grouping;
    if (instances_are_product(instances) && are_unique(plan, task, variables, variable_count))
        group_product(grouping, &plan->arena);
    else
        group_by_table(grouping, plan, task);
    return grouping;
}

uint32_t grouping_find(const struct grouping *grouping, const uint32_t *ids)
{
    if (!grouping->is_product)
        return *key_slot(grouping, ids) - 1; /* a free slot is 0: NO_GROUP */
    uint32_t group = 0;
    for (uint32_t i = 0; i < grouping->variable_count; i++) {
        if (ids[i] == 0)
            return NO_GROUP;
        group = group * grouping->sizes[grouping->variables[i]] + ids[i] - 1;
    }
    return group;
}

const uint32_t *grouping_key(const struct grouping *grouping, uint32_t group)
{
    return grouping->keys + (size_t)group * grouping->variable_count;
}

uint32_t grouping_size(const struct grouping *grouping, uint32_t group)
{
    return grouping->is_product ? grouping->group_size
                                : grouping->first[group + 1] - grouping->first[group];
}

/* The free axes of a product, slowest first, as strides and sizes. */
static uint32_t free_axes(const struct grouping *grouping, uint32_t *strides, uint32_t *sizes)
{
    uint32_t count = 0, fixed = 0;
    for (uint32_t axis = 0; axis < grouping->instances->shape->axis_count; axis++) {
        if (fixed < grouping->variable_count && grouping->variables[fixed] == axis) {
            fixed++;
            continue;
        }
        strides[count] = grouping->strides[axis];
        sizes[count++] = grouping->sizes[axis];
    }
    return count;
}

static void product_members(const struct grouping *grouping, uint32_t group, node_list *nodes)
{
    uint32_t instance = 0;
    for (uint32_t i = grouping->variable_count; i-- > 0;) {
        uint32_t axis = grouping->variables[i];
        instance += group % grouping->sizes[axis] * grouping->strides[axis];
        group /= grouping->sizes[axis];
    }
    /* Of a queue's matrix there are rows, no product. */
    uint32_t node = grouping->instances->first + instance;
    if (grouping->group_size == 1) {
        *VEC_PUSH(nodes) = node;
        return;
    }
    uint32_t axis_count = grouping->instances->shape->axis_count;
    CLEANUP_FREE uint32_t *strides = memory_array(axis_count, sizeof *strides);
    CLEANUP_FREE uint32_t *sizes = memory_array(axis_count, sizeof *sizes);
    CLEANUP_FREE uint32_t *at = memory_array(axis_count, sizeof *at);
    uint32_t free_count = free_axes(grouping, strides, sizes);
    for (uint32_t left = grouping->group_size; left > 0; left--) {
        *VEC_PUSH(nodes) = node;
        uint32_t moving = free_count;
        for (; moving > 0 && at[moving - 1] + 1 == sizes[moving - 1]; moving--) {
            node -= at[moving - 1] * strides[moving - 1];
            at[moving - 1] = 0;
        }
        if (moving > 0) {
            at[moving - 1]++;
            node += strides[moving - 1];
        }
    }
}

void grouping_members(const struct grouping *grouping, uint32_t group, node_list *nodes)
{
    if (grouping->is_product) {
        product_members(grouping, group, nodes);
        return;
    }
    for (uint32_t i = grouping->first[group]; i < grouping->first[group + 1]; i++)
        *VEC_PUSH(nodes) = instances_node(grouping->instances, grouping->members[i]);
}

void groups_release(struct instances *instances)
{
    struct lookup *lookup = instances->shape == NULL ? NULL : instances->shape->lookup;
    if (lookup == NULL)
        return;
    for (uint32_t i = 0; i < instances_variable_count(instances); i++) {
        value_set_release(&lookup->columns[i].set);
        memory_free(lookup->columns[i].ids);
    }
    for (struct grouping *one = lookup->groupings; one != NULL; one = one->next) {
        memory_free(one->joins);
        memory_free(one->keys);
        memory_free(one->first);
        memory_free(one->members);
        memory_free(one->slots);
    }
    memory_free(lookup->columns);
    memory_free(lookup);
    instances->shape->lookup = NULL;
}
