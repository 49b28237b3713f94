/*  What the files of federate/core share: the tables of a federate. */
#ifndef FEDERATE_INTERNAL_H
#define FEDERATE_INTERNAL_H

#include <string.h>
#include "base/alloc.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/map.h"
#include "base/trace.h"
#include "federate/core/core.h"
#include "timemgmt/causal.h"
#include "timemgmt/clocks.h"
#include "timemgmt/floor.h"
#include "timemgmt/tso_queue.h"
#include "wire/bundle.h"
#include "wire/control.h"
#include "wire/services.h"

enum {
    FEDERATE_ATTRIBUTES_MAX = 64,            /* a mask is 64 bits */
    FEDERATE_CREDIT_STEP_BYTES = 256 * 1024, /* consumed bytes are told in steps of this */
    FEDERATE_WINDOW_MIN_BYTES = 1024 * 1024,
    FEDERATE_WINDOW_BYTES = 64 * 1024 * 1024,
    FEDERATE_RECEIVE_BYTES = 256 * 1024 * 1024,
    FEDERATE_ROUTE_CONTROL_BYTES = 32 * 1024, /* the outbox leaves by itself beyond this */
    FEDERATE_STRANGERS_MAX = 1024,            /* HELLOs of peers that are not yet introduced */
    FEDERATE_OBJECT_COUNTER_BITS = 40,
    FEDERATE_RECENT_OBJECTS = 1024, /* a power of two */
    FEDERATE_CLOCK_TOLD = 4,        /* answers about clocks that the shell has not fetched */
    FEDERATE_BLOCKS_MAX = 4,        /* kept for the next bundles */
    FEDERATE_MESSAGE_BYTES_MAX =
        WIRE_BODY_MAX - 4 * 1024 * 1024,    /* with its stamps and the bundle that it finds open */
    FEDERATE_BUNDLE_BYTES_MAX = 512 * 1024, /* limits.bundle_bytes */
    FEDERATE_RETRACTABLE_MAX = 1 << 20,     /* sent with a handle and not yet final */
    FEDERATE_SWEEP_MIN = 1024               /* tables of retraction are swept from so many on */
};

_Static_assert(FEDERATE_WINDOW_MIN_BYTES > 2 * FEDERATE_CREDIT_STEP_BYTES, "credit comes in time");

/*  Bytes that came in, shared by all that still looks at them. */
typedef struct federate_parcel {
    struct federate_peer *peer;
    void *owner; /* the shell's; NULL: the bytes stand behind this struct */
    const uint8_t *data;
    size_t size_bytes;
    uint32_t references;
    bool credited;
    struct federate_parcel *next; /* among those whose RELEASE waits for room */
    struct federate_parcel *uncredited, **from_before; /* among those that are not yet credited */
} federate_parcel_t;

/*  A bundle in hand that waits for control, or for the user. */
typedef struct federate_bundle {
    federate_parcel_t *parcel; /* one reference */
    wire_bundle_head_t head;
    wire_reader_t reader;  /* at the next message */
    uint32_t left;         /* messages not yet read */
    uint32_t index;        /* of the next message */
    bool skip_timestamped; /* those are in the TSO queue already */
    bool moves;            /* held, with the state of a migration in it: the RTI waits for a vote */
    uint64_t order;        /* place in the queue of callbacks */
} federate_bundle_t;

typedef BASE_LIST (federate_bundle_t) federate_bundles_t;

/*  One receive-order message that waits for its causes; or, without a stamp, for an earlier message
    of its sender that does. */
typedef struct federate_waiting {
    federate_bundle_t single;
    bool used;
    bool follows;
    uint32_t first, last; /* index + 1 of those that follow it; 0: none */
    uint32_t next;        /* of the one behind it among those that follow; or free */
} federate_waiting_t;

/*  A time-stamped message that was given to the user, or stands in the line to him, and may still
   be taken back. The key is its bundle's sequence, then its place there. */
