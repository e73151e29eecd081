/* base: memory, text, names, places, diagnostics, files, checksums. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base_file.h"
#include "base/base_large.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/checksum.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/names.h"
#include "base/source.h"
#include "base/text.h"
#include "support/check.h"

static void vec_grows_and_keeps(void)
{
    VEC(int) numbers = {0};
    for (int i = 0; i < 1000; i++)
        *VEC_PUSH(&numbers) = i;
    CU_ASSERT_EQUAL(numbers.count, 1000);
    CU_ASSERT_EQUAL(numbers.items[999], 999);
    VEC_RELEASE(&numbers);
    CU_ASSERT_PTR_NULL(numbers.items);
}

static void arena_pieces_stay_and_are_aligned(void)
{
    struct arena arena = {0};
    char *first = arena_text(&arena, "first", 5);
    for (size_t size = 1; size < 5000; size += 7) {
        char *piece = arena_new(&arena, size);
        CU_ASSERT_EQUAL((uintptr_t)piece % _Alignof(max_align_t), 0);
        CU_ASSERT_EQUAL(piece[size - 1], 0);
        memset(piece, 'x', size);
    }
    CHECK_TEXT(first, "first");
    arena_release(&arena);
}

static void buffer_holds_any_bytes(void)
{
    CLEANUP_BUFFER struct buffer buffer = {0};
    buffer_add(&buffer, "a\0b", 3);
    buffer_printf(&buffer, "%d %s", 42, "x");
    CU_ASSERT_EQUAL(buffer.length, 7);
    CU_ASSERT_EQUAL(memcmp(buffer_text(&buffer), "a\0b42 x", 8), 0);
    char *taken = buffer_take(&buffer);
    CU_ASSERT_EQUAL(buffer.length, 0);
    free(taken);
    CLEANUP_BUFFER struct buffer numbers = {0};
    buffer_add_number(&numbers, 0);
    buffer_add_byte(&numbers, ' ');
    buffer_add_number(&numbers, 1090);
    buffer_add_byte(&numbers, ' ');
    buffer_add_number(&numbers, UINT64_MAX);
    CHECK_TEXT(buffer_text(&numbers), "0 1090 18446744073709551615");
}

static void names_are_dense_and_found(void)
{
    struct names names;
    names_init(&names);
    CU_ASSERT_EQUAL(names_add_text(&names, ""), 0);
    char text[32];
    for (uint32_t i = 1; i <= 10000; i++) {
        snprintf(text, sizeof text, "name-%u", i);
        CU_ASSERT_EQUAL(names_add_text(&names, text), i);
    }
    CU_ASSERT_EQUAL(names_add_text(&names, "name-77"), 77);
    CHECK_TEXT(names_text(&names, 77), "name-77");
    CU_ASSERT_EQUAL(names_find(&names, "nobody", 6), UINT32_MAX);
    name odd = names_add(&names, "a\0b", 3);
    CU_ASSERT_NOT_EQUAL(odd, names_add(&names, "a", 1));
    CU_ASSERT_EQUAL(names_length(&names, odd), 3);
    names_release(&names);
}

static void duration_is(const char *text, int64_t nanoseconds)
{
    int64_t read = -1;
    bool is_good = text_duration(text, &read);
    if (!is_good || read != nanoseconds)
        printf("duration %s: %lld\n", text, (long long)read);
    CU_ASSERT(is_good && read == nanoseconds);
}

static void durations(void)
{
    duration_is("500ms", 500000000);
    duration_is("2s", 2000000000);
    duration_is("1h30m", 5400 * INT64_C(1000000000));
    duration_is("1.5", 1500000000);
    duration_is("90", 90 * INT64_C(1000000000));
    duration_is("1d", 86400 * INT64_C(1000000000));
    static const char *const wrong[] = {"",   "s",    "-1s", "1x",   "1m1h",        "1m 2s",
                                        "1.", "1h30", "ten", "1e3s", "99999999999h"};
    int64_t read;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (text_duration(wrong[i], &read)) {
            printf("accepted: %s\n", wrong[i]);
            CU_FAIL("a wrong duration was accepted");
        }
}

static void sizes(void)
{
    uint64_t bytes = 0;
    CU_ASSERT(text_size("512", &bytes) && bytes == 512);
    CU_ASSERT(text_size("4K", &bytes) && bytes == 4096);
    CU_ASSERT(text_size("1.5g", &bytes) && bytes == (UINT64_C(3) << 29));
    CU_ASSERT(text_size("2GiB", &bytes) && bytes == UINT64_C(2) << 30);
    CU_ASSERT(text_size("3MB", &bytes) && bytes == UINT64_C(3) << 20);
    static const char *const wrong[] = {"", "G", "1X", "-1", "1 G", "1GiBB", "9999999999T", "nan"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CU_ASSERT_FALSE(text_size(wrong[i], &bytes));
}

static void integers(void)
{
    int64_t number = 0;
    CU_ASSERT(text_integer("-42", &number) && number == -42);
    CU_ASSERT(text_integer("9223372036854775807", &number) && number == INT64_MAX);
    CU_ASSERT_FALSE(text_integer("9223372036854775808", &number));
    CU_ASSERT_FALSE(text_integer(" 1", &number));
    CU_ASSERT_FALSE(text_integer("1 ", &number));
    CU_ASSERT_FALSE(text_integer("", &number));
    CU_ASSERT_FALSE(text_integer("0x10", &number));
}

static void written_for_people(void)
{
    static const struct {
        int64_t nanoseconds;
        const char *text;
    } durations_of[] = {{850000000, "850ms"},
                        {4200000000, "4.2s"},
                        {185 * INT64_C(1000000000), "3m05s"},
                        {7620 * INT64_C(1000000000), "2h07m"}};
    for (size_t i = 0; i < 4; i++) {
        CLEANUP_BUFFER struct buffer text = {0};
        text_write_duration(durations_of[i].nanoseconds, &text);
        CHECK_TEXT(buffer_text(&text), durations_of[i].text);
    }
    CLEANUP_BUFFER struct buffer size = {0};
    text_write_size(1536, &size);
    CHECK_TEXT(buffer_text(&size), "1.5 KiB");
}

static void nearest_words(void)
{
    static const char *const words[] = {"needs", "env", "matrix", "run", "timeout"};
    CHECK_TEXT(text_nearest("need", words, 5), "needs");
    CHECK_TEXT(text_nearest("martix", words, 5), "matrix");
    CHECK_TEXT(text_nearest("time-out", words, 5), "timeout");
    CU_ASSERT_PTR_NULL(text_nearest("banana", words, 5));
    CU_ASSERT_PTR_NULL(text_nearest("x", words, 5));
    CU_ASSERT_EQUAL(text_distance("ab", "ba"), 1);
}

static void utf8(void)
{
    CU_ASSERT_EQUAL(text_valid_utf8("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 10), 10);
    CU_ASSERT_EQUAL(text_valid_utf8("ab\xff", 3), 2);
    CU_ASSERT_EQUAL(text_valid_utf8("\xc0\xaf", 2), 0);     /* overlong */
    CU_ASSERT_EQUAL(text_valid_utf8("\xed\xa0\x80", 3), 0); /* a surrogate */
    CU_ASSERT_EQUAL(text_valid_utf8("\xf4\x90\x80\x80", 4), 0);
    CU_ASSERT_EQUAL(text_valid_utf8("\xe2\x82", 2), 0);
}

