/* Goes through an expression's tokens once and decides of each name what it is: a field, the key of
 * a table, a local, a reference, a function. Names declared anywhere in the expression count as
 * locals everywhere in it; Lua itself then finds those used outside their block to be nil. */
#include "value/rewrite.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "value/lexer.h"
#include "value/library.h"

enum { LONGEST_NAME = 1024 };

/* Where names are being declared. */
enum declaring {
    DECLARING_NOTHING,
    DECLARING_LOCALS,     /* behind local and for */
    DECLARING_ATTRIBUTE,  /* local x <const> */
    DECLARING_PARAMETERS, /* between the parentheses of a function */
};

struct mark {
    size_t offset, length;
};

struct rewriter {
    const struct expression_source *source;
    struct lexer lexer;
    const struct scope *scope;
    struct names *names;
    struct rewritten *result;
    struct error *error;
    struct token before;
    enum declaring declaring;
    bool has_function;      /* so '=' may be an assignment */
    bool awaits_parameters; /* between `function` and its parenthesis */
    struct names locals;
    VEC(struct mark) strangers; /* names that must turn out to be locals */
    VEC(struct mark) brackets;  /* that are open */
};

place expression_place(const struct expression_source *source, size_t offset)
{
    if (source->at == PLACE_NONE)
        return PLACE_NONE;
    place at = source->at;
    for (size_t i = 0; i < offset && i < source->length; i++)
        at += ((unsigned char)source->text[i] & 0xc0) != 0x80;
    return at;
}

static place here(const struct rewriter *rewriter, size_t offset)
{
    return expression_place(rewriter->source, offset);
}

static const char *text_at(const struct rewriter *rewriter, size_t offset)
{
    return rewriter->source->text + offset;
}

static void emit(struct rewriter *rewriter, const char *text, size_t length, struct mark source)
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

static bool emit_token(struct rewriter *rewriter, const struct token *token)
{
    emit(rewriter, text_at(rewriter, token->offset), token->length,
         (struct mark){token->offset, token->length});
    return true;
}

static bool was(const struct rewriter *rewriter, const char *text)
{
    return rewriter->before.length > 0 && token_is(&rewriter->lexer, &rewriter->before, text);
}

static struct token following(const struct rewriter *rewriter)
{
    struct lexer lexer = rewriter->lexer;
    return lexer_next(&lexer);
}

static bool is_in_braces(const struct rewriter *rewriter)
{
    uint32_t count = rewriter->brackets.count;
    return count > 0 && *text_at(rewriter, rewriter->brackets.items[count - 1].offset) == '{';
}

/* The characters of a name of the workflow language, which may hold '-'. */
static int run_length(const struct rewriter *rewriter, size_t offset)
{
    size_t end = offset;
    while (end < rewriter->source->length && end - offset < LONGEST_NAME &&
           (isalnum((unsigned char)*text_at(rewriter, end)) || *text_at(rewriter, end) == '_' ||
            *text_at(rewriter, end) == '-'))
        end++;
    return (int)(end - offset);
}

struct path {
    const char *names[REFERENCE_DEPTH];
    struct reference reference;
    size_t last; /* offset of the last name */
};

static void path_add(struct rewriter *rewriter, struct path *path, size_t offset, int length)
{
    name id = names_add(rewriter->names, text_at(rewriter, offset), (size_t)length);
    path->names[path->reference.depth] = names_text(rewriter->names, id);
    path->reference.names[path->reference.depth++] = id;
    path->last = offset;
}

static int declared(struct rewriter *rewriter, const struct path *path, size_t offset)
{
    int result = rewriter->scope->declared(rewriter->scope->context, path->names,
                                           path->reference.depth, text_at(rewriter, offset),
                                           run_length(rewriter, offset), rewriter->error);
    if (result < 0 && rewriter->error != NULL)
        rewriter->error->at = here(rewriter, offset);
    return result;
}

static size_t after_blanks(const struct rewriter *rewriter, size_t offset)
{
    while (offset < rewriter->source->length && isspace((unsigned char)*text_at(rewriter, offset)))
        offset++;
    return offset;
}

/* The offset of the name behind a dot that comes next, or 0. */
static size_t dotted_name(const struct rewriter *rewriter, size_t offset)
{
    offset = after_blanks(rewriter, offset);
    if (offset >= rewriter->source->length || *text_at(rewriter, offset) != '.')
        return 0;
    offset = after_blanks(rewriter, offset + 1);
    return run_length(rewriter, offset) > 0 ? offset : 0;
}

static bool add_reference(struct rewriter *rewriter, const struct path *path, struct mark source)
{
    struct rewritten *result = rewriter->result;
    uint32_t at = 0;
    while (at < result->references.count &&
           memcmp(&result->references.items[at], &path->reference, sizeof path->reference) != 0)
        at++;
    if (at == MOST_REFERENCES)
        return error_set(rewriter->error, here(rewriter, source.offset),
                         "an expression mentions more than %d different values", MOST_REFERENCES);
    if (at == result->references.count)
        *VEC_PUSH(&result->references) = path->reference;
    char text[16];
    int length = snprintf(text, sizeof text, "__%u", at + 1);
    emit(rewriter, text, (size_t)length, source);
    return true;
}

