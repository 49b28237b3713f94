/*  All recordings are read at once, in the order of time, one instant of the file's time after the
    other; within an instant first all of the first recording, then what the second has beside it,
    and so on: so the order that a recorder saw is kept. */
#include "log/merge.h"
#include "log/chain.h"
#include "log/copy.h"
#include "log/limits.h"
#include "log/state.h"
#include "log/walk.h"
#include "base/alloc.h"
#include "base/error.h"

#include <inttypes.h>

typedef BASE_LIST (log_hash_t) merge_hashes_t;

typedef struct merge_side {
    const log_merge_input_t *input;
    base_map_t channels; /* id here → id in the merged recording */
    log_envelope_t ahead;
    bool waiting, ended;
    base_map_t seen; /* content → how often, of what has no sequence to go by */
    log_walk_t walk; /* our own records, in the order of the file */
    bool walking;    /* `record` is one that waits */
    bool walked;
    log_item_t record;
    uint64_t record_ns;
} merge_side_t;

typedef struct merge_sender {
    uint64_t sequences[LOG_ORDER_TIME_STAMP + 1];
} merge_sender_t;

typedef struct merge {
    merge_side_t *sides;
    size_t count;
    log_merge_t *report;
    log_writer_t *writer;
    bool alike;           /* the same classes everywhere */
    base_names_t classes; /* topic → id */
    base_map_t seeds;     /* id → of its hashes */
    base_map_t instant;   /* (time, sender, sequence) → place in hashes */
    merge_hashes_t hashes;
    base_map_t kept; /* content → how often it was kept, as merge_side.seen */
    base_names_t senders;
    BASE_LIST (merge_sender_t) sender_list;
    base_buffer_t scratch;
    log_state_t state;
    int64_t closed;
    log_decoded_t decoded;
} merge_t;

/*  Do they belong together? ---------------------------------------------------------------------
 */

static mst_err_t merge_same_bytes (const merge_side_t *first, const merge_side_t *other,
                                   const char *what, log_span_t a, log_span_t b)
{
    base_assert (what != NULL);
    if (log_span_is (a, b))
        return MST_OK;
    return base_error (MST_E_INVALID_ARGUMENT,
                       "%s and %s cannot be merged: they have another %s; only recordings of one "
                       "run can",
                       first->input->name, other->input->name, what);
}

/*  Unit and start of time are the same. */
static mst_err_t merge_times (const merge_side_t *first, const merge_side_t *other)
{
    base_assert (first != NULL);
    base_assert (other != NULL);
    log_metadata_t one, two;
    bool has_one, has_two;
    mst_err_t err =
        log_reader_find_metadata (first->input->reader, LOG_METADATA_TIME, &one, &has_one);
    if (!err)
        err = log_reader_find_metadata (other->input->reader, LOG_METADATA_TIME, &two, &has_two);
    return err || !has_one || !has_two
               ? err
               : merge_same_bytes (first, other, "unit or start of time", one.map, two.map);
}

/*  An object model that both have is the same. */
static mst_err_t merge_models (const merge_side_t *first, const merge_side_t *other)
{
    static const char prefix[] = "fom/";
    log_reader_t *one = first->input->reader, *two = other->input->reader;
    for (size_t i = 0; i < log_reader_attachment_count (one); i++) {
        log_span_t name = log_reader_attachment_at (one, i)->name;
        log_attachment_t a, b;
        if (name.size_bytes <= sizeof prefix || memcmp (name.data, prefix, sizeof prefix - 1) != 0)
            continue;
        for (size_t j = 0; j < log_reader_attachment_count (two); j++) {
            if (!log_span_is (log_reader_attachment_at (two, j)->name, name))
                continue;
            mst_err_t err = log_reader_attachment (one, i, &a);
            if (!err)
                err = log_reader_attachment (two, j, &b);
            if (!err)
                err = merge_same_bytes (first, other, "object model", a.data, b.data);
            if (err)
                return err;
        }
    }
    return MST_OK;
}

