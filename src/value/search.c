/* string.find, match, gmatch and gsub, as Lua 5.4's manual has them, on the matcher whose steps are
 * counted. */
#include <lauxlib.h>
#include <string.h>

#include "value/machine.h"
#include "value/pattern.h"

/* Where a search begins: the argument counts from 1, from the end if negative. NULL: behind it. */
static const char *start_of(const struct matcher *matcher, lua_Integer position)
{
    lua_Integer length = matcher->text_end - matcher->text;
    if (position < 0)
        position = position < -length ? 1 : length + position + 1;
    else if (position == 0)
        position = 1;
    return position > length + 1 ? NULL : matcher->text + position - 1;
}

static int push_span(const struct matcher *matcher, const char *begin, const char *end)
{
    lua_pushinteger(matcher->lua, begin - matcher->text + 1);
    lua_pushinteger(matcher->lua, end - matcher->text);
    return 2;
}

static int push_nothing(lua_State *lua)
{
    luaL_pushfail(lua);
    return 1;
}

static int find_plain(struct matcher *matcher, const char *at)
{
    size_t length;
    const char *wanted = lua_tolstring(matcher->lua, 2, &length);
    machine_charge(matcher->lua, (uint64_t)(matcher->text_end - at));
    const char *found = memmem(at, (size_t)(matcher->text_end - at), wanted, length);
    return found != NULL ? push_span(matcher, found, found + length) : push_nothing(matcher->lua);
}

static bool is_plain(const struct matcher *matcher)
{
    static const char specials[] = "^$*+?.([%-";
    if (matcher->is_anchored)
        return false;
    for (const char *at = matcher->pattern; at < matcher->pattern_end; at++)
        if (memchr(specials, *at, sizeof specials - 1) != NULL)
            return false;
    return true;
}

int pattern_find(lua_State *lua)
{
    struct matcher matcher;
    matcher_init(&matcher, lua);
    const char *at = start_of(&matcher, luaL_optinteger(lua, 3, 1));
    if (at == NULL)
        return push_nothing(lua);
    if (lua_toboolean(lua, 4) || is_plain(&matcher))
        return find_plain(&matcher, at);
    const char *end = matcher_search(&matcher, &at);
    if (end == NULL)
        return push_nothing(lua);
    int count = push_span(&matcher, at, end);
    return count + (matcher.capture_count > 0 ? matcher_push(&matcher, at, end) : 0);
}

int pattern_match(lua_State *lua)
{
    struct matcher matcher;
    matcher_init(&matcher, lua);
    const char *at = start_of(&matcher, luaL_optinteger(lua, 3, 1));
    const char *end = at != NULL ? matcher_search(&matcher, &at) : NULL;
    return end != NULL ? matcher_push(&matcher, at, end) : push_nothing(lua);
}

/* Upvalues: text, pattern, offset to search from, end of the last match. A match that is empty may
 * not follow another at once. */
static int next_match(lua_State *lua)
{
    lua_settop(lua, 0);
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_pushvalue(lua, lua_upvalueindex(2));
    struct matcher matcher;
    matcher_init(&matcher, lua);
    /* Here a '^' has no meaning. */
    matcher.pattern -= matcher.is_anchored;
    matcher.is_anchored = false;
    const char *at = matcher.text + lua_tointeger(lua, lua_upvalueindex(3));
    const char *last = matcher.text + lua_tointeger(lua, lua_upvalueindex(4));
    for (const char *end; at <= matcher.text_end; at++) {
        end = matcher_search(&matcher, &at);
        if (end == NULL)
            return 0;
        if (end == last)
            continue;
        lua_pushinteger(lua, end - matcher.text);
        lua_copy(lua, -1, lua_upvalueindex(3));
        lua_replace(lua, lua_upvalueindex(4));
        return matcher_push(&matcher, at, end);
    }
    return 0;
}

int pattern_gmatch(lua_State *lua)
{
    struct matcher matcher;
    matcher_init(&matcher, lua);
    const char *at = start_of(&matcher, luaL_optinteger(lua, 3, 1));
    lua_settop(lua, 2);
    lua_pushinteger(lua, (at != NULL ? at : matcher.text_end + 1) - matcher.text);
    lua_pushinteger(lua, -1);
    lua_pushcclosure(lua, next_match, 4);
    return 1;
}

static void add_template(struct matcher *matcher, luaL_Buffer *out, const char *begin,
                         const char *end)
{
    size_t length;
    const char *text = lua_tolstring(matcher->lua, 3, &length), *stop = text + length;
    machine_charge(matcher->lua, length);
    while (text < stop) {
        const char *percent = memchr(text, '%', (size_t)(stop - text));
        size_t plain = (size_t)((percent != NULL ? percent : stop) - text);
        luaL_addlstring(out, text, plain);
        if (percent == NULL)
            return;
        char what = percent + 1 < stop ? percent[1] : '\0';
        text = percent + 2;
        if (what == '%') {
            luaL_addchar(out, '%');
        } else if (what == '0') {
            luaL_addlstring(out, begin, (size_t)(end - begin));
        } else if (what >= '1' && what <= '9') {
            matcher_push_capture(matcher, what - '1', begin, end);
            luaL_tolstring(matcher->lua, -1, NULL);
            lua_remove(matcher->lua, -2);
            luaL_addvalue(out);
        } else {
            luaL_error(matcher->lua, "invalid use of '%%' in replacement string");
        }
    }
}

/* What stands for a match: false or nil leave it as it is. */
static void add_replacement(struct matcher *matcher, luaL_Buffer *out, const char *begin,
                            const char *end)
{
    lua_State *lua = matcher->lua;
    int type = lua_type(lua, 3);
    if (type == LUA_TSTRING || type == LUA_TNUMBER) {
        add_template(matcher, out, begin, end);
        return;
    }
    if (type == LUA_TFUNCTION) {
        lua_pushvalue(lua, 3);
        lua_call(lua, matcher_push(matcher, begin, end), 1);
    } else {
        matcher_push_capture(matcher, 0, begin, end);
        lua_gettable(lua, 3);
    }
    if (!lua_toboolean(lua, -1)) {
        lua_pop(lua, 1);
        lua_pushlstring(lua, begin, (size_t)(end - begin));
    } else if (!lua_isstring(lua, -1)) {
        luaL_error(lua, "invalid replacement value (a %s)", luaL_typename(lua, -1));
    }
    luaL_addvalue(out);
}

int pattern_gsub(lua_State *lua)
{
    struct matcher matcher;
    matcher_init(&matcher, lua);
    int type = lua_type(lua, 3);
    luaL_argexpected(lua,
                     type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION ||
                         type == LUA_TTABLE,
                     3, "string/function/table");
    lua_Integer most = luaL_optinteger(lua, 4, matcher.text_end - matcher.text + 1), count = 0;
    lua_settop(lua, 3);
    const char *at = matcher.text, *last = NULL;
    luaL_Buffer out;
    luaL_buffinit(lua, &out);
    while (count < most) {
        const char *end = matcher_try(&matcher, at);
        if (end != NULL && end != last) {
            count++;
            add_replacement(&matcher, &out, at, end);
            at = last = end;
        } else if (at < matcher.text_end) {
            luaL_addchar(&out, *at++);
        } else {
            break;
        }
        if (matcher.is_anchored)
            break;
    }
    luaL_addlstring(&out, at, (size_t)(matcher.text_end - at));
    luaL_pushresult(&out);
    lua_pushinteger(lua, count);
    return 2;
}
