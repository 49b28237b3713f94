/*  Changes that came before what they build on: an object's earlier changes, or, for causal ones,
   all that their author had seen. They are tried again whenever something else was applied. */
#include "state/store.h"
#include "base/alloc.h"

bool store_early_has (const mst_store_t *self, uint64_t origin, uint64_t number)
{
    BASE_LIST_EACH (&self->early, i) {
        const store_change_t *change = &self->early.items[i].change;
        if (change->number == number && change->origin == origin)
            return true;
    }
    return false;
}

mst_err_t store_early_put (mst_store_t *self, store_change_t *change, mst_dot_t missing)
{
    base_assert (change->data != NULL && change->number > 0);
    store_early_t early = { .change = *change, .missing = missing };
    if (self->early.count >= self->options.early_max) {
        store_change_free (change);
        self->stats.early_dropped++;
        return MST_OK; /* a comparison brings it */
    }
    if (BASE_LIST_PUSH (&self->early, early)) {
        store_change_free (change);
        return base_alloc_error ();
    }
    self->stats.early_now = self->early.count;
    if (self->stats.early_peak < self->early.count)
        self->stats.early_peak = self->early.count;
    return MST_OK;
}

static void early_remove (mst_store_t *self, size_t index)
{
    base_assert (index < self->early.count);
    self->early.count--;
    memmove (&self->early.items[index], &self->early.items[index + 1],
             (self->early.count - index) * sizeof self->early.items[0]);
    self->stats.early_now = self->early.count;
}

/*  Is what it waits for still not here? Cheap, and true for most. */
static bool still_waits (const mst_store_t *self, const store_early_t *early)
{
    return early->missing.replica != 0 && early->missing.count != 0 &&
           !store_origin_has (self, early->missing.replica, early->missing.count);
}

static mst_err_t early_try (mst_store_t *self, size_t index, bool *gone)
{
    base_assert (index < self->early.count);
    store_early_t *early = &self->early.items[index];
    store_record_t record;
    store_change_t change = early->change;
    *gone = false;
    bool known = store_origin_has (self, change.origin, change.number) ||
                 store_is_forgotten (self, change.origin);
    if (!known && still_waits (self, early))
        return MST_OK;
    bool good = store_record_read (change.data, change.size_bytes, &record);
    base_assert (good);
    mst_err_t err = known ? MST_OK : store_record_apply (self, &record, &early->missing);
    if (err == MST_E_STATE_GAP || err == MST_E_NO_MEMORY)
        return err == MST_E_NO_MEMORY ? err : MST_OK;
    *gone = true;
    early_remove (self, index);
    if (!err && !known)
        return store_change_keep (self, &change);
    store_change_free (&change);
    return err;
}

mst_err_t store_early_retry (mst_store_t *self)
{
    mst_err_t result = MST_OK;
    bool again = true;
    while (again) {
        again = false;
        for (size_t i = 0; i < self->early.count;) {
            bool gone;
            mst_err_t err = early_try (self, i, &gone);
            if (err == MST_E_NO_MEMORY)
                return err;
            result = result ? result : err;
            again |= gone;
            i += !gone;
        }
    }
    return result;
}

bool mst_store_missing (const mst_store_t *store, mst_dot_t *missing)
{
    if (store->early.count == 0)
        return false;
    *missing = store->early.items[0].missing;
    return true;
}

/*  Applying ---------------------------------------------------------------------------------- */

static mst_err_t needs_check (const mst_store_t *self, const store_record_t *record,
                              mst_dot_t *missing)
{
    for (uint32_t i = 0; i < record->need_count; i++) {
        const uint8_t *at = record->needs + (size_t) i * 16;
        *missing = (mst_dot_t){ base_little_get64 (at), base_little_get64 (at + 8) };
        uint32_t origin =
            missing->replica ? store_origin_find (self, missing->replica) : STATE_NONE;
        uint64_t here = origin == STATE_NONE ? 0 : self->origins.items[origin].prefix;
        if (missing->replica == 0 || missing->count <= here ||
            missing->replica == self->options.replica ||
            store_is_forgotten (self, missing->replica))
            continue;
        return MST_E_STATE_GAP;
    }
    return MST_OK;
}

/*  A change of an object waits for its author's earlier ones, as far as is known. */
static mst_err_t record_merge (mst_store_t *self, const store_record_t *record, mst_dot_t *missing)
{
    bool changed;
    mst_err_t err = store_merge (self, record->path, record->path_bytes, record->type, record->data,
                                 record->size_bytes, record->origin, &changed);
    *missing = (mst_dot_t){ 0, 0 };
    uint32_t origin = store_origin_find (self, record->origin);
    uint64_t prefix = origin == STATE_NONE ? 0 : self->origins.items[origin].prefix;
    if (err == MST_E_STATE_GAP && prefix + 1 < record->number)
        *missing = (mst_dot_t){ record->origin, prefix + 1 };
    return err;
}

mst_err_t store_record_apply (mst_store_t *self, const store_record_t *record, mst_dot_t *missing)
{
    uint32_t origin;
    base_assert (record->origin != 0 && record->number != 0);
    mst_err_t err = store_origin_make (self, record->origin, &origin);
    if (!err)
        err = needs_check (self, record, missing);
    if (!err)
        err = record_merge (self, record, missing);
    if (err == MST_E_STATE_GAP || err == MST_E_NO_MEMORY || err == MST_E_LIMIT)
        return err;
    if (!store_origin_has (self, record->origin, record->number)) {
        if (record->number - self->origins.items[origin].prefix > STORE_WINDOW)
            return err; /* that it is here becomes known by a comparison */
        store_origin_mark (&self->origins.items[origin], record->number);
    }
    self->stats.changes_applied += !err;
    return err; /* what is refused once is not waited for */
}
