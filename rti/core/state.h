/*  What the files of rti/core share: the tables of the RTI, and what one file does for another.

    Two rules of memory hold everywhere:
      - A handler allocates all that it is going to keep before it changes anything. So a request
   that meets the end of memory leaves the state as it was.
      - Telling cannot fail for the teller. When there is no memory to tell somebody something, his
        stream would get a hole; his connection is closed instead, and he counts as lost.

    Names, not handles, give every order that federates can see. */
#ifndef RTI_STATE_H
#define RTI_STATE_H

#include "base/alloc.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/map.h"
#include "fom/model.h"
#include "rti/core/core.h"
#include "rti/core/limits.h"
#include "timemgmt/barrier.h"
#include "timemgmt/bounds.h"
#include "timemgmt/clocksync.h"
#include "timemgmt/waits.h"
#include "wire/bundle.h"
#include "wire/control.h"
#include "wire/services.h"

typedef struct rti_federation rti_federation_t;
typedef struct rti_federate rti_federate_t;
typedef struct rti_object rti_object_t;
typedef struct rti_migration rti_migration_t;

/*  Tables ------------------------------------------------------------------------------------- */

/*  An answer about clocks that waits for the moment at which it leaves. */
typedef struct rti_clock_answer {
    uint64_t kind; /* timemgmt_clock_kind_t; 0: none waits */
    uint64_t exchange;
    int64_t received_ns;
} rti_clock_answer_t;

/*  A connection: a process that may have joined. */
typedef struct rti_link {
    uint64_t connection;
    uint64_t sequence;        /* control frames taken */
    rti_federate_t *federate; /* NULL: not joined */
    uint64_t round;           /* `send` is good while the effects are in this round */
    size_t send;
    int64_t heard_ns;
    rti_clock_answer_t clock;
    char *state;      /* what the daemon saw of the process; NULL: it runs */
    char *why;        /* why it is closing; NULL: see the code */
    bool closing;     /* it is taken no further; its federate is lost when the event ends */
    bool close_asked; /* … and the daemon knows */
    bool gone;        /* the daemon closed it */
} rti_link_t;

/*  What a federate declared for a class of objects or interactions. */
typedef struct rti_declared {
    uint64_t published; /* attributes; bit 0 stands for an interaction */
    uint64_t subscribed;
    uint32_t bearing; /* classes at or below that it publishes, and objects there that it bears on:
                         while > 0, it hears of subscribers here */
} rti_declared_t;

enum { RTI_OBJECTS_KIND = 0, RTI_INTERACTIONS_KIND = 1, RTI_KINDS = 2 }; /* INTEREST's kind */

/*  A PROBE that waits until its federate's control frame came. */
typedef struct rti_probe {
    uint64_t connection; /* who asks */
    uint64_t sequence;
    uint32_t request;
} rti_probe_t;

/*  A MIGRATE_VOTE that came before the MIGRATE. */
typedef struct rti_vote {
    uint64_t batch;
    uint32_t old_home;
    bool accept;
} rti_vote_t;

/*  A migration that was committed before its cut was reached: the old home still updates the
   objects up to the cut, and it may end before that. */
typedef struct rti_handed {
    int64_t cut;
    uint64_t batch;
    uint64_t count; /* of objects */
    uint32_t new_home;
} rti_handed_t;

/*  Highest bundle sequences of one route. */
typedef struct rti_sent {
    uint64_t marked;   /* in whatever record: what a callback must wait for */
    uint64_t reported; /* in the ledger, so that time knows of it: what counts after a death */
} rti_sent_t;

/*  What a federate tells of itself: COUNTERS. */
typedef struct rti_counters {
    int64_t told_ns;  /* INT64_MIN: never */
    int64_t asked_ns; /* INT64_MIN: never */
    wire_counters_t latest;
    char *place; /* where it waits; NULL: nowhere that has a name */
} rti_counters_t;

