/* Fuzz target of the reader: any bytes as a workflow, its plan, and the first commands of it. */
#include "base/memory.h"
#include "fuzz/fuzz.h"
#include "plan/plan.h"

enum { CPUS = 4, INSTANCES = 32 };

static enum status status_of(void *context, uint32_t node)
{
    (void)context;
    return node % 2 == 0 ? STATUS_SUCCESS : STATUS_FAILURE;
}

static int exit_code_of(void *context, uint32_t node)
{
    (void)context;
    return (int)(node % 2);
}

static json_t *stream_of(void *context, uint32_t node, int descriptor)
{
    (void)context;
    return node % 4 == 0 ? NULL : json_string(descriptor == 1 ? "text" : "");
}

static json_t *outputs_of(void *context, uint32_t node)
{
    (void)context;
    (void)node;
    return json_object();
}

static json_t *failed(void *context)
{
    (void)context;
    return json_pack("[s]", "task");
}

static int64_t elapsed(void *context)
{
    (void)context;
    return 1;
}

static json_t *result_of(void *context, uint32_t node)
{
    (void)context;
    return json_integer(node);
}

static void call(struct plan *plan, uint32_t node, const struct results *results)
{
    CLEANUP_ERROR struct error error = {0};
    CLEANUP_BUFFER struct buffer name = {0};
    struct invocation made = {0};
    if (!plan_call(plan, node, 1, NO_OPERATION, results, &made, &error))
        return;
    plan_write_function(plan, made.function, &name);
    invocation_release(&made);
}

static void command(struct plan *plan, uint32_t node)
{
    static const struct results results = {.status = status_of,
                                           .exit_code = exit_code_of,
                                           .stream = stream_of,
                                           .outputs = outputs_of,
                                           .result = result_of,
                                           .failed = failed,
                                           .elapsed = elapsed,
                                           .run_id = "id",
                                           .run_directory = "/nowhere"};
    CLEANUP_ERROR struct error error = {0};
    CLEANUP_BUFFER struct buffer name = {0};
    struct evaluated evaluated;
    struct command made = {0};
    plan_write_name(plan, node, &name);
    plan_evaluate(plan, node, 1, CALLS_SUCCESS, &results, &evaluated, &error);
    if (plan_command(plan, node, 1, NO_OPERATION, &results, &made, &error))
        command_release(&made);
    if (plan_rule(plan, node)->program == NO_PROGRAM && plan_is_call(plan, node, NO_OPERATION))
        call(plan, node, &results);
}

static void plan(struct workflow *workflow, struct diagnostics *diagnostics)
{
    const struct plan_options options = {.cpu_capacity = CPUS};
    struct plan built;
    if (plan_build(&built, workflow, &options, diagnostics))
        for (uint32_t node = 0; node < built.instance_count && node < INSTANCES; node++)
            command(&built, node);
    plan_release(&built);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct workflow_options options = {.run_id = "id"};
    struct sources sources = {0};
    struct names names;
    struct snapshot snapshot;
    struct diagnostics diagnostics = {0};
    struct workflow workflow;
    CLEANUP_BUFFER struct buffer out = {0};
    names_init(&names);
    snapshot_init(&snapshot, "/nowhere");
    sources_add(&sources, "fuzz.yml", memory_text_n((const char *)data, size), size);
    if (workflow_read(&workflow, &sources, &sources.items[0], &names, &snapshot, &options,
                      &diagnostics))
        plan(&workflow, &diagnostics);
    diagnostics_write(&diagnostics, &sources, &out);
    workflow_release(&workflow);
    diagnostics_release(&diagnostics);
    snapshot_release(&snapshot);
    names_release(&names);
    sources_release(&sources);
    return 0;
}
