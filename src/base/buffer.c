/* Growable bytes; see buffer.h. */
#include "base/buffer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

char *buffer_reserve(struct buffer *buffer, size_t more)
{
    size_t wanted = buffer->length + more;
    if (wanted > buffer->capacity) {
        size_t grown = buffer->capacity < 64 ? 64 : buffer->capacity * 2;
        if (grown < wanted)
            grown = wanted;
        buffer->bytes = memory_resize(buffer->bytes, grown, 1);
        buffer->capacity = grown;
    }
    return buffer->bytes + buffer->length;
}

void buffer_add(struct buffer *buffer, const void *bytes, size_t length)
{
    if (length == 0)
        return;
    memcpy(buffer_reserve(buffer, length), bytes, length);
    buffer->length += length;
}

void buffer_add_byte(struct buffer *buffer, char byte)
{
    *buffer_reserve(buffer, 1) = byte;
    buffer->length++;
}

void buffer_add_text(struct buffer *buffer, const char *text)
{
    buffer_add(buffer, text, strlen(text));
}

void buffer_add_number(struct buffer *buffer, uint64_t number)
{
    char digits[20], *end = digits + sizeof digits, *first = end;
    do
        *--first = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    buffer_add(buffer, first, (size_t)(end - first));
}

void buffer_vprintf(struct buffer *buffer, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    if (length > 0) {
        char *end = buffer_reserve(buffer, (size_t)length + 1);
        vsnprintf(end, (size_t)length + 1, format, again);
        buffer->length += (size_t)length;
    }
    va_end(again);
}

void buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    buffer_vprintf(buffer, format, arguments);
    va_end(arguments);
}

const char *buffer_text(struct buffer *buffer)
{
    *buffer_reserve(buffer, 1) = '\0';
    return buffer->bytes;
}

char *buffer_take(struct buffer *buffer)
{
    buffer_text(buffer);
    char *bytes = buffer->bytes;
    *buffer = (struct buffer){0};
    return bytes;
}

void buffer_clear(struct buffer *buffer)
{
    buffer->length = 0;
}

void buffer_release(struct buffer *buffer)
{
    if (buffer->bytes == NULL)
        return;
    free(buffer->bytes);
    *buffer = (struct buffer){0};
}
