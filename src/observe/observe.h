/* Observers of a run: they read facts and output, and decide nothing. What they write is gathered
 * and written by their tick. */
#ifndef OBSERVE_OBSERVE_H
#define OBSERVE_OBSERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/memory.h"
#include "fact/fact.h"
#include "history/history.h"
#include "plan/plan.h"

/* --- the terminal: what `run` shows --- */

enum verbosity { VERBOSITY_QUIET, VERBOSITY_NORMAL, VERBOSITY_VERBOSE };

struct terminal_options {
    uint8_t verbosity;
    bool is_terminal;  /* descriptor is a terminal: a progress line at its bottom, unless quiet */
    bool has_colour;   /* a terminal, NO_COLOR not set, TERM not dumb */
    int descriptor;    /* progress and messages: standard error */
    int output;        /* blocks of tasks' output: standard output. Raw bytes, unless isatty() */
    uint32_t width;    /* columns; 0: 80 */
    bool is_counted;   /* quiet, but with the progress line */
    bool has_no_hints; /* the run will not be there to be looked at */
    bool is_dry;       /* --dry-run: messages ("would run" lines) go to output; of tasks only
                          failures have lines; no blocks, no progress */
    const char *state; /* said in hints, as --state; NULL: commands find it. Borrowed */
};

struct terminal;
struct time_left;
/* plan, run_id: borrowed. run_id NULL: nothing points to logs. Nothing is written yet. */
struct terminal *terminal_new(const struct plan *plan, const char *run_id,
                              const struct terminal_options *options);
void terminal_free(struct terminal *terminal);
/* errno, where what tasks wrote could not be shown, but for a pipe that nobody reads; else 0. */
int terminal_lost(const struct terminal *terminal);
/* What happened. Each ended task has its line:
 *     [2/40] align[sample=s1] ok 3.2s
 *     [3/40] align[sample=s2] failed: exit status 3 after 1.2s
 * those that never ran (skipped, blocked, cancelled) only if verbose, and on a terminal, unless
 * verbose, a success only if it wrote something; quiet: failures without continue-on-error alone.
 * The attempt's output follows as one block (normal, of a large one the first and last 64 KiB), was
 * streamed with the task's name before each line (verbose), or is not shown (quiet; a failure's
 * last 10 lines are shown all the same, at once and again in the summary). */
void terminal_fact(struct terminal *terminal, const struct fact *fact);
/* What happened before this process: it is only counted. */
void terminal_past(struct terminal *terminal, const struct fact *fact);
/* Bytes of an attempt, between its FACT_LAUNCHED and the FACT_FAILED or FACT_ENDED; others are
 * ignored. stream: 1 or 2. */
void terminal_output(struct terminal *terminal, uint32_t node, uint32_t attempt, int stream,
                     const char *bytes, size_t length);
/* A function that runs tells how far it is, 0 to 1; text (or NULL) is shown with it. */
void terminal_progress(struct terminal *terminal, uint32_t node, double done, const char *text);
/* A message of pargraph itself, on a line of its own; further lines of it are indented. */
void terminal_message(struct terminal *terminal, const char *text);
/* Writes what was gathered and redraws the progress line if it is time; returns when to call again
 * (INT64_MAX: never, until another fact, output or message). now counts as facts' times do. Call it
 * after all of these: it writes at most 10 times a second. */
int64_t terminal_tick(struct terminal *terminal, int64_t now);
/* Takes the progress line away and writes what was gathered, now: before this process stops, say.
 */
void terminal_flush(struct terminal *terminal);
/* What the progress line says of it from now on. */
void terminal_left(struct terminal *terminal, const struct time_left *left);
void terminal_resize(struct terminal *terminal, uint32_t width); /* 0: 80 */
/* The summary: counts, time, the first 20 failures with their last lines and `pargraph logs` hints.
 * What did not end well can be resumed, and is told how. Quiet: nothing if exit_status is 0. A dry
 * run: counts alone. */
void terminal_summary(struct terminal *terminal, int64_t now, int exit_status);

/* --- the event stream: `run --json` ---
 *
 * One JSON object a line, always valid UTF-8. Which events there are, and their fields, is in one
 * table (event_fields.c), from which events_describe makes the documentation. Times are seconds
 * since the run began, as in facts. From the stream alone follows what status_to_json says of the
 * run at its end; of a resumed run, of what did not stay from before. */

struct events_options {
    int descriptor;
    bool has_output;  /* what tasks write is wanted, too, as events */
    bool is_resumed;  /* the run was begun by another process; see events_past */
    int64_t wall;     /* the wall clock when the run began */
    const char *file; /* the workflow's, as given; borrowed */
};

struct events;
/* plan, folder: borrowed. Nothing is written yet. */
struct events *events_new(const struct plan *plan, const struct run_folder *folder,
                          const struct events_options *options);
/* Writes what was gathered. */
void events_free(struct events *events);
void events_fact(struct events *events, const struct fact *fact);
/* What happened before this process: it is only counted. The stream begins with what stays. */
void events_past(struct events *events, const struct fact *fact);
/* As terminal_output. A character that is not whole yet waits for its rest. */
void events_output(struct events *events, int64_t time, uint32_t node, uint32_t attempt, int stream,
                   const char *bytes, size_t length);
void events_progress(struct events *events, int64_t time, uint32_t node, uint32_t attempt,
                     double done, const char *text);
void events_message(struct events *events, int64_t time, const char *text);
/* FACT_DEADLOCK: the story, a line for each that is stuck. */
void events_deadlock(struct events *events, int64_t time, const char *story);
/* As terminal_tick. */
int64_t events_tick(struct events *events, int64_t now);
/* The last event. */
void events_end(struct events *events, int64_t now, int exit_status);
/* errno, where events could not be written, but for a pipe that nobody reads; else 0. */
int events_lost(const struct events *events);
/* Every event and field in words, for --help. */
void events_describe(struct buffer *out);

/* --- how long the rest will take --- */

struct estimate;
struct estimate *estimate_new(const struct plan *plan); /* borrowed; it may grow */
void estimate_free(struct estimate *estimate);
/* Those from before a resume, too. */
void estimate_fact(struct estimate *estimate, const struct fact *fact);
/* The same without facts, from a run that is looked at. */
void estimate_started(struct estimate *estimate, uint32_t node, int64_t time);
void estimate_ended(struct estimate *estimate, uint32_t node, int64_t time, enum status status);
/* What earlier runs tell (it is sorted by this), and what this one has to tell to later ones:
 * successes with their time, skipped instances with none. The caller's. */
typedef VEC(struct duration) duration_list;
void estimate_learn(struct estimate *estimate, struct duration *items, uint32_t count);
void estimate_tell(const struct estimate *estimate, duration_list *list);
/* Durations of earlier runs of a workflow (its absolute path) with this plan: what the index has;
 * if that is nothing, what the journals of the newest runs tell, which then is in the index, too.
 * The caller's: durations_free. */
void earlier_durations(const struct plan *plan, const char *state, const char *workflow,
                       duration_list *ret);

struct time_left {
    int64_t at, left; /* so much was left then; -1: not known */
    bool is_least;    /* it may be more: something is not known */
    int64_t again;    /* when to look again: this costs a walk over the graph */
};
struct time_left estimate_look(struct estimate *estimate, int64_t now);
/* "~2m left", "at least 2m left"; nothing where it is not known, or has come to nothing. */
void time_left_write(const struct time_left *left, int64_t now, struct buffer *out);

#endif
