/*  Rumour mongering with feedback (Demers et al. 1987, "Epidemic algorithms for replicated database
    maintenance"): in a round each replica tells a few peers the changes that these, as far as it
    knows, lack; they answer how far they are. A change grows cold when all have it, or after as
   many rounds as it may make hops.

    A change on the way: origin, number (8 bytes each), consistency, hops, type, 0; sizes of the
   path, of what it needs (4 each) and of its data (4); these three. */
#include "state/store.h"
#include "base/alloc.h"

enum { RECORD_HEAD = 32, RECORD_HOPS = 17 };

void store_change_free (store_change_t *change)
{
    base_free (change->data);
    change->data = NULL;
}

size_t store_changes_count (const mst_store_t *self)
{
    return self->changes.count;
}

/*  The oldest goes when there is no room: anti-entropy serves whoever lacks it still. */
mst_err_t store_change_keep (mst_store_t *self, store_change_t *change)
{
    base_assert (change->data != NULL && self->changes.count <= self->options.changes_max);
    if (self->changes.count < self->options.changes_max) {
        if (BASE_LIST_PUSH (&self->changes, *change) == MST_OK)
            return MST_OK;
        store_change_free (change);
        return base_alloc_error ();
    }
    store_change_free (&self->changes.items[self->change_head]);
    self->changes.items[self->change_head] = *change;
    self->change_head = (self->change_head + 1) % self->changes.count;
    return MST_OK;
}

/*  Records ----------------------------------------------------------------------------------- */

bool store_record_read (const uint8_t *data, size_t size_bytes, store_record_t *record)
{
    state_reader_t reader = state_reader (data, size_bytes);
    record->origin = state_take64 (&reader);
    record->number = state_take64 (&reader);
    record->consistency = state_take8 (&reader);
    record->hops = state_take8 (&reader);
    record->type = state_take8 (&reader);
    (void) state_take8 (&reader);
    record->path_bytes = state_take32 (&reader);
    record->need_count = state_take32 (&reader);
    record->size_bytes = state_take32 (&reader);
    record->path = (const char *) state_take (&reader, record->path_bytes);
    record->needs = state_take (&reader, (size_t) record->need_count * 16);
    record->data = state_take (&reader, record->size_bytes);
    return !reader.bad && reader.at == reader.end && record->origin != 0 && record->number != 0 &&
           record->path_bytes > 0 && record->path_bytes <= MST_STORE_PATH_MAX &&
           record->consistency <= MST_CONSISTENCY_CAUSAL && state_type_known (record->type) &&
           (record->consistency == MST_CONSISTENCY_CAUSAL || record->need_count == 0);
}

/*  Everything seen when the change was made, for causal ones. */
static mst_err_t record_write (mst_store_t *self, const store_object_t *object,
                               mst_consistency_t consistency, const mst_bytes_t *delta,
                               mst_bytes_t *bytes)
{
    bool causal = consistency == MST_CONSISTENCY_CAUSAL;
    size_t needs = causal ? self->origins.count : 0;
    uint8_t *at, *counts;
    uint32_t need_count = 0;
    mst_err_t err = state_bytes_room (
        bytes, RECORD_HEAD + object->path_bytes + 16 * needs + delta->size_bytes, &at);
    if (err)
        return err;
    at = base_little_put64 (at, self->options.replica);
    at = base_little_put64 (at, self->origins.items[0].prefix + 1);
    *at++ = (uint8_t) consistency;
    *at++ = 0;
    *at++ = object->crdt->type;
    *at++ = 0;
    counts = base_little_put32 (at, object->path_bytes);
    at = base_little_put32 (counts + 4, (uint32_t) delta->size_bytes);
    at = state_put (at, object->path, object->path_bytes);
    for (size_t i = 0; i < needs; i++) {
        const store_origin_t *origin = &self->origins.items[i];
        if (origin->prefix == 0)
            continue;
        at = base_little_put64 (base_little_put64 (at, origin->replica), origin->prefix);
        need_count++;
    }
    (void) base_little_put32 (counts, need_count);
    state_bytes_end (bytes, state_put (at, delta->data, delta->size_bytes));
    return MST_OK;
}

static mst_err_t commit_delta (mst_store_t *self, store_object_t *object,
                               mst_consistency_t consistency, const mst_bytes_t *delta)
{
    mst_bytes_t bytes = { 0 };
    if (delta->size_bytes > STORE_CHANGE_MAX)
        return base_error (MST_E_LIMIT,
                           "a change of %zu bytes at \"%.*s\": 64 MiB at most; commit "
                           "more often, or use several objects",
                           delta->size_bytes, (int) object->path_bytes, object->path);
    mst_err_t err = record_write (self, object, consistency, delta, &bytes);
    store_change_t change = { .origin = self->options.replica,
                              .number = self->origins.items[0].prefix + 1,
                              .data = bytes.data,
                              .size_bytes = (uint32_t) bytes.size_bytes };
    if (!err)
        err = store_touch (self, object);
    if (err)
        mst_bytes_free (&bytes);
    else
        err = store_change_keep (self, &change);
    if (err)
        return err;
    self->origins.items[0].prefix++;
    self->stats.changes_made++;
    object->committed = store_own_count (object->crdt);
    return MST_OK;
}

