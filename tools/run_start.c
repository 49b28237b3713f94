/*  The order of a start: the RTI, the federation execution, the recorder once it hears everything,
   then the federates. */
#include "tools/run_own.h"
#include "base/alloc.h"
#include "base/error.h"
#include "tools/file.h"
#include "tools/host.h"
#include "tools/program.h"
#include "tools/text.h"

#include <stdio.h>
#include <string.h>

enum { RECORDER_READY_MS = 30000 };

/*  The effective scenario, for the recorder and for who looks afterwards. */
static mst_err_t start_scenario (run_t *self, char **path)
{
    const char *text = self->plan->scenario->text;
    *path = tools_path (self->folder, "scenario.json");
    return *path ? tools_file_write (*path, text, strlen (text)) : base_alloc_error ();
}

static mst_err_t start_federation (run_t *self)
{
    const tools_plan_t *plan = self->plan;
    mst_err_t err = mst_create (self->rti, plan->scenario->name, plan->modules.items,
                                plan->modules.count, MST_TIME_INTEGER64);
    self->created = !err;
    return err;
}

static mst_err_t start_recorder_process (run_t *self, const char *program, const char *scenario)
{
    const tools_plan_t *plan = self->plan;
    tools_member_t *member = NULL;
    char *output = tools_path (self->folder, "recorder.txt");
    const char *const argv[] = { "muster",   "record-federation", "--rti",
                                 self->rti,  "--scenario",        scenario,
                                 "--folder", plan->folder,        "--origin",
                                 plan->path, "--output",          self->options->record,
                                 NULL };
    mst_err_t err = output ? MST_OK : base_alloc_error ();
    if (!err)
        err = tools_crew_start (&self->crew,
                                &(tools_enlist_t){ .role = TOOLS_RECORDER,
                                                   .name = "recorder",
                                                   .output = output,
                                                   .program = program,
                                                   .argv = argv,
                                                   .piped = true,
                                                   .required = true,
                                                   .stop = true },
                                &member);
    if (!err)
        err = tools_crew_ready (&self->crew, member, RECORDER_READY_MS);
    if (err && member) {
        (void) tools_crew_tail (member, 3, &self->outcome->complaint);
        member->seen = true;
    }
    base_free (output);
    return err;
}

static mst_err_t start_recorder (run_t *self)
{
    char *program = NULL, *scenario = NULL;
    mst_err_t err = start_scenario (self, &scenario);
    if (!err && self->options->record)
        err = tools_program_own (&program);
    if (!err && self->options->record)
        err = start_recorder_process (self, program, scenario);
    base_free (program);
    base_free (scenario);
    return err;
}

/*  The program and its arguments; argv[0] is the name in the scenario. */
static mst_err_t start_member (run_t *self, size_t index, const tools_environment_t *environment)
{
    const tools_plan_member_t *from = &self->plan->members.items[index];
    const scenario_group_t *group = from->group;
    BASE_LIST (const char *) argv = { 0 };
    mst_err_t err = MST_OK;
    for (uint32_t i = 0; !from->instead && i < group->run_count && !err; i++)
        err = BASE_LIST_PUSH (&argv, group->run[i]);
    for (uint32_t i = 0; from->instead && from->instead[i] && !err; i++)
        err = BASE_LIST_PUSH (&argv, from->instead[i]);
    if (!err)
        err = BASE_LIST_PUSH (&argv, NULL);
    char *file = tools_text ("%s.txt", from->name);
    char *output = file ? tools_path (self->folder, file) : NULL;
    tools_member_t *member = NULL;
    if (err || !output)
        err = base_alloc_error ();
    else
        err =
            tools_crew_start (&self->crew,
                              &(tools_enlist_t){
                                  .role = TOOLS_FEDERATE,
                                  .name = from->name,
                                  .output = output,
                                  .program = from->program,
                                  .argv = argv.items,
                                  .environment = environment,
                                  .folder = self->plan->folder,
                                  .required = group->required,
                                  .stop = group->required && group->on_crash == SCENARIO_CRASH_STOP,
                              },
                              &member);
    base_free (output);
    base_free (file);
    BASE_LIST_FINI (&argv);
    return err;
}

