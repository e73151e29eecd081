/* From a file, or from what a run froze, to a plan. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/cli.h"

static const size_t LARGEST_FILE = (size_t)2 << 30;

int cli_show(struct diagnostics *diagnostics, const struct sources *sources)
{
    CLEANUP_BUFFER struct buffer text = {0};
    diagnostics_write(diagnostics, sources, &text);
    file_write_all(STDERR_FILENO, text.bytes, text.length);
    int status = diagnostics->error_count > 0 ? EXIT_STATUS_INVALID : EXIT_STATUS_SUCCESS;
    diagnostics_release(diagnostics);
    return status;
}

static char *absolute_directory(const char *file, struct error *error)
{
    CLEANUP_FREE char *directory = strcmp(file, "-") == 0 ? memory_text(".") : file_directory(file);
    char *absolute = realpath(directory, NULL);
    if (absolute == NULL)
        error_set_system(error, errno, "cannot find the folder of %s", file);
    return absolute;
}

/* text is taken over. Diagnostics are shown. */
static int read_and_plan(struct loaded *loaded, char *text, size_t length,
                         const struct workflow_options *options, const struct plan_options *plan)
{
    struct diagnostics diagnostics = {0};
    names_init(&loaded->names);
    loaded->has_workflow = true;
    bool is_stdin = strcmp(loaded->file, "-") == 0;
    sources_add(&loaded->sources, is_stdin ? "stdin" : loaded->file, text, length);
    loaded->sources.items[0].is_kept = is_stdin;
    bool is_good = workflow_read(&loaded->workflow, &loaded->sources, &loaded->sources.items[0],
                                 &loaded->names, &loaded->snapshot, options, &diagnostics);
    if (is_good) {
        loaded->has_plan = true;
        plan_build(&loaded->plan, &loaded->workflow, plan, &diagnostics);
    }
    return cli_show(&diagnostics, &loaded->sources);
}

int load_file(struct loaded *ret, const char *file, const struct common_options *common,
              const char *const *selection, uint32_t selection_count, const char *run_id)
{
    *ret = (struct loaded){.file = memory_text(file)};
    CLEANUP_ERROR struct error error = {0};
    char *text;
    size_t length;
    if (file[0] == '\0')
        return cli_usage(common->command, "the name of the workflow file is empty");
    if (!file_read(file, LARGEST_FILE, &text, &length, &error))
        return cli_fail(EXIT_STATUS_INVALID, &error);
    ret->directory = absolute_directory(file, &error);
    if (ret->directory == NULL) {
        free(text);
        return cli_fail(EXIT_STATUS_INVALID, &error);
    }
    snapshot_init(&ret->snapshot, ret->directory);
    struct workflow_options options = {
        .params = common->params, .run_id = run_id, .backend = common->backend};
    ret->gpus = machine_gpus();
    struct plan_options plan = {.cpu_capacity = common->cpus > 0 ? common->cpus : machine_cpus(),
                                .is_cpu_given = common->cpus > 0,
                                .gpu_capacity = ret->gpus,
                                .selection = selection,
                                .selection_count = selection_count};
    return read_and_plan(ret, text, length, &options, &plan);
}

int load_text(struct loaded *ret, char *text, size_t length, const struct common_options *common)
{
    *ret = (struct loaded){.file = memory_text("-")};
    CLEANUP_ERROR struct error error = {0};
    ret->directory = absolute_directory("-", &error);
    if (ret->directory == NULL) {
        free(text);
        return cli_fail(EXIT_STATUS_INVALID, &error);
    }
    snapshot_init(&ret->snapshot, ret->directory);
    struct workflow_options options = {
        .params = common->params, .run_id = "", .backend = common->backend};
    ret->gpus = machine_gpus();
    struct plan_options plan = {.cpu_capacity = common->cpus > 0 ? common->cpus : machine_cpus(),
                                .is_cpu_given = common->cpus > 0,
                                .gpu_capacity = ret->gpus};
    return read_and_plan(ret, text, length, &options, &plan);
}