static void printable_text_commands_no_terminal(void)
{
    CLEANUP_BUFFER struct buffer text = {0};
    text_printable("a\x1b[31m\tb\xff\xc2\x9b\xc3\xa9\n\x7f", 15, &text);
    CHECK_TEXT(buffer_text(&text), "a?[31m\tb??\xc3\xa9??");
}

static struct sources one_source(const char *text)
{
    struct sources sources = {0};
    sources_add(&sources, "flow.yml", memory_text(text), strlen(text));
    return sources;
}

static void places_count_characters(void)
{
    struct sources sources = one_source("\xc3\xa9t\xc3\xa9: x\nb: y\n");
    sources_add(&sources, "other.yml", memory_text("z"), 1);
    struct location location;
    CU_ASSERT(sources_locate(&sources, 1 + 5, &location));
    CU_ASSERT_EQUAL(location.line, 1);
    CU_ASSERT_EQUAL(location.column, 6);
    CU_ASSERT_EQUAL(location.text[location.offset], 'x');
    CU_ASSERT(sources_locate(&sources, 1 + 10, &location));
    CU_ASSERT_EQUAL(location.line, 2);
    CU_ASSERT_EQUAL(location.column, 4);
    CU_ASSERT(sources_locate(&sources, sources.items[1].first, &location));
    CHECK_TEXT(location.file, "other.yml");
    CU_ASSERT_FALSE(sources_locate(&sources, PLACE_NONE, &location));
    CU_ASSERT_FALSE(sources_locate(&sources, 1000, &location));
    sources_release(&sources);
}

