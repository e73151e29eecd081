/* Where a program is: the search along PATH, remembered. */
#ifndef EXECUTE_LOOKUP_H
#define EXECUTE_LOOKUP_H

#include <stdbool.h>

#include "base/names.h"

enum { LOOKUP_SLOTS = 64 };

struct lookup_entry {
    char *program, *path, *directory; /* the question; directory NULL where it made no difference */
    const char *found;                /* NULL: a free entry */
};
struct lookup {
    struct names found; /* every file found; so an answer never moves while others are sought */
    struct lookup_entry entries[LOOKUP_SLOTS];
};

void lookup_init(struct lookup *lookup);
/* The file that `program` means, as execvpe would find it from `directory` with `env`: one with a
 * slash is itself. NULL with *ret_error: ENOENT, or EACCES where only files were found that may not
 * be run. Lives as long as the table, or as `program`. */
const char *lookup_find(struct lookup *lookup, const char *program, char *const *env,
                        const char *directory, int *ret_error);
/* Drops what is remembered for one. */
void lookup_forget(struct lookup *lookup, const char *program);
void lookup_release(struct lookup *lookup);

#endif
