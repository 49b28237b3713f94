/*  Anti-entropy, in three steps. DIGEST: how far one is, the root's sum, who was forgotten. Then
   the differences: the changes themselves while they are kept; else down the tree (TREE) to the
   objects of the leaves that differ (KEYS), whose versions are told (WANT) and what lies above them
   sent (STATES). ACK: how far one is now; where the roots are equal, so are the stores, and each
   has what the other says it has.

    No side remembers anything: a message that is lost ends the comparison, and the next one begins
    anew. */
#include "state/store.h"
#include "base/alloc.h"

enum { STATE_BACK = 1 /* with a version, above which an answer is wanted */ };

static mst_err_t out_close (mst_store_t *self, mst_err_t err)
{
    if (err)
        store_out_drop (self);
    else
        store_out_end (self);
    return err;
}

static mst_err_t put32 (mst_bytes_t *bytes, uint32_t value)
{
    uint8_t *at;
    mst_err_t err = state_bytes_room (bytes, 4, &at);
    if (!err)
        state_bytes_end (bytes, base_little_put32 (at, value));
    return err;
}

static mst_err_t put64 (mst_bytes_t *bytes, uint64_t value)
{
    uint8_t *at;
    mst_err_t err = state_bytes_room (bytes, 8, &at);
    if (!err)
        state_bytes_end (bytes, base_little_put64 (at, value));
    return err;
}

static mst_err_t cut (void)
{
    return base_error (MST_E_MALFORMED,
                       "a message of a comparison is cut, or holds impossible numbers");
}

/*  DIGEST and ACK ---------------------------------------------------------------------------- */

static mst_err_t summary_put (mst_store_t *self, mst_bytes_t *bytes, uint32_t answer)
{
    mst_err_t err = put32 (bytes, answer);
    if (!err)
        err = put64 (bytes, store_tree_sum (self, 0, 0));
    return err ? err : store_have_put (self, bytes);
}

/*  `answer`: one is wanted. */
static mst_err_t summary_send (mst_store_t *self, uint64_t peer, store_kind_t kind, uint32_t answer)
{
    mst_bytes_t *bytes;
    mst_err_t err = store_tree_settle (self);
    if (!err)
        err = store_out_begin (self, peer, kind, &bytes);
    if (err)
        return err;
    err = summary_put (self, bytes, answer);
    if (!err && kind == STORE_DIGEST) {
        err = put32 (bytes, (uint32_t) self->forgotten.count);
        for (size_t i = 0; !err && i < self->forgotten.count; i++)
            err = put64 (bytes, self->forgotten.items[i]);
    }
    return out_close (self, err);
}

mst_err_t store_compare_begin (mst_store_t *self, uint64_t peer)
{
    return summary_send (self, peer, STORE_DIGEST, 1);
}

/*  Equal roots: what the other has, is here, too. */
static mst_err_t adopt (mst_store_t *self, const store_peer_t *peer)
{
    BASE_LIST_EACH (&self->origins, i) {
        if (i > 0)
            store_origin_raise (&self->origins.items[i], store_peer_known (peer, (uint32_t) i));
    }
    return store_early_retry (self);
}

/*  Sequences shrink when all peers have said that they are exactly here. */
bool mst_store_alike (const mst_store_t *self)
{
    base_assert (self != NULL);
    BASE_LIST_EACH (&self->peers, p) {
        const store_peer_t *peer = &self->peers.items[p];
        if (!peer->answered)
            return false;
        BASE_LIST_EACH (&self->origins, o) {
            if (store_peer_known (peer, (uint32_t) o) != self->origins.items[o].prefix)
                return false;
        }
    }
    return self->peers.count > 0 && self->early.count == 0;
}

static mst_err_t trim_all (mst_store_t *self)
{
    BASE_LIST_EACH (&self->objects, i) {
        store_object_t *object = &self->objects.items[i];
        size_t count;
        uint64_t before, after;
        unsigned type = object->crdt->type;
        if ((type != MST_CRDT_RGA && type != MST_CRDT_ORMAP) || !object->shared ||
            store_own_count (object->crdt) != object->committed)
            continue;
        mst_err_t err = store_version (self, object->crdt, &count);
        before = object->crdt->as.causal.trimmed;
        if (!err)
            err = mst_crdt_trim (object->crdt, self->dots.items, count);
        after = object->crdt->as.causal.trimmed;
        if (!err && after != before)
            err = store_touch (self, object);
        if (err)
            return err;
    }
    return MST_OK;
}

