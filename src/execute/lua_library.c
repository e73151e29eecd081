/* The standard library of Lua, with what reaches the whole process replaced: what is printed goes
 * to the task's output, os.getenv sees the task's environment, os.execute starts its command
 * without the blocked signals of this thread and can be cancelled, os.exit and os.setlocale are
 * refused. */
#include "execute/lua_library.h"

#include <errno.h>
#include <lauxlib.h>
#include <lualib.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "value/passage.h"

enum { HOOK_EVERY = 1000 /* instructions */ };

static struct caller *caller_of(lua_State *lua)
{
    return *(struct caller **)lua_getextraspace(lua);
}

static void stop_if_cancelled(lua_State *lua, lua_Debug *ignored)
{
    (void)ignored;
    if (caller_is_cancelled(caller_of(lua)))
        luaL_error(lua, "cancelled");
}

void lua_library_stop(lua_State *lua)
{
    lua_sethook(lua, stop_if_cancelled, LUA_MASKCOUNT | LUA_MASKCALL | LUA_MASKRET, HOOK_EVERY);
}

/* --- output --- */

static int put_out(lua_State *lua, int stream, const char *bytes, size_t length)
{
    struct caller *caller = caller_of(lua);
    if (length > 0)
        caller->host.output(caller->host.context, stream, bytes, length);
    return 0;
}

static int print(lua_State *lua)
{
    int count = lua_gettop(lua);
    luaL_Buffer line;
    luaL_buffinit(lua, &line);
    for (int i = 1; i <= count; i++) {
        if (i > 1)
            luaL_addchar(&line, '\t');
        luaL_tolstring(lua, i, NULL);
        luaL_addvalue(&line);
    }
    luaL_addchar(&line, '\n');
    luaL_pushresult(&line);
    size_t length;
    const char *text = lua_tolstring(lua, -1, &length);
    return put_out(lua, 1, text, length);
}

/* Writes the arguments from `first` on, as io.write does. */
static void write_arguments(lua_State *lua, int first, int stream)
{
    int count = lua_gettop(lua);
    for (int i = first; i <= count; i++) {
        size_t length;
        const char *text = luaL_checklstring(lua, i, &length);
        put_out(lua, stream, text, length);
    }
}

/* io.write: the original (upvalue 1) writes where io.output() is another file than stdout
 * (upvalue 2). */
static int io_write(lua_State *lua)
{
    int count = lua_gettop(lua);
    lua_getfield(lua, LUA_REGISTRYINDEX, "_IO_output");
    bool is_stdout = lua_rawequal(lua, -1, lua_upvalueindex(2));
    lua_pop(lua, 1);
    if (!is_stdout) {
        lua_pushvalue(lua, lua_upvalueindex(1));
        lua_insert(lua, 1);
        lua_call(lua, count, LUA_MULTRET);
        return lua_gettop(lua);
    }
    write_arguments(lua, 1, 1);
    lua_pushvalue(lua, lua_upvalueindex(2));
    return 1;
}

/* file:write: the same for the methods of stdout and stderr (upvalues 2, 3). */
static int file_write(lua_State *lua)
{
    int count = lua_gettop(lua);
    bool is_stdout = lua_rawequal(lua, 1, lua_upvalueindex(2));
    if (is_stdout || lua_rawequal(lua, 1, lua_upvalueindex(3))) {
        write_arguments(lua, 2, is_stdout ? 1 : 2);
        lua_settop(lua, 1);
        return 1;
    }
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_insert(lua, 1);
    lua_call(lua, count, LUA_MULTRET);
    return lua_gettop(lua);
}

static void replace_writing(lua_State *lua)
{
    lua_getglobal(lua, "io");
    lua_getfield(lua, -1, "write");
    lua_getfield(lua, -2, "stdout");
    lua_pushcclosure(lua, io_write, 2);
    lua_setfield(lua, -2, "write");
    luaL_getmetatable(lua, LUA_FILEHANDLE);
    lua_getfield(lua, -1, "__index");
    lua_getfield(lua, -1, "write");
    lua_getfield(lua, -4, "stdout");
    lua_getfield(lua, -5, "stderr");
    lua_pushcclosure(lua, file_write, 3);
    lua_setfield(lua, -2, "write");
    lua_pop(lua, 3);
    lua_register(lua, "print", print);
}

/* --- the process --- */

static int refused(lua_State *lua)
{
    return luaL_error(lua, "%s is the whole process's: a function cannot have it",
                      lua_tostring(lua, lua_upvalueindex(1)));
}

static int os_getenv(lua_State *lua)
{
    lua_pushstring(lua, caller_env(caller_of(lua), luaL_checkstring(lua, 1)));
    return 1;
}

