/*  Claims as bytes: a record each, and a set of claims as records one behind the other.

        'C' format kind   node number stamp priority   subject   (low high)   seen   data   CRC-32C
        'W' format        node number                                                       CRC-32C

    Numbers of 7 bits a byte (priority zigzag), texts and data with their length before them, six
    doubles of a region as 64 bits each, big-endian. In a set a record has its length before it, and
    records stand in order of node and number, claims first. */
#include "state/conflict_own.h"
#include "state/sync_bytes.h"
#include "base/alloc.h"
#include "base/crc32c.h"
#include "base/error.h"
#include "wire/pack.h"

#include <stdlib.h>
#include <string.h>

enum { CODEC_CRC_BYTES = 4, CODEC_NUMBERS = 8 };

static void codec_seal (base_buffer_t *out, size_t from, uint8_t *at)
{
    size_t size_bytes = (size_t) (at - (out->data + from));
    base_assert (from <= out->size_bytes);
    uint32_t crc = base_crc32c (0, out->data + from, size_bytes);
    (void) wire_put_be32 (at, crc);
    out->size_bytes = from + size_bytes + CODEC_CRC_BYTES;
    base_assert (out->size_bytes <= out->capacity_bytes);
}

static uint8_t *codec_doubles (uint8_t *at, const double values[3])
{
    base_assert (at != NULL);
    for (int axis = 0; axis < 3; axis++) {
        uint64_t bits;
        memcpy (&bits, &values[axis], sizeof bits);
        at = wire_put_be64 (at, bits);
    }
    return at;
}

mst_err_t state_conflict_write (const mst_claim_t *claim, base_buffer_t *out)
{
    size_t length = strlen (claim->subject), from = out->size_bytes;
    base_assert (claim->seen != NULL || claim->seen_count == 0);
    mst_err_t err = base_buffer_reserve (
        out, 3 + (CODEC_NUMBERS + 2u * claim->seen_count) * STATE_VARINT_MAX + length +
                 6 * sizeof (double) + claim->size_bytes + CODEC_CRC_BYTES);
    if (err)
        return err;
    uint8_t *at = out->data + from;
    *at++ = CONFLICT_RECORD_CLAIM;
    *at++ = CONFLICT_FORMAT;
    *at++ = (uint8_t) claim->kind;
    at = state_put_varint (at, claim->node);
    at = state_put_varint (at, claim->number);
    at = state_put_varint (at, claim->stamp);
    at = state_put_varint (at, state_zigzag (claim->priority));
    at = state_put_varint (at, length);
    memcpy (at, claim->subject, length);
    at += length;
    if (claim->kind == MST_CLAIM_REGION)
        at = codec_doubles (codec_doubles (at, claim->low), claim->high);
    at = state_put_varint (at, claim->seen_count);
    for (uint32_t i = 0; i < claim->seen_count; i++) {
        at = state_put_varint (at, claim->seen[i].replica);
        at = state_put_varint (at, claim->seen[i].count);
    }
    at = state_put_varint (at, claim->size_bytes);
    if (claim->size_bytes > 0)
        memcpy (at, claim->data, claim->size_bytes);
    codec_seal (out, from, at + claim->size_bytes);
    return MST_OK;
}

mst_err_t state_conflict_write_withdrawal (uint64_t node, uint64_t number, base_buffer_t *out)
{
    size_t from = out->size_bytes;
    base_assert (out != NULL);
    mst_err_t err = base_buffer_reserve (out, 2 + 2 * STATE_VARINT_MAX + CODEC_CRC_BYTES);
    if (err)
        return err;
    uint8_t *at = out->data + from;
    *at++ = CONFLICT_RECORD_WITHDRAWAL;
    *at++ = CONFLICT_FORMAT;
    at = state_put_varint (at, node);
    codec_seal (out, from, state_put_varint (at, number));
    base_assert (out->size_bytes > from);
    return MST_OK;
}

/*  The caller's bytes have the shape of a buffer. */
mst_err_t state_conflict_hand_out (const base_buffer_t *record, mst_bytes_t *bytes)
{
    base_buffer_t grown = { bytes->data, bytes->size_bytes, bytes->capacity_bytes };
    base_assert (record->size_bytes > 0);
    mst_err_t err = base_buffer_append (&grown, record->data, record->size_bytes);
    *bytes = (mst_bytes_t){ grown.data, grown.size_bytes, grown.capacity_bytes };
    return err;
}

/*  Reading ------------------------------------------------------------------------------------- */

/*  A record, read: `claim` points into the bytes, but for the subject and what it has seen. */
typedef struct codec_record {
    bool withdrawal;
    mst_claim_t claim;
    char subject[MST_CLAIM_SUBJECT_MAX + 1];
    mst_dot_t *seen; /* owned */
} codec_record_t;

static mst_err_t codec_malformed (const char *what)
{
    base_assert (what != NULL);
    return base_error (MST_E_MALFORMED, "a claim does not decode: %s", what);
}

