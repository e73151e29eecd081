/* Checks of the log. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "history/history_support.h"

enum { FRAME_HEADER = 20, FRAME_MOST = 65536 };

/* What log_read hands over: both streams apart, and "1:3 2:5 " for the frames as they came. */
struct heard {
    struct buffer streams[2], frames;
};

static void hear(void *context, int stream, const char *bytes, size_t length)
{
    struct heard *heard = context;
    CU_ASSERT_FATAL(stream == 1 || stream == 2);
    buffer_add(&heard->streams[stream - 1], bytes, length);
    buffer_printf(&heard->frames, "%d:%zu ", stream, length);
}

static void heard_release(struct heard *heard)
{
    buffer_release(&heard->streams[0]);
    buffer_release(&heard->streams[1]);
    buffer_release(&heard->frames);
}

static void check_heard(const struct run_folder *folder, uint32_t node, uint32_t attempt,
                        struct extent extent, const char *frames, const char *out,
                        const char *errors)
{
    struct heard heard = {0};
    struct error error = {0};
    CU_ASSERT(log_read(folder, node, attempt, &extent, hear, &heard, &error));
    CHECK_TEXT(error.message, NULL);
    CHECK_TEXT(buffer_text(&heard.frames), frames);
    CHECK_TEXT(buffer_text(&heard.streams[0]), out);
    CHECK_TEXT(buffer_text(&heard.streams[1]), errors);
    error_release(&error);
    heard_release(&heard);
}

static bool add_text(struct run_log *log, uint32_t node, uint32_t attempt, int stream,
                     const char *text)
{
    return log_add(log, node, attempt, stream, text, strlen(text), NULL);
}