/*  What a federate knows of its clock: CLOCK_ASK. */
typedef struct rti_clock {
    int64_t told_ns;
    wire_clock_ask_t latest; /* method 0: never told */
} rti_clock_t;

struct rti_federate {
    rti_federation_t *federation;
    rti_link_t *link;
    uint32_t handle;
    uint32_t incarnation;
    uint32_t slot; /* in timemgmt/bounds */
    uint32_t flags;
    uint64_t token;
    char *name;
    char *type;
    base_buffer_t introduction; /* the arguments of its INTRODUCE, encoded */
    base_buffer_t records;      /* a recorder's: frames not yet told */
    int64_t records_due_ns;     /* INT64_MAX: none wait */
    rti_declared_t *declared[RTI_KINDS];
    BASE_LIST (rti_sent_t) sent; /* by slot: what it said to have sent there */
    BASE_LIST (rti_vote_t) votes;
    BASE_LIST (rti_handed_t) handed;
    BASE_LIST (rti_probe_t) probes; /* of others, waiting for its frames */
    uint64_t counter;               /* highest local counter of an object */
    uint64_t batch;                 /* highest MIGRATE */
    uint32_t leaving_count;         /* undecided migrations of which it is the old home */
    int64_t queue_min;              /* as it last said */
    uint64_t owned_count;           /* objects of which it owns an attribute */
    uint64_t acquiring_count;       /* objects of which it waits for an attribute */
    wire_resign_action_t directive; /* when it is lost */
    bool asynchronous;
    int64_t time_ns;         /* it asked for time or was granted it, last */
    rti_counters_t counters; /* as it last told them */
    rti_clock_t clock;       /* likewise */
};

enum { RTI_FLAG_RECORDER = 1, RTI_FLAG_ROUTED = 2 };

/*  Who owns which attributes of an object. What nobody owns stands in no share. */
typedef struct rti_share {
    uint64_t mask; /* never 0 */
    uint32_t federate;
} rti_share_t;

/*  Who knows an object, and as what: fixed at discovery. */
typedef struct rti_knower {
    uint32_t federate;
    uint32_t class_index;
    bool
        bears; /* it owned an attribute, and knows the object as a class above the registered one */
} rti_knower_t;

/*  Somebody who wants attributes that are not free. */
typedef struct rti_acquisition {
    struct rti_acquisition *next; /* younger */
    uint64_t mask;
    uint32_t federate;
} rti_acquisition_t;

struct rti_object {
    rti_object_t *next; /* of its class, in the order of registration */
    rti_object_t *previous;
    uint64_t handle;
    rti_migration_t *migration;      /* undecided */
    rti_acquisition_t *acquisitions; /* oldest first; shares always has room for all of them */
    BASE_LIST (rti_share_t) shares;
    BASE_LIST (rti_knower_t) knowers; /* by rising federate */
    uint32_t class_index;
    uint32_t registrar;
    uint32_t epoch; /* owners so far, from 1 */
    uint32_t acquisition_count;
    char name[]; /* ends with a zero byte */
};

typedef struct rti_extent {
    rti_object_t *first;
    rti_object_t *last;
} rti_extent_t;

typedef enum rti_standing { RTI_ANNOUNCED, RTI_ACHIEVED, RTI_FAILED } rti_standing_t;

typedef struct rti_participant {
    uint32_t federate;
    rti_standing_t standing;
} rti_participant_t;

/*  A synchronization point. */
typedef struct rti_point {
    struct rti_point *next; /* younger */
    char *label;
    uint8_t *tag;
    uint64_t tag_size_bytes;
    bool for_all; /* who joins later takes part */
    BASE_LIST (rti_participant_t) participants;
    wire_handle_t *failed; /* memory for who failed, all if need be */
    size_t failed_capacity;
} rti_point_t;

/*  What a barrier was made with. timemgmt/barrier knows members by number: the index of a name, so
    that somebody who has not joined yet can be missing. */
