/* By the processor's instruction where it has one (x86-64, SSE 4.2): a record of a journal is so
 * short that to fetch the tables costs more than the rest of its way to the file.
 *
 * Else table-driven, eight bytes at a time ("slicing by 8"). The tables are computed once, by the
 * first thread to ask. */
#include "base/checksum.h"

#include <pthread.h>
#include <string.h>

enum { POLYNOMIAL_SLICES = 8 };
static uint32_t tables[POLYNOMIAL_SLICES][256];
static pthread_once_t computed = PTHREAD_ONCE_INIT;

static void compute_tables(void)
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t remainder = byte;
        for (int bit = 0; bit < 8; bit++)
            remainder = remainder >> 1 ^ (remainder & 1 ? 0x82f63b78u : 0);
        tables[0][byte] = remainder;
    }
    for (int slice = 1; slice < POLYNOMIAL_SLICES; slice++)
        for (uint32_t byte = 0; byte < 256; byte++) {
            uint32_t last = tables[slice - 1][byte];
            tables[slice][byte] = tables[0][last & 0xff] ^ last >> 8;
        }
}

static uint32_t read_u32(const unsigned char *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

uint32_t checksum_by_table(uint32_t checksum, const void *bytes, size_t length)
{
    pthread_once(&computed, compute_tables);
    const unsigned char *at = bytes;
    uint32_t crc = ~checksum;
    for (; length >= 8; length -= 8, at += 8) {
        uint32_t low = crc ^ read_u32(at), high = read_u32(at + 4);
        crc = tables[7][low & 0xff] ^ tables[6][low >> 8 & 0xff] ^ tables[5][low >> 16 & 0xff] ^
              tables[4][low >> 24] ^ tables[3][high & 0xff] ^ tables[2][high >> 8 & 0xff] ^
              tables[1][high >> 16 & 0xff] ^ tables[0][high >> 24];
    }
    for (; length > 0; length--, at++)
        crc = tables[0][(crc ^ *at) & 0xff] ^ crc >> 8;
    return ~crc;
}

#ifdef __x86_64__
__attribute__((target("sse4.2"))) static uint32_t
by_instruction(uint32_t checksum, const unsigned char *at, size_t length)
{
    uint64_t crc = (uint32_t)~checksum;
    for (; length >= 8; length -= 8, at += 8) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        crc = __builtin_ia32_crc32di(crc, word);
    }
    for (; length > 0; length--, at++)
        crc = __builtin_ia32_crc32qi((uint32_t)crc, *at);
    return ~(uint32_t)crc;
}
#endif

uint32_t checksum_crc32c(uint32_t checksum, const void *bytes, size_t length)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("sse4.2"))
        return by_instruction(checksum, bytes, length);
#endif
    return checksum_by_table(checksum, bytes, length);
}
