/* The state while one document is read: the containers that are open, the anchors, and what is
 * needed to complain. */
#ifndef DOCUMENT_READER_H
#define DOCUMENT_READER_H

#include <yaml.h>

#include "base/memory.h"
#include "document/document.h"
#include "document/layout.h"

enum { NO_ANCHOR = UINT32_MAX };

/* A container whose end has not come. */
struct frame {
    uint32_t node;
    uint32_t children; /* so far; in a map an even number means that a key comes next */
    uint32_t anchor;   /* an index into anchors, or NO_ANCHOR */
    uint32_t indent;   /* spaces before lines of a value that go on inside of it */
    uint8_t height;    /* levels of containers inside of it */
    bool is_map, is_flow;
    bool has_merge; /* a key is `<<` */
};

/* Its nodes are a copy, since those of the document move when a map around them is merged. */
struct anchor {
    uint32_t first, count; /* nodes in `anchored`; their ends count from first */
    uint8_t height;        /* levels of containers, its own too */
    bool is_open;          /* its end has not come */
};

/* Where a text was last a key: of the map with this stamp. */
struct key_seen {
    uint32_t stamp, node;
};

struct reader {
    struct document *document;
    struct names *names;
    struct diagnostics *diagnostics;
    struct layout layout;
    struct frame frames[DOCUMENT_DEPTH];
    uint32_t depth; /* of frames */
    uint32_t document_count;
    uint32_t written; /* nodes that stand in the file */
    uint32_t aliased; /* nodes that aliases added */
    name merge_key;
    VEC(struct anchor) anchors;
    VEC(uint32_t) anchor_of_name; /* by name; an index + 1, or 0 */
    VEC(struct node) anchored;
    VEC(struct key_seen) seen; /* by name */
    uint32_t stamp;
    VEC(struct node) merging; /* the inside of the map that is being merged */
    VEC(place) lines;         /* where each begins; made when first asked for */
};

/* nodes.c: what an event adds. False where reading cannot go on. */
bool reader_begin(struct reader *reader, const yaml_event_t *event);
bool reader_scalar(struct reader *reader, const yaml_event_t *event);
bool reader_end(struct reader *reader);
/* Appends a node, returns its index. */
uint32_t reader_add(struct reader *reader, struct node node);
/* Of a container where a key must come. */
void reader_complain_of_key(struct reader *reader, uint8_t kind, place at);
/* The open container, if it is in flow style; else NULL. */
const struct node *reader_flow(const struct reader *reader);

static inline bool reader_wants_key(const struct reader *reader)
{
    if (reader->depth == 0)
        return false;
    const struct frame *top = &reader->frames[reader->depth - 1];
    return top->is_map && top->children % 2 == 0;
}

static inline bool reader_is_in_flow(const struct reader *reader)
{
    return reader->depth > 0 && reader->frames[reader->depth - 1].is_flow;
}

/* Complains where a container comes and a key must. */
static inline void reader_look_at_key(struct reader *reader, uint8_t kind, place at)
{
    if (kind != NODE_SCALAR && reader_wants_key(reader))
        reader_complain_of_key(reader, kind, at);
}

/* How many spaces must stand before the lines of a value here. */
static inline uint32_t reader_indent(const struct reader *reader)
{
    return reader->depth > 0 ? reader->frames[reader->depth - 1].indent : 0;
}

/* The open container holds one with so many levels. */
void reader_rise(struct reader *reader, uint8_t height);
/* Copies nodes; their ends are changed by `shift`, modulo 2^32. The two may overlap. */
void nodes_copy(struct node *to, const struct node *from, uint32_t count, uint32_t shift);

/* anchors.c. An anchor is opened with its node and closed with it; a text of NULL is none. */
uint32_t anchor_open(struct reader *reader, const char *text);
bool anchor_close(struct reader *reader, uint32_t anchor, uint32_t node, uint8_t height);
bool reader_alias(struct reader *reader, const yaml_event_t *event);

struct tag {
    const char *name; /* as libyaml has it: resolved */
    const char *text; /* a scalar's */
    place at;
};
/* tags.c: complains of a tag that is not known or does not fit. May change the node's style, so
 * that its text is read as the tag says. */
void tag_apply(struct reader *reader, struct node *node, struct tag tag);

/* keys.c: checks the keys of a map that has ended, and merges what is under `<<`. */
void keys_close(struct reader *reader, const struct frame *frame);
struct key_seen *key_slot(struct reader *reader, name key);

/* merge.c: puts the pairs of what is under `<<` in its place. The map is the last one in the
 * document, and its own keys bear the stamp. */
void map_merge(struct reader *reader, uint32_t map);

/* A text of the author's as it can be shown: printable, and cut. */
void text_show(const char *text, size_t length, struct buffer *out);

#endif
