/*  <muster/events.h>: an event waits for its causes in the line of its sender, then stands in the
    line of the causal order and in the heap of the total one. Only the head of a sender's line can
    be next, and it remembers whom it waits for. */
#include <muster/events.h>
#include "base/alloc.h"
#include "base/error.h"
#include "base/list.h"
#include "timemgmt/clocks.h"
#include "timemgmt/limits.h"

#include <inttypes.h>
#include <string.h>

typedef struct item {
    mst_event_t event; /* its vector and data follow in the same block */
    uint32_t orders;   /* in which it is still to be taken out */
    uint32_t blocker;  /* a head's: the member whose event it waits for */
    uint64_t vector[];
} item_t;

typedef BASE_LIST (item_t *) items_t;

typedef struct member {
    items_t waiting;        /* by rising number */
    uint64_t heard;         /* every event that comes out later has a larger Lamport stamp */
    uint64_t lamport;       /* of its last event that found its causes */
    uint64_t last;          /* its last event, when it has left; else UINT64_MAX */
    mst_events_note_t note; /* one that is ahead of its events; number 0: none */
} member_t;

struct mst_events {
    mst_events_options_t options;
    uint64_t lamport;
    timemgmt_vector_t known; /* events of each that found their causes */
    member_t *members;
    items_t causal; /* the line, from `causal_first` on */
    size_t causal_first;
    items_t total; /* a heap */
    item_t *taken; /* given out by the last call */
    mst_events_counts_t counts;
};

static uint64_t known_of (const mst_events_t *self, uint32_t member)
{
    base_assert (member < self->options.member_count);
    return timemgmt_vector_get (&self->known, member);
}

/*  Of who has left nothing beyond the last one is waited for. */
static uint64_t capped (const mst_events_t *self, uint32_t member, uint64_t number)
{
    base_assert (member < self->options.member_count);
    uint64_t last = self->members[member].last;
    return number < last ? number : last;
}

/*  Life ---------------------------------------------------------------------------------------- */

static void let_go (mst_events_t *self)
{
    base_assert (self != NULL);
    if (self->taken && self->taken->orders == 0)
        base_free (self->taken);
    self->taken = NULL;
}

static mst_err_t check_options (const mst_events_options_t *options)
{
    if (options->member_count == 0 || options->self >= options->member_count ||
        options->orders > (MST_EVENTS_CAUSAL | MST_EVENTS_TOTAL))
        return base_error (MST_E_INVALID_ARGUMENT,
                           "events need members, of which oneself is one, and orders that exist");
    if (options->member_count > TIMEMGMT_EVENTS_MEMBERS_MAX)
        return base_error (MST_E_LIMIT,
                           "limits.events_members (%d) is reached: %" PRIu32 " members",
                           TIMEMGMT_EVENTS_MEMBERS_MAX, options->member_count);
    if (options->backlog > TIMEMGMT_EVENTS_BACKLOG_MAX)
        return base_error (MST_E_LIMIT, "limits.events_backlog is at most %d, not %zu",
                           TIMEMGMT_EVENTS_BACKLOG_MAX, options->backlog);
    base_assert (options->self < TIMEMGMT_EVENTS_MEMBERS_MAX);
    return MST_OK;
}

mst_err_t mst_events_new (const mst_events_options_t *options, mst_events_t **events)
{
    if (!options || !events)
        return base_error (MST_E_INVALID_ARGUMENT, "mst_events_new needs options and a place");
    *events = NULL;
    mst_err_t err = check_options (options);
    if (err)
        return err;
    mst_events_t *self = base_calloc (1, sizeof *self);
    if (!self)
        return base_alloc_error ();
    self->options = *options;
    if (self->options.orders == 0)
        self->options.orders = MST_EVENTS_CAUSAL | MST_EVENTS_TOTAL;
    if (self->options.backlog == 0)
        self->options.backlog = TIMEMGMT_EVENTS_BACKLOG;
    self->members = base_calloc (options->member_count, sizeof *self->members);
    err = self->members ? timemgmt_vector_set (&self->known, options->member_count - 1, 0)
                        : base_alloc_error ();
    for (uint32_t i = 0; !err && i < options->member_count; i++)
        self->members[i].last = UINT64_MAX;
    if (err)
        mst_events_destroy (&self);
    base_assert (err || self->known.count == options->member_count);
    *events = self;
    return err;
}

