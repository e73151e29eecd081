/* Whether an input can be one of a plan's. A journal is a file that anything may have happened to,
 * and the scheduler takes every id it is given for one of its own. That numbers of requests and
 * items follow each other is for the reader of the journal to see. */
#include "fact/fact.h"

/* is_kept: of kept tokens alone. */
static bool is_request(const struct plan *plan, uint32_t vector, bool is_kept)
{
    const struct vectors *vectors = &plan->vectors;
    if (vector >= vectors->count)
        return false;
    for (uint32_t i = vectors->first[vector]; i < vectors->first[vector + 1]; i++) {
        uint32_t token = vectors->amounts[i].token;
        if (token >= plan->token_count || (is_kept && plan->tokens[token].kind != TOKEN_KEPT))
            return false;
    }
    return true;
}

/* The operation of a node's program; NULL: it has none of that number. */
static const struct operation *find_operation(const struct plan *plan, uint32_t node,
                                              uint32_t operation)
{
    uint32_t program = plan_rule(plan, node)->program;
    if (program == NO_PROGRAM || operation >= plan->programs[program].count)
        return NULL;
    return &plan->programs[program].operations[operation];
}

/* A body of a program, or all of a node that has none. */
static bool is_body(const struct plan *plan, uint32_t node, uint32_t operation)
{
    if (operation == NO_OPERATION)
        return plan_rule(plan, node)->program == NO_PROGRAM;
    const struct operation *found = find_operation(plan, node, operation);
    return found != NULL && found->kind == OPERATION_BODY;
}

static bool is_finish(const struct plan *plan, uint32_t node, uint32_t operation)
{
    if (operation == OPERATION_END)
        return plan_rule(plan, node)->program != NO_PROGRAM;
    return is_body(plan, node, operation);
}

static bool fits_evaluated(const struct input *in, const struct plan *plan)
{
    bool is_answered = in->verdict == VERDICT_RUN && !in->is_invalid;
    if (in->operation == NO_OPERATION)
        return !is_answered || is_request(plan, in->vector, false);
    const struct operation *operation = find_operation(plan, in->node, in->operation);
    if (operation == NULL || !(operation->flags & OPERATION_ASKS))
        return false;
    if (!is_answered)
        return true;
    if (operation->kind == OPERATION_ENTER)
        return is_request(plan, in->vector, true);
    if (operation->kind == OPERATION_SLEEP)
        return in->duration >= 0;
    return operation->kind != OPERATION_PUT || in->item != NO_ITEM;
}

enum gate_kind verb_gate_kind(enum verb verb)
{
    static const uint8_t kinds[VERB_KINDS] = {
        [VERB_BARRIER] = GATE_BARRIER,
        [VERB_WAIT] = GATE_EVENT,
        [VERB_SET] = GATE_EVENT,
        [VERB_CLEAR] = GATE_EVENT,
        [VERB_CONDITION_WAIT] = GATE_CONDITION,
        [VERB_NOTIFY] = GATE_CONDITION,
        [VERB_NOTIFY_ALL] = GATE_CONDITION,
        [VERB_PUT] = GATE_QUEUE,
        [VERB_GET] = GATE_QUEUE,
        [VERB_CLOSE] = GATE_QUEUE,
    };
    return (enum gate_kind)kinds[verb];
}

static bool fits_request(const struct input *in, const struct plan *plan)
{
    if (!is_body(plan, in->node, in->operation) || in->verb >= VERB_KINDS || in->duration < 0)
        return false;
    if (in->verb <= VERB_ACQUIRE)
        return is_request(plan, in->vector, true);
    return in->gate < plan->gate_count &&
           plan->gates[in->gate].kind == verb_gate_kind((enum verb)in->verb) &&
           (in->verb != VERB_PUT || in->item != NO_ITEM);
}

bool input_fits(const struct input *in, const struct plan *plan)
{
    bool is_node = in->node < plan->node_count;
    switch (in->kind) {
    case INPUT_EVALUATED:
        return is_node && fits_evaluated(in, plan);
    case INPUT_EXPANDED:
        return is_node && plan->is_join[in->node] == JOIN_TEMPLATE;
    case INPUT_STARTED:
        return is_node && is_body(plan, in->node, in->operation);
    case INPUT_FINISHED:
        return is_node && is_finish(plan, in->node, in->operation);
    case INPUT_TIMER:
        return is_node || in->node == NO_NODE;
    case INPUT_KEPT:
    case INPUT_WITHDRAW:
        return is_node;
    case INPUT_REQUEST:
        return is_node && fits_request(in, plan);
    case INPUT_READY:
        return is_node && (plan_rule(plan, in->node)->flags & RULE_DAEMON);
    case INPUT_CAPACITY:
        return in->vector < plan->token_count;
    default:
        return in->kind < INPUT_KINDS;
    }
}
