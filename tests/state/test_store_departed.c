/*  Replicas that go for good, and sequences that shrink: between stores, over the network of
    group.c. */
#include "tests/state/group.h"
#include "tests/support/check.h"

#include <stdio.h>
#include <string.h>

static group_t group;

static mst_crdt_t *opened (uint32_t store, const char *path, mst_crdt_type_t type)
{
    mst_crdt_t *crdt = NULL;
    CHECK_OK (mst_store_open (group.stores[store], path, strlen (path), type, &crdt));
    return crdt;
}

static void commit (uint32_t store, const char *path)
{
    CHECK_OK (
        mst_store_commit (group.stores[store], path, strlen (path), MST_CONSISTENCY_EVENTUAL));
}

static void score (uint32_t store, uint64_t amount)
{
    CHECK_OK (mst_crdt_increment (opened (store, "score", MST_CRDT_PNCOUNTER), NULL, amount));
    commit (store, "score");
}

static int64_t score_of (uint32_t store)
{
    int64_t value = -1;
    CHECK_OK (mst_crdt_count (opened (store, "score", MST_CRDT_PNCOUNTER), NULL, &value));
    return value;
}

static void insert (uint32_t store, const char *text)
{
    mst_crdt_t *list = opened (store, "text", MST_CRDT_RGA);
    for (const char *at = text; *at; at++)
        CHECK_OK (mst_crdt_insert (list, NULL, mst_crdt_size (list, NULL), at, 1));
    commit (store, "text");
}

static void text_is (uint32_t store, const char *expected)
{
    mst_crdt_t *list = opened (store, "text", MST_CRDT_RGA);
    char text[128] = "";
    size_t size = mst_crdt_size (list, NULL);
    CHECK_OR_RETURN (size < sizeof text);
    for (size_t i = 0; i < size; i++) {
        const void *element = NULL;
        CHECK_OK (mst_crdt_at_index (list, NULL, i, &element, NULL));
        text[i] = *(const char *) element;
    }
    CHECK_TEXT (text, expected);
}

/*  Gossip, and comparisons of each with each. */
static void pass (uint32_t seconds)
{
    group_run (&group, (uint64_t) seconds * GROUP_SECOND);
}

static mst_err_t forget (uint32_t store, uint32_t who)
{
    return mst_store_forget (group.stores[store], group.replicas[who]);
}

static void depart (uint32_t who)
{
    mst_store_destroy (&group.stores[who]);
    for (uint32_t i = 0; i < group.count; i++)
        if (group.stores[i])
            mst_store_peer_remove (group.stores[i], group.replicas[who]);
}

static size_t rows_of (uint32_t store, const char *path)
{
    return mst_crdt_version (mst_store_find (group.stores[store], path, strlen (path)), NULL, 0);
}

/*  Messages, by all. */
static uint64_t received (void)
{
    uint64_t messages = 0;
    mst_store_stats_t stats;
    for (uint32_t i = 0; i < group.count; i++)
        if (group.stores[i]) {
            mst_store_stats (group.stores[i], &stats);
            messages += stats.messages_in;
        }
    return messages;
}

/*  It counted and wrote; it goes; what it did stays, and whoever hears of it forgets it, too. */
static void test_forget (void)
{
    CHECK_OR_RETURN (group_init (&group, 4, 11, NULL));
    score (0, 1);
    score (3, 40);
    insert (3, "abc");
    pass (120);
    CHECK (group_alike (&group));
    CHECK_ERR (forget (0, 3), MST_E_INVALID_ARGUMENT); /* still a peer */
    CHECK_ERR (forget (0, 0), MST_E_INVALID_ARGUMENT); /* oneself */
    CHECK_ERR (mst_store_forget (group.stores[0], 0), MST_E_INVALID_ARGUMENT);
    depart (3);
    CHECK_ERR (forget (0, 3), MST_E_WOULD_BLOCK); /* who has answered since? */
    CHECK_CONTAINS (mst_error_text (), "has not answered");
    score (1, 100);
    pass (120);
    CHECK_INT (rows_of (0, "score"), 3);
    CHECK_OK (forget (0, 3));
    CHECK_OK (forget (0, 3)); /* twice is once */
    CHECK_INT (rows_of (0, "score"), 2);
    uint64_t before = received ();
    score (0, 1); /* the others refuse it until they have heard who is gone */
    pass (180);
    CHECK (received () - before < 150); /* and do not ask each other without end */
    CHECK (group_alike (&group));
    for (uint32_t i = 0; i < 3; i++) {
        CHECK_INT (score_of (i), 142);
        CHECK_INT (rows_of (i, "score"), 2);
        text_is (i, "abc");
        CHECK_OK (forget (i, 3)); /* already */
        CHECK_ERR (mst_store_peer_add (group.stores[i], group.replicas[3]), MST_E_INVALID_ARGUMENT);
    }
    score (2, 9);
    insert (1, "d");
    pass (120);
    CHECK (group_alike (&group));
    CHECK_INT (score_of (0), 151);
    text_is (2, "abcd");
    group_fini (&group);
}

