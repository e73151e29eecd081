/* Correct workflows are read to what was written; hostile ones do no harm. What wrong ones are told
 * is in tests/errors. */
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
    static const struct check *const parts[] = {
        model_checks,           params_checks,   text_checks,    parts_checks,    steps_checks,
        synchronisation_checks, examples_checks, hostile_checks, functions_checks};
    size_t count = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        count = append(all, count, parts[i]);
    return check_main(argc, argv, "workflow", all);
}
