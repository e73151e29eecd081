/* Correct workflows are read to what was written; hostile ones do no harm. What wrong ones are told
 * is in tests/errors. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fixture.h"

static size_t append(struct check *all, size_t count, const struct check *some)
{
    for (; some->name != NULL; some++)
        all[count++] = *some;
    return count;
}

int main(int argc, char **argv)
{
    struct check all[128] = {{0}};
    size_t count = append(all, 0, model_checks);
    count = append(all, count, parts_checks);
    append(all, count, hostile_checks);
    return check_main(argc, argv, "workflow", all);
}
