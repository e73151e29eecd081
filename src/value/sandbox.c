/* One Lua state for all expressions, and the limits of each evaluation.
 *
 * Instructions are counted by Lua's hook. Memory is counted by the allocator, in two ways: what is
 * held at a time, and what was taken in all, for functions in C that make large texts run no
 * instructions. What takes neither counts its own steps (machine_charge). An expression cannot
 * catch errors, so whatever exceeds a limit ends it. */
#include "value/sandbox.h"

#include <ctype.h>
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "value/library.h"
#include "value/machine.h"

enum { INSTRUCTIONS = 10 * 1000 * 1000 };
static const size_t MEMORY = (size_t)1 << 30, TIDY_ABOVE = (size_t)64 << 20;
static const uint64_t TURNOVER = (uint64_t)4 << 30, STEPS = 200 * 1000 * 1000;

static const char memory_message[] = "the expression takes more than 1 GiB of memory";
static const char turnover_message[] = "the expression makes more than 4 GiB of values";

static void *allocate(void *context, void *old, size_t old_size, size_t size)
{
    struct sandbox *sandbox = context;
    if (old == NULL)
        old_size = 0;
    if (size > old_size) {
        sandbox->is_worn = sandbox->taken + (size - old_size) > sandbox->most;
        if (sandbox->is_worn || sandbox->used - old_size + size > sandbox->limit)
            return NULL;
        sandbox->taken += size - old_size;
    }
    void *memory = NULL;
    if (size == 0)
        free(old);
    else
        memory = memory_resize(old, size, 1);
    sandbox->used += size - old_size;
    return memory;
}

static int on_panic(lua_State *lua)
{
    (void)lua;
    memory_exhausted();
    return 0;
}

static void on_count(lua_State *lua, lua_Debug *ignored)
{
    (void)ignored;
    luaL_error(lua, "the expression takes more than %d instructions", INSTRUCTIONS);
}

struct sandbox *machine_sandbox(lua_State *lua)
{
    return *(struct sandbox **)lua_getextraspace(lua);
}

void machine_charge(lua_State *lua, uint64_t steps)
{
    struct sandbox *sandbox = machine_sandbox(lua);
    if (steps > sandbox->steps)
        luaL_error(lua, "the expression takes more than %d steps", (int)STEPS);
    sandbox->steps -= steps;
}

static int open_all(lua_State *lua)
{
    library_open(lua);
    return 0;
}

struct sandbox *sandbox_new(struct names *names, struct snapshot *snapshot)
{
    struct sandbox *sandbox = memory_new(sizeof *sandbox);
    sandbox->names = names;
    sandbox->snapshot = snapshot;
    sandbox->limit = SIZE_MAX;
    sandbox->most = UINT64_MAX;
    sandbox->lua = lua_newstate(allocate, sandbox);
    if (sandbox->lua == NULL)
        memory_exhausted();
    lua_atpanic(sandbox->lua, on_panic);
    *(struct sandbox **)lua_getextraspace(sandbox->lua) = sandbox;
    lua_pushcfunction(sandbox->lua, open_all);
    lua_call(sandbox->lua, 0, 0);
    return sandbox;
}

void sandbox_free(struct sandbox *sandbox)
{
    if (sandbox == NULL)
        return;
    lua_close(sandbox->lua);
    arena_release(&sandbox->arena);
    memory_free(sandbox);
}

static void begin(struct sandbox *sandbox)
{
    sandbox->limit = sandbox->used + MEMORY;
    sandbox->taken = 0;
    sandbox->most = TURNOVER;
    sandbox->steps = STEPS;
    lua_sethook(sandbox->lua, on_count, LUA_MASKCOUNT, INSTRUCTIONS);
}

static void end(struct sandbox *sandbox)
{
    size_t used_before = sandbox->limit - MEMORY;
    sandbox->limit = SIZE_MAX;
    sandbox->most = UINT64_MAX;
    lua_sethook(sandbox->lua, NULL, 0, 0);
    lua_settop(sandbox->lua, 0);
    memory_free(sandbox->hint);
    sandbox->hint = NULL;
    if (sandbox->used > used_before && sandbox->used - used_before > TIDY_ABOVE)
        lua_gc(sandbox->lua, LUA_GCCOLLECT);
}

static const char *message_of(struct sandbox *sandbox, int status)
{
    if (status == LUA_ERRMEM)
        return sandbox->is_worn ? turnover_message : memory_message;
    if (lua_type(sandbox->lua, -1) != LUA_TSTRING)
        return "an error that is not text was raised";
    const char *message = lua_tostring(sandbox->lua, -1);
    /* So luaL_Buffer puts it. */
    if (strcmp(message, "not enough memory") == 0)
        return sandbox->is_worn ? turnover_message : memory_message;
    return message;
}

bool machine_call(struct sandbox *sandbox, lua_CFunction function, void *argument,
                  struct error *error)
{
    begin(sandbox);
    lua_pushcfunction(sandbox->lua, function);
    lua_pushlightuserdata(sandbox->lua, argument);
    int status = lua_pcall(sandbox->lua, 1, 0, 0);
    if (status != LUA_OK) {
        error_set(error, PLACE_NONE, "%s", message_of(sandbox, status));
        if (sandbox->hint != NULL)
            error_hint(error, "%s", sandbox->hint);
    }
    end(sandbox);
    return status == LUA_OK;
}

