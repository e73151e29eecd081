/* The scheduler's outside: one input in, its actions out.
 *
 * An input changes the states of the nodes it is about. What follows of that is worked off in a
 * fixed order: a sweep if a policy or cancel came, then the cascade of ends, until both are done;
 * only then are tokens granted, so that all who became ready by this input stand in line before one
 * of them is chosen. Nothing here looks at anything but the input and the state. */
#include "schedule/sync.h"

struct scheduler *scheduler_new(const struct plan *plan, const struct scheduler_options *options)
{
    struct scheduler *scheduler = memory_new(sizeof *scheduler);
    scheduler->plan = plan;
    scheduler->failure_policy = options->failure_policy;
    scheduler->reserver = NO_LINE;
    scheduler->waiters_free = NO_WAITER;
    tokens_reach(scheduler, plan->token_count);
    scheduler->roots[PARK_NONE] = scheduler->roots[PARK_OPEN] = NO_LINE;
    if (plan->gate_count > 0)
        sync_init(scheduler);
    files_init(scheduler);
    gangs_init(scheduler);
    nodes_reach(scheduler, plan->node_count);
    return scheduler;
}

void scheduler_free(struct scheduler *scheduler)
{
    if (scheduler == NULL)
        return;
    for (uint32_t line = 0; line < scheduler->line_count; line++) {
        VEC_RELEASE(&scheduler->lines[line].queue);
        VEC_RELEASE(&scheduler->lines[line].heap);
    }
    for (uint32_t line = 0; line < scheduler->wish_lines.count; line++) {
        VEC_RELEASE(&scheduler->wish_lines.items[line].queue);
        VEC_RELEASE(&scheduler->wish_lines.items[line].heap);
    }
    VEC_RELEASE(&scheduler->wish_lines);
    VEC_RELEASE(&scheduler->waiters);
    vectors_release(&scheduler->wishes);
    sync_release(scheduler);
    gangs_release(scheduler);
    VEC_RELEASE(&scheduler->released);
    VEC_RELEASE(&scheduler->ended);
    VEC_RELEASE(&scheduler->templates);
    VEC_RELEASE(&scheduler->late);
    void *arrays[] = {
        scheduler->states,     scheduler->statuses, scheduler->marks,  scheduler->attempts,
        scheduler->needs_left, scheduler->vectors,  scheduler->timers, scheduler->lines,
        scheduler->roots,      scheduler->accounts, scheduler};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        memory_free(arrays[i]);
}

static void begin(struct scheduler *scheduler)
{
    scheduler->has_begun = true;
    gangs_begin(scheduler);
    fact_add(scheduler, FACT_RUN_BEGAN, NO_NODE);
    for (uint32_t node = 0; node < scheduler->node_count; node++)
        if (scheduler->plan->is_selected[node] && scheduler->needs_left[node] == 0 &&
            scheduler->states[node] == STATE_PENDING)
            node_needs_ended(scheduler, node);
}

static void started(struct scheduler *scheduler)
{
    const struct input *in = scheduler->in;
    bool is_other =
        node_has_program(scheduler, in->node) && in->operation != course_body(scheduler, in->node);
    if (is_other || !node_body_is_live(scheduler, in->node) ||
        scheduler->attempts[in->node] != in->attempt)
        return;
    struct fact *fact = fact_add(scheduler, FACT_STARTED, in->node);
    fact->operation = course_body(scheduler, in->node);
    fact->time = in->since;
    fact->process = in->process;
}

static void take_of_node(struct scheduler *scheduler)
{
    switch (scheduler->in->kind) {
    case INPUT_EVALUATED:
        node_evaluated(scheduler);
        break;
    case INPUT_EXPANDED:
        template_expanded(scheduler);
        break;
    case INPUT_STARTED:
        started(scheduler);
        break;
    case INPUT_FINISHED:
        node_finished(scheduler);
        break;
    case INPUT_TIMER:
        node_timer(scheduler);
        break;
    case INPUT_KEPT:
        node_kept(scheduler);
        break;
    case INPUT_READY:
        daemon_ready(scheduler);
        break;
    case INPUT_REQUEST:
        request_made(scheduler);
        break;
    case INPUT_WITHDRAW:
        request_withdrawn(scheduler);
        break;
    }
}

