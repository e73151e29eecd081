/* The scheduler's question before an attempt: does the task's `if` hold, and what does it ask for?
 * An `if` that calls no status function means success() and (...); one that is false although a
 * need did not succeed did not accept that, so the instance is blocked or cancelled and not
 * skipped. */
#include "plan/build.h"
#include "plan/view.h"

enum verdict verdict_of_false(uint8_t flags)
{
    if (flags & CALLS_SUCCESS)
        return VERDICT_SKIP;
    if (flags & CALLS_FAILURE)
        return VERDICT_BLOCKED;
    return flags & CALLS_CANCELLED ? VERDICT_CANCELLED : VERDICT_BLOCKED;
}

static bool judge(struct view *view, uint8_t flags, uint8_t *ret, struct error *error)
{
    const struct workflow *workflow = view->plan->workflow;
    uint32_t condition = view->task->details->condition;
    bool holds = false;
    bool is_asked = workflow->expressions[condition].calls != 0 || (flags & CALLS_SUCCESS);
    if (is_asked && !view_condition(view, condition, &holds, error))
        return false;
    *ret = holds ? VERDICT_RUN : verdict_of_false(flags);
    return true;
}

bool plan_evaluate(struct plan *plan, uint32_t node, uint32_t attempt, uint8_t flags,
                   const struct results *results, struct evaluated *ret, struct error *error)
{
    const struct rule *rule = plan_rule(plan, node);
    struct evaluated answer = {.verdict = VERDICT_RUN, .vector = rule->vector};
    CLEANUP_VIEW struct view view;
    view_init(&view, plan, plan->task[node], node);
    view.attempt = attempt;
    view.results = results;
    view.flags = flags | CALLS_ALWAYS;
    if (attempt == 1 && (rule->flags & RULE_CONDITION) &&
        !judge(&view, flags, &answer.verdict, error))
        return false;
    if (answer.verdict != VERDICT_RUN)
        answer.vector = 0;
    else if ((rule->flags & RULE_REQUEST) && !request_vector(&view, NULL, &answer.vector, error))
        return false;
    *ret = answer;
    return true;
}
