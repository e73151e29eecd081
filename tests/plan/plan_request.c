/* Tokens, rules and requests. */
#include "plan/fixture.h"

static const struct rule *rule_of(struct fixture *fixture, const char *node)
{
    return plan_rule(&fixture->plan, fixture_node(fixture, node));
}

static const char *vector_of(struct fixture *fixture, const char *node)
{
    return fixture_vector(fixture, rule_of(fixture, node)->vector);
}

static void test_vectors(void)
{
    struct fixture fixture;
    fixture_open(&fixture, "pargraph: 1\n"
                           "params: {m: {type: int, default: 2}}\n"
                           "resources: {cpu: 8, mem: 4G, lic: 3}\n"
                           "tasks:\n"
                           "  plain: {run: x}\n"
                           "  join: {needs: plain, resources: {cpu: 3}}\n"
                           "  big: {run: x, resources: {lic: 2, mem: 1G, cpu: 4}}\n"
                           "  none: {run: x, resources: {cpu: 0}}\n"
                           "  few: {run: x, max-parallel: 2, resources: {lic: 1}}\n"
                           "  other: {run: y}\n"
                           "  folded: {run: x, resources: {mem: \"${{ params.m }}M\"}}\n");
    CHECK_TEXT(fixture_errors(&fixture), "");
    CHECK_TEXT(vector_of(&fixture, "plain"), "cpu=1");
    CHECK_TEXT(vector_of(&fixture, "join"), "");
    CHECK_TEXT(vector_of(&fixture, "big"), "cpu=4 mem=1073741824 lic=2");
    CHECK_TEXT(vector_of(&fixture, "none"), "");
    CHECK_TEXT(vector_of(&fixture, "few"), "cpu=1 lic=1 few=1");
    CHECK_TEXT(vector_of(&fixture, "folded"), "cpu=1 mem=2097152");
    CU_ASSERT_EQUAL(rule_of(&fixture, "none")->vector, 0);
    CU_ASSERT_EQUAL(rule_of(&fixture, "plain")->vector, rule_of(&fixture, "other")->vector);
    const struct token *tokens = fixture.plan.tokens;
    CU_ASSERT_EQUAL(fixture.plan.token_count, 4);
    CU_ASSERT(tokens[0].kind == TOKEN_RUNNING && tokens[0].capacity == 8);
    CU_ASSERT(tokens[1].kind == TOKEN_KEPT && tokens[1].capacity == 4ull << 30);
    CU_ASSERT(tokens[2].kind == TOKEN_KEPT && tokens[2].capacity == 3);
    CU_ASSERT(tokens[3].kind == TOKEN_RUNNING && tokens[3].capacity == 2);
    fixture_close(&fixture);
}

static uint64_t cpu_capacity(const char *text, const struct plan_options *options)
{
    struct fixture fixture;
    fixture_open_with(&fixture, text, options);
    uint64_t capacity = fixture.plan.tokens[0].capacity;
    fixture_close(&fixture);
    return capacity;
}

static void test_cpu_capacity(void)
{
    const struct plan_options found = {.cpu_capacity = 6};
    const struct plan_options given = {.cpu_capacity = 6, .is_cpu_given = true};
    const char *said = "pargraph: 1\nresources: {cpu: 8}\ntasks: {a: {run: x}}\n";
    const char *automatic = "pargraph: 1\nresources: {cpu: auto}\ntasks: {a: {run: x}}\n";
    const char *unsaid = "pargraph: 1\ntasks: {a: {run: x}}\n";
    CU_ASSERT_EQUAL(cpu_capacity(said, &found), 8);
    CU_ASSERT_EQUAL(cpu_capacity(said, &given), 6);
    CU_ASSERT_EQUAL(cpu_capacity(automatic, &found), 6);
    CU_ASSERT_EQUAL(cpu_capacity(unsaid, &found), 6);
    CU_ASSERT_EQUAL(cpu_capacity(unsaid, &(struct plan_options){0}), 1);
}

