/*  Synchronization points: registered for all or for a set, announced, achieved one by one, and
   told as reached when nobody is missing. Who joins later takes part in those for all; who leaves
   is missed no longer. Recorders only watch, unless a set names them. */
#include "rti/core/state.h"

#include <string.h>

static const wire_bytes_t rti_no_tag = { (const uint8_t *) "", 0 };

static rti_point_t *rti_point_find (const rti_federation_t *self, wire_text_t label)
{
    rti_point_t *point = self->points;
    while (point && (strlen (point->label) != label.size_bytes ||
                     memcmp (point->label, label.data, (size_t) label.size_bytes) != 0))
        point = point->next;
    return point;
}

static rti_participant_t *rti_participant (rti_point_t *self, uint32_t federate)
{
    base_assert (self != NULL);
    base_assert (federate != 0);
    BASE_LIST_EACH (&self->participants, i)
        if (self->participants.items[i].federate == federate)
            return &self->participants.items[i];
    return NULL;
}

static void rti_point_free (rti_point_t *self)
{
    base_assert (self != NULL);
    BASE_LIST_FINI (&self->participants);
    base_free (self->label);
    base_free (self->tag);
    base_free (self->failed);
    base_free (self);
}

void rti_points_free (rti_federation_t *self)
{
    base_assert (self->core != NULL);
    while (self->points) {
        rti_point_t *next = self->points->next;
        rti_point_free (self->points);
        self->points = next;
    }
    self->point_count = 0;
}

static void rti_point_unlink (rti_federation_t *self, rti_point_t *point)
{
    rti_point_t **at = &self->points;
    base_assert (self->core != NULL);
    while (*at != point)
        at = &(*at)->next;
    *at = point->next;
    base_assert (self->point_count > 0);
    self->point_count--;
}

/*  Reached ----------------------------------------------------------------------------------- */

/*  What a participant must have in hand before it is told: all that the others said to have sent.
 */
static mst_err_t rti_point_needs (const rti_federation_t *self, const rti_point_t *point,
                                  const rti_federate_t *to, wire_pairs_t *need)
{
    rti_core_t *core = self->core;

    base_assert (self->core != NULL);
    base_assert (point != NULL);
    core->pairs.count = 0;
    BASE_LIST_EACH (&point->participants, i) {
        wire_pair_t pair;
        const rti_federate_t *sender =
            rti_federate_find (self, point->participants.items[i].federate);
        if (rti_need_of (to, sender, &pair).count > 0 && BASE_LIST_PUSH (&core->pairs, pair))
            return MST_E_NO_MEMORY;
    }
    *need = (wire_pairs_t){ core->pairs.items, (uint32_t) core->pairs.count };
    return MST_OK;
}

static void rti_point_reached_tell (rti_federation_t *self, const rti_point_t *point,
                                    wire_handles_t failed)
{
    wire_federation_synchronized_t reached = { .synchronization_point_label =
                                                   rti_text (point->label),
                                               .failed_to_sync_set = failed };

    base_assert (failed.items != NULL);
    rti_cast_begin (self->core, WIRE_SERVICE_FEDERATION_SYNCHRONIZED, &reached);
    BASE_LIST_EACH (&point->participants, i) {
        rti_federate_t *to = rti_federate_find (self, point->participants.items[i].federate);
        wire_pairs_t need;
        base_assert (to != NULL);
        rti_waits_no_more (to);
        if (rti_point_needs (self, point, to, &need))
            rti_close (self->core, to->link, "there is no memory left for what it must wait for");
        else
            rti_cast_to (to, need);
    }
}

/*  Ends the point when nobody is missing. It may be that the last one left, so nothing is
 * allocated. */
static void rti_point_settle (rti_federation_t *self, rti_point_t *point)
{
    wire_handles_t failed = { point->failed, 0 };

    base_assert (self->core != NULL);
    base_assert (point->participants.count <= point->failed_capacity);
    BASE_LIST_EACH (&point->participants, i) {
        if (point->participants.items[i].standing == RTI_ANNOUNCED)
            return;
        if (point->participants.items[i].standing == RTI_FAILED)
            point->failed[failed.count++] = point->participants.items[i].federate;
    }
    if (point->participants.count > 0) {
        rti_point_reached_tell (self, point, failed);
        rti_note_t note = { RTI_NOTE_SYNCHRONIZED,     0,   point->label, WIRE_TIME_NONE,
                            point->participants.count, NULL };
        rti_note (self, &note);
    }
    rti_point_unlink (self, point);
    rti_point_free (point);
}

/*  Registering ------------------------------------------------------------------------------- */

static bool rti_takes_part (const rti_federate_t *self)
{
    base_assert (self->federation != NULL);
    base_assert (self != NULL);
    return (self->flags & RTI_FLAG_RECORDER) == 0;
}

