/*  fom/model and fom_merge: numbers, inheritance, names, and modules that do or do not fit. */
#include "tests/support/check.h"
#include "tests/support/sweep.h"
#include "base/alloc.h"
#include "fom/limits.h"
#include "fom/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODEL(inner) "<objectModel>" inner "</objectModel>"
#define OBJECTS(inner)                                                                             \
    "<objects>\n<objectClass><name>HLAobjectRoot</name>" inner "</objectClass></objects>"
#define INTERACTIONS(inner)                                                                        \
    "<interactions><interactionClass><name>HLAinteractionRoot</name>" inner                        \
    "</interactionClass></interactions>"
#define CLASS(name, inner) "\n<objectClass><name>" name "</name>" inner "</objectClass>"
#define ATTRIBUTE(name, type)                                                                      \
    "\n<attribute><name>" name "</name><dataType>" type "</dataType></attribute>"

/*  Merges texts as modules a.xml, b.xml, … */
static mst_err_t merge (const char *const *texts, fom_model_t **model)
{
    static const char *const labels[] = { "a.xml", "b.xml", "c.xml", "d.xml" };
    fom_module_t *modules[4] = { NULL };
    size_t count = 0;
    mst_err_t err = MST_OK;
    *model = NULL;
    for (; !err && texts[count]; count++)
        err = fom_read (labels[count], texts[count], strlen (texts[count]), &modules[count]);
    if (!err)
        err = fom_merge (modules, count, model);
    for (size_t i = 0; i < 4; i++)
        fom_module_destroy (&modules[i]);
    return err;
}
#define MERGE(model, ...) merge ((const char *const[]){ __VA_ARGS__, NULL }, (model))

static uint32_t class_of (const fom_tree_t *tree, const char *name)
{
    uint32_t class_index;
    CHECK_OK (fom_class_find (tree, name, &class_index));
    return class_index == FOM_NONE ? 0 : class_index;
}

static const char solar[] = MODEL (
    OBJECTS (CLASS (
        "Body", ATTRIBUTE ("Position", "HLAopaqueData") ATTRIBUTE ("Mass", "HLAfloat64BE")
                    CLASS ("Comet", ATTRIBUTE ("Tail", "HLAboolean") CLASS ("Fragment", "")) CLASS (
                        "Planet", ATTRIBUTE ("Rings", "HLAcount") ATTRIBUTE ("Moons", "HLAcount")))
                 CLASS ("Eye", "") CLASS ("Ship", CLASS ("Planet", "")))
        INTERACTIONS (
            "<interactionClass><name>CloseApproach</name><sharing>PublishSubscribe</sharing>"
            "<dimensions><dimension>Sky</dimension></dimensions>"
            "<transportation>HLAbestEffort</transportation><order>Receive</order>"
            "<parameter><name>Low</name><dataType>HLAcount</dataType></parameter>"
            "<parameter><name>High</name><dataType>HLAcount</dataType></parameter>"
            "<interactionClass><name>Impact</name><order>TimeStamp</order>"
            "<parameter><name>Energy</name><dataType>HLAfloat64BE</dataType></parameter>"
            "</interactionClass></interactionClass>") "<dimensions><dimension><name>Sky</"
                                                      "name><upperBound>360</upperBound></"
                                                      "dimension></dimensions>"
                                                      "<switches><autoProvide "
                                                      "isEnabled='true'/><serviceReporting "
                                                      "isEnabled='false'/></switches>"
                                                      "<time><timeStamp><dataType>HLAinteger64Time<"
                                                      "/dataType></timeStamp>"
                                                      "<lookahead><dataType>HLAinteger64Time</"
                                                      "dataType></lookahead></time>"
                                                      "<updateRates><updateRate><name>Slow</"
                                                      "name><rate>0.25</rate></updateRate></"
                                                      "updateRates>");

/*  Without modules ----------------------------------------------------------------------------- */

