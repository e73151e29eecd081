/* Sets of JSON values: from a value to the number of the first equal to it. */
#ifndef PLAN_VALUES_H
#define PLAN_VALUES_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* Values have ids from 1 in the order of their first coming. Whole numbers in arithmetic
 * progression (what range gives) need no memory: their ids are computed. */
struct value_set {
    bool is_progression;
    int64_t first, step;
    const json_t **values; /* id - 1 → value, borrowed; NULL for a progression */
    uint32_t count, capacity;
    uint32_t *slots; /* open addressing: id, or 0 */
    uint32_t slot_count;
};

/* The distinct values of a list. ids, if not NULL, gets the id of each of its elements. */
void value_set_of_list(struct value_set *ret, const json_t *list, uint32_t *ids);
/* Returns the value's id. Not for a progression. */
uint32_t value_set_add(struct value_set *set, const json_t *value);
/* The id of an equal value, or 0. */
uint32_t value_set_find(const struct value_set *set, const json_t *value);
uint32_t value_set_find_integer(const struct value_set *set, int64_t integer);
void value_set_release(struct value_set *set);

/* Is a list's every element a whole number, each as far from the one before (less than 2^31,
 * not 0)? */
bool value_is_progression(const json_t *list, int64_t *ret_first, int64_t *ret_step);
/* "a number", "a list", for messages. */
const char *value_kind_text(const json_t *value);

#endif
