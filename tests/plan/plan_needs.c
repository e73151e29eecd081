/* From needs to edges. */
#include <string.h>

#include "base/memory.h"
#include "plan/fixture.h"

static void test_plain_needs(void)
{
    struct fixture fixture;
    fixture_open(&fixture, TASKS "  a: {run: x}\n"
                                 "  b:\n    needs: a\n    matrix: {i: [1, 2]}\n"
                                 "  c:\n    needs: [a, b]\n    matrix: {k: [x, y]}\n"
                                 "  d: {needs: [b, c]}\n");
    CHECK_TEXT(fixture_errors(&fixture), "");
    CHECK_TEXT(fixture_needs(&fixture, "a"), "");
    CHECK_TEXT(fixture_needs(&fixture, "b[i=2]"), "a");
    CHECK_TEXT(fixture_needs(&fixture, "b[*]"), "b[i=1] b[i=2]");
    CHECK_TEXT(fixture_needs(&fixture, "c[k=x]"), "a b[*]");
    CHECK_TEXT(fixture_needs(&fixture, "c[k=y]"), "a b[*]");
    CHECK_TEXT(fixture_needs(&fixture, "d"), "b[*] c[*]");
    CU_ASSERT_EQUAL(fixture.plan.node_count, 1 + 2 + 2 + 1 + 2);
    CU_ASSERT_EQUAL(fixture.plan.instance_count, 6);
    CU_ASSERT_EQUAL(fixture.plan.instances[1].join, fixture_node(&fixture, "b[*]"));
    CU_ASSERT_EQUAL(fixture.plan.instances[0].join, NO_NODE);
    CU_ASSERT_TRUE(plan_rule(&fixture.plan, fixture.plan.instances[1].join)->flags & RULE_JOIN);
    CU_ASSERT_EQUAL(fixture.plan.is_join[fixture.plan.instances[1].join], JOIN_PLAIN);
    fixture_close(&fixture);
}

static void test_levels(void)
{
    struct fixture fixture;
    fixture_open(&fixture, TASKS "  a: {run: x}\n"
                                 "  b:\n    needs: a\n    matrix: {i: [1, 2]}\n    run: x\n"
                                 "  c: {needs: b}\n"
                                 "  d: {needs: c, run: x}\n");
    CU_ASSERT_EQUAL(fixture.plan.levels[fixture_node(&fixture, "a")], 3);
    CU_ASSERT_EQUAL(fixture.plan.levels[fixture_node(&fixture, "b[i=1]")], 2);
    CU_ASSERT_EQUAL(fixture.plan.levels[fixture_node(&fixture, "b[*]")], 1);
    CU_ASSERT_EQUAL(fixture.plan.levels[fixture_node(&fixture, "c")], 1);
    CU_ASSERT_EQUAL(fixture.plan.levels[fixture_node(&fixture, "d")], 1);
    fixture_close(&fixture);
}

static void test_empty_matrix(void)
{
    struct fixture fixture;
    fixture_open(&fixture, TASKS "  a:\n    matrix: {i: []}\n"
                                 "  b: {needs: a}\n"
                                 "  c:\n    needs: {a: same}\n    matrix: {i: [1]}\n"
                                 "  d: {needs: {a: {i: 1}}}\n");
    CHECK_TEXT(fixture_errors(&fixture), "");
    CHECK_TEXT(fixture_needs(&fixture, "b"), "a[*]");
    CHECK_TEXT(fixture_needs(&fixture, "a[*]"), "");
    CHECK_TEXT(fixture_needs(&fixture, "c[i=1]"), "a[*]");
    CHECK_TEXT(fixture_needs(&fixture, "d"), "a[*]");
    fixture_close(&fixture);
}

static void test_same(void)
{
    struct fixture fixture;
    fixture_open(&fixture, TASKS "  a:\n    matrix: {i: [1, 2], j: [x, y]}\n"
                                 "  b:\n    needs: {a: same}\n    matrix: {j: [y, x], i: [2, 1]}\n"
                                 "  c:\n    needs: {a: same}\n    matrix: {k: [0, 1], i: [2]}\n");
    CHECK_TEXT(fixture_errors(&fixture), "");
    CHECK_TEXT(fixture_needs(&fixture, "b[j=y,i=2]"), "a[i=2,j=y]");
    CHECK_TEXT(fixture_needs(&fixture, "b[j=x,i=1]"), "a[i=1,j=x]");
    /* The two instances share one join of the two that both need. */
    CHECK_TEXT(fixture_needs(&fixture, "a[*]"), "a[i=2,j=x] a[i=2,j=y]");
    CHECK_TEXT(fixture_needs(&fixture, "c[k=0,i=2]"), "a[*]");
    CHECK_TEXT(fixture_needs(&fixture, "c[k=1,i=2]"), "a[*]");
    CU_ASSERT_EQUAL(fixture.plan.node_count, 4 + 4 + 2 + 1);
    CU_ASSERT_EQUAL(fixture.plan.instances[0].join, NO_NODE);
    fixture_close(&fixture);
}

