/* Text and expressions: their pieces, places and names. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "fixture.h"

static void test_text(void)
{
    struct fixture f;
    fixture_good(&f, "pargraph: 1\n"
                     "params: {x: {default: '1'}}\n"
                     "tasks:\n"
                     "  a:\n"
                     "    env:\n"
                     "      NONE: plain $HOME }} {{ 3.10\n"
                     "      MIXED: a ${{ params.x }} b ${{ task.name }}\n"
                     "      WHOLE: '${{ params.x }}'\n"
                     "      BRACES: \"${{ len({a={1}}) }}}}\"\n"
                     "      STRING: \"${{ '}}' }}\"\n"
                     "      EMPTY: ''\n");
    const struct variable *env = fixture_task(&f, "a")->details->env;
    CU_ASSERT_EQUAL(env[0].value.piece_count, 0);
    CHECK_PIECES(&f, &env[0].value, "plain $HOME }} {{ 3.10");
    CHECK_PIECES(&f, &env[1].value, "a |params.x@0| b |task.name@0|");
    CU_ASSERT_FALSE(env[1].value.is_expression);
    CU_ASSERT_TRUE(env[2].value.is_expression);
    CHECK_PIECES(&f, &env[3].value, "|len({a={1}})@0|}}");
    CHECK_PIECES(&f, &env[4].value, "|'}}'@0|");
    CHECK_PIECES(&f, &env[5].value, "");
    fixture_release(&f);
}

static void test_shell_text(void)
{
    struct fixture f;
    fixture_good(&f, "pargraph: 1\n"
                     "tasks:\n"
                     "  a:\n"
                     "    run: |\n"
                     "      echo ${{ task.name }} \"${{ task.name }}\" '${{ task.name }}'\n"
                     "      cat <<END\n"
                     "      ${{ task.name }}\n"
                     "      END\n"
                     "    cleanup: rm ${{ task.name }}\n"
                     "  b: {run: \"echo `date` $((1 + 1))\"}\n");
    CHECK_PIECES(&f, fixture_task(&f, "a")->run,
                 "echo |task.name@1| \"|task.name@2|\" '|task.name@3|'\ncat <<END\n"
                 "|task.name@4|\nEND\n");
    CHECK_PIECES(&f, &fixture_task(&f, "a")->details->cleanup, "rm |task.name@1|");
    CU_ASSERT_EQUAL(fixture_task(&f, "b")->run->piece_count, 0);
    fixture_release(&f);
}

/* The line and column of an expression. */
static void check_place(const struct fixture *f, const struct text *text, uint32_t line,
                        uint32_t column)
{
    struct location at = {0};
    CU_ASSERT_TRUE_FATAL(text->piece_count > 0);
    place start = f->workflow.expressions[text->pieces[0].expression].at;
    CU_ASSERT_TRUE(sources_locate(&f->sources, start, &at));
    if (at.line != line || at.column != column)
        printf("%u:%u instead of %u:%u\n", at.line, at.column, line, column);
    CU_ASSERT_TRUE(at.line == line && at.column == column);
}

static void test_places(void)
{
    struct fixture f;
    fixture_good(&f, "pargraph: 1\n"
                     "x-text: &text al ${{task.name}}\n"
                     "tasks:\n"
                     "  a:\n"
                     "    run: |2-\n"
                     "       one\n"
                     "\n"
                     "      echo ${{task.name}}\n"
                     "    env:\n"
                     "      A: gr\xc3\xbc\xc3\x9f ${{task.name}}\n"
                     "      B: \"\\x41\\\"\\u00fc ${{task.name}}\"\n"
                     "      C: 'it''s ${{task.name}}'\n"
                     "      D: >\n"
                     "        one\n"
                     "        two\n"
                     "\n"
                     "        three ${{task.name}}\n"
                     "      E: plain\n"
                     "\n"
                     "        text ${{task.name}}\n"
                     "      F: !!str tagged ${{task.name}}\n"
                     "      G: &g anchored ${{task.name}}\n"
                     "      H: \"a \\\n"
                     "        b ${{task.name}}\"\n"
                     "      I: *g\n");
    const struct task *a = fixture_task(&f, "a");
    const struct variable *env = a->details->env;
    check_place(&f, a->run, 8, 15);
    check_place(&f, &env[0].value, 10, 18);
    check_place(&f, &env[1].value, 11, 27);
    check_place(&f, &env[2].value, 12, 20);
    check_place(&f, &env[3].value, 17, 18);
    check_place(&f, &env[4].value, 20, 17);
    check_place(&f, &env[5].value, 21, 26);
    check_place(&f, &env[6].value, 22, 25);
    check_place(&f, &env[7].value, 24, 14);
    fixture_release(&f);
}

