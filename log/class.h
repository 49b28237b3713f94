/*  The schema of a channel: an object class or interaction class, its attributes or parameters with
    their data types, as JSON text. A message numbers them in this order. */
#ifndef LOG_CLASS_H
#define LOG_CLASS_H

#include "base/arena.h"
#include "base/buffer.h"
#include <muster/error.h>

#include <stdbool.h>

#define LOG_CLASS_ENCODING   "muster-class+json"
#define LOG_MESSAGE_ENCODING "msgpack"

typedef struct log_member {
    const char *name;
    const char *type; /* the FOM's data type; "" when unknown */
} log_member_t;

typedef struct log_class {
    const char *name; /* fully qualified, "HLAobjectRoot.Comet" */
    bool interaction;
    const log_member_t *members;
    uint32_t member_count;
} log_class_t;

/*  Appends the JSON text. Errors: MST_E_NO_MEMORY, MST_E_LIMIT (more than LOG_VALUES_MAX members).
 */
mst_err_t log_class_encode (base_buffer_t *out, const log_class_t *description);

/*  What it finds lives in the arena. Errors: MST_E_MALFORMED, MST_E_LIMIT, MST_E_NO_MEMORY. */
mst_err_t log_class_decode (log_class_t *out, base_arena_t *arena, const void *data,
                            size_t size_bytes);

#endif
