/*  Migration at a cut (docs/protocol.md, section 9): the old home says what it hands over, the new
   home votes when it has the state in hand, and one record decides. Until then neither is granted
   the cut.

        MIGRATE   vote and report   home resigns or is lost, vote against   cannot be prepared
        open      committed         aborted                                 aborted at once

    Death before the decision aborts; after it the new home has the objects. When the old home ends
   between the decision and the cut, the ticks that it had not reported have no updates: nobody else
   has the state that they follow from, as what travelled is the state at the cut. That cannot be
   mended, so it is told (rti_handed_end). */
#include "rti/core/state.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/*  The table --------------------------------------------------------------------------------- */

static rti_migration_t *rti_migration_find (const rti_federation_t *self, uint32_t old_home,
                                            uint64_t batch)
{
    rti_migration_t *migration = self->migrations;
    base_assert (self->core != NULL);
    while (migration && (migration->old_home != old_home || migration->batch != batch))
        migration = migration->next;
    return migration;
}

static void rti_migration_free (rti_migration_t *self)
{
    base_assert (self->count > 0);
    base_free (self->objects);
    base_free (self);
}

/*  Its objects are free to do as they like again. */
static void rti_migration_unlink (rti_federation_t *self, rti_migration_t *migration)
{
    rti_migration_t **at = &self->migrations;

    while (*at != migration)
        at = &(*at)->next;
    *at = migration->next;
    rti_federate_t *old_home = rti_federate_find (self, migration->old_home);
    base_assert (self->migration_count > 0);
    base_assert (old_home != NULL && old_home->leaving_count > 0);
    self->migration_count--;
    old_home->leaving_count--;
    for (uint64_t i = 0; i < migration->count; i++) {
        rti_object_t *object = rti_object_find (self, migration->objects[i]);
        if (object && object->migration == migration)
            object->migration = NULL;
    }
}

void rti_migrations_free (rti_federation_t *self)
{
    base_assert (self->core != NULL);
    while (self->migrations) {
        rti_migration_t *migration = self->migrations;
        rti_migration_unlink (self, migration);
        rti_migration_free (migration);
    }
    base_assert (self->migration_count == 0);
}

/*  Deciding ---------------------------------------------------------------------------------- */

/*  Can the new home own what the old one has of the object? */
static mst_err_t rti_migration_fits (const rti_federation_t *self, const rti_migration_t *migration,
                                     uint64_t handle, rti_object_t **object_p)
{
    const rti_federate_t *to = rti_federate_find (self, migration->new_home);
    rti_object_t *object = rti_object_find (self, handle);
    uint64_t owned = object ? rti_owned (object, migration->old_home) : 0;

    base_assert (self->core != NULL);
    base_assert (to != NULL);
    if ((owned & 1) == 0)
        return base_error (MST_E_MIGRATION_REFUSED,
                           "object 0x%" PRIx64 " is not at the old home: it does not own the "
                           "privilege to delete it",
                           handle);
    if (object->migration && object->migration != migration)
        return base_error (MST_E_MIGRATION_REFUSED, "object \"%s\" is migrating in batch %" PRIu64,
                           object->name, object->migration->batch);
    const rti_knower_t *knower = rti_object_knower (object, to->handle);
    if (!knower)
        return base_error (MST_E_MIGRATION_REFUSED,
                           "federate \"%s\" does not know object \"%s\": it must subscribe to its "
                           "class",
                           to->name, object->name);
    uint64_t published = to->declared[RTI_OBJECTS_KIND][knower->class_index].published;
    if ((owned & ~published) != 0)
        return base_error (MST_E_MIGRATION_REFUSED,
                           "federate \"%s\" does not publish attribute %d of object \"%s\"",
                           to->name, __builtin_ctzll (owned & ~published) + 1, object->name);
    *object_p = object;
    return MST_OK;
}

/*  Both homes are told before the grants that were withheld for it (section 9), recorders with
   them. Who is gone meanwhile is left out. */
