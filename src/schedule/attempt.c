/* The end of an attempt of a program, and rule R.
 *
 * A failure goes outwards to the first step that tolerates it, giving back what inner groups took,
 * or ends the attempt: then run concludes it (ACTION_CONCLUDE), and until that is done everything
 * stays held. A retry holds nothing while it waits, and goes on from `restart`; if something was
 * done since that others may have seen, there is none. */
#include "schedule/sync.h"

/* The lock that a condition gave back is no longer owed: what holds it will be given back whole. */
static void settle_given_back(struct scheduler *scheduler, struct course *course)
{
    if (course->given_back != NO_TOKEN)
        scheduler->accounts[course->given_back].held++;
    course->given_back = NO_TOKEN;
}

/* In line for the lock, before it goes on or fails. */
void course_retake(struct scheduler *scheduler, struct course *course)
{
    struct amount lock = {course->given_back, 1};
    uint32_t line = wish_line(scheduler, &lock, 1);
    course->phase = PHASE_RETAKE;
    if (line_take(scheduler, line, course->node)) {
        course->given_back = NO_TOKEN;
        course->phase = PHASE_RETAKEN;
        course_due(scheduler, course);
        return;
    }
    line_wait(scheduler, line, course->waiter);
    course_park(scheduler, course, STATE_TOKEN);
    course_timer(scheduler, course);
    deadlock_look(scheduler, course->node);
}

/* --- failures --- */

static uint32_t tolerating(const struct program *program, const struct failure *failure)
{
    uint32_t operation = failure->operation;
    while (operation != NO_OPERATION &&
           !(program->operations[operation].flags & OPERATION_CONTINUES))
        operation = program->operations[operation].group;
    return operation;
}

/* Is this group around the operation, or the operation itself? */
static bool is_within(const struct program *program, uint32_t operation, uint32_t group)
{
    while (operation != NO_OPERATION && operation != group)
        operation = program->operations[operation].group;
    return operation == group;
}

static void go_behind(struct scheduler *scheduler, struct course *course, uint32_t tolerating)
{
    const struct program *program = node_program(scheduler, course->node);
    const struct operation *operation = &program->operations[tolerating];
    struct sync *sync = scheduler->sync;
    if (program->operations[course->position].kind == OPERATION_GET)
        course_bind(scheduler, course, NO_ITEM);
    while (course->holds != NO_HOLD &&
           is_within(program, sync->holds.items[course->holds].operation, tolerating))
        course_pop(scheduler, course);
    course_goes_on(scheduler, course);
    scheduler->marks[course->node] &= (uint8_t)~MARK_TIMEOUT;
    course->has_failure = false;
    course->deadline = course->wake = NEVER;
    course_arrive(course,
                  (operation->kind == OPERATION_ENTER ? operation->partner : tolerating) + 1);
    course->phase = PHASE_BEGIN;
    course_due(scheduler, course);
}

void course_failed(struct scheduler *scheduler, struct course *course)
{
    const struct program *program = node_program(scheduler, course->node);
    uint32_t operation = tolerating(program, &course->failure);
    bool is_final = course->failure.cause == CAUSE_DEADLOCK;
    if (operation != NO_OPERATION && !is_final && policy_reaches(scheduler, course->node))
        course->is_stopped = is_final = true;
    if (operation == NO_OPERATION || is_final)
        course_conclude(scheduler, course);
    else if (course->given_back != NO_TOKEN)
        course_retake(scheduler, course);
    else
        go_behind(scheduler, course, operation);
}

/* --- the conclusion --- */

static bool is_retry_wanted(const struct scheduler *scheduler, const struct course *course)
{
    const struct rule *rule = plan_rule(scheduler->plan, course->node);
    if (!policy_lets_start(scheduler, rule))
        return false;
    if (course->failure.cause == CAUSE_NONE)
        return course->is_retry_wanted;
    struct outcome outcome = {.kind = OUTCOME_STUCK, .code = course->failure.cause};
    return retry_is_wanted(rule, scheduler->attempts[course->node], &outcome,
                           course->failure.cause == CAUSE_TIMEOUT);
}

static void decide(struct scheduler *scheduler, struct course *course)
{
    course->is_failed = course->has_failure && !course->is_stopped;
    if (!course->is_failed)
        return;
    if (course->failure.cause == CAUSE_TIMEOUT)
        scheduler->marks[course->node] |= MARK_TIMEOUT;
    course->is_final = course->is_seen || !is_retry_wanted(scheduler, course);
    course->is_kept_back =
        course->is_seen && (course->was_lost || is_retry_wanted(scheduler, course));
}

