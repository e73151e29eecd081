/* The laws of synchronisation, from actions alone; see schedule_judge.h.
 *
 * Where a node is between two of its actions is not seen, and then nothing is said of it: what it
 * is held to hold is never more than it does. Once an input is settled, all places are known. */
#include "schedule/schedule_judge.h"

static void rule(struct judge *judge, bool is_good, const char *law)
{
    if (!is_good && judge->wrong == NULL)
        judge->wrong = law;
}

void judge_init(struct judge *judge, const struct plan *plan, bool is_sane)
{
    *judge = (struct judge){.plan = plan, .is_sane = is_sane};
}

static const struct program *program_of(const struct judge *judge, uint32_t node)
{
    uint32_t program = plan_rule(judge->plan, node)->program;
    return program == NO_PROGRAM ? NULL : &judge->plan->programs[program];
}

/* NULL: none is known. */
static const struct operation *operation_of(const struct judge *judge, uint32_t node)
{
    const struct program *program = program_of(judge, node);
    uint32_t at = judge->nodes[node].at;
    return program == NULL || at >= program->count ? NULL : &program->operations[at];
}

static bool is_at(const struct judge *judge, uint32_t node, enum operation_kind kind)
{
    const struct operation *operation = operation_of(judge, node);
    return operation != NULL && operation->kind == kind;
}

/* --- what is surely held --- */

static uint64_t amount_of(const struct judge *judge, uint32_t vector, uint32_t token)
{
    const struct vectors *vectors = &judge->plan->vectors;
    for (uint32_t i = vectors->first[vector]; i < vectors->first[vector + 1]; i++)
        if (vectors->amounts[i].token == token)
            return vectors->amounts[i].amount;
    return 0;
}

static uint64_t held_by_groups(const struct judge *judge, uint32_t node, uint32_t token)
{
    const struct operation *operation = operation_of(judge, node);
    uint64_t held = 0;
    const struct judge_node *this = &judge->nodes[node];
    bool is_nowhere = this->place == PLACE_CONCLUDES && this->is_lost_sight_of;
    if (operation == NULL || this->place == PLACE_UNKNOWN || is_nowhere)
        return 0;
    const struct operation *operations = program_of(judge, node)->operations;
    for (uint32_t group = operation->group; group != NO_OPERATION; group = operations[group].group)
        held += amount_of(judge, operations[group].vector, token);
    return held;
}

/* The lock of a condition may be given back. */
static bool is_unsure_of(const struct judge *judge, uint32_t node, uint32_t token)
{
    const struct judge_node *this = &judge->nodes[node];
    bool is_awaiting = this->place == PLACE_WAITS && is_at(judge, node, OPERATION_CONDITION_WAIT);
    bool is_known =
        this->place == PLACE_BODY || this->place == PLACE_ASKED || this->place == PLACE_WAITS;
    if (is_known && !is_awaiting && !this->has_condition)
        return false;
    for (uint32_t gate = 0; gate < judge->plan->gate_count; gate++)
        if (judge->plan->gates[gate].kind == GATE_CONDITION &&
            judge->plan->gates[gate].lock == token)
            return true;
    return false;
}

static bool is_lease(const struct judge *judge, uint32_t request)
{
    for (; request != NO_REQUEST; request = judge->requests[request].parent)
        if (!judge->requests[request].is_given)
            return false;
    return true;
}

static bool has_parent_of(const struct judge *judge, uint32_t request, uint32_t token)
{
    for (request = judge->requests[request].parent; request != NO_REQUEST;
         request = judge->requests[request].parent)
        if (judge->requests[request].token == token)
            return true;
    return false;
}

static uint64_t held_by_leases(const struct judge *judge, uint32_t node, uint32_t token)
{
    bool is_lock = judge->plan->tokens[token].is_lock;
    uint64_t held = 0;
    for (uint32_t i = 0; i < JUDGE_REQUESTS; i++)
        if (judge->requests[i].is_given && judge->requests[i].node == node &&
            judge->requests[i].token == token && is_lease(judge, i) &&
            !(is_lock && has_parent_of(judge, i, token)))
            held++;
    return held;
}

