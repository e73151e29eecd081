/* The end of an attempt of a program: its cleanup, if a body was launched, then one outcome of all
 * that was passed. What the bodies wrote that others use, and their outputs, are put together here;
 * a success whose outputs are not as declared is none. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "run/attempt.h"
#include "run/cause.h"
#include "run/trail.h"

enum { MOST_KEPT = 16 << 20 };

/* "waiting at barrier spinup (flow.yml:12:9): broken: case[re=400] failed" */
static void write_stuck(const struct run *run, const struct action *action, struct buffer *text)
{
    uint32_t operation = action->operation;
    if (operation == NO_OPERATION)
        operation = scheduler_operation(run->scheduler, action->node);
    cause_write_wait(run, action->node, operation, action->gate, action->token, text);
    if (action->cause != CAUSE_NONE)
        buffer_add_text(text, ": ");
    cause_write_why(run, action, text);
}

/* Why it is not tried again, behind why it failed. */
static void write_seen(const struct run *run, const struct action *action, struct buffer *text)
{
    if (action->seen == NO_GATE)
        return;
    buffer_printf(text, "%sit is not tried again: others have seen what it did at ",
                  text->length > 0 ? "; " : "");
    plan_write_gate(run->plan, action->seen, text);
}

/* As the body did that came last, which failed, could not be evaluated, or was ended. */
static void fail_as_body(struct attempt *attempt, const struct outcome *last,
                         const struct action *action)
{
    CLEANUP_BUFFER struct buffer text = {0};
    if (last->detail != NULL)
        buffer_add_text(&text, last->detail);
    write_seen(attempt->run, action, &text);
    attempt_set_outcome(attempt, last->kind, last->code,
                        text.length > 0 ? buffer_take(&text) : NULL);
}

static void fail_stuck(struct attempt *attempt, const struct action *action)
{
    CLEANUP_BUFFER struct buffer text = {0};
    write_stuck(attempt->run, action, &text);
    write_seen(attempt->run, action, &text);
    attempt_set_outcome(attempt, OUTCOME_STUCK, action->cause, buffer_take(&text));
}

/* A success whatever its last body came to: that one may have continue-on-error. */
static void set_outcome(struct attempt *attempt, const struct action *action)
{
    struct trail *trail = trail_of(attempt->run, attempt->node);
    const struct outcome *last = &trail->last;
    bool is_bad = !outcome_is_success(last) && last->kind != OUTCOME_LOST;
    bool is_by_body = action->cause == CAUSE_NONE || action->cause == CAUSE_SEEN;
    if (!action->is_failed && !action->is_stopped)
        attempt_set_outcome(attempt, OUTCOME_EXITED, 0, NULL);
    else if (is_bad && is_by_body)
        fail_as_body(attempt, last, action);
    else
        fail_stuck(attempt, action);
    attempt->outcome.user_time = trail->total.user_time;
    attempt->outcome.system_time = trail->total.system_time;
    attempt->outcome.memory = trail->total.memory;
    attempt->is_signalled = action->is_stopped;
    attempt->is_timeout = trail->is_timeout || action->cause == CAUSE_TIMEOUT;
    attempt->has_log = trail->total.log.length > 0;
    attempt->log_begin = trail->total.log.offset;
    attempt->log_end = trail->total.log.offset + trail->total.log.length;
}

static const struct extent *extent_of(const struct passed *passed, int which)
{
    return which < 2 ? &passed->values[which] : &passed->outputs;
}

static bool add_value(struct attempt *attempt, const struct extent *extent, struct buffer *out,
                      struct error *error)
{
    CLEANUP_FREE char *bytes = NULL;
    if (extent->length == 0)
        return true;
    if (out->length + extent->length > MOST_KEPT)
        return error_set(error, PLACE_NONE,
                         "its steps wrote more than 16 MiB to an output that another task uses");
    if (!values_get(attempt->run->values, extent, &bytes, error))
        return false;
    buffer_add(out, bytes, extent->length);
    return true;
}

/* All of one kind that bodies left: 0, 1 what they wrote to stdout, stderr, 2 their outputs. */
static bool join(struct attempt *attempt, int which, struct buffer *out, struct error *error)
{
    const struct trail *trail = trail_of(attempt->run, attempt->node);
    for (uint32_t i = 0; i < trail->passed.count; i++) {
        const struct passed *passed = &trail->passed.items[i];
        if (passed->item == NO_ITEM && !add_value(attempt, extent_of(passed, which), out, error))
            return false;
    }
    return true;
}

static bool join_values(struct attempt *attempt, struct error *error)
{
    for (int i = 0; i < 2; i++) {
        CLEANUP_BUFFER struct buffer text = {0};
        if (!(attempt_task(attempt)->keeps & (i == 0 ? KEEPS_STDOUT : KEEPS_STDERR)))
            continue;
        if (!join(attempt, i, &text, error) ||
            !values_add(attempt->run->values, text.bytes, text.length, &attempt->outcome.values[i],
                        error))
            return false;
    }
    return true;
}

/* That of the last call. */
static void take_result(struct attempt *attempt)
{
    const struct run *run = attempt->run;
    const struct trail *trail = trail_of(attempt->run, attempt->node);
    for (uint32_t i = trail->passed.count; i-- > 0;)
        if (plan_is_call(run->plan, attempt->node, trail->passed.items[i].operation)) {
            attempt->outcome.result = trail->passed.items[i].result;
            return;
        }
}

static bool join_outputs(struct attempt *attempt, struct error *error)
{
    CLEANUP_BUFFER struct buffer text = {0};
    if (attempt_task(attempt)->details->output_count == 0)
        return true;
    return join(attempt, 2, &text, error) &&
           attempt_keep_outputs(attempt, buffer_text(&text), text.length, error);
}

void attempt_gather_program(struct attempt *attempt)
{
    CLEANUP_ERROR struct error error = {0};
    if (attempt->has_log)
        attempt->outcome.log = (struct extent){.offset = attempt->log_begin,
                                               .length = attempt->log_end - attempt->log_begin};
    if (outcome_is_success(&attempt->outcome))
        take_result(attempt);
    bool is_asked = attempt->run->values != NULL && outcome_is_success(&attempt->outcome);
    if (is_asked && (!join_values(attempt, &error) || !join_outputs(attempt, &error)))
        attempt_set_invalid(attempt, &error);
    attempt_end(attempt);
}

static bool has_cleanup(const struct attempt *attempt)
{
    const struct run *run = attempt->run;
    uint32_t program = plan_rule(run->plan, attempt->node)->program;
    return run->plan->programs[program].has_cleanup && run->folder != NULL && !run->is_broken &&
           trail_of(attempt->run, attempt->node)->has_body;
}

static void tell_no_cleanup(struct attempt *attempt, struct error *error)
{
    error_wrap(error, "the cleanup cannot be run");
    run_tell(attempt->run, "warning", error);
}

void attempt_conclude(struct run *run, const struct action *action)
{
    struct attempt *attempt = attempt_new(run, action->node, action->attempt, OPERATION_END);
    CLEANUP_ERROR struct error error = {0};
    set_outcome(attempt, action);
    bool is_wanted = has_cleanup(attempt);
    if (is_wanted &&
        plan_cleanup(run->plan, action->node, action->attempt, &run->results, &attempt->command,
                     &error) &&
        attempt_prepare(attempt, &error)) {
        attempt_start_cleanup(attempt);
        return;
    }
    if (is_wanted)
        tell_no_cleanup(attempt, &error);
    attempt_gather_program(attempt);
}
