/* The lines of a run to the letter: of tasks that ended, of attempts that failed, the summary. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "stage.h"
#include "support/check.h"
#include "checks.h"

static const struct terminal_options quiet = {.verbosity = VERBOSITY_QUIET},
                                     normal = {.verbosity = VERBOSITY_NORMAL},
                                     verbose = {.verbosity = VERBOSITY_VERBOSE};

/* Three tasks: one succeeds, one fails, the third is blocked. */
static void play(struct stage *stage)
{
    stage_begin(stage);
    stage_launch(stage, 0, 0, 1);
    stage_launch(stage, 0, 1, 1);
    stage_write(stage, 0, "12 lines\n");
    stage_write(stage, 1, "counting\ncannot re");
    stage_succeed(stage, 300 * MILLISECOND, 0);
    stage_write(stage, 1, "ad b\n");
    stage_exit(stage, 2 * SECOND, 1, 3);
    stage_end(stage, 2 * SECOND, 2, STATUS_BLOCKED);
    terminal_fact(
        stage->terminal,
        &(struct fact){.time = 2 * SECOND, .kind = FACT_RUN_ENDED, .status = STATUS_FAILURE});
    terminal_summary(stage->terminal, 2 * SECOND, 1);
}

static const char summary_of_play[] = "3 tasks: 1 ok, 1 failed, 1 blocked in 2.0s\n"
                                      "\n"
                                      "count[file=b] failed: exit status 3 after 2.0s\n"
                                      "    counting\n"
                                      "    cannot read b\n"
                                      "  see pargraph logs 20261123-225501 'count[file=b]'\n" GO_ON;

static void check_said(struct stage *stage, const char *lines, const char *rest)
{
    CLEANUP_BUFFER struct buffer expected = {0};
    buffer_printf(&expected, "%s%s", lines, rest);
    CHECK_TEXT(stage_said(stage), buffer_text(&expected));
}

void test_normal(void)
{
    struct stage stage;
    stage_open(&stage, 3, normal);
    play(&stage);
    check_said(&stage,
               "[1/3] count[file=a] ok 300ms\n"
               "[2/3] count[file=b] failed: exit status 3 after 2.0s\n",
               summary_of_play);
    CHECK_TEXT(stage_shown(&stage), "12 lines\ncounting\ncannot read b\n");
    stage_close(&stage);
}

void test_verbose(void)
{
    struct stage stage;
    stage_open(&stage, 3, verbose);
    play(&stage);
    check_said(&stage,
               "[1/3] count[file=a] ok 300ms\n"
               "[2/3] count[file=b] failed: exit status 3 after 2.0s\n"
               "[3/3] sum blocked\n",
               summary_of_play);
    CHECK_TEXT(stage_shown(&stage), "count[file=a] | 12 lines\n"
                                    "count[file=b] | counting\n"
                                    "count[file=b] | cannot read b\n");
    stage_close(&stage);
}

void test_quiet(void)
{
    struct stage stage;
    stage_open(&stage, 3, quiet);
    play(&stage);
    check_said(&stage,
               "[2/3] count[file=b] failed: exit status 3 after 2.0s\n"
               "    counting\n"
               "    cannot read b\n",
               summary_of_play);
    CHECK_TEXT(stage_shown(&stage), "");
    stage_close(&stage);
    stage_open(&stage, 2, quiet);
    stage_begin(&stage);
    stage_launch(&stage, 0, 0, 1);
    stage_write(&stage, 0, "output\n");
    stage_succeed(&stage, SECOND, 0);
    terminal_fact(stage.terminal, &(struct fact){.kind = FACT_ENDED,
                                                 .status = STATUS_FAILURE,
                                                 .is_tolerated = true,
                                                 .node = 1});
    terminal_summary(stage.terminal, SECOND, 0);
    CHECK_TEXT(stage_said(&stage), "");
    CHECK_TEXT(stage_shown(&stage), "");
    stage_close(&stage);
}

static void check_reason(struct outcome outcome, bool is_timeout, const char *expected)
{
    struct stage stage;
    stage_open(&stage, 1, normal);
    stage_begin(&stage);
    stage_launch(&stage, 0, 0, 1);
    terminal_fact(stage.terminal, &(struct fact){.time = SECOND,
                                                 .kind = FACT_ENDED,
                                                 .status = STATUS_FAILURE,
                                                 .is_timeout = is_timeout,
                                                 .attempt = 1,
                                                 .outcome = &outcome});
    CLEANUP_BUFFER struct buffer line = {0};
    buffer_printf(&line, "[1/1] count[file=a] failed%s\n", expected);
    CHECK_TEXT(stage_said(&stage), buffer_text(&line));
    stage_close(&stage);
}

