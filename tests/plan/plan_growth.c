/* Dynamic matrices: what they grow to, against the same workflow with its lists known before. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "plan/fixture.h"

/* Expands a task's template; the error's text, or "". */
static const char *expand_with(struct fixture *fixture, const char *task, uint8_t flags,
                               uint8_t *ret_verdict, json_t **ret_matrix)
{
    struct plan *plan = &fixture->plan;
    name id = names_add_text(&fixture->names, task);
    uint32_t template = plan->instances[workflow_task(&fixture->workflow, id)].template;
    CU_ASSERT_NOT_EQUAL_FATAL(template, NO_NODE);
    CLEANUP_ERROR struct error error = {0};
    struct expanded expanded;
    buffer_clear(&fixture->text);
    if (plan_expand(plan, template, flags, &fixture->answers, &expanded, &error)) {
        *ret_verdict = expanded.verdict;
        if (ret_matrix != NULL)
            *ret_matrix = json_incref(expanded.matrix);
        json_decref(expanded.matrix);
        return "";
    }
    struct location location;
    CU_ASSERT(sources_locate(&fixture->sources, error.at, &location));
    buffer_printf(&fixture->text, "%u:%u: %s", location.line, location.column, error.message);
    if (error.hint != NULL)
        buffer_printf(&fixture->text, " (%s)", error.hint);
    return buffer_text(&fixture->text);
}

static const char *expand(struct fixture *fixture, const char *task)
{
    uint8_t verdict = VERDICT_RUN;
    const char *text = expand_with(fixture, task, CALLS_SUCCESS | CALLS_ALWAYS, &verdict, NULL);
    CU_ASSERT_EQUAL(verdict, VERDICT_RUN);
    return text;
}

static void test_growth(void)
{
    struct fixture fixture;
    fixture_open(&fixture, TASKS "  s: {run: x}\n"
                                 "  m:\n    needs: s\n    run: x\n"
                                 "    matrix: {f: \"${{ fromjson(needs.s.stdout) }}\"}\n"
                                 "  p:\n    needs: {m: same}\n    run: x\n"
                                 "    matrix: {f: [a, b]}\n"
                                 "  t: {needs: m, run: x}\n");
    CHECK_TEXT(fixture_errors(&fixture), "");
    fixture_answer(&fixture, "{\"s\": {\"stdout\": \"[\\\"a\\\", \\\"b\\\", \\\"c d\\\"]\"}}");
    struct plan *plan = &fixture.plan;
    uint32_t template = plan->instances[1].template, join = plan->instances[1].join;
    CHECK_TEXT(fixture_instances(&fixture, "m"), "");
    CU_ASSERT_EQUAL(plan->is_join[template], JOIN_TEMPLATE);
    CU_ASSERT_EQUAL(plan->selected_count, 5);
    CU_ASSERT_EQUAL(plan->levels[template], 2);
    CHECK_TEXT(fixture_needs(&fixture, "p[f=a]"), "m[*]");
    uint32_t old = plan->node_count, fingerprint = plan_fingerprint(plan);
    CHECK_TEXT(expand(&fixture, "m"), "");
    CHECK_TEXT(fixture_instances(&fixture, "m"), "m[f=a] m[f=b] m[f=\"c d\"]");
    CU_ASSERT_EQUAL(plan_fingerprint(plan), fingerprint);
    CU_ASSERT_EQUAL(plan->instances[1].first, old);
    CU_ASSERT_EQUAL(plan->node_count, old + 3);
    CU_ASSERT_EQUAL(plan->selected_count, 7);
    CU_ASSERT_EQUAL(plan->levels[old], 2);
    CU_ASSERT_EQUAL(plan->need_counts[join], 4);
    CHECK_TEXT(fixture_needs(&fixture, "p[f=a]"), "m[*] m[f=a]");
    CHECK_TEXT(fixture_needs(&fixture, "p[f=b]"), "m[*] m[f=b]");
    CHECK_TEXT(fixture_needs(&fixture, "t"), "m[*]");
    CHECK_TEXT(fixture_matrix(&fixture, "m[f=\"c d\"]"), "{\"f\":\"c d\"}");
    fixture_close(&fixture);
}

