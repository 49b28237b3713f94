/*  Migration at a cut (docs/protocol.md, section 9). At the old home an object leaves with the next
   time request; at the new one its state waits in the time-stamped queue, at the cut, for the RTI's
   decision. */
#include "federate/core/internal.h"

#include <stdio.h>
#include <string.h>

enum { MIGRATION_STATE = 1, MIGRATION_COUNT = 2, MIGRATION_MASK = 3, MIGRATION_VALUES = 3 };

/*  The old home
 * ------------------------------------------------------------------------------------- */

static void batch_free (federate_batch_t *batch)
{
    for (size_t i = 0; i < batch->objects.count; i++)
        base_free (batch->objects.items[i].state);
    BASE_LIST_FINI (&batch->objects);
}

void federate_migration_fini (federate_core_t *self)
{
    base_assert (self != NULL);
    for (size_t i = 0; i < self->batches.count; i++)
        batch_free (&self->batches.items[i]);
    for (size_t i = 0; i < self->arrivals.count; i++)
        BASE_LIST_FINI (&self->arrivals.items[i].objects);
    BASE_LIST_FINI (&self->batches);
    BASE_LIST_FINI (&self->arrivals);
}

static mst_err_t check_leaving (const federate_core_t *self, const federate_object_t *object,
                                const federate_peer_t *home, mst_time_t cut)
{
    mst_err_t err = timemgmt_time_check (self->time_type, cut);
    if (err)
        return err;
    if (object->owned == 0)
        return base_error (MST_E_NOT_OWNED, "%s owns nothing of \"%s\"", self->name, object->name);
    if (object->migrating || object->leaving)
        return base_error (MST_E_MIGRATION_REFUSED, "\"%s\" is migrating already, at the cut %s",
                           object->name, FEDERATE_TIME (self, object->cut));
    if (!self->regulating || self->advancing)
        return base_error (MST_E_MIGRATION_REFUSED,
                           "%s must be time regulating, and granted, to hand over \"%s\"",
                           self->name, object->name);
    /*  The last update goes out with the time of the cut, so that time must still be open to it;
       the RTI checks the same against its bound (section 9). */
    if (cut < self->floor.bound)
        return base_error (
            MST_E_INVALID_TIME, "the cut %s is below %s, the smallest time that %s may send",
            FEDERATE_TIME (self, cut), FEDERATE_TIME (self, self->floor.bound), self->name);
    if (!home || home->departed)
        return base_error (MST_E_MIGRATION_REFUSED, "the new home of \"%s\" is not joined",
                           object->name);
    /*  An epoch is valid in (cut, next cut]: it would be empty. */
    if (object->arrived && cut <= object->came)
        return base_error (MST_E_MIGRATION_REFUSED,
                           "\"%s\" came here at the cut %s: the next one is later", object->name,
                           FEDERATE_TIME (self, object->came));
    return MST_OK;
}

/*  What goes to one home at one cut is decided together. A batch of which a state has left takes
   no more in. */
static federate_batch_t *batch_for (federate_core_t *self, uint32_t new_home, int64_t cut)
{
    for (size_t i = 0; i < self->batches.count; i++) {
        federate_batch_t *batch = &self->batches.items[i];
        if (!batch->sent && batch->states == 0 && batch->new_home == new_home && batch->cut == cut)
            return batch;
    }
    federate_batch_t fresh = { .number = self->batch_counter + 1,
                               .new_home = new_home,
                               .cut = cut };
    if (BASE_LIST_PUSH (&self->batches, fresh))
        return NULL;
    self->batch_counter++;
    return &self->batches.items[self->batches.count - 1];
}

mst_err_t federate_core_migrate (federate_core_t *self, mst_object_t object,
                                 mst_federate_id_t new_home, mst_time_t cut, const void *state,
                                 size_t state_size_bytes)
{
    base_assert (self != NULL);
    base_assert (state != NULL || state_size_bytes == 0);
    mst_err_t err = federate_check_joined (self);
    if (err)
        return err;
    federate_object_t *known = federate_object (self, object.id);
    if (!known)
        return base_error (MST_E_OBJECT_UNKNOWN, "%s knows no object with handle 0x%llx",
                           self->name, (unsigned long long) object.id);
    if (state_size_bytes > WIRE_VALUE_MAX)
        return base_error (MST_E_LIMIT, "the state of \"%s\" has %zu bytes; WIRE_VALUE_MAX is %d",
                           known->name, state_size_bytes, WIRE_VALUE_MAX);
    err = check_leaving (self, known, federate_peer (self, new_home.id), cut);
    if (err)
        return err;
    federate_batch_t *batch = batch_for (self, new_home.id, cut);
    if (!batch || BASE_LIST_ROOM (&batch->objects))
        return base_alloc_error ();
    federate_leaving_t leaving = { object.id, (uint8_t *) base_strndup (state, state_size_bytes),
                                   (uint32_t) state_size_bytes };
    if (!leaving.state)
        return base_alloc_error ();
    BASE_LIST_PUT (&batch->objects, leaving);
    known->migrating = true;
    known->cut = cut;
    return MST_OK;
}

