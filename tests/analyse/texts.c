/* Plans as text and as JSON, to the letter. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "checks.h"
#include "example.h"
#include "support/check.h"

void test_list(void)
{
    struct example example;
    example_open(&example,
                 "tasks:\n"
                 "  index: {description: \"Builds the index\\nof all\", run: 'true'}\n"
                 "  align: {needs: index, matrix: {s: [a, b, c]}, description: \"Aligns \\e[1m\", "
                 "run: 'true'}\n"
                 "  none: {matrix: {s: []}, run: 'true'}\n"
                 "  bare: {run: 'true'}\n"
                 "  clean: {manual: true, run: 'true'}\n"
                 "  a-name-longer-than-the-column-is-allowed-to-be: {run: 'true', description: x}\n"
                 "finally:\n"
                 "  report: {description: Sends it, run: 'true'}\n",
                 NULL);
    CU_ASSERT_FATAL(example.is_good);
    CLEANUP_BUFFER struct buffer out = {0};
    list_write(&example.plan, &out);
    CHECK_TEXT(buffer_text(&out), "index       Builds the index\n"
                                  "align   x3  Aligns ?[1m\n"
                                  "none    x0\n"
                                  "bare\n"
                                  "clean       (manual)\n"
                                  "a-name-longer-than-the-column-is-allowed-to-be      x\n"
                                  "report      (finally) Sends it\n");
    example_close(&example);
    example_open(&example, "tasks: {a: {run: 'true'}, bc: {run: 'true', description: d}}\n", NULL);
    CU_ASSERT_FATAL(example.is_good);
    buffer_clear(&out);
    list_write(&example.plan, &out);
    CHECK_TEXT(buffer_text(&out), "a\nbc  d\n");
    example_close(&example);
}

static void check_json(json_t *value, const char *expected)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    CHECK_TEXT(text, expected);
    free(text);
    json_decref(value);
}

/* One member of one task, by name. */
static void check_task(json_t *plan, const char *task_name, const char *key, const char *expected)
{
    json_t *tasks = json_object_get(plan, "tasks");
    for (size_t i = 0; i < json_array_size(tasks); i++) {
        json_t *task = json_array_get(tasks, i);
        if (strcmp(json_string_value(json_object_get(task, "name")), task_name) == 0)
            check_json(json_incref(json_object_get(task, key)), expected);
    }
}

void test_plan_json(void)
{
    struct example example;
    example_open(&example,
                 "name: two\n"
                 "description: Two tasks\n"
                 "resources: {mem: 2G}\n"
                 "tasks:\n"
                 "  a: {matrix: {x: [1, b]}, priority: 3, timeout: 90s, retry: 2, run: make}\n"
                 "  b: {needs: a, description: Last, manual: true}\n",
                 NULL);
    CU_ASSERT_FATAL(example.is_good);
    check_json(plan_to_json(&example.plan),
               "{\"name\":\"two\",\"description\":\"Two tasks\",\"instance_count\":2,"
               "\"critical_path\":1,\"capacities\":{\"cpu\":4,\"mem\":2147483648},\"tasks\":["
               "{\"name\":\"a\",\"body\":\"run\",\"run\":\"make\",\"is_finally\":false,"
               "\"is_manual\":false,\"priority\":3,\"timeout\":90.0,\"retries\":2,"
               "\"resources\":{\"cpu\":1},\"matrix\":[\"x\"],\"instances\":["
               "{\"name\":\"a[x=1]\",\"matrix\":{\"x\":1},\"is_selected\":true,\"needs\":[]},"
               "{\"name\":\"a[x=b]\",\"matrix\":{\"x\":\"b\"},\"is_selected\":true,\"needs\":[]}]},"
               "{\"name\":\"b\",\"description\":\"Last\",\"body\":\"none\",\"is_finally\":false,"
               "\"is_manual\":true,\"priority\":0,\"timeout\":null,\"retries\":0,"
               "\"resources\":{},\"matrix\":[],\"instances\":["
               "{\"name\":\"b\",\"matrix\":{},\"is_selected\":false,\"needs\":[\"a[*]\"]}]}]}");
    example_close(&example);
}

