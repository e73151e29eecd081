/* A YAML file as compact nodes with places.
 *
 * libyaml's events (https://pyyaml.org/wiki/LibYAML) become one array in document order: a
 * container's children follow it, and `end` is the index behind its last one, so walking siblings
 * is i = nodes[i].end. Everything that YAML itself can get wrong is found here: encoding, NUL,
 * nesting, anchors, duplicate keys, unknown tags, several documents, and what libyaml accepts
 * against YAML 1.2. Aliases are expanded, `<<` is merged (shallowly), so the rest of the program
 * sees none. */
#ifndef DOCUMENT_DOCUMENT_H
#define DOCUMENT_DOCUMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/names.h"
#include "base/source.h"

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };
enum node_style {
    STYLE_PLAIN,
    STYLE_SINGLE_QUOTED,
    STYLE_DOUBLE_QUOTED,
    STYLE_LITERAL,
    STYLE_FOLDED,
    STYLE_BLOCK,
    STYLE_FLOW
};

enum { NODE_TEXT_BITS = 26 };

/* Twelve bytes, since a large workflow has ten a task. */
struct node {
    place at; /* of its first character, behind an anchor or tag (a block scalar: of its | or >);
                 what came by an alias: where it is written */
    uint32_t end; /* the index behind its last descendant */
    uint32_t text : NODE_TEXT_BITS; /* a scalar's text, a name; a container's items or pairs */
    uint32_t kind : 2;              /* enum node_kind */
    uint32_t style : 3;             /* enum node_style; containers: block or flow */
    uint32_t is_merged : 1;         /* a key that came by `<<` */
};

struct document {
    struct node *nodes; /* nodes[0] is the root; a map's children are key, value, key, value */
    uint32_t count, capacity;
};

enum {
    DOCUMENT_DEPTH = 64,        /* deepest nesting */
    DOCUMENT_ALIASED = 1 << 20, /* nodes that aliases may add, and 8 for each that is written */
    DOCUMENT_TEXTS = 1 << NODE_TEXT_BITS, /* fewer different texts; items of a list */
};

/* Reads text (which sources holds, its first character at `first`). Keys of maps are always
 * scalars, unique within their map. All errors found go to diagnostics; returns whether there were
 * none; *ret is empty if there were. Empty text is an error. Sizes: text up to 2 GiB. A plain
 * scalar under `!!str` or `!` is read as if in single quotes, a quoted one under `!!int` as if
 * plain. */
bool document_read(struct document *ret, const struct source *source, struct names *names,
                   struct diagnostics *diagnostics);
void document_release(struct document *document);

/* The value of a key (its text interned), as an index into nodes; 0 if it is not there. A walk over
 * the map's keys. */
uint32_t document_get(const struct document *document, uint32_t map, name key);

/* "0.2.5" */
const char *document_library_version(void);

#endif
