/* Who waits for what, who holds it, who could still bring it: what observers ask. */
#include "schedule/sync.h"

#include <stdlib.h>

static struct wait wait_of(const struct scheduler *scheduler, uint32_t waiter)
{
    const struct waiter *this = &scheduler->waiters.items[waiter];
    struct wait wait = {.node = this->node,
                        .request = NO_REQUEST,
                        .operation = course_body(scheduler, this->node),
                        .gate = this->stand == AT_GATE ? this->at : NO_GATE,
                        .token = NO_TOKEN,
                        .until = NEVER};
    if (this->stand == AT_LINE) {
        const struct amount *lacking = tokens_lacking(scheduler, this->at);
        const struct amount *any = amounts_begin(scheduler, this->at);
        wait.token = lacking != NULL ? lacking->token : any->token;
    }
    return wait;
}

void waits_of_course(const struct scheduler *scheduler, const struct course *course, bool is_stuck,
                     wait_list *ret)
{
    uint8_t state = scheduler->states[course->node];
    bool is_own = state == STATE_REGAIN ||
                  (!course->is_at_body && state >= STATE_TOKEN && state <= STATE_SLEEP);
    if (is_own) {
        struct wait wait = wait_of(scheduler, course->waiter);
        wait.is_regaining = state == STATE_REGAIN;
        wait.since = course->since;
        wait.until = course->armed;
        wait.is_stuck = is_stuck;
        *VEC_PUSH(ret) = wait;
    }
    for (uint32_t i = course->oldest_request; i != NO_REQUEST;
         i = scheduler->sync->requests.items[i].next) {
        const struct asking *asking = &scheduler->sync->requests.items[i];
        if (asking->phase != REQUEST_WAITS &&
            (asking->phase != REQUEST_RETAKES || asking->is_withdrawn))
            continue;
        struct wait wait = wait_of(scheduler, asking->waiter);
        wait.request = asking->number;
        wait.since = asking->since;
        wait.until = asking->deadline;
        wait.is_stuck = is_stuck;
        *VEC_PUSH(ret) = wait;
    }
}

void wait_of_beginning(const struct scheduler *scheduler, uint32_t node, wait_list *ret)
{
    struct wait wait = {.node = node,
                        .request = NO_REQUEST,
                        .operation = NO_OPERATION,
                        .gate = NO_GATE,
                        .token = NO_TOKEN,
                        .since = scheduler->in->now,
                        .until = NEVER,
                        .is_stuck = true};
    if (node_is_taker(scheduler, node))
        wait.gate = plan_rule(scheduler->plan, node)->gate;
    else
        wait.token = tokens_lacking(scheduler, gang_request(scheduler, node))->token;
    *VEC_PUSH(ret) = wait;
}

static int compare_waits(const void *a, const void *b)
{
    const struct wait *one = a, *two = b;
    if (one->node != two->node)
        return one->node < two->node ? -1 : 1;
    return one->request < two->request ? -1 : one->request > two->request;
}

void scheduler_waits(const struct scheduler *scheduler, wait_list *ret)
{
    const struct sync *sync = scheduler->sync;
    uint32_t before = ret->count;
    if (sync == NULL)
        return;
    for (uint32_t i = 0; i < sync->stuck.count; i++)
        *VEC_PUSH(ret) = sync->stuck.items[i];
    for (uint32_t i = 0; i < sync->courses.count; i++)
        if (sync->courses.items[i].node != NO_NODE)
            waits_of_course(scheduler, &sync->courses.items[i], false, ret);
    if (ret->count - before > 1)
        qsort(ret->items + before, ret->count - before, sizeof *ret->items, compare_waits);
}

static bool line_wants(const struct scheduler *scheduler, uint32_t line, uint32_t token)
{
    const struct amount *end = amounts_end(scheduler, line);
    for (const struct amount *i = amounts_begin(scheduler, line); i < end; i++)
        if (i->token == token)
            return true;
    return false;
}

static bool requests_hold(const struct scheduler *scheduler, const struct course *course,
                          uint32_t token)
{
    for (uint32_t i = course->requests; i != NO_REQUEST;
         i = scheduler->sync->requests.items[i].previous) {
        const struct asking *asking = &scheduler->sync->requests.items[i];
        bool is_take = asking->verb == VERB_TAKE || asking->verb == VERB_ACQUIRE;
        bool has_it = asking->phase == REQUEST_LEASE ||
                      (asking->phase == REQUEST_DONE && asking->code == REPLY_DONE);
        if (is_take && has_it && line_wants(scheduler, asking->line, token))
            return true;
    }
    return false;
}

static bool node_holds(const struct scheduler *scheduler, uint32_t node, uint32_t token)
{
    const struct course *course = course_of(scheduler, node);
    if (course == NULL)
        return scheduler->states[node] == STATE_RUN &&
               line_wants(scheduler,
                          node_has_gang(scheduler, node) ? gang_vector(scheduler, node)
                                                         : scheduler->vectors[node],
                          token);
    if (scheduler->plan->tokens[token].kind == TOKEN_RUNNING)
        return course->has_running && line_wants(scheduler, course->running, token);
    return course_holds(scheduler, course, token) || requests_hold(scheduler, course, token);
}

void scheduler_holders(const struct scheduler *scheduler, uint32_t token, node_list *ret)
{
    for (uint32_t node = 0; node < scheduler->node_count; node++)
        if (scheduler->plan->is_selected[node] && node_holds(scheduler, node, token))
            *VEC_PUSH(ret) = node;
}

void scheduler_openers(const struct scheduler *scheduler, uint32_t gate, enum use_role role,
                       node_list *ret)
{
    const struct plan *plan = scheduler->plan;
    for (uint32_t node = 0; node < scheduler->node_count; node++) {
        bool is_taker = role == USE_GET && plan->is_selected[node] &&
                        scheduler->states[node] != STATE_ENDED && node_is_taker(scheduler, node) &&
                        plan_rule(plan, node)->gate == gate;
        if (is_taker)
            *VEC_PUSH(ret) = node;
        if (is_taker || !plan->is_selected[node] || !plan_is_counted(plan, node) ||
            scheduler->states[node] == STATE_ENDED || !node_has_program(scheduler, node))
            continue;
        const struct course *course = course_of(scheduler, node);
        const struct program *program = node_program(scheduler, node);
        for (uint32_t i = course ? course->use_first : 0; i < program->use_count; i++)
            if (program->uses[i].gate == gate && program->uses[i].role == role) {
                *VEC_PUSH(ret) = node;
                break;
            }
    }
}

bool scheduler_is_stuck(const struct scheduler *scheduler)
{
    return scheduler->is_stuck;
}
