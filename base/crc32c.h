/*  CRC-32C (Castagnoli), reflected, as in iSCSI (RFC 3720, B.4): "123456789" gives 0xe3069283. */
#ifndef BASE_CRC32C_H
#define BASE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/*  Continues a checksum: start with 0. Any thread. */
uint32_t base_crc32c (uint32_t crc, const void *data, size_t size_bytes);

#endif
