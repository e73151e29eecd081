/* The words of commands: where each begins and ends, which are keywords, and what an expression in
 * one would be: a word, a part of one, or the name of a variable, which is refused. Keywords matter
 * because `case` has unpaired parentheses and because only some words can be assignments. */
#include <ctype.h>
#include <string.h>

#include "workflow/shell.h"

static bool is_one_of(const char *text, size_t length, const char *const *words)
{
    for (; *words != NULL; words++)
        if (strlen(*words) == length && memcmp(*words, text, length) == 0)
            return true;
    return false;
}

/* What is expected behind a word that stands where a command does. */
static uint8_t expects_behind(const char *word, size_t length)
{
    static const char *const openers[] = {"if", "then", "else", "elif",   "do",    "while",
                                          "{",  "!",    "time", "coproc", "until", NULL};
    static const char *const namers[] = {"for", "select", "function", NULL};
    static const char *const declarers[] = {"export",  "readonly", "local", "declare",
                                            "typeset", "unset",    NULL};
    static const char *const calculators[] = {"let", NULL};
    if (is_one_of(word, length, openers))
        return EXPECTS_COMMAND;
    if (is_one_of(word, length, namers))
        return EXPECTS_NAME;
    if (is_one_of(word, length, declarers))
        return EXPECTS_DECLARATION;
    return is_one_of(word, length, calculators) ? EXPECTS_ARITHMETIC : EXPECTS_ARGUMENT;
}

static void begin_word(struct scanner *scanner, struct frame *frame)
{
    if (frame->is_in_word)
        return;
    frame->is_in_word = frame->is_plain = true;
    frame->has_hole = false;
    frame->name_state = NAME_ITSELF;
    frame->word = scanner->at;
}

/* Something quoted or expanded begins a word or goes on with it. */
void shell_touch_word(struct scanner *scanner)
{
    struct frame *frame = shell_top(scanner);
    begin_word(scanner, frame);
    frame->is_plain = false;
    if (frame->name_state == NAME_ITSELF || frame->name_state == NAME_INDEXED)
        frame->name_state = NAME_NONE;
}

static void end_case(struct scanner *scanner)
{
    shell_pop(scanner, 0);
    shell_top(scanner)->expects = EXPECTS_ARGUMENT;
}

/* A word of `case ... in` or of its patterns. */
static void end_case_word(struct scanner *scanner, struct frame *frame, bool is_in, bool is_esac)
{
    if (frame->case_state == CASE_SUBJECT) {
        frame->case_state = CASE_IN;
    } else if (frame->case_state == CASE_IN && is_in) {
        frame->case_state = CASE_PATTERN;
        frame->is_at_pattern = true;
    } else if (frame->case_state == CASE_PATTERN) {
        bool is_end = frame->is_at_pattern && is_esac;
        frame->is_at_pattern = false;
        if (is_end)
            end_case(scanner);
    }
}

static bool begin_case(struct scanner *scanner, struct frame *frame)
{
    frame->expects = EXPECTS_ARGUMENT;
    if (!shell_push(scanner, FRAME_CASE, 0))
        return false;
    shell_top(scanner)->expects = EXPECTS_ARGUMENT;
    return true;
}

static bool is_integer_option(const char *word, size_t length)
{
    return length > 1 && *word == '-' && memchr(word, 'i', length) != NULL;
}

/* A word where a command or a declaration goes on. */
static bool end_command_word(struct scanner *scanner, struct frame *frame)
{
    const char *word = scanner->text + frame->word;
    size_t length = frame->is_plain ? scanner->at - frame->word : 0;
    if (frame->expects == EXPECTS_DECLARATION) {
        if (is_integer_option(word, length))
            frame->expects = EXPECTS_ARITHMETIC;
        return true;
    }
    if (frame->expects == EXPECTS_NAME) {
        frame->expects = EXPECTS_COMMAND;
        return true;
    }
    if (frame->expects != EXPECTS_COMMAND || frame->name_state == NAME_ASSIGNED)
        return true;
    if (is_one_of(word, length, (const char *const[]){"case", NULL}))
        return begin_case(scanner, frame);
    if (frame->kind == FRAME_CASE && is_one_of(word, length, (const char *const[]){"esac", NULL})) {
        end_case(scanner);
        return true;
    }
    frame->is_test = is_one_of(word, length, (const char *const[]){"[[", NULL});
    frame->expects = expects_behind(word, length);
    return true;
}

bool shell_end_word(struct scanner *scanner)
{
    struct frame *frame = shell_top(scanner);
    if (!frame->is_in_word)
        return true;
    frame->is_in_word = false;
    frame->was_hole = frame->has_hole;
    if (frame->is_target) {
        frame->is_target = frame->was_hole = false;
        return true;
    }
    const char *word = scanner->text + frame->word;
    size_t length = frame->is_plain ? scanner->at - frame->word : 0;
    if (frame->kind == FRAME_CASE && frame->case_state != CASE_BODY) {
        end_case_word(scanner, frame, is_one_of(word, length, (const char *const[]){"in", NULL}),
                      is_one_of(word, length, (const char *const[]){"esac", NULL}));
        return true;
    }
    if (frame->is_test && is_one_of(word, length, (const char *const[]){"]]", NULL}))
        frame->is_test = false;
    return end_command_word(scanner, frame);
}

bool shell_is_between_commands(const struct frame *frame)
{
    return !frame->is_array && !frame->is_test &&
           (frame->kind != FRAME_CASE || frame->case_state == CASE_BODY);
}

/* An ordinary character, which may make the word an assignment. */
bool shell_take_character(struct scanner *scanner)
{
    struct frame *frame = shell_top(scanner);
    begin_word(scanner, frame);
    char byte = shell_peek(scanner, 0);
    bool is_name = isalnum((unsigned char)byte) || byte == '_';
    bool is_assigning = byte == '=' || (byte == '+' && shell_peek(scanner, 1) == '=');
    bool is_first = scanner->at == frame->word;
    uint8_t state = frame->name_state;
    if (state == NAME_ITSELF && byte == '[' && (!is_first || frame->is_array))
        frame->name_state = NAME_INDEX;
    else if ((state == NAME_ITSELF || state == NAME_INDEXED) && is_assigning && !is_first)
        frame->name_state = NAME_ASSIGNED;
    else if (state == NAME_INDEX && byte == ']')
        frame->name_state = NAME_INDEXED;
    else if ((state == NAME_ITSELF && !is_name) || state == NAME_INDEXED)
        frame->name_state = NAME_NONE;
    bool is_named_by_hole = frame->has_hole && frame->expects == EXPECTS_COMMAND &&
                            !frame->is_target && shell_is_between_commands(frame) &&
                            state == NAME_ITSELF && frame->name_state == NAME_ASSIGNED;
    if (is_named_by_hole)
        return shell_refuse(scanner, scanner->holes.items[scanner->holes.count - 1].offset,
                            "in a name");
    scanner->at += frame->name_state == NAME_ASSIGNED && byte == '+' ? 2 : 1;
    return true;
}

bool shell_take_word_hole(struct scanner *scanner)
{
    struct frame *frame = shell_top(scanner);
    begin_word(scanner, frame);
    frame->is_plain = false;
    bool is_of_case = frame->kind == FRAME_CASE && frame->case_state != CASE_BODY;
    if (!shell_take_hole(scanner, frame->is_target || is_of_case ? QUOTING_ONE : QUOTING_WORD))
        return false;
    frame->has_hole = true;
    return true;
}
