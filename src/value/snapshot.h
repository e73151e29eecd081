/* What a workflow saw of the outside world while it was planned: files read, globs, environment
 * variables. The first question is answered by the system and remembered; a run stores the answers,
 * and whoever plans the same run again (resume, status, dot --run) is given those and nothing else.
 */
#ifndef VALUE_SNAPSHOT_H
#define VALUE_SNAPSHOT_H

#include <jansson.h>
#include <stdbool.h>

#include "base/error.h"

struct snapshot {
    char *directory;   /* relative paths begin here: the main file's directory */
    json_t *answers;   /* {"env": {NAME: text or null}, "glob": {...}, "read": {...}} */
    bool is_frozen;    /* answers only what it has; anything else is an error */
    bool is_forgetful; /* remembers nothing: for expressions evaluated while the run goes on */
};

void snapshot_init(struct snapshot *snapshot, const char *directory);
void snapshot_release(struct snapshot *snapshot);
/* Makes it frozen with these answers (borrowed). */
void snapshot_freeze(struct snapshot *snapshot, json_t *answers);

/* New; NULL with an error. A variable that is not set is JSON null. */
json_t *snapshot_env(struct snapshot *snapshot, const char *variable, struct error *error);
/* The sorted paths (bytewise) that match a pattern; `**` crosses directories; relative to
 * snapshot->directory as the pattern is. No match: an empty list. */
json_t *snapshot_glob(struct snapshot *snapshot, const char *pattern, struct error *error);
/* A file's text: UTF-8 without NUL, at most 64 MiB. */
json_t *snapshot_read(struct snapshot *snapshot, const char *path, struct error *error);

#endif
