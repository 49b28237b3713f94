/*  One turn: wait; take in what came; let the store do what is due; carry out what it has to say.
   The store resends what gets lost, so a message to a peer that cannot be sent is dropped. */
#include "tools/state_serve.h"
#include "tools/file.h"
#include "tools/state_show.h"
#include "tools/state_talk.h"
#include "tools/text.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/list.h"
#include "link/clock.h"
#include "link/file.h"
#include "link/mesh.h"
#include "link/random.h"
#include "log/codec.h"
#include <muster/store.h>

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    SERVE_LINGER_MS = 500,
    SERVE_PACK_BYTES = 512, /* smaller messages are not packed */
    SERVE_FILE_BYTES_MAX = 1 << 30,
    SERVE_REPLICA_BYTES = 8 /* before the store's bytes in the file */
};

/*  A connection: a peer, once it said who it is, or somebody who watches. */
typedef struct serve_lane {
    uint64_t lane;
    uint64_t replica; /* 0: no peer */
    char *watching;   /* NULL: nothing */
} serve_lane_t;

struct tools_state_serve {
    mst_store_t *store;
    mst_consistency_table_t *table;
    link_mesh_t *mesh;
    BASE_LIST (serve_lane_t) lanes;
    log_codec_t codec;
    int level;
    base_buffer_t out;    /* a record */
    base_buffer_t packed; /* a message of the store */
    uint64_t replica;
    uint64_t refused; /* records that made no sense */
    char *file;
    bool log;
    atomic_bool stop;
};

static uint64_t serve_now (void)
{
    return (uint64_t) link_clock_wall_ns ();
}

static void serve_note (const tools_state_serve_t *self, const char *what)
{
    if (self->log)
        fprintf (stderr, "muster state: %s\n", what);
}

/*  Lanes --------------------------------------------------------------------------------------- */

static serve_lane_t *serve_lane (tools_state_serve_t *self, uint64_t lane)
{
    BASE_LIST_EACH (&self->lanes, i)
        if (self->lanes.items[i].lane == lane)
            return &self->lanes.items[i];
    if (BASE_LIST_PUSH (&self->lanes, ((serve_lane_t){ .lane = lane })))
        return NULL;
    return &self->lanes.items[self->lanes.count - 1];
}

static const serve_lane_t *serve_peer (const tools_state_serve_t *self, uint64_t replica)
{
    BASE_LIST_EACH (&self->lanes, i)
        if (self->lanes.items[i].replica == replica)
            return &self->lanes.items[i];
    return NULL;
}

static void serve_closed (tools_state_serve_t *self, uint64_t lane)
{
    serve_lane_t *closed = serve_lane (self, lane);
    if (!closed)
        return;
    uint64_t replica = closed->replica;
    base_free (closed->watching);
    *closed = self->lanes.items[--self->lanes.count];
    if (replica == 0 || serve_peer (self, replica))
        return;
    mst_store_peer_remove (self->store, replica);
    serve_note (self, "a peer is gone");
}

/*  Short of memory or room, or too late: it is as if the network had lost it. */
static mst_err_t serve_send (tools_state_serve_t *self, uint64_t lane,
                             const tools_state_talk_t *talk)
{
    mst_err_t err = tools_state_talk_write (talk, &self->out);
    return err ? err : link_mesh_send (self->mesh, lane, self->out.data, self->out.size_bytes);
}

static void serve_hello (tools_state_serve_t *self, uint64_t lane)
{
    const tools_state_talk_t hello = { .kind = TOOLS_STATE_HELLO,
                                       .operation = TOOLS_STATE_FORMAT,
                                       .number = (int64_t) self->replica };
    (void) serve_send (self, lane, &hello);
}

