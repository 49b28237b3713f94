/*  What a store takes from outside: messages and saved stores that are cut, damaged, of another
    version, type or sender are refused with the reason, counted, and change nothing; and memory
    that fails. */
#include "tests/support/check.h"
#include "tests/support/sweep.h"
#include "base/crc32c.h"

#include <stdlib.h>
#include <string.h>
#include <muster/store.h>

#define NOW   1700000000000000000u
#define ROUND 6000000000u /* longer than from one round of gossip to the next */

enum { MESSAGES = 64, HEAD_BYTES = 32, SAVED_HEAD = 16 };

typedef struct message {
    uint8_t *data;
    size_t size_bytes;
} message_t;

/*  What the clocks of all stores show. */
static uint64_t now_ns = NOW;

/*  Copies of all messages that went from one store to the other. */
static message_t messages[MESSAGES];
static size_t message_count;

static void messages_free (void)
{
    while (message_count > 0)
        free (messages[--message_count].data);
}

/*  It keeps so few changes that comparisons go down the tree. */
static mst_store_t *made (uint64_t replica)
{
    mst_store_t *store = NULL;
    mst_store_options_t options = { .replica = replica, .changes_max = 2 };
    CHECK_OK (mst_store_new (&options, &store));
    return store;
}

static mst_err_t write_all (mst_store_t *store)
{
    mst_crdt_t *crdt;
    uint64_t stamp;
    mst_err_t err = mst_store_open (store, "words", 5, MST_CRDT_ORSET, &crdt);
    if (!err)
        err = mst_crdt_add (crdt, NULL, "a word of some length", 21);
    if (!err)
        err = mst_store_commit (store, "words", 5, MST_CONSISTENCY_CAUSAL);
    if (!err)
        err = mst_store_open (store, "count", 5, MST_CRDT_PNCOUNTER, &crdt);
    if (!err)
        err = mst_crdt_increment (crdt, NULL, mst_crdt_replica (crdt));
    if (!err)
        err = mst_store_commit (store, "count", 5, MST_CONSISTENCY_EVENTUAL);
    if (!err)
        err = mst_store_open (store, "last", 4, MST_CRDT_LWW, &crdt);
    if (!err)
        err = mst_store_stamp (store, now_ns, &stamp);
    if (!err)
        err = mst_crdt_set (crdt, NULL, stamp, "value", 5);
    return err ? err : mst_store_commit (store, "last", 4, MST_CONSISTENCY_CAUSAL);
}

static void keep (const mst_store_message_t *message)
{
    CHECK_OR_RETURN (message_count < MESSAGES);
    message_t *copy = &messages[message_count++];
    copy->data = malloc (message->size_bytes);
    copy->size_bytes = message->size_bytes;
    memcpy (copy->data, message->data, message->size_bytes);
}

static mst_err_t carry (mst_store_t *from, mst_store_t *to, bool keeps, bool *any)
{
    mst_store_message_t message;
    mst_err_t result = MST_OK;
    while (mst_store_take_message (from, &message)) {
        if (keeps)
            keep (&message);
        mst_err_t err = mst_store_receive (to, message.data, message.size_bytes, now_ns);
        result = result ? result : err;
        *any = true;
    }
    return result;
}

static mst_err_t carry_all (mst_store_t *a, mst_store_t *b, bool keeps)
{
    bool any = true;
    mst_err_t result = MST_OK;
    while (any) {
        any = false;
        mst_err_t err = carry (a, b, keeps, &any);
        result = result ? result : err;
        err = carry (b, a, false, &any);
        result = result ? result : err;
    }
    return result;
}

static uint64_t hash_of (mst_store_t *store)
{
    uint64_t hash = 0;
    CHECK_OK (mst_store_hash (store, &hash));
    return hash;
}

/*  What replica 1 tells replica 2 when both have written the same paths: comparisons down the tree,
    and gossip. */
