/* Checks of the journal: what is written comes back. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "history/history_journal.h"

static void all_kinds_come_back(void)
{
    char *scratch = scratch_new();
    struct run_folder folder = run_new(scratch);
    write_samples(&folder);
    struct journal_reader reader;
    CU_ASSERT_FATAL(journal_open(&reader, &folder, NULL));
    CU_ASSERT_EQUAL(reader.head.scheduler_version, 7);
    CU_ASSERT_EQUAL(reader.head.failure_policy, 2);
    CU_ASSERT_EQUAL(reader.head.wall, WALL);
    CU_ASSERT_EQUAL(reader.head.cpu_capacity, 16);
    CU_ASSERT_FALSE(reader.has_ended);
    struct input inputs[SAMPLES_MOST];
    CU_ASSERT_EQUAL(check_reads_samples(&reader), sample_inputs(inputs));
    CU_ASSERT(reader.has_ended);
    CU_ASSERT_EQUAL(reader.end.exit_status, sample_end.exit_status);
    CU_ASSERT_EQUAL(reader.end.time, sample_end.time);
    CU_ASSERT_EQUAL(reader.end.succeeded, sample_end.succeeded);
    CU_ASSERT_EQUAL(reader.end.failed, sample_end.failed);
    CU_ASSERT_EQUAL(reader.end.total, sample_end.total);
    CU_ASSERT_EQUAL(reader.good, reader.length);
    CU_ASSERT_EQUAL(file_mode(path_of(folder.path, "journal")), 0600);
    journal_reader_close(&reader);
    run_folder_close(&folder);
    scratch_remove(scratch);
}

/* The input that comes back for one that is written. The caller closes the reader. */
static struct input round_trip(const struct input *in, struct journal_reader *reader)
{
    char *scratch = scratch_new();
    struct run_folder folder = run_new(scratch);
    struct journal *journal = new_journal(&folder);
    journal_add_input(journal, in);
    CU_ASSERT(journal_write(journal, NULL));
    journal_close(journal);
    struct input out = {0};
    CU_ASSERT_FATAL(journal_open(reader, &folder, NULL));
    CU_ASSERT(journal_next(reader, &out));
    run_folder_close(&folder);
    scratch_remove(scratch);
    return out;
}

/* Of parts that it does not use; none of those that it uses is 0. */
static void say_nothing(struct input *in)
{
    uint32_t *const parts[] = {&in->operation, &in->item, &in->request, &in->parent, &in->gate};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (*parts[i] == 0)
            *parts[i] = UINT32_MAX;
}

static void what_a_kind_does_not_use_is_zero(void)
{
    struct input full = {.now = 1,
                         .verdict = 1,
                         .is_invalid = false,
                         .node = 2,
                         .attempt = 3,
                         .vector = 4,
                         .timer = 5,
                         .process = 6,
                         .amount = 7,
                         .wall = 8,
                         .since = 8,
                         .boot = 9,
                         .zero = 10,
                         .verb = 1,
                         .operation = 9,
                         .gate = 10,
                         .item = 11,
                         .request = 12,
                         .parent = 13,
                         .duration = 14,
                         .outcome = full_outcome("detail")};
    const struct input expected[INPUT_KINDS] = {
        [INPUT_BEGIN] = {.now = 1},
        [INPUT_EVALUATED] = {.now = 1,
                             .verdict = 1,
                             .node = 2,
                             .attempt = 3,
                             .vector = 4,
                             .operation = 9,
                             .item = 11,
                             .duration = 14},
        [INPUT_EXPANDED] = {.now = 1, .verdict = 1, .node = 2, .item = 11},
        [INPUT_STARTED] =
            {.now = 1, .node = 2, .attempt = 3, .operation = 9, .process = 6, .since = 8},
        [INPUT_FINISHED] =
            {.now = 1, .node = 2, .attempt = 3, .operation = 9, .outcome = full.outcome},
        [INPUT_TIMER] = {.now = 1, .node = 2, .attempt = 3, .timer = 5, .request = 12},
        [INPUT_CANCEL] = {.now = 1, .verdict = 1},
        [INPUT_CAPACITY] = {.now = 1, .vector = 4, .amount = 7},
        [INPUT_RESUME] = {.now = 1, .wall = 8, .boot = 9, .zero = 10},
        [INPUT_KEPT] = {.now = 1, .node = 2, .attempt = 3, .outcome = full.outcome},
        [INPUT_REQUEST] = {.now = 1,
                           .node = 2,
                           .attempt = 3,
                           .operation = 9,
                           .verb = 1,
                           .request = 12,
                           .parent = 13,
                           .duration = 14,
                           .vector = 4,
                           .gate = 10,
                           .item = 11},
        [INPUT_WITHDRAW] = {.now = 1, .node = 2, .request = 12},
        [INPUT_READY] = {.now = 1, .node = 2, .attempt = 3},
    };
    for (uint8_t kind = 0; kind < INPUT_KINDS; kind++) {
        struct journal_reader reader;
        struct input wanted = expected[kind];
        full.kind = wanted.kind = kind;
        say_nothing(&wanted);
        struct input in = round_trip(&full, &reader);
        CU_ASSERT(is_same_input(&in, &wanted));
        journal_reader_close(&reader);
    }
}

