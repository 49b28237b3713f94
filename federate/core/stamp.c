/*  Logical clocks on receive-order messages, and their causal delivery, where a federate asked for
   them.

    The stamps of a message are one array of integers: Lamport's stamp, the length n of the vector,
   its n counts (federate 1 first), then the sparse matrix of timemgmt/causal.h as triples (from,
   to, count). Best-effort messages have no matrix: they may be lost, and nothing may wait for them.

    A message whose stamp does not fit (its sender does not send causally, or ran out of memory
   between counting and sending) is delivered as it came, but behind what waits of its sender. A
   record of the RTI that follows data (a removal, "federation synchronized", a departure) waits for
   the messages that wait here; a grant does not, as the order of time asks for nothing of the kind
   and whoever sends late must not hold time back. */
#include "federate/core/internal.h"

#include <string.h>

enum { STAMP_HEAD = 2, STAMP_TRIPLE = 3 };

/*  Sending
 * ------------------------------------------------------------------------------------------ */

/*  The pairs of who is gone leave the stamps only when they are in the way: until then some may not
 * know. */
static void forget_departed (federate_core_t *self)
{
    BASE_MAP_EACH (&self->peers, entry) {
        const federate_peer_t *peer = (const federate_peer_t *) (uintptr_t) entry->value;
        if (peer->finished)
            (void) timemgmt_causal_forget (self->causal,
                                           peer->id); /* one of its messages may still wait */
    }
}

static mst_err_t count_receivers (federate_core_t *self)
{
    mst_err_t err = timemgmt_causal_send (self->causal, self->receivers.items,
                                          self->receivers.count, &self->matrix);
    if (err != MST_E_LIMIT)
        return err;
    forget_departed (self);
    return timemgmt_causal_send (self->causal, self->receivers.items, self->receivers.count,
                                 &self->matrix);
}

static mst_err_t write_stamps (federate_core_t *self, wire_message_t *message)
{
    size_t vector = self->vector.count > 0 ? self->vector.count - 1 : 0; /* slot 0 is nobody */
    size_t count = STAMP_HEAD + vector + STAMP_TRIPLE * self->matrix.count;

    base_buffer_clear (&self->stamp);
    mst_err_t err = base_buffer_reserve (&self->stamp, WIRE_BYTES_HEAD_MAX + 9 * count);
    if (err)
        return err;
    uint8_t *at = wire_put_array (self->stamp.data, (uint32_t) count);
    at = wire_put_u64 (at, self->lamport);
    at = wire_put_u64 (at, vector);
    for (size_t i = 0; i < vector; i++)
        at = wire_put_u64 (at, self->vector.counts[i + 1]);
    BASE_LIST_EACH (&self->matrix, i) {
        at = wire_put_u64 (at, self->matrix.items[i].from);
        at = wire_put_u64 (at, self->matrix.items[i].to);
        at = wire_put_u64 (at, self->matrix.items[i].count);
    }
    message->stamps = self->stamp.data;
    message->stamps_size_bytes = (uint32_t) (at - self->stamp.data);
    message->room_bytes += message->stamps_size_bytes;
    return MST_OK;
}

mst_err_t federate_stamp (federate_core_t *self, wire_message_t *message, bool reliable)
{
    base_assert (self != NULL && message != NULL);
    base_assert (self->options.stamps && message->order == WIRE_ORDER_RECEIVE);
    self->matrix.count = 0;
    mst_err_t err = self->causal && reliable ? count_receivers (self) : MST_OK;
    if (!err)
        err = timemgmt_vector_tick (&self->vector, self->self);
    if (err)
        return err;
    (void) timemgmt_lamport_tick (&self->lamport);
    return write_stamps (self, message);
}

/*  Receiving
 * ---------------------------------------------------------------------------------------- */

/*  The stamps as numbers, in the arena; NULL: there are none, or they do not decode. */
static uint64_t *take_stamps (const wire_message_t *message, base_arena_t *arena, uint32_t *count)
{
    wire_reader_t reader;

    if (!message->stamps)
        return NULL;
    wire_reader_init (&reader, message->stamps, message->stamps_size_bytes);
    *count = wire_take_array (&reader, WIRE_LIST_MAX);
    /*  Each number takes a byte at least: a false count asks for memory in proportion to what came.
     */
    if (reader.bad || *count < STAMP_HEAD || *count > message->stamps_size_bytes)
        return NULL;
    uint64_t *stamps = base_arena_alloc (arena, *count, sizeof *stamps);
    for (uint32_t i = 0; stamps && i < *count; i++)
        stamps[i] = wire_take_u64 (&reader);
    if (!stamps || reader.bad || stamps[1] > *count - STAMP_HEAD)
        return NULL;
    return stamps;
}

