/* Decides the progress line, and when what was gathered is written and the line drawn: at most ten
 * times a second while things happen, once a second for the clock while nothing does.
 *
 *     [12/40] 3 running, 1 failed, 1m05s, ~2m left: align[sample=s1] 32s, count 12s
 *     [12/40] 1 running, 40s: train 40s 60% epoch 3
 *     [12/40] 2 running, 1 waiting, 7s: case[re=100] 7s, case[re=400] waiting 7s, mesh 2s
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "observe/terminal.h"

static const int64_t SECOND = 1000000000, SHORTEST_PAUSE = 100000000;
enum { RUNNING_SHOWN = 8 };

static void add_text(struct line *line, const char *text)
{
    line_add(line, COLOUR_NONE, text, strlen(text));
}

/* Whole seconds: tenths would change with every drawing. */
static void add_duration(struct line *line, int64_t nanoseconds)
{
    CLEANUP_BUFFER struct buffer text = {0};
    if (nanoseconds < 60 * SECOND)
        buffer_printf(&text, "%ds", nanoseconds < 0 ? 0 : (int)(nanoseconds / SECOND));
    else
        text_write_duration(nanoseconds / SECOND * SECOND, &text);
    line_add(line, COLOUR_NONE, text.bytes, text.length);
}

static void add_counts(const struct terminal *terminal, struct line *line)
{
    const struct running_set *set = &terminal->running;
    char text[64];
    snprintf(text, sizeof text, "[%u/%u] %u running, ", terminal->done,
             terminal->plan->selected_count, set->count - set->waiting);
    add_text(line, text);
    if (set->waiting > 0) {
        snprintf(text, sizeof text, "%u waiting, ", set->waiting);
        add_text(line, text);
    }
    uint32_t failed = terminal->by_status[STATUS_FAILURE] - terminal->tolerated;
    if (failed > 0) {
        snprintf(text, sizeof text, "%u failed", failed);
        line_add(line, COLOUR_RED, text, strlen(text));
        add_text(line, terminal->is_draining ? ", nothing new starts, " : ", ");
    }
}

/* What a function told of how far it is. */
static void add_said(struct line *line, const struct running *running)
{
    char percent[8];
    if (running->said == NULL)
        return;
    snprintf(percent, sizeof percent, " %u%%", running->percent);
    add_text(line, percent);
    if (running->said[0] == '\0')
        return;
    CLEANUP_BUFFER struct buffer said = {0};
    text_printable(running->said, strlen(running->said), &said);
    add_text(line, " ");
    line_add(line, COLOUR_NONE, said.bytes, said.length);
}

static void add_running(const struct terminal *terminal, struct line *line, int64_t now)
{
    const struct running_set *set = &terminal->running;
    uint32_t at = set->first;
    for (int i = 0; i < RUNNING_SHOWN && at != NO_RUNNING && !line->is_full; i++) {
        const struct running *running = &set->items.items[at];
        CLEANUP_BUFFER struct buffer title = {0};
        plan_write_name(terminal->plan, running->node, &title);
        add_text(line, i == 0 ? ": " : ", ");
        line_add(line, COLOUR_NONE, title.bytes, title.length);
        add_text(line, running->waits > 0 ? " waiting " : " ");
        add_duration(line, now - running->since);
        add_said(line, running);
        at = running->later;
    }
}

/* After a failure what is left is not what was planned. */
static void add_left(const struct terminal *terminal, struct line *line, int64_t now)
{
    CLEANUP_BUFFER struct buffer text = {0};
    if (!terminal->is_draining)
        time_left_write(&terminal->left, now, &text);
    if (text.length == 0)
        return;
    add_text(line, ", ");
    line_add(line, COLOUR_NONE, text.bytes, text.length);
}

static void draw(struct terminal *terminal, int64_t now)
{
    struct line line = {.screen = &terminal->screen};
    add_counts(terminal, &line);
    add_duration(&line, now - terminal->began);
    add_left(terminal, &line, now);
    add_running(terminal, &line, now);
    screen_draw(&terminal->screen, &line);
    terminal->is_dirty = false;
}

void terminal_left(struct terminal *terminal, const struct time_left *left)
{
    terminal->left = *left;
}

static bool has_progress(const struct terminal *terminal)
{
    return terminal->is_going && terminal->is_terminal && !terminal->is_dry &&
           (terminal->verbosity != VERBOSITY_QUIET || terminal->is_counted);
}

int64_t terminal_tick(struct terminal *terminal, int64_t now)
{
    bool has_line = has_progress(terminal);
    bool has_news = screen_gathered(&terminal->screen) > 0 || (has_line && terminal->is_dirty);
    if (!has_news && !has_line)
        return INT64_MAX;
    int64_t due = terminal->written_at + (has_news ? SHORTEST_PAUSE : SECOND);
    if (now < due)
        return due;
    if (has_line && screen_is_ours(&terminal->screen))
        draw(terminal, now);
    screen_flush(&terminal->screen);
    terminal->written_at = now;
    return has_line ? now + SECOND : INT64_MAX;
}
