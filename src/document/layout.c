/* What YAML 1.2 demands of the text around nodes and libyaml lets pass: a blank before a comment,
 * indentation of the lines of flow collections and quoted texts, blank lines that lead a block
 * scalar. One rule is softened on purpose: a closing bracket may stand in the column of the block
 * that holds it, as every other reader of YAML has it. Every byte is looked at once at most. */
#include "document/layout.h"

#include <string.h>

void layout_init(struct layout *layout, const struct source *source,
                 struct diagnostics *diagnostics)
{
    bool has_mark = source->length >= 3 && memcmp(source->text, "\xef\xbb\xbf", 3) == 0;
    *layout = (struct layout){.text = source->text,
                              .length = source->length,
                              .first = source->first + has_mark,
                              .begin = has_mark ? 3 : 0,
                              .looked = has_mark ? 3 : 0,
                              .offset = has_mark ? 3 : 0,
                              .is_bytes = source->length == source->characters,
                              .diagnostics = diagnostics};
}

static bool is_inside(const struct layout *layout, size_t offset)
{
    return offset < layout->length && ((unsigned char)layout->text[offset] & 0xc0) == 0x80;
}

size_t layout_walk_to(struct layout *layout, size_t index)
{
    while (layout->index < index && layout->offset < layout->length) {
        layout->offset++;
        while (is_inside(layout, layout->offset))
            layout->offset++;
        layout->index++;
    }
    while (layout->index > index) {
        layout->offset--;
        while (is_inside(layout, layout->offset))
            layout->offset--;
        layout->index--;
    }
    return layout->offset;
}

place layout_walk_place_of(struct layout *layout, size_t offset)
{
    size_t index = layout->index, at = layout->offset;
    for (; at < offset; at++)
        index += !is_inside(layout, at);
    for (; at > offset; at--)
        index -= !is_inside(layout, at - 1);
    layout->index = index;
    layout->offset = offset;
    return layout_place(layout, index);
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

static bool is_break(char byte)
{
    return byte == '\n' || byte == '\r';
}

static size_t line_end(const struct layout *layout, size_t at)
{
    while (at < layout->length && !is_break(layout->text[at]))
        at++;
    return at;
}

static size_t skip_blanks(const struct layout *layout, size_t at)
{
    while (at < layout->length && is_blank(layout->text[at]))
        at++;
    return at;
}

size_t layout_skip_properties(const struct layout *layout, size_t from, size_t to, int properties)
{
    size_t at = from;
    while (at < to) {
        char byte = layout->text[at];
        if (is_blank(byte) || is_break(byte))
            at++;
        else if (byte == '#')
            at = line_end(layout, at);
        else if (properties-- > 0)
            while (at < to && !is_blank(layout->text[at]) && !is_break(layout->text[at]))
                at++;
        else
            return at;
    }
    return to;
}

size_t layout_column(const struct layout *layout, size_t offset)
{
    size_t column = 0;
    for (; offset > layout->begin && !is_break(layout->text[offset - 1]); offset--)
        column += !is_inside(layout, offset - 1);
    return column;
}

/* Whether the line that begins at `at` may stand where `indent` spaces are wanted. */
static bool is_indented(const struct layout *layout, size_t at, size_t indent, bool is_flow)
{
    size_t spaces = 0;
    while (at + spaces < layout->length && layout->text[at + spaces] == ' ')
        spaces++;
    if (spaces >= indent)
        return true;
    size_t content = skip_blanks(layout, at);
    if (content == layout->length || is_break(layout->text[content]))
        return true;
    char byte = layout->text[content];
    bool is_closing =
        spaces + 1 == indent && content == at + spaces && (byte == ']' || byte == '}');
    return is_flow && (byte == '#' || is_closing);
}

static void look_at_line(struct layout *layout, size_t at, size_t indent, bool is_flow)
{
    if (is_indented(layout, at, indent, is_flow))
        return;
    diagnostics_add(layout->diagnostics, layout_place_of(layout, skip_blanks(layout, at)),
                    "this line goes on with the value above, but is not indented below its key");
    diagnostics_hint(layout->diagnostics, "indent it by %zu or more spaces (not tabs)", indent);
}

static void look_at_comment(struct layout *layout, size_t at)
{
    if (at == layout->begin || is_blank(layout->text[at - 1]) || is_break(layout->text[at - 1]))
        return;
    diagnostics_add(layout->diagnostics, layout_place_of(layout, at),
                    "a comment needs a space before its '#'");
    diagnostics_hint(layout->diagnostics, "put a space before it, or quote the text");
}

/* The newline at `at`, which may be two bytes. */
static size_t skip_break(const struct layout *layout, size_t at)
{
    bool is_pair =
        layout->text[at] == '\r' && at + 1 < layout->length && layout->text[at + 1] == '\n';
    return at + (is_pair ? 2 : 1);
}

void layout_look_between(struct layout *layout, size_t to, bool is_flow, size_t indent)
{
    size_t at = layout->looked;
    while (at < to) {
        unsigned char byte = (unsigned char)layout->text[at];
        if (byte == ' ' || byte > '#') {
            at++;
        } else if (byte == '#') {
            look_at_comment(layout, at);
            at = line_end(layout, at);
        } else if (is_break((char)byte)) {
            at = skip_break(layout, at);
            if (is_flow)
                look_at_line(layout, at, indent, true);
        } else {
            at++;
        }
    }
    layout_pass(layout, to);
}

void layout_look_at_lines(struct layout *layout, size_t from, size_t to, size_t indent)
{
    for (size_t at = line_end(layout, from); at < to; at = line_end(layout, at)) {
        at = skip_break(layout, at);
        look_at_line(layout, at, indent, false);
    }
}

bool layout_look_at_block(struct layout *layout, size_t from, size_t indent)
{
    size_t at = from + 1;
    bool has_indicator = false;
    for (; at < layout->length && strchr("+-123456789", layout->text[at]) != NULL; at++)
        has_indicator = has_indicator || (layout->text[at] >= '1' && layout->text[at] <= '9');
    if (at < layout->length && layout->text[at] == '#')
        look_at_comment(layout, at);
    size_t most = 0, longest = 0;
    while ((at = line_end(layout, at)) < layout->length) {
        size_t begin = skip_break(layout, at), spaces = 0;
        while (begin + spaces < layout->length && layout->text[begin + spaces] == ' ')
            spaces++;
        at = begin + spaces;
        bool is_last = at == layout->length;
        if (is_last || !is_break(layout->text[at])) {
            if (has_indicator || is_last || spaces < indent || spaces >= most)
                return true;
            diagnostics_add(layout->diagnostics, layout_place_of(layout, longest),
                            "this blank line is indented deeper than the text below it");
            diagnostics_hint(layout->diagnostics, "take the spaces out of the blank line");
            return false;
        }
        if (spaces > most) {
            most = spaces;
            longest = begin;
        }
    }
    return true;
}
