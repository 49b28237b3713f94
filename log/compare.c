/*  Both recordings are read one instant of the file's time at a time. An instant's messages are
   sorted by (time, sender, sequence), so that it does not matter in which order they were recorded,
   and the two runs are merged. */
#include "log/compare.h"
#include "log/class.h"
#include "log/limits.h"
#include "log/message.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/list.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { COMPARE_HEX_BYTES = 16, COMPARE_HEX_TEXT = 2 * COMPARE_HEX_BYTES + 8 };

typedef struct compare_entry {
    int64_t time;
    uint64_t sequence;
    log_span_t sender;
    log_span_t body;
    size_t body_offset;   /* in the instant's bytes, while those may still move */
    size_t sender_offset; /* in the body */
    uint16_t channel_id;
} compare_entry_t;

typedef struct compare_side {
    log_reader_t *reader;
    const char *name;     /* "first" */
    uint64_t log_time_ns; /* of the instant */
    BASE_LIST (compare_entry_t) entries;
    size_t next;
    base_buffer_t bytes;
    bool ended;
    bool waiting; /* the message that begins the next instant is here already */
    log_envelope_t ahead;
    base_buffer_t ahead_bytes;
    log_decoded_t decoded;
} compare_side_t;

typedef struct compare {
    compare_side_t first;
    compare_side_t second;
    log_difference_t *out;
} compare_t;

void log_difference_init (log_difference_t *self)
{
    base_assert (self != NULL);
    *self = (log_difference_t){ 0 };
    base_arena_init (&self->arena);
}

void log_difference_fini (log_difference_t *self)
{
    base_assert (self != NULL);
    base_arena_fini (&self->arena);
}

/*  Instants --------------------------------------------------------------------------------------
 */

/*  The order of docs/time.md, promise 2, by the senders' names: handles may differ from run to
   run. */
static int compare_entries (const void *one, const void *other)
{
    base_assert (one != NULL);
    base_assert (other != NULL);
    const compare_entry_t *a = one, *b = other;
    if (a->time != b->time)
        return a->time < b->time ? -1 : 1;
    int senders = log_span_compare (a->sender, b->sender);
    if (senders != 0)
        return senders;
    return a->sequence < b->sequence ? -1 : a->sequence > b->sequence;
}

/*  Takes a message into the instant, if it is one that is compared. */
static mst_err_t side_take (compare_side_t *self, const log_envelope_t *message)
{
    base_assert (self != NULL);
    base_assert (message != NULL);
    mst_err_t err =
        log_message_decode (&self->decoded, message->body.data, message->body.size_bytes);
    if (err)
        return base_error_prefix (err, "%s recording: ", self->name);
    /*  Receive order is recorded, never promised to repeat (docs/time.md, "Repetition"). */
    if (self->decoded.message.order != LOG_ORDER_TIME_STAMP)
        return MST_OK;
    if (self->bytes.size_bytes + message->body.size_bytes > LOG_INSTANT_MAX_BYTES)
        return base_error (MST_E_LIMIT, "%s recording: more than %d bytes of messages at one time",
                           self->name, LOG_INSTANT_MAX_BYTES);
    const log_message_t *decoded = &self->decoded.message;
    compare_entry_t entry = { .time = decoded->time,
                              .sequence = decoded->sequence,
                              .sender = log_span (NULL, decoded->sender.size_bytes),
                              .body = log_span (NULL, message->body.size_bytes),
                              .body_offset = self->bytes.size_bytes,
                              .sender_offset = (size_t) (decoded->sender.data - message->body.data),
                              .channel_id = message->channel_id };
    if (BASE_LIST_PUSH (&self->entries, entry))
        return MST_E_NO_MEMORY;
    return base_buffer_append (&self->bytes, message->body.data, message->body.size_bytes);
}

/*  Now that the bytes do not move any more, the entries point to them. */
static void side_settle (compare_side_t *self)
{
    base_assert (self != NULL);
    BASE_LIST_EACH (&self->entries, i) {
        compare_entry_t *entry = &self->entries.items[i];
        entry->body.data = (const char *) self->bytes.data + entry->body_offset;
        entry->sender.data = entry->body.data + entry->sender_offset;
    }
    if (self->entries.count > 1)
        qsort (self->entries.items, self->entries.count, sizeof *self->entries.items,
               compare_entries);
}

static mst_err_t side_keep_ahead (compare_side_t *self, const log_envelope_t *message)
{
    base_assert (self != NULL);
    base_assert (message != NULL);
    base_buffer_clear (&self->ahead_bytes);
    mst_err_t err =
        base_buffer_append (&self->ahead_bytes, message->body.data, message->body.size_bytes);
    base_assert (!self->waiting);
    self->ahead = *message;
    self->ahead.body = log_span (self->ahead_bytes.data, message->body.size_bytes);
    self->waiting = !err;
    return err;
}

