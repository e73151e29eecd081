/* Looking at plans and runs without running anything: drawings, lists, replayed runs. */
#ifndef ANALYSE_ANALYSE_H
#define ANALYSE_ANALYSE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "history/history.h"
#include "plan/plan.h"
#include "schedule/schedule.h"

/* A run as its journal tells it: the scheduler's state by replay, and each node's last outcome. */
struct replay {
    struct scheduler *scheduler;
    struct replay_node *nodes; /* by node */
    int64_t began_wall, last_time;
    bool has_ended;
    int exit_status;
};
struct replay_node {
    int64_t started, ended;  /* of the last attempt; -1: not */
    int32_t exit_code;       /* -1: none */
    uint8_t outcome_kind;
    bool is_timeout;
    int32_t process;
    struct extent log;
    char *detail; /* or NULL */
};
bool replay_run(struct replay *ret, const struct plan *plan, const struct run_folder *folder,
                struct error *error);
void replay_release(struct replay *replay);

/* Graphviz: tasks as nodes, a matrix folded to one with its count unless expanded, the critical path
 * bold, colours by status with a replay (NULL: none). Any name survives `dot -Tsvg`. */
struct dot_options {
    bool is_expanded;
    const struct replay *replay;
};
void dot_write(struct plan *plan, const struct dot_options *options, struct buffer *out);

/* The plan as JSON: {"name", "tasks": [{"name", "instances": [{"name", "needs": [...]}]}]}. New. */
json_t *plan_to_json(struct plan *plan);

/* `pargraph list`: name, count of instances, description, one line a task. */
void list_write(const struct plan *plan, struct buffer *out);

/* `pargraph status`: counts, then what failed, runs and waits. */
void status_write(const struct plan *plan, const struct run_folder *folder,
                  const struct replay *replay, struct buffer *out);
json_t *status_to_json(const struct plan *plan, const struct run_folder *folder,
                       const struct replay *replay); /* new */

#endif
