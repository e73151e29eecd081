/* Courses: where they are kept, and what one holds, gives back, and waits for.
 *
 * Running tokens are given back on parking only, and asked for again only before a body, a
 * conclusion or a reply. The one timer of a node is armed for the earliest of its deadlines. */
#include "schedule/sync.h"

uint32_t course_body(const struct scheduler *scheduler, uint32_t node)
{
    const struct course *course = course_of(scheduler, node);
    if (course == NULL || !node_has_program(scheduler, node))
        return NO_OPERATION;
    return course->phase == PHASE_CONCLUDE ? OPERATION_END : course->position;
}

uint32_t running_line(struct scheduler *scheduler, uint32_t node)
{
    const struct vectors *vectors = &scheduler->plan->vectors;
    uint32_t part = vectors->running[scheduler->vectors[node]];
    return wish_line(scheduler, vectors->amounts + vectors->first[part],
                     vectors->first[part + 1] - vectors->first[part]);
}

struct course *course_need(struct scheduler *scheduler, uint32_t node)
{
    struct course *course = course_of(scheduler, node);
    if (course != NULL)
        return course;
    sync_init(scheduler);
    sync_reach(scheduler);
    struct sync *sync = scheduler->sync;
    uint32_t slot = sync->courses_free;
    if (slot == NO_COURSE) {
        VEC_PUSH(&sync->courses);
        slot = sync->courses.count - 1;
    } else {
        sync->courses_free = sync->courses.items[slot].waiter;
    }
    sync->course_of[node] = slot;
    course = &sync->courses.items[slot];
    *course = (struct course){.node = node,
                              .waiter = waiter_new(scheduler, node, NO_REQUEST),
                              .holds = NO_HOLD,
                              .given_back = NO_TOKEN,
                              .seen = NO_GATE,
                              .requests = NO_REQUEST,
                              .oldest_request = NO_REQUEST,
                              .wake = NEVER,
                              .deadline = NEVER,
                              .attempt_deadline = NEVER,
                              .armed = NEVER};
    return course;
}

struct course *course_at_body(struct scheduler *scheduler, uint32_t node)
{
    struct course *course = course_of(scheduler, node);
    if (course != NULL)
        return course;
    course = course_need(scheduler, node);
    course->running = running_line(scheduler, node);
    course->has_begun = course->has_running = course->is_at_body = true;
    course->phase = PHASE_BODY;
    return course;
}

void course_free(struct scheduler *scheduler, struct course *course)
{
    struct sync *sync = scheduler->sync;
    uint32_t slot = sync->course_of[course->node];
    waiter_free(scheduler, course->waiter);
    sync->course_of[course->node] = NO_COURSE;
    *course = (struct course){.node = NO_NODE, .waiter = sync->courses_free};
    sync->courses_free = slot;
}

void course_due(struct scheduler *scheduler, struct course *course)
{
    if (course->is_due)
        return;
    course->is_due = true;
    *VEC_PUSH(&scheduler->sync->agenda) = course->node;
}

void course_move(struct scheduler *scheduler, struct course *course, enum state state)
{
    uint8_t *now = &scheduler->states[course->node];
    struct counts *counts = &scheduler->counts;
    if (*now == STATE_RUN)
        counts->running--, counts->pending++;
    if (state == STATE_RUN)
        counts->running++, counts->pending--;
    scheduler->sync->parked -= *now == STATE_TOKEN || *now == STATE_GATE;
    scheduler->sync->parked += state == STATE_TOKEN || state == STATE_GATE;
    scheduler->sync->is_suspect |= state == STATE_TOKEN || state == STATE_GATE;
    *now = (uint8_t)state;
}

/* --- its place --- */

void course_see(struct course *course, uint32_t gate)
{
    if (!course->is_seen)
        course->seen = gate;
    course->is_seen = true;
}

void course_arrive(struct course *course, uint32_t position)
{
    course->position = position;
    if (course->kept > 0)
        return;
    if (course->is_seen)
        course->fresh = position;
    course->restart = position;
    course->is_seen = false;
    course->seen = NO_GATE;
}

void course_pass(struct scheduler *scheduler, struct course *course)
{
    course_goes_on(scheduler, course);
    course_arrive(course, course->position + 1);
    uses_pass(scheduler, course, course->is_seen ? course->position : course->restart);
}

/* --- time --- */

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t course_earliest(const struct scheduler *scheduler, const struct course *course)
{
    bool is_over = course->is_ending || !course->has_begun ||
                   scheduler->marks[course->node] & (MARK_STOPPED | MARK_TIMEOUT);
    if (is_over || course->has_failure)
        return NEVER;
    int64_t at = earlier(course->attempt_deadline, course->deadline);
    if (course->holds != NO_HOLD)
        at = earlier(at, scheduler->sync->holds.items[course->holds].earliest);
    return course->phase == PHASE_WAIT ? earlier(at, course->wake) : at;
}

void course_timer(struct scheduler *scheduler, struct course *course)
{
    int64_t at = course_earliest(scheduler, course);
    if (at == course->armed)
        return;
    course->armed = at;
    if (at == NEVER)
        timer_disarm(scheduler, course->node);
    else
        timer_arm_at(scheduler, course->node, at);
}

/* --- tokens --- */

bool line_take(struct scheduler *scheduler, uint32_t line, uint32_t node)
{
    if (!line_is_empty(line_at(scheduler, line)) || tokens_lacking(scheduler, line) != NULL)
        return false;
    tokens_take(scheduler, line, node);
    return true;
}

static void tell_waiting(struct scheduler *scheduler, struct course *course)
{
    if (course->is_waiting || course->is_at_body)
        return;
    course->is_waiting = true;
    course->since = scheduler->in->now;
    fact_add(scheduler, FACT_WAITING, course->node)->operation = course->position;
}

