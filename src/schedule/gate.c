/* Gates: what opens them, in whose favour, and when nobody is left who could.
 *
 * Whoever acts is a waiter, of a node or of a verb: gate_act does it, has it wait, or says why it
 * cannot be. Those that it sets free are taken out of their list at once and go on later, by the
 * agenda. A gate whose users or items have changed is reviewed, also by the agenda: nobody waits at
 * a gate for what nobody is left to do. */
#include "schedule/sync.h"

static struct gate_state *gate_at(const struct scheduler *scheduler, uint32_t gate)
{
    return &scheduler->sync->gates[gate];
}

void gate_due(struct scheduler *scheduler, uint32_t gate)
{
    struct gate_state *this = gate_at(scheduler, gate);
    if (this->is_due)
        return;
    this->is_due = true;
    *VEC_PUSH(&scheduler->sync->gate_agenda) = gate;
}

void gate_wait(struct scheduler *scheduler, uint32_t gate, uint32_t side, uint32_t waiter)
{
    waiter_stand(scheduler, &gate_at(scheduler, gate)->lists[side], waiter, AT_GATE, gate);
    scheduler->waiters.items[waiter].side = (uint8_t)side;
}

void gate_leave(struct scheduler *scheduler, uint32_t waiter)
{
    const struct waiter *this = &scheduler->waiters.items[waiter];
    struct gate_state *gate = gate_at(scheduler, this->at);
    waiter_leave(scheduler, &gate->lists[this->side], waiter);
}

void gate_wake(struct scheduler *scheduler, uint32_t gate, uint32_t side,
               const struct result *result)
{
    struct gate_state *this = gate_at(scheduler, gate);
    uint32_t waiter = this->lists[side].first;
    waiter_leave(scheduler, &this->lists[side], waiter);
    if (scheduler->waiters.items[waiter].request != NO_REQUEST) {
        request_woken(scheduler, scheduler->waiters.items[waiter].request, result);
        return;
    }
    if (scheduler->plan->is_join[scheduler->waiters.items[waiter].node] != JOIN_NOT) {
        taker_woken(scheduler, scheduler->waiters.items[waiter].node, result->item);
        return;
    }
    struct course *course = course_of(scheduler, scheduler->waiters.items[waiter].node);
    if (result->cause != CAUSE_NONE) {
        struct failure failure = {result->cause, course->position, result->culprit, gate, NO_TOKEN};
        course_fail(scheduler, course, &failure);
        return;
    }
    if (result->item != NO_ITEM)
        course_bind(scheduler, course, result->item);
    course_done(scheduler, course);
}

static void wake_all(struct scheduler *scheduler, uint32_t gate, uint32_t side,
                     const struct result *result)
{
    while (gate_at(scheduler, gate)->lists[side].count > 0)
        gate_wake(scheduler, gate, side, result);
}

static void wake_well(struct scheduler *scheduler, uint32_t gate, bool is_all)
{
    struct result result = {.culprit = NO_NODE, .item = NO_ITEM};
    if (is_all)
        wake_all(scheduler, gate, SIDE_COME, &result);
    else if (gate_at(scheduler, gate)->lists[SIDE_COME].count > 0)
        gate_wake(scheduler, gate, SIDE_COME, &result);
}

bool is_orphan(const struct gate_state *gate, enum use_role role, uint32_t least)
{
    const struct user_count *users = &gate->users[role];
    return users->unknown == 0 && users->known < least;
}

static enum act fail(struct gate_state *gate, enum use_role role, uint8_t cause,
                     struct result *result)
{
    result->cause = cause;
    result->culprit = gate->users[role].last;
    return ACT_FAILED;
}

/* --- barriers --- */

static bool barrier_is_complete(const struct scheduler *scheduler, uint32_t gate, uint32_t more)
{
    const struct gate_state *this = gate_at(scheduler, gate);
    bool is_explicit = scheduler->plan->gates[gate].count > 0;
    return this->lists[SIDE_COME].count + more >= this->parties &&
           (is_explicit || this->users[USE_BARRIER].unknown == 0);
}

