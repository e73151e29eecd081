/* Functions of Lua. Each caller has one state, made by its first call; a function is compiled once
 * in it. What a function leaves in globals is there for the next one on this thread, and only
 * there.
 *
 * Code that does not ask whether it is to end is stopped by a hook, which is set only then: a hook
 * makes all code slower. It is set from a signal's handler, for that is what Lua allows. Coroutines
 * have hooks of their own, and have theirs always. */
#include <lauxlib.h>
#include <lualib.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "execute/caller.h"
#include "execute/lua_library.h"
#include "value/passage.h"

/* Makes the text of the locals and the source one chunk; lines are counted as in the source. */
struct chunk {
    const char *parts[2];
    size_t lengths[2];
    int next;
};

static const char *read_part(lua_State *lua, void *context, size_t *size)
{
    struct chunk *chunk = context;
    (void)lua;
    while (chunk->next < 2) { /* an empty part would be the end */
        int i = chunk->next++;
        *size = chunk->lengths[i];
        if (*size > 0)
            return chunk->parts[i];
    }
    return NULL;
}

static void compile(lua_State *lua, const struct callable *callable)
{
    const struct callable_source *source = &callable->source;
    luaL_Buffer locals;
    luaL_buffinit(lua, &locals);
    for (uint32_t i = 0; i < source->argument_count; i++) {
        luaL_addstring(&locals, i == 0 ? "local " : ",");
        luaL_addstring(&locals, source->arguments[i]);
    }
    if (source->argument_count > 0)
        luaL_addstring(&locals, "=... ");
    luaL_pushresult(&locals);
    struct chunk chunk = {.parts = {lua_tostring(lua, -1), source->text}};
    chunk.lengths[0] = strlen(chunk.parts[0]);
    chunk.lengths[1] = strlen(chunk.parts[1]);
    if (lua_load(lua, read_part, &chunk, "=lua", "t") != LUA_OK)
        lua_error(lua);
    lua_remove(lua, -2);
    lua_pushvalue(lua, -1);
    lua_rawsetp(lua, LUA_REGISTRYINDEX, callable);
}

static int push_arguments(lua_State *lua, const struct calling *calling)
{
    const struct callable_source *source = &calling->callable->source;
    size_t count = calling->args == NULL           ? 0
                   : json_is_object(calling->args) ? source->argument_count
                                                   : json_array_size(calling->args);
    if (count > INT32_MAX || !lua_checkstack(lua, (int)count + 8))
        return luaL_error(lua, "too many arguments");
    for (size_t i = 0; i < count; i++) {
        json_t *value = json_is_object(calling->args)
                            ? json_object_get(calling->args, source->arguments[i])
                            : json_array_get(calling->args, i);
        if (value != NULL)
            passage_push(lua, value);
        else
            lua_pushnil(lua);
    }
    return (int)count;
}

struct run {
    const struct calling *calling;
    json_t *result;
};

static int run_function(lua_State *lua)
{
    struct run *run = lua_touserdata(lua, 1);
    int bottom = lua_gettop(lua);
    if (lua_rawgetp(lua, LUA_REGISTRYINDEX, run->calling->callable) != LUA_TFUNCTION) {
        lua_settop(lua, bottom);
        compile(lua, run->calling->callable);
    }
    lua_call(lua, push_arguments(lua, run->calling), LUA_MULTRET);
    int count = lua_gettop(lua) - bottom;
    if (count > 1)
        return luaL_error(lua, "the function returned %d values: return a list or a map", count);
    if (count == 0)
        return 0;
    struct error why = {0};
    run->result = passage_pull(lua, -1, &why);
    if (run->result != NULL)
        return 0;
    lua_pushfstring(lua, "the function returned what JSON cannot hold: %s", why.message);
    error_release(&why);
    return lua_error(lua);
}

/* Leaves the message, then the traceback, in a table of two. */
static int explain(lua_State *lua)
{
    bool has_text = lua_isstring(lua, 1) || luaL_getmetafield(lua, 1, "__tostring") != LUA_TNIL;
    lua_settop(lua, 1);
    lua_createtable(lua, 2, 0);
    if (has_text)
        luaL_tolstring(lua, 1, NULL);
    else /* whose text would be an address, another one each time */
        lua_pushfstring(lua, "an error that is no text was raised: a %s", luaL_typename(lua, 1));
    lua_rawseti(lua, 2, 1);
    luaL_traceback(lua, lua, lua_tostring(lua, 1), 1);
    lua_rawseti(lua, 2, 2);
    return 1;
}

static void tell_error(struct caller *caller, struct called *ret)
{
    lua_State *lua = caller->lua;
    ret->kind = CALLED_RAISED;
    if (!lua_istable(lua, -1)) { /* of memory, or in the handler itself */
        const char *text = lua_tostring(lua, -1);
        ret->message = memory_text(text != NULL ? text : "an error that is not text was raised");
        return;
    }
    lua_rawgeti(lua, -1, 1);
    lua_rawgeti(lua, -2, 2);
    ret->message = memory_text(lua_tostring(lua, -2));
    lua_pushliteral(lua, "\n");
    lua_concat(lua, 2);
    size_t length;
    const char *traceback = lua_tolstring(lua, -1, &length);
    caller->host.output(caller->host.context, 2, traceback, length);
}

/* Its functions are called here with nobody to catch an error: so it is known to the handler of
 * signals, which makes one, only when that is over. */
static void open_state(struct caller *caller)
{
    lua_State *lua = luaL_newstate();
    if (lua == NULL)
        memory_exhausted();
    lua_library_open(lua, caller);
    atomic_signal_fence(memory_order_release);
    caller->lua = lua;
}

void caller_call_lua(struct caller *caller, const struct calling *calling, struct called *ret)
{
    struct run run = {.calling = calling};
    if (caller->lua == NULL)
        open_state(caller);
    lua_State *lua = caller->lua;
    lua_pushcfunction(lua, explain);
    lua_pushcfunction(lua, run_function);
    lua_pushlightuserdata(lua, &run);
    /* Who was told to end before this could be seen by caller_interrupt does not begin. */
    int status = caller_is_cancelled(caller) ? LUA_ERRRUN : lua_pcall(lua, 1, 0, 1);
    if (lua_gethook(lua) != NULL)
        lua_sethook(lua, NULL, 0, 0);
    if (status == LUA_OK)
        ret->result = run.result;
    else if (caller_is_cancelled(caller))
        ret->kind = CALLED_CANCELLED;
    else
        tell_error(caller, ret);
    lua_settop(lua, 0);
}

void caller_interrupt(struct caller *caller)
{
    if (caller->lua != NULL && caller_is_cancelled(caller) &&
        caller->calling->callable->source.kind == CALLABLE_LUA)
        lua_library_stop(caller->lua);
}
