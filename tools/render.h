/*  A recorded message as people and programs read it: a line with tabs, a JSON object, rows of
    CSV. */
#ifndef TOOLS_RENDER_H
#define TOOLS_RENDER_H

#include "base/arena.h"
#include "base/map.h"
#include "fom/codec.h"
#include "log/class.h"
#include "log/message.h"
#include "log/reader.h"
#include "tools/choice.h"

typedef enum tools_format { TOOLS_LINES, TOOLS_JSON, TOOLS_CSV } tools_format_t;

/*  A class, and how the values of its members are read. */
typedef struct tools_render_class {
    log_class_t of;
    const uint32_t *types; /* numbers of the codec; FOM_NONE: not known */
} tools_render_class_t;

typedef struct tools_render {
    tools_format_t format;
    fom_model_t *model; /* of the recording; NULL: it has none that can be read */
    fom_codec_t *codec;
    const tools_times_t *times;
    base_arena_t arena;
    base_map_t classes;      /* channel id → tools_render_class_t in the arena */
    const log_class_t *wide; /* CSV: a column for each of its members; NULL: a row per value */
    char date[TOOLS_TIME_SIZE];
    uint64_t dated_ns; /* the log time of which `date` is */
} tools_render_t;

/*  `select` (may be NULL) says which classes will come. The times stay the caller's.
    Errors: MST_E_NO_MEMORY, MST_E_FILE_CORRUPT (a schema that cannot be read). */
mst_err_t tools_render_init (tools_render_t *self, tools_format_t format, log_reader_t *reader,
                             const tools_times_t *times, const log_select_t *select);
void tools_render_fini (tools_render_t *self);

/*  What stands before the first message: CSV's names of columns, otherwise nothing. */
mst_err_t tools_render_head (const tools_render_t *self, base_buffer_t *out);

/*  One message. A channel that is not ours gives nothing. Errors: MST_E_NO_MEMORY. */
mst_err_t tools_render_message (tools_render_t *self, const log_envelope_t *envelope,
                                const log_message_t *message, base_buffer_t *out);

/*  "update". */
const char *tools_kind_text (log_kind_t kind);

#endif
