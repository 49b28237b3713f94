/*  A store as bytes: "MSTO", version, checksum; then who it is, how far it is with everyone, whom
   it has forgotten, its objects whole and its changes, so that it can tell them still. */
#include "state/store.h"
#include "base/alloc.h"
#include "base/crc32c.h"

enum { SAVED_HEAD = 16, SAVED_VERSION = 1 };

static mst_err_t put64 (mst_bytes_t *bytes, uint64_t value)
{
    uint8_t number[8];
    (void) base_little_put64 (number, value);
    return state_bytes_put (bytes, number, sizeof number);
}

static mst_err_t block_put (mst_bytes_t *bytes, const void *data, size_t size_bytes)
{
    mst_err_t err = put64 (bytes, size_bytes);
    return err ? err : state_bytes_put (bytes, data, size_bytes);
}

static mst_err_t object_put (const store_object_t *object, mst_bytes_t *bytes)
{
    mst_bytes_t state = { 0 };
    mst_err_t err = block_put (bytes, object->path, object->path_bytes);
    if (!err)
        err = put64 (bytes, object->committed);
    if (!err)
        err = mst_crdt_encode (object->crdt, &state);
    if (!err)
        err = block_put (bytes, state.data, state.size_bytes);
    mst_bytes_free (&state);
    return err;
}

static mst_err_t rows_put (const mst_store_t *self, mst_bytes_t *bytes)
{
    base_assert (self->origins.count > 0 &&
                 self->origins.items[0].replica == self->options.replica);
    mst_err_t err = put64 (bytes, self->options.replica);
    if (!err)
        err = put64 (bytes, self->clock.last);
    if (!err)
        err = put64 (bytes, self->origins.items[0].prefix);
    if (!err)
        err = store_have_put (self, bytes);
    if (!err)
        err = put64 (bytes, self->forgotten.count);
    for (size_t i = 0; !err && i < self->forgotten.count; i++)
        err = put64 (bytes, self->forgotten.items[i]);
    return err;
}

static mst_err_t contents_put (const mst_store_t *self, mst_bytes_t *bytes)
{
    uint64_t shared = 0;
    mst_err_t err = rows_put (self, bytes);
    BASE_LIST_EACH (&self->objects, i) {
        shared += self->objects.items[i].shared;
    }
    if (!err)
        err = put64 (bytes, shared);
    for (size_t i = 0; !err && i < self->objects.count; i++)
        if (self->objects.items[i].shared)
            err = object_put (&self->objects.items[i], bytes);
    if (!err)
        err = put64 (bytes, self->changes.count);
    for (size_t i = 0; !err && i < self->changes.count; i++) {
        size_t at = (self->change_head + i) % self->changes.count;
        err = block_put (bytes, self->changes.items[at].data, self->changes.items[at].size_bytes);
    }
    return err;
}

mst_err_t mst_store_save (const mst_store_t *store, mst_bytes_t *bytes)
{
    uint8_t *at;
    size_t began = bytes->size_bytes;
    mst_err_t err = state_bytes_room (bytes, SAVED_HEAD, &at);
    if (err)
        return err;
    memset (at, 0, SAVED_HEAD);
    memcpy (at, "MSTO", 4);
    (void) base_little_put32 (at + 4, SAVED_VERSION);
    state_bytes_end (bytes, at + SAVED_HEAD);
    err = contents_put (store, bytes);
    if (err) {
        bytes->size_bytes = began;
        return err;
    }
    at = bytes->data + began;
    (void) base_little_put32 (
        at + 8, base_crc32c (0, at + SAVED_HEAD, bytes->size_bytes - began - SAVED_HEAD));
    return MST_OK;
}

/*  Loading ----------------------------------------------------------------------------------- */

static mst_err_t saved_bad (const char *what)
{
    return base_error (MST_E_MALFORMED, "the saved store does not load: %s", what);
}

static const uint8_t *block_take (state_reader_t *reader, size_t *size_bytes)
{
    uint64_t size = state_take64 (reader);
    *size_bytes = size > state_reader_left (reader) ? SIZE_MAX : (size_t) size;
    return state_take (reader, *size_bytes);
}

