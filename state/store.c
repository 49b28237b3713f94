/*  The life of a store: its objects, its rounds, its peers. */
#include "state/store.h"
#include "base/alloc.h"

#define STORE_GOSSIP_NS  5000000000u
#define STORE_ENTROPY_NS 30000000000u

enum {
    STORE_FANOUT = 3,
    STORE_HOPS = 10,
    STORE_HOPS_MAX = 200,
    STORE_CHANGES_MAX = 65536,
    STORE_EARLY_MAX = 4096,
    STORE_MESSAGE_BYTES = 1024 * 1024
};

static mst_store_options_t options_fill (const mst_store_options_t *given)
{
    mst_store_options_t out = *given;
    out.gossip_interval_ns = out.gossip_interval_ns ? out.gossip_interval_ns : STORE_GOSSIP_NS;
    out.gossip_fanout = out.gossip_fanout ? out.gossip_fanout : STORE_FANOUT;
    out.gossip_hops = out.gossip_hops ? out.gossip_hops : STORE_HOPS;
    out.entropy_interval_ns = out.entropy_interval_ns ? out.entropy_interval_ns : STORE_ENTROPY_NS;
    out.max_drift_ns = out.max_drift_ns ? out.max_drift_ns : MST_HLC_DRIFT_NS;
    out.changes_max = out.changes_max ? out.changes_max : STORE_CHANGES_MAX;
    out.early_max = out.early_max ? out.early_max : STORE_EARLY_MAX;
    out.message_bytes = out.message_bytes ? out.message_bytes : STORE_MESSAGE_BYTES;
    return out;
}

mst_err_t mst_store_new (const mst_store_options_t *options, mst_store_t **store)
{
    uint32_t own;
    *store = NULL;
    if (options->replica == 0 || options->gossip_hops > STORE_HOPS_MAX)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "a store needs a replica that is not 0, and "
                           "at most %d hops",
                           STORE_HOPS_MAX);
    mst_store_t *self = base_calloc (1, sizeof *self);
    if (!self)
        return base_alloc_error ();
    self->options = options_fill (options);
    self->clock.max_drift_ns = self->options.max_drift_ns;
    base_names_init (&self->paths);
    mst_err_t err = store_origin_make (self, options->replica, &own);
    if (err)
        mst_store_destroy (&self);
    *store = self;
    return err;
}

static void peer_fini (store_peer_t *peer)
{
    BASE_LIST_FINI (&peer->known);
}

static void objects_fini (mst_store_t *self)
{
    BASE_LIST_EACH (&self->objects, i) {
        base_free (self->objects.items[i].path);
        mst_crdt_destroy (&self->objects.items[i].crdt);
    }
    BASE_LIST_FINI (&self->objects);
    base_names_fini (&self->paths);
    store_tree_fini (self);
}

void mst_store_destroy (mst_store_t **store)
{
    mst_store_t *self = store ? *store : NULL;
    if (!self)
        return;
    objects_fini (self);
    BASE_LIST_EACH (&self->peers, i) {
        peer_fini (&self->peers.items[i]);
    }
    BASE_LIST_EACH (&self->changes, c) {
        store_change_free (&self->changes.items[c]);
    }
    BASE_LIST_EACH (&self->early, e) {
        store_change_free (&self->early.items[e].change);
    }
    BASE_LIST_EACH (&self->out, o) {
        mst_bytes_free (&self->out.items[o].bytes);
    }
    BASE_LIST_FINI (&self->origins);
    BASE_LIST_FINI (&self->peers);
    BASE_LIST_FINI (&self->forgotten);
    BASE_LIST_FINI (&self->changes);
    BASE_LIST_FINI (&self->early);
    BASE_LIST_FINI (&self->out);
    BASE_LIST_FINI (&self->reports);
    BASE_LIST_FINI (&self->dirty);
    BASE_LIST_FINI (&self->dots);
    mst_bytes_free (&self->taken);
    mst_bytes_free (&self->scratch);
    base_free (self);
    *store = NULL;
}

/*  Objects ----------------------------------------------------------------------------------- */

store_object_t *store_object (mst_store_t *self, const char *path, size_t path_bytes)
{
    uint64_t index;
    if (!path || path_bytes == 0 || !base_names_get (&self->paths, path, path_bytes, &index))
        return NULL;
    base_assert (index < self->objects.count);
    return &self->objects.items[index];
}

