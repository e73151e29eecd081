/* Random programs, sane and wild, answered at random: the laws that actions alone can show, and the
 * scheduler's own after every input. A sane workflow takes its locks in one order, has every party
 * at every barrier, sets before it waits, puts as often as it gets: nobody fails in it, so it ends
 * as a success, whatever the order of what happens. One that is disturbed, by failures, cancels and
 * kills, and resumed as often, ends as a success too, and nothing was done twice. A wild one is
 * anything.
 *
 * PARGRAPH_SEEDS and PARGRAPH_SEED as in schedule_random.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schedule/schedule_judge.h"
#include "schedule/schedule_parts.h"
#include "schedule/schedule_script.h"
#include "support/check.h"

enum { DEFAULT_SEEDS = 30000, NODES = 12, REQUESTS = 64, STEPS_MOST = 4000, GATES = 6 };

struct live {
    bool is_at_body, is_concluding, is_asked, is_failed, is_signalled, has_ended;
    uint32_t attempt, operation, asked_operation, timer;
    int64_t timer_at;
};
enum answer { ANSWER_NONE, ANSWER_AWAITED, ANSWER_GIVEN, ANSWER_OVER };
struct verb_state {
    uint32_t node, timer;
    uint8_t answer, verb;
    int64_t timer_at;
};

struct world {
    uint64_t random;
    struct builder builder;
    struct scheduler *scheduler;
    struct action_list actions;
    struct judge judge;
    struct live nodes[NODES];
    struct verb_state requests[REQUESTS];
    uint32_t request_count, item_count, next_item[GATES];
    uint32_t run_timer, steps, resumes;
    int64_t run_timer_at, now;
    uint64_t hash;
    bool is_sane, has_ended, is_success, is_stuck;
    bool is_disturbed;     /* a sane one that is broken off and resumed, */
    uint32_t disturbances; /* as often as this */
    uint32_t failure_chance, verb_chance, cancel_chance, resume_chance; /* per thousand */
    const char *wrong;
};

static uint32_t below(struct world *world, uint32_t bound)
{
    uint64_t z = world->random += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return (uint32_t)((z ^ (z >> 31)) >> 33) % bound;
}

static bool chance(struct world *world, uint32_t per_thousand)
{
    return below(world, 1000) < per_thousand;
}

static void judge(struct world *world, bool is_good, const char *law)
{
    if (!is_good && world->wrong == NULL)
        world->wrong = law;
}

/* --- workflows: tokens slot, mem, lock, lock, semaphore; gates barrier, event, condition of the
 * first lock, queue, barrier of two --- */

enum { SLOT, MEM, LOCK_A, LOCK_B, SEMAPHORE };
enum { BARRIER, EVENT, CONDITION, QUEUE, PAIR, OTHER_EVENT };

static void make_parts(struct world *world)
{
    struct builder *builder = &world->builder;
    builder_token(builder, TOKEN_RUNNING, 1 + below(world, 3));
    builder_token(builder, TOKEN_KEPT, 40);
    builder_lock(builder);
    builder_lock(builder);
    builder_token(builder, TOKEN_KEPT, 1 + below(world, 3));
    builder_gate(builder, GATE_BARRIER, 0, 0);
    builder_gate(builder, GATE_EVENT, 0, 0);
    builder_gate(builder, GATE_CONDITION, 0, LOCK_A);
    builder_gate(builder, GATE_QUEUE, below(world, 4), 0);
    builder_gate(builder, GATE_BARRIER, 2, 0);
    builder_gate(builder, GATE_EVENT, 0, 0);
}

static void add_body(struct script *script)
{
    script_add(script, OPERATION_BODY, NO_GATE);
}

static void add_group(struct world *world, struct script *script, uint32_t token, bool is_nested)
{
    struct amount amount = {token, 1};
    uint32_t vector = builder_vector(&world->builder, &amount, 1);
    script_add(script, OPERATION_ENTER, NO_GATE)->vector = vector;
    add_body(script);
    if (is_nested)
        add_group(world, script, LOCK_B, false);
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
        add_group(world, script, LOCK_A, chance(world, 300));
        break;
    case 2:
        add_group(world, script, SEMAPHORE, false);
        break;
    case 3:
        script_add(script, OPERATION_SLEEP, NO_GATE)->duration = below(world, 5);
        break;
    case 4: /* everybody puts as much as it gets: an item for each getter, room in the end */
        script_add(script, node % 2 ? OPERATION_PUT : OPERATION_GET, QUEUE)->flags |=
            OPERATION_ASKS;
        break;
    case 5:
        if (node == 0)
            script_add(script, OPERATION_SET, EVENT);
        else
            script_add(script, OPERATION_WAIT, EVENT);
        break;
    default:
        add_body(script);
    }
}