static void record (void)
{
    mst_store_t *a = made (1), *b = made (2);
    CHECK_OK (mst_store_peer_add (a, 2));
    CHECK_OK (mst_store_peer_add (b, 1));
    CHECK_OK (write_all (a));
    CHECK_OK (write_all (b));
    CHECK_OK (mst_store_sync (a, 2, now_ns));
    CHECK_OK (carry_all (a, b, true));
    CHECK_OK (mst_store_tick (a, now_ns));
    CHECK_OK (write_all (a));
    CHECK_OK (mst_store_tick (a, now_ns += ROUND));
    CHECK_OK (carry_all (a, b, true));
    CHECK_OK (mst_store_sync (a, 2, now_ns));
    CHECK_OK (carry_all (a, b, true));
    CHECK (hash_of (a) == hash_of (b));
    CHECK (message_count >= 4);
    mst_store_destroy (&a);
    mst_store_destroy (&b);
}

/*  A store that has seen nothing of replica 1, and what it is before a message comes. */
static mst_store_t *asked (uint64_t *hash)
{
    mst_store_t *store = made (2);
    CHECK_OK (write_all (store));
    *hash = hash_of (store);
    return store;
}

static void untouched (mst_store_t *store, uint64_t hash)
{
    mst_store_change_t change;
    CHECK (hash_of (store) == hash);
    CHECK (!mst_store_take_change (store, &change));
}

static mst_err_t give (mst_store_t *store, const uint8_t *data, size_t size_bytes)
{
    return mst_store_receive (store, data, size_bytes, now_ns);
}

/*  Each prefix, and each bit of each byte but those that say which version it is. */
static void test_damaged (void)
{
    uint64_t hash, refused = 0;
    mst_store_stats_t stats;
    record ();
    mst_store_t *store = asked (&hash);
    for (size_t m = 0; m < message_count; m++) {
        uint8_t *data = messages[m].data;
        for (size_t size = 0; size < messages[m].size_bytes; size++, refused++)
            if (give (store, data, size) != MST_E_MALFORMED)
                CU_FAIL ("a cut message is not refused");
        for (size_t bit = 0; bit < messages[m].size_bytes * 8; bit++) {
            if (bit / 8 == 2 || bit / 8 == 3)
                continue;
            data[bit / 8] ^= (uint8_t) (1u << bit % 8);
            if (give (store, data, messages[m].size_bytes) != MST_E_MALFORMED)
                CU_FAIL ("a damaged message is not refused");
            data[bit / 8] ^= (uint8_t) (1u << bit % 8);
            refused++;
        }
    }
    CHECK_CONTAINS (mst_error_text (), "checksum");
    mst_store_stats (store, &stats);
    CHECK_INT (stats.refused_malformed, refused);
    CHECK_INT (stats.messages_in, refused);
    untouched (store, hash);
    mst_store_destroy (&store);
    messages_free ();
}

/*  The checksum is right, and what stands behind it is cut: nothing crashes, and of what is whole
    only whole objects are taken. */
static void seal (uint8_t *data, size_t size_bytes)
{
    uint32_t crc = base_crc32c (0, data + 8, size_bytes - 8);
    for (int i = 0; i < 4; i++)
        data[4 + i] = (uint8_t) (crc >> (8 * i));
}

static void test_cut_inside (void)
{
    record ();
    for (size_t m = 0; m < message_count; m++)
        for (size_t size = HEAD_BYTES; size < messages[m].size_bytes; size++) {
            uint64_t hash;
            mst_store_stats_t stats;
            mst_store_t *store = asked (&hash);
            uint8_t *cut = malloc (size); /* exact, so that a sanitizer sees the end */
            memcpy (cut, messages[m].data, size);
            seal (cut, size);
            mst_err_t err = give (store, cut, size);
            mst_store_stats (store, &stats);
            CHECK (err == MST_OK || err == MST_E_MALFORMED || err == MST_E_STATE_DIFFERS);
            CHECK_INT (stats.refused_malformed + stats.refused_type > 0, err != MST_OK);
            CHECK (mst_store_size (store) == 3);
            free (cut);
            mst_store_destroy (&store);
        }
    messages_free ();
}

