/*  fom/json.h: JSON text into a flat list of nodes that point into it (RFC 8259). Numbers stay as
    they are written, so that 64 bits survive; strings stay escaped, so that a lone surrogate of an
    HLAunicodeString does.

    Thread rule: any thread, each text in one. */
#ifndef FOM_JSON_H
#define FOM_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <muster/error.h>
#include "base/list.h"

enum {
    FOM_JSON_DEPTH_MAX = 64,       /* brackets in brackets */
    FOM_JSON_BYTES_MAX = 64 << 20, /* of one text */
    FOM_JSON_NO_NODE = 0x7fffffff  /* no such member, no next element */
};

typedef enum fom_json_kind {
    FOM_JSON_NULL,
    FOM_JSON_FALSE,
    FOM_JSON_TRUE,
    FOM_JSON_NUMBER,
    FOM_JSON_STRING,
    FOM_JSON_ARRAY,
    FOM_JSON_OBJECT, /* its nodes are KEYs */
    FOM_JSON_KEY     /* its one node is the value */
} fom_json_kind_t;

typedef struct fom_json_node {
    fom_json_kind_t kind;
    uint32_t start;      /* of its text; of a string or key: behind the quote */
    uint32_t size_bytes; /* of a string or key: without the quotes */
    uint32_t first;      /* what it holds: FOM_JSON_NO_NODE or a node's index */
    uint32_t next;       /* in what holds it */
    uint32_t count;      /* how many it holds */
} fom_json_node_t;

typedef struct fom_json {
    const char *text;
    size_t size_bytes;
    BASE_LIST (fom_json_node_t) nodes; /* 0 is the whole */
} fom_json_t;

/*  Reads one JSON text, all of it; the text must stay while self is used. Call fom_json_fini
    afterwards, whatever came back. Errors: MST_E_INVALID_ARGUMENT (the text says where and what),
    MST_E_LIMIT (FOM_JSON_DEPTH_MAX, FOM_JSON_BYTES_MAX), MST_E_NO_MEMORY. */
mst_err_t fom_json_read (fom_json_t *self, const char *text, size_t size_bytes);
void fom_json_fini (fom_json_t *self);

const fom_json_node_t *fom_json_node (const fom_json_t *self, uint32_t index);

/*  The value of a key of an object; FOM_JSON_NO_NODE when there is none, or `object` is none. */
uint32_t fom_json_member (const fom_json_t *self, uint32_t object, const char *key);

/*  Is a string or key, without its escapes, this text? */
bool fom_json_is (const fom_json_t *self, uint32_t index, const char *text);

/*  The text of a string or key as UTF-8 with its zero (lone surrogates as three bytes each), cut to
    size_bytes; its whole size without the zero. */
size_t fom_json_copy (const fom_json_t *self, uint32_t index, char *out, size_t size_bytes);

/*  A whole number that fits; false otherwise. */
bool fom_json_int64 (const fom_json_t *self, uint32_t index, int64_t *value);
bool fom_json_uint64 (const fom_json_t *self, uint32_t index, uint64_t *value);
/*  A number of any kind, and the strings "NaN", "Infinity" and "-Infinity". */
bool fom_json_double (const fom_json_t *self, uint32_t index, double *value);

/*  A string's characters, one after another. */
typedef struct fom_json_text {
    const char *at;
    const char *end;
} fom_json_text_t;

fom_json_text_t fom_json_text (const fom_json_t *self, uint32_t index);
/*  The next code point; a surrogate that stands alone is given as it is. false at the end. */
bool fom_json_next (fom_json_text_t *text, uint32_t *code);

#endif
