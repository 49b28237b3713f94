/*  The calendar in front of the heap (see timewarp_queue.h). */
#include "timemgmt/timewarp_queue.h"
#include "base/alloc.h"
#include "base/error.h"

enum {
    QUEUE_DAYS_MAX = 1 << 16,
    QUEUE_DAYS_MIN = 1 << 6,
    QUEUE_EVENTS_PER_DAY = 8,
    QUEUE_LOOK_AFTER = 1024, /* events, at least, before the length of a day is looked at */
    QUEUE_ARITY = 4
};

static const double QUEUE_DAY_LAST = 0x1p52; /* later days have one number */

static inline timewarp_event_t *queue_event (const timewarp_queue_t *self, uint32_t event)
{
    return timewarp_pool_at (self->events, event);
}

mst_err_t timewarp_queue_init (timewarp_queue_t *self, const timewarp_pool_t *events)
{
    base_assert (self->heap == NULL && events != NULL);
    *self = (timewarp_queue_t){ .events = events, .far = TIMEWARP_NONE, .ahead = TIMEWARP_NONE };
    self->heap = base_alloc ((size_t) events->capacity * sizeof *self->heap);
    self->days = base_alloc (QUEUE_DAYS_MAX * sizeof *self->days);
    self->mask = QUEUE_DAYS_MIN - 1;
    self->end = QUEUE_DAYS_MIN;
    for (uint32_t i = 0; self->days && i <= self->mask; i++)
        self->days[i] = TIMEWARP_NONE;
    return self->heap && self->days ? MST_OK : base_alloc_error ();
}

void timewarp_queue_fini (timewarp_queue_t *self)
{
    base_free (self->heap);
    base_free (self->days);
    self->heap = NULL;
    self->days = NULL;
}

/*  The heap -------------------------------------------------------------------------------------
 */

static bool queue_tie (const timewarp_queue_t *self, uint32_t a, uint32_t b)
{
    timewarp_key_t key = timewarp_key (queue_event (self, b));
    return timewarp_before (queue_event (self, a), &key);
}

static inline bool queue_less (const timewarp_queue_t *self, const timewarp_entry_t *a,
                               const timewarp_entry_t *b)
{
    if (a->time != b->time)
        return a->time < b->time;
    return queue_tie (self, a->event, b->event);
}

static inline void queue_rise (timewarp_queue_t *self, timewarp_entry_t entry)
{
    uint32_t at = self->heap_count++;
    while (at > 0) {
        uint32_t above = (at - 1) / QUEUE_ARITY;
        if (!queue_less (self, &entry, &self->heap[above]))
            break;
        self->heap[at] = self->heap[above];
        at = above;
    }
    self->heap[at] = entry;
}

/*  Which of the children of a place is the smallest; without jumps that cannot be foreseen, but for
    ties. */
static inline uint32_t queue_smallest (const timewarp_queue_t *self, uint32_t first, uint32_t end)
{
    const timewarp_entry_t *heap = self->heap;
    uint32_t best = first;
    for (uint32_t i = first + 1; i < end; i++) {
        bool less = heap[i].time < heap[best].time;
        if (__builtin_expect (heap[i].time == heap[best].time, 0))
            less = queue_tie (self, heap[i].event, heap[best].event);
        best = less ? i : best;
    }
    return best;
}

static void queue_sink (timewarp_queue_t *self)
{
    uint32_t count = --self->heap_count, at = 0;
    timewarp_entry_t entry = self->heap[count];
    for (;;) {
        uint32_t first = at * QUEUE_ARITY + 1;
        if (first >= count)
            break;
        uint32_t end = first + QUEUE_ARITY < count ? first + QUEUE_ARITY : count;
        uint32_t best = queue_smallest (self, first, end);
        if (!queue_less (self, &self->heap[best], &entry))
            break;
        self->heap[at] = self->heap[best];
        at = best;
    }
    self->heap[at] = entry;
}

/*  The calendar ---------------------------------------------------------------------------------
 */

static inline uint64_t queue_day (const timewarp_queue_t *self, uint64_t time)
{
    double day = timewarp_time (time) * self->per_day;
    return day < QUEUE_DAY_LAST ? (uint64_t) (int64_t) day : (uint64_t) QUEUE_DAY_LAST;
}

static inline void queue_place (timewarp_queue_t *self, uint32_t event)
{
    timewarp_event_t *it = queue_event (self, event);
    uint64_t day = queue_day (self, it->time);
    if (day <= self->today) {
        queue_rise (self, (timewarp_entry_t){ it->time, event, it->target });
    } else if (day < self->end) {
        uint32_t *list = &self->days[day & self->mask];
        it->next = *list;
        *list = event;
        self->calendar_count++;
    } else {
        it->next = self->far;
        self->far = event;
        self->far_count++;
    }
}

