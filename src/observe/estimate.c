/* Decides how long the rest of a run is likely to take: what is not done cannot take less than its
 * longest chain, nor than its work by what there is of each token, and with a good order it takes
 * little more than the greater of the two. How long an instance takes: as it took in earlier runs,
 * else as the others of its task did in this one, else as its task did; all scaled by how this run
 * has gone so far, against what was expected of it.
 *
 * What nothing is known of, and what has run far longer than was expected, counts as nothing, and
 * the result as a lower bound; where such are the more, there is none. One look costs a walk over
 * the graph, so looks are rarer the larger it is. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "graph/graph.h"
#include "observe/observe.h"

static const int64_t SECOND = 1000000000;
enum { ROWS_MOST = 20000, PAUSE_OF_STEP = 10000 /* nanoseconds for each node and edge */ };

/* What is 0 at first costs nothing until it is known. */
struct task_time {
    int64_t sum;   /* of those that ended in this run */
    int64_t prior; /* one more; 0: not known */
    uint32_t count;
};

/* Of a node: 0 until it runs, then one more than the time since when; ended, and how long it took,
 * is as far below 0 from -1 on. */
enum { NOT_RUNNING = 0 };
static const int64_t SAYS_NOTHING = INT64_MIN; /* ended */

struct estimate {
    const struct plan *plan;
    uint32_t count;    /* of nodes that the arrays have */
    int64_t *times;    /* as above */
    int64_t *expected; /* of this instance, by earlier runs; -1: not known. NULL: of none */
    struct task_time *tasks;
    uint32_t *order;             /* of the nodes; NULL: not made yet, or the graph has grown */
    int64_t done, done_expected; /* of what ended and was expected */
};

/* When the running attempt began; -1: none runs. */
static int64_t since_of(const struct estimate *estimate, uint32_t node)
{
    return estimate->times[node] > 0 ? estimate->times[node] - 1 : -1;
}

static bool has_ended(const struct estimate *estimate, uint32_t node)
{
    return estimate->times[node] < 0;
}

/* -1: it has not ended, or that says nothing. */
static int64_t took_of(const struct estimate *estimate, uint32_t node)
{
    int64_t time = estimate->times[node];
    return time < 0 && time != SAYS_NOTHING ? -(time + 1) : -1;
}

static void expect_of_new(struct estimate *estimate, uint32_t first, uint32_t count)
{
    estimate->expected = memory_resize(estimate->expected, count, sizeof *estimate->expected);
    for (uint32_t node = first; node < count; node++)
        estimate->expected[node] = -1;
}

static void grow(struct estimate *estimate)
{
    uint32_t count = estimate->plan->node_count, old = estimate->count;
    if (count == old)
        return;
    if (estimate->expected != NULL)
        expect_of_new(estimate, old, count);
    estimate->times = memory_resize(estimate->times, count, sizeof *estimate->times);
    memset(estimate->times + old, 0, (count - old) * sizeof *estimate->times);
    estimate->count = count;
    free(estimate->order);
    estimate->order = NULL;
}

struct estimate *estimate_new(const struct plan *plan)
{
    struct estimate *estimate = memory_new(sizeof *estimate);
    estimate->plan = plan;
    estimate->tasks = memory_array(plan->workflow->task_count, sizeof *estimate->tasks);
    estimate->count = plan->node_count;
    estimate->times = memory_array(plan->node_count, sizeof *estimate->times);
    return estimate;
}

void estimate_free(struct estimate *estimate)
{
    if (estimate == NULL)
        return;
    free(estimate->times);
    free(estimate->expected);
    free(estimate->tasks);
    free(estimate->order);
    free(estimate);
}

/* --- what happens --- */

static int64_t prior_of(const struct estimate *estimate, uint32_t node)
{
    int64_t own = estimate->expected != NULL ? estimate->expected[node] : -1;
    return own >= 0 ? own : estimate->tasks[estimate->plan->task[node]].prior - 1;
}

static int64_t expected_of(const struct estimate *estimate, uint32_t node)
{
    const struct task_time *task = &estimate->tasks[estimate->plan->task[node]];
    bool is_own = estimate->expected != NULL && estimate->expected[node] >= 0;
    return !is_own && task->count > 0 ? task->sum / task->count : prior_of(estimate, node);
}

/* What the only instance of a task took says nothing of others; later runs are told of it where
 * there is room for all tasks. */
static bool is_counted_for_task(const struct plan *plan, uint32_t node)
{
    return plan->workflow->task_count <= ROWS_MOST ||
           plan->instances[plan->task[node]].shape != NULL;
}

void estimate_started(struct estimate *estimate, uint32_t node, int64_t time)
{
    grow(estimate);
    estimate->times[node] = time >= 0 ? time + 1 : 1;
}

