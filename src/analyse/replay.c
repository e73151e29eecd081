/* Gives a journal's inputs to a scheduler of its own and takes from the facts what people ask about
 * an instance: when, how it ended, where its log is. A journal is a file that anything may have
 * happened to, so every id in it is checked before the scheduler sees it. */
#include "analyse/analyse.h"
#include "base/memory.h"

static const struct replay_node fresh = {
    .started = -1, .ended = -1, .exit_code = -1, .vector = NO_VECTOR, .until = -1};

static void forget_outcome(struct replay_node *node)
{
    memory_free(node->detail);
    *node = fresh;
}

static void take_outcome(struct replay_node *node, const struct fact *fact)
{
    const struct outcome *outcome = fact->outcome;
    node->is_timeout = fact->is_timeout;
    node->is_tolerated = fact->is_tolerated;
    if (outcome == NULL)
        return;
    bool is_process_end = outcome->kind != OUTCOME_INVALID && outcome->kind != OUTCOME_LOST;
    node->ended = node->started >= 0 ? fact->time : -1;
    node->outcome_kind = outcome->kind;
    node->code = outcome->code;
    node->exit_code = is_process_end ? outcome_exit_code(outcome) : -1;
    node->log = outcome->log;
    memory_free(node->detail);
    node->detail = memory_text(outcome->detail);
}

/* What is told of the run as a whole. */
static void take_turn(struct replay *replay, const struct fact *fact)
{
    if (fact->kind == FACT_POLICY)
        replay->stopper = fact->node;
    if (fact->kind != FACT_RESUMED)
        return;
    replay->stopper = NO_NODE;
    replay->was_cancelled = false;
}

/* An attempt of a program begins with its first body, or where it first waits. */
static void begin_attempt(struct replay_node *node, const struct fact *fact)
{
    bool is_of_program = fact->operation != NO_OPERATION || fact->kind == FACT_WAITING;
    if (is_of_program && node->attempt == fact->attempt && node->ended < 0 && node->started >= 0)
        return;
    uint32_t vector = node->vector;
    forget_outcome(node);
    node->vector = vector;
    node->started = fact->time;
    node->attempt = fact->attempt;
}

static void take_fact(struct replay *replay, const struct fact *fact)
{
    take_turn(replay, fact);
    if (fact->node >= replay->node_count)
        return;
    struct replay_node *node = &replay->nodes[fact->node];
    switch (fact->kind) {
    case FACT_LAUNCHED:
        begin_attempt(node, fact);
        break;
    case FACT_WAITING:
        begin_attempt(node, fact);
        node->is_started = true;
        break;
    case FACT_STARTED:
        if (!node->is_started)
            node->started = fact->time;
        node->process = fact->process;
        node->is_started = true;
        break;
    case FACT_REOPENED:
        forget_outcome(node);
        break;
    case FACT_FAILED:
    case FACT_ENDED:
        node->until = fact->kind == FACT_FAILED ? fact->until : -1;
        take_outcome(node, fact);
        break;
    }
}

/* The plan may have grown. */
static void reach_nodes(struct replay *replay, uint32_t count)
{
    if (count <= replay->node_count)
        return;
    uint32_t old = replay->node_count;
    replay->nodes =
        memory_grow(replay->nodes, old, count - old, &replay->node_capacity, sizeof *replay->nodes);
    for (uint32_t node = old; node < count; node++)
        replay->nodes[node] = fresh;
    replay->node_count = count;
}

/* What the facts do not tell. */
static void note_input(struct replay *replay, const struct input *in)
{
    if (in->kind == INPUT_EVALUATED && in->operation == NO_OPERATION && !in->is_invalid)
        replay->nodes[in->node].vector = in->vector;
    if (in->kind == INPUT_REQUEST)
        *VEC_PUSH(&replay->verbs) = in->verb;
    if (in->kind != INPUT_CANCEL || replay->was_cancelled)
        return;
    replay->was_cancelled = true;
    replay->cancel = in->verdict;
}

struct feed {
    struct replay *replay;
    const struct plan *plan;
    struct action_list actions;
};

static bool take_input(void *context, const struct input *in)
{
    struct feed *feed = context;
    reach_nodes(feed->replay, feed->plan->node_count);
    note_input(feed->replay, in);
    feed->actions.count = 0;
    scheduler_handle(feed->replay->scheduler, in, &feed->actions);
    for (uint32_t i = 0; i < feed->actions.count; i++)
        if (feed->actions.items[i].kind == ACTION_RECORD)
            take_fact(feed->replay, &feed->actions.items[i].fact);
    feed->replay->last_time = in->now;
    return true;
}

static bool replay_journal(struct replay *replay, struct plan *plan, struct journal_reader *journal,
                           struct error *error)
{
    if (journal->head.scheduler_version != SCHEDULER_VERSION)
        return error_set(
            error, PLACE_NONE,
            "the run was made by another version of pargraph (scheduler %u, this is %u)",
            journal->head.scheduler_version, (unsigned)SCHEDULER_VERSION);
    if (journal->head.plan != plan_fingerprint(plan))
        return error_set(error, PLACE_NONE, "the journal is of another workflow");
    replay->stopper = NO_NODE;
    reach_nodes(replay, plan->node_count);
    struct scheduler_options options = {.failure_policy = journal->head.failure_policy};
    replay->scheduler = scheduler_new(plan, &options);
    struct feed feed = {.replay = replay, .plan = plan};
    bool is_fed = journal_feed(journal, plan, take_input, &feed, error);
    action_list_release(&feed.actions);
    if (!is_fed && journal->has_bad_expansion)
        return error_hint(error, "pargraph resume %s does again what came after it",
                          journal->folder->id);
    if (!is_fed)
        return false;
    replay->began_wall = journal->head.wall;
    replay->wall_at_zero = journal->wall_at_zero;
    replay->boot = journal->boot;
    replay->zero = journal->zero;
    replay->resumes = journal->resumes;
    replay->has_ended = journal->has_ended;
    replay->exit_status = journal->end.exit_status;
    if (journal->has_ended)
        replay->last_time = journal->end.time;
    replay->now = replay->last_time;
    return true;
}

bool replay_run(struct replay *ret, struct plan *plan, const struct run_folder *folder,
                struct error *error)
{
    struct journal_reader journal;
    *ret = (struct replay){0};
    if (!journal_open(&journal, folder, error))
        return false;
    bool is_done = replay_journal(ret, plan, &journal, error);
    journal_reader_close(&journal);
    if (!is_done)
        replay_release(ret);
    return is_done || error_wrap(error, "run %s", folder->id);
}

void replay_release(struct replay *replay)
{
    for (uint32_t i = 0; replay->nodes != NULL && i < replay->node_count; i++)
        memory_free(replay->nodes[i].detail);
    memory_free(replay->nodes);
    VEC_RELEASE(&replay->verbs);
    if (replay->scheduler != NULL)
        scheduler_free(replay->scheduler);
    *replay = (struct replay){0};
}
