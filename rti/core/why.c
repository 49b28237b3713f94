/*  Who waits for whom, over all that the RTI knows: advances of time, barriers, synchronization
    points. A wait for a federate that goes on by itself needs no place in the graph; what is left
   of it when all that can go on has gone on is a deadlock, whoever else still runs.

    A wait for time is entered when the blocker's bound by its own request, which stands still while
    it waits itself, does not let the waiter go. (What it has promised is less, as long as others
    may send it something, and rises with them.) A bound that a message on its way sets is none of
    those: the message may be dropped at its end, and the bound rises. */
#include "rti/core/state.h"

#include <stdio.h>
#include <string.h>

/*  The graph --------------------------------------------------------------------------------- */

static bool why_waits_for_time (const rti_why_t *self, const rti_federate_t *federate)
{
    const timemgmt_state_t *state = &self->states[federate->slot];
    base_assert (federate->federation == self->federation);
    base_assert (state->present);
    return state->waiting || state->constraint_pending || state->regulation_pending;
}

/*  Does it stand until others do something? */
static bool why_stands (const rti_why_t *self, const rti_federate_t *federate)
{
    base_assert (self->states != NULL);
    base_assert (federate->slot < self->waits.count);
    return why_waits_for_time (self, federate) || rti_waits_at (federate) != NULL;
}

/*  Granted, but what the grant needs is on its way: it comes by itself, and is no wait of the
 * graph. */
static bool why_lacks (const rti_why_t *self, const rti_federate_t *federate,
                       timemgmt_reason_t *reason)
{
    base_assert (federate->federation == self->federation);
    base_assert (reason != NULL);
    timemgmt_bounds_explain (self->federation->bounds, federate->slot, reason);
    return reason->term == TIMEMGMT_BY_DELIVERY;
}

bool rti_why_waits (const rti_why_t *self, const rti_federate_t *federate)
{
    timemgmt_reason_t reason;
    base_assert (self->states != NULL);
    base_assert (federate->slot < self->waits.count);
    return why_stands (self, federate) || why_lacks (self, federate, &reason);
}

static bool why_message_moves (const rti_why_t *self, const rti_federate_t *blocker)
{
    const timemgmt_state_t *state = &self->states[blocker->slot];
    base_assert (state->present);
    base_assert (blocker->federation == self->federation);
    return state->waiting && state->constrained && timemgmt_kind_by_message (state->kind) &&
           state->message_min < state->requested && state->message_min < blocker->queue_min;
}

/*  Does the blocker's bound keep the waiter from what it wants? */
static bool why_bound_blocks (const rti_why_t *self, const rti_federate_t *blocker,
                              const timemgmt_reason_t *reason)
{
    const timemgmt_state_t *state = &self->states[blocker->slot];
    base_assert (reason->wants != TIMEMGMT_KEY_NONE);
    base_assert (state->present);
    if (state->standing == TIMEMGMT_KEY_NONE || why_message_moves (self, blocker))
        return false;
    if (blocker->slot == reason->holder)
        return true;
    if (reason->kind > TIMEMGMT_FQR) /* of a change of regulation only the smallest bound counts */
        return false;
    return timemgmt_kind_strict (reason->kind) ? state->standing <= reason->wants
                                               : state->standing < reason->wants;
}

static mst_err_t why_add_time (rti_why_t *self, const rti_federate_t *waiter)
{
    const rti_federation_t *federation = self->federation;
    timemgmt_reason_t reason;
    mst_err_t err = MST_OK;

    base_assert (waiter->federation == federation);
    timemgmt_bounds_explain (federation->bounds, waiter->slot, &reason);
    base_assert (reason.term != TIMEMGMT_BY_NOTHING);
    if (reason.term == TIMEMGMT_BY_HOLD || reason.term == TIMEMGMT_BY_NO_REGULATION)
        return MST_OK;
    for (size_t i = 0; !err && i < federation->members.count; i++) {
        const rti_federate_t *blocker = federation->members.items[i];
        if (blocker != waiter && why_bound_blocks (self, blocker, &reason) &&
            why_stands (self, blocker))
            err = timemgmt_waits_add (&self->waits, waiter->slot, blocker->slot);
    }
    return err;
}

static mst_err_t why_add_place (rti_why_t *self, const rti_federate_t *waiter)
{
    rti_names_list_t names = { 0 };

    base_assert (rti_waits_at (waiter) != NULL);
    base_assert (waiter->federation == self->federation);
    mst_err_t err = rti_missing (waiter, &names);
    for (size_t i = 0; !err && i < names.count; i++) {
        const rti_federate_t *missing =
            rti_federate_named (self->federation, rti_text (names.items[i]));
        if (missing && missing != waiter && why_stands (self, missing))
            err = timemgmt_waits_add (&self->waits, waiter->slot, missing->slot);
    }
    BASE_LIST_FINI (&names);
    return err;
}

