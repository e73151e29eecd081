/* Programs, tokens and gates. */
#include <string.h>

#include "base/memory.h"
#include "plan/fixture.h"

#define HEAD                                                                                       \
    "pargraph: 1\n"                                                                                \
    "locks: {db: {}, nightly: {file: n.lock}}\n"                                                   \
    "semaphores: {api: 3}\n"                                                                       \
    "barriers: {b: {timeout: 10s}}\n"                                                              \
    "conditions: {c: {lock: db}}\n"                                                                \
    "events: [e, f]\n"                                                                             \
    "queues: {q: {max: 8}}\n"

static const struct program *program_of(struct fixture *fixture, const char *task)
{
    uint32_t node = fixture_node(fixture, task);
    uint32_t program = plan_rule(&fixture->plan, node)->program;
    CU_ASSERT_NOT_EQUAL_FATAL(program, NO_PROGRAM);
    return &fixture->plan.programs[program];
}

/* Each operation in words, the groups in braces. */
static const char *operations_of(struct fixture *fixture, const char *task)
{
    const struct program *program = program_of(fixture, task);
    uint32_t node = fixture_node(fixture, task), group = NO_OPERATION;
    buffer_clear(&fixture->text);
    for (uint32_t i = 0; i < program->count; i++) {
        const struct operation *operation = &program->operations[i];
        place at;
        buffer_add_text(&fixture->text, i > 0 ? "; " : "");
        if (operation->kind == OPERATION_LEAVE) {
            CU_ASSERT_EQUAL(operation->partner, group);
            CU_ASSERT_EQUAL(program->operations[operation->partner].partner, i);
            group = program->operations[group].group;
            buffer_add_text(&fixture->text, "}");
        } else
            plan_write_operation(&fixture->plan, node, i, &fixture->text, &at);
        CU_ASSERT_EQUAL(operation->group, group);
        if (operation->kind == OPERATION_ENTER) {
            group = i;
            buffer_add_text(&fixture->text, " {");
        }
    }
    CU_ASSERT_EQUAL(group, NO_OPERATION);
    return buffer_text(&fixture->text);
}

static void test_order(void)
{
    struct fixture fixture;
    fixture_open(&fixture, HEAD "tasks:\n"
                                "  all:\n"
                                "    lock: db\n"
                                "    wait: [e, f]\n"
                                "    barrier: b\n"
                                "    set: f\n"
                                "    run: x\n"
                                "  quiet: {wait: e, set: f}\n"
                                "  steps:\n"
                                "    set: e\n"
                                "    steps:\n"
                                "      - run: a\n"
                                "      - lock: db\n"
                                "        timeout: 3s\n"
                                "        continue-on-error: true\n"
                                "        steps:\n"
                                "          - {wait: c, timeout: 1s}\n"
                                "          - {semaphore: {api: 2}, exec: [y]}\n"
                                "          - notify-all: c\n"
                                "      - steps: [{sleep: 1500ms}]\n"
                                "      - {barrier: b}\n"
                                "      - {barrier: b, timeout: 5s}\n");
    CHECK_TEXT(fixture_errors(&fixture), "");
    CHECK_TEXT(operations_of(&fixture, "all"), "wait e; wait f; barrier b; run; set f");
    CHECK_TEXT(operations_of(&fixture, "quiet"), "wait e; set f");
    CHECK_TEXT(operations_of(&fixture, "steps"),
               "step 1 (run); step 2 (lock db) {; step 2.1 (wait c); step 2.2 (semaphore api) {; "
               "step 2.2 (exec); }; step 2.3 (notify-all c); }; step 3 (steps) {; step 3.1 (sleep)"
               "; }; step 4 (barrier b); step 5 (barrier b); set e");
    const struct operation *operations = program_of(&fixture, "steps")->operations;
    CU_ASSERT_EQUAL(operations[1].timeout, 3000000000);
    CU_ASSERT_EQUAL(operations[1].flags, OPERATION_CONTINUES);
    CHECK_TEXT(fixture_vector(&fixture, operations[1].vector), "db=1");
    CHECK_TEXT(fixture_vector(&fixture, operations[3].vector), "api=2");
    CU_ASSERT_EQUAL(operations[2].timeout, 1000000000);
    CU_ASSERT_EQUAL(operations[8].vector, 0);
    CU_ASSERT_EQUAL(operations[9].duration, 1500000000);
    CU_ASSERT_EQUAL(operations[11].timeout, 10000000000);
    CU_ASSERT_EQUAL(operations[12].timeout, 5000000000);
    CU_ASSERT(program_of(&fixture, "all")->has_body && !program_of(&fixture, "quiet")->has_body);
    CU_ASSERT_EQUAL(program_of(&fixture, "steps")->weight, 3);
    CU_ASSERT_EQUAL(fixture.plan.levels[fixture_node(&fixture, "steps")], 3);
    const struct gate *gates = fixture.plan.gates;
    CU_ASSERT_EQUAL(fixture.plan.gate_count, 5);
    CU_ASSERT_EQUAL(gates[operations[2].gate].kind, GATE_CONDITION);
    CU_ASSERT_EQUAL(fixture.plan.tokens[gates[operations[2].gate].lock].primitive, 0);
    fixture_close(&fixture);
}

