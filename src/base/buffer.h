/* A growable run of bytes. A zeroed struct buffer is an empty one; bytes may hold NULs. */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

struct buffer {
    char *bytes;
    size_t length, capacity;
};

void buffer_add(struct buffer *buffer, const void *bytes, size_t length);
void buffer_add_byte(struct buffer *buffer, char byte);
void buffer_add_text(struct buffer *buffer, const char *text);
void buffer_add_number(struct buffer *buffer, uint64_t number); /* in decimal */
void buffer_printf(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void buffer_vprintf(struct buffer *buffer, const char *format, va_list arguments);
char *buffer_reserve(struct buffer *buffer, size_t more); /* room for more; returns the end */
const char *buffer_text(struct buffer *buffer); /* with a NUL after the last byte, not counted */
char *buffer_take(struct buffer *buffer); /* the same, now the caller's; the buffer is empty */
void buffer_clear(struct buffer *buffer); /* keeps the memory */
void buffer_release(struct buffer *buffer);
#define CLEANUP_BUFFER __attribute__((cleanup(buffer_release)))

#endif
