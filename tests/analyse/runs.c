/* Replayed runs: times and outcomes, journals that do not fit or are damaged, and status. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "checks.h"
#include "example.h"
#include "support/check.h"

static const char chain[] = "name: chain\n"
                            "tasks:\n"
                            "  a: {run: x}\n"
                            "  b: {needs: a, run: x, retry: 1}\n"
                            "  c: {needs: b, run: x}\n"
                            "  d: {run: x, continue-on-error: true}\n";

struct case_of_run {
    struct example example;
    struct recording recording;
    struct replay replay;
    uint32_t a, b, c, d;
};

static void open_case(struct case_of_run *run)
{
    *run = (struct case_of_run){0};
    example_open(&run->example, chain, NULL);
    CU_ASSERT_FATAL(run->example.is_good);
    CU_ASSERT_FATAL(
        recording_open(&run->recording, &run->example.plan, SCHEDULER_VERSION, POLICY_DRAIN));
    run->a = example_node(&run->example, "a");
    run->b = example_node(&run->example, "b");
    run->c = example_node(&run->example, "c");
    run->d = example_node(&run->example, "d");
}

static void close_case(struct case_of_run *run)
{
    replay_release(&run->replay);
    recording_close(&run->recording);
    example_close(&run->example);
}

static void replay_case(struct case_of_run *run)
{
    CLEANUP_ERROR struct error error = {0};
    bool is_done = replay_run(&run->replay, &run->example.plan, &run->recording.folder, &error);
    CHECK_TEXT(error.message, NULL);
    CU_ASSERT_FATAL(is_done);
}

/* b fails twice, by its exit status and by a signal; d fails and may. */
static void record_failures(struct case_of_run *run)
{
    struct recording *recording = &run->recording;
    recording_start(recording, 1 * SECOND, run->a, 1);
    recording_start(recording, 1 * SECOND, run->d, 1);
    recording_exit(recording, 2 * SECOND, run->d, 9);
    recording_exit(recording, 3 * SECOND, run->a, 0);
    recording_start(recording, 3 * SECOND, run->b, 1);
    recording_exit(recording, 4 * SECOND, run->b, 1);
    recording_start(recording, 5 * SECOND, run->b, 2);
    recording_finish(recording, 7 * SECOND, run->b, 2,
                     (struct outcome){.kind = OUTCOME_SIGNALLED,
                                      .code = SIGSEGV,
                                      .log = {.offset = 100, .length = 20}});
}

void test_replay(void)
{
    struct case_of_run run;
    open_case(&run);
    record_failures(&run);
    recording_end(&run.recording, 1, 8 * SECOND);
    replay_case(&run);
    const struct replay *replay = &run.replay;
    CU_ASSERT(replay->has_ended);
    CU_ASSERT_EQUAL(replay->exit_status, 1);
    CU_ASSERT_EQUAL(replay->began_wall, INT64_C(1793000000) * SECOND);
    CU_ASSERT_EQUAL(replay->last_time, 8 * SECOND);
    CU_ASSERT_EQUAL(replay->node_count, run.example.plan.node_count);
    const struct replay_node *a = &replay->nodes[run.a], *c = &replay->nodes[run.c];
    CU_ASSERT_EQUAL(a->started, SECOND);
    CU_ASSERT_EQUAL(a->ended, 3 * SECOND);
    CU_ASSERT_EQUAL(a->exit_code, 0);
    CU_ASSERT_EQUAL(a->process, 4711);
    CU_ASSERT_EQUAL(scheduler_status(replay->scheduler, run.a), STATUS_SUCCESS);
    CU_ASSERT_EQUAL(c->started, -1);
    CU_ASSERT_EQUAL(c->ended, -1);
    CU_ASSERT_EQUAL(c->exit_code, -1);
    CU_ASSERT_EQUAL(c->process, 0);
    CU_ASSERT_EQUAL(scheduler_status(replay->scheduler, run.c), STATUS_BLOCKED);
    CU_ASSERT(replay->nodes[run.d].is_tolerated);
    CU_ASSERT_EQUAL(replay->nodes[run.d].exit_code, 9);
    close_case(&run);
}