/*  Room for one more participant, and for all of them to fail. */
static mst_err_t rti_point_room (rti_point_t *self)
{
    base_assert (self != NULL);
    mst_err_t err = BASE_LIST_ROOM (&self->participants);
    if (err || self->failed_capacity >= self->participants.capacity)
        return err;
    wire_handle_t *failed =
        base_realloc (self->failed, self->participants.capacity * sizeof *failed);
    if (!failed)
        return base_alloc_error ();
    self->failed = failed;
    self->failed_capacity = self->participants.capacity;
    return MST_OK;
}

static mst_err_t rti_point_add (rti_point_t *self, uint32_t federate)
{
    rti_participant_t participant = { federate, RTI_ANNOUNCED };
    base_assert (self != NULL);
    base_assert (federate != 0);
    if (rti_participant (self, federate))
        return MST_OK;
    mst_err_t err = rti_point_room (self);
    if (!err)
        BASE_LIST_PUT (&self->participants, participant);
    return err;
}

static mst_err_t rti_point_fill (const rti_call_t *call, rti_point_t *self, wire_text_t label,
                                 wire_bytes_t tag, wire_handles_t set)
{
    const rti_federation_t *federation = call->federation;
    mst_err_t err = rti_point_room (self);

    base_assert (call->federation != NULL);
    base_assert (call->core != NULL && call->link != NULL);
    self->label = rti_text_copy (label);
    self->tag = (uint8_t *) base_strndup ((const char *) tag.data, (size_t) tag.size_bytes);
    self->tag_size_bytes = tag.size_bytes;
    if (err || !self->label || !self->tag)
        return base_alloc_error ();
    for (uint64_t i = 0; !err && i < set.count; i++)
        err = rti_point_add (self, (uint32_t) set.items[i]);
    for (size_t i = 0; !err && self->for_all && i < federation->members.count; i++)
        if (rti_takes_part (federation->members.items[i]))
            err = rti_point_add (self, federation->members.items[i]->handle);
    return err;
}

static mst_err_t rti_point_new (const rti_call_t *call, wire_text_t label, wire_bytes_t tag,
                                wire_handles_t set, rti_point_t **self_p)
{
    base_assert (call->federation != NULL);
    base_assert (call->core != NULL && call->link != NULL);
    if (call->federation->point_count >= RTI_POINTS)
        return base_error (MST_E_LIMIT, "limits.synchronization_points (%d) of \"%s\" is reached",
                           RTI_POINTS, call->federation->name);
    rti_point_t *self = base_calloc (1, sizeof *self);
    if (!self)
        return base_alloc_error ();
    self->for_all = set.count == 0;
    mst_err_t err = rti_point_fill (call, self, label, tag, set);
    if (err) {
        rti_point_free (self);
        return err;
    }
    *self_p = self;
    return MST_OK;
}

static void rti_point_link (rti_federation_t *self, rti_point_t *point)
{
    rti_point_t **at = &self->points;
    base_assert (self->core != NULL);
    base_assert (point != NULL);
    while (*at)
        at = &(*at)->next;
    *at = point;
    self->point_count++;
}

static void rti_point_announce_to (rti_federate_t *to, const rti_federate_t *registrar,
                                   const rti_point_t *point)
{
    base_assert (to->federation != NULL);
    wire_announce_synchronization_point_t announce = {
        .synchronization_point_label = rti_text (point->label),
        .user_supplied_tag = { point->tag, point->tag_size_bytes }
    };
    base_assert (to != NULL);
    rti_tell_after (to, registrar, WIRE_SERVICE_ANNOUNCE_SYNCHRONIZATION_POINT, &announce);
}

/*  Why it cannot be; false: it can. */
static bool rti_point_failure (const rti_call_t *call, wire_text_t label, wire_handles_t set,
                               wire_sync_failure_t *reason)
{
    base_assert (call->federation != NULL);
    base_assert (call->core != NULL && call->link != NULL);
    *reason = WIRE_SYNC_FAILURE_LABEL_NOT_UNIQUE;
    if (rti_point_find (call->federation, label))
        return true;
    *reason = WIRE_SYNC_FAILURE_MEMBER_NOT_JOINED;
    for (uint64_t i = 0; i < set.count; i++)
        if (!rti_federate_find (call->federation, set.items[i]))
            return true;
    return false;
}

static mst_err_t rti_point_register_any (rti_call_t *call, wire_text_t label, wire_bytes_t tag,
                                         wire_handles_t set)
{
    wire_synchronization_point_registration_failed_t failed = { .synchronization_point_label =
                                                                    label };
    wire_synchronization_point_registration_succeeded_t succeeded = { label };
    rti_point_t *point = NULL;

    base_assert (call->federate != NULL);
    base_assert (call->federation != NULL);
    mst_err_t err = rti_name_check ("a synchronization point", label);
    if (err)
        return err;
    if (rti_point_failure (call, label, set, &failed.reason)) {
        rti_tell (call->federate, WIRE_SERVICE_SYNCHRONIZATION_POINT_REGISTRATION_FAILED, &failed);
        return MST_OK;
    }
    err = rti_point_new (call, label, tag.data ? tag : rti_no_tag, set, &point);
    if (err)
        return err;
    rti_point_link (call->federation, point);
    rti_tell (call->federate, WIRE_SERVICE_SYNCHRONIZATION_POINT_REGISTRATION_SUCCEEDED,
              &succeeded);
    rti_note_t note = { RTI_NOTE_POINT, call->federate->handle, point->label, WIRE_TIME_NONE,
                        set.count,      call->federate->name };
    rti_note (call->federation, &note);
    BASE_LIST_EACH (&point->participants, i)
        rti_point_announce_to (
            rti_federate_find (call->federation, point->participants.items[i].federate),
            call->federate, point);
    return MST_OK;
}

