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
    uint32_t node_count, node_capacity;
    int64_t began_wall, last_time; /* last_time: since the run began */
    int64_t wall_at_zero; /* of the runner that wrote last, at its time 0: a run that was resumed
                             leaves out the time between; */
    uint64_t boot;        /* and its clock: see struct journal_head */
    int64_t zero;
    uint32_t resumes;
    int64_t now; /* replay_run sets it to last_time; of a run that is alive, set it to the time
                    since the run began, and what runs is shown with its age */
    bool has_ended;
    int exit_status;
    uint32_t stopper;   /* the task whose failure lets nothing more start; NO_NODE: none */
    bool was_cancelled; /* by `cancel` (enum cancel), the first */
    uint8_t cancel;
    VEC(uint8_t) verbs; /* of verbs' requests, by number: enum verb */
};
struct replay_node {
    int64_t started, ended; /* of the last attempt; -1: not */
    int32_t exit_code;      /* as a shell says it; -1: none (not ended, not a process's end) */
    int32_t code;           /* struct outcome's; of the kind */
    uint8_t outcome_kind;
    bool is_started; /* the last attempt had a process, or what stands for one */
    bool is_timeout, is_tolerated;
    int32_t process;  /* 0: none was started */
    uint32_t attempt; /* the last that had a process or body */
    uint32_t vector;  /* what it asked for when that was evaluated; NO_VECTOR: what its rule says */
    int64_t until;    /* when the next attempt begins, after one that failed; -1 */
    struct extent log;
    char *detail; /* or NULL */
};
/* The plan must be that of the run: same workflow, params, selection and capacity; it grows as it
 * grew in the run. False, and
 * nothing to release, where the journal cannot be read, was written by another SCHEDULER_VERSION,
 * or speaks of nodes that the plan does not have. */
bool replay_run(struct replay *ret, struct plan *plan, const struct run_folder *folder,
                struct error *error);
void replay_release(struct replay *replay);

/* Attempts that ended, by node, and of one node in the order of their ends. One that was lost with
 * its runner bears the number of the one that repeated it; a resumed run counts those of a failed
 * task from 1 again. */
struct attempt_end {
    uint32_t node, number;
    uint8_t kind; /* enum outcome_kind */
    int32_t code;
    struct extent log;
    struct extent result; /* JSON in the values file; none: null */
};
struct attempt_list {
    struct attempt_end *items;
    uint32_t count, capacity;
};
/* Those of the nodes first .. first + count - 1. The caller's: VEC_RELEASE it. */
bool attempts_read(struct attempt_list *ret, const struct run_folder *folder, uint32_t first,
                   uint32_t count, struct error *error);

/* Graphviz: tasks as nodes, a matrix folded to one with its count unless expanded, the critical
 * path bold, colours by status with a replay (NULL: none). Any name survives `dot -Tsvg`. Folded:
 * an edge for each need: dashed if it has a guard, labelled with what it selects by. A matrix in a
 * replay says how many of its instances stand where. Expanded: the selected instances; a join is a
 * point. What `finally` holds is in a dashed box. */
struct dot_options {
    bool is_expanded;
    const struct replay *replay;
};
void dot_write(struct plan *plan, const struct dot_options *options, struct buffer *out);

/* The plan as JSON. New.
 *     {"name", "description",
 *      "instance_count",         of this run
 *      "critical_path",          its length in instances with work
 *      "capacities": {"cpu": 4}, those that are limited; memory in bytes
 *      "tasks": [
 *        {"name", "description",
 *         "body": "none" | "run" | "exec",
 *         "run": text | "exec": [word]       as written
 *         "is_finally", "is_manual",
 *         "priority",
 *         "timeout",                         seconds; null: none
 *         "retries",                         further attempts at most
 *         "resources": {"cpu": 1}            amounts; as written where they are evaluated later
 *         "matrix": [variable],
 *         "is_dynamic": true,                its matrix is expanded while the workflow runs; until
 *                                            then it has no instances, but
 *         "needs": [name],                   whole tasks
 *         "instances": [
 *           {"name", "matrix": {variable: value}, "is_selected",
 *            "needs": [name]}]}]}            an instance each; T[*] for all of a matrix's
 * description, run, exec are left out where there is none. */
json_t *plan_to_json(struct plan *plan);

/* `pargraph list`: name, count of instances, description, one line a task; "manual" and "finally"
 * are said in front of the description. */
void list_write(const struct plan *plan, struct buffer *out);
/* The same for programs: name, instances, the description's first line, tabs between. */
void list_write_tsv(const struct plan *plan, struct buffer *out);

/* `pargraph status`: how the run stands, counts, then what failed, runs and waits, the first 20 of
 * each. */
void status_write(const struct plan *plan, const struct run_folder *folder,
                  const struct replay *replay, struct buffer *out);
/* New. Of a run that goes on `pargraph status --json` adds "left", seconds, and "is_left_least", if
 * so much is known.
 *     {"run", "name",
 *      "state": "running" | "ended" | "killed",   killed: nobody owns the run and it did not end
 *      "exit_status",                             null: not ended
 *      "began", "elapsed",                        seconds since 1970; seconds
 *      "counts": {"total", "waiting", "running", "success", "failure", "tolerated", "skipped",
 *                 "blocked", "cancelled"},        tolerated: of the failures
 *      "instances": [
 *        {"name", "task", "state": "waiting" | "ready" | "delayed" | "synchronising" | "running" |
 *                  "ended",          synchronising: it had begun, and waits for others
 *         "status",                               null: not ended
 *         "attempt",                              0: none yet
 *         "started", "ended",                     of the last attempt, in seconds since the
 * beginning "exit_code", "is_timeout", "reason"}]}  null where there is none */
json_t *status_to_json(const struct plan *plan, const struct run_folder *folder,
                       const struct replay *replay);

/* `pargraph ps`: what is active, one line each: what runs, and what each that waits waits for,
 * since when, where, and who holds it or has to come. Of those that have not begun, what would
 * have, but for tokens that others hold. Of a run that has ended or was killed: as it was then. */
void ps_write(struct plan *plan, const struct run_folder *folder, const struct replay *replay,
              struct buffer *out);
/* New.
 *     {"run", "name", "state", "elapsed",       as in status_to_json
 *      "active": [
 *        {"name", "task", "state", "attempt",   as there
 *         "since", "process",                   of what runs, null where there is none
 *         "waits": [wait]}]}
 * wait: {"kind": "lock" | "semaphore" | "barrier" | "event" | "condition" | "queue" | "resource" |
 *        "timer",
 *        "what": "lock db[a]", "since", "until", seconds since the beginning; null: it has not
 *                                               begun; no limit
 *        "step": text, "file", "line", "is_verb", "is_stuck", "is_regaining",
 *        "holders": [name],                     of a lock, semaphore or resource
 *        "awaited": [name]}                     of all else: who could still help */
json_t *ps_to_json(struct plan *plan, const struct run_folder *folder, const struct replay *replay);

/* `pargraph why`: why these instances stand as they do: what they wait for, what kept them from
 * running, how they ended. Of many only the first 20. */
void why_write(struct plan *plan, const struct run_folder *folder, const struct replay *replay,
               const node_list *nodes, struct buffer *out);
/* New: {"run", "state", "instances": [{"name", "state", "status", "text", "needs": [name],
 *       "waits": [wait]}]}
 * text: what is written for it, lines; needs: those that it waits for, or that kept it from
 * running.
 */
json_t *why_to_json(struct plan *plan, const struct run_folder *folder, const struct replay *replay,
                    const node_list *nodes);

#endif
