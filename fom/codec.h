/*  fom/codec.h: values between bytes and JSON text, by the data types of an object model, with the
    rules of IEEE 1516.2 for where each octet stands, and those of RPR FOM 2.0.

    A codec compiles every data type once into a plan: widths, boundaries, which alternative belongs
    to which number. In between bytes and text stand slots, 64 bits for each number, in the order of
    the bytes; going between bytes and slots is what a loop pays for, text is for people.

    What a type looks like in JSON: docs/encoding.md.

    Thread rule: a codec never changes once it is made; any thread may use it. */
#ifndef FOM_CODEC_H
#define FOM_CODEC_H

#include <stddef.h>
#include <stdint.h>
#include <muster/error.h>
#include "base/buffer.h"
#include "fom/model.h"

typedef struct fom_codec fom_codec_t;

/*  The model must stay as long as the codec, which the caller destroys. Types that cannot be
   encoded (an encoding that nobody knows, a type that nobody defines) do not fail it: using them
   does. Errors: MST_E_NO_MEMORY. */
mst_err_t fom_codec_new (const fom_model_t *model, fom_codec_t **codec);
void fom_codec_destroy (fom_codec_t **self_p);

/*  The number of a type by its name. Errors: MST_E_TYPE_UNKNOWN, with the nearest known name. */
mst_err_t fom_codec_find (const fom_codec_t *self, const char *name, uint32_t *type);

/*  Can it be encoded? Errors: MST_E_NOT_SUPPORTED (the text says why), MST_E_TYPE_UNKNOWN (there is
    no type with this number, FOM_NONE for instance). */
mst_err_t fom_codec_check (const fom_codec_t *self, uint32_t type);

/*  Where a type must begin (1, 2, 4, 8 …), and the least number of bytes of a value. The type can
   be encoded. */
uint32_t fom_codec_boundary (const fom_codec_t *self, uint32_t type);
size_t fom_codec_least_bytes (const fom_codec_t *self, uint32_t type);

/*  Appends the value as JSON text, one line; a failed call leaves `json` as it was. Any bytes may
    come. Errors: as fom_codec_check; MST_E_MALFORMED, MST_E_LIMIT, MST_E_NO_MEMORY. */
mst_err_t fom_codec_to_json (const fom_codec_t *self, uint32_t type, const void *data,
                             size_t size_bytes, base_buffer_t *json);

/*  Appends the bytes of a value that is given as JSON text; a failed call leaves `bytes` as it was.
    Errors: as fom_codec_check; MST_E_VALUE_MISFIT (the text begins with where: "Position.X: …"),
    MST_E_INVALID_ARGUMENT (this is no JSON), MST_E_LIMIT, MST_E_NO_MEMORY. */
mst_err_t fom_codec_from_json (const fom_codec_t *self, uint32_t type, const char *json,
                               size_t size_bytes, base_buffer_t *bytes);

/*  Slots: a number's bits, zero-extended, for each number and discriminant; for an array of numbers
    how many, then the address of their bytes as they travel; for another array how many, then its
    elements; for an alternative that nobody knows its size, then the address of its bytes. What
    they point to must stay as long as they. */
typedef struct fom_values {
    uint64_t *slots;
    size_t count;
    size_t capacity;
} fom_values_t;

void fom_values_init (fom_values_t *self);
void fom_values_fini (fom_values_t *self);

/*  The slots of a value (what stood in `values` is forgotten; its memory is kept), and the bytes of
    slots that came from here, appended. Errors as above. */
mst_err_t fom_values_decode (const fom_codec_t *self, uint32_t type, const void *data,
                             size_t size_bytes, fom_values_t *values);
mst_err_t fom_values_encode (const fom_codec_t *self, uint32_t type, const fom_values_t *values,
                             base_buffer_t *bytes);

#endif