void test_replay_of_retries(void)
{
    struct case_of_run run;
    open_case(&run);
    record_failures(&run);
    recording_end(&run.recording, 1, 8 * SECOND);
    replay_case(&run);
    const struct replay_node *b = &run.replay.nodes[run.b];
    CU_ASSERT_EQUAL(scheduler_attempt(run.replay.scheduler, run.b), 2);
    CU_ASSERT_EQUAL(b->started, 5 * SECOND);
    CU_ASSERT_EQUAL(b->ended, 7 * SECOND);
    CU_ASSERT_EQUAL(b->exit_code, 128 + SIGSEGV);
    CU_ASSERT_EQUAL(b->outcome_kind, OUTCOME_SIGNALLED);
    CU_ASSERT_EQUAL(b->log.offset, 100);
    CU_ASSERT_EQUAL(b->log.length, 20);
    CU_ASSERT_PTR_NULL(b->detail);
    close_case(&run);
    open_case(&run);
    char detail[] = "cannot run 'x'";
    recording_finish(
        &run.recording, SECOND, run.d, 1,
        (struct outcome){.kind = OUTCOME_NOT_STARTED, .code = ENOENT, .detail = detail});
    recording_end(&run.recording, -1, 0);
    replay_case(&run);
    CHECK_TEXT(run.replay.nodes[run.d].detail, "cannot run 'x'");
    CU_ASSERT_EQUAL(run.replay.nodes[run.d].code, ENOENT);
    CU_ASSERT_EQUAL(run.replay.nodes[run.d].exit_code, 127);
    CU_ASSERT_FALSE(run.replay.nodes[run.d].is_started);
    CU_ASSERT_FALSE(run.replay.has_ended);
    CU_ASSERT_EQUAL(run.replay.last_time, SECOND);
    close_case(&run);
}

static void check_refused(struct case_of_run *run, const char *expected)
{
    CLEANUP_ERROR struct error error = {0};
    CLEANUP_BUFFER struct buffer text = {0};
    CU_ASSERT_FALSE(replay_run(&run->replay, &run->example.plan, &run->recording.folder, &error));
    CU_ASSERT_PTR_NULL(run->replay.nodes);
    buffer_printf(&text, "run %s: %s", run->recording.folder.id, expected);
    CHECK_TEXT(error.message, buffer_text(&text));
}

void test_replay_refuses(void)
{
    struct case_of_run run;
    open_case(&run);
    recording_close(&run.recording);
    CU_ASSERT_FATAL(
        recording_open(&run.recording, &run.example.plan, SCHEDULER_VERSION + 1, POLICY_DRAIN));
    recording_end(&run.recording, 0, SECOND);
    check_refused(&run, "the run was made by another version of pargraph (scheduler 4, this is 3)");
    close_case(&run);
    open_case(&run);
    recording_start(&run.recording, SECOND, run.example.plan.node_count, 1);
    recording_end(&run.recording, 0, SECOND);
    check_refused(&run, "the journal does not fit the workflow it was run with");
    close_case(&run);
    open_case(&run);
    recording_add(&run.recording,
                  (struct input){.kind = INPUT_CAPACITY, .vector = 1000, .amount = 1});
    recording_end(&run.recording, 0, SECOND);
    check_refused(&run, "the journal does not fit the workflow it was run with");
    close_case(&run);
}

