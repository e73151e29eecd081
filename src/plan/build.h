/* The stages of plan_build, in order. */
#ifndef PLAN_BUILD_H
#define PLAN_BUILD_H

#include "plan/plan.h"

void build_tokens(struct plan *plan, const struct plan_options *options);
void build_gates(struct plan *plan);
/* The token of a declared pool's slots. */
uint32_t pool_token(const struct plan *plan, uint32_t pool);
/* Of tasks whose instances have their nodes. */
void build_gangs(struct plan *plan, struct diagnostics *diagnostics);
/* Programs, and rules with the requests that are constant. */
void build_programs(struct plan *plan, struct diagnostics *diagnostics);
void build_rules(struct plan *plan, struct diagnostics *diagnostics);
/* Edges of all needs, and the joins; instances are there. Sizes plan->task and plan->is_join for
 * all nodes, and makes plan->dependents. */
void build_edges(struct plan *plan, struct diagnostics *diagnostics);
/* Order and levels; a cycle is an error, with the place of each of its edges. */
void build_levels(struct plan *plan, struct diagnostics *diagnostics);
/* What a node adds to the levels of those before it. A template counts as one instance. */
uint64_t node_weight(const struct plan *plan, uint32_t node);
/* Reports a cycle of a graph whose nodes are the plan's from `first` on. */
void levels_find_cycle(struct plan *plan, const struct graph *graph, uint32_t first,
                       struct diagnostics *diagnostics);
/* What is part of the run, and how many needs each node waits for. */
void build_selection(struct plan *plan, const struct plan_options *options,
                     struct diagnostics *diagnostics);

/* Needs of dynamic tasks by tasks with instances of their own, which an expansion has to look at.
 */
void build_waiting(struct plan *plan);

/* What a condition that accepts no failure comes to when flags lack CALLS_SUCCESS. */
enum verdict verdict_of_false(uint8_t flags);

/* What the task of a view asks for before its attempt, as a vector; of a gang's first, what all of
 * it ask for, of its others nothing. False with an error. warnings: gets what is cut; NULL: cut in
 * silence. */
struct view;
bool request_vector(struct view *view, struct diagnostics *warnings, uint32_t *ret,
                    struct error *error);
/* Holds alone, as a vector. */
bool holds_vector(struct view *view, const struct hold *holds, uint32_t count, uint32_t *ret,
                  struct error *error);
/* Can they be worked out while planning? */
bool holds_are_constant(const struct view *view, const struct hold *holds, uint32_t count);
/* How many cpus, GPUs the task of a view asks for. */
bool request_gpus(struct view *view, uint64_t *ret, struct error *error);
bool request_cpus(struct view *view, uint64_t *ret, struct error *error);
bool task_is_daemon(const struct task *task);
/* The program that a task has, or NULL. */
const struct program *plan_task_program(const struct plan *plan, uint32_t task);
/* Of the task's gang, or NULL. */
const struct gang *plan_task_gang(const struct plan *plan, uint32_t task);

#endif
