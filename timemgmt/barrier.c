/*  Barriers are few: an array, searched by name. Members stand sorted by slot. */
#include "timemgmt/barrier.h"
#include "base/alloc.h"
#include "base/error.h"

#include <inttypes.h>
#include <string.h>

typedef struct barrier_member {
    uint32_t slot;
    bool arrived;
} barrier_member_t;

typedef struct barrier {
    char *name;
    BASE_LIST (barrier_member_t) members;
    size_t arrived_count;
    uint64_t generation; /* the first is 1 */
    int64_t deadline;
    timemgmt_barrier_policy_t policy;
} barrier_t;

struct timemgmt_barriers {
    BASE_LIST (barrier_t *) barriers; /* in the order of their making */
};

void timemgmt_barrier_events_fini (timemgmt_barrier_events_t *self)
{
    base_assert (self != NULL);
    BASE_LIST_FINI (&self->events);
    BASE_LIST_FINI (&self->slots);
}

timemgmt_barriers_t *timemgmt_barriers_new (void)
{
    return base_calloc (1, sizeof (timemgmt_barriers_t));
}

static void barrier_destroy (barrier_t **self_p)
{
    base_assert (self_p != NULL && *self_p != NULL);
    barrier_t *self = *self_p;
    BASE_LIST_FINI (&self->members);
    base_free (self->name);
    base_free (self);
    *self_p = NULL;
}

void timemgmt_barriers_destroy (timemgmt_barriers_t **self_p)
{
    base_assert (self_p != NULL);
    if (!*self_p)
        return;
    BASE_LIST_EACH (&(*self_p)->barriers, i) {
        barrier_destroy (&(*self_p)->barriers.items[i]);
    }
    BASE_LIST_FINI (&(*self_p)->barriers);
    base_free (*self_p);
    *self_p = NULL;
}

size_t timemgmt_barriers_count (const timemgmt_barriers_t *self)
{
    base_assert (self != NULL);
    return self->barriers.count;
}

static barrier_t *barriers_find (const timemgmt_barriers_t *self, const char *name)
{
    base_assert (self != NULL && name != NULL);
    BASE_LIST_EACH (&self->barriers, i) {
        if (strcmp (self->barriers.items[i]->name, name) == 0)
            return self->barriers.items[i];
    }
    return NULL;
}

static mst_err_t barrier_unknown (const char *name)
{
    base_assert (name != NULL);
    return base_error (MST_E_SYNC_LABEL_UNKNOWN, "there is no barrier \"%s\"", name);
}

static barrier_member_t *barrier_member (const barrier_t *self, uint32_t slot)
{
    base_assert (self != NULL);
    BASE_LIST_EACH (&self->members, i) {
        if (self->members.items[i].slot == slot)
            return &self->members.items[i];
    }
    return NULL;
}

/*  Making and removing ----------------------------------------------------------------------- */

/*  Inserts in order. */
static mst_err_t barrier_insert (barrier_t *self, uint32_t slot)
{
    if (barrier_member (self, slot))
        return base_error (MST_E_INVALID_ARGUMENT,
                           "slot %" PRIu32 " is named twice as a member of barrier \"%s\"", slot,
                           self->name);
    mst_err_t err = BASE_LIST_PUSH (&self->members, ((barrier_member_t){ .slot = slot }));
    if (err)
        return err;
    barrier_member_t *items = self->members.items;
    for (size_t i = self->members.count - 1; i > 0 && items[i - 1].slot > items[i].slot; i--) {
        barrier_member_t lower = items[i];
        items[i] = items[i - 1];
        items[i - 1] = lower;
    }
    base_assert (barrier_member (self, slot) != NULL);
    return MST_OK;
}

static mst_err_t barriers_check_name (const timemgmt_barriers_t *self, const char *name)
{
    base_assert (self != NULL && name != NULL);
    size_t size_bytes = strlen (name);
    base_assert (self->barriers.count <= TIMEMGMT_BARRIERS_MAX);
    if (size_bytes == 0 || size_bytes > TIMEMGMT_BARRIER_NAME_BYTES)
        return base_error (MST_E_ILLEGAL_NAME,
                           "a barrier's name has 1 to limits.name_bytes (%d) bytes",
                           TIMEMGMT_BARRIER_NAME_BYTES);
    if (barriers_find (self, name))
        return base_error (MST_E_NAME_IN_USE, "there is a barrier \"%s\" already", name);
    if (self->barriers.count == TIMEMGMT_BARRIERS_MAX)
        return base_error (MST_E_LIMIT, "limits.barriers (%d) is reached: no barrier \"%s\"",
                           TIMEMGMT_BARRIERS_MAX, name);
    return MST_OK;
}

