/* The top level, tasks, needs, matrices: the model is what was written. */
#include <string.h>

#include "base/memory.h"
#include "fixture.h"

#define SECOND INT64_C(1000000000)

static void test_smallest(void)
{
    struct fixture f;
    fixture_good(&f, "pargraph: 1\n");
    CU_ASSERT_EQUAL(f.workflow.task_count, 0);
    CU_ASSERT_EQUAL(f.workflow.failure_policy, POLICY_DRAIN);
    CU_ASSERT_EQUAL(f.workflow.timeout, UNLIMITED);
    CU_ASSERT_EQUAL(f.workflow.resource_count, 2);
    CU_ASSERT_TRUE(f.workflow.resources[0].is_auto);
    CU_ASSERT_EQUAL(f.workflow.resources[1].capacity, UINT64_MAX);
    fixture_release(&f);
}

static void test_top(void)
{
    struct fixture f;
    fixture_good(&f, "pargraph: 1\n"
                     "name: ensemble\n"
                     "description: 2024\n"
                     "timeout: 5h\n"
                     "failure-policy: keep-going\n"
                     "x-anything: {a: [1, 2]}\n"
                     "params: {n: {type: int, default: 3}}\n"
                     "resources: {cpu: '${{ params.n * 2 }}', mem: 1K, matlab: 2}\n");
    const struct workflow *w = &f.workflow;
    CHECK_TEXT(fixture_text(&f, w->name), "ensemble");
    CHECK_TEXT(fixture_text(&f, w->description), "2024");
    CU_ASSERT_EQUAL(w->timeout, 5 * 3600 * SECOND);
    CU_ASSERT_EQUAL(w->failure_policy, POLICY_KEEP_GOING);
    CU_ASSERT_EQUAL_FATAL(w->resource_count, 3);
    CU_ASSERT_EQUAL(w->resources[0].capacity, 6);
    CU_ASSERT_FALSE(w->resources[0].is_auto);
    CU_ASSERT_EQUAL(w->resources[1].capacity, 1024);
    CU_ASSERT_EQUAL(w->resources[2].kind, RESOURCE_TOKEN);
    CHECK_TEXT(fixture_text(&f, w->resources[2].name), "matlab");
    fixture_release(&f);
}

static void test_tasks(void)
{
    struct fixture f;
    fixture_good(&f, "pargraph: 1\n"
                     "finally:\n"
                     "  z: {needs: a, run: echo z}\n"
                     "tasks:\n"
                     "  b: {needs: a, run: echo b > x}\n"
                     "  a: {exec: [make, -j, 2, '']}\n"
                     "  one: {exec: ./prepare}\n"
                     "  join:\n");
    const struct workflow *w = &f.workflow;
    CU_ASSERT_EQUAL(w->task_count, 5);
    CU_ASSERT_EQUAL(w->finally_count, 1);
    CHECK_TEXT(fixture_text(&f, w->tasks[0].name), "b");
    CHECK_TEXT(fixture_text(&f, w->tasks[4].name), "z");
    CU_ASSERT_TRUE(w->tasks[4].is_finally);
    CU_ASSERT_EQUAL(w->tasks[4].needs[0].task, 1);
    CU_ASSERT_EQUAL(w->tasks[0].body, BODY_RUN);
    CU_ASSERT_FALSE(w->tasks[0].is_plain_command);
    CU_ASSERT_EQUAL(w->tasks[1].body, BODY_EXEC);
    CU_ASSERT_EQUAL_FATAL(w->tasks[1].exec_count, 4);
    CHECK_TEXT(fixture_text(&f, w->tasks[1].exec[2].literal), "2");
    CHECK_TEXT(fixture_text(&f, w->tasks[1].exec[3].literal), "");
    CU_ASSERT_EQUAL(w->tasks[2].exec_count, 1);
    CU_ASSERT_EQUAL(w->tasks[3].body, BODY_NONE);
    CU_ASSERT_PTR_EQUAL(w->tasks[0].details, w->tasks[3].details);
    struct location at;
    CU_ASSERT_TRUE(sources_locate(&f.sources, w->tasks[0].at, &at));
    CU_ASSERT_EQUAL(at.line, 5);
    CU_ASSERT_EQUAL(at.column, 3);
    fixture_release(&f);
}

