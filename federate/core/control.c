/*  The control plane: frames to the RTI with their stamps, and the line of frames from it. The head
   of the line may wait for bundles that it needs; nothing overtakes it (docs/protocol.md, section
   3). */
#include "federate/core/internal.h"

#include <string.h>

/*  Sending ----------------------------------------------------------------------------------- */

/*  The marks: how far each route that grew has come. Sealing comes first, so that they hold. */
static mst_err_t collect_marks (federate_core_t *self, bool wanted, wire_pairs_t *marks)
{
    *marks = (wire_pairs_t){ NULL, 0 };
    if (!wanted || self->peers.count == 0)
        return MST_OK;
    mst_err_t err = federate_route_seal_all (self);
    if (err)
        return err;
    wire_pair_t *items = base_arena_alloc (&self->send_arena, self->peers.count, sizeof *items);
    if (!items)
        return base_alloc_error ();
    BASE_MAP_EACH (&self->peers, entry) {
        const federate_peer_t *peer = (const federate_peer_t *) (uintptr_t) entry->value;
        if (peer->route && peer->route->marked && !peer->departed)
            items[marks->count++] = (wire_pair_t){ peer->id, peer->route->sequence };
    }
    marks->items = items;
    return MST_OK;
}

/*  Only once the frame stands: a send that fails leaves the marks for the next one. */
static void clear_marks (federate_core_t *self)
{
    BASE_MAP_EACH (&self->peers, entry) {
        federate_peer_t *peer = (federate_peer_t *) (uintptr_t) entry->value;
        if (peer->route)
            peer->route->marked = false;
    }
}

static mst_err_t begin_frame (federate_core_t *self, wire_pairs_t marks, size_t *start)
{
    wire_up_t up = { self->incarnation, self->sequence + 1, self->applied, 0, marks };
    mst_err_t err = wire_frame_begin (&self->outbox, start);
    if (!err)
        err = wire_up_write (&self->outbox, &up);
    return err;
}

mst_err_t federate_control_send (federate_core_t *self, uint16_t kind, const void *args, bool marks,
                                 uint32_t request)
{
    size_t start = self->outbox.size_bytes;
    wire_pairs_t pairs;

    base_assert (self != NULL && args != NULL);
    base_arena_reset (&self->send_arena);
    mst_err_t err = collect_marks (self, marks, &pairs);
    start = self->outbox.size_bytes; /* relayed bundles may have gone there */
    if (!err)
        err = begin_frame (self, pairs, &start);
    if (!err)
        err = wire_service_encode (kind, args, &self->outbox);
    if (!err)
        err = wire_frame_end (&self->outbox, start, kind, request ? WIRE_FLAG_REPLY_WANTED : 0,
                              request);
    if (err) {
        self->outbox.size_bytes = start;
        return err;
    }
    self->sequence++;
    if (marks)
        clear_marks (self);
    if (request)
        self->urgent = true;
    return MST_OK;
}

static mst_err_t collect_entries (federate_core_t *self, wire_time_request_t *request)
{
    wire_entry_t *entries =
        base_arena_alloc (&self->send_arena, self->peers.count + 1, sizeof *entries);
    wire_pair_t *received =
        base_arena_alloc (&self->send_arena, self->peers.count + 1, sizeof *received);
    if (!entries || !received)
        return base_alloc_error ();
    request->entries.items = entries;
    request->received.items = received;
    BASE_MAP_EACH (&self->peers, entry) {
        const federate_peer_t *peer = (const federate_peer_t *) (uintptr_t) entry->value;
        const federate_route_t *route = peer->route;
        if (route && route->unreported && !peer->departed)
            entries[request->entries.count++] =
                (wire_entry_t){ peer->id, route->sequence, route->unreported_smallest };
        if (peer->report_due)
            received[request->received.count++] = (wire_pair_t){ peer->id, peer->released };
    }
    return MST_OK;
}

