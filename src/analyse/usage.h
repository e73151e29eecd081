/* Which primitives and pipes a task has to do with, and which way. */
#ifndef ANALYSE_USAGE_H
#define ANALYSE_USAGE_H

#include "plan/plan.h"

enum usage_way {
    USAGE_MEETS = 1, /* holds it, or comes to it with others */
    USAGE_GIVES = 2, /* sets, clears, notifies, puts, closes */
    USAGE_TAKES = 4, /* waits, gets */
};
struct usage {
    uint32_t primitive; /* of the workflow; behind these its pipes */
    uint8_t ways;       /* USAGE_... */
};
typedef VEC(struct usage) usage_list;

/* Each primitive once, in the order of the program. */
void usage_of_task(const struct plan *plan, uint32_t task, usage_list *ret);

/* "lock db", "pipe raw" */
void usage_write(const struct plan *plan, uint32_t primitive, struct buffer *out);

#endif
