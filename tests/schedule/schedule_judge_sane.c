/* Sane plans: where all are, once an input is settled; see schedule_judge.h. Everybody passes every
 * operation once, so what was passed can be counted. */
#include "schedule/schedule_judge_parts.h"

/* How many operations of this kind at the gate it has passed. */
static uint32_t passed(const struct judge *judge, uint32_t node, enum operation_kind kind,
                       uint32_t gate)
{
    const struct judge_node *this = &judge->nodes[node];
    const struct program *program = judge_program(judge, node);
    if (program == NULL)
        return 0;
    bool is_known = this->last > 0 && this->at != NO_OPERATION;
    uint32_t end = this->is_through ? program->count : is_known ? this->at : 0, count = 0;
    for (uint32_t i = 0; i < end; i++)
        count += program->operations[i].kind == kind && program->operations[i].gate == gate;
    return count;
}

/* Has it come there, and not gone on? One that is being ended may wait for a slot, to conclude, and
 * is said to wait where it stood. */
static bool stands_at(const struct judge *judge, uint32_t node, enum operation_kind kind,
                      uint32_t gate)
{
    return judge->nodes[node].place == PLACE_WAITS && judge_is_at(judge, node, kind) &&
           judge_operation(judge, node)->gate == gate;
}

static bool waits_at(const struct judge *judge, uint32_t node, enum operation_kind kind,
                     uint32_t gate)
{
    return stands_at(judge, node, kind, gate) && !judge->is_ending;
}

/* Generations never mix: nobody has passed more often than all have come. */
static void judge_barrier(struct judge *judge, uint32_t gate, uint32_t first, uint32_t end)
{
    uint32_t arrived = UINT32_MAX;
    for (uint32_t node = first; node < end; node++) {
        uint32_t count = passed(judge, node, OPERATION_BARRIER, gate) +
                         stands_at(judge, node, OPERATION_BARRIER, gate);
        arrived = count < arrived ? count : arrived;
    }
    for (uint32_t node = first; node < end; node++) {
        uint32_t count = passed(judge, node, OPERATION_BARRIER, gate);
        judge_rule(judge, count <= arrived, "a barrier was passed before all had come");
        judge_rule(judge, count == arrived || !waits_at(judge, node, OPERATION_BARRIER, gate),
                   "a barrier let some go and not all");
    }
}

/* Set by the first, for ever. */
static void judge_event(struct judge *judge, uint32_t gate, uint32_t first, uint32_t end)
{
    bool is_set = passed(judge, first, OPERATION_SET, gate) > 0;
    for (uint32_t node = first + 1; node < end; node++) {
        judge_rule(judge, is_set || passed(judge, node, OPERATION_WAIT, gate) == 0,
                   "a clear event was passed");
        judge_rule(judge, !is_set || !waits_at(judge, node, OPERATION_WAIT, gate),
                   "a set event is waited for");
    }
}

static void judge_gate(struct judge *judge, uint32_t gate, uint32_t first, uint32_t end)
{
    if (judge->plan->gates[gate].kind == GATE_BARRIER)
        judge_barrier(judge, gate, first, end);
    else if (judge->plan->gates[gate].kind == GATE_EVENT)
        judge_event(judge, gate, first, end);
}

/* By those alone who put and get in a program. */
static void judge_queue(struct judge *judge, const struct scheduler *scheduler, uint32_t gate)
{
    uint32_t most = judge->plan->gates[gate].count, put = 0, got = 0;
    bool is_putting = false, is_getting = false, is_taken = false;
    for (uint32_t node = 0; node < judge->plan->node_count; node++)
        is_taken |= plan_rule(judge->plan, node)->gate == gate;
    for (uint32_t node = 0; node < judge->main_count; node++) {
        put += passed(judge, node, OPERATION_PUT, gate);
        got += passed(judge, node, OPERATION_GET, gate);
        is_putting |= waits_at(judge, node, OPERATION_PUT, gate);
        is_getting |= waits_at(judge, node, OPERATION_GET, gate);
    }
    if (is_taken)
        return;
    judge_rule(judge, got <= put, "more was got from a queue than was put");
    judge_rule(judge, most == 0 || put - got <= most, "a queue holds more than its bound");
    judge_rule(judge, scheduler_queue_length(scheduler, gate) == put - got,
               "items were put twice, or are lost");
    judge_rule(judge, !is_putting || put - got == most, "a put waits at a queue with room");
    judge_rule(judge, !is_getting || put == got, "a get waits at a queue with items");
}

void judge_sane(struct judge *judge, const struct scheduler *scheduler)
{
    for (uint32_t gate = 0; gate < judge->plan->gate_count; gate++) {
        judge_gate(judge, gate, 0, judge->main_count);
        if (judge->last_count > 0)
            judge_gate(judge, gate, judge->last_first, judge->last_first + judge->last_count);
        if (judge->plan->gates[gate].kind == GATE_QUEUE)
            judge_queue(judge, scheduler, gate);
    }
}
