/* What a driver can do in a world; see schedule_world.h. */
#ifndef TESTS_SCHEDULE_SCHEDULE_WORLD_MOVES_H
#define TESTS_SCHEDULE_SCHEDULE_WORLD_MOVES_H

#include "schedule/schedule_world.h"

struct input world_input(uint8_t kind, uint32_t node);
static inline const struct rule *world_rule_of(const struct world *world, uint32_t node)
{
    return plan_rule(&world->builder.plan, node);
}
static inline bool world_is_daemon(const struct world *world, uint32_t node)
{
    return world_rule_of(world, node)->flags & RULE_DAEMON;
}

void world_finish_body(struct world *world, uint32_t node, enum outcome_kind kind);
void world_conclude(struct world *world, uint32_t node);
/* What it asked for is evaluated; the template under way is expanded; the file's lock is there. */
void world_answer(struct world *world, uint32_t node);
void world_expand(struct world *world);
void world_bring_file(struct world *world);

bool world_may_ask(const struct world *world, uint32_t node);
void world_ask_by_verb(struct world *world, uint32_t node);
void world_withdraw(struct world *world, uint32_t request);

#endif
