/* What tasks share beside needs, in drawings, in lists and as JSON. */
#include <string.h>

#include "base/memory.h"
#include "checks.h"
#include "example.h"
#include "support/check.h"

static const char flow[] = "locks: [db]\n"
                           "conditions: {c: {lock: db}}\n"
                           "barriers: [b]\n"
                           "events: [e]\n"
                           "queues: {q: 4, unused: {}}\n"
                           "tasks:\n"
                           "  many:\n"
                           "    matrix: {i: [1, 2]}\n"
                           "    barrier: b\n"
                           "    lock: db\n"
                           "    set: e\n"
                           "    steps: [{wait: c, timeout: 2s}, {notify: c}, {put: {q: 1}}]\n"
                           "  each: {matrix: {item: {queue: q}}, run: x, wait: e}\n"
                           "  serve: {daemon: true, run: x, description: serves}\n"
                           "  w: {run: x, stdout: {pipe: p}, resources: {cpu: 2}}\n"
                           "  r: {exec: [y], stdin: {pipe: p}}\n";

static void check_parts(const char *text, const char *const *parts)
{
    for (; *parts != NULL; parts++) {
        const char *found = strstr(text, *parts);
        CU_ASSERT_PTR_NOT_NULL(found);
        if (found == NULL)
            CHECK_TEXT(text, *parts);
        else
            CU_ASSERT_PTR_NULL(strstr(found + 1, *parts)); /* once */
    }
}

#define PRIMITIVE                                                                                  \
    ", shape=ellipse, style=dashed, color=\"#888888\", fontsize=10, margin=\"0.05,0.02\"];\n"
#define MEETS " [style=dashed, color=\"#888888\", arrowhead=none, constraint=false];\n"
#define HANDS " [style=dashed, color=\"#888888\"];\n"
#define BOTH  " [style=dashed, color=\"#888888\", dir=both];\n"

void test_drawn_primitives(void)
{
    static const char *const folded[] = {
        "    \"lock db\" [label=\"lock db\"" PRIMITIVE,
        "    \"pipe p\" [label=\"pipe p\"" PRIMITIVE,
        "    \"condition c\" -> \"lock db\" [style=dotted",
        "    \"many\" -> \"lock db\"" MEETS,
        "    \"many\" -> \"barrier b\"" MEETS,
        "    \"many\" -> \"condition c\"" BOTH,
        "    \"many\" -> \"event e\"" HANDS,
        "    \"many\" -> \"queue q\"" HANDS,
        "    \"queue q\" -> \"each\"" HANDS,
        "    \"event e\" -> \"each\"" HANDS,
        "    \"w\" -> \"pipe p\"" HANDS,
        "    \"pipe p\" -> \"r\"" HANDS,
        NULL,
    };
    static const char *const expanded[] = {
        "    \"many[i=1]\" -> \"barrier b\"" MEETS,
        "    \"many[i=2]\" -> \"barrier b\"" MEETS,
        "    \"queue q\" -> \"each[*]\"" HANDS,
        "    \"pipe p\" -> \"r\"" HANDS,
        NULL,
    };
    struct example example;
    CLEANUP_BUFFER struct buffer out = {0};
    example_open(&example, flow, NULL);
    CU_ASSERT_FATAL(example.is_good);
    dot_write(&example.plan, &(struct dot_options){0}, &out);
    check_parts(buffer_text(&out), folded);
    CU_ASSERT_PTR_NULL(strstr(buffer_text(&out), "unused"));
    buffer_clear(&out);
    dot_write(&example.plan, &(struct dot_options){.is_expanded = true}, &out);
    check_parts(buffer_text(&out), expanded);
    example_close(&example);
}

void test_listed_primitives(void)
{
    struct example example;
    CLEANUP_BUFFER struct buffer out = {0};
    example_open(&example, flow, NULL);
    list_write(&example.plan, &out);
    CHECK_TEXT(buffer_text(&out), "many   x2\neach   x?\nserve      (daemon) serves\nw\nr\n");
    example_close(&example);
}

