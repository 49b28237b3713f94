/*  A sorted run (a ring that is only appended to) beside a 4-ary heap. The first message of the
    queue is the smaller of the two fronts. */
#include "timemgmt/tso_queue.h"
#include "base/alloc.h"
#include "base/error.h"

#include <inttypes.h>
#include <string.h>

enum { QUEUE_CHILDREN = 4 };

typedef struct queue_sender {
    char *name; /* NULL: none */
    uint32_t rank;
    size_t count;
} queue_sender_t;

struct timemgmt_tso_queue {
    timemgmt_messages_t run; /* sorted; items before run_head are taken */
    size_t run_head;
    timemgmt_messages_t heap;
    queue_sender_t *senders; /* by number */
    uint32_t sender_count;
    size_t messages_max;
};

timemgmt_tso_queue_t *timemgmt_tso_queue_new (size_t messages_max)
{
    base_assert (messages_max <= TIMEMGMT_TSO_QUEUE_MAX);
    timemgmt_tso_queue_t *self = base_calloc (1, sizeof *self);
    if (!self)
        return NULL;
    self->messages_max = messages_max ? messages_max : TIMEMGMT_TSO_QUEUE_MESSAGES;
    base_assert (self->run.items == NULL && self->heap.items == NULL);
    return self;
}

void timemgmt_tso_queue_destroy (timemgmt_tso_queue_t **self_p)
{
    base_assert (self_p != NULL);
    timemgmt_tso_queue_t *self = *self_p;
    if (!self)
        return;
    for (uint32_t i = 0; i < self->sender_count; i++)
        base_free (self->senders[i].name);
    base_free (self->senders);
    BASE_LIST_FINI (&self->run);
    BASE_LIST_FINI (&self->heap);
    base_free (self);
    *self_p = NULL;
}

/*  Names ------------------------------------------------------------------------------------- */

static mst_err_t senders_grow (timemgmt_tso_queue_t *self, uint32_t sender)
{
    if (sender >= TIMEMGMT_FEDERATES_MAX)
        return base_error (MST_E_LIMIT, "limits.federates (%d) is reached: no sender %" PRIu32,
                           TIMEMGMT_FEDERATES_MAX, sender);
    if (sender < self->sender_count)
        return MST_OK;
    uint32_t count = self->sender_count ? self->sender_count * 2 : 8;
    while (count <= sender)
        count *= 2;
    queue_sender_t *senders = base_realloc (self->senders, count * sizeof *senders);
    if (!senders)
        return base_alloc_error ();
    memset (senders + self->sender_count, 0, (count - self->sender_count) * sizeof *senders);
    self->senders = senders;
    self->sender_count = count;
    base_assert (sender < self->sender_count);
    return MST_OK;
}

/*  A rank is the number of names before one's own. A new name moves the ranks behind it, but never
    the order of two names that were there, so what is queued stays in order. */
static void senders_shift (timemgmt_tso_queue_t *self, const char *name, bool comes)
{
    base_assert (name != NULL);
    for (uint32_t i = 0; i < self->sender_count; i++) {
        queue_sender_t *one = &self->senders[i];
        if (!one->name || strcmp (one->name, name) <= 0)
            continue;
        base_assert (comes || one->rank > 0);
        one->rank = comes ? one->rank + 1 : one->rank - 1;
    }
}

static uint32_t senders_before (const timemgmt_tso_queue_t *self, const char *name)
{
    uint32_t count = 0;
    base_assert (name != NULL);
    for (uint32_t i = 0; i < self->sender_count; i++)
        count += self->senders[i].name && strcmp (self->senders[i].name, name) < 0;
    return count;
}

