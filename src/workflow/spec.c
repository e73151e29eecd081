/* Values that may hold expressions. What holds none becomes a constant in whole. */
#include "base/memory.h"
#include "workflow/reader.h"

static json_t *constant_of(struct reader *reader, uint32_t node);

static json_t *scalar_of(struct reader *reader, uint32_t node)
{
    const char *text = reader_text(reader, node);
    size_t length = reader_length(reader, node);
    if (reader_node(reader, node)->style != STYLE_PLAIN)
        return json_stringn(text, length);
    CLEANUP_ERROR struct error error = {0};
    json_t *value = value_from_scalar(text, length, &error);
    if (value == NULL) {
        error.at = reader_node(reader, node)->at;
        diagnostics_take(reader->diagnostics, &error);
    }
    return value;
}

/* Depth is the document's, which is limited. NULL after an error; all are reported. */
static json_t *container_of(struct reader *reader, uint32_t node)
{
    bool is_map = reader_node(reader, node)->kind == NODE_MAP, is_good = true;
    json_t *all = is_map ? json_object() : json_array();
    uint32_t end = reader_node(reader, node)->end;
    for (uint32_t i = node + 1; i < end; i = reader_node(reader, i)->end) {
        uint32_t key = i;
        i = is_map ? i + 1 : i;
        json_t *value = constant_of(reader, i);
        is_good = is_good && value != NULL;
        if (is_map)
            json_object_set_new(all, reader_text(reader, key), value);
        else
            json_array_append_new(all, value);
    }
    if (is_good)
        return all;
    json_decref(all);
    return NULL;
}

static json_t *constant_of(struct reader *reader, uint32_t node)
{
    return reader_node(reader, node)->kind == NODE_SCALAR ? scalar_of(reader, node)
                                                          : container_of(reader, node);
}

static bool read_items(struct reader *reader, uint32_t node, enum context context, struct spec *ret)
{
    const struct node *container = reader_node(reader, node);
    struct arena *arena = &reader->workflow->arena;
    bool is_map = container->kind == NODE_MAP, is_good = true;
    ret->kind = is_map ? SPEC_MAP : SPEC_LIST;
    ret->items = ARENA_ARRAY(arena, struct spec, container->text);
    ret->keys = is_map ? ARENA_ARRAY(arena, name, container->text) : NULL;
    uint32_t end = container->end;
    for (uint32_t i = node + 1; i < end; i = reader_node(reader, i)->end) {
        if (is_map)
            ret->keys[ret->count] = reader_node(reader, i++)->text;
        is_good = spec_read(reader, i, context, &ret->items[ret->count++]) && is_good;
    }
    return is_good;
}

bool spec_read(struct reader *reader, uint32_t node, enum context context, struct spec *ret)
{
    *ret = (struct spec){.at = reader_node(reader, node)->at};
    if (!reader_has_holes(reader, node)) {
        json_t *value = constant_of(reader, node);
        ret->constant = value != NULL ? reader_keep(reader, value) : NULL;
        return value != NULL;
    }
    if (reader_node(reader, node)->kind != NODE_SCALAR)
        return read_items(reader, node, context, ret);
    ret->kind = SPEC_TEXT;
    return text_read_data(reader, node, context, &ret->text);
}
