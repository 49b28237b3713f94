/*  A federate as a state machine: what its user asks, what the RTI and its peers send, and what
   leaves for them or becomes a callback. No clock, socket, thread, file or random source: the
   library's shell and the simulator drive the same core.

    What the bytes mean is docs/protocol.md; docs/walk/update.md follows one update through it. */
#ifndef FEDERATE_CORE_H
#define FEDERATE_CORE_H

#include <stdbool.h>
#include <stdint.h>
#include <muster/callbacks.h>
#include <muster/federate.h>
#include <muster/object.h>
#include "base/buffer.h"
#include "base/list.h"
#include "fom/model.h"
#include "wire/services.h"

typedef struct federate_core federate_core_t;

typedef struct federate_options {
    const char *host;            /* identity of this host: only equal ones share ipc:// */
    uint64_t process;            /* number of this process */
    size_t bundle_bytes;         /* 0: WIRE_BUNDLE_BYTES */
    size_t route_window_bytes;   /* unconsumed bytes on a route; 0: 64 MiB */
    size_t pace_bytes;           /* … beyond which receive order waits a little; 0: the window */
    size_t receive_queue_bytes;  /* what may wait here; 0: 256 MiB */
    uint64_t tso_queue_messages; /* 0: the default of timemgmt/limits.h */
    bool recorder;
    bool relay; /* data goes through the RTI */
    bool stamps;
    bool causal;
} federate_options_t;

mst_err_t federate_core_new (const federate_options_t *options, federate_core_t **self_p);
void federate_core_destroy (federate_core_t **self_p);
/*  Drops all that was received and not consumed: its owners are among the effects then, or, short
   of memory, among the effects after those. Before destroy. */
void federate_core_abandon (federate_core_t *self);

/*  Effects ----------------------------------------------------------------------------------- */

typedef enum federate_effect_kind {
    FEDERATE_SEND_ROUTE, /* bytes to a peer by our route to it; the buffer is the shell's to free */
    FEDERATE_OPEN_ROUTE, /* connect to one of `endpoints`; frames may follow at once */
    FEDERATE_CLOSE_ROUTE, /* after what was sent */
    FEDERATE_ANSWER, /* bytes back by the connection that a peer's frame came by; `close` ends it */
    FEDERATE_RELEASE, /* a parcel's owner is no longer needed */
    FEDERATE_GIVE_UP  /* a lost peer's connection: close it soon, if it does not close by itself
                         (a process that is declared dead may only be stopped) */
} federate_effect_kind_t;

typedef struct federate_effect {
    federate_effect_kind_t kind;
    uint32_t peer;
    uint64_t connection;          /* ANSWER */
    bool close;                   /* ANSWER: nothing more is wanted of this connection */
    base_buffer_t bytes;          /* SEND_ROUTE, ANSWER */
    const char *const *endpoints; /* OPEN_ROUTE; the core's, in the order to try */
    size_t endpoint_count;
    bool same_host;
    void *owner; /* RELEASE */
} federate_effect_t;

typedef BASE_LIST (federate_effect_t) federate_effects_t;

/*  What is to be done, in order. The shell carries it out and calls done, which forgets it; buffers
   that the shell took over it sets to zero. */
federate_effects_t *federate_core_effects (federate_core_t *self);
void federate_core_effects_done (federate_core_t *self);

/*  Empty buffers that were filled with bundles before, for those to come: the core keeps a few. */
bool federate_core_wants_blocks (const federate_core_t *self);
void federate_core_give_block (federate_core_t *self, base_buffer_t *bytes); /* it is the core's */

/*  Bytes for the RTI, collected since the last time; send them as one message and clear the buffer.
 */
base_buffer_t *federate_core_outbox (federate_core_t *self);

/*  True when the outbox should leave at once: somebody waits for what it asks. */
bool federate_core_urgent (const federate_core_t *self);
/*  Is there anything to carry out: effects, or an urgent outbox? */
bool federate_core_wants (const federate_core_t *self);

/*  What comes in ------------------------------------------------------------------------------- */

/*  Input that cannot be taken in, for want of memory or because it makes no sense, would leave a
   gap that nothing fills: the federate is lost then, as if the RTI were, and the text says why.
   What a peer alone did wrong is answered to that peer, and is no error here. */

