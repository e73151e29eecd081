/* Where expressions stand in shell text, and so how a value is put there.
 *
 * The text is gone through once, as sh, dash, bash and ksh divide it, with a stack of what is open
 * instead of recursion. Where the shells differ, or where a value would be calculated or become a
 * name, an expression is an error: nothing here guesses. A comment is passed over, and what looks
 * like an expression in it stays as it is. */
#include "workflow/shell.h"

#include <string.h>

enum { OPENING = 3, CLOSING = 2 }; /* ${{ and }} */

char shell_peek(const struct scanner *scanner, size_t ahead)
{
    return scanner->limit - scanner->at > ahead ? scanner->text[scanner->at + ahead] : '\0';
}

bool shell_is_hole(const struct scanner *scanner, size_t offset)
{
    return offset + OPENING <= scanner->limit &&
           memcmp(scanner->text + offset, "${{", OPENING) == 0;
}

struct frame *shell_top(struct scanner *scanner)
{
    return &scanner->frames[scanner->depth - 1];
}

static place place_of(const struct scanner *scanner, size_t offset)
{
    place at = scanner->begin;
    for (size_t i = 1; i <= offset; i++)
        at += ((unsigned char)scanner->text[i] & 0xc0) != 0x80;
    return at;
}

bool shell_fail(struct scanner *scanner, size_t offset, const char *message)
{
    scanner->has_failed = true;
    return error_set(scanner->error, place_of(scanner, offset), "%s", message);
}

bool shell_refuse(struct scanner *scanner, size_t offset, const char *where)
{
    scanner->has_failed = true;
    error_set(scanner->error, place_of(scanner, offset), "an expression cannot stand %s", where);
    return error_hint(scanner->error, "assign it to a variable first: v=${{ ... }}");
}

bool shell_doubt(struct scanner *scanner, const char *behind)
{
    const char *hole =
        memmem(scanner->text + scanner->at, scanner->length - scanner->at, "${{", OPENING);
    if (hole == NULL)
        return false;
    scanner->has_failed = true;
    error_set(scanner->error, place_of(scanner, (size_t)(hole - scanner->text)),
              "an expression cannot stand behind %s: shells differ in what follows", behind);
    return error_hint(scanner->error, "assign it to a variable at the beginning: v=${{ ... }}");
}

bool shell_push(struct scanner *scanner, uint8_t kind, size_t opening)
{
    if (scanner->depth == SHELL_DEPTH)
        return shell_doubt(scanner, "what is nested so deep");
    scanner->frames[scanner->depth++] = (struct frame){.kind = kind, .begin = scanner->at};
    scanner->at += opening;
    return true;
}

void shell_pop(struct scanner *scanner, size_t closing)
{
    scanner->depth--;
    scanner->at += closing;
}

uint32_t shell_level(const struct scanner *scanner)
{
    uint32_t level = 0;
    for (uint32_t i = 0; i < scanner->depth; i++)
        level += scanner->frames[i].kind != FRAME_PAREN && scanner->frames[i].kind != FRAME_CASE;
    return level;
}

/* What a value in a word of a command would be besides text. */
static const char *refusal_in_word(const struct scanner *scanner, const struct frame *frame)
{
    if (!frame->is_in_word)
        return NULL;
    if (frame->name_state == NAME_INDEX)
        return "in an array's index: the shell would calculate its value";
    if (frame->is_target)
        return NULL;
    size_t length = scanner->at - frame->word;
    if (frame->expects == EXPECTS_ARITHMETIC)
        return "where the shell would calculate its value";
    if (frame->expects == EXPECTS_NAME ||
        (frame->expects == EXPECTS_DECLARATION &&
         memchr(scanner->text + frame->word, '=', length) == NULL))
        return "in a name";
    return NULL;
}

static const char *refusal_of(const struct scanner *scanner, const struct frame *frame)
{
    switch (frame->kind) {
    case FRAME_ARITHMETIC:
        return "inside of $(( )) or (( )): the shell would calculate its value";
    case FRAME_BACKQUOTE:
        return "inside of backquotes";
    case FRAME_PARAMETER:
        return frame->takes == QUOTING_NONE ? "in this part of ${ }" : NULL;
    case FRAME_DOUBLE:
        return frame->is_nested ? "in quotes inside of \"${ }\"" : NULL;
    case FRAME_HEREDOC:
        return NULL;
    default:
        return refusal_in_word(scanner, frame);
    }
}

