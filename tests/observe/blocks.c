/* Tasks' output: as blocks, as streams of lines, as the last lines of a failure; raw where it may
 * be, harmless where it must be, and never more in memory than what runs may hold. */
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/memory.h"
#include "stage.h"
#include "support/check.h"
#include "checks.h"

static const struct terminal_options quiet = {.verbosity = VERBOSITY_QUIET},
                                     normal = {.verbosity = VERBOSITY_NORMAL},
                                     verbose = {.verbosity = VERBOSITY_VERBOSE};

void test_order_in_one_file(void)
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
    terminal_flush(stage.terminal);
    CLEANUP_FREE char *text = stage_read(file);
    CHECK_TEXT(text, "[1/3] count[file=a] ok 1.0s\nno newline\n[2/3] sum ok 1.0s\nraw \033[31m\n");
    stage_close(&stage);
    close(file);
}

void test_order_of_a_stream(void)
{
    struct stage stage;
    struct terminal_options options = verbose;
    int file = memfd_create("both", 0);
    options.descriptor = options.output = file;
    options.is_terminal = true;
    options.width = 10;
    stage_open(&stage, 2, options);
    stage_begin(&stage);
    stage_launch(&stage, 0, 2, 1);
    terminal_tick(stage.terminal, SECOND);
    stage_write(&stage, 2, "a\nb");
    stage_succeed(&stage, SECOND, 2);
    terminal_flush(stage.terminal);
    CLEANUP_FREE char *text = stage_read(file);
    CHECK_TEXT(text, DRAWN("[0/2] 1 r") ERASED "sum | a\nsum | b\n[1/2] sum ok 1.0s\n");
    stage_close(&stage);
    close(file);
}

void test_raw_bytes(void)
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
    terminal_flush(stage.terminal);
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

void test_harmless_on_a_terminal(void)
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
    terminal_flush(stage.terminal);
    CLEANUP_FREE char *text = stage_read(master);
    CHECK_TEXT(text, "?[2Jgone\r\nna\303\257ve \303\251?\r\n?\r\n");
    CHECK_TEXT(stage_said(&stage), "[1/2] count[file=a] ok 1.0s\n"
                                   "[2/2] x[v=\"?]0;title?\"] ok\n");
    stage_close(&stage);
    close(master);
    close(slave);
}

void test_last_ten_lines(void)
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

void test_tail_of_one_long_line(void)
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

void test_large_block(void)
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

void test_stream_of_parts(void)
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

void test_stream_of_long_lines(void)
{
    struct stage stage;
    stage_open(&stage, 1, verbose);
    stage_begin(&stage);
    stage_launch(&stage, 0, 2, 1);
    static char chunk[150000];
    memset(chunk, 'x', sizeof chunk);
    terminal_output(stage.terminal, 2, 1, 1, chunk, sizeof chunk);
    const char *shown = stage_shown(&stage);
    CU_ASSERT_EQUAL(stage_count_lines(shown), 2);
    CU_ASSERT_EQUAL(strlen(shown), 2 * (6 + 65536 + 1));
    stage_write(&stage, 2, "\n");
    CU_ASSERT_EQUAL(strlen(stage_shown(&stage)), 6 + 150000 - 2 * 65536 + 1);
    /* Just as long as a line may be: its newline belongs to it. */
    for (size_t first = 65534; first <= 65536; first++) {
        terminal_output(stage.terminal, 2, 1, 1, chunk, first);
        terminal_output(stage.terminal, 2, 1, 1, chunk, 65536 - first);
        stage_write(&stage, 2, "\n");
        CU_ASSERT_EQUAL(stage_count_lines(stage_shown(&stage)), 1);
    }
    stage_close(&stage);
}

static size_t memory_in_use(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

/* 100,000 tasks, eight at a time, each with output: what is held stays with the eight, and
 * with the 64 KiB that are gathered. (A sanitizer's allocator reports nothing; the check of numbers
 * then holds by itself.) */
void test_many_tasks(void)
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
    CU_ASSERT(memory_in_use() < before + 100000 + 2 * 65536);
    terminal_flush(stage.terminal);
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
