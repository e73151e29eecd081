/* Reading a text and writing down what came of it; see document_support.h. */
#include "document/document_support.h"

#include <stdio.h>

#include "base/memory.h"
#include "support/check.h"

static void write_scalar(struct reading *reading, const struct node *node)
{
    static const char marks[] = {[STYLE_PLAIN] = 0,
                                 [STYLE_SINGLE_QUOTED] = '\'',
                                 [STYLE_DOUBLE_QUOTED] = '"',
                                 [STYLE_LITERAL] = '|',
                                 [STYLE_FOLDED] = '>'};
    if (node->is_merged)
        buffer_add_byte(&reading->text, '+');
    if (marks[node->style] != 0)
        buffer_add_byte(&reading->text, marks[node->style]);
    buffer_add(&reading->text, names_text(&reading->names, node->text),
               names_length(&reading->names, node->text));
    if (marks[node->style] != 0)
        buffer_add_byte(&reading->text, marks[node->style]);
}

/* Writes one node and all below it; returns the index behind. */
static uint32_t write_node(struct reading *reading, uint32_t at)
{
    const struct node *node = &reading->document.nodes[at];
    if (node->kind == NODE_SCALAR) {
        write_scalar(reading, node);
        return at + 1;
    }
    bool is_map = node->kind == NODE_MAP;
    buffer_add_byte(&reading->text, is_map ? '{' : '[');
    uint32_t child = at + 1, count = 0;
    for (; child < node->end; count++) {
        if (count > 0)
            buffer_add_text(&reading->text, ", ");
        child = write_node(reading, child);
        if (is_map) {
            buffer_add_text(&reading->text, ": ");
            child = write_node(reading, child);
        }
    }
    buffer_add_byte(&reading->text, is_map ? '}' : ']');
    if (count != node->text || child != node->end)
        buffer_add_text(&reading->text, " <counts are wrong>");
    return node->end;
}

void reading_of(struct reading *reading, const char *text, size_t length)
{
    *reading = (struct reading){0};
    names_init(&reading->names);
    sources_add(&reading->sources, "flow.yml", memory_text_n(text, length), length);
    reading->is_read = document_read(&reading->document, &reading->sources.items[0],
                                     &reading->names, &reading->diagnostics);
    if (reading->is_read)
        write_node(reading, 0);
    else
        diagnostics_write(&reading->diagnostics, &reading->sources, &reading->text);
    buffer_text(&reading->text);
}

void reading_release(struct reading *reading)
{
    buffer_release(&reading->text);
    document_release(&reading->document);
    diagnostics_release(&reading->diagnostics);
    names_release(&reading->names);
    sources_release(&reading->sources);
}

void check_reading(const char *text, size_t length, const char *expected)
{
    struct reading reading;
    reading_of(&reading, text, length);
    CHECK_TEXT(reading.text.bytes, expected);
    CU_ASSERT(reading.is_read || reading.document.nodes == NULL);
    reading_release(&reading);
}

/* The first error and its hint, without the lines shown. */
void check_refusal(const char *text, size_t length, unsigned count, const char *expected)
{
    struct reading reading;
    reading_of(&reading, text, length);
    CU_ASSERT_FALSE(reading.is_read);
    CU_ASSERT_EQUAL(reading.diagnostics.error_count, count);
    if (reading.diagnostics.error_count != count)
        printf("%s\n", reading.text.bytes);
    struct buffer shown = {0};
    if (reading.diagnostics.count > 0) {
        const struct error *what = &reading.diagnostics.items[0].what;
        struct location location = {0};
        CU_ASSERT(sources_locate(&reading.sources, what->at, &location));
        buffer_printf(&shown, "%u:%u: %s", location.line, location.column, what->message);
        if (what->hint != NULL)
            buffer_printf(&shown, " (%s)", what->hint);
    }
    CHECK_TEXT(buffer_text(&shown), expected);
    buffer_release(&shown);
    reading_release(&reading);
}
