/*  Causal order by the sparse matrix of what was sent (Raynal, Schiper, Toueg 1991).

    known    (k, l) -> how many messages k sent to l, as far as this receiver knows
    arrived  k -> how many of k's messages were delivered here

    A message from j, stamped ST, may be delivered at i when it is j's next one here
    (arrived[j] + 1 == ST[j, i]) and arrived[k] >= ST[k, i] for all other k. A lost k is waited for
    only as far as its messages are in hand.

    Waiting messages are few; after each delivery all of them are looked at again, oldest first. */
#include "timemgmt/causal.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/map.h"

#include <inttypes.h>
#include <string.h>

typedef struct causal_message {
    uint32_t sender;
    uint64_t number; /* the sender's, on the way to here */
    uint64_t payload;
    timemgmt_causal_stamp_t stamp;
} causal_message_t;

struct timemgmt_causal {
    uint32_t self_slot;
    size_t messages_max;
    timemgmt_causal_stamp_t known;  /* sorted */
    timemgmt_causal_stamp_t merged; /* scratch */
    base_map_t arrived;
    base_map_t lost;                        /* slot -> its cut */
    BASE_LIST (causal_message_t *) waiting; /* in order of arrival */
};

timemgmt_causal_t *timemgmt_causal_new (uint32_t self_slot, size_t messages_max)
{
    timemgmt_causal_t *self = base_calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->self_slot = self_slot;
    self->messages_max = messages_max ? messages_max : TIMEMGMT_CAUSAL_MESSAGES;
    base_map_init (&self->arrived);
    base_map_init (&self->lost);
    base_assert (self->waiting.count == 0 && self->known.count == 0);
    return self;
}

static void message_destroy (causal_message_t **self_p)
{
    base_assert (self_p != NULL && *self_p != NULL);
    BASE_LIST_FINI (&(*self_p)->stamp);
    base_free (*self_p);
    *self_p = NULL;
}

void timemgmt_causal_destroy (timemgmt_causal_t **self_p)
{
    base_assert (self_p != NULL);
    timemgmt_causal_t *self = *self_p;
    if (!self)
        return;
    BASE_LIST_EACH (&self->waiting, i) {
        message_destroy (&self->waiting.items[i]);
    }
    BASE_LIST_FINI (&self->waiting);
    BASE_LIST_FINI (&self->known);
    BASE_LIST_FINI (&self->merged);
    base_map_fini (&self->arrived);
    base_map_fini (&self->lost);
    base_free (self);
    *self_p = NULL;
}

/*  Stamps ------------------------------------------------------------------------------------ */

static uint64_t pair_of (timemgmt_causal_entry_t entry)
{
    return (uint64_t) entry.from << 32 | entry.to;
}

static mst_err_t stamp_reserve (timemgmt_causal_stamp_t *stamp, size_t count)
{
    if (count <= stamp->capacity)
        return MST_OK;
    size_t capacity = stamp->capacity * 2 > count ? stamp->capacity * 2 : count;
    timemgmt_causal_entry_t *items = base_realloc (stamp->items, capacity * sizeof *items);
    if (!items)
        return base_alloc_error ();
    stamp->items = items;
    stamp->capacity = capacity;
    base_assert (stamp->count <= stamp->capacity);
    return MST_OK;
}

static mst_err_t stamp_copy (timemgmt_causal_stamp_t *into, const timemgmt_causal_entry_t *items,
                             size_t count)
{
    mst_err_t err = stamp_reserve (into, count);
    if (err)
        return err;
    base_assert (into->capacity >= count);
    if (count > 0)
        memcpy (into->items, items, count * sizeof *items);
    into->count = count;
    base_assert (into->items != items || count == 0);
    return MST_OK;
}

/*  Where the pair stands, or would stand. */
static size_t stamp_place (const timemgmt_causal_entry_t *items, size_t count, uint32_t from,
                           uint32_t to)
{
    uint64_t pair = pair_of ((timemgmt_causal_entry_t){ .from = from, .to = to });
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (pair_of (items[middle]) < pair)
            low = middle + 1;
        else
            high = middle;
    }
    base_assert (low <= count);
    return low;
}

static uint64_t stamp_get (const timemgmt_causal_entry_t *items, size_t count, uint32_t from,
                           uint32_t to)
{
    base_assert (items != NULL || count == 0);
    size_t place = stamp_place (items, count, from, to);
    bool there = place < count && items[place].from == from && items[place].to == to;
    return there ? items[place].count : 0;
}

