#include "tools/render.h"
#include "base/alloc.h"
#include "base/error.h"
#include "fom/reader.h"
#include "log/copy.h"
#include "tools/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *tools_kind_text (log_kind_t kind)
{
    static const char *const names[] = { "none",     "update", "interaction",
                                         "register", "delete", "retract" };
    return kind <= LOG_KIND_MAX ? names[kind] : names[0];
}

/*  Texts -------------------------------------------------------------------------------------- */

static mst_err_t put (base_buffer_t *out, const char *text)
{
    return base_buffer_append (out, text, strlen (text));
}

static mst_err_t put_hex (base_buffer_t *out, log_span_t bytes)
{
    static const char digits[] = "0123456789abcdef";
    mst_err_t err = base_buffer_reserve (out, 2 * bytes.size_bytes);
    if (err)
        return err;
    char *at = (char *) out->data + out->size_bytes;
    for (size_t i = 0; i < bytes.size_bytes; i++) {
        unsigned byte = (unsigned char) bytes.data[i];
        *at++ = digits[byte >> 4];
        *at++ = digits[byte & 15];
    }
    out->size_bytes += 2 * bytes.size_bytes;
    return MST_OK;
}

/*  A name within a line: what would break the line or the terminal is escaped as in C. */
static mst_err_t put_name (base_buffer_t *out, log_span_t name)
{
    mst_err_t err = MST_OK;
    for (size_t i = 0; i < name.size_bytes && !err; i++) {
        unsigned char byte = (unsigned char) name.data[i];
        err = byte < ' ' || byte == 0x7f || byte == '\\'
                  ? tools_text_append (out, "\\x%02x", byte)
                  : base_buffer_append (out, &name.data[i], 1);
    }
    return err;
}

static mst_err_t put_json (base_buffer_t *out, log_span_t text)
{
    mst_err_t err = put (out, "\"");
    for (size_t i = 0; i < text.size_bytes && !err; i++) {
        unsigned char byte = (unsigned char) text.data[i];
        if (byte == '"' || byte == '\\')
            err = tools_text_append (out, "\\%c", byte);
        else
            err = byte < ' ' ? tools_text_append (out, "\\u%04x", byte)
                             : base_buffer_append (out, &text.data[i], 1);
    }
    return err ? err : put (out, "\"");
}

/*  RFC 4180, but for its line ends: in quotes when it has a comma, a quote or a line end. */
static mst_err_t put_cell (base_buffer_t *out, log_span_t text)
{
    bool plain = true;
    for (size_t i = 0; i < text.size_bytes && plain; i++)
        plain = !strchr (",\"\n", text.data[i]) || text.data[i] == '\0';
    if (plain)
        return base_buffer_append (out, text.data, text.size_bytes);
    mst_err_t err = put (out, "\"");
    for (size_t i = 0; i < text.size_bytes && !err; i++)
        err = text.data[i] == '"' ? put (out, "\"\"") : base_buffer_append (out, &text.data[i], 1);
    return err ? err : put (out, "\"");
}

static const char *member_name (const log_class_t *of, uint32_t index,
                                char number[TOOLS_NUMBER_SIZE])
{
    if (index < of->member_count)
        return of->members[index].name;
    (void) snprintf (number, TOOLS_NUMBER_SIZE, "%u", index);
    return number;
}

/*  A date once per instant: making one costs more than all the rest of a line. A recording without
    time has none. */
static const char *render_date (tools_render_t *self, uint64_t log_time_ns, bool has_time)
{
    if (!has_time && log_time_ns == 0)
        return "";
    if (self->date[0] == '\0' || self->dated_ns != log_time_ns)
        (void) tools_date_text (self->date, log_time_ns);
    self->dated_ns = log_time_ns;
    return self->date;
}

/*  Values ------------------------------------------------------------------------------------- */

