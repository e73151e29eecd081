/* What the loop has for this layer alone: watches that another thread arms. */
#ifndef EXECUTE_LOOP_H
#define EXECUTE_LOOP_H

#include "execute/execute.h"

/* A watch without a descriptor yet; only the loop's thread makes and removes it. */
struct watch *loop_reserve(struct loop *loop, loop_callback *callback, void *context);
/* Gives it a descriptor; from any one thread, which owns the watch until the loop is told of it.
 * False with errno. Callbacks may come before this has returned. */
bool loop_arm(struct loop *loop, struct watch *watch, int descriptor, uint32_t events);

/* The alarms of a loop: a heap by time. */
struct alarms {
    struct alarm **heap; /* by time; the first is the next */
    uint32_t count, capacity;
    struct alarm *spare;
    uint64_t order; /* of the next one made */
};
struct alarm *alarms_add(struct alarms *alarms, int64_t at, loop_timer_callback *callback,
                         void *context);
void alarms_cancel(struct alarms *alarms, struct alarm *alarm);
void alarms_delay(struct alarms *alarms, int64_t by);
int64_t alarms_next(const struct alarms *alarms); /* INT64_MAX: none */
/* Calls back for those due at `now`, not for those that the callbacks add. */
void alarms_run(struct alarms *alarms, int64_t now);
void alarms_release(struct alarms *alarms);

#endif