static void rti_migration_tell (rti_federation_t *self, const rti_migration_t *migration,
                                bool committed, const char *text)
{
    base_assert (self->core != NULL);
    rti_federate_t *homes[] = { rti_federate_find (self, migration->old_home),
                                rti_federate_find (self, migration->new_home) };
    wire_migrate_decided_t decided = { .old_home = migration->old_home,
                                       .new_home = migration->new_home,
                                       .batch = migration->batch,
                                       .cut = migration->cut,
                                       .objects = { migration->objects, migration->count },
                                       .epochs = { migration->epochs, migration->count },
                                       .committed = committed,
                                       .text = rti_text (text) };
    base_assert (committed || text != NULL);
    rti_cast_begin (self->core, WIRE_SERVICE_MIGRATE_DECIDED, &decided);
    for (size_t i = 0; i < 2; i++)
        if (homes[i])
            rti_cast_to (homes[i], RTI_NO_NEED);
    rti_record (self, WIRE_SERVICE_MIGRATE_DECIDED, &decided);
    rti_note_t note = { RTI_NOTE_MIGRATION, migration->old_home, homes[1] ? homes[1]->name : NULL,
                        migration->cut,     migration->batch,    text };
    rti_note (self, &note);
}

static void rti_migration_epochs (const rti_federation_t *self, rti_migration_t *migration)
{
    base_assert (self->core != NULL);
    base_assert (migration->count > 0);
    for (uint64_t i = 0; i < migration->count; i++) {
        const rti_object_t *object = rti_object_find (self, migration->objects[i]);
        migration->epochs[i] = object && object->epoch > 0 ? object->epoch : 1;
    }
}

/*  Everything that the old home owns of the objects moves at once. */
static void rti_migration_move (rti_federation_t *self, const rti_migration_t *migration)
{
    for (uint64_t i = 0; i < migration->count; i++) {
        rti_object_t *object = rti_object_find (self, migration->objects[i]);
        base_assert (object != NULL && object->migration == NULL);
        uint64_t owned = rti_owned (object, migration->old_home);
        base_assert ((owned & 1) != 0);
        /*  The old home's share goes as a whole, so there is room for the new home's. */
        rti_own (self, object, migration->new_home, owned);
        rti_acquisition_drop (self, object, migration->new_home, owned);
        object->epoch++;
    }
}

/*  Cuts that the old home has passed: everything up to them is reported. */
static void rti_handed_prune (rti_federate_t *self)
{
    timemgmt_state_t state;

    timemgmt_bounds_state (self->federation->bounds, self->slot, &state);
    for (size_t i = self->handed.count; i-- > 0;)
        if (state.bound == TIMEMGMT_KEY_NONE || self->handed.items[i].cut < state.bound)
            self->handed.items[i] = self->handed.items[--self->handed.count];
}

static mst_err_t rti_handed_room (const rti_migration_t *migration, rti_federate_t *old_home)
{
    base_assert (old_home != NULL && migration->count > 0);
    rti_handed_prune (old_home);
    return BASE_LIST_ROOM (&old_home->handed) ? MST_E_NO_MEMORY : MST_OK;
}

void rti_handed_end (rti_federate_t *self, int64_t bound, const char *how)
{
    rti_federation_t *federation = self->federation;
    char text[RTI_NAME_BYTES + 256], from[RTI_TIME_TEXT_BYTES], to[RTI_TIME_TEXT_BYTES];

    base_assert (federation != NULL && how != NULL);
    BASE_LIST_EACH (&self->handed, i) {
        const rti_handed_t *handed = &self->handed.items[i];
        const rti_federate_t *home = rti_federate_find (federation, handed->new_home);
        /*  Its reports reach beyond the cut: no tick is missing. */
        if (handed->cut < bound)
            continue;
        (void) snprintf (text, sizeof text,
                         "\"%s\" %s before the cut of batch %" PRIu64 ": %" PRIu64
                         " objects may have no updates from %s up to %s",
                         self->name, how, handed->batch, handed->count,
                         rti_time_text (federation->time_type, bound, from),
                         rti_time_text (federation->time_type, handed->cut, to));
        rti_note_t note = { RTI_NOTE_GAP, self->handle,  home ? home->name : NULL,
                            handed->cut,  handed->batch, text };
        rti_note (federation, &note);
        rti_log (federation->core, "%s", text);
        federation->gap_count += handed->count;
    }
    self->handed.count = 0;
}

