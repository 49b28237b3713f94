/*  muster log cat and muster log export. */
#include "tools/recording.h"
#include "base/alloc.h"
#include "base/error.h"
#include "log/walk.h"
#include "tools/file.h"

typedef struct print {
    const char *path;
    tools_source_t file;
    log_reader_t *reader;
    tools_times_t times;
    log_select_t select;
    tools_render_t render;
    tools_output_t output;
    size_t places; /* that could not be read */
    log_decoded_t decoded;
} print_t;

static mst_err_t print_message (print_t *self, const log_envelope_t *envelope)
{
    uint64_t known;
    if (!base_map_get (&self->render.classes, envelope->channel_id, &known))
        return MST_OK;
    mst_err_t err =
        log_message_decode (&self->decoded, envelope->body.data, envelope->body.size_bytes);
    if (err)
        return base_error (MST_E_FILE_CORRUPT, "%s", mst_error_text ());
    if (!log_select_sender (&self->select, self->decoded.message.sender))
        return MST_OK;
    err =
        tools_render_message (&self->render, envelope, &self->decoded.message, &self->output.text);
    return err ? err : tools_output_flow (&self->output);
}

static mst_err_t print_messages (print_t *self)
{
    bool found = true;
    uint64_t until_ns = self->select.until_ns > 0 ? self->select.until_ns - 1 : UINT64_MAX;
    mst_err_t err = tools_render_head (&self->render, &self->output.text);
    log_reader_seek (self->reader, self->select.from_ns, until_ns);
    while (!err && found) {
        log_envelope_t envelope;
        err = log_reader_next (self->reader, &envelope, &found);
        if (!err && found)
            err = print_message (self, &envelope);
        if (err && log_walk_can_go_on (err)) {
            self->places++;
            found = true;
            err = MST_OK;
        }
    }
    return err;
}

static mst_err_t print_open (print_t *self, const tools_choice_t *choice, tools_format_t format)
{
    mst_err_t err = log_reader_new (&self->reader, &self->file.source);
    if (err)
        return base_error_prefix (err, "%s: ", self->path);
    err = tools_times_read (self->reader, &self->times);
    if (!err)
        err = tools_choice_resolve (choice, self->reader, &self->times, &self->select);
    if (!err)
        err = tools_render_init (&self->render, format, self->reader, &self->times, &self->select);
    return err;
}

static mst_err_t print_all (print_t *self, const tools_choice_t *choice, tools_format_t format,
                            const char *to, bool *closed)
{
    mst_err_t err = print_open (self, choice, format);
    if (!err)
        err = tools_output_open (&self->output, to);
    if (err)
        return err;
    err = tools_output_close (&self->output, print_messages (self));
    *closed = self->output.closed;
    if (!err)
        err = tools_recording_whole (self->reader, &self->file);
    if (!err && self->places > 0)
        err = base_error (MST_E_FILE_CORRUPT,
                          "%s: %zu places could not be read and were left out; muster log verify "
                          "says more",
                          self->path, self->places);
    return err;
}

mst_err_t tools_recording_print (const char *path, const tools_choice_t *choice,
                                 tools_format_t format, const char *to, bool *closed)
{
    print_t *self = base_calloc (1, sizeof *self);
    if (!self)
        return base_alloc_error ();
    self->path = path;
    self->file.fd = self->output.sink.fd = -1;
    *closed = false;
    mst_err_t err = MST_OK;
    if (to && tools_file_is_same (path, to))
        err =
            base_error (MST_E_INVALID_ARGUMENT, "%s would be overwritten; name another file", path);
    if (!err)
        err = tools_source_open (&self->file, path);
    if (!err)
        err = print_all (self, choice, format, to, closed);
    tools_render_fini (&self->render);
    log_reader_destroy (&self->reader);
    tools_source_close (&self->file);
    base_free (self);
    return err;
}
