/* The state of what synchronises as a whole, and its agenda. */
#include "schedule/sync.h"

void sync_init(struct scheduler *scheduler)
{
    if (scheduler->sync != NULL)
        return;
    struct sync *sync = scheduler->sync = memory_new(sizeof *sync);
    sync->courses_free = NO_COURSE;
    sync->holds_free = NO_HOLD;
    sync->requests_free = NO_REQUEST;
    sync->gate_count = scheduler->plan->gate_count;
    sync->gates = memory_array(sync->gate_count, sizeof *sync->gates);
    for (uint32_t gate = 0; gate < sync->gate_count; gate++) {
        for (int role = 0; role < ROLES; role++)
            sync->gates[gate].users[role].last = NO_NODE;
        sync->gates[gate].parties = scheduler->plan->gates[gate].count;
    }
}

void sync_reach(struct scheduler *scheduler)
{
    struct sync *sync = scheduler->sync;
    uint32_t old = sync->node_capacity, count = scheduler->node_capacity;
    if (count <= old)
        return;
    sync->course_of = memory_resize(sync->course_of, count, sizeof *sync->course_of);
    for (uint32_t node = old; node < count; node++)
        sync->course_of[node] = NO_COURSE;
    sync->node_capacity = count;
}

void sync_release(struct scheduler *scheduler)
{
    struct sync *sync = scheduler->sync;
    if (sync == NULL)
        return;
    for (uint32_t gate = 0; gate < sync->gate_count; gate++)
        VEC_RELEASE(&sync->gates[gate].items);
    VEC_RELEASE(&sync->courses);
    VEC_RELEASE(&sync->holds);
    VEC_RELEASE(&sync->requests);
    VEC_RELEASE(&sync->numbers);
    VEC_RELEASE(&sync->stuck);
    VEC_RELEASE(&sync->files);
    VEC_RELEASE(&sync->takers);
    VEC_RELEASE(&sync->lowered);
    VEC_RELEASE(&sync->agenda);
    VEC_RELEASE(&sync->gate_agenda);
    memory_free(sync->course_of);
    memory_free(sync->gates);
    memory_free(sync);
}

void sync_granted(struct scheduler *scheduler, uint32_t waiter)
{
    uint32_t request = scheduler->waiters.items[waiter].request;
    if (request != NO_REQUEST)
        request_granted(scheduler, request);
    else
        course_granted(scheduler, course_of(scheduler, scheduler->waiters.items[waiter].node));
}

/* Would a resume go on elsewhere than at its beginning? */
static bool is_left(const struct scheduler *scheduler, const struct course *course,
                    enum status status)
{
    const struct rule *rule = plan_rule(scheduler->plan, course->node);
    bool is_over = status == STATUS_SUCCESS ||
                   (status == STATUS_FAILURE && rule->flags & RULE_CONTINUE) ||
                   rule->flags & RULE_FINALLY;
    return rule->program != NO_PROGRAM && !is_over && (course->restart > 0 || course->is_seen);
}

void sync_end(struct scheduler *scheduler, uint32_t node, enum status status)
{
    if (plan_is_counted(scheduler->plan, node))
        uses_end(scheduler, node, status);
    struct course *course = course_of(scheduler, node);
    if (course == NULL)
        return;
    if (is_left(scheduler, course, status))
        uses_rest(scheduler, course);
    else
        course_free(scheduler, course);
}

bool sync_step(struct scheduler *scheduler)
{
    struct sync *sync = scheduler->sync;
    if (sync->gate_agenda_first < sync->gate_agenda.count) {
        uint32_t gate = sync->gate_agenda.items[sync->gate_agenda_first++];
        sync->gates[gate].is_due = false;
        gate_review(scheduler, gate);
        return true;
    }
    if (sync->agenda_first < sync->agenda.count) {
        uint32_t node = sync->agenda.items[sync->agenda_first++];
        struct course *course = course_of(scheduler, node);
        if (node_is_taker(scheduler, node)) {
            taker_step(scheduler, node);
        } else if (course != NULL) {
            course->is_due = false;
            if (course->has_begun)
                course_step(scheduler, course);
        }
        return true;
    }
    sync->gate_agenda.count = sync->gate_agenda_first = 0;
    sync->agenda.count = sync->agenda_first = 0;
    return false;
}
