/*  Leaving: resigning in good order, and being lost. What can fail comes first and may be tried
   again; what the others see of it is then told in one go. */
#include "rti/core/state.h"

#include <string.h>

enum { RTI_REASON_RESIGNED = 1, RTI_REASON_LOST = 2 }; /* DEPART's */

typedef struct rti_parting {
    uint64_t reason;
    wire_resign_action_t action;
    int64_t bound; /* TIMEMGMT_KEY_MAX: none */
    const char *text;
} rti_parting_t;

static bool rti_action_cancels (wire_resign_action_t action)
{
    return action == WIRE_RESIGN_CANCEL_PENDING_OWNERSHIP_ACQUISITIONS ||
           action == WIRE_RESIGN_CANCEL_THEN_DELETE_THEN_DIVEST;
}

static bool rti_action_deletes (wire_resign_action_t action)
{
    return action == WIRE_RESIGN_DELETE_OBJECTS ||
           action == WIRE_RESIGN_DELETE_OBJECTS_THEN_DIVEST ||
           action == WIRE_RESIGN_CANCEL_THEN_DELETE_THEN_DIVEST;
}

static bool rti_action_divests (wire_resign_action_t action)
{
    return action == WIRE_RESIGN_UNCONDITIONALLY_DIVEST_ATTRIBUTES ||
           action == WIRE_RESIGN_DELETE_OBJECTS_THEN_DIVEST ||
           action == WIRE_RESIGN_CANCEL_THEN_DELETE_THEN_DIVEST;
}

/*  Would attributes be left with an owner that is gone? */
static const rti_object_t *rti_left_owned (const rti_federate_t *self, bool deletes)
{
    const rti_federation_t *federation = self->federation;

    base_assert (self->federation != NULL);
    base_assert (federation != NULL);
    if (self->owned_count == 0)
        return NULL;
    for (const rti_object_t *object = rti_object_first (federation); object;
         object = rti_object_next (federation, object)) {
        uint64_t owned = rti_owned (object, self->handle);
        if (owned != 0 && !(deletes && (owned & 1) != 0))
            return object;
    }
    return NULL;
}

static mst_err_t rti_resign_check (const rti_federate_t *self, wire_resign_action_t action)
{
    base_assert (self->federation != NULL);
    if (self->acquiring_count > 0 && !rti_action_cancels (action))
        return base_error (MST_E_OWNERSHIP_PENDING,
                           "federate \"%s\" waits for attributes of %llu objects: cancel that, or "
                           "resign with CANCEL_THEN_DELETE_THEN_DIVEST",
                           self->name, (unsigned long long) self->acquiring_count);
    if (rti_action_divests (action))
        return MST_OK;
    const rti_object_t *object = rti_left_owned (self, rti_action_deletes (action));
    if (object)
        return base_error (
            MST_E_OWNS_ATTRIBUTES,
            "federate \"%s\" owns attributes of object \"%s\": resign with an action "
            "that deletes or divests them",
            self->name, object->name);
    return MST_OK;
}

/*  It waits for what counts of it: whoever is granted past a message of it has that message, or
   knows that it never comes. */
static void rti_depart_tell (rti_federate_t *self, const rti_parting_t *parting)
{
    rti_federation_t *federation = self->federation;
    wire_depart_t depart = { .federate = self->handle,
                             .reason = parting->reason,
                             .bound = parting->bound,
                             .text = rti_text (parting->text) };

    base_assert (self->federation != NULL);
    base_assert (parting != NULL);
    BASE_LIST_EACH (&federation->members, i) {
        rti_federate_t *other = federation->members.items[i];
        if (other == self)
            continue;
        depart.cut_sequence = rti_federate_marked (self, other);
        rti_tell_after (other, self, WIRE_SERVICE_DEPART, &depart);
        rti_note_t note = { RTI_NOTE_CUT,   self->handle,        other->name,
                            WIRE_TIME_NONE, depart.cut_sequence, NULL };
        rti_note (federation, &note);
    }
}

/*  Deletes what the action deletes, gives up the rest, and forgets what it knew and wanted. */
static void rti_leave_objects (rti_federate_t *self, wire_resign_action_t action)
{
    rti_federation_t *federation = self->federation;
    static const wire_bytes_t no_tag = { (const uint8_t *) "", 0 };

    for (rti_object_t *object = rti_object_first (federation), *next; object; object = next) {
        next = rti_object_next (federation, object);
        uint64_t owned = rti_owned (object, self->handle);
        base_assert (owned == 0 || object->migration == NULL);
        if ((owned & 1) != 0 && rti_action_deletes (action)) {
            rti_object_remove (object, self, no_tag);
            continue;
        }
        rti_acquisition_drop (federation, object, self->handle, UINT64_MAX);
        if (owned != 0)
            rti_give_up (self, object, owned, no_tag);
        rti_object_forget (federation, object, self->handle);
    }
    base_assert (self->owned_count == 0 && self->acquiring_count == 0);
}

static void rti_votes_forget (rti_federation_t *self, uint32_t old_home)
{
    base_assert (self->core != NULL);
    BASE_LIST_EACH (&self->members, i) {
        rti_federate_t *member = self->members.items[i];
        for (size_t j = member->votes.count; j-- > 0;)
            if (member->votes.items[j].old_home == old_home)
                member->votes.items[j] = member->votes.items[--member->votes.count];
    }
}

