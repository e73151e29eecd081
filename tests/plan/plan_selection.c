/* What is part of a run, and finally. */
#include "plan/fixture.h"

#define FLOW                                                                                       \
    TASKS "  a: {run: x}\n"                                                                        \
          "  b:\n    needs: a\n    matrix: {i: [1, 2]}\n"                                          \
          "  c: {needs: b}\n"                                                                      \
          "  m: {manual: true, needs: a}\n"                                                        \
          "  n: {manual: true}\n"                                                                  \
          "  o: {needs: n}\n"                                                                      \
          "finally:\n"                                                                             \
          "  f: {needs: [m, b]}\n"                                                                 \
          "  g: {needs: f}\n"

static void check_selected(const char *const *selection, const char *expected)
{
    struct fixture fixture;
    fixture_open_selected(&fixture, FLOW, selection);
    CHECK_TEXT(fixture_errors(&fixture), "");
    CHECK_TEXT(fixture_selected(&fixture), expected);
    fixture_close(&fixture);
}

static void test_selection(void)
{
    check_selected(NULL, "a b[i=1] b[i=2] c n o f g");
    check_selected((const char *[]){"m", NULL}, "a m f g");
    check_selected((const char *[]){"b[i=2]", NULL}, "a b[i=2] f g");
    check_selected((const char *[]){"c", "m", NULL}, "a b[i=1] b[i=2] c m f g");
    check_selected((const char *[]){"f", NULL}, "f g");
}

static uint32_t need_count(struct fixture *fixture, const char *node)
{
    return fixture->plan.need_counts[fixture_node(fixture, node)];
}

static void test_only_selected_needs_count(void)
{
    struct fixture fixture;
    fixture_open_selected(&fixture, FLOW, (const char *[]){"b[i=2]", NULL});
    CU_ASSERT_EQUAL(need_count(&fixture, "a"), 0);
    CU_ASSERT_EQUAL(need_count(&fixture, "b[i=2]"), 1);
    CU_ASSERT_EQUAL(need_count(&fixture, "finally"), 2);
    CU_ASSERT_EQUAL(need_count(&fixture, "f"), 2); /* the join of finally, and b's */
    CU_ASSERT_EQUAL(need_count(&fixture, "b[*]"), 1);
    CU_ASSERT_EQUAL(fixture.plan.selected_count, 4);
    CU_ASSERT_TRUE(fixture.plan.is_selected[fixture_node(&fixture, "b[*]")]);
    fixture_close(&fixture);
}

static void test_joins_nobody_needs_are_not_selected(void)
{
    struct fixture fixture;
    fixture_open_selected(&fixture, TASKS "  a:\n    matrix: {i: [1, 2]}\n  b: {needs: a}\n",
                          (const char *[]){"a", NULL});
    CHECK_TEXT(fixture_selected(&fixture), "a[i=1] a[i=2]");
    CU_ASSERT_FALSE(fixture.plan.is_selected[fixture_node(&fixture, "a[*]")]);
    CU_ASSERT_EQUAL(fixture.plan.selected_count, 2);
    fixture_close(&fixture);
}

static void test_finally(void)
{
    struct fixture fixture;
    fixture_open(&fixture, FLOW);
    CHECK_TEXT(fixture_needs(&fixture, "f"), "m b[*] finally");
    CHECK_TEXT(fixture_needs(&fixture, "g"), "f finally");
    CHECK_TEXT(fixture_needs(&fixture, "finally"), "a b[i=1] b[i=2] c m n o");
    CU_ASSERT_EQUAL(fixture.plan.finally_join, fixture_node(&fixture, "finally"));
    CU_ASSERT_EQUAL(need_count(&fixture, "finally"), 6);
    CU_ASSERT_EQUAL(need_count(&fixture, "f"), 2);
    CU_ASSERT_EQUAL(fixture.plan.task[fixture.plan.finally_join], NO_TASK);
    CU_ASSERT_TRUE(plan_rule(&fixture.plan, fixture_node(&fixture, "f"))->flags & RULE_FINALLY);
    fixture_close(&fixture);
    fixture_open(&fixture, TASKS "  a: {run: x}\n");
    CU_ASSERT_EQUAL(fixture.plan.finally_join, NO_NODE);
    fixture_close(&fixture);
}

static void test_unknown_names(void)
{
    struct fixture fixture;
    fixture_open_selected(&fixture, FLOW, (const char *[]){"b[i=3]", "zzz", NULL});
    CU_ASSERT_FALSE(fixture.is_built);
    CHECK_TEXT(fixture_errors(&fixture), "error: task 'b' has no instance 'b[i=3]'\n"
                                         "      = did you mean 'b[i=1]'?\n"
                                         "error: there is no task 'zzz'\n");
    fixture_close(&fixture);
}

const struct check selection_checks[] = {
    {"selection: by name, with what is needed and finally", test_selection},
    {"selection: only selected needs count", test_only_selected_needs_count},
    {"selection: joins nobody needs", test_joins_nobody_needs_are_not_selected},
    {"selection: finally waits for all", test_finally},
    {"selection: unknown names", test_unknown_names},
    {NULL, NULL},
};