mst_err_t timemgmt_tso_queue_name (timemgmt_tso_queue_t *self, uint32_t sender, const char *name)
{
    base_assert (self != NULL && name != NULL);
    mst_err_t err = senders_grow (self, sender);
    if (err)
        return err;
    queue_sender_t *one = &self->senders[sender];
    if (one->name && strcmp (one->name, name) == 0)
        return MST_OK;
    /*  The order of what is queued goes by the name: it cannot change under it. */
    if (one->count > 0)
        return base_error (MST_E_INVALID_ARGUMENT,
                           "sender %" PRIu32 " is \"%s\" and has messages queued, it cannot become "
                           "\"%s\"",
                           sender, one->name, name);
    char *copy = base_strdup (name);
    if (!copy)
        return base_alloc_error ();
    char *old = one->name;
    one->name = NULL;
    if (old)
        senders_shift (self, old, false);
    base_free (old);
    senders_shift (self, copy, true);
    one->rank = senders_before (self, copy);
    one->name = copy;
    base_assert (one->rank < self->sender_count && one->count == 0);
    return MST_OK;
}

/*  Order ------------------------------------------------------------------------------------- */

/*  The one order of docs/time.md, promise 2: time, sender's name, sequence, place in the bundle.
   Ranks stand for the names, so that no text is compared here. */
static bool message_less (const timemgmt_tso_queue_t *self, const timemgmt_message_t *a,
                          const timemgmt_message_t *b)
{
    if (a->time != b->time)
        return a->time < b->time;
    if (a->sender != b->sender) {
        uint32_t rank_a = self->senders[a->sender].rank, rank_b = self->senders[b->sender].rank;
        /*  Equal only for two lives of one name: the later one has another number. */
        return rank_a != rank_b ? rank_a < rank_b : a->sender < b->sender;
    }
    if (a->sequence != b->sequence)
        return a->sequence < b->sequence;
    return a->index < b->index;
}

static void heap_up (timemgmt_tso_queue_t *self, size_t index, timemgmt_message_t message)
{
    timemgmt_message_t *items = self->heap.items;
    base_assert (index < self->heap.count);
    while (index > 0) {
        size_t parent = (index - 1) / QUEUE_CHILDREN;
        if (!message_less (self, &message, &items[parent]))
            break;
        items[index] = items[parent];
        index = parent;
    }
    items[index] = message;
}

static void heap_down (timemgmt_tso_queue_t *self, size_t index, timemgmt_message_t message)
{
    timemgmt_message_t *items = self->heap.items;
    base_assert (index < self->heap.count);
    for (;;) {
        size_t child = index * QUEUE_CHILDREN + 1;
        if (child >= self->heap.count)
            break;
        size_t end = child + QUEUE_CHILDREN;
        end = end < self->heap.count ? end : self->heap.count;
        size_t least = child;
        for (size_t i = child + 1; i < end; i++)
            if (message_less (self, &items[i], &items[least]))
                least = i;
        if (!message_less (self, &items[least], &message))
            break;
        items[index] = items[least];
        index = least;
    }
    items[index] = message;
}

static void heap_take (timemgmt_tso_queue_t *self, size_t index)
{
    base_assert (index < self->heap.count);
    timemgmt_message_t last = self->heap.items[--self->heap.count];
    if (index == self->heap.count)
        return;
    timemgmt_message_t gone = self->heap.items[index];
    base_assert (self->senders[gone.sender].count > 0);
    /*  The last item comes from another branch: it may belong above the gap as well as below. */
    if (message_less (self, &last, &gone))
        heap_up (self, index, last);
    else
        heap_down (self, index, last);
}

/*  Messages ---------------------------------------------------------------------------------- */

size_t timemgmt_tso_queue_count (const timemgmt_tso_queue_t *self)
{
    base_assert (self != NULL && self->run_head <= self->run.count);
    return self->run.count - self->run_head + self->heap.count;
}

size_t timemgmt_tso_queue_count_of (const timemgmt_tso_queue_t *self, uint32_t sender)
{
    base_assert (self != NULL);
    return sender < self->sender_count ? self->senders[sender].count : 0;
}

/*  Makes room at the end of the run: by moving it down when at least half of it is taken. */
static mst_err_t run_room (timemgmt_tso_queue_t *self)
{
    timemgmt_messages_t *run = &self->run;
    base_assert (self->run_head <= run->count);
    if (run->count == run->capacity && self->run_head > 0 && self->run_head * 2 >= run->count) {
        run->count -= self->run_head;
        memmove (run->items, run->items + self->run_head, run->count * sizeof *run->items);
        self->run_head = 0;
    }
    return BASE_LIST_ROOM (run);
}

