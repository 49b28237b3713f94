/*  The other federates: introduced by the RTI, met at their connection, gone one day. */
#include "federate/core/internal.h"

#include <string.h>

federate_peer_t *federate_peer (const federate_core_t *self, uint32_t id)
{
    base_assert (self != NULL);
    return base_map_pointer (&self->peers, id);
}

void federate_peer_free (federate_peer_t *peer)
{
    base_assert (peer != NULL);
    BASE_LIST_FINI (&peer->held.list);
    federate_recall_free (peer);
    base_free (peer->name);
    base_free (peer->type);
    base_free (peer->host);
    base_free ((void *) peer->endpoints);
    base_free (peer);
}

/*  The endpoints as zero-terminated texts behind an array of pointers, in one block. */
static const char **copy_endpoints (const wire_texts_t *endpoints)
{
    size_t size = endpoints->count * sizeof (char *) + 1;
    for (uint64_t i = 0; i < endpoints->count; i++)
        size += endpoints->items[i].size_bytes + 1;
    const char **block = base_alloc (size);
    if (!block)
        return NULL;
    char *at = (char *) (block + endpoints->count);
    for (uint64_t i = 0; i < endpoints->count; i++) {
        const wire_text_t *text = &endpoints->items[i];
        block[i] = at;
        if (text->size_bytes > 0)
            memcpy (at, text->data, text->size_bytes);
        at[text->size_bytes] = '\0';
        at += text->size_bytes + 1;
    }
    return block;
}

static federate_peer_t *peer_new (const wire_introduce_t *args)
{
    federate_peer_t *peer = base_calloc (1, sizeof *peer);
    if (!peer)
        return NULL;
    peer->id = (uint32_t) args->federate;
    peer->incarnation = (uint32_t) args->incarnation;
    peer->token = args->token;
    peer->recorder = (args->flags & 1u) != 0;
    peer->relay = (args->flags & 2u) != 0;
    peer->cut_sequence = UINT64_MAX;
    base_map_init (&peer->handed);
    peer->name = base_strndup (args->federate_name.data, args->federate_name.size_bytes);
    peer->type = base_strndup (args->federate_type.data, args->federate_type.size_bytes);
    peer->host = base_strndup (args->host.data, args->host.size_bytes);
    peer->endpoints = copy_endpoints (&args->endpoints);
    peer->endpoint_count = args->endpoints.count;
    if (!peer->name || !peer->type || !peer->host || !peer->endpoints) {
        federate_peer_free (peer);
        return NULL;
    }
    return peer;
}

static mst_err_t answer (federate_core_t *self, uint64_t connection, uint16_t kind,
                         const wire_route_talk_t *talk)
{
    federate_effect_t effect = { .kind = FEDERATE_ANSWER,
                                 .connection = connection,
                                 .peer = talk->to,
                                 .close = kind == WIRE_KIND_REFUSED };

    mst_err_t err = BASE_LIST_ROOM (&self->effects);
    if (!err)
        err = wire_route_talk_write (&effect.bytes, kind, talk);
    if (err) {
        base_buffer_fini (&effect.bytes);
        return err;
    }
    BASE_LIST_PUT (&self->effects, effect);
    return MST_OK;
}

static mst_err_t welcome (federate_core_t *self, uint64_t connection, federate_peer_t *peer)
{
    wire_route_talk_t talk = { .from = self->self, .to = peer->id };

    mst_err_t err = base_map_set_pointer (&self->connections, connection, peer);
    if (err)
        return err;
    peer->connection = connection;
    peer->direct_closed = false;
    return answer (self, connection, WIRE_KIND_WELCOME, &talk);
}

static mst_err_t refuse (federate_core_t *self, uint64_t connection, uint32_t to, mst_err_t err,
                         const char *text)
{
    wire_route_talk_t talk = { .from = self->self,
                               .to = to,
                               .number = (uint64_t) err,
                               .text = (const uint8_t *) text,
                               .text_size_bytes = (uint32_t) strlen (text) };
    return answer (self, connection, WIRE_KIND_REFUSED, &talk);
}

/*  A connection that is refused is closed; whose it was is heard no more. */
void federate_peer_bar (federate_core_t *self, uint64_t connection)
{
    base_assert (self != NULL);
    federate_peer_t *peer = base_map_pointer (&self->connections, connection);
    base_map_remove (&self->connections, connection);
    if (!peer || peer->connection != connection)
        return;
    peer->barred = true;
    peer->direct_closed = true;
}

