/* What a task asks for before its attempt, and a group on its beginning, all of it together. In the
 * default pool a slot is a cpu: a body takes one if its resources do not say; in another it takes a
 * slot, and of the cpus what its resources say. A task without a body takes none. */
#include "base/memory.h"
#include "base/text.h"
#include "plan/build.h"
#include "plan/view.h"
#include "value/value.h"

enum { CPU_TOKEN = 0 };

/* The max-parallel token of a task: they stand in order of the names' tasks. */
static uint32_t parallel_token(const struct plan *plan, const struct task *task)
{
    uint32_t low = plan->vectors.running_first + plan->workflow->pool_count - 1;
    uint32_t high = plan->vectors.running_end;
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
    if (resource->kind != RESOURCE_CPU) {
        error_set(error, request->at, "%s: %llu is more than the %llu there are",
                  names_text(names, resource->name), (unsigned long long)*amount,
                  (unsigned long long)capacity);
        return resource->kind == RESOURCE_GPU && resource->is_auto &&
               error_hint(error, "that many were found; if there are more, say so at the top "
                                 "level: resources: {gpu: N}");
    }
    if (warnings != NULL)
        diagnostics_warn(warnings, request->at,
                         "%s: %llu is more than the %llu there are: cut to %llu",
                         names_text(names, resource->name), (unsigned long long)*amount,
                         (unsigned long long)capacity, (unsigned long long)capacity);
    *amount = capacity;
    return true;
}

/* Amounts of several tokens, each once. */
struct demand {
    VEC(struct amount) amounts;
};

static struct amount *amount_of(struct demand *demand, uint32_t token)
{
    for (uint32_t i = 0; i < demand->amounts.count; i++)
        if (demand->amounts.items[i].token == token)
            return &demand->amounts.items[i];
    struct amount *added = VEC_PUSH(&demand->amounts);
    *added = (struct amount){token, 0};
    return added;
}

static uint32_t demand_finish(struct plan *plan, struct demand *demand)
{
    uint32_t vector = vectors_add(&plan->vectors, demand->amounts.items, demand->amounts.count);
    VEC_RELEASE(&demand->amounts);
    return vector;
}

/* --- locks and semaphores --- */

/* A key's text, as a JSON string: 7 and "7" are one key, as they are on a command line. */
static bool write_key(struct view *view, const struct hold *hold, struct buffer *out,
                      struct error *error)
{
    CLEANUP_BUFFER struct buffer text = {0};
    json_t *value = view_spec(view, &hold->key, error);
    bool is_text = value != NULL && value_write_text(value, &text, error);
    if (value != NULL && !is_text && error != NULL)
        error->at = hold->key.at;
    json_decref(value);
    if (!is_text)
        return false;
    json_t *key = json_stringn_nocheck(text.bytes, text.length);
    value_write_json(key, out);
    json_decref(key);
    return true;
}

static bool token_of_hold(struct view *view, const struct hold *hold, uint32_t *ret,
                          struct error *error)
{
    const struct workflow *workflow = view->plan->workflow;
    CLEANUP_BUFFER struct buffer key = {0};
    if (hold->is_keyed && !write_key(view, hold, &key, error))
        return false;
    *ret = plan_token(view->plan, hold->primitive, hold->is_keyed ? buffer_text(&key) : NULL);
    if (*ret != UINT32_MAX)
        return true;
    error_set(error, hold->at, "lock '%s' holds by a file, and so has no keys",
              names_text(workflow->names, workflow->primitives[hold->primitive].name));
    return error_hint(error, "declare a lock of its own for each file");
}

/* A lock asked for twice is one; permits add up. */
static bool add_holds(struct demand *demand, struct view *view, const struct hold *holds,
                      uint32_t count, struct error *error)
{
    const struct workflow *workflow = view->plan->workflow;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t token;
        if (!token_of_hold(view, &holds[i], &token, error))
            return false;
        const struct primitive *primitive = &workflow->primitives[holds[i].primitive];
        struct amount *amount = amount_of(demand, token);
        if (primitive->kind == PRIMITIVE_LOCK) {
            amount->amount = 1;
            continue;
        }
        amount->amount += holds[i].amount;
        if (amount->amount > primitive->count)
            return error_set(error, holds[i].at,
                             "semaphore '%s': %llu is more than the %u there are",
                             names_text(workflow->names, primitive->name),
                             (unsigned long long)amount->amount, primitive->count);
    }
    return true;
}

bool holds_vector(struct view *view, const struct hold *holds, uint32_t count, uint32_t *ret,
                  struct error *error)
{
    struct demand demand = {0};
    bool is_fine = add_holds(&demand, view, holds, count, error);
    uint32_t vector = demand_finish(view->plan, &demand);
    if (is_fine)
        *ret = vector;
    return is_fine;
}

static bool is_constant_spec(const struct view *view, const struct spec *spec)
{
    if (spec->kind == SPEC_TEXT)
        return view_is_constant(view, &spec->text);
    for (uint32_t i = 0; spec->kind != SPEC_CONSTANT && i < spec->count; i++)
        if (!is_constant_spec(view, &spec->items[i]))
            return false;
    return true;
}

