/* Gangs: tasks that pipes join start together, with one request, and end, or are tried again, as
 * one set.
 *
 * A member that is READY waits for the others; when all are, the first one stands in line for the
 * request of all, and once that is granted all are launched, in order, by one input. What was
 * granted is held until the last has finished: a member that has finished before the others stays
 * in RUN, and nothing about it is final. So the set keeps outcomes until it is over.
 *
 * The first member that does not succeed decides what becomes of the set, and the others are
 * stopped: a failure is tried again by that member's rule, from the beginning and with all members,
 * or ends all as failures, the others with CAUSE_PEER; a cancel cancels all; if a member was lost,
 * all are. Whatever ends a member that has not begun (skipped, blocked, refused) ends all alike,
 * and if that was a failure, the others with CAUSE_PEER too.
 *
 * Members have no programs; one that waits by a verb keeps the slots of the set. */
#include "schedule/sync.h"

#include <string.h>

enum set_end { SET_WELL, SET_FAILED, SET_CANCELLED, SET_LOST };

void gangs_init(struct scheduler *scheduler)
{
    const struct plan *plan = scheduler->plan;
    if (plan->gang_count <= 1)
        return;
    scheduler->sets = memory_array(plan->gang_count, sizeof *scheduler->sets);
    for (uint32_t i = 1; i < plan->gang_count; i++)
        scheduler->sets[i] =
            (struct set){.culprit = NO_NODE,
                         .is_over = memory_array(plan->gangs[i].count, sizeof(bool)),
                         .outcomes = memory_array(plan->gangs[i].count, sizeof(struct outcome))};
}

void gangs_release(struct scheduler *scheduler)
{
    if (scheduler->sets == NULL)
        return;
    for (uint32_t i = 1; i < scheduler->plan->gang_count; i++) {
        for (uint32_t k = 0; k < scheduler->plan->gangs[i].count; k++)
            memory_free(scheduler->sets[i].outcomes[k].detail);
        memory_free(scheduler->sets[i].outcomes);
        memory_free(scheduler->sets[i].is_over);
    }
    memory_free(scheduler->sets);
}

static const struct gang *gang_of(const struct scheduler *scheduler, uint32_t node)
{
    return &scheduler->plan->gangs[plan_rule(scheduler->plan, node)->gang];
}

static struct set *set_of(const struct scheduler *scheduler, uint32_t node)
{
    return &scheduler->sets[plan_rule(scheduler->plan, node)->gang];
}

static uint32_t index_in(const struct gang *gang, uint32_t node)
{
    uint32_t index = 0;
    while (gang->nodes[index] != node)
        index++;
    return index;
}

bool gang_member_is_over(const struct scheduler *scheduler, uint32_t node)
{
    return node_has_gang(scheduler, node) &&
           set_of(scheduler, node)->is_over[index_in(gang_of(scheduler, node), node)];
}

uint32_t gang_request(const struct scheduler *scheduler, uint32_t node)
{
    return scheduler
        ->vectors[node_has_gang(scheduler, node) ? gang_of(scheduler, node)->nodes[0] : node];
}

uint32_t gang_vector(const struct scheduler *scheduler, uint32_t node)
{
    return set_of(scheduler, node)->is_running ? set_of(scheduler, node)->vector
                                               : scheduler->vectors[node];
}

/* --- the beginning --- */

void gang_ready(struct scheduler *scheduler, uint32_t node)
{
    const struct gang *gang = gang_of(scheduler, node);
    for (uint32_t i = 0; i < gang->count; i++)
        if (scheduler->states[gang->nodes[i]] != STATE_READY)
            return;
    set_of(scheduler, node)->is_in_line = true;
    lines_reach(scheduler, scheduler->vectors[gang->nodes[0]] + 1);
    line_push(scheduler, gang->nodes[0]);
}