/*  The messages of the next instant that has any to compare; none: the recording has ended. */
static mst_err_t side_next_instant (compare_side_t *self)
{
    base_assert (self != NULL);
    mst_err_t err = MST_OK;
    self->entries.count = self->next = 0;
    base_buffer_clear (&self->bytes);
    while (!err && !self->ended) {
        log_envelope_t message = self->ahead;
        bool found = self->waiting;
        if (!found)
            err = log_reader_next (self->reader, &message, &found);
        self->waiting = false;
        if (err)
            return base_error_prefix (err, "%s recording: ", self->name);
        if (!found) {
            self->ended = true;
        } else if (self->entries.count > 0 && message.log_time_ns != self->log_time_ns) {
            err = side_keep_ahead (self, &message);
            break;
        } else {
            self->log_time_ns = message.log_time_ns;
            err = side_take (self, &message);
        }
    }
    if (!err)
        side_settle (self);
    return err;
}

static void side_fini (compare_side_t *self)
{
    base_assert (self != NULL);
    BASE_LIST_FINI (&self->entries);
    base_buffer_fini (&self->bytes);
    base_buffer_fini (&self->ahead_bytes);
}

static const compare_entry_t *side_entry (const compare_side_t *self)
{
    base_assert (self != NULL);
    return self->next < self->entries.count ? &self->entries.items[self->next] : NULL;
}

/*  Telling a difference -------------------------------------------------------------------------
 */

static mst_err_t compare_keep (compare_t *self, log_span_t *text, log_span_t value)
{
    base_assert (self != NULL);
    base_assert (text != NULL);
    const char *copy = base_arena_copy (&self->out->arena, value.data, value.size_bytes);
    if (!copy)
        return base_alloc_error ();
    *text = log_span (copy, value.size_bytes);
    return MST_OK;
}

static log_span_t compare_class (const compare_side_t *side, uint16_t channel_id)
{
    base_assert (side != NULL);
    const log_channel_t *channel = log_reader_channel (side->reader, channel_id);
    return channel ? channel->topic : log_text ("");
}

/*  The name of a class's member; its number when the schema does not tell. */
static mst_err_t compare_member (compare_t *self, const compare_side_t *side, uint16_t channel_id,
                                 uint32_t index)
{
    base_assert (self != NULL);
    base_assert (side != NULL);
    char number[24];
    log_class_t description = { 0 };
    base_arena_t arena;
    const log_channel_t *channel = log_reader_channel (side->reader, channel_id);
    const log_schema_t *schema =
        channel ? log_reader_schema (side->reader, channel->schema_id) : NULL;

    (void) snprintf (number, sizeof number, "%u", index);
    base_arena_init (&arena);
    mst_err_t err = MST_OK;
    if (schema && log_span_is (schema->encoding, log_text (LOG_CLASS_ENCODING)))
        err = log_class_decode (&description, &arena, schema->data.data, schema->data.size_bytes);
    bool named = !err && index < description.member_count;
    if (err != MST_E_NO_MEMORY)
        err = compare_keep (self, &self->out->member,
                            log_text (named ? description.members[index].name : number));
    base_arena_fini (&arena);
    return err;
}

/*  The first few bytes in hexadecimal. */
static const char *compare_hex (char text[COMPARE_HEX_TEXT], log_span_t value, size_t from)
{
    size_t at = 0, shown = value.size_bytes - from;
    if (shown > COMPARE_HEX_BYTES)
        shown = COMPARE_HEX_BYTES;
    text[0] = '\0';
    for (size_t i = 0; i < shown; i++, at += 2)
        (void) snprintf (text + at, COMPARE_HEX_TEXT - at, "%02x",
                         (unsigned) (unsigned char) value.data[from + i]);
    if (value.size_bytes - from > shown)
        (void) snprintf (text + at, COMPARE_HEX_TEXT - at, "…");
    return value.size_bytes == 0 ? "nothing" : text;
}

static size_t compare_first_byte (log_span_t a, log_span_t b)
{
    size_t at = 0;
    while (at < a.size_bytes && at < b.size_bytes && a.data[at] == b.data[at])
        at++;
    return at;
}

static int compare_clip (log_span_t text)
{
    enum { CLIP_BYTES = 100 };
    return text.size_bytes < CLIP_BYTES ? (int) text.size_bytes : CLIP_BYTES;
}

