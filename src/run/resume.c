/* A run as its journal left it, made ready to go on.
 *
 * The journal's inputs go through a scheduler of our own; what it says is dropped, but for the
 * facts, from which the results and the counts are rebuilt. A success whose values are not in the
 * values file, or not as they were, is none: the journal ends before it, as at a torn record. Then
 * what the dead runner left running is ended, and only then is anything written: the journal is cut
 * behind its last good record, and gets INPUT_RESUME and a loss for each that was running. A matrix
 * that cannot be had again as it was expanded ends the journal, too: all that came of it is done
 * again. */
#include "run/trail.h"
#include "run/file_locks.h"
#include "run/recovery.h"
#include "run/requests.h"

enum { RESTARTS_TOLD = 10 };
static const int64_t GRACE = 10 * INT64_C(1000000000);

struct trace *recovery_trace(struct recovery *recovery, uint32_t node)
{
    uint32_t old = recovery->trace_count, count = recovery->run->plan->node_count;
    if (node >= old) {
        recovery->traces = memory_resize(recovery->traces, count, sizeof *recovery->traces);
        for (uint32_t i = old; i < count; i++)
            recovery->traces[i] = (struct trace){0};
        recovery->trace_count = count;
    }
    return &recovery->traces[node];
}

struct told_process recovery_told(const struct recovery *recovery, const struct input *in)
{
    const struct journal_reader *journal = &recovery->journal;
    int64_t started;
    bool is_damaged = __builtin_add_overflow(journal->zero, in->since, &started);
    return (struct told_process){.id = is_damaged ? 0 : in->process,
                                 .boot = journal->boot,
                                 .started = is_damaged ? 0 : started};
}

/* --- replay --- */

static bool look_at_value(const struct recovery *recovery, const struct extent *extent,
                          bool *are_whole, struct error *error)
{
    CLEANUP_FREE char *bytes = NULL;
    CLEANUP_ERROR struct error why = {0};
    if (extent->length == 0 || !*are_whole)
        return true;
    *are_whole = recovery->values != NULL && values_get(recovery->values, extent, &bytes, &why);
    if (*are_whole || recovery->values == NULL || values_are_damaged(recovery->values))
        return true;
    return error_set(error, PLACE_NONE, "%s", why.message);
}

bool recovery_look_at_values(const struct recovery *recovery, const struct outcome *outcome,
                             bool *ret_are_whole, struct error *error)
{
    *ret_are_whole = true;
    return look_at_value(recovery, &outcome->values[0], ret_are_whole, error) &&
           look_at_value(recovery, &outcome->values[1], ret_are_whole, error) &&
           look_at_value(recovery, &outcome->outputs, ret_are_whole, error) &&
           look_at_value(recovery, &outcome->result, ret_are_whole, error);
}

static void take_actions(struct recovery *recovery)
{
    struct run *run = recovery->run;
    const struct action_list *actions = &recovery->actions;
    for (uint32_t i = 0; i < actions->count; i++) {
        const struct action *action = &actions->items[i];
        trail_note_action(run, action);
        if (action->kind == ACTION_LAUNCH) {
            struct trace *trace = recovery_trace(recovery, action->node);
            trace->is_live = true;
            trace->operation = action->operation;
        }
        if (action->kind != ACTION_RECORD)
            continue;
        const struct fact *fact = &action->fact;
        run_note(run, fact);
        terminal_past(run->terminal, fact);
        estimate_fact(run->estimate, fact);
        if (run->events != NULL)
            events_past(run->events, fact);
    }
}

static void note_outcome(struct recovery *recovery, const struct input *in)
{
    struct trace *trace = recovery_trace(recovery, in->node);
    uint64_t end = in->outcome.log.offset + in->outcome.log.length;
    trace->process.id = 0;
    trace->is_live = false;
    if (in->outcome.log.length == 0)
        return;
    trace->log_from = end;
    if (end > recovery->log_kept)
        recovery->log_kept = end;
}

static bool take(void *context, const struct input *in)
{
    struct recovery *recovery = context;
    struct run *run = recovery->run;
    bool has_outcome = in->kind == INPUT_FINISHED || in->kind == INPUT_KEPT;
    run_reach(run);
    bool are_whole = true;
    if (has_outcome && outcome_is_success(&in->outcome))
        recovery->has_failed =
            !recovery_look_at_values(recovery, &in->outcome, &are_whole, recovery->error);
    if (!are_whole) {
        recovery->lost = "a success whose values are damaged";
        return false;
    }
    if (in->kind == INPUT_STARTED)
        recovery_trace(recovery, in->node)->process = recovery_told(recovery, in);
    if (has_outcome)
        note_outcome(recovery, in);
    run_note_input(run, in);
    requests_replay(run, in);
    recovery->actions.count = 0;
    scheduler_handle(run->scheduler, in, &recovery->actions);
    take_actions(recovery);
    run->journalled_vectors = run->plan->vectors.count;
    run->journalled_tokens = run->plan->token_count;
    if (in->now > recovery->last_time)
        recovery->last_time = in->now;
    return true;
}

