/* Puts into words what the core tells of waiting: for what, since when, where, and on whom it
 * depends. Whoever holds something is named first of all: that is what is asked. */
#include "analyse/waits.h"

#include "analyse/words.h"
#include "base/text.h"

enum { MOST_NAMES = 5 };

void waits_open(struct waits *ret, const struct plan *plan, const struct replay *replay,
                int64_t now)
{
    *ret = (struct waits){.plan = plan, .replay = replay, .now = now};
    scheduler_waits(replay->scheduler, &ret->list);
}

void waits_close(struct waits *waits)
{
    VEC_RELEASE(&waits->list);
}

const struct wait *waits_of(const struct waits *waits, uint32_t node, uint32_t *ret_count)
{
    uint32_t low = 0, high = waits->list.count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (waits->list.items[middle].node < node)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_count = 0;
    while (low + *ret_count < waits->list.count && waits->list.items[low + *ret_count].node == node)
        ++*ret_count;
    return waits->list.items + low;
}

/* --- on whom it depends --- */

static uint8_t verb_of(const struct waits *waits, const struct wait *wait)
{
    bool is_known = wait->request < waits->replay->verbs.count;
    return is_known ? waits->replay->verbs.items[wait->request] : (uint8_t)VERB_KINDS;
}

static bool is_put(const struct waits *waits, const struct wait *wait)
{
    if (wait->request != NO_REQUEST)
        return verb_of(waits, wait) == VERB_PUT;
    const struct plan *plan = waits->plan;
    uint32_t program = plan_rule(plan, wait->node)->program;
    return program != NO_PROGRAM && wait->operation < plan->programs[program].count &&
           plan->programs[program].operations[wait->operation].kind == OPERATION_PUT;
}

static enum use_role awaited_role(const struct waits *waits, const struct wait *wait)
{
    switch (waits->plan->gates[wait->gate].kind) {
    case GATE_BARRIER:
        return USE_BARRIER;
    case GATE_EVENT:
        return USE_SET;
    case GATE_CONDITION:
        return USE_NOTIFY;
    default:
        return is_put(waits, wait) ? USE_GET : USE_PUT;
    }
}

static void find_others(const struct waits *waits, const struct wait *wait, node_list *nodes)
{
    const struct scheduler *scheduler = waits->replay->scheduler;
    node_list found = {0};
    if (wait->gate != NO_GATE)
        scheduler_openers(scheduler, wait->gate, awaited_role(waits, wait), &found);
    else if (wait->token < waits->plan->token_count)
        scheduler_holders(scheduler, wait->token, &found);
    for (uint32_t i = 0; i < found.count; i++)
        if (wait->gate == NO_GATE || found.items[i] != wait->node)
            *VEC_PUSH(nodes) = found.items[i];
    VEC_RELEASE(&found);
}

void waits_write_names(const struct plan *plan, const node_list *nodes, struct buffer *out)
{
    uint32_t shown = nodes->count > MOST_NAMES + 1 ? MOST_NAMES : nodes->count;
    for (uint32_t i = 0; i < shown; i++) {
        CLEANUP_BUFFER struct buffer title = {0};
        plan_write_name(plan, nodes->items[i], &title);
        buffer_add_text(out, i > 0 ? ", " : "");
        text_printable(title.bytes, title.length, out);
    }
    if (shown < nodes->count)
        buffer_printf(out, " and %u more", nodes->count - shown);
}

/* On whom it depends, as the end of a sentence. */
static void write_others(const struct waits *waits, const struct wait *wait, struct buffer *out)
{
    static const char *const before[] = {[USE_SET] = "may be set by ",
                                         [USE_NOTIFY] = "may be notified by ",
                                         [USE_PUT] = "may be put into by ",
                                         [USE_GET] = "may be taken from by "};
    node_list nodes = {0};
    find_others(waits, wait, &nodes);
    bool is_gate = wait->gate != NO_GATE;
    uint8_t role = is_gate ? awaited_role(waits, wait) : (uint8_t)USE_CLOSE;
    if (nodes.count > 0) {
        buffer_add_text(out, ": ");
        buffer_add_text(out, !is_gate ? "held by " : role == USE_BARRIER ? "" : before[role]);
        waits_write_names(waits->plan, &nodes, out);
        if (role == USE_BARRIER)
            buffer_printf(out, " %s still to come", nodes.count == 1 ? "has" : "have");
    } else if (is_gate) {
        buffer_add_text(out, ": nobody is left who could help");
    }
    VEC_RELEASE(&nodes);
}

