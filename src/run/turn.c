/* One turn: inputs to the journal and the scheduler, then, once they are written, what follows from
 * them. Nothing that can be seen outside happens before the write (DESIGN.md, State). */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "run/attempt.h"
#include "run/state.h"
#include "value/value.h"

struct input *run_push(struct run *run, enum input_kind kind)
{
    struct input *in =
        run->spare.count > 0 ? run->spare.items[--run->spare.count] : memory_new(sizeof *in);
    *in = (struct input){.now = run_now(run),
                         .kind = (uint8_t)kind,
                         .operation = NO_OPERATION,
                         .request = NO_REQUEST,
                         .parent = NO_REQUEST,
                         .item = NO_ITEM};
    *VEC_PUSH(&run->inputs) = in;
    return in;
}

char *run_error_text(const struct run *run, const struct error *error)
{
    struct buffer text = {0};
    struct location location;
    if (sources_locate(run->plan->workflow->sources, error->at, &location))
        buffer_printf(&text, "%s:%u:%u: ", location.file, location.line, location.column);
    buffer_add_text(&text, error->message != NULL ? error->message : "unknown error");
    if (error->hint != NULL)
        buffer_printf(&text, " (%s)", error->hint);
    return buffer_take(&text);
}

void run_say(struct run *run, const char *text)
{
    terminal_message(run->terminal, text);
    if (run->events != NULL)
        events_message(run->events, run_now(run), text);
}

void run_tell(struct run *run, const char *prefix, const struct error *error)
{
    CLEANUP_FREE char *text = run_error_text(run, error);
    CLEANUP_BUFFER struct buffer line = {0};
    buffer_printf(&line, "%s: %s", prefix, text);
    run_say(run, buffer_text(&line));
}

void run_break(struct run *run, struct error *error)
{
    if (run->is_broken)
        return;
    run->is_broken = true;
    error_wrap(error, "the state of the run cannot be written, so it ends here");
    run_tell(run, "error", error);
    run_push(run, INPUT_CANCEL)->verdict = CANCEL_KILL;
}

static void evaluate(struct run *run, const struct action *action)
{
    struct evaluated evaluated = {0};
    CLEANUP_ERROR struct error error = {0};
    bool is_good = plan_evaluate(run->plan, action->node, action->attempt, action->flags,
                                 &run->results, &evaluated, &error);
    struct input *in = run_push(run, INPUT_EVALUATED);
    in->node = action->node;
    in->attempt = action->attempt;
    in->verdict = evaluated.verdict;
    in->vector = evaluated.vector;
    if (is_good)
        return;
    /* A dry run has no values to decide by: what depends on them is shown. */
    if (run->folder == NULL) {
        in->verdict = VERDICT_RUN;
        in->vector = 0;
        return;
    }
    in->is_invalid = true;
    in->outcome.kind = OUTCOME_INVALID;
    in->outcome.detail = run_error_text(run, &error);
}

void run_reach(struct run *run)
{
    uint32_t old = run->node_capacity, count = run->plan->node_count;
    if (count <= old)
        return;
    if (count < (uint64_t)old + old / 2)
        count = old + old / 2;
    run->attempts = memory_resize(run->attempts, count, sizeof *run->attempts);
    run->timers = memory_resize(run->timers, count, sizeof *run->timers);
    run->result_of = memory_resize(run->result_of, count, sizeof *run->result_of);
    for (uint32_t node = old; node < count; node++) {
        run->attempts[node] = NULL;
        run->timers[node] = NULL;
        run->result_of[node] = 0;
    }
    run->node_capacity = count;
}

static void keep_expansion(struct run *run, uint32_t template, const json_t *matrix)
{
    if (run->is_broken)
        return;
    CLEANUP_ERROR struct error error = {0};
    CLEANUP_BUFFER struct buffer text = {0};
    value_write_json(matrix, &text);
    if (!journal_add_expansion(run->journal, run->values, template, text.bytes, text.length,
                               &error))
        run_break(run, &error);
}

static void expand(struct run *run, const struct action *action)
{
    struct expanded expanded = {0};
    CLEANUP_ERROR struct error error = {0};
    bool is_dry = run->folder == NULL;
    if (is_dry)
        attempt_tell_dry(run, action->node, NULL, NULL);
    bool is_good = is_dry ? plan_grow(run->plan, action->node, NULL, &error)
                          : plan_expand(run->plan, action->node, action->flags, &run->results,
                                        &expanded, &error);
    run_reach(run);
    if (expanded.matrix != NULL)
        keep_expansion(run, action->node, expanded.matrix);
    json_decref(expanded.matrix);
    struct input *in = run_push(run, INPUT_EXPANDED);
    in->node = action->node;
    in->verdict = expanded.verdict;
    in->is_invalid = !is_good;
    if (is_good)
        return;
    in->outcome.kind = OUTCOME_INVALID;
    in->outcome.detail = run_error_text(run, &error);
}

