/* A journal of another version of the scheduler cannot be replayed: it might say that something
 * else happened. What can be taken from it without the scheduler is which attempts of the tasks
 * that the plan begins with ended well, and were not overdue: these stay, unless their values are
 * damaged. All else begins anew, instances that a matrix came to while it ran, too.
 *
 * The journal is replaced only when nothing it tells of runs any more. */
#include "run/recovery.h"

struct successes {
    struct input *by_node; /* kind INPUT_KEPT where there is one */
    bool *is_overdue;      /* by node: its timer came after its process did */
    uint32_t node_count, damaged;
};

static void note_success(struct successes *successes, const struct input *in)
{
    if (in->kind > INPUT_KEPT || in->node >= successes->node_count)
        return;
    bool *is_overdue = &successes->is_overdue[in->node];
    if (in->kind == INPUT_STARTED)
        *is_overdue = false;
    if (in->kind == INPUT_TIMER)
        *is_overdue = true;
    bool has_ended = in->kind == INPUT_FINISHED || in->kind == INPUT_KEPT;
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

bool recovery_translate(struct recovery *recovery, bool *ret_is_done, struct error *error)
{
    const struct journal_reader *journal = &recovery->journal;
    struct successes successes = {.node_count = recovery->run->plan->node_count};
    successes.by_node = memory_array(successes.node_count, sizeof *successes.by_node);
    successes.is_overdue = memory_array(successes.node_count, sizeof *successes.is_overdue);
    for (struct input in; journal_next(&recovery->journal, &in);) {
        note_success(&successes, &in);
        note_process(recovery, &in);
    }
    *ret_is_done = journal->has_ended && journal->end.exit_status == EXIT_STATUS_SUCCESS;
    bool is_good = *ret_is_done ? recovery_end_survivors(recovery, error)
                                : replace(recovery, &successes, error);
    memory_free(successes.by_node);
    memory_free(successes.is_overdue);
    return is_good;
}
