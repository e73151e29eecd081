/* The threads that start processes side by side, and stay with each for its first moment. */
#ifndef EXECUTE_SPAWNERS_H
#define EXECUTE_SPAWNERS_H

#include <sys/queue.h>
#include <sys/resource.h>

#include "execute/loop.h"
#include "execute/moment.h"

/* One process to start. Borrowed from spawners_add until it is given back. */
struct spawn_job {
    struct spawn spawn;
    bool is_queued; /* the threads' own */
    TAILQ_ENTRY(spawn_job) link;
};
TAILQ_HEAD(spawn_jobs, spawn_job);

/* Gives a job back, under the loop's lock, from the thread that had it. The process was not
 * started; or its first moment is over, or the process is (moment->is_over). What it wrote so far
 * is in the moment. */
typedef void spawners_report(void *context, struct spawn_job *job, const struct moment *moment);

struct spawners;
/* At most `most` threads, made when they are needed; they use setup and loop until the end. All
 * functions are called under the loop's lock. */
struct spawners *spawners_new(struct loop *loop, const struct spawn_setup *setup, uint32_t most,
                              spawners_report *report, void *context, struct error *error);
void spawners_add(struct spawners *spawners, struct spawn_job *job);
/* Takes back a job whose start has not begun; false if it has. */
bool spawners_withdraw(struct spawners *spawners, struct spawn_job *job);
/* Drops the jobs that have not begun, and waits until the others have been given back. */
void spawners_free(struct spawners *spawners);

#endif