static void add_wild(struct world *world, struct script *script)
{
    static const uint8_t gates[] = {[OPERATION_BARRIER] = BARRIER,
                                    [OPERATION_WAIT] = EVENT,
                                    [OPERATION_SET] = EVENT,
                                    [OPERATION_CLEAR] = EVENT,
                                    [OPERATION_CONDITION_WAIT] = CONDITION,
                                    [OPERATION_NOTIFY] = CONDITION,
                                    [OPERATION_NOTIFY_ALL] = CONDITION,
                                    [OPERATION_PUT] = QUEUE,
                                    [OPERATION_GET] = QUEUE,
                                    [OPERATION_CLOSE] = QUEUE};
    uint32_t kind = chance(world, 400) ? OPERATION_BODY : below(world, OPERATION_CLOSE + 1);
    if (kind == OPERATION_CLOSE && !chance(world, 200))
        kind = OPERATION_PUT;
    if (kind == OPERATION_LEAVE && script->open.count == 0)
        kind = OPERATION_ENTER;
    uint32_t gate = kind >= OPERATION_BARRIER ? gates[kind] : NO_GATE;
    if (kind == OPERATION_BARRIER && chance(world, 400))
        gate = PAIR;
    if ((kind == OPERATION_WAIT || kind == OPERATION_SET) && chance(world, 400))
        gate = OTHER_EVENT;
    struct operation *operation = script_add(script, (enum operation_kind)kind, gate);
    if (kind == OPERATION_ENTER && chance(world, 850)) {
        struct amount amounts[2] = {{LOCK_A + below(world, 2), 1}, {SEMAPHORE, 1}};
        operation->vector = builder_vector(&world->builder, amounts, 1 + below(world, 2));
    }
    operation->duration = below(world, 6);
    if (kind != OPERATION_LEAVE && chance(world, 150))
        operation->flags |= OPERATION_ASKS;
    if (kind == OPERATION_PUT)
        operation->flags |= OPERATION_ASKS;
    if (kind == OPERATION_CONDITION_WAIT && chance(world, 300))
        operation->flags |= OPERATION_ASKS | OPERATION_UNTIL;
    if (kind != OPERATION_LEAVE && chance(world, 200))
        operation->flags |= OPERATION_CONTINUES;
    if (kind != OPERATION_LEAVE && chance(world, 200))
        operation->timeout = 1 + below(world, 12);
    for (uint32_t i = 0; kind == OPERATION_BODY && i < 2; i++)
        if (chance(world, 250))
            script_use(script, (enum use_role)(USE_PUT + i), QUEUE);
    if (kind == OPERATION_BODY && chance(world, 250))
        script_use(script, USE_BARRIER, BARRIER);
    if (kind == OPERATION_BODY && chance(world, 250))
        script_use(script, USE_SET, EVENT);
}

static uint32_t make_program(struct world *world, const uint32_t *phases, uint32_t phase_count,
                             uint32_t node)
{
    struct script script = {.has_cleanup = chance(world, 300)};
    for (uint32_t i = 0; i < phase_count && world->is_sane; i++)
        add_sane(world, &script, phases[i], node);
    for (uint32_t count = world->is_sane ? 0 : 1 + below(world, 9); count > 0; count--)
        add_wild(world, &script);
    while (script.open.count > 0)
        script_add(&script, OPERATION_LEAVE, NO_GATE);
    return script_finish(&script, &world->builder);
}

static struct rule make_rule(struct world *world)
{
    struct rule rule = builder_plain_rule();
    struct amount amounts[4] = {{SLOT, 1}, {MEM, 1 + below(world, 3)}, {LOCK_B, 1}};
    bool has_lock = !world->is_sane && chance(world, 150);
    rule.vector = builder_vector(&world->builder, amounts, has_lock ? 3 : 1 + below(world, 2));
    rule.timeout = UNLIMITED;
    if (world->is_sane)
        return rule;
    rule.timeout = chance(world, 200) ? 5 + below(world, 40) : UNLIMITED;
    rule.retry_max = chance(world, 400) ? below(world, 4) : 0;
    rule.retry_delay = below(world, 4);
    if (chance(world, 200))
        rule.flags |= RULE_CONTINUE;
    if (chance(world, 150))
        rule.flags |= RULE_CONDITION;
    return rule;
}

