/* The life of a node: its transitions, and what its end means for those that need it.
 *
 *   PENDING → [EVALUATE] → READY → RUN → ENDED
 *                  ↑                ↓
 *                  └──────────── DELAY
 *
 * A node ends after all its needs have, once. Its end is only put in a queue: cascade_step() tells
 * its dependents, which may end in turn, so a chain of a million joins takes no stack. Tokens are
 * held in RUN and nowhere else. A lost attempt was none: the node stands in its line again, and the
 * next launch bears the same number. */
#include "schedule/sync.h"

/* A queue's template that failed is told of again, beside its instances. */
static void end_taker(struct scheduler *scheduler, uint32_t node, enum status status)
{
    taker_stop(scheduler, node);
    if (status != STATUS_FAILURE || !(scheduler->marks[node] & MARK_EXPANDED))
        return;
    scheduler->marks[node] &= (uint8_t)~MARK_EXPANDED;
    scheduler->counts.pending++;
}

void node_end(struct scheduler *scheduler, uint32_t node, enum status status,
              const struct outcome *outcome)
{
    const struct rule *own = plan_rule(scheduler->plan, node);
    if (own->gate != NO_GATE && node_is_taker(scheduler, node))
        end_taker(scheduler, node, status);
    else if (own->gate != NO_GATE && is_unstarted(scheduler, node))
        taker_count(scheduler, node, false);
    scheduler->states[node] = STATE_ENDED;
    timer_disarm(scheduler, node);
    scheduler->statuses[node] = (uint8_t)status;
    scheduler->remaining--;
    if (plan_rule(scheduler->plan, node)->flags & RULE_DAEMON)
        daemon_ended(scheduler, node);
    else
        *VEC_PUSH(&scheduler->ended) = node;
    if (scheduler->sync != NULL)
        sync_end(scheduler, node, status);
    if (!node_is_counted(scheduler, node))
        return;
    scheduler->counts.pending--;
    /* A template that was expanded: from now on its instances are counted. */
    if (scheduler->plan->is_join[node] && status == STATUS_SUCCESS)
        return;
    bool is_failure = status == STATUS_FAILURE;
    bool is_tolerated = is_failure && plan_rule(scheduler->plan, node)->flags & RULE_CONTINUE;
    scheduler->counts.by_status[status]++;
    scheduler->counts.tolerated += is_tolerated;
    struct fact *fact = fact_add(scheduler, FACT_ENDED, node);
    fact->status = (uint8_t)status;
    fact->is_tolerated = is_tolerated;
    fact->is_timeout = is_failure && scheduler->marks[node] & MARK_TIMEOUT;
    fact->outcome = outcome;
    if (is_failure && !is_tolerated)
        policy_heed_failure(scheduler, node);
    if (node_has_gang(scheduler, node))
        gang_ended(scheduler, node, status);
}

void node_refuse(struct scheduler *scheduler, uint32_t node)
{
    bool has_accepted = scheduler->states[node] != STATE_PENDING ||
                        plan_rule(scheduler->plan, node)->flags & RULE_HEEDS_FAILURE;
    enum status status = STATUS_CANCELLED;
    if (scheduler->marks[node] & MARK_RETRY)
        status = STATUS_FAILURE;
    else if (scheduler->marks[node] & MARK_FAILED && !has_accepted)
        status = STATUS_BLOCKED;
    node_end(scheduler, node, status, NULL);
}

uint8_t node_flags(const struct scheduler *scheduler, uint32_t node)
{
    uint8_t marks = scheduler->marks[node];
    bool has_failed = marks & (MARK_FAILED | MARK_MAIN_FAILED);
    bool is_cancelled = marks & (MARK_CANCELLED | MARK_MAIN_CANCELLED);
    uint8_t flags = CALLS_ALWAYS;
    if (has_failed)
        flags |= CALLS_FAILURE;
    if (is_cancelled || scheduler->is_cancelled)
        flags |= CALLS_CANCELLED;
    if (!has_failed && !is_cancelled)
        flags |= CALLS_SUCCESS;
    return flags;
}