static void serve_greeted (tools_state_serve_t *self, uint64_t lane, const tools_state_talk_t *talk)
{
    uint64_t replica = (uint64_t) talk->number;
    serve_lane_t *at = serve_lane (self, lane);
    if (!at || talk->operation != TOOLS_STATE_FORMAT || replica == self->replica) {
        serve_note (self, replica == self->replica
                              ? "a peer leads back to this process: its --peer is left alone"
                              : "a peer speaks another format of muster state");
        return;
    }
    bool answer = at->replica == 0 && lane % 2 == 0; /* we were called: say who we are */
    at->replica = replica;
    mst_err_t err = mst_store_peer_add (self->store, replica);
    if (answer)
        serve_hello (self, lane);
    if (!err)
        err = mst_store_sync (self->store, replica, serve_now ());
    serve_note (self, err ? mst_error_text () : "a peer is there");
}

/*  Peers --------------------------------------------------------------------------------------- */

static void serve_carry (tools_state_serve_t *self, const mst_store_message_t *message)
{
    const serve_lane_t *to = serve_peer (self, message->peer);
    tools_state_talk_t talk = { .kind = TOOLS_STATE_STORE,
                                .value = log_span (message->data, message->size_bytes) };
    if (!to)
        return;
    if (message->size_bytes >= SERVE_PACK_BYTES &&
        log_codec_pack (&self->codec, LOG_COMPRESSION_ZSTD, self->level, &self->packed,
                        talk.value) == MST_OK &&
        self->packed.size_bytes < message->size_bytes) {
        talk.number = (int64_t) message->size_bytes;
        talk.value = log_span (self->packed.data, self->packed.size_bytes);
    }
    (void) serve_send (self, to->lane, &talk);
}

static mst_err_t serve_store_message (tools_state_serve_t *self, uint64_t lane,
                                      const tools_state_talk_t *talk)
{
    log_span_t bytes = talk->value;
    const serve_lane_t *from = serve_lane (self, lane);
    if (!from || from->replica == 0)
        return base_error (MST_E_NOT_INTRODUCED, "somebody sends state without a greeting");
    if (talk->number < 0 || talk->number > TOOLS_STATE_TALK_BYTES_MAX)
        return base_error (MST_E_LIMIT, "a packed message claims %" PRId64 " bytes", talk->number);
    if (talk->number > 0) {
        mst_err_t err = log_codec_unpack (&self->codec, log_text ("zstd"), &self->packed, bytes,
                                          (size_t) talk->number);
        if (err)
            return err;
        bytes = log_span (self->packed.data, self->packed.size_bytes);
    }
    return mst_store_receive (self->store, bytes.data, bytes.size_bytes, serve_now ());
}

/*  Answers ------------------------------------------------------------------------------------- */

typedef struct serve_answer {
    tools_state_serve_t *self;
    uint64_t lane;
    mst_err_t err;
    uint64_t items;
} serve_answer_t;

static bool serve_item (void *context, const char *path, size_t path_bytes, const mst_crdt_t *crdt)
{
    serve_answer_t *answer = context;
    base_buffer_t json = { 0 }, text = { 0 };
    answer->err = tools_state_show_json (crdt, &json);
    if (!answer->err)
        answer->err = tools_state_show_text (crdt, &text);
    if (!answer->err) {
        const tools_state_talk_t item = { .kind = TOOLS_STATE_ITEM,
                                          .operation = mst_crdt_type (crdt),
                                          .path = log_span (path, path_bytes),
                                          .value = log_span (json.data, json.size_bytes),
                                          .more = log_span (text.data, text.size_bytes) };
        answer->err = serve_send (answer->self, answer->lane, &item);
        answer->items++;
    }
    base_buffer_fini (&json);
    base_buffer_fini (&text);
    return !answer->err;
}

static void serve_reply (tools_state_serve_t *self, uint64_t lane, mst_err_t err, const char *text)
{
    const tools_state_talk_t reply = { .kind = TOOLS_STATE_REPLY,
                                       .number = err,
                                       .value = log_text (err ? mst_error_text () : text) };
    (void) serve_send (self, lane, &reply);
}