static void test_the_standard_is_always_there (void)
{
    fom_model_t *model;
    CHECK_OK (fom_merge (NULL, 0, &model));
    CHECK_OR_RETURN (model != NULL);
    CHECK_INT (model->objects.count, 1);
    CHECK_INT (model->interactions.count, 1);
    const fom_class_t *root = fom_class (&model->objects, 0);
    CHECK_TEXT (root->full_name, "HLAobjectRoot");
    CHECK_INT (root->member_count, 1);
    CHECK_TEXT (root->members[0]->name, "HLAprivilegeToDeleteObject");
    CHECK (root->members[0]->delivery.order == FOM_TIMESTAMP);
    CHECK (root->members[0]->delivery.reliable);
    CHECK_TEXT (fom_class (&model->interactions, 0)->name, "HLAinteractionRoot");
    uint32_t type = fom_type_find (model, "HLAfloat64LE");
    CHECK_OR_RETURN (type != FOM_NONE);
    CHECK (model->types[type].kind == FOM_TYPE_BASIC && model->types[type].little_endian);
    CHECK_INT (model->types[type].size_bits, 64);
    type = fom_type_find (model, "HLAunicodeString");
    CHECK_OR_RETURN (type != FOM_NONE);
    CHECK_TEXT (model->types[model->types[type].type].name, "HLAunicodeChar");
    CHECK (fom_type_find (model, "HLAfloat65") == FOM_NONE);
    CHECK (fom_transport_find (model, "HLAbestEffort") != FOM_NONE);
    CHECK (fom_model_warning (model, 0) == NULL);
    fom_model_destroy (&model);
    CHECK (model == NULL);
}

/*  Numbers and names --------------------------------------------------------------------------- */

static void test_numbers_are_in_preorder (void)
{
    static const char *const expected[] = {
        "HLAobjectRoot",
        "HLAobjectRoot.Body",
        "HLAobjectRoot.Body.Comet",
        "HLAobjectRoot.Body.Comet.Fragment",
        "HLAobjectRoot.Body.Planet",
        "HLAobjectRoot.Eye",
        "HLAobjectRoot.Ship",
        "HLAobjectRoot.Ship.Planet",
    };
    fom_model_t *model;
    CHECK_OK (MERGE (&model, solar));
    CHECK_OR_RETURN (model != NULL);
    CHECK_INT (model->objects.count, 8);
    for (uint32_t i = 0; i < 8; i++) {
        CHECK_TEXT (fom_class (&model->objects, i)->full_name, expected[i]);
        CHECK_INT (class_of (&model->objects, expected[i]), i);
    }
    CHECK_INT (fom_class (&model->objects, 0)->parent, FOM_NONE);
    CHECK_INT (fom_class (&model->objects, 3)->parent, 2);
    CHECK_INT (fom_class (&model->objects, 3)->depth, 3);
    fom_model_destroy (&model);
}

static void test_is_a (void)
{
    fom_model_t *model;
    CHECK_OK (MERGE (&model, solar));
    CHECK_OR_RETURN (model != NULL);
    const fom_tree_t *tree = &model->objects;
    for (uint32_t i = 0; i < tree->count; i++)
        for (uint32_t above = 0; above < tree->count; above++) {
            uint32_t walk = i; /* the slow way: climb */
            while (walk != above && walk != FOM_NONE)
                walk = tree->classes[walk].parent;
            CHECK (fom_is_a (tree, i, above) == (walk == above));
        }
    CHECK (fom_class_known (tree, 7) && !fom_class_known (tree, 8));
    CHECK (fom_member_known (tree, 2, 3) && !fom_member_known (tree, 2, 4));
    CHECK (!fom_member_known (tree, 8, 0));
    fom_model_destroy (&model);
}

static void test_members_keep_their_number (void)
{
    fom_model_t *model;
    uint32_t member;
    CHECK_OK (MERGE (&model, solar));
    CHECK_OR_RETURN (model != NULL);
    const fom_tree_t *tree = &model->objects;
    for (uint32_t i = 1; i < tree->count; i++) {
        const fom_class_t *in = fom_class (tree, i), *parent = fom_class (tree, in->parent);
        CHECK_INT (in->inherited_count, parent->member_count);
        for (uint32_t k = 0; k < parent->member_count; k++)
            CHECK (in->members[k] == parent->members[k]);
    }
    uint32_t fragment = class_of (tree, "Fragment");
    CHECK_OK (fom_member_find (tree, fragment, "Tail", &member));
    CHECK_INT (member, 3);
    CHECK_INT (fom_member (tree, fragment, 3)->declared_by, class_of (tree, "Comet"));
    CHECK_ERR (fom_member_find (tree, fragment, "Rings", &member), MST_E_ATTRIBUTE_UNKNOWN);
    CHECK_TEXT (mst_error_text (),
                "class \"HLAobjectRoot.Body.Comet.Fragment\" has no attribute \"Rings\"");
    CHECK_ERR (fom_member_find (&model->interactions, 0, "X", &member), MST_E_PARAMETER_UNKNOWN);
    fom_model_destroy (&model);
}

