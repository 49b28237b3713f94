/*  What a run ends with, as text and as JSON, and the results that it was expected to have. Pure.
 */
#ifndef TOOLS_SUMMARY_H
#define TOOLS_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>
#include "base/buffer.h"
#include "base/list.h"

/*  What a federate reported by mst_report. */
typedef struct tools_result {
    char *federate; /* "" when unknown */
    char *name;
    char *value;
} tools_result_t;

typedef BASE_LIST (tools_result_t) tools_results_t;

void tools_results_fini (tools_results_t *self);
/*  Copies the texts. Errors: MST_E_NO_MEMORY. */
mst_err_t tools_results_add (tools_results_t *self, const char *federate, const char *name,
                             const char *value);
/*  The last value of that name, or NULL. */
const char *tools_results_find (const tools_results_t *self, const char *name);

typedef struct tools_summary {
    const char *name;                   /* the scenario's */
    BASE_LIST (const char *) federates; /* who was started */
    int64_t wall_ns;
    uint64_t steps; /* of federation time; 0: none, or unknown */
    uint64_t migrations;
    const char *recording; /* a path; NULL: none */
    uint64_t recording_bytes;
    const tools_results_t *results; /* in the order in which they came */
} tools_summary_t;

/*  Lines "name: value"; the result named "digest" is the last one. Errors: MST_E_NO_MEMORY. */
mst_err_t tools_summary_text (const tools_summary_t *self, base_buffer_t *out);
/*  One JSON object and a line end. Errors: MST_E_NO_MEMORY. */
mst_err_t tools_summary_json (const tools_summary_t *self, base_buffer_t *out);

/*  Do the two say the same? Numbers are compared as numbers. */
bool tools_value_is (const char *value, const char *expected);
/*  Is it a number from smallest to largest? */
bool tools_value_within (const char *value, double smallest, double largest);

#endif