static uint64_t surely_held(const struct judge *judge, uint32_t node, uint32_t token)
{
    const struct judge_node *this = &judge->nodes[node];
    uint64_t own = amount_of(judge, plan_rule(judge->plan, node)->vector, token);
    if (judge->plan->tokens[token].kind == TOKEN_RUNNING)
        return this->place == PLACE_BODY && this->has_slot ? own : 0;
    if (!this->is_in_attempt || is_unsure_of(judge, node, token))
        return 0;
    uint64_t held = own + held_by_groups(judge, node, token);
    if (judge->plan->tokens[token].is_lock && held > 0)
        return 1; /* taken once, whoever of its own asks again */
    return held + held_by_leases(judge, node, token);
}

static void judge_tokens(struct judge *judge)
{
    for (uint32_t token = 0; token < judge->plan->token_count; token++) {
        uint64_t held = 0;
        for (uint32_t node = 0; node < judge->plan->node_count; node++)
            held += surely_held(judge, node, token);
        rule(judge, held <= judge->plan->tokens[token].capacity,
             judge->plan->tokens[token].is_lock ? "two hold one lock" : "a token is overdrawn");
    }
}

/* --- lines: identical requests are granted in their order --- */

/* The one token that a group takes, or UINT32_MAX. */
static uint32_t single_token(const struct judge *judge, const struct operation *group)
{
    const struct vectors *vectors = &judge->plan->vectors;
    uint32_t first = vectors->first[group->vector];
    bool is_single =
        group->kind == OPERATION_ENTER && vectors->first[group->vector + 1] == first + 1;
    return is_single ? vectors->amounts[first].token : UINT32_MAX;
}

static bool somebody_waits(const struct judge *judge, uint32_t token, uint64_t before)
{
    for (uint32_t node = 0; node < judge->plan->node_count; node++) {
        const struct judge_node *this = &judge->nodes[node];
        const struct operation *operation = operation_of(judge, node);
        if (this->place == PLACE_WAITS && this->is_sure_in_line && this->waits_since < before &&
            operation != NULL && operation->kind == OPERATION_ENTER &&
            single_token(judge, operation) == token)
            return true;
    }
    return false;
}

static bool is_within(const struct program *program, uint32_t operation, uint32_t group)
{
    if (operation == program->count)
        return false;
    operation = program->operations[operation].group;
    while (operation != NO_OPERATION && operation != group)
        operation = program->operations[operation].group;
    return operation == group;
}

static void see_goes_on(struct judge *judge, uint32_t node)
{
    struct judge_node *this = &judge->nodes[node];
    const struct operation *operation = operation_of(judge, node);
    if (this->place == PLACE_WAITS && this->is_sure_in_line && operation != NULL &&
        operation->kind == OPERATION_ENTER) {
        uint32_t token = single_token(judge, operation);
        if (token != UINT32_MAX && somebody_waits(judge, token, this->waits_since))
            this->passed = this->at;
    }
    this->place = PLACE_UNKNOWN;
}

/* --- places --- */

/* What others have seen, and what the next attempt comes to again. */
static void judge_retry(struct judge *judge, uint32_t node, uint32_t from)
{
    const struct judge_node *this = &judge->nodes[node];
    const struct operation *operations = program_of(judge, node)->operations;
    for (uint32_t i = from; i < this->at; i++) {
        bool is_sure =
            operations[i].kind >= OPERATION_BARRIER && operations[i].kind != OPERATION_WAIT;
        for (uint32_t k = i; k != NO_OPERATION; k = operations[k].group)
            is_sure &= !(operations[k].flags & (OPERATION_ASKS | OPERATION_CONTINUES));
        rule(judge, !is_sure, "a retry repeats what others have seen");
    }
}

