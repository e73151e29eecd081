/* Keeps the running attempts in an array with free places, threaded by a list in order of start,
 * and an open-addressed table from node to place that is never more than half full. Each operation
 * takes constant time on average. */
#include "observe/running.h"

static uint32_t home(const struct running_set *set, uint32_t node)
{
    return (uint32_t)(node * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (set->slot_count - 1);
}

/* The slot that holds node, or the free one where it would go. */
static uint32_t slot_of(const struct running_set *set, uint32_t node)
{
    uint32_t at = home(set, node);
    while (set->slots[at] != 0 && set->items.items[set->slots[at] - 1].node != node)
        at = (at + 1) & (set->slot_count - 1);
    return at;
}

struct running *running_find(struct running_set *set, uint32_t node)
{
    uint32_t found = set->slot_count ? set->slots[slot_of(set, node)] : 0;
    return found ? &set->items.items[found - 1] : NULL;
}

static void grow(struct running_set *set)
{
    memory_free(set->slots);
    set->slot_count = set->slot_count ? set->slot_count * 2 : 16;
    set->slots = memory_array(set->slot_count, sizeof *set->slots);
    for (uint32_t i = set->first; i != NO_RUNNING; i = set->items.items[i].later)
        set->slots[slot_of(set, set->items.items[i].node)] = i + 1;
}

static uint32_t take_place(struct running_set *set)
{
    uint32_t place = set->free;
    if (place == NO_RUNNING) {
        *VEC_PUSH(&set->items) = (struct running){0};
        return set->items.count - 1;
    }
    set->free = set->items.items[place].later;
    return place;
}

struct running *running_add(struct running_set *set, uint32_t node)
{
    if (2 * (set->count + 1) > set->slot_count)
        grow(set);
    uint32_t place = take_place(set);
    struct running *running = &set->items.items[place];
    *running = (struct running){.node = node, .earlier = set->last, .later = NO_RUNNING};
    if (set->last != NO_RUNNING)
        set->items.items[set->last].later = place;
    else
        set->first = place;
    set->last = place;
    set->slots[slot_of(set, node)] = place + 1;
    set->count++;
    return running;
}

/* Closes the gap in its chain, so that a search may go on ending at the first free slot. */
static void free_slot(struct running_set *set, uint32_t at)
{
    uint32_t mask = set->slot_count - 1, gap = at;
    for (uint32_t next = (at + 1) & mask; set->slots[next] != 0; next = (next + 1) & mask) {
        uint32_t wanted = home(set, set->items.items[set->slots[next] - 1].node);
        if (((next - wanted) & mask) < ((next - gap) & mask))
            continue;
        set->slots[gap] = set->slots[next];
        gap = next;
    }
    set->slots[gap] = 0;
}

static void release(struct running *running)
{
    if (running->said != NULL)
        memory_free(running->said);
    if (running->capture.total == 0)
        return;
    capture_release(&running->capture);
    buffer_release(&running->lines[0]);
    buffer_release(&running->lines[1]);
}

struct running *running_launch(struct running_set *set, const struct fact *fact)
{
    struct running *running = running_find(set, fact->node);
    if (running != NULL && fact->operation != NO_OPERATION && running->attempt == fact->attempt)
        return running;
    if (running != NULL)
        running_remove(set, running);
    running = running_add(set, fact->node);
    running->attempt = fact->attempt;
    running->since = fact->time;
    return running;
}

void running_start(struct running_set *set, const struct fact *fact)
{
    struct running *running = running_find(set, fact->node);
    if (running == NULL || running->is_started)
        return;
    running->is_started = true;
    running->since = fact->time;
}

void running_wait(struct running_set *set, const struct fact *fact)
{
    struct running *running = running_find(set, fact->node);
    bool is_wait = fact->kind == FACT_WAITING;
    if (running == NULL && is_wait) {
        running = running_launch(set, fact);
        running->is_started = true;
    }
    if (running == NULL || (!is_wait && running->waits == 0))
        return;
    set->waiting -= running->waits > 0;
    running->waits += is_wait ? 1 : UINT32_MAX;
    set->waiting += running->waits > 0;
}

void running_progress(struct running *running, double done, const char *text)
{
    memory_free(running->said);
    running->said = memory_text(text != NULL ? text : "");
    running->percent = done >= 1 ? 100 : done > 0 ? (uint8_t)(done * 100) : 0;
}

void running_remove(struct running_set *set, struct running *running)
{
    set->waiting -= running->waits > 0;
    uint32_t place = (uint32_t)(running - set->items.items);
    free_slot(set, slot_of(set, running->node));
    if (running->earlier != NO_RUNNING)
        set->items.items[running->earlier].later = running->later;
    else
        set->first = running->later;
    if (running->later != NO_RUNNING)
        set->items.items[running->later].earlier = running->earlier;
    else
        set->last = running->earlier;
    release(running);
    running->later = set->free;
    set->free = place;
    set->count--;
}

void running_release(struct running_set *set)
{
    for (uint32_t i = set->first; i != NO_RUNNING; i = set->items.items[i].later)
        release(&set->items.items[i]);
    VEC_RELEASE(&set->items);
    memory_free(set->slots);
}
