/*  Counters that stand alone: per replica how much it added and took, each only growing; the larger
    number is the newer one. Deltas have no gaps: an entry says it all. */
#include "state/object.h"
#include "base/alloc.h"

static uint32_t place_of (const state_counter_t *self, uint64_t replica)
{
    uint32_t low = 0, high = self->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (self->rows[middle].replica < replica)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool has (const state_counter_t *self, uint32_t place, uint64_t replica)
{
    return place < self->count && self->rows[place].replica == replica;
}

static mst_err_t rows_reserve (state_counter_t *self, uint32_t more)
{
    base_assert (self->count <= self->capacity);
    if (self->capacity - self->count >= more)
        return MST_OK;
    if (self->count + more > MST_CRDT_REPLICAS_MAX)
        return base_error (MST_E_LIMIT,
                           "MST_CRDT_REPLICAS_MAX (%d) is reached: forget departed replicas",
                           MST_CRDT_REPLICAS_MAX);
    uint32_t capacity =
        self->capacity * 2 > self->count + more ? self->capacity * 2 : self->count + more;
    state_tally_t *rows = base_realloc (self->rows, capacity * sizeof *rows);
    if (!rows)
        return base_alloc_error ();
    self->rows = rows;
    self->capacity = capacity;
    return MST_OK;
}

/*  Room is reserved. */
static state_tally_t *row_insert (state_counter_t *self, uint32_t place, uint64_t replica)
{
    base_assert (self->count < self->capacity && place <= self->count);
    memmove (&self->rows[place + 1], &self->rows[place],
             (self->count - place) * sizeof self->rows[0]);
    self->rows[place] = (state_tally_t){ .replica = replica };
    self->count++;
    if (self->own != STATE_NONE && self->own >= place)
        self->own++;
    return &self->rows[place];
}

static mst_err_t own_make (mst_crdt_t *crdt)
{
    state_counter_t *self = &crdt->as.counter;
    uint32_t place = place_of (self, crdt->replica);
    if (!has (self, place, crdt->replica)) {
        mst_err_t err = rows_reserve (self, 1);
        if (err)
            return err;
        (void) row_insert (self, place, crdt->replica);
    }
    self->own = place;
    return MST_OK;
}

static mst_err_t too_much (void)
{
    return base_error (MST_E_LIMIT, "one replica adds to a counter, or takes, at most 2^63 - 1");
}

mst_err_t state_counter_add (mst_crdt_t *crdt, uint64_t up, uint64_t down)
{
    state_counter_t *self = &crdt->as.counter;
    if (self->own == STATE_NONE) {
        mst_err_t err = up == 0 && down == 0 ? MST_OK : own_make (crdt);
        if (err || self->own == STATE_NONE)
            return err;
    }
    state_tally_t *row = &self->rows[self->own];
    if (up > INT64_MAX - row->up || down > INT64_MAX - row->down)
        return too_much ();
    row->up += up;
    row->down += down;
    return MST_OK;
}

mst_err_t state_counter_value (const mst_crdt_t *crdt, int64_t *value)
{
    __extension__ typedef __int128 wide_t;
    const state_counter_t *self = &crdt->as.counter;
    wide_t sum = 0;
    for (uint32_t i = 0; i < self->count; i++)
        sum += (wide_t) self->rows[i].up - self->rows[i].down;
    if (sum > INT64_MAX || sum < INT64_MIN)
        return base_error (MST_E_LIMIT, "the counter's value needs more than 64 bits");
    *value = (int64_t) sum;
    return MST_OK;
}

/*  A row of zeros was made for a change that failed; it says nothing. */
static bool row_tells (const state_tally_t *row)
{
    return row->up != 0 || row->down != 0;
}

size_t state_counter_version (const mst_crdt_t *crdt, mst_dot_t *dots, size_t max)
{
    const state_counter_t *self = &crdt->as.counter;
    size_t count = 0;
    for (uint32_t i = 0; i < self->count; i++) {
        const state_tally_t *row = &self->rows[i];
        if (!row_tells (row) || row->replica == 0)
            continue;
        if (count < max)
            dots[count] = (mst_dot_t){ row->replica, row->up + row->down };
        count++;
    }
    return count;
}

uint64_t state_counter_hash (const mst_crdt_t *crdt)
{
    const state_counter_t *self = &crdt->as.counter;
    uint64_t sum = crdt->type;
    for (uint32_t i = 0; i < self->count; i++)
        if (row_tells (&self->rows[i]))
            sum += state_hash_mix (state_hash_mix (self->rows[i].replica, self->rows[i].up),
                                   self->rows[i].down);
    return sum;
}

/*  Encoding ---------------------------------------------------------------------------------- */

static bool row_is_new (const state_tally_t *row, const mst_dot_t *dots, size_t count)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (dots[middle].replica < row->replica)
            low = middle + 1;
        else
            high = middle;
    }
    return low == count || dots[low].replica != row->replica ||
           dots[low].count < row->up + row->down;
}

