/* Functions of libraries on threads. */
#include "execute_function.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

static struct function_stage stage;

static void open_stage(uint32_t threads)
{
    function_stage_open(&stage, threads);
}

static void close_stage(void)
{
    function_stage_close(&stage);
}

static uint32_t function(const char *name)
{
    return stage_library(&stage, "functions", name);
}

static void results(void)
{
    open_stage(2);
    uint32_t nothing = stage_call(&stage, function("nothing"), NULL);
    uint32_t sum = stage_call(&stage, function("sum"), "[1, 2.5, 3]");
    uint32_t whole = stage_call(&stage, function("sum"), "[1, 2]");
    uint32_t kinds = stage_call(&stage, function("kinds"), "[]");
    uint32_t scale =
        stage_prepare_call(&stage, function("scale"), "{\"numbers\": [1, 2.5]}", "{\"by\": 2}");
    stage.executor->methods->launch(stage.executor, &stage.calls[scale].launch);
    uint32_t mirror =
        stage_prepare_call(&stage, function("mirror"), "[null, {\"b\": 1, \"a\": \"é\"}]",
                           "{\"z\": true, \"y\": 1.5, \"x\": []}");
    stage.executor->methods->launch(stage.executor, &stage.calls[mirror].launch);
    CU_ASSERT_TRUE(stage_await(&stage));
    check_returned(&stage, nothing, "nothing");
    check_returned(&stage, sum, "6.5");
    check_returned(&stage, whole, "3");
    check_returned(&stage, kinds,
                   "[null,true,-9223372036854775808,0.1,\"a\\u0000b\","
                   "[1,9223372036854775807,-9223372036854775808],{\"b\":[],\"a\":{}}]");
    check_returned(&stage, scale, "[2,5]");
    check_returned(&stage, mirror,
                   "{\"args\":[null,{\"b\":1,\"a\":\"é\"}],"
                   "\"json\":\"[null,{\\\"b\\\":1,\\\"a\\\":\\\"é\\\"}]\","
                   "\"keys\":[\"z\",2,\"y\",4,\"x\",6],\"name\":\"node 5\",\"attempt\":8}");
    CU_ASSERT_EQUAL(stage.calls[nothing].started, 0);
    close_stage();
}

static void failures(void)
{
    static const char *const hows[][2] = {
        {"utf8", "the function put a text that is not UTF-8, at byte 2"},
        {"nan", "the function put a number that is not a number (NaN), which JSON cannot hold"},
        {"infinite", "the function put a number that is infinite, which JSON cannot hold"},
        {"twice", "the function put a second result: put a list or a map"},
        {"open", "the function did not end a list that it had begun"},
        {"end", "the function ended a list or map that it had not begun"},
        {"keyless", "the function put a value into a map without a key"},
        {"key", "the function put a key outside of a map"},
        {"json", "the function put what is not JSON: '{' expected near '{'"},
        {"null", "the function put a text that is NULL"},
        {"deep", "the function put a value nested deeper than 64"},
    };
    enum { HOWS = sizeof hows / sizeof *hows };
    uint32_t nodes[HOWS];
    open_stage(2);
    uint32_t fails = stage_call(&stage, function("fails"), NULL);
    uint32_t silent = stage_call(&stage, function("silent"), NULL);
    uint32_t wrong = stage_call(&stage, function("sum"), "[1, \"2\"]");
    uint32_t missing = stage_call(&stage, function("large"), "[]");
    uint32_t rubbish = function("rubbish");
    for (int i = 0; i < HOWS; i++) {
        char args[64];
        snprintf(args, sizeof args, "[\"%s\"]", hows[i][0]);
        nodes[i] = stage_call(&stage, rubbish, args);
    }
    uint32_t leaks = stage_call(&stage, function("leaks"), NULL);
    CU_ASSERT_TRUE(stage_await(&stage));
    check_raised(&stage, fails, "no luck at 7");
    check_raised(&stage, silent, "the function returned 42 without a message");
    check_raised(&stage, wrong, "the function wants a number where the value is a text");
    check_raised(&stage, missing,
                 "the function wants a whole number of 64 bits where the value is missing");
    for (int i = 0; i < HOWS; i++)
        if (strcmp(hows[i][0], "json") == 0)
            CU_ASSERT_PTR_NOT_NULL(
                strstr(stage.calls[nodes[i]].detail, "the function put what is not JSON: "))
        else
            check_raised(&stage, nodes[i], hows[i][1]);
    check_returned(&stage, leaks, "1");
    close_stage();
}