mst_err_t rti_why_init (rti_why_t *self, const rti_federation_t *federation)
{
    size_t slots = federation->slots.count;
    base_assert (federation->core != NULL);
    *self = (rti_why_t){ .federation = federation };
    self->states = base_calloc (slots + 1, sizeof *self->states);
    if (!self->states)
        return base_alloc_error ();
    mst_err_t err = timemgmt_waits_init (&self->waits, (uint32_t) slots);
    for (uint32_t i = 0; !err && i < slots; i++)
        timemgmt_bounds_state (federation->bounds, i, &self->states[i]);
    for (size_t i = 0; !err && i < federation->members.count; i++) {
        const rti_federate_t *member = federation->members.items[i];
        if (why_waits_for_time (self, member))
            err = why_add_time (self, member);
        if (!err && rti_waits_at (member))
            err = why_add_place (self, member);
    }
    base_assert (err || self->waits.count == slots);
    return err ? err : timemgmt_waits_solve (&self->waits);
}

void rti_why_fini (rti_why_t *self)
{
    base_assert (self != NULL);
    if (self->waits.next)
        timemgmt_waits_fini (&self->waits);
    base_free (self->states);
    self->states = NULL;
    base_assert (self->waits.next == NULL);
}

/*  The chain --------------------------------------------------------------------------------- */

static const rti_federate_t *why_federate (const rti_why_t *self, uint32_t slot)
{
    base_assert (self->federation != NULL);
    return slot < self->federation->slots.count ? self->federation->slots.items[slot].federate
                                                : NULL;
}

/*  By what a federate holds another's time. */
static uint64_t why_time_term (const rti_why_t *self, const rti_federate_t *holder)
{
    const timemgmt_state_t *state = &self->states[holder->slot];
    base_assert (state->present);
    base_assert (holder->federation == self->federation);
    if (state->regulation_pending)
        return TIMEMGMT_BY_REGULATION;
    if (!state->waiting)
        return TIMEMGMT_BY_GRANTED_TIME;
    return timemgmt_kind_by_message (state->kind) && state->constrained &&
                   state->message_min < state->requested
               ? TIMEMGMT_BY_MESSAGE
               : TIMEMGMT_BY_LOOKAHEAD;
}

static void why_link_fill (const rti_why_t *self, const rti_federate_t *holder,
                           wire_wait_link_t *link)
{
    const rti_core_t *core = self->federation->core;
    const timemgmt_state_t *state = &self->states[holder->slot];
    int64_t told_ns = holder->counters.told_ns;
    bool at_place = rti_waits_at (holder) != NULL && told_ns > holder->time_ns;

    base_assert (state->present && link != NULL);
    link->federate = holder->handle;
    link->name = rti_text (holder->name);
    link->granted = state->now;
    link->requested = state->requested;
    link->bound = state->bound;
    if (state->regulating)
        link->lookahead = state->lookahead;
    link->for_ns = (uint64_t) (core->now_ns - (at_place ? told_ns : holder->time_ns));
    link->silent_ns = (uint64_t) (core->now_ns - holder->link->heard_ns);
    link->process = holder->link->state ? rti_text (holder->link->state) : link->process;
    base_assert (core->now_ns >= holder->time_ns);
}

/*  Who is named at a place, among those that are missing there: the stuck one that the graph says,
    else the first. */
static mst_err_t why_missing (const rti_why_t *self, const rti_federate_t *waiter,
                              wire_wait_link_t *link, const rti_federate_t **next)
{
    const rti_federate_t *stuck =
        why_federate (self, timemgmt_waits_next (&self->waits, waiter->slot));
    rti_names_list_t names = { 0 };

    base_assert (rti_waits_at (waiter) != NULL);
    *next = NULL;
    mst_err_t err = rti_missing (waiter, &names);
    for (size_t i = 0; !err && i < names.count; i++)
        if (link->name.data == NULL || (stuck && strcmp (names.items[i], stuck->name) == 0))
            link->name = rti_text (names.items[i]);
    if (link->name.data)
        *next = rti_federate_named (self->federation, link->name);
    link->term = rti_waits_at_barrier (waiter) ? RTI_BY_BARRIER : RTI_BY_POINT;
    link->place = rti_text (rti_waits_at (waiter));
    base_assert (link->place.data != NULL);
    BASE_LIST_FINI (&names);
    return err;
}