static void test_same_of_rows(void)
{
    struct fixture fixture;
    fixture_open(&fixture,
                 TASKS "  a:\n    matrix: [{i: 1, v: p}, {i: 2, v: q}, {v: r}]\n"
                       "  b:\n    needs: {a: same}\n    matrix: {i: [2, \"${{ 2 / 2 }}\"]}\n"
                       "  c:\n    needs: {a: same}\n    matrix: [{i: 2, w: 1}, {w: 2}]\n");
    CHECK_TEXT(fixture_errors(&fixture), "");
    CHECK_TEXT(fixture_needs(&fixture, "b[i=2]"), "a[i=2,v=q]");
    CHECK_TEXT(fixture_needs(&fixture, "b[i=1]"), "a[i=1,v=p]");
    CHECK_TEXT(fixture_needs(&fixture, "c[i=2,w=1]"), "a[i=2,v=q]");
    CHECK_TEXT(fixture_needs(&fixture, "c[w=2]"), "a[v=r]");
    fixture_close(&fixture);
}

static void test_wavefront(void)
{
    struct fixture fixture;
    fixture_open(
        &fixture,
        "pargraph: 1\n"
        "params: {n: {type: int, default: 3}}\n"
        "tasks:\n"
        "  cell:\n"
        "    matrix: {i: \"${{ range(params.n) }}\", j: \"${{ range(params.n) }}\"}\n"
        "    needs:\n"
        "      - {cell: {i: \"${{ matrix.i - 1 }}\", j: \"${{ matrix.j }}\"}, if: matrix.i "
        "> 0}\n"
        "      - {cell: {i: \"${{ matrix.i }}\", j: \"${{ matrix.j - 1 }}\"}, if: matrix.j "
        "> 0}\n");
    CHECK_TEXT(fixture_errors(&fixture), "");
    CHECK_TEXT(fixture_needs(&fixture, "cell[i=0,j=0]"), "");
    CHECK_TEXT(fixture_needs(&fixture, "cell[i=0,j=2]"), "cell[i=0,j=1]");
    CHECK_TEXT(fixture_needs(&fixture, "cell[i=2,j=0]"), "cell[i=1,j=0]");
    CHECK_TEXT(fixture_needs(&fixture, "cell[i=2,j=2]"), "cell[i=1,j=2] cell[i=2,j=1]");
    CU_ASSERT_EQUAL(fixture.plan.node_count, 9);
    CU_ASSERT_EQUAL(fixture.plan.dependents.edge_count, 12);
    fixture_close(&fixture);
}

static void test_tree(void)
{
    struct fixture fixture;
    fixture_open(&fixture,
                 "pargraph: 1\n"
                 "params: {n: {type: int, default: 4}}\n"
                 "tasks:\n"
                 "  sum:\n"
                 "    matrix: {k: \"${{ range(1, 2 * params.n) }}\"}\n"
                 "    needs: {sum: {k: [\"${{ 2 * matrix.k }}\", \"${{ 2 * matrix.k + 1 }}\"]}, "
                 "if: matrix.k < params.n}\n");
    CHECK_TEXT(fixture_errors(&fixture), "");
    CHECK_TEXT(fixture_needs(&fixture, "sum[k=1]"), "sum[k=2] sum[k=3]");
    CHECK_TEXT(fixture_needs(&fixture, "sum[k=3]"), "sum[k=6] sum[k=7]");
    CHECK_TEXT(fixture_needs(&fixture, "sum[k=4]"), "");
    fixture_close(&fixture);
}

