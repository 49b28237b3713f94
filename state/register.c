/*  The register that stands alone: the value with the largest (stamp, replica) wins. */
#include "state/object.h"
#include "base/alloc.h"

enum { REGISTER_BYTES = 20 }; /* of an encoding, with the stamp, the replica and the size */

static const uint8_t *value_of (const state_register_t *self)
{
    return self->size_bytes > STATE_INSIDE_BYTES ? self->far : self->inside;
}

static mst_err_t far_reserve (state_register_t *self, uint32_t size_bytes)
{
    if (size_bytes <= self->far_capacity)
        return MST_OK;
    uint8_t *far = base_realloc (self->far, size_bytes);
    if (!far)
        return base_alloc_error ();
    self->far = far;
    self->far_capacity = size_bytes;
    return MST_OK;
}

/*  The same stamp twice by one replica is a mistake; the larger value settles it everywhere alike.
 */
static bool wins (const state_register_t *self, uint64_t stamp, uint64_t replica, const void *value,
                  uint32_t size_bytes)
{
    if (stamp != self->stamp)
        return stamp > self->stamp;
    if (replica != self->replica)
        return replica > self->replica;
    uint32_t common = size_bytes < self->size_bytes ? size_bytes : self->size_bytes;
    int order = common > 0 ? memcmp (value, value_of (self), common) : 0;
    return order != 0 ? order > 0 : size_bytes > self->size_bytes;
}

mst_err_t state_register_set (mst_crdt_t *crdt, uint64_t stamp, uint64_t replica, const void *value,
                              uint32_t size_bytes, bool *changed)
{
    state_register_t *self = &crdt->as.reg;
    *changed = wins (self, stamp, replica, value, size_bytes);
    if (!*changed)
        return MST_OK;
    uint8_t *at = self->inside;
    if (size_bytes > STATE_INSIDE_BYTES) {
        mst_err_t err = far_reserve (self, size_bytes);
        if (err)
            return err;
        at = self->far;
    }
    if (size_bytes == 8)
        memcpy (at, value, 8); /* a number, most of the time */
    else if (size_bytes > 0)
        memcpy (at, value, size_bytes);
    self->size_bytes = size_bytes;
    self->stamp = stamp;
    self->replica = replica;
    return MST_OK;
}

mst_err_t state_register_encode (const mst_crdt_t *crdt, bool delta, mst_bytes_t *bytes)
{
    const state_register_t *self = &crdt->as.reg;
    uint8_t *at;
    mst_err_t err = state_bytes_room (
        bytes, STATE_HEAD_BYTES + REGISTER_BYTES + (size_t) self->size_bytes, &at);
    if (err)
        return err;
    at = state_head_put (crdt, at, delta, self->stamp != 0);
    if (self->stamp != 0) {
        at = base_little_put64 (at, self->replica);
        at = base_little_put64 (at, self->stamp);
        at = base_little_put32 (at, self->size_bytes);
        at = state_put (at, value_of (self), self->size_bytes);
    }
    state_bytes_end (bytes, at);
    return MST_OK;
}

mst_err_t state_register_merge (mst_crdt_t *crdt, state_reader_t *reader, uint64_t latest_stamp,
                                bool *changed)
{
    uint32_t count = state_take32 (reader);
    (void) state_take64 (reader);
    if (count == 0 && reader->at == reader->end && !reader->bad)
        return MST_OK;
    uint64_t replica = state_take64 (reader), stamp = state_take64 (reader);
    uint32_t size_bytes = state_take32 (reader);
    const uint8_t *value = state_take (reader, size_bytes);
    if (count != 1 || reader->bad || reader->at != reader->end || size_bytes > MST_CRDT_BYTES_MAX ||
        replica == 0 || stamp == 0)
        return state_malformed (crdt, "it is cut, or goes on behind its end");
    if (latest_stamp != 0 && stamp > latest_stamp)
        return state_clock_ahead (stamp, latest_stamp);
    return state_register_set (crdt, stamp, replica, value, size_bytes, changed);
}
