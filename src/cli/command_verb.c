/* pargraph acquire, release, barrier, wait, set, clear, notify, notify-all, put, get, close: one
 * question each to the run of the step that they are called in. */
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/verb.h"
#include "value/value.h"

static const struct option_entry no_options[] = {{0}};
static const struct option_entry timeout_options[] = {OPTION_TIMEOUT, {0}};
static const struct option_entry key_options[] = {OPTION_KEY, {0}};
static const struct option_entry acquire_options[] = {OPTION_KEY, OPTION_TIMEOUT, {0}};
static const struct option_entry put_options[] = {
    {0, "json", NULL, "the value is JSON, not text", take_json}, OPTION_TIMEOUT, {0}};
static const struct option_entry get_options[] = {
    {0, "json", NULL, "print JSON, texts too", take_json}, OPTION_TIMEOUT, {0}};

#define STATUSES "exit status: 0 done; 1 closed, broken or given up; 2 refused; 124 timeout\n"

static const struct command_help verbs[] = {
    {"acquire", "[OPTIONS] NAME[=N]",
     "Takes a lock, or N permits (1) of a semaphore, until `pargraph release` or the end of the\n"
     "step, or of the `pargraph lock` command it is called in.",
     acquire_options, STATUSES},
    {"release", "[OPTIONS] NAME", "Gives back what the last `pargraph acquire NAME` took.",
     key_options, STATUSES},
    {"barrier", "[OPTIONS] NAME", "Waits at a barrier until all its parties are there.",
     timeout_options, STATUSES},
    {"wait", "[OPTIONS] NAME",
     "Waits until an event is set, or a condition is notified: then within `pargraph lock` of\n"
     "its lock, which is given up for the time of waiting.",
     timeout_options, STATUSES},
    {"set", "NAME", "Sets an event: whoever waits for it goes on.", no_options, STATUSES},
    {"clear", "NAME", "Clears an event: who waits for it from now on waits.", no_options, STATUSES},
    {"notify", "NAME", "Wakes one of those who wait for a condition, within its lock.", no_options,
     STATUSES},
    {"notify-all", "NAME", "Wakes all who wait for a condition, within its lock.", no_options,
     STATUSES},
    {"put", "[OPTIONS] NAME [VALUE]",
     "Puts a value into a queue, or standard input without the newlines at its end; waits while\n"
     "the queue is full.",
     put_options, STATUSES},
    {"get", "[OPTIONS] NAME",
     "Takes the next value out of a queue and prints it: a text as it is, all else as JSON.\n"
     "Waits while the queue is empty; fails once it is closed and empty.",
     get_options, STATUSES},
    {"close", "NAME", "Closes a queue: nothing more is put into it.", no_options, STATUSES},
};

static const struct command_help *help_of(const char *name)
{
    const struct command_help *help = verbs;
    while (strcmp(help->name, name) != 0)
        help++;
    return help;
}

/* --- what is put, what was got --- */

static bool read_value(const char *operand, char **ret_text, size_t *ret_length)
{
    CLEANUP_ERROR struct error error = {0};
    if (operand != NULL) {
        *ret_text = memory_text(operand);
        *ret_length = strlen(operand);
        return true;
    }
    if (!file_read("-", VERB_LINE_MOST, ret_text, ret_length, &error)) {
        verb_say("put", error.message);
        return false;
    }
    while (*ret_length > 0 && (*ret_text)[*ret_length - 1] == '\n')
        (*ret_text)[--*ret_length] = '\0';
    return true;
}

/* NULL after saying what is wrong. */
static json_t *value_to_put(const char *operand, bool is_json)
{
    CLEANUP_FREE char *text = NULL;
    CLEANUP_ERROR struct error error = {0};
    size_t length;
    if (!read_value(operand, &text, &length))
        return NULL;
    json_t *value = is_json ? value_from_json(text, length, &error) : json_stringn(text, length);
    if (value == NULL)
        verb_say("put", is_json ? error.message : "the value is not UTF-8 text");
    return value;
}

static bool print_value(const json_t *value, bool is_json)
{
    CLEANUP_BUFFER struct buffer text = {0};
    if (json_is_string(value) && !is_json)
        buffer_add(&text, json_string_value(value), json_string_length(value));
    else
        value_write_json(value, &text);
    buffer_add_byte(&text, '\n');
    return cli_write(&text);
}

/* --- one verb --- */

static int usage(const struct command_help *help, int operands)
{
    if (operands == 0)
        return cli_usage(help->name, "a name is wanted");
    return cli_usage(help->name, "too many arguments: %s %s", help->name, help->usage);
}

static int ask(const struct command_help *help, const struct verb_options *options, json_t *request)
{
    struct verb_client client = {.command = help->name, .socket = -1};
    json_t *answer;
    int status = verb_ask(&client, request, &answer);
    const json_t *value = json_object_get(answer, "value");
    if (status == VERB_DONE && value != NULL && !print_value(value, options->common.is_json))
        status = VERB_FAILED;
    json_decref(answer);
    verb_close(&client);
    return status;
}

int command_verb(int argc, char **argv)
{
    const struct command_help *help = help_of(argv[0]);
    struct verb_options options = {.timeout = -1};
    bool is_put = strcmp(help->name, "put") == 0, is_acquire = strcmp(help->name, "acquire") == 0;
    int operands;
    int status = cli_options(argc, argv, help, &options, &operands);
    if (status >= 0)
        return status;
    if (operands < 1 || operands > (is_put ? 2 : 1))
        return usage(help, operands);
    CLEANUP_FREE char *name = NULL;
    int64_t amount = 1;
    if (is_acquire && !verb_amount(help->name, argv[1], &name, &amount))
        return EXIT_STATUS_INVALID;
    json_t *request = verb_request(help->name, is_acquire ? name : argv[1], &options);
    if (is_acquire)
        json_object_set_new(request, "amount", json_integer(amount));
    if (is_put) {
        json_t *value = value_to_put(operands == 2 ? argv[2] : NULL, options.common.is_json);
        if (value == NULL) {
            json_decref(request);
            return VERB_REFUSED;
        }
        json_object_set_new(request, "value", value);
    }
    return ask(help, &options, request);
}