void test_plan_json_of_bodies(void)
{
    struct example example;
    example_open(&example,
                 "params: {n: {type: int, default: 2}}\n"
                 "resources: {mem: 8G, licence: 2}\n"
                 "tasks:\n"
                 "  shell: {run: \"echo ${{ params.n }} '${{ params.n + 1 }}' end\"}\n"
                 "  words: {exec: [echo, \"${{ params.n }}x\", \"a b\"]}\n"
                 "  fixed: {resources: {cpu: 2, mem: 1G, licence: 1}, run: x}\n"
                 "  grows: {resources: {mem: \"${{ task.attempt }}G\"}, run: x}\n"
                 "finally:\n"
                 "  last: {run: x}\n",
                 NULL);
    CU_ASSERT_FATAL(example.is_good);
    json_t *plan = plan_to_json(&example.plan);
    check_task(plan, "shell", "run", "\"echo ${{ params.n }} '${{ params.n + 1 }}' end\"");
    check_task(plan, "words", "exec", "[\"echo\",\"${{ params.n }}x\",\"a b\"]");
    check_task(plan, "fixed", "resources", "{\"cpu\":2,\"mem\":1073741824,\"licence\":1}");
    check_task(plan, "grows", "resources", "{\"mem\":\"${{ task.attempt }}G\"}");
    check_task(plan, "shell", "is_finally", "false");
    check_task(plan, "last", "is_finally", "true");
    json_decref(plan);
    example_close(&example);
}

void test_plan_json_of_needs(void)
{
    struct example example;
    example_open(&example,
                 "tasks:\n"
                 "  one: {run: x}\n"
                 "  all: {matrix: {i: [1, 2]}, run: x}\n"
                 "  row:\n"
                 "    matrix: {i: [1, 2, 3]}\n"
                 "    needs:\n"
                 "      - {row: {i: \"${{ matrix.i - 1 }}\"}, if: matrix.i > 1}\n"
                 "      - {all: same, if: matrix.i < 3}\n"
                 "      - one\n"
                 "    run: x\n"
                 "  end: {needs: [all, {row: {i: [1, 3]}}], run: x}\n",
                 NULL);
    CU_ASSERT_FATAL(example.is_good);
    json_t *plan = plan_to_json(&example.plan);
    check_task(plan, "row", "instances",
               "[{\"name\":\"row[i=1]\",\"matrix\":{\"i\":1},\"is_selected\":true,"
               "\"needs\":[\"all[i=1]\",\"one\"]},"
               "{\"name\":\"row[i=2]\",\"matrix\":{\"i\":2},\"is_selected\":true,"
               "\"needs\":[\"row[i=1]\",\"all[i=2]\",\"one\"]},"
               "{\"name\":\"row[i=3]\",\"matrix\":{\"i\":3},\"is_selected\":true,"
               "\"needs\":[\"row[i=2]\",\"one\"]}]");
    check_task(plan, "end", "instances",
               "[{\"name\":\"end\",\"matrix\":{},\"is_selected\":true,"
               "\"needs\":[\"all[*]\",\"row[i=1]\",\"row[i=3]\"]}]");
    check_json(json_incref(json_object_get(plan, "critical_path")), "5");
    json_decref(plan);
    example_close(&example);
}

/* 2000 instances that each need all of 2000 others. */
void test_plan_json_stays_small(void)
{
    struct example example;
    example_open(&example,
                 "tasks:\n"
                 "  a: {matrix: {i: \"${{ range(2000) }}\"}, run: x}\n"
                 "  b: {matrix: {i: \"${{ range(2000) }}\"}, needs: a, run: x}\n",
                 NULL);
    CU_ASSERT_FATAL(example.is_good);
    json_t *plan = plan_to_json(&example.plan);
    char *text = json_dumps(plan, JSON_COMPACT);
    CU_ASSERT(strlen(text) < 400000);
    free(text);
    json_decref(plan);
    example_close(&example);
}
