/*  The frame of a message: "MS", version, kind; CRC-32C of all behind it; the sender; its clock;
   which replicas it has forgotten, as a sum. Little-endian. */
#include "state/store.h"
#include "base/alloc.h"
#include "base/crc32c.h"

mst_err_t store_out_begin (mst_store_t *self, uint64_t peer, store_kind_t kind, mst_bytes_t **bytes)
{
    store_out_t out = { .peer = peer };
    uint8_t *at;
    base_assert (peer != 0 && peer != self->options.replica);
    mst_err_t err = BASE_LIST_ROOM (&self->out) ? base_alloc_error () : MST_OK;
    if (!err)
        err = state_bytes_room (&out.bytes, STORE_HEAD_BYTES, &at);
    if (err)
        return err;
    at[0] = 'M';
    at[1] = 'S';
    at[2] = STORE_WIRE;
    at[3] = (uint8_t) kind;
    at = base_little_put64 (base_little_put32 (at + 4, 0), self->options.replica);
    at = base_little_put64 (base_little_put64 (at, self->clock.last), self->forgotten_sum);
    state_bytes_end (&out.bytes, at);
    BASE_LIST_PUT (&self->out, out);
    *bytes = &self->out.items[self->out.count - 1].bytes;
    return MST_OK;
}

void store_out_end (mst_store_t *self)
{
    base_assert (self->out.count > self->out_taken);
    const mst_bytes_t *bytes = &self->out.items[self->out.count - 1].bytes;
    uint32_t crc = base_crc32c (0, bytes->data + 8, bytes->size_bytes - 8);
    (void) base_little_put32 (bytes->data + 4, crc);
    self->stats.messages_out++;
    self->stats.bytes_out += bytes->size_bytes;
}

void store_out_drop (mst_store_t *self)
{
    base_assert (self->out.count > self->out_taken);
    mst_bytes_free (&self->out.items[--self->out.count].bytes);
}

bool mst_store_take_message (mst_store_t *store, mst_store_message_t *message)
{
    base_assert (store->out_taken <= store->out.count);
    mst_bytes_free (&store->taken);
    if (store->out_taken == store->out.count) {
        store->out.count = store->out_taken = 0;
        return false;
    }
    store_out_t *out = &store->out.items[store->out_taken++];
    store->taken = out->bytes;
    out->bytes = (mst_bytes_t){ 0 };
    *message = (mst_store_message_t){ out->peer, store->taken.data, store->taken.size_bytes };
    return true;
}

/*  Receiving --------------------------------------------------------------------------------- */

static mst_err_t frame_check (mst_store_t *self, const uint8_t *data, size_t size_bytes)
{
    if (size_bytes < STORE_HEAD_BYTES || data[0] != 'M' || data[1] != 'S') {
        self->stats.refused_malformed++;
        return base_error (MST_E_MALFORMED, "%zu bytes are no message of a store", size_bytes);
    }
    if (data[2] != STORE_WIRE) {
        self->stats.refused_version++;
        return base_error (MST_E_VERSION, "a store's message of version %d; this Muster speaks %d",
                           data[2], STORE_WIRE);
    }
    if (base_little_get32 (data + 4) != base_crc32c (0, data + 8, size_bytes - 8)) {
        self->stats.refused_malformed++;
        return base_error (
            MST_E_MALFORMED,
            "the checksum of a store's message fails: it was cut or damaged on its way");
    }
    return MST_OK;
}

static mst_err_t sender_check (mst_store_t *self, uint64_t sender, store_peer_t **peer)
{
    if (sender == 0 || sender == self->options.replica || store_is_forgotten (self, sender)) {
        self->stats.refused_sender++;
        return base_error (MST_E_INVALID_ARGUMENT,
                           "a store's message of replica %llu, which is %s: whoever it is takes a "
                           "new number",
                           (unsigned long long) sender,
                           sender == 0                       ? "nobody"
                           : sender == self->options.replica ? "this one"
                                                             : "forgotten");
    }
    mst_err_t err = mst_store_peer_add (self, sender);
    *peer = err ? NULL : store_peer (self, sender);
    return err;
}

static mst_err_t message_take (mst_store_t *self, store_peer_t *peer, store_kind_t kind,
                               uint64_t forgotten, state_reader_t *reader)
{
    if (kind == STORE_DIGEST)
        return store_compare_take (self, peer, kind, reader);
    if (forgotten != self->forgotten_sum) {
        self->stats.refused_type++;
        mst_err_t err = store_compare_begin (self, peer->replica); /* it tells who is forgotten */
        return err ? err
                   : base_error (MST_E_STATE_DIFFERS,
                                 "replica %llu has forgotten other replicas than this one; its "
                                 "changes wait for the next comparison",
                                 (unsigned long long) peer->replica);
    }
    if (kind == STORE_CHANGES)
        return store_changes_take (self, peer->replica, reader);
    if (kind == STORE_HAVE)
        return store_peer_learn (self, peer, reader);
    return store_compare_take (self, peer, kind, reader);
}

mst_err_t mst_store_receive (mst_store_t *store, const void *data, size_t size_bytes,
                             uint64_t time_ns)
{
    store_peer_t *peer = NULL;
    const uint8_t *bytes = data;
    if (time_ns > store->now_ns)
        store->now_ns = time_ns;
    store->stats.messages_in++;
    store->stats.bytes_in += size_bytes;
    mst_err_t err = frame_check (store, bytes, size_bytes);
    if (!err)
        err = sender_check (store, base_little_get64 (bytes + 8), &peer);
    if (err)
        return err;
    err = mst_hlc_see (&store->clock, base_little_get64 (bytes + 16), store->now_ns);
    if (err) {
        store->stats.refused_clock++;
        return err;
    }
    state_reader_t reader = state_reader (bytes + STORE_HEAD_BYTES, size_bytes - STORE_HEAD_BYTES);
    uint64_t counted = store->stats.refused_malformed;
    err = message_take (store, peer, (store_kind_t) bytes[3], base_little_get64 (bytes + 24),
                        &reader);
    if (err == MST_E_MALFORMED && counted == store->stats.refused_malformed)
        store->stats.refused_malformed++; /* not an object's bytes, but what stands around them */
    return err;
}
