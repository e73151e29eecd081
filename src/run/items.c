/* Items are written at once, before the journal can name them, and read back when somebody has got
 * one: a queue of any length takes no memory but the places of its items. */
#include "run/items.h"

#include <stdlib.h>

#include "base/memory.h"
#include "value/value.h"

bool items_add(struct run *run, const json_t *value, uint32_t *ret_item, struct error *error)
{
    struct extent extent = {0};
    CLEANUP_BUFFER struct buffer text = {0};
    value_write_json(value, &text);
    if (run->values != NULL && !values_add(run->values, text.bytes, text.length, &extent, error))
        return false;
    *ret_item = run->items.count;
    *VEC_PUSH(&run->items) = extent;
    if (run->journal != NULL && !run->is_broken)
        journal_add_item(run->journal, *ret_item, &extent);
    return true;
}

json_t *items_get(struct run *run, uint32_t item, struct error *error)
{
    CLEANUP_FREE char *text = NULL;
    if (item >= run->items.count)
        return error_set(error, PLACE_NONE, "there is no item %u", item), NULL;
    const struct extent *extent = &run->items.items[item];
    if (run->values == NULL) /* a dry run has no values */
        return json_null();
    if (!values_get(run->values, extent, &text, error))
        return NULL;
    return value_from_json(text, extent->length, error);
}
