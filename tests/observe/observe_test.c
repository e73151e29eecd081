/* What a person sees of a run, to the letter: lines, blocks, streams, the progress line, the
 * summary, and that neither names nor output can do harm or eat memory. */
#include "observe/observe.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/memory.h"
#include "parts.h"
#include "stage.h"
#include "support/check.h"

static const struct terminal_options quiet = {.verbosity = VERBOSITY_QUIET},
                                     normal = {.verbosity = VERBOSITY_NORMAL},
                                     verbose = {.verbosity = VERBOSITY_VERBOSE},
                                     watched = {.verbosity = VERBOSITY_NORMAL, .is_terminal = true};

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
                                      "  see pargraph logs 20261123-225501 'count[file=b]'\n";

static void check_said(struct stage *stage, const char *lines, const char *rest)
{
    CLEANUP_BUFFER struct buffer expected = {0};
    buffer_printf(&expected, "%s%s", lines, rest);
    CHECK_TEXT(stage_said(stage), buffer_text(&expected));
}

static void test_normal(void)
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

static void test_verbose(void)
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

static void test_quiet(void)
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

static void test_order_in_one_file(void)
{
    struct stage stage;
    struct terminal_options options = normal;
    int file = memfd_create("both", 0);
    options.descriptor = options.output = file;
    stage_open(&stage, 3, options);
    stage_begin(&stage);
    stage_launch(&stage, 0, 0, 1);
    stage_launch(&stage, 0, 2, 1);
    stage_write(&stage, 0, "no newline");
    stage_succeed(&stage, SECOND, 0);
    stage_write(&stage, 2, "raw \033[31m\n");
    stage_succeed(&stage, SECOND, 2);
    CLEANUP_FREE char *text = stage_read(file);
    CHECK_TEXT(text, "[1/3] count[file=a] ok 1.0s\nno newline\n[2/3] sum ok 1.0s\nraw \033[31m\n");
    stage_close(&stage);
    close(file);
}

static void test_raw_bytes(void)
{
    struct stage stage;
    stage_open(&stage, 1, normal);
    stage_begin(&stage);
    stage_launch(&stage, 0, 0, 1);
    terminal_output(stage.terminal, 0, 1, 1, "a\0\377", 3);
    terminal_output(stage.terminal, 0, 1, 2, "\033[2J", 4);
    terminal_output(stage.terminal, 0, 2, 1, "another attempt", 15);
    terminal_output(stage.terminal, 9, 1, 1, "another task", 12);
    stage_succeed(&stage, SECOND, 0);
    char bytes[16];
    lseek(stage.shown, 0, SEEK_SET);
    CU_ASSERT_EQUAL(read(stage.shown, bytes, sizeof bytes), 7);
    CU_ASSERT(memcmp(bytes, "a\0\377\033[2J", 7) == 0);
    stage_close(&stage);
}

/* A pseudo terminal that changes nothing: the two ends. */
static bool open_terminal(int *ret_master, int *ret_slave)
{
    *ret_master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    if (*ret_master < 0 || grantpt(*ret_master) < 0 || unlockpt(*ret_master) < 0)
        return false;
    *ret_slave = open(ptsname(*ret_master), O_RDWR | O_NOCTTY);
    return *ret_slave >= 0;
}

static void test_harmless_on_a_terminal(void)
{
    int master, slave;
    if (!open_terminal(&master, &slave)) {
        puts("no pseudo terminal here: skipped");
        return;
    }
    struct stage stage;
    struct terminal_options options = normal;
    options.output = slave;
    stage_open(&stage, 2, options);
    stage_names[1] = "x[v=\"\033]0;title\a\"]";
    stage_begin(&stage);
    stage_launch(&stage, 0, 0, 1);
    terminal_output(stage.terminal, 0, 1, 1, "\033[2Jgone\r\nna\303\257ve \303", 18);
    terminal_output(stage.terminal, 0, 1, 1, "\251\0\n\303", 4);
    stage_succeed(&stage, SECOND, 0);
    stage_end(&stage, SECOND, 1, STATUS_SUCCESS);
    CLEANUP_FREE char *text = stage_read(master);
    CHECK_TEXT(text, "?[2Jgone\r\nna\303\257ve \303\251?\r\n?\r\n");
    CHECK_TEXT(stage_said(&stage), "[1/2] count[file=a] ok 1.0s\n"
                                   "[2/2] x[v=\"?]0;title?\"] ok\n");
    stage_close(&stage);
    close(master);
    close(slave);
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

static void test_reasons(void)
{
    char cannot[] = "cannot run 'x\033y'", number[] = "needs.a.outputs.n is not an int";
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
                 false, ": cannot run 'x?y': No such file or directory");
    check_reason((struct outcome){.kind = OUTCOME_NOT_STARTED, .code = EAGAIN}, false,
                 ": cannot start: Resource temporarily unavailable");
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

static void test_retries(void)
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

static void test_statuses(void)
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
               "1 not ended in 1h02m, interrupted\n");
    stage_close(&stage);
}

