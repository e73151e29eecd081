/* Decides how wide characters are on a terminal: as the C library says for UTF-8, asked once, in a
 * locale of its own, so that the program's stays as it is. Where there is no such locale, all
 * characters from Hangul on count as wide: a line is then cut early, never too late. */
#include <locale.h>
#include <wchar.h>

#include "base/text.h"

/* One valid character; returns its length. */
static size_t decode(const unsigned char *at, wchar_t *ret)
{
    static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    size_t size = at[0] < 0x80 ? 1 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
    uint32_t code = at[0] & masks[size];
    for (size_t i = 1; i < size; i++)
        code = code << 6 | (at[i] & 0x3f);
    *ret = (wchar_t)code;
    return size;
}

/* What the library does not know may be a picture of tomorrow, and these are wide. */
static uint32_t width_of(wchar_t character, bool is_known)
{
    if (character < 0x80)
        return 1;
    if (!is_known)
        return character < 0x1100 ? 1 : 2;
    int width = wcwidth(character);
    return width < 0 ? 2 : (uint32_t)width;
}

static size_t fit(const char *text, size_t length, uint32_t room, uint32_t *columns, bool is_known)
{
    size_t at = 0;
    while (at < length) {
        wchar_t character;
        size_t size = decode((const unsigned char *)text + at, &character);
        uint32_t width = width_of(character, is_known);
        if (width > room - *columns)
            break;
        *columns += width;
        at += size;
    }
    return at;
}

size_t text_fit(const char *text, size_t length, uint32_t room, uint32_t *ret_columns)
{
    static locale_t utf8;
    static bool is_tried;
    uint32_t columns = 0;
    size_t plain = 0;
    while (plain < length && plain < room && (unsigned char)text[plain] < 0x80)
        plain++;
    if (plain == length) {
        *ret_columns = (uint32_t)length;
        return length;
    }
    if (!is_tried)
        utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    is_tried = true;
    locale_t before = utf8 != (locale_t)0 ? uselocale(utf8) : (locale_t)0;
    size_t fits = fit(text, length, room, &columns, utf8 != (locale_t)0);
    if (before != (locale_t)0)
        uselocale(before);
    *ret_columns = columns;
    return fits;
}
