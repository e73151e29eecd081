/* Why a wait failed, in words: for the standard error of a verb, and for a task's end. */
#ifndef RUN_CAUSE_H
#define RUN_CAUSE_H

#include "run/state.h"

/* Of ACTION_REPLY (code, cause) and ACTION_CONCLUDE (cause): "spinup: broken: case[re=400] failed".
 * What was waited for comes first. Nothing where there is no cause. */
void cause_write(const struct run *run, const struct action *action, struct buffer *out);
/* Without what was waited for: "broken: case[re=400] failed". */
void cause_write_why(const struct run *run, const struct action *action, struct buffer *out);
/* What an operation of a program waits for, and where it stands: "waiting at barrier spinup
 * (flow.yml:12:9)". gate, token: as in the action, or struct wait. */
void cause_write_wait(const struct run *run, uint32_t node, uint32_t operation, uint32_t gate,
                      uint32_t token, struct buffer *out);

#endif
