/* Pointers by number, of which few are there at a time: what runs of a million nodes. Pages of them
 * come and go, so the rest costs a few bits each. A zeroed one holds none. */
#ifndef BASE_SPARSE_H
#define BASE_SPARSE_H

#include <stddef.h>
#include <stdint.h>

enum { SPARSE_BITS = 9, SPARSE_PAGE = 1 << SPARSE_BITS, SPARSE_END = UINT32_MAX };

struct sparse_page {
    uint32_t used; /* places that are not NULL */
    void *items[SPARSE_PAGE];
};
struct sparse {
    struct sparse_page **pages; /* NULL where nothing is */
    uint32_t page_count;
    struct sparse_page
        *spare; /* an empty one, so that who comes and goes alone does not make one */
};

/* NULL: nothing is there. */
static inline void *sparse_get(const struct sparse *sparse, uint32_t index)
{
    uint32_t page = index >> SPARSE_BITS;
    if (page >= sparse->page_count || sparse->pages[page] == NULL)
        return NULL;
    return sparse->pages[page]->items[index & (SPARSE_PAGE - 1)];
}

/* NULL: takes out what is there, if anything is. Items are the caller's. */
void sparse_set(struct sparse *sparse, uint32_t index, void *item);
/* The first place from `index` on that is not NULL, or SPARSE_END. */
uint32_t sparse_next(const struct sparse *sparse, uint32_t index);
void sparse_release(struct sparse *sparse);

#endif
