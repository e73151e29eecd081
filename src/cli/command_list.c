/* pargraph list: the tasks of a workflow, or of a run as it was frozen. */
#include "cli/cli.h"

struct list_command {
    struct common_options common; /* first: the shared takers know it */
    bool is_tsv;
};

static bool take_tsv(void *context, const char *argument)
{
    (void)argument;
    ((struct list_command *)context)->is_tsv = true;
    return true;
}

static const struct option_entry options[] = {
    {0, "run", "ID", "list those of run ID ('last': the newest) instead of a file's", take_run},
    {0, "tsv", NULL, "for programs: name, instances, description, with tabs between", take_tsv},
    OPTION_PARAM,
    OPTION_PARAMS_FILE,
    OPTION_STATE,
    {0},
};

static const struct command_help help = {
    "list", "[OPTIONS] [FILE]", "Lists the tasks of a workflow, with how many instances each has.",
    options, "pargraph plan --json gives all that is known of each.\n"};

static int print_list(const struct list_command *command, const struct loaded *loaded)
{
    CLEANUP_BUFFER struct buffer text = {0};
    if (command->is_tsv)
        list_write_tsv(&loaded->plan, &text);
    else
        list_write(&loaded->plan, &text);
    return cli_write(&text) ? EXIT_STATUS_SUCCESS : EXIT_STATUS_FAILED;
}

static int list_file(const struct list_command *command, const char *file)
{
    struct loaded loaded;
    int status = load_file(&loaded, file, &command->common, NULL, 0, "");
    if (status == EXIT_STATUS_SUCCESS)
        status = print_list(command, &loaded);
    loaded_release(&loaded);
    return status;
}

static int list_run(const struct list_command *command, const char *file)
{
    struct seen_run seen;
    int status = cli_open_run(&seen, command->common.state, file, command->common.run);
    if (status == EXIT_STATUS_SUCCESS)
        status = print_list(command, &seen.loaded);
    cli_close_run(&seen);
    return status;
}

int command_list(int argc, char **argv)
{
    struct list_command command = {0};
    int operands;
    int status = cli_options(argc, argv, &help, &command, &operands);
    if (status < 0 && operands > 1)
        status = cli_usage("list", "one workflow file is wanted, not %d", operands);
    else if (status < 0 && operands < 1 && command.common.run == NULL)
        status = cli_usage("list", "a workflow file is wanted");
    if (status < 0 && command.common.run != NULL)
        status = list_run(&command, operands == 1 ? argv[1] : NULL);
    else if (status < 0)
        status = list_file(&command, argv[1]);
    common_release(&command.common);
    return status;
}
