/* The state of what synchronises; see schedule/state.h for the rest.
 *
 * An instance with a program, or whose body asks for something by a verb, has a *course* from its
 * first launch to its end; if that was not a good one, for ever, so that a resume knows where to go
 * on. Courses, holds, waiters and requests are numbered slots that are used
 * again. What follows from an input goes to the agenda, one entry at a time, and between two
 * entries all tokens are granted that can be: so whoever takes without waiting passes nobody. */
#ifndef SCHEDULE_SYNC_H
#define SCHEDULE_SYNC_H

#include "schedule/state.h"

enum { NO_COURSE = UINT32_MAX, NO_HOLD = UINT32_MAX, NO_TOKEN = UINT32_MAX };
#define NEVER INT64_MAX

/* Where a course is within its operation. */
enum phase {
    PHASE_BEGIN,
    PHASE_ASKED,    /* run is evaluating */
    PHASE_ANSWERED, /* to be done now */
    PHASE_WAIT,     /* in a gate, in a line for a group, asleep */
    PHASE_DONE,     /* the wait is over */
    PHASE_RETAKE,   /* notified, or failed: in line for the lock that a condition gave back */
    PHASE_RETAKEN,
    PHASE_REGAIN,   /* in line for its running tokens, for the body or the conclusion */
    PHASE_BODY,     /* at the executor; in line for its running tokens for the sake of a reply */
    PHASE_FAILED,   /* `failure` says why */
    PHASE_CONCLUDE, /* run concludes the attempt */
};

struct failure {
    uint8_t cause;
    uint32_t operation; /* NO_OPERATION: the attempt as a whole */
    uint32_t culprit, gate, token;
};

/* What an open group took; groups within each other are a stack. */
struct open_group {
    uint32_t operation; /* its ENTER */
    uint32_t line;      /* what was taken */
    uint32_t below;
    int64_t deadline, earliest; /* earliest: of this and all below */
};

struct course {
    uint32_t node, waiter;
    uint32_t position;
    uint32_t restart; /* where a retry goes on */
    uint32_t fresh;   /* behind the last operation that others may have seen */
    uint32_t seen;    /* a gate where something that they may have was done since `restart` */
    uint32_t holds;   /* the innermost */
    uint32_t kept;    /* how many of them took something */
    uint32_t running; /* the line of its running tokens */
    uint32_t use_first;
    uint64_t touched; /* by use: it was executed */
    uint8_t phase;
    bool has_running;  /* tokens */
    bool is_ready;     /* a daemon */
    bool has_begun;    /* an attempt is under way, and holds its kept tokens */
    bool is_at_body;   /* one is at the executor */
    bool has_launched; /* in this attempt */
    bool is_seen;      /* there is one: it cannot go on from `restart` */
    bool was_lost;     /* and that was found by a resume: no failure that a policy heeds */
    bool is_waiting;   /* FACT_WAITING was told */
    bool is_awake;  /* its body has heard from a verb since the last that waits: it works, for all
                       that is known */
    bool is_due;    /* it is on the agenda */
    bool is_ending; /* it goes to, or through, its conclusion */
    bool is_failed, is_stopped;
    bool is_final;        /* no retry, */
    bool is_kept_back;    /* only because of what others have seen */
    bool is_retry_wanted; /* by the rule, after the body that failed */
    bool is_stuck;
    bool has_failure;
    uint32_t given_back; /* the lock of a condition that is not held while it waits, or NO_TOKEN */
    struct failure failure;
    uint32_t answer, item; /* of the evaluation: what a group takes; a PUT's item */
    int64_t duration;
    int64_t wake, deadline, attempt_deadline, armed, since;
    uint32_t requests, oldest_request; /* of its body: the latest, linked by `previous` */
    uint32_t waiting, busy,
        replies; /* of these: waiting; leases with nothing waiting below; done */
};

