/* Random programs, sane and wild; see schedule_world.h. */
#include "schedule/schedule_parts.h"
#include "schedule/schedule_world.h"

static void add_body(struct script *script)
{
    script_add(script, OPERATION_BODY, NO_GATE);
}

static void open_group(struct world *world, struct script *script, uint32_t token)
{
    struct amount amount = {token, 1};
    uint32_t vector = builder_vector(&world->builder, &amount, 1);
    script_add(script, OPERATION_ENTER, NO_GATE)->vector = vector;
}

static void add_group(struct world *world, struct script *script, uint32_t token, bool is_nested)
{
    open_group(world, script, token);
    add_body(script);
    if (is_nested)
        add_group(world, script, LOCK_B, false);
    script_add(script, OPERATION_LEAVE, NO_GATE);
}

/* What it takes is asked for. */
static void add_asked_group(struct script *script)
{
    struct operation *enter = script_add(script, OPERATION_ENTER, NO_GATE);
    enter->flags |= OPERATION_ASKS;
    enter->vector = NO_VECTOR;
    add_body(script);
    script_add(script, OPERATION_LEAVE, NO_GATE);
}

/* The first says that it has come so far, the others wait until it has. */
static void add_condition(struct world *world, struct script *script, uint32_t node)
{
    open_group(world, script, LOCK_A);
    if (node == 0) {
        add_body(script);
        world->notify = script->operations.count;
        script_add(script, OPERATION_NOTIFY_ALL, CONDITION);
    } else {
        script_add(script, OPERATION_CONDITION_WAIT, CONDITION)->flags |=
            OPERATION_ASKS | OPERATION_UNTIL;
    }
    script_add(script, OPERATION_LEAVE, NO_GATE);
}

/* Each phase is one that all tasks pass, so that who waits is always waited with. */
static void add_sane(struct world *world, struct script *script, uint32_t phase, uint32_t node)
{
    switch (phase) {
    case 0:
        script_add(script, OPERATION_BARRIER, BARRIER);
        break;
    case 1:
        add_group(world, script, LOCK_A, world_chance(world, 300));
        break;
    case 2:
        add_group(world, script, SEMAPHORE, false);
        break;
    case 3:
        script_add(script, OPERATION_SLEEP, NO_GATE)->duration = world_below(world, 5);
        break;
    case 4: /* everybody puts as much as it gets: an item for each getter, room in the end */
        script_add(script, node % 2 ? OPERATION_PUT : OPERATION_GET, QUEUE)->flags |=
            OPERATION_ASKS;
        break;
    case 5:
        script_add(script, node == 0 ? OPERATION_SET : OPERATION_WAIT, EVENT);
        break;
    case 6: /* a lock of a file, and of another inside it */
        add_group(world, script, FILE_LOCK, world_chance(world, 200));
        break;
    case 7:
        add_condition(world, script, node);
        break;
    case 8: /* which becomes an instance */
        script_add(script, OPERATION_PUT, FEED)->flags |= OPERATION_ASKS;
        break;
    case 9:
        add_asked_group(script);
        break;
    default:
        add_body(script);
    }
}

uint32_t world_sane_program(struct world *world, const uint32_t *phases, uint32_t count,
                            uint32_t node)
{
    struct script script = {.has_cleanup = world_chance(world, 300)};
    for (uint32_t i = 0; i < count; i++)
        add_sane(world, &script, phases[i], node);
    return script_finish(&script, &world->builder);
}

uint32_t world_last_program(struct world *world, uint32_t index)
{
    struct script script = {.has_cleanup = world_chance(world, 300)};
    if (index == 0)
        script_add(&script, OPERATION_SET, LAST_EVENT);
    add_group(world, &script, LOCK_A, world_chance(world, 300));
    script_add(&script, OPERATION_BARRIER, LAST_BARRIER);
    if (index > 0)
        script_add(&script, OPERATION_WAIT, LAST_EVENT);
    return script_finish(&script, &world->builder);
}

uint32_t world_instance_program(struct world *world)
{
    struct script script = {0};
    add_group(world, &script, world_chance(world, 500) ? LOCK_A : SEMAPHORE, false);
    if (world_chance(world, 300))
        script_add(&script, OPERATION_SLEEP, NO_GATE)->duration = world_below(world, 5);
    return script_finish(&script, &world->builder);
}

