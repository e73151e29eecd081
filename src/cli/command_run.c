/* pargraph run. The process splits first (execute.h, guardian), so all that follows, planning too,
 * happens in the runner. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "cli/cli.h"

struct run_command {
    struct common_options common; /* first: the shared takers know it */
    bool is_dry, is_quiet, is_verbose, has_output_events, is_resumed;
    int policy; /* enum failure_policy, -1: the workflow's */
};

static bool take_keep_going(void *context, const char *argument)
{
    (void)argument;
    ((struct run_command *)context)->policy = POLICY_KEEP_GOING;
    return true;
}

static bool take_fail_fast(void *context, const char *argument)
{
    (void)argument;
    ((struct run_command *)context)->policy = POLICY_FAST;
    return true;
}

static bool take_dry_run(void *context, const char *argument)
{
    (void)argument;
    ((struct run_command *)context)->is_dry = true;
    return true;
}

static bool take_quiet(void *context, const char *argument)
{
    (void)argument;
    ((struct run_command *)context)->is_quiet = true;
    return true;
}

static bool take_verbose(void *context, const char *argument)
{
    (void)argument;
    ((struct run_command *)context)->is_verbose = true;
    return true;
}

static bool take_json_output(void *context, const char *argument)
{
    (void)argument;
    ((struct run_command *)context)->common.is_json = true;
    ((struct run_command *)context)->has_output_events = true;
    return true;
}

static bool take_resume(void *context, const char *argument)
{
    (void)argument;
    ((struct run_command *)context)->is_resumed = true;
    return true;
}

static const struct option_entry table[] = {
    OPTION_BACKEND,
    OPTION_CPUS,
    OPTION_PARAM,
    OPTION_PARAMS_FILE,
    {'k', "keep-going", NULL, "after a failure run all that does not need the failed",
     take_keep_going},
    {0, "fail-fast", NULL, "after a failure also cancel what runs", take_fail_fast},
    {'n', "dry-run", NULL, "show what would run, in order; run nothing", take_dry_run},
    {0, "json", NULL, "print events, one JSON object a line (see below); quiet", take_json},
    {0, "json-output", NULL, "the same, with what tasks write as events, too", take_json_output},
    {0, "resume", NULL, "go on with the newest run of FILE if it did not end well", take_resume},
    OPTION_STATE,
    {'q', "quiet", NULL, "show failures only", take_quiet},
    {'v', "verbose", NULL, "show output as it comes, and what is skipped", take_verbose},
    {0},
};

static const struct command_help help = {
    "run", "[OPTIONS] FILE [TASK...]",
    "Runs the workflow in FILE: all its tasks, or those named (a task, or an instance as\n"
    "'T[a=1]') and what they need. A FILE of - is standard input.",
    table,
    "With --resume a run is gone on with only if it was begun with the same file, text, params "
    "and\n"
    "tasks; else a new one begins.\n\n"
    "exit status: 0 all well; 1 a task failed; 2 the workflow or the command line is wrong;\n"
    "4 the state cannot be kept; 130, 143 interrupted\n"};

static enum verbosity verbosity(const struct run_command *command)
{
    return command->is_quiet         ? VERBOSITY_QUIET
           : command->is_verbose     ? VERBOSITY_VERBOSE
           : command->common.is_json ? VERBOSITY_QUIET
                                     : VERBOSITY_NORMAL;
}

static struct run_options run_options(const struct run_command *command,
                                      const struct loaded *loaded)
{
    return (struct run_options){
        .file = loaded->file,
        .directory = loaded->directory,
        .failure_policy =
            command->policy >= 0 ? (uint8_t)command->policy : loaded->workflow.failure_policy,
        .has_events = command->common.is_json,
        .has_output_events = command->has_output_events,
        .terminal = cli_terminal(verbosity(command), command->is_dry, command->common.is_json),
    };
}

