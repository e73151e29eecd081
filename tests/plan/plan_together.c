/* Instances that depend on each other otherwise than by needs: gangs, and matrices of queues. */
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

/* --- gangs --- */

static void test_gangs(void)
{
    struct fixture fixture;
    struct evaluated answer;
    struct error error = {0};
    fixture_open(&fixture, "pargraph: 1\nresources: {cpu: 4, mem: 8G}\ntasks:\n"
                           "  before: {run: x}\n"
                           "  w: {run: x, stdout: {pipe: p}, resources: {mem: 1G}}\n"
                           "  m: {run: x, stdin: {pipe: p}, stdout: {pipe: o}, needs: before}\n"
                           "  r: {run: x, stdin: {pipe: o}, resources: {cpu: 3, mem: 2G}}\n"
                           "  alone: {run: x, stdout: {pipe: z}}\n"
                           "  more: {run: x, stdin: {pipe: z}, resources: {cpu: "
                           "\"${{ task.attempt }}\"}}\n");
    struct plan *plan = &fixture.plan;
    CHECK_TEXT(fixture_errors(&fixture), "");
    CU_ASSERT_EQUAL(plan->gang_count, 3);
    const struct rule *first = plan_rule(plan, fixture_node(&fixture, "w"));
    CU_ASSERT_EQUAL(plan->gangs[first->gang].count, 3);
    CU_ASSERT_EQUAL(plan_rule(plan, fixture_node(&fixture, "r"))->gang, first->gang);
    CU_ASSERT_EQUAL(plan_rule(plan, fixture_node(&fixture, "before"))->gang, NO_GANG);
    CHECK_TEXT(fixture_asked(&fixture, "w"), "cpu=4 mem=3221225472"); /* 5 cpus cut */
    CHECK_TEXT(fixture_asked(&fixture, "r"), "");
    CHECK_TEXT(fixture_needs(&fixture, "w"), "w[*]");
    CHECK_TEXT(fixture_needs(&fixture, "m"), "before w[*]");
    CHECK_TEXT(fixture_needs(&fixture, "w[*]"), "before");
    const struct rule *asked = plan_rule(plan, fixture_node(&fixture, "alone"));
    CU_ASSERT_EQUAL(asked->vector, NO_VECTOR);
    CU_ASSERT(asked->flags & RULE_REQUEST);
    CU_ASSERT_FALSE(plan_rule(plan, fixture_node(&fixture, "more"))->flags & RULE_REQUEST);
    fixture_answer(&fixture, "{}");
    CU_ASSERT(plan_evaluate(plan, fixture_node(&fixture, "alone"), 2, 0, &fixture.answers, &answer,
                            &error));
    CHECK_TEXT(fixture_vector(&fixture, answer.vector), "cpu=3");
    fixture_close(&fixture);
}

static void check_refused(const char *text, const char *part)
{
    struct fixture fixture;
    fixture_open(&fixture, text);
    CU_ASSERT_FALSE(fixture.is_built);
    CU_ASSERT_PTR_NOT_NULL(strstr(fixture_errors(&fixture), part));
    if (strstr(fixture_errors(&fixture), part) == NULL)
        CHECK_TEXT(fixture_errors(&fixture), part);
    fixture_close(&fixture);
}

static void test_gang_refusals(void)
{
    check_refused("pargraph: 1\nresources: {mem: 3G}\ntasks:\n"
                  "  w: {run: x, stdout: {pipe: p}, resources: {mem: 2G}}\n"
                  "  r: {run: x, stdin: {pipe: p}, resources: {mem: 2G}}\n",
                  "mem: the tasks that pipes join ask for 4294967296 together");
    check_refused(
        "pargraph: 1\ntasks:\n"
        "  w: {run: x, stdout: {pipe: p}, needs: c}\n"
        "  r: {run: x, stdin: {pipe: p}}\n"
        "  c: {run: x, needs: r}\n",
        "flow.yml:3:41: error: a cycle of needs: r starts with w, which needs c, c needs r");
    check_refused("pargraph: 1\nlocks: [l]\nsemaphores: {s: 3}\ntasks:\n"
                  "  a: {run: x, semaphore: {s: 3}}\n"
                  "  w: {run: x, stdout: {pipe: p}, semaphore: {s: 2}}\n"
                  "  r: {run: x, stdin: {pipe: p}, semaphore: {s: 2}}\n",
                  "semaphore 's': 4 is more than the 3 there are");
    check_refused("pargraph: 1\nevents: [e]\ntasks:\n"
                  "  w: {run: x, stdout: {pipe: p}, wait: e}\n"
                  "  r: {run: x, stdin: {pipe: p}}\n"
                  "  s: {run: x, set: e}\n",
                  "'w' is joined to another task by a pipe, and has steps or words of "
                  "synchronisation: not supported yet");
}

