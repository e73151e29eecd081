/* From an expression's text to a function of Lua.
 *
 * Lua says in which line an error is, but not where in it. So it is given the source one token at a
 * time: when it stops, it has just asked for the token behind the one it complains of. */
#include <lauxlib.h>
#include <string.h>

#include "base/memory.h"
#include "value/lexer.h"
#include "value/machine.h"
#include "value/rewrite.h"
#include "value/sandbox.h"

/* How far a quote is taken to reach before it is taken for a slip. */
enum { LONGEST_SLIP = 4096 };

static long first_braces(const char *text, size_t from, size_t length)
{
    const char *braces = memmem(text + from, length - from, "}}", 2);
    return braces != NULL ? (long)(braces - text) : -1;
}

/* An unclosed quote (it's) must not swallow the rest of the text: the error is in the expression.
 */
static long end_behind_slip(const char *text, size_t length, const struct token *token)
{
    char first = text[token->offset];
    bool is_quote = first == '"' || first == '\'';
    return is_quote && token->length <= LONGEST_SLIP ? first_braces(text, token->offset, length)
                                                     : -1;
}

long sandbox_expression_end(const char *text, size_t length)
{
    struct lexer lexer = {.text = text, .length = length};
    size_t depth = 0;
    for (;;) {
        struct token token = lexer_next(&lexer);
        if (token.kind == TOKEN_END)
            return -1;
        if (token.kind == TOKEN_UNFINISHED)
            return end_behind_slip(text, length, &token);
        if (token.kind != TOKEN_SYMBOL)
            continue;
        char symbol = text[token.offset];
        if (symbol == '}' && depth == 0 && token.offset + 1 < length &&
            text[token.offset + 1] == '}')
            return (long)token.offset;
        if (symbol == '{')
            depth++;
        else if (symbol == '}' && depth > 0)
            depth--;
    }
}

struct compilation {
    const struct rewritten *rewritten;
    const char *opening; /* "return function(__1, __2) return (" */
    uint32_t given;      /* parts that Lua asked for: the opening, the pieces, the closing */
    int function;
};

static const char *next_part(lua_State *lua, void *context, size_t *ret_length)
{
    (void)lua;
    static const char *const closing[] = {" )", " end"};
    struct compilation *compilation = context;
    const struct rewritten *rewritten = compilation->rewritten;
    uint32_t part = compilation->given++, count = rewritten->pieces.count;
    const char *text = NULL;
    if (part == 0)
        text = compilation->opening;
    else if (part > count && part <= count + 2)
        text = closing[part - count - 1];
    if (part == 0 || part > count) {
        *ret_length = text != NULL ? strlen(text) : 0;
        return text;
    }
    const struct piece *piece = &rewritten->pieces.items[part - 1];
    *ret_length = piece->length + 1;
    return rewritten->text.bytes + piece->text - 1;
}

static int compile(lua_State *lua)
{
    struct compilation *compilation = lua_touserdata(lua, 1);
    if (lua_load(lua, next_part, compilation, "=expression", "t") != LUA_OK)
        return lua_error(lua);
    lua_call(lua, 0, 1);
    compilation->function = luaL_ref(lua, LUA_REGISTRYINDEX);
    return 0;
}

static char *opening_of(const struct rewritten *rewritten)
{
    struct buffer text = {0};
    buffer_add_text(&text, "return function(");
    for (uint32_t i = 0; i < rewritten->references.count; i++)
        buffer_printf(&text, "%s__%u", i > 0 ? "," : "", i + 1);
    buffer_add_text(&text, ")return(");
    return buffer_take(&text);
}

static bool is_near(const struct rewritten *rewritten, uint32_t piece, const char *near)
{
    size_t length = strlen(near);
    const struct piece *one = &rewritten->pieces.items[piece];
    return length == one->length + 2 &&
           memcmp(near + 1, rewritten->text.bytes + one->text, one->length) == 0;
}

/* The piece that Lua complains of; pieces.count for the end. Inside braces Lua looks one token
 * further ahead. */
