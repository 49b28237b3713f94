/*  Facts that a command tells: lines "name: value", or the same as one JSON object. */
#ifndef TOOLS_FACTS_H
#define TOOLS_FACTS_H

#include <stdbool.h>
#include <stdint.h>
#include <cjson/cJSON.h>
#include "base/buffer.h"
#include "log/format.h"

/*  Where facts go. The first thing that goes wrong is kept. */
typedef struct tools_facts {
    base_buffer_t *out;
    cJSON *root; /* NULL: text */
    mst_err_t err;
} tools_facts_t;

void tools_facts_begin (tools_facts_t *self, bool json, base_buffer_t *out);
/*  Gives back what the first failure was. */
mst_err_t tools_facts_end (tools_facts_t *self);
void tools_facts_number (tools_facts_t *self, const char *name, uint64_t value);
/*  JSON only. */
void tools_facts_real (tools_facts_t *self, const char *name, double value);
void tools_facts_text (tools_facts_t *self, const char *name, const char *value);
void tools_facts_truth (tools_facts_t *self, const char *name, bool value);
/*  "unknown"; null in JSON. */
void tools_facts_unknown (tools_facts_t *self, const char *name);
/*  Something had to be made for a fact: was it? */
void tools_facts_kept (tools_facts_t *self, bool good);

/*  A group of facts: in text, lines that are set in below the name. */
typedef struct tools_group {
    tools_facts_t *facts;
    const char *name;
    cJSON *object;
    bool begun;
} tools_group_t;

void tools_group_add (tools_group_t *self, log_span_t key, const char *value);
void tools_group_number (tools_group_t *self, log_span_t key, uint64_t number);
void tools_group_whole (tools_group_t *self, log_span_t key, int64_t number);
/*  JSON only: an object of numbers. */
void tools_group_numbers (tools_group_t *self, log_span_t key, const char *const *names,
                          const uint64_t *numbers, size_t count);
/*  Every pair of a map of texts. */
void tools_group_map (tools_group_t *self, log_span_t map);

#endif
