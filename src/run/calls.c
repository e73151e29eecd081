/* Attempts whose body is a function: what it is called with, and what it gave; see calls.h.
 *
 * A result is written as JSON in one way, whoever made it, so that it is the same on every
 * backend. */
#include "run/calls.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "run/executors.h"
#include "run/gpus.h"
#include "run/requests.h"
#include "value/value.h"

/* What the call adds to the environment: its GPUs, its own entries, those of its verbs. */
static void make_environment(struct attempt *attempt)
{
    char *entries[2] = {0}, **own = attempt->call.env;
    uint32_t more =
        requests_admit(attempt->run, attempt->node, attempt->number, attempt->operation, entries);
    uint32_t count = 0;
    while (own != NULL && own[count] != NULL)
        count++;
    uint32_t first = attempt->gpu_entries[0] != NULL ? GPU_ENTRIES : 0;
    if (first + count + more == 0)
        return;
    attempt->env = memory_array((size_t)first + count + more + 1, sizeof *attempt->env);
    memcpy(attempt->env, attempt->gpu_entries, first * sizeof *attempt->env);
    if (count > 0)
        memcpy(attempt->env + first, own, count * sizeof *own);
    memcpy(attempt->env + first + count, entries, more * sizeof *entries);
}

static void fill_launch(struct attempt *attempt)
{
    const char *usual = attempt->run->options->directory;
    attempt->launch.node = attempt->node;
    attempt->launch.attempt = attempt->number;
    attempt->launch.env = attempt->env;
    attempt->launch.directory = attempt->directory != NULL ? attempt->directory : usual;
    attempt->launch.call = &attempt->call;
}

static bool has_cleanup(const struct attempt *attempt)
{
    return attempt->operation == NO_OPERATION &&
           attempt_task(attempt)->details->cleanup.at != PLACE_NONE;
}

/* The cleanup is a shell's, with the environment of one. */
static bool prepare_cleanup(struct attempt *attempt, struct error *error)
{
    struct run *run = attempt->run;
    if (!has_cleanup(attempt))
        return true;
    return plan_cleanup(run->plan, attempt->node, attempt->number, &run->results, &attempt->command,
                        error) &&
           attempt_write_scripts(attempt, error);
}

/* It comes to nothing more either: its streams are not kept, and it is no daemon, which may be
 * asked whether it is ready. */
static bool is_bare(const struct attempt *attempt)
{
    bool is_daemon = plan_rule(attempt->run->plan, attempt->node)->flags & RULE_DAEMON;
    return !has_cleanup(attempt) && attempt->call.cwd == NULL && attempt->call.gpus == 0 &&
           attempt->env == NULL && (attempt->keeps & (KEEPS_STDOUT | KEEPS_STDERR)) == 0 &&
           !is_daemon;
}

bool call_prepare(struct attempt *attempt, struct error *error)
{
    struct run *run = attempt->run;
    if (!plan_call(run->plan, attempt->node, attempt->number, attempt->operation, &run->results,
                   &attempt->call, error))
        return false;
    if (run->folder == NULL)
        return true;
    attempt->executor = executors_of_call(run, &attempt->call, error);
    if (attempt->executor == NULL || !prepare_cleanup(attempt, error))
        return false;
    gpus_take(attempt, attempt->call.gpus);
    make_environment(attempt);
    attempt->is_bare = is_bare(attempt);
    if (!attempt->is_bare)
        attempt->directory = attempt->call.cwd != NULL
                                 ? file_join(run->options->directory, attempt->call.cwd)
                                 : memory_text(run->options->directory);
    fill_launch(attempt);
    return true;
}

static void keep_result(struct attempt *attempt, const json_t *result)
{
    struct run *run = attempt->run;
    CLEANUP_ERROR struct error error = {0};
    CLEANUP_BUFFER struct buffer text = {0};
    attempt_set_outcome(attempt, OUTCOME_EXITED, 0, NULL);
    if (result == NULL || json_is_null(result) || run->values == NULL)
        return;
    value_write_json(result, &text);
    if (!values_add(run->values, text.bytes, text.length, &attempt->outcome.result, &error))
        run_break(run, &error);
}

/* Its worker went away under it, and not by a signal. */
static char *left_text(int code)
{
    struct buffer text = {0};
    buffer_printf(
        &text, "its worker process ended with exit status %d before the function returned", code);
    return buffer_take(&text);
}

void call_end(struct attempt *attempt, const struct exit_report *report)
{
    const char *detail = report->detail != NULL ? report->detail : "the function failed";
    switch (report->kind) {
    case EXIT_RETURNED:
        keep_result(attempt, report->result);
        break;
    case EXIT_SIGNAL:
        attempt_set_outcome(attempt, OUTCOME_SIGNALLED, report->code, NULL);
        break;
    case EXIT_CODE:
        attempt_set_outcome(attempt, OUTCOME_RAISED, 0, left_text(report->code));
        break;
    default:
        /* The rest of more than a line is in the traceback, too. */
        attempt_set_outcome(attempt, OUTCOME_RAISED, 0,
                            memory_text_n(detail, strcspn(detail, "\n")));
        break;
    }
}

void call_is_unstoppable(struct attempt *attempt)
{
    struct run *run = attempt->run;
    CLEANUP_BUFFER struct buffer text = {0};
    buffer_add_text(&text, "error: ");
    plan_write_name(run->plan, attempt->node, &text);
    buffer_add_text(&text, " does not end: ");
    plan_write_function(run->plan, attempt->call.function, &text);
    buffer_add_text(&text, " does not heed that it is cancelled, and a thread cannot be killed, so "
                           "the run ends here (in a pool with `backend: process` it can)");
    run_say(run, buffer_text(&text));
    run_push(run, INPUT_CANCEL)->verdict = CANCEL_KILL;
}

void call_tell_dry(const struct attempt *attempt)
{
    struct run *run = attempt->run;
    const struct invocation *call = &attempt->call;
    CLEANUP_BUFFER struct buffer text = {0};
    buffer_add_text(&text, "would call ");
    plan_write_name(run->plan, attempt->node, &text);
    buffer_add_text(&text, ": ");
    plan_write_function(run->plan, call->function, &text);
    const json_t *values[] = {call->args, call->kwargs};
    for (int i = 0; i < 2; i++)
        if (values[i] != NULL &&
            (json_array_size(values[i]) > 0 || json_object_size(values[i]) > 0)) {
            buffer_add_text(&text, i == 0 ? " with " : " and ");
            value_write_json(values[i], &text);
        }
    terminal_message(run->terminal, buffer_text(&text));
}
