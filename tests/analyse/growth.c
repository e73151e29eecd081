/* Dynamic matrices: the template in lists, drawings and status until its expansion, then what the
 * journal says it came to. */
#include <string.h>

#include "base/memory.h"
#include "checks.h"
#include "example.h"
#include "support/check.h"

static const char growing[] = "name: growing\n"
                              "tasks:\n"
                              "  make: {run: x}\n"
                              "  map:\n"
                              "    needs: make\n"
                              "    matrix: {v: \"${{ fromjson(needs.make.stdout) }}\"}\n"
                              "    run: x\n"
                              "  all: {needs: map, run: x}\n";
static const char two[] =
    "{\"rows\": [], \"exclude\": [], \"include\": [], \"axes\": [[\"x\", \"y\"]]}";
static const char none[] = "{\"rows\": [], \"exclude\": [], \"include\": [], \"axes\": [[]]}";

struct grown {
    struct example example;
    struct recording recording;
    struct replay replay;
    uint32_t make, all, template, first; /* first: of the nodes that an expansion appends */
};

static void grown_open(struct grown *grown)
{
    *grown = (struct grown){0};
    example_open(&grown->example, growing, NULL);
    CU_ASSERT_FATAL(grown->example.is_good);
    const struct plan *plan = &grown->example.plan;
    CU_ASSERT_FATAL(recording_open(&grown->recording, plan, SCHEDULER_VERSION, POLICY_DRAIN));
    grown->make = example_node(&grown->example, "make");
    grown->all = example_node(&grown->example, "all");
    grown->template = plan->instances[1].template;
    grown->first = plan->node_count;
    recording_start(&grown->recording, 1 * SECOND, grown->make, 1);
    recording_exit(&grown->recording, 2 * SECOND, grown->make, 0);
}

static void grown_close(struct grown *grown)
{
    replay_release(&grown->replay);
    recording_close(&grown->recording);
    example_close(&grown->example);
}

/* json: NULL where none is kept. */
static void record_expansion(struct grown *grown, const char *json)
{
    if (json != NULL)
        CU_ASSERT_FATAL(journal_add_expansion(grown->recording.journal, NULL, grown->template, json,
                                              strlen(json), NULL));
    recording_add(&grown->recording, (struct input){.now = 2 * SECOND,
                                                    .kind = INPUT_EXPANDED,
                                                    .node = grown->template,
                                                    .verdict = VERDICT_RUN});
}

static void grown_replay(struct grown *grown)
{
    CLEANUP_ERROR struct error error = {0};
    bool is_done =
        replay_run(&grown->replay, &grown->example.plan, &grown->recording.folder, &error);
    CHECK_TEXT(error.message, NULL);
    CU_ASSERT_FATAL(is_done);
}

static void check_status(const struct grown *grown, const char *expected)
{
    CLEANUP_BUFFER struct buffer out = {0}, whole = {0};
    status_write(&grown->example.plan, &grown->recording.folder, &grown->replay, &out);
    buffer_printf(&whole, "run %s %s", grown->recording.folder.id, expected);
    CHECK_TEXT(buffer_text(&out), buffer_text(&whole));
}

static void check_list(const struct grown *grown, const char *expected)
{
    CLEANUP_BUFFER struct buffer out = {0};
    list_write(&grown->example.plan, &out);
    CHECK_TEXT(buffer_text(&out), expected);
}