typedef struct rti_barrier {
    struct rti_barrier *next;
    char *name;
    int64_t deadline_ns; /* of the generation under way; INT64_MAX: none */
    uint32_t member_count;
    uint32_t members[]; /* rising */
} rti_barrier_t;

struct rti_migration {
    rti_migration_t *next; /* younger */
    uint64_t hold;         /* its number in timemgmt/bounds */
    uint64_t batch;
    uint64_t sequence; /* the bundle with the last state */
    bool voted;        /* the new home has the state in hand */
    int64_t cut;
    uint32_t old_home;
    uint32_t new_home;
    uint64_t count;
    uint64_t *objects; /* handles … */
    uint64_t *epochs;  /* … and what is told of them, in the same block */
};

typedef struct rti_report {
    char *name;
    char *value;
    char *federate;
} rti_report_t;

typedef BASE_LIST (const char *) rti_names_list_t;

/*  Somebody who was here, for whoever asks too seldom to see all that come and go. */
typedef struct rti_departed {
    char *name;
    char *why; /* lost; NULL: resigned */
} rti_departed_t;

/*  A slot of timemgmt/bounds: somebody joined, or who left and whose messages are on their way. */
typedef struct rti_slot {
    uint32_t handle; /* 0: free */
    rti_federate_t *federate;
} rti_slot_t;

struct rti_federation {
    rti_core_t *core;
    char *name;
    fom_model_t *model;
    base_buffer_t image;
    timemgmt_type_t time_type;
    timemgmt_bounds_t *bounds;
    timemgmt_grants_t grants;
    timemgmt_barriers_t *barriers;
    timemgmt_barrier_events_t barrier_events;
    rti_barrier_t *barrier_list;
    base_names_t barrier_members; /* name → number in timemgmt/barrier, which is its index here */
    BASE_LIST (rti_federate_t *) members; /* by rising name */
    BASE_LIST (rti_slot_t) slots;
    base_map_t slot_of;          /* handle of a federate → slot, also of leavers */
    base_names_t federate_names; /* → handle */
    base_map_t objects;          /* handle → rti_object_t * */
    base_names_t object_names;   /* → rti_object_t *, or a reservation: see object.c */
    rti_extent_t *extents;       /* by object class */
    rti_point_t *points;
    rti_migration_t *migrations;
    BASE_LIST (rti_report_t) reports;
    BASE_LIST (rti_departed_t) departed; /* the last ones, limits.departed at most */
    uint64_t number;                     /* of the federation execution */
    uint64_t last_hold;
    uint32_t last_handle;
    wire_resign_action_t directive;         /* of the object model, for who is lost */
    BASE_LIST (rti_federate_t *) recorders; /* among the members */
    uint32_t migration_count;               /* undecided */
    uint32_t point_count;
    uint64_t committed_count, aborted_count, lost_count, lost_message_count;
    uint64_t gap_count; /* objects whose old home ended before the cut: see rti_handed_end */
};

struct rti_core {
    rti_options_t options;
    base_map_t links;         /* connection → rti_link_t * */
    base_names_t federations; /* → rti_federation_t * */
    uint64_t federation_number;
    uint32_t incarnation;
    uint64_t global; /* events of which somebody was told */
    int64_t now_ns;
    int64_t wall_ns;         /* of the event at hand */
    int64_t silence_next_ns; /* nobody is silent for too long before this */
    bool closings;           /* links are closing, and not all is done for them */
    base_arena_t arena;      /* of the frame at hand */
    base_buffer_t cast;      /* arguments that several are told */
    uint16_t cast_kind;
    mst_err_t cast_err;
    BASE_LIST (wire_pair_t) pairs;
    BASE_LIST (uint64_t) clock_waiting; /* connections with an answer that waits for its stamp */
    /* the event at hand */
    rti_effects_t *effects;
    bool counted; /* in `global` */
    uint32_t origin;
    uint64_t origin_sequence;
};

