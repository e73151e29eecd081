/* The story of a deadlock: who waits for what, held by whom, where. */
#ifndef RUN_DEADLOCK_H
#define RUN_DEADLOCK_H

#include "run/state.h"

/* Right after the scheduler has found it: a line, and one more for each that is stuck. */
void deadlock_write(const struct run *run, struct buffer *out);

#endif
