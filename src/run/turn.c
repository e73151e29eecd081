/* One turn: inputs to the journal and the scheduler, then, once they are written, what follows from
 * them. Nothing that can be seen outside happens before the write (DESIGN.md, State). */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "run/attempt.h"
#include "run/trail.h"
#include "run/deadlock.h"
#include "run/disk.h"
#include "run/file_locks.h"
#include "run/items.h"
#include "run/requests.h"
#include "run/timers.h"
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
                         .item = NO_ITEM,
                         .gate = NO_GATE};
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

/* The item of a put, which is there before the input that names it. */
static bool keep_item(struct run *run, const struct evaluated *evaluated, struct input *in,
                      struct error *error)
{
    if (evaluated->value == NULL || items_add(run, evaluated->value, &in->item, error))
        return true;
    run_break(run, error);
    return false;
}

static bool evaluate_part(struct run *run, const struct action *action, struct evaluated *ret,
                          struct error *error)
{
    if (action->operation == NO_OPERATION)
        return plan_evaluate(run->plan, action->node, action->attempt, action->flags, &run->results,
                             ret, error);
    return plan_evaluate_operation(run->plan, action->node, action->attempt, action->operation,
                                   &run->results, ret, error);
}

/* A dry run has no values to decide by: what depends on them is shown. */
static void suppose(struct run *run, struct input *in)
{
    json_t *nothing = json_null();
    in->verdict = VERDICT_RUN;
    in->vector = 0;
    in->duration = 0;
    if (in->operation != NO_OPERATION)
        items_add(run, nothing, &in->item, NULL);
}

static void evaluate(struct run *run, const struct action *action)
{
    struct evaluated evaluated = {0};
    CLEANUP_ERROR struct error error = {0};
    bool is_good = evaluate_part(run, action, &evaluated, &error);
    struct input *in = run_push(run, INPUT_EVALUATED);
    in->node = action->node;
    in->attempt = action->attempt;
    in->operation = action->operation;
    in->verdict = evaluated.verdict;
    in->vector = evaluated.vector;
    in->duration = evaluated.duration;
    is_good = is_good && keep_item(run, &evaluated, in, &error);
    json_decref(evaluated.value);
    if (is_good)
        return;
    if (run->folder == NULL) {
        suppose(run, in);
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
    run->result_of = memory_resize(run->result_of, count, sizeof *run->result_of);
    memset(run->result_of + old, 0, (count - old) * sizeof *run->result_of);
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

/* An instance more of a queue's matrix. */
static bool expand_by_item(struct run *run, const struct action *action, struct error *error)
{
    json_t *item = items_get(run, action->item, error);
    bool is_good = item != NULL && plan_expand_item(run->plan, action->node, item, error);
    json_decref(item);
    return is_good;
}

static bool expand_plan(struct run *run, const struct action *action, struct expanded *ret,
                        struct error *error)
{
    if (action->item != NO_ITEM)
        return expand_by_item(run, action, error);
    if (run->folder == NULL)
        return plan_grow(run->plan, action->node, NULL, error);
    return plan_expand(run->plan, action->node, action->flags, &run->results, ret, error);
}

static void expand(struct run *run, const struct action *action)
{
    struct expanded expanded = {0};
    CLEANUP_ERROR struct error error = {0};
    bool is_dry = run->folder == NULL;
    if (is_dry)
        attempt_tell_dry(run, action->node, NO_OPERATION, NULL, NULL);
    bool is_good = expand_plan(run, action, &expanded, &error);
    run_reach(run);
    if (expanded.matrix != NULL)
        keep_expansion(run, action->node, expanded.matrix);
    json_decref(expanded.matrix);
    struct input *in = run_push(run, INPUT_EXPANDED);
    in->node = action->node;
    in->item = action->item;
    in->verdict = expanded.verdict;
    in->is_invalid = !is_good;
    if (is_good)
        return;
    in->outcome.kind = OUTCOME_INVALID;
    in->outcome.detail = run_error_text(run, &error);
}

void run_note(struct run *run, const struct fact *fact)
{
    trail_note_fact(run, fact);
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
    while (run->journalled_tokens < run->plan->token_count)
        journal_add_token(run->journal, run->plan, run->journalled_tokens++);
    while (run->journalled_vectors < vectors->count)
        journal_add_vector(run->journal, vectors, run->journalled_vectors++);
    journal_add_input(run->journal, in);
}

void run_note_input(struct run *run, const struct input *in)
{
    bool has_outcome = in->kind == INPUT_FINISHED || in->kind == INPUT_KEPT || in->is_invalid;
    bool is_whole = in->operation == NO_OPERATION || in->operation == OPERATION_END;
    if (has_outcome && is_whole)
        results_keep(run, in->node, &in->outcome);
    trail_note_input(run, in);
}

/* Who waits for whom is told with its fact, but is no longer so by then. */
static void note_deadlock(struct run *run)
{
    CLEANUP_BUFFER struct buffer story = {0};
    deadlock_write(run, &story);
    free(run->deadlock);
    run->deadlock = buffer_take(&story);
}

static void note(struct run *run, const struct fact *fact)
{
    run_note(run, fact);
    if (fact->kind == FACT_DEADLOCK)
        note_deadlock(run);
}

static void handle(struct run *run, struct input *in)
{
    if (run->journal != NULL && !run->is_broken)
        journal_input(run, in);
    run_note_input(run, in);
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
            note(run, &action->fact);
        else
            trail_note_action(run, action);
        if (kept < i)
            run->actions.items[kept] = *action;
        kept++;
    }
    run->actions.count = kept;
}

static void tell_deadlock(struct run *run, int64_t time)
{
    terminal_message(run->terminal, run->deadlock);
    if (run->events != NULL)
        events_deadlock(run->events, time, run->deadlock);
}

static void record(struct run *run, const struct fact *fact)
{
    if (fact->kind == FACT_SIGNALLED)
        attempt_note_signal(run, fact->node, fact->is_timeout);
    if (fact->kind == FACT_RUN_ENDED)
        run->status = fact->status;
    if (fact->kind == FACT_DEADLOCK && run->deadlock != NULL)
        tell_deadlock(run, fact->time);
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
        attempt_launch(run, action->node, action->attempt, action->operation);
        break;
    case ACTION_CONCLUDE:
        attempt_conclude(run, action);
        break;
    case ACTION_REPLY:
        timers_forget_request(run, action->request);
        requests_reply(run, action);
        break;
    case ACTION_SEEK:
        file_locks_seek(run, action->token);
        break;
    case ACTION_YIELD:
        file_locks_yield(run, action->token);
        break;
    case ACTION_SIGNAL:
        attempt_signal(run, action);
        break;
    case ACTION_TIMER:
        timers_arm(run, action);
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
    if (!log_write(run->log, &error) || !values_write(run->values, &error) ||
        !journal_write(run->journal, &error)) {
        run_break(run, &error);
        return;
    }
    disk_look(run);
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
        requests_flush(run);
        recycle(run, handled);
    }
    return !run->is_broken;
}
