/* What the loop has for this layer alone: its lock. */
#ifndef EXECUTE_LOOP_H
#define EXECUTE_LOOP_H

#include "execute/execute.h"

/* The thread of the loop holds its lock all the time but while it waits: for events in loop_turn,
 * or for other threads where it says so (spawners_free, a pause of the executor). Another thread
 * that has something to tell takes its place for so long: with the lock it may do what a callback
 * may, and then lets follow what follows a batch of callbacks (loop_set_after), which wakes the
 * loop's thread if it must know. */
void loop_lock(struct loop *loop);
void loop_follow(struct loop *loop);
/* An alarm was set by another thread, which lets nothing follow: the loop's thread is woken, if it
 * would wait for too long. */
void loop_wake(struct loop *loop);
void loop_unlock(struct loop *loop);
bool loop_try_lock(struct loop *loop);
/* For who takes the lock again and again: lets go of it for the loop's thread, if that waits for
 * it. A mutex would be had again before the waking of the other thread has come to anything. */
void loop_give_way(struct loop *loop);

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