/*  A list of forgotten replicas that can be true; the reader stays where it is. */
static mst_err_t forgotten_check (const mst_store_t *self, uint64_t sender, state_reader_t reader)
{
    uint32_t count = state_take_count (&reader, 8);
    if (count > MST_STORE_FORGOTTEN_MAX)
        return cut ();
    for (uint32_t i = 0; i < count; i++) {
        uint64_t replica = state_take64 (&reader);
        if (replica == 0 || replica == sender)
            return cut ();
        if (replica == self->options.replica)
            return base_error (MST_E_INVALID_ARGUMENT,
                               "a peer has forgotten this replica: start it "
                               "anew under a new number");
    }
    return reader.bad || reader.at != reader.end ? cut () : MST_OK;
}

/*  Those who were forgotten elsewhere are forgotten here: who did it had seen that nothing of them
   is lacking here. *lacks: the peer has not forgotten all that were forgotten here. */
static mst_err_t forgotten_take (mst_store_t *self, uint64_t sender, state_reader_t *reader,
                                 bool *lacks)
{
    mst_err_t err = forgotten_check (self, sender, *reader);
    if (err)
        return err;
    uint32_t count = state_take_count (reader, 8);
    for (uint32_t i = 0; !err && i < count; i++) {
        uint64_t replica = state_take64 (reader);
        if (!store_is_forgotten (self, replica))
            err = store_forget_now (self, replica);
    }
    *lacks = count < self->forgotten.count;
    return err;
}

static mst_err_t tree_send (mst_store_t *self, uint64_t peer, uint32_t level, const uint32_t *nodes,
                            uint32_t count);

static mst_err_t digest_answer (mst_store_t *self, store_peer_t *peer, uint64_t root, bool answer)
{
    uint32_t sent = 0, node = 0;
    mst_err_t err = store_tree_settle (self);
    if (err)
        return err;
    if (root == store_tree_sum (self, 0, 0)) {
        err = adopt (self, peer);
        return err ? err : summary_send (self, peer->replica, STORE_ACK, 0);
    }
    uint64_t replica = peer->replica;
    bool covered = store_changes_cover (self, peer);
    if (covered)
        err = store_changes_send (self, peer, true, &sent);
    if (err)
        return err;
    if (covered && answer && sent > 0)
        return summary_send (self, replica, STORE_DIGEST, 0); /* the other does the same */
    return sent > 0 ? MST_OK : tree_send (self, replica, 0, &node, 1);
}

/*  Who has not forgotten all that were forgotten here refuses any answer but a digest. */
static mst_err_t digest_take (mst_store_t *self, store_peer_t *peer, state_reader_t *reader)
{
    uint32_t answer = state_take32 (reader);
    uint64_t root = state_take64 (reader), replica = peer->replica;
    bool lacks = false;
    mst_err_t err = store_peer_learn (self, peer, reader);
    if (!err)
        err = forgotten_take (self, replica, reader, &lacks);
    if (err)
        return err;
    if (lacks)
        return store_compare_begin (self, replica);
    peer = store_peer (self, replica); /* peers that were forgotten have left the list */
    base_assert (peer != NULL);
    return digest_answer (self, peer, root, answer != 0);
}

static mst_err_t ack_take (mst_store_t *self, store_peer_t *peer, state_reader_t *reader)
{
    uint32_t answer = state_take32 (reader);
    uint64_t root = state_take64 (reader);
    mst_err_t err = store_peer_learn (self, peer, reader);
    if (!err)
        err = store_tree_settle (self);
    if (err)
        return err;
    if (root == store_tree_sum (self, 0, 0))
        err = adopt (self, peer);
    if (!err && answer)
        return summary_send (self, peer->replica, STORE_ACK, 0);
    return !err && mst_store_alike (self) ? trim_all (self) : err;
}

/*  TREE and KEYS: a level (4 bytes), then for each node its number, and the sums of its children,
   or how many objects lie below it and of each the hash of its path and its own
   -------------------- */

static mst_err_t keys_put (mst_store_t *self, mst_bytes_t *bytes, uint32_t level, uint32_t node)
{
    uint32_t keys = 0, leaf;
    mst_err_t err = put32 (bytes, node);
    size_t begin = bytes->size_bytes;
    if (!err)
        err = put32 (bytes, 0);
    for (uint32_t o = store_tree_first (self, level, node, &leaf); !err && o != STATE_NONE;
         o = store_tree_next (self, level, node, o, &leaf)) {
        err = put64 (bytes, self->objects.items[o].path_hash);
        if (!err)
            err = put64 (bytes, self->objects.items[o].sum);
        keys++;
    }
    if (!err)
        (void) base_little_put32 (bytes->data + begin, keys);
    return err;
}

