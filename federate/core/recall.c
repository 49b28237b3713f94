/*  Retraction at the receiver (IEEE 1516.1, clause 8.23). A retraction stands in the same stream as
    its message, behind it. So when it comes, the message is queued (then it is taken out, and the
    user never hears of it), or was given (then the user is asked to take it back), or was not for
    the user in the first place.

    Which messages were given and may still be taken back is kept per sender, up to the time that is
    final: the one granted; for a federate that is not constrained, LITS. What was retracted is kept
    as well, with its bytes, as long: its sender may die before it had reported the retraction, and
    then the message stands, for everybody (docs/time.md, "Retraction"). */
#include "federate/core/internal.h"

/*  The table ----------------------------------------------------------------------------------- */

static void handed_free (federate_handed_t *handed)
{
    base_free (handed->copy); /* nobody else's, and it has no owner */
    base_free (handed);
}

void federate_recall_free (federate_peer_t *peer)
{
    base_assert (peer != NULL);
    BASE_MAP_EACH (&peer->handed, entry)
        handed_free ((federate_handed_t *) (uintptr_t) entry->value);
    base_map_fini (&peer->handed);
}

static mst_err_t handed_add (federate_core_t *self, federate_peer_t *peer, uint64_t key,
                             const federate_handed_t *from)
{
    base_assert (base_map_pointer (&peer->handed, key) == NULL);
    federate_handed_t *handed = base_alloc (sizeof *handed);
    if (!handed)
        return base_alloc_error ();
    *handed = *from;
    mst_err_t err = base_map_set_pointer (&peer->handed, key, handed);
    if (err)
        base_free (handed);
    else
        self->handed++;
    return err;
}

static void handed_remove (federate_core_t *self, federate_peer_t *peer, uint64_t key)
{
    federate_handed_t *handed = base_map_pointer (&peer->handed, key);
    base_assert (handed != NULL && self->handed > 0);
    base_map_remove (&peer->handed, key);
    self->handed--;
    handed_free (handed);
}

static bool hides (const federate_core_t *self, const federate_handed_t *handed,
                   federate_object_t **object)
{
    *object = handed->object ? federate_object (self, handed->object) : NULL;
    return *object && (*object)->hidden && handed->state == FEDERATE_HANDED_OUT;
}

void federate_recall_final (federate_core_t *self, federate_peer_t *peer, int64_t below)
{
    base_assert (self != NULL && peer != NULL);
    for (uint32_t i = peer->handed.count; i-- > 0;) { /* backward, as entries go */
        const base_map_entry_t *entry = &peer->handed.entries[i];
        const federate_handed_t *handed = (const federate_handed_t *) (uintptr_t) entry->value;
        federate_object_t *object;
        if (handed->time >= below || handed->state == FEDERATE_HANDED_SKIPPED)
            continue;
        if (hides (self, handed, &object))
            federate_object_remove (self, object);
        handed_remove (self, peer, entry->key);
    }
}

static void sweep (federate_core_t *self, int64_t below)
{
    BASE_MAP_EACH (&self->peers, entry)
        federate_recall_final (self, (federate_peer_t *) (uintptr_t) entry->value, below);
    self->handed_swept = self->handed;
}

static bool sweep_due (const federate_core_t *self)
{
    return self->handed >= FEDERATE_SWEEP_MIN && self->handed >= 2 * self->handed_swept;
}

void federate_recall_settle (federate_core_t *self, int64_t below)
{
    base_assert (self != NULL);
    if (self->hidden > 0 || sweep_due (self))
        sweep (self, below);
}

/*  In receive order ---------------------------------------------------------------------------- */

/*  A federate that is not constrained is granted no time that would say what is final: it asks what
   the smallest stamp is that can still come. */
static mst_err_t ask_final (federate_core_t *self)
{
    wire_query_lits_t args = { 0 };

    if (self->handed_asked || self->lost || self->resigned)
        return MST_OK;
    mst_err_t err = federate_control_send_time (self, WIRE_ADVANCE_NONE, 0, self->now);
    if (!err)
        err = federate_control_expect (self, WIRE_SERVICE_QUERY_LITS, 0, 0, NULL);
    if (err)
        return err;
    uint32_t request = self->pending.items[self->pending.count - 1].request;
    err = federate_control_send (self, WIRE_SERVICE_QUERY_LITS, &args, false, request);
    if (err)
        self->pending.count--;
    self->handed_asked = !err;
    return err;
}

