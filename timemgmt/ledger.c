/*  The monotone queue behind a ledger. One entry is kept in place, as most pairs never have more;
    a ring on the heap follows. */
#include "timemgmt/ledger.h"
#include "base/alloc.h"
#include "base/error.h"

enum { LEDGER_FIRST_RING = 4 };

void timemgmt_ledger_init (timemgmt_ledger_t *self)
{
    base_assert (self != NULL);
    *self = (timemgmt_ledger_t){ 0 };
}

void timemgmt_ledger_fini (timemgmt_ledger_t *self)
{
    base_assert (self != NULL);
    base_free (self->entries);
    *self = (timemgmt_ledger_t){ 0 };
}

static timemgmt_ledger_entry_t *ledger_at (timemgmt_ledger_t *self, uint32_t position)
{
    base_assert (position < self->count);
    if (!self->entries)
        return &self->first;
    return &self->entries[(self->head + position) & (self->capacity - 1)];
}

static bool ledger_grow (timemgmt_ledger_t *self)
{
    uint32_t capacity = self->entries ? self->capacity * 2 : LEDGER_FIRST_RING;
    base_assert ((capacity & (capacity - 1)) == 0);
    timemgmt_ledger_entry_t *entries = base_alloc (capacity * sizeof *entries);
    if (!entries)
        return false;
    for (uint32_t i = 0; i < self->count; i++)
        entries[i] = *ledger_at (self, i);
    base_free (self->entries);
    self->entries = entries;
    self->capacity = capacity;
    self->head = 0;
    base_assert (self->count < self->capacity);
    return true;
}

/*  Room for one more, within the limit? */
static bool ledger_room (timemgmt_ledger_t *self, uint32_t limit)
{
    base_assert (limit >= 1);
    if (self->count == 0)
        return true;
    if (self->count >= limit)
        return false;
    uint32_t capacity = self->entries ? self->capacity : 1;
    base_assert (self->count <= capacity);
    return self->count < capacity || ledger_grow (self);
}

void timemgmt_ledger_add (timemgmt_ledger_t *self, uint64_t sequence, int64_t stamp, uint32_t limit)
{
    base_assert (self != NULL && sequence > self->reported);
    base_assert (stamp != TIMEMGMT_KEY_NONE);
    self->reported = sequence;
    base_assert (timemgmt_ledger_min_sequence (self) < sequence);
    /*  The data may have come before the news of it. */
    if (sequence <= self->acknowledged || stamp == TIMEMGMT_KEY_MAX)
        return;
    while (self->count > 0 && ledger_at (self, self->count - 1)->stamp >= stamp)
        self->count--;
    if (ledger_room (self, limit)) {
        self->count++;
        *ledger_at (self, self->count - 1) = (timemgmt_ledger_entry_t){ sequence, stamp };
    } else
        ledger_at (self, self->count - 1)->sequence = sequence;
}

void timemgmt_ledger_acknowledge (timemgmt_ledger_t *self, uint64_t sequence)
{
    base_assert (self != NULL);
    if (sequence <= self->acknowledged)
        return;
    self->acknowledged = sequence;
    while (self->count > 0 && ledger_at (self, 0)->sequence <= sequence) {
        if (self->entries)
            self->head = (self->head + 1) & (self->capacity - 1);
        self->count--;
    }
    base_assert (self->count == 0 || timemgmt_ledger_open (self));
}

uint64_t timemgmt_ledger_min_sequence (const timemgmt_ledger_t *self)
{
    base_assert (self != NULL);
    if (self->count == 0)
        return 0;
    uint64_t sequence = self->entries ? self->entries[self->head].sequence : self->first.sequence;
    base_assert (sequence > self->acknowledged);
    return sequence;
}
