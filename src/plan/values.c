/* Value sets by hashing. Equal values (value_equal: 1 and 1.0, maps in any order of keys) must have
 * equal hashes, so numbers are hashed as doubles and maps by a sum over their members. */
#include "plan/values.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "value/value.h"

static uint64_t mix(uint64_t hash, uint64_t more)
{
    /* Whole numbers as doubles differ in their highest bits only, slots are chosen by the lowest.
     */
    hash = (hash ^ more) * 0x9e3779b97f4a7c15u;
    hash = (hash ^ hash >> 32) * 0xbf58476d1ce4e5b9u;
    return hash ^ hash >> 29;
}

static uint64_t hash_bytes(const char *bytes, size_t length)
{
    uint64_t hash = mix(length, 7);
    for (; length >= 8; bytes += 8, length -= 8) {
        uint64_t word;
        memcpy(&word, bytes, sizeof word);
        hash = mix(hash, word);
    }
    for (; length > 0; length--)
        hash = mix(hash, (unsigned char)*bytes++);
    return hash;
}

static uint64_t hash_number(double number)
{
    uint64_t bits;
    if (number == 0)
        number = 0; /* -0 equals 0 */
    memcpy(&bits, &number, sizeof bits);
    return mix(bits, 1);
}

static uint64_t hash_value(const json_t *value);

static uint64_t hash_list(const json_t *list)
{
    uint64_t hash = mix(json_array_size(list), 2);
    for (size_t i = 0; i < json_array_size(list); i++)
        hash = mix(hash, hash_value(json_array_get(list, i)));
    return hash;
}

static uint64_t hash_map(const json_t *map)
{
    uint64_t sum = 3;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)map, key, value) sum +=
        mix(hash_bytes(key, strlen(key)), hash_value(value));
    return sum;
}

static uint64_t hash_value(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_STRING:
        return hash_bytes(json_string_value(value), json_string_length(value));
    case JSON_INTEGER:
    case JSON_REAL:
        return hash_number(json_number_value(value));
    case JSON_ARRAY:
        return hash_list(value);
    case JSON_OBJECT:
        return hash_map(value);
    default:
        return mix(json_typeof(value), 4);
    }
}

bool value_is_progression(const json_t *list, int64_t *ret_first, int64_t *ret_step)
{
    size_t count = json_array_size(list);
    int64_t step = 1;
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_array_get(list, i);
        if (!json_is_integer(value))
            return false;
        if (i == 0)
            continue;
        int64_t difference;
        if (__builtin_sub_overflow(json_integer_value(value),
                                   json_integer_value(json_array_get(list, i - 1)), &difference))
            return false;
        bool is_small = difference > INT32_MIN && difference <= INT32_MAX && difference != 0;
        if (!is_small || (i > 1 && difference != step))
            return false;
        step = difference;
    }
    *ret_first = count > 0 ? json_integer_value(json_array_get(list, 0)) : 0;
    *ret_step = step;
    return true;
}

void value_set_of_list(struct value_set *ret, const json_t *list, uint32_t *ids)
{
    *ret = (struct value_set){0};
    uint32_t count = (uint32_t)json_array_size(list);
    ret->is_progression = value_is_progression(list, &ret->first, &ret->step);
    if (ret->is_progression)
        ret->count = count;
    for (uint32_t i = 0; i < count && !ret->is_progression; i++) {
        uint32_t id = value_set_add(ret, json_array_get(list, i));
        if (ids != NULL)
            ids[i] = id;
    }
    for (uint32_t i = 0; i < count && ret->is_progression && ids != NULL; i++)
        ids[i] = i + 1;
}

/* The slot that holds an equal value, or the free one where it would stand. */
static uint32_t *find_slot(const struct value_set *set, const json_t *value)
{
    uint32_t mask = set->slot_count - 1;
    uint32_t at = (uint32_t)hash_value(value) & mask;
    while (set->slots[at] != 0 && !value_equal(set->values[set->slots[at] - 1], value))
        at = (at + 1) & mask;
    return &set->slots[at];
}

static void grow_slots(struct value_set *set)
{
    memory_free(set->slots);
    set->slot_count = set->slot_count == 0 ? 16 : set->slot_count * 2;
    set->slots = memory_array(set->slot_count, sizeof *set->slots);
    for (uint32_t id = 1; id <= set->count; id++)
        *find_slot(set, set->values[id - 1]) = id;
}

uint32_t value_set_add(struct value_set *set, const json_t *value)
{
    if ((uint64_t)set->count * 2 >= set->slot_count)
        grow_slots(set);
    uint32_t *slot = find_slot(set, value);
    if (*slot == 0) {
        set->values =
            memory_grow(set->values, set->count, 1, &set->capacity, sizeof(const json_t *));
        set->values[set->count++] = value;
        *slot = set->count;
    }
    return *slot;
}

static uint32_t find_in_progression(const struct value_set *set, int64_t integer)
{
    int64_t difference;
    if (__builtin_sub_overflow(integer, set->first, &difference) || difference == INT64_MIN)
        return 0;
    int64_t index = difference / set->step;
    bool is_member = index * set->step == difference && index >= 0 && index < set->count;
    return is_member ? (uint32_t)index + 1 : 0;
}

uint32_t value_set_find_integer(const struct value_set *set, int64_t integer)
{
    if (set->is_progression)
        return find_in_progression(set, integer);
    json_t *value = json_integer(integer);
    uint32_t id = value_set_find(set, value);
    json_decref(value);
    return id;
}

uint32_t value_set_find(const struct value_set *set, const json_t *value)
{
    if (!set->is_progression)
        return set->slot_count == 0 ? 0 : *find_slot(set, value);
    if (json_is_integer(value))
        return find_in_progression(set, json_integer_value(value));
    double number = json_real_value(value);
    bool is_whole = json_is_real(value) && number == floor(number) && fabs(number) < 0x1p53;
    return is_whole ? find_in_progression(set, (int64_t)number) : 0;
}

void value_set_release(struct value_set *set)
{
    memory_free(set->values);
    memory_free(set->slots);
    *set = (struct value_set){0};
}

const char *value_kind_text(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "a map";
    case JSON_ARRAY:
        return "a list";
    case JSON_STRING:
        return "text";
    case JSON_INTEGER:
    case JSON_REAL:
        return "a number";
    case JSON_NULL:
        return "null";
    default:
        return "true or false";
    }
}