void node_ask(struct scheduler *scheduler, uint32_t node)
{
    scheduler->states[node] = STATE_EVALUATE;
    struct action *action = action_add(scheduler, ACTION_EVALUATE, node);
    action->attempt = scheduler->attempts[node] + 1;
    action->flags = node_flags(scheduler, node);
}

static void stand_in_line(struct scheduler *scheduler, uint32_t node)
{
    scheduler->states[node] = STATE_READY;
    if (node_has_gang(scheduler, node)) {
        gang_ready(scheduler, node);
        return;
    }
    lines_reach(scheduler, scheduler->vectors[node] + 1);
    line_push(scheduler, node);
}

void node_request(struct scheduler *scheduler, uint32_t node)
{
    const struct rule *rule = plan_rule(scheduler->plan, node);
    if (rule->flags & RULE_REQUEST) {
        node_ask(scheduler, node);
        return;
    }
    scheduler->vectors[node] = rule->vector;
    stand_in_line(scheduler, node);
}

static void instance_needs_ended(struct scheduler *scheduler, uint32_t node)
{
    const struct rule *rule = plan_rule(scheduler->plan, node);
    if (!policy_lets_start(scheduler, rule))
        node_refuse(scheduler, node);
    else if (rule->flags & RULE_CONDITION)
        node_ask(scheduler, node);
    else if (scheduler->marks[node] & MARK_FAILED)
        node_end(scheduler, node, STATUS_BLOCKED, NULL);
    else if (scheduler->marks[node] & MARK_CANCELLED)
        node_end(scheduler, node, STATUS_CANCELLED, NULL);
    else if (rule->flags & RULE_WORK || rule->program != NO_PROGRAM)
        node_request(scheduler, node);
    else
        node_end(scheduler, node, STATUS_SUCCESS, NULL);
}

void node_needs_ended(struct scheduler *scheduler, uint32_t node)
{
    uint8_t join = scheduler->plan->is_join[node];
    if (join == JOIN_TEMPLATE &&
        (node_is_counted(scheduler, node) || node_is_taker(scheduler, node)))
        template_ask(scheduler, node);
    else if (join != JOIN_NOT)
        node_end(scheduler, node, STATUS_SUCCESS, NULL);
    else
        instance_needs_ended(scheduler, node);
}

static void fail_invalid(struct scheduler *scheduler, uint32_t node, const struct outcome *outcome)
{
    scheduler->marks[node] &= (uint8_t)~MARK_TIMEOUT; /* it was the attempt's before */
    node_end(scheduler, node, STATUS_FAILURE, outcome);
}

static void go_on(struct scheduler *scheduler, uint32_t node, uint32_t vector)
{
    const struct rule *rule = plan_rule(scheduler->plan, node);
    if (!policy_lets_start(scheduler, rule)) {
        node_refuse(scheduler, node);
    } else if (!(rule->flags & RULE_WORK) && rule->program == NO_PROGRAM) {
        node_end(scheduler, node, STATUS_SUCCESS, NULL);
    } else {
        scheduler->vectors[node] = rule->flags & RULE_REQUEST ? vector : rule->vector;
        if (scheduler->vectors[node] < scheduler->plan->vectors.count)
            stand_in_line(scheduler, node);
        else
            fail_invalid(scheduler, node, NULL);
    }
}

enum status status_of_verdict(uint8_t verdict)
{
    static const uint8_t status_of[] = {[VERDICT_RUN] = STATUS_SUCCESS,
                                        [VERDICT_SKIP] = STATUS_SKIPPED,
                                        [VERDICT_BLOCKED] = STATUS_BLOCKED,
                                        [VERDICT_CANCELLED] = STATUS_CANCELLED};
    return verdict < sizeof status_of ? status_of[verdict] : STATUS_FAILURE;
}

