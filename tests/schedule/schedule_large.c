/* Large plans: no recursion over the graph, and work that grows with the work. */
#include <stdlib.h>

#include "schedule/schedule_parts.h"
#include "schedule/schedule_script.h"
#include "support/check.h"

enum { MILLION = 1000000 };

struct large {
    struct builder builder;
    struct scheduler *scheduler;
    struct action_list actions;
    VEC(uint32_t) live;
    uint32_t live_first, launched;
};

static void start(struct large *large)
{
    struct scheduler_options options = {.failure_policy = POLICY_DRAIN};
    builder_finish(&large->builder);
    large->scheduler = scheduler_new(&large->builder.plan, &options);
}

static void give(struct large *large, const struct input *in)
{
    large->actions.count = 0;
    scheduler_handle(large->scheduler, in, &large->actions);
    for (uint32_t i = 0; i < large->actions.count; i++)
        if (large->actions.items[i].kind == ACTION_LAUNCH) {
            *VEC_PUSH(&large->live) = large->actions.items[i].node;
            large->launched++;
        }
}

/* Each attempt succeeds, in the order of their launch. */
static void run_to_end(struct large *large)
{
    give(large, &(struct input){.kind = INPUT_BEGIN});
    while (large->live_first < large->live.count)
        give(large, &(struct input){.kind = INPUT_FINISHED,
                                    .node = large->live.items[large->live_first++],
                                    .attempt = 1});
    CU_ASSERT(scheduler_has_ended(large->scheduler));
    CU_ASSERT_PTR_NULL(scheduler_check(large->scheduler));
}

static void finish(struct large *large)
{
    scheduler_free(large->scheduler);
    builder_release(&large->builder);
    action_list_release(&large->actions);
    VEC_RELEASE(&large->live);
}

/* A million instances of one task on four cpus. */
static void prepare(struct large *large)
{
    builder_init(&large->builder);
    uint32_t cpu = builder_token(&large->builder, TOKEN_RUNNING, 4);
    struct rule rule = builder_plain_rule();
    rule.vector = builder_vector(&large->builder, &(struct amount){cpu, 1}, 1);
    uint32_t task = builder_task(&large->builder, &rule);
    for (uint32_t i = 0; i < MILLION; i++)
        builder_instance(&large->builder, task);
}

void check_chain_of_a_million(void)
{
    struct large large = {0};
    prepare(&large);
    for (uint32_t node = 1; node < MILLION; node++)
        builder_need(&large.builder, node, node - 1);
    start(&large);
    run_to_end(&large);
    CU_ASSERT_EQUAL(large.launched, MILLION);
    finish(&large);
}

/* The first fails: the end of the others is one cascade. */
void check_blocked_chain_of_a_million(void)
{
    struct large large = {0};
    prepare(&large);
    for (uint32_t node = 1; node < MILLION; node++)
        builder_need(&large.builder, node, node - 1);
    start(&large);
    give(&large, &(struct input){.kind = INPUT_BEGIN});
    give(&large, &(struct input){.kind = INPUT_FINISHED, .attempt = 1, .outcome = {.code = 1}});
    CU_ASSERT(scheduler_has_ended(large.scheduler));
    CU_ASSERT_EQUAL(scheduler_counts(large.scheduler)->by_status[STATUS_BLOCKED], MILLION - 1);
    CU_ASSERT_PTR_NULL(scheduler_check(large.scheduler));
    finish(&large);
}

void check_star_of_a_million(void)
{
    struct large large = {0};
    prepare(&large);
    uint32_t join = builder_join(&large.builder, JOIN_PLAIN, 0);
    uint32_t last = builder_instance(&large.builder, 0);
    for (uint32_t node = 0; node < MILLION; node++)
        builder_need(&large.builder, join, node);
    builder_need(&large.builder, last, join);
    start(&large);
    run_to_end(&large);
    CU_ASSERT_EQUAL(large.launched, MILLION + 1);
    finish(&large);
}

void check_joins_of_a_million(void)
{
    struct large large = {0};
    builder_init(&large.builder);
    for (uint32_t node = 0; node < MILLION; node++) {
        builder_join(&large.builder, JOIN_PLAIN, NO_TASK);
        if (node > 0)
            builder_need(&large.builder, node, node - 1);
    }
    start(&large);
    run_to_end(&large);
    CU_ASSERT_EQUAL(large.actions.count, 3);
    finish(&large);
}

/* A hundred thousand bodies, each of which waits for one of five locks by a verb, and has it for
 * one step: neither the waiters nor the lines they stand in are looked through. */
