/*  Named barriers: who is expected is said by name, so that somebody who has not even joined can be
    missing. timemgmt/barrier decides; here names become its numbers, and what it decides is told.
 */
#include "rti/core/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RTI_BARRIER_SHRINKS = 1 }; /* flags: who is lost is expected no longer */

/*  The table --------------------------------------------------------------------------------- */

static rti_barrier_t *rti_barrier_find (const rti_federation_t *self, wire_text_t name)
{
    rti_barrier_t *barrier = self->barrier_list;
    base_assert (self->core != NULL);
    while (barrier && (strlen (barrier->name) != name.size_bytes ||
                       memcmp (barrier->name, name.data, (size_t) name.size_bytes) != 0))
        barrier = barrier->next;
    return barrier;
}

static void rti_barrier_free (rti_barrier_t *self)
{
    if (!self)
        return;
    base_free (self->name);
    base_free (self);
}

void rti_barriers_free (rti_federation_t *self)
{
    base_assert (self->core != NULL);
    while (self->barrier_list) {
        rti_barrier_t *next = self->barrier_list->next;
        rti_barrier_free (self->barrier_list);
        self->barrier_list = next;
    }
    base_names_fini (&self->barrier_members);
    timemgmt_barrier_events_fini (&self->barrier_events);
    timemgmt_barriers_destroy (&self->barriers);
}

static void rti_barrier_unlink (rti_federation_t *self, rti_barrier_t *barrier)
{
    rti_barrier_t **at = &self->barrier_list;
    base_assert (self->core != NULL);
    base_assert (barrier != NULL);
    while (*at != barrier)
        at = &(*at)->next;
    *at = barrier->next;
    rti_barrier_free (barrier);
}

/*  Its number among the members of barriers; given out once and kept. */
static mst_err_t rti_barrier_number (rti_federation_t *self, wire_text_t name, uint32_t *number)
{
    uint64_t value = self->barrier_members.count;

    base_assert (self->core != NULL);
    base_assert (number != NULL);
    mst_err_t err = rti_name_check ("a federate", name);
    if (err)
        return err;
    if (!base_names_get (&self->barrier_members, name.data, (size_t) name.size_bytes, &value)) {
        if (value >= TIMEMGMT_FEDERATES_MAX)
            return base_error (MST_E_LIMIT, "barriers of \"%s\" name more than %d federates",
                               self->name, TIMEMGMT_FEDERATES_MAX);
        err = base_names_set (&self->barrier_members, name.data, (size_t) name.size_bytes, value);
    }
    *number = (uint32_t) value;
    return err;
}

static const char *rti_barrier_member (const rti_federation_t *self, uint32_t number)
{
    base_assert (self->core != NULL);
    base_assert (number < self->barrier_members.count);
    return self->barrier_members.entries[number].text;
}

/*  Telling ----------------------------------------------------------------------------------- */

static void rti_barrier_passed (rti_federation_t *self, const timemgmt_barrier_event_t *event)
{
    wire_barrier_passed_t passed = { rti_text (event->name), event->generation };
    const uint32_t *slots = self->barrier_events.slots.items + event->first_arrived;

    base_assert (self->core != NULL);
    base_assert (event->outcome == TIMEMGMT_BARRIER_COMPLETE);
    rti_cast_begin (self->core, WIRE_SERVICE_BARRIER_PASSED, &passed);
    for (uint32_t i = 0; i < event->arrived_count; i++) {
        rti_federate_t *to =
            rti_federate_named (self, rti_text (rti_barrier_member (self, slots[i])));
        if (!to)
            continue;
        rti_cast_to (to, RTI_NO_NEED);
        rti_waits_no_more (to);
    }
}

/*  "barrier "ready" passed its deadline: "moon", "sun" are missing". */
static void rti_barrier_text (const rti_federation_t *self, const timemgmt_barrier_event_t *event,
                              char *text, size_t size_bytes)
{
    const uint32_t *missing = self->barrier_events.slots.items + event->first_missing;
    const char *why =
        event->outcome == TIMEMGMT_BARRIER_EXPIRED ? "passed its deadline" : "lost a member";
    size_t used = 0;

    base_assert (self->core != NULL);
    base_assert (size_bytes > 0);
    int length = snprintf (text, size_bytes, "barrier \"%s\" %s; missing:", event->name, why);
    for (uint32_t i = 0; length >= 0 && i < event->missing_count; i++) {
        used += (size_t) length;
        if (used >= size_bytes)
            return;
        length = snprintf (text + used, size_bytes - used, "%s \"%s\"", i == 0 ? "" : ",",
                           rti_barrier_member (self, missing[i]));
    }
}

