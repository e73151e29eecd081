/* The scheduler's state, and what the files of this folder offer each other.
 *
 * Per node there are arrays of fields, nothing else: 20 bytes, and 4 more while it stands in a line
 * or in the cascade. Lines belong to interned vectors, accounts to tokens. */
#ifndef SCHEDULE_STATE_H
#define SCHEDULE_STATE_H

#include "base/memory.h"
#include "schedule/schedule.h"

enum { NO_LINE = UINT32_MAX };

/* What a node remembers besides its state. */
enum {
    MARK_FAILED = 1,         /* a need failed, not tolerated, or is blocked */
    MARK_CANCELLED = 2,      /* a need was cancelled */
    MARK_MAIN_FAILED = 4,    /* the same of a task of finally, by what came before finally: */
    MARK_MAIN_CANCELLED = 8, /* only its condition is told */
    MARK_TIMEOUT = 16,       /* the last attempt ran out of time */
    MARK_STOPPED = 32,       /* the live attempt is being ended by a policy or a cancel */
    MARK_RETRY = 64,         /* an attempt failed and another was to follow */
    MARK_REPEAT = 128,       /* the last attempt was lost: its number is used again */
    MARK_EXPANDED = 128,     /* of a template: its instances are there */
    MARK_GONE = MARK_TIMEOUT | MARK_STOPPED, /* RUN after a resume: it will be told as lost */
};

/* Whoever has begun and waits: a node, or a request of its body. It stands in one list at most, of
 * a line or of a gate. */
enum { NO_WAITER = UINT32_MAX };
enum stand { AT_NOTHING, AT_LINE, AT_GATE };
struct waiter {
    uint32_t node;
    uint32_t request; /* a slot, or NO_REQUEST: the node itself */
    uint8_t stand;    /* enum stand */
    uint8_t side;     /* of a gate: which of its lists */
    uint32_t at;      /* the line, the gate */
    uint32_t next, previous;
    uint32_t item; /* to be put */
    uint64_t arrival;
};
struct list {
    uint32_t first, last, count;
};

/* All who wait for one vector, the first at the head. Newcomers behind the last one (nearly all)
 * go to a queue, others to a heap; the head is the better of the two firsts. A line that is not
 * empty is parked: in the open park while it is to be looked at, else in the park of one token that
 * it lacks. Parks are treaps of lines in the order of their heads, each subtree with the least
 * amount that one of its lines wants. */
struct line {
    VEC(uint32_t) queue, heap; /* nodes */
    uint32_t queue_first;
    uint32_t passes; /* how often another request was granted before the head */
    uint32_t park;   /* PARK_NONE, PARK_OPEN or park_of_token */
    uint32_t parent, left, right;
    uint64_t amount, least;
    struct list waiters; /* of those that have begun */
};

enum { PARK_NONE, PARK_OPEN, PARK_TOKENS };
static inline uint32_t park_of_token(uint32_t token)
{
    return PARK_TOKENS + token;
}

struct account {
    uint64_t capacity, held;
    uint64_t reserved; /* of what is free, for the reserver alone */
    uint32_t owner;    /* the last that took some */
};

/* Lines are numbered as vectors are, as far as these are the plan's and it is beginnings that
 * stand there. All others, requests of those that have begun, and gangs', are of the scheduler's
 * own vectors (wishes): two lines each. */
#define OWN_LINE (1u << 31)

/* A gang's: see gang.c. */
struct set {
    uint32_t vector;  /* what it holds while it runs */
    uint32_t culprit; /* who failed first, or NO_NODE */
    uint8_t end;      /* what the first that did not succeed made of it */
    bool is_running, is_in_line, is_ending;
    bool *is_over; /* by member: it has finished in this attempt; before the beginning: kept */
    struct outcome *outcomes;
};

struct scheduler {
    const struct plan *plan;
    uint8_t failure_policy;
    bool has_begun, has_ended;
    bool is_policy_on; /* drain, fast: a failure came; only what heeds failures starts */
    bool is_cancelled, is_interrupted, is_timed_out, is_killed;
    bool is_stuck;   /* the run was ended for a deadlock */
    bool is_resumed; /* once or more: what has ended may need what has not */
    bool is_sweep_due;