void estimate_ended(struct estimate *estimate, uint32_t node, int64_t time, enum status status)
{
    grow(estimate);
    int64_t since = since_of(estimate, node);
    estimate->times[node] = SAYS_NOTHING;
    if (estimate->plan->is_join[node])
        return;
    if (status == STATUS_SKIPPED)
        estimate->times[node] = -1;
    if (status != STATUS_SUCCESS || since < 0)
        return;
    int64_t took = time > since ? time - since : 0;
    estimate->times[node] = -1 - took;
    if (is_counted_for_task(estimate->plan, node)) {
        struct task_time *task = &estimate->tasks[estimate->plan->task[node]];
        task->sum += took;
        task->count++;
    }
    int64_t prior = prior_of(estimate, node);
    if (prior >= 0) {
        estimate->done += took;
        estimate->done_expected += prior;
    }
}

/* What was running begins again. */
static void forget_running(struct estimate *estimate)
{
    for (uint32_t node = 0; node < estimate->count; node++)
        if (estimate->times[node] > 0)
            estimate->times[node] = NOT_RUNNING;
}

static void reopened(struct estimate *estimate, uint32_t node)
{
    grow(estimate);
    estimate->times[node] = NOT_RUNNING;
}

void estimate_fact(struct estimate *estimate, const struct fact *fact)
{
    bool is_start = fact->kind == FACT_LAUNCHED || fact->kind == FACT_STARTED ||
                    (fact->kind == FACT_WAITING && fact->request == NO_REQUEST);
    bool is_later_body = is_start && fact->operation != NO_OPERATION &&
                         fact->node < estimate->count && since_of(estimate, fact->node) >= 0;
    if (is_later_body)
        return;
    if (is_start)
        estimate_started(estimate, fact->node, fact->time);
    else if (fact->kind == FACT_FAILED)
        estimate->times[fact->node] = NOT_RUNNING;
    else if (fact->kind == FACT_ENDED)
        estimate_ended(estimate, fact->node, fact->time, fact->status);
    else if (fact->kind == FACT_RESUMED)
        forget_running(estimate);
    else if (fact->kind == FACT_REOPENED)
        reopened(estimate, fact->node);
}

/* --- earlier runs --- */

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct duration *)a)->name, ((const struct duration *)b)->name);
}

static int64_t find(const struct duration *items, uint32_t count, struct buffer *title)
{
    struct duration key = {.name = (char *)buffer_text(title)};
    const struct duration *found = bsearch(&key, items, count, sizeof key, compare_names);
    return found != NULL ? found->mean : -1;
}

static void write_task(const struct plan *plan, uint32_t task, struct buffer *out)
{
    buffer_add_text(out, names_text(plan->workflow->names, plan->workflow->tasks[task].name));
    buffer_add_text(out, "[*]");
}

/* Names are made only where each can have a row. */
static bool has_instance_rows(const struct plan *plan)
{
    return plan->selected_count <= ROWS_MOST;
}

void estimate_learn(struct estimate *estimate, struct duration *items, uint32_t count)
{
    const struct plan *plan = estimate->plan;
    CLEANUP_BUFFER struct buffer title = {0};
    if (count == 0)
        return;
    qsort(items, count, sizeof *items, compare_names);
    for (uint32_t task = 0; task < plan->workflow->task_count; task++) {
        buffer_clear(&title);
        write_task(plan, task, &title);
        estimate->tasks[task].prior = find(items, count, &title) + 1;
    }
    if (!has_instance_rows(plan))
        return;
    if (estimate->expected == NULL)
        expect_of_new(estimate, 0, estimate->count);
    for (uint32_t node = 0; node < estimate->count; node++) {
        if (!plan->is_selected[node] || plan->is_join[node])
            continue;
        buffer_clear(&title);
        plan_write_name(plan, node, &title);
        estimate->expected[node] = find(items, count, &title);
    }
}

static void add_row(duration_list *list, struct buffer *title, int64_t mean)
{
    *VEC_PUSH(list) = (struct duration){.name = buffer_take(title), .mean = mean};
}

void estimate_tell(const struct estimate *estimate, duration_list *list)
{
    const struct plan *plan = estimate->plan;
    for (uint32_t node = 0; has_instance_rows(plan) && node < estimate->count; node++) {
        if (took_of(estimate, node) < 0 || plan->is_join[node])
            continue;
        struct buffer title = {0};
        plan_write_name(plan, node, &title);
        add_row(list, &title, took_of(estimate, node));
    }
    uint32_t tasks = plan->workflow->task_count;
    for (uint32_t task = 0; tasks <= ROWS_MOST && task < tasks; task++) {
        const struct task_time *time = &estimate->tasks[task];
        struct buffer title = {0};
        if (time->count == 0)
            continue;
        write_task(plan, task, &title);
        add_row(list, &title, time->sum / time->count);
    }
}

/* --- what is left --- */

