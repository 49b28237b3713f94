#include "tools/pacer.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/list.h"
#include "tools/text.h"

#include <muster/muster.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TURN_MS = 50 }; /* so often it looks whether it is to end */

/*  An overrun is what is later than a twentieth of a step, but at least the library's 1 ms. */
enum { TOLERANCE_PART = 20, NS_PER_MS = 1000000 };

static const char pacer_name[] = "muster-pacer";
static const char recorder_name[] = "muster-recorder";

typedef struct culprit {
    char *name;
    uint64_t overruns;
    int64_t total_ns, worst_ns;
} culprit_t;

typedef struct pacer {
    const tools_pacer_options_t *options;
    mst_federate_t fed;
    mst_pace_t pace;
    size_t came, present;
    BASE_LIST (culprit_t) culprits;
} pacer_t;

/*  Who is there ------------------------------------------------------------------------------- */

static void on_joined (void *user, mst_federate_t fed, mst_federate_id_t id, const char *name)
{
    pacer_t *self = user;
    (void) fed;
    (void) id;
    if (strcmp (name, recorder_name) == 0)
        return;
    self->came++;
    self->present++;
}

static void on_left (pacer_t *self, const char *name)
{
    if (strcmp (name, recorder_name) != 0 && self->present > 0)
        self->present--;
}

static void on_resigned (void *user, mst_federate_t fed, mst_federate_id_t id, const char *name)
{
    (void) fed;
    (void) id;
    on_left (user, name);
}

static void on_lost (void *user, mst_federate_t fed, mst_federate_id_t id, const char *name,
                     mst_time_t time, const char *reason)
{
    (void) fed;
    (void) id;
    (void) time;
    (void) reason;
    on_left (user, name);
}

static bool is_over (const pacer_t *self)
{
    bool all_left = self->came >= self->options->federates && self->present == 0;
    return all_left || (self->options->stop && *self->options->stop);
}

/*  Steps -------------------------------------------------------------------------------------- */

/*  MST_E_TIMEOUT is no error: it looked, and goes on. */
static mst_err_t no_timeout (mst_err_t err)
{
    return err == MST_E_TIMEOUT ? MST_OK : err;
}

/*  Time does not move before all are there, and somebody makes it. */
static mst_err_t gather (pacer_t *self)
{
    mst_time_t galt = MST_TIME_NEVER;
    mst_err_t err = MST_OK;
    while (!err && !is_over (self) &&
           (self->came < self->options->federates || galt == MST_TIME_NEVER)) {
        err = mst_evoke (self->fed, TURN_MS, NULL);
        if (!err && self->came >= self->options->federates)
            err = mst_query_galt (self->fed, &galt);
    }
    return err;
}

static culprit_t *culprit_find (pacer_t *self, const char *name)
{
    BASE_LIST_EACH (&self->culprits, i)
        if (strcmp (self->culprits.items[i].name, name) == 0)
            return &self->culprits.items[i];
    culprit_t fresh = { .name = base_strdup (name) };
    if (!fresh.name || BASE_LIST_PUSH (&self->culprits, fresh)) {
        base_free (fresh.name);
        return NULL; /* it is counted without its name */
    }
    return &self->culprits.items[self->culprits.count - 1];
}

static void blame (pacer_t *self, const char *name)
{
    culprit_t *culprit = name[0] ? culprit_find (self, name) : NULL;
    if (!culprit)
        return;
    culprit->overruns++;
    culprit->total_ns += self->pace.late_ns;
    if (self->pace.late_ns > culprit->worst_ns)
        culprit->worst_ns = self->pace.late_ns;
}

/*  The last of the chain: who makes all others wait. */
static void ask_who (const pacer_t *self, char name[MST_WAIT_NAME_SIZE])
{
    mst_wait_t wait;
    name[0] = '\0';
    if (mst_time_explain (self->fed, &wait, NULL, 0) == MST_OK && wait.count > 0)
        (void) snprintf (name, MST_WAIT_NAME_SIZE, "%s", wait.links[wait.count - 1].federate);
}

/*  Until the grant; who holds it longer than is tolerated is asked once. */
static mst_err_t grant (pacer_t *self, mst_time_t to, char name[MST_WAIT_NAME_SIZE])
{
    int64_t patience_ms = (self->pace.tolerance_ns + NS_PER_MS - 1) / NS_PER_MS;
    mst_err_t err = mst_advance (self->fed, to, patience_ms);
    if (err == MST_E_TIMEOUT)
        ask_who (self, name);
    while (err == MST_E_TIMEOUT && !is_over (self))
        err = mst_await_grant (self->fed, TURN_MS, NULL);
    return err;
}

