/*  Who asks for what, and what it gets. */
#include "state/sync_own.h"
#include "base/error.h"

void state_transfers_fini (mst_sync_t *self)
{
    base_assert (self != NULL);
    for (size_t i = 0; i < MST_SYNC_TRANSFERS_MAX; i++)
        base_buffer_fini (&self->transfers[i].payload);
    base_buffer_fini (&self->incoming.payload);
    base_assert (self->incoming.payload.data == NULL);
}

/*  Asking -------------------------------------------------------------------------------------- */

/*  Chunks of an answer that no longer fits would only be refused in the end. */
static void answer_drop_stale (mst_sync_t *self)
{
    const sync_head_t *head = &self->incoming.head;
    base_assert (self != NULL);
    if (head->whole_bytes == 0)
        return;
    bool newer = head->origin > self->origin ||
                 (head->origin == self->origin && head->target > self->version);
    if (newer && (head->kind == SYNC_KIND_FULL || head->base == self->version))
        return;
    self->incoming.head = (sync_head_t){ 0 };
    base_buffer_clear (&self->incoming.payload);
}

mst_err_t mst_sync_request (mst_sync_t *self, const void **data, size_t *size_bytes)
{
    base_assert (self != NULL);
    base_assert (data != NULL && size_bytes != NULL);
    answer_drop_stale (self);
    const sync_head_t *partial = &self->incoming.head;
    const sync_head_t head = { .kind = SYNC_KIND_REQUEST,
                               .type = self->options.type,
                               .origin = self->origin,
                               .base = self->version,
                               .target = partial->target,
                               .sum = partial->sum,
                               .plain_bytes = partial->plain_bytes,
                               .whole_bytes = partial->whole_bytes,
                               .offset = self->incoming.payload.size_bytes };
    mst_err_t err = state_message_write (self, &head, NULL, 0);
    *data = self->out.data;
    *size_bytes = err ? 0 : self->out.size_bytes;
    return err;
}

/*  Making ---------------------------------------------------------------------------------------
 */

/*  What a value costs in a payload, roughly: for the choice between delta and whole state. */
static size_t answer_delta_bytes (const mst_sync_t *self, const sync_changes_t *changes)
{
    size_t bytes = 0;
    base_assert (changes != NULL);
    BASE_LIST_EACH (changes, i) {
        base_assert (changes->items[i].slot < self->table.slots.count);
        bytes += self->table.slots.items[changes->items[i].slot].value.size_bytes;
    }
    return bytes;
}

static bool answer_prefers_full (const mst_sync_t *self, mst_sync_strategy_t strategy,
                                 const sync_changes_t *changes)
{
    size_t bytes = answer_delta_bytes (self, changes);
    base_assert (strategy != MST_SYNC_DEFAULT);
    if (bytes > self->options.delta_bytes_max)
        return true;
    return strategy == MST_SYNC_ADAPTIVE && bytes >= self->table.bytes / 2 && bytes > 0 &&
           changes->count >= self->table.slots.count / 2;
}

/*  The payload that takes a receiver from `base` to what stands, plain. */
static mst_err_t answer_payload (mst_sync_t *self, uint64_t base, mst_sync_strategy_t strategy,
                                 sync_head_t *head)
{
    sync_changes_t changes = { 0 };
    mst_err_t err = MST_OK;
    bool full = strategy == MST_SYNC_FULL || base == 0 || !state_history_has (self, base);
    base_assert (base < self->version);
    if (!full) {
        err = state_history_changes (self, base, &changes);
        full = !err && answer_prefers_full (self, strategy, &changes);
    }
    *head = (sync_head_t){ .kind = full ? SYNC_KIND_FULL : SYNC_KIND_DELTA,
                           .type = self->options.type,
                           .origin = self->origin,
                           .base = full ? 0 : base,
                           .target = self->version,
                           .committed_ns = self->committed_ns,
                           .sum = self->table.sum };
    if (!err)
        err = full ? state_payload_full (self) : state_payload_delta (self, &changes);
    BASE_LIST_FINI (&changes);
    if (!err) {
        self->statistics.answers++;
        self->statistics.state_bytes_out += self->table.bytes;
        *(full ? &self->statistics.fulls : &self->statistics.deltas) += 1;
    }
    return err;
}

