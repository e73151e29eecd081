/* Attempts: prepared from the plan's command, handed to the executor, gathered up at their end; see
 * attempt.h. Whatever goes wrong before there is a process is reported like an end, as a later
 * input, so the scheduler sees exactly one finish for each launch. */
#include "run/attempt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "run/calls.h"
#include "run/gpus.h"
#include "run/trail.h"
#include "run/outputs.h"
#include "run/pipes.h"
#include "run/ready.h"
#include "run/requests.h"
#include "run/timers.h"
#include "run/unstarted.h"

enum { MOST_KEPT = 16 << 20, MOST_OUTPUTS = 16 << 20 };
static const int64_t CLEANUP_LIMIT = 60 * INT64_C(1000000000);

static void free_attempt(struct attempt *attempt)
{
    if (attempt->is_bare) {
        invocation_release(&attempt->call);
        attempt_leave(attempt);
        return;
    }
    loop_cancel(attempt->run->loop, attempt->cleanup_limit);
    for (int i = 0; i < 2; i++) {
        if (attempt->scripts[i] != NULL)
            unlink(attempt->scripts[i]);
        free(attempt->scripts[i]);
    }
    if (attempt->output_entry != NULL)
        unlink(strchr(attempt->output_entry, '=') + 1);
    ready_release(attempt);
    run_pipes_let_go(attempt);
    loop_cancel(attempt->run->loop, attempt->holding);
    command_release(&attempt->command);
    invocation_release(&attempt->call);
    buffer_release(&attempt->kept[0]);
    buffer_release(&attempt->kept[1]);
    free(attempt->env);
    free(attempt->own);
    free(attempt->output_entry);
    for (int i = 0; i < GPU_ENTRIES; i++)
        free(attempt->gpu_entries[i]);
    free(attempt->directory);
    attempt_leave(attempt);
}

/* The outcome becomes an input, and with it its detail's ownership (freed when the turn ends). A
 * timer of a program goes on between its bodies. */
static void tell_end(struct attempt *attempt)
{
    struct run *run = attempt->run;
    bool is_body = attempt->operation != OPERATION_END;
    if (is_body)
        requests_dismiss(run, attempt->node);
    struct input *in = run_push(run, INPUT_FINISHED);
    in->node = attempt->node;
    in->attempt = attempt->number;
    in->operation = attempt->operation;
    in->outcome = attempt->outcome;
    attempt->outcome.detail = NULL;
    sparse_set(&run->attempts, attempt->node, NULL);
    if (!is_body || attempt->operation == NO_OPERATION) {
        timers_forget_node(run, attempt->node);
        gpus_give_back(run, attempt->node);
    }
    free_attempt(attempt);
}

/* A writer whose end had to wait for this one's follows it. */
void attempt_end(struct attempt *attempt)
{
    while (attempt != NULL && !run_pipes_hold(attempt)) {
        struct attempt *writer = run_pipes_held_writer(attempt);
        tell_end(attempt);
        attempt = writer;
    }
}

void attempt_set_outcome(struct attempt *attempt, enum outcome_kind kind, int code, char *detail)
{
    free(attempt->outcome.detail);
    attempt->outcome.kind = (uint8_t)kind;
    attempt->outcome.code = code;
    attempt->outcome.detail = detail;
}

void attempt_set_invalid(struct attempt *attempt, struct error *error)
{
    attempt_set_outcome(attempt, OUTCOME_INVALID, 0, run_error_text(attempt->run, error));
    error_release(error);
}

struct attempt *attempt_new(struct run *run, uint32_t node, uint32_t number, uint32_t operation)
{
    struct attempt *attempt = attempt_place(run);
    attempt->run = run;
    attempt->node = node;
    attempt->number = number;
    attempt->operation = operation;
    attempt->ends[0] = attempt->ends[1] = attempt->ends[2] = -1;
    attempt->executor = run->executor;
    attempt->is_call = operation != OPERATION_END && plan_is_call(run->plan, node, operation);
    attempt->keeps = attempt_task(attempt)->keeps;
    const struct step *step = attempt_step(attempt);
    if (step != NULL)
        attempt->keeps |= step->keeps;
    sparse_set(&run->attempts, node, attempt);
    return attempt;
}

/* What it is launched with, as far as the plan says. */
static bool ask_plan(struct attempt *attempt, struct error *error)
{
    struct run *run = attempt->run;
    if (attempt->is_call)
        return call_prepare(attempt, error);
    return run_pipes_take(attempt, error) &&
           plan_command(run->plan, attempt->node, attempt->number, attempt->operation,
                        &run->results, &attempt->command, error);
}

