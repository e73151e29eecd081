/* The parts of the judge; see schedule_judge.h. */
#ifndef TESTS_SCHEDULE_SCHEDULE_JUDGE_PARTS_H
#define TESTS_SCHEDULE_SCHEDULE_JUDGE_PARTS_H

#include "schedule/schedule_judge.h"

static inline void judge_rule(struct judge *judge, bool is_good, const char *law)
{
    if (!is_good && judge->wrong == NULL)
        judge->wrong = law;
}

/* NULL: it has none. */
static inline const struct program *judge_program(const struct judge *judge, uint32_t node)
{
    uint32_t program = plan_rule(judge->plan, node)->program;
    return program == NO_PROGRAM ? NULL : &judge->plan->programs[program];
}

/* Where it is; NULL: that is not known. */
static inline const struct operation *judge_operation(const struct judge *judge, uint32_t node)
{
    const struct program *program = judge_program(judge, node);
    uint32_t at = judge->nodes[node].at;
    return program == NULL || at >= program->count ? NULL : &program->operations[at];
}

static inline bool judge_is_at(const struct judge *judge, uint32_t node, enum operation_kind kind)
{
    const struct operation *operation = judge_operation(judge, node);
    return operation != NULL && operation->kind == kind;
}

/* schedule_judge.c: who waits in a line may leave it for other reasons than a grant. */
void judge_nobody_is_sure(struct judge *judge);

/* schedule_judge_tokens.c */
uint64_t judge_amount(const struct judge *judge, uint32_t vector, uint32_t token);
/* What an ENTER of the node takes; NO_VECTOR: that is not known. */
uint32_t judge_vector(const struct judge *judge, uint32_t node, uint32_t operation);
bool judge_is_lease(const struct judge *judge, uint32_t request);
uint64_t judge_surely_held(const struct judge *judge, uint32_t node, uint32_t token);
void judge_tokens(struct judge *judge);
void judge_goes_on(struct judge *judge, uint32_t node);
bool judge_is_within(const struct program *program, uint32_t operation, uint32_t group);
void judge_file(struct judge *judge, const struct action *action);
void judge_files(struct judge *judge, const struct scheduler *scheduler);

/* schedule_judge_items.c */
void judge_item_offered(struct judge *judge, uint32_t item, uint32_t gate);
void judge_item_put(struct judge *judge, uint32_t item);
/* Once at most, and after those that were put before it was offered. */
void judge_item_got(struct judge *judge, uint32_t item, uint32_t gate);
/* Tasks of finally begin at their beginning, and what they alone use is reset. */
void judge_items_resumed(struct judge *judge);
void judge_items(struct judge *judge, const struct scheduler *scheduler);

/* schedule_judge_deadlock.c */
bool judge_awaits(const struct judge *judge, uint32_t node);
void judge_see_deadlock(struct judge *judge);
void judge_deadlock(struct judge *judge, const struct scheduler *scheduler);

/* schedule_judge_sane.c */
void judge_sane(struct judge *judge, const struct scheduler *scheduler);

#endif