static const log_channel_t *merge_find (const merge_side_t *side, log_span_t topic)
{
    base_assert (side != NULL);
    const log_reader_t *reader = side->input->reader;
    for (size_t i = 0; i < log_reader_channel_count (reader); i++) {
        const log_channel_t *channel = log_reader_channel_at (reader, i);
        if (log_copy_is_ours (reader, channel) && log_span_is (channel->topic, topic))
            return channel;
    }
    return NULL;
}

/*  Counts the classes of `one` that `other` has, too, with the same members. */
static mst_err_t merge_common (const merge_side_t *one, const merge_side_t *other, size_t *common,
                               size_t *all, log_span_t *example)
{
    const log_reader_t *reader = one->input->reader;
    mst_err_t err = MST_OK;
    *common = *all = 0;
    for (size_t i = 0; i < log_reader_channel_count (reader) && !err; i++) {
        const log_channel_t *channel = log_reader_channel_at (reader, i);
        if (!log_copy_is_ours (reader, channel))
            continue;
        (*all)++;
        const log_channel_t *same = merge_find (other, channel->topic);
        if (!same)
            continue;
        (*common)++;
        *example = channel->topic;
        err = merge_same_bytes (one, other, "list of a class's members",
                                log_reader_schema (reader, channel->schema_id)->data,
                                log_reader_schema (other->input->reader, same->schema_id)->data);
    }
    return err;
}

/*  The same classes, or none in common: everywhere the same answer. */
static mst_err_t merge_pair (merge_t *self, size_t i, size_t j)
{
    const merge_side_t *one = &self->sides[i], *other = &self->sides[j];
    size_t common, all, back, others;
    log_span_t example = log_text ("");
    mst_err_t err = merge_times (one, other);
    if (!err)
        err = merge_models (one, other);
    if (!err)
        err = merge_common (one, other, &common, &all, &example);
    if (!err)
        err = merge_common (other, one, &back, &others, &example);
    if (err)
        return err;
    bool alike = common == all && common == others;
    if (i == 0 && j == 1)
        self->alike = alike;
    if (alike == self->alike && (alike || common == 0))
        return MST_OK;
    return base_error (MST_E_INVALID_ARGUMENT,
                       "%s and %s hold some of the same classes (\"%.*s\"), but not all: make "
                       "their classes the same, or different, with muster log slice --class",
                       one->input->name, other->input->name, (int) (example.size_bytes & 0xfff),
                       example.data);
}

/*  The file's beginning ----------------------------------------------------------------------- */

static mst_err_t merge_channel (merge_t *self, merge_side_t *side, const log_channel_t *channel)
{
    base_assert (self != NULL);
    base_assert (channel != NULL);
    log_span_t topic = channel->topic;
    uint64_t id;
    mst_err_t err = MST_OK;
    if (!base_names_get (&self->classes, topic.data, topic.size_bytes, &id)) {
        id = self->classes.count + 1u;
        if (id > UINT16_MAX)
            return base_error (MST_E_LIMIT, "a recording holds 65,535 classes and no more");
        err = base_names_set (&self->classes, topic.data, topic.size_bytes, id);
        if (!err)
            err = base_map_set (&self->seeds, id, log_chain_seed (topic));
        if (!err)
            err = log_copy_channel (side->input->reader, channel, (uint16_t) id, self->writer);
    }
    return err ? err : base_map_set (&side->channels, channel->id, id);
}

static mst_err_t merge_side_begin (merge_t *self, merge_side_t *side, base_names_t *already)
{
    base_assert (self != NULL);
    base_assert (side != NULL);
    log_reader_t *reader = side->input->reader;
    mst_err_t err = MST_OK;
    for (size_t i = 0; i < log_reader_channel_count (reader) && !err; i++)
        if (log_copy_is_ours (reader, log_reader_channel_at (reader, i)))
            err = merge_channel (self, side, log_reader_channel_at (reader, i));
    if (!err)
        err = log_copy_attachments (reader, self->writer, already);
    if (!err)
        err = log_copy_metadata (reader, self->writer, already);
    if (!err)
        err = log_walk_init (&side->walk, &side->input->source);
    log_reader_seek (reader, 0, UINT64_MAX);
    return err;
}

