/* From matrices to instances and their names. */
#include <string.h>

#include "plan/fixture.h"

static void check_instances(const char *matrix, const char *expected)
{
    struct fixture fixture;
    char text[4096];
    snprintf(text, sizeof text, TASKS "  t:\n    matrix:%s\n", matrix);
    fixture_open(&fixture, text);
    CHECK_TEXT(fixture_errors(&fixture), "");
    CHECK_TEXT(fixture_instances(&fixture, "t"), expected);
    fixture_close(&fixture);
}

static void check_matrix_error(const char *matrix, const char *expected)
{
    struct fixture fixture;
    char text[4096];
    snprintf(text, sizeof text, TASKS "  t:\n    matrix:%s\n", matrix);
    fixture_open(&fixture, text);
    CU_ASSERT_FALSE(fixture.is_built);
    CHECK_TEXT(fixture_errors(&fixture), expected);
    fixture_close(&fixture);
}

static void test_product(void)
{
    check_instances(" {a: [1, 2], b: [x, y]}", "t[a=1,b=x] t[a=1,b=y] t[a=2,b=x] t[a=2,b=y]");
    check_instances(" {b: [x], a: [2, 1]}", "t[b=x,a=2] t[b=x,a=1]");
    check_instances(" {i: \"${{ range(3) }}\", j: [\"${{ 1 + 1 }}\", no]}",
                    "t[i=0,j=2] t[i=0,j=no] t[i=1,j=2] t[i=1,j=no] t[i=2,j=2] t[i=2,j=no]");
    check_instances(" {a: [1, 2], b: [\"${{ 0 < 1 }}\", false], c: [0, 1]}",
                    "t[a=1,b=true,c=0] t[a=1,b=true,c=1] t[a=1,b=false,c=0] t[a=1,b=false,c=1] "
                    "t[a=2,b=true,c=0] t[a=2,b=true,c=1] t[a=2,b=false,c=0] t[a=2,b=false,c=1]");
}

static void test_no_combination(void)
{
    check_instances(" {a: [], b: [x, y]}", "");
    check_instances(" {a: [x, y], b: \"${{ range(0) }}\"}", "");
    check_instances(" {a: [x], exclude: [{a: x}]}", "");
}

static void test_names(void)
{
    check_instances(" {a: ['', 'a b', 'a=b', 'a,b', '[', é, '\"', a.b/c_d+e-f]}",
                    "t[a=\"\"] t[a=\"a b\"] t[a=\"a=b\"] t[a=\"a,b\"] t[a=\"[\"] t[a=\"é\"] "
                    "t[a=\"\\\"\"] t[a=a.b/c_d+e-f]");
    check_instances(" {a: [[1, x], {k: v}, null, 1.5]}",
                    "t[a=[1,\"x\"]] t[a={\"k\":\"v\"}] t[a=null] t[a=1.5]");
}

static void test_long_values_are_numbered(void)
{
    check_instances(" {a: [abcdefghijabcdefghijabcdefghijabcdefghij, "
                    "abcdefghijabcdefghijabcdefghijabcdefghijk, "
                    "[aaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbb]]}",
                    "t[a=abcdefghijabcdefghijabcdefghijabcdefghij] t[a=#2] t[a=#3]");
    check_instances("\n      - {a: x}\n      - {a: abcdefghijabcdefghijabcdefghijabcdefghijk}",
                    "t[a=x] t[a=#2]");
}

static void test_equal_instances_are_numbered(void)
{
    check_instances(" {a: [1, 2, 1], b: [x, y]}",
                    "t[a=1,b=x] t[a=1,b=y] t[a=2,b=x] t[a=2,b=y] t[a=1,b=x]#2 t[a=1,b=y]#2");
    check_instances(" {a: [1, '1', 1]}", "t[a=1] t[a=1]#2 t[a=1]#3");
    check_instances(" [{a: 1}, {b: 2}, {a: 1}]", "t[a=1] t[b=2] t[a=1]#2");
}

static void test_rows(void)
{
    check_instances(" [{a: 1, b: x}, {b: y, a: 2}, {c: 3}]", "t[a=1,b=x] t[a=2,b=y] t[c=3]");
    check_instances("\n      ${{ fromjson('[{\"k\":1},{\"k\":2,\"l\":\"z\"}]') }}",
                    "t[k=1] t[k=2,l=z]");
}

