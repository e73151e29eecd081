/* The matrix of a queue: how its template takes items, each of which becomes an instance.
 *
 * From the end of its needs on the template is a getter among others, one that comes back as soon
 * as none of its instances stands unstarted: so what waits, waits in the queue, whose bound holds.
 * In EVALUATE it waits at the queue, or has an item in its hand of which the plan makes an
 * instance, or waits for an instance to be launched. It ends when the queue is closed and empty; a
 * policy or a cancel ends it as it waits, and items that it has not taken stay in the queue.
 *
 * An instance that puts into its own queue keeps the queue open only as long as it is there. Where
 * several such templates feed each other they would wait for ever: when nobody else could put, and
 * nothing moves, their queues close. */
#include "schedule/sync.h"

struct taker *taker_of(const struct scheduler *scheduler, uint32_t task)
{
    struct sync *sync = scheduler->sync;
    for (uint32_t i = 0; i < sync->takers.count; i++)
        if (scheduler->plan->task[sync->takers.items[i].node] == task)
            return &sync->takers.items[i];
    return NULL;
}

static struct taker *taker_at(const struct scheduler *scheduler, uint32_t node)
{
    return taker_of(scheduler, scheduler->plan->task[node]);
}

static uint32_t gate_of(const struct scheduler *scheduler, const struct taker *taker)
{
    return plan_rule(scheduler->plan, taker->node)->gate;
}

static bool is_waiting(const struct scheduler *scheduler, const struct taker *taker)
{
    return scheduler->waiters.items[taker->waiter].stand == AT_GATE;
}

bool taker_is_waiting(const struct scheduler *scheduler, uint32_t node)
{
    return is_waiting(scheduler, taker_at(scheduler, node));
}

bool taker_holds_item(const struct scheduler *scheduler, uint32_t node)
{
    return taker_at(scheduler, node)->item != NO_ITEM;
}

void taker_new(struct scheduler *scheduler, uint32_t node)
{
    uint32_t waiter = waiter_new(scheduler, node, NO_REQUEST);
    *VEC_PUSH(&scheduler->sync->takers) =
        (struct taker){.node = node, .waiter = waiter, .item = NO_ITEM};
}

static void due(struct scheduler *scheduler, struct taker *taker)
{
    if (taker->is_due || scheduler->states[taker->node] != STATE_EVALUATE)
        return;
    taker->is_due = true;
    *VEC_PUSH(&scheduler->sync->agenda) = taker->node;
}

void taker_begin(struct scheduler *scheduler, uint32_t node)
{
    scheduler->states[node] = STATE_EVALUATE;
    due(scheduler, taker_at(scheduler, node));
}

/* The item in its hand is as good as an instance: it may put into the queue again. */
static void take(struct scheduler *scheduler, struct taker *taker, uint32_t item)
{
    scheduler->sync->gates[gate_of(scheduler, taker)].users[USE_PUT].known++;
    taker->item = item;
    template_expand(scheduler, taker->node);
}

static void let_go(struct scheduler *scheduler, struct taker *taker)
{
    uint32_t gate = gate_of(scheduler, taker);
    scheduler->sync->gates[gate].users[USE_PUT].known--;
    taker->item = NO_ITEM;
    gate_due(scheduler, gate);
}

/* One that never had an item is told of as skipped: it has no instances to tell of. */
static void end_well(struct scheduler *scheduler, uint32_t node)
{
    bool has_instances = scheduler->marks[node] & MARK_EXPANDED;
    node_end(scheduler, node, has_instances ? STATUS_SUCCESS : STATUS_SKIPPED, NULL);
}

void taker_step(struct scheduler *scheduler, uint32_t node)
{
    struct taker *taker = taker_at(scheduler, node);
    uint32_t gate = gate_of(scheduler, taker);
    const struct gate_state *queue = &scheduler->sync->gates[gate];
    taker->is_due = false;
    if (scheduler->states[node] != STATE_EVALUATE || taker->item != NO_ITEM ||
        taker->unstarted > 0 || is_waiting(scheduler, taker))
        return;
    if (!policy_lets_start(scheduler, plan_rule(scheduler->plan, node))) {
        node_refuse(scheduler, node);
    } else if (queue_length(queue) > 0) {
        take(scheduler, taker, queue_take(scheduler, gate));
    } else if (queue_is_closed(queue)) {
        end_well(scheduler, node);
    } else {
        scheduler->sync->takers_waiting++;
        scheduler->sync->is_suspect = true;
        gate_wait(scheduler, gate, SIDE_COME, taker->waiter);
    }
}