mst_err_t federate_recall_answer (federate_core_t *self, const wire_reply_t *reply)
{
    wire_query_lits_result_t result;

    base_assert (self != NULL);
    self->handed_asked = false;
    mst_err_t err = reply ? wire_service_decode_result (WIRE_SERVICE_QUERY_LITS, reply->result.data,
                                                        reply->result.size_bytes, &self->arena,
                                                        &result, sizeof result)
                          : MST_OK;
    if (reply && !err)
        sweep (self, result.time == WIRE_TIME_NONE ? WIRE_TIME_NEVER : result.time);
    return err;
}

mst_err_t federate_recall_line (federate_core_t *self, federate_peer_t *peer, uint64_t key,
                                int64_t time)
{
    base_assert (self != NULL && peer != NULL);
    mst_err_t err = handed_add (
        self, peer, key, &(federate_handed_t){ .time = time, .state = FEDERATE_HANDED_LINED });
    return err || !sweep_due (self) ? err : ask_final (self);
}

bool federate_recall_take (federate_core_t *self, federate_peer_t *peer, uint64_t key)
{
    base_assert (self != NULL && peer != NULL);
    const federate_handed_t *handed = base_map_pointer (&peer->handed, key);
    if (!handed || handed->state != FEDERATE_HANDED_SKIPPED)
        return true;
    handed_remove (self, peer, key);
    return false;
}

void federate_recall_taken (federate_core_t *self, federate_peer_t *peer, uint64_t key, bool given,
                            uint64_t removed)
{
    base_assert (self != NULL && peer != NULL);
    federate_handed_t *handed = base_map_pointer (&peer->handed, key);
    federate_object_t *object = given && removed ? federate_object (self, removed) : NULL;
    if (handed && given) {
        handed->state = FEDERATE_HANDED_OUT;
        handed->object = removed;
    } else if (handed)
        handed_remove (self, peer, key);
    else if (object && object->hidden) /* it is final */
        federate_object_remove (self, object);
}

/*  In the order of time ------------------------------------------------------------------------ */

static federate_parcel_t *copy_message (const uint8_t *at, size_t room)
{
    wire_reader_t reader;
    wire_message_t message;
    wire_message_value_t value;

    wire_reader_init (&reader, at, room);
    mst_err_t err = wire_message_read (&reader, &message);
    base_assert (err == MST_OK); /* it was read when it came */
    for (uint32_t i = 0; i < message.value_count; i++)
        wire_message_value_read (&reader, &value);
    return federate_parcel_copy (at, (size_t) (reader.at - at));
}

static size_t room_behind (const federate_timed_t *timed)
{
    return (size_t) (timed->parcel->data + timed->parcel->size_bytes - timed->at);
}

/*  Only what its sender may retract can be given a second time. */
mst_err_t federate_recall_given (federate_core_t *self, federate_peer_t *peer,
                                 const timemgmt_message_t *entry, const federate_timed_t *timed,
                                 const wire_message_t *message)
{
    federate_handed_t handed = { .time = entry->time, .state = FEDERATE_HANDED_OUT };

    base_assert (self != NULL && peer != NULL);
    if (message->type == WIRE_MESSAGE_DELETE)
        handed.object = message->target;
    if (message->retractable) {
        handed.copy = copy_message (timed->at, room_behind (timed));
        if (!handed.copy)
            return base_alloc_error ();
    }
    mst_err_t err =
        handed_add (self, peer, FEDERATE_HANDED_KEY (entry->sequence, entry->index), &handed);
    if (err)
        base_free (handed.copy);
    return err;
}

static void forget_timed (federate_core_t *self, uint64_t slot)
{
    federate_parcel_drop (self, self->timed.items[slot].parcel);
    federate_timed_free (self, slot);
}

/*  A message about an object whose removal was given with a flush: what lies before the removal is
   given, what lies behind it waits aside until the removal is taken back, or final: then it is of
   no use. It does not count as queued, as it would keep the very time from passing that makes the
   removal final. */
