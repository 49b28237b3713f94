/*  What peers send. A bundle is counted as received when it is in hand; it is released to the user,
   or to the TSO queue, when this federate has applied as much control as its sender had
   (docs/protocol.md, section 3). Each sender's bundles stay in order. */
#include "federate/core/internal.h"

#include <string.h>

/*  Parcels ------------------------------------------------------------------------------------- */

federate_parcel_t *federate_parcel_copy (const uint8_t *data, size_t size_bytes)
{
    base_assert (data != NULL);
    federate_parcel_t *parcel = base_alloc (sizeof *parcel + size_bytes);
    if (!parcel)
        return NULL;
    uint8_t *bytes = (uint8_t *) (parcel + 1);
    memcpy (bytes, data, size_bytes);
    *parcel = (federate_parcel_t){ .data = bytes, .size_bytes = size_bytes, .references = 1 };
    return parcel;
}

static mst_err_t send_credit (federate_core_t *self, federate_peer_t *peer)
{
    wire_route_talk_t talk = { .from = self->self, .to = peer->id, .number = peer->consumed };
    federate_effect_t effect = { .kind = FEDERATE_ANSWER,
                                 .connection = peer->connection,
                                 .peer = peer->id };

    peer->credited = peer->consumed;
    /*  It has no connection to us: its bundles came by the RTI, and the credit goes back that
       way. */
    if (peer->connection == 0) {
        self->urgent = true;
        return wire_route_talk_write (&self->outbox, WIRE_KIND_CREDIT, &talk);
    }
    mst_err_t err = BASE_LIST_ROOM (&self->effects);
    if (!err)
        err = wire_route_talk_write (&effect.bytes, WIRE_KIND_CREDIT, &talk);
    if (!err)
        BASE_LIST_PUT (&self->effects, effect);
    return err;
}

static void credit (federate_core_t *self, federate_parcel_t *parcel)
{
    federate_peer_t *peer = parcel->peer;

    if (!peer || parcel->credited)
        return;
    parcel->credited = true;
    *parcel->from_before = parcel->uncredited;
    if (parcel->uncredited)
        parcel->uncredited->from_before = parcel->from_before;
    peer->consumed += parcel->size_bytes;
    if (peer->consumed - peer->credited < FEDERATE_CREDIT_STEP_BYTES || peer->departed)
        return;
    if (send_credit (self, peer))
        peer->credited = 0; /* no memory: the next parcel tries again */
}

void federate_parcel_drop (federate_core_t *self, federate_parcel_t *parcel)
{
    federate_effect_t effect = { .kind = FEDERATE_RELEASE, .owner = parcel->owner };

    base_assert (self != NULL);
    base_assert (parcel->references > 0);
    if (--parcel->references > 0)
        return;
    if (parcel->peer)
        self->queued_bytes -= parcel->size_bytes;
    credit (self, parcel);
    /*  The bytes are the shell's and go back to it by an effect. Without memory for one the
       parcel waits in a list: bytes are late then, never lost. */
    if (parcel->owner && BASE_LIST_ROOM (&self->effects)) {
        parcel->next = self->unreleased;
        self->unreleased = parcel;
        return;
    }
    if (parcel->owner)
        BASE_LIST_PUT (&self->effects, effect);
    base_free (parcel);
}

void federate_parcel_release (federate_core_t *self)
{
    base_assert (self != NULL);
    while (self->unreleased && BASE_LIST_ROOM (&self->effects) == MST_OK) {
        federate_parcel_t *parcel = self->unreleased;
        federate_effect_t effect = { .kind = FEDERATE_RELEASE, .owner = parcel->owner };
        self->unreleased = parcel->next;
        BASE_LIST_PUT (&self->effects, effect);
        base_free (parcel);
    }
}

/*  Into the hands of the user --------------------------------------------------------------------
 */

