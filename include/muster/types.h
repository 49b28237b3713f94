/*  <muster/types.h>: handles, logical time and values.

    Handles are small structs of ids, passed by value. A handle of something that is gone, or of
    another federate, gives MST_E_STALE_HANDLE or the standard's error, never a crash.

    Thread rule: values only. */
#ifndef MUSTER_TYPES_H
#define MUSTER_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <muster/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/*  Logical time: a count of the federation's unit, from 0. With the time type FLOAT64 it is an
    order-preserving key: mst_time_from_double and mst_time_to_double convert. */
typedef int64_t mst_time_t;

#define MST_TIME_NONE  INT64_MIN /* no time stamp: receive order */
#define MST_TIME_NEVER INT64_MAX /* GALT when it is undefined */

typedef enum mst_time_type { MST_TIME_INTEGER64 = 0, MST_TIME_FLOAT64 = 1 } mst_time_type_t;

/*  Shape: any finite double. MST_TIME_NONE for NaN and infinity. */
MST_EXPORT mst_time_t mst_time_from_double (double time);
MST_EXPORT double mst_time_to_double (mst_time_t time);

/*  The library's own end of a join. 0, 0 is no federate. */
typedef struct mst_federate {
    uint32_t slot;
    uint32_t generation;
} mst_federate_t;

/*  A federate as others see it; unique in its federation execution. 0 is none. */
typedef struct mst_federate_id {
    uint32_t id;
} mst_federate_id_t;

typedef struct mst_class { /* object class */
    uint32_t id;
} mst_class_t;

typedef struct mst_attribute { /* of an object class; the same in its subclasses */
    uint32_t id;
} mst_attribute_t;

typedef struct mst_interaction_class {
    uint32_t id;
} mst_interaction_class_t;

typedef struct mst_parameter {
    uint32_t id;
} mst_parameter_t;

typedef struct mst_object { /* object instance */
    uint64_t id;
} mst_object_t;

/*  A value of an attribute or a parameter: `handle` is the id of one or the other. The bytes are
   only looked at when sending; when receiving they live until the callback returns. Sizes: 0 … 16
   MiB. */
typedef struct mst_value {
    uint32_t handle;
    uint32_t size_bytes;
    const void *data;
} mst_value_t;

/*  A message with a time stamp, as one that may be taken back. Whoever sends it gets the handle
   from its call (mst_send_options_t), whoever receives it with the message; the two are not alike.
   0 is none. */
typedef struct mst_retraction {
    uint64_t id;
} mst_retraction_t;

typedef enum mst_order { MST_ORDER_RECEIVE = 0, MST_ORDER_TIMESTAMP = 1 } mst_order_t;

/*  What happens to a federate's objects when it resigns (IEEE 1516.1, resign federation execution).
 */
typedef enum mst_resign {
    MST_RESIGN_DIVEST = 0,
    MST_RESIGN_DELETE_OBJECTS = 1,
    MST_RESIGN_CANCEL_ACQUISITIONS = 2,
    MST_RESIGN_DELETE_OBJECTS_THEN_DIVEST = 3,
    MST_RESIGN_CANCEL_THEN_DELETE_THEN_DIVEST = 4,
    MST_RESIGN_NO_ACTION = 5
} mst_resign_t;

#ifdef __cplusplus
}
#endif
#endif
