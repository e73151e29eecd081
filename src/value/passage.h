/* The passage of values into a state of Lua, any state, and out of it. Lua's integers are JSON
 * integers, a table whose keys are 1..n is a list (an empty table is a list, but one that came from
 * an empty map), any other with text keys a map; NaN, infinities, functions and mixed tables are
 * errors. nil is null, but JSON's null is `null`, a value of its own that is true. */
#ifndef VALUE_PASSAGE_H
#define VALUE_PASSAGE_H

#include <jansson.h>
#include <lua.h>
#include <stdbool.h>

#include "base/error.h"

enum { DEEPEST_VALUE = 64 };

/* Makes what the functions below need, once for a state. Raises errors of Lua, as all of them but
 * passage_pull do. */
void passage_open(lua_State *lua);
void passage_push_null(lua_State *lua);
/* Pushes a value as Lua's; the value stays its owner's. */
void passage_push(lua_State *lua, const json_t *value);
/* The value at index as JSON: new; NULL with an error. If the state's allocator fails meanwhile,
 * what was made so far is lost. */
json_t *passage_pull(lua_State *lua, int index, struct error *error);
/* Is the metatable at index one of those that tables of maps have: a list of their keys? */
bool passage_is_of_map(lua_State *lua, int index);

#endif