static struct run_log *write_three(const struct run_folder *folder)
{
    struct run_log *log = log_create(folder, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(log);
    CU_ASSERT_EQUAL(log_offset(log), 0);
    CU_ASSERT(add_text(log, 1, 1, 1, "one "));
    CU_ASSERT(add_text(log, 1, 1, 1, "more"));
    CU_ASSERT_EQUAL(log_offset(log), 28);
    CU_ASSERT(add_text(log, 2, 1, 1, "two"));
    CU_ASSERT(add_text(log, 1, 1, 2, "bad"));
    CU_ASSERT(log_add(log, 1, 1, 2, NULL, 0, NULL)); /* nothing is no frame */
    CU_ASSERT(add_text(log, 1, 2, 2, "again"));
    CU_ASSERT(add_text(log, 1, 1, 1, "late"));
    CU_ASSERT_EQUAL(log_offset(log), 5 * FRAME_HEADER + 8 + 3 + 3 + 5 + 4);
    return log;
}

static void attempts_are_told_apart(void)
{
    char *scratch = scratch_new();
    struct run_folder folder = run_new(scratch);
    struct run_log *log = write_three(&folder);
    uint64_t end = log_offset(log);
    CU_ASSERT_EQUAL(file_size(path_of(folder.path, "log")), 0);
    CU_ASSERT(log_write(log, NULL));
    CU_ASSERT(log_write(log, NULL));
    CU_ASSERT_EQUAL(log_offset(log), end);
    CU_ASSERT_EQUAL(file_size(path_of(folder.path, "log")), (long)end);
    CU_ASSERT_EQUAL(file_mode(path_of(folder.path, "log")), 0600);
    struct extent all = {.length = end}, rest = {.offset = 28, .length = end - 28};
    check_heard(&folder, 1, 1, all, "1:8 2:3 1:4 ", "one morelate", "bad");
    check_heard(&folder, 1, 1, rest, "2:3 1:4 ", "late", "bad");
    check_heard(&folder, 1, 2, all, "2:5 ", "", "again");
    check_heard(&folder, 2, 1, all, "1:3 ", "two", "");
    check_heard(&folder, 2, 2, all, "", "", "");
    check_heard(&folder, 1, 1, (struct extent){0}, "", "", "");
    log_close(log);
    run_folder_close(&folder);
    scratch_remove(scratch);
}

static void frames_are_merged_in_memory_only(void)
{
    char *scratch = scratch_new();
    struct run_folder folder = run_new(scratch);
    struct run_log *log = log_create(&folder, NULL);
    CU_ASSERT(add_text(log, 1, 1, 1, "a"));
    CU_ASSERT(log_write(log, NULL));
    CU_ASSERT(add_text(log, 1, 1, 1, "b"));
    CU_ASSERT(add_text(log, 1, 1, 1, "c"));
    CU_ASSERT(log_write(log, NULL));
    check_heard(&folder, 1, 1, (struct extent){.length = log_offset(log)}, "1:1 1:2 ", "abc", "");
    log_close(log);
    run_folder_close(&folder);
    scratch_remove(scratch);
}

static void large_data_is_split(void)
{
    enum { LENGTH = 3 * FRAME_MOST + 100 };
    char *scratch = scratch_new(), *bytes = memory_new(LENGTH);
    struct run_folder folder = run_new(scratch);
    struct run_log *log = log_create(&folder, NULL);
    for (size_t i = 0; i < LENGTH; i++)
        bytes[i] = (char)(i * 31 >> 3);
    CU_ASSERT(log_add(log, 1, 1, 1, bytes, 6, NULL));
    CU_ASSERT(log_add(log, 1, 1, 1, bytes + 6, LENGTH - 6, NULL));
    CU_ASSERT(log_write(log, NULL));
    struct extent all = {.length = log_offset(log)};
    CU_ASSERT_EQUAL(all.length, LENGTH + 4 * FRAME_HEADER);
    struct heard heard = {0};
    CU_ASSERT(log_read(&folder, 1, 1, &all, hear, &heard, NULL));
    CHECK_TEXT(buffer_text(&heard.frames), "1:65536 1:65536 1:65536 1:100 ");
    CU_ASSERT(heard.streams[0].length == LENGTH &&
              memcmp(heard.streams[0].bytes, bytes, LENGTH) == 0);
    heard_release(&heard);
    log_close(log);
    run_folder_close(&folder);
    free(bytes);
    scratch_remove(scratch);
}

static void a_mebibyte_is_written_at_once(void)
{
    char *scratch = scratch_new(), *bytes = memory_new(3 << 20);
    struct run_folder folder = run_new(scratch);
    struct run_log *log = log_create(&folder, NULL);
    CU_ASSERT(log_add(log, 1, 1, 1, bytes, 1 << 19, NULL));
    CU_ASSERT_EQUAL(file_size(path_of(folder.path, "log")), 0);
    CU_ASSERT(log_add(log, 1, 1, 1, bytes, 1 << 20, NULL));
    CU_ASSERT_EQUAL(file_size(path_of(folder.path, "log")), (long)log_offset(log));
    CU_ASSERT(log_add(log, 1, 1, 1, bytes, 3 << 20, NULL));
    CU_ASSERT_EQUAL(file_size(path_of(folder.path, "log")), (long)log_offset(log));
    log_close(log);
    run_folder_close(&folder);
    free(bytes);
    scratch_remove(scratch);
}

enum { WRITERS = 6, CHUNKS = 4000 };

/* Chunks of several attempts in any order, with writes in between, come back attempt by attempt. */
static void interleaved_output_comes_back(void)
{
    char *scratch = scratch_new(), *bytes = memory_new(100000);
    struct run_folder folder = run_new(scratch);
    struct run_log *log = log_create(&folder, NULL);
    struct buffer expected[WRITERS][2] = {0};
    unsigned seed = 5;
    for (int i = 0; i < CHUNKS; i++) {
        unsigned writer = (unsigned)rand_r(&seed) % WRITERS;
        int stream = 1 + rand_r(&seed) % 2;
        size_t length = (unsigned)rand_r(&seed) % (i % 100 == 0 ? 100000 : 200);
        memset(bytes, rand_r(&seed), length);
        buffer_add(&expected[writer][stream - 1], bytes, length);
        CU_ASSERT(log_add(log, writer / 2, writer % 2 + 1, stream, bytes, length, NULL));
        if (rand_r(&seed) % 20 == 0)
            CU_ASSERT(log_write(log, NULL));
    }
    CU_ASSERT(log_write(log, NULL));
    struct extent all = {.length = log_offset(log)};
    for (unsigned writer = 0; writer < WRITERS; writer++) {
        struct heard heard = {0};
        CU_ASSERT(log_read(&folder, writer / 2, writer % 2 + 1, &all, hear, &heard, NULL));
        for (int i = 0; i < 2; i++) {
            struct buffer *wanted = &expected[writer][i], *actual = &heard.streams[i];
            CU_ASSERT(wanted->length == actual->length && wanted->length > 0 &&
                      memcmp(wanted->bytes, actual->bytes, wanted->length) == 0);
            buffer_release(wanted);
        }
        heard_release(&heard);
    }
    log_close(log);
    run_folder_close(&folder);
    free(bytes);
    scratch_remove(scratch);
}

static void full_disk_keeps_the_gathered(void)
{
    char *scratch = scratch_new(), *bytes = memory_new(2 << 20);
    struct run_folder folder = run_new(scratch);
    struct run_log *log = log_create(&folder, NULL);
    struct error error = {0};
    CU_ASSERT(add_text(log, 1, 1, 1, "a"));
    CU_ASSERT(log_write(log, NULL));
    CU_ASSERT(add_text(log, 1, 1, 2, "b"));
    limit_file_size(30);
    bool is_written = log_write(log, &error);
    limit_release();
    CU_ASSERT_FALSE(is_written);
    CHECK_ERROR(&error, text_of("cannot write %s/log: File too large", folder.path));
    CU_ASSERT_EQUAL(file_size(path_of(folder.path, "log")), 21);
    limit_file_size(1 << 20);
    bool is_added = log_add(log, 1, 1, 1, bytes, 2 << 20, &error);
    limit_release();
    CU_ASSERT_FALSE(is_added);
    CHECK_ERROR(&error, text_of("cannot write %s/log: File too large", folder.path));
    CU_ASSERT_EQUAL(file_size(path_of(folder.path, "log")), 21);
    CU_ASSERT(log_write(log, &error));
    CU_ASSERT_EQUAL(file_size(path_of(folder.path, "log")), (long)log_offset(log));
    struct heard heard = {0};
    CU_ASSERT(
        log_read(&folder, 1, 1, &(struct extent){.length = log_offset(log)}, hear, &heard, NULL));
    CU_ASSERT_EQUAL(heard.streams[0].length, 1 + (2 << 20));
    CU_ASSERT_EQUAL(heard.streams[1].length, 1);
    heard_release(&heard);
    log_close(log);
    run_folder_close(&folder);
    free(bytes);
    scratch_remove(scratch);
}

static void check_damage(const struct run_folder *folder, struct extent extent, const char *frames,
                         const char *message)
{
    struct heard heard = {0};
    struct error error = {0};
    CU_ASSERT_FALSE(log_read(folder, 1, 1, &extent, hear, &heard, &error));
    CHECK_TEXT(buffer_text(&heard.frames), frames);
    CHECK_ERROR(&error, text_of("%s/log %s", folder->path, message));
    heard_release(&heard);
}

static void damaged_frames_are_told(void)
{
    static const struct {
        off_t at;
        char good, bad;
    } damages[] = {{28, 'P', 'p'}, {31, 'F', 0}, {40, 1, 3}, {40, 1, 0}, {41, 0, 1},
                   {43, 0, 1},     {44, 3, 0},   {46, 0, 2}, {47, 0, -1}};
    char *scratch = scratch_new();
    struct run_folder folder = run_new(scratch);
    struct run_log *log = write_three(&folder);
    CU_ASSERT(log_write(log, NULL));
    struct extent all = {.length = log_offset(log)};
    log_close(log);
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        put_byte(path_of(folder.path, "log"), damages[i].at, damages[i].bad);
        check_damage(&folder, all, "1:8 ", "is damaged at 28: no frame is there");
        put_byte(path_of(folder.path, "log"), damages[i].at, damages[i].good);
    }
    check_heard(&folder, 1, 1, all, "1:8 2:3 1:4 ", "one morelate", "bad");
    check_damage(&folder, (struct extent){.offset = 1, .length = 60}, "",
                 "is damaged at 1: no frame is there");
    check_damage(&folder, (struct extent){.length = 28 + 22}, "1:8 ",
                 "is damaged at 28: no frame is there");
    check_damage(&folder, (struct extent){.length = 28 + 20}, "1:8 ",
                 "is damaged at 28: no frame is there");
    run_folder_close(&folder);
    scratch_remove(scratch);
}

