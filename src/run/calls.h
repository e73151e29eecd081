/* Attempts whose body is a function. */
#ifndef RUN_CALLS_H
#define RUN_CALLS_H

#include "run/attempt.h"

/* attempt->call, its executor and attempt->launch; what its cleanup needs. */
bool call_prepare(struct attempt *attempt, struct error *error);
/* What the executor reports, as the attempt's outcome: its result goes into the values file. */
void call_end(struct attempt *attempt, const struct exit_report *report);
/* Carries out reports.unstoppable: says which function it is, and ends the run. */
void call_is_unstoppable(struct attempt *attempt);
/* Shows what --dry-run would call. */
void call_tell_dry(const struct attempt *attempt);

#endif