void check_many_waiters(void)
{
    enum { WAITERS = 100000, LOCKS = 5 };
    struct large large = {0};
    builder_init(&large.builder);
    uint32_t vectors[LOCKS];
    for (uint32_t i = 0; i < LOCKS; i++) {
        struct amount lock = {builder_lock(&large.builder), 1};
        vectors[i] = builder_vector(&large.builder, &lock, 1);
    }
    struct rule rule = builder_plain_rule();
    uint32_t task = builder_task(&large.builder, &rule);
    for (uint32_t i = 0; i < WAITERS; i++)
        builder_instance(&large.builder, task);
    start(&large);
    give(&large, &(struct input){.kind = INPUT_BEGIN});
    for (uint32_t i = 0; i < WAITERS; i++)
        give(&large, &(struct input){.kind = INPUT_REQUEST,
                                     .node = i,
                                     .attempt = 1,
                                     .operation = NO_OPERATION,
                                     .request = i,
                                     .parent = NO_REQUEST,
                                     .vector = vectors[i % LOCKS],
                                     .verb = VERB_TAKE});
    for (uint32_t i = 0; i < WAITERS; i++) {
        give(&large, &(struct input){.kind = INPUT_WITHDRAW, .node = i, .request = i});
        CU_ASSERT(i + LOCKS >= WAITERS ||
                  (large.actions.count > 0 &&
                   large.actions.items[large.actions.count - 1].request == i + LOCKS));
    }
    for (uint32_t i = 0; i < WAITERS; i++)
        give(&large, &(struct input){.kind = INPUT_FINISHED, .node = i, .attempt = 1});
    CU_ASSERT(scheduler_has_ended(large.scheduler));
    CU_ASSERT_PTR_NULL(scheduler_check(large.scheduler));
    finish(&large);
}

/* As many programs at one barrier, on four cpus. */
void check_wide_barrier(void)
{
    enum { PARTIES = 100000 };
    struct large large = {0};
    struct script script = {0};
    builder_init(&large.builder);
    uint32_t cpu = builder_token(&large.builder, TOKEN_RUNNING, 4);
    struct rule rule = builder_plain_rule();
    rule.vector = builder_vector(&large.builder, &(struct amount){cpu, 1}, 1);
    uint32_t barrier = builder_gate(&large.builder, GATE_BARRIER, 0, 0);
    script_add(&script, OPERATION_BODY, NO_GATE);
    script_add(&script, OPERATION_BARRIER, barrier);
    rule.program = script_finish(&script, &large.builder);
    uint32_t task = builder_task(&large.builder, &rule);
    for (uint32_t i = 0; i < PARTIES; i++)
        builder_instance(&large.builder, task);
    start(&large);
    give(&large, &(struct input){.kind = INPUT_BEGIN});
    for (; large.live_first < large.live.count; large.live_first++)
        give(&large, &(struct input){.kind = INPUT_FINISHED,
                                     .node = large.live.items[large.live_first],
                                     .attempt = 1,
                                     .operation = 0});
    CU_ASSERT_EQUAL(large.launched, PARTIES);
    for (uint32_t i = 0; i < PARTIES; i++)
        give(&large,
             &(struct input){
                 .kind = INPUT_FINISHED, .node = i, .attempt = 1, .operation = OPERATION_END});
    CU_ASSERT(scheduler_has_ended(large.scheduler));
    CU_ASSERT_PTR_NULL(scheduler_check(large.scheduler));
    finish(&large);
}

/* Ten thousand tasks, no two of which want the same: each release finds who fits without asking
 * the others (one by one it would be fifty million looks). */
void check_many_requests(void)
{
    enum { REQUESTS = 10000 };
    struct large large = {0};
    builder_init(&large.builder);
    struct vectors *vectors = &large.builder.plan.vectors;
    uint32_t mem = builder_token(&large.builder, TOKEN_KEPT, 2 * REQUESTS);
    vectors->first = memory_resize(vectors->first, REQUESTS + 2, sizeof *vectors->first);
    vectors->amounts = memory_resize(vectors->amounts, REQUESTS, sizeof *vectors->amounts);
    for (uint32_t i = 0; i < REQUESTS; i++) {
        vectors->amounts[i] = (struct amount){mem, REQUESTS - i};
        vectors->first[i + 2] = i + 1;
        struct rule rule = builder_plain_rule();
        rule.vector = i + 1;
        builder_instance(&large.builder, builder_task(&large.builder, &rule));
    }
    vectors->count = REQUESTS + 1;
    start(&large);
    run_to_end(&large);
    CU_ASSERT_EQUAL(large.launched, REQUESTS);
    finish(&large);
}
