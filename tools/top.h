/*  What `muster top` shows: the RTI's status of federation executions, read from its JSON, and what
    can be said of it with the look before. Pure: looks and the width come in, text and JSON go out.
 */
#ifndef TOOLS_TOP_H
#define TOOLS_TOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cjson/cJSON.h>
#include <muster/error.h>
#include "base/buffer.h"
#include "base/list.h"

enum { TOOLS_TOP_NUMBER = 32 };

/*  What a federate's library has counted, brought up to the moment of the look: since it last told
   them it has waited, or computed. */
typedef struct tools_top_counts {
    bool known;
    double elapsed_s, waiting_s, messaging_s;
    double updates_out, updates_in, bytes_out, bytes_in; /* interactions are updates here */
} tools_top_counts_t;

typedef struct tools_top_row {
    const char *name, *state;
    const char *held_by, *by, *why; /* NULL: it does not wait */
    const char *lost;               /* how it was lost; NULL: it is there */
    char now[TOOLS_TOP_NUMBER], requested[TOOLS_TOP_NUMBER], lookahead[TOOLS_TOP_NUMBER];
    double for_s;
    bool recorder, deadlock;
    tools_top_counts_t counts;
    bool rated;                                          /* shares and rates are there */
    double computing, waiting, messaging;                /* shares, together 1 */
    double updates_out, updates_in, bytes_out, bytes_in; /* per second */
    uint64_t queue;                                      /* messages that wait for a grant */
    const cJSON *from;
} tools_top_row_t;

typedef enum tools_top_sort {
    TOOLS_TOP_BY_NAME,
    TOOLS_TOP_BY_STATE,
    TOOLS_TOP_BY_TIME,
    TOOLS_TOP_BY_WAITING,
    TOOLS_TOP_BY_RATE,
    TOOLS_TOP_SORTS
} tools_top_sort_t;

/*  "name", "state", "time", "waiting", "rate". False: none of them. */
const char *tools_top_sort_name (tools_top_sort_t sort);
bool tools_top_sort_find (const char *name, tools_top_sort_t *sort);

/*  One look, and the one before it. Zero-initialised. */
typedef struct tools_top {
    cJSON *root, *before;
} tools_top_t;

/*  Errors: MST_E_MALFORMED (no JSON): the old look stays. */
mst_err_t tools_top_take (tools_top_t *self, const char *json, size_t size_bytes);
void tools_top_fini (tools_top_t *self);

/*  Federation executions in it; is one of them called so? */
size_t tools_top_count (const tools_top_t *self);
bool tools_top_has (const tools_top_t *self, const char *federation);

/*  Has every federate that could told its counters, at most so long ago? (The first look makes the
   RTI ask for them; unasked they are told when a wait begins, which may be long ago.) */
bool tools_top_complete (const tools_top_t *self, int64_t fresh_ns);

typedef struct tools_top_view {
    size_t width;  /* columns; 0: as wide as it comes */
    size_t height; /* lines; 0: all */
    bool colours;
    bool why;
    tools_top_sort_t sort;
    bool since_join;  /* shares and rates are averages since the join, not since the look before */
    int64_t fresh_ns; /* what counters older than this would say is left open; 0: none is too old */
    const char *rti;  /* for the first line; NULL: none */
    const cJSON *metadata; /* of the one federation execution that is looked at; NULL: none */
} tools_top_view_t;

/*  Errors: MST_E_NO_MEMORY. */
mst_err_t tools_top_text (const tools_top_t *self, const tools_top_view_t *view,
                          base_buffer_t *out);
/*  One object and a line end. */
mst_err_t tools_top_json (const tools_top_t *self, const tools_top_view_t *view,
                          base_buffer_t *out);

/*  The rows of the index-th federation execution, sorted. Given back with BASE_LIST_FINI. */
typedef BASE_LIST (tools_top_row_t) tools_top_rows_t;
mst_err_t tools_top_rows (const tools_top_t *self, const cJSON *federation,
                          const tools_top_view_t *view, tools_top_rows_t *rows);
const cJSON *tools_top_federations (const tools_top_t *self);  /* the first; ->next */
const char *tools_top_word (const cJSON *of, const char *key); /* "" when missing */

#endif
