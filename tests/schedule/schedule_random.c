/* Random plans, answered at random: the oracle's laws and the scheduler's own after every input.
 *
 * A seed is a whole run. PARGRAPH_SEEDS says how many (default: DEFAULT_SEEDS); a failure names its
 * seed, and PARGRAPH_SEED runs that one alone. */
#include <stdio.h>

#include "schedule/schedule_dice.h"
#include "schedule/schedule_oracle.h"
#include "schedule/schedule_parts.h"
#include "support/check.h"

enum { DEFAULT_SEEDS = 40000, STEPS_MAX = 5000 };

struct simulation {
    struct dice dice;
    struct builder builder;
    struct scheduler *scheduler;
    struct oracle oracle;
    struct action_list actions;
    int64_t now;
    uint32_t steps;
    uint64_t hash;                                           /* of all actions */
    uint32_t cancel_chance, failure_chance, capacity_chance; /* per thousand */
    uint32_t resume_chance, resumes;
    bool is_lowered;
};

static uint32_t below(struct simulation *simulation, uint32_t bound)
{
    return dice_below(&simulation->dice, bound);
}

static bool chance(struct simulation *simulation, uint32_t per_thousand)
{
    return dice_chance(&simulation->dice, per_thousand);
}

/* --- plans --- */

static uint32_t make_vector(struct simulation *simulation)
{
    struct amount amounts[ORACLE_TOKENS];
    uint32_t count = 0;
    for (uint32_t token = 0; token < simulation->builder.tokens.count; token++) {
        uint64_t capacity = simulation->builder.tokens.items[token].capacity;
        if (chance(simulation, 600))
            amounts[count++] =
                (struct amount){token, 1 + below(simulation, (uint32_t)capacity) % 3};
    }
    for (uint32_t i = 0; i < count; i++)
        if (amounts[i].amount > simulation->builder.tokens.items[amounts[i].token].capacity)
            amounts[i].amount = 1;
    return builder_vector(&simulation->builder, amounts, count);
}

static struct rule make_rule(struct simulation *simulation, uint16_t flags)
{
    static const uint8_t codes[] = {3, 75};
    struct rule rule = builder_plain_rule();
    rule.flags = flags;
    if (!chance(simulation, 80))
        rule.flags |= RULE_WORK;
    if (chance(simulation, 200))
        rule.flags |= RULE_CONDITION;
    if (rule.flags & RULE_CONDITION && chance(simulation, 400))
        rule.flags |= RULE_HEEDS_FAILURE;
    if (chance(simulation, 150))
        rule.flags |= RULE_REQUEST;
    if (chance(simulation, 150))
        rule.flags |= RULE_CONTINUE;
    rule.vector = rule.flags & RULE_REQUEST ? NO_VECTOR : make_vector(simulation);
    rule.priority = chance(simulation, 300) ? (int32_t)below(simulation, 5) - 2 : 0;
    rule.timeout = chance(simulation, 250) ? 1 + below(simulation, 20) : UNLIMITED;
    rule.retry_max = chance(simulation, 300) ? below(simulation, 4) : 0;
    rule.retry_delay = chance(simulation, 600) ? below(simulation, 9) : 0;
    rule.retry_backoff = 1 + below(simulation, 3);
    rule.retry_max_delay = chance(simulation, 500) ? below(simulation, 20) : UNLIMITED;
    rule.retry_when = (uint8_t)below(simulation, 8);
    rule.exit_codes = codes;
    rule.exit_code_count = (uint8_t)below(simulation, 3);
    return rule;
}

static uint32_t make_node(struct simulation *simulation, uint16_t flags)
{
    struct builder *builder = &simulation->builder;
    uint32_t kind = below(simulation, 100);
    if (kind < 15 && flags == 0)
        return builder_join(builder, JOIN_PLAIN, NO_TASK);
    struct rule rule = make_rule(simulation, flags);
    uint32_t task = builder_task(builder, &rule);
    if (kind < 20 && flags == 0)
        return builder_join(builder, JOIN_TEMPLATE, task);
    return builder_instance(builder, task);
}