static void come_to(struct judge *judge, uint32_t node, enum judge_place place, uint32_t at)
{
    struct judge_node *this = &judge->nodes[node];
    const struct program *program = program_of(judge, node);
    uint32_t before = this->at;
    rule(judge, !this->has_ended, "something happens to a node that has ended");
    if (program != NULL && at <= program->count) {
        bool is_retry = !this->is_in_attempt && place != PLACE_CONCLUDES;
        if (is_retry && this->at != NO_OPERATION && this->last > 0)
            judge_retry(judge, node, at);
        rule(judge, !this->is_in_attempt || this->at == NO_OPERATION || at >= this->at,
             "a program goes backwards");
        rule(judge, place != PLACE_BODY || this->seen == NO_OPERATION || at > this->seen,
             "a body is repeated by whose verbs others have seen something");
        rule(judge, this->passed == NO_OPERATION || !is_within(program, at, this->passed),
             "a line is not first in, first out");
        this->at = at;
    }
    if (place != PLACE_WAITS || at != before) /* its lock is had again behind the body */
        this->has_condition = false;
    this->passed = NO_OPERATION;
    this->is_in_attempt = true;
    this->place = (uint8_t)place;
    this->last = judge->events;
}

static void see_waiting(struct judge *judge, const struct fact *fact)
{
    if (fact->request != NO_REQUEST)
        return;
    come_to(judge, fact->node, PLACE_WAITS, fact->operation);
    judge->nodes[fact->node].waits_since = judge->events;
    judge->nodes[fact->node].is_sure_in_line = true;
}

static void forget(struct judge *judge, uint32_t node)
{
    judge->nodes[node].place = PLACE_UNKNOWN;
    judge->nodes[node].is_in_attempt = judge->nodes[node].has_condition = false;
    for (uint32_t i = 0; i < JUDGE_REQUESTS; i++)
        if (judge->requests[i].node == node)
            judge->requests[i].is_given = judge->requests[i].is_awaited = false;
}

static void nobody_is_sure(struct judge *judge)
{
    for (uint32_t node = 0; node < JUDGE_NODES; node++) {
        judge->nodes[node].is_sure_in_line = false;
        judge->nodes[node].passed = NO_OPERATION;
    }
}

/* --- deadlocks --- */

static bool has_awaited(const struct judge *judge, uint32_t node)
{
    for (uint32_t i = 0; i < JUDGE_REQUESTS; i++)
        if (judge->requests[i].is_awaited && judge->requests[i].node == node)
            return true;
    return false;
}

static bool is_live(const struct judge *judge, uint32_t node)
{
    switch (judge->nodes[node].place) {
    case PLACE_BODY:
        return !has_awaited(judge, node);
    case PLACE_WAITS:
        return is_at(judge, node, OPERATION_SLEEP);
    default:
        return judge->nodes[node].place != PLACE_UNKNOWN;
    }
}

static void see_deadlock(struct judge *judge)
{
    rule(judge, !judge->is_sane, "a deadlock of those who cannot have one");
    judge->is_deadlock = true;
    judge->was_live = false;
    for (uint32_t node = 0; node < judge->plan->node_count; node++) {
        judge->was_live |= is_live(judge, node);
        judge->holds_at_deadlock[node] = 0;
        for (uint32_t token = 0; token < judge->plan->token_count; token++)
            judge->holds_at_deadlock[node] |= (uint32_t)(surely_held(judge, node, token) > 0)
                                              << token;
    }
    nobody_is_sure(judge);
}

