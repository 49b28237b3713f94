/*  Nine types, random changes and merges: against the definition of each type (history.c), and the
    laws of merging. MUSTER_CRDT_OPERATIONS: changes and merges per type (8,000). */
#include "tests/state/history.h"
#include "tests/support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPERATIONS = 8000 };

static long operations (void)
{
    const char *text = getenv ("MUSTER_CRDT_OPERATIONS");
    return text && *text ? strtol (text, NULL, 10) : OPERATIONS;
}

static bool complain (history_t *history, const char *what, uint64_t seed)
{
    printf ("\n    %s, seed %llu, after %u changes: %s", mst_crdt_type_name (history->type),
            (unsigned long long) seed, history->count, what);
    history->failed = true;
    return false;
}

static bool agrees (history_t *history, uint32_t replica, uint64_t seed)
{
    static char expected[HISTORY_TEXT], value[HISTORY_TEXT];
    history_expected (history, replica, expected);
    history_value (history->objects[replica], value);
    if (strcmp (expected, value) == 0)
        return true;
    printf ("\n    expected %s\n    has      %s", expected, value);
    return complain (history, "the value is not that of the definition", seed);
}

static mst_crdt_t *copy_of (const mst_crdt_t *object)
{
    mst_crdt_t *copy = NULL;
    CHECK_OK (mst_crdt_copy (object, 999, &copy));
    return copy;
}

static mst_crdt_t *joined (const mst_crdt_t *a, const mst_crdt_t *b)
{
    mst_crdt_t *out = copy_of (a);
    CHECK_OK (mst_crdt_merge (out, b, NULL));
    return out;
}

/*  a + b = b + a; (a + b) + c = a + (b + c); a + a = a; a + b has all of a. */
static bool laws_hold (history_t *history, uint64_t seed)
{
    const mst_crdt_t *a = history->objects[0], *b = history->objects[1], *c = history->objects[2];
    mst_crdt_t *ab = joined (a, b), *ba = joined (b, a), *bc = joined (b, c);
    mst_crdt_t *ab_c = joined (ab, c), *a_bc = joined (a, bc), *aa = joined (a, a);
    bool changed = true, good = true;
    uint64_t left = 0, right = 0;
    if (!mst_crdt_equal (ab, ba))
        good = complain (history, "merging is not commutative", seed);
    if (!mst_crdt_equal (ab_c, a_bc))
        good = complain (history, "merging is not associative", seed);
    if (!mst_crdt_equal (aa, a))
        good = complain (history, "merging is not idempotent", seed);
    CHECK_OK (mst_crdt_merge (ab, a, &changed));
    if (changed || !mst_crdt_equal (ab, ba))
        good = complain (history, "merging loses something", seed);
    CHECK_OK (mst_crdt_hash (ab, &left));
    CHECK_OK (mst_crdt_hash (ba, &right));
    if (left != right)
        good = complain (history, "equal states have two hashes", seed);
    mst_crdt_t *all[] = { ab, ba, bc, ab_c, a_bc, aa };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        mst_crdt_destroy (&all[i]);
    return good;
}

/*  b with the delta of a since b's version is b with all of a; and the same delta again, and
   whatever lies further back, change nothing. */