static mst_err_t send_state (federate_core_t *self, federate_route_t *route,
                             const federate_batch_t *batch, const federate_leaving_t *leaving)
{
    uint8_t count[4], mask[8];
    const federate_object_t *object = federate_object (self, leaving->object);
    (void) wire_put_be32 (count, (uint32_t) batch->objects.count);
    (void) wire_put_be64 (mask, object ? object->owned : 0); /* removed meanwhile: the RTI aborts */
    wire_message_value_t values[MIGRATION_VALUES] = {
        { MIGRATION_STATE, leaving->state_size_bytes, leaving->state },
        { MIGRATION_COUNT, sizeof count, count },
        { MIGRATION_MASK, sizeof mask, mask },
    };
    wire_message_t message = { .type = WIRE_MESSAGE_MIGRATION,
                               .order = WIRE_ORDER_TIMESTAMP,
                               .has_time = true,
                               .time = batch->cut,
                               .target = leaving->object,
                               .epoch = batch->number,
                               .value_count = MIGRATION_VALUES };
    message.room_bytes = wire_message_room (&message, values);
    return federate_route_add (self, route, &message, values, false);
}

/*  Recorders of the class get the states, too: without them nobody could play the old home's part
    again. */
static mst_err_t send_state_to_recorders (federate_core_t *self, const federate_batch_t *batch,
                                          const federate_leaving_t *leaving)
{
    const federate_object_t *object = federate_object (self, leaving->object);
    mst_err_t err = MST_OK;
    BASE_MAP_EACH (&self->peers, entry) {
        const federate_peer_t *peer = (const federate_peer_t *) (uintptr_t) entry->value;
        if (err || !object || !peer->recorder || peer->departed || !peer->route ||
            peer->route->effective[object->class_index] == 0)
            continue;
        err = send_state (self, peer->route, batch, leaving);
    }
    return err;
}

static mst_err_t send_batch (federate_core_t *self, federate_batch_t *batch)
{
    federate_peer_t *home = federate_peer (self, batch->new_home);
    size_t count = batch->objects.count;

    uint64_t *handles = base_calloc (count, sizeof *handles);
    mst_err_t err = handles ? MST_OK : base_alloc_error ();
    bool there = home && !home->departed;
    if (!err && there)
        err = federate_route_open (self, home);
    for (size_t i = 0; !err && i < count; i++)
        handles[i] = batch->objects.items[i].object;
    /*  After a failure for want of memory it goes on with the first state that has not left. */
    while (!err && there && batch->states < count) {
        const federate_leaving_t *leaving = &batch->objects.items[batch->states];
        err = send_state_to_recorders (self, batch, leaving);
        if (!err)
            err = send_state (self, home->route, batch, leaving);
        batch->states += !err;
    }
    if (!err && there)
        err = federate_route_seal (self, home->route);
    if (!err) { /* a home that is gone: the RTI aborts */
        wire_migrate_t args = { .batch = batch->number,
                                .new_home = batch->new_home,
                                .cut = batch->cut,
                                .objects = { handles, count },
                                .sequence = there ? home->route->sequence : 0 };
        err = federate_control_send (self, WIRE_SERVICE_MIGRATE, &args, false, 0);
    }
    base_free (handles);
    if (!err)
        batch->sent = true;
    return err;
}

mst_err_t federate_migration_flush (federate_core_t *self)
{
    base_assert (self != NULL);
    for (size_t i = 0; i < self->batches.count; i++) {
        if (self->batches.items[i].sent || self->batches.items[i].objects.count == 0)
            continue;
        mst_err_t err = send_batch (self, &self->batches.items[i]);
        if (err)
            return err;
    }
    return MST_OK;
}

/*  The new home
 * --------------------------------------------------------------------------------------- */

static federate_arrival_t *arrival_find (federate_core_t *self, uint32_t old_home, uint32_t number)
{
    for (size_t i = 0; i < self->arrivals.count; i++)
        if (self->arrivals.items[i].old_home == old_home &&
            self->arrivals.items[i].number == number)
            return &self->arrivals.items[i];
    return NULL;
}

static federate_arrival_t *arrival_for (federate_core_t *self, uint32_t old_home, uint32_t number)
{
    federate_arrival_t *arrival = arrival_find (self, old_home, number);
    federate_arrival_t fresh = { .old_home = old_home, .number = number };
    if (arrival)
        return arrival;
    if (BASE_LIST_PUSH (&self->arrivals, fresh))
        return NULL;
    return &self->arrivals.items[self->arrivals.count - 1];
}

