/* What functions of Lua have: the standard library, less what is the whole process's, and `task`.
 */
#ifndef EXECUTE_LUA_LIBRARY_H
#define EXECUTE_LUA_LIBRARY_H

#include "execute/caller.h"

void lua_library_open(lua_State *lua, struct caller *caller);
/* Has the code raise an error soon, and again if that is caught. In a signal's handler. */
void lua_library_stop(lua_State *lua);

#endif
