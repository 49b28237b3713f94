/*  One table tells each record's fields; one loop packs them and one unpacks them. */
#include "log/record.h"
#include "log/limits.h"
#include "log/pack.h"
#include "base/error.h"

typedef enum record_type {
    RECORD_UINT,
    RECORD_INT,
    RECORD_TEXT,
    RECORD_BYTES,
    RECORD_HASH /* 16 bytes, low half first */
} record_type_t;

typedef struct record_field {
    record_type_t type;
    size_t offset;
} record_field_t;

enum { RECORD_FIELDS_MAX = 7, RECORD_HASH_BYTES = 16, RECORD_TIMES_BYTES = 16 };

typedef struct record_row {
    const char *name;
    uint32_t field_count;
    record_field_t fields[RECORD_FIELDS_MAX];
} record_row_t;

#define RECORD_FIELD(kind, member)                                                                 \
    {                                                                                              \
        RECORD_##kind, offsetof (log_record_t, member)                                             \
    }

static const record_row_t record_rows[] = {
    { "federate",
      4,
      { RECORD_FIELD (TEXT, federate.name), RECORD_FIELD (TEXT, federate.type),
        RECORD_FIELD (TEXT, federate.event), RECORD_FIELD (UINT, federate.incarnation) } },
    { "grant",
      5,
      { RECORD_FIELD (TEXT, grant.federate), RECORD_FIELD (TEXT, grant.kind),
        RECORD_FIELD (UINT, grant.request), RECORD_FIELD (INT, grant.requested),
        RECORD_FIELD (INT, grant.granted) } },
    { "cut",
      4,
      { RECORD_FIELD (TEXT, cut.federate), RECORD_FIELD (INT, cut.bound),
        RECORD_FIELD (UINT, cut.sequence), RECORD_FIELD (TEXT, cut.reason) } },
    { "migration",
      7,
      { RECORD_FIELD (TEXT, migration.object), RECORD_FIELD (TEXT, migration.from),
        RECORD_FIELD (TEXT, migration.to), RECORD_FIELD (INT, migration.cut),
        RECORD_FIELD (UINT, migration.epoch), RECORD_FIELD (TEXT, migration.decision),
        RECORD_FIELD (BYTES, migration.state) } },
    { "chain",
      5,
      { RECORD_FIELD (INT, link.interval), RECORD_FIELD (UINT, link.count),
        RECORD_FIELD (UINT, link.late), RECORD_FIELD (HASH, link.sum),
        RECORD_FIELD (HASH, link.value) } },
    { "ledger",
      4,
      { RECORD_FIELD (TEXT, ledger.from), RECORD_FIELD (TEXT, ledger.to),
        RECORD_FIELD (UINT, ledger.sequence), RECORD_FIELD (INT, ledger.smallest) } },
    { "result",
      3,
      { RECORD_FIELD (TEXT, result.federate), RECORD_FIELD (TEXT, result.name),
        RECORD_FIELD (TEXT, result.value) } },
    { "loss",
      5,
      { RECORD_FIELD (TEXT, loss.cause), RECORD_FIELD (TEXT, loss.sender),
        RECORD_FIELD (UINT, loss.messages), RECORD_FIELD (UINT, loss.bytes),
        RECORD_FIELD (TEXT, loss.detail) } },
    { "control", 2, { RECORD_FIELD (UINT, control.kind), RECORD_FIELD (BYTES, control.frame) } },
};

_Static_assert(sizeof record_rows / sizeof record_rows[0] == LOG_RECORD_LAST - LOG_RECORD_FIRST + 1,
               "a row for each opcode");

bool log_record_known (uint8_t opcode)
{
    return opcode >= LOG_RECORD_FIRST && opcode <= LOG_RECORD_LAST;
}

static const record_row_t *record_row (uint8_t opcode)
{
    base_assert (log_record_known (opcode));
    return &record_rows[opcode - LOG_RECORD_FIRST];
}

const char *log_record_name (uint8_t opcode)
{
    return log_record_known (opcode) ? record_row (opcode)->name : "private record";
}

static const void *record_get (const log_record_t *record, const record_field_t *field)
{
    base_assert (field->offset < sizeof *record);
    return (const char *) record + field->offset;
}

static size_t record_bound (const log_record_t *record, const record_row_t *row)
{
    base_assert (record != NULL);
    base_assert (row != NULL);
    size_t bound = RECORD_TIMES_BYTES + LOG_PACK_HEAD_BYTES;
    for (uint32_t i = 0; i < row->field_count; i++) {
        const record_field_t *field = &row->fields[i];
        bound += LOG_PACK_HEAD_BYTES + RECORD_HASH_BYTES;
        if (field->type == RECORD_TEXT || field->type == RECORD_BYTES) {
            size_t size_bytes = ((const log_span_t *) record_get (record, field))->size_bytes;
            if (size_bytes > LOG_RECORD_MAX_BYTES)
                return SIZE_MAX;
            bound += size_bytes;
        }
    }
    return bound;
}

