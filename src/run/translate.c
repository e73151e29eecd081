/* A journal of another version of the scheduler cannot be replayed: it might say that something
 * else happened. What can be taken from it without the scheduler is which attempts of the tasks
 * that the plan begins with ended well, and were not overdue: these stay, unless their values are
 * damaged. All else begins anew, instances that a matrix came to while it ran, too.
 *
 * What events, queues and barriers were is not in the inputs. So where some of the instances that
 * use one have begun and not all have succeeded, the run cannot go on.
 *
 * The journal is replaced only when nothing it tells of runs any more. */
#include "run/recovery.h"

struct successes {
    const struct plan *plan;
    bool *has_begun;       /* by node: something is told of it */
    struct input *by_node; /* kind INPUT_KEPT where there is one */
    bool *is_overdue;      /* by node: its timer came after its process did */
    uint32_t node_count, damaged;
    bool has_others; /* something is told of instances that the plan has not grown to */
};

/* Its timers are of sleeps and waits too; one that ended it left an outcome that tells. */
static bool has_program(const struct successes *successes, uint32_t node)
{
    return plan_rule(successes->plan, node)->program != NO_PROGRAM;
}

static void note_success(struct successes *successes, const struct input *in)
{
    bool is_whole = in->operation == NO_OPERATION || in->operation == OPERATION_END;
    if (in->kind > INPUT_KEPT || in->node >= successes->node_count || in->request != NO_REQUEST)
        return;
    bool *is_overdue = &successes->is_overdue[in->node];
    if (in->kind == INPUT_STARTED)
        *is_overdue = false;
    if (in->kind == INPUT_TIMER)
        *is_overdue = !has_program(successes, in->node);
    bool has_ended = (in->kind == INPUT_FINISHED && is_whole) || in->kind == INPUT_KEPT;
    if (!has_ended || *is_overdue || !outcome_is_success(&in->outcome))
        return;
    struct input *kept = &successes->by_node[in->node];
    *kept = *in;
    kept->kind = INPUT_KEPT;
    kept->outcome.detail = NULL;
}

static void note_process(struct recovery *recovery, const struct input *in)
{
    if (in->kind != INPUT_STARTED && in->kind != INPUT_FINISHED)
        return;
    struct told_process process = {0};
    if (in->kind == INPUT_STARTED)
        process = recovery_told(recovery, in);
    if (in->node < recovery->run->plan->node_count) {
        recovery_trace(recovery, in->node)->process = process;
        return;
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < recovery->others.count; i++)
        if (recovery->others.items[i].node != in->node)
            recovery->others.items[kept++] = recovery->others.items[i];
    recovery->others.count = kept;
    if (process.id > 0)
        *VEC_PUSH(&recovery->others) = (struct told_node){in->node, process};
}

static bool write_successes(const struct recovery *recovery, struct successes *successes,
                            struct error *error)
{
    struct journal_head head = recovery->journal.head;
    uint32_t count = 0;
    for (uint32_t node = 0; node < successes->node_count; node++) {
        struct input *in = &successes->by_node[node];
        if (in->kind != INPUT_KEPT || recovery->run->plan->is_join[node])
            continue;
        bool are_whole;
        if (!recovery_look_at_values(recovery, &in->outcome, &are_whole, error))
            return false;
        if (are_whole)
            successes->by_node[count++] = *in;
        else
            successes->damaged++;
    }
    head.scheduler_version = SCHEDULER_VERSION;
    return journal_replace(recovery->run->folder, &head, successes->by_node, count, error);
}

static void tell(struct run *run, const struct successes *successes)
{
    CLEANUP_BUFFER struct buffer text = {0};
    buffer_add_text(&text, "the run was made by another version of pargraph: what succeeded is "
                           "kept, all else begins anew");
    if (successes->damaged > 0)
        buffer_printf(&text, ", and %u task%s whose values are damaged", successes->damaged,
                      successes->damaged == 1 ? "" : "s");
    run_say(run, buffer_text(&text));
}