/* --- wild ones --- */

static uint32_t wild_kind(struct world *world, const struct script *script)
{
    uint32_t kind =
        world_chance(world, 400) ? OPERATION_BODY : world_below(world, OPERATION_CLOSE + 1);
    if (kind == OPERATION_CLOSE && !world_chance(world, 200))
        kind = OPERATION_PUT;
    return kind == OPERATION_LEAVE && script->open.count == 0 ? (uint32_t)OPERATION_ENTER : kind;
}

static uint32_t wild_gate(struct world *world, uint32_t kind)
{
    switch (kind) {
    case OPERATION_BARRIER:
        return world_chance(world, 400) ? PAIR : BARRIER;
    case OPERATION_WAIT:
    case OPERATION_SET:
    case OPERATION_CLEAR:
        return world_chance(world, 300) ? OTHER_EVENT : EVENT;
    case OPERATION_CONDITION_WAIT:
    case OPERATION_NOTIFY:
    case OPERATION_NOTIFY_ALL:
        return CONDITION;
    case OPERATION_PUT:
    case OPERATION_GET:
    case OPERATION_CLOSE:
        return world_chance(world, 350) ? (world_chance(world, 650) ? FEED : BACK) : QUEUE;
    default:
        return NO_GATE;
    }
}

/* One lock or the other, perhaps with the semaphore, or that of the file. */
static uint32_t wild_hold(struct world *world)
{
    struct amount amounts[3] = {
        {LOCK_A + world_below(world, 2), 1}, {SEMAPHORE, 1}, {FILE_LOCK, 1}};
    uint32_t first = world_chance(world, 800) ? 0 : 2;
    uint32_t count = first == 0 ? 1 + world_below(world, 2) : 1;
    if (first == 0 && world_chance(world, 50)) {
        amounts[1] = amounts[2];
        count = 2;
    }
    return builder_vector(&world->builder, amounts + first, count);
}

static void wild_flags(struct world *world, struct operation *operation)
{
    uint32_t kind = operation->kind;
    operation->duration = world_below(world, 6);
    if (kind == OPERATION_LEAVE)
        return;
    if (kind == OPERATION_PUT || world_chance(world, 150))
        operation->flags |= OPERATION_ASKS;
    if (kind == OPERATION_CONDITION_WAIT && world_chance(world, 300))
        operation->flags |= OPERATION_ASKS | OPERATION_UNTIL;
    if (kind == OPERATION_ENTER && operation->flags & OPERATION_ASKS && world_chance(world, 500))
        operation->vector = NO_VECTOR;
    if (world_chance(world, 200))
        operation->flags |= OPERATION_CONTINUES;
    if (world_chance(world, 200))
        operation->timeout = 1 + world_below(world, 12);
}

static void wild_uses(struct world *world, struct script *script)
{
    static const struct {
        uint8_t role, gate;
        uint16_t chance;
    } uses[] = {{USE_PUT, QUEUE, 200}, {USE_GET, QUEUE, 200},  {USE_BARRIER, BARRIER, 200},
                {USE_SET, EVENT, 200}, {USE_PUT, FEED, 100},   {USE_NOTIFY, CONDITION, 100},
                {USE_GET, FEED, 30},   {USE_CLOSE, QUEUE, 20}, {USE_BARRIER, PAIR, 50}};
    for (size_t i = 0; i < sizeof uses / sizeof *uses; i++)
        if (world_chance(world, uses[i].chance))
            script_use(script, (enum use_role)uses[i].role, uses[i].gate);
}

static void add_wild(struct world *world, struct script *script)
{
    uint32_t kind = wild_kind(world, script);
    struct operation *operation =
        script_add(script, (enum operation_kind)kind, wild_gate(world, kind));
    if (kind == OPERATION_ENTER && world_chance(world, 850))
        operation->vector = wild_hold(world);
    wild_flags(world, operation);
    if (kind == OPERATION_BODY)
        wild_uses(world, script);
}

uint32_t world_wild_program(struct world *world)
{
    struct script script = {.has_cleanup = world_chance(world, 300)};
    for (uint32_t count = 1 + world_below(world, 9); count > 0; count--)
        add_wild(world, &script);
    while (script.open.count > 0)
        script_add(&script, OPERATION_LEAVE, NO_GATE);
    return script_finish(&script, &world->builder);
}
