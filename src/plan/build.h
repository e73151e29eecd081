/* The stages of plan_build, in order. */
#ifndef PLAN_BUILD_H
#define PLAN_BUILD_H

#include "plan/plan.h"

/* Tokens and rules, with the requests that are constant. */
void build_tokens(struct plan *plan, const struct plan_options *options);
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

/* The requests of the task of a view, as a vector. False with an error. warnings: gets what is cut;
 * NULL: cut in silence. */
struct view;
bool request_vector(struct view *view, struct diagnostics *warnings, uint32_t *ret,
                    struct error *error);
/* How many cpus a vector asks for. */
uint64_t vector_cpus(const struct plan *plan, uint32_t vector);

#endif