static void entries_sent (federate_core_t *self)
{
    BASE_MAP_EACH (&self->peers, entry) {
        federate_peer_t *peer = (federate_peer_t *) (uintptr_t) entry->value;
        peer->report_due = false;
        if (peer->route) {
            peer->route->unreported = false;
            peer->route->unreported_smallest = WIRE_TIME_NEVER;
            peer->route->marked = false;
        }
    }
}

mst_err_t federate_control_send_time (federate_core_t *self, uint8_t kind, uint64_t number,
                                      int64_t time)
{
    wire_time_request_t request = { .number = number, .kind = kind, .time = time };
    size_t start;

    base_assert (self != NULL);
    base_arena_reset (&self->send_arena);
    /*  All that was sent before the request is in a sealed bundle, and so in this report
       (docs/time.md, "The ledger"). */
    mst_err_t err = federate_route_seal_all (self);
    if (err)
        return err;
    start = self->outbox.size_bytes;
    request.qmin = timemgmt_tso_queue_min (self->queue); /* what is held is not yet acknowledged */
    err = collect_entries (self, &request);
    if (!err)
        err = begin_frame (self, (wire_pairs_t){ NULL, 0 }, &start);
    if (!err)
        err = wire_time_request_write (&self->outbox, &request);
    if (!err)
        err = wire_frame_end (&self->outbox, start, WIRE_KIND_TIME_REQUEST, 0, 0);
    if (err) {
        self->outbox.size_bytes = start;
        return err;
    }
    self->sequence++;
    self->urgent = true;
    entries_sent (self);
    return MST_OK;
}

mst_err_t federate_control_expect (federate_core_t *self, uint16_t kind, uint32_t index,
                                   uint64_t mask, uint32_t *request)
{
    federate_pending_t pending = { self->next_request, kind, index, mask, request != NULL };

    mst_err_t err = BASE_LIST_PUSH (&self->pending, pending);
    if (err)
        return err;
    if (++self->next_request == 0)
        self->next_request = 1;
    if (request)
        *request = pending.request;
    return MST_OK;
}

mst_err_t federate_core_request (federate_core_t *self, uint16_t kind, const void *args,
                                 uint32_t *request)
{
    uint32_t number = 0;

    base_assert (self != NULL && args != NULL);
    if (self->lost)
        return federate_check_joined (self);
    if (request) {
        mst_err_t err = federate_control_expect (self, kind, 0, 0, request);
        if (err)
            return err;
        number = *request;
    }
    mst_err_t err = federate_control_send (self, kind, args, false, number);
    if (err && request)
        self->pending.count--;
    return err;
}

bool federate_core_lacks (const federate_core_t *self, uint32_t *sender, uint64_t *sequence)
{
    base_assert (self != NULL);
    base_assert (sender != NULL && sequence != NULL);
    *sender = self->lacks_sender;
    *sequence = self->lacks_sequence;
    return self->lacks_sender != 0;
}

mst_err_t federate_core_tell_lacks (federate_core_t *self)
{
    wire_lacks_t args = { .sender = self->lacks_sender, .sequence = self->lacks_sequence };

    base_assert (self != NULL);
    return self->lacks_sender == 0 || self->lost
               ? MST_OK
               : federate_core_request (self, WIRE_SERVICE_LACKS, &args, NULL);
}

/*  The line from the RTI ------------------------------------------------------------------------
 */

typedef struct control_view {
    wire_down_t down;
    const uint8_t *args;
    size_t args_size_bytes;
    wire_grant_t grant; /* kind GRANT */
} control_view_t;

static mst_err_t read_control (federate_core_t *self, const federate_control_t *control,
                               control_view_t *view)
{
    wire_frame_t frame = { .kind = control->kind,
                           .body = control->body,
                           .body_size_bytes = control->size_bytes };
    base_arena_reset (&self->arena);
    mst_err_t err =
        wire_down_read (&frame, &self->arena, &view->down, &view->args, &view->args_size_bytes);
    if (!err && control->kind == WIRE_KIND_GRANT)
        err = wire_grant_read (view->args, view->args_size_bytes, &self->arena, &view->grant);
    return err;
}