static int start_shell(const char *command, pid_t *ret_process)
{
    const char *const argv[] = {"sh", "-c", command, NULL};
    posix_spawnattr_t how;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_init(&how);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&how, &none);
    posix_spawnattr_setsigdefault(&how, &all);
    int error = posix_spawn(ret_process, "/bin/sh", NULL, &how, (char *const *)argv, environ);
    posix_spawnattr_destroy(&how);
    return error;
}

/* A signal interrupts the wait when the call is to end. */
static int await_shell(struct caller *caller, pid_t process)
{
    int status;
    bool is_told = false;
    while (waitpid(process, &status, __WALL) < 0 && errno == EINTR) {
        if (!is_told && caller_is_cancelled(caller))
            kill(process, SIGTERM);
        is_told = is_told || caller_is_cancelled(caller);
    }
    return status;
}

static int os_execute(lua_State *lua)
{
    const char *command = luaL_optstring(lua, 1, NULL);
    pid_t process;
    if (command == NULL) {
        lua_pushboolean(lua, access("/bin/sh", X_OK) == 0);
        return 1;
    }
    errno = start_shell(command, &process);
    if (errno != 0)
        return luaL_fileresult(lua, 0, NULL);
    return luaL_execresult(lua, await_shell(caller_of(lua), process));
}

/* --- coroutines --- */

static int coroutine_create(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TFUNCTION);
    lua_State *coroutine = lua_newthread(lua);
    lua_sethook(coroutine, stop_if_cancelled, LUA_MASKCOUNT, HOOK_EVERY);
    lua_pushvalue(lua, 1);
    lua_xmove(lua, coroutine, 1);
    return 1;
}

/* The original (upvalue 1), whose result keeps the coroutine as its first upvalue. */
static int coroutine_wrap(lua_State *lua)
{
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_insert(lua, 1);
    lua_call(lua, lua_gettop(lua) - 1, 1);
    if (lua_getupvalue(lua, -1, 1) != NULL) {
        lua_State *coroutine = lua_tothread(lua, -1);
        if (coroutine != NULL)
            lua_sethook(coroutine, stop_if_cancelled, LUA_MASKCOUNT, HOOK_EVERY);
        lua_pop(lua, 1);
    }
    return 1;
}

/* --- task --- */

static int task_cancelled(lua_State *lua)
{
    lua_pushboolean(lua, caller_is_cancelled(caller_of(lua)));
    return 1;
}

static int task_sleep(lua_State *lua)
{
    if (!caller_sleep(caller_of(lua), luaL_checknumber(lua, 1)))
        return luaL_error(lua, "cancelled");
    return 0;
}

static int task_progress(lua_State *lua)
{
    struct caller *caller = caller_of(lua);
    caller->task.api->progress(&caller->task, luaL_checknumber(lua, 1),
                               luaL_optstring(lua, 2, NULL));
    return 0;
}

static int task_name(lua_State *lua)
{
    lua_pushstring(lua, caller_name(caller_of(lua)));
    return 1;
}

static int task_attempt(lua_State *lua)
{
    lua_pushinteger(lua, caller_of(lua)->calling->attempt);
    return 1;
}

static const luaL_Reg task_functions[] = {
    {"attempt", task_attempt},   {"cancelled", task_cancelled}, {"log", print}, {"name", task_name},
    {"progress", task_progress}, {"sleep", task_sleep},         {NULL, NULL},
};

static void refuse(lua_State *lua, const char *name)
{
    lua_pushfstring(lua, "os.%s", name);
    lua_pushcclosure(lua, refused, 1);
    lua_setfield(lua, -2, name);
}

static void replace_process(lua_State *lua)
{
    lua_getglobal(lua, "os");
    refuse(lua, "exit");
    refuse(lua, "setlocale");
    lua_pushcfunction(lua, os_getenv);
    lua_setfield(lua, -2, "getenv");
    lua_pushcfunction(lua, os_execute);
    lua_setfield(lua, -2, "execute");
    lua_getglobal(lua, "coroutine");
    lua_pushcfunction(lua, coroutine_create);
    lua_setfield(lua, -2, "create");
    lua_getfield(lua, -1, "wrap");
    lua_pushcclosure(lua, coroutine_wrap, 1);
    lua_setfield(lua, -2, "wrap");
    lua_pop(lua, 2);
}

void lua_library_open(lua_State *lua, struct caller *caller)
{
    *(struct caller **)lua_getextraspace(lua) = caller;
    luaL_openlibs(lua);
    passage_open(lua);
    replace_writing(lua);
    replace_process(lua);
    luaL_newlib(lua, task_functions);
    lua_setglobal(lua, "task");
    passage_push_null(lua);
    lua_setglobal(lua, "null");
    lua_settop(lua, 0);
}