static uint8_t *record_pack_field (uint8_t *at, record_type_t type, const void *value)
{
    base_assert (at != NULL);
    base_assert (value != NULL);
    uint8_t bytes[RECORD_HASH_BYTES];
    const log_hash_t *hash = value;

    switch (type) {
    case RECORD_UINT: return log_pack_uint (at, *(const uint64_t *) value);
    case RECORD_INT: return log_pack_int (at, *(const int64_t *) value);
    case RECORD_TEXT: return log_pack_text (at, *(const log_span_t *) value);
    case RECORD_BYTES: return log_pack_bytes (at, *(const log_span_t *) value);
    case RECORD_HASH: break;
    }
    log_put_u64 (log_put_u64 (bytes, hash->low), hash->high);
    return log_pack_bytes (at, log_span (bytes, sizeof bytes));
}

mst_err_t log_record_encode (base_buffer_t *out, const log_record_t *record)
{
    base_assert (out != NULL);
    base_assert (record != NULL);
    const record_row_t *row = record_row (record->opcode);
    size_t bound = record_bound (record, row);

    if (bound > LOG_RECORD_MAX_BYTES)
        return base_error (MST_E_LIMIT, "a %s record is longer than %d bytes", row->name,
                           LOG_RECORD_MAX_BYTES);
    mst_err_t err = base_buffer_reserve (out, bound);
    if (err)
        return err;
    uint8_t *at = out->data + out->size_bytes;
    at = log_put_u64 (at, record->log_time_ns);
    at = log_put_u64 (at, record->publish_time_ns);
    at = log_pack_array (at, row->field_count);
    for (uint32_t i = 0; i < row->field_count; i++)
        at = record_pack_field (at, row->fields[i].type, record_get (record, &row->fields[i]));
    base_assert (at <= out->data + out->size_bytes + bound);
    out->size_bytes = (size_t) (at - out->data);
    return MST_OK;
}

static void record_unpack_field (log_cursor_t *from, record_type_t type, void *value)
{
    base_assert (from != NULL);
    base_assert (value != NULL);
    log_span_t bytes;
    log_hash_t *hash = value;

    switch (type) {
    case RECORD_UINT: *(uint64_t *) value = log_unpack_uint (from); return;
    case RECORD_INT: *(int64_t *) value = log_unpack_int (from); return;
    case RECORD_TEXT: *(log_span_t *) value = log_unpack_text (from); return;
    case RECORD_BYTES: *(log_span_t *) value = log_unpack_bytes (from); return;
    case RECORD_HASH: break;
    }
    bytes = log_unpack_bytes (from);
    if (bytes.size_bytes != RECORD_HASH_BYTES) {
        from->bad = true;
        return;
    }
    log_cursor_t halves = log_cursor (bytes.data, bytes.size_bytes);
    hash->low = log_get_u64 (&halves);
    hash->high = log_get_u64 (&halves);
}

/*  Fields that there must be: older recordings have migrations without a state. */
static uint32_t record_least (uint8_t opcode, const record_row_t *row)
{
    base_assert (row != NULL);
    base_assert (row->field_count > 1);
    return opcode == LOG_RECORD_MIGRATION ? row->field_count - 1 : row->field_count;
}

mst_err_t log_record_decode (log_record_t *out, uint8_t opcode, const void *data, size_t size_bytes)
{
    base_assert (out != NULL);
    base_assert (data != NULL || size_bytes == 0);
    if (!log_record_known (opcode))
        return base_error (MST_E_NOT_SUPPORTED, "private record 0x%02x is not known here", opcode);
    const record_row_t *row = record_row (opcode);
    log_cursor_t from = log_cursor (data, size_bytes);

    *out = (log_record_t){ .opcode = opcode };
    out->log_time_ns = log_get_u64 (&from);
    out->publish_time_ns = log_get_u64 (&from);
    uint32_t there = log_unpack_array (&from);
    if (there < record_least (opcode, row))
        from.bad = true;
    for (uint32_t i = 0; i < row->field_count && i < there && !from.bad; i++)
        record_unpack_field (&from, row->fields[i].type, (char *) out + row->fields[i].offset);
    if (from.bad)
        return base_error (MST_E_MALFORMED, "a %s record cannot be read", row->name);
    return MST_OK;
}
