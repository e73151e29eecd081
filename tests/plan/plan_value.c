/* What expressions see, read off stdin's text as JSON. */
#include <stdlib.h>

#include "plan/fixture.h"

static const char *const RESULTS =
    "{\"a\": {\"stdout\": \"out\", \"stderr\": \"err\", \"outputs\": {\"mean\": 2.5}},"
    " \"bad\": {\"status\": \"failure\", \"exit_code\": 139, \"stdout\": \"lost\"},"
    " \"m[i=1]\": {\"stdout\": \"one\", \"outputs\": {\"mean\": 1}},"
    " \"m[i=2]\": {\"status\": \"blocked\"},"
    " \"m[i=3]\": {\"stdout\": \"three\", \"status\": \"skipped\"}}";

#define FLOW                                                                                       \
    "pargraph: 1\n"                                                                                \
    "params: {n: {type: int, default: 3}, who: {type: text, default: me}}\n"                       \
    "env: {TOP: top, BOTH: first}\n"                                                               \
    "tasks:\n"                                                                                     \
    "  a: {run: x, outputs: {mean: float, max: {type: int, default: 7}}}\n"                        \
    "  bad: {run: x, continue-on-error: true, outputs: {o: int}}\n"                                \
    "  m:\n    matrix: {i: [1, 2, 3]}\n    run: x\n    outputs: {mean: float}\n"                   \
    "  t:\n"                                                                                       \
    "    needs: [a, bad, m, {m: {i: [1]}, as: one}, {m: same, as: own}, {m: {i: 3}, as: off, "     \
    "if: 1 == 2}]\n"                                                                               \
    "    matrix: {i: [1], s: [{k: [1, two], z: null}], include: [{x: 9, i: 1}, {i: 2, s: 0}]}\n"   \
    "    env: {BOTH: \"${{ env.BOTH }} then\", LATER: \"${{ env.BOTH }} ${{ env.TOP }}\", GONE: "  \
    "null}\n"                                                                                      \
    "    exec: x\n"

/* The JSON text of an expression's value in the first instance of t; static. */
static const char *value_of(const char *expression)
{
    static char answer[2000];
    struct fixture fixture;
    struct error error = {0};
    struct command command = {0};
    char text[4000];
    snprintf(text, sizeof text, FLOW "    stdin:\n      text: ${{ json(%s) }}\n", expression);
    fixture_open(&fixture, text);
    CHECK_TEXT(fixture_errors(&fixture), "");
    fixture_answer(&fixture, RESULTS);
    bool is_done = plan_command(&fixture.plan, fixture.plan.instances[3].first, 2, NO_OPERATION,
                                &fixture.answers, &command, &error);
    snprintf(answer, sizeof answer, "%s", is_done ? command.text : error.message);
    command_release(&command);
    error_release(&error);
    fixture_close(&fixture);
    return answer;
}

static void test_single_values(void)
{
    CHECK_TEXT(value_of("needs.a.stdout"), "\"out\"");
    CHECK_TEXT(value_of("needs.a.stderr"), "\"err\"");
    CHECK_TEXT(value_of("needs.a.exit_code"), "0");
    CHECK_TEXT(value_of("needs.a.outputs.mean"), "2.5");
    CHECK_TEXT(value_of("needs.a.outputs.max"), "7");
    CHECK_TEXT(value_of("needs.a.status"), "\"success\"");
    CHECK_TEXT(value_of("needs.one.stdout"), "\"one\"");
    CHECK_TEXT(value_of("needs.own.outputs.mean"), "1");
}

static void test_lists(void)
{
    CHECK_TEXT(value_of("needs.m.stdout"), "[\"one\",null,null]");
    CHECK_TEXT(value_of("needs.m.exit_code"), "[0,null,null]");
    CHECK_TEXT(value_of("needs.m.outputs.mean"), "[1,null,null]");
    CHECK_TEXT(value_of("needs.m.status"), "\"blocked\"");
}