static void launch(struct attempt *attempt)
{
    attempt->executor->methods->launch(attempt->executor, &attempt->launch);
}

static void launch_dry(struct attempt *attempt, bool is_ready, struct error *error)
{
    if (attempt->is_call && is_ready)
        call_tell_dry(attempt);
    else
        attempt_tell_dry(attempt->run, attempt->node, attempt->operation,
                         is_ready ? &attempt->command : NULL, error);
    attempt->launch = (struct launch){.node = attempt->node, .attempt = attempt->number};
    launch(attempt);
}

void attempt_launch(struct run *run, uint32_t node, uint32_t number, uint32_t operation)
{
    struct attempt *attempt = attempt_new(run, node, number, operation);
    CLEANUP_ERROR struct error error = {0};
    bool is_ready = !run->is_broken && ask_plan(attempt, &error);
    if (run->folder == NULL) {
        launch_dry(attempt, is_ready, &error);
    } else if (run->is_broken) {
        attempt_set_outcome(attempt, OUTCOME_LOST, 0, NULL);
        attempt_end(attempt);
    } else if (!is_ready || (!attempt->is_call && !attempt_prepare(attempt, &error))) {
        attempt_set_invalid(attempt, &error);
        attempt_end(attempt);
    } else {
        launch(attempt);
    }
}

/* --- what the executor reports --- */

static struct attempt *find(struct run *run, uint32_t node, uint32_t number)
{
    struct attempt *attempt = sparse_get(&run->attempts, node);
    return attempt != NULL && attempt->number == (number & ~(ATTEMPT_CLEANUP | ATTEMPT_PROBE))
               ? attempt
               : NULL;
}

static void started(void *context, uint32_t node, uint32_t number, int process, int64_t at)
{
    struct run *run = context;
    if (number & (ATTEMPT_CLEANUP | ATTEMPT_PROBE))
        return;
    struct attempt *attempt = sparse_get(&run->attempts, node);
    if (attempt != NULL)
        run_pipes_let_go(attempt);
    struct input *in = run_push(run, INPUT_STARTED);
    in->node = node;
    in->attempt = number;
    in->operation = attempt != NULL ? attempt->operation : NO_OPERATION;
    in->process = process;
    in->since = at - run->began;
    if (attempt != NULL)
        ready_begin(attempt);
}

static void keep(struct attempt *attempt, int stream, const char *bytes, size_t length)
{
    struct buffer *kept = &attempt->kept[stream - 1];
    if (kept->length + length > MOST_KEPT)
        attempt->is_kept_full = true;
    else
        buffer_add(kept, bytes, length);
}

static void output(void *context, uint32_t node, uint32_t number, int stream, const char *bytes,
                   size_t length)
{
    struct run *run = context;
    struct attempt *attempt = find(run, node, number);
    if (attempt == NULL || length == 0 || (number & ATTEMPT_PROBE))
        return;
    if (attempt->is_call) /* which may be heard of before it is told to have begun */
        ready_begin(attempt);
    ready_output(attempt, bytes, length);
    bool is_cleanup = number & ATTEMPT_CLEANUP;
    uint8_t flag = stream == 1 ? KEEPS_STDOUT : KEEPS_STDERR;
    bool is_data = !is_cleanup && attempt->keeps & flag;
    if (is_data)
        keep(attempt, stream, bytes, length);
    if (!run->is_broken) {
        CLEANUP_ERROR struct error error = {0};
        if (!attempt->has_log)
            attempt->log_begin = log_offset(run->log);
        attempt->has_log = true;
        if (!log_add(run->log, node, attempt->number, stream, bytes, length, &error))
            run_break(run, &error);
        attempt->log_end = log_offset(run->log);
    }
    if (run->events != NULL)
        events_output(run->events, run_now(run), node, attempt->number, stream, bytes, length);
    /* What another task uses is data: it is in the log, and shown only to who asked for all. */
    if (!is_data || run->options->terminal.verbosity == VERBOSITY_VERBOSE)
        terminal_output(run->terminal, node, attempt->number, stream, bytes, length);
}

static bool keep_values(struct attempt *attempt, struct error *error)
{
    struct run *run = attempt->run;
    if (run->values == NULL)
        return true;
    if (attempt->is_kept_full)
        return error_set(error, PLACE_NONE,
                         "it wrote more than 16 MiB to an output that another task uses");
    for (int i = 0; i < 2; i++)
        if (attempt->keeps & (i == 0 ? KEEPS_STDOUT : KEEPS_STDERR) &&
            !values_add(run->values, attempt->kept[i].bytes, attempt->kept[i].length,
                        &attempt->outcome.values[i], error))
            return false;
    return true;
}