static void make_workflow(struct world *world)
{
    uint32_t phases[8], phase_count = 1 + below(world, 8);
    uint32_t count = 2 * (1 + below(world, world->is_sane ? 4 : NODES / 2));
    builder_init(&world->builder);
    make_parts(world);
    for (uint32_t i = 0; i < phase_count; i++)
        phases[i] = below(world, 7);
    for (uint32_t node = 0; node < count; node++) {
        struct rule rule = make_rule(world);
        if (world->is_sane || chance(world, 800))
            rule.program = make_program(world, phases, phase_count, node);
        uint32_t made = builder_instance(&world->builder, builder_task(&world->builder, &rule));
        for (uint32_t need = 0; need < made && !world->is_sane; need++)
            if (chance(world, 80))
                builder_need(&world->builder, made, need);
    }
    builder_finish(&world->builder);
}

/* --- what actions show --- */

static void see_reply(struct world *world, const struct action *action)
{
    judge(world, action->request < world->request_count, "a reply to nobody");
    if (action->request >= world->request_count)
        return;
    struct verb_state *request = &world->requests[action->request];
    judge(world, request->answer == ANSWER_AWAITED,
          "a request was answered twice, or after its end");
    judge(world, world->nodes[action->node].is_at_body, "a reply to a body that has ended");
    bool stays = request->verb <= VERB_ACQUIRE && action->code == REPLY_DONE;
    request->answer = stays ? ANSWER_GIVEN : ANSWER_OVER;
}

static void see_fact(struct world *world, const struct fact *fact)
{
    if (fact->kind == FACT_ENDED) {
        struct live *node = &world->nodes[fact->node];
        judge(world, !node->has_ended, "a node ended twice");
        judge(world, !node->is_at_body && !node->is_concluding, "a node ended while it ran");
        node->has_ended = true;
    } else if (fact->kind == FACT_REOPENED) {
        judge(world, world->resumes > 0, "reopened without a resume");
        world->nodes[fact->node] = (struct live){0};
    } else if (fact->kind == FACT_RUN_ENDED) {
        world->is_success = fact->status == STATUS_SUCCESS;
    } else if (fact->kind == FACT_DEADLOCK) {
        world->is_stuck = true;
    }
}

static void see(struct world *world, const struct action *action)
{
    struct live *node = &world->nodes[action->node < NODES ? action->node : 0];
    judge(world, !world->has_ended, "an action after the end");
    switch (action->kind) {
    case ACTION_LAUNCH:
        judge(world, !node->is_at_body && !node->is_concluding, "two bodies of one node");
        judge(world, !node->has_ended, "a launch after the end");
        node->is_at_body = true;
        node->is_signalled = false;
        node->attempt = action->attempt;
        node->operation = action->operation;
        break;
    case ACTION_CONCLUDE:
        judge(world, !node->is_at_body, "a conclusion while a body runs");
        judge(world, !node->has_ended, "a conclusion after the end");
        node->is_concluding = true;
        node->is_asked = false;
        node->is_failed = action->is_failed || action->is_stopped;
        node->attempt = action->attempt;
        break;
    case ACTION_EVALUATE:
        judge(world, !node->is_at_body && !node->is_concluding, "asked while it runs");
        node->is_asked = true;
        node->attempt = action->attempt;
        node->asked_operation = action->operation;
        break;
    case ACTION_TIMER:
        if (action->request != NO_REQUEST) {
            world->requests[action->request].timer = action->timer;
            world->requests[action->request].timer_at = action->at;
        } else if (action->node == NO_NODE) {
            world->run_timer = action->timer;
            world->run_timer_at = action->at;
        } else {
            node->timer = action->timer;
            node->timer_at = action->at;
        }
        break;
    case ACTION_SIGNAL:
        judge(world, node->is_at_body || node->is_concluding, "a signal to nobody");
        node->is_signalled = true;
        break;
    case ACTION_BIND:
        if (action->item == NO_ITEM)
            break;
        judge(world, action->item >= world->next_item[QUEUE] || !world->is_sane,
              "items are not got in the order of their coming");
        world->next_item[QUEUE] = action->item + 1;
        break;
    case ACTION_REPLY:
        see_reply(world, action);
        break;
    case ACTION_RECORD:
        see_fact(world, &action->fact);
        break;
    case ACTION_END:
        world->has_ended = true;
        break;
    }
}