typedef enum federate_handed_state {
    FEDERATE_HANDED_LINED,   /* stands in the line of receive order */
    FEDERATE_HANDED_SKIPPED, /* likewise, and is retracted: it is passed over */
    FEDERATE_HANDED_OUT,
    FEDERATE_HANDED_BACK /* retracted; kept, as a cut may show that this was never reported */
} federate_handed_state_t;

typedef struct federate_handed {
    int64_t time;
    uint64_t back_sequence;       /* of the retraction's bundle */
    uint64_t object;              /* it was the removal of this one */
    struct federate_parcel *copy; /* the message's bytes; NULL: it cannot be given again */
    federate_handed_state_t state;
} federate_handed_t;

enum { FEDERATE_HANDED_INDEX_BITS = 16 };
_Static_assert(WIRE_BUNDLE_MESSAGES_MAX <= 1 << FEDERATE_HANDED_INDEX_BITS, "an index fits");
#define FEDERATE_HANDED_KEY(sequence, index) ((sequence) << FEDERATE_HANDED_INDEX_BITS | (index))
/*  What a receiver is shown as the handle; a sender's are plain numbers. */
#define FEDERATE_HANDED_ID(key) (UINT64_C (1) << 63 | (key))

/*  A message of our own that may still be retracted: where it went. */
typedef struct federate_sent_to {
    uint32_t peer;
    uint32_t index;
    uint64_t sequence;
} federate_sent_to_t;

typedef struct federate_retractable {
    uint64_t number;
    int64_t time;
    bool retracted;
    federate_sent_to_t *to;
    uint32_t to_count;
    uint64_t object; /* it deletes this one, which stays until that is final; 0: none */
    bool missed;     /* … and somebody came to know it whom no time-stamped deletion reaches */
    uint8_t *tag;    /* of the deletion */
    uint32_t tag_size_bytes;
} federate_retractable_t;

/*  A FIFO of things over a list: `first` moves, the list is cut when it is empty. Room is first
   sought in front, so that one that is never empty does not grow by what has left it. */
#define FEDERATE_FIFO(type)                                                                        \
    struct {                                                                                       \
        BASE_LIST (type) list;                                                                     \
        size_t first;                                                                              \
    }
#define FEDERATE_FIFO_COUNT(fifo) ((fifo)->list.count - (fifo)->first)
#define FEDERATE_FIFO_HEAD(fifo)  ((fifo)->list.items[(fifo)->first])
#define FEDERATE_FIFO_POP(fifo)                                                                    \
    (++(fifo)->first == (fifo)->list.count ? (void) ((fifo)->first = (fifo)->list.count = 0)       \
                                           : (void) 0)
#define FEDERATE_FIFO_ROOM(fifo)                                                                   \
    ((fifo)->list.count == (fifo)->list.capacity && (fifo)->first > (fifo)->list.count / 2         \
         ? (memmove ((fifo)->list.items, &FEDERATE_FIFO_HEAD (fifo),                               \
                     FEDERATE_FIFO_COUNT (fifo) * sizeof *(fifo)->list.items),                     \
            (fifo)->list.count -= (fifo)->first, (fifo)->first = 0, MST_OK)                        \
         : (BASE_LIST_ROOM (&(fifo)->list) ? MST_E_NO_MEMORY : MST_OK))

/*  Another federate, from its introduction to its departure (and after, while its name is used). */
typedef struct federate_peer {
    uint32_t id;
    uint32_t incarnation;
    uint64_t token;
    char *name;
    char *type;
    char *host;
    const char **endpoints; /* one allocation with its texts */
    size_t endpoint_count;
    bool recorder;
    bool relay; /* its own data comes through the RTI */
    /* inbound */
    uint64_t connection; /* 0: none yet, or relayed */
    bool direct_closed;  /* its connection to us is closed */
    bool departed;
    bool lost;
    bool finished;          /* departed and nothing more will come */
    bool departure_applied; /* DEPART is seen ahead of its turn: that has come */
    bool settled;           /* both: nothing is held, all is acknowledged */
    uint64_t cut_sequence;
    int64_t cut_bound;
    uint64_t received; /* highest bundle in hand */
    uint64_t received_best_effort;
    uint64_t released; /* highest bundle that waits for no control: acknowledged to the RTI, so that
                          the grant of a held one needs it, which releases it */
    bool report_due;
    uint64_t needed; /* bundles up to here are released, whatever their marks say */
    uint64_t known_issued;
    uint64_t arrived, consumed, credited; /* bytes of bundles */
    bool barred; /* it keeps to no rules: nothing of it is taken in, or waited for, any more */
    bool probing;
    FEDERATE_FIFO (federate_bundle_t) held;
    base_map_t handed; /* key → federate_handed_t * */
    /* outbound */
    struct federate_route *route;
} federate_peer_t;