void gang_launch(struct scheduler *scheduler, uint32_t first)
{
    const struct gang *gang = gang_of(scheduler, first);
    struct set *set = set_of(scheduler, first);
    set->vector = scheduler->vectors[first];
    set->is_running = true;
    set->is_in_line = false;
    set->culprit = NO_NODE;
    set->end = SET_WELL;
    for (uint32_t i = 0; i < gang->count; i++) {
        scheduler->vectors[gang->nodes[i]] = 0; /* the set holds it */
        node_launch_one(scheduler, gang->nodes[i]);
    }
}

/* --- the end of one --- */

static void stop_others(struct scheduler *scheduler, const struct gang *gang)
{
    for (uint32_t i = 0; i < gang->count; i++) {
        uint32_t node = gang->nodes[i];
        if (node_body_is_live(scheduler, node) &&
            !(scheduler->marks[node] & (MARK_STOPPED | MARK_TIMEOUT)))
            node_signal(scheduler, node, SIGNAL_STOP, MARK_STOPPED);
    }
}

static void keep_outcome(struct scheduler *scheduler, struct outcome *kept)
{
    memory_free(kept->detail);
    *kept = scheduler->in->outcome;
    if (kept->detail != NULL)
        kept->detail = memory_text(kept->detail);
}

static enum set_end end_of_attempt(const struct scheduler *scheduler, uint8_t marks, bool is_stuck)
{
    const struct outcome *outcome = &scheduler->in->outcome;
    if (marks & MARK_TIMEOUT)
        return SET_FAILED;
    if (outcome_is_success(outcome))
        return SET_WELL;
    if (marks & MARK_STOPPED && !is_stuck)
        return SET_CANCELLED;
    return outcome->kind == OUTCOME_LOST ? SET_LOST : SET_FAILED;
}

static void drop_outcome(struct outcome *outcome)
{
    memory_free(outcome->detail);
    *outcome = (struct outcome){0};
}

/* What it printed and used stays. */
static void blame_peer(struct outcome *outcome)
{
    memory_free(outcome->detail);
    outcome->detail = NULL;
    outcome->kind = OUTCOME_STUCK;
    outcome->code = CAUSE_PEER;
}

static void set_fail(struct scheduler *scheduler, const struct gang *gang, struct set *set)
{
    uint32_t culprit = index_in(gang, set->culprit);
    node_end(scheduler, set->culprit, STATUS_FAILURE, &set->outcomes[culprit]);
}

static void set_retry(struct scheduler *scheduler, const struct gang *gang, struct set *set)
{
    const struct rule *rule = plan_rule(scheduler->plan, set->culprit);
    int64_t delay = retry_delay(rule, scheduler->attempts[set->culprit]);
    for (uint32_t i = 0; i < gang->count; i++) {
        uint32_t node = gang->nodes[i];
        bool is_culprit = node == set->culprit;
        scheduler->marks[node] |= MARK_RETRY;
        struct fact *fact = fact_add(scheduler, FACT_FAILED, node);
        fact->is_timeout = scheduler->marks[node] & MARK_TIMEOUT;
        fact->until = time_after(scheduler->in->now, delay);
        fact->outcome = &set->outcomes[i];
        if (!is_culprit)
            blame_peer(&set->outcomes[i]);
    }
    for (uint32_t i = 0; i < gang->count; i++)
        if (gang->nodes[i] == set->culprit && delay > 0)
            node_delay(scheduler, gang->nodes[i]);
        else
            node_request(scheduler, gang->nodes[i]);
}

static bool may_all_start(const struct scheduler *scheduler, const struct gang *gang)
{
    for (uint32_t i = 0; i < gang->count; i++)
        if (!policy_lets_start(scheduler, plan_rule(scheduler->plan, gang->nodes[i])))
            return false;
    return true;
}

static void set_lose(struct scheduler *scheduler, const struct gang *gang)
{
    for (uint32_t i = 0; i < gang->count; i++)
        if (scheduler->states[gang->nodes[i]] != STATE_ENDED)
            node_lose(scheduler, gang->nodes[i]);
}

