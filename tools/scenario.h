/*  tools/scenario.h: the scenario file: who runs, how time goes, what is recorded and expected.

        scenario_t *scenario;
        err = scenario_load ("comets/scenario.json", &scenario);
        err = scenario_set (scenario, "parameters.close_approach_au", "0.1");
        err = scenario_federates (scenario, "4");

    Texts and lists belong to the scenario and are valid until the next scenario_set or
    scenario_federates.

    Thread rule: one thread at a time. */
#ifndef SCENARIO_H
#define SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <muster/error.h>
#include "base/arena.h"
#include "tools/config_json.h"

enum {
    SCENARIO_VERSION = 1,
    SCENARIO_FEDERATES_MAX = 1024, /* of all groups together */
    SCENARIO_GROUPS_MAX = 256,
    SCENARIO_NAME_BYTES_MAX = 64,
    SCENARIO_LEAF_CAPACITY_MAX = 1 << 20
};

/*  Of time.pace: what <muster/pace.h> takes. */
#define SCENARIO_PACE_MIN 1e-6
#define SCENARIO_PACE_MAX 1e9

typedef enum scenario_crash { SCENARIO_CRASH_STOP, SCENARIO_CRASH_CONTINUE } scenario_crash_t;

/*  A group of like federates: `count` processes of one program. */
typedef struct scenario_group {
    const char *name;
    const char *const *run; /* program and arguments */
    uint32_t run_count;
    uint32_t count;
    bool scalable; /* --federates N means this group */
    bool required; /* false: the run goes on without it */
    bool remote;   /* started elsewhere, by hand: the runner waits for it; `run` may be empty */
    scenario_crash_t on_crash;
} scenario_group_t;

typedef struct scenario_time {
    bool given;
    int64_t unit_ns;  /* one count of logical time */
    int64_t start_ns; /* the wall's date at time 0, since 1970 */
    int64_t end;      /* counts from the start, as are the next two */
    int64_t step;
    int64_t lookahead;
    double pace; /* logical seconds per second of the wall; 0: as fast as it goes */
} scenario_time_t;

typedef enum scenario_outside { SCENARIO_OUTSIDE_PARK } scenario_outside_t;

typedef struct scenario_space {
    bool given;
    double centre[3];
    double half_width;
    const char *unit; /* "" = none */
    uint32_t leaf_capacity;
    double halo;
    scenario_outside_t outside;
    const char *position; /* "Comet.State": where objects tell their positions; "" = unknown */
} scenario_space_t;

typedef enum scenario_value_kind {
    SCENARIO_VALUE_TEXT,
    SCENARIO_VALUE_NUMBER,
    SCENARIO_VALUE_TRUTH,
    SCENARIO_VALUE_RANGE /* expectations only */
} scenario_value_kind_t;

/*  A parameter, or what is expected of the run. */
typedef struct scenario_value {
    const char *key;
    scenario_value_kind_t kind;
    const char *text; /* texts; otherwise as the number is written */
    double smallest;  /* a number; of a range its two ends, both allowed */
    double largest;
    bool truth;
} scenario_value_t;

typedef struct scenario_record {
    const char *file;           /* "" = no recording */
    const char *const *classes; /* none: all */
    uint32_t class_count;
} scenario_record_t;

typedef struct scenario {
    const char *name;
    const char *const *fom; /* files, relative to the folder */
    uint32_t fom_count;
    const scenario_group_t *groups;
    uint32_t group_count;
    uint32_t federate_count; /* of all groups */
    scenario_time_t time;
    scenario_space_t space;
    const scenario_value_t *parameters;
    uint32_t parameter_count;
    const scenario_value_t *expect;
    uint32_t expect_count;
    scenario_record_t record;
    const char *listen;          /* where the run's RTI is reached; "": by this machine only */
    int64_t start_limit_ns;      /* all who are required have joined by then; 0: no limit */
    const char *parameters_json; /* the parameters as one JSON object */
    const char *text;            /* the whole scenario as JSON, changes included */
    char *folder;                /* where its file lies; "." otherwise */
    /* private */
    config_json_t json;
    cJSON *replaced; /* values that were set anew: their addresses keep their lines */
    base_arena_t arena;
} scenario_t;

/*  Reads and checks a file, or a text under a label. The caller destroys the scenario.
    Errors: MST_E_CONFIG ("scenario.json:7: …"), MST_E_NOT_SUPPORTED, MST_E_LIMIT, MST_E_IO,
    MST_E_NO_MEMORY. */
mst_err_t scenario_load (const char *path, scenario_t **scenario);
mst_err_t scenario_read (const char *label, const void *data, size_t size_bytes,
                         scenario_t **scenario);
void scenario_destroy (scenario_t **self_p);

/*  Changes one value, "time.step" or "federates[0].count" or "federates.sky.count", and checks all
    again. A parameter must stand in the file already and keeps its type; of other values what is
    missing is made. After an error the scenario is only good to be destroyed. Errors as above. */
mst_err_t scenario_set (scenario_t *self, const char *path, const char *value);

/*  "key=value" of --set. */
mst_err_t scenario_assign (scenario_t *self, const char *assignment);

/*  "4" for the one scalable group, "sky=4" for a named one. */
mst_err_t scenario_federates (scenario_t *self, const char *wish);

/*  NULL: there is none of this name. */
const scenario_group_t *scenario_group (const scenario_t *self, const char *name);
const scenario_value_t *scenario_parameter (const scenario_t *self, const char *key);

/*  The fields from the JSON tree, checked; scenario.c calls it after every change. */
mst_err_t scenario_check (scenario_t *self);

#endif
