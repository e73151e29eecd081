/* The scanner of shell text: what stands around each byte of it. */
#ifndef WORKFLOW_SHELL_H
#define WORKFLOW_SHELL_H

#include "base/memory.h"
#include "workflow/workflow.h"

enum { SHELL_DEPTH = 64 };

enum frame_kind {
    FRAME_COMMAND,      /* the whole text */
    FRAME_SUBSTITUTION, /* $( ), <( ), >( ) */
    FRAME_PAREN,        /* ( ): a subshell, a function's (), the words of an array */
    FRAME_CASE,         /* case ... esac */
    FRAME_DOUBLE,       /* " " */
    FRAME_PARAMETER,    /* ${ } */
    FRAME_ARITHMETIC,   /* $(( )), (( )) */
    FRAME_BACKQUOTE,
    FRAME_HEREDOC, /* the body of a here-document that is expanded */
};

/* What a word of a command would be. */
enum expects {
    EXPECTS_COMMAND, /* a keyword, an assignment or the command's name */
    EXPECTS_ARGUMENT,
    EXPECTS_NAME,        /* behind for, select, function */
    EXPECTS_DECLARATION, /* an argument of export and its like: name or name=value */
    EXPECTS_ARITHMETIC,  /* an argument that the shell calculates */
};

enum case_state { CASE_SUBJECT, CASE_IN, CASE_PATTERN, CASE_BODY };

/* How far a word looks like an assignment. */
enum name_state { NAME_ITSELF, NAME_INDEX, NAME_INDEXED, NAME_ASSIGNED, NAME_NONE };

/* What stands open around a place. */
struct frame {
    uint8_t kind;
    size_t begin; /* where it was opened */

    /* commands: FRAME_COMMAND to FRAME_CASE */
    uint8_t expects, name_state, case_state;
    bool is_in_word;
    bool is_plain;      /* the word: nothing in it is quoted or expanded */
    bool is_target;     /* the word belongs to a redirection */
    bool has_hole;      /* the word */
    bool was_hole;      /* the word before had one, and nothing but blanks follow it */
    bool is_array;      /* FRAME_PAREN */
    bool is_test;       /* inside of [[ ]] */
    bool keeps_word;    /* when it ends, the word around it goes on */
    bool is_at_pattern; /* FRAME_CASE: no word of the pattern has come */
    size_t word;        /* where it begins */

    /* FRAME_PARAMETER */
    bool is_in_double; /* inside of double quotes or a here-document */
    bool is_in_heredoc;
    bool is_pattern; /* behind # or %: quotes begin anew */
    uint8_t takes;   /* the quoting of an expression; QUOTING_NONE: none can stand */

    bool is_nested;  /* FRAME_DOUBLE: in "${ }", where shells differ */
    uint32_t parens; /* FRAME_ARITHMETIC: open ones */

    /* FRAME_HEREDOC */
    size_t end, outer_limit; /* behind its last line; the limit when it ends */
};

struct heredoc {
    size_t operator_at;
    char *delimiter;
    size_t length;
    bool is_quoted, strips_tabs;
    uint32_t level;
};

struct scanner {
    const char *text;
    size_t length;
    size_t at;    /* the byte that comes next */
    size_t limit; /* the end of the text, or of the here-document around */
    place begin;
    struct frame frames[SHELL_DEPTH];
    uint32_t depth;
    VEC(struct shell_hole) holes;
    VEC(struct heredoc) heredocs; /* whose bodies are still to come, from next_heredoc on */
    uint32_t next_heredoc;
    bool has_failed;
    struct error *error;
};

/* All that return bool: false when scanning ends, with an error if has_failed. */

char shell_peek(const struct scanner *scanner, size_t ahead); /* NUL behind the limit */
bool shell_is_hole(const struct scanner *scanner, size_t offset);
struct frame *shell_top(struct scanner *scanner);
/* Opens a frame; the scanner goes on behind its opening. */
bool shell_push(struct scanner *scanner, uint8_t kind, size_t opening);
void shell_pop(struct scanner *scanner, size_t closing);
/* How many command substitutions and their like are open: a newline in one is not one outside. */
uint32_t shell_level(const struct scanner *scanner);

bool shell_fail(struct scanner *scanner, size_t offset, const char *message);
/* An expression cannot stand `where` ("inside of backquotes"). */
bool shell_refuse(struct scanner *scanner, size_t offset, const char *where);
/* Shells read what follows differently: fails if any expression does. */
bool shell_doubt(struct scanner *scanner, const char *behind);

bool shell_take_hole(struct scanner *scanner, uint8_t quoting);
bool shell_take_single(struct scanner *scanner);
bool shell_take_escape(struct scanner *scanner);

/* shell_expansion.c */
bool shell_take_dollar(struct scanner *scanner);
bool shell_step_backquote(struct scanner *scanner);
bool shell_step_parameter(struct scanner *scanner);
bool shell_step_arithmetic(struct scanner *scanner);

/* shell_word.c: of the innermost frame, which is a command's. */
bool shell_take_character(struct scanner *scanner);
bool shell_take_word_hole(struct scanner *scanner);
/* Something quoted or expanded begins a word or goes on with it. */
void shell_touch_word(struct scanner *scanner);
/* The word before `at` ends, if there is one. May open or close a `case`. */
bool shell_end_word(struct scanner *scanner);
/* Do operators separate commands here? */
bool shell_is_between_commands(const struct frame *frame);

/* shell_command.c */
bool shell_step_command(struct scanner *scanner);
/* Complains about what the text leaves open. */
bool shell_end_text(struct scanner *scanner);

/* shell_heredoc.c */
bool shell_declare_heredoc(struct scanner *scanner);
bool shell_has_heredocs(const struct scanner *scanner); /* some bodies are still to come */
/* Behind the newline of a command: goes into the next body that is due, if any. */
bool shell_begin_heredoc(struct scanner *scanner);
bool shell_end_heredoc(struct scanner *scanner);
void shell_release_heredocs(struct scanner *scanner);

#endif