/* No frame is longer than can be read at once, whatever the file says. */
static void long_frame_is_told(void)
{
    enum { LENGTH = 20 * FRAME_MOST };
    char *scratch = scratch_new(), *bytes = memory_new(LENGTH);
    struct run_folder folder = run_new(scratch);
    memcpy(bytes, "PGLF\1\0\0\0\1\0\0\0\1\0\0\0", 16);
    struct extent all = {.length = LENGTH};
    for (int larger = 0; larger < 3; larger++) {
        memcpy(bytes + 16, larger == 0 ? "\1\0\1\0" : larger == 1 ? "\0\0\2\0" : "\0\0\x10\0", 4);
        put_file(path_of(folder.path, "log"), bytes, LENGTH);
        check_damage(&folder, all, "", "is damaged at 0: no frame is there");
    }
    memcpy(bytes + 16, "\0\0\1\0", 4);
    put_file(path_of(folder.path, "log"), bytes, LENGTH);
    check_damage(&folder, all, "1:65536 ", "is damaged at 65556: no frame is there");
    run_folder_close(&folder);
    free(bytes);
    scratch_remove(scratch);
}

static void short_log_is_told(void)
{
    char *scratch = scratch_new();
    struct run_folder folder = run_new(scratch);
    struct error error = {0};
    struct extent far = {.offset = INT64_MAX, .length = INT64_MAX};
    CU_ASSERT_FALSE(log_read(&folder, 1, 1, &far, hear, NULL, &error));
    CHECK_ERROR(&error, text_of("cannot open %s/log: No such file or directory", folder.path));
    struct run_log *log = write_three(&folder);
    CU_ASSERT(log_write(log, NULL));
    uint64_t end = log_offset(log);
    log_close(log);
    check_damage(&folder, (struct extent){.offset = end, .length = 25}, "",
                 text_of("is damaged: it ends at %d, within a frame", (int)end));
    far = (struct extent){.offset = UINT64_MAX - 5, .length = UINT64_MAX};
    check_damage(&folder, far, "", "is damaged: it ends at 18446744073709551610, within a frame");
    CU_ASSERT(truncate(path_of(folder.path, "log"), (off_t)end - 1) == 0);
    check_damage(&folder, (struct extent){.length = end}, "1:8 2:3 ",
                 text_of("is damaged: it ends at %d, within a frame", (int)end - 1));
    CU_ASSERT(unlink(path_of(folder.path, "log")) == 0);
    CU_ASSERT(mkfifo(path_of(folder.path, "log"), 0600) == 0);
    CU_ASSERT_FALSE(log_read(&folder, 1, 1, &far, hear, NULL, &error));
    CHECK_ERROR(&error, text_of("cannot open %s/log: it is not a plain file", folder.path));
    run_folder_close(&folder);
    scratch_remove(scratch);
}

const struct check log_checks[] = {
    {"attempts are told apart", attempts_are_told_apart},
    {"frames are merged in memory only", frames_are_merged_in_memory_only},
    {"large data is split", large_data_is_split},
    {"a mebibyte is written at once", a_mebibyte_is_written_at_once},
    {"interleaved output comes back", interleaved_output_comes_back},
    {"full disk keeps the gathered", full_disk_keeps_the_gathered},
    {"damaged frames are told", damaged_frames_are_told},
    {"long frame is told", long_frame_is_told},
    {"short log is told", short_log_is_told},
    {NULL, NULL},
};
