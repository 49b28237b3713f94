/*  <muster/callbacks.h>: what the runtime tells a federate.

    Thread rule: with evoked callbacks they are called from mst_evoke, mst_advance and other waiting
    calls of the federate's own thread; with immediate callbacks from a thread of the library, one
   at a time per federate. Within a callback every service may be called but those that wait for an
    answer (they return MST_E_CALL_NOT_ALLOWED: join, resign, publish, subscribe, evoke …).

    Everything that a callback is given lives until it returns. */
#ifndef MUSTER_CALLBACKS_H
#define MUSTER_CALLBACKS_H

#include <muster/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*  A reflection of an update, or a received interaction. */
typedef struct mst_reception {
    mst_object_t object;                 /* reflection, removal */
    mst_class_t object_class;            /* the class under which the object is known here */
    mst_interaction_class_t interaction; /* interaction: the class as it is subscribed here */
    mst_federate_id_t sender;
    const char *sender_name;
    const mst_value_t *values;
    size_t value_count;
    const void *tag;
    size_t tag_size_bytes;
    mst_time_t time;             /* MST_TIME_NONE when it was sent without one */
    mst_order_t order;           /* as received */
    mst_retraction_t retraction; /* as retraction_requested names it; 0: it is not taken back */
    uint64_t sequence;           /* of its bundle, per sender */
    uint32_t epoch;              /* of the object's owner */
    const uint64_t *stamps;      /* Lamport stamp, then the vector; NULL when not asked for */
    size_t stamp_count;
} mst_reception_t;

/*  A message that was given to this federate is not to be: undo what it caused. */
typedef struct mst_retracted {
    mst_retraction_t message; /* as it came with the message */
    mst_federate_id_t sender;
    const char *sender_name;
    mst_time_t time; /* its time stamp */
} mst_retracted_t;

typedef struct mst_discovery {
    mst_object_t object;
    mst_class_t object_class;
    const char *name;
    mst_federate_id_t producer;
    const char *producer_name;
} mst_discovery_t;

typedef struct mst_ownership {
    mst_object_t object;
    uint64_t attributes;     /* bit (attribute id - 1) */
    mst_federate_id_t other; /* who asks, or owned before; 0: nobody */
    const void *tag;
    size_t tag_size_bytes;
} mst_ownership_t;

/*  A migration that arrives or was decided. */
typedef struct mst_migration {
    mst_object_t object;
    mst_federate_id_t old_home;
    mst_federate_id_t new_home;
    mst_time_t cut;
    uint32_t epoch;    /* of the new home; of the old one when it was aborted */
    const void *state; /* at the new home: what the old one packed */
    size_t state_size_bytes;
    const char
        *reason; /* aborted: why; at the new home "", or that the old one ended before the cut */
} mst_migration_t;

/*  Any of them may be NULL. `user` is the pointer given at join. */
typedef struct mst_callbacks {
    void (*discovered) (void *user, mst_federate_t fed, const mst_discovery_t *discovery);
    void (*reflected) (void *user, mst_federate_t fed, const mst_reception_t *update);
    void (*received) (void *user, mst_federate_t fed, const mst_reception_t *interaction);
    void (*removed) (void *user, mst_federate_t fed, const mst_reception_t *removal);
    void (*provide_update) (void *user, mst_federate_t fed, mst_object_t object,
                            uint64_t attributes);

    void (*regulation_enabled) (void *user, mst_federate_t fed, mst_time_t time);
    void (*constrained_enabled) (void *user, mst_federate_t fed, mst_time_t time);
    void (*granted) (void *user, mst_federate_t fed, mst_time_t time);
    /*  `time` is granted: all below it is final. `optimistic` is as far as this federate knows of
        nothing to come: the requested time, or the smallest time stamp that was given, if less. */
    void (*flush_queue_granted) (void *user, mst_federate_t fed, mst_time_t time,
                                 mst_time_t optimistic);
    /*  Its sender retracted it, or died before it was known to have sent it. It may come again, if
        its sender died before it was known to have retracted it. A removal that is taken back
        leaves the object known as it was. */
    void (*retraction_requested) (void *user, mst_federate_t fed, const mst_retracted_t *what);

    void (*point_registered) (void *user, mst_federate_t fed, const char *label, bool succeeded,
                              const char *reason);
    void (*point_announced) (void *user, mst_federate_t fed, const char *label, const void *tag,
                             size_t tag_size_bytes);
    void (*synchronized) (void *user, mst_federate_t fed, const char *label,
                          const mst_federate_id_t *failed, size_t failed_count);
    void (*barrier_passed) (void *user, mst_federate_t fed, const char *name, uint64_t generation);
    void (*barrier_broken) (void *user, mst_federate_t fed, const char *name, const char *missing);

    void (*name_reserved) (void *user, mst_federate_t fed, const char *name, bool succeeded);

    void (*assumption_requested) (void *user, mst_federate_t fed, const mst_ownership_t *what);
    void (*acquired) (void *user, mst_federate_t fed, const mst_ownership_t *what);
    void (*release_requested) (void *user, mst_federate_t fed, const mst_ownership_t *what);
    void (*unavailable) (void *user, mst_federate_t fed, const mst_ownership_t *what);
    void (*owner_informed) (void *user, mst_federate_t fed, const mst_ownership_t *what);
    /*  An object came here. A recorder is told of every one whose class it subscribes: new_home is
        none then, and epoch counts its old home's batches, as the RTI's note does. */
    void (*migrated_in) (void *user, mst_federate_t fed, const mst_migration_t *migration);
    void (*migrated_out) (void *user, mst_federate_t fed, const mst_migration_t *migration);
    void (*migration_aborted) (void *user, mst_federate_t fed, const mst_migration_t *migration);

    void (*federate_joined) (void *user, mst_federate_t fed, mst_federate_id_t id,
                             const char *name);
    void (*federate_resigned) (void *user, mst_federate_t fed, mst_federate_id_t id,
                               const char *name);
    /*  A federate died. `time` is its last bound (the cut); `reason` is for people. */
    void (*federate_lost) (void *user, mst_federate_t fed, mst_federate_id_t id, const char *name,
                           mst_time_t time, const char *reason);
    /*  A service that needs no answer was refused by the RTI. */
    void (*refused) (void *user, mst_federate_t fed, mst_err_t err, const char *text);
    /*  The RTI is gone. Every further call returns MST_E_CONNECTION_LOST. */
    void (*connection_lost) (void *user, mst_federate_t fed, const char *reason);
    /*  Recorders only: one record of the RTI's own (a NOTE of docs/protocol.md). */
    void (*noted) (void *user, mst_federate_t fed, const void *record, size_t size_bytes);
} mst_callbacks_t;

#ifdef __cplusplus
}
#endif
#endif