/*  A control frame at hand. */
typedef struct rti_call {
    rti_core_t *core;
    rti_link_t *link;
    rti_federate_t *federate;     /* NULL: not joined */
    rti_federation_t *federation; /* likewise */
    const wire_frame_t *frame;
    wire_up_t up;
    const void *args;    /* the row's struct */
    const uint8_t *body; /* the arguments as they came */
    size_t body_size_bytes;
    void *result;  /* the row's result struct, zeroed; NULL: it has none */
    bool answered; /* the handler sent the reply, or will */
} rti_call_t;

/*  outbox.c ----------------------------------------------------------------------------------- */

/*  Tells one federate. Its stamp names the event at hand. */
void rti_tell (rti_federate_t *to, uint16_t kind, const void *args);

/*  … after it has what `sender` said to have sent to it. */
void rti_tell_after (rti_federate_t *to, const rti_federate_t *sender, uint16_t kind,
                     const void *args);

/*  Tells many, with one encoding: begin, then to each. */
void rti_cast_begin (rti_core_t *core, uint16_t kind, const void *args);
void rti_cast_bytes (rti_core_t *core, uint16_t kind, const base_buffer_t *args);
void rti_cast_to (rti_federate_t *to, wire_pairs_t need);
#define RTI_NO_NEED ((wire_pairs_t){ NULL, 0 })

/*  What `to` needs to have of `sender`; *pair is its memory. */
wire_pairs_t rti_need_of (const rti_federate_t *to, const rti_federate_t *sender,
                          wire_pair_t *pair);

/*  Tells a connection that need not be joined. */
void rti_tell_link (rti_core_t *core, rti_link_t *to, uint16_t kind, const void *args);
void rti_reply (rti_core_t *core, rti_link_t *to, uint32_t request, mst_err_t err,
                const void *result, uint16_t service);
void rti_grant_tell (rti_federate_t *to, const wire_grant_t *grant);
void rti_relay_bytes (rti_core_t *core, rti_link_t *to, const void *data, size_t size_bytes);

/*  Takes a connection no further; the text (may be NULL) is copied. */
void rti_close (rti_core_t *core, rti_link_t *link, const char *why);

/*  A line for the log. */
void rti_log (rti_core_t *core, const char *format, ...) __attribute__ ((format (printf, 2, 3)));

/*  federation.c ------------------------------------------------------------------------------- */

mst_err_t rti_create (rti_call_t *call);
mst_err_t rti_create_with_time (rti_call_t *call);
mst_err_t rti_create_with_modules (rti_call_t *call);
mst_err_t rti_create_with_modules_and_time (rti_call_t *call);
mst_err_t rti_destroy (rti_call_t *call);
mst_err_t rti_list_federations (rti_call_t *call);
mst_err_t rti_list_members (rti_call_t *call);
rti_federation_t *rti_federation_find (const rti_core_t *core, wire_text_t name);
void rti_federation_free (rti_federation_t *self);

/*  Is the name one that may be given? MST_E_ILLEGAL_NAME, MST_E_LIMIT. `what`: "a federate". */
mst_err_t rti_name_check (const char *what, wire_text_t name);
char *rti_text_copy (wire_text_t text); /* NULL: no memory */
wire_text_t rti_text (const char *text);

/*  For "%.*s" in errors. */
#define RTI_SHOW(text) (int) ((text).size_bytes < 200 ? (text).size_bytes : 200), (text).data

/*  federate.c --------------------------------------------------------------------------------- */

mst_err_t rti_join (rti_call_t *call);
rti_federate_t *rti_federate_find (const rti_federation_t *self, uint64_t handle);
rti_federate_t *rti_federate_named (const rti_federation_t *self, wire_text_t name);
void rti_federate_free (rti_federate_t *self);
void rti_slot_free (rti_federation_t *self, uint32_t slot);