void federate_stamps_read (federate_core_t *self, const wire_message_t *message,
                           mst_reception_t *reception)
{
    uint32_t count;

    base_assert (self != NULL && reception != NULL);
    uint64_t *stamps = take_stamps (message, &self->taken_arena, &count);
    if (!stamps)
        return;
    uint64_t vector = stamps[1];
    (void) timemgmt_lamport_receive (&self->lamport, stamps[0]);
    for (uint64_t i = 0; self->options.stamps && i < vector && i + 1 < TIMEMGMT_FEDERATES_MAX;
         i++) {
        uint64_t seen = stamps[STAMP_HEAD + i];
        if (seen > timemgmt_vector_get (&self->vector, (uint32_t) i + 1))
            (void) timemgmt_vector_set (&self->vector, (uint32_t) i + 1,
                                        seen); /* without memory it stays behind */
    }
    stamps[1] = stamps[0]; /* the user's view: Lamport's, then the vector */
    reception->stamps = stamps + 1;
    reception->stamp_count = 1 + vector;
}

/*  Into the queue of callbacks. */
static mst_err_t pass_on (federate_core_t *self, federate_bundle_t *single)
{
    single->order = self->order++;
    if (FEDERATE_FIFO_ROOM (&self->data)) {
        federate_parcel_drop (self, single->parcel);
        return MST_E_NO_MEMORY;
    }
    BASE_LIST_PUT (&self->data.list, *single);
    return MST_OK;
}

static federate_bundle_t take_waiting (federate_core_t *self, uint32_t slot)
{
    federate_waiting_t *waiting = &self->waiting.items[slot];
    federate_bundle_t single = waiting->single;

    base_assert (waiting->used);
    *waiting = (federate_waiting_t){ .next = self->waiting_free };
    self->waiting_free = slot + 1;
    return single;
}

/*  A message whose causes have come, and behind it what its sender sent after it without a stamp.
 */
static mst_err_t pass_with_followers (federate_core_t *self, uint32_t slot)
{
    uint32_t next = self->waiting.items[slot].first;
    federate_bundle_t single = take_waiting (self, slot);

    mst_err_t err = pass_on (self, &single);
    while (next != 0) {
        slot = next - 1;
        next = self->waiting.items[slot].next;
        single = take_waiting (self, slot);
        mst_err_t failed = pass_on (self, &single);
        err = err ? err : failed;
    }
    return err;
}

/*  Is there a message in these bundles that waits for its causes? The callback of a record that
   needs them must not overtake it. */
bool federate_causal_holds (const federate_core_t *self, wire_pairs_t need)
{
    base_assert (self != NULL);
    for (size_t i = 0; self->causal && i < self->waiting.count; i++) {
        const federate_waiting_t *each = &self->waiting.items[i];
        for (uint32_t k = 0; each->used && k < need.count; k++)
            if (each->single.head.from == need.items[k].federate &&
                each->single.head.sequence <= need.items[k].sequence)
                return true;
    }
    return false;
}

/*  The record is applied in its turn; only the user's callback waits. Were the record to wait
   itself, a cause that waits for a later record would never be released, and this one never
   applied. */
mst_err_t federate_causal_defer (federate_core_t *self, const federate_callback_t *callback)
{
    federate_deferred_t deferred = { .callback = *callback, .need_count = self->following.count };

    base_assert (self != NULL && callback != NULL);
    if (BASE_LIST_ROOM (&self->deferred))
        return MST_E_NO_MEMORY;
    deferred.need = base_calloc (deferred.need_count, sizeof *deferred.need);
    if (!deferred.need)
        return base_alloc_error ();
    memcpy (deferred.need, self->following.items, deferred.need_count * sizeof *deferred.need);
    BASE_LIST_PUT (&self->deferred, deferred);
    return MST_OK;
}

