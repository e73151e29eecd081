/* The scheduling core: pure. Inputs say what happened, actions what to do; no clock but input->now,
 * no I/O, no threads, and the same inputs give the same actions for ever (SCHEDULER_VERSION changes
 * when they do not). Rules and traps: the head of each .c file.
 *
 * The life of an instance:
 *
 *   PENDING → [EVALUATE] → READY → LAUNCHED/RUNNING → ENDED
 *                  ↑                     ↓
 *                  └───────────────── DELAY (a retry waits, holding nothing)
 *
 * PENDING waits for needs; EVALUATE for run's answer on `if` and resources; READY stands in a line
 * for tokens; RUNNING has an attempt at the executor (a signalled one still runs, and holds its
 * tokens, until it is reported finished). TOKEN, GATE, REGAIN and SLEEP are the states of tasks
 * with steps; they have their numbers here and no way in yet.
 *
 * A node ends after all its needs have. After a failure (drain, fast) or a cancel, what waits for
 * tokens or a retry ends at once: cancelled, or as the failure its last attempt was; what waits for
 * needs ends when these have. Tasks of finally start after all others whatever became of these,
 * unless a condition, or a need among themselves, keeps them; only a kill touches them.
 *
 * A resume (resume.c) takes nodes that ended badly back to PENDING, and what runs through RUN, as
 * lost, to its line again. */
#ifndef SCHEDULE_SCHEDULE_H
#define SCHEDULE_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "fact/fact.h"
#include "plan/plan.h"

enum { SCHEDULER_VERSION = 1 };

enum state {
    STATE_PENDING,
    STATE_EVALUATE,
    STATE_READY,
    STATE_RUN,
    STATE_TOKEN,
    STATE_GATE,
    STATE_REGAIN,
    STATE_SLEEP,
    STATE_DELAY,
    STATE_ENDED,
};

enum action_kind {
    ACTION_EVALUATE, /* plan_evaluate(node, attempt, flags), then INPUT_EVALUATED */
    ACTION_EXPAND,   /* plan_expand(node, flags): append the instances of this template; then
                        INPUT_EXPANDED. One at a time: the next comes after that */
    ACTION_LAUNCH,   /* start attempt; INPUT_STARTED and INPUT_FINISHED follow */
    ACTION_SIGNAL,   /* end the attempt: `how` */
    ACTION_TIMER,    /* INPUT_TIMER(node, timer) at `at`; replaces the node's earlier timer */
    ACTION_RECORD,   /* tell the observers `fact` */
    ACTION_END,      /* the run has ended: all nodes ended, no process is left */
};

enum signal_how {
    SIGNAL_STOP, /* TERM and CONT, then KILL after the grace */
    SIGNAL_KILL,
};

struct action {
    uint8_t kind;
    uint8_t flags; /* EVALUATE, EXPAND: CALLS_... that are true */
    uint8_t how;   /* SIGNAL */
    uint32_t node, attempt;
    uint32_t timer;   /* TIMER: generation, to be given back */
    int64_t at;       /* TIMER */
    struct fact fact; /* RECORD */
};

struct action_list {
    struct action *items;
    uint32_t count, capacity;
};
void action_list_release(struct action_list *actions);

struct scheduler_options {
    uint8_t failure_policy; /* enum failure_policy */
};

struct scheduler;
/* plan (borrowed) may grow between calls, by appending. */
struct scheduler *scheduler_new(const struct plan *plan, const struct scheduler_options *options);
void scheduler_free(struct scheduler *scheduler);
/* Appends what is to be done to *out. Facts' outcomes borrow from *in. Inputs about attempts that
 * are no longer there (a timer of an earlier generation) are ignored. */
void scheduler_handle(struct scheduler *scheduler, const struct input *in, struct action_list *out);

struct counts {
    uint32_t pending; /* waiting for needs, evaluation, tokens or a retry */
    uint32_t running;
    /* ended instances; a template that was not expanded counts as one, other joins do not */
    uint32_t by_status[STATUS_FAILURE + 1];
    uint32_t tolerated; /* of the failures: with continue-on-error */
};
const struct counts *scheduler_counts(const struct scheduler *scheduler);
/* Of a node that the plan has grown by and the scheduler has not been told of: as at its beginning. */
enum state scheduler_state(const struct scheduler *scheduler, uint32_t node);
enum status scheduler_status(const struct scheduler *scheduler, uint32_t node);
uint32_t scheduler_attempt(const struct scheduler *scheduler, uint32_t node); /* 0: none yet */
bool scheduler_has_ended(const struct scheduler *scheduler);
/* Of tokens: what is free now, and what waits in front of it. */
uint64_t scheduler_free_tokens(const struct scheduler *scheduler, uint32_t token);

/* Recounts everything that is kept twice, by brute force; for tests. NULL, or what is wrong. */
const char *scheduler_check(const struct scheduler *scheduler);

#endif
