/* Calls of functions: what is handed over, what it takes of pools, what others see of the result.
 */
#include <string.h>

#include "plan/fixture.h"
#include "value/value.h"

struct built {
    struct fixture fixture;
    struct invocation invocation;
    struct error error;
    bool is_done;
    struct buffer text;
};

static void build_operation(struct built *built, const char *text, const char *node,
                            uint32_t operation, const char *results)
{
    *built = (struct built){0};
    fixture_open(&built->fixture, text);
    CHECK_TEXT(fixture_errors(&built->fixture), "");
    fixture_answer(&built->fixture, results);
    uint32_t id = fixture_node(&built->fixture, node);
    CU_ASSERT_TRUE(plan_is_call(&built->fixture.plan, id, operation));
    built->is_done = plan_call(&built->fixture.plan, id, 1, operation, &built->fixture.answers,
                               &built->invocation, &built->error);
}

static void build(struct built *built, const char *text, const char *node)
{
    build_operation(built, text, node, NO_OPERATION, "{}");
}

static void release(struct built *built)
{
    invocation_release(&built->invocation);
    error_release(&built->error);
    buffer_release(&built->text);
    fixture_close(&built->fixture);
}

static const char *json_of(struct built *built, const json_t *value)
{
    buffer_clear(&built->text);
    if (value != NULL)
        value_write_json(value, &built->text);
    return buffer_text(&built->text);
}

static const char *name_of(struct built *built)
{
    buffer_clear(&built->text);
    plan_write_function(&built->fixture.plan, built->invocation.function, &built->text);
    return buffer_text(&built->text);
}

static const char *entry_of(const struct built *built, const char *variable)
{
    size_t length = strlen(variable);
    for (char **entry = built->invocation.env; entry != NULL && *entry != NULL; entry++)
        if (strncmp(*entry, variable, length) == 0 &&
            ((*entry)[length] == '=' || (*entry)[length] == '\0'))
            return *entry;
    return NULL;
}

/* --- arguments --- */

static void check_args(const char *call, const char *args, const char *kwargs)
{
    struct built built;
    CLEANUP_BUFFER struct buffer text = {0};
    buffer_printf(&text,
                  "pargraph: 1\n"
                  "params: {n: {type: int, default: 3}}\n"
                  "tasks:\n"
                  "  t:\n"
                  "    matrix: {i: [7], l: [[1, [2]]], m: [{a: 1, b: x}]}\n"
                  "    call: {%s}\n",
                  call);
    build(&built, buffer_text(&text), "t[i=7,l=[1,[2]],m={\"a\":1,\"b\":\"x\"}]");
    CHECK_TEXT(built.error.message, NULL);
    CHECK_TEXT(json_of(&built, built.invocation.args), args);
    CHECK_TEXT(json_of(&built, built.invocation.kwargs), kwargs);
    release(&built);
}

static void test_arguments(void)
{
    check_args("python: 'a:b'", "", "");
    check_args("python: 'a:b', args: [], kwargs: {}", "", "");
    check_args("python: 'a:b', args: [1, x, [2, {a: null}], 1.5, true]",
               "[1,\"x\",[2,{\"a\":null}],1.5,true]", "");
    check_args("python: 'a:b', args: {i: \"${{ matrix.i }}\", t: \"i=${{ matrix.i }}\"}",
               "{\"i\":7,\"t\":\"i=7\"}", "");
    check_args("python: 'a:b', args: [0], kwargs: {l: \"${{ matrix.l }}\", n: \"${{ params.n }}\"}",
               "[0]", "{\"l\":[1,[2]],\"n\":3}");
    check_args("python: 'a:b', args: \"${{ matrix.l }}\", kwargs: \"${{ matrix.m }}\"", "[1,[2]]",
               "{\"a\":1,\"b\":\"x\"}");
    check_args("python: 'a:b', args: \"${{ matrix.m }}\"", "{\"a\":1,\"b\":\"x\"}", "");
    check_args("lua: 'return n', args: {n: \"${{ params.n }}\"}", "{\"n\":3}", "");
}

