/* Small readings and writings of text; see text.h. */
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_WORD = 64 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment: as Damerau-Levenshtein, no part edited twice. */
size_t text_distance(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    if (n > LONGEST_WORD || m > LONGEST_WORD)
        return SIZE_MAX;
    size_t rows[3][LONGEST_WORD + 1];
    size_t *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= m; j++)
        last[j] = j;
    for (size_t i = 1; i <= n; i++) {
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t change = last[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = least(change, least(last[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
        size_t *spare = before;
        before = last;
        last = row;
        row = spare;
    }
    return last[m];
}

const char *text_nearest(const char *word, const char *const *candidates, size_t count)
{
    const char *nearest = NULL;
    size_t length = strlen(word), limit = length < 3 ? 1 : (length + 2) / 3, best = limit + 1;
    for (size_t i = 0; i < count; i++) {
        size_t distance = text_distance(word, candidates[i]);
        if (distance < best && distance < strlen(candidates[i]) && distance < length) {
            best = distance;
            nearest = candidates[i];
        }
    }
    return nearest;
}

static bool digits(const char **text, double *ret)
{
    const char *begin = *text;
    while (isdigit((unsigned char)**text))
        ++*text;
    bool has_digits = *text > begin;
    if (**text == '.') {
        ++*text;
        const char *fraction = *text;
        while (isdigit((unsigned char)**text))
            ++*text;
        has_digits = has_digits && *text > fraction;
    }
    if (!has_digits || *text - begin > 40)
        return false;
    *ret = strtod(begin, NULL);
    return true;
}

static double unit_of(const char **text, bool is_alone)
{
    static const struct {
        const char *name;
        double nanoseconds;
    } units[] = {{"ms", 1e6}, {"us", 1e3},   {"ns", 1},     {"s", 1e9},
                 {"m", 6e10}, {"h", 3.6e12}, {"d", 8.64e13}};
    if (**text == '\0')
        return is_alone ? 1e9 : 0;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        size_t length = strlen(units[i].name);
        if (strncmp(*text, units[i].name, length) == 0) {
            *text += length;
            return units[i].nanoseconds;
        }
    }
    return 0;
}

bool text_duration(const char *text, int64_t *ret_nanoseconds)
{
    double total = 0, number, last_unit = 1e300;
    const char *begin = text;
    do {
        if (!digits(&text, &number))
            return false;
        double unit = unit_of(&text, text > begin && last_unit > 1e299);
        if (unit == 0 || unit >= last_unit)
            return false;
        last_unit = unit;
        total += number * unit;
    } while (*text != '\0');
    if (!(total < 9.2e18))
        return false;
    *ret_nanoseconds = (int64_t)llround(total);
    return true;
}

bool text_size(const char *text, uint64_t *ret_bytes)
{
    double number, unit = 1;
    if (!digits(&text, &number))
        return false;
    static const char letters[] = "KMGT";
    const char *letter = *text ? strchr(letters, toupper((unsigned char)*text)) : NULL;
    if (letter != NULL) {
        for (const char *l = letters; l <= letter; l++)
            unit *= 1024;
        text++;
        if (*text == 'i')
            text++;
    }
    if (*text == 'B')
        text++;
    if (*text != '\0' || !(number * unit < 1.8e19))
        return false;
    *ret_bytes = (uint64_t)(number * unit);
    return true;
}

bool text_integer(const char *text, int64_t *ret)
{
    const char *first = *text == '-' || *text == '+' ? text + 1 : text;
    if (!isdigit((unsigned char)*first))
        return false;
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno != 0 || *end != '\0')
        return false;
    *ret = number;
    return true;
}

void text_write_duration(int64_t nanoseconds, struct buffer *out)
{
    long long milliseconds = (nanoseconds + 500000) / 1000000;
    long long seconds = milliseconds / 1000;
    if (milliseconds < 1000)
        buffer_printf(out, "%lldms", milliseconds);
    else if (seconds < 60)
        buffer_printf(out, "%lld.%llds", seconds, milliseconds % 1000 / 100);
    else if (seconds < 3600)
        buffer_printf(out, "%lldm%02llds", seconds / 60, seconds % 60);
    else
        buffer_printf(out, "%lldh%02lldm", seconds / 3600, seconds / 60 % 60);
}

void text_write_size(uint64_t bytes, struct buffer *out)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double size = (double)bytes;
    size_t unit = 0;
    while (size >= 1024 && unit < 4) {
        size /= 1024;
        unit++;
    }
    buffer_printf(out, unit == 0 ? "%.0f %s" : "%.1f %s", size, units[unit]);
}