/*  A sealed bundle that waits for the route to open. */
typedef struct federate_sealed {
    base_buffer_t bytes;
} federate_sealed_t;

typedef struct federate_route {
    federate_peer_t *peer;
    uint64_t *subscribed;  /* per object class: mask as told by INTEREST */
    uint64_t *effective;   /* per object class: with ancestors */
    uint8_t *interactions; /* per interaction class: subscribed by itself (1), effective (2) */
    base_buffer_t open;    /* the open bundle; size 0: none */
    base_buffer_t open_best_effort;
    uint32_t open_count, open_best_effort_count;
    int64_t open_smallest;
    uint64_t open_issued; /* marks of the open bundle, as of its first message */
    uint64_t open_applied;
    uint64_t issued;
    uint64_t sequence, best_effort_sequence;
    uint64_t last_sequence; /* where the message that was added last stands */
    uint32_t last_index;
    int64_t unreported_smallest;
    bool unreported;
    bool marked; /* sequence grew since the last marks */
    bool opened; /* OPEN_ROUTE was asked for, or it is relayed */
    bool welcome;
    bool relayed;
    bool broken;
    uint64_t sent_bytes, consumed_bytes;
    uint64_t pace_bytes;       /* how far receive-order messages may run ahead of the receiver */
    uint64_t timed_sent_bytes; /* sent_bytes behind the last bundle with time-stamped messages */
    FEDERATE_FIFO (federate_sealed_t) waiting;
} federate_route_t;

typedef struct federate_object {
    uint64_t id;
    uint32_t class_index; /* known class (own ones: registered class) */
    uint32_t routed_as;   /* at or below it: whose subscribers get what is sent. The registered
                             class, of which the RTI tells who comes to own attributes */
    uint32_t producer;
    uint64_t since;     /* place of its discovery among the callbacks; own ones: 0 */
    uint64_t owned;     /* mask */
    uint64_t acquiring; /* mask */
    uint32_t epoch;
    uint32_t epoch_seen;      /* highest in receive-order updates */
    uint32_t epoch_delivered; /* of the last time-stamped update delivered */
    bool migrating;           /* a cut is prepared and not decided */
    uint64_t leaving;         /* mask still ours up to the cut */
    int64_t cut;              /* migrating or leaving: no update above */
    bool arrived;             /* by a migration: updates only above `came` */
    bool doomed; /* own: deleted, and that may still be retracted; it owns nothing then */
    bool hidden; /* the user was told of its removal, which may still be taken back */
    int64_t came;
    uint32_t queued;                   /* its messages in the time-stamped queue */
    struct federate_callback *removal; /* came without a time, and waits for those */
    uint64_t alive;      /* doomed: what it owned; hidden: `since`: as if it were not */
    int64_t hidden_from; /* the removal's time */
    char name[];         /* ends with a zero byte */
} federate_object_t;

/*  The user's view of the object model, flat. */
typedef struct federate_class {
    uint32_t attribute_count;
    uint64_t all;         /* mask of all attributes */
    uint64_t timestamped; /* attributes with order TSO */
    uint64_t best_effort;
    uint64_t published, subscribed;
    BASE_LIST (federate_route_t *) routes; /* with an effective interest, by peer id */
} federate_class_t;

typedef struct federate_interaction {
    uint32_t parameter_count;
    bool timestamped, best_effort;
    bool published, subscribed;
    uint32_t known_as; /* nearest subscribed class at or above, index + 1; 0: none */
    BASE_LIST (federate_route_t *) routes;
} federate_interaction_t;

