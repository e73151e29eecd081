/* Comma-separated values (RFC 4180). */
#ifndef VALUE_CSV_H
#define VALUE_CSV_H

#include <jansson.h>
#include <stddef.h>

#include "base/error.h"

/* A new list with one map for each row behind the first, whose fields are the keys; all values are
 * text. NULL with an error that begins with file and line. Empty lines are passed over, and so is a
 * byte order mark. */
json_t *csv_rows(const char *file, const char *text, size_t length, struct error *error);

#endif