static void test_memory_is_unlimited_if_not_said(void)
{
    struct fixture fixture;
    fixture_open(&fixture, TASKS "  a: {run: x, resources: {mem: 900G}}\n");
    CHECK_TEXT(fixture_errors(&fixture), "");
    CHECK_TEXT(vector_of(&fixture, "a"), "cpu=1 mem=966367641600");
    CU_ASSERT_EQUAL(fixture.plan.tokens[1].capacity, UINT64_MAX);
    fixture_close(&fixture);
}

static void test_above_capacity(void)
{
    struct fixture fixture;
    fixture_open(&fixture, TASKS "  a: {run: x, resources: {cpu: 64}}\n");
    CU_ASSERT_TRUE(fixture.is_built);
    CHECK_TEXT(fixture_errors(&fixture),
               "flow.yml:3:27: warning: cpu: 64 is more than the 4 there are: cut to 4\n"
               "    3 |   a: {run: x, resources: {cpu: 64}}\n"
               "      |                           ^\n");
    CHECK_TEXT(vector_of(&fixture, "a"), "cpu=4");
    fixture_close(&fixture);
    fixture_open(&fixture, "pargraph: 1\nresources: {lic: 2}\n"
                           "tasks: {a: {run: x, resources: {lic: 3}}}\n");
    CU_ASSERT_FALSE(fixture.is_built);
    CHECK_TEXT(fixture_errors(&fixture),
               "flow.yml:3:33: error: lic: 3 is more than the 2 there are\n"
               "    3 | tasks: {a: {run: x, resources: {lic: 3}}}\n"
               "      |                                 ^\n");
    fixture_close(&fixture);
}

static void test_shared_warning_comes_once(void)
{
    struct fixture fixture;
    fixture_open(&fixture, "pargraph: 1\ndefaults: {resources: {cpu: 64}}\n"
                           "tasks: {a: {run: x}, b: {run: x}, c: {run: x}}\n");
    CU_ASSERT_EQUAL(fixture.diagnostics.count, 1);
    CHECK_TEXT(vector_of(&fixture, "c"), "cpu=4");
    fixture_close(&fixture);
}

static bool evaluate(struct fixture *fixture, const char *node, uint32_t attempt, uint8_t flags,
                     struct evaluated *ret, struct error *error)
{
    if (fixture->results == NULL)
        fixture_answer(fixture, "{}");
    return plan_evaluate(&fixture->plan, fixture_node(fixture, node), attempt, flags,
                         &fixture->answers, ret, error);
}

static void test_requests_of_an_attempt(void)
{
    struct fixture fixture;
    struct evaluated answer;
    struct error error = {0};
    fixture_open(&fixture,
                 "pargraph: 1\n"
                 "resources: {mem: 32G}\n"
                 "tasks:\n"
                 "  a:\n    matrix: {n: [1, 16]}\n"
                 "    resources: {cpu: \"${{ matrix.n }}\", mem: \"${{ 8 * task.attempt }}G\"}\n"
                 "    run: x\n"
                 "  b: {run: x, resources: {cpu: \"${{ 'many' }}\"}}\n"
                 "  c: {run: x, env: {M: much}, resources: {mem: \"${{ env.M }}\"}}\n");
    CHECK_TEXT(fixture_errors(&fixture),
               "flow.yml:8:27: error: cpu: 'many' is not a whole number from 0\n"
               "    8 |   b: {run: x, resources: {cpu: \"${{ 'many' }}\"}}\n"
               "      |                           ^\n");
    CU_ASSERT_TRUE(rule_of(&fixture, "a[n=1]")->flags & RULE_REQUEST);
    CU_ASSERT_EQUAL(rule_of(&fixture, "a[n=1]")->vector, NO_VECTOR);
    CU_ASSERT_TRUE(evaluate(&fixture, "a[n=1]", 1, CALLS_SUCCESS, &answer, &error));
    CU_ASSERT_EQUAL(answer.verdict, VERDICT_RUN);
    CHECK_TEXT(fixture_vector(&fixture, answer.vector), "cpu=1 mem=8589934592");
    CU_ASSERT_TRUE(evaluate(&fixture, "a[n=16]", 2, CALLS_SUCCESS, &answer, &error));
    CHECK_TEXT(fixture_vector(&fixture, answer.vector), "cpu=4 mem=17179869184");
    CU_ASSERT_FALSE(evaluate(&fixture, "a[n=1]", 5, CALLS_SUCCESS, &answer, &error));
    CHECK_TEXT(error.message, "mem: 42949672960 is more than the 34359738368 there are");
    CU_ASSERT_NOT_EQUAL(error.at, PLACE_NONE);
    CU_ASSERT_FALSE(evaluate(&fixture, "c", 1, CALLS_SUCCESS, &answer, &error));
    CHECK_TEXT(error.message, "mem: 'much' is not a size");
    CHECK_TEXT(error.hint, "write 512M, 1.5G or a number of bytes");
    error_release(&error);
    fixture_close(&fixture);
}