/* Does it lack something that one of those who are stuck holds? */
static bool lacks_of_stuck(const struct judge *judge, const struct wait *wait,
                           const wait_list *waits)
{
    const struct program *program = program_of(judge, wait->node);
    uint32_t lacking = wait->token < JUDGE_TOKENS ? 1u << wait->token : 0;
    if (program != NULL && wait->operation < program->count && wait->request == NO_REQUEST &&
        program->operations[wait->operation].kind == OPERATION_ENTER)
        for (uint32_t token = 0; token < judge->plan->token_count; token++)
            if (amount_of(judge, program->operations[wait->operation].vector, token) > 0)
                lacking |= 1u << token;
    for (uint32_t i = 0; i < waits->count; i++)
        if (waits->items[i].is_stuck && judge->holds_at_deadlock[waits->items[i].node] & lacking)
            return true;
    return false;
}

/* While something moves, a deadlock is a cycle: all who are stuck lack what another of them holds.
 */
static void judge_deadlock(struct judge *judge, const struct scheduler *scheduler)
{
    judge->is_deadlock = false;
    wait_list waits = {0};
    scheduler_waits(scheduler, &waits);
    uint32_t stuck = 0;
    for (uint32_t i = 0; i < waits.count; i++) {
        bool is_held = lacks_of_stuck(judge, &waits.items[i], &waits);
        stuck += waits.items[i].is_stuck;
        bool is_allowed = !judge->was_live || judge->is_looked_for || is_held;
        rule(judge, is_allowed || !waits.items[i].is_stuck,
             "a deadlock is told, but something moves");
    }
    rule(judge, stuck > 0, "a deadlock of nobody");
    VEC_RELEASE(&waits);
}

/* --- sane plans: where all are, once an input is settled --- */

/* How many operations of this kind it has passed. */
static uint32_t count_passed(const struct judge *judge, uint32_t node, enum operation_kind kind)
{
    const struct judge_node *this = &judge->nodes[node];
    const struct program *program = program_of(judge, node);
    bool is_known = this->last > 0 && this->at != NO_OPERATION;
    uint32_t end = this->is_through ? program->count : is_known ? this->at : 0, count = 0;
    for (uint32_t i = 0; i < end; i++)
        count += program->operations[i].kind == kind;
    return count;
}

/* One that is being ended may wait for a slot, to conclude, and is said to wait where it stood. */
static bool waits_at(const struct judge *judge, uint32_t node, enum operation_kind kind)
{
    return judge->nodes[node].place == PLACE_WAITS && is_at(judge, node, kind) && !judge->is_ending;
}

static void judge_barrier(struct judge *judge)
{
    uint32_t arrived = UINT32_MAX;
    for (uint32_t node = 0; node < judge->plan->node_count; node++) {
        uint32_t count =
            count_passed(judge, node, OPERATION_BARRIER) +
            (judge->nodes[node].place == PLACE_WAITS && is_at(judge, node, OPERATION_BARRIER));
        arrived = count < arrived ? count : arrived;
    }
    for (uint32_t node = 0; node < judge->plan->node_count; node++) {
        uint32_t passed = count_passed(judge, node, OPERATION_BARRIER);
        rule(judge, passed <= arrived, "a barrier was passed before all had come");
        rule(judge, passed == arrived || !waits_at(judge, node, OPERATION_BARRIER),
             "a barrier let some go and not all");
    }
}

static void judge_event(struct judge *judge)
{
    bool is_set = count_passed(judge, 0, OPERATION_SET) > 0;
    for (uint32_t node = 1; node < judge->plan->node_count; node++) {
        rule(judge, is_set || count_passed(judge, node, OPERATION_WAIT) == 0,
             "a clear event was passed");
        rule(judge, !is_set || !waits_at(judge, node, OPERATION_WAIT), "a set event is waited for");
    }
}

