/* Items of queues, in the journal and back: their numbers are dense, and what they are is in the
 * values file. The record of an item stands before the first input that names it; requests are
 * numbered by the inputs that make them. */
#include "history/bytes.h"
#include "history/journal.h"
#include "history/record.h"

enum { ITEM_LENGTH = 4 + EXTENT_LENGTH };

void journal_add_item(struct journal *journal, uint32_t item, const struct extent *extent)
{
    char payload[ITEM_LENGTH];
    record_put_extent(put_u32(payload, item), extent);
    journal_add_record(journal, RECORD_ITEM, payload, sizeof payload);
}

bool item_take(struct journal_reader *reader, const char *payload, size_t length)
{
    struct extent extent;
    if (length != ITEM_LENGTH || get_u32(payload) != reader->items.count ||
        !record_get_extent(payload + 4, &extent))
        return false;
    *VEC_PUSH(&reader->items) = extent;
    return true;
}

bool item_fits(struct journal_reader *reader, const struct input *in)
{
    if (in->item != NO_ITEM && in->item >= reader->items.count)
        return false;
    if (in->kind != INPUT_REQUEST)
        return in->request == NO_REQUEST || in->request < reader->request_count;
    if (in->request != reader->request_count ||
        (in->parent != NO_REQUEST && in->parent >= in->request))
        return false;
    reader->request_count++;
    return true;
}

bool item_get(struct journal_reader *reader, uint32_t item, char **ret_json, size_t *ret_length,
              struct error *error)
{
    const struct extent *extent = &reader->items.items[item];
    *ret_length = extent->length;
    return expansion_get_value(reader, extent, ret_json, error);
}
