/* The laws of what synchronises, by brute force; see check.c. */
#include "schedule/sync.h"

/* --- tokens --- */

static void add_line(const struct scheduler *scheduler, uint32_t line, uint8_t but, uint64_t *held)
{
    const struct amount *end = amounts_end(scheduler, line);
    for (const struct amount *i = amounts_begin(scheduler, line); i < end; i++)
        if (scheduler->plan->tokens[i->token].kind != but)
            held[i->token] += i->amount;
}

enum { BUT_NONE = UINT8_MAX };

void check_add_held(const struct scheduler *scheduler, const struct course *course, uint64_t *held)
{
    if (course->has_begun)
        add_line(scheduler, scheduler->vectors[course->node], TOKEN_RUNNING, held);
    if (course->has_running)
        add_line(scheduler, course->running, BUT_NONE, held);
    for (uint32_t i = course->holds; i != NO_HOLD; i = scheduler->sync->holds.items[i].below)
        add_line(scheduler, scheduler->sync->holds.items[i].line, BUT_NONE, held);
    if (course->given_back != NO_TOKEN)
        held[course->given_back]--;
    for (uint32_t i = course->requests; i != NO_REQUEST;
         i = scheduler->sync->requests.items[i].previous) {
        const struct asking *asking = &scheduler->sync->requests.items[i];
        bool is_take = asking->verb == VERB_TAKE || asking->verb == VERB_ACQUIRE;
        bool has_it = asking->phase == REQUEST_LEASE ||
                      (asking->phase == REQUEST_DONE && asking->code == REPLY_DONE);
        if (is_take && has_it)
            add_line(scheduler, asking->line, BUT_NONE, held);
        if (asking->given_back != NO_TOKEN)
            held[asking->given_back]--;
    }
}

/* --- courses --- */

static const char *check_stand(const struct scheduler *scheduler, const struct course *course)
{
    const struct waiter *waiter = &scheduler->waiters.items[course->waiter];
    uint8_t state = scheduler->states[course->node];
    bool is_in_line = state == STATE_TOKEN || state == STATE_REGAIN;
    if (course->is_at_body)
        return NULL;
    if (is_in_line != (waiter->stand == AT_LINE))
        return "a course stands in no line though it waits, or in one though it does not";
    if ((state == STATE_GATE) != (waiter->stand == AT_GATE))
        return "a course stands at no gate though it waits, or at one though it does not";
    return NULL;
}

static const char *check_course(const struct scheduler *scheduler, const struct course *course)
{
    uint8_t state = scheduler->states[course->node];
    bool is_waiting = state >= STATE_TOKEN && state <= STATE_SLEEP;
    if (course->is_due)
        return "a course is left on the agenda";
    bool holds_running =
        amounts_begin(scheduler, course->running) < amounts_end(scheduler, course->running);
    if (is_waiting && course->has_running && holds_running)
        return "running tokens are held by one that waits";
    bool has_state = state == STATE_RUN || state == STATE_EVALUATE || is_waiting;
    if (course->has_begun && !has_state)
        return "an attempt that has begun is in a state of none";
    bool is_idle = course->holds == NO_HOLD && !course->has_running &&
                   course->given_back == NO_TOKEN && course->requests == NO_REQUEST;
    if (!course->has_begun && (is_waiting || !is_idle))
        return "a node holds something between its attempts, or waits";
    bool is_working = course->phase == PHASE_BODY || course->phase == PHASE_CONCLUDE;
    if (course->has_begun && (state == STATE_RUN) && !is_working)
        return "a course runs without a body or a conclusion";
    if (course->phase == PHASE_BODY && state == STATE_RUN && !course->has_running)
        return "a body runs without its running tokens";
    return course->has_begun ? check_stand(scheduler, course) : NULL;
}

/* --- requests --- */

static bool is_waiting(const struct asking *asking)
{
    return asking->phase == REQUEST_WAITS ||
           (asking->phase == REQUEST_RETAKES && !asking->is_withdrawn);
}

