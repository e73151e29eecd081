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
 * tokens, until it is reported finished).
 *
 * An instance with a program goes through its operations one by one. It RUNs while a body is at the
 * executor, or while run concludes its attempt (ACTION_CONCLUDE: cleanup, values; then
 * INPUT_FINISHED with OPERATION_END). Where it waits it gives its running tokens back and keeps the
 * others: TOKEN for those of a group, GATE for a gate, SLEEP for a timer (EVALUATE keeps all, for
 * the answer comes by itself); and is in REGAIN until it has its running tokens again, which it
 * asks for only before a body (or the conclusion), ahead of all that have not begun. A body that
 * waits by a verb (INPUT_REQUEST) gives them back too, unless another of its verbs does not wait,
 * and has them again before its reply.
 *
 * A node ends after all its needs have. After a failure (drain, fast) or a cancel, what waits for
 * tokens or a retry ends at once: cancelled, or as the failure its last attempt was; what waits for
 * needs ends when these have. Tasks of finally start after all others whatever became of these,
 * unless a condition, or a need among themselves, keeps them; only a kill touches them.
 *
 * A gang (tasks that pipes join) is one set (gang.c). READY is then also who waits for the other
 * members, and RUN who has finished before them. All its ACTION_LAUNCHes come from one input, next
 * to each other but for facts and timers, in the order of gang.nodes; nothing of it ends before the
 * last has finished, and then all end alike: FACT_FAILED or FACT_ENDED comes for each, of those
 * that did not fail themselves with OUTCOME_STUCK and CAUSE_PEER. Outcomes of a gang's facts are
 * the scheduler's own.
 *
 * A resume (resume.c) takes nodes that ended badly back to PENDING, and what runs through RUN, as
 * lost, to its line again. One with a program goes on where a retry would; where that may not be,
 * for others have seen what it did, it stays, or becomes, a failure. */
#ifndef SCHEDULE_SCHEDULE_H
#define SCHEDULE_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "fact/fact.h"
#include "plan/plan.h"

enum { SCHEDULER_VERSION = 3 };

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
    ACTION_TIMER,  /* INPUT_TIMER(node, request, timer) at `at`; replaces the node's (or request's)
                      earlier timer. NO_NODE: the run's own, which is one more */
    ACTION_RECORD, /* tell the observers `fact` */
    ACTION_END,    /* the run has ended: all nodes ended, no process is left */
    ACTION_CONCLUDE, /* an attempt of a program has come to its end, or failed (cause, culprit,
                        gate, token say why where no process did): clean up, keep its values, then
                        INPUT_FINISHED with OPERATION_END and its outcome */
    ACTION_REPLY,    /* answer a request: `code`, with cause and culprit; item of a GET */
    ACTION_BIND,  /* an operation (GET) has got `item`; NO_ITEM: it failed, and that is tolerated */
    ACTION_SEEK,  /* get the lock of this token's file; then INPUT_CAPACITY 1 */
    ACTION_YIELD, /* let it go: the capacity is 0 again */
};

enum reply_code { REPLY_DONE = 0, REPLY_FAILED = 1, REPLY_REFUSED = 2, REPLY_TIMEOUT = 124 };

enum signal_how {
    SIGNAL_STOP, /* TERM and CONT, then KILL after the grace */
    SIGNAL_KILL,
};

struct action {
    uint8_t kind;
    uint8_t flags;          /* EVALUATE, EXPAND: CALLS_... that are true */
    uint8_t how;            /* SIGNAL */
    uint8_t cause;          /* CONCLUDE, REPLY: enum cause */
    uint8_t code;           /* REPLY: enum reply_code */
    bool is_failed;         /* CONCLUDE: the attempt has failed (by a body, if there is no cause) */
    bool is_stopped;        /* CONCLUDE: a cancel or its timeout ended it */
    uint32_t node, attempt; /* of RECORD: node alone */
    uint32_t operation;     /* EVALUATE, LAUNCH, SIGNAL, CONCLUDE (where it failed or was stopped),
                               BIND */
    union {
        struct fact fact;         /* RECORD */
        struct {                  /* all others */
            uint32_t request;     /* REPLY, TIMER */
            uint32_t item;        /* REPLY, BIND, EXPAND of a queue's matrix */
            uint32_t gate, token; /* CONCLUDE, REPLY: what was waited for, or NO_GATE, UINT32_MAX;
                                     SEEK, YIELD */
            uint32_t culprit;     /* CONCLUDE, REPLY: a node, or NO_NODE */
            uint32_t seen;        /* CONCLUDE of a failure: it is not tried again because others
                                     have seen what it did at this gate; NO_GATE: not for that */
            uint32_t timer;       /* TIMER: generation, to be given back */
            int64_t at;           /* TIMER */
        };
    };
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
/* Of a node that the plan has grown by and the scheduler has not been told of: as at its beginning.
 */
enum state scheduler_state(const struct scheduler *scheduler, uint32_t node);
enum status scheduler_status(const struct scheduler *scheduler, uint32_t node);
uint32_t scheduler_attempt(const struct scheduler *scheduler, uint32_t node); /* 0: none yet */
bool scheduler_has_ended(const struct scheduler *scheduler);
/* The run was ended for a deadlock. */
bool scheduler_is_stuck(const struct scheduler *scheduler);
/* Where a node with a program stands; NO_OPERATION before its first. */
uint32_t scheduler_operation(const struct scheduler *scheduler, uint32_t node);
/* Where a resume would have a node with a program go on that has begun and not ended well: an
 * operation, or their number, where only its conclusion is left; NO_OPERATION: at its beginning.
 * *ret_seen: the gate because of which it cannot go on, but stays a failure; or NO_GATE. */
uint32_t scheduler_restart(const struct scheduler *scheduler, uint32_t node, uint32_t *ret_seen);
bool scheduler_event_is_set(const struct scheduler *scheduler, uint32_t gate);
uint32_t scheduler_queue_length(const struct scheduler *scheduler, uint32_t gate);

/* Who waits for what: each node that has begun and waits, and each request that waits. */
struct wait {
    uint32_t node, operation, request; /* NO_REQUEST: the node itself */
    uint32_t gate;                     /* or NO_GATE: */
    uint32_t token;                    /* one that it lacks, or UINT32_MAX: a timer */
    bool is_regaining;                 /* token is a running one: it goes on as soon as it has it */
    int64_t since;
    int64_t until; /* its timeout or timer; INT64_MAX */
    bool is_stuck; /* after a deadlock: it is part of it */
};
typedef VEC(struct wait) wait_list;
void scheduler_waits(const struct scheduler *scheduler, wait_list *ret); /* in order of nodes */
/* Who holds a token, and who could still open a gate (by `role`): appends nodes. A keyed lock's or
 * semaphore's holders by their requests count as their nodes. */
void scheduler_holders(const struct scheduler *scheduler, uint32_t token, node_list *ret);
void scheduler_openers(const struct scheduler *scheduler, uint32_t gate, enum use_role role,
                       node_list *ret);
/* Of tokens: what is free now, and what waits in front of it. */
uint64_t scheduler_free_tokens(const struct scheduler *scheduler, uint32_t token);

/* Recounts everything that is kept twice, by brute force; for tests. NULL, or what is wrong. */
const char *scheduler_check(const struct scheduler *scheduler);

#endif