/* An element that is one expression; not one inside another list, nor text around one. */
static void test_spliced_lists(void)
{
    check_args("python: 'a:b', args: [0, \"${{ matrix.l }}\", 9]", "[0,1,[2],9]", "");
    check_args("python: 'a:b', args: [\"${{ {matrix.l} }}\"]", "[[1,[2]]]", "");
    check_args("python: 'a:b', args: [[\"${{ matrix.l }}\"]]", "[[[1,[2]]]]", "");
    check_args("python: 'a:b', args: [\"${{ range(0) }}\"]", "[]", "");
    check_args("python: 'a:b', args: {l: \"${{ matrix.l }}\"}", "{\"l\":[1,[2]]}", "");
}

/* What cannot be known before: what one whole expression gives. */
static void check_refused(const char *call, const char *message, const char *hint)
{
    struct built built;
    CLEANUP_BUFFER struct buffer text = {0};
    buffer_printf(&text, TASKS "  t:\n    matrix: {m: [{a: 1}], s: [x]}\n    call: {%s}\n", call);
    build(&built, buffer_text(&text), "t[m={\"a\":1},s=x]");
    CU_ASSERT_FALSE(built.is_done);
    CHECK_TEXT(built.error.message, message);
    CHECK_TEXT(built.error.hint, hint);
    CU_ASSERT_NOT_EQUAL(built.error.at, PLACE_NONE);
    CU_ASSERT_PTR_NULL(built.invocation.args);
    release(&built);
}

static void test_refused_arguments(void)
{
    check_refused("python: 'a:b', args: \"${{ matrix.s }}\"",
                  "'args' must be a list or a map, and this gives text", NULL);
    check_refused("python: 'a:b', kwargs: \"${{ {1} }}\"",
                  "'kwargs' must be a map, and this gives a list", NULL);
    check_refused("python: 'a:b', args: \"${{ matrix.m }}\", kwargs: {b: 1}",
                  "'args' is a map, and so has arguments by name already",
                  "write all of them in one");
    check_refused("lua: return a, args: \"${{ matrix.m }}\"",
                  "the names of Lua's local variables must stand in the file",
                  "write a map: {NAME: value}");
    check_refused("python: 'a:b', args: [\"${{ 1 + matrix.s }}\"]",
                  "attempt to add a 'number' with a 'string'", NULL);
}

static void test_constants_are_shared(void)
{
    struct built built;
    struct invocation again = {0};
    build(&built, TASKS "  t: {call: {lua: return a, args: {a: [1, 2]}}}\n", "t");
    CU_ASSERT_TRUE_FATAL(built.is_done);
    const struct task *task = &built.fixture.workflow.tasks[0];
    CU_ASSERT_PTR_EQUAL(built.invocation.args, task->call->args.constant);
    CU_ASSERT_PTR_NULL(built.invocation.kwargs);
    CU_ASSERT_PTR_NULL(built.invocation.env);
    CU_ASSERT_PTR_NULL(built.invocation.cwd);
    CU_ASSERT_TRUE(
        plan_call(&built.fixture.plan, 0, 2, NO_OPERATION, &built.fixture.answers, &again, NULL));
    CU_ASSERT_PTR_EQUAL(again.args, built.invocation.args);
    invocation_release(&again);
    release(&built);
}

/* --- what is called, and where --- */

#define FUNCTIONS                                                                                  \
    "pargraph: 1\n"                                                                                \
    "params: {p: {type: text, default: lib}}\n"                                                    \
    "pools: {t: {backend: thread}, p: {backend: process}, d: 3}\n"                                 \
    "tasks:\n"                                                                                     \
    "  lua: {call: {lua: return 1}}\n"                                                             \
    "  library: {pool: t, call: {library: \"./${{ params.p }}/stats.so\", function: mean}}\n"      \
    "  python: {pool: t, call: {python: 'pack.stats:mean'}}\n"                                     \
    "  worker: {pool: d, call: {worker: [node, w.js], function: mean}}\n"                          \
    "  process: {pool: p, call: {lua: return 1}}\n"                                                \
    "  declared: {pool: d, call: {lua: return 1}}\n"

