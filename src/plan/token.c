/* Tokens: of resources, of the slots of pools, of max-parallel, of locks and semaphores. All are
 * there from the beginning but those of keyed locks, one for each text of a key, which come as they
 * are asked for; they stand last, so that a replay that asks in the same order numbers them the
 * same. */
#include "base/memory.h"
#include "plan/build.h"
#include "plan/inside.h"
#include "value/value.h"

static uint64_t capacity_of(const struct resource *resource, const struct plan_options *options)
{
    if (resource->kind == RESOURCE_GPU && resource->is_auto)
        return options->gpu_capacity;
    if (resource->kind != RESOURCE_CPU)
        return resource->capacity;
    bool is_declared = !resource->is_auto && resource->capacity != UINT64_MAX;
    uint64_t capacity =
        options->is_cpu_given || !is_declared ? options->cpu_capacity : resource->capacity;
    return capacity > 0 ? capacity : 1;
}

static void add_token(struct plan *plan, struct token token)
{
    plan->tokens = memory_grow(plan->tokens, plan->token_count, 1, &plan->inside->token_capacity,
                               sizeof *plan->tokens);
    plan->tokens[plan->token_count++] = token;
}

static bool is_file_lock(const struct primitive *primitive)
{
    return primitive->kind == PRIMITIVE_LOCK && primitive->file.at != PLACE_NONE;
}

static void add_primitives(struct plan *plan)
{
    const struct workflow *workflow = plan->workflow;
    plan->token_of_primitive =
        memory_array(workflow->primitive_count, sizeof *plan->token_of_primitive);
    for (uint32_t i = 0; i < workflow->primitive_count; i++) {
        const struct primitive *primitive = &workflow->primitives[i];
        bool is_lock = primitive->kind == PRIMITIVE_LOCK;
        plan->token_of_primitive[i] = UINT32_MAX;
        if (!is_lock && primitive->kind != PRIMITIVE_SEMAPHORE)
            continue;
        plan->token_of_primitive[i] = plan->token_count;
        bool is_file = is_file_lock(primitive);
        add_token(plan, (struct token){.name = primitive->name,
                                       .kind = TOKEN_KEPT,
                                       .is_file = is_file,
                                       .is_lock = is_lock,
                                       .primitive = i,
                                       .capacity = is_file   ? 0
                                                   : is_lock ? 1
                                                             : primitive->count});
    }
}

/* What is handed to a thread or worker ahead of its turn holds a slot, too. */
static void add_pool(struct plan *plan, const struct pool *pool)
{
    uint64_t size = pool->size > 0 ? pool->size : plan->tokens[0].capacity;
    uint64_t capacity;
    if (__builtin_mul_overflow(size, (uint64_t)pool->chunk, &capacity))
        capacity = UINT64_MAX;
    add_token(plan, (struct token){.name = pool->name,
                                   .kind = TOKEN_RUNNING,
                                   .primitive = NO_PRIMITIVE,
                                   .capacity = capacity});
}

uint32_t pool_token(const struct plan *plan, uint32_t pool)
{
    return plan->vectors.running_first + pool - 1;
}

void build_tokens(struct plan *plan, const struct plan_options *options)
{
    const struct workflow *workflow = plan->workflow;
    for (uint32_t i = 0; i < workflow->resource_count; i++) {
        const struct resource *resource = &workflow->resources[i];
        add_token(plan, (struct token){.name = resource->name,
                                       .kind = resource->kind == RESOURCE_CPU ? TOKEN_RUNNING
                                                                              : TOKEN_KEPT,
                                       .primitive = NO_PRIMITIVE,
                                       .capacity = capacity_of(resource, options)});
    }
    plan->vectors.running_first = plan->token_count;
    for (uint32_t i = 1; i < workflow->pool_count; i++)
        add_pool(plan, &workflow->pools[i]);
    for (uint32_t i = 0; i < workflow->task_count; i++)
        if (workflow->tasks[i].details->max_parallel != UNLIMITED)
            add_token(plan, (struct token){.name = workflow->tasks[i].name,
                                           .kind = TOKEN_RUNNING,
                                           .primitive = NO_PRIMITIVE,
                                           .capacity = workflow->tasks[i].details->max_parallel});
    plan->vectors.running_end = plan->token_count;
    add_primitives(plan);
    plan->inside->keyed_first = plan->token_count;
}

/* --- keyed locks --- */

static uint32_t *find_slot(const struct plan *plan, uint32_t primitive, name key)
{
    const struct inside *inside = plan->inside;
    uint32_t mask = inside->keyed_slots - 1;
    uint32_t at = (uint32_t)(((uint64_t)primitive << 32 | key) * 0x9e3779b97f4a7c15u >> 32) & mask;
    for (; inside->keyed[at] != 0; at = (at + 1) & mask) {
        const struct token *token = &plan->tokens[inside->keyed[at] - 1];
        if (token->primitive == primitive && token->key == key)
            break;
    }
    return &inside->keyed[at];
}

static void grow_slots(struct plan *plan)
{
    struct inside *inside = plan->inside;
    memory_free(inside->keyed);
    inside->keyed_slots = inside->keyed_slots == 0 ? 16 : 2 * inside->keyed_slots;
    inside->keyed = memory_array(inside->keyed_slots, sizeof *inside->keyed);
    for (uint32_t i = inside->keyed_first; i < plan->token_count; i++)
        *find_slot(plan, plan->tokens[i].primitive, plan->tokens[i].key) = i + 1;
}

uint32_t plan_token(struct plan *plan, uint32_t primitive, const char *key)
{
    const struct workflow *workflow = plan->workflow;
    uint32_t whole = plan->token_of_primitive[primitive];
    if (key == NULL || whole == UINT32_MAX)
        return whole;
    if (workflow->primitives[primitive].kind != PRIMITIVE_LOCK || plan->tokens[whole].is_file)
        return UINT32_MAX;
    if (2 * (plan->token_count - plan->inside->keyed_first) >= plan->inside->keyed_slots)
        grow_slots(plan);
    name id = names_add_text(workflow->names, key);
    uint32_t *slot = find_slot(plan, primitive, id);
    if (*slot == 0) {
        *slot = plan->token_count + 1;
        add_token(plan, (struct token){.name = workflow->primitives[primitive].name,
                                       .kind = TOKEN_KEPT,
                                       .is_lock = true,
                                       .primitive = primitive,
                                       .key = id,
                                       .capacity = 1});
    }
    return *slot - 1;
}

void plan_write_token(const struct plan *plan, uint32_t token, struct buffer *out)
{
    const struct names *names = plan->workflow->names;
    const struct token *the = &plan->tokens[token];
    const struct vectors *vectors = &plan->vectors;
    uint32_t limits = vectors->running_first + plan->workflow->pool_count - 1;
    bool is_pool = token >= vectors->running_first && token < limits;
    bool is_limit = token >= limits && token < vectors->running_end;
    if (the->primitive != NO_PRIMITIVE)
        buffer_printf(out, "%s ",
                      primitive_kind_text(plan->workflow->primitives[the->primitive].kind));
    buffer_printf(out, "%s%s",
                  is_pool    ? "pool "
                  : is_limit ? "max-parallel of "
                             : "",
                  names_text(names, the->name));
    if (the->key == 0)
        return;
    json_t *key = json_loads(names_text(names, the->key), JSON_DECODE_ANY, NULL);
    buffer_add_byte(out, '[');
    if (json_is_string(key))
        buffer_add(out, json_string_value(key), json_string_length(key));
    else
        buffer_add_text(out, names_text(names, the->key));
    buffer_add_byte(out, ']');
    json_decref(key);
}