/*  The larger of both, pair by pair, into `out`, which has room for all. */
static void stamp_merge (const timemgmt_causal_stamp_t *a, const timemgmt_causal_stamp_t *b,
                         timemgmt_causal_stamp_t *out)
{
    base_assert (out->capacity >= a->count + b->count);
    size_t i = 0, j = 0;
    out->count = 0;
    while (i < a->count || j < b->count) {
        timemgmt_causal_entry_t entry;
        if (j == b->count || (i < a->count && pair_of (a->items[i]) < pair_of (b->items[j])))
            entry = a->items[i++];
        else if (i == a->count || pair_of (b->items[j]) < pair_of (a->items[i]))
            entry = b->items[j++];
        else {
            entry = a->items[i++];
            if (b->items[j].count > entry.count)
                entry.count = b->items[j].count;
            j++;
        }
        BASE_LIST_PUT (out, entry);
    }
    base_assert (out->count <= a->count + b->count);
}

/*  Sending ----------------------------------------------------------------------------------- */

static mst_err_t stamp_limit (void)
{
    return base_error (MST_E_LIMIT,
                       "limits.causal_stamp (%d) is reached: too many federates send to each other "
                       "in causal order",
                       TIMEMGMT_CAUSAL_STAMP_ENTRIES);
}

/*  The message that is about to leave counts in its own stamp: the receiver knows its number by
   it. */
static mst_err_t known_count_up (timemgmt_causal_t *self, timemgmt_causal_stamp_t *stamp,
                                 uint32_t receiver)
{
    size_t place = stamp_place (stamp->items, stamp->count, self->self_slot, receiver);
    base_assert (place <= stamp->count);
    if (place < stamp->count && stamp->items[place].from == self->self_slot &&
        stamp->items[place].to == receiver) {
        stamp->items[place].count++;
        return MST_OK;
    }
    if (stamp->count == TIMEMGMT_CAUSAL_STAMP_ENTRIES)
        return stamp_limit ();
    mst_err_t err = stamp_reserve (stamp, stamp->count + 1);
    if (err)
        return err;
    memmove (&stamp->items[place + 1], &stamp->items[place],
             (stamp->count - place) * sizeof *stamp->items);
    stamp->items[place] = (timemgmt_causal_entry_t){ self->self_slot, receiver, 1 };
    stamp->count++;
    base_assert (stamp->count <= stamp->capacity);
    return MST_OK;
}

mst_err_t timemgmt_causal_send (timemgmt_causal_t *self, const uint32_t *receivers, size_t count,
                                timemgmt_causal_stamp_t *stamp)
{
    base_assert (self != NULL && stamp != NULL && (receivers != NULL || count == 0));
    if (self->known.count > TIMEMGMT_CAUSAL_STAMP_ENTRIES)
        return stamp_limit ();
    /*  Counted in the stamp alone: a failure on the way leaves what is known as it was. */
    mst_err_t err = stamp_copy (stamp, self->known.items, self->known.count);
    for (size_t i = 0; i < count && !err; i++) {
        if (receivers[i] == self->self_slot)
            return base_error (MST_E_INVALID_ARGUMENT, "a causal message to oneself");
        uint64_t before =
            stamp_get (self->known.items, self->known.count, self->self_slot, receivers[i]);
        if (stamp_get (stamp->items, stamp->count, self->self_slot, receivers[i]) != before)
            return base_error (MST_E_INVALID_ARGUMENT, "slot %" PRIu32 " is named twice",
                               receivers[i]);
        err = known_count_up (self, stamp, receivers[i]);
    }
    if (!err)
        err = stamp_copy (&self->known, stamp->items, stamp->count);
    base_assert (err || self->known.count == stamp->count);
    return err;
}

/*  Receiving --------------------------------------------------------------------------------- */

static uint64_t arrived_from (const timemgmt_causal_t *self, uint32_t sender)
{
    uint64_t number = 0;
    bool there = base_map_get (&self->arrived, sender, &number);
    base_assert (there || number == 0);
    return number;
}

static bool waits_from (const timemgmt_causal_t *self, uint32_t sender, uint64_t until)
{
    BASE_LIST_EACH (&self->waiting, i) {
        if (self->waiting.items[i]->sender == sender && self->waiting.items[i]->number <= until)
            return true;
    }
    base_assert (until > 0);
    return false;
}

/*  Does this message still wait for number `until` of that sender? */
static bool must_wait (const timemgmt_causal_t *self, uint32_t sender, uint64_t until)
{
    base_assert (sender != self->self_slot);
    if (until == 0 || arrived_from (self, sender) >= until)
        return false;
    /*  Of a lost one only what is in hand is waited for: the rest may never come (docs/time.md,
       "Causal delivery"). */
    uint64_t cut;
    if (!base_map_get (&self->lost, sender, &cut))
        return true;
    return waits_from (self, sender, until);
}