static bool waits_below(const struct scheduler *scheduler, const struct course *course,
                        uint32_t lease)
{
    const struct asking *requests = scheduler->sync->requests.items;
    for (uint32_t i = course->requests; i != NO_REQUEST; i = requests[i].previous)
        for (uint32_t k = requests[i].parent; is_waiting(&requests[i]) && k != NO_REQUEST;
             k = requests[k].parent)
            if (k == lease)
                return true;
    return false;
}

static const char *check_requests(const struct scheduler *scheduler, const struct course *course)
{
    uint32_t waiting = 0, busy = 0, replies = 0;
    for (uint32_t i = course->requests; i != NO_REQUEST;) {
        const struct asking *asking = &scheduler->sync->requests.items[i];
        const struct waiter *waiter = &scheduler->waiters.items[asking->waiter];
        waiting += is_waiting(asking);
        replies += asking->phase == REQUEST_DONE;
        busy += asking->verb == VERB_TAKE && asking->phase == REQUEST_LEASE &&
                !waits_below(scheduler, course, i);
        bool stands = asking->phase == REQUEST_WAITS || asking->phase == REQUEST_RETAKES;
        if (asking->node != course->node || waiter->request != i)
            return "a request is another node's";
        if (stands != (waiter->stand != AT_NOTHING))
            return "a request waits nowhere, or stands somewhere though it does not wait";
        i = asking->previous;
    }
    if (waiting != course->waiting || busy != course->busy || replies != course->replies)
        return "the counts of a body's requests are not those of a recount";
    if (!course->is_at_body && course->requests != NO_REQUEST)
        return "a request has outlived its body";
    uint8_t state = scheduler->states[course->node];
    bool works = replies > 0 || busy > 0 || waiting == 0;
    if (course->is_at_body && works != (state == STATE_RUN || state == STATE_REGAIN))
        return "a body runs that waits, or waits though it does not";
    return state == STATE_RUN && replies > 0 ? "a reply is left to be given" : NULL;
}

/* --- gates --- */

static const char *check_list(const struct scheduler *scheduler, const struct list *list,
                              enum stand stand, uint32_t at)
{
    uint32_t count = 0, previous = NO_WAITER;
    uint64_t arrival = 0;
    for (uint32_t i = count < list->count ? list->first : NO_WAITER; i != NO_WAITER;
         i = scheduler->waiters.items[i].next) {
        const struct waiter *waiter = &scheduler->waiters.items[i];
        if (waiter->stand != stand || waiter->at != at || waiter->previous != previous)
            return "a list of waiters is torn";
        if (waiter->arrival <= arrival)
            return "a list of waiters is not in the order of their coming";
        arrival = waiter->arrival;
        previous = i;
        count++;
    }
    return count == list->count ? NULL : "a list of waiters has another length than it says";
}

static const char *check_begun_line(const struct scheduler *scheduler, uint32_t line)
{
    const struct line *this = line_at(scheduler, line);
    const char *wrong = check_list(scheduler, &this->waiters, AT_LINE, line);
    return wrong;
}

static void recount_node(const struct scheduler *scheduler, uint32_t node,
                         struct user_count (*counts)[ROLES])
{
    const struct plan *plan = scheduler->plan;
    if (plan->is_selected[node] && node_is_taker(scheduler, node) &&
        scheduler->states[node] != STATE_ENDED) {
        counts[plan_rule(plan, node)->gate][USE_GET].known++;
        counts[plan_rule(plan, node)->gate][USE_PUT].known += taker_holds_item(scheduler, node);
    }
    if (!plan->is_selected[node] || !plan_is_counted(plan, node) ||
        !node_has_program(scheduler, node) || scheduler->states[node] == STATE_ENDED)
        return;
    const struct course *course = course_of(scheduler, node);
    const struct program *program = node_program(scheduler, node);
    for (uint32_t i = course ? course->use_first : 0; i < program->use_count; i++) {
        struct user_count *count = &counts[program->uses[i].gate][program->uses[i].role];
        if (plan->is_join[node] == JOIN_TEMPLATE)
            count->unknown += is_counted_use(scheduler, node, &program->uses[i]);
        else
            count->known++;
    }
}