/*  Sums and slots of a version are not to be had once the next one is begun. */
static mst_err_t answer_settled (const mst_sync_t *self)
{
    base_assert (self != NULL);
    if (self->pending.list.count == 0)
        return MST_OK;
    return base_error (MST_E_INVALID_ARGUMENT,
                       "%zu changed paths are not committed: commit before answering",
                       (size_t) self->pending.list.count);
}

static sync_transfer_t *answer_transfer_oldest (mst_sync_t *self)
{
    sync_transfer_t *oldest = &self->transfers[0];
    base_assert (self != NULL);
    for (size_t i = 1; i < MST_SYNC_TRANSFERS_MAX; i++)
        if (self->transfers[i].used < oldest->used)
            oldest = &self->transfers[i];
    return oldest;
}

/*  The transfer whose first part the asker has already. */
static sync_transfer_t *answer_transfer_find (mst_sync_t *self, const sync_head_t *request)
{
    base_assert (request->kind == SYNC_KIND_REQUEST);
    for (size_t i = 0; i < MST_SYNC_TRANSFERS_MAX; i++) {
        const sync_head_t *head = &self->transfers[i].head;
        if (head->whole_bytes > 0 && head->whole_bytes == request->whole_bytes &&
            head->plain_bytes == request->plain_bytes && head->target == request->target &&
            head->sum == request->sum && head->origin == self->origin &&
            (head->kind == SYNC_KIND_FULL || head->base == request->base))
            return &self->transfers[i];
    }
    return NULL;
}

static mst_err_t answer_chunk (mst_sync_t *self, sync_transfer_t *transfer, uint64_t offset)
{
    base_assert (offset < transfer->head.whole_bytes);
    base_assert (transfer->payload.size_bytes == transfer->head.whole_bytes);
    size_t left = transfer->payload.size_bytes - (size_t) offset;
    size_t part = left < self->options.chunk_bytes ? left : self->options.chunk_bytes;
    sync_head_t head = transfer->head;
    head.offset = offset;
    transfer->used = ++self->transfer_clock;
    self->statistics.chunks++;
    return state_message_write (self, &head, transfer->payload.data + offset, part);
}

static mst_err_t answer_incremental (mst_sync_t *self, uint64_t base, mst_sync_strategy_t strategy)
{
    sync_transfer_t *transfer = answer_transfer_oldest (self);
    sync_head_t head;
    base_assert (transfer != NULL);
    base_assert (base < self->version);
    mst_err_t err = answer_payload (self, base, strategy, &head);
    transfer->head = (sync_head_t){ 0 };
    if (!err)
        err = state_message_pack (self, &head, &transfer->payload);
    if (err)
        return err;
    transfer->head = head;
    return answer_chunk (self, transfer, 0);
}

/*  One message, whatever its size: packed beside, since the head stands before it. */
static mst_err_t answer_single (mst_sync_t *self, uint64_t base, mst_sync_strategy_t strategy)
{
    sync_transfer_t *scratch = answer_transfer_oldest (self);
    sync_head_t head;
    base_assert (scratch != NULL);
    mst_err_t err = answer_payload (self, base, strategy, &head);
    scratch->head = (sync_head_t){ 0 };
    scratch->used = 0;
    if (!err)
        err = state_message_pack (self, &head, &scratch->payload);
    if (!err)
        err = state_message_write (self, &head, scratch->payload.data, scratch->payload.size_bytes);
    return err;
}