static void test_statuses_when_normal(void)
{
    struct stage stage;
    stage_open(&stage, 4, normal);
    stage_begin(&stage);
    stage_end(&stage, SECOND, 1, STATUS_SKIPPED);
    stage_end(&stage, SECOND, 2, STATUS_CANCELLED);
    stage_end(&stage, SECOND, 3, STATUS_BLOCKED);
    stage_end(&stage, SECOND, 4, STATUS_SUCCESS);
    terminal_summary(stage.terminal, SECOND, 143);
    CHECK_TEXT(stage_said(&stage),
               "[4/4] task-4 ok\n"
               "4 tasks: 1 ok, 1 skipped, 1 blocked, 1 cancelled in 1.0s, terminated\n");
    stage_close(&stage);
}

static void test_last_ten_lines(void)
{
    struct stage stage;
    stage_open(&stage, 1, quiet);
    stage_begin(&stage);
    stage_launch(&stage, 0, 2, 1);
    for (int i = 1; i <= 1000; i++) {
        char line[32];
        snprintf(line, sizeof line, "line %d\r\n", i);
        stage_write(&stage, 2, line);
    }
    stage_exit(&stage, SECOND, 2, 1);
    CHECK_TEXT(stage_said(&stage), "[1/1] sum failed: exit status 1 after 1.0s\n"
                                   "    line 991\n    line 992\n    line 993\n    line 994\n"
                                   "    line 995\n    line 996\n    line 997\n    line 998\n"
                                   "    line 999\n    line 1000\n");
    stage_close(&stage);
}

static void test_tail_of_one_long_line(void)
{
    struct stage stage;
    stage_open(&stage, 1, quiet);
    stage_begin(&stage);
    stage_launch(&stage, 0, 2, 1);
    for (int i = 0; i < 100000; i++)
        stage_write(&stage, 2, "\033x");
    stage_exit(&stage, SECOND, 2, 1);
    const char *said = stage_said(&stage);
    CU_ASSERT_EQUAL(strlen(said),
                    strlen("[1/1] sum failed: exit status 1 after 1.0s\n") + 4 + 4096 + 1);
    CU_ASSERT_PTR_NULL(strchr(said, '\033'));
    stage_close(&stage);
}

static void test_large_block(void)
{
    struct stage stage;
    stage_open(&stage, 1, normal);
    stage_begin(&stage);
    stage_launch(&stage, 0, 0, 1);
    static char chunk[1 << 16];
    for (size_t i = 0; i < sizeof chunk; i++)
        chunk[i] = i % 64 == 63 ? '\n' : 'x';
    stage_write(&stage, 0, "first\n");
    for (int i = 0; i < 1024; i++)
        terminal_output(stage.terminal, 0, 1, 1, chunk, sizeof chunk);
    stage_write(&stage, 0, "last");
    stage_succeed(&stage, SECOND, 0);
    const char *shown = stage_shown(&stage);
    CU_ASSERT(strlen(shown) > 130000 && strlen(shown) < 132000);
    CU_ASSERT(strncmp(shown, "first\nxxx", 9) == 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(shown, "\n[... 63.9 MiB left out: see pargraph logs "
                                         "20261123-225501 'count[file=a]' ...]\nxxx"));
    CU_ASSERT(strcmp(shown + strlen(shown) - 6, "x\nlast") == 0);
    stage_close(&stage);
}

