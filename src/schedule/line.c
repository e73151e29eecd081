/* Lines: all who wait for the same vector, with the same privilege.
 *
 * Beginnings stand in the order of beginnings. Those that have begun come before them, in the order
 * of their coming: their lines are lists of waiters, from which one is taken out in no time.
 *
 * Most newcomers stand behind all that are there (the million tasks of one layer come in the order
 * of the file), and cost nothing: they go to the queue. The heap holds only those that came before
 * somebody. While a line is parked its head must not change unnoticed: the parks are ordered by it.
 */
#include "schedule/state.h"

#include <string.h>

enum { COMPACT_FROM = 64 };

void lines_reach(struct scheduler *scheduler, uint32_t vector_count)
{
    if (vector_count <= scheduler->line_count)
        return;
    uint32_t capacity = scheduler->line_count + scheduler->line_count / 2;
    if (capacity < vector_count)
        capacity = vector_count;
    scheduler->lines = memory_resize(scheduler->lines, capacity, sizeof *scheduler->lines);
    memset(scheduler->lines + scheduler->line_count, 0,
           (capacity - scheduler->line_count) * sizeof *scheduler->lines);
    scheduler->line_count = capacity;
}

static uint32_t queue_length(const struct line *line)
{
    return line->queue.count - line->queue_first;
}

bool line_is_empty(const struct line *line)
{
    return queue_length(line) == 0 && line->heap.count == 0 && line->waiters.count == 0;
}

static bool head_is_queued(const struct scheduler *scheduler, const struct line *line)
{
    if (queue_length(line) == 0 || line->heap.count == 0)
        return line->heap.count == 0;
    return node_is_before(scheduler, line->queue.items[line->queue_first], line->heap.items[0]);
}

uint32_t line_head(const struct scheduler *scheduler, uint32_t line)
{
    const struct line *this = line_at(scheduler, line);
    if (line_is_begun(line))
        return this->waiters.first;
    return head_is_queued(scheduler, this) ? this->queue.items[this->queue_first]
                                           : this->heap.items[0];
}

bool line_is_before(const struct scheduler *scheduler, uint32_t a, uint32_t b)
{
    uint32_t head_a = line_head(scheduler, a), head_b = line_head(scheduler, b);
    if (line_is_begun(a) != line_is_begun(b))
        return line_is_begun(a);
    if (line_is_begun(a))
        return scheduler->waiters.items[head_a].arrival < scheduler->waiters.items[head_b].arrival;
    return node_is_before(scheduler, head_a, head_b);
}

