/* Values between JSON and Lua.
 *
 * A map's table has a metatable that lists its keys: so an empty map is told from an empty list,
 * and a map that comes back has its keys in their order. Maps with equal keys side by side (the
 * rows of a table) share one. No other table has a metatable, for expressions cannot set one. */
#include "value/machine.h"

#include <lauxlib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { NODE_SIZE = 64 };
static const size_t LARGEST_RESULT = (size_t)1 << 30;

static const char null_key, text_key;

void machine_open_values(lua_State *lua)
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

void machine_push_null(lua_State *lua)
{
    lua_rawgetp(lua, LUA_REGISTRYINDEX, &null_key);
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
    lua_createtable(lua, (int)json_object_size(map), 1);
    lua_rawgetp(lua, LUA_REGISTRYINDEX, &text_key);
    lua_setfield(lua, -2, "__name");
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
        machine_push_null(lua);
        break;
    }
}

void machine_push(lua_State *lua, const json_t *value)
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

/* What the keys of a table are: 1..count makes a list. */
struct shape {
    size_t texts, numbers, others;
    lua_Integer least, largest;
};

static struct shape shape_of(lua_State *lua, int table)
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

static bool is_list(const struct shape *shape)
{
    return shape->texts == 0 && shape->others == 0 && shape->least == 1 &&
           (size_t)shape->largest == shape->numbers;
}

struct key {
    const char *text;
    size_t length;
};

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
    size_t most = lua_rawlen(lua, -1);
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

static size_t most_keys(lua_State *lua, int table, const struct shape *shape)
{
    size_t known = 0;
    if (lua_getmetatable(lua, table)) {
        known = lua_rawlen(lua, -1);
        lua_pop(lua, 1);
    }
    return shape->texts + known + 1;
}

/* Those of the metatable in its order, then the others sorted. keys has room for most_keys. */
static size_t text_keys(lua_State *lua, int table, const struct shape *shape, struct key *keys)
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
    struct shape shape = shape_of(lua, table);
    CLEANUP_FREE struct key *keys = memory_array(most_keys(lua, table, &shape), sizeof(struct key));
    size_t count = text_keys(lua, table, &shape, keys);
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
    struct shape shape = shape_of(conversion->lua, table);
    bool is_map = shape.texts > 0;
    if (shape.texts + shape.numbers + shape.others == 0 &&
        lua_getmetatable(conversion->lua, table)) {
        lua_pop(conversion->lua, 1);
        is_map = true;
    }
    if (is_map ? shape.numbers + shape.others > 0 : !is_list(&shape)) {
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
    machine_push_null(lua);
    bool is_same = lua_rawequal(lua, index, -1);
    lua_pop(lua, 1);
    return is_same;
}

static json_t *value_at(struct conversion *conversion, int index, int depth)
{
    lua_State *lua = conversion->lua;
    conversion->size += NODE_SIZE;
    if (conversion->size > LARGEST_RESULT || !lua_checkstack(lua, 8)) {
        error_set(conversion->error, PLACE_NONE, "the value is larger than 1 GiB");
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

json_t *machine_value(lua_State *lua, int index, struct error *error)
{
    /* An error of memory raised half-way would lose the JSON that is there already. What is made is
     * limited by its own size instead. */
    struct sandbox *sandbox = machine_sandbox(lua);
    size_t limit = sandbox->limit;
    uint64_t most = sandbox->most;
    sandbox->limit = SIZE_MAX;
    sandbox->most = UINT64_MAX;
    struct conversion conversion = {.lua = lua, .error = error};
    json_t *value = value_at(&conversion, lua_absindex(lua, index), 0);
    sandbox->limit = limit;
    sandbox->most = most;
    return value;
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
    struct shape shape = shape_of(lua, 1);
    if (shape.others > 0)
        return luaL_error(lua,
                          "pairs() of a table with keys that are neither whole numbers nor text");
    machine_charge(lua, shape.texts + shape.numbers);
    lua_createtable(lua, 0, 0);
    push_numbers(lua, 1, &shape);
    struct key *keys = lua_newuserdatauv(lua, most_keys(lua, 1, &shape) * sizeof *keys, 0);
    size_t count = text_keys(lua, 1, &shape, keys);
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
