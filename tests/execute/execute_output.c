/* What goes in and comes out. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "execute_stage.h"

static struct stage stage;
static char *both[] = {(char *)"sh", (char *)"-c", (char *)"echo out; echo err >&2; echo out2",
                       NULL};

static void check_streams(void)
{
    stage_open(&stage, NULL);
    stage_prepare(&stage, 0, both);
    stage_prepare(&stage, 1, both)->is_split = true;
    stage_prepare(&stage, 2, both)->is_split = true;
    stage.acts[2].launch.is_joined = true;
    stage_prepare(&stage, 3, both)->is_discarded[1] = true;
    stage_prepare(&stage, 4, both)->is_discarded[2] = true;
    stage_prepare(&stage, 5, both)->is_discarded[1] = true;
    stage.acts[5].launch.is_joined = true;
    for (uint32_t i = 0; i < 6; i++)
        stage_launch(&stage, i);
    CU_ASSERT_TRUE(stage_wait(&stage));
    CHECK_TEXT(stage_output(&stage, 0, 1), "out\nerr\nout2\n");
    CHECK_TEXT(stage_output(&stage, 0, 2), "");
    CHECK_TEXT(stage_output(&stage, 1, 1), "out\nout2\n");
    CHECK_TEXT(stage_output(&stage, 1, 2), "err\n");
    CHECK_TEXT(stage_output(&stage, 2, 1), "out\nerr\nout2\n");
    CHECK_TEXT(stage_output(&stage, 3, 1), "");
    CHECK_TEXT(stage_output(&stage, 3, 2), "err\n");
    CHECK_TEXT(stage_output(&stage, 4, 1), "out\nout2\n");
    CHECK_TEXT(stage_output(&stage, 4, 2), "");
    CHECK_TEXT(stage_output(&stage, 5, 1), "");
    CHECK_TEXT(stage_output(&stage, 5, 2), "");
    stage_close(&stage);
}

static void check_file(const char *name, const char *expected)
{
    CLEANUP_FREE char *text = read_file(stage_path(&stage, name));
    CHECK_TEXT(text, expected);
}

static void check_files(void)
{
    stage_open(&stage, NULL);
    write_file(stage_path(&stage, "old"), "much longer than what comes now\n", 0644);
    stage_prepare(&stage, 0, both)->paths[1] = stage_path(&stage, "old");
    stage_prepare(&stage, 1, both)->paths[1] = "joined"; /* in the directory */
    stage.acts[1].launch.is_joined = true;
    stage_prepare(&stage, 2, both)->paths[1] = "one";
    stage.acts[2].launch.paths[2] = "two";
    stage_prepare(&stage, 3, both)->paths[1] = "same";
    stage.acts[3].launch.paths[2] = "same";
    for (uint32_t i = 0; i < 4; i++)
        stage_launch(&stage, i);
    CU_ASSERT_TRUE(stage_wait(&stage));
    check_file("old", "out\nout2\n");
    CHECK_TEXT(stage_output(&stage, 0, 2), "err\n");
    check_file("joined", "out\nerr\nout2\n");
    check_file("one", "out\nout2\n");
    check_file("two", "err\n");
    check_file("same", "out\nerr\nout2\n");
    for (uint32_t i = 1; i < 4; i++) {
        CHECK_TEXT(stage_output(&stage, i, 1), "");
        CHECK_TEXT(stage_output(&stage, i, 2), "");
    }
    stage_close(&stage);
}

static void check_inputs(void)
{
    enum { LENGTH = 1 << 20 };
    stage_open(&stage, NULL);
    CLEANUP_FREE char *text = memory_new(LENGTH);
    for (int i = 0; i < LENGTH; i++)
        text[i] = (char)(i * 7 + i / 256);
    write_file(stage_path(&stage, "input"), "from a file\n", 0644);
    char *cat[] = {(char *)"cat", NULL};
    stage_prepare(&stage, 0, cat);
    stage_prepare(&stage, 1, cat)->stdin_text = text;
    stage.acts[1].launch.stdin_length = LENGTH;
    stage_prepare(&stage, 2, cat)->stdin_text = "";
    stage_prepare(&stage, 3, cat)->stdin_path = stage_path(&stage, "input");
    for (uint32_t i = 0; i < 4; i++)
        stage_launch(&stage, i);
    CU_ASSERT_TRUE(stage_wait(&stage));
    CHECK_TEXT(stage_output(&stage, 0, 1), "");
    CU_ASSERT_EQUAL_FATAL(stage.acts[1].outputs[1].length, LENGTH);
    CU_ASSERT_EQUAL(memcmp(stage.acts[1].outputs[1].bytes, text, LENGTH), 0);
    CHECK_TEXT(stage_output(&stage, 2, 1), "");
    CHECK_TEXT(stage_output(&stage, 3, 1), "from a file\n");
    for (uint32_t i = 0; i < 4; i++)
        CHECK_EXIT(&stage, i, 0);
    stage_close(&stage);
}

