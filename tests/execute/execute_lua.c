/* Functions of Lua on threads. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "execute_function.h"

static struct function_stage stage;

static uint32_t call(const char *source, const char *names, const char *args)
{
    return stage_call(&stage, stage_lua(&stage, source, names), args);
}

static void results(void)
{
    function_stage_open(&stage, 2);
    uint32_t named = call("return a + b", "a b", "{\"b\": 2, \"a\": 1}");
    uint32_t listed = call("return select('#', ...), nil", NULL, "[1, 2]");
    uint32_t spread = call("return {...}", NULL, "[1, \"x\", 2.5, [], {}, null]");
    uint32_t nothing = call("local x = 1", NULL, NULL);
    uint32_t null = call("return {a == null, a}", "a", "{\"a\": null}");
    uint32_t order = call("return m", "m", "{\"m\": {\"z\": 1, \"a\": {}, \"l\": []}}");
    uint32_t class = call("return setmetatable({}, {__index = {1}, 'x'})", NULL, NULL);
    uint32_t many = call("local t = {} for i = 1, 100000 do t[i] = i end return #t", NULL, NULL);
    uint32_t absent = call("return a == nil", "a", "{}");
    CU_ASSERT_TRUE(stage_await(&stage));
    check_returned(&stage, named, "3");
    check_raised(&stage, listed, "the function returned 2 values: return a list or a map");
    check_returned(&stage, spread, "[1,\"x\",2.5,[],{},null]");
    check_returned(&stage, nothing, "nothing");
    check_returned(&stage, null, "[true,null]");
    check_returned(&stage, order, "{\"z\":1,\"a\":{},\"l\":[]}");
    check_returned(&stage, class, "[]");
    check_returned(&stage, many, "100000");
    check_returned(&stage, absent, "true");
    function_stage_close(&stage);
}

static void failures(void)
{
    function_stage_open(&stage, 2);
    uint32_t syntax = call("return +", NULL, NULL);
    uint32_t raised = call("local function f()\n  error('no luck')\nend\nf()", NULL, NULL);
    uint32_t table = call("error({})", NULL, NULL);
    uint32_t nan = call("return {0/0}", NULL, NULL);
    uint32_t function = call("return print", NULL, NULL);
    uint32_t bytes = call("return '\\xff'", NULL, NULL);
    uint32_t leaves = call("os.exit(0)", NULL, NULL);
    uint32_t locale = call("os.setlocale('C')", NULL, NULL);
    uint32_t loop = call("local t = {} t.t = t return t", NULL, NULL);
    CU_ASSERT_TRUE(stage_await(&stage));
    check_raised(&stage, syntax, "lua:1: unexpected symbol near '+'");
    check_raised(&stage, raised, "lua:2: no luck");
    CU_ASSERT_PTR_NOT_NULL(
        strstr(buffer_text(&stage.calls[raised].outputs[2]), "stack traceback:\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&stage.calls[raised].outputs[2]), "lua:4: in "));
    CHECK_TEXT(stage.calls[table].detail, "an error that is no text was raised: a table");
    check_raised(&stage, nan,
                 "the function returned what JSON cannot hold: the result is not a "
                 "number (0/0)");
    check_raised(&stage, function,
                 "the function returned what JSON cannot hold: a function is not a value");
    check_raised(&stage, bytes, "the function returned what JSON cannot hold: a text is not UTF-8");
    check_raised(&stage, leaves,
                 "lua:1: os.exit is the whole process's: a function cannot have it");
    check_raised(&stage, locale,
                 "lua:1: os.setlocale is the whole process's: a function cannot have it");
    check_raised(&stage, loop,
                 "the function returned what JSON cannot hold: a value is nested "
                 "deeper than 64");
    function_stage_close(&stage);
}

static void surroundings(void)
{
    static char *const env[] = {(char *)"FUNCTIONS_TEST=here", NULL};
    function_stage_open(&stage, 1);
    uint32_t output =
        call("print('a', 1, nil) io.write('b', 2) io.stdout:write('c', '\\n'):write('d') "
             "io.stderr:write('e')",
             NULL, NULL);
    uint32_t file =
        call("local f = io.tmpfile() local old = io.output() io.output(f) io.write('x') "
             "f:write('y') f:seek('set') io.output(old) io.write('z') return f:read('a')",
             NULL, NULL);
    uint32_t task =
        call("return {task.name(), task.attempt(), task.cancelled(), task.sleep(0)}", NULL, NULL);
    uint32_t getenv = stage_prepare_call(
        &stage, stage_lua(&stage, "return {os.getenv('FUNCTIONS_TEST')}", NULL), NULL, NULL);
    stage.calls[getenv].launch.env = (char **)env;
    stage.executor->methods->launch(stage.executor, &stage.calls[getenv].launch);
    uint32_t execute = call("return {os.execute('exit 3')}", NULL, NULL);
    uint32_t shell = call("return os.execute()", NULL, NULL);
    uint32_t libraries = call("return {type(io.open), type(require), type(coroutine.wrap), "
                              "type(os.time()), utf8.char(233)}",
                              NULL, NULL);
    CU_ASSERT_TRUE(stage_await(&stage));
    check_returned(&stage, output, "nothing");
    CHECK_TEXT(buffer_text(&stage.calls[output].outputs[1]), "a\t1\tnil\nb2c\nd");
    CHECK_TEXT(buffer_text(&stage.calls[output].outputs[2]), "e");
    check_returned(&stage, file, "\"xy\"");
    CHECK_TEXT(buffer_text(&stage.calls[file].outputs[1]), "z");
    check_returned(&stage, task, "[\"node 2\",5,false]");
    check_returned(&stage, getenv, "[\"here\"]");
    check_raised(&stage, execute,
                 "the function returned what JSON cannot hold: a table is neither a "
                 "list (keys 1 to n) nor a map (keys that are text)");
    check_returned(&stage, shell, "true");
    check_returned(&stage, libraries, "[\"function\",\"function\",\"function\",\"number\",\"é\"]");
    function_stage_close(&stage);
}

static bool is_started(struct act_call *call)
{
    return call->started > 0;
}

/* None of them asks for its flag. */
static void stopping(void)
{
    static const char *const sources[] = {
        "while true do local t = {} end",
        "while true do pcall(function() while true do local t = {} end end) end",
        "local c = coroutine.wrap(function() while true do local t = {} end end) c()",
        "coroutine.resume(coroutine.create(function() while true do local t = {} end end)) while "
        "true do local t = {} end",
        "task.sleep(100)",
        "os.execute('exec sleep 100') while true do local t = {} end",
        "local function f() local t = {} return f() end f()",
    };
    enum { COUNT = sizeof sources / sizeof *sources };
    function_stage_open(&stage, COUNT);
    for (int i = 0; i < COUNT; i++)
        call(sources[i], NULL, NULL);
    for (uint32_t i = 0; i < COUNT; i++) {
        CU_ASSERT_TRUE(stage_turn_until(&stage, is_started, i));
        stage_stop(&stage, i, false);
    }
    CU_ASSERT_TRUE(stage_await(&stage));
    for (uint32_t i = 0; i < COUNT; i++) {
        CU_ASSERT_EQUAL(stage.calls[i].kind, EXIT_SIGNAL);
        CU_ASSERT_EQUAL(stage.calls[i].code, SIGTERM);
        CU_ASSERT_EQUAL(stage.calls[i].unstoppable, 0);
    }
    uint32_t after = call("return 1", NULL, NULL);
    CU_ASSERT_TRUE(stage_await(&stage));
    check_returned(&stage, after, "1");
    function_stage_close(&stage);
}

static void many(void)
{
    function_stage_open(&stage, 3);
    uint32_t add = stage_lua(&stage, "return a + b", "a b");
    uint32_t twice = stage_lua(&stage, "return 2 * ...", NULL);
    for (int i = 0; i < 1000; i++)
        stage_call(&stage, i % 2 == 0 ? add : twice, i % 2 == 0 ? "{\"a\": 1, \"b\": 2}" : "[4]");
    CU_ASSERT_TRUE(stage_await(&stage));
    for (uint32_t i = 0; i < 1000; i++)
        check_returned(&stage, i, i % 2 == 0 ? "3" : "8");
    function_stage_close(&stage);
}

const struct check lua_checks[] = {
    {"lua: results", results},   {"lua: failures", failures}, {"lua: surroundings", surroundings},
    {"lua: stopping", stopping}, {"lua: many", many},         {NULL, NULL},
};
