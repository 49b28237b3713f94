/*  Messages come in runs of one sender, so the last one is looked at before the map. */
#include "log/tally.h"
#include "log/limits.h"
#include "base/alloc.h"
#include "base/error.h"

void log_tally_init (log_tally_t *self)
{
    base_assert (self != NULL);
    *self = (log_tally_t){ 0 };
    base_names_init (&self->places);
}

void log_tally_fini (log_tally_t *self)
{
    base_assert (self != NULL);
    BASE_LIST_EACH (&self->senders, i)
        base_free (self->senders.items[i].name);
    BASE_LIST_FINI (&self->senders);
    base_names_fini (&self->places);
}

static mst_err_t tally_add (log_tally_t *self, log_span_t name)
{
    base_assert (self != NULL);
    if (self->senders.count >= LOG_SENDERS_MAX)
        return base_error (MST_E_LIMIT, "a recording counts %d senders and no more",
                           LOG_SENDERS_MAX);
    if (BASE_LIST_ROOM (&self->senders))
        return MST_E_NO_MEMORY;
    log_sender_t sender = { .name_bytes = name.size_bytes, .first = UINT64_MAX };
    sender.name = base_strndup (name.data, name.size_bytes);
    if (!sender.name)
        return base_alloc_error ();
    mst_err_t err = base_names_set (&self->places, name.data, name.size_bytes, self->senders.count);
    if (err) {
        base_free (sender.name);
        return err;
    }
    BASE_LIST_PUT (&self->senders, sender);
    return MST_OK;
}

mst_err_t log_tally_sender (log_tally_t *self, log_span_t name, log_sender_t **sender)
{
    base_assert (self != NULL);
    base_assert (sender != NULL);
    uint64_t place = self->latest;
    if (!name.data)
        name = log_text ("");
    if (place >= self->senders.count ||
        !log_span_is (name, log_span (self->senders.items[place].name,
                                      self->senders.items[place].name_bytes))) {
        if (!base_names_get (&self->places, name.data, name.size_bytes, &place)) {
            mst_err_t err = tally_add (self, name);
            if (err)
                return err;
            place = self->senders.count - 1;
        }
    }
    base_assert (place < self->senders.count);
    self->latest = (size_t) place;
    *sender = &self->senders.items[place];
    return MST_OK;
}

void log_sender_count (log_sender_t *self, uint64_t sequence)
{
    base_assert (self != NULL);
    self->messages++;
    if (sequence < self->first)
        self->first = sequence;
    if (sequence > self->last)
        self->last = sequence;
}

uint64_t log_sender_missing (const log_sender_t *self)
{
    base_assert (self != NULL);
    if (self->messages == 0)
        return 0;
    uint64_t span = self->last - self->first; /* + 1, which may not fit */
    return span >= self->messages ? span - self->messages + 1 : 0;
}