static mst_err_t timed_slot (federate_core_t *self, uint32_t *slot)
{
    if (self->timed_free != 0) {
        *slot = self->timed_free - 1;
        self->timed_free = self->timed.items[*slot].next_free;
        return MST_OK;
    }
    federate_timed_t fresh = { 0 };
    if (BASE_LIST_PUSH (&self->timed, fresh))
        return MST_E_NO_MEMORY;
    *slot = (uint32_t) (self->timed.count - 1);
    return MST_OK;
}

/*  The parcel's reference is the queue's then. */
static inline mst_err_t put_timed (federate_core_t *self, timemgmt_message_t *entry,
                                   const federate_timed_t *fresh)
{
    uint32_t slot;

    mst_err_t err = timed_slot (self, &slot);
    if (err)
        return err;
    entry->payload = slot;
    err = timemgmt_tso_queue_push (self->queue, entry);
    if (err) {
        federate_timed_free (self, slot);
        return err;
    }
    self->timed.items[slot] = *fresh;
    federate_object_queued (self, fresh->object);
    return MST_OK;
}

mst_err_t federate_inbound_queue (federate_core_t *self, timemgmt_message_t *entry,
                                  federate_parcel_t *parcel, const uint8_t *at, uint64_t object)
{
    base_assert (self != NULL && parcel != NULL);
    return put_timed (self, entry,
                      &(federate_timed_t){ .parcel = parcel, .at = at, .object = object });
}

static inline mst_err_t queue_timed (federate_core_t *self, const federate_peer_t *peer,
                                     federate_bundle_t *bundle, const wire_message_t *message,
                                     const uint8_t *at)
{
    timemgmt_message_t entry = { message->time, bundle->head.sequence, peer->id, bundle->index, 0 };
    federate_timed_t fresh = { .parcel = bundle->parcel, .at = at };

    fresh.object = message->type == WIRE_MESSAGE_INTERACTION ? 0 : message->target;
    mst_err_t err = put_timed (self, &entry, &fresh);
    if (!err)
        bundle->parcel->references++;
    return err;
}

static void skip_values (wire_reader_t *reader, uint32_t count)
{
    wire_message_value_t value;
    for (uint32_t i = 0; i < count && !reader->bad; i++)
        wire_message_value_read (reader, &value);
}

/*  Only a sender that does not keep to its bound sends into the past. */
static mst_err_t drop_late (federate_core_t *self, const federate_peer_t *peer, int64_t time)
{
    federate_callback_t callback = { .kind = FEDERATE_REFUSED };

    callback.err = base_error (
        MST_E_TIME_PASSED, "a message of %s for time %s is dropped: %s is at time %s already",
        peer->name, FEDERATE_TIME (self, time), self->name, FEDERATE_TIME (self, self->now));
    callback.text = base_strdup (mst_error_text ());
    if (!callback.text)
        return base_alloc_error ();
    mst_err_t err = federate_control_queue (self, &callback);
    if (err)
        base_free (callback.text);
    return err;
}

/*  A time-stamped message that is neither late nor cut off. */
static inline mst_err_t sort_timed (federate_core_t *self, federate_peer_t *peer,
                                    federate_bundle_t *bundle, const wire_message_t *message,
                                    const uint8_t *at)
{
    if (message->type == WIRE_MESSAGE_RETRACTION)
        return federate_recall (self, peer, bundle->head.sequence, message);
    if (self->constrained)
        return queue_timed (self, peer, bundle, message, at);
    if (!message->retractable)
        return MST_OK;
    return federate_recall_line (
        self, peer, FEDERATE_HANDED_KEY (bundle->head.sequence, bundle->index), message->time);
}

/*  Reads a bundle with time-stamped messages once: they go to the queue, the states of a migration
   are counted. Receive-order ones are left for the user's turn. */
