/*  The public functions: each chooses between the three kinds of objects, counters and registers
   that stand alone and all that consists of items. */
#include "state/again.h"
#include "state/causal.h"
#include "state/change.h"
#include "base/alloc.h"

static const char *const type_names[] = {
    [MST_CRDT_GCOUNTER] = "g-counter",
    [MST_CRDT_PNCOUNTER] = "pn-counter",
    [MST_CRDT_GSET] = "g-set",
    [MST_CRDT_2PSET] = "2p-set",
    [MST_CRDT_ORSET] = "or-set",
    [MST_CRDT_LWW] = "lww-register",
    [MST_CRDT_MV] = "mv-register",
    [MST_CRDT_ORMAP] = "or-map",
    [MST_CRDT_RGA] = "rga",
};

const char *mst_crdt_type_name (mst_crdt_type_t type)
{
    return state_type_known ((unsigned) type) ? type_names[type] : "?";
}

mst_crdt_type_t mst_crdt_type (const mst_crdt_t *crdt)
{
    return (mst_crdt_type_t) crdt->type;
}

uint64_t mst_crdt_replica (const mst_crdt_t *crdt)
{
    return crdt->replica;
}

/*  Life -------------------------------------------------------------------------------------- */

mst_err_t mst_crdt_new (mst_crdt_type_t type, uint64_t replica, mst_crdt_t **crdt)
{
    base_assert (crdt != NULL);
    *crdt = NULL;
    if (!state_type_known ((unsigned) type) || replica == 0)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "an object needs a type (1 … 9; %d was given) "
                           "and a replica that is not 0",
                           (int) type);
    mst_crdt_t *self = base_calloc (1, sizeof *self);
    if (!self)
        return base_alloc_error ();
    self->type = (uint8_t) type;
    self->replica = replica;
    if (state_is_counter (self->type))
        self->as.counter.own = STATE_NONE;
    mst_err_t err = state_is_causal (self->type) ? state_causal_init (self) : MST_OK;
    if (err)
        base_free (self);
    else
        *crdt = self;
    return err;
}

void mst_crdt_destroy (mst_crdt_t **crdt)
{
    mst_crdt_t *self = crdt ? *crdt : NULL;
    if (!self)
        return;
    if (state_is_causal (self->type))
        state_causal_fini (self);
    else if (self->type == MST_CRDT_LWW)
        base_free (self->as.reg.far);
    else
        base_free (self->as.counter.rows);
    BASE_LIST_FINI (&self->gone);
    base_free (self);
    *crdt = NULL;
}

/*  Errors with a story ----------------------------------------------------------------------- */

mst_err_t state_malformed (const mst_crdt_t *crdt, const char *what)
{
    return base_error (MST_E_MALFORMED, "the bytes of a %s do not decode: %s",
                       mst_crdt_type_name ((mst_crdt_type_t) crdt->type), what);
}

mst_err_t state_clock_ahead (uint64_t stamp, uint64_t latest)
{
    return base_error (MST_E_CLOCK_AHEAD,
                       "a register's stamp lies %.3f s above the latest that is believed: set the "
                       "clock of whoever wrote it",
                       (double) (mst_hlc_to_ns (stamp) - mst_hlc_to_ns (latest)) * 1e-9);
}

static mst_err_t bytes_bad (uint32_t size_bytes)
{
    return base_error (MST_E_INVALID_ARGUMENT,
                       "%u bytes: an element, key or value has 0 … "
                       "MST_CRDT_BYTES_MAX (%d), and data when it has any",
                       size_bytes, MST_CRDT_BYTES_MAX);
}

static mst_err_t type_bad (const mst_crdt_t *crdt, const char *what)
{
    return base_error (MST_E_INVALID_ARGUMENT, "a %s %s",
                       mst_crdt_type_name ((mst_crdt_type_t) crdt->type), what);
}

static inline bool bytes_good (const void *data, uint32_t size_bytes)
{
    return size_bytes <= MST_CRDT_BYTES_MAX && (data || size_bytes == 0);
}

mst_err_t state_causal_only (const mst_crdt_t *crdt, const void *data, uint32_t size_bytes)
{
    if (!state_is_causal (crdt->type))
        return type_bad (crdt, "has no places and no elements");
    return bytes_good (data, size_bytes) ? MST_OK : bytes_bad (size_bytes);
}

/*  Changes ----------------------------------------------------------------------------------- */

