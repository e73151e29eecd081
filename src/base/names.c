/* Open addressing over FNV-1a hashes, kept at most half full. */
#include "base/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

struct name_entry {
    const char *text;
    uint32_t length, hash;
};

static uint32_t hash_of(const char *text, size_t length)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3u;
    return (uint32_t)(hash ^ hash >> 32);
}

static uint32_t slot_of(const struct names *names, const char *text, size_t length, uint32_t hash)
{
    uint32_t mask = names->slot_count - 1, slot = hash & mask;
    while (names->slots[slot] != 0) {
        const struct name_entry *entry = &names->entries[names->slots[slot] - 1];
        if (entry->hash == hash && entry->length == length &&
            memcmp(entry->text, text, length) == 0)
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
        uint32_t slot = names->entries[id].hash & mask;
        while (names->slots[slot] != 0)
            slot = (slot + 1) & mask;
        names->slots[slot] = id + 1;
    }
}

name names_add(struct names *names, const char *text, size_t length)
{
    uint32_t hash = hash_of(text, length);
    uint32_t slot = slot_of(names, text, length, hash);
    if (names->slots[slot] != 0)
        return names->slots[slot] - 1;
    names->entries =
        memory_grow(names->entries, names->count, 1, &names->capacity, sizeof *names->entries);
    name id = names->count++;
    names->entries[id] = (struct name_entry){
        .text = arena_text(&names->texts, text, length), .length = (uint32_t)length, .hash = hash};
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
    uint32_t slot = slot_of(names, text, length, hash_of(text, length));
    return names->slots[slot] - 1; /* 0 - 1 is UINT32_MAX */
}

const char *names_text(const struct names *names, name id)
{
    return names->entries[id].text;
}

size_t names_length(const struct names *names, name id)
{
    return names->entries[id].length;
}

void names_init(struct names *names)
{
    *names = (struct names){.slot_count = 256};
    names->slots = memory_array(names->slot_count, sizeof *names->slots);
    names_add(names, "", 0);
}

void names_release(struct names *names)
{
    arena_release(&names->texts);
    free(names->entries);
    free(names->slots);
    *names = (struct names){0};
}