    uint32_t node_count; /* of the arrays by node; the plan may be ahead until INPUT_EXPANDED */
    uint32_t node_capacity;
    uint32_t daemons_left; /* of these: daemons */
    bool was_daemon_ready; /* the one whose end is being told */
    bool is_stopping;      /* all others have ended: daemons are stopped */
    uint32_t remaining;    /* selected nodes, joins too, that have not ended */
    uint8_t *states, *statuses, *marks;
    uint32_t *attempts;   /* the last one launched */
    uint32_t *needs_left; /* edges from nodes that have not ended */
    uint32_t *vectors;    /* of READY and RUN */
    uint32_t *timers;     /* generation: odd while armed; never used twice */

    struct line *lines; /* by vector */
    uint32_t line_count;
    struct vectors wishes;
    VEC(struct line) wish_lines; /* wish k: 2k those that have begun, 2k + 1 beginnings */
    VEC(struct waiter) waiters;
    uint32_t waiters_free; /* linked by next */
    uint64_t arrivals;
    uint32_t *roots;          /* by park: a line */
    struct account *accounts; /* by token */
    uint32_t token_count, token_capacity;
    uint32_t reserver;      /* a line, or NO_LINE */
    VEC(uint32_t) released; /* tokens of which there may be more than before this input */

    VEC(uint32_t) ended; /* nodes whose dependents are still to be told */
    uint32_t ended_first;
    VEC(uint32_t) templates; /* to be expanded, one at a time: the first is under way */
    uint32_t templates_first;

    /* What new nodes needed of what had ended when they came, each instance its template first: the
     * graph has no such edges. They are counted from the resume on that finds them: the first
     * late_sorted, by from. */
    VEC(struct edge) late;
    uint32_t late_sorted;

    struct set *sets;  /* by gang; NULL: no pipe joins anybody */
    struct sync *sync; /* sync.h; NULL: nobody synchronises */
    struct counts counts;
    const struct input *in; /* of the call under way */
    struct action_list *out;
};

static inline bool line_is_begun(uint32_t line)
{
    return line & OWN_LINE && !(line & 1);
}

static inline uint32_t line_of_wish(uint32_t index)
{
    return index | OWN_LINE;
}

static inline struct line *line_at(const struct scheduler *scheduler, uint32_t line)
{
    return line & OWN_LINE ? &scheduler->wish_lines.items[line & ~OWN_LINE]
                           : &scheduler->lines[line];
}

/* What a line wants; lines and vectors of the plan have the same numbers. */
static inline const struct amount *amounts_begin(const struct scheduler *scheduler, uint32_t line)
{
    const struct vectors *vectors =
        line & OWN_LINE ? &scheduler->wishes : &scheduler->plan->vectors;
    return vectors->amounts + vectors->first[line & OWN_LINE ? (line & ~OWN_LINE) / 2 : line];
}

static inline const struct amount *amounts_end(const struct scheduler *scheduler, uint32_t line)
{
    const struct vectors *vectors =
        line & OWN_LINE ? &scheduler->wishes : &scheduler->plan->vectors;
    return vectors->amounts + vectors->first[(line & OWN_LINE ? (line & ~OWN_LINE) / 2 : line) + 1];
}

/* actions.c */
struct action *action_add(struct scheduler *scheduler, enum action_kind kind, uint32_t node);
struct fact *fact_add(struct scheduler *scheduler, enum fact_kind kind, uint32_t node);
void timer_arm(struct scheduler *scheduler, uint32_t node, int64_t after);
void timer_arm_at(struct scheduler *scheduler, uint32_t node, int64_t at);
void timer_disarm(struct scheduler *scheduler, uint32_t node);
bool timer_is_armed(const struct scheduler *scheduler, uint32_t node, uint32_t timer);

/* order.c: the order of beginnings. */
bool node_is_before(const struct scheduler *scheduler, uint32_t a, uint32_t b);

