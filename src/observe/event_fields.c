/* The table of the event stream: which events there are, which fields each has, what these mean and
 * how they are written. The documentation is made from it, so it cannot say anything else. */
#include <string.h>

#include "base/text.h"
#include "observe/events.h"

/* --- fields --- */

typedef void write_field(const struct event *event, struct buffer *out);

static const struct outcome *outcome_of(const struct event *event)
{
    return event->fact->outcome;
}

/* The end of a process: not of what never became one, or of which nothing is known. */
static bool is_process_end(const struct event *event)
{
    const struct outcome *outcome = outcome_of(event);
    return outcome != NULL && outcome->kind != OUTCOME_INVALID && outcome->kind != OUTCOME_LOST;
}

static void write_format(const struct event *event, struct buffer *out)
{
    (void)event;
    buffer_add_text(out, "1");
}

static void write_run(const struct event *event, struct buffer *out)
{
    event_add_text(out, event->events->folder->id);
}

static void write_workflow(const struct event *event, struct buffer *out)
{
    const struct workflow *workflow = event->events->plan->workflow;
    event_add_text(out, names_text(workflow->names, workflow->name));
}

static void write_file(const struct event *event, struct buffer *out)
{
    event_add_text(out, event->events->file);
}

static void write_folder(const struct event *event, struct buffer *out)
{
    event_add_text(out, event->events->folder->path);
}

static void write_began(const struct event *event, struct buffer *out)
{
    event_add_seconds(out, event->events->wall);
}

static void write_resumed(const struct event *event, struct buffer *out)
{
    event_add_bool(out, event->events->is_resumed);
}

static void write_total(const struct event *event, struct buffer *out)
{
    buffer_printf(out, "%u", event->events->plan->selected_count);
}

static void write_name(const struct event *event, struct buffer *out)
{
    CLEANUP_BUFFER struct buffer title = {0};
    plan_write_name(event->events->plan, event->fact->node, &title);
    event_add_words(out, title.bytes, title.length);
}

static void write_task(const struct event *event, struct buffer *out)
{
    const struct plan *plan = event->events->plan;
    const struct workflow *workflow = plan->workflow;
    event_add_text(
        out, names_text(workflow->names, workflow->tasks[plan->task[event->fact->node]].name));
}

static void write_matrix(const struct event *event, struct buffer *out)
{
    json_t *matrix = plan_matrix(event->events->plan, event->fact->node);
    char *text = json_dumps(matrix, JSON_COMPACT);
    buffer_add_text(out, text != NULL ? text : "null");
    memory_free(text);
    json_decref(matrix);
}

static void write_attempt(const struct event *event, struct buffer *out)
{
    buffer_printf(out, "%u", event->fact->attempt);
}

static void write_process(const struct event *event, struct buffer *out)
{
    if (event->fact->process > 0)
        buffer_printf(out, "%d", (int)event->fact->process);
    else
        buffer_add_text(out, "null");
}

/* What it waits at, in words and by its place. */
static void write_step(const struct event *event, struct buffer *out)
{
    const struct plan *plan = event->events->plan;
    CLEANUP_BUFFER struct buffer text = {0};
    place at = PLACE_NONE;
    if (event->fact->operation >= OPERATION_END) {
        buffer_add_text(out, "null");
        return;
    }
    plan_write_operation(plan, event->fact->node, event->fact->operation, &text, &at);
    event_add_words(out, text.bytes, text.length);
}

static void write_line(const struct event *event, struct buffer *out)
{
    const struct plan *plan = event->events->plan;
    CLEANUP_BUFFER struct buffer text = {0};
    place at = PLACE_NONE;
    struct location location;
    if (event->fact->operation < OPERATION_END)
        plan_write_operation(plan, event->fact->node, event->fact->operation, &text, &at);
    if (sources_locate(plan->workflow->sources, at, &location))
        buffer_printf(out, "%u", location.line);
    else
        buffer_add_text(out, "null");
}

static void write_is_verb(const struct event *event, struct buffer *out)
{
    event_add_bool(out, event->fact->request != NO_REQUEST);
}

static void write_stream(const struct event *event, struct buffer *out)
{
    buffer_add_text(out, event->stream == 2 ? "\"stderr\"" : "\"stdout\"");
}

static void write_output(const struct event *event, struct buffer *out)
{
    event_add_string(out, event->text, event->length);
}

static void write_message(const struct event *event, struct buffer *out)
{
    event_add_words(out, event->text, event->length);
}

static void write_said(const struct event *event, struct buffer *out)
{
    if (event->text != NULL)
        event_add_words(out, event->text, event->length);
    else
        buffer_add_text(out, "null");
}

static void write_done(const struct event *event, struct buffer *out)
{
    double done = event->done > 0 ? event->done : 0;
    buffer_printf(out, "%.4f", done < 1 ? done : 1);
}