static int run_for_real(const struct run_command *command, struct loaded *loaded,
                        struct guardian *guardian, const char *const *selection, uint32_t count)
{
    CLEANUP_ERROR struct error error = {0};
    char *state = state_directory(command->common.state, loaded->file, &error);
    if (state == NULL)
        return cli_fail(EXIT_STATUS_STATE, &error);
    struct run_folder folder;
    if (!run_folder_create(&folder, state, clock_wall(), &error)) {
        free(state);
        return cli_fail(EXIT_STATUS_STATE, &error);
    }
    struct run_options options = run_options(command, loaded);
    options.state = state;
    char *told = cli_state_to_tell(&folder);
    options.terminal.state = told;
    options.guardian = guardian;
    int status = EXIT_STATUS_STATE;
    if (guardian_hold(guardian, folder.lock, &error) &&
        loaded_freeze(loaded, &folder, &command->common, selection, count, &error))
        status = run_plan(&loaded->plan, &folder, &options, &error);
    free(told);
    if (error.message != NULL)
        cli_fail(status, &error);
    run_folder_close(&folder);
    free(state);
    return status;
}

/* Goes on with the run that is there, if one is; -1: there is none. */
static int resume(const struct run_command *command, const struct loaded *loaded,
                  struct guardian *guardian, const char *const *selection, uint32_t count)
{
    CLEANUP_ERROR struct error error = {0};
    struct run_folder folder;
    CLEANUP_FREE char *state = state_directory(command->common.state, loaded->file, &error);
    if (state == NULL ||
        !cli_find_unfinished(&folder, state, loaded, &command->common, selection, count))
        return -1;
    struct run_options options = run_options(command, loaded);
    options.guardian = guardian;
    options.state = state;
    int status = cli_resume(&folder, &command->common, &options);
    run_folder_close(&folder);
    return status;
}

static int run_loaded(struct run_command *command, const char *const *operands, uint32_t count)
{
    struct guardian guardian = {.channel = -1};
    struct error error = {0};
    if (!command->is_dry && !guardian_split(&guardian, &error))
        return cli_fail(EXIT_STATUS_STATE, &error);
    struct loaded loaded;
    int status = load_file(&loaded, operands[0], &command->common, operands + 1, count - 1, "");
    if (status == EXIT_STATUS_SUCCESS && command->is_dry) {
        struct run_options options = run_options(command, &loaded);
        status = run_plan(&loaded.plan, NULL, &options, &error);
        if (error.message != NULL)
            cli_fail(status, &error);
    } else if (status == EXIT_STATUS_SUCCESS) {
        status =
            command->is_resumed ? resume(command, &loaded, &guardian, operands + 1, count - 1) : -1;
        if (status < 0)
            status = run_for_real(command, &loaded, &guardian, operands + 1, count - 1);
    }
    loaded_release(&loaded);
    guardian_leave(&guardian);
    return status;
}

/* Behind the help. */
static bool print_events(void)
{
    CLEANUP_BUFFER struct buffer text = {0};
    buffer_add_byte(&text, '\n');
    events_describe(&text);
    return cli_write(&text);
}

int command_run(int argc, char **argv)
{
    struct run_command command = {.policy = -1};
    int operands;
    int status = cli_options(argc, argv, &help, &command, &operands);
    if (status == EXIT_STATUS_SUCCESS && !print_events())
        status = EXIT_STATUS_FAILED;
    if (status < 0 && operands < 1 && command.is_resumed)
        status = cli_usage("run", "a workflow file is wanted; 'pargraph resume' takes a run");
    if (status < 0 && operands < 1)
        status = cli_usage("run", "a workflow file is wanted");
    if (status < 0 && command.is_dry && command.common.is_json)
        status = cli_usage("run", "--dry-run has no events; 'pargraph plan --json' shows the plan");
    if (status < 0 && command.is_dry && command.is_resumed)
        status = cli_usage("run", "--dry-run and --resume do not go together");
    if (status < 0)
        status = run_loaded(&command, (const char *const *)argv + 1, (uint32_t)operands);
    common_release(&command.common);
    return status;
}
