/*  The bytes of replicated objects: written down by hand from docs/state.md; what is wrong with
   them is said and changes nothing; memory that fails changes nothing; what is removed takes no
   room. */
#include "tests/support/check.h"
#include "tests/support/sweep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <muster/crdt.h>

/*  A G-counter of replicas 2 (5) and 258 (7): format 1, type 1, whole; two rows; nobody forgotten.
 */
static const uint8_t counter_bytes[] = {
    1, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* head */
    2, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, /* replica 2: 5 */
    2, 1, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, /* replica 258: 7 */
};

/*  An OR-set of replica 3: "hi" by its second change. */
static const uint8_t set_bytes[] = {
    1, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0,   0,   0, 0, /* head: one row */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,   0,   0, 0, /* forgotten, trimmed */
    3, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0,   0,   0, 0, /* replica 3: 2 changes */
    1, 0, 0, 0, 0, 1, 0, 0, 0,                          /* one place, depth 0, one item */
    2, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 'h', 'i',       /* dot (row 0, 2), 2 bytes */
};

static mst_crdt_t *made (mst_crdt_type_t type, uint64_t replica)
{
    mst_crdt_t *crdt = NULL;
    CHECK_OK (mst_crdt_new (type, replica, &crdt));
    return crdt;
}

static void test_golden (void)
{
    mst_bytes_t bytes = { 0 };
    mst_crdt_t *a = made (MST_CRDT_GCOUNTER, 258), *b = made (MST_CRDT_GCOUNTER, 2);
    CHECK_OK (mst_crdt_increment (a, NULL, 7));
    CHECK_OK (mst_crdt_increment (b, NULL, 5));
    CHECK_OK (mst_crdt_merge (a, b, NULL));
    CHECK_OK (mst_crdt_encode (a, &bytes));
    CHECK_INT (bytes.size_bytes, sizeof counter_bytes);
    CHECK_BYTES (bytes.data, counter_bytes, sizeof counter_bytes);
    mst_crdt_destroy (&a);
    mst_crdt_destroy (&b);
    a = made (MST_CRDT_ORSET, 3);
    CHECK_OK (mst_crdt_add (a, NULL, "gone", 4));
    CHECK_OK (mst_crdt_remove (a, NULL, "gone", 4));
    mst_crdt_destroy (&a);
    a = made (MST_CRDT_ORSET, 3);
    CHECK_OK (mst_crdt_add (a, NULL, "hi", 2));
    CHECK_OK (mst_crdt_add (a, NULL, "hi", 2));
    bytes.size_bytes = 0;
    CHECK_OK (mst_crdt_encode (a, &bytes));
    CHECK_INT (bytes.size_bytes, sizeof set_bytes);
    CHECK_BYTES (bytes.data, set_bytes, sizeof set_bytes);
    mst_crdt_destroy (&a);
    mst_bytes_free (&bytes);
}

/*  Whatever is cut, or of another version or type, is refused, and the object is as before. */
static void test_refused (void)
{
    uint8_t bad[sizeof set_bytes];
    mst_crdt_t *set = made (MST_CRDT_ORSET, 9), *map = made (MST_CRDT_ORMAP, 9);
    uint64_t before = 0, after = 1;
    CHECK_OK (mst_crdt_add (set, NULL, "x", 1));
    CHECK_OK (mst_crdt_hash (set, &before));
    for (size_t size = 0; size < sizeof set_bytes; size++)
        CHECK_ERR (mst_crdt_merge_bytes (set, set_bytes, size, 0, NULL), MST_E_MALFORMED);
    memcpy (bad, set_bytes, sizeof bad);
    bad[0] = 2;
    CHECK_ERR (mst_crdt_merge_bytes (set, bad, sizeof bad, 0, NULL), MST_E_VERSION);
    CHECK_ERR (mst_crdt_merge_bytes (map, set_bytes, sizeof set_bytes, 0, NULL),
               MST_E_STATE_DIFFERS);
    CHECK_CONTAINS (mst_error_text (), "or-set");
    memcpy (bad, set_bytes, sizeof bad);
    bad[8] = 1;
    CHECK_ERR (mst_crdt_merge_bytes (set, bad, sizeof bad, 0, NULL), MST_E_STATE_DIFFERS);
    CHECK_OK (mst_crdt_hash (set, &after));
    CHECK (before == after);
    CHECK_OK (mst_crdt_merge_bytes (set, set_bytes, sizeof set_bytes, 0, NULL));
    CHECK (mst_crdt_contains (set, NULL, "hi", 2));
    mst_crdt_destroy (&set);
    mst_crdt_destroy (&map);
}

