/* Decides how text reaches the two descriptors. A progress line is always the last thing on its
 * terminal, is shorter than a row, and is taken away by blanks over it, which any terminal
 * understands. */
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
static void write_all(int descriptor, struct buffer *buffer)
{
    size_t at = 0;
    while (at < buffer->length) {
        ssize_t written = write(descriptor, buffer->bytes + at, buffer->length - at);
        if (written >= 0) {
            at += (size_t)written;
        } else if (errno == EAGAIN) {
            struct pollfd writable = {.fd = descriptor, .events = POLLOUT};
            poll(&writable, 1, -1);
        } else if (errno != EINTR) {
            break;
        }
    }
    buffer_clear(buffer);
}

static void blank(struct screen *screen)
{
    uint32_t columns = screen->drawn;
    screen->drawn = 0;
    if (columns == 0)
        return;
    if (columns >= screen->width)
        columns = screen->width - 1;
    buffer_add_byte(&screen->said, '\r');
    memset(buffer_reserve(&screen->said, columns), ' ', columns);
    screen->said.length += columns;
    buffer_add_byte(&screen->said, '\r');
}

struct buffer *screen_say(struct screen *screen)
{
    write_all(screen->output, &screen->shown);
    blank(screen);
    return &screen->said;
}

struct buffer *screen_show(struct screen *screen)
{
    blank(screen);
    write_all(screen->descriptor, &screen->said);
    return &screen->shown;
}

void screen_flush(struct screen *screen)
{
    write_all(screen->descriptor, &screen->said);
    write_all(screen->output, &screen->shown);
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

/* Wide letters begin above U+1100 (three bytes in UTF-8); counting all from there on as two columns
 * keeps the line within the row at the price of cutting some early. */
static uint32_t character_columns(unsigned char first)
{
    return first < 0x80 ? 1 : (first & 0xc0) == 0x80 ? 0 : first < 0xe1 ? 1 : 2;
}

void line_add(struct line *line, enum colour colour, const char *text, size_t length)
{
    CLEANUP_BUFFER struct buffer clean = {0};
    text_printable(text, length, &clean);
    size_t fits = 0;
    for (; fits < clean.length && !line->is_full; fits++) {
        unsigned char byte = (unsigned char)(clean.bytes[fits] == '\t' ? '?' : clean.bytes[fits]);
        uint32_t columns = character_columns(byte);
        line->is_full = columns > 0 && line->columns + columns >= line->screen->width;
        if (line->is_full)
            break;
        clean.bytes[fits] = (char)byte;
        line->columns += columns;
    }
    clean.length = fits;
    screen_add_coloured(line->screen, &line->text, colour, buffer_text(&clean));
}

void screen_draw(struct screen *screen, struct line *line)
{
    struct buffer *said = screen_say(screen);
    buffer_add(said, line->text.bytes, line->text.length);
    screen->drawn = line->columns;
    screen_flush(screen);
    buffer_release(&line->text);
}