/*  The first sender that a message waits for; false: it may be delivered. */
static bool message_waits (const timemgmt_causal_t *self, const causal_message_t *message,
                           uint32_t *sender, uint64_t *number)
{
    base_assert (message->stamp.count > 0);
    BASE_LIST_EACH (&message->stamp, i) {
        timemgmt_causal_entry_t entry = message->stamp.items[i];
        if (entry.to != self->self_slot)
            continue;
        /*  From its own sender it waits for all before it, itself not counted. */
        uint64_t until = entry.from == message->sender ? message->number - 1 : entry.count;
        if (!must_wait (self, entry.from, until))
            continue;
        *sender = entry.from;
        *number = until;
        return true;
    }
    return false;
}

/*  Room in everything that a delivery of all that waits, and one more, would touch. Senders in
    `arrived` are set beforehand, so that counting them up cannot fail. */
static mst_err_t deliver_reserve (timemgmt_causal_t *self, size_t stamp_count,
                                  timemgmt_causal_items_t *ready)
{
    size_t entries = self->known.count + stamp_count;
    BASE_LIST_EACH (&self->waiting, i) {
        entries += self->waiting.items[i]->stamp.count;
    }
    mst_err_t err = stamp_reserve (&self->known, entries);
    if (!err)
        err = stamp_reserve (&self->merged, entries);
    size_t before = ready->count;
    for (size_t i = 0; i <= self->waiting.count && !err; i++) {
        err = BASE_LIST_ROOM (ready);
        ready->count += !err;
    }
    ready->count = before;
    base_assert (err || self->merged.capacity >= entries);
    return err;
}

static void deliver (timemgmt_causal_t *self, causal_message_t *message,
                     timemgmt_causal_items_t *ready)
{
    base_assert (ready->count < ready->capacity);
    BASE_LIST_PUT (ready, ((timemgmt_causal_item_t){ message->sender, message->payload }));
    /*  The key is there: replacing needs no memory. */
    mst_err_t err = base_map_set (&self->arrived, message->sender, message->number);
    base_assert (err == MST_OK);
    stamp_merge (&self->known, &message->stamp, &self->merged);
    timemgmt_causal_stamp_t known = self->known;
    self->known = self->merged;
    self->merged = known;
}

/*  Delivers what no longer waits; each delivery may free an earlier one. */
static void deliver_all (timemgmt_causal_t *self, timemgmt_causal_items_t *ready)
{
    for (size_t i = 0; i < self->waiting.count;) {
        causal_message_t *message = self->waiting.items[i];
        uint32_t sender;
        uint64_t number;
        if (message_waits (self, message, &sender, &number)) {
            i++;
            continue;
        }
        for (size_t j = i + 1; j < self->waiting.count; j++)
            self->waiting.items[j - 1] = self->waiting.items[j];
        self->waiting.count--;
        deliver (self, message, ready);
        message_destroy (&message);
        i = 0;
    }
    base_assert (self->waiting.count <= self->messages_max);
}

/*  What comes from a wire: sorted, without zeros, within the limit, and the next but so many. */
static mst_err_t check_stamp (const timemgmt_causal_t *self, uint32_t sender,
                              const timemgmt_causal_entry_t *stamp, size_t count)
{
    base_assert (stamp != NULL || count == 0);
    bool good = count <= TIMEMGMT_CAUSAL_STAMP_ENTRIES && sender != self->self_slot;
    for (size_t i = 0; good && i < count; i++)
        good = stamp[i].count > 0 && stamp[i].from != stamp[i].to &&
               (i == 0 || pair_of (stamp[i - 1]) < pair_of (stamp[i]));
    if (!good)
        return base_error (MST_E_MALFORMED, "slot %" PRIu32 " sent a causal stamp out of order",
                           sender);
    uint64_t number = stamp_get (stamp, count, sender, self->self_slot);
    uint64_t last = arrived_from (self, sender);
    BASE_LIST_EACH (&self->waiting, i) {
        if (self->waiting.items[i]->sender == sender && self->waiting.items[i]->number > last)
            last = self->waiting.items[i]->number;
    }
    base_assert (last < UINT64_MAX);
    /*  The road keeps the order of a sender's messages: another number is its mistake. */
    if (number != last + 1)
        return base_error (MST_E_MALFORMED,
                           "slot %" PRIu32 " sent causal message %" PRIu64 " here, %" PRIu64
                           " was next",
                           sender, number, last + 1);
    return MST_OK;
}

static mst_err_t check_receive (const timemgmt_causal_t *self, uint32_t sender,
                                const timemgmt_causal_entry_t *stamp, size_t count)
{
    uint64_t cut;
    base_assert (self->waiting.count <= self->messages_max);
    if (base_map_get (&self->lost, sender, &cut))
        return base_error (MST_E_NOT_INTRODUCED, "slot %" PRIu32 " is lost", sender);
    if (self->waiting.count == self->messages_max)
        return base_error (MST_E_LIMIT,
                           "limits.causal_messages (%zu) is reached: too many messages wait for an "
                           "earlier one",
                           self->messages_max);
    return check_stamp (self, sender, stamp, count);
}

