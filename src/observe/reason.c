/* Decides how tasks and failures are named in messages. Everything that comes from a workflow or a
 * program is made harmless here. */
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

void terminal_add_reason(const struct fact *fact, struct buffer *out)
{
    CLEANUP_BUFFER struct buffer reason = {0};
    outcome_write_reason(fact->outcome, fact->is_timeout, &reason);
    text_printable(reason.bytes, reason.length, out);
}
