/*  The recorder's life: file, join, subscribe, record until the others have left, finish the file.
 */
#include "tools/recorder_own.h"
#include "base/alloc.h"
#include "base/error.h"
#include "tools/crew.h"
#include "tools/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    NUMBER_SIZE = 24,
    EVOKE_MS = 20, /* how long it may not look at signals and at the clock */
    ENABLE_MS = 10000,
    LEAVE_MS = 3000, /* told to finish: until the RTI has noticed that everybody left */
    DRAIN_MS = 10000 /* until the last messages of those who left are in hand */
};

static const int64_t millisecond_ns = 1000000;

/*  The file's beginning ----------------------------------------------------------------------- */

/*  How logical time counts, for readers of the file. */
static mst_err_t recorder_tell_time (recorder_t *self)
{
    char start[NUMBER_SIZE], unit[NUMBER_SIZE], step[NUMBER_SIZE];
    (void) snprintf (start, sizeof start, "%" PRId64, self->options->start_ns);
    (void) snprintf (unit, sizeof unit, "%" PRIu64, self->options->unit_ns);
    (void) snprintf (step, sizeof step, "%" PRId64, self->options->step);
    const log_pair_t pairs[] = {
        { log_text ("start_ns"), log_text (start) },
        { log_text ("unit_ns"), log_text (unit) },
        { log_text ("step"), log_text (step) },
    };
    return log_writer_metadata (self->writer, log_text (LOG_METADATA_TIME), pairs,
                                sizeof pairs / sizeof pairs[0]);
}

static mst_err_t recorder_attach (recorder_t *self)
{
    const tools_recorder_options_t *options = self->options;
    mst_err_t err = MST_OK;
    for (size_t i = 0; i < options->attachment_count && !err; i++)
        err = log_writer_attach (self->writer, &options->attachments[i]);
    for (size_t i = 0; i < options->module_count && !err; i++) {
        const mst_module_t *module = &options->modules[i];
        char *name = tools_text ("fom/%zu/%s", i, tools_path_name (module->name));
        log_attachment_t attachment = { .name = log_text (name),
                                        .media_type = log_text ("application/xml"),
                                        .data = log_span (module->data, module->size_bytes) };
        err = name ? log_writer_attach (self->writer, &attachment) : base_alloc_error ();
        base_free (name);
    }
    if (!err)
        err = log_writer_metadata (self->writer, log_text ("muster.run"), options->run,
                                   options->run_count);
    return err ? err : recorder_tell_time (self);
}

static mst_err_t recorder_open (recorder_t *self)
{
    mst_err_t err = tools_sink_open (&self->sink, self->options->file);
    if (err)
        return err;
    log_writer_options_t options = { .library = "muster " MST_VERSION_TEXT,
                                     .chain_interval = self->options->step };
    err = log_writer_new (&self->writer, &options, tools_sink (&self->sink));
    if (!err)
        err = recorder_attach (self);
    if (!err)
        err = log_writer_flush (self->writer);
    if (!err)
        tools_sink_mark (&self->sink);
    return err;
}

/*  Joining ------------------------------------------------------------------------------------ */

static mst_err_t recorder_constrain (recorder_t *self)
{
    int64_t deadline_ns = tools_now_ns () + ENABLE_MS * millisecond_ns;
    mst_err_t err = mst_asynchronous_delivery (self->fed, true);
    if (!err)
        err = mst_enable_constrained (self->fed);
    while (!err && !self->err && !self->constrained) {
        if (tools_now_ns () > deadline_ns)
            return base_error (MST_E_TIMEOUT, "the RTI did not let the recorder be constrained");
        err = mst_evoke (self->fed, EVOKE_MS, NULL);
    }
    return err ? err : self->err;
}

static mst_err_t recorder_join (recorder_t *self)
{
    const tools_recorder_options_t *options = self->options;
    mst_join_options_t join = { .rti = options->rti,
                                .federation = options->federation,
                                .name = options->name ? options->name : "muster-recorder",
                                .type = "muster-recorder",
                                .modules = options->modules,
                                .module_count = options->module_count,
                                .callbacks = recorder_callbacks (),
                                .user = self,
                                .recorder = true };
    mst_err_t err = mst_join (&join, &self->fed);
    if (err)
        return err;
    self->own = mst_self (self->fed);
    err = recorder_declare (self);
    return err ? err : recorder_constrain (self);
}

/*  Recording ---------------------------------------------------------------------------------- */

/*  Time behind the others: as far as somebody was granted, and nothing holds it back. */
static mst_err_t recorder_advance (recorder_t *self)
{
    mst_time_t galt = MST_TIME_NEVER;
    if (self->advancing || self->reached <= self->now)
        return MST_OK;
    mst_err_t err = mst_query_galt (self->fed, &galt);
    mst_time_t to = galt != MST_TIME_NEVER && galt - 1 < self->reached ? galt - 1 : self->reached;
    if (err || to <= self->now)
        return err;
    self->advancing = true;
    return mst_time_advance_request (self->fed, to);
}

