/* The pipes between tasks: made by the kernel when the first task of a set is launched. */
#ifndef RUN_PIPES_H
#define RUN_PIPES_H

#include "run/attempt.h"

/* Gives an attempt of a task its ends of pipes, in attempt->ends, and makes the pipes for the first
 * one of their set. False with an error; then others of the set get none, too. */
bool run_pipes_take(struct attempt *attempt, struct error *error);
/* Closes the attempt's ends: when its process has them, or never will. */
void run_pipes_let_go(struct attempt *attempt);

/* Is the end of this attempt to wait until those have ended that read what it writes? So it is of
 * one that was killed for want of readers: if one of them has failed, that is what is to be told
 * first. Then attempt_end is called again, a second later at most (if they only run on). */
bool run_pipes_hold(struct attempt *attempt);
/* The attempt that writes what this one reads, and whose end waits; or NULL. */
struct attempt *run_pipes_held_writer(const struct attempt *attempt);

/* Nothing runs any more. */
void run_pipes_close(struct run *run);

#endif
