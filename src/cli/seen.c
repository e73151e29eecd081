/* A run that was, or is: its folder, the plan it froze, its journal replayed. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "cli/cli.h"

char *cli_state_to_tell(const struct run_folder *folder)
{
    CLEANUP_ERROR struct error error = {0};
    CLEANUP_FREE char *runs = file_directory(folder->path);
    char *state = file_directory(runs);
    CLEANUP_FREE char *found = state_directory(NULL, NULL, &error);
    CLEANUP_FREE char *real = realpath(state, NULL);
    CLEANUP_FREE char *real_found = found != NULL ? realpath(found, NULL) : NULL;
    if (real == NULL || real_found == NULL || strcmp(real, real_found) != 0)
        return state;
    free(state);
    return NULL;
}

/* Of a run that is alive; the wall clock has to do where it lives on another machine. */
static int64_t time_of_run(const struct replay *replay)
{
    if (replay->boot != 0 && replay->boot == clock_boot())
        return clock_monotonic() - replay->zero;
    return clock_wall() - replay->wall_at_zero;
}

int cli_check_run_id(const char *id)
{
    if (id == NULL || id[0] != '\0')
        return EXIT_STATUS_SUCCESS;
    struct error error = {0};
    error_set(&error, PLACE_NONE, "the id of the run is empty");
    error_hint(&error, "'last' is the newest; 'pargraph runs' lists them all");
    return cli_fail(EXIT_STATUS_INVALID, &error);
}

int cli_open_run(struct seen_run *ret, const char *state, const char *file, const char *id)
{
    *ret = (struct seen_run){.folder = {.directory = -1, .lock = -1}};
    int checked = cli_check_run_id(id);
    if (checked != EXIT_STATUS_SUCCESS)
        return checked;
    CLEANUP_ERROR struct error error = {0};
    CLEANUP_FREE char *directory = state_directory(state, file, &error);
    if (directory == NULL)
        return cli_fail(EXIT_STATUS_STATE, &error);
    if (id != NULL && strcmp(id, "last") == 0)
        id = NULL;
    if (!run_folder_open(&ret->folder, directory, id, &error))
        return cli_fail(EXIT_STATUS_STATE, &error);
    ret->has_folder = true;
    int status = load_run(&ret->loaded, &ret->folder);
    if (status != EXIT_STATUS_SUCCESS)
        return status;
    if (!replay_run(&ret->replay, &ret->loaded.plan, &ret->folder, &error))
        return cli_fail(EXIT_STATUS_STATE, &error);
    ret->has_replay = true;
    if (run_folder_is_alive(&ret->folder))
        ret->replay.now = time_of_run(&ret->replay);
    return EXIT_STATUS_SUCCESS;
}

void cli_close_run(struct seen_run *seen)
{
    if (seen->has_replay)
        replay_release(&seen->replay);
    if (seen->has_folder) {
        loaded_release(&seen->loaded);
        run_folder_close(&seen->folder);
    }
    *seen = (struct seen_run){0};
}
