/* The list of actions, and how its entries are made. */
#include "schedule/state.h"

void action_list_release(struct action_list *actions)
{
    VEC_RELEASE(actions);
}

static const struct action blank = {.operation = NO_OPERATION,
                                    .request = NO_REQUEST,
                                    .item = NO_ITEM,
                                    .gate = NO_GATE,
                                    .token = UINT32_MAX,
                                    .culprit = NO_NODE,
                                    .seen = NO_GATE};

struct action *action_add(struct scheduler *scheduler, enum action_kind kind, uint32_t node)
{
    struct action *action = VEC_PUSH(scheduler->out);
    *action = blank;
    action->kind = (uint8_t)kind;
    action->node = node;
    return action;
}

struct fact *fact_add(struct scheduler *scheduler, enum fact_kind kind, uint32_t node)
{
    struct action *action = VEC_PUSH(scheduler->out);
    action->kind = ACTION_RECORD;
    action->node = node;
    action->fact = (struct fact){.time = scheduler->in->now,
                                 .kind = (uint8_t)kind,
                                 .node = node,
                                 .attempt = node != NO_NODE ? scheduler->attempts[node] : 0,
                                 .operation = NO_OPERATION,
                                 .request = NO_REQUEST};
    return &action->fact;
}

void timer_arm(struct scheduler *scheduler, uint32_t node, int64_t after)
{
    timer_arm_at(scheduler, node, time_after(scheduler->in->now, after));
}

void timer_arm_at(struct scheduler *scheduler, uint32_t node, int64_t at)
{
    struct action *action = action_add(scheduler, ACTION_TIMER, node);
    action->attempt = scheduler->attempts[node];
    action->timer = scheduler->timers[node] = (scheduler->timers[node] + 1) | 1;
    action->at = at;
}

void timer_disarm(struct scheduler *scheduler, uint32_t node)
{
    scheduler->timers[node] = (scheduler->timers[node] + 1) & ~1u;
}

bool timer_is_armed(const struct scheduler *scheduler, uint32_t node, uint32_t timer)
{
    return timer & 1 && scheduler->timers[node] == timer;
}