static mst_err_t sort_bundle (federate_core_t *self, federate_peer_t *peer,
                              federate_bundle_t *bundle, uint32_t *receive_ordered)
{
    wire_reader_t reader = bundle->reader;
    bool above_cut = peer->lost && bundle->head.sequence > peer->cut_sequence;
    /*  Who is not constrained gets time-stamped messages in receive order, where they stand in
       the bundle (docs/time.md, "Delivery"). */
    bool take_out = self->constrained || above_cut;

    *receive_ordered = 0;
    for (bundle->index = 0; bundle->index < bundle->left; bundle->index++) {
        wire_message_t message;
        const uint8_t *at = reader.at;
        mst_err_t err = wire_message_read (&reader, &message);
        wire_reader_t values = reader;
        if (!err)
            skip_values (&reader, message.value_count);
        if (err || reader.bad)
            return base_error (MST_E_MALFORMED, "a bundle of %s does not decode at message %u",
                               peer->name, bundle->index);
        bool timed = message.order == WIRE_ORDER_TIMESTAMP;
        if (timed && !timemgmt_time_valid (self->time_type, message.time))
            return base_error (MST_E_MALFORMED, "a bundle of %s has a time stamp that is none",
                               peer->name);
        bool late = timed && self->constrained && message.time < self->now;
        self->counters.cut_dropped += timed && above_cut;
        if (late && !above_cut)
            err = drop_late (self, peer, message.time);
        if (timed && !late && !above_cut && message.type == WIRE_MESSAGE_MIGRATION)
            err = federate_migration_state (self, peer, &message, &values);
        if (!err && timed && !late && !above_cut)
            err = sort_timed (self, peer, bundle, &message, at);
        if (err)
            return err;
        *receive_ordered += !timed || (!take_out && message.type != WIRE_MESSAGE_RETRACTION);
    }
    bundle->index = 0;
    bundle->skip_timestamped = take_out;
    return MST_OK;
}

static mst_err_t release_bundle (federate_core_t *self, federate_peer_t *peer,
                                 federate_bundle_t *bundle)
{
    uint32_t receive_ordered = bundle->left;

    if (bundle->head.smallest != WIRE_TIME_NEVER) {
        mst_err_t err = sort_bundle (self, peer, bundle, &receive_ordered);
        if (err) {
            federate_parcel_drop (self, bundle->parcel);
            return err == MST_E_MALFORMED ? err : federate_input_lost (self, err);
        }
    }
    if (receive_ordered == 0) {
        federate_parcel_drop (self, bundle->parcel);
        return MST_OK;
    }
    if (self->causal)
        return federate_causal_release (self, peer, bundle);
    bundle->order = self->order++;
    if (FEDERATE_FIFO_ROOM (&self->data)) {
        federate_parcel_drop (self, bundle->parcel);
        return MST_E_NO_MEMORY;
    }
    BASE_LIST_PUT (&self->data.list, *bundle);
    return MST_OK;
}

/*  A grant's need covers a bundle: the RTI has processed all that its sender had issued. Else
   both marks must hold (docs/protocol.md, section 3). */
static bool marks_met (const federate_core_t *self, const federate_peer_t *peer,
                       const federate_bundle_t *bundle)
{
    if (bundle->head.sequence <= peer->needed)
        return true;
    return bundle->head.applied <= self->applied && bundle->head.issued <= peer->known_issued;
}

static bool carries_state (const federate_bundle_t *bundle)
{
    wire_reader_t reader = bundle->reader;
    for (uint32_t i = 0; i < bundle->left; i++) {
        wire_message_t message;
        if (wire_message_read (&reader, &message))
            return false;
        if (message.type == WIRE_MESSAGE_MIGRATION)
            return true;
        skip_values (&reader, message.value_count);
    }
    return false;
}

/*  Beyond limits.tso_queue_messages a bundle stays as it is until a grant needs it: so its sender's
   window fills, and the sender is told. A vote is not kept waiting. */
