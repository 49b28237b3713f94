/*  What IEEE 1516.2-2010 gives to every federation: the two root classes, the transportations, and
   the data types that object models use without defining them (its tables of basic, simple,
   enumerated and array types). */
#include "fom/module.h"
#include "base/error.h"

#include <string.h>

typedef struct builtin_row {
    uint32_t level; /* 1: of the model; 2: of the row of level 1 before */
    fom_kind_t kind;
    const char *texts[FOM_SLOTS_MAX];
} builtin_row_t;

#define BUILTIN_BASIC(name, size, endian)                                                          \
    {                                                                                              \
        1, FOM_KIND_BASIC,                                                                         \
        {                                                                                          \
            name, size, endian                                                                     \
        }                                                                                          \
    }
#define BUILTIN_SIMPLE(name, representation, units, resolution)                                    \
    {                                                                                              \
        1, FOM_KIND_SIMPLE,                                                                        \
        {                                                                                          \
            name, representation, units, resolution, "NA"                                          \
        }                                                                                          \
    }
#define BUILTIN_ARRAY(name, type, cardinality, encoding)                                           \
    {                                                                                              \
        1, FOM_KIND_ARRAY,                                                                         \
        {                                                                                          \
            name, type, cardinality, encoding                                                      \
        }                                                                                          \
    }

static const builtin_row_t builtin_rows[] = {
    { 1, FOM_KIND_OBJECT_CLASS, { "HLAobjectRoot", "Neither" } },
    { 2,
      FOM_KIND_ATTRIBUTE,
      { "HLAprivilegeToDeleteObject", "HLAtoken", "Static", "DivestAcquire", "PublishSubscribe", "",
        "HLAreliable", "TimeStamp" } },
    { 1,
      FOM_KIND_INTERACTION_CLASS,
      { "HLAinteractionRoot", "Neither", "", "HLAreliable", "TimeStamp" } },
    { 1, FOM_KIND_TRANSPORT, { "HLAreliable", "Yes" } },
    { 1, FOM_KIND_TRANSPORT, { "HLAbestEffort", "No" } },
    BUILTIN_BASIC ("HLAinteger16BE", "16", "Big"),
    BUILTIN_BASIC ("HLAinteger32BE", "32", "Big"),
    BUILTIN_BASIC ("HLAinteger64BE", "64", "Big"),
    BUILTIN_BASIC ("HLAfloat32BE", "32", "Big"),
    BUILTIN_BASIC ("HLAfloat64BE", "64", "Big"),
    BUILTIN_BASIC ("HLAoctetPairBE", "16", "Big"),
    BUILTIN_BASIC ("HLAinteger16LE", "16", "Little"),
    BUILTIN_BASIC ("HLAinteger32LE", "32", "Little"),
    BUILTIN_BASIC ("HLAinteger64LE", "64", "Little"),
    BUILTIN_BASIC ("HLAfloat32LE", "32", "Little"),
    BUILTIN_BASIC ("HLAfloat64LE", "64", "Little"),
    BUILTIN_BASIC ("HLAoctetPairLE", "16", "Little"),
    BUILTIN_BASIC ("HLAoctet", "8", "Big"),
    BUILTIN_SIMPLE ("HLAASCIIchar", "HLAoctet", "NA", "NA"),
    BUILTIN_SIMPLE ("HLAunicodeChar", "HLAoctetPairBE", "NA", "NA"),
    BUILTIN_SIMPLE ("HLAbyte", "HLAoctet", "NA", "NA"),
    BUILTIN_SIMPLE ("HLAcount", "HLAinteger32BE", "NA", "NA"),
    BUILTIN_SIMPLE ("HLAseconds", "HLAinteger32BE", "s", "NA"),
    BUILTIN_SIMPLE ("HLAmsec", "HLAinteger32BE", "ms", "NA"),
    BUILTIN_SIMPLE ("HLAnormalizedFederateHandle", "HLAinteger32BE", "NA", "NA"),
    BUILTIN_SIMPLE ("HLAindex", "HLAinteger32BE", "NA", "NA"),
    BUILTIN_SIMPLE ("HLAinteger64Time", "HLAinteger64BE", "NA", "1"),
    BUILTIN_SIMPLE ("HLAfloat64Time", "HLAfloat64BE", "NA", "4.9E-308"),
    { 1, FOM_KIND_ENUMERATED, { "HLAboolean", "HLAinteger32BE" } },
    { 2, FOM_KIND_ENUMERATOR, { "HLAfalse", "0" } },
    { 2, FOM_KIND_ENUMERATOR, { "HLAtrue", "1" } },
    BUILTIN_ARRAY ("HLAASCIIstring", "HLAASCIIchar", "Dynamic", "HLAvariableArray"),
    BUILTIN_ARRAY ("HLAunicodeString", "HLAunicodeChar", "Dynamic", "HLAvariableArray"),
    BUILTIN_ARRAY ("HLAopaqueData", "HLAbyte", "Dynamic", "HLAvariableArray"),
    BUILTIN_ARRAY ("HLAtoken", "HLAbyte", "0", "HLAfixedArray"),
    BUILTIN_ARRAY ("HLAhandle", "HLAbyte", "Dynamic", "HLAvariableArray"),
    BUILTIN_ARRAY ("HLAlogicalTime", "HLAbyte", "Dynamic", "HLAvariableArray"),
    BUILTIN_ARRAY ("HLAtimeInterval", "HLAbyte", "Dynamic", "HLAvariableArray"),
    /* IEEE 1516.2-2025 */
    BUILTIN_BASIC ("HLAunsignedInteger16BE", "16", "Big"),
    BUILTIN_BASIC ("HLAunsignedInteger32BE", "32", "Big"),
    BUILTIN_BASIC ("HLAunsignedInteger64BE", "64", "Big"),
    BUILTIN_BASIC ("HLAunsignedInteger16LE", "16", "Little"),
    BUILTIN_BASIC ("HLAunsignedInteger32LE", "32", "Little"),
    BUILTIN_BASIC ("HLAunsignedInteger64LE", "64", "Little"),
};

mst_err_t fom_builtin (fom_draft_t *draft)
{
    const fom_place_t place = { .label = "the standard" };
    fom_node_t *outer = NULL;
    mst_err_t err = MST_OK;

    base_assert (draft != NULL);
    base_assert (draft->root != NULL);
    for (size_t i = 0; !err && i < sizeof builtin_rows / sizeof builtin_rows[0]; i++) {
        const builtin_row_t *row = &builtin_rows[i];
        fom_node_t *node;
        err =
            fom_draft_add (draft, row->level == 1 ? draft->root : outer, row->kind, &place, &node);
        for (uint32_t slot = 0; !err && slot < fom_kind (row->kind)->slot_count; slot++)
            if (row->texts[slot])
                err =
                    fom_draft_set (draft, node, slot, row->texts[slot], strlen (row->texts[slot]));
        if (row->level == 1)
            outer = node;
    }
    return err;
}
