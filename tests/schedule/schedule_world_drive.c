/* A driver that answers the scheduler at random, as run and executor would; see schedule_world.h.
 */
#include "schedule/schedule_parts.h"
#include "schedule/schedule_world_moves.h"

enum { STEPS_MOST = 6000 };

/* --- what is next --- */

static void due(struct world *world, uint32_t node, uint32_t request, uint32_t timer, int64_t at)
{
    struct input in = world_input(INPUT_TIMER, node);
    in.request = request;
    in.timer = timer;
    world->now = at > world->now ? at : world->now;
    world_give(world, in);
}

static void tell_ready(struct world *world, uint32_t node)
{
    struct input in = world_input(INPUT_READY, node);
    in.attempt = world->nodes[node].attempt;
    world_give(world, in);
}

/* One that was told to end does; else it goes on, but in a wild world. */
static bool move_daemon(struct world *world, uint32_t node)
{
    struct live *live = &world->nodes[node];
    if (live->is_signalled && world_chance(world, 600))
        world_finish_body(world, node,
                          world_chance(world, 800) ? OUTCOME_SIGNALLED : OUTCOME_EXITED);
    else if (!live->is_ready && world_chance(world, 400))
        tell_ready(world, node);
    else if (!world->is_sane && !world->is_proving && world_chance(world, 20))
        world_finish_body(world, node, OUTCOME_EXITED);
    else
        return false;
    return true;
}

static bool move_body(struct world *world, uint32_t node)
{
    if (world_chance(world, world->verb_chance) && world_may_ask(world, node)) {
        world_ask_by_verb(world, node);
        return true;
    }
    if (world_is_daemon(world, node))
        return move_daemon(world, node);
    if (!world->is_sane && !world_chance(world, 600))
        return false;
    bool is_signalled = !world->is_sane && world_chance(world, 50);
    world_finish_body(world, node, is_signalled ? OUTCOME_SIGNALLED : OUTCOME_EXITED);
    return true;
}

static bool move_node(struct world *world, uint32_t node)
{
    struct live *live = &world->nodes[node];
    if (live->is_asked)
        world_answer(world, node);
    else if (live->is_concluding)
        world_conclude(world, node);
    else if (live->is_at_body)
        return move_body(world, node);
    else
        return false;
    return true;
}

static bool move_run_timer(struct world *world)
{
    uint32_t timer = world->run_timer;
    world->run_timer = 0;
    if (timer != 0)
        due(world, NO_NODE, NO_REQUEST, timer, world->run_timer_at);
    return timer != 0;
}

static bool move_timer(struct world *world)
{
    uint32_t count = world->builder.plan.node_count, from = world_below(world, count);
    for (uint32_t i = 0; i < count; i++) {
        struct live *live = &world->nodes[(from + i) % count];
        uint32_t timer = live->timer;
        live->timer = 0;
        if (timer != 0) {
            due(world, (from + i) % count, NO_REQUEST, timer, live->timer_at);
            return true;
        }
    }
    for (uint32_t i = 0; i < world->request_count; i++) {
        uint32_t timer = world->requests[i].timer;
        world->requests[i].timer = 0;
        if (timer != 0) {
            due(world, world->requests[i].node, i, timer, world->requests[i].timer_at);
            return true;
        }
    }
    return world->steps < world->deaf_from && move_run_timer(world);
}

static bool move_request(struct world *world)
{
    if (world->request_count == 0)
        return false;
    uint32_t request = world_below(world, world->request_count);
    if (world->requests[request].answer == ANSWER_OVER)
        return false;
    world_withdraw(world, request);
    return true;
}

static bool move_plan(struct world *world)
{
    if (world->expanding != NO_NODE) {
        world_expand(world);
        return true;
    }
    if (world->is_file_sought)
        world_bring_file(world);
    else
        return false;
    return true;
}

