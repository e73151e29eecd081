/* From a character of a scalar's text back to its place in the file. */
#ifndef WORKFLOW_LOCATE_H
#define WORKFLOW_LOCATE_H

#include <stddef.h>

#include "base/source.h"
#include "document/document.h"

/* Turns places into offsets; quick for places in the order of the file. */
struct finder {
    struct source *source;
    place at;
    size_t offset;
};
void finder_init(struct finder *finder, struct source *source);
size_t finder_offset(struct finder *finder, place at);

/* Goes through the file's text and a scalar's side by side. */
struct walk {
    const struct source *source;
    const char *text;
    size_t text_length, text_offset;
    size_t offset; /* in the source */
    place at;
    place start; /* the scalar's own place, given when the two do not fit (an alias), or the file's
                    text is gone */
    uint8_t style;
    size_t indent;
    bool is_lost;
};
void walk_begin(struct walk *walk, struct finder *finder, const struct node *node, const char *text,
                size_t length);
/* The place of text[offset]; offsets must not go back. */
place walk_to(struct walk *walk, size_t offset);
/* The comment behind a plain scalar on its last line ("# ..."), its length in *ret; or NULL. */
const char *walk_comment(struct walk *walk, size_t *ret_length);

#endif