static void set_over(struct scheduler *scheduler, const struct gang *gang, struct set *set)
{
    const struct rule *rule =
        set->culprit != NO_NODE ? plan_rule(scheduler->plan, set->culprit) : NULL;
    tokens_release(scheduler, set->vector);
    scheduler->vectors[gang->nodes[0]] = set->vector;
    set->is_running = false;
    scheduler->counts.running -= gang->count;
    scheduler->counts.pending += gang->count;
    for (uint32_t i = 0; i < gang->count; i++) {
        set->is_over[i] = false;
        if (gang->nodes[i] != set->culprit)
            scheduler->marks[gang->nodes[i]] &= (uint8_t)~MARK_TIMEOUT;
    }
    if (set->end == SET_LOST)
        set_lose(scheduler, gang);
    else if (set->end != SET_FAILED)
        node_end(scheduler, gang->nodes[0],
                 set->end == SET_WELL ? STATUS_SUCCESS : STATUS_CANCELLED, &set->outcomes[0]);
    else if (may_all_start(scheduler, gang) &&
             retry_is_wanted(rule, scheduler->attempts[set->culprit],
                             &set->outcomes[index_in(gang, set->culprit)],
                             scheduler->marks[set->culprit] & MARK_TIMEOUT))
        set_retry(scheduler, gang, set);
    else
        set_fail(scheduler, gang, set);
}

void gang_finished(struct scheduler *scheduler, uint32_t node, uint8_t marks, bool is_stuck)
{
    const struct gang *gang = gang_of(scheduler, node);
    struct set *set = set_of(scheduler, node);
    uint32_t index = index_in(gang, node);
    bool is_gone = scheduler->in->outcome.kind == OUTCOME_LOST && (marks & MARK_GONE) == MARK_GONE;
    enum set_end end = is_gone ? SET_LOST : end_of_attempt(scheduler, marks, is_stuck);
    keep_outcome(scheduler, &set->outcomes[index]);
    set->is_over[index] = true;
    if (end != SET_WELL && (set->end == SET_WELL || is_gone)) {
        set->end = (uint8_t)end;
        set->culprit = end == SET_FAILED ? node : NO_NODE;
        stop_others(scheduler, gang);
    }
    for (uint32_t i = 0; i < gang->count; i++)
        if (!set->is_over[i])
            return;
    set_over(scheduler, gang, set);
}

/* --- all alike --- */

void gang_ended(struct scheduler *scheduler, uint32_t node, enum status status)
{
    const struct gang *gang = gang_of(scheduler, node);
    struct set *set = set_of(scheduler, node);
    if (set->is_ending)
        return;
    set->is_ending = true;
    for (uint32_t i = 0; i < gang->count; i++) {
        uint32_t other = gang->nodes[i];
        if (other == node || scheduler->states[other] == STATE_ENDED)
            continue;
        bool has_run = scheduler->attempts[other] > 0;
        if (!has_run)
            drop_outcome(&set->outcomes[i]);
        if (status == STATUS_FAILURE && other != set->culprit) {
            scheduler->marks[other] &= (uint8_t)~MARK_TIMEOUT;
            blame_peer(&set->outcomes[i]);
        }
        node_end(scheduler, other, status,
                 has_run || status == STATUS_FAILURE ? &set->outcomes[i] : NULL);
    }
    set->is_ending = set->is_in_line = false;
}

/* --- resume --- */

bool gang_is_kept(const struct scheduler *scheduler, uint32_t node,
                  bool (*is_kept)(const struct scheduler *, uint32_t))
{
    const struct gang *gang = gang_of(scheduler, node);
    for (uint32_t i = 0; i < gang->count; i++)
        if (scheduler->states[gang->nodes[i]] != STATE_ENDED || !is_kept(scheduler, gang->nodes[i]))
            return false;
    return true;
}

void gang_reopened(struct scheduler *scheduler, uint32_t node)
{
    set_of(scheduler, node)->is_in_line = false;
}

