/*  What a scenario comes to on this machine: its object model read, its programs found, everybody
    named. Making a plan checks all that can be checked before a run. */
#ifndef TOOLS_PLAN_H
#define TOOLS_PLAN_H

#include <muster/federate.h>
#include "base/list.h"
#include "tools/process.h"
#include "tools/scenario.h"

enum { TOOLS_SCENARIO_ENVIRONMENT_MAX = 100 * 1000 }; /* bytes; Linux gives a variable 128 KiB */

/*  One federate. A group of one is called as the group, "eye"; several, and a scalable group
   whatever its count, are numbered from 1: "sky-1". */
typedef struct tools_plan_member {
    char *name;
    char *program; /* NULL: it is started elsewhere */
    const scenario_group_t *group;
    uint32_t rank;              /* in its group, from 0 */
    const char *const *instead; /* other arguments than the group's, up to a NULL; not ours */
} tools_plan_member_t;

typedef struct tools_plan {
    scenario_t *scenario;
    char *path;                       /* of the scenario's file, absolute */
    char *folder;                     /* of it: federates run there */
    BASE_LIST (mst_module_t) modules; /* with their bytes */
    BASE_LIST (tools_plan_member_t) members;
    size_t required; /* members whose failure is the run's */
} tools_plan_t;

/*  A list of texts from the command line. */
typedef struct tools_texts {
    const char *const *items;
    size_t count;
} tools_texts_t;

/*  From a scenario's file: `federates` are wishes as for scenario_federates, `set` assignments.
    After an error there is nothing to give back. Errors: those of tools/scenario.h, MST_E_IO (a
   file or program is missing), MST_E_FOM_INVALID, MST_E_FOM_INCONSISTENT, MST_E_CLASS_UNKNOWN. */
mst_err_t tools_plan_load (tools_plan_t *self, const char *path, tools_texts_t federates,
                           tools_texts_t set);

/*  From what a recording holds. Takes the scenario over, also when it fails; module i is
    (module_names[i], data in order) in `modules`, whose bytes are copied. */
mst_err_t tools_plan_make (tools_plan_t *self, scenario_t *scenario, const char *path,
                           const mst_module_t *modules, size_t module_count);

void tools_plan_fini (tools_plan_t *self);

/*  Sets the variables that member `index` finds in its environment (docs/commands/run.md lists
   them). Errors: MST_E_NO_MEMORY. */
mst_err_t tools_plan_environment (const tools_plan_t *self, size_t index, const char *rti,
                                  tools_environment_t *environment);

#endif
