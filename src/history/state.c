/* Where the state directory is; see history.h. Nothing is created here. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/memory.h"
#include "history/history.h"

static bool is_directory(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static char *find_upward(struct error *error)
{
    CLEANUP_FREE char *folder = realpath(".", NULL);
    if (folder == NULL) {
        error_set_system(error, errno, "cannot find the current folder");
        return NULL;
    }
    for (size_t length = strlen(folder);; length--) {
        folder[length] = '\0';
        char *state = file_join(length > 0 ? folder : "/", ".pargraph");
        if (is_directory(state))
            return state;
        free(state);
        while (length > 0 && folder[length - 1] != '/')
            length--;
        if (length == 0)
            break;
    }
    error_set(error, PLACE_NONE, "there is no .pargraph in the current folder nor in one above it");
    error_hint(error, "name the workflow's file, or the state directory with --state");
    return NULL;
}

char *state_directory(const char *given, const char *workflow_file, struct error *error)
{
    if (given != NULL && *given != '\0')
        return memory_text(given);
    const char *set = getenv("PARGRAPH_STATE");
    if (set != NULL && *set != '\0')
        return memory_text(set);
    if (workflow_file == NULL)
        return find_upward(error);
    if (strchr(workflow_file, '/') == NULL)
        return memory_text(".pargraph");
    CLEANUP_FREE char *folder = file_directory(workflow_file);
    return file_join(folder, ".pargraph");
}
