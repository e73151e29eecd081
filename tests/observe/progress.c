/* The progress line: what it says, when it is drawn, that it gives way and never wraps; colours. */
#include <string.h>

#include "stage.h"
#include "support/check.h"
#include "checks.h"

static const struct terminal_options watched = {.verbosity = VERBOSITY_NORMAL, .is_terminal = true};

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
    CHECK_TEXT(stage_said(&stage),
               DRAWN("[0/40] 2 running, 2s: count[file=a] 2s, count[file=b] 1s"));
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
    CHECK_TEXT(stage_said(&stage),
               ERASED "[2/40] task-5 failed (continue-on-error)\n"
                      "[3/40] count[file=b] failed: exit status 1 after 1m01s\n" DRAWN(
                          "[3/40] 0 running, 1 failed, nothing new starts, 1m02s"));
    terminal_fact(stage.terminal, &(struct fact){.time = 62 * SECOND, .kind = FACT_RUN_ENDED});
    CHECK_TEXT(stage_said(&stage), ERASED);
    CU_ASSERT_EQUAL(terminal_tick(stage.terminal, 100 * SECOND), INT64_MAX);
    stage_close(&stage);
}

static void wait_or_go_on(struct stage *stage, int64_t time, uint8_t kind, uint32_t operation,
                          uint32_t request)
{
    terminal_fact(
        stage->terminal,
        &(struct fact){
            .time = time, .kind = kind, .attempt = 1, .operation = operation, .request = request});
}

/* A task waits before its first body, then in one by two commands; its later bodies are of the same
 * attempt. */
void test_progress_waits(void)
{
    struct stage stage;
    stage_open(&stage, 2, watched);
    stage_begin(&stage);
    wait_or_go_on(&stage, 0, FACT_WAITING, 0, NO_REQUEST);
    terminal_tick(stage.terminal, SECOND);
    CHECK_TEXT(stage_said(&stage),
               DRAWN("[0/2] 0 running, 1 waiting, 1s: count[file=a] waiting 1s"));
    wait_or_go_on(&stage, SECOND, FACT_GOES_ON, 0, NO_REQUEST);
    for (uint32_t body = 1; body < 3; body++) {
        terminal_fact(
            stage.terminal,
            &(struct fact){.time = SECOND, .kind = FACT_LAUNCHED, .attempt = 1, .operation = body});
        terminal_fact(stage.terminal, &(struct fact){.time = body * SECOND,
                                                     .kind = FACT_STARTED,
                                                     .attempt = 1,
                                                     .operation = body});
    }
    terminal_tick(stage.terminal, 3 * SECOND);
    CHECK_TEXT(stage_said(&stage), DRAWN("[0/2] 1 running, 3s: count[file=a] 3s"));
    wait_or_go_on(&stage, 3 * SECOND, FACT_WAITING, 2, 7);
    wait_or_go_on(&stage, 3 * SECOND, FACT_WAITING, 2, 8);
    wait_or_go_on(&stage, 3 * SECOND, FACT_GOES_ON, 2, 7);
    terminal_tick(stage.terminal, 4 * SECOND);
    CHECK_TEXT(stage_said(&stage),
               DRAWN("[0/2] 0 running, 1 waiting, 4s: count[file=a] waiting 4s"));
    stage_succeed(&stage, 5 * SECOND, 0);
    wait_or_go_on(&stage, 5 * SECOND, FACT_GOES_ON, 2, 8);
    terminal_tick(stage.terminal, 5 * SECOND);
    CHECK_TEXT(stage_said(&stage), DRAWN("[1/2] 0 running, 5s"));
    stage_close(&stage);
}

void test_waits_are_told(void)
{
    struct stage stage;
    stage_open(&stage, 2, (struct terminal_options){.verbosity = VERBOSITY_VERBOSE});
    stage_begin(&stage);
    wait_or_go_on(&stage, 0, FACT_WAITING, 3, NO_REQUEST);
    wait_or_go_on(&stage, 0, FACT_GOES_ON, 3, NO_REQUEST);
    wait_or_go_on(&stage, 0, FACT_WAITING, NO_OPERATION, 0);
    wait_or_go_on(&stage, 0, FACT_GOES_ON, NO_OPERATION, 0);
    terminal_flush(stage.terminal);
    CHECK_TEXT(stage_said(&stage), "[0/2] count[file=a] waits at step 3 of 0\n"
                                   "[0/2] count[file=a] goes on behind step 3 of 0\n"
                                   "[0/2] count[file=a]: a command of it waits\n"
                                   "[0/2] count[file=a]: a command of it goes on\n");
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
    CHECK_TEXT(stage_said(&stage), DRAWN("[0/2] 1 running, 1s"));
    /* Lines come with the next drawing that it is time for, in one write with it. */
    terminal_message(stage.terminal, "hello");
    terminal_message(stage.terminal, "again");
    CU_ASSERT_EQUAL(terminal_tick(stage.terminal, SECOND + 1), SECOND + 100 * MILLISECOND);
    CHECK_TEXT(stage_said(&stage), "");
    terminal_tick(stage.terminal, SECOND + 100 * MILLISECOND);
    CHECK_TEXT(stage_said(&stage), ERASED "hello\nagain\n" DRAWN("[0/2] 1 running, 1s"));
    terminal_resize(stage.terminal, 10);
    stage_write(&stage, 0, "out\n");
    CHECK_TEXT(stage_said(&stage), "");
    stage_succeed(&stage, 3 * SECOND, 0);
    terminal_tick(stage.terminal, 3 * SECOND);
    CHECK_TEXT(stage_said(&stage), ERASED "[1/2] count[file=a] ok 3.0s\n" DRAWN("[1/2] 0 r"));
    CHECK_TEXT(stage_shown(&stage), "out\n");
    /* A success that wrote nothing needs no line where there is a progress line. */
    stage_launch(&stage, 3 * SECOND, 1, 1);
    stage_succeed(&stage, 4 * SECOND, 1);
    terminal_tick(stage.terminal, 4 * SECOND);
    CHECK_TEXT(stage_said(&stage), DRAWN("[2/2] 0 r"));
    /* Before it stops. */
    terminal_flush(stage.terminal);
    CHECK_TEXT(stage_said(&stage), ERASED);
    terminal_tick(stage.terminal, 5 * SECOND);
    CHECK_TEXT(stage_said(&stage), DRAWN("[2/2] 0 r"));
    stage_close(&stage);
}

