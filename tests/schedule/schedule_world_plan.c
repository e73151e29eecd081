/* Random workflows of tasks with programs; see schedule_world.h. The main tasks come first, then
 * what stands beside them (daemons, a gang, templates), then finally. */
#include "schedule/schedule_parts.h"
#include "schedule/schedule_world.h"

static void make_parts(struct world *world)
{
    struct builder *builder = &world->builder;
    builder_token(builder, TOKEN_RUNNING, 1 + world_below(world, 3));
    builder_token(builder, TOKEN_KEPT, 60);
    builder_lock(builder);
    builder_lock(builder);
    builder_token(builder, TOKEN_KEPT, 1 + world_below(world, 3));
    uint32_t file = builder_lock(builder);
    builder->tokens.items[file].is_file = true;
    builder->tokens.items[file].capacity = 0;
    builder_gate(builder, GATE_BARRIER, 0, 0);
    builder_gate(builder, GATE_EVENT, 0, 0);
    builder_gate(builder, GATE_CONDITION, 0, LOCK_A);
    builder_gate(builder, GATE_QUEUE, world_below(world, 4), 0);
    builder_gate(builder, GATE_BARRIER, 2, 0);
    builder_gate(builder, GATE_EVENT, 0, 0);
    builder_gate(builder, GATE_QUEUE, world_below(world, 4), 0);
    builder_gate(builder, GATE_QUEUE, world_below(world, 3), 0);
    builder_gate(builder, GATE_BARRIER, 0, 0);
    builder_gate(builder, GATE_EVENT, 0, 0);
}

static struct rule make_rule(struct world *world)
{
    struct rule rule = builder_plain_rule();
    struct amount amounts[4] = {{SLOT, 1}, {MEM, 1 + world_below(world, 3)}, {LOCK_B, 1}};
    bool has_lock = !world->is_sane && world_chance(world, 150);
    rule.vector =
        builder_vector(&world->builder, amounts, has_lock ? 3 : 1 + world_below(world, 2));
    rule.timeout = UNLIMITED;
    if (world->is_sane)
        return rule;
    rule.timeout = world_chance(world, 200) ? 5 + world_below(world, 40) : UNLIMITED;
    rule.retry_max = world_chance(world, 400) ? world_below(world, 4) : 0;
    rule.retry_delay = world_below(world, 4);
    if (world_chance(world, 200))
        rule.flags |= RULE_CONTINUE;
    if (world_chance(world, 150))
        rule.flags |= RULE_CONDITION;
    return rule;
}

static void need_some(struct world *world, uint32_t node, uint32_t end, uint32_t per_thousand)
{
    for (uint32_t need = 0; need < end && !world->is_sane; need++)
        if (world_chance(world, per_thousand))
            builder_need(&world->builder, node, need);
}

static void make_main(struct world *world, bool has_taker)
{
    uint32_t phases[8], phase_count = 1 + world_below(world, 8), puts = 0;
    uint32_t count = 2 * (1 + world_below(world, world->is_sane ? 4 : 6));
    bool has_condition = false;
    for (uint32_t i = 0; i < phase_count; i++) {
        phases[i] = world_below(world, 11);
        bool is_over = (phases[i] == 7 && has_condition) ||
                       (phases[i] == 8 && (!has_taker || ++puts > 2)) ||
                       (phases[i] > 5 && world->is_disturbed);
        if (is_over)
            phases[i] = 10;
        has_condition |= phases[i] == 7;
    }
    for (uint32_t node = 0; node < count; node++) {
        struct rule rule = make_rule(world);
        if (world->is_sane)
            rule.program = world_sane_program(world, phases, phase_count, node);
        else if (world_chance(world, 800))
            rule.program = world_wild_program(world);
        builder_instance(&world->builder, builder_task(&world->builder, &rule));
        need_some(world, node, node, 80);
    }
    world->judge.main_count = count;
}