bool shell_take_hole(struct scanner *scanner, uint8_t quoting)
{
    for (uint32_t i = 0; i < scanner->depth; i++) {
        const char *refusal = refusal_of(scanner, &scanner->frames[i]);
        if (refusal != NULL)
            return shell_refuse(scanner, scanner->at, refusal);
    }
    size_t inside = scanner->at + OPENING;
    long end = sandbox_expression_end(scanner->text + inside, scanner->limit - inside);
    if (end < 0)
        return shell_fail(scanner, scanner->at, "'${{' without '}}'");
    *VEC_PUSH(&scanner->holes) =
        (struct shell_hole){.offset = (uint32_t)scanner->at,
                            .length = (uint32_t)(OPENING + (size_t)end + CLOSING),
                            .quoting = quoting};
    scanner->at = inside + (size_t)end + CLOSING;
    return true;
}

bool shell_take_escape(struct scanner *scanner)
{
    if (shell_is_hole(scanner, scanner->at + 1))
        return shell_refuse(scanner, scanner->at + 1, "behind a backslash");
    scanner->at += scanner->at + 1 < scanner->limit ? 2 : 1;
    return true;
}

bool shell_take_single(struct scanner *scanner)
{
    size_t begin = scanner->at++;
    while (scanner->at < scanner->limit) {
        if (shell_is_hole(scanner, scanner->at)) {
            if (!shell_take_hole(scanner, QUOTING_SINGLE))
                return false;
        } else if (scanner->text[scanner->at++] == '\'') {
            return true;
        }
    }
    return shell_fail(scanner, begin, "this single quote is not closed");
}

static bool step_double(struct scanner *scanner)
{
    char byte = shell_peek(scanner, 0);
    bool is_heredoc = shell_top(scanner)->kind == FRAME_HEREDOC;
    if (shell_is_hole(scanner, scanner->at))
        return shell_take_hole(scanner, is_heredoc ? QUOTING_HEREDOC : QUOTING_DOUBLE);
    if (byte == '\\')
        return shell_take_escape(scanner);
    if (byte == '$')
        return shell_take_dollar(scanner);
    if (byte == '`')
        return shell_push(scanner, FRAME_BACKQUOTE, 1);
    if (byte == '"' && !is_heredoc)
        shell_pop(scanner, 1);
    else
        scanner->at++;
    return true;
}

static bool step(struct scanner *scanner)
{
    switch (shell_top(scanner)->kind) {
    case FRAME_DOUBLE:
    case FRAME_HEREDOC:
        return step_double(scanner);
    case FRAME_BACKQUOTE:
        return shell_step_backquote(scanner);
    case FRAME_PARAMETER:
        return shell_step_parameter(scanner);
    case FRAME_ARITHMETIC:
        return shell_step_arithmetic(scanner);
    default:
        return shell_step_command(scanner);
    }
}

/* False at the end of the text, too. */
static bool go_on(struct scanner *scanner)
{
    if (scanner->at < scanner->limit)
        return step(scanner);
    if (shell_top(scanner)->kind == FRAME_HEREDOC)
        return shell_end_heredoc(scanner);
    if (scanner->limit < scanner->length)
        return shell_doubt(scanner, "a here-document with something unclosed in it");
    return shell_end_text(scanner) && false;
}

bool shell_find_holes(const char *text, size_t length, place at, struct shell_hole **ret_holes,
                      uint32_t *ret_count, struct error *error)
{
    struct scanner scanner = {
        .text = text, .length = length, .limit = length, .begin = at, .depth = 1, .error = error};
    while (go_on(&scanner))
        ;
    shell_release_heredocs(&scanner);
    if (scanner.has_failed) {
        VEC_RELEASE(&scanner.holes);
        return false;
    }
    *ret_holes = scanner.holes.items;
    *ret_count = scanner.holes.count;
    return true;
}

void shell_write_reference(const char *variable, uint8_t quoting, struct buffer *out)
{
    static const char *const forms[] = {
        [QUOTING_WORD] = "\"${%s}\"",     [QUOTING_ONE] = "\"${%s}\"", [QUOTING_DOUBLE] = "${%s}",
        [QUOTING_SINGLE] = "'\"${%s}\"'", [QUOTING_HEREDOC] = "${%s}",
    };
    const char *form = forms[quoting], *slot = strstr(form, "%s");
    buffer_add(out, form, (size_t)(slot - form));
    buffer_add_text(out, variable);
    buffer_add_text(out, slot + 2);
}