static bool has_queue_room (const federate_core_t *self, const federate_peer_t *peer,
                            const federate_bundle_t *bundle)
{
    if (!self->constrained || bundle->head.smallest == WIRE_TIME_NEVER ||
        bundle->head.sequence <= peer->needed)
        return true;
    size_t queued = timemgmt_tso_queue_count (self->queue);
    return queued == 0 || queued + bundle->left <= self->options.tso_queue_messages ||
           carries_state (bundle);
}

static mst_err_t refuse_garbage (federate_core_t *self, uint64_t connection, mst_err_t err)
{
    wire_route_talk_t talk = { .from = self->self,
                               .number = (uint64_t) err,
                               .text = (const uint8_t *) mst_error_text (),
                               .text_size_bytes = (uint32_t) strlen (mst_error_text ()) };
    federate_effect_t effect = { .kind = FEDERATE_ANSWER, .connection = connection, .close = true };

    federate_peer_bar (self, connection);
    mst_err_t failed = BASE_LIST_ROOM (&self->effects);
    if (!failed)
        failed = wire_route_talk_write (&effect.bytes, WIRE_KIND_REFUSED, &talk);
    if (!failed)
        BASE_LIST_PUT (&self->effects, effect);
    return failed;
}

/*  A bundle that does not decode is its sender's mistake and nobody else's. */
static mst_err_t refuse_bundle (federate_core_t *self, federate_peer_t *peer)
{
    self->counters.never_came++;
    peer->barred = true;
    return peer->connection ? refuse_garbage (self, peer->connection, MST_E_MALFORMED) : MST_OK;
}

/*  What is held of a peer goes, and nothing of it is taken in any more. The text says why. */
mst_err_t federate_inbound_bar (federate_core_t *self, federate_peer_t *peer)
{
    base_assert (self != NULL && peer != NULL);
    mst_err_t err = refuse_bundle (self, peer);
    while (FEDERATE_FIFO_COUNT (&peer->held) > 0) {
        federate_parcel_drop (self, FEDERATE_FIFO_HEAD (&peer->held).parcel);
        FEDERATE_FIFO_POP (&peer->held);
    }
    return err;
}

mst_err_t federate_inbound_release (federate_core_t *self, federate_peer_t *peer)
{
    base_assert (self != NULL && peer != NULL);
    while (FEDERATE_FIFO_COUNT (&peer->held) > 0 &&
           marks_met (self, peer, &FEDERATE_FIFO_HEAD (&peer->held)) &&
           has_queue_room (self, peer, &FEDERATE_FIFO_HEAD (&peer->held))) {
        federate_bundle_t bundle = FEDERATE_FIFO_HEAD (&peer->held);
        FEDERATE_FIFO_POP (&peer->held);
        base_trace ("federate/core/inbound.c: federate_inbound_release");
        /*  From here on it is reported as received, because its stamps are in the queue's
           minimum: the ledger must find them in one of the two places (docs/time.md, "The
           ledger"). */
        peer->released = bundle.head.sequence;
        peer->report_due = true;
        mst_err_t err = release_bundle (self, peer, &bundle);
        if (err == MST_E_MALFORMED)
            err = refuse_bundle (self, peer);
        if (err)
            return err;
    }
    return MST_OK;
}

mst_err_t federate_inbound_release_all (federate_core_t *self)
{
    base_assert (self != NULL);
    BASE_MAP_EACH (&self->peers, entry) {
        federate_peer_t *peer = (federate_peer_t *) (uintptr_t) entry->value;
        if (FEDERATE_FIFO_COUNT (&peer->held) == 0)
            continue;
        mst_err_t err = federate_inbound_release (self, peer);
        if (!err)
            err = federate_inbound_probe (self, peer);
        if (err)
            return err;
    }
    return MST_OK;
}

static bool vote_awaited (const federate_peer_t *peer)
{
    for (size_t i = peer->held.first; i < peer->held.list.count; i++)
        if (peer->held.list.items[i].moves)
            return true;
    return false;
}