static void rti_barrier_broken (rti_federation_t *self, const timemgmt_barrier_event_t *event)
{
    const uint32_t *slots = self->barrier_events.slots.items;
    char text[1024];

    base_assert (self->core != NULL);
    base_assert (event != NULL);
    rti_barrier_text (self, event, text, sizeof text);
    /*  Without memory for the list the text alone says who is missing: those who wait must be
       told in any case. */
    wire_text_t *missing =
        base_arena_alloc (&self->core->arena, event->missing_count, sizeof *missing);
    for (uint32_t i = 0; missing && i < event->missing_count; i++)
        missing[i] = rti_text (rti_barrier_member (self, slots[event->first_missing + i]));
    static const wire_text_t nobody = { "", 0 };
    wire_barrier_broken_t broken = { .name = rti_text (event->name),
                                     .generation = event->generation,
                                     .missing = { missing ? missing : &nobody,
                                                  missing ? event->missing_count : 0 },
                                     .text = rti_text (text) };
    rti_cast_begin (self->core, WIRE_SERVICE_BARRIER_BROKEN, &broken);
    for (uint32_t i = 0; i < event->arrived_count; i++) {
        rti_federate_t *to = rti_federate_named (
            self, rti_text (rti_barrier_member (self, slots[event->first_arrived + i])));
        if (!to)
            continue;
        rti_cast_to (to, RTI_NO_NEED);
        rti_waits_no_more (to);
    }
    rti_log (self->core, "%s", text);
}

static void rti_barrier_events_tell (rti_federation_t *self)
{
    base_assert (self->core != NULL);
    BASE_LIST_EACH (&self->barrier_events.events, i) {
        const timemgmt_barrier_event_t *event = &self->barrier_events.events.items[i];
        rti_barrier_t *barrier = rti_barrier_find (self, rti_text (event->name));
        base_assert (barrier != NULL);
        /*  The next generation begins with nobody there, and no deadline. */
        barrier->deadline_ns = INT64_MAX;
        if (event->outcome == TIMEMGMT_BARRIER_COMPLETE)
            rti_barrier_passed (self, event);
        else
            rti_barrier_broken (self, event);
        rti_note_t note = {
            RTI_NOTE_BARRIER,  0,
            barrier->name,     WIRE_TIME_NONE,
            event->generation, event->outcome == TIMEMGMT_BARRIER_COMPLETE ? NULL : "broken"
        };
        rti_note (self, &note);
    }
    self->barrier_events.events.count = 0;
}

/*  Arriving ---------------------------------------------------------------------------------- */

static int rti_number_compare (const void *a, const void *b)
{
    base_assert (a != NULL);
    base_assert (b != NULL);
    uint32_t x = *(const uint32_t *) a, y = *(const uint32_t *) b;
    return (x > y) - (x < y);
}

/*  Who is expected, as rising numbers in the arena. Nobody named: all who joined, except recorders.
 */
static mst_err_t rti_barrier_expected (const rti_call_t *call, wire_texts_t names,
                                       uint32_t **members, uint32_t *count)
{
    rti_federation_t *federation = call->federation;
    size_t most = names.count > 0 ? (size_t) names.count : federation->members.count;
    uint32_t *out = base_arena_alloc (&call->core->arena, most, sizeof *out);
    mst_err_t err = out ? MST_OK : base_alloc_error ();
    size_t n = 0, unique = 0;

    base_assert (call->federation != NULL);
    base_assert (call->core != NULL && call->link != NULL);
    for (size_t i = 0; !err && i < most; i++) {
        const rti_federate_t *member = names.count > 0 ? NULL : federation->members.items[i];
        if (member && (member->flags & RTI_FLAG_RECORDER) != 0)
            continue;
        err = rti_barrier_number (federation, member ? rti_text (member->name) : names.items[i],
                                  &out[n++]);
    }
    if (err)
        return err;
    /*  Sorted and without repetitions, so that two lists of the same names compare alike. */
    if (n > 0)
        qsort (out, n, sizeof *out, rti_number_compare);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || out[i] != out[unique - 1])
            out[unique++] = out[i];
    *members = out;
    *count = (uint32_t) unique;
    return MST_OK;
}

