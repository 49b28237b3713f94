/*  Birth, death and the small questions. What happens in between stands in the other files, by
 * topic. */
#include "federate/core/internal.h"
#include "fom/image.h"

#include <stdio.h>

static size_t or_default (size_t value, size_t fallback)
{
    return value ? value : fallback;
}

static void set_options (federate_core_t *self, const federate_options_t *options)
{
    self->options = *options;
    self->options.bundle_bytes = or_default (options->bundle_bytes, WIRE_BUNDLE_BYTES);
    if (self->options.bundle_bytes > FEDERATE_BUNDLE_BYTES_MAX)
        self->options.bundle_bytes = FEDERATE_BUNDLE_BYTES_MAX;
    self->options.route_window_bytes =
        or_default (options->route_window_bytes, FEDERATE_WINDOW_BYTES);
    if (self->options.route_window_bytes < FEDERATE_WINDOW_MIN_BYTES)
        self->options.route_window_bytes = FEDERATE_WINDOW_MIN_BYTES;
    if (self->options.pace_bytes == 0 ||
        self->options.pace_bytes > self->options.route_window_bytes)
        self->options.pace_bytes = self->options.route_window_bytes;
    self->options.receive_queue_bytes =
        or_default (options->receive_queue_bytes, FEDERATE_RECEIVE_BYTES);
    if (self->options.tso_queue_messages == 0)
        self->options.tso_queue_messages = TIMEMGMT_TSO_QUEUE_MESSAGES;
    self->options.host = self->host;
}

mst_err_t federate_core_new (const federate_options_t *options, federate_core_t **self_p)
{
    base_assert (options != NULL && self_p != NULL);
    base_assert (options->host != NULL);
    *self_p = NULL;
    federate_core_t *self = base_calloc (1, sizeof *self);
    if (!self)
        return base_alloc_error ();
    self->host = base_strdup (options->host);
    self->queue =
        timemgmt_tso_queue_new (TIMEMGMT_TSO_QUEUE_MAX); /* what a grant needs always fits */
    set_options (self, options);
    self->next_request = 1;
    if (!self->host || !self->queue ||
        BASE_LIST_ROOM (&self->effects)) { /* some room for RELEASE, always */
        federate_core_destroy (&self);
        return base_alloc_error ();
    }
    *self_p = self;
    return MST_OK;
}

static void free_controls (federate_core_t *self)
{
    for (size_t i = self->inbox.first; i < self->inbox.list.count; i++)
        base_free (self->inbox.list.items[i].body);
    for (size_t i = self->callbacks.first; i < self->callbacks.list.count; i++)
        federate_callback_free (&self->callbacks.list.items[i]);
    for (size_t i = self->removals.first; i < self->removals.list.count; i++)
        federate_callback_free (&self->removals.list.items[i]);
    federate_callback_free (&self->taken_callback);
    for (size_t i = 0; i < self->answers.count; i++) {
        base_free (self->answers.items[i].reply.text);
        base_free (self->answers.items[i].reply.result);
    }
    BASE_LIST_FINI (&self->inbox.list);
    BASE_LIST_FINI (&self->callbacks.list);
    BASE_LIST_FINI (&self->removals.list);
    BASE_LIST_FINI (&self->answers);
    BASE_LIST_FINI (&self->pending);
}

static void free_data (federate_core_t *self)
{
    timemgmt_message_t message;

    if (self->taken_parcel)
        federate_parcel_drop (self, self->taken_parcel);
    self->taken_parcel = NULL;
    for (size_t i = self->data.first; i < self->data.list.count; i++)
        federate_parcel_drop (self, self->data.list.items[i].parcel);
    while (self->queue && timemgmt_tso_queue_pop (self->queue, &message))
        federate_parcel_drop (self, self->timed.items[message.payload].parcel);
    BASE_MAP_EACH (&self->peers, entry) {
        federate_peer_t *peer = (federate_peer_t *) (uintptr_t) entry->value;
        for (size_t i = peer->held.first; i < peer->held.list.count; i++)
            federate_parcel_drop (self, peer->held.list.items[i].parcel);
        peer->held.first = peer->held.list.count = 0;
    }
    self->data.first = self->data.list.count = 0;
    for (size_t i = 0; i < self->behind.count; i++)
        federate_parcel_drop (self, self->timed.items[self->behind.items[i].payload].parcel);
    self->behind.count = 0;
    federate_stamp_abandon (self);
}

