/* Backtracks as Lua's manual implies: an item takes as much (or, with '-', as little) as it can,
 * then the rest is tried. Recursion is by item, not by character, and limited. */
#include "value/pattern.h"

#include <ctype.h>
#include <lauxlib.h>
#include <string.h>

#include "value/machine.h"

enum { DEEPEST_MATCH = 200, STEPS_AT_ONCE = 4096 };

static void step(struct matcher *matcher)
{
    if (++matcher->steps < STEPS_AT_ONCE)
        return;
    matcher->steps = 0;
    machine_charge(matcher->lua, STEPS_AT_ONCE);
}

void matcher_init(struct matcher *matcher, lua_State *lua)
{
    size_t text_length, length;
    const char *text = luaL_checklstring(lua, 1, &text_length);
    const char *pattern = luaL_checklstring(lua, 2, &length);
    *matcher = (struct matcher){.lua = lua, .text = text, .text_end = text + text_length};
    matcher->is_anchored = length > 0 && pattern[0] == '^';
    matcher->pattern = pattern + matcher->is_anchored;
    matcher->pattern_end = pattern + length;
}

static const char *set_end(struct matcher *matcher, const char *at)
{
    const char *end = matcher->pattern_end;
    at += at < end && *at == '^';
    /* A ']' that comes first stands for itself. */
    for (bool is_first = true; at < end && (is_first || *at != ']'); is_first = false) {
        if (*at == '%')
            at++;
        at++;
    }
    if (at >= end)
        luaL_error(matcher->lua, "malformed pattern (missing ']')");
    return at + 1;
}

/* The end of the item that stands for one character. */
static const char *item_end(struct matcher *matcher, const char *item)
{
    if (*item == '[')
        return set_end(matcher, item + 1);
    if (*item != '%')
        return item + 1;
    if (item + 1 == matcher->pattern_end)
        luaL_error(matcher->lua, "malformed pattern (ends with '%%')");
    return item + 2;
}

static bool class_has(char class, unsigned char byte)
{
    static const struct {
        char letter;
        int (*has)(int byte);
    } classes[] = {{'a', isalpha}, {'c', iscntrl}, {'d', isdigit}, {'g', isgraph}, {'l', islower},
                   {'p', ispunct}, {'s', isspace}, {'u', isupper}, {'w', isalnum}, {'x', isxdigit}};
    char letter = (char)tolower((unsigned char)class);
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (classes[i].letter == letter)
            return (classes[i].has(byte) != 0) != (isupper((unsigned char)class) != 0);
    return (unsigned char)class == byte;
}

/* Is byte in the set whose brackets are at set and at last? */
static bool set_has(const char *set, const char *last, unsigned char byte)
{
    bool is_negated = set[1] == '^';
    for (const char *at = set + 1 + is_negated; at < last; at++) {
        if (*at == '%') {
            if (class_has(*++at, byte))
                return !is_negated;
        } else if (at + 2 < last && at[1] == '-') {
            if ((unsigned char)at[0] <= byte && byte <= (unsigned char)at[2])
                return !is_negated;
            at += 2;
        } else if ((unsigned char)*at == byte) {
            return !is_negated;
        }
    }
    return is_negated;
}

static bool item_has(struct matcher *matcher, const char *at, const char *item, const char *end)
{
    step(matcher);
    if (at >= matcher->text_end)
        return false;
    switch (*item) {
    case '.':
        return true;
    case '%':
        return class_has(item[1], (unsigned char)*at);
    case '[':
        for (const char *byte = item; byte < end; byte += 16)
            step(matcher);
        return set_has(item, end - 1, (unsigned char)*at);
    default:
        return *item == *at;
    }
}

static const char *match(struct matcher *matcher, const char *at, const char *item);