static mst_err_t send_probe (federate_core_t *self, federate_peer_t *peer,
                             const wire_bundle_head_t *head)
{
    wire_probe_t args = { .origin = peer->id,
                          .origin_sequence = head->issued,
                          .global = head->applied };

    mst_err_t err =
        federate_control_expect (self, WIRE_SERVICE_PROBE, peer->id, head->issued, NULL);
    if (err)
        return err;
    uint32_t request = self->pending.items[self->pending.count - 1].request;
    err = federate_control_send (self, WIRE_SERVICE_PROBE, &args, false, request);
    if (err)
        self->pending.count--;
    else
        peer->probing = true;
    return err;
}

/*  Asks the RTI whether what a held bundle waits for is there. Not while a grant is awaited that
   covers the bundle: it brings the answer. But that grant may itself wait for a vote on what is
   held. */
mst_err_t federate_inbound_probe (federate_core_t *self, federate_peer_t *peer)
{
    base_assert (self != NULL && peer != NULL);
    if (FEDERATE_FIFO_COUNT (&peer->held) == 0 || peer->probing || self->lost || self->resigned)
        return MST_OK;
    if (marks_met (self, peer, &FEDERATE_FIFO_HEAD (&peer->held)))
        return MST_OK; /* it waits for room in the queue */
    const wire_bundle_head_t *head = &FEDERATE_FIFO_HEAD (&peer->held).head;
    if (self->constrained && self->advancing && self->advance_kind != WIRE_ADVANCE_FQR &&
        head->smallest != WIRE_TIME_NEVER && !vote_awaited (peer))
        return MST_OK;
    return send_probe (self, peer, head);
}

/*  Arrival
 * ------------------------------------------------------------------------------------------ */

static mst_err_t check_bundle (const federate_core_t *self, const federate_peer_t *peer,
                               const wire_bundle_head_t *head)
{
    if (!self->joined)
        return base_error (MST_E_NOT_INTRODUCED, "a bundle of %s came before the join", peer->name);
    if (head->incarnation != peer->incarnation)
        return base_error (MST_E_NOT_INTRODUCED, "a bundle of an earlier incarnation of %s",
                           peer->name);
    if (head->to != self->self)
        return base_error (MST_E_MALFORMED, "a bundle of %s for federate %u came to federate %u",
                           peer->name, head->to, self->self);
    return MST_OK;
}

static mst_err_t arrive_best_effort (federate_core_t *self, federate_peer_t *peer,
                                     federate_bundle_t *bundle)
{
    /*  A sequence of its own: gaps are all that tells of a loss. */
    if (bundle->head.sequence > peer->received_best_effort + 1)
        self->counters.best_effort_lost += bundle->head.sequence - peer->received_best_effort - 1;
    if (bundle->head.sequence > peer->received_best_effort)
        peer->received_best_effort = bundle->head.sequence;
    if (bundle->head.applied > self->applied || bundle->head.issued > peer->known_issued) {
        bool ask = !peer->probing && !self->lost && !self->resigned;
        self->counters.best_effort_lost++; /* not worth holding; but later ones shall pass */
        federate_parcel_drop (self, bundle->parcel);
        return ask ? send_probe (self, peer, &bundle->head) : MST_OK;
    }
    /*  No order of time for what may be lost. */
    bundle->head.smallest = WIRE_TIME_NEVER;
    return release_bundle (self, peer, bundle);
}

