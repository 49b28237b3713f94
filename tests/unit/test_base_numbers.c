/*  base/random, base/crc32c and base/decimal: numbers that must be the same on every machine, for
 * ever. */
#include "tests/support/check.h"
#include "base/crc32c.h"
#include "base/decimal.h"
#include "base/random.h"

#include <inttypes.h>
#include <math.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/*  random ------------------------------------------------------------------------------------ */

/*  The reference implementation of splitmix64 (S. Vigna, public domain) gives these for seed
    1234567. Seeds of failures are written down: they must mean the same run next year. */
static void test_random_golden (void)
{
    static const uint64_t golden[] = { 6457827717110365317u, 3203168211198807973u,
                                       9817491932198370423u, 4593380528125082431u,
                                       16408922859458223821u };
    base_random_t random;
    base_random_init (&random, 1234567);
    for (size_t i = 0; i < sizeof golden / sizeof golden[0]; i++)
        CHECK (base_random_next (&random) == golden[i]);
    base_random_init (&random, 0);
    CHECK (base_random_next (&random) == 0xe220a8397b1dcdafu);
}

static void test_random_ranges (void)
{
    enum { DRAWS = 100000, BINS = 10 };
    base_random_t random;
    int bins[BINS] = { 0 };
    double sum = 0;
    base_random_init (&random, 5);
    for (int i = 0; i < DRAWS; i++) {
        uint64_t n = base_random_below (&random, BINS);
        CU_ASSERT_FATAL (n < BINS);
        bins[n]++;
        double unit = base_random_unit (&random);
        CU_ASSERT_FATAL (unit >= 0 && unit < 1);
        sum += unit;
    }
    for (int i = 0; i < BINS; i++)
        CHECK (bins[i] > DRAWS / BINS * 95 / 100 && bins[i] < DRAWS / BINS * 105 / 100);
    CHECK (fabs (sum / DRAWS - 0.5) < 0.005);
    CHECK_INT (base_random_below (&random, 1), 0);
    CHECK (!base_random_chance (&random, 0));
    CHECK (base_random_chance (&random, 1));
}

/*  crc32c ------------------------------------------------------------------------------------ */

/*  Bit by bit, as the definition says; slow and obvious. */
static uint32_t crc_slow (uint32_t crc, const uint8_t *data, size_t size_bytes)
{
    crc = ~crc;
    for (size_t i = 0; i < size_bytes; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? (crc >> 1) ^ 0x82f63b78u : crc >> 1;
    }
    return ~crc;
}

/*  The way taken by processors without the instruction, which this one may have. */
#undef __x86_64__
#define base_crc32c crc_portable_build
uint32_t crc_portable_build (uint32_t crc, const void *data, size_t size_bytes);
#include "base/crc32c.c"
#undef base_crc32c

/*  RFC 3720, appendix B.4, and the check value of the catalogue of CRCs. */
static void test_crc_vectors (void)
{
    static const uint8_t command[48] = { 0x01, 0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                                         0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00,
                                         0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00,
                                         0x00, 0x18, 0x28, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                                         0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00 };
    uint8_t data[32];
    memset (data, 0, sizeof data);
    CHECK_INT (base_crc32c (0, data, sizeof data), 0x8a9136aau);
    memset (data, 0xff, sizeof data);
    CHECK_INT (base_crc32c (0, data, sizeof data), 0x62a8ab43u);
    for (uint8_t i = 0; i < sizeof data; i++)
        data[i] = i;
    CHECK_INT (base_crc32c (0, data, sizeof data), 0x46dd794eu);
    for (uint8_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t) (31 - i);
    CHECK_INT (base_crc32c (0, data, sizeof data), 0x113fdb5cu);
    CHECK_INT (base_crc32c (0, command, sizeof command), 0xd9963a56u);
    CHECK_INT (base_crc32c (0, "123456789", 9), 0xe3069283u);
    CHECK_INT (base_crc32c (0, "", 0), 0);
    CHECK_INT (base_crc32c (0, NULL, 0), 0);
}

/*  Every length around the places where the fast code changes its way, every alignment. */
static void test_crc_against_slow (void)
{
    static uint8_t data[16384 + 16];
    static const size_t edges[] = { 0, 8, 16, 1024, 2048, 3072, 4096, 6144, 9216, 12288, 16000 };
    base_random_t random;
    base_random_init (&random, 3);
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t) base_random_next (&random);
    size_t wrong = 0;
    for (size_t e = 0; e < sizeof edges / sizeof edges[0]; e++)
        for (size_t size = edges[e] < 9 ? 0 : edges[e] - 9; size <= edges[e] + 9; size++) {
            size_t from = size % 16;
            uint32_t start = (uint32_t) base_random_next (&random);
            uint32_t slow = crc_slow (start, data + from, size);
            wrong += base_crc32c (start, data + from, size) != slow;
            wrong += crc_portable_build (start, data + from, size) != slow;
        }
    CHECK_INT (wrong, 0);
}

static void test_crc_in_pieces (void)
{
    static uint8_t data[10000];
    base_random_t random;
    base_random_init (&random, 4);
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t) base_random_next (&random);
    uint32_t whole = base_crc32c (0, data, sizeof data), wrong = 0;
    for (int round = 0; round < 200; round++) {
        uint32_t crc = 0;
        for (size_t at = 0; at < sizeof data;) {
            size_t piece = (size_t) base_random_below (&random, 5000);
            piece = piece < sizeof data - at ? piece : sizeof data - at;
            crc = base_crc32c (crc, data + at, piece);
            at += piece;
        }
        wrong += crc != whole;
    }
    CHECK_INT (wrong, 0);
}

/*  decimal ------------------------------------------------------------------------------------ */

static void test_as_printf_writes_it (void)
{
    static const uint64_t numbers[] = { 0, 9, 10, 99, 100, UINT32_MAX, UINT64_MAX - 1, UINT64_MAX };
    char made[BASE_DECIMAL_MAX + 1], expected[BASE_DECIMAL_MAX + 1];

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        made[base_decimal (made, numbers[i])] = '\0';
        (void) snprintf (expected, sizeof expected, "%" PRIu64, numbers[i]);
        CHECK_TEXT (made, expected);
    }
}

static CU_TestInfo random_tests[] = {
    { "golden values", test_random_golden },
    { "ranges", test_random_ranges },
    CU_TEST_INFO_NULL,
};
static CU_TestInfo crc_tests[] = {
    { "vectors of RFC 3720", test_crc_vectors },
    { "against a slow one", test_crc_against_slow },
    { "in pieces", test_crc_in_pieces },
    CU_TEST_INFO_NULL,
};
static CU_TestInfo decimal_tests[] = {
    { "as printf writes it", test_as_printf_writes_it },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "base/random", NULL, NULL, NULL, NULL, random_tests },
           { "base/crc32c", NULL, NULL, NULL, NULL, crc_tests },
           { "base/decimal", NULL, NULL, NULL, NULL, decimal_tests })