/* A few writes for many lines, and none that waits for the end. */
void test_gathering(void)
{
    struct stage stage;
    stage_open(&stage, 10000, (struct terminal_options){.verbosity = VERBOSITY_NORMAL});
    stage.is_watched = true; /* only what was written is to be seen */
    stage_begin(&stage);
    stage_launch(&stage, 0, 0, 1);
    stage_succeed(&stage, SECOND, 0);
    CHECK_TEXT(stage_said(&stage), "");
    CU_ASSERT_EQUAL(terminal_tick(stage.terminal, 50 * MILLISECOND), 100 * MILLISECOND);
    CHECK_TEXT(stage_said(&stage), "");
    CU_ASSERT_EQUAL(terminal_tick(stage.terminal, 100 * MILLISECOND), INT64_MAX);
    CHECK_TEXT(stage_said(&stage), "[1/10000] count[file=a] ok 1.0s\n");
    CU_ASSERT_EQUAL(terminal_tick(stage.terminal, SECOND), INT64_MAX);
    size_t writes = 0;
    for (uint32_t node = 1; node < 10000; node++) {
        stage_launch(&stage, 0, node, 1);
        stage_succeed(&stage, 0, node);
        size_t length = strlen(stage_said(&stage));
        CU_ASSERT(length == 0 || (length >= 65536 && length < 65536 + 100));
        writes += length > 0;
    }
    CU_ASSERT(writes >= 3 && writes <= 5);
    terminal_fact(stage.terminal, &(struct fact){.kind = FACT_RUN_ENDED});
    CU_ASSERT(strlen(stage_said(&stage)) > 0);
    stage_close(&stage);
}

static void check_width(uint32_t width, const char *expected)
{
    struct stage stage;
    struct terminal_options options = watched;
    options.width = width;
    stage_open(&stage, 2, options);
    stage_names[0] = "a[x=\"\302\265\302\233m\"]";
    stage_names[1] = "b[x=\"\346\274\242e\314\201\345\255\227\t\"]"; /* 漢é字 */
    stage_begin(&stage);
    stage_launch(&stage, 0, 0, 1);
    stage_launch(&stage, 0, 1, 1);
    terminal_tick(stage.terminal, SECOND);
    CLEANUP_BUFFER struct buffer whole = {0};
    buffer_printf(&whole, "\r\033[?7l%s\033[J\033[?7h\r", expected);
    CHECK_TEXT(stage_said(&stage), buffer_text(&whole));
    stage_close(&stage);
}

#define NARROW "[0/2] 2 running, 1s: a[x=\"\302\265?m\"] 1s, b["
void test_progress_width(void)
{
    check_width(80, NARROW "x=\"\346\274\242e\314\201\345\255\227?\"] 1s");
    check_width(39, NARROW);
    check_width(40, NARROW "x");
    check_width(42, NARROW "x=\"");
    check_width(43, NARROW "x=\"");
    check_width(44, NARROW "x=\"\346\274\242");
    check_width(45, NARROW "x=\"\346\274\242e\314\201"); /* the mark stays with its letter */
    check_width(46, NARROW "x=\"\346\274\242e\314\201");
    check_width(47, NARROW "x=\"\346\274\242e\314\201\345\255\227");
    check_width(48, NARROW "x=\"\346\274\242e\314\201\345\255\227?");
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
    CHECK_TEXT(stage_said(&stage),
               "[1/2] count[file=a] \033[32mok\033[0m 1.0s\n"
               "[2/2] sum \033[31mfailed\033[0m: exit status 1 after 1.0s\n" DRAWN(
                   "[2/2] 0 running, \033[31m1 failed\033[0m, 1s") ERASED
               "2 tasks: \033[32m1 ok\033[0m, \033[31m1 failed\033[0m in 1.0s\n"
               "\nsum \033[31mfailed\033[0m: exit status 1 after 1.0s\n" GO_ON);
    stage_close(&stage);
}
