/* The laws of a run, from inputs and actions alone; see schedule_oracle.h. The scheduler is asked
 * only who stands in line, which no action tells. */
#include "schedule/schedule_oracle_parts.h"

static bool may_start(const struct oracle *oracle, uint32_t node)
{
    if (oracle->is_killed)
        return false;
    if (!oracle_is_main(oracle, node))
        return true;
    return !oracle->is_cancelled &&
           (!oracle->is_policy_on || plan_rule(oracle->plan, node)->flags & RULE_HEEDS_FAILURE);
}

static bool has_ended(const struct oracle *oracle, const struct scheduler *scheduler, uint32_t node)
{
    return oracle->plan->is_join[node] ? scheduler_state(scheduler, node) == STATE_ENDED
                                       : oracle->nodes[node].status != STATUS_NONE;
}

static bool needs_have_ended(const struct oracle *oracle, const struct scheduler *scheduler,
                             uint32_t node)
{
    const struct graph *graph = &oracle->plan->dependents;
    for (uint32_t need = 0; need < oracle->plan->node_count; need++)
        for (uint32_t i = graph->first[need]; i < graph->first[need + 1]; i++)
            if (graph->targets[i] == node && oracle->plan->is_selected[need] &&
                !has_ended(oracle, scheduler, need))
                return false;
    return true;
}

/* What the node is an instance of; NO_NODE: nothing that was expanded. */
static uint32_t template_of(const struct oracle *oracle, uint32_t node)
{
    const struct plan *plan = oracle->plan;
    for (uint32_t i = 0; i < plan->node_count; i++)
        if (plan->is_join[i] == JOIN_TEMPLATE && plan->task[i] == plan->task[node])
            return i;
    return NO_NODE;
}

static void see_launch(struct oracle *oracle, const struct scheduler *scheduler,
                       const struct action *action)
{
    struct oracle_node *node = &oracle->nodes[action->node];
    const struct rule *rule = plan_rule(oracle->plan, action->node);
    oracle_judge(oracle, !node->is_live, "two attempts of one node live");
    oracle_judge(oracle, node->status == STATUS_NONE, "a launch after the end");
    oracle_judge(oracle, needs_have_ended(oracle, scheduler, action->node),
                 "a launch before its needs");
    uint32_t template = template_of(oracle, action->node);
    oracle_judge(oracle, template == NO_NODE || needs_have_ended(oracle, scheduler, template),
                 "a launch before the needs of its template");
    oracle_judge(oracle, may_start(oracle, action->node), "a launch that a policy forbids");
    oracle_judge(oracle, action->attempt == node->attempts + 1,
                 "attempts are not counted one by one");
    uint32_t retry_max = rule->retry_max;
    const struct gang *gang = oracle_gang(oracle, action->node);
    for (uint32_t i = 0; gang != NULL && i < gang->count; i++)
        if (plan_rule(oracle->plan, gang->nodes[i])->retry_max > retry_max)
            retry_max = plan_rule(oracle->plan, gang->nodes[i])->retry_max;
    oracle_judge(oracle, action->attempt <= retry_max + 1, "more attempts than the rule allows");
    oracle_judge(oracle, !(rule->flags & (RULE_REQUEST | RULE_CONDITION)) || node->has_answer,
                 "a launch without the answer it needs");
    oracle_judge(oracle, rule->flags & RULE_WORK, "a launch of nothing");
    if (!(rule->flags & RULE_REQUEST))
        node->vector = rule->vector;
    node->is_live = true;
    node->is_signalled = node->is_stopped = node->is_timed_out = false;
    node->attempts = action->attempt;
    node->timer = 0;
    if (gang == NULL || gang->nodes[0] == action->node)
        oracle_account(oracle, action->node, true);
    if (gang != NULL)
        oracle->gang_ends[rule->gang] = GANG_WELL;
}

static void see_ended(struct oracle *oracle, const struct scheduler *scheduler,
                      const struct fact *fact)
{
    struct oracle_node *node = &oracle->nodes[fact->node];
    const struct rule *rule = plan_rule(oracle->plan, fact->node);
    oracle_judge(oracle, node->status == STATUS_NONE, "a node ended twice");
    oracle_judge(oracle, !node->is_live, "a node ended while it ran");
    bool is_template = oracle->plan->is_join[fact->node] == JOIN_TEMPLATE;
    oracle_judge(oracle, is_template || oracle->plan->is_join[fact->node] == JOIN_NOT,
                 "a join has no end to tell");
    oracle_judge(oracle, !is_template || fact->status != STATUS_SUCCESS,
                 "a template that was expanded has no end to tell");
    oracle_judge(oracle, oracle->plan->is_selected[fact->node],
                 "a node ended that is not selected");
    oracle_judge(oracle, needs_have_ended(oracle, scheduler, fact->node),
                 "a node ended before its needs");
    bool is_good = fact->attempt > 0 ? !node->has_failed : !(rule->flags & RULE_WORK);
    oracle_judge(oracle, (fact->status == STATUS_SUCCESS) <= is_good, "a success out of nothing");
    oracle_judge(oracle,
                 !(fact->attempt > 0 && is_good && fact->status != STATUS_SUCCESS) || node->is_lost,
                 "a success was not told");
    oracle_judge(oracle,
                 fact->is_tolerated ==
                     (fact->status == STATUS_FAILURE && (rule->flags & RULE_CONTINUE) != 0),
                 "tolerated is not what the rule says");
    bool is_disturbed =
        oracle->is_cancelled || oracle->is_policy_on || oracle->has_cancelling_answer;
    oracle_judge(oracle, fact->status != STATUS_CANCELLED || is_disturbed, "cancelled by nobody");
    oracle_judge(oracle,
                 fact->status != STATUS_SKIPPED || oracle_gang(oracle, fact->node) != NULL ||
                     rule->flags & RULE_CONDITION || node->has_answer,
                 "skipped without a condition");
    node->status = fact->status;
}