static void take(struct scheduler *scheduler)
{
    const struct input *in = scheduler->in;
    switch (in->kind) {
    case INPUT_BEGIN:
        if (!scheduler->has_begun)
            begin(scheduler);
        break;
    case INPUT_RESUME:
        if (scheduler->has_begun)
            resume_run(scheduler);
        else
            begin(scheduler);
        break;
    case INPUT_CANCEL:
        policy_cancel(scheduler);
        break;
    case INPUT_CAPACITY:
        if (in->vector < scheduler->token_count) {
            tokens_set_capacity(scheduler, in->vector, in->amount);
            file_capacity(scheduler, in->vector, in->amount);
        }
        break;
    default:
        if (in->node < scheduler->node_count)
            take_of_node(scheduler);
    }
}

static void grant(struct scheduler *scheduler)
{
    uint32_t line, head;
    while ((head = tokens_grant(scheduler, &line)) != NO_NODE)
        if (line_is_begun(line))
            sync_granted(scheduler, head);
        else
            node_launch(scheduler, head);
}

static void settle_once(struct scheduler *scheduler)
{
    while (scheduler->is_sweep_due) /* a refused retry is a failure, and may ask for another */
        policy_sweep(scheduler);
    while (cascade_step(scheduler))
        continue;
    grant(scheduler);
}

static void settle(struct scheduler *scheduler)
{
    do
        settle_once(scheduler);
    while (scheduler->sync != NULL &&
           (sync_step(scheduler) || (scheduler->has_begun && deadlock_at_rest(scheduler))));
}

static void end(struct scheduler *scheduler)
{
    const struct counts *counts = &scheduler->counts;
    bool is_success =
        !scheduler->is_timed_out && counts->by_status[STATUS_FAILURE] == counts->tolerated &&
        counts->by_status[STATUS_BLOCKED] == 0 && counts->by_status[STATUS_CANCELLED] == 0 &&
        (scheduler->sync == NULL || takers_have_all(scheduler));
    scheduler->has_ended = true;
    fact_add(scheduler, FACT_RUN_ENDED, NO_NODE)->status =
        is_success ? STATUS_SUCCESS : STATUS_FAILURE;
    action_add(scheduler, ACTION_END, NO_NODE);
}

void scheduler_handle(struct scheduler *scheduler, const struct input *in, struct action_list *out)
{
    if (scheduler->has_ended && in->kind != INPUT_RESUME)
        return;
    scheduler->in = in;
    scheduler->out = out;
    if (scheduler->token_count < scheduler->plan->token_count)
        tokens_reach(scheduler, scheduler->plan->token_count);
    if (scheduler->sync != NULL)
        scheduler->sync->stuck.count = 0;
    take(scheduler);
    settle(scheduler);
    while (scheduler->daemons_left > 0 && daemons_stop(scheduler))
        settle(scheduler);
    if (scheduler->sync != NULL)
        files_settle(scheduler);
    if (scheduler->has_begun && scheduler->remaining == 0)
        end(scheduler);
}

const struct counts *scheduler_counts(const struct scheduler *scheduler)
{
    return &scheduler->counts;
}

enum state scheduler_state(const struct scheduler *scheduler, uint32_t node)
{
    return node < scheduler->node_count ? scheduler->states[node] : STATE_PENDING;
}

enum status scheduler_status(const struct scheduler *scheduler, uint32_t node)
{
    return node < scheduler->node_count ? scheduler->statuses[node] : STATUS_NONE;
}

uint32_t scheduler_attempt(const struct scheduler *scheduler, uint32_t node)
{
    return node < scheduler->node_count ? scheduler->attempts[node] : 0;
}

bool scheduler_has_ended(const struct scheduler *scheduler)
{
    return scheduler->has_ended;
}

uint64_t scheduler_free_tokens(const struct scheduler *scheduler, uint32_t token)
{
    return token_free(scheduler, token);
}

uint32_t scheduler_operation(const struct scheduler *scheduler, uint32_t node)
{
    const struct course *course = course_of(scheduler, node);
    return course != NULL && node_has_program(scheduler, node) ? course->position : NO_OPERATION;
}

uint32_t scheduler_restart(const struct scheduler *scheduler, uint32_t node, uint32_t *ret_seen)
{
    const struct course *course = course_of(scheduler, node);
    *ret_seen = NO_GATE;
    if (course == NULL || scheduler->states[node] != STATE_ENDED)
        return NO_OPERATION;
    if (course->is_seen)
        *ret_seen = course->seen;
    return course->restart;
}

bool scheduler_event_is_set(const struct scheduler *scheduler, uint32_t gate)
{
    return scheduler->sync != NULL && scheduler->sync->gates[gate].is_set;
}

uint32_t scheduler_queue_length(const struct scheduler *scheduler, uint32_t gate)
{
    if (scheduler->sync == NULL)
        return 0;
    const struct gate_state *this = &scheduler->sync->gates[gate];
    return this->items.count - this->items_first;
}
