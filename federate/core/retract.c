/*  Retraction at the sender (IEEE 1516.1, clause 8.22). A call that asks for a handle leaves an
   entry here: the message's time stamp, and in which bundle of which route it stands at which
   place. The retraction names that place, in the same stream, behind the message.

    A message can be retracted while its time stamp is above the send floor: at the floor, and
    below, a conservative receiver may have been granted past it. So the floor also says which
    entries are of no use any more (docs/time.md, "Retraction"). */
#include "federate/core/internal.h"

/*  The table ----------------------------------------------------------------------------------- */

static void retractable_fini (federate_retractable_t *entry)
{
    base_free (entry->to);
    base_free (entry->tag);
    *entry = (federate_retractable_t){ 0 };
}

void federate_retractable_fini (federate_core_t *self)
{
    base_assert (self != NULL);
    BASE_LIST_EACH (&self->retractables, i)
        retractable_fini (&self->retractables.items[i]);
    BASE_LIST_FINI (&self->retractables);
    retractable_fini (&self->retracting);
}

int64_t federate_send_floor (const federate_core_t *self)
{
    base_assert (self != NULL && self->regulating);
    /*  While advancing the promise is already that of the time asked for (docs/time.md, "Coming,
       going, changing"). */
    return self->advancing
               ? timemgmt_floor_at (&self->floor, (timemgmt_kind_t) (self->advance_kind - 1),
                                    self->requested)
               : self->floor.bound;
}

/*  Each entry is looked at twice on average, however many there are. An early grant lets the floor
   fall back, so it is the granted one that counts. */
static void sweep (federate_core_t *self)
{
    size_t kept = 0;

    if (self->retractables.count < FEDERATE_SWEEP_MIN ||
        self->retractables.count < 2 * self->retractables_swept)
        return;
    BASE_LIST_EACH (&self->retractables, i) {
        federate_retractable_t *entry = &self->retractables.items[i];
        if (entry->time > self->floor.bound)
            self->retractables.items[kept++] = *entry;
        else
            retractable_fini (entry);
    }
    base_assert (kept <= self->retractables.count);
    self->retractables.count = self->retractables_swept = kept;
}

