/*  Reads, finds and names, in the order in which a user would want to hear of mistakes: the
   scenario, the object model, the classes to record, the programs. */
#include "tools/plan.h"
#include "base/alloc.h"
#include "base/error.h"
#include "fom/reader.h"
#include "tools/file.h"
#include "tools/program.h"
#include "tools/text.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FOM_FILE_BYTES_MAX = 64 << 20, NUMBER_SIZE = 24 };

/*  The object model --------------------------------------------------------------------------- */

/*  Takes the buffer's bytes over. */
static mst_err_t plan_module_add (tools_plan_t *self, const char *name, base_buffer_t *bytes)
{
    mst_module_t module = { base_strdup (name), bytes->data, bytes->size_bytes };
    if (!module.name || BASE_LIST_ROOM (&self->modules)) {
        base_free ((void *) (uintptr_t) module.name);
        return base_alloc_error ();
    }
    BASE_LIST_PUT (&self->modules, module);
    *bytes = (base_buffer_t){ 0 };
    return MST_OK;
}

static mst_err_t plan_module_load (tools_plan_t *self, const char *name)
{
    base_buffer_t bytes = { 0 };
    char *path = tools_path (self->folder, name);
    mst_err_t err = path ? tools_file_read (path, FOM_FILE_BYTES_MAX, &bytes) : base_alloc_error ();
    if (!err)
        err = plan_module_add (self, name, &bytes);
    base_buffer_fini (&bytes);
    base_free (path);
    return err;
}

static mst_err_t plan_model (const tools_plan_t *self, fom_model_t **model)
{
    BASE_LIST (fom_module_t *) modules = { 0 };
    mst_err_t err = MST_OK;
    for (size_t i = 0; i < self->modules.count && !err; i++) {
        const mst_module_t *from = &self->modules.items[i];
        fom_module_t *module = NULL;
        err = BASE_LIST_ROOM (&modules)
                  ? base_alloc_error ()
                  : fom_read (from->name, from->data, from->size_bytes, &module);
        if (!err)
            BASE_LIST_PUT (&modules, module);
    }
    if (!err)
        err = fom_merge (modules.items, modules.count, model);
    BASE_LIST_EACH (&modules, i)
        fom_module_destroy (&modules.items[i]);
    BASE_LIST_FINI (&modules);
    return err;
}

/*  The classes that are to be recorded exist. */
static mst_err_t plan_classes (const tools_plan_t *self, const fom_model_t *model)
{
    const scenario_record_t *record = &self->scenario->record;
    uint32_t found;
    for (uint32_t i = 0; i < record->class_count; i++)
        if (fom_class_find (&model->interactions, record->classes[i], &found) &&
            fom_class_find (&model->objects, record->classes[i], &found))
            return base_error_prefix (MST_E_CLASS_UNKNOWN, "%s: record.classes: ", self->path);
    return MST_OK;
}

/*  Members ------------------------------------------------------------------------------------ */

static mst_err_t plan_member_add (tools_plan_t *self, const scenario_group_t *group, uint32_t rank,
                                  const char *program)
{
    bool numbered = group->scalable || group->count > 1;
    tools_plan_member_t member = { .group = group, .rank = rank };
    member.name =
        numbered ? tools_text ("%s-%u", group->name, rank + 1) : base_strdup (group->name);
    member.program = program ? base_strdup (program) : NULL;
    if (!member.name || !member.program != !program || BASE_LIST_ROOM (&self->members)) {
        base_free (member.name);
        base_free (member.program);
        return base_alloc_error ();
    }
    BASE_LIST_PUT (&self->members, member);
    self->required += group->required;
    return MST_OK;
}

static mst_err_t plan_group (tools_plan_t *self, const scenario_group_t *group)
{
    char *program = NULL;
    mst_err_t err =
        group->remote ? MST_OK : tools_program_find (group->run[0], self->folder, &program);
    if (err)
        return base_error_prefix (err, "%s: federate \"%s\": ", self->path, group->name);
    for (uint32_t rank = 0; rank < group->count && !err; rank++)
        err = plan_member_add (self, group, rank, program);
    base_free (program);
    return err;
}

/*  "sky" of two and a group that is called "sky-1" would both give a "sky-1". */
static mst_err_t plan_names (const tools_plan_t *self)
{
    BASE_LIST_EACH (&self->members, i)
        for (size_t j = 0; j < i; j++)
            if (strcmp (self->members.items[i].name, self->members.items[j].name) == 0)
                return base_error (MST_E_CONFIG,
                                   "%s: two federates would be called \"%s\"; rename the group "
                                   "\"%s\"",
                                   self->path, self->members.items[i].name,
                                   self->members.items[i].group->name);
    return MST_OK;
}

