/* Where each node is, by its actions; see schedule_judge.h.
 *
 * Where a node is between two of its actions is not seen, and then nothing is said of it. Once an
 * input is settled, all places are known. */
#include "schedule/schedule_judge_parts.h"

void judge_init(struct judge *judge, const struct plan *plan, bool is_sane)
{
    *judge = (struct judge){.plan = plan, .is_sane = is_sane, .expanding = NO_NODE};
    for (uint32_t node = 0; node < JUDGE_NODES; node++)
        judge->nodes[node] = (struct judge_node){
            .at = NO_OPERATION, .passed = NO_OPERATION, .seen = NO_OPERATION, .item = NO_ITEM};
}

/* --- places --- */

/* What others have seen, and what the next attempt comes to again. */
static void judge_retry(struct judge *judge, uint32_t node, uint32_t from)
{
    const struct judge_node *this = &judge->nodes[node];
    const struct operation *operations = judge_program(judge, node)->operations;
    for (uint32_t i = from; i < this->at; i++) {
        bool is_sure =
            operations[i].kind >= OPERATION_BARRIER && operations[i].kind != OPERATION_WAIT;
        for (uint32_t k = i; k != NO_OPERATION; k = operations[k].group)
            is_sure &= !(operations[k].flags & (OPERATION_ASKS | OPERATION_CONTINUES));
        judge_rule(judge, !is_sure, "a retry repeats what others have seen");
    }
}

static bool is_tolerant(const struct program *program, uint32_t operation)
{
    for (; operation != NO_OPERATION; operation = program->operations[operation].group)
        if (program->operations[operation].flags & OPERATION_CONTINUES)
            return true;
    return false;
}

/* Who has come behind a put without a failure has put. */
static void judge_put(struct judge *judge, uint32_t node, enum judge_place place, uint32_t at)
{
    struct judge_node *this = &judge->nodes[node];
    const struct program *program = judge_program(judge, node);
    if (this->item == NO_ITEM || (place == PLACE_WAITS && at == this->item_at))
        return;
    bool is_behind = at > this->item_at && at <= program->count;
    if (this->is_in_attempt && is_behind && !is_tolerant(program, this->item_at))
        judge_item_put(judge, this->item);
    this->item = NO_ITEM;
}