/* When nobody cares to move: bodies end, at last daemons too. */
static bool move_at_last(struct world *world)
{
    uint32_t count = world->builder.plan.node_count;
    if (move_plan(world))
        return true;
    for (uint32_t node = 0; node < count; node++) {
        struct live *live = &world->nodes[node];
        bool is_ready = world_is_daemon(world, node) && live->is_ready && !live->is_signalled;
        if (!live->is_at_body || is_ready)
            continue;
        if (world_is_daemon(world, node) && !live->is_signalled && !live->is_ready)
            tell_ready(world, node);
        else
            world_finish_body(world, node, OUTCOME_EXITED);
        return true;
    }
    if (move_timer(world) || move_run_timer(world))
        return true;
    for (uint32_t node = 0; node < count; node++)
        if (world->nodes[node].is_at_body && judge_may_act(&world->judge, node)) {
            world_finish_body(world, node, OUTCOME_EXITED);
            return true;
        }
    return false;
}

static bool move_any(struct world *world)
{
    uint32_t count = world->builder.plan.node_count, from = world_below(world, count);
    if (world_chance(world, 150) && move_timer(world))
        return true;
    if (world_chance(world, 200) && move_request(world))
        return true;
    if (world_chance(world, 300) && move_plan(world))
        return true;
    for (uint32_t twice = 0; twice < 2; twice++)
        for (uint32_t i = 0; i < count; i++)
            if (move_node(world, (from + i) % count))
                return true;
    return move_at_last(world);
}

/* --- disturbances --- */

static void forget_all(struct world *world)
{
    world->has_ended = world->is_stuck = world->is_file_sought = false;
    world->run_timer = 0;
    world->expanding = NO_NODE;
    for (uint32_t i = 0; i < world->request_count; i++)
        world->requests[i].answer = ANSWER_OVER, world->requests[i].timer = 0;
    for (uint32_t node = 0; node < WORLD_NODES; node++) {
        world->nodes[node].is_asked = world->nodes[node].is_concluding = false;
        world->nodes[node].is_ready = false;
        world->nodes[node].timer = 0;
    }
}

/* Another runner; if the journal was torn, one more before all was told as lost. */
static void resume(struct world *world)
{
    bool is_torn = world_chance(world, 150);
    world->resumes++;
    forget_all(world);
    world_give(world, world_input(INPUT_RESUME, NO_NODE));
    for (uint32_t node = 0; node < world->builder.plan.node_count; node++)
        if (world->nodes[node].is_at_body && !(is_torn && world_chance(world, 400)))
            world_finish_body(world, node, OUTCOME_LOST);
    if (!is_torn)
        return;
    forget_all(world);
    world_give(world, world_input(INPUT_RESUME, NO_NODE));
    for (uint32_t node = 0; node < world->builder.plan.node_count; node++)
        if (world->nodes[node].is_at_body)
            world_finish_body(world, node, OUTCOME_LOST);
}

static void disturb(struct world *world)
{
    bool is_unfinished = world->is_disturbed && world->has_ended && !world->is_success;
    bool may_resume = world->is_disturbed || world->resumes < 3;
    uint32_t resume_chance = world->resume_chance * (world->has_ended ? 10 : 1);
    if (world->steps >= world->deaf_from)
        return;
    if (is_unfinished || (may_resume && world_may_disturb(world, resume_chance)))
        resume(world);
    if (!world->has_ended && world_may_disturb(world, world->cancel_chance)) {
        struct input in = world_input(INPUT_CANCEL, NO_NODE);
        in.verdict = (uint8_t)world_below(world, 3);
        world_give(world, in);
    }
}

bool world_drive(struct world *world)
{
    world_give(world, world_input(INPUT_BEGIN, NO_NODE));
    while (world->wrong == NULL && world->steps < STEPS_MOST) {
        world->now += world_below(world, 3);
        if (world->steps == world->deaf_from) {
            world->is_proving = true;
            world->failure_chance = 0;
        }
        disturb(world);
        if (world->has_ended)
            break;
        if (!move_any(world))
            world_rule(world, false, "the run is stuck, and does not say so");
    }
    world_rule(world, world->steps < STEPS_MOST, "the run does not end");
    world_rule(world, !(world->is_proving && world->has_ended),
               "those who were told to be stuck ended without a deadlock");
    if (world->is_sane)
        world_rule(world, world->is_success && !world->is_stuck, "a sane workflow was no success");
    return world->wrong == NULL;
}