static void free_items (items_t *items, size_t first, uint32_t order)
{
    for (size_t i = first; i < items->count; i++) {
        item_t *item = items->items[i];
        item->orders &= ~order;
        if (item->orders == 0)
            base_free (item);
    }
    BASE_LIST_FINI (items);
    base_assert (items->count == 0);
}

void mst_events_destroy (mst_events_t **events)
{
    mst_events_t *self = events ? *events : NULL;
    if (!self)
        return;
    *events = NULL;
    let_go (self);
    for (uint32_t i = 0; self->members && i < self->options.member_count; i++)
        free_items (&self->members[i].waiting, 0, UINT32_MAX);
    free_items (&self->causal, self->causal_first, MST_EVENTS_CAUSAL);
    free_items (&self->total, 0, MST_EVENTS_TOTAL);
    timemgmt_vector_fini (&self->known);
    base_free (self->members);
    base_free (self);
}

static mst_err_t item_new (const mst_events_t *self, const mst_event_t *event, item_t **item_p)
{
    size_t vector_bytes = self->options.member_count * sizeof (uint64_t);
    base_assert (event->size_bytes <= TIMEMGMT_EVENT_BYTES);
    item_t *item = base_alloc (sizeof *item + vector_bytes + event->size_bytes);
    if (!item)
        return base_alloc_error ();
    unsigned char *data = (unsigned char *) item->vector + vector_bytes;
    item->event = *event;
    item->orders = self->options.orders;
    item->blocker = event->sender;
    memcpy (item->vector, event->vector, vector_bytes);
    if (event->size_bytes > 0)
        memcpy (data, event->data, event->size_bytes);
    item->event.vector = item->vector;
    item->event.data = data;
    base_assert (item->vector[event->sender] == event->number);
    *item_p = item;
    return MST_OK;
}

static mst_err_t reserve (items_t *items, size_t count)
{
    mst_err_t err = MST_OK;
    while (!err && items->capacity < count)
        err = base_list_grow ((void **) &items->items, items->capacity, &items->capacity,
                              sizeof *items->items);
    base_assert (err || items->capacity >= count);
    return err;
}

/*  Room for one more in both orders, and for all that waits: finding causes cannot fail then. */
static mst_err_t make_room (mst_events_t *self)
{
    size_t more = self->counts.waiting + 1;
    if (self->causal_first > 0) {
        self->causal.count -= self->causal_first;
        memmove (self->causal.items, self->causal.items + self->causal_first,
                 self->causal.count * sizeof *self->causal.items);
        self->causal_first = 0;
    }
    mst_err_t err = reserve (&self->causal, self->causal.count + more);
    if (!err)
        err = reserve (&self->total, self->total.count + more);
    base_assert (self->causal_first == 0);
    return err;
}

/*  The heap of the total order ----------------------------------------------------------------- */

static bool earlier (const item_t *a, const item_t *b)
{
    base_assert (a != b);
    if (a->event.lamport != b->event.lamport)
        return a->event.lamport < b->event.lamport;
    return a->event.sender < b->event.sender;
}

static void heap_push (items_t *heap, item_t *item)
{
    base_assert (heap->count < heap->capacity);
    size_t at = heap->count++;
    for (; at > 0 && earlier (item, heap->items[(at - 1) / 2]); at = (at - 1) / 2)
        heap->items[at] = heap->items[(at - 1) / 2];
    heap->items[at] = item;
}

