/* How long the rest takes: by chains and by work, from earlier runs and from this one, and never
 * more than is known. */
#include <string.h>

#include "base/memory.h"
#include "stage.h"
#include "support/check.h"
#include "checks.h"

/* Nodes 0 to 3 are instances of task 0, node 4 is task 1 and needs node 0. Two cpus, one each. */
enum { NODES = 5 };
struct small {
    struct names names;
    struct task tasks[2];
    struct workflow workflow;
    struct rule rules[3]; /* the first is that of joins */
    uint32_t rule_of[2];
    struct token tokens[1];
    uint32_t task[NODES], first[NODES + 1], targets[1], vector_first[3];
    uint8_t is_join[NODES];
    bool is_selected[NODES];
    struct amount amounts[1];
    struct plan plan;
    struct estimate *estimate;
};

static void small_open(struct small *small)
{
    *small = (struct small){.task = {0, 0, 0, 0, 1},
                            .first = {0, 1, 1, 1, 1, 1},
                            .targets = {4},
                            .vector_first = {0, 0, 1},
                            .amounts = {{.token = 0, .amount = 1}},
                            .tokens = {{.capacity = 2}}};
    names_init(&small->names);
    small->tasks[0].name = names_add(&small->names, "many", 4);
    small->tasks[1].name = names_add(&small->names, "last", 4);
    small->workflow =
        (struct workflow){.names = &small->names, .tasks = small->tasks, .task_count = 2};
    for (int i = 0; i < 2; i++)
        small->rules[small->rule_of[i] = (uint32_t)i + 1] =
            (struct rule){.flags = RULE_WORK, .vector = 1};
    memset(small->is_selected, 1, sizeof small->is_selected);
    small->plan = (struct plan){
        .workflow = &small->workflow,
        .node_count = NODES,
        .selected_count = NODES,
        .task = small->task,
        .is_join = small->is_join,
        .is_selected = small->is_selected,
        .rules = small->rules,
        .rule_of = small->rule_of,
        .tokens = small->tokens,
        .token_count = 1,
        .vectors = {.count = 2, .first = small->vector_first, .amounts = small->amounts},
        .dependents = {.node_count = NODES, .first = small->first, .targets = small->targets}};
    for (int i = 0; i < NAMED_NODES; i++)
        stage_names[i] = NULL;
    small->estimate = estimate_new(&small->plan);
}

static void small_close(struct small *small)
{
    estimate_free(small->estimate);
    names_release(&small->names);
}

static void learn(struct small *small, const char *name, int64_t seconds)
{
    struct duration item = {.name = memory_text(name), .mean = seconds * SECOND};
    estimate_learn(small->estimate, &item, 1);
    memory_free(item.name);
}

static void left_is(struct small *small, int64_t now, const char *expected)
{
    CLEANUP_BUFFER struct buffer text = {0};
    struct time_left left = estimate_look(small->estimate, now);
    time_left_write(&left, now, &text);
    CHECK_TEXT(buffer_text(&text), expected);
}

