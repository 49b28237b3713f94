/*  Open intervals stand in a short sorted list; nearly every message belongs to the last of them.
 */
#include "log/chain.h"
#include "log/crc32.h"
#include "log/limits.h"
#include "base/error.h"

enum { CHAIN_INPUT_BYTES = 48 };

void log_chain_init (log_chain_t *self, int64_t length)
{
    base_assert (self != NULL);
    base_assert (length > 0);
    *self = (log_chain_t){ .length = length, .floor = INT64_MIN };
}

void log_chain_fini (log_chain_t *self)
{
    base_assert (self != NULL);
    BASE_LIST_FINI (&self->open);
}

int64_t log_chain_interval (const log_chain_t *self, int64_t time)
{
    base_assert (self->length > 0);
    int64_t quotient = time / self->length;
    return time % self->length < 0 ? quotient - 1 : quotient;
}

/*  Where the interval stands, or where it would be put. */
static size_t chain_place (const log_chain_t *self, int64_t interval)
{
    base_assert (self != NULL);
    size_t place = self->open.count;
    while (place > 0 && self->open.items[place - 1].interval >= interval)
        place--;
    return place;
}

static bool chain_has (const log_chain_t *self, size_t place, int64_t interval)
{
    base_assert (self != NULL);
    return place < self->open.count && self->open.items[place].interval == interval;
}

mst_err_t log_chain_room (log_chain_t *self, int64_t time)
{
    base_assert (self != NULL);
    int64_t interval = log_chain_interval (self, time);
    size_t place = chain_place (self, interval);
    base_assert (place <= self->open.count);
    if (interval < self->floor || chain_has (self, place, interval))
        return MST_OK;
    if (self->open.count >= LOG_OPEN_INTERVALS_MAX)
        return base_error (MST_E_LIMIT,
                           "%d intervals of the log chain are open; close them as time is granted",
                           LOG_OPEN_INTERVALS_MAX);
    if (BASE_LIST_ROOM (&self->open))
        return MST_E_NO_MEMORY;
    memmove (self->open.items + place + 1, self->open.items + place,
             (self->open.count - place) * sizeof *self->open.items);
    self->open.items[place] = (log_interval_t){ .interval = interval };
    self->open.count++;
    return MST_OK;
}

void log_chain_add (log_chain_t *self, int64_t time, log_hash_t hash, uint64_t log_time_ns)
{
    base_assert (self != NULL);
    int64_t interval = log_chain_interval (self, time);
    if (interval < self->floor) {
        self->late++;
        return;
    }
    size_t place = chain_place (self, interval);
    base_assert (chain_has (self, place, interval)); /* log_chain_room made it */
    log_interval_t *open = &self->open.items[place];
    open->count++;
    open->sum = log_hash_sum (open->sum, hash);
    if (log_time_ns > open->log_time_ns)
        open->log_time_ns = log_time_ns;
}

log_hash_t log_chain_hash (uint32_t class_seed, const void *body, size_t size_bytes)
{
    base_assert (body != NULL);
    return log_hash (body, size_bytes, class_seed);
}

uint32_t log_chain_seed (log_span_t class_name)
{
    return log_crc32 (0, class_name.data, class_name.size_bytes);
}

log_hash_t log_chain_next (log_hash_t before, const log_link_t *link)
{
    base_assert (link != NULL);
    uint8_t input[CHAIN_INPUT_BYTES], *at = input;
    at = log_put_u64 (at, before.low);
    at = log_put_u64 (at, before.high);
    at = log_put_u64 (at, (uint64_t) link->interval);
    at = log_put_u64 (at, link->count);
    at = log_put_u64 (at, link->sum.low);
    at = log_put_u64 (at, link->sum.high);
    base_assert (at == input + sizeof input);
    return log_hash (input, sizeof input, 0);
}

bool log_chain_close (log_chain_t *self, int64_t end, log_link_t *link, uint64_t *log_time_ns)
{
    base_assert (self != NULL);
    base_assert (link != NULL);
    base_assert (log_time_ns != NULL);
    while (self->open.count > 0 && self->open.items[0].interval < end) {
        log_interval_t first = self->open.items[0];
        self->open.count--;
        memmove (self->open.items, self->open.items + 1,
                 self->open.count * sizeof *self->open.items);
        if (first.count == 0) /* room was made, and the message did not come */
            continue;
        *link = (log_link_t){
            .interval = first.interval, .count = first.count, .late = self->late, .sum = first.sum
        };
        link->value = self->value = log_chain_next (self->value, link);
        self->late = 0;
        base_assert (first.interval >= self->floor);
        self->floor = first.interval + 1;
        *log_time_ns = first.log_time_ns;
        return true;
    }
    if (end > self->floor)
        self->floor = end;
    return false;
}