static void test_short_names (void)
{
    fom_model_t *model;
    uint32_t found;
    CHECK_OK (MERGE (&model, solar));
    CHECK_OR_RETURN (model != NULL);
    CHECK_INT (class_of (&model->objects, "Comet"), 2);
    CHECK_INT (class_of (&model->objects, "Body.Planet"), 4);
    CHECK_INT (class_of (&model->objects, "Ship.Planet"), 7);
    CHECK_ERR (fom_class_find (&model->objects, "Planet", &found), MST_E_CLASS_UNKNOWN);
    CHECK_TEXT (mst_error_text (),
                "the class name \"Planet\" is not clear: it could be \"HLAobjectRoot.Body.Planet\" "
                "or \"HLAobjectRoot.Ship.Planet\": write more of it");
    CHECK_ERR (fom_class_find (&model->objects, "lanet", &found), MST_E_CLASS_UNKNOWN);
    CHECK_TEXT (mst_error_text (), "the object model has no object class \"lanet\"");
    CHECK_ERR (fom_class_find (&model->objects, "", &found), MST_E_CLASS_UNKNOWN);
    CHECK_ERR (fom_class_find (&model->interactions, "Comet", &found), MST_E_INTERACTION_UNKNOWN);
    CHECK_TEXT (mst_error_text (), "the object model has no interaction class \"Comet\"");
    fom_model_destroy (&model);
}

static void test_the_rest_of_a_model (void)
{
    fom_model_t *model;
    CHECK_OK (MERGE (&model, solar));
    CHECK_OR_RETURN (model != NULL);
    const fom_class_t *approach =
        fom_class (&model->interactions, class_of (&model->interactions, "CloseApproach"));
    CHECK (approach->delivery.order == FOM_RECEIVE && !approach->delivery.reliable);
    CHECK (approach->delivery.sharing == FOM_SHARE_BOTH);
    CHECK_INT (approach->delivery.dimension_count, 1);
    CHECK_INT (approach->delivery.dimensions[0], fom_dimension_find (model, "Sky"));
    CHECK_INT (model->dimensions[0].upper_bound, 360);
    CHECK (fom_dimension_find (model, "Earth") == FOM_NONE);
    const fom_class_t *impact =
        fom_class (&model->interactions, class_of (&model->interactions, "Impact"));
    CHECK (impact->delivery.order == FOM_TIMESTAMP && impact->delivery.reliable);
    CHECK_INT (impact->member_count, 3);
    CHECK (fom_switch_on (model, "autoProvide", false));
    CHECK (!fom_switch_on (model, "serviceReporting", true));
    CHECK (fom_switch_on (model, "exceptionReporting", true));
    CHECK_TEXT (model->time_type, "HLAinteger64Time");
    CHECK_TEXT (model->lookahead_type, "HLAinteger64Time");
    CHECK (model->rate_count == 1 && model->rates[0].rate_hz == 0.25);
    fom_model_destroy (&model);
}

