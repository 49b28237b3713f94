/*  Watching and replaying alike end in a store of this program's own, which says it as JSON. */
#include "tools/metadata.h"
#include "base/alloc.h"
#include "base/error.h"
#include "log/message.h"
#include "log/walk.h"
#include "tools/crew.h"

#include <muster/carry.h>
#include <muster/metadata.h>
#include <muster/muster.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { NAME_SIZE = 64, TEXT_SIZE = 512, TURN_MS = 20, OBSERVE_GOSSIP_NS = 250000000 };
static const int64_t ms_ns = 1000000;
static const char class_name[] = "MusterState";

static mst_err_t metadata_json (const mst_store_t *store, cJSON **json)
{
    mst_bytes_t bytes = { 0 };
    *json = NULL;
    mst_err_t err = mst_metadata_json (store, &bytes);
    if (!err)
        *json = cJSON_ParseWithLength ((const char *) bytes.data, bytes.size_bytes);
    if (!err && !*json)
        err = base_error (MST_E_MALFORMED, "the federation's metadata is no text, or there is no "
                                           "memory for it");
    mst_bytes_free (&bytes);
    return err;
}

/*  A recording -------------------------------------------------------------------------------- */

/*  Its channel; NULL: not recorded. */
static const log_channel_t *channel_find (const log_reader_t *reader)
{
    size_t length = sizeof class_name - 1;
    for (size_t i = 0; i < log_reader_channel_count (reader); i++) {
        const log_channel_t *channel = log_reader_channel_at (reader, i);
        log_span_t topic = channel->topic;
        if (topic.size_bytes > length && topic.data[topic.size_bytes - length - 1] == '.' &&
            memcmp (topic.data + topic.size_bytes - length, class_name, length) == 0 &&
            log_reader_messages (reader, channel->id) > 0)
            return channel;
    }
    return NULL;
}

/*  Nobody carries away what the store has to say. */
static void store_take (mst_store_t *store, const log_envelope_t *envelope, log_decoded_t *decoded)
{
    mst_store_message_t message;
    mst_store_change_t change;
    if (log_message_decode (decoded, envelope->body.data, envelope->body.size_bytes) ||
        decoded->message.value_count == 0)
        return;
    const log_span_t bytes = decoded->message.values[0].bytes;
    if (bytes.size_bytes > 0) /* else a greeting */
        (void) mst_store_receive (store, bytes.data, bytes.size_bytes, envelope->publish_time_ns);
    while (mst_store_take_message (store, &message))
        continue;
    while (mst_store_take_change (store, &change))
        continue;
}

static mst_err_t store_replay (mst_store_t *store, log_reader_t *reader,
                               const log_channel_t *channel)
{
    mst_err_t err = MST_OK;
    bool found = true;
    log_decoded_t *decoded = base_alloc (sizeof *decoded);
    if (!decoded)
        return base_alloc_error ();
    log_reader_seek (reader, 0, UINT64_MAX);
    while (!err && found) {
        log_envelope_t envelope;
        err = log_reader_next (reader, &envelope, &found);
        if (!err && found && envelope.channel_id == channel->id)
            store_take (store, &envelope, decoded);
        if (err && log_walk_can_go_on (err)) {
            found = true;
            err = MST_OK;
        }
    }
    base_free (decoded);
    return err;
}

mst_err_t tools_metadata_replay (log_reader_t *reader, cJSON **json)
{
    /* nobody's number, and any clock: those who were there have judged it */
    const mst_store_options_t options = { .replica = UINT64_MAX, .max_drift_ns = UINT64_MAX };
    mst_store_t *store = NULL;
    const log_channel_t *channel = channel_find (reader);
    *json = NULL;
    if (!channel)
        return MST_OK;
    mst_err_t err = mst_store_new (&options, &store);
    if (!err)
        err = store_replay (store, reader, channel);
    if (!err)
        err = metadata_json (store, json);
    mst_store_destroy (&store);
    return err;
}

/*  A federation ------------------------------------------------------------------------------- */

struct tools_observer {
    mst_federate_t fed;
    mst_store_t *store;
    mst_carry_t *carry;
    bool met;
};

static uint64_t wall_ns (void)
{
    struct timespec now;
    base_assert (clock_gettime (CLOCK_REALTIME, &now) == 0);
    return (uint64_t) now.tv_sec * 1000000000u + (uint64_t) now.tv_nsec;
}

static void on_received (void *user, mst_federate_t fed, const mst_reception_t *message)
{
    const tools_observer_t *self = user;
    (void) fed;
    if (self->carry)
        (void) mst_carry_received (self->carry, message);
}

