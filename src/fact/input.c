/* Whether an input can be one of a plan's. A journal is a file that anything may have happened to,
 * and the scheduler takes every id it is given for one of its own. */
#include "fact/fact.h"

static bool is_request(const struct plan *plan, uint32_t vector)
{
    const struct vectors *vectors = &plan->vectors;
    if (vector >= vectors->count)
        return false;
    for (uint32_t i = vectors->first[vector]; i < vectors->first[vector + 1]; i++)
        if (vectors->amounts[i].token >= plan->token_count)
            return false;
    return true;
}

bool input_fits(const struct input *in, const struct plan *plan)
{
    switch (in->kind) {
    case INPUT_EVALUATED:
        return in->node < plan->node_count &&
               (in->verdict != VERDICT_RUN || is_request(plan, in->vector));
    case INPUT_EXPANDED:
        return in->node < plan->node_count && plan->is_join[in->node] == JOIN_TEMPLATE;
    case INPUT_STARTED:
    case INPUT_FINISHED:
    case INPUT_TIMER:
    case INPUT_KEPT:
        return in->node < plan->node_count;
    case INPUT_WITHDRAW:
    case INPUT_READY:
        return in->node < plan->node_count;
    case INPUT_REQUEST:
        if (in->node >= plan->node_count || in->verb >= VERB_KINDS)
            return false;
        return in->verb <= VERB_ACQUIRE ? is_request(plan, in->vector)
                                        : in->gate < plan->gate_count;
    case INPUT_CAPACITY:
        return in->vector < plan->token_count;
    default:
        return in->kind < INPUT_KINDS;
    }
}