static item_t *heap_pop (items_t *heap)
{
    base_assert (heap->count > 0);
    item_t *top = heap->items[0], *item = heap->items[--heap->count];
    size_t at = 0;
    for (size_t child = 1; child < heap->count; child = 2 * at + 1) {
        if (child + 1 < heap->count && earlier (heap->items[child + 1], heap->items[child]))
            child++;
        if (!earlier (heap->items[child], item))
            break;
        heap->items[at] = heap->items[child];
        at = child;
    }
    if (heap->count > 0)
        heap->items[at] = item;
    base_assert (top != NULL);
    return top;
}

/*  Causes -------------------------------------------------------------------------------------- */

/*  May it come out, for all that is known? Else item->blocker says who is missing. */
static bool has_causes (const mst_events_t *self, item_t *item)
{
    uint32_t sender = item->event.sender, count = self->options.member_count;
    base_assert (item->event.number > known_of (self, sender));
    /*  The one that it waited for last comes first: mostly it still waits for that. */
    for (uint32_t i = 0, at = item->blocker; i < count; i++, at = at + 1 < count ? at + 1 : 0) {
        uint64_t until = item->vector[at] - (at == sender);
        if (capped (self, at, until) <= known_of (self, at))
            continue;
        item->blocker = at;
        return false;
    }
    base_assert (item->event.number == known_of (self, sender) + 1);
    return true;
}

/*  A note that was ahead of its sender's events is worth something once they are here. */
static void weigh_note (mst_events_t *self, uint32_t sender)
{
    member_t *member = &self->members[sender];
    uint64_t known = known_of (self, sender);
    if (member->note.number != 0 && member->note.number <= known) {
        if (member->note.lamport > member->heard)
            member->heard = member->note.lamport;
        member->note.number = 0;
    }
    if (known >= member->last)
        member->heard = UINT64_MAX;
    base_assert (member->heard >= member->lamport);
}

static void come_out (mst_events_t *self, item_t *item)
{
    member_t *member = &self->members[item->event.sender];
    base_assert (item->event.number == known_of (self, item->event.sender) + 1);
    mst_err_t err = timemgmt_vector_set (&self->known, item->event.sender, item->event.number);
    base_assert (err == MST_OK); /* the slot is there */
    if (self->options.orders & MST_EVENTS_CAUSAL)
        BASE_LIST_PUT (&self->causal, item);
    if (self->options.orders & MST_EVENTS_TOTAL)
        heap_push (&self->total, item);
    self->counts.ready++;
    member->lamport = item->event.lamport;
    if (member->heard < item->event.lamport)
        member->heard = item->event.lamport;
    weigh_note (self, item->event.sender);
}

static bool head_comes_out (mst_events_t *self, uint32_t sender)
{
    items_t *line = &self->members[sender].waiting;
    base_assert (sender < self->options.member_count);
    if (line->count == 0 || !has_causes (self, line->items[0]))
        return false;
    item_t *item = line->items[0];
    line->count--;
    memmove (line->items, line->items + 1, line->count * sizeof *line->items);
    base_assert (self->counts.waiting > 0);
    self->counts.waiting--;
    come_out (self, item);
    return true;
}

/*  Each one that comes out may free the heads that wait for its sender. */
static void all_come_out (mst_events_t *self)
{
    bool any = true;
    while (any) {
        any = false;
        for (uint32_t i = 0; i < self->options.member_count; i++)
            while (head_comes_out (self, i))
                any = true;
    }
    base_assert (self->causal.count <= self->causal.capacity);
}

/*  Submitting ---------------------------------------------------------------------------------- */

static mst_err_t check_data (mst_events_t *self, const void *data, size_t size_bytes)
{
    base_assert (self != NULL);
    if (size_bytes > TIMEMGMT_EVENT_BYTES)
        return base_error (MST_E_LIMIT, "limits.event_bytes (%d) is reached: an event of %zu bytes",
                           TIMEMGMT_EVENT_BYTES, size_bytes);
    if (!data && size_bytes > 0)
        return base_error (MST_E_INVALID_ARGUMENT, "an event of %zu bytes has no data", size_bytes);
    return MST_OK;
}

