/*  muster run: options in, the run by tools/run, the summary out. */
#include "cli/args.h"
#include "cli/verbs.h"
#include "base/alloc.h"
#include "base/error.h"
#include "tools/run.h"
#include "tools/text.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    RUN_FEDERATES,
    RUN_SET,
    RUN_RECORD,
    RUN_NO_RECORD,
    RUN_OUTPUT,
    RUN_PACE,
    RUN_RTI,
    RUN_LISTEN,
    RUN_CHECK,
    RUN_QUIET,
    RUN_JSON
};

static const cli_option_t run_options[] = {
    [RUN_FEDERATES] = { "--federates", "N",
                        "how many federates, of the group marked scalable;\n"
                        "NAME=N: of the group NAME; may be repeated" },
    [RUN_SET] = { "--set", "KEY=VALUE",
                  "changes the scenario: a parameter, or a path like\n"
                  "time.step; may be repeated" },
    [RUN_RECORD] = { "--record", "FILE", "records into FILE, whatever the scenario says" },
    [RUN_NO_RECORD] = { "--no-record", NULL, "does not record" },
    [RUN_OUTPUT] = { "--output", "FOLDER", "what everybody prints goes there, and stays" },
    [RUN_PACE] = { "--pace", "X",
                   "logical time goes X times as fast as the wall's clock:\n1 is real time" },
    [RUN_RTI] = { "--rti", "ENDPOINT", "uses this RTI instead of starting one" },
    [RUN_LISTEN] = { "--listen", "ENDPOINT",
                     "where other machines reach the RTI, for federates that are\n"
                     "started there" },
    [RUN_CHECK] = { "--check", NULL, "only checks what can be checked before a run" },
    [RUN_QUIET] = { "--quiet", NULL, "no progress" },
    [RUN_JSON] = { "--json", NULL, "the summary as one JSON object" },
    { NULL, NULL, NULL },
};

static const cli_verb_t run_verb = {
    "run", "SCENARIO",
    "Runs a scenario: starts the RTI, the recorder and the federates, each as a\n"
    "process of its own; shows progress on standard error; ends all when one\n"
    "fails; prints a summary with the results that the federates reported.",
    run_options
};

typedef BASE_LIST (const char *) run_texts_t;

enum { RUN_SET_SIZE = 320 }; /* of what stands for --set */

typedef struct run_args {
    const char *scenario;
    run_texts_t federates, set;
    const char *record;
    const char *rti, *output;
    char pace[RUN_SET_SIZE], listen[RUN_SET_SIZE];
    bool no_record, check, quiet, json;
} run_args_t;

/*  --pace X is --set time.pace=X: the same checks, the same messages. */
static mst_err_t run_shortcut (run_args_t *self, char text[RUN_SET_SIZE], const char *key,
                               const char *value)
{
    (void) snprintf (text, RUN_SET_SIZE, "%s=%s", key, value);
    return BASE_LIST_PUSH (&self->set, text);
}

static mst_err_t run_option (run_args_t *self, const cli_args_t *args)
{
    switch (args->option) {
    case RUN_FEDERATES: return BASE_LIST_PUSH (&self->federates, args->value);
    case RUN_SET: return BASE_LIST_PUSH (&self->set, args->value);
    case RUN_RECORD: self->record = args->value; break;
    case RUN_NO_RECORD: self->no_record = true; break;
    case RUN_RTI: self->rti = args->value; break;
    case RUN_LISTEN: return run_shortcut (self, self->listen, "listen", args->value);
    case RUN_OUTPUT: self->output = args->value; break;
    case RUN_PACE: return run_shortcut (self, self->pace, "time.pace", args->value);
    case RUN_CHECK: self->check = true; break;
    case RUN_QUIET: self->quiet = true; break;
    case RUN_JSON: self->json = true; break;
    default: break;
    }
    return MST_OK;
}

/*  False: return *exit_code. */
static bool run_parse (run_args_t *self, int argc, char **argv, int *exit_code)
{
    cli_args_t args;
    cli_args_init (&args, &run_verb, argc, argv);
    for (;;) {
        switch (cli_args_next (&args)) {
        case CLI_STOP: *exit_code = args.exit_code; return false;
        case CLI_OPTION:
            if (run_option (self, &args)) {
                *exit_code = cli_failed ("run", base_alloc_error ());
                return false;
            }
            break;
        case CLI_ARGUMENT:
            if (self->scenario) {
                *exit_code = cli_usage (&run_verb, "one scenario at a time: %s or %s?",
                                        self->scenario, args.value);
                return false;
            }
            self->scenario = args.value;
            break;
        case CLI_END:
            if (self->scenario)
                return true;
            *exit_code = cli_usage (&run_verb, "which scenario?");
            return false;
        }
    }
}

static tools_telling_t run_telling (const run_args_t *self)
{
    if (self->quiet)
        return TOOLS_TELL_NOTHING;
    return isatty (STDERR_FILENO) ? TOOLS_TELL_BAR : TOOLS_TELL_LINES;
}

static tools_run_options_t run_options_of (const run_args_t *self, const tools_plan_t *plan)
{
    const scenario_t *scenario = plan->scenario;
    const char *file = self->record ? self->record : scenario->record.file;
    return (tools_run_options_t){ .rti = self->rti,
                                  .listen = scenario->listen[0] ? scenario->listen : NULL,
                                  .record = self->no_record || !file[0] ? NULL : file,
                                  .output = self->output,
                                  .pace = scenario->time.pace,
                                  .telling = run_telling (self) };
}

static int run_plan (const run_args_t *self, const tools_plan_t *plan)
{
    tools_run_options_t options = run_options_of (self, plan);
    tools_outcome_t outcome;
    base_buffer_t out = { 0 };
    int exit_code = CLI_GOOD;
    mst_err_t err = tools_run (plan, &options, &outcome);
    if (err) {
        fputs (tools_text_of (&outcome.complaint), stderr);
        exit_code = cli_failed ("run", err);
    }
    if (!err || err == MST_E_DIFFERS) {
        mst_err_t said = self->json ? tools_summary_json (&outcome.summary, &out)
                                    : tools_summary_text (&outcome.summary, &out);
        if (said)
            exit_code = cli_failed ("run", said);
        fputs (tools_text_of (&out), stdout);
    }
    base_buffer_fini (&out);
    tools_outcome_fini (&outcome);
    return exit_code;
}

int cli_run (int argc, char **argv)
{
    run_args_t self = { 0 };
    tools_plan_t plan;
    int exit_code = CLI_GOOD;
    if (run_parse (&self, argc, argv, &exit_code)) {
        mst_err_t err = tools_plan_load (
            &plan, self.scenario, (tools_texts_t){ self.federates.items, self.federates.count },
            (tools_texts_t){ self.set.items, self.set.count });
        if (err) { /* whatever is wrong was wrong before anything ran */
            (void) cli_failed ("run", err);
            exit_code = CLI_USAGE;
        } else {
            tools_run_options_t options = run_options_of (&self, &plan);
            if (!self.check)
                exit_code = run_plan (&self, &plan);
            else if (tools_run_check (&plan, &options))
                exit_code = cli_failed ("run", MST_E_CONFIG);
            else
                puts ("ok");
            tools_plan_fini (&plan);
        }
    }
    BASE_LIST_FINI (&self.federates);
    BASE_LIST_FINI (&self.set);
    return exit_code;
}
