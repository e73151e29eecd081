/* Instances of a task grouped by the values of some variables: what selectors look up. */
#ifndef PLAN_GROUP_H
#define PLAN_GROUP_H

#include "plan/plan.h"
#include "plan/values.h"

enum { NO_GROUP = UINT32_MAX };

/* The values of one variable. Ids count from 1; 0 stands for "has none". */
struct column {
    struct value_set set;
    bool is_built, is_unique; /* is_unique: an axis whose elements all differ */
    uint32_t *ids;            /* instance → id; NULL where the product says it */
};

/* Groups of instances with equal values in some variables, dense, in order of their first. */
struct grouping {
    const struct instances *instances;
    uint32_t variable_count;
    uint32_t *variables; /* places in shape->variables, ascending */
    uint32_t group_count;
    uint32_t *joins; /* group → the node joined to its members, or NO_NODE; NULL: none so far */
    struct grouping *next; /* of the task */

    bool is_product;           /* groups are computed from strides; the rest is unused */
    uint32_t *strides, *sizes; /* by axis of the task: of the instance's number */
    uint32_t group_size;

    uint32_t *keys;            /* variable_count ids for each group */
    uint32_t *first, *members; /* group → its instances in rows, ascending */
    uint32_t *slots, slot_count;
};

struct column *column_of(struct plan *plan, uint32_t task, uint32_t variable);
/* variables: ascending. */
struct grouping *grouping_of(struct plan *plan, uint32_t task, const uint32_t *variables,
                             uint32_t variable_count);
/* The group with these ids, or NO_GROUP. */
uint32_t grouping_find(const struct grouping *grouping, const uint32_t *ids);
/* The ids of a group, in the order of variables. Not for a product. */
const uint32_t *grouping_key(const struct grouping *grouping, uint32_t group);
uint32_t grouping_size(const struct grouping *grouping, uint32_t group);
/* Appends the nodes of a group in order. */
void grouping_members(const struct grouping *grouping, uint32_t group, node_list *nodes);

void groups_release(struct instances *instances);

#endif
