/* pargraph call. */
#include <string.h>

#include "base/memory.h"
#include "cli/quick.h"

static const struct option_entry options[] = {
    OPTION_BACKEND,
    QUICK_KEYWORD,
    {0, "json", NULL, "print a text as JSON, too", take_json},
    {'q', "quiet", NULL, "show no progress", take_quick_quiet},
    OPTION_STATE,
    QUICK_TEXT,
    QUICK_TIMEOUT,
    {0}};

static const struct command_help help = {
    "call", "[OPTIONS] FUNCTION [ARGUMENT...]",
    "Calls a function and prints what it returns. FUNCTION is python:MODULE:FUNCTION,\n"
    "library:FILE:FUNCTION or lua:TEXT. An ARGUMENT that reads as JSON is that value, any\n"
    "other is text.",
    options,
    "The result is printed as it is if it is a text, else as JSON.\n\n"
    "exit status: 0 it returned; 1 it failed; 2 the command line is wrong; 4 the state cannot be\n"
    "kept; 130, 143 interrupted\n"};

static json_t *read_arguments(const struct quick_options *options, char **words, int count)
{
    json_t *list = json_array();
    for (int i = 0; i < count; i++) {
        json_t *value = quick_value(options, words[i]);
        if (value == NULL) {
            json_decref(list);
            return NULL;
        }
        json_array_append_new(list, value);
    }
    return list;
}

static int call(struct quick_options *options, char **words, int count)
{
    json_t *function = quick_function(options, words[0]);
    if (function == NULL)
        return EXIT_STATUS_INVALID;
    json_t *arguments = read_arguments(options, words + 1, count - 1);
    if (arguments == NULL) {
        json_decref(function);
        return EXIT_STATUS_INVALID;
    }
    options->common.params = json_object();
    json_object_set_new(options->common.params, "args", arguments);
    json_object_set_new(function, "args", json_pack("[s]", "${{ params.args }}"));
    if (options->kwargs != NULL)
        json_object_set(options->common.params, "kwargs", options->kwargs);
    quick_add_keywords(function, options);
    return quick_run(options, json_pack("{s:{s:o}}", "call", "call", function), quick_show_results,
                     options);
}

int command_call(int argc, char **argv)
{
    struct quick_options command = {0};
    int operands;
    int status = cli_options_in_front(argc, argv, &help, &command, &operands);
    if (status < 0 && operands < 1)
        status = cli_usage("call", "a function is wanted");
    if (status < 0)
        status = call(&command, argv + 1, operands);
    quick_release(&command);
    return status;
}
