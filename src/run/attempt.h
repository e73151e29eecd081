/* Attempts: from the scheduler's launch to the outcome it is told.
 *
 * An attempt is the body's process and then, whatever became of it, the cleanup's; its outcome is
 * known when both have ended. For the executor the cleanup is an attempt of its own, told by
 * ATTEMPT_CLEANUP in its number. */
#ifndef RUN_ATTEMPT_H
#define RUN_ATTEMPT_H

#include "run/state.h"

#define ATTEMPT_CLEANUP 0x80000000u

struct attempt {
    struct run *run;
    uint32_t node, number;
    struct command command;
    char **env;         /* what execve is given: pointers only */
    char **own;         /* what the task adds, command.env and ours; pointers only */
    char *output_entry; /* PARGRAPH_OUTPUT=path, or NULL */
    char *scripts[2];   /* paths of files: the body's, the cleanup's; or NULL */
    char *directory;    /* absolute */
    struct launch launch, cleanup;
    struct buffer kept[2];
    bool is_kept_full;
    bool has_log;
    uint64_t log_begin, log_end;
    bool is_cleaning, is_timeout, is_signalled;
    struct alarm *cleanup_limit;
    char exit_code_entry[40]; /* for the cleanup */
    struct outcome outcome;
};

static inline const struct task *attempt_task(const struct attempt *attempt)
{
    const struct plan *plan = attempt->run->plan;
    return &plan->workflow->tasks[plan->task[attempt->node]];
}

/* Files, environment and attempt->launch, from attempt->command. */
bool attempt_prepare(struct attempt *attempt, struct error *error);
/* The environment of the task with more entries; keeps attempt->own. For execve, the caller's. */
char **attempt_merge(struct attempt *attempt, char *const *more, uint32_t more_count);
/* Shows what --dry-run would run; command NULL: it cannot be known yet. */
/* command NULL: none could be made, error (or NULL) says why. */
void attempt_tell_dry(struct run *run, uint32_t node, const struct command *command,
                      struct error *error);

/* The reports an executor is given, but for the context: the struct run. */
extern const struct reports attempt_reports;

/* Carries out ACTION_LAUNCH. What cannot be started is pushed as finished. */
void attempt_launch(struct run *run, uint32_t node, uint32_t number);
/* Carries out ACTION_SIGNAL. */
void attempt_signal(struct run *run, const struct action *action);
/* Told before the signal that it is a timeout's, for the cleanup's $PARGRAPH_STATUS. */
void attempt_note_signal(struct run *run, uint32_t node, bool is_timeout);
/* Frees what is left at the end of a run that broke. */
void attempts_release(struct run *run);

#endif