/*  A control frame that waits its turn: a copy. */
typedef struct federate_control {
    uint16_t kind;
    uint32_t request;
    uint32_t size_bytes;
    uint64_t global;
    uint8_t *body;
} federate_control_t;

/*  A callback that is due, made of a control record; the record is decoded again when it is taken.
 */
typedef struct federate_callback {
    federate_delivery_kind_t kind;
    uint64_t order;
    uint16_t service; /* decode `args` as this; 0: the values below are all */
    uint8_t *args;
    uint32_t args_size_bytes;
    uint64_t number;
    uint64_t shows; /* a removal is taken back: this object is there again */
    int64_t time;
    uint32_t federate;
    mst_err_t err;
    char *text;
} federate_callback_t;

/*  A callback whose record needs bundles of which messages still wait for their causes. */
typedef struct federate_deferred {
    federate_callback_t callback;
    wire_pair_t *need;
    uint32_t need_count;
} federate_deferred_t;

/*  What to do when the reply to a request comes. */
typedef struct federate_pending {
    uint32_t request;
    uint16_t kind;
    uint32_t index;
    uint64_t mask;
    bool wanted; /* somebody will ask for the reply */
} federate_pending_t;

typedef struct federate_answer {
    uint32_t request;
    federate_reply_t reply;
} federate_answer_t;

/*  A time-stamped message in the queue. */
typedef struct federate_timed {
    federate_parcel_t *parcel; /* one reference */
    const uint8_t *at;         /* the message in it */
    uint64_t object;           /* that it is about; 0: an interaction */
    uint32_t next_free;
} federate_timed_t;

/*  An object that leaves with the next time request. */
typedef struct federate_leaving {
    uint64_t object;
    uint8_t *state;
    uint32_t state_size_bytes;
} federate_leaving_t;

typedef struct federate_batch {
    uint32_t number;
    uint32_t new_home;
    int64_t cut;
    size_t states; /* of its first objects: they are sent; the batch is closed then */
    bool sent;
    BASE_LIST (federate_leaving_t) objects;
} federate_batch_t;

/*  A batch that arrives: counted until all states are in hand. */
typedef struct federate_arrival {
    uint32_t old_home;
    uint32_t number;
    uint32_t count, expected;
    bool refused, decided, committed;
    BASE_LIST (uint64_t) objects;
} federate_arrival_t;

struct federate_core {
    federate_options_t options;
    char *host;
    char *name;
    char *federation;
    uint32_t self;
    uint32_t incarnation;
    uint64_t token;
    uint32_t join_request;
    bool joined, resigning, resigned;
    bool lost;
    char *lost_text;
    fom_model_t *model;
    federate_class_t *classes;
    federate_interaction_t *interactions;

    base_buffer_t outbox;
    bool urgent;
    uint64_t sequence; /* of control frames sent */
    uint32_t next_request;
    federate_effects_t effects;
    base_buffer_t blocks[FEDERATE_BLOCKS_MAX]; /* empty ones, for the next bundles */
    size_t block_count;
    federate_parcel_t *unreleased; /* for which the effects had no room */

    uint32_t lacks_sender; /* whose bundles the head of the inbox waits for; 0: nobody's */
    uint64_t lacks_sequence;
    uint64_t applied;  /* all control up to this global is applied */
    uint64_t relevant; /* highest global of a record that bears on data */
    FEDERATE_FIFO (federate_control_t) inbox;
    FEDERATE_FIFO (federate_callback_t) callbacks;
    FEDERATE_FIFO (federate_callback_t) removals; /* RO removals: gated as receive-order data */
    FEDERATE_FIFO (federate_bundle_t) data;
    uint64_t order;
    uint64_t taking; /* place of the bundle whose message is being taken */
    BASE_LIST (federate_pending_t) pending;
    BASE_LIST (federate_answer_t) answers;

