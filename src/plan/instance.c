/* The values and names of instances. A product's instance is stored as its number alone; its values
 * are worked out by division when somebody asks. Names are unique in the plan. */
#include "plan/instance.h"

#include <string.h>

#include "base/memory.h"
#include "plan/values.h"
#include "value/value.h"

enum { LONGEST_VALUE = 40 };

uint32_t instances_node(const struct instances *instances, uint32_t instance)
{
    const struct shape *shape = instances->shape;
    bool is_scattered = shape != NULL && shape->items != NULL;
    return is_scattered ? shape->items->nodes.items[instance] : instances->first + instance;
}

uint32_t instances_index(const struct instances *instances, uint32_t node)
{
    const struct shape *shape = instances->shape;
    if (shape == NULL || shape->items == NULL)
        return node - instances->first;
    const uint32_t *nodes = shape->items->nodes.items;
    uint32_t low = 0, high = instances->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (nodes[middle] < node)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

uint32_t instances_axis_size(const struct instances *instances, uint32_t axis)
{
    return (uint32_t)json_array_size(instances->shape->axis_values[axis]);
}

uint32_t instances_variable(const struct instances *instances, name variable)
{
    for (uint32_t i = 0; i < instances_variable_count(instances); i++)
        if (instances->shape->variables[i] == variable)
            return i;
    return UINT32_MAX;
}

static bool has_row(const struct instances *instances, uint32_t instance)
{
    const struct shape *shape = instances->shape;
    return shape != NULL && shape->rows != NULL && shape->rows[instance] != NULL;
}

/* Which element of an axis a combination has; the last axis is the fastest. */
static uint32_t axis_index(const struct instances *instances, uint32_t instance, uint32_t axis)
{
    uint32_t index =
        instances->shape->combination != NULL ? instances->shape->combination[instance] : instance;
    for (uint32_t after = instances->shape->axis_count - 1; after > axis; after--)
        index /= instances_axis_size(instances, after);
    return axis == 0 ? index : index % instances_axis_size(instances, axis);
}

const json_t *instances_value(const struct instances *instances, const struct names *names,
                              uint32_t instance, uint32_t variable)
{
    if (has_row(instances, instance))
        return json_object_get(instances->shape->rows[instance],
                               names_text(names, instances->shape->variables[variable]));
    if (variable >= instances->shape->axis_count)
        return NULL;
    return json_array_get(instances->shape->axis_values[variable],
                          axis_index(instances, instance, variable));
}

json_t *instances_map(const struct instances *instances, const struct names *names,
                      uint32_t instance)
{
    if (has_row(instances, instance))
        return json_copy(instances->shape->rows[instance]);
    json_t *map = json_object();
    for (uint32_t i = 0; instances->shape != NULL && i < instances->shape->axis_count; i++)
        json_object_set(map, names_text(names, instances->shape->variables[i]),
                        (json_t *)instances_value(instances, names, instance, i));
    return map;
}

const json_t *plan_matrix_value(const struct plan *plan, uint32_t node, name variable)
{
    if (plan->is_join[node] != JOIN_NOT)
        return NULL;
    const struct instances *instances = &plan->instances[plan->task[node]];
    uint32_t at = instances_variable(instances, variable);
    return at == UINT32_MAX ? NULL
                            : instances_value(instances, plan->workflow->names,
                                              instances_index(instances, node), at);
}

json_t *plan_matrix(const struct plan *plan, uint32_t node)
{
    if (plan->is_join[node] != JOIN_NOT)
        return json_object();
    const struct instances *instances = &plan->instances[plan->task[node]];
    return instances_map(instances, plan->workflow->names, instances_index(instances, node));
}

static bool is_plain_word(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9') || (c != '\0' && strchr("_./+-", c) != NULL);
        if (!is_plain)
            return false;
    }
    return length > 0;
}

/* position counts from 1. */
static void write_value(const json_t *value, uint32_t position, struct buffer *out)
{
    size_t begin = out->length;
    const char *text = json_string_value(value);
    size_t length = json_string_length(value);
    if (text != NULL && length > LONGEST_VALUE) {
        buffer_printf(out, "#%u", position);
        return;
    }
    if (text != NULL && is_plain_word(text, length))
        buffer_add(out, text, length);
    else
        value_write_json(value, out);
    if (out->length - begin > LONGEST_VALUE) {
        out->length = begin;
        buffer_printf(out, "#%u", position);
    }
}

/* a=1,b=x without the brackets. */
static void write_values(const struct instances *instances, const struct names *names,
                         uint32_t instance, struct buffer *out)
{
    bool is_first = true;
    for (uint32_t i = 0; i < instances_variable_count(instances); i++) {
        const json_t *value = instances_value(instances, names, instance, i);
        if (value == NULL)
            continue;
        bool is_of_axis = !has_row(instances, instance);
        uint32_t position = is_of_axis ? axis_index(instances, instance, i) : instance;
        if (!is_first)
            buffer_add_byte(out, ',');
        buffer_add_text(out, names_text(names, instances->shape->variables[i]));
        buffer_add_byte(out, '=');
        write_value(value, position + 1, out);
        is_first = false;
    }
}