static mst_err_t sums_put (mst_store_t *self, mst_bytes_t *bytes, uint32_t level, uint32_t node)
{
    base_assert (level < self->levels && self->dirty.count == 0);
    mst_err_t err = put32 (bytes, node);
    for (uint32_t child = 0; !err && child < STORE_FAN; child++)
        err = put64 (bytes, store_tree_sum (self, level + 1, node * STORE_FAN + child));
    return err;
}

/*  Sums where the tree goes on below the nodes; else objects. */
static mst_err_t tree_send (mst_store_t *self, uint64_t peer, uint32_t level, const uint32_t *nodes,
                            uint32_t count)
{
    base_assert (count > 0 && level <= STORE_LEVELS_MAX);
    mst_bytes_t *bytes;
    bool sums = level < self->levels;
    mst_err_t err = store_out_begin (self, peer, sums ? STORE_TREE : STORE_KEYS, &bytes);
    if (err)
        return err;
    err = put32 (bytes, level);
    for (uint32_t i = 0; !err && i < count; i++)
        err = sums ? sums_put (self, bytes, level, nodes[i])
                   : keys_put (self, bytes, level, nodes[i]);
    return out_close (self, err);
}

typedef BASE_LIST (uint32_t) nodes_t;

/*  Children whose sums differ; or the node itself, where the tree here does not reach so far. */
static mst_err_t tree_node_take (mst_store_t *self, uint32_t level, state_reader_t *reader,
                                 nodes_t *nodes)
{
    uint32_t node = state_take32 (reader);
    if (node >> (4 * level) != 0)
        return cut ();
    if (level >= self->levels)
        return BASE_LIST_PUSH (nodes, node) ? base_alloc_error () : MST_OK;
    for (uint32_t child = 0; child < STORE_FAN; child++) {
        uint64_t theirs = base_little_get64 (reader->at + 8 * child);
        uint32_t here = node * STORE_FAN + child;
        if (theirs != store_tree_sum (self, level + 1, here) && BASE_LIST_PUSH (nodes, here))
            return base_alloc_error ();
    }
    return MST_OK;
}

static mst_err_t tree_take (mst_store_t *self, store_peer_t *peer, state_reader_t *reader)
{
    nodes_t nodes = { 0 };
    uint32_t level = state_take32 (reader);
    mst_err_t err = level >= STORE_LEVELS_MAX ? cut () : store_tree_settle (self);
    while (!err && state_reader_left (reader) >= 4 + 8 * STORE_FAN) {
        err = tree_node_take (self, level, reader, &nodes);
        (void) state_take (reader, 8 * STORE_FAN);
    }
    if (!err && (reader->bad || reader->at != reader->end))
        err = cut ();
    if (!err && nodes.count > 0)
        err = tree_send (self, peer->replica, level < self->levels ? level + 1 : level, nodes.items,
                         (uint32_t) nodes.count);
    BASE_LIST_FINI (&nodes);
    return err;
}

/*  STATES ------------------------------------------------------------------------------------ */

/*  Objects go into messages, each ended when it is large enough. */
typedef struct sender {
    mst_store_t *store;
    uint64_t peer;
    mst_bytes_t *bytes; /* of the message under way */
    store_kind_t kind;
    uint32_t sent;
} sender_t;

static mst_err_t sender_open (sender_t *sender)
{
    mst_store_t *self = sender->store;
    if (sender->bytes && sender->bytes->size_bytes >= self->options.message_bytes) {
        store_out_end (self);
        sender->bytes = NULL;
    }
    return sender->bytes ? MST_OK
                         : store_out_begin (self, sender->peer, sender->kind, &sender->bytes);
}

static mst_err_t sender_close (sender_t *sender, mst_err_t err)
{
    if (!sender->bytes)
        return err;
    sender->bytes = NULL;
    return out_close (sender->store, err);
}

static mst_err_t version_put (mst_store_t *self, const mst_crdt_t *crdt, mst_bytes_t *bytes)
{
    size_t count;
    mst_err_t err = store_version (self, crdt, &count);
    if (!err)
        err = put32 (bytes, (uint32_t) count);
    for (size_t i = 0; !err && i < count; i++) {
        err = put64 (bytes, self->dots.items[i].replica);
        if (!err)
            err = put64 (bytes, self->dots.items[i].count);
    }
    return err;
}

