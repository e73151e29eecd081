/* Functions of Lua's libraries that may loop in C for long: what they are about to do is charged
 * first. They run in the frame of the charging function, so that Lua's messages name them rightly.
 */
#include <lauxlib.h>
#include <string.h>

#include "value/library.h"
#include "value/machine.h"

static uint64_t positive(lua_Integer number)
{
    return number > 0 ? (uint64_t)number : 0;
}

static uint64_t cost_of_length(lua_State *lua)
{
    return lua_gettop(lua) > 0 ? lua_rawlen(lua, 1) : 0;
}

static uint64_t cost_of_sort(lua_State *lua)
{
    return 16 * cost_of_length(lua);
}

static uint64_t cost_of_rep(lua_State *lua)
{
    return positive(lua_tointeger(lua, 2)) / 8;
}

/* What stands behind the position is moved; at the end nothing is. */
static uint64_t cost_of_insert(lua_State *lua)
{
    return lua_gettop(lua) > 2 ? cost_of_length(lua) : 0;
}

static uint64_t cost_of_remove(lua_State *lua)
{
    return lua_gettop(lua) > 1 ? cost_of_length(lua) : 0;
}

/* Of arguments that are the first and last index. */
static uint64_t cost_of_span(lua_State *lua)
{
    lua_Integer from = lua_tointeger(lua, 2), to = lua_tointeger(lua, 3);
    return to >= from ? (uint64_t)to - (uint64_t)from : 0;
}

static uint64_t cost_of_unpack(lua_State *lua)
{
    if (lua_isnoneornil(lua, 3))
        return cost_of_length(lua);
    return cost_of_span(lua);
}

static uint64_t cost_of_offset(lua_State *lua)
{
    lua_Integer characters = lua_tointeger(lua, 2);
    return characters < 0 ? -(uint64_t)characters : (uint64_t)characters;
}

static const struct {
    const char *library, *name;
    uint64_t (*cost)(lua_State *lua);
} all[] = {
    {"string", "rep", cost_of_rep},      {"table", "sort", cost_of_sort},
    {"table", "insert", cost_of_insert}, {"table", "remove", cost_of_remove},
    {"table", "move", cost_of_span},     {"table", "concat", cost_of_length},
    {"table", "unpack", cost_of_unpack}, {"utf8", "len", cost_of_length},
    {"utf8", "offset", cost_of_offset},
};

static int charge_and_call(lua_State *lua)
{
    lua_Integer i = lua_tointeger(lua, lua_upvalueindex(2));
    machine_charge(lua, all[i].cost(lua));
    return lua_tocfunction(lua, lua_upvalueindex(1))(lua);
}

void library_count(lua_State *lua, int table, const char *library)
{
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (strcmp(all[i].library, library) != 0)
            continue;
        lua_getfield(lua, table, all[i].name);
        lua_pushinteger(lua, (lua_Integer)i);
        lua_pushcclosure(lua, charge_and_call, 2);
        lua_setfield(lua, table, all[i].name);
    }
}