static void see_policy(struct oracle *oracle)
{
    oracle_judge(oracle, !oracle->is_policy_on, "the policy came twice");
    oracle_judge(oracle, oracle->policy != POLICY_KEEP_GOING, "keep-going stops nothing");
    oracle->is_policy_on = true;
}

static void see_run_ended(struct oracle *oracle, const struct fact *fact)
{
    bool is_success = !oracle->is_timed_out;
    for (uint32_t node = 0; node < oracle->plan->node_count; node++) {
        const struct oracle_node *this = &oracle->nodes[node];
        bool is_template = oracle->plan->is_join[node] == JOIN_TEMPLATE;
        if (!oracle->plan->is_selected[node] || !plan_is_counted(oracle->plan, node))
            continue;
        oracle_judge(oracle, is_template || this->status != STATUS_NONE,
                     "the run ended before a node");
        oracle_judge(oracle, !this->is_live, "the run ended before a process");
        bool is_tolerated =
            plan_rule(oracle->plan, node)->flags & RULE_CONTINUE && this->status == STATUS_FAILURE;
        is_success &= this->status <= STATUS_SKIPPED || is_tolerated;
    }
    oracle_judge(oracle, fact->status == (is_success ? STATUS_SUCCESS : STATUS_FAILURE),
                 "the run's status is not its nodes'");
}

/* Only a resume does so, and what succeeded stays, but for finally. */
static void see_reopened(struct oracle *oracle, const struct fact *fact)
{
    struct oracle_node *node = &oracle->nodes[fact->node];
    oracle_judge(oracle, oracle->resumes > 0, "reopened without a resume");
    oracle_judge(oracle, !node->is_live, "a node was reopened while it ran");
    oracle_judge(oracle, fact->status == node->status, "reopened from another end");
    oracle_judge(oracle, node->status != STATUS_SUCCESS || !oracle_is_main(oracle, fact->node),
                 "a success was reopened");
    *node = (struct oracle_node){.vector = node->vector};
}

static void see_fact(struct oracle *oracle, const struct scheduler *scheduler,
                     const struct fact *fact)
{
    if (fact->kind == FACT_ENDED)
        see_ended(oracle, scheduler, fact);
    else if (fact->kind == FACT_POLICY)
        see_policy(oracle);
    else if (fact->kind == FACT_RUN_ENDED)
        see_run_ended(oracle, fact);
    else if (fact->kind == FACT_REOPENED)
        see_reopened(oracle, fact);
}

static void see(struct oracle *oracle, const struct scheduler *scheduler,
                const struct action *action)
{
    struct oracle_node *node =
        &oracle->nodes[action->kind == ACTION_RECORD || action->kind == ACTION_END ? 0
                                                                                   : action->node];
    oracle_judge(oracle, !oracle->has_ended, "an action after the end");
    switch (action->kind) {
    case ACTION_EVALUATE:
        oracle_judge(oracle, !node->is_asked && !node->is_live, "asked about what is under way");
        oracle_judge(oracle, needs_have_ended(oracle, scheduler, action->node),
                     "asked before its needs");
        oracle_judge(oracle, action->attempt == node->attempts + 1,
                     "asked about the wrong attempt");
        oracle_judge(oracle, may_start(oracle, action->node), "asked about what may not start");
        node->is_asked = true;
        break;
    case ACTION_EXPAND:
        oracle_judge(oracle, oracle->expanding == NO_NODE, "two expansions at once");
        oracle_judge(oracle, oracle->plan->is_join[action->node] == JOIN_TEMPLATE,
                     "expands no template");
        oracle_judge(oracle, needs_have_ended(oracle, scheduler, action->node),
                     "expanded before its needs");
        oracle_judge(oracle, may_start(oracle, action->node), "expanded against a policy");
        oracle->expanding = action->node;
        break;
    case ACTION_LAUNCH:
        see_launch(oracle, scheduler, action);
        break;
    case ACTION_SIGNAL:
        oracle_judge(oracle, node->is_live, "a signal to nobody");
        oracle_judge(oracle, action->attempt == node->attempts, "a signal to the wrong attempt");
        oracle_judge(oracle, !node->is_signalled || action->how == SIGNAL_KILL, "stopped twice");
        node->is_signalled = true;
        node->is_stopped |= !node->is_timed_out;
        break;
    case ACTION_TIMER:
        node->timer = action->timer;
        node->timer_at = action->at;
        break;
    case ACTION_RECORD:
        see_fact(oracle, scheduler, &action->fact);
        break;
    case ACTION_END:
        oracle->has_ended = true;
        break;
    }
}