mst_err_t state_counter_encode (const mst_crdt_t *crdt, const mst_dot_t *dots, size_t count,
                                bool delta, mst_bytes_t *bytes)
{
    const state_counter_t *self = &crdt->as.counter;
    bool both = crdt->type == MST_CRDT_PNCOUNTER;
    uint8_t *begin, *at;
    uint32_t rows = 0;
    mst_err_t err =
        state_bytes_room (bytes, STATE_HEAD_BYTES + self->count * sizeof (state_tally_t), &begin);
    if (err)
        return err;
    at = begin + STATE_HEAD_BYTES;
    for (uint32_t i = 0; i < self->count; i++) {
        const state_tally_t *row = &self->rows[i];
        if (!row_tells (row) || (delta && !row_is_new (row, dots, count)))
            continue;
        at = base_little_put64 (at, row->replica);
        at = base_little_put64 (at, row->up);
        if (both)
            at = base_little_put64 (at, row->down);
        rows++;
    }
    (void) state_head_put (crdt, begin, delta, rows);
    state_bytes_end (bytes, at);
    return MST_OK;
}

/*  Merging ----------------------------------------------------------------------------------- */

static state_tally_t row_at (const uint8_t *at, bool both)
{
    return (state_tally_t){ .replica = base_little_get64 (at),
                            .up = base_little_get64 (at + 8),
                            .down = both ? base_little_get64 (at + 16) : 0 };
}

/*  The same replicas on both sides, as it is most of the time: checked and joined in two short
 * loops. */
static bool rows_match (const mst_crdt_t *crdt, const uint8_t *at, uint32_t count)
{
    const state_counter_t *self = &crdt->as.counter;
    bool both = crdt->type == MST_CRDT_PNCOUNTER;
    uint64_t differs = self->count ^ count, high = 0, empty = 0;
    for (uint32_t i = 0; differs == 0 && i < count; i++, at += both ? 24 : 16) {
        state_tally_t row = row_at (at, both);
        differs |= row.replica ^ self->rows[i].replica;
        high |= row.up | row.down;
        empty |= (row.up | row.down) == 0;
    }
    return differs == 0 && high <= INT64_MAX && empty == 0;
}

static bool rows_raise (mst_crdt_t *crdt, const uint8_t *at, uint32_t count)
{
    state_counter_t *self = &crdt->as.counter;
    bool both = crdt->type == MST_CRDT_PNCOUNTER;
    uint64_t changed = 0;
    base_assert (self->count == count);
    for (uint32_t i = 0; i < count; i++, at += both ? 24 : 16) {
        state_tally_t row = row_at (at, both), *here = &self->rows[i];
        uint64_t up = row.up > here->up ? row.up : here->up;
        uint64_t down = row.down > here->down ? row.down : here->down;
        changed |= (up ^ here->up) | (down ^ here->down);
        here->up = up;
        here->down = down;
    }
    return changed != 0;
}

