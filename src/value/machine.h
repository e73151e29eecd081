/* What the parts of the sandbox share: its Lua state, the limits of the evaluation under way. */
#ifndef VALUE_MACHINE_H
#define VALUE_MACHINE_H

#include <lua.h>

#include "value/passage.h"
#include "value/sandbox.h"

struct sandbox {
    lua_State *lua;
    struct arena arena;
    struct names *names;
    struct snapshot *snapshot;
    size_t used, limit;   /* bytes that Lua has, and may have */
    uint64_t taken, most; /* bytes it took since the evaluation began, given back or not */
    uint64_t steps;       /* left for what C code does on its behalf */
    bool is_worn;         /* an allocation was refused because too much was taken */
    char *hint;           /* of the error that a function raised; may be NULL */
    uint8_t flags;        /* CALLS_... that are true now */
};

struct sandbox *machine_sandbox(lua_State *lua);
/* Counts steps of C code, which Lua's own count of instructions does not see; raises an error when
 * there were too many. */
void machine_charge(lua_State *lua, uint64_t steps);
/* lua_pcall of function(argument) inside the limits: on failure the error has Lua's message. */
bool machine_call(struct sandbox *sandbox, lua_CFunction function, void *argument,
                  struct error *error);

/* passage_pull inside the limits. */
json_t *machine_value(lua_State *lua, int index, struct error *error);
/* pairs(), but in the same order in every run: numbers, then text as a map of JSON had it, the rest
 * bytewise. */
int machine_pairs(lua_State *lua);

#endif
