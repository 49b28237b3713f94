/*  The run itself: who ended, and what follows from it. */
#include "tools/run_own.h"
#include "base/alloc.h"
#include "base/error.h"
#include "tools/file.h"
#include "tools/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    STATUS_EVERY_MS = 200,
    GRACE_MS = 3000,          /* from SIGTERM to SIGKILL */
    OPTIONAL_GRACE_MS = 2000, /* for optional federates, once the required ones have ended */
    RECORDER_GRACE_MS = 30000,
    STEPS_MAX = 1000000000,
    TAIL_LINES = 10,
    TAILS_MAX = 3 /* of so many who failed the last lines are shown */
};

static const int64_t millisecond_ns = 1000000;

/*  Failures ----------------------------------------------------------------------------------- */

/*  Who it was, how it ended, what it said last. */
static mst_err_t run_complain (run_t *self, const tools_member_t *member)
{
    char text[TOOLS_END_TEXT_SIZE];
    base_buffer_t *out = &self->outcome->complaint;
    if (++self->complaints > TAILS_MAX)
        return MST_OK;
    mst_err_t err = tools_text_append (out, "%s%s %s, its last lines:\n", member->name,
                                       member->required ? "" : " (not required)",
                                       tools_process_end_text (text, member->process.code));
    size_t before = out->size_bytes;
    if (!err)
        err = tools_crew_tail (member, TAIL_LINES, out);
    if (!err && out->size_bytes == before)
        err = tools_text_append (out, "(it printed nothing)\n");
    return err;
}

static mst_err_t run_federate_ended (run_t *self, const tools_member_t *member)
{
    char text[TOOLS_END_TEXT_SIZE];
    if (member->process.code == 0 || member->ending)
        return MST_OK;
    mst_err_t err = run_complain (self, member);
    self->failed += member->required;
    if (err || !member->stop)
        return err;
    return base_error (MST_E_IO, "federate \"%s\" %s, which ended the run", member->name,
                       tools_process_end_text (text, member->process.code));
}

/*  A process of the run ended. What is returned ends the run. */
static mst_err_t run_ended (run_t *self, tools_member_t *member)
{
    char text[TOOLS_END_TEXT_SIZE];
    member->seen = true;
    if (member->role == TOOLS_FEDERATE)
        return run_federate_ended (self, member);
    if (member->role == TOOLS_PACER && member->process.code == 0)
        return MST_OK; /* the end of the scenario's time, or of the federates */
    mst_err_t err = run_complain (self, member);
    if (err)
        return err;
    (void) tools_process_end_text (text, member->process.code);
    if (member->role == TOOLS_RTI)
        return base_error (MST_E_CONNECTION_LOST, "the RTI %s in mid-run", text);
    if (member->role == TOOLS_PACER)
        return base_error (MST_E_IO, "the pacer %s in mid-run", text);
    return base_error (MST_E_IO, "the recorder %s: the recording is not whole", text);
}

/*  In the order of their starts: the RTI first, whose end explains those of the others. */
static mst_err_t run_look (run_t *self)
{
    mst_err_t err = MST_OK;
    for (size_t i = 0; i < self->crew.members.count && !err; i++) {
        tools_member_t *member = self->crew.members.items[i];
        if (member->process.ended && !member->seen)
            err = run_ended (self, member);
    }
    return err;
}

/*  Waiting ------------------------------------------------------------------------------------ */

static size_t run_required_running (const run_t *self)
{
    size_t running = 0;
    BASE_LIST_EACH (&self->crew.members, i) {
        const tools_member_t *member = self->crew.members.items[i];
        running += member->role == TOOLS_FEDERATE && member->required && !member->process.ended;
    }
    return running + run_remote_expected (self);
}

/*  Viewers and the like may run on for ever: once all others have ended, so must they. */
static void run_end_optional (run_t *self)
{
    if (self->plan->required == 0 || run_required_running (self) > 0)
        return;
    int64_t now_ns = tools_now_ns ();
    if (self->required_gone_ns == 0)
        self->required_gone_ns = now_ns;
    else if (now_ns - self->required_gone_ns > OPTIONAL_GRACE_MS * millisecond_ns)
        tools_crew_stop (&self->crew, TOOLS_FEDERATE, GRACE_MS);
}

static mst_err_t run_wait (run_t *self)
{
    mst_err_t err = MST_OK;
    while (!err && (tools_crew_running (&self->crew, TOOLS_FEDERATE) > 0 ||
                    run_remote_expected (self) > 0)) {
        tools_crew_wait (&self->crew, STATUS_EVERY_MS);
        if (self->crew.interrupt)
            return base_error (MST_E_CALL_NOT_ALLOWED, "ended by signal %d (%s)",
                               self->crew.interrupt, strsignal (self->crew.interrupt));
        run_progress (self);
        err = run_look (self);
        if (!err)
            err = run_presence_look (self);
        if (!err)
            run_end_optional (self);
    }
    if (!err)
        err = run_look (self);
    if (!err && self->failed > 0)
        err = base_error (MST_E_IO, "%zu of %zu federates failed", self->failed,
                          self->plan->members.count);
    return err;
}

/*  The end ------------------------------------------------------------------------------------ */