static mst_err_t step (pacer_t *self, mst_time_t to)
{
    char name[MST_WAIT_NAME_SIZE] = "";
    mst_err_t err = MST_E_TIMEOUT;
    while (err == MST_E_TIMEOUT && !is_over (self))
        err = mst_pace_wait (self->fed, &self->pace, (double) to, TURN_MS);
    if (err)
        return no_timeout (err);
    err = grant (self, to, name);
    if (!err && !is_over (self) && mst_pace_reached (&self->pace, (double) to))
        blame (self, name);
    return no_timeout (err);
}

/*  The first step is the beginning: its grant says that all have made theirs. */
static mst_err_t begin (pacer_t *self)
{
    const tools_pacer_options_t *options = self->options;
    mst_err_t err = mst_time_advance_request (self->fed, options->step);
    if (!err)
        err = MST_E_TIMEOUT;
    while (err == MST_E_TIMEOUT && !is_over (self))
        err = mst_await_grant (self->fed, TURN_MS, NULL);
    if (err)
        return no_timeout (err);
    err = mst_pace_begin (&self->pace, (double) options->step, options->unit_ns, options->scale);
    double step_ns = (double) options->step * (double) options->unit_ns / options->scale;
    if (!err && step_ns / TOLERANCE_PART > (double) self->pace.tolerance_ns)
        self->pace.tolerance_ns = (int64_t) (step_ns / TOLERANCE_PART);
    return err;
}

static mst_err_t pace_all (pacer_t *self)
{
    const tools_pacer_options_t *options = self->options;
    mst_err_t err = gather (self);
    if (!err && !is_over (self))
        err = begin (self);
    for (mst_time_t to = 2 * options->step;
         !err && !is_over (self) && (options->end == 0 || to <= options->end); to += options->step)
        err = step (self, to);
    return err;
}

/*  The end ------------------------------------------------------------------------------------ */

static mst_err_t tell_number (const pacer_t *self, const char *name, double value)
{
    char text[64];
    (void) snprintf (text, sizeof text, "%.10g", value);
    return mst_report (self->fed, name, text);
}

static mst_err_t tell_culprit (const pacer_t *self, const culprit_t *culprit)
{
    char name[64], text[160];
    (void) snprintf (name, sizeof name, "overran: %.54s", culprit->name);
    (void) snprintf (text, sizeof text, "%llu times, %.1f ms in all, at worst %.1f ms",
                     (unsigned long long) culprit->overruns, (double) culprit->total_ns / NS_PER_MS,
                     (double) culprit->worst_ns / NS_PER_MS);
    return mst_report (self->fed, name, text);
}

static mst_err_t tell (const pacer_t *self)
{
    mst_err_t err = tell_number (self, "pace", self->options->scale);
    if (!err)
        err = tell_number (self, "overruns", (double) self->pace.overruns);
    if (!err && self->pace.overruns > 0)
        err = tell_number (self, "worst_overrun_ms", (double) self->pace.worst_ns / NS_PER_MS);
    for (size_t i = 0; i < self->culprits.count && !err; i++)
        err = tell_culprit (self, &self->culprits.items[i]);
    return err;
}

static mst_err_t pacer_join (pacer_t *self)
{
    const tools_pacer_options_t *options = self->options;
    mst_err_t err = mst_join (
        &(mst_join_options_t){ .rti = options->rti,
                               .federation = options->federation,
                               .name = pacer_name,
                               .recorder = true, /* synchronization points go on without it */
                               .callbacks = { .federate_joined = on_joined,
                                              .federate_resigned = on_resigned,
                                              .federate_lost = on_lost },
                               .user = self },
        &self->fed);
    return err ? err : mst_enable_time (self->fed, options->step);
}

mst_err_t tools_pace (const tools_pacer_options_t *options)
{
    pacer_t self = { .options = options };
    base_assert (options->step > 0 && options->unit_ns > 0);
    mst_err_t err = pacer_join (&self);
    if (err)
        return err;
    if (options->ready)
        options->ready (options->user);
    err = pace_all (&self);
    if (!err)
        err = tell (&self);
    mst_err_t left = mst_resign (&self.fed, MST_RESIGN_NO_ACTION);
    BASE_LIST_EACH (&self.culprits, i)
        base_free (self.culprits.items[i].name);
    BASE_LIST_FINI (&self.culprits);
    return err ? err : left;
}
