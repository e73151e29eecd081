/* What a '$' or a backquote begins. Inside of double quotes the shells agree on less, so more is
 * refused or doubted there. */
#include <ctype.h>
#include <string.h>

#include "workflow/shell.h"

/* $'...', which dash takes for a '$' and single quotes. */
static bool take_dollar_single(struct scanner *scanner)
{
    size_t begin = scanner->at;
    bool has_escaped_quote = false;
    for (scanner->at += 2; scanner->at < scanner->limit; scanner->at++) {
        char byte = scanner->text[scanner->at];
        if (shell_is_hole(scanner, scanner->at))
            return shell_refuse(scanner, scanner->at, "inside of $'...'");
        if (byte == '\'') {
            scanner->at++;
            return !has_escaped_quote || shell_doubt(scanner, "a \\' inside of $'...'");
        }
        if (byte == '\\') {
            has_escaped_quote = has_escaped_quote || shell_peek(scanner, 1) == '\'';
            scanner->at++;
        }
    }
    return shell_fail(scanner, begin, "this single quote is not closed");
}

bool shell_step_backquote(struct scanner *scanner)
{
    char byte = shell_peek(scanner, 0);
    if (shell_is_hole(scanner, scanner->at))
        return shell_take_hole(scanner, QUOTING_NONE);
    if (byte == '\\')
        return shell_take_escape(scanner);
    if (byte == '`')
        shell_pop(scanner, 1);
    else
        scanner->at++;
    return true;
}

static void skip_parameter_name(struct scanner *scanner)
{
    if (strchr("#!", shell_peek(scanner, 0)) != NULL && shell_peek(scanner, 0) != '\0')
        scanner->at++;
    else if (strchr("@*?$-", shell_peek(scanner, 0)) != NULL)
        scanner->at += shell_peek(scanner, 0) != '\0';
    else
        while (isalnum((unsigned char)shell_peek(scanner, 0)) || shell_peek(scanner, 0) == '_')
            scanner->at++;
}

/* Which expressions may stand in the rest of ${name...}, by its operator. */
static void take_operator(struct scanner *scanner, struct frame *frame)
{
    char byte = shell_peek(scanner, 0);
    bool has_colon = byte == ':';
    char sign = has_colon ? shell_peek(scanner, 1) : byte;
    if (sign != '\0' && strchr("-=?+", sign) != NULL) {
        frame->takes = frame->is_in_double ? QUOTING_DOUBLE : QUOTING_WORD;
        scanner->at += 1 + has_colon;
    } else if (byte == '#' || byte == '%') {
        frame->is_pattern = true;
        frame->takes = frame->is_in_heredoc ? QUOTING_NONE : QUOTING_WORD;
        scanner->at += shell_peek(scanner, 1) == byte ? 2 : 1;
    }
}

static bool is_in_double(const struct frame *frame)
{
    return frame->kind == FRAME_DOUBLE || frame->kind == FRAME_HEREDOC ||
           frame->kind == FRAME_ARITHMETIC ||
           (frame->kind == FRAME_PARAMETER && frame->is_in_double && !frame->is_pattern);
}

static bool begin_parameter(struct scanner *scanner)
{
    const struct frame *around = shell_top(scanner);
    bool is_in_heredoc =
        around->kind == FRAME_HEREDOC || (around->kind == FRAME_PARAMETER && around->is_in_heredoc);
    bool is_double = is_in_double(around);
    if (!shell_push(scanner, FRAME_PARAMETER, 2))
        return false;
    struct frame *frame = shell_top(scanner);
    frame->is_in_double = is_double;
    frame->is_in_heredoc = is_in_heredoc;
    char first = shell_peek(scanner, 0);
    if (first != '\0' && strchr(" \t\n|", first) != NULL)
        return shell_doubt(scanner, "'${ '");
    size_t begin = scanner->at;
    skip_parameter_name(scanner);
    bool is_asking = first == '#' || first == '!';
    if (scanner->at > begin && !is_asking)
        take_operator(scanner, frame);
    return true;
}

bool shell_take_dollar(struct scanner *scanner)
{
    char next = shell_peek(scanner, 1);
    if (shell_is_hole(scanner, scanner->at + 1))
        return shell_refuse(scanner, scanner->at + 1, "directly behind a '$'");
    if (next == '(' && shell_peek(scanner, 2) == '(')
        return shell_push(scanner, FRAME_ARITHMETIC, 3);
    if (next == '(')
        return shell_push(scanner, FRAME_SUBSTITUTION, 2);
    if (next == '{')
        return begin_parameter(scanner);
    if (next == '[')
        return shell_doubt(scanner, "'$['");
    if (next == '\'' && !is_in_double(shell_top(scanner)))
        return take_dollar_single(scanner);
    bool is_special = next != '\0' && strchr("@*#?$!-0123456789", next) != NULL;
    scanner->at += is_special ? 2 : 1;
    return true;
}

static bool take_quote_in_parameter(struct scanner *scanner, const struct frame *frame)
{
    bool is_fresh = !frame->is_in_double || (frame->is_pattern && !frame->is_in_heredoc);
    if (shell_peek(scanner, 0) == '"') {
        if (frame->is_in_heredoc)
            return shell_doubt(scanner, "quotes inside of ${ } in a here-document");
        if (!shell_push(scanner, FRAME_DOUBLE, 1))
            return false;
        shell_top(scanner)->is_nested = !is_fresh;
        return true;
    }
    if (is_fresh)
        return shell_take_single(scanner);
    return shell_doubt(scanner, "a single quote inside of \"${ }\"");
}

bool shell_step_parameter(struct scanner *scanner)
{
    const struct frame *frame = shell_top(scanner);
    char byte = shell_peek(scanner, 0);
    if (shell_is_hole(scanner, scanner->at))
        return shell_take_hole(scanner, frame->takes);
    switch (byte) {
    case '}':
        shell_pop(scanner, 1);
        return true;
    case '\\':
        return shell_take_escape(scanner);
    case '\'':
    case '"':
        return take_quote_in_parameter(scanner, frame);
    case '`':
        return shell_push(scanner, FRAME_BACKQUOTE, 1);
    case '$':
        return shell_take_dollar(scanner);
    case '{':
        return shell_doubt(scanner, "a '{' inside of ${ }");
    default:
        scanner->at++;
        return true;
    }
}

static bool close_arithmetic(struct scanner *scanner, struct frame *frame)
{
    if (frame->parens > 0) {
        frame->parens--;
        scanner->at++;
    } else if (shell_peek(scanner, 1) == ')') {
        shell_pop(scanner, 2);
    } else {
        return shell_doubt(scanner, "'((' that does not end in '))'");
    }
    return true;
}

bool shell_step_arithmetic(struct scanner *scanner)
{
    struct frame *frame = shell_top(scanner);
    if (shell_is_hole(scanner, scanner->at))
        return shell_take_hole(scanner, QUOTING_NONE);
    switch (shell_peek(scanner, 0)) {
    case ')':
        return close_arithmetic(scanner, frame);
    case '(':
        frame->parens++;
        scanner->at++;
        return true;
    case '\\':
        return shell_take_escape(scanner);
    case '\'':
        return shell_doubt(scanner, "a single quote inside of (( ))");
    case '"':
        return shell_push(scanner, FRAME_DOUBLE, 1);
    case '`':
        return shell_push(scanner, FRAME_BACKQUOTE, 1);
    case '$':
        return shell_take_dollar(scanner);
    default:
        scanner->at++;
        return true;
    }
}
