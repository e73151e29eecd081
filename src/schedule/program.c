/* Programs: an instance goes through its operations.
 *
 * One entry of the agenda is one step of one course: an operation begins, is answered, waited for,
 * done. The position moves before anybody else is told. As long as nothing is held that a group
 * took, each operation is where a retry would go on; inside such a group it is the outermost one,
 * unless something was done since that others may have seen. */
#include "schedule/sync.h"

static const struct operation *here(const struct scheduler *scheduler, const struct course *course)
{
    return &node_program(scheduler, course->node)->operations[course->position];
}

/* --- an attempt begins --- */

/* The groups around the place where it goes on, which hold nothing. */
static void open_groups(struct scheduler *scheduler, struct course *course)
{
    const struct program *program = node_program(scheduler, course->node);
    if (course->position >= program->count)
        return;
    VEC(uint32_t) groups = {0};
    for (uint32_t group = program->operations[course->position].group; group != NO_OPERATION;
         group = program->operations[group].group)
        *VEC_PUSH(&groups) = group;
    uint32_t nothing = wish_line(scheduler, NULL, 0);
    while (groups.count > 0) {
        uint32_t group = groups.items[--groups.count];
        int64_t timeout = program->operations[group].timeout;
        course->deadline = timeout == UNLIMITED ? NEVER : time_after(scheduler->in->now, timeout);
        course_push(scheduler, course, group, nothing);
    }
    VEC_RELEASE(&groups);
    course->deadline = NEVER;
}

void course_begin(struct scheduler *scheduler, uint32_t node)
{
    struct course *course = course_need(scheduler, node);
    course->running = running_line(scheduler, node);
    course->has_begun = course->has_running = true;
    course->has_launched = course->is_ending = course->is_failed = course->is_stopped = false;
    course->has_failure = course->is_final = course->is_retry_wanted = course->is_seen = false;
    course->seen = NO_GATE;
    course->position = course->restart;
    course->phase = PHASE_BEGIN;
    int64_t timeout = plan_rule(scheduler->plan, node)->timeout;
    course->attempt_deadline =
        timeout == UNLIMITED ? NEVER : time_after(scheduler->in->now, timeout);
    open_groups(scheduler, course);
    course_move(scheduler, course, STATE_RUN);
    course_due(scheduler, course);
}

/* --- an operation ends --- */

static bool may_be_seen(const struct operation *operation)
{
    return operation->kind >= OPERATION_BARRIER && operation->kind != OPERATION_WAIT;
}

static void see_here(struct scheduler *scheduler, struct course *course)
{
    if (may_be_seen(here(scheduler, course)))
        course_see(course, here(scheduler, course)->gate);
}

static void go_to(struct scheduler *scheduler, struct course *course, uint32_t position)
{
    course_arrive(course, position);
    course->deadline = NEVER;
    course->phase = PHASE_BEGIN;
    course_due(scheduler, course);
}

static void operation_done(struct scheduler *scheduler, struct course *course)
{
    course_goes_on(scheduler, course);
    see_here(scheduler, course);
    go_to(scheduler, course, course->position + 1);
}

void course_fail(struct scheduler *scheduler, struct course *course, const struct failure *failure)
{
    course_leave(scheduler, course);
    course->failure = *failure;
    course->has_failure = true;
    course->phase = PHASE_FAILED;
    course_due(scheduler, course);
}

static void fail_here(struct scheduler *scheduler, struct course *course, uint8_t cause,
                      uint32_t culprit)
{
    struct failure failure = {cause, course->position, culprit, NO_GATE, NO_TOKEN};
    if (here(scheduler, course)->kind >= OPERATION_BARRIER)
        failure.gate = here(scheduler, course)->gate;
    course_fail(scheduler, course, &failure);
}

/* --- an operation is done --- */

void course_ask(struct scheduler *scheduler, struct course *course)
{
    course->phase = PHASE_ASKED;
    course_move(scheduler, course, STATE_EVALUATE);
    struct action *action = action_add(scheduler, ACTION_EVALUATE, course->node);
    action->attempt = scheduler->attempts[course->node];
    action->operation = course->position;
    action->flags = node_flags(scheduler, course->node);
    course_timer(scheduler, course);
}

static void launch(struct scheduler *scheduler, struct course *course)
{
    course_goes_on(scheduler, course);
    course->phase = PHASE_BODY;
    course->is_at_body = course->has_launched = true;
    course->is_retry_wanted = false;
    course_move(scheduler, course, STATE_RUN);
    fact_add(scheduler, FACT_LAUNCHED, course->node)->operation = course->position;
    struct action *action = action_add(scheduler, ACTION_LAUNCH, course->node);
    action->attempt = scheduler->attempts[course->node];
    action->operation = course->position;
    course_timer(scheduler, course);
}