void course_goes_on(struct scheduler *scheduler, struct course *course)
{
    if (!course->is_waiting)
        return;
    course->is_waiting = false;
    fact_add(scheduler, FACT_GOES_ON, course->node)->operation = course->position;
}

static void give_running(struct scheduler *scheduler, struct course *course)
{
    if (course->has_running)
        tokens_release(scheduler, course->running);
    course->has_running = false;
}

void course_park(struct scheduler *scheduler, struct course *course, enum state state)
{
    give_running(scheduler, course);
    course_move(scheduler, course, state);
    tell_waiting(scheduler, course);
}

bool course_regain(struct scheduler *scheduler, struct course *course)
{
    if (!course->has_running && !line_take(scheduler, course->running, course->node)) {
        line_wait(scheduler, course->running, course->waiter);
        course_move(scheduler, course, STATE_REGAIN);
        tell_waiting(scheduler, course);
        return false;
    }
    course->has_running = true;
    return true;
}

void course_leave(struct scheduler *scheduler, struct course *course)
{
    const struct waiter *waiter = &scheduler->waiters.items[course->waiter];
    if (waiter->stand == AT_LINE)
        line_leave(scheduler, course->waiter);
    else if (waiter->stand == AT_GATE)
        gate_leave(scheduler, course->waiter);
}

void course_wait_reason(const struct scheduler *scheduler, const struct course *course,
                        uint32_t *ret_gate, uint32_t *ret_token)
{
    const struct waiter *waiter = &scheduler->waiters.items[course->waiter];
    *ret_gate = waiter->stand == AT_GATE ? waiter->at : NO_GATE;
    *ret_token = NO_TOKEN;
    if (waiter->stand != AT_LINE)
        return;
    const struct amount *lacking = tokens_lacking(scheduler, waiter->at);
    *ret_token = lacking != NULL ? lacking->token : amounts_begin(scheduler, waiter->at)->token;
}

/* --- groups --- */

void course_push(struct scheduler *scheduler, struct course *course, uint32_t operation,
                 uint32_t line)
{
    struct sync *sync = scheduler->sync;
    uint32_t hold = sync->holds_free;
    if (hold == NO_HOLD) {
        VEC_PUSH(&sync->holds);
        hold = sync->holds.count - 1;
    } else {
        sync->holds_free = sync->holds.items[hold].below;
    }
    int64_t earliest = course->deadline;
    if (course->holds != NO_HOLD)
        earliest = earlier(earliest, sync->holds.items[course->holds].earliest);
    sync->holds.items[hold] = (struct open_group){.operation = operation,
                                                  .line = line,
                                                  .below = course->holds,
                                                  .deadline = course->deadline,
                                                  .earliest = earliest};
    course->holds = hold;
    course->kept += amounts_begin(scheduler, line) < amounts_end(scheduler, line);
}

void course_pop(struct scheduler *scheduler, struct course *course)
{
    struct sync *sync = scheduler->sync;
    struct open_group *hold = &sync->holds.items[course->holds];
    uint32_t below = hold->below;
    course->kept -= amounts_begin(scheduler, hold->line) < amounts_end(scheduler, hold->line);
    tokens_release(scheduler, hold->line);
    hold->below = sync->holds_free;
    sync->holds_free = course->holds;
    course->holds = below;
}

static bool has_token(const struct scheduler *scheduler, uint32_t line, uint32_t token)
{
    const struct amount *end = amounts_end(scheduler, line);
    for (const struct amount *i = amounts_begin(scheduler, line); i < end; i++)
        if (i->token == token)
            return true;
    return false;
}

bool course_holds(const struct scheduler *scheduler, const struct course *course, uint32_t token)
{
    if (course->given_back == token)
        return false;
    uint32_t vector = node_has_gang(scheduler, course->node) ? gang_vector(scheduler, course->node)
                                                             : scheduler->vectors[course->node];
    if (course->has_begun && has_token(scheduler, vector, token))
        return true;
    for (uint32_t hold = course->holds; hold != NO_HOLD;
         hold = scheduler->sync->holds.items[hold].below)
        if (has_token(scheduler, scheduler->sync->holds.items[hold].line, token))
            return true;
    return false;
}

static bool parents_hold(const struct scheduler *scheduler, uint32_t parent, uint32_t token)
{
    for (; parent != NO_REQUEST; parent = scheduler->sync->requests.items[parent].parent)
        if (has_token(scheduler, scheduler->sync->requests.items[parent].line, token))
            return true;
    return false;
}

bool line_of_parents_holds(const struct scheduler *scheduler, const struct course *course,
                           uint32_t parent, uint32_t token)
{
    return course_holds(scheduler, course, token) || parents_hold(scheduler, parent, token);
}

void lock_give_back(struct scheduler *scheduler, uint32_t lock)
{
    struct amount amount = {lock, 1};
    tokens_release(scheduler, wish_line(scheduler, &amount, 1));
}

uint32_t course_wish(struct scheduler *scheduler, const struct course *course, uint32_t vector,
                     uint32_t parent)
{
    const struct amount *begin = amounts_begin(scheduler, vector);
    uint32_t count = (uint32_t)(amounts_end(scheduler, vector) - begin), left = 0;
    CLEANUP_FREE struct amount *wanted = memory_array(count, sizeof *wanted);
    for (uint32_t i = 0; i < count; i++) {
        const struct token *token = &scheduler->plan->tokens[begin[i].token];
        bool is_held =
            token->is_lock && line_of_parents_holds(scheduler, course, parent, begin[i].token);
        if (!is_held)
            wanted[left++] = begin[i];
    }
    return wish_line(scheduler, wanted, left);
}
