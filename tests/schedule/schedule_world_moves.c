/* The answers of a driver: how bodies end, what is evaluated and expanded, what verbs ask for; see
 * schedule_world.h. */
#include "schedule/schedule_parts.h"
#include "schedule/schedule_world_moves.h"

struct input world_input(uint8_t kind, uint32_t node)
{
    return (struct input){.kind = kind,
                          .node = node,
                          .operation = NO_OPERATION,
                          .request = NO_REQUEST,
                          .parent = NO_REQUEST,
                          .item = NO_ITEM,
                          .duration = UNLIMITED};
}

/* --- bodies --- */

bool world_may_disturb(struct world *world, uint32_t per_thousand)
{
    if (!world->is_disturbed)
        return !world->is_sane && world_chance(world, per_thousand);
    bool is_one = world->disturbances > 0 && world_chance(world, per_thousand);
    world->disturbances -= is_one;
    return is_one;
}

static bool fails(struct world *world)
{
    return world->is_disturbed ? world_may_disturb(world, world->failure_chance)
                               : world_chance(world, world->failure_chance);
}

void world_finish_body(struct world *world, uint32_t node, enum outcome_kind kind)
{
    struct live *live = &world->nodes[node];
    struct input in = world_input(INPUT_FINISHED, node);
    in.attempt = live->attempt;
    in.operation = live->operation;
    in.outcome.kind = (uint8_t)kind;
    in.outcome.code = kind == OUTCOME_EXITED && fails(world);
    if (world->is_disturbed && live->is_signalled && world_chance(world, 500))
        in.outcome.kind = kind == OUTCOME_LOST ? OUTCOME_LOST : OUTCOME_SIGNALLED;
    live->is_at_body = live->is_ready = false;
    for (uint32_t i = 0; i < world->request_count; i++)
        if (world->requests[i].node == node)
            world->requests[i].answer = ANSWER_OVER;
    world_give(world, in);
}

void world_conclude(struct world *world, uint32_t node)
{
    struct live *live = &world->nodes[node];
    struct input in = world_input(INPUT_FINISHED, node);
    in.attempt = live->attempt;
    in.operation = OPERATION_END;
    in.outcome.code = live->is_failed;
    live->is_concluding = false;
    world_give(world, in);
}

/* --- answers --- */

static const struct operation *operation_asked(const struct world *world, uint32_t node)
{
    uint32_t program = world_rule_of(world, node)->program, at = world->nodes[node].asked_operation;
    return program == NO_PROGRAM || at == NO_OPERATION
               ? NULL
               : &world->builder.plan.programs[program].operations[at];
}

/* Has the first said so? */
static bool is_notified(const struct world *world)
{
    return scheduler_state(world->scheduler, 0) == STATE_ENDED ||
           (scheduler_operation(world->scheduler, 0) != NO_OPERATION &&
            scheduler_operation(world->scheduler, 0) > world->notify);
}

static uint32_t asked_hold(struct world *world)
{
    uint32_t tokens[] = {LOCK_B, SEMAPHORE, FILE_LOCK, LOCK_A};
    struct amount amount = {tokens[world_below(world, world->is_sane ? 2 : 4)], 1};
    return builder_vector(&world->builder, &amount, 1);
}

void world_answer(struct world *world, uint32_t node)
{
    struct live *live = &world->nodes[node];
    const struct operation *operation = operation_asked(world, node);
    struct input in = world_input(INPUT_EVALUATED, node);
    bool is_until = operation != NULL && operation->flags & OPERATION_UNTIL;
    in.attempt = live->attempt;
    in.operation = live->asked_operation;
    in.item = world->item_count;
    in.duration = world_below(world, 5);
    in.vector = operation != NULL && operation->vector == NO_VECTOR ? asked_hold(world) : 0;
    live->is_asked = false;
    if (is_until && world->is_sane)
        in.verdict = is_notified(world) ? VERDICT_SKIP : VERDICT_RUN;
    else if (!world->is_sane && world_chance(world, 250))
        in.verdict = VERDICT_SKIP;
    else if (!world->is_sane && world_chance(world, 40))
        in.is_invalid = true;
    else if (operation != NULL && operation->kind == OPERATION_PUT)
        world->item_count++;
    world_give(world, in);
}

void world_expand(struct world *world)
{
    struct input in = world_input(INPUT_EXPANDED, world->expanding);
    uint32_t old = world->builder.plan.node_count, room = WORLD_NODES - old;
    bool is_taker = world->expanding_item != NO_ITEM;
    uint32_t count = is_taker ? 1 : world_below(world, 4);
    in.item = world->expanding_item;
    world->expanding = NO_NODE;
    in.is_invalid = (!world->is_sane && world_chance(world, 30)) || count > room;
    in.outcome.kind = OUTCOME_INVALID;
    if (!is_taker && world_chance(world, 100))
        in.verdict = (uint8_t)(1 + world_below(world, 3));
    if (!in.is_invalid && in.verdict == VERDICT_RUN && count > 0) {
        builder_expand(&world->builder, in.node, count);
        for (uint32_t need = 0; need < old && !world->is_sane; need++)
            if (scheduler_state(world->scheduler, need) == STATE_ENDED &&
                !(world_rule_of(world, need)->flags & RULE_FINALLY) && world_chance(world, 50))
                builder_need_ended(&world->builder, old + world_below(world, count), need);
    }
    world_give(world, in);
}