static void test_other_version (void)
{
    uint64_t hash;
    mst_store_stats_t stats;
    record ();
    mst_store_t *store = asked (&hash);
    uint8_t *data = messages[0].data;
    data[2] = 2;
    CHECK_ERR (give (store, data, messages[0].size_bytes), MST_E_VERSION);
    CHECK_CONTAINS (mst_error_text (), "version 2");
    data[2] = 1;
    data[3] = 99;
    CHECK_ERR (give (store, data, messages[0].size_bytes), MST_E_MALFORMED);
    CHECK_CONTAINS (mst_error_text (), "kind 99");
    mst_store_stats (store, &stats);
    CHECK_INT (stats.refused_version, 1);
    CHECK_INT (stats.refused_malformed, 1);
    untouched (store, hash);
    mst_store_destroy (&store);
    messages_free ();
}

/*  Nobody (0), and oneself. */
static void test_sender (void)
{
    uint64_t hash;
    mst_store_stats_t stats;
    record ();
    mst_store_t *store = asked (&hash);
    for (uint8_t sender = 0; sender <= 2; sender += 2) {
        messages[0].data[8] = sender;
        seal (messages[0].data, messages[0].size_bytes);
        CHECK_ERR (give (store, messages[0].data, messages[0].size_bytes), MST_E_INVALID_ARGUMENT);
    }
    mst_store_stats (store, &stats);
    CHECK_INT (stats.refused_sender, 2);
    untouched (store, hash);
    mst_store_destroy (&store);
    messages_free ();
}

/*  A digest that says that its own sender was forgotten, or the receiver: nobody is forgotten, not
    even those who stand before them in the list. */
static void test_forgotten (void)
{
    static const uint8_t liars[] = { 1, 2 };
    uint64_t hash;
    record ();
    for (size_t i = 0; i < sizeof liars; i++) {
        mst_store_t *store = asked (&hash);
        size_t size_bytes = messages[0].size_bytes;
        uint8_t *data = calloc (1, size_bytes + 16);
        memcpy (data, messages[0].data, size_bytes);
        CHECK_INT (data[3], 3); /* a digest; it ends with how many were forgotten */
        data[size_bytes - 4] = 2;
        data[size_bytes] = 77;
        data[size_bytes + 8] = liars[i];
        seal (data, size_bytes + 16);
        CHECK_ERR (give (store, data, size_bytes + 16),
                   liars[i] == 1 ? MST_E_MALFORMED : MST_E_INVALID_ARGUMENT);
        CHECK_OK (mst_store_peer_add (store, 77)); /* not forgotten */
        untouched (store, hash);
        free (data);
        mst_store_destroy (&store);
    }
    messages_free ();
}

/*  Its clock runs a minute ahead. */
static void test_clock (void)
{
    uint64_t hash, ahead = mst_hlc_from_ns (now_ns + 10 * (uint64_t) ROUND);
    mst_store_stats_t stats;
    record ();
    mst_store_t *store = asked (&hash);
    for (int i = 0; i < 8; i++)
        messages[0].data[16 + i] = (uint8_t) (ahead >> (8 * i));
    seal (messages[0].data, messages[0].size_bytes);
    CHECK_ERR (give (store, messages[0].data, messages[0].size_bytes), MST_E_CLOCK_AHEAD);
    mst_store_stats (store, &stats);
    CHECK_INT (stats.refused_clock, 1);
    untouched (store, hash);
    mst_store_destroy (&store);
    messages_free ();
}

