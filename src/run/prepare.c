/* What an attempt needs before it is launched: its files in the run's tmp/, its environment, its
 * streams. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "run/attempt.h"
#include "run/gpus.h"
#include "run/trail.h"
#include "run/requests.h"

const struct step *attempt_step(const struct attempt *attempt)
{
    const struct plan *plan = attempt->run->plan;
    uint32_t program = plan_rule(plan, attempt->node)->program;
    if (attempt->operation >= OPERATION_END || program == NO_PROGRAM)
        return NULL;
    return plan->programs[program].operations[attempt->operation].step;
}

const struct details *attempt_details(const struct attempt *attempt)
{
    const struct step *step = attempt_step(attempt);
    return step != NULL && step->details != NULL ? step->details : attempt_task(attempt)->details;
}

static char *temporary_path(const struct attempt *attempt, const char *suffix)
{
    struct buffer path = {0};
    buffer_printf(&path, "%s/tmp/%u-%u.%s", attempt->run->folder->path, attempt->node,
                  attempt->number, suffix);
    return buffer_take(&path);
}

/* Shell text to a file, whose name takes the place of {0} in the words. */
static bool write_script(const char *path, const char *text, char **words, struct error *error)
{
    CLEANUP_CLOSE int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
    if (file < 0 || !file_write_all(file, text, strlen(text)))
        return error_set_system(error, errno, "cannot write %s", path);
    for (char **word = words; *word != NULL; word++) {
        char *hole = strstr(*word, "{0}");
        if (hole == NULL)
            continue;
        struct buffer whole = {0};
        buffer_add(&whole, *word, (size_t)(hole - *word));
        buffer_add_text(&whole, path);
        buffer_add_text(&whole, hole + 3);
        free(*word);
        *word = buffer_take(&whole);
    }
    return true;
}

bool attempt_write_scripts(struct attempt *attempt, struct error *error)
{
    struct command *command = &attempt->command;
    if (command->script != NULL) {
        attempt->scripts[0] = temporary_path(attempt, "script");
        if (!write_script(attempt->scripts[0], command->script, command->argv, error))
            return false;
    }
    if (command->cleanup_script == NULL)
        return true;
    attempt->scripts[1] = temporary_path(attempt, "cleanup");
    return write_script(attempt->scripts[1], command->cleanup_script, command->cleanup, error);
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

char **attempt_merge(struct attempt *attempt, char *const *more, uint32_t more_count)
{
    uint32_t count = 0;
    char **env = attempt->command.env;
    while (env != NULL && env[count] != NULL)
        count++;
    uint32_t first = attempt->gpu_entries[0] != NULL ? GPU_ENTRIES : 0;
    free(attempt->own);
    attempt->own = memory_array((size_t)first + count + more_count + 1, sizeof *attempt->own);
    memcpy(attempt->own, attempt->gpu_entries, first * sizeof *attempt->own);
    if (count > 0)
        memcpy(attempt->own + first, env, count * sizeof *env);
    if (more_count > 0)
        memcpy(attempt->own + first + count, more, more_count * sizeof *more);
    return environment_merge(&attempt->run->environment, attempt->own);
}

/* A file that steps write to has what those before it wrote. */
static bool has_written(const struct attempt *attempt)
{
    if (attempt->operation >= OPERATION_END)
        return false;
    const struct trail *trail = trail_of(attempt->run, attempt->node);
    for (uint32_t i = 0; i < trail->passed.count; i++)
        if (trail->passed.items[i].item == NO_ITEM && !trail->passed.items[i].is_nothing)
            return true;
    return false;
}

static void fill_launch(struct attempt *attempt)
{
    const struct command *command = &attempt->command;
    struct launch *launch = &attempt->launch;
    *launch = (struct launch){
        .node = attempt->node,
        .attempt = attempt->number,
        .argv = command->argv,
        .env = attempt->env,
        .directory = attempt->directory,
        .is_appended = has_written(attempt),
        .is_joined = command->streams[2] == STREAM_STDOUT,
        .descriptors = attempt->ends,
        .is_split = ((attempt->keeps & (KEEPS_STDOUT | KEEPS_STDERR)) != 0 ||
                     attempt->run->options->is_split) &&
                    command->streams[2] == STREAM_DEFAULT,
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

bool attempt_prepare(struct attempt *attempt, struct error *error)
{
    struct run *run = attempt->run;
    attempt->directory = attempt->command.cwd != NULL
                             ? file_join(run->options->directory, attempt->command.cwd)
                             : memory_text(run->options->directory);
    if (!attempt_write_scripts(attempt, error))
        return false;
    bool is_body = attempt->operation != OPERATION_END;
    gpus_take(attempt, attempt->command.gpus);
    bool has_outputs = attempt_task(attempt)->details->output_count > 0 && run->folder != NULL;
    if (is_body && has_outputs && !prepare_output(attempt, error))
        return false;
    char *entries[3] = {attempt->output_entry};
    uint32_t count = attempt->output_entry != NULL;
    if (is_body)
        count += requests_admit(run, attempt->node, attempt->number, attempt->operation,
                                entries + count);
    attempt->env = attempt_merge(attempt, entries, count);
    fill_launch(attempt);
    return true;
}

static void show_word(const char *word, struct buffer *out)
{
    buffer_add_byte(out, ' ');
    text_write_shell_word(word, strlen(word), out);
}

/* Is its body shell text, that is, the last word of a shell's? */
static bool is_shell_text(const struct plan *plan, uint32_t node, uint32_t operation)
{
    const struct task *task = &plan->workflow->tasks[plan->task[node]];
    const struct step *step = NULL;
    if (operation < OPERATION_END)
        step = plan->programs[plan_rule(plan, node)->program].operations[operation].step;
    if (step != NULL)
        return step->kind == STEP_RUN && !step->is_plain_command;
    return task->body == BODY_RUN && !task->is_plain_command;
}

/* What --dry-run shows for an attempt: its words as one would type them, or the shell text on lines
 * of its own. */
void attempt_tell_dry(struct run *run, uint32_t node, uint32_t operation,
                      const struct command *command, struct error *error)
{
    CLEANUP_BUFFER struct buffer text = {0};
    const struct task *task = &run->plan->workflow->tasks[run->plan->task[node]];
    buffer_add_text(&text, "would run ");
    plan_write_name(run->plan, node, &text);
    buffer_add_byte(&text, ':');
    if (command == NULL && task->need_count == 0 && error != NULL && error->message != NULL) {
        char *why = run_error_text(run, error);
        buffer_printf(&text, " (it would fail: %s)", why);
        memory_free(why);
    } else if (command == NULL) {
        const char *what = run->plan->is_join[node] ? "instances depend" : "command depends";
        buffer_printf(&text, " (its %s on values of earlier tasks)", what);
    } else if (is_shell_text(run->plan, node, operation) && command->script == NULL) {
        uint32_t count = 0;
        while (command->argv[count] != NULL)
            count++;
        buffer_printf(&text, " %s", command->argv[count - 1]);
    } else {
        for (char **word = command->argv; *word != NULL; word++)
            show_word(*word, &text);
    }
    while (text.length > 0 && text.bytes[text.length - 1] == '\n')
        text.length--;
    terminal_message(run->terminal, buffer_text(&text));
}
