/*  Any bytes as an object model module. What reads must merge or be refused, and what merges must
    survive its image. */
#include "base/buffer.h"
#include "base/check.h"
#include "fom/image.h"
#include "fom/reader.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size_bytes);

static void model_repeat (const fom_model_t *model)
{
    base_buffer_t image;
    fom_model_t *again;
    base_buffer_init (&image);
    mst_err_t err = fom_image_encode (model, &image);
    base_assert (err == MST_OK);
    err = fom_image_decode (image.data, image.size_bytes, &again);
    base_assert (err == MST_OK);
    base_assert (fom_model_digest (again) == fom_model_digest (model));
    fom_model_destroy (&again);
    base_buffer_fini (&image);
}

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size_bytes)
{
    fom_module_t *module;
    fom_model_t *model;
    if (fom_read ("fuzz.xml", data, size_bytes, &module))
        return 0;
    if (fom_merge (&module, 1, &model) == MST_OK)
        model_repeat (model);
    fom_model_destroy (&model);
    fom_module_destroy (&module);
    return 0;
}
