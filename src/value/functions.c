/* Our own functions: of lists, files, JSON and paths (LANGUAGE.md, section 5). */
#include <lauxlib.h>
#include <lualib.h>
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "value/csv.h"
#include "value/library.h"
#include "value/machine.h"
#include "value/value.h"

enum { LONGEST_RANGE = 50 * 1000 * 1000, LARGEST_TEXT = 512 * 1024 * 1024 };

static int push_held(lua_State *lua, struct holding *holding)
{
    if (holding->value == NULL)
        return holding_raise(lua, holding);
    passage_push(lua, holding->value);
    holding_clear(holding);
    return 1;
}

static int range_of_integers(lua_State *lua, lua_Integer first, lua_Integer end, lua_Integer step)
{
    /* The distance of two integers may need one bit more than an integer has. */
    uint64_t distance = 0;
    if (step > 0 && end > first)
        distance = (uint64_t)end - (uint64_t)first;
    else if (step < 0 && end < first)
        distance = (uint64_t)first - (uint64_t)end;
    uint64_t stride = step > 0 ? (uint64_t)step : -(uint64_t)step;
    uint64_t count = distance / stride + (distance % stride != 0);
    if (count > LONGEST_RANGE)
        return luaL_error(lua, "range() of more than %d numbers", LONGEST_RANGE);
    machine_charge(lua, count);
    lua_createtable(lua, (int)count, 0);
    for (uint64_t i = 0; i < count; i++) {
        lua_pushinteger(lua, (lua_Integer)((uint64_t)first + i * (uint64_t)step));
        lua_rawseti(lua, -2, (lua_Integer)i + 1);
    }
    return 1;
}

static int range_of_numbers(lua_State *lua, double first, double end, double step)
{
    double count = ceil((end - first) / step);
    if (!(count <= LONGEST_RANGE))
        return luaL_error(lua, "range() of more than %d numbers", LONGEST_RANGE);
    if (count < 0)
        count = 0;
    machine_charge(lua, (uint64_t)count);
    lua_createtable(lua, (int)count, 0);
    for (int i = 0; i < (int)count; i++) {
        lua_pushnumber(lua, first + i * step);
        lua_rawseti(lua, -2, i + 1);
    }
    return 1;
}

int library_range(lua_State *lua)
{
    int count = lua_gettop(lua);
    luaL_checkany(lua, 1);
    luaL_argcheck(lua, count <= 3, 4, "three numbers at most");
    bool is_whole = true;
    for (int i = 1; i <= count; i++) {
        luaL_checknumber(lua, i);
        is_whole = is_whole && lua_tointegerx(lua, i, NULL) == lua_tonumber(lua, i);
    }
    int end = count == 1 ? 1 : 2;
    if (count == 3)
        luaL_argcheck(lua, lua_tonumber(lua, 3) != 0, 3, "a step of 0");
    if (!is_whole)
        return range_of_numbers(lua, count == 1 ? 0 : lua_tonumber(lua, 1), lua_tonumber(lua, end),
                                count == 3 ? lua_tonumber(lua, 3) : 1);
    return range_of_integers(lua, count == 1 ? 0 : lua_tointeger(lua, 1), lua_tointeger(lua, end),
                             count == 3 ? lua_tointeger(lua, 3) : 1);
}

int library_glob(lua_State *lua)
{
    const char *pattern = library_text(lua, 1);
    struct holding *holding = holding_new(lua);
    holding->value = snapshot_glob(machine_sandbox(lua)->snapshot, pattern, &holding->error);
    return push_held(lua, holding);
}

static struct holding *read_file(lua_State *lua)
{
    const char *path = library_text(lua, 1);
    struct holding *holding = holding_new(lua);
    holding->value = snapshot_read(machine_sandbox(lua)->snapshot, path, &holding->error);
    if (holding->value == NULL)
        holding_raise(lua, holding);
    return holding;
}

int library_read(lua_State *lua)
{
    return push_held(lua, read_file(lua));
}

int library_lines(lua_State *lua)
{
    struct holding *holding = read_file(lua);
    const char *at = json_string_value(holding->value);
    const char *end = at + json_string_length(holding->value);
    lua_newtable(lua);
    for (lua_Integer i = 1; at < end; i++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *line_end = newline != NULL ? newline : end;
        size_t length = (size_t)(line_end - at);
        if (newline != NULL && length > 0 && newline[-1] == '\r')
            length--;
        lua_pushlstring(lua, at, length);
        lua_rawseti(lua, -2, i);
        at = line_end + 1;
    }
    holding_clear(holding);
    return 1;
}