/* A success of another run counts when it is that of all. */
void gang_kept(struct scheduler *scheduler, uint32_t node)
{
    const struct gang *gang = gang_of(scheduler, node);
    struct set *set = set_of(scheduler, node);
    uint32_t index = index_in(gang, node);
    keep_outcome(scheduler, &set->outcomes[index]);
    scheduler->attempts[node] = scheduler->in->attempt;
    set->is_over[index] = true;
    for (uint32_t i = 0; i < gang->count; i++)
        if (!set->is_over[i])
            return;
    memset(set->is_over, 0, gang->count * sizeof *set->is_over);
    node_end(scheduler, gang->nodes[0], STATUS_SUCCESS, &set->outcomes[0]);
}

void gangs_begin(struct scheduler *scheduler)
{
    const struct plan *plan = scheduler->plan;
    for (uint32_t i = 1; scheduler->sets != NULL && i < plan->gang_count; i++)
        for (uint32_t k = 0; k < plan->gangs[i].count; k++)
            if (scheduler->sets[i].is_over[k]) {
                scheduler->sets[i].is_over[k] = false;
                scheduler->attempts[plan->gangs[i].nodes[k]] = 0;
            }
}

/* Are these all who have not finished, so that what the set holds comes back? */
bool gang_is_released_by(const struct scheduler *scheduler, uint32_t node, const bool *is_live)
{
    const struct gang *gang = gang_of(scheduler, node);
    const struct set *set = set_of(scheduler, node);
    for (uint32_t i = 0; i < gang->count; i++)
        if (!set->is_over[i] && !is_live[gang->nodes[i]])
            return false;
    return set->is_running;
}

/* --- the laws --- */

void gangs_add_held(const struct scheduler *scheduler, uint64_t *held)
{
    for (uint32_t i = 1; scheduler->sets != NULL && i < scheduler->plan->gang_count; i++) {
        const struct set *set = &scheduler->sets[i];
        if (!set->is_running)
            continue;
        const struct amount *end = amounts_end(scheduler, set->vector);
        for (const struct amount *k = amounts_begin(scheduler, set->vector); k < end; k++)
            held[k->token] += k->amount;
    }
}

bool gang_is_waiting(const struct scheduler *scheduler, uint32_t node)
{
    return node_has_gang(scheduler, node) &&
           (!set_of(scheduler, node)->is_in_line || gang_of(scheduler, node)->nodes[0] != node);
}

static const char *check_gang(const struct scheduler *scheduler, const struct gang *gang,
                              const struct set *set)
{
    uint32_t ended = 0, ready = 0, live = 0, over = 0;
    for (uint32_t i = 0; i < gang->count; i++) {
        uint32_t node = gang->nodes[i];
        ended += scheduler->states[node] == STATE_ENDED;
        ready += scheduler->states[node] == STATE_READY;
        live += node_body_is_live(scheduler, node);
        over += set->is_over[i];
        if (scheduler->statuses[node] != scheduler->statuses[gang->nodes[0]])
            return "members of a gang have not ended alike";
        if (set->is_running && scheduler->attempts[node] != scheduler->attempts[gang->nodes[0]])
            return "members of a gang are in different attempts";
    }
    if (ended != 0 && ended != gang->count)
        return "a part of a gang has ended";
    if (set->is_running != (live > 0) || (live > 0 && live + over != gang->count))
        return "a part of a gang runs";
    if (set->is_in_line != (ready == gang->count))
        return "a gang that is ready stands in no line, or one does that is not";
    return NULL;
}

const char *check_gangs(const struct scheduler *scheduler)
{
    const char *wrong = NULL;
    for (uint32_t i = 1; scheduler->sets != NULL && i < scheduler->plan->gang_count && !wrong; i++)
        if (scheduler->plan->is_selected[scheduler->plan->gangs[i].nodes[0]])
            wrong = check_gang(scheduler, &scheduler->plan->gangs[i], &scheduler->sets[i]);
    return wrong;
}