/*  In the order in which their records came. */
static mst_err_t pass_deferred (federate_core_t *self)
{
    size_t kept = 0;
    mst_err_t err = MST_OK;

    BASE_LIST_EACH (&self->deferred, i) {
        federate_deferred_t each = self->deferred.items[i];
        bool holds = federate_causal_holds (self, (wire_pairs_t){ each.need, each.need_count });
        if (!err && !holds)
            err = federate_control_queue (self, &each.callback);
        if (err || holds)
            self->deferred.items[kept++] = each; /* without memory: tried again with the next */
        else
            base_free (each.need);
    }
    self->deferred.count = kept;
    return err;
}

static mst_err_t pass_ready (federate_core_t *self)
{
    mst_err_t err = MST_OK;
    BASE_LIST_EACH (&self->ready, i) {
        mst_err_t failed = pass_with_followers (self, (uint32_t) self->ready.items[i].payload);
        err = err ? err : failed;
    }
    self->ready.count = 0;
    mst_err_t failed = self->deferred.count > 0 ? pass_deferred (self) : MST_OK;
    return err ? err : failed;
}

static mst_err_t waiting_slot (federate_core_t *self, uint32_t *slot)
{
    federate_waiting_t fresh = { .used = false };

    if (self->waiting_free != 0) {
        *slot = self->waiting_free - 1;
        self->waiting_free = self->waiting.items[*slot].next;
        return MST_OK;
    }
    if (BASE_LIST_PUSH (&self->waiting, fresh))
        return base_alloc_error ();
    *slot = (uint32_t) (self->waiting.count - 1);
    return MST_OK;
}

/*  The last message of a sender that waits for causes; NULL: none does. They leave in the order in
   which they were sent, as each is among the causes of the next. */
static federate_waiting_t *last_waiting (federate_core_t *self, uint32_t sender)
{
    federate_waiting_t *last = NULL;

    BASE_LIST_EACH (&self->waiting, i) {
        federate_waiting_t *each = &self->waiting.items[i];
        if (!each->used || each->follows || each->single.head.from != sender)
            continue;
        if (!last || each->single.head.sequence > last->single.head.sequence ||
            (each->single.head.sequence == last->single.head.sequence &&
             each->single.index > last->single.index))
            last = each;
    }
    return last;
}

/*  First in, first out: a message without a stamp does not overtake one of its sender that waits.
 */
static mst_err_t pass_behind (federate_core_t *self, uint32_t sender, federate_bundle_t *single)
{
    uint32_t slot;

    if (!last_waiting (self, sender))
        return pass_on (self, single);
    mst_err_t err = waiting_slot (self, &slot);
    if (err) {
        federate_parcel_drop (self, single->parcel);
        return err;
    }
    federate_waiting_t *before = last_waiting (self, sender); /* the list may have moved */
    self->waiting.items[slot] =
        (federate_waiting_t){ .single = *single, .used = true, .follows = true };
    if (before->last != 0)
        self->waiting.items[before->last - 1].next = slot + 1;
    else
        before->first = slot + 1;
    before->last = slot + 1;
    return MST_OK;
}

/*  The matrix of a message; false: it has none that could be waited by. */
static bool take_matrix (federate_core_t *self, const wire_message_t *message)
{
    uint32_t count;

    base_arena_reset (&self->stamp_arena);
    const uint64_t *stamps = take_stamps (message, &self->stamp_arena, &count);
    if (!stamps)
        return false;
    size_t at = STAMP_HEAD + (size_t) stamps[1], numbers = count - at;
    self->matrix.count = 0;
    for (; numbers >= STAMP_TRIPLE; at += STAMP_TRIPLE, numbers -= STAMP_TRIPLE) {
        timemgmt_causal_entry_t entry = { (uint32_t) stamps[at], (uint32_t) stamps[at + 1],
                                          stamps[at + 2] };
        if (BASE_LIST_PUSH (&self->matrix, entry))
            return false;
    }
    return self->matrix.count > 0;
}

static mst_err_t too_many_wait (federate_core_t *self)
{
    federate_callback_t callback = { .kind = FEDERATE_REFUSED, .err = MST_E_LIMIT };

    callback.text = base_strdup (mst_error_text ());
    mst_err_t err = callback.text ? federate_control_queue (self, &callback) : base_alloc_error ();
    if (err)
        base_free (callback.text);
    return err;
}

