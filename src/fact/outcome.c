/* What an outcome amounts to, in the numbers of a shell and in words; see fact.h. */
#include "fact/fact.h"

#include <errno.h>

#include "base/text.h"

enum { CODE_NOT_RUNNABLE = 126, CODE_NOT_FOUND = 127, CODE_OF_SIGNALS = 128 };

int outcome_exit_code(const struct outcome *outcome)
{
    switch (outcome->kind) {
    case OUTCOME_EXITED:
        return outcome->code;
    case OUTCOME_SIGNALLED:
        return CODE_OF_SIGNALS + outcome->code;
    case OUTCOME_NOT_STARTED:
        return outcome->code == ENOENT ? CODE_NOT_FOUND : CODE_NOT_RUNNABLE;
    default:
        return 1;
    }
}

bool outcome_is_success(const struct outcome *outcome)
{
    return outcome->kind == OUTCOME_EXITED && outcome->code == 0;
}

static void add_detail(const char *before, const char *detail, struct buffer *out)
{
    if (detail == NULL || detail[0] == '\0')
        return;
    buffer_add_text(out, before);
    buffer_add_text(out, detail);
}

static bool is_process_end(const struct outcome *outcome)
{
    return outcome->kind == OUTCOME_EXITED || outcome->kind == OUTCOME_SIGNALLED;
}

/* Of the scheduler's own outcomes, which have no detail. */
static const char *cause_text(const struct outcome *outcome)
{
    if (outcome->kind == OUTCOME_STUCK && outcome->code == CAUSE_PEER)
        return "another task of its pipe failed";
    if (outcome->kind == OUTCOME_STUCK && outcome->code == CAUSE_SEEN)
        return "it was stopped, and cannot go on: others have seen what it did";
    return NULL;
}

void outcome_write_reason(const struct outcome *outcome, bool is_timeout, struct buffer *out)
{
    bool is_stuck = outcome != NULL && outcome->kind == OUTCOME_STUCK && outcome->detail != NULL;
    if (is_timeout && !is_stuck) {
        buffer_add_text(out, "timed out");
        if (outcome != NULL && is_process_end(outcome))
            add_detail(": ", outcome->detail, out);
        return;
    }
    if (outcome == NULL)
        return;
    switch (outcome->kind) {
    case OUTCOME_EXITED:
        buffer_printf(out, "exit status %d", (int)outcome->code);
        add_detail(": ", outcome->detail, out);
        break;
    case OUTCOME_SIGNALLED:
        buffer_add_text(out, "killed by ");
        text_write_signal(outcome->code, out);
        add_detail(": ", outcome->detail, out);
        break;
    case OUTCOME_NOT_STARTED:
        add_detail("", outcome->detail ? outcome->detail : "it could not be started", out);
        break;
    case OUTCOME_INVALID:
    case OUTCOME_STUCK:
        add_detail("", outcome->detail != NULL ? outcome->detail : cause_text(outcome), out);
        break;
    case OUTCOME_RAISED:
        add_detail("", outcome->detail ? outcome->detail : "the function failed", out);
        break;
    case OUTCOME_LOST:
        buffer_add_text(out, "lost when its runner ended");
        break;
    }
}
