/*  What the last changes did, in the order in which they came here. When the ring is full the
   oldest eighth goes, and the floors of its rows say so: many at once, so that most changes find
   room and need not look at what they push out. */
#include "state/object.h"
#include "base/alloc.h"

enum { LOG_FIRST = 8, LOG_GOES = 8 /* its share of a full ring */ };

/*  An object of a few items needs no long memory. */
void state_log_limit (state_causal_t *self)
{
    uint32_t limit = STATE_LOG_MIN;
    while (limit < self->item_capacity / 16 && limit < STATE_LOG_MAX)
        limit *= 2;
    self->log.limit = limit;
}

static uint32_t log_oldest (const state_log_t *log)
{
    return (log->head - log->count) & (log->capacity - 1);
}

static mst_err_t log_grow (state_log_t *log, uint32_t capacity)
{
    base_assert ((capacity & (capacity - 1)) == 0 && capacity > log->count);
    state_log_entry_t *entries = base_alloc (capacity * sizeof *entries);
    if (!entries)
        return base_alloc_error ();
    for (uint32_t i = 0; i < log->count; i++)
        entries[i] = log->entries[(log_oldest (log) + i) & (log->capacity - 1)];
    base_free (log->entries);
    log->entries = entries;
    log->capacity = capacity;
    log->head = log->count;
    return MST_OK;
}

/*  So that `room` entries are free, at most an eighth of the ring: larger changes push out as they
    go. */
static void log_let_go (state_causal_t *self, uint32_t room)
{
    state_log_t *log = &self->log;
    uint32_t share = log->capacity / LOG_GOES;
    base_assert (log->count <= log->capacity && share > 0);
    if (log->capacity - log->count >= (room < share ? room : share))
        return;
    for (uint32_t i = 0, oldest = log_oldest (log); i < share; i++) {
        const state_log_entry_t *entry = &log->entries[(oldest + i) & (log->capacity - 1)];
        state_row_t *row = &self->rows[state_dot_row (entry->change)];
        if (row->floor < state_dot_count (entry->change))
            row->floor = state_dot_count (entry->change);
    }
    log->count -= share;
}

mst_err_t state_log_reserve (state_causal_t *self, uint32_t more)
{
    state_log_t *log = &self->log;
    if (log->capacity - log->count >= more)
        return MST_OK;
    uint32_t capacity = log->capacity ? log->capacity : LOG_FIRST;
    if (log->limit == 0)
        state_log_limit (self);
    while (capacity - log->count < more && capacity < log->limit)
        capacity *= 2;
    if (capacity > log->capacity)
        return log_grow (log, capacity);
    log_let_go (self, more);
    return MST_OK;
}

void state_log_put (state_causal_t *self, const state_log_entry_t *entry)
{
    state_log_t *log = &self->log;
    base_assert (log->capacity > 0);
    log_let_go (self, 1);
    log->entries[log->head] = *entry;
    log->head = (log->head + 1) & (log->capacity - 1);
    log->count++;
}

void state_log_add (state_causal_t *self, state_dot_t dot, uint32_t hash, state_dot_t replaced)
{
    base_assert (self->log.capacity > 0 && dot != replaced);
    if (replaced != 0 && state_log_renew (&self->log, replaced, dot))
        return;
    state_log_entry_t entry = { .change = dot, .dot = dot, .hash = hash, .form = STATE_LOG_ADD };
    state_log_put (self, &entry);
}

/*  Nobody asks for the changes of a forgotten replica again. Who lacks a change that removed
   something of it gets the whole state. */
void state_log_forget (state_causal_t *self, uint32_t row)
{
    state_log_t *log = &self->log;
    uint32_t kept = 0, oldest = log->capacity ? log_oldest (log) : 0;
    for (uint32_t i = 0; i < log->count; i++) {
        state_log_entry_t entry = log->entries[(oldest + i) & (log->capacity - 1)];
        state_row_t *changer = &self->rows[state_dot_row (entry.change)];
        bool goes = changer == &self->rows[row];
        if (!goes && state_dot_row (entry.dot) == row) {
            goes = true;
            if (changer->floor < state_dot_count (entry.change))
                changer->floor = state_dot_count (entry.change);
        }
        if (!goes)
            log->entries[(oldest + kept++) & (log->capacity - 1)] = entry;
    }
    base_assert (kept <= log->count);
    log->count = kept;
    if (log->capacity)
        log->head = (oldest + kept) & (log->capacity - 1);
}
