/* Reading command lines by tables, so that every option is in the help. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/cli.h"

enum { MOST_OPTIONS = 24 };

int cli_fail(int status, struct error *error)
{
    CLEANUP_BUFFER struct buffer text = {0};
    buffer_add_text(&text, "pargraph: ");
    const char *message = error->message != NULL ? error->message : "unknown error";
    text_printable(message, strlen(message), &text);
    buffer_add_byte(&text, '\n');
    if (error->hint != NULL) {
        buffer_add_text(&text, "  = ");
        text_printable(error->hint, strlen(error->hint), &text);
        buffer_add_byte(&text, '\n');
    }
    file_write_all(STDERR_FILENO, text.bytes, text.length);
    error_release(error);
    return status;
}

int cli_usage(const char *command, const char *format, ...)
{
    CLEANUP_BUFFER struct buffer text = {0};
    va_list arguments;
    va_start(arguments, format);
    buffer_vprintf(&text, format, arguments);
    va_end(arguments);
    struct error error = {0};
    error_set(&error, PLACE_NONE, "%s", buffer_text(&text));
    error_hint(&error, "see: pargraph %s%s--help", command, *command != '\0' ? " " : "");
    return cli_fail(EXIT_STATUS_INVALID, &error);
}

bool cli_write(const struct buffer *text)
{
    if (file_write_all(STDOUT_FILENO, text->bytes, text->length) || errno == EPIPE)
        return true;
    struct error error = {0};
    error_set_system(&error, errno, "cannot write to standard output");
    cli_fail(0, &error);
    return false;
}

int cli_write_json(json_t *value, int status)
{
    CLEANUP_BUFFER struct buffer text = {0};
    value_write_json(value, &text);
    buffer_add_byte(&text, '\n');
    json_decref(value);
    return cli_write(&text) ? status : EXIT_STATUS_FAILED;
}

static bool print_help(const struct command_help *help)
{
    CLEANUP_BUFFER struct buffer text = {0};
    buffer_printf(&text, "usage: pargraph %s%s%s\n\n%s\n", help->name,
                  help->usage[0] != '\0' ? " " : "", help->usage, help->summary);
    buffer_add_text(&text, "\noptions:\n");
    for (const struct option_entry *option = help->options; option->name != NULL; option++) {
        char letter[8] = "    ";
        if (option->letter != 0)
            snprintf(letter, sizeof letter, "-%c, ", option->letter);
        CLEANUP_BUFFER struct buffer left = {0};
        buffer_printf(&left, "%s--%s%s%s", letter, option->name,
                      option->argument != NULL ? " " : "",
                      option->argument != NULL ? option->argument : "");
        buffer_printf(&text, "  %-26s %s\n", buffer_text(&left), option->help);
    }
    buffer_printf(&text, "  %-26s %s\n", "-h, --help", "show this help");
    if (help->more != NULL)
        buffer_printf(&text, "\n%s", help->more);
    return cli_write(&text);
}

/* getopt's tables from ours: long options are numbered from 256. */
static void fill_tables(const struct command_help *help, struct option *longs, char *letters)
{
    int count = 0;
    *letters++ = ':';
    for (const struct option_entry *option = help->options; option->name != NULL; option++) {
        longs[count] = (struct option){option->name, option->argument != NULL, NULL, 256 + count};
        count++;
        if (option->letter == 0)
            continue;
        *letters++ = option->letter;
        if (option->argument != NULL)
            *letters++ = ':';
    }
    longs[count] = (struct option){"help", 0, NULL, 'h'};
    longs[count + 1] = (struct option){0};
    *letters++ = 'h';
    *letters = '\0';
}

static const struct option_entry *option_of(const struct command_help *help, int found)
{
    if (found >= 256)
        return &help->options[found - 256];
    for (const struct option_entry *option = help->options; option->name != NULL; option++)
        if (option->letter == found)
            return option;
    return NULL;
}

static int wrong_option(const struct command_help *help, char **argv, int found)
{
    const char *shown = argv[optind - 1];
    if (found == ':')
        return cli_usage(help->name, "option '%s' needs an argument", shown);
    if (strncmp(shown, "--", 2) != 0 && optopt != 0 && optopt < 256)
        return cli_usage(help->name, "unknown option '-%c'", optopt);
    const char *names[MOST_OPTIONS];
    size_t count = 0;
    for (const struct option_entry *option = help->options; option->name != NULL; option++)
        names[count++] = option->name;
    CLEANUP_FREE char *word = memory_text(strncmp(shown, "--", 2) == 0 ? shown + 2 : shown);
    word[strcspn(word, "=")] = '\0';
    const char *nearest = text_nearest(word, names, count);
    if (nearest != NULL)
        return cli_usage(help->name, "unknown option '%s'; did you mean '--%s'?", shown, nearest);
    return cli_usage(help->name, "unknown option '%s'", shown);
}