/* line.c */
void lines_reach(struct scheduler *scheduler, uint32_t vector_count);
bool line_is_empty(const struct line *line);
/* A node; a waiter where those stand that have begun. */
uint32_t line_head(const struct scheduler *scheduler, uint32_t line);
bool line_is_before(const struct scheduler *scheduler, uint32_t a, uint32_t b); /* by their heads */
void line_push(struct scheduler *scheduler, uint32_t node);
void line_wait(struct scheduler *scheduler, uint32_t line, uint32_t waiter);
void line_leave(struct scheduler *scheduler, uint32_t waiter);
uint32_t line_pop(struct scheduler *scheduler, uint32_t line);
/* Takes out all nodes that are no longer READY; opens every line that is left. */
void lines_filter(struct scheduler *scheduler);

/* waiter.c */
uint32_t waiter_new(struct scheduler *scheduler, uint32_t node, uint32_t request);
void waiter_free(struct scheduler *scheduler, uint32_t waiter);
void waiter_stand(struct scheduler *scheduler, struct list *list, uint32_t waiter, enum stand stand,
                  uint32_t at);
void waiter_leave(struct scheduler *scheduler, struct list *list, uint32_t waiter);
/* The line of those that have begun and want these amounts. */
uint32_t wish_line(struct scheduler *scheduler, const struct amount *amounts, uint32_t count);

/* park.c */
uint32_t park_weight(uint32_t line);
void park_insert(struct scheduler *scheduler, uint32_t line, uint32_t park, uint64_t amount);
void park_remove(struct scheduler *scheduler, uint32_t line);
/* The first line in order that wants at most `most`, or NO_LINE. */
uint32_t park_first(const struct scheduler *scheduler, uint32_t park, uint64_t most);

/* token.c */
void tokens_reach(struct scheduler *scheduler, uint32_t token_count);
uint64_t token_free(const struct scheduler *scheduler, uint32_t token);
uint64_t token_available(const struct scheduler *scheduler, uint32_t token, uint32_t line);
/* An amount of the line's vector that cannot be had now, or NULL. Of several, the one to park at.
 */
const struct amount *tokens_lacking(const struct scheduler *scheduler, uint32_t line);
/* Takes the next request that fits out of its line, and its tokens; NO_NODE: none does. Of a line
 * of those that have begun: a waiter. */
uint32_t tokens_grant(struct scheduler *scheduler, uint32_t *ret_line);
void tokens_take(struct scheduler *scheduler, uint32_t vector, uint32_t node);
/* Gives back some of one token. */
void token_give(struct scheduler *scheduler, const struct amount *amount);
void tokens_release(struct scheduler *scheduler, uint32_t vector);
void tokens_set_capacity(struct scheduler *scheduler, uint32_t token, uint64_t capacity);

/* retry.c: what a rule says about a failed attempt. */
bool retry_is_wanted(const struct rule *rule, uint32_t attempt, const struct outcome *outcome,
                     bool is_timeout);
int64_t retry_delay(const struct rule *rule, uint32_t attempt);
int64_t time_after(int64_t now, int64_t delay); /* their sum; at most INT64_MAX */

/* policy.c */
bool node_is_finally(const struct plan *plan, uint32_t node);
bool policy_lets_start(const struct scheduler *scheduler, const struct rule *rule);
void policy_heed_failure(struct scheduler *scheduler, uint32_t node);
void policy_cancel(struct scheduler *scheduler);
/* A cancel, or fast, ends what it does. */
bool policy_reaches(const struct scheduler *scheduler, uint32_t node);
void sweep_running(struct scheduler *scheduler, uint32_t node);
void policy_sweep(struct scheduler *scheduler);

/* Is it one that the counts and the facts know? A template is, until its instances are. */
static inline bool node_is_counted(const struct scheduler *scheduler, uint32_t node)
{
    bool is_expanded =
        scheduler->plan->is_join[node] == JOIN_TEMPLATE && scheduler->marks[node] & MARK_EXPANDED;
    return plan_is_counted(scheduler->plan, node) && !is_expanded;
}

