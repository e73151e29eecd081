/* pargraph map: one command, or one function, for each of many items. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/quick.h"

enum { MOST_SOURCES = 9 };
static const size_t MOST_INPUT = (size_t)1 << 30;

struct map_command {
    struct quick_options quick; /* first: the shared takers know it */
    bool is_nul;
    char **words; /* of the command */
    int word_count;
    json_t *sources[MOST_SOURCES]; /* lists of items */
    int source_count;
};

static bool take_call(void *context, const char *argument)
{
    ((struct quick_options *)context)->call = argument;
    return true;
}

static bool take_fast(void *context, const char *argument)
{
    (void)argument;
    ((struct quick_options *)context)->is_fast = true;
    return true;
}

static bool take_nul(void *context, const char *argument)
{
    (void)argument;
    ((struct map_command *)context)->is_nul = true;
    return true;
}

static bool take_number(struct quick_options *options, const char *what, const char *argument,
                        int64_t *ret)
{
    if (text_integer(argument, ret) && *ret >= 1 && *ret <= 1000000)
        return true;
    cli_usage(options->common.command, "--%s takes a number from 1 to 1000000, not '%s'", what,
              argument);
    return false;
}

static bool take_chunk(void *context, const char *argument)
{
    int64_t number;
    struct quick_options *options = context;
    if (!take_number(options, "chunk", argument, &number))
        return false;
    options->chunk = (uint32_t)number;
    return true;
}

static bool take_retries(void *context, const char *argument)
{
    int64_t number;
    ((struct quick_options *)context)->retries = argument;
    return take_number(context, "retries", argument, &number);
}

static const struct option_entry options[] = {
    {'0', "null", NULL, "items on standard input end with NUL, not with a line's end", take_nul},
    OPTION_BACKEND,
    {'c', "call", "FUNCTION", "call a function (see pargraph call) with each item", take_call},
    {0, "chunk", "N", "give each worker N items at a time, with --call", take_chunk},
    {0, "fail-fast", NULL, "after a failure start nothing more, and end what runs", take_fast},
    OPTION_CPUS,
    {0, "json", NULL, "print a text as JSON, too, with --call", take_json},
    QUICK_KEYWORD,
    {'q', "quiet", NULL, "show no progress", take_quick_quiet},
    {0, "retries", "N", "try each that fails N times more", take_retries},
    OPTION_STATE,
    QUICK_TEXT,
    QUICK_TIMEOUT,
    {0}};

static const struct command_help help = {
    "map", "[OPTIONS] COMMAND... [::: ITEM...]...",
    "Runs a shell command, or with --call a function, once for each item: each ITEM behind :::,\n"
    "or each line of standard input. What they write, or return, is printed in the order of\n"
    "the items. Several ::: make all combinations.",
    options,
    "In COMMAND, which is shell text, {} is the item, as one word whatever is in it; {.} is it\n"
    "without its extension, {/} the last part of a path, {//} the part before that, {/.} the last\n"
    "part without extension, {1}, {2} the item of the first, second :::, {#} the number of the\n"
    "item. Without any of these the item comes behind COMMAND.\n"
    "With --call an item that reads as JSON is that value, any other is text.\n\n"
    "exit status: 0 all well; 1 some failed (all others ran); 2 the command line is wrong; 4 the\n"
    "state cannot be kept; 130, 143 interrupted\n"};

/* --- items --- */

static bool add_item(struct map_command *command, json_t *list, const char *text, size_t length)
{
    bool is_value = command->quick.call != NULL;
    CLEANUP_FREE char *item = memory_text_n(text, length);
    if (strlen(item) != length) {
        cli_usage("map", "an item holds a NUL: end items with NULs and give -0");
        return false;
    }
    json_t *value;
    if (is_value)
        value = quick_value(&command->quick, item);
    else if ((value = json_stringn(item, length)) == NULL)
        cli_usage("map", "an item is not UTF-8");
    return value != NULL && json_array_append_new(list, value) == 0;
}

static bool read_input(struct map_command *command)
{
    CLEANUP_FREE char *text = NULL;
    CLEANUP_ERROR struct error error = {0};
    size_t length;
    if (!file_read("-", MOST_INPUT, &text, &length, &error)) {
        cli_fail(EXIT_STATUS_INVALID, &error);
        return false;
    }
    json_t *list = command->sources[command->source_count++] = json_array();
    char end = command->is_nul ? '\0' : '\n';
    for (size_t begin = 0; begin < length;) {
        const char *found = memchr(text + begin, end, length - begin);
        size_t size = (found != NULL ? (size_t)(found - text) : length) - begin;
        if (!add_item(command, list, text + begin, size))
            return false;
        begin += size + 1;
    }
    return true;
}

