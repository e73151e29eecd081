/* The attempts that run now: found by node, and in the order of their start. Memory goes with how
 * many run at once, never with the size of the plan. */
#ifndef OBSERVE_RUNNING_H
#define OBSERVE_RUNNING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"
#include "fact/fact.h"
#include "observe/capture.h"

enum { NO_RUNNING = UINT32_MAX };

struct running {
    uint32_t node, attempt;
    uint32_t earlier, later; /* in order of start; later also links free ones */
    int64_t since;
    bool is_started; /* it had a process, or has waited: since then it runs */
    uint32_t waits;  /* of it and its commands, for something */
    uint8_t percent; /* a function said that so much is done; */
    char *said;      /* and this. NULL: it said nothing yet */
    struct capture capture;
    struct buffer lines[2]; /* the unfinished lines of stdout and stderr */
};

/* Zeroed but for first, last and free (NO_RUNNING) it is empty. */
struct running_set {
    VEC(struct running) items;
    uint32_t count, waiting; /* waiting: of these, those that wait */
    uint32_t first, last;    /* the earliest, the latest */
    uint32_t free;
    uint32_t *slots;     /* open addressing by node: 0 is free, else index into items + 1 */
    uint32_t slot_count; /* a power of 2, or 0 */
};

/* The attempt that runs of a node, NULL if none does. Pointers hold until the next add. */
struct running *running_find(struct running_set *set, uint32_t node);
/* A node that is not there yet: the latest. The caller fills in all but node and links. */
struct running *running_add(struct running_set *set, uint32_t node);
/* A body of this attempt is launched: makes the place of the attempt, or leaves the one it has. */
struct running *running_launch(struct running_set *set, const struct fact *fact);
void running_start(struct running_set *set, const struct fact *fact);
/* FACT_WAITING, FACT_GOES_ON; one that has not begun with a body gets its place. */
void running_wait(struct running_set *set, const struct fact *fact);
/* A function of it tells how far it is, 0 to 1; text may be NULL. */
void running_progress(struct running *running, double done, const char *text);
void running_remove(struct running_set *set, struct running *running);
void running_release(struct running_set *set);

#endif
