/* The environment of a task: the inherited one with the task's own entries over it. */
#ifndef RUN_ENVIRONMENT_H
#define RUN_ENVIRONMENT_H

#include <stdint.h>

struct environment {
    char **entries; /* NAME=value, sorted by name; borrowed from the process */
    uint64_t *keys; /* of each the first letters of the name */
    uint32_t count;
};

/* The inherited environment without what an outer pargraph said of its own task, and with `mark`,
 * an entry of our own (borrowed; NULL: none). */
void environment_init(struct environment *inherited, char *mark);
void environment_release(struct environment *inherited);

/* A new array for execve, ending in NULL: own entries (NAME=value, or NAME alone: taken out) win
 * over inherited ones, a later own one over an earlier. The array is the caller's, its texts are
 * borrowed. own ends in NULL. */
char **environment_merge(const struct environment *inherited, char *const *own);

#endif