/*  It sent bundles up to this one to a peer. Errors: MST_E_NO_MEMORY. */
mst_err_t rti_federate_mark (rti_federate_t *self, uint32_t peer, uint64_t sequence);
uint64_t rti_federate_marked (const rti_federate_t *self, const rti_federate_t *peer);
mst_err_t rti_get_directive (rti_call_t *call);
mst_err_t rti_set_directive (rti_call_t *call);

/*  leave.c ------------------------------------------------------------------------------------ */

mst_err_t rti_resign (rti_call_t *call);

/*  The federate's connection is gone. MST_E_NO_MEMORY: not yet; call again. */
mst_err_t rti_lose (rti_federate_t *self, const char *why);

/*  declaration.c ------------------------------------------------------------------------------ */

mst_err_t rti_publish_objects (rti_call_t *call);
mst_err_t rti_unpublish_class (rti_call_t *call);
mst_err_t rti_unpublish_attributes (rti_call_t *call);
mst_err_t rti_subscribe_objects (rti_call_t *call);
mst_err_t rti_unsubscribe_class (rti_call_t *call);
mst_err_t rti_unsubscribe_attributes (rti_call_t *call);
mst_err_t rti_publish_interaction (rti_call_t *call);
mst_err_t rti_unpublish_interaction (rti_call_t *call);
mst_err_t rti_subscribe_interaction (rti_call_t *call);
mst_err_t rti_unsubscribe_interaction (rti_call_t *call);

/*  Handles that came from outside: MST_E_CLASS_UNKNOWN, MST_E_INTERACTION_UNKNOWN,
    MST_E_ATTRIBUTE_UNKNOWN. */
mst_err_t rti_class_check (const rti_federation_t *self, int kind, wire_handle_t handle,
                           uint32_t *class_index);
mst_err_t rti_mask_check (const rti_federation_t *self, uint32_t class_index,
                          wire_handles_t attributes, uint64_t *mask);

/*  One reason more, or less, to hear of subscribers at a class and above it. */
void rti_bearing_add (rti_federate_t *self, int kind, uint32_t class_index, bool more);

/*  The closest class, from class_index upwards, that the federate subscribes to; FOM_NONE: none. */
uint32_t rti_class_seen (const rti_federate_t *self, uint32_t class_index);

/*  A mask as handles, for as long as *memory lives. */
typedef struct rti_attributes {
    wire_handle_t items[RTI_ATTRIBUTES];
} rti_attributes_t;
wire_handles_t rti_mask_handles (uint64_t mask, rti_attributes_t *memory);

/*  object.c ----------------------------------------------------------------------------------- */

mst_err_t rti_register (rti_call_t *call);
mst_err_t rti_delete (rti_call_t *call);
mst_err_t rti_local_delete (rti_call_t *call);
mst_err_t rti_request_instance_update (rti_call_t *call);
mst_err_t rti_request_class_update (rti_call_t *call);
rti_object_t *rti_object_find (const rti_federation_t *self, uint64_t handle);

/*  The object, known to the caller, and its class there: MST_E_OBJECT_UNKNOWN. */
mst_err_t rti_object_known (const rti_call_t *call, wire_handle_t handle, rti_object_t **object,
                            uint32_t *class_index);
const rti_knower_t *rti_object_knower (const rti_object_t *self, uint32_t federate);
void rti_object_forget (rti_federation_t *federation, rti_object_t *self, uint32_t federate);

/*  The federate came to own attributes: its updates must reach whoever subscribes between the class
    by which it knows the object and the registered one, so it is told of both. */
void rti_object_bear (rti_federation_t *federation, rti_object_t *self, uint32_t federate);

/*  Takes it out of the tables and frees it. Tells nobody. */
void rti_object_free (rti_federation_t *self, rti_object_t *object);

/*  Tells all that know it, except `by`, that it is gone, and frees it. */
void rti_object_remove (rti_object_t *object, rti_federate_t *by, wire_bytes_t tag);

/*  A subscription came: whatever exists and was not known becomes known. Room first. */
mst_err_t rti_discover_room (rti_federate_t *self, uint32_t class_index);
void rti_discover (rti_federate_t *self, uint32_t class_index);