static void test_what_did_not_succeed_is_null(void)
{
    CHECK_TEXT(value_of("needs.bad.stdout"), "null");
    CHECK_TEXT(value_of("needs.bad.exit_code"), "139");
    CHECK_TEXT(value_of("needs.bad.outputs.o"), "null");
    CHECK_TEXT(value_of("needs.bad.status"), "\"failure\"");
    CHECK_TEXT(value_of("needs.off.stdout"), "null");
    CHECK_TEXT(value_of("needs.off.instances"), "[]");
}

static void test_instances(void)
{
    CHECK_TEXT(value_of("needs.one.instances"),
               "[{\"name\":\"m[i=1]\",\"matrix\":{\"i\":1},\"status\":\"success\","
               "\"exit_code\":0,\"stdout\":\"one\",\"result\":null,\"outputs\":{\"mean\":1}}]");
    CHECK_TEXT(value_of("needs.m.instances[2].status"), "\"blocked\"");
    CHECK_TEXT(value_of("len(needs.m.instances)"), "3");
}

static void test_context(void)
{
    CHECK_TEXT(value_of("params.n + 1"), "4");
    CHECK_TEXT(value_of("params.who"), "\"me\"");
    CHECK_TEXT(value_of("matrix.i"), "1");
    CHECK_TEXT(value_of("matrix.x or 5"), "9");
    CHECK_TEXT(value_of("matrix.s.k"), "[1,\"two\"]");
    CHECK_TEXT(value_of("task.name"), "\"t\"");
    CHECK_TEXT(value_of("task.instance"),
               "\"t[i=1,s={\\\"k\\\":[1,\\\"two\\\"],\\\"z\\\":null},x=9]\"");
    CHECK_TEXT(value_of("task.attempt"), "2");
    CHECK_TEXT(value_of("run.id"), "\"20240101-000000\"");
    CHECK_TEXT(value_of("run.dir"), "\"/state/runs/1\"");
    CHECK_TEXT(value_of("run.elapsed"), "1.5");
    CHECK_TEXT(value_of("run.failed"), "[\"a[i=1]\"]");
    CHECK_TEXT(value_of("here"), "\".\"");
}

static void test_env(void)
{
    setenv("PLAN_TEST", "inherited", 1);
    unsetenv("PLAN_TEST_NOT");
    CHECK_TEXT(value_of("env.TOP"), "\"top\"");
    CHECK_TEXT(value_of("env.BOTH"), "\"first then\"");
    CHECK_TEXT(value_of("env.LATER"), "\"first then top\"");
    CHECK_TEXT(value_of("env.GONE"), "null");
    CHECK_TEXT(value_of("env.PLAN_TEST"), "\"inherited\"");
    CHECK_TEXT(value_of("env.PLAN_TEST_NOT"), "null");
}

/* A variable that an instance lacks is nil, so that `or` gives a default. */
static void test_missing_variable(void)
{
    struct fixture fixture;
    struct command command = {0};
    fixture_open(&fixture, TASKS "  t:\n    matrix: {a: [1], include: [{a: 1, b: 5}, {a: 2}]}\n"
                                 "    exec: [x, \"${{ matrix.b or 7 }}\"]\n");
    fixture_answer(&fixture, "{}");
    for (uint32_t node = 0; node < 2; node++) {
        CU_ASSERT_TRUE_FATAL(
            plan_command(&fixture.plan, node, 1, NO_OPERATION, &fixture.answers, &command, NULL));
        CHECK_TEXT(fixture_words(&fixture, command.argv), node == 0 ? "x|5" : "x|7");
        command_release(&command);
    }
    fixture_close(&fixture);
}

const struct check value_checks[] = {
    {"values: single ones", test_single_values},
    {"values: lists", test_lists},
    {"values: what did not succeed", test_what_did_not_succeed_is_null},
    {"values: instances", test_instances},
    {"values: everything else", test_context},
    {"values: env", test_env},
    {"values: a variable that is missing", test_missing_variable},
    {NULL, NULL},
};
