/* The paths that match a pattern. */
#ifndef VALUE_GLOB_H
#define VALUE_GLOB_H

#include <jansson.h>

#include "base/error.h"

/* A new list of the paths that match, sorted bytewise and spelled as the pattern is; NULL with an
 * error. Relative ones begin at directory. A segment is fnmatch's, `*` leaves out names that begin
 * with a dot; `**` is any number of directories, but none that begins with a dot or is reached by a
 * symbolic link. A pattern that ends in a slash matches directories only. */
json_t *glob_paths(const char *directory, const char *pattern, struct error *error);

#endif
