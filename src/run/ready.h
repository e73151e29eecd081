/* When a daemon is ready: what its `ready` says is looked for until it is there, or time is over.
 */
#ifndef RUN_READY_H
#define RUN_READY_H

#include "run/attempt.h"

/* Of a daemon's attempt: its process has started. Others are passed over. INPUT_READY comes when it
 * is ready; one that is not in time is ended, and ready_fault says why. */
void ready_begin(struct attempt *attempt);
/* Bytes that it wrote. */
void ready_output(struct attempt *attempt, const char *bytes, size_t length);
/* A command that asked whether it is ready (ATTEMPT_PROBE in its number) has ended. */
void ready_answered(struct attempt *attempt, const struct exit_report *report);
/* The daemon has ended. False while such a command runs still: it is ended, and ready_answered
 * comes first. */
bool ready_end(struct attempt *attempt);
/* Why it was ended; NULL: not for this. */
const char *ready_fault(const struct attempt *attempt);
void ready_release(struct attempt *attempt);

#endif