static mst_err_t check_ready (const mst_events_t *self)
{
    base_assert (self->options.backlog > 0);
    if (self->counts.ready < self->options.backlog)
        return MST_OK;
    return base_error (
        MST_E_LIMIT,
        "limits.events_backlog (%zu) is reached: so many events are ready; take them "
        "out in each order that was asked for",
        self->options.backlog);
}

mst_err_t mst_events_submit (mst_events_t *self, const void *data, size_t size_bytes,
                             mst_event_t *event)
{
    item_t *item;

    if (!self || !event)
        return base_error (MST_E_INVALID_ARGUMENT, "mst_events_submit needs events and a place");
    mst_err_t err = check_data (self, data, size_bytes);
    if (!err)
        err = check_ready (self);
    if (!err)
        err = make_room (self);
    uint32_t me = self->options.self;
    uint64_t number = known_of (self, me) + 1;
    mst_event_t fresh = { me, number, self->lamport + 1, self->known.counts, data, size_bytes };
    if (err)
        return err;
    self->known.counts[me] = number; /* the stamp counts the event itself */
    err = item_new (self, &fresh, &item);
    self->known.counts[me] = number - 1;
    if (err)
        return err;
    let_go (self); /* only now: the data may be of an event that was given out */
    (void) timemgmt_lamport_tick (&self->lamport);
    self->counts.submitted++;
    come_out (self, item);
    base_assert (self->lamport == item->event.lamport);
    *event = item->event;
    return MST_OK;
}

/*  Receiving ----------------------------------------------------------------------------------- */

static mst_err_t malformed (uint32_t sender, uint64_t number, const char *what)
{
    base_assert (what != NULL);
    return base_error (MST_E_MALFORMED, "event %" PRIu64 " of member %" PRIu32 ": %s", number,
                       sender, what);
}

/*  Its place in the line of its sender; *there: it is in it. */
static size_t find (const items_t *line, uint64_t number, bool *there)
{
    size_t low = 0, high = line->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (line->items[middle]->event.number < number)
            low = middle + 1;
        else
            high = middle;
    }
    *there = low < line->count && line->items[low]->event.number == number;
    base_assert (low <= line->count);
    return low;
}

static mst_err_t check_event (const mst_events_t *self, const mst_event_t *event)
{
    uint32_t sender = event->sender, me = self->options.self;
    base_assert (self->members != NULL);
    if (sender >= self->options.member_count)
        return malformed (sender, event->number, "there is no such member");
    if (!event->vector || event->number == 0 || event->vector[sender] != event->number)
        return malformed (sender, event->number, "its vector stamp does not count it");
    if (event->lamport < event->number || event->lamport >= UINT64_MAX / 2)
        return malformed (sender, event->number, "its Lamport stamp is out of range");
    if (event->vector[me] > known_of (self, me))
        return malformed (sender, event->number,
                          "it knows events of this member that do not exist");
    return MST_OK;
}

/*  A sender's Lamport stamps rise with its numbers, or the total order would not be one. */
static mst_err_t check_neighbours (const mst_events_t *self, const mst_event_t *event, size_t place)
{
    const member_t *member = &self->members[event->sender];
    const items_t *line = &member->waiting;
    base_assert (place <= line->count);
    uint64_t below = place > 0 ? line->items[place - 1]->event.lamport : member->heard;
    bool falls = event->lamport <= below;
    falls = falls || (place < line->count && event->lamport >= line->items[place]->event.lamport);
    /*  A note that is ahead of its events (number 0: none) divides them as it says. */
    bool noted = event->number <= member->note.number,
         below_it = event->lamport <= member->note.lamport;
    falls = falls || (member->note.number != 0 && noted != below_it);
    return falls ? malformed (event->sender, event->number, "its Lamport stamp does not rise")
                 : MST_OK;
}