static const char *match_most(struct matcher *matcher, const char *at, const char *item,
                              const char *end)
{
    ptrdiff_t count = 0;
    while (item_has(matcher, at + count, item, end))
        count++;
    for (; count >= 0; count--) {
        const char *found = match(matcher, at + count, end + 1);
        if (found != NULL)
            return found;
    }
    return NULL;
}

static const char *match_least(struct matcher *matcher, const char *at, const char *item,
                               const char *end)
{
    for (;; at++) {
        const char *found = match(matcher, at, end + 1);
        if (found != NULL)
            return found;
        if (!item_has(matcher, at, item, end))
            return NULL;
    }
}

static const char *open_capture(struct matcher *matcher, const char *at, const char *item)
{
    bool is_position = item + 1 < matcher->pattern_end && item[1] == ')';
    if (matcher->capture_count == MOST_CAPTURES)
        luaL_error(matcher->lua, "too many captures");
    matcher->captures[matcher->capture_count++] =
        (struct capture){at, is_position ? CAPTURE_POSITION : CAPTURE_OPEN};
    const char *found = match(matcher, at, item + 1 + is_position);
    if (found == NULL)
        matcher->capture_count--;
    return found;
}

static const char *close_capture(struct matcher *matcher, const char *at, const char *item)
{
    int i = matcher->capture_count - 1;
    while (i >= 0 && matcher->captures[i].length != CAPTURE_OPEN)
        i--;
    if (i < 0)
        luaL_error(matcher->lua, "invalid pattern capture");
    matcher->captures[i].length = at - matcher->captures[i].begin;
    const char *found = match(matcher, at, item + 1);
    if (found == NULL)
        matcher->captures[i].length = CAPTURE_OPEN;
    return found;
}

/* %bxy */
static const char *balanced_end(struct matcher *matcher, const char *at, const char *item)
{
    if (matcher->pattern_end - item < 4)
        luaL_error(matcher->lua, "malformed pattern (missing arguments to '%%b')");
    if (at >= matcher->text_end || *at != item[2])
        return NULL;
    size_t depth = 1;
    for (at++; at < matcher->text_end; at++) {
        step(matcher);
        if (*at == item[3] && --depth == 0)
            return at + 1;
        depth += *at == item[2] && item[2] != item[3];
    }
    return NULL;
}

/* %f[set]: the end of the set if there is a frontier here, else NULL. */
static const char *frontier_end(struct matcher *matcher, const char *at, const char *item)
{
    const char *set = item + 2;
    if (set >= matcher->pattern_end || *set != '[')
        luaL_error(matcher->lua, "missing '[' after '%%f' in pattern");
    const char *end = set_end(matcher, set + 1);
    unsigned char before = at == matcher->text ? '\0' : (unsigned char)at[-1];
    unsigned char here = at == matcher->text_end ? '\0' : (unsigned char)*at;
    bool is_frontier = !set_has(set, end - 1, before) && set_has(set, end - 1, here);
    return is_frontier ? end : NULL;
}

/* %1: the end of a repetition of what was captured. */
static const char *repeated_end(struct matcher *matcher, const char *at, char digit)
{
    int i = digit - '1';
    if (i < 0 || i >= matcher->capture_count || matcher->captures[i].length == CAPTURE_OPEN)
        luaL_error(matcher->lua, "invalid capture index %%%d", i + 1);
    ptrdiff_t length = matcher->captures[i].length;
    if (length == CAPTURE_POSITION || matcher->text_end - at < length)
        return NULL;
    for (ptrdiff_t byte = 0; byte < length; byte += 16)
        step(matcher);
    return memcmp(matcher->captures[i].begin, at, (size_t)length) == 0 ? at + length : NULL;
}

/* Items behind '%' that stand for more or less than one character. */
static bool match_special(struct matcher *matcher, const char **at, const char **item)
{
    char kind = (*item)[1];
    if (kind == 'b') {
        *at = balanced_end(matcher, *at, *item);
        *item += 4;
        return *at != NULL;
    }
    if (kind == 'f') {
        *item = frontier_end(matcher, *at, *item);
        return *item != NULL;
    }
    *at = repeated_end(matcher, *at, kind);
    *item += 2;
    return *at != NULL;
}

