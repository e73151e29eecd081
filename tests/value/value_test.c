/* The tests of values, of the snapshot and of the sandbox. */
#include "value_support.h"

int main(int argc, char **argv)
{
    const struct check *const parts[] = {scalar_checks,  outside_checks, expression_checks,
                                         pattern_checks, message_checks, limit_checks};
    VEC(struct check) checks = {0};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        for (const struct check *check = parts[i]; check->name != NULL; check++)
            *VEC_PUSH(&checks) = *check;
    *VEC_PUSH(&checks) = (struct check){0};
    int status = check_main(argc, argv, "value", checks.items);
    VEC_RELEASE(&checks);
    return status;
}
