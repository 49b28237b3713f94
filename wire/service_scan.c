/*  The format of msgpack as a table: the first byte says what follows. Of the 256 first bytes 224
    are short forms that carry their own number; the table has the other 32. */
#include "wire/service_scan.h"
#include "base/error.h"

#include <string.h>

enum { WIRE_FIRST_LONG_FORM = 0xc0, WIRE_FIRST_NEGATIVE = 0xe0 };

typedef struct wire_form {
    wire_token_kind_t kind;
    uint8_t size_bytes; /* of the number behind the first byte */
    uint8_t number;     /* where none follows */
} wire_form_t;

static const wire_form_t wire_forms[] = {
    { WIRE_TOKEN_NIL, 0, 0 },       { WIRE_TOKEN_ILLEGAL, 0, 0 },   /* c0 c1 */
    { WIRE_TOKEN_BOOLEAN, 0, 0 },   { WIRE_TOKEN_BOOLEAN, 0, 1 },   /* c2 c3 */
    { WIRE_TOKEN_BINARY, 1, 0 },    { WIRE_TOKEN_BINARY, 2, 0 },    /* c4 c5 */
    { WIRE_TOKEN_BINARY, 4, 0 },    { WIRE_TOKEN_EXTENSION, 0, 0 }, /* c6 c7 */
    { WIRE_TOKEN_EXTENSION, 0, 0 }, { WIRE_TOKEN_EXTENSION, 0, 0 }, /* c8 c9 */
    { WIRE_TOKEN_REAL, 4, 0 },      { WIRE_TOKEN_REAL, 8, 0 },      /* ca cb */
    { WIRE_TOKEN_UNSIGNED, 1, 0 },  { WIRE_TOKEN_UNSIGNED, 2, 0 },  /* cc cd */
    { WIRE_TOKEN_UNSIGNED, 4, 0 },  { WIRE_TOKEN_UNSIGNED, 8, 0 },  /* ce cf */
    { WIRE_TOKEN_NEGATIVE, 1, 0 },  { WIRE_TOKEN_NEGATIVE, 2, 0 },  /* d0 d1 */
    { WIRE_TOKEN_NEGATIVE, 4, 0 },  { WIRE_TOKEN_NEGATIVE, 8, 0 },  /* d2 d3 */
    { WIRE_TOKEN_EXTENSION, 0, 0 }, { WIRE_TOKEN_EXTENSION, 0, 0 }, /* d4 d5 */
    { WIRE_TOKEN_EXTENSION, 0, 0 }, { WIRE_TOKEN_EXTENSION, 0, 0 }, /* d6 d7 */
    { WIRE_TOKEN_EXTENSION, 0, 0 }, { WIRE_TOKEN_STRING, 1, 0 },    /* d8 d9 */
    { WIRE_TOKEN_STRING, 2, 0 },    { WIRE_TOKEN_STRING, 4, 0 },    /* da db */
    { WIRE_TOKEN_ARRAY, 2, 0 },     { WIRE_TOKEN_ARRAY, 4, 0 },     /* dc dd */
    { WIRE_TOKEN_MAP, 2, 0 },       { WIRE_TOKEN_MAP, 4, 0 },       /* de df */
};

_Static_assert(sizeof wire_forms / sizeof wire_forms[0] ==
                   WIRE_FIRST_NEGATIVE - WIRE_FIRST_LONG_FORM,
               "one row for each first byte from c0 to df");

size_t wire_scan_left (const wire_scan_t *self)
{
    base_assert (self != NULL);
    base_assert (self->offset <= self->size_bytes);
    return self->size_bytes - self->offset;
}

static mst_err_t wire_scan_cut_off (const wire_scan_t *self, uint64_t wanted_bytes)
{
    base_assert (wanted_bytes > wire_scan_left (self));
    return base_error (MST_E_MALFORMED,
                       " is cut off: it goes on for %llu bytes, but only %zu are left; the message "
                       "is damaged or its sender is not a federate or RTI of this version",
                       (unsigned long long) wanted_bytes, wire_scan_left (self));
}

