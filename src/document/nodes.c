/* Events become nodes. The frames of open containers are a fixed array: what is nested deeper ends
 * the reading, so nothing here recurses. */
#include <string.h>

#include "document/reader.h"

static const uint8_t scalar_styles[] = {
    [YAML_ANY_SCALAR_STYLE] = STYLE_PLAIN,
    [YAML_PLAIN_SCALAR_STYLE] = STYLE_PLAIN,
    [YAML_SINGLE_QUOTED_SCALAR_STYLE] = STYLE_SINGLE_QUOTED,
    [YAML_DOUBLE_QUOTED_SCALAR_STYLE] = STYLE_DOUBLE_QUOTED,
    [YAML_LITERAL_SCALAR_STYLE] = STYLE_LITERAL,
    [YAML_FOLDED_SCALAR_STYLE] = STYLE_FOLDED,
};

const struct node *reader_flow(const struct reader *reader)
{
    if (!reader_is_in_flow(reader))
        return NULL;
    return &reader->document->nodes[reader->frames[reader->depth - 1].node];
}

void reader_rise(struct reader *reader, uint8_t height)
{
    struct frame *top = reader->depth > 0 ? &reader->frames[reader->depth - 1] : NULL;
    if (top != NULL && top->height < height)
        top->height = height;
}

void nodes_copy(struct node *to, const struct node *from, uint32_t count, uint32_t shift)
{
    memmove(to, from, count * sizeof *to);
    for (uint32_t i = 0; i < count; i++)
        to[i].end += shift;
}

void reader_complain_of_key(struct reader *reader, uint8_t kind, place at)
{
    diagnostics_add(reader->diagnostics, at, "a %s cannot be a key",
                    kind == NODE_LIST ? "list" : "map");
    diagnostics_hint(reader->diagnostics, "quote text that begins with '%c'",
                     kind == NODE_LIST ? '[' : '{');
}

uint32_t reader_add(struct reader *reader, struct node node)
{
    if (reader->depth > 0)
        reader->frames[reader->depth - 1].children++;
    struct document *document = reader->document;
    if (document->count == document->capacity)
        document->nodes = memory_grow(document->nodes, document->count, 1, &document->capacity,
                                      sizeof *document->nodes);
    node.end = document->count + 1;
    document->nodes[document->count] = node;
    reader->written++;
    return document->count++;
}

/* The offset of a node's first character, behind its anchor and tag. */
static inline size_t content_offset(struct reader *reader, const yaml_event_t *event,
                                    int properties)
{
    size_t from = layout_offset(&reader->layout, event->start_mark.index);
    if (__builtin_expect(properties == 0, true))
        return from;
    size_t to = layout_offset(&reader->layout, event->end_mark.index);
    return layout_skip_properties(&reader->layout, from, to, properties);
}

/* Where a node's tag stands: before its content, at the first '!'. */
static place tag_place(struct reader *reader, const yaml_event_t *event, size_t content)
{
    size_t from = layout_offset(&reader->layout, event->start_mark.index);
    const char *tag = memchr(reader->layout.text + from, '!', content - from);
    return layout_place_of(&reader->layout,
                           tag != NULL ? (size_t)(tag - reader->layout.text) : from);
}

struct container {
    uint8_t kind;
    bool is_flow;
    const char *anchor, *tag;
};

static struct container container_of_event(const yaml_event_t *event)
{
    if (event->type == YAML_SEQUENCE_START_EVENT)
        return (struct container){.kind = NODE_LIST,
                                  .is_flow =
                                      event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE,
                                  .anchor = (const char *)event->data.sequence_start.anchor,
                                  .tag = (const char *)event->data.sequence_start.tag};
    return (struct container){.kind = NODE_MAP,
                              .is_flow = event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE,
                              .anchor = (const char *)event->data.mapping_start.anchor,
                              .tag = (const char *)event->data.mapping_start.tag};
}