/*  What is not in hand is kept, so that one can say who is waited for. */
static bool pairs_met (federate_core_t *self, wire_pairs_t need)
{
    for (uint32_t i = 0; i < need.count; i++) {
        const federate_peer_t *peer = federate_peer (self, need.items[i].federate);
        /*  Needs on who has left are capped by what is in hand (docs/protocol.md, section 8);
           who floods or sends garbage is waited for no longer. */
        if (!peer || peer->finished || peer->barred || peer->received >= need.items[i].sequence)
            continue;
        self->lacks_sender = peer->id;
        self->lacks_sequence = need.items[i].sequence;
        return false;
    }
    self->lacks_sender = 0;
    return true;
}

/*  What a ready record needs is in hand; it must also be released before the record is applied,
   whatever marks it waits for. */
static mst_err_t release_needed (federate_core_t *self, wire_pairs_t need)
{
    for (uint32_t i = 0; i < need.count; i++) {
        federate_peer_t *peer = federate_peer (self, need.items[i].federate);
        if (!peer || peer->needed >= need.items[i].sequence)
            continue;
        peer->needed = need.items[i].sequence;
        mst_err_t err = federate_inbound_release (self, peer);
        if (err)
            return err;
    }
    return MST_OK;
}

static bool control_ready (federate_core_t *self, const federate_control_t *control,
                           const control_view_t *view)
{
    if (!pairs_met (self, view->down.need))
        return false;
    /*  A flush has no needs: it gives what is here. */
    if (control->kind != WIRE_KIND_GRANT || view->grant.kind == WIRE_ADVANCE_FQR)
        return true;
    return pairs_met (self, view->grant.need);
}

static void note_stamp (federate_core_t *self, const wire_down_t *down, bool last_of_event)
{
    /*  An event can have several records: its number counts as applied with the last of them. */
    uint64_t applied = last_of_event ? down->global : down->global - (down->global > 0);

    if (applied > self->applied)
        self->applied = applied;
    federate_peer_t *origin = federate_peer (self, down->origin);
    if (origin && down->origin_sequence > origin->known_issued)
        origin->known_issued = down->origin_sequence;
}

static mst_err_t apply_control (federate_core_t *self, const federate_control_t *control,
                                control_view_t *view)
{
    mst_err_t err = release_needed (self, view->down.need);
    if (!err && control->kind == WIRE_KIND_GRANT && view->grant.kind != WIRE_ADVANCE_FQR)
        err = release_needed (self, view->grant.need);
    if (err)
        return err;
    if (control->kind == WIRE_KIND_GRANT)
        return federate_time_granted (self, &view->grant);
    self->following = view->down.need;
    err = federate_apply (self, control, &view->down, view->args, view->args_size_bytes);
    self->following = (wire_pairs_t){ NULL, 0 };
    return err;
}

/*  Applies the head if it may; *waits otherwise. next_global: of the frame behind it, 0 when there
 * is none. */
static mst_err_t process_one (federate_core_t *self, const federate_control_t *control,
                              uint64_t next_global, bool *waits)
{
    control_view_t view = { 0 };

    mst_err_t err = read_control (self, control, &view);
    if (err)
        return err;
    *waits = !control_ready (self, control, &view);
    if (*waits)
        return MST_OK;
    wire_down_t stamp = view.down; /* applying may reuse the arena */
    err = apply_control (self, control, &view);
    if (!err)
        note_stamp (self, &stamp, next_global != stamp.global);
    return err;
}

mst_err_t federate_control_process (federate_core_t *self)
{
    bool waits = false;

    base_assert (self != NULL);
    while (FEDERATE_FIFO_COUNT (&self->inbox) > 0 && !waits && !self->lost) {
        federate_control_t head = FEDERATE_FIFO_HEAD (&self->inbox);
        bool more = FEDERATE_FIFO_COUNT (&self->inbox) > 1;
        uint64_t next = more ? self->inbox.list.items[self->inbox.first + 1].global : 0;
        mst_err_t err = process_one (self, &head, next, &waits);
        if (err)
            return err;
        if (waits)
            break;
        base_free (head.body);
        FEDERATE_FIFO_POP (&self->inbox);
    }
    return federate_inbound_release_all (self);
}

