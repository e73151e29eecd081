/* Checks of damaged journals: what comes before the damage is exact, nothing comes behind it, and
 * no run seems to have ended that did not. */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/checksum.h"
#include "base/file.h"
#include "base/memory.h"
#include "history/history_journal.h"

struct sample {
    char *scratch;
    struct run_folder folder;
    char *bytes;
    size_t length;
    size_t ends[SAMPLES_MOST + 2]; /* behind the head and each input, then behind the end */
    uint32_t count;                /* of inputs */
};

static struct sample sample_new(void)
{
    struct sample sample = {.scratch = scratch_new()};
    sample.folder = run_new(sample.scratch);
    write_samples(&sample.folder);
    CU_ASSERT(run_folder_read(&sample.folder, "journal", &sample.bytes, &sample.length, NULL));
    struct journal_reader reader;
    struct input in;
    CU_ASSERT_FATAL(journal_open(&reader, &sample.folder, NULL));
    sample.ends[0] = reader.good;
    while (journal_next(&reader, &in))
        sample.ends[++sample.count] = reader.good;
    sample.ends[sample.count + 1] = reader.good;
    CU_ASSERT_EQUAL(reader.good, sample.length);
    journal_reader_close(&reader);
    return sample;
}

static void sample_release(struct sample *sample)
{
    free(sample->bytes);
    run_folder_close(&sample->folder);
    scratch_remove(sample->scratch);
}

/* These bytes, right up to `good` (and no further), give exactly the inputs that end there. */
static void check_damaged(const struct sample *sample, const char *bytes, size_t length,
                          size_t good)
{
    uint32_t expected = 0;
    while (expected < sample->count && sample->ends[expected + 1] <= good)
        expected++;
    put_file(path_of(sample->folder.path, "journal"), bytes, length);
    struct journal_reader reader;
    struct error error = {0};
    bool is_open = journal_open(&reader, &sample->folder, &error);
    CU_ASSERT_EQUAL(is_open, good >= sample->ends[0]);
    if (is_open) {
        CU_ASSERT_EQUAL(check_reads_samples(&reader), expected);
        CU_ASSERT_EQUAL(reader.has_ended, good >= sample->ends[sample->count + 1]);
        CU_ASSERT_EQUAL(reader.good, sample->ends[expected + (reader.has_ended ? 1 : 0)]);
        journal_reader_close(&reader);
    } else {
        const char *path = sample->folder.path;
        CHECK_ERROR(&error, length < 8 || memcmp(bytes, "pgjrnl1\n", 8) != 0
                                ? text_of("%s/journal is not a journal", path)
                                : text_of("%s/journal is damaged at its beginning", path));
    }
}

static void cut_at_every_byte(void)
{
    struct sample sample = sample_new();
    for (size_t length = 0; length <= sample.length; length++)
        check_damaged(&sample, sample.bytes, length, length);
    sample_release(&sample);
}

static void every_bit_flipped(void)
{
    struct sample sample = sample_new();
    for (size_t bit = 0; bit < sample.length * 8; bit++) {
        sample.bytes[bit / 8] ^= (char)(1 << bit % 8);
        size_t good = 0;
        for (uint32_t i = 0; i <= sample.count && sample.ends[i] <= bit / 8; i++)
            good = sample.ends[i];
        check_damaged(&sample, sample.bytes, sample.length, good);
        sample.bytes[bit / 8] ^= (char)(1 << bit % 8);
    }
    sample_release(&sample);
}