static void test_stream_of_parts(void)
{
    struct stage stage;
    stage_open(&stage, 2, verbose);
    stage_begin(&stage);
    stage_launch(&stage, 0, 2, 1);
    terminal_output(stage.terminal, 2, 1, 1, "out", 3);
    terminal_output(stage.terminal, 2, 1, 2, "err", 3);
    terminal_output(stage.terminal, 2, 1, 1, "put\n\nrest", 9);
    terminal_output(stage.terminal, 2, 1, 2, "or\n", 3);
    CHECK_TEXT(stage_shown(&stage), "sum | output\nsum | \nsum | error\n");
    stage_succeed(&stage, SECOND, 2);
    CHECK_TEXT(stage_shown(&stage), "sum | rest\n");
    stage_close(&stage);
}

static size_t count_lines(const char *text)
{
    size_t lines = 0;
    for (; *text != '\0'; text++)
        lines += *text == '\n';
    return lines;
}

static void test_stream_of_long_lines(void)
{
    struct stage stage;
    stage_open(&stage, 1, verbose);
    stage_begin(&stage);
    stage_launch(&stage, 0, 2, 1);
    static char chunk[150000];
    memset(chunk, 'x', sizeof chunk);
    terminal_output(stage.terminal, 2, 1, 1, chunk, sizeof chunk);
    const char *shown = stage_shown(&stage);
    CU_ASSERT_EQUAL(count_lines(shown), 2);
    CU_ASSERT_EQUAL(strlen(shown), 2 * (6 + 65536 + 1));
    stage_write(&stage, 2, "\n");
    CU_ASSERT_EQUAL(strlen(stage_shown(&stage)), 6 + 150000 - 2 * 65536 + 1);
    /* Just as long as a line may be: its newline belongs to it. */
    for (size_t first = 65534; first <= 65536; first++) {
        terminal_output(stage.terminal, 2, 1, 1, chunk, first);
        terminal_output(stage.terminal, 2, 1, 1, chunk, 65536 - first);
        stage_write(&stage, 2, "\n");
        CU_ASSERT_EQUAL(count_lines(stage_shown(&stage)), 1);
    }
    stage_close(&stage);
}

static void test_dry(void)
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
    stage_succeed(&stage, 0, 2);
    terminal_summary(stage.terminal, SECOND, 0);
    CHECK_TEXT(stage_shown(&stage), "would run count[file=a]: wc a\n");
    CHECK_TEXT(stage_said(&stage), "3 tasks: 2 would run, 1 skipped\n");
    stage_close(&stage);
}

static void test_message(void)
{
    struct stage stage;
    stage_open(&stage, 3, normal);
    terminal_message(stage.terminal, "cpu cut to 2\033c");
    CHECK_TEXT(stage_said(&stage), "cpu cut to 2?c\n");
    terminal_message(stage.terminal, "would run a: cd x\nmake\n");
    CHECK_TEXT(stage_said(&stage), "would run a: cd x\n    make\n");
    stage_close(&stage);
}

/* The bytes of `text` once the terminal has done what \r and blanks mean: its last row. */
static void last_row(const char *text, char *row, size_t width)
{
    memset(row, ' ', width);
    row[width] = '\0';
    for (size_t column = 0; *text != '\0'; text++) {
        if (*text == '\r')
            column = 0;
        else if (*text == '\n')
            memset(row, ' ', width), column = 0;
        else if (column < width)
            row[column++] = *text;
        else
            CU_FAIL("the line is wider than the terminal");
    }
    for (size_t end = width; end > 0 && row[end - 1] == ' '; end--)
        row[end - 1] = '\0';
}

