/*  The values that services carry: what each looks like in C, and a description of it that the
    codec walks. There is one such description per type, so a service is described by listing types.

    On the wire a value is plain msgpack: handles, numbers and enumerations are integers, texts are
    strings in UTF-8, bytes are binary, a list is an array, a record is an array of its fields, a
    map is a map, and what is absent is nil.

    Every type takes 8 bytes or a multiple of 8 in a struct and is aligned to 8: a field stands
    where the sizes of the fields before it end, and nothing needs an offset.

    Thread rule: constants only. */
#ifndef WIRE_VALUE_H
#define WIRE_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*  The absent value of an optional field: no handle, no time, text or bytes with data NULL, a list
    with items NULL. A time that is present never has the value of the absent one. */
#define WIRE_HANDLE_NONE UINT64_C (0)
#define WIRE_TIME_NONE   INT64_MIN

/*  The single values. */
typedef uint64_t wire_handle_t; /* of whatever kind: federate, class, instance, region … */
typedef uint64_t wire_number_t;
typedef uint64_t wire_boolean_t; /* 0 or 1 */
typedef double wire_real_t;
typedef int64_t wire_time_t;     /* key of a logical time */
typedef int64_t wire_interval_t; /* difference of two */

typedef struct wire_text {
    const char *data; /* UTF-8 without a zero byte, and not zero-terminated */
    uint64_t size_bytes;
} wire_text_t;

typedef struct wire_bytes {
    const uint8_t *data;
    uint64_t size_bytes;
} wire_bytes_t;

#define WIRE_LIST(type)                                                                            \
    struct {                                                                                       \
        const type *items;                                                                         \
        uint64_t count;                                                                            \
    }

typedef WIRE_LIST (wire_handle_t) wire_handles_t;
typedef WIRE_LIST (wire_text_t) wire_texts_t;

/*  An attribute or a parameter with its value. */
typedef struct wire_value {
    wire_handle_t handle;
    wire_bytes_t bytes;
} wire_value_t;
typedef WIRE_LIST (wire_value_t) wire_values_t;

/*  Attributes, and the regions that go with them. */
typedef struct wire_region_pair {
    wire_handles_t attributes;
    wire_handles_t regions;
} wire_region_pair_t;
typedef WIRE_LIST (wire_region_pair_t) wire_region_pairs_t;

/*  Bounds in one dimension: lower ≤ x < upper. */
typedef struct wire_range {
    uint64_t lower;
    uint64_t upper;
} wire_range_t;

typedef struct wire_dimension_range {
    wire_handle_t dimension;
    wire_range_t range;
} wire_dimension_range_t;
typedef WIRE_LIST (wire_dimension_range_t) wire_conveyed_region_t;
typedef WIRE_LIST (wire_conveyed_region_t) wire_conveyed_regions_t;

/*  Two names: (federation, time implementation) or (federate, its type). */
typedef struct wire_text_pair {
    wire_text_t first;
    wire_text_t second;
} wire_text_pair_t;
typedef WIRE_LIST (wire_text_pair_t) wire_text_pairs_t;

/*  An object model: a file's name and content; a zip archive as content; or a URL as name. */
typedef struct wire_module_item {
    uint64_t form; /* WIRE_MODULE_… */
    wire_text_t name;
    wire_bytes_t content;
} wire_module_item_t;
typedef WIRE_LIST (wire_module_item_t) wire_modules_t;
typedef wire_modules_t wire_module_t; /* exactly one item */

typedef struct wire_federate_save_status {
    wire_handle_t federate;
    uint64_t status; /* WIRE_SAVE_STATUS_… */
} wire_federate_save_status_t;
typedef WIRE_LIST (wire_federate_save_status_t) wire_save_statuses_t;

typedef struct wire_federate_restore_status {
    wire_handle_t before;
    wire_handle_t after;
    uint64_t status; /* WIRE_RESTORE_STATUS_… */
} wire_federate_restore_status_t;
typedef WIRE_LIST (wire_federate_restore_status_t) wire_restore_statuses_t;