/*  The grants that were withheld follow the decision. On an error nothing has changed. */
static mst_err_t rti_migration_end (rti_federation_t *self, rti_migration_t *migration,
                                    bool committed, const char *text)
{
    rti_federate_t *old_home = rti_federate_find (self, migration->old_home);
    rti_handed_t handed = { migration->cut, migration->batch, migration->count,
                            migration->new_home };

    base_assert (self->core != NULL && old_home != NULL);
    base_assert (migration->count > 0);
    mst_err_t err = committed ? rti_handed_room (migration, old_home) : MST_OK;
    if (!err)
        err = timemgmt_bounds_release (self->bounds, migration->hold, &self->grants);
    if (err)
        return err;
    rti_migration_unlink (self, migration);
    if (committed) {
        BASE_LIST_PUT (&old_home->handed, handed);
        rti_migration_move (self, migration);
    }
    rti_migration_epochs (self, migration);
    rti_migration_tell (self, migration, committed, text);
    for (uint64_t i = 0; committed && i < migration->count; i++) {
        const rti_object_t *object = rti_object_find (self, migration->objects[i]);
        /*  Who waited for the old home's attributes waits for the new home's from now on. */
        rti_wishes_ask (self, object, rti_owned (object, migration->new_home));
    }
    self->committed_count += committed ? migration->count : 0; /* objects, not batches */
    self->aborted_count += committed ? 0 : migration->count;
    if (!committed)
        rti_log (self->core, "a migration of %" PRIu64 " objects of \"%s\" is aborted: %s",
                 migration->count, self->name, text);
    rti_migration_free (migration);
    rti_grants_tell (self);
    return MST_OK;
}

static mst_err_t rti_migration_refused (rti_federation_t *self, rti_migration_t *migration,
                                        wire_text_t why)
{
    char text[RTI_NAME_BYTES + 128];
    base_assert (self->core != NULL);
    base_assert (migration->count > 0);
    (void) snprintf (text, sizeof text, "the new home refused%s%.*s", why.size_bytes ? ": " : "",
                     RTI_SHOW (why));
    return rti_migration_end (self, migration, false, text);
}

/*  Is the bundle with the last state in the old home's reports? Without that a death of the old
   home would cut the state off (section 9). */
static bool rti_migration_reported (const rti_federation_t *self, const rti_migration_t *migration)
{
    base_assert (self->core != NULL);
    const rti_federate_t *from = rti_federate_find (self, migration->old_home);
    const rti_federate_t *to = rti_federate_find (self, migration->new_home);
    base_assert (from != NULL && to != NULL);
    return to->slot < from->sent.count &&
           from->sent.items[to->slot].reported >= migration->sequence;
}

/*  Commits when nothing is missing. */
static mst_err_t rti_migration_settle (rti_federation_t *self, rti_migration_t *migration)
{
    char text[512];
    rti_object_t *object;

    base_assert (self->core != NULL);
    base_assert (migration->count > 0);
    /*  Either of the two may come last, so each of them asks. */
    if (!migration->voted || !rti_migration_reported (self, migration))
        return MST_OK;
    /*  It fitted when it was prepared; publications and knowledge of objects may have changed
       since. */
    for (uint64_t i = 0; i < migration->count; i++)
        if (rti_migration_fits (self, migration, migration->objects[i], &object)) {
            (void) snprintf (text, sizeof text, "%s", mst_error_text ());
            return rti_migration_end (self, migration, false, text);
        }
    return rti_migration_end (self, migration, true, NULL);
}

mst_err_t rti_migrations_reported (rti_federate_t *self)
{
    rti_federation_t *federation = self->federation;
    mst_err_t err = MST_OK;

    base_assert (self->federation != NULL);
    base_assert (self->leaving_count > 0);
    for (rti_migration_t *migration = federation->migrations, *next; !err && migration;
         migration = next) {
        next = migration->next;
        /*  Settling frees this one: the next was read before. */
        if (migration->old_home == self->handle)
            err = rti_migration_settle (federation, migration);
    }
    return err;
}

/*  Before the decision the end of either home aborts. Each is ended by itself, so that a call
   that ran out of memory goes on with the rest when it is made again. */
mst_err_t rti_migrations_abort (rti_federate_t *self, const char *why)
{
    rti_federation_t *federation = self->federation;
    char text[RTI_NAME_BYTES + 64];

    base_assert (self->federation != NULL);
    base_assert (why != NULL);
    (void) snprintf (text, sizeof text, "federate \"%s\" %s", self->name, why);
    for (rti_migration_t *migration = federation->migrations, *next; migration; migration = next) {
        next = migration->next;
        if (migration->old_home != self->handle && migration->new_home != self->handle)
            continue;
        mst_err_t err = rti_migration_end (federation, migration, false, text);
        if (err)
            return err;
    }
    return MST_OK;
}

/*  Preparing --------------------------------------------------------------------------------- */

