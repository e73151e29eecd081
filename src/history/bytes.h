/* Little-endian integers in bytes. The caller has made sure of the room. */
#ifndef HISTORY_BYTES_H
#define HISTORY_BYTES_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

static inline char *put_u8(char *at, uint8_t value)
{
    *at = (char)value;
    return at + 1;
}

static inline char *put_u32(char *at, uint32_t value)
{
    value = htole32(value);
    memcpy(at, &value, sizeof value);
    return at + sizeof value;
}

static inline char *put_u64(char *at, uint64_t value)
{
    value = htole64(value);
    memcpy(at, &value, sizeof value);
    return at + sizeof value;
}

static inline uint32_t get_u32(const char *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return le32toh(value);
}

static inline uint64_t get_u64(const char *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return le64toh(value);
}

#endif
