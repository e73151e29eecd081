/* A list of chunks, each twice the last up to 1 MiB; large pieces get a chunk of their own. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { FIRST_CHUNK = 4096, LARGEST_CHUNK = 1 << 20 };

struct arena_chunk {
    struct arena_chunk *previous;
    size_t size;
    alignas(max_align_t) char bytes[];
};

static char *add_chunk(struct arena *arena, size_t size)
{
    struct arena_chunk *chunk = memory_resize(NULL, 1, sizeof *chunk + size);
    chunk->previous = arena->chunks;
    chunk->size = size;
    arena->chunks = chunk;
    arena->total += size;
    return chunk->bytes;
}

static char *take(struct arena *arena, size_t size, size_t alignment)
{
    size_t skip = -(uintptr_t)arena->next & (alignment - 1);
    if (arena->next != NULL && (size_t)(arena->end - arena->next) >= size + skip) {
        char *piece = arena->next + skip;
        arena->next = piece + size;
        return piece;
    }
    size_t grown = arena->total < FIRST_CHUNK ? FIRST_CHUNK : arena->total;
    if (grown > LARGEST_CHUNK)
        grown = LARGEST_CHUNK;
    if (size > grown / 4)
        return add_chunk(arena, size);
    char *piece = add_chunk(arena, grown);
    arena->next = piece + size;
    arena->end = piece + grown;
    return piece;
}

void *arena_aligned(struct arena *arena, size_t size, size_t alignment)
{
    void *piece = take(arena, size, alignment);
    memset(piece, 0, size);
    return piece;
}

void *arena_new(struct arena *arena, size_t size)
{
    return arena_aligned(arena, size, alignof(max_align_t));
}

void *arena_copy(struct arena *arena, const void *bytes, size_t size)
{
    void *piece = take(arena, size, alignof(max_align_t));
    if (size > 0)
        memcpy(piece, bytes, size);
    return piece;
}

char *arena_text(struct arena *arena, const char *text, size_t length)
{
    char *piece = take(arena, length + 1, 1);
    if (length > 0)
        memcpy(piece, text, length);
    piece[length] = '\0';
    return piece;
}

void arena_release(struct arena *arena)
{
    while (arena->chunks != NULL) {
        struct arena_chunk *previous = arena->chunks->previous;
        free(arena->chunks);
        arena->chunks = previous;
    }
    *arena = (struct arena){0};
}
