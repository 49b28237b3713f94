/*  By the processor's instruction where there is one (chosen at run time, so that one binary serves
    all), else by a table of 256 entries (Sarwate 1988). Long inputs run in three streams at once,
    because the instruction takes one step a cycle but three to finish; the streams are joined by
    multiplying with x^(8n) (Gopal et al., Fast CRC Computation for iSCSI Polynomial, 2011). */
#include "base/crc32c.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#define CRC32C_POLYNOMIAL 0x82f63b78u

static uint32_t crc_table_step (uint32_t crc, uint8_t byte)
{
    crc ^= byte;
    for (int bit = 0; bit < 8; bit++)
        crc = (crc >> 1) ^ (CRC32C_POLYNOMIAL & (0u - (crc & 1u)));
    return crc;
}

static uint32_t crc_portable (uint32_t crc, const uint8_t *data, size_t size_bytes)
{
    static _Atomic uint32_t table[256]; /* entry 0 is 0 by itself; others are never 0 once made */
    for (size_t i = 0; i < size_bytes; i++) {
        uint8_t index = (uint8_t) (crc ^ data[i]);
        uint32_t entry = atomic_load_explicit (&table[index], memory_order_relaxed);
        if (entry == 0 && index != 0) {
            entry = crc_table_step (0, index);
            atomic_store_explicit (&table[index], entry, memory_order_relaxed);
        }
        crc = (crc >> 8) ^ entry;
    }
    return crc;
}

#if defined(__x86_64__)
#include <immintrin.h>

enum { CRC_LANE_BYTES = 1024 };

/*  a * b modulo the polynomial, bit-reflected. */
static uint32_t crc_multiply (uint32_t a, uint32_t b)
{
    uint32_t product = 0;
    for (uint32_t mask = 0x80000000u; mask != 0; mask >>= 1) {
        if (a & mask)
            product ^= b;
        b = (b >> 1) ^ (CRC32C_POLYNOMIAL & (0u - (b & 1u)));
    }
    return product;
}

/*  x^(8 * size_bytes) modulo the polynomial, bit-reflected: what shifts a CRC past that many bytes.
 */
static uint32_t crc_shift_factor (size_t size_bytes)
{
    uint32_t factor = 0x80000000u; /* 1 */
    uint32_t square = 0x00800000u; /* x^8 */
    for (; size_bytes != 0; size_bytes >>= 1) {
        if (size_bytes & 1)
            factor = crc_multiply (factor, square);
        square = crc_multiply (square, square);
    }
    return factor;
}

__attribute__ ((target ("sse4.2"))) static uint64_t crc_word (uint64_t crc, const uint8_t *data)
{
    uint64_t word;
    memcpy (&word, data, sizeof word);
    return _mm_crc32_u64 (crc, word);
}

/*  Carry-less product of a CRC and a factor, reduced by the CRC instruction itself: (a * b) has 63
    bits; shifted left by one (reflection) it is a 64-bit message whose CRC is the product times
   x^33; the factor is made with that taken out. */
__attribute__ ((target ("sse4.2,pclmul"))) static uint32_t crc_shift (uint32_t crc, uint32_t factor)
{
    __m128i product =
        _mm_clmulepi64_si128 (_mm_cvtsi32_si128 ((int) crc), _mm_cvtsi32_si128 ((int) factor), 0);
    return (uint32_t) _mm_crc32_u64 (0, (uint64_t) _mm_cvtsi128_si64 (product));
}

__attribute__ ((target ("sse4.2,pclmul"))) static uint32_t
crc_hardware (uint32_t crc, const uint8_t *data, size_t size_bytes)
{
    static _Atomic uint32_t factor_one, factor_two;
    if (size_bytes >= 3 * CRC_LANE_BYTES && atomic_load (&factor_one) == 0) {
        /* crc_shift multiplies by x^33 too, so ask for 33 bits less: x^(8n - 33). */
        uint32_t one = crc_shift_factor (CRC_LANE_BYTES - 5),
                 two = crc_shift_factor (2 * CRC_LANE_BYTES - 5);
        for (int bit = 0; bit < 7; bit++) { /* 8n - 33 = 8 (n - 5) + 7 */
            one = (one >> 1) ^ (CRC32C_POLYNOMIAL & (0u - (one & 1u)));
            two = (two >> 1) ^ (CRC32C_POLYNOMIAL & (0u - (two & 1u)));
        }
        atomic_store (&factor_two, two);
        atomic_store (&factor_one, one);
    }
    uint64_t a = crc;
    for (; size_bytes >= 3 * CRC_LANE_BYTES; size_bytes -= 3 * CRC_LANE_BYTES) {
        uint64_t b = 0, c = 0;
#pragma GCC unroll 8
        for (size_t i = 0; i < CRC_LANE_BYTES; i += 8) {
            a = crc_word (a, data + i);
            b = crc_word (b, data + CRC_LANE_BYTES + i);
            c = crc_word (c, data + 2 * CRC_LANE_BYTES + i);
        }
        a = crc_shift ((uint32_t) a, factor_two) ^ crc_shift ((uint32_t) b, factor_one) ^ c;
        data += 3 * CRC_LANE_BYTES;
    }
    for (; size_bytes >= 8; size_bytes -= 8, data += 8)
        a = crc_word (a, data);
    for (; size_bytes > 0; size_bytes--, data++)
        a = _mm_crc32_u8 ((uint32_t) a, *data);
    return (uint32_t) a;
}

static bool crc_has_hardware (void)
{
    return __builtin_cpu_supports ("sse4.2") && __builtin_cpu_supports ("pclmul");
}
#endif

uint32_t base_crc32c (uint32_t crc, const void *data, size_t size_bytes)
{
    crc = ~crc;
#if defined(__x86_64__)
    if (crc_has_hardware ())
        return ~crc_hardware (crc, data, size_bytes);
#endif
    return ~crc_portable (crc, data, size_bytes);
}
