/* Decides the last words: counts and time in one line, then the failures, with their last lines and
 * where to read the rest. */
#include <signal.h>
#include <stdio.h>

#include "base/text.h"
#include "observe/terminal.h"

static uint32_t failed_count(const struct terminal *terminal)
{
    return terminal->by_status[STATUS_FAILURE] - terminal->tolerated;
}

/* ", 3 failed", or nothing for 0. Returns the separator of the next. */
static const char *add_count(const struct screen *screen, struct buffer *out, const char *separator,
                             uint32_t number, const char *word)
{
    if (number == 0)
        return separator;
    char text[64];
    snprintf(text, sizeof text, "%u %s", number, word);
    buffer_add_text(out, separator);
    enum colour colour = word[0] == 'o' ? COLOUR_GREEN : word[0] == 'f' ? COLOUR_RED : COLOUR_NONE;
    screen_add_coloured(screen, out, colour, text);
    return ", ";
}

static void add_counts(struct terminal *terminal, struct buffer *out)
{
    const struct screen *screen = &terminal->screen;
    const uint32_t *by_status = terminal->by_status;
    uint32_t total = terminal->plan->selected_count;
    buffer_printf(out, "%u task%s", total, total == 1 ? "" : "s");
    const char *separator = ": ";
    separator = add_count(screen, out, separator, by_status[STATUS_SUCCESS],
                          terminal->is_dry ? "would run" : "ok");
    separator = add_count(screen, out, separator, failed_count(terminal), "failed");
    separator =
        add_count(screen, out, separator, terminal->tolerated, "failed (continue-on-error)");
    separator = add_count(screen, out, separator, by_status[STATUS_SKIPPED], "skipped");
    separator = add_count(screen, out, separator, by_status[STATUS_BLOCKED], "blocked");
    separator = add_count(screen, out, separator, by_status[STATUS_CANCELLED], "cancelled");
    uint32_t rest = total > terminal->done ? total - terminal->done : 0;
    add_count(screen, out, separator, rest, "not ended");
}

static void add_failure(struct terminal *terminal, const struct failure *failure,
                        struct buffer *out)
{
    buffer_add_byte(out, '\n');
    terminal_add_name(terminal, failure->node, out);
    buffer_add_byte(out, ' ');
    screen_add_coloured(&terminal->screen, out, COLOUR_RED, "failed");
    if (failure->reason[0] != '\0')
        buffer_printf(out, ": %s", failure->reason);
    buffer_add_byte(out, '\n');
    if (failure->tail == NULL)
        return;
    buffer_add_text(out, failure->tail);
    if (terminal->run_id == NULL)
        return;
    buffer_add_text(out, "  see ");
    terminal_add_logs_hint(terminal, failure->node, out);
    buffer_add_byte(out, '\n');
}

static void add_failures(struct terminal *terminal, struct buffer *out)
{
    for (uint32_t i = 0; i < terminal->failure_count; i++)
        add_failure(terminal, &terminal->failures[i], out);
    uint32_t more = failed_count(terminal) - terminal->failure_count;
    if (more == 0)
        return;
    buffer_printf(out, "\n%u more failed", more);
    if (terminal->run_id != NULL) {
        buffer_add_text(out, ": see ");
        terminal_add_command(terminal, "status", out);
    }
    buffer_add_byte(out, '\n');
}

void terminal_summary(struct terminal *terminal, int64_t now, int exit_status)
{
    if (terminal->verbosity == VERBOSITY_QUIET && exit_status == 0)
        return;
    struct buffer *out = screen_say(&terminal->screen);
    add_counts(terminal, out);
    if (!terminal->is_dry) {
        buffer_add_text(out, " in ");
        text_write_duration(now - terminal->began, out);
        if (exit_status == 128 + SIGINT)
            buffer_add_text(out, ", interrupted");
        else if (exit_status == 128 + SIGTERM)
            buffer_add_text(out, ", terminated");
    }
    buffer_add_byte(out, '\n');
    add_failures(terminal, out);
    if (exit_status != 0 && terminal->run_id != NULL && !terminal->is_dry) {
        buffer_add_text(out, "\nto go on with what has not succeeded: ");
        terminal_add_command(terminal, "resume", out);
        buffer_add_byte(out, '\n');
    }
    screen_flush(&terminal->screen);
    terminal->is_going = false;
}