/*  The first object of the federation execution, and the one behind; NULL: none. */
rti_object_t *rti_object_first (const rti_federation_t *self);
rti_object_t *rti_object_next (const rti_federation_t *self, const rti_object_t *object);

/*  names.c ------------------------------------------------------------------------------------ */

mst_err_t rti_reserve_name (rti_call_t *call);
mst_err_t rti_release_name (rti_call_t *call);
mst_err_t rti_reserve_names (rti_call_t *call);
mst_err_t rti_release_names (rti_call_t *call);

/*  May this federate register an object under the name? MST_E_NAME_NOT_RESERVED, MST_E_NAME_IN_USE.
 */
mst_err_t rti_name_usable (const rti_federate_t *self, wire_text_t name, bool derived);
mst_err_t rti_name_use (rti_federation_t *self, const char *name, rti_object_t *object);
void rti_names_forget (rti_federation_t *self, uint32_t federate); /* its reservations */
rti_object_t *rti_name_object (const rti_federation_t *self, const char *name);

/*  ownership.c -------------------------------------------------------------------------------- */

mst_err_t rti_divest (rti_call_t *call);
mst_err_t rti_acquire (rti_call_t *call);
mst_err_t rti_acquire_available (rti_call_t *call);
mst_err_t rti_cancel_acquisition (rti_call_t *call);
mst_err_t rti_release_denied (rti_call_t *call);
mst_err_t rti_divest_wanted (rti_call_t *call);
mst_err_t rti_query_ownership (rti_call_t *call);
mst_err_t rti_is_owned (rti_call_t *call);

uint64_t rti_owned (const rti_object_t *object, uint32_t federate);
uint64_t rti_owned_by_any (const rti_object_t *object);

/*  Room for `more` further shares besides those of the pending acquisitions. */
mst_err_t rti_shares_room (rti_object_t *object, uint32_t more);

/*  Moves attributes to `to` (0: to nobody), from whoever owned them. Room first. Tells nobody but
    `to`, and him only what rti_object_bear does. */
void rti_own (rti_federation_t *self, rti_object_t *object, uint32_t to, uint64_t mask);

/*  The federate gives attributes up: to who waits for them, else they are offered. */
void rti_give_up (rti_federate_t *self, rti_object_t *object, uint64_t mask, wire_bytes_t tag);

/*  Attributes have a new owner: it is asked to release them to those who wait for them. */
void rti_wishes_ask (const rti_federation_t *self, const rti_object_t *object, uint64_t mask);

/*  The federate waits no longer for these attributes. */
void rti_acquisition_drop (rti_federation_t *self, rti_object_t *object, uint32_t federate,
                           uint64_t mask);

/*  time.c ------------------------------------------------------------------------------------- */

mst_err_t rti_time_request (rti_call_t *call);
mst_err_t rti_enable_regulation (rti_call_t *call);
mst_err_t rti_disable_regulation (rti_call_t *call);
mst_err_t rti_enable_constrained (rti_call_t *call);
mst_err_t rti_disable_constrained (rti_call_t *call);
mst_err_t rti_enable_asynchronous (rti_call_t *call);
mst_err_t rti_disable_asynchronous (rti_call_t *call);
mst_err_t rti_query_galt (rti_call_t *call);
mst_err_t rti_query_logical_time (rti_call_t *call);
mst_err_t rti_query_lits (rti_call_t *call);
mst_err_t rti_modify_lookahead (rti_call_t *call);
mst_err_t rti_query_lookahead (rti_call_t *call);
mst_err_t rti_lacks (rti_call_t *call);

/*  A report without news, as a federate's last one stands. */
timemgmt_report_t rti_report_empty (const rti_federate_t *self);

/*  Tells the grants of the last call of bounds. */
void rti_grants_tell (rti_federation_t *self);

