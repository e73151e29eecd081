/* A judge of programs: sees inputs and actions alone, as a driver does, and holds them against the
 * laws of synchronisation. It knows of each node where it surely is, so what it surely holds; and
 * of each item what became of it. */
#ifndef TESTS_SCHEDULE_SCHEDULE_JUDGE_H
#define TESTS_SCHEDULE_SCHEDULE_JUDGE_H

#include "schedule/schedule.h"

enum {
    JUDGE_NODES = 56,
    JUDGE_REQUESTS = 64,
    JUDGE_TOKENS = 8,
    JUDGE_GATES = 12,
    JUDGE_ITEMS = 512,
    JUDGE_OPERATIONS = 64
};

enum judge_place { PLACE_UNKNOWN, PLACE_BODY, PLACE_WAITS, PLACE_ASKED, PLACE_CONCLUDES };

struct judge_node {
    uint8_t place;
    bool is_in_attempt;                      /* it holds its kept tokens */
    bool has_ended, has_slot, has_condition; /* condition: its body waited for one, by a verb */
    bool is_ready;                           /* a daemon */
    bool is_through;                         /* it is behind its last operation */
    bool is_lost_sight_of;                   /* it concludes, and may have left groups unseen */
    bool is_sure_in_line;                    /* nothing but a grant can end its wait */
    uint32_t at;                             /* all before it was passed, unless it was skipped */
    uint32_t seen;              /* a body that did, by a verb, what others may have seen */
    uint32_t passed;            /* an ENTER at which somebody older still waited when it went on */
    uint64_t waits_since, last; /* by the count of events */
    uint32_t item, item_at;     /* what it puts, and by which operation; NO_ITEM */
    uint32_t launched;          /* bodies, by this input */
    uint32_t answers[JUDGE_OPERATIONS]; /* what its ENTERs were told to take */
};

struct judge_request {
    uint32_t node, parent, token; /* token: of a TAKE */
    uint32_t gate, item;
    uint8_t verb;
    bool is_take, is_awaited, is_given;
    bool is_seen; /* if it is done, others may have seen it */
};

/* OFFERED: somebody is putting it, or could not. */
enum judge_item_state { ITEM_NONE, ITEM_OFFERED, ITEM_PUT, ITEM_GOT };
struct judge_item {
    uint32_t gate;
    uint8_t state;
    uint64_t offered, put; /* by the count of events */
};

struct judge {
    const struct plan *plan;
    struct judge_node nodes[JUDGE_NODES];
    struct judge_request requests[JUDGE_REQUESTS];
    struct judge_item items[JUDGE_ITEMS];
    uint32_t item_count; /* no item from here on was seen */
    uint64_t capacity[JUDGE_TOKENS];
    uint64_t events;
    uint32_t holds_at_deadlock[JUDGE_NODES]; /* a bit for each token */
    uint32_t expanding;                      /* a template, or NO_NODE */
    bool is_sought[JUDGE_TOKENS];            /* of a file */
    bool has_hands[JUDGE_GATES]; /* an item may come back to this queue, beyond its bound */
    bool is_sane, is_deadlock, was_live;
    bool is_ending;     /* after a cancel, or a failure, until a resume */
    bool is_looked_for; /* this input is the run's own timer: it finds who is stuck beside others */
    /* Sane plans: nodes 0 .. main_count - 1 meet at their gates, and so do those of finally. */
    uint32_t main_count, last_first, last_count;
    const char *wrong;
};

/* sane: every operation outside of groups is passed exactly once, by all, however often the run is
 * broken off and resumed. plan is looked at from the first input on. */
void judge_init(struct judge *judge, const struct plan *plan, bool is_sane);
/* Before the input is handled. */
void judge_input(struct judge *judge, const struct input *in);
void judge_action(struct judge *judge, const struct action *action);
/* Of a daemon: does it hold something by a verb, or has told what it does for others? */
bool judge_may_act(const struct judge *judge, uint32_t node);
/* When all actions of an input were told. */
void judge_settled(struct judge *judge, const struct scheduler *scheduler);

#endif