static bool replace(struct recovery *recovery, struct successes *successes, struct error *error)
{
    if (!recovery_end_survivors(recovery, error) || !write_successes(recovery, successes, error))
        return false;
    journal_reader_close(&recovery->journal);
    recovery->trace_count = recovery->others.count = 0;
    tell(recovery->run, successes);
    return journal_open(&recovery->journal, recovery->run->folder, error);
}

static void note_beginning(struct successes *successes, const struct input *in)
{
    bool is_of_node = in->kind == INPUT_STARTED || in->kind == INPUT_FINISHED ||
                      in->kind == INPUT_REQUEST || in->kind == INPUT_READY ||
                      (in->kind == INPUT_EVALUATED && in->operation != NO_OPERATION);
    if (is_of_node && in->node < successes->node_count)
        successes->has_begun[in->node] = true;
    else if (is_of_node)
        successes->has_others = true;
}

/* By a step, those that wait too, or by what its bodies may do. */
static bool uses_gate(const struct plan *plan, uint32_t node, uint32_t gate)
{
    const struct program *program = &plan->programs[plan_rule(plan, node)->program];
    for (uint32_t i = 0; i < program->count; i++)
        if (program->operations[i].kind >= OPERATION_BARRIER && program->operations[i].gate == gate)
            return true;
    for (uint32_t i = 0; i < program->use_count; i++)
        if (program->uses[i].gate == gate)
            return true;
    return false;
}

/* Has somebody done something to it that others still count on? */
static bool is_under_way(const struct successes *successes, uint32_t gate)
{
    const struct plan *plan = successes->plan;
    bool has_begun = successes->has_others, is_over = true;
    for (uint32_t node = 0; node < successes->node_count; node++) {
        if (!plan->is_selected[node] || !plan_is_counted(plan, node) ||
            !has_program(successes, node) || !uses_gate(plan, node, gate))
            continue;
        has_begun = has_begun || successes->has_begun[node];
        is_over = is_over && successes->by_node[node].kind == INPUT_KEPT;
    }
    return has_begun && !is_over;
}

static bool refuse_under_way(const struct successes *successes, struct error *error)
{
    const struct plan *plan = successes->plan;
    for (uint32_t gate = 0; gate < plan->gate_count; gate++) {
        if (!is_under_way(successes, gate))
            continue;
        CLEANUP_BUFFER struct buffer text = {0};
        plan_write_gate(plan, gate, &text);
        error_set(error, plan->workflow->primitives[plan->gates[gate].primitive].at,
                  "it was made by another version of pargraph, and %s was in use",
                  buffer_text(&text));
        return error_hint(error, "resume it with that version, or run the workflow anew");
    }
    return true;
}

bool recovery_translate(struct recovery *recovery, bool *ret_is_done, struct error *error)
{
    const struct journal_reader *journal = &recovery->journal;
    struct successes successes = {.plan = recovery->run->plan,
                                  .node_count = recovery->run->plan->node_count};
    successes.has_begun = memory_array(successes.node_count, sizeof *successes.has_begun);
    successes.by_node = memory_array(successes.node_count, sizeof *successes.by_node);
    successes.is_overdue = memory_array(successes.node_count, sizeof *successes.is_overdue);
    for (struct input in; journal_next(&recovery->journal, &in);) {
        note_success(&successes, &in);
        note_beginning(&successes, &in);
        note_process(recovery, &in);
    }
    *ret_is_done = journal->has_ended && journal->end.exit_status == EXIT_STATUS_SUCCESS;
    bool is_good =
        *ret_is_done ? recovery_end_survivors(recovery, error)
                     : refuse_under_way(&successes, error) && replace(recovery, &successes, error);
    memory_free(successes.has_begun);
    memory_free(successes.by_node);
    memory_free(successes.is_overdue);
    return is_good;
}