static enum act come(struct scheduler *scheduler, uint32_t gate, uint32_t waiter,
                     struct result *result)
{
    struct gate_state *this = gate_at(scheduler, gate);
    if (barrier_is_complete(scheduler, gate, 1)) {
        wake_well(scheduler, gate, true);
        return ACT_DONE;
    }
    if (is_orphan(this, USE_BARRIER, this->parties))
        return fail(this, USE_BARRIER, CAUSE_BROKEN, result);
    gate_wait(scheduler, gate, SIDE_COME, waiter);
    return ACT_WAITS;
}

static void barrier_review(struct scheduler *scheduler, uint32_t gate)
{
    struct gate_state *this = gate_at(scheduler, gate);
    if (this->lists[SIDE_COME].count == 0)
        return;
    struct result result = {.culprit = NO_NODE, .item = NO_ITEM};
    if (barrier_is_complete(scheduler, gate, 0)) {
        wake_well(scheduler, gate, true);
    } else if (is_orphan(this, USE_BARRIER, this->parties)) {
        fail(this, USE_BARRIER, CAUSE_BROKEN, &result);
        wake_all(scheduler, gate, SIDE_COME, &result);
    }
}

/* --- queues --- */

uint32_t queue_length(const struct gate_state *gate)
{
    return gate->items.count - gate->items_first;
}

bool queue_is_closed(const struct gate_state *gate)
{
    return gate->is_closed || is_orphan(gate, USE_PUT, 1);
}

static void queue_push(struct gate_state *gate, uint32_t item)
{
    *VEC_PUSH(&gate->items) = item;
}

static uint32_t queue_pop(struct gate_state *gate)
{
    uint32_t item = gate->items.items[gate->items_first++];
    if (gate->items_first >= 64 && gate->items_first >= gate->items.count / 2) {
        uint32_t length = queue_length(gate);
        for (uint32_t i = 0; i < length; i++)
            gate->items.items[i] = gate->items.items[gate->items_first + i];
        gate->items.count = length;
        gate->items_first = 0;
    }
    return item;
}

/* One that was handed out, but whose getter is gone: it is the first again. */
void gate_put_back(struct scheduler *scheduler, uint32_t gate, uint32_t item)
{
    struct gate_state *this = gate_at(scheduler, gate);
    if (this->lists[SIDE_COME].count > 0) {
        struct result got = {.culprit = NO_NODE, .item = item};
        gate_wake(scheduler, gate, SIDE_COME, &got);
        return;
    }
    if (this->items_first > 0) {
        this->items.items[--this->items_first] = item;
        return;
    }
    queue_push(this, item);
    for (uint32_t i = this->items.count - 1; i > 0; i--)
        this->items.items[i] = this->items.items[i - 1];
    this->items.items[0] = item;
}

static bool queue_has_room(const struct scheduler *scheduler, uint32_t gate)
{
    uint32_t most = scheduler->plan->gates[gate].count;
    return most == 0 || queue_length(gate_at(scheduler, gate)) < most;
}

static enum act put(struct scheduler *scheduler, uint32_t gate, uint32_t waiter,
                    struct result *result)
{
    struct gate_state *this = gate_at(scheduler, gate);
    uint32_t item = scheduler->waiters.items[waiter].item;
    if (this->is_closed)
        return fail(this, USE_PUT, CAUSE_CLOSED, result);
    if (this->lists[SIDE_COME].count > 0) {
        struct result got = {.culprit = NO_NODE, .item = item};
        gate_wake(scheduler, gate, SIDE_COME, &got);
        return ACT_DONE;
    }
    if (queue_has_room(scheduler, gate)) {
        queue_push(this, item);
        return ACT_DONE;
    }
    if (is_orphan(this, USE_GET, 1))
        return fail(this, USE_GET, CAUSE_ORPHAN, result);
    gate_wait(scheduler, gate, SIDE_PUT, waiter);
    return ACT_WAITS;
}

/* The first who waits to put may now. */
static void let_put(struct scheduler *scheduler, uint32_t gate)
{
    struct gate_state *this = gate_at(scheduler, gate);
    struct result result = {.culprit = NO_NODE, .item = NO_ITEM};
    while (this->lists[SIDE_PUT].count > 0 && queue_has_room(scheduler, gate)) {
        queue_push(this, scheduler->waiters.items[this->lists[SIDE_PUT].first].item);
        gate_wake(scheduler, gate, SIDE_PUT, &result);
    }
}