static void judge_queue(struct judge *judge, uint32_t most, uint32_t length)
{
    uint32_t put = 0, got = 0;
    bool is_putting = false, is_getting = false;
    for (uint32_t node = 0; node < judge->plan->node_count; node++) {
        put += count_passed(judge, node, OPERATION_PUT);
        got += count_passed(judge, node, OPERATION_GET);
        is_putting |= waits_at(judge, node, OPERATION_PUT);
        is_getting |= waits_at(judge, node, OPERATION_GET);
    }
    rule(judge, got <= put, "more was got from a queue than was put");
    rule(judge, most == 0 || put - got <= most, "a queue holds more than its bound");
    rule(judge, length == put - got, "items were put twice, or are lost");
    rule(judge, !is_putting || put - got == most, "a put waits at a queue with room");
    rule(judge, !is_getting || put == got, "a get waits at a queue with items");
}

static void judge_sane(struct judge *judge, const struct scheduler *scheduler)
{
    judge_barrier(judge);
    judge_event(judge);
    for (uint32_t gate = 0; gate < judge->plan->gate_count; gate++)
        if (judge->plan->gates[gate].kind == GATE_QUEUE)
            judge_queue(judge, judge->plan->gates[gate].count,
                        scheduler_queue_length(scheduler, gate));
}

/* --- inputs, actions --- */

static void take_request(struct judge *judge, const struct input *in)
{
    const struct vectors *vectors = &judge->plan->vectors;
    bool is_take = in->verb <= VERB_ACQUIRE;
    judge->requests[in->request] = (struct judge_request){
        .node = in->node,
        .parent = in->parent,
        .token = is_take ? vectors->amounts[vectors->first[in->vector]].token : UINT32_MAX,
        .is_take = is_take,
        .is_seen = in->verb >= VERB_BARRIER && in->verb != VERB_WAIT,
        .is_awaited = true};
    judge->nodes[in->node].has_slot = false;
    judge->nodes[in->node].has_condition |= in->verb == VERB_CONDITION_WAIT;
}

void judge_input(struct judge *judge, const struct input *in)
{
    judge->events++;
    judge->is_looked_for = in->kind == INPUT_TIMER && in->node == NO_NODE;
    if (judge->events == 1)
        for (uint32_t node = 0; node < JUDGE_NODES; node++)
            judge->nodes[node] = (struct judge_node){
                .at = NO_OPERATION, .passed = NO_OPERATION, .seen = NO_OPERATION};
    struct judge_node *node = in->node < JUDGE_NODES ? &judge->nodes[in->node] : NULL;
    if (node != NULL && node->last > 0)
        node->last = judge->events;
    switch (in->kind) {
    case INPUT_FINISHED:
        node->place = PLACE_UNKNOWN;
        if (in->operation >= OPERATION_END || in->outcome.kind == OUTCOME_LOST)
            node->is_in_attempt = false;
        for (uint32_t i = 0; i < JUDGE_REQUESTS; i++)
            if (judge->requests[i].node == in->node)
                judge->requests[i].is_given = judge->requests[i].is_awaited = false;
        break;
    case INPUT_EVALUATED: /* one that a timeout has overtaken says nothing of where it is */
        if (node->place == PLACE_ASKED && in->operation == node->at)
            node->place = PLACE_UNKNOWN;
        break;
    case INPUT_TIMER:
        if (node == NULL)
            break;
        node->is_sure_in_line = false;
        /* It may leave its groups before its conclusion is told of. A body goes on until it ends.
         */
        if (in->request == NO_REQUEST && (node->place == PLACE_ASKED || node->place == PLACE_WAITS))
            node->place = PLACE_UNKNOWN;
        break;
    case INPUT_REQUEST:
        take_request(judge, in);
        break;
    case INPUT_WITHDRAW:
        judge->requests[in->request].is_given = judge->requests[in->request].is_awaited = false;
        break;
    case INPUT_RESUME: /* what bodies held by verbs is gone with them */
        for (uint32_t i = 0; i < JUDGE_REQUESTS; i++)
            judge->requests[i].is_given = judge->requests[i].is_awaited = false;
        nobody_is_sure(judge);
        judge->is_ending = false;
        break;
    case INPUT_CANCEL:
        judge->is_ending = true;
        nobody_is_sure(judge);
        break;
    }
}

