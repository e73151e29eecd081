/* Combinations by value: for each axis that an entry names the elements equal to its value, for
 * each other all; then their product, the last axis fastest, as the instances stand. So an entry
 * costs what it matches and no more. */
#include "base/memory.h"
#include "plan/expansion.h"
#include "plan/instance.h"

/* Elements by value, made when the first entry asks. */
static void index_axes(struct expansion *expansion)
{
    const struct instances *instances = expansion->instances;
    if (expansion->axes != NULL)
        return;
    expansion->axes = memory_array(instances->shape->axis_count, sizeof *expansion->axes);
    for (uint32_t i = 0; i < instances->shape->axis_count; i++) {
        struct axis_values *axis = &expansion->axes[i];
        uint32_t size = instances_axis_size(instances, i);
        CLEANUP_FREE uint32_t *ids = memory_array(size, sizeof *ids);
        value_set_of_list(&axis->set, instances->shape->axis_values[i], ids);
        axis->first = memory_array(axis->set.count, sizeof *axis->first);
        axis->next = memory_array(size, sizeof *axis->next);
        for (uint32_t id = 0; id < axis->set.count; id++)
            axis->first[id] = NO_ROW;
        for (uint32_t element = size; element-- > 0;) {
            axis->next[element] = axis->first[ids[element] - 1];
            axis->first[ids[element] - 1] = element;
        }
    }
}

static void find_elements(struct candidates *ret, const struct axis_values *axis,
                          const json_t *value)
{
    uint32_t id = value_set_find(&axis->set, value);
    VEC(uint32_t) found = {0};
    VEC_RESERVE(&found, 1);
    for (uint32_t at = id > 0 ? axis->first[id - 1] : NO_ROW; at != NO_ROW; at = axis->next[at])
        *VEC_PUSH(&found) = at;
    ret->indexes = found.items;
    ret->count = found.count;
}

void matching_begin(struct matching *matching, struct expansion *expansion, const json_t *entry)
{
    const struct instances *instances = expansion->instances;
    const struct names *names = expansion->view.plan->workflow->names;
    index_axes(expansion);
    *matching = (struct matching){.axis_count = instances->shape->axis_count};
    matching->axes = memory_array(instances->shape->axis_count, sizeof *matching->axes);
    matching->is_done = instances->shape->axis_count == 0;
    for (uint32_t i = 0; i < instances->shape->axis_count; i++) {
        const json_t *value =
            json_object_get(entry, names_text(names, expansion->variables.items[i]));
        matching->axes[i].size = instances_axis_size(instances, i);
        if (value == NULL)
            matching->axes[i].count = matching->axes[i].size;
        else
            find_elements(&matching->axes[i], &expansion->axes[i], value);
        if (matching->axes[i].count == 0)
            matching->is_done = true;
    }
}

bool matching_next(struct matching *matching, uint32_t *ret_combination)
{
    if (matching->is_done)
        return false;
    uint32_t combination = 0;
    for (uint32_t i = 0; i < matching->axis_count; i++) {
        const struct candidates *axis = &matching->axes[i];
        uint32_t element = axis->indexes != NULL ? axis->indexes[axis->at] : axis->at;
        combination = combination * axis->size + element;
    }
    *ret_combination = combination;
    uint32_t moving = matching->axis_count;
    while (moving > 0 && ++matching->axes[moving - 1].at == matching->axes[moving - 1].count)
        matching->axes[--moving].at = 0;
    matching->is_done = moving == 0;
    return true;
}

void matching_release(struct matching *matching)
{
    for (uint32_t i = 0; i < matching->axis_count; i++)
        memory_free(matching->axes[i].indexes);
    memory_free(matching->axes);
}
