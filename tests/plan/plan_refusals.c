/* Needs that cannot be: selectors without a match, guards, cycles with the place of each edge. */
#include <string.h>

#include "base/memory.h"
#include "plan/fixture.h"

static void check_errors(const char *text, const char *expected)
{
    struct fixture fixture;
    fixture_open(&fixture, text);
    CU_ASSERT_FALSE(fixture.is_built);
    CHECK_TEXT(fixture_errors(&fixture), expected);
    fixture_close(&fixture);
}

static void test_selector_matches_nothing(void)
{
    check_errors(TASKS "  a:\n    matrix: {i: [1, 2]}\n"
                       "  b:\n    matrix: {k: [1, 2, 3]}\n"
                       "    needs: {a: {i: \"${{ matrix.k }}\"}}\n",
                 "flow.yml:7:13: error: b[k=3] needs 'a' with i=3, and there is no such "
                 "instance\n"
                 "    7 |     needs: {a: {i: \"${{ matrix.k }}\"}}\n"
                 "      |             ^\n"
                 "      = give the need an 'if' that is false where there is nothing to need\n");
    check_errors(TASKS "  a:\n    matrix: {i: [1, 2]}\n"
                       "  b:\n    matrix: {i: [2, x y]}\n"
                       "    needs: {a: same}\n",
                 "flow.yml:7:13: error: b[i=\"x y\"] needs 'a' with i=\"x y\", and there is no "
                 "such instance\n"
                 "    7 |     needs: {a: same}\n"
                 "      |             ^\n"
                 "      = give the need an 'if' that is false where there is nothing to need\n");
    check_errors(TASKS "  a:\n    matrix: {i: [1, 2]}\n"
                       "  b:\n    matrix: {i: [2, 7]}\n"
                       "    needs: {a: {i: [7, 8]}, if: matrix.i == 7}\n",
                 "flow.yml:7:13: error: b[i=7] needs 'a' with i=7 or 8, and there is no such "
                 "instance\n"
                 "    7 |     needs: {a: {i: [7, 8]}, if: matrix.i == 7}\n"
                 "      |             ^\n");
}

static void test_guards(void)
{
    check_errors(TASKS "  a: {run: x}\n  b: {needs: {a: {}, if: 1 + 1}, run: x}\n",
                 "flow.yml:4:26: error: a condition must give true or false, this one gives a "
                 "number\n"
                 "    4 |   b: {needs: {a: {}, if: 1 + 1}, run: x}\n"
                 "      |                          ^\n");
    struct fixture fixture;
    fixture_open(&fixture,
                 "pargraph: 1\nenv: {MODE: fast}\ntasks:\n"
                 "  a: {run: x}\n"
                 "  b: {needs: {a: {}, if: \"env.MODE == 'fast'\"}, run: x}\n"
                 "  c: {needs: {a: {}, if: \"env.MODE ~= 'fast'\"}, run: x}\n"
                 "  d: {needs: {a: {}, if: \"env.HOW == 'later'\"}, env: {HOW: later, WHAT: "
                 "\"${{ needs.a.stdout }}\"}, run: x}\n");
    CHECK_TEXT(fixture_errors(&fixture), "");
    CHECK_TEXT(fixture_needs(&fixture, "b"), "a");
    CHECK_TEXT(fixture_needs(&fixture, "c"), "");
    CHECK_TEXT(fixture_needs(&fixture, "d"), "a");
    fixture_close(&fixture);
    check_errors(TASKS "  a: {run: x}\n"
                       "  b: {needs: {a: {}, if: \"env.W == ''\"}, env: {W: \"${{ "
                       "needs.a.stdout }}\"}, run: x}\n",
                 "flow.yml:4:27: error: what this variable is made of is not known while "
                 "planning\n"
                 "    4 |   b: {needs: {a: {}, if: \"env.W == ''\"}, env: {W: \"${{ needs.a.stdout "
                 "}}\"}, run: x}\n"
                 "      |                           ^\n");
}