static void rti_member_remove (rti_federation_t *self, const rti_federate_t *federate)
{
    size_t at = 0;
    base_assert (self->core != NULL);
    while (self->members.items[at] != federate)
        at++;
    base_assert (at < self->members.count);
    self->members.count--;
    memmove (&self->members.items[at], &self->members.items[at + 1],
             (self->members.count - at) * sizeof self->members.items[0]);
}

static void rti_recorder_remove (rti_federation_t *self, const rti_federate_t *federate)
{
    base_assert (self->core != NULL);
    base_assert (federate != NULL);
    for (size_t i = self->recorders.count; i-- > 0;)
        if (self->recorders.items[i] == federate)
            self->recorders.items[i] = self->recorders.items[--self->recorders.count];
}

/*  The part that cannot fail. The federate is gone afterwards; its slot stays until bounds says so.
 */
static void rti_leave (rti_federate_t *self, const rti_parting_t *parting)
{
    rti_federation_t *federation = self->federation;

    base_assert (self->federation != NULL);
    base_assert (federation->slots.items[self->slot].federate == self);
    rti_departed_add (federation, self->name, parting->text);
    rti_depart_tell (self, parting);
    rti_leave_objects (self, parting->action);
    rti_names_forget (federation, self->handle);
    rti_points_leave (federation, self->handle);
    rti_probes_answer (self, true);
    rti_votes_forget (federation, self->handle);
    rti_records_flush (self);
    rti_recorder_remove (federation, self);
    rti_member_remove (federation, self);
    (void) base_names_remove (&federation->federate_names, self->name, strlen (self->name));
    federation->slots.items[self->slot].federate = NULL;
    rti_federate_free (self);
}

static int64_t rti_bound_of (const rti_federate_t *self)
{
    timemgmt_state_t state;
    base_assert (self->federation != NULL);
    timemgmt_bounds_state (self->federation->bounds, self->slot, &state);
    return state.bound == TIMEMGMT_KEY_NONE ? TIMEMGMT_KEY_MAX : state.bound;
}

mst_err_t rti_resign (rti_call_t *call)
{
    const wire_resign_federation_execution_t *args = call->args;
    rti_federate_t *self = call->federate;
    rti_federation_t *federation = call->federation;

    base_assert (call->federate != NULL);
    base_assert (call->args != NULL);
    mst_err_t err = rti_resign_check (self, args->resign_action);
    if (!err)
        err = rti_migrations_abort (self, "resigned");
    if (!err)
        err = rti_barriers_leave (self);
    if (err)
        return err;
    rti_parting_t parting = { RTI_REASON_RESIGNED, args->resign_action, rti_bound_of (self), NULL };
    int64_t bound = parting.bound;
    timemgmt_report_t report = rti_report_empty (self);
    err = timemgmt_bounds_resign (federation->bounds, self->slot, &report, &federation->grants);
    if (err)
        return err;
    rti_note_t note = { RTI_NOTE_RESIGN, self->handle, self->name, WIRE_TIME_NONE, 0, NULL };
    rti_note (federation, &note);
    rti_log (call->core, "\"%s\" resigned from \"%s\"", self->name, federation->name);
    rti_handed_end (self, bound, "resigned");
    rti_leave (self, &parting);
    rti_grants_tell (federation);
    return MST_OK;
}

/*  What counts of it is what it reported: marks of other records are no part of the cut. */
static void rti_marks_cut (rti_federate_t *self, const timemgmt_cut_t *cut)
{
    base_assert (self->federation != NULL);
    BASE_LIST_EACH (&self->sent, i)
        self->sent.items[i].marked = 0;
    BASE_LIST_EACH (&cut->marks, i) {
        const timemgmt_mark_t *mark = &cut->marks.items[i];
        base_assert (mark->slot < self->sent.count || mark->sequence == 0);
        if (mark->slot < self->sent.count)
            self->sent.items[mark->slot].marked = mark->sequence;
    }
}

mst_err_t rti_lose (rti_federate_t *self, const char *why)
{
    rti_federation_t *federation = self->federation;
    timemgmt_cut_t cut = { 0 };

    base_assert (self->federation != NULL);
    base_assert (why != NULL);
    mst_err_t err = rti_migrations_abort (self, "was lost");
    if (!err)
        err = rti_barriers_leave (self);
    if (!err)
        err = timemgmt_bounds_kill (federation->bounds, self->slot, &cut, &federation->grants);
    if (err) {
        timemgmt_cut_fini (&cut);
        return err;
    }
    rti_marks_cut (self, &cut);
    rti_parting_t parting = { RTI_REASON_LOST, self->directive,
                              cut.bound == TIMEMGMT_KEY_NONE ? TIMEMGMT_KEY_MAX : cut.bound, why };
    rti_note_t note = { RTI_NOTE_LOST, self->handle, self->name, parting.bound, 0, why };
    rti_note (federation, &note);
    rti_log (federation->core, "\"%s\" of \"%s\" is lost: %s", self->name, federation->name, why);
    rti_handed_end (self, parting.bound, "was lost");
    federation->lost_count++;
    timemgmt_cut_fini (&cut);
    rti_leave (self, &parting);
    rti_grants_tell (federation);
    return MST_OK;
}
