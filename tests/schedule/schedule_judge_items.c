/* The laws of queues: no item is got twice or lost, none out of order, and none beyond the bound;
 * see schedule_judge.h.
 *
 * Somebody may have an item in his hand that no action tells of: a verb whose answer has not been
 * given, a template that asks for its instance. Such a hand may give it back, as the first. */
#include "schedule/schedule_judge_parts.h"

static struct judge_item *find(struct judge *judge, uint32_t item)
{
    return item < JUDGE_ITEMS ? &judge->items[item] : NULL;
}

void judge_item_offered(struct judge *judge, uint32_t item, uint32_t gate)
{
    struct judge_item *this = find(judge, item);
    if (this == NULL)
        return;
    *this = (struct judge_item){gate, ITEM_OFFERED, judge->events, 0};
    if (item >= judge->item_count)
        judge->item_count = item + 1;
}

void judge_item_put(struct judge *judge, uint32_t item)
{
    struct judge_item *this = find(judge, item);
    if (this == NULL || this->state != ITEM_OFFERED)
        return;
    this->state = ITEM_PUT;
    this->put = judge->events;
}

static uint32_t hands(const struct judge *judge, uint32_t gate)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < JUDGE_REQUESTS; i++)
        count += judge->requests[i].is_awaited && judge->requests[i].verb == VERB_GET &&
                 judge->requests[i].gate == gate;
    for (uint32_t node = 0; node < judge->plan->node_count; node++)
        count += judge->plan->is_join[node] == JOIN_TEMPLATE &&
                 plan_rule(judge->plan, node)->gate == gate;
    return count;
}

/* The first of those that were put is got before what came after it, but for one in a hand. */
static void judge_order(struct judge *judge, const struct judge_item *got)
{
    if (judge->has_hands[got->gate])
        return;
    for (uint32_t i = 0; i < judge->item_count; i++) {
        const struct judge_item *other = &judge->items[i];
        judge_rule(judge,
                   other->state != ITEM_PUT || other->gate != got->gate ||
                       other->put >= got->offered,
                   "a queue's items are not got in the order of their coming");
    }
}

void judge_item_got(struct judge *judge, uint32_t item, uint32_t gate)
{
    struct judge_item *this = find(judge, item);
    if (this == NULL)
        return;
    judge_rule(judge, this->state != ITEM_NONE, "an item is got that nobody put");
    judge_rule(judge, this->state != ITEM_GOT, "an item is got twice");
    judge_rule(judge, this->gate == gate, "an item is got from another queue");
    this->state = ITEM_GOT;
    judge_order(judge, this);
}

static bool is_of_finally(const struct judge *judge, uint32_t gate)
{
    for (uint32_t node = 0; node < judge->plan->node_count; node++) {
        const struct program *program = judge_program(judge, node);
        if (!(plan_rule(judge->plan, node)->flags & RULE_FINALLY) || program == NULL)
            continue;
        for (uint32_t i = 0; i < program->count; i++)
            if (program->operations[i].gate == gate)
                return true;
        for (uint32_t i = 0; i < program->use_count; i++)
            if (program->uses[i].gate == gate)
                return true;
    }
    return false;
}

void judge_items_resumed(struct judge *judge)
{
    for (uint32_t i = 0; i < judge->item_count; i++)
        if (judge->items[i].state == ITEM_PUT && is_of_finally(judge, judge->items[i].gate))
            judge->items[i].state = ITEM_OFFERED;
}

static void judge_queue(struct judge *judge, const struct scheduler *scheduler, uint32_t gate)
{
    uint32_t length = scheduler_queue_length(scheduler, gate), put = 0, offered = 0;
    uint32_t most = judge->plan->gates[gate].count, in_hands = hands(judge, gate);
    for (uint32_t i = 0; i < judge->item_count; i++) {
        const struct judge_item *item = &judge->items[i];
        put += item->state == ITEM_PUT && item->gate == gate;
        offered += item->state == ITEM_OFFERED && item->gate == gate;
    }
    judge->has_hands[gate] |= in_hands > 0;
    judge_rule(judge, length <= put + offered, "a queue has items that nobody put");
    judge_rule(judge, length + in_hands >= put, "an item is lost");
    judge_rule(judge, most == 0 || length <= most || judge->has_hands[gate],
               "a queue holds more than its bound");
}

void judge_items(struct judge *judge, const struct scheduler *scheduler)
{
    for (uint32_t gate = 0; gate < judge->plan->gate_count; gate++)
        if (judge->plan->gates[gate].kind == GATE_QUEUE)
            judge_queue(judge, scheduler, gate);
}