static void test_selectors(void)
{
    struct fixture fixture;
    fixture_open(&fixture,
                 TASKS "  a:\n    matrix: {i: [1, 2, 3], j: [x, y]}\n"
                       "  one: {needs: {a: {i: 2, j: y}}}\n"
                       "  some: {needs: {a: {i: [3, 1, 7], j: x}}}\n"
                       "  row: {needs: {a: {i: 1}}}\n"
                       "  all: {needs: {a: {}}}\n"
                       "  list: {needs: {a: {i: \"${{ range(2, 9) }}\", j: \"${{ 'x' }}\"}}}\n"
                       "  text:\n    matrix: {s: [x, y]}\n"
                       "    needs: {a: {i: 1, j: \"${{ matrix.s }}\"}, if: \"matrix.s ~= 'x'\"}\n");
    CHECK_TEXT(fixture_errors(&fixture), "");
    CHECK_TEXT(fixture_needs(&fixture, "one"), "a[i=2,j=y]");
    CHECK_TEXT(fixture_needs(&fixture, "some"), "a[i=1,j=x] a[i=3,j=x]");
    CHECK_TEXT(fixture_needs(&fixture, "list"), "a[i=2,j=x] a[i=3,j=x]");
    CHECK_TEXT(fixture_needs(&fixture, "text[s=x]"), "");
    CHECK_TEXT(fixture_needs(&fixture, "text[s=y]"), "a[i=1,j=y]");
    uint32_t joins[2] = {fixture.plan.instance_count, fixture.plan.instance_count + 1};
    CU_ASSERT_EQUAL(fixture.plan.node_count, fixture.plan.instance_count + 2);
    CU_ASSERT_EQUAL(fixture.plan.instances[0].join, joins[1]);
    CU_ASSERT_EQUAL(fixture.plan.need_counts[joins[0]], 2);
    CU_ASSERT_EQUAL(fixture.plan.need_counts[joins[1]], 6);
    fixture_close(&fixture);
}

static void test_selectors_of_what_is_left(void)
{
    struct fixture fixture;
    fixture_open(&fixture,
                 TASKS "  a:\n    matrix: {i: [1, 2], j: [x, y], exclude: [{i: 1, j: x}], include: "
                       "[{i: 2, k: p}, {i: 9, j: x}]}\n"
                       "  b: {needs: {a: {i: [1, 9]}}}\n"
                       "  c: {needs: {a: {k: p, j: y}}}\n"
                       "  d: {needs: {a: {i: [1, 2, 9], j: [x, y], k: [p, q, r]}}}\n");
    CHECK_TEXT(fixture_errors(&fixture), "");
    CHECK_TEXT(fixture_needs(&fixture, "b"), "a[i=1,j=y] a[i=9,j=x]");
    CHECK_TEXT(fixture_needs(&fixture, "c"), "a[i=2,j=y,k=p]");
    CHECK_TEXT(fixture_needs(&fixture, "d"), "a[i=2,j=x,k=p] a[i=2,j=y,k=p]");
    fixture_close(&fixture);
}

static void test_duplicate_values(void)
{
    struct fixture fixture;
    fixture_open(&fixture, TASKS "  a:\n    matrix: {i: [1, 2, 1], j: [x, y]}\n"
                                 "  b: {needs: {a: {i: 2, j: x}}}\n"
                                 "  c: {needs: {a: {i: 1, j: x}}}\n");
    CHECK_TEXT(fixture_needs(&fixture, "b"), "a[i=2,j=x]");
    CHECK_TEXT(fixture_needs(&fixture, "a[*]"), "a[i=1,j=x] a[i=1,j=x]#2");
    CHECK_TEXT(fixture_needs(&fixture, "c"), "a[*]");
    fixture_close(&fixture);
}

static const char *need_nodes(struct fixture *fixture, const char *node, uint32_t i)
{
    static char answer[1000];
    struct buffer text = {0};
    struct error error = {0};
    node_list nodes = {0};
    uint32_t from = fixture_node(fixture, node);
    const struct task *task = &fixture->workflow.tasks[fixture->plan.task[from]];
    CU_ASSERT_TRUE(plan_need_nodes(&fixture->plan, from, &task->needs[i], &nodes, &error));
    for (uint32_t k = 0; k < nodes.count; k++) {
        buffer_add_text(&text, k == 0 ? "" : " ");
        plan_write_name(&fixture->plan, nodes.items[k], &text);
    }
    snprintf(answer, sizeof answer, "%s", buffer_text(&text));
    buffer_release(&text);
    VEC_RELEASE(&nodes);
    return answer;
}

