/* All that a task may say besides its body, needs and matrix. */
#include <string.h>

#include "base/memory.h"
#include "fixture.h"

#define SECOND INT64_C(1000000000)

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
                     "  bash: {shell: bash, run: 'true'}\n"
                     "  ksh: {shell: /usr/bin/ksh -e, run: 'true'}\n"
                     "  python: {shell: 'python3 {0}', run: 'pass'}\n"
                     "  flag: {shell: 'python3 -c', run: 'pass'}\n");
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
    shell = &fixture_task(&f, "flag")->details->shell;
    CU_ASSERT_EQUAL_FATAL(shell->word_count, 1);
    CHECK_TEXT(fixture_text(&f, shell->words[0]), "python3");
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
    {"env", test_env},         {"shells", test_shells},
    {"streams", test_streams}, {"settings", test_settings},
    {"retry", test_retry},     {"defaults", test_defaults},
    {"merge", test_merge},     {0},
};
