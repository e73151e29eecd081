/* Allocation that does not fail to its caller; see memory.h. */
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void exhausted(void)
{
    static const char line[] = "pargraph: out of memory\n";
    ssize_t ignored = write(STDERR_FILENO, line, sizeof line - 1);
    (void)ignored;
    _exit(4);
}

void (*memory_exhausted)(void) = exhausted;

static void *checked(void *memory)
{
    if (memory == NULL) {
        memory_exhausted();
        abort();
    }
    return memory;
}

void *memory_array(size_t count, size_t size)
{
    return checked(calloc(count ? count : 1, size ? size : 1));
}

void *memory_new(size_t size)
{
    return memory_array(1, size);
}

void *memory_resize(void *old, size_t count, size_t size)
{
    if (count == 0)
        count = 1;
    return checked(reallocarray(old, count, size));
}

void *memory_bare(size_t size)
{
    return checked(malloc(size ? size : 1));
}

void *memory_copy(const void *bytes, size_t size)
{
    void *copy = memory_bare(size);
    if (size > 0)
        memcpy(copy, bytes, size);
    return copy;
}

char *memory_text_n(const char *text, size_t length)
{
    char *copy = memory_bare(length + 1);
    if (length > 0)
        memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *memory_text(const char *text)
{
    return text == NULL ? NULL : memory_text_n(text, strlen(text));
}

void memory_give_back(void *begin, size_t size)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t first = ((uintptr_t)begin + page - 1) / page * page;
    uintptr_t end = ((uintptr_t)begin + size) / page * page;
    if (first < end)
        madvise((void *)first, end - first, MADV_DONTNEED);
}

void memory_cleanup(void *pointer)
{
    free(*(void **)pointer);
}

void *memory_grow(void *items, uint32_t count, uint32_t more, uint32_t *capacity, size_t size)
{
    uint64_t wanted = (uint64_t)count + more;
    if (wanted <= *capacity)
        return items;
    uint64_t grown = *capacity < 8 ? 8 : (uint64_t)*capacity + *capacity / 2;
    if (grown < wanted)
        grown = wanted;
    if (grown > UINT32_MAX)
        grown = UINT32_MAX;
    if (wanted > grown)
        memory_exhausted();
    *capacity = (uint32_t)grown;
    return memory_resize(items, grown, size);
}

void memory_free(void *items)
{
    free(items);
}