static mst_err_t serve_get (tools_state_serve_t *self, uint64_t lane,
                            const tools_state_talk_t *talk)
{
    serve_answer_t answer = { self, lane, MST_OK, 0 };
    log_span_t path = talk->path;
    if (talk->operation == 1) {
        mst_err_t err =
            mst_store_each (self->store, path.data, path.size_bytes, serve_item, &answer);
        return err ? err : answer.err;
    }
    const mst_crdt_t *crdt = mst_store_find (self->store, path.data, path.size_bytes);
    if (!crdt)
        return base_error (MST_E_OBJECT_UNKNOWN, "there is nothing at \"%.*s\"",
                           (int) path.size_bytes, path.data);
    (void) serve_item (&answer, path.data, path.size_bytes, crdt);
    return answer.err;
}

/*  Tells those who watch. */
static void serve_changed (tools_state_serve_t *self, log_span_t path, const mst_crdt_t *crdt)
{
    BASE_LIST_EACH (&self->lanes, i) {
        const char *watching = self->lanes.items[i].watching;
        size_t length = watching ? strlen (watching) : 0;
        serve_answer_t answer = { self, self->lanes.items[i].lane, MST_OK, 0 };
        if (watching && path.size_bytes >= length && memcmp (path.data, watching, length) == 0)
            (void) serve_item (&answer, path.data, path.size_bytes, crdt);
    }
}

static mst_err_t serve_change (tools_state_serve_t *self, const tools_state_talk_t *talk,
                               mst_crdt_t *crdt)
{
    uint64_t stamp;
    uint32_t size_bytes = (uint32_t) talk->value.size_bytes;
    mst_err_t err;
    switch ((tools_state_put_t) talk->operation) {
    case TOOLS_STATE_PUT_SET:
        err = mst_store_stamp (self->store, serve_now (), &stamp);
        return err ? err : mst_crdt_set (crdt, NULL, stamp, talk->value.data, size_bytes);
    case TOOLS_STATE_PUT_ADD: return mst_crdt_add (crdt, NULL, talk->value.data, size_bytes);
    case TOOLS_STATE_PUT_REMOVE: return mst_crdt_remove (crdt, NULL, talk->value.data, size_bytes);
    case TOOLS_STATE_PUT_COUNT:
        return talk->number >= 0 ? mst_crdt_increment (crdt, NULL, (uint64_t) talk->number)
                                 : mst_crdt_decrement (crdt, NULL, 0 - (uint64_t) talk->number);
    }
    return base_error (MST_E_MALFORMED, "%" PRIu64 " is no way to put", talk->operation);
}

static mst_crdt_type_t serve_type (uint64_t operation)
{
    switch ((tools_state_put_t) operation) {
    case TOOLS_STATE_PUT_ADD:
    case TOOLS_STATE_PUT_REMOVE: return MST_CRDT_ORSET;
    case TOOLS_STATE_PUT_COUNT: return MST_CRDT_PNCOUNTER;
    case TOOLS_STATE_PUT_SET: break;
    }
    return MST_CRDT_LWW;
}

static mst_err_t serve_put (tools_state_serve_t *self, const tools_state_talk_t *talk)
{
    log_span_t path = talk->path;
    mst_crdt_t *crdt;
    char *kind = base_strndup (talk->more.data, talk->more.size_bytes);
    if (!kind)
        return base_alloc_error ();
    mst_consistency_t consistency = mst_consistency_table_get (self->table, kind[0] ? kind : NULL);
    base_free (kind);
    mst_err_t err = mst_store_allows (self->store, consistency);
    if (!err && talk->value.size_bytes > MST_CRDT_BYTES_MAX)
        err = base_error (MST_E_LIMIT, "a value has at most %d bytes (MST_CRDT_BYTES_MAX)",
                          MST_CRDT_BYTES_MAX);
    if (!err)
        err = mst_store_open (self->store, path.data, path.size_bytes, serve_type (talk->operation),
                              &crdt);
    if (!err)
        err = serve_change (self, talk, crdt);
    if (!err)
        err = mst_store_commit (self->store, path.data, path.size_bytes, consistency);
    if (!err)
        serve_changed (self, path, crdt);
    return err;
}

