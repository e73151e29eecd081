/* Decides the words for why an attempt failed, and how tasks are named in messages. Everything that
 * comes from a workflow or a program is made harmless here. */
#include <string.h>

#include "base/text.h"
#include "observe/terminal.h"

void terminal_add_name(const struct terminal *terminal, uint32_t node, struct buffer *out)
{
    CLEANUP_BUFFER struct buffer title = {0};
    plan_write_name(terminal->plan, node, &title);
    text_printable(title.bytes, title.length, out);
}

void terminal_add_logs_hint(const struct terminal *terminal, uint32_t node, struct buffer *out)
{
    CLEANUP_BUFFER struct buffer title = {0}, word = {0};
    plan_write_name(terminal->plan, node, &title);
    text_write_shell_word(title.bytes, title.length, &word);
    buffer_printf(out, "pargraph logs %s ", terminal->run_id);
    text_printable(word.bytes, word.length, out);
}

static void add_detail(const char *before, const char *detail, struct buffer *out)
{
    if (detail == NULL || detail[0] == '\0')
        return;
    buffer_add_text(out, before);
    text_printable(detail, strlen(detail), out);
}

void terminal_add_reason(const struct fact *fact, struct buffer *out)
{
    const struct outcome *outcome = fact->outcome;
    if (fact->is_timeout) {
        buffer_add_text(out, "timed out");
        return;
    }
    if (outcome == NULL)
        return;
    switch (outcome->kind) {
    case OUTCOME_EXITED:
        buffer_printf(out, "exit status %d", (int)outcome->code);
        add_detail(": ", outcome->detail, out);
        break;
    case OUTCOME_SIGNALLED:
        buffer_add_text(out, "killed by ");
        text_write_signal(outcome->code, out);
        break;
    case OUTCOME_NOT_STARTED:
        add_detail("", outcome->detail ? outcome->detail : "it could not be started", out);
        break;
    case OUTCOME_INVALID:
        add_detail("", outcome->detail, out);
        break;
    case OUTCOME_LOST:
        buffer_add_text(out, "lost when its runner ended");
        break;
    }
}
