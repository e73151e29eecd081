/* The trail of an instance through its program: what its bodies have left behind, which goes into
 * the outcome of the attempt, and what its steps have bound.
 *
 * A retry, or a resume, goes on in the middle, so what was passed before belongs to it too; what
 * stands from the operation on that is begun again does not. All of it follows from inputs and actions, so that a
 * replay of the journal makes it again. */
#ifndef RUN_TRAIL_H
#define RUN_TRAIL_H

#include <jansson.h>

#include "run/state.h"

struct passed {
    uint32_t operation;
    uint32_t item;           /* of a get; else NO_ITEM */
    bool is_nothing;         /* of a get that failed */
    struct extent values[2]; /* what a body wrote that is kept */
    struct extent outputs;   /* what it wrote to $PARGRAPH_OUTPUT, as it is */
    struct extent result;    /* of a call */
};

struct trail {
    uint32_t attempt;    /* which the rest is of, but for what was passed */
    uint32_t live;       /* the body that runs; OPERATION_END: it is concluded; else NO_OPERATION */
    bool has_body;       /* one was launched */
    bool is_timeout;     /* of the attempt, while one ran */
    struct outcome last; /* of the body that ended last, or of what could not be evaluated */
    struct outcome total;      /* log, times and memory of all */
    VEC(struct passed) passed; /* in order of the operations */
};

/* Has the node a program? Then it has a trail, made when it is first asked for. */
bool trail_is_needed(const struct run *run, uint32_t node);
struct trail *trail_of(struct run *run, uint32_t node);
/* Of nodes with programs; others are passed over. Before the scheduler sees the input; as soon as
 * it has said the action. */
void trail_note_input(struct run *run, const struct input *in);
void trail_note_action(struct run *run, const struct action *action);
void trail_note_fact(struct run *run, const struct fact *fact);
void trails_release(struct run *run);

/* What the `as` of an operation bound, for struct results. */
json_t *trail_bound(struct run *run, uint32_t node, uint32_t operation);

#endif