/*  As JSON, by its data type; bytes that are no such value as {"hex":"00ff"}. */
static mst_err_t put_value (const tools_render_t *self, const tools_render_class_t *of,
                            const log_value_t *value, base_buffer_t *out)
{
    uint32_t type = value->index < of->of.member_count ? of->types[value->index] : FOM_NONE;
    mst_err_t err = MST_E_NOT_SUPPORTED;
    if (self->codec && type != FOM_NONE)
        err =
            fom_codec_to_json (self->codec, type, value->bytes.data, value->bytes.size_bytes, out);
    if (!err || err == MST_E_NO_MEMORY)
        return err;
    err = put (out, "{\"hex\":\"");
    if (!err)
        err = put_hex (out, value->bytes);
    return err ? err : put (out, "\"}");
}

/*  Lines -------------------------------------------------------------------------------------- */

static mst_err_t line_values (const tools_render_t *self, const tools_render_class_t *of,
                              const log_message_t *message, base_buffer_t *out)
{
    char number[TOOLS_NUMBER_SIZE];
    mst_err_t err = MST_OK;
    for (uint32_t i = 0; i < message->value_count && !err; i++) {
        err = tools_text_append (out, "%s%s=", i == 0 ? "" : " ",
                                 member_name (&of->of, message->values[i].index, number));
        if (!err)
            err = put_value (self, of, &message->values[i], out);
    }
    if (!err && message->tag.size_bytes > 0) {
        err = put (out, message->value_count > 0 ? " tag=" : "tag=");
        if (!err)
            err = put_hex (out, message->tag);
    }
    return err ? err : put (out, "\n");
}

static mst_err_t render_line (const tools_render_t *self, const tools_render_class_t *of,
                              const log_message_t *message, base_buffer_t *out)
{
    char time[TOOLS_NUMBER_SIZE] = "-";
    if (message->has_time)
        (void) snprintf (time, sizeof time, "%" PRId64, message->time);
    mst_err_t err = tools_text_append (
        out, "%s\t%s\t", time, message->order == LOG_ORDER_TIME_STAMP ? "timestamp" : "receive");
    if (!err)
        err = put_name (out, message->sender);
    if (!err)
        err = tools_text_append (out, "\t%" PRIu64 "\t%s\t%s\t", message->sequence,
                                 tools_kind_text (message->kind), of->of.name);
    if (!err)
        err = message->object.size_bytes > 0 ? put_name (out, message->object) : put (out, "-");
    if (!err)
        err = put (out, "\t");
    return err ? err : line_values (self, of, message, out);
}

/*  JSON --------------------------------------------------------------------------------------- */

static mst_err_t json_values (const tools_render_t *self, const tools_render_class_t *of,
                              const log_message_t *message, base_buffer_t *out)
{
    char number[TOOLS_NUMBER_SIZE];
    mst_err_t err = put (out, ",\"values\":{");
    for (uint32_t i = 0; i < message->value_count && !err; i++) {
        if (i > 0)
            err = put (out, ",");
        if (!err)
            err =
                put_json (out, log_text (member_name (&of->of, message->values[i].index, number)));
        if (!err)
            err = put (out, ":");
        if (!err)
            err = put_value (self, of, &message->values[i], out);
    }
    return err ? err : put (out, "}");
}

static mst_err_t render_json (tools_render_t *self, const tools_render_class_t *of,
                              const log_envelope_t *envelope, const log_message_t *message,
                              base_buffer_t *out)
{
    char time[TOOLS_NUMBER_SIZE] = "null";
    if (message->has_time)
        (void) snprintf (time, sizeof time, "%" PRId64, message->time);
    mst_err_t err =
        tools_text_append (out, "{\"time\":%s,\"date\":\"%s\",\"order\":\"%s\",\"sender\":", time,
                           render_date (self, envelope->log_time_ns, message->has_time),
                           message->order == LOG_ORDER_TIME_STAMP ? "timestamp" : "receive");
    if (!err)
        err = put_json (out, message->sender);
    if (!err)
        err = tools_text_append (out, ",\"sequence\":%" PRIu64 ",\"kind\":\"%s\",\"class\":",
                                 message->sequence, tools_kind_text (message->kind));
    if (!err)
        err = put_json (out, log_text (of->of.name));
    if (!err && message->object.size_bytes > 0)
        err = put (out, ",\"object\":");
    if (!err && message->object.size_bytes > 0)
        err = put_json (out, message->object);
    if (!err && (message->kind == LOG_KIND_UPDATE || message->kind == LOG_KIND_INTERACTION))
        err = json_values (self, of, message, out);
    if (!err && message->tag.size_bytes > 0)
        err = put (out, ",\"tag\":\"");
    if (!err && message->tag.size_bytes > 0)
        err = put_hex (out, message->tag);
    if (!err && message->tag.size_bytes > 0)
        err = put (out, "\"");
    return err ? err : put (out, "}\n");
}

