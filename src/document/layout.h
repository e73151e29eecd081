/* The text between and inside of libyaml's events, for the rules that libyaml does not hold. */
#ifndef DOCUMENT_LAYOUT_H
#define DOCUMENT_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/source.h"

/* Positions are offsets in bytes; libyaml's marks count characters behind the byte order mark. */
struct layout {
    const char *text;
    size_t length;
    place first;          /* the place of the character at begin */
    size_t begin;         /* behind the byte order mark */
    size_t index, offset; /* a known pair: this mark stands at that offset */
    size_t looked;        /* the text before it has been looked at */
    bool is_bytes;        /* every character is one byte */
    struct diagnostics *diagnostics;
};

void layout_init(struct layout *layout, const struct source *source,
                 struct diagnostics *diagnostics);
/* The same where characters are not bytes. Cheap when marks come in order. */
size_t layout_walk_to(struct layout *layout, size_t index);
place layout_walk_place_of(struct layout *layout, size_t offset);

/* The offset of a mark. */
static inline size_t layout_offset(struct layout *layout, size_t index)
{
    if (!layout->is_bytes)
        return layout_walk_to(layout, index);
    return index < layout->length ? index : layout->length;
}

/* The place of a mark. */
static inline place layout_place(const struct layout *layout, size_t index)
{
    return layout->first + (place)index;
}

/* The place of an offset. */
static inline place layout_place_of(struct layout *layout, size_t offset)
{
    return layout->is_bytes ? layout_place(layout, offset) : layout_walk_place_of(layout, offset);
}

/* What stands before `to` needs no look any more. */
static inline void layout_pass(struct layout *layout, size_t to)
{
    if (layout->looked < to)
        layout->looked = to;
}

/* From a node's start over its properties (an anchor, a tag: how many) to its content, not
 * beyond `to`. */
size_t layout_skip_properties(const struct layout *layout, size_t from, size_t to, int properties);
/* How many characters stand before offset in its line. */
size_t layout_column(const struct layout *layout, size_t offset);
/* `indent` is how many spaces must stand before the lines of a flow collection or a text: one more
 * than the column of the block that holds it, or 0. */
/* Complains about what stands between the last event and this one: a `#` without a blank before
 * it, lines of a flow collection that are indented too little. */
void layout_look_between(struct layout *layout, size_t to, bool is_flow, size_t indent);
/* Complains about lines of a text that are indented too little. */
void layout_look_at_lines(struct layout *layout, size_t from, size_t to, size_t indent);
/* Looks at the head of a block scalar, which begins at `from`. False if what follows cannot be
 * understood as its author meant it. */
bool layout_look_at_block(struct layout *layout, size_t from, size_t indent);

#endif
