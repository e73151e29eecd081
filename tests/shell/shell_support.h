/* Random scripts with expressions, and what they must print. */
#ifndef TESTS_SHELL_SUPPORT_H
#define TESTS_SHELL_SUPPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

/* Hostile values; an expression `${{ N }}` in a script stands for value N. The first are always the
 * same, value 0 is "plain"; the others are made of those and of any bytes, anew in each round. */
enum { SHELL_VALUES = 360 };
extern const char *shell_values[SHELL_VALUES];
void shell_make_values(uint64_t seed);

struct script {
    struct buffer text;     /* shell text with expressions */
    struct buffer expected; /* what it prints */
    uint64_t seed;
    bool is_bash;                     /* may use what only bash knows */
    unsigned heredocs;                /* so far; each has a delimiter of its own */
    unsigned substitutions, defaults; /* $(...) and ${u:-...} that are open */
};

/* Appends one command, which ends in a newline. Levels of nesting at most. */
void script_add_command(struct script *script, int levels);

/* The check of shell_property.c. */
void check_values_stay_values(void);

#endif
