/* Outcomes as exit codes; inputs that no honest driver gives. */
#include <errno.h>
#include <stdlib.h>

#include "schedule/schedule_parts.h"
#include "support/check.h"

static int code_of(enum outcome_kind kind, int code)
{
    struct outcome outcome = {.kind = (uint8_t)kind, .code = code};
    return outcome_exit_code(&outcome);
}

static bool is_success(enum outcome_kind kind, int code)
{
    struct outcome outcome = {.kind = (uint8_t)kind, .code = code};
    return outcome_is_success(&outcome);
}

void check_exit_codes(void)
{
    CU_ASSERT_EQUAL(code_of(OUTCOME_EXITED, 0), 0);
    CU_ASSERT_EQUAL(code_of(OUTCOME_EXITED, 75), 75);
    CU_ASSERT_EQUAL(code_of(OUTCOME_SIGNALLED, 9), 137);
    CU_ASSERT_EQUAL(code_of(OUTCOME_NOT_STARTED, ENOENT), 127);
    CU_ASSERT_EQUAL(code_of(OUTCOME_NOT_STARTED, EACCES), 126);
    CU_ASSERT_EQUAL(code_of(OUTCOME_NOT_STARTED, ENOTDIR), 126);
    CU_ASSERT_EQUAL(code_of(OUTCOME_INVALID, 0), 1);
    CU_ASSERT_EQUAL(code_of(OUTCOME_LOST, 0), 1);
    CU_ASSERT(is_success(OUTCOME_EXITED, 0));
    CU_ASSERT(!is_success(OUTCOME_EXITED, 1));
    CU_ASSERT(!is_success(OUTCOME_SIGNALLED, 0));
    CU_ASSERT(!is_success(OUTCOME_NOT_STARTED, 0));
    CU_ASSERT(!is_success(OUTCOME_INVALID, 0));
    CU_ASSERT(!is_success(OUTCOME_LOST, 0));
}

/* A plan with everything in it, so that any input finds something to disturb. */
static void make_plan(struct builder *builder)
{
    builder_init(builder);
    uint32_t cpu = builder_token(builder, TOKEN_RUNNING, 2);
    struct rule rule = builder_plain_rule();
    rule.vector = builder_vector(builder, &(struct amount){cpu, 2}, 1);
    rule.retry_max = UINT32_MAX;
    rule.retry_delay = INT64_MAX / 2;
    rule.retry_backoff = 1e300;
    rule.timeout = INT64_MAX;
    uint32_t task = builder_task(builder, &rule);
    rule.flags |= RULE_CONDITION | RULE_REQUEST;
    uint32_t other = builder_task(builder, &rule);
    for (int i = 0; i < 6; i++)
        builder_instance(builder, i % 2 ? task : other);
    builder_need(builder, builder_join(builder, JOIN_TEMPLATE, task), 1);
    builder_finish(builder);
}

static uint32_t odd_number(uint64_t *random)
{
    static const uint32_t odd[] = {0, 1, 2, 3, 4, 5, 6, 7, UINT32_MAX, INT32_MAX, UINT32_MAX - 1};
    *random = *random * 6364136223846793005 + 1442695040888963407;
    return odd[(*random >> 33) % (sizeof odd / sizeof *odd)];
}

void check_hostile_inputs(void)
{
    for (uint64_t seed = 1; seed <= 300; seed++) {
        uint64_t random = seed;
        struct builder builder;
        struct action_list actions = {0};
        make_plan(&builder);
        struct scheduler_options options = {.failure_policy = (uint8_t)(seed % 3)};
        struct scheduler *scheduler = scheduler_new(&builder.plan, &options);
        for (int step = 0; step < 200; step++) {
            struct input in = {.kind = (uint8_t)odd_number(&random),
                               .now = step % 2 ? INT64_MAX : INT64_MIN};
            in.kind = step == 3 ? INPUT_BEGIN : in.kind;
            in.verdict = (uint8_t)odd_number(&random);
            in.is_invalid = odd_number(&random) == 1;
            in.node = odd_number(&random);
            in.attempt = odd_number(&random);
            in.vector = odd_number(&random);
            in.timer = odd_number(&random);
            in.amount = in.kind == INPUT_CAPACITY ? UINT64_MAX - (odd_number(&random) & 1) : 0;
            in.outcome.kind = (uint8_t)odd_number(&random);
            in.outcome.code = (int32_t)odd_number(&random);
            if (in.kind == INPUT_CANCEL && step < 100)
                continue;
            scheduler_handle(scheduler, &in, &actions);
            CU_ASSERT_PTR_NULL(scheduler_check(scheduler));
        }
        scheduler_free(scheduler);
        action_list_release(&actions);
        builder_release(&builder);
    }
}
