/* Checks of what a resume does to the files of a run: the lock, the journal behind its end, the log
 * with a torn frame, values. */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "history/history_support.h"
#include "history/journal.h"

static const struct journal_head head = {.scheduler_version = 1, .wall = WALL};

static void lock_has_one_owner(void)
{
    char *scratch = scratch_new();
    struct run_folder owner = run_new(scratch), other = run_reopen(scratch);
    struct error error = {0};
    CU_ASSERT_FALSE(run_folder_lock(&other, &error));
    CHECK_ERROR(&error, text_of("run %s is running: another pargraph owns it", owner.id));
    CU_ASSERT_EQUAL(other.lock, -1);
    run_folder_close(&owner);
    CU_ASSERT_TRUE(run_folder_lock(&other, &error));
    struct run_folder third = run_reopen(scratch);
    CU_ASSERT_TRUE(run_folder_is_alive(&third));
    run_folder_close(&other);
    CU_ASSERT_FALSE(run_folder_is_alive(&third));
    run_folder_close(&third);
    scratch_remove(scratch);
}

static uint32_t read_all(const struct run_folder *folder, struct journal_reader *reader)
{
    uint32_t count = 0;
    CU_ASSERT_FATAL(journal_open(reader, folder, NULL));
    for (struct input in; journal_next(reader, &in);)
        count++;
    return count;
}

/* Behind the end of a run only a resume is believed, and with it the run has not ended. */
static void journal_goes_on_behind_its_end(void)
{
    char *scratch = scratch_new();
    struct run_folder folder = run_new(scratch);
    struct journal *journal = journal_create(&folder, &head, NULL);
    struct input begin = {.kind = INPUT_BEGIN},
                 resume = {.kind = INPUT_RESUME, .now = 9, .wall = 100, .boot = 6, .zero = -4};
    struct journal_end end = {.exit_status = 1, .time = 8};
    journal_add_input(journal, &begin);
    journal_add_end(journal, &end);
    CU_ASSERT(journal_write(journal, NULL));
    journal_close(journal);
    struct journal_reader reader;
    CU_ASSERT_EQUAL(read_all(&folder, &reader), 1);
    CU_ASSERT_TRUE(reader.has_ended);
    CU_ASSERT_EQUAL(reader.wall_at_zero, WALL);
    size_t good = reader.good;
    journal_reader_close(&reader);

    journal = journal_resume(&folder, good, NULL);
    journal_add_input(journal, &begin);
    CU_ASSERT(journal_write(journal, NULL));
    journal_close(journal);
    CU_ASSERT_EQUAL(read_all(&folder, &reader), 1);
    CU_ASSERT_EQUAL(reader.good, good);
    journal_reader_close(&reader);

    journal = journal_resume(&folder, good, NULL);
    journal_add_input(journal, &resume);
    journal_add_input(journal, &begin);
    CU_ASSERT(journal_write(journal, NULL));
    CU_ASSERT_EQUAL(read_all(&folder, &reader), 3);
    CU_ASSERT_FALSE(reader.has_ended);
    CU_ASSERT_EQUAL(reader.wall_at_zero, 100 - 9);
    CU_ASSERT_EQUAL(reader.boot, 6);
    CU_ASSERT_EQUAL(reader.zero, -4);
    CU_ASSERT_EQUAL(reader.resumes, 1);
    journal_reader_close(&reader);
    end.exit_status = 0;
    journal_add_end(journal, &end);
    CU_ASSERT(journal_write(journal, NULL));
    journal_close(journal);
    CU_ASSERT_EQUAL(read_all(&folder, &reader), 3);
    CU_ASSERT_TRUE(reader.has_ended);
    CU_ASSERT_EQUAL(reader.end.exit_status, 0);
    journal_reader_close(&reader);
    run_folder_close(&folder);
    scratch_remove(scratch);
}

/* Nothing that older versions wrote is lost: their clock was the wall's alone. */
static void resume_of_older_versions_is_read(void)
{
    char *scratch = scratch_new();
    struct run_folder folder = run_new(scratch);
    struct journal_head known = head;
    known.boot = 5;
    struct journal *journal = journal_create(&folder, &known, NULL);
    static const char old[17] = {INPUT_RESUME, 9, [9] = 100};
    journal_add_record(journal, RECORD_INPUT, old, sizeof old);
    journal_add_input(journal, &(struct input){.kind = INPUT_BEGIN});
    CU_ASSERT(journal_write(journal, NULL));
    journal_close(journal);
    struct journal_reader reader;
    CU_ASSERT_EQUAL(read_all(&folder, &reader), 2);
    CU_ASSERT_EQUAL(reader.wall_at_zero, 100 - 9);
    CU_ASSERT_EQUAL(reader.boot, 0);
    journal_reader_close(&reader);
    run_folder_close(&folder);
    scratch_remove(scratch);
}

