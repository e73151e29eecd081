/* The program of history's checks: one list of all. */
#include <stdlib.h>

#include "base/memory.h"
#include "history/history_support.h"

int main(int argc, char **argv)
{
    const struct check *lists[] = {folder_checks,    choose_checks, files_checks,
                                   journal_checks,   damage_checks, log_checks,
                                   values_checks,    index_checks,  index_damage_checks,
                                   durations_checks, resume_checks, write_checks};
    VEC(struct check) all = {0};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        for (const struct check *check = lists[i]; check->name != NULL; check++)
            *VEC_PUSH(&all) = *check;
    *VEC_PUSH(&all) = (struct check){0};
    unsetenv("PARGRAPH_STATE");
    int status = check_main(argc, argv, "history", all.items);
    VEC_RELEASE(&all);
    return status;
}