static void test_cycles(void)
{
    check_errors(
        TASKS "  a: {needs: b}\n  b: {needs: c}\n  c:\n    needs:\n      - a\n",
        "flow.yml:3:14: error: a cycle of needs: a needs b, b needs c, c needs a\n"
        "    3 |   a: {needs: b}\n"
        "      |              ^\n"
        "      = take one out: a needs b at flow.yml:3, b needs c at flow.yml:4, c needs a "
        "at flow.yml:7\n");
    check_errors(TASKS "  a: {needs: a}\n", "flow.yml:3:14: error: a needs itself\n"
                                            "    3 |   a: {needs: a}\n"
                                            "      |              ^\n");
    check_errors(TASKS "  a:\n    matrix: {i: [1, 2]}\n    needs: b\n"
                       "  b:\n    matrix: {k: [x]}\n    needs: {a: {i: 2}}\n",
                 "flow.yml:5:12: error: a cycle of needs: a[i=2] needs b[k=x], b[k=x] needs "
                 "a[i=2]\n"
                 "    5 |     needs: b\n"
                 "      |            ^\n"
                 "      = take one out: a[i=2] needs b[k=x] at flow.yml:5, b[k=x] needs a[i=2] at "
                 "flow.yml:8\n");
    check_errors(TASKS "  a:\n    matrix: {i: [1, 2]}\n    needs: {a: {i: \"${{ 3 - matrix.i "
                       "}}\"}}\n",
                 "flow.yml:5:13: error: a cycle of needs: a[i=1] needs a[i=2], a[i=2] needs "
                 "a[i=1]\n"
                 "    5 |     needs: {a: {i: \"${{ 3 - matrix.i }}\"}}\n"
                 "      |             ^\n"
                 "      = take one out: a[i=1] needs a[i=2] at flow.yml:5, a[i=2] needs a[i=1] at "
                 "flow.yml:5\n");
}

static void test_cycle_through_joins(void)
{
    check_errors(TASKS "  a:\n    matrix: {i: [1, 2]}\n    needs: b\n"
                       "  b:\n    matrix: {k: [x, y]}\n    needs: a\n",
                 "flow.yml:5:12: error: a cycle of needs: a[i=1] needs b[k=x], b[k=x] needs "
                 "a[i=1]\n"
                 "    5 |     needs: b\n"
                 "      |            ^\n"
                 "      = take one out: a[i=1] needs b[k=x] at flow.yml:5, b[k=x] needs a[i=1] at "
                 "flow.yml:8\n");
}

static void test_long_cycle_is_cut(void)
{
    check_errors(
        TASKS "  a:\n    matrix: {i: \"${{ range(1000) }}\"}\n"
              "    needs: {a: {i: \"${{ (matrix.i + 1) % 1000 }}\"}}\n",
        "flow.yml:5:13: error: a cycle of needs: a[i=0] needs a[i=1], a[i=1] needs a[i=2], "
        "a[i=2] needs a[i=3], a[i=3] needs a[i=4], a[i=4] needs a[i=5], a[i=5] needs "
        "a[i=6], a[i=6] needs a[i=7], a[i=7] needs a[i=8], ..., a[i=999] needs a[i=0]\n"
        "    5 |     needs: {a: {i: \"${{ (matrix.i + 1) % 1000 }}\"}}\n"
        "      |             ^\n"
        "      = take one out: a[i=0] needs a[i=1] at flow.yml:5, a[i=1] needs a[i=2] at "
        "flow.yml:5, a[i=2] needs a[i=3] at flow.yml:5, a[i=3] needs a[i=4] at flow.yml:5, "
        "a[i=4] needs a[i=5] at flow.yml:5, a[i=5] needs a[i=6] at flow.yml:5, a[i=6] needs "
        "a[i=7] at flow.yml:5, a[i=7] needs a[i=8] at flow.yml:5, ..., a[i=999] needs "
        "a[i=0] at flow.yml:5\n");
}

const struct check refusal_checks[] = {
    {"needs: a selector that matches nothing", test_selector_matches_nothing},
    {"needs: guards", test_guards},
    {"needs: cycles", test_cycles},
    {"needs: a cycle through joins", test_cycle_through_joins},
    {"needs: a long cycle is cut", test_long_cycle_is_cut},
    {NULL, NULL},
};