/*  A transport message from the RTI. Errors: MST_E_CONNECTION_LOST. */
mst_err_t federate_core_from_rti (federate_core_t *self, const uint8_t *data, size_t size_bytes);

/*  A transport message that a peer sent to us. The bytes stay where they are until RELEASE (owner)
   is among the effects. Errors: MST_E_NO_MEMORY: the message was not taken, and its owner is the
   caller's; MST_E_CONNECTION_LOST. */
mst_err_t federate_core_from_peer (federate_core_t *self, uint64_t connection, const uint8_t *data,
                                   size_t size_bytes, void *owner);

/*  What came back on our own route to a peer. */
mst_err_t federate_core_from_route (federate_core_t *self, uint32_t peer, const uint8_t *data,
                                    size_t size_bytes);

/*  A connection of a peer to us is closed, and all that came by it was handed in. */
mst_err_t federate_core_connection_closed (federate_core_t *self, uint64_t connection);
/*  Our route to a peer could not be opened, or broke. */
mst_err_t federate_core_route_failed (federate_core_t *self, uint32_t peer, const char *why);
/*  The RTI is gone. */
void federate_core_rti_lost (federate_core_t *self, const char *why);

/*  Callbacks ----------------------------------------------------------------------------------- */

typedef enum federate_delivery_kind {
    FEDERATE_NOTHING = 0,
    FEDERATE_DISCOVERED,
    FEDERATE_REFLECTED,
    FEDERATE_RECEIVED,
    FEDERATE_REMOVED,
    FEDERATE_PROVIDE_UPDATE,
    FEDERATE_REGULATION_ENABLED,
    FEDERATE_CONSTRAINED_ENABLED,
    FEDERATE_GRANTED,
    FEDERATE_FLUSHED,   /* granted after a flush: time, optimistic */
    FEDERATE_RETRACTED, /* retracted */
    FEDERATE_POINT_REGISTERED,
    FEDERATE_POINT_ANNOUNCED,
    FEDERATE_SYNCHRONIZED,
    FEDERATE_BARRIER_PASSED,
    FEDERATE_BARRIER_BROKEN,
    FEDERATE_NAME_RESERVED,
    FEDERATE_ASSUMPTION_REQUESTED,
    FEDERATE_ACQUIRED,
    FEDERATE_RELEASE_REQUESTED,
    FEDERATE_UNAVAILABLE,
    FEDERATE_OWNER_INFORMED,
    FEDERATE_MIGRATED_IN,
    FEDERATE_MIGRATED_OUT,
    FEDERATE_MIGRATION_ABORTED,
    FEDERATE_JOINED,
    FEDERATE_RESIGNED,
    FEDERATE_LOST,
    FEDERATE_REFUSED,
    FEDERATE_CONNECTION_LOST,
    FEDERATE_NOTED,
    FEDERATE_LISTED /* reportFederationExecutions: tag holds its arguments */
} federate_delivery_kind_t;

typedef struct federate_delivery {
    federate_delivery_kind_t kind;
    mst_reception_t reception;
    mst_discovery_t discovery;
    mst_ownership_t ownership;
    mst_migration_t migration;
    mst_retracted_t retracted;
    mst_object_t object;
    uint64_t attributes;
    mst_time_t time, optimistic;
    const char *text; /* label, name */
    const char *reason;
    const void *tag;
    size_t tag_size_bytes;
    bool succeeded;
    uint64_t number;
    mst_federate_id_t federate;
    const mst_federate_id_t *federates;
    size_t federate_count;
    mst_err_t err;
} federate_delivery_t;

/*  Takes the next callback that is due; kind FEDERATE_NOTHING: none. Of a message only the kind and
   the reception are set. What it points to is good until the next call. Errors: MST_E_NO_MEMORY. */
mst_err_t federate_core_next (federate_core_t *self, federate_delivery_t *delivery);

/*  A reply to a numbered request has come: true once, then it is forgotten. */
typedef struct federate_reply {
    mst_err_t err;
    char *text;      /* the caller frees both */
    uint8_t *result; /* of a service's result row */
    size_t result_size_bytes;
} federate_reply_t;
bool federate_core_reply (federate_core_t *self, uint32_t request, federate_reply_t *reply);

/*  Requests ------------------------------------------------------------------------------------ */

/*  A record of the RTI, a grant most often, is here and waits for bundles of this federate that are
    not; false: none does. Whoever waits long tells the RTI, so that explanations name the right
   one.
 */