static void test_condition(void)
{
    struct fixture f;
    fixture_good(&f, "pargraph: 1\n"
                     "params: {n: {type: int, default: 1}}\n"
                     "tasks:\n"
                     "  none: {}\n"
                     "  yes: {if: true}\n"
                     "  no: {if: false}\n"
                     "  bare: {if: params.n > 1}\n"
                     "  whole: {if: '${{ params.n > 1 }}'}\n"
                     "  calls: {if: failure() or cancelled()}\n"
                     "  block:\n"
                     "    if: |\n"
                     "      ${{ params.n > 1 }}\n");
    const struct expression *all = f.workflow.expressions;
    CU_ASSERT_EQUAL(fixture_task(&f, "none")->details->condition, NO_EXPRESSION);
    CU_ASSERT_EQUAL(fixture_task(&f, "yes")->details->condition, NO_EXPRESSION);
    CU_ASSERT_NOT_EQUAL(fixture_task(&f, "no")->details->condition, NO_EXPRESSION);
    CHECK_TEXT(all[fixture_task(&f, "bare")->details->condition].source, "params.n > 1");
    CHECK_TEXT(all[fixture_task(&f, "whole")->details->condition].source, "params.n > 1");
    CHECK_TEXT(all[fixture_task(&f, "block")->details->condition].source, "params.n > 1");
    CU_ASSERT_EQUAL(all[fixture_task(&f, "calls")->details->condition].calls,
                    CALLS_FAILURE | CALLS_CANCELLED);
    CU_ASSERT_NOT_EQUAL(fixture_task(&f, "bare")->details->condition_at, PLACE_NONE);
    fixture_release(&f);
}

/* After a dot the longest declared name wins. */
static void test_longest_names(void)
{
    struct fixture f;
    fixture_good(&f,
                 "pargraph: 1\n"
                 "params: {a: {type: int, default: 1}, a-b: {type: int, default: 2}}\n"
                 "tasks:\n"
                 "  build: {run: 'true'}\n"
                 "  build-docs: {outputs: {n: int, n-max: int}, run: 'true'}\n"
                 "  c:\n"
                 "    needs: [build, build-docs]\n"
                 "    matrix: {mesh: [1], mesh-size: [1], end: [2]}\n"
                 "    env:\n"
                 "      A: '${{ params.a-b }} ${{ params.a-1 }}'\n"
                 "      B: '${{ matrix.mesh-size - matrix.mesh-1 }} ${{ matrix.end }}'\n"
                 "      C: '${{ needs.build-docs.status }} ${{ needs.build-docs.outputs.n-max }}'\n"
                 "      D: '${{ needs.build-docs.outputs.n-1 }}'\n");
    char names[512] = "";
    for (uint32_t i = 1; i < f.workflow.expression_count; i++)
        for (uint32_t r = 0; r < f.workflow.expressions[i].reference_count; r++) {
            const struct reference *reference = &f.workflow.expressions[i].references[r];
            for (int depth = 0; depth < reference->depth; depth++) {
                strcat(names, depth == 0 ? " " : "/");
                strcat(names, fixture_text(&f, reference->names[depth]));
            }
        }
    CHECK_TEXT(names, " params/a-b params/a matrix/mesh-size matrix/mesh matrix/end"
                      " needs/build-docs/status needs/build-docs/outputs/n-max"
                      " needs/build-docs/outputs/n");
    fixture_release(&f);
}

static void test_keeps(void)
{
    struct fixture f;
    fixture_good(&f, "pargraph: 1\n"
                     "tasks:\n"
                     "  a: {run: 'true'}\n"
                     "  b: {run: 'true'}\n"
                     "  c: {run: 'true'}\n"
                     "  d: {run: 'true'}\n"
                     "  e:\n"
                     "    needs: [{a: {}, as: x}, b, c, d]\n"
                     "    stdin: {from: c}\n"
                     "    if: needs.x.stdout == '1'\n"
                     "    run: echo ${{ needs.b.stderr }} ${{ needs.d.status }}\n"
                     "    env: {A: '${{ needs.b.instances[1].name }}'}\n");
    CU_ASSERT_EQUAL(fixture_task(&f, "a")->keeps, KEEPS_STDOUT);
    CU_ASSERT_EQUAL(fixture_task(&f, "b")->keeps, KEEPS_STDOUT | KEEPS_STDERR);
    CU_ASSERT_EQUAL(fixture_task(&f, "c")->keeps, KEEPS_STDOUT);
    CU_ASSERT_EQUAL(fixture_task(&f, "d")->keeps, 0);
    const struct stream *in = &fixture_task(&f, "e")->details->streams[0];
    CU_ASSERT_EQUAL(in->kind, STREAM_FROM);
    CU_ASSERT_EQUAL(in->from, 2);
    fixture_release(&f);
}

const struct check text_checks[] = {
    {"text", test_text},
    {"shell text", test_shell_text},
    {"places", test_places},
    {"condition", test_condition},
    {"longest names", test_longest_names},
    {"keeps", test_keeps},
    {0},
};