static bool is_before(const struct plan *plan, uint32_t a, uint32_t b)
{
    int32_t more = plan_rule(plan, a)->priority - plan_rule(plan, b)->priority;
    if (more != 0)
        return more > 0;
    return plan->levels[a] != plan->levels[b] ? plan->levels[a] > plan->levels[b] : a < b;
}

static bool fits(const struct oracle *oracle, uint32_t vector)
{
    const struct vectors *vectors = &oracle->plan->vectors;
    for (uint32_t i = vectors->first[vector]; i < vectors->first[vector + 1]; i++) {
        uint32_t token = vectors->amounts[i].token;
        if (oracle->held[token] + vectors->amounts[i].amount > oracle->capacity[token])
            return false;
    }
    return true;
}

/* Of a gang all are launched by one input, in order, or none; and all end alike. */
static void judge_gang(struct oracle *oracle, const struct scheduler *scheduler,
                       const struct gang *gang, const struct action_list *actions)
{
    uint32_t launched = 0;
    for (uint32_t i = 0; i < actions->count; i++) {
        const struct action *action = &actions->items[i];
        if (action->kind != ACTION_LAUNCH || plan_rule(oracle->plan, action->node)->gang !=
                                                 plan_rule(oracle->plan, gang->nodes[0])->gang)
            continue;
        oracle_judge(oracle, action->node == gang->nodes[launched % gang->count],
                     "a gang is not launched in order");
        launched++;
    }
    oracle_judge(oracle, launched % gang->count == 0, "a part of a gang was launched");
    for (uint32_t i = 1; i < gang->count; i++)
        oracle_judge(oracle,
                     scheduler_status(scheduler, gang->nodes[i]) ==
                         scheduler_status(scheduler, gang->nodes[0]),
                     "a gang has not ended alike");
}

/* A gang stands in line by its first, when all are ready. */
static bool stands_in_line(const struct oracle *oracle, const struct scheduler *scheduler,
                           uint32_t node)
{
    const struct gang *gang = oracle_gang(oracle, node);
    if (scheduler_state(scheduler, node) != STATE_READY || gang == NULL)
        return gang == NULL && scheduler_state(scheduler, node) == STATE_READY;
    for (uint32_t i = 0; i < gang->count; i++)
        if (scheduler_state(scheduler, gang->nodes[i]) != STATE_READY)
            return false;
    return gang->nodes[0] == node;
}

/* Nobody is left in line who should have been taken. */
static void judge_waiting(struct oracle *oracle, const struct scheduler *scheduler,
                          const struct action_list *actions)
{
    for (uint32_t node = 0; node < oracle->plan->node_count; node++) {
        if (!stands_in_line(oracle, scheduler, node))
            continue;
        const struct rule *rule = plan_rule(oracle->plan, node);
        uint32_t vector = rule->flags & RULE_REQUEST ? oracle->nodes[node].vector : rule->vector;
        oracle_judge(oracle, may_start(oracle, node), "a node stands in line in vain");
        oracle_judge(oracle, oracle->has_wide || !fits(oracle, vector), "a node waits for nothing");
        for (uint32_t i = 0; i < actions->count; i++) {
            const struct action *action = &actions->items[i];
            oracle_judge(oracle,
                         action->kind != ACTION_LAUNCH ||
                             oracle->nodes[action->node].vector != vector ||
                             !is_before(oracle->plan, node, action->node),
                         "passed by somebody of the same line");
        }
    }
}

void oracle_actions(struct oracle *oracle, const struct scheduler *scheduler,
                    const struct action_list *actions)
{
    for (uint32_t i = 0; i < actions->count; i++)
        see(oracle, scheduler, &actions->items[i]);
    judge_waiting(oracle, scheduler, actions);
    for (uint32_t i = 1; i < oracle->plan->gang_count; i++)
        judge_gang(oracle, scheduler, &oracle->plan->gangs[i], actions);
    for (uint32_t token = 0; token < oracle->plan->token_count; token++) {
        uint64_t capacity = oracle->capacity[token], held = oracle->held[token];
        oracle_judge(oracle,
                     scheduler_free_tokens(scheduler, token) ==
                         (capacity > held ? capacity - held : 0),
                     "free tokens are not capacity less what is held");
        oracle_judge(oracle, !oracle->has_ended || held == 0, "a token was not given back");
    }
    oracle_judge(oracle, oracle->has_ended == scheduler_has_ended(scheduler),
                 "an end that was not told");
}
