/*  Any bytes as the image of a model. What decodes is the only image of its model: it encodes to
   the same bytes. */
#include "base/buffer.h"
#include "base/check.h"
#include "fom/image.h"

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size_bytes);

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size_bytes)
{
    base_buffer_t image;
    fom_model_t *model;
    if (fom_image_decode (data, size_bytes, &model))
        return 0;
    base_buffer_init (&image);
    mst_err_t err = fom_image_encode (model, &image);
    base_assert (err == MST_OK);
    base_assert (image.size_bytes == size_bytes && memcmp (image.data, data, size_bytes) == 0);
    base_assert (fom_model_digest (model) == fom_image_digest (data, size_bytes));
    base_buffer_fini (&image);
    fom_model_destroy (&model);
    return 0;
}
