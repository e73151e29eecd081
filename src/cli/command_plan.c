/* pargraph list and pargraph plan: a workflow as it would run. */
#include "cli/cli.h"

static const struct option_entry list_options[] = {OPTION_PARAM, OPTION_PARAMS_FILE, {0}};
static const struct option_entry plan_options[] = {
    OPTION_CPUS, OPTION_PARAM, OPTION_PARAMS_FILE, OPTION_JSON, {0}};

static const struct command_help list_help = {
    "list", "[OPTIONS] FILE", "Lists the tasks of a workflow, with how many instances each has.",
    list_options, "pargraph plan --json gives all that is known of each.\n"};

static const struct command_help plan_help = {
    "plan", "[OPTIONS] FILE [TASK...]",
    "Shows what would run: every instance and what it needs, as JSON with --json.", plan_options,
    NULL};

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

static int print_list(struct loaded *loaded, const struct common_options *common)
{
    (void)common;
    CLEANUP_BUFFER struct buffer text = {0};
    list_write(&loaded->plan, &text);
    return cli_write(&text) ? EXIT_STATUS_SUCCESS : EXIT_STATUS_FAILED;
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

typedef int print_function(struct loaded *loaded, const struct common_options *common);

static int print_file(int argc, char **argv, const struct command_help *help, print_function *print)
{
    struct common_options common = {0};
    int operands;
    int status = cli_options(argc, argv, help, &common, &operands);
    bool takes_tasks = help == &plan_help;
    if (status < 0 && operands < 1)
        status = cli_usage(help->name, "a workflow file is wanted");
    if (status < 0 && operands > 1 && !takes_tasks)
        status = cli_usage(help->name, "one workflow file is wanted, not %d", operands);
    if (status < 0) {
        struct loaded loaded;
        status = load_file(&loaded, argv[1], &common, (const char *const *)argv + 2,
                           (uint32_t)operands - 1, "");
        if (status == EXIT_STATUS_SUCCESS)
            status = print(&loaded, &common);
        loaded_release(&loaded);
    }
    common_release(&common);
    return status;
}

int command_list(int argc, char **argv)
{
    return print_file(argc, argv, &list_help, print_list);
}

int command_plan(int argc, char **argv)
{
    return print_file(argc, argv, &plan_help, print_plan);
}