/*  One path is a set here and a counter there: that one is refused, the others come. */
static void test_other_type (void)
{
    const mst_store_options_t options = { .replica = 1 };
    mst_store_t *a = NULL, *b = made (2);
    mst_crdt_t *crdt;
    mst_store_stats_t stats;
    int64_t value = 0;
    CHECK_OK (mst_store_new (&options, &a));
    CHECK_OK (mst_store_peer_add (a, 2));
    CHECK_OK (mst_store_open (b, "words", 5, MST_CRDT_GCOUNTER, &crdt));
    CHECK_OK (mst_crdt_increment (crdt, NULL, 4));
    CHECK_OK (mst_store_commit (b, "words", 5, MST_CONSISTENCY_EVENTUAL));
    CHECK_OK (write_all (a));
    CHECK_OK (mst_store_tick (a, now_ns));
    CHECK_OK (mst_store_tick (a, now_ns += ROUND));
    CHECK_ERR (carry_all (a, b, false), MST_E_STATE_DIFFERS);
    mst_store_stats (b, &stats);
    CHECK_INT (stats.refused_type, 1);
    CHECK_OK (mst_crdt_count (crdt, NULL, &value));
    CHECK_INT (value, 4);
    const mst_crdt_t *last = mst_store_find (b, "last", 4);
    CHECK (last != NULL && mst_crdt_type (last) == MST_CRDT_LWW);
    CHECK_ERR (mst_store_open (b, "words", 5, MST_CRDT_ORSET, &crdt), MST_E_STATE_DIFFERS);
    CHECK_CONTAINS (mst_error_text (), "g-counter");
    mst_store_destroy (&a);
    mst_store_destroy (&b);
}

/*  Saved stores ------------------------------------------------------------------------------ */

static void load_refused (const uint8_t *data, size_t size_bytes, bool sealed)
{
    mst_store_t *store = made (1);
    uint8_t *copy = malloc (size_bytes ? size_bytes : 1);
    memcpy (copy, data, size_bytes);
    mst_err_t err = mst_store_load (store, copy, size_bytes);
    if (!sealed && err != MST_E_MALFORMED && err != MST_E_VERSION)
        CU_FAIL ("a saved store that is damaged is not refused");
    if (err) { /* as new, and usable */
        CHECK (mst_store_size (store) == 0);
        CHECK_OK (write_all (store));
    }
    free (copy);
    mst_store_destroy (&store);
}

static void reseal (uint8_t *data, size_t size_bytes)
{
    uint32_t crc = base_crc32c (0, data + SAVED_HEAD, size_bytes - SAVED_HEAD);
    for (int i = 0; i < 4; i++)
        data[8 + i] = (uint8_t) (crc >> (8 * i));
}

static mst_bytes_t saved (uint64_t *hash)
{
    mst_bytes_t bytes = { 0 };
    mst_store_t *store = made (1);
    CHECK_OK (write_all (store));
    CHECK_OK (mst_store_save (store, &bytes));
    *hash = hash_of (store);
    mst_store_destroy (&store);
    return bytes;
}

static void test_load_bad (void)
{
    uint64_t hash;
    mst_bytes_t bytes = saved (&hash);
    mst_store_t *store = made (1), *other = made (2);
    for (size_t size = 0; size < bytes.size_bytes; size++)
        load_refused (bytes.data, size, false);
    for (size_t bit = 0; bit < bytes.size_bytes * 8; bit++) {
        if (bit / 8 >= 12 && bit / 8 < SAVED_HEAD)
            continue; /* nothing stands there */
        bytes.data[bit / 8] ^= (uint8_t) (1u << bit % 8);
        load_refused (bytes.data, bytes.size_bytes, false);
        bytes.data[bit / 8] ^= (uint8_t) (1u << bit % 8);
    }
    CHECK_ERR (mst_store_load (other, bytes.data, bytes.size_bytes), MST_E_INVALID_ARGUMENT);
    CHECK_OK (mst_store_load (store, bytes.data, bytes.size_bytes));
    CHECK (hash_of (store) == hash);
    CHECK_ERR (mst_store_load (store, bytes.data, bytes.size_bytes), MST_E_INVALID_ARGUMENT);
    CHECK (hash_of (store) == hash);
    mst_store_destroy (&store);
    mst_store_destroy (&other);
    mst_bytes_free (&bytes);
}