/* One process, with at most a lock around it and words on what it does. */
static void make_daemon(struct world *world)
{
    struct rule rule = builder_plain_rule();
    struct amount amounts[2] = {{MEM, 1}, {LOCK_B, 1}};
    bool has_lock = !world->is_sane && world_chance(world, 200);
    rule.vector = builder_vector(&world->builder, amounts, has_lock ? 2 : world_below(world, 2));
    rule.flags |= RULE_DAEMON;
    rule.timeout = !world->is_sane && world_chance(world, 100) ? 20 : UNLIMITED;
    if (has_lock || world_chance(world, 300)) {
        struct script script = {.has_cleanup = world_chance(world, 300)};
        script_add(&script, OPERATION_BODY, NO_GATE);
        if (world_chance(world, 500) && !world->is_sane)
            script_use(&script, USE_SET, OTHER_EVENT);
        if (world_chance(world, 200) && !world->is_sane)
            script_use(&script, USE_PUT, FEED);
        rule.program = script_finish(&script, &world->builder);
    }
    uint32_t node = builder_instance(&world->builder, builder_task(&world->builder, &rule));
    for (uint32_t main = 0; main < world->judge.main_count; main++)
        if (world_chance(world, 250))
            builder_need(&world->builder, main, node);
}

static void make_gang(struct world *world)
{
    struct builder *builder = &world->builder;
    uint32_t nodes[3], count = 2 + world_below(world, 2), end = builder->tasks.count;
    uint32_t join = builder_join(builder, JOIN_PLAIN, NO_TASK);
    need_some(world, join, end, 60);
    for (uint32_t i = 0; i < count; i++) {
        struct rule rule = make_rule(world);
        if (i > 0)
            rule.vector = 0;
        nodes[i] = builder_instance(builder, builder_task(builder, &rule));
        builder_need(builder, nodes[i], join);
    }
    builder_gang(builder, nodes, count);
}

/* gate: the queue that it takes from, or NO_GATE: a matrix that comes of its needs. */
static void make_template(struct world *world, uint32_t gate)
{
    struct builder *builder = &world->builder;
    struct rule rule = make_rule(world);
    uint32_t end = builder->tasks.count;
    rule.gate = gate;
    if (world->is_sane && world_chance(world, 600))
        rule.program = world_instance_program(world);
    else if (!world->is_sane && world_chance(world, 700))
        rule.program = world_wild_program(world);
    uint32_t template = builder_join(builder, JOIN_TEMPLATE, builder_task(builder, &rule));
    need_some(world, template, end, 40);
    if (!world_chance(world, 400))
        return;
    struct rule after = make_rule(world);
    uint32_t node = builder_instance(builder, builder_task(builder, &after));
    builder_need(builder, node, template);
}

static void make_finally(struct world *world)
{
    struct builder *builder = &world->builder;
    uint32_t end = builder->tasks.count;
    uint32_t join = builder_join(builder, JOIN_PLAIN, NO_TASK);
    builder->plan.finally_join = join;
    for (uint32_t node = 0; node < end; node++)
        builder_need(builder, join, node);
    world->judge.last_first = builder->tasks.count;
    world->judge.last_count = 1 + world_below(world, 3);
    for (uint32_t i = 0; i < world->judge.last_count; i++) {
        struct rule rule = make_rule(world);
        rule.flags |= RULE_FINALLY;
        bool is_wild = !world->is_sane && world_chance(world, 600);
        rule.program = is_wild ? world_wild_program(world) : world_last_program(world, i);
        uint32_t node = builder_instance(builder, builder_task(builder, &rule));
        builder_need(builder, node, join);
    }
}

void world_make(struct world *world)
{
    bool has_taker = world_chance(world, 400);
    builder_init(&world->builder);
    make_parts(world);
    make_main(world, has_taker && !world->is_disturbed);
    if (world->is_disturbed) { /* what stands beside them would be done again */
        builder_finish(&world->builder);
        return;
    }
    for (uint32_t count = world_chance(world, 300) ? 1 + world_below(world, 2) : 0; count > 0;
         count--)
        make_daemon(world);
    if (world_chance(world, 300))
        make_gang(world);
    if (has_taker)
        make_template(world, FEED);
    if (has_taker && !world->is_sane && world_chance(world, 500))
        make_template(world, world_chance(world, 800) ? BACK : FEED);
    if (!world->is_sane && world_chance(world, 200))
        make_template(world, NO_GATE);
    if (world_chance(world, 350))
        make_finally(world);
    builder_finish(&world->builder);
}