void node_evaluated(struct scheduler *scheduler)
{
    const struct input *in = scheduler->in;
    if (scheduler->states[in->node] != STATE_EVALUATE || scheduler->plan->is_join[in->node])
        return;
    struct course *course = course_of(scheduler, in->node);
    if (course_is_under_way(scheduler, course)) {
        course_evaluated(scheduler, course);
        return;
    }
    enum status status = in->is_invalid ? STATUS_FAILURE : status_of_verdict(in->verdict);
    if (status == STATUS_FAILURE)
        fail_invalid(scheduler, in->node, &in->outcome);
    else if (status == STATUS_SUCCESS)
        go_on(scheduler, in->node, in->vector);
    else
        node_end(scheduler, in->node, status, NULL);
}

void node_launch(struct scheduler *scheduler, uint32_t node)
{
    if (node_has_gang(scheduler, node))
        gang_launch(scheduler, node);
    else
        node_launch_one(scheduler, node);
}

void node_launch_one(struct scheduler *scheduler, uint32_t node)
{
    if (scheduler->attempts[node] == 0 && plan_rule(scheduler->plan, node)->gate != NO_GATE)
        taker_count(scheduler, node, false);
    if (!(scheduler->marks[node] & MARK_REPEAT))
        scheduler->attempts[node]++;
    scheduler->marks[node] &= (uint8_t) ~(MARK_REPEAT | MARK_TIMEOUT);
    if (node_has_program(scheduler, node)) {
        course_begin(scheduler, node);
        return;
    }
    scheduler->states[node] = STATE_RUN;
    scheduler->counts.pending--;
    scheduler->counts.running++;
    fact_add(scheduler, FACT_LAUNCHED, node);
    action_add(scheduler, ACTION_LAUNCH, node)->attempt = scheduler->attempts[node];
    int64_t timeout = plan_rule(scheduler->plan, node)->timeout;
    if (timeout != UNLIMITED)
        timer_arm(scheduler, node, timeout);
}

void node_signal(struct scheduler *scheduler, uint32_t node, enum signal_how how, uint8_t mark)
{
    uint8_t *marks = &scheduler->marks[node];
    if (!(*marks & (MARK_STOPPED | MARK_TIMEOUT))) {
        struct course *course = course_of(scheduler, node);
        *marks |= mark;
        timer_disarm(scheduler, node);
        if (course != NULL)
            course->armed = NEVER;
        fact_add(scheduler, FACT_SIGNALLED, node)->is_timeout = mark == MARK_TIMEOUT;
    }
    struct action *action = action_add(scheduler, ACTION_SIGNAL, node);
    action->attempt = scheduler->attempts[node];
    action->operation = course_body(scheduler, node);
    action->how = (uint8_t)how;
}

void node_delay(struct scheduler *scheduler, uint32_t node)
{
    scheduler->states[node] = STATE_DELAY;
    timer_arm(scheduler, node,
              retry_delay(plan_rule(scheduler->plan, node), scheduler->attempts[node]));
}

void node_retry(struct scheduler *scheduler, uint32_t node)
{
    int64_t delay = retry_delay(plan_rule(scheduler->plan, node), scheduler->attempts[node]);
    scheduler->marks[node] |= MARK_RETRY;
    struct fact *fact = fact_add(scheduler, FACT_FAILED, node);
    fact->is_timeout = scheduler->marks[node] & MARK_TIMEOUT;
    fact->until = time_after(scheduler->in->now, delay);
    fact->outcome = &scheduler->in->outcome;
    if (delay == 0)
        node_request(scheduler, node);
    else
        node_delay(scheduler, node);
}

void node_fail(struct scheduler *scheduler, uint32_t node)
{
    const struct outcome *outcome = &scheduler->in->outcome;
    const struct rule *rule = plan_rule(scheduler->plan, node);
    bool is_timeout = scheduler->marks[node] & MARK_TIMEOUT;
    if (policy_lets_start(scheduler, rule) &&
        retry_is_wanted(rule, scheduler->attempts[node], outcome, is_timeout))
        node_retry(scheduler, node);
    else
        node_end(scheduler, node, STATUS_FAILURE, outcome);
}