void test_reasons(void)
{
    char cannot[] = "f.yml:4:5: cannot run 'x\033y': No such file or directory",
         number[] = "needs.a.outputs.n is not an int";
    check_reason((struct outcome){.code = 255}, false, ": exit status 255 after 1.0s");
    check_reason((struct outcome){.kind = OUTCOME_SIGNALLED, .code = SIGKILL}, false,
                 ": killed by SIGKILL after 1.0s");
    check_reason((struct outcome){.kind = OUTCOME_SIGNALLED, .code = SIGRTMIN + 2}, false,
                 ": killed by SIGRTMIN+2 after 1.0s");
    check_reason((struct outcome){.kind = OUTCOME_SIGNALLED, .code = 9999}, false,
                 ": killed by signal 9999 after 1.0s");
    check_reason((struct outcome){.kind = OUTCOME_SIGNALLED, .code = SIGTERM}, true,
                 ": timed out after 1.0s");
    check_reason((struct outcome){.kind = OUTCOME_NOT_STARTED, .code = ENOENT, .detail = cannot},
                 false, ": f.yml:4:5: cannot run 'x?y': No such file or directory");
    check_reason((struct outcome){.kind = OUTCOME_NOT_STARTED, .code = EAGAIN}, false,
                 ": it could not be started");
    check_reason((struct outcome){.kind = OUTCOME_INVALID, .detail = number}, false,
                 ": needs.a.outputs.n is not an int");
    check_reason((struct outcome){.kind = OUTCOME_INVALID}, false, "");
    check_reason((struct outcome){.kind = OUTCOME_LOST}, false,
                 ": lost when its runner ended after 1.0s");
}

static void fail_attempt(struct stage *stage, uint32_t attempt, int64_t until)
{
    struct outcome outcome = {.kind = OUTCOME_EXITED, .code = 1};
    stage_launch(stage, 0, 2, attempt);
    terminal_output(stage->terminal, 2, attempt, 1, "try\n", 4);
    terminal_fact(stage->terminal, &(struct fact){.time = SECOND,
                                                  .kind = FACT_FAILED,
                                                  .node = 2,
                                                  .attempt = attempt,
                                                  .until = until,
                                                  .outcome = &outcome});
}

static void play_retries(struct stage *stage)
{
    stage_begin(stage);
    fail_attempt(stage, 1, 6 * SECOND);
    fail_attempt(stage, 2, SECOND);
    stage_launch(stage, SECOND, 2, 3);
    terminal_fact(stage->terminal, &(struct fact){.time = 2 * SECOND,
                                                  .kind = FACT_ENDED,
                                                  .status = STATUS_SUCCESS,
                                                  .node = 2,
                                                  .attempt = 3});
    terminal_summary(stage->terminal, 2 * SECOND, 0);
}

void test_retries(void)
{
    struct stage stage;
    stage_open(&stage, 1, normal);
    play_retries(&stage);
    CHECK_TEXT(stage_said(&stage), "[0/1] sum: attempt 1 failed (exit status 1), again in 5.0s\n"
                                   "[0/1] sum: attempt 2 failed (exit status 1), again at once\n"
                                   "[1/1] sum ok 1.0s (attempt 3)\n"
                                   "1 task: 1 ok in 2.0s\n");
    CHECK_TEXT(stage_shown(&stage), "try\ntry\n");
    stage_close(&stage);
    stage_open(&stage, 1, quiet);
    play_retries(&stage);
    CHECK_TEXT(stage_said(&stage), "");
    CHECK_TEXT(stage_shown(&stage), "");
    stage_close(&stage);
}

void test_statuses(void)
{
    struct stage stage;
    stage_open(&stage, 7, verbose);
    stage_begin(&stage);
    stage_launch(&stage, 0, 0, 1);
    terminal_fact(stage.terminal, &(struct fact){.kind = FACT_POLICY});
    terminal_fact(stage.terminal,
                  &(struct fact){.kind = FACT_SIGNALLED, .is_timeout = true, .attempt = 1});
    terminal_fact(stage.terminal, &(struct fact){.kind = FACT_SIGNALLED, .attempt = 1});
    struct outcome ended = {.kind = OUTCOME_SIGNALLED, .code = SIGTERM};
    terminal_fact(stage.terminal, &(struct fact){.time = SECOND,
                                                 .kind = FACT_ENDED,
                                                 .status = STATUS_CANCELLED,
                                                 .attempt = 1,
                                                 .outcome = &ended});
    stage_end(&stage, SECOND, 1, STATUS_SKIPPED);
    stage_end(&stage, SECOND, 2, STATUS_CANCELLED);
    stage_end(&stage, SECOND, 3, STATUS_BLOCKED);
    stage_end(&stage, SECOND, 4, STATUS_SUCCESS);
    terminal_fact(stage.terminal, &(struct fact){.kind = FACT_ENDED,
                                                 .status = STATUS_FAILURE,
                                                 .is_tolerated = true,
                                                 .node = 5});
    terminal_summary(stage.terminal, 3725 * SECOND, 130);
    CHECK_TEXT(stage_said(&stage),
               "after a failure nothing new is started\n"
               "[0/7] count[file=a] timed out, is being ended\n"
               "[0/7] count[file=a] is being ended\n"
               "[1/7] count[file=a] cancelled: killed by SIGTERM after 1.0s\n"
               "[2/7] count[file=b] skipped\n"
               "[3/7] sum cancelled\n"
               "[4/7] task-3 blocked\n"
               "[5/7] task-4 ok\n"
               "[6/7] task-5 failed (continue-on-error)\n"
               "7 tasks: 1 ok, 1 failed (continue-on-error), 1 skipped, 1 blocked, 2 cancelled, "
               "1 not ended in 1h02m, interrupted\n" GO_ON);
    stage_close(&stage);
}

