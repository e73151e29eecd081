/* Random programs, sane and wild, answered at random: the laws that actions alone can show, and the
 * scheduler's own after every input. A sane workflow takes its locks in one order, has every party
 * at every barrier, sets before it waits, puts as often as it gets: nobody fails in it, so it ends
 * as a success, whatever the order of what happens. One that is disturbed, by failures, cancels and
 * kills, and resumed as often, ends as a success too, and nothing was done twice. A wild one is
 * anything.
 *
 * Whom the run's own timer finds stuck beside others can never go on. So such a seed is run once
 * more, without the timer and without failures and cancels from there on: none of them must move.
 *
 * PARGRAPH_SEEDS and PARGRAPH_SEED as in schedule_random.c. */
#include <stdio.h>

#include "schedule/schedule_parts.h"
#include "schedule/schedule_world.h"
#include "support/check.h"

enum { DEFAULT_SEEDS = 10000 };

static void world_init(struct world *world, uint64_t seed)
{
    static const uint32_t chances[] = {0, 30, 150, 400};
    *world = (struct world){.dice = dice_of_seed(seed),
                            .expanding = NO_NODE,
                            .notify = NO_OPERATION,
                            .deaf_from = UINT32_MAX};
    world->is_sane = seed % 3 == 0;
    world->is_disturbed = seed % 6 == 0;
    world->failure_chance = world->is_sane ? 0 : chances[world_below(world, 4)];
    world->verb_chance = 2 * chances[world_below(world, 4)];
    world->cancel_chance = world_chance(world, 300) ? 20 : 0;
    world->resume_chance = world_chance(world, 300) ? 30 : 0;
    if (world->is_disturbed) {
        world->disturbances = 1 + world_below(world, 8);
        world->failure_chance = chances[world_below(world, 4)];
        world->verb_chance = 0;
        world->cancel_chance = world->resume_chance = 20;
    }
    world->is_strict = world_chance(world, 600);
    judge_init(&world->judge, &world->builder.plan, world->is_sane);
    world_make(world);
    struct scheduler_options options = {.failure_policy = (uint8_t)world_below(world, 3)};
    world->scheduler = scheduler_new(&world->builder.plan, &options);
}

static void world_release(struct world *world)
{
    scheduler_free(world->scheduler);
    action_list_release(&world->actions);
    VEC_RELEASE(&world->stuck);
    builder_release(&world->builder);
}

static void tell(const struct world *world, uint64_t seed)
{
    if (world->wrong == NULL)
        return;
    printf("program seed %llu, step %u: %s\n", (unsigned long long)seed, world->steps,
           world->wrong);
    CU_FAIL("a law is broken");
}

static void prove(const struct world *told, uint64_t seed)
{
    struct world world;
    world_init(&world, seed);
    world.deaf_from = told->told_at;
    for (uint32_t i = 0; i < told->stuck.count; i++)
        *VEC_PUSH(&world.stuck) = told->stuck.items[i];
    world_drive(&world);
    tell(&world, seed);
    world_release(&world);
}

static uint64_t run_seed(uint64_t seed)
{
    struct world world;
    world_init(&world, seed);
    world_drive(&world);
    tell(&world, seed);
    if (world.stuck.count > 0 && world.is_strict)
        prove(&world, seed);
    uint64_t hash = world.hash;
    world_release(&world);
    return hash;
}

void check_random_programs(void)
{
    uint64_t only = dice_number_from("PARGRAPH_SEED", 0);
    uint64_t last = only > 0 ? only : dice_number_from("PARGRAPH_SEEDS", DEFAULT_SEEDS);
    for (uint64_t seed = only > 0 ? only : dice_number_from("PARGRAPH_FIRST_SEED", 1); seed <= last;
         seed++) {
        uint64_t hash = run_seed(seed);
        if (seed % 16 == 0)
            CU_ASSERT_EQUAL(hash, run_seed(seed));
    }
}