bool federate_core_lacks (const federate_core_t *self, uint32_t *sender, uint64_t *sequence);
mst_err_t federate_core_tell_lacks (federate_core_t *self);

/*  Puts a service or record into the outbox; *request (may be NULL: no reply wanted) numbers it. */
mst_err_t federate_core_request (federate_core_t *self, uint16_t kind, const void *args,
                                 uint32_t *request);

typedef struct federate_join {
    const char *federation, *name, *type;
    const char *const *endpoints; /* where peers reach this federate */
    size_t endpoint_count;
} federate_join_t;
mst_err_t federate_core_join (federate_core_t *self, const federate_join_t *join,
                              uint32_t *request);

/*  One row each of docs/protocol.md; local checks first, with the standard's errors. */
mst_err_t federate_core_publish (federate_core_t *self, uint32_t class_handle, uint64_t mask,
                                 bool on, uint32_t *request);
mst_err_t federate_core_subscribe (federate_core_t *self, uint32_t class_handle, uint64_t mask,
                                   bool on, uint32_t *request);
mst_err_t federate_core_publish_interaction (federate_core_t *self, uint32_t class_handle, bool on,
                                             uint32_t *request);
mst_err_t federate_core_subscribe_interaction (federate_core_t *self, uint32_t class_handle,
                                               bool on, uint32_t *request);
mst_err_t federate_core_register (federate_core_t *self, uint32_t class_handle, const char *name,
                                  mst_object_t *object);
mst_err_t federate_core_reserve (federate_core_t *self, const char *const *names, size_t count);
mst_err_t federate_core_release_name (federate_core_t *self, const char *name);

/*  MST_E_WOULD_BLOCK: a receiver of a receive-order message is slow; nothing was sent. Let the core
    take in what has come, and call again. While `blocked` is set, what comes in is credited at
   once. */
mst_err_t federate_core_update (federate_core_t *self, mst_object_t object,
                                const mst_value_t *values, size_t count, mst_time_t time,
                                const mst_send_options_t *options);
mst_err_t federate_core_send (federate_core_t *self, mst_interaction_class_t of,
                              const mst_value_t *values, size_t count, mst_time_t time,
                              const mst_send_options_t *options);
mst_err_t federate_core_delete (federate_core_t *self, mst_object_t object, mst_time_t time,
                                const mst_send_options_t *options);
/*  Takes back what was sent with a handle. */
mst_err_t federate_core_retract (federate_core_t *self, mst_retraction_t message);
void federate_core_blocked (federate_core_t *self, bool blocked);
/*  The pace: a receiver is told more slowly than it is sent to, and what is on its way is beyond
   `pace_bytes`. There is room in the window, so whoever waited a little for nothing calls
   run_ahead: the route may go twice as far, until its receiver has caught up. */
bool federate_core_paced (const federate_core_t *self); /* was MST_E_WOULD_BLOCK only that? */
void federate_core_run_ahead (federate_core_t *self);
mst_err_t federate_core_forget (federate_core_t *self, mst_object_t object);
mst_err_t federate_core_request_update (federate_core_t *self, mst_object_t object,
                                        uint32_t class_handle, uint64_t mask);

/*  Seals all open bundles; they are among the effects then. */
mst_err_t federate_core_flush (federate_core_t *self);

mst_err_t federate_core_enable_regulation (federate_core_t *self, mst_time_t lookahead);
mst_err_t federate_core_disable_regulation (federate_core_t *self);
mst_err_t federate_core_enable_constrained (federate_core_t *self);
mst_err_t federate_core_disable_constrained (federate_core_t *self);
/*  kind: wire_advance_t, TAR … FQR. */
mst_err_t federate_core_advance (federate_core_t *self, uint8_t kind, mst_time_t to);
mst_err_t federate_core_modify_lookahead (federate_core_t *self, mst_time_t lookahead);
mst_err_t federate_core_query (federate_core_t *self, uint16_t service, uint32_t *request);
mst_err_t federate_core_asynchronous (federate_core_t *self, bool on);

mst_err_t federate_core_register_point (federate_core_t *self, const char *label, const void *tag,
                                        size_t tag_size_bytes, const mst_federate_id_t *members,
                                        size_t member_count);
/*  Federation-wide, with a reply: what the RTI refuses is not waited for. */
mst_err_t federate_core_register_point_asked (federate_core_t *self, const char *label,
                                              uint32_t *request);