static void check_token(struct fixture *fixture, uint32_t token, const char *expected)
{
    buffer_clear(&fixture->text);
    plan_write_token(&fixture->plan, token, &fixture->text);
    CHECK_TEXT(buffer_text(&fixture->text), expected);
}

static void test_tokens(void)
{
    struct fixture fixture;
    fixture_open(&fixture,
                 HEAD "tasks:\n"
                      "  held: {lock: db, semaphore: {api: 2}, run: x}\n"
                      "  file: {lock: nightly, run: x, max-parallel: 2}\n"
                      "  seven: {lock: {db: 7}, run: x}\n"
                      "  text: {lock: {db: \"7\"}, run: x}\n"
                      "  later: {lock: {db: \"${{ matrix.i }}\"}, matrix: {i: [7, 8]}, "
                      "run: x}\n"
                      "  quiet: {lock: db, wait: e, set: e}\n"
                      "  server: {daemon: true, lock: db, run: x, resources: {cpu: 2}}\n");
    struct plan *plan = &fixture.plan;
    struct evaluated answer;
    struct error error = {0};
    CHECK_TEXT(fixture_errors(&fixture), "");
    CHECK_TEXT(fixture_asked(&fixture, "held"), "cpu=1 db=1 api=2");
    CHECK_TEXT(fixture_asked(&fixture, "quiet"), "db=1");
    CHECK_TEXT(fixture_asked(&fixture, "server"), "db=1");
    CU_ASSERT(plan_rule(plan, fixture_node(&fixture, "server"))->flags & RULE_DAEMON);
    CU_ASSERT_FALSE(plan_rule(plan, fixture_node(&fixture, "quiet"))->flags & RULE_WORK);
    CU_ASSERT_EQUAL(plan_rule(plan, fixture_node(&fixture, "server"))->program == NO_PROGRAM, 0);
    uint32_t seven = plan_token(plan, 0, "\"7\"");
    CU_ASSERT_EQUAL(seven, plan->token_count - 1); /* made at build, once for both */
    CU_ASSERT_EQUAL(plan_rule(plan, fixture_node(&fixture, "seven"))->vector,
                    plan_rule(plan, fixture_node(&fixture, "text"))->vector);
    CU_ASSERT_EQUAL(plan_rule(plan, fixture_node(&fixture, "later[i=7]"))->vector, NO_VECTOR);
    fixture_answer(&fixture, "{}");
    CU_ASSERT(plan_evaluate(plan, fixture_node(&fixture, "later[i=7]"), 1, 0, &fixture.answers,
                            &answer, &error));
    CU_ASSERT_EQUAL(answer.vector, plan_rule(plan, fixture_node(&fixture, "seven"))->vector);
    CU_ASSERT(plan_evaluate(plan, fixture_node(&fixture, "later[i=8]"), 1, 0, &fixture.answers,
                            &answer, &error));
    CU_ASSERT_EQUAL(plan_token(plan, 0, "\"8\""), seven + 1);
    check_token(&fixture, seven + 1, "lock db[8]");
    check_token(&fixture, plan_token(plan, 0, NULL), "lock db");
    check_token(&fixture, plan_token(plan, 2, NULL), "semaphore api");
    check_token(&fixture, 0, "cpu");
    check_token(&fixture, plan->vectors.running_first, "max-parallel of file");
    CU_ASSERT_EQUAL(plan_token(plan, 2, "\"a\""), UINT32_MAX);
    CU_ASSERT_EQUAL(plan_token(plan, 1, "\"a\""), UINT32_MAX);
    CU_ASSERT_EQUAL(plan_token(plan, 3, NULL), UINT32_MAX);
    const struct token *file = &plan->tokens[plan_token(plan, 1, NULL)];
    CU_ASSERT(file->is_file && file->is_lock && file->capacity == 0 && file->kind == TOKEN_KEPT);
    char key[32];
    for (int i = 0; i < 1000; i++) {
        snprintf(key, sizeof key, "\"k%d\"", i);
        uint32_t token = plan_token(plan, 0, key);
        CU_ASSERT_EQUAL(token, seven + 2 + (uint32_t)i);
        CU_ASSERT_EQUAL(plan_token(plan, 0, key), token);
    }
    fixture_close(&fixture);
}

