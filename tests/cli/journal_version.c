/* Makes a journal (history.h) one of another version of the scheduler: journal_version FILE NUMBER.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/checksum.h"
#include "history/bytes.h"

enum { MAGIC = 8, FRAME = 9 };
static const char key[] = "scheduler ";

static void read_all(FILE *file, struct buffer *out)
{
    size_t length;
    while ((length = fread(buffer_reserve(out, 65536), 1, 65536, file)) > 0)
        out->length += length;
}

/* The first record, whose text begins with the version, anew; the rest as it is. */
static bool change(const struct buffer *old, const char *number, struct buffer *out)
{
    const char *text = old->bytes + MAGIC + FRAME;
    if (old->length < MAGIC + FRAME || strncmp(text, key, strlen(key)) != 0)
        return false;
    size_t length = get_u32(old->bytes + MAGIC), line = strcspn(text, "\n");
    CLEANUP_BUFFER struct buffer record = {0};
    buffer_add_byte(&record, old->bytes[MAGIC + FRAME - 1]);
    buffer_printf(&record, "%s%s", key, number);
    buffer_add(&record, text + line, length - line);
    char frame[FRAME - 1];
    put_u32(put_u32(frame, (uint32_t)record.length - 1),
            checksum_crc32c(0, record.bytes, record.length));
    buffer_add(out, old->bytes, MAGIC);
    buffer_add(out, frame, sizeof frame);
    buffer_add(out, record.bytes, record.length);
    buffer_add(out, text + length, old->length - MAGIC - FRAME - length);
    return true;
}

int main(int argc, char **argv)
{
    CLEANUP_BUFFER struct buffer old = {0}, made = {0};
    FILE *file = argc == 3 ? fopen(argv[1], "r") : NULL;
    if (file == NULL)
        return 1;
    read_all(file, &old);
    bool is_changed = change(&old, argv[2], &made);
    file = freopen(argv[1], is_changed ? "w" : "r", file);
    if (file == NULL)
        return 1;
    is_changed = is_changed && fwrite(made.bytes, 1, made.length, file) == made.length;
    return fclose(file) != 0 || !is_changed;
}