static bool read_reference(struct rewriter *rewriter, struct token *root, int length)
{
    struct path path;
    memset(&path, 0, sizeof path); /* references are compared as bytes */
    path_add(rewriter, &path, root->offset, length);
    size_t end = root->offset + (size_t)length, next;
    while (path.reference.depth < REFERENCE_DEPTH && (next = dotted_name(rewriter, end)) != 0) {
        int more = declared(rewriter, &path, next);
        if (more < 0)
            return false;
        if (more == SCOPE_DATA)
            break;
        path_add(rewriter, &path, next, more);
        end = next + (size_t)more;
    }
    if (!rewriter->scope->may_end(rewriter->scope->context, path.names, path.reference.depth,
                                  rewriter->error)) {
        if (rewriter->error != NULL)
            rewriter->error->at = here(rewriter, path.last);
        return false;
    }
    rewriter->lexer.at = end;
    root->length = end - root->offset;
    return add_reference(rewriter, &path, (struct mark){root->offset, end - root->offset});
}

static bool is_listed(const char *const *list, const char *text)
{
    while (*list != NULL && strcmp(*list, text) != 0)
        list++;
    return *list != NULL;
}

static bool unknown_member(struct rewriter *rewriter, const struct token *token,
                           const char *library, const char *member)
{
    const char *const *members = library_members(library);
    size_t count = 0;
    while (members[count] != NULL)
        count++;
    error_set(rewriter->error, here(rewriter, token->offset), "'%s' has no '%s' here", library,
              member);
    const char *nearest = text_nearest(member, members, count);
    if (nearest != NULL)
        error_hint(rewriter->error, "did you mean '%s.%s'?", library, nearest);
    return false;
}

/* A library's name is followed by a dot and the name of a member. */
static bool read_library(struct rewriter *rewriter, struct token *token, const char *library)
{
    emit_token(rewriter, token);
    struct token dot = following(rewriter);
    if (!token_is(&rewriter->lexer, &dot, "."))
        return error_set(rewriter->error, here(rewriter, token->offset),
                         "'%s' is a library: one of its functions must follow", library);
    *token = lexer_next(&rewriter->lexer);
    emit_token(rewriter, token);
    struct token member = following(rewriter);
    CLEANUP_FREE char *text = memory_text_n(text_at(rewriter, member.offset), member.length);
    if (member.kind == TOKEN_NAME && !is_listed(library_members(library), text))
        return unknown_member(rewriter, &member, library, text);
    return true;
}

static uint8_t status_of(const char *text)
{
    static const char *const names[] = {"success", "failure", "always", "cancelled"};
    for (int i = 0; i < 4; i++)
        if (strcmp(names[i], text) == 0)
            return (uint8_t)(1 << i);
    return 0;
}

static bool read_function(struct rewriter *rewriter, const struct token *token, const char *text)
{
    static const char *const readers[] = {"glob", "read", "lines", "csv", NULL};
    struct token next = following(rewriter);
    uint8_t status = status_of(text);
    if (status != 0 && !token_is(&rewriter->lexer, &next, "(")) {
        error_set(rewriter->error, here(rewriter, token->offset), "'%s' is a function", text);
        return error_hint(rewriter->error, "write '%s()'", text);
    }
    rewriter->result->calls |= status;
    rewriter->result->reads_files = rewriter->result->reads_files || is_listed(readers, text);
    return emit_token(rewriter, token);
}

/* A name that is no reference. */
static bool read_global(struct rewriter *rewriter, struct token *token)
{
    CLEANUP_FREE char *text = memory_text_n(text_at(rewriter, token->offset), token->length);
    if (names_find(&rewriter->locals, text, token->length) != UINT32_MAX)
        return emit_token(rewriter, token);
    if (library_members(text) != NULL)
        return read_library(rewriter, token, text);
    if (is_listed(library_functions, text))
        return read_function(rewriter, token, text);
    *VEC_PUSH(&rewriter->strangers) = (struct mark){token->offset, token->length};
    return emit_token(rewriter, token);
}

static bool declare(struct rewriter *rewriter, const struct token *token)
{
    const char *text = text_at(rewriter, token->offset);
    int length = (int)token->length;
    CLEANUP_ERROR struct error ignored = {0};
    struct path none = {0};
    int known =
        rewriter->scope->declared(rewriter->scope->context, none.names, 0, text, length, &ignored);
    if (known != SCOPE_DATA)
        return error_set(rewriter->error, here(rewriter, token->offset),
                         "'%.*s' is a name of pargraph's", length, text);
    if (strncmp(text, "__", 2) == 0 || (length == 4 && memcmp(text, "_ENV", 4) == 0))
        return error_set(rewriter->error, here(rewriter, token->offset),
                         "the name '%.*s' is reserved", length, text);
    names_add(&rewriter->locals, text, token->length);
    return emit_token(rewriter, token);
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
    struct token next = following(rewriter);
    bool is_key = is_in_braces(rewriter) && token_is(&rewriter->lexer, &next, "=") &&
                  (was(rewriter, "{") || was(rewriter, ",") || was(rewriter, ";"));
    bool is_label = was(rewriter, "::") || was(rewriter, "goto");
    if (was(rewriter, ".") || was(rewriter, ":") || is_key || is_label ||
        rewriter->declaring == DECLARING_ATTRIBUTE)
        return emit_token(rewriter, token);
    if (is_declaration(rewriter))
        return declare(rewriter, token);
    struct path none = {0};
    int length = declared(rewriter, &none, token->offset);
    if (length < 0)
        return false;
    if (length == SCOPE_DATA)
        return read_global(rewriter, token);
    return read_reference(rewriter, token, length);
}