/*  Only one's own changes are told; what others did they tell themselves. */
mst_err_t mst_store_commit (mst_store_t *store, const char *path, size_t path_bytes,
                            mst_consistency_t consistency)
{
    store_object_t *object = store_object (store, path, path_bytes);
    mst_err_t err = mst_store_allows (store, consistency);
    if (!err && !object)
        err = base_error (MST_E_INVALID_ARGUMENT, "there is no object at \"%.*s\"",
                          (int) path_bytes, path);
    if (err || store_own_count (object->crdt) == object->committed)
        return err;
    size_t count = 0;
    err = store_version (store, object->crdt, &count);
    if (err)
        return err;
    for (size_t i = 0; i < count; i++)
        if (store->dots.items[i].replica == store->options.replica)
            store->dots.items[i].count = object->committed;
    store->scratch.size_bytes = 0;
    err = mst_crdt_encode_since (object->crdt, store->dots.items, count, &store->scratch, NULL);
    return err ? err : commit_delta (store, object, consistency, &store->scratch);
}

/*  Telling ----------------------------------------------------------------------------------- */

static bool lacks (const mst_store_t *self, const store_peer_t *peer, const store_change_t *change)
{
    if (peer->replica == change->origin)
        return false;
    uint32_t origin = store_origin_find (self, change->origin);
    return origin != STATE_NONE && store_peer_known (peer, origin) < change->number;
}

static bool tells (const mst_store_t *self, const store_peer_t *peer, const store_change_t *change,
                   bool all)
{
    if (!lacks (self, peer, change))
        return false;
    return all || (change->rounds < self->options.gossip_hops && peer->replica != change->from &&
                   change->hops < self->options.gossip_hops);
}

/*  In the order in which they came here: what something builds on goes before it. */
static store_change_t *change_at (mst_store_t *self, size_t index)
{
    base_assert (index < self->changes.count);
    return &self->changes.items[(self->change_head + index) % self->changes.count];
}

static mst_err_t change_put (mst_bytes_t *bytes, const store_change_t *change)
{
    uint8_t *at;
    base_assert (change->size_bytes >= RECORD_HEAD);
    mst_err_t err = state_bytes_room (bytes, 4 + (size_t) change->size_bytes, &at);
    if (err)
        return err;
    at = base_little_put32 (at, change->size_bytes);
    uint8_t *end = state_put (at, change->data, change->size_bytes);
    at[RECORD_HOPS] = (uint8_t) (change->hops + 1);
    state_bytes_end (bytes, end);
    return MST_OK;
}

/*  `all`: also what has grown cold, when a comparison shows that it is lacking. */
mst_err_t store_changes_send (mst_store_t *self, store_peer_t *peer, bool all, uint32_t *sent)
{
    mst_bytes_t *bytes = NULL;
    mst_err_t err = MST_OK;
    *sent = 0;
    for (size_t i = 0; !err && i < self->changes.count; i++) {
        const store_change_t *change = change_at (self, i);
        if (!tells (self, peer, change, all))
            continue;
        if (!bytes)
            err = store_out_begin (self, peer->replica, STORE_CHANGES, &bytes);
        if (!err)
            err = change_put (bytes, change);
        *sent += !err;
        if (err || bytes->size_bytes < self->options.message_bytes)
            continue;
        store_out_end (self);
        bytes = NULL;
    }
    if (bytes && err)
        store_out_drop (self);
    else if (bytes)
        store_out_end (self);
    return err;
}

/*  Are all changes that the peer lacks still kept, one after the other? */
bool store_changes_cover (const mst_store_t *self, const store_peer_t *peer)
{
    BASE_LIST_EACH (&self->origins, o) {
        const store_origin_t *origin = &self->origins.items[o];
        uint64_t known = store_peer_known (peer, (uint32_t) o), kept = 0;
        if (origin->replica == peer->replica || known >= origin->prefix)
            continue;
        BASE_LIST_EACH (&self->changes, c) {
            const store_change_t *change = &self->changes.items[c];
            kept += change->origin == origin->replica && change->number > known &&
                    change->number <= origin->prefix;
        }
        if (kept < origin->prefix - known)
            return false;
    }
    return true;
}

static uint64_t draw (mst_store_t *self, uint64_t below)
{
    base_assert (below > 0);
    self->draw++;
    return state_hash_mix (self->draw, self->options.seed ^ self->options.replica) % below;
}

