/*  <muster/sync_types.h>: the bridge between the synchroniser, which knows bytes under paths, and
   the object model, which knows types: neither knows the other (docs/architecture.md). */
#include <muster/encoding.h>
#include <muster/sync_types.h>
#include "base/check.h"
#include "base/error.h"

#include <string.h>

enum { TYPES_TEXT_SIZE = 512 };

/*  Step by step: both have as many. */
static bool types_match (const char *pattern, const char *path)
{
    base_assert (pattern != NULL && path != NULL);
    for (;;) {
        size_t wanted = strcspn (pattern, "/"), here = strcspn (path, "/");
        bool any = wanted == 1 && *pattern == '+';
        if (!any && (wanted != here || memcmp (pattern, path, here) != 0))
            return false;
        pattern += wanted;
        path += here;
        if (*pattern == '\0' || *path == '\0')
            return *pattern == *path;
        pattern++;
        path++;
    }
}

const char *mst_sync_type_of (const mst_sync_types_t *types, const char *path)
{
    base_assert (types != NULL && path != NULL);
    base_assert (types->types != NULL || types->count == 0);
    for (size_t i = 0; i < types->count; i++)
        if (types_match (types->types[i].path, path))
            return types->types[i].type_name;
    return NULL;
}

/*  What went wrong, behind the path at which it did. */
static mst_err_t types_story (const char *path, mst_err_t err)
{
    char text[TYPES_TEXT_SIZE];
    if (!err)
        return MST_OK;
    const char *said = mst_error_text ();
    size_t size_bytes = strnlen (said, sizeof text - 1);
    memcpy (text, said, size_bytes);
    text[size_bytes] = '\0';
    return base_error (err, "\"%.64s\": %s", path, text);
}

static mst_err_t types_unknown (const char *path)
{
    return base_error (MST_E_TYPE_UNKNOWN,
                       "no row of the table matches the path \"%.64s\": add one with its data type",
                       path);
}

static mst_err_t types_encode (void *user, const char *path, const void *value, void *data,
                               size_t room_bytes, size_t *size_bytes)
{
    const mst_sync_types_t *types = user;
    const char *name = mst_sync_type_of (types, path);
    base_assert (data != NULL && size_bytes != NULL);
    if (!name)
        return types_unknown (path);
    *size_bytes = room_bytes;
    return types_story (path, mst_encode (types->fed, name, value, data, size_bytes));
}

static mst_err_t types_decode (void *user, const char *path, const void *data, size_t size_bytes,
                               void *value)
{
    const mst_sync_types_t *types = user;
    const char *name = mst_sync_type_of (types, path);
    mst_sync_text_t *text = value;
    base_assert (text != NULL);
    if (!name)
        return types_unknown (path);
    return types_story (path, mst_decode (types->fed, name, data, size_bytes, text->json,
                                          text->size_bytes, &text->needed_bytes));
}

mst_sync_codec_t mst_sync_types (const mst_sync_types_t *types)
{
    base_assert (types != NULL);
    return (mst_sync_codec_t){ .user = (void *) (uintptr_t) types,
                               .encode = types_encode,
                               .decode = types_decode };
}
