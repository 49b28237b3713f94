/*  <muster/object.h>: objects and interactions (IEEE 1516.1, clause 6).

    A time stamp makes a message time-stamp ordered when the sender is regulating and the FOM gives
    the attribute or interaction that order; otherwise it is receive ordered and keeps its time.

    Thread rule: as <muster/federate.h>. */
#ifndef MUSTER_OBJECT_H
#define MUSTER_OBJECT_H

#include <muster/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*  Registers an object of a published class; no round trip. name NULL: made from the federate's
   name. A given name must have been reserved. Errors: MST_E_CLASS_NOT_PUBLISHED,
   MST_E_NAME_NOT_RESERVED, MST_E_LIMIT (limits.objects). */
MST_EXPORT mst_err_t mst_register (mst_federate_t fed, mst_class_t of, const char *name,
                                   mst_object_t *object);

/*  Reserves names for objects; the answer is the callback name_reserved, one per name.
    Errors: MST_E_ILLEGAL_NAME ("HLA…" and empty ones). */
MST_EXPORT mst_err_t mst_reserve_names (mst_federate_t fed, const char *const *names, size_t count);
MST_EXPORT mst_err_t mst_release_name (mst_federate_t fed, const char *name);

/*  What may be said beside the values. Zero is the usual case. */
typedef struct mst_send_options {
    const void *tag;
    size_t tag_size_bytes;
    const mst_federate_id_t *only; /* to these subscribers (and recorders) only; NULL: to all */
    size_t only_count;
    mst_retraction_t *retraction; /* gets the handle for mst_retract; 0: nothing of the call was
                                     time-stamp ordered. NULL: it will not be retracted */
} mst_send_options_t;

/*  Sends new values of owned attributes. time: MST_TIME_NONE, or at least the granted (while
    advancing: the requested) time plus lookahead. May wait while a receiver is slow (receive order
    only), and serves time and liveness meanwhile. options may be NULL.
    Errors: MST_E_OBJECT_UNKNOWN, MST_E_NOT_OWNED, MST_E_ATTRIBUTE_UNKNOWN, MST_E_INVALID_TIME,
    MST_E_EPOCH_STALE (it migrates away at a cut before this time), MST_E_LIMIT (names the limit,
   and the receiver if it is one's), MST_E_CONNECTION_LOST. */
MST_EXPORT mst_err_t mst_update (mst_federate_t fed, mst_object_t object, const mst_value_t *values,
                                 size_t count, mst_time_t time, const mst_send_options_t *options);

/*  Sends an interaction of a published class. Errors likewise, MST_E_INTERACTION_NOT_PUBLISHED. */
MST_EXPORT mst_err_t mst_send (mst_federate_t fed, mst_interaction_class_t of,
                               const mst_value_t *values, size_t count, mst_time_t time,
                               const mst_send_options_t *options);

/*  Deletes an object whose privilege to delete is held. With a retraction handle the object is gone
    for good only once the deletion can no longer be retracted; till then nothing can be done with
    it but that. Errors: MST_E_DELETE_PRIVILEGE_NOT_HELD … */
MST_EXPORT mst_err_t mst_delete (mst_federate_t fed, mst_object_t object, mst_time_t time,
                                 const mst_send_options_t *options);

/*  Forgets an object here only; it may be discovered again. */
MST_EXPORT mst_err_t mst_forget (mst_federate_t fed, mst_object_t object);

/*  Asks the owners for the present values of an object or of all objects of a class (attributes
   NULL: all): they get provide_update, and their updates come as reflections. */
MST_EXPORT mst_err_t mst_request_update (mst_federate_t fed, mst_object_t object,
                                         const mst_attribute_t *attributes, size_t count);
MST_EXPORT mst_err_t mst_request_class_update (mst_federate_t fed, mst_class_t of,
                                               const mst_attribute_t *attributes, size_t count);

/*  Names of objects known here. The name belongs to the library until the object is removed. */
MST_EXPORT const char *mst_object_name (mst_federate_t fed, mst_object_t object); /* or NULL */
MST_EXPORT mst_err_t mst_object_find (mst_federate_t fed, const char *name, mst_object_t *object);
MST_EXPORT mst_err_t mst_object_class (mst_federate_t fed, mst_object_t object, mst_class_t *of);

#ifdef __cplusplus
}
#endif
#endif
