/* Attempts: prepared from the plan's command, handed to the executor, gathered up at their end; see
 * attempt.h. Whatever goes wrong before there is a process is reported like an end, as a later
 * input, so the scheduler sees exactly one finish for each launch. */
#include "run/attempt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "run/outputs.h"

enum { MOST_KEPT = 16 << 20, MOST_OUTPUTS = 16 << 20 };
static const int64_t CLEANUP_LIMIT = 60 * INT64_C(1000000000);

struct attempt {
    struct run *run;
    uint32_t node, number;
    struct command command;
    char **env;            /* what execve is given: pointers only */
    char **own;            /* what the task adds, command.env and ours; pointers only */
    char *output_entry;    /* PARGRAPH_OUTPUT=path, or NULL */
    char *script;          /* a file's path, or NULL */
    char *directory;       /* absolute */
    struct launch launch, cleanup;
    struct buffer kept[2];
    bool is_kept_full;
    bool has_log;
    uint64_t log_begin, log_end;
    bool is_cleaning, is_timeout, is_signalled;
    struct alarm *cleanup_limit;
    char exit_code_entry[40]; /* for the cleanup */
    struct outcome outcome;
};

static const struct task *task_of(const struct attempt *attempt)
{
    const struct plan *plan = attempt->run->plan;
    return &plan->workflow->tasks[plan->task[attempt->node]];
}

static void free_attempt(struct attempt *attempt)
{
    loop_cancel(attempt->run->loop, attempt->cleanup_limit);
    if (attempt->script != NULL)
        unlink(attempt->script);
    if (attempt->output_entry != NULL)
        unlink(strchr(attempt->output_entry, '=') + 1);
    command_release(&attempt->command);
    buffer_release(&attempt->kept[0]);
    buffer_release(&attempt->kept[1]);
    free(attempt->env);
    free(attempt->own);
    free(attempt->output_entry);
    free(attempt->script);
    free(attempt->directory);
    free(attempt->outcome.detail);
    free(attempt);
}

/* The outcome becomes an input, and with it its detail's ownership (freed when the turn ends). */
static void conclude(struct attempt *attempt)
{
    struct run *run = attempt->run;
    struct input *in = run_push(run, INPUT_FINISHED);
    in->node = attempt->node;
    in->attempt = attempt->number;
    in->outcome = attempt->outcome;
    attempt->outcome.detail = NULL;
    run->attempts[attempt->node] = NULL;
    run_disarm(run, attempt->node);
    free_attempt(attempt);
}

static void set_outcome(struct attempt *attempt, enum outcome_kind kind, int code, char *detail)
{
    free(attempt->outcome.detail);
    attempt->outcome.kind = (uint8_t)kind;
    attempt->outcome.code = code;
    attempt->outcome.detail = detail;
}

static void set_invalid(struct attempt *attempt, struct error *error)
{
    set_outcome(attempt, OUTCOME_INVALID, 0, run_error_text(attempt->run, error));
    error_release(error);
}

/* --- preparing --- */

static char *temporary_path(const struct attempt *attempt, const char *suffix)
{
    struct buffer path = {0};
    buffer_printf(&path, "%s/tmp/%u-%u.%s", attempt->run->folder->path, attempt->node,
                  attempt->number, suffix);
    return buffer_take(&path);
}

static bool write_script(struct attempt *attempt, struct error *error)
{
    attempt->script = temporary_path(attempt, "script");
    const char *text = attempt->command.script;
    CLEANUP_CLOSE int file = open(attempt->script, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
    if (file < 0 || !file_write_all(file, text, strlen(text)))
        return error_set_system(error, errno, "cannot write %s", attempt->script);
    for (char **word = attempt->command.argv; *word != NULL; word++) {
        char *hole = strstr(*word, "{0}");
        if (hole == NULL)
            continue;
        struct buffer whole = {0};
        buffer_add(&whole, *word, (size_t)(hole - *word));
        buffer_add_text(&whole, attempt->script);
        buffer_add_text(&whole, hole + 3);
        free(*word);
        *word = buffer_take(&whole);
    }
    return true;
}

static bool prepare_output(struct attempt *attempt, struct error *error)
{
    CLEANUP_FREE char *path = temporary_path(attempt, "output");
    struct buffer entry = {0};
    buffer_printf(&entry, "PARGRAPH_OUTPUT=%s", path);
    attempt->output_entry = buffer_take(&entry);
    CLEANUP_CLOSE int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0)
        return error_set_system(error, errno, "cannot create %s", path);
    return true;
}

