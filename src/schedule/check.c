/* The laws of the state, by brute force: everything that is kept twice is counted again, and
 * everything that must not be waiting is looked for. Between two inputs all of them hold. */
#include "schedule/sync.h"

static uint32_t *recount_needs(const struct scheduler *scheduler)
{
    const struct plan *plan = scheduler->plan;
    uint32_t *counts = memory_array(scheduler->node_count, sizeof *counts);
    for (uint32_t node = 0; node < scheduler->node_count; node++) {
        if (!plan->is_selected[node] || scheduler->states[node] == STATE_ENDED ||
            daemon_is_ready(scheduler, node))
            continue;
        for (uint32_t i = plan->dependents.first[node]; i < plan->dependents.first[node + 1]; i++)
            counts[plan->dependents.targets[i]]++;
        const struct edge *end, *late = late_edges(scheduler, node, &end);
        for (; late < end; late++)
            counts[late->to]++;
    }
    return counts;
}

static const char *check_needs(const struct scheduler *scheduler)
{
    CLEANUP_FREE uint32_t *counts = recount_needs(scheduler);
    for (uint32_t node = 0; node < scheduler->node_count; node++) {
        if (!scheduler->plan->is_selected[node])
            continue;
        uint8_t state = scheduler->states[node];
        if (scheduler->needs_left[node] != counts[node])
            return "needs_left is not the number of needs that have not ended";
        bool is_gone = (state == STATE_RUN && (scheduler->marks[node] & MARK_GONE) == MARK_GONE) ||
                       gang_member_is_over(scheduler, node);
        const struct course *course = course_of(scheduler, node);
        bool is_under_way = course != NULL && course->has_begun;
        bool is_kept = scheduler->is_resumed && (state == STATE_ENDED || is_gone || is_under_way);
        if (counts[node] > 0 && state != STATE_PENDING && !is_kept)
            return "a node has left PENDING before its needs ended";
        if (scheduler->has_begun && counts[node] == 0 && state == STATE_PENDING)
            return "a node is PENDING without a need";
    }
    return NULL;
}

static const char *check_node(const struct scheduler *scheduler, uint32_t node)
{
    uint8_t state = scheduler->states[node], marks = scheduler->marks[node];
    const struct rule *rule = plan_rule(scheduler->plan, node);
    bool is_being_ended = marks & (MARK_STOPPED | MARK_TIMEOUT);
    const struct course *course = course_of(scheduler, node);
    bool has_begun = course_is_under_way(scheduler, course);
    bool is_at_body = course != NULL && course->is_at_body;
    if ((state == STATE_ENDED) != (scheduler->statuses[node] != STATUS_NONE))
        return "a status without an end, or an end without a status";
    if (state != STATE_PENDING && !scheduler->plan->is_selected[node])
        return "a node that is not selected has moved";
    if ((state == STATE_READY || state == STATE_DELAY) && !policy_lets_start(scheduler, rule))
        return "a node waits to start that may not";
    bool is_concluding = has_begun && course->phase == PHASE_CONCLUDE;
    bool is_over = gang_member_is_over(scheduler, node);
    if (state == STATE_RUN && scheduler->is_killed && !is_being_ended && !is_concluding && !is_over)
        return "a node runs unsignalled after a kill";
    bool is_timed =
        state == STATE_DELAY || ((state == STATE_RUN || is_at_body) && rule->timeout != UNLIMITED &&
                                 !is_being_ended && !is_over);
    if (has_begun)
        is_timed = course->armed != NEVER;
    if ((scheduler->timers[node] & 1) != is_timed)
        return "a timer is armed that nobody waits for, or is not";
    if (marks & MARK_STOPPED && state != STATE_RUN && !is_at_body)
        return "a node is being ended that does not run";
    if (state >= STATE_TOKEN && state <= STATE_SLEEP && !has_begun && !is_at_body)
        return "a node is in a state that has no way in";
    return NULL;
}

