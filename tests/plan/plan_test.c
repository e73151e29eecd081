/* All checks of the plan. */
#include <stdlib.h>
#include <string.h>

#include "plan/fixture.h"

int main(int argc, char **argv)
{
    static const struct check *const lists[] = {
        matrix_checks,  needs_checks,   refusal_checks, selection_checks, request_checks,
        value_checks,   command_checks, large_checks,   growth_checks,    random_growth_checks,
        program_checks, call_checks,    together_checks};
    struct check all[200] = {0};
    size_t count = 0;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        for (const struct check *check = lists[i]; check->name != NULL; check++) {
            all[count++] = *check;
            if (count == sizeof all / sizeof *all)
                abort();
        }
    return check_main(argc, argv, "plan", all);
}