static mst_err_t plan_complete (tools_plan_t *self)
{
    const scenario_t *scenario = self->scenario;
    fom_model_t *model = NULL;
    mst_err_t err = plan_model (self, &model);
    if (!err)
        err = plan_classes (self, model);
    if (model)
        fom_model_destroy (&model);
    for (uint32_t i = 0; i < scenario->group_count && !err; i++)
        err = plan_group (self, &scenario->groups[i]);
    if (!err)
        err = plan_names (self);
    if (!err && strlen (scenario->text) > TOOLS_SCENARIO_ENVIRONMENT_MAX)
        err = base_error (MST_E_LIMIT,
                          "%s: a scenario of more than %d bytes does not fit into the environment "
                          "of its federates",
                          self->path, TOOLS_SCENARIO_ENVIRONMENT_MAX);
    return err;
}

/*  The whole ---------------------------------------------------------------------------------- */

static mst_err_t plan_init (tools_plan_t *self, scenario_t *scenario, const char *path)
{
    char whole[PATH_MAX];
    *self = (tools_plan_t){ .scenario = scenario };
    self->path = base_strdup (realpath (path, whole) ? whole : path);
    self->folder = self->path ? tools_path_folder (self->path) : NULL;
    return self->folder ? MST_OK : base_alloc_error ();
}

static mst_err_t scenario_change (scenario_t *scenario, tools_texts_t federates, tools_texts_t set)
{
    mst_err_t err = MST_OK;
    for (size_t i = 0; i < set.count && !err; i++)
        err = scenario_assign (scenario, set.items[i]);
    for (size_t i = 0; i < federates.count && !err; i++)
        err = scenario_federates (scenario, federates.items[i]);
    return err;
}

mst_err_t tools_plan_load (tools_plan_t *self, const char *path, tools_texts_t federates,
                           tools_texts_t set)
{
    scenario_t *scenario = NULL;
    *self = (tools_plan_t){ 0 };
    mst_err_t err = scenario_load (path, &scenario);
    if (err)
        return err;
    err = plan_init (self, scenario, path);
    if (!err)
        err = scenario_change (scenario, federates, set);
    for (uint32_t i = 0; !err && i < scenario->fom_count; i++)
        err = plan_module_load (self, scenario->fom[i]);
    if (!err)
        err = plan_complete (self);
    if (err)
        tools_plan_fini (self);
    return err;
}

mst_err_t tools_plan_make (tools_plan_t *self, scenario_t *scenario, const char *path,
                           const mst_module_t *modules, size_t module_count)
{
    mst_err_t err = plan_init (self, scenario, path);
    for (size_t i = 0; i < module_count && !err; i++) {
        base_buffer_t bytes = { 0 };
        err = base_buffer_append (&bytes, modules[i].data, modules[i].size_bytes);
        if (!err)
            err = plan_module_add (self, modules[i].name, &bytes);
        base_buffer_fini (&bytes);
    }
    if (!err)
        err = plan_complete (self);
    if (err)
        tools_plan_fini (self);
    return err;
}

void tools_plan_fini (tools_plan_t *self)
{
    BASE_LIST_EACH (&self->members, i) {
        base_free (self->members.items[i].name);
        base_free (self->members.items[i].program);
    }
    BASE_LIST_FINI (&self->members);
    BASE_LIST_EACH (&self->modules, i) {
        base_free ((void *) (uintptr_t) self->modules.items[i].name);
        base_free ((void *) (uintptr_t) self->modules.items[i].data);
    }
    BASE_LIST_FINI (&self->modules);
    scenario_destroy (&self->scenario);
    base_free (self->path);
    base_free (self->folder);
    self->path = self->folder = NULL;
}

/*  Environment -------------------------------------------------------------------------------- */

mst_err_t tools_plan_environment (const tools_plan_t *self, size_t index, const char *rti,
                                  tools_environment_t *environment)
{
    const tools_plan_member_t *member = &self->members.items[index];
    char rank[NUMBER_SIZE], count[NUMBER_SIZE], all[NUMBER_SIZE];
    (void) snprintf (rank, sizeof rank, "%u", member->rank);
    (void) snprintf (count, sizeof count, "%u", member->group->count);
    (void) snprintf (all, sizeof all, "%zu", self->required);
    const char *const pairs[][2] = {
        { "MUSTER_RTI", rti },
        { "MUSTER_FEDERATION", self->scenario->name },
        { "MUSTER_NAME", member->name },
        { "MUSTER_GROUP", member->group->name },
        { "MUSTER_RANK", rank },
        { "MUSTER_COUNT", count },
        { "MUSTER_FEDERATES", all },
        { "MUSTER_SCENARIO", self->path },
        { "MUSTER_SCENARIO_JSON", self->scenario->text },
        { "MUSTER_PARAMETERS", self->scenario->parameters_json },
    };
    mst_err_t err = MST_OK;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0] && !err; i++)
        err = tools_environment_set (environment, pairs[i][0], pairs[i][1]);
    return err;
}
