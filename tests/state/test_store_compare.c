/*  Two stores that have very much in common and differ in little: what a comparison costs in bytes.
    MUSTER_STORE_KEYS: keys of each store (100,000). */
#include "tests/support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <muster/store.h>

enum { KEYS = 100000, DIFFERENCES = 10, FEW_BYTES = 10 * 1024 };

#define NOW 1700000000000000000u

typedef struct traffic {
    uint64_t messages;
    uint64_t bytes;
} traffic_t;

static uint32_t keys (void)
{
    const char *text = getenv ("MUSTER_STORE_KEYS");
    return text && *text ? (uint32_t) strtoul (text, NULL, 10) : KEYS;
}

static mst_store_t *made (uint64_t replica, uint32_t changes_max)
{
    mst_store_t *store = NULL;
    mst_store_options_t options = { .replica = replica, .changes_max = changes_max };
    CHECK_OK (mst_store_new (&options, &store));
    return store;
}

static bool count_up (mst_store_t *store, uint32_t key, uint64_t amount)
{
    char path[32];
    mst_crdt_t *crdt;
    size_t size = (size_t) sprintf (path, "key/%u", key);
    return mst_store_open (store, path, size, MST_CRDT_PNCOUNTER, &crdt) == MST_OK &&
           mst_crdt_increment (crdt, NULL, amount) == MST_OK &&
           mst_store_commit (store, path, size, MST_CONSISTENCY_EVENTUAL) == MST_OK;
}

static int64_t count_of (const mst_store_t *store, uint32_t key)
{
    char path[32];
    int64_t value = -1;
    const mst_crdt_t *crdt = mst_store_find (store, path, (size_t) sprintf (path, "key/%u", key));
    return crdt && mst_crdt_count (crdt, NULL, &value) == MST_OK ? value : -1;
}

static bool carry (mst_store_t *from, mst_store_t *to, traffic_t *traffic)
{
    mst_store_message_t message;
    bool any = false;
    while (mst_store_take_message (from, &message)) {
        CHECK_OK (mst_store_receive (to, message.data, message.size_bytes, NOW));
        traffic->messages++;
        traffic->bytes += message.size_bytes;
        any = true;
    }
    return any;
}

/*  `b` asks; all that follows is carried until both are silent. */
static traffic_t compare (mst_store_t *a, mst_store_t *b)
{
    traffic_t traffic = { 0 };
    CHECK_OK (mst_store_sync (b, 1, NOW));
    while (carry (b, a, &traffic) | carry (a, b, &traffic))
        ;
    return traffic;
}

static bool alike (mst_store_t *a, mst_store_t *b)
{
    uint64_t left = 0, right = 1;
    CHECK_OK (mst_store_hash (a, &left));
    CHECK_OK (mst_store_hash (b, &right));
    return left == right;
}

/*  Half of the differences here, half there, one of them at the same key. */
static void differ (mst_store_t *a, mst_store_t *b, uint32_t count)
{
    for (uint32_t i = 0; i < DIFFERENCES; i++)
        CHECK (count_up (i % 2 ? a : b, i * (count / DIFFERENCES), 100 + i));
    CHECK (count_up (a, 0, 1000));
    CHECK (!alike (a, b));
}

static bool all_there (const mst_store_t *store, uint32_t count)
{
    bool good = mst_store_size (store) == count;
    for (uint32_t i = 0; good && i < count; i++) {
        uint32_t step = count / DIFFERENCES;
        int64_t expected = 1 + (i == 0 ? 1000 : 0);
        if (i % step == 0 && i / step < DIFFERENCES)
            expected += 100 + i / step;
        good = count_of (store, i) == expected;
    }
    return good;
}

/*  changes_max: how many changes the stores keep, to send them as they are. */
static void cost (uint32_t changes_max, const char *how)
{
    uint32_t count = keys ();
    mst_store_t *a = made (1, changes_max), *b = made (2, changes_max);
    bool good = true;
    CHECK_OK (mst_store_peer_add (a, 2));
    CHECK_OK (mst_store_peer_add (b, 1));
    for (uint32_t i = 0; good && i < count; i++)
        good = count_up (a, i, 1);
    CHECK (good);
    traffic_t all = compare (a, b);
    CHECK (alike (a, b));
    traffic_t none = compare (a, b);
    differ (a, b, count);
    traffic_t few = compare (a, b);
    CHECK (alike (a, b));
    CHECK (all_there (a, count) && all_there (b, count));
    printf (
        "\n    %u keys by %s: all %llu bytes; ten %llu bytes in %llu messages; none %llu bytes ",
        count, how, (unsigned long long) all.bytes, (unsigned long long) few.bytes,
        (unsigned long long) few.messages, (unsigned long long) none.bytes);
    CHECK (few.bytes <= FEW_BYTES);
    CHECK (none.bytes <= 256);
    mst_store_destroy (&a);
    mst_store_destroy (&b);
}

static void test_by_tree (void)
{
    cost (1, "the tree");
}

static void test_by_changes (void)
{
    cost (64, "changes");
}

static CU_TestInfo tests[] = {
    { "ten keys of many, down the tree", test_by_tree },
    { "ten keys of many, as changes", test_by_changes },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "store compare", NULL, NULL, NULL, NULL, tests })
