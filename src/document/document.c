/* Drives libyaml's parser over one text and hands its events on. What is wrong is collected and
 * reading goes on, but libyaml stops at its first error, and so do we then. */
#include "document/document.h"

#include <stdlib.h>

#include "document/encoding.h"
#include "document/reader.h"
#include "document/syntax.h"

static bool begin_document(struct reader *reader, const yaml_event_t *event)
{
    if (reader->document_count++ == 0)
        return true;
    diagnostics_add(reader->diagnostics, layout_place(&reader->layout, event->start_mark.index),
                    "a second document begins here");
    diagnostics_hint(reader->diagnostics,
                     "a file is one document: take the line '---' out, or make two files");
    return false;
}

/* False where reading ends. */
static bool take_event(struct reader *reader, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return begin_document(reader, event);
    case YAML_ALIAS_EVENT:
        return reader_alias(reader, event);
    case YAML_SCALAR_EVENT:
        return reader_scalar(reader, event);
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT:
        return reader_begin(reader, event);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return reader_end(reader);
    case YAML_STREAM_END_EVENT:
        return false;
    default:
        return true;
    }
}

/* Most events have nothing to free. */
static void release_event(yaml_event_t *event)
{
    bool is_empty = event->type == YAML_SEQUENCE_END_EVENT || event->type == YAML_MAPPING_END_EVENT;
    if (event->type == YAML_SEQUENCE_START_EVENT)
        is_empty = event->data.sequence_start.anchor == NULL &&
                   event->data.sequence_start.tag == NULL;
    if (event->type == YAML_MAPPING_START_EVENT)
        is_empty =
            event->data.mapping_start.anchor == NULL && event->data.mapping_start.tag == NULL;
    if (!is_empty)
        yaml_event_delete(event);
}

static bool read_event(struct reader *reader, const yaml_event_t *event)
{
    struct layout *layout = &reader->layout;
    /* Directives are inside of the event of their document. */
    bool has_inside = event->type == YAML_DOCUMENT_START_EVENT;
    const yaml_mark_t *until = has_inside ? &event->end_mark : &event->start_mark;
    layout_look_between(layout, layout_offset(layout, until->index), reader_is_in_flow(reader),
                        reader_indent(reader));
    bool goes_on = take_event(reader, event);
    layout_pass(layout, layout_offset(layout, event->end_mark.index));
    return goes_on;
}

static void read_events(struct reader *reader, yaml_parser_t *parser)
{
    bool goes_on = true;
    while (goes_on) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event)) {
            if (parser->error == YAML_MEMORY_ERROR)
                memory_exhausted();
            syntax_complain(parser, reader_flow(reader), &reader->layout);
            return;
        }
        goes_on = read_event(reader, &event);
        release_event(&event);
    }
}

static void check_not_empty(struct reader *reader, const struct source *source)
{
    const struct document *document = reader->document;
    bool is_empty = document->count == 0 ||
                    (document->count == 1 && document->nodes[0].kind == NODE_SCALAR &&
                     document->nodes[0].style == STYLE_PLAIN && document->nodes[0].text == 0);
    if (is_empty)
        diagnostics_add(reader->diagnostics, source->first,
                        memchr(source->text, '#', source->length) != NULL
                            ? "the file holds nothing but comments"
                            : "the file is empty");
}

static void reader_release(struct reader *reader)
{
    VEC_RELEASE(&reader->anchors);
    VEC_RELEASE(&reader->anchor_of_name);
    VEC_RELEASE(&reader->anchored);
    VEC_RELEASE(&reader->seen);
    VEC_RELEASE(&reader->merging);
    VEC_RELEASE(&reader->lines);
}

bool document_read(struct document *ret, const struct source *source, struct names *names,
                   struct diagnostics *diagnostics)
{
    *ret = (struct document){0};
    uint32_t errors = diagnostics->error_count;
    if (!encoding_check(source, diagnostics))
        return false;
    struct reader reader = {.document = ret,
                            .names = names,
                            .diagnostics = diagnostics,
                            .merge_key = names_add_text(names, "<<")};
    layout_init(&reader.layout, source, diagnostics);
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        memory_exhausted();
    yaml_parser_set_input_string(&parser, (const unsigned char *)source->text, source->length);
    read_events(&reader, &parser);
    yaml_parser_delete(&parser);
    reader_release(&reader);
    if (diagnostics->error_count == errors)
        check_not_empty(&reader, source);
    if (diagnostics->error_count == errors)
        return true;
    document_release(ret);
    return false;
}

void document_release(struct document *document)
{
    free(document->nodes);
    *document = (struct document){0};
}

uint32_t document_get(const struct document *document, uint32_t map, name key)
{
    const struct node *nodes = document->nodes;
    for (uint32_t at = map + 1; at < nodes[map].end; at = nodes[nodes[at].end].end)
        if (nodes[at].text == key)
            return nodes[at].end;
    return 0;
}

const char *document_library_version(void)
{
    return yaml_get_version_string();
}