static bool read_items(struct map_command *command, char **words, int count)
{
    json_t *list = NULL;
    for (int i = 0; i < count; i++) {
        if (strcmp(words[i], ":::") != 0) {
            if (!add_item(command, list, words[i], strlen(words[i])))
                return false;
            continue;
        }
        if (command->source_count == MOST_SOURCES) {
            cli_usage("map", "there are more than %d times :::", MOST_SOURCES);
            return false;
        }
        list = command->sources[command->source_count++] = json_array();
    }
    return command->source_count > 0 || read_input(command);
}

/* All combinations, the last source fastest: a list of maps {"item1", ..., "n"}; of one source its
 * items are called "item". */
static json_t *make_rows(const struct map_command *command)
{
    json_t *rows = json_array();
    size_t total = 1;
    for (int i = 0; i < command->source_count; i++)
        total *= json_array_size(command->sources[i]);
    for (size_t n = 0; n < total; n++) {
        json_t *row = json_object();
        size_t rest = n;
        for (int i = command->source_count; i-- > 0;) {
            char variable[16] = "item";
            size_t count = json_array_size(command->sources[i]);
            if (command->source_count > 1)
                snprintf(variable, sizeof variable, "item%d", i + 1);
            json_object_set(row, variable, json_array_get(command->sources[i], rest % count));
            rest /= count;
        }
        json_array_append_new(rows, row);
    }
    return rows;
}

/* --- the command --- */

#define WITHOUT_EXTENSION(path) "(" path ":gsub('%%.[^./]*$', ''))"

static const struct {
    const char *mark, *expression; /* %s: the item */
} marks[] = {
    {"{}", "%s"},
    {"{.}", WITHOUT_EXTENSION("%s")},
    {"{/}", "basename(%s)"},
    {"{//}", "dirname(%s)"},
    {"{/.}", WITHOUT_EXTENSION("basename(%s)")},
};

static void add_expression(struct buffer *out, const char *form, const char *item)
{
    buffer_add_text(out, "${{ ");
    for (const char *at = form; *at != '\0'; at++)
        if (at[0] == '%' && at[1] == 's')
            buffer_add_text(out, (at++, item));
        else if (at[0] == '%' && at[1] == '%')
            buffer_add_byte(out, *at++);
        else
            buffer_add_byte(out, *at);
    buffer_add_text(out, " }}");
}

/* Of several sources {} is all items, a word each. */
static void add_items(struct buffer *out, const struct map_command *command, const char *form)
{
    for (int i = 0; i < command->source_count; i++) {
        char item[32] = "matrix.item";
        if (command->source_count > 1)
            snprintf(item, sizeof item, "matrix.item%d", i + 1);
        if (i > 0)
            buffer_add_byte(out, ' ');
        add_expression(out, form, item);
    }
}

/* The mark that stands here: its length, and what comes in its place is added; 0: none. */
static size_t take_mark(struct buffer *out, const struct map_command *command, const char *at,
                        bool *has_number)
{
    char item[32];
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (strncmp(at, marks[i].mark, strlen(marks[i].mark)) == 0) {
            add_items(out, command, marks[i].expression);
            return strlen(marks[i].mark);
        }
    if (strncmp(at, "{#}", 3) == 0) {
        add_expression(out, "%s", "matrix.n");
        *has_number = true;
        return 3;
    }
    if (at[0] != '{' || at[1] < '1' || at[1] > '9' || at[2] != '}' ||
        at[1] - '0' > command->source_count)
        return 0;
    snprintf(item, sizeof item, command->source_count > 1 ? "matrix.item%c" : "matrix.item", at[1]);
    add_expression(out, "%s", item);
    return 3;
}

static char *make_text(const struct map_command *command, bool *has_number)
{
    struct buffer out = {0};
    CLEANUP_BUFFER struct buffer text = {0};
    bool has_mark = false;
    for (int i = 0; i < command->word_count; i++) {
        buffer_add_text(&text, i > 0 ? " " : "");
        buffer_add_text(&text, command->words[i]);
    }
    for (const char *at = buffer_text(&text); *at != '\0';) {
        size_t length = take_mark(&out, command, at, has_number);
        has_mark = has_mark || length > 0;
        if (length == 0)
            buffer_add_byte(&out, *at++);
        at += length;
    }
    if (!has_mark) {
        buffer_add_byte(&out, ' ');
        add_items(&out, command, "%s");
    }
    return buffer_take(&out);
}

/* --- the task --- */