static void test_data_types (void)
{
    static const char types[] =
        MODEL ("<dataTypes><enumeratedDataTypes><enumeratedData><name>Colour</name>"
               "<representation>HLAoctet</representation>"
               "<enumerator><name>Red</name><value>1</value><value>2</value></enumerator>"
               "</enumeratedData></enumeratedDataTypes>"
               "<fixedRecordDataTypes><fixedRecordData><name>Point</name>"
               "<field><name>X</name><dataType>HLAfloat64BE</dataType></field>"
               "<field><name>C</name><dataType>Colour</dataType></field>"
               "<encoding>HLAfixedRecord</encoding></fixedRecordData></fixedRecordDataTypes>"
               "<variantRecordDataTypes><variantRecordData><name>Choice</name>"
               "<discriminant>Which</discriminant><dataType>Colour</dataType>"
               "<alternative><enumerator>Red</enumerator><name>P</name><dataType>Point</dataType>"
               "</alternative><alternative><enumerator>HLAother</enumerator><name>NA</name>"
               "<dataType>NA</dataType></alternative><encoding>HLAvariantRecord</encoding>"
               "</variantRecordData></variantRecordDataTypes></dataTypes>");
    fom_model_t *model;
    CHECK_OK (MERGE (&model, types));
    CHECK_OR_RETURN (model != NULL);
    CHECK (fom_model_warning (model, 0) == NULL);
    uint32_t colour = fom_type_find (model, "Colour"), point = fom_type_find (model, "Point");
    const fom_type_t *choice = &model->types[fom_type_find (model, "Choice")];
    CHECK_TEXT (model->types[colour].fields[0].values, "1,2");
    CHECK_INT (model->types[point].field_count, 2);
    CHECK_INT (model->types[point].fields[1].type, colour);
    CHECK_TEXT (choice->discriminant, "Which");
    CHECK_INT (choice->type, colour);
    CHECK_INT (choice->fields[0].type, point);
    CHECK_INT (choice->fields[1].type, FOM_NONE);
    CHECK_TEXT (choice->fields[1].values, "HLAother");
    fom_model_destroy (&model);
}

/*  Modules that fit ---------------------------------------------------------------------------- */

static void test_scaffolding_fits (void)
{
    fom_model_t *model;
    const char *deep = MODEL (OBJECTS (
        CLASS ("Body", CLASS ("Comet", CLASS ("Sungrazer", ATTRIBUTE ("Glow", "HLAcount"))))));
    CHECK_OK (MERGE (&model, solar, deep));
    CHECK_INT (fom_class (&model->objects, class_of (&model->objects, "Sungrazer"))->member_count,
               5);
    fom_model_destroy (&model);
    CHECK_OK (MERGE (&model, deep, solar)); /* the bare name first */
    CHECK_INT (fom_class (&model->objects, class_of (&model->objects, "Sungrazer"))->member_count,
               5);
    CHECK_INT (class_of (&model->objects, "Sungrazer"), 3);
    fom_model_destroy (&model);
}

static void test_the_same_twice_fits (void)
{
    fom_model_t *one, *two;
    CHECK_OK (MERGE (&one, solar));
    CHECK_OK (MERGE (&two, solar, solar));
    CHECK (one && two && fom_model_digest (one) == fom_model_digest (two));
    fom_model_destroy (&one);
    fom_model_destroy (&two);
}

/*  Many modules repeat the root with its attribute, each in its own words. */
static void test_the_root_may_be_repeated (void)
{
    fom_model_t *model;
    const char *repeated = MODEL (
        OBJECTS ("<sharing>Neither</sharing><attribute><name>HLAprivilegeToDeleteObject</name>"
                 "<dataType>NA</dataType><order>Receive</order></attribute>" CLASS ("A", "")));
    CHECK_OK (MERGE (&model, repeated, repeated));
    CHECK_OR_RETURN (model != NULL);
    CHECK_INT (fom_class (&model->objects, 1)->member_count, 1);
    CHECK (fom_member (&model->objects, 1, 0)->delivery.order == FOM_RECEIVE);
    fom_model_destroy (&model);
}

/*  Modules that do not ------------------------------------------------------------------------- */

static void conflict (const char *a, const char *b, const char *story)
{
    fom_model_t *model;
    CHECK_ERR (MERGE (&model, a, b), MST_E_FOM_INCONSISTENT);
    CHECK_TEXT (mst_error_text (), story);
    fom_model_destroy (&model);
}

