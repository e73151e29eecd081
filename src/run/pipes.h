/* The pipes between tasks: made by the kernel when the first task of a set is launched. */
#ifndef RUN_PIPES_H
#define RUN_PIPES_H

#include "run/attempt.h"

/* Gives an attempt of a task its ends of pipes, in attempt->ends, and makes the pipes for the first
 * one of their set. False with an error; then others of the set get none, too. */
bool run_pipes_take(struct attempt *attempt, struct error *error);
/* Closes the attempt's ends: when its process has them, or never will. */
void run_pipes_let_go(struct attempt *attempt);
/* Nothing runs any more. */
void run_pipes_close(struct run *run);

#endif
