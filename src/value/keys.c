/* Lua's own order of keys follows their addresses and is another one in every run. What depended on
 * it would make a task look changed that is not. */
#include "value/keys.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "value/machine.h"

struct shape table_shape(lua_State *lua, int table)
{
    struct shape shape = {.least = 1};
    for (lua_pushnil(lua); lua_next(lua, table); lua_pop(lua, 1)) {
        if (lua_type(lua, -2) == LUA_TSTRING) {
            shape.texts++;
        } else if (lua_isinteger(lua, -2)) {
            lua_Integer key = lua_tointeger(lua, -2);
            shape.least = key < shape.least ? key : shape.least;
            shape.largest = key > shape.largest ? key : shape.largest;
            shape.numbers++;
        } else {
            shape.others++;
        }
    }
    return shape;
}

bool shape_is_list(const struct shape *shape)
{
    return shape->texts == 0 && shape->others == 0 && shape->least == 1 &&
           (size_t)shape->largest == shape->numbers;
}

static int compare_keys(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    size_t length = x->length < y->length ? x->length : y->length;
    int order = memcmp(x->text, y->text, length);
    return order != 0 ? order : (x->length > y->length) - (x->length < y->length);
}

/* Keys of the metatable that are still there. */
static size_t known_keys(lua_State *lua, int table, struct key *keys)
{
    size_t count = 0;
    if (!lua_getmetatable(lua, table))
        return 0;
    size_t most = passage_is_of_map(lua, -1) ? lua_rawlen(lua, -1) : 0;
    for (size_t i = 1; i <= most; i++) {
        lua_rawgeti(lua, -1, (lua_Integer)i);
        lua_pushvalue(lua, -1);
        keys[count].text = lua_tolstring(lua, -1, &keys[count].length);
        count += lua_rawget(lua, table) != LUA_TNIL;
        lua_pop(lua, 2);
    }
    lua_pop(lua, 1);
    return count;
}

size_t table_most_keys(lua_State *lua, int table, const struct shape *shape)
{
    size_t known = 0;
    if (lua_getmetatable(lua, table)) {
        known = passage_is_of_map(lua, -1) ? lua_rawlen(lua, -1) : 0;
        lua_pop(lua, 1);
    }
    return shape->texts + known + 1;
}

/* Those of the metatable in its order, then the others sorted. keys has room for most_keys. */
size_t table_keys(lua_State *lua, int table, const struct shape *shape, struct key *keys)
{
    size_t known = known_keys(lua, table, keys), count = 0;
    if (known == shape->texts)
        return known;
    struct key *sorted = memory_array(known + 1, sizeof *sorted), *others = keys + known;
    memcpy(sorted, keys, known * sizeof *sorted);
    qsort(sorted, known, sizeof *sorted, compare_keys);
    for (lua_pushnil(lua); lua_next(lua, table); lua_pop(lua, 1)) {
        if (lua_type(lua, -2) != LUA_TSTRING)
            continue;
        struct key key;
        key.text = lua_tolstring(lua, -2, &key.length);
        if (bsearch(&key, sorted, known, sizeof key, compare_keys) == NULL)
            others[count++] = key;
    }
    memory_free(sorted);
    qsort(others, count, sizeof *others, compare_keys);
    return known + count;
}

static int compare_numbers(const void *a, const void *b)
{
    lua_Integer x = *(const lua_Integer *)a, y = *(const lua_Integer *)b;
    return (x > y) - (x < y);
}

/* Adds a table's whole numbers to the list on top of the stack. */
static void push_numbers(lua_State *lua, int table, const struct shape *shape)
{
    int list = lua_gettop(lua);
    size_t count = 0;
    lua_Integer *numbers = lua_newuserdatauv(lua, (shape->numbers + 1) * sizeof *numbers, 0);
    for (lua_pushnil(lua); lua_next(lua, table); lua_pop(lua, 1))
        if (lua_isinteger(lua, -2))
            numbers[count++] = lua_tointeger(lua, -2);
    qsort(numbers, count, sizeof *numbers, compare_numbers);
    for (size_t i = 0; i < count; i++) {
        lua_pushinteger(lua, numbers[i]);
        lua_rawseti(lua, list, (lua_Integer)i + 1);
    }
    lua_settop(lua, list);
}

static int next_pair(lua_State *lua)
{
    for (;;) {
        lua_Integer i = lua_tointeger(lua, lua_upvalueindex(2)) + 1;
        lua_pushinteger(lua, i);
        lua_replace(lua, lua_upvalueindex(2));
        if (lua_rawgeti(lua, lua_upvalueindex(1), i) == LUA_TNIL)
            return 1;
        lua_pushvalue(lua, -1);
        if (lua_rawget(lua, 1) != LUA_TNIL)
            return 2;
        lua_settop(lua, 1);
    }
}

int machine_pairs(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    lua_settop(lua, 1);
    struct shape shape = table_shape(lua, 1);
    if (shape.others > 0)
        return luaL_error(lua,
                          "pairs() of a table with keys that are neither whole numbers nor text");
    machine_charge(lua, shape.texts + shape.numbers);
    lua_createtable(lua, 0, 0);
    push_numbers(lua, 1, &shape);
    struct key *keys = lua_newuserdatauv(lua, table_most_keys(lua, 1, &shape) * sizeof *keys, 0);
    size_t count = table_keys(lua, 1, &shape, keys);
    for (size_t i = 0; i < count; i++) {
        lua_pushlstring(lua, keys[i].text, keys[i].length);
        lua_rawseti(lua, 2, (lua_Integer)(shape.numbers + i) + 1);
    }
    lua_settop(lua, 2);
    lua_pushinteger(lua, 0);
    lua_pushcclosure(lua, next_pair, 2);
    lua_pushvalue(lua, 1);
    return 2;
}