static void test_exclude(void)
{
    check_instances(" {a: [1, 2], b: [x, y], exclude: [{a: 1, b: y}]}",
                    "t[a=1,b=x] t[a=2,b=x] t[a=2,b=y]");
    check_instances(" {a: [1, 2], b: [x, y], exclude: [{a: 1}]}", "t[a=2,b=x] t[a=2,b=y]");
    check_instances(" {a: [1, 2], b: [x, y], exclude: [{a: 3}, {b: z, a: 1}]}",
                    "t[a=1,b=x] t[a=1,b=y] t[a=2,b=x] t[a=2,b=y]");
    check_instances(" {a: [1, 2, 1], b: [x, y], exclude: [{a: 1, b: x}]}",
                    "t[a=1,b=y] t[a=2,b=x] t[a=2,b=y] t[a=1,b=y]#2");
    check_instances(" {v: [{k: 1, l: 2}, {k: 2}], exclude: [{v: {l: 2, k: 1}}]}", "t[v={\"k\":2}]");
}

/* The example of GitHub's documentation, "Expanding or adding matrix configurations". */
static void test_include_is_githubs(void)
{
    struct fixture fixture;
    fixture_open(&fixture, TASKS "  t:\n"
                                 "    matrix:\n"
                                 "      fruit: [apple, pear]\n"
                                 "      animal: [cat, dog]\n"
                                 "      include:\n"
                                 "        - {color: green}\n"
                                 "        - {color: pink, animal: cat}\n"
                                 "        - {fruit: apple, shape: circle}\n"
                                 "        - {fruit: banana}\n"
                                 "        - {fruit: banana, animal: cat}\n");
    CHECK_TEXT(fixture_instances(&fixture, "t"),
               "t[fruit=apple,animal=cat,color=pink,shape=circle] "
               "t[fruit=apple,animal=dog,color=green,shape=circle] "
               "t[fruit=pear,animal=cat,color=pink] "
               "t[fruit=pear,animal=dog,color=green] "
               "t[fruit=banana] "
               "t[fruit=banana,animal=cat]");
    CHECK_TEXT(fixture_matrix(&fixture, "t[fruit=pear,animal=cat,color=pink]"),
               "{\"fruit\":\"pear\",\"animal\":\"cat\",\"color\":\"pink\"}");
    fixture_close(&fixture);
}

static void test_include(void)
{
    check_instances(" {re: [100, 1000], n: [64, 128], include: [{re: 1000, it: 2}, "
                    "{re: 5000, n: 256, it: 5}]}",
                    "t[re=100,n=64] t[re=100,n=128] t[re=1000,n=64,it=2] t[re=1000,n=128,it=2] "
                    "t[re=5000,n=256,it=5]");
    /* It adds back what was excluded, as an instance of its own at the end. */
    check_instances(" {a: [1, 2], exclude: [{a: 1}], include: [{a: 1, b: x}, {a: 2}]}",
                    "t[a=2] t[a=1,b=x]");
    check_instances(" {include: [{a: 1}, {a: 2, b: 3}]}", "t[a=1] t[a=2,b=3]");
    check_instances(" {a: [1], include: [{a: \"${{ 2 / 2 }}\", b: x}]}", "t[a=1,b=x]");
}

static void test_values(void)
{
    struct fixture fixture;
    fixture_open(&fixture, TASKS "  t:\n    matrix: {a: [1, 2], b: [x, y], c: [7], "
                                 "exclude: [{a: 1, b: x}], include: [{a: 2, b: y, d: 9}]}\n");
    CHECK_TEXT(fixture_instances(&fixture, "t"),
               "t[a=1,b=y,c=7] t[a=2,b=x,c=7] t[a=2,b=y,c=7,d=9]");
    CHECK_TEXT(fixture_matrix(&fixture, "t[a=1,b=y,c=7]"), "{\"a\":1,\"b\":\"y\",\"c\":7}");
    name d = names_add_text(&fixture.names, "d"), b = names_add_text(&fixture.names, "b");
    uint32_t first = fixture.plan.instances[0].first;
    CU_ASSERT_PTR_NULL(plan_matrix_value(&fixture.plan, first, d));
    CU_ASSERT_EQUAL(json_integer_value(plan_matrix_value(&fixture.plan, first + 2, d)), 9);
    CHECK_TEXT(json_string_value(plan_matrix_value(&fixture.plan, first + 1, b)), "x");
    CU_ASSERT_PTR_NULL(
        plan_matrix_value(&fixture.plan, first, names_add_text(&fixture.names, "nobody")));
    fixture_close(&fixture);
}

static void test_without_matrix(void)
{
    struct fixture fixture;
    fixture_open(&fixture, TASKS "  t: {run: a}\n");
    CHECK_TEXT(fixture_instances(&fixture, "t"), "t");
    CHECK_TEXT(fixture_matrix(&fixture, "t"), "{}");
    fixture_close(&fixture);
}

