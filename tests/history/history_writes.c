/* Checks of the journal's writes: all of one is there or nothing, whatever the disk does. */
#include "history/history_journal.h"

static void gathered_records_are_one_write(void)
{
    char *scratch = scratch_new();
    struct run_folder folder = run_new(scratch);
    struct journal *journal = new_journal(&folder);
    long size = file_size(path_of(folder.path, "journal"));
    for (uint32_t i = 0; i < 1000; i++)
        journal_add_input(
            journal, &(struct input){.kind = INPUT_STARTED, .node = i, .operation = NO_OPERATION});
    CU_ASSERT_EQUAL(file_size(path_of(folder.path, "journal")), size);
    write_day = (struct write_day){0};
    CU_ASSERT(journal_write(journal, NULL));
    CU_ASSERT(journal_write(journal, NULL));
    CU_ASSERT_EQUAL(write_day.calls, 1);
    CU_ASSERT_EQUAL(file_size(path_of(folder.path, "journal")), size + 1000 * (9 + 1 + 8 + 20));
    journal_close(journal);
    run_folder_close(&folder);
    scratch_remove(scratch);
}

static uint32_t count_inputs(const struct run_folder *folder, uint32_t *ret_last)
{
    struct journal_reader reader;
    struct input in;
    uint32_t count = 0;
    if (!journal_open(&reader, folder, NULL))
        return UINT32_MAX;
    while (journal_next(&reader, &in)) {
        CU_ASSERT_EQUAL(in.node, count);
        count++;
        *ret_last = in.node;
    }
    CU_ASSERT_EQUAL(reader.good, reader.length);
    journal_reader_close(&reader);
    return count;
}

static void full_disk_leaves_whole_records(void)
{
    char *scratch = scratch_new();
    struct run_folder folder = run_new(scratch);
    struct journal *journal = new_journal(&folder);
    struct error error = {0};
    uint32_t last = 0;
    journal_add_input(journal, &(struct input){.kind = INPUT_STARTED, .node = 0});
    CU_ASSERT(journal_write(journal, &error));
    long size = file_size(path_of(folder.path, "journal"));
    for (uint32_t node = 1; node <= 60; node++) {
        journal_add_input(
            journal,
            &(struct input){.kind = INPUT_STARTED, .node = node, .operation = NO_OPERATION});
        limit_file_size((size_t)size + node / 2);
        bool is_written = journal_write(journal, &error);
        limit_release();
        CU_ASSERT_FALSE(is_written);
        CHECK_ERROR(&error, text_of("cannot write %s/journal: File too large", folder.path));
        CU_ASSERT_EQUAL(file_size(path_of(folder.path, "journal")), size);
        CU_ASSERT_EQUAL(count_inputs(&folder, &last), 1);
    }
    CU_ASSERT(journal_write(journal, &error));
    CU_ASSERT_EQUAL(count_inputs(&folder, &last), 61);
    CU_ASSERT_EQUAL(last, 60);
    journal_close(journal);
    run_folder_close(&folder);
    scratch_remove(scratch);
}

static void short_writes_are_continued(void)
{
    char *scratch = scratch_new();
    struct run_folder folder = run_new(scratch);
    write_day = (struct write_day){.most = 7, .is_interrupted = true};
    write_samples(&folder);
    CU_ASSERT(write_day.calls > 100);
    write_day = (struct write_day){0};
    struct journal_reader reader;
    struct input inputs[SAMPLES_MOST];
    CU_ASSERT_FATAL(journal_open(&reader, &folder, NULL));
    CU_ASSERT_EQUAL(check_reads_samples(&reader), sample_inputs(inputs));
    CU_ASSERT(reader.has_ended);
    journal_reader_close(&reader);
    run_folder_close(&folder);
    scratch_remove(scratch);
}

/* The disk takes the beginning of what is to be written, at every length, and no more. */
static void torn_write_is_cut_back(void)
{
    char *scratch = scratch_new();
    struct run_folder folder = run_new(scratch);
    struct journal *journal = new_journal(&folder);
    struct error error = {0};
    uint32_t last;
    long size = file_size(path_of(folder.path, "journal"));
    for (uint32_t node = 0; node < 3; node++)
        journal_add_input(
            journal,
            &(struct input){.kind = INPUT_STARTED, .node = node, .operation = NO_OPERATION});
    for (size_t most = 1; most < 3 * 30; most++) {
        write_day = (struct write_day){.most = most, .has_room_for_one = true};
        CU_ASSERT_FALSE(journal_write(journal, &error));
        CHECK_ERROR(&error,
                    text_of("cannot write %s/journal: No space left on device", folder.path));
        CU_ASSERT_EQUAL(file_size(path_of(folder.path, "journal")), size);
    }
    write_day = (struct write_day){0};
    CU_ASSERT_EQUAL(count_inputs(&folder, &last), 0);
    CU_ASSERT(journal_write(journal, &error));
    CU_ASSERT_EQUAL(count_inputs(&folder, &last), 3);
    journal_close(journal);
    run_folder_close(&folder);
    scratch_remove(scratch);
}

static void full_disk_lets_no_journal_begin(void)
{
    char *scratch = scratch_new();
    struct run_folder folder = run_new(scratch);
    struct error error = {0};
    limit_file_size(20);
    CU_ASSERT_PTR_NULL(journal_create(&folder, &sample_head, &error));
    limit_release();
    CHECK_ERROR(&error, text_of("cannot write %s/journal: File too large", folder.path));
    run_folder_close(&folder);
    scratch_remove(scratch);
}

static void live_run_is_read(void)
{
    char *scratch = scratch_new();
    struct run_folder folder = run_new(scratch);
    struct journal *journal = new_journal(&folder);
    uint32_t last = 0;
    for (uint32_t node = 0; node < 5; node++) {
        journal_add_input(
            journal,
            &(struct input){.kind = INPUT_STARTED, .node = node, .operation = NO_OPERATION});
        CU_ASSERT_EQUAL(count_inputs(&folder, &last), node);
        CU_ASSERT(journal_write(journal, NULL));
        CU_ASSERT_EQUAL(count_inputs(&folder, &last), node + 1);
    }
    journal_add_input(journal, &(struct input){.kind = INPUT_STARTED, .node = 5});
    journal_close(journal); /* what was not written is dropped */
    CU_ASSERT_EQUAL(count_inputs(&folder, &last), 5);
    run_folder_close(&folder);
    scratch_remove(scratch);
}

const struct check write_checks[] = {
    {"gathered records are one write", gathered_records_are_one_write},
    {"full disk leaves whole records", full_disk_leaves_whole_records},
    {"short writes are continued", short_writes_are_continued},
    {"torn write is cut back", torn_write_is_cut_back},
    {"full disk lets no journal begin", full_disk_lets_no_journal_begin},
    {"live run is read", live_run_is_read},
    {NULL, NULL},
};
