/* Decides how text reaches the two descriptors. The progress line is always the last thing on its
 * terminal, and the cursor stands at its beginning. So it can be taken away by erasing from there
 * on whatever became of it: a terminal made narrower breaks it into several rows, or cuts it, and
 * in either case the cursor is where it began. While it is written the terminal must not go on in
 * the next row: it may have been made narrower a moment ago. */
#include "observe/screen.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

static const char *const colour_codes[] = {"", "\033[31m", "\033[32m", "\033[33m", "\033[1m"};

void screen_init(struct screen *screen, int descriptor, int output)
{
    struct stat messages, tasks;
    screen->descriptor = descriptor;
    screen->output = output;
    screen->is_output_terminal = isatty(output) == 1;
    screen->is_one_file = fstat(descriptor, &messages) == 0 && fstat(output, &tasks) == 0 &&
                          messages.st_dev == tasks.st_dev && messages.st_ino == tasks.st_ino;
}

void screen_release(struct screen *screen)
{
    buffer_release(&screen->said);
    buffer_release(&screen->shown);
}

/* Standard descriptors are shared with other programs, which may have made them non-blocking. */
bool screen_write(int descriptor, struct buffer *buffer)
{
    size_t at = 0;
    bool is_written = true;
    while (at < buffer->length && is_written) {
        ssize_t written = write(descriptor, buffer->bytes + at, buffer->length - at);
        if (written >= 0) {
            at += (size_t)written;
        } else if (errno == EAGAIN) {
            struct pollfd writable = {.fd = descriptor, .events = POLLOUT};
            poll(&writable, 1, -1);
        } else {
            is_written = errno == EINTR;
        }
    }
    buffer_clear(buffer);
    return is_written;
}

void screen_erase(struct screen *screen)
{
    if (screen->is_drawn)
        buffer_add_text(&screen->said, "\r\033[J");
    screen->is_drawn = false;
}

struct buffer *screen_say(struct screen *screen)
{
    screen_erase(screen);
    return &screen->said;
}

struct buffer *screen_show(struct screen *screen)
{
    screen_erase(screen);
    return screen->is_one_file ? &screen->said : &screen->shown;
}

size_t screen_gathered(const struct screen *screen)
{
    return screen->said.length + screen->shown.length;
}

static void note_loss(struct screen *screen)
{
    if (screen->lost == 0 && errno != EPIPE)
        screen->lost = errno;
}

void screen_flush(struct screen *screen)
{
    if (!screen_write(screen->descriptor, &screen->said) && screen->is_one_file)
        note_loss(screen);
    if (!screen_write(screen->output, &screen->shown))
        note_loss(screen);
}

bool screen_is_ours(const struct screen *screen)
{
    pid_t foreground = tcgetpgrp(screen->descriptor);
    return foreground < 0 || foreground == getpgrp();
}

void screen_add_coloured(const struct screen *screen, struct buffer *out, enum colour colour,
                         const char *text)
{
    bool is_coloured = screen->has_colour && colour != COLOUR_NONE;
    if (is_coloured)
        buffer_add_text(out, colour_codes[colour]);
    buffer_add_text(out, text);
    if (is_coloured)
        buffer_add_text(out, "\033[0m");
}

void screen_add_output(const struct screen *screen, struct buffer *out, const char *bytes,
                       size_t length)
{
    if (!screen->is_output_terminal) {
        buffer_add(out, bytes, length);
        return;
    }
    while (length > 0) {
        const char *newline = memchr(bytes, '\n', length);
        size_t line = newline != NULL ? (size_t)(newline - bytes) : length;
        bool ends_in_return = newline != NULL && line > 0 && bytes[line - 1] == '\r';
        text_printable(bytes, line - ends_in_return, out);
        if (newline == NULL)
            return;
        buffer_add_byte(out, '\n');
        bytes += line + 1;
        length -= line + 1;
    }
}

void line_add(struct line *line, enum colour colour, const char *text, size_t length)
{
    if (line->is_full)
        return;
    CLEANUP_BUFFER struct buffer clean = {0};
    text_printable(text, length, &clean);
    for (size_t i = 0; i < clean.length; i++)
        if (clean.bytes[i] == '\t')
            clean.bytes[i] = '?';
    uint32_t room = line->screen->width - 1 - line->columns, columns;
    size_t fits = text_fit(clean.bytes, clean.length, room, &columns);
    line->is_full = fits < clean.length;
    line->columns += columns;
    clean.length = fits;
    if (fits > 0)
        screen_add_coloured(line->screen, &line->text, colour, buffer_text(&clean));
}

void screen_draw(struct screen *screen, struct line *line)
{
    if (screen->shown.length > 0)
        screen_flush(screen);
    struct buffer *said = &screen->said;
    buffer_add_text(said, "\r\033[?7l");
    buffer_add(said, line->text.bytes, line->text.length);
    buffer_add_text(said, "\033[J\033[?7h\r");
    screen->is_drawn = true;
    buffer_release(&line->text);
}