static void blocks_of_zeros(void)
{
    struct sample sample = sample_new();
    char *zeroed = memory_new(sample.length + 4096);
    static const size_t blocks[] = {16, 64, 512, 4096};
    for (int block = 0; block < 4; block++)
        for (size_t at = 0; at < sample.length; at += 5) {
            size_t length = sample.length - at < blocks[block] ? sample.length - at : blocks[block];
            memcpy(zeroed, sample.bytes, sample.length);
            memset(zeroed + at, 0, length);
            size_t same = at;
            while (same < sample.length && zeroed[same] == sample.bytes[same])
                same++;
            check_damaged(&sample, zeroed, sample.length, same);
        }
    /* A tail that the disk never got: the file is long enough, and zero. */
    for (size_t at = 0; at < sample.length; at++) {
        memset(zeroed, 0, sample.length + 4096);
        memcpy(zeroed, sample.bytes, at);
        while (at < sample.length && sample.bytes[at] == '\0')
            at++; /* a zero stands where it should */
        check_damaged(&sample, zeroed, sample.length + 4096, at);
    }
    free(zeroed);
    sample_release(&sample);
}

static void what_is_behind_the_end_is_not_read(void)
{
    struct sample sample = sample_new();
    struct buffer twice = {0};
    buffer_add(&twice, sample.bytes, sample.length);
    buffer_add(&twice, sample.bytes + sample.ends[0], sample.length - sample.ends[0]);
    check_damaged(&sample, twice.bytes, twice.length, sample.length);
    buffer_release(&twice);
    sample_release(&sample);
}

/* A lost record: the rest is right by itself, and still not what came next in the file. */
static void garbage_ends_the_journal(void)
{
    struct sample sample = sample_new();
    unsigned seed = 1;
    char garbage[300];
    for (int round = 0; round < 2000; round++) {
        size_t keep = sample.ends[(unsigned)rand_r(&seed) % (sample.count + 1)];
        struct buffer bytes = {0};
        buffer_add(&bytes, sample.bytes, keep);
        for (size_t i = 0; i < sizeof garbage; i++)
            garbage[i] = (char)rand_r(&seed);
        size_t length = 1 + (unsigned)rand_r(&seed) % sizeof garbage;
        memset(garbage, 0, round % 2 == 0 && length > 3 ? 3 : 0); /* a length that could be */
        buffer_add(&bytes, garbage, length);
        buffer_add(&bytes, sample.bytes + keep, sample.length - keep);
        check_damaged(&sample, bytes.bytes, bytes.length, keep);
        buffer_release(&bytes);
    }
    sample_release(&sample);
}

/* --- records that are whole and cannot be --- */

static void add_u32(struct buffer *out, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        buffer_add_byte(out, (char)(value >> 8 * i));
}

static void add_record(struct buffer *out, int kind, const char *payload, size_t length)
{
    char kind_byte = (char)kind;
    uint32_t checksum = checksum_crc32c(0, &kind_byte, 1);
    add_u32(out, (uint32_t)length);
    add_u32(out, checksum_crc32c(checksum, payload, length));
    buffer_add_byte(out, kind_byte);
    buffer_add(out, payload, length);
}

static void check_impossible(const struct sample *sample, int kind, const char *payload,
                             size_t length)
{
    struct buffer bytes = {0};
    buffer_add(&bytes, sample->bytes, sample->ends[1]);
    add_record(&bytes, kind, payload, length);
    buffer_add(&bytes, sample->bytes + sample->ends[1], sample->length - sample->ends[1]);
    check_damaged(sample, bytes.bytes, bytes.length, sample->ends[1]);
    buffer_release(&bytes);
}

