/*  Reads msgpack from bytes that nobody vouches for, one token at a time: a scalar, a whole string,
    or the head of an array or map. It allocates nothing and never looks beyond the end. */
#ifndef WIRE_SERVICE_SCAN_H
#define WIRE_SERVICE_SCAN_H

#include <stddef.h>
#include <stdint.h>
#include <muster/error.h>

typedef enum wire_token_kind {
    WIRE_TOKEN_NIL,
    WIRE_TOKEN_BOOLEAN,  /* number: 0 or 1 */
    WIRE_TOKEN_UNSIGNED, /* number */
    WIRE_TOKEN_NEGATIVE, /* number: the two's complement of a value below 0 */
    WIRE_TOKEN_REAL,
    WIRE_TOKEN_STRING,    /* number: bytes at data */
    WIRE_TOKEN_BINARY,    /* likewise */
    WIRE_TOKEN_ARRAY,     /* number: items to come */
    WIRE_TOKEN_MAP,       /* number: pairs to come */
    WIRE_TOKEN_EXTENSION, /* no service has any: it is not read further */
    WIRE_TOKEN_ILLEGAL    /* the byte 0xc1 */
} wire_token_kind_t;

typedef struct wire_token {
    wire_token_kind_t kind;
    uint64_t number;
    double real;
    const uint8_t *data;
} wire_token_t;

typedef struct wire_scan {
    const uint8_t *data;
    size_t size_bytes;
    size_t offset;
} wire_scan_t;

/*  The bytes not yet read. */
size_t wire_scan_left (const wire_scan_t *self);

/*  Reads the next token. Errors: MST_E_MALFORMED, " is missing…" or " is cut off…". */
mst_err_t wire_scan_next (wire_scan_t *self, wire_token_t *token);

/*  What a token is called in an error: "nil", "a string", … */
const char *wire_token_name (const wire_token_t *token);

#endif