mst_err_t mst_crdt_increment (mst_crdt_t *crdt, const mst_crdt_place_t *place, uint64_t amount)
{
    if (!place && state_is_counter (crdt->type)) {
        const state_counter_t *counter = &crdt->as.counter;
        if (counter->own == STATE_NONE || amount > INT64_MAX - counter->rows[counter->own].up)
            return state_counter_add (crdt, amount, 0);
        counter->rows[counter->own].up += amount; /* most of the time */
        return MST_OK;
    }
    if (!state_is_causal (crdt->type))
        return type_bad (crdt, "does not count");
    return state_change_count (crdt, place, amount, 0);
}

mst_err_t mst_crdt_decrement (mst_crdt_t *crdt, const mst_crdt_place_t *place, uint64_t amount)
{
    if (!place && crdt->type == MST_CRDT_PNCOUNTER)
        return state_counter_add (crdt, 0, amount);
    if (!state_is_causal (crdt->type))
        return type_bad (crdt, "does not count down");
    return state_change_count (crdt, place, 0, amount);
}

static mst_err_t add_in_full (mst_crdt_t *crdt, const mst_crdt_place_t *place, const void *element,
                              uint32_t size_bytes)
{
    if (!state_is_causal (crdt->type))
        return type_bad (crdt, "has no elements");
    if (!bytes_good (element, size_bytes))
        return bytes_bad (size_bytes);
    return state_change_add (crdt, place, element, size_bytes);
}

mst_err_t mst_crdt_add (mst_crdt_t *crdt, const mst_crdt_place_t *place, const void *element,
                        uint32_t size_bytes)
{
    if (!place && crdt->type == MST_CRDT_ORSET && size_bytes == STATE_AGAIN_BYTES && element &&
        state_again_add (&crdt->as.causal, element, STATE_AGAIN_BYTES))
        return MST_OK;
    return add_in_full (crdt, place, element, size_bytes);
}

mst_err_t mst_crdt_remove (mst_crdt_t *crdt, const mst_crdt_place_t *place, const void *element,
                           uint32_t size_bytes)
{
    mst_err_t err = state_causal_only (crdt, element, size_bytes);
    return err ? err : state_change_remove (crdt, place, element, size_bytes);
}

static mst_err_t set_in_full (mst_crdt_t *crdt, const mst_crdt_place_t *place, uint64_t stamp,
                              const void *value, uint32_t size_bytes)
{
    bool changed;
    if (!bytes_good (value, size_bytes))
        return bytes_bad (size_bytes);
    if (!place && crdt->type == MST_CRDT_LWW) {
        if (stamp == 0)
            return type_bad (crdt, "needs a stamp: see mst_hlc_tick");
        return state_register_set (crdt, stamp, crdt->replica, value, size_bytes, &changed);
    }
    if (!state_is_causal (crdt->type))
        return type_bad (crdt, "is no register");
    if (stamp == 0 && place && place->type == MST_CRDT_LWW)
        return type_bad (crdt, "needs a stamp for an lww-register inside: see mst_hlc_tick");
    return state_change_set (crdt, place, stamp, value, size_bytes);
}

mst_err_t mst_crdt_set (mst_crdt_t *crdt, const mst_crdt_place_t *place, uint64_t stamp,
                        const void *value, uint32_t size_bytes)
{
    if (size_bytes != STATE_AGAIN_BYTES || !value)
        return set_in_full (crdt, place, stamp, value, size_bytes);
    if (!place && crdt->type == MST_CRDT_LWW) {
        state_register_t *reg = &crdt->as.reg;
        if (stamp > reg->stamp) {
            memcpy (reg->inside, value, STATE_AGAIN_BYTES);
            reg->size_bytes = STATE_AGAIN_BYTES;
            reg->stamp = stamp;
            reg->replica = crdt->replica;
            return MST_OK;
        }
    } else if (place && !place->in && place->type == MST_CRDT_LWW && crdt->type == MST_CRDT_ORMAP &&
               place->key_bytes == STATE_AGAIN_BYTES && place->key &&
               state_again_set (&crdt->as.causal, place->key, STATE_AGAIN_BYTES, stamp, value,
                                STATE_AGAIN_BYTES))
        return MST_OK;
    return set_in_full (crdt, place, stamp, value, size_bytes);
}

/*  Encoding and merging ---------------------------------------------------------------------- */

uint8_t *state_head_put (const mst_crdt_t *crdt, uint8_t *at, bool delta, uint32_t rows)
{
    at[0] = STATE_FORMAT;
    at[1] = crdt->type;
    at[2] = delta;
    at[3] = 0;
    return base_little_put64 (base_little_put32 (at + 4, rows), crdt->forgotten);
}

mst_err_t mst_crdt_encode (const mst_crdt_t *crdt, mst_bytes_t *bytes)
{
    base_assert (crdt != NULL && bytes != NULL);
    if (state_is_counter (crdt->type))
        return state_counter_encode (crdt, NULL, 0, false, bytes);
    return crdt->type == MST_CRDT_LWW ? state_register_encode (crdt, false, bytes)
                                      : state_causal_encode (crdt, bytes);
}