static uint64_t peek_global (const wire_frame_t *frame)
{
    wire_reader_t reader;
    wire_reader_init (&reader, frame->body, frame->body_size_bytes);
    (void) wire_take_array (&reader, 6);
    return wire_take_u64 (&reader);
}

/*  Who comes and who goes is seen before its turn: data that goes by the RTI may follow an
   introduction at once, and what waits for a lost one's bundles may never get them. */
static mst_err_t look_ahead (federate_core_t *self, const wire_frame_t *frame)
{
    union {
        wire_introduce_t introduce;
        wire_depart_t depart;
    } record;
    wire_down_t down;
    const uint8_t *args;
    size_t size;

    if (frame->kind != WIRE_SERVICE_DEPART && frame->kind != WIRE_SERVICE_INTRODUCE)
        return MST_OK;
    bool departs = frame->kind == WIRE_SERVICE_DEPART;
    base_arena_reset (&self->arena);
    mst_err_t err = wire_down_read (frame, &self->arena, &down, &args, &size);
    if (!err)
        err = wire_service_decode (frame->kind, args, size, &self->arena, &record,
                                   departs ? sizeof record.depart : sizeof record.introduce);
    if (err)
        return err;
    return departs ? federate_peer_depart (self, &record.depart)
                   : federate_peer_meet (self, &record.introduce);
}

/*  An answer that says why this federate waits must not stand behind what it waits for. It follows
   nothing and changes nothing. */
static bool answers_why (const federate_core_t *self, const wire_frame_t *frame)
{
    if (frame->kind != WIRE_SERVICE_REPLY || self->lacks_sender == 0)
        return false;
    for (size_t i = 0; i < self->pending.count; i++)
        if (self->pending.items[i].request == frame->request)
            return self->pending.items[i].kind == WIRE_SERVICE_EXPLAIN;
    return false;
}

static mst_err_t take_at_once (federate_core_t *self, const federate_control_t *control,
                               const wire_frame_t *frame)
{
    wire_down_t down;
    const uint8_t *args;
    size_t size;

    base_arena_reset (&self->arena);
    mst_err_t err = wire_down_read (frame, &self->arena, &down, &args, &size);
    return err ? err : federate_apply (self, control, &down, args, size);
}

/*  It is the moment that counts, so it waits for nothing. What nobody fetches is dropped: the
   exchange counts as lost then. */
static mst_err_t take_clock (federate_core_t *self, const wire_frame_t *frame)
{
    wire_clock_tell_t tell;
    wire_down_t down;
    const uint8_t *args;
    size_t size;

    base_arena_reset (&self->arena);
    mst_err_t err = wire_down_read (frame, &self->arena, &down, &args, &size);
    if (!err)
        err = wire_service_decode (frame->kind, args, size, &self->arena, &tell, sizeof tell);
    if (!err && self->clock_told_count < FEDERATE_CLOCK_TOLD)
        self->clock_told[self->clock_told_count++] = tell;
    base_assert (self->clock_told_count <= FEDERATE_CLOCK_TOLD);
    return err;
}

bool federate_core_clock_told (federate_core_t *self, wire_clock_tell_t *tell)
{
    base_assert (self != NULL && tell != NULL);
    if (self->clock_told_count == 0)
        return false;
    *tell = self->clock_told[0];
    self->clock_told_count--;
    memmove (self->clock_told, self->clock_told + 1,
             self->clock_told_count * sizeof self->clock_told[0]);
    return true;
}

static mst_err_t take_control (federate_core_t *self, const wire_frame_t *frame)
{
    federate_control_t control = { .kind = frame->kind,
                                   .request = frame->request,
                                   .size_bytes = frame->body_size_bytes,
                                   .global = peek_global (frame) };
    if (frame->kind == WIRE_SERVICE_COUNTERS_WANTED) { /* changes nothing: it waits for nothing */
        self->counters_wanted = self->joined && !self->resigned;
        return MST_OK;
    }
    if (frame->kind == WIRE_SERVICE_CLOCK_TELL)
        return take_clock (self, frame);
    if (answers_why (self, frame))
        return take_at_once (self, &control, frame);
    mst_err_t err = look_ahead (self, frame);
    if (!err)
        err = FEDERATE_FIFO_ROOM (&self->inbox);
    if (err)
        return err;
    control.body = base_alloc (frame->body_size_bytes);
    if (!control.body)
        return base_alloc_error ();
    memcpy (control.body, frame->body, frame->body_size_bytes);
    BASE_LIST_PUT (&self->inbox.list, control);
    return MST_OK;
}