static void on_resigned (void *user, mst_federate_t fed, mst_federate_id_t id, const char *name)
{
    const tools_observer_t *self = user;
    (void) fed;
    (void) name;
    if (self->carry)
        mst_carry_gone (self->carry, id);
}

static void on_lost (void *user, mst_federate_t fed, mst_federate_id_t id, const char *name,
                     mst_time_t time, const char *reason)
{
    (void) time;
    (void) reason;
    on_resigned (user, fed, id, name);
}

/*  Nobody waits for it. */
static void on_announced (void *user, mst_federate_t fed, const char *label, const void *tag,
                          size_t tag_size_bytes)
{
    (void) user;
    (void) tag;
    (void) tag_size_bytes;
    (void) mst_achieve_point (fed, label, true);
}

static mst_err_t observer_join (tools_observer_t *self, const char *rti, const char *federation)
{
    char name[NAME_SIZE];
    (void) snprintf (name, sizeof name, "muster-top-%ld", (long) getpid ());
    const mst_join_options_t options = { .rti = rti,
                                         .federation = federation,
                                         .name = name,
                                         .type = "muster-top",
                                         .callbacks.received = on_received,
                                         .callbacks.federate_resigned = on_resigned,
                                         .callbacks.federate_lost = on_lost,
                                         .callbacks.point_announced = on_announced,
                                         .user = self };
    mst_interaction_class_t class_of;
    mst_err_t err = mst_join (&options, &self->fed);
    if (!err && mst_interaction_find (self->fed, class_name, &class_of))
        err = base_error (MST_E_INTERACTION_UNKNOWN,
                          "nobody in \"%s\" carries a store: its object model has no %s (see "
                          "<muster/carry.h>)",
                          federation, class_name);
    return err;
}

mst_err_t tools_observer_new (const char *rti, const char *federation, tools_observer_t **self)
{
    tools_observer_t *fresh = base_calloc (1, sizeof *fresh);
    *self = NULL;
    if (!fresh)
        return base_alloc_error ();
    mst_err_t err = observer_join (fresh, rti, federation);
    if (!err) {
        const mst_store_options_t options = { .replica = mst_self (fresh->fed).id,
                                              .seed = wall_ns (),
                                              .gossip_interval_ns = OBSERVE_GOSSIP_NS };
        err = mst_store_new (&options, &fresh->store);
    }
    if (!err)
        err = mst_carry_new (fresh->fed, fresh->store, &fresh->carry);
    if (!err) /* it writes nothing */
        mst_carry_describe (fresh->carry, MST_CARRY_SILENT);
    if (err) { /* resigning may have its own words */
        char text[TEXT_SIZE];
        (void) snprintf (text, sizeof text, "%s", mst_error_text ());
        tools_observer_destroy (&fresh);
        err = base_error (err, "%s", text);
    }
    *self = fresh;
    return err;
}

void tools_observer_destroy (tools_observer_t **self)
{
    if (!*self)
        return;
    mst_carry_destroy (&(*self)->carry);
    if ((*self)->fed.generation != 0)
        (void) mst_resign (&(*self)->fed, MST_RESIGN_NO_ACTION);
    mst_store_destroy (&(*self)->store);
    base_free (*self);
    *self = NULL;
}

mst_err_t tools_observer_turn (tools_observer_t *self, int64_t wait_ms)
{
    mst_store_change_t change;
    mst_err_t err = mst_evoke (self->fed, wait_ms, NULL);
    if (!err)
        err = mst_carry_turn (self->carry, wall_ns ());
    while (mst_store_take_change (self->store, &change))
        continue;
    self->met = self->met || mst_carry_peers (self->carry) > 0;
    return err;
}

mst_err_t tools_observer_fill (tools_observer_t *self, int64_t limit_ms)
{
    int64_t deadline_ns = tools_now_ns () + limit_ms * ms_ns;
    mst_err_t err = MST_OK;
    while (!err && !mst_store_alike (self->store) && tools_now_ns () < deadline_ns)
        err = tools_observer_turn (self, TURN_MS);
    if (!err && !self->met)
        err = base_error (MST_E_TIMEOUT, "no federate that carries a store answered within %.1f s",
                          (double) limit_ms * 1e-3);
    return err;
}

bool tools_observer_alone (const tools_observer_t *self)
{
    return self->met && mst_carry_peers (self->carry) == 0;
}

mst_err_t tools_observer_json (const tools_observer_t *self, cJSON **json)
{
    return metadata_json (self->store, json);
}
