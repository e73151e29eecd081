/* One attempt's command: words, environment, streams, with all values put in. */
#include <string.h>

#include "base/memory.h"
#include "plan/build.h"
#include "plan/command.h"
#include "plan/shelltext.h"
#include "value/value.h"

struct assembly {
    struct view view;
    const struct step *step; /* whose body it is; NULL: the task's */
    struct command *command;
    struct environment env;
};

static const struct names *names_of(const struct assembly *assembly)
{
    return assembly->view.plan->workflow->names;
}

static void add_entry(text_list *list, const char *variable, const char *value, size_t length)
{
    size_t name = strlen(variable);
    char *entry = memory_bare(name + 1 + length + 1);
    memcpy(entry, variable, name);
    entry[name] = '=';
    if (length > 0)
        memcpy(entry + name + 1, value, length);
    entry[name + 1 + length] = '\0';
    *VEC_PUSH(list) = entry;
}

static place place_of_variable(const struct view *view, const char *text)
{
    const struct details *details = view->details;
    for (uint32_t i = details->env_count; i-- > 0;)
        if (strcmp(names_text(view->plan->workflow->names, details->env[i].name), text) == 0)
            return details->env[i].at;
    return view->task->at;
}

bool command_add_env(struct view *view, text_list *entries, struct error *error)
{
    const char *variable;
    json_t *value;
    if (view->details->env_count == 0)
        return true;
    if (!view_make_env(view, error))
        return false;
    json_object_foreach(view->env, variable, value)
    {
        struct buffer text = {.bytes = (char *)json_string_value(value),
                              .length = json_string_length(value)};
        if (json_is_null(value))
            *VEC_PUSH(entries) = memory_text(variable);
        else if (shelltext_check(&text, strlen(variable) + 1, PLACE_NONE, error))
            add_entry(entries, variable, text.bytes, text.length);
        else {
            if (error != NULL)
                error->at = place_of_variable(view, variable);
            return false;
        }
    }
    return true;
}

/* What the task's resources say, whatever the step's env. */
static bool find_amount(struct view *view,
                        bool (*find)(struct view *view, uint64_t *ret, struct error *error),
                        uint64_t *ret, struct error *error)
{
    if (view->details == view->task->details)
        return find(view, ret, error);
    CLEANUP_VIEW struct view whole;
    view_init(&whole, view->plan, view->plan->task[view->node], view->node);
    whole.attempt = view->attempt;
    whole.results = view->results;
    whole.flags = view->flags;
    return find(&whole, ret, error);
}

bool command_count_gpus(struct view *view, uint64_t *ret, struct error *error)
{
    *ret = 0;
    return view->task->details->request_count == 0 || find_amount(view, request_gpus, ret, error);
}

bool command_add_given(struct view *view, text_list *entries, struct error *error)
{
    uint64_t cpus;
    if (!find_amount(view, request_cpus, &cpus, error))
        return false;
    const char *task = names_text(view->plan->workflow->names, view->task->name);
    CLEANUP_BUFFER struct buffer text = {0};
    add_entry(entries, "PARGRAPH_RUN_ID", view->results->run_id, strlen(view->results->run_id));
    add_entry(entries, "PARGRAPH_TASK", task, strlen(task));
    plan_write_name(view->plan, view->node, &text);
    add_entry(entries, "PARGRAPH_INSTANCE", text.bytes, text.length);
    buffer_clear(&text);
    buffer_add_number(&text, view->attempt);
    add_entry(entries, "PARGRAPH_ATTEMPT", text.bytes, text.length);
    buffer_clear(&text);
    buffer_add_number(&text, cpus);
    add_entry(entries, "PARGRAPH_CPUS", text.bytes, text.length);
    return true;
}

/* What the body's environment holds beside what is inherited. */
static bool add_env(struct assembly *assembly, struct error *error)
{
    text_list *entries = &assembly->env.entries;
    return command_add_env(&assembly->view, entries, error) &&
           command_add_given(&assembly->view, entries, error);
}

static char **finish_list(text_list *list)
{
    *VEC_PUSH(list) = NULL;
    return list->items;
}

static void release_list(text_list *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        memory_free(list->items[i]);
    VEC_RELEASE(list);
}

static bool add_word(text_list *words, const json_t *value, place at, struct error *error)
{
    struct buffer text = {0};
    if (!value_write_text(value, &text, error)) {
        if (error != NULL)
            error->at = at;
    } else if (shelltext_check(&text, 0, at, error)) {
        *VEC_PUSH(words) = buffer_take(&text);
        return true;
    }
    buffer_release(&text);
    return false;
}

