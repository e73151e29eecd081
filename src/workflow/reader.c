/* What the parts of the reader share: looking at nodes and speaking of them. */
#include "workflow/reader.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

void name_map_set(struct name_map *map, name key, uint32_t number)
{
    if (key >= map->count) {
        uint32_t count = key + key / 2 + 16;
        map->numbers = memory_resize(map->numbers, count, sizeof *map->numbers);
        memset(map->numbers + map->count, 0, (count - map->count) * sizeof *map->numbers);
        map->count = count;
    }
    map->numbers[key] = number;
}

uint32_t name_map_get(const struct name_map *map, name key)
{
    return key < map->count ? map->numbers[key] : 0;
}

void name_map_release(struct name_map *map)
{
    memory_free(map->numbers);
    *map = (struct name_map){0};
}

const char *reader_text(const struct reader *reader, uint32_t node)
{
    return names_text(reader->names, reader_node(reader, node)->text);
}

size_t reader_length(const struct reader *reader, uint32_t node)
{
    return names_length(reader->names, reader_node(reader, node)->text);
}

void reader_init_nulls(struct reader *reader)
{
    for (int i = 0; i < VALUE_NULLS; i++)
        reader->nulls[i] = names_add_text(reader->names, value_nulls[i]);
}

bool reader_is_plain_null(const struct reader *reader, uint32_t node)
{
    const struct node *one = reader_node(reader, node);
    if (one->kind != NODE_SCALAR || one->style != STYLE_PLAIN)
        return false;
    for (int i = 0; i < VALUE_NULLS; i++)
        if (one->text == reader->nulls[i])
            return true;
    return false;
}

bool reader_has_holes(const struct reader *reader, uint32_t node)
{
    for (uint32_t i = node, end = reader_node(reader, node)->end; i < end; i++)
        if (reader_node(reader, i)->kind == NODE_SCALAR &&
            memmem(reader_text(reader, i), reader_length(reader, i), "${{", 3) != NULL)
            return true;
    return false;
}

bool reader_error(struct reader *reader, uint32_t node, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    CLEANUP_BUFFER struct buffer message = {0};
    buffer_vprintf(&message, format, arguments);
    va_end(arguments);
    return diagnostics_add(reader->diagnostics, reader_node(reader, node)->at, "%s",
                           buffer_text(&message));
}

void reader_hint(struct reader *reader, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    CLEANUP_BUFFER struct buffer hint = {0};
    buffer_vprintf(&hint, format, arguments);
    va_end(arguments);
    diagnostics_hint(reader->diagnostics, "%s", buffer_text(&hint));
}

static const char *kind_text(const struct reader *reader, uint32_t node)
{
    const struct node *one = reader_node(reader, node);
    if (one->kind != NODE_SCALAR)
        return one->kind == NODE_LIST ? "a list" : "a map";
    if (one->style != STYLE_PLAIN)
        return "text";
    switch (value_scalar_type(reader_text(reader, node), reader_length(reader, node))) {
    case SCALAR_NULL:
        return "nothing";
    case SCALAR_BOOL:
        return "true or false";
    case SCALAR_INT:
    case SCALAR_FLOAT:
        return "a number";
    case SCALAR_TEXT:
        break;
    }
    return "text";
}

bool reader_wrong_kind(struct reader *reader, uint32_t node, const char *what)
{
    return reader_error(reader, node, "expected %s, found %s", what, kind_text(reader, node));
}

bool reader_expect(struct reader *reader, uint32_t node, enum node_kind kind, const char *what)
{
    if (reader_node(reader, node)->kind == kind)
        return true;
    return reader_wrong_kind(reader, node, what);
}

void reader_suggest(struct reader *reader, const char *word, const char *const *candidates,
                    size_t count)
{
    reader->suggestion_work += count;
    if (reader->suggestion_work > SUGGESTION_WORK)
        return;
    const char *nearest = text_nearest(word, candidates, count);
    if (nearest != NULL)
        reader_hint(reader, "did you mean '%s'?", nearest);
}

int reader_word(struct reader *reader, uint32_t node, const char *const *words, size_t count)
{
    if (reader_node(reader, node)->kind == NODE_SCALAR)
        for (size_t i = 0; i < count; i++)
            if (strcmp(reader_text(reader, node), words[i]) == 0)
                return (int)i;
    CLEANUP_BUFFER struct buffer all = {0};
    for (size_t i = 0; i < count; i++)
        buffer_printf(&all, "%s%s", i == 0 ? "" : i + 1 < count ? ", " : " or ", words[i]);
    if (reader_node(reader, node)->kind != NODE_SCALAR || reader_is_plain_null(reader, node)) {
        reader_wrong_kind(reader, node, buffer_text(&all));
    } else {
        const char *word = reader_text(reader, node);
        reader_error(reader, node, "expected %s, found '%s'", buffer_text(&all), word);
        reader_suggest(reader, word, words, count);
    }
    return -1;
}

bool reader_check_nul(struct reader *reader, uint32_t node)
{
    if (reader_node(reader, node)->kind != NODE_SCALAR ||
        strlen(reader_text(reader, node)) == reader_length(reader, node))
        return true;
    return reader_error(reader, node, "a NUL cannot stand in this text");
}

bool reader_constant(struct reader *reader, uint32_t node, name *ret)
{
    if (reader_node(reader, node)->kind != NODE_SCALAR || reader_is_plain_null(reader, node))
        return reader_wrong_kind(reader, node, "text");
    if (reader_has_holes(reader, node))
        return reader_error(reader, node, "an expression cannot stand here");
    if (!reader_check_nul(reader, node))
        return false;
    *ret = reader_node(reader, node)->text;
    return true;
}

bool reader_check_name(struct reader *reader, uint32_t key, const char *what)
{
    if (text_is_name(reader_text(reader, key), reader_length(reader, key)))
        return true;
    reader_error(reader, key, "'%s' cannot be the name of %s", reader_text(reader, key), what);
    reader_hint(reader, "a name has only letters, digits, '_' and '-'");
    return false;
}

json_t *reader_keep(struct reader *reader, json_t *value)
{
    json_array_append_new(reader->workflow->constants, value);
    return value;
}

static int compare_diagnostics(const void *a, const void *b)
{
    const struct diagnostic *x = a, *y = b;
    if (x->what.at != y->what.at)
        return x->what.at < y->what.at ? -1 : 1;
    int order = strcmp(x->what.message, y->what.message);
    if (order != 0)
        return order;
    return x->order < y->order ? -1 : x->order > y->order;
}

void reader_drop_repeated(struct diagnostics *diagnostics)
{
    struct diagnostic *items = diagnostics->items;
    uint32_t kept = 0;
    if (diagnostics->count > 1)
        qsort(items, diagnostics->count, sizeof *items, compare_diagnostics);
    for (uint32_t i = 0; i < diagnostics->count; i++) {
        bool is_repeated = kept > 0 && items[i].what.at != PLACE_NONE &&
                           items[i].what.at == items[kept - 1].what.at &&
                           strcmp(items[i].what.message, items[kept - 1].what.message) == 0;
        if (!is_repeated) {
            items[kept++] = items[i];
            continue;
        }
        diagnostics->error_count -= items[i].severity == SEVERITY_ERROR;
        error_release(&items[i].what);
    }
    diagnostics->count = kept;
}
