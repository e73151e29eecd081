/* Alarms in a binary heap by time, those of one time in the order of their making. An alarm knows
 * its slot in the heap, so cancelling costs a logarithm; spent ones are kept for the next. */
#include "execute/loop.h"

#include <stdlib.h>

#include "base/memory.h"

struct alarm {
    int64_t at;
    uint64_t order; /* of its making */
    loop_timer_callback *callback;
    void *context;
    uint32_t slot;
    struct alarm *next; /* spare ones */
};

static bool is_before(const struct alarm *a, const struct alarm *b)
{
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void put(struct alarms *alarms, uint32_t slot, struct alarm *alarm)
{
    alarms->heap[slot] = alarm;
    alarm->slot = slot;
}

static void rise(struct alarms *alarms, struct alarm *alarm)
{
    uint32_t slot = alarm->slot;
    while (slot > 0 && is_before(alarm, alarms->heap[(slot - 1) / 2])) {
        put(alarms, slot, alarms->heap[(slot - 1) / 2]);
        slot = (slot - 1) / 2;
    }
    put(alarms, slot, alarm);
}

static void sink(struct alarms *alarms, struct alarm *alarm)
{
    uint32_t slot = alarm->slot;
    for (;;) {
        uint32_t child = 2 * slot + 1;
        if (child >= alarms->count)
            break;
        if (child + 1 < alarms->count && is_before(alarms->heap[child + 1], alarms->heap[child]))
            child++;
        if (!is_before(alarms->heap[child], alarm))
            break;
        put(alarms, slot, alarms->heap[child]);
        slot = child;
    }
    put(alarms, slot, alarm);
}

struct alarm *alarms_add(struct alarms *alarms, int64_t at, loop_timer_callback *callback,
                         void *context)
{
    struct alarm *alarm = alarms->spare;
    if (alarm != NULL)
        alarms->spare = alarm->next;
    else
        alarm = memory_new(sizeof *alarm);
    *alarm = (struct alarm){
        .at = at, .order = alarms->order++, .callback = callback, .context = context};
    alarms->heap =
        memory_grow(alarms->heap, alarms->count, 1, &alarms->capacity, sizeof *alarms->heap);
    alarm->slot = alarms->count;
    alarms->heap[alarms->count++] = alarm;
    rise(alarms, alarm);
    return alarm;
}

void alarms_cancel(struct alarms *alarms, struct alarm *alarm)
{
    uint32_t slot = alarm->slot;
    struct alarm *last = alarms->heap[--alarms->count];
    if (last != alarm) {
        put(alarms, slot, last);
        rise(alarms, last);
        sink(alarms, last);
    }
    alarm->next = alarms->spare;
    alarms->spare = alarm;
}

void alarms_delay(struct alarms *alarms, int64_t by)
{
    for (uint32_t i = 0; i < alarms->count; i++)
        alarms->heap[i]->at += by;
}

int64_t alarms_next(const struct alarms *alarms)
{
    return alarms->count > 0 ? alarms->heap[0]->at : INT64_MAX;
}

void alarms_run(struct alarms *alarms, int64_t now)
{
    uint64_t end = alarms->order;
    while (alarms->count > 0 && alarms->heap[0]->at <= now && alarms->heap[0]->order < end) {
        struct alarm *due = alarms->heap[0];
        loop_timer_callback *callback = due->callback;
        void *context = due->context;
        alarms_cancel(alarms, due);
        callback(context);
    }
}

void alarms_release(struct alarms *alarms)
{
    while (alarms->count > 0)
        alarms_cancel(alarms, alarms->heap[0]);
    while (alarms->spare != NULL) {
        struct alarm *alarm = alarms->spare;
        alarms->spare = alarm->next;
        free(alarm);
    }
    memory_free(alarms->heap);
    *alarms = (struct alarms){0};
}