static mst_err_t receive (federate_core_t *self, const federate_peer_t *peer,
                          const wire_message_t *message, federate_bundle_t *single)
{
    uint32_t slot = 0;

    if (message->order != WIRE_ORDER_RECEIVE || !take_matrix (self, message))
        return pass_behind (self, peer->id, single);
    mst_err_t err = waiting_slot (self, &slot);
    if (err) {
        federate_parcel_drop (self, single->parcel);
        return err;
    }
    self->waiting.items[slot] = (federate_waiting_t){ .single = *single, .used = true };
    err = timemgmt_causal_receive (self->causal, peer->id, self->matrix.items, self->matrix.count,
                                   slot, &self->ready);
    if (!err)
        return pass_ready (self);
    (void) take_waiting (self, slot);
    /*  Better before its causes than not at all; where a limit is the reason the user is told. */
    mst_err_t told = err == MST_E_LIMIT ? too_many_wait (self) : MST_OK;
    err = pass_on (self, single);
    return err ? err : told;
}

/*  Takes a released bundle apart; each message goes to the user when its causes have. Eats the
 * bundle. */
mst_err_t federate_causal_release (federate_core_t *self, const federate_peer_t *peer,
                                   federate_bundle_t *bundle)
{
    mst_err_t err = MST_OK;

    base_assert (self != NULL && peer != NULL && bundle != NULL);
    base_assert (self->causal != NULL);
    for (; bundle->left > 0 && !err; bundle->left--, bundle->index++) {
        wire_message_t message;
        wire_message_value_t value;
        federate_bundle_t single = *bundle;
        err = wire_message_read (&bundle->reader, &message);
        for (uint32_t i = 0; !err && i < message.value_count && !bundle->reader.bad; i++)
            wire_message_value_read (&bundle->reader, &value);
        if (!err && bundle->reader.bad)
            err = base_error (MST_E_MALFORMED, "a bundle of %s does not decode", peer->name);
        /*  What is skipped stands in the time-stamped queue already, or lies above a cut. */
        if (err || (bundle->skip_timestamped && message.order == WIRE_ORDER_TIMESTAMP))
            continue;
        single.left = 1;
        single.parcel->references++;
        err = receive (self, peer, &message, &single);
    }
    federate_parcel_drop (self, bundle->parcel);
    return err;
}

/*  Who is gone is waited for no longer. */
mst_err_t federate_causal_gone (federate_core_t *self, const federate_peer_t *peer)
{
    timemgmt_causal_items_t dropped = { 0 };

    base_assert (self != NULL && peer != NULL);
    if (!self->causal)
        return MST_OK;
    mst_err_t err =
        timemgmt_causal_lost (self->causal, peer->id, UINT64_MAX, &dropped, &self->ready);
    base_assert (dropped.count == 0); /* what is in hand is delivered */
    BASE_LIST_FINI (&dropped);
    return err ? err : pass_ready (self);
}

mst_err_t federate_stamp_init (federate_core_t *self)
{
    base_assert (self != NULL && self->causal == NULL);
    if (!self->options.causal)
        return MST_OK;
    self->causal = timemgmt_causal_new (self->self, 0);
    return self->causal ? MST_OK : base_alloc_error ();
}

/*  What still waits is dropped. */
void federate_stamp_abandon (federate_core_t *self)
{
    base_assert (self != NULL);
    BASE_LIST_EACH (&self->waiting, i)
        if (self->waiting.items[i].used)
            federate_parcel_drop (self, self->waiting.items[i].single.parcel);
    self->waiting.count = 0;
    self->waiting_free = 0;
    BASE_LIST_EACH (&self->deferred, i) {
        federate_callback_free (&self->deferred.items[i].callback);
        base_free (self->deferred.items[i].need);
    }
    self->deferred.count = 0;
}

void federate_stamp_fini (federate_core_t *self)
{
    base_assert (self != NULL);
    timemgmt_causal_destroy (&self->causal);
    timemgmt_vector_fini (&self->vector);
    BASE_LIST_FINI (&self->waiting);
    BASE_LIST_FINI (&self->deferred);
    BASE_LIST_FINI (&self->ready);
    BASE_LIST_FINI (&self->receivers);
    BASE_LIST_FINI (&self->matrix);
    base_buffer_fini (&self->stamp);
    base_arena_fini (&self->stamp_arena);
}