bool attempt_keep_outputs(struct attempt *attempt, const char *text, size_t length,
                          struct error *error)
{
    struct run *run = attempt->run;
    json_t *object = outputs_parse(run->plan->workflow, attempt_task(attempt), text, length, error);
    if (object == NULL)
        return false;
    CLEANUP_BUFFER struct buffer json = {0};
    value_write_json(object, &json);
    json_decref(object);
    return values_add(run->values, json.bytes, json.length, &attempt->outcome.outputs, error);
}

/* Of a body of a program it is kept as it is, until the attempt is concluded. */
static bool keep_outputs(struct attempt *attempt, struct error *error)
{
    if (attempt->output_entry == NULL)
        return true;
    CLEANUP_FREE char *text = NULL;
    size_t length;
    const char *path = strchr(attempt->output_entry, '=') + 1;
    if (!file_read(path, MOST_OUTPUTS, &text, &length, error))
        return error_wrap(error, "cannot read what it wrote to $PARGRAPH_OUTPUT");
    if (attempt->operation != NO_OPERATION)
        return values_add(attempt->run->values, text, length, &attempt->outcome.outputs, error);
    return attempt_keep_outputs(attempt, text, length, error);
}

/* Both processes have ended. What was kept is written down, which can make a success a failure. */
static void gather(struct attempt *attempt)
{
    CLEANUP_ERROR struct error error = {0};
    if (attempt->has_log)
        attempt->outcome.log = (struct extent){.offset = attempt->log_begin,
                                               .length = attempt->log_end - attempt->log_begin};
    bool is_success = outcome_is_success(&attempt->outcome);
    if (!keep_values(attempt, &error) || (is_success && !keep_outputs(attempt, &error))) {
        if (is_success)
            attempt_set_invalid(attempt, &error);
    }
    attempt_end(attempt);
}

static void cleanup_overdue(void *context)
{
    struct attempt *attempt = context;
    attempt->cleanup_limit = NULL;
    struct error error = {0};
    error_set(&error, attempt_task(attempt)->details->cleanup.at,
              "the cleanup took more than 60s and is ended");
    run_tell(attempt->run, "warning", &error);
    error_release(&error);
    struct executor *executor = attempt->run->executor;
    executor->methods->signal(executor, attempt->node, attempt->number | ATTEMPT_CLEANUP, true);
}

void attempt_start_cleanup(struct attempt *attempt)
{
    bool is_success = outcome_is_success(&attempt->outcome) && !attempt->is_timeout;
    bool is_cancelled = attempt->is_signalled && !attempt->is_timeout && !is_success;
    const char *status = is_success     ? "PARGRAPH_STATUS=success"
                         : is_cancelled ? "PARGRAPH_STATUS=cancelled"
                                        : "PARGRAPH_STATUS=failure";
    snprintf(attempt->exit_code_entry, sizeof attempt->exit_code_entry, "PARGRAPH_EXIT_CODE=%d",
             outcome_exit_code(&attempt->outcome));
    char *more[] = {(char *)status, attempt->exit_code_entry, attempt->output_entry};
    char **env = attempt_merge(attempt, more, attempt->output_entry != NULL ? 3 : 2);
    free(attempt->env);
    attempt->env = env;
    attempt->is_cleaning = true;
    attempt->cleanup = (struct launch){.node = attempt->node,
                                       .attempt = attempt->number | ATTEMPT_CLEANUP,
                                       .argv = attempt->command.cleanup,
                                       .env = env,
                                       .directory = attempt->directory};
    attempt->cleanup_limit =
        loop_at(attempt->run->loop, clock_monotonic() + CLEANUP_LIMIT, cleanup_overdue, attempt);
    attempt->run->executor->methods->launch(attempt->run->executor, &attempt->cleanup);
}

/* What a cleanup that failed is told as: a warning, the task's outcome stays. */
static void judge_cleanup(struct attempt *attempt, const struct exit_report *report)
{
    if (report->kind == EXIT_CODE && report->code == 0)
        return;
    CLEANUP_ERROR struct error error = {0};
    CLEANUP_BUFFER struct buffer name = {0}, reason = {0};
    plan_write_name(attempt->run->plan, attempt->node, &name);
    if (report->kind == EXIT_NOT_STARTED) {
        CLEANUP_FREE char *text = unstarted_text(attempt, &attempt->cleanup, report);
        buffer_add_text(&reason, text);
    } else if (report->kind == EXIT_SIGNAL) {
        buffer_add_text(&reason, "killed by ");
        text_write_signal(report->code, &reason);
    } else {
        buffer_printf(&reason, "exit status %d", report->code);
    }
    error_set(&error, attempt_task(attempt)->details->cleanup.at, "the cleanup of %s failed: %s",
              buffer_text(&name), buffer_text(&reason));
    run_tell(attempt->run, "warning", &error);
}