/*  What an object has above a version (count 0: all), and, with `back`, its own version. */
static mst_err_t state_send (sender_t *sender, const store_object_t *object, const mst_dot_t *dots,
                             size_t count, bool back)
{
    mst_store_t *self = sender->store;
    uint8_t *at;
    self->scratch.size_bytes = 0;
    mst_err_t err = count == 0
                        ? mst_crdt_encode (object->crdt, &self->scratch)
                        : mst_crdt_encode_since (object->crdt, dots, count, &self->scratch, NULL);
    if (!err && self->scratch.size_bytes > STORE_CHANGE_MAX)
        return MST_OK; /* mst_store_commit has refused what is so large */
    if (!err)
        err = sender_open (sender);
    if (!err)
        err = state_bytes_room (sender->bytes, 10 + object->path_bytes + self->scratch.size_bytes,
                                &at);
    if (err)
        return err;
    at = state_put (base_little_put32 (at, object->path_bytes), object->path, object->path_bytes);
    *at++ = object->crdt->type;
    *at++ = back ? STATE_BACK : 0;
    at = base_little_put32 (at, (uint32_t) self->scratch.size_bytes);
    at = state_put (at, self->scratch.data, self->scratch.size_bytes);
    state_bytes_end (sender->bytes, at);
    sender->sent++;
    self->stats.states_sent++;
    return back ? version_put (self, object->crdt, sender->bytes) : MST_OK;
}

/*  A version of a message, in the store's scratch list. */
static mst_err_t version_take (mst_store_t *self, state_reader_t *reader, size_t *count)
{
    uint32_t dots = state_take_count (reader, 16);
    self->dots.count = 0;
    for (uint32_t i = 0; i < dots; i++) {
        mst_dot_t dot = { state_take64 (reader), 0 };
        dot.count = state_take64 (reader);
        if (BASE_LIST_PUSH (&self->dots, dot))
            return base_alloc_error ();
    }
    *count = self->dots.count;
    return reader->bad ? cut () : MST_OK;
}

static mst_err_t state_take_one (sender_t *sender, state_reader_t *reader)
{
    mst_store_t *self = sender->store;
    bool changed = false;
    size_t count = 0;
    uint32_t path_bytes = state_take32 (reader);
    const uint8_t *path = state_take (reader, path_bytes);
    unsigned type = state_take8 (reader), flags = state_take8 (reader);
    uint32_t size_bytes = state_take32 (reader);
    const uint8_t *data = state_take (reader, size_bytes);
    if (!data || !path || path_bytes == 0 || path_bytes > MST_STORE_PATH_MAX)
        return cut ();
    mst_err_t err = flags & STATE_BACK ? version_take (self, reader, &count) : MST_OK;
    if (err)
        return err;
    store_object_t *object = store_object (self, (const char *) path, path_bytes);
    if (object && flags & STATE_BACK && object->crdt->type == type)
        err = state_send (sender, object, self->dots.items, count, false);
    if (!err)
        err = store_merge (self, (const char *) path, path_bytes, type, data, size_bytes, 0,
                           &changed);
    self->stats.states_merged += changed;
    return err;
}

static mst_err_t states_take (mst_store_t *self, store_peer_t *peer, state_reader_t *reader)
{
    sender_t sender = { .store = self, .peer = peer->replica, .kind = STORE_STATES };
    mst_err_t result = MST_OK;
    while (state_reader_left (reader) > 0 && result != MST_E_NO_MEMORY) {
        mst_err_t err = state_take_one (&sender, reader);
        if (err != MST_E_STATE_GAP) /* it came late: the next comparison sends it again */
            result = result ? result : err;
    }
    mst_err_t err = sender_close (&sender, MST_OK);
    result = result ? result : err;
    err = store_early_retry (self);
    result = result ? result : err;
    if (sender.sent == 0 && result != MST_E_NO_MEMORY) {
        err = summary_send (self, sender.peer, STORE_ACK, 1);
        result = result ? result : err;
    }
    return result;
}

/*  KEYS and WANT ----------------------------------------------------------------------------- */

static store_object_t *object_of (mst_store_t *self, uint64_t path_hash)
{
    uint32_t leaf, node = self->levels ? (uint32_t) (path_hash >> (64 - 4 * self->levels)) : 0;
    for (uint32_t o = store_tree_first (self, self->levels, node, &leaf); o != STATE_NONE;
         o = store_tree_next (self, self->levels, node, o, &leaf))
        if (self->objects.items[o].path_hash == path_hash)
            return &self->objects.items[o];
    return NULL;
}

static mst_err_t want_put (sender_t *wants, uint64_t path_hash, const mst_crdt_t *crdt)
{
    mst_err_t err = sender_open (wants);
    if (!err)
        err = put64 (wants->bytes, path_hash);
    if (err)
        return err;
    return crdt ? version_put (wants->store, crdt, wants->bytes) : put32 (wants->bytes, 0);
}

