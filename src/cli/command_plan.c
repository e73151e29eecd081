/* pargraph plan: a workflow as it would run. */
#include "cli/cli.h"

static const struct option_entry options[] = {
    OPTION_CPUS, OPTION_PARAM, OPTION_PARAMS_FILE, OPTION_JSON, {0}};

static const struct command_help help = {
    "plan", "[OPTIONS] FILE [TASK...]",
    "Shows what would run: every instance and what it needs, as JSON with --json.", options, NULL};

/* "T[a=1] needs A, B[a=1]" a line an instance, from the JSON form. */
static void write_instances(const json_t *plan, struct buffer *out)
{
    size_t i, j, k;
    const json_t *task, *instance, *need;
    json_array_foreach(json_object_get(plan, "tasks"), i, task)
        json_array_foreach(json_object_get(task, "instances"), j, instance)
    {
        buffer_add_text(out, json_string_value(json_object_get(instance, "name")));
        const json_t *needs = json_object_get(instance, "needs");
        json_array_foreach(needs, k, need)
            buffer_printf(out, "%s%s", k == 0 ? " needs " : ", ", json_string_value(need));
        buffer_add_byte(out, '\n');
    }
}

static int print_plan(struct loaded *loaded, const struct common_options *common)
{
    json_t *plan = plan_to_json(&loaded->plan);
    if (common->is_json)
        return cli_write_json(plan, EXIT_STATUS_SUCCESS);
    CLEANUP_BUFFER struct buffer text = {0};
    write_instances(plan, &text);
    json_decref(plan);
    return cli_write(&text) ? EXIT_STATUS_SUCCESS : EXIT_STATUS_FAILED;
}

int command_plan(int argc, char **argv)
{
    struct common_options common = {0};
    int operands;
    int status = cli_options(argc, argv, &help, &common, &operands);
    if (status < 0 && operands < 1)
        status = cli_usage("plan", "a workflow file is wanted");
    if (status < 0) {
        struct loaded loaded;
        status = load_file(&loaded, argv[1], &common, (const char *const *)argv + 2,
                           (uint32_t)operands - 1, "");
        if (status == EXIT_STATUS_SUCCESS)
            status = print_plan(&loaded, &common);
        loaded_release(&loaded);
    }
    common_release(&common);
    return status;
}