static char **merge(struct attempt *attempt, char *const *more, uint32_t more_count)
{
    uint32_t count = 0;
    char **env = attempt->command.env;
    while (env != NULL && env[count] != NULL)
        count++;
    free(attempt->own);
    attempt->own = memory_array((size_t)count + more_count + 1, sizeof *attempt->own);
    if (count > 0)
        memcpy(attempt->own, env, count * sizeof *env);
    if (more_count > 0)
        memcpy(attempt->own + count, more, more_count * sizeof *more);
    return environment_merge(&attempt->run->environment, attempt->own);
}

static void fill_launch(struct attempt *attempt)
{
    const struct command *command = &attempt->command;
    struct launch *launch = &attempt->launch;
    uint8_t keeps = task_of(attempt)->keeps;
    *launch = (struct launch){
        .node = attempt->node,
        .attempt = attempt->number,
        .argv = command->argv,
        .env = attempt->env,
        .directory = attempt->directory,
        .is_joined = command->streams[2] == STREAM_STDOUT,
        .is_split = keeps != 0 && command->streams[2] == STREAM_DEFAULT,
    };
    if (command->streams[0] == STREAM_FILE)
        launch->stdin_path = command->paths[0];
    if (command->streams[0] == STREAM_TEXT) {
        launch->stdin_text = command->text;
        launch->stdin_length = command->text_length;
    }
    for (int stream = 1; stream <= 2; stream++) {
        if (command->streams[stream] == STREAM_FILE)
            launch->paths[stream] = command->paths[stream];
        launch->is_discarded[stream] = command->streams[stream] == STREAM_DISCARD;
    }
}

static bool prepare(struct attempt *attempt, struct error *error)
{
    struct run *run = attempt->run;
    attempt->directory = attempt->command.cwd != NULL
                             ? file_join(run->options->directory, attempt->command.cwd)
                             : memory_text(run->options->directory);
    if (run->folder != NULL && attempt->command.script != NULL && !write_script(attempt, error))
        return false;
    bool has_outputs = task_of(attempt)->details->output_count > 0 && run->folder != NULL;
    if (has_outputs && !prepare_output(attempt, error))
        return false;
    attempt->env = merge(attempt, &attempt->output_entry, has_outputs);
    fill_launch(attempt);
    return true;
}

/* What --dry-run shows for an attempt: the words, or the shell text on lines of its own. */
static void tell_dry(struct run *run, uint32_t node, const struct command *command)
{
    CLEANUP_BUFFER struct buffer text = {0};
    const struct task *task = &run->plan->workflow->tasks[run->plan->task[node]];
    buffer_add_text(&text, "would run ");
    plan_write_name(run->plan, node, &text);
    buffer_add_byte(&text, ':');
    if (command == NULL) {
        buffer_add_text(&text, " (its command depends on values of earlier tasks)");
    } else if (task->body == BODY_RUN && !task->is_plain_command && command->script == NULL) {
        uint32_t count = 0;
        while (command->argv[count] != NULL)
            count++;
        buffer_printf(&text, " %s", command->argv[count - 1]);
    } else {
        for (char **word = command->argv; *word != NULL; word++)
            buffer_printf(&text, " %s", *word);
    }
    while (text.length > 0 && text.bytes[text.length - 1] == '\n')
        text.length--;
    terminal_message(run->terminal, buffer_text(&text));
}