static void test_uses(void)
{
    struct fixture fixture;
    fixture_open(&fixture, HEAD "tasks:\n"
                                "  a:\n"
                                "    uses: {put: q}\n"
                                "    steps:\n"
                                "      - barrier: b\n"
                                "      - {run: x, uses: {set: e}}\n"
                                "      - set: e\n"
                                "      - run: y\n"
                                "      - barrier: b\n"
                                "  plain: {run: x}\n");
    const struct program *program = program_of(&fixture, "a");
    const struct plan *plan = &fixture.plan;
    uint32_t node = fixture_node(&fixture, "a"), barrier = program->operations[0].gate;
    uint32_t event = program->operations[2].gate, queue = plan->gate_count - 1;
    CU_ASSERT_EQUAL_FATAL(program->use_count, 3);
    const struct gate_use *uses = program->uses;
    CU_ASSERT(uses[0].gate == event && uses[0].role == USE_SET && uses[0].first == 1 &&
              uses[0].last == 2);
    CU_ASSERT(uses[1].gate == barrier && uses[1].first == 0 && uses[1].last == 4);
    CU_ASSERT(uses[2].gate == queue && uses[2].role == USE_PUT && uses[2].first == 0 &&
              uses[2].last == 4);
    CU_ASSERT(plan_is_declared(plan, node, 1, event, USE_SET));
    CU_ASSERT_FALSE(plan_is_declared(plan, node, 3, event, USE_SET));
    CU_ASSERT_FALSE(plan_is_declared(plan, node, 1, event, USE_CLEAR));
    CU_ASSERT(plan_is_declared(plan, node, 3, queue, USE_PUT));
    CU_ASSERT_FALSE(
        plan_is_declared(plan, fixture_node(&fixture, "plain"), NO_OPERATION, queue, USE_PUT));
    CU_ASSERT_EQUAL(plan_rule(plan, fixture_node(&fixture, "plain"))->program, NO_PROGRAM);
    fixture_close(&fixture);
}

/* --- what is evaluated --- */

static json_t *answer_bound(void *context, uint32_t node, uint32_t operation)
{
    (void)node;
    struct fixture *fixture = context;
    char key[16];
    snprintf(key, sizeof key, "#%u", operation);
    json_t *value = json_object_get(fixture->results, key);
    return value == NULL ? NULL : json_incref(value);
}

static bool answer_is_set(void *context, uint32_t gate)
{
    const struct fixture *fixture = context;
    uint32_t primitive = fixture->plan.gates[gate].primitive;
    name id = fixture->plan.workflow->primitives[primitive].name;
    return json_is_true(json_object_get(fixture->results, names_text(&fixture->names, id)));
}