static const char *why_hold_word (timemgmt_hold_reason_t reason)
{
    static const char *const words[] = { "a migration", "a save", "a barrier" };
    base_assert ((size_t) reason < sizeof words / sizeof words[0]);
    base_assert (words[reason] != NULL);
    return words[reason];
}

static const rti_federate_t *why_time_holder (const rti_why_t *self, const rti_federate_t *waiter,
                                              wire_wait_link_t *link)
{
    const rti_federate_t *stuck =
        why_federate (self, timemgmt_waits_next (&self->waits, waiter->slot));
    timemgmt_reason_t reason;

    base_assert (waiter->federation == self->federation);
    timemgmt_bounds_explain (self->federation->bounds, waiter->slot, &reason);
    link->term = reason.term;
    if (reason.term == TIMEMGMT_BY_HOLD || reason.term == TIMEMGMT_BY_NO_REGULATION) {
        link->name = rti_text (waiter->name);
        if (reason.term == TIMEMGMT_BY_HOLD)
            link->place = rti_text (why_hold_word (reason.hold_reason));
        return NULL;
    }
    const rti_federate_t *holder = stuck ? stuck : why_federate (self, reason.holder);
    if (!holder) { /* left, and its messages are on their way */
        link->name = rti_text ("");
        return NULL;
    }
    link->term = why_time_term (self, holder);
    if (link->term == TIMEMGMT_BY_MESSAGE)
        link->message = self->states[holder->slot].message_min;
    if (holder->slot == reason.holder && reason.message_sender != TIMEMGMT_SLOT_NONE) {
        const rti_federate_t *sender = why_federate (self, reason.message_sender);
        link->place = sender ? rti_text (sender->name) : link->place;
    }
    base_assert (holder != waiter);
    return holder;
}

/*  Whom a federate waits for. NULL: nobody further; *any: but there is a link. */
static const rti_federate_t *why_next (const rti_why_t *self, const rti_federate_t *waiter,
                                       wire_wait_link_t *link, bool *any)
{
    const rti_federate_t *next = NULL;
    const rti_federate_t *stuck =
        why_federate (self, timemgmt_waits_next (&self->waits, waiter->slot));

    base_assert (link != NULL && any != NULL);
    *link = (wire_wait_link_t){ .granted = WIRE_TIME_NONE,
                                .requested = WIRE_TIME_NONE,
                                .bound = WIRE_TIME_NONE,
                                .message = WIRE_TIME_NONE,
                                .lookahead = WIRE_TIME_NONE };
    *any = false;
    if (rti_waits_at (waiter)) {
        if (why_missing (self, waiter, link, &next) || !link->name.data)
            return NULL;
        *any = !stuck || next == stuck || !why_waits_for_time (self, waiter);
        if (!*any)
            *link = (wire_wait_link_t){ .lookahead = WIRE_TIME_NONE, .message = WIRE_TIME_NONE };
    }
    if (!*any && why_waits_for_time (self, waiter)) {
        next = why_time_holder (self, waiter, link);
        *any = true;
    }
    timemgmt_reason_t reason;
    if (!*any && why_lacks (self, waiter, &reason)) {
        *any = true;
        link->term = TIMEMGMT_BY_DELIVERY;
        link->name = rti_text ("");
        const rti_federate_t *sender = why_federate (self, reason.holder);
        if (sender) /* what it waits for itself is of no account: it has sent what is missing */
            why_link_fill (self, sender, link);
        return NULL;
    }
    if (next)
        why_link_fill (self, next, link);
    return next;
}

uint32_t rti_why_chain (const rti_why_t *self, const rti_federate_t *federate,
                        wire_wait_link_t links[RTI_WHY_LINKS], bool *deadlock)
{
    uint32_t count = 0, steps = 0;
    bool any = true;

    base_assert (self->states != NULL);
    base_assert (deadlock != NULL);
    *deadlock = timemgmt_waits_next (&self->waits, federate->slot) != TIMEMGMT_WAITS_NONE;
    for (const rti_federate_t *at = federate; at && any && steps <= self->waits.count; steps++) {
        at = why_next (self, at, &links[count], &any);
        count += any && count + 1 < RTI_WHY_LINKS; /* the last place is written over and over */
        for (uint32_t i = 0; at && i + 1 < count; i++)
            if (links[i].federate == at->handle)
                at = NULL; /* once round */
        if (at == federate)
            at = NULL;
    }
    base_assert (count <= RTI_WHY_LINKS);
    return count;
}

/*  In words ---------------------------------------------------------------------------------- */

