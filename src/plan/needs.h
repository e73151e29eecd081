/* Needs with selectors, `same` or a guard, prepared once and asked for each instance. */
#ifndef PLAN_NEEDS_H
#define PLAN_NEEDS_H

#include "plan/affine.h"
#include "plan/group.h"
#include "plan/inside.h"
#include "plan/view.h"

/* A variable of the needed task that a need fixes. */
struct bound {
    uint32_t variable; /* its place in the needed task's variables */
    uint32_t own;      /* `same`: its place in the task's own variables */
    struct column *column;
    const struct selector *selector; /* NULL: same */
    const struct affine **forms;     /* of the selector's values; NULL: ask Lua */
    VEC(uint32_t) ids;               /* of the instance asked about, ascending, each once */
};

struct resolver {
    const struct need *need;
    uint32_t task;                   /* that has the need */
    const struct affine_test *guard; /* NULL: ask Lua, or there is none */
    bool is_whole;                   /* no variable is fixed */
    struct grouping *grouping;
    struct bound *bounds; /* by variable, ascending */
    uint32_t bound_count;
    uint32_t *scratch;    /* an id for each bound, then a place in its ids, 0 between questions */
    VEC(uint32_t) groups; /* of the instance asked about */
    bool is_list;         /* for it an expression gave a list of values */
};

/* Does a need stand for all instances of its task, whoever asks? */
bool need_is_plain(const struct need *need);
/* Prepares a need that is not plain; the needed task is expanded, and the task itself unless the
 * need is not by instance. Again, if it was prepared before. False with an error. */
bool resolver_add(struct plan *plan, uint32_t task, const struct need *need, struct error *error);
struct resolver *resolver_find(const struct plan *plan, const struct need *need);
/* A resolver that can only be asked for its guard. */
void resolver_init(struct resolver *resolver, struct plan *plan, uint32_t task,
                   const struct need *need);
/* As plan_need_nodes; node NO_NODE: of the task as a whole, for needs that are not by instance. */
bool need_nodes(struct plan *plan, uint32_t task, uint32_t node, const struct need *need,
                node_list *nodes, struct error *error);
/* Is the guard true for the view's instance? */
bool resolver_guard(struct resolver *resolver, struct view *view, bool *ret, struct error *error);
/* Finds resolver->groups for the view's instance; there may be none. Not if it is whole. */
bool resolver_groups(struct resolver *resolver, struct view *view, struct error *error);
void resolvers_release(struct inside *inside);

#endif
