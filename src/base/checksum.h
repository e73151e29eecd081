/* CRC-32C (Castagnoli), as in RFC 3720, appendix B.4. */
#ifndef BASE_CHECKSUM_H
#define BASE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* Goes on from an earlier checksum; begin with 0. */
uint32_t checksum_crc32c(uint32_t checksum, const void *bytes, size_t length);
/* The same by tables, which the first uses where the processor has no instruction for it. */
uint32_t checksum_by_table(uint32_t checksum, const void *bytes, size_t length);

#endif