int library_csv(lua_State *lua)
{
    struct holding *holding = read_file(lua), *rows = holding_new(lua);
    rows->value = csv_rows(lua_tostring(lua, 1), json_string_value(holding->value),
                           json_string_length(holding->value), &rows->error);
    holding_clear(holding);
    return push_held(lua, rows);
}

int library_json(lua_State *lua)
{
    luaL_checkany(lua, 1);
    struct holding *holding = holding_new(lua);
    holding->value = machine_value(lua, 1, &holding->error);
    if (holding->value == NULL)
        return holding_raise(lua, holding);
    value_write_json(holding->value, &holding->text);
    lua_pushlstring(lua, holding->text.bytes, holding->text.length);
    holding_clear(holding);
    return 1;
}

int library_fromjson(lua_State *lua)
{
    size_t length;
    const char *text = luaL_checklstring(lua, 1, &length);
    struct holding *holding = holding_new(lua);
    holding->value = value_from_json(text, length, &holding->error);
    return push_held(lua, holding);
}

int library_join(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    size_t length;
    const char *separator = luaL_optlstring(lua, 2, ",", &length);
    struct holding *holding = holding_new(lua);
    lua_Integer count = (lua_Integer)lua_rawlen(lua, 1);
    machine_charge(lua, (uint64_t)count);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(lua, 1, i);
        holding->value = machine_value(lua, -1, &holding->error);
        lua_pop(lua, 1);
        if (i > 1)
            buffer_add(&holding->text, separator, length);
        if (holding->value == NULL ||
            !value_write_text(holding->value, &holding->text, &holding->error))
            return holding_raise(lua, holding);
        if (holding->text.length > LARGEST_TEXT)
            return luaL_error(lua, "join() of more than %d bytes", LARGEST_TEXT);
        json_decref(holding->value);
        holding->value = NULL;
    }
    lua_pushlstring(lua, holding->text.bytes, holding->text.length);
    holding_clear(holding);
    return 1;
}

static lua_Integer count_keys(lua_State *lua)
{
    lua_Integer count = 0;
    for (lua_pushnil(lua); lua_next(lua, 1); lua_pop(lua, 1))
        count++;
    machine_charge(lua, (uint64_t)count);
    return count;
}

/* Characters of text (bytes, where it is not UTF-8), elements of a list, keys of a map. */
int library_len(lua_State *lua)
{
    luaL_checkany(lua, 1);
    if (lua_type(lua, 1) == LUA_TTABLE) {
        lua_pushinteger(lua, count_keys(lua));
        return 1;
    }
    size_t length, characters = 0;
    const char *text = luaL_checklstring(lua, 1, &length);
    machine_charge(lua, length);
    if (text_valid_utf8(text, length) < length)
        characters = length;
    else
        for (size_t i = 0; i < length; i++)
            characters += ((unsigned char)text[i] & 0xc0) != 0x80;
    lua_pushinteger(lua, (lua_Integer)characters);
    return 1;
}

/* The last part of a path, as basename(1) has it. */
static const char *last_part(lua_State *lua, size_t *ret_length)
{
    size_t length;
    const char *path = luaL_checklstring(lua, 1, &length);
    while (length > 1 && path[length - 1] == '/')
        length--;
    size_t begin = length;
    while (begin > 0 && path[begin - 1] != '/')
        begin--;
    if (length == 1 && path[0] == '/')
        begin = 0;
    *ret_length = length - begin;
    return path + begin;
}

int library_basename(lua_State *lua)
{
    size_t length;
    const char *part = last_part(lua, &length);
    lua_pushlstring(lua, part, length);
    return 1;
}

int library_stem(lua_State *lua)
{
    size_t length;
    const char *part = last_part(lua, &length), *dot = memrchr(part, '.', length);
    if (dot != NULL && dot > part && dot + 1 < part + length)
        length = (size_t)(dot - part);
    lua_pushlstring(lua, part, length);
    return 1;
}

/* The path without its last part, as dirname(1) has it: "." if nothing is left. */
int library_dirname(lua_State *lua)
{
    size_t length;
    const char *part = last_part(lua, &length), *path = lua_tostring(lua, 1);
    size_t end = (size_t)(part - path);
    while (end > 1 && path[end - 1] == '/')
        end--;
    if (end == 0 && path[0] == '/')
        end = 1;
    lua_pushlstring(lua, end > 0 ? path : ".", end > 0 ? end : 1);
    return 1;
}