static void impossible_records_end_the_journal(void)
{
    struct sample sample = sample_new();
    char payload[256] = {0};
    for (int kind = 0; kind < 256; kind++) /* with nothing in it, no kind is right */
        check_impossible(&sample, kind, payload, 0);
    check_impossible(&sample, 0, payload, 9);
    check_impossible(&sample, RECORD_VECTOR, payload, 9);
    check_impossible(&sample, RECORD_EXPANSION, payload, 4);
    check_impossible(&sample, RECORD_EXPANSION, "\0\0\0\0\1", 5);
    check_impossible(&sample, RECORD_EXPANSION, "\0\0\0\0\2[]", 7);
    check_impossible(&sample, RECORD_TOKEN, payload, 8); /* without a key */
    check_impossible(&sample, RECORD_ITEM, payload, 23);
    check_impossible(&sample, RECORD_ITEM, payload, 25);
    payload[0] = 1;
    check_impossible(&sample, RECORD_ITEM, payload, 24); /* the first is 0 */
    payload[0] = 0;
    check_impossible(&sample, RECORD_ITEM + 1, payload, 9);
    check_impossible(&sample, RECORD_HEAD, "scheduler 1\nfailure 1\nwall 1\ncpu 1\n", 36);
    check_impossible(&sample, RECORD_END, payload, 20);
    check_impossible(&sample, RECORD_END, payload, 22);
    for (int kind = INPUT_KINDS; kind < 256; kind++) {
        payload[0] = (char)kind;
        check_impossible(&sample, RECORD_INPUT, payload, 9);
        check_impossible(&sample, RECORD_INPUT, payload, 13); /* and of a part */
    }
    memset(payload + 9, 0xff, 4); /* the part that is none */
    payload[0] = (char)(0x80 | INPUT_EXPANDED);
    check_impossible(&sample, RECORD_INPUT, payload, 19);
    sample_release(&sample);
}

enum { OLD_RESUME = 17 }; /* its length without the clock, as older versions wrote it */

/* Every sample's payload shorter, longer (but where it ends in text), and with bytes that cannot
 * be. */
static void inputs_of_another_form_end_the_journal(void)
{
    struct sample sample = sample_new();
    for (uint32_t i = 0; i < sample.count; i++) {
        const char *payload = sample.bytes + sample.ends[i] + 9;
        size_t length = sample.ends[i + 1] - sample.ends[i] - 9;
        static const char *const texts[] = {
            [2] = "it cannot be evaluated", [5] = "", [10] = "no list", [20] = "KeyError: 'x'"};
        bool has_text = i < sizeof texts / sizeof *texts && texts[i] != NULL;
        size_t least = length - (has_text ? strlen(texts[i]) : 0);
        for (size_t shorter = 0; shorter < least; shorter++)
            if (payload[0] != INPUT_RESUME || shorter != OLD_RESUME)
                check_impossible(&sample, RECORD_INPUT, payload, shorter);
        if (has_text)
            continue;
        char *longer = memory_new(length + 1);
        memcpy(longer, payload, length);
        check_impossible(&sample, RECORD_INPUT, longer, length + 1);
        free(longer);
    }
    sample_release(&sample);
}

static void values_out_of_range_end_the_journal(void)
{
    enum {
        EXPANDED = 13,
        KIND = 0,
        VERDICT = 17,
        IS_INVALID = 18,
        CANCEL = 9,
        OUTCOME = 17,
        PARTS = 46
    };
    static const struct {
        uint32_t input;
        size_t at;
        uint8_t value;
    } cases[] = {
        {1, VERDICT, 4},      {1, VERDICT, 255},        {1, IS_INVALID, 2},
        {8, CANCEL, 3},       {5, OUTCOME, 7},          {5, PARTS, 0x40},
        {5, PARTS, 0xff},     {5, PARTS + 8, 0x80},     {5, PARTS + 16, 0xff},
        {5, PARTS + 29, 6},   {5, KIND, INPUT_KINDS},   {3, EXPANDED, 4},
        {3, EXPANDED + 1, 2}, {17, 22, CAUSE_PEER + 1}, {19, 21, VERB_KINDS},
    };
    struct sample sample = sample_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t input = cases[i].input;
        size_t length = sample.ends[input + 1] - sample.ends[input] - 9;
        char *payload = memory_copy(sample.bytes + sample.ends[input] + 9, length);
        CU_ASSERT_FATAL(cases[i].at < length);
        CU_ASSERT_NOT_EQUAL((uint8_t)payload[cases[i].at], cases[i].value);
        payload[cases[i].at] = (char)cases[i].value;
        check_impossible(&sample, RECORD_INPUT, payload, length);
        free(payload);
    }
    sample_release(&sample);
}