static mst_err_t serve_watch (tools_state_serve_t *self, uint64_t lane,
                              const tools_state_talk_t *talk)
{
    serve_lane_t *at = serve_lane (self, lane);
    char *prefix = base_strndup (talk->path.data, talk->path.size_bytes);
    if (!at || !prefix) {
        base_free (prefix);
        return base_alloc_error ();
    }
    base_free (at->watching);
    at->watching = prefix;
    serve_answer_t answer = { self, lane, MST_OK, 0 };
    mst_err_t err =
        mst_store_each (self->store, talk->path.data, talk->path.size_bytes, serve_item, &answer);
    return err ? err : answer.err;
}

static mst_err_t serve_status (const tools_state_serve_t *self, base_buffer_t *out)
{
    mst_store_stats_t s;
    size_t peers = 0;
    BASE_LIST_EACH (&self->lanes, i)
        peers += self->lanes.items[i].replica != 0;
    mst_store_stats (self->store, &s);
    return tools_text_append (
        out,
        "{\"replica\":\"%016" PRIx64 "\",\"peers\":%zu,\"objects\":%zu,\"changes_made\":%" PRIu64
        ",\"changes_applied\":%" PRIu64 ",\"changes_known\":%" PRIu64 ",\"early_now\":%" PRIu64
        ",\"early_peak\":%" PRIu64 ",\"early_dropped\":%" PRIu64 ",\"rounds_gossip\":%" PRIu64
        ",\"rounds_entropy\":%" PRIu64 ",\"messages_out\":%" PRIu64 ",\"messages_in\":%" PRIu64
        ",\"bytes_out\":%" PRIu64 ",\"bytes_in\":%" PRIu64 ",\"refused\":%" PRIu64 "}",
        self->replica, peers, mst_store_size (self->store), s.changes_made, s.changes_applied,
        s.changes_known, s.early_now, s.early_peak, s.early_dropped, s.rounds_gossip,
        s.rounds_entropy, s.messages_out, s.messages_in, s.bytes_out, s.bytes_in,
        s.refused_malformed + s.refused_version + s.refused_type + s.refused_clock +
            s.refused_sender + self->refused);
}

static void serve_record (tools_state_serve_t *self, uint64_t lane, const tools_state_talk_t *talk)
{
    base_buffer_t text = { 0 };
    mst_err_t err = MST_OK;
    switch (talk->kind) {
    case TOOLS_STATE_HELLO: serve_greeted (self, lane, talk); return;
    case TOOLS_STATE_STORE:
        err = serve_store_message (self, lane, talk);
        if (err)
            serve_note (self, mst_error_text ());
        return;
    case TOOLS_STATE_GET: err = serve_get (self, lane, talk); break;
    case TOOLS_STATE_PUT: err = serve_put (self, talk); break;
    case TOOLS_STATE_WATCH: err = serve_watch (self, lane, talk); break;
    case TOOLS_STATE_STATUS: err = serve_status (self, &text); break;
    case TOOLS_STATE_ITEM:
    case TOOLS_STATE_REPLY: self->refused++; return; /* nothing was asked */
    }
    serve_reply (self, lane, err, err ? "" : tools_text_of (&text));
    base_buffer_fini (&text);
}

/*  The loop ------------------------------------------------------------------------------------ */

