/* Merging by name: the inherited entries are sorted once, each own entry then finds its place by
 * binary search, so an attempt costs its own entries and one copy of pointers. The search goes by
 * keys that lie side by side: the texts themselves are far apart and seldom in a cache. */
#include "run/environment.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"

static unsigned char name_byte(char c)
{
    return c == '=' ? 0 : (unsigned char)c;
}

static int compare_names(const char *a, const char *b)
{
    while (*a == *b && name_byte(*a) != 0)
        a++, b++;
    return name_byte(*a) - name_byte(*b);
}

/* The first bytes of the name, then zeros: in order as the names are, as far as it goes. */
static uint64_t key_of(const char *entry)
{
    uint64_t key = 0;
    for (int shift = 56; shift >= 0 && name_byte(*entry) != 0; shift -= 8)
        key |= (uint64_t)(unsigned char)*entry++ << shift;
    return key;
}

static int compare_entries(const void *a, const void *b)
{
    return compare_names(*(char *const *)a, *(char *const *)b);
}

void environment_init(struct environment *inherited, char *mark)
{
    uint32_t count = 0;
    while (environ[count] != NULL)
        count++;
    inherited->entries = memory_array(count + 1, sizeof *inherited->entries);
    inherited->count = 0;
    for (uint32_t i = 0; i < count; i++)
        if (strncmp(environ[i], "PARGRAPH_", 9) != 0 ||
            strncmp(environ[i], "PARGRAPH_STATE=", 15) == 0)
            inherited->entries[inherited->count++] = environ[i];
    if (mark != NULL)
        inherited->entries[inherited->count++] = mark;
    if (inherited->count > 1)
        qsort(inherited->entries, inherited->count, sizeof *inherited->entries, compare_entries);
    inherited->keys = memory_array(count + 1, sizeof *inherited->keys);
    for (uint32_t i = 0; i < inherited->count; i++)
        inherited->keys[i] = key_of(inherited->entries[i]);
}

void environment_release(struct environment *inherited)
{
    free(inherited->entries);
    free(inherited->keys);
    *inherited = (struct environment){0};
}

static long find(const struct environment *inherited, const char *entry)
{
    uint32_t low = 0, high = inherited->count;
    uint64_t key = key_of(entry);
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = inherited->keys[middle] < key ? -1
                    : inherited->keys[middle] > key
                        ? 1
                        : compare_names(inherited->entries[middle], entry);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}

/* Is there a later own entry of the same name? */
static bool is_overridden(char *const *own, uint32_t at)
{
    for (uint32_t later = at + 1; own[later] != NULL; later++)
        if (compare_names(own[at], own[later]) == 0)
            return true;
    return false;
}

char **environment_merge(const struct environment *inherited, char *const *own)
{
    uint32_t own_count = 0;
    while (own[own_count] != NULL)
        own_count++;
    char **merged = memory_array((size_t)inherited->count + own_count + 1, sizeof *merged);
    if (inherited->count > 0)
        memcpy(merged, inherited->entries, inherited->count * sizeof *merged);
    uint32_t count = inherited->count;
    bool has_holes = false;
    for (uint32_t i = 0; i < own_count; i++) {
        long place = find(inherited, own[i]);
        bool is_unset = strchr(own[i], '=') == NULL;
        if (is_overridden(own, i))
            continue;
        if (place >= 0) {
            merged[place] = is_unset ? NULL : own[i];
            has_holes = has_holes || is_unset;
        } else if (!is_unset) {
            merged[count++] = own[i];
        }
    }
    if (has_holes) {
        uint32_t kept = 0;
        for (uint32_t i = 0; i < count; i++)
            if (merged[i] != NULL)
                merged[kept++] = merged[i];
        merged[kept] = NULL;
    }
    return merged;
}