static void check_function(const char *node, const char *text, const char *pool, bool is_on_thread)
{
    struct built built;
    build(&built, FUNCTIONS, node);
    CU_ASSERT_TRUE_FATAL(built.is_done);
    CHECK_TEXT(name_of(&built), text);
    CHECK_TEXT(names_text(&built.fixture.names, built.invocation.pool->name), pool);
    CU_ASSERT_EQUAL(built.invocation.is_on_thread, is_on_thread);
    release(&built);
}

static void test_functions(void)
{
    check_function("lua", "lua", "", true);
    check_function("library", "library stats.so: mean", "t", true);
    check_function("python", "python:pack.stats:mean", "t", false);
    check_function("worker", "worker node: mean", "d", false);
    check_function("process", "lua", "p", false);
    check_function("declared", "lua", "d", true);
}

/* --- env, cwd --- */

static void test_surroundings(void)
{
    static const char flow[] =
        "pargraph: 1\n"
        "tasks:\n"
        "  t: {matrix: {i: [7]}, cwd: \"d${{ matrix.i }}\", env: {A: \"${{ matrix.i }}\", B: }, "
        "call: {lua: return 1}}\n"
        "  w: {resources: {cpu: 2}, call: {python: 'a:b'}}\n";
    struct built built;
    build(&built, flow, "t[i=7]");
    CHECK_TEXT(built.invocation.cwd, "d7");
    CHECK_TEXT(entry_of(&built, "A"), "A=7");
    CHECK_TEXT(entry_of(&built, "B"), "B");
    CU_ASSERT_PTR_NULL(entry_of(&built, "PARGRAPH_TASK"));
    release(&built);
    build(&built, flow, "w");
    CU_ASSERT_PTR_NULL(built.invocation.cwd);
    CHECK_TEXT(entry_of(&built, "PARGRAPH_TASK"), "PARGRAPH_TASK=w");
    CHECK_TEXT(entry_of(&built, "PARGRAPH_CPUS"), "PARGRAPH_CPUS=2");
    release(&built);
}

/* --- steps --- */

#define STEPS                                                                                      \
    "pargraph: 1\n"                                                                                \
    "locks: [k]\n"                                                                                 \
    "queues: [q]\n"                                                                                \
    "tasks:\n"                                                                                     \
    "  t:\n"                                                                                       \
    "    steps:\n"                                                                                 \
    "      - {call: {lua: return 1}, as: one}\n"                                                   \
    "      - run: 'true'\n"                                                                        \
    "      - {lock: k, uses: {put: q}, env: {A: b}, timeout: 3s, call: {lua: 'return x', args: "   \
    "{x: \"${{ one }}\"}}}\n"

static json_t *answer_bound(void *context, uint32_t node, uint32_t operation)
{
    (void)context, (void)node;
    return json_integer(operation + 41);
}

static void test_steps(void)
{
    struct built built = {0};
    place at;
    fixture_open(&built.fixture, STEPS);
    CHECK_TEXT(fixture_errors(&built.fixture), "");
    struct plan *plan = &built.fixture.plan;
    const struct program *program = &plan->programs[plan_rule(plan, 0)->program];
    static const uint8_t kinds[] = {OPERATION_BODY, OPERATION_BODY, OPERATION_ENTER, OPERATION_BODY,
                                    OPERATION_LEAVE};
    CU_ASSERT_EQUAL_FATAL(program->count, 5);
    for (uint32_t i = 0; i < program->count; i++) {
        CU_ASSERT_EQUAL(program->operations[i].kind, kinds[i]);
        CU_ASSERT_EQUAL(kinds[i] == OPERATION_BODY && plan_is_call(plan, 0, i), i == 0 || i == 3);
    }
    CU_ASSERT_EQUAL(program->operations[0].step->keeps, KEEPS_RESULT);
    CU_ASSERT_TRUE(program->operations[3].flags & OPERATION_USES);
    CU_ASSERT_TRUE(plan_is_declared(plan, 0, 3, plan->gate_of_primitive[1], USE_PUT));
    plan_write_operation(plan, 0, 3, &built.text, &at);
    CHECK_TEXT(buffer_text(&built.text), "step 3 (call)");
    fixture_answer(&built.fixture, "{}");
    built.fixture.answers.bound = answer_bound;
    CU_ASSERT_TRUE(plan_call(plan, 0, 1, 3, &built.fixture.answers, &built.invocation, NULL));
    CHECK_TEXT(json_of(&built, built.invocation.args), "{\"x\":41}");
    CHECK_TEXT(entry_of(&built, "A"), "A=b");
    release(&built);
}