static mst_err_t rows_take (mst_store_t *self, state_reader_t *reader)
{
    uint64_t clock = state_take64 (reader), own = state_take64 (reader);
    uint32_t count = state_take_count (reader, 16), origin;
    self->clock.last = clock < UINT64_MAX ? clock : 0;
    self->origins.items[0].prefix = own;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t replica = state_take64 (reader), prefix = state_take64 (reader);
        if (replica == 0)
            return saved_bad ("a replica has number 0");
        mst_err_t err = store_origin_make (self, replica, &origin);
        if (err)
            return err;
        self->origins.items[origin].prefix = prefix;
    }
    uint64_t forgotten = state_take64 (reader);
    if (reader->bad || forgotten > MST_STORE_FORGOTTEN_MAX)
        return saved_bad ("it is cut in its rows");
    for (uint64_t i = 0; i < forgotten; i++) {
        uint64_t replica = state_take64 (reader);
        mst_err_t err = replica == 0 || replica == self->options.replica
                            ? saved_bad ("it has forgotten itself")
                            : store_forget_now (self, replica);
        if (err)
            return err;
    }
    return MST_OK;
}

static mst_err_t object_take (mst_store_t *self, state_reader_t *reader)
{
    size_t path_bytes, size_bytes;
    store_object_t *object;
    const uint8_t *path = block_take (reader, &path_bytes);
    uint64_t committed = state_take64 (reader);
    const uint8_t *data = block_take (reader, &size_bytes);
    if (reader->bad || size_bytes < STATE_HEAD_BYTES || path_bytes > MST_STORE_PATH_MAX ||
        store_object (self, (const char *) path, path_bytes))
        return saved_bad ("it is cut in an object, or has one twice");
    mst_err_t err = store_object_make (self, (const char *) path, path_bytes, data[1], &object);
    if (!err)
        err = state_merge (object->crdt, data, size_bytes, true, 0, NULL);
    if (!err && object->crdt->forgotten != self->forgotten_sum)
        err = saved_bad ("an object has forgotten other replicas than the store");
    if (!err)
        err = store_touch (self, object);
    if (!err)
        object->committed = committed;
    return err;
}

static mst_err_t change_take (mst_store_t *self, state_reader_t *reader)
{
    size_t size_bytes;
    store_record_t record;
    const uint8_t *data = block_take (reader, &size_bytes);
    if (!data || size_bytes > STORE_CHANGE_MAX + 2 * MST_STORE_PATH_MAX ||
        !store_record_read (data, size_bytes, &record))
        return saved_bad ("it is cut in a change");
    store_change_t change = { .origin = record.origin,
                              .number = record.number,
                              .hops = (uint8_t) record.hops,
                              .size_bytes = (uint32_t) size_bytes };
    change.data = base_alloc (size_bytes);
    if (!change.data)
        return base_alloc_error ();
    memcpy (change.data, data, size_bytes);
    return store_change_keep (self, &change);
}

static mst_err_t contents_take (mst_store_t *self, state_reader_t *reader)
{
    mst_err_t err = rows_take (self, reader);
    uint64_t objects = err ? 0 : state_take64 (reader);
    for (uint64_t i = 0; !err && i < objects; i++)
        err = object_take (self, reader);
    uint64_t changes = err ? 0 : state_take64 (reader);
    for (uint64_t i = 0; !err && i < changes; i++)
        err = change_take (self, reader);
    if (!err && (reader->bad || reader->at != reader->end))
        err = saved_bad ("it is cut, or goes on behind its end");
    return err;
}

/*  Read into another store first: this one stays new when the bytes are bad. */
mst_err_t mst_store_load (mst_store_t *store, const void *data, size_t size_bytes)
{
    const uint8_t *at = data;
    mst_store_t *fresh;
    if (store->objects.count > 0 || store->origins.items[0].prefix > 0 || store->peers.count > 0)
        return base_error (MST_E_INVALID_ARGUMENT, "a saved store is loaded into a new one, before "
                                                   "peers are added");
    if (size_bytes < SAVED_HEAD + 8 || memcmp (at, "MSTO", 4) != 0)
        return saved_bad ("it does not begin like one");
    if (base_little_get32 (at + 4) != SAVED_VERSION)
        return base_error (MST_E_VERSION, "a saved store of version %u; this Muster reads %d",
                           base_little_get32 (at + 4), SAVED_VERSION);
    if (base_little_get32 (at + 8) != base_crc32c (0, at + SAVED_HEAD, size_bytes - SAVED_HEAD))
        return saved_bad ("its checksum fails: it was cut or damaged");
    state_reader_t reader = state_reader (at + SAVED_HEAD, size_bytes - SAVED_HEAD);
    if (state_take64 (&reader) != store->options.replica)
        return base_error (MST_E_INVALID_ARGUMENT, "it was saved by another replica than %llu",
                           (unsigned long long) store->options.replica);
    mst_err_t err = mst_store_new (&store->options, &fresh);
    if (err)
        return err;
    err = contents_take (fresh, &reader);
    if (!err) {
        mst_store_t old = *store;
        *store = *fresh;
        *fresh = old;
    }
    mst_store_destroy (&fresh);
    return err;
}
