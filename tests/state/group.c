#include "tests/state/group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static mst_store_t *store_new (group_t *self, uint32_t index)
{
    mst_store_t *store = NULL;
    mst_store_options_t options = self->options;
    options.replica = self->replicas[index];
    options.seed = base_random_next (&self->random);
    if (mst_store_new (&options, &store))
        return NULL;
    return store;
}

static void peers_add (group_t *self, uint32_t index)
{
    for (uint32_t i = 0; i < self->count; i++)
        if (i != index)
            (void) mst_store_peer_add (self->stores[index], self->replicas[i]);
    (void) mst_store_tick (self->stores[index], self->now_ns);
}

bool group_init (group_t *self, uint32_t count, uint64_t seed, const mst_store_options_t *options)
{
    memset (self, 0, sizeof *self);
    base_random_init (&self->random, seed);
    self->count = count;
    if (options)
        self->options = *options;
    self->now_ns = GROUP_BEGIN;
    self->delay_ns = GROUP_SECOND / 5;
    for (uint32_t i = 0; i < count; i++)
        self->replicas[i] = 100 + i;
    for (uint32_t i = 0; i < count; i++) {
        self->stores[i] = store_new (self, i);
        if (!self->stores[i])
            return false;
        peers_add (self, i);
    }
    return true;
}

void group_fini (group_t *self)
{
    for (uint32_t i = 0; i < self->count; i++) {
        mst_store_destroy (&self->stores[i]);
        mst_bytes_free (&self->saved[i]);
    }
    for (uint32_t i = 0; i < self->flying; i++)
        free (self->flights[i].data);
}

/*  Writing ----------------------------------------------------------------------------------- */

static void commit (group_t *self, uint32_t store, const char *path)
{
    mst_consistency_t consistency =
        base_random_chance (&self->random, 0.3) ? MST_CONSISTENCY_CAUSAL : MST_CONSISTENCY_EVENTUAL;
    if (mst_store_commit (self->stores[store], path, strlen (path), consistency))
        printf ("\n    %s\n", mst_error_text ());
}

static mst_crdt_t *opened (group_t *self, uint32_t store, const char *path, mst_crdt_type_t type)
{
    mst_crdt_t *crdt = NULL;
    if (mst_store_open (self->stores[store], path, strlen (path), type, &crdt))
        printf ("\n    %s\n", mst_error_text ());
    return crdt;
}

static void write_word (group_t *self, uint32_t store)
{
    char word[32];
    uint32_t bytes = (uint32_t) sprintf (word, "%u", self->words++);
    mst_crdt_t *set = opened (self, store, "words", MST_CRDT_ORSET);
    mst_crdt_t *text = opened (self, store, "text", MST_CRDT_RGA);
    (void) mst_crdt_add (set, NULL, word, bytes);
    commit (self, store, "words");
    (void) mst_crdt_insert (text, NULL, mst_crdt_size (text, NULL) / 2, word, bytes);
    commit (self, store, "text");
}

static void write_count (group_t *self, uint32_t store)
{
    uint64_t amount = base_random_below (&self->random, 9) + 1;
    mst_crdt_place_t place = { .key = "n", .key_bytes = 1, .type = MST_CRDT_PNCOUNTER };
    switch (base_random_below (&self->random, 3)) {
    case 0:
        (void) mst_crdt_increment (opened (self, store, "up", MST_CRDT_GCOUNTER), NULL, amount);
        self->sums[0] += (int64_t) amount;
        commit (self, store, "up");
        break;
    case 1:
        (void) mst_crdt_decrement (opened (self, store, "down", MST_CRDT_PNCOUNTER), NULL, amount);
        self->sums[1] -= (int64_t) amount;
        commit (self, store, "down");
        break;
    default:
        (void) mst_crdt_increment (opened (self, store, "map", MST_CRDT_ORMAP), &place, amount);
        self->sums[4] += (int64_t) amount;
        commit (self, store, "map");
    }
}

static void write_register (group_t *self, uint32_t store)
{
    uint64_t stamp;
    uint32_t value = (uint32_t) base_random_next (&self->random);
    if (mst_store_stamp (self->stores[store], self->now_ns, &stamp))
        return;
    (void) mst_crdt_set (opened (self, store, "last", MST_CRDT_LWW), NULL, stamp, &value, 4);
    commit (self, store, "last");
    if (stamp > self->best_stamp ||
        (stamp == self->best_stamp && self->replicas[store] > self->best_replica)) {
        self->best_stamp = stamp;
        self->best_replica = self->replicas[store];
        self->best_value = value;
    }
}

void group_write (group_t *self, uint32_t store)
{
    if (!self->stores[store])
        return;
    switch (base_random_below (&self->random, 3)) {
    case 0:
        if (self->words < GROUP_WORDS)
            write_word (self, store);
        break;
    case 1: write_count (self, store); break;
    default: write_register (self, store);
    }
}

/*  The network ------------------------------------------------------------------------------- */

static void flight_add (group_t *self, uint32_t from, uint32_t to,
                        const mst_store_message_t *message)
{
    if (self->flying == GROUP_FLIGHTS)
        return; /* lost */
    uint8_t *data = malloc (message->size_bytes);
    memcpy (data, message->data, message->size_bytes);
    self->carried_bytes += message->size_bytes;
    self->flights[self->flying++] =
        (group_flight_t){ .due_ns =
                              self->now_ns + base_random_below (&self->random, self->delay_ns + 1),
                          .from = from,
                          .to = to,
                          .data = data,
                          .size_bytes = message->size_bytes };
}

