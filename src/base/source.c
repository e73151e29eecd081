/* Places to lines and columns; see source.h. */
#include "base/source.h"

#include <stdlib.h>
#include <string.h>

#include "base/checksum.h"
#include "base/file.h"
#include "base/memory.h"

static bool begins_character(char byte)
{
    return ((unsigned char)byte & 0xc0) != 0x80;
}

enum { BLOCK = 64 }; /* bytes counted together: a fixed number, which compilers turn into vectors */

static uint32_t count_characters(const char *text, size_t length)
{
    size_t at = 0;
    uint32_t count = 0;
    for (; at + BLOCK <= length; at += BLOCK) {
        unsigned char some = 0;
        for (int i = 0; i < BLOCK; i++)
            some = (unsigned char)(some + begins_character(text[at + i]));
        count += some;
    }
    for (; at < length; at++)
        count += begins_character(text[at]);
    return count;
}

place sources_add(struct sources *sources, const char *file, char *text, size_t length)
{
    place first = 1;
    if (sources->count > 0) {
        const struct source *last = &sources->items[sources->count - 1];
        first = last->first + last->characters + 1;
    }
    uint32_t characters = count_characters(text, length);
    sources->items =
        memory_grow(sources->items, sources->count, 1, &sources->capacity, sizeof *sources->items);
    sources->items[sources->count++] = (struct source){.file = memory_text(file),
                                                       .text = text,
                                                       .length = length,
                                                       .first = first,
                                                       .characters = characters};
    return first;
}

static size_t offset_of(const struct source *source, uint32_t index)
{
    if (source->characters == source->length)
        return index;
    size_t offset = 0;
    while (offset < source->length && index > 0) {
        offset++;
        while (offset < source->length && !begins_character(source->text[offset]))
            offset++;
        index--;
    }
    return offset;
}

bool sources_locate(const struct sources *sources, place at, struct location *ret)
{
    if (at == PLACE_NONE)
        return false;
    struct source *source = NULL;
    for (uint32_t i = 0; i < sources->count; i++)
        if (sources->items[i].first <= at &&
            at <= sources->items[i].first + sources->items[i].characters)
            source = &sources->items[i];
    if (source == NULL)
        return false;
    if (source_text(source) == NULL) {
        *ret = (struct location){.file = source->file, .text = ""};
        return true;
    }
    size_t offset = offset_of(source, at - source->first);
    if (offset > source->length)
        offset = source->length;
    size_t begin = offset, end = offset;
    while (begin > 0 && source->text[begin - 1] != '\n')
        begin--;
    while (end < source->length && source->text[end] != '\n' && source->text[end] != '\r')
        end++;
    uint32_t line = 1, column = 1;
    for (size_t i = 0; i < begin; i++)
        line += source->text[i] == '\n';
    for (size_t i = begin; i < offset; i++)
        column += begins_character(source->text[i]);
    *ret = (struct location){.file = source->file,
                             .line = line,
                             .column = column,
                             .text = source->text + begin,
                             .length = end - begin,
                             .offset = offset - begin};
    return true;
}

void sources_give_back(struct sources *sources, size_t least)
{
    for (uint32_t i = 0; i < sources->count; i++) {
        struct source *source = &sources->items[i];
        if (source->text == NULL || source->is_kept || source->length < least)
            continue;
        source->checksum = checksum_crc32c(0, source->text, source->length);
        free(source->text);
        source->text = NULL;
    }
}

const char *source_text(struct source *source)
{
    char *text;
    size_t length;
    if (source->text != NULL || !file_read(source->file, source->length, &text, &length, NULL))
        return source->text;
    if (length == source->length && checksum_crc32c(0, text, length) == source->checksum)
        source->text = text;
    else
        free(text);
    return source->text;
}

bool source_copy(const struct source *source, const char *path, struct error *error)
{
    if (source->text != NULL)
        return file_replace(path, source->text, source->length, error);
    return file_copy(source->file, path, source->length, source->checksum, error);
}

void sources_release(struct sources *sources)
{
    for (uint32_t i = 0; i < sources->count; i++) {
        free(sources->items[i].file);
        free(sources->items[i].text);
    }
    free(sources->items);
    *sources = (struct sources){0};
}
