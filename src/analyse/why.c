/* Decides what `pargraph why` says of an instance: one sentence on how it stands, then what that
 * comes from. A chain of blocked or cancelled needs is followed to the one that it began with: that
 * is what has to be mended. */
#include <string.h>

#include "analyse/waits.h"
#include "analyse/words.h"
#include "base/text.h"

enum { MOST_INSTANCES = 20, MOST_NEEDS = 10, MOST_LINKS = 100 };

struct view {
    struct plan *plan;
    const struct run_folder *folder;
    const struct replay *replay;
    struct waits waits;
    struct buffer *out;
};

static enum status status_of(const struct view *view, uint32_t node)
{
    return scheduler_status(view->replay->scheduler, node);
}

static const struct task *task_of(const struct view *view, uint32_t node)
{
    return &view->plan->workflow->tasks[view->plan->task[node]];
}

static void add_name(const struct view *view, uint32_t node, struct buffer *out)
{
    CLEANUP_BUFFER struct buffer title = {0};
    plan_write_name(view->plan, node, &title);
    text_printable(title.bytes, title.length, out);
}

static void add_place(const struct view *view, place at)
{
    struct location location;
    if (at != PLACE_NONE && sources_locate(view->plan->workflow->sources, at, &location))
        buffer_printf(view->out, " (%s:%u)", location.file, location.line);
}

/* --- needs --- */

/* All nodes that this one needs; a template stands for instances that are not known yet. */
static void find_needs(const struct view *view, uint32_t node, node_list *nodes)
{
    const struct plan *plan = view->plan;
    const struct task *task = task_of(view, node);
    for (uint32_t i = 0; i < task->need_count && plan->is_join[node] == JOIN_NOT; i++)
        plan_need_nodes(view->plan, node, &task->needs[i], nodes, NULL);
    if (task->is_finally && task->need_count == 0)
        for (uint32_t other = 0; other < plan->node_count; other++)
            if (words_is_counted(plan, other) && !task_of(view, other)->is_finally)
                *VEC_PUSH(nodes) = other;
}

static bool is_bad(const struct view *view, uint32_t node, enum status status)
{
    bool is_failure = status == STATUS_FAILURE && !view->replay->nodes[node].is_tolerated;
    return is_failure || status == STATUS_BLOCKED || status == STATUS_CANCELLED;
}

/* The worst of its needs that did not end well, the first of these; NO_NODE. */
static uint32_t worst_need(const struct view *view, uint32_t node)
{
    node_list needs = {0};
    uint32_t worst = NO_NODE;
    find_needs(view, node, &needs);
    for (uint32_t i = 0; i < needs.count; i++) {
        enum status status = status_of(view, needs.items[i]);
        if (is_bad(view, needs.items[i], status) &&
            (worst == NO_NODE || status > status_of(view, worst)))
            worst = needs.items[i];
    }
    VEC_RELEASE(&needs);
    return worst;
}

static void add_reason(const struct view *view, uint32_t node)
{
    CLEANUP_BUFFER struct buffer reason = {0};
    words_add_reason(&view->replay->nodes[node], &reason);
    if (reason.length == 0)
        return;
    buffer_add_text(view->out, ": ");
    text_printable(reason.bytes, reason.length, view->out);
}

/* --- how it stands --- */

static void add_cancel(const struct view *view)
{
    static const char *const cancels[] = {[CANCEL_INTERRUPT] = "the run was interrupted",
                                          [CANCEL_KILL] = "the run was killed",
                                          [CANCEL_TIMEOUT] =
                                              "the run took longer than its timeout"};
    const struct replay *replay = view->replay;
    if (scheduler_is_stuck(replay->scheduler)) {
        buffer_add_text(view->out, "the run was ended for a deadlock");
    } else if (replay->was_cancelled) {
        buffer_add_text(view->out, cancels[replay->cancel]);
    } else if (replay->stopper != NO_NODE) {
        add_name(view, replay->stopper, view->out);
        buffer_add_text(view->out, " failed, and the failure policy lets nothing more start");
        add_reason(view, replay->stopper);
    } else {
        buffer_add_text(view->out, "the run was ended");
    }
}

/* From need to need, down to the one that did not end well by itself. */
static void add_chain(const struct view *view, uint32_t node)
{
    for (int i = 0; i < MOST_LINKS; i++) {
        uint32_t need = worst_need(view, node);
        if (need == NO_NODE) {
            if (status_of(view, node) == STATUS_CANCELLED) {
                buffer_add_text(view->out, "\n  ");
                add_cancel(view);
            }
            return;
        }
        buffer_add_text(view->out, "\n  it needs ");
        add_name(view, need, view->out);
        buffer_printf(view->out, ", which %s",
                      status_of(view, need) == STATUS_FAILURE     ? "failed"
                      : status_of(view, need) == STATUS_CANCELLED ? "was cancelled"
                                                                  : "was blocked");
        if (status_of(view, need) == STATUS_FAILURE) {
            add_reason(view, need);
            return;
        }
        node = need;
    }
}