static uint32_t bad_piece(const struct compilation *compilation, const char *near)
{
    const struct rewritten *rewritten = compilation->rewritten;
    uint32_t count = rewritten->pieces.count;
    uint32_t piece = compilation->given < 3 ? 0 : compilation->given - 3;
    if (piece > count)
        piece = count;
    bool is_right = piece < count && is_near(rewritten, piece, near);
    if (!is_right && piece > 0 && is_near(rewritten, piece - 1, near))
        piece--;
    return piece;
}

static bool is_statement(const char *text, size_t length)
{
    static const char *const words[] = {"if", "for", "while", "repeat", "do", "local", "return"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == length && memcmp(words[i], text, length) == 0)
            return true;
    return false;
}

static bool explain_end(const struct expression_source *source, const char *what,
                        struct error *error)
{
    bool is_word_missing = strstr(what, " expected") != NULL;
    place at = expression_place(source, source->length);
    if (is_word_missing && strncmp(what, "')'", 3) != 0 && what[0] != '<')
        return error_set(error, at, "%s before the end of the expression", what);
    return error_set(error, at, "something is missing at the end of the expression");
}

static bool explain(const struct compilation *compilation, const struct expression_source *source,
                    char *message, struct error *error)
{
    static const char chunk[] = "expression:";
    if (strncmp(message, chunk, sizeof chunk - 1) == 0 && strchr(message, ' ') != NULL)
        message = strchr(message, ' ') + 1;
    char *near = strstr(message, " near ");
    if (near == NULL)
        return error_set(error, source->at, "%s", message);
    *near = '\0';
    uint32_t bad = bad_piece(compilation, near + strlen(" near "));
    if (bad == compilation->rewritten->pieces.count)
        return explain_end(source, message, error);
    const struct piece *piece = &compilation->rewritten->pieces.items[bad];
    const char *text = source->text + piece->offset;
    place at = expression_place(source, piece->offset);
    int length = (int)piece->source_length;
    if (strcmp(message, "unexpected symbol") != 0 && strcmp(message, "')' expected") != 0)
        return error_set(error, at, "%s near '%.*s'", message, length, text);
    error_set(error, at, "unexpected '%.*s'", length, text);
    if (is_statement(text, piece->source_length))
        error_hint(error, "an expression is one value: 'and' and 'or' choose, and "
                          "(function() ... end)() may hold statements");
    return false;
}

static bool compile_rewritten(struct sandbox *sandbox, const struct expression_source *source,
                              const struct rewritten *rewritten, int *ret, struct error *error)
{
    if (rewritten->is_reference) {
        *ret = EXPRESSION_IS_REFERENCE;
        return true;
    }
    CLEANUP_FREE char *opening = opening_of(rewritten);
    CLEANUP_ERROR struct error why = {0};
    struct compilation compilation = {.rewritten = rewritten, .opening = opening};
    if (!machine_call(sandbox, compile, &compilation, &why))
        return explain(&compilation, source, why.message, error);
    *ret = compilation.function;
    return true;
}

bool sandbox_compile(struct sandbox *sandbox, const char *text, size_t length, place at,
                     const struct scope *scope, struct expression *ret, struct error *error)
{
    struct expression_source source = {.text = text, .length = length, .at = at};
    __attribute__((cleanup(rewritten_release))) struct rewritten rewritten;
    struct expression expression = {.at = at};
    if (!rewrite(&rewritten, &source, sandbox->names, scope, error) ||
        !compile_rewritten(sandbox, &source, &rewritten, &expression.function, error))
        return false;
    expression.calls = rewritten.calls;
    expression.reads_files = rewritten.reads_files;
    expression.reference_count = (uint16_t)rewritten.references.count;
    expression.references =
        arena_copy(&sandbox->arena, rewritten.references.items,
                   rewritten.references.count * sizeof *rewritten.references.items);
    expression.source = arena_text(&sandbox->arena, text, length);
    *ret = expression;
    return true;
}
