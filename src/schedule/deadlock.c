/* Deadlock: who can never go on.
 *
 * Two rules find it. A cycle of holders: whoever comes to wait while it holds something is followed
 * from lock to holder, as long as these wait for a lock too, and nothing but that lock could set
 * them free; back at the beginning, the cycle is stuck whatever else runs. And quiescence: nothing
 * runs, sleeps, or waits with a timeout, so nothing will ever happen to those who wait. A body that
 * waits by a verb may have a timeout of its own, or ask for something else in a moment: it breaks a
 * cycle, and a silence only counts after a while.
 *
 * While others run, those who wait are looked at a second after one of them came (liveness.c).
 *
 * All who are stuck fail, and the run goes on as after a cancel. */
#include "schedule/sync.h"

static const int64_t QUIET_TIME = 1000000000; /* a second */

static bool is_timed(const struct scheduler *scheduler, const struct course *course)
{
    if (scheduler->timers[course->node] & 1)
        return true;
    for (uint32_t i = course->requests; i != NO_REQUEST;
         i = scheduler->sync->requests.items[i].previous)
        if (scheduler->sync->requests.items[i].phase == REQUEST_WAITS &&
            scheduler->sync->requests.items[i].deadline != NEVER)
            return true;
    return false;
}

/* It lacks nothing but what may come from outside: more than there ever is as things stand, the
 * lock of a file that this run does not have. */
static bool waits_for_capacity(const struct scheduler *scheduler, uint32_t waiter)
{
    const struct waiter *this = &scheduler->waiters.items[waiter];
    bool is_any = false;
    if (this->stand != AT_LINE)
        return false;
    const struct amount *end = amounts_end(scheduler, this->at);
    for (const struct amount *i = amounts_begin(scheduler, this->at); i < end; i++) {
        bool may_come = i->amount > scheduler->accounts[i->token].capacity;
        if (!may_come && i->amount > token_free(scheduler, i->token))
            return false;
        is_any |= may_come;
    }
    return is_any;
}

/* Whatever it waits for, its process is about to be gone. */
bool node_is_being_ended(const struct scheduler *scheduler, uint32_t node)
{
    return scheduler->marks[node] & (MARK_STOPPED | MARK_TIMEOUT) &&
           node_body_is_live(scheduler, node);
}

static bool has_lease(const struct scheduler *scheduler, const struct course *course)
{
    for (uint32_t i = course->requests; i != NO_REQUEST;
         i = scheduler->sync->requests.items[i].previous)
        if (scheduler->sync->requests.items[i].phase == REQUEST_LEASE)
            return true;
    return false;
}

bool daemon_stays(const struct scheduler *scheduler, uint32_t node)
{
    return daemon_is_ready(scheduler, node) && course_of(scheduler, node)->is_at_body &&
           !node_is_being_ended(scheduler, node);
}

bool body_may_act(const struct scheduler *scheduler, uint32_t node)
{
    const struct course *course = course_of(scheduler, node);
    if (!daemon_stays(scheduler, node))
        return true;
    return has_lease(scheduler, course) ||
           (node_has_program(scheduler, node) &&
            node_program(scheduler, node)->use_count > course->use_first);
}

static bool course_is_live(const struct scheduler *scheduler, const struct course *course)
{
    if (is_timed(scheduler, course) || waits_for_capacity(scheduler, course->waiter))
        return true;
    for (uint32_t i = course->requests; i != NO_REQUEST;
         i = scheduler->sync->requests.items[i].previous)
        if (waits_for_capacity(scheduler, scheduler->sync->requests.items[i].waiter))
            return true;
    return course->is_at_body && course->is_awake && body_may_act(scheduler, course->node);
}

bool node_is_live(const struct scheduler *scheduler, uint32_t node)
{
    if (node_is_being_ended(scheduler, node))
        return true;
    switch (scheduler->states[node]) {
    case STATE_RUN:
        return body_may_act(scheduler, node) && !gang_member_is_over(scheduler, node);
    case STATE_EVALUATE:
        return !node_is_taker(scheduler, node) || taker_holds_item(scheduler, node);
    case STATE_DELAY:
    case STATE_SLEEP:
        return true;
    case STATE_REGAIN: /* those that run give back what it wants, but for a gang that waits */
        return is_timed(scheduler, course_of(scheduler, node)) ||
               waits_for_capacity(scheduler, course_of(scheduler, node)->waiter);
    case STATE_TOKEN:
    case STATE_GATE:
        return course_is_live(scheduler, course_of(scheduler, node));
    default:
        return false;
    }
}

