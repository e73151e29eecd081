/* Names of runs: what one looks like, and which comes first. */
#ifndef HISTORY_RUN_ID_H
#define HISTORY_RUN_ID_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

/* 20261123-225501: the time in UTC. */
void run_id_write(int64_t wall, struct buffer *out);
/* The id behind a valid one: 20261123-225501-2 and so on. False: there is none. */
bool run_id_write_next(const char *id, struct buffer *out);
bool run_id_is_valid(const char *text);
int64_t run_id_wall(const char *id); /* the second it was made in, in nanoseconds since 1970 */
/* Which is older: negative, 0, positive. Of valid ids only. */
int run_id_compare(const char *a, const char *b);

#endif