json_t *machine_value(lua_State *lua, int index, struct error *error)
{
    /* An error of memory raised half-way would lose the JSON that is there already. What is made is
     * limited by its own size instead. */
    struct sandbox *sandbox = machine_sandbox(lua);
    size_t limit = sandbox->limit;
    uint64_t most = sandbox->most;
    sandbox->limit = SIZE_MAX;
    sandbox->most = UINT64_MAX;
    json_t *value = passage_pull(lua, index, error);
    sandbox->limit = limit;
    sandbox->most = most;
    return value;
}

struct run {
    const struct expression *expression;
    json_t **values;
    json_t *result;
    struct error error; /* why there is no result, if Lua itself succeeded */
};

static int run_function(lua_State *lua)
{
    struct run *run = lua_touserdata(lua, 1);
    const struct expression *expression = run->expression;
    luaL_checkstack(lua, expression->reference_count + 4, NULL);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, expression->function);
    for (int i = 0; i < expression->reference_count; i++) {
        if (run->values[i] == NULL) {
            lua_pushnil(lua);
            continue;
        }
        passage_push(lua, run->values[i]);
        /* Lua has its own copy now. */
        json_decref(run->values[i]);
        run->values[i] = NULL;
    }
    lua_call(lua, expression->reference_count, 1);
    run->result = machine_value(lua, -1, &run->error);
    return 0;
}

static void write_reference(struct sandbox *sandbox, const struct reference *reference,
                            struct buffer *out)
{
    for (int i = 0; i < reference->depth; i++) {
        buffer_add_text(out, i > 0 ? "." : "");
        buffer_add_text(out, names_text(sandbox->names, reference->names[i]));
    }
}

/* The number N in "local '__N'" or "upvalue '__N'" at the start of text, and its length; else 0. */
static unsigned hidden_name(const char *text, size_t *ret_length)
{
    static const char *const kinds[] = {"local '__", "upvalue '__"};
    for (int i = 0; i < 2; i++) {
        size_t length = strlen(kinds[i]);
        if (strncmp(text, kinds[i], length) != 0 || !isdigit((unsigned char)text[length]))
            continue;
        char *end;
        unsigned long number = strtoul(text + length, &end, 10);
        *ret_length = (size_t)(end - text) + 1;
        return *end == '\'' && number <= UINT16_MAX ? (unsigned)number : 0;
    }
    return 0;
}

/* Lua's message without the name of its chunk, and with ours for references. */
static void explain(struct sandbox *sandbox, const struct expression *expression, const char *at,
                    struct error *error)
{
    static const char chunk[] = "expression:";
    if (strncmp(at, chunk, sizeof chunk - 1) == 0) {
        const char *behind = at + sizeof chunk - 1;
        behind += strspn(behind, "0123456789");
        at = strncmp(behind, ": ", 2) == 0 ? behind + 2 : at;
    }
    CLEANUP_BUFFER struct buffer text = {0};
    while (*at != '\0') {
        size_t length = 1;
        unsigned number = hidden_name(at, &length);
        if (number > 0 && number <= expression->reference_count)
            write_reference(sandbox, &expression->references[number - 1], &text);
        else
            buffer_add(&text, at, length = 1);
        at += length;
    }
    error_set(error, expression->at, "%s", buffer_text(&text));
}

static bool get_values(const struct expression *expression, const struct evaluation *evaluation,
                       json_t **values, struct error *error)
{
    for (int i = 0; i < expression->reference_count; i++) {
        CLEANUP_ERROR struct error why = {0};
        values[i] = evaluation->value(evaluation->context, &expression->references[i], &why);
        if (values[i] != NULL || why.message == NULL)
            continue;
        error_set(error, expression->at, "%s", why.message);
        if (why.hint != NULL)
            error_hint(error, "%s", why.hint);
        return false;
    }
    return true;
}

static json_t *run_expression(struct sandbox *sandbox, const struct expression *expression,
                              json_t **values, struct error *error)
{
    struct run run = {.expression = expression, .values = values};
    CLEANUP_ERROR struct error why = {0};
    if (!machine_call(sandbox, run_function, &run, &why)) {
        explain(sandbox, expression, why.message, error);
        if (why.hint != NULL)
            error_hint(error, "%s", why.hint);
    } else if (run.result == NULL) {
        error_set(error, expression->at, "%s", run.error.message);
        if (run.error.hint != NULL)
            error_hint(error, "%s", run.error.hint);
    }
    error_release(&run.error);
    return run.result;
}

json_t *sandbox_evaluate(struct sandbox *sandbox, const struct expression *expression,
                         const struct evaluation *evaluation, struct error *error)
{
    uint16_t count = expression->reference_count;
    json_t **values = memory_array(count, sizeof *values);
    json_t *result = NULL;
    sandbox->flags = evaluation->flags;
    if (get_values(expression, evaluation, values, error)) {
        if (expression->function != EXPRESSION_IS_REFERENCE)
            result = run_expression(sandbox, expression, values, error);
        else
            result = values[0] != NULL ? json_incref(values[0]) : json_null();
    }
    for (int i = 0; i < count; i++)
        json_decref(values[i]);
    memory_free(values);
    return result;
}

const char *sandbox_version(void)
{
    return LUA_RELEASE;
}