void attempt_launch(struct run *run, uint32_t node, uint32_t number)
{
    struct attempt *attempt = memory_new(sizeof *attempt);
    attempt->run = run;
    attempt->node = node;
    attempt->number = number;
    run->attempts[node] = attempt;
    CLEANUP_ERROR struct error error = {0};
    bool is_ready = !run->is_broken &&
                    plan_command(run->plan, node, number, &run->results, &attempt->command, &error);
    bool is_dry = run->folder == NULL;
    if (is_dry) {
        tell_dry(run, node, is_ready ? &attempt->command : NULL);
        attempt->launch = (struct launch){.node = node, .attempt = number};
        run->executor->methods->launch(run->executor, &attempt->launch);
    } else if (run->is_broken) {
        set_outcome(attempt, OUTCOME_LOST, 0, NULL);
        conclude(attempt);
    } else if (!is_ready || !prepare(attempt, &error)) {
        set_invalid(attempt, &error);
        conclude(attempt);
    } else {
        run->executor->methods->launch(run->executor, &attempt->launch);
    }
}

/* --- what the executor reports --- */

static struct attempt *find(struct run *run, uint32_t node, uint32_t number)
{
    struct attempt *attempt = run->attempts[node];
    return attempt != NULL && attempt->number == (number & ~ATTEMPT_CLEANUP) ? attempt : NULL;
}

static void started(void *context, uint32_t node, uint32_t number, int process)
{
    struct run *run = context;
    if (number & ATTEMPT_CLEANUP)
        return;
    struct input *in = run_push(run, INPUT_STARTED);
    in->node = node;
    in->attempt = number;
    in->process = process;
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
    if (attempt == NULL || length == 0)
        return;
    bool is_cleanup = number & ATTEMPT_CLEANUP;
    uint8_t flag = stream == 1 ? KEEPS_STDOUT : KEEPS_STDERR;
    bool is_data = !is_cleanup && task_of(attempt)->keeps & flag;
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
    uint8_t keeps = task_of(attempt)->keeps;
    for (int i = 0; i < 2; i++)
        if (keeps & (i == 0 ? KEEPS_STDOUT : KEEPS_STDERR) &&
            !values_add(run->values, attempt->kept[i].bytes, attempt->kept[i].length,
                        &attempt->outcome.values[i], error))
            return false;
    return true;
}

static bool keep_outputs(struct attempt *attempt, struct error *error)
{
    struct run *run = attempt->run;
    if (attempt->output_entry == NULL)
        return true;
    CLEANUP_FREE char *text = NULL;
    size_t length;
    const char *path = strchr(attempt->output_entry, '=') + 1;
    if (!file_read(path, MOST_OUTPUTS, &text, &length, error))
        return error_wrap(error, "cannot read what it wrote to $PARGRAPH_OUTPUT");
    json_t *object = outputs_parse(run->plan->workflow, task_of(attempt), text, length, error);
    if (object == NULL)
        return false;
    CLEANUP_BUFFER struct buffer json = {0};
    value_write_json(object, &json);
    json_decref(object);
    return values_add(run->values, json.bytes, json.length, &attempt->outcome.outputs, error);
}

/* Both processes have ended. What was kept is written down, which can make a success a failure. */
static void gather(struct attempt *attempt)
{
    CLEANUP_ERROR struct error error = {0};
    if (attempt->has_log)
        attempt->outcome.log = (struct extent){
            .offset = attempt->log_begin, .length = attempt->log_end - attempt->log_begin};
    bool is_success = outcome_is_success(&attempt->outcome);
    if (!keep_values(attempt, &error) || (is_success && !keep_outputs(attempt, &error))) {
        if (is_success)
            set_invalid(attempt, &error);
    }
    conclude(attempt);
}