static mst_err_t take_relayed (federate_core_t *self, const uint8_t *data, size_t size_bytes)
{
    size_t offset = 0;
    wire_frame_t frame;

    federate_parcel_t *parcel = federate_parcel_copy (data, size_bytes);
    if (!parcel)
        return base_alloc_error ();
    mst_err_t err = wire_frame_next (parcel->data, size_bytes, &offset, &frame);
    if (!err)
        err = federate_inbound_frame (self, 0, &frame, parcel);
    if (federate_is_garbage (err)) { /* nobody can tell its sender; but nobody waits for him */
        uint32_t from, to;
        self->counters.never_came++;
        federate_peer_t *peer =
            wire_data_addresses (&frame, &from, &to) ? NULL : federate_peer (self, from);
        if (peer)
            peer->barred = true;
        err = MST_OK;
    }
    federate_parcel_drop (self, parcel);
    return err;
}

static mst_err_t take_message (federate_core_t *self, const uint8_t *data, size_t size_bytes)
{
    size_t offset = 0;

    for (;;) {
        wire_frame_t frame;
        size_t start = offset;
        mst_err_t err = wire_frame_next (data, size_bytes, &offset, &frame);
        if (err)
            return base_error_prefix (err, "from the RTI: ");
        if (!frame.body)
            break;
        if (wire_kind_is_data (frame.kind))
            err = take_relayed (self, data + start, offset - start);
        else
            err = take_control (self, &frame);
        if (err)
            return err;
    }
    return federate_control_process (self);
}

mst_err_t federate_core_from_rti (federate_core_t *self, const uint8_t *data, size_t size_bytes)
{
    base_assert (self != NULL);
    base_assert (data != NULL || size_bytes == 0);
    if (self->lost)
        return MST_OK;
    mst_err_t err = take_message (self, data, size_bytes);
    return err ? federate_input_lost (self, err) : MST_OK;
}

/*  Callbacks and replies -------------------------------------------------------------------------
 */

void federate_callback_free (federate_callback_t *callback)
{
    base_assert (callback != NULL);
    base_free (callback->args);
    base_free (callback->text);
    *callback = (federate_callback_t){ 0 };
}

mst_err_t federate_control_queue (federate_core_t *self, const federate_callback_t *callback)
{
    base_assert (self != NULL);
    base_assert (callback->kind != FEDERATE_NOTHING);
    bool removal = callback->kind == FEDERATE_REMOVED;
    /*  The record follows data that waits for its causes, so its callback waits too; the record
       itself was applied in its turn (docs/time.md, "Causal delivery"). */
    if (federate_causal_holds (self, self->following))
        return federate_causal_defer (self, callback);
    mst_err_t err =
        removal ? FEDERATE_FIFO_ROOM (&self->removals) : FEDERATE_FIFO_ROOM (&self->callbacks);
    if (err)
        return err;
    federate_callback_t copy = *callback;
    copy.order = self->order++;
    if (removal)
        BASE_LIST_PUT (&self->removals.list, copy);
    else
        BASE_LIST_PUT (&self->callbacks.list, copy);
    return MST_OK;
}

bool federate_core_reply (federate_core_t *self, uint32_t request, federate_reply_t *reply)
{
    base_assert (self != NULL && reply != NULL);
    for (size_t i = 0; i < self->answers.count; i++) {
        if (self->answers.items[i].request != request)
            continue;
        *reply = self->answers.items[i].reply;
        self->answers.items[i] = self->answers.items[--self->answers.count];
        return true;
    }
    return false;
}
