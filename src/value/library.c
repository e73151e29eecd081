/* The globals of an expression: what is listed here of Lua's own libraries, and our functions. What
 * reaches outside, catches errors (and with them the limits), is different in every run (random
 * numbers, the order of next) or loads code is left out. Nobody can write to it, so that no
 * expression sees what another did. */
#include "value/library.h"

#include <lauxlib.h>
#include <lualib.h>
#include <string.h>

#include "base/memory.h"
#include "value/machine.h"
#include "value/pattern.h"
#include "value/value.h"

static const char *const string_members[] = {
    "byte", "char", "find",    "format", "gmatch", "gsub",     "len",    "lower", "match",
    "pack", "rep",  "reverse", "sub",    "upper",  "packsize", "unpack", NULL,
};
static const char *const table_members[] = {"concat", "insert", "move",   "pack",
                                            "remove", "sort",   "unpack", NULL};
static const char *const math_members[] = {
    "abs",  "acos", "asin", "atan",      "ceil", "cos",  "deg",        "exp",        "floor",
    "fmod", "huge", "log",  "max",       "min",  "modf", "pi",         "maxinteger", "rad",
    "sin",  "sqrt", "tan",  "tointeger", "type", "ult",  "mininteger", NULL,
};
static const char *const utf8_members[] = {"char", "charpattern", "codepoint", "codes",
                                           "len",  "offset",      NULL};

static const struct {
    const char *const *members;
    lua_CFunction open;
} libraries[] = {{math_members, luaopen_math},
                 {string_members, luaopen_string},
                 {table_members, luaopen_table},
                 {utf8_members, luaopen_utf8}};
enum { LIBRARY_COUNT = sizeof libraries / sizeof *libraries };

const char *const library_names[] = {"math", "string", "table", "utf8", NULL};

static const char *const standard_functions[] = {"assert", "error",    "ipairs",
                                                 "select", "tonumber", NULL};

const char *const library_functions[] = {
    "assert",   "error",  "ipairs",    "select",   "type",    "tonumber", "tostring",
    "pairs",    "range",  "glob",      "read",     "lines",   "csv",      "json",
    "fromjson", "join",   "len",       "basename", "dirname", "stem",     "success",
    "failure",  "always", "cancelled", "null",     NULL,
};

const char *const *library_members(const char *name)
{
    for (size_t i = 0; i < LIBRARY_COUNT; i++)
        if (strcmp(library_names[i], name) == 0)
            return libraries[i].members;
    return NULL;
}

static int release_holding(lua_State *lua)
{
    holding_clear(lua_touserdata(lua, 1));
    return 0;
}

struct holding *holding_new(lua_State *lua)
{
    struct holding *holding = lua_newuserdatauv(lua, sizeof *holding, 0);
    *holding = (struct holding){0};
    if (luaL_newmetatable(lua, "holding")) {
        lua_pushcfunction(lua, release_holding);
        lua_setfield(lua, -2, "__gc");
    }
    lua_setmetatable(lua, -2);
    return holding;
}

void holding_clear(struct holding *holding)
{
    json_decref(holding->value);
    buffer_release(&holding->text);
    error_release(&holding->error);
    *holding = (struct holding){0};
}

int holding_raise(lua_State *lua, struct holding *holding)
{
    struct sandbox *sandbox = machine_sandbox(lua);
    lua_pushstring(lua, holding->error.message);
    memory_free(sandbox->hint);
    sandbox->hint = holding->error.hint;
    holding->error.hint = NULL;
    holding_clear(holding);
    return lua_error(lua);
}

const char *library_text(lua_State *lua, int index)
{
    size_t length;
    const char *text = luaL_checklstring(lua, index, &length);
    if (strlen(text) < length)
        luaL_argerror(lua, index, "text with a NUL");
    return text;
}

static int is_status(lua_State *lua)
{
    lua_Integer status = lua_tointeger(lua, lua_upvalueindex(1));
    lua_pushboolean(lua, status == CALLS_ALWAYS || (machine_sandbox(lua)->flags & status));
    return 1;
}

static int number_text(lua_State *lua)
{
    struct holding *holding = holding_new(lua);
    if (lua_isinteger(lua, 1))
        buffer_printf(&holding->text, LUA_INTEGER_FMT, lua_tointeger(lua, 1));
    else
        value_write_number(lua_tonumber(lua, 1), &holding->text);
    lua_pushlstring(lua, holding->text.bytes, holding->text.length);
    holding_clear(holding);
    return 1;
}

/* The text of a table or function would be its address, another one in every run. */
static int tostring(lua_State *lua)
{
    luaL_checkany(lua, 1);
    int type = lua_type(lua, 1);
    if (type == LUA_TTABLE)
        return luaL_error(lua, "a list or map has no text; json() or join() gives one");
    if (type == LUA_TFUNCTION)
        return luaL_error(lua, "a function has no text");
    if (type == LUA_TUSERDATA)
        lua_pushliteral(lua, "null");
    else
        luaL_tolstring(lua, 1, NULL);
    return 1;
}