/* Each item is one argument, a list too. */
static bool set_call(struct map_command *command, json_t *task)
{
    json_t *call = quick_function(&command->quick, command->quick.call), *args = json_array();
    if (call == NULL)
        return false;
    for (int i = 0; i < command->source_count; i++) {
        char text[40] = "${{ {matrix.item} }}";
        if (command->source_count > 1)
            snprintf(text, sizeof text, "${{ {matrix.item%d} }}", i + 1);
        json_array_append_new(args, json_string(text));
    }
    json_object_set_new(call, "args", args);
    quick_add_keywords(call, &command->quick);
    json_object_set_new(task, "call", call);
    return true;
}

static bool set_run(const struct map_command *command, json_t *task, json_t *rows)
{
    bool has_number = false;
    CLEANUP_FREE char *text = make_text(command, &has_number);
    json_t *run = json_string(text);
    if (run == NULL) {
        cli_usage("map", "the command is not UTF-8");
        return false;
    }
    json_object_set_new(task, "run", run);
    for (size_t i = 0; has_number && i < json_array_size(rows); i++)
        json_object_set_new(json_array_get(rows, i), "n", json_integer((json_int_t)i + 1));
    return true;
}

static void write_chunk(void *context, int stream, const char *bytes, size_t length)
{
    bool *has_failed = context;
    int descriptor = stream == 2 ? STDERR_FILENO : STDOUT_FILENO;
    *has_failed = *has_failed || !file_write_all(descriptor, bytes, length);
}

/* What the commands wrote, in their last attempts, in order. */
static bool show_output(void *context, const struct loaded *loaded, const struct run_folder *folder,
                        struct error *error)
{
    (void)context;
    const struct instances *instances = &loaded->plan.instances[0];
    struct attempt_list list;
    bool is_good = true, has_failed = false;
    if (!attempts_read(&list, folder, instances->first, instances->count, error))
        return false;
    for (uint32_t i = 0; is_good && !has_failed && i < list.count; i++) {
        const struct attempt_end *end = &list.items[i];
        if (i + 1 == list.count || end[1].node != end->node)
            is_good = log_read(folder, end->node, end->number, &end->log, write_chunk, &has_failed,
                               error);
    }
    VEC_RELEASE(&list);
    if (has_failed && errno != EPIPE)
        is_good = error_set_system(error, errno, "cannot write to standard output");
    return is_good;
}

static int map(struct map_command *command)
{
    struct quick_options *quick = &command->quick;
    json_t *rows = make_rows(command), *task = json_object();
    bool is_call = quick->call != NULL;
    bool is_good = is_call ? set_call(command, task) : set_run(command, task, rows);
    if (!is_good || json_array_size(rows) == 0) {
        json_decref(rows);
        json_decref(task);
        return is_good ? EXIT_STATUS_SUCCESS : EXIT_STATUS_INVALID;
    }
    json_object_set_new(task, "matrix", json_string("${{ params.items }}"));
    if (quick->retries != NULL)
        json_object_set_new(task, "retry", json_integer(strtol(quick->retries, NULL, 10)));
    if (quick->chunk > 0)
        json_object_set_new(task, "pool", json_string("quick"));
    quick->common.params = json_object();
    json_object_set_new(quick->common.params, "items", rows);
    if (quick->kwargs != NULL)
        json_object_set(quick->common.params, "kwargs", quick->kwargs);
    return quick_run(quick, json_pack("{s:o}", "item", task),
                     is_call ? quick_show_results : show_output, quick);
}

static int begin(struct map_command *command, char **words, int count)
{
    bool is_call = command->quick.call != NULL;
    while (command->word_count < count && strcmp(words[command->word_count], ":::") != 0)
        command->word_count++;
    command->words = words;
    if (is_call && command->word_count > 0)
        return cli_usage("map", "with --call there is no command: items come behind :::");
    if (!is_call && command->word_count == 0)
        return cli_usage("map", "a command is wanted, or --call");
    if (!is_call && (command->quick.chunk > 0 || command->quick.kwargs != NULL))
        return cli_usage("map", "--chunk and -k are for functions, with --call");
    if (!read_items(command, words + command->word_count, count - command->word_count))
        return EXIT_STATUS_INVALID;
    return map(command);
}

int command_map(int argc, char **argv)
{
    struct map_command command = {0};
    int operands;
    int status = cli_options_in_front(argc, argv, &help, &command, &operands);
    if (status < 0)
        status = begin(&command, argv + 1, operands);
    for (int i = 0; i < command.source_count; i++)
        json_decref(command.sources[i]);
    quick_release(&command.quick);
    return status;
}