mst_err_t timemgmt_barriers_add (timemgmt_barriers_t *self, const char *name,
                                 const uint32_t *members, size_t member_count,
                                 timemgmt_barrier_policy_t policy)
{
    base_assert (self != NULL && name != NULL && (members != NULL || member_count == 0));
    mst_err_t err = barriers_check_name (self, name);
    if (err)
        return err;
    if (member_count == 0)
        return base_error (MST_E_INVALID_ARGUMENT, "barrier \"%s\" has no members", name);
    barrier_t *barrier = base_calloc (1, sizeof *barrier);
    if (!barrier)
        return base_alloc_error ();
    barrier->generation = 1;
    barrier->deadline = TIMEMGMT_DEADLINE_NONE;
    barrier->policy = policy;
    barrier->name = base_strdup (name);
    if (!barrier->name)
        err = base_alloc_error ();
    for (size_t i = 0; i < member_count && !err; i++)
        err = barrier_insert (barrier, members[i]);
    if (!err)
        err = BASE_LIST_PUSH (&self->barriers, barrier);
    if (err)
        barrier_destroy (&barrier);
    base_assert (err || barriers_find (self, name) == barrier);
    return err;
}

static void barriers_take (timemgmt_barriers_t *self, barrier_t *barrier)
{
    size_t kept = 0;
    BASE_LIST_EACH (&self->barriers, i) {
        if (self->barriers.items[i] != barrier)
            self->barriers.items[kept++] = self->barriers.items[i];
    }
    base_assert (kept + 1 == self->barriers.count);
    self->barriers.count = kept;
    barrier_destroy (&barrier);
}

mst_err_t timemgmt_barriers_remove (timemgmt_barriers_t *self, const char *name)
{
    barrier_t *barrier = barriers_find (self, name);
    if (!barrier)
        return barrier_unknown (name);
    base_assert (barrier->members.count > 0 && self->barriers.count > 0);
    base_assert (barrier->arrived_count < barrier->members.count);
    barriers_take (self, barrier);
    return MST_OK;
}

mst_err_t timemgmt_barriers_set_deadline (timemgmt_barriers_t *self, const char *name,
                                          int64_t deadline)
{
    barrier_t *barrier = barriers_find (self, name);
    if (!barrier)
        return barrier_unknown (name);
    base_assert (barrier->arrived_count < barrier->members.count);
    barrier->deadline = deadline;
    base_assert (timemgmt_barriers_next_deadline (self) <= deadline);
    return MST_OK;
}

/*  Ends of a generation ---------------------------------------------------------------------- */

/*  Empties the result and makes room for one event of every barrier with these members. */
static mst_err_t events_reserve (timemgmt_barrier_events_t *events, size_t event_count,
                                 size_t slot_count)
{
    base_assert (events != NULL);
    mst_err_t err = MST_OK;
    events->events.count = events->slots.count = 0;
    for (; !err && events->events.count < event_count; events->events.count++)
        err = BASE_LIST_ROOM (&events->events);
    for (; !err && events->slots.count < slot_count; events->slots.count++)
        err = BASE_LIST_ROOM (&events->slots);
    events->events.count = events->slots.count = 0;
    base_assert (err || events->slots.capacity >= slot_count);
    return err;
}

static uint32_t barrier_list (const barrier_t *self, bool arrived,
                              timemgmt_barrier_events_t *events)
{
    size_t before = events->slots.count;
    BASE_LIST_EACH (&self->members, i) {
        base_assert (events->slots.count < events->slots.capacity);
        if (self->members.items[i].arrived == arrived)
            BASE_LIST_PUT (&events->slots, self->members.items[i].slot);
    }
    base_assert (events->slots.count >= before);
    return (uint32_t) (events->slots.count - before);
}

/*  Writes the event and begins the next generation. */
static void barrier_end (barrier_t *self, timemgmt_barrier_outcome_t outcome,
                         timemgmt_barrier_events_t *events)
{
    timemgmt_barrier_event_t event = { .name = self->name,
                                       .generation = self->generation,
                                       .outcome = outcome };
    event.first_arrived = (uint32_t) events->slots.count;
    event.arrived_count = barrier_list (self, true, events);
    event.first_missing = (uint32_t) events->slots.count;
    event.missing_count = barrier_list (self, false, events);
    base_assert (event.arrived_count == self->arrived_count);
    base_assert (outcome != TIMEMGMT_BARRIER_COMPLETE || event.missing_count == 0);
    BASE_LIST_PUT (&events->events, event);
    BASE_LIST_EACH (&self->members, i) {
        self->members.items[i].arrived = false;
    }
    self->arrived_count = 0;
    base_assert (self->generation < UINT64_MAX);
    self->generation++;
    self->deadline = TIMEMGMT_DEADLINE_NONE;
}