/*  One that was away lacks what the departed did last: nobody forgets until it has it. */
static void test_forget_waits (void)
{
    CHECK_OR_RETURN (group_init (&group, 3, 12, NULL));
    score (0, 1);
    pass (120);
    group.side[1] = 1;
    score (2, 7);
    pass (120);
    CHECK_INT (score_of (0), 8);
    CHECK_INT (score_of (1), 1);
    depart (2);
    pass (120);
    CHECK_ERR (forget (0, 2), MST_E_WOULD_BLOCK);
    CHECK_CONTAINS (mst_error_text (), "peer 101");
    group.side[1] = 0;
    pass (120);
    CHECK_INT (score_of (1), 8);
    CHECK_OK (forget (0, 2));
    pass (120);
    CHECK (group_alike (&group));
    CHECK_INT (score_of (0), 8);
    CHECK_INT (score_of (1), 8);
    group_fini (&group);
}

/*  The departed speaks again under its old number: refused, counted, nothing changes. */
static void test_ghost (void)
{
    mst_store_message_t message;
    mst_store_stats_t stats;
    uint64_t before = 0, after = 1;
    CHECK_OR_RETURN (group_init (&group, 3, 13, NULL));
    score (2, 5);
    pass (120);
    mst_store_t *ghost = group.stores[2];
    group.stores[2] = NULL;
    depart (2);
    pass (120);
    CHECK_OK (forget (0, 2));
    CHECK_OK (mst_store_hash (group.stores[0], &before));
    CHECK_OK (mst_store_sync (ghost, group.replicas[0], group.now_ns));
    CHECK_OR_RETURN (mst_store_take_message (ghost, &message));
    CHECK_ERR (mst_store_receive (group.stores[0], message.data, message.size_bytes, group.now_ns),
               MST_E_INVALID_ARGUMENT);
    CHECK_CONTAINS (mst_error_text (), "forgotten");
    mst_store_stats (group.stores[0], &stats);
    CHECK_INT (stats.refused_sender, 1);
    CHECK_OK (mst_store_hash (group.stores[0], &after));
    CHECK (before == after);
    mst_store_destroy (&ghost);
    group_fini (&group);
}

/*  What was deleted is remembered until all are at one version; then it goes, everywhere. */
static void test_trim (void)
{
    mst_bytes_t bytes = { 0 };
    CHECK_OR_RETURN (group_init (&group, 3, 14, NULL));
    insert (0, "hello");
    pass (120);
    group.side[2] = 1;
    for (int i = 0; i < 2000; i++) {
        mst_crdt_t *list = opened (0, "text", MST_CRDT_RGA);
        CHECK_OK (mst_crdt_insert (list, NULL, 3, "xyz", 3));
        CHECK_OK (mst_crdt_delete (list, NULL, 3));
    }
    commit (0, "text");
    mst_crdt_t *list = opened (1, "text", MST_CRDT_RGA);
    pass (120);
    CHECK_OK (mst_crdt_encode (list, &bytes));
    CHECK (bytes.size_bytes > 2000 * 16); /* 2 has not seen them: they must be kept */
    insert (2, "!");
    group.side[2] = 0;
    pass (240);
    CHECK (group_alike (&group));
    for (uint32_t i = 0; i < 3; i++) {
        bytes.size_bytes = 0;
        CHECK_OK (mst_crdt_encode (opened (i, "text", MST_CRDT_RGA), &bytes));
        CHECK (bytes.size_bytes < 512);
        text_is (i, "hello!");
    }
    insert (1, "?");
    pass (120);
    CHECK (group_alike (&group));
    text_is (0, "hello!?");
    CHECK_INT (group.errors, 0);
    mst_bytes_free (&bytes);
    group_fini (&group);
}

static CU_TestInfo tests[] = {
    { "forgetting a replica", test_forget },
    { "forgetting waits for who lacks something", test_forget_waits },
    { "a forgotten replica speaks", test_ghost },
    { "sequences shrink by themselves", test_trim },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "store departed", NULL, NULL, NULL, NULL, tests })