static void test_conflicts (void)
{
    const char *a = MODEL (OBJECTS (CLASS ("Body", ATTRIBUTE ("Mass", "HLAfloat64BE"))));
    conflict (
        a, MODEL (OBJECTS (CLASS ("Body", ATTRIBUTE ("Mass", "HLAfloat32BE")))),
        "b.xml:4:1: dataType of attribute \"Mass\" of class \"Body\" is \"HLAfloat32BE\", but "
        "\"HLAfloat64BE\" in a.xml:4:1: make the two the same");
    conflict (
        a,
        MODEL (OBJECTS (
            CLASS ("Body", ATTRIBUTE ("Mass", "HLAfloat64BE") ATTRIBUTE ("Tail", "HLAboolean")))),
        "b.xml:5:1: attribute \"Tail\" of class \"Body\" does not stand in the class's other "
        "definition, a.xml:3:1: make the two the same, or leave only the class's name in one");
    conflict (
        MODEL (OBJECTS (
            CLASS ("Body", ATTRIBUTE ("Mass", "HLAcount") ATTRIBUTE ("Tail", "HLAcount")))),
        MODEL (OBJECTS (CLASS ("Body", ATTRIBUTE ("Mass", "HLAcount")))),
        "a.xml:5:1: attribute \"Tail\" of class \"Body\" does not stand in the class's other "
        "definition, b.xml:3:1: make the two the same, or leave only the class's name in one");
    conflict (MODEL ("<simpleData><name>T</name><units>m</units></simpleData>"),
              MODEL ("\n<simpleData><name>T</name><units>km</units></simpleData>"),
              "b.xml:2:1: units of simple data type \"T\" is \"km\", but \"m\" in a.xml:1:14: make "
              "the two the same");
    conflict (MODEL ("<simpleData><name>T</name></simpleData>"),
              MODEL ("<arrayData><name>T</name></arrayData>"),
              "b.xml:1:14: array data type \"T\" is a simple data type in a.xml:1:14: make the two "
              "the same");
    conflict (
        MODEL ("<enumeratedData><name>E</name><enumerator><name>A</name></enumerator>"
               "</enumeratedData>"),
        MODEL ("<enumeratedData><name>E</name></enumeratedData>"),
        "b.xml:1:14: enumerated data type \"E\" has 0 parts, but 1 in a.xml:1:14: make the two "
        "the same");
    conflict (MODEL ("<enumeratedData><name>E</name><enumerator><name>A</name><value>1</value>"
                     "</enumerator></enumeratedData>"),
              MODEL ("<enumeratedData><name>E</name><enumerator><name>A</name><value>2</value>"
                     "</enumerator></enumeratedData>"),
              "b.xml:1:44: value of enumerator \"A\" of enumerated data type \"E\" is \"2\", but "
              "\"1\" in a.xml:1:44: make the two the same");
}

static void test_conflicts_with_the_standard (void)
{
    fom_model_t *model;
    CHECK_ERR (MERGE (&model, MODEL ("<basicData><name>HLAoctet</name><size>16</size>"
                                     "<endian>Big</endian></basicData>")),
               MST_E_FOM_INCONSISTENT);
    CHECK_TEXT (mst_error_text (),
                "a.xml:1:14: size of basic data \"HLAoctet\" is \"16\", but \"8\" in the standard: "
                "make the two the same");
    CHECK_OK (MERGE (&model, MODEL ("<simpleData><name>HLAbyte</name><representation>HLAoctet"
                                    "</representation><units>none</units></simpleData>")));
    fom_model_destroy (&model);
}

static void test_odd_models (void)
{
    fom_model_t *model;
    CHECK_ERR (MERGE (&model, MODEL ("<objectClass><name>Comet</name></objectClass>")),
               MST_E_FOM_INCONSISTENT);
    CHECK_TEXT (mst_error_text (),
                "a.xml:1:14: class \"Comet\" stands outside of HLAobjectRoot: put "
                "it into that class");
    CHECK_ERR (MERGE (&model, MODEL (OBJECTS (CLASS ("A", ATTRIBUTE ("X", "HLAcount") CLASS (
                                                              "B", ATTRIBUTE ("X", "HLAcount")))))),
               MST_E_FOM_INCONSISTENT);
    CHECK_CONTAINS (mst_error_text (), "attribute \"X\" of class \"B\" is inherited");
    CHECK_OK (MERGE (&model, MODEL (OBJECTS (CLASS ("A", ATTRIBUTE ("X", "Missing"))))));
    CHECK_OR_RETURN (model != NULL);
    CHECK_TEXT (fom_model_warning (model, 0),
                "a.xml:4:1: attribute \"X\" of class \"A\" has the data type \"Missing\", which no "
                "module defines");
    CHECK_TEXT (fom_member (&model->objects, 1, 1)->type_name, "Missing");
    fom_model_destroy (&model);
}

