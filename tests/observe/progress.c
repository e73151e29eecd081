/* The progress line: what it says, when it is drawn, that it gives way and never wraps; colours. */
#include <string.h>

#include "stage.h"
#include "support/check.h"
#include "checks.h"

static const struct terminal_options watched = {.verbosity = VERBOSITY_NORMAL, .is_terminal = true};

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

void test_progress_line(void)
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
    terminal_fact(stage.terminal, &(struct fact){.kind = FACT_ENDED,
                                                 .status = STATUS_FAILURE,
                                                 .is_tolerated = true,
                                                 .node = 5});
    stage_exit(&stage, 62 * SECOND, 1, 1);
    terminal_fact(stage.terminal, &(struct fact){.kind = FACT_POLICY});
    CU_ASSERT_EQUAL(terminal_tick(stage.terminal, 62 * SECOND), 63 * SECOND);
    char row[81];
    last_row(stage_said(&stage), row, 80);
    CHECK_TEXT(row, "[3/40] 0 running, 1 failed, nothing new starts, 1m02s");
    terminal_fact(stage.terminal, &(struct fact){.time = 62 * SECOND, .kind = FACT_RUN_ENDED});
    last_row(stage_said(&stage), row, 80);
    CHECK_TEXT(row, "");
    CU_ASSERT_EQUAL(terminal_tick(stage.terminal, 100 * SECOND), INT64_MAX);
    stage_close(&stage);
}

void test_progress_gives_way(void)
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

void test_progress_width(void)
{
    check_width(
        80, "[0/2] 2 running, 1s: a[x=\"\302\265?m\"] 1s, b[x=\"\346\274\242\345\255\227?\"] 1s");
    check_width(40, "[0/2] 2 running, 1s: a[x=\"\302\265?m\"] 1s, b[x");
    check_width(42, "[0/2] 2 running, 1s: a[x=\"\302\265?m\"] 1s, b[x=\"");
    check_width(43, "[0/2] 2 running, 1s: a[x=\"\302\265?m\"] 1s, b[x=\"");
    check_width(44, "[0/2] 2 running, 1s: a[x=\"\302\265?m\"] 1s, b[x=\"\346\274\242");
    check_width(1, "");
}

void test_colours(void)
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