/* The run interned requests that a plan made afresh does not know. */
void test_replay_of_evaluated_requests(void)
{
    struct case_of_run run;
    open_case(&run);
    example_close(&run.example);
    example_open(&run.example,
                 "resources: {mem: 8G}\n"
                 "tasks:\n"
                 "  a: {resources: {mem: \"${{ task.attempt }}G\"}, run: x}\n"
                 "  b: {resources: {mem: \"${{ 4 * task.attempt }}G\"}, run: x}\n",
                 NULL);
    CU_ASSERT_FATAL(run.example.is_good);
    recording_close(&run.recording);
    CU_ASSERT_FATAL(
        recording_open(&run.recording, &run.example.plan, SCHEDULER_VERSION, POLICY_DRAIN));
    struct vectors grown = {0};
    const struct vectors *old = &run.example.plan.vectors;
    for (uint32_t i = 0; i < old->count; i++)
        vectors_add(&grown, &old->amounts[old->first[i]], old->first[i + 1] - old->first[i]);
    for (uint32_t node = 0; node < 2; node++) {
        struct amount amounts[] = {{0, 1}, {1, (node == 0 ? UINT64_C(1) : UINT64_C(8)) << 30}};
        uint32_t vector = vectors_add(&grown, amounts, 2);
        journal_add_vector(run.recording.journal, &grown, vector);
        recording_add(&run.recording, (struct input){.kind = INPUT_EVALUATED,
                                                     .node = node,
                                                     .attempt = 1,
                                                     .verdict = VERDICT_RUN,
                                                     .vector = vector});
    }
    vectors_release(&grown);
    recording_start(&run.recording, SECOND, 0, 1);
    recording_exit(&run.recording, 2 * SECOND, 0, 0);
    recording_end(&run.recording, -1, 0);
    replay_case(&run);
    CU_ASSERT_EQUAL(scheduler_status(run.replay.scheduler, 0), STATUS_SUCCESS);
    CU_ASSERT_EQUAL(scheduler_status(run.replay.scheduler, 1), STATUS_NONE);
    CLEANUP_BUFFER struct buffer out = {0};
    status_write(&run.example.plan, &run.recording.folder, &run.replay, &out);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(buffer_text(&out), "2 tasks: 1 ok, 1 waiting\n\nwaiting:\n  b: for resources\n"));
    close_case(&run);
}

/* Whatever stands in a journal is taken or refused. */
void test_replay_of_damaged_journals(void)
{
    struct case_of_run run;
    open_case(&run);
    record_failures(&run);
    recording_end(&run.recording, 1, 8 * SECOND);
    char *bytes = NULL;
    size_t length = 0;
    CU_ASSERT_FATAL(run_folder_read(&run.recording.folder, "journal", &bytes, &length, NULL));
    uint32_t taken = 0;
    for (size_t cut = 0; cut <= length; cut++) {
        CU_ASSERT(run_folder_write(&run.recording.folder, "journal", bytes, cut, NULL));
        struct replay replay;
        if (!replay_run(&replay, &run.example.plan, &run.recording.folder, NULL))
            continue;
        CU_ASSERT_EQUAL(replay.has_ended, cut == length);
        taken++;
        replay_release(&replay);
    }
    CU_ASSERT(taken > length / 2);
    memory_free(bytes);
    close_case(&run);
}

static void check_status(struct case_of_run *run, const char *expected)
{
    CLEANUP_BUFFER struct buffer out = {0}, whole = {0};
    status_write(&run->example.plan, &run->recording.folder, &run->replay, &out);
    buffer_printf(&whole, "run %s %s", run->recording.folder.id, expected);
    CHECK_TEXT(buffer_text(&out), buffer_text(&whole));
}

void test_status_ended(void)
{
    struct case_of_run run;
    open_case(&run);
    record_failures(&run);
    recording_end(&run.recording, 1, 8 * SECOND);
    recording_abandon(&run.recording);
    replay_case(&run);
    check_status(&run, "failed after 8.0s\n"
                       "4 tasks: 1 ok, 1 failed, 1 failed (continue-on-error), 1 blocked\n"
                       "\n"
                       "failed:\n"
                       "  b: killed by SIGSEGV after 2.0s (attempt 2)\n");
    static const struct {
        int exit_status;
        const char *words;
    } endings[] = {{0, "succeeded after 8.0s\n"},
                   {130, "was interrupted after 8.0s\n"},
                   {143, "was terminated after 8.0s\n"},
                   {4, "ended with an error after 8.0s\n"}};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        CLEANUP_BUFFER struct buffer out = {0};
        run.replay.exit_status = endings[i].exit_status;
        status_write(&run.example.plan, &run.recording.folder, &run.replay, &out);
        CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&out), endings[i].words));
    }
    close_case(&run);
}

/* a has ended, b waits for its second attempt, d runs. */
static void record_middle(struct case_of_run *run)
{
    recording_start(&run->recording, 1 * SECOND, run->a, 1);
    recording_start(&run->recording, 1 * SECOND, run->d, 1);
    recording_exit(&run->recording, 3 * SECOND, run->a, 0);
    recording_end(&run->recording, -1, 0);
}

