/*  fom/codec_json.h: the two walks between slots and JSON text. Only for fom/. */
#ifndef FOM_CODEC_JSON_H
#define FOM_CODEC_JSON_H

#include "fom/json.h"
#include "fom/plan.h"

/*  Appends the slots' value as text. Errors: MST_E_NO_MEMORY, MST_E_LIMIT. */
mst_err_t fom_json_write (const fom_plan_t *plan, const fom_values_t *values, base_buffer_t *out);

/*  The slots of node 0; what they point to lies in the arena. Errors: as fom_codec_from_json. */
mst_err_t fom_json_fill (const fom_plan_t *plan, const fom_json_t *json, base_arena_t *arena,
                         fom_values_t *values);

#endif