/*  A HELLO that came before its introduction is answered by it. */
static mst_err_t greet_strangers (federate_core_t *self, federate_peer_t *peer)
{
    for (size_t i = self->strangers.count; i-- > 0;) {
        wire_route_talk_t hello = self->strangers.items[i];
        uint64_t connection = self->stranger_connections.items[i];
        if (hello.from != peer->id)
            continue;
        self->strangers.items[i] = self->strangers.items[--self->strangers.count];
        self->stranger_connections.items[i] =
            self->stranger_connections.items[--self->stranger_connections.count];
        bool good = hello.number == peer->incarnation && hello.token == peer->token;
        mst_err_t err = good ? welcome (self, connection, peer)
                             : refuse (self, connection, peer->id, MST_E_NOT_INTRODUCED,
                                       "HELLO with a token that the RTI did not give");
        if (err)
            return err;
    }
    return MST_OK;
}

mst_err_t federate_peer_queue_callback (federate_core_t *self, federate_delivery_kind_t kind,
                                        const federate_peer_t *peer, int64_t time, const char *text)
{
    federate_callback_t callback = { .kind = kind, .federate = peer->id, .time = time };

    if (text) {
        callback.text = base_strdup (text);
        if (!callback.text)
            return base_alloc_error ();
    }
    mst_err_t err = federate_control_queue (self, &callback);
    if (err)
        base_free (callback.text);
    return err;
}

mst_err_t federate_peer_meet (federate_core_t *self, const wire_introduce_t *args)
{
    base_assert (self != NULL && args != NULL);
    if (args->federate == self->self || args->federate > UINT32_MAX || args->federate == 0 ||
        federate_peer (self, (uint32_t) args->federate))
        return MST_OK;
    federate_peer_t *peer = peer_new (args);
    if (!peer)
        return base_alloc_error ();
    mst_err_t err = timemgmt_tso_queue_name (self->queue, peer->id, peer->name);
    if (!err)
        err = base_map_set_pointer (&self->peers, peer->id, peer);
    if (err) {
        federate_peer_free (peer);
        return err;
    }
    err = base_names_set (&self->peer_names, peer->name, strlen (peer->name), peer->id);
    if (err)
        return err;
    return greet_strangers (self, peer);
}

/*  The introduction's turn among the callbacks. */
mst_err_t federate_peer_introduce (federate_core_t *self, const wire_introduce_t *args)
{
    base_assert (self != NULL && args != NULL);
    const federate_peer_t *peer = federate_peer (self, (uint32_t) args->federate);
    return peer ? federate_peer_queue_callback (self, FEDERATE_JOINED, peer, 0, NULL) : MST_OK;
}

/*  Frames that belong to no bundle, by a peer's connection to us. */
mst_err_t federate_peer_talk (federate_core_t *self, uint64_t connection, const wire_frame_t *frame)
{
    wire_route_talk_t talk;

    base_assert (self != NULL && frame != NULL);
    mst_err_t err = wire_route_talk_read (frame, &talk);
    if (err)
        return refuse (self, connection, 0, err, mst_error_text ());
    if (frame->kind != WIRE_KIND_HELLO)
        return refuse (self, connection, talk.from, MST_E_NOT_SUPPORTED,
                       "a frame that only a receiver sends");
    federate_peer_t *peer = federate_peer (self, talk.from);
    if (peer && (talk.number != peer->incarnation || talk.token != peer->token))
        return refuse (self, connection, talk.from, MST_E_NOT_INTRODUCED,
                       "HELLO with a token that the RTI did not give");
    if (peer)
        return welcome (self, connection, peer);
    if (self->strangers.count >= FEDERATE_STRANGERS_MAX)
        return refuse (self, connection, talk.from, MST_E_LIMIT,
                       "too many strangers wait for an introduction");
    talk.text = NULL;
    err = BASE_LIST_ROOM (&self->strangers);
    if (!err)
        err = BASE_LIST_ROOM (&self->stranger_connections);
    if (err)
        return err;
    BASE_LIST_PUT (&self->strangers, talk);
    BASE_LIST_PUT (&self->stranger_connections, connection);
    return MST_OK;
}

/*  Departure
 * --------------------------------------------------------------------------------------- */

