/* Memory that is there or ends the program.
 *
 * Running out of memory is not an error a caller could mend: every allocation here either succeeds
 * or calls the program's handler, which says so and exits (the guardian then ends what runs, and
 * the journal holds what was done). So no caller checks for NULL. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/* Called when an allocation fails; must not return. The default writes a line and exits with 4. */
extern void (*memory_exhausted)(void);

void *memory_new(size_t size);                 /* zeroed */
void *memory_array(size_t count, size_t size); /* zeroed; checks the product */
void *memory_bare(size_t size); /* not zeroed: malloc, for libraries that are given an allocator */
void *memory_resize(void *old, size_t count, size_t size);
void *memory_copy(const void *bytes, size_t size);
char *memory_text(const char *text); /* a copy; NULL gives NULL */
char *memory_text_n(const char *text, size_t length);

/* Gives the system back what lies in these bytes, as far as whole pages do: they read as 0 from now
 * on, and cost nothing until they are written. */
void memory_give_back(void *begin, size_t size);

/* For __attribute__((cleanup)): frees *(void **)pointer. */
void memory_cleanup(void *pointer);
#define CLEANUP_FREE __attribute__((cleanup(memory_cleanup)))

/* A growable array of T: VEC(int) numbers = {0}; *VEC_PUSH(&numbers) = 7; numbers.items[0].
 * Pointers into items are valid until the next push. */
#define VEC(T)                                                                                     \
    struct {                                                                                       \
        T *items;                                                                                  \
        uint32_t count, capacity;                                                                  \
    }
#define VEC_PUSH(v)                                                                                \
    ((v)->items = (v)->count < (v)->capacity ? (v)->items                                          \
                                             : memory_grow((v)->items, (v)->count, 1,              \
                                                           &(v)->capacity, sizeof *(v)->items),    \
     &(v)->items[(v)->count++])
#define VEC_RESERVE(v, more)                                                                       \
    ((v)->items = memory_grow((v)->items, (v)->count, (more), &(v)->capacity, sizeof *(v)->items))
#define VEC_RELEASE(v) (memory_free((v)->items), (v)->items = NULL, (v)->count = (v)->capacity = 0)

void *memory_grow(void *items, uint32_t count, uint32_t more, uint32_t *capacity, size_t size);
void memory_free(void *items);

#endif