/* The one found last is asked first: it mostly still is. */
static bool is_quiescent(struct scheduler *scheduler)
{
    uint32_t count = scheduler->node_count, from = scheduler->sync->witness;
    if (files_are_wanted(scheduler))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t node = from + i < count ? from + i : from + i - count;
        if (node_is_live(scheduler, node)) {
            scheduler->sync->witness = node;
            return false;
        }
    }
    return true;
}

/* --- those who are stuck --- */

static void fail_stuck(struct scheduler *scheduler, struct course *course)
{
    struct sync *sync = scheduler->sync;
    struct failure failure = {CAUSE_DEADLOCK, course->position, NO_NODE, NO_GATE, NO_TOKEN};
    waits_of_course(scheduler, course, true, &sync->stuck);
    if (course->is_at_body) {
        for (uint32_t i = course->requests, previous; i != NO_REQUEST; i = previous) {
            previous = sync->requests.items[i].previous;
            if (sync->requests.items[i].phase == REQUEST_WAITS)
                request_fail(scheduler, i, CAUSE_DEADLOCK);
        }
        course->is_stuck = course->has_failure = true;
        course->failure = failure;
        return;
    }
    course_wait_reason(scheduler, course, &failure.gate, &failure.token);
    course_fail(scheduler, course, &failure);
}

static void declare(struct scheduler *scheduler)
{
    fact_add(scheduler, FACT_DEADLOCK, NO_NODE);
    scheduler->is_stuck = scheduler->is_cancelled = scheduler->is_sweep_due = true;
}

static bool has_parked_body(const struct scheduler *scheduler)
{
    const struct sync *sync = scheduler->sync;
    for (uint32_t i = 0; i < sync->courses.count; i++)
        if (sync->courses.items[i].node != NO_NODE && sync->courses.items[i].is_at_body &&
            !daemon_is_ready(scheduler, sync->courses.items[i].node))
            return true;
    return false;
}

/* The run's own timer, odd while it is armed. One for waits beside others is let run. */
static void watch(struct scheduler *scheduler, enum watched watched)
{
    struct sync *sync = scheduler->sync;
    if (watched == sync->watched || (watched == WATCH_NOTHING && sync->watched == WATCH_WAITS))
        return;
    sync->watch += sync->watch & 1; /* that is void */
    sync->watched = (uint8_t)watched;
    if (watched == WATCH_NOTHING)
        return;
    sync->watch++;
    struct action *action = action_add(scheduler, ACTION_TIMER, NO_NODE);
    action->timer = sync->watch;
    action->at = time_after(scheduler->in->now, QUIET_TIME);
}

/* What the timer was for, if it is its input; once. */
static enum watched time_is_over(struct scheduler *scheduler)
{
    struct sync *sync = scheduler->sync;
    const struct input *in = scheduler->in;
    bool is_over = in->kind == INPUT_TIMER && in->node == NO_NODE && sync->watch & 1 &&
                   in->timer == sync->watch;
    enum watched watched = is_over ? sync->watched : WATCH_NOTHING;
    if (is_over) {
        sync->watch++;
        sync->watched = WATCH_NOTHING;
    }
    return watched;
}

static void fail_waiting(struct scheduler *scheduler, uint32_t node)
{
    uint8_t state = scheduler->states[node];
    if (state == STATE_TOKEN || state == STATE_GATE) {
        fail_stuck(scheduler, course_of(scheduler, node));
    } else if (state == STATE_READY ||
               (state == STATE_EVALUATE && node_is_taker(scheduler, node))) {
        if (state == STATE_READY || taker_is_waiting(scheduler, node))
            wait_of_beginning(scheduler, node, &scheduler->sync->stuck);
        node_refuse(scheduler, node);
    }
}

/* While others run: only those that can never go on. */
static bool report_stuck(struct scheduler *scheduler, bool is_at_rest)
{
    node_list stuck = {0};
    if (takers_close(scheduler))
        return true;
    liveness_find_stuck(scheduler, is_at_rest, &stuck);
    bool is_any = stuck.count > 0;
    if (is_any)
        declare(scheduler);
    for (uint32_t i = 0; i < stuck.count; i++)
        fail_waiting(scheduler, stuck.items[i]);
    VEC_RELEASE(&stuck);
    return is_any;
}