static void codec_take_doubles (state_cursor_t *cursor, double values[3])
{
    base_assert (values != NULL);
    for (int axis = 0; axis < 3; axis++) {
        const uint8_t *bytes = state_take_bytes (cursor, sizeof (double));
        uint64_t bits = 0;
        for (size_t i = 0; bytes && i < sizeof bits; i++)
            bits = bits << 8 | bytes[i];
        memcpy (&values[axis], &bits, sizeof bits);
    }
}

static mst_err_t codec_take_seen (state_cursor_t *cursor, codec_record_t *record)
{
    uint64_t count = state_take_varint (cursor);
    base_assert (record->seen == NULL);
    if (count > MST_CLAIM_SEEN_MAX || count > (uint64_t) (cursor->end - cursor->at))
        return codec_malformed ("what it has seen");
    record->seen = base_calloc (count + 1, sizeof *record->seen);
    if (!record->seen)
        return base_alloc_error ();
    for (uint64_t i = 0; i < count; i++) {
        record->seen[i].replica = state_take_varint (cursor);
        record->seen[i].count = state_take_varint (cursor);
    }
    record->claim.seen = record->seen;
    record->claim.seen_count = (uint32_t) count;
    return MST_OK;
}

static mst_err_t codec_claim (state_cursor_t *cursor, codec_record_t *record)
{
    mst_claim_t *claim = &record->claim;
    const uint8_t *kind = state_take_bytes (cursor, 1);
    base_assert (!record->withdrawal);
    claim->kind = kind ? (mst_claim_kind_t) *kind : 0;
    claim->node = state_take_varint (cursor);
    claim->number = state_take_varint (cursor);
    claim->stamp = state_take_varint (cursor);
    claim->priority = state_unzigzag (state_take_varint (cursor));
    uint64_t length = state_take_varint (cursor);
    const uint8_t *subject = state_take_bytes (cursor, length);
    if (!subject || length > MST_CLAIM_SUBJECT_MAX || memchr (subject, 0, length))
        return codec_malformed ("its subject");
    memcpy (record->subject, subject, length);
    record->subject[length] = '\0';
    claim->subject = record->subject;
    if (claim->kind == MST_CLAIM_REGION) {
        codec_take_doubles (cursor, claim->low);
        codec_take_doubles (cursor, claim->high);
    }
    mst_err_t err = codec_take_seen (cursor, record);
    if (err)
        return err;
    uint64_t size_bytes = state_take_varint (cursor);
    claim->data = state_take_bytes (cursor, size_bytes);
    if (cursor->bad || cursor->at != cursor->end || size_bytes > MST_CLAIM_DATA_MAX)
        return codec_malformed ("its data, or what lies behind");
    claim->size_bytes = (uint32_t) size_bytes;
    return state_conflict_check (claim) ? codec_malformed (mst_error_text ()) : MST_OK;
}

static mst_err_t codec_read (const uint8_t *data, size_t size_bytes, uint64_t latest_stamp,
                             codec_record_t *record)
{
    base_assert (record != NULL);
    *record = (codec_record_t){ .withdrawal = false };
    if (size_bytes < 2 + CODEC_CRC_BYTES)
        return codec_malformed ("it is cut");
    state_cursor_t cursor = { data + 2, data + size_bytes - CODEC_CRC_BYTES, false };
    uint32_t said = (uint32_t) cursor.end[0] << 24 | (uint32_t) cursor.end[1] << 16 |
                    (uint32_t) cursor.end[2] << 8 | cursor.end[3];
    if (base_crc32c (0, data, size_bytes - CODEC_CRC_BYTES) != said)
        return codec_malformed ("its checksum fails");
    if (data[1] != CONFLICT_FORMAT)
        return base_error (MST_E_VERSION, "a claim of format %u came, this arbiter knows %d",
                           data[1], CONFLICT_FORMAT);
    if (data[0] == CONFLICT_RECORD_CLAIM) {
        mst_err_t err = codec_claim (&cursor, record);
        if (!err && latest_stamp > 0 && record->claim.stamp > latest_stamp)
            err = base_error (MST_E_CLOCK_AHEAD,
                              "a claim of node %llu lies %.3f s ahead of what clocks may drift",
                              (unsigned long long) record->claim.node,
                              (double) (record->claim.stamp - latest_stamp) / 4294967296.0);
        return err;
    }
    if (data[0] != CONFLICT_RECORD_WITHDRAWAL)
        return codec_malformed ("it is neither a claim nor a withdrawal");
    record->withdrawal = true;
    record->claim.node = state_take_varint (&cursor);
    record->claim.number = state_take_varint (&cursor);
    bool good = !cursor.bad && cursor.at == cursor.end && record->claim.node > 0 &&
                record->claim.number > 0;
    return good ? MST_OK : codec_malformed ("its withdrawal");
}

/*  Reads, and takes when told to. */
static mst_err_t codec_take (mst_arbiter_t *self, const uint8_t *data, size_t size_bytes,
                             uint64_t latest_stamp, bool take)
{
    codec_record_t record;
    base_assert (self != NULL);
    mst_err_t err = codec_read (data, size_bytes, latest_stamp, &record);
    if (!err && take)
        err = record.withdrawal
                  ? state_conflict_withdraw (self, record.claim.node, record.claim.number)
                  : state_conflict_add (self, &record.claim);
    base_free (record.seen);
    return err;
}

