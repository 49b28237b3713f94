/*  <muster/time.h>: logical time (IEEE 1516.1, clause 8).

    Thread rule: as <muster/federate.h>. */
#ifndef MUSTER_TIME_H
#define MUSTER_TIME_H

#include <muster/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*  Both take effect at their callback. mst_enable_time does both and waits for the callbacks; where
    one of them is on already it is that one's error, and nothing changes.
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

/*  Flush queue request: gives all time-stamped messages that are here, those of the future too, and
    is answered at once, by the callback flush_queue_granted. What is given for a time that is not
    below the one granted may be taken back: retraction_requested. Errors as above. */
MST_EXPORT mst_err_t mst_flush_queue_request (mst_federate_t fed, mst_time_t to);

/*  Takes back a message of one's own: whoever has not been given it never is, whoever has gets
    retraction_requested. Of an update, what went in receive order stays. A deletion that is taken
    back leaves the object as it was. Only while the message's time stamp is above the smallest that
    may still be sent: granted (while advancing: requested) time plus lookahead.
    Errors: MST_E_RETRACTION_LATE, MST_E_RETRACTION_INVALID (no handle of this federate, or
   retracted already), MST_E_REGULATION_OFF. */
MST_EXPORT mst_err_t mst_retract (mst_federate_t fed, mst_retraction_t message);

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

/*  Who holds a federate back, from the one that it waits for to the one that waits for nobody.
    By what each holds the one before it: */
typedef enum mst_held {
    MST_HELD_BY_NOTHING = 0,      /* it does not wait */
    MST_HELD_BY_GRANTED_TIME = 1, /* it has not asked to advance: granted time + lookahead */
    MST_HELD_BY_LOOKAHEAD = 2,    /* it waits, too: requested time + lookahead */
    MST_HELD_BY_MESSAGE = 3,    /* likewise, and a message queued or on its way stands before it */
    MST_HELD_BY_HOLD = 4,       /* withheld until a migration or a save is decided */
    MST_HELD_BY_REGULATION = 5, /* its time regulation is being enabled */
    MST_HELD_BY_NO_REGULATION = 6, /* nobody else regulates, and the object model says to wait */
    MST_HELD_BY_DELIVERY = 7, /* granted, but messages of it that the grant needs have not come */
    MST_HELD_BY_BARRIER = 8,  /* it has not arrived at a barrier */
    MST_HELD_BY_POINT = 9     /* it has not achieved a synchronization point */
} mst_held_t;

enum { MST_WAIT_LINKS = 32, MST_WAIT_NAME_SIZE = 264 };

typedef struct mst_wait_link {
    char federate[MST_WAIT_NAME_SIZE]; /* "": one that left, whose messages are on their way */
    char place[MST_WAIT_NAME_SIZE];    /* the barrier, the point, who sent the message; or "" */
    char process[32];                  /* "stopped"; "": it runs, as far as is known */
    mst_federate_id_t id;              /* 0: it has not joined */
    mst_held_t by;
    mst_time_t granted, requested, bound, lookahead; /* MST_TIME_NONE where there is none */
    mst_time_t message;                              /* time stamp of the message */
    int64_t for_ns;                                  /* so long it has stood there */
    int64_t silent_ns;                               /* so long the RTI has not heard of it */
} mst_wait_link_t;

/*  The chain; empty when the federate does not wait. With `deadlock` it leads into a circle of
    federates that wait for each other, and nothing but one of them giving up ends it. */
typedef struct mst_wait {
    bool deadlock;
    mst_time_type_t time_type;
    size_t count; /* a chain longer than MST_WAIT_LINKS lacks what stands before its last link */
    mst_wait_link_t links[MST_WAIT_LINKS];
} mst_wait_t;

/*  Why this federate waits, as data (`wait` may be NULL) and in words, cut to size_bytes with its
   zero (`text` may be NULL). Asks the RTI: not within a callback. Errors: MST_E_CONNECTION_LOST,
   MST_E_CALL_NOT_ALLOWED. */
MST_EXPORT mst_err_t mst_time_explain (mst_federate_t fed, mst_wait_t *wait, char *text,
                                       size_t size_bytes);

/*  The same of any federate, for a program that has not joined: one with an RTI inside, a monitor.
    `rti` NULL: as configured. Errors: MST_E_NOT_CONNECTED, MST_E_FEDERATION_UNKNOWN,
    MST_E_INVALID_ARGUMENT (no such federate). */
MST_EXPORT mst_err_t mst_explain (const char *rti, const char *federation, const char *federate,
                                  mst_wait_t *wait, char *text, size_t size_bytes);

#ifdef __cplusplus
}
#endif
#endif