const char *rti_why_term (uint64_t term)
{
    static const char *const words[] = {
        "computing",  "granted time", "lookahead", "message", "hold",
        "regulation", "nobody",       "delivery",  "barrier", "synchronization point"
    };
    base_assert (term < sizeof words / sizeof words[0]);
    base_assert (words[term] != NULL);
    return words[term];
}

/*  snprintf at the end of what stands. */
static void why_say (char *out, size_t size_bytes, const char *format, ...)
    __attribute__ ((format (printf, 3, 4)));

static void why_say (char *out, size_t size_bytes, const char *format, ...)
{
    size_t used = strlen (out);
    va_list args;

    base_assert (used < size_bytes);
    base_assert (format != NULL);
    va_start (args, format);
    (void) vsnprintf (out + used, size_bytes - used, format, args);
    va_end (args);
}

static void why_say_place (const wire_wait_link_t *link, char *out, size_t size_bytes)
{
    base_assert (link->place.data != NULL);
    base_assert (link->name.data != NULL);
    why_say (out, size_bytes, "it waits at the %s \"%s\" for \"%s\"%s.", rti_why_term (link->term),
             link->place.data, link->name.data,
             link->federate == WIRE_HANDLE_NONE ? ", which has not joined" : "");
    if (link->process.data)
        why_say (out, size_bytes, " Its process is %s.", link->process.data);
}

/*  "sun" waits for "moon", "moon" at the barrier "x" for "sun": from its first link that is on the
    circle, once round. */
static void why_say_circle (const rti_why_t *self, const rti_federate_t *federate, char *out,
                            size_t size_bytes)
{
    const rti_federate_t *first = federate;
    bool places = false, any;

    base_assert (timemgmt_waits_next (&self->waits, federate->slot) != TIMEMGMT_WAITS_NONE);
    while (!timemgmt_waits_on_circle (&self->waits, first->slot))
        first = why_federate (self, timemgmt_waits_next (&self->waits, first->slot));
    why_say (out, size_bytes, " Deadlock: ");
    const rti_federate_t *at = first;
    do {
        wire_wait_link_t link;
        const rti_federate_t *next = why_next (self, at, &link, &any);
        bool place = link.term == RTI_BY_BARRIER || link.term == RTI_BY_POINT;
        places = places || place;
        why_say (out, size_bytes, "%s\"%s\" waits", at == first ? "" : ", ", at->name);
        if (place)
            why_say (out, size_bytes, " at the %s \"%s\"", rti_why_term (link.term),
                     link.place.data);
        why_say (out, size_bytes, " for \"%s\"", next ? next->name : "?");
        at = next;
    } while (at && at != first);
    why_say (out, size_bytes, "%s",
             places ? "." : ". They wait for each other: a lookahead above 0 is needed.");
}

void rti_why_text (const rti_why_t *self, const rti_federate_t *federate, char *out,
                   size_t size_bytes)
{
    wire_wait_link_t links[RTI_WHY_LINKS];
    timemgmt_reason_t reason;
    bool deadlock;

    base_assert (self->states != NULL);
    base_assert (size_bytes > 0);
    uint32_t count = rti_why_chain (self, federate, links, &deadlock);
    out[0] = '\0';
    timemgmt_bounds_explain (self->federation->bounds, federate->slot, &reason);
    bool place = count > 0 && links[0].term >= RTI_BY_BARRIER;
    reason.root = TIMEMGMT_SLOT_NONE; /* the end of the chain is said below */
    reason.deadlock = false;
    if (place)
        why_say_place (&links[0], out, size_bytes);
    else
        rti_explain_text (self->federation, &reason, out, size_bytes);
    const wire_wait_link_t *last = count > 0 ? &links[count - 1] : NULL;
    if (deadlock)
        why_say_circle (self, federate, out, size_bytes);
    else if (count > 1 && last->term >= RTI_BY_BARRIER && last->place.data)
        why_say (out, size_bytes, " In the end all wait for \"%s\" at the %s \"%s\".%s%s%s",
                 last->name.data, rti_why_term (last->term), last->place.data,
                 last->process.data ? " Its process is " : "",
                 last->process.data ? last->process.data : "", last->process.data ? "." : "");
    else if (count > 1 && last->name.data[0])
        why_say (out, size_bytes, " In the end all wait for %s\"%s\"%s.%s%s%s",
                 last->term == TIMEMGMT_BY_DELIVERY ? "messages of " : "", last->name.data,
                 last->term == TIMEMGMT_BY_DELIVERY ? " that have not come" : "",
                 last->process.data ? " Its process is " : "",
                 last->process.data ? last->process.data : "", last->process.data ? "." : "");
}
