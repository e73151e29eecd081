/* Values of JSON as Lua's.
 *
 * A map's table has a metatable that lists its keys: so an empty map is told from an empty list,
 * and a map that comes back has its keys in their order. Maps with equal keys side by side (the
 * rows of a table) share one. In a state whose code can set metatables, they are told by a mark. */
#include <lauxlib.h>
#include <string.h>

#include "value/passage.h"

static const char null_key, text_key, map_key;

void passage_open(lua_State *lua)
{
    lua_newuserdatauv(lua, 0, 0);
    lua_createtable(lua, 0, 2);
    lua_pushliteral(lua, "null");
    lua_setfield(lua, -2, "__name");
    lua_pushliteral(lua, "null");
    lua_setfield(lua, -2, "text");
    lua_setmetatable(lua, -2);
    lua_rawsetp(lua, LUA_REGISTRYINDEX, &null_key);
    lua_pushliteral(lua, "map");
    lua_rawsetp(lua, LUA_REGISTRYINDEX, &text_key);
}

void passage_push_null(lua_State *lua)
{
    lua_rawgetp(lua, LUA_REGISTRYINDEX, &null_key);
}

bool passage_is_of_map(lua_State *lua, int index)
{
    lua_rawgetp(lua, index, &map_key);
    bool is_marked = lua_toboolean(lua, -1);
    lua_pop(lua, 1);
    return is_marked;
}

static bool has_keys_of(lua_State *lua, int metatable, json_t *map)
{
    lua_Integer i = 0;
    const char *key;
    size_t length;
    json_t *value;
    if (lua_rawlen(lua, metatable) != json_object_size(map))
        return false;
    json_object_keylen_foreach(map, key, length, value)
    {
        size_t other_length;
        lua_rawgeti(lua, metatable, ++i);
        const char *other = lua_tolstring(lua, -1, &other_length);
        bool is_same = other_length == length && memcmp(other, key, length) == 0;
        lua_pop(lua, 1);
        if (!is_same)
            return false;
    }
    return true;
}

static void push_metatable(lua_State *lua, json_t *map)
{
    lua_Integer i = 0;
    const char *key;
    size_t length;
    json_t *value;
    lua_createtable(lua, (int)json_object_size(map), 2);
    lua_rawgetp(lua, LUA_REGISTRYINDEX, &text_key);
    lua_setfield(lua, -2, "__name");
    lua_pushboolean(lua, true);
    lua_rawsetp(lua, -2, &map_key);
    json_object_keylen_foreach(map, key, length, value)
    {
        lua_pushlstring(lua, key, length);
        lua_rawseti(lua, -2, ++i);
    }
}

/* The metatables last made, by depth, are in the table at index `recent`. */
static void set_metatable(lua_State *lua, json_t *map, int recent, int depth)
{
    lua_rawgeti(lua, recent, depth);
    if (!lua_istable(lua, -1) || !has_keys_of(lua, lua_gettop(lua), map)) {
        lua_pop(lua, 1);
        push_metatable(lua, map);
        lua_pushvalue(lua, -1);
        lua_rawseti(lua, recent, depth);
    }
    lua_setmetatable(lua, -2);
}

static void push_at(lua_State *lua, const json_t *value, int recent, int depth);

static void push_list(lua_State *lua, const json_t *list, int recent, int depth)
{
    size_t count = json_array_size(list);
    lua_createtable(lua, count < INT32_MAX ? (int)count : INT32_MAX, 0);
    for (size_t i = 0; i < count; i++) {
        push_at(lua, json_array_get(list, i), recent, depth + 1);
        lua_rawseti(lua, -2, (lua_Integer)i + 1);
    }
}

static void push_map(lua_State *lua, json_t *map, int recent, int depth)
{
    const char *key;
    size_t length;
    json_t *value;
    lua_createtable(lua, 0, (int)json_object_size(map));
    json_object_keylen_foreach(map, key, length, value)
    {
        lua_pushlstring(lua, key, length);
        push_at(lua, value, recent, depth + 1);
        lua_rawset(lua, -3);
    }
    set_metatable(lua, map, recent, depth);
}

static void push_at(lua_State *lua, const json_t *value, int recent, int depth)
{
    if (depth > DEEPEST_VALUE)
        luaL_error(lua, "a value is nested deeper than %d", DEEPEST_VALUE);
    luaL_checkstack(lua, 8, NULL);
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        push_map(lua, (json_t *)value, recent, depth);
        break;
    case JSON_ARRAY:
        push_list(lua, value, recent, depth);
        break;
    case JSON_STRING:
        lua_pushlstring(lua, json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER:
        lua_pushinteger(lua, json_integer_value(value));
        break;
    case JSON_REAL:
        lua_pushnumber(lua, json_real_value(value));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        lua_pushboolean(lua, json_is_true(value));
        break;
    case JSON_NULL:
        passage_push_null(lua);
        break;
    }
}

void passage_push(lua_State *lua, const json_t *value)
{
    luaL_checkstack(lua, 2, NULL);
    if (!json_is_array(value) && !json_is_object(value)) {
        push_at(lua, value, 0, 0);
        return;
    }
    lua_newtable(lua);
    push_at(lua, value, lua_gettop(lua), 1);
    lua_remove(lua, -2);
}
