/* A deadlock is told when there is one, and only then; see schedule_judge.h. */
#include "schedule/schedule_judge_parts.h"

bool judge_awaits(const struct judge *judge, uint32_t node)
{
    for (uint32_t i = 0; i < JUDGE_REQUESTS; i++)
        if (judge->requests[i].is_awaited && judge->requests[i].node == node)
            return true;
    return false;
}

bool judge_may_act(const struct judge *judge, uint32_t node)
{
    for (uint32_t i = 0; i < JUDGE_REQUESTS; i++)
        if (judge->requests[i].node == node && judge_is_lease(judge, i))
            return true;
    const struct program *program = judge_program(judge, node);
    return program != NULL && program->use_count > 0;
}

/* A daemon that is ready is waited for by nobody, unless it says what it does. */
static bool is_live(const struct judge *judge, uint32_t node)
{
    switch (judge->nodes[node].place) {
    case PLACE_BODY:
        return !judge_awaits(judge, node) &&
               (!judge->nodes[node].is_ready || judge_may_act(judge, node));
    case PLACE_WAITS:
        return judge_is_at(judge, node, OPERATION_SLEEP);
    default:
        return judge->nodes[node].place != PLACE_UNKNOWN;
    }
}

void judge_see_deadlock(struct judge *judge)
{
    judge_rule(judge, !judge->is_sane, "a deadlock of those who cannot have one");
    judge->is_deadlock = true;
    judge->was_live = judge->expanding != NO_NODE;
    for (uint32_t token = 0; token < judge->plan->token_count; token++)
        judge->was_live |= judge->is_sought[token];
    for (uint32_t node = 0; node < judge->plan->node_count; node++) {
        judge->was_live |= is_live(judge, node);
        judge->holds_at_deadlock[node] = 0;
        for (uint32_t token = 0; token < judge->plan->token_count; token++)
            judge->holds_at_deadlock[node] |= (uint32_t)(judge_surely_held(judge, node, token) > 0)
                                              << token;
    }
    judge_nobody_is_sure(judge);
}

/* Does it lack something that one of those who are stuck holds? */
static bool lacks_of_stuck(const struct judge *judge, const struct wait *wait,
                           const wait_list *waits)
{
    const struct program *program = judge_program(judge, wait->node);
    uint32_t lacking = wait->token < JUDGE_TOKENS ? 1u << wait->token : 0;
    if (program != NULL && wait->operation < program->count && wait->request == NO_REQUEST &&
        program->operations[wait->operation].kind == OPERATION_ENTER)
        for (uint32_t token = 0; token < judge->plan->token_count; token++)
            if (judge_amount(judge, judge_vector(judge, wait->node, wait->operation), token) > 0)
                lacking |= 1u << token;
    for (uint32_t i = 0; i < waits->count; i++)
        if (waits->items[i].is_stuck && judge->holds_at_deadlock[waits->items[i].node] & lacking)
            return true;
    return false;
}

/* While something moves, a deadlock is a cycle: all who are stuck lack what another of them holds.
 */
void judge_deadlock(struct judge *judge, const struct scheduler *scheduler)
{
    judge->is_deadlock = false;
    wait_list waits = {0};
    scheduler_waits(scheduler, &waits);
    uint32_t stuck = 0;
    for (uint32_t i = 0; i < waits.count; i++) {
        bool is_held = lacks_of_stuck(judge, &waits.items[i], &waits);
        stuck += waits.items[i].is_stuck;
        bool is_allowed = !judge->was_live || judge->is_looked_for || is_held;
        judge_rule(judge, is_allowed || !waits.items[i].is_stuck,
                   "a deadlock is told, but something moves");
    }
    judge_rule(judge, stuck > 0, "a deadlock of nobody");
    VEC_RELEASE(&waits);
}
