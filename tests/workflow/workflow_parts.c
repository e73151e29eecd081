/* Text, expressions, and all that a task may say besides its body. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "fixture.h"

#define SECOND INT64_C(1000000000)

#define CHECK_PIECES(f, text, expected)                                                            \
    do {                                                                                           \
        CLEANUP_FREE char *pieces = fixture_pieces((f), (text));                                   \
        CHECK_TEXT(pieces, (expected));                                                            \
    } while (0)

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
    CHECK_PIECES(&f, &fixture_task(&f, "a")->run,
                 "echo |task.name@1| \"|task.name@2|\" '|task.name@3|'\ncat <<END\n"
                 "|task.name@4|\nEND\n");
    CHECK_PIECES(&f, &fixture_task(&f, "a")->details->cleanup, "rm |task.name@1|");
    CU_ASSERT_EQUAL(fixture_task(&f, "b")->run.piece_count, 0);
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
    check_place(&f, &a->run, 8, 15);
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

static char *env_of(const struct fixture *f, const char *task)
{
    const struct details *details = fixture_task(f, task)->details;
    struct buffer out = {0};
    for (uint32_t i = 0; i < details->env_count; i++) {
        CLEANUP_FREE char *value = fixture_pieces(f, &details->env[i].value);
        buffer_printf(&out, "%s%s=%s", i == 0 ? "" : " ", fixture_text(f, details->env[i].name),
                      details->env[i].is_unset ? "(unset)" : value);
    }
    return buffer_take(&out);
}

static void test_env(void)
{
    struct fixture f;
    fixture_good(&f, "pargraph: 1\n"
                     "env: {A: 1, V: 3.10}\n"
                     "defaults: {env: {B: 2, A: two}}\n"
                     "tasks:\n"
                     "  none: {run: 'true'}\n"
                     "  own: {env: {B: ~, C: 007, D: 'null', E: '', F: }}\n"
                     "  other: {timeout: 1}\n");
    CLEANUP_FREE char *none = env_of(&f, "none");
    CHECK_TEXT(none, "A=1 V=3.10 B=2 A=two");
    CLEANUP_FREE char *own = env_of(&f, "own");
    CHECK_TEXT(own, "A=1 V=3.10 B=2 A=two B=(unset) C=007 D=null E= F=(unset)");
    CU_ASSERT_PTR_EQUAL(fixture_task(&f, "other")->details->env,
                        fixture_task(&f, "none")->details->env);
    fixture_release(&f);
}

static void test_shells(void)
{
    struct fixture f;
    fixture_good(&f, "pargraph: 1\n"
                     "tasks:\n"
                     "  default: {}\n"
                     "  bash: {shell: bash}\n"
                     "  ksh: {shell: /usr/bin/ksh -e}\n"
                     "  python: {shell: 'python3 {0}'}\n");
    const struct shell *shell = &fixture_task(&f, "default")->details->shell;
    CU_ASSERT_EQUAL_FATAL(shell->word_count, 2);
    CHECK_TEXT(fixture_text(&f, shell->words[0]), "/bin/sh");
    CHECK_TEXT(fixture_text(&f, shell->words[1]), "-eu");
    CU_ASSERT_TRUE(shell->is_bare);
    shell = &fixture_task(&f, "bash")->details->shell;
    CU_ASSERT_EQUAL_FATAL(shell->word_count, 3);
    CHECK_TEXT(fixture_text(&f, shell->words[2]), "pipefail");
    shell = &fixture_task(&f, "ksh")->details->shell;
    CU_ASSERT_EQUAL(shell->kind, SHELL_BOURNE);
    CU_ASSERT_FALSE(shell->is_bare || shell->has_file);
    shell = &fixture_task(&f, "python")->details->shell;
    CU_ASSERT_EQUAL(shell->kind, SHELL_OTHER);
    CU_ASSERT_TRUE(shell->has_file);
    fixture_release(&f);
}

static void test_streams(void)
{
    struct fixture f;
    fixture_good(&f, "pargraph: 1\n"
                     "tasks:\n"
                     "  none: {}\n"
                     "  a: {stdin: {text: ''}, stdout: {file: 'out-${{ task.name }}'},"
                     " stderr: stdout}\n"
                     "  b: {stdin: {file: in}, stdout: discard, stderr: discard}\n"
                     "  c: {stderr: {file: err}}\n");
    const struct stream *streams = fixture_task(&f, "none")->details->streams;
    CU_ASSERT_EQUAL(streams[0].kind | streams[1].kind | streams[2].kind, STREAM_DEFAULT);
    streams = fixture_task(&f, "a")->details->streams;
    CU_ASSERT_EQUAL(streams[0].kind, STREAM_TEXT);
    CU_ASSERT_EQUAL(streams[1].kind, STREAM_FILE);
    CHECK_PIECES(&f, &streams[1].text, "out-|task.name@0|");
    CU_ASSERT_EQUAL(streams[2].kind, STREAM_STDOUT);
    streams = fixture_task(&f, "b")->details->streams;
    CU_ASSERT_EQUAL(streams[0].kind, STREAM_FILE);
    CU_ASSERT_EQUAL(streams[1].kind, STREAM_DISCARD);
    CU_ASSERT_EQUAL(streams[2].kind, STREAM_DISCARD);
    CU_ASSERT_EQUAL(fixture_task(&f, "c")->details->streams[2].kind, STREAM_FILE);
    fixture_release(&f);
}

static void test_settings(void)
{
    struct fixture f;
    fixture_good(&f, "pargraph: 1\n"
                     "params: {n: {type: int, default: 2}, on: {type: bool, default: true}}\n"
                     "env: {SECONDS_EACH: 3}\n"
                     "tasks:\n"
                     "  a:\n"
                     "    description: all of it\n"
                     "    priority: -5\n"
                     "    max-parallel: '${{ params.n * 2 }}'\n"
                     "    timeout: '${{ params.n }}m'\n"
                     "    continue-on-error: '${{ params.on }}'\n"
                     "    manual: true\n"
                     "    cwd: sub/${{ task.name }}\n"
                     "    outputs: {mean: float, all: {type: json, default: [1]}}\n"
                     "    resources: {cpu: 2, mem: '${{ 8 * task.attempt }}G'}\n"
                     "  b: {timeout: '${{ env.SECONDS_EACH }}'}\n"
                     "  c: {env: {SECONDS_EACH: 5}, timeout: '${{ env.SECONDS_EACH }}s'}\n"
                     "  d: {priority: '${{ len(run.id) + len(here) }}'}\n");
    const struct details *a = fixture_task(&f, "a")->details;
    CHECK_TEXT(fixture_text(&f, a->description), "all of it");
    CU_ASSERT_EQUAL(a->priority, -5);
    CU_ASSERT_EQUAL(a->max_parallel, 4);
    CU_ASSERT_EQUAL(a->timeout, 120 * SECOND);
    CU_ASSERT_TRUE(a->continue_on_error);
    CU_ASSERT_TRUE(a->is_manual);
    CHECK_PIECES(&f, &a->cwd, "sub/|task.name@0|");
    CU_ASSERT_EQUAL_FATAL(a->output_count, 2);
    CU_ASSERT_EQUAL(a->outputs[0].type, TYPE_FLOAT);
    CU_ASSERT_PTR_NULL(a->outputs[0].value);
    CU_ASSERT_EQUAL(json_array_size(a->outputs[1].value), 1);
    CU_ASSERT_EQUAL_FATAL(a->request_count, 2);
    CHECK_PIECES(&f, &a->requests[0].amount, "2");
    CU_ASSERT_EQUAL(a->requests[1].resource, 1);
    CHECK_PIECES(&f, &a->requests[1].amount, "|8 * task.attempt@0|G");
    CU_ASSERT_EQUAL(fixture_task(&f, "b")->details->timeout, 3 * SECOND);
    CU_ASSERT_EQUAL(fixture_task(&f, "c")->details->timeout, 5 * SECOND);
    CU_ASSERT_EQUAL(fixture_task(&f, "d")->details->priority, 7);
    fixture_release(&f);
}

static void test_retry(void)
{
    struct fixture f;
    fixture_good(&f, "pargraph: 1\n"
                     "tasks:\n"
                     "  none: {}\n"
                     "  short: {retry: 3}\n"
                     "  long: {retry: {max: 2, delay: 10s, backoff: 1.5, max-delay: 2m,"
                     " when: [signal, 75, timeout, 1]}}\n"
                     "  one: {retry: {max: 1, when: timeout}}\n");
    const struct retry *retry = &fixture_task(&f, "none")->details->retry;
    CU_ASSERT_EQUAL(retry->max, 0);
    retry = &fixture_task(&f, "short")->details->retry;
    CU_ASSERT_EQUAL(retry->max, 3);
    CU_ASSERT_EQUAL(retry->backoff, 1);
    CU_ASSERT_EQUAL(retry->when, RETRY_ANY);
    retry = &fixture_task(&f, "long")->details->retry;
    CU_ASSERT_EQUAL(retry->delay, 10 * SECOND);
    CU_ASSERT_EQUAL(retry->max_delay, 120 * SECOND);
    CU_ASSERT_EQUAL(retry->backoff, 1.5);
    CU_ASSERT_EQUAL(retry->when, RETRY_SIGNAL | RETRY_TIMEOUT);
    CU_ASSERT_EQUAL_FATAL(retry->exit_code_count, 2);
    CU_ASSERT_EQUAL(retry->exit_codes[0], 75);
    CU_ASSERT_EQUAL(fixture_task(&f, "one")->details->retry.when, RETRY_TIMEOUT);
    fixture_release(&f);
}

static void test_defaults(void)
{
    struct fixture f;
    fixture_good(&f, "pargraph: 1\n"
                     "resources: {matlab: 2}\n"
                     "defaults: {shell: bash, timeout: 30m, retry: {max: 2, delay: 5s},"
                     " resources: {matlab: 1}, cleanup: 'rm ${{ task.name }}'}\n"
                     "tasks:\n"
                     "  a: {run: 'true'}\n"
                     "  b: {run: 'true'}\n"
                     "  c: {retry: {max: 1}, resources: {cpu: 2}}\n");
    const struct details *a = fixture_task(&f, "a")->details;
    const struct details *c = fixture_task(&f, "c")->details;
    CU_ASSERT_PTR_EQUAL(a, fixture_task(&f, "b")->details);
    CHECK_TEXT(fixture_text(&f, a->shell.words[0]), "bash");
    CU_ASSERT_EQUAL(a->timeout, 1800 * SECOND);
    CU_ASSERT_EQUAL(a->retry.delay, 5 * SECOND);
    CU_ASSERT_EQUAL(c->retry.delay, 0);
    CU_ASSERT_EQUAL(c->timeout, 1800 * SECOND);
    CU_ASSERT_EQUAL_FATAL(c->request_count, 1);
    CU_ASSERT_EQUAL(c->requests[0].resource, 0);
    CHECK_PIECES(&f, &c->cleanup, "rm |task.name@1|");
    fixture_release(&f);
}

static void test_merge(void)
{
    struct fixture f;
    fixture_good(&f, "pargraph: 1\n"
                     "x-base: &base {timeout: 5s, x-note: y, env: {A: 1}}\n"
                     "tasks:\n"
                     "  a: {<<: *base, run: make}\n"
                     "  b: {<<: *base, timeout: 6s}\n");
    CU_ASSERT_EQUAL(fixture_task(&f, "a")->details->timeout, 5 * SECOND);
    CU_ASSERT_EQUAL(fixture_task(&f, "b")->details->timeout, 6 * SECOND);
    CU_ASSERT_EQUAL(fixture_task(&f, "b")->details->env_count, 1);
    fixture_release(&f);
}

const struct check parts_checks[] = {
    {"text", test_text},
    {"shell text", test_shell_text},
    {"places", test_places},
    {"condition", test_condition},
    {"longest names", test_longest_names},
    {"keeps", test_keeps},
    {"env", test_env},
    {"shells", test_shells},
    {"streams", test_streams},
    {"settings", test_settings},
    {"retry", test_retry},
    {"defaults", test_defaults},
    {"merge", test_merge},
    {0},
};