static void make_needs(struct simulation *simulation, uint32_t node, uint32_t first)
{
    uint32_t density = below(simulation, 5000) / (node + 1);
    for (uint32_t need = first; need < node; need++)
        if (chance(simulation, density))
            for (uint32_t twice = below(simulation, 10) == 0 ? 2 : 1; twice > 0; twice--)
                builder_need(&simulation->builder, node, need);
}

/* Tasks that pipes join come after one join, of all that they need. */
static void make_gang(struct simulation *simulation)
{
    struct builder *builder = &simulation->builder;
    uint32_t nodes[4], count = 2 + below(simulation, 3);
    uint32_t join = builder_join(builder, JOIN_PLAIN, NO_TASK);
    make_needs(simulation, join, 0);
    for (uint32_t i = 0; i < count; i++) {
        struct rule rule = make_rule(simulation, 0);
        rule.flags |= RULE_WORK;
        if (i > 0) {
            rule.flags &= (uint16_t)~RULE_REQUEST;
            rule.vector = 0;
        }
        nodes[i] = builder_instance(builder, builder_task(builder, &rule));
        builder_need(builder, nodes[i], join);
    }
    builder_gang(builder, nodes, count);
}

static void make_finally(struct simulation *simulation, uint32_t main_count)
{
    struct builder *builder = &simulation->builder;
    uint32_t join = builder_join(builder, JOIN_PLAIN, NO_TASK);
    builder->plan.finally_join = join;
    for (uint32_t node = 0; node < main_count; node++)
        builder_need(builder, join, node);
    for (uint32_t count = 1 + below(simulation, 3); count > 0; count--) {
        uint32_t node = make_node(simulation, RULE_FINALLY);
        builder_need(builder, node, join);
        make_needs(simulation, node, join + 1);
    }
}

static void make_plan(struct simulation *simulation)
{
    struct builder *builder = &simulation->builder;
    builder_init(builder);
    for (uint32_t count = below(simulation, ORACLE_TOKENS); count > 0; count--)
        builder_token(builder, chance(simulation, 500) ? TOKEN_RUNNING : TOKEN_KEPT,
                      1 + below(simulation, 4));
    uint32_t main_count = below(simulation, chance(simulation, 100) ? 45 : 14);
    bool has_gangs = chance(simulation, 300);
    while (builder->tasks.count < main_count)
        if (has_gangs && chance(simulation, 200))
            make_gang(simulation);
        else
            make_needs(simulation, make_node(simulation, 0), 0);
    main_count = builder->tasks.count;
    bool is_partial = !has_gangs && chance(simulation, 200);
    for (uint32_t node = 0; node < main_count && is_partial; node++)
        if (chance(simulation, 200))
            builder_unselect(builder, node);
    if (chance(simulation, 400))
        make_finally(simulation, main_count);
    make_vector(simulation);
    builder_finish(builder);
}

/* --- a driver --- */

static void digest(struct simulation *simulation)
{
    for (uint32_t i = 0; i < simulation->actions.count; i++) {
        simulation->hash = digest_action(simulation->hash, &simulation->actions.items[i]);
    }
}

static void give(struct simulation *simulation, struct input in)
{
    in.now = simulation->now;
    simulation->actions.count = 0;
    oracle_input(&simulation->oracle, &in);
    scheduler_handle(simulation->scheduler, &in, &simulation->actions);
    oracle_actions(&simulation->oracle, simulation->scheduler, &simulation->actions);
    digest(simulation);
    const char *wrong = scheduler_check(simulation->scheduler);
    if (wrong != NULL && simulation->oracle.wrong == NULL)
        simulation->oracle.wrong = wrong;
    simulation->steps++;
}

static struct outcome make_outcome(struct simulation *simulation)
{
    if (!chance(simulation, simulation->failure_chance))
        return (struct outcome){.kind = OUTCOME_EXITED};
    uint8_t kind = (uint8_t)below(simulation, OUTCOME_LOST + 1);
    int32_t code = kind == OUTCOME_EXITED ? (int32_t)below(simulation, 100) : 9;
    return (struct outcome){.kind = kind, .code = code};
}

