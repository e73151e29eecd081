/* Decides how a deadlock is told. Each that is stuck has a line: what it waits for, where in the
 * file, and who holds it, or who could bring it but waits too. Of many the first are told. */
#include "run/deadlock.h"

#include "run/cause.h"

enum { MOST_TOLD = 20, MOST_NAMES = 4 };

static void write_names(const struct run *run, const char *before, const node_list *nodes,
                        uint32_t but, struct buffer *out)
{
    uint32_t told = 0;
    for (uint32_t i = 0; i < nodes->count; i++) {
        bool is_again = nodes->items[i] == but;
        for (uint32_t j = 0; j < i && !is_again; j++)
            is_again = nodes->items[j] == nodes->items[i];
        if (is_again)
            continue;
        if (told++ == MOST_NAMES) {
            buffer_add_text(out, ", ...");
            return;
        }
        buffer_add_text(out, told == 1 ? before : ", ");
        plan_write_name(run->plan, nodes->items[i], out);
    }
}

/* The role of those for whom a wait at the gate waits. */
static enum use_role role_of(const struct run *run, const struct wait *wait)
{
    const struct plan *plan = run->plan;
    const struct program *program = &plan->programs[plan_rule(plan, wait->node)->program];
    switch (plan->gates[wait->gate].kind) {
    case GATE_BARRIER:
        return USE_BARRIER;
    case GATE_EVENT:
        return USE_SET;
    case GATE_CONDITION:
        return USE_NOTIFY;
    default:
        return wait->operation < program->count &&
                       program->operations[wait->operation].kind == OPERATION_PUT
                   ? USE_GET
                   : USE_PUT;
    }
}

static void write_others(const struct run *run, const struct wait *wait, struct buffer *out)
{
    static const char *const roles[] = {
        [USE_BARRIER] = ", still to come: ",          [USE_SET] = ", which could be set by ",
        [USE_CLEAR] = ", which could be cleared by ", [USE_NOTIFY] = ", which could be told by ",
        [USE_PUT] = ", into which could put ",        [USE_GET] = ", from which could get ",
        [USE_CLOSE] = ", which could be closed by "};
    node_list nodes = {0};
    if (wait->gate != NO_GATE) {
        enum use_role role = role_of(run, wait);
        scheduler_openers(run->scheduler, wait->gate, role, &nodes);
        write_names(run, roles[role], &nodes, wait->node, out);
    } else if (wait->token < run->plan->token_count) {
        scheduler_holders(run->scheduler, wait->token, &nodes);
        write_names(run, ", held by ", &nodes, NO_NODE, out);
    }
    VEC_RELEASE(&nodes);
}

static void write_wait(const struct run *run, const struct wait *wait, struct buffer *out)
{
    buffer_add_byte(out, '\n');
    plan_write_name(run->plan, wait->node, out);
    buffer_add_text(out, wait->request != NO_REQUEST ? " (a command of it) is " : " is ");
    cause_write_wait(run, wait->node, wait->operation, wait->gate, wait->token, out);
    write_others(run, wait, out);
}

void deadlock_write(const struct run *run, struct buffer *out)
{
    wait_list waits = {0};
    uint32_t stuck = 0;
    scheduler_waits(run->scheduler, &waits);
    buffer_add_text(out, "deadlock: these wait for each other, or for what nobody will do");
    for (uint32_t i = 0; i < waits.count; i++)
        if (waits.items[i].is_stuck && stuck++ < MOST_TOLD)
            write_wait(run, &waits.items[i], out);
    if (stuck > MOST_TOLD)
        buffer_printf(out, "\nand %u more", stuck - MOST_TOLD);
    VEC_RELEASE(&waits);
}