static void not_found(void)
{
    char here[PATH_MAX], text[2 * PATH_MAX];
    open_stage(2);
    uint32_t library = stage_call(&stage, stage_library(&stage, "absent", "f"), NULL);
    uint32_t name = stage_call(&stage, function("nothin"), NULL);
    uint32_t plain = stage_call(&stage, stage_library(&stage, "plain", "nothing"), NULL);
    uint32_t foreign = stage_call(&stage, stage_library(&stage, "foreign", "nothing"), NULL);
    CU_ASSERT_TRUE(stage_await(&stage));
    CU_ASSERT_PTR_NOT_NULL_FATAL(getcwd(here, sizeof here));
    snprintf(text, sizeof text, "there is no library '%s/tests/execute/absent.so'", here);
    check_raised(&stage, library, text);
    snprintf(text, sizeof text, "library '%s/tests/execute/functions.so' has no function 'nothin'",
             here);
    check_raised(&stage, name, text);
    snprintf(text, sizeof text,
             "library '%s/tests/execute/plain.so' does not say which version of pargraph it was "
             "made for: put PARGRAPH_LIBRARY into one of its files",
             here);
    check_raised(&stage, plain, text);
    snprintf(text, sizeof text,
             "library '%s/tests/execute/foreign.so' was made for version 99 of pargraph's "
             "functions, this program has version 1: build it again with this pargraph's task.h",
             here);
    check_raised(&stage, foreign, text);
    close_stage();
}

static void large(void)
{
    open_stage(2);
    uint32_t one = stage_call(&stage, function("large"), "[1048576]");
    uint32_t hundred = stage_call(&stage, function("large"), "[104857600]");
    CU_ASSERT_TRUE(stage_await(&stage));
    CU_ASSERT_EQUAL(json_string_length(stage.calls[one].result), 1048576);
    CU_ASSERT_EQUAL(json_string_length(stage.calls[hundred].result), 104857600);
    CU_ASSERT_EQUAL(json_string_value(stage.calls[hundred].result)[104857599], 'x');
    close_stage();
}

static void output(void)
{
    open_stage(2);
    uint32_t says = function("says"), nodes[50];
    for (int i = 0; i < 50; i++)
        nodes[i] = stage_call(&stage, says, NULL);
    uint32_t many = stage_call(&stage, says, "[20000]");
    uint32_t threads = stage_call(&stage, function("threads"), NULL);
    CU_ASSERT_TRUE(stage_await(&stage));
    for (int i = 0; i < 50; i++) {
        CHECK_TEXT(buffer_text(&stage.calls[nodes[i]].outputs[1]), "line 1\n");
        CHECK_TEXT(buffer_text(&stage.calls[nodes[i]].outputs[2]), "aside\n");
    }
    struct buffer *lines = &stage.calls[many].outputs[1];
    CU_ASSERT_EQUAL(lines->length, 9 * 7 + 90 * 8 + 900 * 9 + 9000 * 10 + 10001 * 11);
    CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(lines), "\nline 20000\n"));
    CHECK_TEXT(buffer_text(&stage.calls[threads].outputs[1]), "from a thread of its own\n");
    close_stage();
}

static bool is_started(struct act_call *call)
{
    return call->started > 0;
}

static bool is_half(struct act_call *call)
{
    return call->progress == 0.5;
}

static void lasting(void)
{
    open_stage(3);
    int64_t before = clock_monotonic();
    uint32_t rests = stage_call(&stage, function("rests"), "[0.05]");
    CU_ASSERT_TRUE(stage_turn_until(&stage, is_half, rests));
    CU_ASSERT_EQUAL(stage.calls[rests].started, 1);
    CU_ASSERT_TRUE(stage.calls[rests].at >= before);
    CU_ASSERT_TRUE(stage_await(&stage));
    CU_ASSERT_TRUE(clock_monotonic() - before >= 50000000);
    check_returned(&stage, rests, "\"rested\"");
    close_stage();
}