static mst_err_t arrive (federate_core_t *self, federate_peer_t *peer, federate_bundle_t *bundle)
{
    /*  Reliable bundles have no gaps, whatever road they take: a gap is the sender's mistake. */
    if (bundle->head.sequence != peer->received + 1) {
        mst_err_t err = base_error (MST_E_MALFORMED, "bundle %llu of %s came after bundle %llu",
                                    (unsigned long long) bundle->head.sequence, peer->name,
                                    (unsigned long long) peer->received);
        federate_parcel_drop (self, bundle->parcel);
        return err;
    }
    if (FEDERATE_FIFO_ROOM (&peer->held)) {
        federate_parcel_drop (self, bundle->parcel);
        return MST_E_NO_MEMORY;
    }
    bool held = FEDERATE_FIFO_COUNT (&peer->held) > 0 || !marks_met (self, peer, bundle);
    bundle->moves = held && carries_state (bundle);
    BASE_LIST_PUT (&peer->held.list, *bundle);
    peer->received = bundle->head.sequence;
    mst_err_t err = federate_inbound_release (self, peer);
    if (!err)
        err = federate_inbound_probe (self, peer);
    /*  The last one that was awaited of somebody who has left. */
    if (!err && peer->departed && !peer->finished && peer->received >= peer->cut_sequence)
        err = federate_peer_finish (self, peer);
    return err;
}

/*  Whoever writes to us while we write must not wait for us: also what came before is credited, as
   far as the limit on what waits here allows. */
void federate_inbound_blocked (federate_core_t *self)
{
    base_assert (self != NULL);
    while (self->uncredited && self->queued_bytes < self->options.receive_queue_bytes)
        credit (self, self->uncredited);
}

static void take_in (federate_core_t *self, federate_peer_t *peer, federate_parcel_t *parcel)
{
    parcel->references++;
    /*  A parcel of several bundles is counted once, with the first of them. */
    if (!parcel->peer) {
        parcel->peer = peer;
        parcel->uncredited = self->uncredited;
        parcel->from_before = &self->uncredited;
        if (parcel->uncredited)
            parcel->uncredited->from_before = &parcel->uncredited;
        self->uncredited = parcel;
        peer->arrived += parcel->size_bytes;
        self->queued_bytes += parcel->size_bytes;
        self->counters.bytes_received += parcel->size_bytes;
    }
    self->counters.bundles_received++;
    if (self->blocked && self->queued_bytes < self->options.receive_queue_bytes)
        credit (self, parcel); /* whoever writes while we write must not wait for us */
}

/*  A sender keeps to its window, which is far below this: so it is not one of ours. What it sent is
   dropped from here on, and nobody waits for it any longer. */
static mst_err_t check_flood (federate_core_t *self, federate_peer_t *peer,
                              const federate_parcel_t *parcel)
{
    uint64_t limit = self->options.receive_queue_bytes > FEDERATE_RECEIVE_BYTES
                         ? self->options.receive_queue_bytes
                         : FEDERATE_RECEIVE_BYTES;
    if (!peer->barred &&
        (parcel->peer || peer->arrived - peer->consumed + parcel->size_bytes <= limit))
        return MST_OK;
    mst_err_t err =
        base_error (MST_E_LIMIT,
                    "%s floods %s: it sent %llu bytes beyond what was consumed; "
                    "limits.receive_queue_bytes is %llu",
                    peer->name, self->name, (unsigned long long) (peer->arrived - peer->consumed),
                    (unsigned long long) limit);
    if (peer->barred)
        return err;
    peer->barred = true;
    federate_callback_t callback = { .kind = FEDERATE_REFUSED,
                                     .err = err,
                                     .text = base_strdup (mst_error_text ()) };
    if (!callback.text || federate_control_queue (self, &callback))
        base_free (callback.text); /* it is refused without a word */
    return err;
}

static mst_err_t take_bundle (federate_core_t *self, uint64_t connection, const wire_frame_t *frame,
                              federate_parcel_t *parcel)
{
    federate_bundle_t bundle = { .parcel = parcel };

    mst_err_t err = wire_bundle_read (frame, &bundle.reader, &bundle.head);
    if (err)
        return err;
    /*  A connection speaks for the one peer that said HELLO on it; what comes by the RTI names
       its sender. */
    federate_peer_t *peer = connection ? base_map_pointer (&self->connections, connection)
                                       : federate_peer (self, bundle.head.from);
    if (!peer || peer->id != bundle.head.from)
        return base_error (MST_E_NOT_INTRODUCED,
                           "a bundle of federate %u, which was not introduced", bundle.head.from);
    err = check_bundle (self, peer, &bundle.head);
    if (!err)
        err = check_flood (self, peer, parcel);
    if (err)
        return err;
    take_in (self, peer, parcel);
    bundle.left = bundle.head.count;
    if (frame->kind == WIRE_KIND_BUNDLE_BEST_EFFORT)
        return arrive_best_effort (self, peer, &bundle);
    return arrive (self, peer, &bundle);
}

