/* Checks of how long tasks took, as the index remembers it. */
#include <stdlib.h>

#include "base/buffer.h"
#include "base/file.h"
#include "history/history_index.h"

/* Durations: of one workflow, by name; a new one counts for half. */
static void check_durations(const char *scratch, const char *workflow, const char *expected)
{
    struct buffer text = {0};
    struct duration *items;
    uint32_t count;
    CU_ASSERT(durations_read(path_of(scratch, "state"), workflow, &items, &count, NULL));
    for (uint32_t i = 0; i < count; i++)
        buffer_printf(&text, "%s %lld\n", items[i].name, (long long)items[i].mean);
    durations_free(items, count);
    CHECK_TEXT(buffer_text(&text), expected);
    buffer_release(&text);
}

static void durations_come_back(void)
{
    char *scratch = scratch_new();
    make_runs(scratch, 1);
    struct duration items[] = {{.name = (char *)"a[x=\"it's\"]", .mean = 100},
                               {.name = (char *)"b", .mean = INT64_MAX}};
    struct duration *none;
    uint32_t count;
    CU_ASSERT_FALSE(durations_read(path_of(scratch, "state"), "/w.yml", &none, &count, NULL));
    CU_ASSERT_EQUAL(count, 0);
    durations_free(none, count);
    CU_ASSERT(durations_put(path_of(scratch, "state"), "/w.yml", items, 2, NULL));
    items[0].mean = 300;
    CU_ASSERT(durations_put(path_of(scratch, "state"), "/w.yml", items, 1, NULL));
    CU_ASSERT(durations_put(path_of(scratch, "state"), "/other.yml", items, 1, NULL));
    check_durations(scratch, "/w.yml", "a[x=\"it's\"] 200\nb 9223372036854775807\n");
    check_durations(scratch, "/none.yml", "");
    check_put(scratch, WALL_ID); /* rows of runs are beside them */
    check_runs(scratch, WALL_ID ROW);
    put_file(path_of(scratch, "state/index.db"), "damaged", 7);
    CU_ASSERT(durations_put(path_of(scratch, "state"), "/w.yml", items, 1, NULL));
    check_durations(scratch, "/w.yml", "a[x=\"it's\"] 300\n");
    CU_ASSERT(file_size(path_of(scratch, "state/index.db.bad")) == 7);
    scratch_remove(scratch);
}

const struct check durations_checks[] = {
    {"durations come back", durations_come_back},
    {NULL, NULL},
};