static mst_err_t check_room (const mst_events_t *self, const mst_event_t *event)
{
    base_assert (event->vector != NULL);
    bool next = true;
    for (uint32_t i = 0; next && i < self->options.member_count; i++)
        next = capped (self, i, event->vector[i] - (i == event->sender)) <= known_of (self, i);
    if (next)
        return check_ready (self);
    if (self->counts.waiting < self->options.backlog)
        return MST_OK;
    return base_error (
        MST_E_LIMIT,
        "limits.events_backlog (%zu) is reached: so many events wait for earlier ones; "
        "mst_events_missing says which to ask for",
        self->options.backlog);
}

static mst_err_t receive (mst_events_t *self, const mst_event_t *event, bool *fresh)
{
    item_t *item;
    bool there;

    mst_err_t err = check_event (self, event);
    if (!err)
        err = check_data (self, event->data, event->size_bytes);
    if (err)
        return err;
    items_t *line = &self->members[event->sender].waiting;
    size_t place = find (line, event->number, &there);
    if (there || event->number <= known_of (self, event->sender)) {
        self->counts.duplicates++;
        return MST_OK;
    }
    if (event->number > self->members[event->sender].last)
        return base_error (MST_E_NOT_INTRODUCED,
                           "member %" PRIu32 " has left with its event %" PRIu64
                           "; this is number %" PRIu64,
                           event->sender, self->members[event->sender].last, event->number);
    err = check_neighbours (self, event, place);
    if (!err)
        err = check_room (self, event);
    if (!err)
        err = make_room (self);
    if (!err)
        err = BASE_LIST_ROOM (line);
    if (!err)
        err = item_new (self, event, &item);
    if (err)
        return err;
    memmove (line->items + place + 1, line->items + place,
             (line->count - place) * sizeof *line->items);
    line->items[place] = item;
    line->count++;
    self->counts.waiting++;
    self->counts.received++;
    (void) timemgmt_lamport_receive (&self->lamport, event->lamport);
    *fresh = true;
    all_come_out (self);
    base_assert (self->counts.ready <= 2 * self->options.backlog);
    return MST_OK;
}

mst_err_t mst_events_receive (mst_events_t *self, const mst_event_t *event, bool *fresh)
{
    bool is_fresh = false;

    if (!self || !event)
        return base_error (MST_E_INVALID_ARGUMENT, "mst_events_receive needs events and an event");
    mst_err_t err = receive (self, event, &is_fresh);
    self->counts.refused += err != MST_OK;
    if (fresh)
        *fresh = is_fresh;
    base_assert (!err || !is_fresh);
    let_go (self); /* only now: the event may be one that was given out */
    return err;
}

/*  Taking out ---------------------------------------------------------------------------------- */

/*  Can a member still submit something that comes before it? */
static bool is_stable (const mst_events_t *self, const item_t *item)
{
    base_assert (item->orders & MST_EVENTS_TOTAL);
    for (uint32_t i = 0; i < self->options.member_count; i++)
        if (i != self->options.self && self->members[i].heard < item->event.lamport)
            return false;
    base_assert (self->lamport >= item->event.lamport);
    return true;
}

mst_err_t mst_events_next (mst_events_t *self, mst_events_order_t order, mst_event_t *event,
                           bool *any)
{
    item_t *item = NULL;

    if (!self || !event || !any || (order != MST_EVENTS_CAUSAL && order != MST_EVENTS_TOTAL) ||
        !(self->options.orders & order))
        return base_error (MST_E_INVALID_ARGUMENT,
                           "mst_events_next needs places, and an order that the options named");
    let_go (self);
    if (order == MST_EVENTS_CAUSAL && self->causal_first < self->causal.count)
        item = self->causal.items[self->causal_first++];
    if (order == MST_EVENTS_TOTAL && self->total.count > 0 &&
        is_stable (self, self->total.items[0]))
        item = heap_pop (&self->total);
    *any = item != NULL;
    if (!item)
        return MST_OK;
    base_assert (item->orders & order);
    item->orders &= ~(uint32_t) order;
    self->counts.ready -= item->orders == 0;
    self->taken = item;
    *event = item->event;
    return MST_OK;
}