static const char *check_users(const struct scheduler *scheduler)
{
    uint32_t gates = scheduler->sync->gate_count;
    struct user_count(*counts)[ROLES] = memory_array(gates, sizeof *counts);
    for (uint32_t node = 0; node < scheduler->node_count; node++)
        recount_node(scheduler, node, counts);
    const char *wrong = NULL;
    for (uint32_t gate = 0; gate < gates; gate++)
        for (int role = 0; role < ROLES; role++) {
            const struct user_count *kept = &scheduler->sync->gates[gate].users[role];
            if (kept->known != counts[gate][role].known ||
                kept->unknown != counts[gate][role].unknown)
                wrong = "the users of a gate are not those of a recount";
        }
    memory_free(counts);
    return wrong;
}

/* Nobody waits for what is there, or for what nobody is left to do. */
static const char *check_gate(const struct scheduler *scheduler, uint32_t gate)
{
    const struct gate_state *this = &scheduler->sync->gates[gate];
    uint32_t coming = this->lists[SIDE_COME].count, putting = this->lists[SIDE_PUT].count;
    uint32_t length = this->items.count - this->items_first;
    uint32_t most = scheduler->plan->gates[gate].count;
    switch (scheduler->plan->gates[gate].kind) {
    case GATE_BARRIER:
        if (coming > 0 && coming >= this->parties && this->users[USE_BARRIER].unknown == 0)
            return "a barrier is closed though all its parties are there";
        return coming > 0 && is_orphan(this, USE_BARRIER, this->parties)
                   ? "a barrier is waited at that cannot open"
                   : NULL;
    case GATE_EVENT:
        if (coming > 0 && this->is_set)
            return "an event is waited for that is set";
        return coming > 0 && is_orphan(this, USE_SET, 1) ? "an event is waited for in vain" : NULL;
    case GATE_CONDITION:
        return coming > 0 && is_orphan(this, USE_NOTIFY, 1) ? "a condition is waited for in vain"
                                                            : NULL;
    default:
        if (coming > 0 && (length > 0 || this->is_closed || is_orphan(this, USE_PUT, 1)))
            return "a queue is waited at by one who could get, or never will";
        if (putting > 0 && (this->is_closed || is_orphan(this, USE_GET, 1)))
            return "a queue is waited at by one who never will put";
        return putting > 0 && (most == 0 || length < most) ? "a queue with room is waited at"
                                                           : NULL;
    }
}

const char *check_sync(const struct scheduler *scheduler)
{
    const struct sync *sync = scheduler->sync;
    const char *wrong = NULL;
    for (uint32_t i = 0; i < scheduler->wish_lines.count && wrong == NULL; i++)
        if (line_is_begun(line_of_wish(i)))
            wrong = check_begun_line(scheduler, line_of_wish(i));
    if (sync == NULL || wrong != NULL)
        return wrong;
    if (sync->agenda.count > 0 || sync->gate_agenda.count > 0)
        return "an agenda was left over for the next input";
    for (uint32_t i = 0; i < sync->courses.count && wrong == NULL; i++)
        if (sync->courses.items[i].node != NO_NODE) {
            wrong = check_course(scheduler, &sync->courses.items[i]);
            if (wrong == NULL)
                wrong = check_requests(scheduler, &sync->courses.items[i]);
        }
    for (uint32_t gate = 0; gate < sync->gate_count && wrong == NULL; gate++) {
        for (uint32_t side = 0; side < SIDES && wrong == NULL; side++)
            wrong = check_list(scheduler, &sync->gates[gate].lists[side], AT_GATE, gate);
        if (wrong == NULL)
            wrong = check_gate(scheduler, gate);
    }
    return wrong != NULL ? wrong : check_users(scheduler);
}