bool federate_recall_behind (federate_core_t *self, const timemgmt_message_t *entry)
{
    base_assert (self != NULL && entry != NULL);
    const federate_timed_t *timed = &self->timed.items[entry->payload];
    const federate_object_t *object =
        timed->object ? federate_object_recent (self, timed->object) : NULL;
    if (!object || !object->hidden || entry->time < object->hidden_from)
        return false;
    bool strict = timemgmt_kind_strict ((timemgmt_kind_t) (self->grant.kind - 1));
    bool final = object->hidden_from < self->grant.time ||
                 (strict && object->hidden_from == self->grant.time);
    if (!final && BASE_LIST_PUSH (&self->behind, *entry) == MST_OK)
        return true;
    forget_timed (self, entry->payload);
    self->counters.unknown_dropped++;
    if (!final)
        (void) federate_input_lost (self, base_alloc_error ());
    return true;
}

/*  The removal is taken back. */
static mst_err_t return_behind (federate_core_t *self, uint64_t object)
{
    for (size_t i = self->behind.count; i-- > 0;) {
        timemgmt_message_t *entry = &self->behind.items[i];
        if (self->timed.items[entry->payload].object != object)
            continue;
        mst_err_t err = timemgmt_tso_queue_push (self->queue, entry);
        if (err)
            return err;
        *entry = self->behind.items[--self->behind.count];
    }
    return MST_OK;
}

void federate_recall_forget (federate_core_t *self, uint64_t object)
{
    base_assert (self != NULL && object != 0);
    for (size_t i = self->behind.count; i-- > 0;) {
        uint64_t slot = self->behind.items[i].payload;
        if (self->timed.items[slot].object != object)
            continue;
        forget_timed (self, slot);
        self->behind.items[i] = self->behind.items[--self->behind.count];
        self->counters.unknown_dropped++;
    }
}

/*  A retraction comes -------------------------------------------------------------------------- */

static mst_err_t ask_back (federate_core_t *self, const federate_peer_t *peer, uint64_t key,
                           const federate_handed_t *handed)
{
    federate_callback_t callback = { .kind = FEDERATE_RETRACTED,
                                     .federate = peer->id,
                                     .number = FEDERATE_HANDED_ID (key),
                                     .time = handed->time };
    federate_object_t *object;

    mst_err_t err = MST_OK;
    if (hides (self, handed, &object)) { /* known again when the user hears of it, not before */
        callback.shows = object->id;
        err = return_behind (self, object->id);
    }
    return err ? err : federate_control_queue (self, &callback);
}

static bool take_behind (federate_core_t *self, uint32_t sender, uint64_t sequence, uint32_t index,
                         timemgmt_message_t *message)
{
    BASE_LIST_EACH (&self->behind, i) {
        const timemgmt_message_t *each = &self->behind.items[i];
        if (each->sender != sender || each->sequence != sequence || each->index != index)
            continue;
        *message = *each;
        self->behind.items[i] = self->behind.items[--self->behind.count];
        return true;
    }
    return false;
}

/*  Memory first; then it leaves the queue. */
static mst_err_t recall_queued (federate_core_t *self, federate_peer_t *peer, uint64_t sequence,
                                const wire_message_t *message)
{
    timemgmt_message_t entry;

    uint64_t key = FEDERATE_HANDED_KEY (message->target, message->epoch);
    if (!timemgmt_tso_queue_retract (self->queue, peer->id, message->target, message->epoch,
                                     &entry) &&
        !take_behind (self, peer->id, message->target, message->epoch, &entry))
        return MST_OK; /* it was not for this user, or comes of one that does not keep to the rules
                        */
    federate_timed_t timed = self->timed.items[entry.payload];
    federate_timed_free (self, entry.payload);
    federate_handed_t handed = { .time = entry.time,
                                 .back_sequence = sequence,
                                 .state = FEDERATE_HANDED_BACK,
                                 .copy = copy_message (timed.at, room_behind (&timed)) };
    mst_err_t err = handed.copy ? handed_add (self, peer, key, &handed) : base_alloc_error ();
    if (err)
        base_free (handed.copy);
    self->thinned = true;
    self->counters.retractions_received++;
    federate_parcel_drop (self, timed.parcel);
    mst_err_t failed = federate_object_unqueued (self, timed.object);
    return err ? err : failed;
}