static bool on_keyword(struct rewriter *rewriter, const struct token *token)
{
    if (was(rewriter, ".")) {
        CLEANUP_BUFFER struct buffer text = {0};
        buffer_printf(&text, "[\"%.*s\"]", (int)token->length, text_at(rewriter, token->offset));
        rewriter->result->pieces.count--;
        emit(rewriter, text.bytes, text.length, (struct mark){token->offset, token->length});
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
    return emit_token(rewriter, token);
}

static bool close_bracket(struct rewriter *rewriter, const struct token *token)
{
    static const char pairs[] = "()[]{}";
    char closing = *text_at(rewriter, token->offset);
    char opening = strchr(pairs, closing)[-1];
    uint32_t count = rewriter->brackets.count;
    if (count == 0 || *text_at(rewriter, rewriter->brackets.items[count - 1].offset) != opening)
        return error_set(rewriter->error, here(rewriter, token->offset), "'%c' without '%c'",
                         closing, opening);
    rewriter->brackets.count--;
    return true;
}

static void follow_declaration(struct rewriter *rewriter, const struct token *token)
{
    char symbol = *text_at(rewriter, token->offset);
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
    const char *hint = operator_hint(text_at(rewriter, at), rewriter->source->length - at, &length);
    if (hint != NULL) {
        error_set(rewriter->error, here(rewriter, at), "'%.*s' is not an operator of Lua",
                  (int)length, text_at(rewriter, at));
        return error_hint(rewriter->error, "%s", hint);
    }
    if (token_is(&rewriter->lexer, token, "=") && !is_in_braces(rewriter) &&
        !rewriter->has_function) {
        error_set(rewriter->error, here(rewriter, at), "'=' cannot stand in an expression");
        return error_hint(rewriter->error, "write '==' to compare");
    }
    follow_declaration(rewriter, token);
    char symbol = *text_at(rewriter, at);
    if (symbol == '(' || symbol == '[' || symbol == '{')
        *VEC_PUSH(&rewriter->brackets) = (struct mark){at, 1};
    else if ((symbol == ')' || symbol == ']' || symbol == '}') && !close_bracket(rewriter, token))
        return false;
    return emit_token(rewriter, token);
}

/* Widens the token to all that it takes with it. */
static bool on_token(struct rewriter *rewriter, struct token *token)
{
    switch (token->kind) {
    case TOKEN_UNFINISHED:
        return error_set(rewriter->error, here(rewriter, token->offset),
                         *text_at(rewriter, token->offset) == '-' ? "this comment has no end"
                                                                  : "this text has no end");
    case TOKEN_NAME:
        return on_name(rewriter, token);
    case TOKEN_KEYWORD:
        return on_keyword(rewriter, token);
    case TOKEN_SYMBOL:
        return on_symbol(rewriter, token);
    default:
        return emit_token(rewriter, token);
    }
}

static bool refuse_stranger(struct rewriter *rewriter, const struct mark *mark)
{
    static const char *const candidates[] = {"params", "env",  "matrix", "needs", "task",
                                             "run",    "here", "rank",   "size"};
    enum { COUNT = sizeof candidates / sizeof *candidates };
    CLEANUP_FREE char *text = memory_text_n(text_at(rewriter, mark->offset), mark->length);
    const char *roots[COUNT];
    size_t count = 0;
    for (size_t i = 0; i < COUNT; i++) {
        CLEANUP_ERROR struct error ignored = {0};
        struct path none = {0};
        if (rewriter->scope->declared(rewriter->scope->context, none.names, 0, candidates[i],
                                      (int)strlen(candidates[i]), &ignored) > 0)
            roots[count++] = candidates[i];
    }
    error_set(rewriter->error, here(rewriter, mark->offset), "unknown name '%s'", text);
    names_suggest(text, roots, count, rewriter->error);
    return false;
}

static bool check_whole(struct rewriter *rewriter)
{
    for (uint32_t i = 0; i < rewriter->strangers.count; i++) {
        const struct mark *mark = &rewriter->strangers.items[i];
        if (names_find(&rewriter->locals, text_at(rewriter, mark->offset), mark->length) ==
            UINT32_MAX)
            return refuse_stranger(rewriter, mark);
    }
    if (rewriter->brackets.count > 0) {
        size_t last = rewriter->brackets.items[rewriter->brackets.count - 1].offset;
        return error_set(rewriter->error, here(rewriter, last), "'%c' is not closed",
                         *text_at(rewriter, last));
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
