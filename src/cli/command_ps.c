/* pargraph ps, pargraph why: what a run is about, from its journal: the state of the core at its
 * last record, which of a run that goes on is now. So a run need not be asked, nor hold anything
 * ready. */
#include "base/memory.h"
#include "cli/cli.h"

static const struct option_entry options[] = {OPTION_JSON, OPTION_STATE, {0}};

static const struct command_help ps_help = {
    "ps", "[OPTIONS] [RUN]",
    "Shows what is active in a run, the newest or the one whose id begins with RUN: what runs,\n"
    "what each that waits waits for, since when, at which line, and who holds it.",
    options, "exit status: 0 shown; 4 there is no such run\n"};
static const struct command_help why_help = {
    "why", "[OPTIONS] [RUN] TASK",
    "Shows why TASK (a task, or an instance as 'T[a=1]') stands as it does: what it waits for,\n"
    "what kept it from running, how it ended. In the newest run, or the one whose id begins\n"
    "with RUN.",
    options, "exit status: 0 shown; 2 there is no such task; 4 there is no such run\n"};

static int print_ps(struct seen_run *seen, bool is_json)
{
    struct plan *plan = &seen->loaded.plan;
    if (is_json)
        return cli_write_json(ps_to_json(plan, &seen->folder, &seen->replay), EXIT_STATUS_SUCCESS);
    CLEANUP_BUFFER struct buffer text = {0};
    ps_write(plan, &seen->folder, &seen->replay, &text);
    return cli_write(&text) ? EXIT_STATUS_SUCCESS : EXIT_STATUS_FAILED;
}

static int print_why(struct seen_run *seen, const char *task, bool is_json)
{
    CLEANUP_ERROR struct error error = {0};
    CLEANUP_BUFFER struct buffer text = {0};
    struct plan *plan = &seen->loaded.plan;
    node_list nodes = {0};
    if (!plan_find(plan, task, &nodes, &error))
        return cli_fail(EXIT_STATUS_INVALID, &error);
    json_t *answer = NULL;
    if (is_json)
        answer = why_to_json(plan, &seen->folder, &seen->replay, &nodes);
    else
        why_write(plan, &seen->folder, &seen->replay, &nodes, &text);
    VEC_RELEASE(&nodes);
    if (is_json)
        return cli_write_json(answer, EXIT_STATUS_SUCCESS);
    return cli_write(&text) ? EXIT_STATUS_SUCCESS : EXIT_STATUS_FAILED;
}

int command_ps(int argc, char **argv)
{
    struct common_options common = {0};
    struct seen_run seen;
    int operands;
    int status = cli_options(argc, argv, &ps_help, &common, &operands);
    if (status >= 0)
        return status;
    if (operands > 1)
        return cli_usage("ps", "one run is wanted, not %d", operands);
    status = cli_open_run(&seen, common.state, NULL, operands == 1 ? argv[1] : NULL);
    if (status == EXIT_STATUS_SUCCESS)
        status = print_ps(&seen, common.is_json);
    cli_close_run(&seen);
    return status;
}

int command_why(int argc, char **argv)
{
    struct common_options common = {0};
    struct seen_run seen;
    int operands;
    int status = cli_options(argc, argv, &why_help, &common, &operands);
    if (status >= 0)
        return status;
    if (operands < 1 || operands > 2)
        return cli_usage("why", "a task is wanted, and before it perhaps a run");
    status = cli_open_run(&seen, common.state, NULL, operands == 2 ? argv[1] : NULL);
    if (status == EXIT_STATUS_SUCCESS)
        status = print_why(&seen, argv[operands], common.is_json);
    cli_close_run(&seen);
    return status;
}