mst_err_t store_object_make (mst_store_t *self, const char *path, size_t path_bytes, unsigned type,
                             store_object_t **out)
{
    if (!path || path_bytes == 0 || path_bytes > MST_STORE_PATH_MAX)
        return base_error (MST_E_INVALID_ARGUMENT, "a path has 1 … MST_STORE_PATH_MAX (%d) bytes",
                           MST_STORE_PATH_MAX);
    store_object_t object = { .path_bytes = (uint32_t) path_bytes, .next = STATE_NONE };
    object.path_hash = state_hash (STATE_HASH_A, path, path_bytes);
    mst_err_t err = mst_crdt_new ((mst_crdt_type_t) type, self->options.replica, &object.crdt);
    if (err)
        return err;
    object.crdt->forgotten = self->forgotten_sum;
    object.path = base_strndup (path, path_bytes);
    if (!object.path || BASE_LIST_ROOM (&self->objects) ||
        base_names_set (&self->paths, path, path_bytes, self->objects.count)) {
        base_free (object.path);
        mst_crdt_destroy (&object.crdt);
        return base_alloc_error ();
    }
    BASE_LIST_PUT (&self->objects, object);
    *out = &self->objects.items[self->objects.count - 1];
    return MST_OK;
}

static mst_err_t type_differs (const store_object_t *object, unsigned type)
{
    return base_error (MST_E_STATE_DIFFERS, "\"%.*s\" is a %s here, not a %s: use another path",
                       (int) object->path_bytes, object->path,
                       mst_crdt_type_name ((mst_crdt_type_t) object->crdt->type),
                       mst_crdt_type_name ((mst_crdt_type_t) type));
}

mst_err_t mst_store_open (mst_store_t *store, const char *path, size_t path_bytes,
                          mst_crdt_type_t type, mst_crdt_t **crdt)
{
    store_object_t *object = store_object (store, path, path_bytes);
    mst_err_t err = MST_OK;
    *crdt = NULL;
    if (!object)
        err = store_object_make (store, path, path_bytes, (unsigned) type, &object);
    else if (object->crdt->type != (unsigned) type)
        err = type_differs (object, (unsigned) type);
    if (!err)
        *crdt = object->crdt;
    return err;
}

const mst_crdt_t *mst_store_find (const mst_store_t *store, const char *path, size_t path_bytes)
{
    uint64_t index;
    if (!path || path_bytes == 0 || !base_names_get (&store->paths, path, path_bytes, &index))
        return NULL;
    return store->objects.items[index].crdt;
}

size_t mst_store_size (const mst_store_t *store)
{
    return store->objects.count;
}

static int path_compare (const void *context, uint32_t a, uint32_t b)
{
    const mst_store_t *self = context;
    const store_object_t *left = &self->objects.items[a], *right = &self->objects.items[b];
    return state_bytes_compare (left->path, left->path_bytes, right->path, right->path_bytes);
}

mst_err_t mst_store_each (const mst_store_t *store, const char *prefix, size_t prefix_bytes,
                          mst_store_visit_t *visit, void *context)
{
    uint32_t *found = base_alloc ((store->objects.count + 1) * 2 * sizeof *found), count = 0;
    if (!found)
        return base_alloc_error ();
    BASE_LIST_EACH (&store->objects, i) {
        const store_object_t *object = &store->objects.items[i];
        if (object->path_bytes >= prefix_bytes &&
            (prefix_bytes == 0 || memcmp (object->path, prefix, prefix_bytes) == 0))
            found[count++] = (uint32_t) i;
    }
    state_sort (found, found + count, count, path_compare, store);
    for (uint32_t i = 0; i < count; i++) {
        const store_object_t *object = &store->objects.items[found[i]];
        if (!visit (context, object->path, object->path_bytes, object->crdt))
            break;
    }
    base_free (found);
    return MST_OK;
}

uint64_t store_own_count (const mst_crdt_t *crdt)
{
    const state_counter_t *counter = &crdt->as.counter;
    if (state_is_causal (crdt->type))
        return crdt->as.causal.rows[0].count;
    if (crdt->type == MST_CRDT_LWW)
        return crdt->as.reg.replica == crdt->replica ? crdt->as.reg.stamp : 0;
    for (uint32_t i = 0; i < counter->count; i++)
        if (counter->rows[i].replica == crdt->replica)
            return counter->rows[i].up + counter->rows[i].down;
    return 0;
}

