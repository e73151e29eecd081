/* What the scheduler is told of each task. Requests that are constant are worked out here, all
 * others before each attempt. */
#include "base/memory.h"
#include "plan/build.h"
#include "plan/inside.h"
#include "plan/view.h"

bool task_is_daemon(const struct task *task)
{
    return task->synchronisation != NULL && task->synchronisation->is_daemon;
}

static bool is_of_queue(const struct task *task)
{
    return task->matrix != NULL && task->matrix->is_queue;
}

static uint16_t flags_of(const struct plan *plan, const struct task *task, uint32_t program)
{
    const struct details *details = task->details;
    uint16_t flags = 0;
    if (task->body == BODY_STEPS ? plan->programs[program].has_body : task->body != BODY_NONE)
        flags |= RULE_WORK;
    if (details->condition != NO_EXPRESSION) {
        flags |= RULE_CONDITION;
        if (plan->workflow->expressions[details->condition].calls & (CALLS_FAILURE | CALLS_ALWAYS))
            flags |= RULE_HEEDS_FAILURE;
    }
    if (details->continue_on_error)
        flags |= RULE_CONTINUE;
    if (task->is_finally)
        flags |= RULE_FINALLY;
    if (task_is_daemon(task))
        flags |= RULE_DAEMON;
    return flags;
}

static bool has_constant_requests(struct view *view)
{
    const struct details *details = view->task->details;
    const struct synchronisation *synchronisation = view->task->synchronisation;
    for (uint32_t i = 0; i < details->request_count; i++)
        if (!view_is_constant(view, &details->requests[i].amount))
            return false;
    return synchronisation == NULL ||
           holds_are_constant(view, synchronisation->holds, synchronisation->hold_count);
}

/* May the request be worked out at build? Of a gang's first: that of each. */
static bool is_constant(struct plan *plan, uint32_t task)
{
    const struct gang *gang = plan_task_gang(plan, task);
    for (uint32_t i = 0; i < (gang != NULL ? gang->count : 1); i++) {
        CLEANUP_VIEW struct view view;
        view_init(&view, plan, gang != NULL ? plan->task[gang->nodes[i]] : task, NO_NODE);
        if (!has_constant_requests(&view))
            return false;
    }
    return true;
}

static void set_request(struct plan *plan, uint32_t task, struct rule *rule,
                        struct diagnostics *diagnostics)
{
    CLEANUP_ERROR struct error error = {0};
    CLEANUP_VIEW struct view view;
    const struct gang *gang = plan_task_gang(plan, task);
    bool is_follower = gang != NULL && plan->task[gang->nodes[0]] != task;
    bool asks = rule->flags & RULE_WORK || rule->program != NO_PROGRAM;
    view_init(&view, plan, task, NO_NODE);
    if (!asks || is_follower)
        rule->vector = vectors_add(&plan->vectors, NULL, 0);
    else if (!is_constant(plan, task)) {
        rule->flags |= RULE_REQUEST;
        rule->vector = NO_VECTOR;
    } else if (!request_vector(&view, diagnostics, &rule->vector, &error))
        diagnostics_take(diagnostics, &error);
}

static void make_rule(struct plan *plan, uint32_t task, struct rule *rule,
                      struct diagnostics *diagnostics)
{
    const struct task *the = &plan->workflow->tasks[task];
    const struct details *details = the->details;
    const struct retry *retry = &details->retry;
    *rule = (struct rule){.retry_when = retry->when,
                          .exit_code_count = (uint8_t)retry->exit_code_count,
                          .exit_codes = retry->exit_codes,
                          .retry_max = retry->max,
                          .priority = details->priority,
                          .timeout = details->timeout,
                          .retry_delay = retry->delay,
                          .retry_max_delay = retry->max_delay,
                          .retry_backoff = retry->backoff};
    rule->program = plan->inside->program_of != NULL ? plan->inside->program_of[task] : NO_PROGRAM;
    rule->gang = plan->inside->gang_of != NULL ? plan->inside->gang_of[task] : NO_GANG;
    rule->gate = is_of_queue(the) ? plan->gate_of_primitive[the->matrix->queue] : NO_GATE;
    rule->flags = flags_of(plan, the, rule->program);
    set_request(plan, task, rule, diagnostics);
}

/* Tasks that say nothing of their own have one rule, and one warning for what they all share. */
static bool has_rule_of(const struct plan *plan, uint32_t task)
{
    const struct task *one = &plan->workflow->tasks[task], *before = one - 1;
    const uint32_t *gang_of = plan->inside->gang_of;
    return one->details == before->details && one->details->max_parallel == UNLIMITED &&
           (one->body == BODY_NONE) == (before->body == BODY_NONE) &&
           one->is_finally == before->is_finally && one->synchronisation == NULL &&
           before->synchronisation == NULL && !is_of_queue(one) && !is_of_queue(before) &&
           (gang_of == NULL || (gang_of[task] == NO_GANG && gang_of[task - 1] == NO_GANG));
}

void build_rules(struct plan *plan, struct diagnostics *diagnostics)
{
    uint32_t count = plan->workflow->task_count;
    VEC(struct rule) rules = {0};
    *VEC_PUSH(&rules) = (struct rule){
        .flags = RULE_JOIN, .vector = vectors_add(&plan->vectors, NULL, 0), .gate = NO_GATE};
    plan->rule_of = memory_array(count, sizeof *plan->rule_of);
    build_programs(plan, diagnostics);
    for (uint32_t i = 0; i < count; i++) {
        if (i == 0 || !has_rule_of(plan, i))
            make_rule(plan, i, VEC_PUSH(&rules), diagnostics);
        plan->rule_of[i] = rules.count - 1;
    }
    plan->rules = rules.items;
}
