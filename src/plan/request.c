/* Tokens, and what a task asks of them. In the default pool a slot is a cpu: a body takes one if
 * its resources do not say; a task without a body takes nothing. Requests that are constant are
 * worked out at build, all others before each attempt. */
#include "base/memory.h"
#include "base/text.h"
#include "plan/build.h"
#include "plan/view.h"
#include "value/value.h"

enum { CPU_TOKEN = 0 };

static uint64_t capacity_of(const struct resource *resource, const struct plan_options *options)
{
    if (resource->kind != RESOURCE_CPU)
        return resource->capacity;
    bool is_declared = !resource->is_auto && resource->capacity != UINT64_MAX;
    uint64_t capacity =
        options->is_cpu_given || !is_declared ? options->cpu_capacity : resource->capacity;
    return capacity > 0 ? capacity : 1;
}

/* A task's max-parallel is a token of its own, behind those of the resources, in order of the
 * tasks. */
void build_tokens(struct plan *plan, const struct plan_options *options)
{
    const struct workflow *workflow = plan->workflow;
    uint32_t count = workflow->resource_count;
    for (uint32_t i = 0; i < workflow->task_count; i++)
        count += workflow->tasks[i].details->max_parallel != UNLIMITED;
    plan->tokens = memory_array(count, sizeof *plan->tokens);
    for (uint32_t i = 0; i < workflow->resource_count; i++) {
        const struct resource *resource = &workflow->resources[i];
        plan->tokens[i] =
            (struct token){.name = resource->name,
                           .kind = resource->kind == RESOURCE_CPU ? TOKEN_RUNNING : TOKEN_KEPT,
                           .capacity = capacity_of(resource, options)};
    }
    plan->token_count = workflow->resource_count;
    for (uint32_t i = 0; i < workflow->task_count; i++)
        if (workflow->tasks[i].details->max_parallel != UNLIMITED)
            plan->tokens[plan->token_count++] =
                (struct token){.name = workflow->tasks[i].name,
                               .kind = TOKEN_RUNNING,
                               .capacity = workflow->tasks[i].details->max_parallel};
    plan->vectors.running_first = workflow->resource_count;
    plan->vectors.running_end = plan->token_count;
}