static void wait_in(struct scheduler *scheduler, struct course *course, enum state state)
{
    course->phase = PHASE_WAIT;
    course_park(scheduler, course, state);
    course_timer(scheduler, course);
}

static void enter(struct scheduler *scheduler, struct course *course)
{
    const struct operation *operation = here(scheduler, course);
    uint32_t vector = operation->vector == NO_VECTOR ? course->answer : operation->vector;
    uint32_t line = course_wish(scheduler, course, vector, NO_REQUEST);
    if (line_take(scheduler, line, course->node)) {
        course_push(scheduler, course, course->position, line);
        operation_done(scheduler, course);
        return;
    }
    line_wait(scheduler, line, course->waiter);
    wait_in(scheduler, course, STATE_TOKEN);
    deadlock_look(scheduler, course->node);
}

static void fall_asleep(struct scheduler *scheduler, struct course *course)
{
    const struct operation *operation = here(scheduler, course);
    int64_t duration = operation->flags & OPERATION_ASKS ? course->duration : operation->duration;
    course->wake = time_after(scheduler->in->now, duration);
    wait_in(scheduler, course, STATE_SLEEP);
}

static void meet_gate(struct scheduler *scheduler, struct course *course)
{
    const struct operation *operation = here(scheduler, course);
    uint32_t lock = operation->kind == OPERATION_CONDITION_WAIT
                        ? scheduler->plan->gates[operation->gate].lock
                        : NO_TOKEN;
    if (lock != NO_TOKEN && !course_holds(scheduler, course, lock)) {
        fail_here(scheduler, course, CAUSE_NONE, NO_NODE);
        return;
    }
    enum verb verb = (enum verb)(VERB_BARRIER + (operation->kind - OPERATION_BARRIER));
    struct result result = {.item = NO_ITEM, .culprit = NO_NODE};
    scheduler->waiters.items[course->waiter].item = course->item;
    switch (gate_act(scheduler, operation->gate, verb, course->waiter, &result)) {
    case ACT_DONE:
        if (operation->kind == OPERATION_GET)
            course_bind(scheduler, course, result.item);
        operation_done(scheduler, course);
        break;
    case ACT_WAITS:
        course->given_back = lock;
        if (lock != NO_TOKEN)
            lock_give_back(scheduler, lock);
        wait_in(scheduler, course, STATE_GATE);
        break;
    case ACT_FAILED:
        fail_here(scheduler, course, result.cause, result.culprit);
        break;
    }
}

void course_bind(struct scheduler *scheduler, struct course *course, uint32_t item)
{
    struct action *action = action_add(scheduler, ACTION_BIND, course->node);
    action->attempt = scheduler->attempts[course->node];
    action->operation = course->position;
    action->item = item;
}

static void operation_do(struct scheduler *scheduler, struct course *course)
{
    uses_touch(scheduler, course);
    switch (here(scheduler, course)->kind) {
    case OPERATION_BODY:
        course->phase = PHASE_REGAIN;
        if (course_regain(scheduler, course))
            launch(scheduler, course);
        else
            course_timer(scheduler, course);
        break;
    case OPERATION_ENTER:
        enter(scheduler, course);
        break;
    case OPERATION_LEAVE:
        course_pop(scheduler, course);
        operation_done(scheduler, course);
        break;
    case OPERATION_SLEEP:
        fall_asleep(scheduler, course);
        break;
    default:
        meet_gate(scheduler, course);
    }
}

static void operation_begin(struct scheduler *scheduler, struct course *course)
{
    uses_pass(scheduler, course, course->is_seen ? course->position : course->restart);
    if (course->position == node_program(scheduler, course->node)->count) {
        course_conclude(scheduler, course);
        return;
    }
    const struct operation *operation = here(scheduler, course);
    if (operation->kind != OPERATION_LEAVE && operation->timeout != UNLIMITED)
        course->deadline = time_after(scheduler->in->now, operation->timeout);
    course->item = NO_ITEM;
    if (operation->flags & (OPERATION_ASKS | OPERATION_UNTIL))
        course_ask(scheduler, course);
    else
        operation_do(scheduler, course);
}

