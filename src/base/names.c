/* Open addressing, kept at most half full. Entries stand in chunks that never move; a short text
 * stands in its entry, so that finding one that is there touches its slot and its entry, no more.
 * Hashes are not kept: that a table is rebuilt when it doubles costs less than memory for them. */
#include "base/names.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

enum { NEAR = 15, IS_FAR = UINT8_MAX, CHUNK_BITS = 12, CHUNK = 1 << CHUNK_BITS };

struct name_entry {
    union {
        char near[NEAR]; /* with its NUL */
        struct {
            const char *text;
            uint32_t length;
            char unused[NEAR - sizeof(char *) - sizeof(uint32_t)];
            uint8_t size; /* the last byte: a near text's length, or IS_FAR */
        } far;
    } as;
};
static_assert(sizeof(struct name_entry) == NEAR + 1, "four entries in a line of the cache");

static struct name_entry *entry_of(const struct names *names, name id)
{
    return &names->chunks[id >> CHUNK_BITS][id & (CHUNK - 1)];
}

static const char *text_of(const struct name_entry *entry)
{
    return entry->as.far.size == IS_FAR ? entry->as.far.text : entry->as.near;
}

static size_t length_of(const struct name_entry *entry)
{
    return entry->as.far.size == IS_FAR ? entry->as.far.length : entry->as.far.size;
}

static uint32_t slot_of(const struct names *names, const char *text, size_t length)
{
    uint32_t mask = names->slot_count - 1, slot = (uint32_t)text_hash(text, length) & mask;
    while (names->slots[slot] != 0) {
        const struct name_entry *entry = entry_of(names, names->slots[slot] - 1);
        if (length_of(entry) == length && memcmp(text_of(entry), text, length) == 0)
            break;
        slot = (slot + 1) & mask;
    }
    return slot;
}

static void grow_slots(struct names *names)
{
    free(names->slots);
    names->slot_count *= 2;
    names->slots = memory_array(names->slot_count, sizeof *names->slots);
    uint32_t mask = names->slot_count - 1;
    for (uint32_t id = 0; id < names->count; id++) {
        const struct name_entry *entry = entry_of(names, id);
        uint32_t slot = (uint32_t)text_hash(text_of(entry), length_of(entry)) & mask;
        while (names->slots[slot] != 0)
            slot = (slot + 1) & mask;
        names->slots[slot] = id + 1;
    }
}

static void add_chunk(struct names *names)
{
    uint32_t count = names->count >> CHUNK_BITS;
    names->chunks =
        memory_grow(names->chunks, count, 1, &names->chunk_capacity, sizeof *names->chunks);
    names->chunks[count] = memory_resize(NULL, CHUNK, sizeof **names->chunks);
}

static void fill(struct names *names, struct name_entry *entry, const char *text, size_t length)
{
    if (length < NEAR) {
        if (length > 0)
            memcpy(entry->as.near, text, length);
        entry->as.near[length] = '\0';
        entry->as.far.size = (uint8_t)length;
        return;
    }
    entry->as.far.text = arena_text(&names->texts, text, length);
    entry->as.far.length = (uint32_t)length;
    entry->as.far.size = IS_FAR;
}

name names_add(struct names *names, const char *text, size_t length)
{
    uint32_t slot = slot_of(names, text, length);
    if (names->slots[slot] != 0)
        return names->slots[slot] - 1;
    if ((names->count & (CHUNK - 1)) == 0)
        add_chunk(names);
    name id = names->count++;
    fill(names, entry_of(names, id), text, length);
    names->slots[slot] = id + 1;
    if (names->count > names->slot_count / 2)
        grow_slots(names);
    return id;
}

name names_add_text(struct names *names, const char *text)
{
    return names_add(names, text, strlen(text));
}

name names_find(const struct names *names, const char *text, size_t length)
{
    return names->slots[slot_of(names, text, length)] - 1; /* 0 - 1 is UINT32_MAX */
}

const char *names_text(const struct names *names, name id)
{
    return text_of(entry_of(names, id));
}

size_t names_length(const struct names *names, name id)
{
    return length_of(entry_of(names, id));
}

void names_init(struct names *names)
{
    *names = (struct names){.slot_count = 256};
    names->slots = memory_array(names->slot_count, sizeof *names->slots);
    names_add(names, "", 0);
}

void names_release(struct names *names)
{
    for (uint32_t i = 0; i < names->count; i += CHUNK)
        free(names->chunks[i >> CHUNK_BITS]);
    free(names->chunks);
    arena_release(&names->texts);
    free(names->slots);
    *names = (struct names){0};
}