mst_err_t store_version (mst_store_t *self, const mst_crdt_t *crdt, size_t *count)
{
    *count = mst_crdt_version (crdt, NULL, 0);
    self->dots.count = 0;
    while (self->dots.capacity < *count) {
        mst_err_t err = base_list_grow ((void **) &self->dots.items, self->dots.capacity,
                                        &self->dots.capacity, sizeof *self->dots.items);
        if (err)
            return err;
    }
    self->dots.count = mst_crdt_version (crdt, self->dots.items, *count);
    base_assert (self->dots.count == *count);
    return MST_OK;
}

mst_err_t store_touch (mst_store_t *self, store_object_t *object)
{
    base_assert (object >= self->objects.items &&
                 object < self->objects.items + self->objects.count);
    if (object->dirty)
        return MST_OK;
    if (BASE_LIST_PUSH (&self->dirty, (uint32_t) (object - self->objects.items)))
        return base_alloc_error ();
    object->dirty = object->shared = true;
    return MST_OK;
}

mst_err_t store_report (mst_store_t *self, store_object_t *object, uint64_t origin, bool made)
{
    base_assert (object >= self->objects.items &&
                 object < self->objects.items + self->objects.count);
    if (object->reported) {
        object->origin = object->origin == origin ? origin : 0;
        return MST_OK;
    }
    if (BASE_LIST_PUSH (&self->reports, (uint32_t) (object - self->objects.items)))
        return base_alloc_error ();
    object->reported = true;
    object->origin = origin;
    object->made = made;
    return MST_OK;
}

bool mst_store_take_change (mst_store_t *store, mst_store_change_t *change)
{
    if (store->report_taken == store->reports.count) {
        store->report_taken = store->reports.count = 0;
        return false;
    }
    store_object_t *object = &store->objects.items[store->reports.items[store->report_taken++]];
    *change = (mst_store_change_t){ .path = object->path,
                                    .path_bytes = object->path_bytes,
                                    .crdt = object->crdt,
                                    .origin = object->origin,
                                    .made = object->made };
    object->reported = object->made = false;
    return true;
}

/*  Merging ----------------------------------------------------------------------------------- */

static void refusal_count (mst_store_t *self, mst_err_t err)
{
    self->stats.refused_malformed += err == MST_E_MALFORMED;
    self->stats.refused_version += err == MST_E_VERSION;
    self->stats.refused_type += err == MST_E_STATE_DIFFERS;
    self->stats.refused_clock += err == MST_E_CLOCK_AHEAD;
}

/*  Room for what follows a merge, so that it cannot fail any more. */
static mst_err_t after_reserve (mst_store_t *self)
{
    return BASE_LIST_ROOM (&self->dirty) || BASE_LIST_ROOM (&self->reports) ? base_alloc_error ()
                                                                            : MST_OK;
}

/*  An object that was made for bytes that are refused. */
static void object_unmake (mst_store_t *self)
{
    base_assert (self->objects.count > 0);
    store_object_t *object = &self->objects.items[--self->objects.count];
    (void) base_names_remove (&self->paths, object->path, object->path_bytes);
    base_free (object->path);
    mst_crdt_destroy (&object->crdt);
}

/*  What lies between this replica's own last commit and now is not told twice: own changes that
   come back from others (after a load of an older state) count as committed. */
static mst_err_t object_merge (mst_store_t *self, store_object_t *object, const uint8_t *data,
                               size_t size_bytes, bool made, bool *changed)
{
    uint64_t latest = mst_hlc_from_ns (self->now_ns + self->options.max_drift_ns) | 0xffff;
    bool whole = size_bytes > 2 && data[2] == 0, settled;
    settled = store_own_count (object->crdt) == object->committed;
    if (made && whole && size_bytes >= STATE_HEAD_BYTES &&
        base_little_get64 (data + 8) != self->forgotten_sum)
        return base_error (MST_E_STATE_DIFFERS, "an object of a replica that has forgotten others");
    mst_err_t err = state_merge (object->crdt, data, size_bytes, made && whole, latest, changed);
    if (!err && settled)
        object->committed = store_own_count (object->crdt);
    return err;
}

mst_err_t store_merge (mst_store_t *self, const char *path, size_t path_bytes, unsigned type,
                       const uint8_t *data, size_t size_bytes, uint64_t origin, bool *changed)
{
    store_object_t *object = store_object (self, path, path_bytes);
    bool made = !object;
    *changed = false;
    mst_err_t err = after_reserve (self);
    if (!err && made)
        err = store_object_make (self, path, path_bytes, type, &object);
    else if (!err && object->crdt->type != type)
        err = type_differs (object, type);
    if (err) {
        refusal_count (self, err);
        return err;
    }
    bool was_shared = object->shared;
    err = object_merge (self, object, data, size_bytes, made, changed);
    if (err && made)
        object_unmake (self);
    if (!err && (*changed || !was_shared)) {
        (void) store_touch (self, object);
        err = store_report (self, object, origin, made);
    }
    refusal_count (self, err);
    return err;
}

