/* Actions as lines of a scenario. */
#include "schedule/schedule_parts.h"

const char *const outcome_words[] = {"exit", "signal", "not-started", "invalid",
                                     "lost", "stuck",  NULL};

static void write_outcome(struct buffer *out, const struct outcome *outcome)
{
    if (outcome == NULL)
        return;
    buffer_printf(out, " (%s", outcome_words[outcome->kind]);
    if (outcome->kind < OUTCOME_INVALID)
        buffer_printf(out, " %d", outcome->code);
    buffer_add_byte(out, ')');
}

static double seconds(int64_t time)
{
    return (double)time / (double)NANOSECONDS;
}

static void write_operation(struct buffer *out, uint32_t operation)
{
    if (operation == OPERATION_END)
        buffer_add_text(out, ":end");
    else if (operation != NO_OPERATION)
        buffer_printf(out, ":%u", operation);
}

static void write_request(struct buffer *out, uint32_t request)
{
    if (request != NO_REQUEST)
        buffer_printf(out, " request %u", request);
}

static void write_fact(struct buffer *out, const struct fact *fact, const struct wording *names)
{
    static const char *const kinds[] = {
        "run-began", "launched", "started",  "failed",  "signalled", "ended",    "policy",
        "run-ended", "resumed",  "reopened", "waiting", "goes-on",   "deadlock", "ready"};
    static const char *const statuses[] = {"none",      "success", "skipped",
                                           "cancelled", "blocked", "failure"};
    buffer_printf(out, "record %s", kinds[fact->kind]);
    if (fact->node != NO_NODE) {
        buffer_printf(out, " %s#%u", names->nodes[fact->node], fact->attempt);
        write_operation(out, fact->operation);
        write_request(out, fact->request);
    }
    if (fact->kind == FACT_STARTED)
        buffer_printf(out, " process %d", fact->process);
    if (fact->status != STATUS_NONE)
        buffer_printf(out, " %s", statuses[fact->status]);
    if (fact->is_timeout)
        buffer_add_text(out, " timeout");
    if (fact->is_tolerated)
        buffer_add_text(out, " tolerated");
    write_outcome(out, fact->outcome);
    if (fact->kind == FACT_FAILED)
        buffer_printf(out, " until %g", seconds(fact->until));
}

static void write_flags(struct buffer *out, uint8_t flags)
{
    buffer_printf(out, "%s%s%s%s", flags & CALLS_SUCCESS ? " success" : "",
                  flags & CALLS_FAILURE ? " failure" : "",
                  flags & CALLS_CANCELLED ? " cancelled" : "",
                  flags & CALLS_ALWAYS ? " always" : "");
}

static void write_reason(struct buffer *out, const struct action *action,
                         const struct wording *names)
{
    static const char *const causes[] = {"",        " timeout",  " broken", " orphan",
                                         " closed", " deadlock", " seen",   " peer"};
    buffer_add_text(out, causes[action->cause]);
    if (action->gate != NO_GATE)
        buffer_printf(out, " gate %s", names->gates[action->gate]);
    if (action->token != UINT32_MAX)
        buffer_printf(out, " token %s", names->tokens[action->token]);
    if (action->culprit != NO_NODE)
        buffer_printf(out, " by %s", names->nodes[action->culprit]);
}

static void write_conclude(struct buffer *out, const struct action *action,
                           const struct wording *names)
{
    buffer_printf(out, "%s", action->is_stopped ? " stopped" : "");
    if (!action->is_failed)
        return;
    buffer_add_text(out, " failed");
    if (action->operation != NO_OPERATION)
        buffer_printf(out, " at %u", action->operation);
    write_reason(out, action, names);
    if (action->seen != NO_GATE)
        buffer_printf(out, " seen at %s", names->gates[action->seen]);
}

