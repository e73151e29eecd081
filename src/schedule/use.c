/* Who may still do what at a gate, counted.
 *
 * An instance is a user from the beginning of the run (or its expansion) until it is behind the
 * last operation of the use for good, where no retry comes back to, or has ended. A template not
 * yet expanded stands for a number that is not known. Of a barrier without a number of its own the
 * parties are all who use it, less those that were skipped, as a whole or at each of the steps. */
#include "schedule/sync.h"

static void review_user(struct scheduler *scheduler, const struct gate_use *use, uint32_t node)
{
    scheduler->sync->gates[use->gate].users[use->role].last = node;
    scheduler->sync->is_suspect = true;
    gate_due(scheduler, use->gate);
}

static bool has_implicit_parties(const struct scheduler *scheduler, const struct gate_use *use)
{
    return use->role == USE_BARRIER && scheduler->plan->gates[use->gate].count == 0;
}

/* An instance more of a queue's matrix comes of an item alone: while there is one in the queue it
 * is not closed anyhow, and the one in the template's hand counts as an instance already. */
bool is_counted_use(const struct scheduler *scheduler, uint32_t node, const struct gate_use *use)
{
    return !node_is_taker(scheduler, node) || use->role != USE_PUT ||
           use->gate != plan_rule(scheduler->plan, node)->gate;
}

static void count_taker(struct scheduler *scheduler, uint32_t node)
{
    struct gate_state *gate = &scheduler->sync->gates[plan_rule(scheduler->plan, node)->gate];
    if (scheduler->states[node] == STATE_ENDED)
        return;
    gate->users[USE_GET].known++;
    gate->users[USE_PUT].known += taker_holds_item(scheduler, node);
}

void uses_count(struct scheduler *scheduler, uint32_t node)
{
    if (node_is_taker(scheduler, node))
        count_taker(scheduler, node);
    if (!plan_is_counted(scheduler->plan, node) || !node_has_program(scheduler, node))
        return;
    const struct program *program = node_program(scheduler, node);
    bool is_template = scheduler->plan->is_join[node] == JOIN_TEMPLATE;
    for (uint32_t i = 0; i < program->use_count; i++) {
        const struct gate_use *use = &program->uses[i];
        struct gate_state *gate = &scheduler->sync->gates[use->gate];
        if (is_template) {
            gate->users[use->role].unknown += is_counted_use(scheduler, node, use);
            continue;
        }
        gate->users[use->role].known++;
        gate->parties += has_implicit_parties(scheduler, use);
    }
}

static uint64_t bit_of(uint32_t use)
{
    return use < 64 ? (uint64_t)1 << use : 0;
}

void uses_touch(struct scheduler *scheduler, struct course *course)
{
    const struct program *program = node_program(scheduler, course->node);
    const struct operation *operation = &program->operations[course->position];
    bool is_body = operation->kind == OPERATION_BODY && operation->flags & OPERATION_USES;
    for (uint32_t i = 0; i < program->use_count && i < 64; i++) {
        const struct gate_use *use = &program->uses[i];
        bool is_in = course->position >= use->first && course->position <= use->last;
        if (use->role == USE_BARRIER && is_in &&
            (is_body || (operation->kind == OPERATION_BARRIER && operation->gate == use->gate)))
            course->touched |= bit_of(i);
    }
}

static void give_up(struct scheduler *scheduler, uint32_t node, const struct gate_use *use,
                    bool is_skipped)
{
    struct gate_state *gate = &scheduler->sync->gates[use->gate];
    gate->users[use->role].known--;
    if (is_skipped && has_implicit_parties(scheduler, use)) {
        gate->parties--;
        *VEC_PUSH(&scheduler->sync->lowered) = (struct lowered){use->gate, node};
    }
    review_user(scheduler, use, node);
}

/* Of a long program most have fewer uses than 64; of the others those count as touched. */
static bool is_untouched(const struct course *course, uint32_t use)
{
    return use < 64 && !(course->touched & bit_of(use));
}

void uses_pass(struct scheduler *scheduler, struct course *course, uint32_t position)
{
    const struct program *program = node_program(scheduler, course->node);
    for (; course->use_first < program->use_count; course->use_first++) {
        const struct gate_use *use = &program->uses[course->use_first];
        if (use->last >= position)
            return;
        give_up(scheduler, course->node, use, is_untouched(course, course->use_first));
    }
}