static void add_condition(const struct view *view, uint32_t node)
{
    const struct workflow *workflow = view->plan->workflow;
    const struct details *details = task_of(view, node)->details;
    buffer_add_text(view->out, "was skipped: its `if` was false");
    add_place(view, details->condition_at);
    if (details->condition == NO_EXPRESSION)
        return;
    const char *source = workflow->expressions[details->condition].source;
    buffer_add_text(view->out, "\n  if: ");
    text_printable(source, strlen(source), view->out);
}

static void add_length(const struct view *view, uint32_t node)
{
    const struct replay_node *last = &view->replay->nodes[node];
    if (last->is_started && last->ended >= 0) {
        buffer_add_text(view->out, " after ");
        text_write_duration(last->ended - last->started, view->out);
    }
    uint32_t attempt = scheduler_attempt(view->replay->scheduler, node);
    if (attempt > 1)
        buffer_printf(view->out, " (attempt %u)", attempt);
}

static void add_restart(const struct view *view, uint32_t node)
{
    CLEANUP_BUFFER struct buffer text = {0};
    waits_write_restart(view->plan, view->replay->scheduler, node, &text);
    if (text.length > 0)
        buffer_printf(view->out, "\n  %s", buffer_text(&text));
}

static void add_ended(const struct view *view, uint32_t node)
{
    switch (status_of(view, node)) {
    case STATUS_SKIPPED:
        add_condition(view, node);
        return;
    case STATUS_BLOCKED:
        buffer_add_text(view->out, "was blocked");
        add_chain(view, node);
        return;
    case STATUS_CANCELLED:
        buffer_add_text(view->out, "was cancelled");
        add_chain(view, node);
        return;
    case STATUS_FAILURE:
        buffer_add_text(view->out, "failed");
        add_reason(view, node);
        break;
    default:
        buffer_add_text(view->out, "succeeded");
        break;
    }
    add_length(view, node);
    if (view->replay->nodes[node].is_tolerated)
        buffer_add_text(view->out, ": its failure counts for none (continue-on-error)");
}

static void add_standing(const struct view *view, uint32_t node)
{
    static const char *const words[] = {[STANDING_WAITING] = "waits for its needs",
                                        [STANDING_READY] = "waits for its turn",
                                        [STANDING_DELAYED] = "waits for another attempt",
                                        [STANDING_WITHIN] = "has begun, and waits for others",
                                        [STANDING_RUNNING] = "runs",
                                        [STANDING_ENDED] = "has ended"};
    buffer_add_text(view->out, words[words_standing(view->replay, node)]);
}

static void add_needs(const struct view *view, uint32_t node)
{
    node_list needs = {0};
    uint32_t left = 0;
    find_needs(view, node, &needs);
    buffer_add_text(view->out, "has not begun: it waits for what it needs");
    for (uint32_t i = 0; i < needs.count; i++) {
        if (words_standing(view->replay, needs.items[i]) == STANDING_ENDED || left++ >= MOST_NEEDS)
            continue;
        buffer_add_text(view->out, "\n  ");
        add_name(view, needs.items[i], view->out);
        buffer_add_text(view->out, ": ");
        add_standing(view, needs.items[i]);
    }
    if (left > MOST_NEEDS)
        buffer_printf(view->out, "\n  and %u more", left - MOST_NEEDS);
    VEC_RELEASE(&needs);
}

static void add_delay(const struct view *view, uint32_t node)
{
    const struct replay_node *last = &view->replay->nodes[node];
    buffer_printf(view->out, "attempt %u failed", scheduler_attempt(view->replay->scheduler, node));
    add_reason(view, node);
    buffer_add_text(view->out, "; the next begins in ");
    text_write_duration(last->until > view->waits.now ? last->until - view->waits.now : 0,
                        view->out);
}

static void add_waits(const struct view *view, uint32_t node)
{
    uint32_t count;
    const struct wait *first = waits_of(&view->waits, node, &count);
    for (uint32_t i = 0; i < count; i++) {
        buffer_add_text(view->out, "\n  ");
        waits_write(&view->waits, &first[i], view->out);
    }
}