void world_bring_file(struct world *world)
{
    struct input in = world_input(INPUT_CAPACITY, 0);
    in.vector = FILE_LOCK;
    in.amount = 1;
    world->is_file_sought = false;
    world_give(world, in);
}

/* --- verbs --- */

static uint32_t some_lease(struct world *world, uint32_t node)
{
    for (uint32_t i = 0; i < world->request_count; i++)
        if (world->requests[i].node == node && world->requests[i].answer == ANSWER_GIVEN &&
            world_chance(world, 600))
            return i;
    return NO_REQUEST;
}

static uint32_t gate_of_verb(struct world *world, uint8_t verb)
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
    bool is_other = verb > VERB_ACQUIRE && world_chance(world, 250);
    if (is_other && verb >= VERB_PUT)
        return FEED;
    if (is_other && verb >= VERB_WAIT && verb <= VERB_CLEAR)
        return OTHER_EVENT;
    return is_other && verb == VERB_BARRIER ? PAIR : gates[verb];
}

/* Run refuses what was not declared; here some pass all the same, but in strict worlds. */
static bool is_declared(const struct world *world, const struct input *in)
{
    static const uint8_t roles[VERB_KINDS] = {
        [VERB_BARRIER] = USE_BARRIER,   [VERB_SET] = USE_SET,    [VERB_CLEAR] = USE_CLEAR,
        [VERB_NOTIFY] = USE_NOTIFY,     [VERB_PUT] = USE_PUT,    [VERB_GET] = USE_GET,
        [VERB_NOTIFY_ALL] = USE_NOTIFY, [VERB_CLOSE] = USE_CLOSE};
    if (in->verb <= VERB_ACQUIRE || in->verb == VERB_WAIT || in->verb == VERB_CONDITION_WAIT)
        return true;
    uint32_t program = world_rule_of(world, in->node)->program;
    const struct program *this = &world->builder.plan.programs[program];
    for (uint32_t i = 0; program != NO_PROGRAM && i < this->use_count; i++)
        if (this->uses[i].gate == in->gate && this->uses[i].role == roles[in->verb] &&
            this->uses[i].first <= in->operation && in->operation <= this->uses[i].last &&
            this->operations[in->operation].flags & OPERATION_USES)
            return true;
    return false;
}

static uint8_t some_verb(struct world *world)
{
    if (world->is_sane)
        return (uint8_t)world_below(world, 2);
    return (uint8_t)(world_chance(world, 400) ? world_below(world, 2)
                                              : world_below(world, VERB_KINDS));
}

void world_ask_by_verb(struct world *world, uint32_t node)
{
    static const uint8_t tokens[] = {LOCK_B, LOCK_A, SEMAPHORE, LOCK_A, LOCK_B, FILE_LOCK};
    struct input in = world_input(INPUT_REQUEST, node);
    in.attempt = world->nodes[node].attempt;
    in.operation = world->nodes[node].operation;
    in.request = world->request_count;
    in.verb = some_verb(world);
    in.gate = gate_of_verb(world, in.verb);
    in.parent = some_lease(world, node);
    struct amount amount = {tokens[world_below(world, world->is_sane ? 1 : 6)], 1};
    in.vector = builder_vector(&world->builder, &amount, 1);
    in.item = world->item_count++;
    if (!world->is_sane && world_chance(world, 300))
        in.duration = 1 + world_below(world, 9);
    if (!is_declared(world, &in) && (world->is_strict || world_chance(world, 700)))
        in.verb = VERB_ACQUIRE;
    world->request_count++;
    world->requests[in.request] =
        (struct verb_state){.node = node, .answer = ANSWER_AWAITED, .verb = in.verb};
    world_give(world, in);
}

/* In a sane one a body asks for one thing at a time, and who has a gang's slots for none. */
bool world_may_ask(const struct world *world, uint32_t node)
{
    if (world->request_count >= WORLD_REQUESTS)
        return false;
    for (uint32_t i = 0; i < world->request_count && world->is_sane; i++)
        if (world->requests[i].node == node && world->requests[i].answer != ANSWER_OVER)
            return false;
    return !world->is_sane ||
           (world_rule_of(world, node)->gang == NO_GANG && !world_is_daemon(world, node));
}

void world_withdraw(struct world *world, uint32_t request)
{
    struct input in = world_input(INPUT_WITHDRAW, world->requests[request].node);
    in.request = request;
    world->requests[request].answer = ANSWER_OVER;
    world_give(world, in);
}
