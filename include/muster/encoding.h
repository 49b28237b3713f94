/*  <muster/encoding.h>: values of attributes and parameters as bytes, with the rules of IEEE
   1516.2.

    Two ways. By the object model's data types, between bytes and JSON text: mst_encode, mst_decode.
    By hand, number after number: a writer or a reader over a buffer of the caller's, for which no
    federate is needed. How each data type looks in JSON, and a table of encodings:
   docs/encoding.md.

    Thread rule: mst_encode and mst_decode as <muster/federate.h>, also within a callback; a writer
    or reader in one thread at a time. */
#ifndef MUSTER_ENCODING_H
#define MUSTER_ENCODING_H

#include <muster/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/*  By data type ----------------------------------------------------------------------------------
 */

/*  Writes a value given as JSON ("3.5", "{\"X\":1,\"Y\":2}") in the encoding of a data type of the
    federation's object model ("HLAfloat64BE", "SpatialVariantStruct"). json: one value, with its
    zero. *size_bytes: the buffer's size; afterwards the value's, also when the buffer is too small.
    buffer may be NULL when *size_bytes is 0, to ask for the size. Errors: MST_E_LIMIT (the buffer
   is too small: nothing is written), MST_E_TYPE_UNKNOWN (with the nearest name), MST_E_VALUE_MISFIT
    (the text says where: "WorldLocation.X: …"), MST_E_INVALID_ARGUMENT (this is no JSON),
    MST_E_NOT_SUPPORTED (the text says what the type lacks), MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_encode (mst_federate_t fed, const char *type_name, const char *json,
                                 void *buffer, size_t *size_bytes);

/*  The same value as JSON text on one line, with its zero. *needed_bytes (may be NULL) is the size
    of the whole text with its zero. Errors: MST_E_LIMIT (json_size_bytes is too small: the text is
    empty), MST_E_MALFORMED (the bytes are no such value), MST_E_TYPE_UNKNOWN, MST_E_NOT_SUPPORTED,
    MST_E_NO_MEMORY. */
MST_EXPORT mst_err_t mst_decode (mst_federate_t fed, const char *type_name, const void *data,
                                 size_t size_bytes, char *json, size_t json_size_bytes,
                                 size_t *needed_bytes);

/*  Writing by hand -------------------------------------------------------------------------------
 */

/*  Each put writes at the next octet boundary of what it puts (2 for two bytes …), with zeros in
    between, counted from the writer's start: so the fields of an HLAfixedRecord, one after another,
    stand where they belong. A value that does not fit is not written; the writer goes on counting,
    and mst_writer_end tells. A writer holds nothing that must be given back. */
typedef struct mst_writer {
    uint8_t *data;
    size_t capacity_bytes;
    size_t size_bytes; /* of what was put, also of what did not fit */
} mst_writer_t;

/*  data: capacity_bytes bytes, the caller's, as long as the writer is used. */
MST_EXPORT mst_writer_t mst_writer (void *data, size_t capacity_bytes);
/*  *size_bytes: how many bytes the value has. Errors: MST_E_LIMIT (the buffer is too small). */
MST_EXPORT mst_err_t mst_writer_end (const mst_writer_t *to, size_t *size_bytes);

MST_EXPORT void mst_put_u8 (mst_writer_t *to, uint8_t value);     /* HLAoctet, HLAASCIIchar */
MST_EXPORT void mst_put_u16be (mst_writer_t *to, uint16_t value); /* HLAunsignedInteger16BE, */
MST_EXPORT void mst_put_u16le (mst_writer_t *to, uint16_t value); /*  HLAoctetPairBE; …LE */
MST_EXPORT void mst_put_u32be (mst_writer_t *to, uint32_t value); /* HLAunsignedInteger32BE */
MST_EXPORT void mst_put_u32le (mst_writer_t *to, uint32_t value); /* HLAunsignedInteger32LE */
MST_EXPORT void mst_put_u64be (mst_writer_t *to, uint64_t value); /* HLAunsignedInteger64BE */
MST_EXPORT void mst_put_u64le (mst_writer_t *to, uint64_t value); /* HLAunsignedInteger64LE */
MST_EXPORT void mst_put_i16be (mst_writer_t *to, int16_t value);  /* HLAinteger16BE */
MST_EXPORT void mst_put_i16le (mst_writer_t *to, int16_t value);  /* HLAinteger16LE */
MST_EXPORT void mst_put_i32be (mst_writer_t *to, int32_t value);  /* HLAinteger32BE */
MST_EXPORT void mst_put_i32le (mst_writer_t *to, int32_t value);  /* HLAinteger32LE */
MST_EXPORT void mst_put_i64be (mst_writer_t *to, int64_t value);  /* HLAinteger64BE, …Time */
MST_EXPORT void mst_put_i64le (mst_writer_t *to, int64_t value);  /* HLAinteger64LE */
MST_EXPORT void mst_put_f32be (mst_writer_t *to, float value);    /* HLAfloat32BE */
MST_EXPORT void mst_put_f32le (mst_writer_t *to, float value);    /* HLAfloat32LE */
MST_EXPORT void mst_put_f64be (mst_writer_t *to, double value);   /* HLAfloat64BE, HLAfloat64Time */
MST_EXPORT void mst_put_f64le (mst_writer_t *to, double value);   /* HLAfloat64LE */
MST_EXPORT void mst_put_boolean (mst_writer_t *to, bool value);   /* HLAboolean: 4 bytes */

