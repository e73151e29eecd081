/* From a character of a scalar's text back to its place in the file.
 *
 * YAML folds lines, strips indentation and replaces escapes, so the text of a scalar and of the
 * file differ. Both are gone through side by side by the rules of the scalar's style. Where they do
 * not fit (an alias stands in the file), every character has the place of the scalar. */
#include "workflow/locate.h"

#include <string.h>

static bool begins_character(char byte)
{
    return ((unsigned char)byte & 0xc0) != 0x80;
}

void finder_init(struct finder *finder, struct source *source)
{
    *finder = (struct finder){.source = source, .at = source->first};
}

size_t finder_offset(struct finder *finder, place at)
{
    const struct source *source = finder->source;
    if (at < source->first || at > source->first + source->characters)
        return source->length;
    if (source->characters == source->length)
        return at - source->first;
    while (finder->at < at) {
        finder->offset++;
        while (finder->offset < source->length && !begins_character(source->text[finder->offset]))
            finder->offset++;
        finder->at++;
    }
    while (finder->at > at) {
        finder->offset--;
        while (finder->offset > 0 && !begins_character(source->text[finder->offset]))
            finder->offset--;
        finder->at--;
    }
    return finder->offset;
}

static char peek(const struct walk *walk, size_t ahead)
{
    size_t offset = walk->offset + ahead;
    return offset < walk->source->length ? walk->source->text[offset] : '\0';
}

static void advance(struct walk *walk, size_t bytes)
{
    for (; bytes > 0 && walk->offset < walk->source->length; bytes--)
        walk->at += begins_character(walk->source->text[walk->offset++]);
    while (walk->offset < walk->source->length &&
           !begins_character(walk->source->text[walk->offset]))
        walk->offset++;
}