static mst_err_t rti_migration_new (const rti_call_t *call, rti_migration_t **self_p)
{
    const wire_migrate_t *args = call->args;
    rti_migration_t *self = base_calloc (1, sizeof *self);
    uint64_t *objects = base_calloc (args->objects.count, 2 * sizeof *objects);

    base_assert (call->federate != NULL);
    base_assert (call->args != NULL);
    if (!self || !objects) {
        base_free (self);
        base_free (objects);
        return base_alloc_error ();
    }
    self->batch = args->batch;
    self->sequence = args->sequence;
    self->cut = args->cut;
    self->old_home = call->federate->handle;
    self->new_home = args->new_home <= UINT32_MAX ? (uint32_t) args->new_home : 0;
    self->count = args->objects.count;
    self->objects = objects;
    self->epochs = objects + self->count;
    memcpy (objects, args->objects.items, (size_t) self->count * sizeof *objects);
    *self_p = self;
    return MST_OK;
}

/*  All that can be wrong with it, but for time, and each object marked as migrating: that finds the
   one which is named twice. */
static mst_err_t rti_migration_check (rti_federation_t *self, rti_migration_t *migration)
{
    mst_err_t err = MST_OK;
    rti_object_t *object = NULL;

    base_assert (self->core != NULL);
    base_assert (migration->count > 0);
    if (!rti_federate_find (self, migration->new_home))
        return base_error (MST_E_MIGRATION_REFUSED, "the new home, federate %u, is not joined",
                           migration->new_home);
    if (migration->new_home == migration->old_home)
        return base_error (MST_E_MIGRATION_REFUSED, "the new home is the old home");
    if (self->migration_count >= RTI_MIGRATIONS)
        return base_error (MST_E_MIGRATION_REFUSED, "limits.migrations (%d) of \"%s\" is reached",
                           RTI_MIGRATIONS, self->name);
    for (uint64_t i = 0; !err && i < migration->count; i++) {
        err = rti_migration_fits (self, migration, migration->objects[i], &object);
        if (!err && object->migration)
            err =
                base_error (MST_E_MIGRATION_REFUSED, "object \"%s\" is named twice", object->name);
        if (!err)
            object->migration = migration;
    }
    return err;
}

/*  From here on neither home is granted the cut or beyond. Refused when one of them was granted
   it already, or when the old home may no longer send at it (section 9). */
static mst_err_t rti_migration_hold (rti_federation_t *self, rti_migration_t *migration)
{
    const rti_federate_t *from = rti_federate_find (self, migration->old_home);
    const rti_federate_t *to = rti_federate_find (self, migration->new_home);

    base_assert (self->core != NULL);
    base_assert (from != NULL && to != NULL);
    migration->hold = self->last_hold + 1;
    mst_err_t err = timemgmt_bounds_prepare_cut (self->bounds, migration->hold, from->slot,
                                                 to->slot, migration->cut);
    if (err)
        return base_error_prefix (err, "from \"%s\" to \"%s\": ", from->name, to->name);
    self->last_hold = migration->hold;
    return MST_OK;
}

static void rti_migration_link (rti_federation_t *self, rti_migration_t *migration)
{
    rti_migration_t **at = &self->migrations;
    base_assert (self->core != NULL);
    base_assert (migration->count > 0);
    while (*at)
        at = &(*at)->next;
    *at = migration;
    self->migration_count++;
    rti_federate_find (self, migration->old_home)->leaving_count++;
}

/*  MIGRATE comes by the old home's connection, the vote by the new home's: either can be first. One
   that came before its MIGRATE is taken out: true, and what it said. */
static bool rti_vote_take (const rti_federation_t *self, const rti_migration_t *migration,
                           bool *accept)
{
    rti_federate_t *voter = rti_federate_find (self, migration->new_home);

    base_assert (self->core != NULL);
    base_assert (voter != NULL);
    BASE_LIST_EACH (&voter->votes, i) {
        const rti_vote_t *vote = &voter->votes.items[i];
        if (vote->old_home != migration->old_home || vote->batch != migration->batch)
            continue;
        *accept = vote->accept;
        voter->votes.items[i] = voter->votes.items[--voter->votes.count];
        return true;
    }
    return false;
}

/*  Votes of batches up to this one that came early wait for nothing any more. */
static void rti_votes_expire (rti_federate_t *voter, uint32_t old_home, uint64_t batch)
{
    base_assert (voter->federation != NULL);
    for (size_t i = voter->votes.count; i-- > 0;)
        if (voter->votes.items[i].old_home == old_home && voter->votes.items[i].batch <= batch)
            voter->votes.items[i] = voter->votes.items[--voter->votes.count];
}

