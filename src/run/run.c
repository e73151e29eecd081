/* A run from its first input to its exit status; see run.h. The parts: turn.c (one turn), attempt.c
 * (processes), results.c (what expressions may ask), signals.c. */
#include "run/run.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "run/attempt.h"
#include "run/disk.h"
#include "run/executors.h"
#include "run/trail.h"
#include "run/file_locks.h"
#include "run/pipes.h"
#include "run/requests.h"
#include "run/timers.h"

/* Runs that are over within this have no use for an estimate, nor are they of any to later ones; so
 * they never touch the database. */
static const int64_t SHORTEST_ESTIMATED = 1000000000;

static bool open_state(struct run *run, const struct journal_head *head, struct error *error)
{
    run->journal = journal_create(run->folder, head, error);
    if (run->journal == NULL)
        return false;
    run->log = log_create(run->folder, error);
    if (run->log == NULL)
        return false;
    run->values = values_create(run->folder, error);
    return run->values != NULL;
}

/* Functions of libraries print to the descriptors of this process: what the run itself shows goes
 * past them. */
static bool open_outputs(struct run *run, struct error *error)
{
    const struct workflow *workflow = run->plan->workflow;
    bool has_library = false;
    run->outputs[0] = STDOUT_FILENO;
    run->outputs[1] = STDERR_FILENO;
    for (uint32_t i = 0; i < workflow->function_count; i++)
        has_library = has_library || workflow->functions[i].kind == FUNCTION_LIBRARY;
    if (!has_library || run->folder == NULL)
        return true;
    run->raw = raw_output_open(run->outputs, error);
    return run->raw != NULL;
}

static void open_terminal(struct run *run)
{
    struct terminal_options shown = run->options->terminal;
    shown.descriptor = run->outputs[shown.descriptor == STDERR_FILENO];
    shown.output = run->outputs[shown.output == STDERR_FILENO];
    run->terminal = terminal_new(run->plan, run->results.run_id, &shown);
}

static bool open_run(struct run *run, struct error *error)
{
    uint32_t count = run->plan->node_count;
    run->node_capacity = count;
    /* From now on what expressions read is what is there when they are evaluated. */
    run->plan->workflow->snapshot->is_forgetful = run->folder != NULL;
    run->result_of = memory_array(count, sizeof *run->result_of);
    if (run->folder != NULL) {
        struct buffer mark = {0};
        buffer_printf(&mark, "PARGRAPH_RUN_DIR=%s", run->folder->path);
        run->mark = buffer_take(&mark);
    }
    environment_init(&run->environment, run->mark);
    results_init(run);
    if (!open_outputs(run, error))
        return false;
    open_terminal(run);
    run->loop = loop_new(error);
    run->journalled_vectors = run->plan->vectors.count;
    run->journalled_tokens = run->plan->token_count;
    run->began = clock_monotonic();
    return run->loop != NULL && signals_open(run, error);
}

void run_open_observers(struct run *run, int64_t wall, bool is_resumed)
{
    struct events_options events = {.descriptor = run->outputs[0],
                                    .has_output = run->options->has_output_events,
                                    .is_resumed = is_resumed,
                                    .wall = wall,
                                    .file = run->options->file};
    if (run->options->has_events)
        run->events = events_new(run->plan, run->folder, &events);
    if (run->folder != NULL)
        run->estimate = estimate_new(run->plan);
}

static bool begin_run(struct run *run, struct error *error)
{
    uint8_t policy = run->options->failure_policy;
    struct journal_head head = {.scheduler_version = SCHEDULER_VERSION,
                                .failure_policy = policy,
                                .wall = clock_wall(),
                                .boot = clock_boot(),
                                .zero = run->began,
                                .cpu_capacity = run->plan->tokens[0].capacity,
                                .plan = plan_fingerprint(run->plan)};
    run_open_observers(run, head.wall, false);
    run->scheduler =
        scheduler_new(run->plan, &(struct scheduler_options){.failure_policy = policy});
    if (run->folder != NULL && !open_state(run, &head, error))
        return false;
    run_push(run, INPUT_BEGIN);
    return true;
}