static void heap_push(const struct scheduler *scheduler, struct line *line, uint32_t node)
{
    VEC_PUSH(&line->heap);
    uint32_t at = line->heap.count - 1;
    while (at > 0 && node_is_before(scheduler, node, line->heap.items[(at - 1) / 2])) {
        line->heap.items[at] = line->heap.items[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    line->heap.items[at] = node;
}

static uint32_t heap_pop(const struct scheduler *scheduler, struct line *line)
{
    uint32_t *nodes = line->heap.items;
    uint32_t top = nodes[0], last = nodes[--line->heap.count], count = line->heap.count;
    uint32_t at = 0;
    for (uint64_t child = 1; child < count; child = 2 * (uint64_t)at + 1) {
        if (child + 1 < count && node_is_before(scheduler, nodes[child + 1], nodes[child]))
            child++;
        if (!node_is_before(scheduler, nodes[child], last))
            break;
        nodes[at] = nodes[child];
        at = (uint32_t)child;
    }
    nodes[at] = last;
    return top;
}

/* The room before the queue's first is used again, so that a line which is never empty does not
 * grow for ever. */
static void queue_compact(struct line *line)
{
    if (queue_length(line) == 0)
        line->queue_first = line->queue.count = 0;
    if (line->queue_first < COMPACT_FROM || line->queue_first < line->queue.count / 2)
        return;
    memmove(line->queue.items, line->queue.items + line->queue_first,
            queue_length(line) * sizeof *line->queue.items);
    line->queue.count -= line->queue_first;
    line->queue_first = 0;
}

static void line_add(const struct scheduler *scheduler, struct line *line, uint32_t node)
{
    if (queue_length(line) > 0 &&
        node_is_before(scheduler, node, line->queue.items[line->queue.count - 1]))
        heap_push(scheduler, line, node);
    else
        *VEC_PUSH(&line->queue) = node;
}

void line_push(struct scheduler *scheduler, uint32_t node)
{
    uint32_t line = scheduler->vectors[node];
    struct line *this = line_at(scheduler, line);
    if (line_is_empty(this)) {
        line_add(scheduler, this, node);
        park_insert(scheduler, line, PARK_OPEN, 0);
    } else if (node_is_before(scheduler, node, line_head(scheduler, line))) {
        uint32_t park = this->park;
        uint64_t amount = this->amount;
        park_remove(scheduler, line);
        line_add(scheduler, this, node);
        park_insert(scheduler, line, park, amount);
    } else {
        line_add(scheduler, this, node);
    }
}

void line_wait(struct scheduler *scheduler, uint32_t line, uint32_t waiter)
{
    struct line *this = line_at(scheduler, line);
    bool was_empty = line_is_empty(this);
    waiter_stand(scheduler, &this->waiters, waiter, AT_LINE, line);
    if (was_empty)
        park_insert(scheduler, line, PARK_OPEN, 0);
}

void line_leave(struct scheduler *scheduler, uint32_t waiter)
{
    uint32_t line = scheduler->waiters.items[waiter].at;
    struct line *this = line_at(scheduler, line);
    bool was_head = this->waiters.first == waiter;
    if (was_head)
        park_remove(scheduler, line);
    waiter_leave(scheduler, &this->waiters, waiter);
    if (was_head && !line_is_empty(this))
        park_insert(scheduler, line, PARK_OPEN, 0);
}

uint32_t line_pop(struct scheduler *scheduler, uint32_t line)
{
    struct line *this = line_at(scheduler, line);
    if (line_is_begun(line)) {
        uint32_t waiter = this->waiters.first;
        waiter_leave(scheduler, &this->waiters, waiter);
        return waiter;
    }
    if (!head_is_queued(scheduler, this))
        return heap_pop(scheduler, this);
    uint32_t node = this->queue.items[this->queue_first++];
    queue_compact(this);
    return node;
}

static void line_filter(struct scheduler *scheduler, uint32_t line)
{
    struct line *this = line_at(scheduler, line);
    if (line_is_empty(this))
        return;
    park_remove(scheduler, line);
    uint32_t kept = 0;
    for (uint32_t i = this->queue_first; i < this->queue.count; i++)
        if (scheduler->states[this->queue.items[i]] == STATE_READY)
            this->queue.items[kept++] = this->queue.items[i];
    this->queue.count = kept;
    this->queue_first = 0;
    uint32_t count = this->heap.count;
    this->heap.count = 0;
    for (uint32_t i = 0; i < count; i++)
        if (scheduler->states[this->heap.items[i]] == STATE_READY)
            heap_push(scheduler, this, this->heap.items[i]);
    if (!line_is_empty(this))
        park_insert(scheduler, line, PARK_OPEN, 0);
}

static void line_open(struct scheduler *scheduler, uint32_t line)
{
    if (line_is_empty(line_at(scheduler, line)))
        return;
    park_remove(scheduler, line);
    park_insert(scheduler, line, PARK_OPEN, 0);
}

void lines_filter(struct scheduler *scheduler)
{
    for (uint32_t line = 0; line < scheduler->line_count; line++)
        line_filter(scheduler, line);
    for (uint32_t wish = 0; wish < scheduler->wish_lines.count; wish++) {
        uint32_t line = line_of_wish(wish);
        if (line_is_begun(line))
            line_open(scheduler, line);
        else
            line_filter(scheduler, line);
    }
}
