/*  The services of HLA 4, one row each: what it is called, what it takes, what it gives back, which
    exceptions it raises, and a codec that works for all of them. The rows stand in services.def.

    A body is a msgpack array of the arguments (or results) in the order of the row. For each row
    there are two structs:

        wire_publish_object_class_attributes_t args = { .object_class = 3, .attributes = … };
        err = wire_service_encode (WIRE_SERVICE_PUBLISH_OBJECT_CLASS_ATTRIBUTES, &args, &buffer);

    and likewise wire_…_result_t with the …_result functions.

    Thread rule: the rows are constants; every function may be called from any thread. */
#ifndef WIRE_SERVICES_H
#define WIRE_SERVICES_H

#include <muster/error.h>
#include "base/arena.h"
#include "base/buffer.h"
#include "wire/value.h"

/*  Numbers travel as the frame's kind: requests from 1, then callbacks, then records of Muster's
    own, which are no services of the standard but rows like any other. */
enum { WIRE_FIRST_CALLBACK = 0x400, WIRE_FIRST_RECORD = 0x800, WIRE_LAST_RECORD = 0x8ff };

enum wire_service {
#define SERVICE(number, id, ID, ...) WIRE_SERVICE_##ID = (number),
#include "wire/services.def"
};

/*  The typed structs. One without fields has a placeholder, as C has no empty structs. */
#define ARG(type, name) wire_##type##_t name;
#define NONE            uint64_t nothing;
#define SERVICE(number, id, ID, name, group, direction, clause, state, args, results, ...)         \
    typedef struct wire_##id {                                                                     \
        args                                                                                       \
    } wire_##id##_t;                                                                               \
    typedef struct wire_##id##_result {                                                            \
        results                                                                                    \
    } wire_##id##_result_t;
#include "wire/services.def"

/*  The standard's exceptions. Numbers may travel; 0 is none. */
typedef enum wire_exception {
    WIRE_EXCEPTION_NONE = 0,
#define EXCEPTION(number, NAME, name) WIRE_EXCEPTION_##NAME = (number),
#include "wire/exceptions.def"
} wire_exception_t;

typedef enum wire_direction { WIRE_REQUEST, WIRE_CALLBACK, WIRE_RECORD } wire_direction_t;

/*  The group of the records, behind the standard's groups in value.h. */
enum { WIRE_GROUP_MUSTER = WIRE_GROUP_SUPPORT + 1 };

typedef struct wire_service_row {
    uint16_t number;
    wire_direction_t direction;
    wire_service_group_t group; /* WIRE_GROUP_… */
    bool supported;
    const char *id;                 /* publish_object_class_attributes */
    const char *name;               /* publishObjectClassAttributes */
    const char *clause;             /* of IEEE 1516.1-2025, "5.2"; NULL: none */
    wire_type_t args;               /* a record */
    wire_type_t result;             /* a record, without fields where nothing comes back */
    const wire_exception_t *common; /* shared with many services; ends with WIRE_EXCEPTION_NONE */
    const wire_exception_t *errors; /* its own; likewise */
} wire_service_row_t;

/*  The row of a number; NULL: no such service. A number from the wire may be passed as it is. */
const wire_service_row_t *wire_service_row (uint16_t number);

/*  All rows by index 0 … count - 1, in the order of the table: by group, its requests first, and
    Muster's own records last. */
size_t wire_service_count (void);
const wire_service_row_t *wire_service_at (size_t index);

/*  The row with the standard's name; NULL: none. Slow: it compares with every row. */
const wire_service_row_t *wire_service_find (const char *name, size_t name_size_bytes);

/*  The standard's name of a group ("DECLARATION_MANAGEMENT"); "MUSTER" for our own. */
const char *wire_service_group_name (wire_service_group_t group);

/*  Can the row's service raise the exception? */
bool wire_service_raises (const wire_service_row_t *row, wire_exception_t exception);

/*  "FederateNotExecutionMember", or NULL for a number that is no exception; and the way back, which
    gives WIRE_EXCEPTION_NONE for an unknown name. */
const char *wire_exception_name (unsigned number);
wire_exception_t wire_exception_find (const char *name, size_t name_size_bytes);

/*  Appends the body to out: args is the service's own struct. The number must be a service's.
    The struct and what it points to stay the caller's.
    Errors: MST_E_NO_MEMORY; MST_E_INVALID_ARGUMENT (an enumeration without such a value, a text
    that is not UTF-8, a required value that is absent); MST_E_LIMIT. out is then as before. */
mst_err_t wire_service_encode (uint16_t service, const void *args, base_buffer_t *out);
mst_err_t wire_service_encode_result (uint16_t service, const void *result, base_buffer_t *out);

/*  Reads a body into the service's own struct, whose size is given to be checked. Texts and bytes
    point into data, lists into the arena: the struct is good as long as both are.
    Errors: MST_E_MALFORMED (bytes that are not exactly this service's arguments),
    MST_E_NOT_SUPPORTED (a number that is no service), MST_E_LIMIT, MST_E_NO_MEMORY. The struct is
    then all zero. */
mst_err_t wire_service_decode (uint16_t service, const uint8_t *data, size_t size_bytes,
                               base_arena_t *arena, void *args, size_t args_size_bytes);
mst_err_t wire_service_decode_result (uint16_t service, const uint8_t *data, size_t size_bytes,
                                      base_arena_t *arena, void *result, size_t result_size_bytes);

/*  Appends one readable line, without an end of line, for logs and traces:
        publishObjectClassAttributes (objectClass=3, attributes={1,2})
    Texts are quoted, bytes are <size: first 16 in hexadecimal>. Behind the line stands a zero byte
    that out->size_bytes does not count. Errors: MST_E_NO_MEMORY; out is then as before. */
mst_err_t wire_service_to_text (uint16_t service, const void *args, base_buffer_t *out);
mst_err_t wire_service_result_to_text (uint16_t service, const void *result, base_buffer_t *out);

#endif
