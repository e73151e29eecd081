/* Commands: the operators between words, redirections, parentheses and comments. */
#include <ctype.h>
#include <string.h>

#include "workflow/shell.h"

static bool is_number(const struct scanner *scanner, const struct frame *frame)
{
    size_t at = frame->word;
    while (at < scanner->at && isdigit((unsigned char)scanner->text[at]))
        at++;
    return frame->is_in_word && frame->is_plain && at == scanner->at;
}

/* Behind ; & | and a newline. */
static void begin_command(struct frame *frame)
{
    frame->was_hole = false;
    if (shell_is_between_commands(frame))
        frame->expects = EXPECTS_COMMAND;
}

static bool begin_substitution(struct scanner *scanner)
{
    shell_touch_word(scanner);
    return shell_push(scanner, FRAME_SUBSTITUTION, 2);
}

/* < or >, perhaps with the number of a descriptor before it. */
static bool take_redirection(struct scanner *scanner)
{
    struct frame *frame = shell_top(scanner);
    char sign = shell_peek(scanner, 0), next = shell_peek(scanner, 1);
    if (is_number(scanner, frame))
        frame->is_in_word = false;
    if (next == '(')
        return begin_substitution(scanner);
    if (!shell_end_word(scanner))
        return false;
    frame = shell_top(scanner);
    bool is_here = sign == '<' && next == '<' && !frame->is_test;
    if (is_here && shell_peek(scanner, 2) != '<')
        return shell_declare_heredoc(scanner);
    scanner->at += is_here ? 3 : 1;
    if (!is_here && next != '\0' && strchr("&<>|", next) != NULL)
        scanner->at++;
    frame->is_target = !frame->is_test;
    return true;
}

static bool take_open(struct scanner *scanner)
{
    struct frame *frame = shell_top(scanner);
    bool is_assigned = frame->is_in_word && scanner->text[scanner->at - 1] == '=' &&
                       frame->name_state == NAME_ASSIGNED;
    bool is_pattern = frame->kind == FRAME_CASE && frame->case_state == CASE_PATTERN;
    if (!frame->is_in_word && is_pattern && frame->is_at_pattern) {
        scanner->at++;
        return true;
    }
    bool names = frame->is_in_word ? frame->has_hole && !is_assigned : frame->was_hole;
    if (names && shell_is_between_commands(frame))
        return shell_refuse(scanner, scanner->holes.items[scanner->holes.count - 1].offset,
                            "before a '('");
    bool is_command = frame->expects == EXPECTS_COMMAND || frame->expects == EXPECTS_NAME;
    bool is_double = shell_peek(scanner, 1) == '(' && !frame->is_in_word;
    if (is_double && is_command && shell_is_between_commands(frame))
        return shell_push(scanner, FRAME_ARITHMETIC, 2);
    bool keeps_word = frame->is_in_word;
    if (!shell_push(scanner, FRAME_PAREN, 1))
        return false;
    struct frame *inside = shell_top(scanner);
    inside->keeps_word = keeps_word;
    inside->is_array = is_assigned;
    inside->is_test = frame->is_test;
    inside->expects = is_assigned || frame->is_test ? EXPECTS_ARGUMENT : EXPECTS_COMMAND;
    return true;
}

static bool take_close(struct scanner *scanner)
{
    if (!shell_end_word(scanner))
        return false;
    struct frame *frame = shell_top(scanner);
    if (frame->kind == FRAME_CASE && frame->case_state == CASE_PATTERN) {
        frame->case_state = CASE_BODY;
        frame->expects = EXPECTS_COMMAND;
        scanner->at++;
        return true;
    }
    bool is_substitution = frame->kind == FRAME_SUBSTITUTION;
    if (!is_substitution && frame->kind != FRAME_PAREN)
        return shell_doubt(scanner, "an unpaired ')'");
    if (is_substitution && shell_has_heredocs(scanner) &&
        scanner->heredocs.items[scanner->heredocs.count - 1].level == shell_level(scanner))
        return shell_doubt(scanner, "a here-document that begins inside of $( )");
    bool keeps_word = frame->keeps_word || is_substitution;
    shell_pop(scanner, 1);
    if (!keeps_word)
        begin_command(shell_top(scanner));
    return true;
}