mst_err_t federate_inbound_frame (federate_core_t *self, uint64_t connection,
                                  const wire_frame_t *frame, federate_parcel_t *parcel)
{
    base_assert (self != NULL && frame != NULL);
    if (frame->kind == WIRE_KIND_BUNDLE || frame->kind == WIRE_KIND_BUNDLE_BEST_EFFORT)
        return take_bundle (self, connection, frame, parcel);
    if (!wire_kind_is_data (frame->kind))
        return base_error (MST_E_NOT_SUPPORTED,
                           "a frame of kind 0x%03x goes to the RTI, not to a federate",
                           frame->kind);
    if (connection != 0)
        return federate_peer_talk (self, connection, frame);
    wire_route_talk_t talk;
    mst_err_t err = wire_route_talk_read (frame, &talk);
    federate_peer_t *peer = err ? NULL : federate_peer (self, talk.from);
    return peer ? federate_route_talk (self, peer, frame) : err;
}

bool federate_is_garbage (mst_err_t err)
{
    return err == MST_E_MALFORMED || err == MST_E_VERSION || err == MST_E_NOT_INTRODUCED ||
           err == MST_E_NOT_SUPPORTED || err == MST_E_LIMIT;
}

mst_err_t federate_core_from_peer (federate_core_t *self, uint64_t connection, const uint8_t *data,
                                   size_t size_bytes, void *owner)
{
    size_t offset = 0;
    wire_frame_t frame;
    mst_err_t err;

    base_assert (self != NULL && connection != 0);
    base_trace ("federate/core/inbound.c: federate_core_from_peer");
    federate_parcel_t *parcel = base_calloc (1, sizeof *parcel);
    if (!parcel) {
        (void) base_alloc_error ();
        (void) federate_input_lost (self, MST_E_NO_MEMORY);
        return MST_E_NO_MEMORY;
    }
    *parcel = (federate_parcel_t){
        .owner = owner, .data = data, .size_bytes = size_bytes, .references = 1
    };
    /*  The one reference is ours while frames are read; each bundle that stays adds its own. */
    for (;;) {
        err = wire_frame_next (data, size_bytes, &offset, &frame);
        if (err || !frame.body)
            break;
        err = federate_inbound_frame (self, connection, &frame, parcel);
        if (err)
            break;
    }
    federate_parcel_drop (self, parcel);
    if (federate_is_garbage (err))
        err = refuse_garbage (self, connection, err);
    if (!err)
        err = federate_control_process (self);
    return err ? federate_input_lost (self, err) : MST_OK;
}

/*  The cut of a lost sender: time-stamped messages above it go away, receive-order ones stay. Held
   bundles lose theirs when they are released. */
mst_err_t federate_inbound_cut (federate_core_t *self, federate_peer_t *peer)
{
    timemgmt_messages_t dropped = { 0 };

    base_assert (self != NULL && peer != NULL);
    mst_err_t err = timemgmt_tso_queue_cut (self->queue, peer->id, peer->cut_sequence, &dropped);
    for (size_t i = 0; i < dropped.count; i++) {
        federate_timed_t *timed = &self->timed.items[dropped.items[i].payload];
        federate_parcel_drop (self, timed->parcel);
        federate_timed_free (self, dropped.items[i].payload);
        self->counters.cut_dropped++;
        mst_err_t failed = federate_object_unqueued (self, timed->object);
        err = err ? err : failed;
    }
    BASE_LIST_FINI (&dropped);
    return err;
}