static bool deltas_hold (history_t *history, uint64_t seed)
{
    const mst_crdt_t *a = history->objects[0], *b = history->objects[3];
    mst_dot_t dots[HISTORY_REPLICAS];
    mst_bytes_t delta = { 0 };
    size_t count = mst_crdt_version (b, dots, HISTORY_REPLICAS);
    mst_crdt_t *whole = joined (b, a), *part = copy_of (b);
    bool changed = true, good = true;
    CHECK_OK (mst_crdt_encode_since (a, dots, count, &delta, NULL));
    CHECK_OK (mst_crdt_merge_bytes (part, delta.data, delta.size_bytes, 0, NULL));
    if (!mst_crdt_equal (part, whole))
        good = complain (history, "a delta is not the whole", seed);
    CHECK_OK (mst_crdt_merge_bytes (part, delta.data, delta.size_bytes, 0, &changed));
    if (changed || !mst_crdt_equal (part, whole))
        good = complain (history, "a delta twice is not the delta", seed);
    delta.size_bytes = 0;
    for (size_t i = 0; i < count; i++)
        dots[i].count -= dots[i].count / 3;
    CHECK_OK (mst_crdt_encode_since (a, dots, count, &delta, NULL));
    CHECK_OK (mst_crdt_merge_bytes (part, delta.data, delta.size_bytes, 0, &changed));
    if (changed || !mst_crdt_equal (part, whole))
        good = complain (history, "an older delta does harm", seed);
    mst_bytes_free (&delta);
    mst_crdt_destroy (&whole);
    mst_crdt_destroy (&part);
    return good;
}

static void step (history_t *history, uint64_t seed)
{
    base_random_t *random = &history->random;
    uint32_t one = (uint32_t) base_random_below (random, HISTORY_REPLICAS);
    uint32_t other = (uint32_t) base_random_below (random, HISTORY_REPLICAS);
    if (base_random_chance (random, 0.7))
        history_change (history, one);
    else
        history_merge (history, other, one, base_random_chance (random, 0.7));
    (void) agrees (history, one, seed);
    if (base_random_chance (random, 0.04))
        (void) (laws_hold (history, seed) && deltas_hold (history, seed));
}

/*  In the end everybody gets everything, and all are the same bytes. */
static void meet (history_t *history, uint64_t seed)
{
    for (uint32_t i = 1; i < HISTORY_REPLICAS; i++)
        history_merge (history, i, 0, i % 2);
    for (uint32_t i = 1; i < HISTORY_REPLICAS; i++)
        history_merge (history, 0, i, i % 2);
    for (uint32_t i = 0; i < HISTORY_REPLICAS; i++)
        if (!agrees (history, i, seed) ||
            !mst_crdt_equal (history->objects[0], history->objects[i]))
            (void) complain (history, "they do not meet", seed);
}

static void run_type (mst_crdt_type_t type)
{
    static history_t history;
    long left = operations ();
    bool failed = false;
    for (uint64_t seed = 1; left > 0 && !failed; seed++) {
        CHECK_OR_RETURN (history_init (&history, type, seed));
        while (history.count < HISTORY_CHANGES && left-- > 0 && !history.failed)
            step (&history, seed);
        if (!history.failed)
            meet (&history, seed);
        failed = history.failed;
        history_fini (&history);
    }
    CHECK (!failed);
}

#define LAW_TEST(name, type)                                                                       \
    static void name (void)                                                                        \
    {                                                                                              \
        run_type (type);                                                                           \
    }
LAW_TEST (test_gcounter, MST_CRDT_GCOUNTER)
LAW_TEST (test_pncounter, MST_CRDT_PNCOUNTER)
LAW_TEST (test_gset, MST_CRDT_GSET)
LAW_TEST (test_2pset, MST_CRDT_2PSET)
LAW_TEST (test_orset, MST_CRDT_ORSET)
LAW_TEST (test_lww, MST_CRDT_LWW)
LAW_TEST (test_mv, MST_CRDT_MV)
LAW_TEST (test_ormap, MST_CRDT_ORMAP)
LAW_TEST (test_rga, MST_CRDT_RGA)

static CU_TestInfo tests[] = {
    { "g-counter", test_gcounter },
    { "pn-counter", test_pncounter },
    { "g-set", test_gset },
    { "2p-set", test_2pset },
    { "or-set", test_orset },
    { "lww-register", test_lww },
    { "mv-register", test_mv },
    { "or-map", test_ormap },
    { "rga", test_rga },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "crdt laws", NULL, NULL, NULL, NULL, tests })