mst_err_t state_answer_full (mst_sync_t *self)
{
    base_assert (self != NULL);
    base_assert (self->version > 0);
    return answer_single (self, 0, MST_SYNC_FULL);
}

static mst_err_t answer_snapshot (mst_sync_t *self, uint64_t base)
{
    const sync_snapshot_t *snapshot = NULL;
    base_assert (base < self->version);
    mst_err_t err = state_snapshot_for (self, base, &snapshot);
    if (err || !snapshot)
        return err ? err : answer_single (self, base, MST_SYNC_DELTA);
    base_buffer_clear (&self->out);
    err = base_buffer_append (&self->out, snapshot->message.data, snapshot->message.size_bytes);
    if (err)
        return err;
    self->statistics.answers++;
    self->statistics.snapshots++;
    self->statistics.bytes_out += self->out.size_bytes;
    self->statistics.state_bytes_out += self->table.bytes;
    return MST_OK;
}

/*  In chunks when the strategy says so. */
static mst_err_t answer_make (mst_sync_t *self, uint64_t base, mst_sync_strategy_t strategy,
                              bool chunks)
{
    base_assert (strategy > MST_SYNC_DEFAULT && strategy <= MST_SYNC_ADAPTIVE);
    if (strategy == MST_SYNC_SNAPSHOT)
        return answer_snapshot (self, base);
    bool large = self->table.bytes > self->options.chunk_bytes;
    if (chunks && (strategy == MST_SYNC_INCREMENTAL || (strategy == MST_SYNC_ADAPTIVE && large)))
        return answer_incremental (self, base, strategy);
    return answer_single (self, base, strategy);
}

mst_err_t mst_sync_make (mst_sync_t *self, uint64_t base, mst_sync_strategy_t strategy,
                         const void **data, size_t *size_bytes)
{
    base_assert (self != NULL);
    base_assert (data != NULL && size_bytes != NULL);
    *size_bytes = 0;
    *data = NULL;
    if (strategy < MST_SYNC_DEFAULT || strategy > MST_SYNC_ADAPTIVE)
        return base_error (MST_E_INVALID_ARGUMENT, "%d is no strategy of a synchroniser",
                           (int) strategy);
    mst_err_t err = answer_settled (self);
    if (err || base >= self->version)
        return err;
    err = answer_make (self, base, strategy ? strategy : self->options.strategy, false);
    if (err)
        return err;
    *data = self->out.data;
    *size_bytes = self->out.size_bytes;
    return MST_OK;
}

/*  What the asker has, as far as this replica knows it. */
static uint64_t answer_base (const mst_sync_t *self, const sync_head_t *request)
{
    base_assert (request->kind == SYNC_KIND_REQUEST);
    return request->origin == self->origin ? request->base : 0;
}

mst_err_t mst_sync_answer (mst_sync_t *self, const void *request, size_t request_bytes,
                           const void **data, size_t *size_bytes)
{
    sync_head_t head;
    const uint8_t *part;
    size_t part_bytes;

    base_assert (self != NULL);
    base_assert (data != NULL && size_bytes != NULL);
    *size_bytes = 0;
    *data = NULL;
    mst_err_t err = answer_settled (self);
    if (!err)
        err = state_message_read (self, request, request_bytes, &head, &part, &part_bytes);
    if (!err && head.kind != SYNC_KIND_REQUEST)
        err = state_sync_refuse (self, SYNC_REFUSED_MALFORMED, "this is no request");
    if (err)
        return err;
    uint64_t base = answer_base (self, &head);
    if (head.origin > self->origin || base >= self->version)
        return MST_OK;
    sync_transfer_t *transfer = answer_transfer_find (self, &head);
    if (transfer && head.offset < head.whole_bytes)
        err = answer_chunk (self, transfer, head.offset);
    else
        err = answer_make (self, base, self->options.strategy, true);
    if (err)
        return err;
    *data = self->out.data;
    *size_bytes = self->out.size_bytes;
    return MST_OK;
}