static bool peer_lacks_any (mst_store_t *self, const store_peer_t *peer)
{
    for (size_t i = 0; i < self->changes.count; i++)
        if (tells (self, peer, change_at (self, i), false))
            return true;
    return false;
}

/*  Those who lack something, in a random order; the first few are told. */
static mst_err_t round_tell (mst_store_t *self, uint32_t *who, uint32_t count)
{
    mst_err_t err = MST_OK;
    base_assert (count <= self->peers.count);
    for (uint32_t i = 0; !err && i < count && i < self->options.gossip_fanout; i++) {
        uint32_t pick = i + (uint32_t) draw (self, count - i), sent;
        uint32_t peer = who[pick];
        who[pick] = who[i];
        err = store_changes_send (self, &self->peers.items[peer], false, &sent);
    }
    return err;
}

static void round_count (mst_store_t *self)
{
    for (size_t i = 0; i < self->changes.count; i++) {
        store_change_t *change = change_at (self, i);
        bool lacking = false;
        BASE_LIST_EACH (&self->peers, p) {
            lacking |= lacks (self, &self->peers.items[p], change);
        }
        change->rounds += lacking && change->rounds < self->options.gossip_hops;
    }
}

mst_err_t store_gossip_tick (mst_store_t *self)
{
    uint32_t *who = base_alloc ((self->peers.count + 1) * sizeof *who), count = 0;
    if (!who)
        return base_alloc_error ();
    BASE_LIST_EACH (&self->peers, i) {
        if (peer_lacks_any (self, &self->peers.items[i]))
            who[count++] = (uint32_t) i;
    }
    mst_err_t err = round_tell (self, who, count);
    base_free (who);
    if (err || count == 0)
        return err;
    round_count (self);
    self->stats.rounds_gossip++;
    return MST_OK;
}

/*  Hearing ----------------------------------------------------------------------------------- */

static mst_err_t change_copy (const uint8_t *data, uint32_t size_bytes,
                              const store_record_t *record, uint64_t from, store_change_t *change)
{
    *change = (store_change_t){ .origin = record->origin,
                                .number = record->number,
                                .from = from,
                                .hops = (uint8_t) record->hops,
                                .size_bytes = size_bytes };
    change->data = base_alloc (size_bytes);
    if (!change->data)
        return base_alloc_error ();
    memcpy (change->data, data, size_bytes);
    return MST_OK;
}

/*  Too far ahead of what is here: not even worth waiting with; it comes again. */
static bool beyond_window (const mst_store_t *self, const store_record_t *record)
{
    uint32_t origin = store_origin_find (self, record->origin);
    uint64_t prefix = origin == STATE_NONE ? 0 : self->origins.items[origin].prefix;
    return record->number > prefix + STORE_WINDOW;
}

static mst_err_t change_hear (mst_store_t *self, const uint8_t *data, uint32_t size_bytes,
                              uint64_t from)
{
    store_record_t record;
    store_change_t change;
    mst_dot_t missing;
    if (!store_record_read (data, size_bytes, &record))
        return base_error (MST_E_MALFORMED, "a change in a store's message does not decode");
    if (store_is_forgotten (self, record.origin))
        return MST_OK;
    if (record.origin == self->options.replica ||
        store_origin_has (self, record.origin, record.number) ||
        store_early_has (self, record.origin, record.number)) {
        self->stats.changes_known++;
        return MST_OK;
    }
    if (beyond_window (self, &record)) {
        self->stats.early_dropped++;
        return MST_OK;
    }
    mst_err_t err = change_copy (data, size_bytes, &record, from, &change);
    if (err)
        return err;
    err = store_record_apply (self, &record, &missing);
    if (err == MST_E_STATE_GAP)
        return store_early_put (self, &change, missing);
    if (!err)
        return store_change_keep (self, &change);
    store_change_free (&change);
    return err;
}

static mst_err_t worst (mst_err_t so_far, mst_err_t err)
{
    return so_far ? so_far : err;
}

/*  One bad change does not spoil the others. */
mst_err_t store_changes_take (mst_store_t *self, uint64_t from, state_reader_t *reader)
{
    mst_err_t result = MST_OK;
    mst_bytes_t *bytes;
    while (state_reader_left (reader) > 0 && result != MST_E_NO_MEMORY) {
        uint32_t size_bytes = state_take32 (reader);
        const uint8_t *data = state_take (reader, size_bytes);
        if (!data)
            return base_error (MST_E_MALFORMED, "a store's message is cut in a change");
        result = worst (result, change_hear (self, data, size_bytes, from));
    }
    result = worst (result, store_early_retry (self));
    mst_err_t err = store_out_begin (self, from, STORE_HAVE, &bytes);
    if (err)
        return worst (result, err);
    err = store_have_put (self, bytes);
    if (err)
        store_out_drop (self);
    else
        store_out_end (self);
    return worst (result, err);
}