/* The length of the character at the start of bytes, or 0 where it is not valid. */
static size_t character_length(const unsigned char *bytes, size_t length)
{
    unsigned char first = bytes[0];
    if (first < 0x80)
        return 1;
    size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || size > length)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
    unsigned char second = bytes[1];
    bool is_wrong = (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
                    (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f);
    return is_wrong ? 0 : size;
}

static uint64_t word_at(const char *bytes, size_t size)
{
    uint64_t word = 0;
    memcpy(&word, bytes, size);
    return word;
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 32;
}

/* Eight bytes at a time; the rest as words that may overlap. */
uint64_t text_hash(const char *bytes, size_t length)
{
    uint64_t hash = length;
    for (; length > 8; bytes += 8, length -= 8)
        hash = mix(hash, word_at(bytes, 8));
    if (length >= 4)
        hash = mix(hash, word_at(bytes, 4) | word_at(bytes + length - 4, 4) << 32);
    else if (length > 0)
        hash = mix(hash, word_at(bytes, 1) | word_at(bytes + length / 2, 1) << 8 |
                             word_at(bytes + length - 1, 1) << 16);
    return mix(hash, 0);
}

enum { RUN = 64 }; /* bytes looked at together: a fixed number, which compilers turn into vectors */

size_t text_ascii_run(const char *bytes, size_t length)
{
    size_t at = 0;
    for (; at + RUN <= length; at += RUN) {
        unsigned char all = 0;
        for (int i = 0; i < RUN; i++)
            all |= (unsigned char)bytes[at + i];
        if (all >= 0x80)
            break;
    }
    while (at < length && (unsigned char)bytes[at] < 0x80)
        at++;
    return at;
}

size_t text_valid_utf8(const char *bytes, size_t length)
{
    size_t at = 0;
    while ((at += text_ascii_run(bytes + at, length - at)) < length) {
        size_t size = character_length((const unsigned char *)bytes + at, length - at);
        if (size == 0)
            return at;
        at += size;
    }
    return length;
}

void text_printable(const char *bytes, size_t length, struct buffer *out)
{
    const unsigned char *at = (const unsigned char *)bytes, *end = at + length;
    while (at < end) {
        size_t size = character_length(at, (size_t)(end - at));
        bool is_control = size == 1 ? (*at < 0x20 && *at != '\t') || *at == 0x7f
                                    : size == 2 && at[0] == 0xc2 && at[1] < 0xa0;
        if (size == 0 || is_control)
            buffer_add_byte(out, '?');
        else
            buffer_add(out, at, size);
        at += size ? size : 1;
    }
}

bool text_is_name(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (!(c < 0x80 && (isalnum(c) || c == '_' || c == '-')))
            return false;
    }
    return length > 0;
}

void text_write_signal(int number, struct buffer *out)
{
    const char *abbreviation = sigabbrev_np(number);
    if (abbreviation != NULL)
        buffer_printf(out, "SIG%s", abbreviation);
    else if (number == SIGRTMIN)
        buffer_add_text(out, "SIGRTMIN");
    else if (number > SIGRTMIN && number <= SIGRTMAX)
        buffer_printf(out, "SIGRTMIN+%d", number - SIGRTMIN);
    else
        buffer_printf(out, "signal %d", number);
}

void text_write_shell_word(const char *text, size_t length, struct buffer *out)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-./:,+@%";
    size_t unquoted = 0;
    while (unquoted < length && text[unquoted] != '\0' && strchr(plain, text[unquoted]) != NULL)
        unquoted++;
    if (unquoted == length && length > 0) {
        buffer_add(out, text, length);
        return;
    }
    buffer_add_byte(out, '\'');
    for (size_t i = 0; i < length; i++)
        if (text[i] == '\'')
            buffer_add_text(out, "'\\''");
        else
            buffer_add_byte(out, text[i]);
    buffer_add_byte(out, '\'');
}