void run_note(struct run *run, const struct fact *fact)
{
    if (fact->status != STATUS_FAILURE || fact->is_tolerated)
        return;
    if (fact->kind == FACT_ENDED)
        *VEC_PUSH(&run->failed) = fact->node;
    uint32_t kept = 0;
    for (uint32_t i = 0; fact->kind == FACT_REOPENED && i < run->failed.count; i++)
        if (run->failed.items[i] != fact->node)
            run->failed.items[kept++] = run->failed.items[i];
    if (fact->kind == FACT_REOPENED)
        run->failed.count = kept;
}

static void journal_input(struct run *run, const struct input *in)
{
    const struct vectors *vectors = &run->plan->vectors;
    while (run->journalled_vectors < vectors->count)
        journal_add_vector(run->journal, vectors, run->journalled_vectors++);
    journal_add_input(run->journal, in);
}

static void handle(struct run *run, struct input *in)
{
    if (run->journal != NULL && !run->is_broken)
        journal_input(run, in);
    if (in->kind == INPUT_FINISHED || in->is_invalid)
        results_keep(run, in->node, &in->outcome);
    uint32_t first = run->actions.count;
    scheduler_handle(run->scheduler, in, &run->actions);
    uint32_t kept = first;
    for (uint32_t i = first; i < run->actions.count; i++) {
        struct action *action = &run->actions.items[i];
        if (action->kind == ACTION_EVALUATE) {
            evaluate(run, action);
            continue;
        }
        if (action->kind == ACTION_EXPAND) {
            expand(run, action);
            continue;
        }
        if (action->kind == ACTION_RECORD)
            run_note(run, &action->fact);
        run->actions.items[kept++] = *action;
    }
    run->actions.count = kept;
}

struct timer {
    struct run *run;
    struct alarm *alarm;
    uint32_t node, generation;
};

void run_disarm(struct run *run, uint32_t node)
{
    struct timer *timer = run->timers[node];
    if (timer == NULL)
        return;
    loop_cancel(run->loop, timer->alarm);
    free(timer);
    run->timers[node] = NULL;
}

static void timer_due(void *context)
{
    struct timer *timer = context;
    struct input *in = run_push(timer->run, INPUT_TIMER);
    in->node = timer->node;
    in->timer = timer->generation;
    timer->alarm = NULL;
    run_disarm(timer->run, timer->node);
}

static void arm_timer(struct run *run, const struct action *action)
{
    run_disarm(run, action->node);
    struct timer *timer = memory_new(sizeof *timer);
    *timer = (struct timer){.run = run, .node = action->node, .generation = action->timer};
    run->timers[action->node] = timer;
    timer->alarm = loop_at(run->loop, run->began + action->at, timer_due, timer);
}

static void record(struct run *run, const struct fact *fact)
{
    if (fact->kind == FACT_SIGNALLED)
        attempt_note_signal(run, fact->node, fact->is_timeout);
    if (fact->kind == FACT_RUN_ENDED)
        run->status = fact->status;
    terminal_fact(run->terminal, fact);
    if (run->estimate != NULL)
        estimate_fact(run->estimate, fact);
    if (run->events != NULL)
        events_fact(run->events, fact);
}

static void carry_out(struct run *run, const struct action *action)
{
    switch (action->kind) {
    case ACTION_LAUNCH:
        attempt_launch(run, action->node, action->attempt);
        break;
    case ACTION_SIGNAL:
        attempt_signal(run, action);
        break;
    case ACTION_TIMER:
        arm_timer(run, action);
        break;
    case ACTION_RECORD:
        record(run, &action->fact);
        break;
    case ACTION_END:
        run->has_ended = true;
        break;
    default:
        break;
    }
}

static void write_state(struct run *run)
{
    if (run->journal == NULL || run->is_broken)
        return;
    CLEANUP_ERROR struct error error = {0};
    if (!log_write(run->log, &error) || !journal_write(run->journal, &error)) {
        run_break(run, &error);
        return;
    }
    int64_t now = run_now(run);
    run->is_unsynced = true;
    if (now - run->synced < 1000000000)
        return;
    run->synced = now;
    run->is_unsynced = false;
    if (!values_sync(run->values, &error) || !journal_sync(run->journal, &error))
        run_break(run, &error);
}

static void recycle(struct run *run, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct input *in = run->inputs.items[i];
        free(in->outcome.detail);
        *VEC_PUSH(&run->spare) = in;
    }
    run->inputs.count -= count;
    memmove(run->inputs.items, run->inputs.items + count,
            run->inputs.count * sizeof *run->inputs.items);
}

bool run_turn(struct run *run)
{
    while (run->inputs.count > 0) {
        uint32_t handled = 0;
        while (handled < run->inputs.count)
            handle(run, run->inputs.items[handled++]);
        write_state(run);
        for (uint32_t i = 0; i < run->actions.count; i++)
            carry_out(run, &run->actions.items[i]);
        run->actions.count = 0;
        recycle(run, handled);
    }
    return !run->is_broken;
}