mst_err_t federate_recall (federate_core_t *self, federate_peer_t *peer, uint64_t sequence,
                           const wire_message_t *message)
{
    base_assert (self != NULL && peer != NULL);
    base_assert (message->type == WIRE_MESSAGE_RETRACTION);
    if (message->target == 0 || message->target > sequence ||
        message->epoch >= WIRE_BUNDLE_MESSAGES_MAX)
        return base_error (MST_E_MALFORMED, "%s retracts a message that it never sent", peer->name);
    uint64_t key = FEDERATE_HANDED_KEY (message->target, (uint64_t) message->epoch);
    federate_handed_t *handed = base_map_pointer (&peer->handed, key);
    if (!handed)
        return recall_queued (self, peer, sequence, message);
    bool out = handed->state == FEDERATE_HANDED_OUT;
    if ((!out && handed->state != FEDERATE_HANDED_LINED) || handed->time != message->time)
        return MST_OK;
    if (out) {
        mst_err_t err = ask_back (self, peer, key, handed);
        if (err)
            return err;
    }
    handed->state = out ? FEDERATE_HANDED_BACK : FEDERATE_HANDED_SKIPPED;
    handed->back_sequence = sequence;
    self->counters.retractions_received++;
    return MST_OK;
}

/*  The sender has died ------------------------------------------------------------------------- */

/*  A retraction above the cut was never made: the message is given (again). */
static mst_err_t give_again (federate_core_t *self, federate_peer_t *peer, uint64_t key,
                             federate_handed_t *handed)
{
    timemgmt_message_t entry = { .time = handed->time,
                                 .sequence = key >> FEDERATE_HANDED_INDEX_BITS,
                                 .sender = peer->id,
                                 .index = (uint32_t) (key & (WIRE_BUNDLE_MESSAGES_MAX - 1)) };
    wire_reader_t reader;
    wire_message_t message;
    federate_parcel_t *copy = handed->copy;

    wire_reader_init (&reader, copy->data, copy->size_bytes);
    mst_err_t err = wire_message_read (&reader, &message);
    base_assert (err == MST_OK);
    uint64_t object = message.type == WIRE_MESSAGE_INTERACTION ? 0 : message.target;
    err = federate_inbound_queue (self, &entry, copy, copy->data, object);
    if (err)
        return err;
    copy->peer = peer;
    copy->credited = true; /* long ago, as part of its bundle */
    self->queued_bytes += copy->size_bytes;
    handed->copy = NULL;
    return MST_OK;
}

mst_err_t federate_recall_cut (federate_core_t *self, federate_peer_t *peer)
{
    base_assert (self != NULL && peer != NULL);
    base_assert (peer->lost);
    for (size_t i = self->behind.count; i-- > 0;) {
        const timemgmt_message_t *entry = &self->behind.items[i];
        if (entry->sender != peer->id || entry->sequence <= peer->cut_sequence)
            continue;
        forget_timed (self, entry->payload);
        self->behind.items[i] = self->behind.items[--self->behind.count];
        self->counters.cut_dropped++;
    }
    for (uint32_t i = peer->handed.count; i-- > 0;) {
        uint64_t key = peer->handed.entries[i].key;
        federate_handed_t *handed = (federate_handed_t *) (uintptr_t) peer->handed.entries[i].value;
        bool message_stands = key >> FEDERATE_HANDED_INDEX_BITS <= peer->cut_sequence;
        bool back =
            handed->state == FEDERATE_HANDED_BACK || handed->state == FEDERATE_HANDED_SKIPPED;
        mst_err_t err = MST_OK;
        if (message_stands && (!back || handed->back_sequence <= peer->cut_sequence))
            continue;
        if (!message_stands && handed->state == FEDERATE_HANDED_OUT)
            err = ask_back (self, peer, key, handed);
        else if (message_stands && handed->copy)
            err = give_again (self, peer, key, handed);
        if (err)
            return err;
        handed_remove (self, peer, key);
    }
    return MST_OK;
}