enum request_phase { REQUEST_NEW, REQUEST_WAITS, REQUEST_RETAKES, REQUEST_DONE, REQUEST_LEASE };
struct asking {
    uint32_t number, node, waiter;
    uint32_t next, previous;
    uint32_t parent; /* a slot */
    uint8_t verb, phase, cause, code;
    bool is_stuck, is_waiting;
    bool is_withdrawn; /* nobody waits for the answer, but it retakes its lock */
    uint32_t gate, item, line, token, culprit;
    uint32_t given_back;
    uint32_t waiting_below;
    int64_t since, deadline;
};

/* Lists of a gate's waiters: those that came to a barrier, wait for an event or condition, get from
 * a queue; and those that put into a full one. */
enum { SIDE_COME, SIDE_PUT, SIDES };
enum { ROLES = USE_CLOSE + 1 };
struct user_count {
    uint32_t known;   /* instances that may still do so */
    uint32_t unknown; /* templates not yet expanded: some number of instances */
    uint32_t last;    /* who left last, or NO_NODE */
};
struct gate_state {
    struct list lists[SIDES];
    struct user_count users[ROLES];
    uint32_t parties; /* of a barrier */
    bool is_set, is_closed;
    bool is_due; /* to be reviewed */
    VEC(uint32_t) items;
    uint32_t items_first;
};

enum watched { WATCH_NOTHING, WATCH_WAITS, WATCH_REST };

struct file {
    uint32_t token;
    bool is_sought, is_had;
};

struct lowered {
    uint32_t gate, node;
};

/* The template of a queue's matrix. */
struct taker {
    uint32_t node, waiter;
    uint32_t item;      /* that its next instance is being made of, or NO_ITEM */
    uint32_t unstarted; /* of its instances: neither launched yet nor ended */
    bool is_due;
};

struct numbered {
    uint32_t number, slot;
};

struct sync {
    uint32_t *course_of; /* by node */
    uint32_t node_capacity;
    VEC(struct course) courses;
    VEC(struct open_group) holds;
    VEC(struct asking) requests;
    uint32_t courses_free, holds_free, requests_free;
    VEC(struct numbered) numbers; /* of requests, ascending; those that are gone: NO_REQUEST */
    uint32_t numbers_gone;

    struct gate_state *gates;
    uint32_t gate_count;
    VEC(struct lowered) lowered; /* who is no party of which barrier: it was skipped */

    VEC(struct file) files; /* tokens that are files' locks */

    VEC(struct taker) takers;
    uint32_t takers_waiting; /* at their queues */

    uint32_t parked;  /* courses in TOKEN or GATE */
    uint32_t witness; /* the node that was last seen to be live */
    uint32_t watch;   /* generation of the run\'s own timer: odd while armed */
    uint8_t watched;  /* for what: enum watched */
    bool is_suspect;  /* somebody came to wait, or gave up what others wait for, since it was last
                         looked for those that are stuck */
    bool has_keeper;  /* there was a ready daemon that keeps something to its end */
    wait_list stuck;  /* who was found stuck by this input */

    VEC(uint32_t) agenda; /* nodes whose courses go on */
    uint32_t agenda_first;
    VEC(uint32_t) gate_agenda;
    uint32_t gate_agenda_first;
};

/* sync.c */
void sync_init(struct scheduler *scheduler);
void sync_reach(struct scheduler *scheduler);
void sync_release(struct scheduler *scheduler);
/* Does the next thing on an agenda; false: there was nothing. */
bool sync_step(struct scheduler *scheduler);
/* A waiter has got what its line wants. */
void sync_granted(struct scheduler *scheduler, uint32_t waiter);
void sync_end(struct scheduler *scheduler, uint32_t node, enum status status);
static inline bool node_has_program(const struct scheduler *scheduler, uint32_t node)
{
    return plan_rule(scheduler->plan, node)->program != NO_PROGRAM;
}
static inline const struct program *node_program(const struct scheduler *scheduler, uint32_t node)
{
    return &scheduler->plan->programs[plan_rule(scheduler->plan, node)->program];
}

