/* The keys of a map, once it has ended: no two are equal, and `<<` gives way to what
 * it names. Keys are names, so an array by name answers whether a map has a key; the stamp tells
 * this map's entries from those of others, and the array is never cleared. Small maps compare each
 * with each. */
#include <string.h>

#include "base/text.h"
#include "document/reader.h"

enum { FEW_KEYS = 8, SHOWN = 60 };

void text_show(const char *text, size_t length, struct buffer *out)
{
    size_t shown = length;
    if (length > SHOWN)
        shown = text_valid_utf8(text, SHOWN);
    text_printable(text, shown, out);
    if (shown < length)
        buffer_add_text(out, "...");
}

static void find_lines(struct reader *reader)
{
    const struct layout *layout = &reader->layout;
    place at = layout->first;
    *VEC_PUSH(&reader->lines) = at;
    for (size_t i = layout->begin; i < layout->length; i++) {
        at += ((unsigned char)layout->text[i] & 0xc0) != 0x80;
        if (layout->text[i] == '\n')
            *VEC_PUSH(&reader->lines) = at;
    }
}

/* The line of a place, from 1. */
static uint32_t line_of(struct reader *reader, place at)
{
    if (reader->lines.count == 0)
        find_lines(reader);
    uint32_t low = 0, high = reader->lines.count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (reader->lines.items[middle] <= at)
            low = middle;
        else
            high = middle;
    }
    return low + 1;
}

static void complain(struct reader *reader, uint32_t first, uint32_t second)
{
    const struct node *nodes = reader->document->nodes, *key = &nodes[second];
    CLEANUP_BUFFER struct buffer shown = {0};
    text_show(names_text(reader->names, key->text), names_length(reader->names, key->text), &shown);
    diagnostics_add(reader->diagnostics, key->at, "duplicate key '%s'", buffer_text(&shown));
    if (key->text == reader->merge_key)
        diagnostics_hint(reader->diagnostics, "merge several by a list: '<<: [*a, *b]'");
    else
        diagnostics_hint(reader->diagnostics, "line %u has it already",
                         line_of(reader, nodes[first].at));
}

static void compare_few(struct reader *reader, uint32_t map)
{
    const struct node *nodes = reader->document->nodes;
    uint32_t keys[FEW_KEYS], count = 0, key;
    for (key = map + 1; key < nodes[map].end; key = nodes[nodes[key].end].end) {
        uint32_t same = 0;
        while (same < count && nodes[keys[same]].text != nodes[key].text)
            same++;
        if (nodes[key].kind != NODE_SCALAR)
            continue;
        if (same < count)
            complain(reader, keys[same], key);
        else
            keys[count++] = key;
    }
}

struct key_seen *key_slot(struct reader *reader, name key)
{
    if (reader->seen.count < reader->names->count) {
        uint32_t more = reader->names->count - reader->seen.count;
        VEC_RESERVE(&reader->seen, more);
        memset(reader->seen.items + reader->seen.count, 0, more * sizeof *reader->seen.items);
        reader->seen.count += more;
    }
    return &reader->seen.items[key];
}

static void compare_many(struct reader *reader, uint32_t map)
{
    const struct node *nodes = reader->document->nodes;
    reader->stamp++;
    for (uint32_t key = map + 1; key < nodes[map].end; key = nodes[nodes[key].end].end) {
        if (nodes[key].kind != NODE_SCALAR)
            continue;
        struct key_seen *slot = key_slot(reader, nodes[key].text);
        if (slot->stamp == reader->stamp)
            complain(reader, slot->node, key);
        else
            *slot = (struct key_seen){.stamp = reader->stamp, .node = key};
    }
}

void keys_close(struct reader *reader, const struct frame *frame)
{
    if (frame->children <= 2 * FEW_KEYS && !frame->has_merge)
        compare_few(reader, frame->node);
    else
        compare_many(reader, frame->node);
    if (frame->has_merge)
        map_merge(reader, frame->node);
}