/* For one seed: all inputs and actions, as a scenario has them. */
static void show(const struct world *world, const struct input *in)
{
    static const char *const nodes[] = {"n0", "n1", "n2", "n3", "n4",  "n5",
                                        "n6", "n7", "n8", "n9", "n10", "n11"};
    static const char *const tokens[] = {"slot", "mem", "a", "b", "semaphore"};
    static const char *const gates[] = {"barrier", "event", "condition", "queue", "pair", "other"};
    static const struct wording wording = {nodes, tokens, gates};
    CLEANUP_BUFFER struct buffer out = {0};
    buffer_printf(&out, "input %d node %d attempt %u operation %d verb %d request %d\n", in->kind,
                  (int)in->node, in->attempt, (int)in->operation, in->verb, (int)in->request);
    for (uint32_t i = 0; i < world->actions.count; i++)
        write_action(&out, &world->actions.items[i], &wording);
    fputs(buffer_text(&out), stdout);
}

static void give(struct world *world, struct input in)
{
    in.now = world->now;
    world->actions.count = 0;
    judge_input(&world->judge, &in);
    scheduler_handle(world->scheduler, &in, &world->actions);
    for (uint32_t i = 0; i < world->actions.count; i++) {
        const struct action *action = &world->actions.items[i];
        uint64_t fields[] = {action->kind,  action->node,    action->attempt, action->operation,
                             action->cause, action->request, action->code,    action->fact.kind,
                             action->item,  action->gate,    action->token,   action->fact.node,
                             action->timer, action->culprit};
        for (size_t k = 0; k < sizeof fields / sizeof *fields; k++)
            world->hash = (world->hash ^ fields[k]) * 0x100000001b3;
        see(world, action);
        judge_action(&world->judge, action);
    }
    judge_settled(&world->judge, world->scheduler);
    judge(world, world->judge.wrong == NULL, world->judge.wrong);
    const char *wrong = scheduler_check(world->scheduler);
    judge(world, wrong == NULL, wrong);
    if (getenv("PARGRAPH_SHOW") != NULL)
        show(world, &in);
    world->steps++;
}

static struct input input_of(uint8_t kind, uint32_t node)
{
    return (struct input){.kind = kind,
                          .node = node,
                          .operation = NO_OPERATION,
                          .request = NO_REQUEST,
                          .parent = NO_REQUEST,
                          .item = NO_ITEM,
                          .duration = UNLIMITED};
}

/* --- a driver --- */

/* A run that is only disturbed ends well at last. */
static bool may_disturb(struct world *world, uint32_t per_thousand)
{
    if (!world->is_disturbed)
        return !world->is_sane && chance(world, per_thousand);
    bool is_one = world->disturbances > 0 && chance(world, per_thousand);
    world->disturbances -= is_one;
    return is_one;
}

static bool fails(struct world *world)
{
    return world->is_disturbed ? may_disturb(world, world->failure_chance)
                               : chance(world, world->failure_chance);
}

static void finish_body(struct world *world, uint32_t node, enum outcome_kind kind)
{
    struct live *live = &world->nodes[node];
    struct input in = input_of(INPUT_FINISHED, node);
    in.attempt = live->attempt;
    in.operation = live->operation;
    in.outcome.kind = (uint8_t)kind;
    in.outcome.code = kind == OUTCOME_EXITED && fails(world);
    if (world->is_disturbed && live->is_signalled && chance(world, 500))
        in.outcome.kind = kind == OUTCOME_LOST ? OUTCOME_LOST : OUTCOME_SIGNALLED;
    live->is_at_body = false;
    for (uint32_t i = 0; i < world->request_count; i++)
        if (world->requests[i].node == node)
            world->requests[i].answer = ANSWER_OVER;
    give(world, in);
}

static void conclude(struct world *world, uint32_t node)
{
    struct live *live = &world->nodes[node];
    struct input in = input_of(INPUT_FINISHED, node);
    in.attempt = live->attempt;
    in.operation = OPERATION_END;
    in.outcome.code = live->is_failed;
    live->is_concluding = false;
    give(world, in);
}