/*  Numbers only rise. */
static federate_retractable_t *find (const federate_core_t *self, uint64_t number)
{
    size_t low = 0, high = self->retractables.count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (self->retractables.items[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < self->retractables.count && self->retractables.items[low].number == number;
    return found ? &self->retractables.items[low] : NULL;
}

/*  Sending ------------------------------------------------------------------------------------- */

mst_err_t federate_retractable_begin (federate_core_t *self, int64_t time, size_t routes)
{
    base_assert (self != NULL);
    base_assert (self->retracting.to == NULL);
    sweep (self);
    if (self->retractables.count >= FEDERATE_RETRACTABLE_MAX)
        return base_error (MST_E_LIMIT,
                           "%s has %d messages that may still be retracted "
                           "(FEDERATE_RETRACTABLE_MAX): advance its time before sending more",
                           self->name, FEDERATE_RETRACTABLE_MAX);
    if (BASE_LIST_ROOM (&self->retractables))
        return base_alloc_error ();
    self->retracting = (federate_retractable_t){ .time = time };
    self->retracting_room = (uint32_t) routes;
    self->retracting.to = base_alloc ((routes + 1) * sizeof *self->retracting.to);
    return self->retracting.to ? MST_OK : base_alloc_error ();
}

void federate_retractable_sent (federate_core_t *self, const federate_route_t *route)
{
    federate_retractable_t *entry = &self->retracting;

    base_assert (self != NULL && route != NULL);
    base_assert (entry->to_count < self->retracting_room);
    entry->to[entry->to_count++] =
        (federate_sent_to_t){ route->peer->id, route->last_index, route->last_sequence };
}

void federate_retractable_end (federate_core_t *self, mst_err_t err, mst_retraction_t *handle)
{
    base_assert (self != NULL && handle != NULL);
    if (err) {
        retractable_fini (&self->retracting);
        return;
    }
    self->retracting.number = ++self->retraction_number;
    handle->id = self->retracting.number;
    BASE_LIST_PUT (&self->retractables, self->retracting);
    self->retracting = (federate_retractable_t){ 0 };
}

/*  Deletions ----------------------------------------------------------------------------------- */

/*  The object stays, here and at the RTI, until the deletion is final. */
mst_err_t federate_retractable_dooms (federate_core_t *self, federate_object_t *object,
                                      const wire_message_t *message)
{
    federate_retractable_t *entry = &self->retracting;

    base_assert (self != NULL && object != NULL);
    base_assert (!object->doomed);
    entry->tag = base_alloc (message->tag_size_bytes + 1);
    if (!entry->tag)
        return base_alloc_error ();
    if (message->tag_size_bytes > 0)
        memcpy (entry->tag, message->tag, message->tag_size_bytes);
    entry->tag_size_bytes = message->tag_size_bytes;
    entry->object = object->id;
    object->doomed = true;
    object->alive = object->owned;
    object->owned = 0;
    self->doomed++;
    return MST_OK;
}

void federate_retractable_spare (federate_core_t *self, federate_object_t *object)
{
    base_assert (self != NULL && object != NULL);
    base_assert (object->doomed && self->doomed > 0);
    object->doomed = false;
    object->owned |= object->alive;
    self->doomed--;
}

mst_err_t federate_retractable_settle (federate_core_t *self, int64_t floor)
{
    base_assert (self != NULL);
    for (size_t i = 0; i < self->retractables.count && self->doomed > 0; i++) {
        federate_retractable_t *entry = &self->retractables.items[i];
        if (entry->object == 0 || entry->retracted || entry->time > floor)
            continue;
        federate_object_t *object = federate_object (self, entry->object);
        wire_bytes_t tag = { entry->tag, entry->tag_size_bytes };
        int64_t time = entry->missed ? WIRE_TIME_NONE : entry->time;
        mst_err_t err =
            object && object->doomed ? federate_object_delete (self, object, time, tag) : MST_OK;
        if (err)
            return err;
        entry->object = 0;
        self->doomed--;
    }
    return MST_OK;
}

/*  Who did not subscribe when the deletion was sent discovers the object, which still stands: it is
   sent the deletion as well. */
static mst_err_t tell_of_one (federate_core_t *self, federate_route_t *route,
                              federate_retractable_t *entry, const federate_object_t *object)
{
    wire_message_t message = { .type = WIRE_MESSAGE_DELETE,
                               .order = WIRE_ORDER_TIMESTAMP,
                               .has_time = true,
                               .retractable = true,
                               .time = entry->time,
                               .target = object->id,
                               .epoch = object->epoch,
                               .tag = entry->tag,
                               .tag_size_bytes = entry->tag_size_bytes };

    for (uint32_t i = 0; i < entry->to_count; i++)
        if (entry->to[i].peer == route->peer->id)
            return MST_OK;
    if (entry->time <= federate_send_floor (self)) { /* too late for a stamp: the RTI will tell */
        entry->missed = true;
        return MST_OK;
    }
    federate_sent_to_t *to =
        base_realloc (entry->to, (entry->to_count + 2) * sizeof *to); /* and one to spare */
    if (!to)
        return base_alloc_error ();
    entry->to = to;
    message.room_bytes = wire_message_room (&message, NULL);
    mst_err_t err = federate_route_add (self, route, &message, NULL, false);
    if (!err)
        to[entry->to_count++] =
            (federate_sent_to_t){ route->peer->id, route->last_index, route->last_sequence };
    return err;
}

mst_err_t federate_retractable_tell (federate_core_t *self, federate_route_t *route)
{
    mst_err_t err = MST_OK;

    base_assert (self != NULL && route != NULL);
    for (size_t i = 0; i < self->retractables.count && self->doomed > 0 && !err; i++) {
        federate_retractable_t *entry = &self->retractables.items[i];
        const federate_object_t *object =
            entry->object && !entry->retracted ? federate_object (self, entry->object) : NULL;
        if (object && object->doomed && route->effective[object->routed_as] != 0)
            err = tell_of_one (self, route, entry, object);
    }
    return err;
}

/*  Retracting ---------------------------------------------------------------------------------- */

static mst_err_t check_handle (const federate_core_t *self, mst_retraction_t message)
{
    if (message.id & FEDERATE_HANDED_ID (0))
        return base_error (MST_E_RETRACTION_INVALID,
                           "this handle came with a message of another federate: %s can retract "
                           "only what it sent itself",
                           self->name);
    if (message.id == 0 || message.id > self->retraction_number)
        return base_error (
            MST_E_RETRACTION_INVALID,
            "%s was given no retraction handle %llu: ask for one with `retraction` "
            "in mst_send_options_t; 0 says that nothing was sent in the order of time",
            self->name, (unsigned long long) message.id);
    return MST_OK;
}

static mst_err_t too_late (const federate_core_t *self, uint64_t number,
                           const federate_retractable_t *entry)
{
    if (!entry)
        return base_error (MST_E_RETRACTION_LATE,
                           "message %llu of %s can no longer be retracted: time has passed it",
                           (unsigned long long) number, self->name);
    return base_error (
        MST_E_RETRACTION_LATE,
        "%s: the message for time %s can no longer be retracted: only those above %s "
        "can, which is what others may be granted; retract before advancing so far",
        self->name, FEDERATE_TIME (self, entry->time),
        FEDERATE_TIME (self, federate_send_floor (self)));
}

/*  There is always room: a retraction is small, and what it takes back is on its way already. */
static mst_err_t send_all (federate_core_t *self, const federate_retractable_t *entry)
{
    wire_message_t message = { .type = WIRE_MESSAGE_RETRACTION,
                               .order = WIRE_ORDER_TIMESTAMP,
                               .has_time = true,
                               .time = entry->time };
    mst_err_t err = MST_OK;

    message.room_bytes = wire_message_room (&message, NULL);
    for (uint32_t i = 0; i < entry->to_count && !err; i++) {
        const federate_peer_t *peer = federate_peer (self, entry->to[i].peer);
        if (!peer || peer->departed || !peer->route)
            continue;
        message.target = entry->to[i].sequence;
        message.epoch = entry->to[i].index;
        err = federate_route_add (self, peer->route, &message, NULL, false);
    }
    return err;
}

mst_err_t federate_core_retract (federate_core_t *self, mst_retraction_t message)
{
    base_assert (self != NULL);
    mst_err_t err = federate_check_joined (self);
    if (err)
        return err;
    if (!self->regulating)
        return base_error (MST_E_REGULATION_OFF,
                           "%s is not time regulating: it has no messages that could be retracted",
                           self->name);
    err = check_handle (self, message);
    if (err)
        return err;
    federate_retractable_t *entry = find (self, message.id);
    if (entry && entry->retracted)
        return base_error (MST_E_RETRACTION_INVALID, "message %llu of %s is retracted already",
                           (unsigned long long) message.id, self->name);
    if (!entry || entry->time <= federate_send_floor (self))
        return too_late (self, message.id, entry);
    err = send_all (self, entry);
    if (err)
        return err;
    entry->retracted = true;
    federate_object_t *object = entry->object ? federate_object (self, entry->object) : NULL;
    if (object && object->doomed)
        federate_retractable_spare (self, object);
    self->counters.retractions_sent++;
    return MST_OK;
}