static mst_err_t rti_barrier_make (const rti_call_t *call, const wire_barrier_arrive_t *args,
                                   const uint32_t *members, uint32_t count,
                                   rti_barrier_t **barrier_p)
{
    rti_federation_t *federation = call->federation;
    bool shrinks = (args->flags & RTI_BARRIER_SHRINKS) != 0;
    rti_barrier_t *barrier = base_calloc (1, sizeof *barrier + count * sizeof *members);

    base_assert (call->federation != NULL);
    base_assert (call->core != NULL && call->link != NULL);
    if (!barrier)
        return base_alloc_error ();
    barrier->name = rti_text_copy (args->name);
    barrier->deadline_ns = INT64_MAX;
    barrier->member_count = count;
    if (count > 0)
        memcpy (barrier->members, members, count * sizeof *members);
    mst_err_t err = barrier->name ? MST_OK : base_alloc_error ();
    if (!err)
        err = timemgmt_barriers_add (federation->barriers, barrier->name, members, count,
                                     shrinks ? TIMEMGMT_BARRIER_SHRINK : TIMEMGMT_BARRIER_BREAK);
    if (err) {
        rti_barrier_free (barrier);
        return err;
    }
    barrier->next = federation->barrier_list;
    federation->barrier_list = barrier;
    *barrier_p = barrier;
    return MST_OK;
}

static void rti_barrier_remove (rti_federation_t *self, rti_barrier_t *barrier)
{
    base_assert (self->core != NULL);
    base_assert (barrier != NULL);
    (void) timemgmt_barriers_remove (self->barriers, barrier->name);
    rti_barrier_unlink (self, barrier);
}

/*  Does somebody wait there? */
static mst_err_t rti_barrier_idle (rti_federation_t *self, const rti_barrier_t *barrier, bool *idle)
{
    uint64_t generation;
    base_assert (self->core != NULL);
    base_assert (barrier != NULL);
    self->barrier_events.events.count = 0;
    self->barrier_events.slots.count = 0;
    mst_err_t err = timemgmt_barriers_missing (self->barriers, barrier->name, &generation,
                                               &self->barrier_events);
    *idle = self->barrier_events.slots.count == barrier->member_count;
    return err;
}

/*  The barrier to arrive at: there already with the same members, or made now. One at which nobody
   waits may be made anew with others. */
static mst_err_t rti_barrier_open (const rti_call_t *call, const wire_barrier_arrive_t *args,
                                   rti_barrier_t **barrier, bool *fresh)
{
    uint32_t *members, count;
    bool idle;

    base_assert (call->federate != NULL);
    base_assert (call->federation != NULL);
    *fresh = false;
    *barrier = rti_barrier_find (call->federation, args->name);
    /*  Nobody named: whatever is there is meant. */
    if (*barrier && args->expected.count == 0)
        return MST_OK;
    mst_err_t err = rti_barrier_expected (call, args->expected, &members, &count);
    if (err)
        return err;
    if (*barrier && (*barrier)->member_count == count &&
        memcmp ((*barrier)->members, members, count * sizeof *members) == 0)
        return MST_OK;
    if (*barrier) {
        err = rti_barrier_idle (call->federation, *barrier, &idle);
        if (!err && !idle)
            err = base_error (MST_E_INVALID_ARGUMENT,
                              "barrier \"%s\" expects other federates than \"%s\" says: all must "
                              "name the same",
                              (*barrier)->name, call->federate->name);
        if (err)
            return err;
        rti_barrier_remove (call->federation, *barrier);
    }
    *fresh = true;
    return rti_barrier_make (call, args, members, count, barrier);
}

static bool rti_barrier_expects (const rti_barrier_t *barrier, uint32_t number)
{
    base_assert (barrier != NULL);
    for (uint32_t i = 0; i < barrier->member_count; i++)
        if (barrier->members[i] == number)
            return true;
    return false;
}

static int64_t rti_barrier_deadline (const rti_core_t *core, uint64_t delay_ns)
{
    base_assert (core != NULL);
    /*  A delay comes from the wire, and may be larger than what is left of time. */
    int64_t left = INT64_MAX - (core->now_ns > 0 ? core->now_ns : 0);
    return delay_ns < (uint64_t) left ? core->now_ns + (int64_t) delay_ns : INT64_MAX;
}

/*  The most impatient of those who wait sets the deadline. */
static void rti_barrier_hurry (rti_federation_t *self, rti_barrier_t *barrier, uint64_t delay_ns)
{
    int64_t deadline = rti_barrier_deadline (self->core, delay_ns);

    base_assert (self->core != NULL);
    if (delay_ns == 0 || deadline >= barrier->deadline_ns)
        return;
    barrier->deadline_ns = deadline;
    mst_err_t err = timemgmt_barriers_set_deadline (self->barriers, barrier->name, deadline);
    base_assert (err == MST_OK);
}

