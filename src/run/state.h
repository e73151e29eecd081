/* The state of one run; what the files of this folder share.
 *
 * One turn of the loop: events become inputs (run_push); run_turn journals each, hands it to the
 * scheduler, answers evaluations at once, writes log and journal, and only then carries out what
 * the scheduler said. */
#ifndef RUN_STATE_H
#define RUN_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/sparse.h"
#include "execute/execute.h"
#include "history/history.h"
#include "observe/observe.h"
#include "run/environment.h"
#include "run/run.h"
#include "schedule/schedule.h"

/* What is kept of an ended node that somebody's expression mentions. */
struct result {
    int exit_code;
    struct extent values[2], outputs, result;
};

struct attempt;
struct trail;
struct file_locks;
struct run_pipe;
struct timer;
struct run_signals;
struct requests;

struct run {
    struct plan *plan;
    struct run_folder *folder; /* NULL: a dry run */
    const struct run_options *options;
    struct loop *loop;
    struct executor *executor;          /* of processes (a dry run: of nothing) */
    struct executor *threads, *workers; /* of functions; NULL: none was called yet */
    struct raw_output *raw;    /* NULL: no function on threads writes to descriptors itself */
    int outputs[2];            /* what standard output and error were, and the run shows on */
    char **worker_environment; /* pointers only; NULL: none was needed yet */
    struct reports reports;    /* what executors tell */
    struct scheduler *scheduler;
    struct terminal *terminal;
    struct events *events;     /* NULL: not wanted */
    struct estimate *estimate; /* NULL: a dry run */
    int64_t look_again;        /* when to ask it what is left */
    int64_t taken_up;          /* when this process began with it: 0 but for a resumed run */
    bool has_learnt;           /* what earlier runs tell */
    struct journal *journal;
    struct run_log *log;
    struct values *values;
    struct environment environment;
    char *mark;             /* PARGRAPH_RUN_DIR=..., by which a resume finds what was left behind */
    struct results results; /* what the plan may ask */
    int64_t began;          /* monotonic */
    int64_t synced;         /* when the state was last to be brought to the disk */
    struct errand *syncing; /* it is, now; or NULL */
    uint32_t journalled_vectors; /* of the plan's, those that the journal or the file gives */
    uint32_t journalled_tokens;  /* of the plan's, too */
    bool has_ended;
    bool is_broken; /* the state cannot be written: nothing more starts */
    bool has_lost_guardian;
    int signal;     /* the first of INT, TERM, HUP */
    uint8_t status; /* of the run, once it has ended: enum status */
    struct run_signals *signals;
    struct requests *requests; /* of verbs; NULL: the plan has nothing to ask for */
    uint32_t first_request;    /* the number of the next one */

    struct {
        struct input **items;
        uint32_t count, capacity;
    } inputs; /* of this turn, in order; they live until it ends */
    struct {
        struct input **items;
        uint32_t count, capacity;
    } spare;
    struct action_list actions;

    struct sparse attempts;         /* by node: the live one */
    struct attempt *spare_attempts; /* places of some that have ended, for later ones */
    uint32_t spare_attempt_count;
    struct sparse timers;   /* by node: the one that is armed */
    struct sparse trails;   /* by node; see trail.h */
    uint32_t *result_of;    /* node → index into results + 1 */
    uint32_t node_capacity; /* of it */
    struct {
        struct result *items;
        uint32_t count, capacity;
    } kept;
    struct {
        uint32_t *items;
        uint32_t count, capacity;
    } failed; /* nodes, for run.failed */
    struct {
        struct timer **items;
        uint32_t count, capacity;
    } request_timers; /* in order of the requests */
    struct {
        struct extent *items;
        uint32_t count, capacity;
    } items;                       /* of queues: where their JSON is in the values file */
    VEC(uint32_t) gpus;            /* of each number the node that has it; see gpus.h */
    struct file_locks *file_locks; /* NULL: none was asked for */
    struct run_pipe *pipes;        /* in order of the workflow's; NULL: none was made yet */
    char *deadlock; /* who waits for what, to be told with its fact; NULL: there is none */
};

static inline int64_t run_now(const struct run *run);

/* An input to be handled this turn: zeroed but for now and kind. */
struct input *run_push(struct run *run, enum input_kind kind);
/* Handles all inputs that are there; false when the state cannot be written (said already). */
bool run_turn(struct run *run);
/* The state cannot be written: says so once, kills what runs, lets nothing more start. */
void run_break(struct run *run, struct error *error);
/* The event stream, if it is wanted, and the estimate. wall: when the run began. */
void run_open_observers(struct run *run, int64_t wall, bool is_resumed);
/* A message of pargraph itself, to all who watch. */
void run_say(struct run *run, const char *text);
/* A message of pargraph itself, with the error's place if it has one. */
void run_tell(struct run *run, const char *prefix, const struct error *error);
/* "flow.yml:7:5: message (hint)"; the caller's. */
char *run_error_text(const struct run *run, const struct error *error);

/* Makes room in what is kept by node for what the plan has grown by. */
void run_reach(struct run *run);
/* What an input tells of values, before the scheduler sees it. */
void run_note_input(struct run *run, const struct input *in);
/* For run.failed, which an evaluation of the same turn may ask for. */
void run_note(struct run *run, const struct fact *fact);
/* The scheduler, the journal, the log and the values of the run as they were left; the inputs that
 * begin the resumed part are pushed. False with an error; *ret_is_done: it ended in success. */
bool resume_state(struct run *run, bool *ret_is_done, struct error *error);

void results_init(struct run *run);
void results_keep(struct run *run, uint32_t node, const struct outcome *outcome);
/* Kept output as a value: without its trailing newlines. New; NULL if it cannot be read. */
json_t *results_text(struct run *run, const struct extent *extent);
/* JSON that was kept as a value. New; NULL if there is none, or it cannot be read. */
json_t *results_json(struct run *run, const struct extent *extent);

bool signals_open(struct run *run, struct error *error);
void signals_close(struct run *run);
const sigset_t *signals_original_mask(const struct run *run);

#include "base/clock.h"
static inline int64_t run_now(const struct run *run)
{
    return clock_monotonic() - run->began;
}

#endif