static void advance_text(struct walk *walk)
{
    walk->text_offset++;
    while (walk->text_offset < walk->text_length &&
           !begins_character(walk->text[walk->text_offset]))
        walk->text_offset++;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

static bool is_white(char byte)
{
    return is_blank(byte) || byte == '\n' || byte == '\r';
}

static void skip_properties(struct walk *walk)
{
    while (peek(walk, 0) == '&' || peek(walk, 0) == '!') {
        while (walk->offset < walk->source->length && !is_white(peek(walk, 0)))
            advance(walk, 1);
        while (is_white(peek(walk, 0)))
            advance(walk, 1);
    }
}

static void skip_indent(struct walk *walk)
{
    for (size_t i = 0; i < walk->indent && peek(walk, 0) == ' '; i++)
        advance(walk, 1);
}

/* The indentation of a block is that of its first line that is not blank. */
static void begin_block(struct walk *walk)
{
    while (walk->offset < walk->source->length && peek(walk, 0) != '\n')
        advance(walk, 1);
    advance(walk, 1);
    size_t ahead = 0, spaces = 0;
    for (char byte; (byte = peek(walk, ahead)) == ' ' || byte == '\n' || byte == '\r'; ahead++)
        spaces = byte == ' ' ? spaces + 1 : 0;
    size_t first = 0, kept = 0;
    for (; first < walk->text_length && (walk->text[first] == ' ' || walk->text[first] == '\n');
         first++)
        kept = walk->text[first] == ' ' ? kept + 1 : 0;
    walk->indent = spaces > kept ? spaces - kept : 0;
    skip_indent(walk);
}

void walk_begin(struct walk *walk, struct finder *finder, const struct node *node, const char *text,
                size_t length)
{
    static const struct source nothing;
    bool is_there = source_text(finder->source) != NULL;
    *walk = (struct walk){.source = is_there ? finder->source : &nothing,
                          .text = text,
                          .text_length = length,
                          .offset = is_there ? finder_offset(finder, node->at) : 0,
                          .at = node->at,
                          .start = node->at,
                          .style = node->style,
                          .is_lost = !is_there};
    static const char opening[] = {[STYLE_SINGLE_QUOTED] = '\'',
                                   [STYLE_DOUBLE_QUOTED] = '"',
                                   [STYLE_LITERAL] = '|',
                                   [STYLE_FOLDED] = '>'};
    skip_properties(walk);
    if (walk->style == STYLE_PLAIN)
        return;
    if (walk->style > STYLE_FOLDED || peek(walk, 0) != opening[walk->style])
        walk->style = STYLE_PLAIN; /* a tag made it text */
    else if (walk->style == STYLE_LITERAL || walk->style == STYLE_FOLDED)
        begin_block(walk);
    else
        advance(walk, 1);
}

static void step_equal(struct walk *walk)
{
    if (walk->offset >= walk->source->length || peek(walk, 0) != walk->text[walk->text_offset]) {
        walk->is_lost = true;
        return;
    }
    advance(walk, 1);
    advance_text(walk);
}

static void step_block(struct walk *walk)
{
    char byte = peek(walk, 0), wanted = walk->text[walk->text_offset];
    if (byte == '\r') {
        advance(walk, 1);
    } else if (byte == '\n') {
        if (wanted == '\n' || wanted == ' ')
            advance_text(walk);
        advance(walk, 1);
        skip_indent(walk);
    } else {
        step_equal(walk);
    }
}

static void step_escape(struct walk *walk)
{
    char next = peek(walk, 1);
    if (next == '\n' || next == '\r') {
        advance(walk, 1);
        while (is_white(peek(walk, 0)))
            advance(walk, 1);
        return;
    }
    advance(walk, next == 'x' ? 4 : next == 'u' ? 6 : next == 'U' ? 10 : 2);
    advance_text(walk);
}

/* One line break is folded to a space, n of them to n - 1. */
static void step_fold(struct walk *walk)
{
    size_t ahead = 0;
    uint32_t breaks = 0;
    for (; is_white(peek(walk, ahead)); ahead++)
        breaks += peek(walk, ahead) == '\n';
    if (breaks == 0) {
        for (size_t i = 0; i < ahead && !walk->is_lost; i++)
            step_equal(walk);
        return;
    }
    advance(walk, ahead);
    for (uint32_t i = 0; i < (breaks == 1 ? 1 : breaks - 1); i++)
        if (walk->text_offset < walk->text_length && is_white(walk->text[walk->text_offset]))
            advance_text(walk);
}

static void step_flow(struct walk *walk)
{
    char byte = peek(walk, 0);
    if (byte == '\\' && walk->style == STYLE_DOUBLE_QUOTED) {
        step_escape(walk);
    } else if (byte == '\'' && walk->style == STYLE_SINGLE_QUOTED && peek(walk, 1) == '\'') {
        advance(walk, 2);
        advance_text(walk);
    } else if (is_white(byte)) {
        step_fold(walk);
    } else {
        step_equal(walk);
    }
}

place walk_to(struct walk *walk, size_t offset)
{
    bool is_block = walk->style == STYLE_LITERAL || walk->style == STYLE_FOLDED;
    while (!walk->is_lost && walk->text_offset < offset && walk->text_offset < walk->text_length) {
        if (walk->offset >= walk->source->length)
            walk->is_lost = true;
        else if (is_block)
            step_block(walk);
        else
            step_flow(walk);
    }
    return walk->is_lost ? walk->start : walk->at;
}

const char *walk_comment(struct walk *walk, size_t *ret_length)
{
    if (walk->style != STYLE_PLAIN)
        return NULL;
    walk_to(walk, walk->text_length);
    if (walk->is_lost || !is_blank(peek(walk, 0)))
        return NULL;
    size_t ahead = 0;
    while (is_blank(peek(walk, ahead)))
        ahead++;
    if (peek(walk, ahead) != '#')
        return NULL;
    const char *comment = walk->source->text + walk->offset + ahead;
    size_t length = 0;
    while (walk->offset + ahead + length < walk->source->length && comment[length] != '\n' &&
           comment[length] != '\r')
        length++;
    *ret_length = length;
    return comment;
}
