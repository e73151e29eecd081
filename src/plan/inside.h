/* What a plan keeps for itself beside its arrays. */
#ifndef PLAN_INSIDE_H
#define PLAN_INSIDE_H

#include "plan/plan.h"

/* The roots and fields of references, interned. */
enum known_word {
    WORD_PARAMS,
    WORD_ENV,
    WORD_MATRIX,
    WORD_NEEDS,
    WORD_TASK,
    WORD_RUN,
    WORD_HERE,
    WORD_NAME,
    WORD_INSTANCE,
    WORD_ATTEMPT,
    WORD_ID,
    WORD_DIR,
    WORD_ELAPSED,
    WORD_FAILED,
    WORD_STDOUT,
    WORD_STDERR,
    WORD_EXIT_CODE,
    WORD_OUTPUTS,
    WORD_STATUS,
    WORD_INSTANCES,
    WORD_EVENTS,
    WORD_QUEUES,
    WORD_RESULT,
    WORD_COUNT,
};

struct resolver;
struct inside {
    name words[WORD_COUNT];
    struct resolver **resolvers; /* open addressing by their need */
    uint32_t resolver_count, resolver_slots;
    struct waiting {
        uint32_t needed, task, need; /* sorted; need: of the task's */
    } * waiting; /* needs of dynamic tasks that their expansions have to connect */
    uint32_t waiting_count;
    uint32_t *keyed, keyed_slots;         /* open addressing: token + 1 of a lock's key, or 0 */
    uint32_t keyed_first, token_capacity; /* keyed tokens are those from keyed_first on */
    uint32_t *program_of, *gang_of;       /* by task; NULL: there is none */
};

void inside_init(struct inside *inside, struct names *names);

#endif