static void test_plain_command(void)
{
    struct fixture f;
    fixture_good(&f, "pargraph: 1\n"
                     "tasks:\n"
                     "  plain: {run: ./solve --re 100}\n"
                     "  hole: {run: 'echo ${{ task.name }}'}\n"
                     "  builtin: {run: exit 3}\n"
                     "  bash: {shell: bash, run: make all}\n"
                     "  traced: {shell: sh -x, run: make all}\n"
                     "  python: {shell: python3 -c, run: pass}\n");
    const struct task *plain = fixture_task(&f, "plain");
    CU_ASSERT_TRUE(plain->is_plain_command);
    CU_ASSERT_EQUAL_FATAL(plain->exec_count, 3);
    CHECK_TEXT(fixture_text(&f, plain->exec[0].literal), "./solve");
    CHECK_TEXT(fixture_text(&f, plain->exec[2].literal), "100");
    CHECK_TEXT(fixture_text(&f, plain->run->literal), "./solve --re 100");
    CU_ASSERT_FALSE(fixture_task(&f, "hole")->is_plain_command);
    CU_ASSERT_FALSE(fixture_task(&f, "builtin")->is_plain_command);
    CU_ASSERT_TRUE(fixture_task(&f, "bash")->is_plain_command);
    CU_ASSERT_FALSE(fixture_task(&f, "traced")->is_plain_command);
    CU_ASSERT_FALSE(fixture_task(&f, "python")->is_plain_command);
    fixture_release(&f);
}

static void test_needs(void)
{
    struct fixture f;
    fixture_good(&f, "pargraph: 1\n"
                     "tasks:\n"
                     "  a: {matrix: {i: [1, 2], j: [x]}}\n"
                     "  b: {}\n"
                     "  c:\n"
                     "    matrix: {i: [1, 2]}\n"
                     "    needs:\n"
                     "      - b\n"
                     "      - {a: same, if: matrix.i > 1, as: up}\n"
                     "      - {a: {i: '${{ matrix.i - 1 }}', j: [x, y]}}\n"
                     "      - a: {}\n"
                     "        as: every\n"
                     "  d: {needs: {a: {i: 1}}}\n");
    const struct task *c = fixture_task(&f, "c");
    CU_ASSERT_EQUAL_FATAL(c->need_count, 4);
    CU_ASSERT_EQUAL(c->needs[0].task, 1);
    CU_ASSERT_TRUE(c->needs[1].choice->is_same);
    CHECK_TEXT(fixture_text(&f, workflow_need_name(&f.workflow, &c->needs[1])), "up");
    CHECK_TEXT(f.workflow.expressions[c->needs[1].choice->guard].source, "matrix.i > 1");
    CU_ASSERT_EQUAL(c->needs[0].choice->guard, NO_EXPRESSION);
    CU_ASSERT_EQUAL_FATAL(c->needs[2].choice->selector_count, 2);
    CU_ASSERT_EQUAL(c->needs[2].choice->selectors[0].value_count, 1);
    CU_ASSERT_TRUE(c->needs[2].choice->selectors[0].values[0].text.is_expression);
    CU_ASSERT_EQUAL(c->needs[2].choice->selectors[1].value_count, 2);
    CHECK_TEXT(json_string_value(c->needs[2].choice->selectors[1].values[1].constant), "y");
    CU_ASSERT_EQUAL(c->needs[3].choice->selector_count, 0);
    CU_ASSERT_FALSE(c->needs[3].choice->is_same);
    CU_ASSERT_EQUAL(workflow_need(&f.workflow, c, workflow_need_name(&f.workflow, &c->needs[2])),
                    2);
    CU_ASSERT_EQUAL(workflow_need(&f.workflow, c, workflow_need_name(&f.workflow, &c->needs[3])),
                    3);
    CU_ASSERT_EQUAL(workflow_need(&f.workflow, c, c->name), UINT32_MAX);
    CU_ASSERT_EQUAL(fixture_task(&f, "d")->need_count, 1);
    fixture_release(&f);
}

static void test_need_is_single(void)
{
    struct fixture f;
    fixture_good(&f, "pargraph: 1\n"
                     "params: {rows: {type: json, default: []}}\n"
                     "tasks:\n"
                     "  plain: {}\n"
                     "  m: {matrix: {i: [1, 2], j: [1, 2]}}\n"
                     "  open: {matrix: '${{ params.rows }}'}\n"
                     "  one: {needs: [plain, {plain: {}, as: again}]}\n"
                     "  two: {needs: [plain, plain]}\n"
                     "  guarded: {needs: [{plain: {}, if: 'false'}]}\n"
                     "  all: {needs: m}\n"
                     "  fixed: {needs: {m: {i: 1, j: [2]}}}\n"
                     "  some: {needs: {m: {i: 1}}}\n"
                     "  any: {needs: {m: {i: 1, j: [1, 2]}}}\n"
                     "  same: {matrix: {i: [1], j: [1], k: [1]}, needs: {m: same}}\n"
                     "  half: {matrix: {i: [1]}, needs: {m: same}}\n"
                     "  rows: {needs: open}\n");
    CU_ASSERT_TRUE(fixture_is_single(&f, "one", "plain"));
    CU_ASSERT_TRUE(fixture_is_single(&f, "one", "again"));
    CU_ASSERT_FALSE(fixture_is_single(&f, "two", "plain"));
    CU_ASSERT_TRUE(fixture_is_single(&f, "guarded", "plain"));
    CU_ASSERT_FALSE(fixture_is_single(&f, "all", "m"));
    CU_ASSERT_TRUE(fixture_is_single(&f, "fixed", "m"));
    CU_ASSERT_FALSE(fixture_is_single(&f, "some", "m"));
    CU_ASSERT_FALSE(fixture_is_single(&f, "any", "m"));
    CU_ASSERT_TRUE(fixture_is_single(&f, "same", "m"));
    CU_ASSERT_FALSE(fixture_is_single(&f, "half", "m"));
    CU_ASSERT_FALSE(fixture_is_single(&f, "rows", "open"));
    CU_ASSERT_FALSE(fixture_is_single(&f, "all", "plain"));
    fixture_release(&f);
}

