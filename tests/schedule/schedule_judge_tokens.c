/* What is surely held, so that no token is overdrawn and no two hold one lock; the order of lines;
 * locks of files. See schedule_judge.h.
 *
 * Where a node is between two of its actions is not seen, and then nothing is said of it: what it
 * is held to hold is never more than it does. */
#include "schedule/schedule_judge_parts.h"

uint64_t judge_amount(const struct judge *judge, uint32_t vector, uint32_t token)
{
    const struct vectors *vectors = &judge->plan->vectors;
    if (vector == NO_VECTOR)
        return 0;
    for (uint32_t i = vectors->first[vector]; i < vectors->first[vector + 1]; i++)
        if (vectors->amounts[i].token == token)
            return vectors->amounts[i].amount;
    return 0;
}

uint32_t judge_vector(const struct judge *judge, uint32_t node, uint32_t operation)
{
    uint32_t vector = judge_program(judge, node)->operations[operation].vector;
    return vector != NO_VECTOR ? vector : judge->nodes[node].answers[operation];
}

static uint64_t held_by_groups(const struct judge *judge, uint32_t node, uint32_t token)
{
    const struct operation *operation = judge_operation(judge, node);
    uint64_t held = 0;
    const struct judge_node *this = &judge->nodes[node];
    bool is_nowhere = this->place == PLACE_CONCLUDES && this->is_lost_sight_of;
    if (operation == NULL || this->place == PLACE_UNKNOWN || is_nowhere)
        return 0;
    const struct operation *operations = judge_program(judge, node)->operations;
    for (uint32_t group = operation->group; group != NO_OPERATION; group = operations[group].group)
        held += judge_amount(judge, judge_vector(judge, node, group), token);
    return held;
}

/* The lock of a condition may be given back. */
static bool is_unsure_of(const struct judge *judge, uint32_t node, uint32_t token)
{
    const struct judge_node *this = &judge->nodes[node];
    bool is_awaiting =
        this->place == PLACE_WAITS && judge_is_at(judge, node, OPERATION_CONDITION_WAIT);
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

bool judge_is_lease(const struct judge *judge, uint32_t request)
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
            judge->requests[i].token == token && judge_is_lease(judge, i) &&
            !(is_lock && has_parent_of(judge, i, token)))
            held++;
    return held;
}

/* What a gang holds is its first one's, but each of it has it. */
static bool is_of_gang(const struct judge *judge, uint32_t node, uint32_t token)
{
    uint32_t gang = plan_rule(judge->plan, node)->gang;
    if (gang == NO_GANG)
        return false;
    const struct rule *first = plan_rule(judge->plan, judge->plan->gangs[gang].nodes[0]);
    return judge_amount(judge, first->vector, token) > 0;
}

uint64_t judge_surely_held(const struct judge *judge, uint32_t node, uint32_t token)
{
    const struct judge_node *this = &judge->nodes[node];
    if (!this->is_in_attempt && this->place == PLACE_UNKNOWN)
        return 0;
    uint64_t own = judge_amount(judge, plan_rule(judge->plan, node)->vector, token);
    if (judge->plan->tokens[token].kind == TOKEN_RUNNING)
        return this->place == PLACE_BODY && this->has_slot ? own : 0;
    if (!this->is_in_attempt || is_unsure_of(judge, node, token))
        return 0;
    uint64_t held = own + held_by_groups(judge, node, token);
    if (judge->plan->tokens[token].is_lock && (held > 0 || is_of_gang(judge, node, token)))
        return held > 0; /* taken once, whoever of its own asks again */
    return held + held_by_leases(judge, node, token);
}

void judge_tokens(struct judge *judge)
{
    for (uint32_t token = 0; token < judge->plan->token_count; token++) {
        uint64_t held = 0;
        for (uint32_t node = 0; node < judge->plan->node_count; node++)
            held += judge_surely_held(judge, node, token);
        judge_rule(judge, held <= judge->capacity[token],
                   judge->plan->tokens[token].is_lock ? "two hold one lock"
                                                      : "a token is overdrawn");
    }
}

/* --- lines: identical requests are granted in their order --- */

/* The one token that the ENTER takes where the node is, or UINT32_MAX. */
static uint32_t single_token(const struct judge *judge, uint32_t node)
{
    const struct vectors *vectors = &judge->plan->vectors;
    if (!judge_is_at(judge, node, OPERATION_ENTER))
        return UINT32_MAX;
    uint32_t vector = judge_vector(judge, node, judge->nodes[node].at);
    if (vector == NO_VECTOR || vectors->first[vector + 1] != vectors->first[vector] + 1)
        return UINT32_MAX;
    return vectors->amounts[vectors->first[vector]].token;
}

static bool somebody_waits(const struct judge *judge, uint32_t token, uint64_t before)
{
    for (uint32_t node = 0; node < judge->plan->node_count; node++) {
        const struct judge_node *this = &judge->nodes[node];
        if (this->place == PLACE_WAITS && this->is_sure_in_line && this->waits_since < before &&
            single_token(judge, node) == token)
            return true;
    }
    return false;
}

bool judge_is_within(const struct program *program, uint32_t operation, uint32_t group)
{
    if (operation == program->count)
        return false;
    operation = program->operations[operation].group;
    while (operation != NO_OPERATION && operation != group)
        operation = program->operations[operation].group;
    return operation == group;
}

void judge_goes_on(struct judge *judge, uint32_t node)
{
    struct judge_node *this = &judge->nodes[node];
    if (this->place == PLACE_WAITS && this->is_sure_in_line) {
        uint32_t token = single_token(judge, node);
        if (token != UINT32_MAX && somebody_waits(judge, token, this->waits_since))
            this->passed = this->at;
    }
    this->place = PLACE_UNKNOWN;
}

/* --- locks of files --- */

void judge_file(struct judge *judge, const struct action *action)
{
    uint64_t *capacity = &judge->capacity[action->token];
    bool *is_sought = &judge->is_sought[action->token];
    if (action->kind == ACTION_SEEK) {
        judge_rule(judge, !*is_sought && *capacity == 0, "a file is sought that is there, or was");
        *is_sought = true;
    } else {
        judge_rule(judge, *capacity == 1, "a file is let go that was not there");
        *capacity = 0;
    }
}

static bool is_lacking(const struct judge *judge, uint32_t token)
{
    for (uint32_t node = 0; node < judge->plan->node_count; node++)
        if (judge->nodes[node].place == PLACE_WAITS && judge->nodes[node].is_sure_in_line &&
            single_token(judge, node) == token)
            return true;
    return false;
}

void judge_files(struct judge *judge, const struct scheduler *scheduler)
{
    for (uint32_t token = 0; token < judge->plan->token_count; token++) {
        if (!judge->plan->tokens[token].is_file)
            continue;
        judge_rule(judge,
                   judge->capacity[token] == 0 || scheduler_free_tokens(scheduler, token) == 0,
                   "a file is kept that nobody holds");
        judge_rule(judge,
                   judge->capacity[token] > 0 || judge->is_sought[token] ||
                       !is_lacking(judge, token),
                   "a file is waited for and not sought");
    }
}