/* course.c */
static inline struct course *course_of(const struct scheduler *scheduler, uint32_t node)
{
    const struct sync *sync = scheduler->sync;
    if (sync == NULL || node >= sync->node_capacity || sync->course_of[node] == NO_COURSE)
        return NULL;
    return &sync->courses.items[sync->course_of[node]];
}
/* The operation that is at the executor; NO_OPERATION: the instance as a whole. */
uint32_t course_body(const struct scheduler *scheduler, uint32_t node);
/* The line of the running tokens of its request. */
uint32_t running_line(struct scheduler *scheduler, uint32_t node);
struct course *course_need(struct scheduler *scheduler, uint32_t node);
void course_free(struct scheduler *scheduler, struct course *course);
void course_due(struct scheduler *scheduler, struct course *course);
/* The node's state, with the counts. */
void course_move(struct scheduler *scheduler, struct course *course, enum state state);
/* It stands before `position`: where a retry goes on, unless something is held. */
void course_arrive(struct course *course, uint32_t position);
/* Where it stands is done, but nothing comes after it. */
void course_pass(struct scheduler *scheduler, struct course *course);
/* Others may have seen what it did at the gate. */
void course_see(struct course *course, uint32_t gate);
void course_timer(struct scheduler *scheduler, struct course *course);
/* Gives its running tokens back and waits, in `state`. */
void course_park(struct scheduler *scheduler, struct course *course, enum state state);
void course_goes_on(struct scheduler *scheduler, struct course *course);
/* Has its running tokens, now or already; false: it stands in line for them. */
bool course_regain(struct scheduler *scheduler, struct course *course);
/* Stands in no list any more. */
void course_leave(struct scheduler *scheduler, struct course *course);
/* The gate or token it waits for; NO_GATE, NO_TOKEN. */
void course_wait_reason(const struct scheduler *scheduler, const struct course *course,
                        uint32_t *ret_gate, uint32_t *ret_token);
bool line_of_parents_holds(const struct scheduler *scheduler, const struct course *course,
                           uint32_t parent, uint32_t token);
/* The lock of a condition is free for those who will notify. */
void lock_give_back(struct scheduler *scheduler, uint32_t lock);
/* A body is at the executor, be it that it waits by a verb. */
static inline bool node_body_is_live(const struct scheduler *scheduler, uint32_t node)
{
    const struct course *course = course_of(scheduler, node);
    if (course != NULL)
        return course->is_at_body;
    return scheduler->states[node] == STATE_RUN && !gang_member_is_over(scheduler, node);
}
/* The course of such a one; made for a body without a program. */
struct course *course_at_body(struct scheduler *scheduler, uint32_t node);
/* Is it one that goes through a program, in an attempt? */
static inline bool course_is_under_way(const struct scheduler *scheduler,
                                       const struct course *course)
{
    return course != NULL && course->has_begun && node_has_program(scheduler, course->node);
}
bool course_holds(const struct scheduler *scheduler, const struct course *course, uint32_t token);
void course_push(struct scheduler *scheduler, struct course *course, uint32_t operation,
                 uint32_t line);
void course_pop(struct scheduler *scheduler, struct course *course);
/* Takes the line's tokens if they are there; only between two entries of the agenda. */
bool line_take(struct scheduler *scheduler, uint32_t line, uint32_t node);
/* The line of what is wanted less the locks that are held. */
uint32_t course_wish(struct scheduler *scheduler, const struct course *course, uint32_t vector,
                     uint32_t parent);

/* program.c */
void course_ask(struct scheduler *scheduler, struct course *course);
void course_begin(struct scheduler *scheduler, uint32_t node);
void course_step(struct scheduler *scheduler, struct course *course);
void course_evaluated(struct scheduler *scheduler, struct course *course);
void course_granted(struct scheduler *scheduler, struct course *course);
/* What it waits for at a gate has come, or will not. */
void course_done(struct scheduler *scheduler, struct course *course);
void course_fail(struct scheduler *scheduler, struct course *course, const struct failure *failure);
void course_time_due(struct scheduler *scheduler, struct course *course);