/* What a matrix came to is asked for again, and all that followed from it is done again. */
static bool passes_over_damage(struct recovery *recovery, struct error *error)
{
    if (!recovery->journal.has_bad_expansion)
        return false;
    error_release(error);
    recovery->lost = "a matrix whose values are damaged";
    return true;
}

static bool replay(struct recovery *recovery, struct error *error)
{
    struct run *run = recovery->run;
    struct scheduler_options options = {.failure_policy = recovery->journal.head.failure_policy};
    run->scheduler = scheduler_new(run->plan, &options);
    recovery->error = error;
    if (!journal_feed(&recovery->journal, run->plan, take, recovery, error) &&
        !passes_over_damage(recovery, error))
        return false;
    if (recovery->has_failed)
        return false;
    for (uint32_t i = 0; i < recovery->journal.items.count; i++)
        *VEC_PUSH(&run->items) = recovery->journal.items.items[i];
    if (recovery->journal.has_ended && recovery->journal.end.time > recovery->last_time)
        recovery->last_time = recovery->journal.end.time;
    return true;
}

/* --- what is left of it --- */

bool recovery_end_survivors(struct recovery *recovery, struct error *error)
{
    struct run *run = recovery->run;
    VEC(struct told_process) told = {0};
    for (uint32_t node = 0; node < recovery->trace_count; node++)
        if (recovery->traces[node].process.id > 0)
            *VEC_PUSH(&told) = recovery->traces[node].process;
    for (uint32_t i = 0; i < recovery->others.count; i++)
        *VEC_PUSH(&told) = recovery->others.items[i].process;
    uint32_t count;
    bool are_ended = survivors_end(run->mark, told.items, told.count, GRACE, &count, error);
    VEC_RELEASE(&told);
    if (!are_ended || count == 0)
        return are_ended;
    CLEANUP_BUFFER struct buffer text = {0};
    buffer_printf(&text, "ended %u process%s that the run had left", count, count == 1 ? "" : "es");
    run_say(run, buffer_text(&text));
    return true;
}

static void note_frame(void *context, uint32_t node, uint32_t attempt, uint64_t offset,
                       uint64_t length)
{
    struct recovery *recovery = context;
    if (node >= recovery->trace_count ||
        scheduler_attempt(recovery->run->scheduler, node) != attempt)
        return;
    struct trace *trace = &recovery->traces[node];
    struct extent *log = &trace->log;
    if (!trace->is_live || offset < trace->log_from)
        return;
    if (log->length == 0)
        log->offset = offset;
    log->length = offset + length - log->offset;
}

static void tell_cut(const struct recovery *recovery)
{
    const struct journal_reader *journal = &recovery->journal;
    CLEANUP_BUFFER struct buffer text = {0};
    if (journal->good == journal->length)
        return;
    buffer_printf(&text, "the journal is cut at %zu of %zu bytes: what comes behind is %s",
                  journal->good, journal->length,
                  recovery->lost != NULL ? recovery->lost : "no whole record");
    run_say(recovery->run, buffer_text(&text));
}

static bool open_files(struct recovery *recovery, struct error *error)
{
    struct run *run = recovery->run;
    run->log = log_resume(run->folder, recovery->log_kept, note_frame, recovery, error);
    if (run->log == NULL)
        return false;
    run->values = values_resume(run->folder, error);
    if (run->values == NULL)
        return false;
    run->journal = journal_resume(run->folder, recovery->journal.good, error);
    return run->journal != NULL;
}

/* --- going on --- */

static void push_resume(struct run *run)
{
    struct input *in = run_push(run, INPUT_RESUME);
    in->wall = clock_wall();
    in->boot = clock_boot();
    in->zero = run->began;
}

static void push_lost(struct recovery *recovery)
{
    struct run *run = recovery->run;
    for (uint32_t node = 0; node < recovery->trace_count; node++) {
        const struct trace *trace = &recovery->traces[node];
        if (!trace->is_live)
            continue;
        struct input *in = run_push(run, INPUT_FINISHED);
        in->node = node;
        in->attempt = scheduler_attempt(run->scheduler, node);
        in->operation = trace->operation;
        in->outcome.kind = OUTCOME_LOST;
        in->outcome.log = trace->log;
    }
}

/* A capacity below what somebody asks for would let him wait for ever. */
static void push_capacity(struct run *run)
{
    struct token *cpus = &run->plan->tokens[0];
    const struct vectors *vectors = &run->plan->vectors;
    uint64_t capacity = run->options->cpu_capacity;
    if (capacity == 0)
        return;
    for (uint32_t i = 0; i < vectors->amount_count; i++)
        if (vectors->amounts[i].token == 0 && vectors->amounts[i].amount > capacity)
            capacity = vectors->amounts[i].amount;
    if (capacity > run->options->cpu_capacity) {
        CLEANUP_BUFFER struct buffer text = {0};
        buffer_printf(&text, "warning: cpu stays at %llu: a task of the run asks for as many",
                      (unsigned long long)capacity);
        run_say(run, buffer_text(&text));
    }
    cpus->capacity = capacity;
    struct input *in = run_push(run, INPUT_CAPACITY);
    in->vector = 0;
    in->amount = capacity;
}