mst_err_t mst_crdt_encode_since (const mst_crdt_t *crdt, const mst_dot_t *dots, size_t count,
                                 mst_bytes_t *bytes, bool *whole)
{
    bool is_whole = false;
    mst_err_t err = MST_OK;
    for (size_t i = 1; i < count; i++)
        if (dots[i - 1].replica >= dots[i].replica)
            return base_error (MST_E_INVALID_ARGUMENT, "a version is dots by rising replica");
    if (state_is_counter (crdt->type))
        err = state_counter_encode (crdt, dots, count, true, bytes);
    else if (crdt->type == MST_CRDT_LWW)
        err = state_register_encode (crdt, true, bytes);
    else
        err = state_causal_encode_since (crdt, dots, count, bytes, &is_whole);
    if (whole)
        *whole = is_whole;
    return err;
}

/*  What stands before the kinds differ. */
static mst_err_t head_check (const mst_crdt_t *crdt, const uint8_t *data, size_t size_bytes,
                             bool adopt)
{
    if (size_bytes < STATE_HEAD_BYTES || data[2] > 1 || data[3] != 0)
        return state_malformed (crdt, "it does not begin like one");
    if (data[0] != STATE_FORMAT)
        return base_error (MST_E_VERSION,
                           "the bytes of a replicated object are of format %d; this "
                           "Muster reads %d",
                           data[0], STATE_FORMAT);
    if (data[1] != crdt->type)
        return base_error (MST_E_STATE_DIFFERS, "the bytes of a %s came for a %s",
                           mst_crdt_type_name ((mst_crdt_type_t) data[1]),
                           mst_crdt_type_name ((mst_crdt_type_t) crdt->type));
    if (!adopt && base_little_get64 (data + 8) != crdt->forgotten)
        return base_error (MST_E_STATE_DIFFERS, "the sender has forgotten other replicas than are "
                                                "forgotten here: both have to forget the same");
    return MST_OK;
}

mst_err_t state_merge (mst_crdt_t *crdt, const void *data, size_t size_bytes, bool adopt,
                       uint64_t latest_stamp, bool *changed)
{
    bool news = false;
    const uint8_t *bytes = data;
    mst_err_t err = head_check (crdt, bytes, size_bytes, adopt);
    if (err)
        return err;
    bool delta = bytes[2] != 0;
    state_reader_t reader = state_reader (bytes + 4, size_bytes - 4);
    if (adopt && delta)
        return state_malformed (crdt, "a new object begins with a whole state, not a delta");
    uint64_t forgotten = base_little_get64 (bytes + 8);
    if (state_is_counter (crdt->type))
        err = state_counter_merge (crdt, &reader, &news);
    else if (crdt->type == MST_CRDT_LWW)
        err = state_register_merge (crdt, &reader, latest_stamp, &news);
    else
        err = state_causal_merge (crdt, &reader, delta, adopt, latest_stamp, &news);
    if (!err && adopt)
        crdt->forgotten = forgotten;
    if (changed)
        *changed = news;
    return err;
}

mst_err_t mst_crdt_merge_bytes (mst_crdt_t *crdt, const void *data, size_t size_bytes,
                                uint64_t latest_stamp, bool *changed)
{
    return state_merge (crdt, data, size_bytes, false, latest_stamp, changed);
}

mst_err_t mst_crdt_merge (mst_crdt_t *crdt, const mst_crdt_t *other, bool *changed)
{
    mst_bytes_t bytes = { 0 };
    mst_err_t err = mst_crdt_encode (other, &bytes);
    if (!err)
        err = state_merge (crdt, bytes.data, bytes.size_bytes, false, 0, changed);
    mst_bytes_free (&bytes);
    return err;
}

mst_err_t mst_crdt_decode (const void *data, size_t size_bytes, uint64_t replica, mst_crdt_t **crdt)
{
    const uint8_t *bytes = data;
    base_assert (crdt != NULL);
    *crdt = NULL;
    if (size_bytes < STATE_HEAD_BYTES || !state_type_known (bytes[1]))
        return base_error (MST_E_MALFORMED, "%zu bytes are no replicated object", size_bytes);
    mst_err_t err = mst_crdt_new ((mst_crdt_type_t) bytes[1], replica, crdt);
    if (!err)
        err = state_merge (*crdt, data, size_bytes, true, 0, NULL);
    if (err)
        mst_crdt_destroy (crdt);
    return err;
}