static void test_rules(void)
{
    struct fixture fixture;
    fixture_open(&fixture,
                 TASKS "  a: {run: x, priority: 7, timeout: 2s, continue-on-error: true, "
                       "retry: {max: 3, delay: 1s, backoff: 2, max-delay: 5s, when: [2, signal]}}\n"
                       "  b: {needs: a, if: failure()}\n"
                       "  c: {needs: a, if: always(), run: x}\n"
                       "  d: {needs: a, if: \"success() and run.elapsed > 1\", run: x}\n");
    const struct rule *rule = rule_of(&fixture, "a");
    CU_ASSERT_EQUAL(rule->flags, RULE_WORK | RULE_CONTINUE);
    CU_ASSERT_EQUAL(rule->priority, 7);
    CU_ASSERT_EQUAL(rule->timeout, 2000000000);
    CU_ASSERT_EQUAL(rule->retry_max, 3);
    CU_ASSERT_EQUAL(rule->retry_delay, 1000000000);
    CU_ASSERT_EQUAL(rule->retry_max_delay, 5000000000);
    CU_ASSERT_EQUAL(rule->retry_backoff, 2);
    CU_ASSERT_EQUAL(rule->retry_when, RETRY_SIGNAL);
    CU_ASSERT_EQUAL_FATAL(rule->exit_code_count, 1);
    CU_ASSERT_EQUAL(rule->exit_codes[0], 2);
    CU_ASSERT_EQUAL(rule_of(&fixture, "b")->flags, RULE_CONDITION | RULE_HEEDS_FAILURE);
    CU_ASSERT_EQUAL(rule_of(&fixture, "c")->flags, RULE_WORK | RULE_CONDITION | RULE_HEEDS_FAILURE);
    CU_ASSERT_EQUAL(rule_of(&fixture, "d")->flags, RULE_WORK | RULE_CONDITION);
    fixture_close(&fixture);
}

static int verdict(const char *condition, uint8_t flags)
{
    struct fixture fixture;
    struct evaluated answer = {0};
    char text[500];
    snprintf(text, sizeof text, TASKS "  a: {run: x}\n  b: {needs: a, run: x, if: '%s'}\n",
             condition);
    fixture_open(&fixture, text);
    CHECK_TEXT(fixture_errors(&fixture), "");
    CU_ASSERT_TRUE(evaluate(&fixture, "b", 1, flags, &answer, NULL));
    fixture_close(&fixture);
    return answer.verdict;
}