/* "step 2 (run) (flow.yml:9:7)" */
static void add_place(const struct run *run, uint32_t node, uint32_t operation, struct buffer *text)
{
    const struct program *program = &run->plan->programs[plan_rule(run->plan, node)->program];
    if (operation >= program->count) {
        buffer_add_text(text, "its end");
        return;
    }
    place at = PLACE_NONE;
    struct location location;
    plan_write_operation(run->plan, node, operation, text, &at);
    if (sources_locate(run->plan->workflow->sources, at, &location))
        buffer_printf(text, " (%s:%u:%u)", location.file, location.line, location.column);
}

/* What goes on in the middle, and what cannot, of those that had ended. */
static bool tell_restart(struct run *run, uint32_t node)
{
    uint32_t seen, operation = scheduler_restart(run->scheduler, node, &seen);
    CLEANUP_BUFFER struct buffer text = {0};
    if (operation == NO_OPERATION)
        return false;
    plan_write_name(run->plan, node, &text);
    buffer_add_text(&text, seen != NO_GATE ? " cannot go on at " : " goes on at ");
    add_place(run, node, operation, &text);
    if (seen != NO_GATE) {
        buffer_add_text(&text, ": others have seen what it did since at ");
        plan_write_gate(run->plan, seen, &text);
    }
    run_say(run, buffer_text(&text));
    return true;
}

static void tell_restarts(struct run *run)
{
    uint32_t count = 0;
    for (uint32_t node = 0; node < run->plan->node_count; node++) {
        uint32_t seen;
        if (count < RESTARTS_TOLD)
            count += tell_restart(run, node);
        else
            count += scheduler_restart(run->scheduler, node, &seen) != NO_OPERATION;
    }
    if (count <= RESTARTS_TOLD)
        return;
    CLEANUP_BUFFER struct buffer text = {0};
    buffer_printf(&text, "and %u more", count - RESTARTS_TOLD);
    run_say(run, buffer_text(&text));
}

static void tell_beginning(struct run *run)
{
    const struct counts *counts = scheduler_counts(run->scheduler);
    if (run->options->terminal.verbosity == VERBOSITY_QUIET)
        return;
    CLEANUP_BUFFER struct buffer text = {0};
    buffer_printf(&text, "run %s goes on: %u of %u task%s succeeded before", run->folder->id,
                  counts->by_status[STATUS_SUCCESS], run->plan->selected_count,
                  run->plan->selected_count == 1 ? "" : "s");
    run_say(run, buffer_text(&text));
    tell_restarts(run);
}

static bool open_values(struct recovery *recovery, struct error *error)
{
    const struct run_folder *folder = recovery->run->folder;
    if (!values_exist(folder))
        return true;
    recovery->values = values_open(folder, error);
    return recovery->values != NULL;
}

static bool recover(struct recovery *recovery, bool *ret_is_done, struct error *error)
{
    struct run *run = recovery->run;
    if (recovery->journal.head.plan != plan_fingerprint(run->plan))
        return error_set(error, PLACE_NONE,
                         "the tasks of its workflow are not those that its journal tells of");
    if (!open_values(recovery, error))
        return false;
    if (recovery->journal.head.scheduler_version != SCHEDULER_VERSION &&
        !recovery_translate(recovery, ret_is_done, error))
        return false;
    if (*ret_is_done)
        return true;
    if (!replay(recovery, error))
        return false;
    const struct journal_reader *journal = &recovery->journal;
    *ret_is_done = journal->has_ended && journal->end.exit_status == EXIT_STATUS_SUCCESS;
    if (!recovery_end_survivors(recovery, error))
        return false;
    run->taken_up = recovery->last_time;
    run->began = clock_monotonic() - run->taken_up;
    if (*ret_is_done)
        return true;
    if (!open_files(recovery, error))
        return false;
    tell_cut(recovery);
    tell_beginning(run);
    if (!file_locks_resume(run, error))
        return false;
    push_resume(run);
    push_lost(recovery);
    push_capacity(run);
    return true;
}

bool resume_state(struct run *run, bool *ret_is_done, struct error *error)
{
    struct recovery recovery = {.run = run};
    if (!journal_open(&recovery.journal, run->folder, error))
        return false;
    run_open_observers(run, recovery.journal.head.wall, true);
    bool is_ready = recover(&recovery, ret_is_done, error) ||
                    error_wrap(error, "run %s cannot be resumed", run->folder->id);
    journal_reader_close(&recovery.journal);
    if (recovery.values != NULL)
        values_close(recovery.values);
    action_list_release(&recovery.actions);
    memory_free(recovery.traces);
    VEC_RELEASE(&recovery.others);
    return is_ready;
}
