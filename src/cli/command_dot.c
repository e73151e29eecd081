/* pargraph dot. */
#include <stdlib.h>

#include "cli/cli.h"

struct dot_command {
    struct common_options common; /* first: the shared takers know it */
    bool is_expanded;
};

static bool take_expand(void *context, const char *argument)
{
    (void)argument;
    ((struct dot_command *)context)->is_expanded = true;
    return true;
}

static const struct option_entry options[] = {
    {0, "expand", NULL, "draw every instance of a matrix", take_expand},
    {0, "run", "ID", "colour by how run ID went ('last': the newest)", take_run},
    OPTION_PARAM,
    OPTION_PARAMS_FILE,
    OPTION_STATE,
    {0},
};

static const struct command_help help = {
    "dot", "[OPTIONS] FILE",
    "Draws the graph of a workflow: pargraph dot flow.yml | dot -Tsvg > flow.svg", options,
    "The critical path is bold. With --run the graph is that of the run, as it was then.\n"};

static int write_dot(struct loaded *loaded, const struct dot_options *dot)
{
    CLEANUP_BUFFER struct buffer text = {0};
    dot_write(&loaded->plan, dot, &text);
    return cli_write(&text) ? EXIT_STATUS_SUCCESS : EXIT_STATUS_FAILED;
}

static int draw_file(const struct dot_command *command, const char *file)
{
    struct loaded loaded;
    int status = load_file(&loaded, file, &command->common, NULL, 0, "");
    if (status == EXIT_STATUS_SUCCESS)
        status = write_dot(&loaded, &(struct dot_options){.is_expanded = command->is_expanded});
    loaded_release(&loaded);
    return status;
}

static int draw_run(const struct dot_command *command, const char *file)
{
    struct seen_run seen;
    int status = cli_open_run(&seen, command->common.state, file, command->common.run);
    if (status == EXIT_STATUS_SUCCESS)
        status = write_dot(&seen.loaded, &(struct dot_options){.is_expanded = command->is_expanded,
                                                               .replay = &seen.replay});
    cli_close_run(&seen);
    return status;
}

int command_dot(int argc, char **argv)
{
    struct dot_command command = {0};
    int operands;
    int status = cli_options(argc, argv, &help, &command, &operands);
    if (status < 0 && operands != 1)
        status = cli_usage("dot", "one workflow file is wanted");
    if (status < 0)
        status =
            command.common.run != NULL ? draw_run(&command, argv[1]) : draw_file(&command, argv[1]);
    common_release(&command.common);
    return status;
}