/*  Zeros up to a boundary of 1, 2, 4, 8 … bytes: before a record in a record whose largest field is
    larger than its first; between the discriminant of an HLAvariantRecord and the alternative (the
    boundary of the largest of all alternatives). */
MST_EXPORT void mst_put_align (mst_writer_t *to, size_t boundary);

/*  The head of an HLAvariableArray: how many elements follow, and the padding before the first.
    boundary: of an element. Put each element after an mst_put_align to that boundary; an
    HLAfixedArray has no head. count: up to 2^31 - 1 (beyond it the writer does not fit). */
MST_EXPORT void mst_put_array (mst_writer_t *to, size_t count, size_t boundary);

/*  Bytes as they are, without a head: an HLAfixedArray of octets. */
MST_EXPORT void mst_put_bytes (mst_writer_t *to, const void *data, size_t size_bytes);
/*  HLAopaqueData, HLAhandle: a head and the bytes. */
MST_EXPORT void mst_put_opaque (mst_writer_t *to, const void *data, size_t size_bytes);
/*  HLAASCIIstring: a head and the characters. text: with its zero, which is not put. */
MST_EXPORT void mst_put_ascii (mst_writer_t *to, const char *text);
/*  HLAunicodeString: a head and UTF-16. text: UTF-8 with its zero; what is not UTF-8 becomes
    U+FFFD. */
MST_EXPORT void mst_put_unicode (mst_writer_t *to, const char *text);

/*  Reading by hand -------------------------------------------------------------------------------
 */

/*  Each get reads at the next octet boundary of what it gets, as a put writes. What is not there
    reads as 0 and makes the reader `bad` for good: get everything, then ask once. */
typedef struct mst_reader {
    const uint8_t *data;
    size_t size_bytes;
    size_t at; /* the next byte */
    bool bad;
} mst_reader_t;

/*  data: a received value, as long as the reader is used. */
MST_EXPORT mst_reader_t mst_reader (const void *data, size_t size_bytes);
/*  Errors: MST_E_MALFORMED (something was not there; bytes are left). */
MST_EXPORT mst_err_t mst_reader_end (const mst_reader_t *from);

MST_EXPORT uint8_t mst_get_u8 (mst_reader_t *from);     /* HLAoctet, HLAASCIIchar */
MST_EXPORT uint16_t mst_get_u16be (mst_reader_t *from); /* HLAunsignedInteger16BE, … as above */
MST_EXPORT uint16_t mst_get_u16le (mst_reader_t *from);
MST_EXPORT uint32_t mst_get_u32be (mst_reader_t *from);
MST_EXPORT uint32_t mst_get_u32le (mst_reader_t *from);
MST_EXPORT uint64_t mst_get_u64be (mst_reader_t *from);
MST_EXPORT uint64_t mst_get_u64le (mst_reader_t *from);
MST_EXPORT int16_t mst_get_i16be (mst_reader_t *from); /* HLAinteger16BE, … */
MST_EXPORT int16_t mst_get_i16le (mst_reader_t *from);
MST_EXPORT int32_t mst_get_i32be (mst_reader_t *from);
MST_EXPORT int32_t mst_get_i32le (mst_reader_t *from);
MST_EXPORT int64_t mst_get_i64be (mst_reader_t *from);
MST_EXPORT int64_t mst_get_i64le (mst_reader_t *from);
MST_EXPORT float mst_get_f32be (mst_reader_t *from); /* HLAfloat32BE, … */
MST_EXPORT float mst_get_f32le (mst_reader_t *from);
MST_EXPORT double mst_get_f64be (mst_reader_t *from);
MST_EXPORT double mst_get_f64le (mst_reader_t *from);
MST_EXPORT bool mst_get_boolean (mst_reader_t *from); /* HLAboolean: false is 0 */

/*  Skips padding, as mst_put_align writes it. */
MST_EXPORT void mst_get_align (mst_reader_t *from, size_t boundary);

/*  The head of an HLAvariableArray: how many elements follow. boundary: of an element;
    element_bytes: the least size of one (at least 1), so that a wrong count is found here and not
    after an allocation. */
MST_EXPORT size_t mst_get_array (mst_reader_t *from, size_t boundary, size_t element_bytes);

/*  size_bytes bytes as they are, within the value; NULL when they are not there. */
MST_EXPORT const void *mst_get_bytes (mst_reader_t *from, size_t size_bytes);
/*  HLAopaqueData, HLAhandle: the bytes, within the value, and how many. */
MST_EXPORT const void *mst_get_opaque (mst_reader_t *from, size_t *size_bytes);
/*  HLAASCIIstring and HLAunicodeString, as UTF-8 with a zero, cut at a whole character to
    size_bytes (at least 1). The whole text's size without the zero. */
MST_EXPORT size_t mst_get_ascii (mst_reader_t *from, char *text, size_t size_bytes);
MST_EXPORT size_t mst_get_unicode (mst_reader_t *from, char *text, size_t size_bytes);

#ifdef __cplusplus
}
#endif
#endif
