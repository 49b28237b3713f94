/*  CRC-32 as in zlib, PNG and MCAP (reflected polynomial 0xedb88320): "123456789" gives 0xcbf43926.
    Not the CRC-32C of frames, which base/ has. */
#ifndef LOG_CRC32_H
#define LOG_CRC32_H

#include <stddef.h>
#include <stdint.h>

/*  Continues a checksum: start with 0. Any thread. */
uint32_t log_crc32 (uint32_t crc, const void *data, size_t size_bytes);

/*  The same without the processor's instructions: what log_crc32 falls back to, and its oracle. */
uint32_t log_crc32_portable (uint32_t crc, const void *data, size_t size_bytes);

#endif
