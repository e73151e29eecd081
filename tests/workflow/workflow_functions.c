/* Functions, the calls of them, and pools. */
#include <string.h>

#include "fixture.h"

static const struct function *function_of(const struct fixture *f, const struct call *call)
{
    CU_ASSERT_PTR_NOT_NULL_FATAL(call);
    CU_ASSERT_FATAL(call->function < f->workflow.function_count);
    return &f->workflow.functions[call->function];
}

static void test_functions(void)
{
    struct fixture f;
    fixture_good(&f, "pargraph: 1\n"
                     "params: {p: {type: text, default: lib}}\n"
                     "tasks:\n"
                     "  a: {call: {library: ./lib/stats.so, function: mean}}\n"
                     "  b: {call: {library: \"${{ params.p }}/stats.so\", function: mean}}\n"
                     "  c: {call: {library: /opt/stats.so, function: mean}}\n"
                     "  d: {call: {lua: return x, args: {x: 1, b: 2}}}\n"
                     "  e: {call: {lua: return x, args: {b: 5, x: 1}}}\n"
                     "  f: {call: {lua: return x, args: {x: 1}}}\n"
                     "  g: {call: {lua: return x, args: [1]}}\n"
                     "  h: {call: {lua: return x}}\n"
                     "  i: {call: {python: 'a.b:C.d', args: [1], kwargs: {a: 2}}}\n"
                     "  j: {steps: [{steps: [{call: {python: 'a.b:C.d'}}]}]}\n"
                     "  k: {call: {worker: [node, w.js], function: any thing}}\n"
                     "  l: {call: {worker: node, function: any thing}}\n");
    static const struct {
        const char *task;
        uint32_t function;
    } expected[] = {{"a", 0}, {"b", 0}, {"c", 1}, {"d", 2}, {"e", 2}, {"f", 3},
                    {"g", 4}, {"h", 4}, {"i", 5}, {"k", 6}, {"l", 7}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const struct task *task = fixture_task(&f, expected[i].task);
        CU_ASSERT_EQUAL(task->body, BODY_CALL);
        CU_ASSERT_PTR_NOT_NULL_FATAL(task->call);
        CU_ASSERT_EQUAL(task->call->function, expected[i].function);
    }
    const struct function *all = f.workflow.functions;
    CU_ASSERT_EQUAL_FATAL(f.workflow.function_count, 8);
    CHECK_TEXT(fixture_text(&f, all[0].text), "mean");
    CLEANUP_BUFFER struct buffer path = {0};
    buffer_printf(&path, "%s/lib/stats.so", f.snapshot.directory);
    CHECK_TEXT(fixture_text(&f, all[0].file), buffer_text(&path));
    CHECK_TEXT(fixture_text(&f, all[1].file), "/opt/stats.so");
    CU_ASSERT_EQUAL(all[2].kind, FUNCTION_LUA);
    CHECK_TEXT(fixture_text(&f, all[2].text), "return x");
    CU_ASSERT_EQUAL_FATAL(all[2].argument_count, 2);
    CHECK_TEXT(fixture_text(&f, all[2].arguments[0]), "b");
    CHECK_TEXT(fixture_text(&f, all[2].arguments[1]), "x");
    CU_ASSERT_EQUAL(all[4].argument_count, 0);
    CU_ASSERT_EQUAL(all[5].kind, FUNCTION_PYTHON);
    CHECK_TEXT(fixture_text(&f, all[5].text), "a.b:C.d");
    CHECK_TEXT(fixture_text(&f, all[5].file), f.snapshot.directory);
    CU_ASSERT_EQUAL(all[6].kind, FUNCTION_WORKER);
    CU_ASSERT_EQUAL_FATAL(all[6].worker_count, 2);
    CHECK_TEXT(fixture_text(&f, all[6].worker[1]), "w.js");
    CHECK_TEXT(fixture_text(&f, all[6].text), "any thing");
    const struct step *step = fixture_task(&f, "j")->synchronisation->steps[0].steps;
    CU_ASSERT_EQUAL(step->kind, STEP_CALL);
    CU_ASSERT_PTR_EQUAL(function_of(&f, step->call), &all[5]);
    fixture_release(&f);
}

static void test_many_functions(void)
{
    enum { COUNT = 3000 };
    struct fixture f;
    CLEANUP_BUFFER struct buffer text = {0};
    buffer_add_text(&text, "pargraph: 1\ntasks:\n");
    for (int i = 0; i < COUNT; i++)
        buffer_printf(&text, "  t%d: {call: {lua: return %d, args: [%d]}}\n", i, i / 2, i);
    fixture_good(&f, buffer_text(&text));
    CU_ASSERT_EQUAL(f.workflow.function_count, COUNT / 2);
    for (uint32_t i = 0; i < COUNT; i++) {
        char source[32];
        snprintf(source, sizeof source, "return %u", i / 2);
        CHECK_TEXT(fixture_text(&f, function_of(&f, f.workflow.tasks[i].call)->text), source);
    }
    fixture_release(&f);
}

