/* Which executors a run has, and which of them an attempt is for; see executors.h. A run without
 * functions has one, and pays for no other. */
#include "run/executors.h"

#include <stdlib.h>

#include "run/attempt.h"

enum { MOST_DEFAULT = 65535 };

bool executors_open(struct run *run, struct error *error)
{
    if (run->folder != NULL && !tree_is_visible())
        terminal_message(run->terminal, "warning: there is no /proc here, so processes that leave "
                                        "their task's group are not found and not ended");
    run->reports = attempt_reports;
    run->reports.context = run;
    struct process_options options = {.child_mask = signals_original_mask(run),
                                      .is_wide = run->plan->workflow->primitive_count > 0};
    run->executor = run->folder == NULL
                        ? dry_executor_new(run->loop, &run->reports)
                        : process_executor_new(run->loop, &run->reports, &options, error);
    return run->executor != NULL;
}

/* By whom, nobody can tell. */
static void said(void *context, int stream, const char *bytes, size_t length)
{
    struct run *run = context;
    (void)stream;
    CLEANUP_BUFFER struct buffer text = {0};
    buffer_add_text(&text, "a function on a thread wrote: ");
    while (length > 0 && bytes[length - 1] == '\n')
        length--;
    buffer_add(&text, bytes, length);
    run_say(run, buffer_text(&text));
}

static void write_name(void *context, uint32_t node, struct buffer *out)
{
    plan_write_name(context, node, out);
}

struct executor *executors_of_call(struct run *run, const struct invocation *call,
                                   struct error *error)
{
    struct executor **executor = call->is_on_thread ? &run->threads : &run->workers;
    if (run->folder == NULL)
        return run->executor;
    if (*executor != NULL)
        return *executor;
    if (run->worker_environment == NULL)
        run->worker_environment = environment_merge(&run->environment, (char *[]){NULL});
    uint64_t cpus = run->plan->tokens[0].capacity;
    const struct workflow *workflow = run->plan->workflow;
    struct function_options options = {.names = workflow->names,
                                       .functions = workflow->functions,
                                       .function_count = workflow->function_count,
                                       .write_name = write_name,
                                       .name_context = run->plan,
                                       .raw = run->raw,
                                       .said = said,
                                       .said_context = run,
                                       .default_size =
                                           (uint32_t)(cpus < MOST_DEFAULT ? cpus : MOST_DEFAULT),
                                       .child_mask = signals_original_mask(run),
                                       .directory = run->options->directory,
                                       .environment = run->worker_environment};
    *executor = call->is_on_thread ? thread_executor_new(run->loop, &run->reports, &options, error)
                                   : worker_executor_new(run->loop, &run->reports, &options, error);
    return *executor;
}

void executors_pause(struct run *run, bool is_paused)
{
    struct executor *executors[] = {run->executor, run->threads, run->workers};
    for (int i = 0; i < 3; i++)
        if (executors[i] != NULL)
            executors[i]->methods->pause(executors[i], is_paused);
}

void executors_close(struct run *run)
{
    struct executor **executors[] = {&run->workers, &run->threads, &run->executor};
    for (int i = 0; i < 3; i++) {
        if (*executors[i] != NULL)
            (*executors[i])->methods->close(*executors[i]);
        *executors[i] = NULL;
    }
    free(run->worker_environment);
    run->worker_environment = NULL;
}