typedef struct migration_values {
    const uint8_t *state;
    uint32_t state_size_bytes;
    uint32_t count;
    uint64_t mask;
} migration_values_t;

static bool read_values (const wire_message_t *message, wire_reader_t *reader,
                         migration_values_t *out)
{
    wire_message_value_t state, count, mask;

    if (message->value_count != MIGRATION_VALUES)
        return false;
    wire_message_value_read (reader, &state);
    wire_message_value_read (reader, &count);
    wire_message_value_read (reader, &mask);
    if (reader->bad || count.size_bytes != 4 || mask.size_bytes != 8)
        return false;
    wire_reader_t numbers;
    wire_reader_init (&numbers, count.data, 4);
    out->count = (uint32_t) wire_take_be (&numbers, 4);
    wire_reader_init (&numbers, mask.data, 8);
    out->mask = wire_take_be (&numbers, 8);
    out->state = state.data;
    out->state_size_bytes = state.size_bytes;
    return out->count > 0;
}

/*  Urgent: the RTI withholds two grants until it has this. */
static mst_err_t vote (federate_core_t *self, const federate_arrival_t *arrival,
                       const char *refusal)
{
    wire_migrate_vote_t args = { .old_home = arrival->old_home,
                                 .batch = arrival->number,
                                 .accept = refusal == NULL,
                                 .text = { refusal, refusal ? strlen (refusal) : 0 } };
    mst_err_t err = federate_control_send (self, WIRE_SERVICE_MIGRATE_VOTE, &args, false, 0);
    self->urgent = true;
    return err;
}

/*  A state has come: once they all have, this federate votes. */
mst_err_t federate_migration_state (federate_core_t *self, federate_peer_t *from,
                                    const wire_message_t *message, wire_reader_t *values)
{
    migration_values_t read;

    base_assert (self != NULL && from != NULL);
    base_assert (message->type == WIRE_MESSAGE_MIGRATION);
    if (!read_values (message, values, &read))
        return base_error (MST_E_MALFORMED, "the state of a migration from %s does not decode",
                           from->name);
    if (self->options.recorder)
        return MST_OK; /* it looks on */
    federate_arrival_t *arrival = arrival_for (self, from->id, message->epoch);
    if (!arrival)
        return base_alloc_error ();
    const federate_object_t *object = federate_object (self, message->target);
    const char *refusal = NULL;
    if (!object)
        refusal = "the new home does not know the object: let it subscribe to the class";
    else if (!self->constrained)
        refusal = "the new home is not time constrained";
    else if (read.mask & ~1u & ~self->classes[object->class_index].published)
        refusal = "the new home does not publish the class's attributes";
    arrival->expected = read.count;
    arrival->count++;
    if (refusal && !arrival->refused) {
        arrival->refused = true;
        return vote (self, arrival, refusal);
    }
    return arrival->count == arrival->expected && !arrival->refused ? vote (self, arrival, NULL)
                                                                    : MST_OK;
}

/*  The decision
 * ------------------------------------------------------------------------------------------ */

static mst_err_t tell_old_home (federate_core_t *self, const federate_object_t *object,
                                const wire_migrate_decided_t *args, uint32_t epoch)
{
    mst_migration_t what = { .object = { object->id },
                             .old_home = { (uint32_t) args->old_home },
                             .new_home = { (uint32_t) args->new_home },
                             .cut = args->cut,
                             .epoch = epoch };
    federate_callback_t callback = {
        .kind = args->committed ? FEDERATE_MIGRATED_OUT : FEDERATE_MIGRATION_ABORTED,
        .args_size_bytes = sizeof what,
    };
    callback.args = base_alloc (sizeof what);
    callback.text = base_strndup (args->text.data, args->text.size_bytes);
    mst_err_t err = callback.args && callback.text ? MST_OK : base_alloc_error ();
    if (!err) {
        memcpy (callback.args, &what, sizeof what);
        err = federate_control_queue (self, &callback);
    }
    if (err)
        federate_callback_free (&callback);
    return err;
}

static mst_err_t decided_at_old_home (federate_core_t *self, const wire_migrate_decided_t *args)
{
    for (uint64_t i = 0; i < args->objects.count; i++) {
        federate_object_t *object = federate_object (self, args->objects.items[i]);
        if (!object || !object->migrating)
            continue;
        object->migrating = false;
        if (args->committed) { /* ours up to the cut: (cut, next cut] */
            object->leaving = object->owned;
            object->owned = 0;
        }
        uint32_t epoch = i < args->epochs.count ? (uint32_t) args->epochs.items[i] : 0;
        mst_err_t err = tell_old_home (self, object, args, epoch);
        if (err)
            return err;
    }
    for (size_t i = self->batches.count; i-- > 0;) {
        if (self->batches.items[i].number != args->batch)
            continue;
        batch_free (&self->batches.items[i]);
        self->batches.items[i] = self->batches.items[--self->batches.count];
    }
    return MST_OK;
}

