/* A world: a random workflow with programs, a driver that answers the scheduler at random, and the
 * judge that looks on. */
#ifndef TESTS_SCHEDULE_SCHEDULE_WORLD_H
#define TESTS_SCHEDULE_SCHEDULE_WORLD_H

#include "schedule/schedule_dice.h"
#include "schedule/schedule_judge.h"
#include "schedule/schedule_script.h"

enum { WORLD_NODES = JUDGE_NODES, WORLD_REQUESTS = JUDGE_REQUESTS };

/* Tokens and gates that each world has. FEED and BACK are queues that templates take from. */
enum { SLOT, MEM, LOCK_A, LOCK_B, SEMAPHORE, FILE_LOCK, WORLD_TOKENS };
enum {
    BARRIER,
    EVENT,
    CONDITION,
    QUEUE,
    PAIR,
    OTHER_EVENT,
    FEED,
    BACK,
    LAST_BARRIER,
    LAST_EVENT,
    WORLD_GATES
};

struct live {
    bool is_at_body, is_concluding, is_asked, is_failed, has_ended, is_signalled;
    bool is_ready, was_ready; /* a daemon */
    uint32_t attempt, operation, asked_operation, timer;
    int64_t timer_at;
};
enum answer { ANSWER_NONE, ANSWER_AWAITED, ANSWER_GIVEN, ANSWER_OVER };
struct verb_state {
    uint32_t node, timer;
    uint8_t answer, verb;
    int64_t timer_at;
};

struct world {
    struct dice dice;
    struct builder builder;
    struct scheduler *scheduler;
    struct action_list actions;
    struct judge judge;
    struct live nodes[WORLD_NODES];
    struct verb_state requests[WORLD_REQUESTS];
    uint32_t request_count, item_count;
    uint32_t expanding, expanding_item; /* a template, or NO_NODE */
    uint32_t run_timer, steps, resumes;
    int64_t run_timer_at, now;
    uint64_t hash;
    bool is_sane, has_ended, is_success, is_stuck;
    bool is_disturbed;     /* a sane one that is broken off and resumed, */
    uint32_t disturbances; /* as often as this */
    bool is_strict;        /* verbs do what was declared alone, as run sees to it */
    bool is_file_sought;   /* its lock is to come */
    uint32_t notify;       /* sane: the NOTIFY_ALL of the first node, or NO_OPERATION */
    uint32_t failure_chance, verb_chance, cancel_chance, resume_chance; /* per thousand */
    /* Who was found stuck beside others, and by which step; to prove it, from that step on the
     * run's own timer is not told before all else is done. */
    wait_list stuck;
    uint32_t told_at, deaf_from;
    bool is_proving;
    const char *wrong;
};

static inline uint32_t world_below(struct world *world, uint32_t bound)
{
    return dice_below(&world->dice, bound);
}

static inline bool world_chance(struct world *world, uint32_t per_thousand)
{
    return dice_chance(&world->dice, per_thousand);
}

static inline void world_rule(struct world *world, bool is_good, const char *law)
{
    if (!is_good && world->wrong == NULL)
        world->wrong = law;
}

/* Parts, tasks, needs. In a sane one nobody fails, and who waits is always waited with: it ends as
 * a success, whatever the order of what happens. A wild one is anything. */
void world_make(struct world *world);
/* The program of a wild node; sane ones go through the same phases. */
uint32_t world_wild_program(struct world *world);
uint32_t world_sane_program(struct world *world, const uint32_t *phases, uint32_t count,
                            uint32_t node);
uint32_t world_last_program(struct world *world, uint32_t index);
uint32_t world_instance_program(struct world *world);

/* Does a disturbance come? One that is only disturbed ends well at last. */
bool world_may_disturb(struct world *world, uint32_t per_thousand);
/* From the beginning to the end; false: a law was broken (world->wrong). */
bool world_drive(struct world *world);
/* Gives an input, and sees what follows. */
void world_give(struct world *world, struct input in);
void world_see(struct world *world, const struct action *action);
void world_show(const struct world *world, const struct input *in);

#endif
