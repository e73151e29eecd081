/* Decides what `pargraph status` says: one line on the run, one of counts, then what a person would
 * ask about next, a few of each. */
#include "analyse/waits.h"
#include "analyse/words.h"
#include "base/text.h"

enum { MOST_SHOWN = 20 };

struct view {
    const struct plan *plan;
    const struct replay *replay;
    bool is_alive;
    struct waits waits;
    struct buffer *out;
};

static const char *ending(const struct view *view)
{
    if (!view->replay->has_ended)
        return view->is_alive ? "has been running for" : "was killed with its runner after";
    switch (view->replay->exit_status) {
    case 0:
        return "succeeded after";
    case 1:
        return "failed after";
    case 3:
        return "ended in a deadlock after";
    case 130:
        return "was interrupted after";
    case 143:
        return "was terminated after";
    default:
        return "ended with an error after";
    }
}

static int64_t time_of(const struct view *view)
{
    bool is_going_on = view->is_alive && !view->replay->has_ended;
    return is_going_on ? view->replay->now : view->replay->last_time;
}

static void add_count(const struct view *view, const char **separator, uint32_t count,
                      const char *word)
{
    if (count == 0)
        return;
    buffer_printf(view->out, "%s%u %s", *separator, count, word);
    *separator = ", ";
}

static void add_counts(const struct view *view)
{
    struct tally tally = words_tally(view->plan, view->replay);
    const char *separator = ": ";
    buffer_printf(view->out, "%u task%s", tally.total, tally.total == 1 ? "" : "s");
    add_count(view, &separator, tally.by_status[STATUS_SUCCESS], "ok");
    add_count(view, &separator, tally.by_status[STATUS_FAILURE] - tally.tolerated, "failed");
    add_count(view, &separator, tally.tolerated, "failed (continue-on-error)");
    add_count(view, &separator, tally.by_status[STATUS_SKIPPED], "skipped");
    add_count(view, &separator, tally.by_status[STATUS_BLOCKED], "blocked");
    add_count(view, &separator, tally.by_status[STATUS_CANCELLED], "cancelled");
    add_count(view, &separator, tally.running, "running");
    add_count(view, &separator, tally.waiting, "waiting");
    buffer_add_byte(view->out, '\n');
}

static bool has_failed(const struct view *view, uint32_t node)
{
    return scheduler_status(view->replay->scheduler, node) == STATUS_FAILURE &&
           !view->replay->nodes[node].is_tolerated;
}

static void add_failed(const struct view *view, uint32_t node)
{
    const struct replay_node *last = &view->replay->nodes[node];
    CLEANUP_BUFFER struct buffer reason = {0};
    words_add_reason(last, &reason);
    if (reason.length > 0) {
        buffer_add_text(view->out, ": ");
        text_printable(reason.bytes, reason.length, view->out);
    }
    if (last->is_started && last->ended >= 0) {
        buffer_add_text(view->out, " after ");
        text_write_duration(last->ended - last->started, view->out);
    }
    uint32_t attempt = scheduler_attempt(view->replay->scheduler, node);
    if (attempt > 1)
        buffer_printf(view->out, " (attempt %u)", attempt);
}

static bool is_left(const struct view *view, uint32_t node)
{
    uint32_t seen;
    return scheduler_restart(view->replay->scheduler, node, &seen) != NO_OPERATION;
}

static void add_left(const struct view *view, uint32_t node)
{
    buffer_add_text(view->out, ": ");
    waits_write_restart(view->plan, view->replay->scheduler, node, view->out);
}

static bool is_running(const struct view *view, uint32_t node)
{
    return words_standing(view->replay, node) == STANDING_RUNNING;
}

static void add_running(const struct view *view, uint32_t node)
{
    const struct replay_node *last = &view->replay->nodes[node];
    if (last->started < 0)
        return;
    buffer_add_text(view->out, ": ");
    text_write_duration(time_of(view) - last->started, view->out);
    if (view->is_alive && last->process > 0)
        buffer_printf(view->out, ", process %d", (int)last->process);
}

static bool is_waiting(const struct view *view, uint32_t node)
{
    return words_standing(view->replay, node) < STANDING_RUNNING;
}

static void add_waiting(const struct view *view, uint32_t node)
{
    enum standing standing = words_standing(view->replay, node);
    uint32_t count;
    const struct wait *wait = waits_of(&view->waits, node, &count);
    buffer_add_text(view->out, ": ");
    if (standing == STANDING_READY)
        waits_write_ready(&view->waits, node, view->out);
    else if (standing == STANDING_WITHIN && count > 0)
        waits_write(&view->waits, wait, view->out);
    else
        buffer_add_text(view->out,
                        standing == STANDING_DELAYED ? "for another attempt" : "for what it needs");
}

/* One list: its title, the instances it holds, what is said of each. */
static void add_section(const struct view *view, const char *title,
                        bool (*holds)(const struct view *view, uint32_t node),
                        void (*add)(const struct view *view, uint32_t node))
{
    uint32_t count = 0;
    for (uint32_t node = 0; node < view->plan->node_count; node++) {
        if (!words_is_counted(view->plan, node) || !holds(view, node))
            continue;
        if (count++ >= MOST_SHOWN)
            continue;
        if (count == 1)
            buffer_printf(view->out, "\n%s:\n", title);
        CLEANUP_BUFFER struct buffer title_of_node = {0};
        plan_write_name(view->plan, node, &title_of_node);
        buffer_add_text(view->out, "  ");
        text_printable(title_of_node.bytes, title_of_node.length, view->out);
        add(view, node);
        buffer_add_byte(view->out, '\n');
    }
    if (count > MOST_SHOWN)
        buffer_printf(view->out, "  and %u more\n", count - MOST_SHOWN);
}

void status_write(const struct plan *plan, const struct run_folder *folder,
                  const struct replay *replay, struct buffer *out)
{
    struct view view = {
        .plan = plan, .replay = replay, .is_alive = run_folder_is_alive(folder), .out = out};
    waits_open(&view.waits, plan, replay, words_time(folder, replay));
    buffer_printf(out, "run %s %s ", folder->id, ending(&view));
    text_write_duration(time_of(&view), out);
    buffer_add_byte(out, '\n');
    add_counts(&view);
    add_section(&view, "failed", has_failed, add_failed);
    add_section(&view, "ended in the middle", is_left, add_left);
    add_section(&view, view.is_alive ? "running" : "running when it was killed", is_running,
                add_running);
    add_section(&view, "waiting", is_waiting, add_waiting);
    waits_close(&view.waits);
}