/*  What the other lacks goes to `lacked`, as numbers of objects; what differs is wanted. */
static mst_err_t keys_compare (mst_store_t *self, uint32_t level, uint32_t node, base_map_t *theirs,
                               sender_t *wants, nodes_t *lacked)
{
    uint32_t leaf;
    uint64_t sum;
    mst_err_t err = MST_OK;
    for (uint32_t o = store_tree_first (self, level, node, &leaf); !err && o != STATE_NONE;
         o = store_tree_next (self, level, node, o, &leaf)) {
        const store_object_t *object = &self->objects.items[o];
        if (!base_map_get (theirs, object->path_hash, &sum)) {
            err = BASE_LIST_PUSH (lacked, o) ? base_alloc_error () : MST_OK;
            continue;
        }
        (void) base_map_remove (theirs, object->path_hash);
        if (sum != object->sum)
            err = want_put (wants, object->path_hash, object->crdt);
    }
    for (uint32_t i = 0; !err && i < theirs->count; i++)
        err = want_put (wants, theirs->entries[i].key, NULL);
    return err;
}

static mst_err_t keys_node_take (mst_store_t *self, uint32_t level, state_reader_t *reader,
                                 sender_t *wants, nodes_t *lacked)
{
    base_map_t theirs;
    uint32_t node = state_take32 (reader), count = state_take_count (reader, 16);
    if (reader->bad || node >> (4 * level) != 0)
        return cut ();
    base_map_init (&theirs);
    mst_err_t err = MST_OK;
    for (uint32_t i = 0; !err && i < count; i++) {
        uint64_t key = state_take64 (reader);
        err = base_map_set (&theirs, key, state_take64 (reader));
    }
    if (!err)
        err = keys_compare (self, level, node, &theirs, wants, lacked);
    base_map_fini (&theirs);
    return err;
}

/*  Two messages may be under way: wants are ended before states begin. */
static mst_err_t keys_take (mst_store_t *self, store_peer_t *peer, state_reader_t *reader)
{
    sender_t wants = { .store = self, .peer = peer->replica, .kind = STORE_WANT };
    sender_t states = { .store = self, .peer = peer->replica, .kind = STORE_STATES };
    nodes_t lacked = { 0 };
    uint32_t level = state_take32 (reader);
    mst_err_t err = level > STORE_LEVELS_MAX ? cut () : store_tree_settle (self);
    while (!err && state_reader_left (reader) > 0)
        err = keys_node_take (self, level, reader, &wants, &lacked);
    err = sender_close (&wants, err);
    for (size_t i = 0; !err && i < lacked.count; i++)
        err = state_send (&states, &self->objects.items[lacked.items[i]], NULL, 0, false);
    err = sender_close (&states, err);
    BASE_LIST_FINI (&lacked);
    return err;
}

static mst_err_t want_take (mst_store_t *self, store_peer_t *peer, state_reader_t *reader)
{
    sender_t states = { .store = self, .peer = peer->replica, .kind = STORE_STATES };
    mst_err_t err = store_tree_settle (self);
    while (!err && state_reader_left (reader) > 0) {
        size_t count = 0;
        uint64_t path_hash = state_take64 (reader);
        err = version_take (self, reader, &count);
        const store_object_t *object = err ? NULL : object_of (self, path_hash);
        mst_dot_t *dots = count ? base_alloc (count * sizeof *dots) : NULL;
        if (count > 0 && !dots)
            err = base_alloc_error ();
        if (dots)
            memcpy (dots, self->dots.items, count * sizeof *dots);
        if (!err && object)
            err = state_send (&states, object, dots, count, count > 0);
        base_free (dots);
    }
    return sender_close (&states, err);
}

mst_err_t store_compare_take (mst_store_t *self, store_peer_t *peer, store_kind_t kind,
                              state_reader_t *reader)
{
    switch (kind) {
    case STORE_DIGEST: return digest_take (self, peer, reader);
    case STORE_TREE: return tree_take (self, peer, reader);
    case STORE_KEYS: return keys_take (self, peer, reader);
    case STORE_WANT: return want_take (self, peer, reader);
    case STORE_STATES: return states_take (self, peer, reader);
    case STORE_ACK: return ack_take (self, peer, reader);
    case STORE_CHANGES:
    case STORE_HAVE: break;
    }
    return base_error (MST_E_MALFORMED, "a store's message of unknown kind %d", (int) kind);
}