static void serve_event (tools_state_serve_t *self, link_mesh_event_t *event)
{
    tools_state_talk_t talk;
    switch (event->news) {
    case LINK_MESH_OPENED: serve_hello (self, event->lane); break;
    case LINK_MESH_CLOSED: serve_closed (self, event->lane); break;
    case LINK_MESH_MESSAGE:
        if (tools_state_talk_read (&talk, event->message.data, event->message.size_bytes)) {
            self->refused++;
            serve_note (self, mst_error_text ());
        } else
            serve_record (self, event->lane, &talk);
        link_message_release (&event->message);
        break;
    case LINK_MESH_NOTHING: break;
    }
}

static void serve_carry_out (tools_state_serve_t *self)
{
    mst_store_change_t change;
    mst_store_message_t message;
    if (mst_store_tick (self->store, serve_now ()))
        serve_note (self, mst_error_text ());
    while (mst_store_take_change (self->store, &change))
        serve_changed (self, log_span (change.path, change.path_bytes), change.crdt);
    while (mst_store_take_message (self->store, &message))
        serve_carry (self, &message);
}

static mst_err_t serve_save (const tools_state_serve_t *self)
{
    mst_bytes_t bytes = { 0 };
    base_buffer_t out = { 0 };
    uint8_t replica[SERVE_REPLICA_BYTES];
    if (!self->file)
        return MST_OK;
    (void) log_put_u64 (replica, self->replica);
    mst_err_t err = mst_store_save (self->store, &bytes);
    if (!err)
        err = base_buffer_append (&out, replica, sizeof replica);
    if (!err)
        err = base_buffer_append (&out, bytes.data, bytes.size_bytes);
    if (!err)
        err = link_file_write (self->file, out.data, out.size_bytes);
    mst_bytes_free (&bytes);
    base_buffer_fini (&out);
    return err;
}

mst_err_t tools_state_serve_run (tools_state_serve_t *self)
{
    link_mesh_event_t event;
    base_assert (self != NULL);
    while (!atomic_load (&self->stop)) {
        uint64_t next_ns = mst_store_next_tick (self->store), now_ns = serve_now ();
        uint64_t wait_ns = next_ns > now_ns ? next_ns - now_ns : 0;
        link_mesh_wait (self->mesh, wait_ns < INT64_MAX ? (int64_t) wait_ns : INT64_MAX);
        do {
            if (link_mesh_next (self->mesh, &event))
                serve_note (self, mst_error_text ());
            serve_event (self, &event);
        } while (event.news != LINK_MESH_NOTHING);
        serve_carry_out (self);
    }
    return serve_save (self);
}

void tools_state_serve_stop (tools_state_serve_t *self)
{
    if (!self)
        return;
    atomic_store (&self->stop, true);
    link_mesh_wake (self->mesh);
}

/*  Life ---------------------------------------------------------------------------------------- */

/*  "trade=causal, score=eventual, *=eventual" */
static mst_err_t serve_table_row (mst_consistency_table_t *table, const char *row)
{
    char kind[80], word[32], rest[2];
    mst_consistency_t consistency;
    if (sscanf (row, " %79[^= ] = %31s %1s", kind, word, rest) != 2)
        return base_error (MST_E_CONFIG,
                           "state.consistency: \"%s\" is not KIND=eventual, causal or strong", row);
    mst_err_t err = mst_consistency_parse (word, &consistency);
    return err ? err : mst_consistency_table_set (table, kind, consistency);
}

static mst_err_t serve_table (tools_state_serve_t *self, const char *text)
{
    char copy[CONFIG_VALUE_BYTES], *at = NULL;
    mst_err_t err = mst_consistency_table_new (MST_CONSISTENCY_EVENTUAL, &self->table);
    (void) snprintf (copy, sizeof copy, "%s", text);
    for (char *row = strtok_r (copy, ",", &at); !err && row; row = strtok_r (NULL, ",", &at))
        err = serve_table_row (self->table, row);
    return err;
}

