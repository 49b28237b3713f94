/*  <muster/sync_types.h>: paths of a synchroniser (<muster/sync.h>) that hold values of the data
    types of a federation's object model.

    A table says which paths have which type: each step of a path is named, or "+" stands for any
   one step. A value goes in and comes out as JSON text, and travels in the encoding of its type, so
   that every replica reads the same bytes (<muster/encoding.h>, docs/encoding.md):

        static const mst_sync_type_t types[] = { { "settlers/+/place", "WorldLocationStruct" } };
        const mst_sync_types_t table = { fed, types, 1 };
        const mst_sync_codec_t codec = mst_sync_types (&table);
        mst_sync_set_value (source, "settlers/17/place", &codec, "{\"X\":1,\"Y\":2,\"Z\":3}");

        char json[256];
        mst_sync_text_t text = { json, sizeof json, 0 };
        mst_sync_get_value (follower, "settlers/17/place", &codec, &text);

    Thread rule: that of the federate and of the synchroniser: one thread at a time for both. */
#ifndef MUSTER_SYNC_TYPES_H
#define MUSTER_SYNC_TYPES_H

#include <muster/sync.h>
#include <muster/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct mst_sync_type {
    const char *path;      /* steps between slashes; a step that is "+" is any one step */
    const char *type_name; /* of the object model: "HLAfloat64BE", "WorldLocationStruct" */
} mst_sync_type_t;

/*  The caller's, as long as a codec of it is used. The first row that a path matches counts. */
typedef struct mst_sync_types {
    mst_federate_t fed; /* whose object model it is: joined */
    const mst_sync_type_t *types;
    size_t count;
} mst_sync_types_t;

/*  Where mst_sync_get_value writes a value: one line of JSON with its zero. */
typedef struct mst_sync_text {
    char *json;
    size_t size_bytes;   /* of the buffer */
    size_t needed_bytes; /* of the text with its zero, also when the buffer is too small */
} mst_sync_text_t;

/*  A codec for mst_sync_set_value, whose value is a const char * (JSON with its zero), and for
    mst_sync_get_value, whose value is a mst_sync_text_t. Beside theirs these give the errors of
    mst_encode and mst_decode, with the path before: MST_E_VALUE_MISFIT, MST_E_MALFORMED,
    MST_E_LIMIT (the buffer, or MST_SYNC_VALUE_ROOM), and MST_E_TYPE_UNKNOWN also for a path that no
    row matches. What is refused changes nothing. */
MST_EXPORT mst_sync_codec_t mst_sync_types (const mst_sync_types_t *types);

/*  The type of a path's values, or NULL: no row matches. */
MST_EXPORT const char *mst_sync_type_of (const mst_sync_types_t *types, const char *path);

#ifdef __cplusplus
}
#endif

#endif
