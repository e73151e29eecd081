/* pargraph check. */
#include "cli/cli.h"

static const struct option_entry options[] = {OPTION_CPUS, OPTION_PARAM, OPTION_PARAMS_FILE, {0}};

static const struct command_help help = {
    "check", "[OPTIONS] FILE...",
    "Reads and plans each workflow and reports every error with its place; runs nothing.", options,
    "exit status: 0 all are right; 2 one is wrong\n"};

static int check_one(const char *file, const struct common_options *common)
{
    struct loaded loaded;
    int status = load_file(&loaded, file, common, NULL, 0, "");
    if (status == EXIT_STATUS_SUCCESS) {
        CLEANUP_BUFFER struct buffer text = {0};
        uint32_t tasks = loaded.workflow.task_count, instances = loaded.plan.instance_count;
        uint32_t open = 0;
        for (uint32_t task = 0; task < tasks; task++)
            open += !instances_are_known(&loaded.plan.instances[task]);
        buffer_printf(&text, "%s: right: %u task%s, %u instance%s", file, tasks,
                      tasks == 1 ? "" : "s", instances, instances == 1 ? "" : "s");
        if (open > 0)
            buffer_printf(&text, ", and those of %u task%s known only while it runs", open,
                          open == 1 ? "" : "s");
        buffer_add_byte(&text, '\n');
        if (!cli_write(&text))
            status = EXIT_STATUS_FAILED;
    }
    loaded_release(&loaded);
    return status;
}

int command_check(int argc, char **argv)
{
    struct common_options common = {0};
    int operands;
    int status = cli_options(argc, argv, &help, &common, &operands);
    if (status < 0 && operands < 1)
        status = cli_usage("check", "a workflow file is wanted");
    if (status < 0) {
        status = EXIT_STATUS_SUCCESS;
        for (int i = 1; i <= operands; i++) {
            int one = check_one(argv[i], &common);
            status = one > status ? one : status;
        }
    }
    common_release(&common);
    return status;
}