/* The only body of a program that a lock makes is the task's. */
static void test_program_of_a_call(void)
{
    struct built built;
    place at;
    build_operation(&built,
                    "pargraph: 1\nlocks: [k]\ntasks:\n  t: {lock: k, call: {lua: return 1}}\n", "t",
                    0, "{}");
    CU_ASSERT_TRUE(built.is_done);
    plan_write_operation(&built.fixture.plan, 0, 0, &built.text, &at);
    CHECK_TEXT(buffer_text(&built.text), "call");
    CHECK_TEXT(name_of(&built), "lua");
    release(&built);
}

/* --- pools --- */

static const char pools[] =
    "pargraph: 1\n"
    "resources: {cpu: 4}\n"
    "locks: [k]\n"
    "pools: {math: {size: 10, chunk: 3}, all: {}, big: {size: 4294967295, "
    "chunk: 4294967295}}\n"
    "defaults: {pool: all}\n"
    "tasks:\n"
    "  a: {pool: math, call: {lua: return 1}}\n"
    "  b: {pool: math, run: x, resources: {cpu: 2}, max-parallel: 3}\n"
    "  c: {run: x}\n"
    "  d: {needs: c}\n"
    "  e: {daemon: true, call: {lua: return 1}}\n"
    "  f: {lock: k, pool: big, steps: [{run: x}, {call: {lua: return 1}}]}\n"
    "  g: {run: x, max-parallel: 2}\n";

static const char *vector_of(struct fixture *fixture, const char *node)
{
    return fixture_vector(fixture, plan_rule(&fixture->plan, fixture_node(fixture, node))->vector);
}

static void test_pools(void)
{
    struct fixture fixture;
    fixture_open(&fixture, pools);
    struct plan *plan = &fixture.plan;
    CHECK_TEXT(fixture_errors(&fixture), "");
    CHECK_TEXT(vector_of(&fixture, "a"), "math=1");
    CHECK_TEXT(vector_of(&fixture, "b"), "cpu=2 math=1 b=1");
    CHECK_TEXT(vector_of(&fixture, "c"), "all=1");
    CHECK_TEXT(vector_of(&fixture, "d"), "");
    CHECK_TEXT(vector_of(&fixture, "e"), "");
    CHECK_TEXT(vector_of(&fixture, "f"), "big=1 k=1");
    CHECK_TEXT(vector_of(&fixture, "g"), "all=1 g=1");
    uint32_t first = plan->vectors.running_first;
    static const char *const names[] = {"pool math",         "pool all",          "pool big",
                                        "max-parallel of b", "max-parallel of g", "lock k"};
    for (uint32_t i = 0; i < sizeof names / sizeof *names; i++) {
        CLEANUP_BUFFER struct buffer text = {0};
        plan_write_token(plan, first + i, &text);
        CHECK_TEXT(buffer_text(&text), names[i]);
        CU_ASSERT_EQUAL(plan->tokens[first + i].kind, i < 5 ? TOKEN_RUNNING : TOKEN_KEPT);
    }
    CU_ASSERT_EQUAL(plan->vectors.running_end, first + 5);
    CU_ASSERT_EQUAL(plan->tokens[first].capacity, 30);
    CU_ASSERT_EQUAL(plan->tokens[first + 1].capacity, 4);
    CU_ASSERT_EQUAL(plan->tokens[first + 2].capacity, UINT64_C(4294967295) * 4294967295);
    uint32_t whole = plan_rule(plan, fixture_node(&fixture, "f"))->vector;
    CHECK_TEXT(fixture_vector(&fixture, plan->vectors.running[whole]), "big=1");
    fixture_close(&fixture);
}