static void write_timeout(const struct event *event, struct buffer *out)
{
    event_add_bool(out, event->fact->is_timeout);
}

static void write_tolerated(const struct event *event, struct buffer *out)
{
    event_add_bool(out, event->fact->is_tolerated);
}

static void write_status(const struct event *event, struct buffer *out)
{
    event_add_text(out, status_text(event->fact->status));
}

static void write_started(const struct event *event, struct buffer *out)
{
    event_add_seconds_or_null(out, event->since);
}

static void write_ended(const struct event *event, struct buffer *out)
{
    bool is_end = event->since >= 0 && outcome_of(event) != NULL;
    event_add_seconds_or_null(out, is_end ? event->fact->time : -1);
}

static void write_exit_code(const struct event *event, struct buffer *out)
{
    if (is_process_end(event))
        buffer_printf(out, "%d", outcome_exit_code(outcome_of(event)));
    else
        buffer_add_text(out, "null");
}

static void write_signal(const struct event *event, struct buffer *out)
{
    const struct outcome *outcome = outcome_of(event);
    if (outcome == NULL || outcome->kind != OUTCOME_SIGNALLED) {
        buffer_add_text(out, "null");
        return;
    }
    CLEANUP_BUFFER struct buffer word = {0};
    text_write_signal(outcome->code, &word);
    event_add_words(out, word.bytes, word.length);
}

static void write_reason(const struct event *event, struct buffer *out)
{
    const struct fact *fact = event->fact;
    CLEANUP_BUFFER struct buffer reason = {0};
    if (fact->kind == FACT_FAILED || fact->status == STATUS_FAILURE)
        outcome_write_reason(fact->outcome, fact->is_timeout, &reason);
    if (reason.length > 0)
        event_add_words(out, reason.bytes, reason.length);
    else
        buffer_add_text(out, "null");
}

static void write_again(const struct event *event, struct buffer *out)
{
    const struct fact *fact = event->fact;
    event_add_seconds(out, fact->until > fact->time ? fact->until : fact->time);
}

static void write_user_time(const struct event *event, struct buffer *out)
{
    event_add_seconds_or_null(out, is_process_end(event) ? outcome_of(event)->user_time : -1);
}

static void write_system_time(const struct event *event, struct buffer *out)
{
    event_add_seconds_or_null(out, is_process_end(event) ? outcome_of(event)->system_time : -1);
}

static void write_memory(const struct event *event, struct buffer *out)
{
    if (is_process_end(event) && outcome_of(event)->memory > 0)
        buffer_printf(out, "%llu", (unsigned long long)outcome_of(event)->memory);
    else
        buffer_add_text(out, "null");
}

static void write_log(const struct event *event, struct buffer *out)
{
    const struct outcome *outcome = outcome_of(event);
    if (outcome != NULL && outcome->log.length > 0)
        buffer_printf(out, "{\"offset\":%llu,\"length\":%llu}",
                      (unsigned long long)outcome->log.offset,
                      (unsigned long long)outcome->log.length);
    else
        buffer_add_text(out, "null");
}

static void write_exit_status(const struct event *event, struct buffer *out)
{
    buffer_printf(out, "%d", event->exit_status);
}

static void write_counts(const struct event *event, struct buffer *out)
{
    const struct events *events = event->events;
    buffer_printf(out, "{\"total\":%u", events->plan->selected_count);
    for (enum status status = STATUS_FAILURE; status > STATUS_NONE; status--)
        buffer_printf(out, ",\"%s\":%u", status_text(status), events->by_status[status]);
    buffer_printf(out, ",\"tolerated\":%u}", events->tolerated);
}

/* --- the table --- */

enum field_id {
    FIELD_FORMAT = 1,
    FIELD_RUN,
    FIELD_WORKFLOW,
    FIELD_FILE,
    FIELD_FOLDER,
    FIELD_BEGAN,
    FIELD_TOTAL,
    FIELD_RESUMED,
    FIELD_NAME,
    FIELD_TASK,
    FIELD_MATRIX,
    FIELD_ATTEMPT,
    FIELD_PROCESS,
    FIELD_STEP,
    FIELD_LINE,
    FIELD_IS_VERB,
    FIELD_STREAM,
    FIELD_OUTPUT,
    FIELD_DONE,
    FIELD_SAID,
    FIELD_MESSAGE,
    FIELD_STORY,
    FIELD_STATUS,
    FIELD_STARTED,
    FIELD_ENDED,
    FIELD_EXIT_CODE,
    FIELD_SIGNAL,
    FIELD_TIMEOUT,
    FIELD_TOLERATED,
    FIELD_REASON,
    FIELD_AGAIN,
    FIELD_USER_TIME,
    FIELD_SYSTEM_TIME,
    FIELD_MEMORY,
    FIELD_LOG,
    FIELD_EXIT_STATUS,
    FIELD_COUNTS,
    FIELDS,
};