static void diagnostics_come_in_order_of_place(void)
{
    struct sources sources = one_source("a: 1\n\tb: 2\n");
    struct diagnostics diagnostics = {0};
    CU_ASSERT_FALSE(diagnostics_add(&diagnostics, 7, "second"));
    diagnostics_hint(&diagnostics, "mend %s", "it");
    diagnostics_warn(&diagnostics, 1, "first\x1b");
    diagnostics_add(&diagnostics, PLACE_NONE, "nowhere");
    CLEANUP_BUFFER struct buffer text = {0};
    diagnostics_write(&diagnostics, &sources, &text);
    CHECK_TEXT(buffer_text(&text), "error: nowhere\n"
                                   "flow.yml:1:1: warning: first?\n"
                                   "    1 | a: 1\n"
                                   "      | ^\n"
                                   "flow.yml:2:2: error: second\n"
                                   "    2 | \tb: 2\n"
                                   "      | \t^\n"
                                   "      = mend it\n");
    CU_ASSERT_EQUAL(diagnostics.error_count, 2);
    diagnostics_release(&diagnostics);
    sources_release(&sources);
}

static void a_long_line_is_shown_around_its_caret(void)
{
    CLEANUP_BUFFER struct buffer line = {0};
    for (int i = 0; i < 100000; i++)
        buffer_add_text(&line, "\xc3\xa9");
    struct sources sources = one_source(buffer_text(&line));
    struct diagnostics diagnostics = {0};
    diagnostics_add(&diagnostics, 50000, "here");
    CLEANUP_BUFFER struct buffer text = {0};
    diagnostics_write(&diagnostics, &sources, &text);
    CU_ASSERT(text.length < 500);
    CU_ASSERT_EQUAL(text_valid_utf8(text.bytes, text.length), text.length);
    diagnostics_release(&diagnostics);
    sources_release(&sources);
}

static void too_many_diagnostics_are_counted(void)
{
    struct diagnostics diagnostics = {0};
    for (int i = 0; i < 1500; i++)
        diagnostics_add(&diagnostics, PLACE_NONE, "%d", i);
    CLEANUP_BUFFER struct buffer text = {0};
    diagnostics_write(&diagnostics, NULL, &text);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(buffer_text(&text), "error: 999\nerror: 500 more errors are not shown\n"));
    diagnostics_release(&diagnostics);
}

static void errors_wrap(void)
{
    CLEANUP_ERROR struct error error = {0};
    CU_ASSERT_FALSE(error_set_system(&error, ENOENT, "cannot open %s", "x"));
    CU_ASSERT_FALSE(error_wrap(&error, "reading"));
    CU_ASSERT_FALSE(error_hint(&error, "make it"));
    CHECK_TEXT(error.message, "reading: cannot open x: No such file or directory");
    CHECK_TEXT(error.hint, "make it");
    CU_ASSERT_FALSE(error_set(NULL, PLACE_NONE, "nobody listens"));
}

