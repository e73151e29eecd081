/* A scenario as it is read: the plan, the scheduler, what has been done. */
#ifndef TESTS_SCHEDULE_SCHEDULE_SCENARIO_H
#define TESTS_SCHEDULE_SCHEDULE_SCENARIO_H

#include "schedule/schedule_parts.h"

enum { WORDS_MAX = 32 };

struct scenario {
    struct builder builder;
    struct scheduler_options options;
    struct scheduler *scheduler;
    VEC(char *) nodes, tokens, gates;
    VEC(uint8_t *) exit_codes;
    struct action_list actions;
    struct buffer actual;
    int64_t now;
    const char *file;
};

struct node_line {
    struct rule rule;
    struct amount amounts[WORDS_MAX];
    uint32_t amount_count;
    char *needs;
    bool is_unselected;
};

/* A scenario that is written wrongly ends the program: it would test nothing. */
void __attribute__((noreturn)) scenario_refuse(const struct scenario *scenario, const char *word);
/* The place of a word in a list that ends in NULL. */
uint8_t scenario_word(const struct scenario *scenario, const char *word, const char *const *words);
uint32_t scenario_node(const struct scenario *scenario, const char *name);
uint32_t scenario_gate(const struct scenario *scenario, const char *name);
uint32_t scenario_token(const struct scenario *scenario, const char *name);
void scenario_node_word(struct scenario *scenario, struct node_line *line, char *word);
/* False: it is no line of a plan. */
bool scenario_plan_line(struct scenario *scenario, char **words, int count);
struct input scenario_input(struct scenario *scenario, char **words, int count);

#endif
