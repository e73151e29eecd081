/* The two descriptors a run writes to, messages and tasks' output, and the progress line below
 * them. All is gathered until screen_flush. */
#ifndef OBSERVE_SCREEN_H
#define OBSERVE_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

enum colour { COLOUR_NONE, COLOUR_RED, COLOUR_GREEN, COLOUR_YELLOW, COLOUR_BOLD };

struct screen {
    int descriptor, output;
    bool has_colour;
    bool is_output_terminal; /* output takes no raw bytes */
    bool is_one_file; /* messages and output go to the same: end lines of output. All is in said */
    bool is_drawn;    /* the progress line stands there, the cursor at its beginning */
    uint32_t width;
    struct buffer said, shown;
    int lost; /* errno, where output could not be written, but for a pipe that nobody reads */
};

void screen_init(struct screen *screen, int descriptor, int output);
void screen_release(struct screen *screen);

/* Where to append messages, or output; the progress line is taken away first. In one file all stays
 * in the order in which it was appended. */
struct buffer *screen_say(struct screen *screen);
struct buffer *screen_show(struct screen *screen);
/* Bytes that wait for screen_flush. */
size_t screen_gathered(const struct screen *screen);
/* Writes them, messages first. A failure stops nothing: the run goes on without being seen. */
void screen_flush(struct screen *screen);
/* Takes the progress line away. */
void screen_erase(struct screen *screen);
/* May this process draw there? Not while it is in the background of its terminal. */
bool screen_is_ours(const struct screen *screen);

/* Writes all of a buffer and clears it; false where that failed. */
bool screen_write(int descriptor, struct buffer *buffer);

/* Text in colour, where there is any. */
void screen_add_coloured(const struct screen *screen, struct buffer *out, enum colour colour,
                         const char *text);
/* A task's bytes, appended for output: as they are, or harmless where it is a terminal. */
void screen_add_output(const struct screen *screen, struct buffer *out, const char *bytes,
                       size_t length);

/* The progress line in the making: what goes beyond the width is left away. */
struct line {
    const struct screen *screen;
    struct buffer text;
    uint32_t columns;
    bool is_full;
};
void line_add(struct line *line, enum colour colour, const char *text, size_t length);
/* Appends it in place of the one that stands there, below all that was gathered, and releases it.
 */
void screen_draw(struct screen *screen, struct line *line);

#endif
