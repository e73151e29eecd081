/* Interned text: every distinct text has one dense id, so names compare as integers and an array
 * indexed by id is a map. Id 0 is the empty text. Texts never move and may hold any byte. */
#ifndef BASE_NAMES_H
#define BASE_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

typedef uint32_t name; /* an id of the table it came from */

struct name_entry;
struct names {
    struct arena texts;
    struct name_entry **chunks; /* by id */
    uint32_t count, chunk_capacity;
    uint32_t *slots; /* open addressing; 0 is free, else id + 1 */
    uint32_t slot_count;
};

void names_init(struct names *names);
void names_release(struct names *names);
name names_add(struct names *names, const char *text, size_t length);
name names_add_text(struct names *names, const char *text);
/* The id of a text that is there already, else UINT32_MAX. */
name names_find(const struct names *names, const char *text, size_t length);
const char *names_text(const struct names *names, name id); /* ends in NUL; lives with the table */
size_t names_length(const struct names *names, name id);

#endif