void test_plan_json_of_programs(void)
{
    static const char *const parts[] = {
        "{\"name\":\"lock db\",\"kept\":true,\"capacity\":1}",
        "{\"name\":\"condition c\",\"lock\":\"lock db\"}",
        "{\"name\":\"barrier b\",\"parties\":null}",
        "{\"name\":\"queue q\",\"max\":4}",
        "{\"name\":\"p\",\"writer\":\"w\",\"readers\":[\"r\"]}",
        "{\"kind\":\"condition-wait\",\"text\":\"step 1 (wait c)\",\"line\":13,"
        "\"gate\":\"condition c\",\"timeout\":2}",
        "{\"role\":\"put\",\"gate\":\"queue q\",\"first\":4,\"last\":4}",
        "\"is_daemon\":true",
        NULL,
    };
    struct example example;
    CLEANUP_BUFFER struct buffer out = {0};
    example_open(&example, flow, NULL);
    json_t *plan = plan_to_json(&example.plan);
    value_write_json(plan, &out);
    check_parts(buffer_text(&out), parts);
    json_t *tasks = json_object_get(plan, "tasks");
    CU_ASSERT_EQUAL(json_array_size(json_object_get(json_array_get(tasks, 3), "together")), 2);
    CU_ASSERT_PTR_NULL(json_object_get(json_array_get(tasks, 3), "program"));
    json_t *writer = json_object_get(json_array_get(tasks, 3), "resources");
    CHECK_TEXT(json_string_value(json_object_get(writer, "cpu")), "2");
    json_decref(plan);
    example_close(&example);
}

static const char functions[] =
    "pools: {math: {size: 10, chunk: 2}, py: {init: {python: 'w:load', args: [m]}, max-tasks: 9}}\n"
    "tasks:\n"
    "  l: {pool: math, call: {lua: return i, args: {i: \"${{ task.name }}\"}}}\n"
    "  c: {call: {library: /opt/stats.so, function: mean, args: [1, [x, \"${{ task.name }}\"]]}}\n"
    "  p: {pool: py, call: {python: 'a:b', args: [1], kwargs: {k: 2}}, needs: c}\n"
    "  s: {steps: [{call: {lua: return 1}}]}\n";

void test_functions_and_pools(void)
{
    static const char *const drawn[] = {
        "\"l\" [label=\"l\\nlua\\npool math\"",
        "\"c\" [label=\"c\\nlibrary stats.so: mean\"",
        "\"p\" [label=\"p\\npython:a:b\\npool py\"",
        NULL,
    };
    static const char *const parts[] = {
        "\"pools\":[{\"name\":\"math\",\"size\":10,\"backend\":\"default\",\"chunk\":2,"
        "\"max_tasks\":null},{\"name\":\"py\",\"size\":4,\"backend\":\"process\",\"chunk\":1,"
        "\"max_tasks\":9,\"init\":{\"function\":\"python:w:load\",\"args\":[\"m\"],"
        "\"kwargs\":{}}}]",
        "\"body\":\"call\",\"call\":{\"function\":\"lua\",\"args\":{\"i\":\"${{ task.name }}\"},"
        "\"kwargs\":{}}",
        "\"call\":{\"function\":\"library stats.so: mean\",\"args\":[1,[\"x\",\"${{ task.name "
        "}}\"]],\"kwargs\":{}}",
        "\"call\":{\"function\":\"python:a:b\",\"args\":[1],\"kwargs\":{\"k\":2}}",
        "\"text\":\"step 1 (call)\"",
        "\"pool\":\"math\"",
        NULL,
    };
    struct example example;
    CLEANUP_BUFFER struct buffer out = {0};
    example_open(&example, functions, NULL);
    CU_ASSERT_FATAL(example.is_good);
    dot_write(&example.plan, &(struct dot_options){0}, &out);
    check_parts(buffer_text(&out), drawn);
    buffer_clear(&out);
    json_t *plan = plan_to_json(&example.plan);
    value_write_json(plan, &out);
    check_parts(buffer_text(&out), parts);
    json_decref(plan);
    example_close(&example);
}