void node_lose(struct scheduler *scheduler, uint32_t node)
{
    scheduler->marks[node] &= (uint8_t)~MARK_TIMEOUT;
    scheduler->marks[node] |= MARK_REPEAT;
    bool is_daemon = plan_rule(scheduler->plan, node)->flags & RULE_DAEMON;
    if (is_daemon && scheduler->is_stopping) /* nobody needs it any more */
        node_end(scheduler, node, STATUS_SUCCESS, &scheduler->in->outcome);
    else if (scheduler->needs_left[node] > 0) /* a need has been reopened */
        node_reopen(scheduler, node);
    else if (policy_lets_start(scheduler, plan_rule(scheduler->plan, node)))
        stand_in_line(scheduler, node);
    else
        node_refuse(scheduler, node);
}

static bool is_live(const struct scheduler *scheduler, const struct input *in)
{
    return node_body_is_live(scheduler, in->node) && scheduler->attempts[in->node] == in->attempt;
}

void node_finished(struct scheduler *scheduler)
{
    const struct input *in = scheduler->in;
    uint32_t node = in->node;
    struct course *course = course_of(scheduler, node);
    if (course_is_under_way(scheduler, course)) {
        course_finished(scheduler, course);
        return;
    }
    if (!is_live(scheduler, in))
        return;
    uint8_t marks = scheduler->marks[node];
    scheduler->marks[node] &= (uint8_t)~MARK_STOPPED;
    timer_disarm(scheduler, node);
    bool is_stuck = course != NULL && course->is_stuck;
    bool was_ready = course != NULL && course->is_ready;
    if (node_has_gang(scheduler, node)) {
        if (course != NULL)
            course_body_over(scheduler, course);
        gang_finished(scheduler, node, marks, is_stuck);
        return;
    }
    if (course == NULL)
        tokens_release(scheduler, scheduler->vectors[node]);
    else
        course_body_over(scheduler, course);
    scheduler->counts.running--;
    scheduler->counts.pending++;
    bool is_lost = in->outcome.kind == OUTCOME_LOST;
    if (is_lost && (marks & MARK_GONE) == MARK_GONE)
        node_lose(scheduler, node);
    else if (plan_rule(scheduler->plan, node)->flags & RULE_DAEMON)
        daemon_finished(scheduler, node, marks, was_ready);
    else if (marks & MARK_TIMEOUT)
        node_fail(scheduler, node);
    else if (outcome_is_success(&in->outcome))
        node_end(scheduler, node, STATUS_SUCCESS, &in->outcome);
    else if (marks & MARK_STOPPED && !is_stuck)
        node_end(scheduler, node, STATUS_CANCELLED, &in->outcome);
    else if (is_lost)
        node_lose(scheduler, node);
    else
        node_fail(scheduler, node);
}

void node_kept(struct scheduler *scheduler)
{
    uint32_t node = scheduler->in->node;
    const struct plan *plan = scheduler->plan;
    if (scheduler->has_begun || scheduler->states[node] != STATE_PENDING ||
        !plan->is_selected[node] || plan->is_join[node] || node_is_finally(plan, node) ||
        plan_rule(plan, node)->flags & RULE_DAEMON)
        return;
    scheduler->is_resumed = true;
    if (node_has_gang(scheduler, node)) {
        gang_kept(scheduler, node);
        return;
    }
    scheduler->attempts[node] = scheduler->in->attempt;
    node_end(scheduler, node, STATUS_SUCCESS, &scheduler->in->outcome);
}