    base_map_t peers;        /* id → federate_peer_t * */
    base_names_t peer_names; /* present ones */
    BASE_LIST (federate_peer_t *) strangers_unused;
    BASE_LIST (wire_route_talk_t) strangers; /* HELLOs that wait for an introduction */
    BASE_LIST (uint64_t) stranger_connections;
    base_map_t connections; /* connection → federate_peer_t * */

    base_map_t objects;                                 /* id → federate_object_t * */
    federate_object_t *recent[FEDERATE_RECENT_OBJECTS]; /* looked up lately, by federate_recent */
    base_names_t object_names;
    base_names_t reserved;
    uint64_t object_counter;

    timemgmt_tso_queue_t *queue;
    BASE_LIST (federate_timed_t) timed;
    uint32_t timed_free; /* index + 1 */
    timemgmt_floor_t floor;
    timemgmt_type_t time_type;
    bool regulating, constrained, regulation_pending, constrained_pending, asynchronous;
    bool advancing;
    uint8_t advance_kind;
    int64_t now, requested;
    uint64_t request_number;
    bool granting;       /* a grant is in hand; its messages are being delivered */
    int64_t least_given; /* … the smallest stamp; TIMEMGMT_KEY_MAX: none was */
    bool thinned;        /* since the request a queued message was retracted */
    wire_grant_t grant;

    /* retraction: of what we sent, in the order of numbers; of what came, see peers */
    BASE_LIST (federate_retractable_t) retractables;
    size_t retractables_swept;         /* so many were left by the last sweep */
    federate_retractable_t retracting; /* the one that is being made */
    uint32_t retracting_room;
    uint64_t retraction_number;
    uint32_t doomed;
    uint32_t handed, handed_swept, hidden;
    bool handed_asked;          /* the RTI is asked what is final */
    bool provisional;           /* what is being taken may be taken back */
    timemgmt_messages_t behind; /* of hidden objects, after their removal */

    BASE_LIST (federate_batch_t) batches;
    BASE_LIST (federate_arrival_t) arrivals;
    uint32_t batch_counter;

    /* stamps and causal delivery, where asked for */
    uint64_t lamport;
    timemgmt_vector_t vector;
    timemgmt_causal_t *causal; /* NULL: messages are delivered as they come */
    BASE_LIST (federate_waiting_t) waiting;
    uint32_t waiting_free; /* index + 1 */
    BASE_LIST (federate_deferred_t) deferred;
    wire_pairs_t following;         /* what the record at hand needs */
    timemgmt_causal_items_t ready;  /* scratch */
    timemgmt_causal_stamp_t matrix; /* scratch */
    BASE_LIST (uint32_t) receivers; /* scratch */
    base_buffer_t stamp;            /* scratch */
    base_arena_t stamp_arena;       /* scratch */

    size_t queued_bytes; /* of parcels that the user has not consumed */
    federate_parcel_t *uncredited;
    bool blocked;
    bool paced; /* the last MST_E_WOULD_BLOCK was for the pace alone */
    uint32_t slow_peer;
    mst_counters_t counters;
    bool counters_wanted;
    wire_clock_tell_t clock_told[FEDERATE_CLOCK_TOLD]; /* not yet taken by the shell */
    size_t clock_told_count;

    /* what the delivery that was taken last points to */
    federate_parcel_t *taken_parcel;
    federate_bundle_t taken_bundle;
    federate_callback_t taken_callback;
    mst_value_t values[FEDERATE_ATTRIBUTES_MAX];
    base_arena_t taken_arena;
    bool take_failed; /* no memory for a text of the delivery */
    char taken_reason[512];
    base_arena_t arena;      /* of the control frame that is being read */
    base_arena_t send_arena; /* of the one that is being written */
    base_buffer_t scratch;
};

/*  peer.c */
federate_peer_t *federate_peer (const federate_core_t *self, uint32_t id);
mst_err_t federate_peer_meet (federate_core_t *self, const wire_introduce_t *args);
mst_err_t federate_peer_introduce (federate_core_t *self, const wire_introduce_t *args);
mst_err_t federate_peer_depart (federate_core_t *self, const wire_depart_t *args);
mst_err_t federate_peer_finish (federate_core_t *self, federate_peer_t *peer);
mst_err_t federate_peer_departure (federate_core_t *self, federate_peer_t *peer);
mst_err_t federate_peer_talk (federate_core_t *self, uint64_t connection,
                              const wire_frame_t *frame);
