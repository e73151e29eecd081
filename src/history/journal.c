/* Writing the journal; see history.h. Records are made in memory, one behind the other, and go to
 * the file in one piece, so a turn of the loop is one write. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/checksum.h"
#include "base/memory.h"
#include "history/append.h"
#include "history/bytes.h"
#include "history/journal.h"
#include "history/record.h"

struct journal {
    struct append_file file;
    struct buffer gathered;
};

/* The payload stands behind room for the frame at `start`: fills the frame. */
static void close_record(char *start, enum record_kind kind, size_t length)
{
    char *kind_at = start + RECORD_FRAME - 1;
    put_u8(kind_at, (uint8_t)kind);
    put_u32(start, (uint32_t)length);
    put_u32(start + 4, checksum_crc32c(0, kind_at, length + 1));
}

static void add_record(struct buffer *out, enum record_kind kind, const char *payload,
                       size_t length)
{
    char *start = buffer_reserve(out, RECORD_FRAME + length);
    memcpy(start + RECORD_FRAME, payload, length);
    close_record(start, kind, length);
    out->length += RECORD_FRAME + length;
}

void journal_add_record(struct journal *journal, enum record_kind kind, const char *payload,
                        size_t length)
{
    add_record(&journal->gathered, kind, payload, length);
}

struct journal *journal_create(const struct run_folder *folder, const struct journal_head *head,
                               struct error *error)
{
    struct append_file file;
    if (!append_create(&file, folder, "journal", error))
        return NULL;
    struct journal *journal = memory_new(sizeof *journal);
    journal->file = file;
    CLEANUP_BUFFER struct buffer text = {0};
    record_put_head(head, &text);
    buffer_add(&journal->gathered, JOURNAL_MAGIC, JOURNAL_MAGIC_LENGTH);
    add_record(&journal->gathered, RECORD_HEAD, text.bytes, text.length);
    if (journal_write(journal, error))
        return journal;
    journal_close(journal);
    return NULL;
}

struct journal *journal_resume(const struct run_folder *folder, uint64_t good, struct error *error)
{
    struct append_file file;
    if (!append_resume(&file, folder, "journal", error))
        return NULL;
    if (!append_cut(&file, good, error)) {
        append_close(&file);
        return NULL;
    }
    struct journal *journal = memory_new(sizeof *journal);
    journal->file = file;
    return journal;
}

bool journal_replace(const struct run_folder *folder, const struct journal_head *head,
                     const struct input *inputs, uint32_t count, struct error *error)
{
    struct journal made = {0};
    CLEANUP_BUFFER struct buffer text = {0};
    record_put_head(head, &text);
    buffer_add(&made.gathered, JOURNAL_MAGIC, JOURNAL_MAGIC_LENGTH);
    add_record(&made.gathered, RECORD_HEAD, text.bytes, text.length);
    for (uint32_t i = 0; i < count; i++)
        journal_add_input(&made, &inputs[i]);
    bool is_replaced =
        run_folder_write(folder, "journal", made.gathered.bytes, made.gathered.length, error);
    buffer_release(&made.gathered);
    return is_replaced;
}

void journal_add_input(struct journal *journal, const struct input *in)
{
    assert(in->kind < INPUT_KINDS);
    const char *detail = in->outcome.detail;
    size_t most = RECORD_FRAME + MOST_INPUT + (detail == NULL ? 0 : strnlen(detail, MOST_DETAIL));
    char *start = buffer_reserve(&journal->gathered, most);
    char *end = record_put_input(start + RECORD_FRAME, in);
    close_record(start, RECORD_INPUT, (size_t)(end - start) - RECORD_FRAME);
    journal->gathered.length += (size_t)(end - start);
}

void journal_add_vector(struct journal *journal, const struct vectors *vectors, uint32_t id)
{
    uint32_t first = vectors->first[id], count = vectors->first[id + 1] - first;
    size_t length = 4 + (size_t)count * VECTOR_AMOUNT;
    char *start = buffer_reserve(&journal->gathered, RECORD_FRAME + length);
    char *at = put_u32(start + RECORD_FRAME, id);
    for (uint32_t i = first; i < first + count; i++)
        at = put_u64(put_u32(at, vectors->amounts[i].token), vectors->amounts[i].amount);
    close_record(start, RECORD_VECTOR, length);
    journal->gathered.length += RECORD_FRAME + length;
}

void journal_add_token(struct journal *journal, const struct plan *plan, uint32_t token)
{
    const char *key = names_text(plan->workflow->names, plan->tokens[token].key);
    size_t length = strlen(key);
    char *start = buffer_reserve(&journal->gathered, RECORD_FRAME + TOKEN_HEAD + length);
    char *at = put_u32(start + RECORD_FRAME, token);
    at = put_u32(at, plan->tokens[token].primitive);
    memcpy(at, key, length);
    close_record(start, RECORD_TOKEN, TOKEN_HEAD + length);
    journal->gathered.length += RECORD_FRAME + TOKEN_HEAD + length;
}

void journal_add_end(struct journal *journal, const struct journal_end *end)
{
    char payload[RECORD_END_LENGTH];
    char *at = put_u64(put_u8(payload, (uint8_t)end->exit_status), (uint64_t)end->time);
    put_u32(put_u32(put_u32(at, end->succeeded), end->failed), end->total);
    add_record(&journal->gathered, RECORD_END, payload, sizeof payload);
}

bool journal_write(struct journal *journal, struct error *error)
{
    struct buffer *gathered = &journal->gathered;
    if (gathered->length == 0)
        return true;
    if (!append_write(&journal->file, gathered->bytes, gathered->length, error))
        return false;
    buffer_clear(gathered);
    return true;
}

int journal_duplicate(const struct journal *journal)
{
    return append_duplicate(&journal->file);
}

bool journal_sync(struct journal *journal, struct error *error)
{
    return append_sync(&journal->file, error);
}

void journal_close(struct journal *journal)
{
    append_close(&journal->file);
    buffer_release(&journal->gathered);
    free(journal);
}