static mst_err_t merge_begin (merge_t *self, const log_pair_t *told, size_t told_count,
                              log_sink_t sink)
{
    base_assert (self != NULL);
    base_names_t already;
    log_writer_options_t options = { 0 };
    base_names_init (&already);
    mst_err_t err = log_copy_interval (self->sides[0].input->reader, &options.chain_interval);
    if (!err)
        err = log_writer_new (&self->writer, &options, sink);
    for (size_t i = 0; i < self->count && !err; i++)
        err = merge_side_begin (self, &self->sides[i], &already);
    if (!err)
        err = log_writer_metadata (self->writer, log_text (LOG_METADATA_MERGE), told, told_count);
    base_names_fini (&already);
    return err;
}

/*  Duplicates --------------------------------------------------------------------------------- */

/*  Content that stands in several recordings is kept as often as in the one that has it most. */
static mst_err_t merge_content (merge_t *self, merge_side_t *side, log_hash_t content, bool *fresh)
{
    base_assert (fresh != NULL);
    uint64_t here = 0, kept = 0;
    (void) base_map_get (&side->seen, content.low, &here);
    (void) base_map_get (&self->kept, content.low, &kept);
    here++;
    *fresh = here > kept;
    if (side->seen.count >= LOG_MERGE_RECEIVED_MAX)
        return base_error (MST_E_LIMIT,
                           "more than %d messages in receive order to compare: merge slices of a "
                           "shorter time",
                           LOG_MERGE_RECEIVED_MAX);
    mst_err_t err = base_map_set (&side->seen, content.low, here);
    return err || !*fresh ? err : base_map_set (&self->kept, content.low, here);
}

/*  Does another recording reach over that time? */
static bool merge_shared (const merge_t *self, const merge_side_t *side, uint64_t log_time_ns)
{
    base_assert (self != NULL);
    bool shared = false;
    for (size_t i = 0; i < self->count && !shared; i++) {
        const log_statistics_t *other = &log_reader_info (self->sides[i].input->reader)->statistics;
        shared = &self->sides[i] != side && log_time_ns >= other->start_ns &&
                 log_time_ns <= other->end_ns;
    }
    return shared;
}

/*  A message by what it says, without the number that the recorder gave it. */
static mst_err_t merge_received (merge_t *self, merge_side_t *side, uint32_t seed, bool *fresh)
{
    base_assert (self != NULL);
    log_message_t message = self->decoded.message;
    message.sequence = 0;
    base_buffer_clear (&self->scratch);
    mst_err_t err = log_message_encode (&self->scratch, &message);
    return err ? err
               : merge_content (self, side,
                                log_hash (self->scratch.data, self->scratch.size_bytes, seed),
                                fresh);
}

/*  Messages in time-stamp order: the same (time, sender, sequence) is the same message. */
static mst_err_t merge_timed (merge_t *self, const merge_side_t *side,
                              const log_envelope_t *envelope, uint32_t seed, bool *fresh)
{
    const log_message_t *message = &self->decoded.message;
    log_hash_t name = log_hash (message->sender.data, message->sender.size_bytes, 0);
    uint64_t numbers[4] = { name.low, name.high, (uint64_t) message->time, message->sequence };
    uint64_t key = log_hash (numbers, sizeof numbers, 0).low, place;
    log_hash_t content = log_hash (envelope->body.data, envelope->body.size_bytes, seed);
    *fresh = !base_map_get (&self->instant, key, &place);
    if (*fresh) {
        mst_err_t err = base_map_set (&self->instant, key, self->hashes.count);
        if (!err)
            err = BASE_LIST_PUSH (&self->hashes, content);
        return err;
    }
    base_assert (place < self->hashes.count);
    if (log_hash_is (self->hashes.items[place], content))
        return MST_OK;
    return base_error (MST_E_DIFFERS,
                       "%s has another message %" PRIu64 " of \"%.*s\" at time %" PRId64
                       " than a recording before it: they are not of one run",
                       side->input->name, message->sequence,
                       (int) (message->sender.size_bytes & 0xfff), message->sender.data,
                       message->time);
}

