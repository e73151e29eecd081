/* Plans as large as they come: nothing is counted by time, but what is quadratic would not end. */
#include <malloc.h>
#include <stdlib.h>

#include "base/memory.h"
#include "plan/fixture.h"

enum { SIDE = 1000 };

static void test_wavefront(void)
{
    struct fixture fixture;
    fixture_open(
        &fixture,
        TASKS "  cell:\n"
              "    matrix: {i: \"${{ range(1000) }}\", j: \"${{ range(1000) }}\"}\n"
              "    needs:\n"
              "      - {cell: {i: \"${{ matrix.i - 1 }}\", j: \"${{ matrix.j }}\"}, if: matrix.i "
              "> 0}\n"
              "      - {cell: {i: \"${{ matrix.i }}\", j: \"${{ matrix.j - 1 }}\"}, if: matrix.j "
              "> 0}\n"
              "    run: x\n");
    CHECK_TEXT(fixture_errors(&fixture), "");
    CU_ASSERT_EQUAL(fixture.plan.node_count, SIDE * SIDE);
    CU_ASSERT_EQUAL(fixture.plan.dependents.edge_count, 2 * SIDE * (SIDE - 1));
    CU_ASSERT_EQUAL(fixture.plan.levels[0], 2 * SIDE - 1);
    uint32_t last = SIDE * SIDE - 1;
    CU_ASSERT_EQUAL(fixture.plan.need_counts[last], 2);
    struct buffer text = {0};
    plan_write_name(&fixture.plan, last, &text);
    CHECK_TEXT(buffer_text(&text), "cell[i=999,j=999]");
    buffer_release(&text);
    fixture_close(&fixture);
}

static void test_chain(void)
{
    struct fixture fixture;
    fixture_open(&fixture, TASKS "  t:\n    matrix: {k: \"${{ range(1000000) }}\"}\n"
                                 "    needs: {t: {k: \"${{ matrix.k - 1 }}\"}, if: matrix.k > 0}\n"
                                 "    run: x\n");
    CHECK_TEXT(fixture_errors(&fixture), "");
    CU_ASSERT_EQUAL(fixture.plan.dependents.edge_count, 999999);
    CU_ASSERT_EQUAL(fixture.plan.levels[0], 1000000);
    fixture_close(&fixture);
}

/* Each of a million needs a thousand others: shared joins, or 10^9 edges. */
static void test_rows_of_a_square(void)
{
    struct fixture fixture;
    fixture_open(&fixture,
                 TASKS "  a:\n"
                       "    matrix: {i: \"${{ range(300) }}\", j: \"${{ range(300) }}\"}\n"
                       "  b:\n"
                       "    matrix: {j: \"${{ range(300) }}\", k: \"${{ range(300) }}\"}\n"
                       "    needs: {a: same}\n"
                       "  c: {needs: [a, b]}\n");
    CHECK_TEXT(fixture_errors(&fixture), "");
    CU_ASSERT_EQUAL(fixture.plan.node_count, 90000 + 90000 + 1 + 300 + 2);
    CU_ASSERT_EQUAL(fixture.plan.dependents.edge_count, 90000 + 90000 + 90000 + 90000 + 2);
    fixture_close(&fixture);
}

static void test_texts(void)
{
    struct fixture fixture;
    fixture_open(&fixture,
                 "pargraph: 1\n"
                 "params: {all: {type: json, default: \"${{ range(50000) }}\"}}\n"
                 "tasks:\n"
                 "  a:\n    matrix: {include: \"${{ params.all and fromjson('[{\\\"s\\\": "
                 "\\\"x\\\"}]') }}\", s: [q]}\n"
                 "  b:\n    matrix: {i: \"${{ params.all }}\", exclude: [{i: 3}]}\n"
                 "  c:\n    matrix: {i: \"${{ range(49000, 49999) }}\"}\n    needs: {b: same}\n");
    CHECK_TEXT(fixture_errors(&fixture), "");
    CU_ASSERT_EQUAL(fixture.plan.instances[1].count, 49999);
    CHECK_TEXT(fixture_needs(&fixture, "c[i=49500]"), "b[i=49500]");
    fixture_close(&fixture);
}

const struct check large_checks[] = {
    {"large: a wavefront of a million", test_wavefront},
    {"large: a chain of a million", test_chain},
    {"large: all that share a value, by joins", test_rows_of_a_square},
    {"large: lookups where the product has holes", test_texts},
    {NULL, NULL},
};
