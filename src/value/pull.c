/* Values of Lua as JSON. What comes out is limited by its own size, for a table may hold another
 * many times over, or itself. */
#include <lauxlib.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "value/keys.h"
#include "value/passage.h"

enum { NODE_SIZE = 64 };
static const size_t LARGEST_RESULT = (size_t)512 << 20;

struct conversion {
    lua_State *lua;
    struct error *error;
    size_t size; /* about what the result takes, for a table may hold another many times */
};

static json_t *value_at(struct conversion *conversion, int index, int depth);

static bool list_into(struct conversion *conversion, int table, int depth, json_t *list)
{
    lua_Integer count = (lua_Integer)lua_rawlen(conversion->lua, table);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(conversion->lua, table, i);
        json_t *item = value_at(conversion, lua_gettop(conversion->lua), depth + 1);
        lua_pop(conversion->lua, 1);
        if (item == NULL)
            return false;
        json_array_append_new(list, item);
    }
    return true;
}

static bool map_into(struct conversion *conversion, int table, int depth, json_t *map)
{
    lua_State *lua = conversion->lua;
    struct shape shape = table_shape(lua, table);
    CLEANUP_FREE struct key *keys =
        memory_array(table_most_keys(lua, table, &shape), sizeof(struct key));
    size_t count = table_keys(lua, table, &shape, keys);
    for (size_t i = 0; i < count; i++) {
        const struct key *key = &keys[i];
        if (memchr(key->text, '\0', key->length) != NULL)
            return error_set(conversion->error, PLACE_NONE, "a key of a map holds a NUL");
        conversion->size += key->length;
        lua_pushlstring(lua, key->text, key->length);
        lua_rawget(lua, table);
        json_t *item = value_at(conversion, lua_gettop(lua), depth + 1);
        lua_pop(lua, 1);
        if (item == NULL)
            return false;
        if (json_object_setn_new(map, key->text, key->length, item) < 0)
            return error_set(conversion->error, PLACE_NONE, "a key of a map is not UTF-8");
    }
    return true;
}

static json_t *table_value(struct conversion *conversion, int table, int depth)
{
    struct error *error = conversion->error;
    if (depth >= DEEPEST_VALUE) {
        error_set(error, PLACE_NONE, "a value is nested deeper than %d", DEEPEST_VALUE);
        return NULL;
    }
    struct shape shape = table_shape(conversion->lua, table);
    bool is_map = shape.texts > 0;
    if (shape.texts + shape.numbers + shape.others == 0 &&
        lua_getmetatable(conversion->lua, table)) {
        is_map = passage_is_of_map(conversion->lua, -1);
        lua_pop(conversion->lua, 1);
    }
    if (is_map ? shape.numbers + shape.others > 0 : !shape_is_list(&shape)) {
        error_set(error, PLACE_NONE,
                  "a table is neither a list (keys 1 to n) nor a map (keys that are text)");
        error_hint(error, "null stands in a list where nil cannot");
        return NULL;
    }
    json_t *all = is_map ? json_object() : json_array();
    if (is_map ? map_into(conversion, table, depth, all) : list_into(conversion, table, depth, all))
        return all;
    json_decref(all);
    return NULL;
}

static json_t *number_value(struct conversion *conversion, int index)
{
    if (lua_isinteger(conversion->lua, index))
        return json_integer(lua_tointeger(conversion->lua, index));
    double number = lua_tonumber(conversion->lua, index);
    if (isfinite(number))
        return json_real(number);
    error_set(conversion->error, PLACE_NONE, "the result is %s",
              isnan(number) ? "not a number (0/0)" : "infinite");
    return NULL;
}

static json_t *text_value(struct conversion *conversion, int index)
{
    size_t length;
    const char *text = lua_tolstring(conversion->lua, index, &length);
    conversion->size += length;
    json_t *value = json_stringn(text, length);
    if (value == NULL)
        error_set(conversion->error, PLACE_NONE, "a text is not UTF-8");
    return value;
}

static bool is_null(lua_State *lua, int index)
{
    passage_push_null(lua);
    bool is_same = lua_rawequal(lua, index, -1);
    lua_pop(lua, 1);
    return is_same;
}

static json_t *value_at(struct conversion *conversion, int index, int depth)
{
    lua_State *lua = conversion->lua;
    conversion->size += NODE_SIZE;
    if (conversion->size > LARGEST_RESULT || !lua_checkstack(lua, 8)) {
        error_set(conversion->error, PLACE_NONE, "the value is larger than 512 MiB");
        return NULL;
    }
    switch (lua_type(lua, index)) {
    case LUA_TNIL:
        return json_null();
    case LUA_TBOOLEAN:
        return json_boolean(lua_toboolean(lua, index));
    case LUA_TNUMBER:
        return number_value(conversion, index);
    case LUA_TSTRING:
        return text_value(conversion, index);
    case LUA_TTABLE:
        return table_value(conversion, index, depth);
    case LUA_TUSERDATA:
        if (is_null(lua, index))
            return json_null();
        break;
    default:
        break;
    }
    error_set(conversion->error, PLACE_NONE, "a %s is not a value", luaL_typename(lua, index));
    return NULL;
}

json_t *passage_pull(lua_State *lua, int index, struct error *error)
{
    struct conversion conversion = {.lua = lua, .error = error};
    return value_at(&conversion, lua_absindex(lua, index), 0);
}
