/*  Sharding: where keys go, how even the lists are, and how little moves. */
#include <muster/shard.h>
#include "base/random.h"
#include "tests/support/check.h"
#include "tests/support/sweep.h"

#include <stdio.h>
#include <string.h>

enum { SHARDS = 1024, COPIES = 3, NODES_MAX = 40, CHANGES = 200 };

static uint32_t lists[SHARDS][COPIES];
static size_t widths[SHARDS];

static void read_lists (const mst_shards_t *shards, uint32_t copies)
{
    for (uint32_t shard = 0; shard < SHARDS; shard++)
        widths[shard] = mst_shards_nodes (shards, shard, lists[shard], copies);
}

/*  Random nodes come and go. Lists have distinct nodes that are there; what moved is counted anew
   from the lists; and evenly dealt shards move exactly the minimum. */
static void run (mst_shard_kind_t kind, uint32_t copies, double *most)
{
    const mst_shard_options_t options = { .kind = kind, .shards = SHARDS, .copies = copies };
    bool there[NODES_MAX] = { false }, even = kind != MST_SHARD_CONSISTENT;
    uint32_t old[SHARDS][COPIES], nodes = 0, counts[NODES_MAX];
    size_t old_widths[SHARDS];
    base_random_t dice = { 11 };
    mst_shards_t *shards;
    CHECK_OK (mst_shards_new (&options, &shards));
    read_lists (shards, copies);
    for (int i = 0; i < CHANGES; i++) {
        uint32_t node = (uint32_t) base_random_below (&dice, NODES_MAX);
        mst_shard_movement_t movement;
        memcpy (old, lists, sizeof old);
        memcpy (old_widths, widths, sizeof old_widths);
        uint64_t had = 0, moved = 0, entries = 0;
        for (uint32_t shard = 0; shard < SHARDS; shard++)
            for (size_t at = 0; at < widths[shard]; at++)
                had += lists[shard][at] == node;
        bool came = !there[node];
        CHECK_OK (came ? mst_shards_add_node (shards, node, &movement)
                       : mst_shards_remove_node (shards, node, &movement));
        there[node] = came;
        nodes += came ? 1 : -1u;
        read_lists (shards, copies);
        memset (counts, 0, sizeof counts);
        for (uint32_t shard = 0; shard < SHARDS; shard++) {
            CHECK_INT (widths[shard], nodes < copies ? nodes : copies);
            for (size_t at = 0; at < widths[shard]; at++) {
                uint32_t here = lists[shard][at];
                bool was = false;
                CHECK (here < NODES_MAX && there[here]);
                for (size_t other = 0; other < at; other++)
                    CHECK (lists[shard][other] != here);
                for (size_t other = 0; other < old_widths[shard]; other++)
                    was = was || old[shard][other] == here;
                counts[here]++;
                entries++;
                moved += !was;
            }
        }
        uint64_t share = nodes ? (uint64_t) SHARDS * copies / nodes : 0;
        uint64_t minimum = came ? (nodes <= copies ? SHARDS : share) : nodes < copies ? 0 : had;
        CHECK_INT (movement.moved, moved);
        CHECK_INT (movement.entries, entries);
        CHECK_INT (movement.minimum, minimum);
        if (even)
            CHECK_INT (moved, minimum);
        for (uint32_t other = 0; other < NODES_MAX && nodes > copies; other++)
            if (there[other])
                CHECK (!even         ? counts[other] <= share * 5 / 4 + 2
                       : copies == 1 ? counts[other] - share <= 1
                                     : counts[other] * 10 >= share * 9 - 10 &&
                                           counts[other] * 10 <= share * 11 + 10);
        if (nodes > 8 && minimum && (double) moved / (double) minimum > *most)
            *most = (double) moved / (double) minimum;
    }
    mst_shards_destroy (&shards);
}

static void test_movement (void)
{
    for (uint32_t copies = 1; copies <= COPIES; copies++) {
        double even = 0.0, ring = 0.0;
        run (MST_SHARD_HASH, copies, &even);
        run (MST_SHARD_CONSISTENT, copies, &ring);
        printf ("    %u copies: at most %.2f x the minimum moved, by consistent hashing %.2f x\n",
                copies, even, ring);
        CHECK (even == 1.0);
        CHECK (ring < 4.0);
    }
}

/*  By consistent hashing the set of nodes is all that counts. */
static void test_order (void)
{
    const mst_shard_options_t options = { MST_SHARD_CONSISTENT, SHARDS, COPIES, NULL };
    uint32_t first[SHARDS][COPIES];
    mst_shards_t *shards;
    for (int backwards = 0; backwards < 2; backwards++) {
        CHECK_OK (mst_shards_new (&options, &shards));
        for (uint32_t i = 0; i < 12; i++)
            CHECK_OK (mst_shards_add_node (shards, backwards ? 11 - i : i, NULL));
        CHECK_OK (mst_shards_add_node (shards, 50, NULL));
        CHECK_OK (mst_shards_remove_node (shards, 50, NULL));
        read_lists (shards, COPIES);
        if (!backwards)
            memcpy (first, lists, sizeof first);
        mst_shards_destroy (&shards);
    }
    CHECK (memcmp (first, lists, sizeof first) == 0);
}

