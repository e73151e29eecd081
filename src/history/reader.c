/* Reading a journal; see history.h. Nothing behind the first record that is not right is believed:
 * what was written behind a damage may be right by itself and still not what came next. */
#include <stdlib.h>
#include <string.h>

#include "base/checksum.h"
#include "base/memory.h"
#include "history/bytes.h"
#include "history/journal.h"
#include "history/record.h"
#include "value/value.h"

struct record {
    uint8_t kind;
    const char *payload;
    size_t length;
};

/* The record at reader->next, if it is whole and right; does not go past it. */
static bool peek(const struct journal_reader *reader, struct record *ret)
{
    size_t left = reader->length - reader->next;
    const char *at = reader->bytes + reader->next;
    if (left < RECORD_FRAME)
        return false;
    uint32_t length = get_u32(at);
    if (length > left - RECORD_FRAME)
        return false;
    const char *kind_at = at + RECORD_FRAME - 1;
    if (checksum_crc32c(0, kind_at, (size_t)length + 1) != get_u32(at + 4))
        return false;
    *ret =
        (struct record){.kind = (uint8_t)*kind_at, .payload = at + RECORD_FRAME, .length = length};
    return true;
}

static void go_past(struct journal_reader *reader, const struct record *record)
{
    reader->next += RECORD_FRAME + record->length;
    reader->good = reader->next;
}

bool journal_open(struct journal_reader *ret, const struct run_folder *folder, struct error *error)
{
    struct journal_reader reader = {.next = JOURNAL_MAGIC_LENGTH};
    if (!run_folder_read(folder, "journal", &reader.bytes, &reader.length, error))
        return false;
    struct record head;
    bool is_journal = reader.length >= JOURNAL_MAGIC_LENGTH &&
                      memcmp(reader.bytes, JOURNAL_MAGIC, JOURNAL_MAGIC_LENGTH) == 0;
    if (!is_journal)
        error_set(error, PLACE_NONE, "%s/journal is not a journal", folder->path);
    else if (!peek(&reader, &head) || head.kind != RECORD_HEAD ||
             !record_get_head(head.payload, head.length, &reader.head))
        error_set(error, PLACE_NONE, "%s/journal is damaged at its beginning", folder->path);
    else {
        go_past(&reader, &head);
        reader.wall_at_zero = reader.head.wall;
        reader.boot = reader.head.boot;
        reader.zero = reader.head.zero;
        reader.folder = folder;
        *ret = reader;
        return true;
    }
    free(reader.bytes);
    return false;
}

static bool get_end(struct journal_reader *reader, const struct record *record)
{
    if (record->length != RECORD_END_LENGTH)
        return false;
    const char *at = record->payload;
    reader->end = (struct journal_end){.exit_status = (uint8_t)at[0],
                                       .time = (int64_t)get_u64(at + 1),
                                       .succeeded = get_u32(at + 9),
                                       .failed = get_u32(at + 13),
                                       .total = get_u32(at + 17)};
    return true;
}

/* Gives the plan the vector, which must get the id that it had: else the plan is another one. */
static bool get_vector(struct journal_reader *reader, const struct record *record)
{
    if (record->length < 4 || (record->length - 4) % VECTOR_AMOUNT != 0)
        return false;
    if (reader->plan == NULL)
        return true;
    uint32_t count = (uint32_t)((record->length - 4) / VECTOR_AMOUNT);
    struct amount *amounts = memory_array(count, sizeof *amounts);
    for (uint32_t i = 0; i < count; i++) {
        const char *at = record->payload + 4 + (size_t)i * VECTOR_AMOUNT;
        amounts[i] = (struct amount){.token = get_u32(at), .amount = get_u64(at + 4)};
    }
    uint32_t id = vectors_add(&reader->plan->vectors, amounts, count);
    memory_free(amounts);
    return id == get_u32(record->payload);
}

/* Gives the plan the token, which must get the id that it had. */
static bool get_token(struct journal_reader *reader, const struct record *record)
{
    if (record->length <= TOKEN_HEAD)
        return false;
    if (reader->plan == NULL)
        return true;
    const struct workflow *workflow = reader->plan->workflow;
    uint32_t primitive = get_u32(record->payload + 4);
    CLEANUP_FREE char *key =
        memory_text_n(record->payload + TOKEN_HEAD, record->length - TOKEN_HEAD);
    json_t *value = value_from_json(key, strlen(key), NULL);
    bool is_key = value != NULL && primitive < workflow->primitive_count &&
                  workflow->primitives[primitive].kind == PRIMITIVE_LOCK;
    json_decref(value);
    return is_key && plan_token(reader->plan, primitive, key) == get_u32(record->payload);
}

/* Nothing comes behind the end of a run but that another runner takes it up again. */
static bool get_input(struct journal_reader *reader, const struct record *record, struct input *in)
{
    if (!record_get_input(record->payload, record->length, in, &reader->detail) ||
        (reader->has_ended && in->kind != INPUT_RESUME))
        return false;
    reader->has_ended = false;
    if (in->kind != INPUT_RESUME)
        return true;
    reader->wall_at_zero =
        (int64_t)((uint64_t)in->wall - (uint64_t)in->now); /* a damaged one wraps */
    reader->boot = in->boot;
    reader->zero = in->zero;
    reader->resumes++;
    return true;
}

bool journal_next(struct journal_reader *reader, struct input *in)
{
    struct record record;
    while (peek(reader, &record)) {
        bool is_good = record.kind == RECORD_INPUT    ? get_input(reader, &record, in)
                       : reader->has_ended            ? false
                       : record.kind == RECORD_VECTOR ? get_vector(reader, &record)
                       : record.kind == RECORD_TOKEN  ? get_token(reader, &record)
                       : record.kind == RECORD_ITEM
                           ? item_take(reader, record.payload, record.length)
                       : record.kind == RECORD_EXPANSION
                           ? expansion_take(&reader->expansion, record.payload, record.length)
                           : record.kind == RECORD_END && get_end(reader, &record);
        if (!is_good)
            return false;
        go_past(reader, &record);
        if (record.kind == RECORD_INPUT)
            return true;
        reader->has_ended = record.kind == RECORD_END;
    }
    return false;
}

bool journal_feed(struct journal_reader *reader, struct plan *plan, journal_take *take,
                  void *context, struct error *error)
{
    struct input in;
    reader->plan = plan;
    for (;;) {
        size_t before = reader->good;
        uint32_t items = reader->items.count, requests = reader->request_count;
        if (!journal_next(reader, &in))
            return true;
        if (!input_fits(&in, plan) || !item_fits(reader, &in))
            return error_set(error, PLACE_NONE,
                             "the journal does not fit the workflow it was run with");
        bool is_grown = journal_grow(reader, &in, plan, error);
        if (is_grown && take(context, &in))
            continue;
        reader->good = before;
        reader->items.count = items;
        reader->request_count = requests;
        reader->has_ended = false;
        return is_grown;
    }
}

void journal_reader_close(struct journal_reader *reader)
{
    free(reader->bytes);
    buffer_release(&reader->detail);
    VEC_RELEASE(&reader->items);
    *reader = (struct journal_reader){0};
}