static mst_err_t message_new (uint32_t sender, const timemgmt_causal_entry_t *stamp, size_t count,
                              uint64_t payload, causal_message_t **message_p)
{
    causal_message_t *message = base_calloc (1, sizeof *message);
    if (!message)
        return base_alloc_error ();
    mst_err_t err = stamp_copy (&message->stamp, stamp, count);
    if (err) {
        message_destroy (&message);
        return err;
    }
    base_assert (message->stamp.count == count);
    message->sender = sender;
    message->payload = payload;
    *message_p = message;
    return MST_OK;
}

mst_err_t timemgmt_causal_receive (timemgmt_causal_t *self, uint32_t sender,
                                   const timemgmt_causal_entry_t *stamp, size_t stamp_count,
                                   uint64_t payload, timemgmt_causal_items_t *ready)
{
    base_assert (self != NULL && ready != NULL);
    mst_err_t err = check_receive (self, sender, stamp, stamp_count);
    if (!err)
        err = base_map_set (&self->arrived, sender, arrived_from (self, sender));
    if (!err)
        err = deliver_reserve (self, stamp_count, ready);
    if (!err)
        err = BASE_LIST_ROOM (&self->waiting);
    causal_message_t *message = NULL;
    if (!err)
        err = message_new (sender, stamp, stamp_count, payload, &message);
    if (err)
        return err;
    /*  From here on nothing can fail. A message that waits for nothing is delivered out of the
       list at once. */
    base_assert (message != NULL && self->waiting.count < self->waiting.capacity);
    message->number = stamp_get (stamp, stamp_count, sender, self->self_slot);
    BASE_LIST_PUT (&self->waiting, message);
    deliver_all (self, ready);
    return MST_OK;
}

/*  Losses ------------------------------------------------------------------------------------ */

static mst_err_t items_reserve (timemgmt_causal_items_t *items, size_t count)
{
    size_t before = items->count;
    mst_err_t err = MST_OK;
    for (size_t i = 0; i < count && !err; i++) {
        err = BASE_LIST_ROOM (items);
        items->count += !err;
    }
    items->count = before;
    base_assert (err || items->capacity >= before + count);
    return err;
}

mst_err_t timemgmt_causal_lost (timemgmt_causal_t *self, uint32_t sender, uint64_t cut,
                                timemgmt_causal_items_t *dropped, timemgmt_causal_items_t *ready)
{
    base_assert (self != NULL && dropped != NULL && ready != NULL);
    mst_err_t err = items_reserve (dropped, self->waiting.count);
    if (!err)
        err = deliver_reserve (self, 0, ready);
    if (!err)
        err = base_map_set (&self->lost, sender, cut);
    if (err)
        return err;
    size_t kept = 0;
    BASE_LIST_EACH (&self->waiting, i) {
        causal_message_t *message = self->waiting.items[i];
        if (message->sender != sender || message->number <= cut) {
            self->waiting.items[kept++] = message;
            continue;
        }
        BASE_LIST_PUT (dropped, ((timemgmt_causal_item_t){ sender, message->payload }));
        message_destroy (&message);
    }
    base_assert (kept <= self->waiting.count);
    base_assert (dropped->count <= dropped->capacity);
    self->waiting.count = kept;
    deliver_all (self, ready);
    return MST_OK;
}

mst_err_t timemgmt_causal_forget (timemgmt_causal_t *self, uint32_t slot)
{
    base_assert (self != NULL && slot != self->self_slot);
    uint64_t cut;
    if (!base_map_get (&self->lost, slot, &cut) || waits_from (self, slot, UINT64_MAX))
        return base_error (MST_E_INVALID_ARGUMENT,
                           "slot %" PRIu32 " is not lost, or a message of it waits", slot);
    size_t kept = 0;
    BASE_LIST_EACH (&self->known, i) {
        timemgmt_causal_entry_t entry = self->known.items[i];
        if (entry.from != slot && entry.to != slot)
            self->known.items[kept++] = entry;
    }
    base_assert (kept <= self->known.count);
    self->known.count = kept;
    /*  The mark of the loss stays: a stamp that is on its way may still name it. */
    base_map_remove (&self->arrived, slot);
    return MST_OK;
}

size_t timemgmt_causal_waiting (const timemgmt_causal_t *self)
{
    base_assert (self != NULL);
    return self->waiting.count;
}

bool timemgmt_causal_missing (const timemgmt_causal_t *self, uint32_t *sender, uint64_t *number)
{
    base_assert (self != NULL && sender != NULL && number != NULL);
    if (self->waiting.count == 0)
        return false;
    bool waits = message_waits (self, self->waiting.items[0], sender, number);
    base_assert (waits && *sender != self->self_slot);
    base_assert (*number > 0);
    return waits;
}