static mst_err_t serve_store (tools_state_serve_t *self, const config_t *config)
{
    const mst_store_options_t options = {
        .replica = self->replica,
        .seed = link_random_u64 (),
        .gossip_interval_ns = (uint64_t) config_number (config, CONFIG_STATE_GOSSIP),
        .gossip_fanout = (uint32_t) config_number (config, CONFIG_STATE_FANOUT),
        .gossip_hops = (uint32_t) config_number (config, CONFIG_STATE_HOPS),
        .entropy_interval_ns = (uint64_t) config_number (config, CONFIG_STATE_ENTROPY),
        .max_drift_ns = (uint64_t) config_number (config, CONFIG_STATE_DRIFT),
    };
    return mst_store_new (&options, &self->store);
}

/*  Takes the file over: it is gone until the next clean end. */
static mst_err_t serve_load (tools_state_serve_t *self, const config_t *config)
{
    base_buffer_t bytes = { 0 };
    mst_err_t err = MST_OK;
    while (self->replica == 0)
        self->replica = link_random_u64 () >> 1;
    if (!self->file || !link_file_exists (self->file))
        return serve_store (self, config);
    err = link_file_read (self->file, SERVE_FILE_BYTES_MAX, &bytes);
    if (!err && bytes.size_bytes < SERVE_REPLICA_BYTES)
        err = base_error (MST_E_FILE_CORRUPT, "%s is cut: it has %zu bytes", self->file,
                          bytes.size_bytes);
    if (!err) {
        self->replica = log_load_u64 (bytes.data);
        err = serve_store (self, config);
    }
    if (!err)
        err = mst_store_load (self->store, bytes.data + SERVE_REPLICA_BYTES,
                              bytes.size_bytes - SERVE_REPLICA_BYTES);
    if (!err && unlink (self->file) != 0)
        err = base_error (MST_E_IO, "%s cannot be taken over: it cannot be removed", self->file);
    base_buffer_fini (&bytes);
    return err;
}

mst_err_t tools_state_serve_new (const config_t *config, const char *listen,
                                 const char *const *peers, size_t peer_count, const char *file,
                                 bool log, tools_state_serve_t **self)
{
    base_assert (config != NULL && self != NULL);
    *self = NULL;
    tools_state_serve_t *fresh = base_calloc (1, sizeof *fresh);
    if (!fresh)
        return base_alloc_error ();
    log_codec_init (&fresh->codec);
    atomic_init (&fresh->stop, false);
    fresh->level = (int) config_number (config, CONFIG_STATE_LEVEL);
    fresh->log = log;
    fresh->file = file ? base_strdup (file) : NULL;
    mst_err_t err = file && !fresh->file ? base_alloc_error () : MST_OK;
    if (!err)
        err = serve_table (fresh, config_text (config, CONFIG_STATE_CONSISTENCY));
    if (!err)
        err = serve_load (fresh, config);
    if (!err)
        err = link_mesh_new (listen, peers, peer_count, &fresh->mesh);
    if (err)
        tools_state_serve_destroy (&fresh);
    *self = fresh;
    return err;
}

const char *tools_state_serve_endpoint (const tools_state_serve_t *self)
{
    base_assert (self != NULL);
    return link_mesh_endpoint (self->mesh);
}

void tools_state_serve_destroy (tools_state_serve_t **self)
{
    base_assert (self != NULL);
    tools_state_serve_t *old = *self;
    if (!old)
        return;
    *self = NULL;
    link_mesh_destroy (&old->mesh, SERVE_LINGER_MS);
    mst_store_destroy (&old->store);
    mst_consistency_table_destroy (&old->table);
    BASE_LIST_EACH (&old->lanes, i)
        base_free (old->lanes.items[i].watching);
    BASE_LIST_FINI (&old->lanes);
    log_codec_fini (&old->codec);
    base_buffer_fini (&old->out);
    base_buffer_fini (&old->packed);
    base_free (old->file);
    base_free (old);
}