void federate_core_abandon (federate_core_t *self)
{
    base_assert (self != NULL);
    free_data (self);
}

static void free_tables (federate_core_t *self)
{
    BASE_MAP_EACH (&self->peers, entry) {
        federate_peer_t *peer = (federate_peer_t *) (uintptr_t) entry->value;
        federate_route_fini (self, peer);
        federate_peer_free (peer);
    }
    BASE_MAP_EACH (&self->objects, entry) {
        federate_object_t *object = (federate_object_t *) (uintptr_t) entry->value;
        federate_object_free (object);
    }
    base_map_fini (&self->peers);
    base_map_fini (&self->connections);
    base_map_fini (&self->objects);
    base_names_fini (&self->peer_names);
    base_names_fini (&self->object_names);
    base_names_fini (&self->reserved);
}

void federate_core_destroy (federate_core_t **self_p)
{
    base_assert (self_p != NULL);
    federate_core_t *self = *self_p;
    if (!self)
        return;
    free_controls (self);
    free_data (self);
    free_tables (self);
    BASE_LIST_FINI (&self->data.list);
    BASE_LIST_FINI (&self->timed);
    timemgmt_tso_queue_destroy (&self->queue);
    BASE_LIST_FINI (&self->behind);
    federate_retractable_fini (self);
    federate_migration_fini (self);
    federate_declaration_fini (self);
    BASE_LIST_FINI (&self->strangers);
    BASE_LIST_FINI (&self->stranger_connections);
    federate_stamp_fini (self);
    if (self->model)
        fom_model_destroy (&self->model);
    for (size_t i = 0; i < self->effects.count; i++)
        base_buffer_fini (&self->effects.items[i].bytes);
    while (self->unreleased) { /* nobody asked for the effects */
        federate_parcel_t *parcel = self->unreleased;
        self->unreleased = parcel->next;
        base_free (parcel);
    }
    BASE_LIST_FINI (&self->effects);
    while (self->block_count > 0)
        base_buffer_fini (&self->blocks[--self->block_count]);
    base_buffer_fini (&self->outbox);
    base_buffer_fini (&self->scratch);
    base_arena_fini (&self->arena);
    base_arena_fini (&self->send_arena);
    base_arena_fini (&self->taken_arena);
    base_free (self->host);
    base_free (self->name);
    base_free (self->federation);
    base_free (self->lost_text);
    base_free (self);
    *self_p = NULL;
}

federate_effects_t *federate_core_effects (federate_core_t *self)
{
    base_assert (self != NULL);
    if (self->unreleased)
        federate_parcel_release (self);
    return &self->effects;
}

void federate_core_effects_done (federate_core_t *self)
{
    base_assert (self != NULL);
    for (size_t i = 0; i < self->effects.count; i++)
        base_buffer_fini (&self->effects.items[i].bytes);
    self->effects.count = 0;
}

base_buffer_t *federate_core_outbox (federate_core_t *self)
{
    base_assert (self != NULL);
    self->urgent = false;
    return &self->outbox;
}

bool federate_core_urgent (const federate_core_t *self)
{
    base_assert (self != NULL);
    return self->urgent || self->outbox.size_bytes > FEDERATE_ROUTE_CONTROL_BYTES;
}

bool federate_core_wants (const federate_core_t *self)
{
    base_assert (self != NULL);
    return self->effects.count > 0 || self->unreleased || federate_core_urgent (self);
}

mst_err_t federate_check_joined (const federate_core_t *self)
{
    base_assert (self != NULL);
    if (self->lost)
        return base_error (MST_E_CONNECTION_LOST, "%s: the RTI is lost: %s",
                           self->name ? self->name : "federate",
                           self->lost_text ? self->lost_text : "connection closed");
    if (!self->joined || self->resigned)
        return base_error (MST_E_NOT_JOINED,
                           "not joined to a federation execution: call mst_join first");
    return MST_OK;
}

mst_err_t federate_input_lost (federate_core_t *self, mst_err_t err)
{
    char why[512];

    base_assert (self != NULL && err != MST_OK);
    if (self->resigned)
        return err;
    if (!self->lost) {
        (void) snprintf (why, sizeof why, "what came cannot be taken in: %s", mst_error_text ());
        federate_core_rti_lost (self, why);
    }
    return federate_check_joined (self);
}