void test_status_running(void)
{
    struct case_of_run run;
    open_case(&run);
    record_middle(&run);
    replay_case(&run);
    run.replay.now = 61 * SECOND;
    check_status(&run, "has been running for 1m01s\n"
                       "4 tasks: 1 ok, 1 running, 2 waiting\n"
                       "\n"
                       "running:\n"
                       "  d: 1m00s, process 4711\n"
                       "\n"
                       "waiting:\n"
                       "  b: for resources\n"
                       "  c: for what it needs\n");
    close_case(&run);
}

void test_status_killed(void)
{
    struct case_of_run run;
    open_case(&run);
    record_middle(&run);
    recording_abandon(&run.recording);
    replay_case(&run);
    run.replay.now = 61 * SECOND;
    check_status(&run, "was killed with its runner after 3.0s\n"
                       "4 tasks: 1 ok, 1 running, 2 waiting\n"
                       "\n"
                       "running when it was killed:\n"
                       "  d: 2.0s\n"
                       "\n"
                       "waiting:\n"
                       "  b: for resources\n"
                       "  c: for what it needs\n");
    close_case(&run);
}

void test_status_of_many(void)
{
    struct case_of_run run;
    open_case(&run);
    example_close(&run.example);
    example_open(&run.example, "tasks: {a: {matrix: {i: \"${{ range(100) }}\"}, run: x}}\n", NULL);
    CU_ASSERT_FATAL(run.example.is_good);
    recording_close(&run.recording);
    CU_ASSERT_FATAL(
        recording_open(&run.recording, &run.example.plan, SCHEDULER_VERSION, POLICY_DRAIN));
    recording_end(&run.recording, -1, 0);
    replay_case(&run);
    CLEANUP_BUFFER struct buffer out = {0};
    status_write(&run.example.plan, &run.recording.folder, &run.replay, &out);
    CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&out), "\n100 tasks: 100 waiting\n\nwaiting:\n"
                                                     "  a[i=0]: for resources\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(buffer_text(&out),
                                  "  a[i=19]: for cpu: held by a[i=0], a[i=1], a[i=2], a[i=3]\n"
                                  "  and 80 more\n"));
    close_case(&run);
}

static void check_json(json_t *value, const char *expected)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    CHECK_TEXT(text, expected);
    free(text);
}

void test_status_json(void)
{
    struct case_of_run run;
    open_case(&run);
    record_failures(&run);
    recording_end(&run.recording, 1, 8 * SECOND);
    replay_case(&run);
    json_t *status = status_to_json(&run.example.plan, &run.recording.folder, &run.replay);
    check_json(json_object_get(status, "state"), "\"ended\"");
    check_json(json_object_get(status, "exit_status"), "1");
    check_json(json_object_get(status, "began"), "1793000000.0");
    check_json(json_object_get(status, "elapsed"), "8.0");
    check_json(json_object_get(status, "counts"),
               "{\"total\":4,\"waiting\":0,\"running\":0,\"failure\":2,\"blocked\":1,"
               "\"cancelled\":0,\"skipped\":0,\"success\":1,\"tolerated\":1}");
    json_t *instances = json_object_get(status, "instances");
    CU_ASSERT_EQUAL(json_array_size(instances), 4);
    check_json(json_array_get(instances, 1),
               "{\"name\":\"b\",\"task\":\"b\",\"state\":\"ended\",\"status\":\"failure\","
               "\"attempt\":2,\"started\":5.0,\"ended\":7.0,\"exit_code\":139,"
               "\"is_timeout\":false,\"reason\":\"killed by SIGSEGV\"}");
    check_json(json_array_get(instances, 2),
               "{\"name\":\"c\",\"task\":\"c\",\"state\":\"ended\",\"status\":\"blocked\","
               "\"attempt\":0,\"started\":null,\"ended\":null,\"exit_code\":null,"
               "\"is_timeout\":false,\"reason\":null}");
    json_decref(status);
    close_case(&run);
    open_case(&run);
    record_middle(&run);
    replay_case(&run);
    status = status_to_json(&run.example.plan, &run.recording.folder, &run.replay);
    check_json(json_object_get(status, "state"), "\"running\"");
    check_json(json_object_get(status, "exit_status"), "null");
    check_json(json_object_get(json_array_get(json_object_get(status, "instances"), 3), "state"),
               "\"running\"");
    json_decref(status);
    close_case(&run);
}
