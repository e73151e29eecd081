/* A run without a file; see quick.h. */
#include "cli/quick.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "value/value.h"

void quick_release(struct quick_options *options)
{
    json_decref(options->kwargs);
    common_release(&options->common);
}

/* --- options --- */

bool take_quick_text(void *context, const char *argument)
{
    (void)argument;
    ((struct quick_options *)context)->is_text = true;
    return true;
}

bool take_quick_quiet(void *context, const char *argument)
{
    (void)argument;
    ((struct quick_options *)context)->is_quiet = true;
    return true;
}

bool take_quick_timeout(void *context, const char *argument)
{
    ((struct quick_options *)context)->timeout = argument;
    return true;
}

bool take_quick_keyword(void *context, const char *argument)
{
    struct quick_options *options = context;
    const char *equals = strchr(argument, '=');
    if (equals == NULL || equals == argument) {
        cli_usage(options->common.command, "-k takes NAME=VALUE, not '%s'", argument);
        return false;
    }
    json_t *value = quick_value(options, equals + 1);
    if (value == NULL)
        return false;
    if (options->kwargs == NULL)
        options->kwargs = json_object();
    CLEANUP_FREE char *name = memory_text_n(argument, (size_t)(equals - argument));
    json_object_set_new(options->kwargs, name, value);
    return true;
}

/* --- values and functions --- */

json_t *quick_value(const struct quick_options *options, const char *text)
{
    size_t length = strlen(text);
    json_t *value = options->is_text ? NULL : value_from_json(text, length, NULL);
    if (value == NULL && text_valid_utf8(text, length) == length)
        value = json_stringn(text, length);
    if (value == NULL)
        cli_usage(options->common.command, "an argument is not UTF-8");
    return value;
}

static json_t *with_function(const char *kind, const char *place, size_t length,
                             const char *function)
{
    json_t *call = json_object();
    json_object_set_new(call, kind, json_stringn(place, length));
    json_object_set_new(call, "function", json_string(function));
    return call;
}

json_t *quick_function(const struct quick_options *options, const char *text)
{
    const char *colon = strchr(text, ':'), *last = strrchr(text, ':');
    size_t kind = colon != NULL ? (size_t)(colon - text) : 0;
    bool has_two = colon != last && last[1] != '\0';
    json_t *call = NULL;
    if (kind == 3 && memcmp(text, "lua", 3) == 0 && colon[1] != '\0') {
        call = json_object();
        json_object_set_new(call, "lua", json_string(colon + 1));
    } else if (kind == 6 && memcmp(text, "python", 6) == 0 && has_two) {
        call = json_object();
        json_object_set_new(call, "python", json_string(colon + 1));
    } else if (kind == 7 && memcmp(text, "library", 7) == 0 && has_two) {
        call = with_function("library", colon + 1, (size_t)(last - colon) - 1, last + 1);
    } else {
        cli_usage(options->common.command,
                  "a function is python:MODULE:FUNCTION, library:FILE:FUNCTION or lua:TEXT, "
                  "not '%s'",
                  text);
    }
    return call;
}

void quick_add_keywords(json_t *call, const struct quick_options *options)
{
    const char *name;
    json_t *value, *kwargs;
    if (options->kwargs == NULL)
        return;
    kwargs = json_object();
    json_object_foreach(options->kwargs, name, value)
    {
        CLEANUP_BUFFER struct buffer text = {0};
        buffer_printf(&text, "${{ params.kwargs['%s'] }}", name);
        json_object_set_new(kwargs, name, json_string(buffer_text(&text)));
    }
    json_object_set_new(call, "kwargs", kwargs);
}

/* --- the run --- */

static json_t *make_workflow(const struct quick_options *options, json_t *tasks)
{
    json_t *params = json_object(), *defaults = json_object(), *workflow = json_object();
    const char *name;
    json_t *value;
    json_object_foreach(options->common.params, name, value)
        json_object_set_new(params, name, json_pack("{s:s}", "type", "json"));
    if (options->timeout != NULL)
        json_object_set_new(defaults, "timeout", json_string(options->timeout));
    json_object_set_new(workflow, "pargraph", json_integer(1));
    json_object_set_new(workflow, "name", json_string(options->common.command));
    json_object_set_new(workflow, "failure-policy",
                        json_string(options->is_fast ? "fast" : "keep-going"));
    json_object_set_new(workflow, "params", params);
    json_object_set_new(workflow, "defaults", defaults);
    if (options->chunk > 0)
        json_object_set_new(workflow, "pools",
                            json_pack("{s:{s:I,s:I}}", "quick", "size",
                                      (json_int_t)(options->common.cpus > 0 ? options->common.cpus
                                                                            : machine_cpus()),
                                      "chunk", (json_int_t)options->chunk));
    json_object_set_new(workflow, "tasks", tasks);
    return workflow;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status, (void)type, (void)walk;
    remove(path);
    return 0;
}