void node_timer(struct scheduler *scheduler)
{
    const struct input *in = scheduler->in;
    uint32_t node = in->node;
    if (in->request != NO_REQUEST && scheduler->sync != NULL) {
        request_time_due(scheduler);
        return;
    }
    if (!timer_is_armed(scheduler, node, in->timer))
        return;
    struct course *course = course_of(scheduler, node);
    if (course_is_under_way(scheduler, course)) {
        course_time_due(scheduler, course);
    } else if (node_body_is_live(scheduler, node)) {
        node_signal(scheduler, node, SIGNAL_STOP, MARK_TIMEOUT);
    } else if (scheduler->states[node] == STATE_DELAY) {
        timer_disarm(scheduler, node);
        node_request(scheduler, node);
    }
}

/* What a node's end means to one that needs it. A join has no end of its own. */
static uint8_t marks_passed_on(const struct scheduler *scheduler, uint32_t node)
{
    if (!plan_is_counted(scheduler->plan, node))
        return scheduler->plan->is_join[node] == JOIN_ORDER
                   ? 0
                   : scheduler->marks[node] & (MARK_FAILED | MARK_CANCELLED);
    switch (scheduler->statuses[node]) {
    case STATUS_FAILURE:
        return plan_rule(scheduler->plan, node)->flags & RULE_CONTINUE ? 0 : MARK_FAILED;
    case STATUS_BLOCKED:
        return MARK_FAILED;
    case STATUS_CANCELLED:
        return MARK_CANCELLED;
    default:
        return 0;
    }
}

static void tell(struct scheduler *scheduler, uint32_t from, uint32_t to, uint8_t marks)
{
    const struct plan *plan = scheduler->plan;
    if (marks != 0 && node_is_finally(plan, to) && !node_is_finally(plan, from))
        marks = (marks & MARK_FAILED ? MARK_MAIN_FAILED : 0) |
                (marks & MARK_CANCELLED ? MARK_MAIN_CANCELLED : 0);
    scheduler->marks[to] |= marks;
}

void node_tell(struct scheduler *scheduler, uint32_t from, uint32_t to)
{
    tell(scheduler, from, to, marks_passed_on(scheduler, from));
}

/* Before the beginning nothing starts. After a resume there are dependents that did not wait: what
 * was kept, and what is still to be told as lost, be it that it waited by a verb. */
static void tell_end(struct scheduler *scheduler, uint32_t from, uint32_t to, uint8_t marks)
{
    uint8_t state = scheduler->states[to];
    const struct course *course = course_of(scheduler, to);
    bool is_under_way = state == STATE_RUN || (course != NULL && course->has_begun);
    tell(scheduler, from, to, marks);
    if (--scheduler->needs_left[to] == 0 && scheduler->has_begun && state != STATE_ENDED &&
        !is_under_way)
        node_needs_ended(scheduler, to);
}

static bool is_instance_of(const struct scheduler *scheduler, uint32_t node, uint32_t template)
{
    const struct plan *plan = scheduler->plan;
    return plan->is_join[template] == JOIN_TEMPLATE && plan->task[node] == plan->task[template];
}

/* Instances heed what their template was told. */
static uint8_t inherited_marks(const struct scheduler *scheduler, uint32_t template)
{
    return scheduler->marks[template] &
           (MARK_FAILED | MARK_CANCELLED | MARK_MAIN_FAILED | MARK_MAIN_CANCELLED);
}

bool cascade_step(struct scheduler *scheduler)
{
    if (scheduler->ended_first == scheduler->ended.count) {
        scheduler->ended_first = scheduler->ended.count = 0;
        return false;
    }
    uint32_t node = scheduler->ended.items[scheduler->ended_first++];
    uint8_t marks = marks_passed_on(scheduler, node);
    const struct graph *graph = &scheduler->plan->dependents;
    for (uint32_t i = graph->first[node]; i < graph->first[node + 1]; i++)
        if (scheduler->plan->is_selected[graph->targets[i]])
            tell_end(scheduler, node, graph->targets[i], marks);
    const struct edge *end, *late = late_edges(scheduler, node, &end);
    for (; late < end; late++)
        tell_end(scheduler, node, late->to,
                 is_instance_of(scheduler, late->to, node) ? inherited_marks(scheduler, node)
                                                           : marks);
    return true;
}