static void answer(struct simulation *simulation, uint32_t node)
{
    struct input in = {.kind = INPUT_EVALUATED, .node = node};
    in.attempt = simulation->oracle.nodes[node].attempts + 1;
    in.vector = below(simulation, simulation->builder.plan.vectors.count);
    in.is_invalid = chance(simulation, 50);
    if (chance(simulation, 250))
        in.verdict = (uint8_t)(1 + below(simulation, 3));
    give(simulation, in);
}

static void expand(struct simulation *simulation)
{
    struct input in = {.kind = INPUT_EXPANDED, .node = simulation->oracle.expanding};
    uint32_t old = simulation->builder.plan.node_count, room = ORACLE_NODES - old;
    uint32_t count = below(simulation, 4);
    count = count < room ? count : room;
    in.is_invalid = chance(simulation, 50);
    if (chance(simulation, 100))
        in.verdict = (uint8_t)(1 + below(simulation, 3));
    if (!in.is_invalid && in.verdict == VERDICT_RUN) {
        builder_expand(&simulation->builder, in.node, count);
        for (uint32_t need = 0; need < old && count > 0; need++)
            if (scheduler_state(simulation->scheduler, need) == STATE_ENDED &&
                chance(simulation, 100))
                builder_need_ended(&simulation->builder, old + below(simulation, count), need);
    }
    give(simulation, in);
}

static void due(struct simulation *simulation, uint32_t node)
{
    const struct oracle_node *this = &simulation->oracle.nodes[node];
    if (this->timer_at > simulation->now)
        simulation->now = this->timer_at;
    give(simulation, (struct input){.kind = INPUT_TIMER, .node = node, .timer = this->timer});
}

/* What stands to be answered for this node, if anything. */
static bool move(struct simulation *simulation, uint32_t node)
{
    const struct oracle_node *this = &simulation->oracle.nodes[node];
    if (node == simulation->oracle.expanding)
        expand(simulation);
    else if (this->is_asked)
        answer(simulation, node);
    else if (this->timer != 0 && (!this->is_live || chance(simulation, 300)))
        due(simulation, node);
    else if (this->is_live && chance(simulation, 100))
        give(simulation,
             (struct input){
                 .kind = INPUT_STARTED, .node = node, .attempt = this->attempts, .process = 1});
    else if (this->is_live)
        give(simulation, (struct input){.kind = INPUT_FINISHED,
                                        .node = node,
                                        .attempt = this->attempts,
                                        .outcome = make_outcome(simulation)});
    else
        return false;
    return true;
}

static bool move_any(struct simulation *simulation)
{
    uint32_t count = simulation->builder.plan.node_count;
    uint32_t from = count > 0 ? below(simulation, count) : 0;
    for (uint32_t i = 0; i < count; i++)
        if (move(simulation, (from + i) % count))
            return true;
    return false;
}

static void set_capacity(struct simulation *simulation, uint32_t token, uint64_t amount)
{
    give(simulation, (struct input){.kind = INPUT_CAPACITY, .vector = token, .amount = amount});
}

static void restore_capacities(struct simulation *simulation)
{
    const struct plan *plan = &simulation->builder.plan;
    for (uint32_t token = 0; token < plan->token_count; token++)
        set_capacity(simulation, token, plan->tokens[token].capacity);
    simulation->is_lowered = false;
}

enum { MOST_RESUMES = 4 };

/* Killed at any moment, or taken up again after its end. Whatever runs is lost, but for a torn
 * journal's sake not always told so before the next resume. */
