/* Plans by hand; see schedule_builder.h. Vectors are found by looking at all: plans here have few.
 */
#include "schedule/schedule_builder.h"

#include <string.h>

void builder_init(struct builder *builder)
{
    *builder = (struct builder){0};
    builder->plan.workflow = &builder->workflow;
    builder->plan.finally_join = NO_NODE;
    struct vectors *vectors = &builder->plan.vectors;
    vectors->first = memory_array(2, sizeof *vectors->first);
    vectors->running = memory_array(1, sizeof *vectors->running);
    vectors->first_capacity = 2;
    vectors->running_capacity = 1;
    vectors->count = 1;
}

void builder_release(struct builder *builder)
{
    struct plan *plan = &builder->plan;
    VEC_RELEASE(&builder->rules);
    VEC_RELEASE(&builder->tokens);
    VEC_RELEASE(&builder->edges);
    VEC_RELEASE(&builder->tasks);
    VEC_RELEASE(&builder->joins);
    VEC_RELEASE(&builder->unselected);
    VEC_RELEASE(&builder->gates);
    for (uint32_t i = 1; i < builder->programs.count; i++) {
        memory_free(builder->programs.items[i].operations);
        memory_free(builder->programs.items[i].uses);
    }
    VEC_RELEASE(&builder->programs);
    for (uint32_t i = 1; i < builder->gangs.count; i++)
        memory_free(builder->gangs.items[i].nodes);
    VEC_RELEASE(&builder->gangs);
    graph_release(&plan->dependents);
    VEC_RELEASE(&plan->ended_needs);
    void *arrays[] = {plan->need_counts,    plan->levels,          plan->is_selected,
                      plan->vectors.first,  plan->vectors.amounts, plan->rule_of,
                      plan->vectors.running};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        memory_free(arrays[i]);
}

struct rule builder_plain_rule(void)
{
    return (struct rule){
        .flags = RULE_WORK, .retry_when = RETRY_ANY, .retry_backoff = 1, .gate = NO_GATE};
}

uint32_t builder_token(struct builder *builder, enum token_kind kind, uint64_t capacity)
{
    *VEC_PUSH(&builder->tokens) = (struct token){.kind = (uint8_t)kind, .capacity = capacity};
    return builder->tokens.count - 1;
}

uint32_t builder_lock(struct builder *builder)
{
    uint32_t token = builder_token(builder, TOKEN_KEPT, 1);
    builder->tokens.items[token].is_lock = true;
    return token;
}

uint32_t builder_gate(struct builder *builder, enum gate_kind kind, uint32_t count, uint32_t lock)
{
    *VEC_PUSH(&builder->gates) = (struct gate){.kind = (uint8_t)kind, .count = count, .lock = lock};
    return builder->gates.count - 1;
}

static bool is_vector(const struct vectors *vectors, uint32_t vector, const struct amount *amounts,
                      uint32_t count)
{
    uint32_t first = vectors->first[vector];
    if (vectors->first[vector + 1] - first != count)
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (vectors->amounts[first + i].token != amounts[i].token ||
            vectors->amounts[first + i].amount != amounts[i].amount)
            return false;
    return true;
}

static uint32_t add_vector(struct builder *builder, const struct amount *amounts, uint32_t count)
{
    struct vectors *vectors = &builder->plan.vectors;
    vectors->amounts = memory_grow(vectors->amounts, vectors->amount_count, count,
                                   &vectors->amount_capacity, sizeof *vectors->amounts);
    for (uint32_t i = 0; i < count; i++)
        vectors->amounts[vectors->amount_count++] = amounts[i];
    vectors->first = memory_grow(vectors->first, vectors->count + 1, 1, &vectors->first_capacity,
                                 sizeof *vectors->first);
    vectors->running = memory_grow(vectors->running, vectors->count, 1, &vectors->running_capacity,
                                   sizeof *vectors->running);
    vectors->running[vectors->count] = vectors->count;
    vectors->first[++vectors->count] = vectors->amount_count;
    return vectors->count - 1;
}

uint32_t builder_vector(struct builder *builder, const struct amount *amounts, uint32_t count)
{
    struct vectors *vectors = &builder->plan.vectors;
    for (uint32_t vector = 0; vector < vectors->count; vector++)
        if (is_vector(vectors, vector, amounts, count))
            return vector;
    uint32_t vector = add_vector(builder, amounts, count), kept = 0;
    CLEANUP_FREE struct amount *running = memory_array(count, sizeof *running);
    for (uint32_t i = 0; i < count; i++)
        if (builder->tokens.items[amounts[i].token].kind == TOKEN_RUNNING)
            running[kept++] = amounts[i];
    if (kept < count) {
        uint32_t part = builder_vector(builder, running, kept);
        vectors->running[vector] = part;
    }
    return vector;
}

static void need_join_rule(struct builder *builder)
{
    if (builder->rules.count == 0)
        *VEC_PUSH(&builder->rules) =
            (struct rule){.flags = RULE_JOIN, .vector = NO_VECTOR, .gate = NO_GATE};
}

