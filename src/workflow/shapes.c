/* What other tasks may say of a task, found before any task is read: its matrix variables, its
 * outputs, whether it is a daemon, or calls a function. Errors in them are reported when the task
 * itself is read; until then anything that cannot be read in whole counts as open, so that nobody
 * complains of a name that is right. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "workflow/reader.h"

typedef VEC(name) name_list;

static int compare(const void *a, const void *b)
{
    name x = *(const name *)a, y = *(const name *)b;
    return (x > y) - (x < y);
}

static name *sorted(struct reader *reader, name_list *list, uint32_t *ret_count)
{
    if (list->count > 1)
        qsort(list->items, list->count, sizeof *list->items, compare);
    uint32_t count = 0;
    for (uint32_t i = 0; i < list->count; i++)
        if (count == 0 || list->items[i] != list->items[count - 1])
            list->items[count++] = list->items[i];
    *ret_count = count;
    name *copy =
        count > 0 ? arena_copy(&reader->workflow->arena, list->items, count * sizeof *copy) : NULL;
    VEC_RELEASE(list);
    return copy;
}

bool shape_has(const name *names, uint32_t count, name wanted)
{
    return count > 0 && bsearch(&wanted, names, count, sizeof wanted, compare) != NULL;
}

const struct shape *reader_shape(const struct reader *reader, uint32_t task)
{
    return reader->shape_of[task] != 0 ? &reader->shapes.items[reader->shape_of[task]] : NULL;
}

static void add_keys(const struct reader *reader, uint32_t map, name_list *list)
{
    uint32_t end = reader_node(reader, map)->end;
    for (uint32_t key = map + 1; key < end; key = reader_node(reader, key + 1)->end)
        *VEC_PUSH(list) = reader_node(reader, key)->text;
}

/* The keys of a list's maps. False when there may be others. */
static bool add_rows(const struct reader *reader, uint32_t node, name_list *list)
{
    if (reader_node(reader, node)->kind != NODE_LIST)
        return false;
    bool is_whole = true;
    uint32_t end = reader_node(reader, node)->end;
    for (uint32_t i = node + 1; i < end; i = reader_node(reader, i)->end) {
        if (reader_node(reader, i)->kind == NODE_MAP)
            add_keys(reader, i, list);
        else
            is_whole = false;
    }
    return is_whole;
}

static void matrix_shape(struct reader *reader, uint32_t node, struct shape *shape)
{
    name_list variables = {0};
    shape->has_matrix = true;
    if (reader_node(reader, node)->kind != NODE_MAP) {
        shape->is_open = !add_rows(reader, node, &variables);
        shape->variables = sorted(reader, &variables, &shape->variable_count);
        return;
    }
    uint32_t end = reader_node(reader, node)->end;
    for (uint32_t key = node + 1; key < end; key = reader_node(reader, key + 1)->end) {
        if (strcmp(reader_text(reader, key), "include") == 0)
            shape->is_open = !add_rows(reader, key + 1, &variables);
        else if (strcmp(reader_text(reader, key), "exclude") != 0)
            *VEC_PUSH(&variables) = reader_node(reader, key)->text;
    }
    shape->variables = sorted(reader, &variables, &shape->variable_count);
}

static void outputs_shape(struct reader *reader, uint32_t node, struct shape *shape)
{
    name_list outputs = {0};
    if (reader_node(reader, node)->kind == NODE_MAP)
        add_keys(reader, node, &outputs);
    else
        shape->is_outputs_broken = true;
    shape->outputs = sorted(reader, &outputs, &shape->output_count);
}

/* The keys of a task that shape it. */
struct shaping {
    name matrix, outputs, daemon, call, steps;
};

/* Is there a call among the steps, or in groups of them? Nested no deeper than a document is. */
static bool has_call(const struct reader *reader, uint32_t steps, const struct shaping *shaping)
{
    uint32_t end = reader_node(reader, steps)->end;
    if (reader_node(reader, steps)->kind != NODE_LIST)
        return false;
    for (uint32_t step = steps + 1; step < end; step = reader_node(reader, step)->end) {
        uint32_t stop = reader_node(reader, step)->end;
        if (reader_node(reader, step)->kind != NODE_MAP)
            continue;
        for (uint32_t key = step + 1; key < stop; key = reader_node(reader, key + 1)->end) {
            name word = reader_node(reader, key)->text;
            if (word == shaping->call ||
                (word == shaping->steps && has_call(reader, key + 1, shaping)))
                return true;
        }
    }
    return false;
}

static bool task_shape(struct reader *reader, uint32_t task, const struct shaping *shaping,
                       struct shape *shape)
{
    uint32_t end = reader_node(reader, task)->end;
    bool has_shape = false;
    for (uint32_t key = task + 1; key < end; key = reader_node(reader, key + 1)->end) {
        name word = reader_node(reader, key)->text;
        if (word == shaping->matrix)
            matrix_shape(reader, key + 1, shape);
        else if (word == shaping->outputs)
            outputs_shape(reader, key + 1, shape);
        else if (word == shaping->daemon)
            shape->is_daemon = strcmp(reader_text(reader, key + 1), "true") == 0;
        else if (word == shaping->call)
            shape->has_call = true;
        else if (word == shaping->steps && has_call(reader, key + 1, shaping))
            shape->has_call = true;
        else
            continue;
        has_shape = true;
    }
    return has_shape;
}

void shapes_read(struct reader *reader)
{
    uint32_t count = reader->workflow->task_count;
    reader->shape_of = memory_array((size_t)count + 1, sizeof *reader->shape_of);
    *VEC_PUSH(&reader->shapes) = (struct shape){0};
    struct shaping shaping = {.matrix = names_add_text(reader->names, "matrix"),
                              .outputs = names_add_text(reader->names, "outputs"),
                              .daemon = names_add_text(reader->names, "daemon"),
                              .call = names_add_text(reader->names, "call"),
                              .steps = names_add_text(reader->names, "steps")};
    for (uint32_t task = 0; task < count; task++) {
        uint32_t node = reader->task_nodes[task];
        struct shape shape = {0};
        if (reader_node(reader, node)->kind != NODE_MAP ||
            !task_shape(reader, node, &shaping, &shape))
            continue;
        reader->shape_of[task] = reader->shapes.count;
        *VEC_PUSH(&reader->shapes) = shape;
    }
}