/*  synchronization.c -------------------------------------------------------------------------- */

mst_err_t rti_point_register (rti_call_t *call);
mst_err_t rti_point_register_with_set (rti_call_t *call);
mst_err_t rti_point_achieved (rti_call_t *call);

/*  Has the federate achieved a point that others have not? Who is missing there then? */
bool rti_point_arrived (const rti_federate_t *self, const char *label);
mst_err_t rti_point_missing (const rti_federation_t *self, const char *label,
                             rti_names_list_t *names);

/*  A federate joins: room in all points for all, then part in them. It leaves. */
mst_err_t rti_points_room (rti_federation_t *self);
void rti_points_join (rti_federate_t *self);
void rti_points_announce (rti_federate_t *self);
void rti_points_leave (rti_federation_t *self, uint32_t federate);
void rti_points_free (rti_federation_t *self);

/*  barrier.c ---------------------------------------------------------------------------------- */

mst_err_t rti_barrier_arrive (rti_call_t *call);

/*  Has the federate arrived at a barrier that is not complete? Who is missing there then? */
bool rti_barrier_arrived (const rti_federate_t *self, const char *name);
mst_err_t rti_barrier_missing (const rti_federation_t *self, const char *name,
                               rti_names_list_t *names);
mst_err_t rti_barriers_leave (rti_federate_t *self);
mst_err_t rti_barriers_expire (rti_federation_t *self);
void rti_barriers_free (rti_federation_t *self);

/*  migration.c -------------------------------------------------------------------------------- */

mst_err_t rti_migrate (rti_call_t *call);
mst_err_t rti_migrate_vote (rti_call_t *call);

/*  The federate reported what it has sent: decides what waited for that. */
mst_err_t rti_migrations_reported (rti_federate_t *self);

/*  Aborts whatever the federate takes part in. MST_E_NO_MEMORY: not all yet; call again. */
mst_err_t rti_migrations_abort (rti_federate_t *self, const char *why);
void rti_migrations_free (rti_federation_t *self);

/*  The federate leaves with this bound (TIMEMGMT_KEY_MAX: none): what it handed over at later cuts
    has no updates in between, and that is noted, counted and logged. `how`: "was lost". */
void rti_handed_end (rti_federate_t *self, int64_t bound, const char *how);

/*  relay.c ------------------------------------------------------------------------------------ */

mst_err_t rti_relay (rti_core_t *core, rti_link_t *link, const wire_frame_t *frame);
mst_err_t rti_routed (rti_call_t *call);
mst_err_t rti_probe_ask (rti_call_t *call);

/*  A federate's frames came further, or come no more. */
void rti_probes_answer (rti_federate_t *self, bool all);

/*  recorder.c --------------------------------------------------------------------------------- */

typedef enum rti_note_kind {
    RTI_NOTE_JOIN = 1,
    RTI_NOTE_RESIGN = 2,
    RTI_NOTE_LOST = 3,          /* time: its bound */
    RTI_NOTE_CUT = 4,           /* name: the receiver; sequence: the last one that counts */
    RTI_NOTE_GRANT = 5,         /* sequence: the request's number; text: its kind */
    RTI_NOTE_SYNCHRONIZED = 6,  /* name: the label */
    RTI_NOTE_MIGRATION = 7,     /* name: the new home; sequence: the batch */
    RTI_NOTE_REPORT = 8,        /* name and text: the result */
    RTI_NOTE_LOST_MESSAGES = 9, /* federate: the sender; name: who misses them */
    RTI_NOTE_BARRIER = 10,      /* name: the barrier; sequence: its generation */
    RTI_NOTE_GAP = 11,          /* name: the new home; time: the cut; sequence: the batch */
    RTI_NOTE_POINT = 12 /* registered; name: label; sequence: its members, 0: all; text: by */
} rti_note_kind_t;

