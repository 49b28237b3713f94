/*  Long runs are folded 64 bytes at a time by carry-less multiplication where the processor has it
    (Gopal et al., Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction, Intel,
    2009); what is left, and every other machine, goes by eight tables at once (Kounavis and Berry,
    A Systematic Approach to Building High Performance Software-based CRC Generators, 2005). */
#include "log/crc32.h"
#include "log/bytes.h"
#include "base/check.h"

#include <stdbool.h>

/*  A CRC is linear: the entry of a table for a byte is the XOR of the entries for its bits, so
   eight constants make a table of 256 when the program is compiled. */
#define CRC_BIT(i, bit, entry) (((i) >> (bit)) & 1 ? (entry) : 0)
#define CRC_ENTRY(i, a, b, c, d, e, f, g, h)                                                       \
    (CRC_BIT (i, 0, a) ^ CRC_BIT (i, 1, b) ^ CRC_BIT (i, 2, c) ^ CRC_BIT (i, 3, d) ^               \
     CRC_BIT (i, 4, e) ^ CRC_BIT (i, 5, f) ^ CRC_BIT (i, 6, g) ^ CRC_BIT (i, 7, h))
#define CRC_4(i, ...)                                                                              \
    CRC_ENTRY (i, __VA_ARGS__), CRC_ENTRY (i + 1, __VA_ARGS__), CRC_ENTRY (i + 2, __VA_ARGS__),    \
        CRC_ENTRY (i + 3, __VA_ARGS__)
#define CRC_16(i, ...)                                                                             \
    CRC_4 (i, __VA_ARGS__), CRC_4 (i + 4, __VA_ARGS__), CRC_4 (i + 8, __VA_ARGS__),                \
        CRC_4 (i + 12, __VA_ARGS__)
#define CRC_64(i, ...)                                                                             \
    CRC_16 (i, __VA_ARGS__), CRC_16 (i + 16, __VA_ARGS__), CRC_16 (i + 32, __VA_ARGS__),           \
        CRC_16 (i + 48, __VA_ARGS__)
#define CRC_SLICE(...)                                                                             \
    {                                                                                              \
        CRC_64 (0, __VA_ARGS__), CRC_64 (64, __VA_ARGS__), CRC_64 (128, __VA_ARGS__),              \
            CRC_64 (192, __VA_ARGS__)                                                              \
    }

enum { CRC_SLICES = 8 };

/*  Row s: the CRC of a byte with s zero bytes behind it. */
static const uint32_t crc_tables[CRC_SLICES][256] = {
    CRC_SLICE (0x77073096u, 0xee0e612cu, 0x076dc419u, 0x0edb8832u, 0x1db71064u, 0x3b6e20c8u,
               0x76dc4190u, 0xedb88320u),
    CRC_SLICE (0x191b3141u, 0x32366282u, 0x646cc504u, 0xc8d98a08u, 0x4ac21251u, 0x958424a2u,
               0xf0794f05u, 0x3b83984bu),
    CRC_SLICE (0x01c26a37u, 0x0384d46eu, 0x0709a8dcu, 0x0e1351b8u, 0x1c26a370u, 0x384d46e0u,
               0x709a8dc0u, 0xe1351b80u),
    CRC_SLICE (0xb8bc6765u, 0xaa09c88bu, 0x8f629757u, 0xc5b428efu, 0x5019579fu, 0xa032af3eu,
               0x9b14583du, 0xed59b63bu),
    CRC_SLICE (0x3d6029b0u, 0x7ac05360u, 0xf580a6c0u, 0x30704bc1u, 0x60e09782u, 0xc1c12f04u,
               0x58f35849u, 0xb1e6b092u),
    CRC_SLICE (0xcb5cd3a5u, 0x4dc8a10bu, 0x9b914216u, 0xec53826du, 0x03d6029bu, 0x07ac0536u,
               0x0f580a6cu, 0x1eb014d8u),
    CRC_SLICE (0xa6770bb4u, 0x979f1129u, 0xf44f2413u, 0x33ef4e67u, 0x67de9cceu, 0xcfbd399cu,
               0x440b7579u, 0x8816eaf2u),
    CRC_SLICE (0xccaa009eu, 0x4225077du, 0x844a0efau, 0xd3e51bb5u, 0x7cbb312bu, 0xf9766256u,
               0x299dc2edu, 0x533b85dau),
};