static mst_err_t queue_check (const timemgmt_tso_queue_t *self, const timemgmt_message_t *message)
{
    base_assert (message != NULL);
    if (message->sender >= self->sender_count || !self->senders[message->sender].name)
        return base_error (MST_E_INVALID_ARGUMENT, "sender %" PRIu32 " has no name",
                           message->sender);
    if (message->time == TIMEMGMT_KEY_NONE || message->time == TIMEMGMT_KEY_MAX)
        return base_error (MST_E_INVALID_TIME, "a time-stamped message needs a time");
    if (timemgmt_tso_queue_count (self) >= self->messages_max)
        return base_error (MST_E_LIMIT,
                           "limits.tso_queue_messages (%zu) is reached: the receiver does not "
                           "advance its time as fast as others send; raise the limit, or send "
                           "less far ahead",
                           self->messages_max);
    return MST_OK;
}

mst_err_t timemgmt_tso_queue_push (timemgmt_tso_queue_t *self, const timemgmt_message_t *message)
{
    base_assert (self != NULL && message != NULL);
    mst_err_t err = queue_check (self, message);
    if (err)
        return err;
    /*  All of the run was taken: it starts again at the front, with nothing to move. */
    if (self->run_head == self->run.count)
        self->run_head = self->run.count = 0;
    bool in_order = self->run.count == 0 ||
                    !message_less (self, message, &self->run.items[self->run.count - 1]);
    err = in_order ? run_room (self) : BASE_LIST_ROOM (&self->heap);
    if (err)
        return err;
    if (in_order)
        BASE_LIST_PUT (&self->run, *message);
    else {
        self->heap.count++;
        heap_up (self, self->heap.count - 1, *message);
    }
    self->senders[message->sender].count++;
    base_assert (timemgmt_tso_queue_count (self) <= self->messages_max);
    return MST_OK;
}

/*  Is the first message in the run (else in the heap)? The queue is not empty. */
static bool first_in_run (const timemgmt_tso_queue_t *self)
{
    base_assert (timemgmt_tso_queue_count (self) > 0);
    if (self->run_head == self->run.count)
        return false;
    return self->heap.count == 0 ||
           message_less (self, &self->run.items[self->run_head], &self->heap.items[0]);
}

const timemgmt_message_t *timemgmt_tso_queue_peek (const timemgmt_tso_queue_t *self)
{
    base_assert (self != NULL);
    if (timemgmt_tso_queue_count (self) == 0)
        return NULL;
    return first_in_run (self) ? &self->run.items[self->run_head] : &self->heap.items[0];
}

bool timemgmt_tso_queue_pop_until (timemgmt_tso_queue_t *self, int64_t until,
                                   timemgmt_message_t *message)
{
    base_assert (self != NULL && message != NULL);
    const timemgmt_message_t *first = timemgmt_tso_queue_peek (self);
    if (!first || first->time > until)
        return false;
    *message = *first;
    if (first != self->heap.items)
        self->run_head++;
    else
        heap_take (self, 0);
    base_assert (self->senders[message->sender].count > 0);
    self->senders[message->sender].count--;
    return true;
}

bool timemgmt_tso_queue_pop (timemgmt_tso_queue_t *self, timemgmt_message_t *message)
{
    return timemgmt_tso_queue_pop_until (self, TIMEMGMT_KEY_MAX, message);
}

int64_t timemgmt_tso_queue_min (const timemgmt_tso_queue_t *self)
{
    const timemgmt_message_t *first = timemgmt_tso_queue_peek (self);
    base_assert (!first || first->time != TIMEMGMT_KEY_NONE);
    return first ? first->time : TIMEMGMT_KEY_MAX;
}

/*  Cuts and retractions ---------------------------------------------------------------------- */