/*  The error text of the difference. */
static mst_err_t compare_tell (const compare_t *self)
{
    base_assert (self != NULL);
    const log_difference_t *out = self->out;
    char one[COMPARE_HEX_TEXT], other[COMPARE_HEX_TEXT], what[320];

    size_t from = compare_first_byte (out->first, out->second);
    switch (out->kind) {
    case LOG_DIFFERENCE_ONLY_FIRST:
    case LOG_DIFFERENCE_ONLY_SECOND:
        (void) snprintf (what, sizeof what, "it is in the %s recording only",
                         out->kind == LOG_DIFFERENCE_ONLY_FIRST ? "first" : "second");
        break;
    case LOG_DIFFERENCE_CLASS:
    case LOG_DIFFERENCE_KIND:
    case LOG_DIFFERENCE_OBJECT:
        (void) snprintf (what, sizeof what,
                         "its %s is \"%.*s\" in the first, \"%.*s\" in the second",
                         out->kind == LOG_DIFFERENCE_CLASS  ? "class"
                         : out->kind == LOG_DIFFERENCE_KIND ? "kind"
                                                            : "object",
                         compare_clip (out->first), out->first.data, compare_clip (out->second),
                         out->second.data);
        break;
    case LOG_DIFFERENCE_VALUE:
        (void) snprintf (what, sizeof what,
                         "its value of \"%.*s\" from byte %zu is %s in the first, %s in the second",
                         compare_clip (out->member), out->member.data, from,
                         compare_hex (one, out->first, from),
                         compare_hex (other, out->second, from));
        break;
    case LOG_DIFFERENCE_TAG:
    case LOG_DIFFERENCE_NONE:
        (void) snprintf (
            what, sizeof what, "its tag from byte %zu is %s in the first, %s in the second", from,
            compare_hex (one, out->first, from), compare_hex (other, out->second, from));
        break;
    }
    const char *quote = out->object.size_bytes > 0 ? "\"" : ""; /* interactions have no object */
    return base_error (MST_E_DIFFERS,
                       "the recordings differ first at time %" PRId64 " in message %" PRIu64
                       " of \"%.*s\" (%s%.*s%s%sclass \"%.*s\"): %s",
                       out->time, out->sequence, compare_clip (out->sender), out->sender.data,
                       quote, compare_clip (out->object), out->object.data, quote,
                       quote[0] ? ", " : "", compare_clip (out->class_name), out->class_name.data,
                       what);
}

/*  What both sides' message is, as this side has it. side->decoded is of this entry. */
static mst_err_t compare_describe (compare_t *self, const compare_side_t *side,
                                   const compare_entry_t *entry)
{
    base_assert (self != NULL);
    base_assert (side != NULL);
    log_difference_t *out = self->out;
    out->time = entry->time;
    out->log_time_ns = side->log_time_ns;
    out->sequence = entry->sequence;
    mst_err_t err = compare_keep (self, &out->sender, entry->sender);
    if (!err)
        err = compare_keep (self, &out->class_name, compare_class (side, entry->channel_id));
    if (!err)
        err = compare_keep (self, &out->object, side->decoded.message.object);
    return err;
}

static mst_err_t compare_end (compare_t *self, log_difference_kind_t kind, log_span_t first,
                              log_span_t second)
{
    base_assert (kind != LOG_DIFFERENCE_NONE);
    self->out->kind = kind;
    mst_err_t err = compare_keep (self, &self->out->first, first);
    if (!err)
        err = compare_keep (self, &self->out->second, second);
    return err ? err : compare_tell (self);
}

static mst_err_t compare_only (compare_t *self, compare_side_t *side, log_difference_kind_t kind)
{
    const compare_entry_t *entry = side_entry (side);
    base_assert (entry != NULL);
    mst_err_t err = log_message_decode (&side->decoded, entry->body.data, entry->body.size_bytes);
    if (!err)
        err = compare_describe (self, side, entry);
    return err ? err : compare_end (self, kind, log_text (""), log_text (""));
}

/*  Two messages have the same members up to where one has another value, or lacks one. */
static mst_err_t compare_values (compare_t *self, uint16_t channel_id)
{
    base_assert (self != NULL);
    const log_message_t *a = &self->first.decoded.message, *b = &self->second.decoded.message;
    uint32_t i = 0;
    while (i < a->value_count && i < b->value_count && a->values[i].index == b->values[i].index &&
           log_span_is (a->values[i].bytes, b->values[i].bytes))
        i++;
    bool has_a = i < a->value_count, has_b = i < b->value_count;
    if (!has_a && !has_b && log_span_is (a->tag, b->tag))
        return MST_OK; /* the same, in other msgpack widths */
    if (!has_a && !has_b)
        return compare_end (self, LOG_DIFFERENCE_TAG, a->tag, b->tag);
    if (has_a && has_b && a->values[i].index != b->values[i].index) {
        has_b = b->values[i].index < a->values[i].index; /* the lower one is lacking in the other */
        has_a = !has_b;
    }
    mst_err_t err = compare_member (self, &self->first, channel_id,
                                    has_a ? a->values[i].index : b->values[i].index);
    if (err)
        return err;
    return compare_end (self, LOG_DIFFERENCE_VALUE, has_a ? a->values[i].bytes : log_text (""),
                        has_b ? b->values[i].bytes : log_text (""));
}