static void test_arguments(void)
{
    struct fixture f;
    fixture_good(&f, "pargraph: 1\n"
                     "tasks:\n"
                     "  a: {call: {python: 'a:b'}}\n"
                     "  b: {call: {python: 'a:b', args: [1, {x: y}], kwargs: {k: 1}}}\n"
                     "  c: {call: {python: 'a:b', args: [\"${{ task.name }}\"]}}\n"
                     "  d: {call: {python: 'a:b', args: \"${{ range(3) }}\"}}\n");
    const struct call *none = fixture_task(&f, "a")->call, *both = fixture_task(&f, "b")->call;
    CU_ASSERT_EQUAL(none->args.kind, SPEC_CONSTANT);
    CU_ASSERT_TRUE(json_is_array(none->args.constant));
    CU_ASSERT_EQUAL(json_array_size(none->args.constant), 0);
    CU_ASSERT_TRUE(json_is_object(none->kwargs.constant));
    CU_ASSERT_PTR_EQUAL(fixture_task(&f, "c")->call->kwargs.constant, none->kwargs.constant);
    CU_ASSERT_EQUAL(json_array_size(both->args.constant), 2);
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(both->kwargs.constant, "k")), 1);
    CU_ASSERT_EQUAL(fixture_task(&f, "c")->call->args.kind, SPEC_LIST);
    CU_ASSERT_EQUAL(fixture_task(&f, "d")->call->args.kind, SPEC_TEXT);
    CU_ASSERT_TRUE(fixture_task(&f, "d")->call->args.text.is_expression);
    fixture_release(&f);
}

static void test_pools(void)
{
    struct fixture f;
    fixture_good(&f,
                 "pargraph: 1\n"
                 "params: {n: {type: int, default: 3}}\n"
                 "pools:\n"
                 "  math: {size: \"${{ params.n }}\", backend: thread, chunk: 50}\n"
                 "  py: {backend: process, max-tasks: 1000, init: {python: 'w:load', args: [m.bin, "
                 "\"${{ range(params.n) }}\", [1]], kwargs: {n: \"${{ params.n }}\"}}}\n"
                 "  warm: {init: {lua: return 1}}\n"
                 "  short: 7\n"
                 "  plain:\n"
                 "defaults: {pool: short}\n"
                 "tasks:\n"
                 "  a: {pool: math, run: x}\n"
                 "  b: {run: x}\n");
    const struct pool *pools = f.workflow.pools;
    CU_ASSERT_EQUAL_FATAL(f.workflow.pool_count, 6);
    CU_ASSERT_EQUAL(pools[0].name, 0);
    CU_ASSERT_EQUAL(pools[0].backend, BACKEND_DEFAULT);
    CHECK_TEXT(fixture_text(&f, pools[1].name), "math");
    CU_ASSERT_EQUAL(pools[1].size, 3);
    CU_ASSERT_EQUAL(pools[1].backend, BACKEND_THREAD);
    CU_ASSERT_EQUAL(pools[1].chunk, 50);
    CU_ASSERT_EQUAL(pools[1].max_tasks, UNLIMITED);
    CU_ASSERT_PTR_NULL(pools[1].init);
    CU_ASSERT_EQUAL(pools[2].backend, BACKEND_PROCESS);
    CU_ASSERT_EQUAL(pools[2].size, 0);
    CU_ASSERT_EQUAL(pools[2].max_tasks, 1000);
    CHECK_TEXT(fixture_text(&f, function_of(&f, pools[2].init)->text), "w:load");
    CU_ASSERT_EQUAL(pools[2].init->args.kind, SPEC_CONSTANT);
    CLEANUP_FREE char *args = json_dumps(pools[2].init->args.constant, JSON_COMPACT);
    CHECK_TEXT(args, "[\"m.bin\",0,1,2,[1]]");
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(pools[2].init->kwargs.constant, "n")), 3);
    CU_ASSERT_EQUAL(pools[3].backend, BACKEND_PROCESS);
    CU_ASSERT_EQUAL(pools[4].size, 7);
    CU_ASSERT_EQUAL(pools[4].chunk, 1);
    CU_ASSERT_EQUAL(pools[5].size, 0);
    CU_ASSERT_EQUAL(fixture_task(&f, "a")->details->pool, 1);
    CU_ASSERT_EQUAL(fixture_task(&f, "b")->details->pool, 4);
    fixture_release(&f);
    fixture_good(&f, "pargraph: 1\npools: [one, two]\ntasks: {a: {pool: two, run: x}}\n");
    CU_ASSERT_EQUAL(f.workflow.pool_count, 3);
    CU_ASSERT_EQUAL(fixture_task(&f, "a")->details->pool, 2);
    fixture_release(&f);
    fixture_good(&f, "pargraph: 1\ntasks: {a: {run: x}}\n");
    CU_ASSERT_EQUAL(f.workflow.pool_count, 1);
    CU_ASSERT_EQUAL(fixture_task(&f, "a")->details->pool, 0);
    fixture_release(&f);
}

static void test_daemon(void)
{
    struct fixture f;
    fixture_good(
        &f, "pargraph: 1\ntasks: {a: {daemon: true, call: {lua: return 1}, ready: {log: x}}}\n");
    CU_ASSERT_EQUAL(fixture_task(&f, "a")->body, BODY_CALL);
    CU_ASSERT_TRUE(fixture_task(&f, "a")->synchronisation->is_daemon);
    fixture_release(&f);
}

const struct check functions_checks[] = {
    {"functions: equal ones are one", test_functions},
    {"functions: many", test_many_functions},
    {"functions: arguments", test_arguments},
    {"functions: pools", test_pools},
    {"functions: a daemon", test_daemon},
    {NULL, NULL},
};