static mst_err_t report_missing (federate_core_t *self, const federate_peer_t *peer)
{
    if (peer->received >= peer->cut_sequence || self->lost || self->resigned)
        return MST_OK;
    wire_lost_messages_t args = { peer->id, peer->received + 1, peer->cut_sequence };
    self->counters.never_came += peer->cut_sequence - peer->received;
    return federate_control_send (self, WIRE_SERVICE_LOST_MESSAGES, &args, false, 0);
}

/*  Its departure has had its turn, and nothing more comes: what is held of it waits for no control
   any longer, as all that it caused stood before the departure. The RTI is told that what was
   reported is acknowledged. */
static mst_err_t settle (federate_core_t *self, federate_peer_t *peer)
{
    base_assert (peer->departed);
    if (!peer->finished || !peer->departure_applied || peer->settled)
        return MST_OK;
    peer->settled = true;
    peer->needed = UINT64_MAX;
    mst_err_t err = federate_inbound_release (self, peer);
    federate_migration_peer_gone (self, peer);
    federate_recall_final (self, peer, WIRE_TIME_NEVER); /* nobody takes it back any more */
    if (!err)
        err = federate_causal_gone (self, peer);
    if (err || self->lost || self->resigned)
        return err;
    if (peer->received < peer->cut_sequence)
        peer->received = peer->cut_sequence;
    peer->released = peer->received;
    peer->report_due = true;
    return federate_control_send_time (self, WIRE_ADVANCE_NONE, 0, self->now);
}

/*  All that will ever come of it is here: needs are capped, the cut is applied. */
mst_err_t federate_peer_finish (federate_core_t *self, federate_peer_t *peer)
{
    base_assert (self != NULL && peer != NULL);
    base_assert (peer->departed);
    if (peer->finished)
        return MST_OK;
    peer->finished = true;
    mst_err_t err = peer->lost ? federate_inbound_cut (self, peer) : MST_OK;
    if (!err)
        err = report_missing (self, peer);
    return err ? err : settle (self, peer);
}

mst_err_t federate_peer_departure (federate_core_t *self, federate_peer_t *peer)
{
    base_assert (self != NULL && peer != NULL);
    peer->departure_applied = true;
    return settle (self, peer);
}

static bool nothing_more_comes (const federate_peer_t *peer)
{
    if (peer->received >= peer->cut_sequence)
        return true;
    return peer->direct_closed || (peer->lost && peer->connection == 0);
}

mst_err_t federate_peer_depart (federate_core_t *self, const wire_depart_t *args)
{
    base_assert (self != NULL && args != NULL);
    federate_peer_t *peer = federate_peer (self, (uint32_t) args->federate);
    if (!peer || peer->departed)
        return MST_OK;
    peer->departed = true;
    peer->lost = args->reason != 1;
    peer->cut_sequence = args->cut_sequence;
    peer->cut_bound = args->bound;
    uint64_t id;
    if (base_names_get (&self->peer_names, peer->name, strlen (peer->name), &id) && id == peer->id)
        base_names_remove (&self->peer_names, peer->name, strlen (peer->name));
    federate_route_fini (self, peer);
    mst_err_t err = peer->lost ? federate_recall_cut (self, peer) : MST_OK;
    if (err)
        return err;
    if (nothing_more_comes (peer))
        return federate_peer_finish (self, peer);
    federate_effect_t effect = { .kind = FEDERATE_GIVE_UP,
                                 .peer = peer->id,
                                 .connection = peer->connection };
    return peer->lost ? BASE_LIST_PUSH (&self->effects, effect) : MST_OK;
}

mst_err_t federate_core_connection_closed (federate_core_t *self, uint64_t connection)
{
    base_assert (self != NULL);
    federate_peer_t *peer = base_map_pointer (&self->connections, connection);
    for (size_t i = self->stranger_connections.count; i-- > 0;) {
        if (self->stranger_connections.items[i] != connection)
            continue;
        self->stranger_connections.items[i] =
            self->stranger_connections.items[--self->stranger_connections.count];
        self->strangers.items[i] = self->strangers.items[--self->strangers.count];
    }
    if (!peer)
        return MST_OK;
    base_map_remove (&self->connections, connection);
    if (peer->connection != connection)
        return MST_OK;
    peer->direct_closed = true;
    if (!peer->departed)
        return MST_OK;
    mst_err_t err = federate_peer_finish (self, peer);
    if (!err)
        err = federate_control_process (self);
    return err ? federate_input_lost (self, err) : MST_OK;
}