void timewarp_queue_push (timewarp_queue_t *self, uint32_t event)
{
    base_assert (self->heap_count < self->events->capacity);
    queue_place (self, event);
}

static void queue_place_list (timewarp_queue_t *self, uint32_t list)
{
    while (list != TIMEWARP_NONE) {
        uint32_t next = queue_event (self, list)->next;
        queue_place (self, list);
        list = next;
    }
}

/*  Lays the calendar out from the first of the far days on. */
static void queue_turn (timewarp_queue_t *self)
{
    uint64_t first = UINT64_MAX;
    uint32_t list = self->far;
    base_assert (self->calendar_count == 0 && self->heap_count == 0);
    for (uint32_t at = list; at != TIMEWARP_NONE; at = queue_event (self, at)->next) {
        uint64_t day = queue_day (self, queue_event (self, at)->time);
        first = day < first ? day : first;
    }
    self->today = first;
    self->end = first + self->mask + 1;
    self->far = TIMEWARP_NONE;
    self->far_count = 0;
    queue_place_list (self, list);
}

bool timewarp_queue_dawn (timewarp_queue_t *self)
{
    self->ahead = TIMEWARP_NONE;
    if (self->calendar_count == 0) {
        if (self->far_count == 0)
            return false;
        queue_turn (self);
        return true;
    }
    uint32_t *list;
    do {
        self->today++;
        base_assert (self->today < self->end);
        list = &self->days[self->today & self->mask];
    } while (*list == TIMEWARP_NONE);
    for (uint32_t at = *list; at != TIMEWARP_NONE;) {
        const timewarp_event_t *it = queue_event (self, at);
        queue_rise (self, (timewarp_entry_t){ it->time, at, it->target });
        self->calendar_count--;
        at = it->next;
    }
    *list = TIMEWARP_NONE;
    if (self->today + 1 < self->end)
        self->ahead = self->days[(self->today + 1) & self->mask];
    return true;
}

uint32_t timewarp_queue_empty (timewarp_queue_t *self)
{
    uint32_t all = self->far;
    for (uint32_t i = 0; i < self->heap_count; i++) {
        queue_event (self, self->heap[i].event)->next = all;
        all = self->heap[i].event;
    }
    for (uint32_t i = 0; i <= self->mask && self->calendar_count > 0; i++) {
        for (uint32_t at = self->days[i], next; at != TIMEWARP_NONE; at = next) {
            next = queue_event (self, at)->next;
            queue_event (self, at)->next = all;
            all = at;
            self->calendar_count--;
        }
        self->days[i] = TIMEWARP_NONE;
    }
    self->heap_count = self->calendar_count = self->far_count = 0;
    self->far = self->ahead = TIMEWARP_NONE;
    return all;
}

/*  Everything out, and in again by days of another length. */
static void queue_rebuild (timewarp_queue_t *self, double day)
{
    uint32_t total = timewarp_queue_count (self), days = QUEUE_DAYS_MIN;
    uint64_t first = self->heap[0].time;
    uint32_t all = timewarp_queue_empty (self);
    while (days < total && days < QUEUE_DAYS_MAX)
        days *= 2;
    self->mask = days - 1;
    for (uint32_t i = 0; i < days; i++)
        self->days[i] = TIMEWARP_NONE;
    self->per_day = 1.0 / day;
    self->today = queue_day (self, first);
    self->end = self->today + days;
    queue_place_list (self, all);
}

/*  The heap is not empty. */
static void queue_look (timewarp_queue_t *self)
{
    double now = timewarp_time (self->heap[0].time), then = timewarp_time (self->taken_at);
    double day = (now - then) / self->taken * QUEUE_EVENTS_PER_DAY;
    self->taken = 0;
    self->taken_at = self->heap[0].time;
    if (day > now * 0x1p-40 && (day * self->per_day > 2.0 || day * self->per_day < 0.5))
        queue_rebuild (self, day);
}

double timewarp_queue_gap (const timewarp_queue_t *self)
{
    return self->per_day > 0.0 ? 1.0 / self->per_day / QUEUE_EVENTS_PER_DAY : 0.0;
}

/*  Tomorrow's events are a chain of misses of the cache; today's pops walk along it. */
static inline void queue_fetch (timewarp_queue_t *self)
{
    const timewarp_event_t *it = queue_event (self, self->ahead);
    __builtin_prefetch (self->processes + it->target * self->process_bytes, 1);
    self->ahead = it->next;
    if (self->ahead != TIMEWARP_NONE)
        __builtin_prefetch (queue_event (self, self->ahead), 1);
}

void timewarp_queue_pop (timewarp_queue_t *self)
{
    base_assert (self->heap_count > 0);
    queue_sink (self);
    if (self->ahead != TIMEWARP_NONE)
        queue_fetch (self);
    if (++self->taken >= QUEUE_LOOK_AFTER && self->heap_count > 0 &&
        self->taken >= timewarp_queue_count (self) / 4)
        queue_look (self);
}
