/*  <muster/time.h>: logical time (IEEE 1516.1, clause 8).

    Thread rule: as <muster/federate.h>. */
#ifndef MUSTER_TIME_H
#define MUSTER_TIME_H

#include <muster/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*  Both take effect at their callback. mst_enable_time does both and waits for the callbacks.
    lookahead: ≥ 0. Errors: MST_E_REGULATION_ON, MST_E_REGULATION_PENDING, MST_E_ADVANCE_PENDING,
    MST_E_CONSTRAINED_ON, MST_E_CONSTRAINED_PENDING, MST_E_INVALID_LOOKAHEAD. */
MST_EXPORT mst_err_t mst_enable_regulation (mst_federate_t fed, mst_time_t lookahead);
MST_EXPORT mst_err_t mst_disable_regulation (mst_federate_t fed);
MST_EXPORT mst_err_t mst_enable_constrained (mst_federate_t fed);
MST_EXPORT mst_err_t mst_disable_constrained (mst_federate_t fed);
MST_EXPORT mst_err_t mst_enable_time (mst_federate_t fed, mst_time_t lookahead);

/*  Requests; the answer is the callback granted.
    Errors: MST_E_TIME_PASSED, MST_E_INVALID_TIME, MST_E_ADVANCE_PENDING, MST_E_REGULATION_PENDING,
    MST_E_CONSTRAINED_PENDING. */
MST_EXPORT mst_err_t mst_time_advance_request (mst_federate_t fed, mst_time_t to);
MST_EXPORT mst_err_t mst_time_advance_request_available (mst_federate_t fed, mst_time_t to);
MST_EXPORT mst_err_t mst_next_message_request (mst_federate_t fed, mst_time_t to);
MST_EXPORT mst_err_t mst_next_message_request_available (mst_federate_t fed, mst_time_t to);

/*  Time advance request, then callbacks until the grant. wait_ms -1: without end.
    Errors: as the request; MST_E_TIMEOUT, whose text says who holds time back (the request
    stays pending: call mst_await_grant to go on); MST_E_CONNECTION_LOST. */
MST_EXPORT mst_err_t mst_advance (mst_federate_t fed, mst_time_t to, int64_t wait_ms);
/*  Waits for the grant of a pending request, of whichever kind. *granted may be NULL. */
MST_EXPORT mst_err_t mst_await_grant (mst_federate_t fed, int64_t wait_ms, mst_time_t *granted);

/*  Lookahead: growing at once, shrinking as time advances; the query returns the actual value. */
MST_EXPORT mst_err_t mst_modify_lookahead (mst_federate_t fed, mst_time_t lookahead);
MST_EXPORT mst_err_t mst_query_lookahead (mst_federate_t fed, mst_time_t *lookahead);

/*  The federate's logical time; GALT and LITS (MST_TIME_NEVER when undefined). */
MST_EXPORT mst_err_t mst_query_time (mst_federate_t fed, mst_time_t *time);
MST_EXPORT mst_err_t mst_query_galt (mst_federate_t fed, mst_time_t *galt);
MST_EXPORT mst_err_t mst_query_lits (mst_federate_t fed, mst_time_t *lits);

/*  Receive-order messages also while no advance is pending (time constrained federates). */
MST_EXPORT mst_err_t mst_asynchronous_delivery (mst_federate_t fed, bool on);

/*  Who holds this federate's time back, in words, cut to size_bytes with its zero. */
MST_EXPORT mst_err_t mst_time_explain (mst_federate_t fed, char *text, size_t size_bytes);

#ifdef __cplusplus
}
#endif
#endif
