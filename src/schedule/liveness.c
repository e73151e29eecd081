/* Who may still go on, while others run: the least set that holds for sure.
 *
 * Live is what works, sleeps or has a timeout; what needs only what is live; who waits for tokens
 * that are free or held by the live; and who waits at a gate for what one of the live may still do.
 * Whatever is live is taken to give everything back, and to do all it may: so those that are left
 * can never go on, whatever comes, and only they are found. A body that waits by a verb may know a
 * way out of its own: it is live here, and is never found. A ready daemon gives back nothing but
 * what it took by verbs; it is live if it has taken something so, or has told what it does for
 * others. */
#include "schedule/sync.h"

#include <string.h>

struct search {
    const struct scheduler *scheduler;
    bool *is_live;
    uint32_t *needs;                   /* by node: those that are not live */
    uint64_t *held;                    /* by token: by the live */
    struct user_count (*users)[ROLES]; /* by gate: the live alone */
    bool *is_released;                 /* by gang: what it holds is counted */
    node_list work, waiting;
};

static void add(struct search *search, uint32_t node)
{
    if (search->is_live[node])
        return;
    search->is_live[node] = true;
    *VEC_PUSH(&search->work) = node;
}

/* What it was begun with it keeps to its end. */
static void take_off_own(struct search *search, uint32_t node)
{
    const struct scheduler *scheduler = search->scheduler;
    uint32_t vector = scheduler->vectors[node];
    const struct amount *end = amounts_end(scheduler, vector);
    for (const struct amount *i = amounts_begin(scheduler, vector); i < end; i++)
        search->held[i->token] -= i->amount;
}

static void add_vector(struct search *search, uint32_t vector)
{
    const struct scheduler *scheduler = search->scheduler;
    const struct amount *end = amounts_end(scheduler, vector);
    for (const struct amount *i = amounts_begin(scheduler, vector); i < end; i++)
        search->held[i->token] += i->amount;
}

/* What a gang holds comes back when all have finished, and those that need one are told then. */
static void add_gang(struct search *search, uint32_t node)
{
    const struct scheduler *scheduler = search->scheduler;
    bool *is_released = &search->is_released[plan_rule(scheduler->plan, node)->gang];
    if (*is_released || !gang_is_released_by(scheduler, node, search->is_live))
        return;
    *is_released = true;
    add_vector(search, gang_vector(scheduler, node));
    const struct gang *gang = &scheduler->plan->gangs[plan_rule(scheduler->plan, node)->gang];
    for (uint32_t i = 0; i < gang->count; i++)
        add(search, gang->nodes[i]);
}

static void add_held(struct search *search, uint32_t node)
{
    const struct scheduler *scheduler = search->scheduler;
    const struct course *course = course_of(scheduler, node);
    bool is_under_way = course != NULL && course->has_begun;
    if (is_under_way)
        check_add_held(scheduler, course, search->held);
    if (is_under_way && daemon_stays(scheduler, node))
        take_off_own(search, node);
    if (node_has_gang(scheduler, node))
        add_gang(search, node);
    else if (!is_under_way && scheduler->states[node] == STATE_RUN)
        add_vector(search, scheduler->vectors[node]);
}

static void add_uses(struct search *search, uint32_t node)
{
    const struct scheduler *scheduler = search->scheduler;
    if (node_is_taker(scheduler, node)) {
        struct user_count *users = search->users[plan_rule(scheduler->plan, node)->gate];
        users[USE_GET].known++;
        users[USE_PUT].known += taker_holds_item(scheduler, node);
    }
    if (!plan_is_counted(scheduler->plan, node) || !node_has_program(scheduler, node))
        return;
    const struct course *course = course_of(scheduler, node);
    const struct program *program = node_program(scheduler, node);
    for (uint32_t i = course != NULL ? course->use_first : 0; i < program->use_count; i++)
        search->users[program->uses[i].gate][program->uses[i].role].known++;
}

static void lift_need(struct search *search, uint32_t node)
{
    if (search->scheduler->plan->is_selected[node] && --search->needs[node] == 0 &&
        search->scheduler->states[node] == STATE_PENDING)
        add(search, node);
}

static void lift_needs(struct search *search, uint32_t node)
{
    const struct scheduler *scheduler = search->scheduler;
    const struct graph *graph = &scheduler->plan->dependents;
    if (daemon_is_ready(scheduler, node)) /* they were told when it was */
        return;
    for (uint32_t i = graph->first[node]; i < graph->first[node + 1]; i++)
        lift_need(search, graph->targets[i]);
    const struct edge *end, *late = late_edges(scheduler, node, &end);
    for (; late < end; late++)
        lift_need(search, late->to);
}