static mst_err_t rti_migrate_check (const rti_call_t *call)
{
    const wire_migrate_t *args = call->args;

    base_assert (call->federate != NULL);
    base_assert (call->args != NULL);
    if (args->batch <= call->federate->batch)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "batch %" PRIu64 " of federate \"%s\" came after batch %" PRIu64
                           ": batches are numbered upwards",
                           args->batch, call->federate->name, call->federate->batch);
    if (args->objects.count == 0)
        return base_error (MST_E_INVALID_ARGUMENT, "batch %" PRIu64 " has no objects", args->batch);
    return MST_OK;
}

/*  What cannot be prepared is decided at once, and told like any other decision: both homes wait
 * for it. */
static void rti_migration_refuse (rti_federation_t *self, rti_migration_t *migration)
{
    char text[512];

    base_assert (self->core != NULL);
    base_assert (migration->count > 0);
    (void) snprintf (text, sizeof text, "%s", mst_error_text ());
    for (uint64_t i = 0; i < migration->count; i++) {
        rti_object_t *object = rti_object_find (self, migration->objects[i]);
        if (object && object->migration == migration)
            object->migration = NULL;
    }
    /*  One home is told once. */
    if (migration->new_home == migration->old_home)
        migration->new_home = 0;
    rti_migration_epochs (self, migration);
    rti_migration_tell (self, migration, false, text);
    self->aborted_count++;
    rti_federate_t *voter = rti_federate_find (self, migration->new_home);
    if (voter)
        rti_votes_expire (voter, migration->old_home, migration->batch);
    rti_migration_free (migration);
}

mst_err_t rti_migrate (rti_call_t *call)
{
    rti_federation_t *federation = call->federation;
    rti_migration_t *migration = NULL;
    bool accept;

    base_assert (call->federate != NULL);
    base_assert (call->federation != NULL);
    mst_err_t err = rti_migrate_check (call);
    if (!err)
        err = rti_migration_new (call, &migration);
    if (err)
        return err;
    err = rti_migration_check (federation, migration);
    if (!err)
        err = rti_migration_hold (federation, migration);
    if (err) {
        /*  Its number is used up all the same: a late vote for it is known to be decided. */
        call->federate->batch = migration->batch;
        rti_migration_refuse (federation, migration);
        return MST_OK;
    }
    call->federate->batch = migration->batch;
    rti_migration_link (federation, migration);
    if (!rti_vote_take (federation, migration, &accept))
        return MST_OK;
    if (!accept)
        return rti_migration_refused (federation, migration, rti_text (""));
    migration->voted = true;
    return rti_migration_settle (federation, migration);
}

/*  Voting ------------------------------------------------------------------------------------ */

static mst_err_t rti_vote_keep (rti_federate_t *self, const rti_vote_t *vote)
{
    base_assert (self->federation != NULL);
    base_assert (vote != NULL);
    BASE_LIST_EACH (&self->votes, i)
        if (self->votes.items[i].old_home == vote->old_home &&
            self->votes.items[i].batch == vote->batch) {
            /*  A refusal stands, whatever is said later. */
            self->votes.items[i].accept = self->votes.items[i].accept && vote->accept;
            return MST_OK;
        }
    if (self->votes.count >= RTI_VOTES)
        return base_error (MST_E_LIMIT, "limits.votes (%d) of federate \"%s\" is reached",
                           RTI_VOTES, self->name);
    return BASE_LIST_PUSH (&self->votes, *vote);
}

mst_err_t rti_migrate_vote (rti_call_t *call)
{
    const wire_migrate_vote_t *args = call->args;
    const rti_federate_t *from = rti_federate_find (call->federation, args->old_home);

    base_assert (call->federate != NULL);
    base_assert (call->args != NULL);
    if (!from || (args->batch <= from->batch &&
                  !rti_migration_find (call->federation, from->handle, args->batch)))
        return MST_OK; /* decided meanwhile, as both were told */
    rti_migration_t *migration = rti_migration_find (call->federation, from->handle, args->batch);
    if (!migration) {
        rti_vote_t vote = { args->batch, from->handle, args->accept != 0 };
        return rti_vote_keep (call->federate, &vote);
    }
    if (migration->new_home != call->federate->handle)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "batch %" PRIu64 " of federate \"%s\" does not go to federate \"%s\"",
                           args->batch, from->name, call->federate->name);
    if (!args->accept)
        return rti_migration_refused (call->federation, migration,
                                      args->text.data ? args->text : rti_text (""));
    migration->voted = true;
    return rti_migration_settle (call->federation, migration);
}