uint32_t queue_take(struct scheduler *scheduler, uint32_t gate)
{
    uint32_t item = queue_pop(gate_at(scheduler, gate));
    let_put(scheduler, gate);
    return item;
}

static enum act get(struct scheduler *scheduler, uint32_t gate, uint32_t waiter,
                    struct result *result)
{
    struct gate_state *this = gate_at(scheduler, gate);
    if (queue_length(this) > 0) {
        result->item = queue_take(scheduler, gate);
        return ACT_DONE;
    }
    if (queue_is_closed(this))
        return fail(this, USE_PUT, CAUSE_CLOSED, result);
    gate_wait(scheduler, gate, SIDE_COME, waiter);
    return ACT_WAITS;
}

static void queue_review(struct scheduler *scheduler, uint32_t gate)
{
    struct gate_state *this = gate_at(scheduler, gate);
    struct result result = {.culprit = NO_NODE, .item = NO_ITEM};
    if (queue_is_closed(this)) {
        fail(this, USE_PUT, CAUSE_CLOSED, &result);
        wake_all(scheduler, gate, SIDE_COME, &result);
    }
    if (this->is_closed) {
        wake_all(scheduler, gate, SIDE_PUT, &result);
    } else if (is_orphan(this, USE_GET, 1)) {
        fail(this, USE_GET, CAUSE_ORPHAN, &result);
        wake_all(scheduler, gate, SIDE_PUT, &result);
    }
}

/* --- events, conditions --- */

static enum act wait_for(struct scheduler *scheduler, uint32_t gate, uint32_t waiter,
                         enum use_role role, struct result *result)
{
    struct gate_state *this = gate_at(scheduler, gate);
    if (is_orphan(this, role, 1))
        return fail(this, role, CAUSE_ORPHAN, result);
    gate_wait(scheduler, gate, SIDE_COME, waiter);
    return ACT_WAITS;
}

static void review_for(struct scheduler *scheduler, uint32_t gate, enum use_role role)
{
    struct gate_state *this = gate_at(scheduler, gate);
    struct result result = {.culprit = NO_NODE, .item = NO_ITEM};
    if (!is_orphan(this, role, 1))
        return;
    fail(this, role, CAUSE_ORPHAN, &result);
    wake_all(scheduler, gate, SIDE_COME, &result);
}

enum act gate_act(struct scheduler *scheduler, uint32_t gate, enum verb verb, uint32_t waiter,
                  struct result *result)
{
    struct gate_state *this = gate_at(scheduler, gate);
    switch (verb) {
    case VERB_BARRIER:
        return come(scheduler, gate, waiter, result);
    case VERB_WAIT:
        return this->is_set ? ACT_DONE : wait_for(scheduler, gate, waiter, USE_SET, result);
    case VERB_SET:
        this->is_set = true;
        wake_well(scheduler, gate, true);
        return ACT_DONE;
    case VERB_CLEAR:
        this->is_set = false;
        return ACT_DONE;
    case VERB_CONDITION_WAIT:
        return wait_for(scheduler, gate, waiter, USE_NOTIFY, result);
    case VERB_NOTIFY:
    case VERB_NOTIFY_ALL:
        wake_well(scheduler, gate, verb == VERB_NOTIFY_ALL);
        return ACT_DONE;
    case VERB_PUT:
        return put(scheduler, gate, waiter, result);
    case VERB_GET:
        return get(scheduler, gate, waiter, result);
    case VERB_CLOSE:
        this->is_closed = true;
        queue_review(scheduler, gate);
        return ACT_DONE;
    default:
        return ACT_FAILED;
    }
}

void gate_reset(struct scheduler *scheduler, uint32_t gate)
{
    struct gate_state *this = gate_at(scheduler, gate);
    this->is_set = this->is_closed = false;
    this->items.count = this->items_first = 0;
    gate_due(scheduler, gate);
}

void gate_review(struct scheduler *scheduler, uint32_t gate)
{
    switch (scheduler->plan->gates[gate].kind) {
    case GATE_BARRIER:
        barrier_review(scheduler, gate);
        break;
    case GATE_EVENT:
        review_for(scheduler, gate, USE_SET);
        break;
    case GATE_CONDITION:
        review_for(scheduler, gate, USE_NOTIFY);
        break;
    case GATE_QUEUE:
        queue_review(scheduler, gate);
        break;
    }
}
