/* Goes through an expression's tokens once and decides of each name what it is: a field, the key of
 * a table, a local, a reference, a function. Names declared anywhere in the expression count as
 * locals everywhere in it; Lua itself then finds those used outside their block to be nil. */
#include "value/rewrite.h"

#include <string.h>

#include "value/rewriter.h"

place expression_place(const struct expression_source *source, size_t offset)
{
    if (source->at == PLACE_NONE)
        return PLACE_NONE;
    place at = source->at;
    for (size_t i = 0; i < offset && i < source->length; i++)
        at += ((unsigned char)source->text[i] & 0xc0) != 0x80;
    return at;
}

place rewriter_place(const struct rewriter *rewriter, size_t offset)
{
    return expression_place(rewriter->source, offset);
}

const char *rewriter_text(const struct rewriter *rewriter, size_t offset)
{
    return rewriter->source->text + offset;
}

void rewriter_emit(struct rewriter *rewriter, const char *text, size_t length, struct mark source)
{
    struct rewritten *result = rewriter->result;
    buffer_add_byte(&result->text, ' ');
    *VEC_PUSH(&result->pieces) = (struct piece){
        .text = result->text.length,
        .length = length,
        .offset = source.offset,
        .source_length = source.length,
    };
    buffer_add(&result->text, text, length);
}

bool rewriter_emit_token(struct rewriter *rewriter, const struct token *token)
{
    rewriter_emit(rewriter, rewriter_text(rewriter, token->offset), token->length,
                  (struct mark){token->offset, token->length});
    return true;
}

static bool was(const struct rewriter *rewriter, const char *text)
{
    return rewriter->before.length > 0 && token_is(&rewriter->lexer, &rewriter->before, text);
}

struct token rewriter_following(const struct rewriter *rewriter)
{
    struct lexer lexer = rewriter->lexer;
    return lexer_next(&lexer);
}

static bool is_in_braces(const struct rewriter *rewriter)
{
    uint32_t count = rewriter->brackets.count;
    return count > 0 && *rewriter_text(rewriter, rewriter->brackets.items[count - 1].offset) == '{';
}

static bool declare(struct rewriter *rewriter, const struct token *token)
{
    const char *text = rewriter_text(rewriter, token->offset);
    int length = (int)token->length;
    CLEANUP_ERROR struct error ignored = {0};
    struct path none = {0};
    int known =
        rewriter->scope->declared(rewriter->scope->context, none.names, 0, text, length, &ignored);
    if (known != SCOPE_DATA)
        return error_set(rewriter->error, rewriter_place(rewriter, token->offset),
                         "'%.*s' is a name of pargraph's", length, text);
    if (strncmp(text, "__", 2) == 0 || (length == 4 && memcmp(text, "_ENV", 4) == 0))
        return error_set(rewriter->error, rewriter_place(rewriter, token->offset),
                         "the name '%.*s' is reserved", length, text);
    names_add(&rewriter->locals, text, token->length);
    return rewriter_emit_token(rewriter, token);
}

static bool is_declaration(struct rewriter *rewriter)
{
    if (rewriter->declaring == DECLARING_PARAMETERS)
        return true;
    if (rewriter->declaring != DECLARING_LOCALS)
        return false;
    if (rewriter->before.kind == TOKEN_KEYWORD || was(rewriter, ","))
        return true;
    rewriter->declaring = DECLARING_NOTHING;
    return false;
}

static bool on_name(struct rewriter *rewriter, struct token *token)
{
    struct token next = rewriter_following(rewriter);
    bool is_key = is_in_braces(rewriter) && token_is(&rewriter->lexer, &next, "=") &&
                  (was(rewriter, "{") || was(rewriter, ",") || was(rewriter, ";"));
    bool is_label = was(rewriter, "::") || was(rewriter, "goto");
    if (was(rewriter, ".") || was(rewriter, ":") || is_key || is_label ||
        rewriter->declaring == DECLARING_ATTRIBUTE)
        return rewriter_emit_token(rewriter, token);
    if (is_declaration(rewriter))
        return declare(rewriter, token);
    struct path none = {0};
    int length = rewriter_declared(rewriter, &none, token->offset);
    if (length < 0)
        return false;
    if (length == SCOPE_DATA)
        return rewriter_read_global(rewriter, token);
    return rewriter_read_reference(rewriter, token, length);
}

static bool on_keyword(struct rewriter *rewriter, const struct token *token)
{
    if (was(rewriter, ".")) {
        CLEANUP_BUFFER struct buffer text = {0};
        buffer_printf(&text, "[\"%.*s\"]", (int)token->length,
                      rewriter_text(rewriter, token->offset));
        rewriter->result->pieces.count--;
        rewriter_emit(rewriter, text.bytes, text.length,
                      (struct mark){token->offset, token->length});
        return true;
    }
    bool is_function = token_is(&rewriter->lexer, token, "function");
    bool is_local = token_is(&rewriter->lexer, token, "local");
    if (is_local || token_is(&rewriter->lexer, token, "for"))
        rewriter->declaring = DECLARING_LOCALS;
    else if (!is_function || !was(rewriter, "local"))
        rewriter->declaring = DECLARING_NOTHING;
    if (is_function)
        rewriter->has_function = rewriter->awaits_parameters = true;
    return rewriter_emit_token(rewriter, token);
}