void course_say_conclusion(struct scheduler *scheduler, const struct course *course)
{
    struct action *action = action_add(scheduler, ACTION_CONCLUDE, course->node);
    action->attempt = scheduler->attempts[course->node];
    action->is_failed = course->is_failed;
    action->is_stopped = course->is_stopped;
    if (course->is_stopped)
        action->operation = course->position;
    if (!course->is_failed)
        return;
    if (course->is_kept_back)
        action->seen = course->seen;
    action->cause = course->failure.cause;
    action->operation = course->failure.operation;
    action->culprit = course->failure.culprit;
    action->gate = course->failure.gate;
    action->token = course->failure.token;
}

void course_conclude(struct scheduler *scheduler, struct course *course)
{
    if (!course->is_ending)
        decide(scheduler, course);
    course->is_ending = true;
    course_timer(scheduler, course);
    bool has_cleanup = course->has_launched && node_program(scheduler, course->node)->has_cleanup;
    if (has_cleanup && !scheduler->is_killed) {
        course->phase = PHASE_REGAIN;
        if (!course_regain(scheduler, course))
            return;
    }
    course_goes_on(scheduler, course);
    course->phase = PHASE_CONCLUDE;
    course_move(scheduler, course, STATE_RUN);
    course_say_conclusion(scheduler, course);
}

/* --- and behind it --- */

static void release_kept(struct scheduler *scheduler, uint32_t vector)
{
    const struct amount *end = amounts_end(scheduler, vector);
    for (const struct amount *i = amounts_begin(scheduler, vector); i < end; i++)
        if (scheduler->plan->tokens[i->token].kind == TOKEN_KEPT)
            token_give(scheduler, i);
}

void course_give_all(struct scheduler *scheduler, struct course *course)
{
    course_leave(scheduler, course);
    settle_given_back(scheduler, course);
    while (course->holds != NO_HOLD)
        course_pop(scheduler, course);
    if (!course->has_begun)
        return;
    if (course->has_running)
        tokens_release(scheduler, course->running);
    release_kept(scheduler, scheduler->vectors[course->node]);
    course->has_running = course->has_begun = false;
    course->deadline = course->wake = course->attempt_deadline = NEVER;
    if (node_has_program(scheduler, course->node))
        course_timer(scheduler, course);
}

/* However a daemon ends when it is stopped at the end, that is well; before that it is not. */
static bool is_success(const struct scheduler *scheduler, uint32_t node, bool is_being_stopped)
{
    bool is_daemon = plan_rule(scheduler->plan, node)->flags & RULE_DAEMON;
    if (is_daemon)
        return is_being_stopped && scheduler->is_stopping;
    return outcome_is_success(&scheduler->in->outcome);
}

static void attempt_over(struct scheduler *scheduler, struct course *course)
{
    const struct outcome *outcome = &scheduler->in->outcome;
    uint32_t node = course->node;
    bool is_failed = course->is_failed, is_stopped = course->is_stopped;
    bool is_well = !is_failed && !is_stopped && is_success(scheduler, node, true);
    bool is_final = course->is_final || !is_failed;
    bool is_killed = !is_failed && scheduler->marks[node] & MARK_STOPPED;
    if (!is_failed && !is_stopped && !is_killed && !outcome_is_success(outcome))
        course->restart = course->fresh; /* which of them left what is wrong is not known */
    course_give_all(scheduler, course);
    scheduler->marks[node] &= (uint8_t)~MARK_STOPPED;
    course_move(scheduler, course, STATE_PENDING);
    bool is_taken_back = is_stopped && scheduler->is_resumed && !policy_reaches(scheduler, node);
    if (is_taken_back)
        node_lose(scheduler, node);
    else if (is_stopped || (is_killed && !is_well))
        node_end(scheduler, node, STATUS_CANCELLED, outcome);
    else if (is_well)
        node_end(scheduler, node, STATUS_SUCCESS, outcome);
    else if (is_final || !policy_lets_start(scheduler, plan_rule(scheduler->plan, node)))
        node_end(scheduler, node, STATUS_FAILURE, outcome);
    else if (scheduler->needs_left[node] > 0) /* a need has been reopened */
        node_reopen(scheduler, node);
    else
        node_retry(scheduler, node);
}

/* A body that went with its runner: no attempt. It goes on as a retry would. */
static void body_lost(struct scheduler *scheduler, struct course *course)
{
    uint32_t node = course->node;
    if (course->is_seen) {
        struct failure failure = {CAUSE_SEEN, course->position, NO_NODE, NO_GATE, NO_TOKEN};
        course->was_lost = true;
        course_fail(scheduler, course, &failure);
        return;
    }
    course_give_all(scheduler, course);
    course_move(scheduler, course, STATE_PENDING);
    node_lose(scheduler, node);
}