mst_err_t mst_crdt_copy (const mst_crdt_t *crdt, uint64_t replica, mst_crdt_t **copy)
{
    mst_bytes_t bytes = { 0 };
    *copy = NULL;
    mst_err_t err = mst_crdt_encode (crdt, &bytes);
    if (!err)
        err = mst_crdt_decode (bytes.data, bytes.size_bytes, replica, copy);
    mst_bytes_free (&bytes);
    for (size_t i = 0; !err && i < crdt->gone.count; i++)
        err = BASE_LIST_PUSH (&(*copy)->gone, crdt->gone.items[i]) ? base_alloc_error () : MST_OK;
    if (err)
        mst_crdt_destroy (copy);
    return err;
}

bool mst_crdt_equal (const mst_crdt_t *a, const mst_crdt_t *b)
{
    mst_bytes_t left = { 0 }, right = { 0 };
    bool equal = a->type == b->type && mst_crdt_encode (a, &left) == MST_OK &&
                 mst_crdt_encode (b, &right) == MST_OK && left.size_bytes == right.size_bytes &&
                 memcmp (left.data, right.data, left.size_bytes) == 0;
    mst_bytes_free (&left);
    mst_bytes_free (&right);
    return equal;
}

mst_err_t mst_crdt_hash (const mst_crdt_t *crdt, uint64_t *hash)
{
    const state_register_t *reg = &crdt->as.reg;
    if (state_is_counter (crdt->type))
        *hash = state_counter_hash (crdt);
    else if (crdt->type == MST_CRDT_LWW)
        *hash = state_hash (state_hash_mix (reg->stamp, reg->replica),
                            reg->size_bytes > STATE_INSIDE_BYTES ? reg->far : reg->inside,
                            reg->size_bytes);
    else
        *hash = state_causal_hash (crdt);
    *hash = state_hash_mix (*hash ^ crdt->type, crdt->forgotten);
    return MST_OK;
}

size_t mst_crdt_version (const mst_crdt_t *crdt, mst_dot_t *dots, size_t max)
{
    if (state_is_counter (crdt->type))
        return state_counter_version (crdt, dots, max);
    if (crdt->type != MST_CRDT_LWW)
        return state_causal_version (crdt, dots, max);
    if (crdt->as.reg.stamp == 0)
        return 0;
    if (max > 0)
        dots[0] = (mst_dot_t){ crdt->as.reg.replica, crdt->as.reg.stamp };
    return 1;
}

/*  Departed replicas ------------------------------------------------------------------------- */

mst_err_t state_forget (mst_crdt_t *crdt, uint64_t replica)
{
    mst_err_t err = MST_OK;
    base_assert (replica != 0 && replica != crdt->replica);
    if (state_is_counter (crdt->type))
        err = state_counter_forget (crdt, replica);
    else if (crdt->type != MST_CRDT_LWW)
        err = state_causal_forget (crdt, replica);
    if (!err)
        crdt->forgotten += state_hash_mix (replica, 1);
    return err;
}

/*  The sum cannot tell whether a replica is in it, and counting one twice would part this object
    from all others for ever: so it keeps a list of its own. */
mst_err_t mst_crdt_forget (mst_crdt_t *crdt, uint64_t replica)
{
    if (replica == 0 || replica == crdt->replica)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "a replica is forgotten by others, and is not 0");
    BASE_LIST_EACH (&crdt->gone, i) {
        if (crdt->gone.items[i] == replica)
            return MST_OK;
    }
    if (BASE_LIST_ROOM (&crdt->gone))
        return base_alloc_error ();
    mst_err_t err = state_forget (crdt, replica);
    if (!err)
        BASE_LIST_PUT (&crdt->gone, replica);
    return err;
}

mst_err_t mst_crdt_trim (mst_crdt_t *crdt, const mst_dot_t *dots, size_t count)
{
    if (!state_is_causal (crdt->type))
        return MST_OK;
    const state_causal_t *self = &crdt->as.causal;
    for (uint32_t i = 0; i < self->row_count; i++) {
        const state_row_t *row = &self->rows[i];
        size_t at = 0;
        if (!row->used || row->count == 0 || row->count == STATE_COUNT_MAX)
            continue;
        while (at < count && dots[at].replica != row->replica)
            at++;
        if (at == count || dots[at].count < row->count)
            return MST_OK;
    }
    return state_sequence_trim (crdt);
}

size_t mst_crdt_memory (const mst_crdt_t *crdt)
{
    size_t bytes = sizeof *crdt + crdt->gone.capacity * sizeof crdt->gone.items[0];
    if (state_is_counter (crdt->type))
        return bytes + crdt->as.counter.capacity * sizeof (state_tally_t);
    return bytes +
           (crdt->type == MST_CRDT_LWW ? crdt->as.reg.far_capacity : state_causal_memory (crdt));
}
