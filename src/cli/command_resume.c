/* pargraph resume, and what `run --resume` shares with it: a run is taken from its folder, under
 * its lock, with the workflow, params and selection that it froze. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "cli/cli.h"

struct resume_command {
    struct common_options common; /* first: the shared takers know it */
    bool is_quiet, is_verbose, has_output_events;
};

static bool take_quiet(void *context, const char *argument)
{
    (void)argument;
    ((struct resume_command *)context)->is_quiet = true;
    return true;
}

static bool take_verbose(void *context, const char *argument)
{
    (void)argument;
    ((struct resume_command *)context)->is_verbose = true;
    return true;
}

static bool take_json_output(void *context, const char *argument)
{
    (void)argument;
    ((struct resume_command *)context)->common.is_json = true;
    ((struct resume_command *)context)->has_output_events = true;
    return true;
}

static const struct option_entry table[] = {
    OPTION_CPUS,
    {0, "json", NULL, "print events, as run does; quiet", take_json},
    {0, "json-output", NULL, "the same, with what tasks write as events, too", take_json_output},
    OPTION_STATE,
    {'q', "quiet", NULL, "show failures only", take_quiet},
    {'v', "verbose", NULL, "show output as it comes, and what is skipped", take_verbose},
    {0},
};

static const struct command_help help = {
    "resume", "[OPTIONS] [RUN]",
    "Goes on with a run that was killed, was interrupted or did not end well: the newest, or the\n"
    "one whose id begins with RUN. What succeeded stays, with its values; what failed, was\n"
    "blocked, cancelled or cut off runs again, and so does finally. The workflow, its params and\n"
    "what it read while it was planned are those that the run began with.",
    table,
    "What failed gets all its attempts again; a task that was allowed to fail and did is left as\n"
    "it is. The workflow's timeout counts anew.\n\n"
    "exit status: as of run; 0 also if there is nothing left to do; 4 if somebody runs it, or it\n"
    "cannot be read\n"};

static bool is_filled(const struct run_folder *folder, const char *name)
{
    struct stat status;
    return fstatat(folder->directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           status.st_size > 0;
}

/* Killed before its journal was there, a run has done nothing. */
static bool has_begun(const struct run_folder *folder, struct error *error)
{
    if (faccessat(folder->directory, "lock", F_OK, 0) == 0 && is_filled(folder, "frozen.json") &&
        is_filled(folder, "workflow/main.yml") && is_filled(folder, "journal"))
        return true;
    error_set(error, PLACE_NONE,
              "run %s was killed before it began: there is nothing to go on with", folder->id);
    return error_hint(error, "pargraph run FILE begins anew");
}

static bool take_over(struct run_folder *folder, struct guardian *guardian, struct error *error)
{
    if (faccessat(folder->directory, "lock", F_OK, 0) != 0)
        return has_begun(folder, error);
    return run_folder_lock(folder, error) && guardian_hold(guardian, folder->lock, error) &&
           has_begun(folder, error);
}

/* What -j says, else what this machine has, unless -j or the workflow said it then. */
static uint64_t capacity_of(const struct loaded *loaded, const struct common_options *common)
{
    const struct resource *cpus = &loaded->workflow.resources[0];
    bool is_declared = !cpus->is_auto && cpus->capacity != UINT64_MAX;
    bool is_given = json_is_true(json_object_get(loaded->frozen, "cpu-given"));
    if (common->cpus > 0)
        return common->cpus;
    uint64_t machine = machine_cpus();
    bool is_other = !is_declared && !is_given && machine != loaded->plan.tokens[0].capacity;
    return is_other ? machine : 0;
}

static void tell_done(const struct run_folder *folder, enum verbosity verbosity)
{
    CLEANUP_BUFFER struct buffer text = {0};
    if (verbosity == VERBOSITY_QUIET)
        return;
    buffer_printf(&text, "run %s ended in success: nothing is left to do\n", folder->id);
    file_write_all(STDERR_FILENO, text.bytes, text.length);
}

static int resume_loaded(struct run_folder *folder, struct loaded *loaded,
                         const struct common_options *common, struct run_options *options)
{
    CLEANUP_ERROR struct error error = {0};
    bool is_done;
    CLEANUP_FREE char *told = cli_state_to_tell(folder);
    options->file = loaded->file;
    options->directory = loaded->directory;
    options->cpu_capacity = capacity_of(loaded, common);
    options->terminal.state = told;
    int status = run_resume(&loaded->plan, folder, options, &is_done, &error);
    if (error.message != NULL)
        return cli_fail(status, &error);
    if (is_done)
        tell_done(folder, options->terminal.verbosity);
    return status;
}

int cli_resume(struct run_folder *folder, const struct common_options *common,
               struct run_options *options)
{
    CLEANUP_ERROR struct error error = {0};
    if (!take_over(folder, options->guardian, &error))
        return cli_fail(EXIT_STATUS_STATE, &error);
    struct loaded loaded;
    int status = load_run(&loaded, folder);
    if (status == EXIT_STATUS_SUCCESS)
        status = resume_loaded(folder, &loaded, common, options);
    loaded_release(&loaded);
    return status;
}

static int resume(const struct resume_command *command, const char *id)
{
    CLEANUP_ERROR struct error error = {0};
    struct guardian guardian;
    if (!guardian_split(&guardian, &error))
        return cli_fail(EXIT_STATUS_STATE, &error);
    CLEANUP_FREE char *state = state_directory(command->common.state, NULL, &error);
    struct run_folder folder;
    if (state == NULL || !run_folder_open(&folder, state, id, &error))
        return cli_fail(EXIT_STATUS_STATE, &error);
    bool has_events = command->common.is_json;
    enum verbosity verbosity = command->is_quiet     ? VERBOSITY_QUIET
                               : command->is_verbose ? VERBOSITY_VERBOSE
                               : has_events          ? VERBOSITY_QUIET
                                                     : VERBOSITY_NORMAL;
    struct run_options options = {.state = state,
                                  .has_events = has_events,
                                  .has_output_events = command->has_output_events,
                                  .terminal = cli_terminal(verbosity, false, has_events),
                                  .guardian = &guardian};
    int status = cli_resume(&folder, &command->common, &options);
    run_folder_close(&folder);
    guardian_leave(&guardian);
    return status;
}

int command_resume(int argc, char **argv)
{
    struct resume_command command = {0};
    int operands;
    int status = cli_options(argc, argv, &help, &command, &operands);
    if (status >= 0)
        return status;
    if (operands > 1)
        return cli_usage("resume", "one run is wanted, not %d", operands);
    status = cli_check_run_id(operands == 1 ? argv[1] : NULL);
    if (status != EXIT_STATUS_SUCCESS)
        return status;
    const char *id = operands == 1 && strcmp(argv[1], "last") != 0 ? argv[1] : NULL;
    return resume(&command, id);
}
