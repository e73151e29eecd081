/* Input that means no good, or is only large: no crash, no leak, no loss of time. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fixture.h"

static const char whole[] =
    "pargraph: 1\n"
    "params: {n: {type: int, default: 2, min: 1}, m: {enum: [a, b], default: a}}\n"
    "env: {A: '${{ params.n }}', B: ~}\n"
    "defaults: {shell: bash, retry: {max: 2, when: [1, signal]}, resources: {cpu: 1}}\n"
    "tasks:\n"
    "  cell:\n"
    "    matrix: {i: '${{ range(params.n) }}', exclude: [{i: 1}], include: [{i: 1, k: x}]}\n"
    "    needs: [{cell: {i: ['${{ matrix.i - 1 }}', 2]}, if: matrix.i > 0, as: up}]\n"
    "    outputs: {v: int}\n"
    "    stdin: {text: \"\\x41 ${{ needs.up.instances }}\"}\n"
    "    run: |\n"
    "      echo \"${{ matrix.i }}\" ${{ needs.up.outputs.v }} # note\n"
    "  last: {needs: cell, if: failure(), exec: [a, '${{ task.name }}'], stderr: stdout}\n"
    "finally: {end: {timeout: '${{ params.n }}s', cleanup: rm x}}\n";

static void test_whole_is_good(void)
{
    struct fixture f;
    fixture_good(&f, whole);
    fixture_release(&f);
}

/* Every beginning of a file is read to its end or to an error. */
static void test_every_truncation(void)
{
    for (size_t length = 0; length < strlen(whole); length++) {
        struct fixture f;
        fixture_read_bytes(&f, whole, length, NULL);
        CU_ASSERT_EQUAL(f.is_good, f.diagnostics.error_count == 0);
        fixture_release(&f);
    }
}

/* One byte changed at every place: to what YAML, shell and expressions hold dear, in turn. */
static void test_every_change(void)
{
    static const char bytes[] = "\0\n\t\"'#:{}[],&*!|>%@`$-~ \x80\xff\\()a0";
    size_t length = strlen(whole);
    for (size_t i = 0; i < length; i++) {
        CLEANUP_FREE char *text = memory_text_n(whole, length);
        text[i] = bytes[(i * 7) % (sizeof bytes - 1)];
        struct fixture f;
        fixture_read_bytes(&f, text, length, NULL);
        CLEANUP_FREE char *errors = fixture_errors(&f);
        CU_ASSERT_EQUAL(f.is_good, f.diagnostics.error_count == 0);
        fixture_release(&f);
    }
}

static void test_many_errors(void)
{
    struct buffer text = {0};
    buffer_add_text(&text, "pargraph: 1\ntasks:\n");
    for (int i = 0; i < 5000; i++)
        buffer_printf(&text, "  t%d: {needs: u%d, rnu: x, run: 'echo ${{ parms }'}\n", i, i);
    struct fixture f;
    fixture_read(&f, buffer_text(&text));
    CU_ASSERT_FALSE(f.is_good);
    CU_ASSERT_EQUAL(f.diagnostics.error_count, 15000);
    CU_ASSERT_TRUE(f.diagnostics.count <= 1000);
    fixture_release(&f);
    buffer_release(&text);
}

static void test_long_text(void)
{
    struct buffer text = {0};
    buffer_add_text(&text, "pargraph: 1\ntasks:\n  a:\n    run: |\n");
    for (int i = 0; i < 20000; i++)
        buffer_add_text(&text, "      echo ${{ task.name }} \"x\"\n");
    buffer_add_text(&text, "    env:\n      A: \"");
    for (int i = 0; i < 200000; i++)
        buffer_add_byte(&text, ' ');
    buffer_add_text(&text, "${{ task.name }}\"\n");
    struct fixture f;
    fixture_good(&f, buffer_text(&text));
    CU_ASSERT_EQUAL(fixture_task(&f, "a")->run->piece_count, 20001);
    fixture_release(&f);
    buffer_release(&text);
}

static void test_many_tasks(void)
{
    enum { COUNT = 100000 };
    struct buffer text = {0};
    buffer_add_text(&text, "pargraph: 1\ntasks:\n  t0: {run: 'true'}\n");
    for (int i = 1; i < COUNT; i++)
        buffer_printf(&text, "  t%d: {needs: t%d, run: 'true'}\n", i, i - 1);
    struct fixture f;
    fixture_good(&f, buffer_text(&text));
    CU_ASSERT_EQUAL(f.workflow.task_count, COUNT);
    CU_ASSERT_PTR_EQUAL(f.workflow.tasks[0].details, f.workflow.tasks[COUNT - 1].details);
    CU_ASSERT_EQUAL(f.workflow.tasks[COUNT - 1].needs[0].task, COUNT - 2);
    CU_ASSERT_TRUE(f.workflow.arena.total < (size_t)COUNT * 300);
    fixture_release(&f);
    buffer_release(&text);
}

static void test_names_in_use(void)
{
    struct fixture f;
    fixture_good(&f, "pargraph: 1\n"
                     "tasks:\n"
                     "  if: {run: 'true'}\n"
                     "  needs: {needs: if, run: 'echo ${{ needs.if.stdout }}'}\n"
                     "  end: {needs: needs, run: 'echo ${{ needs.needs.stdout }}'}\n");
    CU_ASSERT_EQUAL(f.workflow.task_count, 3);
    fixture_release(&f);
}

const struct check hostile_checks[] = {
    {"whole is good", test_whole_is_good}, {"every truncation", test_every_truncation},
    {"every change", test_every_change},   {"many errors", test_many_errors},
    {"long text", test_long_text},         {"many tasks", test_many_tasks},
    {"names in use", test_names_in_use},   {0},
};