void federate_peer_free (federate_peer_t *peer);
void federate_peer_bar (federate_core_t *self, uint64_t connection);
mst_err_t federate_peer_queue_callback (federate_core_t *self, federate_delivery_kind_t kind,
                                        const federate_peer_t *peer, int64_t time,
                                        const char *text);

/*  inbound.c */
mst_err_t federate_inbound_frame (federate_core_t *self, uint64_t connection,
                                  const wire_frame_t *frame, federate_parcel_t *parcel);
mst_err_t federate_inbound_bar (federate_core_t *self, federate_peer_t *peer);
bool federate_is_garbage (mst_err_t err); /* was it the sender's doing? */
mst_err_t federate_inbound_release (federate_core_t *self, federate_peer_t *peer);
mst_err_t federate_inbound_release_all (federate_core_t *self);
mst_err_t federate_inbound_probe (federate_core_t *self, federate_peer_t *peer);
void federate_parcel_drop (federate_core_t *self, federate_parcel_t *parcel);
void federate_parcel_release (
    federate_core_t *self); /* those that waited, as far as there is room */
federate_parcel_t *federate_parcel_copy (const uint8_t *data, size_t size_bytes);
mst_err_t federate_inbound_cut (federate_core_t *self, federate_peer_t *peer);
void federate_inbound_blocked (federate_core_t *self);

/*  route.c */
mst_err_t federate_route_open (federate_core_t *self, federate_peer_t *peer);
mst_err_t federate_route_interest (federate_core_t *self, const wire_interest_t *args);
mst_err_t federate_route_talk (federate_core_t *self, federate_peer_t *peer,
                               const wire_frame_t *frame);
static inline uint64_t federate_route_unconsumed (const federate_route_t *route)
{
    return route->sent_bytes - route->consumed_bytes + route->open.size_bytes;
}
static inline bool federate_route_has_room (const federate_core_t *self,
                                            const federate_route_t *route, size_t size)
{
    uint64_t unconsumed = federate_route_unconsumed (route);
    return unconsumed + size <= self->options.route_window_bytes ||
           unconsumed < FEDERATE_CREDIT_STEP_BYTES; /* the receiver may keep back so much credit: a
                                                       message larger than the window passes */
}
/*  Is the receiver so near that nothing else need be asked? */
static inline bool federate_route_is_near (const federate_route_t *route, size_t size)
{
    return federate_route_unconsumed (route) + size <= route->pace_bytes;
}
/*  May it be sent? Errors: MST_E_WOULD_BLOCK, or MST_E_LIMIT for time-stamped ones. */
mst_err_t federate_route_check_room (federate_core_t *self, const federate_route_t *route,
                                     size_t size, bool timed);
/*  message->room_bytes is set. */
mst_err_t federate_route_add (federate_core_t *self, federate_route_t *route,
                              const wire_message_t *message, const wire_message_value_t *values,
                              bool best_effort);
/*  Is its bundle open, and does it stay so with so much more? */
static inline bool federate_route_is_open (const federate_core_t *self,
                                           const federate_route_t *route, size_t room_bytes)
{
    const base_buffer_t *open = &route->open;
    return open->size_bytes > 0 && open->size_bytes + room_bytes < self->options.bundle_bytes &&
           open->size_bytes + room_bytes <= open->capacity_bytes &&
           route->open_count + 1 < WIRE_BUNDLE_MESSAGES_MAX;
}
/*  A message was put into its open bundle, by the short way; the marks are as with add. */
static inline void federate_route_grew (const federate_core_t *self, federate_route_t *route,
                                        size_t size_bytes)
{
    route->open.size_bytes += size_bytes;
    route->open_count++;
    route->open_applied = self->relevant;
    route->open_issued = route->issued;
}
mst_err_t federate_route_seal (federate_core_t *self, federate_route_t *route);
mst_err_t federate_route_seal_all (federate_core_t *self);
void federate_route_fini (federate_core_t *self, federate_peer_t *peer);
mst_err_t federate_route_issue (federate_core_t *self, uint32_t class_index);
mst_err_t federate_route_leave (federate_core_t *self);