static void answer(struct world *world, uint32_t node)
{
    struct live *live = &world->nodes[node];
    struct input in = input_of(INPUT_EVALUATED, node);
    in.attempt = live->attempt;
    in.operation = live->asked_operation;
    in.item = world->item_count;
    in.duration = below(world, 5);
    in.vector = 0;
    live->is_asked = false;
    if (!world->is_sane && chance(world, 250))
        in.verdict = VERDICT_SKIP;
    else if (!world->is_sane && chance(world, 40))
        in.is_invalid = true;
    else
        world->item_count++;
    give(world, in);
}

static uint32_t some_lease(struct world *world, uint32_t node)
{
    for (uint32_t i = 0; i < world->request_count; i++)
        if (world->requests[i].node == node && world->requests[i].answer == ANSWER_GIVEN &&
            chance(world, 600))
            return i;
    return NO_REQUEST;
}

static void ask_by_verb(struct world *world, uint32_t node)
{
    static const uint8_t gates[VERB_KINDS] = {[VERB_BARRIER] = BARRIER,
                                              [VERB_WAIT] = EVENT,
                                              [VERB_SET] = EVENT,
                                              [VERB_CLEAR] = EVENT,
                                              [VERB_CONDITION_WAIT] = CONDITION,
                                              [VERB_NOTIFY] = CONDITION,
                                              [VERB_NOTIFY_ALL] = CONDITION,
                                              [VERB_PUT] = QUEUE,
                                              [VERB_GET] = QUEUE,
                                              [VERB_CLOSE] = QUEUE};
    struct input in = input_of(INPUT_REQUEST, node);
    in.attempt = world->nodes[node].attempt;
    in.operation = world->nodes[node].operation;
    in.request = world->request_count++;
    in.verb = (uint8_t)(chance(world, 500) ? below(world, 2) : below(world, VERB_KINDS));
    in.gate = gates[in.verb];
    in.parent = some_lease(world, node);
    struct amount amount = {LOCK_A + below(world, 3), 1};
    in.vector = builder_vector(&world->builder, &amount, 1);
    in.item = world->item_count++;
    if (chance(world, 300))
        in.duration = 1 + below(world, 9);
    world->requests[in.request] =
        (struct verb_state){.node = node, .answer = ANSWER_AWAITED, .verb = in.verb};
    give(world, in);
}

static void withdraw(struct world *world, uint32_t request)
{
    struct input in = input_of(INPUT_WITHDRAW, world->requests[request].node);
    in.request = request;
    world->requests[request].answer = ANSWER_OVER;
    give(world, in);
}

static void due(struct world *world, uint32_t node, uint32_t request, uint32_t timer, int64_t at)
{
    struct input in = input_of(INPUT_TIMER, node);
    in.request = request;
    in.timer = timer;
    world->now = at > world->now ? at : world->now;
    give(world, in);
}

static bool move_node(struct world *world, uint32_t node)
{
    struct live *live = &world->nodes[node];
    if (live->is_asked) {
        answer(world, node);
    } else if (live->is_concluding) {
        conclude(world, node);
    } else if (live->is_at_body && chance(world, world->verb_chance) &&
               world->request_count < REQUESTS) {
        ask_by_verb(world, node);
    } else if (live->is_at_body && (world->is_sane || chance(world, 600))) {
        bool is_signalled = chance(world, 50) && !world->is_sane;
        finish_body(world, node, is_signalled ? OUTCOME_SIGNALLED : OUTCOME_EXITED);
    } else {
        return false;
    }
    return true;
}

static bool move_timer(struct world *world)
{
    uint32_t count = world->builder.plan.node_count, from = below(world, count);
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
    uint32_t timer = world->run_timer;
    world->run_timer = 0;
    if (timer != 0)
        due(world, NO_NODE, NO_REQUEST, timer, world->run_timer_at);
    return timer != 0;
}

