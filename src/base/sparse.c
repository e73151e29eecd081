/* Two levels: an array of pages, which are made and freed as they are used; see sparse.h. */
#include "base/sparse.h"

#include <string.h>

#include "base/memory.h"

static void reach(struct sparse *sparse, uint32_t page)
{
    if (page < sparse->page_count)
        return;
    uint32_t count = page + 1 > 2 * sparse->page_count ? page + 1 : 2 * sparse->page_count;
    sparse->pages = memory_resize(sparse->pages, count, sizeof *sparse->pages);
    memset(sparse->pages + sparse->page_count, 0,
           (count - sparse->page_count) * sizeof *sparse->pages);
    sparse->page_count = count;
}

static struct sparse_page *new_page(struct sparse *sparse)
{
    struct sparse_page *page =
        sparse->spare != NULL ? sparse->spare : memory_new(sizeof *sparse->spare);
    sparse->spare = NULL;
    return page;
}

static void drop_page(struct sparse *sparse, struct sparse_page *page)
{
    memory_free(sparse->spare);
    sparse->spare = page;
}

void sparse_set(struct sparse *sparse, uint32_t index, void *item)
{
    uint32_t number = index >> SPARSE_BITS;
    if (item == NULL && sparse_get(sparse, index) == NULL)
        return;
    reach(sparse, number);
    struct sparse_page *page = sparse->pages[number];
    if (page == NULL)
        page = sparse->pages[number] = new_page(sparse);
    void **place = &page->items[index & (SPARSE_PAGE - 1)];
    page->used += (item != NULL) - (*place != NULL);
    *place = item;
    if (page->used > 0)
        return;
    sparse->pages[number] = NULL;
    drop_page(sparse, page);
}

uint32_t sparse_next(const struct sparse *sparse, uint32_t index)
{
    for (uint32_t page = index >> SPARSE_BITS; page < sparse->page_count; page++) {
        uint32_t first = page << SPARSE_BITS;
        uint32_t at = index > first ? index - first : 0;
        for (; sparse->pages[page] != NULL && at < SPARSE_PAGE; at++)
            if (sparse->pages[page]->items[at] != NULL)
                return first + at;
    }
    return SPARSE_END;
}

void sparse_release(struct sparse *sparse)
{
    for (uint32_t page = 0; page < sparse->page_count; page++)
        memory_free(sparse->pages[page]);
    memory_free(sparse->pages);
    memory_free(sparse->spare);
    *sparse = (struct sparse){0};
}