/* Nothing moves: all who have begun, and who cannot begin for what these hold. */
static bool report_all(struct scheduler *scheduler)
{
    node_list stuck = {0};
    if (takers_close(scheduler))
        return true;
    liveness_find_stuck(scheduler, true, &stuck);
    declare(scheduler);
    for (uint32_t node = 0; node < scheduler->node_count; node++)
        if (scheduler->states[node] != STATE_READY)
            fail_waiting(scheduler, node);
    for (uint32_t i = 0; i < stuck.count; i++)
        if (scheduler->states[stuck.items[i]] == STATE_READY)
            fail_waiting(scheduler, stuck.items[i]);
    VEC_RELEASE(&stuck);
    return true;
}

bool deadlock_at_rest(struct scheduler *scheduler)
{
    struct sync *sync = scheduler->sync;
    enum watched over = time_is_over(scheduler);
    bool is_waited = sync->parked > 0 || sync->takers_waiting > 0;
    bool has_daemons = scheduler->daemons_left > 0 && scheduler->remaining > 0;
    bool has_others = scheduler->remaining > scheduler->daemons_left;
    bool is_watched = is_waited || (sync->has_keeper && has_others);
    bool is_at_rest = (is_waited || has_daemons) && is_quiescent(scheduler);
    if (is_at_rest && !is_waited) /* daemons may hold what all others need */
        return report_stuck(scheduler, is_at_rest);
    if (is_at_rest && (over == WATCH_REST || !has_parked_body(scheduler))) {
        watch(scheduler, WATCH_NOTHING);
        return report_all(scheduler);
    }
    if (over == WATCH_WAITS && is_watched && !is_at_rest) {
        sync->is_suspect = false;
        return report_stuck(scheduler, is_at_rest);
    }
    bool is_suspect = sync->is_suspect && is_watched;
    watch(scheduler, is_at_rest ? WATCH_REST : is_suspect ? WATCH_WAITS : WATCH_NOTHING);
    return false;
}

/* --- cycles --- */

enum { WALK_MOST = 256 };
struct step_back {
    uint32_t node, from;
};
struct walk {
    struct step_back steps[WALK_MOST];
    uint32_t count;
};

static bool waits_for_tokens_alone(const struct scheduler *scheduler, uint32_t node)
{
    const struct course *course = course_of(scheduler, node);
    return course != NULL && scheduler->states[node] == STATE_TOKEN && !course->is_at_body &&
           !is_timed(scheduler, course) && !waits_for_capacity(scheduler, course->waiter);
}

/* Adds those who hold what this one lacks; true: the first is among them. */
static bool walk_on(const struct scheduler *scheduler, struct walk *walk, uint32_t at)
{
    const struct course *course = course_of(scheduler, walk->steps[at].node);
    uint32_t line = scheduler->waiters.items[course->waiter].at;
    const struct amount *end = amounts_end(scheduler, line);
    for (const struct amount *i = amounts_begin(scheduler, line); i < end; i++) {
        const struct account *account = &scheduler->accounts[i->token];
        if (account->capacity != 1 || account->held != 1)
            continue;
        if (account->owner == walk->steps[0].node)
            return true;
        bool is_known = !waits_for_tokens_alone(scheduler, account->owner);
        for (uint32_t k = 0; k < walk->count && !is_known; k++)
            is_known = walk->steps[k].node == account->owner;
        if (!is_known && walk->count < WALK_MOST)
            walk->steps[walk->count++] = (struct step_back){account->owner, at};
    }
    return false;
}

void deadlock_look(struct scheduler *scheduler, uint32_t node)
{
    if (!waits_for_tokens_alone(scheduler, node))
        return;
    struct walk walk = {.steps = {{node, 0}}, .count = 1};
    uint32_t at = 0;
    while (at < walk.count && !walk_on(scheduler, &walk, at))
        at++;
    if (at == walk.count)
        return;
    declare(scheduler);
    for (; at != 0; at = walk.steps[at].from)
        fail_stuck(scheduler, course_of(scheduler, walk.steps[at].node));
    fail_stuck(scheduler, course_of(scheduler, node));
}
