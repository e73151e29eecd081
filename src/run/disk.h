/* What was written is brought to the disk once a second, beside the loop. */
#ifndef RUN_DISK_H
#define RUN_DISK_H

#include "run/state.h"

/* Begins to, if it is time and nothing is under way. Breaks the run where it turns out not to be
 * possible. */
void disk_look(struct run *run);
/* Nobody waits for what is under way any more: before the last, which is waited for. */
void disk_stop(struct run *run);

#endif
