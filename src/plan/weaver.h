/* Edges and joins while they are made: of a whole plan, or of one expansion. */
#ifndef PLAN_WEAVER_H
#define PLAN_WEAVER_H

#include "base/memory.h"
#include "plan/needs.h"

struct weaver {
    struct plan *plan;
    struct diagnostics *diagnostics;
    VEC(struct edge) edges;
    VEC(struct joined {
        uint32_t task;
        uint8_t kind;
    })
    joined;            /* the joins, which take the next numbers of nodes */
    node_list members; /* scratch */
    bool is_full;      /* more nodes or edges than there are numbers */

    /* of an expansion: */
    uint32_t old_count;     /* nodes that were there: their rows are closed, so edges out of them */
    VEC(struct edge) ended; /* stand here */
    VEC(uint32_t *) made;   /* where joins of this weaver were noted */
    uint32_t grown_task;    /* whose instances are new. The join of all of them may be old and not
                               have ended: groups of them get joins of their own */
};

void weaver_add_edge(struct weaver *weaver, uint32_t from, uint32_t to);
uint32_t weaver_add_join(struct weaver *weaver, uint32_t task, enum join_kind kind);
/* The node that ends when all of a task's instances have. */
uint32_t weaver_task_end(struct weaver *weaver, uint32_t task);
/* Connects the view's instance with what the resolver's need asks for; false after an error. */
bool weaver_connect(struct weaver *weaver, struct resolver *resolver, struct view *view);
/* Forgets the joins. */
void weaver_undo(struct weaver *weaver);
void weaver_release(struct weaver *weaver);

#endif
