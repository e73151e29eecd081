/* Decides how a text, a state and an outcome are put into words. */
#include "analyse/words.h"

#include <string.h>

#include "base/text.h"

static void add_name(const struct workflow *workflow, name id, struct buffer *out)
{
    buffer_add(out, names_text(workflow->names, id), names_length(workflow->names, id));
}

static void add_expression(const char *source, struct buffer *out)
{
    source += strspn(source, " \t\n");
    size_t length = strlen(source);
    while (length > 0 && strchr(" \t\n", source[length - 1]) != NULL)
        length--;
    buffer_add_text(out, "${{ ");
    buffer_add(out, source, length);
    buffer_add_text(out, " }}");
}

void words_add_text(const struct workflow *workflow, const struct text *text, struct buffer *out)
{
    if (text->piece_count == 0)
        add_name(workflow, text->literal, out);
    for (uint32_t i = 0; i < text->piece_count; i++) {
        const struct piece *piece = &text->pieces[i];
        add_name(workflow, piece->literal, out);
        if (piece->expression != NO_EXPRESSION)
            add_expression(workflow->expressions[piece->expression].source, out);
    }
}

json_t *words_json_text(const char *bytes, size_t length)
{
    json_t *text = json_stringn(length > 0 ? bytes : "", length);
    if (text != NULL)
        return text;
    CLEANUP_BUFFER struct buffer clean = {0};
    text_printable(bytes, length, &clean);
    return json_stringn(clean.bytes, clean.length);
}

json_t *words_json_spec(const struct workflow *workflow, const struct spec *spec)
{
    if (spec->kind == SPEC_CONSTANT)
        return json_incref(spec->constant);
    if (spec->kind == SPEC_TEXT) {
        CLEANUP_BUFFER struct buffer text = {0};
        words_add_text(workflow, &spec->text, &text);
        return words_json_text(text.bytes, text.length);
    }
    json_t *whole = spec->kind == SPEC_LIST ? json_array() : json_object();
    for (uint32_t i = 0; i < spec->count; i++) {
        json_t *item = words_json_spec(workflow, &spec->items[i]);
        if (spec->kind == SPEC_LIST)
            json_array_append_new(whole, item);
        else
            json_object_set_new_nocheck(whole, names_text(workflow->names, spec->keys[i]), item);
    }
    return whole;
}

json_t *words_json_name(const struct plan *plan, uint32_t node)
{
    CLEANUP_BUFFER struct buffer out = {0};
    plan_write_name(plan, node, &out);
    return words_json_text(out.bytes, out.length);
}

enum standing words_standing(const struct replay *replay, uint32_t node)
{
    switch (scheduler_state(replay->scheduler, node)) {
    case STATE_PENDING:
    case STATE_EVALUATE:
        return STANDING_WAITING;
    case STATE_DELAY:
        return STANDING_DELAYED;
    case STATE_RUN:
        return replay->nodes[node].is_started ? STANDING_RUNNING : STANDING_READY;
    case STATE_TOKEN:
    case STATE_GATE:
    case STATE_SLEEP:
    case STATE_REGAIN:
        return STANDING_WITHIN;
    case STATE_ENDED:
        return STANDING_ENDED;
    case STATE_READY:
        break;
    }
    return STANDING_READY;
}

const char *words_state(const struct replay *replay, uint32_t node)
{
    static const char *const states[] = {
        [STANDING_WAITING] = "waiting", [STANDING_READY] = "ready",
        [STANDING_DELAYED] = "delayed", [STANDING_WITHIN] = "synchronising",
        [STANDING_RUNNING] = "running", [STANDING_ENDED] = "ended"};
    return states[words_standing(replay, node)];
}

const char *words_run_state(const struct run_folder *folder, const struct replay *replay)
{
    if (replay->has_ended)
        return "ended";
    return run_folder_is_alive(folder) ? "running" : "killed";
}

int64_t words_time(const struct run_folder *folder, const struct replay *replay)
{
    bool is_going_on = !replay->has_ended && run_folder_is_alive(folder);
    return is_going_on ? replay->now : replay->last_time;
}

bool words_is_counted(const struct plan *plan, uint32_t node)
{
    const struct instances *instances =
        plan->is_join[node] == JOIN_TEMPLATE ? &plan->instances[plan->task[node]] : NULL;
    bool is_expanded =
        instances != NULL && (instances_are_known(instances) || instances->count > 0);
    return plan->is_selected[node] && plan_is_counted(plan, node) && !is_expanded;
}

void words_count(struct tally *tally, const struct replay *replay, uint32_t node)
{
    enum standing standing = words_standing(replay, node);
    tally->total++;
    tally->running += standing == STANDING_RUNNING;
    tally->waiting += standing < STANDING_RUNNING;
    if (standing == STANDING_ENDED) {
        tally->by_status[scheduler_status(replay->scheduler, node)]++;
        tally->tolerated += replay->nodes[node].is_tolerated;
    }
}

struct tally words_tally(const struct plan *plan, const struct replay *replay)
{
    struct tally tally = {0};
    for (uint32_t node = 0; node < plan->node_count; node++)
        if (words_is_counted(plan, node))
            words_count(&tally, replay, node);
    return tally;
}

void words_add_reason(const struct replay_node *node, struct buffer *out)
{
    struct outcome outcome = {
        .kind = node->outcome_kind, .code = node->code, .detail = node->detail};
    bool is_known = node->outcome_kind != OUTCOME_EXITED || node->exit_code >= 0;
    outcome_write_reason(is_known ? &outcome : NULL, node->is_timeout, out);
}
