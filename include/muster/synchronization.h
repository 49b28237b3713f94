/*  <muster/synchronization.h>: synchronization points (IEEE 1516.1, clause 4) and named barriers.

    Thread rule: as <muster/federate.h>. */
#ifndef MUSTER_SYNCHRONIZATION_H
#define MUSTER_SYNCHRONIZATION_H

#include <muster/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*  Registers a synchronization point for the whole federation (members NULL: later joiners take
   part) or for a set. The answer is point_registered; members get point_announced. */
MST_EXPORT mst_err_t mst_register_point (mst_federate_t fed, const char *label, const void *tag,
                                         size_t tag_size_bytes, const mst_federate_id_t *members,
                                         size_t member_count);
/*  Says that this federate got there. Errors: MST_E_SYNC_LABEL_UNKNOWN. */
MST_EXPORT mst_err_t mst_achieve_point (mst_federate_t fed, const char *label, bool succeeded);

/*  Registers the point if nobody has, achieves it once `federates` federates are joined, and runs
    callbacks until the federation is synchronized. The usual start of a run. wait_ms -1: without
   end. Errors: MST_E_TIMEOUT (names what is missing), MST_E_CONNECTION_LOST. */
MST_EXPORT mst_err_t mst_synchronize (mst_federate_t fed, const char *label, size_t federates,
                                      int64_t wait_ms);

/*  A named barrier among the named federates (the same list for all of them). The answer is
   barrier_passed, or barrier_broken when deadline_ms (wall clock; 0: none) passes first or a member
   is lost. */
MST_EXPORT mst_err_t mst_barrier_arrive (mst_federate_t fed, const char *name,
                                         const char *const *expected, size_t expected_count,
                                         int64_t deadline_ms);
/*  The same, and runs callbacks until the answer. Errors: MST_E_BARRIER_BROKEN (names the missing).
 */
MST_EXPORT mst_err_t mst_barrier (mst_federate_t fed, const char *name, const char *const *expected,
                                  size_t expected_count, int64_t deadline_ms);

#ifdef __cplusplus
}
#endif
#endif
