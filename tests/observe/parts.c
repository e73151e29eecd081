/* The bounded memory of output, and the set of running attempts against a plain array. */
#include "checks.h"

#include <stdbool.h>
#include <string.h>

#include "observe/capture.h"
#include "observe/running.h"
#include "support/check.h"

static void check_bytes(const char *bytes, size_t length, const char *expected)
{
    CLEANUP_FREE char *text = memory_text_n(length ? bytes : "", length);
    CHECK_TEXT(text, expected);
}

static void add(struct capture *capture, const char *text)
{
    capture_add(capture, text, strlen(text));
}

void test_capture_keeps_all_below_its_limits(void)
{
    struct capture capture = {.head_limit = 8, .tail_limit = 8};
    struct capture_parts parts;
    capture_parts(&capture, &parts);
    CU_ASSERT_EQUAL(parts.head_length + parts.tail_length + parts.left_out, 0);
    add(&capture, "one\n");
    add(&capture, "two\nthree\n");
    capture_parts(&capture, &parts);
    check_bytes(parts.head, parts.head_length, "one\ntwo\n");
    check_bytes(parts.tail, parts.tail_length, "three\n");
    CU_ASSERT_EQUAL(parts.left_out, 0);
    capture_release(&capture);
}

void test_capture_keeps_both_ends(void)
{
    struct capture capture = {.head_limit = 8, .tail_limit = 16};
    for (int i = 0; i < 100000; i++)
        add(&capture, "abc\n");
    add(&capture, "last\n");
    struct capture_parts parts;
    capture_parts(&capture, &parts);
    check_bytes(parts.head, parts.head_length, "abc\nabc\n");
    check_bytes(parts.tail, parts.tail_length, "abc\nabc\nlast\n");
    CU_ASSERT_EQUAL(parts.left_out, 400005 - 8 - 13);
    CU_ASSERT(capture.head.capacity + capture.tail.capacity <= 64 + 64);
    char huge[1000];
    memset(huge, 'x', sizeof huge);
    capture_add(&capture, huge, sizeof huge);
    capture_parts(&capture, &parts);
    check_bytes(parts.tail, parts.tail_length, "xxxxxxxxxxxxxxxx");
    CU_ASSERT_EQUAL(capture.total, 401005);
    CU_ASSERT(capture.tail.capacity <= 64);
    capture_release(&capture);
}

static void check_last(uint32_t head, uint32_t tail, uint32_t lines, const char *text,
                       const char *expected)
{
    for (size_t chunk = 1; chunk <= strlen(text); chunk++) {
        struct capture capture = {.head_limit = head, .tail_limit = tail};
        for (size_t at = 0; at < strlen(text); at += chunk)
            capture_add(&capture, text + at, strnlen(text + at, chunk));
        CLEANUP_BUFFER struct buffer out = {0};
        capture_last_lines(&capture, lines, &out);
        CHECK_TEXT(buffer_text(&out), expected);
        capture_release(&capture);
    }
}

void test_capture_last_lines(void)
{
    check_last(0, 64, 2, "a\nb\nc\n", "b\nc\n");
    check_last(0, 64, 2, "a\nb\nc", "b\nc");
    check_last(0, 64, 2, "a\nb\n\n", "b\n\n");
    check_last(0, 64, 5, "a\nb\n", "a\nb\n");
    check_last(4, 64, 2, "a\nb\nc\nd\n", "c\nd\n");
    check_last(6, 6, 3, "aa\nbb\ncc\n", "bb\ncc\n");
    check_last(2, 4, 9, "abcdefgh", "efgh");
    check_last(8, 8, 9, "abcdefgh", "abcdefgh");
    struct capture nothing = {.tail_limit = 8};
    CLEANUP_BUFFER struct buffer out = {0};
    capture_last_lines(&nothing, 3, &out);
    CU_ASSERT_EQUAL(out.length, 0);
}

static struct running_set empty_set(void)
{
    return (struct running_set){.first = NO_RUNNING, .last = NO_RUNNING, .free = NO_RUNNING};
}

void test_running_order_and_lookup(void)
{
    struct running_set set = empty_set();
    CU_ASSERT_PTR_NULL(running_find(&set, 0));
    running_add(&set, 7);
    running_add(&set, 0);
    running_add(&set, UINT32_MAX - 1);
    running_remove(&set, running_find(&set, 0));
    running_add(&set, 3);
    CU_ASSERT_EQUAL(set.count, 3);
    CU_ASSERT_EQUAL(set.items.count, 3);
    static const uint32_t expected[] = {7, UINT32_MAX - 1, 3};
    uint32_t seen = 0;
    for (uint32_t i = set.first; i != NO_RUNNING && seen < 3; i = set.items.items[i].later)
        CU_ASSERT_EQUAL(set.items.items[i].node, expected[seen++]);
    CU_ASSERT_EQUAL(seen, 3);
    CU_ASSERT_PTR_NULL(running_find(&set, 0));
    CU_ASSERT_PTR_NOT_NULL(running_find(&set, 3));
    running_release(&set);
}

enum { NODES = 64 };

/* The set holds just the nodes whose sequence number is not 0, in its order. */
static bool is_same(struct running_set *set, const uint32_t *sequence, uint32_t count)
{
    uint32_t last = 0, seen = 0;
    for (uint32_t i = set->first; i != NO_RUNNING; i = set->items.items[i].later, seen++) {
        uint32_t number = sequence[set->items.items[i].node / 1024];
        if (number <= last)
            return false;
        last = number;
    }
    for (uint32_t node = 0; node < NODES; node++)
        if ((running_find(set, node * 1024) != NULL) != (sequence[node] != 0))
            return false;
    return seen == count && set->count == count;
}

void test_running_against_a_plain_array(void)
{
    struct running_set set = empty_set();
    uint32_t sequence[NODES] = {0}, count = 0, random = 1;
    for (uint32_t step = 1; step <= 20000; step++) {
        random = random * 1664525 + 1013904223;
        uint32_t node = (random >> 16) % NODES;
        if (sequence[node] == 0) {
            running_add(&set, node * 1024);
            sequence[node] = step;
            count++;
        } else {
            running_remove(&set, running_find(&set, node * 1024));
            sequence[node] = 0;
            count--;
        }
        if (!is_same(&set, sequence, count)) {
            CU_FAIL("the set differs from the array");
            break;
        }
    }
    CU_ASSERT(set.items.count <= NODES);
    running_release(&set);
}
