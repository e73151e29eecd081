/* A run without a file: what `call` and `map` share. They make a small workflow, whose values come
 * in as params, so that none of them is ever read as an expression. */
#ifndef CLI_QUICK_H
#define CLI_QUICK_H

#include "cli/cli.h"

struct quick_options {
    struct common_options common; /* first; params are the command's own */
    const char *call;             /* NULL: a shell command */
    const char *timeout, *retries;
    uint32_t chunk; /* 0: not given */
    bool is_text, is_quiet, is_fast;
    json_t *kwargs; /* {name: value}; may be NULL */
};
void quick_release(struct quick_options *options);

bool take_quick_text(void *context, const char *argument);
bool take_quick_quiet(void *context, const char *argument);
bool take_quick_keyword(void *context, const char *argument);
bool take_quick_timeout(void *context, const char *argument);
#define QUICK_TEXT                                                                                 \
    {                                                                                              \
        't', "text", NULL, "take arguments as text, not as JSON", take_quick_text                  \
    }
#define QUICK_KEYWORD                                                                              \
    {                                                                                              \
        'k', "keyword", "NAME=VALUE", "one more argument, by name", take_quick_keyword             \
    }
#define QUICK_TIMEOUT                                                                              \
    {                                                                                              \
        0, "timeout", "TIME", "end each that takes longer (2s, 1h30m)", take_quick_timeout         \
    }

/* An argument of a function: the JSON that it is, else text. New; NULL after saying why. */
json_t *quick_value(const struct quick_options *options, const char *text);
/* {"python": ...} or so of "python:MODULE:FUNCTION", "library:FILE:FUNCTION" or "lua:TEXT". New;
 * NULL after saying what is wrong. */
json_t *quick_function(const struct quick_options *options, const char *text);
/* Adds options->kwargs, which is to be the param of that name. */
void quick_add_keywords(json_t *call, const struct quick_options *options);
/* Runs the tasks (taken) with options->common.params, and then show(), with the run's folder as it
 * was left. The state is in a temporary folder, which is removed, unless --state names one. Returns
 * the exit status. */
typedef bool quick_show(void *context, const struct loaded *loaded, const struct run_folder *folder,
                        struct error *error);
int quick_run(struct quick_options *options, json_t *tasks, quick_show *show, void *context);
/* What the instances of the first task returned, each on a line of its own (as `result` does); the
 * rest is passed over. */
bool quick_show_results(void *context, const struct loaded *loaded, const struct run_folder *folder,
                        struct error *error);

#endif