static void long_detail_is_cut(void)
{
    enum { KEPT = 65536 };
    for (size_t length = KEPT - 1; length <= KEPT + 1; length++) {
        char *detail = memory_new(length + 1);
        memset(detail, 'x', length);
        struct input in = {.kind = INPUT_FINISHED, .outcome = full_outcome(detail)};
        struct journal_reader reader;
        struct input out = round_trip(&in, &reader);
        CU_ASSERT_EQUAL(strlen(out.outcome.detail), length < KEPT ? length : KEPT);
        CU_ASSERT(strncmp(out.outcome.detail, detail, KEPT) == 0);
        journal_reader_close(&reader);
        free(detail);
    }
}

static void heads_keep_extremes(void)
{
    const struct journal_head heads[] = {
        {0},
        {UINT32_MAX, UINT8_MAX, INT64_MAX, UINT64_MAX, INT64_MAX, UINT64_MAX, UINT32_MAX},
        {1, 1, INT64_MIN, 1, INT64_MIN, 1, 1}};
    char *scratch = scratch_new();
    for (int i = 0; i < 3; i++) {
        struct run_folder folder = run_new(scratch);
        struct journal *journal = journal_create(&folder, &heads[i], NULL);
        CU_ASSERT_PTR_NOT_NULL_FATAL(journal);
        journal_close(journal);
        struct journal_reader reader;
        CU_ASSERT_FATAL(journal_open(&reader, &folder, NULL));
        CU_ASSERT_EQUAL(reader.head.scheduler_version, heads[i].scheduler_version);
        CU_ASSERT_EQUAL(reader.head.failure_policy, heads[i].failure_policy);
        CU_ASSERT_EQUAL(reader.head.wall, heads[i].wall);
        CU_ASSERT_EQUAL(reader.head.cpu_capacity, heads[i].cpu_capacity);
        CU_ASSERT_EQUAL(reader.head.plan, heads[i].plan);
        CU_ASSERT_EQUAL(reader.head.boot, heads[i].boot);
        CU_ASSERT_EQUAL(reader.head.zero, heads[i].zero);
        CU_ASSERT_EQUAL(reader.wall_at_zero, heads[i].wall);
        CU_ASSERT_EQUAL(reader.boot, heads[i].boot);
        CU_ASSERT_EQUAL(reader.zero, heads[i].zero);
        struct input in;
        CU_ASSERT_FALSE(journal_next(&reader, &in));
        CU_ASSERT_FALSE(reader.has_ended);
        journal_reader_close(&reader);
        run_folder_close(&folder);
    }
    scratch_remove(scratch);
}

/* Short ones lie in the journal, long ones in the values file; each is given once, for its node. */
static void expansions_come_back(void)
{
    char *scratch = scratch_new();
    struct run_folder folder = run_new(scratch);
    struct journal *journal = new_journal(&folder);
    struct values *values = values_create(&folder, NULL);
    const size_t lengths[] = {0, 2, 4096, 4097, 1000000};
    char *text = memory_new(1000001);
    memset(text, 'x', 1000000);
    for (uint32_t i = 0; i < 5; i++) {
        CU_ASSERT(journal_add_expansion(journal, values, i, text, lengths[i], NULL));
        journal_add_input(journal, &(struct input){.kind = INPUT_EXPANDED, .node = i});
    }
    journal_add_input(journal, &(struct input){.kind = INPUT_EXPANDED, .node = 5});
    CU_ASSERT(journal_write(journal, NULL));
    CU_ASSERT_EQUAL(file_size(path_of(folder.path, "values")), 4097 + 1000000);
    struct journal_reader reader;
    CU_ASSERT_FATAL(journal_open(&reader, &folder, NULL));
    struct input in;
    for (uint32_t i = 0; i < 5; i++) {
        char *json = NULL;
        size_t length;
        CU_ASSERT_FATAL(journal_next(&reader, &in));
        CU_ASSERT_FATAL(journal_get_expansion(&reader, in.node, &json, &length, NULL));
        CU_ASSERT_EQUAL(length, lengths[i]);
        CU_ASSERT_EQUAL(strlen(json), lengths[i]);
        free(json);
    }
    struct error error = {0};
    char *json = NULL;
    size_t length;
    CU_ASSERT(journal_next(&reader, &in));
    CU_ASSERT_FALSE(journal_get_expansion(&reader, in.node, &json, &length, &error));
    CHECK_ERROR(&error, text_of("%s/journal does not say how the plan grew", folder.path));
    free(text);
    journal_reader_close(&reader);
    journal_close(journal);
    values_close(values);
    run_folder_close(&folder);
    scratch_remove(scratch);
}