/*  Limits -------------------------------------------------------------------------------------- */

/*  A model of `classes` classes side by side, the first with `attributes` attributes of its own. */
static char *wide_model (int classes, int attributes)
{
    char *text = malloc (1000 + (size_t) classes * 70 + (size_t) attributes * 70);
    if (!text)
        return NULL;
    size_t length = (size_t) sprintf (text, "<objectModel><objectClass><name>HLAobjectRoot</name>");
    for (int i = 0; i < classes; i++) {
        length += (size_t) sprintf (text + length, "<objectClass><name>c%d</name>", i);
        for (int k = 0; i == 0 && k < attributes; k++)
            length +=
                (size_t) sprintf (text + length, "<attribute><name>a%d</name></attribute>", k);
        length += (size_t) sprintf (text + length, "</objectClass>");
    }
    (void) strcpy (text + length, "</objectClass></objectModel>");
    return text;
}

static mst_err_t merge_wide (int classes, int attributes)
{
    fom_model_t *model;
    char *text = wide_model (classes, attributes);
    mst_err_t err = text ? MERGE (&model, text) : MST_E_NO_MEMORY;
    if (!err)
        fom_model_destroy (&model);
    free (text);
    return err;
}

static void test_limits (void)
{
    CHECK_OK (merge_wide (FOM_CLASSES_MAX - 1, 0));
    CHECK_ERR (merge_wide (FOM_CLASSES_MAX, 0), MST_E_LIMIT);
    CHECK_CONTAINS (mst_error_text (), "FOM_CLASSES_MAX (4096)");
    CHECK_OK (merge_wide (1, FOM_ATTRIBUTES_PER_CLASS_MAX - 1));
    CHECK_ERR (merge_wide (1, FOM_ATTRIBUTES_PER_CLASS_MAX), MST_E_LIMIT);
    CHECK_CONTAINS (mst_error_text (), "FOM_ATTRIBUTES_PER_CLASS_MAX (256)");
    CHECK_ERR (merge_wide (1, 100000), MST_E_LIMIT);

    static fom_module_t *modules[FOM_MODULES_MAX + 1];
    fom_model_t *model;
    CHECK_ERR (fom_merge (modules, FOM_MODULES_MAX + 1, &model), MST_E_LIMIT);
    CHECK_CONTAINS (mst_error_text (), "FOM_MODULES_MAX (64)");
}

static void merge_scenario (void *context)
{
    fom_model_t *model;
    (void) context;
    mst_err_t err = MERGE (&model, solar, MODEL (OBJECTS (CLASS ("Eye", CLASS ("Lens", "")))));
    CHECK (err == MST_OK || err == MST_E_NO_MEMORY);
    CHECK ((model != NULL) == (err == MST_OK));
    fom_model_destroy (&model);
}

static void test_allocations_may_fail (void)
{
    CHECK (sweep_allocations (merge_scenario, NULL) > 50);
}

static CU_TestInfo model_tests[] = {
    { "the standard is always there", test_the_standard_is_always_there },
    { "numbers are in preorder", test_numbers_are_in_preorder },
    { "is a", test_is_a },
    { "members keep their number", test_members_keep_their_number },
    { "short names", test_short_names },
    { "the rest of a model", test_the_rest_of_a_model },
    { "data types", test_data_types },
    { "scaffolding fits", test_scaffolding_fits },
    { "the same twice fits", test_the_same_twice_fits },
    { "the root may be repeated", test_the_root_may_be_repeated },
    { "conflicts", test_conflicts },
    { "conflicts with the standard", test_conflicts_with_the_standard },
    { "odd models", test_odd_models },
    { "limits", test_limits },
    { "allocations may fail", test_allocations_may_fail },
    CU_TEST_INFO_NULL,
};

TEST_MAIN ({ "fom model", NULL, NULL, NULL, NULL, model_tests })