static void test_many_needs(void)
{
    struct buffer text = {0};
    buffer_add_text(&text, "pargraph: 1\ntasks:\n");
    for (int i = 0; i < 100; i++)
        buffer_printf(&text, "  t%d: {run: 'true'}\n", i);
    buffer_add_text(&text, "  last:\n    needs: [t0");
    for (int i = 1; i < 100; i++)
        buffer_printf(&text, ", t%d", i);
    buffer_add_text(&text,
                    "]\n    env: {A: '${{ needs.t99.stdout }}', B: '${{ needs.t3.stderr }}'}\n"
                    "  next: {needs: [t1], env: {A: '${{ needs.t1.status }}'}}\n");
    struct fixture f;
    fixture_good(&f, buffer_text(&text));
    CU_ASSERT_EQUAL(fixture_task(&f, "last")->need_count, 100);
    CU_ASSERT_EQUAL(fixture_task(&f, "t99")->keeps, KEEPS_STDOUT);
    CU_ASSERT_EQUAL(fixture_task(&f, "t3")->keeps, KEEPS_STDERR);
    CU_ASSERT_EQUAL(fixture_task(&f, "t1")->keeps, 0);
    fixture_release(&f);
    buffer_release(&text);
}

static char *json_of(const json_t *value)
{
    struct buffer out = {0};
    if (value != NULL)
        value_write_json(value, &out);
    return buffer_take(&out);
}

static void test_matrix(void)
{
    struct fixture f;
    fixture_good(&f, "pargraph: 1\n"
                     "params: {n: {type: int, default: 2}}\n"
                     "tasks:\n"
                     "  case:\n"
                     "    matrix:\n"
                     "      re: [100, '400', 1.5, no, true, {a: [~]}]\n"
                     "      mesh-size: '${{ range(params.n) }}'\n"
                     "      exclude: [{re: 100}]\n"
                     "      include:\n"
                     "        - {re: 100, iterations: '${{ params.n }}'}\n"
                     "  rows: {matrix: [{a: 1}, {a: 2, b: x}]}\n"
                     "  given: {matrix: '${{ params.n }}'}\n"
                     "  empty: {matrix: {}}\n");
    const struct matrix *m = fixture_task(&f, "case")->matrix;
    CU_ASSERT_FALSE(m->is_list || m->is_dynamic || m->is_open);
    CU_ASSERT_EQUAL_FATAL(m->axis_count, 2);
    CLEANUP_FREE char *values = json_of(m->axes[0].values.constant);
    CHECK_TEXT(values, "[100,\"400\",1.5,\"no\",true,{\"a\":[null]}]");
    CHECK_TEXT(fixture_text(&f, m->axes[1].variable), "mesh-size");
    CU_ASSERT_TRUE(m->axes[1].values.text.is_expression);
    CLEANUP_FREE char *exclude = json_of(m->exclude.constant);
    CHECK_TEXT(exclude, "[{\"re\":100}]");
    CU_ASSERT_EQUAL(m->include.kind, SPEC_LIST);
    CU_ASSERT_EQUAL_FATAL(m->include.count, 1);
    CU_ASSERT_EQUAL(m->include.items[0].kind, SPEC_MAP);
    CU_ASSERT_EQUAL(m->include.items[0].items[1].kind, SPEC_TEXT);
    CHECK_TEXT(fixture_text(&f, m->include.items[0].keys[1]), "iterations");
    CU_ASSERT_EQUAL(m->variable_count, 3);
    const struct matrix *rows = fixture_task(&f, "rows")->matrix;
    CU_ASSERT_TRUE(rows->is_list);
    CU_ASSERT_EQUAL(rows->variable_count, 2);
    CU_ASSERT_EQUAL(json_array_size(rows->rows.constant), 2);
    const struct matrix *given = fixture_task(&f, "given")->matrix;
    CU_ASSERT_TRUE(given->is_list && given->is_open && given->rows.text.is_expression);
    CU_ASSERT_EQUAL(fixture_task(&f, "empty")->matrix->axis_count, 0);
    CU_ASSERT_EQUAL(fixture_task(&f, "empty")->matrix->include.count, 0);
    fixture_release(&f);
}

const struct check model_checks[] = {
    {"smallest", test_smallest},
    {"top", test_top},
    {"tasks", test_tasks},
    {"plain command", test_plain_command},
    {"needs", test_needs},
    {"need is single", test_need_is_single},
    {"many needs", test_many_needs},
    {"matrix", test_matrix},
    {0},
};