/*  control.c */
mst_err_t federate_control_send (federate_core_t *self, uint16_t kind, const void *args, bool marks,
                                 uint32_t request);
mst_err_t federate_control_send_time (federate_core_t *self, uint8_t kind, uint64_t number,
                                      int64_t time);
mst_err_t federate_control_process (federate_core_t *self);
mst_err_t federate_control_queue (federate_core_t *self, const federate_callback_t *callback);
mst_err_t federate_control_expect (federate_core_t *self, uint16_t kind, uint32_t index,
                                   uint64_t mask, uint32_t *request);
void federate_callback_free (federate_callback_t *callback);

/*  apply.c */
mst_err_t federate_apply (federate_core_t *self, const federate_control_t *control,
                          const wire_down_t *down, const uint8_t *args, size_t args_size_bytes);

/*  object.c */
federate_object_t *federate_object (const federate_core_t *self, uint64_t id);
/*  The same for the hot paths: an object that is looked up is often looked up again. */
static inline federate_object_t **federate_recent (federate_core_t *self, uint64_t id)
{
    uint64_t place = id ^ (id >> FEDERATE_OBJECT_COUNTER_BITS) * 97; /* federates differ, too */
    return &self->recent[place % FEDERATE_RECENT_OBJECTS];
}
static inline federate_object_t *federate_object_recent (federate_core_t *self, uint64_t id)
{
    federate_object_t **recent = federate_recent (self, id);
    if (!*recent || (*recent)->id != id)
        *recent = federate_object (self, id);
    return *recent;
}
mst_err_t federate_object_add (federate_core_t *self, uint64_t id, uint32_t class_index,
                               const char *name, size_t name_size_bytes, uint32_t producer,
                               federate_object_t **object);
void federate_object_remove (federate_core_t *self, federate_object_t *object);
void federate_object_free (federate_object_t *object);
/*  Its removal was told, and may be taken back. */
void federate_object_hide (federate_core_t *self, federate_object_t *object, int64_t time);
void federate_object_show (federate_core_t *self, federate_object_t *object);
/*  A message about an object went into the time-stamped queue, or left it. A removal without a time
   stamp waits until the last one has left: what was sent before it is not lost. */
void federate_object_queued (federate_core_t *self, uint64_t id);
mst_err_t federate_object_unqueued (federate_core_t *self, uint64_t id);

/*  migration.c */
mst_err_t federate_migration_flush (federate_core_t *self);
mst_err_t federate_migration_state (federate_core_t *self, federate_peer_t *from,
                                    const wire_message_t *message, wire_reader_t *values);
mst_err_t federate_migration_decided (federate_core_t *self, const wire_migrate_decided_t *args);
bool federate_migration_deliver (federate_core_t *self, federate_peer_t *from,
                                 const wire_message_t *message, wire_reader_t *values,
                                 federate_delivery_t *delivery);
void federate_migration_peer_gone (federate_core_t *self, federate_peer_t *peer);
void federate_migration_fini (federate_core_t *self);

/*  stamp.c */
mst_err_t federate_stamp_init (federate_core_t *self);
void federate_stamp_abandon (federate_core_t *self);
void federate_stamp_fini (federate_core_t *self);
/*  Puts the stamps of a message to `self->receivers` into it; they are good until the next call. */
mst_err_t federate_stamp (federate_core_t *self, wire_message_t *message, bool reliable);
void federate_stamps_read (federate_core_t *self, const wire_message_t *message,
                           mst_reception_t *reception);
mst_err_t federate_causal_release (federate_core_t *self, const federate_peer_t *peer,
                                   federate_bundle_t *bundle);
