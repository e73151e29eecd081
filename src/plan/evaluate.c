/* The scheduler's questions. Before an attempt: does the task's `if` hold, and what does it ask
 * for? An `if` that calls no status function means success() and (...); one that is false although
 * a need did not succeed did not accept that, so the instance is blocked or cancelled and not
 * skipped. Before an operation: the same of its step, whose `if` may only skip it. */
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

/* What the step itself says is asked when its `if` holds. */
static bool answer_step(struct view *view, const struct operation *operation,
                        struct evaluated *answer, struct error *error)
{
    const struct step *step = operation->step;
    bool holds = false;
    switch (operation->kind) {
    case OPERATION_ENTER:
        return operation->vector != NO_VECTOR ||
               holds_vector(view, step->holds, step->hold_count, &answer->vector, error);
    case OPERATION_SLEEP:
        return view_duration(view, &step->duration, &answer->duration, error);
    case OPERATION_PUT:
        answer->value = view_spec(view, &step->value, error);
        return answer->value != NULL;
    case OPERATION_CONDITION_WAIT:
        if (step->until != NO_EXPRESSION && !view_condition(view, step->until, &holds, error))
            return false;
        answer->verdict = holds ? VERDICT_SKIP : VERDICT_RUN;
        return true;
    default:
        return true;
    }
}

bool plan_evaluate_operation(struct plan *plan, uint32_t node, uint32_t attempt, uint32_t operation,
                             const struct results *results, struct evaluated *ret,
                             struct error *error)
{
    const struct operation *the =
        &plan->programs[plan_rule(plan, node)->program].operations[operation];
    struct evaluated answer = {
        .verdict = VERDICT_RUN, .vector = the->vector, .duration = the->duration};
    bool holds = true;
    CLEANUP_VIEW struct view view;
    view_init(&view, plan, plan->task[node], node);
    view_enter(&view, operation);
    view.attempt = attempt;
    view.results = results;
    view.flags = CALLS_SUCCESS | CALLS_ALWAYS;
    if (the->step->condition != NO_EXPRESSION &&
        !view_condition(&view, the->step->condition, &holds, error))
        return false;
    if (!holds) {
        answer.verdict = VERDICT_SKIP;
        answer.vector = 0;
    } else if (!answer_step(&view, the, &answer, error))
        return false;
    *ret = answer;
    return true;
}