static mst_err_t start_federates (run_t *self)
{
    mst_err_t err = MST_OK;
    for (size_t i = 0; i < self->plan->members.count && !err; i++) {
        tools_environment_t environment;
        err = tools_environment_init (&environment);
        if (err)
            return err;
        err = tools_plan_environment (self->plan, i, self->rti, &environment);
        if (!err && self->plan->members.items[i].group->remote)
            err = run_remote_start (self, i, &environment);
        else if (!err)
            err = start_member (self, i, &environment);
        tools_environment_fini (&environment);
    }
    return err;
}

/*  It holds time before the federates come. */
static mst_err_t start_pacer_process (run_t *self, const char *program)
{
    const scenario_time_t *time = &self->plan->scenario->time;
    char numbers[5][32];
    tools_member_t *member = NULL;
    char *output = tools_path (self->folder, "pacer.txt");
    (void) snprintf (numbers[0], sizeof numbers[0], "%zu", self->plan->required);
    (void) snprintf (numbers[1], sizeof numbers[1], "%lld", (long long) time->unit_ns);
    (void) snprintf (numbers[2], sizeof numbers[2], "%lld", (long long) time->step);
    (void) snprintf (numbers[3], sizeof numbers[3], "%lld", (long long) time->end);
    (void) snprintf (numbers[4], sizeof numbers[4], "%.17g", self->options->pace);
    const char *const argv[] = { "muster",
                                 "pace-federation",
                                 "--rti",
                                 self->rti,
                                 "--federation",
                                 self->plan->scenario->name,
                                 "--federates",
                                 numbers[0],
                                 "--unit",
                                 numbers[1],
                                 "--step",
                                 numbers[2],
                                 "--end",
                                 numbers[3],
                                 "--scale",
                                 numbers[4],
                                 NULL };
    mst_err_t err = output ? MST_OK : base_alloc_error ();
    if (!err)
        err = tools_crew_start (&self->crew,
                                &(tools_enlist_t){ .role = TOOLS_PACER,
                                                   .name = "pacer",
                                                   .output = output,
                                                   .program = program,
                                                   .argv = argv,
                                                   .piped = true,
                                                   .required = true,
                                                   .stop = true },
                                &member);
    if (!err)
        err = tools_crew_ready (&self->crew, member, RECORDER_READY_MS);
    if (err && member) {
        (void) tools_crew_tail (member, 3, &self->outcome->complaint);
        member->seen = true;
    }
    base_free (output);
    return err;
}

static mst_err_t start_pacer (run_t *self)
{
    char *program = NULL;
    if (self->options->pace <= 0)
        return MST_OK;
    mst_err_t err = tools_program_own (&program);
    if (!err)
        err = start_pacer_process (self, program);
    base_free (program);
    return err;
}

static mst_err_t start_folder (run_t *self)
{
    if (!self->options->output)
        return tools_folder_new ("muster-run", &self->folder);
    self->folder = base_strdup (self->options->output);
    return self->folder ? tools_folder_make (self->folder) : base_alloc_error ();
}

mst_err_t run_start (run_t *self)
{
    self->presence = base_calloc (self->plan->members.count + 1, sizeof *self->presence);
    mst_err_t err = self->presence ? start_folder (self) : base_alloc_error ();
    if (!err && self->options->rti)
        err = (self->rti = base_strdup (self->options->rti)) ? MST_OK : base_alloc_error ();
    else if (!err)
        err = tools_host_start (&self->crew, self->folder, self->options->listen, &self->rti);
    if (!err)
        err = start_federation (self);
    if (!err)
        err = start_recorder (self);
    if (!err)
        err = start_pacer (self);
    if (!err)
        err = start_federates (self);
    self->started_ns = tools_now_ns ();
    return err;
}