/* --- what, where, since when --- */

static void write_what(const struct plan *plan, const struct wait *wait, struct buffer *out)
{
    CLEANUP_BUFFER struct buffer what = {0};
    if (wait->gate != NO_GATE)
        plan_write_gate(plan, wait->gate, &what);
    else if (wait->token < plan->token_count)
        plan_write_token(plan, wait->token, &what);
    text_printable(what.bytes, what.length, out);
}

void waits_write_place(const struct plan *plan, uint32_t node, uint32_t operation,
                       struct buffer *out)
{
    uint32_t program = plan_rule(plan, node)->program;
    if (program == NO_PROGRAM || operation >= plan->programs[program].count)
        return;
    CLEANUP_BUFFER struct buffer text = {0};
    place at = PLACE_NONE;
    struct location location;
    plan_write_operation(plan, node, operation, &text, &at);
    text_printable(text.bytes, text.length, out);
    if (at != PLACE_NONE && sources_locate(plan->workflow->sources, at, &location))
        buffer_printf(out, " (%s:%u)", location.file, location.line);
}

void waits_write_restart(const struct plan *plan, const struct scheduler *scheduler, uint32_t node,
                         struct buffer *out)
{
    uint32_t seen, operation = scheduler_restart(scheduler, node, &seen);
    if (operation == NO_OPERATION)
        return;
    buffer_add_text(out, seen != NO_GATE ? "it cannot go on at " : "a resume goes on at ");
    size_t before = out->length;
    waits_write_place(plan, node, operation, out);
    if (out->length == before)
        buffer_add_text(out, "its end");
    if (seen == NO_GATE)
        return;
    buffer_add_text(out, ": others have seen what it did since at ");
    plan_write_gate(plan, seen, out);
}

static void write_duration(int64_t duration, struct buffer *out)
{
    text_write_duration(duration > 0 ? duration : 0, out);
}

void waits_write(const struct waits *waits, const struct wait *wait, struct buffer *out)
{
    CLEANUP_BUFFER struct buffer where = {0};
    bool is_timer = wait->gate == NO_GATE && wait->token >= waits->plan->token_count;
    waits_write_place(waits->plan, wait->node, wait->operation, &where);
    buffer_add_text(out, is_timer ? "has slept " : "has waited ");
    write_duration(waits->now - wait->since, out);
    if (!is_timer) {
        buffer_add_text(out, " for ");
        write_what(waits->plan, wait, out);
    }
    if (wait->is_regaining)
        buffer_add_text(out, " to go on");
    if (where.length > 0)
        buffer_printf(out, wait->request != NO_REQUEST ? ", by a verb in %s" : ", at %s",
                      buffer_text(&where));
    if (wait->until != INT64_MAX) {
        buffer_add_text(out, is_timer ? ", goes on in " : ", at most another ");
        write_duration(wait->until - waits->now, out);
    }
    if (!is_timer)
        write_others(waits, wait, out);
    if (wait->is_stuck)
        buffer_add_text(out, " (deadlock)");
}

/* What a node that stands ready lacks, and somebody of this run holds, or another run: waits
 * without a beginning. */
static void find_lacks(const struct waits *waits, uint32_t node, wait_list *lacks)
{
    const struct plan *plan = waits->plan;
    const struct scheduler *scheduler = waits->replay->scheduler;
    uint32_t vector = waits->replay->nodes[node].vector;
    if (scheduler_state(scheduler, node) != STATE_READY)
        return; /* it has all, and is being started */
    if (vector == NO_VECTOR)
        vector = plan_rule(plan, node)->vector;
    uint32_t first = vector != NO_VECTOR ? plan->vectors.first[vector] : 0;
    uint32_t end = vector != NO_VECTOR ? plan->vectors.first[vector + 1] : 0;
    for (uint32_t i = first; i < end; i++) {
        const struct amount *amount = &plan->vectors.amounts[i];
        const struct wait wait = {.node = node,
                                  .operation = NO_OPERATION,
                                  .request = NO_REQUEST,
                                  .gate = NO_GATE,
                                  .token = amount->token,
                                  .since = -1,
                                  .until = INT64_MAX};
        node_list holders = {0};
        if (scheduler_free_tokens(scheduler, amount->token) < amount->amount)
            find_others(waits, &wait, &holders);
        bool is_elsewhere = plan->tokens[amount->token].is_file && holders.count == 0 &&
                            scheduler_free_tokens(scheduler, amount->token) == 0;
        if (holders.count > 0 || is_elsewhere)
            *VEC_PUSH(lacks) = wait;
        VEC_RELEASE(&holders);
    }
}

