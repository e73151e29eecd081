/* Who waits for what, in words and for programs: what ps, why and status share. */
#ifndef ANALYSE_WAITS_H
#define ANALYSE_WAITS_H

#include "analyse/analyse.h"

/* All waits of a run at its last moment. */
struct waits {
    const struct plan *plan;
    const struct replay *replay;
    int64_t now;
    wait_list list;
};
void waits_open(struct waits *ret, const struct plan *plan, const struct replay *replay,
                int64_t now);
void waits_close(struct waits *waits);
/* Those of one node: *ret_count of them from the one returned on. */
const struct wait *waits_of(const struct waits *waits, uint32_t node, uint32_t *ret_count);

/* "waits for 2.0s for lock db at step 2 (flow.yml:14): held by load" */
void waits_write(const struct waits *waits, const struct wait *wait, struct buffer *out);
/* See ps_to_json. New. */
json_t *waits_to_json(const struct waits *waits, const struct wait *wait);
/* All of a node, of one that stands ready what it lacks. New. */
json_t *waits_of_to_json(const struct waits *waits, uint32_t node);

/* Of a node that stands ready: what it lacks and who holds that: "waits for cpu: held by a, b";
 * that it stands behind others, where it lacks nothing. */
void waits_write_ready(const struct waits *waits, uint32_t node, struct buffer *out);
/* "step 2 (barrier b) (flow.yml:14)"; nothing of an operation that there is none of. */
void waits_write_place(const struct plan *plan, uint32_t node, uint32_t operation,
                       struct buffer *out);
/* "a resume goes on at step 2 (run) (flow.yml:14)", "it cannot go on at ..., for others have seen
 * ..."; nothing of one that would begin at its beginning, or not at all. */
void waits_write_restart(const struct plan *plan, const struct scheduler *scheduler, uint32_t node,
                         struct buffer *out);
/* Names of nodes, the first few of many, made harmless. */
void waits_write_names(const struct plan *plan, const node_list *nodes, struct buffer *out);

#endif