static void check_drawn(struct grown *grown, bool is_expanded, const char *const *lines,
                        size_t count)
{
    CLEANUP_BUFFER struct buffer out = {0};
    struct dot_options options = {.is_expanded = is_expanded,
                                  .replay =
                                      grown->replay.scheduler != NULL ? &grown->replay : NULL};
    dot_write(&grown->example.plan, &options, &out);
    for (size_t i = 0; i < count; i++)
        if (strstr(buffer_text(&out), lines[i]) == NULL)
            CHECK_TEXT(buffer_text(&out), lines[i]);
}
#define CHECK_DRAWN(grown, is_expanded, ...)                                                       \
    check_drawn(grown, is_expanded, (const char *const[]){__VA_ARGS__},                            \
                sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

void test_template(void)
{
    struct grown grown;
    grown_open(&grown);
    check_list(&grown, "make\nmap   x?\nall\n");
    CHECK_DRAWN(&grown, false,
                "\"map\" [label=\"map\\n\303\227?\", style=\"rounded,filled,dashed\"",
                "\"make\" -> \"map\"", "\"map\" -> \"all\"");
    CHECK_DRAWN(&grown, true, "\"map[*]\" [label=\"map[*]\\n\303\227?\"",
                "\"make\" -> \"map[*]\" [style=solid", "\"map[*]\" -> \"join ");
    recording_end(&grown.recording, -1, 0);
    grown_replay(&grown);
    CU_ASSERT_EQUAL(grown.replay.node_count, grown.first);
    check_status(&grown, "has been running for 2.0s\n"
                         "3 tasks: 1 ok, 2 waiting\n"
                         "\n"
                         "waiting:\n"
                         "  all: for what it needs\n"
                         "  map[*]: for what it needs\n");
    grown_close(&grown);
}

void test_expansion(void)
{
    struct grown grown;
    grown_open(&grown);
    record_expansion(&grown, two);
    recording_start(&grown.recording, 3 * SECOND, grown.first, 1);
    recording_start(&grown.recording, 3 * SECOND, grown.first + 1, 1);
    recording_exit(&grown.recording, 4 * SECOND, grown.first, 0);
    recording_exit(&grown.recording, 5 * SECOND, grown.first + 1, 3);
    recording_end(&grown.recording, 1, 5 * SECOND);
    recording_abandon(&grown.recording);
    grown_replay(&grown);
    const struct replay *replay = &grown.replay;
    CU_ASSERT_EQUAL_FATAL(replay->node_count, grown.first + 2);
    CU_ASSERT_EQUAL(example_node(&grown.example, "map[v=y]"), grown.first + 1);
    CU_ASSERT_EQUAL(replay->nodes[grown.first].ended, 4 * SECOND);
    CU_ASSERT_EQUAL(replay->nodes[grown.first + 1].exit_code, 3);
    CU_ASSERT_EQUAL(scheduler_status(replay->scheduler, grown.first), STATUS_SUCCESS);
    CU_ASSERT_EQUAL(scheduler_status(replay->scheduler, grown.all), STATUS_BLOCKED);
    check_status(&grown, "failed after 5.0s\n"
                         "4 tasks: 2 ok, 1 failed, 1 blocked\n"
                         "\n"
                         "failed:\n"
                         "  map[v=y]: exit status 3 after 2.0s\n");
    check_list(&grown, "make\nmap   x2\nall\n");
    CHECK_DRAWN(&grown, false, "\"map\" [label=\"map\\n\303\2272\\n1 ok, 1 failed\"");
    CHECK_DRAWN(&grown, true, "\"map[v=x]\" [label=\"map[v=x]\", fillcolor=\"#b5dfb5\"",
                "\"map[v=x]\" -> \"join ", "-> \"map[v=y]\" [style=solid]");
    json_t *status = status_to_json(&grown.example.plan, &grown.recording.folder, replay);
    CU_ASSERT_EQUAL(json_array_size(json_object_get(status, "instances")), 4);
    CHECK_TEXT(json_string_value(json_object_get(
                   json_array_get(json_object_get(status, "instances"), 3), "name")),
               "map[v=y]");
    json_decref(status);
    grown_close(&grown);
}

void test_expansion_to_none(void)
{
    struct grown grown;
    grown_open(&grown);
    record_expansion(&grown, none);
    recording_start(&grown.recording, 3 * SECOND, grown.all, 1);
    recording_exit(&grown.recording, 4 * SECOND, grown.all, 0);
    recording_end(&grown.recording, 0, 4 * SECOND);
    grown_replay(&grown);
    CU_ASSERT_EQUAL(grown.replay.node_count, grown.first);
    check_status(&grown, "succeeded after 4.0s\n2 tasks: 2 ok\n");
    check_list(&grown, "make\nmap   x0\nall\n");
    CHECK_DRAWN(&grown, false, "\"map\" [label=\"map\\n\303\2270\"");
    grown_close(&grown);
}

/* What needs the template is blocked as by any failure; the template is counted as a task. */
void test_expansion_fails(void)
{
    struct grown grown;
    char detail[] = "flow.yml:7:20: the values of 'v' must be a list";
    grown_open(&grown);
    recording_add(&grown.recording,
                  (struct input){.now = 3 * SECOND,
                                 .kind = INPUT_EXPANDED,
                                 .node = grown.template,
                                 .is_invalid = true,
                                 .outcome = {.kind = OUTCOME_INVALID, .detail = detail}});
    recording_end(&grown.recording, 1, 3 * SECOND);
    grown_replay(&grown);
    check_status(&grown, "failed after 3.0s\n"
                         "3 tasks: 1 ok, 1 failed, 1 blocked\n"
                         "\n"
                         "failed:\n"
                         "  map[*]: flow.yml:7:20: the values of 'v' must be a list\n");
    CHECK_DRAWN(&grown, true, "\"map[*]\" [label=\"map[*]\\n\303\227?\", fillcolor=");
    check_list(&grown, "make\nmap   x?\nall\n");
    grown_close(&grown);
}

/* A journal that does not say what the matrix came to, or says what the workflow cannot give. */
void test_expansion_damaged(void)
{
    static const char *const wrongs[] = {NULL, "", "[", "7", "{}", "{\"axes\": [7]}"};
    for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++) {
        struct grown grown;
        CLEANUP_ERROR struct error error = {0};
        grown_open(&grown);
        record_expansion(&grown, wrongs[i]);
        recording_end(&grown.recording, -1, 0);
        CU_ASSERT_FALSE(
            replay_run(&grown.replay, &grown.example.plan, &grown.recording.folder, &error));
        CU_ASSERT_PTR_NULL(grown.replay.nodes);
        CU_ASSERT_PTR_NOT_NULL_FATAL(error.hint);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.hint, "does again what came after it"));
        CU_ASSERT_EQUAL(grown.example.plan.node_count, grown.first);
        grown_close(&grown);
    }
}
