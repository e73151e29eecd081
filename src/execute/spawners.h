/* The threads that start processes side by side. */
#ifndef EXECUTE_SPAWNERS_H
#define EXECUTE_SPAWNERS_H

#include <sys/queue.h>

#include "execute/loop.h"
#include "execute/spawn.h"

/* One process to start. Borrowed from spawners_add until it is given back. */
struct spawn_job {
    struct spawn spawn;
    struct watch *watch; /* reserved: armed with the process's pidfd by the thread that starts it */
    bool is_armed;       /* false: nobody watches, for want of resources */
    bool is_queued;      /* the threads' own */
    TAILQ_ENTRY(spawn_job) link;
};
TAILQ_HEAD(spawn_jobs, spawn_job);

struct spawners;
/* At most `most` threads, made when they are needed; they use setup and loop until the end. */
struct spawners *spawners_new(struct loop *loop, const struct spawn_setup *setup, uint32_t most,
                              struct error *error);
void spawners_add(struct spawners *spawners, struct spawn_job *job);
/* Takes back a job whose start has not begun; false if it has. */
bool spawners_withdraw(struct spawners *spawners, struct spawn_job *job);
/* Moves all finished jobs to the end of `ret`. */
void spawners_collect(struct spawners *spawners, struct spawn_jobs *ret);
/* Becomes readable when a start has failed; a good start rings nothing. */
int spawners_bell(const struct spawners *spawners);
/* Drops the jobs that have not begun, waits for the rest, and moves all to `ret`. */
void spawners_free(struct spawners *spawners, struct spawn_jobs *ret);

#endif