static bool is_special(const struct matcher *matcher, const char *item)
{
    return *item == '%' && item + 1 < matcher->pattern_end &&
           (item[1] == 'b' || item[1] == 'f' || isdigit((unsigned char)item[1]));
}

/* One character with what follows it: ?, *, +, - or nothing. Goes on unless *ret is decided. */
static bool match_item(struct matcher *matcher, const char **at, const char **item,
                       const char **ret)
{
    const char *end = item_end(matcher, *item);
    char suffix = end < matcher->pattern_end ? *end : '\0';
    if (suffix == '-') {
        *ret = match_least(matcher, *at, *item, end);
        return false;
    }
    if (suffix == '*') {
        *ret = match_most(matcher, *at, *item, end);
        return false;
    }
    bool has = item_has(matcher, *at, *item, end);
    if (suffix == '+') {
        *ret = has ? match_most(matcher, *at + 1, *item, end) : NULL;
        return false;
    }
    if (suffix == '?') {
        if (has && (*ret = match(matcher, *at + 1, end + 1)) != NULL)
            return false;
        *item = end + 1;
        return true;
    }
    *ret = NULL;
    *at += 1;
    *item = end;
    return has;
}

static const char *match_items(struct matcher *matcher, const char *at, const char *item)
{
    while (item < matcher->pattern_end) {
        const char *found;
        step(matcher);
        if (*item == '(')
            return open_capture(matcher, at, item);
        if (*item == ')')
            return close_capture(matcher, at, item);
        if (*item == '$' && item + 1 == matcher->pattern_end)
            return at == matcher->text_end ? at : NULL;
        if (is_special(matcher, item)) {
            if (!match_special(matcher, &at, &item))
                return NULL;
        } else if (!match_item(matcher, &at, &item, &found)) {
            return found;
        }
    }
    return at;
}

static const char *match(struct matcher *matcher, const char *at, const char *item)
{
    if (matcher->depth == DEEPEST_MATCH)
        luaL_error(matcher->lua, "pattern too complex");
    matcher->depth++;
    const char *found = match_items(matcher, at, item);
    matcher->depth--;
    return found;
}

const char *matcher_try(struct matcher *matcher, const char *at)
{
    matcher->capture_count = 0;
    matcher->depth = 0;
    return match(matcher, at, matcher->pattern);
}

const char *matcher_search(struct matcher *matcher, const char **at)
{
    for (const char *begin = *at; begin <= matcher->text_end; begin++) {
        const char *end = matcher_try(matcher, begin);
        if (end != NULL) {
            *at = begin;
            return end;
        }
        if (matcher->is_anchored)
            break;
    }
    return NULL;
}

void matcher_push_capture(struct matcher *matcher, int i, const char *begin, const char *end)
{
    if (i >= matcher->capture_count) {
        if (i > 0)
            luaL_error(matcher->lua, "invalid capture index %%%d", i + 1);
        lua_pushlstring(matcher->lua, begin, (size_t)(end - begin));
        return;
    }
    const struct capture *capture = &matcher->captures[i];
    if (capture->length == CAPTURE_OPEN)
        luaL_error(matcher->lua, "unfinished capture");
    if (capture->length == CAPTURE_POSITION)
        lua_pushinteger(matcher->lua, capture->begin - matcher->text + 1);
    else
        lua_pushlstring(matcher->lua, capture->begin, (size_t)capture->length);
}

int matcher_push(struct matcher *matcher, const char *begin, const char *end)
{
    int count = matcher->capture_count > 0 ? matcher->capture_count : 1;
    luaL_checkstack(matcher->lua, count, "too many captures");
    for (int i = 0; i < count; i++)
        matcher_push_capture(matcher, i, begin, end);
    return count;
}