typedef struct rti_note {
    rti_note_kind_t kind;
    uint32_t federate; /* 0: none */
    const char *name;  /* NULL: none */
    int64_t time;      /* WIRE_TIME_NONE: none */
    uint64_t sequence;
    const char *text; /* NULL: none */
} rti_note_t;

void rti_note (rti_federation_t *self, const rti_note_t *note);

/*  MIGRATE_DECIDED and its like, as it is told to others. */
void rti_record (rti_federation_t *self, uint16_t kind, const void *args);
void rti_records_flush (rti_federate_t *self);
mst_err_t rti_report (rti_call_t *call);
mst_err_t rti_lost_messages (rti_call_t *call);

/*  clock.c ------------------------------------------------------------------------------------ */

mst_err_t rti_clock_ask (rti_call_t *call);
/*  What waits is told, with the wall clock of the event at hand. */
void rti_clock_stamp (rti_core_t *core);

/*  counters.c --------------------------------------------------------------------------------- */

mst_err_t rti_counters_take (rti_call_t *call);

/*  Somebody looks: who told nothing lately is asked to. */
void rti_counters_want (rti_federation_t *self);

/*  The barrier or synchronization point at which the federate's own thread waits, by what it told
    and what the RTI knows; NULL: it does not. */
const char *rti_waits_at (const rti_federate_t *self);
bool rti_waits_at_barrier (const rti_federate_t *self);

/*  What it waited for has come, or never will. */
void rti_waits_no_more (rti_federate_t *self);

/*  Names of who is missing there, appended; those of a barrier need not have joined. Errors:
   MST_E_NO_MEMORY. */
mst_err_t rti_missing (const rti_federate_t *self, rti_names_list_t *names);

/*  Somebody left; why: NULL when it resigned. Without memory it is not remembered. */
void rti_departed_add (rti_federation_t *self, const char *name, const char *why);
void rti_departed_free (rti_federation_t *self);

/*  why.c -------------------------------------------------------------------------------------- */

/*  Further terms, behind those of timemgmt/bounds. */
enum { RTI_BY_BARRIER = TIMEMGMT_BY_DELIVERY + 1, RTI_BY_POINT = RTI_BY_BARRIER + 1 };

enum { RTI_WHY_LINKS = 32 }; /* of a chain; a longer one is cut before its last */

/*  Everybody's waits at one moment. */
typedef struct rti_why {
    const rti_federation_t *federation;
    timemgmt_waits_t waits; /* nodes are slots */
    timemgmt_state_t *states;
} rti_why_t;

/*  Errors: MST_E_NO_MEMORY. Given back by fini, also after an error. */
mst_err_t rti_why_init (rti_why_t *self, const rti_federation_t *federation);
void rti_why_fini (rti_why_t *self);

/*  Does it wait, for time or at a place? */
bool rti_why_waits (const rti_why_t *self, const rti_federate_t *federate);

/*  The chain of who holds it back, at most RTI_WHY_LINKS; *deadlock: it ends in a circle. The
   texts are the RTI's, until the next event. */
uint32_t rti_why_chain (const rti_why_t *self, const rti_federate_t *federate,
                        wire_wait_link_t links[RTI_WHY_LINKS], bool *deadlock);

/*  The same in words. */
void rti_why_text (const rti_why_t *self, const rti_federate_t *federate, char *out,
                   size_t size_bytes);
const char *rti_why_term (uint64_t term);

/*  status.c, explain.c ------------------------------------------------------------------------ */

mst_err_t rti_status (rti_call_t *call);
mst_err_t rti_explain (rti_call_t *call);

/*  A time as people read it. */
enum { RTI_TIME_TEXT_BYTES = 40 };
const char *rti_time_text (timemgmt_type_t type, int64_t key, char out[RTI_TIME_TEXT_BYTES]);

/*  Why a federate waits, in one sentence; the slot that holds it, or TIMEMGMT_SLOT_NONE. */
void rti_explain_text (const rti_federation_t *self, const timemgmt_reason_t *reason, char *out,
                       size_t size_bytes);

#endif