static bool recorder_over (const recorder_t *self)
{
    const tools_recorder_options_t *options = self->options;
    bool all_left =
        options->federates > 0 && self->joined >= options->federates && self->present == 0;
    return self->err || self->lost || all_left || (options->stop && *options->stop);
}

static mst_err_t recorder_turn (recorder_t *self)
{
    mst_err_t err = recorder_advance (self);
    self->wall_messages = 0; /* it may wait now */
    if (!err)
        err = mst_evoke (self->fed, EVOKE_MS, NULL);
    recorder_flush_due (self);
    recorder_state_due (self);
    return err;
}

/*  Everybody left: what they sent with time stamps beyond the present is still to come. */
static mst_err_t recorder_drain (recorder_t *self)
{
    int64_t deadline_ns = tools_now_ns () + DRAIN_MS * millisecond_ns;
    mst_err_t err = MST_OK;
    while (!err && !self->err && !self->lost) {
        mst_time_t lits = MST_TIME_NEVER;
        if (tools_now_ns () > deadline_ns)
            return base_error (MST_E_TIMEOUT,
                               "the last messages of the federation did not arrive within %d s",
                               DRAIN_MS / 1000);
        if (!self->advancing) {
            err = mst_query_lits (self->fed, &lits);
            if (err || lits == MST_TIME_NEVER)
                break;
            self->advancing = true;
            err = mst_time_advance_request (self->fed, lits > self->now ? lits : self->now);
        }
        if (!err)
            err = mst_evoke (self->fed, EVOKE_MS, NULL);
    }
    while (!err && !self->err && !self->lost) { /* the RTI's last words, and what is in hand */
        bool any = false;
        err = mst_evoke (self->fed, 3 * EVOKE_MS, &any);
        if (!any)
            break;
    }
    return err;
}

static mst_err_t recorder_losses (recorder_t *self)
{
    mst_counters_t counters;
    if (self->lost || mst_counters (self->fed, &counters) ||
        counters.best_effort_lost + counters.never_came == 0)
        return MST_OK;
    log_record_t record = { .opcode = LOG_RECORD_LOSS };
    record.loss = (log_loss_t){ .cause = log_text ("peer"),
                                .messages = counters.best_effort_lost + counters.never_came,
                                .detail = log_text ("best-effort messages or bundles of lost "
                                                    "federates that never came") };
    return log_writer_record (self->writer, &record);
}

static mst_err_t recorder_record (recorder_t *self)
{
    mst_err_t err = MST_OK;
    if (self->options->ready)
        self->options->ready (self->options->user);
    while (!err && !recorder_over (self))
        err = recorder_turn (self);
    int64_t deadline_ns = tools_now_ns () + LEAVE_MS * millisecond_ns;
    while (!err && !self->err && !self->lost && self->present > 0 && tools_now_ns () < deadline_ns)
        err = recorder_turn (self);
    if (!err && !self->err && !self->lost && self->present == 0)
        err = recorder_drain (self);
    if (self->lost || err == MST_E_CONNECTION_LOST) {
        self->lost = true;
        err = MST_OK; /* an end like others for the file; the caller is told below */
    }
    if (!err && !self->err)
        err = recorder_losses (self);
    return err;
}

/*  The end ------------------------------------------------------------------------------------ */

static void recorder_finish (recorder_t *self)
{
    const log_metadata_t casualties = {
        log_text (LOG_METADATA_LOST), log_span (self->casualties.data, self->casualties.size_bytes)
    };
    if (!self->err && casualties.map.size_bytes > 0)
        recorder_fail (self, log_writer_copy_metadata (self->writer, &casualties));
    if (!self->err)
        recorder_fail (self, log_writer_finish (self->writer));
    if (!self->err)
        tools_sink_mark (&self->sink);
    tools_sink_cut (&self->sink);
    mst_err_t err = tools_sink_close (&self->sink);
    recorder_fail (self, err);
}

mst_err_t tools_recorder_run (const tools_recorder_options_t *options, log_totals_t *totals)
{
    base_assert (options->step > 0 && options->unit_ns > 0);
    recorder_t *self = base_calloc (1, sizeof *self);
    if (!self)
        return base_alloc_error ();
    self->options = options;
    self->sink.fd = -1;
    base_map_init (&self->objects);
    log_state_init (&self->state);
    base_map_init (&self->senders);
    recorder_fail (self, recorder_open (self));
    if (!self->err)
        recorder_fail (self, recorder_join (self));
    if (!self->err)
        recorder_fail (self, recorder_record (self));
    if (self->fed.generation != 0)
        (void) mst_resign (&self->fed, MST_RESIGN_NO_ACTION);
    if (self->writer)
        recorder_finish (self);
    if (totals && self->writer)
        *totals = log_writer_totals (self->writer);
    if (self->lost && !self->err)
        recorder_fail (
            self, base_error (MST_E_CONNECTION_LOST, "the RTI was lost; the recording ends there"));
    mst_err_t err = self->err ? base_error (self->err, "%s", self->text) : MST_OK;
    log_writer_destroy (&self->writer);
    recorder_callbacks_fini (self);
    BASE_LIST_FINI (&self->object_channels);
    BASE_LIST_FINI (&self->interaction_channels);
    base_free (self);
    return err;
}