/* Behind a call that lasts nobody waits, though it was thought to be short. */
static void stuck(void)
{
    open_stage(2);
    uint32_t rests = function("rests");
    for (int i = 0; i < 400; i++)
        stage_call(&stage, rests, "[0]");
    CU_ASSERT_TRUE(stage_await(&stage));
    uint32_t slow = stage_call(&stage, rests, "[100]"), quick[100];
    for (int i = 0; i < 100; i++)
        quick[i] = stage_call(&stage, rests, "[0]");
    while (stage.running > 1 && stage.calls[slow].finished == 0)
        CU_ASSERT_TRUE_FATAL(loop_turn(stage.loop, INT64_MAX, NULL));
    CU_ASSERT_EQUAL(stage.calls[slow].finished, 0);
    for (int i = 0; i < 100; i++)
        check_returned(&stage, quick[i], "\"rested\"");
    stage_stop(&stage, slow, false);
    CU_ASSERT_TRUE(stage_await(&stage));
    CU_ASSERT_EQUAL(stage.calls[slow].kind, EXIT_SIGNAL);
    CU_ASSERT_EQUAL(stage.calls[slow].code, SIGTERM);
    CU_ASSERT_EQUAL(stage.calls[slow].unstoppable, 0);
    close_stage();
}

static void stopping(void)
{
    open_stage(2);
    uint32_t rests = stage_call(&stage, function("rests"), "[100]");
    uint32_t spins = stage_call(&stage, function("spins"), NULL);
    uint32_t waits = stage_call(&stage, function("spins"), NULL);
    uint32_t waits_too = stage_call(&stage, function("nothing"), NULL);
    CU_ASSERT_TRUE(stage_turn_until(&stage, is_started, rests));
    CU_ASSERT_TRUE(stage_turn_until(&stage, is_started, spins));
    stage_stop(&stage, waits, false);
    stage_stop(&stage, waits_too, true);
    CU_ASSERT_EQUAL(stage.calls[waits].finished, 0); /* not from within */
    stage_stop(&stage, rests, false);
    stage_stop(&stage, spins, true);
    stage_stop(&stage, 1000, true);
    CU_ASSERT_TRUE(stage_await(&stage));
    CU_ASSERT_EQUAL(stage.calls[waits].started + stage.calls[waits_too].started, 0);
    for (uint32_t node = 0; node < 4; node++) {
        CU_ASSERT_EQUAL(stage.calls[node].kind, EXIT_SIGNAL);
        CU_ASSERT_EQUAL(stage.calls[node].code, node == waits_too ? SIGKILL : SIGTERM);
        CU_ASSERT_EQUAL(stage.calls[node].unstoppable, 0);
    }
    close_stage();
}

static int *let_go(void)
{
    void *library = dlopen("tests/execute/functions.so", RTLD_NOW | RTLD_NOLOAD);
    char path[PATH_MAX + 64];
    if (library == NULL && getcwd(path, PATH_MAX) != NULL) {
        strcat(path, "/tests/execute/functions.so");
        library = dlopen(path, RTLD_NOW);
    }
    CU_ASSERT_PTR_NOT_NULL_FATAL(library);
    return dlsym(library, "functions_let_go");
}

static bool is_unstoppable(struct act_call *call)
{
    return call->unstoppable > 0;
}

static bool is_finished(struct act_call *call)
{
    return call->finished > 0;
}

static void hanging(bool is_kill_first)
{
    __atomic_store_n(let_go(), 0, __ATOMIC_RELAXED);
    open_stage(1);
    uint32_t hangs = stage_call(&stage, function("hangs"), "[1, 2]");
    CU_ASSERT_TRUE(stage_turn_until(&stage, is_started, hangs));
    stage_stop(&stage, hangs, is_kill_first);
    CU_ASSERT_TRUE(stage_turn_until(&stage, is_unstoppable, hangs));
    if (!is_kill_first) {
        CU_ASSERT_EQUAL(stage.calls[hangs].finished, 0);
        stage_stop(&stage, hangs, true);
    }
    CU_ASSERT_TRUE(stage_turn_until(&stage, is_finished, hangs));
    CU_ASSERT_EQUAL(stage.calls[hangs].kind, EXIT_SIGNAL);
    CU_ASSERT_EQUAL(stage.calls[hangs].code, SIGKILL);
    CHECK_TEXT(buffer_text(&stage.calls[hangs].outputs[1]), "hanging\n");
    /* Its place is another's. */
    uint32_t sum = stage_call(&stage, function("sum"), "[1]");
    CU_ASSERT_TRUE(stage_await(&stage));
    check_returned(&stage, sum, "1");
    close_stage();
    __atomic_store_n(let_go(), 1, __ATOMIC_RELAXED);
    usleep(50000); /* for the thread, which is on its own, to end by itself */
}

static void unstoppable(void)
{
    hanging(false);
    hanging(true);
}