/*  Checks all rows; how many are of replicas that are not here. The forgotten (replica 0, first)
   may have more in all than one replica. */
static mst_err_t rows_check (const mst_crdt_t *crdt, const uint8_t *at, uint32_t count,
                             uint32_t *fresh)
{
    const state_counter_t *self = &crdt->as.counter;
    bool both = crdt->type == MST_CRDT_PNCOUNTER, bad = false;
    uint32_t place = 0, missing = 0;
    uint64_t last = 0;
    for (uint32_t i = 0; i < count; i++, at += both ? 24 : 16) {
        state_tally_t row = row_at (at, both);
        bad |= (row.replica <= last && i > 0) | (row.up > INT64_MAX) | (row.down > INT64_MAX) |
               ((row.up | row.down) == 0);
        last = row.replica;
        while (place < self->count && self->rows[place].replica < row.replica)
            place++;
        missing += !has (self, place, row.replica);
    }
    *fresh = missing;
    return bad ? state_malformed (crdt, "its entries are out of order or too large") : MST_OK;
}

static bool rows_join (mst_crdt_t *crdt, const uint8_t *at, uint32_t count)
{
    state_counter_t *self = &crdt->as.counter;
    bool both = crdt->type == MST_CRDT_PNCOUNTER, changed = false;
    uint32_t place = 0;
    for (uint32_t i = 0; i < count; i++, at += both ? 24 : 16) {
        state_tally_t row = row_at (at, both);
        while (place < self->count && self->rows[place].replica < row.replica)
            place++;
        state_tally_t *here = has (self, place, row.replica)
                                  ? &self->rows[place]
                                  : row_insert (self, place, row.replica);
        changed |= row.up > here->up || row.down > here->down;
        here->up = row.up > here->up ? row.up : here->up;
        here->down = row.down > here->down ? row.down : here->down;
    }
    return changed;
}

mst_err_t state_counter_merge (mst_crdt_t *crdt, state_reader_t *reader, bool *changed)
{
    state_counter_t *self = &crdt->as.counter;
    uint32_t count = state_take32 (reader), each = crdt->type == MST_CRDT_PNCOUNTER ? 24 : 16;
    uint32_t fresh;
    (void) state_take64 (reader); /* the forgotten, compared in crdt.c */
    if (count > MST_CRDT_REPLICAS_MAX || state_reader_left (reader) != (size_t) count * each)
        return state_malformed (crdt, "it is cut, or goes on behind its end");
    if (rows_match (crdt, reader->at, count)) {
        *changed = rows_raise (crdt, reader->at, count);
        return MST_OK;
    }
    mst_err_t err = rows_check (crdt, reader->at, count, &fresh);
    if (!err && fresh > 0)
        err = rows_reserve (self, fresh);
    if (err)
        return err;
    *changed = rows_join (crdt, reader->at, count);
    return MST_OK;
}

/*  What it counted goes to replica 0. */
mst_err_t state_counter_forget (mst_crdt_t *crdt, uint64_t replica)
{
    state_counter_t *self = &crdt->as.counter;
    uint32_t place = place_of (self, replica);
    if (!has (self, place, replica))
        return MST_OK;
    mst_err_t err = has (self, 0, 0) ? MST_OK : rows_reserve (self, 1);
    if (err)
        return err;
    state_tally_t *row = &self->rows[place];
    if (has (self, 0, 0) &&
        (row->up > INT64_MAX - self->rows[0].up || row->down > INT64_MAX - self->rows[0].down))
        return too_much ();
    if (!has (self, 0, 0)) {
        (void) row_insert (self, 0, 0);
        row = &self->rows[++place];
    }
    self->rows[0].up += row->up;
    self->rows[0].down += row->down;
    self->count--;
    memmove (row, row + 1, (self->count - place) * sizeof *row);
    if (self->own != STATE_NONE && self->own > place)
        self->own--;
    return MST_OK;
}
