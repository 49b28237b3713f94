/*  <muster/carry.h>: a store of replicated objects (<muster/store.h>) carried by a federation.

    The federates that carry a store find each other through the RTI and exchange its messages by
    their own links, as an interaction in receive order to one receiver at a time. The object model
    needs the class MusterState; mst_carry_module has it, to be given at the join beside one's own.

        store options: .replica = mst_self (fed).id
        after the join:                      mst_carry_new
        callback `received`:                 if (mst_carry_received (carry, message)) return;
        `federate_resigned`, `_lost`:        mst_carry_gone
        now and then, after mst_evoke:       mst_carry_turn

    Thread rule: that of the store and of its federate: one thread at a time for both. */
#ifndef MUSTER_CARRY_H
#define MUSTER_CARRY_H

#include <muster/callbacks.h>
#include <muster/federate.h>
#include <muster/store.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mst_carry mst_carry_t;

/*  The module with the interaction class. Static. */
MST_EXPORT const mst_module_t *mst_carry_module (void);

/*  Publishes and subscribes the class; the turns then greet whoever carries a store, too. The store
    stays the caller's and outlives *self; its replica must be mst_self (fed).id, so that a federate
   and its replica are one number. Errors: MST_E_INTERACTION_UNKNOWN (the module is missing),
    MST_E_INVALID_ARGUMENT (the replica), MST_E_CONNECTION_LOST, MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_carry_new (mst_federate_t fed, mst_store_t *store, mst_carry_t **self);
MST_EXPORT void mst_carry_destroy (mst_carry_t **self); /* NULL already is fine */

/*  A received interaction: true, and taken in, when it is one of the store's. What the store
   refuses it counts itself (mst_store_stats). */
MST_EXPORT bool mst_carry_received (mst_carry_t *self, const mst_reception_t *message);

/*  Each turn sees to it that the metadata (<muster/metadata.h>) tell of this federate, under its
   name among the federates: "joined, 12 objects" (of which it owns something). Who leaves while
   others carry is entered by them, as "gone". That costs a look once a second, and a write when it
   changed; interval_ns: how often instead; 0: once a second; MST_CARRY_SILENT: never, for who only
   watches. */
#define MST_CARRY_SILENT UINT64_MAX
MST_EXPORT void mst_carry_describe (mst_carry_t *self, uint64_t interval_ns);

/*  A federate left: it is a peer no longer, and entered as "gone". */
MST_EXPORT void mst_carry_gone (mst_carry_t *self, mst_federate_id_t federate);

/*  Answers greetings, lets the store do what is due, and sends what it has to say. time_ns:
    nanoseconds since 1970. Errors: MST_E_CONNECTION_LOST, MST_E_LIMIT (a message above 16 MiB),
    MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_carry_turn (mst_carry_t *self, uint64_t time_ns);

/*  Federates that carry the store, too, and are here. */
MST_EXPORT size_t mst_carry_peers (const mst_carry_t *self);

#ifdef __cplusplus
}
#endif
#endif