/* The max-parallel token of a task: they stand in order of the names' tasks. */
static uint32_t parallel_token(const struct plan *plan, const struct task *task)
{
    uint32_t low = plan->workflow->resource_count, high = plan->token_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        uint32_t other = workflow_task(plan->workflow, plan->tokens[middle].name);
        if (&plan->workflow->tasks[other] < task)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool read_amount(struct view *view, const struct request *request, uint64_t *ret,
                        struct error *error)
{
    CLEANUP_BUFFER struct buffer text = {0};
    if (!view_write_text(view, &request->amount, &text, error))
        return false;
    const struct resource *resource = &view->plan->workflow->resources[request->resource];
    const char *what = names_text(view->plan->workflow->names, resource->name);
    if (resource->kind == RESOURCE_MEMORY) {
        if (text_size(buffer_text(&text), ret))
            return true;
        error_set(error, request->at, "%s: '%s' is not a size", what, buffer_text(&text));
        return error_hint(error, "write 512M, 1.5G or a number of bytes");
    }
    int64_t number;
    if (!text_integer(buffer_text(&text), &number) || number < 0)
        return error_set(error, request->at, "%s: '%s' is not a whole number from 0", what,
                         buffer_text(&text));
    *ret = (uint64_t)number;
    return true;
}

/* Cuts cpus to what there are; anything else above what there is can never begin. */
static bool check_capacity(struct view *view, const struct request *request, uint64_t *amount,
                           struct diagnostics *warnings, struct error *error)
{
    const struct resource *resource = &view->plan->workflow->resources[request->resource];
    const struct names *names = view->plan->workflow->names;
    uint64_t capacity = view->plan->tokens[request->resource].capacity;
    if (*amount <= capacity)
        return true;
    if (resource->kind != RESOURCE_CPU)
        return error_set(error, request->at, "%s: %llu is more than the %llu there are",
                         names_text(names, resource->name), (unsigned long long)*amount,
                         (unsigned long long)capacity);
    if (warnings != NULL)
        diagnostics_warn(warnings, request->at,
                         "%s: %llu is more than the %llu there are: cut to %llu",
                         names_text(names, resource->name), (unsigned long long)*amount,
                         (unsigned long long)capacity, (unsigned long long)capacity);
    *amount = capacity;
    return true;
}

bool request_vector(struct view *view, struct diagnostics *warnings, uint32_t *ret,
                    struct error *error)
{
    const struct details *details = view->task->details;
    CLEANUP_FREE struct amount *amounts =
        memory_array((size_t)details->request_count + 2, sizeof *amounts);
    uint32_t count = 0;
    bool is_cpu_said = false;
    for (uint32_t i = 0; i < details->request_count; i++) {
        const struct request *request = &details->requests[i];
        uint64_t amount;
        if (!read_amount(view, request, &amount, error) ||
            !check_capacity(view, request, &amount, warnings, error))
            return false;
        is_cpu_said |= request->resource == CPU_TOKEN;
        amounts[count++] = (struct amount){request->resource, amount};
    }
    if (!is_cpu_said)
        amounts[count++] = (struct amount){CPU_TOKEN, 1};
    if (details->max_parallel != UNLIMITED)
        amounts[count++] = (struct amount){parallel_token(view->plan, view->task), 1};
    *ret = vectors_add(&view->plan->vectors, amounts, count);
    return true;
}

uint64_t vector_cpus(const struct plan *plan, uint32_t vector)
{
    const struct vectors *vectors = &plan->vectors;
    for (uint32_t i = vectors->first[vector]; i < vectors->first[vector + 1]; i++)
        if (vectors->amounts[i].token == CPU_TOKEN)
            return vectors->amounts[i].amount;
    return 0;
}

static uint16_t flags_of(const struct workflow *workflow, const struct task *task)
{
    const struct details *details = task->details;
    uint16_t flags = 0;
    if (task->body != BODY_NONE)
        flags |= RULE_WORK;
    if (details->condition != NO_EXPRESSION) {
        flags |= RULE_CONDITION;
        if (workflow->expressions[details->condition].calls & (CALLS_FAILURE | CALLS_ALWAYS))
            flags |= RULE_HEEDS_FAILURE;
    }
    if (details->continue_on_error)
        flags |= RULE_CONTINUE;
    if (task->is_finally)
        flags |= RULE_FINALLY;
    return flags;
}

static bool has_constant_requests(struct view *view)
{
    const struct details *details = view->task->details;
    for (uint32_t i = 0; i < details->request_count; i++)
        if (!view_is_constant(view, &details->requests[i].amount))
            return false;
    return true;
}

static void set_request(struct plan *plan, uint32_t task, struct rule *rule,
                        struct diagnostics *diagnostics)
{
    CLEANUP_ERROR struct error error = {0};
    CLEANUP_VIEW struct view view;
    view_init(&view, plan, task, NO_NODE);
    if (!(rule->flags & RULE_WORK))
        rule->vector = vectors_add(&plan->vectors, NULL, 0);
    else if (!has_constant_requests(&view)) {
        rule->flags |= RULE_REQUEST;
        rule->vector = NO_VECTOR;
    } else if (!request_vector(&view, diagnostics, &rule->vector, &error))
        diagnostics_take(diagnostics, &error);
}

static void make_rule(struct plan *plan, uint32_t task, struct rule *rule,
                      struct diagnostics *diagnostics)
{
    const struct workflow *workflow = plan->workflow;
    const struct details *details = workflow->tasks[task].details;
    const struct retry *retry = &details->retry;
    *rule = (struct rule){.flags = flags_of(workflow, &workflow->tasks[task]),
                          .retry_when = retry->when,
                          .exit_code_count = (uint8_t)retry->exit_code_count,
                          .exit_codes = retry->exit_codes,
                          .retry_max = retry->max,
                          .priority = details->priority,
                          .timeout = details->timeout,
                          .retry_delay = retry->delay,
                          .retry_max_delay = retry->max_delay,
                          .retry_backoff = retry->backoff};
    set_request(plan, task, rule, diagnostics);
}

/* Tasks that say nothing of their own have one rule, and one warning for what they all share. */
static bool has_rule_of(const struct task *task, const struct task *before)
{
    return task->details == before->details && task->details->max_parallel == UNLIMITED &&
           (task->body == BODY_NONE) == (before->body == BODY_NONE) &&
           task->is_finally == before->is_finally;
}

void build_rules(struct plan *plan, struct diagnostics *diagnostics)
{
    const struct workflow *workflow = plan->workflow;
    const struct task *tasks = workflow->tasks;
    VEC(struct rule) rules = {0};
    *VEC_PUSH(&rules) =
        (struct rule){.flags = RULE_JOIN, .vector = vectors_add(&plan->vectors, NULL, 0)};
    plan->rule_of = memory_array(workflow->task_count, sizeof *plan->rule_of);
    for (uint32_t i = 0; i < workflow->task_count; i++) {
        if (i == 0 || !has_rule_of(&tasks[i], &tasks[i - 1]))
            make_rule(plan, i, VEC_PUSH(&rules), diagnostics);
        plan->rule_of[i] = rules.count - 1;
    }
    plan->rules = rules.items;
}