mst_err_t mst_arbiter_take (mst_arbiter_t *self, const void *data, size_t size_bytes,
                            uint64_t latest_stamp)
{
    base_assert (self != NULL);
    base_assert (data != NULL || size_bytes == 0);
    mst_err_t err = codec_take (self, data, size_bytes, latest_stamp, true);
    self->refused += err != MST_OK;
    return err;
}

/*  Sets ---------------------------------------------------------------------------------------- */

static int codec_by_id (const void *a, const void *b)
{
    const mst_claim_t *left = *(const mst_claim_t *const *) a;
    const mst_claim_t *right = *(const mst_claim_t *const *) b;
    if (left->node != right->node)
        return left->node < right->node ? -1 : 1;
    return left->number < right->number ? -1 : left->number > right->number;
}

/*  A record with its length before it. */
static mst_err_t codec_append (base_buffer_t *record, mst_err_t written, mst_bytes_t *bytes)
{
    uint8_t length[STATE_VARINT_MAX];
    base_assert (record != NULL);
    if (written)
        return written;
    const base_buffer_t head = { length,
                                 (size_t) (state_put_varint (length, record->size_bytes) - length),
                                 sizeof length };
    mst_err_t err = state_conflict_hand_out (&head, bytes);
    if (!err)
        err = state_conflict_hand_out (record, bytes);
    base_buffer_clear (record);
    return err;
}

static mst_err_t codec_claims (const mst_arbiter_t *self, base_buffer_t *record, mst_bytes_t *bytes)
{
    const mst_claim_t **sorted = base_calloc (self->claims.count + 1, sizeof *sorted);
    mst_err_t err = sorted ? MST_OK : base_alloc_error ();
    for (size_t i = 0; !err && i < self->claims.count; i++)
        sorted[i] = &self->claims.items[i].claim;
    if (!err)
        qsort (sorted, self->claims.count, sizeof *sorted, codec_by_id);
    for (size_t i = 0; !err && i < self->claims.count; i++)
        err = codec_append (record, state_conflict_write (sorted[i], record), bytes);
    base_free (sorted);
    base_assert (err || record->size_bytes == 0);
    return err;
}

static int codec_by_dot (const void *a, const void *b)
{
    const mst_dot_t *left = a, *right = b;
    if (left->replica != right->replica)
        return left->replica < right->replica ? -1 : 1;
    return left->count < right->count ? -1 : left->count > right->count;
}

static mst_err_t codec_withdrawals (const mst_arbiter_t *self, base_buffer_t *record,
                                    mst_bytes_t *bytes)
{
    size_t count = self->withdrawals.count;
    mst_dot_t *sorted = base_calloc (count + 1, sizeof *sorted);
    mst_err_t err = sorted ? MST_OK : base_alloc_error ();
    for (size_t i = 0; !err && i < count; i++) {
        base_assert (self->withdrawals.entries[i].size_bytes == CONFLICT_ID_BYTES);
        memcpy (&sorted[i], self->withdrawals.entries[i].text, sizeof sorted[i]);
    }
    if (!err)
        qsort (sorted, count, sizeof *sorted, codec_by_dot);
    for (size_t i = 0; !err && i < count; i++)
        err = codec_append (
            record, state_conflict_write_withdrawal (sorted[i].replica, sorted[i].count, record),
            bytes);
    base_free (sorted);
    return err;
}

mst_err_t mst_arbiter_encode (const mst_arbiter_t *self, mst_bytes_t *bytes)
{
    base_buffer_t record = { 0 };
    size_t before = bytes->size_bytes;
    base_assert (self != NULL);
    mst_err_t err = codec_claims (self, &record, bytes);
    if (!err)
        err = codec_withdrawals (self, &record, bytes);
    if (err)
        bytes->size_bytes = before;
    base_buffer_fini (&record);
    return err;
}

static mst_err_t codec_walk (mst_arbiter_t *self, const uint8_t *data, size_t size_bytes,
                             uint64_t latest_stamp, bool take)
{
    state_cursor_t cursor = { data, data + size_bytes, false };
    mst_err_t err = MST_OK;
    base_assert (data != NULL || size_bytes == 0);
    while (!err && cursor.at != cursor.end) {
        uint64_t length = state_take_varint (&cursor);
        const uint8_t *record = state_take_bytes (&cursor, length);
        err = record ? codec_take (self, record, (size_t) length, latest_stamp, take)
                     : codec_malformed ("the set is cut");
    }
    return err;
}

mst_err_t mst_arbiter_merge (mst_arbiter_t *self, const void *data, size_t size_bytes,
                             uint64_t latest_stamp)
{
    base_assert (self != NULL);
    base_assert (data != NULL || size_bytes == 0);
    mst_err_t err = codec_walk (self, data, size_bytes, latest_stamp, false);
    if (!err)
        err = codec_walk (self, data, size_bytes, latest_stamp, true);
    self->refused += err != MST_OK;
    return err;
}
