/*  The elements of IEEE 1516.2-2010's interchange format, as one table. Brackets are transparent: a
    class list without its <objects> around is understood as well. */
#include "fom/grammar.h"
#include "base/check.h"

#include <string.h>

typedef struct grammar_row {
    fom_kind_t parent;
    const char *element;
    fom_meaning_t meaning;
    fom_kind_t kind;
} grammar_row_t;

#define GRAMMAR_ITEM(parent, element, kind)                                                        \
    {                                                                                              \
        FOM_KIND_##parent, element, FOM_MEANS_ITEM, FOM_KIND_##kind                                \
    }
#define GRAMMAR_GROUP(parent, element)                                                             \
    {                                                                                              \
        FOM_KIND_##parent, element, FOM_MEANS_GROUP, FOM_KIND_##parent                             \
    }
#define GRAMMAR_SKIP(parent, element)                                                              \
    {                                                                                              \
        FOM_KIND_##parent, element, FOM_MEANS_SKIPPED, FOM_KIND_##parent                           \
    }

static const grammar_row_t grammar_rows[] = {
    GRAMMAR_GROUP (MODEL, "objects"),
    GRAMMAR_GROUP (MODEL, "interactions"),
    GRAMMAR_GROUP (MODEL, "dimensions"),
    GRAMMAR_GROUP (MODEL, "transportations"),
    GRAMMAR_GROUP (MODEL, "updateRates"),
    GRAMMAR_GROUP (MODEL, "time"),
    GRAMMAR_GROUP (MODEL, "dataTypes"),
    GRAMMAR_GROUP (MODEL, "basicDataRepresentations"),
    GRAMMAR_GROUP (MODEL, "simpleDataTypes"),
    GRAMMAR_GROUP (MODEL, "enumeratedDataTypes"),
    GRAMMAR_GROUP (MODEL, "arrayDataTypes"),
    GRAMMAR_GROUP (MODEL, "fixedRecordDataTypes"),
    GRAMMAR_GROUP (MODEL, "variantRecordDataTypes"),
    { FOM_KIND_MODEL, "switches", FOM_MEANS_SWITCHES, FOM_KIND_MODEL },
    GRAMMAR_ITEM (MODEL, "objectClass", OBJECT_CLASS),
    GRAMMAR_ITEM (MODEL, "interactionClass", INTERACTION_CLASS),
    GRAMMAR_ITEM (MODEL, "dimension", DIMENSION),
    GRAMMAR_ITEM (MODEL, "transportation", TRANSPORT),
    GRAMMAR_ITEM (MODEL, "updateRate", RATE),
    GRAMMAR_ITEM (MODEL, "timeStamp", TIME),
    GRAMMAR_ITEM (MODEL, "lookahead", TIME),
    GRAMMAR_ITEM (MODEL, "basicData", BASIC),
    GRAMMAR_ITEM (MODEL, "simpleData", SIMPLE),
    GRAMMAR_ITEM (MODEL, "enumeratedData", ENUMERATED),
    GRAMMAR_ITEM (MODEL, "arrayData", ARRAY),
    GRAMMAR_ITEM (MODEL, "fixedRecordData", FIXED),
    GRAMMAR_ITEM (MODEL, "variantRecordData", VARIANT),
    GRAMMAR_SKIP (MODEL, "modelIdentification"),
    GRAMMAR_SKIP (MODEL, "serviceUtilization"),
    GRAMMAR_SKIP (MODEL, "tags"),
    GRAMMAR_SKIP (MODEL, "synchronizations"),
    { FOM_KIND_MODEL, "notes", FOM_MEANS_NOTES, FOM_KIND_MODEL },
    GRAMMAR_SKIP (MODEL, "semantics"),
    GRAMMAR_ITEM (OBJECT_CLASS, "objectClass", OBJECT_CLASS),
    GRAMMAR_ITEM (OBJECT_CLASS, "attribute", ATTRIBUTE),
    GRAMMAR_SKIP (OBJECT_CLASS, "semantics"),
    GRAMMAR_GROUP (ATTRIBUTE, "dimensions"),
    GRAMMAR_SKIP (ATTRIBUTE, "updateCondition"),
    GRAMMAR_SKIP (ATTRIBUTE, "valueRequired"),
    GRAMMAR_SKIP (ATTRIBUTE, "semantics"),
    GRAMMAR_ITEM (INTERACTION_CLASS, "interactionClass", INTERACTION_CLASS),
    GRAMMAR_ITEM (INTERACTION_CLASS, "parameter", PARAMETER),
    GRAMMAR_GROUP (INTERACTION_CLASS, "dimensions"),
    GRAMMAR_SKIP (INTERACTION_CLASS, "semantics"),
    GRAMMAR_SKIP (PARAMETER, "semantics"),
    GRAMMAR_SKIP (PARAMETER, "valueRequired"),
    GRAMMAR_SKIP (DIMENSION, "value"),
    GRAMMAR_SKIP (DIMENSION, "semantics"),
    GRAMMAR_SKIP (TRANSPORT, "semantics"),
    GRAMMAR_SKIP (RATE, "semantics"),
    GRAMMAR_SKIP (TIME, "semantics"),
    GRAMMAR_SKIP (BASIC, "interpretation"),
    GRAMMAR_SKIP (BASIC, "semantics"),
    GRAMMAR_SKIP (SIMPLE, "semantics"),
    GRAMMAR_SKIP (ENUMERATED, "semantics"),
    GRAMMAR_SKIP (ARRAY, "semantics"),
    GRAMMAR_SKIP (FIXED, "semantics"),
    GRAMMAR_SKIP (VARIANT, "semantics"),
    GRAMMAR_SKIP (ENUMERATOR, "semantics"),
    GRAMMAR_SKIP (FIELD, "semantics"),
    GRAMMAR_SKIP (ALTERNATIVE, "semantics"),
    GRAMMAR_ITEM (ENUMERATED, "enumerator", ENUMERATOR),
    GRAMMAR_ITEM (FIXED, "field", FIELD),
    GRAMMAR_ITEM (VARIANT, "alternative", ALTERNATIVE),
};

static const char *const grammar_namespaces[] = {
    "http://standards.ieee.org/IEEE1516-2010",
    "http://www.sisostds.org/schemas/IEEE1516-2010",
    "http://standards.ieee.org/IEEE1516-2025",
};

bool fom_grammar_namespace (const char *uri, size_t size_bytes)
{
    base_assert (uri != NULL);
    if (size_bytes == 0)
        return true;
    for (size_t i = 0; i < sizeof grammar_namespaces / sizeof grammar_namespaces[0]; i++)
        if (strlen (grammar_namespaces[i]) == size_bytes &&
            memcmp (grammar_namespaces[i], uri, size_bytes) == 0)
            return true;
    return false;
}

fom_element_t fom_grammar (fom_kind_t parent, const char *element)
{
    const fom_kind_row_t *kind = fom_kind (parent);

    base_assert (element != NULL);
    base_assert (element[0] != '\0');
    for (uint32_t slot = 0; slot < kind->slot_count; slot++)
        if (strcmp (kind->slots[slot].element, element) == 0)
            return (fom_element_t){ FOM_MEANS_TEXT, parent, slot };
    for (size_t i = 0; i < sizeof grammar_rows / sizeof grammar_rows[0]; i++)
        if (grammar_rows[i].parent == parent && strcmp (grammar_rows[i].element, element) == 0)
            return (fom_element_t){ grammar_rows[i].meaning, grammar_rows[i].kind, 0 };
    return (fom_element_t){ FOM_MEANS_NOTHING, parent, 0 };
}
