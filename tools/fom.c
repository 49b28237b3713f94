/*  Reading modules from files; check and merge. */
#include "tools/fom_own.h"
#include "base/error.h"
#include "fom/codec.h"
#include "fom/write.h"
#include "tools/file.h"
#include "tools/text.h"

#include <string.h>

mst_err_t fom_quote (base_buffer_t *out, const char *text)
{
    mst_err_t err = tools_text_append (out, "\"");
    for (; !err && *text; text++) {
        unsigned char c = (unsigned char) *text;
        if (c == '"' || c == '\\')
            err = tools_text_append (out, "\\%c", c);
        else if (c < ' ')
            err = tools_text_append (out, "\\u%04x", c);
        else
            err = base_buffer_append (out, text, 1);
    }
    return err ? err : tools_text_append (out, "\"");
}

static mst_err_t read_module (const char *path, fom_module_t **module)
{
    base_buffer_t text;
    base_buffer_init (&text);
    mst_err_t err = tools_file_read (path, FOM_MODULE_BYTES_MAX, &text);
    if (!err)
        err = fom_read (tools_path_name (path), text.data ? (const void *) text.data : "",
                        text.size_bytes, module);
    base_buffer_fini (&text);
    return err;
}

mst_err_t fom_files_open (fom_files_t *self, const tools_fom_files_t *files)
{
    mst_err_t err = MST_OK;
    *self = (fom_files_t){ .count = 0 };
    if (files->count > FOM_MODULES_MAX)
        return base_error (MST_E_LIMIT, "more than FOM_MODULES_MAX (%d) modules", FOM_MODULES_MAX);
    for (size_t i = 0; !err && i < files->count; i++) {
        err = read_module (files->paths[i], &self->modules[i]);
        self->count += !err;
    }
    return err ? err : fom_merge (self->modules, self->count, &self->model);
}

void fom_files_close (fom_files_t *self)
{
    fom_model_destroy (&self->model);
    for (size_t i = 0; i < self->count; i++)
        fom_module_destroy (&self->modules[i]);
}

/*  Check -----------------------------------------------------------------------------------------
 */

typedef struct check {
    base_buffer_t *out;
    bool json;
    size_t warnings;
} check_t;

static mst_err_t check_say (check_t *self, const char *text)
{
    self->warnings++;
    if (!self->json)
        return tools_text_append (self->out, "warning: %s\n", text);
    mst_err_t err = tools_text_append (self->out, "%s", self->warnings > 1 ? "," : "");
    return err ? err : fom_quote (self->out, text);
}

static mst_err_t check_warnings (check_t *self, const fom_files_t *files)
{
    mst_err_t err = MST_OK;
    const char *text;
    for (size_t i = 0; i < files->count; i++)
        for (uint32_t k = 0; !err && (text = fom_module_warning (files->modules[i], k)); k++)
            err = check_say (self, text);
    for (uint32_t k = 0; !err && files->model && (text = fom_model_warning (files->model, k)); k++)
        err = check_say (self, text);
    return err;
}

/*  A type that cannot be encoded is of no use to muster join. */
static mst_err_t check_types (check_t *self, const fom_model_t *model)
{
    fom_codec_t *codec;
    mst_err_t err = fom_codec_new (model, &codec);
    for (uint32_t type = 0; !err && type < model->type_count; type++)
        if (fom_codec_check (codec, type))
            err = check_say (self, mst_error_text ());
    fom_codec_destroy (&codec);
    return err;
}

static mst_err_t check_counts (const check_t *self, const fom_model_t *model)
{
    const char *format =
        self->json ? "],\"object_classes\":%u,\"interaction_classes\":%u,\"data_types\":%u,"
                     "\"dimensions\":%u,\"digest\":\"%016llx\"}\n"
                   : "ok: %u object classes, %u interaction classes, %u data types, %u dimensions, "
                     "digest %016llx\n";
    return tools_text_append (self->out, format, model->objects.count, model->interactions.count,
                              model->type_count, model->dimension_count,
                              (unsigned long long) fom_model_digest (model));
}

mst_err_t tools_fom_check (const tools_fom_files_t *files, bool json, base_buffer_t *out)
{
    check_t self = { out, json, 0 };
    fom_files_t opened;
    char text[1200];

    mst_err_t err = fom_files_open (&opened, files), told;
    strncpy (text, mst_error_text (), sizeof text - 1);
    text[sizeof text - 1] = '\0';
    told = json ? tools_text_append (out, "{\"ok\":%s,\"warnings\":[", err ? "false" : "true")
                : MST_OK;
    if (!told)
        told = check_warnings (&self, &opened);
    if (!told && !err)
        told = check_types (&self, opened.model);
    if (!told && !err)
        told = check_counts (&self, opened.model);
    if (!told && err && json) {
        told = tools_text_append (out, "],\"error\":");
        if (!told)
            told = fom_quote (out, text);
        if (!told)
            told = tools_text_append (out, "}\n");
    }
    fom_files_close (&opened);
    if (told)
        return told;
    return err ? base_error (err, "%s", text) : MST_OK;
}

mst_err_t tools_fom_merge (const tools_fom_files_t *files, base_buffer_t *out)
{
    fom_files_t opened;
    const char *name = files->count > 0 ? tools_path_name (files->paths[0]) : "model";
    mst_err_t err = fom_files_open (&opened, files);
    if (!err)
        err = fom_write (opened.model, name, out);
    fom_files_close (&opened);
    return err;
}
