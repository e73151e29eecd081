/* pargraph logs. */
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "cli/cli.h"

struct logs_command {
    struct common_options common; /* first: the shared takers know it */
    bool is_all;
};

static bool take_all(void *context, const char *argument)
{
    (void)argument;
    ((struct logs_command *)context)->is_all = true;
    return true;
}

static const struct option_entry options[] = {
    {'a', "all", NULL, "show all attempts, those before a resume too, under headings", take_all},
    OPTION_STATE,
    {0}};

static const struct command_help help = {
    "logs", "[OPTIONS] [RUN] TASK",
    "Shows what TASK (a task, or an instance as 'T[a=1]') wrote in its last attempt, in the\n"
    "newest run or the one whose id begins with RUN.",
    options,
    "Of several instances each comes under its name. To a terminal, control characters are\n"
    "shown as '?'; to a file or a pipe every byte is as it was written.\n"};

struct sink {
    bool is_terminal;
    bool has_failed; /* nothing more is written */
};

static void write_chunk(void *context, int stream, const char *bytes, size_t length)
{
    (void)stream;
    struct sink *sink = context;
    struct buffer text = {0};
    if (!sink->is_terminal) {
        buffer_add(&text, bytes, length);
    } else {
        size_t begin = 0;
        for (size_t i = 0; i <= length; i++)
            if (i == length || bytes[i] == '\n') {
                text_printable(bytes + begin, i - begin, &text);
                if (i < length)
                    buffer_add_byte(&text, '\n');
                begin = i + 1;
            }
    }
    sink->has_failed = sink->has_failed || !cli_write(&text);
    buffer_release(&text);
}

static void write_heading(const struct seen_run *seen, uint32_t node,
                          const struct attempt_end *attempt, struct sink *sink)
{
    CLEANUP_BUFFER struct buffer text = {0};
    buffer_add_text(&text, "==> ");
    plan_write_name(&seen->loaded.plan, node, &text);
    if (attempt != NULL)
        buffer_printf(&text, ", attempt %u: ", attempt->number);
    switch (attempt != NULL ? attempt->kind : UINT8_MAX) {
    case OUTCOME_EXITED:
        buffer_printf(&text, "exit status %d", (int)attempt->code);
        break;
    case OUTCOME_SIGNALLED:
        text_write_signal(attempt->code, &text);
        break;
    case OUTCOME_LOST:
        buffer_add_text(&text, "lost with its runner");
        break;
    case OUTCOME_NOT_STARTED:
        buffer_add_text(&text, "not started");
        break;
    case OUTCOME_INVALID:
        buffer_add_text(&text, "failed");
        break;
    }
    buffer_add_text(&text, " <==\n");
    sink->has_failed = sink->has_failed || !cli_write(&text);
}

/* The attempts of one node, in order: the last, or all under headings. */
static bool write_logs(const struct seen_run *seen, const struct attempt_end *attempts,
                       uint32_t count, bool is_all, struct sink *sink, struct error *error)
{
    for (uint32_t i = is_all || count == 0 ? 0 : count - 1; i < count; i++) {
        const struct attempt_end *attempt = &attempts[i];
        if (is_all)
            write_heading(seen, attempt->node, attempt, sink);
        if (!sink->has_failed && !log_read(&seen->folder, attempt->node, attempt->number,
                                           &attempt->log, write_chunk, sink, error))
            return false;
    }
    return true;
}

static bool write_task(const struct seen_run *seen, const node_list *nodes, bool is_all,
                       struct sink *sink, struct error *error)
{
    struct attempt_list list;
    uint32_t count = nodes->count, first = count > 0 ? nodes->items[0] : 0;
    uint32_t end = count > 0 ? nodes->items[count - 1] + 1 : first;
    if (!attempts_read(&list, &seen->folder, first, end - first, error))
        return false;
    uint32_t at = 0;
    bool is_good = true;
    for (uint32_t i = 0; i < count && is_good && !sink->has_failed; i++) {
        uint32_t node = nodes->items[i];
        while (at < list.count && list.items[at].node < node)
            at++;
        uint32_t begin = at;
        while (at < list.count && list.items[at].node == node)
            at++;
        if (count > 1 && !is_all)
            write_heading(seen, node, NULL, sink);
        is_good = write_logs(seen, list.items + begin, at - begin, is_all, sink, error);
    }
    VEC_RELEASE(&list);
    return is_good;
}

static int print_logs(const struct seen_run *seen, const char *task, bool is_all)
{
    CLEANUP_ERROR struct error error = {0};
    node_list nodes = {0};
    if (!plan_find(&seen->loaded.plan, task, &nodes, &error))
        return cli_fail(EXIT_STATUS_INVALID, &error);
    struct sink sink = {.is_terminal = isatty(STDOUT_FILENO)};
    bool is_written = write_task(seen, &nodes, is_all, &sink, &error);
    VEC_RELEASE(&nodes);
    if (!is_written)
        return cli_fail(EXIT_STATUS_STATE, &error);
    return sink.has_failed ? EXIT_STATUS_FAILED : EXIT_STATUS_SUCCESS;
}

int command_logs(int argc, char **argv)
{
    struct logs_command command = {0};
    int operands;
    int status = cli_options(argc, argv, &help, &command, &operands);
    if (status >= 0)
        return status;
    if (operands < 1 || operands > 2)
        return cli_usage("logs", "a task is wanted, and before it perhaps a run");
    struct seen_run seen;
    status = cli_open_run(&seen, command.common.state, NULL, operands == 2 ? argv[1] : NULL);
    if (status == EXIT_STATUS_SUCCESS)
        status = print_logs(&seen, argv[operands], command.is_all);
    cli_close_run(&seen);
    return status;
}