static const char *check_counts(const struct scheduler *scheduler)
{
    struct counts counts = {0};
    uint32_t remaining = 0;
    for (uint32_t node = 0; node < scheduler->node_count; node++) {
        const char *wrong = check_node(scheduler, node);
        if (wrong != NULL)
            return wrong;
        if (!scheduler->plan->is_selected[node])
            continue;
        uint8_t state = scheduler->states[node];
        remaining += state != STATE_ENDED;
        bool is_template = scheduler->plan->is_join[node] == JOIN_TEMPLATE;
        if (!plan_is_counted(scheduler->plan, node))
            continue;
        bool is_failure = scheduler->statuses[node] == STATUS_FAILURE;
        counts.running += state == STATE_RUN;
        counts.pending +=
            node_is_counted(scheduler, node) && state != STATE_RUN && state != STATE_ENDED;
        bool is_expanded = is_template && scheduler->marks[node] & MARK_EXPANDED;
        if (state == STATE_ENDED && !is_expanded)
            counts.by_status[scheduler->statuses[node]]++;
        counts.tolerated += is_failure && plan_rule(scheduler->plan, node)->flags & RULE_CONTINUE;
    }
    const struct counts *kept = &scheduler->counts;
    bool is_equal = kept->pending == counts.pending && kept->running == counts.running &&
                    kept->tolerated == counts.tolerated;
    for (int status = 0; status <= STATUS_FAILURE; status++)
        is_equal &= kept->by_status[status] == counts.by_status[status];
    if (!is_equal)
        return "the counts are not those of a recount";
    if (remaining != scheduler->remaining)
        return "remaining is not the number of nodes that have not ended";
    if (scheduler->has_ended != (scheduler->has_begun && remaining == 0))
        return "the run has ended with nodes left, or has not without";
    return NULL;
}

static const char *check_tokens(const struct scheduler *scheduler)
{
    const struct vectors *vectors = &scheduler->plan->vectors;
    CLEANUP_FREE uint64_t *held = memory_array(scheduler->token_count, sizeof *held);
    gangs_add_held(scheduler, held);
    for (uint32_t node = 0; node < scheduler->node_count; node++) {
        const struct course *course = course_of(scheduler, node);
        if (course != NULL && course->has_begun)
            check_add_held(scheduler, course, held);
        if (scheduler->states[node] != STATE_RUN || (course != NULL && course->has_begun))
            continue;
        uint32_t vector = scheduler->vectors[node];
        for (uint32_t i = vectors->first[vector]; i < vectors->first[vector + 1]; i++)
            held[vectors->amounts[i].token] += vectors->amounts[i].amount;
    }
    for (uint32_t token = 0; token < scheduler->token_count; token++) {
        if (held[token] != scheduler->accounts[token].held)
            return "a token is held by nobody, or by somebody who does not run";
        if (scheduler->plan->tokens[token].is_lock && held[token] > 1)
            return "two hold one lock";
        if (scheduler->accounts[token].reserved > 0 && scheduler->reserver == NO_LINE)
            return "a token is reserved for nobody";
    }
    return NULL;
}

/* Each node that waits stands in one line, once, and in its own. */
static const char *check_line(const struct scheduler *scheduler, uint32_t line, uint8_t *seen)
{
    const struct line *this = line_at(scheduler, line);
    uint32_t head = line_is_empty(this) ? NO_NODE : line_head(scheduler, line);
    uint32_t queued = this->queue.count - this->queue_first;
    for (uint32_t i = 0; i < queued + this->heap.count; i++) {
        uint32_t node =
            i < queued ? this->queue.items[this->queue_first + i] : this->heap.items[i - queued];
        if (scheduler->states[node] != STATE_READY || scheduler->vectors[node] != line)
            return "a node stands in a line that is not its own";
        if (seen[node]++)
            return "a node stands in a line twice";
        if (node_is_before(scheduler, node, head))
            return "the head of a line is not the first in order";
    }
    if ((head == NO_NODE) != (this->park == PARK_NONE))
        return "a line is parked that is empty, or is not that is not";
    if (head == NO_NODE)
        return NULL;
    if (this->park == PARK_OPEN)
        return "a line was not looked at";
    uint32_t token = this->park - PARK_TOKENS;
    /* Whoever has a reservation is looked at before all others, wherever it is parked. */
    if (line != scheduler->reserver && this->amount <= token_available(scheduler, token, line))
        return "a line waits for a token that is there";
    if (tokens_lacking(scheduler, line) == NULL)
        return "a line waits and lacks nothing";
    return NULL;
}