/* What runs outside of the default pool has one cpu at least to speak of. */
static void test_cpus_in_a_pool(void)
{
    struct fixture fixture;
    fixture_open(&fixture, pools);
    fixture_answer(&fixture, "{}");
    static const struct {
        const char *node, *entry;
    } expected[] = {{"b", "PARGRAPH_CPUS=2"}, {"c", "PARGRAPH_CPUS=1"}};
    for (size_t i = 0; i < 2; i++) {
        struct command command = {0};
        CU_ASSERT_TRUE_FATAL(plan_command(&fixture.plan, fixture_node(&fixture, expected[i].node),
                                          1, NO_OPERATION, &fixture.answers, &command, NULL));
        CHECK_TEXT(command_env(&command, "PARGRAPH_CPUS"), expected[i].entry);
        command_release(&command);
    }
    fixture_close(&fixture);
}

/* --- results --- */

static void test_results(void)
{
    static const char flow[] =
        "pargraph: 1\n"
        "tasks:\n"
        "  one: {call: {lua: return 1}}\n"
        "  bad: {continue-on-error: true, call: {lua: return 1}}\n"
        "  m: {matrix: {i: [1, 2, 3]}, call: {lua: return 1}}\n"
        "  s: {steps: [{run: x}, {steps: [{call: {lua: return 1}}]}]}\n"
        "  t:\n"
        "    needs: [one, bad, m, s, {m: {i: 2}, as: second}]\n"
        "    call:\n"
        "      lua: return a\n"
        "      args: {one: \"${{ needs.one.result.x }}\", bad: \"${{ needs.bad.result }}\", all: "
        "\"${{ needs.m.result }}\", second: \"${{ needs.second.result }}\", s: "
        "\"${{ needs.s.result }}\", of: \"${{ needs.second.instances[1].result }}\"}\n";
    struct built built;
    build_operation(&built, flow, "t", NO_OPERATION,
                    "{\"one\": {\"result\": {\"x\": [1]}}, \"bad\": {\"status\": \"failure\", "
                    "\"result\": 5}, \"m[i=1]\": {\"result\": 10}, \"m[i=2]\": {\"result\": "
                    "\"twenty\"}, \"m[i=3]\": {}, \"s\": {\"result\": 2.5}}");
    CHECK_TEXT(built.error.message, NULL);
    CHECK_TEXT(json_of(&built, built.invocation.args),
               "{\"one\":[1],\"bad\":null,\"all\":[10,\"twenty\",null],\"second\":\"twenty\","
               "\"s\":2.5,\"of\":\"twenty\"}");
    const struct workflow *workflow = &built.fixture.workflow;
    for (uint32_t i = 0; i < 4; i++)
        CU_ASSERT_EQUAL(workflow->tasks[i].keeps,
                        i == 2 ? KEEPS_RESULT | KEEPS_STDOUT : KEEPS_RESULT);
    release(&built);
}

const struct check call_checks[] = {
    {"calls: arguments", test_arguments},
    {"calls: lists that are spliced", test_spliced_lists},
    {"calls: arguments that cannot be", test_refused_arguments},
    {"calls: what is constant is shared", test_constants_are_shared},
    {"calls: what is called, and where", test_functions},
    {"calls: env and cwd", test_surroundings},
    {"calls: as steps", test_steps},
    {"calls: in a program of one", test_program_of_a_call},
    {"calls: what others see of results", test_results},
    {"pools: what bodies take", test_pools},
    {"pools: how many cpus are told", test_cpus_in_a_pool},
    {NULL, NULL},
};