/* --- heads --- */

static void check_head(const struct sample *sample, const char *text, size_t length, bool is_good)
{
    struct buffer bytes = {0};
    struct buffer whole = {0};
    buffer_add_text(&bytes, "pgjrnl1\n");
    buffer_add_text(&whole, "plan 7\n");
    buffer_add(&whole, text, length);
    add_record(&bytes, RECORD_HEAD, whole.bytes, whole.length);
    buffer_release(&whole);
    put_file(path_of(sample->folder.path, "journal"), bytes.bytes, bytes.length);
    struct journal_reader reader;
    struct error error = {0};
    bool is_open = journal_open(&reader, &sample->folder, &error);
    CU_ASSERT_EQUAL(is_open, is_good);
    if (is_open) {
        CU_ASSERT_EQUAL(reader.head.wall, -5);
        CU_ASSERT_EQUAL(reader.head.plan, 7);
        journal_reader_close(&reader);
    } else {
        CHECK_ERROR(&error, text_of("%s/journal is damaged at its beginning", sample->folder.path));
    }
    buffer_release(&bytes);
}

static void heads_are_checked(void)
{
    static const char *const good[] = {
        "scheduler 1\nfailure 1\nwall -5\ncpu 1\n",
        "scheduler 1\nfailure 1\nwall -5\ncpu 1",
        "later news\ncpu 1\n\nwall -5\nfailure 1\nscheduler 1\nwallet 9\n",
    };
    static const char *const bad[] = {
        "",
        "\n",
        "scheduler 1\nfailure 1\nwall -5\n",
        "scheduler 1\nfailure 256\nwall -5\ncpu 1\n",
        "scheduler 4294967296\nfailure 1\nwall -5\ncpu 1\n",
        "scheduler -1\nfailure 1\nwall -5\ncpu 1\n",
        "scheduler 1x\nfailure 1\nwall -5\ncpu 1\n",
        "scheduler \nfailure 1\nwall -5\ncpu 1\n",
        "scheduler\nfailure 1\nwall -5\ncpu 1\n",
        "scheduler 1\nfailure 1\nwall -9223372036854775809\ncpu 1\n",
        "scheduler 1\nfailure 1\nwall -5\ncpu 18446744073709551616\n",
        "scheduler 1\nfailure 1\nwall -5\ncpu 00000000000000000000000000000001\n",
    };
    struct sample sample = sample_new();
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        check_head(&sample, good[i], strlen(good[i]), true);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_head(&sample, bad[i], strlen(bad[i]), false);
    static const char with_nul[] = "scheduler 1\nfailure 1\n\0wall -5\ncpu 1\n";
    check_head(&sample, with_nul, sizeof with_nul - 1, false);
    sample_release(&sample);
}

static void first_record_is_the_head(void)
{
    struct sample sample = sample_new();
    struct buffer bytes = {0};
    buffer_add(&bytes, sample.bytes, 8);
    buffer_add(&bytes, sample.bytes + sample.ends[0], sample.length - sample.ends[0]);
    check_damaged(&sample, bytes.bytes, bytes.length, 8);
    buffer_release(&bytes);
    sample_release(&sample);
}

const struct check damage_checks[] = {
    {"cut at every byte", cut_at_every_byte},
    {"every bit flipped", every_bit_flipped},
    {"blocks of zeros", blocks_of_zeros},
    {"what is behind the end is not read", what_is_behind_the_end_is_not_read},
    {"garbage ends the journal", garbage_ends_the_journal},
    {"impossible records end the journal", impossible_records_end_the_journal},
    {"inputs of another form end the journal", inputs_of_another_form_end_the_journal},
    {"values out of range end the journal", values_out_of_range_end_the_journal},
    {"heads are checked", heads_are_checked},
    {"first record is the head", first_record_is_the_head},
    {NULL, NULL},
};
