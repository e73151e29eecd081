/* pargraph status. */
#include "cli/cli.h"

static const struct option_entry options[] = {OPTION_JSON, OPTION_STATE, {0}};

static const struct command_help help = {
    "status", "[OPTIONS] [RUN]",
    "Shows how a run went, or goes: the newest, or the one whose id begins with RUN.", options,
    "exit status: 0 shown; 4 there is no such run\n"};

static int print_status(struct seen_run *seen, bool is_json)
{
    if (is_json)
        return cli_write_json(status_to_json(&seen->loaded.plan, &seen->folder, &seen->replay),
                              EXIT_STATUS_SUCCESS);
    CLEANUP_BUFFER struct buffer text = {0};
    status_write(&seen->loaded.plan, &seen->folder, &seen->replay, &text);
    return cli_write(&text) ? EXIT_STATUS_SUCCESS : EXIT_STATUS_FAILED;
}

int command_status(int argc, char **argv)
{
    struct common_options common = {0};
    int operands;
    int status = cli_options(argc, argv, &help, &common, &operands);
    if (status >= 0)
        return status;
    if (operands > 1)
        return cli_usage("status", "one run is wanted, not %d", operands);
    struct seen_run seen;
    status = cli_open_run(&seen, common.state, NULL, operands == 1 ? argv[1] : NULL);
    if (status == EXIT_STATUS_SUCCESS)
        status = print_status(&seen, common.is_json);
    cli_close_run(&seen);
    return status;
}
