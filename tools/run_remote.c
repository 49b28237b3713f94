/*  Federates that the runner does not start itself: how each is started elsewhere is told, and who
    has come and gone is seen by the RTI's status. Also who has not joined in time, wherever it is.
 */
#include "tools/run_own.h"
#include "base/alloc.h"
#include "base/error.h"
#include "tools/file.h"
#include "tools/text.h"

#include <stdio.h>
#include <string.h>

static const int64_t second_ns = 1000000000;

/*  Scripts ------------------------------------------------------------------------------------ */

/*  In single quotes, as a shell reads them back. */
static mst_err_t quote (base_buffer_t *out, const char *text)
{
    mst_err_t err = tools_text_append (out, "'");
    for (; *text && !err; text++)
        err = *text == '\'' ? tools_text_append (out, "'\\''") : base_buffer_append (out, text, 1);
    return err ? err : tools_text_append (out, "'");
}

/*  Words that need no quotes stay bare. */
static mst_err_t word (base_buffer_t *out, const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-./:@%+,=";
    bool bare = text[0] && text[strspn (text, plain)] == '\0';
    return bare ? tools_text_append (out, "%s", text) : quote (out, text);
}

/*  Which of a federate's variables say something on another machine. */
static bool travels (const char *item)
{
    static const char *const names[] = {
        "MUSTER_RTI=",       "MUSTER_FEDERATION=", "MUSTER_NAME=",
        "MUSTER_GROUP=",     "MUSTER_RANK=",       "MUSTER_COUNT=",
        "MUSTER_FEDERATES=", "MUSTER_PARAMETERS=", "MUSTER_SCENARIO_JSON="
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strncmp (item, names[i], strlen (names[i])) == 0)
            return true;
    return false;
}

static mst_err_t put_variables (const tools_environment_t *environment, bool script,
                                base_buffer_t *out)
{
    mst_err_t err = MST_OK;
    for (size_t i = 0; i < environment->items.count && !err; i++) {
        const char *item = environment->items.items[i];
        if (!item || !travels (item) ||
            (!script && strncmp (item, "MUSTER_SCENARIO_JSON", 20) == 0))
            continue;
        size_t name = strcspn (item, "=") + 1;
        err = tools_text_append (out, script ? "export %.*s" : "%.*s", (int) name, item);
        if (!err)
            err = word (out, item + name);
        if (!err)
            err = tools_text_append (out, script ? "\n" : " ");
    }
    return err;
}

static mst_err_t put_program (const scenario_group_t *group, bool script, base_buffer_t *out)
{
    mst_err_t err = MST_OK;
    if (group->run_count == 0)
        return tools_text_append (out, script ? "exec \"$@\"\n" : "PROGRAM");
    if (script)
        err = tools_text_append (out, "exec ");
    for (uint32_t i = 0; i < group->run_count && !err; i++) {
        err = word (out, group->run[i]);
        if (!err)
            err = tools_text_append (out, i + 1 < group->run_count ? " "
                                          : script                 ? " \"$@\"\n"
                                                                   : "");
    }
    return err;
}

static mst_err_t remote_tell (run_t *self, const tools_plan_member_t *member,
                              const tools_environment_t *environment)
{
    base_buffer_t script = { 0 }, line = { 0 };
    char *name = tools_text ("%s.sh", member->name);
    char *path = name ? tools_path (self->folder, name) : NULL;
    mst_err_t err =
        path ? tools_text_append (&script, "#!/bin/sh\n# starts federate \"%s\"\n", member->name)
             : base_alloc_error ();
    if (!err)
        err = put_variables (environment, true, &script);
    if (!err)
        err = put_program (member->group, true, &script);
    if (!err)
        err = tools_file_write (path, script.data, script.size_bytes);
    if (!err)
        err = put_variables (environment, false, &line);
    if (!err)
        err = put_program (member->group, false, &line);
    if (!err)
        fprintf (stderr, "start \"%s\" elsewhere:\n  %s\nor, whole: ssh HOST sh -s%s < %s\n",
                 member->name, tools_text_of (&line), member->group->run_count ? "" : " PROGRAM",
                 path);
    base_buffer_fini (&script);
    base_buffer_fini (&line);
    base_free (path);
    base_free (name);
    return err;
}

mst_err_t run_remote_start (run_t *self, size_t index, const tools_environment_t *environment)
{
    return remote_tell (self, &self->plan->members.items[index], environment);
}

mst_err_t tools_run_check (const tools_plan_t *plan, const tools_run_options_t *options)
{
    const scenario_t *scenario = plan->scenario;
    if (options->pace > 0 && !scenario->time.given)
        return base_error (MST_E_CONFIG, "%s: a pace needs the scenario's \"time\"", plan->path);
    if (options->rti || options->listen)
        return MST_OK;
    BASE_LIST_EACH (&plan->members, i)
        if (plan->members.items[i].group->remote)
            return base_error (
                MST_E_CONFIG,
                "%s: federate \"%s\" is started elsewhere: say by \"listen\" (or --listen) at "
                "which "
                "address of this machine the RTI is reached, like \"tcp://10.0.0.5:15000\"",
                plan->path, plan->members.items[i].name);
    return MST_OK;
}

