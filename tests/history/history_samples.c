/* One input of every kind, with extreme values, and a journal of them. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "history/history_journal.h"

const struct journal_head sample_head = {
    .scheduler_version = 7, .failure_policy = 2, .wall = WALL, .cpu_capacity = 16};

struct journal *new_journal(const struct run_folder *folder)
{
    return journal_create(folder, &sample_head, NULL);
}

struct outcome full_outcome(const char *detail)
{
    return (struct outcome){.kind = OUTCOME_SIGNALLED,
                            .code = -9,
                            .detail = (char *)detail,
                            .log = {1, 2, 3},
                            .values = {{INT64_MAX - 5, 5, UINT32_MAX}, {6, 7, 8}},
                            .outputs = {UINT32_MAX, 10, 11},
                            .user_time = INT64_MAX,
                            .system_time = INT64_MIN,
                            .memory = UINT64_MAX};
}

static void complete(struct input *in, bool has_part)
{
    if (!has_part) {
        in->operation = NO_OPERATION;
        in->item = NO_ITEM;
    }
    if (in->kind == INPUT_REQUEST)
        return;
    in->parent = NO_REQUEST;
    in->gate = NO_GATE;
    if (in->kind != INPUT_WITHDRAW)
        in->request = NO_REQUEST;
}

static uint32_t add_samples(struct input *inputs)
{
    const struct input samples[] = {
        {.kind = INPUT_BEGIN, .now = 0},
        {.kind = INPUT_EVALUATED,
         .now = 1,
         .node = 2,
         .attempt = 3,
         .verdict = VERDICT_SKIP,
         .vector = UINT32_MAX},
        {.kind = INPUT_EVALUATED,
         .now = 2,
         .node = 2,
         .attempt = 1,
         .is_invalid = true,
         .outcome = full_outcome("it cannot be evaluated")},
        {.kind = INPUT_EXPANDED, .now = 3, .node = UINT32_MAX, .verdict = VERDICT_BLOCKED},
        {.kind = INPUT_STARTED,
         .now = 4,
         .node = 5,
         .attempt = 1,
         .process = INT32_MAX,
         .since = 3},
        {.kind = INPUT_FINISHED,
         .now = 5,
         .node = 5,
         .attempt = UINT32_MAX,
         .outcome = full_outcome("")},
        {.kind = INPUT_FINISHED,
         .now = 6,
         .node = 6,
         .attempt = 1,
         .outcome = {.kind = OUTCOME_EXITED, .code = 3, .log = {.offset = 90}}},
        {.kind = INPUT_TIMER, .now = 7, .node = 8, .attempt = 2, .timer = 9},
        {.kind = INPUT_CANCEL, .now = INT64_MAX, .verdict = CANCEL_TIMEOUT},
        {.kind = INPUT_CAPACITY, .now = INT64_MIN, .vector = 10, .amount = UINT64_MAX},
        {.kind = INPUT_EXPANDED,
         .now = 9,
         .node = 7,
         .is_invalid = true,
         .outcome = full_outcome("no list")},
        {.kind = INPUT_RESUME, .now = 11, .wall = INT64_MIN, .boot = UINT64_MAX, .zero = -1},
        {.kind = INPUT_KEPT, .now = 12, .node = 1, .attempt = 2, .outcome = full_outcome(NULL)},
        {.kind = INPUT_WITHDRAW, .now = 13, .node = 4, .request = UINT32_MAX - 1},
        {.kind = INPUT_READY, .now = 14, .node = 5, .attempt = 6},
    };
    const uint32_t count = sizeof samples / sizeof *samples;
    memcpy(inputs, samples, sizeof samples);
    for (uint32_t i = 0; i < count; i++)
        complete(&inputs[i], false);
    return count;
}

/* About a part, and what is made of parts alone. */
static uint32_t add_samples_of_parts(struct input *inputs)
{
    const struct input parts[] = {
        {.kind = INPUT_EVALUATED,
         .now = 15,
         .node = 2,
         .attempt = 3,
         .operation = 4,
         .vector = 5,
         .item = 6,
         .duration = INT64_MIN},
        {.kind = INPUT_STARTED,
         .now = 16,
         .node = 5,
         .attempt = 1,
         .operation = 0,
         .item = NO_ITEM},
        {.kind = INPUT_FINISHED,
         .now = 17,
         .node = 5,
         .attempt = 1,
         .operation = OPERATION_END,
         .item = NO_ITEM,
         .outcome = {.kind = OUTCOME_STUCK, .code = CAUSE_PEER, .log = {.offset = 90}}},
        {.kind = INPUT_EXPANDED, .now = 18, .node = 7, .operation = NO_OPERATION, .item = 0},
        {.kind = INPUT_REQUEST,
         .now = 19,
         .node = 1,
         .attempt = 2,
         .operation = 3,
         .verb = VERB_CLOSE,
         .request = 5,
         .parent = 6,
         .duration = INT64_MAX,
         .vector = 7,
         .gate = 8,
         .item = 9},
        {.kind = INPUT_FINISHED,
         .now = 18,
         .node = 5,
         .attempt = 2,
         .operation = 1,
         .item = NO_ITEM,
         .outcome = {.kind = OUTCOME_RAISED,
                     .detail = (char *)"KeyError: 'x'",
                     .result = {.offset = 91, .length = 92, .checksum = 93}}},
    };
    const uint32_t count = sizeof parts / sizeof *parts;
    memcpy(inputs, parts, sizeof parts);
    for (uint32_t i = 0; i < count; i++)
        complete(&inputs[i], true);
    return count;
}