/*  The sequence in the merged recording. */
static mst_err_t merge_number (merge_t *self, log_message_t *message)
{
    base_assert (message != NULL);
    uint64_t place;
    if (self->alike && message->order == LOG_ORDER_TIME_STAMP)
        return MST_OK;
    if (!base_names_get (&self->senders, message->sender.data, message->sender.size_bytes,
                         &place)) {
        merge_sender_t sender = { { 0 } };
        place = self->sender_list.count;
        mst_err_t err = BASE_LIST_PUSH (&self->sender_list, sender);
        if (!err)
            err = base_names_set (&self->senders, message->sender.data, message->sender.size_bytes,
                                  place);
        if (err)
            return err;
    }
    message->sequence = ++self->sender_list.items[place].sequences[message->order];
    return MST_OK;
}

/*  Messages and records ----------------------------------------------------------------------- */

static mst_err_t merge_put (merge_t *self, uint16_t channel_id, const log_envelope_t *envelope)
{
    base_assert (self != NULL);
    log_message_t *message = &self->decoded.message;
    mst_err_t err = merge_number (self, message);
    if (!err && message->order == LOG_ORDER_TIME_STAMP && message->time > self->closed) {
        self->closed = message->time;
        err = log_writer_close_below (self->writer, message->time);
    }
    if (!err)
        err = log_writer_message (self->writer, channel_id, message, envelope->log_time_ns,
                                  envelope->publish_time_ns);
    self->report->messages += !err;
    if (!err)
        err = log_state_apply (&self->state, channel_id, message);
    if (!err && log_writer_state_due (self->writer, &self->state))
        err = log_writer_state (self->writer, &self->state, NULL, NULL, envelope->log_time_ns);
    return err;
}

static mst_err_t merge_message (merge_t *self, merge_side_t *side, const log_envelope_t *envelope)
{
    base_assert (side != NULL);
    uint64_t channel_id, seed = 0;
    bool fresh = true, shared;
    if (!base_map_get (&side->channels, envelope->channel_id, &channel_id))
        return MST_OK;
    (void) base_map_get (&self->seeds, channel_id, &seed);
    mst_err_t err =
        log_message_decode (&self->decoded, envelope->body.data, envelope->body.size_bytes);
    if (err)
        return base_error_prefix (MST_E_FILE_CORRUPT, "%s: ", side->input->name);
    shared = self->alike && merge_shared (self, side, envelope->log_time_ns);
    if (shared)
        err = self->decoded.message.order == LOG_ORDER_TIME_STAMP
                  ? merge_timed (self, side, envelope, (uint32_t) seed, &fresh)
                  : merge_received (self, side, (uint32_t) seed, &fresh);
    self->report->duplicates += !err && !fresh;
    return err || !fresh ? err : merge_put (self, (uint16_t) channel_id, envelope);
}

/*  Our own records up to an instant: a record that another recorder wrote, too, once. */
static mst_err_t merge_records (merge_t *self, merge_side_t *side, uint64_t until_ns)
{
    enum { TIMES_BYTES = 16 };
    mst_err_t err = MST_OK;
    while (!err && !side->walked && !(side->walking && side->record_ns > until_ns)) {
        log_span_t content = side->record.content;
        bool fresh, found = true;
        if (side->walking && content.size_bytes >= TIMES_BYTES &&
            side->record.opcode != LOG_RECORD_CHAIN) {
            err = merge_content (self, side,
                                 log_hash (content.data + TIMES_BYTES,
                                           content.size_bytes - TIMES_BYTES, side->record.opcode),
                                 &fresh);
            if (!err && fresh)
                err = log_writer_copy_record (self->writer, side->record.opcode, content);
            self->report->records += !err && fresh;
        }
        side->walking = false;
        while (!err && found && !side->walking) {
            err = log_walk_next (&side->walk, &side->record, &found);
            side->walking = !err && found && side->record.opcode >= LOG_OP_PRIVATE;
        }
        side->walked = !found;
        log_cursor_t from = log_cursor (side->record.content.data,
                                        side->walking ? side->record.content.size_bytes : 0);
        side->record_ns = log_get_u64 (&from);
    }
    return err ? base_error_prefix (err, "%s: ", side->input->name) : MST_OK;
}

static mst_err_t merge_look_ahead (merge_side_t *side)
{
    base_assert (side != NULL);
    if (side->waiting || side->ended)
        return MST_OK;
    mst_err_t err = log_reader_next (side->input->reader, &side->ahead, &side->waiting);
    side->ended = !err && !side->waiting;
    return err ? base_error_prefix (err, "%s: ", side->input->name) : MST_OK;
}