uint32_t builder_task(struct builder *builder, const struct rule *rule)
{
    need_join_rule(builder);
    *VEC_PUSH(&builder->rules) = *rule;
    return builder->rules.count - 2;
}

static uint32_t add_node(struct builder *builder, uint32_t task, enum join_kind kind)
{
    *VEC_PUSH(&builder->tasks) = task;
    *VEC_PUSH(&builder->joins) = (uint8_t)kind;
    *VEC_PUSH(&builder->unselected) = false;
    return builder->tasks.count - 1;
}

uint32_t builder_instance(struct builder *builder, uint32_t task)
{
    return add_node(builder, task, JOIN_NOT);
}

uint32_t builder_join(struct builder *builder, enum join_kind kind, uint32_t task)
{
    return add_node(builder, task, kind);
}

void builder_need(struct builder *builder, uint32_t node, uint32_t need)
{
    *VEC_PUSH(&builder->edges) = (struct edge){.from = need, .to = node};
}

void builder_unselect(struct builder *builder, uint32_t node)
{
    builder->unselected.items[node] = true;
}

void builder_gang(struct builder *builder, const uint32_t *nodes, uint32_t count)
{
    if (builder->gangs.count == 0)
        *VEC_PUSH(&builder->gangs) = (struct gang){0};
    struct gang *gang = VEC_PUSH(&builder->gangs);
    *gang = (struct gang){memory_array(count, sizeof *nodes), count};
    for (uint32_t i = 0; i < count; i++) {
        gang->nodes[i] = nodes[i];
        builder->rules.items[builder->tasks.items[nodes[i]] + 1].gang = builder->gangs.count - 1;
    }
}

/* The parts of the plan that depend on the number of nodes, made anew. */
static void fill_nodes(struct builder *builder)
{
    struct plan *plan = &builder->plan;
    uint32_t count = builder->tasks.count;
    plan->node_count = count;
    plan->task = builder->tasks.items;
    plan->is_join = builder->joins.items;
    plan->is_selected = memory_resize(plan->is_selected, count, sizeof *plan->is_selected);
    plan->need_counts = memory_resize(plan->need_counts, count, sizeof *plan->need_counts);
    plan->levels = memory_resize(plan->levels, count, sizeof *plan->levels);
    memset(plan->need_counts, 0, count * sizeof *plan->need_counts);
    uint64_t *weights = memory_array(count, sizeof *weights);
    uint32_t *order = memory_array(count, sizeof *order);
    plan->selected_count = 0;
    for (uint32_t node = 0; node < count; node++) {
        plan->is_selected[node] = !builder->unselected.items[node];
        plan->selected_count += plan->is_selected[node] && plan_is_counted(plan, node);
        weights[node] = plan_is_counted(plan, node) && plan_rule(plan, node)->flags & RULE_WORK;
    }
    for (uint32_t i = 0; i < builder->edges.count; i++)
        if (plan->is_selected[builder->edges.items[i].from])
            plan->need_counts[builder->edges.items[i].to]++;
    graph_order(&plan->dependents, order);
    graph_levels(&plan->dependents, order, weights, plan->levels);
    memory_free(weights);
    memory_free(order);
}

void builder_finish(struct builder *builder)
{
    struct plan *plan = &builder->plan;
    need_join_rule(builder);
    builder->workflow.task_count = builder->rules.count - 1;
    plan->rules = builder->rules.items;
    plan->rule_of = memory_array(builder->rules.count, sizeof *plan->rule_of);
    for (uint32_t task = 0; task + 1 < builder->rules.count; task++)
        plan->rule_of[task] = task + 1;
    plan->tokens = builder->tokens.items;
    plan->token_count = builder->tokens.count;
    plan->gates = builder->gates.items;
    plan->gate_count = builder->gates.count;
    plan->gangs = builder->gangs.items;
    plan->gang_count = builder->gangs.count;
    plan->programs = builder->programs.items;
    plan->program_count = builder->programs.count;
    graph_build(&plan->dependents, builder->tasks.count, builder->edges.items,
                builder->edges.count);
    fill_nodes(builder);
}

uint32_t builder_expand(struct builder *builder, uint32_t template, uint32_t count)
{
    uint32_t first = builder->tasks.count, edge = builder->edges.count;
    const struct graph *graph = &builder->plan.dependents;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t node = builder_instance(builder, builder->tasks.items[template]);
        for (uint32_t k = graph->first[template]; k < graph->first[template + 1]; k++)
            builder_need(builder, graph->targets[k], node);
    }
    graph_append(&builder->plan.dependents, count, builder->edges.items + edge,
                 builder->edges.count - edge);
    builder->plan.ended_needs.count = 0;
    fill_nodes(builder);
    return first;
}

void builder_need_ended(struct builder *builder, uint32_t node, uint32_t need)
{
    *VEC_PUSH(&builder->plan.ended_needs) = (struct edge){.from = need, .to = node};
}