static void spread(struct search *search)
{
    const struct scheduler *scheduler = search->scheduler;
    while (search->work.count > 0) {
        uint32_t node = search->work.items[--search->work.count];
        add_held(search, node);
        add_uses(search, node);
        lift_needs(search, node);
        bool is_next = scheduler->plan->is_join[node] == JOIN_NOT && is_unstarted(scheduler, node);
        if (is_next && plan_rule(scheduler->plan, node)->gate != NO_GATE)
            add(search, taker_of(scheduler, scheduler->plan->task[node])->node);
    }
}

/* --- those that wait --- */

static bool can_be_had(const struct search *search, uint32_t line)
{
    const struct scheduler *scheduler = search->scheduler;
    const struct amount *end = amounts_end(scheduler, line);
    for (const struct amount *i = amounts_begin(scheduler, line); i < end; i++) {
        uint64_t free = token_free(scheduler, i->token), held = search->held[i->token];
        bool may_come = i->amount > scheduler->accounts[i->token].capacity;
        if (!may_come && free < i->amount && held < i->amount - free)
            return false;
    }
    return true;
}

static bool can_open(const struct search *search, uint32_t gate, uint32_t side)
{
    const struct user_count *users = search->users[gate];
    switch (search->scheduler->plan->gates[gate].kind) {
    case GATE_BARRIER:
        return users[USE_BARRIER].known > 0;
    case GATE_EVENT:
        return users[USE_SET].known > 0;
    case GATE_CONDITION:
        return users[USE_NOTIFY].known > 0;
    default:
        return users[side == SIDE_PUT ? USE_GET : USE_PUT].known > 0 || users[USE_CLOSE].known > 0;
    }
}

static bool can_go_on(const struct search *search, uint32_t node)
{
    const struct scheduler *scheduler = search->scheduler;
    if (scheduler->states[node] == STATE_READY)
        return can_be_had(search, gang_request(scheduler, node));
    if (node_is_taker(scheduler, node))
        return taker_is_waiting(scheduler, node) &&
               can_open(search, plan_rule(scheduler->plan, node)->gate, SIDE_COME);
    const struct waiter *waiter = &scheduler->waiters.items[course_of(scheduler, node)->waiter];
    if (waiter->stand == AT_LINE)
        return can_be_had(search, waiter->at);
    return waiter->stand != AT_GATE || can_open(search, waiter->at, waiter->side);
}

static bool is_waiting(const struct scheduler *scheduler, uint32_t node)
{
    uint8_t state = scheduler->states[node];
    return state == STATE_READY || state == STATE_TOKEN || state == STATE_GATE ||
           state == STATE_REGAIN || (state == STATE_EVALUATE && node_is_taker(scheduler, node));
}

/* A daemon that cannot begin is nobody's trouble as long as others run: perhaps nobody needs it. */
static bool is_let_be(const struct scheduler *scheduler, uint32_t node, bool is_at_rest)
{
    return !is_at_rest && plan_rule(scheduler->plan, node)->flags & RULE_DAEMON;
}

static void begin(struct search *search, bool is_at_rest)
{
    const struct scheduler *scheduler = search->scheduler;
    for (uint32_t node = 0; node < scheduler->node_count; node++) {
        const struct course *course = course_of(scheduler, node);
        if (!scheduler->plan->is_selected[node] || scheduler->states[node] == STATE_ENDED)
            continue;
        bool is_at_body = course != NULL && course->is_at_body;
        if (node_is_live(scheduler, node) || (is_at_body && body_may_act(scheduler, node)))
            add(search, node);
        else if (!is_at_body && is_waiting(scheduler, node) &&
                 !is_let_be(scheduler, node, is_at_rest))
            *VEC_PUSH(&search->waiting) = node;
    }
}

static void close(struct search *search)
{
    for (bool is_more = true; is_more;) {
        uint32_t kept = 0;
        spread(search);
        is_more = false;
        for (uint32_t i = 0; i < search->waiting.count; i++) {
            uint32_t node = search->waiting.items[i];
            if (search->is_live[node])
                continue;
            if (can_go_on(search, node)) {
                add(search, node);
                is_more = true;
            } else {
                search->waiting.items[kept++] = node;
            }
        }
        search->waiting.count = kept;
    }
}

void liveness_find_stuck(const struct scheduler *scheduler, bool is_at_rest, node_list *ret)
{
    uint32_t count = scheduler->node_count, gates = scheduler->sync->gate_count;
    struct search search = {.scheduler = scheduler,
                            .is_live = memory_array(count, sizeof *search.is_live),
                            .needs = memory_array(count, sizeof *search.needs),
                            .held = memory_array(scheduler->token_count, sizeof *search.held),
                            .users = memory_array(gates, sizeof *search.users),
                            .is_released = memory_array(scheduler->plan->gang_count + 1, 1)};
    memcpy(search.needs, scheduler->needs_left, count * sizeof *search.needs);
    begin(&search, is_at_rest);
    close(&search);
    *ret = search.waiting;
    memory_free(search.is_live);
    memory_free(search.needs);
    memory_free(search.held);
    memory_free(search.users);
    memory_free(search.is_released);
    VEC_RELEASE(&search.work);
}
