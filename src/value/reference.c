/* References: the longest chain of names that the scope declares. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "value/rewriter.h"

enum { LONGEST_NAME = 1024 };

/* The characters of a name of the workflow language, which may hold '-'. */
static int run_length(const struct rewriter *rewriter, size_t offset)
{
    size_t end = offset;
    while (end < rewriter->source->length && end - offset < LONGEST_NAME &&
           (isalnum((unsigned char)*rewriter_text(rewriter, end)) ||
            *rewriter_text(rewriter, end) == '_' || *rewriter_text(rewriter, end) == '-'))
        end++;
    return (int)(end - offset);
}

static void path_add(struct rewriter *rewriter, struct path *path, size_t offset, int length)
{
    name id = names_add(rewriter->names, rewriter_text(rewriter, offset), (size_t)length);
    path->names[path->reference.depth] = names_text(rewriter->names, id);
    path->reference.names[path->reference.depth++] = id;
    path->last = offset;
}

int rewriter_declared(struct rewriter *rewriter, const struct path *path, size_t offset)
{
    int result = rewriter->scope->declared(rewriter->scope->context, path->names,
                                           path->reference.depth, rewriter_text(rewriter, offset),
                                           run_length(rewriter, offset), rewriter->error);
    if (result < 0 && rewriter->error != NULL)
        rewriter->error->at = rewriter_place(rewriter, offset);
    return result;
}

static size_t after_blanks(const struct rewriter *rewriter, size_t offset)
{
    while (offset < rewriter->source->length &&
           isspace((unsigned char)*rewriter_text(rewriter, offset)))
        offset++;
    return offset;
}

/* The offset of the name behind a dot that comes next, or 0. */
static size_t dotted_name(const struct rewriter *rewriter, size_t offset)
{
    offset = after_blanks(rewriter, offset);
    if (offset >= rewriter->source->length || *rewriter_text(rewriter, offset) != '.')
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
        return error_set(rewriter->error, rewriter_place(rewriter, source.offset),
                         "an expression mentions more than %d different values", MOST_REFERENCES);
    if (at == result->references.count)
        *VEC_PUSH(&result->references) = path->reference;
    char text[16];
    int length = snprintf(text, sizeof text, "__%u", at + 1);
    rewriter_emit(rewriter, text, (size_t)length, source);
    return true;
}

bool rewriter_read_reference(struct rewriter *rewriter, struct token *root, int length)
{
    struct path path;
    memset(&path, 0, sizeof path); /* references are compared as bytes */
    path_add(rewriter, &path, root->offset, length);
    size_t end = root->offset + (size_t)length, next;
    while (path.reference.depth < REFERENCE_DEPTH && (next = dotted_name(rewriter, end)) != 0) {
        int more = rewriter_declared(rewriter, &path, next);
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
            rewriter->error->at = rewriter_place(rewriter, path.last);
        return false;
    }
    rewriter->lexer.at = end;
    root->length = end - root->offset;
    return add_reference(rewriter, &path, (struct mark){root->offset, end - root->offset});
}
