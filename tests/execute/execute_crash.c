/* Functions that end the process, each in a process of its own; and what they write to descriptors.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "execute_function.h"

static struct function_stage stage;

/* Calls a function in a child with its standard error in a pipe. Returns the status of its end. */
static int call_apart(const char *name, bool is_raw, struct buffer *said)
{
    int ends[2], status;
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        if (is_raw)
            function_stage_open_raw(&stage, 2);
        else
            function_stage_open(&stage, 2);
        stage_call(&stage, stage_library(&stage, "functions", name), NULL);
        stage_await(&stage);
        _exit(0);
    }
    close(ends[1]);
    ssize_t length;
    while ((length = read(ends[0], buffer_reserve(said, 4096), 4096)) > 0)
        said->length += (size_t)length;
    close(ends[0]);
    CU_ASSERT_EQUAL_FATAL(waitpid(child, &status, 0), child);
    return status;
}

/* A sanitizer has its own way of ending after a crash. */
static void check_end(const char *name, int number, const char *what, bool is_raw)
{
    CLEANUP_BUFFER struct buffer said = {0};
    int status = call_apart(name, is_raw, &said);
    CU_ASSERT_TRUE((WIFSIGNALED(status) && WTERMSIG(status) == number) ||
                   (WIFEXITED(status) && WEXITSTATUS(status) != 0));
    const char *begin = strstr(buffer_text(&said), "pargraph: function ");
    CU_ASSERT_PTR_NOT_NULL_FATAL(begin);
    char *end = strchr(begin, '\n');
    CU_ASSERT_PTR_NOT_NULL_FATAL(end);
    CU_ASSERT_PTR_NOT_NULL(strstr(end, "pargraph resume"));
    CU_ASSERT_PTR_NOT_NULL(strstr(end, "backend: process"));
    *end = '\0';
    CHECK_TEXT(begin, what);
}

static void crash(void)
{
    for (int is_raw = 0; is_raw < 2; is_raw++) {
        check_end("crashes", SIGSEGV,
                  "pargraph: function library functions.so: crashes crashed (SIGSEGV), and with it "
                  "the runner, on a thread of which it was called, in task node 0",
                  is_raw);
        check_end("aborts", SIGABRT,
                  "pargraph: function library functions.so: aborts aborted (SIGABRT), and with it "
                  "the runner, on a thread of which it was called, in task node 0",
                  is_raw);
    }
}

static void overflow(void)
{
    check_end("overflows", SIGSEGV,
              "pargraph: function library functions.so: overflows crashed (SIGSEGV), and with it "
              "the runner, on a thread of which it was called, in task node 0",
              false);
}

static void exiting(void)
{
    check_end("exits", SIGABRT,
              "pargraph: function library functions.so: exits called exit(): it ended, and with it "
              "the runner, on a thread of which it was called, in task node 0",
              true);
}

static void forking(void)
{
    function_stage_open(&stage, 2);
    uint32_t forks = stage_library(&stage, "functions", "forks");
    uint32_t proper = stage_call(&stage, forks, "[false]");
    uint32_t returning = stage_call(&stage, forks, "[true]");
    CU_ASSERT_TRUE(stage_await(&stage));
    check_returned(&stage, proper, "7");
    check_returned(&stage, returning, "1");
    function_stage_close(&stage);
}

/* One call after the other: each has its own. */
static void writing(void)
{
    function_stage_open_raw(&stage, 2);
    uint32_t prints = stage_library(&stage, "functions", "prints"), nodes[30];
    for (int i = 0; i < 30; i++) {
        nodes[i] = stage_call(&stage, prints, "[\"x\"]");
        CU_ASSERT_TRUE(stage_await(&stage));
    }
    for (int i = 0; i < 30; i++) {
        CHECK_TEXT(buffer_text(&stage.calls[nodes[i]].outputs[1]), "out x\nopen");
        CHECK_TEXT(buffer_text(&stage.calls[nodes[i]].outputs[2]), "err x\n");
    }
    CU_ASSERT_EQUAL(stage.said[1].length + stage.said[2].length, 0);
    uint32_t shell =
        stage_call(&stage, stage_lua(&stage, "os.execute('echo from a shell')", NULL), NULL);
    CU_ASSERT_TRUE(stage_await(&stage));
    CHECK_TEXT(buffer_text(&stage.calls[shell].outputs[1]), "from a shell\n");
    CU_ASSERT_EQUAL(write(stage.outputs[0], "", 0), 0);
    function_stage_close(&stage);
}

/* Several at a time: nothing is lost, and nothing is said to be of a call that it may not be of. */
static void writing_together(void)
{
    function_stage_open_raw(&stage, 4);
    uint32_t prints = stage_library(&stage, "functions", "prints");
    uint32_t rests = stage_library(&stage, "functions", "rests");
    stage_call(&stage, rests, "[0.1]");
    for (int i = 0; i < 200; i++)
        stage_call(&stage, prints, "[\"y\"]");
    CU_ASSERT_TRUE(stage_await(&stage));
    stage.executor->methods->signal(stage.executor, 1000, 0, false);
    for (int i = 0; i < 3; i++)
        loop_turn(stage.loop, clock_monotonic() + 5000000, NULL);
    size_t length = stage.said[1].length;
    for (uint32_t i = 0; i < stage.call_count; i++)
        length += stage.calls[i].outputs[1].length;
    CU_ASSERT_EQUAL(length, 200 * 10);
    CU_ASSERT_EQUAL(stage.calls[0].outputs[1].length, 0);
    function_stage_close(&stage);
}

const struct check crash_checks[] = {
    {"crash: signals", crash},
    {"crash: overflow of the stack", overflow},
    {"crash: exit", exiting},
    {"crash: fork", forking},
    {"crash: writing", writing},
    {"crash: writing together", writing_together},
    {NULL, NULL},
};
