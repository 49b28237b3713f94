#include "tools/record.h"
#include "base/alloc.h"
#include "base/error.h"
#include "tools/file.h"
#include "tools/recorder.h"
#include "tools/text.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { FOM_FILE_BYTES_MAX = 64 << 20 };

typedef BASE_LIST (mst_module_t) record_modules_t;

static void modules_fini (record_modules_t *self)
{
    BASE_LIST_EACH (self, i)
        base_free ((void *) (uintptr_t) self->items[i].data);
    BASE_LIST_FINI (self);
}

static mst_err_t modules_load (record_modules_t *self, const scenario_t *scenario,
                               const char *folder)
{
    mst_err_t err = MST_OK;
    for (uint32_t i = 0; i < scenario->fom_count && !err; i++) {
        base_buffer_t bytes = { 0 };
        char *path = tools_path (folder, scenario->fom[i]);
        err = path ? tools_file_read (path, FOM_FILE_BYTES_MAX, &bytes) : base_alloc_error ();
        mst_module_t module = { scenario->fom[i], bytes.data, bytes.size_bytes };
        if (!err && BASE_LIST_PUSH (self, module))
            err = base_alloc_error ();
        if (err)
            base_buffer_fini (&bytes);
        base_free (path);
    }
    return err;
}

/*  Time for the file: without a section "time", counts are seconds from 1970. */
static void record_time (const scenario_t *scenario, tools_recorder_options_t *options)
{
    const scenario_time_t *time = &scenario->time;
    options->start_ns = time->given ? time->start_ns : 0;
    options->unit_ns = time->given ? (uint64_t) time->unit_ns : 1000000000u;
    options->step = time->given ? time->step : 1;
}

static mst_err_t record_scenario (const tools_record_t *self, const scenario_t *scenario,
                                  const record_modules_t *modules)
{
    char whole[PATH_MAX];
    const char *origin = self->origin ? self->origin : self->scenario;
    log_attachment_t attachment = { .name = log_text ("scenario.json"),
                                    .media_type = log_text ("application/json"),
                                    .data = log_text (scenario->text) };
    const log_pair_t run[] = {
        { log_text ("federation"), log_text (scenario->name) },
        { log_text ("scenario"), log_text (realpath (origin, whole) ? whole : origin) },
        { log_text ("muster"), log_text (MST_VERSION_TEXT) },
    };
    tools_recorder_options_t options = {
        .rti = self->rti,
        .federation = scenario->name,
        .file = self->output,
        .modules = modules->items,
        .module_count = modules->count,
        .classes = scenario->record.classes,
        .class_count = scenario->record.class_count,
        .federates = self->federates,
        .attachments = &attachment,
        .attachment_count = 1,
        .run = run,
        .run_count = sizeof run / sizeof run[0],
        .ready = self->ready,
        .user = self->user,
        .stop = self->stop,
    };
    record_time (scenario, &options);
    return tools_recorder_run (&options, NULL);
}

mst_err_t tools_record (const tools_record_t *self)
{
    scenario_t *scenario = NULL;
    record_modules_t modules = { 0 };
    mst_err_t err = scenario_load (self->scenario, &scenario);
    if (err)
        return err;
    err = modules_load (&modules, scenario, self->folder ? self->folder : scenario->folder);
    if (!err)
        err = record_scenario (self, scenario, &modules);
    modules_fini (&modules);
    scenario_destroy (&scenario);
    return err;
}
