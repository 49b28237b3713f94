/*  Any bytes as a value of any type, and as JSON text. What decodes to text encodes again, unless
   an array's cardinality forbids it, and those bytes say the same. */
#include "base/buffer.h"
#include "base/check.h"
#include "fom/codec.h"
#include "fom/reader.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size_bytes);

static fom_model_t *model;
static fom_codec_t *codec;

static void load (void)
{
    static char text[1 << 16];
    const char *root = getenv ("MUSTER_SOURCE_DIR");
    char path[1024];
    (void) snprintf (path, sizeof path, "%s/tests/data/encoding.xml", root ? root : ".");
    FILE *file = fopen (path, "rb");
    base_assert (file != NULL);
    size_t size_bytes = fread (text, 1, sizeof text, file);
    fclose (file);
    fom_module_t *module;
    mst_err_t err = fom_read ("encoding.xml", text, size_bytes, &module);
    base_assert (err == MST_OK);
    err = fom_merge (&module, 1, &model);
    base_assert (err == MST_OK);
    err = fom_codec_new (model, &codec);
    base_assert (err == MST_OK);
    fom_module_destroy (&module);
}

static void round_trip (uint32_t type, const void *data, size_t size_bytes)
{
    base_buffer_t json, bytes, again;
    base_buffer_init (&json);
    base_buffer_init (&bytes);
    base_buffer_init (&again);
    mst_err_t err = fom_codec_to_json (codec, type, data, size_bytes, &json);
    if (!err)
        err = fom_codec_from_json (codec, type, (const char *) json.data, json.size_bytes, &bytes);
    base_assert (err != MST_E_INVALID_ARGUMENT); /* what we write is JSON */
    if (!err) {
        err = fom_codec_to_json (codec, type, bytes.data, bytes.size_bytes, &again);
        base_assert (err == MST_OK);
        base_assert (again.size_bytes == json.size_bytes);
        base_assert (memcmp (again.data, json.data, json.size_bytes) == 0);
    }
    base_buffer_fini (&json);
    base_buffer_fini (&bytes);
    base_buffer_fini (&again);
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size_bytes)
{
    base_buffer_t bytes;
    if (!codec)
        load ();
    if (size_bytes < 2)
        return 0;
    uint32_t type = (uint32_t) (data[0] % model->type_count);
    if (data[1] % 2 == 0) {
        round_trip (type, data + 2, size_bytes - 2);
        return 0;
    }
    base_buffer_init (&bytes);
    (void) fom_codec_from_json (codec, type, (const char *) data + 2, size_bytes - 2, &bytes);
    base_buffer_fini (&bytes);
    return 0;
}
