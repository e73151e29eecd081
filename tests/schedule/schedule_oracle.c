/* The account that the oracle keeps by the inputs: who runs, who holds what, how each attempt
 * ended; see schedule_oracle.h. */
#include "schedule/schedule_oracle_parts.h"

void oracle_judge(struct oracle *oracle, bool is_good, const char *law)
{
    if (!is_good && oracle->wrong == NULL)
        oracle->wrong = law;
}

void oracle_init(struct oracle *oracle, const struct plan *plan, uint8_t policy)
{
    *oracle = (struct oracle){.plan = plan, .policy = policy, .expanding = NO_NODE};
    for (uint32_t token = 0; token < plan->token_count; token++)
        oracle->capacity[token] = plan->tokens[token].capacity;
    for (uint32_t i = 0; i < plan->vectors.amount_count; i++)
        oracle->has_wide |= plan->vectors.amounts[i].amount > 1;
}

bool oracle_is_main(const struct oracle *oracle, uint32_t node)
{
    return !(plan_rule(oracle->plan, node)->flags & RULE_FINALLY);
}

void oracle_account(struct oracle *oracle, uint32_t node, bool is_taken)
{
    const struct vectors *vectors = &oracle->plan->vectors;
    uint32_t vector = oracle->nodes[node].vector;
    for (uint32_t i = vectors->first[vector]; i < vectors->first[vector + 1]; i++) {
        uint32_t token = vectors->amounts[i].token;
        if (is_taken)
            oracle->held[token] += vectors->amounts[i].amount;
        else
            oracle->held[token] -= vectors->amounts[i].amount;
        oracle_judge(oracle, !is_taken || oracle->held[token] <= oracle->capacity[token],
                     "a token is overdrawn");
    }
}

const struct gang *oracle_gang(const struct oracle *oracle, uint32_t node)
{
    uint32_t gang = plan_rule(oracle->plan, node)->gang;
    return gang != NO_GANG ? &oracle->plan->gangs[gang] : NULL;
}

static uint32_t live_in(const struct oracle *oracle, const struct gang *gang)
{
    uint32_t live = 0;
    for (uint32_t i = 0; i < gang->count; i++)
        live += oracle->nodes[gang->nodes[i]].is_live;
    return live;
}

static void take_member_finished(struct oracle *oracle, const struct input *in)
{
    const struct gang *gang = oracle_gang(oracle, in->node);
    struct oracle_node *node = &oracle->nodes[in->node];
    uint8_t *end = &oracle->gang_ends[plan_rule(oracle->plan, in->node)->gang];
    bool is_lost = in->outcome.kind == OUTCOME_LOST;
    uint8_t this = GANG_WELL;
    if (is_lost && node->is_gone)
        *end = this = GANG_LOST;
    else if (node->is_timed_out)
        this = GANG_FAILED;
    else if (!outcome_is_success(&in->outcome))
        this = node->is_stopped ? GANG_CANCELLED : is_lost ? GANG_LOST : GANG_FAILED;
    if (*end == GANG_WELL)
        *end = this;
    node->is_live = node->is_gone = false;
    if (live_in(oracle, gang) > 0)
        return;
    oracle_account(oracle, gang->nodes[0], false);
    for (uint32_t i = 0; i < gang->count; i++) {
        struct oracle_node *member = &oracle->nodes[gang->nodes[i]];
        member->has_failed = *end != GANG_WELL;
        member->is_lost = *end == GANG_LOST;
        member->attempts -= member->is_lost;
    }
}

static void take_finished(struct oracle *oracle, const struct input *in)
{
    struct oracle_node *node = &oracle->nodes[in->node];
    if (oracle_gang(oracle, in->node) != NULL) {
        take_member_finished(oracle, in);
        return;
    }
    node->is_live = false;
    oracle_account(oracle, in->node, false);
    node->is_lost = in->outcome.kind == OUTCOME_LOST && (node->is_gone || !node->is_timed_out);
    node->is_gone = false;
    node->has_failed = !outcome_is_success(&in->outcome) || node->is_timed_out;
    if (node->is_lost)
        node->attempts--;
}

static void take_timer(struct oracle *oracle, const struct input *in)
{
    struct oracle_node *node = &oracle->nodes[in->node];
    if (node->timer != in->timer)
        return;
    node->timer = 0;
    if (node->is_live && !node->is_stopped)
        node->is_timed_out = true;
}

/* Nothing that was asked for will be answered; what ran will be told as lost. */
static void take_resume(struct oracle *oracle)
{
    oracle->resumes++;
    oracle->expanding = NO_NODE;
    oracle->is_cancelled = oracle->is_interrupted = oracle->is_killed = false;
    oracle->is_timed_out = oracle->is_policy_on = oracle->has_ended = false;
    for (uint32_t i = 0; i < oracle->plan->node_count; i++) {
        struct oracle_node *node = &oracle->nodes[i];
        node->is_gone = node->is_live;
        node->is_asked = false;
        node->timer = 0;
    }
}

void oracle_input(struct oracle *oracle, const struct input *in)
{
    switch (in->kind) {
    case INPUT_EVALUATED:
        oracle->nodes[in->node].is_asked = false;
        oracle->nodes[in->node].has_answer = true;
        oracle->has_cancelling_answer |= in->verdict == VERDICT_CANCELLED;
        if (plan_rule(oracle->plan, in->node)->flags & RULE_REQUEST)
            oracle->nodes[in->node].vector = in->vector;
        break;
    case INPUT_EXPANDED:
        oracle->expanding = NO_NODE;
        oracle->nodes[in->node].has_answer = true;
        oracle->has_cancelling_answer |= in->verdict == VERDICT_CANCELLED;
        break;
    case INPUT_FINISHED:
        take_finished(oracle, in);
        break;
    case INPUT_TIMER:
        take_timer(oracle, in);
        break;
    case INPUT_CANCEL:
        oracle->is_killed |= in->verdict == CANCEL_KILL ||
                             (in->verdict == CANCEL_INTERRUPT && oracle->is_interrupted);
        oracle->is_interrupted |= in->verdict == CANCEL_INTERRUPT;
        oracle->is_timed_out |= in->verdict == CANCEL_TIMEOUT;
        oracle->is_cancelled = true;
        break;
    case INPUT_CAPACITY:
        oracle->capacity[in->vector] = in->amount;
        break;
    case INPUT_RESUME:
        take_resume(oracle);
        break;
    }
}
