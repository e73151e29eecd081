/* Which GPUs an attempt has: the scheduler counts them, here they have numbers, from 0. */
#ifndef RUN_GPUS_H
#define RUN_GPUS_H

#include "run/attempt.h"

enum { GPU_ENTRIES = 2 };

/* An attempt's body is about to be launched with so many: the lowest free numbers are its own until
 * gpus_give_back. A node that has some already (of an earlier step of the attempt) keeps those.
 * What tells them, PARGRAPH_GPUS and CUDA_VISIBLE_DEVICES, goes into attempt->gpu_entries. */
void gpus_take(struct attempt *attempt, uint64_t count);
/* The same entries for what follows a body: the cleanup. None if the node has no GPUs. */
void gpus_tell(struct attempt *attempt);
/* The node's attempt has ended; its numbers are free. */
void gpus_give_back(struct run *run, uint32_t node);

#endif
