/* Attempts: from the scheduler's launch to the outcome it is told.
 *
 * An attempt is the body's process and then, whatever became of it, the cleanup's; its outcome is
 * known when both have ended. For the executor the cleanup is an attempt of its own, told by
 * ATTEMPT_CLEANUP in its number. */
#ifndef RUN_ATTEMPT_H
#define RUN_ATTEMPT_H

#include "run/state.h"

#define ATTEMPT_CLEANUP 0x80000000u

/* The reports an executor is given, but for the context: the struct run. */
extern const struct reports attempt_reports;

/* Carries out ACTION_LAUNCH. What cannot be started is pushed as finished. */
void attempt_launch(struct run *run, uint32_t node, uint32_t number);
/* Carries out ACTION_SIGNAL. */
void attempt_signal(struct run *run, const struct action *action);
/* Told before the signal that it is a timeout's, for the cleanup's $PARGRAPH_STATUS. */
void attempt_note_signal(struct run *run, uint32_t node, bool is_timeout);
/* Frees what is left at the end of a run that broke. */
void attempts_release(struct run *run);

#endif