static void add_running(const struct view *view, uint32_t node)
{
    const struct replay_node *last = &view->replay->nodes[node];
    bool is_running = words_standing(view->replay, node) == STANDING_RUNNING;
    if (is_running) {
        buffer_add_text(view->out, "has run ");
        text_write_duration(last->started >= 0 ? view->waits.now - last->started : 0, view->out);
    } else {
        add_standing(view, node);
    }
    CLEANUP_BUFFER struct buffer where = {0};
    waits_write_place(view->plan, node, scheduler_operation(view->replay->scheduler, node), &where);
    if (is_running && where.length > 0)
        buffer_printf(view->out, ", at %s", buffer_text(&where));
    add_waits(view, node);
}

static void add_instance(const struct view *view, uint32_t node)
{
    if (!view->plan->is_selected[node]) {
        buffer_add_text(view->out, task_of(view, node)->details->is_manual
                                       ? "is not part of this run: it is manual"
                                       : "is not part of this run");
        return;
    }
    switch (words_standing(view->replay, node)) {
    case STANDING_WAITING:
        add_needs(view, node);
        break;
    case STANDING_READY:
        buffer_add_text(view->out, "has not begun: it waits ");
        waits_write_ready(&view->waits, node, view->out);
        break;
    case STANDING_DELAYED:
        add_delay(view, node);
        break;
    case STANDING_ENDED:
        add_ended(view, node);
        add_restart(view, node);
        break;
    default:
        add_running(view, node);
        break;
    }
}

void why_write(struct plan *plan, const struct run_folder *folder, const struct replay *replay,
               const node_list *nodes, struct buffer *out)
{
    struct view view = {.plan = plan, .folder = folder, .replay = replay, .out = out};
    waits_open(&view.waits, plan, replay, words_time(folder, replay));
    for (uint32_t i = 0; i < nodes->count && i < MOST_INSTANCES; i++) {
        add_name(&view, nodes->items[i], out);
        buffer_add_text(out, ": ");
        add_instance(&view, nodes->items[i]);
        buffer_add_byte(out, '\n');
    }
    if (nodes->count > MOST_INSTANCES)
        buffer_printf(out, "and %u more instances\n", nodes->count - MOST_INSTANCES);
    waits_close(&view.waits);
}

/* --- for programs --- */

/* Of one that has not begun what is left, of one that was kept from it what kept it. */
static json_t *needs_to_json(const struct view *view, uint32_t node)
{
    node_list needs = {0};
    json_t *list = json_array();
    enum standing standing = words_standing(view->replay, node);
    bool is_kept = standing == STANDING_ENDED && is_bad(view, node, status_of(view, node)) &&
                   status_of(view, node) != STATUS_FAILURE;
    if (standing == STANDING_WAITING || is_kept)
        find_needs(view, node, &needs);
    for (uint32_t i = 0; i < needs.count; i++) {
        uint32_t need = needs.items[i];
        bool is_one = is_kept ? is_bad(view, need, status_of(view, need))
                              : words_standing(view->replay, need) != STANDING_ENDED;
        if (is_one)
            json_array_append_new(list, words_json_name(view->plan, need));
    }
    VEC_RELEASE(&needs);
    return list;
}

static json_t *instance_to_json(struct view *view, uint32_t node)
{
    CLEANUP_BUFFER struct buffer text = {0};
    enum status status = status_of(view, node);
    json_t *object = json_object();
    view->out = &text;
    add_instance(view, node);
    json_object_set_new(object, "name", words_json_name(view->plan, node));
    json_object_set_new(object, "state", json_string(words_state(view->replay, node)));
    json_object_set_new(object, "status",
                        status != STATUS_NONE ? json_string(status_text(status)) : json_null());
    json_object_set_new(object, "text", words_json_text(text.bytes, text.length));
    json_object_set_new(object, "needs", needs_to_json(view, node));
    json_object_set_new(object, "waits", waits_of_to_json(&view->waits, node));
    return object;
}

json_t *why_to_json(struct plan *plan, const struct run_folder *folder, const struct replay *replay,
                    const node_list *nodes)
{
    struct view view = {.plan = plan, .folder = folder, .replay = replay};
    json_t *object = json_object(), *instances = json_array();
    waits_open(&view.waits, plan, replay, words_time(folder, replay));
    for (uint32_t i = 0; i < nodes->count; i++)
        json_array_append_new(instances, instance_to_json(&view, nodes->items[i]));
    json_object_set_new(object, "run", json_string(folder->id));
    json_object_set_new(object, "state", json_string(words_run_state(folder, replay)));
    json_object_set_new(object, "instances", instances);
    waits_close(&view.waits);
    return object;
}