static void test_gap (void)
{
    mst_bytes_t delta = { 0 };
    mst_dot_t one = { 3, 1 };
    mst_crdt_t *from = made (MST_CRDT_ORSET, 3), *to = made (MST_CRDT_ORSET, 4);
    CHECK_OK (mst_crdt_add (from, NULL, "a", 1));
    CHECK_OK (mst_crdt_add (from, NULL, "b", 1));
    CHECK_OK (mst_crdt_encode_since (from, &one, 1, &delta, NULL));
    CHECK_ERR (mst_crdt_merge_bytes (to, delta.data, delta.size_bytes, 0, NULL), MST_E_STATE_GAP);
    CHECK_INT (mst_crdt_size (to, NULL), 0);
    mst_bytes_free (&delta);
    mst_crdt_destroy (&from);
    mst_crdt_destroy (&to);
}

static void test_lying_clock (void)
{
    uint64_t now = 1700000000000000000u;
    mst_hlc_t clock = { .max_drift_ns = MST_HLC_DRIFT_NS };
    mst_bytes_t bytes = { 0 };
    mst_crdt_t *liar = made (MST_CRDT_LWW, 3), *here = made (MST_CRDT_LWW, 4);
    uint64_t first = mst_hlc_tick (&clock, now), second = mst_hlc_tick (&clock, now);
    CHECK (second == first + 1);
    CHECK (now - mst_hlc_to_ns (first) < 20000);
    CHECK_OK (mst_hlc_see (&clock, mst_hlc_from_ns (now + 400000000), now));
    CHECK_ERR (mst_hlc_see (&clock, mst_hlc_from_ns (now + 600000000), now), MST_E_CLOCK_AHEAD);
    CHECK (mst_hlc_tick (&clock, now) > mst_hlc_from_ns (now + 400000000));
    CHECK_OK (mst_crdt_set (liar, NULL, mst_hlc_from_ns (now + 3600000000000u), "mine", 4));
    CHECK_OK (mst_crdt_encode (liar, &bytes));
    CHECK_ERR (
        mst_crdt_merge_bytes (here, bytes.data, bytes.size_bytes, mst_hlc_from_ns (now), NULL),
        MST_E_CLOCK_AHEAD);
    CHECK_INT (mst_crdt_size (here, NULL), 0);
    mst_bytes_free (&bytes);
    mst_crdt_destroy (&liar);
    mst_crdt_destroy (&here);
}

/*  A million adds and removes with a hundred elements alive: a few kilobytes. */
static void test_bounded (void)
{
    mst_crdt_t *set = made (MST_CRDT_ORSET, 3), *text = made (MST_CRDT_RGA, 3);
    mst_bytes_t bytes = { 0 };
    mst_dot_t dots[1];
    for (uint32_t i = 0; i < 1000000; i++) {
        uint32_t old = i - 100;
        if (mst_crdt_add (set, NULL, &i, sizeof i) ||
            (i >= 100 && mst_crdt_remove (set, NULL, &old, sizeof old)))
            CU_FAIL ("add and remove");
    }
    CHECK_INT (mst_crdt_size (set, NULL), 100);
    CHECK (mst_crdt_memory (set) < 32 * 1024);
    CHECK_OK (mst_crdt_encode (set, &bytes));
    CHECK (bytes.size_bytes < 100 * 16 + 64);
    for (uint32_t i = 0; i < 20000; i++) {
        if (mst_crdt_insert (text, NULL, i % 10, &i, sizeof i) ||
            (i >= 10 && mst_crdt_delete (text, NULL, 10)))
            CU_FAIL ("insert and delete");
        if (i % 1000 == 999)
            CHECK_OK (mst_crdt_trim (text, dots, mst_crdt_version (text, dots, 1)));
    }
    CHECK_INT (mst_crdt_size (text, NULL), 10);
    bytes.size_bytes = 0;
    CHECK_OK (mst_crdt_encode (text, &bytes));
    CHECK (bytes.size_bytes < 1024);
    mst_bytes_free (&bytes);
    mst_crdt_destroy (&set);
    mst_crdt_destroy (&text);
}

