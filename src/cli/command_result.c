/* pargraph result. */
#include <string.h>

#include "base/memory.h"
#include "cli/cli.h"
#include "value/value.h"

struct result_command {
    struct common_options common; /* first: the shared takers know it */
    bool is_json;
};

static bool want_json(void *context, const char *argument)
{
    (void)argument;
    ((struct result_command *)context)->is_json = true;
    return true;
}

static const struct option_entry options[] = {
    {'j', "json", NULL, "print JSON, of a task with a matrix one list", want_json},
    OPTION_STATE,
    {0}};

static const struct command_help help = {
    "result", "[OPTIONS] [RUN] TASK",
    "Prints what the function that TASK (a task, or an instance as 'T[a=1]') called has\n"
    "returned, in the newest run or the one whose id begins with RUN.",
    options,
    "A text is printed as it is, any other value as JSON; of several instances each on lines of\n"
    "its own, in the order of the matrix. What has no result (it did not end well, or has not\n"
    "yet) is null, or an empty line, and the exit status is 1.\n"};

static bool has_call(const struct step *steps, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (steps[i].kind == STEP_CALL || has_call(steps[i].steps, steps[i].step_count))
            return true;
    return false;
}

static bool check_call(const struct plan *plan, uint32_t node, struct error *error)
{
    const struct workflow *workflow = plan->workflow;
    const struct task *task = &workflow->tasks[plan->task[node]];
    const struct synchronisation *more = task->synchronisation;
    if (task->body == BODY_CALL || (more != NULL && has_call(more->steps, more->step_count)))
        return true;
    error_set(error, PLACE_NONE, "task '%s' calls no function, so it has no result",
              names_text(workflow->names, task->name));
    return error_hint(error, "what a command wrote is in its log: pargraph logs TASK");
}

/* The last attempt of a node; *at walks through the attempts, which are by node. */
static const struct attempt_end *find_last(const struct attempt_list *list, uint32_t node,
                                           uint32_t *at)
{
    const struct attempt_end *last = NULL;
    for (; *at < list->count && list->items[*at].node <= node; (*at)++)
        if (list->items[*at].node == node)
            last = &list->items[*at];
    return last;
}

static bool collect(const struct seen_run *seen, const node_list *nodes,
                    const struct attempt_list *attempts, json_t *list, uint32_t *missing,
                    struct error *error)
{
    struct values *values = values_open(&seen->folder, error);
    bool is_good = values != NULL;
    uint32_t at = 0;
    for (uint32_t i = 0; is_good && i < nodes->count; i++) {
        const struct attempt_end *last = find_last(attempts, nodes->items[i], &at);
        bool is_there = scheduler_status(seen->replay.scheduler, nodes->items[i]) == STATUS_SUCCESS;
        struct extent nothing = {0};
        json_t *result =
            cli_read_returned(values, is_there && last != NULL ? &last->result : &nothing, error);
        is_good = result != NULL;
        *missing += !is_there;
        json_array_append_new(list, result);
    }
    if (values != NULL)
        values_close(values);
    return is_good;
}

/* Adds to the list, null for each that is missing. */
static bool read_results(const struct seen_run *seen, const node_list *nodes, json_t *list,
                         uint32_t *missing, struct error *error)
{
    struct attempt_list attempts;
    uint32_t first = nodes->items[0], end = nodes->items[nodes->count - 1] + 1;
    if (!attempts_read(&attempts, &seen->folder, first, end - first, error))
        return false;
    bool is_good = collect(seen, nodes, &attempts, list, missing, error);
    VEC_RELEASE(&attempts);
    return is_good;
}

static int write_results(const json_t *list, bool is_list, bool is_json)
{
    CLEANUP_BUFFER struct buffer text = {0};
    if (is_list && is_json)
        cli_write_returned(list, true, &text);
    for (size_t i = 0; (!is_list || !is_json) && i < json_array_size(list); i++)
        cli_write_returned(json_array_get(list, i), is_json, &text);
    return cli_write(&text) ? EXIT_STATUS_SUCCESS : EXIT_STATUS_FAILED;
}

static int tell_missing(const struct seen_run *seen, const char *task, uint32_t missing,
                        uint32_t count)
{
    struct error error = {0};
    if (count == 1)
        error_set(&error, PLACE_NONE, "%s has no result: it did not end well, or has not ended",
                  task);
    else
        error_set(&error, PLACE_NONE, "%u of the %u instances of %s have no result", missing, count,
                  task);
    error_hint(&error, "pargraph why %s '%s'", seen->folder.id, task);
    return cli_fail(EXIT_STATUS_FAILED, &error);
}

static int print_results(const struct seen_run *seen, const char *task, bool is_json)
{
    CLEANUP_ERROR struct error error = {0};
    node_list nodes = {0};
    uint32_t missing = 0;
    const struct plan *plan = &seen->loaded.plan;
    if (!plan_find(plan, task, &nodes, &error))
        return cli_fail(EXIT_STATUS_INVALID, &error);
    uint32_t count = nodes.count;
    if (count > 0 && !check_call(plan, nodes.items[0], &error)) {
        VEC_RELEASE(&nodes);
        return cli_fail(EXIT_STATUS_INVALID, &error);
    }
    /* A list, if the name is that of a task with a matrix, however many instances that has. */
    bool is_list = count != 1 || (plan->instances[plan->task[nodes.items[0]]].shape != NULL &&
                                  strchr(task, '[') == NULL);
    json_t *list = json_array();
    bool is_read = count == 0 || read_results(seen, &nodes, list, &missing, &error);
    VEC_RELEASE(&nodes);
    int status = EXIT_STATUS_STATE;
    if (is_read && (missing == 0 || is_list))
        status = write_results(list, is_list, is_json);
    json_decref(list);
    if (!is_read)
        return cli_fail(EXIT_STATUS_STATE, &error);
    return missing > 0 ? tell_missing(seen, task, missing, count) : status;
}

int command_result(int argc, char **argv)
{
    struct result_command command = {0};
    int operands;
    int status = cli_options(argc, argv, &help, &command, &operands);
    if (status >= 0)
        return status;
    if (operands < 1 || operands > 2)
        return cli_usage("result", "a task is wanted, and before it perhaps a run");
    struct seen_run seen;
    status = cli_open_run(&seen, command.common.state, NULL, operands == 2 ? argv[1] : NULL);
    if (status == EXIT_STATUS_SUCCESS)
        status = print_results(&seen, argv[operands], command.is_json);
    cli_close_run(&seen);
    return status;
}