/*  Notes, and who leaves ------------------------------------------------------------------------
 */

void mst_events_note (const mst_events_t *self, mst_events_note_t *note)
{
    base_assert (self != NULL && note != NULL);
    uint32_t me = self->options.self;
    *note = (mst_events_note_t){ me, known_of (self, me), self->lamport };
    base_assert (note->lamport >= note->number);
}

/*  Does what waits lie on the side of the note on which it says to? */
static bool note_fits (const mst_events_t *self, const mst_events_note_t *note)
{
    const member_t *member = &self->members[note->sender];
    base_assert (note->sender < self->options.member_count);
    bool fits = note->number <= known_of (self, note->sender) || note->lamport > member->heard;
    BASE_LIST_EACH (&member->waiting, i) {
        const mst_event_t *event = &member->waiting.items[i]->event;
        fits = fits && (event->number <= note->number) == (event->lamport <= note->lamport);
    }
    return fits;
}

mst_err_t mst_events_hear (mst_events_t *self, const mst_events_note_t *note)
{
    if (!self || !note)
        return base_error (MST_E_INVALID_ARGUMENT, "mst_events_hear needs events and a note");
    if (note->sender >= self->options.member_count || note->lamport < note->number ||
        note->lamport >= UINT64_MAX / 2)
        return malformed (note->sender, note->number, "an impossible note");
    let_go (self);
    if (note->sender == self->options.self || self->members[note->sender].last != UINT64_MAX)
        return MST_OK; /* one's own that came back, or of somebody who has left */
    if (!note_fits (self, note))
        return malformed (note->sender, note->number, "a note that its events contradict");
    member_t *member = &self->members[note->sender];
    (void) timemgmt_lamport_receive (&self->lamport, note->lamport);
    base_assert (self->lamport > note->lamport);
    if (note->number <= known_of (self, note->sender)) {
        /*  An old one says less than what came since. */
        if (note->number == known_of (self, note->sender) && note->lamport > member->heard)
            member->heard = note->lamport;
    } else if (note->number > member->note.number ||
               (note->number == member->note.number && note->lamport > member->note.lamport))
        member->note = *note;
    return MST_OK;
}

bool mst_events_missing (const mst_events_t *self, uint32_t *sender, uint64_t *number)
{
    base_assert (self != NULL && sender != NULL && number != NULL);
    for (uint32_t i = 0; i < self->options.member_count; i++) {
        const member_t *member = &self->members[i];
        bool here = member->waiting.count > 0;
        uint32_t at = here ? member->waiting.items[0]->blocker : i;
        bool left = member->last != UINT64_MAX && member->last > known_of (self, i);
        if (here && at != i && self->members[at].waiting.count > 0)
            continue; /* the one that it waits for waits, too */
        if (!here && member->note.number == 0 && !left)
            continue;
        *sender = at;
        *number = known_of (self, at) + 1;
        base_assert (*number > 0);
        return true;
    }
    return false;
}

mst_err_t mst_events_leave (mst_events_t *self, uint32_t member, uint64_t last)
{
    if (!self || member >= self->options.member_count || member == self->options.self ||
        last < known_of (self, member) || last == UINT64_MAX ||
        self->members[member].last != UINT64_MAX)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "member %" PRIu32 " cannot leave with its event %" PRIu64
                           ": it is unknown, oneself, gone, or later ones came out",
                           member, last);
    let_go (self);
    items_t *line = &self->members[member].waiting;
    while (line->count > 0 && line->items[line->count - 1]->event.number > last) {
        base_free (line->items[--line->count]);
        self->counts.waiting--;
    }
    self->members[member].last = last;
    self->members[member].note.number = 0;
    weigh_note (self, member);
    /*  What waits has its room: it was made when it came. */
    all_come_out (self);
    base_assert (self->causal.count <= self->causal.capacity);
    return MST_OK;
}

void mst_events_counts (const mst_events_t *self, mst_events_counts_t *counts)
{
    base_assert (self != NULL && counts != NULL);
    *counts = self->counts;
}