static void test_progress_line(void)
{
    struct stage stage;
    stage_open(&stage, 40, watched);
    CU_ASSERT_EQUAL(terminal_tick(stage.terminal, 0), INT64_MAX);
    stage_begin(&stage);
    stage_launch(&stage, 0, 0, 1);
    stage_launch(&stage, SECOND / 2, 1, 1);
    CU_ASSERT_EQUAL(terminal_tick(stage.terminal, 0), 100 * MILLISECOND);
    CHECK_TEXT(stage_said(&stage), "");
    CU_ASSERT_EQUAL(terminal_tick(stage.terminal, 2 * SECOND), 3 * SECOND);
    CHECK_TEXT(stage_said(&stage), "[0/40] 2 running, 2s: count[file=a] 2s, count[file=b] 1s");
    CU_ASSERT_EQUAL(terminal_tick(stage.terminal, 2 * SECOND + 1), 3 * SECOND);
    stage_succeed(&stage, 2 * SECOND + 2, 0);
    CU_ASSERT_EQUAL(terminal_tick(stage.terminal, 2 * SECOND + 2), 2 * SECOND + 100 * MILLISECOND);
    CHECK_TEXT(stage_said(&stage), "");
    stage_exit(&stage, 62 * SECOND, 1, 1);
    terminal_fact(stage.terminal, &(struct fact){.kind = FACT_POLICY});
    CU_ASSERT_EQUAL(terminal_tick(stage.terminal, 62 * SECOND), 63 * SECOND);
    char row[81];
    last_row(stage_said(&stage), row, 80);
    CHECK_TEXT(row, "[2/40] 0 running, 1 failed, nothing new starts, 1m02s");
    terminal_fact(stage.terminal, &(struct fact){.time = 62 * SECOND, .kind = FACT_RUN_ENDED});
    last_row(stage_said(&stage), row, 80);
    CHECK_TEXT(row, "");
    CU_ASSERT_EQUAL(terminal_tick(stage.terminal, 100 * SECOND), INT64_MAX);
    stage_close(&stage);
}

static void test_progress_gives_way(void)
{
    struct stage stage;
    struct terminal_options options = watched;
    options.width = 20;
    stage_open(&stage, 2, options);
    stage_begin(&stage);
    stage_launch(&stage, 0, 0, 1);
    terminal_tick(stage.terminal, SECOND);
    CHECK_TEXT(stage_said(&stage), "[0/2] 1 running, 1s");
    terminal_message(stage.terminal, "hello");
    CHECK_TEXT(stage_said(&stage), "\r                   \rhello\n");
    terminal_message(stage.terminal, "again");
    CHECK_TEXT(stage_said(&stage), "again\n");
    terminal_tick(stage.terminal, 2 * SECOND);
    terminal_resize(stage.terminal, 10);
    stage_said(&stage);
    stage_write(&stage, 0, "out\n");
    CHECK_TEXT(stage_said(&stage), "");
    stage_succeed(&stage, 3 * SECOND, 0);
    CHECK_TEXT(stage_said(&stage), "\r         \r[1/2] count[file=a] ok 3.0s\n");
    CHECK_TEXT(stage_shown(&stage), "out\n");
    /* A success that wrote nothing needs no line where there is a progress line. */
    stage_launch(&stage, 3 * SECOND, 1, 1);
    stage_succeed(&stage, 4 * SECOND, 1);
    CHECK_TEXT(stage_said(&stage), "");
    stage_close(&stage);
}

static void check_width(uint32_t width, const char *expected)
{
    struct stage stage;
    struct terminal_options options = watched;
    options.width = width;
    stage_open(&stage, 2, options);
    stage_names[0] = "a[x=\"\302\265\302\233m\"]";
    stage_names[1] = "b[x=\"\346\274\242\345\255\227\t\"]";
    stage_begin(&stage);
    stage_launch(&stage, 0, 0, 1);
    stage_launch(&stage, 0, 1, 1);
    terminal_tick(stage.terminal, SECOND);
    CHECK_TEXT(stage_said(&stage), expected);
    stage_close(&stage);
}

static void test_progress_width(void)
{
    check_width(
        80, "[0/2] 2 running, 1s: a[x=\"\302\265?m\"] 1s, b[x=\"\346\274\242\345\255\227?\"] 1s");
    check_width(40, "[0/2] 2 running, 1s: a[x=\"\302\265?m\"] 1s, b[x");
    check_width(42, "[0/2] 2 running, 1s: a[x=\"\302\265?m\"] 1s, b[x=\"");
    check_width(43, "[0/2] 2 running, 1s: a[x=\"\302\265?m\"] 1s, b[x=\"");
    check_width(44, "[0/2] 2 running, 1s: a[x=\"\302\265?m\"] 1s, b[x=\"\346\274\242");
    check_width(1, "");
}