static const char *check_lines(const struct scheduler *scheduler)
{
    CLEANUP_FREE uint8_t *seen = memory_array(scheduler->node_count, sizeof *seen);
    for (uint32_t line = 0; line < scheduler->line_count; line++) {
        const char *wrong = check_line(scheduler, line, seen);
        if (wrong != NULL)
            return wrong;
    }
    for (uint32_t i = 0; i < scheduler->wish_lines.count; i++) {
        const char *wrong = check_line(scheduler, line_of_wish(i), seen);
        if (wrong != NULL)
            return wrong;
    }
    for (uint32_t node = 0; node < scheduler->node_count; node++)
        if (scheduler->states[node] == STATE_READY && !seen[node] &&
            !gang_is_waiting(scheduler, node))
            return "a READY node stands in no line";
    if (scheduler->reserver != NO_LINE && line_is_empty(line_at(scheduler, scheduler->reserver)))
        return "an empty line has a reservation";
    return NULL;
}

/* Links, order, weights' heap and least amounts of one line's place in its park. */
static const char *check_park(const struct scheduler *scheduler, uint32_t line)
{
    const struct line *this = line_at(scheduler, line);
    if (this->park == PARK_NONE)
        return NULL;
    uint64_t least = this->amount;
    uint32_t children[] = {this->left, this->right};
    for (int i = 0; i < 2; i++) {
        if (children[i] == NO_LINE)
            continue;
        const struct line *child = line_at(scheduler, children[i]);
        if (child->parent != line || child->park != this->park)
            return "a park's tree is torn";
        bool is_before = line_is_before(scheduler, children[i], line);
        if (is_before != (i == 0))
            return "a park is out of order";
        if (park_weight(children[i]) > park_weight(line))
            return "a park is out of balance";
        if (child->least < least)
            least = child->least;
    }
    if (this->parent == NO_LINE && scheduler->roots[this->park] != line)
        return "a line is parked where nobody finds it";
    return least == this->least ? NULL : "a park's least amount is wrong";
}

/* What does not move by itself must at least be waited for. */
static const char *check_liveness(const struct scheduler *scheduler)
{
    const struct vectors *vectors = &scheduler->plan->vectors;
    bool is_live = !scheduler->has_begun || scheduler->has_ended;
    for (uint32_t node = 0; node < scheduler->node_count && !is_live; node++) {
        uint8_t state = scheduler->states[node];
        is_live = state == STATE_RUN || state == STATE_DELAY || state == STATE_EVALUATE ||
                  (state >= STATE_TOKEN && state <= STATE_SLEEP); /* else it was a deadlock */
        if (state != STATE_READY)
            continue;
        uint32_t vector = scheduler->vectors[node];
        for (uint32_t i = vectors->first[vector]; i < vectors->first[vector + 1]; i++)
            is_live |= vectors->amounts[i].amount >
                       scheduler->accounts[vectors->amounts[i].token].capacity;
    }
    return is_live ? NULL : "nothing moves, and nothing is missing";
}

const char *scheduler_check(const struct scheduler *scheduler)
{
    static const char *(*const checks[])(const struct scheduler *) = {
        check_needs, check_counts, check_tokens,  check_lines,
        check_gangs, check_sync,   check_liveness};
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        const char *wrong = checks[i](scheduler);
        if (wrong != NULL)
            return wrong;
    }
    for (uint32_t line = 0; line < scheduler->line_count; line++) {
        const char *wrong = check_park(scheduler, line);
        if (wrong != NULL)
            return wrong;
    }
    for (uint32_t i = 0; i < scheduler->wish_lines.count; i++) {
        const char *wrong = check_park(scheduler, line_of_wish(i));
        if (wrong != NULL)
            return wrong;
    }
    if (scheduler->is_sweep_due || scheduler->ended.count > 0 || scheduler->released.count > 0)
        return "work was left over for the next input";
    return NULL;
}
