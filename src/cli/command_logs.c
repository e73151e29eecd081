/* pargraph logs. */
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "cli/cli.h"

static const struct option_entry options[] = {OPTION_STATE, {0}};

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

static bool write_log(const struct seen_run *seen, uint32_t node, bool has_header,
                      struct sink *sink, struct error *error)
{
    CLEANUP_BUFFER struct buffer header = {0};
    if (has_header) {
        buffer_add_text(&header, "==> ");
        plan_write_name(&seen->loaded.plan, node, &header);
        buffer_add_text(&header, " <==\n");
        sink->has_failed = !cli_write(&header);
    }
    const struct extent *log = &seen->replay.nodes[node].log;
    if (log->length == 0 || sink->has_failed)
        return true;
    uint32_t attempt = scheduler_attempt(seen->replay.scheduler, node);
    return log_read(&seen->folder, node, attempt, log, write_chunk, sink, error);
}

static int print_logs(const struct seen_run *seen, const char *task)
{
    CLEANUP_ERROR struct error error = {0};
    uint32_t first, count;
    if (!plan_find(&seen->loaded.plan, task, &first, &count, &error))
        return cli_fail(EXIT_STATUS_INVALID, &error);
    struct sink sink = {.is_terminal = isatty(STDOUT_FILENO)};
    for (uint32_t node = first; node < first + count && !sink.has_failed; node++)
        if (!write_log(seen, node, count > 1, &sink, &error))
            return cli_fail(EXIT_STATUS_STATE, &error);
    return sink.has_failed ? EXIT_STATUS_FAILED : EXIT_STATUS_SUCCESS;
}

int command_logs(int argc, char **argv)
{
    struct common_options common = {0};
    int operands;
    int status = cli_options(argc, argv, &help, &common, &operands);
    if (status >= 0)
        return status;
    if (operands < 1 || operands > 2)
        return cli_usage("logs", "a task is wanted, and before it perhaps a run");
    struct seen_run seen;
    status = cli_open_run(&seen, common.state, NULL, operands == 2 ? argv[1] : NULL);
    if (status == EXIT_STATUS_SUCCESS)
        status = print_logs(&seen, argv[operands]);
    cli_close_run(&seen);
    return status;
}