void plan_write_name(const struct plan *plan, uint32_t node, struct buffer *out)
{
    uint32_t task = plan->task[node];
    if (task == NO_TASK) {
        buffer_add_text(out, "finally");
        return;
    }
    const struct names *names = plan->workflow->names;
    buffer_add_text(out, names_text(names, plan->workflow->tasks[task].name));
    if (plan->is_join[node] != JOIN_NOT) {
        buffer_add_text(out, "[*]");
        return;
    }
    if (plan->workflow->tasks[task].matrix == NULL)
        return;
    const struct instances *instances = &plan->instances[task];
    uint32_t instance = instances_index(instances, node);
    buffer_add_byte(out, '[');
    write_values(instances, names, instance, out);
    buffer_add_byte(out, ']');
    if (instances->shape->repeats != NULL && instances->shape->repeats[instance] > 1)
        buffer_printf(out, "#%u", instances->shape->repeats[instance]);
}

/* May two elements of an axis be written alike? */
static bool axis_has_repeats(const json_t *list)
{
    int64_t first, step;
    if (value_is_progression(list, &first, &step))
        return false;
    struct names texts;
    names_init(&texts);
    uint32_t before = texts.count;
    CLEANUP_BUFFER struct buffer text = {0};
    for (uint32_t i = 0; i < json_array_size(list); i++) {
        buffer_clear(&text);
        write_value(json_array_get(list, i), i + 1, &text);
        names_add(&texts, text.bytes, text.length);
    }
    bool has_repeats = texts.count - before < json_array_size(list);
    names_release(&texts);
    return has_repeats;
}

static bool may_have_repeats(const struct instances *instances)
{
    if (instances->shape->rows != NULL)
        return true;
    for (uint32_t i = 0; i < instances->shape->axis_count; i++)
        if (axis_has_repeats(instances->shape->axis_values[i]))
            return true;
    return false;
}

/* The n-th of its name. */
static uint32_t number_repeat(const struct instances *instances, const struct names *names,
                              struct items *items, uint32_t instance)
{
    CLEANUP_BUFFER struct buffer text = {0};
    buffer_add_byte(&text, '[');
    write_values(instances, names, instance, &text);
    name id = names_add(&items->texts, text.bytes, text.length);
    while (items->seen.count <= id)
        *VEC_PUSH(&items->seen) = 0;
    return ++items->seen.items[id];
}

void instances_add_item(struct instances *instances, const struct names *names, uint32_t node,
                        const json_t *item)
{
    struct shape *shape = instances->shape;
    struct items *items = shape->items;
    uint32_t instance = instances->count++, old = items->capacity;
    shape->rows = memory_grow(shape->rows, instance, 1, &items->capacity, sizeof *shape->rows);
    if (items->capacity > old)
        shape->repeats = memory_resize(shape->repeats, items->capacity, sizeof *shape->repeats);
    if (instance == 0)
        instances->first = node;
    *VEC_PUSH(&items->nodes) = node;
    shape->rows[instance] = json_object();
    json_object_set_nocheck(shape->rows[instance],
                            names_text(names, instances->shape->variables[0]), (json_t *)item);
    shape->repeats[instance] = number_repeat(instances, names, items, instance);
}

void instances_drop_item(struct instances *instances)
{
    uint32_t instance = --instances->count;
    json_decref(instances->shape->rows[instance]);
    instances->shape->items->nodes.count--;
}

struct items *items_new(void)
{
    struct items *items = memory_new(sizeof *items);
    names_init(&items->texts);
    return items;
}

void items_free(struct items *items)
{
    if (items == NULL)
        return;
    names_release(&items->texts);
    VEC_RELEASE(&items->nodes);
    VEC_RELEASE(&items->seen);
    memory_free(items);
}

void instances_number_repeats(struct instances *instances, const struct names *names)
{
    if (!may_have_repeats(instances))
        return;
    struct names texts;
    names_init(&texts);
    VEC(uint32_t) seen = {0};
    bool has_repeats = false;
    uint32_t *repeats = memory_array(instances->count, sizeof *repeats);
    CLEANUP_BUFFER struct buffer text = {0};
    for (uint32_t i = 0; i < instances->count; i++) {
        buffer_clear(&text);
        buffer_add_byte(&text, '[');
        write_values(instances, names, i, &text);
        name id = names_add(&texts, text.bytes, text.length);
        while (seen.count <= id)
            *VEC_PUSH(&seen) = 0;
        repeats[i] = ++seen.items[id];
        has_repeats |= repeats[i] > 1;
    }
    VEC_RELEASE(&seen);
    names_release(&texts);
    if (has_repeats)
        instances->shape->repeats = repeats;
    else
        memory_free(repeats);
}
