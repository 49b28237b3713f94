/*  What the RTI says of the run: progress on standard error, results at the end. */
#include "tools/run_own.h"
#include "base/alloc.h"
#include "base/error.h"
#include "tools/text.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { LINES_EVERY_S = 2, WIDTH_USUAL = 80, VALUE_SIZE = 64 };

static const int64_t second_ns = 1000000000;

/*  Progress ----------------------------------------------------------------------------------- */

static size_t terminal_width (void)
{
    struct winsize size;
    if (ioctl (STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return WIDTH_USUAL;
    return size.ws_col;
}

static void progress_tell (run_t *self, const tools_status_t *status)
{
    const scenario_time_t *time = &self->plan->scenario->time;
    char text[TOOLS_PROGRESS_SIZE], when[TOOLS_WHEN_SIZE];
    int64_t now_ns = tools_now_ns ();
    tools_progress_t progress = { .timed = status->timed,
                                  .now = status->now,
                                  .end = time->given ? time->end : 0,
                                  .step = time->given ? time->step : 1,
                                  .joined = status->joined,
                                  .federates = self->plan->members.count,
                                  .migrations = status->migrations };
    if (time->given)
        progress.when =
            tools_when_text (when, time->start_ns, time->unit_ns, time->step, status->now);
    progress.steps_per_s = tools_rate (&self->rate, now_ns, status->now / progress.step);
    if (self->options->telling == TOOLS_TELL_BAR) {
        (void) tools_progress_text (text, &progress, terminal_width () - 1);
        size_t width = strlen (text);
        fprintf (stderr, "\r%s%*s", text,
                 width < self->told_width ? (int) (self->told_width - width) : 0, "");
        self->told_width = width;
    } else if (self->told_ns == 0 ||
               (now_ns - self->told_ns >= LINES_EVERY_S * second_ns && status->now != self->told)) {
        fprintf (stderr, "%s\n", tools_progress_text (text, &progress, 0));
        self->told_ns = now_ns;
        self->told = status->now;
    }
}

/*  What is worth keeping from every status: the next one may be the RTI's of an empty federation.
 */
static void status_keep (run_t *self, const tools_status_t *status)
{
    const scenario_time_t *time = &self->plan->scenario->time;
    tools_summary_t *summary = &self->outcome->summary;
    int64_t step = time->given ? time->step : 1;
    if (status->timed && status->now > 0 && (uint64_t) (status->now / step) > summary->steps)
        summary->steps = (uint64_t) (status->now / step);
    if (status->migrations > summary->migrations)
        summary->migrations = status->migrations;
}

void run_progress (run_t *self)
{
    tools_status_t status;
    if (!self->watch || !tools_watch_take (self->watch, &self->json))
        return;
    mst_err_t err = tools_status_read (&status, (const char *) self->json.data,
                                       self->json.size_bytes, self->plan->scenario->name);
    if (!err && status.found) {
        status_keep (self, &status);
        run_presence_take (self, &status);
        run_absent_warn (self, false);
        if (self->options->telling != TOOLS_TELL_NOTHING)
            progress_tell (self, &status);
    }
    tools_status_fini (&status);
}

void run_progress_end (run_t *self)
{
    if (self->told_width > 0)
        fprintf (stderr, "\r%*s\r", (int) self->told_width, "");
    self->told_width = 0;
}

/*  Results ------------------------------------------------------------------------------------ */

mst_err_t run_results (run_t *self)
{
    tools_status_t status = { 0 };
    mst_err_t err = tools_watch_ask (self->rti, self->plan->scenario->name, &self->json);
    if (err)
        return err;
    err = tools_status_read (&status, (const char *) self->json.data, self->json.size_bytes,
                             self->plan->scenario->name);
    if (!err) {
        status_keep (self, &status);
        run_presence_take (self, &status);
    }
    if (!err && status.found)
        run_absent_warn (self, true);
    for (size_t i = 0; i < status.results.count && !err; i++) {
        const tools_result_t *result = &status.results.items[i];
        err = tools_results_add (&self->outcome->results, result->federate, result->name,
                                 result->value);
    }
    tools_status_fini (&status);
    return err;
}

static const char *expected_text (const scenario_value_t *value, char text[VALUE_SIZE])
{
    switch (value->kind) {
    case SCENARIO_VALUE_TEXT: return value->text;
    case SCENARIO_VALUE_TRUTH: return value->truth ? "true" : "false";
    case SCENARIO_VALUE_NUMBER: (void) snprintf (text, VALUE_SIZE, "%.17g", value->smallest); break;
    case SCENARIO_VALUE_RANGE:
        (void) snprintf (text, VALUE_SIZE, "%.17g to %.17g", value->smallest, value->largest);
        break;
    }
    return text;
}

static mst_err_t expect_one (run_t *self, const scenario_value_t *value, bool *good)
{
    char text[VALUE_SIZE];
    const char *found = tools_results_find (&self->outcome->results, value->key);
    const char *expected = expected_text (value, text);
    *good = found && (value->kind == SCENARIO_VALUE_RANGE
                          ? tools_value_within (found, value->smallest, value->largest)
                          : tools_value_is (found, expected));
    if (*good)
        return MST_OK;
    if (!found)
        return tools_text_append (&self->outcome->complaint,
                                  "%s: nobody reported it; expected: %s\n", value->key, expected);
    return tools_text_append (&self->outcome->complaint, "%s: %s; expected: %s\n", value->key,
                              found, expected);
}

mst_err_t run_expect (run_t *self)
{
    const scenario_t *scenario = self->plan->scenario;
    uint32_t wrong = 0;
    mst_err_t err = MST_OK;
    for (uint32_t i = 0; i < scenario->expect_count && !err; i++) {
        bool good = false;
        err = expect_one (self, &scenario->expect[i], &good);
        wrong += !good;
    }
    if (!err && wrong > 0)
        err = base_error (MST_E_DIFFERS, "%u of %u results are not as the scenario expects", wrong,
                          scenario->expect_count);
    return err;
}