/*  Known, but not yet owned: the object becomes ours when its state has its turn in the queue,
   at the cut. */
static mst_err_t decided_at_new_home (federate_core_t *self, const wire_migrate_decided_t *args)
{
    federate_arrival_t *arrival =
        arrival_for (self, (uint32_t) args->old_home, (uint32_t) args->batch);
    if (!arrival)
        return base_alloc_error ();
    arrival->decided = true;
    arrival->committed = args->committed;
    for (uint64_t i = 0; args->committed && i < args->objects.count; i++) {
        federate_object_t *object = federate_object (self, args->objects.items[i]);
        if (!object)
            continue;
        object->epoch =
            i < args->epochs.count ? (uint32_t) args->epochs.items[i] : object->epoch + 1;
        object->arrived = true;
        object->leaving = 0;
        object->came = args->cut;
    }
    return MST_OK;
}

mst_err_t federate_migration_decided (federate_core_t *self, const wire_migrate_decided_t *args)
{
    base_assert (self != NULL && args != NULL);
    if (args->old_home == self->self)
        return decided_at_old_home (self, args);
    if (args->new_home == self->self)
        return decided_at_new_home (self, args);
    return MST_OK;
}

static void arrival_done (federate_core_t *self, federate_arrival_t *arrival)
{
    if (--arrival->count > 0)
        return;
    BASE_LIST_FINI (&arrival->objects);
    *arrival = self->arrivals.items[--self->arrivals.count];
}

/*  The old home ended before the cut: what it had not reported up to there has no updates. Nobody
   else could have made them: what travelled is the state at the cut. So the new home is told. */
static const char *gap_text (federate_core_t *self, const federate_peer_t *from, int64_t cut)
{
    if (!from->departed || from->cut_bound > cut)
        return "";
    (void) snprintf (self->taken_reason, sizeof self->taken_reason,
                     "%s %s at %s, before the cut: no updates from there up to %s", from->name,
                     from->lost ? "was lost" : "resigned", FEDERATE_TIME (self, from->cut_bound),
                     FEDERATE_TIME (self, cut));
    return self->taken_reason;
}

/*  A recorder looks on: the state, and whence it goes; the RTI's note says where to. */
static bool deliver_to_recorder (const federate_peer_t *from, const wire_message_t *message,
                                 wire_reader_t *values, federate_delivery_t *delivery)
{
    migration_values_t read;

    base_assert (from != NULL && delivery != NULL);
    if (!read_values (message, values, &read))
        return false;
    delivery->kind = FEDERATE_MIGRATED_IN;
    delivery->migration = (mst_migration_t){ .object = { message->target },
                                             .old_home = { from->id },
                                             .cut = message->time,
                                             .epoch = message->epoch,
                                             .state = read.state,
                                             .state_size_bytes = read.state_size_bytes,
                                             .reason = "" };
    return true;
}

/*  The state's turn in the queue: the object is ours from here on, or the migration was aborted. */
bool federate_migration_deliver (federate_core_t *self, federate_peer_t *from,
                                 const wire_message_t *message, wire_reader_t *values,
                                 federate_delivery_t *delivery)
{
    migration_values_t read;

    base_assert (self != NULL && from != NULL);
    if (self->options.recorder)
        return deliver_to_recorder (from, message, values, delivery);
    federate_arrival_t *arrival = arrival_find (self, from->id, message->epoch);
    federate_object_t *object = federate_object (self, message->target);
    if (!arrival || arrival->count == 0 || !read_values (message, values, &read))
        return false;
    bool committed = arrival->decided && arrival->committed && object;
    arrival_done (self, arrival);
    if (!committed)
        return false;
    object->owned = read.mask;
    delivery->kind = FEDERATE_MIGRATED_IN;
    delivery->migration = (mst_migration_t){
        .object = { object->id },
        .old_home = { from->id },
        .new_home = { self->self },
        .cut = message->time,
        .epoch = object->epoch,
        .state = read.state,
        .state_size_bytes = read.state_size_bytes,
        .reason = gap_text (self, from, message->time),
    };
    return true;
}

void federate_migration_peer_gone (federate_core_t *self, federate_peer_t *peer)
{
    base_assert (self != NULL && peer != NULL);
    for (size_t i = self->arrivals.count; i-- > 0;) {
        federate_arrival_t *arrival = &self->arrivals.items[i];
        if (arrival->old_home == peer->id && peer->lost && !arrival->decided)
            arrival->refused = true; /* no vote for what may lie above the cut; the RTI aborts */
    }
}
