/* What is done in blocks or given back, for the sake of large files. */
#include "base/base_large.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/names.h"
#include "base/source.h"
#include "base/sparse.h"
#include "base/text.h"
#include "support/check.h"

void names_of_every_length(void)
{
    struct names names;
    names_init(&names);
    char text[64];
    memset(text, 'x', sizeof text);
    for (uint32_t length = 1; length < sizeof text; length++)
        CU_ASSERT_EQUAL(names_add(&names, text, length), length);
    for (uint32_t length = 1; length < sizeof text; length++) {
        CU_ASSERT_EQUAL(names_find(&names, text, length), length);
        CU_ASSERT_EQUAL(names_length(&names, length), length);
        CU_ASSERT_EQUAL(strlen(names_text(&names, length)), length);
    }
    names_release(&names);
}

void texts_never_move(void)
{
    struct names names;
    names_init(&names);
    const char *near = names_text(&names, names_add_text(&names, "near"));
    const char *far = names_text(&names, names_add_text(&names, "a text that is longer"));
    char text[32];
    for (int i = 0; i < 20000; i++) {
        snprintf(text, sizeof text, "%d", i);
        names_add_text(&names, text);
    }
    CU_ASSERT_PTR_EQUAL(names_text(&names, 1), near);
    CU_ASSERT_PTR_EQUAL(names_text(&names, 2), far);
    CHECK_TEXT(near, "near");
    names_release(&names);
}

void one_byte_at_every_offset(void)
{
    char text[200];
    for (size_t at = 0; at < sizeof text; at++) {
        memset(text, 'a', sizeof text);
        text[at] = (char)0xff;
        CU_ASSERT_EQUAL(text_ascii_run(text, sizeof text), at);
        CU_ASSERT_EQUAL(text_valid_utf8(text, sizeof text), at);
        text[at] = 'b';
        CU_ASSERT_EQUAL(text_valid_utf8(text, sizeof text), sizeof text);
    }
}

void pages_given_back_are_zero(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), size = 64 * page;
    unsigned char *bytes = memory_array(size, 1);
    memset(bytes, 1, size);
    memory_give_back(bytes + 1, size - 2 * page);
    CU_ASSERT_EQUAL(bytes[0], 1);
    CU_ASSERT_EQUAL(bytes[8 * page], 0);
    CU_ASSERT_EQUAL(bytes[size - 1], 1);
    memory_give_back(bytes, 1);
    free(bytes);
}

/* 10 lines "line N"; the place asked for is line 3's. */
static bool find_line(const struct sources *sources, struct location *ret)
{
    return sources_locate(sources, sources->items[0].first + 14, ret);
}

static bool holds(const char *path, const char *text, size_t length)
{
    CLEANUP_FREE char *found = NULL;
    size_t found_length;
    return file_read(path, SIZE_MAX, &found, &found_length, NULL) && found_length == length &&
           memcmp(found, text, length) == 0;
}

void a_text_given_back_is_read_again(void)
{
    char path[] = "/tmp/base_test.XXXXXX", copy[] = "/tmp/base_test.XXXXXX";
    file_close(&(int){mkstemp(path)});
    file_close(&(int){mkstemp(copy)});
    CLEANUP_BUFFER struct buffer text = {0};
    for (int i = 1; i <= 10; i++)
        buffer_printf(&text, "line %d\n", i);
    CU_ASSERT(file_replace(path, text.bytes, text.length, NULL));
    size_t length = text.length;
    struct sources sources = {0};
    sources_add(&sources, path, memory_text_n(text.bytes, length), length);
    struct location location;
    sources_give_back(&sources, length + 1);
    CU_ASSERT_PTR_NOT_NULL(sources.items[0].text);
    sources.items[0].is_kept = true;
    sources_give_back(&sources, length);
    CU_ASSERT_PTR_NOT_NULL(sources.items[0].text);
    sources.items[0].is_kept = false;
    sources_give_back(&sources, length);
    CU_ASSERT_PTR_NULL(sources.items[0].text);
    CU_ASSERT(source_copy(&sources.items[0], copy, NULL));
    CU_ASSERT(holds(copy, text.bytes, length));
    CU_ASSERT_PTR_NULL(sources.items[0].text);
    CU_ASSERT(find_line(&sources, &location));
    CU_ASSERT_EQUAL(location.line, 3);
    CU_ASSERT_EQUAL(memcmp(location.text, "line 3", location.length), 0);

    sources_give_back(&sources, 0);
    CU_ASSERT(file_replace(path, "line 0\n", 7, NULL));
    struct diagnostics diagnostics = {0};
    diagnostics_add(&diagnostics, sources.items[0].first, "wrong");
    CLEANUP_BUFFER struct buffer shown = {0}, wanted = {0};
    diagnostics_write(&diagnostics, &sources, &shown);
    buffer_printf(&wanted, "%s (changed meanwhile): error: wrong\n", path);
    CHECK_TEXT(buffer_text(&shown), buffer_text(&wanted));
    CU_ASSERT_PTR_NULL(source_text(&sources.items[0]));
    CLEANUP_ERROR struct error error = {0};
    CU_ASSERT_FALSE(source_copy(&sources.items[0], copy, &error));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "changed meanwhile"));
    CU_ASSERT(holds(copy, text.bytes, length));
    diagnostics_release(&diagnostics);
    sources_release(&sources);
    unlink(path);
    unlink(copy);
}

/* Beside a plain array, in which the same is done. */
void few_of_many_places(void)
{
    enum { PLACES = 3000, STEPS = 20000 };
    static int things[PLACES];
    static void *plain[PLACES];
    struct sparse sparse = {0};
    uint32_t random = 1, wrong = 0;
    for (int step = 0; step < STEPS; step++) {
        random = random * 1664525 + 1013904223;
        uint32_t index = (random >> 8) % PLACES;
        void *item = step < STEPS / 2 && random >> 31 ? &things[index] : NULL;
        sparse_set(&sparse, index, item);
        plain[index] = item;
        wrong += sparse_get(&sparse, (index + 1) % PLACES) != plain[(index + 1) % PLACES];
    }
    uint32_t found = 0, there = 0;
    for (uint32_t at = 0; (at = sparse_next(&sparse, at)) != SPARSE_END; at++, found++)
        wrong += at >= PLACES || plain[at] != sparse_get(&sparse, at) || plain[at] == NULL;
    for (uint32_t at = 0; at < PLACES; at++) {
        there += plain[at] != NULL;
        sparse_set(&sparse, at, NULL);
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT(found == there && there > 0);
    CU_ASSERT_EQUAL(sparse_next(&sparse, 0), SPARSE_END);
    CU_ASSERT_PTR_NULL(sparse_get(&sparse, UINT32_MAX - 1));
    for (uint32_t page = 0; page < sparse.page_count; page++)
        CU_ASSERT_PTR_NULL(sparse.pages[page]);
    sparse_release(&sparse);
}