static uint32_t store_of (const group_t *self, uint64_t replica)
{
    for (uint32_t i = 0; i < self->count; i++)
        if (self->replicas[i] == replica)
            return i;
    return UINT32_MAX;
}

static void carry (group_t *self, uint32_t from)
{
    mst_store_message_t message;
    while (mst_store_take_message (self->stores[from], &message)) {
        uint32_t to = store_of (self, message.peer);
        if (to == UINT32_MAX || base_random_chance (&self->random, self->loss))
            continue;
        flight_add (self, from, to, &message);
        if (base_random_chance (&self->random, self->twice))
            flight_add (self, from, to, &message);
    }
}

static void arrive (group_t *self, uint32_t index)
{
    group_flight_t flight = self->flights[index];
    self->flights[index] = self->flights[--self->flying];
    if (self->stores[flight.to] && self->side[flight.from] == self->side[flight.to]) {
        mst_err_t err = mst_store_receive (self->stores[flight.to], flight.data, flight.size_bytes,
                                           self->now_ns);
        if (err)
            printf ("\n    %s\n", mst_error_text ());
        self->errors += err != MST_OK;
        carry (self, flight.to);
    }
    free (flight.data);
}

/*  The next thing that is due, or `until`. */
static uint64_t next_due (const group_t *self, uint64_t until, uint32_t *flight, uint32_t *store)
{
    uint64_t due = until;
    *flight = *store = UINT32_MAX;
    for (uint32_t i = 0; i < self->flying; i++)
        if (self->flights[i].due_ns <= due) {
            due = self->flights[i].due_ns;
            *flight = i;
        }
    for (uint32_t i = 0; i < self->count; i++)
        if (self->stores[i] && mst_store_next_tick (self->stores[i]) < due) {
            due = mst_store_next_tick (self->stores[i]);
            *store = i;
            *flight = UINT32_MAX;
        }
    return due;
}

void group_run (group_t *self, uint64_t for_ns)
{
    uint64_t until = self->now_ns + for_ns;
    for (;;) {
        uint32_t flight, store;
        uint64_t due = next_due (self, until, &flight, &store);
        if (due > self->now_ns)
            self->now_ns = due;
        if (flight != UINT32_MAX)
            arrive (self, flight);
        else if (store != UINT32_MAX) {
            (void) mst_store_tick (self->stores[store], self->now_ns);
            carry (self, store);
        } else
            return;
    }
}

void group_stop (group_t *self, uint32_t store)
{
    if (!self->stores[store])
        return;
    self->saved[store].size_bytes = 0;
    if (mst_store_save (self->stores[store], &self->saved[store]))
        printf ("\n    %s\n", mst_error_text ());
    mst_store_destroy (&self->stores[store]);
}

void group_start (group_t *self, uint32_t store)
{
    if (self->stores[store])
        return;
    self->stores[store] = store_new (self, store);
    if (mst_store_load (self->stores[store], self->saved[store].data,
                        self->saved[store].size_bytes))
        printf ("\n    %s\n", mst_error_text ());
    peers_add (self, store);
}

/*  The end ----------------------------------------------------------------------------------- */

bool group_alike (group_t *self)
{
    uint64_t first = 0, hash;
    bool any = false;
    for (uint32_t i = 0; i < self->count; i++) {
        if (!self->stores[i])
            continue;
        if (mst_store_hash (self->stores[i], &hash) || (any && hash != first))
            return false;
        first = hash;
        any = true;
    }
    return true;
}

static bool lacks (const group_t *self, uint32_t store, const char *what)
{
    printf ("\n    replica %llu lacks %s", (unsigned long long) self->replicas[store], what);
    return false;
}

static bool sum_is (const mst_crdt_t *crdt, const mst_crdt_place_t *place, int64_t sum)
{
    int64_t value = 0;
    return sum == 0 || (crdt && mst_crdt_count (crdt, place, &value) == MST_OK && value == sum);
}

static bool words_there (const group_t *self, uint32_t store)
{
    const mst_crdt_t *set = mst_store_find (self->stores[store], "words", 5);
    const mst_crdt_t *text = mst_store_find (self->stores[store], "text", 4);
    char word[32];
    if (self->words == 0)
        return true;
    if (!set || !text || mst_crdt_size (set, NULL) != self->words ||
        mst_crdt_size (text, NULL) != self->words)
        return false;
    for (uint32_t i = 0; i < self->words; i++)
        if (!mst_crdt_contains (set, NULL, word, (uint32_t) sprintf (word, "%u", i)))
            return false;
    return true;
}

bool group_complete (const group_t *self, uint32_t store)
{
    const mst_store_t *at = self->stores[store];
    mst_crdt_place_t place = { .key = "n", .key_bytes = 1, .type = MST_CRDT_PNCOUNTER };
    const mst_crdt_t *last = mst_store_find (at, "last", 4);
    const void *value;
    if (!sum_is (mst_store_find (at, "up", 2), NULL, self->sums[0]) ||
        !sum_is (mst_store_find (at, "down", 4), NULL, self->sums[1]) ||
        !sum_is (mst_store_find (at, "map", 3), &place, self->sums[4]))
        return lacks (self, store, "a count");
    if (!words_there (self, store))
        return lacks (self, store, "a word");
    if (self->best_stamp != 0 && (!last || !mst_crdt_get (last, NULL, &value, NULL, NULL) ||
                                  memcmp (value, &self->best_value, 4) != 0))
        return lacks (self, store, "the last write");
    return true;
}