static void test_growth_to_nothing(void)
{
    struct fixture fixture;
    fixture_open(&fixture, TASKS "  s: {run: x}\n"
                                 "  m: {needs: s, matrix: \"${{ fromjson(needs.s.stdout) }}\"}\n"
                                 "  p: {needs: {m: {f: 1}}}\n"
                                 "  q: {needs: [s, {m: same}],\n"
                                 "      matrix: {f: \"${{ fromjson(needs.s.stdout) }}\"}}\n");
    CHECK_TEXT(fixture_errors(&fixture), "");
    fixture_answer(&fixture, "{\"s\": {\"stdout\": \"[]\"}}");
    CHECK_TEXT(expand(&fixture, "m"), "");
    CHECK_TEXT(expand(&fixture, "q"), "");
    CHECK_TEXT(fixture_instances(&fixture, "m"), "");
    CU_ASSERT_EQUAL(fixture.plan.selected_count, 2);
    fixture_close(&fixture);
}

/* Whatever is wrong, the plan is as it was, and can still grow. */
static void test_growth_errors(void)
{
    static const struct {
        const char *stdout, *error;
    } cases[] = {
        {"7", "5:17: the values of 'i' must be a list, this gives a number"},
        {"[1", "5:22: not JSON: ']' expected near end of file (line 1, column 2)"},
        {"[1, 3]", "7:15: p needs 'm' with i=2, and there is no such instance (give the need an "
                   "'if' that is false where there is nothing to need)"},
        {"[2, 9, 9]", ""},
    };
    struct fixture fixture;
    fixture_open(&fixture, TASKS "  s: {run: x}\n"
                                 "  m:\n    matrix: {i: \"${{ fromjson(needs.s.stdout) }}\"}\n"
                                 "    needs: [{m: {i: 2}, if: matrix.i == 9}, s]\n"
                                 "  p: {needs: {m: {i: 2}}}\n");
    CHECK_TEXT(fixture_errors(&fixture), "");
    uint32_t nodes = fixture.plan.node_count, edges = fixture.plan.dependents.edge_count;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *answers = json_pack("{s:{s:s}}", "s", "stdout", cases[i].stdout);
        char *text = json_dumps(answers, 0);
        fixture_answer(&fixture, text);
        free(text);
        json_decref(answers);
        CHECK_TEXT(expand(&fixture, "m"), cases[i].error);
        if (cases[i].error[0] == '\0')
            break;
        CU_ASSERT_EQUAL(fixture.plan.node_count, nodes);
        CU_ASSERT_EQUAL(fixture.plan.dependents.edge_count, edges);
        CHECK_TEXT(fixture_instances(&fixture, "m"), "");
    }
    CHECK_TEXT(fixture_instances(&fixture, "m"), "m[i=2] m[i=9] m[i=9]#2");
    CHECK_TEXT(fixture_needs(&fixture, "m[i=9]#2"), "m[i=2]");
    CHECK_TEXT(fixture_needs(&fixture, "p"), "m[*] m[i=2]");
    fixture_close(&fixture);
}

static void test_growth_cycle(void)
{
    struct fixture fixture;
    fixture_open(&fixture, TASKS "  s: {run: x}\n"
                                 "  m:\n    matrix: {i: \"${{ fromjson(needs.s.stdout) }}\"}\n"
                                 "    needs: [s, {m: {i: \"${{ 3 - matrix.i }}\"}}]\n");
    CHECK_TEXT(fixture_errors(&fixture), "");
    fixture_answer(&fixture, "{\"s\": {\"stdout\": \"[1, 2]\"}}");
    CHECK_TEXT(expand(&fixture, "m"),
               "6:17: a cycle of needs: m[i=1] needs m[i=2], m[i=2] needs m[i=1] (take one out: "
               "m[i=1] needs m[i=2] at flow.yml:6, m[i=2] needs m[i=1] at flow.yml:6)");
    CU_ASSERT_EQUAL(fixture.plan.instances[1].count, 0);
    fixture_close(&fixture);
}

