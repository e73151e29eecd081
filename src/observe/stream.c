/* Decides how tasks' output is shown: whole lines with the task's name in front as they come, one
 * block at the end, or the last lines of a failure. */
#include <string.h>

#include "base/text.h"
#include "observe/terminal.h"

enum { LONGEST_LINE = 64 * 1024 };

static void show_line(const struct screen *screen, const struct buffer *prefix, struct buffer *line,
                      struct buffer *out)
{
    buffer_add_byte(line, '\n');
    buffer_add(out, prefix->bytes, prefix->length);
    screen_add_output(screen, out, line->bytes, line->length);
    buffer_clear(line);
}

/* Moves bytes into the line up to its end, or as far as it may grow; returns how many of them. A
 * line that has its newline, or is full with more to come, is shown. */
static size_t take_line(struct screen *screen, const struct buffer *prefix, struct buffer *line,
                        const char *bytes, size_t length)
{
    struct buffer *out = screen_show(screen);
    if (line->length == LONGEST_LINE && bytes[0] != '\n')
        show_line(screen, prefix, line, out);
    size_t room = LONGEST_LINE - line->length;
    const char *newline = memchr(bytes, '\n', length);
    size_t taken = newline != NULL ? (size_t)(newline - bytes) : length;
    if (taken > room) {
        buffer_add(line, bytes, room);
        return room;
    }
    buffer_add(line, bytes, taken);
    if (newline == NULL)
        return taken;
    show_line(screen, prefix, line, out);
    return taken + 1;
}

static void make_prefix(const struct terminal *terminal, uint32_t node, struct buffer *prefix)
{
    terminal_add_name(terminal, node, prefix);
    buffer_add_text(prefix, " | ");
}

void terminal_stream(struct terminal *terminal, struct running *running, int stream,
                     const char *bytes, size_t length)
{
    CLEANUP_BUFFER struct buffer prefix = {0};
    make_prefix(terminal, running->node, &prefix);
    while (length > 0) {
        size_t taken =
            take_line(&terminal->screen, &prefix, &running->lines[stream == 2], bytes, length);
        bytes += taken;
        length -= taken;
    }
}

void terminal_stream_end(struct terminal *terminal, struct running *running)
{
    for (int i = 0; i < 2; i++) {
        if (running->lines[i].length == 0)
            continue;
        CLEANUP_BUFFER struct buffer prefix = {0};
        make_prefix(terminal, running->node, &prefix);
        show_line(&terminal->screen, &prefix, &running->lines[i], screen_show(&terminal->screen));
    }
}

static void end_line(struct buffer *out)
{
    if (out->length > 0 && out->bytes[out->length - 1] != '\n')
        buffer_add_byte(out, '\n');
}

static void show_left_out(const struct terminal *terminal, uint32_t node, uint64_t bytes,
                          struct buffer *out)
{
    end_line(out);
    buffer_add_text(out, "[... ");
    text_write_size(bytes, out);
    buffer_add_text(out, " left out");
    if (terminal->run_id != NULL) {
        buffer_add_text(out, ": see ");
        terminal_add_logs_hint(terminal, node, out);
    }
    buffer_add_text(out, " ...]\n");
}

void terminal_block(struct terminal *terminal, const struct running *running)
{
    if (running->capture.total == 0)
        return;
    CLEANUP_BUFFER struct buffer block = {0};
    struct capture_parts parts;
    capture_parts(&running->capture, &parts);
    buffer_add(&block, parts.head, parts.head_length);
    if (parts.left_out > 0)
        show_left_out(terminal, running->node, parts.left_out, &block);
    buffer_add(&block, parts.tail, parts.tail_length);
    struct screen *screen = &terminal->screen;
    if (screen->is_output_terminal || screen->is_one_file)
        end_line(&block);
    screen_add_output(screen, screen_show(screen), block.bytes, block.length);
}

char *terminal_tail(const struct running *running)
{
    CLEANUP_BUFFER struct buffer raw = {0};
    struct buffer tail = {0};
    capture_last_lines(&running->capture, LINES_SHOWN, &raw);
    for (size_t at = 0; at < raw.length;) {
        const char *newline = memchr(raw.bytes + at, '\n', raw.length - at);
        size_t end = newline != NULL ? (size_t)(newline - raw.bytes) : raw.length;
        buffer_add_text(&tail, "    ");
        text_printable(raw.bytes + at, end - at - (end > at && raw.bytes[end - 1] == '\r'), &tail);
        buffer_add_byte(&tail, '\n');
        at = end + 1;
    }
    return tail.length > 0 ? buffer_take(&tail) : NULL;
}