void waits_write_ready(const struct waits *waits, uint32_t node, struct buffer *out)
{
    wait_list lacks = {0};
    find_lacks(waits, node, &lacks);
    for (uint32_t i = 0; i < lacks.count; i++) {
        CLEANUP_BUFFER struct buffer others = {0};
        buffer_add_text(out, i > 0 ? "; " : "for ");
        write_what(waits->plan, &lacks.items[i], out);
        write_others(waits, &lacks.items[i], &others);
        buffer_add_text(out, others.length > 0 ? buffer_text(&others) : ": held by another run");
    }
    if (lacks.count == 0)
        buffer_add_text(out, "for resources");
    VEC_RELEASE(&lacks);
}

/* --- for programs --- */

static const char *kind_of(const struct plan *plan, const struct wait *wait)
{
    static const char *const gates[] = {[GATE_BARRIER] = "barrier",
                                        [GATE_EVENT] = "event",
                                        [GATE_CONDITION] = "condition",
                                        [GATE_QUEUE] = "queue"};
    if (wait->gate != NO_GATE)
        return gates[plan->gates[wait->gate].kind];
    if (wait->token >= plan->token_count)
        return "timer";
    uint32_t primitive = plan->tokens[wait->token].primitive;
    if (primitive == NO_PRIMITIVE)
        return "resource";
    return primitive_kind_text(plan->workflow->primitives[primitive].kind);
}

static json_t *text_json(const struct buffer *text)
{
    return text->length > 0 ? words_json_text(text->bytes, text->length) : json_null();
}

static void add_place(const struct plan *plan, const struct wait *wait, json_t *object)
{
    CLEANUP_BUFFER struct buffer step = {0};
    struct location location = {0};
    place at = PLACE_NONE;
    uint32_t program = plan_rule(plan, wait->node)->program;
    if (program != NO_PROGRAM && wait->operation < plan->programs[program].count)
        plan_write_operation(plan, wait->node, wait->operation, &step, &at);
    bool is_known = at != PLACE_NONE && sources_locate(plan->workflow->sources, at, &location);
    json_object_set_new(object, "step", text_json(&step));
    json_object_set_new(object, "file", is_known ? json_string(location.file) : json_null());
    json_object_set_new(object, "line", is_known ? json_integer(location.line) : json_null());
}

json_t *waits_to_json(const struct waits *waits, const struct wait *wait)
{
    const struct plan *plan = waits->plan;
    CLEANUP_BUFFER struct buffer what = {0};
    node_list nodes = {0};
    json_t *object = json_object(), *others = json_array();
    write_what(plan, wait, &what);
    find_others(waits, wait, &nodes);
    for (uint32_t i = 0; i < nodes.count; i++)
        json_array_append_new(others, words_json_name(plan, nodes.items[i]));
    VEC_RELEASE(&nodes);
    json_object_set_new(object, "kind", json_string(kind_of(plan, wait)));
    json_object_set_new(object, "what", text_json(&what));
    json_object_set_new(object, "since",
                        wait->since < 0 ? json_null() : json_real((double)wait->since / 1e9));
    json_object_set_new(object, "until",
                        wait->until == INT64_MAX ? json_null()
                                                 : json_real((double)wait->until / 1e9));
    add_place(plan, wait, object);
    json_object_set_new(object, "is_verb", json_boolean(wait->request != NO_REQUEST));
    json_object_set_new(object, "is_regaining", json_boolean(wait->is_regaining));
    json_object_set_new(object, "is_stuck", json_boolean(wait->is_stuck));
    json_object_set_new(object, wait->gate != NO_GATE ? "awaited" : "holders", others);
    return object;
}

json_t *waits_of_to_json(const struct waits *waits, uint32_t node)
{
    uint32_t count;
    const struct wait *first = waits_of(waits, node, &count);
    json_t *list = json_array();
    for (uint32_t i = 0; i < count; i++)
        json_array_append_new(list, waits_to_json(waits, &first[i]));
    wait_list lacks = {0};
    find_lacks(waits, node, &lacks);
    for (uint32_t i = 0; i < lacks.count; i++)
        json_array_append_new(list, waits_to_json(waits, &lacks.items[i]));
    VEC_RELEASE(&lacks);
    return list;
}
