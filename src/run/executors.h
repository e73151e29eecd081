/* The executors of a run: of processes, from its beginning; of functions on threads and in worker
 * processes, each from the first call that needs it. */
#ifndef RUN_EXECUTORS_H
#define RUN_EXECUTORS_H

#include "run/state.h"

bool executors_open(struct run *run, struct error *error);
/* Where this call belongs; NULL with an error. */
struct executor *executors_of_call(struct run *run, const struct invocation *call,
                                   struct error *error);
/* See execute.h: pause of all; close of all, functions first. Closing again does nothing. */
void executors_pause(struct run *run, bool is_paused);
void executors_close(struct run *run);

#endif
