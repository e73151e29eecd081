/* An arena: many small pieces of memory that are freed together. Pieces never move. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena_chunk;
struct arena {
    struct arena_chunk *chunks;
    char *next, *end;
    size_t total; /* bytes taken from the system */
};

/* A zeroed struct arena is an empty one. */
void *arena_new(struct arena *arena, size_t size); /* zeroed, aligned for any type */
void *arena_copy(struct arena *arena, const void *bytes, size_t size);
/* The same, aligned to a power of 2: a million small arrays waste less than in arena_new. */
void *arena_aligned(struct arena *arena, size_t size, size_t alignment);
char *arena_text(struct arena *arena, const char *text, size_t length); /* ends in NUL; unaligned */
void arena_release(struct arena *arena);

#define ARENA_ARRAY(arena, T, count)                                                               \
    ((T *)arena_aligned((arena), sizeof(T) * (size_t)(count), _Alignof(T)))

#endif