/*  What a federate's own thread does, in COUNTERS. */
typedef enum wire_doing {
    WIRE_DOING_COMPUTES,
    WIRE_DOING_WAITS_FOR_TIME,
    WIRE_DOING_WAITS_AT_BARRIER, /* place: its name */
    WIRE_DOING_WAITS_AT_POINT,   /* place: its label */
    WIRE_DOING_WAITS,            /* for callbacks, for an answer */
    WIRE_DOING_IS_BLOCKED        /* place: the receiver that is slow */
} wire_doing_t;

/*  One link of the chain of who waits for whom: the federate that holds the one before it back. */
typedef struct wire_wait_link {
    wire_handle_t federate; /* none: not joined */
    wire_text_t name;
    uint64_t term;     /* mst_held_t: by what it holds */
    wire_text_t place; /* a barrier, a synchronization point, who sent a message; may be absent */
    wire_time_t granted, requested, bound, message; /* may be absent */
    wire_time_t lookahead;                          /* likewise */
    uint64_t for_ns;                                /* so long it has stood there */
    uint64_t silent_ns;
    wire_text_t process; /* "stopped"; absent: it runs, as far as is known */
} wire_wait_link_t;
typedef WIRE_LIST (wire_wait_link_t) wire_wait_links_t;

/*  The standard's enumerations. X (NAME, "word") in the order of their numbers, from 0: append
    only. A field of such a type is a uint64_t. */
#define WIRE_ORDER_TYPES(X)                                                                        \
    X (ORDER_RECEIVE, "RECEIVE")                                                                   \
    X (ORDER_TIMESTAMP, "TIMESTAMP")

#define WIRE_RESIGN_ACTIONS(X)                                                                     \
    X (RESIGN_UNCONDITIONALLY_DIVEST_ATTRIBUTES, "UNCONDITIONALLY_DIVEST_ATTRIBUTES")              \
    X (RESIGN_DELETE_OBJECTS, "DELETE_OBJECTS")                                                    \
    X (RESIGN_CANCEL_PENDING_OWNERSHIP_ACQUISITIONS, "CANCEL_PENDING_OWNERSHIP_ACQUISITIONS")      \
    X (RESIGN_DELETE_OBJECTS_THEN_DIVEST, "DELETE_OBJECTS_THEN_DIVEST")                            \
    X (RESIGN_CANCEL_THEN_DELETE_THEN_DIVEST, "CANCEL_THEN_DELETE_THEN_DIVEST")                    \
    X (RESIGN_NO_ACTION, "NO_ACTION")

#define WIRE_SYNC_FAILURES(X)                                                                      \
    X (SYNC_FAILURE_LABEL_NOT_UNIQUE, "SYNCHRONIZATION_POINT_LABEL_NOT_UNIQUE")                    \
    X (SYNC_FAILURE_MEMBER_NOT_JOINED, "SYNCHRONIZATION_SET_MEMBER_NOT_JOINED")

#define WIRE_SAVE_FAILURES(X)                                                                      \
    X (SAVE_FAILURE_RTI_UNABLE, "RTI_UNABLE_TO_SAVE")                                              \
    X (SAVE_FAILURE_FEDERATE_REPORTED, "FEDERATE_REPORTED_FAILURE_DURING_SAVE")                    \
    X (SAVE_FAILURE_FEDERATE_RESIGNED, "FEDERATE_RESIGNED_DURING_SAVE")                            \
    X (SAVE_FAILURE_RTI_DETECTED, "RTI_DETECTED_FAILURE_DURING_SAVE")                              \
    X (SAVE_FAILURE_TIME, "SAVE_TIME_CANNOT_BE_HONORED")                                           \
    X (SAVE_FAILURE_ABORTED, "SAVE_ABORTED")

