/* What the parts of a resume share: resume.c, and translate.c for journals of other versions. */
#ifndef RUN_RECOVERY_H
#define RUN_RECOVERY_H

#include "base/memory.h"
#include "run/state.h"

/* Of a node whose attempt may be running: what was told of it. */
struct trace {
    bool is_live;                /* a body was launched and has not ended */
    uint32_t operation;          /* that one's */
    struct told_process process; /* id 0: not told yet */
    uint64_t log_from;           /* before this there is nothing of the attempt that runs */
    struct extent log;           /* of an attempt that was lost: what it wrote */
};

struct told_node {
    uint32_t node;
    struct told_process process;
};

struct recovery {
    struct run *run;
    struct journal_reader journal;
    struct values *values; /* for reading; NULL: there are none */
    struct trace *traces;  /* by node */
    uint32_t trace_count;
    VEC(struct told_node) others; /* running instances that the plan has not grown to */
    uint64_t log_kept;
    int64_t last_time;
    struct action_list actions;
    struct error *error; /* of take() */
    bool has_failed;
    const char *lost; /* what the journal is cut before, if it is no torn record; else NULL */
};

/* Of a node that the plan has. */
struct trace *recovery_trace(struct recovery *recovery, uint32_t node);
/* The process that an INPUT_STARTED just read tells of; one that cannot have been has id 0. */
struct told_process recovery_told(const struct recovery *recovery, const struct input *in);
/* Are all values of this outcome in the values file, as they were? False with an error: that cannot
 * be read now. */
bool recovery_look_at_values(const struct recovery *recovery, const struct outcome *outcome,
                             bool *ret_are_whole, struct error *error);
/* Ends the processes that the run has left. */
bool recovery_end_survivors(struct recovery *recovery, struct error *error);

/* Puts a journal of this version, which tells the successes alone, in place of one of another
 * version, and opens it. *ret_is_done: there is nothing left to do, and nothing was done. */
bool recovery_translate(struct recovery *recovery, bool *ret_is_done, struct error *error);

#endif
