/* `<<` in a map: the pairs of the maps under it come in its place, unless the map has the key
 * itself or an earlier one of them had it. Shallow: values are taken whole. The maps under it have
 * been merged already, since they ended before. */
#include <string.h>

#include "document/reader.h"

/* The inside of the map as it was, with ends that count from its own beginning. */
static const struct node *take_inside(struct reader *reader, uint32_t map)
{
    struct document *document = reader->document;
    uint32_t count = document->count - (map + 1);
    reader->merging.count = 0;
    VEC_RESERVE(&reader->merging, count);
    nodes_copy(reader->merging.items, document->nodes + map + 1, count, 0 - (map + 1));
    reader->merging.count = count;
    document->count = map + 1;
    return reader->merging.items;
}

/* What is appended is never more than was taken out, so there is room. */
static void append_pair(struct reader *reader, uint32_t map, uint32_t key)
{
    struct document *document = reader->document;
    const struct node *inside = reader->merging.items;
    uint32_t count = inside[inside[key].end].end - key;
    nodes_copy(document->nodes + document->count, inside + key, count, document->count - key);
    document->count += count;
    document->nodes[map].text++;
}

static void merge_map(struct reader *reader, uint32_t map, uint32_t source)
{
    const struct node *inside = reader->merging.items;
    for (uint32_t key = source + 1; key < inside[source].end; key = inside[inside[key].end].end) {
        if (inside[key].kind != NODE_SCALAR)
            continue;
        struct key_seen *slot = key_slot(reader, inside[key].text);
        if (slot->stamp == reader->stamp)
            continue;
        slot->stamp = reader->stamp;
        uint32_t merged = reader->document->count;
        append_pair(reader, map, key);
        reader->document->nodes[merged].is_merged = true;
    }
}

static void complain(struct reader *reader, const struct node *value)
{
    diagnostics_add(reader->diagnostics, value->at, "'<<' merges a map, or a list of maps");
    diagnostics_hint(reader->diagnostics, "give an alias of a map: '<<: *name'");
}

static void merge_value(struct reader *reader, uint32_t map, uint32_t value)
{
    const struct node *inside = reader->merging.items;
    if (inside[value].kind == NODE_MAP)
        merge_map(reader, map, value);
    else if (inside[value].kind != NODE_LIST)
        complain(reader, &inside[value]);
    else
        for (uint32_t item = value + 1; item < inside[value].end; item = inside[item].end)
            if (inside[item].kind == NODE_MAP)
                merge_map(reader, map, item);
            else
                complain(reader, &inside[item]);
}

void map_merge(struct reader *reader, uint32_t map)
{
    struct document *document = reader->document;
    const struct node *inside = take_inside(reader, map);
    document->nodes[map].text = 0;
    for (uint32_t key = 0; key < reader->merging.count; key = inside[inside[key].end].end) {
        bool is_merge = inside[key].kind == NODE_SCALAR && inside[key].style == STYLE_PLAIN &&
                        inside[key].text == reader->merge_key;
        if (is_merge)
            merge_value(reader, map, inside[key].end);
        else
            append_pair(reader, map, key);
    }
    document->nodes[map].end = document->count;
}