static void write_reply(struct buffer *out, const struct action *action,
                        const struct wording *names)
{
    static const char *const codes[] = {"done", "failed", "refused"};
    buffer_printf(out, " %s", action->code == REPLY_TIMEOUT ? "timeout" : codes[action->code]);
    if (action->item != NO_ITEM)
        buffer_printf(out, " item %u", action->item);
    write_reason(out, action, names);
}

static void write_attempt(struct buffer *out, const struct action *action,
                          const struct wording *names)
{
    buffer_printf(out, " %s#%u", names->nodes[action->node], action->attempt);
    if (action->kind != ACTION_CONCLUDE)
        write_operation(out, action->operation);
}

void write_action(struct buffer *out, const struct action *action, const struct wording *names)
{
    static const char *const kinds[] = {
        [ACTION_EVALUATE] = "evaluate", [ACTION_EXPAND] = "expand",     [ACTION_LAUNCH] = "launch",
        [ACTION_SIGNAL] = "signal",     [ACTION_TIMER] = "timer",       [ACTION_RECORD] = "",
        [ACTION_END] = "end",           [ACTION_CONCLUDE] = "conclude", [ACTION_REPLY] = "reply",
        [ACTION_BIND] = "bind",         [ACTION_SEEK] = "seek",         [ACTION_YIELD] = "yield"};
    buffer_printf(out, "  %s", kinds[action->kind]);
    switch (action->kind) {
    case ACTION_EVALUATE:
        write_attempt(out, action, names);
        write_flags(out, action->flags);
        break;
    case ACTION_EXPAND:
        buffer_printf(out, " %s", names->nodes[action->node]);
        if (action->item != NO_ITEM)
            buffer_printf(out, " item %u", action->item);
        break;
    case ACTION_LAUNCH:
        write_attempt(out, action, names);
        break;
    case ACTION_SIGNAL:
        write_attempt(out, action, names);
        buffer_add_text(out, action->how == SIGNAL_STOP ? " stop" : " kill");
        break;
    case ACTION_TIMER:
        buffer_printf(out, " %s", action->node == NO_NODE ? "run" : names->nodes[action->node]);
        write_request(out, action->request);
        buffer_printf(out, " %u at %g", action->timer, seconds(action->at));
        break;
    case ACTION_RECORD:
        write_fact(out, &action->fact, names);
        break;
    case ACTION_CONCLUDE:
        write_attempt(out, action, names);
        write_conclude(out, action, names);
        break;
    case ACTION_REPLY:
        buffer_printf(out, " %s", names->nodes[action->node]);
        write_request(out, action->request);
        write_reply(out, action, names);
        break;
    case ACTION_BIND:
        write_attempt(out, action, names);
        if (action->item == NO_ITEM)
            buffer_add_text(out, " nothing");
        else
            buffer_printf(out, " item %u", action->item);
        break;
    case ACTION_SEEK:
    case ACTION_YIELD:
        buffer_printf(out, " %s", names->tokens[action->token]);
        break;
    }
    buffer_add_byte(out, '\n');
}

static uint64_t digest_fields(uint64_t digest, const uint64_t *fields, size_t count)
{
    for (size_t i = 0; i < count; i++)
        digest = (digest ^ fields[i]) * 0x100000001b3;
    return digest;
}

uint64_t digest_action(uint64_t digest, const struct action *action)
{
    if (action->kind == ACTION_RECORD) {
        const struct fact *fact = &action->fact;
        uint64_t fields[] = {
            fact->kind,    fact->node,      fact->status,          fact->attempt,
            fact->request, fact->operation, (uint64_t)fact->until, (uint64_t)fact->time};
        return digest_fields(digest, fields, sizeof fields / sizeof *fields);
    }
    uint64_t fields[] = {action->kind,  action->flags, action->how,     action->cause,
                         action->code,  action->node,  action->attempt, action->operation,
                         action->gate,  action->token, action->culprit, action->request,
                         action->timer, action->item,  action->seen,    (uint64_t)action->at};
    return digest_fields(digest, fields, sizeof fields / sizeof *fields);
}
