/*  What the files of the services share among themselves. */
#ifndef WIRE_SERVICE_PRIVATE_H
#define WIRE_SERVICE_PRIVATE_H

#include "wire/services.h"

/*  Longest field name of the table, with its zero. */
enum { WIRE_FIELD_NAME_SIZE = 48 };

/*  An error starts where the value is wrong (" is nil, a handle was expected") and is told where
    that is on its way out: each of these puts a place before the standing text. */
mst_err_t wire_blame_item (mst_err_t err, uint64_t index);
mst_err_t wire_blame_field (mst_err_t err, const wire_field_t *field);
mst_err_t wire_blame_argument (mst_err_t err, const wire_service_row_t *row,
                               const wire_type_t *record, size_t index);

/*  Is a list's number of items, or a text's of bytes, within the limits of its type? Errors:
    MST_E_LIMIT; `wrong` where the type itself, not a named limit, says otherwise. */
mst_err_t wire_check_count (const wire_type_t *type, uint64_t count, mst_err_t wrong);

/*  RFC 3629, and no zero byte, which would cut a name short for whoever keeps it as a C string. */
bool wire_text_valid (const char *data, uint64_t size_bytes);

#endif