static void close_run(struct run *run)
{
    executors_close(run);
    disk_stop(run);
    requests_close(run);
    attempts_release(run);
    run_pipes_close(run);
    trails_release(run);
    timers_release(run);
    file_locks_release(run);
    signals_close(run);
    if (run->journal != NULL)
        journal_close(run->journal);
    if (run->log != NULL)
        log_close(run->log);
    if (run->values != NULL)
        values_close(run->values);
    scheduler_free(run->scheduler);
    terminal_free(run->terminal);
    events_free(run->events);
    estimate_free(run->estimate);
    raw_output_close(run->raw);
    environment_release(&run->environment);
    free(run->mark);
    action_list_release(&run->actions);
    for (uint32_t i = 0; i < run->spare.count; i++)
        free(run->spare.items[i]);
    for (uint32_t i = 0; i < run->inputs.count; i++)
        free(run->inputs.items[i]);
    VEC_RELEASE(&run->spare);
    VEC_RELEASE(&run->inputs);
    VEC_RELEASE(&run->kept);
    VEC_RELEASE(&run->failed);
    VEC_RELEASE(&run->items);
    VEC_RELEASE(&run->gpus);
    free(run->deadlock);
    free(run->result_of);
    if (run->loop != NULL)
        loop_free(run->loop);
}

static void overdue(void *context)
{
    struct run *run = context;
    run_push(run, INPUT_CANCEL)->verdict = CANCEL_TIMEOUT;
    run_say(run, "the run took longer than its timeout: ending what runs");
}

/* The workflow's absolute path: by this earlier runs are known. The caller's. */
static char *workflow_path(const struct run_options *options)
{
    const char *slash = strrchr(options->file, '/');
    return file_join(options->directory, slash != NULL ? slash + 1 : options->file);
}

static void look_ahead(struct run *run, int64_t now)
{
    if (!run->has_learnt) {
        duration_list earlier;
        CLEANUP_FREE char *path = workflow_path(run->options);
        earlier_durations(run->plan, run->options->state, path, &earlier);
        estimate_learn(run->estimate, earlier.items, earlier.count);
        durations_free(earlier.items, earlier.count);
        run->has_learnt = true;
    }
    struct time_left left = estimate_look(run->estimate, now);
    terminal_left(run->terminal, &left);
    run->look_again = left.again;
}

static bool is_worth_an_estimate(const struct run *run)
{
    return run->estimate != NULL && run_now(run) - run->taken_up >= SHORTEST_ESTIMATED;
}

/* The index is derived: that it could not be written is not the run's failure. */
static void tell_later_runs(struct run *run)
{
    if (!is_worth_an_estimate(run))
        return;
    duration_list list = {0}, earlier = {0};
    CLEANUP_FREE char *path = workflow_path(run->options);
    if (!run->has_learnt) /* if they were lost, they must come back before this run's */
        earlier_durations(run->plan, run->options->state, path, &earlier);
    durations_free(earlier.items, earlier.count);
    estimate_tell(run->estimate, &list);
    if (list.count > 0)
        durations_put(run->options->state, path, list.items, list.count, NULL);
    durations_free(list.items, list.count);
}

static int64_t tick(struct run *run)
{
    int64_t now = run_now(run);
    if (is_worth_an_estimate(run) && run->options->terminal.is_terminal &&
        run->options->terminal.verbosity != VERBOSITY_QUIET && now >= run->look_again)
        look_ahead(run, now);
    int64_t due = terminal_tick(run->terminal, now);
    int64_t events_due = run->events != NULL ? events_tick(run->events, now) : INT64_MAX;
    return due < events_due ? due : events_due;
}

/* What follows from a batch of events. */
static int64_t follow(void *context)
{
    struct run *run = context;
    run_turn(run);
    if (run->has_ended)
        return 0;
    int64_t due = tick(run);
    return due == INT64_MAX ? INT64_MAX : run->began + due;
}

static bool drive(struct run *run, struct error *error)
{
    int64_t timeout = run->plan->workflow->timeout;
    if (timeout != UNLIMITED && run->folder != NULL)
        loop_at(run->loop, clock_monotonic() + timeout, overdue, run);
    loop_set_after(run->loop, follow, run);
    for (int64_t deadline = 0; !run->has_ended; deadline = INT64_MAX)
        if (!loop_turn(run->loop, deadline, error))
            return false;
    return true;
}

