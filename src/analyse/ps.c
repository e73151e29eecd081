/* Decides what `pargraph ps` says: a line for each instance that is active, first those that run,
 * then those that wait within, then those that could begin; each with what it waits for, on lines
 * of their own where it is more than one thing. */
#include "analyse/waits.h"
#include "analyse/words.h"
#include "base/text.h"

enum { MOST_READY = 20 };

struct view {
    const struct waits *waits;
    bool is_alive;
    struct buffer *out;
};

static void add_title(const struct view *view, uint32_t node)
{
    CLEANUP_BUFFER struct buffer title = {0};
    plan_write_name(view->waits->plan, node, &title);
    text_printable(title.bytes, title.length, view->out);
    buffer_add_text(view->out, ": ");
}

static void add_running(const struct view *view, uint32_t node)
{
    const struct replay *replay = view->waits->replay;
    const struct replay_node *last = &replay->nodes[node];
    CLEANUP_BUFFER struct buffer where = {0};
    add_title(view, node);
    buffer_add_text(view->out, "has run ");
    text_write_duration(last->started >= 0 ? view->waits->now - last->started : 0, view->out);
    if (view->is_alive && last->process > 0)
        buffer_printf(view->out, ", process %d", (int)last->process);
    waits_write_place(view->waits->plan, node, scheduler_operation(replay->scheduler, node),
                      &where);
    if (where.length > 0)
        buffer_printf(view->out, ", at %s", buffer_text(&where));
    buffer_add_byte(view->out, '\n');
    uint32_t count;
    const struct wait *first = waits_of(view->waits, node, &count);
    for (uint32_t i = 0; i < count; i++) {
        buffer_add_text(view->out, "  ");
        waits_write(view->waits, &first[i], view->out);
        buffer_add_byte(view->out, '\n');
    }
}

static void add_within(const struct view *view, uint32_t node)
{
    uint32_t count;
    const struct wait *first = waits_of(view->waits, node, &count);
    add_title(view, node);
    for (uint32_t i = 0; i < count; i++) {
        buffer_add_text(view->out, i > 0 ? "; " : "");
        waits_write(view->waits, &first[i], view->out);
    }
    buffer_add_byte(view->out, '\n');
}

static void add_ready(const struct view *view, uint32_t node)
{
    add_title(view, node);
    buffer_add_text(view->out, "waits ");
    waits_write_ready(view->waits, node, view->out);
    buffer_add_byte(view->out, '\n');
}

static uint32_t add_section(const struct view *view, enum standing standing, uint32_t most,
                            void (*add)(const struct view *view, uint32_t node))
{
    const struct plan *plan = view->waits->plan;
    uint32_t count = 0;
    for (uint32_t node = 0; node < plan->node_count; node++)
        if (words_is_counted(plan, node) && words_standing(view->waits->replay, node) == standing &&
            count++ < most)
            add(view, node);
    if (count > most)
        buffer_printf(view->out, "and %u more that could begin\n", count - most);
    return count;
}

void ps_write(struct plan *plan, const struct run_folder *folder, const struct replay *replay,
              struct buffer *out)
{
    struct waits waits;
    waits_open(&waits, plan, replay, words_time(folder, replay));
    struct view view = {.waits = &waits, .is_alive = run_folder_is_alive(folder), .out = out};
    uint32_t count = add_section(&view, STANDING_RUNNING, UINT32_MAX, add_running);
    count += add_section(&view, STANDING_WITHIN, UINT32_MAX, add_within);
    count += add_section(&view, STANDING_READY, MOST_READY, add_ready);
    if (count == 0)
        buffer_printf(out, "run %s: nothing is active, it %s\n", folder->id,
                      replay->has_ended ? "has ended" : "waits");
    waits_close(&waits);
}

static json_t *active_to_json(const struct waits *waits, uint32_t node)
{
    const struct plan *plan = waits->plan;
    const struct replay_node *last = &waits->replay->nodes[node];
    const struct workflow *workflow = plan->workflow;
    bool is_running = words_standing(waits->replay, node) == STANDING_RUNNING;
    json_t *object = json_object();
    json_object_set_new(object, "name", words_json_name(plan, node));
    json_object_set_new(
        object, "task",
        json_string(names_text(workflow->names, workflow->tasks[plan->task[node]].name)));
    json_object_set_new(object, "state", json_string(words_state(waits->replay, node)));
    json_object_set_new(object, "attempt",
                        json_integer(scheduler_attempt(waits->replay->scheduler, node)));
    json_object_set_new(object, "since",
                        is_running ? json_real((double)last->started / 1e9) : json_null());
    json_object_set_new(object, "process",
                        is_running && last->process > 0 ? json_integer(last->process)
                                                        : json_null());
    json_object_set_new(object, "waits", waits_of_to_json(waits, node));
    return object;
}

json_t *ps_to_json(struct plan *plan, const struct run_folder *folder, const struct replay *replay)
{
    struct waits waits;
    json_t *object = json_object(), *active = json_array();
    waits_open(&waits, plan, replay, words_time(folder, replay));
    for (uint32_t node = 0; node < plan->node_count; node++) {
        enum standing standing = words_standing(replay, node);
        if (words_is_counted(plan, node) &&
            (standing == STANDING_RUNNING || standing == STANDING_WITHIN ||
             standing == STANDING_READY))
            json_array_append_new(active, active_to_json(&waits, node));
    }
    json_object_set_new(object, "run", json_string(folder->id));
    json_object_set_new(object, "name",
                        json_string(names_text(plan->workflow->names, plan->workflow->name)));
    json_object_set_new(object, "state", json_string(words_run_state(folder, replay)));
    json_object_set_new(object, "elapsed", json_real((double)waits.now / 1e9));
    json_object_set_new(object, "active", active);
    waits_close(&waits);
    return object;
}