static void test_need_nodes(void)
{
    struct fixture fixture;
    fixture_open(&fixture,
                 TASKS "  a:\n    matrix: {i: [1, 2], j: [x, y], k: [0, 1]}\n"
                       "  b:\n    matrix: {i: [1, 2]}\n"
                       "    needs: [a, {a: same, as: s}, {a: {j: [y, x], i: 2, k: 1}, as: t, if: "
                       "matrix.i == 1}, {a: {j: y}, as: u}]\n");
    CHECK_TEXT(fixture_errors(&fixture), "");
    CHECK_TEXT(need_nodes(&fixture, "b[i=1]", 0),
               "a[i=1,j=x,k=0] a[i=1,j=x,k=1] a[i=1,j=y,k=0] a[i=1,j=y,k=1] "
               "a[i=2,j=x,k=0] a[i=2,j=x,k=1] a[i=2,j=y,k=0] a[i=2,j=y,k=1]");
    CHECK_TEXT(need_nodes(&fixture, "b[i=2]", 1),
               "a[i=2,j=x,k=0] a[i=2,j=x,k=1] a[i=2,j=y,k=0] a[i=2,j=y,k=1]");
    CHECK_TEXT(need_nodes(&fixture, "b[i=1]", 2), "a[i=2,j=x,k=1] a[i=2,j=y,k=1]");
    CHECK_TEXT(need_nodes(&fixture, "b[i=2]", 2), "");
    CHECK_TEXT(need_nodes(&fixture, "b[i=2]", 3),
               "a[i=1,j=y,k=0] a[i=1,j=y,k=1] a[i=2,j=y,k=0] a[i=2,j=y,k=1]");
    fixture_close(&fixture);
}

/* The edges of all instances of b, whose need on a has this selector and guard. */
static char *edges_of(const char *form, const char *selector, const char *guard)
{
    struct fixture fixture;
    struct buffer all = {0};
    char text[2000];
    int length = snprintf(text, sizeof text,
                          "pargraph: 1\n"
                          "params: {n: {type: int, default: 3}}\n"
                          "tasks:\n"
                          "  a:\n    matrix: {k: \"${{ range(-40, 40) }}\"}\n"
                          "  b:\n    matrix: {i: [0, 1, 2, 5], j: [3, \"${{ 4 / 2 }}\", -1], "
                          "i-1: [7]}\n"
                          "    needs: {a: {k: \"${{ ");
    length += snprintf(text + length, sizeof text - (size_t)length, form, selector);
    length += snprintf(text + length, sizeof text - (size_t)length, " }}\"}, if: \"");
    length += snprintf(text + length, sizeof text - (size_t)length, form, guard);
    snprintf(text + length, sizeof text - (size_t)length, "\"}\n");
    fixture_open(&fixture, text);
    CHECK_TEXT(fixture_errors(&fixture), "");
    const struct graph *graph = &fixture.plan.dependents;
    for (uint32_t from = 0; from < graph->node_count; from++)
        for (uint32_t i = graph->first[from]; i < graph->first[from + 1]; i++)
            buffer_printf(&all, "%u-%u ", from, graph->targets[i]);
    fixture_close(&fixture);
    return buffer_take(&all);
}

/* In brackets the same goes to Lua. j has a 2.0 among its values. */
static void test_arithmetic_is_luas(void)
{
    static const char *const selectors[] = {
        "matrix.i",
        "matrix.i - 1",
        "matrix.i-1",
        "2 * matrix.i+1",
        "-matrix.i",
        "matrix.i*3 - matrix.j",
        "4 - matrix.i -2",
        "params.n * matrix.i",
        "matrix.j + params.n - matrix.i * 2 * 2",
        "7",
        "matrix.i - matrix.i-1",
        "2 * 3 * matrix.i - 2 * 4",
    };
    static const char *const guards[] = {
        "1 == 1",
        "matrix.i > 0 and matrix.j <= 2",
        "matrix.i ~= matrix.j",
        "2 * matrix.i < 3 and matrix.j >= 1 and 0 == 0",
        "matrix.i-1 == 7 and params.n == 3",
        "matrix.i < 0",
    };
    for (size_t i = 0; i < sizeof selectors / sizeof *selectors; i++)
        for (size_t k = 0; k < sizeof guards / sizeof *guards; k++) {
            char *quick = edges_of("%s", selectors[i], guards[k]);
            char *slow = edges_of("(%s)", selectors[i], guards[k]);
            CHECK_TEXT(quick, slow);
            memory_free(quick);
            memory_free(slow);
        }
}

const struct check needs_checks[] = {
    {"needs: whole tasks, by a join where there are several", test_plain_needs},
    {"needs: levels count nodes with work", test_levels},
    {"needs: a matrix without combinations", test_empty_matrix},
    {"needs: same", test_same},
    {"needs: same of rows and numbers", test_same_of_rows},
    {"needs: a wavefront", test_wavefront},
    {"needs: a tree", test_tree},
    {"needs: selectors", test_selectors},
    {"needs: selectors with exclude and include", test_selectors_of_what_is_left},
    {"needs: values that stand twice in a list", test_duplicate_values},
    {"needs: arithmetic is Lua's", test_arithmetic_is_luas},
    {"needs: nodes of one need", test_need_nodes},
    {NULL, NULL},
};