/*  The recorder takes in what is left and finishes its file. */
static mst_err_t run_end_recorder (run_t *self)
{
    tools_crew_stop (&self->crew, TOOLS_RECORDER, RECORDER_GRACE_MS);
    BASE_LIST_EACH (&self->crew.members, i) {
        tools_member_t *member = self->crew.members.items[i];
        if (member->role == TOOLS_RECORDER && member->process.code != 0 && !member->seen)
            return run_ended (self, member);
    }
    return MST_OK;
}

/*  The RTI was last asked some time before the end: what a federate counted is better. */
static void run_count_steps (run_t *self)
{
    const char *steps = tools_results_find (&self->outcome->results, "steps");
    if (steps && tools_value_within (steps, 1, STEPS_MAX))
        self->outcome->summary.steps = strtoull (steps, NULL, 10);
}

/*  Last words before the results are asked for. */
static mst_err_t run_end_pacer (run_t *self)
{
    tools_crew_stop (&self->crew, TOOLS_PACER, GRACE_MS);
    BASE_LIST_EACH (&self->crew.members, i) {
        tools_member_t *member = self->crew.members.items[i];
        if (member->role == TOOLS_PACER && member->process.code != 0 && !member->seen)
            return run_ended (self, member);
    }
    return MST_OK;
}

static mst_err_t run_end_good (run_t *self)
{
    mst_err_t err = run_end_pacer (self);
    if (!err)
        err = run_end_recorder (self);
    if (!err)
        err = run_results (self);
    if (!err)
        run_count_steps (self);
    return err ? err : run_expect (self);
}

/*  Everybody goes, in the order that loses least. */
static void run_end_all (run_t *self, mst_err_t err)
{
    tools_crew_stop (&self->crew, TOOLS_FEDERATE | TOOLS_PACER, GRACE_MS);
    (void) run_end_recorder (self);
    if (self->created && err != MST_E_CONNECTION_LOST &&
        (self->options->rti || tools_crew_running (&self->crew, TOOLS_RTI) > 0))
        (void) mst_destroy (self->rti, self->plan->scenario->name);
    tools_crew_stop (&self->crew, TOOLS_RTI, GRACE_MS);
}

static void run_summarize (run_t *self)
{
    tools_summary_t *summary = &self->outcome->summary;
    summary->recording = self->options->record;
    if (self->options->record)
        summary->recording_bytes = tools_file_size (self->options->record);
}

static mst_err_t outcome_init (tools_outcome_t *self, const tools_plan_t *plan)
{
    *self = (tools_outcome_t){ .summary = { .name = plan->scenario->name } };
    self->summary.results = &self->results;
    mst_err_t err = MST_OK;
    for (size_t i = 0; i < plan->members.count && !err; i++)
        err = BASE_LIST_PUSH (&self->summary.federates, plan->members.items[i].name);
    return err;
}

void tools_outcome_fini (tools_outcome_t *self)
{
    BASE_LIST_FINI (&self->summary.federates);
    tools_results_fini (&self->results);
    base_buffer_fini (&self->complaint);
}

/*  Federates that fail because their RTI is gone: an RTI that is not ours is asked. */
static mst_err_t run_blame (run_t *self, mst_err_t err)
{
    char text[RUN_TEXT_SIZE];
    if (err != MST_E_IO || !self->options->rti)
        return err;
    (void) snprintf (text, sizeof text, "%s", mst_error_text ());
    mst_err_t asked = tools_watch_ask (self->rti, self->plan->scenario->name, &self->json);
    if (asked == MST_E_NOT_CONNECTED || asked == MST_E_CONNECTION_LOST)
        return base_error (MST_E_CONNECTION_LOST, "the RTI at %s is gone: %s", self->rti, text);
    return base_error (err, "%s", text);
}

static mst_err_t run_all (run_t *self)
{
    mst_err_t err = run_start (self);
    if (!err)
        err =
            tools_watch_new (self->rti, self->plan->scenario->name, STATUS_EVERY_MS, &self->watch);
    if (!err)
        err = run_blame (self, run_wait (self));
    if (self->started_ns > 0)
        self->outcome->summary.wall_ns = tools_now_ns () - self->started_ns;
    run_progress_end (self);
    return err ? err : run_end_good (self);
}

mst_err_t tools_run (const tools_plan_t *plan, const tools_run_options_t *options,
                     tools_outcome_t *outcome)
{
    char text[RUN_TEXT_SIZE];
    run_t self = { .plan = plan, .options = options, .outcome = outcome };
    mst_err_t err = outcome_init (outcome, plan);
    if (!err)
        err = tools_run_check (plan, options);
    if (err)
        return err;
    err = tools_crew_init (&self.crew);
    if (!err)
        err = run_all (&self);
    (void) snprintf (text, sizeof text, "%s", mst_error_text ());
    run_end_all (&self, err);
    tools_watch_destroy (&self.watch);
    tools_crew_fini (&self.crew);
    run_summarize (&self);
    if (self.folder && !err && !options->output)
        tools_folder_remove (self.folder);
    else if (self.folder && err)
        (void) tools_text_append (&outcome->complaint, "what everybody printed is in %s\n",
                                  self.folder);
    base_buffer_fini (&self.json);
    base_free (self.presence);
    base_free (self.folder);
    base_free (self.rti);
    return err ? base_error (err, "%s", text) : MST_OK;
}
