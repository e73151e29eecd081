/* Names that belong to Lua: its libraries, our functions, and those that nobody knows. */
#include <string.h>

#include "base/text.h"
#include "value/library.h"
#include "value/rewriter.h"

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
    error_set(rewriter->error, rewriter_place(rewriter, token->offset), "'%s' has no '%s' here",
              library, member);
    const char *nearest = text_nearest(member, members, count);
    if (nearest != NULL)
        error_hint(rewriter->error, "did you mean '%s.%s'?", library, nearest);
    return false;
}

/* A library's name is followed by a dot and the name of a member. */
static bool read_library(struct rewriter *rewriter, struct token *token, const char *library)
{
    rewriter_emit_token(rewriter, token);
    struct token dot = rewriter_following(rewriter);
    if (!token_is(&rewriter->lexer, &dot, "."))
        return error_set(rewriter->error, rewriter_place(rewriter, token->offset),
                         "'%s' is a library: one of its functions must follow", library);
    *token = lexer_next(&rewriter->lexer);
    rewriter_emit_token(rewriter, token);
    struct token member = rewriter_following(rewriter);
    CLEANUP_FREE char *text = memory_text_n(rewriter_text(rewriter, member.offset), member.length);
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
    struct token next = rewriter_following(rewriter);
    uint8_t status = status_of(text);
    if (status != 0 && !token_is(&rewriter->lexer, &next, "(")) {
        error_set(rewriter->error, rewriter_place(rewriter, token->offset), "'%s' is a function",
                  text);
        return error_hint(rewriter->error, "write '%s()'", text);
    }
    rewriter->result->calls |= status;
    rewriter->result->reads_files = rewriter->result->reads_files || is_listed(readers, text);
    return rewriter_emit_token(rewriter, token);
}

/* A name that is no reference. */
bool rewriter_read_global(struct rewriter *rewriter, struct token *token)
{
    CLEANUP_FREE char *text = memory_text_n(rewriter_text(rewriter, token->offset), token->length);
    if (names_find(&rewriter->locals, text, token->length) != UINT32_MAX)
        return rewriter_emit_token(rewriter, token);
    if (library_members(text) != NULL)
        return read_library(rewriter, token, text);
    if (is_listed(library_functions, text))
        return read_function(rewriter, token, text);
    *VEC_PUSH(&rewriter->strangers) = (struct mark){token->offset, token->length};
    return rewriter_emit_token(rewriter, token);
}

bool rewriter_refuse_stranger(struct rewriter *rewriter, const struct mark *mark)
{
    static const char *const candidates[] = {"params", "env",  "matrix", "needs", "task",
                                             "run",    "here", "rank",   "size"};
    enum { COUNT = sizeof candidates / sizeof *candidates };
    CLEANUP_FREE char *text = memory_text_n(rewriter_text(rewriter, mark->offset), mark->length);
    const char *roots[COUNT];
    size_t count = 0;
    for (size_t i = 0; i < COUNT; i++) {
        CLEANUP_ERROR struct error ignored = {0};
        struct path none = {0};
        if (rewriter->scope->declared(rewriter->scope->context, none.names, 0, candidates[i],
                                      (int)strlen(candidates[i]), &ignored) > 0)
            roots[count++] = candidates[i];
    }
    error_set(rewriter->error, rewriter_place(rewriter, mark->offset), "unknown name '%s'", text);
    names_suggest(text, roots, count, rewriter->error);
    return false;
}