static void checksums(void)
{
    /* The check value of CRC-32C in RFC 3720 and the catalogue of CRC parameters. */
    CU_ASSERT_EQUAL(checksum_crc32c(0, "123456789", 9), 0xe3069283u);
    uint32_t parts = checksum_crc32c(checksum_crc32c(0, "1234", 4), "56789", 5);
    CU_ASSERT_EQUAL(parts, 0xe3069283u);
    char zeros[32] = {0};
    CU_ASSERT_EQUAL(checksum_crc32c(0, zeros, 32), 0x8a9136aau);
    CU_ASSERT_EQUAL(checksum_by_table(0, "123456789", 9), 0xe3069283u);
    unsigned char bytes[80];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * i * 37 + 11);
    for (size_t begin = 0; begin < 8; begin++)
        for (size_t length = 0; begin + length <= sizeof bytes; length++)
            CU_ASSERT_EQUAL(checksum_crc32c(77, bytes + begin, length),
                            checksum_by_table(77, bytes + begin, length));
}

static void clocks(void)
{
    int64_t before = clock_monotonic();
    CU_ASSERT(clock_monotonic() >= before);
    CU_ASSERT(clock_wall() > INT64_C(1500000000) * 1000000000);
}

/* `fits` bytes of text in `room` columns, and how many columns these are. */
static void fit_is(const char *text, uint32_t room, size_t fits, uint32_t columns)
{
    uint32_t found = UINT32_MAX;
    CU_ASSERT_EQUAL(text_fit(text, strlen(text), room, &found), fits);
    CU_ASSERT_EQUAL(found, columns);
}

static void columns_of_text(void)
{
    fit_is("", 0, 0, 0);
    fit_is("abc", 0, 0, 0);
    fit_is("abc", 2, 2, 2);
    fit_is("abc", 3, 3, 3);
    fit_is("abc", UINT32_MAX, 3, 3);
    fit_is("na\xc3\xafve", 4, 5, 4);             /* naïve */
    fit_is("nai\xcc\x88ve", 3, 5, 3);            /* the same, with a combining mark */
    fit_is("\xe6\xbc\xa2\xe5\xad\x97", 1, 0, 0); /* two wide letters */
    fit_is("\xe6\xbc\xa2\xe5\xad\x97", 3, 3, 2);
    fit_is("\xe6\xbc\xa2\xe5\xad\x97", 4, 6, 4);
    fit_is("\xea\xb0\x80"
           "a",
           3, 4, 3);                      /* Hangul */
    fit_is("\xf0\x9f\x98\x80!", 3, 5, 3); /* an emoji */
    fit_is("\xe2\x86\x92 x", 3, 5, 3);    /* an arrow is narrow */
}

static const struct check checks[] = {
    {"a vector grows and keeps its items", vec_grows_and_keeps},
    {"arena pieces stay where they are", arena_pieces_stay_and_are_aligned},
    {"a buffer holds any bytes", buffer_holds_any_bytes},
    {"names are dense and found again", names_are_dense_and_found},
    {"durations", durations},
    {"sizes", sizes},
    {"integers", integers},
    {"durations and sizes for people", written_for_people},
    {"did you mean", nearest_words},
    {"UTF-8", utf8},
    {"printable text", printable_text_commands_no_terminal},
    {"columns of text", columns_of_text},
    {"places", places_count_characters},
    {"diagnostics in order of place", diagnostics_come_in_order_of_place},
    {"a long line", a_long_line_is_shown_around_its_caret},
    {"too many diagnostics", too_many_diagnostics_are_counted},
    {"errors", errors_wrap},
    {"files", files},
    {"paths", paths},
    {"descriptors out of the way", raised_descriptors},
    {"checksums", checksums},
    {"clocks", clocks},
    {"names of every length", names_of_every_length},
    {"texts of names never move", texts_never_move},
    {"one byte at every offset", one_byte_at_every_offset},
    {"pages given back are zero", pages_given_back_are_zero},
    {"a text given back is read again", a_text_given_back_is_read_again},
    {"few of many places", few_of_many_places},
    {NULL, NULL},
};

int main(int argc, char **argv)
{
    return check_main(argc, argv, "base", checks);
}