bool federate_causal_holds (const federate_core_t *self, wire_pairs_t need);
mst_err_t federate_causal_defer (federate_core_t *self, const federate_callback_t *callback);
mst_err_t federate_causal_gone (federate_core_t *self, const federate_peer_t *peer);

/*  retract.c: at the sender. begin, then sent for each route, then end, which gives the handle. */
mst_err_t federate_retractable_begin (federate_core_t *self, int64_t time, size_t routes);
void federate_retractable_sent (federate_core_t *self, const federate_route_t *route);
void federate_retractable_end (federate_core_t *self, mst_err_t err, mst_retraction_t *handle);
/*  The one that is being made deletes this object. Errors: MST_E_NO_MEMORY. */
mst_err_t federate_retractable_dooms (federate_core_t *self, federate_object_t *object,
                                      const wire_message_t *message);
void federate_retractable_spare (federate_core_t *self, federate_object_t *object);
/*  What is at or below `floor` is final: objects deleted so far go. */
mst_err_t federate_retractable_settle (federate_core_t *self, int64_t floor);
/*  A route that is new to a class hears of the objects that are about to go. */
mst_err_t federate_retractable_tell (federate_core_t *self, federate_route_t *route);
void federate_retractable_fini (federate_core_t *self);
/*  The smallest time stamp that may be sent. */
int64_t federate_send_floor (const federate_core_t *self);
/*  object.c: tells the RTI of a deletion, and forgets the object. */
mst_err_t federate_object_delete (federate_core_t *self, federate_object_t *object, int64_t time,
                                  wire_bytes_t tag);

/*  recall.c: at the receiver. */
mst_err_t federate_recall_line (federate_core_t *self, federate_peer_t *peer, uint64_t key,
                                int64_t time);
/*  False: it was retracted, so it is not for the user. */
bool federate_recall_take (federate_core_t *self, federate_peer_t *peer, uint64_t key);
void federate_recall_taken (federate_core_t *self, federate_peer_t *peer, uint64_t key, bool given,
                            uint64_t removed);
mst_err_t federate_recall_given (federate_core_t *self, federate_peer_t *peer,
                                 const timemgmt_message_t *entry, const federate_timed_t *timed,
                                 const wire_message_t *message);
mst_err_t federate_recall (federate_core_t *self, federate_peer_t *peer, uint64_t sequence,
                           const wire_message_t *message);
mst_err_t federate_recall_cut (federate_core_t *self, federate_peer_t *peer);
void federate_recall_final (federate_core_t *self, federate_peer_t *peer, int64_t below);
void federate_recall_settle (federate_core_t *self, int64_t below);
mst_err_t federate_recall_answer (federate_core_t *self, const wire_reply_t *reply);
bool federate_recall_behind (federate_core_t *self, const timemgmt_message_t *entry);
/*  The object is gone for good, and what waited behind its removal as well. */
void federate_recall_forget (federate_core_t *self, uint64_t object);
void federate_recall_free (federate_peer_t *peer);

/*  inbound.c: a time-stamped message that is in no bundle any more. */
mst_err_t federate_inbound_queue (federate_core_t *self, timemgmt_message_t *entry,
                                  federate_parcel_t *parcel, const uint8_t *at, uint64_t object);
static inline void federate_timed_free (federate_core_t *self, uint64_t slot)
{
    self->timed.items[slot].next_free = self->timed_free;
    self->timed_free = (uint32_t) slot + 1;
}

/*  time.c */
mst_err_t federate_time_granted (federate_core_t *self, const wire_grant_t *grant);

/*  declaration.c */
mst_err_t federate_declaration_init (federate_core_t *self);
void federate_declaration_fini (federate_core_t *self);
void federate_declaration_reply (federate_core_t *self, const federate_pending_t *pending);

/*  core.c: input that cannot be taken in leaves a gap that nothing fills, so the federate is lost,
   with the error's text: MST_E_CONNECTION_LOST. */
mst_err_t federate_input_lost (federate_core_t *self, mst_err_t err);
/*  The error every service gives before the join and after the loss. */
mst_err_t federate_check_joined (const federate_core_t *self);

#endif