static log_span_t compare_kind_name (log_kind_t kind)
{
    static const char *const names[] = { "",         "update", "interaction",
                                         "register", "delete", "retract" };
    base_assert (kind <= LOG_KIND_MAX);
    return log_text (names[kind]);
}

/*  Two messages of the same time, sender and sequence. */
static mst_err_t compare_messages (compare_t *self)
{
    base_assert (self != NULL);
    const compare_entry_t *one = side_entry (&self->first), *other = side_entry (&self->second);
    log_span_t class_one = compare_class (&self->first, one->channel_id);
    log_span_t class_other = compare_class (&self->second, other->channel_id);
    const log_message_t *a = &self->first.decoded.message, *b = &self->second.decoded.message;

    bool same_class = log_span_is (class_one, class_other);
    if (same_class && log_span_is (one->body, other->body))
        return MST_OK;
    mst_err_t err = log_message_decode (&self->first.decoded, one->body.data, one->body.size_bytes);
    if (!err)
        err = log_message_decode (&self->second.decoded, other->body.data, other->body.size_bytes);
    if (!err)
        err = compare_describe (self, &self->first, one);
    if (err)
        return err;
    if (!same_class)
        return compare_end (self, LOG_DIFFERENCE_CLASS, class_one, class_other);
    if (a->kind != b->kind)
        return compare_end (self, LOG_DIFFERENCE_KIND, compare_kind_name (a->kind),
                            compare_kind_name (b->kind));
    if (!log_span_is (a->object, b->object))
        return compare_end (self, LOG_DIFFERENCE_OBJECT, a->object, b->object);
    return compare_values (self, one->channel_id);
}

/*  Merging ---------------------------------------------------------------------------------------
 */

/*  Below 0: the first side's next message comes before any of the second's. */
static int compare_sides (const compare_t *self)
{
    const compare_entry_t *one = side_entry (&self->first), *other = side_entry (&self->second);
    base_assert (one || other);
    if (!one || !other)
        return one ? -1 : 1;
    if (self->first.log_time_ns != self->second.log_time_ns)
        return self->first.log_time_ns < self->second.log_time_ns ? -1 : 1;
    return compare_entries (one, other);
}

static mst_err_t compare_run (compare_t *self)
{
    base_assert (self != NULL);
    mst_err_t err = MST_OK;
    while (!err) {
        if (!side_entry (&self->first))
            err = side_next_instant (&self->first);
        if (!err && !side_entry (&self->second))
            err = side_next_instant (&self->second);
        if (err || (!side_entry (&self->first) && !side_entry (&self->second)))
            return err;
        int order = compare_sides (self);
        if (order < 0)
            return compare_only (self, &self->first, LOG_DIFFERENCE_ONLY_FIRST);
        if (order > 0)
            return compare_only (self, &self->second, LOG_DIFFERENCE_ONLY_SECOND);
        err = compare_messages (self);
        base_assert (self->first.next < self->first.entries.count);
        base_assert (self->second.next < self->second.entries.count);
        self->first.next++;
        self->second.next++;
        self->out->compared += !err;
    }
    return err;
}

mst_err_t log_compare (log_reader_t *first, log_reader_t *second,
                       const log_compare_options_t *options, log_difference_t *difference)
{
    base_assert (first != NULL);
    base_assert (second != NULL);
    base_assert (difference != NULL);
    base_assert (difference->kind == LOG_DIFFERENCE_NONE);
    uint64_t from_ns = options ? options->from_ns : 0;
    uint64_t until_ns = options && options->until_ns > 0 ? options->until_ns : UINT64_MAX;

    if (options && options->by_chain) {
        uint64_t same_until_ns;
        bool all;
        mst_err_t err = log_compare_chains (first, second, &same_until_ns, &all);
        if (err || all)
            return err;
        if (same_until_ns > from_ns)
            from_ns = same_until_ns;
    }
    compare_t *self = base_calloc (1, sizeof *self);
    if (!self)
        return base_alloc_error ();
    self->out = difference;
    self->first.reader = first;
    self->first.name = "first";
    self->second.reader = second;
    self->second.name = "second";
    log_reader_seek (first, from_ns, until_ns);
    log_reader_seek (second, from_ns, until_ns);
    mst_err_t err = compare_run (self);
    side_fini (&self->first);
    side_fini (&self->second);
    base_free (self);
    return err;
}