static void surroundings(void)
{
    static char *const env[] = {(char *)"OTHER=1", (char *)"FUNCTIONS_TEST=here", NULL};
    static char *const unset[] = {(char *)"FUNCTIONS_TEST", NULL};
    open_stage(1);
    setenv("FUNCTIONS_TEST", "outside", 1);
    uint32_t where = function("where"), nodes[4];
    char before[PATH_MAX], after[PATH_MAX], text[PATH_MAX + 64];
    CU_ASSERT_PTR_NOT_NULL_FATAL(getcwd(before, sizeof before));
    for (int i = 0; i < 4; i++) {
        nodes[i] = stage_prepare_call(&stage, where, NULL, NULL);
        struct act_call *call = &stage.calls[nodes[i]];
        call->invocation.cwd = i == 1 ? (char *)"/usr" : i == 3 ? (char *)"/nowhere" : NULL;
        call->launch.env = i == 1 ? (char **)env : i == 2 ? (char **)unset : NULL;
        stage.executor->methods->launch(stage.executor, &call->launch);
    }
    CU_ASSERT_TRUE(stage_await(&stage));
    snprintf(text, sizeof text, "[\"%s\",\"outside\"]", before);
    check_returned(&stage, nodes[0], text);
    check_returned(&stage, nodes[1], "[\"/usr\",\"here\"]");
    check_returned(&stage, nodes[2], "[\"/\"]");
    check_raised(&stage, nodes[3], "cannot enter '/nowhere': No such file or directory");
    CU_ASSERT_PTR_NOT_NULL_FATAL(getcwd(after, sizeof after));
    CHECK_TEXT(after, before);
    unsetenv("FUNCTIONS_TEST");
    close_stage();
}

static void sizes(void)
{
    open_stage(5);
    uint32_t together = function("together");
    for (int i = 0; i < 60; i++)
        stage_call(&stage, together, NULL);
    CU_ASSERT_TRUE(stage_await(&stage));
    json_int_t most = 0;
    for (uint32_t i = 0; i < 60; i++)
        if (json_integer_value(stage.calls[i].result) > most)
            most = json_integer_value(stage.calls[i].result);
    CU_ASSERT_EQUAL(most, 5);
    close_stage();
}

static uint32_t chained, chain_left;

static void go_on(struct function_stage *of, uint32_t node)
{
    struct act_call *call = &of->calls[node];
    if (chain_left == 0)
        return;
    chain_left--;
    json_decref(call->result);
    call->finished = 0;
    call->result = NULL;
    of->running++;
    of->executor->methods->launch(of->executor, &call->launch);
}

/* Calls that follow from each other, many at a time, on both pools; nothing is lost or doubled. */
static void many(void)
{
    open_stage(2);
    chained = function("nothing");
    chain_left = 200000;
    stage.on_finished = go_on;
    for (int i = 0; i < 100; i++) {
        uint32_t node = stage_prepare_call(&stage, chained, NULL, NULL);
        stage.calls[node].invocation.pool = &stage.pools[i % 2];
        stage.executor->methods->launch(stage.executor, &stage.calls[node].launch);
    }
    CU_ASSERT_TRUE(stage_await(&stage));
    CU_ASSERT_EQUAL(chain_left, 0);
    for (uint32_t i = 0; i < 100; i++)
        CU_ASSERT_EQUAL(stage.calls[i].finished, 1);
    close_stage();
}

static void pausing(void)
{
    open_stage(2);
    uint32_t sum = function("sum");
    stage_call(&stage, sum, "[1]");
    CU_ASSERT_TRUE(stage_await(&stage));
    stage.executor->methods->pause(stage.executor, true);
    uint32_t held = stage_call(&stage, sum, "[2]");
    for (int i = 0; i < 5; i++)
        loop_turn(stage.loop, clock_monotonic() + 2000000, NULL);
    CU_ASSERT_EQUAL(stage.calls[held].finished, 0);
    stage.executor->methods->pause(stage.executor, false);
    CU_ASSERT_TRUE(stage_await(&stage));
    check_returned(&stage, held, "2");
    close_stage();
}

const struct check function_checks[] = {
    {"functions: results", results},
    {"functions: failures", failures},
    {"functions: not found", not_found},
    {"functions: large results", large},
    {"functions: output", output},
    {"functions: lasting", lasting},
    {"functions: stuck", stuck},
    {"functions: stopping", stopping},
    {"functions: unstoppable", unstoppable},
    {"functions: surroundings", surroundings},
    {"functions: sizes", sizes},
    {"functions: many", many},
    {"functions: pausing", pausing},
    {NULL, NULL},
};
