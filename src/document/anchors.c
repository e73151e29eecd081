/* Anchors and aliases. An alias becomes a copy of what its anchor names, so nobody else knows of
 * them. A copy costs its size; that all copies together stay in proportion to the file is held
 * here, as is the depth that copies of copies reach. */
#include <string.h>

#include "document/reader.h"

enum { ALIASED_SHARE = 8 }; /* copies may be this many times what is written */

static uint32_t *anchor_slot(struct reader *reader, name text)
{
    while (reader->anchor_of_name.count <= text)
        *VEC_PUSH(&reader->anchor_of_name) = 0;
    return &reader->anchor_of_name.items[text];
}

uint32_t anchor_open(struct reader *reader, const char *text)
{
    if (text == NULL)
        return NO_ANCHOR;
    uint32_t *slot = anchor_slot(reader, names_add_text(reader->names, text));
    *VEC_PUSH(&reader->anchors) = (struct anchor){.is_open = true};
    *slot = reader->anchors.count;
    return reader->anchors.count - 1;
}

/* How many nodes copies may come to. */
static uint64_t copies_allowed(const struct reader *reader)
{
    return DOCUMENT_ALIASED + (uint64_t)ALIASED_SHARE * reader->written;
}

static bool complain_of_size(struct reader *reader, place at)
{
    return diagnostics_add(reader->diagnostics, at, "anchors and aliases make the file too large");
}

bool anchor_close(struct reader *reader, uint32_t anchor, uint32_t node, uint8_t height)
{
    const struct node *named = &reader->document->nodes[node];
    uint32_t count = named->end - node;
    if (reader->anchored.count + (uint64_t)count > copies_allowed(reader))
        return complain_of_size(reader, named->at);
    struct anchor *closed = &reader->anchors.items[anchor];
    *closed = (struct anchor){.first = reader->anchored.count, .count = count, .height = height};
    VEC_RESERVE(&reader->anchored, count);
    nodes_copy(reader->anchored.items + reader->anchored.count, reader->document->nodes + node,
               count, 0 - node);
    reader->anchored.count += count;
    return true;
}

/* What stands for an alias that means nothing: an empty map, which nothing complains about. */
static void add_nothing(struct reader *reader, place at)
{
    reader_add(reader, (struct node){.kind = reader_wants_key(reader) ? NODE_SCALAR : NODE_MAP,
                                     .style = STYLE_FLOW,
                                     .at = at});
}

static const struct anchor *find_anchor(struct reader *reader, const char *text, place at)
{
    name id = names_find(reader->names, text, strlen(text));
    uint32_t found = id < reader->anchor_of_name.count ? reader->anchor_of_name.items[id] : 0;
    CLEANUP_BUFFER struct buffer shown = {0};
    text_show(text, strlen(text), &shown);
    if (found == 0) {
        diagnostics_add(reader->diagnostics, at, "unknown alias '*%s'", buffer_text(&shown));
        diagnostics_hint(reader->diagnostics,
                         "an anchor '&%s' must stand above it; quote text that begins with '*'",
                         buffer_text(&shown));
        return NULL;
    }
    const struct anchor *anchor = &reader->anchors.items[found - 1];
    if (anchor->is_open) {
        diagnostics_add(reader->diagnostics, at, "the alias '*%s' stands inside of what it names",
                        buffer_text(&shown));
        return NULL;
    }
    return anchor;
}

static bool has_room(struct reader *reader, const struct anchor *anchor, place at)
{
    if (reader->depth + anchor->height > DOCUMENT_DEPTH)
        return diagnostics_add(reader->diagnostics, at, "nested deeper than %d", DOCUMENT_DEPTH);
    if (reader->aliased + (uint64_t)anchor->count > copies_allowed(reader))
        return complain_of_size(reader, at);
    return true;
}

bool reader_alias(struct reader *reader, const yaml_event_t *event)
{
    place at = layout_place(&reader->layout, event->start_mark.index);
    const struct anchor *anchor = find_anchor(reader, (const char *)event->data.alias.anchor, at);
    if (anchor == NULL) {
        add_nothing(reader, at);
        return true;
    }
    if (!has_room(reader, anchor, at))
        return false;
    struct document *document = reader->document;
    const struct node *from = reader->anchored.items + anchor->first;
    reader_look_at_key(reader, from->kind, at);
    uint32_t first = reader_add(reader, *from);
    document->nodes = memory_grow(document->nodes, document->count, anchor->count,
                                  &document->capacity, sizeof *document->nodes);
    nodes_copy(document->nodes + first, from, anchor->count, first);
    document->count = first + anchor->count;
    reader->aliased += anchor->count;
    reader_rise(reader, anchor->height);
    return true;
}