static void test_verdicts(void)
{
    struct fixture fixture;
    fixture_open(&fixture, TASKS "  s: {run: x}\n"
                                 "  k: {matrix: {i: [1, 2]}, run: x}\n"
                                 "  m:\n    needs: [s, {k: {i: 1}}]\n"
                                 "    matrix: {i: \"${{ fromjson(needs.k.stdout) }}\"}\n"
                                 "  n:\n    needs: s\n    if: \"params.x\"\n"
                                 "    matrix: {i: \"${{ fromjson(needs.s.stdout) }}\"}\n"
                                 "params: {x: {type: bool, default: true}}\n");
    CHECK_TEXT(fixture_errors(&fixture), "");
    uint8_t verdict;
    fixture_answer(&fixture, "{\"k[i=1]\": {\"status\": \"failure\"},"
                             " \"k[i=2]\": {\"stdout\": \"[5]\"}}");
    CHECK_TEXT(expand_with(&fixture, "m", CALLS_SUCCESS | CALLS_ALWAYS, &verdict, NULL), "");
    CU_ASSERT_EQUAL(verdict, VERDICT_BLOCKED);
    CHECK_TEXT(expand_with(&fixture, "n", CALLS_CANCELLED | CALLS_ALWAYS, &verdict, NULL), "");
    CU_ASSERT_EQUAL(verdict, VERDICT_CANCELLED);
    fixture_answer(&fixture, "{\"k[i=2]\": {\"status\": \"failure\"},"
                             " \"k[i=1]\": {\"stdout\": \"[5, 6]\"}}");
    CHECK_TEXT(expand(&fixture, "m"), "");
    CHECK_TEXT(fixture_instances(&fixture, "m"), "m[i=5] m[i=6]");
    fixture_close(&fixture);
}

static void test_unknown_instances(void)
{
    static const char *const selection[] = {"m[i=1]", NULL};
    struct fixture fixture;
    fixture_open_selected(&fixture,
                          TASKS
                          "  s: {run: x}\n"
                          "  m: {needs: s, matrix: {i: \"${{ fromjson(needs.s.stdout) }}\"}}\n",
                          selection);
    CHECK_TEXT(fixture_errors(&fixture),
               "error: the instances of task 'm' are known only when what it needs has ended\n"
               "      = name the whole task: m\n");
    fixture_close(&fixture);
}

/* An expansion to many, and many small ones. */
static void test_large_growth(void)
{
    struct fixture fixture;
    struct buffer text = {0};
    buffer_add_text(&text,
                    TASKS "  s: {run: x}\n"
                          "  m:\n    run: x\n    needs: [s, {m: {i: \"${{ matrix.i - 1 }}\"}, "
                          "if: matrix.i > 0}]\n"
                          "    matrix: {i: \"${{ range(tonumber(needs.s.stdout)) }}\"}\n");
    for (int i = 0; i < 2000; i++)
        buffer_printf(&text,
                      "  k%d: {needs: s, matrix: {i: \"${{ range(3 + 0 * "
                      "tonumber(needs.s.stdout)) }}\"}}\n",
                      i);
    fixture_open(&fixture, buffer_text(&text));
    buffer_release(&text);
    CHECK_TEXT(fixture_errors(&fixture), "");
    fixture_answer(&fixture, "{\"s\": {\"stdout\": \"200000\"}}");
    struct plan *plan = &fixture.plan;
    uint32_t before = plan->node_count;
    for (uint32_t task = 1; task < plan->workflow->task_count; task++) {
        struct expanded expanded;
        CU_ASSERT(plan_expand(plan, plan->instances[task].template, CALLS_SUCCESS | CALLS_ALWAYS,
                              &fixture.answers, &expanded, NULL));
        json_decref(expanded.matrix);
    }
    CU_ASSERT_EQUAL(plan->node_count, before + 200000 + 2000 * 3);
    CU_ASSERT_EQUAL(plan->levels[plan->instances[1].first], 200000);
    CU_ASSERT_EQUAL(plan->dependents.edge_count, 199999 + plan->dependents.first[before]);
    fixture_close(&fixture);
}

const struct check growth_checks[] = {
    {"growth", test_growth},
    {"growth to nothing", test_growth_to_nothing},
    {"growth errors", test_growth_errors},
    {"growth cycle", test_growth_cycle},
    {"growth verdicts", test_verdicts},
    {"growth of unknown instances", test_unknown_instances},
    {"large growth", test_large_growth},
    {0},
};