void taker_woken(struct scheduler *scheduler, uint32_t node, uint32_t item)
{
    struct taker *taker = taker_at(scheduler, node);
    scheduler->sync->takers_waiting--;
    if (item == NO_ITEM)
        due(scheduler, taker);
    else
        take(scheduler, taker, item);
}

void taker_expanded(struct scheduler *scheduler, uint32_t node)
{
    struct taker *taker = taker_at(scheduler, node);
    if (node_is_counted(scheduler, node))
        scheduler->counts.pending--;
    scheduler->marks[node] |= MARK_EXPANDED;
    let_go(scheduler, taker);
    due(scheduler, taker);
}

void taker_stop(struct scheduler *scheduler, uint32_t node)
{
    struct taker *taker = taker_at(scheduler, node);
    if (is_waiting(scheduler, taker)) {
        scheduler->sync->takers_waiting--;
        gate_leave(scheduler, taker->waiter);
    }
    if (taker->item == NO_ITEM)
        return;
    uint32_t item = taker->item;
    bool is_bad = scheduler->in->kind == INPUT_EXPANDED && scheduler->in->item == item;
    let_go(scheduler, taker);
    if (!is_bad) /* of which no instance can be made: nobody is to get that again */
        gate_put_back(scheduler, gate_of(scheduler, taker), item);
}

void taker_count(struct scheduler *scheduler, uint32_t instance, bool is_more)
{
    struct taker *taker = taker_of(scheduler, scheduler->plan->task[instance]);
    if (is_more)
        taker->unstarted++;
    else if (--taker->unstarted == 0)
        due(scheduler, taker);
}

void takers_resume(struct scheduler *scheduler)
{
    for (uint32_t i = 0; i < scheduler->sync->takers.count; i++)
        due(scheduler, &scheduler->sync->takers.items[i]);
}

bool takers_have_all(const struct scheduler *scheduler)
{
    for (uint32_t i = 0; i < scheduler->sync->takers.count; i++)
        if (scheduler->statuses[scheduler->sync->takers.items[i].node] == STATUS_CANCELLED)
            return false;
    return true;
}

/* --- templates that feed each other --- */

/* May instances of this one still put into the queue? */
static bool feeds(const struct scheduler *scheduler, const struct taker *taker, uint32_t gate)
{
    if (!node_has_program(scheduler, taker->node) || gate_of(scheduler, taker) == gate)
        return false;
    const struct program *program = node_program(scheduler, taker->node);
    for (uint32_t i = 0; i < program->use_count; i++)
        if (program->uses[i].gate == gate && program->uses[i].role == USE_PUT)
            return true;
    return false;
}

/* Could somebody put into its queue besides instances of those that are idle? */
static bool has_source(const struct scheduler *scheduler, const struct taker *taker,
                       const bool *is_idle)
{
    const struct sync *sync = scheduler->sync;
    uint32_t gate = gate_of(scheduler, taker), idle = 0;
    for (uint32_t i = 0; i < sync->takers.count; i++)
        idle += is_idle[i] && feeds(scheduler, &sync->takers.items[i], gate);
    const struct user_count *users = &sync->gates[gate].users[USE_PUT];
    return users->known > 0 || users->unknown > idle;
}

bool takers_close(struct scheduler *scheduler)
{
    struct sync *sync = scheduler->sync;
    if (sync->takers_waiting == 0)
        return false;
    CLEANUP_FREE bool *is_idle = memory_array(sync->takers.count, sizeof *is_idle);
    for (uint32_t i = 0; i < sync->takers.count; i++)
        is_idle[i] = is_waiting(scheduler, &sync->takers.items[i]);
    for (bool is_changed = true; is_changed;) {
        is_changed = false;
        for (uint32_t i = 0; i < sync->takers.count; i++) {
            if (!is_idle[i] || !has_source(scheduler, &sync->takers.items[i], is_idle))
                continue;
            is_idle[i] = false;
            is_changed = true;
        }
    }
    bool is_any = false;
    for (uint32_t i = 0; i < sync->takers.count; i++) {
        if (!is_idle[i])
            continue;
        uint32_t gate = gate_of(scheduler, &sync->takers.items[i]);
        sync->gates[gate].is_closed = is_any = true;
        gate_due(scheduler, gate);
    }
    return is_any;
}