/*  Rounds ------------------------------------------------------------------------------------ */

mst_err_t mst_store_allows (const mst_store_t *store, mst_consistency_t consistency)
{
    base_assert (store != NULL);
    if (consistency == MST_CONSISTENCY_EVENTUAL || consistency == MST_CONSISTENCY_CAUSAL)
        return MST_OK;
    if (consistency != MST_CONSISTENCY_STRONG)
        return base_error (MST_E_INVALID_ARGUMENT, "%d is no consistency", (int) consistency);
    return base_error (MST_E_NOT_SUPPORTED,
                       "a strong change needs one order for all, which only a "
                       "cluster can give, and this store has none: make this kind of operation "
                       "causal or eventual");
}

mst_err_t mst_store_stamp (mst_store_t *store, uint64_t time_ns, uint64_t *stamp)
{
    if (time_ns > store->now_ns)
        store->now_ns = time_ns;
    if (mst_hlc_to_ns (store->clock.last) > store->now_ns + store->options.max_drift_ns)
        return base_error (MST_E_CLOCK_AHEAD,
                           "this store's clock runs %.3f s ahead of the time: it "
                           "was set back",
                           (double) (mst_hlc_to_ns (store->clock.last) - store->now_ns) * 1e-9);
    *stamp = mst_hlc_tick (&store->clock, store->now_ns);
    return MST_OK;
}

uint64_t mst_store_next_tick (const mst_store_t *store)
{
    return store->gossip_due_ns < store->entropy_due_ns ? store->gossip_due_ns
                                                        : store->entropy_due_ns;
}

/*  By turns, beginning somewhere: each peer is compared with in as many intervals as there are. */
static mst_err_t entropy_tick (mst_store_t *self)
{
    if (self->peers.count == 0)
        return MST_OK;
    uint64_t first = state_hash_mix (self->options.seed, self->options.replica);
    size_t pick = (size_t) ((first + self->stats.rounds_entropy) % self->peers.count);
    mst_err_t err = store_compare_begin (self, self->peers.items[pick].replica);
    if (!err)
        self->stats.rounds_entropy++;
    return err;
}

static uint64_t due_after (uint64_t due_ns, uint64_t now_ns, uint64_t interval_ns)
{
    return due_ns + interval_ns > now_ns ? due_ns + interval_ns : now_ns + interval_ns;
}

mst_err_t mst_store_tick (mst_store_t *store, uint64_t time_ns)
{
    mst_err_t err = MST_OK;
    if (time_ns > store->now_ns)
        store->now_ns = time_ns;
    time_ns = store->now_ns;
    if (store->gossip_due_ns == 0) { /* the first: rounds begin one interval from here */
        store->gossip_due_ns = time_ns + store->options.gossip_interval_ns;
        store->entropy_due_ns = time_ns + store->options.entropy_interval_ns;
        return MST_OK;
    }
    (void) mst_hlc_tick (&store->clock, time_ns);
    if (time_ns >= store->gossip_due_ns) {
        err = store_gossip_tick (store);
        if (!err)
            store->gossip_due_ns =
                due_after (store->gossip_due_ns, time_ns, store->options.gossip_interval_ns);
    }
    if (!err && time_ns >= store->entropy_due_ns) {
        err = entropy_tick (store);
        if (!err)
            store->entropy_due_ns =
                due_after (store->entropy_due_ns, time_ns, store->options.entropy_interval_ns);
    }
    return err;
}

mst_err_t mst_store_sync (mst_store_t *store, uint64_t peer, uint64_t time_ns)
{
    if (time_ns > store->now_ns)
        store->now_ns = time_ns;
    if (!store_peer (store, peer))
        return base_error (MST_E_INVALID_ARGUMENT, "replica %llu is no peer of this store",
                           (unsigned long long) peer);
    return store_compare_begin (store, peer);
}

mst_err_t mst_store_hash (mst_store_t *store, uint64_t *hash)
{
    mst_err_t err = store_tree_settle (store);
    if (!err)
        *hash = store_tree_sum (store, 0, 0);
    return err;
}

void mst_store_stats (const mst_store_t *store, mst_store_stats_t *stats)
{
    *stats = store->stats;
}

