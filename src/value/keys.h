/* The keys of a table of Lua, in an order that is the same in every run. */
#ifndef VALUE_KEYS_H
#define VALUE_KEYS_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

/* What the keys of a table are: 1..count makes a list. */
struct shape {
    size_t texts, numbers, others;
    lua_Integer least, largest;
};

struct key {
    const char *text;
    size_t length;
};

/* Nothing here raises errors, given room for four values on the stack. */
struct shape table_shape(lua_State *lua, int table);
bool shape_is_list(const struct shape *shape);
/* Room for table_keys. */
size_t table_most_keys(lua_State *lua, int table, const struct shape *shape);
/* The keys that are text: those that the map of JSON had in its order, then the others bytewise.
 * They live with the table. Returns their number. */
size_t table_keys(lua_State *lua, int table, const struct shape *shape, struct key *keys);

#endif