void course_bind(struct scheduler *scheduler, struct course *course, uint32_t item);

/* attempt.c */
void course_retake(struct scheduler *scheduler, struct course *course);
void course_say_conclusion(struct scheduler *scheduler, const struct course *course);
void course_failed(struct scheduler *scheduler, struct course *course);
void course_conclude(struct scheduler *scheduler, struct course *course);
void course_finished(struct scheduler *scheduler, struct course *course);
/* Of a node without a program: gives all back, and is no more. */
void course_body_over(struct scheduler *scheduler, struct course *course);
void course_resume(struct scheduler *scheduler, struct course *course);
void course_sweep(struct scheduler *scheduler, struct course *course);
/* Nothing that it has done counts any more. */
void course_forget(struct course *course);
void course_give_all(struct scheduler *scheduler, struct course *course);

/* check_sync.c */
const char *check_sync(const struct scheduler *scheduler);
void check_add_held(const struct scheduler *scheduler, const struct course *course, uint64_t *held);

struct result {
    uint8_t cause;
    uint32_t culprit, item;
};

/* request.c */
void request_made(struct scheduler *scheduler);
void request_withdrawn(struct scheduler *scheduler);
void request_time_due(struct scheduler *scheduler);
void request_woken(struct scheduler *scheduler, uint32_t slot, const struct result *result);
void request_granted(struct scheduler *scheduler, uint32_t slot);
void request_fail(struct scheduler *scheduler, uint32_t slot, uint8_t cause);
void requests_drop(struct scheduler *scheduler, struct course *course);
/* The body runs, waits, or gets its replies, as its requests want it. */
void course_heed_requests(struct scheduler *scheduler, struct course *course);
uint32_t request_slot(const struct scheduler *scheduler, uint32_t number); /* or NO_REQUEST */

/* taker.c */
static inline bool node_is_taker(const struct scheduler *scheduler, uint32_t node)
{
    return scheduler->plan->is_join[node] == JOIN_TEMPLATE &&
           plan_rule(scheduler->plan, node)->gate != NO_GATE;
}
struct taker *taker_of(const struct scheduler *scheduler, uint32_t task);
void taker_new(struct scheduler *scheduler, uint32_t node);
/* Its needs have ended: it takes from now on. */
void taker_begin(struct scheduler *scheduler, uint32_t node);
void taker_step(struct scheduler *scheduler, uint32_t node);
/* At its queue it was given an item, or NO_ITEM: there will be none. */
void taker_woken(struct scheduler *scheduler, uint32_t node, uint32_t item);
/* Its item has become an instance, or cannot. */
void taker_expanded(struct scheduler *scheduler, uint32_t node);
/* Takes no more, for now or for good: the item in its hand goes back. */
void taker_stop(struct scheduler *scheduler, uint32_t node);
/* An instance that has not been launched: it was made, or begins anew; it is launched, or ends. */
void taker_count(struct scheduler *scheduler, uint32_t instance, bool is_more);
static inline bool is_unstarted(const struct scheduler *scheduler, uint32_t node)
{
    return scheduler->attempts[node] == 0 && scheduler->states[node] != STATE_ENDED;
}
void takers_resume(struct scheduler *scheduler);
bool taker_is_waiting(const struct scheduler *scheduler, uint32_t node);
bool taker_holds_item(const struct scheduler *scheduler, uint32_t node);
/* None was kept from taking what was left: those that were have no end to tell of. */
bool takers_have_all(const struct scheduler *scheduler);
/* Closes the queues into which nobody could put but instances of templates that wait for such
 * queues' items themselves; false: there was none. */
bool takers_close(struct scheduler *scheduler);