static bool add_literal(struct assembly *assembly, const struct text *word, text_list *words,
                        struct error *error)
{
    name id = word->literal;
    struct buffer text = {.bytes = (char *)names_text(names_of(assembly), id),
                          .length = names_length(names_of(assembly), id)};
    if (!shelltext_check(&text, 0, word->at, error))
        return false;
    *VEC_PUSH(words) = memory_text_n(text.bytes, text.length);
    return true;
}

/* A word of exec; several, or none, if it is an expression that gives a list. */
static bool add_words(struct assembly *assembly, const struct text *word, text_list *words,
                      struct error *error)
{
    if (word->piece_count == 0)
        return add_literal(assembly, word, words, error);
    json_t *value = view_text(&assembly->view, word, error);
    bool is_done = value != NULL;
    if (is_done && word->is_expression && json_is_array(value))
        for (size_t i = 0; is_done && i < json_array_size(value); i++)
            is_done = add_word(words, json_array_get(value, i), word->at, error);
    else if (is_done)
        is_done = add_word(words, value, word->at, error);
    json_decref(value);
    return is_done;
}

static bool make_exec(struct assembly *assembly, struct error *error)
{
    const struct task *task = assembly->view.task;
    const struct step *step = assembly->step;
    const struct text *exec = step != NULL ? step->exec : task->exec;
    uint32_t count = step != NULL ? step->exec_count : task->exec_count;
    text_list words = {0};
    bool is_done = true;
    for (uint32_t i = 0; i < count && is_done; i++)
        is_done = add_words(assembly, &exec[i], &words, error);
    if (is_done && words.count == 0)
        is_done = error_set(error, step != NULL ? step->at : task->at,
                            "exec has no words left: there is nothing to run");
    if (is_done)
        assembly->command->argv = finish_list(&words);
    else
        release_list(&words);
    return is_done;
}

/* Shell text as words to run; *ret_script is set if it must go to a file. */
static bool make_shell(struct assembly *assembly, const struct text *text, char ***ret_argv,
                       char **ret_script, struct error *error)
{
    const struct shell *shell = &assembly->view.details->shell;
    struct buffer script = {0};
    if (!shelltext_write(&assembly->view, text, &script, &assembly->env, error)) {
        buffer_release(&script);
        return false;
    }
    text_list words = {0};
    for (uint32_t i = 0; i < shell->word_count; i++)
        *VEC_PUSH(&words) = memory_text(names_text(names_of(assembly), shell->words[i]));
    if (shell->has_file)
        *ret_script = buffer_take(&script);
    else {
        *VEC_PUSH(&words) = memory_text("-c");
        *VEC_PUSH(&words) = buffer_take(&script);
    }
    *ret_argv = finish_list(&words);
    return true;
}

static bool make_body(struct assembly *assembly, struct error *error)
{
    const struct task *task = assembly->view.task;
    const struct step *step = assembly->step;
    struct command *command = assembly->command;
    bool is_plain = step != NULL ? step->is_plain_command : task->is_plain_command;
    bool is_run = step != NULL ? step->kind == STEP_RUN : task->body == BODY_RUN;
    const struct text *run = step != NULL ? step->run : task->run;
    if (is_run && !is_plain)
        return make_shell(assembly, run, &command->argv, &command->script, error);
    bool has_body = step != NULL || task->body == BODY_RUN || task->body == BODY_EXEC;
    return !has_body || make_exec(assembly, error);
}

static bool make_cleanup(struct assembly *assembly, struct error *error)
{
    struct command *command = assembly->command;
    const struct text *cleanup = &assembly->view.task->details->cleanup;
    return cleanup->at == PLACE_NONE ||
           make_shell(assembly, cleanup, &command->cleanup, &command->cleanup_script, error);
}

bool command_make_path(struct view *view, const struct text *text, char **ret, struct error *error)
{
    CLEANUP_BUFFER struct buffer path = {0};
    if (!view_write_text(view, text, &path, error))
        return false;
    if (path.length == 0)
        return error_set(error, text->at, "a path is empty");
    if (memchr(path.bytes, '\0', path.length) != NULL)
        return error_set(error, text->at, "a path holds a NUL");
    *ret = buffer_take(&path);
    return true;
}

static void set_text(struct command *command, struct buffer *text)
{
    command->text_length = text->length;
    command->text = buffer_take(text);
    command->streams[0] = STREAM_TEXT;
}