static char *temporary_state(const char *command, struct error *error)
{
    const char *folder = getenv("TMPDIR");
    struct buffer path = {0};
    buffer_printf(&path, "%s/pargraph-%s.XXXXXX",
                  folder != NULL && folder[0] == '/' ? folder : "/tmp", command);
    char *made = buffer_take(&path);
    if (mkdtemp(made) != NULL)
        return made;
    error_set_system(error, errno, "cannot make a folder for the state: %s", made);
    free(made);
    return NULL;
}

static int run_in(struct quick_options *options, struct loaded *loaded, const char *state,
                  struct guardian *guardian, quick_show *show, void *context)
{
    CLEANUP_ERROR struct error error = {0};
    struct run_folder folder;
    if (!run_folder_create(&folder, state, clock_wall(), &error))
        return cli_fail(EXIT_STATUS_STATE, &error);
    enum verbosity verbosity = VERBOSITY_QUIET;
    struct run_options run = {.file = loaded->file,
                              .directory = loaded->directory,
                              .state = state,
                              .failure_policy = loaded->workflow.failure_policy,
                              .guardian = guardian,
                              .is_split = true,
                              .terminal = cli_terminal(verbosity, false, false)};
    run.terminal.is_counted = !options->is_quiet;
    run.terminal.has_no_hints = options->common.state == NULL;
    int status = EXIT_STATUS_STATE;
    if (guardian_hold(guardian, folder.lock, &error) &&
        loaded_freeze(loaded, &folder, &options->common, NULL, 0, &error))
        status = run_plan(&loaded->plan, &folder, &run, &error);
    bool is_shown = error.message == NULL && show(context, loaded, &folder, &error);
    run_folder_close(&folder);
    if (is_shown)
        return status;
    status = status != EXIT_STATUS_SUCCESS ? status : EXIT_STATUS_FAILED;
    return error.message != NULL ? cli_fail(status, &error) : status;
}

int quick_run(struct quick_options *options, json_t *tasks, quick_show *show, void *context)
{
    struct guardian guardian = {.channel = -1};
    CLEANUP_ERROR struct error error = {0};
    CLEANUP_BUFFER struct buffer text = {0};
    json_t *workflow = make_workflow(options, tasks);
    value_write_json(workflow, &text);
    json_decref(workflow);
    if (!guardian_split(&guardian, &error))
        return cli_fail(EXIT_STATUS_STATE, &error);
    struct loaded loaded;
    size_t length = text.length;
    int status = load_text(&loaded, buffer_take(&text), length, &options->common);
    CLEANUP_FREE char *temporary = NULL;
    if (status == EXIT_STATUS_SUCCESS && options->common.state == NULL &&
        (temporary = temporary_state(options->common.command, &error)) == NULL)
        status = cli_fail(EXIT_STATUS_STATE, &error);
    const char *state = temporary != NULL ? temporary : options->common.state;
    if (status == EXIT_STATUS_SUCCESS)
        status = run_in(options, &loaded, state, &guardian, show, context);
    if (temporary != NULL)
        nftw(temporary, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    loaded_release(&loaded);
    guardian_leave(&guardian);
    return status;
}

/* --- results --- */

static bool write_value(const struct attempt_end *attempt, struct values *values, bool is_json,
                        struct error *error)
{
    CLEANUP_BUFFER struct buffer text = {0};
    json_t *value = cli_read_returned(values, &attempt->result, error);
    if (value == NULL)
        return false;
    cli_write_returned(value, is_json, &text);
    json_decref(value);
    return cli_write(&text);
}

static bool is_success(const struct attempt_list *list, uint32_t i)
{
    const struct attempt_end *end = &list->items[i];
    bool is_last = i + 1 == list->count || list->items[i + 1].node != end->node;
    return is_last && end->kind == OUTCOME_EXITED && end->code == 0;
}

bool quick_show_results(void *context, const struct loaded *loaded, const struct run_folder *folder,
                        struct error *error)
{
    const struct quick_options *options = context;
    const struct instances *instances = &loaded->plan.instances[0];
    struct attempt_list list;
    if (!attempts_read(&list, folder, instances->first, instances->count, error))
        return false;
    struct values *values = values_open(folder, error);
    bool is_good = values != NULL;
    for (uint32_t i = 0; is_good && i < list.count; i++)
        if (is_success(&list, i))
            is_good = write_value(&list.items[i], values, options->common.is_json, error);
    if (values != NULL)
        values_close(values);
    VEC_RELEASE(&list);
    return is_good;
}