static bool close_bracket(struct rewriter *rewriter, const struct token *token)
{
    static const char pairs[] = "()[]{}";
    char closing = *rewriter_text(rewriter, token->offset);
    char opening = strchr(pairs, closing)[-1];
    uint32_t count = rewriter->brackets.count;
    if (count == 0 ||
        *rewriter_text(rewriter, rewriter->brackets.items[count - 1].offset) != opening)
        return error_set(rewriter->error, rewriter_place(rewriter, token->offset),
                         "'%c' without '%c'", closing, opening);
    rewriter->brackets.count--;
    return true;
}

static void follow_declaration(struct rewriter *rewriter, const struct token *token)
{
    char symbol = *rewriter_text(rewriter, token->offset);
    if (rewriter->declaring == DECLARING_ATTRIBUTE && symbol == '>')
        rewriter->declaring = DECLARING_LOCALS;
    else if (rewriter->declaring == DECLARING_LOCALS && symbol == '<' && token->length == 1)
        rewriter->declaring = DECLARING_ATTRIBUTE;
    else if (rewriter->declaring == DECLARING_LOCALS && symbol != ',')
        rewriter->declaring = DECLARING_NOTHING;
    else if (rewriter->declaring == DECLARING_PARAMETERS && symbol == ')')
        rewriter->declaring = DECLARING_NOTHING;
    if (rewriter->awaits_parameters && symbol == '(') {
        rewriter->awaits_parameters = false;
        rewriter->declaring = DECLARING_PARAMETERS;
    }
}

static bool on_symbol(struct rewriter *rewriter, const struct token *token)
{
    size_t at = token->offset, length;
    if (*rewriter_text(rewriter, at) == '\0')
        return error_set(rewriter->error, rewriter_place(rewriter, at),
                         "a NUL byte cannot stand in an expression");
    const char *hint =
        operator_hint(rewriter_text(rewriter, at), rewriter->source->length - at, &length);
    if (hint != NULL) {
        error_set(rewriter->error, rewriter_place(rewriter, at), "'%.*s' is not an operator of Lua",
                  (int)length, rewriter_text(rewriter, at));
        return error_hint(rewriter->error, "%s", hint);
    }
    if (token_is(&rewriter->lexer, token, "=") && !is_in_braces(rewriter) &&
        !rewriter->has_function) {
        error_set(rewriter->error, rewriter_place(rewriter, at),
                  "'=' cannot stand in an expression");
        return error_hint(rewriter->error, "write '==' to compare");
    }
    follow_declaration(rewriter, token);
    char symbol = *rewriter_text(rewriter, at);
    if (symbol == '(' || symbol == '[' || symbol == '{')
        *VEC_PUSH(&rewriter->brackets) = (struct mark){at, 1};
    else if ((symbol == ')' || symbol == ']' || symbol == '}') && !close_bracket(rewriter, token))
        return false;
    return rewriter_emit_token(rewriter, token);
}

/* Widens the token to all that it takes with it. */
static bool on_token(struct rewriter *rewriter, struct token *token)
{
    switch (token->kind) {
    case TOKEN_UNFINISHED:
        return error_set(rewriter->error, rewriter_place(rewriter, token->offset),
                         *rewriter_text(rewriter, token->offset) == '-' ? "this comment has no end"
                                                                        : "this text has no end");
    case TOKEN_NAME:
        return on_name(rewriter, token);
    case TOKEN_KEYWORD:
        return on_keyword(rewriter, token);
    case TOKEN_SYMBOL:
        return on_symbol(rewriter, token);
    default:
        return rewriter_emit_token(rewriter, token);
    }
}

static bool check_whole(struct rewriter *rewriter)
{
    for (uint32_t i = 0; i < rewriter->strangers.count; i++) {
        const struct mark *mark = &rewriter->strangers.items[i];
        if (names_find(&rewriter->locals, rewriter_text(rewriter, mark->offset), mark->length) ==
            UINT32_MAX)
            return rewriter_refuse_stranger(rewriter, mark);
    }
    if (rewriter->brackets.count > 0) {
        size_t last = rewriter->brackets.items[rewriter->brackets.count - 1].offset;
        return error_set(rewriter->error, rewriter_place(rewriter, last), "'%c' is not closed",
                         *rewriter_text(rewriter, last));
    }
    if (rewriter->result->pieces.count == 0)
        return error_set(rewriter->error, rewriter->source->at, "the expression is empty");
    return true;
}

static bool go_through(struct rewriter *rewriter)
{
    for (;;) {
        struct token token = lexer_next(&rewriter->lexer);
        if (token.kind == TOKEN_END)
            return check_whole(rewriter);
        if (!on_token(rewriter, &token))
            return false;
        rewriter->before = token;
    }
}

bool rewrite(struct rewritten *ret, const struct expression_source *source, struct names *names,
             const struct scope *scope, struct error *error)
{
    *ret = (struct rewritten){0};
    struct rewriter rewriter = {
        .source = source,
        .lexer = {.text = source->text, .length = source->length},
        .scope = scope,
        .names = names,
        .result = ret,
        .error = error,
    };
    names_init(&rewriter.locals);
    bool is_good = go_through(&rewriter);
    names_release(&rewriter.locals);
    VEC_RELEASE(&rewriter.strangers);
    VEC_RELEASE(&rewriter.brackets);
    ret->is_reference = is_good && ret->pieces.count == 1 && ret->references.count == 1;
    return is_good;
}

void rewritten_release(struct rewritten *rewritten)
{
    buffer_release(&rewritten->text);
    VEC_RELEASE(&rewritten->pieces);
    VEC_RELEASE(&rewritten->references);
}
