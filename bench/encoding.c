/*  Encoding: a Spatial record of RPR FOM 2.0 between its 84 bytes and numbers, by its data types;
   the reference swaps the same fields by hand, with nothing to look up. */
#include "bench/bench.h"
#include "base/error.h"
#include "fom/codec.h"
#include "fom/reader.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/*  The types that RPR-Base_v2.0.xml gives a Spatial attribute (SISO-STD-001.1-2015), with the names
    that matter here. */
#define NUMBER(name, type) "<field><name>" name "</name><dataType>" type "</dataType></field>"
#define RECORD(name, fields)                                                                       \
    "<fixedRecordData><name>" name "</name><encoding>HLAfixedRecord</encoding>" fields             \
    "</fixedRecordData>"
#define THREE(type) NUMBER ("X", type) NUMBER ("Y", type) NUMBER ("Z", type)
#define COMMON                                                                                     \
    NUMBER ("WorldLocation", "World")                                                              \
    NUMBER ("IsFrozen", "HLAoctet") NUMBER ("Orientation", "Vector")
#define ALTERNATIVE(value, name, type)                                                             \
    "<alternative><enumerator>" value "</enumerator><name>" name "</name><dataType>" type          \
    "</dataType></alternative>"

static const char spatial_xml[] = "<objectModel><dataTypes><fixedRecordDataTypes>" RECORD (
    "World", THREE ("HLAfloat64BE")) RECORD ("Vector", THREE ("HLAfloat32BE"))
    RECORD ("Static", COMMON) RECORD ("FP", COMMON NUMBER ("Velocity", "Vector")) RECORD (
        "RV", COMMON NUMBER ("Velocity", "Vector") NUMBER ("Acceleration", "Vector") NUMBER (
                  "Angular", "Vector")) "</"
                                        "fixedRecordDataTypes><variantRecordDataTypes><"
                                        "variantRecordData><name>Spatial</name>"
                                        "<discriminant>Algorithm</discriminant><dataType>HLAoctet</"
                                        "dataType>" ALTERNATIVE ("1", "SpatialStatic", "Static")
                                            ALTERNATIVE ("2", "SpatialFPW", "FP") ALTERNATIVE (
                                                "4", "SpatialRVW",
                                                "RV") "<encoding>HLAvariantRecord</encoding></"
                                                      "variantRecordData></variantRecordDataTypes>"
                                                      "</dataTypes></objectModel>";

enum { SPATIAL_BYTES = 84, SPATIAL_NUMBERS = 17 };

typedef struct spatial {
    fom_model_t *model;
    fom_codec_t *codec;
    uint32_t type;
    uint8_t bytes[SPATIAL_BYTES];
} spatial_t;

static bool spatial_open (spatial_t *self)
{
    fom_module_t *module;
    *self = (spatial_t){ 0 };
    mst_err_t err = fom_read ("spatial.xml", spatial_xml, strlen (spatial_xml), &module);
    if (!err)
        err = fom_merge (&module, 1, &self->model);
    if (!err)
        err = fom_codec_new (self->model, &self->codec);
    if (!err)
        err = fom_codec_find (self->codec, "Spatial", &self->type);
    fom_module_destroy (&module);
    if (err)
        fprintf (stderr, "%s\n", mst_error_text ());
    self->bytes[0] = 4;
    for (size_t i = 8; i < sizeof self->bytes; i++)
        self->bytes[i] = i > 32 && i < 36 ? 0 : (uint8_t) (i * 7); /* there it is padding */
    return !err;
}

static void spatial_close (spatial_t *self)
{
    fom_codec_destroy (&self->codec);
    fom_model_destroy (&self->model);
}

/*  Of this thread: what others do on a busy machine is not the work. */
static double now_ns (void)
{
    struct timespec now;
    clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
    return (double) now.tv_sec * 1e9 + (double) now.tv_nsec;
}

/*  The compiler must not see that every round is the same. */
static void forget (void *data)
{
    __asm__ volatile("" : : "r"(data) : "memory");
}

double bench_decode_spatial (const bench_case_t *row)
{
    spatial_t spatial;
    fom_values_t values;
    mst_err_t err = MST_OK;

    if (!spatial_open (&spatial))
        return NAN;
    fom_values_init (&values);
    double start = now_ns ();
    for (uint64_t i = 0; !err && i < row->count; i++) {
        forget (spatial.bytes);
        err =
            fom_values_decode (spatial.codec, spatial.type, spatial.bytes, SPATIAL_BYTES, &values);
        forget (values.slots);
    }
    double took = now_ns () - start;
    bool good = !err && values.count == SPATIAL_NUMBERS;
    fom_values_fini (&values);
    spatial_close (&spatial);
    return good ? took / (double) row->count : NAN;
}

double bench_encode_spatial (const bench_case_t *row)
{
    spatial_t spatial;
    fom_values_t values;
    base_buffer_t bytes;

    if (!spatial_open (&spatial))
        return NAN;
    fom_values_init (&values);
    base_buffer_init (&bytes);
    mst_err_t err =
        fom_values_decode (spatial.codec, spatial.type, spatial.bytes, SPATIAL_BYTES, &values);
    double start = now_ns ();
    for (uint64_t i = 0; !err && i < row->count; i++) {
        forget (values.slots);
        base_buffer_clear (&bytes);
        err = fom_values_encode (spatial.codec, spatial.type, &values, &bytes);
        forget (bytes.data);
    }
    double took = now_ns () - start;
    bool good = !err && bytes.size_bytes == SPATIAL_BYTES &&
                memcmp (bytes.data, spatial.bytes, SPATIAL_BYTES) == 0;
    base_buffer_fini (&bytes);
    fom_values_fini (&values);
    spatial_close (&spatial);
    return good ? took / (double) row->count : NAN;
}

/*  By hand: the same 17 numbers of one kind of record. */
static void swap_fields (uint8_t *to, const uint8_t *from)
{
    uint64_t eight[3];
    uint32_t four[12];
    to[0] = from[0];
    memcpy (eight, from + 8, sizeof eight);
    for (size_t i = 0; i < 3; i++)
        eight[i] = __builtin_bswap64 (eight[i]);
    memcpy (to + 8, eight, sizeof eight);
    to[32] = from[32];
    memcpy (four, from + 36, sizeof four);
    for (size_t i = 0; i < 12; i++)
        four[i] = __builtin_bswap32 (four[i]);
    memcpy (to + 36, four, sizeof four);
}

double bench_raw_spatial (const bench_case_t *row)
{
    uint8_t from[SPATIAL_BYTES] = { 4 }, to[SPATIAL_BYTES];
    double start = now_ns ();
    for (uint64_t i = 0; i < row->count; i++) {
        forget (from);
        swap_fields (to, from);
        forget (to);
    }
    return (now_ns () - start) / (double) row->count;
}