static uint32_t answer_length(void *context, uint32_t gate)
{
    CU_ASSERT_EQUAL(((struct fixture *)context)->plan.gates[gate].kind, GATE_QUEUE);
    return 3;
}

static void answer_with(struct fixture *fixture, const char *json)
{
    fixture_answer(fixture, json);
    fixture->answers.bound = answer_bound;
    fixture->answers.is_set = answer_is_set;
    fixture->answers.queue_length = answer_length;
}

static struct evaluated ask(struct fixture *fixture, uint32_t operation)
{
    struct evaluated answer = {0};
    struct error error = {0};
    CU_ASSERT_TRUE(plan_evaluate_operation(&fixture->plan, fixture_node(fixture, "a"), 1, operation,
                                           &fixture->answers, &answer, &error));
    return answer;
}

static void test_evaluation(void)
{
    struct fixture fixture;
    struct evaluated answer;
    struct error error = {0};
    fixture_open(&fixture, HEAD "tasks:\n"
                                "  a:\n"
                                "    steps:\n"
                                "      - {run: x, as: one}\n"
                                "      - {if: one == 'go', lock: {db: \"${{ one }}\"}, run: y, "
                                "as: one}\n"
                                "      - {sleep: \"${{ len(one) }}s\"}\n"
                                "      - {put: {q: [1, \"${{ one }}\"]}}\n"
                                "      - lock: db\n"
                                "        steps:\n"
                                "          - {wait: c, until: events.e and queues.q.length == 3}\n"
                                "          - notify: c\n");
    CHECK_TEXT(operations_of(&fixture, "a"),
               "step 1 (run); step 2 (lock db) {; step 2 (run); }; step 3 (sleep); step 4 (put q); "
               "step 5 (lock db) {; step 5.1 (wait c); step 5.2 (notify c); }");
    const struct operation *operations = program_of(&fixture, "a")->operations;
    CU_ASSERT_EQUAL(operations[1].flags, OPERATION_ASKS);
    CU_ASSERT_EQUAL(operations[1].vector, NO_VECTOR);
    CU_ASSERT_EQUAL(operations[2].flags, 0);
    CU_ASSERT_EQUAL(operations[4].flags, OPERATION_ASKS);
    CU_ASSERT_EQUAL(operations[6].flags, 0);
    CU_ASSERT_EQUAL(operations[7].flags, OPERATION_ASKS | OPERATION_UNTIL);
    answer_with(&fixture, "{\"#0\": \"go\", \"e\": false}");
    answer = ask(&fixture, 1);
    CU_ASSERT_EQUAL(answer.verdict, VERDICT_RUN);
    CHECK_TEXT(fixture_vector(&fixture, answer.vector), "db=1");
    check_token(&fixture,
                fixture.plan.vectors.amounts[fixture.plan.vectors.first[answer.vector]].token,
                "lock db[go]");
    CU_ASSERT_EQUAL(ask(&fixture, 4).duration, 2000000000);
    CU_ASSERT_EQUAL(ask(&fixture, 7).verdict, VERDICT_RUN);
    answer_with(&fixture, "{\"#0\": \"stop\", \"#2\": \"two\", \"e\": true}");
    CU_ASSERT_EQUAL(ask(&fixture, 1).verdict, VERDICT_SKIP);
    CU_ASSERT_EQUAL(ask(&fixture, 7).verdict, VERDICT_SKIP);
    answer = ask(&fixture, 5);
    buffer_clear(&fixture.text);
    value_write_json(answer.value, &fixture.text);
    CHECK_TEXT(buffer_text(&fixture.text), "[1,\"two\"]");
    json_decref(answer.value);
    answer_with(&fixture, "{\"#0\": 5}");
    CU_ASSERT(plan_evaluate_operation(&fixture.plan, fixture_node(&fixture, "a"), 1, 1,
                                      &fixture.answers, &answer, &error));
    CU_ASSERT_EQUAL(answer.verdict, VERDICT_SKIP);
    fixture_close(&fixture);
}