#define WIRE_RESTORE_FAILURES(X)                                                                   \
    X (RESTORE_FAILURE_RTI_UNABLE, "RTI_UNABLE_TO_RESTORE")                                        \
    X (RESTORE_FAILURE_FEDERATE_REPORTED, "FEDERATE_REPORTED_FAILURE_DURING_RESTORE")              \
    X (RESTORE_FAILURE_FEDERATE_RESIGNED, "FEDERATE_RESIGNED_DURING_RESTORE")                      \
    X (RESTORE_FAILURE_RTI_DETECTED, "RTI_DETECTED_FAILURE_DURING_RESTORE")                        \
    X (RESTORE_FAILURE_ABORTED, "RESTORE_ABORTED")

#define WIRE_SAVE_STATES(X)                                                                        \
    X (SAVE_STATUS_NONE, "NO_SAVE_IN_PROGRESS")                                                    \
    X (SAVE_STATUS_INSTRUCTED, "FEDERATE_INSTRUCTED_TO_SAVE")                                      \
    X (SAVE_STATUS_SAVING, "FEDERATE_SAVING")                                                      \
    X (SAVE_STATUS_WAITING, "FEDERATE_WAITING_FOR_FEDERATION_TO_SAVE")

#define WIRE_RESTORE_STATES(X)                                                                     \
    X (RESTORE_STATUS_NONE, "NO_RESTORE_IN_PROGRESS")                                              \
    X (RESTORE_STATUS_REQUESTED, "FEDERATE_RESTORE_REQUEST_PENDING")                               \
    X (RESTORE_STATUS_WAITING_TO_BEGIN, "FEDERATE_WAITING_FOR_RESTORE_TO_BEGIN")                   \
    X (RESTORE_STATUS_PREPARED, "FEDERATE_PREPARED_TO_RESTORE")                                    \
    X (RESTORE_STATUS_RESTORING, "FEDERATE_RESTORING")                                             \
    X (RESTORE_STATUS_WAITING, "FEDERATE_WAITING_FOR_FEDERATION_TO_RESTORE")

#define WIRE_SERVICE_GROUPS(X)                                                                     \
    X (GROUP_FEDERATION, "FEDERATION_MANAGEMENT")                                                  \
    X (GROUP_DECLARATION, "DECLARATION_MANAGEMENT")                                                \
    X (GROUP_OBJECT, "OBJECT_MANAGEMENT")                                                          \
    X (GROUP_OWNERSHIP, "OWNERSHIP_MANAGEMENT")                                                    \
    X (GROUP_TIME, "TIME_MANAGEMENT")                                                              \
    X (GROUP_DDM, "DATA_DISTRIBUTION_MANAGEMENT")                                                  \
    X (GROUP_SUPPORT, "SUPPORT_SERVICES")

#define WIRE_SETTINGS_RESULTS(X)                                                                   \
    X (SETTINGS_IGNORED, "SETTINGS_IGNORED")                                                       \
    X (SETTINGS_FAILED_TO_PARSE, "SETTINGS_FAILED_TO_PARSE")                                       \
    X (SETTINGS_APPLIED, "SETTINGS_APPLIED")

#define WIRE_MODULE_FORMS(X)                                                                       \
    X (MODULE_FILE, "FILE")                                                                        \
    X (MODULE_COMPRESSED, "COMPRESSED")                                                            \
    X (MODULE_URL, "URL")

#define WIRE_ENUMERATOR(name, word) WIRE_##name,
#define WIRE_ENUMERATION(type, values)                                                             \
    typedef uint64_t wire_##type##_t;                                                              \
    enum { values (WIRE_ENUMERATOR) }

WIRE_ENUMERATION (order_type, WIRE_ORDER_TYPES);
WIRE_ENUMERATION (resign_action, WIRE_RESIGN_ACTIONS);
WIRE_ENUMERATION (sync_failure, WIRE_SYNC_FAILURES);
WIRE_ENUMERATION (save_failure, WIRE_SAVE_FAILURES);
WIRE_ENUMERATION (restore_failure, WIRE_RESTORE_FAILURES);
WIRE_ENUMERATION (save_status, WIRE_SAVE_STATES);
WIRE_ENUMERATION (restore_status, WIRE_RESTORE_STATES);
WIRE_ENUMERATION (service_group, WIRE_SERVICE_GROUPS);
WIRE_ENUMERATION (settings_result, WIRE_SETTINGS_RESULTS);
WIRE_ENUMERATION (module_form, WIRE_MODULE_FORMS);