/*  CSV ---------------------------------------------------------------------------------------- */

mst_err_t tools_render_head (const tools_render_t *self, base_buffer_t *out)
{
    if (self->format != TOOLS_CSV)
        return MST_OK;
    mst_err_t err = put (out, "time,date,order,sender,sequence,kind,class,object");
    if (!err && !self->wide)
        err = put (out, ",member,value");
    for (uint32_t i = 0; self->wide && i < self->wide->member_count && !err; i++) {
        err = put (out, ",");
        if (!err)
            err = put_cell (out, log_text (self->wide->members[i].name));
    }
    return err ? err : put (out, "\n");
}

static mst_err_t csv_begin (tools_render_t *self, const tools_render_class_t *of,
                            const log_envelope_t *envelope, const log_message_t *message,
                            base_buffer_t *out)
{
    char time[TOOLS_NUMBER_SIZE] = "";
    if (message->has_time)
        (void) snprintf (time, sizeof time, "%" PRId64, message->time);
    mst_err_t err = tools_text_append (
        out, "%s,%s,%s,", time, render_date (self, envelope->log_time_ns, message->has_time),
        message->order == LOG_ORDER_TIME_STAMP ? "timestamp" : "receive");
    if (!err)
        err = put_cell (out, message->sender);
    if (!err)
        err = tools_text_append (out, ",%" PRIu64 ",%s,", message->sequence,
                                 tools_kind_text (message->kind));
    if (!err)
        err = put_cell (out, log_text (of->of.name));
    if (!err)
        err = put (out, ",");
    return err ? err : put_cell (out, message->object);
}

/*  A text without its quotes, anything else as its JSON. */
static mst_err_t csv_value (const tools_render_t *self, const tools_render_class_t *of,
                            const log_value_t *value, base_buffer_t *out)
{
    base_buffer_t json = { 0 };
    mst_err_t err = put_value (self, of, value, &json);
    log_span_t text = log_span (json.data, json.size_bytes);
    bool quoted =
        text.size_bytes >= 2 && text.data[0] == '"' && !memchr (text.data, '\\', text.size_bytes);
    if (quoted)
        text = log_span (text.data + 1, text.size_bytes - 2);
    if (!err)
        err = put_cell (out, text);
    base_buffer_fini (&json);
    return err;
}

static mst_err_t csv_wide (const tools_render_t *self, const tools_render_class_t *of,
                           const log_message_t *message, base_buffer_t *out)
{
    uint32_t next = 0;
    mst_err_t err = MST_OK;
    for (uint32_t i = 0; i < self->wide->member_count && !err; i++) {
        err = put (out, ",");
        if (!err && next < message->value_count && message->values[next].index == i)
            err = csv_value (self, of, &message->values[next++], out);
    }
    return err ? err : put (out, "\n");
}

static mst_err_t render_csv (tools_render_t *self, const tools_render_class_t *of,
                             const log_envelope_t *envelope, const log_message_t *message,
                             base_buffer_t *out)
{
    char number[TOOLS_NUMBER_SIZE];
    uint32_t rows = self->wide || message->value_count == 0 ? 1 : message->value_count;
    mst_err_t err = MST_OK;
    for (uint32_t i = 0; i < rows && !err; i++) {
        err = csv_begin (self, of, envelope, message, out);
        if (!err && self->wide)
            err = csv_wide (self, of, message, out);
        if (err || self->wide)
            continue;
        err = put (out, ",");
        if (!err && i < message->value_count)
            err =
                put_cell (out, log_text (member_name (&of->of, message->values[i].index, number)));
        if (!err)
            err = put (out, ",");
        if (!err && i < message->value_count)
            err = csv_value (self, of, &message->values[i], out);
        if (!err)
            err = put (out, "\n");
    }
    return err;
}

/*  The whole ---------------------------------------------------------------------------------- */