mst_err_t rti_point_register (rti_call_t *call)
{
    const wire_register_federation_synchronization_point_t *args = call->args;
    base_assert (call->args != NULL);
    base_assert (call->core != NULL && call->link != NULL);
    return rti_point_register_any (call, args->synchronization_point_label, args->user_supplied_tag,
                                   (wire_handles_t){ NULL, 0 });
}

mst_err_t rti_point_register_with_set (rti_call_t *call)
{
    const wire_register_federation_synchronization_point_with_set_t *args = call->args;
    base_assert (call->args != NULL);
    base_assert (call->core != NULL && call->link != NULL);
    return rti_point_register_any (call, args->synchronization_point_label, args->user_supplied_tag,
                                   args->synchronization_set);
}

mst_err_t rti_point_achieved (rti_call_t *call)
{
    const wire_synchronization_point_achieved_t *args = call->args;
    wire_text_t label = args->synchronization_point_label;
    rti_point_t *point = rti_point_find (call->federation, label);
    rti_participant_t *participant = point ? rti_participant (point, call->federate->handle) : NULL;

    base_assert (call->federate != NULL);
    base_assert (call->args != NULL);
    if (!participant)
        return base_error (MST_E_SYNC_LABEL_UNKNOWN,
                           "synchronization point \"%.*s\" is not announced to federate \"%s\"",
                           RTI_SHOW (label), call->federate->name);
    if (participant->standing != RTI_ANNOUNCED)
        return base_error (MST_E_SYNC_LABEL_UNKNOWN,
                           "federate \"%s\" has achieved synchronization point \"%s\" before",
                           call->federate->name, point->label);
    participant->standing = args->successfully ? RTI_ACHIEVED : RTI_FAILED;
    rti_point_settle (call->federation, point);
    return MST_OK;
}

/*  Coming and going -------------------------------------------------------------------------- */

mst_err_t rti_points_room (rti_federation_t *self)
{
    mst_err_t err = MST_OK;
    base_assert (self->core != NULL);
    for (rti_point_t *point = self->points; !err && point; point = point->next)
        if (point->for_all)
            err = rti_point_room (point);
    return err;
}

void rti_points_join (rti_federate_t *self)
{
    rti_participant_t participant = { self->handle, RTI_ANNOUNCED };

    base_assert (self->federation != NULL);
    if (!rti_takes_part (self))
        return;
    for (rti_point_t *point = self->federation->points; point; point = point->next) {
        if (!point->for_all)
            continue;
        base_assert (point->participants.count < point->participants.capacity);
        BASE_LIST_PUT (&point->participants, participant);
    }
}

void rti_points_announce (rti_federate_t *self)
{
    base_assert (self->federation != NULL);
    base_assert (self->link != NULL);
    for (rti_point_t *point = self->federation->points; point; point = point->next)
        if (rti_participant (point, self->handle))
            rti_point_announce_to (self, NULL, point);
}

void rti_points_leave (rti_federation_t *self, uint32_t federate)
{
    base_assert (self->core != NULL);
    base_assert (federate != 0);
    for (rti_point_t *point = self->points, *next; point; point = next) {
        next = point->next;
        rti_participant_t *participant = rti_participant (point, federate);
        if (!participant)
            continue;
        size_t at = (size_t) (participant - point->participants.items);
        point->participants.count--;
        memmove (participant, participant + 1,
                 (point->participants.count - at) * sizeof *participant);
        rti_point_settle (self, point);
    }
}

/*  Questions --------------------------------------------------------------------------------- */

bool rti_point_arrived (const rti_federate_t *self, const char *label)
{
    rti_point_t *point = rti_point_find (self->federation, rti_text (label));
    base_assert (label != NULL);
    const rti_participant_t *own = point ? rti_participant (point, self->handle) : NULL;
    base_assert (!own || own->federate == self->handle);
    return own && own->standing != RTI_ANNOUNCED;
}

mst_err_t rti_point_missing (const rti_federation_t *self, const char *label,
                             rti_names_list_t *names)
{
    const rti_point_t *point = rti_point_find (self, rti_text (label));
    mst_err_t err = MST_OK;

    base_assert (label != NULL && names != NULL);
    for (size_t i = 0; !err && point && i < point->participants.count; i++) {
        const rti_participant_t *participant = &point->participants.items[i];
        const rti_federate_t *federate = rti_federate_find (self, participant->federate);
        if (participant->standing == RTI_ANNOUNCED && federate)
            err = BASE_LIST_PUSH (names, federate->name);
    }
    return err;
}
