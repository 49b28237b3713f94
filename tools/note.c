/*  A NOTE's arguments are [kind, federate, name, time, sequence, text], nil where there is none. In
   a frame they stand behind a stamp of five numbers and a list. */
#include "tools/note.h"
#include "base/check.h"
#include "log/pack.h"

enum {
    FRAME_HEAD_BYTES = 16,
    FRAME_SIZE_AT = 4,
    FRAME_VERSION_AT = 8,
    FRAME_KIND_AT = 10,
    FRAME_VERSION = 1,
    KIND_NOTE = 0x831,
    NOTE_FIELDS = 6,
    STAMP_FIELDS = 6
};

static bool frame_is (const uint8_t *data, size_t size_bytes)
{
    return size_bytes >= FRAME_HEAD_BYTES && data[FRAME_VERSION_AT] == FRAME_VERSION &&
           log_load_u32 (data + FRAME_SIZE_AT) == size_bytes - FRAME_HEAD_BYTES;
}

static log_span_t take_text (log_cursor_t *from)
{
    return log_unpack_nil (from) ? log_span ("", 0) : log_unpack_text (from);
}

/*  False when other things stand there. */
static bool take_note (tools_note_t *self, log_cursor_t from)
{
    tools_note_t note = { 0 };
    if (log_unpack_array (&from) < NOTE_FIELDS)
        return false;
    uint64_t kind = log_unpack_uint (&from);
    note.federate = log_unpack_nil (&from) ? 0 : (uint32_t) log_unpack_uint (&from);
    note.name = take_text (&from);
    note.has_time = !log_unpack_nil (&from);
    note.time = note.has_time ? log_unpack_int (&from) : 0;
    note.sequence = log_unpack_uint (&from);
    note.text = take_text (&from);
    if (from.bad)
        return false;
    note.kind = kind <= TOOLS_NOTE_POINT ? (tools_note_kind_t) kind : TOOLS_NOTE_OTHER;
    *self = note;
    return true;
}

static void skip_stamp (log_cursor_t *from)
{
    if (log_unpack_array (from) != STAMP_FIELDS)
        from->bad = true;
    for (int i = 0; i < STAMP_FIELDS - 1; i++)
        (void) log_unpack_uint (from);
    uint32_t needs = log_unpack_array (from);
    for (uint32_t i = 0; i < needs && !from->bad; i++)
        (void) log_unpack_uint (from);
}

void tools_note_read (tools_note_t *self, const void *data, size_t size_bytes)
{
    *self = (tools_note_t){ .kind = TOOLS_NOTE_OTHER };
    bool framed = frame_is (data, size_bytes);
    if (framed && log_load_u16 ((const uint8_t *) data + FRAME_KIND_AT) != KIND_NOTE)
        return;
    size_t head = framed ? FRAME_HEAD_BYTES : 0;
    log_cursor_t from = log_cursor ((const uint8_t *) data + head, size_bytes - head);
    if (take_note (self, from))
        return;
    skip_stamp (&from);
    if (!from.bad)
        (void) take_note (self, from);
}

static void record_other (log_span_t data, log_record_t *record)
{
    uint64_t kind = frame_is ((const uint8_t *) data.data, data.size_bytes)
                        ? log_load_u16 ((const uint8_t *) data.data + FRAME_KIND_AT)
                        : KIND_NOTE;
    record->opcode = LOG_RECORD_CONTROL;
    record->control = (log_control_t){ kind, data };
}

static void record_federate (const tools_note_t *note, log_span_t federate, const char *event,
                             log_record_t *record)
{
    bool joined = note->kind == TOOLS_NOTE_JOIN;
    record->opcode = LOG_RECORD_FEDERATE;
    record->federate = (log_federate_t){ .name = note->name.size_bytes > 0 ? note->name : federate,
                                         .type = joined ? note->text : log_text (""),
                                         .event = log_text (event),
                                         .incarnation = joined ? note->sequence : 0 };
}

/*  Of a batch: its objects stand in the MIGRATE_DECIDED before it, which is recorded as it came. */
static void record_migration (const tools_note_t *note, log_span_t federate, log_record_t *record)
{
    record->opcode = LOG_RECORD_MIGRATION;
    record->migration =
        (log_migration_t){ .from = federate,
                           .to = note->name,
                           .cut = note->time,
                           .decision = log_text (note->text.size_bytes > 0 ? "abort" : "commit") };
}

void tools_note_record (const tools_note_t *self, log_span_t federate, log_span_t data,
                        log_record_t *record)
{
    base_assert (record != NULL);
    *record = (log_record_t){ 0 };
    switch (self->kind) {
    case TOOLS_NOTE_JOIN: record_federate (self, federate, "joined", record); break;
    case TOOLS_NOTE_RESIGN: record_federate (self, federate, "resigned", record); break;
    case TOOLS_NOTE_LOST: record_federate (self, federate, "lost", record); break;
    case TOOLS_NOTE_CUT:
        record->opcode = LOG_RECORD_CUT;
        record->cut = (log_cut_t){ federate, self->time, self->sequence, self->name };
        break;
    case TOOLS_NOTE_GRANT:
        record->opcode = LOG_RECORD_GRANT;
        record->grant = (log_grant_t){ .federate = federate,
                                       .kind = self->text,
                                       .request = self->sequence,
                                       .requested = self->time,
                                       .granted = self->time };
        break;
    case TOOLS_NOTE_MIGRATION: record_migration (self, federate, record); break;
    case TOOLS_NOTE_REPORT:
        record->opcode = LOG_RECORD_RESULT;
        record->result = (log_result_t){ federate, self->name, self->text };
        break;
    case TOOLS_NOTE_LOST_MESSAGES:
        record->opcode = LOG_RECORD_LOSS;
        record->loss = (log_loss_t){ .cause = log_text ("peer"),
                                     .sender = self->name,
                                     .messages = self->sequence,
                                     .detail = self->text };
        break;
    case TOOLS_NOTE_SYNCHRONIZED:
    case TOOLS_NOTE_BARRIER:
    case TOOLS_NOTE_GAP:
    case TOOLS_NOTE_POINT:
    case TOOLS_NOTE_OTHER: record_other (data, record); break;
    }
}