#undef WIRE_ENUMERATION
#undef WIRE_ENUMERATOR

/*  How a type is built. Whoever walks a service switches over this. */
typedef enum wire_shape {
    WIRE_SHAPE_HANDLE,
    WIRE_SHAPE_NUMBER,
    WIRE_SHAPE_BOOLEAN,
    WIRE_SHAPE_ENUMERATION,
    WIRE_SHAPE_REAL,
    WIRE_SHAPE_TIME,
    WIRE_SHAPE_INTERVAL,
    WIRE_SHAPE_TEXT,
    WIRE_SHAPE_BYTES,
    WIRE_SHAPE_LIST,  /* of items */
    WIRE_SHAPE_MAP,   /* a list of records of two fields, keys and values on the wire */
    WIRE_SHAPE_RECORD /* fields */
} wire_shape_t;

typedef struct wire_type wire_type_t;

typedef struct wire_field {
    const char *name; /* object_class; wire_field_name () gives objectClass */
    const wire_type_t *type;
    bool optional;
} wire_field_t;

struct wire_type {
    const char *name;     /* as the rows write it: "handles" */
    const char *expected; /* for errors: "a list of handles" */
    wire_shape_t shape;
    size_t size_bytes;       /* of the C type */
    const wire_type_t *item; /* list, map */
    uint64_t count_min;      /* items of a list, bytes of a text or of bytes */
    uint64_t count_max;
    const char *limit; /* the name of count_max in limits.h; NULL: it belongs to the type */
    const wire_field_t *fields; /* record */
    size_t field_count;
    const char *const *words; /* enumeration: the word of each legal value */
    uint64_t word_count;
};

/*  The types that rows may use. */
#define WIRE_TYPES(X)                                                                              \
    X (handle)                                                                                     \
    X (number)                                                                                     \
    X (boolean)                                                                                    \
    X (real)                                                                                       \
    X (time)                                                                                       \
    X (interval)                                                                                   \
    X (text)                                                                                       \
    X (bytes)                                                                                      \
    X (handles)                                                                                    \
    X (texts)                                                                                      \
    X (values)                                                                                     \
    X (region_pairs)                                                                               \
    X (range)                                                                                      \
    X (conveyed_regions)                                                                           \
    X (text_pairs)                                                                                 \
    X (module)                                                                                     \
    X (modules)                                                                                    \
    X (save_statuses)                                                                              \
    X (restore_statuses)                                                                           \
    X (wait_links)                                                                                 \
    X (order_type)                                                                                 \
    X (resign_action)                                                                              \
    X (sync_failure)                                                                               \
    X (save_failure)                                                                               \
    X (restore_failure)                                                                            \
    X (service_group)                                                                              \
    X (settings_result)

#define WIRE_TYPE_EXTERN(name) extern const wire_type_t wire_type_##name;
WIRE_TYPES (WIRE_TYPE_EXTERN)
#undef WIRE_TYPE_EXTERN

/*  Any text, bytes or list, whatever its items: all have this form in memory. */
typedef struct wire_span {
    const void *data;
    uint64_t count;
} wire_span_t;

wire_span_t wire_span_get (const void *at);
void wire_span_set (void *at, const void *data, uint64_t count);

/*  Is the value at `at` the absent one? Only handles, times, intervals, texts, bytes and lists can
    be absent; others never are. */
bool wire_value_absent (const wire_type_t *type, const void *at);

/*  Makes the value at `at` the absent one. */
void wire_value_set_absent (const wire_type_t *type, void *at);

/*  The field's name as the standard spells it ("objectClass"), cut to size_bytes with its zero. */
void wire_field_name (const wire_field_t *field, char *name, size_t size_bytes);

#endif