bool loaded_freeze(struct loaded *loaded, const struct run_folder *folder,
                   const struct common_options *common, const char *const *selection,
                   uint32_t selection_count, struct error *error)
{
    if (!run_folder_copy(folder, "workflow/main.yml", &loaded->sources.items[0], error))
        return false;
    json_t *names = json_array();
    for (uint32_t i = 0; i < selection_count; i++)
        json_array_append_new(names, json_string(selection[i]));
    json_t *frozen = json_pack(
        "{s:s, s:s, s:s, s:O?, s:o, s:I, s:b, s:I, s:i, s:O}", "file", loaded->file, "directory",
        loaded->directory, "name", names_text(&loaded->names, loaded->workflow.name), "params",
        common->params, "selection", names, "cpu", (json_int_t)loaded->plan.tokens[0].capacity,
        "cpu-given", common->cpus > 0, "gpu", (json_int_t)loaded->gpus, "backend",
        (int)common->backend, "snapshot",
        loaded->snapshot.answers);
    if (frozen == NULL)
        return error_set(error, PLACE_NONE, "the workflow's file name or folder is not UTF-8");
    CLEANUP_BUFFER struct buffer text = {0};
    value_write_json(frozen, &text);
    json_decref(frozen);
    return run_folder_write(folder, "frozen.json", text.bytes, text.length, error);
}

static json_t *read_frozen(const struct run_folder *folder, struct error *error)
{
    CLEANUP_FREE char *text = NULL;
    size_t length;
    if (!run_folder_read(folder, "frozen.json", &text, &length, error))
        return NULL;
    json_t *frozen = value_from_json(text, length, error);
    if (frozen != NULL && json_is_string(json_object_get(frozen, "file")) &&
        json_is_string(json_object_get(frozen, "directory")) &&
        json_is_object(json_object_get(frozen, "snapshot")))
        return frozen;
    json_decref(frozen);
    error_set(error, PLACE_NONE, "the frozen.json of run %s is damaged", folder->id);
    return NULL;
}

static uint8_t backend_of(const json_t *frozen)
{
    json_int_t backend = json_integer_value(json_object_get(frozen, "backend"));
    return backend == BACKEND_THREAD || backend == BACKEND_PROCESS ? (uint8_t)backend
                                                                   : (uint8_t)BACKEND_DEFAULT;
}

int load_run(struct loaded *ret, const struct run_folder *folder)
{
    *ret = (struct loaded){0};
    CLEANUP_ERROR struct error error = {0};
    char *text;
    size_t length;
    ret->frozen = read_frozen(folder, &error);
    if (ret->frozen == NULL ||
        !run_folder_read(folder, "workflow/main.yml", &text, &length, &error))
        return cli_fail(EXIT_STATUS_STATE, &error);
    ret->file = memory_text(json_string_value(json_object_get(ret->frozen, "file")));
    ret->directory = memory_text(json_string_value(json_object_get(ret->frozen, "directory")));
    snapshot_init(&ret->snapshot, ret->directory);
    snapshot_freeze(&ret->snapshot, json_object_get(ret->frozen, "snapshot"));
    json_t *params = json_object_get(ret->frozen, "params");
    const json_t *names = json_object_get(ret->frozen, "selection");
    uint32_t count = (uint32_t)json_array_size(names);
    CLEANUP_FREE const char **selection = memory_array(count, sizeof *selection);
    for (uint32_t i = 0; i < count; i++)
        selection[i] = json_string_value(json_array_get(names, i));
    struct workflow_options options = {.params = json_is_object(params) ? params : NULL,
                                       .run_id = folder->id,
                                       .backend = backend_of(ret->frozen)};
    ret->gpus = (uint32_t)json_integer_value(json_object_get(ret->frozen, "gpu"));
    struct plan_options plan = {
        .cpu_capacity = (uint64_t)json_integer_value(json_object_get(ret->frozen, "cpu")),
        .is_cpu_given = true,
        .gpu_capacity = ret->gpus,
        .selection = selection,
        .selection_count = count};
    return read_and_plan(ret, text, length, &options, &plan);
}

void loaded_release(struct loaded *loaded)
{
    if (loaded->has_plan)
        plan_release(&loaded->plan);
    if (loaded->has_workflow) {
        workflow_release(&loaded->workflow);
        sources_release(&loaded->sources);
        names_release(&loaded->names);
    }
    snapshot_release(&loaded->snapshot);
    json_decref(loaded->frozen);
    free(loaded->directory);
    free(loaded->file);
    *loaded = (struct loaded){0};
}
