/* The scheduling core: scenarios to the letter, random runs against its laws, large plans. */
#include "schedule/schedule_parts.h"
#include "support/check.h"

int main(int argc, char **argv)
{
    static const struct check checks[] = {
        {"scenarios", check_scenarios},
        {"random runs", check_random_runs},
        {"random programs", check_random_programs},
        {"same seed, same actions", check_same_seed_same_actions},
        {"a chain of a million", check_chain_of_a_million},
        {"a blocked chain of a million", check_blocked_chain_of_a_million},
        {"a star of a million", check_star_of_a_million},
        {"a million joins", check_joins_of_a_million},
        {"many different requests", check_many_requests},
        {"many waiters", check_many_waiters},
        {"a wide barrier", check_wide_barrier},
        {"exit codes", check_exit_codes},
        {"hostile inputs", check_hostile_inputs},
        {NULL, NULL},
    };
    return check_main(argc, argv, "schedule", checks);
}