static bool move_any(struct world *world)
{
    uint32_t count = world->builder.plan.node_count, from = below(world, count);
    if (chance(world, 150) && move_timer(world))
        return true;
    if (world->request_count > 0 && chance(world, 200)) {
        uint32_t request = below(world, world->request_count);
        bool is_over = world->requests[request].answer == ANSWER_OVER;
        if (!is_over)
            withdraw(world, request);
        if (!is_over)
            return true;
    }
    for (uint32_t twice = 0; twice < 2; twice++)
        for (uint32_t i = 0; i < count; i++)
            if (move_node(world, (from + i) % count))
                return true;
    for (uint32_t node = 0; node < count; node++)
        if (world->nodes[node].is_at_body && !world->has_ended) {
            finish_body(world, node, OUTCOME_EXITED);
            return true;
        }
    return move_timer(world);
}

static void resume(struct world *world)
{
    world->resumes++;
    world->has_ended = world->is_stuck = false;
    world->run_timer = 0;
    for (uint32_t i = 0; i < world->request_count; i++)
        world->requests[i].answer = ANSWER_OVER, world->requests[i].timer = 0;
    for (uint32_t node = 0; node < NODES; node++) {
        world->nodes[node].is_asked = world->nodes[node].is_concluding = false;
        world->nodes[node].timer = 0;
    }
    give(world, input_of(INPUT_RESUME, NO_NODE));
    for (uint32_t node = 0; node < world->builder.plan.node_count; node++)
        if (world->nodes[node].is_at_body)
            finish_body(world, node, OUTCOME_LOST);
}

static void drive(struct world *world)
{
    give(world, input_of(INPUT_BEGIN, NO_NODE));
    while (world->wrong == NULL && world->steps < STEPS_MOST) {
        bool is_unfinished = world->is_disturbed && world->has_ended && !world->is_success;
        bool may_resume = world->is_disturbed || world->resumes < 3;
        if (is_unfinished || (may_resume && may_disturb(world, world->resume_chance)))
            resume(world);
        if (world->has_ended)
            break;
        world->now += below(world, 3);
        if (may_disturb(world, world->cancel_chance)) {
            struct input in = input_of(INPUT_CANCEL, NO_NODE);
            in.verdict = (uint8_t)below(world, 3);
            give(world, in);
        }
        if (!world->has_ended && !move_any(world))
            judge(world, false, "the run is stuck, and does not say so");
    }
    judge(world, world->steps < STEPS_MOST, "the run does not end");
    if (world->is_sane)
        judge(world, world->is_success && !world->is_stuck, "a sane workflow was no success");
}

static uint64_t run_seed(uint64_t seed)
{
    static const uint32_t chances[] = {0, 30, 150, 400};
    struct world world = {.random = seed * 0x2545f4914f6cdd1d};
    world.is_sane = seed % 3 == 0;
    world.is_disturbed = seed % 6 == 0;
    world.failure_chance = world.is_sane ? 0 : chances[below(&world, 4)];
    world.verb_chance = world.is_sane ? 0 : 2 * chances[below(&world, 4)];
    world.cancel_chance = chance(&world, 300) ? 20 : 0;
    world.resume_chance = chance(&world, 300) ? 30 : 0;
    if (world.is_disturbed) {
        world.disturbances = 1 + below(&world, 8);
        world.failure_chance = chances[below(&world, 4)];
        world.cancel_chance = world.resume_chance = 20;
    }
    make_workflow(&world);
    struct scheduler_options options = {.failure_policy = (uint8_t)below(&world, 3)};
    world.scheduler = scheduler_new(&world.builder.plan, &options);
    judge_init(&world.judge, &world.builder.plan, world.is_sane);
    drive(&world);
    if (world.wrong != NULL) {
        printf("program seed %llu, step %u: %s\n", (unsigned long long)seed, world.steps,
               world.wrong);
        CU_FAIL("a law is broken");
    }
    scheduler_free(world.scheduler);
    action_list_release(&world.actions);
    builder_release(&world.builder);
    return world.hash;
}

static uint64_t number_from(const char *variable, uint64_t otherwise)
{
    const char *text = getenv(variable);
    return text != NULL ? strtoull(text, NULL, 10) : otherwise;
}

void check_random_programs(void)
{
    uint64_t only = number_from("PARGRAPH_SEED", 0);
    uint64_t last = only > 0 ? only : number_from("PARGRAPH_SEEDS", DEFAULT_SEEDS);
    for (uint64_t seed = only > 0 ? only : 1; seed <= last; seed++) {
        uint64_t hash = run_seed(seed);
        if (seed % 16 == 0)
            CU_ASSERT_EQUAL(hash, run_seed(seed));
    }
}
