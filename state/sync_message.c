/*  Messages between replicas: a head of 88 bytes, all numbers big-endian, then the payload or a
   part of it.

        0  "MSYN"   4 format   5 kind   6 flags   7 zero
        8  type    16 origin  24 base  32 target  40 committed_ns  48 sum
       56  plain_bytes   64 whole_bytes   72 offset   80 part's bytes (4)   84 CRC-32C (4)

    The checksum is of the head before it and of the part. */
#include "state/sync_own.h"
#include "base/alloc.h"
#include "base/crc32c.h"
#include "base/error.h"
#include "wire/pack.h"

#include <stdarg.h>
#include <zstd_errors.h>

static const uint8_t message_magic[4] = { 'M', 'S', 'Y', 'N' };

enum { MESSAGE_CRC_AT = 84, MESSAGE_NUMBERS = 9 };

/*  Refusals ------------------------------------------------------------------------------------ */

mst_err_t state_sync_refuse (mst_sync_t *self, sync_refusal_t why, const char *format, ...)
{
    static const mst_err_t errors[] = {
        [SYNC_REFUSED_MALFORMED] = MST_E_MALFORMED, [SYNC_REFUSED_CHECKSUM] = MST_E_MALFORMED,
        [SYNC_REFUSED_VERSION] = MST_E_VERSION,     [SYNC_REFUSED_TYPE] = MST_E_STATE_DIFFERS,
        [SYNC_REFUSED_BASE] = MST_E_STATE_GAP,      [SYNC_REFUSED_RESULT] = MST_E_STATE_DIFFERS
    };
    mst_sync_statistics_t *counts = &self->statistics;
    uint64_t *const counters[] = { [SYNC_REFUSED_MALFORMED] = &counts->refused_malformed,
                                   [SYNC_REFUSED_CHECKSUM] = &counts->refused_checksum,
                                   [SYNC_REFUSED_VERSION] = &counts->refused_version,
                                   [SYNC_REFUSED_TYPE] = &counts->refused_type,
                                   [SYNC_REFUSED_BASE] = &counts->refused_base,
                                   [SYNC_REFUSED_RESULT] = &counts->refused_result };
    va_list args;
    base_assert (why <= SYNC_REFUSED_RESULT);
    base_assert (format != NULL);
    counts->failures++;
    ++*counters[why];
    va_start (args, format);
    mst_err_t err = base_error_va (errors[why], format, args);
    va_end (args);
    return err;
}

mst_err_t state_sync_failed (mst_sync_t *self, mst_err_t err)
{
    base_assert (self != NULL);
    base_assert (err != MST_OK);
    self->statistics.failures++;
    return err;
}

/*  Writing ------------------------------------------------------------------------------------- */

mst_err_t state_message_write (mst_sync_t *self, const sync_head_t *head, const uint8_t *part,
                               size_t part_bytes)
{
    base_assert (part != NULL || part_bytes == 0);
    base_assert (part_bytes <= UINT32_MAX);
    base_buffer_clear (&self->out);
    mst_err_t err = base_buffer_reserve (&self->out, SYNC_HEAD_BYTES + part_bytes);
    if (err)
        return err;
    const uint64_t numbers[MESSAGE_NUMBERS] = { head->type,
                                                head->origin,
                                                head->base,
                                                head->target,
                                                (uint64_t) head->committed_ns,
                                                head->sum,
                                                head->plain_bytes,
                                                head->whole_bytes,
                                                head->offset };
    uint8_t *at = self->out.data;
    uint8_t flags = (uint8_t) (head->flags | (self->options.unchecked ? 0 : SYNC_FLAG_CHECKED));
    memcpy (at, message_magic, sizeof message_magic);
    at[4] = SYNC_FORMAT;
    at[5] = (uint8_t) head->kind;
    at[6] = flags;
    at[7] = 0;
    at += 8;
    for (size_t i = 0; i < MESSAGE_NUMBERS; i++)
        at = wire_put_be64 (at, numbers[i]);
    at = wire_put_be32 (at, (uint32_t) part_bytes);
    uint32_t crc = 0;
    if (flags & SYNC_FLAG_CHECKED) {
        crc = base_crc32c (0, self->out.data, MESSAGE_CRC_AT);
        crc = base_crc32c (crc, part, part_bytes);
    }
    at = wire_put_be32 (at, crc);
    if (part_bytes > 0)
        memcpy (at, part, part_bytes);
    self->out.size_bytes = SYNC_HEAD_BYTES + part_bytes;
    self->statistics.bytes_out += self->out.size_bytes;
    return MST_OK;
}