/*  Peers ------------------------------------------------------------------------------------- */

bool store_is_forgotten (const mst_store_t *self, uint64_t replica)
{
    BASE_LIST_EACH (&self->forgotten, i) {
        if (self->forgotten.items[i] == replica)
            return true;
    }
    return false;
}

mst_err_t mst_store_peer_add (mst_store_t *store, uint64_t peer)
{
    store_peer_t fresh = { .replica = peer };
    if (peer == 0 || peer == store->options.replica || store_is_forgotten (store, peer))
        return base_error (MST_E_INVALID_ARGUMENT,
                           "replica %llu cannot be a peer: it is nobody, this "
                           "one, or forgotten",
                           (unsigned long long) peer);
    if (store_peer (store, peer))
        return MST_OK;
    if (store->peers.count >= MST_STORE_PEERS_MAX)
        return base_error (MST_E_LIMIT, "MST_STORE_PEERS_MAX (%d) is reached", MST_STORE_PEERS_MAX);
    return BASE_LIST_PUSH (&store->peers, fresh) ? base_alloc_error () : MST_OK;
}

/*  What others have said since then counts anew for forgetting. */
void mst_store_peer_remove (mst_store_t *store, uint64_t peer)
{
    store_peer_t *found = store_peer (store, peer);
    if (!found)
        return;
    peer_fini (found);
    *found = store->peers.items[--store->peers.count];
    BASE_LIST_EACH (&store->peers, i) {
        store->peers.items[i].answered = false;
    }
}

static mst_err_t object_forget (mst_store_t *self, store_object_t *object, uint64_t replica)
{
    mst_err_t err = state_forget (object->crdt, replica);
    return !err && object->shared ? store_touch (self, object) : err;
}

/*  An object that failed to forget (no memory) refuses to merge until it does; a second try begins
    where the first one ended. */
mst_err_t store_forget_now (mst_store_t *self, uint64_t replica)
{
    base_assert (replica != 0 && replica != self->options.replica);
    uint64_t sum = self->forgotten_sum + state_hash_mix (replica, 1);
    if (self->forgotten.count >= MST_STORE_FORGOTTEN_MAX)
        return base_error (MST_E_LIMIT, "MST_STORE_FORGOTTEN_MAX (%d) is reached",
                           MST_STORE_FORGOTTEN_MAX);
    if (BASE_LIST_ROOM (&self->forgotten))
        return base_alloc_error ();
    BASE_LIST_EACH (&self->objects, i) {
        store_object_t *object = &self->objects.items[i];
        mst_err_t err =
            object->crdt->forgotten == sum ? MST_OK : object_forget (self, object, replica);
        if (err)
            return err;
    }
    BASE_LIST_PUT (&self->forgotten, replica);
    self->forgotten_sum = sum;
    uint32_t origin = store_origin_find (self, replica);
    mst_store_peer_remove (self, replica);
    BASE_LIST_EACH (&self->peers, p) { /* rows keep their places in what peers have said */
        if (origin != STATE_NONE && origin < self->peers.items[p].known.count)
            self->peers.items[p].known.items[origin] = 0;
    }
    if (origin != STATE_NONE)
        self->origins.items[origin] = (store_origin_t){ .replica = 0 };
    return MST_OK;
}

static mst_err_t forget_wait (const store_peer_t *peer, uint64_t replica, const char *why)
{
    return base_error (MST_E_WOULD_BLOCK,
                       "replica %llu cannot be forgotten yet: peer %llu %s; try "
                       "again after the next comparison",
                       (unsigned long long) replica, (unsigned long long) peer->replica, why);
}

mst_err_t mst_store_forget (mst_store_t *store, uint64_t replica)
{
    if (replica == 0 || replica == store->options.replica || store_peer (store, replica))
        return base_error (MST_E_INVALID_ARGUMENT,
                           "replica %llu is nobody, this one, or a present "
                           "peer: remove it first",
                           (unsigned long long) replica);
    if (store_is_forgotten (store, replica))
        return MST_OK;
    BASE_LIST_EACH (&store->peers, p) {
        const store_peer_t *peer = &store->peers.items[p];
        if (!peer->answered)
            return forget_wait (peer, replica, "has not answered since the last change of peers");
        BASE_LIST_EACH (&store->origins, o) {
            if (store->origins.items[o].replica != 0 &&
                store_peer_known (peer, (uint32_t) o) != store->origins.items[o].prefix)
                return forget_wait (peer, replica, "is not where this store is");
        }
    }
    return store_forget_now (store, replica);
}
