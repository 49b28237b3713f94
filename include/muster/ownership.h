/*  <muster/ownership.h>: ownership (IEEE 1516.1, clause 7) and migration at a cut of logical time.

    Attribute sets are masks: bit (attribute id - 1).
    Thread rule: as <muster/federate.h>. */
#ifndef MUSTER_OWNERSHIP_H
#define MUSTER_OWNERSHIP_H

#include <muster/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*  Gives attributes up at once; willing publishers get assumption_requested.
    Errors: MST_E_OBJECT_UNKNOWN, MST_E_NOT_OWNED. */
MST_EXPORT mst_err_t mst_divest (mst_federate_t fed, mst_object_t object, uint64_t attributes,
                                 const void *tag, size_t tag_size_bytes);
/*  Asks for attributes: acquired comes when they are free or released (the owner gets
    release_requested). Errors: MST_E_ALREADY_OWNED, MST_E_ATTRIBUTE_NOT_PUBLISHED. */
MST_EXPORT mst_err_t mst_acquire (mst_federate_t fed, mst_object_t object, uint64_t attributes,
                                  const void *tag, size_t tag_size_bytes);
/*  Only if nobody owns them: acquired or unavailable comes at once. */
MST_EXPORT mst_err_t mst_acquire_if_available (mst_federate_t fed, mst_object_t object,
                                               uint64_t attributes);
/*  Who owns an attribute: the answer is owner_informed. */
MST_EXPORT mst_err_t mst_query_owner (mst_federate_t fed, mst_object_t object,
                                      mst_attribute_t attribute);
/*  What this federate owns of an object; 0 for an unknown one. */
MST_EXPORT uint64_t mst_owned (mst_federate_t fed, mst_object_t object);
/*  Objects of which it owns something; 0 for a stale handle. Takes a look at each object. */
MST_EXPORT size_t mst_owned_count (mst_federate_t fed);

/*  Hands an object over to another federate at a cut of logical time: all attributes owned here and
   the privilege to delete. `cut` is at least the granted time plus lookahead. This federate's
   updates are valid up to and including the cut, the new home's only after it. `state` travels as a
   time-stamped message at the cut and arrives with migrated_in, before the grant that reaches the
   cut; here migrated_out (or migration_aborted: it stays here) comes before that grant. When this
   federate ends after migrated_out and before the cut, the object has no updates in between: the
   new home has no state but that of the cut. Its migrated_in then says so in `reason`. Calls with
   the same new home and cut between two time requests are one batch. Errors: MST_E_NOT_OWNED,
   MST_E_MIGRATION_REFUSED (pending already, not regulating, the new home does not publish the
   class), MST_E_INVALID_TIME. */
MST_EXPORT mst_err_t mst_migrate (mst_federate_t fed, mst_object_t object,
                                  mst_federate_id_t new_home, mst_time_t cut, const void *state,
                                  size_t state_size_bytes);

#ifdef __cplusplus
}
#endif
#endif