static const struct field {
    const char *name;
    write_field *write;
    const char *meaning;
} fields[FIELDS] = {
    [FIELD_FORMAT] = {"format", write_format, "1: of this stream; fields may be added"},
    [FIELD_RUN] = {"run", write_run, "the id of the run"},
    [FIELD_WORKFLOW] = {"workflow", write_workflow, "its name"},
    [FIELD_FILE] = {"file", write_file, "its file, as given"},
    [FIELD_FOLDER] = {"folder", write_folder, "where the run's journal, log and values are"},
    [FIELD_BEGAN] = {"began", write_began, "seconds since 1970 at time 0"},
    [FIELD_TOTAL] = {"total", write_total, "how many instances the run has"},
    [FIELD_RESUMED] = {"resumed", write_resumed,
                       "whether it goes on: counts are of what stays, times leave out when nobody\n"
                       "               ran it"},
    [FIELD_NAME] = {"name", write_name, "the instance: T or T[a=1,b=x]"},
    [FIELD_TASK] = {"task", write_task, "its task"},
    [FIELD_MATRIX] = {"matrix", write_matrix, "its values: {variable: value}"},
    [FIELD_ATTEMPT] = {"attempt", write_attempt, "the attempt, from 1; 0: none was made"},
    [FIELD_PROCESS] = {"process", write_process, "the id of its process, leader of its group"},
    [FIELD_STEP] = {"step", write_step, "what it waits at: step 3 (barrier b); null: a task's own"},
    [FIELD_LINE] = {"line", write_line, "of that in the workflow's file, or null"},
    [FIELD_IS_VERB] = {"is_verb", write_is_verb, "whether a command of it waits, by a verb"},
    [FIELD_STREAM] = {"stream", write_stream, "stdout (also for both on one pipe) or stderr"},
    [FIELD_OUTPUT] = {"text", write_output,
                      "a piece of what it wrote; U+FFFD for what is not UTF-8"},
    [FIELD_DONE] = {"done", write_done, "how much of it, from 0 to 1"},
    [FIELD_SAID] = {"text", write_said, "what it says of that, or null"},
    [FIELD_MESSAGE] = {"text", write_message, "the message"},
    [FIELD_STORY] = {"text", write_message,
                     "a line for each that is stuck: what it waits for, held by whom, where"},
    [FIELD_STATUS] = {"status", write_status, "success, failure, skipped, blocked or cancelled"},
    [FIELD_STARTED] = {"started", write_started, "when the attempt started; null: none was made"},
    [FIELD_ENDED] = {"ended", write_ended, "when it ended"},
    [FIELD_EXIT_CODE] = {"exit_code", write_exit_code,
                         "as a shell says it; null: not the end of a process"},
    [FIELD_SIGNAL] = {"signal", write_signal, "the signal that ended it, as SIGKILL, or null"},
    [FIELD_TIMEOUT] = {"is_timeout", write_timeout, "whether its timeout is the cause"},
    [FIELD_TOLERATED] = {"is_tolerated", write_tolerated, "a failure with continue-on-error"},
    [FIELD_REASON] = {"reason", write_reason, "of a failure, in words, or null"},
    [FIELD_AGAIN] = {"again", write_again, "when the next attempt is due"},
    [FIELD_USER_TIME] = {"user_time", write_user_time, "cpu seconds, or null"},
    [FIELD_SYSTEM_TIME] = {"system_time", write_system_time, "cpu seconds in the kernel, or null"},
    [FIELD_MEMORY] = {"memory", write_memory,
                      "the most it had resident, in bytes; null: not known"},
    [FIELD_LOG] = {"log", write_log,
                   "{offset, length} of its frames in the folder's log; null: it wrote nothing.\n"
                   "               `pargraph logs RUN NAME` shows them"},
    [FIELD_EXIT_STATUS] = {"exit_status", write_exit_status, "of pargraph"},
    [FIELD_COUNTS] = {"counts", write_counts, "{total, one for each status, tolerated}"},
};

enum { FIELDS_OF_KIND = 17 };

