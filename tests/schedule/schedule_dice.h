/* Chance from a seed: the same seed, the same throws. */
#ifndef TESTS_SCHEDULE_SCHEDULE_DICE_H
#define TESTS_SCHEDULE_SCHEDULE_DICE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

struct dice {
    uint64_t state;
};

static inline struct dice dice_of_seed(uint64_t seed)
{
    return (struct dice){seed * 0x2545f4914f6cdd1d};
}

/* Splitmix64 (Steele, Lea and Flood 2014). */
static inline uint32_t dice_below(struct dice *dice, uint32_t bound)
{
    uint64_t z = dice->state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return (uint32_t)((z ^ (z >> 31)) >> 33) % bound;
}

static inline bool dice_chance(struct dice *dice, uint32_t per_thousand)
{
    return dice_below(dice, 1000) < per_thousand;
}

/* What an environment variable says (PARGRAPH_SEEDS, PARGRAPH_SEED), if it is there. */
static inline uint64_t dice_number_from(const char *variable, uint64_t otherwise)
{
    const char *text = getenv(variable);
    return text != NULL ? strtoull(text, NULL, 10) : otherwise;
}

#endif