/* life.c */
void node_needs_ended(struct scheduler *scheduler, uint32_t node);
void node_evaluated(struct scheduler *scheduler);
/* The status that a verdict gives at once; SUCCESS of VERDICT_RUN, FAILURE of what is none. */
enum status status_of_verdict(uint8_t verdict);
/* CALLS_... that are true of a node whose needs have ended. */
uint8_t node_flags(const struct scheduler *scheduler, uint32_t node);
/* Marks a node with what the end of one that it needs means to it. */
void node_tell(struct scheduler *scheduler, uint32_t from, uint32_t to);
/* Of a gang's first: all members. */
void node_launch(struct scheduler *scheduler, uint32_t node);
void node_launch_one(struct scheduler *scheduler, uint32_t node);
/* The next attempt: its request is known, or has to be asked for. */
void node_request(struct scheduler *scheduler, uint32_t node);
void node_signal(struct scheduler *scheduler, uint32_t node, enum signal_how how, uint8_t mark);
void node_finished(struct scheduler *scheduler);
void node_kept(struct scheduler *scheduler);
void node_ask(struct scheduler *scheduler, uint32_t node);
void node_delay(struct scheduler *scheduler, uint32_t node);
void node_fail(struct scheduler *scheduler, uint32_t node);
void node_retry(struct scheduler *scheduler, uint32_t node);
void node_lose(struct scheduler *scheduler, uint32_t node);
void node_timer(struct scheduler *scheduler);
void node_end(struct scheduler *scheduler, uint32_t node, enum status status,
              const struct outcome *outcome);
/* Ends a node that would have started, had not a policy or a cancel come. */
void node_refuse(struct scheduler *scheduler, uint32_t node);
/* Tells the dependents of the next node in the cascade; false: there was none. */
bool cascade_step(struct scheduler *scheduler);

/* gang.c */
void gangs_init(struct scheduler *scheduler);
void gangs_release(struct scheduler *scheduler);
static inline bool node_has_gang(const struct scheduler *scheduler, uint32_t node)
{
    return scheduler->sets != NULL && plan_rule(scheduler->plan, node)->gang != NO_GANG;
}
/* It has finished, and the set has not. */
bool gang_member_is_over(const struct scheduler *scheduler, uint32_t node);
/* What the node waits for to begin: the request of its set, if it is of one. */
uint32_t gang_request(const struct scheduler *scheduler, uint32_t node);
/* What the node's set holds. */
uint32_t gang_vector(const struct scheduler *scheduler, uint32_t node);
bool gang_is_released_by(const struct scheduler *scheduler, uint32_t node, const bool *is_live);
void gang_ready(struct scheduler *scheduler, uint32_t node);
void gang_launch(struct scheduler *scheduler, uint32_t first);
void gang_finished(struct scheduler *scheduler, uint32_t node, uint8_t marks, bool is_stuck);
/* A member has ended: the others do. */
void gang_ended(struct scheduler *scheduler, uint32_t node, enum status status);
bool gang_is_kept(const struct scheduler *scheduler, uint32_t node,
                  bool (*is_kept)(const struct scheduler *, uint32_t));
void gang_reopened(struct scheduler *scheduler, uint32_t node);
void gang_kept(struct scheduler *scheduler, uint32_t node);
void gangs_begin(struct scheduler *scheduler);
/* READY, but in no line. */
bool gang_is_waiting(const struct scheduler *scheduler, uint32_t node);
void gangs_add_held(const struct scheduler *scheduler, uint64_t *held);
const char *check_gangs(const struct scheduler *scheduler);

/* grow.c */
void nodes_reach(struct scheduler *scheduler, uint32_t node_count);
/* Asks for the instances of one that may have them, or for one more, in its turn. */
void template_expand(struct scheduler *scheduler, uint32_t node);
void template_ask(struct scheduler *scheduler, uint32_t node);
void template_expanded(struct scheduler *scheduler);
void templates_ask_again(struct scheduler *scheduler);

/* resume.c */
void resume_run(struct scheduler *scheduler);
/* The late edges of a node that count. */
const struct edge *late_edges(const struct scheduler *scheduler, uint32_t node,
                              const struct edge **ret_end);
/* Back to PENDING, as if nothing had been, whatever it was. */
void node_reopen(struct scheduler *scheduler, uint32_t node);

#endif