static void check_big_line(void)
{
    enum { LENGTH = 10000000 };
    stage_open(&stage, NULL);
    stage_shell(&stage, 0, "head -c 10000000 /dev/zero | tr '\\0' x");
    stage_shell(&stage, 1, "printf 'a\\000b\\377\\033[31m\\r\\n'");
    CU_ASSERT_TRUE(stage_wait(&stage));
    const struct buffer *big = &stage.acts[0].outputs[1];
    CU_ASSERT_EQUAL_FATAL(big->length, LENGTH);
    size_t wrong = 0;
    for (size_t i = 0; i < big->length; i++)
        wrong += big->bytes[i] != 'x';
    CU_ASSERT_EQUAL(wrong, 0);
    const struct buffer *binary = &stage.acts[1].outputs[1];
    CU_ASSERT_EQUAL_FATAL(binary->length, 11);
    CU_ASSERT_EQUAL(memcmp(binary->bytes, "a\0b\377\033[31m\r\n", 11), 0);
    stage_close(&stage);
}

/* Two tasks write without end; a third gets its turn and ends. */
static void check_flood(void)
{
    stage_open(&stage, &(struct process_options){.spawners = 4});
    stage_shell(&stage, 0, "exec cat /dev/zero");
    stage_shell(&stage, 1, "exec cat /dev/zero");
    stage_shell(&stage, 2, "sleep 0.05; echo through");
    while (stage.acts[2].finished == 0) {
        CU_ASSERT_TRUE_FATAL(loop_turn(stage.loop, INT64_MAX, NULL));
        buffer_clear(&stage.acts[0].outputs[1]);
        buffer_clear(&stage.acts[1].outputs[1]);
    }
    CHECK_TEXT(stage_output(&stage, 2, 1), "through\n");
    stage_signal(&stage, 0, true);
    stage_signal(&stage, 1, true);
    CU_ASSERT_TRUE(stage_wait(&stage));
    CHECK_SIGNAL(&stage, 0, SIGKILL);
    CHECK_SIGNAL(&stage, 1, SIGKILL);
    stage_close(&stage);
}

/* A background child holds the pipe: the attempt ends all the same, what is written within the
 * draining is kept, and the child of a success lives on until the close. */
static void check_held_pipe(void)
{
    stage_open(&stage, &(struct process_options){.drain = 300000000});
    stage_shell(&stage, 0, "sleep 1000 & echo $!; (sleep 0.02; echo late) & exit 0");
    CU_ASSERT_TRUE(stage_wait(&stage));
    CHECK_EXIT(&stage, 0, 0);
    int sleeper = atoi(stage_output(&stage, 0, 1));
    CU_ASSERT_PTR_NOT_NULL(strstr(stage_output(&stage, 0, 1), "\nlate\n"));
    CU_ASSERT_TRUE(is_running(sleeper));
    stage.executor->methods->close(stage.executor);
    stage.executor = NULL;
    CU_ASSERT_FALSE(is_running(sleeper));
    stage_close(&stage);
}

/* A background child that writes without end does not keep the attempt from its end. */
static void check_held_flood(void)
{
    stage_open(&stage, &(struct process_options){.drain = 20000000});
    stage_shell(&stage, 0, "cat /dev/zero & exit 0");
    CU_ASSERT_TRUE(stage_wait(&stage));
    CHECK_EXIT(&stage, 0, 0);
    stage_close(&stage);
}

/* Opening a FIFO waits for the other side: only the task waits, and it can be stopped. */
static void check_fifos(void)
{
    stage_open(&stage, &(struct process_options){.spawners = 1});
    CU_ASSERT_EQUAL(mkfifo(stage_path(&stage, "fifo"), 0600), 0);
    CU_ASSERT_EQUAL(mkfifo(stage_path(&stage, "lonely"), 0600), 0);
    char *cat[] = {(char *)"cat", (char *)"-", NULL};
    stage_prepare(&stage, 0, cat)->stdin_path = "fifo";
    stage_prepare(&stage, 1, cat)->stdin_path = "lonely";
    stage_prepare(&stage, 2, both)->paths[1] = "fifo";
    stage.acts[2].launch.is_joined = true;
    for (uint32_t i = 0; i < 3; i++)
        stage_launch(&stage, i);
    while (stage.running > 1)
        CU_ASSERT_TRUE_FATAL(loop_turn(stage.loop, INT64_MAX, NULL));
    CHECK_TEXT(stage_output(&stage, 0, 1), "out\nerr\nout2\n");
    CHECK_EXIT(&stage, 2, 0);
    CU_ASSERT_EQUAL(stage.acts[1].finished, 0);
    stage_signal(&stage, 1, false);
    CU_ASSERT_TRUE(stage_wait(&stage));
    CHECK_SIGNAL(&stage, 1, SIGTERM);
    stage_close(&stage);
}

const struct check output_checks[] = {
    {"output: streams together, apart, joined, discarded", check_streams},
    {"output: files", check_files},
    {"output: standard input", check_inputs},
    {"output: one line of 10 MB, and binary", check_big_line},
    {"output: a flood does not starve others", check_flood},
    {"output: a pipe held by a background child", check_held_pipe},
    {"output: a held pipe that is written to without end", check_held_flood},
    {"output: FIFOs", check_fifos},
    {NULL, NULL},
};
