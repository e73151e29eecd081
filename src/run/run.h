/* A run, wired: workflow and plan in, the scheduler's actions carried out, its inputs journalled
 * before their consequences, facts handed to the observers. The only place where all layers meet.
 */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "execute/execute.h"
#include "observe/observe.h"
#include "plan/plan.h"

/* The exit statuses of pargraph (LANGUAGE.md, section 3). */
enum exit_status {
    EXIT_STATUS_SUCCESS = 0,
    EXIT_STATUS_FAILED = 1,
    EXIT_STATUS_INVALID = 2,
    EXIT_STATUS_DEADLOCK = 3,
    EXIT_STATUS_STATE = 4,
    EXIT_STATUS_INTERRUPTED = 130,
    EXIT_STATUS_TERMINATED = 143,
};

struct run_options {
    const char *state; /* the state directory */
    const char *file;  /* the workflow's, as given */
    const char *text;  /* the workflow's text, to be frozen */
    size_t text_length;
    const char *directory; /* the workflow's, absolute */
    const char *run_id;    /* of folder */
    uint8_t failure_policy;
    uint64_t cpu_capacity; /* of a resumed run: from now on; 0: as before */
    bool is_dry;
    bool is_split;          /* what tasks write to stdout and to stderr is told apart */
    bool has_events;        /* to standard output; not in a dry run */
    bool has_output_events; /* what tasks write, too */
    struct terminal_options terminal;
    struct guardian *guardian;
};

/* Runs the plan to its end; returns an exit status. folder (open, locked) is NULL in a dry run. */
int run_plan(struct plan *plan, struct run_folder *folder, const struct run_options *options,
             struct error *error);
/* Goes on with a run that was killed or did not end well: the plan is what the run froze, folder
 * its own (open, locked). What is left of its processes is ended first. The failure policy is that
 * of the run; its timeout counts anew. A run that ended in success is left alone: *ret_is_done. */
int run_resume(struct plan *plan, struct run_folder *folder, const struct run_options *options,
               bool *ret_is_done, struct error *error);

#endif
