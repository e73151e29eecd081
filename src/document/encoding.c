/* What must be true of a file before libyaml sees it: UTF-8, no larger than its offsets can count,
 * of printable characters only. The line breaks that YAML 1.1 had beside CR and LF are refused,
 * because libyaml would break lines at them and YAML 1.2 does not; so is %TAG. */
#include "document/encoding.h"

#include <string.h>

#include "base/text.h"

enum {
    LARGEST = 0x7fffffff,
    BLOCK = 64, /* bytes looked at together: a fixed number, which compilers turn into vectors */
};

struct mark {
    const char *bytes;
    size_t length;
    const char *name;
};

/* UTF-32's little-endian mark begins with UTF-16's, so it comes first. */
static const struct mark foreign_marks[] = {
    {"\xff\xfe\0\0", 4, "UTF-32"},
    {"\0\0\xfe\xff", 4, "UTF-32"},
    {"\xff\xfe", 2, "UTF-16"},
    {"\xfe\xff", 2, "UTF-16"},
};

static const char *foreign_encoding(const struct source *source)
{
    for (size_t i = 0; i < sizeof foreign_marks / sizeof *foreign_marks; i++) {
        const struct mark *mark = &foreign_marks[i];
        if (source->length >= mark->length && memcmp(source->text, mark->bytes, mark->length) == 0)
            return mark->name;
    }
    return NULL;
}

static place place_of(const struct source *source, size_t offset)
{
    place at = source->first;
    for (size_t i = 1; i <= offset; i++)
        at += ((unsigned char)source->text[i] & 0xc0) != 0x80;
    return at;
}

/* The number of a character that YAML forbids (or that we do), or -1. `at` begins a character. */
static long forbidden_character(const unsigned char *at)
{
    if (at[0] < 0x80) {
        bool is_fine = at[0] >= 0x20 ? at[0] != 0x7f : strchr("\t\n\r", at[0]) && at[0] != 0;
        return is_fine ? -1 : at[0];
    }
    if (at[0] == 0xc2 && at[1] < 0xa0)
        return at[1];
    if (at[0] == 0xe2 && at[1] == 0x80 && (at[2] == 0xa8 || at[2] == 0xa9))
        return 0x2028 + (at[2] - 0xa8);
    if (at[0] == 0xef && at[1] == 0xbf && at[2] >= 0xbe)
        return 0xfffe + (at[2] - 0xbe);
    return -1;
}

static bool complain_of_character(const struct source *source, size_t offset, long character,
                                  struct diagnostics *diagnostics)
{
    place at = place_of(source, offset);
    if (character == 0) {
        diagnostics_add(diagnostics, at, "a NUL byte");
        diagnostics_hint(diagnostics, "is this a text file?");
    } else {
        diagnostics_add(diagnostics, at, "the character U+%04lX is not allowed",
                        (unsigned long)character);
        diagnostics_hint(diagnostics, "write it as \"\\u%04lx\", in double quotes",
                         (unsigned long)character);
    }
    return false;
}

/* Bytes that need no further look. */
static bool is_usual(unsigned char byte)
{
    return ((unsigned char)(byte - 0x20) < 0x7f - 0x20) | (byte == '\n');
}

static bool is_usual_block(const unsigned char *text)
{
    unsigned char others = 0;
    for (int i = 0; i < BLOCK; i++)
        others |= !is_usual(text[i]);
    return others == 0;
}

static bool check_characters(const struct source *source, struct diagnostics *diagnostics)
{
    const unsigned char *text = (const unsigned char *)source->text;
    for (size_t i = 0; i < source->length; i++) {
        while (i + BLOCK < source->length && is_usual_block(text + i))
            i += BLOCK;
        if (is_usual(text[i]) || (text[i] & 0xc0) == 0x80)
            continue;
        long character = forbidden_character(text + i);
        if (character >= 0)
            return complain_of_character(source, i, character, diagnostics);
    }
    return true;
}

static size_t next_line(const struct source *source, size_t at)
{
    const char *end = memchr(source->text + at, '\n', source->length - at);
    return end != NULL ? (size_t)(end - source->text) + 1 : source->length;
}

/* Directives stand before all else but comments and blank lines. libyaml compares each %TAG with
 * all before it; since tags are not used, the first is an error. */
static bool check_directives(const struct source *source, struct diagnostics *diagnostics)
{
    size_t at = source->length >= 3 && memcmp(source->text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    for (; at < source->length; at = next_line(source, at)) {
        if (strchr("%# \t\r\n", source->text[at]) == NULL)
            return true;
        if (source->length - at < 4 || memcmp(source->text + at, "%TAG", 4) != 0)
            continue;
        diagnostics_add(diagnostics, place_of(source, at), "unknown directive '%%TAG'");
        diagnostics_hint(diagnostics, "tags are not used in workflows: take the line out");
        return false;
    }
    return true;
}

bool encoding_check(const struct source *source, struct diagnostics *diagnostics)
{
    if (source->length > LARGEST)
        return diagnostics_add(diagnostics, source->first, "the file is larger than 2 GiB");
    const char *encoding = foreign_encoding(source);
    if (encoding != NULL) {
        diagnostics_add(diagnostics, source->first, "the file is %s, not UTF-8", encoding);
        diagnostics_hint(diagnostics, "save it as UTF-8");
        return false;
    }
    size_t valid = text_valid_utf8(source->text, source->length);
    if (valid < source->length) {
        diagnostics_add(diagnostics, place_of(source, valid), "the byte 0x%02X is not UTF-8",
                        (unsigned char)source->text[valid]);
        diagnostics_hint(diagnostics, "save the file as UTF-8");
        return false;
    }
    return check_characters(source, diagnostics) && check_directives(source, diagnostics);
}