/*  The short forms: positive and negative integers, small maps, arrays and strings. */
static void wire_scan_short (uint8_t first, wire_token_t *token)
{
    base_assert (token != NULL);
    base_assert (first < WIRE_FIRST_LONG_FORM || first >= WIRE_FIRST_NEGATIVE);
    if (first < 0x80)
        *token = (wire_token_t){ .kind = WIRE_TOKEN_UNSIGNED, .number = first };
    else if (first < 0x90)
        *token = (wire_token_t){ .kind = WIRE_TOKEN_MAP, .number = first & 0x0fu };
    else if (first < 0xa0)
        *token = (wire_token_t){ .kind = WIRE_TOKEN_ARRAY, .number = first & 0x0fu };
    else if (first < WIRE_FIRST_LONG_FORM)
        *token = (wire_token_t){ .kind = WIRE_TOKEN_STRING, .number = first & 0x1fu };
    else
        *token = (wire_token_t){ .kind = WIRE_TOKEN_NEGATIVE,
                                 .number = (uint64_t) (int64_t) (int8_t) first };
}

/*  Integers of the signed forms may be positive after all. */
static void wire_token_extend_sign (wire_token_t *token, unsigned size_bytes)
{
    unsigned unused_bits = 64 - 8 * size_bytes;
    uint64_t sign = UINT64_C (1) << (8 * size_bytes - 1);

    base_assert (token->kind == WIRE_TOKEN_NEGATIVE);
    base_assert (size_bytes > 0 && size_bytes <= 8);
    if (token->number & sign)
        token->number |= unused_bits ? UINT64_MAX << (64 - unused_bits) : 0;
    else
        token->kind = WIRE_TOKEN_UNSIGNED;
}

static void wire_token_make_real (wire_token_t *token, unsigned size_bytes)
{
    base_assert (token->kind == WIRE_TOKEN_REAL);
    base_assert (size_bytes == 4 || size_bytes == 8);
    if (size_bytes == 4) {
        uint32_t bits = (uint32_t) token->number;
        float narrow;
        memcpy (&narrow, &bits, sizeof narrow);
        token->real = (double) narrow;
    } else
        memcpy (&token->real, &token->number, sizeof token->real);
}

/*  The long forms: a big-endian number follows. */
static mst_err_t wire_scan_long (wire_scan_t *self, const wire_form_t *form, wire_token_t *token)
{
    base_assert (form->size_bytes <= sizeof token->number);
    base_assert (form->kind <= WIRE_TOKEN_ILLEGAL);
    *token = (wire_token_t){ .kind = form->kind, .number = form->number };
    if (wire_scan_left (self) < form->size_bytes)
        return wire_scan_cut_off (self, form->size_bytes);
    for (unsigned i = 0; i < form->size_bytes; i++)
        token->number = token->number << 8 | self->data[self->offset++];
    if (form->kind == WIRE_TOKEN_NEGATIVE)
        wire_token_extend_sign (token, form->size_bytes);
    if (form->kind == WIRE_TOKEN_REAL)
        wire_token_make_real (token, form->size_bytes);
    return MST_OK;
}

mst_err_t wire_scan_next (wire_scan_t *self, wire_token_t *token)
{
    mst_err_t err = MST_OK;

    base_assert (self != NULL && token != NULL);
    if (wire_scan_left (self) == 0)
        return base_error (MST_E_MALFORMED, " is missing: the message ends before it");
    uint8_t first = self->data[self->offset++];
    if (first >= WIRE_FIRST_LONG_FORM && first < WIRE_FIRST_NEGATIVE)
        err = wire_scan_long (self, &wire_forms[first - WIRE_FIRST_LONG_FORM], token);
    else
        wire_scan_short (first, token);
    if (err || (token->kind != WIRE_TOKEN_STRING && token->kind != WIRE_TOKEN_BINARY))
        return err;
    if (token->number > wire_scan_left (self))
        return wire_scan_cut_off (self, token->number);
    token->data = self->data + self->offset;
    self->offset += (size_t) token->number;
    return MST_OK;
}

const char *wire_token_name (const wire_token_t *token)
{
    base_assert (token != NULL);
    switch (token->kind) {
    case WIRE_TOKEN_NIL: return "nil";
    case WIRE_TOKEN_BOOLEAN: return "a boolean";
    case WIRE_TOKEN_UNSIGNED: return "an integer";
    case WIRE_TOKEN_NEGATIVE: return "a negative integer";
    case WIRE_TOKEN_REAL: return "a real number";
    case WIRE_TOKEN_STRING: return "a string";
    case WIRE_TOKEN_BINARY: return "bytes";
    case WIRE_TOKEN_ARRAY: return "a list";
    case WIRE_TOKEN_MAP: return "a map";
    case WIRE_TOKEN_EXTENSION: return "a msgpack extension";
    case WIRE_TOKEN_ILLEGAL: break;
    }
    return "not msgpack";
}