static void see_fact(struct judge *judge, const struct fact *fact)
{
    switch (fact->kind) {
    case FACT_WAITING:
        see_waiting(judge, fact);
        break;
    case FACT_GOES_ON:
        if (fact->request == NO_REQUEST)
            see_goes_on(judge, fact->node);
        break;
    case FACT_FAILED:
        forget(judge, fact->node);
        break;
    case FACT_ENDED:
        forget(judge, fact->node);
        judge->nodes[fact->node].has_ended = true;
        break;
    case FACT_REOPENED:
        forget(judge, fact->node);
        judge->nodes[fact->node].has_ended = false;
        break;
    case FACT_POLICY:
        judge->is_ending = true;
        nobody_is_sure(judge);
        break;
    case FACT_DEADLOCK:
        see_deadlock(judge);
        break;
    }
}

static void see_reply(struct judge *judge, const struct action *action)
{
    struct judge_request *request = &judge->requests[action->request];
    rule(judge, request->is_awaited || !is_lease(judge, request->parent),
         "a reply that nobody waits for");
    request->is_awaited = false;
    if (request->is_seen && action->code == REPLY_DONE)
        judge->nodes[action->node].seen = judge->nodes[action->node].at;
    request->is_given = request->is_take && action->code == REPLY_DONE;
    if (action->code != REPLY_REFUSED)
        judge->nodes[action->node].has_slot = !has_awaited(judge, action->node);
}

/* Where it failed is told, where it was stopped is not; a group around where it was seen may have
 * failed too, and groups inside that may be left. */
static void see_conclusion(struct judge *judge, const struct action *action)
{
    struct judge_node *node = &judge->nodes[action->node];
    uint32_t at = program_of(judge, action->node)->count;
    if (action->is_failed || action->is_stopped)
        at = action->operation;
    if (node->is_in_attempt && node->at != NO_OPERATION && at < node->at)
        at = NO_OPERATION;
    node->is_through = !action->is_failed && !action->is_stopped;
    node->is_lost_sight_of = at == NO_OPERATION;
    come_to(judge, action->node, PLACE_CONCLUDES, at);
}

void judge_action(struct judge *judge, const struct action *action)
{
    judge->events++;
    switch (action->kind) {
    case ACTION_LAUNCH:
        come_to(judge, action->node, PLACE_BODY, action->operation);
        judge->nodes[action->node].has_slot = true;
        break;
    case ACTION_EVALUATE:
        if (action->operation == NO_OPERATION)
            return;
        come_to(judge, action->node, PLACE_ASKED, action->operation);
        break;
    case ACTION_CONCLUDE:
        see_conclusion(judge, action);
        break;
    case ACTION_REPLY:
        see_reply(judge, action);
        break;
    case ACTION_RECORD:
        see_fact(judge, &action->fact);
        return;
    default:
        return;
    }
    judge_tokens(judge);
}

static void judge_end(struct judge *judge, const struct scheduler *scheduler)
{
    wait_list waits = {0};
    scheduler_waits(scheduler, &waits);
    for (uint32_t i = 0; i < waits.count; i++)
        rule(judge, waits.items[i].is_stuck, "somebody waits after the end");
    VEC_RELEASE(&waits);
    for (uint32_t token = 0; token < judge->plan->token_count; token++)
        rule(judge, scheduler_free_tokens(scheduler, token) == judge->plan->tokens[token].capacity,
             "a token is not back at the end");
}

void judge_settled(struct judge *judge, const struct scheduler *scheduler)
{
    judge_tokens(judge);
    if (judge->is_deadlock)
        judge_deadlock(judge, scheduler);
    if (judge->is_sane)
        judge_sane(judge, scheduler);
    if (scheduler_has_ended(scheduler))
        judge_end(judge, scheduler);
}