struct look {
    struct estimate *estimate;
    int64_t now;
    double pace;       /* of this run, against what was expected */
    uint64_t *weights; /* by node: what is left of it */
    double *work;      /* by token: nanoseconds times amount */
    uint32_t known, unknown;
};

static double pace_of(const struct estimate *estimate)
{
    if (estimate->done_expected < SECOND)
        return 1;
    double pace = (double)estimate->done / (double)estimate->done_expected;
    return pace < 0.5 ? 0.5 : pace > 2 ? 2 : pace;
}

/* Nanoseconds; -1: not known. */
static int64_t left_of(const struct look *look, uint32_t node)
{
    const struct estimate *estimate = look->estimate;
    if (!(plan_rule(estimate->plan, node)->flags & RULE_WORK))
        return 0;
    int64_t expected = expected_of(estimate, node), since = since_of(estimate, node);
    if (expected < 0)
        return -1;
    expected = (int64_t)((double)expected * look->pace);
    if (since < 0)
        return expected;
    int64_t age = look->now - since;
    if (age > expected + expected / 2 + SECOND)
        return -1;
    return age < expected ? expected - age : 0;
}

static void add_work(struct look *look, uint32_t node, int64_t left)
{
    const struct plan *plan = look->estimate->plan;
    uint32_t vector = plan_rule(plan, node)->vector;
    if (vector == NO_VECTOR) {
        look->work[0] += (double)left;
        return;
    }
    for (uint32_t i = plan->vectors.first[vector]; i < plan->vectors.first[vector + 1]; i++)
        look->work[plan->vectors.amounts[i].token] +=
            (double)left * (double)plan->vectors.amounts[i].amount;
}

static void weigh(struct look *look)
{
    const struct estimate *estimate = look->estimate;
    const struct plan *plan = estimate->plan;
    for (uint32_t node = 0; node < plan->node_count; node++) {
        if (!plan->is_selected[node] || plan->is_join[node] || has_ended(estimate, node))
            continue;
        int64_t left = left_of(look, node);
        look->known += left >= 0;
        look->unknown += left < 0;
        if (left <= 0)
            continue;
        look->weights[node] = (uint64_t)left;
        add_work(look, node, left);
    }
}

static bool make_order(struct estimate *estimate)
{
    if (estimate->order != NULL)
        return true;
    estimate->order = memory_array(estimate->count, sizeof *estimate->order);
    return graph_order(&estimate->plan->dependents, estimate->order) == estimate->count;
}

static int64_t longest(const struct look *look)
{
    const struct plan *plan = look->estimate->plan;
    CLEANUP_FREE uint64_t *levels = memory_array(plan->node_count, sizeof *levels);
    graph_levels(&plan->dependents, look->estimate->order, look->weights, levels);
    double longest = 0;
    for (uint32_t node = 0; node < plan->node_count; node++)
        longest = (double)levels[node] > longest ? (double)levels[node] : longest;
    for (uint32_t token = 0; token < plan->token_count; token++)
        if (plan->tokens[token].capacity != UINT64_MAX && plan->tokens[token].capacity > 0) {
            double time = look->work[token] / (double)plan->tokens[token].capacity;
            longest = time > longest ? time : longest;
        }
    return (int64_t)longest;
}

struct time_left estimate_look(struct estimate *estimate, int64_t now)
{
    struct time_left left = {.at = now, .left = -1};
    const struct plan *plan = estimate->plan;
    grow(estimate);
    uint64_t steps = (uint64_t)plan->node_count + plan->dependents.first[plan->node_count];
    int64_t pause = (int64_t)steps * PAUSE_OF_STEP;
    left.again = now + (pause > SECOND ? pause : SECOND);
    struct look look = {.estimate = estimate, .now = now, .pace = pace_of(estimate)};
    look.weights = memory_array(plan->node_count, sizeof *look.weights);
    look.work = memory_array(plan->token_count, sizeof *look.work);
    weigh(&look);
    if (look.known > 0 && look.unknown <= look.known && make_order(estimate)) {
        left.left = longest(&look);
        left.is_least = look.unknown > 0;
    }
    free(look.weights);
    free(look.work);
    return left;
}

/* In steps as coarse as it is uncertain, so that it does not jump about. */
void time_left_write(const struct time_left *left, int64_t now, struct buffer *out)
{
    int64_t seconds = left->left < 0 ? -1 : (left->left - (now - left->at) + SECOND / 2) / SECOND;
    if (seconds < 1)
        return;
    buffer_add_text(out, left->is_least ? "at least " : "~");
    if (seconds < 60)
        buffer_printf(out, "%ds", (int)seconds);
    else if (seconds < 3600)
        buffer_printf(out, "%dm", (int)((seconds + 30) / 60));
    else
        buffer_printf(out, "%lldh%02dm", (long long)(seconds / 3600), (int)(seconds / 60 % 60));
    buffer_add_text(out, " left");
}