static void resume(struct simulation *simulation)
{
    if (simulation->resumes == MOST_RESUMES || !chance(simulation, simulation->resume_chance))
        return;
    simulation->resumes++;
    give(simulation, (struct input){.kind = INPUT_RESUME});
    uint32_t count = simulation->builder.plan.node_count;
    bool is_torn = chance(simulation, 100);
    for (uint32_t node = 0; node < count; node++) {
        const struct oracle_node *this = &simulation->oracle.nodes[node];
        if (this->is_gone && !simulation->oracle.has_ended && !(is_torn && chance(simulation, 300)))
            give(simulation, (struct input){.kind = INPUT_FINISHED,
                                            .node = node,
                                            .attempt = this->attempts,
                                            .outcome = {.kind = OUTCOME_LOST}});
    }
    if (is_torn)
        give(simulation, (struct input){.kind = INPUT_RESUME});
    for (uint32_t node = 0; node < count && is_torn; node++)
        if (simulation->oracle.nodes[node].is_gone)
            give(simulation, (struct input){.kind = INPUT_FINISHED,
                                            .node = node,
                                            .attempt = simulation->oracle.nodes[node].attempts,
                                            .outcome = {.kind = OUTCOME_LOST}});
}

static void disturb(struct simulation *simulation)
{
    resume(simulation);
    if (simulation->oracle.has_ended)
        return;
    uint32_t tokens = simulation->builder.plan.token_count;
    if (chance(simulation, simulation->cancel_chance))
        give(simulation,
             (struct input){.kind = INPUT_CANCEL, .verdict = (uint8_t)below(simulation, 3)});
    if (!simulation->oracle.has_ended && tokens > 0 &&
        chance(simulation, simulation->capacity_chance)) {
        simulation->is_lowered = true;
        set_capacity(simulation, below(simulation, tokens), below(simulation, 6));
    }
}

static void drive(struct simulation *simulation)
{
    give(simulation, (struct input){.kind = INPUT_BEGIN});
    while (simulation->oracle.wrong == NULL) {
        if (simulation->oracle.has_ended)
            resume(simulation);
        if (simulation->oracle.has_ended)
            break;
        simulation->now += below(simulation, 4);
        disturb(simulation);
        if (simulation->oracle.has_ended || move_any(simulation))
            continue;
        if (!simulation->is_lowered)
            simulation->oracle.wrong = "the run is stuck";
        restore_capacities(simulation);
        if (simulation->steps > STEPS_MAX)
            simulation->oracle.wrong = "the run does not end";
    }
}

static uint64_t run_seed(uint64_t seed)
{
    static const uint32_t chances[] = {0, 0, 30, 200};
    struct simulation simulation = {.dice = dice_of_seed(seed)};
    simulation.cancel_chance = chances[below(&simulation, 4)] / 2;
    simulation.failure_chance = chances[below(&simulation, 4)] * 2;
    simulation.capacity_chance = chances[below(&simulation, 4)] / 2;
    simulation.resume_chance = chances[below(&simulation, 4)] * 3;
    make_plan(&simulation);
    struct scheduler_options options = {.failure_policy = (uint8_t)below(&simulation, 3)};
    oracle_init(&simulation.oracle, &simulation.builder.plan, options.failure_policy);
    simulation.scheduler = scheduler_new(&simulation.builder.plan, &options);
    drive(&simulation);
    if (simulation.oracle.wrong != NULL) {
        printf("seed %llu, step %u: %s\n", (unsigned long long)seed, simulation.steps,
               simulation.oracle.wrong);
        CU_FAIL("a law is broken");
    }
    scheduler_free(simulation.scheduler);
    action_list_release(&simulation.actions);
    builder_release(&simulation.builder);
    return simulation.hash;
}

void check_random_runs(void)
{
    uint64_t only = dice_number_from("PARGRAPH_SEED", 0);
    uint64_t last = only > 0 ? only : dice_number_from("PARGRAPH_SEEDS", DEFAULT_SEEDS);
    for (uint64_t seed = only > 0 ? only : 1; seed <= last; seed++)
        run_seed(seed);
}

void check_same_seed_same_actions(void)
{
    uint64_t seeds = dice_number_from("PARGRAPH_SEEDS", DEFAULT_SEEDS) / 10;
    uint32_t different = 0;
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        uint64_t hash = run_seed(seed);
        CU_ASSERT_EQUAL(hash, run_seed(seed));
        different += hash != run_seed(seed + 1);
    }
    CU_ASSERT(different > seeds / 2);
}