/*  The next instant of any recording; *found is false behind the last. */
static mst_err_t merge_next (merge_t *self, uint64_t *instant_ns, bool *found)
{
    base_assert (found != NULL);
    *found = false;
    for (size_t i = 0; i < self->count; i++) {
        merge_side_t *side = &self->sides[i];
        mst_err_t err = merge_look_ahead (side);
        if (err)
            return err;
        if (side->waiting && (!*found || side->ahead.log_time_ns < *instant_ns)) {
            *found = true;
            *instant_ns = side->ahead.log_time_ns;
        }
    }
    return MST_OK;
}

static mst_err_t merge_instant (merge_t *self, uint64_t instant_ns)
{
    base_assert (self != NULL);
    mst_err_t err = MST_OK;
    base_map_clear (&self->instant);
    self->hashes.count = 0;
    for (size_t i = 0; i < self->count && !err; i++)
        err = merge_records (self, &self->sides[i], instant_ns);
    for (size_t i = 0; i < self->count && !err; i++) {
        merge_side_t *side = &self->sides[i];
        while (!err && side->waiting && side->ahead.log_time_ns == instant_ns) {
            err = merge_message (self, side, &side->ahead);
            side->waiting = false;
            if (!err)
                err = merge_look_ahead (side);
        }
    }
    return err;
}

/*  The whole ---------------------------------------------------------------------------------- */

static mst_err_t merge_all (merge_t *self, const log_pair_t *told, size_t told_count,
                            log_sink_t sink)
{
    base_assert (self->count > 0);
    uint64_t instant_ns = 0;
    bool found = true;
    mst_err_t err = MST_OK;
    self->alike = true;
    for (size_t i = 0; i < self->count && !err; i++)
        for (size_t j = i + 1; j < self->count && !err; j++)
            err = merge_pair (self, i, j);
    if (!err)
        err = merge_begin (self, told, told_count, sink);
    while (!err && found) {
        err = merge_next (self, &instant_ns, &found);
        if (!err && found)
            err = merge_instant (self, instant_ns);
    }
    for (size_t i = 0; i < self->count && !err; i++)
        err = merge_records (self, &self->sides[i], UINT64_MAX);
    return err ? err : log_writer_finish (self->writer);
}

static void merge_fini (merge_t *self)
{
    base_assert (self != NULL);
    for (size_t i = 0; self->sides && i < self->count; i++) {
        base_map_fini (&self->sides[i].channels);
        base_map_fini (&self->sides[i].seen);
        log_walk_fini (&self->sides[i].walk);
    }
    base_free (self->sides);
    log_writer_destroy (&self->writer);
    base_names_fini (&self->classes);
    base_names_fini (&self->senders);
    base_map_fini (&self->seeds);
    base_map_fini (&self->instant);
    base_map_fini (&self->kept);
    BASE_LIST_FINI (&self->hashes);
    BASE_LIST_FINI (&self->sender_list);
    base_buffer_fini (&self->scratch);
    log_state_fini (&self->state);
    base_free (self);
}

mst_err_t log_merge (const log_merge_input_t *inputs, size_t count, const log_pair_t *told,
                     size_t told_count, log_sink_t sink, log_merge_t *report)
{
    base_assert (inputs != NULL);
    base_assert (report != NULL);
    *report = (log_merge_t){ 0 };
    if (count == 0 || count > LOG_MERGE_MAX)
        return base_error (MST_E_LIMIT, "%zu recordings; from 1 to %d can be merged", count,
                           LOG_MERGE_MAX);
    merge_t *self = base_calloc (1, sizeof *self);
    merge_side_t *sides = self ? base_calloc (count, sizeof *sides) : NULL;
    if (!sides) {
        base_free (self);
        return base_alloc_error ();
    }
    self->sides = sides;
    self->count = count;
    self->report = report;
    self->closed = INT64_MIN;
    log_state_init (&self->state);
    for (size_t i = 0; i < count; i++)
        sides[i].input = &inputs[i];
    mst_err_t err = merge_all (self, told, told_count, sink);
    merge_fini (self);
    return err;
}
