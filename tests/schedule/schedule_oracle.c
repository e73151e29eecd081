/* The laws of a run, from inputs and actions alone; see schedule_oracle.h.
 *
 * It keeps its own account of who runs and who holds what, and asks the scheduler only who stands
 * in line (which no action tells). */
#include "schedule/schedule_oracle.h"

static void judge(struct oracle *oracle, bool is_good, const char *law)
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

static void account(struct oracle *oracle, uint32_t node, bool is_taken)
{
    const struct vectors *vectors = &oracle->plan->vectors;
    uint32_t vector = oracle->nodes[node].vector;
    for (uint32_t i = vectors->first[vector]; i < vectors->first[vector + 1]; i++) {
        uint32_t token = vectors->amounts[i].token;
        if (is_taken)
            oracle->held[token] += vectors->amounts[i].amount;
        else
            oracle->held[token] -= vectors->amounts[i].amount;
        judge(oracle, !is_taken || oracle->held[token] <= oracle->capacity[token],
              "a token is overdrawn");
    }
}

/* What the first member that did not succeed makes of a gang's attempt. */
enum { GANG_WELL, GANG_FAILED, GANG_CANCELLED, GANG_LOST };

static const struct gang *gang_of(const struct oracle *oracle, uint32_t node)
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
    const struct gang *gang = gang_of(oracle, in->node);
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
    account(oracle, gang->nodes[0], false);
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
    if (gang_of(oracle, in->node) != NULL) {
        take_member_finished(oracle, in);
        return;
    }
    node->is_live = false;
    account(oracle, in->node, false);
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
    judge(oracle, !node->is_live, "two attempts of one node live");
    judge(oracle, node->status == STATUS_NONE, "a launch after the end");
    judge(oracle, needs_have_ended(oracle, scheduler, action->node), "a launch before its needs");
    uint32_t template = template_of(oracle, action->node);
    judge(oracle, template == NO_NODE || needs_have_ended(oracle, scheduler, template),
          "a launch before the needs of its template");
    judge(oracle, may_start(oracle, action->node), "a launch that a policy forbids");
    judge(oracle, action->attempt == node->attempts + 1, "attempts are not counted one by one");
    uint32_t retry_max = rule->retry_max;
    const struct gang *gang = gang_of(oracle, action->node);
    for (uint32_t i = 0; gang != NULL && i < gang->count; i++)
        if (plan_rule(oracle->plan, gang->nodes[i])->retry_max > retry_max)
            retry_max = plan_rule(oracle->plan, gang->nodes[i])->retry_max;
    judge(oracle, action->attempt <= retry_max + 1, "more attempts than the rule allows");
    judge(oracle, !(rule->flags & (RULE_REQUEST | RULE_CONDITION)) || node->has_answer,
          "a launch without the answer it needs");
    judge(oracle, rule->flags & RULE_WORK, "a launch of nothing");
    if (!(rule->flags & RULE_REQUEST))
        node->vector = rule->vector;
    node->is_live = true;
    node->is_signalled = node->is_stopped = node->is_timed_out = false;
    node->attempts = action->attempt;
    node->timer = 0;
    if (gang == NULL || gang->nodes[0] == action->node)
        account(oracle, action->node, true);
    if (gang != NULL)
        oracle->gang_ends[rule->gang] = GANG_WELL;
}

static void see_ended(struct oracle *oracle, const struct scheduler *scheduler,
                      const struct fact *fact)
{
    struct oracle_node *node = &oracle->nodes[fact->node];
    const struct rule *rule = plan_rule(oracle->plan, fact->node);
    judge(oracle, node->status == STATUS_NONE, "a node ended twice");
    judge(oracle, !node->is_live, "a node ended while it ran");
    bool is_template = oracle->plan->is_join[fact->node] == JOIN_TEMPLATE;
    judge(oracle, is_template || oracle->plan->is_join[fact->node] == JOIN_NOT,
          "a join has no end to tell");
    judge(oracle, !is_template || fact->status != STATUS_SUCCESS,
          "a template that was expanded has no end to tell");
    judge(oracle, oracle->plan->is_selected[fact->node], "a node ended that is not selected");
    judge(oracle, needs_have_ended(oracle, scheduler, fact->node), "a node ended before its needs");
    bool is_good = fact->attempt > 0 ? !node->has_failed : !(rule->flags & RULE_WORK);
    judge(oracle, (fact->status == STATUS_SUCCESS) <= is_good, "a success out of nothing");
    judge(oracle,
          !(fact->attempt > 0 && is_good && fact->status != STATUS_SUCCESS) || node->is_lost,
          "a success was not told");
    judge(oracle,
          fact->is_tolerated ==
              (fact->status == STATUS_FAILURE && (rule->flags & RULE_CONTINUE) != 0),
          "tolerated is not what the rule says");
    bool is_disturbed =
        oracle->is_cancelled || oracle->is_policy_on || oracle->has_cancelling_answer;
    judge(oracle, fact->status != STATUS_CANCELLED || is_disturbed, "cancelled by nobody");
    judge(oracle,
          fact->status != STATUS_SKIPPED || gang_of(oracle, fact->node) != NULL ||
              rule->flags & RULE_CONDITION || node->has_answer,
          "skipped without a condition");
    node->status = fact->status;
}

