/*  The RTI's status of one federation execution, read from its JSON. What is missing stays zero. */
#ifndef TOOLS_STATUS_H
#define TOOLS_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "tools/summary.h"

typedef BASE_LIST (char *) tools_names_t;
bool tools_names_has (const tools_names_t *self, const char *name);

/*  Who was joined and has left. */
typedef struct tools_departed {
    char *federate;
    bool lost;
} tools_departed_t;

typedef struct tools_status {
    bool found;          /* the federation execution exists */
    bool timed;          /* somebody has a logical time */
    int64_t now;         /* the smallest among the regulating federates, else among all */
    size_t joined;       /* federates, without recorders */
    uint64_t migrations; /* committed */
    tools_names_t names; /* of who is joined, without recorders */
    BASE_LIST (tools_departed_t) departed;
    tools_results_t results; /* in the order in which they came */
} tools_status_t;

/*  Errors: MST_E_MALFORMED (no JSON), MST_E_NO_MEMORY. Afterwards there is always something to give
    back with fini. */
mst_err_t tools_status_read (tools_status_t *self, const char *json, size_t size_bytes,
                             const char *federation);
void tools_status_fini (tools_status_t *self);

#endif