static int type(lua_State *lua)
{
    luaL_checkany(lua, 1);
    lua_pushstring(lua, lua_type(lua, 1) == LUA_TUSERDATA ? "null" : luaL_typename(lua, 1));
    return 1;
}

static int refuse_write(lua_State *lua)
{
    if (lua_type(lua, 2) == LUA_TSTRING)
        return luaL_error(lua, "'%s' cannot be assigned to", lua_tostring(lua, 2));
    return luaL_error(lua, "a library cannot be assigned to");
}

/* Puts in the place of the table on top one that reads as it does and cannot be written to. */
static void protect(lua_State *lua)
{
    lua_newtable(lua);
    lua_createtable(lua, 0, 2);
    lua_pushvalue(lua, -3);
    lua_setfield(lua, -2, "__index");
    lua_pushcfunction(lua, refuse_write);
    lua_setfield(lua, -2, "__newindex");
    lua_setmetatable(lua, -2);
    lua_remove(lua, -2);
}

static void copy_members(lua_State *lua, int from, int to, const char *const *members)
{
    for (; *members != NULL; members++) {
        lua_getfield(lua, from, *members);
        lua_setfield(lua, to, *members);
    }
}

/* Methods of text, and in the place of what backtracks without limit our own. */
static void open_strings(lua_State *lua, int ours)
{
    static const luaL_Reg counted[] = {{"find", pattern_find},
                                       {"match", pattern_match},
                                       {"gmatch", pattern_gmatch},
                                       {"gsub", pattern_gsub},
                                       {NULL, NULL}};
    luaL_setfuncs(lua, counted, 0);
    lua_pushliteral(lua, "");
    lua_getmetatable(lua, -1);
    lua_pushvalue(lua, ours);
    lua_setfield(lua, -2, "__index");
    lua_settop(lua, ours);
}

static void open_libraries(lua_State *lua, int globals)
{
    for (size_t i = 0; i < LIBRARY_COUNT; i++) {
        lua_newtable(lua);
        int ours = lua_gettop(lua);
        lua_pushcfunction(lua, libraries[i].open);
        lua_call(lua, 0, 1);
        copy_members(lua, ours + 1, ours, libraries[i].members);
        lua_settop(lua, ours);
        if (libraries[i].open == luaopen_string)
            open_strings(lua, ours);
        library_count(lua, ours, library_names[i]);
        protect(lua);
        lua_setfield(lua, globals, library_names[i]);
    }
}

static void open_standard(lua_State *lua, int globals)
{
    lua_pushcfunction(lua, luaopen_base);
    lua_call(lua, 0, 1);
    copy_members(lua, lua_gettop(lua), globals, standard_functions);
    lua_pop(lua, 1);
}

static void open_statuses(lua_State *lua, int globals)
{
    static const struct {
        const char *name;
        int status;
    } statuses[] = {{"success", CALLS_SUCCESS},
                    {"failure", CALLS_FAILURE},
                    {"always", CALLS_ALWAYS},
                    {"cancelled", CALLS_CANCELLED}};
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        lua_pushinteger(lua, statuses[i].status);
        lua_pushcclosure(lua, is_status, 1);
        lua_setfield(lua, globals, statuses[i].name);
    }
}

static void open_numbers(lua_State *lua)
{
    lua_pushinteger(lua, 0);
    lua_createtable(lua, 0, 1);
    lua_pushcfunction(lua, number_text);
    lua_setfield(lua, -2, "__tostring");
    lua_setmetatable(lua, -2);
    lua_pop(lua, 1);
}

static const luaL_Reg functions[] = {
    {"type", type},
    {"tostring", tostring},
    {"pairs", machine_pairs},
    {"range", library_range},
    {"glob", library_glob},
    {"read", library_read},
    {"lines", library_lines},
    {"csv", library_csv},
    {"json", library_json},
    {"fromjson", library_fromjson},
    {"join", library_join},
    {"len", library_len},
    {"basename", library_basename},
    {"dirname", library_dirname},
    {"stem", library_stem},
    {NULL, NULL},
};

void library_open(lua_State *lua)
{
    passage_open(lua);
    lua_newtable(lua);
    int globals = lua_gettop(lua);
    open_standard(lua, globals);
    open_libraries(lua, globals);
    open_statuses(lua, globals);
    open_numbers(lua);
    luaL_setfuncs(lua, functions, 0);
    passage_push_null(lua);
    lua_setfield(lua, globals, "null");
    protect(lua);
    lua_rawseti(lua, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
}