static int read_options(int argc, char **argv, const struct command_help *help, void *context,
                        bool is_ordered, int *ret_operands)
{
    struct option longs[MOST_OPTIONS + 2];
    char letters[2 * MOST_OPTIONS + 5] = "+";
    fill_tables(help, longs, letters + is_ordered);
    opterr = 0;
    optind = 0;
    if (context != NULL)
        ((struct common_options *)context)->command = help->name;
    int found;
    while ((found = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
        if (found == 'h') {
            return print_help(help) ? EXIT_STATUS_SUCCESS : EXIT_STATUS_FAILED;
        }
        if (found == '?' || found == ':')
            return wrong_option(help, argv, found);
        if (!option_of(help, found)->take(context, optarg))
            return EXIT_STATUS_INVALID;
    }
    int operands = argc - optind;
    memmove(argv + 1, argv + optind, (size_t)operands * sizeof *argv);
    *ret_operands = operands;
    return -1;
}

int cli_options(int argc, char **argv, const struct command_help *help, void *context,
                int *ret_operands)
{
    return read_options(argc, argv, help, context, false, ret_operands);
}

int cli_options_in_front(int argc, char **argv, const struct command_help *help, void *context,
                         int *ret_operands)
{
    return read_options(argc, argv, help, context, true, ret_operands);
}

bool take_state(void *context, const char *argument)
{
    ((struct common_options *)context)->state = argument;
    return true;
}

bool take_json(void *context, const char *argument)
{
    (void)argument;
    ((struct common_options *)context)->is_json = true;
    return true;
}

bool take_run(void *context, const char *argument)
{
    ((struct common_options *)context)->run = argument;
    return true;
}

bool take_backend(void *context, const char *argument)
{
    struct common_options *common = context;
    static const char *const names[] = {[BACKEND_THREAD] = "thread", [BACKEND_PROCESS] = "process"};
    for (uint8_t i = BACKEND_THREAD; i <= BACKEND_PROCESS; i++)
        if (strcmp(argument, names[i]) == 0)
            common->backend = i;
    if (common->backend != BACKEND_DEFAULT)
        return true;
    cli_usage(common->command,
              strcmp(argument, "mpi") == 0 ? "--backend mpi is not supported yet: %s or process"
                                           : "--backend takes thread or process, not '%s'",
              strcmp(argument, "mpi") == 0 ? "thread" : argument);
    return false;
}

bool take_cpus(void *context, const char *argument)
{
    struct common_options *common = context;
    int64_t cpus;
    if (!text_integer(argument, &cpus) || cpus < 1 || cpus > 1000000) {
        cli_usage(common->command, "-j takes a number from 1 to 1000000, not '%s'", argument);
        return false;
    }
    common->cpus = (uint64_t)cpus;
    return true;
}

/* value: taken. */
static void set_param(json_t **params, const char *name, json_t *value)
{
    if (*params == NULL)
        *params = json_object();
    json_object_set_new(*params, name, value);
}

bool take_param(void *context, const char *argument)
{
    struct common_options *common = context;
    const char *equals = strchr(argument, '=');
    size_t length = strlen(argument);
    if (equals == NULL || equals == argument) {
        cli_usage(common->command, "-p takes NAME=VALUE, not '%s'", argument);
        return false;
    }
    if (text_valid_utf8(argument, length) != length) {
        cli_usage(common->command, "-p takes UTF-8 text");
        return false;
    }
    CLEANUP_FREE char *name = memory_text_n(argument, (size_t)(equals - argument));
    set_param(&common->params, name, json_string(equals + 1));
    set_param(&common->given, name, json_null());
    return true;
}

bool take_params_file(void *context, const char *argument)
{
    struct common_options *common = context;
    json_t *params = cli_read_params(argument);
    if (params == NULL)
        return false;
    const char *name;
    json_t *value;
    json_object_foreach(params, name, value)
    {
        if (json_object_get(common->given, name) == NULL)
            set_param(&common->params, name, json_incref(value));
    }
    json_decref(params);
    return true;
}

void common_release(struct common_options *common)
{
    json_decref(common->params);
    json_decref(common->given);
    common->params = common->given = NULL;
}