static void test_commands(void)
{
    struct fixture fixture;
    struct command command = {0};
    struct error error = {0};
    fixture_open(&fixture, HEAD "tasks:\n"
                                "  a:\n"
                                "    env: {WHO: task, BOTH: b}\n"
                                "    cwd: here\n"
                                "    stdin: {text: hello}\n"
                                "    resources: {cpu: \"${{ task.attempt }}\"}\n"
                                "    cleanup: rm $WHO\n"
                                "    steps:\n"
                                "      - {run: make it, as: one}\n"
                                "      - exec: [say, \"${{ one }}\"]\n"
                                "        env: {WHO: step}\n"
                                "        cwd: there\n"
                                "      - {run: \"echo ${{ one }}\", shell: bash}\n");
    uint32_t node = fixture_node(&fixture, "a");
    answer_with(&fixture, "{\"#0\": \"two words\"}");
    CU_ASSERT(plan_command(&fixture.plan, node, 2, 0, &fixture.answers, &command, &error));
    CHECK_TEXT(fixture_words(&fixture, command.argv), "make|it");
    CHECK_TEXT(command_env(&command, "WHO"), "WHO=task");
    CHECK_TEXT(command_env(&command, "PARGRAPH_CPUS"), "PARGRAPH_CPUS=2");
    CHECK_TEXT(command.cwd, "here");
    CHECK_TEXT(command.text, "hello");
    CU_ASSERT_PTR_NULL(command.cleanup);
    command_release(&command);
    CU_ASSERT(plan_command(&fixture.plan, node, 2, 1, &fixture.answers, &command, &error));
    CHECK_TEXT(fixture_words(&fixture, command.argv), "say|two words");
    CHECK_TEXT(command_env(&command, "WHO"), "WHO=step");
    CHECK_TEXT(command_env(&command, "BOTH"), "BOTH=b");
    CHECK_TEXT(command.cwd, "there");
    CHECK_TEXT(command.text, "hello");
    CHECK_TEXT(command_env(&command, "PARGRAPH_CPUS"), "PARGRAPH_CPUS=2");
    command_release(&command);
    CU_ASSERT(plan_command(&fixture.plan, node, 2, 2, &fixture.answers, &command, &error));
    CHECK_TEXT(fixture_words(&fixture, command.argv),
               "bash|-euo|pipefail|-c|echo \"${PARGRAPH_V1}\"");
    command_release(&command);
    CU_ASSERT(plan_cleanup(&fixture.plan, node, 2, &fixture.answers, &command, &error));
    CU_ASSERT_PTR_NULL(command.argv);
    CHECK_TEXT(fixture_words(&fixture, command.cleanup), "/bin/sh|-eu|-c|rm $WHO");
    CHECK_TEXT(command_env(&command, "WHO"), "WHO=task");
    command_release(&command);
    fixture_close(&fixture);
}

/* A workflow without synchronisation pays nothing for it. */
static void test_nothing(void)
{
    struct fixture fixture;
    fixture_open(&fixture, TASKS "  a: {run: x}\n  b: {needs: a, exec: [y]}\n");
    const struct plan *plan = &fixture.plan;
    CU_ASSERT_PTR_NULL(plan->programs);
    CU_ASSERT_PTR_NULL(plan->gangs);
    CU_ASSERT_EQUAL(plan->gate_count, 0);
    CU_ASSERT_EQUAL(plan->token_count, plan->workflow->resource_count);
    CU_ASSERT_EQUAL(plan->vectors.count, 2);
    CU_ASSERT_EQUAL(plan->rule_of[0], plan->rule_of[1]);
    fixture_close(&fixture);
}

const struct check program_checks[] = {
    {"programs: order on a task, and groups", test_order},
    {"programs: tokens of locks and semaphores", test_tokens},
    {"programs: uses of gates", test_uses},
    {"programs: what operations ask", test_evaluation},
    {"programs: commands of operations", test_commands},
    {"programs: none without synchronisation", test_nothing},
    {NULL, NULL},
};
