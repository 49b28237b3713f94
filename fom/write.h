/*  fom/write.h: a model as one FOM module in the interchange format of IEEE 1516.2-2010. */
#ifndef FOM_WRITE_H
#define FOM_WRITE_H

#include <muster/error.h>
#include "base/buffer.h"
#include "fom/model.h"

/*  Appends the XML. name: of the model, for its identification. What the standard gives to every
    federation is written, too: the module stands for itself. Read again it means the same; data
    types may have other numbers, since a file has them sorted by kind. Errors: MST_E_NO_MEMORY. */
mst_err_t fom_write (const fom_model_t *model, const char *name, base_buffer_t *out);

#endif