/*  Splits a list: what is above the cut goes to `dropped`, which has room. */
static void list_cut (timemgmt_messages_t *list, size_t first, uint32_t sender, uint64_t sequence,
                      timemgmt_messages_t *dropped)
{
    size_t kept = first;
    base_assert (first <= list->count);
    for (size_t i = first; i < list->count; i++) {
        timemgmt_message_t message = list->items[i];
        if (message.sender == sender && message.sequence > sequence)
            BASE_LIST_PUT (dropped, message);
        else
            list->items[kept++] = message;
    }
    base_assert (dropped->count <= dropped->capacity);
    list->count = kept;
}

/*  Sorted by insertion into a heap of its own would be more code; cuts are rare: shell sort (Ciura
    2001, "Best increments for the average case of shellsort"). */
static void sort_dropped (const timemgmt_tso_queue_t *self, timemgmt_message_t *items, size_t count)
{
    static const size_t gaps[] = { 701, 301, 132, 57, 23, 10, 4, 1 };
    base_assert (items != NULL || count == 0);
    for (size_t g = 0; g < sizeof gaps / sizeof *gaps; g++)
        for (size_t i = gaps[g]; i < count; i++) {
            timemgmt_message_t message = items[i];
            size_t j = i;
            for (; j >= gaps[g] && message_less (self, &message, &items[j - gaps[g]]); j -= gaps[g])
                items[j] = items[j - gaps[g]];
            items[j] = message;
        }
}

mst_err_t timemgmt_tso_queue_cut (timemgmt_tso_queue_t *self, uint32_t sender, uint64_t sequence,
                                  timemgmt_messages_t *dropped)
{
    base_assert (self != NULL && dropped != NULL);
    size_t before = dropped->count;
    /*  Room for all that may go, before anything goes: a cut happens whole or not at all. */
    size_t most = timemgmt_tso_queue_count_of (self, sender);
    base_assert (most <= timemgmt_tso_queue_count (self));
    for (size_t i = 0; i < most; i++) {
        if (BASE_LIST_ROOM (dropped)) {
            dropped->count = before;
            return MST_E_NO_MEMORY;
        }
        dropped->count++;
    }
    dropped->count = before;
    if (most == 0)
        return MST_OK;
    list_cut (&self->run, self->run_head, sender, sequence, dropped);
    list_cut (&self->heap, 0, sender, sequence, dropped);
    /*  What stayed has lost its order as a heap: it is built anew from the bottom (Floyd 1964,
       "Treesort 3"). */
    for (size_t i = self->heap.count; i-- > 0;)
        heap_down (self, i, self->heap.items[i]);
    sort_dropped (self, dropped->items + before, dropped->count - before);
    base_assert (dropped->count - before <= most);
    base_assert (self->run_head <= self->run.count);
    self->senders[sender].count -= dropped->count - before;
    return MST_OK;
}

static bool message_is (const timemgmt_message_t *message, uint32_t sender, uint64_t sequence,
                        uint32_t index)
{
    return message->sender == sender && message->sequence == sequence && message->index == index;
}

bool timemgmt_tso_queue_retract (timemgmt_tso_queue_t *self, uint32_t sender, uint64_t sequence,
                                 uint32_t index, timemgmt_message_t *message)
{
    base_assert (self != NULL && message != NULL);
    if (timemgmt_tso_queue_count_of (self, sender) == 0)
        return false;
    timemgmt_messages_t *run = &self->run;
    for (size_t i = self->run_head; i < run->count; i++)
        if (message_is (&run->items[i], sender, sequence, index)) {
            *message = run->items[i];
            memmove (&run->items[i], &run->items[i + 1], (run->count - i - 1) * sizeof *run->items);
            run->count--;
            self->senders[sender].count--;
            return true;
        }
    for (size_t i = 0; i < self->heap.count; i++)
        if (message_is (&self->heap.items[i], sender, sequence, index)) {
            *message = self->heap.items[i];
            heap_take (self, i);
            self->senders[sender].count--;
            return true;
        }
    return false;
}