static mst_err_t rti_barrier_enter (const rti_call_t *call, const rti_barrier_t *barrier,
                                    uint32_t number)
{
    rti_federation_t *federation = call->federation;

    base_assert (call->federate != NULL);
    base_assert (call->federation != NULL);
    if (!rti_barrier_expects (barrier, number))
        return base_error (MST_E_INVALID_ARGUMENT,
                           "federate \"%s\" is not among those whom barrier \"%s\" expects",
                           call->federate->name, barrier->name);
    mst_err_t err = timemgmt_barriers_arrive (federation->barriers, barrier->name, number,
                                              &federation->barrier_events);
    if (err == MST_E_INVALID_ARGUMENT)
        return base_error (err, "federate \"%s\" waits at barrier \"%s\" already",
                           call->federate->name, barrier->name);
    return err;
}

mst_err_t rti_barrier_arrive (rti_call_t *call)
{
    const wire_barrier_arrive_t *args = call->args;
    rti_federation_t *federation = call->federation;
    rti_barrier_t *barrier = NULL;
    uint32_t number;
    bool fresh;

    base_assert (call->federate != NULL);
    base_assert (call->args != NULL);
    mst_err_t err = rti_name_check ("a barrier", args->name);
    if (!err)
        err = rti_barrier_number (federation, rti_text (call->federate->name), &number);
    if (!err)
        err = rti_barrier_open (call, args, &barrier, &fresh);
    if (err)
        return err;
    err = rti_barrier_enter (call, barrier, number);
    /*  A refused request leaves nothing behind (docs/protocol.md, section 5). */
    if (err && fresh)
        rti_barrier_remove (federation, barrier);
    if (err)
        return err;
    if (federation->barrier_events.events.count == 0)
        rti_barrier_hurry (federation, barrier, args->deadline_ns);
    rti_barrier_events_tell (federation);
    return MST_OK;
}

/*  Leaving, and time ------------------------------------------------------------------------- */

/*  Takes a member out of our copy, as timemgmt does of its own. */
static void rti_barrier_members_drop (rti_federation_t *self, uint32_t number)
{
    base_assert (self->core != NULL);
    for (rti_barrier_t *barrier = self->barrier_list, *next; barrier; barrier = next) {
        uint32_t kept = 0;
        next = barrier->next;
        for (uint32_t i = 0; i < barrier->member_count; i++)
            if (barrier->members[i] != number)
                barrier->members[kept++] = barrier->members[i];
        barrier->member_count = kept;
        if (kept == 0)
            rti_barrier_unlink (self, barrier);
    }
}

mst_err_t rti_barriers_leave (rti_federate_t *self)
{
    rti_federation_t *federation = self->federation;
    uint64_t number;

    base_assert (self->federation != NULL);
    base_assert (federation != NULL);
    if (!base_names_get (&federation->barrier_members, self->name, strlen (self->name), &number))
        return MST_OK;
    mst_err_t err = timemgmt_barriers_lost (federation->barriers, (uint32_t) number,
                                            &federation->barrier_events);
    if (err)
        return err;
    rti_barrier_events_tell (federation);
    rti_barrier_members_drop (federation, (uint32_t) number);
    return MST_OK;
}

mst_err_t rti_barriers_expire (rti_federation_t *self)
{
    mst_err_t err;
    base_assert (self->core != NULL);
    if (timemgmt_barriers_next_deadline (self->barriers) > self->core->now_ns)
        return MST_OK;
    err = timemgmt_barriers_expire (self->barriers, self->core->now_ns, &self->barrier_events);
    if (!err)
        rti_barrier_events_tell (self);
    return err;
}

/*  Questions --------------------------------------------------------------------------------- */

bool rti_barrier_arrived (const rti_federate_t *self, const char *name)
{
    const rti_federation_t *federation = self->federation;
    const rti_barrier_t *barrier = rti_barrier_find (federation, rti_text (name));
    rti_names_list_t missing = { 0 };
    uint64_t number;

    base_assert (name != NULL);
    if (!barrier ||
        !base_names_get (&federation->barrier_members, self->name, strlen (self->name), &number) ||
        !rti_barrier_expects (barrier, (uint32_t) number))
        return false;
    bool arrived = rti_barrier_missing (federation, name, &missing) == MST_OK;
    BASE_LIST_EACH (&missing, i)
        arrived = arrived && strcmp (missing.items[i], self->name) != 0;
    BASE_LIST_FINI (&missing);
    return arrived;
}

mst_err_t rti_barrier_missing (const rti_federation_t *self, const char *name,
                               rti_names_list_t *names)
{
    timemgmt_barrier_events_t missing = { 0 };
    uint64_t generation;

    base_assert (name != NULL && names != NULL);
    mst_err_t err = timemgmt_barriers_missing (self->barriers, name, &generation, &missing);
    for (size_t i = 0; !err && i < missing.slots.count; i++)
        err = BASE_LIST_PUSH (names, rti_barrier_member (self, missing.slots.items[i]));
    timemgmt_barrier_events_fini (&missing);
    return err;
}