/*  Reading ------------------------------------------------------------------------------------- */

static void message_head (wire_reader_t *reader, sync_head_t *head, uint64_t *part_bytes,
                          uint32_t *crc)
{
    base_assert (reader != NULL && head != NULL);
    head->type = wire_take_be (reader, 8);
    head->origin = wire_take_be (reader, 8);
    head->base = wire_take_be (reader, 8);
    head->target = wire_take_be (reader, 8);
    head->committed_ns = (int64_t) wire_take_be (reader, 8);
    head->sum = wire_take_be (reader, 8);
    head->plain_bytes = wire_take_be (reader, 8);
    head->whole_bytes = wire_take_be (reader, 8);
    head->offset = wire_take_be (reader, 8);
    *part_bytes = wire_take_be (reader, 4);
    *crc = (uint32_t) wire_take_be (reader, 4);
    base_assert (!reader->bad);
}

/*  Do the sizes fit to each other and to the limits? */
static mst_err_t message_sizes (mst_sync_t *self, const sync_head_t *head, uint64_t part_bytes)
{
    /* names and numbers beside the values */
    uint64_t limit = (uint64_t) self->options.state_bytes_max +
                     (uint64_t) self->options.paths_max * (MST_SYNC_NAME_MAX + 32u);
    base_assert (head != NULL);
    base_assert (limit >= self->options.state_bytes_max);
    bool packed = head->flags & SYNC_FLAG_PACKED;
    if (head->plain_bytes > limit || head->whole_bytes > limit)
        return state_sync_failed (self, base_error (MST_E_LIMIT,
                                                    "a message of %llu bytes is larger than "
                                                    "state_bytes_max (%zu) allows",
                                                    (unsigned long long) head->plain_bytes,
                                                    self->options.state_bytes_max));
    if (head->kind == SYNC_KIND_REQUEST)
        return part_bytes == 0 && head->offset <= head->whole_bytes
                   ? MST_OK
                   : state_sync_refuse (self, SYNC_REFUSED_MALFORMED, "a request with a payload");
    if (head->offset > head->whole_bytes || part_bytes > head->whole_bytes - head->offset ||
        part_bytes == 0 || (!packed && head->plain_bytes != head->whole_bytes))
        return state_sync_refuse (
            self, SYNC_REFUSED_MALFORMED, "a part of %llu bytes at %llu does not fit into %llu",
            (unsigned long long) part_bytes, (unsigned long long) head->offset,
            (unsigned long long) head->whole_bytes);
    return MST_OK;
}

static mst_err_t message_first_bytes (mst_sync_t *self, const uint8_t *data, size_t size_bytes)
{
    base_assert (self != NULL);
    base_assert (data != NULL || size_bytes == 0);
    if (size_bytes < SYNC_HEAD_BYTES)
        return state_sync_refuse (self, SYNC_REFUSED_MALFORMED,
                                  "a message is cut: %zu bytes, its head alone has %d", size_bytes,
                                  SYNC_HEAD_BYTES);
    if (memcmp (data, message_magic, sizeof message_magic) != 0)
        return state_sync_refuse (self, SYNC_REFUSED_MALFORMED,
                                  "this is no message of a synchroniser: it does not begin with "
                                  "\"MSYN\"");
    if (data[4] != SYNC_FORMAT)
        return state_sync_refuse (self, SYNC_REFUSED_VERSION,
                                  "a message of format %u came, this synchroniser speaks %d",
                                  data[4], SYNC_FORMAT);
    if (data[5] < SYNC_KIND_FULL || data[5] > SYNC_KIND_EDITS || data[7] != 0 ||
        (data[6] & ~(SYNC_FLAG_PACKED | SYNC_FLAG_CHECKED)) != 0)
        return state_sync_refuse (self, SYNC_REFUSED_MALFORMED,
                                  "a message of kind %u with flags %u is none that is known",
                                  data[5], data[6]);
    return MST_OK;
}