static const struct {
    const char *name;
    const char *meaning;
    uint8_t fields[FIELDS_OF_KIND]; /* enum field_id; ends in 0 */
} kinds[EVENT_KINDS] = {
    [EVENT_RUN_BEGAN] = {"run-began",
                         "first, once",
                         {FIELD_FORMAT, FIELD_RUN, FIELD_WORKFLOW, FIELD_FILE, FIELD_FOLDER,
                          FIELD_BEGAN, FIELD_TOTAL, FIELD_RESUMED, FIELD_COUNTS}},
    [EVENT_TASK_STARTED] = {"task-started",
                            "an attempt has a process",
                            {FIELD_NAME, FIELD_TASK, FIELD_MATRIX, FIELD_ATTEMPT, FIELD_PROCESS}},
    [EVENT_TASK_OUTPUT] = {"task-output",
                           "it wrote something (with --json-output only)",
                           {FIELD_NAME, FIELD_ATTEMPT, FIELD_STREAM, FIELD_OUTPUT}},
    [EVENT_TASK_PROGRESS] = {"task-progress",
                             "a function tells how far it is",
                             {FIELD_NAME, FIELD_ATTEMPT, FIELD_DONE, FIELD_SAID}},
    [EVENT_TASK_WAITING] = {"task-waiting",
                            "it has begun, and waits for a lock, barrier, event, queue or timer",
                            {FIELD_NAME, FIELD_ATTEMPT, FIELD_STEP, FIELD_LINE, FIELD_IS_VERB}},
    [EVENT_TASK_GOES_ON] = {"task-goes-on",
                            "it waits no longer",
                            {FIELD_NAME, FIELD_ATTEMPT, FIELD_STEP, FIELD_LINE, FIELD_IS_VERB}},
    [EVENT_TASK_READY] = {"task-ready", "a daemon is ready", {FIELD_NAME, FIELD_ATTEMPT}},
    [EVENT_TASK_STOPPING] = {"task-stopping",
                             "it is being ended by its timeout, or with the run",
                             {FIELD_NAME, FIELD_ATTEMPT, FIELD_TIMEOUT}},
    [EVENT_TASK_FAILED] = {"task-failed",
                           "an attempt failed, another will follow",
                           {FIELD_NAME, FIELD_TASK, FIELD_MATRIX, FIELD_ATTEMPT, FIELD_STARTED,
                            FIELD_ENDED, FIELD_EXIT_CODE, FIELD_SIGNAL, FIELD_TIMEOUT, FIELD_REASON,
                            FIELD_USER_TIME, FIELD_SYSTEM_TIME, FIELD_MEMORY, FIELD_LOG,
                            FIELD_AGAIN}},
    [EVENT_TASK_ENDED] = {"task-ended",
                          "once for each instance that had not ended before. What is null here, "
                          "and was not in a task-failed\n"
                          "      before it, is as there",
                          {FIELD_NAME, FIELD_TASK, FIELD_MATRIX, FIELD_STATUS, FIELD_ATTEMPT,
                           FIELD_STARTED, FIELD_ENDED, FIELD_EXIT_CODE, FIELD_SIGNAL, FIELD_TIMEOUT,
                           FIELD_TOLERATED, FIELD_REASON, FIELD_USER_TIME, FIELD_SYSTEM_TIME,
                           FIELD_MEMORY, FIELD_LOG}},
    [EVENT_TOTAL] = {"total", "the run has grown", {FIELD_TOTAL}},
    [EVENT_DRAINING] = {"draining", "after a failure nothing new starts", {0}},
    [EVENT_DEADLOCK] = {"deadlock", "nobody of these can go on: the run ends", {FIELD_STORY}},
    [EVENT_MESSAGE] = {"message", "what pargraph has to say, as on the terminal", {FIELD_MESSAGE}},
    [EVENT_RUN_ENDED] = {"run-ended",
                         "last, once",
                         {FIELD_STATUS, FIELD_EXIT_STATUS, FIELD_COUNTS}},
};

void event_write(const struct event *event, struct buffer *out)
{
    buffer_printf(out, "{\"event\":\"%s\",\"time\":", kinds[event->kind].name);
    event_add_seconds(out, event->time);
    for (const uint8_t *id = kinds[event->kind].fields; *id != 0; id++) {
        buffer_printf(out, ",\"%s\":", fields[*id].name);
        fields[*id].write(event, out);
    }
    buffer_add_text(out, "}\n");
}

void events_describe(struct buffer *out)
{
    buffer_add_text(out,
                    "events of --json, one JSON object a line; each has \"event\" and \"time\", "
                    "in seconds\nsince the run began (so are all times but began):\n");
    for (int kind = 0; kind < EVENT_KINDS; kind++) {
        buffer_printf(out, "  %s: %s\n", kinds[kind].name, kinds[kind].meaning);
        size_t column = 0;
        for (const uint8_t *id = kinds[kind].fields; *id != 0; id++) {
            const char *name = fields[*id].name;
            if (column == 0 || column + strlen(name) + 2 > 80)
                column = (buffer_add_text(out, column == 0 ? "     " : "\n     "), 5);
            buffer_printf(out, " %s%s", name, id[1] != 0 ? "," : "");
            column += strlen(name) + 2;
        }
        buffer_add_text(out, column > 0 ? "\n" : "");
    }
    buffer_add_text(out, "fields:\n");
    for (int id = 1; id < FIELDS; id++)
        buffer_printf(out, "  %-12s %s\n", fields[id].name, fields[id].meaning);
}