/*  With a checksum that is right: cut at each byte, each byte another one. What is taken can be
    saved and loaded again; what is not leaves a new store. */
static void test_load_forged (void)
{
    uint64_t hash;
    mst_bytes_t bytes = saved (&hash);
    uint8_t *copy = malloc (bytes.size_bytes);
    for (size_t size = SAVED_HEAD + 8; size < bytes.size_bytes; size++) {
        memcpy (copy, bytes.data, size);
        reseal (copy, size);
        load_refused (copy, size, false);
    }
    for (size_t at = SAVED_HEAD; at < bytes.size_bytes; at++)
        for (int value = 0; value < 256; value += 51) {
            memcpy (copy, bytes.data, bytes.size_bytes);
            copy[at] ^= (uint8_t) value;
            reseal (copy, bytes.size_bytes);
            load_refused (copy, bytes.size_bytes, true);
        }
    free (copy);
    mst_bytes_free (&bytes);
}

/*  Memory that fails ------------------------------------------------------------------------- */

/*  Writes on both sides, gossip, a comparison. */
static mst_err_t meet (mst_store_t *a, mst_store_t *b)
{
    mst_err_t err = mst_store_peer_add (a, 2);
    if (!err)
        err = mst_store_peer_add (b, 1);
    if (!err)
        err = write_all (a);
    if (!err)
        err = mst_store_tick (a, now_ns += ROUND);
    if (!err)
        err = carry_all (a, b, false);
    if (!err)
        err = write_all (b);
    if (!err)
        err = mst_store_sync (a, 2, now_ns);
    return err ? err : carry_all (a, b, false);
}

static void save_and_load (const mst_store_t *store)
{
    mst_store_options_t options = { .replica = 1 };
    mst_bytes_t bytes = { 0 };
    mst_store_t *again = NULL;
    if (mst_store_save (store, &bytes) == MST_OK && mst_store_new (&options, &again) == MST_OK &&
        mst_store_load (again, bytes.data, bytes.size_bytes) != MST_OK)
        CHECK (mst_store_size (again) == 0);
    mst_bytes_free (&bytes);
    mst_store_destroy (&again);
}

/*  What fails once in the first round does no harm to the second: then they are alike. */
static void scenario (void *context)
{
    mst_store_options_t options = { .replica = 1, .changes_max = 2 };
    mst_store_t *a = NULL, *b = NULL;
    uint64_t left = 0, right = 1;
    (void) context;
    if (mst_store_new (&options, &a) == MST_OK) {
        options.replica = 2;
        (void) mst_store_new (&options, &b);
    }
    if (a && b) {
        for (uint64_t round = 0; round < 3; round++) {
            mst_err_t err = meet (a, b);
            if (!err && round > 0 && mst_store_hash (a, &left) == MST_OK &&
                mst_store_hash (b, &right) == MST_OK)
                CHECK (left == right);
        }
        save_and_load (a);
        mst_store_peer_remove (a, 2);
        (void) mst_store_forget (a, 2);
    }
    mst_store_destroy (&a);
    mst_store_destroy (&b);
}

static void test_without_memory (void)
{
    CHECK (sweep_allocations (scenario, NULL) > 50);
}

static CU_TestInfo tests[] = {
    { "messages that are cut or damaged", test_damaged },
    { "messages that are cut behind the checksum", test_cut_inside },
    { "another version, another kind", test_other_version },
    { "senders who cannot be", test_sender },
    { "a digest that forgets whom it cannot", test_forgotten },
    { "a sender whose clock lies", test_clock },
    { "another type at one path", test_other_type },
    { "a saved store that is cut or damaged", test_load_bad },
    { "a saved store that is forged", test_load_forged },
    { "without memory", test_without_memory },
    CU_TEST_INFO_NULL,
};
TEST_MAIN ({ "store bytes", NULL, NULL, NULL, NULL, tests })
