/* Lua's statements, read but not done: is their syntax right? */
#include <string.h>

#include <lauxlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "value/machine.h"
#include "value/sandbox.h"

struct chunk {
    const char *text;
    size_t length;
};

static int load(lua_State *lua)
{
    const struct chunk *chunk = lua_touserdata(lua, 1);
    if (luaL_loadbufferx(lua, chunk->text, chunk->length, "=source", "t") != LUA_OK)
        return lua_error(lua);
    return 0;
}

/* "source:3: unexpected symbol near 'x'" */
static uint32_t take_line(const char *message, const char **ret_rest)
{
    static const char chunk[] = "source:";
    uint32_t line = 0;
    *ret_rest = message;
    if (strncmp(message, chunk, sizeof chunk - 1) != 0)
        return 1;
    for (message += sizeof chunk - 1; *message >= '0' && *message <= '9'; message++)
        line = 10 * line + (uint32_t)(*message - '0');
    *ret_rest = message + strspn(message, ": ");
    return line > 0 ? line : 1;
}

/* Is it an expression, which lacks only its `return`? */
static bool is_expression(struct sandbox *sandbox, const struct chunk *chunk)
{
    CLEANUP_BUFFER struct buffer whole = {0};
    buffer_add_text(&whole, "return ");
    buffer_add(&whole, chunk->text, chunk->length);
    return machine_call(sandbox, load, &(struct chunk){whole.bytes, whole.length}, NULL);
}

bool sandbox_check_source(struct sandbox *sandbox, const char *text, size_t length,
                          uint32_t *ret_line, struct error *error)
{
    struct chunk source = {text, length};
    CLEANUP_ERROR struct error why = {0};
    const char *message;
    if (machine_call(sandbox, load, &source, &why))
        return true;
    *ret_line = take_line(why.message, &message);
    error_set(error, PLACE_NONE, "%s", message);
    return is_expression(sandbox, &source) &&
           error_hint(error, "what a function gives stands behind 'return'");
}