bool reader_begin(struct reader *reader, const yaml_event_t *event)
{
    struct container container = container_of_event(event);
    int properties = (container.anchor != NULL) + (container.tag != NULL);
    size_t offset = content_offset(reader, event, properties);
    struct node node = {.kind = container.kind,
                        .style = container.is_flow ? STYLE_FLOW : STYLE_BLOCK,
                        .at = layout_place_of(&reader->layout, offset)};
    if (reader->depth == DOCUMENT_DEPTH)
        return diagnostics_add(reader->diagnostics, node.at, "nested deeper than %d",
                               DOCUMENT_DEPTH);
    if (container.tag != NULL)
        tag_apply(reader, &node, (struct tag){container.tag, "", tag_place(reader, event, offset)});
    size_t column =
        properties == 0 ? event->start_mark.column : layout_column(&reader->layout, offset);
    uint32_t indent = container.is_flow ? reader_indent(reader) : (uint32_t)column + 1;
    reader_look_at_key(reader, node.kind, node.at);
    uint32_t index = reader_add(reader, node);
    reader->frames[reader->depth++] =
        (struct frame){.node = index,
                       .anchor = anchor_open(reader, container.anchor),
                       .indent = indent,
                       .is_map = container.kind == NODE_MAP,
                       .is_flow = container.is_flow};
    return true;
}

bool reader_end(struct reader *reader)
{
    struct frame frame = reader->frames[--reader->depth];
    struct node *node = &reader->document->nodes[frame.node];
    if (frame.children >= DOCUMENT_TEXTS)
        return diagnostics_add(reader->diagnostics, node->at, "a %s of %u items or more",
                               frame.is_map ? "map" : "list", (unsigned)DOCUMENT_TEXTS);
    node->end = reader->document->count;
    node->text = node->kind == NODE_MAP ? frame.children / 2 : frame.children;
    if (node->kind == NODE_MAP)
        keys_close(reader, &frame);
    uint8_t height = frame.height + 1;
    reader_rise(reader, height);
    return frame.anchor == NO_ANCHOR || anchor_close(reader, frame.anchor, frame.node, height);
}

/* A lone indicator is no plain text in flow style, though libyaml takes it. */
static void look_at_plain(struct reader *reader, const struct node *node, const char *text,
                          size_t length)
{
    if (length != 1 || strchr("-?:", *text) == NULL || !reader_is_in_flow(reader))
        return;
    diagnostics_add(reader->diagnostics, node->at, "a lone '%c' inside of [ ] or { }", *text);
    diagnostics_hint(reader->diagnostics, "quote it");
}

static bool look_at_scalar(struct reader *reader, const yaml_event_t *event, size_t offset,
                           uint8_t style)
{
    uint32_t indent = reader_indent(reader);
    if (style == STYLE_LITERAL || style == STYLE_FOLDED)
        return layout_look_at_block(&reader->layout, offset, indent);
    bool has_lines = event->start_mark.line != event->end_mark.line;
    if (has_lines && (style != STYLE_PLAIN || reader_is_in_flow(reader)))
        layout_look_at_lines(&reader->layout, offset,
                             layout_offset(&reader->layout, event->end_mark.index), indent);
    return true;
}

bool reader_scalar(struct reader *reader, const yaml_event_t *event)
{
    const char *text = (const char *)event->data.scalar.value;
    const char *anchor = (const char *)event->data.scalar.anchor;
    const char *tag = (const char *)event->data.scalar.tag;
    size_t length = event->data.scalar.length;
    size_t offset = content_offset(reader, event, (anchor != NULL) + (tag != NULL));
    struct node node = {.kind = NODE_SCALAR,
                        .style = scalar_styles[event->data.scalar.style],
                        .at = layout_place_of(&reader->layout, offset)};
    name id = names_add(reader->names, text, length);
    if (id >= DOCUMENT_TEXTS)
        return diagnostics_add(reader->diagnostics, node.at, "%u different texts or more",
                               (unsigned)DOCUMENT_TEXTS);
    node.text = id;
    if (!look_at_scalar(reader, event, offset, node.style))
        return false;
    if (node.style == STYLE_PLAIN)
        look_at_plain(reader, &node, text, length);
    if (tag != NULL)
        tag_apply(reader, &node, (struct tag){tag, text, tag_place(reader, event, offset)});
    if (node.text == reader->merge_key && node.style == STYLE_PLAIN && reader_wants_key(reader))
        reader->frames[reader->depth - 1].has_merge = true;
    uint32_t index = reader_add(reader, node);
    return anchor == NULL || anchor_close(reader, anchor_open(reader, anchor), index, 0);
}
