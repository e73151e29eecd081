/* Decides how tasks and failures are named in messages. Everything that comes from a workflow or a
 * program is made harmless here. */
#include <string.h>

#include "base/text.h"
#include "observe/terminal.h"

void terminal_add_name(const struct terminal *terminal, uint32_t node, struct buffer *out)
{
    CLEANUP_BUFFER struct buffer title = {0};
    plan_write_name(terminal->plan, node, &title);
    text_printable(title.bytes, title.length, out);
}

void terminal_add_command(const struct terminal *terminal, const char *name, struct buffer *out)
{
    buffer_printf(out, "pargraph %s ", name);
    if (terminal->state != NULL) {
        CLEANUP_BUFFER struct buffer word = {0};
        text_write_shell_word(terminal->state, strlen(terminal->state), &word);
        buffer_add_text(out, "--state ");
        text_printable(word.bytes, word.length, out);
        buffer_add_byte(out, ' ');
    }
    buffer_add_text(out, terminal->run_id);
}

void terminal_add_logs_hint(const struct terminal *terminal, uint32_t node, struct buffer *out)
{
    CLEANUP_BUFFER struct buffer title = {0}, word = {0};
    plan_write_name(terminal->plan, node, &title);
    text_write_shell_word(title.bytes, title.length, &word);
    terminal_add_command(terminal, "logs", out);
    buffer_add_byte(out, ' ');
    text_printable(word.bytes, word.length, out);
}

void terminal_add_reason(const struct fact *fact, struct buffer *out)
{
    CLEANUP_BUFFER struct buffer reason = {0};
    outcome_write_reason(fact->outcome, fact->is_timeout, &reason);
    text_printable(reason.bytes, reason.length, out);
}
