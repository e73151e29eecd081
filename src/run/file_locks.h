/* Locks that hold between runs: of files. */
#ifndef RUN_FILE_LOCKS_H
#define RUN_FILE_LOCKS_H

#include "run/state.h"

/* Carries out ACTION_SEEK: gets the lock of the token's file, however long that takes; then comes
 * INPUT_CAPACITY 1. The file is made if it is not there, and never written or removed. One whose
 * file cannot be opened is told of, and the run is ended. */
void file_locks_seek(struct run *run, uint32_t token);
/* Carries out ACTION_YIELD: lets it go. */
void file_locks_yield(struct run *run, uint32_t token);
/* Before a resumed run goes on: what is held in it is held again (INPUT_RESUME takes the capacity
 * of what nobody holds). False with an error. */
bool file_locks_resume(struct run *run, struct error *error);
void file_locks_release(struct run *run);

#endif
