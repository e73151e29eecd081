/* Requests of running bodies, by verbs.
 *
 * What is asked for is done, or waited for, at once; the answer comes when the body has its running
 * tokens again. A body gives them back while a verb of it waits and none of its commands works:
 * a command works if it runs under a lock (VERB_TAKE) and no verb below that lock waits. So the
 * state of a body follows from three counts: waiting, busy, and replies to be given.
 *
 * What was taken stays, as a lease, until it is withdrawn, or what it was made under ends. Children
 * end before their parents: they were made later. */
#include "schedule/request.h"

struct asking *asking_at(const struct scheduler *scheduler, uint32_t slot)
{
    return &scheduler->sync->requests.items[slot];
}

struct course *course_of_request(const struct scheduler *scheduler, uint32_t slot)
{
    return course_of(scheduler, asking_at(scheduler, slot)->node);
}

/* --- numbers --- */

static struct numbered *find(const struct scheduler *scheduler, uint32_t number)
{
    struct sync *sync = scheduler->sync;
    uint32_t low = 0, high = sync->numbers.count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (sync->numbers.items[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    bool is_found = low < sync->numbers.count && sync->numbers.items[low].number == number &&
                    sync->numbers.items[low].slot != NO_REQUEST;
    return is_found ? &sync->numbers.items[low] : NULL;
}

uint32_t request_slot(const struct scheduler *scheduler, uint32_t number)
{
    if (scheduler->sync == NULL)
        return NO_REQUEST;
    const struct numbered *numbered = find(scheduler, number);
    return numbered != NULL ? numbered->slot : NO_REQUEST;
}

/* Those that are gone are swept out when they are the most. */
void request_forget_number(struct scheduler *scheduler, uint32_t number)
{
    struct sync *sync = scheduler->sync;
    find(scheduler, number)->slot = NO_REQUEST;
    if (++sync->numbers_gone < 64 || sync->numbers_gone < sync->numbers.count / 2)
        return;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < sync->numbers.count; i++)
        if (sync->numbers.items[i].slot != NO_REQUEST)
            sync->numbers.items[kept++] = sync->numbers.items[i];
    sync->numbers.count = kept;
    sync->numbers_gone = 0;
}

/* --- counts --- */

bool verb_takes(uint8_t verb)
{
    return verb == VERB_TAKE || verb == VERB_ACQUIRE;
}

void request_count_waiting(struct scheduler *scheduler, uint32_t slot, int more)
{
    struct course *course = course_of_request(scheduler, slot);
    course->waiting += (uint32_t)more;
    for (uint32_t i = asking_at(scheduler, slot)->parent; i != NO_REQUEST;
         i = asking_at(scheduler, i)->parent) {
        struct asking *lease = asking_at(scheduler, i);
        bool was_busy = lease->waiting_below == 0;
        lease->waiting_below += (uint32_t)more;
        if (lease->verb == VERB_TAKE && was_busy != (lease->waiting_below == 0))
            course->busy += was_busy ? UINT32_MAX : 1;
    }
}

void request_tell(struct scheduler *scheduler, struct asking *asking, bool is_waiting)
{
    if (asking->is_waiting == is_waiting)
        return;
    asking->is_waiting = is_waiting;
    asking->since = scheduler->in->now;
    struct fact *fact = fact_add(scheduler, is_waiting ? FACT_WAITING : FACT_GOES_ON, asking->node);
    fact->operation = course_body(scheduler, asking->node);
    fact->request = asking->number;
}

/* --- the end of a request --- */

static void unlink_request(struct scheduler *scheduler, struct course *course, uint32_t slot)
{
    struct asking *asking = asking_at(scheduler, slot);
    if (asking->next == NO_REQUEST)
        course->requests = asking->previous;
    else
        asking_at(scheduler, asking->next)->previous = asking->previous;
    if (asking->previous == NO_REQUEST)
        course->oldest_request = asking->next;
    else
        asking_at(scheduler, asking->previous)->next = asking->next;
}

static void request_free(struct scheduler *scheduler, uint32_t slot)
{
    struct sync *sync = scheduler->sync;
    struct asking *asking = asking_at(scheduler, slot);
    unlink_request(scheduler, course_of_request(scheduler, slot), slot);
    if (!asking->is_withdrawn)
        request_forget_number(scheduler, asking->number);
    waiter_free(scheduler, asking->waiter);
    *asking = (struct asking){.node = NO_NODE, .next = sync->requests_free};
    sync->requests_free = slot;
}

static void leave(struct scheduler *scheduler, struct asking *asking)
{
    const struct waiter *waiter = &scheduler->waiters.items[asking->waiter];
    if (waiter->stand == AT_LINE)
        line_leave(scheduler, asking->waiter);
    else if (waiter->stand == AT_GATE)
        gate_leave(scheduler, asking->waiter);
}

/* The lock that was given back is the body's own, a group's or the task's: the course owes it, and
 * has it again before it goes on. Else it is settled with the lease that holds it, which ends as
 * well. */
static void settle_given_back(struct scheduler *scheduler, struct course *course, uint32_t lock)
{
    if (course->given_back == NO_TOKEN && course_holds(scheduler, course, lock))
        course->given_back = lock;
    else
        scheduler->accounts[lock].held++;
}

/* It is over, whatever it was. */
void request_end(struct scheduler *scheduler, uint32_t slot)
{
    struct asking *asking = asking_at(scheduler, slot);
    struct course *course = course_of_request(scheduler, slot);
    bool is_over = asking->phase == REQUEST_DONE || asking->phase == REQUEST_LEASE;
    leave(scheduler, asking);
    if (asking->phase == REQUEST_WAITS ||
        (asking->phase == REQUEST_RETAKES && !asking->is_withdrawn))
        request_count_waiting(scheduler, slot, -1);
    if (asking->given_back != NO_TOKEN)
        settle_given_back(scheduler, course, asking->given_back);
    if (verb_takes(asking->verb) && is_over && asking->code == REPLY_DONE)
        tokens_release(scheduler, asking->line);
    if (asking->verb == VERB_TAKE && asking->phase == REQUEST_LEASE && asking->waiting_below == 0)
        course->busy--;
    if (asking->phase == REQUEST_DONE)
        course->replies--;
    if (asking->phase == REQUEST_DONE && asking->verb == VERB_GET && asking->code == REPLY_DONE)
        gate_put_back(scheduler, asking->gate, asking->item);
    request_tell(scheduler, asking, false);
    request_free(scheduler, slot);
}

void requests_drop(struct scheduler *scheduler, struct course *course)
{
    while (course->requests != NO_REQUEST)
        request_end(scheduler, course->requests);
}

/* --- what becomes of one --- */

void request_done(struct scheduler *scheduler, uint32_t slot, enum reply_code code)
{
    struct asking *asking = asking_at(scheduler, slot);
    struct course *course = course_of_request(scheduler, slot);
    asking->phase = REQUEST_DONE;
    asking->code = (uint8_t)code;
    course->replies++;
    bool is_seen = asking->verb >= VERB_BARRIER && asking->verb != VERB_WAIT;
    if (code == REPLY_DONE && is_seen)
        course_see(course, asking->gate);
    course_due(scheduler, course);
}

enum reply_code reply_code_of(uint8_t cause)
{
    if (cause == CAUSE_NONE)
        return REPLY_DONE;
    return cause == CAUSE_TIMEOUT ? REPLY_TIMEOUT : REPLY_FAILED;
}

/* Its wait at a gate is over; behind a condition it has to have its lock again. */
void request_woken(struct scheduler *scheduler, uint32_t slot, const struct result *result)
{
    struct asking *asking = asking_at(scheduler, slot);
    asking->cause = result->cause;
    asking->culprit = result->culprit;
    if (result->item != NO_ITEM)
        asking->item = result->item;
    if (asking->given_back != NO_TOKEN) {
        struct amount lock = {asking->given_back, 1};
        asking->phase = REQUEST_RETAKES;
        line_wait(scheduler, wish_line(scheduler, &lock, 1), asking->waiter);
        return;
    }
    request_count_waiting(scheduler, slot, -1);
    request_done(scheduler, slot, reply_code_of(asking->cause));
}

void request_granted(struct scheduler *scheduler, uint32_t slot)
{
    struct asking *asking = asking_at(scheduler, slot);
    asking->given_back = NO_TOKEN;
    if (asking->is_withdrawn) {
        request_free(scheduler, slot);
        return;
    }
    request_count_waiting(scheduler, slot, -1);
    request_done(scheduler, slot, reply_code_of(asking->cause));
}

void request_fail(struct scheduler *scheduler, uint32_t slot, uint8_t cause)
{
    struct asking *asking = asking_at(scheduler, slot);
    struct result result = {.cause = cause, .culprit = NO_NODE, .item = NO_ITEM};
    const struct waiter *waiter = &scheduler->waiters.items[asking->waiter];
    if (waiter->stand == AT_LINE) {
        const struct amount *lacking = tokens_lacking(scheduler, waiter->at);
        asking->token = lacking != NULL ? lacking->token : NO_TOKEN;
    }
    leave(scheduler, asking);
    request_woken(scheduler, slot, &result);
}

void request_time_due(struct scheduler *scheduler)
{
    uint32_t slot = request_slot(scheduler, scheduler->in->request);
    if (slot != NO_REQUEST && asking_at(scheduler, slot)->phase == REQUEST_WAITS &&
        asking_at(scheduler, slot)->deadline != NEVER)
        request_fail(scheduler, slot, CAUSE_TIMEOUT);
}

/* --- the body follows --- */

static void reply(struct scheduler *scheduler, struct course *course)
{
    uint32_t next;
    for (uint32_t slot = course->oldest_request; slot != NO_REQUEST && course->replies > 0;
         slot = next) {
        struct asking *asking = asking_at(scheduler, slot);
        next = asking->next;
        if (asking->phase != REQUEST_DONE)
            continue;
        request_tell(scheduler, asking, false);
        struct action *action = action_add(scheduler, ACTION_REPLY, asking->node);
        action->attempt = scheduler->attempts[asking->node];
        action->request = asking->number;
        action->code = asking->code;
        action->cause = asking->cause;
        action->gate = asking->code == REPLY_DONE ? NO_GATE : asking->gate;
        action->token = asking->token;
        action->culprit = asking->culprit;
        action->item = asking->verb == VERB_GET ? asking->item : NO_ITEM;
        course->replies--;
        asking->phase = REQUEST_LEASE;
        if (!verb_takes(asking->verb) || asking->code != REPLY_DONE)
            request_free(scheduler, slot);
        else
            course->busy += asking->verb == VERB_TAKE;
    }
}

static enum state parked_state(const struct scheduler *scheduler, const struct course *course)
{
    uint32_t slot = course->requests;
    while (asking_at(scheduler, slot)->phase != REQUEST_WAITS &&
           asking_at(scheduler, slot)->phase != REQUEST_RETAKES)
        slot = asking_at(scheduler, slot)->previous;
    return verb_takes(asking_at(scheduler, slot)->verb) ? STATE_TOKEN : STATE_GATE;
}

static bool body_works(const struct course *course)
{
    return course->replies > 0 || course->busy > 0 || course->waiting == 0;
}

void course_heed_requests(struct scheduler *scheduler, struct course *course)
{
    bool is_in_line = scheduler->waiters.items[course->waiter].stand == AT_LINE;
    if (body_works(course)) {
        if (is_in_line || !course_regain(scheduler, course))
            return;
        course_move(scheduler, course, STATE_RUN);
        course->is_awake |= course->replies > 0;
        reply(scheduler, course);
    }
    if (body_works(course))
        return;
    course_leave(scheduler, course);
    course_park(scheduler, course, parked_state(scheduler, course));
}