static bool make_stream(struct assembly *assembly, int i, struct error *error)
{
    struct command *command = assembly->command;
    const struct task *task = assembly->view.task;
    const struct stream *stream = &task->details->streams[i];
    CLEANUP_BUFFER struct buffer text = {0};
    command->streams[i] = stream->kind;
    if (stream->kind == STREAM_FILE)
        return command_make_path(&assembly->view, &stream->text, &command->paths[i], error);
    if (stream->kind == STREAM_TEXT) {
        if (!view_write_text(&assembly->view, &stream->text, &text, error))
            return false;
        set_text(command, &text);
    } else if (stream->kind == STREAM_FROM) {
        if (!view_write_stdout(
                &assembly->view,
                workflow_need_name(assembly->view.plan->workflow, &task->needs[stream->from]),
                &text, error))
            return false;
        set_text(command, &text);
    }
    return true;
}

static bool make_cwd(struct assembly *assembly, struct error *error)
{
    const struct text *cwd = &assembly->view.details->cwd;
    return cwd->at == PLACE_NONE ||
           command_make_path(&assembly->view, cwd, &assembly->command->cwd, error);
}

static bool make_streams(struct assembly *assembly, struct error *error)
{
    for (int i = 0; i < 3; i++)
        if (!make_stream(assembly, i, error))
            return false;
    return true;
}

static void begin(struct assembly *assembly, struct plan *plan, uint32_t node, uint32_t attempt,
                  const struct results *results)
{
    view_init(&assembly->view, plan, plan->task[node], node);
    assembly->view.attempt = attempt;
    assembly->view.results = results;
    assembly->view.flags = CALLS_ALWAYS;
}

static bool finish(struct assembly *assembly, bool is_done)
{
    assembly->command->env = finish_list(&assembly->env.entries);
    view_release(&assembly->view);
    if (!is_done)
        command_release(assembly->command);
    return is_done;
}

bool plan_command(struct plan *plan, uint32_t node, uint32_t attempt, uint32_t operation,
                  const struct results *results, struct command *ret, struct error *error)
{
    struct assembly assembly = {.command = ret};
    begin(&assembly, plan, node, attempt, results);
    if (operation != NO_OPERATION) {
        view_enter(&assembly.view, operation);
        assembly.step = plan_task_program(plan, plan->task[node])->operations[operation].step;
    }
    bool is_done = add_env(&assembly, error) && make_body(&assembly, error) &&
                   (operation != NO_OPERATION || make_cleanup(&assembly, error)) &&
                   make_cwd(&assembly, error) && make_streams(&assembly, error) &&
                   command_count_gpus(&assembly.view, &ret->gpus, error);
    return finish(&assembly, is_done);
}

bool plan_cleanup(struct plan *plan, uint32_t node, uint32_t attempt, const struct results *results,
                  struct command *ret, struct error *error)
{
    struct assembly assembly = {.command = ret};
    begin(&assembly, plan, node, attempt, results);
    bool is_done =
        add_env(&assembly, error) && make_cleanup(&assembly, error) && make_cwd(&assembly, error);
    return finish(&assembly, is_done);
}

static bool make_ready(struct assembly *assembly, struct error *error)
{
    const struct synchronisation *daemon = assembly->view.task->synchronisation;
    struct command *command = assembly->command;
    const struct text *text = &daemon->ready_text;
    if (daemon->ready == READY_RUN)
        return make_shell(assembly, text, &command->argv, &command->script, error);
    CLEANUP_BUFFER struct buffer value = {0};
    if (!view_write_text(&assembly->view, text, &value, error) ||
        !shelltext_check(&value, 0, text->at, error))
        return false;
    command->text_length = value.length;
    command->text = buffer_take(&value);
    return true;
}

bool plan_ready(struct plan *plan, uint32_t node, uint32_t attempt, const struct results *results,
                struct command *ret, struct error *error)
{
    struct assembly assembly = {.command = ret};
    begin(&assembly, plan, node, attempt, results);
    bool is_done = command_add_env(&assembly.view, &assembly.env.entries, error) &&
                   make_ready(&assembly, error);
    return finish(&assembly, is_done);
}

void command_release_words(char **words)
{
    for (char **word = words; word != NULL && *word != NULL; word++)
        memory_free(*word);
    memory_free(words);
}

void command_release(struct command *command)
{
    command_release_words(command->argv);
    command_release_words(command->env);
    command_release_words(command->cleanup);
    memory_free(command->script);
    memory_free(command->cleanup_script);
    memory_free(command->cwd);
    memory_free(command->text);
    for (int i = 0; i < 3; i++)
        memory_free(command->paths[i]);
    *command = (struct command){0};
}
