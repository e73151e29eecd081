/* Why a wait failed, in words: for the standard error of a verb, and for a task's end. */
#ifndef RUN_CAUSE_H
#define RUN_CAUSE_H

#include "run/state.h"

/* Of ACTION_REPLY (code, cause) and ACTION_CONCLUDE (cause): "spinup: broken: case[re=400] failed".
 * What was waited for comes first. Nothing where there is no cause. */
void cause_write(const struct run *run, const struct action *action, struct buffer *out);

#endif
