/* The reading ends of what takes the place of descriptors 1 and 2. */
#ifndef EXECUTE_RAW_OUTPUT_H
#define EXECUTE_RAW_OUTPUT_H

#include "execute/execute.h"

/* Of stream 1 or 2; does not block. */
int raw_output_end(const struct raw_output *raw, int stream);
/* For the last words of this process, in whatever state it is: descriptors 1 and 2 are what they
 * were. Async-signal-safe; nothing where there is none. */
void raw_output_restore(void);

#endif