static void journal_is_replaced_whole(void)
{
    char *scratch = scratch_new();
    struct run_folder folder = run_new(scratch);
    journal_close(journal_create(&folder, &head, NULL));
    struct input kept[2] = {{.kind = INPUT_KEPT, .node = 3, .attempt = 2},
                            {.kind = INPUT_KEPT, .node = 5, .attempt = 1}};
    struct journal_head other = {.scheduler_version = 2, .wall = 7};
    CU_ASSERT(journal_replace(&folder, &other, kept, 2, NULL));
    struct journal_reader reader;
    struct input in;
    CU_ASSERT_FATAL(journal_open(&reader, &folder, NULL));
    CU_ASSERT_EQUAL(reader.head.scheduler_version, 2);
    for (int i = 0; i < 2; i++) {
        CU_ASSERT(journal_next(&reader, &in));
        CU_ASSERT_EQUAL(in.node, kept[i].node);
        CU_ASSERT_EQUAL(in.attempt, kept[i].attempt);
    }
    CU_ASSERT_FALSE(journal_next(&reader, &in));
    journal_reader_close(&reader);
    run_folder_close(&folder);
    scratch_remove(scratch);
}

/* --- the log --- */

struct seen {
    struct buffer frames;
};

static void see_frame(void *context, uint32_t node, uint32_t attempt, uint64_t offset,
                      uint64_t length)
{
    struct seen *seen = context;
    buffer_printf(&seen->frames, "%u#%u %llu+%llu ", node, attempt, (unsigned long long)offset,
                  (unsigned long long)length);
}

static void resumes_log(const struct run_folder *folder, uint64_t kept, const char *frames,
                        uint64_t offset)
{
    struct seen seen = {0};
    struct run_log *log = log_resume(folder, kept, see_frame, &seen, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(log);
    CHECK_TEXT(buffer_text(&seen.frames), frames);
    CU_ASSERT_EQUAL(log_offset(log), offset);
    CU_ASSERT_EQUAL(file_size(path_of(folder->path, "log")), (long)offset);
    log_close(log);
    buffer_release(&seen.frames);
}

static void log_loses_its_torn_frame(void)
{
    char *scratch = scratch_new();
    struct run_folder folder = run_new(scratch);
    resumes_log(&folder, 0, "", 0);
    struct run_log *log = log_resume(&folder, 0, see_frame, &(struct seen){0}, NULL);
    CU_ASSERT(log_add(log, 1, 1, 1, "abc", 3, NULL) && log_add(log, 2, 1, 1, "defg", 4, NULL));
    CU_ASSERT(log_write(log, NULL));
    log_close(log);
    char *bytes;
    size_t length;
    CU_ASSERT_FATAL(run_folder_read(&folder, "log", &bytes, &length, NULL));
    CU_ASSERT_EQUAL(length, 47);
    for (size_t cut = 0; cut <= length; cut++) {
        put_file(path_of(folder.path, "log"), bytes, cut);
        resumes_log(&folder, 0,
                    cut < 23   ? ""
                    : cut < 47 ? "1#1 0+23 "
                               : "1#1 0+23 2#1 23+24 ",
                    cut < 23   ? 0
                    : cut < 47 ? 23
                               : 47);
    }
    /* What the journal tells of keeps its place, whatever is there: a hole is damage, not output.
     */
    put_file(path_of(folder.path, "log"), bytes, 30);
    resumes_log(&folder, 40, "1#1 0+23 ", 40);
    bytes[0] = 'x';
    put_file(path_of(folder.path, "log"), bytes, length);
    resumes_log(&folder, 23, "2#1 23+24 ", 47);
    free(bytes);
    run_folder_close(&folder);
    scratch_remove(scratch);
}

static void values_go_on(void)
{
    char *scratch = scratch_new();
    struct run_folder folder = run_new(scratch);
    struct extent first, second;
    struct values *values = values_resume(&folder, NULL);
    CU_ASSERT(values_add(values, "one", 3, &first, NULL));
    CU_ASSERT(values_write(values, NULL));
    values_close(values);
    values = values_resume(&folder, NULL);
    CU_ASSERT(values_add(values, "second", 6, &second, NULL));
    char *bytes;
    CU_ASSERT(values_get(values, &first, &bytes, NULL));
    CHECK_TEXT(bytes, "one");
    free(bytes);
    CU_ASSERT(values_get(values, &second, &bytes, NULL));
    CHECK_TEXT(bytes, "second");
    free(bytes);
    values_close(values);
    run_folder_close(&folder);
    scratch_remove(scratch);
}

const struct check resume_checks[] = {
    {"lock has one owner", lock_has_one_owner},
    {"journal goes on behind its end", journal_goes_on_behind_its_end},
    {"resume of older versions is read", resume_of_older_versions_is_read},
    {"journal is replaced whole", journal_is_replaced_whole},
    {"log loses its torn frame", log_loses_its_torn_frame},
    {"values go on", values_go_on},
    {NULL, NULL},
};
