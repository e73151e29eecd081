/* Instances: where in the product they stand, and their names. */
#ifndef PLAN_INSTANCE_H
#define PLAN_INSTANCE_H

#include "plan/plan.h"

/* Does every instance have exactly the combination that its number says? */
static inline bool instances_are_product(const struct instances *instances)
{
    return instances->shape->combination == NULL && instances->shape->rows == NULL;
}
/* How many elements an axis has. */
uint32_t instances_axis_size(const struct instances *instances, uint32_t axis);
/* The place of a variable in shape->variables, or UINT32_MAX. */
uint32_t instances_variable(const struct instances *instances, name variable);
/* The value of a variable by its place; instance counts from 0. Borrowed; NULL if it has none. */
const json_t *instances_value(const struct instances *instances, const struct names *names,
                              uint32_t instance, uint32_t variable);
/* {variable: value} of an instance. New. */
json_t *instances_map(const struct instances *instances, const struct names *names,
                      uint32_t instance);
/* What a queue's matrix has beside its rows. */
struct items {
    node_list nodes;    /* instance → node */
    struct names texts; /* of instances so far */
    VEC(uint32_t) seen; /* text → how many have it */
    uint32_t capacity;  /* of rows and repeats */
};
struct items *items_new(void);
void items_free(struct items *items);
/* One more instance, at this node. */
void instances_add_item(struct instances *instances, const struct names *names, uint32_t node,
                        const json_t *item);
/* Takes the last one back. Its name stays counted. */
void instances_drop_item(struct instances *instances);
/* Finds out which instances have equal names, and numbers these. */
void instances_number_repeats(struct instances *instances, const struct names *names);

#endif
