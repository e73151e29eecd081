/* What must hold once an input is settled, and at the end; see schedule_judge.h. */
#include "schedule/schedule_judge_parts.h"

/* All members are launched by one input, or none; and all end alike. */
static void judge_gangs(struct judge *judge, const struct scheduler *scheduler)
{
    for (uint32_t i = 1; i < judge->plan->gang_count; i++) {
        const struct gang *gang = &judge->plan->gangs[i];
        for (uint32_t k = 1; k < gang->count; k++) {
            uint32_t first = gang->nodes[0], node = gang->nodes[k];
            judge_rule(judge, judge->nodes[node].launched == judge->nodes[first].launched,
                       "a part of a gang was launched");
            judge_rule(judge,
                       scheduler_status(scheduler, node) == scheduler_status(scheduler, first),
                       "a gang has not ended alike");
        }
    }
}

static void judge_end(struct judge *judge, const struct scheduler *scheduler)
{
    wait_list waits = {0};
    scheduler_waits(scheduler, &waits);
    for (uint32_t i = 0; i < waits.count; i++)
        judge_rule(judge, waits.items[i].is_stuck, "somebody waits after the end");
    VEC_RELEASE(&waits);
    for (uint32_t token = 0; token < judge->plan->token_count; token++)
        judge_rule(judge,
                   scheduler_free_tokens(scheduler, token) == judge->plan->tokens[token].capacity,
                   "a token is not back at the end");
}

/* One that only waits for its slot again stands in no line of its operation's. */
static void see_regaining(struct judge *judge, const struct scheduler *scheduler)
{
    for (uint32_t node = 0; node < judge->plan->node_count; node++)
        if (scheduler_state(scheduler, node) == STATE_REGAIN)
            judge->nodes[node].is_sure_in_line = false;
}

void judge_settled(struct judge *judge, const struct scheduler *scheduler)
{
    judge_tokens(judge);
    see_regaining(judge, scheduler);
    judge_gangs(judge, scheduler);
    judge_files(judge, scheduler);
    judge_items(judge, scheduler);
    if (judge->is_deadlock)
        judge_deadlock(judge, scheduler);
    if (judge->is_sane)
        judge_sane(judge, scheduler);
    if (scheduler_has_ended(scheduler))
        judge_end(judge, scheduler);
}
