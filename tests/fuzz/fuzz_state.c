/*  Any bytes as a replicated object, as a delta for one, as a store's message and as a saved store:
   the first byte chooses the type. What is refused leaves the object as it was. */
#include "state/store.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void merge (mst_crdt_type_t type, const uint8_t *data, size_t size)
{
    mst_crdt_t *crdt = NULL, *other = NULL;
    uint64_t before = 0, after = 0;
    if (mst_crdt_new (type, 7, &crdt))
        return;
    (void) mst_crdt_add (crdt, NULL, "a", 1);
    (void) mst_crdt_insert (crdt, NULL, 0, "b", 1);
    (void) mst_crdt_increment (crdt, NULL, 3);
    (void) mst_crdt_hash (crdt, &before);
    mst_err_t err = mst_crdt_merge_bytes (crdt, data, size, 0, NULL);
    (void) mst_crdt_hash (crdt, &after);
    if (err && before != after)
        abort ();
    if (mst_crdt_decode (data, size, 8, &other) == MST_OK) {
        mst_bytes_t bytes = { 0 };
        if (mst_crdt_encode (other, &bytes) || bytes.size_bytes != size ||
            memcmp (bytes.data, data, size) != 0)
            abort (); /* only the canonical bytes are taken */
        mst_bytes_free (&bytes);
        (void) mst_crdt_merge (crdt, other, NULL);
    }
    (void) mst_crdt_size (crdt, NULL);
    mst_crdt_destroy (&crdt);
    mst_crdt_destroy (&other);
}

static void receive (const uint8_t *data, size_t size)
{
    static const mst_store_options_t options = { .replica = 7, .seed = 1 };
    mst_store_t *store = NULL;
    mst_store_message_t message;
    mst_store_change_t change;
    if (mst_store_new (&options, &store))
        return;
    if (mst_store_load (store, data, size) != MST_OK)
        (void) mst_store_receive (store, data, size, 1700000000000000000u);
    while (mst_store_take_message (store, &message))
        ;
    while (mst_store_take_change (store, &change))
        ;
    mst_store_destroy (&store);
}

/*  Past the frame's checksum, into what stands in it. */
static void take (uint8_t kind, const uint8_t *data, size_t size)
{
    static const mst_store_options_t options = { .replica = 7, .seed = 1 };
    mst_store_t *store = NULL;
    if (mst_store_new (&options, &store))
        return;
    state_reader_t reader = state_reader (data, size);
    if (mst_store_peer_add (store, 9) == MST_OK) {
        if (kind % 8 == 0)
            (void) store_changes_take (store, 9, &reader);
        else
            (void) store_compare_take (store, store_peer (store, 9), (store_kind_t) (kind % 8 + 1),
                                       &reader);
    }
    mst_store_destroy (&store);
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    uint8_t choice = data[0];
    if (choice < 10)
        merge ((mst_crdt_type_t) choice, data + 1, size - 1);
    else if (choice < 32)
        take (choice, data + 1, size - 1);
    else
        receive (data + 1, size - 1);
    return 0;
}