/*  Here and below, crc is the register: inverted before the first and after the last byte. */
static uint32_t crc_sliced (uint32_t crc, const uint8_t *at, size_t size_bytes)
{
    for (; size_bytes >= CRC_SLICES; size_bytes -= CRC_SLICES, at += CRC_SLICES) {
        uint64_t word = log_load_u64 (at) ^ crc;
        crc = 0;
        for (unsigned i = 0; i < CRC_SLICES; i++)
            crc ^= crc_tables[CRC_SLICES - 1 - i][(uint8_t) (word >> (8 * i))];
    }
    for (; size_bytes > 0; size_bytes--, at++)
        crc = (crc >> 8) ^ crc_tables[0][(uint8_t) (crc ^ *at)];
    return crc;
}

uint32_t log_crc32_portable (uint32_t crc, const void *data, size_t size_bytes)
{
    base_assert (data != NULL || size_bytes == 0);
    return ~crc_sliced (~crc, data, size_bytes);
}

#if defined(__x86_64__)
#include <immintrin.h>

enum { CRC_LANE_BYTES = 16, CRC_FOLD_BYTES = 64 };

__attribute__ ((target ("sse4.1,pclmul"))) static inline __m128i crc_load (const uint8_t *at)
{
    return _mm_loadu_si128 ((const __m128i *) (const void *) at);
}

/*  Moves a lane past as many bits as the two factors stand for. */
__attribute__ ((target ("sse4.1,pclmul"))) static inline __m128i crc_shift (__m128i lane,
                                                                            __m128i factors)
{
    return _mm_xor_si128 (_mm_clmulepi64_si128 (lane, factors, 0x00),
                          _mm_clmulepi64_si128 (lane, factors, 0x11));
}

/*  size_bytes: a multiple of 16, at least 64. The four lanes end as one of 16 bytes that has the
   same remainder as all that was read. */
__attribute__ ((target ("sse4.1,pclmul"))) static uint32_t
crc_folded (uint32_t crc, const uint8_t *at, size_t size_bytes)
{
    const __m128i by_512 = _mm_set_epi64x (0x01c6e41596, 0x0154442bd4); /* x^(512-32), x^(512+32) */
    const __m128i by_128 = _mm_set_epi64x (0x00ccaa009e, 0x01751997d0); /* x^(128-32), x^(128+32) */
    __m128i lanes[4];
    uint8_t rest[CRC_LANE_BYTES];

    base_assert (size_bytes >= CRC_FOLD_BYTES);
    base_assert (size_bytes % CRC_LANE_BYTES == 0);
    for (int i = 0; i < 4; i++)
        lanes[i] = crc_load (at + CRC_LANE_BYTES * i);
    lanes[0] = _mm_xor_si128 (lanes[0], _mm_cvtsi32_si128 ((int) crc));
    at += CRC_FOLD_BYTES;
    size_bytes -= CRC_FOLD_BYTES;
    for (; size_bytes >= CRC_FOLD_BYTES; size_bytes -= CRC_FOLD_BYTES, at += CRC_FOLD_BYTES)
        for (int i = 0; i < 4; i++)
            lanes[i] =
                _mm_xor_si128 (crc_shift (lanes[i], by_512), crc_load (at + CRC_LANE_BYTES * i));
    for (int i = 1; i < 4; i++)
        lanes[0] = _mm_xor_si128 (crc_shift (lanes[0], by_128), lanes[i]);
    for (; size_bytes > 0; size_bytes -= CRC_LANE_BYTES, at += CRC_LANE_BYTES)
        lanes[0] = _mm_xor_si128 (crc_shift (lanes[0], by_128), crc_load (at));
    _mm_storeu_si128 ((__m128i *) (void *) rest, lanes[0]);
    return crc_sliced (0, rest, sizeof rest);
}

static bool crc_can_fold (void)
{
    return __builtin_cpu_supports ("sse4.1") && __builtin_cpu_supports ("pclmul");
}
#endif

uint32_t log_crc32 (uint32_t crc, const void *data, size_t size_bytes)
{
    base_assert (data != NULL || size_bytes == 0);
    const uint8_t *at = data;
    crc = ~crc;
#if defined(__x86_64__)
    if (size_bytes >= CRC_FOLD_BYTES && crc_can_fold ()) {
        size_t folded = size_bytes / CRC_LANE_BYTES * CRC_LANE_BYTES;
        crc = crc_folded (crc, at, folded);
        at += folded;
        size_bytes -= folded;
    }
#endif
    return ~crc_sliced (crc, at, size_bytes);
}
