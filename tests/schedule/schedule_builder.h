/* Plans by hand: what the scheduler reads of a plan, without a workflow. */
#ifndef TESTS_SCHEDULE_SCHEDULE_BUILDER_H
#define TESTS_SCHEDULE_SCHEDULE_BUILDER_H

#include "base/memory.h"
#include "plan/plan.h"

struct builder {
    struct plan plan; /* whole after builder_finish */
    struct workflow workflow;
    VEC(struct rule) rules;
    VEC(struct token) tokens;
    VEC(struct edge) edges;
    VEC(uint32_t) tasks;
    VEC(uint8_t) joins;
    VEC(bool) unselected;
    VEC(struct gate) gates;
    VEC(struct program) programs;
    VEC(struct gang) gangs;
};

void builder_init(struct builder *builder);
void builder_release(struct builder *builder);
/* A rule of one attempt with work that takes nothing. */
struct rule builder_plain_rule(void);
uint32_t builder_token(struct builder *builder, enum token_kind kind, uint64_t capacity);
uint32_t builder_lock(struct builder *builder); /* a token, kept, of which there is one */
uint32_t builder_gate(struct builder *builder, enum gate_kind kind, uint32_t count, uint32_t lock);
/* Interned, as is its running part; amounts sorted by token. */
uint32_t builder_vector(struct builder *builder, const struct amount *amounts, uint32_t count);
/* A task of its own rule; its number. */
uint32_t builder_task(struct builder *builder, const struct rule *rule);
uint32_t builder_instance(struct builder *builder, uint32_t task);
uint32_t builder_join(struct builder *builder, enum join_kind kind, uint32_t task);
void builder_need(struct builder *builder, uint32_t node, uint32_t need);
void builder_unselect(struct builder *builder, uint32_t node);
/* Instances of tasks of their own are one gang. */
void builder_gang(struct builder *builder, const uint32_t *nodes, uint32_t count);
void builder_finish(struct builder *builder);
/* After builder_finish: appends instances of a template's task, with edges to all that need the
 * template; the number of the first. */
uint32_t builder_expand(struct builder *builder, uint32_t template, uint32_t count);
/* After builder_expand, before the scheduler is told: a new node needs one that has ended. */
void builder_need_ended(struct builder *builder, uint32_t node, uint32_t need);

#endif