/*  Also by a copy. */
static void forget_again (mst_crdt_t *crdt, uint64_t replica)
{
    mst_crdt_t *copy = NULL;
    CHECK_OK (mst_crdt_copy (crdt, mst_crdt_replica (crdt), &copy));
    CHECK_OK (mst_crdt_forget (crdt, replica));
    CHECK_OK (mst_crdt_forget (copy, replica));
    CHECK (mst_crdt_equal (crdt, copy));
    CHECK_ERR (mst_crdt_forget (copy, mst_crdt_replica (copy)), MST_E_INVALID_ARGUMENT);
    CHECK_ERR (mst_crdt_forget (copy, 0), MST_E_INVALID_ARGUMENT);
    mst_crdt_destroy (&copy);
}

/*  A departed replica's counts and elements stay, its row goes; who has not forgotten it is told.
 */
static void test_forget (void)
{
    static const mst_crdt_type_t types[] = { MST_CRDT_GCOUNTER, MST_CRDT_ORSET };
    for (size_t t = 0; t < 2; t++) {
        mst_crdt_t *a = made (types[t], 1), *b = made (types[t], 2), *gone = made (types[t], 3);
        mst_dot_t dots[4];
        int64_t value = 0;
        CHECK_OK (t ? mst_crdt_add (gone, NULL, "e", 1) : mst_crdt_increment (gone, NULL, 4));
        CHECK_OK (mst_crdt_merge (a, gone, NULL));
        CHECK_OK (mst_crdt_merge (b, gone, NULL));
        CHECK_OK (mst_crdt_forget (a, 3));
        CHECK_ERR (mst_crdt_merge (b, a, NULL), MST_E_STATE_DIFFERS);
        CHECK_OK (mst_crdt_forget (b, 3));
        forget_again (a, 3);
        CHECK_OK (t ? mst_crdt_remove (b, NULL, "e", 1) : mst_crdt_increment (b, NULL, 1));
        CHECK_OK (mst_crdt_merge (a, b, NULL));
        CHECK_OK (mst_crdt_merge (b, a, NULL));
        CHECK (mst_crdt_equal (a, b));
        CHECK_INT (mst_crdt_version (a, dots, 4), 1);
        if (t)
            CHECK_INT (mst_crdt_size (a, NULL), 0);
        else
            CHECK (mst_crdt_count (a, NULL, &value) == MST_OK && value == 5);
        mst_crdt_destroy (&a);
        mst_crdt_destroy (&b);
        mst_crdt_destroy (&gone);
    }
}

static void scenario (void *context)
{
    mst_crdt_t *a = NULL, *b = NULL;
    mst_bytes_t bytes = { 0 };
    mst_crdt_place_t list = { .key = "a list of some length",
                              .key_bytes = 21,
                              .type = MST_CRDT_RGA };
    mst_crdt_place_t last = { .key = "k", .key_bytes = 1, .type = MST_CRDT_LWW };
    (void) context;
    if (mst_crdt_new (MST_CRDT_ORMAP, 1, &a) == MST_OK &&
        mst_crdt_new (MST_CRDT_ORMAP, 2, &b) == MST_OK) {
        (void) mst_crdt_insert (a, &list, 0, "an element of some length", 25);
        (void) mst_crdt_set (b, &last, 5, "a value of some length", 22);
        uint64_t before = 0, after = 0;
        (void) mst_crdt_hash (b, &before);
        if (mst_crdt_merge (b, a, NULL) != MST_OK) {
            (void) mst_crdt_hash (b, &after);
            CHECK (before == after);
        }
        (void) mst_crdt_erase (b, &list);
        if (mst_crdt_encode_since (b, NULL, 0, &bytes, NULL) == MST_OK)
            (void) mst_crdt_merge_bytes (a, bytes.data, bytes.size_bytes, 0, NULL);
    }
    mst_bytes_free (&bytes);
    mst_crdt_destroy (&a);
    mst_crdt_destroy (&b);
}

static void test_without_memory (void)
{
    CHECK (sweep_allocations (scenario, NULL) > 20);
}

static CU_TestInfo tests[] = {
    { "as the page says", test_golden },
    { "what is refused", test_refused },
    { "a gap is seen", test_gap },
    { "a clock that lies", test_lying_clock },
    { "what is removed takes no room", test_bounded },
    { "departed replicas", test_forget },
    { "without memory it is as before", test_without_memory },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "crdt bytes", NULL, NULL, NULL, NULL, tests })