void uses_end(struct scheduler *scheduler, uint32_t node, enum status status)
{
    if (node_is_taker(scheduler, node)) {
        struct gate_use own = {.gate = plan_rule(scheduler->plan, node)->gate, .role = USE_GET};
        scheduler->sync->gates[own.gate].users[USE_GET].known--;
        review_user(scheduler, &own, node);
    }
    if (!node_has_program(scheduler, node))
        return;
    const struct program *program = node_program(scheduler, node);
    const struct course *course = course_of(scheduler, node);
    bool is_template = scheduler->plan->is_join[node] == JOIN_TEMPLATE;
    for (uint32_t i = course ? course->use_first : 0; i < program->use_count; i++) {
        const struct gate_use *use = &program->uses[i];
        if (is_template) {
            scheduler->sync->gates[use->gate].users[use->role].unknown -=
                is_counted_use(scheduler, node, use);
            review_user(scheduler, use, node);
        } else {
            give_up(scheduler, node, use, status == STATUS_SKIPPED);
        }
    }
}

void uses_again(struct scheduler *scheduler, const struct course *course)
{
    struct sync *sync = scheduler->sync;
    const struct program *program = node_program(scheduler, course->node);
    for (uint32_t i = 0; i < course->use_first; i++)
        sync->gates[program->uses[i].gate].users[program->uses[i].role].known++;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < sync->lowered.count && course->use_first > 0; i++) {
        struct lowered lowered = sync->lowered.items[i];
        if (lowered.node == course->node)
            sync->gates[lowered.gate].parties++;
        else
            sync->lowered.items[kept++] = lowered;
    }
    sync->lowered.count = course->use_first > 0 ? kept : sync->lowered.count;
}

void uses_rest(const struct scheduler *scheduler, struct course *course)
{
    const struct program *program = node_program(scheduler, course->node);
    while (!course->is_seen && course->use_first > 0 &&
           program->uses[course->use_first - 1].last >= course->restart)
        course->touched &= ~bit_of(--course->use_first);
}

/* As a party: it ended, or went on, without having come. */
static bool stays_lowered(const struct scheduler *scheduler, const struct lowered *lowered)
{
    const struct course *course = course_of(scheduler, lowered->node);
    if (course == NULL)
        return scheduler->states[lowered->node] == STATE_ENDED;
    const struct program *program = node_program(scheduler, lowered->node);
    for (uint32_t i = 0; i < course->use_first; i++)
        if (program->uses[i].gate == lowered->gate && program->uses[i].role == USE_BARRIER)
            return true;
    return false;
}

static void clear_counts(struct scheduler *scheduler, uint32_t gate)
{
    struct gate_state *this = &scheduler->sync->gates[gate];
    for (int role = 0; role < ROLES; role++)
        this->users[role].known = this->users[role].unknown = 0;
    this->parties = scheduler->plan->gates[gate].count;
    gate_due(scheduler, gate);
}

/* What it has given up, all of it if it has ended, is none of it to count on. */
static void take_off(struct scheduler *scheduler, uint32_t node)
{
    if (!plan_is_counted(scheduler->plan, node) || !node_has_program(scheduler, node))
        return;
    const struct program *program = node_program(scheduler, node);
    const struct course *course = course_of(scheduler, node);
    bool has_ended = scheduler->states[node] == STATE_ENDED;
    bool is_template = scheduler->plan->is_join[node] == JOIN_TEMPLATE;
    uint32_t end = has_ended ? program->use_count : course != NULL ? course->use_first : 0;
    for (uint32_t i = 0; i < end; i++) {
        struct user_count *users =
            &scheduler->sync->gates[program->uses[i].gate].users[program->uses[i].role];
        if (is_template)
            users->unknown -= is_counted_use(scheduler, node, &program->uses[i]);
        else
            users->known--;
    }
}

void uses_recount(struct scheduler *scheduler)
{
    struct sync *sync = scheduler->sync;
    for (uint32_t gate = 0; gate < sync->gate_count; gate++)
        clear_counts(scheduler, gate);
    for (uint32_t node = 0; node < scheduler->node_count; node++) {
        if (!scheduler->plan->is_selected[node])
            continue;
        uses_count(scheduler, node);
        take_off(scheduler, node);
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < sync->lowered.count; i++) {
        struct lowered lowered = sync->lowered.items[i];
        if (!stays_lowered(scheduler, &lowered))
            continue;
        sync->lowered.items[kept++] = lowered;
        sync->gates[lowered.gate].parties--;
    }
    sync->lowered.count = kept;
}
