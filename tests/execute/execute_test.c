/* All checks of the layer. */
#include <string.h>

#include "execute_function.h"

enum { MOST = 200 };

int main(int argc, char **argv)
{
    const struct check *lists[] = {loop_checks,     moment_checks, process_checks, many_checks,
                                   output_checks,   pause_checks,  stop_checks,    old_checks,
                                   guardian_checks, verbs_checks,  tee_checks,     function_checks,
                                   lua_checks,      crash_checks};
    struct check all[MOST + 1] = {{NULL, NULL}};
    int count = 0;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        for (const struct check *check = lists[i]; check->name != NULL && count < MOST; check++)
            all[count++] = *check;
    return check_main(argc, argv, "execute", all);
}
