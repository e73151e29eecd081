/* pargraph worker: not for people. A run starts it to call functions of libraries and Lua. */
#include <stdlib.h>

#include "cli/cli.h"
#include "execute/execute.h"

static const struct option_entry options[] = {{0}};

static const struct command_help help = {
    "worker", "", "Calls functions of libraries and Lua for a run, which starts it by itself.",
    options, "Its standard input is a socket to the runner: see pargraph-worker(7).\n"};

int command_worker(int argc, char **argv)
{
    int operands;
    int status = cli_options(argc, argv, &help, NULL, &operands);
    if (status >= 0)
        return status;
    if (operands > 0)
        return cli_usage("worker", "worker takes no arguments");
    if (worker_serve() == EXIT_SUCCESS)
        return EXIT_STATUS_SUCCESS;
    return cli_usage("worker", "standard input is no socket: only a run starts workers");
}