void course_step(struct scheduler *scheduler, struct course *course)
{
    switch (course->phase) {
    case PHASE_BEGIN:
        operation_begin(scheduler, course);
        break;
    case PHASE_ANSWERED:
        operation_do(scheduler, course);
        break;
    case PHASE_DONE:
        operation_done(scheduler, course);
        break;
    case PHASE_RETAKE:
        course_retake(scheduler, course);
        break;
    case PHASE_RETAKEN:
        if (course->has_failure)
            course_failed(scheduler, course);
        else if (here(scheduler, course)->flags & OPERATION_UNTIL)
            course_ask(scheduler, course);
        else
            operation_done(scheduler, course);
        break;
    case PHASE_REGAIN:
        if (!course->has_running)
            break;
        if (course->is_ending)
            course_conclude(scheduler, course);
        else
            launch(scheduler, course);
        break;
    case PHASE_BODY:
        course_heed_requests(scheduler, course);
        break;
    case PHASE_FAILED:
        course_failed(scheduler, course);
        break;
    }
}

/* --- what happens to it --- */

static void answered_skip(struct scheduler *scheduler, struct course *course)
{
    const struct operation *operation = here(scheduler, course);
    if (operation->flags & OPERATION_UNTIL) { /* it holds */
        operation_done(scheduler, course);
        return;
    }
    course_goes_on(scheduler, course);
    go_to(scheduler, course,
          (operation->kind == OPERATION_ENTER ? operation->partner : course->position) + 1);
}

void course_evaluated(struct scheduler *scheduler, struct course *course)
{
    const struct input *in = scheduler->in;
    if (course->phase != PHASE_ASKED || in->operation != course->position ||
        in->attempt != scheduler->attempts[course->node])
        return;
    if (!in->is_invalid && in->verdict == VERDICT_SKIP) {
        answered_skip(scheduler, course);
        return;
    }
    const struct operation *operation = here(scheduler, course);
    bool is_bad = operation->kind == OPERATION_ENTER && operation->vector == NO_VECTOR &&
                  in->vector >= scheduler->plan->vectors.count;
    if (in->is_invalid || in->verdict != VERDICT_RUN || is_bad) {
        fail_here(scheduler, course, CAUSE_NONE, NO_NODE);
        return;
    }
    course->answer = in->vector;
    course->duration = in->duration > 0 ? in->duration : 0;
    course->item = in->item;
    course->phase = PHASE_ANSWERED;
    course_due(scheduler, course);
}

void course_granted(struct scheduler *scheduler, struct course *course)
{
    uint32_t line = scheduler->waiters.items[course->waiter].at;
    switch (course->phase) {
    case PHASE_WAIT:
        course_push(scheduler, course, course->position, line);
        course->phase = PHASE_DONE;
        break;
    case PHASE_RETAKE:
        course->given_back = NO_TOKEN;
        course->phase = PHASE_RETAKEN;
        break;
    default:
        course->has_running = true;
    }
    course_due(scheduler, course);
}

void course_done(struct scheduler *scheduler, struct course *course)
{
    if (!(here(scheduler, course)->flags & OPERATION_UNTIL)) /* which is asked for again */
        see_here(scheduler, course);
    course->phase = course->given_back == NO_TOKEN ? PHASE_DONE : PHASE_RETAKE;
    course_due(scheduler, course);
}

/* What runs out of time: the outermost that does. */
static uint32_t operation_out_of_time(const struct scheduler *scheduler,
                                      const struct course *course, int64_t at)
{
    uint32_t operation = course->position;
    for (uint32_t i = course->holds; i != NO_HOLD; i = scheduler->sync->holds.items[i].below)
        if (scheduler->sync->holds.items[i].deadline == at)
            operation = scheduler->sync->holds.items[i].operation;
    return course->attempt_deadline == at ? NO_OPERATION : operation;
}

void course_time_due(struct scheduler *scheduler, struct course *course)
{
    int64_t at = course->armed;
    course->armed = NEVER;
    timer_disarm(scheduler, course->node);
    if (course->phase == PHASE_WAIT && course->wake == at) {
        course->wake = NEVER;
        course_done(scheduler, course);
        return;
    }
    struct failure failure = {CAUSE_TIMEOUT, operation_out_of_time(scheduler, course, at), NO_NODE,
                              NO_GATE, NO_TOKEN};
    if (course->is_at_body) {
        course->failure = failure;
        course->has_failure = true;
        node_signal(scheduler, course->node, SIGNAL_STOP, MARK_TIMEOUT);
        return;
    }
    course_wait_reason(scheduler, course, &failure.gate, &failure.token);
    course_fail(scheduler, course, &failure);
}