void test_estimate(void)
{
    struct small small;
    small_open(&small);
    left_is(&small, 0, ""); /* nothing is known */
    learn(&small, "many[*]", 10);
    left_is(&small, 0, "at least 20s left"); /* four of 10 s on two cpus, and who knows */
    struct duration known[] = {{.name = (char *)"many[*]", .mean = 10 * SECOND},
                               {.name = (char *)"task-0", .mean = 30 * SECOND},
                               {.name = (char *)"last[*]", .mean = 60 * SECOND}};
    estimate_learn(small.estimate, known, 3);
    left_is(&small, 0, "~2m left"); /* the chain of 30 and 60 s */
    estimate_started(small.estimate, 0, 0);
    left_is(&small, 15 * SECOND, "~1m left");
    left_is(&small, 40 * SECOND, "~1m left");          /* a little longer: its successor is left */
    left_is(&small, 100 * SECOND, "at least 1m left"); /* far longer than it ever did */
    estimate_ended(small.estimate, 0, 30 * SECOND, STATUS_SUCCESS);
    estimate_ended(small.estimate, 4, 30 * SECOND, STATUS_SKIPPED);
    left_is(&small, 30 * SECOND, "~45s left"); /* three as the one that ended, on two cpus */
    for (uint32_t node = 1; node < 4; node++)
        estimate_ended(small.estimate, node, 40 * SECOND, STATUS_FAILURE);
    left_is(&small, 40 * SECOND, "");
    duration_list list = {0};
    estimate_tell(small.estimate, &list);
    CU_ASSERT_EQUAL_FATAL(list.count, 3);
    CHECK_TEXT(list.items[0].name, "task-0");
    CU_ASSERT_EQUAL(list.items[0].mean, 30 * SECOND);
    CHECK_TEXT(list.items[1].name, "task-4"); /* skipped: no time */
    CU_ASSERT_EQUAL(list.items[1].mean, 0);
    CHECK_TEXT(list.items[2].name, "many[*]");
    for (uint32_t i = 0; i < list.count; i++)
        memory_free(list.items[i].name);
    VEC_RELEASE(&list);
    small_close(&small);
}

/* This run tells, too: those that ended of a task, and how fast all goes. */
void test_estimate_by_this_run(void)
{
    struct small small;
    small_open(&small);
    estimate_started(small.estimate, 0, 0);
    estimate_ended(small.estimate, 0, 8 * SECOND, STATUS_SUCCESS);
    left_is(&small, 8 * SECOND, "at least 12s left"); /* three of 8 s; `last` is not known */
    small_close(&small);
    small_open(&small);
    struct duration known[] = {{.name = (char *)"last[*]", .mean = 20 * SECOND},
                               {.name = (char *)"task-0", .mean = 10 * SECOND},
                               {.name = (char *)"task-1", .mean = 10 * SECOND},
                               {.name = (char *)"task-2", .mean = 10 * SECOND},
                               {.name = (char *)"task-3", .mean = 10 * SECOND}};
    estimate_learn(small.estimate, known, 5);
    left_is(&small, 0, "~30s left");
    estimate_started(small.estimate, 0, 0);
    estimate_ended(small.estimate, 0, 15 * SECOND, STATUS_SUCCESS);
    left_is(&small, 15 * SECOND,
            "~38s left"); /* 30 and 20 s of work on two cpus, half as fast again */
    small_close(&small);
}

static void give(struct small *small, enum fact_kind kind, uint32_t node, int64_t seconds,
                 enum status status)
{
    struct fact fact = {
        .kind = (uint8_t)kind, .node = node, .time = seconds * SECOND, .status = (uint8_t)status};
    estimate_fact(small->estimate, &fact);
}

/* After a resume what was running, and what did not end well, takes all of its time again. */
void test_estimate_of_a_resumed_run(void)
{
    struct small small;
    small_open(&small);
    struct duration known[] = {{.name = (char *)"last[*]", .mean = 20 * SECOND},
                               {.name = (char *)"many[*]", .mean = 10 * SECOND}};
    estimate_learn(small.estimate, known, 2);
    for (uint32_t node = 0; node < 3; node++)
        give(&small, FACT_STARTED, node, 0, STATUS_NONE);
    give(&small, FACT_ENDED, 0, 10, STATUS_SUCCESS);
    give(&small, FACT_ENDED, 2, 10, STATUS_FAILURE);
    left_is(&small, 10 * SECOND, "~20s left"); /* the chain: 15 s of work for each cpu */
    give(&small, FACT_RESUMED, NO_NODE, 11, STATUS_NONE);
    give(&small, FACT_REOPENED, 2, 11, STATUS_FAILURE);
    left_is(&small, 12 * SECOND, "~25s left"); /* 50 s of work on two cpus */
    small_close(&small);
}