mst_err_t timemgmt_barriers_arrive (timemgmt_barriers_t *self, const char *name, uint32_t slot,
                                    timemgmt_barrier_events_t *events)
{
    base_assert (events != NULL);
    barrier_t *barrier = barriers_find (self, name);
    if (!barrier)
        return barrier_unknown (name);
    barrier_member_t *member = barrier_member (barrier, slot);
    if (!member)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "slot %" PRIu32 " is no member of barrier \"%s\"", slot, name);
    if (member->arrived)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "slot %" PRIu32 " waits at barrier \"%s\" already", slot, name);
    mst_err_t err = events_reserve (events, 1, barrier->members.count + 1);
    if (err)
        return err;
    member->arrived = true;
    barrier->arrived_count++;
    base_assert (barrier->arrived_count <= barrier->members.count);
    base_assert (events->events.count == 0);
    if (barrier->arrived_count == barrier->members.count)
        barrier_end (barrier, TIMEMGMT_BARRIER_COMPLETE, events);
    return MST_OK;
}

/*  All members of all barriers, and one to spare. */
static size_t barriers_member_count (const timemgmt_barriers_t *self)
{
    size_t count = 1;
    BASE_LIST_EACH (&self->barriers, i) {
        count += self->barriers.items[i]->members.count;
    }
    base_assert (count > self->barriers.count);
    return count;
}

mst_err_t timemgmt_barriers_expire (timemgmt_barriers_t *self, int64_t now,
                                    timemgmt_barrier_events_t *events)
{
    base_assert (self != NULL && now != TIMEMGMT_DEADLINE_NONE);
    mst_err_t err = events_reserve (events, self->barriers.count, barriers_member_count (self));
    if (err)
        return err;
    BASE_LIST_EACH (&self->barriers, i) {
        if (self->barriers.items[i]->deadline <= now)
            barrier_end (self->barriers.items[i], TIMEMGMT_BARRIER_EXPIRED, events);
    }
    base_assert (timemgmt_barriers_next_deadline (self) > now);
    return MST_OK;
}

static void barrier_without (barrier_t *self, uint32_t slot)
{
    base_assert (barrier_member (self, slot) != NULL);
    size_t kept = 0;
    BASE_LIST_EACH (&self->members, i) {
        if (self->members.items[i].slot != slot)
            self->members.items[kept++] = self->members.items[i];
        else
            self->arrived_count -= self->members.items[i].arrived;
    }
    base_assert (kept + 1 == self->members.count);
    self->members.count = kept;
    base_assert (self->arrived_count <= kept);
}

/*  The lost one is named among the missing, whether it had arrived or not. */
static void barrier_lose (timemgmt_barriers_t *self, barrier_t *barrier, uint32_t slot,
                          timemgmt_barrier_events_t *events)
{
    barrier_member_t *member = barrier_member (barrier, slot);
    base_assert (member != NULL);
    barrier->arrived_count -= member->arrived;
    member->arrived = false;
    if (barrier->policy == TIMEMGMT_BARRIER_BREAK && barrier->arrived_count > 0)
        barrier_end (barrier, TIMEMGMT_BARRIER_LOST, events);
    barrier_without (barrier, slot);
    if (barrier->members.count == 0)
        barriers_take (self, barrier);
    else if (barrier->arrived_count == barrier->members.count)
        barrier_end (barrier, TIMEMGMT_BARRIER_COMPLETE, events);
}

mst_err_t timemgmt_barriers_lost (timemgmt_barriers_t *self, uint32_t slot,
                                  timemgmt_barrier_events_t *events)
{
    base_assert (self != NULL && events != NULL);
    mst_err_t err = events_reserve (events, self->barriers.count, barriers_member_count (self));
    if (err)
        return err;
    for (size_t i = 0; i < self->barriers.count;) {
        barrier_t *barrier = self->barriers.items[i];
        if (barrier_member (barrier, slot))
            barrier_lose (self, barrier, slot, events);
        i += i < self->barriers.count && self->barriers.items[i] == barrier;
    }
    base_assert (events->events.count <= events->events.capacity);
    return MST_OK;
}

int64_t timemgmt_barriers_next_deadline (const timemgmt_barriers_t *self)
{
    base_assert (self != NULL);
    int64_t next = TIMEMGMT_DEADLINE_NONE;
    BASE_LIST_EACH (&self->barriers, i) {
        if (self->barriers.items[i]->deadline < next)
            next = self->barriers.items[i]->deadline;
    }
    return next;
}

mst_err_t timemgmt_barriers_missing (const timemgmt_barriers_t *self, const char *name,
                                     uint64_t *generation, timemgmt_barrier_events_t *into)
{
    base_assert (generation != NULL && into != NULL);
    const barrier_t *barrier = barriers_find (self, name);
    if (!barrier)
        return barrier_unknown (name);
    *generation = barrier->generation;
    size_t before = into->slots.count;
    BASE_LIST_EACH (&barrier->members, i) {
        if (barrier->members.items[i].arrived)
            continue;
        if (BASE_LIST_PUSH (&into->slots, barrier->members.items[i].slot)) {
            into->slots.count = before;
            return MST_E_NO_MEMORY;
        }
    }
    base_assert (into->slots.count > before);
    return MST_OK;
}
