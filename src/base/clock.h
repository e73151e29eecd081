/* The two clocks, in nanoseconds. Only execute, run and cli ask them; everything pure is told. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

int64_t clock_monotonic(void); /* never steps; for durations and timers */
int64_t clock_wall(void);      /* since 1970; for people: it may be set at any time */
/* Which boot of which machine the monotonic clock counts in; 0: that is not known. */
uint64_t clock_boot(void);

#endif
