/*  Whose changes are here, and what peers have said of theirs. Memory per replica is bounded: a
    prefix and a window of bits; what comes from beyond the window comes again later. */
#include "state/store.h"
#include "base/alloc.h"

uint32_t store_origin_find (const mst_store_t *self, uint64_t replica)
{
    base_assert (self->origins.count <= MST_STORE_ORIGINS_MAX);
    BASE_LIST_EACH (&self->origins, i) {
        if (self->origins.items[i].replica == replica)
            return (uint32_t) i;
    }
    return STATE_NONE;
}

mst_err_t store_origin_make (mst_store_t *self, uint64_t replica, uint32_t *origin)
{
    base_assert (replica != 0);
    *origin = store_origin_find (self, replica);
    if (*origin != STATE_NONE)
        return MST_OK;
    if (self->origins.count >= MST_STORE_ORIGINS_MAX)
        return base_error (MST_E_LIMIT,
                           "MST_STORE_ORIGINS_MAX (%d) is reached: forget departed "
                           "replicas",
                           MST_STORE_ORIGINS_MAX);
    store_origin_t fresh = { .replica = replica };
    *origin = (uint32_t) self->origins.count;
    return BASE_LIST_PUSH (&self->origins, fresh) ? base_alloc_error () : MST_OK;
}

bool store_origin_has (const mst_store_t *self, uint64_t replica, uint64_t number)
{
    uint32_t index = store_origin_find (self, replica);
    if (index == STATE_NONE)
        return false;
    const store_origin_t *origin = &self->origins.items[index];
    if (number <= origin->prefix)
        return true;
    uint64_t bit = number - origin->prefix - 1;
    return bit < STORE_WINDOW && (origin->window[bit / 64] >> (bit % 64) & 1);
}

static void window_shift (store_origin_t *origin, uint64_t bits)
{
    enum { WORDS = STORE_WINDOW / 64 };
    base_assert (bits <= STORE_WINDOW);
    for (uint64_t i = 0; i < WORDS; i++) {
        uint64_t from = i + bits / 64, low = from < WORDS ? origin->window[from] : 0;
        uint64_t high = from + 1 < WORDS ? origin->window[from + 1] : 0;
        origin->window[i] = bits % 64 ? low >> (bits % 64) | high << (64 - bits % 64) : low;
    }
}

static void prefix_settle (store_origin_t *origin)
{
    while (origin->window[0] & 1) {
        uint64_t ones = ~origin->window[0] ? (uint64_t) __builtin_ctzll (~origin->window[0]) : 64;
        origin->prefix += ones;
        window_shift (origin, ones);
    }
}

void store_origin_mark (store_origin_t *origin, uint64_t number)
{
    base_assert (number > origin->prefix && number - origin->prefix <= STORE_WINDOW);
    uint64_t bit = number - origin->prefix - 1;
    origin->window[bit / 64] |= (uint64_t) 1 << (bit % 64);
    prefix_settle (origin);
}

void store_origin_raise (store_origin_t *origin, uint64_t prefix)
{
    if (prefix <= origin->prefix)
        return;
    uint64_t by = prefix - origin->prefix;
    origin->prefix = prefix;
    if (by >= STORE_WINDOW)
        memset (origin->window, 0, sizeof origin->window);
    else
        window_shift (origin, by);
    prefix_settle (origin);
}

/*  Peers ------------------------------------------------------------------------------------- */

store_peer_t *store_peer (mst_store_t *self, uint64_t replica)
{
    base_assert (self->peers.count <= MST_STORE_PEERS_MAX);
    BASE_LIST_EACH (&self->peers, i) {
        if (self->peers.items[i].replica == replica)
            return &self->peers.items[i];
    }
    return NULL;
}

uint64_t store_peer_known (const store_peer_t *peer, uint32_t origin)
{
    return origin < peer->known.count ? peer->known.items[origin] : 0;
}

static mst_err_t known_set (store_peer_t *peer, uint32_t origin, uint64_t prefix)
{
    base_assert (origin < MST_STORE_ORIGINS_MAX);
    while (peer->known.count <= origin)
        if (BASE_LIST_PUSH (&peer->known, 0))
            return base_alloc_error ();
    if (peer->known.items[origin] < prefix)
        peer->known.items[origin] = prefix;
    return MST_OK;
}

/*  What a peer says it has. */
mst_err_t store_peer_learn (mst_store_t *self, store_peer_t *peer, state_reader_t *reader)
{
    uint32_t count = state_take_count (reader, 16);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t replica = state_take64 (reader), prefix = state_take64 (reader);
        uint32_t origin;
        if (replica == 0 || store_is_forgotten (self, replica))
            continue;
        mst_err_t err = store_origin_make (self, replica, &origin);
        if (!err)
            err = known_set (peer, origin, prefix);
        if (err)
            return err;
    }
    if (!reader->bad)
        peer->answered = true;
    return reader->bad ? base_error (MST_E_MALFORMED, "a list of versions is cut") : MST_OK;
}

mst_err_t store_have_put (const mst_store_t *self, mst_bytes_t *bytes)
{
    uint8_t *at, *begin;
    uint32_t count = 0;
    mst_err_t err = state_bytes_room (bytes, 4 + 16 * self->origins.count, &begin);
    if (err)
        return err;
    at = begin + 4;
    BASE_LIST_EACH (&self->origins, i) {
        const store_origin_t *origin = &self->origins.items[i];
        if (origin->prefix == 0)
            continue;
        at = base_little_put64 (base_little_put64 (at, origin->replica), origin->prefix);
        count++;
    }
    (void) base_little_put32 (begin, count);
    state_bytes_end (bytes, at);
    return MST_OK;
}