mst_err_t state_message_read (mst_sync_t *self, const void *data, size_t size_bytes,
                              sync_head_t *head, const uint8_t **part, size_t *part_bytes)
{
    const uint8_t *bytes = data;
    wire_reader_t reader;
    uint64_t claimed;
    uint32_t crc, found;

    self->statistics.bytes_in += size_bytes;
    mst_err_t err = message_first_bytes (self, bytes, size_bytes);
    if (err)
        return err;
    wire_reader_init (&reader, bytes + 8, SYNC_HEAD_BYTES - 8);
    *head = (sync_head_t){ .kind = (sync_kind_t) bytes[5], .flags = bytes[6] };
    message_head (&reader, head, &claimed, &crc);
    *part = bytes + SYNC_HEAD_BYTES;
    *part_bytes = size_bytes - SYNC_HEAD_BYTES;
    if (claimed != *part_bytes)
        return state_sync_refuse (self, SYNC_REFUSED_MALFORMED,
                                  "a message is cut or too long: it says %llu bytes, %zu came",
                                  (unsigned long long) claimed, *part_bytes);
    found = base_crc32c (base_crc32c (0, bytes, MESSAGE_CRC_AT), *part, *part_bytes);
    if ((head->flags & SYNC_FLAG_CHECKED) && found != crc)
        return state_sync_refuse (self, SYNC_REFUSED_CHECKSUM,
                                  "a message's checksum fails: it says %08x, its bytes give %08x",
                                  crc, found);
    if (head->type != self->options.type)
        return state_sync_refuse (self, SYNC_REFUSED_TYPE,
                                  "a message is of a state of type %llu, this one is of type %llu",
                                  (unsigned long long) head->type,
                                  (unsigned long long) self->options.type);
    return message_sizes (self, head, claimed);
}

/*  Payloads ------------------------------------------------------------------------------------ */

mst_err_t state_message_pack (mst_sync_t *self, sync_head_t *head, base_buffer_t *packed)
{
    const base_buffer_t *plain = &self->plain;
    base_assert (plain->size_bytes > 0);
    base_buffer_clear (packed);
    head->plain_bytes = plain->size_bytes;
    size_t bound = self->options.uncompressed ? 0 : ZSTD_compressBound (plain->size_bytes);
    mst_err_t err =
        base_buffer_reserve (packed, bound > plain->size_bytes ? bound : plain->size_bytes);
    if (err)
        return err;
    if (!self->options.uncompressed) {
        if (!self->packer)
            self->packer = ZSTD_createCCtx ();
        if (!self->packer)
            return base_alloc_error ();
        size_t size = ZSTD_compressCCtx (self->packer, packed->data, packed->capacity_bytes,
                                         plain->data, plain->size_bytes, self->options.level);
        if (ZSTD_isError (size)) /* the room is enough, so only memory can be short */
            return base_alloc_error ();
        packed->size_bytes = size;
    }
    if (self->options.uncompressed || packed->size_bytes >= plain->size_bytes) {
        memcpy (packed->data, plain->data, plain->size_bytes);
        packed->size_bytes = plain->size_bytes;
    } else
        head->flags |= SYNC_FLAG_PACKED;
    head->whole_bytes = packed->size_bytes;
    base_assert (packed->size_bytes <= packed->capacity_bytes);
    return MST_OK;
}

mst_err_t state_message_unpack (mst_sync_t *self, const sync_head_t *head, const uint8_t *packed)
{
    size_t plain_bytes = (size_t) head->plain_bytes, whole_bytes = (size_t) head->whole_bytes;
    base_assert (packed != NULL);
    base_buffer_clear (&self->plain);
    if ((head->flags & SYNC_FLAG_PACKED) &&
        ZSTD_getFrameContentSize (packed, whole_bytes) != head->plain_bytes)
        return state_sync_refuse (self, SYNC_REFUSED_MALFORMED,
                                  "a packed payload does not have the %zu bytes that its head says",
                                  plain_bytes);
    mst_err_t err = base_buffer_reserve (&self->plain, plain_bytes);
    if (err)
        return state_sync_failed (self, err);
    if (head->flags & SYNC_FLAG_PACKED) {
        if (!self->unpacker)
            self->unpacker = ZSTD_createDCtx ();
        if (!self->unpacker)
            return state_sync_failed (self, base_alloc_error ());
        size_t size = ZSTD_decompressDCtx (self->unpacker, self->plain.data, plain_bytes, packed,
                                           whole_bytes);
        if (ZSTD_isError (size) || size != plain_bytes)
            return state_sync_refuse (self, SYNC_REFUSED_MALFORMED,
                                      "a packed payload cannot be unpacked: %s",
                                      ZSTD_getErrorName (size));
    } else
        memcpy (self->plain.data, packed, plain_bytes);
    self->plain.size_bytes = plain_bytes;
    base_assert (self->plain.size_bytes <= self->plain.capacity_bytes);
    return MST_OK;
}