uint32_t sample_inputs(struct input *inputs)
{
    uint32_t count = add_samples(inputs);
    return count + add_samples_of_parts(inputs + count);
}

static bool is_same_extent(const struct extent *a, const struct extent *b)
{
    return a->offset == b->offset && a->length == b->length && a->checksum == b->checksum;
}

static bool is_same_outcome(const struct outcome *a, const struct outcome *b)
{
    bool has_same_detail = a->detail == NULL || b->detail == NULL
                               ? a->detail == b->detail
                               : strcmp(a->detail, b->detail) == 0;
    return has_same_detail && a->kind == b->kind && a->code == b->code &&
           is_same_extent(&a->log, &b->log) && is_same_extent(&a->values[0], &b->values[0]) &&
           is_same_extent(&a->values[1], &b->values[1]) &&
           is_same_extent(&a->outputs, &b->outputs) && is_same_extent(&a->result, &b->result) &&
           a->user_time == b->user_time && a->system_time == b->system_time &&
           a->memory == b->memory;
}

bool is_same_input(const struct input *a, const struct input *b)
{
    return a->now == b->now && a->kind == b->kind && a->verdict == b->verdict &&
           a->is_invalid == b->is_invalid && a->node == b->node && a->attempt == b->attempt &&
           a->vector == b->vector && a->timer == b->timer && a->process == b->process &&
           a->since == b->since && a->amount == b->amount && a->wall == b->wall &&
           a->boot == b->boot && a->zero == b->zero && a->operation == b->operation &&
           a->item == b->item && a->request == b->request && a->parent == b->parent &&
           a->gate == b->gate && a->verb == b->verb && a->duration == b->duration &&
           is_same_outcome(&a->outcome, &b->outcome);
}

const struct journal_end sample_end = {.exit_status = 130,
                                       .time = INT64_C(1) << 40,
                                       .succeeded = 1,
                                       .failed = UINT32_MAX,
                                       .total = 1u << 31};

void write_samples(const struct run_folder *folder)
{
    struct journal *journal = new_journal(folder);
    CU_ASSERT_PTR_NOT_NULL_FATAL(journal);
    struct input inputs[SAMPLES_MOST];
    uint32_t count = sample_inputs(inputs);
    for (uint32_t i = 0; i < count; i++)
        journal_add_input(journal, &inputs[i]);
    journal_add_end(journal, &sample_end);
    CU_ASSERT(journal_write(journal, NULL));
    CU_ASSERT(journal_sync(journal, NULL));
    CU_ASSERT(journal_sync(journal, NULL));
    journal_close(journal);
}

uint32_t check_reads_samples(struct journal_reader *reader)
{
    struct input inputs[SAMPLES_MOST], in;
    uint32_t count = sample_inputs(inputs), read = 0;
    while (journal_next(reader, &in)) {
        CU_ASSERT_FATAL(read < count);
        CU_ASSERT(is_same_input(&in, &inputs[read]));
        read++;
    }
    CU_ASSERT_FALSE(journal_next(reader, &in));
    return read;
}