mst_err_t federate_core_achieve_point (federate_core_t *self, const char *label, bool succeeded);
mst_err_t federate_core_barrier (federate_core_t *self, const char *name,
                                 const char *const *expected, size_t count, int64_t deadline_ns);
/*  The same, with a reply: an arrival that the RTI refuses is not waited for. */
mst_err_t federate_core_barrier_asked (federate_core_t *self, const char *name,
                                       const char *const *expected, size_t count,
                                       int64_t deadline_ns, uint32_t *request);

mst_err_t federate_core_divest (federate_core_t *self, mst_object_t object, uint64_t mask,
                                const void *tag, size_t tag_size_bytes);
mst_err_t federate_core_acquire (federate_core_t *self, mst_object_t object, uint64_t mask,
                                 const void *tag, size_t tag_size_bytes, bool only_available);
mst_err_t federate_core_query_owner (federate_core_t *self, mst_object_t object,
                                     uint32_t attribute);
mst_err_t federate_core_migrate (federate_core_t *self, mst_object_t object,
                                 mst_federate_id_t new_home, mst_time_t cut, const void *state,
                                 size_t state_size_bytes);

mst_err_t federate_core_report (federate_core_t *self, const char *name, const char *value);

/*  Where the time of the federate's own thread went since the join, and what it does now. */
typedef struct federate_times {
    uint8_t doing; /* wire_doing_t */
    const char *place;
    uint64_t elapsed_ns, waiting_ns, messaging_ns;
} federate_times_t;

/*  Has the RTI asked for the counters? Asked once, it is forgotten by telling them. */
bool federate_core_counters_wanted (const federate_core_t *self);
mst_err_t federate_core_tell_counters (federate_core_t *self, const federate_times_t *times);

/*  Clocks: what the RTI told since the last time, oldest first; false: nothing. And a question: it
    leaves at once. */
bool federate_core_clock_told (federate_core_t *self, wire_clock_tell_t *tell);
mst_err_t federate_core_clock_ask (federate_core_t *self, const wire_clock_ask_t *ask);
mst_err_t federate_core_resign (federate_core_t *self, mst_resign_t action, uint32_t *request);

/*  Questions ----------------------------------------------------------------------------------- */

typedef struct federate_state {
    bool joined, lost, regulating, constrained, advancing;
    bool regulation_pending, constrained_pending, asynchronous;
    mst_time_t now;
    mst_time_t requested;
    mst_time_t lookahead; /* actual */
    mst_time_t floor;     /* smallest time stamp that may be sent */
    uint32_t self;
} federate_state_t;
void federate_core_state (const federate_core_t *self, federate_state_t *state);
const char *federate_core_lost_text (const federate_core_t *self);

/*  A logical time as people write it; a float64 one as a number, not as its key. */
typedef struct federate_time_text {
    char text[32];
} federate_time_text_t;
federate_time_text_t federate_core_time_text (const federate_core_t *self, mst_time_t time);
#define FEDERATE_TIME(core, time) (federate_core_time_text ((core), (time)).text)

const fom_model_t *federate_core_model (const federate_core_t *self); /* NULL before the join */
const mst_counters_t *federate_core_counters (const federate_core_t *self);
mst_counters_t *federate_core_counters_edit (federate_core_t *self);
const char *federate_core_peer_name (const federate_core_t *self,
                                     uint32_t id); /* oneself too; or NULL */
uint32_t federate_core_peer_find (const federate_core_t *self, const char *name); /* 0: none */
/*  Joined federates without recorders, oneself included; *first: the smallest name among them. */
size_t federate_core_members (const federate_core_t *self, const char **first);
const char *federate_core_object_name (const federate_core_t *self, mst_object_t object);
bool federate_core_object_find (const federate_core_t *self, const char *name,
                                mst_object_t *object);
uint32_t federate_core_object_class (const federate_core_t *self,
                                     mst_object_t object); /* 0: unknown */
uint64_t federate_core_owned (const federate_core_t *self, mst_object_t object);
size_t federate_core_owned_count (const federate_core_t *self); /* objects owned, or in part */
/*  The peer whose full window makes the last update wait; 0: none. */
uint32_t federate_core_slow_peer (const federate_core_t *self);
/*  All that was sent has left: nothing in open or waiting bundles. */
bool federate_core_drained (const federate_core_t *self);

#endif