static void test_colours(void)
{
    struct stage stage;
    struct terminal_options options = watched;
    options.has_colour = true;
    stage_open(&stage, 2, options);
    stage_begin(&stage);
    stage_launch(&stage, 0, 0, 1);
    stage_launch(&stage, 0, 2, 1);
    stage_write(&stage, 0, "x\n");
    stage_succeed(&stage, SECOND, 0);
    stage_exit(&stage, SECOND, 2, 1);
    terminal_tick(stage.terminal, SECOND);
    terminal_summary(stage.terminal, SECOND, 1);
    CHECK_TEXT(stage_said(&stage), "[1/2] count[file=a] \033[32mok\033[0m 1.0s\n"
                                   "[2/2] sum \033[31mfailed\033[0m: exit status 1 after 1.0s\n"
                                   "[2/2] 0 running, \033[31m1 failed\033[0m, 1s"
                                   "\r                             \r"
                                   "2 tasks: \033[32m1 ok\033[0m, \033[31m1 failed\033[0m in 1.0s\n"
                                   "\nsum \033[31mfailed\033[0m: exit status 1 after 1.0s\n");
    stage_close(&stage);
}

static void test_many_failures(void)
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
    CU_ASSERT_EQUAL(count_lines(said), 1 + 20 * 2 + 2);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(said, "\n\n980 more failed: see pargraph status 20261123-225501\n"));
    stage_close(&stage);
}

static size_t memory_in_use(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

/* 100,000 tasks, eight at a time, each with output: what is held stays with the eight. (A
 * sanitizer's allocator reports nothing; the check of numbers then holds by itself.) */
static void test_many_tasks(void)
{
    enum { TASKS = 100000, AT_ONCE = 8 };
    struct stage stage;
    struct terminal_options options = normal;
    options.descriptor = open("/dev/null", O_WRONLY);
    options.output = options.descriptor;
    stage_open(&stage, TASKS, options);
    size_t before = memory_in_use();
    stage_begin(&stage);
    for (uint32_t node = 0; node < TASKS + AT_ONCE; node++) {
        if (node >= AT_ONCE)
            stage_succeed(&stage, node, node - AT_ONCE);
        if (node < TASKS) {
            stage_launch(&stage, node, node, 1);
            stage_write(&stage, node, "some output\n");
        }
    }
    CU_ASSERT(memory_in_use() < before + 100000);
    close(options.descriptor);
    int memory = memfd_create("summary", 0);
    dup2(memory, options.descriptor);
    terminal_summary(stage.terminal, SECOND, 0);
    CLEANUP_FREE char *said = stage_read(memory);
    CHECK_TEXT(said, "100000 tasks: 100000 ok in 1.0s\n");
    stage_close(&stage);
    close(memory);
    close(options.descriptor);
}

/* Whoever watches went away: nothing else changes. */
static void test_nobody_watches(void)
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

int main(int argc, char **argv)
{
    static const struct check checks[] = {
        {"capture keeps all below its limits", test_capture_keeps_all_below_its_limits},
        {"capture keeps both ends", test_capture_keeps_both_ends},
        {"capture gives the last lines", test_capture_last_lines},
        {"running: order and lookup", test_running_order_and_lookup},
        {"running: against a plain array", test_running_against_a_plain_array},
        {"normal", test_normal},
        {"verbose", test_verbose},
        {"quiet", test_quiet},
        {"order in one file", test_order_in_one_file},
        {"raw bytes", test_raw_bytes},
        {"harmless on a terminal", test_harmless_on_a_terminal},
        {"reasons", test_reasons},
        {"retries", test_retries},
        {"statuses", test_statuses},
        {"statuses when normal", test_statuses_when_normal},
        {"the last ten lines", test_last_ten_lines},
        {"the tail of one long line", test_tail_of_one_long_line},
        {"a large block", test_large_block},
        {"a stream of parts", test_stream_of_parts},
        {"a stream of long lines", test_stream_of_long_lines},
        {"dry", test_dry},
        {"message", test_message},
        {"the progress line", test_progress_line},
        {"the progress line gives way", test_progress_gives_way},
        {"the progress line's width", test_progress_width},
        {"colours", test_colours},
        {"many failures", test_many_failures},
        {"many tasks", test_many_tasks},
        {"nobody watches", test_nobody_watches},
        {NULL, NULL},
    };
    return check_main(argc, argv, "observe", checks);
}