static void cleanup_overdue(void *context)
{
    struct attempt *attempt = context;
    attempt->cleanup_limit = NULL;
    struct error error = {0};
    error_set(&error, task_of(attempt)->details->cleanup.at, "the cleanup took more than 60s and is ended");
    run_tell(attempt->run, "warning", &error);
    error_release(&error);
    struct executor *executor = attempt->run->executor;
    executor->methods->signal(executor, attempt->node, attempt->number | ATTEMPT_CLEANUP, true);
}

static void start_cleanup(struct attempt *attempt)
{
    bool is_success = outcome_is_success(&attempt->outcome) && !attempt->is_timeout;
    bool is_cancelled = attempt->is_signalled && !attempt->is_timeout && !is_success;
    char *status = is_success     ? "PARGRAPH_STATUS=success"
                   : is_cancelled ? "PARGRAPH_STATUS=cancelled"
                                  : "PARGRAPH_STATUS=failure";
    snprintf(attempt->exit_code_entry, sizeof attempt->exit_code_entry, "PARGRAPH_EXIT_CODE=%d",
             outcome_exit_code(&attempt->outcome));
    char *more[] = {status, attempt->exit_code_entry, attempt->output_entry};
    char **env = merge(attempt, more, attempt->output_entry != NULL ? 3 : 2);
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
    struct error error = {0};
    CLEANUP_BUFFER struct buffer name = {0};
    plan_write_name(attempt->run->plan, attempt->node, &name);
    error_set(&error, task_of(attempt)->details->cleanup.at, "the cleanup of %s failed (%s %d)",
              buffer_text(&name),
              report->kind == EXIT_CODE     ? "exit status"
              : report->kind == EXIT_SIGNAL ? "signal"
                                            : "not started: error",
              report->code);
    run_tell(attempt->run, "warning", &error);
    error_release(&error);
}

static char *not_started_text(const struct attempt *attempt, const struct exit_report *report)
{
    struct error error = {.at = task_of(attempt)->at};
    error_set_system(&error, report->code, "%s", report->detail ? report->detail : "cannot start");
    error.at = task_of(attempt)->at;
    char *text = run_error_text(attempt->run, &error);
    error_release(&error);
    return text;
}

static void finished(void *context, uint32_t node, uint32_t number,
                     const struct exit_report *report)
{
    struct run *run = context;
    struct attempt *attempt = find(run, node, number);
    if (attempt == NULL)
        return;
    if (number & ATTEMPT_CLEANUP) {
        judge_cleanup(attempt, report);
        gather(attempt);
        return;
    }
    attempt->outcome.user_time = report->user_time;
    attempt->outcome.system_time = report->system_time;
    attempt->outcome.memory = report->memory;
    if (report->kind == EXIT_NOT_STARTED)
        set_outcome(attempt, OUTCOME_NOT_STARTED, report->code, not_started_text(attempt, report));
    else
        set_outcome(attempt, report->kind == EXIT_CODE ? OUTCOME_EXITED : OUTCOME_SIGNALLED,
                    report->code, NULL);
    bool has_cleanup = attempt->command.cleanup != NULL && run->folder != NULL;
    if (has_cleanup && report->kind != EXIT_NOT_STARTED && !run->is_broken)
        start_cleanup(attempt);
    else
        gather(attempt);
}

const struct reports attempt_reports = {
    .started = started, .output = output, .finished = finished};

void attempt_note_signal(struct run *run, uint32_t node, bool is_timeout)
{
    struct attempt *attempt = run->attempts[node];
    if (attempt == NULL)
        return;
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
        run->executor->methods->signal(run->executor, action->node, action->attempt, is_kill);
    else if (is_kill)
        run->executor->methods->signal(run->executor, action->node,
                                       action->attempt | ATTEMPT_CLEANUP, true);
}

void attempts_release(struct run *run)
{
    for (uint32_t node = 0; node < run->plan->node_count; node++)
        if (run->attempts[node] != NULL)
            free_attempt(run->attempts[node]);
    free(run->attempts);
    run->attempts = NULL;
}
