/* Observers of a run: they read facts and output, and decide nothing. */
#ifndef OBSERVE_OBSERVE_H
#define OBSERVE_OBSERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "fact/fact.h"
#include "history/history.h"
#include "plan/plan.h"

/* --- the terminal: what `run` shows --- */

enum verbosity { VERBOSITY_QUIET, VERBOSITY_NORMAL, VERBOSITY_VERBOSE };

struct terminal_options {
    uint8_t verbosity;
    bool is_terminal;  /* out is a terminal: a progress line at its bottom */
    bool has_colour;   /* a terminal, NO_COLOR not set, TERM not dumb */
    int descriptor;    /* progress and messages: standard error */
    int output;        /* blocks of tasks' output: standard output */
    uint32_t width;    /* columns; 0: 80 */
    bool is_dry;       /* --dry-run: "would run" lines, no blocks, no progress */
};

struct terminal;
/* plan, log_path: borrowed. log_path NULL: there is none. */
struct terminal *terminal_new(const struct plan *plan, const char *run_id,
                              const struct terminal_options *options);
void terminal_free(struct terminal *terminal);
/* What happened. A finished task's output is shown as one block (normal), streamed with its name
 * before each line (verbose), or not at all (quiet; a failure's last lines are shown all the same,
 * at once and again in the summary). */
void terminal_fact(struct terminal *terminal, const struct fact *fact);
void terminal_output(struct terminal *terminal, uint32_t node, uint32_t attempt, int stream,
                     const char *bytes, size_t length);
/* A message of pargraph itself, on a line of its own. */
void terminal_message(struct terminal *terminal, const char *text);
/* Redraws the progress line if it is time; returns when to call again (INT64_MAX: never). */
int64_t terminal_tick(struct terminal *terminal, int64_t now);
void terminal_resize(struct terminal *terminal, uint32_t width);
/* The summary: counts, time, failures with their last lines and `pargraph logs` hints. */
void terminal_summary(struct terminal *terminal, int64_t now, int exit_status);

/* --- status, as text and JSON, from counts and states of a run live or ended --- */

struct task_summary { /* one a task of the workflow */
    uint32_t total, by_status[STATUS_FAILURE + 1], running;
};

#endif
