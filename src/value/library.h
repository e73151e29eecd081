/* The functions that an expression may call. */
#ifndef VALUE_LIBRARY_H
#define VALUE_LIBRARY_H

#include <jansson.h>
#include <lua.h>

#include "base/buffer.h"
#include "base/error.h"

/* Sets what an expression sees as its globals: functions (library_functions), the libraries
 * (library_names), null. All of it is read-only. Raises errors. */
void library_open(lua_State *lua);

/* Lists that end with NULL. */
extern const char *const library_functions[];
extern const char *const library_names[];
/* The functions and constants of a library, or NULL if this is no library's name. */
const char *const *library_members(const char *name);

/* JSON, text and errors that a function holds while Lua may raise an error: freed with the Lua
 * value that holds them. */
struct holding {
    json_t *value;
    struct buffer text;
    struct error error;
};
struct holding *holding_new(lua_State *lua);
void holding_clear(struct holding *holding);
int holding_raise(lua_State *lua, struct holding *holding);

/* The text argument at index, which may not hold a NUL. */
const char *library_text(lua_State *lua, int index);

/* Puts in the place of a library's functions that may take long those that are charged for. */
void library_count(lua_State *lua, int table, const char *library);

int library_range(lua_State *lua);
int library_glob(lua_State *lua);
int library_read(lua_State *lua);
int library_lines(lua_State *lua);
int library_csv(lua_State *lua);
int library_json(lua_State *lua);
int library_fromjson(lua_State *lua);
int library_join(lua_State *lua);
int library_len(lua_State *lua);
int library_basename(lua_State *lua);
int library_dirname(lua_State *lua);
int library_stem(lua_State *lua);

#endif