static bool take_newline(struct scanner *scanner)
{
    if (!shell_end_word(scanner))
        return false;
    begin_command(shell_top(scanner));
    scanner->at++;
    return shell_begin_heredoc(scanner);
}

/* ; & | and what is made of them. */
static bool take_operator(struct scanner *scanner)
{
    char byte = shell_peek(scanner, 0), next = shell_peek(scanner, 1);
    if (!shell_end_word(scanner))
        return false;
    struct frame *frame = shell_top(scanner);
    scanner->at++;
    if (byte == '&' && next == '>')
        return true;
    if (byte == ';' && (next == ';' || next == '&') && frame->kind == FRAME_CASE &&
        frame->case_state == CASE_BODY) {
        scanner->at += next == ';' && shell_peek(scanner, 1) == '&' ? 2 : 1;
        frame->case_state = CASE_PATTERN;
        frame->is_at_pattern = true;
        frame->expects = EXPECTS_ARGUMENT;
        return true;
    }
    begin_command(frame);
    return true;
}

static bool take_backslash(struct scanner *scanner, struct frame *frame)
{
    if (shell_peek(scanner, 1) == '\n') {
        frame->is_plain = false;
        scanner->at += 2;
        return true;
    }
    shell_touch_word(scanner);
    return shell_take_escape(scanner);
}

static bool take_quote(struct scanner *scanner)
{
    shell_touch_word(scanner);
    switch (shell_peek(scanner, 0)) {
    case '\'':
        return shell_take_single(scanner);
    case '"':
        return shell_push(scanner, FRAME_DOUBLE, 1);
    case '`':
        return shell_push(scanner, FRAME_BACKQUOTE, 1);
    default:
        return shell_take_dollar(scanner);
    }
}

static bool pass_comment(struct scanner *scanner)
{
    const char *end = memchr(scanner->text + scanner->at, '\n', scanner->limit - scanner->at);
    scanner->at = end != NULL ? (size_t)(end - scanner->text) : scanner->limit;
    return true;
}

bool shell_step_command(struct scanner *scanner)
{
    struct frame *frame = shell_top(scanner);
    if (shell_is_hole(scanner, scanner->at))
        return shell_take_word_hole(scanner);
    char byte = shell_peek(scanner, 0);
    switch (byte) {
    case ' ':
    case '\t':
        return shell_end_word(scanner) && ++scanner->at;
    case '\n':
        return take_newline(scanner);
    case ';':
    case '&':
    case '|':
        return take_operator(scanner);
    case '(':
        return take_open(scanner);
    case ')':
        return take_close(scanner);
    case '<':
    case '>':
        return take_redirection(scanner);
    case '\\':
        return take_backslash(scanner, frame);
    case '\'':
    case '"':
    case '`':
    case '$':
        return take_quote(scanner);
    case '#':
        return frame->is_in_word ? shell_take_character(scanner) : pass_comment(scanner);
    default:
        return shell_take_character(scanner);
    }
}

bool shell_end_text(struct scanner *scanner)
{
    static const char *const open[] = {
        [FRAME_SUBSTITUTION] = "this '$(' is not closed",
        [FRAME_PAREN] = "this '(' is not closed",
        [FRAME_CASE] = "this 'case' has no 'esac'",
        [FRAME_DOUBLE] = "this double quote is not closed",
        [FRAME_PARAMETER] = "this '${' is not closed",
        [FRAME_ARITHMETIC] = "this '((' is not closed",
        [FRAME_BACKQUOTE] = "this backquote is not closed",
    };
    const struct frame *frame = shell_top(scanner);
    if (frame->kind <= FRAME_CASE && !shell_end_word(scanner))
        return false;
    frame = shell_top(scanner);
    if (scanner->depth > 1)
        return shell_fail(scanner, frame->begin, open[frame->kind]);
    if (shell_has_heredocs(scanner))
        return shell_fail(scanner, scanner->heredocs.items[scanner->next_heredoc].operator_at,
                          "this here-document is not closed");
    return true;
}
