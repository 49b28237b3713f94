/*  fom/image.h: a model as bytes: how it travels from the RTI to the federates, and what makes two
    models the same.

    The image is canonical msgpack: ["muster-fom", version, items], an item being
    [kind, its texts …, [items within]]. One model has one image: a decoder accepts no other writing
   of it. Places in files and warnings are not part of it. */
#ifndef FOM_IMAGE_H
#define FOM_IMAGE_H

#include <stddef.h>
#include <stdint.h>
#include <muster/error.h>
#include "base/buffer.h"
#include "fom/model.h"

enum { FOM_IMAGE_VERSION = 2 };

/*  Appends the image. Errors: MST_E_NO_MEMORY, MST_E_LIMIT (FOM_IMAGE_BYTES_MAX). */
mst_err_t fom_image_encode (const fom_model_t *model, base_buffer_t *out);

/*  Makes the model again; any bytes may come. The caller destroys it.
    Errors: MST_E_MALFORMED, MST_E_VERSION, MST_E_FOM_INVALID, MST_E_FOM_INCONSISTENT, MST_E_LIMIT,
    MST_E_NO_MEMORY. */
mst_err_t fom_image_decode (const void *data, size_t size_bytes, fom_model_t **model);

/*  The digest of an image's bytes: fom_model_digest () of its model. */
uint64_t fom_image_digest (const void *data, size_t size_bytes);

#endif