static void test_verdicts(void)
{
    enum { S = CALLS_SUCCESS, F = CALLS_FAILURE, C = CALLS_CANCELLED };
    CU_ASSERT_EQUAL(verdict("1 == 1", S), VERDICT_RUN);
    CU_ASSERT_EQUAL(verdict("1 == 2", S), VERDICT_SKIP);
    CU_ASSERT_EQUAL(verdict("1 == 1", F), VERDICT_BLOCKED);
    CU_ASSERT_EQUAL(verdict("1 == 1", C), VERDICT_CANCELLED);
    CU_ASSERT_EQUAL(verdict("1 == 1", F | C), VERDICT_BLOCKED);
    CU_ASSERT_EQUAL(verdict("always()", F), VERDICT_RUN);
    CU_ASSERT_EQUAL(verdict("always() and 1 == 2", S), VERDICT_SKIP);
    CU_ASSERT_EQUAL(verdict("failure()", S), VERDICT_SKIP);
    CU_ASSERT_EQUAL(verdict("failure()", F), VERDICT_RUN);
    CU_ASSERT_EQUAL(verdict("failure()", C), VERDICT_CANCELLED);
    CU_ASSERT_EQUAL(verdict("failure() or cancelled()", C), VERDICT_RUN);
    CU_ASSERT_EQUAL(verdict("success()", F), VERDICT_BLOCKED);
    CU_ASSERT_EQUAL(verdict("cancelled()", F), VERDICT_BLOCKED);
    CU_ASSERT_EQUAL(verdict("not success()", F), VERDICT_RUN);
}

static void test_condition_is_asked_once(void)
{
    struct fixture fixture;
    struct evaluated answer;
    struct error error = {0};
    fixture_open(&fixture, TASKS "  a: {run: x}\n"
                                 "  b: {needs: a, run: x, if: needs.a.exit_code}\n");
    CU_ASSERT_FALSE(evaluate(&fixture, "b", 1, CALLS_SUCCESS, &answer, &error));
    CHECK_TEXT(error.message, "a condition must give true or false, this one gives a number");
    CU_ASSERT_TRUE(evaluate(&fixture, "b", 2, CALLS_SUCCESS, &answer, &error));
    CU_ASSERT_EQUAL(answer.verdict, VERDICT_RUN);
    CHECK_TEXT(fixture_vector(&fixture, answer.vector), "cpu=1");
    error_release(&error);
    fixture_close(&fixture);
}

static void test_interning(void)
{
    struct vectors vectors = {.running_first = 1, .running_end = 3};
    CU_ASSERT_EQUAL(vectors_add(&vectors, NULL, 0), 0);
    for (uint32_t i = 1; i <= 1000; i++) {
        const struct amount amounts[] = {{2, i}, {0, 1}, {1, 0}};
        CU_ASSERT_EQUAL(vectors_add(&vectors, amounts, 3), i);
    }
    for (uint32_t i = 1; i <= 1000; i++) {
        const struct amount amounts[] = {{0, 1}, {2, i}};
        CU_ASSERT_EQUAL(vectors_add(&vectors, amounts, 2), i);
    }
    CU_ASSERT_EQUAL(vectors.count, 1001);
    CU_ASSERT_EQUAL(vectors.first[1000] + 2, vectors.first[1001]);
    CU_ASSERT_EQUAL(vectors.amounts[vectors.first[7]].token, 0);
    CU_ASSERT_EQUAL(vectors.amounts[vectors.first[7] + 1].amount, 7);
    vectors_release(&vectors);
}

static void test_running_part(void)
{
    struct vectors vectors = {.running_first = 3, .running_end = 5};
    struct amount mixed[] = {{2, 7}, {4, 1}, {0, 2}, {5, 1}}, running[] = {{4, 1}, {0, 2}};
    uint32_t vector = vectors_add(&vectors, mixed, 4);
    CU_ASSERT_EQUAL(vectors.running[0], 0);
    uint32_t part = vectors_add(&vectors, running, 2);
    CU_ASSERT_EQUAL(vectors.running[vector], part);
    CU_ASSERT_EQUAL(vectors.running[part], part);
    CU_ASSERT_EQUAL(vectors_add(&vectors, &mixed[3], 1), part + 1);
    CU_ASSERT_EQUAL(vectors.running[part + 1], 0);
    vectors_release(&vectors);
}

static uint64_t gpus_of(struct fixture *fixture, const char *node, uint32_t attempt)
{
    struct command command = {0};
    CU_ASSERT_TRUE(plan_command(&fixture->plan, fixture_node(fixture, node), attempt, NO_OPERATION,
                                &fixture->answers, &command, NULL));
    uint64_t gpus = command.gpus;
    command_release(&command);
    return gpus;
}

