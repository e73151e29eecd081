/* Interned requests: equal ones are one vector, so that equal requests stand in one line. With each
 * goes the vector of its running tokens alone, which is what somebody who waited asks for again. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "plan/plan.h"

static int compare_amounts(const void *a, const void *b)
{
    const struct amount *x = a, *y = b;
    return x->token < y->token ? -1 : x->token > y->token;
}

static uint32_t hash_amounts(const struct amount *amounts, uint32_t count)
{
    uint64_t hash = count;
    for (uint32_t i = 0; i < count; i++) {
        hash = (hash ^ amounts[i].token) * 0x9e3779b97f4a7c15u;
        hash = (hash ^ hash >> 29 ^ amounts[i].amount) * 0x9e3779b97f4a7c15u;
    }
    return (uint32_t)(hash >> 32);
}

static bool is_vector(const struct vectors *vectors, uint32_t vector, const struct amount *amounts,
                      uint32_t count)
{
    uint32_t first = vectors->first[vector];
    if (vectors->first[vector + 1] - first != count)
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (vectors->amounts[first + i].token != amounts[i].token ||
            vectors->amounts[first + i].amount != amounts[i].amount)
            return false;
    return true;
}

static uint32_t *find_slot(const struct vectors *vectors, const struct amount *amounts,
                           uint32_t count)
{
    uint32_t mask = vectors->slot_count - 1;
    uint32_t at = hash_amounts(amounts, count) & mask;
    while (vectors->slots[at] != 0 && !is_vector(vectors, vectors->slots[at] - 1, amounts, count))
        at = (at + 1) & mask;
    return &vectors->slots[at];
}

static void grow_slots(struct vectors *vectors)
{
    memory_free(vectors->slots);
    vectors->slot_count = vectors->slot_count == 0 ? 16 : 2 * vectors->slot_count;
    vectors->slots = memory_array(vectors->slot_count, sizeof *vectors->slots);
    for (uint32_t i = 0; i < vectors->count; i++) {
        uint32_t begin = vectors->first[i];
        *find_slot(vectors, vectors->amounts + begin, vectors->first[i + 1] - begin) = i + 1;
    }
}

/* amounts: sorted, none 0. */
static uint32_t intern(struct vectors *vectors, const struct amount *amounts, uint32_t count)
{
    if (2 * (uint64_t)vectors->count >= vectors->slot_count)
        grow_slots(vectors);
    uint32_t *slot = find_slot(vectors, amounts, count);
    if (*slot != 0)
        return *slot - 1;
    vectors->first = memory_grow(vectors->first, vectors->count, 2, &vectors->first_capacity,
                                 sizeof *vectors->first);
    vectors->running = memory_grow(vectors->running, vectors->count, 1, &vectors->running_capacity,
                                   sizeof *vectors->running);
    vectors->amounts = memory_grow(vectors->amounts, vectors->amount_count, count,
                                   &vectors->amount_capacity, sizeof *vectors->amounts);
    if (count > 0)
        memcpy(vectors->amounts + vectors->amount_count, amounts, sizeof *amounts * count);
    vectors->first[vectors->count] = vectors->amount_count;
    vectors->amount_count += count;
    vectors->first[vectors->count + 1] = vectors->amount_count;
    *slot = ++vectors->count;
    vectors->running[vectors->count - 1] = vectors->count - 1;
    return vectors->count - 1;
}

static bool is_running(const struct vectors *vectors, uint32_t token)
{
    return token == 0 || (token >= vectors->running_first && token < vectors->running_end);
}

/* As intern, and its running part behind it. Takes what is not running out of amounts. */
static uint32_t intern_both(struct vectors *vectors, struct amount *amounts, uint32_t count)
{
    uint32_t before = vectors->count, vector = intern(vectors, amounts, count), kept = 0;
    if (vector < before)
        return vector;
    for (uint32_t i = 0; i < count; i++)
        if (is_running(vectors, amounts[i].token))
            amounts[kept++] = amounts[i];
    if (kept < count) {
        uint32_t part = intern(vectors, amounts, kept);
        vectors->running[vector] = part;
    }
    return vector;
}

uint32_t vectors_add(struct vectors *vectors, const struct amount *amounts, uint32_t count)
{
    if (vectors->count == 0)
        intern(vectors, NULL, 0);
    CLEANUP_FREE struct amount *sorted = memory_array(count, sizeof *sorted);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++)
        if (amounts[i].amount > 0)
            sorted[kept++] = amounts[i];
    if (kept > 1)
        qsort(sorted, kept, sizeof *sorted, compare_amounts);
    return intern_both(vectors, sorted, kept);
}

void vectors_release(struct vectors *vectors)
{
    memory_free(vectors->first);
    memory_free(vectors->running);
    memory_free(vectors->amounts);
    memory_free(vectors->slots);
    *vectors = (struct vectors){0};
}
