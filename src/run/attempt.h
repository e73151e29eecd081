/* Attempts: from the scheduler's launch to the outcome it is told.
 *
 * An attempt is the body's process and then, whatever became of it, the cleanup's; its outcome is
 * known when both have ended. For the executor the cleanup is an attempt of its own, told by
 * ATTEMPT_CLEANUP in its number.
 *
 * Of a program each body is such an attempt, without a cleanup, and so is its conclusion, without a
 * body; what goes from one to the next is in the trail of the node (trail.h). */
#ifndef RUN_ATTEMPT_H
#define RUN_ATTEMPT_H

#include "run/state.h"

#define ATTEMPT_CLEANUP 0x80000000u
#define ATTEMPT_PROBE   0x40000000u /* a command that asks whether a daemon is ready */

struct attempt {
    struct run *run;
    struct attempt *spare; /* the next of those that are none now */
    uint32_t node, number;
    uint32_t operation; /* NO_OPERATION; a body of a program; OPERATION_END: its conclusion */
    uint8_t keeps;      /* KEEPS_... of what it writes */
    struct command command;
    bool is_call;
    bool is_bare;              /* a call with nothing but its invocation to be given back */
    struct invocation call;    /* is_call: the body; command has the cleanup alone */
    struct executor *executor; /* that has the body */
    char **env;                /* what execve is given: pointers only */
    char **own;                /* what the task adds, command.env and ours; pointers only */
    char *output_entry;        /* PARGRAPH_OUTPUT=path, or NULL */
    char *gpu_entries[2];      /* PARGRAPH_GPUS=, CUDA_VISIBLE_DEVICES=; NULL: it has none */
    char *scripts[2];          /* paths of files: the body's, the cleanup's; or NULL */
    char *directory;           /* absolute; NULL: is_bare */
    struct launch launch, cleanup;
    int ends[3]; /* of pipes between tasks, until its process has them; -1: none. See pipes.h */
    struct alarm *holding; /* its end is not told before that of the readers of its pipes */
    bool is_held_enough;   /* but now it is */
    struct buffer kept[2];
    bool is_kept_full;
    bool has_log;
    uint64_t log_begin, log_end;
    bool is_cleaning, is_timeout, is_signalled;
    struct alarm *cleanup_limit;
    char exit_code_entry[40]; /* for the cleanup */
    struct readiness *ready;  /* of a daemon */
    bool has_ended;           /* but a probe of it has not */
    struct outcome outcome;
};

static inline const struct task *attempt_task(const struct attempt *attempt)
{
    const struct plan *plan = attempt->run->plan;
    return &plan->workflow->tasks[plan->task[attempt->node]];
}

/* The step that is its body; NULL: it is the task's own. */
const struct step *attempt_step(const struct attempt *attempt);
/* What holds for its body: the step's own, else the task's. */
const struct details *attempt_details(const struct attempt *attempt);
/* Files, environment and attempt->launch, from attempt->command. */
bool attempt_prepare(struct attempt *attempt, struct error *error);
/* Scripts of attempt->command to files of the run. */
bool attempt_write_scripts(struct attempt *attempt, struct error *error);
/* The environment of the task with more entries; keeps attempt->own. For execve, the caller's. */
char **attempt_merge(struct attempt *attempt, char *const *more, uint32_t more_count);
/* Shows what --dry-run would run; command NULL: it cannot be known yet. */
/* command NULL: none could be made, error (or NULL) says why. */
void attempt_tell_dry(struct run *run, uint32_t node, uint32_t operation,
                      const struct command *command, struct error *error);

/* The reports an executor is given, but for the context: the struct run. */
extern const struct reports attempt_reports;

/* Carries out ACTION_LAUNCH. What cannot be started is pushed as finished. */
void attempt_launch(struct run *run, uint32_t node, uint32_t number, uint32_t operation);
/* Carries out ACTION_CONCLUDE. */
void attempt_conclude(struct run *run, const struct action *action);
/* Carries out ACTION_SIGNAL. */
void attempt_signal(struct run *run, const struct action *action);
/* What the parts share (attempt.c, conclude.c): the attempt of a node that is launched now; its
 * end, with its outcome, which frees it; its cleanup, and then its end. */
struct attempt *attempt_new(struct run *run, uint32_t node, uint32_t number, uint32_t operation);
void attempt_end(struct attempt *attempt);
void attempt_start_cleanup(struct attempt *attempt);
/* Takes detail. */
void attempt_set_outcome(struct attempt *attempt, enum outcome_kind kind, int code, char *detail);
void attempt_set_invalid(struct attempt *attempt, struct error *error);
/* {name: value} of what was written to $PARGRAPH_OUTPUT, into the outcome. */
bool attempt_keep_outputs(struct attempt *attempt, const char *text, size_t length,
                          struct error *error);
/* The cleanup of a program has ended: gathers what its bodies have left, and ends. */
void attempt_gather_program(struct attempt *attempt);
/* Told before the signal that it is a timeout's, for the cleanup's $PARGRAPH_STATUS. */
void attempt_note_signal(struct run *run, uint32_t node, bool is_timeout);
/* A zeroed attempt, which attempt_leave gives back with its outcome's detail; what else is its own
 * has been freed by then. */
struct attempt *attempt_place(struct run *run);
void attempt_leave(struct attempt *attempt);
void attempt_places_release(struct run *run);
/* Frees what is left at the end of a run that broke. */
void attempts_release(struct run *run);

#endif
