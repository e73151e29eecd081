/* See trail.h. Positions only grow within an attempt, so whatever stands behind an operation that
 * is begun is of an earlier attempt, and void. */
#include "run/trail.h"

#include <stdlib.h>

#include "base/memory.h"
#include "run/items.h"

bool trail_is_needed(const struct run *run, uint32_t node)
{
    return run->plan->program_count > 1 && plan_rule(run->plan, node)->program != NO_PROGRAM;
}

struct trail *trail_of(struct run *run, uint32_t node)
{
    struct trail *trail = sparse_get(&run->trails, node);
    if (trail == NULL) {
        trail = memory_new(sizeof *trail);
        trail->live = NO_OPERATION;
        sparse_set(&run->trails, node, trail);
    }
    return trail;
}

static void begin_attempt(struct trail *trail, uint32_t attempt)
{
    if (trail->attempt == attempt)
        return;
    free(trail->last.detail);
    trail->attempt = attempt;
    trail->has_body = trail->is_timeout = false;
    trail->last = trail->total = (struct outcome){0};
}

/* From this operation on nothing was passed. */
static void go_back(struct trail *trail, uint32_t operation)
{
    while (trail->passed.count > 0 &&
           trail->passed.items[trail->passed.count - 1].operation >= operation)
        trail->passed.count--;
}

static struct passed *pass(struct trail *trail, uint32_t operation)
{
    go_back(trail, operation);
    struct passed *passed = VEC_PUSH(&trail->passed);
    *passed = (struct passed){.operation = operation, .item = NO_ITEM};
    return passed;
}

static void set_last(struct trail *trail, const struct outcome *outcome)
{
    char *detail = outcome->detail != NULL ? memory_text(outcome->detail) : NULL;
    free(trail->last.detail);
    trail->last = *outcome;
    trail->last.detail = detail;
}

static void add_log(struct extent *total, const struct extent *log)
{
    if (log->length == 0)
        return;
    uint64_t end = log->offset + log->length;
    if (total->length == 0)
        total->offset = log->offset;
    if (end > total->offset + total->length)
        total->length = end - total->offset;
}

static void body_ended(struct trail *trail, const struct input *in)
{
    const struct outcome *outcome = &in->outcome;
    struct outcome *total = &trail->total;
    trail->live = NO_OPERATION;
    set_last(trail, outcome);
    add_log(&total->log, &outcome->log);
    total->user_time += outcome->user_time;
    total->system_time += outcome->system_time;
    if (outcome->memory > total->memory)
        total->memory = outcome->memory;
    if (outcome->kind == OUTCOME_LOST)
        return;
    struct passed *passed = pass(trail, in->operation);
    passed->values[0] = outcome->values[0];
    passed->values[1] = outcome->values[1];
    passed->outputs = outcome->outputs;
    passed->result = outcome->result;
}

void trail_note_input(struct run *run, const struct input *in)
{
    bool is_end = in->kind == INPUT_FINISHED, is_answer = in->kind == INPUT_EVALUATED;
    if ((!is_end && !is_answer) || in->operation == NO_OPERATION || !trail_is_needed(run, in->node))
        return;
    struct trail *trail = trail_of(run, in->node);
    begin_attempt(trail, in->attempt);
    if (is_end && in->operation == OPERATION_END) {
        trail->live = NO_OPERATION;
    } else if (is_end) {
        body_ended(trail, in);
    } else if (in->is_invalid) {
        set_last(trail, &in->outcome);
    } else if (in->verdict != VERDICT_RUN) {
        go_back(trail, in->operation);
    }
}

void trail_note_action(struct run *run, const struct action *action)
{
    bool is_launch = action->kind == ACTION_LAUNCH, is_end = action->kind == ACTION_CONCLUDE;
    if ((!is_launch && !is_end && action->kind != ACTION_BIND) ||
        !trail_is_needed(run, action->node))
        return;
    struct trail *trail = trail_of(run, action->node);
    if (action->kind == ACTION_BIND) {
        struct passed *passed = pass(trail, action->operation);
        passed->item = action->item;
        passed->is_nothing = action->item == NO_ITEM;
        return;
    }
    begin_attempt(trail, action->attempt);
    trail->live = is_end ? OPERATION_END : action->operation;
    if (is_end)
        return;
    trail->has_body = true;
    go_back(trail, action->operation);
}

static void forget(struct run *run, uint32_t node)
{
    struct trail *trail = sparse_get(&run->trails, node);
    if (trail == NULL)
        return;
    free(trail->last.detail);
    VEC_RELEASE(&trail->passed);
    free(trail);
    sparse_set(&run->trails, node, NULL);
}

static void forget_finally(struct run *run)
{
    for (uint32_t node = 0; (node = sparse_next(&run->trails, node)) != SPARSE_END; node++)
        if (plan_rule(run->plan, node)->flags & RULE_FINALLY)
            forget(run, node);
}

/* The attempt is over; what it has passed is kept for a resume. */
static void rest(struct run *run, uint32_t node)
{
    struct trail *trail = sparse_get(&run->trails, node);
    if (trail == NULL)
        return;
    begin_attempt(trail, 0);
    trail->live = NO_OPERATION;
}

void trail_note_fact(struct run *run, const struct fact *fact)
{
    bool is_over = fact->status == STATUS_SUCCESS || fact->is_tolerated;
    if (fact->kind == FACT_RESUMED)
        forget_finally(run);
    else if (fact->kind == FACT_ENDED && is_over)
        forget(run, fact->node);
    else if (fact->kind == FACT_REOPENED && fact->operation == NO_OPERATION)
        forget(run, fact->node);
    else if (fact->kind == FACT_ENDED || fact->kind == FACT_REOPENED)
        rest(run, fact->node);
}

void trails_release(struct run *run)
{
    for (uint32_t node = 0; (node = sparse_next(&run->trails, node)) != SPARSE_END; node++)
        forget(run, node);
    sparse_release(&run->trails);
}

json_t *trail_bound(struct run *run, uint32_t node, uint32_t operation)
{
    const struct trail *trail = sparse_get(&run->trails, node);
    if (trail == NULL || run->folder == NULL)
        return NULL;
    for (uint32_t i = 0; i < trail->passed.count; i++) {
        const struct passed *passed = &trail->passed.items[i];
        if (passed->operation != operation)
            continue;
        if (passed->is_nothing)
            return json_null();
        if (passed->item != NO_ITEM)
            return items_get(run, passed->item, NULL);
        if (!plan_is_call(run->plan, node, operation))
            return results_text(run, &passed->values[0]);
        json_t *result = results_json(run, &passed->result);
        return result != NULL ? result : json_null();
    }
    return NULL;
}