/* --- matrices of queues --- */

static void add_item(struct fixture *fixture, uint32_t template, const char *json)
{
    struct error error = {0};
    json_t *item = json_loads(json, JSON_DECODE_ANY, NULL);
    CU_ASSERT_TRUE(plan_expand_item(&fixture->plan, template, item, &error));
    json_decref(item);
}

static void test_queue(void)
{
    struct fixture fixture;
    struct error error = {0};
    fixture_open(&fixture,
                 HEAD "tasks:\n"
                      "  before: {run: x, uses: {put: q}}\n"
                      "  each: {matrix: {item: {queue: q}}, needs: before, run: x}\n"
                      "  other: {matrix: {k: {queue: q}}, run: x}\n"
                      "  some: {needs: {each: {item: 2}}, run: \"${{ needs.each.instances }}\"}\n"
                      "  last: {needs: each, run: x, stdin: {text: \"${{ "
                      "json(needs.each.exit_code) }}\"}}\n"
                      "finally:\n"
                      "  end: {run: x}\n");
    struct plan *plan = &fixture.plan;
    CHECK_TEXT(fixture_errors(&fixture), "");
    uint32_t each = plan->instances[1].template, other = plan->instances[2].template;
    uint32_t selected = plan->selected_count;
    CHECK_TEXT(fixture_needs(&fixture, "last"), "each[*]");
    CHECK_TEXT(fixture_needs(&fixture, "some"), "each[*]");
    add_item(&fixture, each, "2");
    CU_ASSERT_EQUAL(plan->selected_count, selected);
    CU_ASSERT_EQUAL(plan->ended_needs.count, 0);
    add_item(&fixture, other, "{\"a\": 1}");
    add_item(&fixture, each, "\"x y\"");
    add_item(&fixture, each, "2");
    CU_ASSERT_EQUAL(plan->selected_count, selected + 2);
    CHECK_TEXT(fixture_instances(&fixture, "each"),
               "each[item=2] each[item=\"x y\"] each[item=2]#2");
    CHECK_TEXT(fixture_instances(&fixture, "each[item=2]#2"), "each[item=2]#2");
    CHECK_TEXT(fixture_matrix(&fixture, "other[k={\"a\":1}]"), "{\"k\":{\"a\":1}}");
    CHECK_TEXT(fixture_matrix(&fixture, "each[item=2]#2"), "{\"item\":2}");
    for (uint32_t i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(
            instances_index(&plan->instances[1], instances_node(&plan->instances[1], i)), i);
    node_list nodes = {0};
    const struct task *some = &plan->workflow->tasks[3];
    CU_ASSERT(
        plan_need_nodes(plan, fixture_node(&fixture, "some"), &some->needs[0], &nodes, &error));
    CU_ASSERT_EQUAL(nodes.count, 2);
    CU_ASSERT(nodes.count == 2 && nodes.items[1] == fixture_node(&fixture, "each[item=2]#2"));
    nodes.count = 0;
    struct command command = {0};
    fixture_answer(&fixture,
                   "{\"each[item=\\\"x y\\\"]\": {\"status\": \"failure\", \"exit_code\": 4}}");
    CU_ASSERT(plan_command(plan, fixture_node(&fixture, "last"), 1, NO_OPERATION, &fixture.answers,
                           &command, &error));
    CHECK_TEXT(command.text, "[0,4,0]");
    command_release(&command);
    uint32_t count = 0;
    for (uint32_t i = 0; i < 3; i++) {
        uint32_t node = instances_node(&plan->instances[1], i);
        for (uint32_t k = plan->dependents.first[node]; k < plan->dependents.first[node + 1]; k++)
            count += plan->dependents.targets[k] == plan->instances[1].join ||
                     plan->dependents.targets[k] == plan->finally_join;
    }
    CU_ASSERT_EQUAL(count, 6);
    CU_ASSERT_FALSE(plan_expand_item(plan, plan->instances[1].join, json_null(), NULL));
    CU_ASSERT(plan_grow(plan, other, NULL, &error));
    VEC_RELEASE(&nodes);
    fixture_close(&fixture);
}

static void test_queue_refusals(void)
{
    check_refused(HEAD
                  "tasks:\n"
                  "  each: {matrix: {item: {queue: q}}, needs: {each: {item: 2}}, uses: {put: q}, "
                  "run: x}\n",
                  "these cannot need each other");
}

const struct check together_checks[] = {
    {"gangs: start together", test_gangs},
    {"gangs: refusals", test_gang_refusals},
    {"queues: an instance for each item", test_queue},
    {"queues: refusals", test_queue_refusals},
    {NULL, NULL},
};