static void see_policy(struct oracle *oracle)
{
    judge(oracle, !oracle->is_policy_on, "the policy came twice");
    judge(oracle, oracle->policy != POLICY_KEEP_GOING, "keep-going stops nothing");
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
        judge(oracle, is_template || this->status != STATUS_NONE, "the run ended before a node");
        judge(oracle, !this->is_live, "the run ended before a process");
        bool is_tolerated =
            plan_rule(oracle->plan, node)->flags & RULE_CONTINUE && this->status == STATUS_FAILURE;
        is_success &= this->status <= STATUS_SKIPPED || is_tolerated;
    }
    judge(oracle, fact->status == (is_success ? STATUS_SUCCESS : STATUS_FAILURE),
          "the run's status is not its nodes'");
}

/* Only a resume does so, and what succeeded stays, but for finally. */
static void see_reopened(struct oracle *oracle, const struct fact *fact)
{
    struct oracle_node *node = &oracle->nodes[fact->node];
    judge(oracle, oracle->resumes > 0, "reopened without a resume");
    judge(oracle, !node->is_live, "a node was reopened while it ran");
    judge(oracle, fact->status == node->status, "reopened from another end");
    judge(oracle, node->status != STATUS_SUCCESS || !oracle_is_main(oracle, fact->node),
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
    judge(oracle, !oracle->has_ended, "an action after the end");
    switch (action->kind) {
    case ACTION_EVALUATE:
        judge(oracle, !node->is_asked && !node->is_live, "asked about what is under way");
        judge(oracle, needs_have_ended(oracle, scheduler, action->node), "asked before its needs");
        judge(oracle, action->attempt == node->attempts + 1, "asked about the wrong attempt");
        judge(oracle, may_start(oracle, action->node), "asked about what may not start");
        node->is_asked = true;
        break;
    case ACTION_EXPAND:
        judge(oracle, oracle->expanding == NO_NODE, "two expansions at once");
        judge(oracle, oracle->plan->is_join[action->node] == JOIN_TEMPLATE, "expands no template");
        judge(oracle, needs_have_ended(oracle, scheduler, action->node),
              "expanded before its needs");
        judge(oracle, may_start(oracle, action->node), "expanded against a policy");
        oracle->expanding = action->node;
        break;
    case ACTION_LAUNCH:
        see_launch(oracle, scheduler, action);
        break;
    case ACTION_SIGNAL:
        judge(oracle, node->is_live, "a signal to nobody");
        judge(oracle, action->attempt == node->attempts, "a signal to the wrong attempt");
        judge(oracle, !node->is_signalled || action->how == SIGNAL_KILL, "stopped twice");
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
        judge(oracle, action->node == gang->nodes[launched % gang->count],
              "a gang is not launched in order");
        launched++;
    }
    judge(oracle, launched % gang->count == 0, "a part of a gang was launched");
    for (uint32_t i = 1; i < gang->count; i++)
        judge(oracle,
              scheduler_status(scheduler, gang->nodes[i]) ==
                  scheduler_status(scheduler, gang->nodes[0]),
              "a gang has not ended alike");
}

/* A gang stands in line by its first, when all are ready. */
static bool stands_in_line(const struct oracle *oracle, const struct scheduler *scheduler,
                           uint32_t node)
{
    const struct gang *gang = gang_of(oracle, node);
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
        judge(oracle, may_start(oracle, node), "a node stands in line in vain");
        judge(oracle, oracle->has_wide || !fits(oracle, vector), "a node waits for nothing");
        for (uint32_t i = 0; i < actions->count; i++) {
            const struct action *action = &actions->items[i];
            judge(oracle,
                  action->kind != ACTION_LAUNCH || oracle->nodes[action->node].vector != vector ||
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
        judge(oracle,
              scheduler_free_tokens(scheduler, token) == (capacity > held ? capacity - held : 0),
              "free tokens are not capacity less what is held");
        judge(oracle, !oracle->has_ended || held == 0, "a token was not given back");
    }
    judge(oracle, oracle->has_ended == scheduler_has_ended(scheduler), "an end that was not told");
}