static void test_gpus(void)
{
    struct fixture fixture;
    struct invocation invocation = {0};
    const struct plan_options found = {.cpu_capacity = 4, .gpu_capacity = 3};
    fixture_open_with(
        &fixture,
        "pargraph: 1\ntasks:\n"
        "  none: {run: x}\n"
        "  two: {run: x, resources: {gpu: 2}}\n"
        "  more: {run: x, resources: {gpu: \"${{ task.attempt }}\", cpu: 0}}\n"
        "  call: {resources: {gpu: 1}, call: {lua: return 1}}\n"
        "  step: {resources: {gpu: 3}, steps: [{env: {A: b}, call: {lua: return 1}}]}\n",
        &found);
    CHECK_TEXT(fixture_errors(&fixture), "");
    fixture_answer(&fixture, "{}");
    const struct token *gpu = &fixture.plan.tokens[2];
    CHECK_TEXT(names_text(&fixture.names, gpu->name), "gpu");
    CU_ASSERT(gpu->kind == TOKEN_KEPT && gpu->capacity == 3);
    CHECK_TEXT(vector_of(&fixture, "none"), "cpu=1");
    CHECK_TEXT(vector_of(&fixture, "two"), "cpu=1 gpu=2");
    CU_ASSERT_EQUAL(gpus_of(&fixture, "none", 1), 0);
    CU_ASSERT_EQUAL(gpus_of(&fixture, "two", 1), 2);
    CU_ASSERT_EQUAL(gpus_of(&fixture, "more", 1), 1);
    CU_ASSERT_EQUAL(gpus_of(&fixture, "more", 3), 3);
    CU_ASSERT_TRUE(plan_call(&fixture.plan, fixture_node(&fixture, "call"), 1, NO_OPERATION,
                             &fixture.answers, &invocation, NULL));
    CU_ASSERT_EQUAL(invocation.gpus, 1);
    invocation_release(&invocation);
    CU_ASSERT_TRUE(plan_call(&fixture.plan, fixture_node(&fixture, "step"), 1, 0, &fixture.answers,
                             &invocation, NULL));
    CU_ASSERT_EQUAL(invocation.gpus, 3);
    invocation_release(&invocation);
    fixture_close(&fixture);
    fixture_open_with(&fixture, "pargraph: 1\nresources: {own: 1, gpu: 5}\ntasks: {}\n", &found);
    CU_ASSERT_EQUAL(fixture.plan.tokens[3].capacity, 5);
    fixture_close(&fixture);
    fixture_open_with(&fixture, "pargraph: 1\nresources: {gpu: auto}\ntasks: {}\n", &found);
    CU_ASSERT_EQUAL(fixture.plan.tokens[2].capacity, 3);
    fixture_close(&fixture);
}

static void test_status_texts(void)
{
    CHECK_TEXT(status_text(STATUS_SUCCESS), "success");
    CHECK_TEXT(status_text(STATUS_SKIPPED), "skipped");
    CHECK_TEXT(status_text(STATUS_CANCELLED), "cancelled");
    CHECK_TEXT(status_text(STATUS_BLOCKED), "blocked");
    CHECK_TEXT(status_text(STATUS_FAILURE), "failure");
}

const struct check request_checks[] = {
    {"requests: vectors of tasks", test_vectors},
    {"requests: the capacity of cpu", test_cpu_capacity},
    {"requests: GPUs", test_gpus},
    {"requests: memory nobody limits", test_memory_is_unlimited_if_not_said},
    {"requests: above capacity", test_above_capacity},
    {"requests: a warning of defaults comes once", test_shared_warning_comes_once},
    {"requests: of an attempt", test_requests_of_an_attempt},
    {"requests: equal vectors are one", test_interning},
    {"requests: the running part of a vector", test_running_part},
    {"rules: of a task", test_rules},
    {"rules: verdicts", test_verdicts},
    {"rules: a condition is asked on the first attempt", test_condition_is_asked_once},
    {"rules: words of statuses", test_status_texts},
    {NULL, NULL},
};
