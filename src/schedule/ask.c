/* A request is made, by a verb of a running body, or withdrawn: by its asker, or because it is
 * gone.
 *
 * What does not fit the plan, or what the body and those above hold, is refused before it is one.
 */
#include "schedule/request.h"

static uint32_t request_new(struct scheduler *scheduler, struct course *course, uint32_t parent)
{
    struct sync *sync = scheduler->sync;
    const struct input *in = scheduler->in;
    uint32_t slot = sync->requests_free;
    if (slot == NO_REQUEST) {
        VEC_PUSH(&sync->requests);
        slot = sync->requests.count - 1;
    } else {
        sync->requests_free = sync->requests.items[slot].next;
    }
    bool is_timed = in->duration > 0 && in->duration != UNLIMITED;
    *asking_at(scheduler, slot) =
        (struct asking){.number = in->request,
                        .node = in->node,
                        .waiter = waiter_new(scheduler, in->node, slot),
                        .next = NO_REQUEST,
                        .previous = course->requests,
                        .parent = parent,
                        .verb = in->verb,
                        .gate = verb_takes(in->verb) ? NO_GATE : in->gate,
                        .item = in->item,
                        .token = NO_TOKEN,
                        .culprit = NO_NODE,
                        .given_back = NO_TOKEN,
                        .deadline = is_timed ? time_after(in->now, in->duration) : NEVER};
    if (course->requests == NO_REQUEST)
        course->oldest_request = slot;
    else
        asking_at(scheduler, course->requests)->next = slot;
    course->requests = slot;
    *VEC_PUSH(&sync->numbers) = (struct numbered){in->request, slot};
    return slot;
}

static void request_waits(struct scheduler *scheduler, uint32_t slot)
{
    struct asking *asking = asking_at(scheduler, slot);
    asking->phase = REQUEST_WAITS;
    request_count_waiting(scheduler, slot, 1);
    request_tell(scheduler, asking, true);
    if (asking->deadline != NEVER) {
        struct action *action = action_add(scheduler, ACTION_TIMER, asking->node);
        action->attempt = scheduler->attempts[asking->node];
        action->request = asking->number;
        action->timer = 1;
        action->at = asking->deadline;
    }
    course_of_request(scheduler, slot)->is_awake = false;
    course_due(scheduler, course_of_request(scheduler, slot));
}

static void take(struct scheduler *scheduler, struct course *course, uint32_t slot)
{
    struct asking *asking = asking_at(scheduler, slot);
    asking->line = course_wish(scheduler, course, scheduler->in->vector, asking->parent);
    if (line_take(scheduler, asking->line, asking->node)) {
        request_done(scheduler, slot, REPLY_DONE);
        return;
    }
    line_wait(scheduler, asking->line, asking->waiter);
    request_waits(scheduler, slot);
}

static void meet_gate(struct scheduler *scheduler, uint32_t slot)
{
    struct asking *asking = asking_at(scheduler, slot);
    struct result result = {.item = NO_ITEM, .culprit = NO_NODE};
    scheduler->waiters.items[asking->waiter].item = asking->item;
    enum act act =
        gate_act(scheduler, asking->gate, (enum verb)asking->verb, asking->waiter, &result);
    asking = asking_at(scheduler, slot);
    if (act == ACT_WAITS) {
        if (asking->verb == VERB_CONDITION_WAIT) {
            asking->given_back = scheduler->plan->gates[asking->gate].lock;
            lock_give_back(scheduler, asking->given_back);
        }
        request_waits(scheduler, slot);
        return;
    }
    asking->cause = result.cause;
    asking->culprit = result.culprit;
    if (result.item != NO_ITEM)
        asking->item = result.item;
    request_done(scheduler, slot, act == ACT_DONE ? REPLY_DONE : reply_code_of(result.cause));
}

static bool is_given_back(const struct scheduler *scheduler, const struct course *course,
                          uint32_t token)
{
    for (uint32_t i = course->requests; i != NO_REQUEST; i = asking_at(scheduler, i)->previous)
        if (asking_at(scheduler, i)->given_back == token)
            return true;
    return false;
}

