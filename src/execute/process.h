/* The process executor's own: its attempts, and the parts that act on them. */
#ifndef EXECUTE_PROCESS_H
#define EXECUTE_PROCESS_H

#include <sys/queue.h>

#include "execute/execute.h"
#include "execute/lookup.h"
#include "execute/spawners.h"

/* An attempt's way:
 *   HELD → SPAWNING → RUNNING → DRAINING → reported, and its memory used again
 * HELD: not with the spawners, for want of resources or in a pause. SPAWNING: with them. DRAINING:
 * the process has ended, a pipe is held open by another. From HELD and SPAWNING it may end at once
 * (never started). */
enum attempt_state { ATTEMPT_HELD, ATTEMPT_SPAWNING, ATTEMPT_RUNNING, ATTEMPT_DRAINING };

struct attempt;
struct remnant; /* what a stopped attempt may leave behind; see stop.c */
struct attempt_pipe {
    struct attempt *attempt;
    int descriptor; /* -1: none, or closed at its end */
    int stream;     /* enum report_stream */
    struct watch *watch;
};

struct attempt {
    struct spawn_job job; /* the spawners' while SPAWNING */
    struct process_executor *executor;
    const struct launch *launch;
    uint32_t node, number;
    uint8_t state;     /* enum attempt_state */
    bool is_stopped;   /* TERM was sent or is due */
    bool is_killed;    /* KILL was */
    bool is_unwatched; /* in the list of these */
    bool is_looked_up; /* its program was sought anew, after it was not where it had been */
    int64_t stood;     /* the executor's, when this was handed to the spawners */
    int handle;        /* a pidfd, once it is watched; -1 */
    struct watch *watch;
    struct attempt_pipe pipes[2];
    struct alarm *drain_limit;
    struct remnant *remnant; /* of a stopped one */
    struct alarm *aborting;  /* of one that was stopped while it was started */
    struct exit_report report;
    TAILQ_ENTRY(attempt) link; /* among the held or the unwatched */
    struct attempt *next;      /* in its bucket, or among the spare */
};
TAILQ_HEAD(attempt_list, attempt);

struct process_executor {
    struct executor base;
    struct loop *loop;
    struct reports reports;
    int64_t grace, drain, patience;
    struct spawn_setup setup;
    struct spawners *spawners;
    bool is_closing;
    struct lookup lookup;

    struct attempt **buckets; /* by node and attempt */
    uint32_t bucket_count, count;
    struct attempt *spare;

    uint32_t with_spawners; /* attempts SPAWNING */
    uint32_t processes;     /* RUNNING */
    struct attempt_list held;
    uint32_t window; /* so many may be SPAWNING or RUNNING; UINT32_MAX unless resources failed */
    int64_t failing; /* since when nothing runs and nothing can be started; 0: not so */
    struct alarm *try_again;
    bool is_paused;                /* nothing is handed to the spawners */
    int64_t paused_at;             /* if so: since when all stands still */
    int64_t stood;                 /* for how long all has stood still so far, nanoseconds */
    struct attempt_list unwatched; /* RUNNING, and not all of it watched, for want of resources */
    struct alarm *look;
    struct alarm *reaping; /* of what was left to us by others */

    struct spawn_jobs settled; /* SPAWNING, but known not to start: told in the next turn */
    struct alarm *settling;
    long own_memory; /* the most this process was seen to have resident, KiB */

    struct remnant *remnants;
    struct alarm *sweeping;

    char *bytes; /* OUTPUT_SIZE, for reading pipes */
};
enum { OUTPUT_SIZE = 64 * 1024 };

/* process.c */
struct attempt *process_find(struct process_executor *executor, uint32_t node, uint32_t number);
/* Takes the attempt out of everything, reports its end and lets go of it. */
void process_finish(struct attempt *attempt, const struct exit_report *report);
/* Starts what is held, as far as the window goes. */
void process_release_held(struct process_executor *executor);

/* start.c: from the launch to a process. */
void process_submit(struct attempt *attempt);
/* A SPAWNING attempt that is not with the spawners ends in the next turn, as its flags or the step
 * and error in its job say: never from within the caller, which may be a report of another end. */
void process_settle_later(struct attempt *attempt);
/* The spawners' report. */
void process_given_back(void *context, struct spawn_job *job, const struct moment *moment);

/* output.c: the pipes. */
void pipes_open(struct attempt *attempt);
/* Watches them; false for want of resources. */
bool pipes_watch(struct attempt *attempt);
/* Reports what is there, up to a bound. False if more may come: a pipe is open still. */
bool pipes_drain(struct attempt *attempt);
void pipes_close(struct attempt *attempt);

/* stop.c: signals, and what is left of those that were stopped. */
void process_signal(struct executor *executor, uint32_t node, uint32_t number, bool is_kill);
/* Sends what is due to an attempt whose process has just been learnt of. */
void stop_started(struct attempt *attempt);
/* Its process has ended: what it left is to be ended, too. */
void stop_ended(struct attempt *attempt);
/* All KILLs that are due some time are due so much later. */
void stop_delay(struct process_executor *executor, int64_t by);
void stop_close(struct process_executor *executor);

#endif