static void body_over(struct scheduler *scheduler, struct course *course)
{
    const struct outcome *outcome = &scheduler->in->outcome;
    const struct program *program = node_program(scheduler, course->node);
    uint8_t *marks = &scheduler->marks[course->node], before = *marks;
    bool is_gone = (before & MARK_GONE) == MARK_GONE, is_lost = outcome->kind == OUTCOME_LOST;
    bool is_stopped = before & MARK_STOPPED && !is_gone;
    bool is_well = is_success(scheduler, course->node, is_stopped);
    *marks &= (uint8_t)~MARK_STOPPED;
    if (is_gone)
        *marks &= (uint8_t)~MARK_TIMEOUT;
    course->is_at_body = false;
    course_leave(scheduler, course);
    requests_drop(scheduler, course);
    course->armed = NEVER;
    timer_disarm(scheduler, course->node);
    if (is_lost && (is_gone || !(is_stopped || course->has_failure))) {
        course->has_failure = false;
        body_lost(scheduler, course);
    } else if (course->has_failure) {
        course->phase = PHASE_FAILED;
        course_due(scheduler, course);
    } else if (is_stopped && !(is_well && course->position + 1 == program->count)) {
        if (outcome_is_success(outcome))
            course_pass(scheduler, course);
        course->is_stopped = true;
        course_conclude(scheduler, course);
    } else if (is_well) {
        course_done(scheduler, course);
    } else {
        struct failure failure = {CAUSE_NONE, course->position, NO_NODE, NO_GATE, NO_TOKEN};
        course_fail(scheduler, course, &failure);
        course->is_retry_wanted =
            retry_is_wanted(plan_rule(scheduler->plan, course->node),
                            scheduler->attempts[course->node], outcome, false);
    }
}

void course_finished(struct scheduler *scheduler, struct course *course)
{
    const struct input *in = scheduler->in;
    if (in->attempt != scheduler->attempts[course->node])
        return;
    if (in->operation == OPERATION_END && course->phase == PHASE_CONCLUDE)
        attempt_over(scheduler, course);
    else if (in->operation == course->position && course->is_at_body)
        body_over(scheduler, course);
}

void course_body_over(struct scheduler *scheduler, struct course *course)
{
    course->is_at_body = false;
    requests_drop(scheduler, course);
    course_give_all(scheduler, course);
    course_move(scheduler, course, STATE_RUN);
    course_free(scheduler, course);
}

/* What a cancel had ended goes on after a resume, if it can. */
static void fail_stopped(struct course *course)
{
    if (!course->is_ending || !course->is_stopped || !course->is_seen)
        return;
    course->is_stopped = false;
    course->is_failed = course->is_final = course->is_kept_back = course->was_lost = true;
    course->failure = (struct failure){CAUSE_SEEN, course->position, NO_NODE, NO_GATE, NO_TOKEN};
}

void course_forget(struct course *course)
{
    course->restart = course->fresh = course->use_first = 0;
    course->touched = 0;
    course->is_seen = false;
    course->seen = NO_GATE;
}

/* A daemon that was stopped at the end is needed again: when it is over it begins anew. */
static void begin_again(struct scheduler *scheduler, struct course *course)
{
    course->is_stopped = true;
    uses_again(scheduler, course);
    course_forget(course);
}

/* Another runner goes on: bodies are gone, and with them their requests; all else that was to come
 * is asked for again, and who waits waits again. */
void course_resume(struct scheduler *scheduler, struct course *course)
{
    uint32_t node = course->node;
    bool is_daemon = plan_rule(scheduler->plan, node)->flags & RULE_DAEMON;
    course->armed = NEVER;
    course->is_ready = false;
    timer_disarm(scheduler, node);
    if (course->is_at_body) {
        requests_drop(scheduler, course);
        scheduler->marks[node] |= MARK_GONE;
        course->is_awake = false;
        course->has_failure = course->is_stuck = false;
        if (is_daemon || node_is_finally(scheduler->plan, node))
            course_forget(course);
        course_due(scheduler, course);
    } else if (course->phase == PHASE_CONCLUDE) {
        scheduler->marks[node] &= (uint8_t)~MARK_STOPPED;
        if (is_daemon && !course->is_failed)
            begin_again(scheduler, course);
        else
            fail_stopped(course);
        course_say_conclusion(scheduler, course);
    } else if (course->phase == PHASE_ASKED) {
        course_ask(scheduler, course);
    } else {
        fail_stopped(course);
        course_timer(scheduler, course);
    }
}

/* A policy or a cancel ends it: what is at the executor is signalled, what waits is over. */
void course_sweep(struct scheduler *scheduler, struct course *course)
{
    uint32_t node = course->node;
    if (course->phase == PHASE_CONCLUDE && !scheduler->is_killed)
        return;
    if (course->phase == PHASE_CONCLUDE || course->is_at_body) {
        sweep_running(scheduler, node);
    } else if (course->is_ending) {
        if (!scheduler->is_killed)
            return;
        course_leave(scheduler, course);
        course_conclude(scheduler, course);
    } else if (policy_reaches(scheduler, node) && course->phase != PHASE_FAILED) {
        course_leave(scheduler, course);
        if (course->phase == PHASE_DONE)
            course_pass(scheduler, course);
        course->is_stopped = true;
        course_conclude(scheduler, course);
    }
}