void test_statuses_when_normal(void)
{
    struct stage stage;
    stage_open(&stage, 6, normal);
    stage_begin(&stage);
    terminal_fact(stage.terminal,
                  &(struct fact){.time = SECOND, .kind = FACT_LAUNCHED, .attempt = 2});
    terminal_fact(stage.terminal, &(struct fact){.time = 3 * SECOND,
                                                 .kind = FACT_ENDED,
                                                 .status = STATUS_CANCELLED,
                                                 .is_timeout = true,
                                                 .attempt = 2});
    terminal_fact(stage.terminal, &(struct fact){.kind = FACT_LAUNCHED, .node = 5, .attempt = 2});
    terminal_fact(
        stage.terminal,
        &(struct fact){
            .time = SECOND, .kind = FACT_ENDED, .status = STATUS_SUCCESS, .node = 5, .attempt = 2});
    stage_end(&stage, SECOND, 1, STATUS_SKIPPED);
    stage_end(&stage, SECOND, 2, STATUS_CANCELLED);
    stage_end(&stage, SECOND, 3, STATUS_BLOCKED);
    stage_end(&stage, SECOND, 4, STATUS_SUCCESS);
    terminal_summary(stage.terminal, SECOND, 143);
    CHECK_TEXT(stage_said(&stage),
               "[1/6] count[file=a] cancelled: timed out after 2.0s\n"
               "[2/6] task-5 ok 1.0s (attempt 2)\n"
               "[6/6] task-4 ok\n"
               "6 tasks: 2 ok, 1 skipped, 1 blocked, 2 cancelled in 1.0s, terminated\n" GO_ON);
    stage_close(&stage);
}

void test_dry(void)
{
    struct stage stage;
    struct terminal_options options = {
        .verbosity = VERBOSITY_VERBOSE, .is_dry = true, .is_terminal = true};
    stage_open(&stage, 3, options);
    stage_begin(&stage);
    terminal_message(stage.terminal, "would run count[file=a]: wc a");
    stage_launch(&stage, 0, 0, 1);
    stage_succeed(&stage, 0, 0);
    stage_end(&stage, 0, 1, STATUS_SKIPPED);
    CU_ASSERT_EQUAL(terminal_tick(stage.terminal, 100 * SECOND), INT64_MAX);
    CHECK_TEXT(stage_shown(&stage), "would run count[file=a]: wc a\n");
    stage_succeed(&stage, 0, 2);
    terminal_summary(stage.terminal, SECOND, 0);
    CHECK_TEXT(stage_shown(&stage), "");
    CHECK_TEXT(stage_said(&stage), "3 tasks: 2 would run, 1 skipped\n");
    stage_close(&stage);
    options.is_terminal = false;
    char detail[] = "no such value";
    stage_open(&stage, 1, options);
    stage_fail(&stage, 0, 2, (struct outcome){.kind = OUTCOME_INVALID, .detail = detail});
    terminal_summary(stage.terminal, 0, 1);
    CHECK_TEXT(stage_said(&stage), "[1/1] sum failed: no such value\n"
                                   "1 task: 1 failed\n"
                                   "\n"
                                   "sum failed: no such value\n");
    stage_close(&stage);
}

void test_message(void)
{
    struct stage stage;
    stage_open(&stage, 3, normal);
    terminal_message(stage.terminal, "cpu cut to 2\033c");
    CHECK_TEXT(stage_said(&stage), "cpu cut to 2?c\n");
    terminal_message(stage.terminal, "would run a: cd x\nmake\n");
    CHECK_TEXT(stage_said(&stage), "would run a: cd x\n    make\n");
    stage_close(&stage);
}

void test_many_failures(void)
{
    struct stage stage;
    stage_open(&stage, 1000, quiet);
    stage_begin(&stage);
    for (uint32_t node = 0; node < 1000; node++) {
        stage_launch(&stage, 0, node, 1);
        stage_exit(&stage, SECOND, node, 1);
    }
    stage_said(&stage);
    terminal_summary(stage.terminal, SECOND, 1);
    const char *said = stage_said(&stage);
    CU_ASSERT_EQUAL(stage_count_lines(said), 1 + 20 * 2 + 2 + 2);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(said, "\n\n980 more failed: see pargraph status 20261123-225501\n"));
    stage_close(&stage);
}

/* Whoever watches went away: nothing else changes. */
void test_nobody_watches(void)
{
    struct stage stage;
    int ends[2];
    CU_ASSERT_EQUAL(pipe2(ends, O_CLOEXEC), 0);
    struct terminal_options options = verbose;
    options.descriptor = options.output = ends[1];
    close(ends[0]);
    signal(SIGPIPE, SIG_IGN);
    stage_open(&stage, 3, options);
    play(&stage);
    stage_close(&stage);
    close(ends[1]);
}
