/* A task's matrix: axes to combine, or rows. */
#include <string.h>

#include "workflow/reader.h"

/* A list, or one whole expression that gives one. */
static bool list_read(struct reader *reader, uint32_t node, const char *what, struct spec *ret)
{
    const struct node *one = reader_node(reader, node);
    if (one->kind == NODE_MAP || (one->kind == NODE_SCALAR && !reader_has_holes(reader, node)))
        return reader_wrong_kind(reader, node, what);
    if (!spec_read(reader, node, CONTEXT_MATRIX, ret))
        return false;
    if (ret->kind != SPEC_TEXT || ret->text.is_expression)
        return true;
    reader_error(reader, node, "expected %s, found text around an expression", what);
    reader_hint(reader, "one whole ${{ }} that gives a list can stand here");
    return false;
}

static bool rows_read(struct reader *reader, uint32_t node, const char *what, struct spec *ret)
{
    if (!list_read(reader, node, what, ret))
        return false;
    const struct node *list = reader_node(reader, node);
    for (uint32_t i = node + 1; list->kind == NODE_LIST && i < list->end;
         i = reader_node(reader, i)->end) {
        bool is_map = reader_node(reader, i)->kind == NODE_MAP;
        if (!is_map && !reader_has_holes(reader, i))
            reader_wrong_kind(reader, i, "a map of variables");
        for (uint32_t key = i + 1; is_map && key < reader_node(reader, i)->end;
             key = reader_node(reader, key + 1)->end)
            reader_check_name(reader, key, "a matrix variable");
    }
    return true;
}

static void check_excluded(struct reader *reader, uint32_t map)
{
    const struct shape *shape = reader_shape(reader, reader->task_index);
    uint32_t end = reader_node(reader, map)->end;
    for (uint32_t key = map + 1; key < end; key = reader_node(reader, key + 1)->end)
        if (!shape->is_open &&
            !shape_has(shape->variables, shape->variable_count, reader_node(reader, key)->text))
            reader_error(reader, key, "this matrix has no variable '%s'", reader_text(reader, key));
}

static void exclude_read(struct reader *reader, uint32_t node, struct matrix *matrix)
{
    if (!rows_read(reader, node, "a list of maps", &matrix->exclude))
        return;
    const struct node *list = reader_node(reader, node);
    for (uint32_t i = node + 1; list->kind == NODE_LIST && i < list->end;
         i = reader_node(reader, i)->end)
        if (reader_node(reader, i)->kind == NODE_MAP)
            check_excluded(reader, i);
}

/* {item: {queue: q}}: an instance for each item, as they come. */
static bool is_queue(const struct reader *reader, uint32_t value)
{
    return reader_node(reader, value)->kind == NODE_MAP && reader_node(reader, value)->text == 1 &&
           strcmp(reader_text(reader, value + 1), "queue") == 0;
}

static void queue_read(struct reader *reader, uint32_t key, bool is_alone, struct matrix *matrix)
{
    uint32_t name_node = key + 3;
    matrix->is_queue = true;
    reader->is_matrix_dynamic = true;
    matrix->queue = primitives_find(reader, name_node, KIND_QUEUE);
    usage_note(reader, matrix->queue, USAGE_GET, reader_node(reader, name_node)->at);
    if (is_alone)
        return;
    reader_error(reader, key, "a matrix over a queue has that one variable");
    reader_hint(reader, "an item may be a map: matrix.%s.NAME is a value in it",
                reader_text(reader, key));
}

/* One value stands where a list is wanted: perhaps it is the name of a queue. */
static void hint_values(struct reader *reader, uint32_t key)
{
    const struct node *value = reader_node(reader, key + 1);
    if (value->kind != NODE_SCALAR || reader_has_holes(reader, key + 1) ||
        reader_is_plain_null(reader, key + 1))
        return;
    uint32_t index = name_map_get(&reader->primitive_of_name, value->text);
    const char *variable = reader_text(reader, key), *text = reader_text(reader, key + 1);
    if (index == 0 || reader->workflow->primitives[index - 1].kind != PRIMITIVE_QUEUE)
        reader_hint(reader, "write %s: [%s]", variable, text);
    else
        reader_hint(reader, "for an instance for each item of the queue write %s: {queue: %s}",
                    strcmp(variable, "queue") == 0 ? "NAME" : variable, text);
}

static void axis_read(struct reader *reader, uint32_t key, bool is_alone, struct matrix *matrix)
{
    struct axis *axis = &matrix->axes[matrix->axis_count++];
    axis->at = reader_node(reader, key)->at;
    axis->variable = reader_node(reader, key)->text;
    axis->values.kind = SPEC_LIST;
    reader_check_name(reader, key, "a matrix variable");
    if (is_queue(reader, key + 1))
        queue_read(reader, key, is_alone, matrix);
    else if (!list_read(reader, key + 1, "a list of values", &axis->values))
        hint_values(reader, key);
}

static void axes_read(struct reader *reader, uint32_t node, struct matrix *matrix)
{
    matrix->axes =
        ARENA_ARRAY(&reader->workflow->arena, struct axis, reader_node(reader, node)->text);
    uint32_t end = reader_node(reader, node)->end;
    for (uint32_t key = node + 1; key < end; key = reader_node(reader, key + 1)->end) {
        if (strcmp(reader_text(reader, key), "exclude") == 0)
            exclude_read(reader, key + 1, matrix);
        else if (strcmp(reader_text(reader, key), "include") == 0)
            rows_read(reader, key + 1, "a list of maps", &matrix->include);
        else
            axis_read(reader, key, reader_node(reader, node)->text == 1, matrix);
    }
}

void matrix_read(struct reader *reader, uint32_t node)
{
    struct matrix *matrix = arena_new(&reader->workflow->arena, sizeof *matrix);
    const struct shape *shape = reader_shape(reader, reader->task_index);
    matrix->at = reader_node(reader, node)->at;
    matrix->exclude.kind = matrix->include.kind = matrix->rows.kind = SPEC_LIST;
    matrix->variables = shape->variables;
    matrix->variable_count = shape->variable_count;
    matrix->is_open = shape->is_open;
    reader->is_matrix_dynamic = false;
    matrix->is_list = reader_node(reader, node)->kind != NODE_MAP;
    if (matrix->is_list)
        rows_read(reader, node, "a map of lists or a list of maps", &matrix->rows);
    else
        axes_read(reader, node, matrix);
    matrix->is_dynamic = reader->is_matrix_dynamic;
    reader->task->matrix = matrix;
}