/* The body has ended, and whatever asked after it. */
static void follow_body(struct attempt *attempt)
{
    bool is_started = attempt->outcome.kind != OUTCOME_NOT_STARTED;
    if (ready_fault(attempt) != NULL)
        attempt_set_outcome(attempt, OUTCOME_INVALID, 0, memory_text(ready_fault(attempt)));
    bool has_cleanup = attempt->command.cleanup != NULL && attempt->run->folder != NULL;
    if (has_cleanup && is_started && !attempt->run->is_broken)
        attempt_start_cleanup(attempt);
    else
        gather(attempt);
}

static void finished(void *context, uint32_t node, uint32_t number,
                     const struct exit_report *report)
{
    struct run *run = context;
    struct attempt *attempt = find(run, node, number);
    if (attempt == NULL)
        return;
    if (number & ATTEMPT_PROBE) {
        ready_answered(attempt, report);
        if (attempt->has_ended)
            follow_body(attempt);
        return;
    }
    if (number & ATTEMPT_CLEANUP) {
        judge_cleanup(attempt, report);
        if (attempt->operation == OPERATION_END)
            attempt_gather_program(attempt);
        else
            gather(attempt);
        return;
    }
    if (!attempt->is_call)
        run_pipes_let_go(attempt);
    attempt->outcome.user_time = report->user_time;
    attempt->outcome.system_time = report->system_time;
    attempt->outcome.memory = report->memory;
    if (report->kind == EXIT_NOT_STARTED)
        attempt_set_outcome(attempt, OUTCOME_NOT_STARTED, report->code,
                            unstarted_text(attempt, &attempt->launch, report));
    else if (attempt->is_call && run->folder != NULL)
        call_end(attempt, report);
    else
        attempt_set_outcome(attempt, report->kind == EXIT_CODE ? OUTCOME_EXITED : OUTCOME_SIGNALLED,
                            report->code, NULL);
    if (ready_end(attempt))
        follow_body(attempt);
    else
        attempt->has_ended = true;
}

static void unstoppable(void *context, uint32_t node, uint32_t number)
{
    struct attempt *attempt = find(context, node, number);
    if (attempt != NULL)
        call_is_unstoppable(attempt);
}

static void progress(void *context, uint32_t node, uint32_t number, double done, const char *text)
{
    struct run *run = context;
    if (find(run, node, number) == NULL)
        return;
    terminal_progress(run->terminal, node, done, text);
    if (run->events != NULL)
        events_progress(run->events, run_now(run), node, number, done, text);
}

const struct reports attempt_reports = {.started = started,
                                        .output = output,
                                        .finished = finished,
                                        .unstoppable = unstoppable,
                                        .progress = progress};

void attempt_note_signal(struct run *run, uint32_t node, bool is_timeout)
{
    struct attempt *attempt = sparse_get(&run->attempts, node);
    if (attempt == NULL)
        return;
    if (is_timeout && attempt->operation != NO_OPERATION)
        trail_of(run, node)->is_timeout = true;
    attempt->is_signalled = true;
    attempt->is_timeout = attempt->is_timeout || is_timeout;
}

/* A cleanup under way may finish when the attempt is stopped; only a kill ends it too. */
void attempt_signal(struct run *run, const struct action *action)
{
    struct attempt *attempt = find(run, action->node, action->attempt);
    if (attempt == NULL)
        return;
    bool is_kill = action->how == SIGNAL_KILL;
    attempt->is_signalled = true;
    if (!attempt->is_cleaning)
        attempt->executor->methods->signal(attempt->executor, action->node, action->attempt,
                                           is_kill);
    else if (is_kill)
        run->executor->methods->signal(run->executor, action->node,
                                       action->attempt | ATTEMPT_CLEANUP, true);
}

void attempts_release(struct run *run)
{
    for (uint32_t node = 0; (node = sparse_next(&run->attempts, node)) != SPARSE_END; node++)
        free_attempt(sparse_get(&run->attempts, node));
    sparse_release(&run->attempts);
    attempt_places_release(run);
}