static void test_keys (void)
{
    const uint64_t bounds[] = { 100, 200, 1000 };
    mst_shard_options_t options = { MST_SHARD_RANGE, 4, 1, bounds };
    uint32_t shard, counts[16] = { 0 };
    mst_shards_t *shards;
    CHECK_OK (mst_shards_new (&options, &shards));
    for (uint64_t key = 0; key < 1200; key++) {
        CHECK_OK (mst_shards_find (shards, key, &shard));
        CHECK_INT (shard, key < 100 ? 0 : key < 200 ? 1 : key < 1000 ? 2 : 3);
    }
    CHECK_ERR (mst_shards_enter (shards, 1, 1), MST_E_INVALID_ARGUMENT);
    mst_shards_destroy (&shards);
    options = (mst_shard_options_t){ MST_SHARD_HASH, 16, 1, NULL };
    CHECK_OK (mst_shards_new (&options, &shards));
    for (uint64_t key = 0; key < 16000; key++) {
        CHECK_OK (mst_shards_find (shards, key, &shard));
        counts[shard]++;
    }
    for (int i = 0; i < 16; i++) /* five standard deviations about 1,000 */
        CHECK (counts[i] > 840 && counts[i] < 1160);
    mst_shards_destroy (&shards);
    options.kind = MST_SHARD_DIRECTORY;
    CHECK_OK (mst_shards_new (&options, &shards));
    CHECK_ERR (mst_shards_find (shards, 5, &shard), MST_E_OBJECT_UNKNOWN);
    CHECK_CONTAINS (mst_error_text (), "key 5");
    CHECK_OK (mst_shards_enter (shards, 5, 3));
    CHECK_OK (mst_shards_enter (shards, 5, 4));
    CHECK_OK (mst_shards_find (shards, 5, &shard));
    CHECK_INT (shard, 4);
    CHECK_ERR (mst_shards_enter (shards, 5, 16), MST_E_INVALID_ARGUMENT);
    CHECK_OK (mst_shards_forget (shards, 5));
    CHECK_ERR (mst_shards_forget (shards, 5), MST_E_OBJECT_UNKNOWN);
    mst_shards_destroy (&shards);
}

static void test_bad (void)
{
    const uint64_t falling[] = { 5, 4 };
    mst_shard_options_t options = { MST_SHARD_RANGE, 3, 1, falling };
    mst_shards_t *shards;
    CHECK_ERR (mst_shards_new (&options, &shards), MST_E_INVALID_ARGUMENT);
    options = (mst_shard_options_t){ MST_SHARD_HASH, 0, 1, NULL };
    CHECK_ERR (mst_shards_new (&options, &shards), MST_E_INVALID_ARGUMENT);
    options = (mst_shard_options_t){ MST_SHARD_HASH, 1, 9, NULL };
    CHECK_ERR (mst_shards_new (&options, &shards), MST_E_INVALID_ARGUMENT);
    options.copies = 0;
    CHECK_OK (mst_shards_new (&options, &shards));
    CHECK_INT (mst_shards_nodes (shards, 0, NULL, 0), 0);
    CHECK_ERR (mst_shards_remove_node (shards, 8, NULL), MST_E_OBJECT_UNKNOWN);
    for (uint32_t node = 0; node < MST_SHARD_NODES_MAX; node++)
        CHECK_OK (mst_shards_add_node (shards, node, NULL));
    CHECK_ERR (mst_shards_add_node (shards, 8, NULL), MST_E_INVALID_ARGUMENT);
    CHECK_ERR (mst_shards_add_node (shards, 5000, NULL), MST_E_LIMIT);
    mst_shards_destroy (&shards);
}

static void sweep (void *context)
{
    const mst_shard_options_t options = { *(const mst_shard_kind_t *) context, 32, 2, NULL };
    mst_shards_t *shards;
    if (mst_shards_new (&options, &shards))
        return;
    for (uint32_t node = 0; node < 5; node++)
        (void) mst_shards_add_node (shards, node, NULL);
    (void) mst_shards_enter (shards, 1, 2);
    for (uint32_t node = 0; node < 5; node++)
        (void) mst_shards_remove_node (shards, node, NULL);
    mst_shards_destroy (&shards);
}

static void test_sweep (void)
{
    mst_shard_kind_t kinds[] = { MST_SHARD_DIRECTORY, MST_SHARD_CONSISTENT };
    for (int i = 0; i < 2; i++)
        CHECK (sweep_allocations (sweep, &kinds[i]) > 10);
}

static CU_TestInfo shard_tests[] = {
    { "how little moves", test_movement }, { "order of nodes", test_order },
    { "where keys go", test_keys },        { "bad input", test_bad },
    { "no memory", test_sweep },           CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "shards", NULL, NULL, NULL, NULL, shard_tests })