/*  Presence ----------------------------------------------------------------------------------- */

static const tools_member_t *process_of (const run_t *self, const char *name)
{
    BASE_LIST_EACH (&self->crew.members, i)
        if (self->crew.members.items[i]->role == TOOLS_FEDERATE &&
            strcmp (self->crew.members.items[i]->name, name) == 0)
            return self->crew.members.items[i];
    return NULL;
}

void run_presence_take (run_t *self, const tools_status_t *status)
{
    BASE_LIST_EACH (&self->plan->members, i) {
        const tools_plan_member_t *member = &self->plan->members.items[i];
        run_presence_t *presence = &self->presence[i];
        bool here = tools_names_has (&status->names, member->name);
        presence->joined |= here;
        for (size_t k = 0; k < status->departed.count; k++) {
            const tools_departed_t *gone = &status->departed.items[k];
            if (strcmp (gone->federate, member->name) != 0)
                continue;
            presence->joined = true;
            presence->left = !here;
            presence->lost = gone->lost;
        }
    }
}

size_t run_remote_expected (const run_t *self)
{
    size_t expected = 0;
    BASE_LIST_EACH (&self->plan->members, i)
        expected += self->plan->members.items[i].group->remote &&
                    self->plan->members.items[i].group->required && !self->presence[i].left;
    return expected;
}

/*  A remote one that was lost is a federate that failed. */
static mst_err_t remote_look (run_t *self, size_t index)
{
    const tools_plan_member_t *member = &self->plan->members.items[index];
    run_presence_t *presence = &self->presence[index];
    if (!member->group->remote || !presence->left || !presence->lost || presence->seen)
        return MST_OK;
    presence->seen = true;
    mst_err_t err =
        tools_text_append (&self->outcome->complaint, "%s%s, started elsewhere, was lost\n",
                           member->name, member->group->required ? "" : " (not required)");
    self->failed += member->group->required;
    bool stop = member->group->required && member->group->on_crash == SCENARIO_CRASH_STOP;
    if (err || !stop)
        return err;
    return base_error (MST_E_IO,
                       "federate \"%s\", started elsewhere, was lost, which ended the run",
                       member->name);
}

/*  Has it come, as far as this run needs it to? A process that has ended needs not. */
static bool has_come (const run_t *self, size_t index)
{
    const tools_plan_member_t *member = &self->plan->members.items[index];
    const tools_member_t *process = process_of (self, member->name);
    return self->presence[index].joined || !member->group->required ||
           (process && process->process.ended);
}

mst_err_t run_missing_names (const run_t *self, base_buffer_t *out, size_t *count)
{
    mst_err_t err = MST_OK;
    *count = 0;
    for (size_t i = 0; i < self->plan->members.count && !err; i++) {
        if (has_come (self, i))
            continue;
        err = tools_text_append (out, "%s%s", *count > 0 ? ", " : "",
                                 self->plan->members.items[i].name);
        (*count)++;
    }
    return err;
}

/*  The first look after its end may have been on its way before. */
void run_absent_warn (run_t *self, bool last)
{
    BASE_LIST_EACH (&self->plan->members, i) {
        const tools_plan_member_t *member = &self->plan->members.items[i];
        const tools_member_t *process = process_of (self, member->name);
        run_presence_t *presence = &self->presence[i];
        if (presence->joined || presence->warned || !member->group->required || !process ||
            !process->process.ended || process->process.code != 0)
            continue;
        if (presence->looks++ == 0 && !last)
            continue;
        presence->warned = true;
        fprintf (stderr,
                 "muster run: warning: federate \"%s\" ended with 0 without having joined\n",
                 member->name);
    }
}

static mst_err_t limit_look (const run_t *self)
{
    int64_t limit_ns = self->plan->scenario->start_limit_ns;
    base_buffer_t names = { 0 };
    size_t missing = 0;
    if (limit_ns == 0 || tools_now_ns () - self->started_ns <= limit_ns)
        return MST_OK;
    mst_err_t err = run_missing_names (self, &names, &missing);
    if (!err && missing > 0)
        err =
            base_error (MST_E_TIMEOUT,
                        "%zu of %zu federates have not joined within start_limit (%.10g s): %.512s",
                        missing, self->plan->members.count, (double) limit_ns / (double) second_ns,
                        tools_text_of (&names));
    base_buffer_fini (&names);
    return err;
}

mst_err_t run_presence_look (run_t *self)
{
    mst_err_t err = limit_look (self);
    for (size_t i = 0; i < self->plan->members.count && !err; i++)
        err = remote_look (self, i);
    return err;
}