static bool gate_fits(const struct scheduler *scheduler, const struct course *course,
                      uint32_t parent)
{
    const struct input *in = scheduler->in;
    const struct plan *plan = scheduler->plan;
    if (in->gate >= plan->gate_count ||
        plan->gates[in->gate].kind != verb_gate_kind((enum verb)in->verb))
        return false;
    if (plan->gates[in->gate].kind == GATE_CONDITION) {
        uint32_t lock = plan->gates[in->gate].lock;
        return !is_given_back(scheduler, course, lock) &&
               line_of_parents_holds(scheduler, course, parent, lock);
    }
    for (uint32_t i = course->requests; in->verb == VERB_BARRIER && i != NO_REQUEST;
         i = asking_at(scheduler, i)->previous)
        if (asking_at(scheduler, i)->phase == REQUEST_WAITS &&
            asking_at(scheduler, i)->gate == in->gate)
            return false;
    return true;
}

static void refuse(struct scheduler *scheduler)
{
    struct action *action = action_add(scheduler, ACTION_REPLY, scheduler->in->node);
    action->attempt = scheduler->attempts[scheduler->in->node];
    action->request = scheduler->in->request;
    action->code = REPLY_REFUSED;
}

void request_made(struct scheduler *scheduler)
{
    const struct input *in = scheduler->in;
    if (!node_body_is_live(scheduler, in->node) || in->attempt != scheduler->attempts[in->node])
        return;
    struct course *course = course_at_body(scheduler, in->node);
    const struct sync *sync = scheduler->sync;
    uint32_t numbers = sync->numbers.count;
    bool is_old = numbers > 0 && sync->numbers.items[numbers - 1].number >= in->request;
    bool is_other = node_has_program(scheduler, in->node) && in->operation != course->position;
    if (is_old || is_other || in->request == NO_REQUEST)
        return;
    uint32_t parent = NO_REQUEST;
    if (in->parent != NO_REQUEST) {
        parent = request_slot(scheduler, in->parent);
        if (parent == NO_REQUEST || asking_at(scheduler, parent)->node != in->node ||
            asking_at(scheduler, parent)->phase != REQUEST_LEASE) {
            refuse(scheduler);
            return;
        }
    }
    bool fits = verb_takes(in->verb)
                    ? in->vector < scheduler->plan->vectors.count
                    : in->verb < VERB_KINDS && gate_fits(scheduler, course, parent);
    if (!fits) {
        refuse(scheduler);
        return;
    }
    uint32_t slot = request_new(scheduler, course, parent);
    if (verb_takes(in->verb))
        take(scheduler, course, slot);
    else
        meet_gate(scheduler, slot);
}

/* Is it the one, or made under it? */
static bool is_below(const struct scheduler *scheduler, uint32_t slot, uint32_t above)
{
    while (slot != NO_REQUEST && slot != above)
        slot = asking_at(scheduler, slot)->parent;
    return slot == above;
}

/* The asker is gone, but the lock it would have had again is not given back by that. */
static bool retakes_alone(struct scheduler *scheduler, uint32_t slot)
{
    struct asking *asking = asking_at(scheduler, slot);
    if (asking->given_back == NO_TOKEN)
        return false;
    if (asking->phase == REQUEST_WAITS)
        request_fail(scheduler, slot, CAUSE_TIMEOUT);
    request_count_waiting(scheduler, slot, -1);
    request_tell(scheduler, asking, false);
    asking->is_withdrawn = true;
    request_forget_number(scheduler, asking->number);
    return true;
}

void request_withdrawn(struct scheduler *scheduler)
{
    uint32_t slot = request_slot(scheduler, scheduler->in->request);
    if (slot == NO_REQUEST)
        return;
    struct course *course = course_of_request(scheduler, slot);
    course->is_awake = true;
    course_due(scheduler, course);
    if (retakes_alone(scheduler, slot))
        return;
    uint32_t previous, above = asking_at(scheduler, slot)->parent;
    for (uint32_t i = course->requests; i != slot; i = previous) {
        struct asking *asking = asking_at(scheduler, i);
        previous = asking->previous;
        if (!is_below(scheduler, i, slot))
            continue;
        /* The lock is of one that stays: the body, or a lease further up. */
        bool is_owed = asking->given_back != NO_TOKEN &&
                       line_of_parents_holds(scheduler, course, above, asking->given_back);
        if (is_owed && (asking->is_withdrawn || retakes_alone(scheduler, i)))
            asking->parent = above;
        else
            request_end(scheduler, i);
    }
    request_end(scheduler, slot);
}