void federate_core_rti_lost (federate_core_t *self, const char *why)
{
    federate_callback_t callback = { .kind = FEDERATE_CONNECTION_LOST,
                                     .err = MST_E_CONNECTION_LOST };

    base_assert (self != NULL && why != NULL);
    if (self->lost || self->resigned)
        return;
    self->lost = true;
    self->lost_text = base_strdup (why);
    callback.text = base_strdup (why);
    if (federate_control_queue (self, &callback))
        base_free (callback.text); /* every call says it */
}

/*  Questions --------------------------------------------------------------------------------- */

void federate_core_state (const federate_core_t *self, federate_state_t *state)
{
    base_assert (self != NULL && state != NULL);
    *state = (federate_state_t){
        .joined = self->joined && !self->resigned,
        .lost = self->lost,
        .regulating = self->regulating,
        .constrained = self->constrained,
        .advancing = self->advancing,
        .regulation_pending = self->regulation_pending,
        .constrained_pending = self->constrained_pending,
        .asynchronous = self->asynchronous,
        .now = self->now,
        .requested = self->requested,
        .self = self->self,
    };
    if (self->regulating) {
        state->lookahead = timemgmt_floor_lookahead (&self->floor, self->now);
        state->floor = self->floor.bound;
    }
}

federate_time_text_t federate_core_time_text (const federate_core_t *self, mst_time_t time)
{
    federate_time_text_t out;

    base_assert (self != NULL);
    if (self->time_type == TIMEMGMT_FLOAT64)
        (void) snprintf (out.text, sizeof out.text, "%.15g", timemgmt_key_to_double (time));
    else
        (void) snprintf (out.text, sizeof out.text, "%lld", (long long) time);
    return out;
}

const char *federate_core_lost_text (const federate_core_t *self)
{
    return self->lost_text ? self->lost_text : "";
}

const fom_model_t *federate_core_model (const federate_core_t *self)
{
    return self->model;
}

const mst_counters_t *federate_core_counters (const federate_core_t *self)
{
    return &self->counters;
}

mst_counters_t *federate_core_counters_edit (federate_core_t *self)
{
    return &self->counters;
}

const char *federate_core_peer_name (const federate_core_t *self, uint32_t id)
{
    base_assert (self != NULL);
    if (id == self->self && id != 0)
        return self->name;
    const federate_peer_t *peer = federate_peer (self, id);
    return peer ? peer->name : NULL;
}

uint32_t federate_core_peer_find (const federate_core_t *self, const char *name)
{
    uint64_t id;

    base_assert (self != NULL && name != NULL);
    if (self->name && strcmp (self->name, name) == 0)
        return self->self;
    return base_names_get (&self->peer_names, name, strlen (name), &id) ? (uint32_t) id : 0;
}

size_t federate_core_members (const federate_core_t *self, const char **first)
{
    size_t count = self->joined && !self->options.recorder ? 1 : 0;
    const char *smallest = count ? self->name : NULL;

    BASE_MAP_EACH (&self->peers, entry) {
        const federate_peer_t *peer = (const federate_peer_t *) (uintptr_t) entry->value;
        if (peer->departed || peer->recorder)
            continue;
        count++;
        if (!smallest || strcmp (peer->name, smallest) < 0)
            smallest = peer->name;
    }
    if (first)
        *first = smallest;
    return count;
}

uint32_t federate_core_slow_peer (const federate_core_t *self)
{
    return self->slow_peer;
}

void federate_core_blocked (federate_core_t *self, bool blocked)
{
    base_assert (self != NULL);
    self->blocked = blocked;
    if (blocked)
        federate_inbound_blocked (self);
}

bool federate_core_drained (const federate_core_t *self)
{
    BASE_MAP_EACH (&self->peers, entry) {
        const federate_peer_t *peer = (const federate_peer_t *) (uintptr_t) entry->value;
        const federate_route_t *route = peer->route;
        if (!route || peer->departed)
            continue;
        if (route->open.size_bytes > 0 || FEDERATE_FIFO_COUNT (&route->waiting) > 0)
            return false;
    }
    return true;
}