static void journal_is_made_once(void)
{
    char *scratch = scratch_new();
    struct run_folder folder = run_new(scratch);
    struct error error = {0};
    struct journal *journal = new_journal(&folder);
    CU_ASSERT_PTR_NULL(journal_create(&folder, &sample_head, &error));
    CHECK_ERROR(&error, text_of("cannot create %s/journal: File exists", folder.path));
    journal_close(journal);
    run_folder_close(&folder);
    scratch_remove(scratch);
}

/* A plan's requests that were evaluated while the run went on: the reader gives them to its plan,
 * and believes nothing behind one that gets another id there. */
static void requests_come_back(void)
{
    static const struct amount amounts[] = {{0, 2}, {3, UINT64_C(1) << 40}}, others[] = {{1, 5}};
    struct vectors written = {0}, same = {0}, other = {0};
    vectors_add(&written, NULL, 0);
    vectors_add(&written, amounts, 2);
    vectors_add(&other, NULL, 0);
    vectors_add(&other, others, 1);
    vectors_add(&same, NULL, 0);
    char *scratch = scratch_new();
    struct run_folder folder = run_new(scratch);
    struct journal *journal = new_journal(&folder);
    journal_add_vector(journal, &written, 1);
    struct input in = {.kind = INPUT_EVALUATED, .vector = 1};
    journal_add_input(journal, &in);
    CU_ASSERT(journal_write(journal, NULL));
    journal_close(journal);
    struct vectors *plans[] = {&same, &other, NULL};
    for (int i = 0; i < 3; i++) {
        struct journal_reader reader;
        CU_ASSERT_FATAL(journal_open(&reader, &folder, NULL));
        struct plan plan = {0};
        if (plans[i] != NULL) {
            plan.vectors = *plans[i];
            reader.plan = &plan;
        }
        CU_ASSERT_EQUAL(journal_next(&reader, &in), plans[i] != &other);
        if (plans[i] != NULL)
            *plans[i] = plan.vectors;
        journal_reader_close(&reader);
    }
    CU_ASSERT_EQUAL(same.count, written.count);
    CU_ASSERT_EQUAL(same.first[2] - same.first[1], 2);
    CU_ASSERT_EQUAL(same.amounts[same.first[1] + 1].amount, UINT64_C(1) << 40);
    vectors_release(&written);
    vectors_release(&same);
    vectors_release(&other);
    run_folder_close(&folder);
    scratch_remove(scratch);
}

/* Items come back by number; one that does not follow the last ends the journal. */
static void items_come_back(void)
{
    const struct extent extents[] = {{7, 8, 9}, {15, 1, 2}};
    char *scratch = scratch_new();
    struct run_folder folder = run_new(scratch);
    struct journal *journal = new_journal(&folder);
    const struct input begin = {.kind = INPUT_BEGIN};
    for (uint32_t i = 0; i < 2; i++)
        journal_add_item(journal, i, &extents[i]);
    journal_add_input(journal, &begin);
    journal_add_item(journal, 3, &extents[0]);
    journal_add_input(journal, &begin);
    CU_ASSERT(journal_write(journal, NULL));
    journal_close(journal);
    struct journal_reader reader;
    struct input in;
    CU_ASSERT_FATAL(journal_open(&reader, &folder, NULL));
    CU_ASSERT(journal_next(&reader, &in));
    CU_ASSERT_EQUAL_FATAL(reader.items.count, 2);
    CU_ASSERT_EQUAL(reader.items.items[1].offset, 15);
    CU_ASSERT_EQUAL(reader.items.items[0].checksum, 9);
    CU_ASSERT_FALSE(journal_next(&reader, &in));
    journal_reader_close(&reader);
    run_folder_close(&folder);
    scratch_remove(scratch);
}

const struct check journal_checks[] = {
    {"items come back", items_come_back},
    {"all kinds come back", all_kinds_come_back},
    {"what a kind does not use is zero", what_a_kind_does_not_use_is_zero},
    {"long detail is cut", long_detail_is_cut},
    {"heads keep extremes", heads_keep_extremes},
    {"expansions come back", expansions_come_back},
    {"journal is made once", journal_is_made_once},
    {"requests come back", requests_come_back},
    {NULL, NULL},
};
