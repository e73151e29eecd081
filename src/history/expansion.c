/* What dynamic matrices came to, in the journal and back; see history.h. The record stands right
 * before the INPUT_EXPANDED that tells of it. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "history/bytes.h"
#include "history/journal.h"
#include "history/record.h"
#include "value/value.h"

bool journal_add_expansion(struct journal *journal, struct values *values, uint32_t node,
                           const char *json, size_t length, struct error *error)
{
    bool is_long = length > MOST_EXPANSION;
    struct extent extent;
    if (is_long && !values_add(values, json, length, &extent, error))
        return false;
    CLEANUP_BUFFER struct buffer payload = {0};
    char *start = buffer_reserve(&payload, EXPANSION_HEAD + MOST_EXPANSION);
    char *at = put_u8(put_u32(start, node), is_long);
    if (is_long) {
        at = record_put_extent(at, &extent);
    } else {
        memcpy(at, json, length);
        at += length;
    }
    journal_add_record(journal, RECORD_EXPANSION, start, (size_t)(at - start));
    return true;
}

bool expansion_take(struct journal_expansion *ret, const char *payload, size_t length)
{
    if (length < EXPANSION_HEAD || (uint8_t)payload[4] > 1)
        return false;
    *ret = (struct journal_expansion){.is_there = true, .node = get_u32(payload)};
    const char *rest = payload + EXPANSION_HEAD;
    length -= EXPANSION_HEAD;
    if (payload[4] == 1)
        return length == EXTENT_LENGTH && record_get_extent(rest, &ret->extent);
    ret->json = rest;
    ret->length = length;
    return true;
}

bool expansion_get_value(struct journal_reader *reader, const struct extent *extent,
                         char **ret_json, struct error *error)
{
    struct values *values = values_open(reader->folder, error);
    if (values == NULL) {
        reader->has_bad_expansion = !values_exist(reader->folder);
        return false;
    }
    bool is_read = values_get(values, extent, ret_json, error);
    reader->has_bad_expansion = !is_read && values_are_damaged(values);
    values_close(values);
    return is_read;
}

bool journal_get_expansion(struct journal_reader *reader, uint32_t node, char **ret_json,
                           size_t *ret_length, struct error *error)
{
    const struct journal_expansion expansion = reader->expansion;
    reader->expansion.is_there = false;
    reader->has_bad_expansion = !expansion.is_there || expansion.node != node;
    if (reader->has_bad_expansion)
        return error_set(error, PLACE_NONE, "%s/journal does not say how the plan grew",
                         reader->folder->path);
    *ret_length = expansion.json != NULL ? expansion.length : expansion.extent.length;
    if (expansion.json == NULL)
        return expansion_get_value(reader, &expansion.extent, ret_json, error);
    *ret_json = memory_text_n(expansion.json, expansion.length);
    return true;
}

static bool grow_by_item(struct journal_reader *reader, const struct input *in, struct plan *plan,
                         struct error *error)
{
    CLEANUP_FREE char *text = NULL;
    size_t length;
    if (!item_get(reader, in->item, &text, &length, error))
        return false;
    json_t *item = value_from_json(text, length, error);
    bool is_grown = item != NULL && plan_expand_item(plan, in->node, item, error);
    json_decref(item);
    reader->has_bad_expansion = !is_grown;
    return is_grown;
}

bool journal_grow(struct journal_reader *reader, const struct input *in, struct plan *plan,
                  struct error *error)
{
    if (in->kind != INPUT_EXPANDED || in->is_invalid || in->verdict != VERDICT_RUN)
        return true;
    if (in->item != NO_ITEM)
        return grow_by_item(reader, in, plan, error);
    CLEANUP_FREE char *text = NULL;
    size_t length;
    if (!journal_get_expansion(reader, in->node, &text, &length, error))
        return false;
    json_t *matrix = value_from_json(text, length, error);
    bool is_grown = matrix != NULL && plan_grow(plan, in->node, matrix, error);
    json_decref(matrix);
    reader->has_bad_expansion = !is_grown;
    return is_grown;
}
