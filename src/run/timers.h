/* The timers that the scheduler asks for. */
#ifndef RUN_TIMERS_H
#define RUN_TIMERS_H

#include "run/state.h"

/* Carries out ACTION_TIMER: INPUT_TIMER when it is due. Takes the place of an earlier one of the
 * node, or of the request. */
void timers_arm(struct run *run, const struct action *action);
void timers_forget_node(struct run *run, uint32_t node);
void timers_forget_request(struct run *run, uint32_t request);
void timers_release(struct run *run);

#endif