/* deadlock.c */
/* Nothing will ever happen to those who wait: they fail. False: something may. */
bool deadlock_at_rest(struct scheduler *scheduler);
/* One that holds something waits for tokens: is it part of a cycle? */
void deadlock_look(struct scheduler *scheduler, uint32_t node);

bool node_is_live(const struct scheduler *scheduler, uint32_t node);
bool node_is_being_ended(const struct scheduler *scheduler, uint32_t node);
/* A daemon that is ready, and goes on until it is stopped. */
bool daemon_stays(const struct scheduler *scheduler, uint32_t node);
/* Nobody waits for the end of a daemon that is ready; but it may do at any time what it has told
 * that it does for others, and give back what it has taken by a verb. Of all other bodies: true. */
bool body_may_act(const struct scheduler *scheduler, uint32_t node);

/* liveness.c */
/* Who waits and can never go on, whatever those that run may do. */
void liveness_find_stuck(const struct scheduler *scheduler, bool is_at_rest, node_list *ret);

/* file.c */
void files_init(struct scheduler *scheduler);
void files_settle(struct scheduler *scheduler);
bool files_are_wanted(const struct scheduler *scheduler);
void file_capacity(struct scheduler *scheduler, uint32_t token, uint64_t capacity);
void files_resume(struct scheduler *scheduler);

/* wait.c */
void waits_of_course(const struct scheduler *scheduler, const struct course *course, bool is_stuck,
                     wait_list *ret);

/* One that has not begun, or takes items of its queue. */
void wait_of_beginning(const struct scheduler *scheduler, uint32_t node, wait_list *ret);

/* daemon.c */
bool daemon_is_ready(const struct scheduler *scheduler, uint32_t node);
void daemon_ready(struct scheduler *scheduler);
void daemon_ended(struct scheduler *scheduler, uint32_t node);
void daemon_finished(struct scheduler *scheduler, uint32_t node, uint8_t marks, bool was_ready);
/* Stops them when nothing else is left; false: there was nothing to be done. */
bool daemons_stop(struct scheduler *scheduler);

/* gate.c */
enum act { ACT_DONE, ACT_WAITS, ACT_FAILED };
enum act gate_act(struct scheduler *scheduler, uint32_t gate, enum verb verb, uint32_t waiter,
                  struct result *result);
uint32_t queue_length(const struct gate_state *gate);
bool queue_is_closed(const struct gate_state *gate);
/* The first item; there is one. */
uint32_t queue_take(struct scheduler *scheduler, uint32_t gate);
void gate_wait(struct scheduler *scheduler, uint32_t gate, uint32_t side, uint32_t waiter);
void gate_put_back(struct scheduler *scheduler, uint32_t gate, uint32_t item);
void gate_leave(struct scheduler *scheduler, uint32_t waiter);
/* Takes out the first of a list; its wait is over, well or not. */
void gate_wake(struct scheduler *scheduler, uint32_t gate, uint32_t side,
               const struct result *result);
void gate_review(struct scheduler *scheduler, uint32_t gate);
/* As at the beginning; nobody waits at it. */
void gate_reset(struct scheduler *scheduler, uint32_t gate);
void gate_due(struct scheduler *scheduler, uint32_t gate);

/* use.c */
bool is_counted_use(const struct scheduler *scheduler, uint32_t node, const struct gate_use *use);
void uses_count(struct scheduler *scheduler, uint32_t node);
void uses_pass(struct scheduler *scheduler, struct course *course, uint32_t position);
void uses_end(struct scheduler *scheduler, uint32_t node, enum status status);
void uses_touch(struct scheduler *scheduler, struct course *course);
/* It begins again: it is a user of all that it had given up. */
void uses_again(struct scheduler *scheduler, const struct course *course);
/* Behind uses_end(): of what it will be a user again where it goes on. */
void uses_rest(const struct scheduler *scheduler, struct course *course);
/* After a resume: from the states of the nodes. */
void uses_recount(struct scheduler *scheduler);
bool is_orphan(const struct gate_state *gate, enum use_role role, uint32_t least);

#endif