static void test_errors(void)
{
    check_matrix_error(" {a: \"${{ 1 + 1 }}\"}",
                       "flow.yml:4:17: error: the values of 'a' must be a list, this gives a "
                       "number\n"
                       "    4 |     matrix: {a: \"${{ 1 + 1 }}\"}\n"
                       "      |                 ^\n");
    check_matrix_error(
        " {a: [1], exclude: \"${{ fromjson('[{}, {\\\"b\\\":1}]') }}\"}",
        "flow.yml:4:31: error: 'b' is no variable with a list in this matrix\n"
        "    4 |     matrix: {a: [1], exclude: \"${{ fromjson('[{}, {\\\"b\\\":1}]') "
        "}}\"}\n"
        "      |                               ^\n");
    check_matrix_error(" ${{ fromjson('[{\"a\":1}, 2]') }}",
                       "flow.yml:4:13: error: a matrix must be a list of maps, element 2 is a "
                       "number\n"
                       "    4 |     matrix: ${{ fromjson('[{\"a\":1}, 2]') }}\n"
                       "      |             ^\n");
    check_matrix_error(" ${{ fromjson('[{\"a b\":1}]') }}",
                       "flow.yml:4:13: error: 'a b' is no name for a variable: letters, digits, "
                       "'_' and '-' make one\n"
                       "    4 |     matrix: ${{ fromjson('[{\"a b\":1}]') }}\n"
                       "      |             ^\n");
    check_matrix_error(" {a: \"${{ range(70000) }}\", b: \"${{ range(70000) }}\"}",
                       "flow.yml:4:13: error: too many instances: a plan holds 100000000 nodes "
                       "at most\n"
                       "    4 |     matrix: {a: \"${{ range(70000) }}\", b: \"${{ range(70000) "
                       "}}\"}\n"
                       "      |             ^\n");
}

static void check_find(struct fixture *fixture, const char *text, const char *expected)
{
    struct error error = {0};
    struct buffer answer = {0};
    node_list nodes = {0};
    if (plan_find(&fixture->plan, text, &nodes, &error))
        buffer_printf(&answer, "%u+%u", nodes.count > 0 ? nodes.items[0] : 0, nodes.count);
    else
        buffer_printf(&answer, "%s%s%s", error.message, error.hint == NULL ? "" : " / ",
                      error.hint == NULL ? "" : error.hint);
    CHECK_TEXT(buffer_text(&answer), expected);
    VEC_RELEASE(&nodes);
    buffer_release(&answer);
    error_release(&error);
}

static void test_find(void)
{
    struct fixture fixture;
    fixture_open(&fixture, TASKS "  one: {run: a}\n"
                                 "  many:\n    matrix: {a: [1, 2], b: ['x y', z, z]}\n"
                                 "  none:\n    matrix: {a: []}\n");
    check_find(&fixture, "one", "0+1");
    check_find(&fixture, "many", "1+6");
    check_find(&fixture, "none", "0+0");
    check_find(&fixture, "many[a=2,b=\"x y\"]", "4+1");
    check_find(&fixture, "many[a=2,b=z]#2", "6+1");
    check_find(&fixture, "mayn", "there is no task 'mayn' / did you mean 'many'?");
    check_find(&fixture, "", "there is no task ''");
    check_find(&fixture, "[a=1]", "there is no task ''");
    check_find(&fixture, "many[a=3,b=z]",
               "task 'many' has no instance 'many[a=3,b=z]' / did you mean 'many[a=1,b=z]'?");
    check_find(&fixture, "one[a=3]", "task 'one' has no matrix, and so no instance 'one[a=3]'");
    check_find(&fixture, "none[a=1]", "task 'none' has no instance 'none[a=1]'");
    fixture_close(&fixture);
}

const struct check matrix_checks[] = {
    {"matrix: a product, the last variable fastest", test_product},
    {"matrix: no combination", test_no_combination},
    {"matrix: names", test_names},
    {"matrix: long values are numbered", test_long_values_are_numbered},
    {"matrix: equal instances are numbered", test_equal_instances_are_numbered},
    {"matrix: a list of maps", test_rows},
    {"matrix: exclude", test_exclude},
    {"matrix: GitHub's own example of include", test_include_is_githubs},
    {"matrix: include", test_include},
    {"matrix: values of an instance", test_values},
    {"matrix: a task without one", test_without_matrix},
    {"matrix: errors", test_errors},
    {"matrix: names are found", test_find},
    {NULL, NULL},
};