mst_err_t tools_render_message (tools_render_t *self, const log_envelope_t *envelope,
                                const log_message_t *message, base_buffer_t *out)
{
    const tools_render_class_t *of = base_map_pointer (&self->classes, envelope->channel_id);
    if (!of)
        return MST_OK;
    switch (self->format) {
    case TOOLS_LINES: return render_line (self, of, message, out);
    case TOOLS_JSON: return render_json (self, of, envelope, message, out);
    case TOOLS_CSV: return render_csv (self, of, envelope, message, out);
    }
    return MST_OK;
}

static mst_err_t render_class (tools_render_t *self, log_reader_t *reader,
                               const log_channel_t *channel, const log_select_t *select,
                               uint32_t *chosen)
{
    const log_schema_t *schema = log_reader_schema (reader, channel->schema_id);
    if (!log_copy_is_ours (reader, channel))
        return MST_OK;
    tools_render_class_t *of = base_arena_alloc (&self->arena, 1, sizeof *of);
    if (!of)
        return base_alloc_error ();
    mst_err_t err =
        log_class_decode (&of->of, &self->arena, schema->data.data, schema->data.size_bytes);
    if (err)
        return err == MST_E_NO_MEMORY ? err : base_error_prefix (MST_E_FILE_CORRUPT, "a class: ");
    uint32_t *types = base_arena_alloc (&self->arena, of->of.member_count + 1, sizeof *types);
    if (!types)
        return base_alloc_error ();
    for (uint32_t i = 0; i < of->of.member_count; i++)
        if (!self->codec || fom_codec_find (self->codec, of->of.members[i].type, &types[i]))
            types[i] = FOM_NONE;
    of->types = types;
    if (log_select_class (select, channel->topic)) {
        self->wide = ++*chosen == 1 ? &of->of : NULL;
        err = base_map_set_pointer (&self->classes, channel->id, of);
    }
    return err;
}

/*  The object model among the attachments. A recording without one, or with one that cannot be
   read, shows its values as bytes. */
static mst_err_t render_model (tools_render_t *self, log_reader_t *reader)
{
    static const char folder[] = "fom/";
    BASE_LIST (fom_module_t *) modules = { 0 };
    mst_err_t err = MST_OK;
    for (size_t i = 0; i < log_reader_attachment_count (reader) && !err; i++) {
        log_span_t name = log_reader_attachment_at (reader, i)->name;
        log_attachment_t attachment;
        fom_module_t *module = NULL;
        if (name.size_bytes < sizeof folder || memcmp (name.data, folder, sizeof folder - 1) != 0)
            continue;
        err = BASE_LIST_ROOM (&modules) ? base_alloc_error ()
                                        : log_reader_attachment (reader, i, &attachment);
        if (!err)
            err = fom_read ("recording", attachment.data.data, attachment.data.size_bytes, &module);
        if (!err)
            BASE_LIST_PUT (&modules, module);
    }
    if (!err && modules.count > 0)
        err = fom_merge (modules.items, modules.count, &self->model);
    if (!err && self->model)
        err = fom_codec_new (self->model, &self->codec);
    BASE_LIST_EACH (&modules, i)
        fom_module_destroy (&modules.items[i]);
    BASE_LIST_FINI (&modules);
    return err == MST_E_NO_MEMORY ? err : MST_OK;
}

mst_err_t tools_render_init (tools_render_t *self, tools_format_t format, log_reader_t *reader,
                             const tools_times_t *times, const log_select_t *select)
{
    uint32_t chosen = 0;
    mst_err_t err = MST_OK;
    *self = (tools_render_t){ .format = format, .times = times };
    base_arena_init (&self->arena);
    base_map_init (&self->classes);
    err = render_model (self, reader);
    for (size_t i = 0; i < log_reader_channel_count (reader) && !err; i++)
        err = render_class (self, reader, log_reader_channel_at (reader, i), select, &chosen);
    return err;
}

void tools_render_fini (tools_render_t *self)
{
    base_map_fini (&self->classes);
    base_arena_fini (&self->arena);
    fom_codec_destroy (&self->codec);
    if (self->model)
        fom_model_destroy (&self->model);
}
