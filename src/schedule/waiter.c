/* Waiters, their lists, and the lines of what they wish for.
 *
 * A list is doubly linked through the waiters, so who is killed leaves it at once, wherever it
 * stood. Wishes are interned here, not in the plan: what is left of a request of which some is held
 * already, or the running part of another, need not be any task's own request. */
#include "schedule/state.h"

uint32_t waiter_new(struct scheduler *scheduler, uint32_t node, uint32_t request)
{
    uint32_t waiter = scheduler->waiters_free;
    if (waiter == NO_WAITER) {
        VEC_PUSH(&scheduler->waiters);
        waiter = scheduler->waiters.count - 1;
    } else {
        scheduler->waiters_free = scheduler->waiters.items[waiter].next;
    }
    scheduler->waiters.items[waiter] = (struct waiter){.node = node, .request = request};
    return waiter;
}

void waiter_free(struct scheduler *scheduler, uint32_t waiter)
{
    scheduler->waiters.items[waiter] =
        (struct waiter){.node = NO_NODE, .next = scheduler->waiters_free};
    scheduler->waiters_free = waiter;
}

void waiter_stand(struct scheduler *scheduler, struct list *list, uint32_t waiter, enum stand stand,
                  uint32_t at)
{
    struct waiter *this = &scheduler->waiters.items[waiter];
    this->stand = (uint8_t)stand;
    this->at = at;
    this->arrival = ++scheduler->arrivals;
    this->next = NO_WAITER;
    this->previous = list->count > 0 ? list->last : NO_WAITER;
    if (list->count++ == 0)
        list->first = waiter;
    else
        scheduler->waiters.items[list->last].next = waiter;
    list->last = waiter;
}

void waiter_leave(struct scheduler *scheduler, struct list *list, uint32_t waiter)
{
    struct waiter *this = &scheduler->waiters.items[waiter];
    if (this->previous == NO_WAITER)
        list->first = this->next;
    else
        scheduler->waiters.items[this->previous].next = this->next;
    if (this->next == NO_WAITER)
        list->last = this->previous;
    else
        scheduler->waiters.items[this->next].previous = this->previous;
    list->count--;
    this->stand = AT_NOTHING;
}

uint32_t wish_line(struct scheduler *scheduler, const struct amount *amounts, uint32_t count)
{
    uint32_t wish = vectors_add(&scheduler->wishes, amounts, count);
    while (scheduler->wish_lines.count < 2 * scheduler->wishes.count)
        *VEC_PUSH(&scheduler->wish_lines) = (struct line){0};
    return line_of_wish(2 * wish);
}
