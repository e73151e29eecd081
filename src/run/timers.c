/* Timers: the scheduler's, one by node and one by request that waits, and one of its own (of no
 * node and no request, kept with those of requests), each an alarm of the loop. One that is due, or
 * that another takes the place of, is forgotten; what comes too late is told apart by its
 * generation. */
#include "run/timers.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct timer {
    struct run *run;
    struct alarm *alarm;
    uint32_t node, request, generation;
};

static void timer_free(struct timer *timer)
{
    loop_cancel(timer->run->loop, timer->alarm);
    free(timer);
}

/* --- of requests: in order of their numbers, which is that of their coming --- */

/* The place of a request's timer, or where it would be put in. */
static uint32_t place_of(const struct run *run, uint32_t request)
{
    uint32_t low = 0, high = run->request_timers.count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (run->request_timers.items[middle]->request < request)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_there(const struct run *run, uint32_t place, uint32_t request)
{
    return place < run->request_timers.count &&
           run->request_timers.items[place]->request == request;
}

void timers_forget_request(struct run *run, uint32_t request)
{
    uint32_t place = place_of(run, request);
    if (!is_there(run, place, request))
        return;
    struct timer **items = run->request_timers.items;
    timer_free(items[place]);
    run->request_timers.count--;
    memmove(items + place, items + place + 1, (run->request_timers.count - place) * sizeof *items);
}

static void keep(struct run *run, struct timer *timer)
{
    timers_forget_request(run, timer->request);
    uint32_t place = place_of(run, timer->request);
    VEC_PUSH(&run->request_timers);
    struct timer **items = run->request_timers.items;
    memmove(items + place + 1, items + place,
            (run->request_timers.count - 1 - place) * sizeof *items);
    items[place] = timer;
}

/* --- of both --- */

void timers_forget_node(struct run *run, uint32_t node)
{
    struct timer *timer = sparse_get(&run->timers, node);
    if (timer == NULL)
        return;
    timer_free(timer);
    sparse_set(&run->timers, node, NULL);
}

static void due(void *context)
{
    struct timer *timer = context;
    struct run *run = timer->run;
    struct input *in = run_push(run, INPUT_TIMER);
    in->node = timer->node;
    in->request = timer->request;
    in->timer = timer->generation;
    timer->alarm = NULL;
    if (timer->request == NO_REQUEST && timer->node != NO_NODE)
        timers_forget_node(run, timer->node);
    else
        timers_forget_request(run, timer->request);
}

/* In a dry run nothing takes time: a sleep is over at once, and no timeout comes. */
static bool is_wanted(const struct run *run, const struct action *action)
{
    if (run->folder != NULL || action->node == NO_NODE)
        return true;
    return scheduler_state(run->scheduler, action->node) == STATE_SLEEP;
}

void timers_arm(struct run *run, const struct action *action)
{
    if (!is_wanted(run, action))
        return;
    struct timer *timer = memory_new(sizeof *timer);
    *timer = (struct timer){
        .run = run, .node = action->node, .request = action->request, .generation = action->timer};
    if (action->request == NO_REQUEST && action->node != NO_NODE) {
        timers_forget_node(run, action->node);
        sparse_set(&run->timers, action->node, timer);
    } else {
        keep(run, timer);
    }
    int64_t at = run->folder != NULL ? run->began + action->at : 0;
    timer->alarm = loop_at(run->loop, at, due, timer);
}

void timers_release(struct run *run)
{
    for (uint32_t node = 0; (node = sparse_next(&run->timers, node)) != SPARSE_END; node++)
        timers_forget_node(run, node);
    for (uint32_t i = 0; i < run->request_timers.count; i++)
        timer_free(run->request_timers.items[i]);
    VEC_RELEASE(&run->request_timers);
    sparse_release(&run->timers);
}