bool holds_are_constant(const struct view *view, const struct hold *holds, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (holds[i].is_keyed && !is_constant_spec(view, &holds[i].key))
            return false;
    return true;
}

/* --- a task's request --- */

/* Does some body of it run? Only that takes a cpu if nothing is said. */
static bool has_body(const struct view *view)
{
    const struct task *task = view->task;
    if (task->body != BODY_STEPS)
        return task->body != BODY_NONE;
    uint32_t index = (uint32_t)(task - view->plan->workflow->tasks);
    const struct program *program = plan_task_program(view->plan, index);
    return program == NULL || program->has_body;
}

/* A daemon takes no running tokens. */
static bool add_task(struct demand *demand, struct view *view, struct diagnostics *warnings,
                     struct error *error)
{
    const struct details *details = view->task->details;
    const struct synchronisation *synchronisation = view->task->synchronisation;
    bool is_slotless = task_is_daemon(view->task), is_cpu_said = false;
    for (uint32_t i = 0; i < details->request_count; i++) {
        const struct request *request = &details->requests[i];
        uint64_t amount;
        if (!read_amount(view, request, &amount, error) ||
            !check_capacity(view, request, &amount, warnings, error))
            return false;
        is_cpu_said |= request->resource == CPU_TOKEN;
        if (request->resource != CPU_TOKEN || !is_slotless)
            amount_of(demand, request->resource)->amount += amount;
    }
    if (!is_slotless && has_body(view) && details->pool != 0)
        amount_of(demand, pool_token(view->plan, details->pool))->amount += 1;
    else if (!is_cpu_said && !is_slotless && has_body(view))
        amount_of(demand, CPU_TOKEN)->amount += 1;
    if (details->max_parallel != UNLIMITED && !is_slotless)
        amount_of(demand, parallel_token(view->plan, view->task))->amount += 1;
    return synchronisation == NULL ||
           add_holds(demand, view, synchronisation->holds, synchronisation->hold_count, error);
}

/* Several tasks together may be more than there is though each is not. */
static bool check_gang(struct plan *plan, struct demand *demand, place at, struct error *error)
{
    for (uint32_t i = 0; i < demand->amounts.count; i++) {
        struct amount *amount = &demand->amounts.items[i];
        const struct token *token = &plan->tokens[amount->token];
        CLEANUP_BUFFER struct buffer name = {0};
        if (amount->amount <= token->capacity || token->is_file)
            continue;
        if (amount->token == CPU_TOKEN) {
            amount->amount = token->capacity;
            continue;
        }
        plan_write_token(plan, amount->token, &name);
        error_set(error, at,
                  "%s: the tasks that pipes join ask for %llu together, and there are %llu",
                  buffer_text(&name), (unsigned long long)amount->amount,
                  (unsigned long long)token->capacity);
        return error_hint(error, "they start together: ask for less, or join them by files");
    }
    return true;
}

static bool add_gang(struct demand *demand, struct view *view, const struct gang *gang,
                     struct diagnostics *warnings, struct error *error)
{
    struct plan *plan = view->plan;
    for (uint32_t i = 0; i < gang->count; i++) {
        CLEANUP_VIEW struct view member;
        view_init(&member, plan, plan->task[gang->nodes[i]],
                  view->node == NO_NODE ? NO_NODE : gang->nodes[i]);
        member.attempt = view->attempt;
        member.results = view->results;
        member.flags = view->flags;
        if (!add_task(demand, &member, warnings, error))
            return false;
    }
    return check_gang(plan, demand, view->task->at, error);
}

bool request_vector(struct view *view, struct diagnostics *warnings, uint32_t *ret,
                    struct error *error)
{
    uint32_t task = (uint32_t)(view->task - view->plan->workflow->tasks);
    const struct gang *gang = plan_task_gang(view->plan, task);
    struct demand demand = {0};
    bool is_fine = true;
    if (gang == NULL)
        is_fine = add_task(&demand, view, warnings, error);
    else if (view->plan->task[gang->nodes[0]] == task)
        is_fine = add_gang(&demand, view, gang, warnings, error);
    uint32_t vector = demand_finish(view->plan, &demand);
    if (is_fine)
        *ret = vector;
    return is_fine;
}

/* What a view's task says of a resource; *ret stays where it says nothing. */
static bool said_amount(struct view *view, enum resource_kind kind, uint64_t *ret,
                        struct error *error)
{
    const struct details *details = view->task->details;
    const struct resource *resources = view->plan->workflow->resources;
    for (uint32_t i = 0; i < details->request_count; i++)
        if (resources[details->requests[i].resource].kind == kind)
            return read_amount(view, &details->requests[i], ret, error) &&
                   check_capacity(view, &details->requests[i], ret, NULL, error);
    return true;
}

bool request_cpus(struct view *view, uint64_t *ret, struct error *error)
{
    bool has_one = has_body(view) && !task_is_daemon(view->task);
    *ret = has_one;
    if (!said_amount(view, RESOURCE_CPU, ret, error))
        return false;
    *ret = *ret == 0 && view->task->details->pool != 0 ? has_one : *ret;
    return true;
}

bool request_gpus(struct view *view, uint64_t *ret, struct error *error)
{
    *ret = 0;
    return said_amount(view, RESOURCE_GPU, ret, error);
}
