/* Decides what is said of an attempt that could not be started. The place is that of the key that
 * asked for what failed; a hint is given only where a look at the file system shows the mistake. */
#include "run/unstarted.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"

static place body_place(const struct attempt *attempt)
{
    const struct step *step = attempt_step(attempt);
    const struct task *task = attempt_task(attempt);
    if (attempt->is_call)
        return step != NULL ? step->call->at : task->call->at;
    if (step != NULL)
        return step->kind == STEP_EXEC && step->exec_count > 0 ? step->exec[0].at : step->at;
    return task->body == BODY_EXEC ? task->exec[0].at : task->run->at;
}

static place place_of(const struct attempt *attempt, const struct launch *launch, uint8_t step)
{
    const struct task *task = attempt_task(attempt);
    const struct details *details = attempt_details(attempt);
    place at = step == SPAWN_DIRECTORY       ? details->cwd.at
               : launch == &attempt->cleanup ? details->cleanup.at
               : step == SPAWN_STDIN         ? details->streams[0].at
               : step == SPAWN_STDOUT        ? details->streams[1].at
               : step == SPAWN_STDERR        ? details->streams[2].at
               : step == SPAWN_PROGRAM       ? body_place(attempt)
                                             : PLACE_NONE;
    return at != PLACE_NONE ? at : task->at;
}

/* The program as a file seen from where it would have run: what stat says; false: nothing there. */
static bool find_program(const struct launch *launch, struct stat *ret)
{
    CLEANUP_FREE char *path = file_join(launch->directory, launch->argv[0]);
    return stat(path, ret) == 0;
}

static void hint_program(const struct launch *launch, int number, struct error *error)
{
    if (launch->argv == NULL)
        return;
    const char *program = launch->argv[0];
    bool has_folder = strchr(program, '/') != NULL;
    struct stat status;
    if (*program == '\0' || !find_program(launch, &status))
        return;
    if (S_ISDIR(status.st_mode) && has_folder)
        error_hint(error, "it is a folder");
    else if (!S_ISREG(status.st_mode))
        return;
    else if (number == ENOENT && has_folder)
        error_hint(error, "the file is there: its first line names an interpreter that is not");
    else if (number == ENOENT)
        error_hint(error, "a program of this folder is named with it: ./%s", program);
    else if (number == EACCES && has_folder && (status.st_mode & 0111) == 0)
        error_hint(error, "make it executable: chmod +x %s", program);
}

static void add_hint(const struct launch *launch, const struct exit_report *report,
                     struct error *error)
{
    bool is_absent = report->code == ENOENT;
    if (report->step == SPAWN_PROGRAM)
        hint_program(launch, report->code, error);
    else if (report->step == SPAWN_STDIN && is_absent && launch->stdin_path != NULL &&
             launch->stdin_path[0] != '/')
        error_hint(error, "it is sought in %s", launch->directory);
    else if ((report->step == SPAWN_STDOUT || report->step == SPAWN_STDERR) && is_absent)
        error_hint(error, "its folder must be there before the task starts");
}

char *unstarted_text(const struct attempt *attempt, const struct launch *launch,
                     const struct exit_report *report)
{
    CLEANUP_ERROR struct error error = {0};
    error_set_system(&error, report->code, "%s",
                     report->detail != NULL ? report->detail : "cannot start");
    error.at = place_of(attempt, launch, report->step);
    add_hint(launch, report, &error);
    return run_error_text(attempt->run, &error);
}