static int exit_status(const struct run *run)
{
    if (run->is_broken)
        return EXIT_STATUS_STATE;
    if (run->signal != 0)
        return run->signal == SIGINT ? EXIT_STATUS_INTERRUPTED : EXIT_STATUS_TERMINATED;
    if (scheduler_is_stuck(run->scheduler))
        return EXIT_STATUS_DEADLOCK;
    return run->status == STATUS_SUCCESS ? EXIT_STATUS_SUCCESS : EXIT_STATUS_FAILED;
}

static bool is_kept(const struct run *run, struct error *error)
{
    if (run_folder_is_there(run->folder))
        return true;
    error_set(error, PLACE_NONE, "%s was removed while it was in use", run->folder->path);
    return error_hint(error, "no task may remove the state directory");
}

static int finish(struct run *run)
{
    /* What tasks left in the background ends before the run is said to have ended. */
    executors_close(run);
    disk_stop(run);
    int status = exit_status(run);
    if (run->journal == NULL)
        return status;
    CLEANUP_ERROR struct error error = {0};
    const struct counts *counts = scheduler_counts(run->scheduler);
    if (!run->has_lost_guardian)
        journal_add_end(run->journal,
                        &(struct journal_end){.exit_status = status,
                                              .time = run_now(run),
                                              .succeeded = counts->by_status[STATUS_SUCCESS],
                                              .failed = counts->by_status[STATUS_FAILURE],
                                              .total = run->plan->selected_count});
    if (!run->is_broken && (!values_sync(run->values, &error) || !log_write(run->log, &error) ||
                            !journal_write(run->journal, &error) ||
                            !journal_sync(run->journal, &error) || !is_kept(run, &error))) {
        run_break(run, &error);
        status = EXIT_STATUS_STATE;
    }
    return status;
}

/* What was to be seen and was not: a success is none to those who wait for it. */
static int tell_lost(struct run *run, int status, struct error *error)
{
    terminal_flush(run->terminal);
    int number = terminal_lost(run->terminal);
    if (number == 0 && run->events != NULL)
        number = events_lost(run->events);
    if (number == 0)
        return status;
    error_set_system(error, number, "cannot write to standard output");
    if (run->folder != NULL)
        error_hint(error, "what tasks wrote is in the log all the same: pargraph logs %s TASK",
                   run->folder->id);
    return status == EXIT_STATUS_SUCCESS ? EXIT_STATUS_FAILED : status;
}

static int drive_to_end(struct run *run, struct error *error)
{
    if (!executors_open(run, error) || !requests_open(run, error) || !drive(run, error))
        return EXIT_STATUS_STATE;
    int status = finish(run);
    terminal_summary(run->terminal, run_now(run), status);
    if (run->events != NULL)
        events_end(run->events, run_now(run), status);
    tell_later_runs(run);
    return tell_lost(run, status, error);
}

int run_plan(struct plan *plan, struct run_folder *folder, const struct run_options *options,
             struct error *error)
{
    struct run run = {.plan = plan, .folder = folder, .options = options};
    int status = EXIT_STATUS_STATE;
    if (open_run(&run, error) && begin_run(&run, error))
        status = drive_to_end(&run, error);
    close_run(&run);
    return status;
}

/* Of a run that ended in success there is nothing to tell but that. */
static int tell_done(struct run *run)
{
    if (run->events != NULL)
        events_end(run->events, run_now(run), EXIT_STATUS_SUCCESS);
    return EXIT_STATUS_SUCCESS;
}

int run_resume(struct plan *plan, struct run_folder *folder, const struct run_options *options,
               bool *ret_is_done, struct error *error)
{
    struct run run = {.plan = plan, .folder = folder, .options = options};
    int status = EXIT_STATUS_STATE;
    *ret_is_done = false;
    if (open_run(&run, error) && resume_state(&run, ret_is_done, error))
        status = *ret_is_done ? tell_done(&run) : drive_to_end(&run, error);
    close_run(&run);
    return status;
}
