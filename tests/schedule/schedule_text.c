/* Actions as lines of a scenario. */
#include "schedule/schedule_parts.h"

const char *const outcome_words[] = {"exit", "signal", "not-started", "invalid", "lost", NULL};

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

static void write_fact(struct buffer *out, const struct fact *fact, char *const *names)
{
    static const char *const kinds[] = {"run-began", "launched", "started", "failed",
                                        "signalled", "ended",    "policy",  "run-ended",
                                        "resumed",   "reopened"};
    static const char *const statuses[] = {"none",      "success", "skipped",
                                           "cancelled", "blocked", "failure"};
    buffer_printf(out, "record %s", kinds[fact->kind]);
    if (fact->node != NO_NODE)
        buffer_printf(out, " %s#%u", names[fact->node], fact->attempt);
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

void write_action(struct buffer *out, const struct action *action, char *const *names)
{
    const char *node =
        action->kind == ACTION_RECORD || action->kind == ACTION_END ? "" : names[action->node];
    buffer_add_text(out, "  ");
    switch (action->kind) {
    case ACTION_EVALUATE:
        buffer_printf(out, "evaluate %s#%u", node, action->attempt);
        write_flags(out, action->flags);
        break;
    case ACTION_EXPAND:
        buffer_printf(out, "expand %s", node);
        break;
    case ACTION_LAUNCH:
        buffer_printf(out, "launch %s#%u", node, action->attempt);
        break;
    case ACTION_SIGNAL:
        buffer_printf(out, "signal %s#%u %s", node, action->attempt,
                      action->how == SIGNAL_STOP ? "stop" : "kill");
        break;
    case ACTION_TIMER:
        buffer_printf(out, "timer %s %u at %g", node, action->timer, seconds(action->at));
        break;
    case ACTION_RECORD:
        write_fact(out, &action->fact, names);
        break;
    case ACTION_END:
        buffer_add_text(out, "end");
        break;
    }
    buffer_add_byte(out, '\n');
}