static void come_to(struct judge *judge, uint32_t node, enum judge_place place, uint32_t at)
{
    struct judge_node *this = &judge->nodes[node];
    const struct program *program = judge_program(judge, node);
    uint32_t before = this->at;
    judge_rule(judge, !this->has_ended, "something happens to a node that has ended");
    if (program != NULL && at <= program->count) {
        judge_put(judge, node, place, at);
        bool is_retry = !this->is_in_attempt && place != PLACE_CONCLUDES;
        if (is_retry && this->at != NO_OPERATION && this->last > 0)
            judge_retry(judge, node, at);
        judge_rule(judge, !this->is_in_attempt || this->at == NO_OPERATION || at >= this->at,
                   "a program goes backwards");
        judge_rule(judge, place != PLACE_BODY || this->seen == NO_OPERATION || at > this->seen,
                   "a body is repeated by whose verbs others have seen something");
        judge_rule(judge,
                   this->passed == NO_OPERATION || !judge_is_within(program, at, this->passed),
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

static void drop_requests(struct judge *judge, uint32_t node)
{
    for (uint32_t i = 0; i < JUDGE_REQUESTS; i++)
        if (node == NO_NODE || judge->requests[i].node == node)
            judge->requests[i].is_given = judge->requests[i].is_awaited = false;
}

static void forget(struct judge *judge, uint32_t node)
{
    judge->nodes[node].place = PLACE_UNKNOWN;
    judge->nodes[node].is_in_attempt = judge->nodes[node].has_condition = false;
    drop_requests(judge, node);
}

void judge_nobody_is_sure(struct judge *judge)
{
    for (uint32_t node = 0; node < JUDGE_NODES; node++) {
        judge->nodes[node].is_sure_in_line = false;
        judge->nodes[node].passed = NO_OPERATION;
    }
}

/* --- inputs, actions --- */

static void take_request(struct judge *judge, const struct input *in)
{
    const struct vectors *vectors = &judge->plan->vectors;
    bool is_take = in->verb <= VERB_ACQUIRE;
    judge->requests[in->request] = (struct judge_request){
        .node = in->node,
        .parent = in->parent,
        .gate = in->gate,
        .item = in->item,
        .verb = in->verb,
        .token = is_take ? vectors->amounts[vectors->first[in->vector]].token : UINT32_MAX,
        .is_take = is_take,
        .is_seen = in->verb >= VERB_BARRIER && in->verb != VERB_WAIT,
        .is_awaited = true};
    judge->nodes[in->node].has_slot = false;
    judge->nodes[in->node].has_condition |= in->verb == VERB_CONDITION_WAIT;
    if (in->verb == VERB_PUT)
        judge_item_offered(judge, in->item, in->gate);
}

/* One that a timeout has overtaken says nothing of where it is. */
static void take_answer(struct judge *judge, const struct input *in)
{
    struct judge_node *node = &judge->nodes[in->node];
    const struct program *program = judge_program(judge, in->node);
    bool is_expected = node->place == PLACE_ASKED && in->operation == node->at;
    if (is_expected)
        node->place = PLACE_UNKNOWN;
    if (program == NULL || in->operation >= program->count)
        return;
    const struct operation *operation = &program->operations[in->operation];
    node->answers[in->operation] = in->vector;
    if (operation->kind != OPERATION_PUT || in->is_invalid || in->verdict != VERDICT_RUN)
        return;
    judge_item_offered(judge, in->item, operation->gate);
    node->item = is_expected ? in->item : NO_ITEM;
    node->item_at = in->operation;
}

static void take_finished(struct judge *judge, const struct input *in)
{
    struct judge_node *node = &judge->nodes[in->node];
    node->place = PLACE_UNKNOWN;
    node->is_ready = false;
    if (in->operation >= OPERATION_END || in->outcome.kind == OUTCOME_LOST)
        node->is_in_attempt = false;
    drop_requests(judge, in->node);
}

/* An item of which no instance can be made is got, too: nobody else is to get it. */
static void take_expanded(struct judge *judge, const struct input *in)
{
    judge->expanding = NO_NODE;
    if (in->item != NO_ITEM)
        judge_item_got(judge, in->item, plan_rule(judge->plan, in->node)->gate);
}

/* Tasks of finally, and daemons, go on nowhere. */
static void begin_anew(struct judge *judge, uint32_t node)
{
    if (plan_rule(judge->plan, node)->flags & (RULE_FINALLY | RULE_DAEMON))
        judge->nodes[node].at = judge->nodes[node].seen = NO_OPERATION;
}

static void take_resume(struct judge *judge)
{
    for (uint32_t node = 0; node < judge->plan->node_count; node++)
        begin_anew(judge, node);
    drop_requests(judge, NO_NODE);
    judge_nobody_is_sure(judge);
    judge_items_resumed(judge);
    judge->expanding = NO_NODE;
    judge->is_ending = false;
    for (uint32_t token = 0; token < JUDGE_TOKENS; token++)
        judge->is_sought[token] = false;
    for (uint32_t node = 0; node < JUDGE_NODES; node++)
        judge->nodes[node].is_ready = false;
}

static void begin(struct judge *judge)
{
    for (uint32_t token = 0; token < judge->plan->token_count; token++)
        judge->capacity[token] = judge->plan->tokens[token].capacity;
}

void judge_input(struct judge *judge, const struct input *in)
{
    judge->events++;
    judge->is_looked_for = in->kind == INPUT_TIMER && in->node == NO_NODE;
    struct judge_node *node = in->node < JUDGE_NODES ? &judge->nodes[in->node] : NULL;
    if (node != NULL && node->last > 0)
        node->last = judge->events;
    for (uint32_t i = 0; i < JUDGE_NODES; i++)
        judge->nodes[i].launched = 0;
    switch (in->kind) {
    case INPUT_BEGIN:
        begin(judge);
        break;
    case INPUT_FINISHED:
        take_finished(judge, in);
        break;
    case INPUT_EVALUATED:
        take_answer(judge, in);
        break;
    case INPUT_EXPANDED:
        take_expanded(judge, in);
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
    case INPUT_CAPACITY:
        judge->capacity[in->vector] = in->amount;
        judge->is_sought[in->vector] = false;
        break;
    case INPUT_RESUME: /* what bodies held by verbs is gone with them */
        take_resume(judge);
        break;
    case INPUT_CANCEL:
        judge->is_ending = true;
        judge_nobody_is_sure(judge);
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
            judge_goes_on(judge, fact->node);
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
        judge->nodes[fact->node].item = NO_ITEM;
        begin_anew(judge, fact->node);
        break;
    case FACT_READY:
        judge->nodes[fact->node].is_ready = true;
        break;
    case FACT_POLICY:
        judge->is_ending = true;
        judge_nobody_is_sure(judge);
        break;
    case FACT_DEADLOCK:
        judge_see_deadlock(judge);
        break;
    }
}

static void see_reply(struct judge *judge, const struct action *action)
{
    struct judge_request *request = &judge->requests[action->request];
    judge_rule(judge, request->is_awaited || !judge_is_lease(judge, request->parent),
               "a reply that nobody waits for");
    request->is_awaited = false;
    if (request->is_seen && action->code == REPLY_DONE)
        judge->nodes[action->node].seen = judge->nodes[action->node].at;
    if (request->verb == VERB_PUT && action->code == REPLY_DONE)
        judge_item_put(judge, request->item);
    if (request->verb == VERB_GET && action->code == REPLY_DONE)
        judge_item_got(judge, action->item, request->gate);
    request->is_given = request->is_take && action->code == REPLY_DONE;
    if (action->code != REPLY_REFUSED)
        judge->nodes[action->node].has_slot = !judge_awaits(judge, action->node);
}

/* Where it failed is told, where it was stopped is not; a group around where it was seen may have
 * failed too, and groups inside that may be left. */
static void see_conclusion(struct judge *judge, const struct action *action)
{
    struct judge_node *node = &judge->nodes[action->node];
    uint32_t at = judge_program(judge, action->node)->count;
    if (action->is_failed || action->is_stopped)
        at = action->operation;
    if (node->is_in_attempt && node->at != NO_OPERATION && at < node->at)
        at = NO_OPERATION;
    node->is_through = !action->is_failed && !action->is_stopped;
    node->is_lost_sight_of = at == NO_OPERATION;
    come_to(judge, action->node, PLACE_CONCLUDES, at);
}

static uint32_t bound_from(const struct judge *judge, const struct action *action)
{
    return judge_program(judge, action->node)->operations[action->operation].gate;
}

void judge_action(struct judge *judge, const struct action *action)
{
    judge->events++;
    switch (action->kind) {
    case ACTION_LAUNCH:
        come_to(judge, action->node, PLACE_BODY, action->operation);
        judge->nodes[action->node].has_slot = true;
        judge->nodes[action->node].launched++;
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
    case ACTION_BIND:
        if (action->item != NO_ITEM)
            judge_item_got(judge, action->item, bound_from(judge, action));
        return;
    case ACTION_EXPAND:
        judge->expanding = action->node;
        return;
    case ACTION_SEEK:
    case ACTION_YIELD:
        judge_file(judge, action);
        break;
    case ACTION_RECORD:
        see_fact(judge, &action->fact);
        return;
    default:
        return;
    }
    judge_tokens(judge);
}
